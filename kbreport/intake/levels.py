"""Outline levels and indents of an xlsx sheet, which the fast reader does not give: 1С keeps its hierarchy there.

The XML of the sheet is looked at with patterns, not parsed: quick, and nothing in it can be expanded."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>")
_ATTR = {name: re.compile(rb"\b" + name.encode() + rb"=[\"'](\d+)") for name in ("outlineLevel", "s", "indent")}
_NUMBER, _REF = re.compile(rb"\br=[\"'](\d+)"), re.compile(rb"\br=[\"']([A-Z]+)(\d+)")


def of_sheet(path: Path, sheet: str, n_rows: int, columns: int = 4) -> tuple[Any, Any] | None:
    """(outline levels, largest indent of the first `columns` cells) for rows 1…n_rows; None when the file is no xlsx."""
    import numpy as np

    try:
        with zipfile.ZipFile(path) as archive:
            names = {n.lower(): n for n in archive.namelist()}
            part = _part(archive, names, sheet)
            if part is None:
                return None
            data, indents = archive.read(part), _indents(archive, names)
    except (zipfile.BadZipFile, zlib.error, OSError, KeyError, NotImplementedError, RuntimeError, ValueError, EOFError):
        return None
    outline, indent = np.zeros(n_rows, dtype=np.int32), np.zeros(n_rows, dtype=np.int32)
    place = 0
    heads = list(_ROW.finditer(data))
    for head, after in zip(heads, [*(h.start() for h in heads[1:]), len(data)], strict=True):
        number = _NUMBER.search(head.group(1))
        place = int(number.group(1)) if number else place + 1
        if place > n_rows:
            break
        outline[place - 1] = _attribute(head.group(1), "outlineLevel")
        if any(indents):
            indent[place - 1] = _indent(data, head.end(), min(after, head.end() + 2000), indents, columns)
    return outline, indent


def _indent(data: bytes, start: int, end: int, indents: list[int], columns: int) -> int:
    most = 0
    for i, cell in enumerate(_CELL.finditer(data, start, end)):
        ref = _REF.search(cell.group(1))
        column = _index(ref.group(1)) if ref else i
        if column >= columns:
            break
        style = _attribute(cell.group(1), "s")
        most = max(most, indents[style] if style < len(indents) else 0)
    return most


def _index(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _attribute(text: bytes, name: str) -> int:
    found = _ATTR[name].search(text)
    return int(found.group(1)) if found else 0


def _indents(archive: zipfile.ZipFile, names: dict[str, str]) -> list[int]:
    """Indent of every cell style."""
    if "xl/styles.xml" not in names:
        return []
    styles = archive.read(names["xl/styles.xml"])
    block = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", styles, re.S)
    parts = re.split(rb"<(?:\w+:)?xf\b", block.group(0))[1:] if block else []
    return [_attribute(part, "indent") for part in parts]


def _part(archive: zipfile.ZipFile, names: dict[str, str], sheet: str) -> str | None:
    """The archive member of a sheet: its name leads to an id, the id to a file."""
    from html import unescape

    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return None
    book = archive.read(names["xl/workbook.xml"]).decode("utf-8", "replace")
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
        name, ident = re.search(r'\bname="([^"]*)"', tag), re.search(r'\br?:?id="([^"]*)"', tag.replace("sheetId", ""))
        if name and ident and unescape(name.group(1)) == sheet:
            rels = archive.read(names["xl/_rels/workbook.xml.rels"]).decode("utf-8", "replace")
            for rel in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", rels):
                if f'Id="{ident.group(1)}"' in rel:
                    target = re.search(r'Target="([^"]*)"', rel).group(1)
                    target = target.lstrip("/") if target.startswith("/") else "xl/" + target
                    return names.get(target.lower())
    return None
