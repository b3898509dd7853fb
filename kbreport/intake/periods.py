"""Periods and days that titles, headers and file names say in words: «за 1 квартал 2025 г.», «Январь 2025», `01.02.25`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from kbreport.intake.dates import MONTHS

_WORDS = "|".join(sorted(MONTHS, key=len, reverse=True))
_MONTH = re.compile(rf"(?i)(?<![^\W\d_])({_WORDS})\.?,?\s*((?:19|20)\d\d)(?!\d)")
_QUARTER = re.compile(r"(?i)(?<!\d)([1-4]|I{1,3}|IV)[- ]?(?:й|ый|ой)?\s*кв(?:артал)?\.?\s*((?:19|20)\d\d)|((?:19|20)\d\d)[- ]?[QК]([1-4])(?!\d)")
_HALF = re.compile(r"(?i)(?<!\d)([12])[- ]?(?:е|ое)?\s*полугодие\s*((?:19|20)\d\d)")
_NINE = re.compile(r"(?i)(?<!\d)(9)\s*мес(?:яцев|\.)?\s*((?:19|20)\d\d)")
_YEAR = re.compile(r"(?i)за\s+((?:19|20)\d\d)\s*г(?:од)?")
_DAY = re.compile(r"(?<!\d)(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?!\d)")
_ISO_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-._](0[1-9]|1[0-2])(?:[-._](0[1-9]|[12]\d|3[01]))?(?!\d)")
_MONTH_YEAR = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])[./-]((?:19|20)\d\d)(?!\d)")
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


def of_lines(lines: Iterable[str]) -> tuple[date, date] | None:
    """The period a title block names, else None: a line with «период» or «начало» first, then any line that says a period."""
    lines = list(lines)
    for line in lines:
        if re.search("(?i)период|period|начало", line) and (found := _two_days(line) or spoken(line)):
            return found
    return next((found for line in lines if (found := spoken(line))), None)


def _two_days(line: str) -> tuple[date, date] | None:
    days = [d for d in (_day(*m.groups()) for m in _DAY.finditer(line)) if d]
    return (days[0], days[1]) if len(days) == 2 and days[0] <= days[1] else None


def spoken(text: str) -> tuple[date, date] | None:
    """First and last day of what is said: months, a quarter, a half, nine months, a year."""
    months = [(int(y), MONTHS[w.casefold()]) for w, y in _MONTH.findall(text)]
    if months:
        return _month(*months[0])[0], _month(*months[-1])[1]
    if found := _QUARTER.search(text):
        n, year = found.group(1) or found.group(4), int(found.group(2) or found.group(3))
        quarter = ROMAN.get(n.casefold()) or int(n)
        return date(year, 3 * quarter - 2, 1), _month(year, 3 * quarter)[1]
    for pattern, span in ((_HALF, 6), (_NINE, 9)):
        if found := pattern.search(text):
            year, last = int(found.group(2)), span * int(found.group(1)) if span == 6 else 9
            return date(year, last - span + 1, 1), _month(year, last)[1]
    if found := _YEAR.search(text):
        return date(int(found.group(1)), 1, 1), date(int(found.group(1)), 12, 31)
    return None


def of_name(name: str) -> tuple[date, date] | None:
    """The period that a file name says: «1 квартал 2025», `2025-01`, «январь 2025»."""
    text = name.replace("_", " ")
    if found := _two_days(text) or spoken(text):
        return found
    if (one := _DAY.search(text)) and (day := _day(*one.groups())):
        return day, day
    months = [(int(y), int(m)) for y, m, day in _ISO_MONTH.findall(text) if not day]
    if months:
        return _month(*months[0])[0], _month(*months[-1])[1]
    return (_month(int(found.group(2)), int(found.group(1)))) if (found := _MONTH_YEAR.search(text)) else None


def header(text: str) -> tuple[date, date] | None:
    """The month or day that a header of a column is, and nothing else: «Январь 2025 г.», `2025-01`, `01.02.25`."""
    bare = re.sub(r"(?i)\s*г(?:ода?)?\.?$|^месяц\s+", "", text.strip()).strip()
    if found := _DAY.fullmatch(bare):
        day = _day(*found.groups())
        return (day, day) if day else None
    if found := _MONTH.fullmatch(bare):
        return _month(int(found.group(2)), MONTHS[found.group(1).casefold()])
    if found := _ISO_MONTH.fullmatch(bare):
        year, month, day = int(found.group(1)), int(found.group(2)), found.group(3)
        exact = _day(day, month, str(year)) if day else None
        return (exact, exact) if exact and exact.day != 1 else _month(year, month)
    return _month(int(found.group(2)), int(found.group(1))) if (found := _MONTH_YEAR.fullmatch(bare)) else None


def told(text: str) -> tuple[date, date] | None:
    """A period as company.yml tells it: `2025-03`, `2025-01..2025-03`, `2025-03-31`, «1 квартал 2025»."""
    first, _dots, last = text.partition("..")
    ends = [_iso_day(part) or of_name(part) or header(part) for part in (first, last or first)]
    return (ends[0][0], ends[1][1]) if all(ends) else None


def _iso_day(text: str) -> tuple[date, date] | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day, day


def as_of(lines: Iterable[str]) -> date | None:
    """The day of a snapshot: «Дата отчета: 31.12.2025», «на 31.12.2025»."""
    for line in lines:
        if re.search(r"(?i)дата отч|(?:^|\s)на\s+\d|по состоянию", line) and (found := _DAY.search(line)):
            if day := _day(*found.groups()):
                return day
    return None


def _month(year: int, month: int) -> tuple[date, date]:
    first = date(year, month, 1)
    return first, (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1))


def _day(day: "str | int", month: "str | int", year: "str | int") -> date | None:
    number = int(year)
    try:
        return date(number + 2000 if number < 100 else number, int(month), int(day))
    except ValueError:
        return None
