"""Which sign is the decimal one is decided per column; nothing that is no number becomes one."""

from decimal import Decimal as D

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.intake import numbers
from kbreport.intake.grid import Cells


def parse(*texts, decimal=None):
    return numbers.parse(Cells(pa.chunked_array([pa.array(texts)])), decimal)


def values(*texts, decimal=None):
    return [None if v is None else float(v) for v in parse(*texts, decimal=decimal).values.to_pylist()]


@pytest.mark.parametrize("texts, expected", [
    (["1234.50", "7"], [1234.5, 7]), (["1234,50", "7"], [1234.5, 7]), (["1 234,50", "12 345 678,9"], [1234.5, 12345678.9]), (["1\u00a0234,50"], [1234.5]),
    (["1\u2009234,50"], [1234.5]), (["1\u202f234,50"], [1234.5]), (["1'234.50"], [1234.5]), (["1’234.50"], [1234.5]), (["1,234.50", "1,234"], [1234.5, 1234]),
    (["1.234,50", "1.234"], [1234.5, 1234]), (["1,234,567"], [1234567]), (["1.234.567"], [1234567]), (["0,125", "0.5"], [0.125, 0.5]), ([",5", "1,5"], [0.5, 1.5]),
    (["1 234,50 ₽"], [1234.5]), (["1 234,50 руб."], [1234.5]), (["1 234 р."], [1234]), (["$1,234.50", "-$5.00", "$-5.00", "($7.25)"], [1234.5, -5, -5, -7.25]), (["€ 12,50"], [12.5]),
    (["1234 тг."], [1234]), (["(1 234,50)"], [-1234.5]), (["1 234,50-"], [-1234.5]), (["−5,5", "–6,5"], [-5.5, -6.5]), (["- 5,5"], [-5.5]), (["+5,5"], [5.5]), (["1.5E+05"], [150000]),
    (["1,5", "", "-", "н/д", "nan", "NULL"], [1.5, None, None, None, None, None]), (["5."], [5])])
def test_notations(texts, expected):
    found = parse(*texts)
    assert [None if v is None else float(v) for v in found.values.to_pylist()] == expected
    assert not any(found.bad.to_pylist())


@pytest.mark.parametrize("text", ["12 тыс.", "см. договор", "1.2.3,4", "12 34", "1 23,5", "1,23,456", "12:30", "5%", "--5", "1e400", "1e77", "1,5E+90", "#ДЕЛ/0!", "1234567890123456789"])
def test_what_is_no_number_is_marked_and_never_guessed(text):
    found = parse(text, "1,5")
    assert found.bad.to_pylist() == [True, False] and found.values.to_pylist()[0] is None


def test_an_open_cell_follows_the_certain_ones_of_its_column():
    assert values("125,300", "8.50") == [125300, 8.5]
    assert values("125,300", "8,50") == [125.3, 8.5]
    assert values("125.300", "8,50") == [125300, 8.5]
    assert values("125.300", "8.50") == [125.3, 8.5]


def test_commas_before_three_digits_alone_are_thousands_and_it_is_said():
    found = parse("125,300", "8,450", "900")
    assert [float(v) for v in found.values.to_pylist()] == [125300, 8450, 900] and found.thousands_assumed and not found.undecided


def test_points_before_three_digits_alone_are_refused():
    assert parse("125.300", "8.450").undecided
    assert parse("125,300", "84500").undecided  # thousands would have been written in the second one too
    assert parse("1,5", "2.5", "3,125").undecided
    assert not parse("1,5", "2.5").undecided


def test_the_sign_may_be_told():
    assert values("125,300", decimal=",") == [125.3]
    assert values("125,300", decimal=".") == [125300]
    assert not parse("125.300", decimal=".").undecided


def test_more_than_four_decimals_are_rounded_half_up_and_the_difference_is_kept():
    found = parse("1.00005", "2.00004", "1.00005", "3.5")
    assert found.values.to_pylist() == [D("1.0001"), D("2.0000"), D("1.0001"), D("3.5000")]
    assert found.rounded == 3 and found.rounding == D("0.00006")


def test_cells_of_a_workbook_keep_their_point_whatever_the_texts_say():
    cells = Cells(pa.chunked_array([pa.array(["1.234", "1.234,5"])]), pa.chunked_array([pa.array([True, False])]))
    assert [float(v) for v in numbers.parse(cells).values.to_pylist()] == [1.234, 1234.5]


def test_currencies_are_seen():
    assert parse("5 руб.", "6 ₽").currencies == ["RUB"]
    assert parse("$5", "6 €").currencies == ["USD", "EUR"]


@settings(deadline=None)
@given(st.lists(st.decimals(min_value=-10**9, max_value=10**9, places=2), min_size=1, max_size=20), st.sampled_from([("", "."), ("", ","), (" ", ","), ("\u00a0", ","), (",", "."), (".", ",")]))
def test_written_and_read_again_is_the_same_to_the_kopeck(amounts, signs):
    thousands, point = signs
    texts = [f"{a:,.2f}".replace(",", "\0").replace(".", point).replace("\0", thousands) for a in amounts]
    assert parse(*texts).values.to_pylist() == amounts
