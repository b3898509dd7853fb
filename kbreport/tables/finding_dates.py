"""Checks on dates: wrong years, orders after the as-of date, months without sales, a first month that is only a part."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from kbreport.tables.checked import EXAMPLES, View
from kbreport.tables.model import ZERO, Check
from kbreport.words import _, day, month, n_

EARLIEST = date(1990, 1, 1)
NEW_YEAR_DAYS = 8  # nobody ships on 1-8 January
GAP_DAYS, TAIL_SHARE = 365, 0.01  # METHODS 1.1: a tail after such a gap, no larger than max(1 row, 1 %), is wrong dates


def bad_dates(view: View, as_of: date | None) -> Check | None:
    """Dates before 1990, and a handful of rows after a gap of more than a year."""
    days = _days(view)
    if days is None:
        return None
    tail = tail_start(days)
    wrong = [(d, n, a) for d, n, a in days if d < EARLIEST or (tail and d >= tail)]
    return _dates_check(view, "bad_dates", wrong, _("похоже на ошибку в дате"))


def future_dates(view: View, as_of: date | None) -> Check | None:
    """Rows after the as-of date that are no wrong tail: usual for an unfinished month, so only said."""
    days = _days(view)
    if days is None or as_of is None:
        return None
    tail = tail_start(days)
    late = [(d, n, a) for d, n, a in days if d > as_of and not (tail and d >= tail)]
    soon = all(d <= _next_month_end(as_of) for d, _n, _a in late)
    return _dates_check(view, "future_dates", late, _("после отчётной даты {day}, в расчёт не вошли").format(day=day(as_of)), "info" if soon else "warn")


def empty_months(view: View, as_of: date | None) -> Check | None:
    """Months without a single row between the first and the last: a hole in an export looks like clients leaving."""
    days = _days(view)
    if not days:
        return None
    tail = tail_start(days)
    inside = [d for d, _n, _a in days if d >= EARLIEST and not (tail and d >= tail) and not (as_of and d > as_of)]
    have = {(d.year, d.month) for d in inside}
    holes = [m for m in _months(min(inside), max(inside)) if (m.year, m.month) not in have] if inside else []
    names = [month(m) for m in holes]
    if not holes:
        return view.clean("empty_months")
    text = n_("{n} месяц без единой продажи", "{n} месяцев без единой продажи", len(holes)) + ": " + ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
    return Check("empty_months", "warn", view.said(text), len(holes), None, tuple(names[:EXAMPLES]))


def partial_month(view: View, as_of: date | None) -> Check | None:
    """The first month starts later than its first days."""
    days = _days(view)
    if not days:
        return None
    first = next((d for d, _n, _a in days if d >= EARLIEST), days[0][0])
    if len(days) > 1 and all((d + timedelta(days=1)).day == 1 for d, _n, _a in days):
        return view.clean("partial_month")  # a report by months stands on their last days
    holidays = NEW_YEAR_DAYS if first.month == 1 else 0
    if first.day - 1 - holidays <= _allowed_gap([d for d, _n, _a in days]):
        return view.clean("partial_month")
    return Check("partial_month", "info", view.said(_("первый месяц неполный: продажи начинаются {day}").format(day=day(first))), 1, None, (day(first),))


def tail_start(days: list[tuple[date, int, Any]]) -> date | None:
    """The first day after a gap of more than a year that hardly any rows follow; None when there is no such tail."""
    total = sum(n for _d, n, _a in days)
    after = total
    for (before, n, _a), (d, _n, _b) in pairwise(days):
        after -= n
        if (d - before).days > GAP_DAYS and after <= max(1, TAIL_SHARE * total):
            return d
    return None


def _days(view: View) -> list[tuple[date, int, Any]] | None:
    """(day, rows, money) of the sales table in the order of days: as many entries as days, not as rows."""
    if "order_date" not in view.sales.column_names:
        return None
    grouped = view.sales.select(["order_date", "amount"]).drop_null().group_by("order_date").aggregate([("amount", "count"), ("amount", "sum")]).sort_by("order_date")
    return list(zip(grouped["order_date"].to_pylist(), grouped["amount_count"].to_pylist(), grouped["amount_sum"].to_pylist(), strict=True))


def _dates_check(view: View, name: str, found: list[tuple[date, int, Any]], why: str, severity: str = "warn") -> Check:
    n, amount = sum(r for _d, r, _a in found), sum((a for _d, _n, a in found), ZERO)
    if not n:
        return view.clean(name, amount)
    examples = tuple(day(d) for d, _n, _a in found[:EXAMPLES])
    text = n_("{n} строка на {amount}", "{n} строк на {amount}", n, amount=view.money(amount)) + f" — {why}" + ": " + ", ".join(examples[:3]) + ("…" if len(found) > 3 else "")
    return Check(name, severity, view.said(text), n, amount, examples)


def _allowed_gap(days: list[date]) -> float:
    """METHODS 1.1: min(15, max(3, P95 of the gaps between days with sales in the last 12 months))."""
    import numpy as np

    recent = [d for d in days if d > days[-1] - timedelta(days=365)]
    gaps = [(b - a).days for a, b in pairwise(recent)]
    return min(15, max(3, float(np.quantile(gaps, 0.95)) if gaps else 3))


def _months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [date(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1, 1) for i in range(count)]


def _next_month_end(d: date) -> date:
    after = date(d.year + d.month // 12, d.month % 12 + 1, 1)  # first day of the next month
    return date(after.year + after.month // 12, after.month % 12 + 1, 1) - timedelta(days=1)
