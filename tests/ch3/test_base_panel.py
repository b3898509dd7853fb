"""M3.1 base_panel: mini base of METHODS, verdicts, rows without a source, managers, and what must always hold."""

from __future__ import annotations

from types import MethodType

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport import book
from kbreport.ch3._panel import NAMES
from kbreport.errors import UsageProblem
from tests.base import base_of, frame, orders_of
from tests.ch3.said import figure_of, is_english, words_of

P25 = {"as_of": "2025-12-31"}


def years(before: dict, now: dict, *, history: str | None = "2019-01-15", managers: dict | None = None, **kw):
    managers = managers or {}
    rows = [("old", history, 1)] if history else []
    rows += [(c, f"{y}-06-15", a, managers.get(c)) for y, part in ((2024, before), (2025, now)) for c, a in part.items()]
    return base_of(orders_of(*rows), parameters=P25 | kw.pop("parameters", {}), **kw)


def rows(result) -> pd.DataFrame:
    return result.table.set_index("row")


def many(n: int, amount: float) -> dict:
    return {f"K{i:02d}": amount for i in range(n)}


def test_m3_1_mini_base(training):
    main = rows(training.measure("base_panel"))
    value, prev = main["value"], main["value_prev"]
    assert (value["net_sales"], prev["net_sales"]) == (7_314_000, 7_400_000) and round(main.at["net_sales", "change"], 3) == -0.012
    assert (value["active_clients"], prev["active_clients"], value["new_clients"], value["lost_clients"], value["returned_clients"]) == (10, 10, 2, 2, 0)
    assert (value["crr"], round(value["grr"], 3), round(value["nrr"], 3)) == (0.8, 0.85, 0.953)
    assert (value["orders"], prev["orders"], round(value["avg_check"]), round(prev["avg_check"])) == (109, 123, 67_211, 60_163)
    assert round(value["overdue_share"], 3) == 0.268 and round(value["plan_fulfilment"], 4) == 0.9377


def test_m3_1_mini_base_title_of_the_report(training):
    title = training.measure("base_panel").blocks[0]["title"]
    assert figure_of(title) == "Выручка почти не изменилась (-1,2 %), но база держится на росте среднего чека: заказов стало меньше на 11 %"


def test_m3_1_every_row_stands_in_its_order_with_or_without_a_value():
    result = years({"a": 5}, {"a": 6}).measure("base_panel")
    assert result.table["row"].tolist() == NAMES and len(NAMES) == 25
    absent = result.table[result.table["status"] == "refused"]
    assert absent["value"].isna().all() and absent["reason"].notna().all() and (absent["verdict"] == "na").all()
    assert {"wallet", "nps", "overdue_share", "touch_coverage", "plan_fulfilment"} <= set(absent["row"])
    assert "касания против нормы — нужна таблица touches" in words_of(result)


def test_m3_1_the_panel_repeats_the_methods_it_composes(training):
    main = rows(training.measure("base_panel"))
    first = training.measure("concentration").table.set_index("k")["amount_share"]
    assert main.at["top1_share", "value"] == pytest.approx(first[1]) and main.at["top5_share", "value"] == pytest.approx(first[5])
    check = training.measure("avg_check").table.iloc[0]
    assert main.at["avg_check", "value"] == check["avg_check"] and main.at["orders", "value"] == check["orders"]
    tree = training.measure("driver_tree").table.query("scope == 'company' and approach == 'chain'").set_index("factor")
    assert main.at["net_sales", "value"] == tree.at["total", "value_cur"] and main.at["frequency", "value"] == tree.at["frequency", "value_cur"]
    split = training.measure("driver_tree").tables["clients_split"].set_index("kind")["n_clients"]
    assert [main.at[f"{k}_clients", "value"] for k in ("new", "lost", "returned")] == [split[k] for k in ("new", "lost", "returned")]
    kept = training.measure("retention").table.iloc[0]
    assert main.loc[["crr", "grr", "nrr"], "value"].tolist() == kept[["crr", "grr", "nrr"]].tolist()
    assert main.at["a_share", "value"] == pytest.approx(training.measure("abc").tables["by_class"].set_index("class").at["A", "amount_share"])
    asleep = training.measure("lifecycle").table.query("state == 'sleeping'")
    assert main.at["n_sleeping", "value"] == len(asleep) and main.at["sleeping_amount", "value"] == asleep["s12_before"].sum()


@pytest.mark.parametrize("now, verdict", [(104, "good"), (103, "good"), (102, "watch"), (96, "watch"), (95, "bad"), (50, "bad")])
def test_m3_1_verdict_without_a_target_is_the_relative_change(now, verdict):
    assert rows(years(many(25, 100), many(25, now)).measure("base_panel")).at["net_sales", "verdict"] == verdict


def test_m3_1_fewer_lost_is_better_and_rows_without_direction_have_no_verdict():
    main = rows(years(many(40, 100), many(30, 100)).measure("base_panel"))
    assert main.at["active_clients", "verdict"] == "bad" and main.loc[["orders", "top1_share", "top5_share", "a_share"], "verdict"].tolist() == ["na"] * 4


def test_m3_1_a_small_base_is_judged_only_against_a_target():
    main = rows(years(many(19, 100), many(19, 50)).measure("base_panel"))
    assert main.at["net_sales", "verdict"] == "na" and main.at["existing_share", "verdict"] == "good"
    aimed = rows(years(many(19, 100), many(19, 50), settings={"base_panel.targets": {"net_sales": 1000, "nrr": 0.4, "active_clients": 25}}).measure("base_panel"))
    assert aimed.loc[["net_sales", "active_clients"], "verdict"].tolist() == ["watch", "bad"]


def test_m3_1_plans_are_the_target_of_sales_and_their_fulfilment():
    plans = frame(period=[f"2025-{m:02d}" for m in range(1, 13)], manager_id=["M1"] * 12, metric=["amount"] * 12, plan_value=[100.0] * 12)
    main = rows(years({"a": 5}, {"a": 1100}, managers={"a": "M1"}, plans=plans).measure("base_panel"))
    assert (main.at["net_sales", "target"], main.at["net_sales", "verdict"], round(main.at["plan_fulfilment", "value"], 4), main.at["plan_fulfilment", "verdict"]) == (1200, "watch", 0.9167, "watch")


def plans_of(*lines):
    """(manager, months, value[, client]): one plan line a month of 2025."""
    rows = [(f"2025-{m:02d}", who, value, *client) for who, months, value, *client in lines for m in months]
    return frame(period=[r[0] for r in rows], manager_id=[r[1] for r in rows], metric=["amount"] * len(rows), plan_value=[float(r[2]) for r in rows], client_id=[r[3] if len(r) > 3 else None for r in rows])


YEAR, JANUARY = range(1, 13), range(1, 2)
SELLERS = orders_of(("old", "2019-01-15", 1), *((c, f"2025-{m:02d}-10", 100, who) for c, who in (("a", "M1"), ("b", "M2")) for m in YEAR))


def sellers(plans, **kw):
    return base_of(SELLERS, parameters=P25, plans=plans, **kw)


def test_m3_1_a_plan_of_half_the_period_is_no_target():
    plans = plans_of(("M1", range(1, 7), 100))
    main = rows(years({"a": 5}, {"a": 600}, managers={"a": "M1"}, plans=plans).measure("base_panel"))
    assert main.at["plan_fulfilment", "value"] == 1.0 and pd.isna(main.at["net_sales", "target"])


def test_m3_1_m5_2_fulfilment_is_that_of_the_plan_report_months_without_a_plan_do_not_count():
    """M1 is planned for 12 months, M2 for January only: his other 11 months have no plan, and the year of both no target."""
    base = sellers(plans_of(("M1", YEAR, 125), ("M2", JANUARY, 50)))
    result, report = base.measure("base_panel"), base.measure("plan_report").tables["total"]
    by = result.tables["by_manager"].set_index(["manager_id", "row"])
    assert rows(result).at["plan_fulfilment", "value"] == report["fulfilment"].iloc[0] == (1200 + 100) / (1500 + 50)
    assert [by.at[(m, "plan_fulfilment"), "value"] for m in ("M1", "M2")] == [0.8, 2.0] == report["fulfilment"].iloc[1:].tolist()
    assert pd.isna(rows(result).at["net_sales", "target"]) and by.at[("M1", "net_sales"), "target"] == 1500 and pd.isna(by.at[("M2", "net_sales"), "target"])


def test_m3_1_a_plan_of_one_manager_does_not_drop_the_plans_by_client_of_another():
    base = sellers(plans_of(("M1", YEAR, 125), ("M2", YEAR, 50, "b"), ("M1", YEAR, 60, "a")))
    result = base.measure("base_panel")
    by = result.tables["by_manager"].set_index(["manager_id", "row"])
    assert rows(result).at["net_sales", "target"] == 12 * (125 + 50) and [by.at[(m, "net_sales"), "target"] for m in ("M1", "M2")] == [1500, 600]
    assert rows(result).at["plan_fulfilment", "value"] == base.measure("plan_report").tables["total"]["fulfilment"].iloc[0] == 2400 / 2100


def test_m3_1_a_planned_manager_who_stands_in_no_sale_is_not_a_zero():
    main = rows(sellers(plans_of(("M1", YEAR, 100), ("M2", YEAR, 100), ("M9", YEAR, 500))).measure("base_panel"))
    assert (main.at["plan_fulfilment", "value"], main.at["net_sales", "target"]) == (1.0, 2400)


def test_m3_1_a_plan_that_cannot_be_of_the_same_sales_gives_no_verdict():
    main = rows(sellers(plans_of(("M1", YEAR, 100_000), ("M2", YEAR, 100))).measure("base_panel"))
    assert main.at["plan_fulfilment", "status"] == "refused" and "раза больше продаж" in main.at["plan_fulfilment", "reason"] and main.loc[["plan_fulfilment", "net_sales"], ["value", "target"]].isna().sum().tolist() == [1, 1]


def test_m3_1_who_left_in_march_with_his_plan_does_not_take_the_target_away():
    short = [r for r in SELLERS if not (r["client_id"] == "b" and r["order_date"] > "2025-03-31")]
    main = rows(base_of(short, parameters=P25, plans=plans_of(("M1", YEAR, 100), ("M2", range(1, 4), 100))).measure("base_panel"))
    assert main.at["net_sales", "target"] == 1500


def test_m3_1_a_plan_without_managers_in_the_sales_is_no_false_zero():
    main = rows(years({"a": 5}, {"a": 600}, plans=plans_of(("M1", YEAR, 100))).measure("base_panel"))
    assert main.at["plan_fulfilment", "status"] == "refused" and "нет в продажах" in main.at["plan_fulfilment", "reason"]


def test_m3_1_overdue_takes_the_last_snapshot_of_credit_debt():
    debts = frame(snapshot_date=["2025-06-30", "2025-12-31", "2025-12-31", "2025-12-31"], client_id=["a"] * 4, due_date=["2025-01-01", "2025-12-01", "2026-02-01", "2025-11-01"],
                  open_amount=[10.0, 30.0, 70.0, 500.0], terms=["credit", "credit", "credit", "cash"])
    assert rows(years({"a": 5}, {"a": 6}, receivables=debts).measure("base_panel")).at["overdue_share", "value"] == 0.3


def test_m3_1_newness_that_cannot_be_told_is_missing_never_new():
    main = rows(base_of(orders_of(("a", "2025-01-10", 5), ("a", "2025-12-10", 5), ("b", "2025-12-12", 5)), parameters=P25).measure("base_panel"))
    assert main.loc[["new_clients", "existing_share"], "value"].isna().all() and main.loc[["new_clients", "existing_share"], "status"].tolist() == ["insufficient"] * 2


def test_m3_1_a_short_history_withholds_comparison_and_keeps_the_state():
    result = base_of(orders_of(*((f"K{i}", f"2025-{m:02d}-10", 100) for i in range(3) for m in range(1, 13))), parameters=P25).measure("base_panel")
    main = rows(result)
    assert result.status == "insufficient" and main["change"].isna().all() and main.at["net_sales", "value"] == 3600 and not result.findings
    assert figure_of(result.blocks[0]["title"]) == "Продажи 3 600: 3 активных клиента" and "История начинается" in words_of(result).replace("история", "История")


def test_m3_1_monthly_adds_up_to_the_period(training):
    monthly = training.measure("base_panel").tables["monthly"]
    assert monthly["month"].tolist() == [f"2024-{m:02d}" for m in range(1, 13)] and monthly["amount"].sum() == 7_314_000 and monthly["orders"].sum() == 109
    assert (monthly["frequency"] * monthly["active_clients"]).round(6).tolist() == monthly["orders"].tolist()


def test_m3_1_managers_have_every_row_and_money_adds_up(training):
    by = training.measure("base_panel").tables["by_manager"]
    assert by.groupby("manager_id").size().to_dict() == {"M1": 25, "M2": 25}
    assert by.query("row == 'net_sales'")["value"].sum() == 7_314_000
    plan = by.query("row == 'plan_fulfilment'").set_index("manager_id")["value"].round(3).to_dict()
    assert plan == {"M1": 0.963, "M2": 0.853}
    assert by.query("row == 'nrr'").set_index("manager_id")["value"].round(3).to_dict() == {"M1": 1.047, "M2": 0.714}


def test_m3_1_a_manager_sees_his_own_rows_only(training):
    import kbreport as kb

    mine = kb.open("training", period="2024", manager="M2").measure("base_panel")
    assert rows(mine).at["net_sales", "value"] == 1_536_000 and mine.tables["monthly"]["amount"].sum() == 1_536_000 and set(mine.tables) == {"main", "monthly"}
    assert "Орлова" not in words_of(mine)


# ------------------------------------------------------------------ other methods may be there or not
FED = {
    ("client_risk", "main"): frame(client_id=["a", "b"], manager_id=["M1", "M2"], band=["high", "low"], risk_amount=[70.0, 5.0]),
    ("penetration", "total"): frame(scope=["company", "manager_id"], key=[None, "M1"], wallet=[0.434, 0.5], n_known=[30, 10]),
    ("order_conversion", "total"): frame(n_requests=[40], conv_total=[0.525]),
    ("nps", "main"): frame(scope=["company"], key=[None], nps_client=[20.0], n_clients=[5]),
    ("touches", "main"): frame(client_id=["a", "b", "c"], manager_id=["M1", "M1", "M2"], norm=[24.0, 12.0, None], fact=[20.0, 30.0, 7.0]),
}


def fed(base, *methods):
    """The base with tables of methods as METHODS declares them, whether the methods exist or not; only the panel sees them."""
    for name in book.in_order(["base_panel"])[:-1]:
        base.measure(name)
    has, table = base.has, base.table
    base.has = MethodType(lambda self, name: name in methods or (name not in {m for m, _t in FED} and has(name)), base)
    base.table = MethodType(lambda self, name, part="main": FED[name, part].copy() if name in methods else table(name, part), base)
    return base


def test_m3_1_rows_fill_when_their_methods_are_there():
    who = {"a": "M1", "b": "M2"}
    result = fed(years({"a": 5, "b": 5}, {"a": 6, "b": 5}, managers=who), *{m for m, _t in FED}).measure("base_panel")
    main = rows(result)
    assert main.loc[["n_at_risk", "risk_amount", "wallet", "order_conversion", "nps"], "value"].tolist() == [1, 70, 0.434, 0.525, 20]
    assert main.at["touch_coverage", "value"] == pytest.approx(32 / 36) and main.at["touch_coverage", "verdict"] == "bad" and main.at["nps", "status"] == "weak"
    by = result.tables["by_manager"].set_index(["manager_id", "row"])["value"]
    assert by["M1", "wallet"] == 0.5 and by["M1", "n_at_risk"] == 1 and by["M2", "n_at_risk"] == 0 and pd.isna(by["M2", "nps"])
    assert is_english(words_of(fed(years({"a": 5}, {"a": 6}, managers=who, lang="en"), *{m for m, _t in FED}).measure("base_panel")))


def test_m3_1_without_them_the_rows_say_what_they_need():
    main = rows(fed(years({"a": 5}, {"a": 6})).measure("base_panel"))
    assert (main.loc[["n_at_risk", "risk_amount", "wallet", "order_conversion", "nps", "touch_coverage"], "status"] == "refused").all()
    assert main.loc[["n_at_risk", "touch_coverage"], "reason"].str.len().min() > 5


def test_m3_1_figures_of_the_words_equal_the_table(training):
    result = training.measure("base_panel")
    (finding,) = result.findings
    main = rows(result)
    assert finding.fact == main.at["net_sales", "value"] and finding.gap == -86_000 and finding.values["lever_change"] == main.at["avg_check", "change"]
    assert finding.values["lever"] == "avg_check" and finding.text == result.blocks[0]["title"]


def test_m3_1_the_largest_change_becomes_the_title():
    said = figure_of(years(many(25, 100), many(20, 100)).measure("base_panel").blocks[0]["title"])
    assert said in ("Выручка упала на 20,0 %: прежние клиенты купили на 20,0 % меньше", "Выручка упала на 20,0 %: активных клиентов стало меньше на 20,0 %")
    up = figure_of(years(many(25, 100), many(25, 150)).measure("base_panel").blocks[0]["title"])
    assert up.startswith("Выручка выросла на 50,0 %: ")


@pytest.mark.parametrize("name, value, said", [("base_panel.targets", {"nrrr": 1}, "targets"), ("base_panel.good_change", -1, "0"), ("base_panel.watch", 1, "watch_gap")])
def test_m3_1_bad_settings_are_refused_in_words(name, value, said):
    with pytest.raises(UsageProblem, match=said):
        years({"a": 1}, {"a": 1}, settings={name: value})


def test_m3_1_english_has_no_russian_letter():
    assert is_english(words_of(years(many(25, 100), many(20, 130), managers={"K01": "M1", "K02": "M2"}, lang="en").measure("base_panel")))
    assert is_english(words_of(base_of(orders_of(("a", "2025-12-10", 5)), parameters=P25, lang="en").measure("base_panel")))


@settings(max_examples=12, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(-100, 1000).filter(bool), max_size=12), st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(-100, 1000).filter(bool), max_size=12))
def test_m3_1_clients_and_money_hold_together(before, now):
    main = rows(years(before, now).measure("base_panel"))["value"]
    prev = sum(a > 0 for a in before.values())
    assert main["active_clients"] - prev == main["new_clients"] + main["returned_clients"] - main["lost_clients"] and main["net_sales"] == sum(now.values())


@pytest.mark.parametrize("before, now", [({}, {}), ({"a": 5}, {}), ({}, {"a": 5}), ({"a": -5}, {"a": -5}), (many(12, 5), many(12, 7))])
def test_m3_1_tiny_bases_do_not_crash(before, now):
    assert years(before, now).measure("base_panel").blocks
