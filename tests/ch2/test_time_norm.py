"""M2.2 time_norm: the worked example, strict flags, norms that must add up."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kbreport as kb
from kbreport.errors import UsageProblem
from tests.base import base_of
from tests.ch2.test_frd import SOLD, WEEK, log


def measured(timelog, **kw):
    return base_of(SOLD, timelog=timelog, parameters={"as_of": "2024-12-31"}, **kw).measure("time_norm")


def test_m2_2_worked_example(training):
    table = training.measure("time_norm").table.set_index("activity_code")
    assert table["dev_pp"].round(9)[["P1", "P3", "P5", "P4"]].tolist() == [-20, 15, 7.5, -7]
    assert table.index[table["is_flagged"]].tolist() == ["P1", "P3", "P4", "P5"]
    assert table["dev_hours_week"].round(9)["P1"] == -8 and round(table["dev_of_norm"]["P1"], 9) == -0.5


def test_m2_2_exactly_five_points_is_no_flag_and_a_norm_of_zero_needs_only_points(training):
    table = training.measure("time_norm").table.set_index("activity_code")
    assert round(table.loc["P10", "dev_pp"], 9) == 5 and not table.loc["P10", "is_flagged"] and pd.isna(table.loc["P10", "dev_of_norm"])
    idle = measured(log(*[(d, "P10", 30) for d in WEEK], *[(d, "P1", 420) for d in WEEK])).table.set_index("activity_code")
    assert idle.loc["P10", "is_flagged"]


def test_m2_2_a_quarter_of_the_norm_is_no_flag():
    table = measured(log(*[(d, "P1", 240) for d in WEEK], *[(d, "P2", 240) for d in WEEK]), settings={"time_norm.flag_pp": 9}).table.set_index("activity_code")
    assert table.loc["P1", "dev_of_norm"] == pytest.approx(0.25) and not table.loc["P1", "is_flagged"] and table.loc["P2", "is_flagged"]


def test_m2_2_norms_that_do_not_add_up_stop_the_method():
    result = measured(log(*[(d, "P1", 480) for d in WEEK]), settings={"time_norm.p1": 0.5})
    assert result.status == "refused" and "110,0" in result.reason and "time_norm.p1" in result.reason
    assert measured(log(*[(d, "P1", 480) for d in WEEK]), settings={"time_norm.p1": 0.401}).status == "ok"
    with pytest.raises(UsageProblem):
        measured(log((WEEK[0], "P1", 480)), settings={"time_norm.p1": 40})


def test_m2_2_changed_norms_reach_the_study_too():
    base = lambda **kw: kb.open("training", period="2024", **kw)  # noqa: E731
    assert base().measure("frd").table["norm_share"].iloc[0] == 0.4
    assert base(settings={"time_norm.p1": 0.3, "time_norm.p2": 0.25}).measure("frd").table["norm_share"].iloc[0] == 0.3


def test_m2_2_a_thin_log_has_rows_and_no_verdict():
    result = measured(log(*[(d, "P1", 480) for d in WEEK[:3]]))
    assert result.status == "insufficient" and "3 дн. из 5" in result.reason and not result.findings and len(result.table) == 10 and result.blocks


def test_m2_2_the_sentence_equals_the_table(training):
    result = training.measure("time_norm")
    (found,) = result.findings
    assert found.gap == pytest.approx(result.table.set_index("activity_code").loc[found.values["code"], "dev_hours_week"]) and "8,0" in found.text


def test_m2_2_english_has_no_russian_letter():
    for table, own in ((log(*[(d, "P1", 480) for d in WEEK]), {}), (log((WEEK[0], "P1", 480)), {}), (log(*[(d, "P1", 480) for d in WEEK]), {"time_norm.p1": 0.5}), (log(*[(d, "P1", 480) for d in WEEK]), {"time_norm.flag_rel": 0.3})):
        result = measured(table, lang="en", settings=own)
        said = " ".join([result.reason] + [f.text + f.detail + f.action + f.who for f in result.findings] + ([] if result.status == "refused" else [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks]))
        assert not any("а" <= c.lower() <= "я" for c in said)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=10, max_size=10).filter(sum))
def test_m2_2_deviations_add_up_to_nothing(minutes):
    table = measured(log(*[(d, f"P{i + 1}", m) for d in WEEK for i, m in enumerate(minutes)])).table
    assert table["dev_pp"].sum() == pytest.approx(0, abs=1e-6) and table["dev_hours_week"].sum() == pytest.approx(0, abs=1e-6)
