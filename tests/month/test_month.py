"""A manager's month: sums, periods, degradation, and exactly one page and a list."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from kbreport import words
from kbreport.errors import EmptyPlan, UsageProblem
from kbreport.month.bundle import Bundle, bundle_of
from kbreport.month.report import CALLS, COLUMNS, Month, department_of
from tests.month.companies import people, sales


def month_of(place, manager, **asked) -> Month:
    d = department_of(place, **asked)
    return Month(bundle_of(d, manager))


@pytest.fixture(scope="module")
def sample():
    with words.speaking("ru"):
        return department_of("sample")


def test_managers_and_nobody_add_up_to_the_company(sample):
    company = sample.facts.net_sales(sample.month.period).sum()
    assert sample.figures["amount"].sum() == pytest.approx(company, abs=0.005)
    assert str(sample.month.period) == "01.12.2025–31.12.2025" and sample.year.period.slug == "2025"


def test_sales_without_a_manager_stay_in_the_sum(tmp_path):
    sales(tmp_path, {"M1": 6}, extra=[["n1", "2025-12-03", "Z1", "Ничей", "", 777.5]])
    d = department_of(tmp_path)
    assert d.figures.at["", "amount"] == 777.5 and list(d.staff) == ["M1"]
    assert d.figures["amount"].sum() == pytest.approx(21_000 + 777.5)


def test_new_returned_and_lost_are_the_change_of_the_buyers(sample):
    f = sample.figures.drop(index="", errors="ignore")
    assert (f["n_active_prev"] + f["n_new"] + f["n_returned"] - f["n_lost"] == f["n_active"]).all()


@pytest.mark.parametrize("manager", ["M01", "M02", "M03", "M05", "M06"])
def test_the_tables_of_the_sample_are_whole(sample, manager):
    month = Month(bundle_of(sample, manager))
    tables = month.tables
    assert {name: list(t.columns) for name, t in tables.items()} == {name: [c.name for c in columns] for name, columns in COLUMNS.items()}
    figures = tables["main"].set_index("row")
    assert tables["days"]["amount"].sum() == pytest.approx(figures.at["net_sales", "value"], abs=0.01)
    assert tables["months"]["amount"].iloc[-1] == pytest.approx(figures.at["net_sales", "value"], abs=0.01)
    assert tables["moved"]["contribution_amount"].sum() == pytest.approx(figures.at["net_sales", "value"] - figures.at["net_sales", "value_prev"], abs=0.01)
    assert tables["classes"]["n_clients"].sum() == figures.at["clients", "value"]
    assert len(tables["days"]) == 22 and tables["days"]["cum_plan_amount"].iloc[-1] == pytest.approx(figures.at["net_sales", "plan"])


def test_the_call_list_has_at_most_ten_each_once_by_money(sample):
    for manager in sample.staff:
        calls = Month(bundle_of(sample, manager)).call_list().tables["main"]
        assert list(calls.columns) == [c.name for c in CALLS["main"]]
        assert 0 < len(calls) <= 10 and calls["client_id"].is_unique and calls["stake_amount"].is_monotonic_decreasing and (calls["stake_amount"] > 0).all()


def test_the_whale_that_went_quiet_is_first_on_his_managers_list(sample):
    first = Month(bundle_of(sample, "M06")).calls.iloc[0]
    assert first["client_id"] == "C168" and first["reason"] == "silent"


def test_a_bundle_comes_back_from_disk(sample, tmp_path):
    bundle = bundle_of(sample, "M02")
    again = Bundle.load(bundle.save(tmp_path / "b"))
    assert again.meta == json.loads(json.dumps(bundle.meta, default=str))
    assert Month(again).first_page().record() == Month(bundle).first_page().record()


# ------------------------------------------------------------------ periods
def test_the_default_is_the_last_complete_month(tmp_path):
    place = sales(tmp_path, {"M1": 6}, end="2025-11", extra=[["x", "2025-12-01", "M1X00", "M1name00", "M1", 5]])
    assert department_of(place).whole.slug == "2025-11"


def test_a_month_that_is_not_over_gets_a_forecast_by_working_days(tmp_path):
    place = sales(tmp_path, {"M1": 6}, end="2025-11", extra=[[f"x{i}", "2025-12-10", f"M1X{i:02d}", f"M1name{i:02d}", "M1", 1000] for i in range(6)])
    month = month_of(place, "M1", period="2025-12")
    assert month.meta["as_of"] == "2025-12-10" and month.meta["workdays_passed"] == 8
    assert month.forecast == pytest.approx(6000 / 8 * len(month.meta["workdays"])) and not month.complete


def test_a_quarter_is_compared_with_the_quarter_before(tmp_path):
    month = month_of(sales(tmp_path, {"M1": 6}), "M1", period="2025-Q4")
    assert month.figures["amount"] == month.figures["amount_prev"] == 63_000 and month.meta["period"]["months"] == 3


def test_a_year_is_no_reporting_month(tmp_path):
    with pytest.raises(UsageProblem, match="месяц или квартал"):
        department_of(sales(tmp_path, {"M1": 6}), period="2025")


def test_a_month_without_any_sale_is_refused(tmp_path):
    with pytest.raises(EmptyPlan, match="За 2025-11 в выгрузке нет ни одной продажи"):
        department_of(sales(tmp_path, {"M1": 6}, skip=("2025-11",)), period="2025-11")


def test_a_short_history_compares_with_nothing(tmp_path):
    month = month_of(sales(tmp_path, {"M1": 6}, start="2025-12"), "M1")
    assert month.figures["amount_prev"] is None and month.moved is None and "moved" not in month.tables
    assert month.tables["main"].set_index("row")["value"][["new_clients", "returned_clients", "lost_clients"]].isna().all()


def test_classes_are_those_of_the_year_not_of_the_month(tmp_path):
    """One large order in December must not make a class A of December."""
    place = sales(tmp_path, {"M1": 10}, extra=[["big", "2025-12-20", "M1X00", "M1name00", "M1", 30_000]])
    clients = month_of(place, "M1").clients.set_index("client_id")
    assert clients.at["M1X00", "amount"] > clients.at["M1X09", "amount"] and clients.at["M1X09", "class"] == "A" and clients.at["M1X00", "class"] == "B"


# ------------------------------------------------------------------ pages
def pages(month: Month) -> int:
    import nbformat.v4 as v4
    from pypdf import PdfReader

    from kbreport import report

    cells = [v4.new_code_cell("x", outputs=[v4.new_output("display_data", data=r._repr_mimebundle_())]) for r in (month.first_page(), month.call_list())]
    meta = {"title": "Отчёт менеджера", "company": month.meta["company"], "period": "декабрь 2025", "as_of": month.meta["as_of"], "currency": month.currency, "lang": month.meta["lang"]}
    from kbreport.report.pdf import bytes_of

    return len(PdfReader(io.BytesIO(bytes_of(report.document_of(v4.new_notebook(cells=cells), meta)))).pages)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_one_page_and_a_list_page(lang):
    d = department_of("sample", lang=lang)
    assert {m: pages(Month(bundle_of(d, m))) for m in d.staff} == dict.fromkeys(d.staff, 2)


def test_a_bare_export_and_endless_names_still_make_two_pages(tmp_path):
    long = "ОченьДлинноеНазваниеБезПробелов" * 10
    extra = [[f"e{i}{m}", f"2025-{m:02d}-{9 + i}", f"L{i:02d}", f"{long}{i}", "M1", 50_000 + i] for i in range(14) for m in range(1, 8)]
    place = people(sales(tmp_path, {"M1": 12}, extra=extra), [("M1", "И" * 300)])
    month = month_of(place, "M1")
    assert len(month.calls) == 10 and pages(month) == 2


def test_missing_tables_are_said_not_drawn(tmp_path):
    month = month_of(sales(tmp_path, {"M1": 6}), "M1")
    text = json.dumps(month.call_list().blocks, ensure_ascii=False)
    assert "нет таблицы plans" in text and "нет таблицы touches" in text and "нет таблицы receivables" in text
    main = month.tables["main"].set_index("row")
    assert main.loc[["debt", "touches", "margin"], "value"].isna().all()


def test_others_are_averaged_only_where_there_are_five(tmp_path):
    few = department_of(sales(tmp_path / "few", {"M1": 6, "M2": 4}))
    many = department_of(sales(tmp_path / "many", {"M1": 6, "M2": 5}))
    assert few.others("M1") == {} and many.others("M1")["check"] == pytest.approx(3000)


def test_handed_over_clients_leave_their_sales_to_who_made_them(tmp_path):
    """M1 sold, the card says M2: the sale is M1's, the client M2's."""
    sales(tmp_path, {"M1": 6, "M2": 6})
    pd.DataFrame({"client_id": ["M1X05"], "client_name": ["M1name05"], "manager_id": ["M2"]}).to_csv(tmp_path / "clients.csv", index=False)
    d = department_of(tmp_path)
    assert d.figures.at["M1", "amount"] == 21_000 and d.figures.at["M1", "n_clients"] == 5 and d.figures.at["M2", "n_clients"] == 7
    month = Month(bundle_of(d, "M1"))
    assert "M1X05" not in set(month.clients["client_id"]) and month.moved.now == 21_000


def test_the_walk_of_the_fork_server_succeeds():
    """`batch.preload` swallows a walk that fails (the server must live), so that it works is seen here."""
    import gc

    from kbreport.batch import preload

    preload.warm()
    gc.unfreeze()
    assert len(Month(preload.invented()).calls) == 3


def test_the_mark_of_the_list_shows_what_the_drawn_row_shows():
    import datetime as dt
    import re

    from kbreport import charts

    late = charts.rhythm_mark([dt.date(2025, 10, 1), dt.date(2025, 11, 1), dt.date(2020, 1, 1)], dt.date(2025, 12, 31), 20)
    assert late.count("<circle") == 2 and late.count("<path") == 2 and re.search(r'viewBox="0 0 [\d.]+ [\d.]+"', late)
    assert charts.rhythm_mark([dt.date(2025, 12, 30)], dt.date(2025, 12, 31), 20).count("<path") == 1
    assert charts.rhythm_mark([], dt.date(2025, 12, 31), 20) is None
