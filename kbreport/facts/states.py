"""In what state a client is at a date (METHODS M3.18): the rule itself, usable for today and for every date of a back-test.

All work is on arrays by client code (see `rhythm.Orders`). `lifecycle` owns the thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kbreport.facts import pareto
from kbreport.facts.rhythm import Orders, RhythmRules, gaps, own_rhythms, used_rhythms, window_start

STATES = ("closed", "potential", "new", "one_time", "active", "falling_asleep", "sleeping", "lost")


@dataclass(frozen=True)
class StateRules:
    """Thresholds of M3.18 and the rhythm rules they stand on."""

    asleep: float = 1.5
    sleeping: float = 3.0
    lost: float = 6.0
    lost_days: int = 365
    lost_rhythms: float = 3.0
    min_days_asleep: int = 30
    min_days_sleeping: int = 60
    min_days_lost: int = 90
    new_days: int = 90
    one_time_days: int = 365
    season_months: int = 6
    rhythm: RhythmRules = field(default_factory=RhythmRules)


@dataclass(frozen=True)
class Silence:
    """What the rule saw, by client code. Days are plain; `lateness` of seasonal clients counts season days only."""

    state: np.ndarray
    days: np.ndarray
    last: np.ndarray
    rhythm: np.ndarray
    source: np.ndarray
    status: np.ndarray
    lateness: np.ndarray
    seasonal: np.ndarray


def states(orders: Orders, as_of: int, classes: np.ndarray, rules: StateRules, closed: np.ndarray | None = None) -> Silence:
    """States at the end of day `as_of` from the orders known then. `classes`: ABC letter or "" by code."""
    known = orders.until(as_of)
    start = window_start(pd.Timestamp(as_of, unit="D"), rules.rhythm.window_months)
    seasons = season_masks(known, as_of, rules)
    gap = season_gaps(known, seasons)
    own = own_rhythms(known, as_of, start, rules.rhythm, gap)
    rhythm, source, status = used_rhythms(own, classes, rules.rhythm)
    bought = own["last"] >= 0
    days = np.where(bought, as_of - own["last"], -1)
    season_days = days_in_season(np.where(bought, own["last"], as_of), np.full(len(days), as_of), seasons)
    with np.errstate(invalid="ignore", divide="ignore"):
        lateness = np.where(bought, season_days / rhythm, np.nan)
    state = decide(own["n_orders"], days, season_days, lateness, rhythm, rules)
    if closed is not None:
        state[closed] = "closed"
    return Silence(state, days, own["last"], np.where(bought, rhythm, np.nan), source, status, lateness, seasons > 0)


def orders_of(facts) -> Orders:
    """The order days of all known clients as arrays, made once per facts."""
    memo = facts.__dict__.setdefault("_orders", {})
    if "all" not in memo:
        memo["all"] = Orders.of(facts.orders, pd.Index(facts.clients["client_id"]))
    return memo["all"]


def states_at(facts, end: int, rules: StateRules, abc) -> tuple[Orders, Silence]:
    """All known clients at the end of a past day, with the ABC classes of the 12 months before it (`abc`: that method's settings).

    Several methods look at the same quarter ends: each day is judged once per set of rules.
    """
    memo = facts.__dict__.setdefault("_states", {})
    orders = orders_of(facts)
    key = (end, rules, abc.a, abc.b, abc.rule)
    if key not in memo:
        memo[key] = states(orders, end, classes_at(facts, end, abc.a, abc.b, abc.rule), rules)
    return orders, memo[key]


def decide(n_orders: np.ndarray, days: np.ndarray, season_days: np.ndarray, lateness: np.ndarray, rhythm: np.ndarray, rules: StateRules) -> np.ndarray:
    """The rule of M3.18 itself, first match wins; with two orders or more the worst state comes first."""
    late = np.nan_to_num(lateness, nan=0.0)
    long_gone = days > np.maximum(rules.lost_days, np.nan_to_num(rules.lost_rhythms * rhythm, nan=0.0))
    conditions = [
        n_orders == 0,
        (n_orders == 1) & (days <= rules.new_days), (n_orders == 1) & (days <= rules.one_time_days), n_orders == 1,
        long_gone, (late > rules.lost + 1e-9) & (season_days > rules.min_days_lost),
        (late > rules.sleeping + 1e-9) & (season_days > rules.min_days_sleeping),
        (late > rules.asleep + 1e-9) & (season_days > rules.min_days_asleep),
    ]
    names = ["potential", "new", "one_time", "lost", "lost", "lost", "sleeping", "falling_asleep"]
    return np.select(conditions, names, "active").astype(object)


def classes_at(facts, as_of: int, a: float, b: float, rule: str) -> np.ndarray:
    """ABC letters of `facts.clients`, in their order, on the net sales of the 12 months ending at `as_of` ("" = no positive sales)."""
    code, day, units, tie = sales_arrays(facts)
    start = (pd.Timestamp(as_of, unit="D") - pd.DateOffset(months=12) - pd.Timestamp(0)).days
    inside = (day <= as_of) & (day > start)
    total = np.bincount(code[inside], weights=units[inside], minlength=len(tie))  # whole units: exact below 2^53
    return pareto.letters(total, tie, a, b, rule)


def sales_arrays(facts) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(client code, day, units of 1/10000) of every order day and the rank of each id as text, computed once per facts."""
    memo = facts.__dict__.setdefault("_sales", {})
    if "arrays" not in memo:
        days, clients = facts.order_days, pd.Index(facts.clients["client_id"])
        tie = np.empty(len(clients), dtype="int64")
        tie[np.argsort(clients.to_numpy().astype(object), kind="stable")] = np.arange(len(clients))
        memo["arrays"] = (clients.get_indexer(days["client_id"]), days["day"].to_numpy(), (days["amount"] * 10_000).round().to_numpy(), tie)
    return memo["arrays"]


# ------------------------------------------------------------------ seasonal clients
def season_masks(orders: Orders, as_of: int, rules: StateRules) -> np.ndarray:
    """The season of each client as a set of months (bit m = month m + 1); 0 = not seasonal.

    Seasonal: in the 12 months ending on the last order date and in the 12 before at least two orders each, all in at most
    `season_months` calendar months, at least half of the smaller set common to both. The season is the union.
    """
    n = len(orders.clients)
    last = np.full(n, -1)
    np.maximum.at(last, orders.code, orders.day)
    orders = orders.after(last - 2 * 366)  # no older one is asked about
    month, of_month = _calendar(orders.day)
    last_month, last_of_month = _calendar(last)
    years = (last_month[orders.code] - month - (of_month > last_of_month[orders.code])) // 12  # 0: the 12 months ending on the last order, 1: the 12 before
    bit = 1 << (month % 12)
    masks, counts = [], []
    for year in (0, 1):
        inside = years == year
        mask = np.zeros(n, dtype="int64")
        np.bitwise_or.at(mask, orders.code[inside], bit[inside])
        masks.append(mask)
        counts.append(np.bincount(orders.code[inside], minlength=n))
    small = np.minimum(_bits(masks[0]), _bits(masks[1]))
    seasonal = (counts[0] >= 2) & (counts[1] >= 2) & (_bits(masks[0]) <= rules.season_months) & (_bits(masks[1]) <= rules.season_months)
    seasonal &= 2 * _bits(masks[0] & masks[1]) >= small
    return np.where(seasonal, masks[0] | masks[1], 0)


def _bits(mask: np.ndarray) -> np.ndarray:
    return sum((mask >> m) & 1 for m in range(12))


def _calendar(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(months since January 1970, days since the first of the month) of day numbers; each day of the span is looked at once."""
    if not len(days):
        return days, days
    first = days.min()
    span = np.arange(first, days.max() + 1).astype("datetime64[D]")
    months = span.astype("datetime64[M]")
    return months.astype("int64")[days - first], (span - months).astype("int64")[days - first]


def season_gaps(orders: Orders, seasons: np.ndarray) -> np.ndarray:
    """Intervals before each order (−1 for a first), counted in season days for seasonal clients."""
    gap = gaps(orders)
    mine = seasons[orders.code]
    touched = (gap >= 0) & (mine > 0)
    out = gap.copy()
    out[touched] = days_in_season(orders.day[touched] - gap[touched], orders.day[touched], mine[touched])
    return out


def days_in_season(after: np.ndarray, until: np.ndarray, seasons: np.ndarray) -> np.ndarray:
    """Days d with after < d ≤ until that lie in months of the season; all of them where there is none (0)."""
    out = (until - after).astype("int64")
    here = seasons > 0
    if not here.any():
        return out
    first = int(after[here].min())
    span = np.arange(first, int(until[here].max()) + 1)
    month_of_year = _calendar(span)[0] % 12
    low, high, mask = after[here] - first, until[here] - first, seasons[here]
    counted = np.zeros(len(low), dtype="int64")
    for month in range(12):
        so_far = np.cumsum(month_of_year == month)
        counted += ((mask >> month) & 1) * (so_far[high] - so_far[low])
    out[here] = counted
    return out


# ------------------------------------------------------------------ who came back
def returned(orders: Orders, as_of: int, window: int, rhythm: np.ndarray, rules: StateRules) -> np.ndarray:
    """True where an order in (as_of − window, as_of] came when the client was sleeping or lost by what was known the day before.

    Each candidate order is judged as a client of its own whose history ends before it; who had no rhythm then takes the
    class or company rhythm of today (`rhythm` by code). Who is seasonal by then has waited for season days only, as in `states`.
    """
    known = orders.until(as_of)
    gap = gaps(known)
    asked = np.flatnonzero((known.day > as_of - window) & (gap > min(rules.min_days_sleeping, rules.one_time_days)))
    out = np.zeros(len(orders.clients), dtype=bool)
    if not len(asked):
        return out
    start = np.searchsorted(known.code, known.code[asked])  # orders are sorted by client: his earlier ones stand before
    length = asked - start
    code = np.repeat(np.arange(len(asked)), length)
    place = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + np.repeat(start, length)
    past = Orders(code, known.day[place], pd.Index(range(len(asked))))
    eve = known.day[asked] - 1
    days_asked, back = np.unique(eve, return_inverse=True)
    starts = np.array([window_start(pd.Timestamp(int(d), unit="D"), rules.rhythm.window_months) for d in days_asked])[back]
    seasons = season_masks(past, as_of, rules)
    own = own_rhythms(past, eve, starts, rules.rhythm, season_gaps(past, seasons))
    used = np.where(own["n_intervals"] >= 2, own["median"], rhythm[known.code[asked]])
    season_days = days_in_season(own["last"], eve, seasons)
    with np.errstate(invalid="ignore", divide="ignore"):
        state = decide(own["n_orders"], eve - own["last"], season_days, season_days / used, used, rules)
    out[known.code[asked[np.isin(state.astype(str), ["sleeping", "lost"])]]] = True
    return out
