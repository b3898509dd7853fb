"""M1.2 role_mix: the mini base, borders, newness that cannot be told, touches, mismatch."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base import base_of, frame, orders_of

PARAMETERS = {"as_of": "2024-12-31"}


def sold(old: int, new: int, manager="M1", amount=10):
    """Clients of one manager: `old` bought in both years, `new` in the last one only; an old anchor of another manager."""
    rows = [("anchor", d, 1, "M9") for d in ("2022-01-10", "2023-06-10", "2024-06-10")]
    rows += [(f"o{i}", f"{y}-06-10", amount, manager) for i in range(old) for y in (2023, 2024)]
    return orders_of(*rows, *((f"n{i}", "2024-06-10", amount, manager) for i in range(new)))


def measured(rows, **kw):
    return base_of(rows, parameters=PARAMETERS, **kw).measure("role_mix")


def of(result, manager="M1"):
    return result.table.set_index("manager_id").loc[manager]


def test_m1_2_mini_base(training):
    table = training.measure("role_mix").table.set_index("manager_id")
    assert table["amount"].tolist() == [5_790_000, 1_536_000] and table["new_amount"].tolist() == [240_000, 36_000]
    assert (table["new_share"] * 100).round(1).tolist() == [4.1, 2.3] and table["role_found"].tolist() == ["farmer", "farmer"] and not table["is_mismatch"].any()


@pytest.mark.parametrize("old, new, role", [(4, 6, "hunter"), (5, 5, "mixed"), (8, 2, "farmer"), (79, 21, "mixed")])
def test_m1_2_borders_belong_to_the_role(old, new, role):
    assert of(measured(sold(old, new)))["role_found"] == role


def test_m1_2_declared_hunter_who_farms_is_a_mismatch_and_is_said():
    staff = frame(manager_id=["M1", "M9"], name=["Иванов", "Петров"], role=["AM", "ROP"])
    result = measured(sold(9, 1), managers=staff)
    (found,) = result.findings
    row = of(result)
    assert row["is_mismatch"] and not of(result, "M9")["is_mismatch"] and "90" in found.text and "Иванов числится АМ" in found.text
    assert found.fact == pytest.approx(row["new_share"]) and "Иванов" in result.blocks[0]["title"]


def test_m1_2_declared_farmer_who_hunts_is_a_mismatch_mixed_is_not():
    staff = frame(manager_id=["M1"], name=["Иванов"], role=["KM"])
    assert "новым клиентам" in measured(sold(1, 9), managers=staff).findings[0].text
    assert not measured(sold(5, 5), managers=staff).findings


def test_m1_2_few_clients_are_counts_only():
    row = of(measured(sold(2, 2)))
    assert (row["n_new"], row["n_repeat"], row["status"]) == (2, 2, "weak") and row["role_found"] is None or pd.isna(row["role_found"])


def test_m1_2_a_short_history_cannot_tell_who_is_new():
    result = measured(orders_of(*((f"a{i}", "2024-06-10", 1, "M1") for i in range(6))))
    row = of(result)
    assert result.status == "insufficient" and pd.isna(row["new_share"]) and pd.isna(row["n_new"]) and row["amount"] == 6 and not result.findings and result.blocks


def test_m1_2_a_client_who_came_back_is_returned_not_new():
    rows = [*sold(5, 0), *orders_of(("back", "2021-06-10", 5, "M1"), ("back", "2024-06-10", 5, "M1"))]
    assert of(measured(rows))[["n_new", "n_repeat", "n_returned"]].tolist() == [0, 5, 1]


def test_m1_2_a_return_is_no_negative_sale():
    rows = [*sold(5, 0), *orders_of(("o0", "2024-07-10", -100, "M1"))]
    assert of(measured(rows))["amount"] == 40


def test_m1_2_outgoing_touches_to_new_and_to_non_clients():
    touches = frame(client_id=["n0", "o0", "stranger", "o0"], manager_id=["M1"] * 4, at=["2024-05-10"] * 4, direction=["out", None, "out", "in"])
    row = of(measured(sold(5, 1), touches=touches))
    assert row["touches_out"] == 3 and row["touches_new_share"] == pytest.approx(2 / 3)
    assert pd.isna(of(measured(sold(5, 1)))["touches_out"])


def test_m1_2_without_managers_it_is_refused_and_a_manager_sees_himself_only():
    assert base_of(orders_of(("a", "2024-06-10", 1))).measure("role_mix").status == "refused"
    assert measured(sold(5, 1), manager="M1").table["manager_id"].tolist() == ["M1"]


def test_m1_2_english_has_no_russian_letter():
    staff = frame(manager_id=["M1", "M9"], name=["Smith", "Brown"], role=["AM", "ROP"])
    short = orders_of(*((f"a{i}", "2024-06-10", 1, "M1") for i in range(6)))
    for result in (measured(sold(9, 1), managers=staff, lang="en"), measured(sold(5, 5), lang="en"), measured(sold(9, 0), lang="en"), measured(short, lang="en"), measured(sold(1, 9), managers=staff.assign(role="KM"), lang="en")):
        said = " ".join([result.reason] + [f.text + f.detail + f.action + f.who for f in result.findings] + [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks])
        assert not any("а" <= c.lower() <= "я" for c in said)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 12), st.integers(0, 12).filter(bool))
def test_m1_2_the_share_lies_between_zero_and_one_and_counts_add_up(old, new):
    row = of(measured(sold(old, new)))
    assert row["new_share"] == pytest.approx(new / (old + new)) and row["n_new"] + row["n_repeat"] + row["n_returned"] == old + new
