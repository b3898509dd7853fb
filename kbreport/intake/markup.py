"""HTML tables named .xls, as web systems export them: the largest table of the page as rows of text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from kbreport.errors import InputUnreadable
from kbreport.intake import encoding as enc
from kbreport.intake.grid import Cells, Grid
from kbreport.intake.layout import above_header, drop_service_rows, header_row, stated_period
from kbreport.intake.spec import FileSpec
from kbreport.words import N_, _


class _Tables(HTMLParser):
    """Collects the cells of every table; a cell that spans columns leaves empty ones behind it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.row: list[str] | None = None
        self.cell: list[str] | None = None
        self.span = 1

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.row = []
            self.tables[-1].append(self.row)
        elif tag in ("td", "th") and self.row is not None:
            self._close()
            self.cell = []
            self.span = int(dict(attrs).get("colspan") or 1) if (dict(attrs).get("colspan") or "1").isdigit() else 1
        elif tag == "br" and self.cell is not None:
            self.cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def _close(self) -> None:
        if self.cell is not None and self.row is not None:
            self.row += [" ".join("".join(self.cell).split()), *[""] * (min(self.span, 500) - 1)]
        self.cell = None


def read(path: Path, spec: FileSpec | None = None) -> Grid:
    """The table of an HTML page; row numbers count its rows. Raises InputUnreadable when the page holds none."""
    spec = spec or FileSpec()
    rows = _rows(path, spec)
    head = header_row(rows, tuple(spec.mapping.values()))
    width = len(rows[head])
    body = [(row + [""] * width)[:width] if not any(row[width:]) else row for row in rows[head + 1:]]
    return _grid(path, rows, head, body)


def _rows(path: Path, spec: FileSpec) -> list[list[str]]:
    codec = spec.encoding or enc.detect(path)
    parser = _Tables()
    parser.feed(path.read_text(encoding=codec))
    largest = max(parser.tables, key=len, default=[])
    if not any(any(row) for row in largest):
        raise InputUnreadable(N_("В файле {file} нет ни одной таблицы: это страница HTML без данных."), remedy=N_("Выгрузите его заново."), file=path.name)
    return largest


def _grid(path: Path, rows: list[list[str]], head: int, body: list[list[str]]) -> Grid:
    import numpy as np
    import pyarrow as pa

    from kbreport.intake.grid import Ragged

    width = len(rows[head])
    whole = [len(row) == width for row in body]
    kept = [row for row, good in zip(body, whole, strict=True) if good]
    columns = list(zip(*kept, strict=True)) if kept else [()] * width
    numbers = np.arange(head + 2, head + 2 + len(body), dtype=np.int32)
    cells = [Cells(pa.chunked_array([pa.array(c, pa.string())])) for c in columns]
    grid = Grid(path.name, list(rows[head]), cells, pa.array(numbers[np.array(whole, dtype=bool)]), header_row=head + 1, width=width)
    grid.ragged = [Ragged(int(n), len(row), "") for n, row, good in zip(numbers, body, whole, strict=True) if not good]
    grid.titles = [" ".join(c for c in row if c) for row in rows[:head] if any(row)]
    grid.stated_period = stated_period(grid.titles)
    grid.notes = [_("Таблица HTML (так выгружают веб-системы)."), *above_header(grid.titles)]
    return drop_service_rows(grid)
