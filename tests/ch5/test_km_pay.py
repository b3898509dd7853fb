"""M5.1 km_pay: the worked example, every border of every coefficient, schemes as data and their errors, the replay."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kbreport as kb
from kbreport.ch5 import _pay
from kbreport.ch5._schemes import schemes
from kbreport.ch5.km_pay import KmPay, _links
from kbreport.errors import MethodRefused
from tests.base import base_of, frame, orders_of

PAY = {"km_pay.base": 50_000, "km_pay.bonus_target": 40_000}
DEFAULTS = KmPay(base=50_000, bonus_target=40_000).model_dump()
BARE = KmPay().model_dump()


def row(**own) -> pd.DataFrame:
    return pd.DataFrame([{"manager_id": "M1", "month": "2024-12", "plan_amount": 100.0, "fact_amount": 95.0, "sales": 95.0, "nrr": 1.05, "overdue_share": 0.1,
                          "discipline_share": 1.0, "worked": 1.0, "tenure_months": 24.0} | own])


def paid(scheme=None, **own) -> pd.Series:
    return _pay.pay(row(**own), schemes({"s": {"base": 50_000, "bonus_target": 40_000} | (scheme or {})}, BARE)[0]).iloc[0]


def test_m5_1_worked_example():
    r = paid()
    assert r[["k_plan", "k_ret", "k_debt", "k_disc"]].tolist() == [0.95, 1.1, 0.9, 1.0]
    assert round(r["k_total"], 4) == 0.9405 and r["pay_amount"] == pytest.approx(87_620)


def test_m5_1_training_base_december(training):
    base = kb.open("training", period="2024", settings=PAY | {"km_pay.disc_k": [1, 1, 1]})
    table = base.measure("km_pay").table
    assert table["month"].unique().tolist() == ["2024-12"] and table["pay_amount"].round().tolist() == [92_372, 69_115]
    assert table["overdue_share"].round(3).tolist() == [0.0, 0.577] and table["nrr"].round(3).tolist() == [1.047, 0.714]


@pytest.mark.parametrize("column, values, k", [
    ("fact_amount", [69, 70, 95, 120, 150], [0, 0.7, 0.95, 1.2, 1.2]),
    ("nrr", [0.899, 0.9, 0.999, 1.0, 1.1, 1.101], [0.8, 1.0, 1.0, 1.1, 1.1, 1.2]),
    ("overdue_share", [0, 0.05, 0.0501, 0.15, 0.16], [1.0, 1.0, 0.9, 0.9, 0.7]),
    ("discipline_share", [1, 0.95, 0.949, 0.80, 0.79], [1.0, 1.0, 0.9, 0.9, 0.8]),
])
def test_m5_1_borders(column, values, k):
    name = {"fact_amount": "k_plan", "nrr": "k_ret", "overdue_share": "k_debt", "discipline_share": "k_disc"}[column]
    assert [paid(**{column: v})[name] for v in values] == k


def test_m5_1_a_coefficient_without_data_is_one_and_marked_the_plan_is_not():
    r = paid(nrr=float("nan"))
    assert (r["k_ret"], r["status"]) == (1.0, "weak") and pd.isna(r["nrr"])
    r = paid(plan_amount=0.0)
    assert pd.isna(r["k_plan"]) and (r["pay_amount"], r["status"]) == (50_000, "insufficient")


def test_m5_1_newcomer_cap_part_of_a_month_and_extras():
    assert paid(tenure_months=2.0, fact_amount=1.0)[["k_total", "pay_amount", "status"]].tolist() == [1.0, 90_000, "ok"]
    assert paid({"ret_k": [0.8, 1, 3, 3]}, fact_amount=120.0, overdue_share=0.0)["k_total"] == 1.6
    assert paid(worked=0.5)["base_amount"] == 25_000
    assert paid({"bonus_target": 0, "sales_rate": 0.1, "extras": {"M1": {"2024-12": 7}}})["pay_amount"] == pytest.approx(50_016.5)
    assert paid({"managers": {"M1": {"base": 70_000}}})["base_amount"] == 70_000


def test_m5_1_a_scheme_may_leave_coefficients_out():
    assert paid({"coefficients": ["plan"]})["k_total"] == 0.95
    assert paid({"coefficients": []}, plan_amount=float("nan"))["pay_amount"] == 90_000


@pytest.mark.parametrize("written, said", [
    ({"new": {"base": 1}}, "norms.pay_schemes.new: нет ключа bonus_target"),
    ({"new": {"base": 1, "bonus_targt": 2, "bonus_target": 1}}, "Возможно, bonus_target?"),
    ({"new": {"base": "много", "bonus_target": 1}}, "norms.pay_schemes.new.base: значение «много» не подходит"),
    ({"new": {"base": 1, "bonus_target": 1, "ret_k": [1, 2]}}, "ret_k: границ 3, значит, коэффициентов нужно 4, а дано 2"),
    ({"new": {"base": 1, "bonus_target": 1, "debt_borders": [0.2, 0.1]}}, "по возрастанию"),
    ({"new": {"base": 1, "bonus_target": 1, "disc_borders": [0.1, 0.2]}}, "по убыванию"),
    ({"new": {"base": 1, "bonus_target": 1, "coefficients": ["plam"]}}, "«plam» не бывает"),
    ({"new": {"base": -1, "bonus_target": 1}}, "меньше нуля"),
    ({"new": {"base": 1, "bonus_target": 1, "plan_min": 2}}, "plan_min больше"),
    ({"new": {"base": 1, "bonus_target": 1, "extras": {"M1": 5}}}, "extras.M1"),
    ({"new": 5}, "ключ: значение"),
    (5, "ожидались схемы"),
    (None, "Схема оплаты не задана"),
])
def test_m5_1_a_bad_scheme_is_refused_with_place_and_remedy(written, said):
    with pytest.raises(MethodRefused) as bad:
        schemes(written, BARE)
    assert said in str(bad.value)


def test_m5_1_all_mistakes_of_the_schemes_are_named_at_once():
    with pytest.raises(MethodRefused) as bad:
        schemes({"a": {"base": 1}, "b": {"base": "x", "bonus_target": 1}}, BARE)
    assert "pay_schemes.a" in str(bad.value) and "pay_schemes.b" in str(bad.value)


def test_m5_1_which_scheme_is_tried_and_which_is_current():
    both = {"current": {"base": 1, "bonus_target": 0}, "new": {"base": 2, "bonus_target": 3}}
    assert [s.name for s in schemes(both, BARE)] == ["new", "current"]
    assert [s.name for s in schemes({"current": both["current"]}, DEFAULTS)] == ["settings", "current"]
    assert schemes({"a": both["new"]}, BARE)[1] is None
    assert [s.name for s in schemes({"new": both["new"]}, DEFAULTS)] == ["new", "settings"]


def year(**kw):
    sold = [(c, f"{m}-15", 100 if m.year < 2024 or c == "a" else 50, "M1" if c == "a" else "M2") for c in "ab" for m in pd.period_range("2022-01", "2024-12", freq="M")]
    plans = frame(period=[str(m) for m in pd.period_range("2024-01", "2024-12", freq="M") for _ in "ab"], manager_id=["M1", "M2"] * 12, metric=["amount"] * 24, plan_value=[100, 50] * 12)
    extra = {"plans": plans} | kw.pop("tables", {})
    norms = kw.pop("norms", None)
    base = base_of(orders_of(*[(c, str(d), a, m) for c, d, a, m in sold]), parameters={"as_of": "2024-12-31"}, **({"settings": PAY} | kw), **extra)
    for run in (base, base.whole):
        if norms and run is not None:
            run.company = dataclasses.replace(run.company, norms={"pay_schemes": norms})
    return base


def test_m5_1_replay_of_twelve_months_under_two_schemes():
    result = year(norms={"current": {"base": 60_000, "bonus_target": 0}}).measure("km_pay")
    sim = result.tables["simulation"]
    assert sim["month"].nunique() == 12 and len(sim) == 24 and (sim["pay_current_amount"] == 60_000).all()
    assert (sim["diff_amount"] == sim["pay_amount"] - sim["pay_current_amount"]).all()
    fund = result.tables["fund"].groupby("scheme")["fund_amount"].sum()
    assert fund.to_dict() == pytest.approx({"по настройкам": sim["pay_amount"].sum(), "нынешняя оплата": sim["pay_current_amount"].sum()})
    (found,) = result.findings
    assert found.gap == pytest.approx(sim["diff_amount"].sum()) and "12 мес." in found.text


def test_m5_1_retention_is_that_of_the_twelve_months_ending_with_the_pay_month():
    by = year().measure("km_pay").tables["main"].set_index("manager_id")
    assert by["nrr"].tolist() == [1.0, 0.5] and by["k_ret"].tolist() == [1.1, 0.8] and by["pay_amount"].tolist() == [94_000, 82_000]


def test_m5_1_overdue_of_each_month_end():
    debts = frame(snapshot_date=["2024-11-30", "2024-12-31", "2024-12-31", "2024-12-31"], client_id=["a", "a", "b", "b"], due_date=["2024-10-01", "2025-02-01", "2024-12-01", "2024-12-01"],
                  open_amount=[100.0, 100.0, 30.0, 500.0], terms=["credit", "credit", "credit", "cash"])
    by = year(tables={"receivables": debts}).measure("km_pay").tables["main"].set_index("manager_id")
    assert by["overdue_share"].tolist() == [0.0, 1.0] and by["k_debt"].tolist() == [1.0, 0.7]


def test_m5_1_without_open_debt_the_share_is_missing_not_zero():
    """M1: no row in the snapshot; M2: open debt, nothing overdue, and a cash invoice that is no debt. K_debt is 1 for both, only M1 is marked."""
    debts = frame(snapshot_date=["2024-12-31"] * 2, client_id=["b", "b"], due_date=["2025-02-01", "2024-11-01"], open_amount=[100.0, 500.0], terms=["credit", "cash"])
    result = year(tables={"receivables": debts}, settings=PAY | {"km_pay.disc_k": [1, 1, 1]}).measure("km_pay")
    by = result.tables["main"].set_index("manager_id")
    assert pd.isna(by.at["M1", "overdue_share"]) and by.at["M2", "overdue_share"] == 0.0 and by["k_debt"].tolist() == [1.0, 1.0]
    assert "просрочка" in result.reason
    paid_up = frame(snapshot_date=["2024-12-31"], client_id=["b"], due_date=["2024-12-01"], open_amount=[0.0])
    assert year(tables={"receivables": paid_up}).measure("km_pay").table["overdue_share"].isna().all()
    assert year().measure("km_pay").table["overdue_share"].isna().all()


def test_m5_1_who_was_fired_is_not_paid_and_part_months_are_by_days():
    staff = frame(manager_id=["M1", "M2"], name=["Иванов", "Петров"], hired=pd.to_datetime(["2020-01-01"] * 2), fired=pd.to_datetime([None, "2024-11-15"]))
    result = year(tables={"managers": staff}).measure("km_pay")
    assert result.table["manager_id"].tolist() == ["M1"]
    months = result.tables["simulation"].query("manager_id == 'M2'")
    assert months["month"].max() == "2024-11" and months["pay_amount"].iloc[-1] == pytest.approx((50_000 + 40_000 * 0.8) * 0.5)


def test_m5_1_signs_of_gaming_stand_beside_the_company(training):
    gaming = year().measure("km_pay").tables["gaming"]
    assert set(gaming["sign"]) == {"month_end_shift", "split_orders", "hoarding"}
    assert gaming.query("sign == 'month_end_shift'")["value"].tolist() == [0.0] * 24


def test_m5_1_late_discounts_are_a_sign_where_price_requests_tell_them():
    asked = frame(request_id=list("12345"), client_id=list("aabba"), at=["2024-12-30 10:00", "2024-12-31 10:00", "2024-12-31 18:00", "2024-12-05 10:00", "2023-12-31 10:00"],
                  given_discount=[0.10, 0.20, 0.0, 0.5, 0.9])
    late = year(tables={"price_requests": asked}).measure("km_pay").tables["gaming"].query("sign == 'late_discount'")
    assert late[["manager_id", "month"]].values.tolist() == [["M1", "2024-12"], ["M2", "2024-12"]] and late["value"].tolist() == pytest.approx([0.15, 0.0])
    assert late["norm"].tolist() == pytest.approx([0.1, 0.1])


def test_m5_1_a_portfolio_handed_over_pays_its_bonus_by_days():
    """`a` passes from M1 to M2 on 16 December; M2 keeps `b` all along. M1 has clients in hand on 15 days of 31."""
    history = lambda *rows: dict(zip(("client_id", "manager_id", "valid_from", "valid_to"), map(list, zip(*rows, strict=True)), strict=True))
    moved = frame(**history(("a", "M1", "2024-03-01", "2024-12-15"), ("a", "M2", "2024-12-16", None), ("b", "M2", "2020-01-01", None)))
    result = year(tables={"client_manager_history": moved}).measure("km_pay")
    by = result.table.set_index("manager_id")
    assert by["base_amount"].tolist() == [50_000, 50_000] and by["bonus_target_amount"].tolist() == pytest.approx([40_000 * 15 / 31, 40_000])
    sim = result.tables["simulation"].set_index(["manager_id", "month"])["pay_amount"]
    assert sim["M1", "2024-01"] == sim["M1", "2024-11"]  # before the first record nobody knows: whole
    left = frame(**history(("a", "M1", "2020-01-01", "2024-11-30"), ("a", "M2", "2024-12-01", None)))  # M2 has `b` without a history
    assert year(tables={"client_manager_history": left}).measure("km_pay").table["bonus_target_amount"].tolist() == [0, 40_000]
    assert year(tables={"client_manager_history": left.assign(manager_id=["M2", "M1"])}).measure("km_pay").table.set_index("manager_id").loc["M2", "bonus_target_amount"] == 40_000


def sellers(n: int, period="2023", **kw):
    """n managers with one client each; in 2023 the i-th sells (i + 1) per cent of his plan over it, and in 2024 his client grows by i per cent."""
    sold = [(f"c{i}", f"{m}-15", 100 * (1 + (i + 1) / 100) * (1 + i / 100 if m.year == 2024 else 1), f"M{i}") for i in range(n) for m in pd.period_range("2021-01", "2024-12", freq="M")]
    months = [str(m) for m in pd.period_range("2023-01", "2024-12", freq="M")]
    plans = frame(period=months * n, manager_id=[f"M{i}" for i in range(n) for _ in months], metric=["amount"] * 24 * n, plan_value=[100] * 24 * n)
    return base_of(orders_of(*[(c, str(d), round(a, 2), m) for c, d, a, m in sold]), plans=plans, parameters={"as_of": "2024-12-31", "period": period}, settings=PAY, **kw)


def test_m5_1_pay_against_the_retention_of_the_next_twelve_months():
    result = sellers(9).measure("km_pay")
    fund = result.tables["fund"].set_index("month")
    assert fund["spearman_next_nrr"].tolist() == pytest.approx([1.0] * 12) and (fund["ci_low"] <= 1).all()
    assert "с удержанием следующих 12 месяцев" in str(result.blocks)
    few, open_year = sellers(7).measure("km_pay"), sellers(9, period="2024").measure("km_pay")
    for other, said in ((few, "меньше 8 менеджеров"), (open_year, "только через год")):
        assert other.tables["fund"][["spearman_next_nrr", "ci_low", "ci_high"]].isna().all().all() and said in str(other.blocks)


def test_m5_1_the_correlation_is_spearmans_with_an_interval():
    pay = pd.DataFrame({"manager_id": list("abcdefgh"), "month": "2023-12", "pay_amount": [1, 2, 3, 4, 5, 6, 7, 800.0]})
    nrr = pd.DataFrame({"manager_id": list("abcdefgh"), "month": "2023-12", "nrr": [0.2, 0.1, 0.4, 0.3, 0.6, 0.5, 0.8, 0.7]})
    (row,) = _links(pay, nrr).to_dict("records")
    assert row["spearman_next_nrr"] == pytest.approx(1 - 6 * 8 / (8 * 63))  # 1 − 6Σd² / n(n² − 1)
    assert -1 < row["ci_low"] < row["spearman_next_nrr"] < row["ci_high"] < 1
    assert _links(pay.head(7), nrr)["spearman_next_nrr"].isna().all() and _links(pay.head(0), nrr).empty
    assert _links(pay.assign(pay_amount=1.0), nrr)["spearman_next_nrr"].isna().all()


def test_m5_1_a_manager_sees_his_pay_and_what_overdue_debt_cost_him():
    debts = frame(snapshot_date=["2024-12-31"], client_id=["b"], due_date=["2024-12-01"], open_amount=[30.0])
    result = year(tables={"receivables": debts}, manager="M2").measure("km_pay")
    assert result.table["manager_id"].tolist() == ["M2"] and "fund" not in result.tables and set(result.tables["simulation"]["manager_id"]) == {"M2"}
    (found,) = result.findings
    pay = result.table["pay_amount"].iloc[0]
    assert pay == pytest.approx(50_000 + 40_000 * 0.8 * 0.7) and found.values["lost_to_debt"] == pytest.approx(40_000 * 0.8 * 0.3) and found.fact == pytest.approx(pay)


def test_m5_1_without_a_scheme_or_plans_it_is_refused_in_words(training):
    assert "Схема оплаты не задана" in kb.open("training", period="2024").measure("km_pay").reason
    assert base_of(orders_of(("a", "2024-12-01", 1, "M1")), settings=PAY).measure("km_pay").status == "refused"


def test_m5_1_without_plan_in_the_month_status_says_so():
    plans = frame(period=["2024-12"], manager_id=["M1"], metric=["amount"], plan_value=[100])
    result = year(tables={"plans": plans}).measure("km_pay")
    assert result.status == "weak" and "нет плана" in result.reason and result.table.set_index("manager_id").loc["M2", "pay_amount"] == 50_000


def test_m5_1_a_plan_that_does_not_fit_the_sales_pays_nobody():
    plans = frame(period=["2024-12", "2024-12"], manager_id=["M1", "M9"], metric=["amount"] * 2, plan_value=[90_000, 5])
    for who in (None, "M1"):
        result = year(tables={"plans": plans}, manager=who).measure("km_pay")
        assert result.status == "insufficient" and "раза больше продаж" in result.reason and not result.findings and "считать нельзя" in result.blocks[0]["title"]
    assert "M9" not in result.reason


def test_m5_1_english_has_no_russian_letter():
    norms = {"current": {"base": 60_000, "bonus_target": 0, "title": "today"}}
    for result in (year(lang="en", norms=norms).measure("km_pay"), year(lang="en", norms=norms, manager="M2").measure("km_pay"), sellers(8, lang="en").measure("km_pay"), sellers(2, lang="en").measure("km_pay")):
        said = " ".join([result.reason] + [f.text + f.detail + f.action + f.who + f.basis for f in result.findings] + [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks])
        assert not any("а" <= c.lower() <= "я" for c in said)
    assert not any("а" <= c.lower() <= "я" for c in kb.open("training", period="2024", lang="en").measure("km_pay").reason)


SHARE = st.one_of(st.none(), st.floats(0, 2, allow_nan=False))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 300), SHARE, SHARE, SHARE)
def test_m5_1_pay_lies_between_base_and_the_cap(fact, nrr, overdue, discipline):
    r = paid(fact_amount=fact, nrr=nrr if nrr is not None else float("nan"), overdue_share=overdue if overdue is not None else float("nan"), discipline_share=discipline if discipline is not None else float("nan"))
    assert 50_000 <= r["pay_amount"] <= 50_000 + 40_000 * 1.6 and 0 <= r["k_total"] <= 1.6
