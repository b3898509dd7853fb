"""What a reader of the pages stumbled over: periods in progress, quarters, handed-over clients, dates of what is shown."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from kbreport import words
from kbreport.month.bundle import bundle_of
from kbreport.month.report import Month, department_of
from tests.month.companies import sales


@pytest.fixture(autouse=True)
def russian():
    with words.speaking("ru"):
        yield


def month_of(place, manager="M1", **asked) -> Month:
    return Month(bundle_of(department_of(place, **asked), manager))


def text_of(month: Month) -> str:
    """All words of both pages, with plain spaces."""
    return json.dumps([month.first_page().blocks, month.call_list().blocks], ensure_ascii=False).replace("\u00a0", " ")


def table(folder: Path, name: str, head: list[str], rows: list[list]) -> None:
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])


def plans(folder: Path, months: dict[str, float], manager: str = "M1") -> None:
    table(folder, "plans", ["period", "manager_id", "metric", "plan_value"], [[m, manager, "amount", x] for m, x in months.items()])


def in_progress(folder: Path) -> Path:
    """Two and a half years of months on the 18th–27th, and ten days of December in which everybody has bought once for 1000."""
    return sales(folder, {"M1": 6}, start="2023-06", end="2025-11", extra=[[f"x{i}", "2025-12-10", f"M1X{i:02d}", f"M1name{i:02d}", "M1", 1000] for i in range(6)])


# ------------------------------------------------------------------ before anything was written down
def test_a_touch_log_that_begins_later_is_an_empty_one(tmp_path):
    place = sales(tmp_path, {"M1": 6})
    table(place, "touches", ["touch_id", "client_id", "at", "type", "manager_id"], [["t1", "M1X00", "2025-06-01", "call", "M1"]])
    month = month_of(place, period="2025-03")
    assert month.clients["last_touch_date"].isna().all() and month.first_page().blocks and month.call_list().blocks


# ------------------------------------------------------------------ plan of what comes
@pytest.mark.parametrize("known, said", [({"2026-01": 5000.0}, None), ({"2026-01": 5000.0, "2026-02": 6000.0, "2026-03": 7000.0}, 18_000.0)])
def test_the_plan_of_a_quarter_has_all_its_months_or_is_unknown(tmp_path, known, said):
    place = sales(tmp_path, {"M1": 6})
    plans(place, {"2025-10": 20_000.0, "2025-11": 20_000.0, "2025-12": 20_000.0} | known)
    month = month_of(place, period="2025-Q4")
    assert month.figures["next_plan"] == said and "по ритму клиентов" in text_of(month)


def test_a_gap_between_plan_and_forecast_is_said(tmp_path):
    place = sales(tmp_path, {"M1": 6})
    plans(place, {"2025-12": 20_000.0, "2026-01": 500_000.0})
    month = month_of(place)
    assert re.search(r"План на январь 2026: 500 тыс., ждём.* тыс., не хватает 4\d\d тыс.", text_of(month))


def test_an_untested_forecast_is_about(tmp_path):
    month = month_of(sales(tmp_path, {"M1": 6}, start="2025-08"))
    assert month.meta["next"].get("status") != "ok" and "ждём примерно" in text_of(month) and "не проверен" in text_of(month)


# ------------------------------------------------------------------ a month in progress
def test_a_month_in_progress_is_not_measured_with_the_whole_plan(tmp_path):
    place = in_progress(tmp_path)
    plans(place, {"2025-12": 21_000.0})
    month = month_of(place, period="2025-12")
    tiles = {t["label"]: t for block in month.first_page().blocks if block["k"] == "kpis" for t in block["items"]}
    assert tiles["Продажи"].get("tone", "neutral") == "neutral" and "▼" not in tiles["Продажи"]["delta"] and "обычно к этому дню" in tiles["Продажи"]["note"]
    assert "К тем же дням прошлого" in tiles and "К прошлому периоду" not in tiles


def test_calls_of_a_month_in_progress_are_for_its_rest(tmp_path):
    place = in_progress(tmp_path)
    plans(place, {"2025-12": 21_000.0})
    said = text_of(month_of(place, period="2025-12"))
    assert "До 31.12.2025: до плана 15 тыс." in said and "январь 2026" not in said


def test_the_year_leaves_the_month_in_progress_out(tmp_path):
    month = month_of(in_progress(tmp_path), period="2025-12")
    (year,) = [b for block in month.first_page().blocks if block["k"] == "cols" for side in block["parts"] for b in side if b.get("id") == "year"]
    assert re.fullmatch(r"За 12 месяцев [+−]?0 % к прошлым двенадцати", year["headline"].replace("\u00a0", " "))


def test_where_a_month_in_progress_leads_is_said_by_its_usual_course(tmp_path):
    """Past months sell from the 18th on: by the 10th nothing is in, and working days alone would say too little of the rest."""
    d = department_of(in_progress(tmp_path), period="2025-12")
    pacing = d.year.measure("forecast").tables["pacing"].set_index("month")["elapsed_share"]
    assert d.elapsed == pytest.approx(pacing["2025-12"] if pacing["2025-12"] > 0 else d.workdays[1] / len(d.workdays[0]))


# ------------------------------------------------------------------ whose and of when
def test_growth_by_clients_taken_over_is_told_apart(tmp_path):
    """M2 sold to M1's clients until December; they buy the same, M1 sells three times as much."""
    place = sales(tmp_path, {"M1": 2}, extra=[[f"h{i}{m}", f"{m}-20", f"H{i}", f"Перешедший {i}", "M1" if m == "2025-12" else "M2", 3000] for i in range(2) for m in map(str, pd.period_range("2024-01", "2025-12", freq="M"))])
    table(place, "clients", ["client_id", "client_name", "manager_id"], [*[[f"M1X{i:02d}", f"M1name{i:02d}", "M1"] for i in range(2)], *[[f"H{i}", f"Перешедший {i}", "M1"] for i in range(2)]])
    month = month_of(place)
    assert month.figures["amount"] == 9000 and month.figures["amount_year_ago"] == 3000
    assert month.figures["kept_amount"] == month.figures["kept_amount_year_ago"] == 9000 and "те же клиенты 0 %" in text_of(month)


def test_debts_of_another_day_say_which(tmp_path):
    place = sales(tmp_path, {"M1": 6})
    rows = [["2025-11-30", "M1X00", "i1", 5000, "2025-11-01"]]
    table(place, "receivables", ["snapshot_date", "client_id", "invoice_id", "open_amount", "due_date"], rows)
    assert "на 30.11.2025" in text_of(month_of(place))
    table(place, "receivables", ["snapshot_date", "client_id", "invoice_id", "open_amount", "due_date"], [["2025-12-31", *rows[0][1:]]])
    assert '"на 31.12.2025"' not in text_of(month_of(place))


def test_no_month_is_fixed_in_the_words(tmp_path):
    month = month_of(sales(tmp_path, {"M1": 6}, end="2025-05", extra=[["z", "2025-01-10", "Z", "Замолчавший", "M1", 90_000], ["y", "2024-12-10", "Z", "Замолчавший", "M1", 90_000], ["w", "2024-11-10", "Z", "Замолчавший", "M1", 90_000]]))
    assert len(month.calls) and "ноябр" not in text_of(month)


@pytest.mark.parametrize("period, said", [("2025-12", "В этом месяце"), ("2025-Q4", "В этом квартале")])
def test_no_sales_of_a_quarter_are_not_called_a_month(tmp_path, period, said):
    place = sales(tmp_path, {"M1": 6, "M2": 6}, skip=("2025-10", "2025-11", "2025-12"), extra=[["x", "2025-12-10", "M1X00", "M1name00", "M1", 10]])
    assert month_of(place, "M2", period=period).first_page().blocks[0]["title"].startswith(said + " продаж не было")
