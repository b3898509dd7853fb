"""M4.1 sales_potential: answers of METHODS, bad volumes, and what an unknown volume must never become."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.method.enums import BookedAs
from tests.base import base_of, frame, orders_of
from tests.ch4.companies import AS_OF, company, russian, said, volumes


def by_id(result):
    return result.table.set_index("client_id")


def total(result):
    return result.tables["total"].set_index("row")


# ------------------------------------------------------------------ examples
def test_m4_1_mini_base_free_potential(training):
    result = training.measure("sales_potential")
    rows = total(result)
    assert rows.loc["known", "free_amount"] == 9_490_000 and rows.loc["known", "n_clients"] == 10
    assert result.table["free_amount"].sum() == 9_490_000
    assert set(result.tables["cost_of_not_knowing"]["client_id"]) == {"K06", "K11"} and result.tables["cost_of_not_knowing"]["client_id"][0] == "K11"


def test_m4_1_mini_base_wallet_is_a_ratio_of_sums_not_a_mean(training):
    result = training.measure("sales_potential")
    known = result.table[result.table["potential_status"] == "ok"]
    assert round(known["amount"].clip(lower=0).sum() / known["purchases_amount"].sum(), 3) == 0.434
    assert "43,4" in result.blocks[0]["lead"]


def test_m4_1_the_pool_leaves_out_the_lost(training):
    """K12 is lost: his 500 000 are free, but no pool."""
    result = training.measure("sales_potential")
    assert by_id(result).loc["K12", ["free_amount", "pool_amount"]].tolist() == [500_000, 0] and total(result).loc["pool", "free_amount"] == 8_990_000


def test_m4_1_the_pool_counts_by_confidence():
    base = company({"a": 100, "b": 100, "c": 100}, {"a": 1100, "b": 1100, "c": 1100}, kw_volumes={"confidence": ["high", "mid", "low"]})
    assert base.measure("sales_potential").table["pool_amount"].tolist() == [1000, 700, 400]


def test_m4_1_a_blank_confidence_follows_from_the_source():
    base = company(dict.fromkeys("abcde", 100), dict.fromkeys("abcde", 1100), kw_volumes={"confidence": None, "source": ["asked", "tender", "technical", "analogue", "ceiling"]})
    assert base.measure("sales_potential").table["pool_amount"].tolist() == [1000, 1000, 700, 400, 400]


# ------------------------------------------------------------------ which volume counts
def test_m4_1_the_latest_row_counts_and_a_later_one_is_not_known_yet():
    potential = frame(client_id=["a"] * 3, as_of=["2025-01-01", "2025-06-01", "2026-02-01"], purchases_total=[500.0, 800.0, 5000.0], period_months=12, source="asked")
    result = base_of(orders_of(("a", "2025-12-10", 100), ("a", "2024-06-10", 1)), potential=potential, parameters=AS_OF).measure("sales_potential")
    assert result.table[["purchases_amount", "age_days"]].values.tolist() == [[800.0, 213.0]]
    assert "Позже отчётной даты 1 строка" in said(result)


def test_m4_1_of_one_day_the_trusted_source_wins():
    potential = frame(client_id=["a", "a"], as_of=["2025-06-01"] * 2, purchases_total=[900.0, 400.0], period_months=12, source=["ceiling", "asked"])
    assert base_of(orders_of(("a", "2025-12-10", 100), ("a", "2024-06-10", 1)), potential=potential, parameters=AS_OF).measure("sales_potential").table["purchases_amount"].tolist() == [400.0]


def test_m4_1_a_volume_of_some_months_is_brought_to_the_year():
    base = company({"a": 100}, {"a": 300}, kw_volumes={"period_months": 3})
    assert by_id(base.measure("sales_potential")).loc["a", "purchases_amount"] == 1200


def test_m4_1_a_report_of_a_month_compares_twelve_months():
    base = company({"a": 100}, {"a": 300}, parameters={"period": "2025-12"})
    assert by_id(base.measure("sales_potential")).loc["a", ["amount", "free_amount"]].tolist() == [100, 200]


def lines(*rows):
    return [dict(zip(("order_id", "client_id", "order_date", "category", "amount"), (f"o{i}", *r))) for i, r in enumerate(rows)]


def test_m4_1_known_categories_are_compared_on_both_sides():
    potential = frame(client_id=["a", "a"], as_of=["2025-06-01"] * 2, purchases_total=[500.0, 300.0], period_months=12, source="asked", category=["Кабель", "Крепёж"])
    rows = lines(("a", "2025-11-10", "кабель", 100), ("a", "2025-12-10", "Лак", 900), ("b", "2024-01-10", "Лак", 5))
    row = by_id(base_of(lines=rows, potential=potential, parameters=AS_OF).measure("sales_potential")).loc["a"]
    assert row[["amount", "purchases_amount", "covered_amount", "free_amount", "wallet"]].tolist() == [1000, 800, 100, 700, 0.125] and row["potential_status"] == "ok"


def test_m4_1_a_total_wins_over_categories():
    potential = frame(client_id=["a", "a"], as_of=["2025-06-01"] * 2, purchases_total=[5000.0, 300.0], period_months=12, source="asked", category=[None, "Лак"])
    assert by_id(base_of(lines=lines(("a", "2025-12-10", "Лак", 100), ("a", "2024-06-10", "Лак", 1)), potential=potential, parameters=AS_OF).measure("sales_potential")).loc["a", "purchases_amount"] == 5000


def test_m4_1_categories_without_sales_by_category_stay_unknown():
    base = company({"a": 100}, {"a": 300}, kw_volumes={"category": "Лак"})
    assert by_id(base.measure("sales_potential")).loc["a", "potential_status"] == "missing"


def test_m4_1_members_of_a_group_add_up():
    clients = frame(client_id=["a", "b"], client_name=["A", "B"], group_id=["G", "G"])
    base = base_of(orders_of(("a", "2025-12-10", 100), ("b", "2025-12-11", 50), ("b", "2023-12-11", 50)), clients=clients, potential=volumes({"a": 400, "b": 300}), parameters=AS_OF)
    assert base.measure("sales_potential").table[["client_id", "amount", "purchases_amount", "free_amount"]].values.tolist() == [["G", 150.0, 700.0, 550.0]]


HOLDING = frame(client_id=["a", "b"], client_name=["A", "B"], group_id=["G", "G"])
OF_GROUP = ["amount", "purchases_amount", "covered_amount", "wallet", "free_amount"]


def test_m3_11_of_a_group_only_members_with_a_known_volume_count_on_either_side():
    """b buys from us for 50, of him nothing is known: his 50 are no part of a's 400."""
    rows = orders_of(("a", "2025-12-10", 100), ("b", "2025-12-11", 50), ("b", "2023-12-11", 50))
    row = by_id(base_of(rows, clients=HOLDING, potential=volumes({"a": 400}), parameters=AS_OF).measure("sales_potential")).loc["G"]
    assert row[OF_GROUP].tolist() == [150, 400, 100, 0.25, 300] and row["potential_status"] == "ok"


def test_m3_11_a_volume_of_the_whole_group_covers_all_its_members():
    rows = orders_of(("a", "2025-12-10", 100), ("b", "2025-12-11", 50), ("b", "2023-12-11", 50))
    row = by_id(base_of(rows, clients=HOLDING, potential=volumes({"G": 600, "a": 400}), parameters=AS_OF).measure("sales_potential")).loc["G"]
    assert row[OF_GROUP].tolist() == [150, 600, 150, 0.25, 450]


def test_m3_11_the_firm_that_gives_the_group_its_id_is_still_one_firm():
    head = frame(client_id=["a", "b"], client_name=["A", "B"], group_id=["a", "a"])
    rows = orders_of(("a", "2025-12-10", 100), ("b", "2025-12-11", 50), ("b", "2023-12-11", 50))
    assert by_id(base_of(rows, clients=head, potential=volumes({"a": 400}), parameters=AS_OF).measure("sales_potential")).loc["a", OF_GROUP].tolist() == [150, 400, 100, 0.25, 300]


def test_m3_11_one_member_told_in_all_and_another_by_category_both_count():
    potential = frame(client_id=["a", "b"], as_of=["2025-06-01"] * 2, purchases_total=[400.0, 300.0], period_months=12, source="asked", category=[None, "Лак"])
    rows = lines(("a", "2025-12-10", "Лак", 100), ("b", "2025-12-10", "лак", 50), ("b", "2025-12-11", "Кабель", 30), ("b", "2024-01-10", "Лак", 5))
    row = by_id(base_of(lines=rows, clients=HOLDING, potential=potential, parameters=AS_OF).measure("sales_potential")).loc["G"]
    assert row[["amount", "purchases_amount", "covered_amount", "free_amount"]].tolist() == [180, 700, 150, 550]


# ------------------------------------------------------------------ bad volumes
def test_m4_1_a_volume_below_our_sales_is_understated_and_stays_out_of_ratios():
    result = company({"a": 100, "b": 100, "c": 100}, {"a": 80, "b": 400, "c": 300}).measure("sales_potential")
    assert by_id(result).loc["a", ["wallet", "free_amount", "potential_status"]].tolist() == [1.25, 0.0, "understated"]
    assert total(result).loc["known", "amount"] == 200 and total(result).loc["understated", "n_clients"] == 1
    assert "Объём занижен у 1 клиента" in said(result) and "28,6" in result.blocks[0]["lead"]


def test_m4_1_zero_is_a_volume_and_no_division():
    row = by_id(company({"a": 0, "b": 100}, {"a": 0, "b": 0}).measure("sales_potential"))
    assert row.loc["a", ["free_amount", "potential_status"]].tolist() == [0.0, "ok"] and pd.isna(row.loc["a", "wallet"])
    assert row.loc["b", "potential_status"] == "understated" and pd.isna(row.loc["b", "wallet"])


def test_m4_1_an_old_volume_is_stale_counted_and_marked():
    result = company({"a": 100, "b": 100}, {"a": 300, "b": 300}, kw_volumes={"as_of": pd.to_datetime(["2024-12-30", "2024-12-31"])}).measure("sales_potential")
    assert by_id(result)["potential_status"].tolist() == ["stale", "ok"] and total(result).loc["known", "n_clients"] == 2
    assert "объём старше 365 дней" in said(result)


def test_m4_1_thousands_are_said_and_never_rescaled():
    sales = {f"K{i}": 100_000 + i for i in range(6)}
    result = company(sales, dict.fromkeys(sales, 300)).measure("sales_potential")
    assert result.status == "weak" and "в тысячах: у 6 из 6" in result.reason and "единицы" in result.blocks[0]["title"]
    assert set(result.table["purchases_amount"]) == {300} and set(result.table["free_amount"]) == {0}
    assert not [f for f in result.findings if f.code == "sales_potential.free"]


def test_m4_1_two_low_volumes_are_mistakes_not_thousands():
    result = company({"a": 100_000, "b": 100_000, "c": 10}, {"a": 300, "b": 300, "c": 50}).measure("sales_potential")
    assert result.status == "ok" and "в тысячах" not in said(result)


@pytest.mark.parametrize("volume, months, line", [(-5, 12, "меньше нуля 1 строка"), (None, 12, "Без объёма"), (500, 0, "Без числа месяцев 1 строка")])
def test_m4_1_an_unreadable_volume_is_unknown_and_counted(volume, months, line):
    result = company({"a": 100, "b": 100}, {"a": volume, "b": 300}, kw_volumes={"period_months": [months, 12]}).measure("sales_potential")
    assert by_id(result).loc["a", "potential_status"] == "missing" and pd.isna(by_id(result).loc["a", "free_amount"])
    assert line in said(result)


def test_m4_1_a_volume_of_a_stranger_is_said():
    assert "нет в базе, 1 строка" in said(company({"a": 100}, {"a": 300, "zz": 5}).measure("sales_potential"))


def test_m4_1_without_the_table_it_is_refused_by_name():
    result = company({"a": 100}).measure("sales_potential")
    assert result.status == "refused" and "potential" in result.reason


def test_m4_1_a_short_history_compares_the_same_months_and_is_weak():
    result = base_of(orders_of(("a", "2025-07-05", 50), ("a", "2025-12-10", 50)), potential=volumes({"a": 1200}), parameters=AS_OF).measure("sales_potential")
    assert result.status == "weak" and result.table[["amount", "purchases_amount", "free_amount"]].values.tolist() == [[100.0, 600.0, 500.0]]
    assert "за 6 месяцев" in said(result)


def test_m4_1_a_closed_firm_is_no_pool_and_is_not_asked():
    clients = frame(client_id=["a", "b"], status_manual=["closed", "closed"])
    result = company({"a": 100, "b": 100, "c": 100}, {"a": 300, "c": 300}, clients=clients).measure("sales_potential")
    assert by_id(result).loc["a", "pool_amount"] == 0 and result.tables["cost_of_not_knowing"].empty


def test_m4_1_ask_by_sales_then_by_what_the_segment_buys():
    clients = frame(client_id=["a", "b", "c", "d", "e"], segment=["мало", "много", "мало", "много", None])
    result = company({"a": 0, "b": 0, "c": 50, "d": 60, "e": 100}, {"c": 100, "d": 900}, clients=clients).measure("sales_potential")
    assert result.tables["cost_of_not_knowing"]["client_id"].tolist() == ["e", "b", "a"]


# ------------------------------------------------------------------ words
def test_m4_1_free_volume_is_context_and_is_not_booked(training):
    assert {f.booked_as for f in training.measure("sales_potential").findings} == {BookedAs.NONE}


def test_m4_1_figures_of_the_sentences_equal_the_tables(training):
    result = training.measure("sales_potential")
    found = {f.code: f for f in result.findings}
    assert found["sales_potential.free"].money == total(result).loc["known", "free_amount"] == sum(m for _c, m in found["sales_potential.free"].clients)
    assert "у 3 клиентов" in result.blocks[0]["title"] and (result.tables["pareto"]["cum_share"] < 2 / 3).sum() + 1 == 3


def test_m4_1_a_manager_sees_his_clients_only():
    rows = [(c, "2025-12-10", 100, m) for c, m in (("a", "M1"), ("b", "M2"), ("c", "M1"), ("d", "M2"))] + [("d", "2023-12-10", 1, "M2")]
    mine = base_of(orders_of(*rows), potential=volumes({"a": 500, "b": 900}), manager="M1", parameters=AS_OF).measure("sales_potential")
    assert all(set(frame["client_id"]) <= {"a", "c"} for frame in mine.tables.values() if "client_id" in frame)
    assert total(mine).loc["known", "free_amount"] == 400 and total(mine).loc["unknown", "n_clients"] == 1 and mine.tables["cost_of_not_knowing"]["priority"].tolist() == [1]


@pytest.mark.parametrize("purchases", [{"a": 80, "b": 400}, {"a": None}, {"a": 100, "b": 100, "c": 100}, dict.fromkeys("abc", 1)])
def test_m4_1_english_has_no_russian_letter(purchases):
    result = company({"a": 100_00, "b": 100_00, "c": 100_00}, purchases, lang="en").measure("sales_potential")
    assert not russian(said(result) + result.reason)


# ------------------------------------------------------------------ always
BASES = st.lists(st.tuples(st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 10**7))), min_size=1, max_size=15)


def of(pairs):
    ids = [f"K{i:02d}" for i in range(len(pairs))]
    return company({c: s for c, (s, _t) in zip(ids, pairs)}, {c: t for c, (_s, t) in zip(ids, pairs) if t is not None} or {"nobody": 1})


@settings(max_examples=10, deadline=None)
@given(BASES)
def test_m4_1_an_unknown_volume_never_becomes_zero_and_money_adds_up(pairs):
    result = of(pairs).measure("sales_potential")
    main = result.table
    unknown = pd.Series([t is None for _s, t in pairs])
    assert ((main["potential_status"] == "missing") == unknown).all()
    assert main.loc[unknown, ["purchases_amount", "wallet", "free_amount", "pool_amount"]].isna().all(axis=None)
    assert main.loc[~unknown, "free_amount"].notna().all() and (main["free_amount"].dropna() >= 0).all()
    parts = total(result).loc[["known", "unknown", "understated"]]
    assert parts["n_clients"].sum() == len(pairs) and abs(parts["amount"].sum() - sum(s for s, _t in pairs)) < 1e-6
    assert (main["pool_amount"].dropna() <= main["free_amount"].dropna() + 1e-9).all()


@settings(max_examples=6, deadline=None)
@given(BASES, st.integers(0, 14))
def test_m4_1_learning_one_more_volume_changes_no_other_client(pairs, which):
    which %= len(pairs)
    told = [(s, 10**6 if i == which else t) for i, (s, t) in enumerate(pairs)]
    before, after = (of(p).measure("sales_potential").table.drop(index=which) for p in (pairs, told))
    pd.testing.assert_frame_equal(before, after)
