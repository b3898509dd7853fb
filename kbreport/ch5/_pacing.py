"""Where a month is going by what it has sold so far: the share of the month that is over, by working days and their usual course (METHODS M5.6)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.facts.facts import exact_sum
from kbreport.facts.period import add_months, month_end
from kbreport.facts.workdays import workdays

if TYPE_CHECKING:
    from kbreport.facts import Facts

PAST = 12


def pacing(facts: "Facts", calendar: str, least: int) -> tuple[float, float, float]:
    """(sold so far, share of the month that is over, where it leads) of the month of as_of; nothing can be said before its first working day."""
    as_of = facts.as_of.date
    first = as_of.replace(day=1)
    sold = float(_between(facts, first, as_of)["amount"].sum())
    if as_of == month_end(as_of):
        return round(sold, 2), 1.0, round(sold, 2)
    share = usual_share(facts, as_of, calendar, least)
    return round(sold, 2), share, run_rate(sold, share)


def run_rate(sold: float, share: float) -> float:
    return round(sold / share, 2) if share > 0 else np.nan


def usual_share(facts: "Facts", as_of: date, calendar: str, least: int) -> float:
    """Part of a month's sales usually made by this working day; by working days alone under `least` past months."""
    first = as_of.replace(day=1)
    start = max(add_months(first, -PAST), facts.history_start)
    working = workdays(start, month_end(as_of), calendar).to_numpy()
    over = _passed(working, first, as_of)
    months = [add_months(start, i) for i in range((first.year - start.year) * 12 + first.month - start.month)]
    parts = [_part(facts, working, m, over) for m in months]
    parts = [(done, whole) for done, whole in parts if whole > 0]
    if len(parts) < least:
        return over
    return min(1.0, max(0.0, sum(done for done, _w in parts) / sum(whole for _d, whole in parts)))


def _passed(working: np.ndarray, first: date, today: date) -> float:
    """Working days up to today / working days of the month."""
    mine = working[(working >= np.datetime64(first)) & (working <= np.datetime64(month_end(first)))]
    return float((mine <= np.datetime64(today)).sum() / len(mine)) if len(mine) else np.nan


def _part(facts: "Facts", working: np.ndarray, month: date, over: float) -> tuple[float, float]:
    """(sold by the same part of its working days, sold in all) of a past month."""
    mine = working[(working >= np.datetime64(month)) & (working <= np.datetime64(month_end(month)))]
    days = _between(facts, month, month_end(month))
    k = int(np.floor(over * len(mine) + 0.5))
    until = mine[k] - np.timedelta64(1, "D") if k < len(mine) else np.datetime64(month_end(month))  # up to the eve of the next working day
    return float(days.loc[days["date"].to_numpy() <= until, "amount"].sum()), float(days["amount"].sum())


def _between(facts: "Facts", first: date, last: date) -> pd.DataFrame:
    """Net sales by day, both ends included."""
    memo = facts.__dict__.setdefault("_by_day", {})
    if "all" not in memo:
        memo["all"] = exact_sum(facts.order_days, ["date"]).reset_index()
    days = memo["all"]
    return days[(days["date"] >= pd.Timestamp(first)) & (days["date"] < pd.Timestamp(last + timedelta(days=1)))]
