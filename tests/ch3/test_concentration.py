"""M3.17 concentration: mini base of METHODS, edges, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.errors import UsageProblem
from tests.base import base_of, orders_of
from tests.ch3.said import figure_of, is_english, words_of


def measured(amounts, **kw):
    rows = orders_of(*((f"K{i:02d}", "2025-12-15", a, f"M{i % 2}") for i, a in enumerate(amounts)))
    return base_of(rows, parameters={"as_of": "2025-12-31"} | kw.pop("parameters", {}), **kw).measure("concentration")


def test_m3_17_mini_base(training):
    result = training.measure("concentration")
    total = result.tables["total"].iloc[0]
    assert result.table["amount_share"].round(3).tolist() == [0.377, 0.745, 0.901, 1.0]
    assert (round(total["hhi"], 3), round(total["equal_clients"], 1), round(total["months_of_margin"], 1)) == (0.226, 4.4, 4.5)
    assert (total["n_for_50"], total["n_for_80"], total["dependence"], total["top1_client_id"]) == (2, 4, "high", "K01")


def test_m3_17_mini_base_says_what_his_leaving_is_worth(training):
    (f,) = training.measure("concentration").findings
    assert figure_of(f.text) == "«Металлург-Сервис» — 37,7 % выручки" and f.detail == "Его уход равен 4,5 мес. выручки компании."
    assert f.level == "watch" and f.money == 2_760_000 and f.clients == (("K01", 2_760_000.0),) and f.booked_as == "none"


def test_m3_17_fewer_clients_than_k():
    assert measured([5, 3, 2]).table[["k", "n_clients", "amount"]].values.tolist() == [[1, 1, 5], [3, 3, 10], [5, 3, 10], [10, 3, 10]]


def test_m3_17_equal_clients_count_themselves():
    total = measured([10] * 8).tables["total"].iloc[0]
    assert round(total["equal_clients"], 9) == 8 and total["n_for_50"] == 4 and total["dependence"] == "normal"


def test_m3_17_returns_are_out_of_the_shares():
    total = measured([60, 40, -50]).tables["total"].iloc[0]
    assert (total["n_clients"], total["amount"], total["top1_share"]) == (2, 100, 0.6)


@pytest.mark.parametrize("amounts, band", [([25] + [5] * 15, "normal"), ([26] + [5] * 14 + [4], "high"), ([24, 24, 24, 10, 9, 9], "high")])
def test_m3_17_bands_by_the_first_client_or_hhi(amounts, band):
    assert measured(amounts).tables["total"]["dependence"].iloc[0] == band


def test_m3_17_a_large_base_that_depends_is_a_risk_a_small_one_to_watch():
    assert measured([100] + [5] * 30).findings[0].level == "risk" and measured([100] + [5] * 5).findings[0].level == "watch"
    assert measured([5] * 30).findings[0].level == "info" and not measured([5] * 30).findings[0].action


@pytest.mark.parametrize("method", ["concentration", "abc", "abc_migration_qty"])
def test_m3_17_a_client_of_unknown_margin_is_not_left_out_in_silence(method):
    rows = [{"client_id": c, "order_date": day, "amount": 100, "cost": cost} for c, cost in (("a", 40), ("b", 70), ("c", None)) for day in ("2024-06-10", "2025-06-10")]
    result = base_of(rows, parameters={"as_of": "2025-12-31", "measure": "margin"}).measure(method)
    assert result.status == "refused" and "маржа неизвестна, клиентов — 1" in result.reason


def test_m3_17_months_of_margin_where_margins_are_known():
    rows = [{"client_id": c, "order_date": "2025-12-15", "amount": a, "cost": k} for c, a, k in (("a", 100, 90), ("b", 50, 20))]
    result = base_of(rows, parameters={"as_of": "2025-12-31"}).measure("concentration")
    total = result.tables["total"].iloc[0]
    assert (total["months_of_margin"], total["months_basis"]) == (3.0, "margin") and "3,0 мес. маржи" in result.findings[0].detail


def test_m3_17_no_sales_is_insufficient():
    result = measured([-5, -1])
    assert result.status == "insufficient" and result.blocks[0]["title"] == "За период нет клиентов с продажами" and not result.findings


def test_m3_17_settings_move_the_bands():
    assert measured([100] + [5] * 30, settings={"concentration.top1_high": 0.9, "concentration.hhi_high": 0.9}).tables["total"]["dependence"].iloc[0] == "normal"
    with pytest.raises(UsageProblem, match="top1_high"):
        measured([1], settings={"concentration.top1_high": 2})


def test_m3_17_a_manager_sees_the_concentration_of_his_portfolio():
    mine = measured([100, 50, 60, 10], manager="M1")
    assert mine.tables["total"][["n_clients", "amount", "top1_client_id"]].values.tolist() == [[2, 60, "K01"]]


def test_m3_17_figures_of_the_words_equal_the_table():
    result = measured([50, 30, 20, 10, 5])
    total = result.tables["total"].iloc[0]
    assert figure_of(result.blocks[0]["title"]) == "«K00» — 43,5 % выручки; половину дают 2 клиента"
    assert result.findings[0].fact == total["top1_share"] and result.findings[0].money == 50


@pytest.mark.parametrize("amounts", [[5], [5, 5], [9, 1], [5, 4, 1], [5] * 30, [-1]])
def test_m3_17_english_has_no_russian_letter(amounts):
    assert is_english(words_of(measured(amounts, lang="en")))


@pytest.mark.parametrize("amounts", [[5], [5, 5], [-1], list(range(1, 13)), [0, 0]])
def test_m3_17_tiny_bases_do_not_crash(amounts):
    assert measured(amounts).blocks


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=30), st.integers(2, 9))
def test_m3_17_shares_grow_with_k_and_do_not_know_scale_or_order(amounts, factor):
    result = measured(amounts)
    shares, total = result.table["amount_share"], result.tables["total"].iloc[0]
    assert shares.is_monotonic_increasing and 1 / len(amounts) - 1e-9 <= total["hhi"] <= 1 + 1e-9
    assert total["n_for_50"] <= total["n_for_80"] <= len(amounts)
    again = measured([a * factor for a in reversed(amounts)]).tables["total"].iloc[0]
    assert abs(again["hhi"] - total["hhi"]) < 1e-12 and again["n_for_80"] == total["n_for_80"]
