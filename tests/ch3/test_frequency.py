"""M3.5 frequency: worked examples, edge cases, back-testable rhythm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.facts.rhythm import grouped_median
from tests.base import base_of, orders_of


def run(*days, client="a", as_of="2024-09-30", **kw):
    return base_of(orders_of(*((client, d, 10) for d in days)), parameters={"as_of": as_of} | kw.pop("parameters", {}), **kw)


def row(base, client="a"):
    return base.measure("frequency").table.set_index("client_id").loc[client]


def test_m3_5_worked_example():
    r = row(run("2024-01-10", "2024-02-09", "2024-03-12", "2024-04-10", "2024-06-20"))
    assert (r["median_interval_days"], r["mean_interval_days"], r["days_since"]) == (31, 40.5, 102)
    assert round(r["lateness"], 2) == 3.29 and str(r["expected_next_date"].date()) == "2024-07-21"


def test_m3_5_mini_base_rhythms_are_those_of_the_training_table(training):
    table = training.measure("frequency").table.set_index("client_id")
    expected = {"K01": 15, "K02": 30, "K03": 30, "K04": 18, "K05": 14, "K06": 60, "K07": 80, "K09": 30, "K10": 60, "K12": 90}
    assert table["median_interval_days"].reindex(expected).to_dict() == expected
    assert table["orders"].to_dict()["K01"] == 24 and table["orders"].sum() == 109
    assert round(table.loc["K04", "lateness"], 2) == 5.06


def test_m3_5_one_order_has_no_rhythm_and_two_are_weak():
    base = base_of(orders_of(("one", "2024-09-01", 1), ("two", "2024-08-01", 1), ("two", "2024-09-01", 1), *(("ok", f"2024-0{m}-15", 100) for m in range(1, 10))), parameters={"as_of": "2024-09-30"})
    table = base.measure("frequency").table.set_index("client_id")
    assert table["rhythm_status"].to_dict() == {"ok": "ok", "one": "none", "two": "weak"}
    assert table["rhythm_source"].to_dict() == {"ok": "own", "one": "company", "two": "company"}
    assert table.loc["one", "rhythm_days"] == table.loc["ok", "median_interval_days"] and pd.isna(table.loc["one", "median_interval_days"])


def test_m3_5_five_clients_of_a_class_lend_their_rhythm():
    rows = [(f"A{i}", f"2024-0{m}-1{i}", 1000) for i in range(5) for m in range(1, 10)] + [("A9", "2024-09-01", 9500)] + [("C1", f"2024-{m:02d}-05", 1) for m in (1, 4, 8)]
    table = base_of(orders_of(*rows), parameters={"as_of": "2024-09-30"}, settings={"abc.a": 0.95, "abc.b": 0.99}).measure("frequency").table.set_index("client_id")
    assert table.loc["A9", "rhythm_source"] == "class"


def test_m3_5_a_pause_over_a_year_restarts_the_series():
    r = row(run("2020-01-01", "2020-01-11", "2020-01-21", "2022-09-01", "2022-09-21", "2022-10-11", as_of="2022-10-31"))
    assert (r["n_intervals"], r["median_interval_days"]) == (2, 20)


def after(*gaps):
    """Order days with these gaps between them, the last on 2024-09-01."""
    ends = [pd.Timestamp("2024-09-01")]
    for gap in reversed(gaps):
        ends.insert(0, ends[0] - pd.Timedelta(days=gap))
    return [str(d.date()) for d in ends]


@pytest.mark.parametrize("gaps, n_intervals", [((10, 10, 10, 365, 10, 10), 6), ((10, 10, 10, 366, 10, 10), 2), ((200, 200, 200, 600, 200), 5), ((200, 200, 200, 601, 200), 1)])
def test_m3_5_a_restart_needs_more_than_a_year_and_more_than_three_medians(gaps, n_intervals):
    assert row(run(*after(*gaps)))["n_intervals"] == n_intervals


def test_m3_5_a_slow_buyer_is_judged_by_his_whole_history():
    r = row(run("2019-01-01", "2019-09-01", "2020-05-01", "2021-01-01", "2021-09-01", "2022-05-01", "2023-01-01", "2023-09-01", "2024-05-01"))
    assert r["n_intervals"] == 8 and r["rhythm_status"] == "ok"


def test_m3_5_the_open_interval_is_not_an_interval():
    assert row(run("2024-01-01", "2024-01-11", "2024-01-21"))["median_interval_days"] == 10


def test_m3_5_overdue_orders_stand_on_the_first_day_of_the_calendar():
    calendar = run("2024-07-01", "2024-07-11", "2024-07-21", "2024-09-01").measure("frequency").tables["calendar"]
    assert calendar[["is_overdue"]].values.tolist() == [[True]] and str(calendar["date"][0].date()) == "2024-10-01"


def test_m3_5_bands_keep_their_lower_end():
    rows = [("two", f"2024-{m:02d}-{d}", 1) for m in range(1, 13) for d in ("05", "20")] + [("half", f"2024-{m:02d}-05", 1) for m in (1, 3, 5, 7, 9, 11)]
    bands = base_of(orders_of(*rows, ("two", "2023-12-30", 1), ("half", "2023-12-30", 1)), parameters={"as_of": "2024-12-31"}).measure("frequency").tables["bands"].set_index("band")
    assert bands["n_clients"].to_dict() == {"4+": 0, "2-4": 1, "1-2": 0, "0.5-1": 1, "<0.5": 0}


def test_m3_5_clients_new_in_the_period_are_measured_on_their_life():
    rows = [("old", f"2024-{m:02d}-05", 1) for m in range(1, 13)] + [("old", "2023-12-05", 1), ("new", "2024-12-01", 1), ("new", "2024-12-30", 1)]
    table = base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}).measure("frequency").table.set_index("client_id")
    assert table.loc["old", "per_year"] == pytest.approx(12) and table.loc["new", "per_year"] == pytest.approx(2 / (90 / 366))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 400)), min_size=1, max_size=60))
def test_m3_5_grouped_median_is_the_median(pairs):
    code, value = np.array([c for c, _ in pairs]), np.array([v for _, v in pairs])
    expected = [np.median(value[code == c]) if (code == c).any() else np.nan for c in range(6)]
    np.testing.assert_allclose(grouped_median(code, value, 6), expected)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 700)), min_size=1, max_size=40), st.randoms())
def test_m3_5_the_order_of_rows_does_not_matter(pairs, random):
    rows = [(c, str(np.datetime64("2023-01-01") + d), 10) for c, d in pairs]
    shuffled = rows[:]
    random.shuffle(shuffled)
    a, b = (base_of(orders_of(*r), parameters={"as_of": "2024-12-31"}).measure("frequency").table for r in (rows, shuffled))
    pd.testing.assert_frame_equal(a, b)


EVERY_FIVE = [str(d.date()) for d in pd.date_range("2024-01-01", "2024-08-31", freq="5D")]  # last on 2024-08-28


@pytest.mark.parametrize("as_of, named", [("2024-09-27", 0), ("2024-09-28", 1), ("2024-11-26", 1), ("2024-11-27", 0)])
def test_m3_5_late_are_named_between_the_floor_and_the_loss_of_the_life_cycle(as_of, named):
    """30 days of silence are none yet; more than 6 rhythms are a loss only after more than 90 days."""
    assert len(run(*EVERY_FIVE, as_of=as_of).measure("frequency").findings) == named


@pytest.mark.parametrize("told", [{"lifecycle.min_days_asleep": 40}, {"lifecycle.min_days_lost": 30}, {"lifecycle.lost_days": 30}])
def test_m3_5_the_borders_of_late_are_the_settings_of_the_life_cycle(told):
    assert len(run(*EVERY_FIVE, as_of="2024-10-02").measure("frequency").findings) == 1
    assert len(run(*EVERY_FIVE, as_of="2024-10-02", settings=told).measure("frequency").findings) == 0
