"""How good such a forecast was: each month forecast by what was known on its eve, beside a naive rule (METHODS M5.6, 1.21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.ch5._flow import FlowRules, flow_at
from kbreport.facts.season import YEAR, company_season, first_whole_month, month_name, month_number, month_start

if TYPE_CHECKING:
    from kbreport.facts import Facts

NAIVE_MONTHS = 3
COLUMNS = ["month", "forecast_amount", "naive_amount", "actual_amount"]


def backtest(facts: "Facts", until: int, rules: FlowRules, origins: int) -> pd.DataFrame:
    """The last whole months, each forecast from the data up to the end of the month before: month, own, naive, actual."""
    found = company_season(facts, until, rules.season)
    end = month_number(until + 1)
    first = max(first_whole_month(facts, until) + NAIVE_MONTHS, end - origins)
    actual = dict(enumerate(found.amounts, start=found.first))
    rows = [(month_name(m), float(flow_at(facts, month_start(m) - 1, m, rules)["amount"].sum(min_count=1)), naive_at(facts, month_start(m) - 1, m, rules), actual[m]) for m in range(first, end)]
    out = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[1:], "float64"))
    return out.round(dict.fromkeys(COLUMNS[1:], 2))


def naive_at(facts: "Facts", until: int, month: int, rules: FlowRules) -> float:
    """The same month last year × (last 12 / previous 12 months); without two years the mean of the last three months; NaN without those."""
    found = company_season(facts, until, rules.season)
    amounts, at = found.amounts, month - YEAR - found.first
    if len(amounts) >= 2 * YEAR and at >= 0 and amounts[-2 * YEAR:-YEAR].sum() > 0:
        return float(amounts[at] * amounts[-YEAR:].sum() / amounts[-2 * YEAR:-YEAR].sum())
    return float(amounts[-NAIVE_MONTHS:].mean()) if len(amounts) >= NAIVE_MONTHS else np.nan


def accuracy(forecast: pd.Series, actual: pd.Series) -> tuple[int, float, float]:
    """(months, WAPE, bias): Σ|f − a| / Σ a and (Σ f − Σ a) / Σ a over months that have both; missing where Σ a is not positive."""
    known = forecast.notna() & actual.notna()
    f, a = forecast[known], actual[known]
    if not a.sum() > 0:
        return int(known.sum()), np.nan, np.nan
    return int(known.sum()), float((f - a).abs().sum() / a.sum()), float((f.sum() - a.sum()) / a.sum())


def fan(amount: float, forecast: pd.Series, actual: pd.Series, least: int) -> tuple[float, float]:
    """The range that 10–90 % of own past errors would make of this amount; missing under `least` months."""
    good = forecast.gt(0) & actual.notna()
    if good.sum() < least:
        return np.nan, np.nan
    low, high = np.quantile((actual / forecast)[good], [0.1, 0.9])
    return round(float(amount * low), 2), round(float(amount * high), 2)
