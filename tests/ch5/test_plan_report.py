"""M5.2 plan_report: the training base, plans by client, plans that do not fit the sales, privacy of a manager's page."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kbreport as kb
from tests.base import base_of, frame, orders_of

SOLD = [("a", "2024-11-05", 90, "M1"), ("b", "2024-11-06", 50, "M1"), ("c", "2024-11-07", 40, "M2"), ("a", "2024-12-05", 70, "M1"), ("c", "2024-12-06", 40, "M2")]


def plans(*rows):
    """(month, manager, client or None, metric, value[, reason])"""
    rows = [(*r, None)[:6] for r in rows]
    return frame(**dict(zip(("period", "manager_id", "client_id", "metric", "plan_value", "reason_code"), map(list, zip(*rows, strict=False)), strict=False)))


def measured(table, sold=SOLD, period="2024-11..2024-12", **kw):
    return base_of(orders_of(*sold), plans=table, parameters={"as_of": "2024-12-31", "period": period}, **kw).measure("plan_report")


def total(result):
    return result.tables["total"].set_index(result.tables["total"]["manager_id"].fillna("all"))


def test_m5_2_training_base(training):
    result = training.measure("plan_report")
    assert total(result).loc[["M1", "M2"], ["plan_amount", "fact_amount"]].values.tolist() == [[6_000_000, 5_778_000], [1_800_000, 1_536_000]]
    assert total(result)["fulfilment"].round(3)[["M1", "M2"]].tolist() == [0.963, 0.853]


def test_m5_2_the_sentence_equals_the_table(training):
    result = training.measure("plan_report")
    row, (gap,) = result.tables["total"].iloc[0], result.findings
    assert gap.money == row["plan_amount"] - row["fact_amount"] == 486_000 and "93,8" in gap.text and "93,8" in result.blocks[0]["title"]
    assert gap.fact == pytest.approx(row["fulfilment"], abs=1e-6) and gap.values["missing_reasons"] == row["missing_reasons"]


def test_m5_2_plans_by_client_put_other_sales_outside():
    result = measured(plans(("2024-11", "M1", "a", "amount", 100, "price"), ("2024-12", "M1", "a", "amount", 100), ("2024-12", "M2", None, "amount", 40)))
    assert total(result).loc["M1", ["plan_amount", "fact_amount", "outside_plan_amount", "missing_reasons"]].tolist() == [200, 160, 50, 1]
    assert total(result).loc["M2", ["plan_amount", "fact_amount", "outside_plan_amount"]].tolist() == [40, 40, 40]
    row = result.table.iloc[0]
    assert row[["client_id", "dev_amount", "reason_code", "action"]].tolist() == ["a", -40, "price", "договориться о заказе"]
    outside = result.table[result.table["client_id"].isna()]
    assert outside[["client_name", "manager_id", "fact_amount", "action"]].values.tolist() == [["вне плана", "M1", 50.0, "дать план"]]
    assert "цена" in result.findings[0].detail and "a" in result.findings[0].detail


def test_m5_2_a_managers_own_plan_holds_his_clients_nothing_counts_twice():
    result = measured(plans(("2024-12", "M1", None, "amount", 100), ("2024-12", "M1", "a", "amount", 60), ("2024-11", "M1", "a", "amount", 90)))
    months = result.tables["months"].set_index(["manager_id", "month"])
    assert months.loc[("M1", "2024-12"), ["plan_amount", "fact_amount", "outside_plan_amount"]].tolist() == [100, 70, 0]
    assert months.loc[("M1", "2024-11"), ["plan_amount", "fact_amount", "outside_plan_amount"]].tolist() == [90, 90, 50]
    assert total(result).loc["M1", ["plan_amount", "fact_amount", "outside_plan_amount"]].tolist() == [190, 160, 50]


def test_m5_2_a_planned_client_who_never_bought_is_a_shortfall_not_a_gap():
    result = measured(plans(("2024-12", "M1", "z", "amount", 10), ("2024-12", "M1", "a", "amount", 70)))
    assert result.table.set_index("client_id").loc["z", ["fact_amount", "dev_amount", "fulfilment"]].tolist() == [0, -10, 0]


def test_m5_2_a_plan_of_zero_has_no_fulfilment():
    result = measured(plans(("2024-12", "M1", None, "amount", 0), ("2024-12", "M2", None, "amount", 50)))
    assert pd.isna(total(result).loc["M1", "fulfilment"]) and total(result).loc["M2", "fulfilment"] == 0.8


def test_m5_2_promise_accuracy_by_month():
    table = plans(("2024-12", "M2", None, "amount", 50), ("2024-12", "M2", None, "promise_amount", 50), ("2024-11", "M2", None, "amount", 50), ("2024-11", "M2", None, "promise_amount", 30))
    assert total(measured(table)).loc["M2", "accuracy"] == pytest.approx(1 - (10 + 10) / 80)


def test_m5_2_plans_after_the_period_are_next_not_now():
    result = measured(plans(("2024-12", "M1", "a", "amount", 70), ("2025-01", "M1", "a", "amount", 500), ("2025-06", "M1", "a", "amount", 900)))
    assert total(result).loc["M1", "plan_amount"] == 70 and result.table.set_index("client_id").loc["a", "next_plan_amount"] == 500


def test_m5_2_a_plan_many_times_the_sales_is_said_not_divided():
    result = measured(plans(("2024-12", "M1", None, "amount", 7000)))
    assert result.status == "insufficient" and "100,0 раза больше" in result.reason
    assert "не сопоставимы" in result.blocks[0]["title"] and not any("выполнен" in f.text for f in result.findings)
    low = measured(plans(("2024-12", "M1", None, "amount", 7)))
    assert low.status == "insufficient" and "продажи в 10,0" in low.reason


def test_m5_2_a_manager_without_any_sale_is_not_a_zero():
    result = measured(plans(("2024-12", "M1", None, "amount", 70), ("2024-12", "M9", None, "amount", 50)))
    assert result.status == "weak" and "M9" in result.reason and "M9" not in set(result.tables["total"]["manager_id"])
    assert total(result).loc["all", "fulfilment"] == 1.0


def test_m5_2_without_a_plan_for_the_period_it_is_refused_in_words():
    assert "плана продаж нет" in measured(plans(("2023-12", "M1", None, "amount", 70))).reason
    assert "нет в продажах" in measured(plans(("2024-12", "M9", None, "amount", 70))).reason
    assert base_of(orders_of(*SOLD)).measure("plan_report").status == "refused"


def test_m5_2_sure_deals_of_the_coming_month():
    deals = frame(deal_id=["1", "2", "3"], client_id=["a"] * 3, status=["open", "open", "won"], probability=[0.9, 0.5, 1.0], amount=[30.0, 40, 50], expected_close=pd.to_datetime(["2025-01-15"] * 3))
    result = measured(plans(("2024-12", "M1", None, "amount", 70)), deals=deals, period="2024-12")
    assert result.table.set_index("client_id").loc["a", "sure_amount"] == 30


def test_m5_2_a_manager_sees_his_own_sums_and_no_foreign_name():
    clients = frame(client_id=["a", "b", "c"], client_name=["Альфа", "Бета", "Вега"], manager_id=["M1", "M2", "M2"])
    result = measured(plans(("2024-12", "M1", "a", "amount", 70), ("2024-11", "M1", "b", "amount", 60), ("2024-12", "M2", None, "amount", 50)), clients=clients, manager="M1")
    assert result.tables["total"]["manager_id"].tolist() == ["M1"] and result.tables["total"]["fact_amount"].tolist() == [120]
    assert "Бета" not in str(result.table.values.tolist()) + str(result.blocks) and "переданные клиенты" in result.table["client_name"].tolist()
    assert result.table["fact_amount"].sum() == 210
    alone = measured(plans(("2024-12", "M1", "a", "amount", 70), ("2024-12", "M9", None, "amount", 50)), manager="M1")
    assert alone.status == "ok" and "M9" not in alone.reason


def test_m5_2_real_plans_of_another_circle_are_refused_a_verdict(real):
    result = kb.open(real / "adventureworks_slice").measure("plan_report")
    assert result.status == "insufficient" and "раза больше продаж" in result.reason and "в продажах нет менеджеров" in result.reason


def test_m5_2_english_has_no_russian_letter():
    for table in (plans(("2024-11", "M1", "a", "amount", 100, "price"), ("2024-12", "M1", "a", "amount", 100), ("2024-12", "M2", None, "amount", 44), ("2024-11", "M9", None, "amount", 4)),
                  plans(("2024-12", "M1", None, "amount", 7000))):
        result = measured(table, lang="en")
        said = " ".join([result.reason] + [f.text + f.detail + f.action + f.who + f.basis for f in result.findings] + [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks])
        assert not any("а" <= c.lower() <= "я" for c in said + str(result.table.values.tolist()))


LINE = st.tuples(st.sampled_from(["2024-11", "2024-12"]), st.sampled_from(["M1", "M2"]), st.sampled_from([None, "a", "b", "z"]), st.just("amount"), st.integers(0, 300))


@settings(max_examples=25, deadline=None)
@given(st.lists(LINE, min_size=1, max_size=8))
def test_m5_2_every_rouble_sold_stands_once(lines):
    result = measured(plans(*lines))
    row = result.tables["total"].iloc[0]
    assert result.table["fact_amount"].sum() == pytest.approx(290) == row["fact_amount"] + row["outside_plan_amount"]
    assert row["plan_amount"] == pytest.approx(result.tables["total"]["plan_amount"].iloc[1:].sum())
