"""M3.2 abc: worked examples of METHODS, edge cases, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.errors import UsageProblem
from tests.base import base_of, frame, orders_of

TEN = [400, 200, 120, 80, 60, 50, 40, 30, 15, 5]


def measured(amounts, **kw):
    return base_of(orders_of(*((f"K{i:02d}", "2025-12-15", a) for i, a in enumerate(amounts))), parameters={"as_of": "2025-12-31"} | kw.pop("parameters", {}), **kw).measure("abc")


def letters(amounts, **kw):
    return "".join(measured(amounts, **kw).table["class"])


def test_m3_2_worked_example_the_client_on_the_border_is_b():
    assert letters(TEN) == "AAAABBBCCC"


def test_m3_2_crossing_and_strict_differ():
    assert letters([500, 350, 100, 50]) == "AABC"
    assert letters([500, 350, 100, 50], settings={"abc.rule": "strict"}) == "ABBC"


def test_m3_2_one_client_above_the_border_is_alone_in_a():
    assert letters([900, 50, 30, 20]) == "ABCC"


def test_m3_2_strict_a_may_be_empty_and_the_page_says_so():
    result = measured([900, 50, 30, 20, 10], settings={"abc.rule": "strict"})
    assert "A" not in set(result.table["class"]) and "никого" in result.blocks[0]["title"]


def test_m3_2_net_returns_and_no_sales_are_class_n_and_last():
    clients = frame(client_id=["K00", "K01", "K02", "silent"])
    result = base_of(orders_of(("K00", "2025-12-01", 100), ("K01", "2025-12-01", 20), ("K02", "2025-12-15", -5)), clients=clients, parameters={"as_of": "2025-12-31"}).measure("abc")
    assert result.table["class"].tolist() == ["A", "B", "N", "N"]
    assert result.tables["excluded"][["client_id", "class_reason"]].values.tolist() == [["K02", "net_return"], ["silent", "no_sales"]]
    last = result.table.iloc[-1]
    assert last[["amount", "share", "cum_share", "rank"]].isna().all()


def test_m3_2_equal_amounts_on_a_border_are_said():
    result = measured([40, 20, 20, 20])
    (tie,) = [f for f in result.findings if f.code == "abc.tie"]
    assert tie.values == {"n": 3}


def test_m3_2_equal_amounts_are_ordered_by_id_as_text():
    rows = orders_of(("9", "2025-12-15", 10), ("10", "2025-12-15", 10), ("2", "2025-12-15", 10))
    assert base_of(rows).measure("abc").table["client_id"].tolist() == ["10", "2", "9"]


def test_m3_2_few_clients_are_weak_and_without_conclusions():
    result = measured([5, 4, 3])
    assert result.status == "weak" and not [f for f in result.findings if f.code == "abc.core"]


def test_m3_2_by_margin_a_loss_is_class_n_and_a_finding():
    rows = [{"client_id": f"K{i}", "order_date": "2025-12-15", "amount": 100, "cost": c} for i, c in enumerate((10, 20, 30, 40, 50, 130))]
    result = base_of(rows, settings={"abc.measure": "margin"}, parameters={"as_of": "2025-12-31"}).measure("abc")
    assert result.table["class"].tolist()[-1] == "N" and result.tables["excluded"]["class_reason"].tolist() == ["loss"]
    assert [f.money for f in result.findings if f.code == "abc.loss"] == [30.0]


def test_m3_2_without_margins_the_margin_view_is_refused_not_guessed():
    result = measured(TEN, settings={"abc.measure": "margin"})
    assert result.status == "refused" and "маржа" in result.reason


def test_m3_2_by_orders_counts_orders():
    rows = orders_of(*(("a", f"2025-12-{d:02d}", 1) for d in range(1, 9)), ("b", "2025-12-01", 1000), ("b", "2025-12-30", 1))
    table = base_of(rows, settings={"abc.measure": "orders"}).measure("abc").table
    assert table[["client_id", "amount"]].values.tolist() == [["a", 8.0], ["b", 2.0]]


def test_m3_2_touches_by_class_stand_beside_the_money():
    touches = frame(client_id=["K00", "K09", "K09", "K09"], at=["2025-12-01"] * 4, direction=["out", "out", "out", "in"])
    by = base_of(orders_of(*((f"K{i:02d}", "2025-12-15", a) for i, a in enumerate(TEN))), touches=touches, parameters={"as_of": "2025-12-31"}).measure("abc").tables["by_class"]
    assert by.set_index("class")["touches_share"].round(3).to_dict()["A"] == 0.333


def test_m3_2_a_manager_sees_his_clients_with_the_classes_of_the_company():
    rows = orders_of(*((f"K{i:02d}", "2025-12-15", a, "M1" if i % 2 else "M2") for i, a in enumerate(TEN)))
    mine = base_of(rows, manager="M1", parameters={"as_of": "2025-12-31"}).measure("abc")
    assert dict(zip(mine.table["client_id"], mine.table["class"])) == {"K01": "A", "K03": "A", "K05": "B", "K07": "C", "K09": "C"}
    assert mine.tables["by_class"].set_index("class")["amount"]["A"] == 280


@pytest.mark.parametrize("name, value, said", [("abc.a", 1.5, "меньше 1"), ("abc.a", "много", "число"), ("abc.rule", "soft", "strict"), ("abc.aa", 1, "abc.a"), ("abd.a", 1, "abc")])
def test_m3_2_bad_settings_are_refused_in_words(name, value, said):
    with pytest.raises(UsageProblem, match=said):
        measured(TEN, settings={name: value})


def test_m3_2_figures_of_the_sentence_equal_the_table():
    result = measured(TEN)
    (core,) = [f for f in result.findings if f.code == "abc.core"]
    top = result.table[result.table["class"] == "A"]
    assert core.money == top["amount"].sum() and core.values["n"] == len(top) and f"{len(top)} клиента" in core.text


def test_m3_2_english_has_no_russian_letter():
    result = measured(TEN, lang="en")
    said = " ".join([f.text + f.detail + f.action + f.who + f.basis for f in result.findings] + [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks])
    assert not any("а" <= c.lower() <= "я" for c in said)


AMOUNTS = st.lists(st.integers(-10_000, 1_000_000), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, st.sampled_from(["crossing", "strict"]))
def test_m3_2_classes_partition_clients_and_shares_add_up(amounts, rule):
    result = measured(amounts, settings={"abc.rule": rule})
    table = result.table
    assert len(table) == len(amounts) and set(table["class"]) <= set("ABCN")
    positive = table[table["class"] != "N"]
    assert (positive["amount"] > 0).all() and not (table.loc[table["class"] == "N", "amount"] > 0).any()
    if len(positive):
        assert abs(positive["share"].sum() - 1) < 1e-9 and positive["rank"].tolist() == list(range(1, len(positive) + 1))
        assert "".join(positive["class"]) == "".join(sorted(positive["class"]))
        assert rule == "strict" or positive["class"].iloc[0] == "A"
    by = result.tables["by_class"]
    assert by["n_clients"].sum() == len(amounts) and abs(by["amount"].sum() - sum(amounts)) < 1e-6


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=30), st.integers(2, 1000))
def test_m3_2_scale_does_not_matter(amounts, factor):
    assert letters(amounts) == letters([a * factor for a in amounts])


@pytest.mark.parametrize("amounts", [[5], [5, 5], [-1], list(range(1, 13)), [0, 0]])
def test_m3_2_tiny_bases_do_not_crash(amounts):
    assert len(measured(amounts).table) == len(amounts)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-100, 10_000), min_size=1, max_size=30), st.sampled_from(["crossing", "strict"]))
def test_m3_2_classes_on_arrays_equal_classes_on_tables(amounts, rule):
    import numpy as np
    import pandas as pd

    from kbreport.facts import pareto

    ids = pd.Index([f"K{i:02d}" for i in range(len(amounts))])
    table = pareto.classes(pd.Series([a / 100 for a in amounts], index=ids, dtype="float64"), 0.8, 0.95, rule).reindex(ids).astype(object).fillna("")
    assert pareto.letters(np.array(amounts) * 100.0, np.arange(len(amounts)), 0.8, 0.95, rule).tolist() == table.tolist()
