"""Working days of a country (METHODS section 1, point 24): official holidays and moved days by the `holidays` library.

`calendar = RU` (or another ISO code) of company.yml; `none` means Monday to Friday. For years whose transfers are not yet
decreed the library knows the statutory holidays only, so a later release may move a day or two.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.errors import UsageProblem
from kbreport.words import N_

if TYPE_CHECKING:
    from holidays import HolidayBase

PLAIN = ("", "none")


def workdays(first: date, last: date, country: str = "RU") -> pd.DatetimeIndex:
    """All working days from `first` to `last`, both included. UsageProblem where the calendar is not known."""
    days = pd.date_range(first, last, freq="D", unit="s")
    working = np.asarray(days.day_of_week < 5)
    if country.lower() in PLAIN or not len(days):
        return days[working]
    official = _official(country, range(first.year, last.year + 1))
    free, moved = pd.DatetimeIndex(sorted(official)), pd.DatetimeIndex(sorted(official.weekend_workdays))
    return days[(working & ~days.isin(free)) | days.isin(moved)]


def next_workday(days: pd.Series, working: pd.DatetimeIndex) -> pd.Series:
    """Each day itself if it is a working one, else the first one after; NaT beyond the last of `working` and for a missing day."""
    place = working.searchsorted(days)
    known = days.notna().to_numpy() & (place < len(working))
    out = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[s]")
    out[known] = working.to_numpy()[place[known]]
    return pd.Series(out, index=days.index)


def last_workday_before(day: date, working: pd.DatetimeIndex) -> pd.Timestamp | None:
    """The last working day strictly before `day`; None where `working` begins later."""
    place = int(working.searchsorted(pd.Timestamp(day)))
    return working[place - 1] if place else None


def _official(country: str, years: range) -> "HolidayBase":
    import holidays

    try:
        return holidays.country_holidays(country.upper(), years=years)
    except NotImplementedError as unknown:
        raise UsageProblem(N_("Производственного календаря «{value}» нет."), remedy=N_("Можно: код страны (RU, BY, KZ …) или none — понедельник–пятница."), value=country) from unknown
