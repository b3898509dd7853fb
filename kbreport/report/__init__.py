"""Executed notebooks → HTML, PDF, XLSX, tables, findings. Nothing is computed here.

    paths = report.write([Notebook(node, folder), …], out_dir, "audit", ("html", "pdf", "xlsx"), meta)

One notebook is written as it is; several are composed first by `templates/audit.yml` (see `compose`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kbreport import errors
from kbreport.words import N_

FORMATS = ("html", "pdf", "xlsx", "tables", "findings")
PAGES = ("html", "pdf", "xlsx")


def write(notebooks, out_dir: Path, stem: str, formats: Sequence[str] = PAGES, meta: dict[str, Any] | None = None, *, plan: Path | None = None) -> dict[str, Path]:
    """Write the report of one or several executed notebooks; returns every file made, by format (`tables/abc.csv` by name).

    `notebooks`: a path to an .ipynb, a notebook node, a `compose.Notebook(node, folder)`, or a list of these. `meta`
    overrides the metadata key `kbreport` of the (first) notebook. Raises UsageProblem for an unknown format,
    RunFailed, PlaceProblem.
    """
    check_formats(formats)
    out_dir = Path(out_dir)
    document = document_of(notebooks, meta, workbook=f"{stem}.xlsx" if "xlsx" in formats else None, plan=plan)
    made: dict[str, Path] = {}
    for name in formats:
        if name == "tables":
            made |= {f"tables/{path.name}": path for path in write_tables(document, out_dir / "tables")}
        elif name == "findings":
            made[name] = write_findings(document, out_dir / "findings.json")[0]
        else:
            made[name] = write_format(document, out_dir / f"{stem}.{name}", name)[0]
    return made


def document_of(notebooks, meta: dict[str, Any] | None = None, *, workbook: str | None = None, plan: Path | None = None):
    """The document behind the pages, for those who write more than one thing from it."""
    from kbreport import words
    from kbreport.report import compose
    from kbreport.report.document import from_notebook

    given = notebooks if isinstance(notebooks, (list, tuple)) else [notebooks]
    loaded = [compose.load(one) for one in given]
    one = loaded[0] if len(loaded) == 1 and plan is None else compose.composed(loaded, plan)
    known = dict(one.node.metadata.get("kbreport") or {}) | (meta or {})
    one.node.metadata["kbreport"] = known
    with words.speaking(known.get("lang") or words.language()):
        return from_notebook(one.node, one.folder, workbook=workbook)


def document_from_blocks(blocks: list[dict], meta: dict[str, Any], *, workbook: str | None = None):
    """A document of page blocks that no notebook holds: a tear sheet, an index of reports."""
    from kbreport import words
    from kbreport.report.document import from_blocks

    with words.speaking(meta.get("lang") or words.language()):
        return from_blocks(blocks, meta, workbook=workbook)


def write_format(document, path: Path, name: str) -> list[Path]:
    """One format of a document that is already read; the list holds the file written."""
    from kbreport import words

    with words.speaking(document.meta.lang):
        return [_written(document, path, name)]


def write_tables(document, folder: Path) -> list[Path]:
    """All tables as CSV, and the calendar of touches as iCalendar."""
    from kbreport import words
    from kbreport.report import calendar, tables

    written = tables.write_tables(document.records, folder)
    if document.meta.as_of is None:
        return written
    with words.speaking(document.meta.lang):
        return written + calendar.write_calendar(document.records, folder, document.meta.company, document.meta.as_of)


def write_findings(document, path: Path) -> list[Path]:
    """findings.json."""
    from kbreport.report import findings

    return [findings.write_findings(document.records, path, document.meta.currency)]


def check_formats(formats: Sequence[str]) -> None:
    from kbreport import words

    for name in formats:
        if name not in FORMATS:
            raise errors.UsageProblem(N_("Неизвестный формат «{name}»; есть {known}."), name=name, known=", ".join(FORMATS),
                                      remedy=N_("Возможно, {closest}.") if words.closest(name, FORMATS) else "", closest=words.closest(name, FORMATS))


def _written(document, path: Path, name: str) -> Path:
    """One page; each writer is imported only when asked for."""
    from importlib import import_module

    from kbreport.report.files import write_bytes

    writer = import_module(f"kbreport.report.{name}")
    return write_bytes(path, writer.page_of(document).encode("utf-8") if name == "html" else writer.bytes_of(document))
