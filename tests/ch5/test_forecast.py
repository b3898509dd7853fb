"""M5.6 forecast: the examples of METHODS, one client counted once, nothing known too early, the naive rival, plan, privacy."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.ch5._backtest import accuracy, fan
from kbreport.ch5._flow import survival_at
from kbreport.ch5._pacing import run_rate
from tests.base import base_of, frame, orders_of
from tests.ch3.said import figure_of, is_english, words_of

AS_OF = "2025-12-31"
STAGES = {"разговор": 0.3, "КП": 0.6, "счёт": 0.9}


def every(client, step, amount, start="2024-01-03", end=AS_OF, manager="M1"):
    return [(client, str(d.date()), amount, manager) for d in pd.date_range(start, end, freq=f"{step}D")]


def crowd(k=8, step=10, amount=100.0, **kw):
    return [row for i in range(k) for row in every(f"K{i}", step, amount + i, manager=f"M{i % 2}", **kw)]


def deals_of(*rows):
    """(id, client, amount, stage, expected[, status, closed, manager])"""
    rows = [(*r, *("open", None, "M1")[len(r) - 5:]) for r in rows]
    out = frame(**dict(zip(("deal_id", "client_id", "amount", "stage", "expected_close", "status", "closed_at", "manager_id"), map(list, zip(*rows, strict=True)), strict=True)))
    out["expected_close"], out["closed_at"] = pd.to_datetime(out["expected_close"]), pd.to_datetime(out["closed_at"])
    return out.assign(created_at=pd.Timestamp("2025-01-01"))


def run_of(rows, as_of=AS_OF, **kw):
    return base_of(orders_of(*rows), parameters={"as_of": as_of, "calendar": "none"} | kw.pop("parameters", {}), **kw)


def measured(rows, as_of=AS_OF, **kw):
    return run_of(rows, as_of, **kw).measure("forecast")


def part(result, name="total", manager=None):
    main = result.table
    whose = main["manager_id"].isna() if manager is None else main["manager_id"] == manager
    return main[whose & (main["part"] == name)].iloc[0]


# ------------------------------------------------------------------ worked examples
EXAMPLE = deals_of(("1", "p1", 400_000, "счёт", "2026-01-20"), ("2", "p2", 300_000, "КП", "2026-01-31"), ("3", "p3", 500_000, "разговор", "2026-01-01"))


def test_m5_6_weighted_deals_of_methods():
    result = measured(every("K", 40, 1.0, "2025-01-01", "2025-06-01"), deals=EXAMPLE, settings={"forecast.stages": STAGES})
    assert (part(result, "deals")["amount"], part(result, "sure")["amount"]) == (330_000, 360_000)
    assert part(result, "deals")["amount"] + part(result, "sure")["amount"] == 690_000
    assert result.tables["deals"][["deal_id", "probability", "weighted_amount"]].values.tolist() == [["1", 0.9, 360_000], ["2", 0.6, 180_000], ["3", 0.3, 150_000]]


def test_m5_6_scenarios_of_the_same_deals():
    result = measured(crowd(4), deals=EXAMPLE, settings={"forecast.stages": STAGES, "forecast.min_months": 24})
    flow = part(result, "base")["amount"]
    assert part(result)["low_amount"] == pytest.approx(360_000 + 0.8 * flow, abs=0.02)  # sure + 0.8 base
    assert part(result)["high_amount"] == pytest.approx(690_000 + flow + 300_000 * 0.4 + 400_000 * 0.1, abs=0.02)  # P of 0.5 and more in full


def test_m5_6_pacing_of_methods():
    assert run_rate(6_000_000, 12 / 20) == 10_000_000
    pace = measured([("a", "2025-02-03", 5_000_000, "M1"), ("b", "2025-02-18", 1_000_000, "M1")], "2025-02-18").tables["pacing"]  # day 12 of 20
    assert pace.values.tolist() == [["2025-02", 6_000_000, pytest.approx(0.6), 10_000_000]]


def test_m5_6_accuracy_of_methods():
    n, wape, bias = accuracy(pd.Series([100, 120, 90.0]), pd.Series([110, 100, 90.0]))
    assert (n, wape, round(bias, 3)) == (3, pytest.approx(0.10), 0.033)


# ------------------------------------------------------------------ base flow
def test_m5_6_the_flow_is_orders_times_mean_order():
    """A rhythm of 10 days: 3.1 orders in January; the mean order, not the median; under 12 months no season."""
    rows = every("K", 10, 100.0, "2025-06-04", "2025-12-31")
    rows[-1] = (*rows[-1][:2], 400.0, "M1")
    row = measured(rows).tables["clients"].iloc[0]
    assert row["expected_orders"] == pytest.approx(3.1) and row["index"] == 1 and row["survival"] == 1
    assert row["mean_order_amount"] == pytest.approx((100 * (len(rows) - 1) + 400) / len(rows)) and row["amount"] == pytest.approx(3.1 * row["mean_order_amount"], abs=0.01)


def test_m5_6_returns_lower_the_mean_order():
    rows = every("K", 10, 100.0, "2025-06-04", "2025-12-31")
    kept = measured(rows).tables["clients"]["mean_order_amount"].iloc[0]
    assert measured([*rows, ("K", "2025-12-05", -105.0, "M1")]).tables["clients"]["mean_order_amount"].iloc[0] == pytest.approx(kept - 105 / len(rows))


@pytest.mark.parametrize("last, survival", [("2025-12-25", 1.0), ("2025-12-01", 1.0), ("2025-11-16", 0.6), ("2025-10-25", 0.2), ("2025-06-25", 0.0)])
def test_m5_6_survival_of_the_state_where_own_cases_are_few(last, survival):
    rows = every("K", 15, 100.0, "2025-01-05", last)
    assert measured(rows).tables["clients"]["survival"].iloc[0] == survival


def test_m5_6_own_share_replaces_ours_from_twenty_cases():
    base = run_of(crowd(30, step=10, start="2023-01-03") + every("gone", 10, 100.0, "2023-01-03", "2025-03-01"))
    method = base.settings("forecast")
    own = survival_at(base.facts, 20453, method.rules(base))  # 2025-12-31
    assert 0.99 < own["active"] < 1 and own["sleeping"] == 0.2 and own["lost"] < 0.01
    assert survival_at(base.facts, 20453, method.model_copy(update={"min_closed": 1}).rules(base))["sleeping"] == 0.0


def test_m5_6_a_client_marked_closed_is_not_awaited():
    clients = frame(client_id=["K0", "K1"], client_name=["Альфа", "Бета"], status_manual=["closed", None])
    got = measured(crowd(2), clients=clients).tables["clients"].set_index("client_id")
    assert got.loc["K0", ["survival", "amount"]].tolist() == [0, 0] and got.loc["K1", "amount"] > 0


def test_m5_6_a_seasonal_client_is_not_awaited_out_of_season():
    summer = [("S", f"{y}-{m:02d}-{d:02d}", 500.0, "M1") for y in (2023, 2024, 2025) for m in (6, 7, 8) for d in (5, 15, 25)]
    got = measured(crowd(8, start="2023-01-03") + summer).tables["clients"].set_index("client_id")
    assert got.loc["S", ["expected_orders", "amount"]].tolist() == [0, 0] and got.loc["S", "index"] == 1


def test_m5_6_the_index_is_that_of_seasonality_but_not_for_large_clients():
    rows = [(c, d, a * (0.5 if d[5:7] == "01" else 1), m) for c, d, a, m in crowd(8, start="2023-01-03")] + every("big", 10, 2000.0, "2023-01-03")
    base = run_of(rows)
    index = base.measure("forecast").tables["clients"].set_index("client_id")["index"]
    assert index["K1"] == base.measure("seasonality").table["index"].iloc[0] < 0.95 and index["big"] == 1
    own = run_of(rows, settings={"seasonality.exclude_clients": ["K1"]}).measure("forecast").tables["clients"].set_index("client_id")["index"]
    assert own["K1"] == 1 and own["K2"] < 0.95


# ------------------------------------------------------------------ once, not twice
@pytest.mark.parametrize("amount, stage, where", [(5_000, "КП", "deals"), (100, "КП", "base"), (5_000, "счёт", "sure"), (100, "счёт", "base")])
def test_m5_6_a_client_with_a_deal_counts_once_by_the_larger(amount, stage, where):
    rows = every("K", 10, 100.0, "2025-06-04", "2025-12-31")
    alone = part(measured(rows))["amount"]
    result = measured(rows, deals=deals_of(("1", "K", amount, stage, "2026-01-20")), settings={"forecast.stages": STAGES})
    assert part(result)["amount"] == pytest.approx(max(alone, amount * STAGES[stage])) == part(result, where)["amount"]


def test_m5_6_sure_stands_against_both_and_low_falls_back_to_the_flow():
    rows = every("K", 10, 100.0, "2025-06-04", "2025-12-31")
    flow = part(measured(rows))["amount"]
    two = deals_of(("1", "K", 1_000, "счёт", "2026-01-20"), ("2", "K", 1_200, "КП", "2026-01-20"))
    result = measured(rows, deals=two, settings={"forecast.stages": STAGES})
    assert part(result)["amount"] == 900 == part(result, "sure")["amount"] and part(result)["low_amount"] == 900
    small = measured(rows, deals=deals_of(("2", "K", 1_200, "КП", "2026-01-20")), settings={"forecast.stages": STAGES})
    assert part(small)["amount"] == 720 and part(small)["low_amount"] == pytest.approx(0.8 * flow, abs=0.01)


def test_m5_6_only_deals_of_the_month_known_by_then():
    table = deals_of(("now", "p", 100, "КП", "2026-01-31"), ("later", "p", 100, "КП", "2026-02-01"), ("late", "p", 100, "КП", "2025-12-30"), ("undated", "p", 100, "КП", None),
                     ("strange", "p", 100, "другое", "2026-01-10"), ("won", "p", 100, "КП", "2026-01-10", "won", "2025-12-20"), ("open_then", "p", 100, "КП", "2026-01-10", "won", "2026-01-05"))
    result = measured(crowd(2), deals=table, settings={"forecast.stages": STAGES})
    assert sorted(result.tables["deals"]["deal_id"]) == ["now", "open_then"]
    assert "1 открытая сделка на 100 просрочена" in figure_of(words_of(result)) and "Без даты: 1, без вероятности: 1" in words_of(result)


def test_m5_6_a_deal_without_a_client_still_counts():
    table = deals_of(("1", None, 1000, "счёт", "2026-01-20"), ("2", None, 1000, "счёт", "2026-01-21"), ("3", "K0", 1, "счёт", "2026-01-21"))
    assert part(measured(crowd(2), deals=table, settings={"forecast.stages": STAGES}), "sure")["amount"] == 1800


# ------------------------------------------------------------------ probabilities
def closed_deals(won, lost, stage="КП", expected="2025-06-10", closed="2025-06-20"):
    return [(f"w{stage}{i}", f"x{i}", 10, stage, expected, "won", closed) for i in range(won)] + [(f"l{stage}{i}", f"x{i}", 10, stage, expected, "lost", closed) for i in range(lost)]


def test_m5_6_own_stages_from_twenty_closed_deals():
    open_one = ("1", "p", 1000, "КП", "2026-01-20")
    log = lambda n: frame(deal_id=list([f"wКП{i}" for i in range(15)] + [f"lКП{i}" for i in range(n)]), stage=["КП"] * (15 + n)).assign(entered_at=pd.Timestamp("2025-06-01"))
    for lost, p in ((5, 0.75), (4, 0.6)):  # 20 closed: own; 19: the table of the settings
        result = measured(crowd(2), deals=deals_of(open_one, *closed_deals(15, lost)), deal_stage_log=log(lost), settings={"forecast.stages": STAGES})
        assert result.tables["deals"]["probability"].iloc[0] == p


def test_m5_6_a_won_deal_reached_every_stage_a_lost_one_up_to_its_last():
    table = deals_of(("1", "p", 1000, "КП", "2026-01-20"), *closed_deals(10, 0, "счёт"), *closed_deals(0, 10, "КП"), *closed_deals(0, 30, "разговор"))
    result = measured(crowd(2), deals=table, settings={"forecast.stages": STAGES})
    assert result.tables["deals"]["probability"].iloc[0] == 0.5


def test_m5_6_without_log_and_order_the_deals_own_probability():
    table = deals_of(("1", "p", 1000, "КП", "2026-01-20"), *closed_deals(15, 15)).assign(probability=0.4)
    assert measured(crowd(2), deals=table).tables["deals"]["probability"].iloc[0] == 0.4


def test_m5_6_a_log_entry_after_as_of_is_not_known():
    table = deals_of(("1", "p", 1000, "КП", "2026-01-20"), *closed_deals(20, 0, "счёт"), *closed_deals(0, 20, "разговор")).assign(probability=0.4)
    late = frame(deal_id=[f"wсчёт{i}" for i in range(20)], stage=["КП"] * 20).assign(entered_at=pd.Timestamp("2026-01-02"))
    assert measured(crowd(2), deals=table, deal_stage_log=late).tables["deals"]["probability"].iloc[0] == 0.4


def test_m5_6_timing_is_the_share_that_closed_in_the_month_expected():
    table = deals_of(("1", "p", 1000, "КП", "2026-01-20"), *closed_deals(10, 0, "счёт"), *closed_deals(10, 0, "разговор", closed="2025-07-05"))
    assert measured(crowd(2), deals=table, settings={"forecast.stages": STAGES, "forecast.min_closed": 20}).tables["deals"]["weighted_amount"].iloc[0] == 1000 * 1.0 * 0.5
    few = deals_of(("1", "p", 1000, "КП", "2026-01-20"), *closed_deals(9, 0, "счёт"), *closed_deals(10, 0, "разговор", closed="2025-07-05"))
    assert measured(crowd(2), deals=few, settings={"forecast.stages": STAGES}).tables["deals"]["weighted_amount"].iloc[0] == 600


# ------------------------------------------------------------------ accuracy
def test_m5_6_nothing_is_known_after_the_eve_of_a_month():
    """The same past forecasts, whatever happened later: new orders, a whale that came, a client who left."""
    past = crowd(6, start="2023-01-03", end="2025-06-30") + every("x", 20, 70.0, "2023-02-01", "2025-05-01")
    later = crowd(6, start="2025-07-02", step=3, amount=900.0) + every("whale", 5, 9_000.0, "2025-07-01")
    early, late = (measured(rows, as_of).tables["accuracy"].set_index("month") for rows, as_of in ((past, "2025-06-30"), (past + later, AS_OF)))
    both = early.index.intersection(late.index)
    assert len(both) == 6 and early.loc[both].equals(late.loc[both])


def test_m5_6_the_forecast_of_a_month_is_its_own_back_test():
    rows = crowd(6, start="2023-01-03")
    eve = measured([r for r in rows if r[1] <= "2025-11-30"], "2025-11-30")
    tested = measured(rows).tables["accuracy"].set_index("month")["forecast_amount"]
    assert eve.tables["clients"]["amount"].sum() == pytest.approx(tested["2025-12"], abs=0.01) and eve.table["month"].iloc[0] == "2025-12"


def test_m5_6_a_rival_that_errs_no_more_is_printed_instead():
    """Orders of the same days and money every year: the same month last year is never wrong."""
    rows = [(f"K{i}", f"{y}-{m:02d}-{5 + i:02d}", 100.0 * (m + 1) + i, "M1") for i in range(6) for y in (2023, 2024, 2025) for m in range(1, 13)]
    result = measured(rows)
    total = result.tables["accuracy_total"].set_index("model")
    assert total.loc["naive", "wape"] < 1e-9 < total.loc["own", "wape"] and total["n_months"].tolist() == [12, 12]
    january = sum(100.0 * 2 + i for i in range(6))
    assert part(result)["model"] == "naive" and part(result)["amount"] == pytest.approx(january) and "поэтому печатаем простое правило" in words_of(result)
    assert part(result, "total", "M1")["amount"] == pytest.approx(january)


def test_m5_6_the_rival_does_not_undo_what_is_sure():
    rows = [(f"K{i}", f"{y}-{m:02d}-{5 + i:02d}", 100.0 * (m + 1) + i, "M1") for i in range(6) for y in (2023, 2024, 2025) for m in range(1, 13)]
    result = measured(rows, deals=EXAMPLE, settings={"forecast.stages": STAGES})
    assert part(result)["model"] == "naive" and part(result)["amount"] == 360_000 == part(result, "sure")["amount"]


def test_m5_6_ours_is_kept_where_it_errs_less():
    rows = crowd(10, step=10, start="2023-01-03", end="2025-06-30") + crowd(4, step=10, start="2025-07-02")
    result = measured(rows)
    total = result.tables["accuracy_total"].set_index("model")
    assert total.loc["own", "wape"] < total.loc["naive", "wape"] and part(result)["model"] == "own" and "простое правило — на" in words_of(result)
    assert part(result)["amount"] == pytest.approx(sum(part(result, name)["amount"] for name in ("base", "deals", "sure")))


def test_m5_6_without_two_years_the_rival_is_the_mean_of_three_months():
    got = measured(crowd(4, start="2025-01-02")).tables["accuracy"].set_index("month")
    assert got.loc["2025-12", "naive_amount"] == pytest.approx(got.loc["2025-09":"2025-11", "actual_amount"].mean(), abs=0.01)


def test_m5_6_a_month_on_whose_eve_nobody_had_a_rhythm_is_not_forecast_as_zero():
    got = measured(crowd(4, step=45, start="2025-01-02")).tables["accuracy"].set_index("month")
    assert pd.isna(got.loc["2025-04", "forecast_amount"] if "2025-04" in got.index else None) and got.loc["2025-12", "forecast_amount"] > 0


def test_m5_6_under_six_back_tests_weak_and_without_a_fan():
    result = measured(crowd(4, start="2025-06-01"))
    assert result.status == "weak" and "точность не проверена" in result.reason and pd.isna(part(result)["fan_low_amount"]) and part(result)["model"] == "own"
    whole = measured(crowd(4))
    assert whole.status == "ok" and part(whole)["fan_low_amount"] <= part(whole)["fan_high_amount"]


def test_m5_6_the_fan_is_the_range_of_own_errors():
    forecast, actual = pd.Series([100.0] * 11), pd.Series([90.0, 92, 94, 96, 98, 100, 102, 104, 106, 108, 110])
    assert fan(200, forecast, actual, 6) == (184.0, 216.0) and all(pd.isna(v) for v in fan(200, forecast[:5], actual[:5], 6))


@pytest.mark.parametrize("rows", [[("a", "2025-12-10", 5, "M1")], crowd(2, start="2025-11-20"), [("a", "2025-12-10", -5, "M1")]])
def test_m5_6_too_little_history_is_said(rows):
    result = measured(rows)
    assert result.status == "insufficient" and "Прогноза нет" in result.blocks[0]["title"] and not result.findings


# ------------------------------------------------------------------ plan, pace
def plans(**by):
    return frame(period=["2026-01"] * len(by), manager_id=list(by), metric=["amount"] * len(by), plan_value=[float(v) for v in by.values()])


def test_m5_6_gap_to_the_plan_by_manager_and_whole():
    rows = crowd(8)
    free = measured(rows)
    a, b = part(free, "total", "M0")["amount"], part(free, "total", "M1")["amount"]
    result = measured(rows, plans=plans(M0=a + 300, M1=b - 100))
    assert part(result)[["plan_amount", "gap_amount"]].tolist() == [pytest.approx(a + b + 200), pytest.approx(200, abs=0.02)]
    assert part(result, "total", "M0")["gap_amount"] == pytest.approx(300, abs=0.01) and pd.isna(part(result, "base")["plan_amount"])
    (f,) = result.findings
    assert f.code == "forecast.gap" and f.level == "watch" and f.money == pytest.approx(200, abs=0.02) and f.assumption and f.booked_as == "none" and "31.01.2026" in f.who
    assert "до плана не хватает 200" in figure_of(result.blocks[0]["title"])


def test_m5_6_a_plan_of_a_manager_nobody_will_order_from_is_still_in_the_gap():
    rows = crowd(8) + every("gone", 10, 100.0, "2024-01-03", "2024-06-30", "M7")
    result = measured(rows, plans=plans(M0=1300, M1=1300, M7=500))
    assert part(result, "total", "M7")[["amount", "plan_amount", "gap_amount"]].tolist() == [0, 500, 500] and part(result)["plan_amount"] == 3100


def test_m5_6_a_plan_that_is_met_is_good_news_and_none_is_none():
    met = measured(crowd(8), plans=plans(M0=900, M1=900))
    assert [f.code for f in met.findings] == ["forecast.plan"] and met.findings[0].level == "good" and "выше плана" in met.blocks[0]["title"]
    assert [f.code for f in measured(crowd(8)).findings] == ["forecast.month"]


def test_m5_6_a_plan_of_another_circle_is_not_compared():
    result = measured(crowd(8), plans=plans(M0=900_000, M1=900_000))
    assert result.table["plan_amount"].isna().all() and "на другой круг клиентов" in words_of(result)
    assert measured(crowd(8), plans=plans(M9=5)).table["plan_amount"].isna().all()


def test_m5_6_a_month_in_progress_paces_by_its_usual_course():
    """Half of each month's money comes on its last working day: after half of the days a half is sold, not more."""
    rows = [(f"K{i}", str(d.date()), 10.0, "M1") for i in range(3) for d in pd.bdate_range("2025-01-01", "2025-12-15")]
    rows += [("L", str(d.date()), 600.0, "M1") for d in pd.date_range("2025-01-01", "2025-11-30", freq="BME")]
    result = measured(rows, "2025-12-15")
    pace = result.tables["pacing"].iloc[0]
    assert pace["month"] == "2025-12" and 0.2 < pace["elapsed_share"] < 0.30 and pace["run_amount"] == pytest.approx(pace["fact_amount"] / pace["elapsed_share"], abs=0.01)
    assert "Декабрь 2025 идёт к" in words_of(result) and result.table["month"].iloc[0] == "2026-01"


def test_m5_6_a_month_that_is_over_is_its_own_fact():
    pace = measured(crowd(3)).tables["pacing"].iloc[0]
    assert pace["elapsed_share"] == 1 and pace["run_amount"] == pace["fact_amount"] == sum(a for _c, d, a, _m in crowd(3) if d > "2025-11-30")


# ------------------------------------------------------------------ neighbours and scope
def test_m5_6_the_plan_report_expects_what_the_forecast_does_only_for_its_month():
    table = frame(period=["2025-12", "2025-10"], manager_id=["M1", "M1"], client_id=["K1", "K1"], metric=["amount"] * 2, plan_value=[300.0, 300.0])
    base = run_of(crowd(4), plans=table, parameters={"period": "2025-12"})
    want = base.measure("forecast").tables["clients"].set_index("client_id")["amount"]
    got = base.measure("plan_report").table.set_index("client_id")["expected_amount"]
    assert got["K1"] == want["K1"]
    october = run_of(crowd(4), plans=table, parameters={"period": "2025-10"}).measure("plan_report").table.set_index("client_id")["expected_amount"]
    assert october["K1"] == pytest.approx(30 / 10 * 101) != want["K1"]  # November is coming there: the forecast of January is not asked


@pytest.mark.parametrize("period", ["2025-12", "2025-Q4", "2025"])
def test_m5_6_the_period_of_the_report_does_not_move_the_forecast(period):
    assert measured(crowd(4), parameters={"period": period}).table.equals(measured(crowd(4)).table)


def test_m5_6_a_manager_sees_his_own_clients_only():
    clients = frame(client_id=["K0", "K1"], client_name=["Альфа", "Бета"], manager_id=["M0", "M1"])
    table = deals_of(("1", "K0", 9_000, "КП", "2026-01-20", "open", None, "M0"), ("2", "K1", 9_000, "КП", "2026-01-20"))
    mine = measured(crowd(4), clients=clients, deals=table, settings={"forecast.stages": STAGES}, plans=plans(M0=5000, M1=5000), manager="M0")
    assert set(mine.table["manager_id"]) == {"M0"} and set(mine.tables["clients"]["manager_id"]) == {"M0"} and mine.tables["deals"]["deal_id"].tolist() == ["1"]
    assert "accuracy" not in mine.tables and "Бета" not in words_of(mine) and "M1" not in words_of(mine)
    assert mine.tables["pacing"]["fact_amount"].iloc[0] == sum(a for c, d, a, _m in crowd(4) if d > "2025-11-30" and c in ("K0", "K2"))
    assert figure_of(mine.blocks[0]["title"]).startswith("Прогноз на январь 2026 — ")


def test_m5_6_figures_of_the_words_equal_the_table():
    result = measured(crowd(8), plans=plans(M0=2000, M1=2000))
    row, (f,) = part(result), result.findings
    assert f.fact == row["amount"] and f.baseline == row["plan_amount"] and f.money == row["gap_amount"] and f.values["low"] == row["low_amount"]


@pytest.mark.parametrize("kw", [{}, {"plans": plans(M0=5000, M1=4000)}, {"plans": plans(M0=500, M1=400)}, {"deals": EXAMPLE, "settings": {"forecast.stages": STAGES}},
                                {"as_of": "2025-12-15"}, {"manager": "M0"}, {"as_of": "2024-05-31"}, {"as_of": "2024-02-10"}])
def test_m5_6_english_has_no_russian_letter(kw):
    deals = kw["deals"].replace({"stage": {"КП": "quote", "счёт": "bill", "разговор": "talk"}}) if "deals" in kw else None
    kw = kw | ({"deals": deals, "settings": {"forecast.stages": {"talk": 0.3, "quote": 0.6, "bill": 0.9}}} if deals is not None else {})
    assert is_english(words_of(measured([r for r in crowd(8) if r[1] <= kw.get("as_of", AS_OF)], lang="en", **kw)))


def test_m5_6_the_sample_prints_the_better_of_two():
    import kbreport as kb

    result = kb.open("sample").measure("forecast")
    total = result.tables["accuracy_total"].set_index("model")["wape"]
    assert part(result)["model"] == ("own" if total["own"] < total["naive"] else "naive") and total.max() < 0.2
    assert part(result)["month"] == "2026-01" and part(result)["plan_amount"] == 19_950_000


@pytest.mark.parametrize("name, model", [("chinook", "own"), ("northwind", "naive"), ("cdnow/orders_full.csv", "naive")])
def test_m5_6_real_sales_print_the_better_of_two(real, name, model):
    import kbreport as kb

    result = kb.open(real / name).measure("forecast")
    wape = result.tables["accuracy_total"].set_index("model")["wape"]
    assert part(result)["model"] == model == wape.idxmin() and part(result)["fan_low_amount"] < part(result)["amount"] < part(result)["fan_high_amount"] and result.blocks


ROW = st.tuples(st.sampled_from("abcd"), st.dates(pd.Timestamp("2024-03-01").date(), pd.Timestamp(AS_OF).date()).map(str), st.integers(-50, 500), st.sampled_from(["M1", "M2"]))
DEAL = st.tuples(st.sampled_from("abxy"), st.integers(1, 5000), st.sampled_from(list(STAGES)))


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=40), st.lists(DEAL, max_size=6), st.randoms(use_true_random=False))
def test_m5_6_parts_add_up_scenarios_hold_and_order_does_not_matter(rows, deals, random):
    table = deals_of(*((str(i), c, a, s, "2026-01-15") for i, (c, a, s) in enumerate(deals))) if deals else None
    kw = {"settings": {"forecast.stages": STAGES}} | ({"deals": table} if table is not None else {})
    result = measured([("a", "2024-03-01", 1, "M1"), *rows], **kw)
    main = result.table
    for who in main["manager_id"].unique():
        own = main[main["manager_id"].isna() if who is None else main["manager_id"] == who].set_index("part")
        if own["model"].iloc[0] == "own":
            sums = ["amount", "low_amount", "high_amount"]
            assert own.loc[["base", "deals", "sure"], sums].sum().tolist() == pytest.approx(own.loc["total", sums].tolist(), abs=0.02)
        assert (own["low_amount"] <= own["amount"] + 0.01).all() and (own["amount"] <= own["high_amount"] + 0.01).all()
    assert (result.tables["clients"]["amount"] >= 0).all() and result.tables["clients"]["client_id"].is_unique
    mixed = rows[:]
    random.shuffle(mixed)
    again = measured([*mixed, ("a", "2024-03-01", 1, "M1")], **({"deals": table.sample(frac=1, random_state=1)} if table is not None else {}) | {"settings": kw["settings"]})
    assert again.table.equals(main)
