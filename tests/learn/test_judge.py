"""Answers are judged with three outcomes; a wrong one never learns the right value."""

from __future__ import annotations

import pandas as pd
import pytest

from kbreport.learn import check, number_of


@pytest.mark.parametrize("text, value", [("80%", 0.8), ("1 234,5", 1234.5), ("−3", -3.0), ("12 500 ₽", 12500.0), ("слово", None), (True, None)])
def test_numbers_as_people_write_them(text, value):
    assert number_of(text) == value


@pytest.mark.parametrize("answer, expected, status", [
    ("80 %", 0.8, "right"), (0.801, 0.8, "right"), (0.81, 0.8, "not_yet"), ("", 0.8, "not_tried"), (None, 1, "not_tried"),
    ("K02, K01", ["K01", "K02"], "right"), (["K01"], ["K01", "K02"], "not_yet"), ({"a": 1}, {"A": 1.001}, "right"), ("чушь", {"a": 1}, "not_yet"), ("Тест", "тест", "right"),
])
def test_three_outcomes(answer, expected, status):
    assert check(answer, expected).status == status


def test_a_table_names_the_column_that_is_off_and_never_its_value():
    right = pd.DataFrame({"client": ["a", "b"], "class": ["A", "B"], "amount": [10.0, 5.0]})
    assert check(right.iloc[::-1], right).status == "right"
    wrong = right.assign(amount=[10.0, 7.0])
    outcome = check(wrong, right)
    assert (outcome.status, outcome.where) == ("not_yet", "amount") and "5" not in outcome.text
    assert check(right.drop(columns="class"), right).where == "class" and check("таблица", right).status == "not_yet"
