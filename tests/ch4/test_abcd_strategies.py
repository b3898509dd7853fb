"""M4.5 abcd_strategies: one card per client, goals, first category, and a strategy that lasts until its review."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.ch4.abcd_strategies import last_review, next_review
from kbreport.method.enums import BookedAs
from tests.base import base_of, frame, orders_of
from tests.ch4.companies import AS_OF, company, russian, said, volumes

ABSOLUTE = {"abcd.cut": "absolute", "abcd.sales_cut": 100, "abcd.potential_cut": 500}
SALES, PURCHASES = {"a": 300, "b": 200, "c": 60, "d": 40, "q": 150, "z": 0}, {"a": 1300, "b": 210, "c": 1060, "d": 50}


def measured(sales=SALES, purchases=PURCHASES, **kw):
    return company(sales, purchases, settings=ABSOLUTE | kw.pop("settings", {}), **kw).measure("abcd_strategies")


def by_id(result):
    return result.table.set_index("client_id")


# ------------------------------------------------------------------ cards
def test_m4_5_every_class_has_its_aim_measure_tool_and_goal():
    table = by_id(measured())
    rows = table[["class", "strategy", "aim", "measure", "tool"]].loc[["a", "b", "c", "d", "q"]].values.tolist()
    assert rows == [["A", "develop", "take_free_volume", "wallet_and_sales", "individual_plan"], ["B", "retain", "lose_nothing", "grr", "risk_watch"],
                    ["C", "develop", "break_in", "first_categories", "test_order"], ["D", "economise", "same_money_fewer_hours", "minutes_per_1000", "mass_touches"],
                    ["AB?", "find_volume", "find_volume", "volume_known", "volume_interview"]]
    assert table["goal_amount"].loc[["a", "b", "c"]].tolist() == [100, 200, 100] and table["goal_amount"].loc[["d", "q", "z"]].isna().all()


def test_m4_5_mini_base(training):
    table = by_id(training.measure("abcd_strategies"))
    assert table.loc["K01", ["goal_amount", "strategy"]].tolist() == [324_000, "develop"] and table.loc["K02", "goal_amount"] == 1_500_000
    assert table.loc["K07", "category"] == "Крепёж" and table.loc["K06", "strategy"] == "find_volume" and set(table["review_date"]) == {pd.Timestamp("2025-03-31")}


def test_m4_5_who_sleeps_is_brought_back_first(training):
    """K04 is an A client who sleeps."""
    assert by_id(training.measure("abcd_strategies")).loc["K04", ["class", "tool"]].tolist() == ["A", "reactivation"]
    assert "сначала вернуть" in said(training.measure("abcd_strategies"))


def test_m4_5_the_goal_follows_its_setting():
    assert by_id(measured(settings={"abcd_strategies.goal_share": 0.25})).loc["a", "goal_amount"] == 250


def test_m4_5_a_plus_gets_the_annual_meeting():
    assert by_id(measured(clients=frame(client_id=["a"], is_strategic=[True]))).loc["a", ["class", "tool"]].tolist() == ["A+", "annual_meeting"]


def test_m4_5_a_closed_firm_has_no_card():
    assert "a" not in by_id(measured(clients=frame(client_id=["a"], status_manual=["closed"]))).index


def test_m4_5_without_volumes_every_card_is_to_find_them():
    result = measured(purchases=None)
    assert set(result.table["strategy"]) == {"find_volume"} and result.blocks[0]["title"].startswith("Стратегии ждут объёмов") and not result.findings


# ------------------------------------------------------------------ first category
def bought(*pairs, day="2025-12-10"):
    return [{"order_id": f"o{i}", "client_id": c, "order_date": day, "category": k, "amount": 100} for i, (c, k) in enumerate(pairs)]


def category(lines, segments, client="c"):
    ids = sorted({r["client_id"] for r in lines})
    old = [dict(r, order_id="x" + r["order_id"], order_date="2023-06-10", amount=1) for r in lines]
    base = base_of(lines=lines + old, clients=frame(client_id=ids, segment=[segments.get(c) for c in ids]), potential=volumes(dict.fromkeys(ids, 9000)), parameters=AS_OF, settings=ABSOLUTE)
    return by_id(base.measure("abcd_strategies")).loc[client, "category"]


def test_m4_5_first_category_is_what_the_segment_buys_and_he_does_not():
    lines = bought(("c", "Лак"), *((f"m{i}", "Лак") for i in range(5)), *((f"m{i}", "Клей") for i in range(4)), *((f"f{i}", "Мука") for i in range(9)))
    assert category(lines, {"c": "мебель"} | {f"m{i}": "мебель" for i in range(5)} | {f"f{i}": "еда" for i in range(9)}) == "Клей"


def test_m4_5_a_small_segment_looks_at_the_whole_base():
    lines = bought(("c", "Лак"), ("m1", "Клей"), *((f"f{i}", "Мука") for i in range(9)))
    assert category(lines, {"c": "мебель", "m1": "мебель"}) == "Мука"


def test_m4_5_who_buys_everything_has_no_first_category():
    lines = bought(("c", "Лак"), ("c", "Клей"), ("m", "Лак"))
    assert pd.isna(category(lines, {}))


# ------------------------------------------------------------------ reviews
@pytest.mark.parametrize("as_of, months, last, after", [
    (date(2025, 12, 31), 3, date(2025, 12, 31), date(2026, 3, 31)), (date(2025, 11, 30), 3, date(2025, 9, 30), date(2025, 12, 31)),
    (date(2025, 11, 15), 1, date(2025, 10, 31), date(2025, 11, 30)), (date(2024, 2, 29), 1, date(2024, 2, 29), date(2024, 3, 31)), (date(2025, 5, 10), 6, date(2024, 12, 31), date(2025, 6, 30)),
])
def test_m4_5_reviews_stand_at_month_ends(as_of, months, last, after):
    assert last_review(as_of, months) == last and next_review(as_of, months) == after


def changing(as_of, asked="2025-01-10"):
    """«k» bought 120 a month until September and nothing of note after; his volume is 3000."""
    rows = [("k", f"2025-{m:02d}-10", 240 if m > 9 else 60) for m in range(1, 13)] + [("k", f"2024-{m:02d}-10", 60) for m in range(1, 13)] + [("old", "2023-01-10", 1), ("old", "2025-11-10", 1)]
    potential = frame(client_id=["k"], as_of=[asked], purchases_total=[1500.0], period_months=12, source="asked")
    cuts = {"abcd.cut": "absolute", "abcd.sales_cut": 100, "abcd.potential_cut": 700}
    return base_of(orders_of(*rows), potential=potential, parameters={"as_of": as_of}, settings=cuts).measure("abcd_strategies")


def test_m4_5_a_changed_class_keeps_its_strategy_until_the_review():
    row = by_id(changing("2025-11-30")).loc["k"]
    assert row[["class", "class_at_review", "strategy", "review_date"]].tolist() == ["B", "A", "develop", pd.Timestamp("2025-12-31")]
    assert "1 клиент сменил класс после последнего пересмотра" in said(changing("2025-11-30"))


def test_m4_5_at_the_review_the_new_class_rules():
    assert by_id(changing("2025-12-31")).loc["k", ["class", "class_at_review", "strategy"]].tolist() == ["B", "B", "retain"]


def test_m4_5_a_volume_learned_since_the_review_is_used_at_once():
    assert by_id(changing("2025-11-30", asked="2025-10-20")).loc["k", ["class_at_review", "strategy"]].tolist() == ["B", "retain"]


# ------------------------------------------------------------------ words
def test_m4_5_the_goal_is_our_assumption_and_books_nothing():
    found = {f.code: f for f in measured().findings}
    goal = found["abcd_strategies.goal"]
    assert goal.assumption and {f.booked_as for f in found.values()} == {BookedAs.NONE}
    assert goal.money == 200 == sum(m for _c, m in goal.clients) and "2 клиентам" in goal.text and found["abcd_strategies.keep"].money == 200


def test_m4_5_figures_of_a_card_equal_its_row(training):
    (card,) = [row for b in training.measure("abcd_strategies").blocks if b.get("title") == "B: не потерять" for row in b["rows"]]
    text = card[2].replace("\u00a0", " ")
    assert "94 % закупки" in text and "1,5 млн ₽" in text


def test_m4_5_a_manager_sees_his_clients_only():
    owners = frame(client_id=list("abcdqz"), manager_id=["M1", "M2"] * 3)
    assert set(measured(clients=owners, manager="M1").table["client_id"]) == {"a", "c", "q"}


@pytest.mark.parametrize("kw", [{}, {"purchases": None}, {"purchases": dict(SALES)}])
def test_m4_5_english_has_no_russian_letter(kw):
    result = measured(lang="en", **kw)
    assert not russian(said(result) + result.reason)


def test_m4_5_english_of_a_changed_class_and_of_sleepers(training):
    from kbreport import words

    for result in (changing("2025-11-30"), training.measure("abcd_strategies")):
        with words.speaking("en"):
            from kbreport.ch4.abcd_strategies import _remarks

            assert not russian(str(_remarks(result.table)))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**5), st.one_of(st.none(), st.integers(0, 10**6))), min_size=1, max_size=10))
def test_m4_5_one_card_per_client_and_no_goal_beyond_the_free_volume(pairs):
    ids = [f"K{i}" for i in range(len(pairs))]
    table = company({c: s for c, (s, _t) in zip(ids, pairs)}, {c: t for c, (_s, t) in zip(ids, pairs) if t is not None} or {"zz": 1}).measure("abcd_strategies").table
    assert sorted(table["client_id"]) == sorted(ids)
    develop = table[table["strategy"] == "develop"]
    assert (develop["goal_amount"] <= develop["free_amount"]).all() and (develop["free_amount"] > 0).all()
    assert table.loc[table["strategy"].isin(["economise", "find_volume"]), "goal_amount"].isna().all()
