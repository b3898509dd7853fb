"""What moved and why: the steps add up to the kopeck whatever the numbers; five names; sentences."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbreport.month.moved import STEPS, because, moved, who


def frame(rows):
    return pd.DataFrame(rows, columns=["client_id", "client_name", "amount_prev", "orders_prev", "amount", "orders"])


def test_the_worked_example():
    """A buys twice as often, B raises his check, C leaves, D comes: N 3→3, orders 3→4, money 600 → 1000."""
    found = moved(frame([("a", "A", 100.0, 1, 200.0, 2), ("b", "B", 200.0, 1, 500.0, 1), ("c", "C", 300.0, 1, 0.0, 0), ("d", "D", 0.0, 0, 300.0, 1)]))
    assert found.change == 400.0
    assert found.steps == {"clients": 0.0, "frequency": 200.0, "check": 300.0, "mix": -100.0, "rest": 0.0}
    assert list(found.top["client_name"]) == ["B", "D", "A"] and found.top_share == 1.0


def test_returns_only_and_sales_outside_the_frame_are_the_rest():
    found = moved(frame([("a", "A", 100.0, 1, 100.0, 1), ("r", "R", 0.0, 0, -30.0, 0)]), extra=(10.0, 5.0))
    assert found.steps["rest"] == -35.0 and sum(found.steps.values()) == found.change == -35.0


@pytest.mark.parametrize("rows, step", [([("a", "A", 100.0, 1, 0.0, 0)], -100.0), ([("a", "A", 0.0, 0, 70.0, 2)], 70.0)])
def test_a_period_without_buyers_is_all_clients(rows, step):
    assert moved(frame(rows)).steps == dict.fromkeys(STEPS, 0.0) | {"clients": step}


amounts = st.integers(-10**8, 10**8).map(lambda k: k / 100)


@given(st.lists(st.tuples(amounts, st.integers(0, 9), amounts, st.integers(0, 9)), min_size=1, max_size=12))
def test_steps_always_add_up_to_the_kopeck(rows):
    found = moved(frame([(f"k{i}", f"K{i}", a, n, b, m) for i, (a, n, b, m) in enumerate(rows)]))
    assert round(sum(found.steps.values()), 2) == pytest.approx(found.change, abs=1e-6)
    assert len(found.top) <= 5


def test_sentences_name_the_steps_and_the_clients():
    found = moved(frame([("a", "A", 100_000.0, 1, 200_000.0, 2), ("b", "B", 200_000.0, 1, 500_000.0, 1), ("c", "C", 300_000.0, 1, 0.0, 0), ("d", "D", 0.0, 0, 300_000.0, 1)]))
    assert because(found, "RUB").replace("\u00a0", " ") == "Почему: средний чек +300 тыс. ₽, частота +200 тыс. ₽, состав −100 тыс. ₽."
    assert who(found, "RUB").replace("\u00a0", " ").startswith("100 % всего прироста у клиентов — 3 клиента: «B» +300 тыс. ₽")
