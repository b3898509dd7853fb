"""One door to any file: what it is, then the reader that fits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kbreport.intake import container
from kbreport.intake.grid import Grid
from kbreport.intake.spec import FileSpec


def read(path: Path, spec: FileSpec | None = None, tables: Sequence[str] = ("orders", "order_lines")) -> Grid:
    """The table of a file as text cells. Raises InputMissing or InputUnreadable with the reason."""
    from kbreport.intake.dressing import dressed

    return dressed(_read(path, spec, tables), spec or FileSpec(), tables)


def _read(path: Path, spec: FileSpec | None, tables: Sequence[str]) -> Grid:
    kind = container.sniff(path)
    if kind == "book":
        from kbreport.intake import sheets

        return sheets.read(path, spec, tables)
    if kind == "parquet":
        from kbreport.intake import columnar

        return columnar.read(path)
    if kind == "html":
        from kbreport.intake import markup

        return markup.read(path, spec)
    from kbreport.intake import text

    return text.read(path, spec)
