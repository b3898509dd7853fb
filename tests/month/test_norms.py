"""The norms of a manager's month are settings of the company: each of them moves what it names, and nothing is fixed in code."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from kbreport import words
from kbreport.batch.preload import invented
from kbreport.company import Company
from kbreport.errors import UsageProblem
from kbreport.month.bundle import Bundle, bundle_of
from kbreport.month.norms import MonthNorms
from kbreport.month.report import Month, department_of
from tests.month.companies import sales


def month_of_three(clients: dict | None = None, meta: dict | None = None, n: int = 3, **norms) -> Month:
    """Three (n) invented clients K1 … K3, active and without any reason to call, changed as asked; `norms` as a company would set them."""
    bundle = invented()
    quiet = {"state": "active", "overdue": 0.0, "overdue_days": 0.0, "quarter_amount": 100.0, "quarter_year_ago": 100.0, "expected_next_date": pd.NaT, "free_amount": 0.0, "band": None, "pay_status": None,
             "risk_action": None, "top_reason": None, "next_step_date": pd.NaT}
    rows = pd.concat([bundle.frames["clients"]] * 2, ignore_index=True).head(n).assign(client_id=[f"K{i + 1}" for i in range(n)])
    frame = rows.assign(**quiet | (clients or {}))
    return Month(Bundle(bundle.meta | {"norms": MonthNorms(**norms).model_dump()} | (meta or {}), bundle.frames | {"clients": frame}))


def reasons(month: Month) -> list[str]:
    return month.calls["reason"].tolist()


@pytest.fixture(autouse=True)
def russian():
    with words.speaking("ru"):
        yield


def test_without_a_reason_nobody_is_called():
    assert reasons(month_of_three()) == [] and month_of_three().tables["risks"].empty


@pytest.mark.parametrize("norm, low, high, clients, reason", [
    ("late_days", 7, 20, {"overdue": 500.0, "overdue_days": 15.0}, "overdue"),
    ("fall_share", 0.2, 0.5, {"quarter_amount": 70.0}, "falling"),
])
def test_a_norm_moves_the_list_and_the_risks(norm, low, high, clients, reason):
    named, quiet = (month_of_three(clients, **{norm: x}) for x in (low, high))
    assert reasons(named) == [reason] * 3 and set(named.tables["risks"]["reason"]) == {reason}
    assert reasons(quiet) == [] and quiet.tables["risks"].empty


def test_an_edge_stands_on_the_side_of_the_norm():
    """Debt of exactly late_days is not late yet; a fall of exactly fall_share is one (5.2.1, list «Позвонить»)."""
    assert reasons(month_of_three({"overdue": 500.0, "overdue_days": 7.0})) == []
    assert reasons(month_of_three({"quarter_amount": 80.0})) == ["falling"] * 3


def test_the_lost_are_called_for_so_many_days():
    lost = {"state": "lost", "days_since": 300.0}
    assert reasons(month_of_three(lost)) == ["silent"] * 3 and reasons(month_of_three(lost, lost_days=299)) == []


def test_who_is_gone_is_not_said_to_order_less():
    """Beyond lost_days a client is on no list of those who still order; with an empty quarter the words say so."""
    gone = {"state": "lost", "days_since": 500.0, "quarter_amount": 0.0, "free_amount": 1000.0, "wallet": 0.0}
    assert reasons(month_of_three(gone)) == []
    month = month_of_three({"quarter_amount": 0.0})
    assert reasons(month) == ["falling"] * 3 and month.calls["why"].iloc[0].startswith("за квартал ни одного заказа, год назад 100")


def test_free_volume_counts_below_our_share_and_is_priced_by_the_goal():
    free = {"free_amount": 1000.0, "wallet": 0.4}
    month = month_of_three(free, goal_share=0.25)
    assert month.calls["stake_amount"].tolist() == [250.0] * 3 and set(month.calls["basis"]) == {"25\xa0% свободного объёма"}
    assert reasons(month_of_three(free, small_wallet=0.4)) == []


def test_the_list_is_as_long_as_asked_and_keeps_a_third_for_free_volume():
    mixed = {"free_amount": [1000.0, 0.0, 0.0, 0.0], "wallet": 0.4, "overdue": [0.0, 900.0, 800.0, 700.0], "overdue_days": 30.0}
    assert reasons(month_of_three(mixed, n=4)) == ["overdue", "overdue", "overdue", "free"]
    assert reasons(month_of_three(mixed, n=4, calls=3)) == ["overdue", "overdue", "free"]
    assert reasons(month_of_three(mixed, n=4, calls=3, free_calls=0)) == ["overdue"] * 3
    assert reasons(month_of_three(mixed, n=4, calls=2)) == ["overdue", "overdue"], "a third of two is none"
    assert reasons(month_of_three(mixed | {"overdue": [0.0, 900.0, 0.0, 0.0]}, n=4, calls=2)) == ["overdue", "free"], "places nobody needs are free volume's"


def test_open_deals_are_old_after_so_many_days(tmp_path):
    place = sales(tmp_path, {"M1": 6})
    pd.DataFrame({"deal_id": ["d1", "d2"], "client_id": ["M1X00", "M1X01"], "manager_id": "M1", "stage": "offer", "status": "open", "created_at": ["2025-12-20", "2025-11-01"], "amount": [5, 7]}).to_csv(
        tmp_path / "deals.csv", index=False)
    old = {days: bundle_of(department_of(place, settings={"manager_month.deal_days": days}), "M1").frames["deals"]["n_old"].sum() for days in (5, 30, 100)}
    assert old == {5: 2, 30: 1, 100: 0}


def test_the_company_sets_them_and_the_workbook_says_who_did():
    company = Company.changed(department_of("sample").month.company, {"manager_month.late_days": 14})
    said = {s["name"]: s for s in company.spoken_settings("manager_month")}
    assert (said["late_days"]["value"], said["late_days"]["default"], said["late_days"]["changed_by"]) == (14, 7, "command line")
    month = Month(bundle_of(department_of("sample", settings={"manager_month.late_days": 14}), "M01"))
    assert {s["name"]: s["value"] for s in month.first_page().settings}["late_days"] == 14
    assert json.loads(json.dumps(month.first_page().record()["settings"]))


@pytest.mark.parametrize("name, value, said", [("manager_month.late_day", 3, "manager_month.late_days"), ("manager_mont.late_days", 3, "manager_month"), ("manager_month.calls", 11, "manager_month.calls = 11")])
def test_a_wrong_norm_is_refused_by_name(name, value, said):
    with pytest.raises(UsageProblem) as bad:
        department_of("sample", settings={name: value})
    assert said in f"{bad.value} {bad.value.remedy}"


# ------------------------------------------------------------------ risk and payment
def test_a_high_risk_is_a_reason_with_the_methods_own_advice():
    risk = {"band": "high", "score": 72.0, "risk_amount": 400.0, "top_reason": "r7", "risk_action": "встретиться"}
    month = month_of_three(risk)
    assert reasons(month) == ["risk"] * 3 and month.calls["why"].iloc[0].startswith("риск 72 из 100: ") and month.calls["next_step"].iloc[0] == "встретиться"
    assert set(month.tables["risks"]["reason"]) == {"risk"} and month.tables["risks"]["detail"].iloc[0] == "риск 72 из 100"
    (finding,) = month.call_list().findings
    assert finding.code == "call_list.risk" and finding.assumption and finding.money == 1200.0
    assert reasons(month_of_three(risk | {"state": "lost", "days_since": 900.0})) == [], "the lost are past risk"


def test_a_score_of_too_few_signals_calls_nobody():
    """METHODS M3.9: under min_coverage the band has a question mark; one signal is no reason to ring."""
    doubtful = month_of_three({"band": "high", "is_band_uncertain": True, "score": 100.0, "risk_amount": 400.0, "top_reason": "r7"})
    assert reasons(doubtful) == [] and doubtful.tables["risks"].empty


def test_money_of_a_score_is_said_to_be_no_more():
    risk = {"band": "high", "score": 72.0, "risk_amount": 400.0, "top_reason": "r7"}
    said = {basis: month_of_three(risk | {"risk_basis": basis}).calls["why"].iloc[0] for basis in ("score", "backtest")}
    assert "деньги условны" in said["score"] and "условны" not in said["backtest"]


def test_the_silent_stand_among_the_risks_with_the_money_of_the_list():
    month = month_of_three({"state": "sleeping", "days_since": 85.0, "s12_before": 9600.0, "quarter_amount": 10.0})
    assert set(month.tables["risks"]["reason"]) == {"silent"} and month.tables["risks"]["detail"].iloc[0] == "молчит 85 дней"
    assert month.tables["risks"]["amount"].tolist() == month.calls["stake_amount"].tolist() == [9600.0] * 3


def test_a_client_at_risk_for_a_reason_already_named_is_named_once():
    month = month_of_three({"band": "high", "score": 72.0, "risk_amount": 400.0, "top_reason": "r2", "quarter_amount": 10.0})
    assert reasons(month) == ["falling"] * 3 and set(month.tables["risks"]["reason"]) == {"falling"}


def test_who_always_pays_late_is_asked_to_pay_ahead():
    debt = {"overdue": 500.0, "overdue_days": 15.0, "pay_status": "chronic", "mean_delay_days": 21.0}
    month = month_of_three(debt)
    assert "платит позже в среднем на 21 дн." in month.calls["why"].iloc[0] and "предоплата" in month.calls["next_step"].iloc[0]
    assert month.tables["risks"]["detail"].iloc[0] == "долг +15 дн., опять"
