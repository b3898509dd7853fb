"""The audit of the base: ten stages, money zones, cleaning (seeds 003, 004)."""
