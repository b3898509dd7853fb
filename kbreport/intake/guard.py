"""Workbooks that would eat the memory are refused before they are opened: archives that swell without end, and sheets stretched
to a far cell by one stray value."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from kbreport.errors import InputUnreadable
from kbreport.words import N_

RATIO, HARMLESS = 150, 64 << 20  # a part that swells more than RATIO times beyond HARMLESS bytes is no table
AREA, SPARSE = 20_000_000, 20  # a rectangle of more cells than AREA of which not one in SPARSE is there
SCANNED = 48 << 20  # so much of a sheet is searched for far cells: what is longer is not sparse
_CHUNK = 1 << 20
_COLUMN, _ROW, _CELL = re.compile(rb'\br="([A-Z]{2,3})\d'), re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"'), re.compile(rb"<(?:\w+:)?c[ >]")


def check(path: Path, archive: zipfile.ZipFile) -> None:
    """Raises InputUnreadable for a workbook that cannot be meant."""
    for part in archive.infolist():
        if part.filename.endswith((".xml", ".rels")):
            _refuse_entities(path, part)
        sheet = part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")
        if sheet or part.compress_size * 1032 > HARMLESS:
            _look(path, part, sheet)


def _refuse_entities(path: Path, part: zipfile.ZipInfo) -> None:
    """No office program declares entities; a file that does is meant to swell when it is read."""
    _read, head = next(_unpacked(path, part), (0, b""))
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise InputUnreadable(N_("В книге {file} объявлены подстановки XML, каких не пишет ни одна программа: файл опасен и не читается."), remedy=N_("Выгрузите данные заново."), file=path.name)


def _look(path: Path, part: zipfile.ZipInfo, sheet: bool) -> None:
    rows = columns = cells = 0
    tail = last = b""
    for size, chunk in _sized(path, part):
        last = chunk
        if sheet and size <= SCANNED:
            text = tail + chunk
            found = _ROW.findall(text)
            rows = max([rows, *(int(n) for n in found[-1:]), *(int(n) for n in found if len(n) > 5)])
            columns = max([columns, *(_number(c) for c in set(_COLUMN.findall(text)))])
            cells += len(_CELL.findall(chunk))
            tail = chunk[-64:]
    if sheet:
        rows = max([rows, *(int(n) for n in _ROW.findall(last)[-1:])])
    if sheet and rows * max(columns, 26) > AREA and cells * SPARSE < rows * max(columns, 26):
        raise InputUnreadable(N_("Лист книги {file} растянут до строки {row} и столбца {column}, а заполнено в нём {cells} ячеек: где-то далеко стоит лишнее значение."),
                              remedy=N_("Удалите лишние строки и столбцы ниже и правее таблицы и сохраните файл."), file=path.name, row=rows, column=max(columns, 26), cells=cells)


def _sized(path: Path, part: zipfile.ZipInfo) -> Iterator[tuple[int, bytes]]:
    """(bytes so far, piece) of a part; refused as soon as it swells beyond reason, by its own word or by its bytes."""
    size = 0
    if part.file_size > max(HARMLESS, RATIO * part.compress_size):
        raise _bomb(path, part, part.file_size)
    for read, chunk in _unpacked(path, part):
        size += len(chunk)
        if size > max(HARMLESS, RATIO * read):
            raise _bomb(path, part, size)
        yield size, chunk


def _bomb(path: Path, part: zipfile.ZipInfo, size: int) -> InputUnreadable:
    return InputUnreadable(N_("Файл {file} — архивная бомба: {packed} КБ разворачиваются больше чем в {size} МБ. Это не выгрузка."), remedy=N_("Выгрузите данные заново."), file=path.name,
                           packed=part.compress_size // 1024 or 1, size=size >> 20)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _unpacked(path: Path, part: zipfile.ZipInfo) -> Iterator[tuple[int, bytes]]:
    """(packed bytes read, piece) of the part, from its own bytes: the size that the archive states may be a lie."""
    with path.open("rb") as file:
        file.seek(part.header_offset)
        head = file.read(30)
        file.seek(part.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"))
        left, engine = part.compress_size, zlib.decompressobj(-15)
        while left > 0 and (raw := file.read(min(_CHUNK, left))):
            left -= len(raw)
            if part.compress_type != zipfile.ZIP_DEFLATED:
                yield part.compress_size - left, raw
                continue
            while raw:
                try:
                    yield part.compress_size - left, engine.decompress(raw, 4 * _CHUNK)
                except zlib.error:
                    return  # the reader will say that the book is damaged
                raw = engine.unconsumed_tail
