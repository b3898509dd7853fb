"""M3.7 driver_tree: the published decompositions, worked examples of METHODS, edges, and exact sums."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.ch3 import _levers
from tests.base import base_of, orders_of
from tests.ch3.said import figure_of, is_english, words_of

YEARS = {"as_of": "2025-12-31"}


def years(before: list[tuple], now: list[tuple], *, history: str | None = "2020-01-15", **kw):
    """(client, month, amount[, manager]) of 2024 and of 2025."""
    rows = [("old", history, 1)] if history else []
    rows += [(c, f"{year}-{m:02d}-10", a, *rest) for year, part in ((2024, before), (2025, now)) for c, m, a, *rest in part]
    return base_of(orders_of(*rows), parameters=YEARS | kw.pop("parameters", {}), **kw)


def tree(result, approach="chain", scope="company", key=None):
    part = result.table[(result.table["approach"] == approach) & (result.table["scope"] == scope)]
    part = part if key is None else part[part["key"] == key]
    return part.set_index("factor")["contribution_amount"]


BEFORE, NOW = (100, 4, 1000), (90, 5, 1100)


def test_m3_7_worked_example_three_approaches():
    assert _levers.chain(BEFORE, NOW).tolist() == [-40_000, 90_000, 45_000]
    assert _levers.lmdi(BEFORE, NOW).round(2).tolist() == [-46_971.22, 99_480.58, 42_490.64]
    assert _levers.shapley(BEFORE, NOW).round(2).tolist() == [-47_333.33, 99_666.67, 42_666.67]


def test_m3_7_mini_base(training):
    result = training.measure("driver_tree")
    want = {"chain": (0, -842_276, 768_276), "lmdi": (0, -889_711, 815_711), "shapley": (0, -891_615, 817_615)}
    for approach, parts in want.items():
        got = tree(result, approach)
        assert tuple(got[list(_FACTORS)].round()) == parts and got["returns_only"] == -12_000 and got["total"] == -86_000
    split = result.tables["clients_split"].set_index("kind")
    assert split["n_clients"].to_dict() == {"new": 2, "returned": 0, "lost": 2} and split["amount"].to_dict() == {"new": 276_000, "returned": 0, "lost": 380_000}
    assert figure_of(result.findings[0].text) == "Выручка изменилась на -86 тыс. ₽: клиенты 0 ₽, частота -842 тыс. ₽, чек +768 тыс. ₽"
    assert result.findings[0].detail == "Главный рычаг — частота; с него и начинать."


_FACTORS = ("clients", "frequency", "check")


def test_m3_7_mini_base_money_adds_up_over_managers_and_clients_do_not_have_to(training):
    main = training.measure("driver_tree").table
    total = main.query("approach == 'chain' and factor == 'total'").set_index("scope")["contribution_amount"]
    assert total["manager_id"].sum() == total["company"] == -86_000


def test_m3_7_top_clients_go_the_way_of_the_total_until_four_fifths(training):
    top = training.measure("driver_tree").tables["top_clients"]
    assert top["client_id"].tolist() == ["K04", "K02", "K06"] and top["delta_amount"].tolist() == [-400_000, -300_000, -300_000]
    assert round(top["cum_share_of_change"].iloc[-1], 4) == round(1_000_000 / 1_122_000, 4)


def test_m3_7_level_two_of_the_check_adds_up_to_its_contribution(training):
    result = training.measure("driver_tree")
    levels = result.tables["levels"].query("level == 'check'").set_index("factor")
    assert round(levels["contribution_amount"].sum(), 2) == tree(result)["check"]
    assert abs(levels["value_cur"].prod() - 67_211.009) < 0.001


@pytest.mark.parametrize("approach", _levers.APPROACHES)
def test_m3_7_level_two_adds_up_in_every_approach(approach):
    rows = [{"client_id": c, "order_date": d, "amount": a, "order_id": o, "cost": a / 2} for c, d, a, o in (
        ("old", "2020-01-05", 1, "0"), ("a", "2024-05-05", 10, "1"), ("a", "2024-05-05", 15, "1"), ("a", "2025-05-05", 30, "2"), ("b", "2025-06-05", 12, "3"), ("b", "2025-06-05", 3, "3"), ("b", "2025-06-05", 4, "3"))]
    result = base_of(lines=rows, parameters=YEARS, settings={"driver_tree.approach": approach}).measure("driver_tree")
    levels = result.tables["levels"].set_index(["level", "factor"])["contribution_amount"]
    assert round(levels["check"].sum(), 2) == tree(result, approach)["check"]
    assert levels["margin"].tolist() == [12.0, 0.0]


def test_m3_7_zero_in_a_factor_leaves_only_the_split():
    result = years([], [("a", 5, 100)]).measure("driver_tree")
    got = tree(result)
    assert got[list(_FACTORS)].isna().all() and got["total"] == 100 and result.tables["clients_split"].set_index("kind").at["new", "n_clients"] == 1
    assert "не раскладывается" in result.findings[0].text and result.blocks[0]["title"] == "Продажи выросли на 100"


def test_m3_7_equal_revenue_uses_its_own_mean():
    got = tree(years([("a", 1, 100), ("b", 1, 100)], [("a", 1, 200)]).measure("driver_tree"), "lmdi")
    assert round(got["clients"], 2) == round(200 * np.log(0.5), 2) and got["total"] == 0 and abs(got[list(_FACTORS)].sum()) < 1e-9


def test_m3_7_new_returned_and_lost_explain_the_change_of_clients():
    base = base_of(orders_of(("x", "2020-01-10", 5), ("back", "2021-03-10", 5), ("stay", "2024-02-10", 5), ("lost", "2024-02-10", 7), ("stay", "2025-02-10", 5), ("back", "2025-02-10", 6), ("new", "2025-02-10", 8)), parameters=YEARS)
    result = base.measure("driver_tree")
    split = result.tables["clients_split"].set_index("kind")
    assert split.values.tolist() == [[1, 8.0], [1, 6.0], [1, 7.0]]
    values = result.table.query("scope == 'company' and approach == 'chain' and factor == 'clients'")
    assert values["value_cur"].iloc[0] - values["value_prev"].iloc[0] == 1 + 1 - 1


def test_m3_7_returns_only_is_a_line_of_its_own():
    got = tree(years([("a", 1, 100), ("r", 2, 50)], [("a", 1, 100), ("r", 2, -30)]).measure("driver_tree"))
    assert got["returns_only"] == -30 and got["total"] == -80 and round(got[list(_FACTORS)].sum(), 2) == -50


def test_m3_7_by_manager_clients_are_those_active_with_him():
    result = years([("a", 1, 100, "M1"), ("a", 2, 50, "M2")], [("a", 1, 100, "M1"), ("a", 2, 80, "M2"), ("b", 3, 10, "M2")]).measure("driver_tree")
    values = result.table.query("scope == 'manager_id' and approach == 'chain' and factor == 'clients'").set_index("key")["value_cur"]
    assert values.to_dict() == {"M1": 1, "M2": 2}


def test_m3_7_orders_without_a_manager_keep_the_money_whole():
    result = years([("a", 1, 100, "M1"), ("b", 1, 50)], [("a", 1, 120, "M1"), ("b", 1, 70)]).measure("driver_tree")
    rows = result.table.query("scope == 'manager_id' and approach == 'chain' and factor == 'total'")
    assert rows["contribution_amount"].sum() == 40 - 0 and rows["key"].isna().sum() == 1


def test_m3_7_a_manager_gets_his_row_and_his_clients():
    rows = ([("a", 1, 100, "M1"), ("b", 2, 50, "M2")], [("a", 1, 60, "M1"), ("b", 2, 80, "M2")])
    mine = years(*rows, manager="M1").measure("driver_tree")
    assert set(mine.table["key"]) == {"M1"} and tree(mine, scope="manager_id")["total"] == -40
    assert mine.tables["top_clients"]["client_id"].tolist() == ["a"] and set(mine.tables) == {"main", "clients_split", "top_clients"} and mine.blocks


def test_m3_7_a_short_history_is_insufficient():
    partly = years([("a", 8, 10)], [("a", 8, 20)], history=None).measure("driver_tree")
    assert partly.status == "insufficient" and len(partly.table) and not partly.findings and partly.blocks[0]["title"] == "Сравнить периоды пока не с чем"
    nothing = years([], [("a", m, 10) for m in range(1, 13)], history=None).measure("driver_tree")
    assert nothing.status == "insufficient" and nothing.table.empty and "история начинается 01.01.2025" in nothing.reason


def test_m3_7_the_page_speaks_by_the_chosen_approach(training):
    import kbreport as kb

    result = kb.open("training", period="2024", settings={"driver_tree.approach": "shapley"}).measure("driver_tree")
    assert "частота -892 тыс. ₽" in figure_of(result.findings[0].text) and "Способ: Шепли" in words_of(result)


def test_m3_7_figures_of_the_sentence_equal_the_table(training):
    result = training.measure("driver_tree")
    change, top = result.findings
    assert {k: change.values[k] for k in _FACTORS} == tree(result)[list(_FACTORS)].to_dict() and change.gap == tree(result)["total"]
    table = result.tables["top_clients"]
    assert top.money == -table["delta_amount"].sum() == sum(m for _c, m in top.clients) and top.values["share"] == table["cum_share_of_change"].iloc[-1]


def test_m3_7_few_clients_are_told_without_verdict(training):
    assert training.measure("driver_tree").findings[0].level == "info"
    many = years([(f"K{i}", 1, 100) for i in range(25)], [(f"K{i}", 1, 90) for i in range(25)]).measure("driver_tree")
    assert many.findings[0].level == "watch"


def test_m3_7_english_has_no_russian_letter():
    rows = ([("a", 1, 100, "M1"), ("b", 2, 50, "M2"), ("r", 2, 5)], [("a", 1, 60, "M1"), ("b", 2, 80, "M2"), ("c", 3, 7, "M2"), ("r", 3, -5)])
    assert is_english(words_of(years(*rows, lang="en").measure("driver_tree"))) and is_english(words_of(years([], [("a", 1, 5)], lang="en").measure("driver_tree")))
    assert is_english(words_of(years([("a", 1, 5)], [("a", 1, 5)], lang="en").measure("driver_tree")))


# ------------------------------------------------------------------ what must always hold
FACTOR = st.tuples(st.integers(1, 500), st.floats(0.5, 40), st.floats(0.5, 90_000))


@settings(max_examples=60, deadline=None)
@given(FACTOR, FACTOR)
def test_m3_7_contributions_add_to_the_change_exactly(before, now):
    change = round(np.prod(now) - np.prod(before), 2)
    for approach in _levers.APPROACHES:
        parts = _levers.to_kopecks(_levers.contributions(approach, before, now), np.array([change]))
        assert sum(Decimal(str(round(float(p), 2))) for p in parts.ravel()) == Decimal(str(change)) and np.allclose(parts, np.round(parts, 2))


@settings(max_examples=40, deadline=None)
@given(FACTOR, FACTOR)
def test_m3_7_shapley_is_symmetric_and_gives_nothing_to_a_factor_that_stood_still(before, now):
    """The axioms of REFERENCE C 5.6: additivity, symmetry, the zero player."""
    a, b = _levers.shapley(before, now), _levers.shapley((before[1], before[0], before[2]), (now[1], now[0], now[2]))
    assert np.allclose([a[1], a[0], a[2]], b, rtol=1e-9, atol=1e-6)
    for rule in (_levers.chain, _levers.lmdi, _levers.shapley):
        assert rule(before, (now[0], before[1], now[2]))[1] == 0


SALES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 12), st.integers(-300, 9000).filter(bool), st.sampled_from(["M1", "M2"])), max_size=25)


@settings(max_examples=20, deadline=None)
@given(SALES, SALES)
def test_m3_7_the_table_ends_in_the_change_of_all_net_sales(before, now):
    result = years(before, now).measure("driver_tree")
    delta = sum(a for _c, _m, a, _k in now) - sum(a for _c, _m, a, _k in before)
    for approach in _levers.APPROACHES:
        got = tree(result, approach)
        assert got["total"] == delta
        if got.notna().all():
            assert round(got.drop("total").sum(), 2) == delta
    split = result.tables["clients_split"].set_index("kind")["n_clients"]
    n = result.table.query("scope == 'company' and approach == 'chain' and factor == 'clients'").iloc[0]
    assert n["value_cur"] - n["value_prev"] == split["new"] + split["returned"] - split["lost"]


@pytest.mark.parametrize("before, now", [([], []), ([("a", 1, 5)], []), ([("a", 1, -5)], [("a", 1, -7)]), ([("a", 1, 5), ("b", 1, 5)], [("a", 1, 5)]), ([(f"K{i}", 3, i + 1) for i in range(12)], [(f"K{i}", 3, 12 - i) for i in range(12)])])
def test_m3_7_tiny_bases_do_not_crash(before, now):
    assert years(before, now).measure("driver_tree").blocks
