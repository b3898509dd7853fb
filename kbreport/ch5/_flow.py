"""The base flow of a month: what clients who buy by rhythm will bring, by what was known at the end of a day (METHODS M5.6, part 1).

The same function makes the forecast of today and every forecast of the back-test, so nothing can be known there that is not known
here: classes, rhythms, states, survival and the seasonal index are all taken at `until` (METHODS 1.21).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kbreport.facts.rhythm import Orders, window_start
from kbreport.facts.season import SeasonRules, company_season, index_at, month_number, month_start
from kbreport.facts.states import STATES, Silence, StateRules, days_in_season, sales_arrays, season_masks, states_at

if TYPE_CHECKING:
    from kbreport.facts import Facts

GRACE = 30  # an order may be so many days late and still count as the next one
MEAN_MONTHS = 12
_FAR = 1_000_000


@dataclass(frozen=True)
class FlowRules:
    """What the flow stands on: rules of states and season, settings of `abc`, our survival by state and when the company's own replaces it."""

    states: StateRules
    season: SeasonRules
    abc: Any
    survival: dict[str, float]
    min_cases: int = 20
    past_months: int = 12
    lookback: int = 12


def flow_at(facts: "Facts", until: int, month: int, rules: FlowRules, closed: np.ndarray | None = None) -> pd.DataFrame:
    """By client of `facts.clients`: expected_orders, mean_order_amount, index, survival, amount of the month, known on day `until`.

    `closed`: clients marked as closed; nobody knows since when, so only the forecast of today may use it.
    """
    orders, seen = states_at(facts, until, rules.states, rules.abc)
    seasons = season_masks(orders.until(until), until, rules.states)
    first, last = month_start(month), month_start(month + 1) - 1
    n = len(orders.clients)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = days_in_season(np.full(n, first - 1), np.full(n, last), seasons) / seen.rhythm
    found = company_season(facts, until, rules.season)
    index = np.where(seasons > 0, 1.0, index_at(found, month, orders.clients, rules.season))  # who buys in a season of his own has it in his days
    alive = pd.Series(seen.state.astype(str)).map(survival_at(facts, until, rules)).to_numpy(dtype="float64")
    if closed is not None:
        alive = np.where(closed, 0.0, alive)
    mean = _mean_order(facts, orders, until, seen.last)
    return pd.DataFrame({"expected_orders": expected, "mean_order_amount": mean, "index": index, "survival": alive, "amount": np.round(expected * mean * index * alive, 2)},
                        index=orders.clients)


def _mean_order(facts: "Facts", orders: Orders, until: int, last: np.ndarray) -> np.ndarray:
    """Net sales per order of the last 12 months; of the 12 months before his silence where there was no order since. Returns lower it,
    as they lower the sales that are forecast; below zero they do not go."""
    start = window_start(pd.Timestamp(until, unit="D"), MEAN_MONTHS)
    begin = np.where(last >= start, start, last - 364)
    code, day, units, _tie = sales_arrays(facts)
    inside = (day <= until) & (day >= begin[code])
    money = np.bincount(code[inside], weights=units[inside], minlength=len(last)) / 10_000.0
    known = (orders.day <= until) & (orders.day >= begin[orders.code])
    count = np.bincount(orders.code[known], minlength=len(last))
    return np.where(count > 0, np.maximum(money, 0.0) / np.maximum(count, 1), np.nan)


# ------------------------------------------------------------------ survival
def survival_at(facts: "Facts", until: int, rules: FlowRules) -> dict[str, float]:
    """Share of clients in a state at earlier month ends who bought within one rhythm + 30 days; ours where there are too few cases.

    A case whose window is still open on day `until` is no case, whatever has come of it so far (METHODS 1.20).
    """
    ends = month_ends(facts, until, rules)
    cases = [_cases(facts, end, rules) for end in ends]
    total, kept = np.zeros(len(STATES)), np.zeros(len(STATES))
    for state, window_end, bought in cases:
        over = window_end <= until
        total += np.bincount(state[over], minlength=len(STATES))
        kept += np.bincount(state[over], weights=bought[over], minlength=len(STATES))
    own = {s: kept[i] / total[i] for i, s in enumerate(STATES) if total[i] >= rules.min_cases}
    return dict.fromkeys(STATES, 0.0) | rules.survival | {s: float(p) for s, p in own.items() if s in rules.survival}


def month_ends(facts: "Facts", until: int, rules: FlowRules) -> list[int]:
    """The last month ends before `until` that have `lookback` months of history behind them."""
    first = month_number((pd.Timestamp(facts.history_start) - pd.Timestamp(0)).days) + rules.lookback
    ends = [month_start(m) - 1 for m in range(max(first, month_number(until) - rules.past_months), month_number(until) + 1)]
    return [end for end in ends if end < until]


def _cases(facts: "Facts", end: int, rules: FlowRules) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(state, last day of the window, bought in it) of every client with a rhythm at the end of this day; made once per day and rules."""
    memo = facts.__dict__.setdefault("_survival", {})
    key = (end, rules.states, rules.abc.a, rules.abc.b, rules.abc.rule)
    if key not in memo:
        orders, seen = states_at(facts, end, rules.states, rules.abc)
        memo[key] = _outcome(orders, seen, end)
    return memo[key]


def _outcome(orders: Orders, seen: Silence, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    has = ~np.isnan(seen.rhythm)
    window = end + np.floor(seen.rhythm[has]).astype("int64") + GRACE
    key = orders.code * _FAR + orders.day  # sorted: orders are by client and day
    at = np.searchsorted(key, np.flatnonzero(has) * _FAR + end, side="right")
    following = np.append(key, -1)[at] - np.flatnonzero(has) * _FAR
    state = pd.Index(STATES).get_indexer(seen.state[has].astype(str))
    return state, window, (following > end) & (following <= window)
