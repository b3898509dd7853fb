"""M3.8 retention: worked examples, identity, intervals, cohorts."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base import base_of, frame, orders_of


def two_years(before: dict, now: dict, **kw):
    rows = [("anchor", "2022-01-15", 1)] + [(c, "2023-06-15", a) for c, a in before.items()] + [(c, "2024-06-15", a) for c, a in now.items()]
    return base_of(orders_of(*rows), parameters={"as_of": "2024-12-31", "lookback": 12}, **kw)


def company(base):
    return base.measure("retention").table.iloc[0]


def test_m3_8_worked_example_the_textbook_formula_is_wrong():
    base = base_of(orders_of(("e", "2022-06-15", 9), *((c, "2023-06-15", a) for c, a in (("a", 100), ("b", 200), ("c", 300), ("d", 50))),
                             *((c, "2024-06-15", a) for c, a in (("a", 120), ("b", 150), ("c", 300), ("f", 80), ("e", 40)))), parameters={"as_of": "2024-12-31"})
    r = company(base)
    assert (r["crr"], r["naive_crr"]) == (0.75, 1.0)
    assert (r["n_new"], r["n_returned"], r["n_lost"]) == (1, 1, 1)
    assert round(r["grr"], 3) == 0.846 and round(r["nrr"], 3) == 0.877


def test_m3_8_a_first_order_in_the_first_month_of_the_base_is_a_full_year():
    """31 January belongs to the first month of P-1, 1 February does not."""
    rows = [("old", "2022-01-10", 1), ("old", "2023-05-10", 100), ("old", "2024-05-10", 50), ("january", "2023-01-31", 100), ("january", "2024-05-10", 200),
            ("february", "2023-02-01", 30), ("february", "2024-05-10", 300)]
    r = company(base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}))
    assert (r["nrr_full"], r["grr_full"]) == (250 / 200, 150 / 200)


def test_m3_8_mini_base(training):
    table = training.measure("retention").table
    r = table.iloc[0]
    assert (r["crr"], round(r["grr"], 3), round(r["nrr"], 3)) == (0.8, 0.85, 0.953)
    assert (round(r["crr_ci_low"], 3), round(r["crr_ci_high"], 3)) == (0.49, 0.943)
    assert (round(r["nrr_ci_low"], 3), round(r["nrr_ci_high"], 3)) == (0.664, 1.242)
    managers = table[table["scope"] == "manager_id"].set_index("key")
    assert managers["crr"].to_dict() == {"M1": 0.8, "M2": 0.8}
    assert managers[["grr", "nrr"]].round(3).values.tolist() == [[0.923, 1.047], [0.667, 0.714]]


def test_m3_8_lost_clients_are_listed_with_what_they_brought(training):
    assert training.measure("retention").tables["lost"][["client_id", "amount_prev"]].values.tolist() == [["K06", 300_000.0], ["K12", 80_000.0]]


def test_m3_8_clients_new_inside_the_last_period_are_shown_apart():
    base = base_of(orders_of(("old", "2022-01-10", 100), ("old", "2023-02-10", 100), ("old", "2024-02-10", 50), ("late", "2023-11-10", 20), ("late", "2024-02-10", 200)), parameters={"as_of": "2024-12-31"})
    r = company(base)
    assert round(r["nrr"], 4) == round(250 / 120, 4) and r["nrr_full"] == 0.5


def test_m3_8_a_short_history_is_insufficient_and_makes_no_claim():
    result = base_of(orders_of(("a", "2024-01-15", 1), ("a", "2024-12-15", 1)), parameters={"as_of": "2024-12-31"}).measure("retention")
    assert result.status == "insufficient" and not result.findings


def test_m3_8_a_rhythm_longer_than_half_the_period_is_insufficient():
    rows = [(c, f"{y}-06-15", 10) for c in "ab" for y in range(2018, 2025)]
    result = base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}).measure("retention")
    assert result.status == "insufficient" and "ритм" in result.reason


def test_m3_8_closed_clients_are_counted_apart_and_stay_lost():
    clients = frame(client_id=["a", "b"], status_manual=["closed", None])
    r = company(two_years({"a": 10, "b": 10}, {"b": 10}, clients=clients))
    assert (r["n_lost"], r["n_closed"], r["crr"]) == (1, 1, 0.5)


def test_m3_8_small_bases_are_weak():
    assert company(two_years({"a": 10}, {"a": 10}))["status"] == "weak"
    assert company(two_years({f"c{i}": 10 for i in range(20)}, {"c1": 5}))["status"] == "ok"


def test_m3_8_rolling_ends_with_the_figures_of_the_period(training):
    result = training.measure("retention")
    last = result.tables["rolling"].query("window_months == 12").iloc[-1]
    assert last["month"] == "2024-12" and round(last["nrr"], 3) == round(result.table.iloc[0]["nrr"], 3) and last["crr"] == 0.8


def test_m3_8_cohorts_leave_out_those_whose_beginning_is_hidden():
    cohorts = base_of(orders_of(("a", "2023-01-10", 1), ("b", "2024-02-10", 1), ("b", "2024-04-10", 5), ("a", "2024-12-30", 1)), parameters={"as_of": "2024-12-31"}).measure("retention").tables["cohorts"]
    assert set(cohorts["cohort_month"]) == {"2024-02"} and len(cohorts) == 11
    assert cohorts.query("n_active > 0")["age_months"].tolist() == [0, 2] and cohorts["amount"].sum() == 6


def test_m3_8_a_manager_sees_his_row_and_his_lost_clients():
    rows = [("a", "2023-06-15", 10, "M1"), ("b", "2023-06-15", 20, "M2"), ("x", "2022-01-01", 1, "M1"), ("x", "2024-06-15", 1, "M1")]
    mine = base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}, manager="M1").measure("retention")
    assert mine.table["key"].tolist() == ["M1"] and mine.tables["lost"]["client_id"].tolist() == ["a"]


AMOUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-50, 500), max_size=8)


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, AMOUNTS)
def test_m3_8_identities_hold_on_any_base(before, now):
    r = company(two_years(before, now))
    new_back = r["n_new"] + r["n_returned"]
    active0, active1 = sum(a > 0 for a in before.values()), sum(a > 0 for a in now.values())
    assert r["n_prev"] == active0 and r["n_retained"] + new_back == active1 and r["n_prev"] - r["n_lost"] == r["n_retained"]
    assert pd.isna(r["crr"]) or 0 <= r["grr"] <= r["nrr"] + 1e-9
    assert pd.isna(r["crr"]) or r["crr_ci_low"] - 1e-9 <= r["crr"] <= r["crr_ci_high"] + 1e-9


@pytest.mark.parametrize("k, n, low, high", [(8, 10, 0.4902, 0.9433), (0, 5, 0.0, 0.4345), (5, 5, 0.5655, 1.0)])
def test_wilson_interval(k, n, low, high):
    from kbreport.facts.intervals import wilson

    assert [round(x, 4) for x in wilson(k, n)] == [low, high]


def test_newcombe_interval_of_the_hold_out_example_m6_3():
    from kbreport.facts.intervals import newcombe

    low, high = newcombe(12, 40, 2, 20)
    assert (round(low * 100, 1), round(high * 100, 1)) == (-3.4, 37.0)


@pytest.mark.parametrize("df, t", [(7, 2.3646), (9, 2.2622), (19, 2.0930), (60, 2.0003)])
def test_student_quantiles(df, t):
    from kbreport.facts.intervals import student

    assert student(df) == pytest.approx(t, abs=1e-4)
