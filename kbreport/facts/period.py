"""As-of date and period: the rules of METHODS section 1, points 1 and 2.

A `Period` is a half-open interval of days. Its `rule` says in words how it was found, for page 1 and run.json.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from kbreport.errors import InputProblems, UsageProblem
from kbreport.words import N_, _, day, number

TAIL_GAP_DAYS = 365  # a tail after a longer gap is taken for wrong dates
TAIL_SHARE = 0.01


@dataclass(frozen=True)
class Period:
    """Days `start` … `end` (exclusive). `months` is its nominal length; `slug` names the output folder."""

    start: date
    end: date
    months: int
    slug: str

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    def previous(self) -> "Period":
        """The window of the same number of months directly before."""
        return self.shifted(-self.months)

    def year_before(self) -> "Period":
        """The same calendar months a year ago."""
        return self.shifted(-12)

    def shifted(self, months: int) -> "Period":
        start, end = add_months(self.start, months), add_months(self.end, months)
        return Period(start, end, self.months, slug_of(start, end))

    def mask(self, dates: pd.Series) -> pd.Series:
        """True where a date lies inside."""
        return (dates >= pd.Timestamp(self.start)) & (dates < pd.Timestamp(self.end))

    def __str__(self) -> str:
        return f"{day(self.start)}–{day(self.last)}"


@dataclass(frozen=True)
class AsOf:
    """The reporting date, the sentence that says which rule gave it, and the wrong-date tail (None: there is none)."""

    date: date
    rule: str
    tail_from: date | None = None


# ------------------------------------------------------------------ calendar arithmetic
def add_months(d: date, months: int) -> date:
    """The same day of another month, cut to that month's end."""
    years, month = divmod(d.year * 12 + d.month - 1 + months, 12)
    return date(years, month + 1, min(d.day, calendar.monthrange(years, month + 1)[1]))


def month_end(d: date) -> date:
    return d.replace(day=calendar.monthrange(d.year, d.month)[1])


def slug_of(start: date, end: date) -> str:
    """The shortest of `2025`, `2025-Q4`, `2025-12`, else `2024-07..2025-06` (days where it does not end with months)."""
    last = end - timedelta(days=1)
    if start.day != 1 or end.day != 1:
        return f"{start}..{last}"
    months = (end.year - start.year) * 12 + end.month - start.month
    if months == 12 and start.month == 1:
        return str(start.year)
    if months == 3 and start.month % 3 == 1:
        return f"{start.year}-Q{start.month // 3 + 1}"
    return f"{start:%Y-%m}" if months == 1 else f"{start:%Y-%m}..{last:%Y-%m}"


# ------------------------------------------------------------------ as-of
def find_as_of(file_days: pd.DataFrame, *, given: str = "auto", stated_end: date | None = None, whole: bool = False) -> AsOf:
    """The first rule of METHODS 1.1 that applies.

    `file_days`: one row per day with sales: `date`, `n_rows`. `given`: `--as-of`; `stated_end`: the end of the period the
    export itself states; `whole`: the period is «all», then the last day of the data is the as-of date.
    """
    if given not in ("auto", "", None):
        return AsOf(parse_day(given), _("дата задана параметром as_of"))
    days, tail = _without_tail(file_days)
    if days.empty:
        raise InputProblems(N_EMPTY)
    if whole:
        return AsOf(days["date"].iloc[-1].date(), _("запрошена вся история: взят последний день с продажами"), tail)
    if stated_end is not None and stated_end == month_end(stated_end):
        return AsOf(stated_end, _("конец периода, который указан в самой выгрузке"), tail)
    last = days["date"].iloc[-1].date()
    end = month_end(last)
    if (end - last).days <= _allowed_gap(days["date"]):
        return AsOf(end, _("последний день последнего полного месяца в данных"), tail)
    before = last.replace(day=1) - timedelta(days=1)
    if before < days["date"].iloc[0].date():
        return AsOf(last, _("в данных нет ни одного полного месяца: взят последний день с продажами"), tail)
    return AsOf(before, _("последний месяц в данных неполный: взят конец предыдущего"), tail)


N_EMPTY = N_("В данных нет ни одной строки продаж с датой.")


def _without_tail(file_days: pd.DataFrame) -> tuple[pd.DataFrame, date | None]:
    """Days up to a gap of more than a year that is followed by hardly any rows (typing errors such as 2052)."""
    days = file_days.dropna(subset=["date"]).sort_values("date")
    gaps = days["date"].diff().dt.days.to_numpy()
    rows_after = days["n_rows"][::-1].cumsum()[::-1].to_numpy()
    limit = max(1, TAIL_SHARE * rows_after[0]) if len(days) else 0
    breaks = np.flatnonzero((gaps > TAIL_GAP_DAYS) & (rows_after <= limit))
    if not len(breaks):
        return days, None
    return days.iloc[: breaks[0]], days["date"].iloc[breaks[0]].date()


def _allowed_gap(dates: pd.Series) -> float:
    recent = dates[dates > dates.iloc[-1] - pd.DateOffset(months=12)]
    gaps = recent.diff().dropna().dt.days
    return min(15.0, max(3.0, float(gaps.quantile(0.95)) if len(gaps) else 3.0))


# ------------------------------------------------------------------ period
def find_period(spec: str, as_of: date, history_start: date) -> tuple[Period, str, str]:
    """The analysed window P: (period, status ok|weak|insufficient, the sentence that says why).

    An explicit period is cut at `as_of`; what of it the history does not hold makes it weak or insufficient. With less than 12 complete months of history P is all complete months.
    """
    if spec != "12m":
        return _explicit(spec, as_of, history_start)
    end = as_of + timedelta(days=1)
    complete = (end.year - history_start.year) * 12 + end.month - history_start.month if end.day == 1 else _whole_months(history_start, end)
    if complete >= 12:
        return _period(add_months(end, -12), end, 12), "ok", _("12 месяцев до отчётной даты")
    start = history_start
    return _period(start, end, max(complete, 1)), _status(complete, 12), _("истории меньше 12 месяцев: взята вся")


def _explicit(spec: str, as_of: date, history_start: date) -> tuple[Period, str, str]:
    end = as_of + timedelta(days=1)
    if spec == "all":
        months = _whole_months(history_start, end)
        said = _("вся история") if months >= 12 else _("вся история, полных месяцев — {n}").format(n=number(months))
        return Period(history_start, end, max(1, months), "all"), _status(months, 12), said
    asked = parse_period(spec)
    if asked.start > as_of or asked.end <= history_start:
        raise InputProblems(N_("За период {period} в данных нет продаж: они есть с {first} по {last}."), period=spec, first=day(history_start), last=day(as_of))
    told = []
    if asked.start < history_start:
        told.append(_("продажи есть только с {date}").format(date=day(history_start)))
    if asked.end > end:
        told.append(_("период обрезан отчётной датой {date}").format(date=day(as_of)))
    inside = _whole_months(max(asked.start, history_start), min(asked.end, end))
    return Period(asked.start, min(asked.end, end), asked.months, asked.slug), _status(inside, asked.months), "; ".join(told) or _("период задан")


def _status(complete: int, wanted: int) -> str:
    """By the complete months that the history holds (METHODS 1.2)."""
    return "ok" if complete >= wanted else "weak" if complete >= 3 else "insufficient"


def _whole_months(start: date, end: date) -> int:
    return max(0, (end.year - start.year) * 12 + end.month - start.month)


def _period(start: date, end: date, months: int) -> Period:
    return Period(start, end, months, slug_of(start, end))


def parse_period(spec: str) -> Period:
    """`2025`, `2025-Q4`, `2025-12` or `2024-07..2025-06`; UsageProblem says what is allowed."""
    text = spec.strip()
    if m := re.fullmatch(r"(\d{4})", text):
        start, months = _date(spec, int(m[1]), 1), 12
    elif m := re.fullmatch(r"(\d{4})-[QqКк]([1-4])", text):
        start, months = _date(spec, int(m[1]), int(m[2]) * 3 - 2), 3
    elif m := re.fullmatch(r"(\d{4})-(\d{2})", text):
        start, months = _date(spec, int(m[1]), int(m[2])), 1
    elif m := re.fullmatch(r"(\d{4})-(\d{2})\.\.(\d{4})-(\d{2})", text):
        start, last = _date(spec, int(m[1]), int(m[2])), _date(spec, int(m[3]), int(m[4]))
        months = (last.year - start.year) * 12 + last.month - start.month + 1
        if months < 1:
            raise _bad(spec)
    else:
        raise _bad(spec)
    return _period(start, add_months(start, months), months)


def _date(spec: str, year: int, month: int) -> date:
    if not 1 <= month <= 12 or not 1900 <= year <= 2200:
        raise _bad(spec)
    return date(year, month, 1)


def _bad(spec: str) -> UsageProblem:
    return UsageProblem(N_("Период «{value}» не понят."), remedy=N_("Можно: 2025, 2025-Q4, 2025-12, 2024-07..2025-06, all, 12m."), value=spec)


def parse_day(text: str) -> date:
    """An ISO or Russian date of the command line."""
    for pattern, order in ((r"(\d{4})-(\d{1,2})-(\d{1,2})", (1, 2, 3)), (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", (3, 2, 1))):
        if m := re.fullmatch(pattern, str(text).strip()):
            try:
                return date(*(int(m[i]) for i in order))
            except ValueError:
                break
    raise UsageProblem(N_("Дата «{value}» не понята."), remedy=N_("Пишите её так: 2025-12-31."), value=text)
