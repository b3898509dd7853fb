"""How often each client buys: intervals, rhythm, and what is expected next (METHODS M3.5), at any date.

Everything that speaks of silence (life cycle, reactivation, risk, touches, forecasts) stands on the one number computed
here, so it is computed once, and again only for the dates of a back-test. Work is done on flat arrays: `Orders` are sorted
by client and day, a client is a code 0…n−1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class RhythmRules:
    """Thresholds of M3.5; the method `frequency` owns them."""

    window_months: int = 24
    restart_gap_days: int = 365
    slow_rhythm_days: int = 180
    min_class_clients: int = 5


@dataclass(frozen=True)
class Orders:
    """Order days sorted by client and day. `code`, `day`: one entry per client and order day; `clients`: id by code."""

    code: np.ndarray
    day: np.ndarray
    clients: pd.Index

    @classmethod
    def of(cls, orders: pd.DataFrame, clients: pd.Index) -> "Orders":
        """From facts.orders (client_id, day); several orders of one day count once. Rows of unknown clients are left out."""
        code = clients.get_indexer(orders["client_id"])
        day = orders["day"].to_numpy()[code >= 0]
        pairs = np.unique(code[code >= 0].astype("int64") * 1_000_000 + day)
        return cls(pairs // 1_000_000, pairs % 1_000_000, clients)

    def until(self, day: int) -> "Orders":
        """The orders known at the end of this day."""
        known = self.day <= day
        return Orders(self.code[known], self.day[known], self.clients)

    def after(self, days: np.ndarray) -> "Orders":
        """The orders after the day given for each client."""
        late = self.day > days[self.code]
        return Orders(self.code[late], self.day[late], self.clients)


def gaps(orders: Orders) -> np.ndarray:
    """Days since the same client's order before; −1 for his first."""
    gap = np.diff(orders.day, prepend=0)
    first = np.diff(orders.code, prepend=-1) != 0
    return np.where(first, -1, gap)


def grouped_median(code: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Median (type 7) of `values` per code; NaN where a code has none."""
    out = np.full(n, np.nan)
    if not len(values):
        return out
    order = np.argsort(code.astype("float64") * (float(values.max()) + 1.0) + values, kind="stable") if values.min() >= 0 else np.lexsort((values, code))
    sorted_values, count = values[order].astype("float64"), np.bincount(code, minlength=n)
    start, has = np.concatenate(([0], np.cumsum(count)[:-1])), count > 0
    low, high = start + (count - 1) // 2, start + count // 2
    out[has] = (sorted_values[low[has]] + sorted_values[high[has]]) / 2
    return out


def own_rhythms(orders: Orders, as_of: np.ndarray | int, window_start: np.ndarray | int, rules: RhythmRules, gap: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Per client code: n_orders, last (day, −1 = never), n_intervals, median, mean of his own counted intervals.

    `gap` may be given in other days than calendar ones (season days); the cut by `restart_gap_days` uses calendar days.
    `as_of`, `window_start`: one day for all, or one per client.
    """
    n = len(orders.clients)
    plain = gaps(orders)
    counted = plain if gap is None else gap
    inner = plain >= 0
    full = grouped_median(orders.code[inner], plain[inner], n)
    restart = inner & (plain > np.maximum(rules.restart_gap_days, 3 * np.nan_to_num(full)[orders.code]))
    series = np.full(n, -1)
    np.maximum.at(series, orders.code[restart], orders.day[restart])  # the first order after the last restart
    start = np.broadcast_to(np.asarray(window_start), (n,))
    start = np.where(np.nan_to_num(full) > rules.slow_rhythm_days, -1, start)
    before = orders.day - np.where(inner, plain, 0)
    use = inner & (before >= np.maximum(series, start)[orders.code])
    last = np.full(n, -1)
    np.maximum.at(last, orders.code, orders.day)
    count = np.bincount(orders.code[use], minlength=n)
    total = np.bincount(orders.code[use], weights=counted[use], minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
    return {"n_orders": np.bincount(orders.code, minlength=n), "last": last, "n_intervals": count,
            "median": grouped_median(orders.code[use], counted[use], n), "mean": mean}


def window_start(as_of: pd.Timestamp, months: int) -> int:
    """The first day of the window (as_of − months, as_of], in days since 1970."""
    return day_number(as_of - pd.DateOffset(months=months)) + 1


def day_number(t) -> int:
    return (pd.Timestamp(t) - pd.Timestamp(0)).days


def used_rhythms(own: dict[str, np.ndarray], classes: np.ndarray, rules: RhythmRules) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rhythm, source own|class|company, status ok|weak|none) per client.

    Three orders make an own rhythm. Fewer take the median of the `ok` clients of their ABC class (`classes`: letter or ""),
    or of the company where the class has fewer than five such or is N.
    """
    ok = own["n_intervals"] >= 2
    status = np.where(ok, "ok", np.where(own["n_intervals"] == 1, "weak", "none"))
    company = float(np.median(own["median"][ok])) if ok.any() else np.nan
    rhythm = np.where(ok, own["median"], company)
    source = np.where(ok, "own", "company").astype(object)
    for letter in "ABC":
        peers = ok & (classes == letter)
        if peers.sum() >= rules.min_class_clients:
            here = ~ok & (classes == letter)
            rhythm[here], source[here] = np.median(own["median"][peers]), "class"
    return rhythm, source, status


def rhythm_table(orders: Orders, as_of: pd.Timestamp, classes: pd.Series, rules: RhythmRules) -> pd.DataFrame:
    """One row per client of `orders.clients`: n_orders, n_intervals, median_interval_days, mean_interval_days, rhythm_days,
    rhythm_status, rhythm_source, last_order_date, days_since, lateness, expected_next_date."""
    today = day_number(as_of)
    own = own_rhythms(orders.until(today), today, window_start(as_of, rules.window_months), rules)
    letters = classes.reindex(orders.clients).astype("object").fillna("").to_numpy()
    rhythm, source, status = used_rhythms(own, letters, rules)
    bought = own["last"] >= 0
    since = np.where(bought, today - own["last"], np.nan)
    expected = np.where(bought, own["last"] + np.floor(np.nan_to_num(rhythm) + 0.5), np.nan)
    expected = np.where(np.isnan(rhythm), np.nan, expected)
    return pd.DataFrame({"n_orders": own["n_orders"], "n_intervals": own["n_intervals"], "median_interval_days": own["median"], "mean_interval_days": own["mean"],
                         "rhythm_days": np.where(bought, rhythm, np.nan), "rhythm_status": status, "rhythm_source": np.where(bought, source, None),
                         "last_order_date": dates(own["last"]), "days_since": since, "lateness": np.where(bought, since / rhythm, np.nan),
                         "expected_next_date": dates(expected)}, index=orders.clients)


def dates(days: np.ndarray) -> np.ndarray:
    """Day numbers as dates; negative or missing ones are NaT."""
    days = np.asarray(days, dtype="float64")
    known = np.nan_to_num(days, nan=-1.0) >= 0
    out = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[s]")
    out[known] = days[known].astype("int64").astype("datetime64[D]").astype("datetime64[s]")
    return out
