"""The workbook: typed cells, no formulas, filters and frozen heads, printable, the same bytes."""

import datetime as dt
import io

import openpyxl
import pytest

from kbreport import report, words
from kbreport.report import results, sheets, xlsx
from tests.report import made_up


@pytest.fixture(scope="module")
def book():
    with words.speaking("ru"):
        return openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(made_up.notebook()))))


def test_sheets_in_order(book):
    assert book.sheetnames == ["Итоги", "Клиенты", "Данные и сверка", "Настройки"]


def test_numbers_dates_and_flags_are_real(book):
    sheet = book["Клиенты"]
    head = [c.value for c in sheet[4]]
    row = dict(zip(head, sheet[6]))
    assert head == ["Код клиента", "Клиент", "Продажи", "Доля", "Класс", "Последний заказ", "Заказов", "Опаздывает"]
    assert isinstance(row["Продажи"].value, float) and "₽" in row["Продажи"].number_format
    assert row["Последний заказ"].value == dt.datetime(2025, 12, 2) and row["Последний заказ"].number_format == "dd.mm.yyyy"
    assert row["Опаздывает"].value is True and row["Заказов"].value == 2 and row["Доля"].number_format == "0.0%"
    assert sheet["F5"].value is None  # unknown stays empty


def test_hostile_names_are_texts(book):
    cells = {c.value: c for c in book["Клиенты"]["B"][4:]}
    for name in made_up.HOSTILE:
        assert name in cells and cells[name].data_type == "s"
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert not any(c.data_type == "f" for c in cells) and all(c.hyperlink.location and not c.hyperlink.target for c in cells if c.hyperlink)


def test_filters_frozen_heads_and_page_setup(book):
    for sheet in book:
        assert (sheet.auto_filter.ref or sheet.tables) and sheet.freeze_panes and sheet.page_setup.orientation == "landscape" and int(sheet.page_setup.paperSize) == 9
        assert sheet.print_title_rows == "$4:$4"
    assert all(book[name].page_setup.fitToHeight == 0 and book[name].sheet_properties.pageSetUpPr.fitToPage for name in ("Итоги", "Данные и сверка", "Настройки"))


def test_tables_under_each_other_have_heads_filters_and_a_way_to_them(book):
    sheet = book["Данные и сверка"]
    (table,) = sheet.tables.values()
    head = sheet[table.ref.split(":")[0]]
    assert head.value == "Показатель" and sheet.cell(head.row + 1, 2).value == 100 and sheet.cell(head.row - 2, 1).value == "Сверка с выгрузкой"
    link = sheet["A4"]
    assert link.value == "Сверка с выгрузкой" and sheet[link.hyperlink.location.split("!")[1]].value == "Сверка с выгрузкой"


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
    assert book.sheetnames[0] == "Summary" and book["Clients"]["C5"].number_format == "#,##0.00"


def settings_of(*settings, lang="ru") -> list[dict]:
    """Rows of the sheet of settings, by the words of its head."""
    node = made_up.notebook(cells=[made_up.shown(made_up.result("abc", [], title="ABC-анализ", settings=list(settings)))], meta={"lang": lang})
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(node))))[{"ru": "Настройки", "en": "Settings"}[lang]]
    head = [c.value for c in sheet[4]]
    return [dict(zip(head, row)) for row in sheet.iter_rows(min_row=5)]


def test_settings_say_what_they_mean_with_numbers_as_numbers():
    share, days, words_, pair = settings_of(
        {"name": "a", "help": "доля продаж класса A", "value": 0.7, "default": 0.8, "source": "OURS", "changed_by": "command line", "book": 0.75},
        {"name": "late_days", "help": "дней", "value": 14, "default": 7, "source": "OURS", "changed_by": "Иванова"},
        {"name": "rule", "help": "", "value": "crossing", "default": "crossing", "source": None, "changed_by": None}, {"name": "bounds", "help": "", "value": [0.2, 0.4], "default": None, "source": "S9", "changed_by": None})
    assert share["Что это"].value == "доля продаж класса A" and share["Источник"].value == "норма kbreport" and share["Кто изменил"].value == "командная строка"
    assert (share["Значение"].value, share["Значение"].data_type, share["Значение"].number_format) == (0.7, "n", "0%") and share["В книге"].value == 0.75
    assert days["Значение"].value == 14 and days["Значение"].data_type == "n" and days["Кто изменил"].value == "Иванова" and days["В книге"].value is None
    assert words_["Значение"].value == "crossing" and pair["Значение"].value == "20\u00a0%–40\u00a0%" and pair["По умолчанию"].value is None


def test_the_audits_own_table_of_norms_does_not_stand_there_as_text():
    """The appendix of the audit brings a table of norms in words; the sheet holds the settings themselves."""
    text = {"columns": [{"name": n, "title": n, "kind": "text"} for n in ("method", "value")], "title": "Нормы", "n_rows": 1, "rows": [["abc", "70 %"]]}
    node = made_up.notebook(cells=[made_up.shown(made_up.result("appendix", [], tables={"norms": text})), made_up.shown(made_up.result("abc", [], settings=[{"name": "a", "help": "доля", "value": 0.7, "default": 0.8, "source": "OURS", "changed_by": None}]))])
    book = openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(node))))
    assert [c.value for c in book["Настройки"][5]][:5] == ["abc", "abc", "a", "доля", 0.7]


def test_empty_report_is_still_a_workbook():
    book = openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(made_up.notebook(cells=[], meta={"ledger": None})))))
    assert book.sheetnames == ["Итоги", "Настройки"]


# ------------------------------------------------------------------ which table stands where
def table(columns: str, *rows, title="", values=None):
    heads = [{"name": n, "title": {"client_id": "Код", "manager_id": "Менеджер", "class": "Класс", "amount": "Сумма"}.get(n, n), "kind": "money" if n == "amount" else "text"}
             | ({"values": values} if values and n == "state" else {}) for n in columns.split()]
    return {"title": title, "columns": heads, "n_rows": len(rows), "rows": [list(r) for r in rows]}


def record(method, **tables):
    return results.of(made_up.result(method, [], title=f"Метод {method}", tables=tables))


PLAN = {"groups": [{"methods": ["abc", "touches"], "sheet": "one"}, {"methods": ["frd"], "sheet": "two"}],
        "workbook": {"clients": ["abc", "touches"], "lists": ["touches.calendar"], "sheets": {"two": {"ru": "Время"}, "one": {"ru": "Замеры"}}}}


def plan_of(*records, ledger=()):
    with words.speaking("ru"):
        return sheets.of(records, PLAN, ledger)


def test_each_table_stands_once_where_the_plan_says():
    made = plan_of(record("abc", main=table("client_id amount", ["a", 1.0]), by_class=table("class amount", ["A", 1.0], title="Классы")),
                   record("touches", main=table("client_id norm", ["a", 2]), calendar=table("client_id date", ["a", 3], ["a", 4], title="Календарь")),
                   record("frd", main=table("manager_id minutes", ["m", 5])), record("mine", main=table("x", [1])))
    assert [(s.name, s.kind, [p.title for p in s.tables]) for s in made] == [
        ("Клиенты", "clients", ["Метод abc", "Метод touches"]), ("Календарь", "list", ["Календарь"]), ("Время", "stack", ["Метод frd"]), ("Замеры", "stack", ["Классы"]),
        ("Другие таблицы", "stack", ["Метод mine"])]
    assert sheets.find(made, "abc")[0].name == "Клиенты" and sheets.find(made, "abc.by_class")[0].name == "Замеры" and sheets.find(made, "nothing") is None


def test_clients_are_joined_and_equal_columns_are_said_once():
    (sheet,) = plan_of(record("abc", main=table("client_id manager_id class amount", ["a", "m", "A", 3.0], ["b", None, "B", 2.0])),
                       record("touches", main=table("client_id manager_id class amount norm", ["b", "k", "B", 1.0, 4], ["c", "m", "C", 0.5, 5])))
    columns, bands, frame = sheet.joined
    assert [c.title for c in columns] == ["Код", "Менеджер", "Класс", "Сумма", "Сумма (Метод touches)", "norm"] and bands == {"abc.class": "Метод abc", "touches.amount": "Метод touches"}
    assert frame.to_dict("list")["client_id"] == ["a", "b", "c"] and frame["manager_id"].tolist() == ["m", "k", "m"] and frame["abc.class"].tolist() == ["A", "B", "C"]
    assert frame["abc.amount"].fillna(-1).tolist() == [3, 2, -1] and frame["touches.amount"].fillna(-1).tolist() == [-1, 1, 0.5]


def test_a_client_twice_cannot_be_joined():
    (sheet,) = plan_of(record("abc", main=table("client_id amount", ["a", 1.0], ["a", 2.0])))
    with pytest.raises(ValueError, match="abc.main"):
        sheet.joined


def test_codes_are_written_as_words_and_managers_by_name():
    node = made_up.notebook(cells=[made_up.shown(made_up.result("frd", [], title="Время", tables={
        "main": table("manager_id manager_name state", ["M1", "Иванова", "lost"], ["M2", "Петров", "own"], values={"lost": "потерян"}), "by_day": table("manager_id amount", ["M1", 1.0], ["M3", 2.0])}))])
    book = openpyxl.load_workbook(io.BytesIO(xlsx.bytes_of(report.document_of(node))))
    said = [[c.value for c in row if c.value is not None] for row in book["Менеджеры"].iter_rows()]
    assert ["M1", "Иванова", "потерян"] in said and ["M2", "Петров", "own"] in said and ["Иванова", 1] in said and ["M3", 2] in said


def test_every_table_of_the_plan_exists():
    from kbreport import book as methods
    from kbreport.month.report import CALLS, COLUMNS
    from kbreport.report import compose

    month = {"manager_month": COLUMNS, "call_list": CALLS}
    plan = compose.plan_of()["workbook"]
    for key in plan["clients"] + plan["lists"]:
        method, _dot, name = key.partition(".")
        columns = [c.name for c in (month[method] if method in month else methods.load(method).columns)[name or "main"]]
        assert key in plan["lists"] or columns[0] == "client_id", key
    groups = compose.plan_of()["groups"]
    assert {g["sheet"] for g in groups} == set(plan["sheets"]) and all({"ru", "en"} == set(t) for t in plan["sheets"].values())
