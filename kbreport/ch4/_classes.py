"""The ABCD rule of M4.3 itself, at any date: two axes, their «high» sets, quadrants, border marks.

An unknown potential leaves the client on the sales axis only: AB? or CD?. Sums are exact (integers of 1/10000).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kbreport.facts import Facts, pareto
from kbreport.facts.pareto import TOLERANCE
from kbreport.facts.period import Period

CLASSES = ("A+", "A", "B", "C", "D", "AB?", "CD?")
STRATEGY = {"A+": "develop", "A": "develop", "B": "retain", "C": "develop", "D": "economise", "AB?": "find_volume", "CD?": "find_volume"}
YEAR_DAYS = 365
MIN_LIFE_DAYS, MIN_ORDERS = 90, 3  # less says nothing of a year


@dataclass(frozen=True)
class Rules:
    """The parameters of M4.3 (see `abcd`)."""

    cut: str = "pareto"
    share: float = 0.80
    potential_axis: str = "free"
    sales_cut: float | None = None
    potential_cut: float | None = None
    a_plus: str = "manual"
    a_plus_share: float = 0.50
    borderline: float = 0.80
    young_days: int = 183


def classified(frame: pd.DataFrame, rules: Rules, strategic: pd.Series) -> pd.DataFrame:
    """Adds sales_cum_prev, free_cum_prev, class, the two border marks and is_a_plus_candidate.

    `frame`: client_id, year_amount (S brought to a year), purchases_amount, free_amount (NaN = unknown).
    `strategic`: True for clients confirmed as A+, aligned with `frame`.
    """
    out = frame.set_index("client_id", drop=False)
    axis = out["purchases_amount"] if rules.potential_axis == "total" else out["free_amount"]
    sales_prev, sales_high = _axis(out["year_amount"], rules.cut, rules.share, rules.sales_cut)
    free_prev, free_high = _axis(axis, rules.cut, rules.share, rules.potential_cut)
    out["sales_cum_prev"], out["free_cum_prev"] = sales_prev, free_prev
    unknown = axis.isna()
    out["class"] = np.select([unknown & sales_high, unknown, sales_high & free_high, sales_high, free_high], ["AB?", "CD?", "A", "B", "C"], "D")
    out["is_borderline_sales"] = _borderline(out["year_amount"], sales_high, rules.borderline)
    out["is_borderline_potential"] = _borderline(axis, free_high, rules.borderline)
    out["is_a_plus_candidate"] = _candidates(out, rules.a_plus_share)
    promoted = out["is_a_plus_candidate"] if rules.a_plus == "auto" else pd.Series(strategic.to_numpy(bool), index=out.index)
    out["class"] = out["class"].mask((out["class"] == "A") & promoted, "A+")
    return out.reset_index(drop=True)


def _axis(values: pd.Series, cut: str, share: float, border: float | None) -> tuple[pd.Series, pd.Series]:
    """(share of the axis accumulated before the client, is high). Values ≤ 0 stand after all others; NaN stays NaN and low."""
    top = pareto.ranked(values.dropna())
    cum = pareto.cumulative(top).shift(fill_value=0.0)
    before = cum.reindex(values.index).where(values > TOLERANCE, 1.0 if len(top) else np.nan).where(values.notna())
    if cut == "absolute":
        return before, values.ge((border or 0.0) - TOLERANCE) & values.notna()
    if cut == "median":
        return before, values.ge(top.median() - TOLERANCE) & (values > TOLERANCE) if len(top) else values.gt(np.inf)
    return before, before.lt(share - TOLERANCE) & (values > TOLERANCE)


def _borderline(values: pd.Series, high: pd.Series, share: float) -> pd.Series:
    """Low, above zero, and at least `share` of the smallest high value."""
    if not high.any():
        return pd.Series(False, index=values.index)
    return ~high & (values > TOLERANCE) & values.ge(share * values[high].min() - TOLERANCE)


def _candidates(out: pd.DataFrame, share: float) -> pd.Series:
    """A clients that make the first `share` of S + free of all A clients."""
    top = pareto.ranked((out["year_amount"] + out["free_amount"])[out["class"] == "A"])
    before = pareto.cumulative(top).shift(fill_value=0.0)
    return pd.Series(out.index.isin(before.index[before < share - TOLERANCE]), index=out.index)


# ------------------------------------------------------------------ young clients
def young(frame: pd.DataFrame, facts: Facts, window: Period, as_of: date, rules: Rules) -> pd.DataFrame:
    """Adds is_young and year_amount, and takes free volume from year_amount (so that a saturated newcomer is not «free»).

    First order less than `young_days` before as_of: S × days of the window / days of life, if he is at least 90 days and 3
    orders old; else S as it is. `facts` may hold later rows; only orders ≤ as_of count.
    """
    orders = facts.orders[facts.orders["date"] <= pd.Timestamp(as_of)].groupby("client_id")["date"].agg(["min", "size"])
    life = (pd.Timestamp(as_of) - pd.Series(orders["min"].reindex(frame["client_id"]).to_numpy(), index=frame.index)).dt.days
    n_orders = frame["client_id"].map(orders["size"])
    out = frame.assign(is_young=(life < rules.young_days).to_numpy())
    stretched = out["is_young"] & (life >= MIN_LIFE_DAYS) & (n_orders >= MIN_ORDERS)
    days = YEAR_DAYS * window.months / 12
    factor = (days / life.where(stretched)).clip(lower=1).fillna(1.0)
    out["year_amount"] = out["amount"] * factor
    left = (out["purchases_amount"] - (out["covered_amount"] * factor).clip(lower=0)).clip(lower=0)
    out["free_amount"] = out["free_amount"].where(~stretched, left)
    return out
