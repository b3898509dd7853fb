"""As-of date and period: METHODS section 1, points 1 and 2."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from kbreport.errors import InputProblems, UsageProblem
from kbreport.facts.period import find_as_of, find_period, parse_day, parse_period


def days(*texts: str, rows: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"date": pd.to_datetime(list(texts)).astype("datetime64[s]"), "n_rows": rows})


def daily(start: str, end: str) -> pd.DataFrame:
    return pd.DataFrame({"date": pd.date_range(start, end).astype("datetime64[s]"), "n_rows": 3})


def test_given_as_of_wins():
    assert find_as_of(daily("2025-01-01", "2025-06-30"), given="2025-03-31").date == date(2025, 3, 31)


def test_stated_end_is_taken_only_when_it_is_a_month_end():
    assert find_as_of(daily("2025-01-01", "2025-06-28"), stated_end=date(2025, 6, 30)).date == date(2025, 6, 30)
    assert find_as_of(daily("2025-01-01", "2025-06-10"), stated_end=date(2025, 6, 10)).date == date(2025, 5, 31)


@pytest.mark.parametrize("last, expected", [("2025-06-28", "2025-06-30"), ("2025-06-27", "2025-06-30"), ("2025-06-26", "2025-05-31")])
def test_daily_sales_allow_three_days_to_the_month_end(last, expected):
    assert find_as_of(daily("2025-01-01", last)).date == date.fromisoformat(expected)


def test_rare_sales_allow_up_to_fifteen_days():
    rare = days(*[f"2025-{m:02d}-16" for m in range(1, 7)])
    assert find_as_of(rare).date == date(2025, 6, 30)
    assert find_as_of(days(*[f"2025-{m:02d}-14" for m in range(1, 7)])).date == date(2025, 5, 31)


def test_a_tail_after_a_year_with_hardly_a_row_is_taken_for_wrong_dates():
    found = find_as_of(pd.concat([daily("2025-01-01", "2025-06-30"), days("2052-03-01")]))
    assert (found.date, found.tail_from) == (date(2025, 6, 30), date(2052, 3, 1))


def test_a_tail_with_many_rows_is_believed():
    assert find_as_of(pd.concat([daily("2020-01-01", "2020-06-30"), daily("2025-01-01", "2025-06-30")])).date == date(2025, 6, 30)


def test_the_whole_history_ends_with_its_last_day():
    assert find_as_of(daily("2025-01-01", "2025-06-10"), whole=True).date == date(2025, 6, 10)


def test_default_period_is_twelve_months_to_as_of():
    period, status, _ = find_period("12m", date(2025, 12, 31), date(2023, 1, 1))
    assert (period.start, period.end, period.slug, status) == (date(2025, 1, 1), date(2026, 1, 1), "2025", "ok")
    assert period.previous().slug == "2024" and period.year_before().slug == "2024"


@pytest.mark.parametrize("start, status", [("2025-03-01", "weak"), ("2025-11-01", "insufficient")])
def test_a_short_history_is_taken_whole_and_said(start, status):
    period, got, _ = find_period("12m", date(2025, 12, 31), date.fromisoformat(start))
    assert (period.start, got) == (date.fromisoformat(start), status)


@pytest.mark.parametrize("spec, start, end, months", [("2025", "2025-01-01", "2026-01-01", 12), ("2025-Q4", "2025-10-01", "2026-01-01", 3), ("2025-12", "2025-12-01", "2026-01-01", 1),
                                                       ("2024-07..2025-06", "2024-07-01", "2025-07-01", 12)])
def test_period_words(spec, start, end, months):
    p = parse_period(spec)
    assert (p.start, p.end, p.months, p.slug) == (date.fromisoformat(start), date.fromisoformat(end), months, spec)


@pytest.mark.parametrize("spec", ["2025-13", "soon", "2025-06..2025-01", "20255", "2025-Q5"])
def test_a_period_that_is_none_is_refused_in_words(spec):
    with pytest.raises(UsageProblem, match="2025-Q4"):
        parse_period(spec)


def test_a_period_without_data_says_where_the_data_lie():
    with pytest.raises(InputProblems, match="01.01.2023"):
        find_period("2019", date(2025, 12, 31), date(2023, 1, 1))


def test_an_open_period_is_cut_at_as_of_and_said():
    period, status, rule = find_period("2025", date(2025, 6, 30), date(2023, 1, 1))
    assert (period.end, period.slug, status) == (date(2025, 7, 1), "2025", "weak") and "30.06.2025" in rule


@pytest.mark.parametrize("spec, first, as_of, status", [
    ("2024", "2024-01-01", "2025-12-31", "ok"), ("2024", "2024-02-01", "2025-12-31", "weak"), ("2024", "2024-10-01", "2025-12-31", "weak"), ("2024", "2024-11-01", "2025-12-31", "insufficient"),
    ("2023-01..2024-12", "2024-01-01", "2025-12-31", "weak"), ("2025", "2025-11-01", "2025-12-15", "insufficient"), ("2025-12", "2023-01-01", "2025-12-31", "ok"),
    ("all", "2025-01-01", "2025-12-31", "ok"), ("all", "2025-01-01", "2025-06-10", "weak"), ("all", "2025-11-01", "2025-12-31", "insufficient")])
def test_m1_2_a_period_is_judged_by_the_complete_months_of_history_in_it(spec, first, as_of, status):
    assert find_period(spec, date.fromisoformat(as_of), date.fromisoformat(first))[1] == status


def test_m1_2_a_period_that_begins_before_the_history_says_so():
    period, _status, rule = find_period("2024", date(2025, 12, 31), date(2024, 10, 1))
    assert (period.start, period.slug) == (date(2024, 1, 1), "2024") and rule == "продажи есть только с 01.10.2024"


def test_days_are_read_in_two_spellings():
    assert parse_day("31.12.2025") == parse_day("2025-12-31") == date(2025, 12, 31)
    with pytest.raises(UsageProblem):
        parse_day("2025-02-30")


def test_without_one_complete_month_the_whole_history_is_taken():
    assert find_as_of(days("2025-06-02", "2025-06-10")).date == date(2025, 6, 10)
    period, status, _ = find_period("12m", date(2025, 6, 10), date(2025, 6, 1))
    assert (period.start, period.last, status) == (date(2025, 6, 1), date(2025, 6, 10), "insufficient")
