"""Route trade: the 24-KPI matrix of АКБ/ОКБ (seed 004)."""
