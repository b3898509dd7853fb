"""M3.3a abc_migration_qty: worked examples of METHODS, both bases, edge cases, and what must always hold."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.errors import UsageProblem
from kbreport.facts.period import Period
from tests.base import base_of, orders_of
from tests.ch3.said import is_english, words_of

YEARS = {"as_of": "2025-12-31"}


def years(before: dict, now: dict, *, history: str = "2020-01-15", managers: dict | None = None, **kw):
    """Sales of 2024 and 2025 by client; one more client makes the history long."""
    managers = managers or {}
    rows = [("old", history, 1)] + [(c, "2024-06-15", a, managers.get(c)) for c, a in before.items()] + [(c, "2025-06-15", a, managers.get(c)) for c, a in now.items()]
    return base_of(orders_of(*rows), parameters=YEARS | kw.pop("parameters", {}), **kw)


def counts(result, base: str = "floating") -> dict:
    part = result.table[result.table["base"] == base]
    return dict(zip(part["class"], zip(part["n_prev"].tolist(), part["n_cur"].tolist())))


FOUR = ({"a": 100, "b": 60, "c": 30, "d": 10}, {"a": 600, "b": 66, "c": 30, "d": 10})


def test_m3_3a_mini_base_the_counts_stand_still(training):
    result = training.measure("abc_migration_qty")
    assert counts(result) == {"A": (4, 4), "B": (3, 3), "C": (3, 3), "N": (2, 2)}
    moved = result.tables["matrix"].query("base == 'floating' and n_clients > 0")
    assert list(zip(moved["from_class"] + moved["to_class"], moved["n_clients"].tolist())) == [("AA", 4), ("BB", 2), ("BN", 1), ("CC", 2), ("CN", 1), ("NB", 1), ("NC", 1)]
    assert result.blocks[0]["title"] == "Число клиентов в классах не изменилось: A 4, B 3, C 3"


def test_m3_3a_worked_example_a_client_who_grew_falls_by_floating_cuts_and_stays_by_fixed_ones():
    result = years(*FOUR).measure("abc_migration_qty")
    assert counts(result) == {"A": (2, 1), "B": (1, 2), "C": (1, 1), "N": (0, 0)}
    assert counts(result, "fixed") == {"A": (2, 2), "B": (1, 1), "C": (1, 1), "N": (0, 0)}


def test_m3_3a_price_index_lifts_the_fixed_cuts():
    result = years(*FOUR, settings={"abc_migration_qty.price_index": 1.2}).measure("abc_migration_qty")
    assert counts(result, "fixed") == {"A": (2, 1), "B": (1, 1), "C": (1, 2), "N": (0, 0)}
    assert counts(result) == {"A": (2, 1), "B": (1, 2), "C": (1, 1), "N": (0, 0)}
    assert "1,20" in words_of(result)


def test_m3_3a_an_empty_class_takes_the_cut_of_the_class_above():
    result = years({"a": 900, "b": 100}, {"a": 950, "b": 899}, settings={"abc.a": 0.85, "abc.b": 0.85}).measure("abc_migration_qty")
    assert counts(result, "fixed") == {"A": (1, 1), "B": (0, 0), "C": (1, 1), "N": (0, 0)}


def test_m3_3a_strict_rule_of_abc_is_used():
    result = years({"a": 500, "b": 350, "c": 100, "d": 50}, {"a": 500, "b": 350, "c": 100, "d": 50}, settings={"abc.rule": "strict"}).measure("abc_migration_qty")
    assert counts(result) == {"A": (1, 1), "B": (2, 2), "C": (1, 1), "N": (0, 0)}


def test_m3_3a_returns_only_is_class_n_with_its_money():
    matrix = years({"a": 100, "b": 50}, {"a": 100, "b": -5}).measure("abc_migration_qty").tables["matrix"].query("base == 'floating' and n_clients > 0")
    assert matrix[["from_class", "to_class", "amount_prev", "amount_cur"]].values.tolist() == [["A", "A", 100, 100], ["A", "N", 50, -5]]


def test_m3_3a_a_short_history_is_insufficient_and_says_why():
    base = base_of(orders_of(*((f"K{i}", "2024-07-10", 100) for i in range(9)), *((f"K{i}", "2025-07-10", 100) for i in range(9))), parameters=YEARS)
    result = base.measure("abc_migration_qty")
    assert result.status == "insufficient" and "история начинается 01.07.2024" in result.reason
    assert len(result.table) and not result.findings and result.blocks[0]["title"] == "Сравнить периоды пока не с чем"


def test_m3_3a_nothing_is_said_of_a_period_before_the_history():
    result = base_of(orders_of(*((f"K{i}", f"2025-{m:02d}-10", 100) for i in range(5) for m in range(1, 13))), parameters=YEARS).measure("abc_migration_qty")
    assert result.status == "insufficient" and result.table.empty and list(result.table.columns) == ["base", "class", "n_prev", "n_cur", "delta", "delta_share"]
    assert result.blocks


def test_m3_3a_periods_of_different_length_are_refused():
    base = years(*FOUR)
    base.__dict__["previous"] = Period(date(2024, 1, 1), date(2024, 7, 1), 6, "2024-H1")
    result = base.measure("abc_migration_qty")
    assert result.status == "refused" and "разной длины" in result.reason and "целый месяц" in result.reason


def test_m3_3a_margin_without_margins_is_refused():
    result = years(*FOUR, parameters={"measure": "margin"}).measure("abc_migration_qty")
    assert result.status == "refused" and "маржа" in result.reason


def test_m3_3a_a_manager_sees_his_clients_with_the_classes_of_the_company():
    who = {"a": "M1", "b": "M2", "c": "M1", "d": "M2"}
    mine = years(*FOUR, managers=who, manager="M2").measure("abc_migration_qty")
    assert counts(mine) == {"A": (1, 0), "B": (0, 1), "C": (1, 1), "N": (0, 0)}
    assert mine.tables["matrix"].query("base == 'floating'")["amount_prev"].sum() == 70
    assert "этого менеджера" in words_of(mine)


def test_m3_3a_figures_of_the_sentence_equal_the_table():
    result = years(*FOUR).measure("abc_migration_qty")
    (finding,) = result.findings
    assert finding.text == "Клиентов в классах: A 2 → 1; B 1 → 2; C 1 → 1" and finding.gap == -1
    assert finding.values == {c: list(counts(result)[c]) for c in "ABC"}
    assert result.blocks[0]["title"] == "В классе A на 1 клиента меньше: 1 вместо 2, всего с продажами столько же: 4"


def test_m3_3a_english_has_no_russian_letter():
    assert is_english(words_of(years(*FOUR, lang="en", settings={"abc_migration_qty.price_index": 1.1}).measure("abc_migration_qty")))
    short = base_of(orders_of(("a", "2025-01-10", 5), ("a", "2025-12-10", 5)), parameters=YEARS, lang="en").measure("abc_migration_qty")
    assert is_english(words_of(short))


@pytest.mark.parametrize("value", [0, -1, "дорого"])
def test_m3_3a_a_bad_price_index_is_refused_in_words(value):
    with pytest.raises(UsageProblem, match="price_index"):
        years(*FOUR, settings={"abc_migration_qty.price_index": value})


SALES = st.dictionaries(st.integers(0, 25).map(lambda i: f"K{i:02d}"), st.integers(-1000, 100_000).filter(bool), max_size=20)


@settings(max_examples=15, deadline=None)
@given(SALES, SALES, st.sampled_from(["crossing", "strict"]))
def test_m3_3a_rows_and_columns_of_the_matrix_add_up_to_the_counts(before, now, rule):
    result = years(before, now, settings={"abc.rule": rule}).measure("abc_migration_qty")
    classed = {c for c, a in before.items() if a > 0} | {c for c, a in now.items() if a > 0}
    for base in ("floating", "fixed") if classed else ():
        matrix, table = result.tables["matrix"].query("base == @base"), result.table.query("base == @base").set_index("class")
        assert matrix.groupby("from_class")["n_clients"].sum().to_dict() == table["n_prev"].to_dict()
        assert matrix.groupby("to_class")["n_clients"].sum().to_dict() == table["n_cur"].to_dict()
        assert matrix["n_clients"].sum() == len(classed) and table["delta"].sum() == 0
        assert abs(matrix["amount_prev"].sum() - sum(before.get(c, 0) for c in classed)) < 1e-6
        assert abs(matrix["amount_cur"].sum() - sum(now.get(c, 0) for c in classed)) < 1e-6


@settings(max_examples=8, deadline=None)
@given(SALES, SALES, st.integers(2, 50))
def test_m3_3a_scale_and_order_of_rows_do_not_matter(before, now, factor):
    once = years(before, now).measure("abc_migration_qty").table
    more = years({c: a * factor for c, a in reversed(before.items())}, {c: a * factor for c, a in reversed(now.items())}).measure("abc_migration_qty").table
    assert once.equals(more)


@pytest.mark.parametrize("before, now", [({}, {}), ({"a": 5}, {}), ({}, {"a": 5}), ({"a": 5}, {"a": -5}), ({"a": 5, "b": 1}, {"a": 1, "b": 5}), ({f"K{i}": i for i in range(1, 13)}, {f"K{i}": 13 - i for i in range(1, 13)})])
def test_m3_3a_tiny_bases_do_not_crash(before, now):
    for lang in ("ru", "en"):
        result = years(before, now, lang=lang).measure("abc_migration_qty")
        assert result.blocks and result.status == "ok"
