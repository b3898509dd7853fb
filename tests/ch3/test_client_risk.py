"""M3.9 client_risk: the worked example, both ends and the middle of each signal, bands and money, the back-test, the words."""

from __future__ import annotations

from types import MethodType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.ch3 import _risk_past as past
from kbreport.ch3._risk_signals import SIGNALS, linear
from kbreport.ch3.client_risk import ClientRisk
from kbreport.errors import UsageProblem
from kbreport.method import BookedAs
from tests.base import base_of, frame, orders_of
from tests.ch3.said import figure_of, is_english, words_of

NAN = float("nan")
AS_OF = {"as_of": "2024-12-31"}


def monthly(client, first, last, amount=100, manager=None, day="15"):
    return [(client, f"{p}-{day}", amount, manager) for p in pd.period_range(first, last, freq="M").astype(str)]


def risk_of(rows, parameters=AS_OF, **kw):
    return base_of(orders_of(*rows), parameters=parameters, **kw).measure("client_risk")


def row(rows, client="a", **kw):
    return risk_of(rows, **kw).table.set_index("client_id").loc[client]


def example(**signals):
    return ClientRisk().scored(pd.DataFrame([{name: signals.get(name, NAN) for name in SIGNALS}])).iloc[0]


# ------------------------------------------------------------------ score, coverage, bands
def test_m3_9_worked_example():
    r = example(r1=1, r2=0.5, r3=0, r7=1)
    assert (round(r["score"], 1), round(r["coverage"] * 100, 1), r["band"], r["top_reason"], r["is_band_uncertain"]) == (69.2, 59.1, "high", "r1", False)


@pytest.mark.parametrize("r1, band", [(0.0, "low"), (0.2999, "low"), (0.3, "medium"), (0.6, "medium"), (0.6001, "high"), (1.0, "high")])
def test_m3_9_bands_hold_their_borders(r1, band):
    assert example(r1=r1)["band"] == band


def test_m3_9_a_border_reached_by_a_float_sum_is_the_border():
    assert example(r1=0.1 + 0.2)["band"] == "medium" and example(r1=0.1 * 3, r2=0.1 * 3)["band"] == "medium"


@pytest.mark.parametrize("known, uncertain", [({"r1": 0, "r2": 0}, False), ({"r1": 0, "r3": 0}, True), ({"r1": 0}, True), ({}, True)])
def test_m3_9_a_band_under_forty_per_cent_of_the_signals_is_uncertain(known, uncertain):
    assert example(**known)["is_band_uncertain"] == uncertain


def test_m3_9_no_signal_no_score_and_nothing_wrong_no_reason():
    nothing, calm = example(), example(r1=0, r2=0)
    assert np.isnan(nothing["score"]) and nothing["band"] is None and nothing["top_reason"] is None and nothing["coverage"] == 0
    assert (calm["score"], calm["band"], calm["top_reason"]) == (0, "low", None)


def test_m3_9_the_top_reason_weighs_most_the_earlier_of_equals():
    assert example(r1=0.5, r4=1)["top_reason"] == "r4" and example(r5=1, r6=1, r7=1)["top_reason"] == "r5"


def test_m3_9_weights_and_borders_are_settings():
    assert ClientRisk(w_r1=0, low=10, high=20).scored(pd.DataFrame([{"r1": 1.0, **dict.fromkeys(SIGNALS[1:], 0.0)}])).iloc[0]["score"] == 0
    assert risk_of(monthly("a", "2023-01", "2024-10"), settings={"client_risk.low": 0, "client_risk.high": 99}).table["band"].tolist() == ["medium"]
    with pytest.raises(UsageProblem, match="w_r1"):
        risk_of(monthly("a", "2023-01", "2024-12"), settings={"client_risk.w_r1": -1})


# ------------------------------------------------------------------ r1 and r2: what he buys
@pytest.mark.parametrize("x, r1", [(0.2, 0), (1.0, 0), (2.0, 0.5), (2.5, 0.75), (3.0, 1), (9.0, 1)])
def test_m3_9_r1_is_linear_between_one_rhythm_and_three(x, r1):
    assert linear(np.array([x]), 1.0, 3.0)[0] == pytest.approx(r1)


def test_m3_9_r1_is_the_lateness_of_the_client():
    every_ten = [("a", str((pd.Timestamp("2024-12-31") - pd.Timedelta(days=20 + 10 * k)).date()), 10) for k in range(20)]
    assert row(every_ten)["r1"] == pytest.approx(0.5)
    assert row(monthly("a", "2023-01", "2024-12"))["r1"] == 0


@pytest.mark.parametrize("now, r2", [(100, 0), (150, 0), (75, 0.5), (50, 1), (1, 1)])
def test_m3_9_r2_compares_with_the_same_months_a_year_ago(now, r2):
    assert row(monthly("a", "2023-01", "2024-09") + monthly("a", "2024-10", "2024-12", now))["r2"] == pytest.approx(r2)


def test_m3_9_r2_without_a_year_ago_compares_with_the_three_months_before():
    assert row(monthly("a", "2024-04", "2024-09") + monthly("a", "2024-10", "2024-12", 75))["r2"] == pytest.approx(0.5)
    rows = monthly("a", "2024-04", "2024-09") + monthly("a", "2024-10", "2024-12", 75) + monthly("old", "2022-01", "2024-12")
    assert row(rows)["r2"] == pytest.approx(0.5), "the company has a year ago, this client has not"
    returns = monthly("a", "2023-01", "2024-09") + [("a", "2023-11-20", -900)] + monthly("a", "2024-10", "2024-12", 75)
    assert row(returns)["r2"] == pytest.approx(0.5), "a year ago more came back than was sold"


def test_m3_9_r2_is_not_available_where_nothing_was_sold_before():
    rows = monthly("a", "2024-10", "2024-12") + monthly("old", "2022-01", "2024-12")
    assert np.isnan(row(rows)["r2"]) and not np.isnan(row(rows, "old")["r2"])
    assert np.isnan(row(monthly("a", "2024-09", "2024-12"))["r2"]), "the history begins inside the three months before"


def test_m3_9_r2_takes_complete_months_only():
    rows = monthly("a", "2023-01", "2024-12", day="05")
    assert row(rows, parameters={"as_of": "2024-12-04"})["r2"] == 0


def with_season(base, index):
    """The base with a table of M3.10; the method itself may be there or not."""
    class Rules:
        large_client_share, exclude_clients = 0.9, ("own",)

    has, table, kept = base.has, base.table, base.settings
    for name in ("abc", "frequency", "lifecycle"):
        base.measure(name)
    base.has = MethodType(lambda self, name: name == "seasonality" or has(name), base)
    base.table = MethodType(lambda self, name, part="main": frame(month_no=list(range(1, 13)), index=index) if name == "seasonality" else table(name, part), base)
    base.settings = MethodType(lambda self, name: Rules if name == "seasonality" else kept(name), base)
    return base.measure("client_risk").table.set_index("client_id")


def test_m3_9_r2_takes_the_season_out_of_the_three_months_before():
    rows = [r for c in ("a", "own") for r in monthly(c, "2024-04", "2024-09") + monthly(c, "2024-10", "2024-12", 75)]
    calm = with_season(base_of(orders_of(*rows), parameters=AS_OF), [1.0] * 9 + [0.75] * 3)
    assert calm.at["a", "r2"] == pytest.approx(0) and calm.at["own", "r2"] == pytest.approx(0.5), "who has his own schedule is compared plainly"
    holes = with_season(base_of(orders_of(*rows), parameters=AS_OF), [1.0] * 9 + [0.75] * 2 + [None])
    assert holes.at["a", "r2"] == pytest.approx(0.5), "an index with a hole corrects nobody"


def test_m3_9_before_the_third_order_neither_rhythm_nor_course():
    rows = [("a", "2024-06-15", 10), ("a", "2024-11-15", 10), *monthly("b", "2023-01", "2024-12")]
    r = row(rows)
    assert np.isnan(r["r1"]) and np.isnan(r["r2"]) and np.isnan(r["score"]) and r["is_band_uncertain"] and pd.isna(r["band"]) and np.isnan(r["risk_amount"])
    assert not np.isnan(row([*rows, ("a", "2024-08-15", 10)])["r1"])


def test_m3_9_a_seasonal_client_is_no_risk_between_his_seasons():
    summer = [("s", f"{y}-{m:02d}-10", 100) for y in (2022, 2023, 2024) for m in range(5, 10)]
    r = row([*summer, *monthly("b", "2022-01", "2024-12")], "s")
    assert (r["r1"], r["band"]) == (0, "low") and np.isnan(r["r2"])
    weak = [("s", f"2025-{m:02d}-10", 50) for m in range(5, 10)]
    r = row([*summer, *weak, *monthly("b", "2022-01", "2025-09")], "s", parameters={"as_of": "2025-09-30"})
    assert r["r2"] == pytest.approx(1), "in his season he is compared with the season before"


# ------------------------------------------------------------------ r3: categories
def lines_of(*rows):
    return [{"client_id": c, "order_date": d, "amount": a, "category": k, "order_id": f"{c}-{d}"} for c, d, a, k in rows]


def bought(client, first, last, names):
    return [(client, f"{p}-15", 100, k) for p in pd.period_range(first, last, freq="M").astype(str) for k in names]


def r3(*rows, **kw):
    return base_of(lines=lines_of(*rows), parameters=kw.pop("parameters", AS_OF), **kw).measure("client_risk").table.set_index("client_id")["r3"]


@pytest.mark.parametrize("now, expected", [("klmn", 0), ("klmno", 0), ("klm", 0.5), ("kl", 1), ("k", 1)])
def test_m3_9_r3_compares_categories_with_a_year_ago(now, expected):
    assert r3(*bought("a", "2023-01", "2024-06", "klmn"), *bought("a", "2024-07", "2024-12", now))["a"] == pytest.approx(expected)


def test_m3_9_r3_a_category_that_only_came_back_is_not_bought():
    rows = [*bought("a", "2023-01", "2024-06", "kl"), *bought("a", "2024-07", "2024-12", "kl"), ("a", "2024-12-20", -600, "l")]
    assert r3(*rows)["a"] == 1


def test_m3_9_r3_who_was_not_active_a_year_ago_is_compared_with_the_six_months_before():
    rows = [*bought("a", "2024-01", "2024-06", "klmn"), *bought("a", "2024-07", "2024-12", "klm"), *bought("b", "2022-01", "2024-12", "k")]
    got = r3(*rows)
    assert got["a"] == pytest.approx(0.5) and got["b"] == 0
    assert np.isnan(r3(*bought("c", "2024-10", "2024-12", "k"), *bought("b", "2022-01", "2024-12", "k"))["c"])


def test_m3_9_r3_categories_not_written_a_year_ago_are_not_none():
    rows = [*bought("a", "2023-01", "2023-12", [None]), *bought("a", "2024-01", "2024-06", "klmn"), *bought("a", "2024-07", "2024-12", "klm")]
    assert r3(*rows)["a"] == pytest.approx(0.5)


def test_m3_9_r3_without_categories_is_not_available():
    assert np.isnan(row(monthly("a", "2022-01", "2024-12"))["r3"])


# ------------------------------------------------------------------ r4 … r8
BUYS = monthly("a", "2023-02", "2024-12") + monthly("b", "2023-02", "2024-12")


def debts(*rows, snapshot="2024-12-31"):
    return frame(snapshot_date=[snapshot] * len(rows), client_id=[r[0] for r in rows], due_date=pd.to_datetime([r[1] for r in rows]), open_amount=[float(r[2]) for r in rows],
                 terms=[r[3] if len(r) > 3 else None for r in rows])


@pytest.mark.parametrize("late, expected", [(0, 0), (25, 0.5), (50, 1), (100, 1)])
def test_m3_9_r4_is_the_overdue_share_of_the_debt(late, expected):
    assert row(BUYS, receivables=debts(("a", "2024-12-01", late), ("a", "2025-01-31", 100 - late)))["r4"] == pytest.approx(expected)


def test_m3_9_r4_no_debt_is_zero_and_cash_is_no_debt():
    table = debts(("a", "2024-12-01", 100, "cash"), ("a", "2025-01-31", 100, "credit"))
    assert row(BUYS, receivables=table)["r4"] == 0 and row(BUYS, "b", receivables=table)["r4"] == 0
    assert np.isnan(row(BUYS)["r4"])


def test_m3_9_r4_takes_the_last_snapshot_known_by_then():
    table = pd.concat([debts(("a", "2024-10-01", 100), snapshot="2024-11-30"), debts(("a", "2025-01-31", 100)), debts(("a", "2025-01-01", 100), snapshot="2025-01-31")])
    assert row(BUYS, receivables=table)["r4"] == 0
    assert np.isnan(row(BUYS, receivables=debts(("a", "2025-01-01", 100), snapshot="2025-01-31"))["r4"])


def complaints(*rows):
    return frame(claim_id=[str(i) for i in range(len(rows))], client_id=["a"] * len(rows), opened_at=pd.to_datetime([r[0] for r in rows]), closed_at=pd.to_datetime([r[1] for r in rows]),
                 severity=[r[2] if len(r) > 2 else 1 for r in rows])


@pytest.mark.parametrize("rows, expected", [
    ([("2024-12-01", None)], 0.5), ([("2024-12-01", "2024-12-05")], 0.5), ([("2024-12-01", None), ("2024-11-01", "2024-11-02")], 1), ([("2024-12-01", None, 3)], 1),
    ([("2024-01-10", None)], 0.5), ([("2024-01-10", "2024-02-01")], 0), ([("2024-01-10", "2025-01-15")], 0.5), ([("2024-07-01", "2024-07-02")], 0), ([("2024-07-02", "2024-07-03")], 0.5),
])
def test_m3_9_r5_counts_open_claims_and_those_of_the_last_183_days(rows, expected):
    assert row(BUYS, claims=complaints(*rows))["r5"] == expected


def test_m3_9_r5_no_claim_is_zero_where_claims_are_recorded():
    assert row(BUYS, "b", claims=complaints(("2024-12-01", None)))["r5"] == 0 and np.isnan(row(BUYS)["r5"])
    assert np.isnan(row(BUYS, claims=complaints(("2025-02-01", None)))["r5"]), "nothing was recorded by then"


def persons(n, roles=("decider",), active=None):
    return frame(person_id=[f"p{i}" for i in range(n)], client_id=["a"] * n, dmu_role=[roles[i] if i < len(roles) else "user" for i in range(n)], is_active=pd.array(active or [True] * n, dtype="boolean"))


@pytest.mark.parametrize("n, roles, expected", [(1, ("decider",), 1), (2, ("decider",), 0.5), (3, ("buyer|decider",), 0), (4, ("buyer", "user", "user", "user"), 1)])
def test_m3_9_r6_a_single_thread_or_no_decider(n, roles, expected):
    assert row(BUYS, people=persons(n, roles))["r6"] == expected


def test_m3_9_r6_a_client_without_rows_has_nobody_and_who_left_does_not_count():
    assert row(BUYS, "b", people=persons(3))["r6"] == 1 and row(BUYS, people=persons(3, active=[True, True, False]))["r6"] == 0.5
    assert np.isnan(row(BUYS)["r6"])
    assert row(BUYS, people=persons(3).drop(columns="dmu_role"))["r6"] == 0, "where no role is written, persons alone count"


def talks(*rows):
    return frame(touch_id=[str(i) for i in range(len(rows))], client_id=[r[0] for r in rows], at=pd.to_datetime([r[1] for r in rows], format="ISO8601"), channel=["call"] * len(rows), direction=["in"] * len(rows),
                 result=["reached"] * len(rows))


def test_m3_9_r7_compares_our_silence_with_the_limit_of_the_class():
    base = base_of(orders_of(*BUYS), parameters=AS_OF, touches=talks(("a", "2024-12-30"), ("b", "2024-12-30")))
    limit = base.measure("touches").table.set_index("client_id")["max_silence_days"]
    r7 = lambda days: row(BUYS, touches=talks(("a", str((pd.Timestamp("2024-12-31") - pd.Timedelta(days=days)).date())), ("b", "2024-12-30")))["r7"]
    assert limit["a"] == 1.5 * 365 / 24
    assert r7(22) == 0 and r7(34) == pytest.approx(34 / limit["a"] - 1) and r7(46) == 1


def test_m3_9_r7_never_reached_is_one_and_no_log_is_no_signal():
    assert row(BUYS, "b", touches=talks(("a", "2024-12-30")))["r7"] == 1 and np.isnan(row(BUYS, "b")["r7"])


def answers(*rows):
    return frame(survey_id=[r[0] for r in rows], survey_date=[r[1] for r in rows], client_id=["a"] * len(rows), respondent_id=[str(i) for i in range(len(rows))],
                 question_code=[r[3] if len(r) > 3 else "NPS" for r in rows], answer_num=[r[2] for r in rows])


@pytest.mark.parametrize("score, expected", [(0, 1), (6, 1), (7, 0.5), (8, 0.5), (9, 0), (10, 0)])
def test_m3_9_r8_is_the_lowest_answer(score, expected):
    assert row(BUYS, survey_answers=answers(("w", "2024-11-01", 10), ("w", "2024-11-02", score)))["r8"] == expected


def test_m3_9_r8_takes_the_last_wave_of_the_last_year_and_only_nps():
    assert row(BUYS, survey_answers=answers(("w1", "2024-05-01", 0), ("w2", "2024-11-01", 10), ("w2", "2024-11-01", 1, "CES")))["r8"] == 0
    assert np.isnan(row(BUYS, survey_answers=answers(("w1", "2023-12-30", 0), ("w2", "2025-01-10", 0)))["r8"]) and row(BUYS, survey_answers=answers(("w1", "2023-12-31", 0)))["r8"] == 1
    assert np.isnan(row(BUYS, "b", survey_answers=answers(("w1", "2024-11-01", 0)))["r8"]), "not asked, or no answer"


# ------------------------------------------------------------------ who stands in the table, and with what money
def test_m3_9_lost_closed_and_potential_clients_are_past_risk():
    cards = frame(client_id=["a", "gone", "shut", "never"], status_manual=[None, None, "closed", None])
    rows = monthly("a", "2022-01", "2024-12") + monthly("gone", "2022-01", "2023-06") + monthly("shut", "2022-01", "2024-12") + [("once", "2024-08-01", 5), ("new", "2024-12-20", 5)]
    assert set(risk_of(rows, clients=cards).table["client_id"]) == {"a", "once", "new"}


def test_m3_9_without_enough_past_cases_the_money_is_conditional():
    r = row(monthly("a", "2023-01", "2024-09") + monthly("a", "2024-10", "2024-12", 25) + monthly("b", "2023-01", "2024-12"))
    assert (r["score"], r["risk_basis"]) == (pytest.approx(100 * 20 / 45), "score") and r["s12"] == 975 and r["risk_amount"] == pytest.approx(round(975 * 20 / 45, 2))


def test_m3_9_net_returns_put_no_money_at_risk_and_a_year_without_sales_is_zero():
    r = row([*monthly("a", "2023-01", "2024-12", 10), ("a", "2024-12-20", -900), *monthly("b", "2023-01", "2024-12")])
    assert r["s12"] == -780 and r["risk_amount"] == 0
    rare = [("a", d, 100) for d in ("2020-01-10", "2021-01-10", "2022-01-10", "2023-06-10")]
    r = row([*rare, *monthly("b", "2020-01", "2024-12")])
    assert (r["state"], r["s12"], r["risk_amount"]) == ("falling_asleep", 0, 0)


def test_m3_9_dependence_is_more_than_a_tenth_of_sales_whatever_the_score():
    rows = [r for i in range(10) for r in monthly(f"c{i}", "2023-01", "2024-12", 100 if i else 101)]
    marks = risk_of(rows).table.set_index("client_id")["is_dependence"]
    assert marks["c0"] and marks.sum() == 1


def test_m3_9_bands_add_up_to_the_clients_with_a_score():
    result = risk_of(monthly("a", "2023-01", "2024-12") + monthly("b", "2023-01", "2024-08") + monthly("c", "2023-01", "2024-10", 300) + [("d", "2024-12-01", 5)])
    bands, scored = result.tables["bands"], result.table.dropna(subset=["score"])
    assert bands["band"].tolist() == ["low", "medium", "high"] and bands["n_clients"].sum() == len(scored) == len(result.table) - 1
    assert bands["risk_amount"].sum() == pytest.approx(scored["risk_amount"].sum())


def test_m3_9_every_reason_has_one_short_action():
    from kbreport.ch3.client_risk import ACTION
    from kbreport.method.vocabulary import VALUES, pinned

    assert set(ACTION) == set(SIGNALS) == set(VALUES["top_reason"])
    assert all(pinned("action", a) != a and len(pinned("action", a)) < 60 for a in ACTION.values()) and len(set(ACTION.values())) == 8


# ------------------------------------------------------------------ the back-test
def history(n_stay=30, n_leave=12, first="2021-01", last="2024-12", leave="2023-05"):
    """Monthly buyers; some stop in May 2023, having bought less since February: at the end of June they are late and buy less."""
    rows = [r for i in range(n_stay) for r in monthly(f"s{i:02d}", first, last)]
    half = str(pd.Period(leave, "M") - 3)
    return rows + [r for i in range(n_leave) for r in monthly(f"l{i:02d}", first, str(pd.Period(half, "M") - 1), day="05") + monthly(f"l{i:02d}", half, leave, 40, day="05")]


def test_m3_9_backtest_counts_cases_losses_and_open_windows():
    back = risk_of(history()).tables["backtest"].set_index(["origin_date", "band"])
    june = back.loc[pd.Timestamp("2023-06-30")]
    assert june.loc["low", ["n_cases", "n_lost", "n_open"]].tolist() == [30, 0, 0] and june.loc["high", ["n_cases", "n_lost", "n_open"]].tolist() == [12, 12, 0]
    assert (june.at["high", "loss_rate"], june.at["high", "lift"]) == (1, pytest.approx(42 / 12)) and june.at["high", "ci_low"] == pytest.approx(0.7575, abs=1e-3)
    september = back.loc[pd.Timestamp("2024-09-30")]
    assert september.loc["low", ["n_cases", "n_open"]].tolist() == [0, 30] and np.isnan(september.at["low", "loss_rate"]), "half a year is not over yet"


def test_m3_9_backtest_leaves_who_was_lost_already_out():
    back = risk_of(history()).tables["backtest"]
    assert back[back["origin_date"] == pd.Timestamp("2024-03-31")][["n_cases", "n_open"]].to_numpy().sum() == 30


def test_m3_9_backtest_starts_after_the_lookback_and_needs_two_years():
    assert risk_of(history()).tables["backtest"]["origin_date"].min() == pd.Timestamp("2022-03-31")
    short = history(first="2023-02", leave="2024-05")
    assert risk_of(short).tables["backtest"].empty and not risk_of(short, parameters={"as_of": "2025-01-31"}).tables["backtest"].empty


def test_m3_9_the_window_is_half_a_year_or_three_rhythms_of_then():
    slow = [("slow", str((pd.Timestamp("2022-05-10") - pd.Timedelta(days=100 * k)).date()), 10) for k in range(8)]
    base = base_of(orders_of(*monthly("a", "2021-01", "2024-12"), *slow, ("slow", "2023-04-20", 10)), parameters=AS_OF)
    from kbreport.facts.rhythm import day_number
    from kbreport.facts.states import states_at

    end = day_number("2022-06-30")
    orders, seen = states_at(base.facts, end, base.settings("lifecycle").rules(base), base.settings("abc"))
    is_open, is_lost = past.outcomes(orders, seen, end, day_number("2024-12-31"), 180)
    slow = list(orders.clients).index("slow")
    assert seen.rhythm[slow] == 100 and not is_open[slow] and not is_lost[slow], "he ordered after 294 of 300 days"
    assert past.outcomes(orders, seen, end, end + 299, 180)[0][slow] and not past.outcomes(orders, seen, end, end + 180, 180)[0][1 - slow]


def test_m3_9_an_order_on_the_last_day_of_the_window_keeps_him():
    rows = monthly("a", "2021-01", "2022-06")
    kept = risk_of([*rows, ("a", "2022-12-27", 10), *monthly("b", "2021-01", "2024-12")]).tables["backtest"]
    late = risk_of([*rows, ("a", "2022-12-28", 10), *monthly("b", "2021-01", "2024-12")]).tables["backtest"]
    lost = lambda t: t[t["origin_date"] == pd.Timestamp("2022-06-30")]["n_lost"].sum()
    assert (lost(kept), lost(late)) == (0, 1)


def test_m3_9_twenty_cases_of_a_band_replace_the_score():
    table = risk_of(history() + monthly("x", "2021-01", "2024-10")).table
    low = table[table["band"] == "low"]
    back = risk_of(history()).tables["backtest"]
    assert set(low["risk_basis"]) == {"backtest"} and past.rates(back, 20)["low"] == pytest.approx(low["p_loss"].iloc[0], abs=0.02)
    assert "high" not in past.rates(back, 20) and "high" in past.rates(back, 12)


@pytest.mark.parametrize("extra", [
    lambda later: {"receivables": pd.concat([debts(("s01", "2022-05-01", 100), snapshot="2022-06-30"), debts(("s01", "2023-05-01", 100), snapshot="2023-06-30")] + (
        [debts(*((f"l{i:02d}", "2024-05-01", 100) for i in range(12)), snapshot="2024-06-30")] if later else []))},
    lambda later: {"claims": pd.concat([complaints(("2022-05-01", None)).assign(client_id="s01")] + ([complaints(("2024-05-01", None, 3)).assign(client_id="l01")] if later else []))},
    lambda later: {"people": persons(1 if later else 3).assign(client_id="l01")},
    lambda later: {"touches": talks(("s01", "2022-05-01"), ("l01", "2023-05-01"), ("s02", "2024-03-01"), *([("l02", "2024-05-01")] if later else []))},
    lambda later: {"survey_answers": answers(("w", "2023-05-01", 9), *([("v", "2024-05-01", 0)] if later else [])).assign(client_id="l01")},
])
def test_m3_9_the_past_does_not_know_what_came_later(extra):
    """Rows dated after a quarter end (and contacts without dates) change nothing there, whatever the table."""
    rows = history()
    early = risk_of([r for r in rows if r[1] <= "2024-04-30"], parameters={"as_of": "2024-04-30"}, **extra(False)).tables["backtest"]
    late = risk_of(rows, **extra(True)).tables["backtest"]
    cut = lambda t: t[t["origin_date"] <= pd.Timestamp("2023-09-30")].reset_index(drop=True)
    assert len(cut(early)) > 3
    pd.testing.assert_frame_equal(cut(early), cut(late))


def test_m3_9_the_past_knows_the_silence_of_then():
    """Who was called ten days before the quarter end is medium there, who was not is high."""
    called = talks(*((f"l{i:02d}", "2023-06-20") for i in range(6)), ("s01", "2022-05-01"))
    june = lambda **kw: risk_of(history(), **kw).tables["backtest"].set_index(["origin_date", "band"]).loc[pd.Timestamp("2023-06-30")]["n_cases"].to_dict()
    assert june() == {"low": 30, "high": 12} and june(touches=pd.concat([called, talks(("s01", "2024-06-01"))])) == {"low": 30, "medium": 6, "high": 6}


def test_m3_9_auc_counts_pairs_and_halves_ties():
    assert past.auc(np.array([3.0, 2, 1]), np.array([True, False, False])) == 1 and past.auc(np.array([1.0, 1, 1, 1]), np.array([True, False, True, False])) == 0.5
    assert past.auc(np.array([1.0, 2, 3, 4]), np.array([True, False, True, False])) == 0.25 and np.isnan(past.auc(np.array([1.0]), np.array([True])))


@pytest.mark.parametrize("score, lateness, days, n, expected", [(0.8, 0.7, 0.75, 50, None), (0.77, 0.7, 0.75, 50, "days_since"), (0.771, 0.7, 0.75, 50, None), (0.6, 0.7, 0.65, 50, "lateness"),
                                                               (0.6, 0.7, 0.65, 19, None), (NAN, 0.7, 0.65, 50, None)])
def test_m3_9_the_score_must_beat_the_better_rule_by_more_than_two_points(score, lateness, days, n, expected):
    table = pd.DataFrame({"predictor": ["score", "lateness", "days_since"], "n_cases": n, "auc": [score, lateness, days]})
    assert past.better_rival(table, 0.02, 20) == expected


LATE = monthly("late", "2021-01", "2024-10", 1000) + monthly("more", "2021-01", "2024-11", 9000, day="05") + history(n_leave=0)


def paged(auc):
    """The page of a base whose back-test gave these AUCs for the score and for lateness."""
    base = base_of(orders_of(*LATE), parameters=AS_OF)
    result = base.measure("client_risk")
    sorts = pd.DataFrame({"predictor": ["score", "lateness", "days_since"], "n_cases": 300, "auc": [auc, 0.7, 0.6]})
    blocks = ClientRisk().page(result.tables | {"backtest_auc": sorts}, result.findings, base)
    (listed,) = [b for b in blocks if b["k"] == "table" and b.get("sheet") == "client_risk"]
    return [r[0]["t"] for r in listed["rows"]], [c["title"] for c in listed["cols"]], blocks[-1]["text"]


def test_m3_9_where_the_score_loses_the_page_says_so_and_follows_the_rule():
    names, heads, note = paged(0.71)
    assert names == ["late", "more"] and "Опоздание, ритмов" in heads and "балл не лучше простого правила" in note
    assert "в 71 % пар, опоздание с заказом — в 70 %" in figure_of(note)


def test_m3_9_where_the_score_wins_the_list_follows_the_money():
    names, heads, note = paged(0.73)
    assert names == ["more", "late"] and "Опоздание, ритмов" not in heads and "не лучше простого правила" not in note


# ------------------------------------------------------------------ findings, page, manager, language
def drowsy(**kw):
    """One client falls asleep and is high, one has slept long and is high too, one buys."""
    rows = monthly("a", "2023-01", "2024-10", 500, "M1", day="05") + monthly("b", "2023-01", "2024-12", 100, "M2") + monthly("c", "2023-01", "2024-08", 900, "M1")
    return risk_of(rows, **kw)


def test_m3_9_money_of_page_one_is_that_of_clients_who_still_buy():
    result = drowsy()
    assert result.table.set_index("client_id")[["state", "band"]].to_dict("index") == {"a": {"state": "falling_asleep", "band": "high"}, "c": {"state": "sleeping", "band": "high"},
                                                                                    "b": {"state": "active", "band": "low"}}
    (f,) = result.findings
    a = result.table.set_index("client_id").loc["a"]
    assert f.booked_as == BookedAs.RISK and f.clients == (("a", a["risk_amount"]),) and f.money == a["risk_amount"] and f.assumption
    assert figure_of(f.text).startswith("У 1 клиента высокий риск: под угрозой") and f.detail.startswith("«a». Главная причина у «a»:") and "условно" in f.basis


def test_m3_9_money_on_our_own_past_is_no_assumption():
    rows = history(n_leave=24) + monthly("hot", "2021-01", "2024-10", 900, day="05")
    (f,) = risk_of(rows).findings
    assert not f.assumption and "в прошлом" in f.basis and dict(f.clients)["hot"] == 900 * 10


def test_m3_9_a_base_without_buyers_or_signals_says_so():
    assert risk_of([("a", "2024-12-20", 5)]).status == "insufficient" and "не известен ни один сигнал" in risk_of([("a", "2024-12-20", 5)]).blocks[0]["title"]
    gone = risk_of(monthly("a", "2020-01", "2021-01"))
    assert gone.table.empty and gone.status == "insufficient" and gone.blocks[0]["title"] == "Риск не посчитан: покупающих клиентов нет" and not gone.findings


def test_m3_9_the_page_says_that_the_score_is_no_probability_and_marks_doubt():
    result = drowsy(settings={"client_risk.min_coverage": 0.5})
    said = words_of(result)
    assert "вероятность он не измеряет" in said and "высокий?" in said and "Знак «?»" in said and "условны" in said and "Зависимость при любом балле" in said


def test_m3_9_figures_of_the_words_equal_the_table():
    result = drowsy()
    assert result.findings[0].text == result.blocks[0]["title"] and result.findings[0].money == round(result.table.loc[result.table["client_id"] == "a", "risk_amount"].sum(), 2)


def test_m3_9_the_pooled_rates_of_the_page_are_sums():
    result = risk_of(history(n_leave=24))
    (table,) = [b for b in result.blocks if b["k"] == "table" and b.get("sheet") == "client_risk.backtest"]
    sums = result.tables["backtest"].groupby("band")[["n_lost", "n_cases"]].sum()
    assert [r[1] for r in table["rows"]] == [f"{sums.at[b, 'n_lost']} из {sums.at[b, 'n_cases']}" if b in sums.index else "0 из 0" for b in ("low", "medium", "high")]


def test_m3_9_a_manager_sees_his_clients_only():
    mine, whole = drowsy(manager="M1"), drowsy()
    assert set(mine.table["client_id"]) == {"a", "c"} and set(mine.tables) == {"main", "bands"} and mine.tables["bands"]["n_clients"].sum() == 2
    pd.testing.assert_frame_equal(mine.table, whole.table[whole.table["manager_id"] == "M1"].reset_index(drop=True))
    assert "«b»" not in words_of(mine)


@pytest.mark.parametrize("make", [lambda: drowsy(lang="en"), lambda: risk_of(history(n_leave=24), lang="en"), lambda: risk_of([("a", "2024-12-20", 5)], lang="en"),
                                  lambda: risk_of(monthly("a", "2020-01", "2021-01"), lang="en"), lambda: drowsy(lang="en", settings={"client_risk.min_coverage": 0.5}),
                                  lambda: risk_of(monthly("a", "2023-01", "2024-12"), lang="en")])
def test_m3_9_english_has_no_russian_letter(make):
    assert is_english(words_of(make()))


@pytest.mark.parametrize("rows", [[("a", "2024-12-15", -5)], [("a", "2024-12-15", 5)], [("a", "2024-12-15", 0), ("b", "2024-12-16", 0)], monthly("a", "2021-01", "2024-12", -1)])
def test_m3_9_tiny_bases_and_all_returns_do_not_crash(rows):
    result = risk_of(rows)
    assert result.status in ("ok", "insufficient") and result.blocks[0]["k"] == "section"


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.dates(pd.Timestamp("2022-01-01").date(), pd.Timestamp("2024-12-31").date()), st.integers(-50, 500)), min_size=1, max_size=60),
       st.randoms(use_true_random=False))
def test_m3_9_scores_stay_between_0_and_100_and_do_not_know_the_order_of_rows(rows, random):
    rows = [(c, str(d), a) for c, d, a in rows]
    one = risk_of(rows)
    main = one.table
    scored = main["score"].dropna()
    assert scored.between(0, 100).all() and main["coverage"].between(0, 1).all() and (main["risk_amount"].dropna() >= 0).all()
    assert (main["risk_amount"].dropna() <= main.loc[main["risk_amount"].notna(), "s12"].clip(lower=0) + 0.01).all() and (main["band"].notna() == main["score"].notna()).all()
    assert (one.tables["backtest"]["n_lost"] <= one.tables["backtest"]["n_cases"]).all()
    random.shuffle(rows)
    other = risk_of(rows)
    for name in one.tables:
        pd.testing.assert_frame_equal(one.tables[name], other.tables[name])
