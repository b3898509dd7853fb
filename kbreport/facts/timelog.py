"""The time log made fit for counting: minutes from start and end, overlaps cut, days that cannot be left out. Codes of M2.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.words import N_

if TYPE_CHECKING:
    from kbreport.facts.period import Period

CODES = {  # code: (activity, group) [OURS]; the words АП and ВКК are the book's
    "P1": (N_("исходящие касания"), "client"), "P2": (N_("входящие запросы"), "client"), "P3": (N_("документы"), "support"), "P4": (N_("подготовка"), "preparation"),
    "P5": (N_("отгрузки, долги, рекламации"), "support"), "P6": (N_("отчётность и CRM"), "control"), "P7": (N_("внутренние встречи"), "internal"), "P8": (N_("обучение"), "development"),
    "P9": (N_("дорога"), "travel"), "P10": (N_("простои"), "loss"), "P?": (N_("код не из списка"), "unknown"),
}
DAY = 24 * 60


@dataclass(frozen=True)
class Log:
    """`rows`: manager_id, date, activity_code, minutes, client_id where the log has it (only rows that count). Per manager: overlaps, days over the limit,
    rows without a length, days of the other method left out."""

    rows: pd.DataFrame
    overlaps: pd.Series
    long_days: pd.Series
    no_length: int
    other_method: pd.Series


def read(timelog: pd.DataFrame, period: Period, max_day_hours: float) -> Log:
    """The log of the period, cleaned by the rules of M2.1."""
    rows = timelog[period.mask(timelog["date"])].copy()
    rows["activity_code"] = codes(rows["activity_code"])
    rows, other = _one_method(rows)
    rows, overlapping = _lengths(rows)
    bad = rows["minutes"].isna() | (rows["minutes"] < 0)
    overlaps = overlapping.groupby(rows["manager_id"]).sum()
    rows = rows[~bad]
    whole = rows.groupby(["manager_id", "date"])["minutes"].transform("sum")
    too_long = whole > max_day_hours * 60 + 1e-9
    long_days = rows[too_long].drop_duplicates(["manager_id", "date"]).groupby("manager_id").size()
    names = ["manager_id", "date", "activity_code", "minutes", *(["client_id"] if "client_id" in rows else [])]
    return Log(rows.loc[~too_long, names].reset_index(drop=True), overlaps, long_days, int(bad.sum()), other)


def codes(written: pd.Series) -> pd.Series:
    """P1…P10 whatever the case and the alphabet of the letter; everything else is `P?`."""
    plain = written.astype("object").where(written.notna(), "").astype("str").str.strip().str.upper().str.replace("Р", "P", regex=False)
    return plain.where(plain.isin(list(CODES)), "P?")


def _one_method(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """What a man logs himself and what an observer sees are not mixed: the method with more days stays (a tie: the observer)."""
    if "method" not in rows or rows.empty:
        return rows, pd.Series(dtype="int64")
    how = rows["method"].astype("object").where(rows["method"].notna(), "self")
    days = rows.assign(method=how).groupby(["manager_id", "method"])["date"].nunique().rename("days").reset_index()
    days["first"] = days["method"] == "observer"
    kept = days.sort_values(["days", "first", "method"], ascending=[False, False, True], kind="stable").drop_duplicates("manager_id").set_index("manager_id")["method"]
    stays = how == rows["manager_id"].map(kept)
    other = rows[~stays].drop_duplicates(["manager_id", "date"]).groupby("manager_id").size()
    return rows[stays], other


def _lengths(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Minutes from start and end where both are known (past midnight allowed); the later of two overlapping entries is cut."""
    if not {"start", "end"} <= set(rows):
        return rows, pd.Series(False, index=rows.index)
    rows = rows.sort_values(["manager_id", "date", "start", "end"], kind="stable")
    start, end = rows["start"].astype("float64"), rows["end"].astype("float64")
    end = end.where(end >= start, end + DAY)
    timed = start.notna() & end.notna()
    key = [rows["manager_id"], rows["date"]]
    before = end.where(timed).groupby(key).cummax().groupby(key).shift()
    before = before.groupby(key).ffill()
    overlapping = timed & (start < before - 1e-9)
    length = (end - np.fmax(start, before)).clip(lower=0)
    given = rows["minutes"] if "minutes" in rows else pd.Series(np.nan, index=rows.index)
    return rows.assign(minutes=length.where(timed, given)), overlapping
