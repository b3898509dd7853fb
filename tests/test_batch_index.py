"""The page of the head of sales: what each figure counts, what it leaves out and says so, what comes first, how a phone shows it."""

from __future__ import annotations

import csv
from datetime import date

import numpy as np
import pytest

from kbreport import words
from kbreport.batch import Options, batch, index
from kbreport.batch.managers import Report
from kbreport.month.report import department_of
from tests import chromium
from tests.month.companies import people, sales

pytestmark = pytest.mark.notebooks


@pytest.fixture
def department(tmp_path):
    """Two managers with six clients each; four more clients that nobody keeps, one of whom buys in December."""
    extra = [[f"o{i}", f"2025-{11 + i // 3}-20", f"F{i}", f"Ничей {i}", "", 500] for i in range(4)]
    return department_of(sales(tmp_path / "firm", {"M1": 6, "M2": 6}, extra=extra))


def tiles(d) -> dict[str, dict]:
    return {k["label"]: k for k in index._tiles(d)}


def plain(text: str) -> str:
    return text.replace(words.NB, " ")


def with_figures(d, **columns):
    for name, values in columns.items():
        for manager, value in values.items():
            d.figures.loc[manager, name] = value
    return d


def reports(tmp_path, *statuses):
    return [Report(f"M{i}", f"M{i}", tmp_path / f"m{i}", "k", status) for i, status in enumerate(statuses, 1)]


# ------------------------------------------------------------------ tiles
def test_the_share_of_assigned_clients_counts_assigned_clients_only(department):
    tile = tiles(department)["Покупали"]
    assert (tile["value"], plain(tile["unit"]), plain(tile["delta"])) == ("12", "из 12", "100 % закреплённых")
    assert plain(tile["note"]) == "без менеджера ещё 4, покупали 1"


def test_without_free_clients_nothing_is_said_of_them(tmp_path):
    assert "note" not in tiles(department_of(sales(tmp_path / "firm", {"M1": 6, "M2": 6})))["Покупали"]


def test_margin_is_shown_when_every_manager_has_it(department):
    assert "Маржа" not in tiles(department)
    tile = tiles(with_figures(department, margin={"M1": 2_100.0, "M2": 2_100.0, "": np.nan}))["Маржа"]
    assert (plain(tile["value"]), plain(tile["delta"]), tile["note"]) == ("4 200", "10,0 % продаж", "без продаж без менеджера")
    tile = tiles(with_figures(department, margin={"": 50.0}))["Маржа"]
    assert plain(tile["value"]) == "4 250" and "note" not in tile
    assert "Маржа" not in tiles(with_figures(department, margin={"M2": np.nan}))


def test_the_coming_month_against_its_plan_only_where_all_managers_have_it(department):
    d = with_figures(department, next_amount={"M1": 20_000.0, "M2": np.nan}, next_plan={"M1": np.nan, "M2": np.nan})
    assert "Ждём в январе" not in tiles(d)
    tile = tiles(with_figures(d, next_amount={"M2": 10_000.0}))["Ждём в январе"]
    assert (tile["value"], tile["delta"]) == ("30", "плана нет")
    assert tiles(with_figures(d, next_plan={"M1": 20_000.0}))["Ждём в январе"]["delta"] == "план есть не у всех"
    tile = tiles(with_figures(d, next_plan={"M2": 20_000.0}))["Ждём в январе"]
    assert (plain(tile["delta"]), tile["tone"], plain(tile["note"])) == ("▼ 75 % плана", "bad", "план 40 тыс.")


def test_the_change_stands_beside_the_plan(department):
    tile = tiles(with_figures(department, plan={"M1": 20_000.0, "M2": 20_000.0}))["Продажи"]
    assert plain(tile["delta"]).endswith("% плана") and plain(tile["note"]) == "▼ −2 % к прошлому месяцу"
    assert tiles(with_figures(department, plan={"M1": np.nan, "M2": np.nan}))["Продажи"]["note"] == "к прошлому месяцу"


def test_every_month_in_its_case():
    with words.speaking("ru"):
        assert [words.in_month(date(2025, m, 1)) for m in range(1, 13)] == "январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре".split()
    with words.speaking("en"):
        assert words.in_month(date(2026, 1, 1)) == "January"


# ------------------------------------------------------------------ the headline
def test_the_result_comes_first_and_a_failed_report_before_it(department, tmp_path):
    with_figures(department, plan={"M1": 21_250.0, "M2": 21_250.0})
    assert plain(index._title(department, reports(tmp_path, "ok", "ok"))) == "План выполнен на 100 %; готово отчётов: 2 из 2"
    assert plain(index._title(department, reports(tmp_path, "ok", "failed"))) == "Готово отчётов: 1 из 2; план выполнен на 100 %"
    with_figures(department, plan={"M1": np.nan, "M2": np.nan})
    assert plain(index._title(department, reports(tmp_path, "ok", "ok"))) == "Продажи 43 тыс., −2 % к прошлому месяцу; готово отчётов: 2 из 2"


# ------------------------------------------------------------------ the table
def table(d, plan) -> dict:
    return index._reports(d, plan)


def said(cell) -> str:
    return plain(cell if isinstance(cell, str) else cell.get("t", ""))


def test_debt_margin_and_touches_of_each_manager_where_the_data_have_them(department, tmp_path):
    plan = reports(tmp_path, "ok", "ok")
    heads = lambda b: [c["title"] for c in b["cols"]]  # noqa: E731
    assert not {"Маржа", "Просрочено", "Норма касаний"} & set(heads(table(department, plan)))
    with_figures(department, margin={"M1": 2_100.0, "M2": 4_200.0}, overdue={"M1": 0.0, "M2": 12_000.0, "": 0.0}, touches_norm={"M1": 8.0, "M2": 0.0}, covered={"M1": 6.0})
    b = table(department, plan)
    rows = [dict(zip(heads(b), map(said, row), strict=True)) for row in (*b["rows"], b["total"])]
    assert [r["Маржа"] for r in rows] == ["2", "4", "н/д", "н/д"]  # nobody has sales without a margin: the sum is not known
    assert [r["Просрочено"] for r in rows] == ["—", "12", "—", "12"] and [r["Норма касаний"] for r in rows] == ["75 %", "н/д", "н/д", "75 %"]
    assert {c["title"] for c in b["cols"] if c.get("cls") == "x"} == {"Маржа", "Норма касаний"}  # a phone folds them


# ------------------------------------------------------------------ on a phone
@pytest.mark.browser
def test_a_phone_shows_no_empty_label_no_lone_sign_and_no_scroll_bar(tmp_path):
    place = people(sales(tmp_path / "firm", {"M1": 6, "M2": 7}), [("M1", "Анна Кольцова"), ("M2", "Пётр Лобанов"), ("M3", "Без Клиентов")])
    with (place / "managers.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("manager_id", "name", "team"), ("M1", "Анна Кольцова", "Север"), ("M2", "Пётр Лобанов", "Юг"), ("M3", "Без Клиентов", "Юг")])
    done = batch(place, opts=Options(output_dir=tmp_path / "out"))
    for browser in chromium.running():
        page = browser.new_page(viewport={"width": 390, "height": 900})
        page.goto(done.indexes[0].as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length") == 0
        empty = "[...document.querySelectorAll('table.cards td')].filter(e => !e.textContent.trim() && !e.querySelector('.box') && getComputedStyle(e).display != 'none').length"
        assert page.evaluate(empty) == 0
        # a text of its own between the links would be laid out as a cell of the card
        assert page.evaluate("[...document.querySelectorAll('table.cards td')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim() == '·')).length") == 0
        assert page.evaluate("[...document.querySelectorAll('table.cards td')].filter(e => e.querySelector('a') && e.textContent == 'HTML · PDF · Excel').length") == 2
