"""Reports of 1С and their kin → flat grids: title block, stacked header, tree, matrix, «Итого», side columns.

Only the innermost rows are data; every group must be the sum of its rows, and «Итого» the sum of all: what differs is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from kbreport.errors import InputUnreadable
from kbreport.intake import heads, names, numbers, periods, tree
from kbreport.intake.grid import Cells, Doubt, Grid
from kbreport.intake.layout import TOTAL, above_told
from kbreport.intake.profile import Profile
from kbreport.intake.schema import schemas
from kbreport.intake.spec import FileSpec
from kbreport.words import N_, _, day, listed, n_

PLACEHOLDERS = r"(?i)^(?:<.*>|-|—|н/д|без договора|без менеджера|не указан[оа]?)$"
DOC_DAY = r" от (?P<d>\d{2})\.(?P<m>\d{2})\.(?P<y>\d{4})"
FIGURES = 10_000  # money is counted in ten-thousandths, as whole numbers
# Names of columns that the report has no header for; they stand in company.yml too, so they are the same in every language.
TITLES = {"client_name": N_("Клиент"), "manager_name": N_("Менеджер"), "category": N_("Группа товаров"), "product_name": N_("Номенклатура"), "order_id": N_("Документ"), "sku": N_("Артикул"), "inn": N_("ИНН"),
          "contract": N_("Договор"), "invoice_id": N_("Документ расчётов"), "currency": N_("Валюта"), "account": N_("Счёт"), "order_date": N_("Дата"), "snapshot_date": N_("Дата среза"), "due_date": N_("Срок оплаты")}


@dataclass
class Body:
    """The rows below the header. `figures`: for every value column the exact numbers ×10 000 (0 where empty) and the mask of filled cells."""

    rows: Any
    texts: list[Any]
    rank: Any
    cells: dict[int, Cells]
    figures: dict[int, Any]
    filled: dict[int, Any]
    totals: list[tuple[int, dict[int, int]]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def read(path: Path, sheet: str | None, rows: Sequence[Sequence[Any]], texts: list[list[str]], profile: Profile, spec: FileSpec, levels: tuple[Any, Any] | None) -> Grid | None:
    """The grid of a report, or None when the sheet has no such header.

    Raises InputUnreadable when its levels or its period cannot be told.
    """
    head = heads.found(texts, profile)
    if head is None:
        return None
    body = _body(rows, texts, head, levels)
    present = [level for level, _j in head.levels]
    _levelled(body, head, present, path)
    doubled = _without_doubles(body, head)
    role, fields = _roles(body, head, present, path, doubled)
    titles = [" ".join(c for c in row if c) for row in texts[: head.first] if any(row)]
    return _grid(path, sheet, head, body, role, fields, profile, spec, titles)


# ------------------------------------------------------------------ rows
def _body(rows: Sequence[Sequence[Any]], texts: list[list[str]], head: heads.Head, levels: tuple[Any, Any] | None) -> Body:
    """Data rows as columns: without blank rows, remarks and «Итого»."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from kbreport.intake.sheets import cells_of

    start = head.last + 1
    edge = min(v.index for v in head.values)
    labels = [pa.array([r[j] for r in texts[start:]], pa.string()) for j in range(edge)]
    columns = {v.index: cells_of([r[v.index] for r in rows[start:]]) for v in head.values}
    any_text = pc.coalesce(*[pc.if_else(pc.equal(c, ""), pa.scalar(None, pa.string()), c) for c in labels], pa.scalar("")) if labels else pa.array([""] * (len(texts) - start))
    filled = {j: np.asarray(pc.not_equal(c.text, "")) for j, c in columns.items()}
    some = np.logical_or.reduce(list(filled.values())) if filled else np.zeros(len(texts) - start, dtype=bool)
    said = np.asarray(pc.not_equal(any_text, ""))
    total = np.asarray(pc.match_substring_regex(any_text, TOTAL))
    remark = said & ~some & (np.asarray(pc.starts_with(any_text, "*")) | (np.cumsum(total[::-1])[::-1] == 0) & _after_last(total))
    keep = said & ~total & ~remark
    body = Body(np.arange(start + 1, len(texts) + 1)[keep], [c.filter(pa.array(keep)) for c in labels], _ranks(rows, labels, levels, start, keep), {}, {}, {})
    if remark.any():
        body.left_out.append(n_("{n} строка примечаний под таблицей пропущена.", "{n} строк примечаний под таблицей пропущены.", int(remark.sum())))
    _figures(body, head, columns, filled, keep, total, start)
    return body


def _after_last(total: Any) -> Any:
    """Mask of rows after the last «Итого»; of none when there is no such row."""
    import numpy as np

    return np.arange(len(total)) > np.flatnonzero(total)[-1] if total.any() else np.zeros(len(total), dtype=bool)


def _ranks(rows: Sequence[Sequence[Any]], labels: list[Any], levels: tuple[Any, Any] | None, start: int, keep: Any) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    raw = pa.array([next((c for c in r[: len(labels)] if isinstance(c, str) and c.strip()), "") for r in rows[start:]], pa.string())
    spaces = np.asarray(pc.subtract(pc.utf8_length(raw), pc.utf8_length(pc.utf8_ltrim_whitespace(raw))))[keep]
    none = np.zeros(len(spaces), dtype=np.int32)
    outline, indent = (values[start: start + len(keep)][keep] for values in levels) if levels else (none, none)
    return tree.ranks(outline, indent, spaces) if len(spaces) else none


def _figures(body: Body, head: heads.Head, columns: dict[int, Cells], filled: dict[int, Any], keep: Any, total: Any, start: int) -> None:
    import numpy as np
    import pyarrow as pa

    sums: dict[int, dict[int, int]] = {int(i): {} for i in np.flatnonzero(total)}
    for v in head.values:
        found = numbers.parse(columns[v.index])
        exact = _whole(found.values)
        body.cells[v.index] = columns[v.index].filtered(pa.array(keep))
        body.figures[v.index], body.filled[v.index] = exact[keep], filled[v.index][keep]
        for i, stated in sums.items():
            if filled[v.index][i]:
                stated[v.index] = int(exact[i])
        bad = np.flatnonzero(np.asarray(found.bad) & keep)
        body.doubts += [Doubt(int(i) + start + 1, v.header, columns[v.index].text[int(i)].as_py(), "not_a_number") for i in bad[:5]]
    body.totals = [(i + start + 1, stated) for i, stated in sums.items()]


def _whole(values: Any) -> Any:
    """decimal128(18, 4) as whole ten-thousandths; 0 where null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    flat = pc.fill_null(flat, Decimal(0))
    return np.frombuffer(flat.buffers()[1], dtype="<i8")[flat.offset * 2:(flat.offset + len(flat)) * 2:2].copy() if len(flat) else np.array([], dtype=np.int64)


# ------------------------------------------------------------------ levels
def _levelled(body: Body, head: heads.Head, present: list, path: Path) -> None:
    """Where the file keeps no levels but the header names several, they are found from the sums."""
    import numpy as np

    if not len(body.rank) or body.rank.max() or len(present) < 2:
        return
    values = [v for v in head.values if not v.total]
    found = tree.by_sums(np.column_stack([body.figures[v.index] for v in values]), len(present))
    if found is None:
        raise InputUnreadable(N_("В файле {file} не видно, какая строка в какую входит: уровней групп в нём нет, и по суммам они не восстанавливаются."),
                              remedy=N_("Сохраните отчёт из 1С в формате XLSX (Excel 2007) и повторите."), file=path.name)
    body.rank = found
    body.left_out.append(_("Уровней групп в файле нет; они восстановлены по суммам."))


def _without_doubles(body: Body, head: heads.Head) -> bool:
    """Blocks «По менеджерам» that repeat the money of their group go, and are counted."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(body.rank):
        return False
    wrapper = np.asarray(pc.match_substring_regex(body.texts[0], tree.WRAPPER))
    money = next((v.index for v in head.values if v.column in ("amount", "open_amount")), None)
    twice = tree.parallel(body.rank, wrapper, body.figures[money]) if money is not None and wrapper.any() else wrapper & False
    if twice.any():
        keep = tree.without(body.rank, twice)
        body.left_out.append(n_("{n} строка блоков «По …» повторяет деньги своей группы и пропущена.", "{n} строк блоков «По …» повторяют деньги своей группы и пропущены.", int((~keep).sum())))
        body.rows, body.rank, body.texts = body.rows[keep], body.rank[keep], [c.filter(pa.array(keep)) for c in body.texts]
        body.cells = {j: c.filtered(pa.array(keep)) for j, c in body.cells.items()}
        body.figures, body.filled = {j: f[keep] for j, f in body.figures.items()}, {j: f[keep] for j, f in body.filled.items()}
    return bool(twice.any())


def _roles(body: Body, head: heads.Head, present: list, path: Path, doubled: bool) -> tuple[Any, list[str]]:
    import numpy as np
    import pyarrow.compute as pc

    profile_levels = head.profile.levels
    text = _first_text(body)
    wrapper = np.asarray(pc.match_substring_regex(text, tree.WRAPPER))
    rank = np.where(wrapper, -1, body.rank)
    named = [x for x in present if not (doubled and x.field == "manager_name")]
    _unused, dense = np.unique(rank[~wrapper], return_inverse=True)
    full = np.zeros(len(rank), dtype=np.int64)
    full[~wrapper] = dense
    try:
        inner, fields = tree.roles(text.filter(_mask(~wrapper)), full[~wrapper], named, profile_levels)
    except LookupError as why:
        rows, labels = why.args
        raise InputUnreadable(N_("В отчёте {file} уровней в строках — {rows}, а названо в заголовке — {labels}: нельзя сказать, где клиент, а где менеджер или товар."),
                              remedy=N_("Выгрузите отчёт с отметкой «Выводить заголовки» или оставьте в нём одну группировку по клиентам."), file=path.name, rows=rows, labels=labels) from why
    role = np.full(len(rank), -1)
    role[~wrapper] = inner
    return role, fields


def _mask(values: Any) -> Any:
    import pyarrow as pa

    return pa.array(values)


def _first_text(body: Body) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.coalesce(*[pc.if_else(pc.equal(c, ""), pa.scalar(None, pa.string()), c) for c in body.texts], pa.scalar(""))


# ------------------------------------------------------------------ the flat grid
def _grid(path: Path, sheet: str | None, head: heads.Head, body: Body, role: Any, fields: list[str], profile: Profile, spec: FileSpec, titles: list[str]) -> Grid:
    leaf = tree.leaves(body.rank)
    labels = _labels(body, head, role, fields)
    snapshot = profile.table == "receivables"
    stated = periods.of_lines(titles) or periods.of_name(path.stem) if spec.period is None else spec.period
    taken = periods.as_of(titles) or (stated[1] if stated else None)
    blocks = _blocks(head)
    if not snapshot and any(b[0] is None for b in blocks) and stated is None and "order_id" not in labels:
        raise InputUnreadable(N_("В отчёте {file} не назван период: неизвестно, к какому месяцу отнести продажи."), remedy=N_("Впишите его в имя файла («… 2025-03.xlsx») или в company.yml (period)."), file=path.name)
    if snapshot and taken is None:
        raise InputUnreadable(N_("В отчёте {file} не названа дата: неизвестно, на какой день этот долг."), remedy=N_("Впишите её в имя файла («… 31.03.2025.xlsx») или в company.yml (period)."), file=path.name)
    columns, rows, emptied = _melted(head, body, leaf, labels, blocks, profile, taken if snapshot else stated[1] if stated else None)
    grid = Grid(path.name, [h for h, _c in columns.values()], [c for _h, c in columns.values()], rows, sheet=sheet, header_row=head.last + 1, width=len(columns), titles=titles, profile=profile.id)
    grid.preset = {name: i for i, name in enumerate(columns) if name in _known(profile)}
    grid.stated_period = None if snapshot else stated
    grid.blank_rows = 0
    grid.doubts = body.doubts + _sums_checked(body, head)
    _totals(grid, head, body, columns, leaf)
    grid.extra = list(head.unknown)
    grid.notes = [_("Книга Excel, лист «{sheet}».").format(sheet=sheet)] if sheet else []
    grid.notes += above_told(titles)
    grid.notes += _notes(head, body, role, fields, stated, taken if snapshot else None, labels, emptied) + body.left_out
    return grid


def _known(profile: Profile) -> set[str]:
    tables = ("orders", "order_lines") if profile.table == "sales" else (profile.table,)
    return {c for t in tables for c in schemas()[t].columns}


def _labels(body: Body, head: heads.Head, role: Any, fields: list[str]) -> dict[str, Any]:
    """Field → its text for every row (of the row itself or the group it stands in); side columns beside."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    over = tree.ancestors(body.rank)
    place = {level.field: j for level, j in head.levels}
    out: dict[str, Any] = {}
    for i, name in enumerate(fields):
        index = tree.column(i, role, over, outermost=name == "category")
        if name == "account" or not (index >= 0).any():
            continue
        own = body.texts[place[name]] if name in place else body.texts[0]
        own = pc.if_else(pc.equal(own, ""), _first_text(body), own)
        out[name] = _taken(own, index)
        for column, j in head.sides.get(name, {}).items():
            out[column] = _taken(body.texts[j], index)
    for name in out:
        text = pc.replace_substring_regex(out[name], r"[\s,]+$", "")
        out[name] = pc.if_else(pc.match_substring_regex(text, PLACEHOLDERS), "", text)
    return {name: pa.array(np.asarray(text), pa.string()) for name, text in out.items()}


def _taken(texts: Any, index: Any) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(texts.take(pa.array(np.where(index >= 0, index, 0), mask=index < 0)), "")


def _blocks(head: heads.Head) -> list[tuple[Any, str | None, dict[str, heads.Value]]]:
    """(period, name, column → value) for each month or manager over the figures; one block when there is no matrix."""
    out: dict[Any, dict[str, heads.Value]] = {}
    for v in head.values:
        if not v.total:
            out.setdefault((v.period, v.name if _across_names(head) else None), {}).setdefault(v.column, v)
    days = [p for p, _n in out if p]
    whole = all(p[0] == p[1] and p[0].day == 1 for p in days) and bool(days)  # `01.02.25` over every pair: months named by their first day
    return [((_month_end(p) if whole else p[1]) if p else None, name, values) for (p, name), values in out.items()]


def _across_names(head: heads.Head) -> bool:
    return sum(v.name is not None and v.period is None for v in head.values) > 1 and "manager_name" in head.profile.across


def _month_end(period: tuple[date, date]) -> date:
    return (period[0].replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _melted(head: heads.Head, body: Body, leaf: Any, labels: dict[str, Any], blocks: list, profile: Profile, when: date | None) -> tuple[dict[str, tuple[str, Cells]], Any, int]:
    """Column → (header, cells) with one stretch of rows per block; the rows of the sheet; how many empty amounts are zeros."""
    import numpy as np
    import pyarrow as pa

    money = "open_amount" if profile.table == "receivables" else "amount"
    parts: dict[str, list[Any]] = {}
    rows, emptied, found = [], 0, dict.fromkeys([*labels, *(c for _p, _n, vs in blocks for c in vs)])
    day_column = "snapshot_date" if profile.table == "receivables" else "order_date"
    for period, name, values in blocks:
        some = np.logical_or.reduce([body.filled[v.index] for v in values.values()])
        keep = leaf & some
        place = pa.array(np.flatnonzero(keep))
        for column in found:
            text = labels[column].take(place) if column in labels else values[column] and body.cells[values[column].index].text.take(place) if column in values else pa.array([""] * len(place), pa.string())
            if column == money:
                lost = ~(body.filled[values[column].index][keep] if column in values else np.zeros(len(place), dtype=bool))
                text, emptied = _zeros(text, lost), emptied + int(lost.sum())
            parts.setdefault(column, []).append(text)
        parts.setdefault(day_column, []).append(_days(labels.get("order_id"), place, period or when, day_column))
        if name is not None:
            parts.setdefault("manager_name", []).append(pa.array([name] * len(place), pa.string()))
        rows.append(pa.array(body.rows[keep].astype(np.int32)))
    headers = _headers(head, blocks)
    joined = {c: pa.chunked_array([x.combine_chunks() if isinstance(x, pa.ChunkedArray) else x for x in many]) for c, many in parts.items()}
    columns = {c: (headers.get(c) or TITLES.get(c, c), Cells(text, None, _native(body, c, blocks))) for c, text in joined.items()}
    all_rows = pa.concat_arrays(rows)
    if {"product_name", "category"} & set(columns) and "order_id" not in columns:
        columns["order_id"] = ("Номер покупки", Cells(_numbered(columns[day_column][1].text, columns["client_name"][1].text)))
    if profile.table == "receivables":
        columns, all_rows = _split_overdue(columns, all_rows)
    return columns, all_rows, emptied


def _native(body: Body, column: str, blocks: list) -> bool:
    """True when every cell of this measure came as a number of the book: no sign of decimals needs to be guessed."""
    used = [vs[column].index for _p, _n, vs in blocks if column in vs]
    return bool(used) and all(body.cells[j].all_native for j in used)


def _zeros(text: Any, lost: Any) -> Any:
    """A row that has other figures but no money stands with nothing in the report's own sums: there an empty cell is a zero."""
    import pyarrow.compute as pc

    return pc.if_else(_mask(lost), "0", text)


def _days(documents: Any, place: Any, when: date | None, column: str) -> Any:
    """The day of each row: the document's own where it names one, else that of the month or period."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pa.array([when.isoformat() if when else ""] * len(place), pa.string())
    if documents is None or column != "order_date":
        return plain
    found = pc.extract_regex(documents.take(place), DOC_DAY)
    own = pc.binary_join_element_wise(*[pc.struct_field(found, part) for part in ("y", "m", "d")], "-")
    return pc.coalesce(own, plain)


def _headers(head: heads.Head, blocks: list) -> dict[str, str]:
    """Header of each column as the file says it; in a matrix the lowest part, which all blocks share."""
    out = {level.field: next((w for w in _stack_words(head, level)), None) for level, _j in head.levels}
    for _period, _name, values in blocks:
        for column, v in values.items():
            text = v.header if len(blocks) == 1 else v.header.split(" / ")[-1]
            out.setdefault(column, text if len(blocks) == 1 or v.period is None or len(v.header.split(" / ")) > 1 else None)
    return {c: h for c, h in out.items() if h}


def _stack_words(head: heads.Head, level: Any) -> Sequence[str]:
    return [TITLES[level.field]] if level.field in TITLES else []


def _numbered(days: Any, clients: Any) -> Any:
    """A number for every client and day: what one client bought in a period without documents counts as one purchase."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(names.ids_from(clients)).indices
    return pa.chunked_array([pc.binary_join_element_wise(days.combine_chunks(), pc.cast(pc.add(coded, 1), pa.string()), "/")])


def _split_overdue(columns: dict[str, tuple[str, Cells]], rows: Any) -> tuple[dict[str, tuple[str, Cells]], Any]:
    """Due days: `days_overdue` before the snapshot for what is overdue. A debt that is partly overdue becomes two rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if "overdue_amount" not in columns and "days_overdue" not in columns:
        return columns, rows
    texts = {c: cells.text.combine_chunks() for c, (_h, cells) in columns.items()}
    debt = _whole(numbers.parse(Cells(pa.chunked_array([texts["open_amount"]]), None, columns["open_amount"][1].all_native)).values)
    days = _whole(numbers.parse(Cells(pa.chunked_array([texts["days_overdue"]]))).values) // FIGURES if "days_overdue" in texts else np.zeros(len(debt), dtype=np.int64)
    late = _whole(numbers.parse(Cells(pa.chunked_array([texts["overdue_amount"]]), None, columns["overdue_amount"][1].all_native)).values) if "overdue_amount" in texts else np.where(days > 0, debt, 0)
    partly = (late > 0) & (late < debt)
    place = np.concatenate([np.arange(len(debt)), np.flatnonzero(partly)])
    amount = np.concatenate([np.where(partly, late, debt), (debt - late)[partly]])
    overdue = np.concatenate([late > 0, np.zeros(int(partly.sum()), dtype=bool)])
    order = np.argsort(place, kind="stable")
    shot = np.array(texts["snapshot_date"].to_pylist(), dtype="datetime64[D]")
    due = np.where(overdue, shot[place] - np.maximum(days[place], 1), shot[place])
    out = {c: (h, Cells(pa.chunked_array([texts[c].take(pa.array(place[order]))]), None, cells.all_native)) for c, (h, cells) in columns.items()}
    out["open_amount"] = (columns["open_amount"][0], Cells(_written(amount[order]), None, True))
    if "overdue_amount" in out:
        out["overdue_amount"] = (columns["overdue_amount"][0], Cells(_written(np.where(overdue, amount, 0)[order]), None, True))
    out["due_date"] = (TITLES["due_date"], Cells(pa.chunked_array([pc.cast(pa.array(due[order]), pa.string())])))
    return out, rows.take(pa.array(place[order]))


def _written(amounts: Any) -> Any:
    """Whole ten-thousandths as text: 12500 → `1.2500`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    sign = pa.array(np.where(amounts < 0, "-", ""))
    whole, part = pc.cast(pa.array(np.abs(amounts) // FIGURES), pa.string()), pc.utf8_lpad(pc.cast(pa.array(np.abs(amounts) % FIGURES), pa.string()), 4, "0")
    return pa.chunked_array([pc.binary_join_element_wise(pc.binary_join_element_wise(sign, whole, ""), part, ".")])


# ------------------------------------------------------------------ control
def _sums_checked(body: Body, head: heads.Head) -> list[Doubt]:
    """Groups that are not the sum of their rows: rows are hidden, filtered or read wrongly."""
    import numpy as np

    leaf, end = tree.leaves(body.rank), tree.ends(body.rank)
    out = []
    for v in (x for x in head.values if x.column in ("amount", "open_amount")):
        running = np.concatenate([[0], np.cumsum(np.where(leaf, body.figures[v.index], 0))])
        inside = running[end] - running[np.arange(len(leaf))]
        apart = ~leaf & body.filled[v.index] & (np.abs(inside - body.figures[v.index]) >= FIGURES // 100)
        out += [Doubt(int(body.rows[i]), v.header, f"{Decimal(int(body.figures[v.index][i])) / FIGURES:f} ≠ {Decimal(int(inside[i])) / FIGURES:f}", "group_differs") for i in np.flatnonzero(apart)[:10]]
    return out


def _totals(grid: Grid, head: heads.Head, body: Body, columns: dict[str, Any], leaf: Any) -> None:
    """The row «Итого» as one row of totals of our columns; a matrix has a column «Итого», else its columns are added."""
    import pyarrow as pa

    if not body.totals:
        return
    row, stated = body.totals[-1]
    sums = {}
    for column in {v.column for v in head.values}:
        mine = [v for v in head.values if v.column == column]
        whole = [stated[v.index] for v in mine if v.total and v.index in stated] if any(v.total for v in mine) else []
        parts = [stated[v.index] for v in mine if not v.total and v.index in stated]
        if whole or parts:
            sums[column] = whole[0] if whole else sum(parts)
    grid.totals = [row]
    texts = {c: f"{Decimal(value) / FIGURES:.4f}" for c, value in sums.items()}
    grid.total_cells = [Cells(pa.chunked_array([pa.array([texts.get(c, "")], pa.string())]), None, True) for c in columns]


def _notes(head: heads.Head, body: Body, role: Any, fields: list[str], stated: Any, taken: date | None, labels: dict[str, Any], emptied: int) -> list[str]:
    order = [fields[i] for _r, i in sorted({(int(r), int(i)) for r, i in zip(body.rank, role, strict=True) if i >= 0}, key=lambda p: p[0])]
    shown = [_(TITLES.get(x, x)) for x in dict.fromkeys(order)]
    out = [_("Уровни строк: {levels}.").format(levels=" → ".join(shown))]
    if taken:
        out.append(_("Долги на {day}.").format(day=day(taken)))
    elif stated:
        out.append(_("Период отчёта: {first} — {last}.").format(first=day(stated[0]), last=day(stated[1])))
    months = [v.period for v in head.values if v.period and not v.total]
    people = [v.name for v in head.values if v.name and not v.total] if _across_names(head) else []
    if people:
        out.append(_("По столбцам стоят менеджеры: {names}.").format(names=listed(list(dict.fromkeys(people)))))
    if months:
        out.append(_("По столбцам стоят месяцы или дни, каждый стал своими строками."))
    if head.assumed:
        out.append(_("Показатель над столбцами не назван; суммы приняты за {measure}.").format(measure=_("выручку") if head.assumed == "amount" else _("долг")))
    if taken is None and not months and "order_id" not in labels:
        out.append(_("Дат и документов в отчёте нет: покупки клиента стоят одной покупкой на последний день периода."))
    if taken is None and not months and stated and "order_id" not in labels and (stated[1] - stated[0]).days > 31:
        out.append(_("Период длиннее месяца: помесячные методы увидят один месяц. Выведите в отчёте месяцы в колонки."))
    if emptied:
        out.append(n_("{n} строка без суммы при других цифрах: в сумме ноль, как и в итогах самого отчёта.", "{n} строк без суммы при других цифрах: в сумме ноль, как и в итогах самого отчёта.", emptied))
    return out
