"""The five lenses of the customer-base audit (cohorts, periods, distributions)."""
