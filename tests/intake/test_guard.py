"""Bombs, stretched sheets, locked and foreign files: one clear error, quickly, without the memory."""

from __future__ import annotations

import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from kbreport.errors import InputUnreadable
from kbreport.intake import reading
from tests import files

ROWS = [["Клиент", "Дата", "Выручка"], ["А", "09.01.2024", 5], ["Б", "10.01.2024", 7]]


def changed(folder: Path, name: str, part: str, change) -> Path:
    """A good workbook with one part changed; `change` gives the pieces of the new part."""
    good = files.book(folder, {"Лист": ROWS}, "good.xlsx")
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            with new.open(item, "w") as out:
                for piece in change(old.read(item)) if item.endswith(part) else [old.read(item)]:
                    out.write(piece)
    return folder / name


def swollen(data: bytes):
    yield data.replace(b"</sst>", b"<si><t>")
    yield from [b" " * (1 << 20)] * 90
    yield b"</t></si></sst>"


def refused(path: Path, message: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(InputUnreadable, match=message):
        reading.read(path)
    assert time.process_time() - started < 5 and tracemalloc.get_traced_memory()[1] < 300 << 20
    tracemalloc.stop()


def test_a_zip_bomb(tmp_path):
    refused(changed(tmp_path, "bomb.xlsx", "sharedStrings.xml", swollen), "bomb.xlsx — архивная бомба")


def test_a_zip_bomb_that_lies_about_its_size(tmp_path):
    path = changed(tmp_path, "lie.xlsx", "sharedStrings.xml", swollen)
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        n = struct.unpack("<H", raw[at + 28: at + 30])[0]
        if raw[at + 46: at + 46 + n].endswith(b"sharedStrings.xml"):
            raw[at + 24: at + 28] = struct.pack("<I", 1000)
        at = raw.find(b"PK\x01\x02", at + 4)
    path.write_bytes(bytes(raw))
    refused(path, "lie.xlsx — архивная бомба")


def test_an_xml_bomb(tmp_path):
    entities = b'<!ENTITY a0 "lol">' + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 11))
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [' + entities + b"]>"
    for part in ("sharedStrings.xml", "sheet1.xml", "workbook.xml"):
        path = changed(tmp_path, "xml.xlsx", part, lambda d: [bomb + d.split(b"?>", 1)[1].replace(b"<t>", b"<t>&a10;").replace(b"<v>", b"<v>&a10;").replace(b'name="', b'name="&a10;')])
        refused(path, "xml.xlsx объявлены подстановки XML")


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZ1048576", "XFD5000"])
def test_a_sheet_stretched_by_one_far_cell(tmp_path, cell):
    row = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").encode()
    far = lambda d: [d.replace(b"</sheetData>", b'<row r="%s"><c r="%s"><v>1</v></c></row></sheetData>' % (row, cell.encode()))]  # noqa: E731
    refused(changed(tmp_path, "far.xlsx", "sheet1.xml", far), "Лист книги far.xlsx растянут до строки .*Удалите лишние строки и столбцы")


def test_a_far_row_alone_is_read(tmp_path):
    far = lambda d: [d.replace(b"</sheetData>", b'<row r="90000"><c r="A90000"><v></v></c></row></sheetData>')]  # noqa: E731
    assert reading.read(changed(tmp_path, "tall.xlsx", "sheet1.xml", far)).n_rows == 2


@pytest.mark.parametrize("name, stream, message", [("locked.xlsx", "EncryptedPackage", "locked.xlsx защищён паролем"), ("letter.xls", "WordDocument", "letter.xls — это Word, а не таблица")])
def test_old_containers(tmp_path, name, stream, message):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + stream.encode("utf-16-le") + b"\0" * 4000)
    refused(tmp_path / name, message)


def test_a_letter_named_xlsx_and_xml_of_2003(tmp_path):
    with zipfile.ZipFile(tmp_path / "letter.xlsx", "w") as out:
        out.writestr("word/document.xml", "<a/>")
    refused(tmp_path / "letter.xlsx", "letter.xlsx — это Word")
    (tmp_path / "old.xls").write_text('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>')
    refused(tmp_path / "old.xls", "old.xls — таблица XML 2003 года.*сохраните как XLSX")


def test_a_line_without_end(tmp_path):
    (tmp_path / "line.csv").write_bytes(b"a," * 5_000_000)
    refused(tmp_path / "line.csv", "line.csv строка из .* полей: это не таблица")


def test_a_page_of_cells_without_end(tmp_path):
    (tmp_path / "deep.xls").write_bytes(b"<html><table>" + b"<tr><td>" * 20_000)
    refused(tmp_path / "deep.xls", "нет ни одной таблицы")


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_a_truncated_book(tmp_path, share):
    raw = files.book(tmp_path, {"Лист": ROWS}).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(raw[: int(len(raw) * share)])
    refused(tmp_path / "half.xlsx", "half.xlsx повреждён")
