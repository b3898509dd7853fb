"""The workbook: typed cells, no formulas, filters and frozen heads, printable, the same bytes."""

import datetime as dt
import io

import openpyxl
import pytest

from kbreport import report, words
from kbreport.report import sheets, xlsx
from tests.report import made_up


@pytest.fixture(scope="module")
def book():
    with words.speaking("ru"):
        return openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(made_up.notebook()))))


def test_sheets_in_order(book):
    assert book.sheetnames == ["Итоги", "ABC-анализ", "Сверка", "Настройки"]


def test_numbers_dates_and_flags_are_real(book):
    sheet = book["ABC-анализ"]
    head = [c.value for c in sheet[4]]
    row = dict(zip(head, sheet[6]))
    assert head == ["Код клиента", "Клиент", "Продажи", "Доля", "Класс", "Последний заказ", "Заказов", "Опаздывает"]
    assert isinstance(row["Продажи"].value, float) and "₽" in row["Продажи"].number_format
    assert row["Последний заказ"].value == dt.datetime(2025, 12, 2) and row["Последний заказ"].number_format == "dd.mm.yyyy"
    assert row["Опаздывает"].value is True and row["Заказов"].value == 2 and row["Доля"].number_format == "0.0%"
    assert sheet["F5"].value is None  # unknown stays empty


def test_hostile_names_are_texts(book):
    cells = {c.value: c for c in book["ABC-анализ"]["B"][4:]}
    for name in made_up.HOSTILE:
        assert name in cells and cells[name].data_type == "s"
    assert not any(c.data_type == "f" or c.hyperlink for sheet in book for row in sheet.iter_rows() for c in row)


def test_filters_frozen_heads_and_page_setup(book):
    for sheet in book:
        assert sheet.auto_filter.ref and sheet.freeze_panes and sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == "9" or sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.print_title_rows == "$4:$4"


def test_findings_first_with_plain_text(book):
    row = [c.value for c in book["Итоги"][5]]
    assert row[0] == 1 and row[1] == "риск" and row[2] == "Потеря «**bold**» — риск" and row[3] == 100.01


def test_dates_of_the_file_are_fixed(book):
    assert book.properties.created == dt.datetime(2025, 12, 31)


def test_names_of_sheets():
    found = sheets.names(["Итоги", "Очень длинное название листа, которое не влезает", "Очень длинное название листа, которое не влезло", "a/b:c[d]*?", "'x'", "ИТОГИ", "", "History"])
    assert all(0 < len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in found)
    assert len({n.lower() for n in found}) == len(found)


def test_english_titles():
    book = openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(made_up.notebook(meta={"lang": "en", "currency": None})))))
    assert book.sheetnames[0] == "Summary" and book["ABC-анализ"]["C5"].number_format == "#,##0.00"


def test_empty_report_is_still_a_workbook():
    book = openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(made_up.notebook(cells=[], meta={"ledger": None})))))
    assert book.sheetnames == ["Итоги", "Настройки"]
