"""One door to any file: what it is, then the reader that fits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kbreport.errors import InputUnreadable
from kbreport.intake import container
from kbreport.intake.grid import Grid
from kbreport.intake.spec import FileSpec
from kbreport.words import N_


def read(path: Path, spec: FileSpec | None = None, tables: Sequence[str] = ("orders", "order_lines")) -> Grid:
    """The table of a file as text cells. Raises InputMissing or InputUnreadable with the reason."""
    kind = container.sniff(path)
    if kind == "book":
        from kbreport.intake import sheets

        return sheets.read(path, spec, tables)
    if kind == "parquet":
        from kbreport.intake import columnar

        return columnar.read(path)
    if kind == "html":
        raise InputUnreadable(N_("Файл {file} — страница HTML, а не таблица Excel или CSV."), remedy=N_("Откройте его в Excel и сохраните как XLSX."), file=path.name)
    from kbreport.intake import text

    return text.read(path, spec)
