"""How the year runs: seasonal indices of monthly sales (METHODS M3.10), at any date.

Seasonality shows them, the forecast multiplies by them, and its back-test needs those that were known at a past month end; so they are
computed here. A month is the number of months since January 1970, its place in the year is that number modulo 12.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kbreport.facts.states import sales_arrays
from kbreport.facts.workdays import workdays

YEAR = 12
WORKDAYS_A_MONTH = 20.6  # 247 in a usual year; one constant, so that any two spans share a scale
MEDIAN_FROM = 4  # so many ratios of a month and one odd year no longer moves its index
FIRST_MONTH_DAYS, NEW_YEAR_DAYS = (3, 15), 9  # a first month that starts later than this is not whole


@dataclass(frozen=True)
class SeasonRules:
    """Settings of M3.10; the method `seasonality` owns them."""

    min_full: int = 24
    min_weak: int = 12
    large_client_share: float = 0.20
    exclude_clients: tuple[str, ...] = ()
    workday_correction: bool = False
    calendar: str = "RU"


@dataclass(frozen=True)
class Season:
    """`index`, `n_ratios`, `spread`: by place in the year; `trend`, `ratio`: along the series. `approach`: ratio (to the centred
    mean), share (of the mean month; the trend is still in it) or none."""

    index: np.ndarray
    n_ratios: np.ndarray
    spread: np.ndarray
    trend: np.ndarray
    ratio: np.ndarray
    approach: str


@dataclass(frozen=True)
class CompanySeason:
    """The season of all sales known at a day: `first` month of the series, its `amounts`, who makes too much of them to share the index."""

    season: Season
    first: int
    amounts: np.ndarray
    large: tuple[str, ...]
    without_large: Season | None

    def months(self) -> pd.Index:
        """`2025-01` … of the series."""
        return pd.Index(np.datetime_as_string((self.first + np.arange(len(self.amounts))).astype("datetime64[M]")), dtype="str")


# ------------------------------------------------------------------ the calculation
def seasonal(amounts: np.ndarray, first: int, min_full: int = 24, min_weak: int = 12, length: int = YEAR) -> Season:
    """Indices of a series whose first entry lies at place `first` modulo `length`; they add up to the number of places known.

    An entry that is not positive has no ratio and is left out of the means around it; more than one leaves no index at all.
    """
    amounts = np.asarray(amounts, dtype="float64")
    known = np.where(amounts > 1e-9, amounts, np.nan)
    place = (first + np.arange(len(known))) % length
    if len(known) < min_weak or np.isnan(known).sum() > 1:
        return _none(len(known), length)
    full = len(known) >= min_full
    trend = centred_mean(known, length) if full else _last_mean(known, length)
    ratio = known / trend
    found = [ratio[(place == p) & ~np.isnan(ratio)] for p in range(length)]
    raw = np.array([(np.median(r) if len(r) >= MEDIAN_FROM else r.mean()) if len(r) else np.nan for r in found])
    spread = np.array([np.ptp(r) if len(r) > 1 else np.nan for r in found])
    return Season(raw * (~np.isnan(raw)).sum() / np.nansum(raw), np.array([len(r) for r in found]), spread, trend, ratio, "ratio" if full else "share")


def centred_mean(known: np.ndarray, length: int = YEAR) -> np.ndarray:
    """Mean of a whole cycle around each entry, the two ends by half (an even cycle has no middle); NaN where it does not fit."""
    weight = np.ones(length + 1)
    weight[[0, -1]] = 0.5
    out = np.full(len(known), np.nan)
    if len(known) <= length:
        return out
    there = ~np.isnan(known)
    total, of = np.convolve(np.nan_to_num(known), weight, "valid"), np.convolve(there.astype("float64"), weight, "valid")
    out[length // 2:len(known) - length // 2] = total / of
    return out


def _last_mean(known: np.ndarray, length: int) -> np.ndarray:
    """The mean of the last cycle at each of its entries: all that a history under two cycles can be compared with."""
    out = np.full(len(known), np.nan)
    out[-length:] = np.nanmean(known[-length:])
    return out


def _none(n: int, length: int) -> Season:
    missing = np.full(length, np.nan)
    return Season(missing, np.zeros(length, dtype="int64"), missing, np.full(n, np.nan), np.full(n, np.nan), "none")


# ------------------------------------------------------------------ of a company
def company_season(facts, until: int, rules: SeasonRules) -> CompanySeason:
    """The season by all whole months that had ended on day `until`; nothing later is looked at. Computed once per day and rules."""
    memo = facts.__dict__.setdefault("_seasons", {})
    if (until, rules) not in memo:
        memo[(until, rules)] = _computed(facts, until, rules)
    return memo[(until, rules)]


def _computed(facts, until: int, rules: SeasonRules) -> CompanySeason:
    code, _day, units, _tie = sales_arrays(facts)
    month = _calendar(facts)[1]
    first, end = first_whole_month(facts, until), month_number(until + 1)
    n = max(0, end - first)
    inside = (month >= first) & (month < end)
    amounts = np.bincount(month[inside] - first, weights=units[inside], minlength=n)[:n] / 10_000.0
    big = _large(code[inside], month[inside], units[inside], end, len(facts.clients), rules.large_client_share)
    per_day = workday_factors(first, n, rules)
    season = seasonal(amounts / per_day, first, rules.min_full, rules.min_weak)
    if not big.any():
        return CompanySeason(season, first, amounts, (), None)
    rest = inside & ~big[code]
    others = np.bincount(month[rest] - first, weights=units[rest], minlength=n)[:n] / 10_000.0
    names = tuple(sorted(facts.clients["client_id"].to_numpy()[big]))
    return CompanySeason(season, first, amounts, names, seasonal(others / per_day, first, rules.min_full, rules.min_weak))


def _large(code: np.ndarray, month: np.ndarray, units: np.ndarray, end: int, n: int, share: float) -> np.ndarray:
    """Who makes more than `share` of the sales of all months or of the last twelve: he bends the index, so it is not his."""
    out = np.zeros(n, dtype=bool)
    for use in (slice(None), month >= end - YEAR):
        of = np.bincount(code[use], weights=units[use], minlength=n)
        if of.sum() > 0:
            out |= of / of.sum() > share + 1e-9
    return out


def index_at(found: CompanySeason, month: int, clients: pd.Index, rules: SeasonRules) -> np.ndarray:
    """The factor of this month by client: the company's index; 1 for clients of their own schedule, or where there is none."""
    index = found.season.index[month % YEAR] * workday_factors(month, 1, rules)[0]
    own = clients.isin([*rules.exclude_clients, *found.large])
    return np.where(own | np.isnan(index), 1.0, index)


# ------------------------------------------------------------------ months
def months_of(days: np.ndarray) -> np.ndarray:
    """Month number of day numbers; each day of the span is looked at once."""
    if not len(days):
        return days
    low = int(days.min())
    return np.arange(low, int(days.max()) + 1).astype("datetime64[D]").astype("datetime64[M]").astype("int64")[days - low]


def month_number(day: int) -> int:
    return int(np.datetime64(int(day), "D").astype("datetime64[M]").astype("int64"))


def month_start(month: int) -> int:
    """Its first day, in days since 1970."""
    return int(np.datetime64(int(month), "M").astype("datetime64[D]").astype("int64"))


def month_name(month: int) -> str:
    """`2025-01`."""
    return str(np.datetime64(int(month), "M"))


def first_whole_month(facts, until: int) -> int:
    """The first month with sales, or the next where they begin in its middle: half a month would pass for a season."""
    days = _calendar(facts)[0]
    days = days[days <= until]
    if not len(days):
        return month_number(until + 1)
    first, month = int(days[0]), month_number(int(days[0]))
    ends = all(month_number(int(d) + 1) != month_number(int(d)) for d in days[:4])  # a report by months stands on their last days
    gaps = np.diff(days[days < first + 365])
    usual = float(np.quantile(gaps, 0.95)) if len(gaps) else 0.0
    allowed = min(FIRST_MONTH_DAYS[1], max(FIRST_MONTH_DAYS[0], usual)) + NEW_YEAR_DAYS * (month % YEAR == 0)
    return month if ends or first - month_start(month) <= allowed else month + 1


def _calendar(facts) -> tuple[np.ndarray, np.ndarray]:
    """(the days that have sales, the month of every row of `sales_arrays`), computed once per facts."""
    memo = facts.__dict__.setdefault("_sales", {})
    if "calendar" not in memo:
        day = sales_arrays(facts)[1]
        low = int(day.min()) if len(day) else 0
        memo["calendar"] = np.flatnonzero(np.bincount(day - low)) + low, months_of(day)
    return memo["calendar"]


def workday_factors(first: int, n: int, rules: SeasonRules) -> np.ndarray:
    """Working days of each month against a usual one; 1 without the correction."""
    if not rules.workday_correction or not n:
        return np.ones(n)
    start, end = (pd.Timestamp(month_start(m), unit="D") for m in (first, first + n))
    days = workdays(start.date(), (end - pd.Timedelta(days=1)).date(), rules.calendar)
    count = np.bincount(months_of((days - pd.Timestamp(0)).days.to_numpy()) - first, minlength=n)
    return np.maximum(count, 1) / WORKDAYS_A_MONTH
