"""Workbooks (xlsx, xlsm, xls, xlsb, ods) through calamine: the visible sheet that looks most like the wanted table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from kbreport.errors import InputUnreadable
from kbreport.intake.grid import Cells, Grid
from kbreport.intake.layout import above_header, drop_service_rows, header_row, stated_period
from kbreport.intake.mapping import match
from kbreport.intake.schema import schemas
from kbreport.intake.spec import PLAIN, FileSpec
from kbreport.words import N_, _, listed


def read(path: Path, spec: FileSpec | None = None, tables: Sequence[str] = ("orders", "order_lines")) -> Grid:
    """The table of a workbook. `tables` say what is wanted: they choose the sheet unless it is told.

    Raises InputUnreadable when the workbook is damaged, locked, or no sheet has any rows.
    """
    spec = spec or FileSpec()
    book = _open(path)
    visible = [s.name for s in book.sheets_metadata if str(s.visible).endswith(".Visible") and str(s.typ).endswith(".WorkSheet")]
    hidden = [s.name for s in book.sheets_metadata if s.name not in visible]
    names = _wanted(path, spec, visible, hidden)
    sheets = {name: _rows(book, path, name) for name in names}
    filled = {name: rows for name, rows in sheets.items() if any(any(c != "" for c in row) for row in rows)}
    if not filled:
        raise InputUnreadable(N_("Файл {file} пуст: на листах {sheets} нет ни одной строки."), remedy=N_("Выгрузите его заново."), file=path.name, sheets=listed(names))
    name = max(filled, key=lambda n: (_fit(filled[n], spec, tables), -names.index(n)))
    grid = _report(path, name, filled[name], spec) or _grid(path, name, filled[name], spec)
    others = [n for n in filled if n != name]
    if others:
        grid.notes.append(_("Взят лист «{sheet}»; другие листы не читались: {others}.").format(sheet=name, others=listed(others)))
    if hidden:
        grid.notes.append(_("Скрытые листы не читались: {sheets}.").format(sheets=listed(hidden)))
    return grid


def _open(path: Path) -> Any:
    import python_calamine as calamine

    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as why:
        raise InputUnreadable(N_("Файл {file} защищён паролем."), remedy=N_("Снимите пароль и сохраните файл заново."), file=path.name) from why
    except (calamine.CalamineError, OSError, ValueError) as why:
        raise _damaged(path, why) from why


def _damaged(path: Path, why: Exception) -> InputUnreadable:
    return InputUnreadable(N_("Книга {file} повреждена и не открывается."), remedy=N_("Откройте её в Excel, сохраните как новый файл и повторите."), file=path.name, detail=str(why))


def _wanted(path: Path, spec: FileSpec, visible: list[str], hidden: list[str]) -> list[str]:
    if spec.sheet is None:
        if not visible:
            raise InputUnreadable(N_("В книге {file} нет видимых листов."), remedy=N_("Покажите лист с данными или назовите его в company.yml (sheet)."), file=path.name)
        return visible
    if spec.sheet not in visible + hidden:
        raise InputUnreadable(N_("В книге {file} нет листа «{sheet}»."), remedy=N_("Есть листы: {sheets}."), file=path.name, sheet=spec.sheet, sheets=listed(visible, 20))
    return [spec.sheet]


def _rows(book: Any, path: Path, name: str) -> list[list[Any]]:
    import python_calamine as calamine

    try:
        return book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (calamine.CalamineError, OSError, ValueError) as why:
        raise _damaged(path, why) from why


def _fit(rows: list[list[Any]], spec: FileSpec, tables: Sequence[str]) -> tuple[int, int, int]:
    """(required columns found, all columns found, rows): how much a sheet looks like one of the tables."""
    texts = [[str(c) for c in row] for row in rows[:40]]
    headers = [t.strip() for t in texts[header_row(texts, tuple(spec.mapping.values()))]]
    best = (0, 0)
    for table in tables:
        schema = schemas()[table]
        found = set(match(headers, schema).columns)
        found |= {i for i, name in schema.from_name.items() if name in found}
        best = max(best, (len(found & set(schema.required)), len(found)))
    return (*best, min(len(rows), 2))


def _report(path: Path, name: str, rows: list[list[Any]], spec: FileSpec) -> Grid | None:
    """The sheet as a report of 1С or its kin, when a profile of such a report fits it and a plain table does not."""
    from kbreport.intake import levels, report
    from kbreport.intake.profile import profiles, recognised

    if spec.profile == PLAIN:
        return None
    top = [[_text(c) for c in row] for row in rows[:40]]
    profile = profiles()[spec.profile] if spec.profile else recognised(top)
    generic = profile is None and not spec.mapping
    if generic and not _is_plain(top):
        profile = profiles()["onec_ut_gross_profit"]
    if profile is None or profile.layout != "report" or (not spec.profile and _is_plain(top)):
        return None
    found = levels.of_sheet(path, name, len(rows))
    if generic and not _has_levels(found, top):
        return None
    return report.read(path, name, rows, [[_text(c) for c in row] for row in rows], profile, spec, found)


def _is_plain(top: list[list[str]]) -> bool:
    """True when one header row has everything that some table requires: then the sheet is read as a plain table."""
    headers = [" ".join(t.split()) for t in top[header_row(top)]]
    for name in ("orders", "deals", "touches"):
        schema = schemas()[name]
        found = set(match(headers, schema).columns)
        found |= {i for i, source in schema.from_name.items() if source in found}
        if found >= set(schema.required) - {"status", schema.serial}:
            return True
    return False


def _has_levels(found: Any, top: list[list[str]]) -> bool:
    """An unknown sheet is a report when its rows are indented or grouped, or months stand over its columns."""
    from kbreport.intake import periods

    tree = found is not None and any(bool(values.any()) for values in found)
    return tree or any(sum(periods.header(c) is not None for c in row if c) > 1 for row in top[:15])


def _grid(path: Path, name: str, rows: list[list[Any]], spec: FileSpec) -> Grid:
    import numpy as np
    import pyarrow as pa

    texts = [[_text(c) for c in row] for row in rows[:40]]
    head = header_row(texts, tuple(spec.mapping.values()))
    headers = [" ".join(t.split()) for t in texts[head]]
    body = rows[head + 1:]
    columns = list(zip(*body, strict=True)) if body else [()] * len(headers)
    grid = Grid(path.name, headers, [cells_of(c) for c in columns], pa.array(np.arange(head + 2, head + 2 + len(body), dtype=np.int32)), sheet=name, header_row=head + 1, width=len(headers))
    grid.titles = [" ".join(c for c in row if c) for row in texts[:head] if any(row)]
    grid.stated_period = stated_period(grid.titles)
    grid.notes.append(_("Книга Excel, лист «{sheet}».").format(sheet=name))
    grid.notes += above_header(grid.titles)
    return drop_service_rows(grid)


def cells_of(column: Sequence[Any]) -> Cells:
    """One column as text. Cells come from the library as Python values, so they are turned one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    native = [not isinstance(c, str) for c in column]
    text = pa.chunked_array([pa.array([_text(c) for c in column], pa.string())])
    filled = [n for n, c in zip(native, column, strict=True) if c != ""]
    if not any(filled):
        return Cells(text)
    return Cells(text, pa.chunked_array([pa.array(native)]), all(filled)) if not pc.all(pc.equal(text, "")).as_py() else Cells(text)


def _text(cell: Any) -> str:
    """A cell as text: 1001.0 → `1001`, dates → ISO. Numbers keep the 15 digits that Excel keeps."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return f"{int(cell.total_seconds() // 3600):02d}:{int(cell.total_seconds() // 60 % 60):02d}"
    return "" if cell is None else str(cell)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.15g}"
    return text if "e" not in text else format(Decimal(text), "f")
