"""Reports and lists of 1С: title block, stacked header, outline or indents, «Итого»."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from tools.exports import truth

MONTHS = {"2025-10": "Октябрь 2025 г.", "2025-11": "Ноябрь 2025 г.", "2025-12": "Декабрь 2025 г."}


def write(path: Path, rows: list[list], levels: dict[int, int] | None = None, indent: int = 0, capital: bool = False, sheet: str = "TDSheet") -> None:
    """One sheet. `levels` of rows become outline levels, or indents of `indent` each; `capital`: the archive has `SharedStrings.xml`."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": datetime(2026, 1, 12)})
        page = book.add_worksheet(sheet)
        formats = {n: book.add_format({"indent": n * indent} if indent else {}) for n in sorted({0, *(levels or {}).values()})}
        for i, row in enumerate(rows):
            level = (levels or {}).get(i, 0)
            if level and not indent:
                page.set_row(i, None, None, {"level": level})
            for j, cell in enumerate(row):
                if cell is not None and cell != "":
                    page.write(i, j, cell, formats[level] if j == 0 else None)
    if capital:
        _capitalised(path)


def _capitalised(path: Path) -> None:
    with zipfile.ZipFile(path) as old:
        items = [(item.replace("sharedStrings", "SharedStrings"), old.read(item).replace(b"sharedStrings.xml", b"SharedStrings.xml")) for item in old.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in items:
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def roubles(kopecks: int) -> float:
    return kopecks / 100


def tree(frame: pd.DataFrame, by: list[str], cells, start: int) -> tuple[list[list], dict[int, int]]:
    """(rows, level of each row counted from `start`): groups first, then what is in them; `cells(rows of the group, depth)`."""
    rows: list[list] = []
    levels: dict[int, int] = {}

    def put(part: pd.DataFrame, depth: int) -> None:
        for name, group in part.groupby(by[depth], sort=True):
            levels[start + len(rows)] = depth
            rows.append([name, *cells(group, depth)])
            if depth + 1 < len(by):
                put(group, depth + 1)

    put(frame, 0)
    return rows, levels


def _margin(group: pd.DataFrame) -> list:
    amount, cost = group["amount"].sum(), group["cost"].sum()
    return [float(group["qty"].sum()), roubles(amount), roubles(cost), roubles(amount - cost), round(100 * (amount - cost) / amount, 2) if amount else None]


def gross_profit(folder: Path) -> None:
    """Client → manager → kind of goods → goods, article in a side column; levels by outline; the SharedStrings defect."""
    lines = truth.sales(truth.MONTH, truth.MONTH)
    lines["goods"] = lines["product"] + ", "
    head = [["Валовая прибыль предприятия"], [], ["Параметры:", "Период: 01.12.2025 - 31.12.2025"], ["Отбор:", 'Организация Равно "Двинский Промснаб ООО"'], [],
            ["Клиент", None, "Количество", "Выручка", "Себестоимость", "Валовая прибыль", "Рентабельность, %"], ["Менеджер"], ["Номенклатура.Вид номенклатуры"], ["Номенклатура", "Артикул"]]
    rows, levels = tree(lines, ["client_name", "manager", "category", "goods"], lambda g, depth: [g["sku"].iloc[0] if depth == 3 else None, *_margin(g)], len(head))
    write(folder / "onec_gross_profit_2025-12.xlsx", [*head, *rows, ["Итого", None, *_margin(lines)]], levels, capital=True)


def gross_profit_months(folder: Path) -> None:
    """Client → goods, months in columns with their pair of figures, a column «Итого»; levels by indent 0/3."""
    lines = truth.sales(*truth.QUARTER)
    head = [["Валовая прибыль предприятия"], ["Параметры:", "Период: 01.10.2025 - 31.12.2025"], [], ["Клиент", None, *(x for m in MONTHS.values() for x in (m, None)), "Итого", None],
            ["Номенклатура", "Артикул", *["Количество", "Выручка"] * 4]]

    def cells(group: pd.DataFrame, depth: int) -> list:
        out: list = [group["sku"].iloc[0] if depth == 1 else None]
        for part in [*(group[group["order_date"].str.startswith(m)] for m in MONTHS), group]:
            out += [float(part["qty"].sum()), roubles(part["amount"].sum())] if len(part) else [None, None]
        return out

    rows, levels = tree(lines, ["client_name", "product"], cells, len(head))
    write(folder / "onec_gross_profit_months_2025-Q4.xlsx", [*head, *rows, ["Итого", *cells(lines, 0)]], levels, indent=3)


def gross_profit_managers(folder: Path) -> None:
    """Client → kind of goods, managers in columns."""
    lines = truth.sales(truth.MONTH, truth.MONTH)
    people = sorted(lines["manager"].unique())
    head = [["Валовая прибыль предприятия"], ["Параметры:", "Период: 01.12.2025 - 31.12.2025"], [], ["Клиент", *(x for p in people for x in (p, None)), "Итого", None],
            ["Вид номенклатуры", *["Количество", "Выручка"] * (len(people) + 1)]]

    def cells(group: pd.DataFrame, depth: int) -> list:
        out: list = []
        for part in [*(group[group["manager"] == p] for p in people), group]:
            out += [float(part["qty"].sum()), roubles(part["amount"].sum())] if len(part) else [None, None]
        return out

    rows, levels = tree(lines, ["client_name", "category"], cells, len(head))
    write(folder / "onec_gross_profit_managers_2025-12.xlsx", [*head, *rows, ["Итого", *cells(lines, 0)]], levels, indent=2)


def register(folder: Path) -> None:
    """The flat register; figures and dates as text with no-break spaces, as a server job writes them."""
    lines = truth.sales(truth.MONTH, truth.MONTH)
    head = [["Выручка и себестоимость продаж"], ["Параметры:", "Период: 01.12.2025 - 31.12.2025"], [],
            ["Период", "Регистратор", "Партнер", "Номенклатура", "Номенклатура.Артикул", "Вид номенклатуры", "Менеджер", "Количество", "Сумма выручки", "Стоимость"]]
    rows = [[pd.Timestamp(r.order_date).strftime("%d.%m.%Y 12:00:00"), r.doc, r.client_name, r.product, r.sku, r.category, r.manager, _text(r.qty, 3), _text(r.amount / 100), _text(r.cost / 100)] for r in lines.itertuples()]
    total = ["Итого", None, None, None, None, None, None, None, _text(lines["amount"].sum() / 100), _text(lines["cost"].sum() / 100)]
    write(folder / "onec_register_2025-12.xlsx", [*head, *rows, total])


def _text(value: float, digits: int = 2) -> str:
    return f"{value:,.{digits}f}".replace(",", "\u00a0").replace(".", ",")


def documents(folder: Path) -> None:
    docs = truth.sales(truth.MONTH, truth.MONTH).groupby(["order_id", "order_date", "client_name", "manager"], as_index=False)["amount"].sum()
    rows = [[pd.Timestamp(r.order_date).strftime("%d.%m.%Y"), r.order_id, roubles(r.amount), "RUB", r.client_name, r.client_name, r.manager, "Основной склад", "Двинский Промснаб ООО", "Отгружено"] for r in docs.itertuples()]
    write(folder / "onec_documents_2025-12.xlsx", [["Дата", "Номер", "Сумма", "Валюта", "Клиент", "Контрагент", "Менеджер", "Склад", "Организация", "Статус"], *rows])


def accounting_sales(folder: Path) -> None:
    """Counterparty → contract → document → goods under one month named by its first day; the period only in the file name."""
    lines = truth.sales(truth.MONTH, truth.MONTH)
    lines["contract"] = "Договор поставки " + lines["client_id"] + " от 01.02.2020"
    lines["act"] = ["Корректировка реализации" if n.startswith("R") else "Реализация (акт, накладная, УПД)" for n in lines["order_id"]]
    lines["act"] = lines["act"] + " № " + lines["order_id"] + " от " + pd.to_datetime(lines["order_date"]).dt.strftime("%d.%m.%Y")
    head = [["Двинский Промснаб ООО"], ["Продажи по контрагентам"], [], ["Контрагент", None, None, "01.12.25", None], ["Договор", None, None, "Количество", "Сумма"], ["Документ"], ["Номенклатура"]]
    rows, levels = tree(lines, ["client_name", "contract", "act", "product"], lambda g, depth: [None, None, float(g["qty"].sum()), roubles(g["amount"].sum())], len(head))
    write(folder / "onec_bp_sales_2025-12.xlsx", [*head, *rows, ["Итого", None, None, float(lines["qty"].sum()), roubles(lines["amount"].sum())]], levels, sheet="Лист_1")


def account_sheet(folder: Path) -> None:
    """Account 62: opening, turnovers, closing; account → counterparty → contract. Payments are what makes it balance."""
    shipped = truth.sales(truth.MONTH, truth.MONTH).groupby("client_name")["amount"].sum()
    first, last = (truth.debts(day).groupby("client_name")["open_amount"].sum() for day in ("2025-11-30", "2025-12-31"))
    frame = pd.concat([first, shipped, last], axis=1, keys=["first", "shipped", "last"]).fillna(0).astype("int64").sort_index()
    frame["shipped"] = frame[["shipped"]].join((frame["last"] - frame["first"]).rename("x")).max(axis=1)
    frame["paid"] = frame["first"] + frame["shipped"] - frame["last"]

    def cells(part: pd.DataFrame) -> list:
        sums = part.sum()
        shown = [roubles(int(sums[c])) if sums[c] else None for c in ("first", "shipped", "paid", "last")]
        return [shown[0], None, shown[1], shown[2], shown[3], None]

    head = [["ООО «Двинский Промснаб»"], ["Оборотно-сальдовая ведомость по счету 62 за Декабрь 2025 г."], ["Выводимые данные:", "БУ (данные бухгалтерского учета)"], [],
            ["Счет", "Сальдо на начало периода", None, "Обороты за период", None, "Сальдо на конец периода", None], ["Контрагенты", *["Дебет", "Кредит"] * 3], ["Договоры"]]
    rows, levels = [["62", *cells(frame)], ["62.01", *cells(frame)]], {len(head): 0, len(head) + 1: 1}
    for name, part in frame.groupby(level=0):
        for depth, text in ((2, name), (3, "Основной договор")):
            levels[len(head) + len(rows)] = depth
            rows.append([text, *cells(part)])
    write(folder / "onec_bp_osv62_2025-12.xlsx", [*head, *rows, ["Итого", *cells(frame)]], levels)


def debts_trade(folder: Path) -> None:
    """Currency → manager → client → document; what is overdue and for how many days."""
    frame = truth.debts("2025-12-31").assign(currency="RUB")
    frame["order"] = "Заказ клиента " + frame["invoice_id"]
    head = [["Задолженность клиентов"], ["Дата отчета: 31.12.2025"], [], ["Валюта", "Долг клиента", "Просрочено", "Дней просрочки"], ["Объект расчетов.Менеджер"], ["Клиент"], ["Объект расчетов"]]

    def cells(group: pd.DataFrame, depth: int) -> list:
        late = group.loc[group["days"] > 0, "open_amount"].sum()
        return [roubles(group["open_amount"].sum()), roubles(late) if late else None, int(group["days"].max()) or None if depth == 3 else None]

    rows, levels = tree(frame, ["currency", "manager", "client_name", "order"], cells, len(head))
    write(folder / "onec_debts_ut_2025-12-31.xlsx", [*head, *rows, ["Итого", *cells(frame, 0)]], levels, indent=1)


def debts_accounting(folder: Path) -> None:
    """Buyer with the INN beside → contract → document."""
    frame = truth.debts("2025-12-31")
    frame["contract"], frame["act"] = "Основной договор", "Реализация (акт, накладная, УПД) " + frame["invoice_id"]
    head = [["Задолженность покупателей"], ["на 31.12.2025"], [], ["Покупатель", "ИНН", "Остаток долга", "Просрочено"], ["Договор"], ["Документ"]]

    def cells(group: pd.DataFrame, depth: int) -> list:
        late = group.loc[group["days"] > 0, "open_amount"].sum()
        return [group["inn"].iloc[0] if depth == 0 else None, roubles(group["open_amount"].sum()), roubles(late) if late else None]

    rows, levels = tree(frame, ["client_name", "contract", "act"], cells, len(head))
    write(folder / "onec_debts_bp_2025-12-31.xlsx", [*head, *rows, ["Итого", None, *cells(frame, 1)[1:]]], levels)


def make(folder: Path) -> None:
    for write_one in (gross_profit, gross_profit_months, gross_profit_managers, register, documents, accounting_sales, account_sheet, debts_trade, debts_accounting):
        write_one(folder)
