"""`inspect` says what a file is; `mapping_for` writes what it found so that it can be read back."""

from datetime import date
from decimal import Decimal

import pytest

from kbreport import intake, tables
from kbreport.intake.spec import InputSpec
from tests import files


def test_a_sales_file_in_words(tmp_path):
    rows = [*files.ROWS, ["Итого", "", "", "", "", "", "197750,50", "144900,10"]]
    seen = intake.inspect(files.csv(tmp_path, rows=[[*r, "x"] for r in rows], header=[*files.HEADER, "Погода"]))
    assert (seen.table, seen.rows, seen.clients, seen.amount, seen.stated_total) == ("order_lines", 4, 3, Decimal(files.MONEY), Decimal(files.MONEY))
    assert seen.period == (date(2024, 1, 9), date(2024, 3, 20)) and seen.unmapped == ("Погода",)
    words = "\n".join(seen.lines)
    for piece in ("sales.csv: файл данных", "Таблица: order_lines", "Период: 09.01.2024 — 20.03.2024", "Клиентов: 3", "сошлась со строкой «Итого»", "amount ← «Выручка»", "Не использован столбец «Погода»"):
        assert piece in words


def test_problems_name_rows(tmp_path):
    rows = files.changed(1, "Выручка", "12 тыс.")
    rows[2][1] = "31.02.2024"
    rows.append(["З-9", "x"])
    seen = intake.inspect(files.csv(tmp_path, rows=rows))
    assert "Строка 3, столбец «Выручка»: не число: «12 тыс.»." in seen.problems and "Строка 4, столбец «Дата»: такой даты нет: «31.02.2024»." in seen.problems
    assert "Строка 6: полей 2, а в заголовке 8." in seen.problems


def test_what_cannot_be_decided_is_asked(tmp_path):
    seen = intake.inspect(files.csv(tmp_path, "Клиент;Дата;Сумма\nА;01/02/2024;125.300\nБ;03/04/2024;8.450\n"))
    assert any("укажите decimal" in p for p in seen.problems) and any("укажите date_order" in p for p in seen.problems)


def test_a_total_that_differs_is_said(tmp_path):
    seen = intake.inspect(files.csv(tmp_path, "Клиент;Дата;Сумма\nА;13.02.2024;100,00\nБ;14.02.2024;50,00\nИтого;;200,00\n"))
    assert any("в строке «Итого» — 200,00, не сошлась" in line for line in seen.lines)


def test_suggestions_are_hints_only(tmp_path):
    seen = intake.inspect(files.csv(tmp_path, "Клиентт;Дата отгрузк;Сумма\nА;13.02.2024;100,00\n"))
    assert seen.table is None and seen.suggestions["Клиентт"][0] == "client_name" and seen.suggestions["Дата отгрузк"][0] == "order_date"
    assert any("похож на order_date" in line for line in seen.lines) and any("Не хватает столбца: Код клиента (client_id)" in line for line in seen.lines)


@pytest.mark.parametrize("header, table", [("Номер;Дата;Клиент;Сумма", "orders"), ("Код клиента;Клиент;ИНН;Регион", "clients"), ("manager_id;plan_month;plan_revenue", "plans"),
                                           ("ID;Название сделки;Стадия сделки;Сумма;Компания;Ответственный;Дата создания", "deals"), ("Фильм;Год;Режиссёр", None)])
def test_tables_are_told_by_their_columns(tmp_path, header, table):
    assert intake.inspect(files.csv(tmp_path, header + "\n" + ";".join("1" for _ in header.split(";")) + "\n")).table == table


def test_a_report_of_1c_is_named(tmp_path):
    path = files.book(tmp_path, {"TDSheet": [["Отбор: Организация"], ["Клиент", "Дата", "Сумма"], ["А", date(2024, 1, 9), 5]]})
    assert "отчёт 1С" in intake.inspect(path).lines[0]


def test_the_mapping_can_be_read_back(tmp_path):
    files.csv(tmp_path, name="продажи за год.csv")
    files.book(tmp_path, {"Лист": [["Код клиента", "Клиент"], ["К-1", "ООО «Альфа»"]]}, "карточки.xlsx")
    (tmp_path / "note.csv").write_text("a,b\n1,2\n")
    section = intake.mapping_for(sorted(tmp_path.iterdir()))
    assert set(section) == {"order_lines", "clients"} and section["clients"]["sheet"] == "Лист" and section["order_lines"]["mapping"]["amount"] == "Выручка"
    loaded = tables.load(tmp_path, InputSpec.from_dict(section))
    assert loaded.ledger.amount_out == Decimal(files.MONEY) and loaded.unknown_files == ["note.csv"]
