"""`load`: files → tables. All problems are collected; those that stop are raised together at the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kbreport.errors import InputProblems
from kbreport.intake import container
from kbreport.intake.folder import BARE, found
from kbreport.intake.grid import Grid
from kbreport.intake.mapping import Mapping, match
from kbreport.intake.reading import read
from kbreport.intake.schema import SALES, schemas
from kbreport.intake.spec import FileSpec, InputSpec
from kbreport.tables import others, sales
from kbreport.tables.model import Problem, Source, Tables
from kbreport.tables.typed import Typed
from kbreport.words import N_, _, n_


@dataclass
class _File:
    """One file on its way: its table, grid and mapping."""

    table: str
    spec: FileSpec
    grid: Grid
    mapping: Mapping
    sha256: str


@dataclass
class _Load:
    """What gathers while the files are read."""

    frames: dict[str, Any] = field(default_factory=dict)
    typed: list[Typed] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load(inputs: "Path | str | list[Path] | dict[str, Path]", spec: InputSpec | None = None) -> Tables:
    """Read a company folder, a data file, or a mapping table → file, into typed tables.

    Raises InputMissing (nothing there), InputUnreadable (not a table), InputProblems (all problems that stop, at once).
    """
    spec = spec or InputSpec()
    if isinstance(inputs, dict):
        spec = replace(spec, files={**spec.files, **{t: [FileSpec(Path(p))] for t, p in inputs.items()}})
        files, left = spec.files, []
    else:
        files, left = found(inputs, spec)
    opened = [_open(table, one) for table, many in files.items() for one in many]
    state = _Load()
    _require_columns(opened, state)
    _others([f for f in opened if f.table not in SALES], state)
    ledger = _sales([f for f in opened if f.table in SALES], spec, state)
    from kbreport.tables.checking import at_load

    currency, vat = _currency(opened, spec, state), _vat(opened, spec)
    _stop_if_any(state.problems)
    _directory(state)
    period = next((f.grid.stated_period for f in opened if f.table in SALES and f.grid.stated_period), None)
    tables = Tables(state.frames, state.sources, ledger, state.problems, [], currency, vat, period, left)
    return replace(tables, checks=at_load(tables))


def _open(table: str, spec: FileSpec) -> _File:
    wanted = SALES if table == BARE else (table,)
    grid = read(spec.path, spec, wanted)
    if table == BARE:
        table = kind_of_sales(grid, spec)
    return _File(table, spec, grid, match(grid.headers, schemas()[table], spec.mapping, grid.file), container.fingerprint(spec.path))


def kind_of_sales(grid: Grid, spec: FileSpec) -> str:
    """A bare file is `order_lines` when an order number repeats or it has goods; else `orders`."""
    import pyarrow.compute as pc

    lines = match(grid.headers, schemas()["order_lines"], {c: h for c, h in spec.mapping.items() if c in schemas()["order_lines"].columns}, grid.file)
    if "order_id" not in lines.columns:
        return "orders"
    if any(goods in lines.columns for goods in schemas()["order_lines"].goods):
        return "order_lines"
    ids = grid.cells[lines.columns["order_id"]].text
    return "order_lines" if pc.count_distinct(ids).as_py() < len(ids) else "orders"


def _require_columns(files: list[_File], state: _Load) -> None:
    """Note every missing required column and every file without rows; a sales file that lacks them cannot be typed."""
    with_orders = any(f.table == "orders" for f in files)
    for file in files:
        missing = _missing(file, with_orders)
        state.problems += [_missing_column(file, column) for column in missing]
        if not missing and not file.grid.n_rows and not file.grid.ragged:
            state.problems.append(Problem(file.table, file.grid.file, file.grid.sheet, None, None, None, "no_rows", _("Выгрузите файл заново: в нём только заголовок."),
                                          "stop" if file.table in SALES else "warn"))
    if any(p.severity == "stop" for p in state.problems):
        _stop_if_any(state.problems)


def _missing(file: _File, with_orders: bool) -> list[str]:
    schema, have = schemas()[file.table], set(file.mapping.columns)
    have |= {column for column, source in schema.from_name.items() if source in have} | {schema.serial}
    if file.mapping.metrics:
        have |= {"metric", "plan_value"}
    required = [*schema.required]
    if file.table == "order_lines" and not with_orders:
        required += ["client_id", "order_date"]
    return [c for c in required if c not in have]


def _missing_column(file: _File, column: str) -> Problem:
    headers = ", ".join(h for h in file.grid.headers if h)
    remedy = _("Добавьте столбец или назовите его в company.yml (mapping). В файле есть: {headers}.").format(headers=headers)
    title = f"{schemas()[file.table].columns[column].title} ({column})"
    return Problem(file.table, file.grid.file, file.grid.sheet, None, title, None, "missing_column", remedy, "stop" if file.table in SALES else "warn")


def _others(files: list[_File], state: _Load) -> None:
    import pandas as pd

    lacking = {p.file for p in state.problems if p.rule == "missing_column"}
    for file in files:
        if file.grid.file in lacking:
            continue
        from kbreport.tables import plans

        frame, typed = plans.build(file.grid, file.mapping, file.spec) if file.table == "plans" else others.build(file.grid, file.mapping, schemas()[file.table], file.spec)
        state.frames[file.table] = pd.concat([state.frames[file.table], frame], ignore_index=True) if file.table in state.frames else frame
        _note(file, typed, len(frame), state)


def _sales(files: list[_File], spec: InputSpec, state: _Load) -> Any:
    """Build the sales tables; the ledger is that of `orders` where given, else of `order_lines`."""
    internal = {*spec.internal_clients, *_marked_internal(state.frames.get("clients"))}
    tables = [t for t in SALES if any(f.table == t for f in files)]
    ledgers = {}
    for table in tables:
        parts = [sales.build(f.grid, f.mapping, table, f.spec, spec, internal, "orders" in tables) for f in files if f.table == table]
        for file, part in zip([f for f in files if f.table == table], parts):
            state.problems += [Problem(table, r_file, file.grid.sheet, r.row, None, f"{r.fields} ≠ {file.grid.width}", "ragged", _("Исправьте строку: проверьте разделители и кавычки."),
                                       "stop" if spec.bad_rows == "stop" else "warn") for r_file, r in [(file.grid.file, r) for r in file.grid.ragged[:100]]]
            _note(file, part.typed, part.table.num_rows, state)
        state.frames[table], ledgers[table] = sales.merged(parts)
    return ledgers[tables[0]]


def _marked_internal(clients: Any) -> list[str]:
    if clients is None or "is_internal" not in clients:
        return []
    return clients.loc[clients["is_internal"].fillna(False).astype(bool), "client_id"].tolist()


def _note(file: _File, typed: Typed, used: int, state: _Load) -> None:
    state.problems += typed.problems
    state.typed.append(typed)
    headers = file.grid.headers
    mapping = {c: headers[i] for c, i in {**file.mapping.columns, **file.mapping.metrics}.items()}
    state.sources.append(Source(file.grid.file, str(file.spec.path), file.grid.sheet, file.sha256, file.table, file.grid.n_rows + len(file.grid.ragged), used,
                                tuple([*file.grid.notes, *typed.said]), mapping, tuple(file.mapping.unmapped)))


def _currency(files: list[_File], spec: InputSpec, state: _Load) -> str | None:
    """Told, else the only one named by headers, cells or a currency column; several stop the reading."""
    from kbreport.tables.money import currency_of

    if spec.currency:
        return spec.currency
    seen = currency_of([t for t in state.typed if t.schema.name in SALES])
    if len(seen) > 1:
        sales_file = next(f for f in files if f.table in SALES)
        state.problems.append(Problem(sales_file.table, sales_file.grid.file, sales_file.grid.sheet, None, None, ", ".join(seen), "mixed_currency",
                                      _("Пересчитайте суммы в одну валюту и назовите её в company.yml (currency)."), "stop"))
    return seen[0] if len(seen) == 1 else None


def _vat(files: list[_File], spec: InputSpec) -> str:
    from kbreport.tables.money import vat_of

    if spec.vat != "unknown":
        return spec.vat
    headers = [f.grid.headers[f.mapping.columns["amount"]] for f in files if f.table in SALES and "amount" in f.mapping.columns]
    return vat_of(headers)


def _directory(state: _Load) -> None:
    from kbreport.tables.directory import resolve

    resolve(state.frames, {t.schema.name: t for t in state.typed})


def _stop_if_any(problems: list[Problem]) -> None:
    """Raise all stopping problems at once; the first ten are in the sentence."""
    stops = [p for p in problems if p.severity == "stop"]
    if not stops:
        return
    lines = [f"{p.file}: {p.text}." if i == 0 or p.file != stops[i - 1].file else f"{p.text}." for i, p in enumerate(stops[:10])]
    if len(stops) > 10:
        lines.append(n_("И ещё {n} замечание.", "И ещё {n} замечаний.", len(stops) - 10))
    remedies = list(dict.fromkeys(p.remedy for p in stops))[:3]
    raise InputProblems(N_("Данные нельзя принять. {lines} {remedies}"), lines=" ".join(lines), remedies=" ".join(remedies), problems=problems)
