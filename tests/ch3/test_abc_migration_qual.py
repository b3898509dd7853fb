"""M3.3b abc_migration_qual: who moved, with what money; worked examples of METHODS, edges, and what must always hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.ch3.said import figure_of, is_english, words_of
from tests.ch3.test_abc_migration_qty import FOUR, SALES, years

METHOD = "abc_migration_qual"


def of(result, client: str):
    return result.table.set_index("client_id").loc[client]


def finding(result, code: str):
    return next((f for f in result.findings if f.code == f"{METHOD}.{code}"), None)


def test_m3_3b_mini_base_the_numbers_stand_but_the_people_move(training):
    result = training.measure(METHOD)
    moved = result.table[result.table["class_prev"] != result.table["class_cur"]]
    assert dict(zip(moved["client_id"], moved["class_prev"] + moved["class_cur"])) == {"K06": "BN", "K12": "CN", "K11": "NC", "K08": "NB"}
    assert of(result, "K06")["delta_amount"] == -300_000 and of(result, "K08")["delta_amount"] == 240_000
    assert of(result, "K12")["delta_amount"] == -92_000 and of(result, "K11")["delta_amount"] == 36_000
    assert of(result, "K04")[["class_prev", "class_cur"]].tolist() == ["A", "A"] and of(result, "K04")["delta_amount"] == -400_000
    assert set(moved.set_index("client_id")["entry_kind"].dropna().items()) == {("K08", "new"), ("K11", "new")}
    assert result.tables["renewal"].set_index("class")["renewal_share"]["A"] == 0


def test_m3_3b_mini_base_says_who_left_came_and_fell_inside_a(training):
    result = training.measure(METHOD)
    said = figure_of(finding(result, "turnover").text)
    assert said == "Число клиентов в классах не изменилось, но состав — да: ушли «Северный дом», «Завод Луч» (-380 тыс. ₽), пришли «МонтажЮг», «Разовый» (+276 тыс. ₽)"
    assert figure_of(finding(result, "inside_a").text) == "Внутри A просели 2 клиента, глубже всех «ТехноМаш» — на 40 %"
    assert figure_of(result.blocks[0]["title"]) == "Число клиентов в классах то же, состав другой: ушли 2 (-380 тыс. ₽), пришли 2 (+276 тыс. ₽)"


def test_m3_3b_a_fall_inside_a_is_context(training):
    f = finding(training.measure(METHOD), "inside_a")
    assert f.booked_as == "none" and f.clients == (("K04", 400_000.0), ("K02", 300_000.0)) and f.money == 700_000


def test_m3_3b_who_is_in_a_only_because_the_cut_came_down_is_a_risk():
    result = years({"a": 500, "b": 400, "c": 100}, {"a": 500, "b": 200, "c": 50}).measure(METHOD)
    assert of(result, "b")[["class_prev", "class_cur", "class_cur_fixed"]].tolist() == ["A", "A", "B"]
    f = finding(result, "below_old_cut")
    assert f.booked_as == "risk" and f.clients == (("b", 200.0),) and f.text.startswith("1 клиент остался в A только потому")


def test_m3_3b_a_client_asleep_is_named_but_booked_elsewhere(training):
    """K04 is asleep: reactivation books him (METHODS 1.23)."""
    f = finding(training.measure(METHOD), "below_old_cut")
    assert "«ТехноМаш»" in f.text and f.booked_as == "none" and f.clients == () and f.money is None


def test_m3_3b_who_left_is_context_not_booked(training):
    f = finding(training.measure(METHOD), "turnover")
    assert f.booked_as == "none" and f.money == 380_000 == sum(m for _c, m in f.clients)
    assert f.level == "info"  # ten clients: counts without verdict


def test_m3_3b_worked_example_a_lower_class_with_higher_sales_is_marked():
    result = years(*FOUR).measure(METHOD)
    assert of(result, "b")[["class_prev", "class_cur", "class_cur_fixed", "direction"]].tolist() == ["A", "B", "A", "down"]
    assert result.table.set_index("client_id")["is_lower_class_higher_sales"].to_dict() == {"a": False, "b": True, "c": False, "d": False}
    assert finding(result, "relative").text.startswith("1 клиент опустился в классе, хотя купил больше") and finding(result, "fell") is None


def test_m3_3b_flows_hold_every_direction_and_their_money():
    result = years({"a": 1000, "b": 400, "c": 100, "gone": 80}, {"a": 300, "b": 900, "c": 100, "came": 70}).measure(METHOD)
    flows = result.tables["flows"].set_index("direction")
    assert flows["n_clients"].to_dict() == {"up": 0, "down": 0, "stay": 3, "left": 1, "entered": 1}
    assert flows.loc["left", ["amount_prev", "amount_cur", "delta_amount"]].tolist() == [80, 0, -80]
    assert flows["delta_amount"].sum() == 1370 - 1580


def test_m3_3b_a_fall_of_a_class_with_lower_sales_is_a_risk_of_those_who_still_buy():
    result = years({"a": 700, "b": 600, "c": 50}, {"a": 900, "b": 100, "c": 50}).measure(METHOD)
    f = finding(result, "fell")
    assert f.clients == (("b", 500.0),) and f.money == 500 and f.booked_as == "risk" and "менеджеры клиентов · до 14.01.2026" == f.who


@pytest.mark.parametrize("history, first, kind", [("2020-01-15", "2025-06-15", "new"), ("2024-01-15", "2025-06-15", "unknown"), ("2020-01-15", "2021-06-15", "returned")])
def test_m3_3b_who_comes_is_new_returned_or_unknown_by_the_history(history, first, kind):
    from tests.base import base_of, orders_of

    rows = [("old", history, 10), ("old", "2024-05-05", 10), ("old", "2025-05-05", 10), ("x", "2025-06-15", 5)] + ([("x", first, 7)] if kind == "returned" else [])
    result = base_of(orders_of(*rows), parameters={"as_of": "2025-12-31"}).measure(METHOD)
    assert of(result, "x")["entry_kind"] == kind and result.table["entry_kind"].notna().sum() == 1


def test_m3_3b_renewal_counts_those_no_longer_in_the_class():
    result = years({"a": 500, "b": 400, "c": 50, "d": 50}, {"c": 500, "d": 400, "a": 50}).measure(METHOD)
    renewal = result.tables["renewal"].set_index("class")
    assert renewal.loc["A", ["n_prev", "n_stayed", "renewal_share"]].tolist() == [2, 0, 1.0]


def test_m3_3b_a_short_history_keeps_the_table_and_withholds_the_words():
    result = years(*FOUR, history="2024-05-01").measure(METHOD)
    assert result.status == "insufficient" and sorted(result.table["client_id"]) == ["a", "b", "c", "d", "old"]
    assert not result.findings and result.blocks[0]["title"] == "Сравнить периоды пока не с чем"


def test_m3_3b_a_manager_sees_his_clients_only():
    who = {"a": "M1", "b": "M2", "c": "M1", "d": "M2"}
    mine = years(*FOUR, managers=who, manager="M2").measure(METHOD)
    assert sorted(mine.table["client_id"]) == ["b", "d"] and of(mine, "b")["class_cur"] == "B"
    assert mine.tables["flows"]["n_clients"].sum() == 2 and mine.blocks


def test_m3_3b_figures_of_the_words_equal_the_table():
    result = years({"a": 700, "b": 600, "c": 50, "gone": 40}, {"a": 900, "b": 100, "c": 50}).measure(METHOD)
    by = result.tables["flows"].set_index("direction")
    turnover = finding(result, "turnover")
    assert turnover.money == by.at["left", "amount_prev"] and turnover.values["n_left"] == by.at["left", "n_clients"] and "(-40)" in figure_of(turnover.text)
    assert finding(result, "fell").money == -result.table.query("direction == 'down'")["delta_amount"].sum()
    assert "ушёл «gone»" in turnover.text


def test_m3_3b_english_has_no_russian_letter(training):
    import kbreport as kb

    assert is_english(words_of(years({"a": 700, "b": 600, "c": 50, "gone": 40}, {"a": 900, "b": 100, "c": 60, "came": 5}, lang="en").measure(METHOD)))
    assert is_english(words_of(years({"a": 5, "b": 3}, {"a": 5, "b": 3}, lang="en").measure(METHOD)))
    said = [f.text for f in kb.open("training", period="2024", lang="en").measure(METHOD).findings]
    assert said[0].startswith("The class counts did not change")


@settings(max_examples=12, deadline=None)
@given(SALES, SALES)
def test_m3_3b_every_client_with_a_class_stands_once_and_money_adds_up(before, now):
    result = years(before, now).measure(METHOD)
    classed = {c for c, a in before.items() if a > 0} | {c for c, a in now.items() if a > 0}
    assert sorted(result.table["client_id"]) == sorted(classed)
    if classed:
        flows = result.tables["flows"]
        assert flows["n_clients"].sum() == len(classed)
        assert abs(flows["delta_amount"].sum() - sum(now.get(c, 0) - before.get(c, 0) for c in classed)) < 1e-6
        booked = [c for f in result.findings if f.booked_as == "risk" for c, _m in f.clients]
        assert len(booked) == len(set(booked))


@pytest.mark.parametrize("before, now", [({}, {}), ({"a": 5}, {}), ({}, {"a": 5}), ({"a": 5}, {"a": -5}), ({f"K{i}": i for i in range(1, 13)}, {f"K{i}": 13 - i for i in range(1, 13)})])
def test_m3_3b_tiny_bases_do_not_crash(before, now):
    for lang in ("ru", "en"):
        assert years(before, now, lang=lang).measure(METHOD).blocks
