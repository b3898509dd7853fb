"""M3.6 avg_check: worked examples of METHODS, scopes, returns, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base import base_of, frame, orders_of
from tests.ch3.said import figure_of, is_english, words_of

P25 = {"as_of": "2025-12-31", "period": "2025"}


def order(n, client, date, amount, **more):
    return {"order_id": str(n), "client_id": client, "order_date": date, "amount": amount} | more


def measured(rows, **kw):
    return base_of(rows, parameters=P25 | kw.pop("parameters", {}), **kw).measure("avg_check")


def row(result, scope="company", key=None):
    part = result.table[result.table["scope"] == scope]
    return (part if key is None else part[part["key"] == key]).iloc[0]


THREE = [order(1, "a", "2025-03-01", 100), order(2, "a", "2025-04-01", 200), order(3, "b", "2025-05-01", 300)]


def test_m3_6_worked_example_a_linked_return_lowers_sum_and_median():
    result = measured([*THREE, order(4, "b", "2025-06-01", -50, linked_order_id="3")])
    assert round(row(result)["avg_check"], 2) == 183.33 and row(result)["median_check"] == 200 and row(result)["orders"] == 3


def test_m3_6_mini_base(training):
    result = training.measure("avg_check")
    first = row(result)
    assert (round(first["avg_check"]), round(first["check_all_returns"]), first["orders"], first["amount"]) == (67_211, 67_101, 109, 7_326_000)
    assert result.table.query("scope == 'class'")["amount"].sum() == 7_326_000 == result.table.query("scope == 'manager_id'")["amount"].sum()
    assert figure_of(result.findings[0].text) == "Средний чек 67 211 ₽, медиана 52 000 ₽"


def test_m3_6_clients_with_returns_only_are_out_of_the_check_but_in_the_second_one():
    first = row(measured([*THREE, order(5, "c", "2025-06-01", -60)]))
    assert first["avg_check"] == 200 and first["check_all_returns"] == 180


def test_m3_6_a_return_of_an_earlier_order_stays_in_its_period_and_is_said():
    rows = [order(0, "a", "2024-05-01", 500), *THREE, order(6, "a", "2025-06-01", -90, linked_order_id="0")]
    result = measured(rows)
    assert row(result)["moved_returns_amount"] == -90 and row(result)["amount"] == 510 and row(result)["median_check"] == 200
    assert "стоят в периоде возврата: -90" in figure_of(words_of(result))


def test_m3_6_a_return_inside_the_period_is_not_moved():
    assert row(measured([*THREE, order(4, "b", "2025-06-01", -50, linked_order_id="3")]))["moved_returns_amount"] == 0


def test_m3_6_scopes_class_manager_and_channel():
    rows = [order(1, "a", "2025-03-01", 100, manager_id="M1", channel="опт"), order(2, "a", "2025-03-02", 300, manager_id="M2"), order(3, "b", "2025-03-01", 50, manager_id="M1")]
    result = measured(rows, clients=frame(client_id=["a", "b"], client_name=["А", "Б"], channel=["розница", "розница"]))
    assert row(result, "manager_id", "M1")[["orders", "avg_check"]].tolist() == [2, 75] and row(result, "manager_id", "M2")["avg_check"] == 300
    assert row(result, "channel", "опт")["amount"] == 100 and row(result, "channel", "розница")["amount"] == 350
    assert row(result, "class", "A")["orders"] == 2


def test_m3_6_without_managers_and_channels_there_are_no_such_rows():
    assert set(measured(THREE).table["scope"]) == {"company", "class"}


def test_m3_6_orders_without_a_manager_keep_the_sum_whole():
    result = measured([order(1, "a", "2025-03-01", 100, manager_id="M1"), order(2, "b", "2025-03-01", 40)])
    part = result.table.query("scope == 'manager_id'")
    assert part["amount"].sum() == 140 and part["key"].isna().sum() == 1 and "не указан" in words_of(result)


def test_m3_6_lines_times_line_is_the_check():
    lines = [order(1, "a", "2025-03-01", 100), order(1, "a", "2025-03-01", 60), order(2, "b", "2025-04-01", 80)]
    first = row(base_of(lines=lines, parameters=P25).measure("avg_check"))
    assert (first["lines_per_order"], first["avg_line_amount"]) == (1.5, 80) and first["lines_per_order"] * first["avg_line_amount"] == first["avg_check"]


@pytest.mark.parametrize("amount", [100, 0.07])
def test_m3_6_an_order_of_exactly_a_fifth_of_the_sales_is_not_large(amount):
    same = [(c, "2025-06-10", amount) for c in "abcde"]
    assert base_of(orders_of(*same), parameters={"as_of": "2025-12-31"}).measure("avg_check").tables["large_orders"].empty
    more = [("a", "2025-06-11", round(amount * 1.01, 4)), *same[1:]]
    assert base_of(orders_of(*more), parameters={"as_of": "2025-12-31"}).measure("avg_check").tables["large_orders"]["client_id"].tolist() == ["a"]


def test_m3_6_a_large_order_is_shown_with_the_check_without_it():
    rows = [order(i, f"K{i}", "2025-03-01", 100) for i in range(9)] + [order(99, "big", "2025-07-01", 900)]
    result = measured(rows)
    large = result.tables["large_orders"]
    assert large[["client_id", "amount", "share", "check_without"]].values.tolist() == [["big", 900, 0.5, 100]]
    found = {f.code: f for f in result.findings}
    assert found["avg_check.large"].money == 900 and "Без него чек 100" in figure_of(found["avg_check.large"].detail)
    assert found["avg_check.level"].detail == "Разрыв 80,00 — чек держится на 1 крупном заказе."
    assert figure_of(result.blocks[0]["title"]) == "Средний чек 180 держится на крупных заказах: без самого крупного он 100"


def test_m3_6_the_interval_leaves_out_clients_not_orders():
    """Delete-one-client by hand: eight clients, one order each."""
    import numpy as np

    amounts = np.array([10, 20, 30, 40, 50, 60, 70, 80.0])
    first = row(measured([order(i, f"K{i}", "2025-03-01", a) for i, a in enumerate(amounts)]))
    without = (amounts.sum() - amounts) / 7
    half = 2.364624 * np.sqrt(7 / 8 * ((without - without.mean()) ** 2).sum())
    assert abs(first["ci_low"] - (45 - half)) < 0.01 and abs(first["ci_high"] - (45 + half)) < 0.01
    assert row(measured([order(i, f"K{i}", "2025-03-01", 10) for i in range(7)]))[["ci_low", "ci_high"]].isna().all()


def test_m3_6_few_orders_are_weak_and_none_is_insufficient():
    assert row(measured(THREE))["status"] == "weak"
    none = measured([order(1, "a", "2025-03-01", -10)])
    assert none.status == "insufficient" and row(none)["avg_check"] is not None and row(none)[["avg_check", "median_check"]].isna().all()
    assert none.blocks and not none.findings


def test_m3_6_for_projects_it_is_called_a_deal():
    assert measured(THREE, parameters={"sale_type": "S"}).findings[0].text.startswith("Средняя сделка")


def test_m3_6_a_manager_sees_his_own_row_and_his_clients_large_orders():
    rows = [order(1, "a", "2025-03-01", 100, manager_id="M1"), order(2, "b", "2025-03-02", 300, manager_id="M2")]
    mine = measured(rows, manager="M1")
    assert mine.table[["scope", "key", "amount"]].values.tolist() == [["manager_id", "M1", 100]] and mine.tables["large_orders"]["client_id"].tolist() == ["a"]
    assert mine.blocks


def test_m3_6_english_has_no_russian_letter():
    rows = [order(i, f"K{i}", "2025-03-01", 100 + i, manager_id="M1" if i % 2 else None) for i in range(12)] + [order(99, "big", "2025-07-01", 900), order(7, "r", "2025-08-01", -3)]
    assert is_english(words_of(measured(rows, lang="en")))
    assert is_english(words_of(measured(THREE, lang="en"))) and is_english(words_of(measured([order(1, "a", "2025-03-01", -10)], lang="en")))


AMOUNTS = st.lists(st.tuples(st.sampled_from("abcdefghij"), st.integers(1, 28), st.integers(-500, 5000).filter(bool)), min_size=1, max_size=40)


@settings(max_examples=20, deadline=None)
@given(AMOUNTS)
def test_m3_6_scopes_add_up_to_the_company_and_order_of_rows_does_not_matter(found):
    rows = [order(i, c, f"2025-{1 + i % 12:02d}-{d:02d}", a, manager_id="M1") for i, (c, d, a) in enumerate(found)]
    result = measured(rows)
    first, classes = row(result), result.table.query("scope == 'class'")
    assert classes["orders"].sum() == first["orders"] and abs(classes["amount"].sum() - first["amount"]) < 1e-6
    assert row(result, "manager_id")["amount"] == first["amount"]
    assert result.table.equals(measured(list(reversed(rows))).table)


@pytest.mark.parametrize("rows", [[order(1, "a", "2025-12-05", 5)], [order(1, "a", "2025-12-05", -5)], [order(i, f"K{i}", "2025-12-05", i + 1) for i in range(12)]])
def test_m3_6_tiny_bases_do_not_crash(rows):
    assert measured(rows).blocks
