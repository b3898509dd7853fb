"""When each client is to be touched next (METHODS M6.1, calendar): spacing, occasions, working days, the manager's daily limit.

All work is on arrays by client; the only loop runs over the working days of the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kbreport.facts.rhythm import day_number
from kbreport.facts.workdays import last_workday_before

HORIZON_DAYS = 91  # a quarter ahead [OURS]
NEAR_DAYS = 7  # an occasion this close takes the place of the plain touch
CODES = ("defender_day", "womens_day", "new_year", "contract", "anniversary", "expected_order")
MANDATORY = CODES.index("contract")
GREETINGS = (("defender_day", 2, 23, "RU BY"), ("womens_day", 3, 8, "RU BY KZ"), ("new_year", 1, 1, ""))  # [004:299]; where they are held
_STEP = 1_000_000  # room for day numbers in the sort key client · day


@dataclass(frozen=True)
class Clients:
    """Who is to be touched, one entry per client: manager code, priority (0 first), spacing in days, the first due day."""

    manager: np.ndarray
    priority: np.ndarray
    spacing: np.ndarray
    due: np.ndarray


@dataclass(frozen=True)
class Occasions:
    """Sorted (client · day) keys and the occasion's code; `nearest` looks them up."""

    keys: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, client: np.ndarray, day: np.ndarray, code: np.ndarray) -> "Occasions":
        keys = client.astype("int64") * _STEP + day.astype("int64")
        order = np.lexsort((code, keys))
        return cls(keys[order], code[order])

    def nearest(self, client: np.ndarray, day: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(day, code) of the occasion within ±7 days of `day` and later than `after`; the day itself and −1 where there is none.

        A mandatory one (the contract) goes before the others, then the nearest.
        """
        best, code, gap = day.copy(), np.full(len(day), -1), np.full(len(day), _STEP)
        if not len(self.keys):
            return best, code
        at = np.searchsorted(self.keys, client.astype("int64") * _STEP + np.maximum(day - NEAR_DAYS, after + 1))
        for step in range(2 * NEAR_DAYS + 1):  # a client has at most a handful of occasions in a fortnight
            place = np.minimum(at + step, len(self.keys) - 1)
            his = (self.keys[place] // _STEP == client) & (at + step < len(self.keys))
            there = self.keys[place] % _STEP
            far = np.abs(there - day) + np.where(self.codes[place] == MANDATORY, 0, 2 * NEAR_DAYS)
            better = his & (there <= day + NEAR_DAYS) & (far < gap)
            best, code, gap = np.where(better, there, best), np.where(better, self.codes[place], code), np.where(better, far, gap)
        return best, code


def planned(clients: Clients, occasions: Occasions, working: np.ndarray, limit: int) -> pd.DataFrame:
    """Touches on the `working` days (day numbers): columns client (position), day, code (occasion, −1 = none), in order of days.

    A day has room for `limit` touches of a manager; who comes first is the higher class, then the earlier due day.
    """
    n = len(clients.due)
    who = np.arange(n)
    due, code = occasions.nearest(who, clients.due, np.full(n, working[0] - 1 if len(working) else 0))
    found = []
    for day in working:
        pool = who[due <= day]
        pool = pool[np.lexsort((pool, due[pool], clients.priority[pool], clients.manager[pool]))]
        taken = pool[_place_in_group(clients.manager[pool]) < limit]
        found.append(pd.DataFrame({"client": taken, "day": day, "code": code[taken]}))
        plain = day + np.maximum(1, np.floor(clients.spacing[taken] + 0.5)).astype("int64")
        due[taken], code[taken] = occasions.nearest(taken, plain, np.full(len(taken), day))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({"client": who[:0], "day": who[:0], "code": who[:0]})


def _place_in_group(group: np.ndarray) -> np.ndarray:
    """0, 1, 2 … within runs of equal values of a sorted array."""
    if not len(group):
        return group
    start = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    return np.arange(len(group)) - np.repeat(start, np.diff(np.r_[start, len(group)]))


# ------------------------------------------------------------------ occasions
def occasions_of(cards: pd.DataFrame, expected: pd.Series, since: pd.Series, as_of: date, working: pd.DatetimeIndex, country: str) -> Occasions:
    """Occasions ahead of each client of `cards` (index = position): greetings, contract, anniversary, expected order.

    `expected`: date of the next order; `since`: the day the cooperation began; both by position, NaT where unknown. Birthdays
    are personal data and have no place in a shared calendar (METHODS 1.17).
    """
    first, last = pd.Timestamp(as_of) + pd.Timedelta(days=1), pd.Timestamp(as_of) + pd.Timedelta(days=HORIZON_DAYS + NEAR_DAYS)
    parts = [_dated(cards.index, when, code) for code, when in _greetings(first, last, working, country)]
    parts.append(_by_client(expected, "expected_order"))
    parts.append(_by_client(_anniversaries(since, first), "anniversary"))
    if "contract_until" in cards:
        until = pd.to_datetime(cards["contract_until"])
        ahead = (until - pd.DateOffset(months=2)).clip(lower=first).where(until >= first)  # the talk begins two months before the end
        parts.append(_by_client(ahead, "contract"))
    found = pd.concat(parts, ignore_index=True)
    found = found[(found["date"] >= first) & (found["date"] <= last)]
    day = (found["date"] - pd.Timestamp(0)).dt.days.to_numpy()
    return Occasions.of(found["client"].to_numpy(), day, found["code"].to_numpy())


def _greetings(first: pd.Timestamp, last: pd.Timestamp, working: pd.DatetimeIndex, country: str) -> list[tuple[str, pd.Timestamp]]:
    """Each greeting on the last working day before its holiday."""
    held = [(code, date(year, month, day)) for code, month, day, where in GREETINGS for year in range(first.year, last.year + 2) if not where or country.upper() in where.split()]
    days = [(code, last_workday_before(feast, working)) for code, feast in held if pd.Timestamp(feast) <= last + pd.Timedelta(days=14)]
    return [(code, day) for code, day in days if day is not None and first <= day <= last]


def _anniversaries(since: pd.Series, first: pd.Timestamp) -> pd.Series:
    """The next anniversary of each day, on or after `first`; 29 February is kept on the 28th."""
    month_day = since.dt.month * 100 + since.dt.day
    year = first.year + (month_day < first.month * 100 + first.day).astype("int64")
    text = year.astype("str") + "-" + since.dt.strftime("%m-%d").str.replace("02-29", "02-28")
    return pd.to_datetime(text.where(since.notna() & (since < first)), format="%Y-%m-%d")


def _by_client(dates: pd.Series, code: str) -> pd.DataFrame:
    known = dates.dropna()
    return pd.DataFrame({"client": known.index.to_numpy(dtype="int64"), "date": known.to_numpy().astype("datetime64[s]"), "code": CODES.index(code)})


def _dated(clients: pd.Index, when: pd.Timestamp, code: str) -> pd.DataFrame:
    return pd.DataFrame({"client": clients.to_numpy(dtype="int64"), "date": np.datetime64(when, "s"), "code": CODES.index(code)})


def day_numbers(days: pd.DatetimeIndex) -> np.ndarray:
    return np.array([day_number(d) for d in days], dtype="int64")
