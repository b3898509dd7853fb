"""Workbooks: typed cells stay exact, the right sheet is taken, the rest is named."""

from datetime import date, datetime

import pytest

from kbreport.errors import InputUnreadable
from kbreport.intake import reading
from kbreport.intake.spec import FileSpec
from tests import files

HEADER = ["Номер заказа", "Дата", "Код клиента", "Клиент", "Выручка"]
ROWS = [[1001, date(2024, 1, 9), "00123", "ООО «Альфа»", 125300.5], [1001.0, datetime(2024, 1, 9, 23, 59), 123, "ООО «Бета»", 0.1 + 0.2], ["1001.0", "10.01.2024", "7", "Гамма", "1 234,50"]]


def texts(grid):
    return [c.text.to_pylist() for c in grid.cells]


def test_numbers_dates_and_ids(tmp_path):
    grid = reading.read(files.book(tmp_path, {"Заказы": [HEADER, *ROWS]}))
    assert texts(grid) == [["1001", "1001", "1001.0"], ["2024-01-09", "2024-01-09 23:59:00", "10.01.2024"], ["00123", "123", "7"], ["ООО «Альфа»", "ООО «Бета»", "Гамма"],
                           ["125300.5", "0.3", "1 234,50"]]
    assert grid.rows.to_pylist() == [2, 3, 4] and grid.cells[4].native.to_pylist() == [True, True, False]


def test_title_block_total_and_blank_rows(tmp_path):
    rows = [["Отчёт"], ["Период: 01.01.2024 - 31.03.2024"], [], HEADER, *ROWS, [], ["Итого", None, None, None, 126535.3]]
    grid = reading.read(files.book(tmp_path, {"TDSheet": rows}))
    assert (grid.rows.to_pylist(), grid.totals, grid.blank_rows, grid.header_row) == ([5, 6, 7], [9], 1, 4)
    assert [str(d) for d in grid.stated_period] == ["2024-01-01", "2024-03-31"]


def test_the_sheet_that_looks_like_sales_is_taken_and_the_others_named(tmp_path):
    path = files.book(tmp_path, {"Справка": [["Справка"]], "Клиенты": [["Код клиента", "Клиент"], ["1", "А"]], "Заказы": [HEADER, *ROWS], "Старое": [HEADER, *ROWS, *ROWS]}, hidden=("Старое",))
    grid = reading.read(path)
    assert grid.sheet == "Заказы" and grid.n_rows == 3
    assert any("«Справка», «Клиенты»" in n for n in grid.notes) and any("Скрытые листы не читались: «Старое»" in n for n in grid.notes)
    assert reading.read(path, tables=("clients",)).sheet == "Клиенты"
    assert reading.read(path, FileSpec(sheet="Старое")).n_rows == 6


def test_a_sheet_that_is_not_there(tmp_path):
    with pytest.raises(InputUnreadable, match="нет листа «Нет».*Есть листы: «Заказы»"):
        reading.read(files.book(tmp_path, {"Заказы": [HEADER, *ROWS]}), FileSpec(sheet="Нет"))


def test_empty_and_hidden_books(tmp_path):
    with pytest.raises(InputUnreadable, match="empty.xlsx пуст: на листах «Лист1»"):
        reading.read(files.book(tmp_path, {"Лист1": []}, "empty.xlsx"))


def test_a_book_cut_in_half_and_a_book_without_its_sheet(tmp_path):
    whole = files.book(tmp_path, {"Заказы": [HEADER, *ROWS]}).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputUnreadable, match="half.xlsx повреждён"):
        reading.read(tmp_path / "half.xlsx")
    import zipfile

    with zipfile.ZipFile(tmp_path / "sales.xlsx") as old, zipfile.ZipFile(tmp_path / "lost.xlsx", "w") as new:
        for item in old.namelist():
            if "sheet1" not in item:
                new.writestr(item, old.read(item))
    with pytest.raises(InputUnreadable, match="Книга lost.xlsx повреждена"):
        reading.read(tmp_path / "lost.xlsx")


def test_the_extension_may_lie(tmp_path):
    path = files.book(tmp_path, {"Заказы": [HEADER, *ROWS]}).rename(tmp_path / "sales.csv")
    assert reading.read(path).n_rows == 3


def test_capital_shared_strings_of_old_writers(tmp_path):
    import zipfile

    path = files.book(tmp_path, {"TDSheet": [HEADER, *ROWS]})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "1c.xlsx", "w") as new:
        for item in old.namelist():
            new.writestr(item.replace("sharedStrings", "SharedStrings"), old.read(item).replace(b"sharedStrings.xml", b"SharedStrings.xml"))
    assert reading.read(tmp_path / "1c.xlsx").n_rows == 3


def test_error_cells_are_empty_never_zero(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(["1", "09.01.2024", "К-1", "А", 5])
    cell = book.active["E3"]
    cell.value, cell.data_type = "#DIV/0!", "e"
    book.active["A3"] = "2"
    book.save(tmp_path / "errors.xlsx")
    grid = reading.read(tmp_path / "errors.xlsx")
    assert grid.cells[4].text.to_pylist() == ["5", ""]


def test_a_book_with_a_password_is_named(tmp_path, monkeypatch):
    import python_calamine

    def locked(path):
        raise python_calamine.PasswordError("encrypted")

    path = files.book(tmp_path, {"Заказы": [HEADER, *ROWS]})
    monkeypatch.setattr(python_calamine, "CalamineWorkbook", type("Locked", (), {"from_path": staticmethod(locked)}))
    with pytest.raises(InputUnreadable, match="sales.xlsx защищён паролем"):
        reading.read(path)


def test_a_book_whose_sheets_are_all_hidden(tmp_path):
    import zipfile

    path = files.book(tmp_path, {"Заказы": [HEADER, *ROWS]})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "hidden.xlsx", "w") as new:
        for item in old.namelist():
            new.writestr(item, old.read(item).replace(b'sheetId="1"', b'sheetId="1" state="hidden"') if item.endswith("workbook.xml") else old.read(item))
    with pytest.raises(InputUnreadable, match="нет видимых листов"):
        reading.read(tmp_path / "hidden.xlsx")
