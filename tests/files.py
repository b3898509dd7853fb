"""Small sales files for tests of the reader."""

from __future__ import annotations

from pathlib import Path

HEADER = ["Номер заказа", "Дата", "Код клиента", "Клиент", "Менеджер", "Категория", "Выручка", "Себестоимость"]
ROWS = [["З-1", "09.01.2024", "К-1", "ООО «Альфа»", "Иванова Анна", "Кабель", "125300,50", "91000,10"],
        ["З-1", "09.01.2024", "К-1", "ООО «Альфа»", "Иванова Анна", "Крепёж", "8450,00", "5100,00"],
        ["З-2", "15.02.2024", "К-2", "ООО «Бета»", "Петров Борис", "Кабель", "64210,75", "48900,00"],
        ["З-3", "20.03.2024", "К-3", "АО «Гамма»", "Петров Борис", "Кабель", "-210,75", "-100,00"]]
MONEY = "197750.5000"


def text(rows=ROWS, header=HEADER, delimiter=";") -> str:
    return "".join(delimiter.join(row) + "\n" for row in ([header] if header else []) + rows)


def csv(folder: Path, content: str | None = None, name: str = "sales.csv", encoding: str = "utf-8", **kwargs) -> Path:
    path = folder / name
    path.write_bytes((text(**kwargs) if content is None else content).encode(encoding))
    return path


def changed(row: int, column: str, value: str) -> list[list[str]]:
    """The rows with one cell replaced; rows count from 0."""
    rows = [list(r) for r in ROWS]
    rows[row][HEADER.index(column)] = value
    return rows


def book(folder: Path, sheets: dict[str, list[list]], name: str = "sales.xlsx", hidden: tuple[str, ...] = ()) -> Path:
    """A workbook; dates become real dates of Excel."""
    import xlsxwriter

    path = folder / name
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd.mm.yyyy"}) as out:
        for title, rows in sheets.items():
            sheet = out.add_worksheet(title)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(i, j, cell)
            if title in hidden:
                sheet.hide()
    return path
