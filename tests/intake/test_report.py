"""Reports of 1С: levels by outline, indent, spaces or sums; matrices; control by groups; what cannot be told is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from kbreport import intake, tables
from kbreport.errors import CompanyProblem, InputUnreadable
from kbreport.intake import periods
from kbreport.intake.reading import read
from kbreport.intake.spec import InputSpec

TITLE = [["Валовая прибыль предприятия"], [], ["Параметры:", "Период: 01.01.2025 - 31.01.2025"], []]
HEAD = [["Клиент", None, "Количество", "Выручка", "Себестоимость"], ["Менеджер"], ["Номенклатура", "Артикул"]]
BODY = [["ООО Альфа", None, 3, 300.5, 200], ["Иванов И.", None, 3, 300.5, 200], ["Болт, ", "Б-1", 1, 100.25, 80], ["Гайка", "Г-1", 2, 200.25, 120],
        ["ИП Бета", None, 1, 50, 40], ["<...>", None, 1, 50, 40], ["Болт", "Б-1", 1, 50, 40]]
LEVELS = [0, 1, 2, 2, 0, 1, 2]
TOTAL = [["Итого", None, 4, 350.5, 240]]
LEAVES = [("ООО Альфа", "Иванов И.", "Б-1", "100.25"), ("ООО Альфа", "Иванов И.", "Г-1", "200.25"), ("ИП Бета", None, "Б-1", "50")]


def book(folder: Path, rows: list[list], levels: list[int] | None = None, start: int = 0, indent: int = 0, name: str = "report.xlsx") -> Path:
    path = folder / name
    with xlsxwriter.Workbook(str(path)) as out:
        sheet = out.add_worksheet("TDSheet")
        for i, row in enumerate(rows):
            level = levels[i - start] if levels and 0 <= i - start < len(levels) else 0
            if level and not indent:
                sheet.set_row(i, None, None, {"level": level})
            form = out.add_format({"indent": level * indent})
            for j, cell in enumerate(row):
                if cell is not None:
                    sheet.write(i, j, cell, form if not j else None)
    return path


def leaves(path: Path) -> list[tuple]:
    rows = tables.load(path).sales.to_pylist()
    return [(r["client_id"], r.get("manager_id"), r.get("sku"), f"{r['amount'].normalize():f}") for r in rows]


def whole(**changed) -> list[list]:
    return [*changed.get("title", TITLE), *changed.get("head", HEAD), *changed.get("body", BODY), *changed.get("total", TOTAL)]


@pytest.mark.parametrize("indent", [0, 1, 3, 5])
def test_levels_by_outline_or_by_indents_of_any_step(tmp_path, indent):
    path = book(tmp_path, whole(), LEVELS, 7, indent)
    assert leaves(path) == LEAVES
    seen = intake.inspect(path)
    assert seen.stated_total == seen.amount == Decimal("350.5") and seen.period == (date(2025, 1, 31), date(2025, 1, 31))
    assert "Уровни строк: Клиент → Менеджер → Номенклатура." in seen.lines


def test_levels_by_leading_spaces(tmp_path):
    body = [["  " * level + row[0], *row[1:]] for level, row in zip(LEVELS, BODY, strict=True)]
    assert leaves(book(tmp_path, whole(body=body))) == LEAVES


def test_lost_levels_are_found_from_the_sums(tmp_path):
    path = book(tmp_path, whole())
    assert leaves(path) == LEAVES and any("восстановлены по суммам" in line for line in intake.inspect(path).lines)


def test_levels_that_no_sum_tells_are_refused(tmp_path):
    body = [[*row[:3], row[3] + i, row[4]] for i, row in enumerate(BODY)]
    with pytest.raises(InputUnreadable, match="report.xlsx не видно, какая строка в какую входит.*Сохраните отчёт из 1С в формате XLSX"):
        read(book(tmp_path, whole(body=body)))


def test_a_group_that_is_not_the_sum_of_its_rows_is_named(tmp_path):
    body = [list(r) for r in BODY]
    body[1][3] = 310.5
    path = book(tmp_path, whole(body=body), LEVELS, 7)
    problem = next(p for p in tables.load(path).problems if p.rule == "group_differs")
    assert (problem.row, problem.column, problem.severity) == (9, "Выручка", "warn") and "310.5 ≠ 300.5" in problem.value
    assert any("Строка 9, столбец «Выручка»: сумма группы не сходится" in line for line in intake.inspect(path).lines)


def test_a_total_that_differs_is_a_warning_and_a_kopeck_is_called_rounding(tmp_path):
    path = book(tmp_path, whole(total=[["Итого", None, 4, 999, 240]]), LEVELS, 7)
    assert "total_differs" in [p.rule for p in tables.load(path).problems]
    path = book(tmp_path, whole(total=[["Итого", None, 4, 350.53, 240]]), LEVELS, 7)
    assert any("расходится на 0,03: похоже на округление" in line for line in intake.inspect(path).lines)


def test_a_wrapper_row_is_transparent(tmp_path):
    body = [BODY[0], ["По менеджерам", None, 3, 300.5, 200], *BODY[1:4]]
    path = book(tmp_path, whole(body=body, total=[]), [0, 1, 2, 3, 3], 7)
    assert leaves(path) == LEAVES[:2]


def test_a_block_by_managers_beside_the_goods_is_not_counted_twice(tmp_path):
    head = [HEAD[0], ["Номенклатура", "Артикул"]]
    body = [BODY[0], ["По менеджерам", None, 3, 300.5, 200], ["Иванов И.", None, 3, 300.5, 200], *BODY[2:4]]
    path = book(tmp_path, whole(head=head, body=body, total=[]), [0, 1, 2, 1, 1], 6)
    assert [(r[0], r[2], r[3]) for r in leaves(path)] == [(r[0], r[2], r[3]) for r in LEAVES[:2]]
    assert any("2 строки блоков «По …» повторяют деньги своей группы" in line for line in intake.inspect(path).lines)


def test_folders_of_goods_become_the_category(tmp_path):
    head = [["Клиент", None, "Количество", "Выручка"], ["Номенклатура", "Артикул"]]
    body = [["Альфа", None, 3, 30], ["Крепёж", None, 2, 20], ["Болты", None, 2, 20], ["Болт М8", "Б-8", 2, 20], ["Услуга", "У-1", 1, 10]]
    rows = tables.load(book(tmp_path, whole(head=head, body=body, total=[]), [0, 1, 2, 3, 1], 6)).sales.to_pylist()
    assert [(r["product_name"], r.get("category"), r["sku"]) for r in rows] == [("Болт М8", "Крепёж", "Б-8"), ("Услуга", None, "У-1")]


def test_names_of_levels_in_one_cell(tmp_path):
    head = [["Клиент / Менеджер / Номенклатура", "Артикул", "Количество", "Выручка", "Себестоимость"]]
    assert leaves(book(tmp_path, whole(head=head), LEVELS, 5)) == LEAVES


def test_the_article_may_stand_left_of_the_goods(tmp_path):
    head = [["Клиент", None, "Количество", "Выручка", "Себестоимость"], ["Менеджер"], ["Артикул", "Номенклатура"]]
    body = [[r[1], r[0], *r[2:]] if level == 2 else r for level, r in zip(LEVELS, BODY, strict=True)]
    rows = tables.load(book(tmp_path, whole(head=head, body=body), LEVELS, 7)).sales.to_pylist()
    assert [(r["sku"], r["product_name"]) for r in rows] == [("Б-1", "Болт"), ("Г-1", "Гайка"), ("Б-1", "Болт")]


def test_numbers_as_text_with_no_break_spaces(tmp_path):
    body = [[*r[:2], f"{r[2]},000", f"{r[3] * 1000:,.2f}".replace(",", "\u00a0").replace(".", ","), f"{r[4]},00"] for r in BODY]
    path = book(tmp_path, whole(body=body, total=[["Итого", None, "4,000", "350\u00a0500,00", "240,00"]]), LEVELS, 7)
    seen = intake.inspect(path)
    assert seen.amount == seen.stated_total == Decimal("350500")


def test_a_cell_that_is_no_number_is_named_with_its_row(tmp_path):
    body = [list(r) for r in BODY]
    body[2][3] = "см. договор"
    path = book(tmp_path, whole(body=body), LEVELS, 7)
    assert any("Строка 10, столбец «Выручка»: не число: «см. договор»" in p for p in intake.inspect(path).problems)


def test_footnotes_and_signatures_are_counted(tmp_path):
    rows = [*whole(), ["* без учёта возвратов"], ["Исполнитель: Петрова"]]
    path = book(tmp_path, rows, LEVELS, 7)
    assert leaves(path) == LEAVES and any("2 строки примечаний под таблицей" in line for line in intake.inspect(path).lines)


def test_the_filter_of_the_report_is_shown(tmp_path):
    title = [*TITLE[:3], ["Отбор:", "Организация Равно «Ромашка»"], []]
    assert any("с отбором: Организация Равно «Ромашка»" in line for line in intake.inspect(book(tmp_path, whole(title=title), LEVELS, 8)).lines)


def test_a_report_without_a_period(tmp_path):
    path = book(tmp_path, whole(title=TITLE[:1]), LEVELS, 4)
    with pytest.raises(InputUnreadable, match="report.xlsx не назван период.*имя файла"):
        read(path)
    assert tables.load(path.rename(tmp_path / "Прибыль 1 квартал 2025.xlsx")).sales["order_date"].to_pylist() == [date(2025, 3, 31)] * 3
    told = InputSpec.from_dict({"order_lines": {"path": str(tmp_path / "Прибыль 1 квартал 2025.xlsx"), "period": "2025-02"}})
    assert tables.load({}, told).sales["order_date"].to_pylist() == [date(2025, 2, 28)] * 3
    assert InputSpec.from_dict(told.to_dict()) == told
    with pytest.raises(CompanyProblem, match="inputs.orders.period равно «когда-то», а нужен период"):
        InputSpec.from_dict({"orders": {"path": "a", "period": "когда-то"}})
    with pytest.raises(CompanyProblem, match="неизвестный ключ «onec_gross»"):
        InputSpec.from_dict({"orders": {"path": "a", "profile": "onec_gross"}})


def test_a_debt_report_without_a_day(tmp_path):
    rows = [["Задолженность клиентов"], [], ["Клиент", "Долг клиента"], ["ООО Альфа", 5]]
    with pytest.raises(InputUnreadable, match="не названа дата: неизвестно, на какой день этот долг"):
        read(book(tmp_path, rows))


def test_more_levels_than_names(tmp_path):
    head = [["Клиент", None, "Количество", "Выручка", "Себестоимость"]]
    with pytest.raises(InputUnreadable, match="уровней в строках — 3, а названо в заголовке — 1"):
        read(book(tmp_path, whole(head=head), LEVELS, 5))


def test_a_second_column_of_money_is_named_and_the_better_word_taken(tmp_path):
    head = [["Клиент", None, "Количество", "Выручка без НДС", "Себестоимость", "Выручка"], ["Менеджер"], ["Номенклатура", "Артикул"]]
    body = [[*row, 1.2 * row[3]] for row in BODY]
    seen = intake.inspect(book(tmp_path, whole(head=head, body=body, total=[]), LEVELS, 7))
    assert seen.amount == Decimal("420.6") and seen.mapping["amount"] == "Выручка" and "Выручка без НДС" in seen.unmapped


def test_months_without_a_named_measure(tmp_path):
    rows = [["Продажи по месяцам"], [], ["Клиент", "Январь 2025", "Февраль 2025", "Итого"], ["Альфа", 10.5, None, 10.5], ["Бета", 1, 2, 3], ["Итого", 11.5, 2, 13.5]]
    seen = intake.inspect(book(tmp_path, rows))
    assert (seen.table, seen.rows, seen.amount, seen.stated_total) == ("orders", 3, Decimal("13.5"), Decimal("13.5")) and seen.period == (date(2025, 1, 31), date(2025, 2, 28))


def test_the_accounts_without_subaccounts_and_with_an_advance(tmp_path):
    head = [["Счет", "Сальдо на начало периода", None, "Обороты за период", None, "Сальдо на конец периода", None], ["Контрагенты", *["Дебет", "Кредит"] * 3]]
    rows = [["Оборотно-сальдовая ведомость по счету 62 за 1 квартал 2025 г."], [], *head, ["62", 100, None, 500, 450, 200, 50], ["Альфа ООО", 100, None, 300, 200, 200, None], ["Бета ООО", None, None, 200, 250, None, 50],
            ["Итого", 100, None, 500, 450, 200, 50]]
    path = book(tmp_path, rows, [0, 1, 1], 4)
    (tmp_path / "s.csv").write_text("Клиент;Дата;Сумма\nАльфа ООО;13.02.2025;1,00\n")
    debts = tables.load({"orders": tmp_path / "s.csv", "receivables": path}).frames["receivables"]
    assert debts[["client_id", "open_amount", "shipped", "paid"]].to_numpy().tolist() == [["Альфа ООО", 200.0, 300.0, 200.0], ["Бета ООО", 0.0, 200.0, 250.0]]
    assert debts["advance"].tolist()[1] == 50 and "due_date" not in debts and str(debts["snapshot_date"][0])[:10] == "2025-03-31"


@pytest.mark.parametrize("text, first, last", [
    ("Период: 01.07.2026 - 31.07.2026", "2026-07-01", "2026-07-31"), ("Начало периода: 01.01.2025 0:00:00 Конец периода: 31.01.2025 23:59:59", "2025-01-01", "2025-01-31"),
    ("за январь 2026 г. - февраль 2026 г.", "2026-01-01", "2026-02-28"), ("за 1 квартал 2025 г.", "2025-01-01", "2025-03-31"), ("за IV квартал 2025 г.", "2025-10-01", "2025-12-31"),
    ("за 2024 год", "2024-01-01", "2024-12-31"), ("за 2 полугодие 2025 г.", "2025-07-01", "2025-12-31"), ("за 9 месяцев 2025 г.", "2025-01-01", "2025-09-30"), ("Февраль 2024 г.", "2024-02-01", "2024-02-29")])
def test_periods_in_words(text, first, last):
    assert [d.isoformat() for d in periods.of_lines([text])] == [first, last]


@pytest.mark.parametrize("name, last", [("Продажи 2025-03", "2025-03-31"), ("прибыль_1 кв 2025", "2025-03-31"), ("ОСВ 15.03.2025", "2025-03-15"), ("отчёт 2025.01-2025.02", "2025-02-28"), ("продажи", None)])
def test_periods_in_names(name, last):
    found = periods.of_name(name)
    assert (found[1].isoformat() if found else None) == last


@pytest.mark.parametrize("text, first", [("Январь 2025", "2025-01-01"), ("янв. 2025 г.", "2025-01-01"), ("2025-01", "2025-01-01"), ("01.2025", "2025-01-01"), ("01.02.25", "2025-02-01"), ("Выручка", None), ("12345", None), ("31.02.2025", None)])
def test_headers_that_are_months(text, first):
    found = periods.header(text)
    assert (found[0].isoformat() if found else None) == first
