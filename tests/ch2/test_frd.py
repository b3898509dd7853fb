"""M2.1 frd: the worked week, coverage, overlaps, long days, methods that are not mixed, codes out of the list."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base import base_of, frame, orders_of

WEEK = ["2024-11-18", "2024-11-19", "2024-11-20", "2024-11-21", "2024-11-22"]
SOLD = orders_of(("a", "2023-12-05", 9, "M1"), ("a", "2024-12-05", 9, "M1"))


def log(*rows, **more):
    """(date, code, minutes)"""
    table = frame(manager_id=["M1"] * len(rows), date=[r[0] for r in rows], activity_code=[r[1] for r in rows], minutes=[float(r[2]) for r in rows])
    return table.assign(**more)


def timed(*rows):
    """(date, code, start, end) in minutes of the day"""
    return frame(manager_id=["M1"] * len(rows), date=[r[0] for r in rows], activity_code=[r[1] for r in rows], start=[float(r[2]) for r in rows], end=[float(r[3]) for r in rows])


def measured(timelog, **kw):
    return base_of(SOLD, timelog=timelog, parameters={"as_of": "2024-12-31"} | kw.pop("parameters", {}), **kw).measure("frd")


def full_week(code="P1"):
    return [(d, code, 480) for d in WEEK]


def test_m2_1_worked_week(training):
    result = training.measure("frd")
    assert dict(zip(result.table["activity_code"], result.table["share"], strict=False)) == {"P1": 0.2, "P2": 0.175, "P3": 0.25, "P4": 0.05, "P5": 0.125, "P6": 0.05, "P7": 0.075, "P8": 0, "P9": 0.025, "P10": 0.05}
    r = result.tables["indices"].iloc[0]
    assert r[["client_facing_share", "delegable_share", "returned_hours_week", "coverage"]].tolist() == [0.375, 0.375, 9.5, 1.0]


def test_m2_1_the_sentence_equals_the_table(training):
    result = training.measure("frd")
    (found,) = result.findings
    r = result.tables["indices"].iloc[0]
    assert found.values == {"active": r["active_share"], "delegable": r["delegable_share"], "returned_hours_week": r["returned_hours_week"]} and "20" in found.text and "9,5" in found.detail


def test_m2_1_few_days_or_thin_coverage_make_no_verdict():
    few = measured(log(*full_week()[:4]))
    assert few.status == "insufficient" and "4 дн. из 5" in few.reason and not few.findings and len(few.table) == 10
    thin = measured(log(*[(d, "P1", 300) for d in WEEK]))
    assert thin.status == "insufficient" and thin.tables["indices"]["coverage"].iloc[0] == 0.625


def test_m2_1_a_log_of_days_off_only_has_no_coverage_and_no_verdict():
    weekends = ["2024-11-03", "2024-11-09", "2024-11-16", "2024-11-23", "2024-11-30"]
    free = measured(log(*[(d, "P1", 480) for d in weekends]))
    assert pd.isna(free.tables["indices"]["coverage"].iloc[0]) and free.status == "insufficient" and not free.findings


def test_m2_1_a_day_of_exactly_the_limit_counts():
    rows = full_week() + [("2024-11-25", "P1", 12 * 60), ("2024-11-26", "P1", 12 * 60 + 1)]
    assert measured(log(*rows)).tables["indices"]["observed_days"].iloc[0] == 6


def test_m2_1_overlaps_are_cut_from_the_later_entry_and_counted():
    rows = [(d, "P1", 540, 780) for d in WEEK] + [(d, "P3", 720, 1020) for d in WEEK] + [(WEEK[0], "P7", 600, 660)]
    result = measured(timed(*rows))
    by = result.table.set_index("activity_code")["minutes"]
    assert (by["P1"], by["P3"], by["P7"]) == (1200, 1200, 0) and result.tables["indices"]["n_overlaps"].iloc[0] == 6
    assert "6 пересечений записей обрезаны" in result.reason


def test_m2_1_minutes_come_from_start_and_end_past_midnight_too():
    rows = timed(*[(d, "P1", 540, 1020) for d in WEEK]).assign(minutes=1.0)
    assert measured(rows).tables["indices"]["logged_minutes"].iloc[0] == 2400
    assert measured(timed(("2024-11-18", "P1", 1380, 60))).table["minutes"].sum() == 120


def test_m2_1_a_day_of_thirteen_hours_is_an_error():
    result = measured(log(*full_week(), ("2024-11-25", "P1", 780)))
    assert result.tables["indices"]["observed_days"].iloc[0] == 5 and "1 день длиннее 12 ч не вошёл" in result.reason


def test_m2_1_self_logged_and_observed_days_are_not_mixed():
    table = log(*full_week(), ("2024-11-25", "P3", 480), method=["self"] * 5 + ["observer"])
    result = measured(table)
    assert result.table.set_index("activity_code")["minutes"]["P3"] == 0 and "1 день записан другим способом" in result.reason
    tie = measured(log(*full_week(), *full_week("P3"), method=["self"] * 5 + ["observer"] * 5))
    assert tie.table.set_index("activity_code")["minutes"]["P3"] == 2400


def test_m2_1_codes_of_the_list_in_any_alphabet_others_are_said():
    result = measured(log(*[(d, "р1", 400) for d in WEEK], *[(d, "кофе", 80) for d in WEEK]))
    by = result.table.set_index("activity_code")["minutes"]
    assert by["P1"] == 2000 and by["P?"] == 400 and "17 % времени" in result.reason.replace("\u00a0", " ")


def test_m2_1_days_off_have_no_schedule():
    result = measured(log(*full_week(), ("2024-11-23", "P1", 60)))
    r = result.tables["indices"].iloc[0]
    assert (r["observed_days"], r["scheduled_minutes"]) == (6, 2400)
    assert measured(log(*[(f"2024-11-{d:02d}", "P1", 400) for d in (4, 5, 6, 7, 8, 11)])).tables["indices"]["scheduled_minutes"].iloc[0] == 5 * 480


def test_m2_1_schedule_by_hours_and_part_time():
    staff = frame(manager_id=["M1"], name=["Иванов"], fte=[0.5], planned_hours_day=[7.0])
    assert measured(log(*full_week()), managers=staff).tables["indices"]["scheduled_minutes"].iloc[0] == 7 * 60 * 5 * 0.5
    assert measured(log(*full_week()), parameters={"workday_hours": 6}).tables["indices"]["scheduled_minutes"].iloc[0] == 1800


def test_m2_1_rows_without_length_are_counted_not_zero():
    assert "1 запись без длительности" in measured(log(*full_week(), ("2024-11-18", "P3", float("nan")))).reason


def test_m2_1_nothing_in_the_period_is_refused_in_words():
    result = measured(log(("2020-11-18", "P1", 480)))
    assert result.status == "refused" and "нет ни одного пригодного дня" in result.reason
    assert base_of(SOLD).measure("frd").status == "refused"
    his = measured(log(("2020-11-18", "P1", 480)), manager="M1")
    assert his.status == "refused" and "нет ни одного пригодного дня" in his.reason


def test_m2_1_a_manager_sees_his_day_only(training):
    table = pd.concat([log(*full_week()), log(*full_week("P3")).assign(manager_id="M2")])
    result = base_of(orders_of(("a", "2024-12-05", 9, "M1"), ("b", "2024-12-05", 9, "M2")), timelog=table, manager="M1", parameters={"as_of": "2024-12-31", "period": "2024"}).measure("frd")
    assert {m for t in result.tables.values() for m in t["manager_id"]} == {"M1"} and result.blocks

    thin = base_of(orders_of(("a", "2024-12-05", 9, "M1"), ("b", "2024-12-05", 9, "M2")), timelog=pd.concat([log(*full_week()), log(*full_week()[:2]).assign(manager_id="M2")]), parameters={"as_of": "2024-12-31", "period": "2024"}, manager="M1").measure("frd")
    assert thin.status == "ok" and "M2" not in thin.reason
    none = base_of(orders_of(("a", "2024-12-05", 9, "M1"), ("b", "2024-12-05", 9, "M2")), timelog=log(*full_week()), parameters={"as_of": "2024-12-31", "period": "2024"}, manager="M2").measure("frd")
    assert none.status == "insufficient" and "нет его дней" in none.reason and none.blocks


def test_m2_1_english_has_no_russian_letter():
    rows = [(d, "P1", 540, 1000) for d in WEEK] + [(WEEK[0], "P3", 960, 1020), (WEEK[1], "zz", 1000, 1100), ("2024-11-25", "P1", 0, 1000)]
    for table in (timed(*rows), log(*full_week()[:3], ("2024-11-18", "P3", float("nan")))):
        result = measured(table, lang="en")
        said = " ".join([result.reason] + [f.text + f.detail + f.action + f.who + f.basis for f in result.findings] + [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks])
        assert not any("а" <= c.lower() <= "я" for c in said)


ENTRY = st.tuples(st.sampled_from(WEEK), st.sampled_from(["P1", "P3", "P5", "zz"]), st.integers(480, 1000), st.integers(0, 200)).map(lambda e: (e[0], e[1], e[2], e[2] + e[3]))


@settings(max_examples=40, deadline=None)
@given(st.lists(ENTRY, min_size=1, max_size=12))
def test_m2_1_no_minute_is_counted_twice(entries):
    result = measured(timed(*entries))
    minutes = {(d, m) for d, _c, a, b in entries for m in range(a, b)}
    assert result.table["minutes"].sum() == len(minutes) == result.tables["indices"]["logged_minutes"].sum()
    assert not len(minutes) or result.table["share"].sum() == pytest.approx(1)
