"""M4.7 abcd_time: hours and touches by class, targets, what has no client and what has no duration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base import base_of, frame
from tests.ch4.companies import company, russian, said, volumes

SALES, PURCHASES = {"a": 300, "b": 200, "c": 60, "d": 40}, {"a": 1300, "b": 210, "c": 1060, "d": 50}  # one client of each class at a cut of 80 %
HOURS = {"a": 30, "b": 40, "c": 20, "d": 70}
ABSOLUTE = {"abcd.cut": "absolute", "abcd.sales_cut": 100, "abcd.potential_cut": 500}


def timelog(hours=HOURS, **more):
    """A day of at most ten hours for each part of a client's hours."""
    parts = [(c, min(10, h - done)) for c, h in hours.items() for done in range(0, h, 10)]
    days = pd.date_range("2025-11-17", periods=len(parts)).strftime("%Y-%m-%d").tolist()
    out = frame(manager_id=["M1"] * len(parts), date=days, minutes=[h * 60.0 for _c, h in parts], activity_code=["P1"] * len(parts), client_id=[c for c, _h in parts])
    for name, value in more.items():
        out[name] = value
    return out


def touches(counts: dict[str, int], minutes=None, **more):
    ids = [c for c, n in counts.items() for _i in range(n)]
    out = frame(client_id=ids, manager_id=["M1"] * len(ids), at=["2025-11-17 10:00"] * len(ids))
    if minutes is not None:
        out["duration_min"] = [float(minutes[c]) for c in ids]
    for name, value in more.items():
        out[name] = value
    return out


def measured(**kw):
    return company(SALES, PURCHASES, settings=ABSOLUTE | kw.pop("settings", {}), **kw).measure("abcd_time")


def by_class(result):
    return result.table.set_index("class")


# ------------------------------------------------------------------ examples
def test_m4_7_worked_example():
    table = by_class(measured(timelog=timelog()))
    assert table["share"].round(3).tolist() == [0.188, 0.25, 0.125, 0.438] and table["hours"].sum() == 160
    assert round(table.loc["D", "release_hours"], 1) == 57.2 and table["release_hours"].notna().sum() == 1
    assert table["return_per_hour"].round(2).tolist() == [10.0, 5.0, 3.0, 0.57] and set(table["basis"]) == {"timelog"}


def test_m4_7_mini_base_by_touches(training):
    table = by_class(training.measure("abcd_time"))
    assert (table["share"] * 100).round(1).loc[list("ABCD")].tolist() == [25.7, 11.8, 3.7, 57.4] and set(table["basis"]) == {"touches"}


def test_m4_7_targets_and_gap(training):
    table = by_class(training.measure("abcd_time"))
    assert table["target_share"].loc[list("ABCD")].tolist() == [0.40, 0.22, 0.30, 0.08] and table["target_share"].loc["CD?":].isna().all()
    assert table.loc["D", "gap_pp"] == pytest.approx(100 * (78 / 136 - 0.08))


# ------------------------------------------------------------------ which time
def test_m4_7_without_any_duration_hours_are_unknown_and_shares_are_of_touches(training):
    result = training.measure("abcd_time")
    assert result.table[["hours", "release_hours", "return_per_hour"]].isna().all(axis=None)
    assert "часы неизвестны" in said(result) and "57 % касаний" in result.blocks[0]["title"].replace("\u00a0", " ")


def test_m4_7_a_touch_without_duration_takes_the_median_of_its_channel():
    frame_ = touches({"a": 2, "d": 2}, channel=["call", "visit", "call", "visit"], duration_min=[10.0, 60.0, np.nan, np.nan])
    table = by_class(measured(touches=frame_))
    assert table.loc["D", "hours"] == pytest.approx(70 / 60) and table.loc["A", "hours"] == pytest.approx(70 / 60)


def test_m4_7_touches_of_twenty_minutes_weigh_more_than_of_ten():
    table = by_class(measured(touches=touches({"a": 10, "d": 20}, minutes={"a": 20, "d": 10})))
    assert table.loc[["A", "D"], "share"].tolist() == pytest.approx([0.5, 0.5])


def test_m4_7_a_short_log_gives_way_to_touches():
    table = measured(timelog=timelog(), touches=touches({"a": 30})).table
    assert set(table["basis"]) == {"touches"}


def test_m4_7_a_log_without_clients_gives_way_to_touches():
    table = measured(timelog=timelog().drop(columns="client_id"), touches=touches({"a": 3}, minutes={"a": 10})).table
    assert set(table["basis"]) == {"touches"}


def test_m4_7_start_and_end_make_minutes_and_the_later_overlap_is_clipped():
    log = frame(manager_id=["M1"] * 3, date=["2025-11-17"] * 3, start=[540, 570, 700], end=[600, 630, 730], minutes=[60.0, 60.0, np.nan], activity_code=["P1"] * 3, client_id=["a", "b", "d"])
    assert (by_class(measured(timelog=log))["hours"] * 60).round(6).tolist() == [60, 30, 0, 30]


def test_m4_7_an_entry_past_midnight_has_its_hours_as_in_the_photo_of_the_day():
    log = frame(manager_id=["M1"] * 2, date=["2025-11-17"] * 2, start=[1320, 600], end=[60, 660], activity_code=["P1"] * 2, client_id=["a", "a"])
    assert by_class(measured(timelog=log)).loc["A", "hours"] == 4


def test_m4_7_m2_1_a_day_over_the_limit_is_a_mistake_here_too():
    log = pd.concat([timelog(), frame(manager_id=["M1"], date=["2025-06-02"], minutes=[13 * 60.0], activity_code=["P1"], client_id=["a"])])
    assert by_class(measured(timelog=log))["hours"].sum() == 160


def test_m4_7_an_observed_and_a_self_written_day_are_not_added():
    log = pd.concat([timelog({"a": 2}, method="self"), timelog({"a": 3}, method="observer")])
    assert by_class(measured(timelog=log)).loc["A", "hours"] == 3


def test_m4_7_time_without_a_client_is_left_out_and_shown():
    log = pd.concat([timelog(), frame(manager_id=["M1", "M2"], date=["2025-11-17"] * 2, minutes=[120.0, 60.0], activity_code=["P6", "P7"], client_id=[None, "stranger"])])
    result = measured(timelog=log)
    assert result.table["hours"].sum() == 160 and result.tables["unassigned"].values.tolist() == [["M1", 2.0], ["M2", 1.0]]
    assert "Без клиента записано ещё 3" in said(result)


def test_m4_7_unknown_volumes_are_their_own_row():
    result = company({"a": 300, "b": 40}, {"a": 900}, timelog=timelog({"a": 30, "b": 10})).measure("abcd_time")
    table = by_class(result)
    assert table.loc["CD?", ["hours", "share"]].tolist() == [10, 0.25] and pd.isna(table.loc["CD?", "target_share"]) and "для них цели нет" in said(result)


def test_m4_7_time_outside_the_period_does_not_count():
    log = pd.concat([timelog({"a": 5}), timelog({"d": 50}).assign(date=pd.Timestamp("2024-11-17"))])
    assert by_class(measured(timelog=log))["hours"].tolist() == [5, 0, 0, 0]


def test_m4_7_without_time_it_is_refused_and_says_what_to_bring():
    result = measured()
    assert result.status == "refused" and "timelog" in result.reason and "touches" in result.reason


def test_m4_7_few_records_are_weak_and_without_conclusion():
    result = measured(timelog=timelog())
    assert result.status == "weak" and not result.findings and "судить о распределении рано" in result.blocks[0]["title"]


def test_m4_7_return_is_margin_where_margin_is_known():
    rows = [{"client_id": c, "order_date": d, "amount": 100, "cost": cost} for c, cost in (("a", 40), ("b", 90)) for d in ("2023-06-10", "2025-12-10")]
    table = by_class(base_of(rows, potential=volumes({"a": 900, "b": 100}), timelog=timelog({"a": 2, "b": 2}), parameters={"as_of": "2025-12-31"}).measure("abcd_time"))
    assert table.loc[["A", "B"], "return_per_hour"].tolist() == [30, 5]


def test_m4_7_a_plus_counts_as_a():
    marked = frame(client_id=["a"], is_strategic=[True])
    assert by_class(measured(timelog=timelog(), clients=marked)).loc["A", "hours"] == 30


# ------------------------------------------------------------------ words
def test_m4_7_figures_of_the_finding_equal_the_table():
    result = measured(touches=touches({"a": 10, "b": 10, "c": 10, "d": 30}, minutes=dict.fromkeys("abcd", 20)))
    (found,) = result.findings
    d = by_class(result).loc["D"]
    assert found.fact == d["share"] == pytest.approx(0.5) and found.gap == pytest.approx(0.42) and "50 %" in found.text.replace("\u00a0", " ")
    assert found.values["result_share"] == pytest.approx(40 / 600) and "25 касаний" in found.detail and "8,4 ч" in found.detail.replace("\u00a0", " ")


def test_m4_7_a_manager_sees_his_time_only():
    log = pd.concat([timelog({"a": 4, "b": 2}), timelog({"c": 5, "d": 6}).assign(manager_id="M2")])
    owners = frame(client_id=list("abcd"), manager_id=["M1", "M1", "M2", "M2"])
    mine = measured(timelog=log, clients=owners, manager="M1")
    assert by_class(mine)["hours"].tolist() == [4, 2, 0, 0] and by_class(mine)["amount"].tolist() == [300, 200, 0, 0]


@pytest.mark.parametrize("kw", [{"timelog": timelog()}, {"touches": touches({"a": 10, "d": 30})}, {"touches": touches({"a": 10, "d": 30}, minutes={"a": 10, "d": 20})}, {}])
def test_m4_7_english_has_no_russian_letter(kw):
    result = measured(lang="en", **kw)
    assert not russian(said(result) + result.reason)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(any))
def test_m4_7_shares_add_up_and_release_is_never_more_than_d(hours):
    table = by_class(measured(timelog=timelog(dict(zip("abcd", hours)))))
    assert table["share"].sum() == pytest.approx(1) and table["hours"].sum() == pytest.approx(sum(hours))
    assert 0 <= table.loc["D", "release_hours"] <= table.loc["D", "hours"] + 1e-9
