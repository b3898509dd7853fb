"""Facts: orders by METHODS 1.4, exact money, the same frames from every engine."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from tests.base import base_of, frame, orders_of


def test_two_documents_of_one_day_are_one_order_and_of_two_clients_two():
    facts = base_of(orders_of(("a", "2025-12-01", 10), ("a", "2025-12-01", 5), ("b", "2025-12-01", 7), ("a", "2025-12-30", 1))).facts
    assert facts.orders[["client_id", "amount"]].values.tolist() == [["a", 15.0], ["a", 1.0], ["b", 7.0]]


def test_documents_are_orders_when_asked():
    facts = base_of(orders_of(("a", "2025-12-01", 10), ("a", "2025-12-30", 5), ("a", "2025-12-30", 1)), parameters={"order_unit": "document"}).facts
    assert len(facts.orders) == 3


def test_a_day_that_sums_to_nothing_is_no_order_but_stays_in_net_sales():
    run = base_of(orders_of(("a", "2025-12-01", 10), ("a", "2025-12-02", 5), ("a", "2025-12-02", -5), ("a", "2025-12-30", -3)))
    assert len(run.facts.orders) == 1
    assert run.facts.net_sales(run.period)["a"] == 7.0


def test_a_linked_return_lowers_the_order_it_reverses_and_stays_on_its_day_in_net_sales():
    rows = [{"order_id": "1", "client_id": "a", "order_date": "2025-11-10", "amount": 100}, {"order_id": "2", "client_id": "a", "order_date": "2025-12-20", "amount": 40},
            {"order_id": "3", "client_id": "a", "order_date": "2025-12-20", "amount": -30, "linked_order_id": "1"}, {"order_id": "4", "client_id": "a", "order_date": "2025-12-30", "amount": 1}]
    run = base_of(rows)
    assert run.facts.orders["amount"].tolist() == [70.0, 40.0, 1.0]
    december = run.facts.order_days[run.facts.order_days["date"] >= "2025-12-01"]
    assert december["amount"].sum() == 11.0


def test_a_fully_reversed_order_is_none():
    rows = [{"order_id": "1", "client_id": "a", "order_date": "2025-11-10", "amount": 100}, {"order_id": "2", "client_id": "a", "order_date": "2025-12-20", "amount": -100, "linked_order_id": "1"},
            {"order_id": "3", "client_id": "a", "order_date": "2025-12-30", "amount": 1}]
    assert base_of(rows).facts.orders["amount"].tolist() == [1.0]


def test_a_link_to_an_unknown_order_is_an_ordinary_return():
    rows = [{"order_id": "1", "client_id": "a", "order_date": "2025-12-20", "amount": 100}, {"order_id": "2", "client_id": "a", "order_date": "2025-12-20", "amount": -30, "linked_order_id": "zzz"}]
    assert base_of(rows).facts.orders["amount"].tolist() == [70.0]


LINKED = [("1", "a", "2025-11-10", 100, None), ("2", "a", "2025-12-20", -30, "1")]


def linked(*rows, **parameters):
    return base_of([dict(zip(("order_id", "client_id", "order_date", "amount", "linked_order_id"), row)) for row in rows], parameters=parameters)


def test_m1_21_a_return_after_as_of_does_not_change_an_order_before_it():
    early, late = (linked(*LINKED, ("3", "b", "2025-12-31", 1, None), as_of=day) for day in ("2025-11-30", "2025-12-31"))
    assert early.facts.orders["amount"].tolist() == [100.0] and late.facts.orders["amount"].tolist() == [70.0, 1.0]
    assert early.facts.file_days["amount"].sum() == late.facts.file_days["amount"].sum() == 71.0


@pytest.mark.parametrize("turn", [1, -1])
def test_m1_4_a_return_reverses_the_latest_earlier_order_of_its_own_client(turn):
    rows = [("7", "b", "2025-11-05", 500, None), ("7", "a", "2024-11-10", 100, None), ("7", "a", "2025-11-10", 200, None), ("7", "a", "2025-12-25", 300, None), ("8", "a", "2025-12-20", -50, "7")]
    orders = linked(*rows[::turn], as_of="2025-12-31").facts.orders
    assert orders[["client_id", "amount"]].values.tolist() == [["a", 100.0], ["a", 150.0], ["a", 300.0], ["b", 500.0]]


def test_m1_4_a_link_to_an_order_of_another_client_or_a_later_one_is_an_ordinary_return():
    rows = [("7", "b", "2025-11-05", 500, None), ("8", "a", "2025-12-20", -50, "7"), ("9", "a", "2025-12-20", 80, None), ("10", "b", "2025-11-01", -5, "7"), ("11", "b", "2025-11-01", 9, None)]
    assert linked(*rows, as_of="2025-12-31").facts.orders["amount"].tolist() == [30.0, 4.0, 500.0]


def test_m1_4_a_return_of_one_member_reverses_the_order_of_another_of_the_same_group():
    rows = [dict(zip(("order_id", "client_id", "order_date", "amount", "linked_order_id"), r)) for r in (("1", "a", "2025-12-01", 100, None), ("2", "b", "2025-12-30", -40, "1"))]
    facts = base_of(rows, clients=frame(client_id=["a", "b"], group_id=["G", "G"]), parameters={"as_of": "2025-12-31"}).facts
    assert facts.orders[["client_id", "amount"]].values.tolist() == [["G", 60.0]]


def test_a_group_is_one_client_and_takes_the_name_of_its_largest_member():
    clients = frame(client_id=["a", "b", "c"], client_name=["Малый", "Большой", "Чужой"], group_id=["G", "G", None])
    run = base_of(orders_of(("a", "2025-12-01", 1), ("b", "2025-12-30", 9), ("c", "2025-12-30", 2)), clients=clients)
    assert run.card()[["client_id", "client_name"]].values.tolist() == [["G", "Большой"], ["c", "Чужой"]]
    alone = base_of(orders_of(("a", "2025-12-01", 1), ("b", "2025-12-30", 9)), clients=clients, parameters={"client_grain": "client"})
    assert set(alone.facts.orders["client_id"]) == {"a", "b"}


def test_m1_5_the_manager_of_a_group_is_that_of_its_largest_member_in_the_period():
    """a was the large one once; in 2025 it is b, and what comes after as_of decides nothing."""
    clients = frame(client_id=["a", "b", "c"], manager_id=["M1", "M2", "M3"], group_id=["G", "G", "G"])
    rows = orders_of(("a", "2023-06-01", 900), ("a", "2025-06-01", 10), ("b", "2025-06-02", 20), ("c", "2026-01-10", 5000))
    now = base_of(rows, clients=clients, parameters={"as_of": "2025-12-31"})
    then = base_of(rows, clients=clients, parameters={"as_of": "2025-12-31", "period": "2023"})
    assert [run.card()["manager_id"].tolist() for run in (now, then)] == [["M2"], ["M1"]]


def test_m1_5_the_firm_that_gives_the_group_its_id_is_a_member():
    clients = frame(client_id=["a", "b"], client_name=["Голова", "Дочь"], manager_id=["M1", "M2"], group_id=[None, "a"])
    base = base_of(orders_of(("a", "2025-12-01", 1), ("b", "2025-12-30", 9)), clients=clients)
    assert base.card().values.tolist() == [["a", "Дочь", "M2"]]


def test_m1_14_the_history_of_managers_holds_for_the_largest_member_of_a_group():
    history = frame(client_id=["a", "b", "b"], manager_id=["M1", "M2", "M3"], valid_from=["2020-01-01", "2020-01-01", "2025-07-01"], valid_to=[None, "2025-06-30", None])
    clients = frame(client_id=["a", "b"], manager_id=["M8", "M9"], group_id=["G", "G"])
    run = base_of(orders_of(("a", "2025-12-01", 1), ("b", "2025-12-30", 9)), clients=clients, client_manager_history=history)
    assert [run.facts.manager_at(t)["G"] for t in (date(2025, 6, 30), date(2025, 12, 31))] == ["M2", "M3"]
    mine = base_of(orders_of(("a", "2025-12-01", 1), ("b", "2025-12-30", 9), ("z", "2025-12-30", 9)), clients=clients, client_manager_history=history, manager="M3")
    assert mine.facts.manager_at(date(2025, 6, 30)).to_dict() == {"G": "M2"}


def test_lines_alone_make_orders_and_categories():
    lines = [{"order_id": "1", "order_date": "2025-12-30", "client_id": "a", "category": c, "amount": m, "cost": 1, "qty": 2} for c, m in (("x", 10), ("x", 5), ("y", 1))]
    facts = base_of(lines=lines).facts
    assert facts.orders[["amount", "n_lines"]].values.tolist() == [[16.0, 3.0]]
    assert facts.category_months[["category", "amount", "margin", "qty"]].values.tolist() == [["x", 15.0, 13.0, 4.0], ["y", 1.0, 0.0, 2.0]]


def test_a_margin_is_known_only_where_every_row_has_one():
    run = base_of([{"client_id": "a", "order_date": "2025-12-30", "amount": 10, "cost": 4}, {"client_id": "b", "order_date": "2025-12-30", "amount": 10, "cost": None}])
    margin = run.facts.net_sales(run.period, "margin")
    assert margin["a"] == 6.0 and pd.isna(margin["b"]) and not run.facts.has_margin


def test_managers_by_history_then_card_then_last_order():
    history = frame(client_id=["a", "a"], manager_id=["M1", "M2"], valid_from=["2020-01-01", "2025-07-01"], valid_to=["2025-06-30", None])
    clients = frame(client_id=["a", "b", "c"], manager_id=["M9", "M3", None])
    run = base_of(orders_of(("a", "2025-01-10", 1, "M8"), ("b", "2025-12-01", 1, "M8"), ("c", "2025-12-30", 1, "M7")), client_manager_history=history, clients=clients)
    assert run.facts.manager_at(run.facts.as_of.date).to_dict() == {"a": "M2", "b": "M3", "c": "M7"}
    assert run.facts.manager_at(date(2025, 6, 30))["a"] == "M1"


ROWS = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 28), st.integers(-500_00, 5000_00)), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_engines_agree_and_money_in_is_money_out(rows):
    orders = [{"order_id": f"o{i}", "client_id": c, "order_date": f"2025-12-{d:02d}", "amount": f"{a / 100:.2f}", "manager_id": "M1" if d % 2 else None} for i, (c, d, a) in enumerate(rows)]
    import os

    frames = {}
    for engine in ("pandas", "duckdb"):
        os.environ["KB_ENGINE"] = engine
        try:
            frames[engine] = base_of(orders, parameters={"as_of": "2025-12-31"}).facts.order_days
        finally:
            del os.environ["KB_ENGINE"]
    assert_frame_equal(frames["pandas"], frames["duckdb"], check_dtype=False)
    assert round(frames["pandas"]["amount"].sum(), 2) == round(sum(a for _, _, a in rows) / 100, 2)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    make = lambda some: base_of([{"order_id": f"{c}{d}{a}", "client_id": c, "order_date": f"2025-12-{d:02d}", "amount": f"{a / 100:.2f}"} for c, d, a in some], parameters={"as_of": "2025-12-31"}).facts
    assert_frame_equal(make(rows).order_days, make(shuffled).order_days)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_linked_return_lowers_its_order_in_every_engine_and_sums_are_numbers(engine, monkeypatch):
    monkeypatch.setenv("KB_ENGINE", engine)
    orders = [{"order_id": "1", "client_id": "A", "order_date": "2025-01-10", "amount": "100.10"}, {"order_id": "2", "client_id": "A", "order_date": "2025-02-10", "amount": "-40.05", "linked_order_id": "1"},
              {"order_id": "3", "client_id": "B", "order_date": "2025-12-10", "amount": "7"}]
    days = base_of(orders, parameters={"as_of": "2025-12-31"}).facts.order_days
    assert days["amount"].tolist() == [100.10, -40.05, 7.0] and days["order_amount"].round(2).tolist() == [60.05, 0.0, 7.0]
    assert not [c for c in days if days[c].dtype == object]
