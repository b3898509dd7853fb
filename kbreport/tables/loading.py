"""`load`: files → tables. All problems are collected; those that stop are raised together at the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from kbreport.errors import InputProblems
from kbreport.intake import container
from kbreport.intake.folder import BARE, decisions_file, found, with_copies
from kbreport.intake.grid import Grid
from kbreport.intake.guess import sales_kind
from kbreport.intake.mapping import match
from kbreport.intake.profile import profiles
from kbreport.intake.reading import read
from kbreport.intake.schema import SALES, schemas
from kbreport.intake.spec import FileSpec, InputSpec
from kbreport.tables import others, sales
from kbreport.tables.checking import at_load
from kbreport.tables.directory import resolve
from kbreport.tables.model import Check, Ledger, Problem, Source, Tables
from kbreport.tables.money import currency_of, vat_of
from kbreport.tables.required import OneFile, lacking
from kbreport.tables.typed import Typed
from kbreport.words import N_, _, n_


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
        files, left = {table: with_copies(many) for table, many in spec.files.items()}, []
    else:
        files, left = found(inputs, spec)
    state = _Load()
    if left:
        state.problems.append(Problem("", ", ".join(left), None, None, None, None, "unknown_file", _("Если это одна из таблиц, назовите её в company.yml (inputs)."), "info"))
    opened = [_open(table, one) for table, many in files.items() for one in many]
    state.problems += lacking(opened)
    _stop_if_any(state.problems)
    _others([f for f in opened if f.table not in SALES], state)
    ledger, lines_ledger = _sales([f for f in opened if f.table in SALES], spec, state)
    state.problems += _overlaps([f for f in opened if f.table in SALES])
    currency, vat = _currency(opened, spec, state), _vat(opened, spec)
    _stop_if_any(state.problems)
    resolve(state.frames, {t.schema.name: t for t in state.typed})
    said = _joined(decisions_file(inputs, spec), state)
    done = _without_names(state, spec, said)
    period = next((f.grid.stated_period for f in opened if f.table in SALES and f.grid.stated_period), None)
    tables = Tables(state.frames, state.sources, ledger, state.problems, [], currency, vat, period, [] if done else left, lines_ledger, done)
    return replace(tables, checks=[*at_load(tables), *said])


def _joined(file: Path | None, state: _Load) -> list[Check]:
    """Clients joined by the decisions of duplicates.xlsx; said with the rows that it changed."""
    if file is None:
        return []
    from kbreport.tables import duplicates

    joined = duplicates.decisions(file)
    changed = duplicates.applied(state.frames, joined) if joined else {}
    rows = ", ".join(f"{table} {n}" for table, n in sorted(changed.items()))
    text = n_("{file}: по решению объединён {n} код клиента", "{file}: по решениям объединено {n} кодов клиентов", len(joined), file=file.name) + (_(" (строк: {rows})").format(rows=rows) if rows else "")
    return [Check("joined_clients", "info", text + ".", len(joined), None, tuple(f"{old} → {new}" for old, new in sorted(joined.items())[:10]))]


def _without_names(state: _Load, spec: InputSpec, said: list[Check]) -> dict[str, Any] | None:
    """Pseudonyms instead of names, in the tables and in everything that was said about the files."""
    if spec.anonymize == "none":
        return None
    from kbreport.tables import privacy

    key, kinds = privacy.secret(), privacy.MODES[spec.anonymize]
    names = privacy.originals(state.frames, kinds)
    frames, done = privacy.anonymized(state.frames, spec.anonymize, key)
    privacy.remember(key, state.frames)
    state.frames.clear()
    state.frames.update(frames)
    state.sources[:], state.problems[:] = privacy.spoken_without(state.sources, [p for p in state.problems if p.rule != "unknown_file"], names, key)
    said[:] = [replace(c, examples=()) for c in said]
    return done


def _open(table: str, spec: FileSpec) -> OneFile:
    wanted = SALES if table == BARE else (table,)
    grid = read(spec.path, spec, wanted)
    if table == BARE:
        _refuse_other(grid)
        table = sales_kind(grid, spec)
    return OneFile(table, spec, grid, match(grid.headers, schemas()[table], spec.mapping, grid.file, grid.preset), container.fingerprint(spec.path))


def _overlaps(files: list[OneFile]) -> list[Problem]:
    """Two reports of one table about the same days: their money would count twice."""
    out = []
    stated = sorted((f for f in files if f.grid.stated_period), key=lambda f: (f.table, f.grid.stated_period))
    for before, after in pairwise(stated):
        if before.table == after.table and after.grid.stated_period[0] <= before.grid.stated_period[1]:
            out.append(Problem(after.table, after.grid.file, after.grid.sheet, None, None, before.grid.file, "periods_overlap",
                               _("Если это один и тот же отчёт, оставьте один файл: деньги общих дней посчитаны дважды."), "warn"))
    return out


def _refuse_other(grid: Grid) -> None:
    """A bare file that is a known export of something else is named, instead of lacking the columns of sales."""
    profile = profiles().get(grid.profile or "")
    if profile and profile.table != "sales":
        raise InputProblems(N_("Файл {file} — {profile}: это таблица {table}, а не продажи."), remedy=N_("Добавьте к нему выгрузку продаж и соберите папку: kbreport new ПАПКА ФАЙЛЫ."),
                            file=grid.file, profile=profile.title, table=profile.table, problems=[])


def _others(files: list[OneFile], state: _Load) -> None:
    import pandas as pd

    from kbreport.tables import plans

    incomplete = {p.file for p in state.problems if p.rule == "missing_column"}
    for file in (f for f in files if f.grid.file not in incomplete):
        frame, typed = plans.build(file.grid, file.mapping, file.spec) if file.table == "plans" else others.build(file.grid, file.mapping, schemas()[file.table], file.spec)
        state.frames[file.table] = pd.concat([state.frames[file.table], frame], ignore_index=True) if file.table in state.frames else frame
        _note(file, typed, len(frame), state)


def _sales(files: list[OneFile], spec: InputSpec, state: _Load) -> tuple[Ledger, Ledger | None]:
    """Build the sales tables; the ledger is that of `orders` where given, else of `order_lines`; the second that of the lines beside orders."""
    internal = {*spec.internal_clients, *_marked_internal(state.frames.get("clients"))}
    built = {table: [(f, sales.build(f.grid, f.mapping, table, f.spec, spec, internal, table == "order_lines" and any(g.table == "orders" for g in files)))
                     for f in files if f.table == table] for table in SALES}
    ledgers = []
    for table, parts in ((t, p) for t, p in built.items() if p):
        for file, part in parts:
            _note(file, part.typed, part.table.num_rows, state)
        frame, ledger = sales.merged([part for _f, part in parts], [f.grid.file for f, _p in parts])
        if table == "order_lines" and built["orders"]:
            frame, ledger = sales.without_orders(frame, ledger, [part.gone for _f, part in built["orders"]])
            frame, ledger = sales.with_known_orders(frame, ledger, state.frames["orders"])
        elif spec.drop_duplicates:
            frame, ledger = sales.without_duplicates(frame, ledger)
        state.frames[table] = frame
        ledgers.append(ledger)
    return ledgers[0], ledgers[1] if len(ledgers) > 1 else None


def _marked_internal(clients: Any) -> list[str]:
    if clients is None or "is_internal" not in clients:
        return []
    return clients.loc[clients["is_internal"].fillna(False).astype(bool), "client_id"].tolist()


def _note(file: OneFile, typed: Typed, used: int, state: _Load) -> None:
    state.problems += typed.problems + _doubts(file)
    state.typed.append(typed)
    headers = file.grid.headers
    mapping = {c: headers[i] for c, i in {**file.mapping.columns, **file.mapping.metrics}.items()}
    state.sources.append(Source(file.grid.file, str(file.spec.path), file.grid.sheet, file.sha256, file.table, file.grid.n_rows + len(file.grid.ragged), used,
                                (*file.grid.notes, *typed.said), mapping, tuple(dict.fromkeys([*file.mapping.unmapped, *file.grid.extra]))))


def _doubts(file: OneFile) -> list[Problem]:
    """Groups of a report that do not add up, and a draft profile nobody has confirmed."""
    grid = file.grid
    out = [Problem(file.table, grid.file, grid.sheet, d.row, d.header, d.value, d.rule, _("Проверьте отчёт: нет ли скрытых строк или отбора внутри группы."), "warn") for d in grid.doubts]
    if grid.profile and profiles()[grid.profile].draft and not file.spec.confirmed:
        out.append(Problem(file.table, grid.file, grid.sheet, None, None, None, "draft_profile", _("Сверьте столбцы (kbreport inspect) и впишите в company.yml confirmed: true."), "warn"))
    return out


def _currency(files: list[OneFile], spec: InputSpec, state: _Load) -> str | None:
    """Told, else the only one named by headers, cells or a currency column; several stop the reading."""
    if spec.currency:
        return spec.currency
    seen = currency_of([t for t in state.typed if t.schema.name in SALES])
    if len(seen) > 1:
        sales_file = next(f for f in files if f.table in SALES)
        state.problems.append(Problem(sales_file.table, sales_file.grid.file, sales_file.grid.sheet, None, None, ", ".join(seen), "mixed_currency",
                                      _("Пересчитайте суммы в одну валюту и назовите её в company.yml (currency)."), "stop"))
    return seen[0] if len(seen) == 1 else None


def _vat(files: list[OneFile], spec: InputSpec) -> str:
    if spec.vat != "unknown":
        return spec.vat
    headers = [f.grid.headers[f.mapping.columns["amount"]] for f in files if f.table in SALES and "amount" in f.mapping.columns]
    return vat_of(headers)


def _stop_if_any(problems: list[Problem]) -> None:
    """Raise all stopping problems at once; the first ten are in the sentence."""
    stops = sorted((p for p in problems if p.severity == "stop"), key=lambda p: (p.file, p.row is None, p.row or 0))
    if not stops:
        return
    lines = [f"{p.file}: {p.text}." if i == 0 or p.file != stops[i - 1].file else f"{p.text}." for i, p in enumerate(stops[:10])]
    if len(stops) > 10:
        lines.append(n_("И ещё {n} замечание.", "И ещё {n} замечаний.", len(stops) - 10))
    remedies = list(dict.fromkeys(p.remedy for p in stops))[:4]
    raise InputProblems(N_("Данные нельзя принять. {lines} {remedies}"), lines=" ".join(lines), remedies=" ".join(remedies), problems=problems)
