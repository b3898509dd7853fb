"""M5.1b clawback_bonus: the seed's own figures (500 → 1 000 back, 40 %, about 25 %), months of life, near misses."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.errors import UsageProblem
from tests.base import base_of, frame, orders_of

EXAMPLE = {"K1": [500] * 5, "K2": [500, 500, 300, 300, 300], "K3": [800, 800, 900, 800, 850], "K5": [400], "K6": [300, 300, 300, 300, 299]}


def life(lives: dict, start="2024-03-01", **starts):
    """One purchase at the start of every month of life; an anchor makes the history long."""
    rows = [("anchor", "2022-01-10", 1, "M9")]
    for client, amounts in lives.items():
        first = pd.Timestamp(starts.get(client, start))
        rows += [(client, (first + pd.Timedelta(days=30 * j)).date().isoformat(), a, "M1") for j, a in enumerate(amounts) if a]
    return orders_of(*rows)


def measured(lives=EXAMPLE, as_of="2024-12-31", parameters=None, rows=(), **kw):
    starts = {k: kw.pop(k) for k in list(kw) if k in lives}
    return base_of([*life(lives, **starts), *orders_of(*rows)], parameters={"as_of": as_of} | (parameters or {}), **kw).measure("clawback_bonus")


def test_m5_1b_the_seed_a_bonus_of_1000_goes_back_after_one_weak_month():
    table = measured().table.set_index("client_id")
    assert table.loc["K1", ["bonus_amount", "status", "bonus_share"]].tolist() == [1000, "earned", 0.4]
    assert table.loc["K2", ["bonus_amount", "status", "bonus_share"]].tolist() == [1000, "returned", 0]
    assert table.loc["K3", ["bonus_amount", "status", "sales5_amount"]].tolist() == [1600, "earned", 4150] and round(table.loc["K3", "bonus_share"], 3) == 0.386
    assert table.loc[["K5", "K6"], "status"].tolist() == ["returned", "returned"]


def test_m5_1b_the_seed_about_25_percent_on_average():
    row = measured().tables["total"].iloc[0]
    assert row[["n_started", "n_finished", "n_earned", "earned_amount", "sales5_amount"]].tolist() == [5, 5, 2, 2600, 10449] and round(row["cost_ratio"], 3) == 0.249


def test_m5_1b_an_open_client_is_at_risk_and_in_no_ratio():
    result = measured(EXAMPLE | {"K4": [200, 200, 200]}, K4="2024-10-03")
    row = result.table.set_index("client_id").loc["K4"]
    assert row[["bonus_amount", "status", "n_closed"]].tolist() == [400, "at_risk", 2]
    assert pd.isna(row["sales5_amount"]) and pd.isna(row["m4_amount"]) and round(result.tables["total"]["cost_ratio"].iloc[0], 3) == 0.249
    assert result.tables["total"]["n_started"].iloc[0] == 6


def test_m5_1b_an_early_failure_is_returned_before_its_months_are_over_but_not_finished():
    result = measured({"K1": [500, 100]}, K1="2024-10-10")
    assert result.table["status"].tolist() == ["returned"] and result.tables["total"]["n_finished"].iloc[0] == 0


def test_m5_1b_299_after_300_is_a_near_miss_and_tolerance_is_a_decision():
    row = measured().table.set_index("client_id").loc["K6"]
    assert row["is_near_miss"] and round(row["min_ratio"], 4) == 0.9967
    soft = measured(settings={"clawback_bonus.tol": 0.95})
    assert soft.table.set_index("client_id").loc["K6", "status"] == "earned"
    assert any("допуске" in item["what"] for b in measured().blocks if b["k"] == "action" for item in b["items"])


def test_m5_1b_larger_purchases_before_do_not_cover_a_weak_month():
    assert measured({"K1": [500, 900, 900, 900, 400]}).table["status"].tolist() == ["returned"]


def test_m5_1b_a_return_lowers_its_month():
    assert measured({"K1": [500] * 5}, rows=[("K1", "2024-04-10", -1, "M1")]).table["status"].tolist() == ["returned"]


def test_m5_1b_a_first_month_sent_back_earns_nothing():
    row = measured({"K1": [500]}, rows=[("K1", "2024-03-10", -500, "M1")]).table.iloc[0]
    assert (row["bonus_amount"], row["status"]) == (0, "returned")


def test_m5_1b_calendar_months_are_another_rule():
    rows = {"K1": [500] * 5}
    assert measured(rows, K1="2024-03-25", settings={"clawback_bonus.month_rule": "calendar"}).table["status"].tolist() == ["earned"]
    two = measured({"K1": [500]}, rows=[("K1", d, 500, "M1") for d in ("2024-04-30", "2024-05-29", "2024-06-28", "2024-07-28")], K1="2024-03-31", settings={"clawback_bonus.month_rule": "calendar"})
    assert two.table["status"].tolist() == ["earned"]


@pytest.mark.parametrize("rule, day, is_in", [
    ("life30", "2024-02-02", False), ("life30", "2024-02-03", True),  # 150 days: the last is 30 June or 1 July
    ("calendar", "2024-02-29", False), ("calendar", "2024-03-01", True),  # five calendar months: February ends with June, March with July
])
def test_m5_1b_only_clients_whose_five_months_touch_the_period(rule, day, is_in):
    result = measured({"K1": [500] * 5}, K1=day, parameters={"period": "2024-07..2024-12"}, settings={"clawback_bonus.month_rule": rule})
    assert (len(result.table) == 1) == is_in


def test_m5_1b_an_open_first_month_has_failed_nobody():
    """Sent back whole within the first month: what he bought can still come back until the month is over."""
    sent_back = lambda as_of: measured({"K1": [500]}, K1="2024-12-10", as_of=as_of, rows=[("K1", "2024-12-15", -500, "M1")]).table.iloc[0]
    assert sent_back("2024-12-31")[["bonus_amount", "status"]].tolist() == [0, "at_risk"]
    assert sent_back("2025-01-31")["status"] == "returned"


def test_m5_1b_the_client_follows_who_brought_him():
    result = measured({"K1": [500] * 5}, clients=frame(client_id=["K1", "anchor"], client_name=["Альфа", "Я"], manager_id=["M2", "M9"]))
    assert result.table["agent_id"].tolist() == ["M1"]
    his = measured({"K1": [500] * 5}, clients=frame(client_id=["K1", "anchor"], client_name=["Альфа", "Я"], manager_id=["M2", "M1"]), manager="M1")
    assert his.tables["total"]["n_earned"].iloc[0] == 1 and his.table["client_name"].tolist() == ["переданный клиент"] and "Альфа" not in str(his.blocks)


def test_m5_1b_small_ones_are_not_signed_first_multiplier_by_type():
    clients = frame(client_id=["K1", "K3"], segment=["киоск", "сеть"])
    table = measured(clients=clients, settings={"clawback_bonus.mult_by_type": {"сеть": 3}}).table.set_index("client_id")
    assert table.loc[["K1", "K3"], "bonus_amount"].tolist() == [1000, 2400]


def test_m5_1b_teams_not_persons():
    managers = frame(manager_id=["M1", "M9"], name=["Иванов", "Петров"], team=["Север", "Юг"])
    assert measured(managers=managers).tables["teams"][["team", "n_started", "n_earned"]].values.tolist() == [["Север", 5, 2]]


def test_m5_1b_without_new_clients_and_without_history_it_says_so():
    assert "новых клиентов" in base_of(orders_of(("a", "2022-01-10", 1), ("a", "2024-12-10", 1)), parameters={"as_of": "2024-12-31"}).measure("clawback_bonus").reason
    short = base_of(orders_of(("a", "2024-03-10", 1), ("a", "2024-12-10", 1)), parameters={"as_of": "2024-12-31"}).measure("clawback_bonus")
    assert short.status == "insufficient" and "новизну определить нельзя" in short.reason and not short.findings and short.blocks


def test_m5_1b_few_finished_make_no_claim_twenty_do():
    assert measured().status == "weak" and not measured().findings
    many = measured({f"C{i:02d}": [100] * (5 if i < 7 else 2) for i in range(20)})
    (cost,) = many.findings
    row = many.tables["total"].iloc[0]
    assert "7 из 20" in cost.text and cost.fact == pytest.approx(row["cost_ratio"], abs=1e-6) and "перегружают" in cost.detail


def test_m5_1b_the_number_of_months_is_the_rule_of_the_seed():
    with pytest.raises(UsageProblem):
        measured(settings={"clawback_bonus.months": 3})


def test_m5_1b_english_has_no_russian_letter():
    for result in (measured(lang="en"), measured({f"C{i:02d}": [100] * (5 if i < 7 else 2) for i in range(20)}, lang="en", managers=frame(manager_id=["M1", "M9"], team=["N", "S"]))):
        said = " ".join([result.reason] + [f.text + f.detail + f.action + f.who + f.basis for f in result.findings] + [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks])
        assert not any("а" <= c.lower() <= "я" for c in said)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(1, 50), min_size=5, max_size=5), min_size=1, max_size=6))
def test_m5_1b_earned_means_no_month_below_the_first(lives):
    table = measured({f"C{i}": v for i, v in enumerate(lives)}).table.set_index("client_id")
    for i, v in enumerate(lives):
        assert table.loc[f"C{i}", "status"] == ("earned" if min(v[1:]) >= v[0] else "returned")
    total = measured({f"C{i}": v for i, v in enumerate(lives)}).tables["total"].iloc[0]
    assert 0 <= total["cost_ratio"] <= 0.4 + 1e-9
