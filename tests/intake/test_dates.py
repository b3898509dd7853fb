"""Dates: one way to read each, or the column decides, or it is refused."""

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.intake import dates
from kbreport.intake.grid import Cells


def parse(*texts, order=None):
    return dates.parse(Cells(pa.chunked_array([pa.array(texts)])), order)


def days(*texts, order=None):
    return [None if v is None else v.date() for v in parse(*texts, order=order).values.to_pylist()]


@pytest.mark.parametrize("text, expected", [
    ("2024-01-09", date(2024, 1, 9)), ("2024/1/9", date(2024, 1, 9)), ("2024.01.09", date(2024, 1, 9)), ("20240109", date(2024, 1, 9)), ("09.01.2024", date(2024, 1, 9)), ("9.1.24", date(2024, 1, 9)),
    ("09.01.2024 г.", date(2024, 1, 9)), ("09.01.2024 23:59:59", date(2024, 1, 9)), ("2024-01-09T23:59:59", date(2024, 1, 9)), ("2024-01-09T23:59:59.123Z", date(2024, 1, 9)),
    ("2024-01-09 10:00:00+03:00", date(2024, 1, 9)), ("9 января 2024", date(2024, 1, 9)), ("9 янв. 2024 г.", date(2024, 1, 9)), ("1 Dec 2017", date(2017, 12, 1)), ("Dec 1, 2017", date(2017, 12, 1)),
    ("Friday, December 1, 2017", date(2017, 12, 1)), ("9-Jan-24", date(2024, 1, 9)), ("45300", date(2024, 1, 9)), ("45300.75", date(2024, 1, 9)), ("29.02.2024", date(2024, 2, 29)), ("31/01/2024", date(2024, 1, 31)),
    ("01/31/2024", date(2024, 1, 31)), ("1/31/2024 8:51:12 PM", date(2024, 1, 31)), ("13.01.99", date(1999, 1, 13))])
def test_notations(text, expected):
    assert days(text) == [expected]


@pytest.mark.parametrize("text", ["31.02.2024", "00.00.0000", "29.02.2023", "2024-13-01", "32.01.2024", "завтра", "2024", "12", "99999", "9 фигня 2024", "25:00", "10.10.2024 25:61"])
def test_impossible_dates_are_marked(text):
    found = parse(text, "2024-01-01")
    assert found.bad.to_pylist() == [True, False]


def test_time_of_day_is_kept_for_those_who_need_it():
    assert parse("09.01.2024 23:59").values.to_pylist() == [datetime(2024, 1, 9, 23, 59)]
    assert parse("1/31/2024 12:05 AM").values.to_pylist() == [datetime(2024, 1, 31, 0, 5)]
    assert parse("1/31/2024 8:05 PM").values.to_pylist() == [datetime(2024, 1, 31, 20, 5)]


def test_one_day_above_twelve_settles_the_column():
    assert days("03/04/2024", "13/04/2024") == [date(2024, 4, 3), date(2024, 4, 13)]
    assert days("03/04/2024", "04/13/2024") == [date(2024, 3, 4), date(2024, 4, 13)]


def test_without_any_the_order_stays_open_unless_told():
    assert parse("03/04/2024", "05/06/2024").undecided
    assert days("03/04/2024", order="mdy") == [date(2024, 3, 4)]


def test_both_orders_in_one_column_are_not_guessed():
    assert parse("13/04/2024", "04/13/2024").undecided


def test_first_days_of_months_tell_the_order_by_themselves():
    assert days("01/01/2024", "01/02/2024", "01/03/2024") == [date(2024, m, 1) for m in (1, 2, 3)]
    assert days("1/1/2024", "2/1/2024", "3/1/2024") == [date(2024, m, 1) for m in (1, 2, 3)]


def test_empty_words_are_empty_and_not_bad():
    found = parse("", "н/д", "NaT", "-")
    assert found.empty.to_pylist() == [True] * 4 and not any(found.bad.to_pylist())


def test_the_notations_met_are_named():
    assert parse("09.01.2024", "2024-01-10", "45300").kinds == ["iso", "dotted", "serial"]


@settings(deadline=None)
@given(st.lists(st.dates(date(1990, 1, 1), date(2069, 12, 31)), min_size=1, max_size=30), st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%Y/%m/%d", "serial", "%d %b %Y", "%B %d, %Y"]))
def test_written_and_read_again_is_the_same_day(wanted, form):
    texts = [str((d - date(1899, 12, 30)).days) if form == "serial" else d.strftime(form) for d in wanted]
    keep = [i for i, d in enumerate(wanted) if form != "%d.%m.%y" or d < date(2070, 1, 1)]
    assert [days(*texts)[i] for i in keep] == [wanted[i] for i in keep]


@settings(deadline=None)
@given(st.lists(st.dates(date(2000, 1, 13), date(2030, 12, 31)), min_size=1, max_size=30))
def test_slashed_dates_never_come_out_swapped(wanted):
    wanted = [*wanted, date(2024, 5, 31)]
    for form in ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y"):
        assert days(*[d.strftime(form) for d in wanted]) == wanted


def test_serial_numbers_of_excel_count_from_1900():
    assert days("45300") == [date(1899, 12, 30) + timedelta(days=45300)]
