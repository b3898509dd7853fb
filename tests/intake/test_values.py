"""Flags, shares, codes of closed lists, times, names."""

import pyarrow as pa
import pytest

from kbreport.intake import names, values
from kbreport.intake.grid import Cells
from kbreport.intake.schema import schemas


def cells(*texts):
    return Cells(pa.chunked_array([pa.array(texts)]))


def test_flags():
    found, bad = values.flags(cells("да", "НЕТ", "1", "", "может быть"))
    assert found.to_pylist() == [True, False, True, None, None] and bad.to_pylist() == [False, False, False, False, True]


@pytest.mark.parametrize("texts, expected", [(["15 %", "7,5%"], [0.15, 0.075]), (["15", "7,5"], [0.15, 0.075]), (["0,15", "1"], [0.15, 1.0]), (["", "0,5"], [None, 0.5])])
def test_shares(texts, expected):
    assert values.shares(cells(*texts)).values.to_pylist() == pytest.approx(expected, nan_ok=True)


def test_codes_in_any_spelling():
    column = schemas()["touches"].columns["channel"]
    found, bad = values.codes(cells("Звонок", "CALL", "", "голубь"), column)
    assert found.to_pylist() == ["call", "call", None, None] and bad.to_pylist() == [False, False, False, True]


def test_times():
    found, bad = values.times(cells("09:30", "2025-01-31T18:00", "9:05:10", "", "25:00"))
    assert found.to_pylist() == [570, 1080, 545, None, None] and bad.to_pylist() == [False] * 4 + [True]


def test_names_as_keys_keep_the_legal_form():
    keys = names.key(pa.array(["ООО «Ёлка»", 'ооо  "елка"', "ИП Елка"])).to_pylist()
    assert keys[0] == keys[1] != keys[2]
    assert len(set(names.without_form(pa.array(keys)).to_pylist())) == 1


def test_ids_of_names_do_not_depend_on_the_order_of_rows():
    assert names.ids_from(pa.array(["ооо альфа", "ООО «Альфа»", "Бета"])).to_pylist() == names.ids_from(pa.array(["ООО «Альфа»", "ооо альфа", "Бета"])).to_pylist()[:3]
