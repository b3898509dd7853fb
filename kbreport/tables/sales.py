"""`orders` and `order_lines`: every row of the file is used or excluded for a reason, with its money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from kbreport.intake import numbers
from kbreport.intake.grid import Grid
from kbreport.intake.mapping import Mapping
from kbreport.intake.schema import schemas
from kbreport.intake.spec import FileSpec, InputSpec
from kbreport.tables.model import ZERO, Exclusion, Ledger
from kbreport.tables.typed import EXAMPLES, Typed, typed
from kbreport.words import _

DUPLICATE_KEY = ("client_id", "order_date", "amount", "order_id", "line_no", "sku", "product_name", "category", "qty", "outlet_id")


@dataclass
class Sales:
    """A sales table of one file: the usable rows, and the ledger of all."""

    table: Any
    ledger: Ledger
    typed: Typed
    gone: Any  # order ids of excluded rows that no used row has


def build(grid: Grid, mapping: Mapping, table: str, spec: FileSpec, inputs: InputSpec, internal: set[str], with_orders: bool = False) -> Sales:
    """Type a sales file, mark the rows that cannot be used, balance the books.

    `with_orders`: an `orders` table stands beside, so lines need neither client nor date.
    """
    schema = schemas()[table]
    out = typed(grid, mapping, schema, spec, {"client_id", "order_date", "amount", "order_id"}, exact=True)
    _order_ids(out, table)
    _note_total(out, spec)
    _note_rivals(out)
    reasons = _reasons(out, table, inputs, internal, with_orders)
    keep, excluded = _apply(out, reasons)
    frame = _frame(out, keep)
    return Sales(frame, _ledger(out, table, frame, excluded), out, _gone(out, frame, keep))


def _order_ids(out: Typed, table: str) -> None:
    """Without order numbers each row is an order; its id is the row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pc.binary_join_element_wise(pa.scalar("row"), pc.cast(out.grid.rows, pa.string()), ":")
    if "order_id" not in out.columns:
        out.columns["order_id"] = rows
        out.said.append(_("Номера заказа нет: каждая строка считается отдельным заказом."))
    elif table == "orders":
        out.columns["order_id"] = pc.coalesce(out.columns["order_id"], rows)


def _note_total(out: Typed, spec: FileSpec) -> None:
    """The last row «Итого» is compared with the sum of the rows: a difference means that rows are missing."""
    import pyarrow.compute as pc

    if not out.grid.totals:
        return
    cell = out.grid.total_cells[out.mapping.columns["amount"]]
    stated = pc.drop_null(numbers.parse(cell, spec.decimal or out.decimal).values)
    total = stated[len(stated) - 1].as_py() if len(stated) else None
    summed = _sum(out.columns["amount"])
    row = out.grid.totals[-1]
    if total is None:
        out.said.append(_("Строка {row} — итоговая, в расчёт не идёт.").format(row=row))
    elif abs(total - summed) < Decimal("0.01"):
        out.said.append(_("Строка {row} — итоговая, в расчёт не идёт; её сумма сошлась с суммой строк.").format(row=row))
    else:
        out.note("total_differs", out.header("amount"), "warn", _("Проверьте, не потеряны ли строки и не посчитано ли что дважды."), row=row, value=f"{total} ≠ {summed}")


def _note_rivals(out: Typed) -> None:
    """Another column that could be the money or the date: which one was taken must be seen."""
    for column in ("amount", "order_date"):
        for header in out.mapping.rivals.get(column, ()):
            remedy = _("Взят столбец «{header}»; если верен другой, назовите его в company.yml (mapping).").format(header=out.header(column))
            out.note("rival_column", header, "warn" if column == "amount" else "info", remedy)


def _reasons(out: Typed, table: str, inputs: InputSpec, internal: set[str], with_orders: bool) -> list[tuple[str, Any]]:
    """(reason, mask) in the order in which a row is judged: the first that fits excludes it."""
    import pyarrow.compute as pc

    severity = "stop" if inputs.bad_rows == "stop" else "warn"
    _note_ragged(out, severity)
    remedy = _("Исправьте файл или разрешите исключать такие строки: inputs.bad_rows: exclude.")
    found: list[tuple[str, Any]] = [("bad_amount", out.bad["amount"]), ("empty_amount", out.empty["amount"])]
    _note_empty_amounts(out, severity, remedy)
    if "order_date" in out.columns and not (with_orders and table == "order_lines"):
        found += [("bad_date", out.bad["order_date"]), ("empty_date", out.empty["order_date"])]
        out.note_rows(out.empty["order_date"], "empty_date", "order_date", severity, remedy, show=False)
    if "client_id" in out.columns and not (with_orders and table == "order_lines"):
        found.append(("no_client", out.empty["client_id"]))
        source = "client_id" if "client_id" in out.mapping.columns else "client_name"
        out.note_rows(out.empty["client_id"], "empty_id", source, severity, remedy, show=False)
    if table == "order_lines" and "order_id" in out.empty:
        found.append(("no_order", out.empty["order_id"]))
        out.note_rows(out.empty["order_id"], "empty_id", "order_id", severity, remedy, show=False)
    if internal and "client_id" in out.columns:
        found.append(("internal_client", _is_internal(out, internal)))
    if inputs.bad_rows != "stop":
        out.problems[:] = [_softened(p) for p in out.problems]
    return [(reason, pc.fill_null(mask, False)) for reason, mask in found]


def _note_ragged(out: Typed, severity: str) -> None:
    """Rows with another number of fields than the header has: a lost delimiter or quote moves money between columns."""
    remedy = _("Исправьте строку: проверьте разделители и кавычки.")
    for ragged in out.grid.ragged[:EXAMPLES]:
        out.note("ragged", None, severity, remedy, row=ragged.row, value=f"{ragged.fields} ≠ {out.grid.width}")
    if len(out.grid.ragged) > EXAMPLES:
        out.note("ragged", None, severity, remedy, count=len(out.grid.ragged) - EXAMPLES)


def _note_empty_amounts(out: Typed, severity: str, remedy: str) -> None:
    """Row by row; a column without any amount is one problem: formulas that no program has computed leave it so."""
    import pyarrow.compute as pc

    if out.grid.n_rows and pc.all(out.empty["amount"]).as_py():
        out.note("empty_column", out.header("amount"), "stop", _("Если в столбце формулы, откройте файл в Excel и сохраните: их значения не записаны."))
    else:
        out.note_rows(out.empty["amount"], "empty_amount", "amount", severity, remedy, show=False)


def _softened(problem: Any) -> Any:
    per_row = problem.rule in ("not_a_number", "bad_date", "empty_id", "empty_amount", "empty_date")
    return replace(problem, severity="warn") if per_row and problem.severity == "stop" else problem


def _is_internal(out: Typed, internal: set[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pa.array(sorted(internal))
    mask = pc.is_in(out.columns["client_id"], value_set=names)
    return pc.or_(mask, pc.is_in(out.columns["client_name"], value_set=names)) if "client_name" in out.columns else mask


def duplicates(columns: dict[str, Any]) -> Any:
    """Mask of rows that repeat an earlier row in client, day, amount, order and, where known, line and goods.

    Amount and day are looked at first, as integers: only rows that agree in both are compared in full.
    """
    import numpy as np
    import pyarrow as pa

    present = [c for c in DUPLICATE_KEY if c in columns]
    numbers = {c: _numbers(columns[c]) for c in ("amount", "order_date") if c in columns}
    mixed = sum(values * np.int64(prime) for values, prime in zip(numbers.values(), (1, 1_000_000_007), strict=False))
    order = np.argsort(mixed, kind="stable")
    same = np.concatenate([[False], mixed[order][1:] == mixed[order][:-1], [False]])
    candidates = np.sort(order[same[1:] | same[:-1]])
    mask = np.zeros(len(mixed), dtype=bool)
    if len(candidates):
        place = pa.array(candidates)
        keys = {c: pa.array(numbers[c][candidates]) if c in numbers else _codes(columns[c].take(place)) for c in present}
        first = pa.table({**keys, "row": place}).group_by(present).aggregate([("row", "min")])["row_min"].to_numpy()
        mask[candidates] = True
        mask[first] = False
    return pa.chunked_array([pa.array(mask)])


def _numbers(column: Any) -> Any:
    """Money as 1/10000 of a unit, days as days since 1970; a null is the smallest integer."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_decimal(flat.type):
        low = np.frombuffer(flat.buffers()[1], dtype="<i8")[flat.offset * 2:(flat.offset + len(flat)) * 2:2].copy()
    else:
        low = pc.cast(pc.fill_null(pc.cast(flat, pa.int32()), 0), pa.int64()).to_numpy(zero_copy_only=False).copy()
    low[np.asarray(pc.is_null(flat))] = np.iinfo(np.int64).min
    return low


def _codes(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column, null_encoding="encode")
    return coded.indices


def _apply(out: Typed, reasons: list[tuple[str, Any]]) -> tuple[Any, list[Exclusion]]:
    """The mask of used rows, and each excluded row counted once."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    free = pa.chunked_array([pa.array(np.ones(out.grid.n_rows, dtype=bool))])
    excluded = [Exclusion("ragged", len(out.grid.ragged), ZERO, len(out.grid.ragged), tuple(str(r.row) for r in out.grid.ragged[:10]))] if out.grid.ragged else []
    for reason, mask in reasons:
        hit = pc.and_(mask, free)
        n = pc.sum(hit).as_py() or 0
        if n:
            amounts = out.columns["amount"].filter(hit)
            examples = tuple(str(r) for r in out.grid.rows.filter(_flat(hit)).slice(0, 10).to_pylist())
            excluded.append(Exclusion(reason, n, _sum(amounts), amounts.null_count, examples))
            free = pc.and_(free, pc.invert(mask))
    return free, excluded


def _frame(out: Typed, keep: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [c for c in out.schema.columns if c in out.columns]
    table = pa.table({**{c: out.columns[c] for c in names}, "source_row": out.grid.rows})
    return table if pc.all(keep).as_py() else table.filter(keep)


def _gone(out: Typed, frame: Any, keep: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if frame.num_rows == out.grid.n_rows:
        return pa.array([], pa.string())
    lost = pc.unique(out.columns["order_id"].filter(pc.invert(keep)))
    return lost.filter(pc.invert(pc.is_in(lost, value_set=pc.unique(frame["order_id"]))))


def without_orders(lines: Any, ledger: Ledger, gone: list[Any]) -> tuple[Any, Ledger]:
    """Order lines without those of excluded orders: categories must not count what the orders do not."""
    import pyarrow.compute as pc

    for ids in (g for g in gone if len(g)):
        lines, ledger = _less(lines, ledger, pc.is_in(lines["order_id"], value_set=ids), "excluded_order")
    return lines, ledger


def with_known_orders(lines: Any, ledger: Ledger, orders: Any) -> tuple[Any, Ledger]:
    """Lines that take client or date from their order cannot be used without it; lines that have both of their own can."""
    import pyarrow.compute as pc

    if {"client_id", "order_date"} <= set(lines.column_names):
        return lines, ledger
    return _less(lines, ledger, pc.invert(pc.is_in(lines["order_id"], value_set=pc.unique(orders["order_id"]))), "unknown_order")


def _less(table: Any, ledger: Ledger, mask: Any, reason: str) -> tuple[Any, Ledger]:
    """The table without the rows of the mask, and the ledger that says which and how much; one entry for each reason."""
    import pyarrow.compute as pc

    lost = table.filter(mask)
    if not lost.num_rows:
        return table, ledger
    kept = table.filter(pc.invert(mask))
    gone = Exclusion(reason, lost.num_rows, _sum(lost["amount"]), 0, tuple(str(r) for r in lost["source_row"].slice(0, 10).to_pylist()))
    excluded = (*(e for e in ledger.excluded if e.reason != reason), _added(reason, [*ledger.excluded, gone]))
    return kept, replace(ledger, excluded=excluded, rows_out=kept.num_rows, amount_out=_sum(kept["amount"]))


def without_duplicates(table: Any, ledger: Ledger) -> tuple[Any, Ledger]:
    """The table without copies of earlier rows (also of another file), and the ledger that says so."""
    return _less(table, ledger, duplicates({c: table[c] for c in table.column_names}), "duplicate")


def _ledger(out: Typed, table: str, frame: Any, excluded: list[Exclusion]) -> Ledger:
    return Ledger(table, out.grid.n_rows + len(out.grid.ragged), _sum(out.columns["amount"]), tuple(excluded), frame.num_rows, _sum(frame["amount"]), out.grid.blank_rows,
                  len(out.grid.totals), out.rounded, Decimal(out.rounding), out.tidied)


def _sum(amounts: Any) -> Decimal:
    import pyarrow.compute as pc

    return pc.sum(amounts).as_py() or ZERO


def _flat(mask: Any) -> Any:
    return mask.combine_chunks() if hasattr(mask, "combine_chunks") else mask


def merged(parts: list[Sales], files: list[str]) -> tuple[Any, Ledger]:
    """Several files of one table as one: rows one after another with `source_file`, ledgers added up."""
    import pyarrow as pa

    if len(parts) == 1:
        return parts[0].table, parts[0].ledger
    ledgers = [p.ledger for p in parts]
    named = [p.table.append_column("source_file", pa.repeat(pa.scalar(file), p.table.num_rows)) for p, file in zip(parts, files, strict=True)]
    table = pa.concat_tables(named, promote_options="default")
    reasons = list(dict.fromkeys(e.reason for one in ledgers for e in one.excluded))
    return table, Ledger(ledgers[0].table, sum(x.rows_in for x in ledgers), sum((x.amount_in for x in ledgers), ZERO), tuple(_added(r, [e for one in ledgers for e in one.excluded]) for r in reasons),
                         table.num_rows, _sum(table["amount"]), sum(x.blank_rows for x in ledgers), sum(x.total_rows for x in ledgers), sum(x.rounded_cells for x in ledgers),
                         sum((x.rounding for x in ledgers), ZERO), sum(x.tidied_cells for x in ledgers))


def _added(reason: str, excluded: list[Exclusion]) -> Exclusion:
    same = [e for e in excluded if e.reason == reason]
    return Exclusion(reason, sum(e.rows for e in same), sum((e.amount for e in same), ZERO), sum(e.unreadable for e in same), tuple(x for e in same for x in e.examples)[:10])
