"""Reports of 1С and their kin → flat grids: title block, stacked header, tree, matrix, «Итого», side columns.

Only the innermost rows are data; every group must be the sum of its rows, and «Итого» the sum of all: what differs is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from kbreport.errors import InputUnreadable
from kbreport.intake import flat, heads, periods, tree
from kbreport.intake.body import FIGURES, Body, body_of, levelled, roles, without_doubles
from kbreport.intake.grid import Cells, Doubt, Grid
from kbreport.intake.layout import above_told
from kbreport.intake.profile import Profile
from kbreport.intake.schema import schemas
from kbreport.intake.spec import FileSpec
from kbreport.words import N_, _, day, listed, n_


def read(path: Path, sheet: str | None, rows: Sequence[Sequence[Any]], texts: list[list[str]], profile: Profile, spec: FileSpec, levels: tuple[Any, Any] | None) -> Grid | None:
    """The grid of a report, or None when the sheet has no such header.

    Raises InputUnreadable when its levels or its period cannot be told.
    """
    head = heads.found(texts, profile)
    if head is None:
        return None
    body = body_of(rows, texts, head, levels)
    present = [level for level, _j in head.levels]
    levelled(body, head, present, path)
    doubled = without_doubles(body, head)
    role, fields = roles(body, head, present, path, doubled)
    titles = [" ".join(c for c in row if c) for row in texts[: head.first] if any(row)]
    return _grid(path, sheet, head, body, role, fields, profile, spec, titles)


def _grid(path: Path, sheet: str | None, head: heads.Head, body: Body, role: Any, fields: list[str], profile: Profile, spec: FileSpec, titles: list[str]) -> Grid:
    leaf = tree.leaves(body.rank)
    labels = flat.labels_of(body, head, role, fields)
    snapshot = profile.table == "receivables"
    stated = periods.of_lines(titles) or periods.of_name(path.stem) if spec.period is None else spec.period
    taken = periods.as_of(titles) or (stated[1] if stated else None)
    blocks = flat.blocks_of(head)
    if not snapshot and any(b[0] is None for b in blocks) and stated is None and "order_id" not in labels:
        raise InputUnreadable(N_("В отчёте {file} не назван период: неизвестно, к какому месяцу отнести продажи."), remedy=N_("Впишите его в имя файла («… 2025-03.xlsx») или в company.yml (period)."), file=path.name)
    if snapshot and taken is None:
        raise InputUnreadable(N_("В отчёте {file} не названа дата: неизвестно, на какой день этот долг."), remedy=N_("Впишите её в имя файла («… 31.03.2025.xlsx») или в company.yml (period)."), file=path.name)
    columns, rows, emptied = flat.melted(head, body, leaf, labels, blocks, profile, taken if snapshot else stated[1] if stated else None)
    grid = Grid(path.name, [h for h, _c in columns.values()], [c for _h, c in columns.values()], rows, sheet=sheet, header_row=head.last + 1, width=len(columns), titles=titles, profile=profile.id)
    grid.preset = {name: i for i, name in enumerate(columns) if name in _known(profile)}
    grid.stated_period = None if snapshot else stated
    grid.blank_rows = 0
    grid.doubts = body.doubts + _sums_checked(body, head)
    _totals(grid, head, body, columns)
    grid.extra = list(head.unknown)
    grid.notes = [_("Книга Excel, лист «{sheet}».").format(sheet=sheet)] if sheet else []
    grid.notes += above_told(titles)
    grid.notes += _notes(head, body, role, fields, stated, taken if snapshot else None, labels, emptied) + body.left_out
    return grid


def _known(profile: Profile) -> set[str]:
    tables = ("orders", "order_lines") if profile.table == "sales" else (profile.table,)
    return {c for t in tables for c in schemas()[t].columns}


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


def _totals(grid: Grid, head: heads.Head, body: Body, columns: dict[str, Any]) -> None:
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
    shown = [_(flat.TITLES.get(x, x)) for x in dict.fromkeys(order)]
    out = [_("Уровни строк: {levels}.").format(levels=" → ".join(shown))]
    if taken:
        out.append(_("Долги на {day}.").format(day=day(taken)))
    elif stated:
        out.append(_("Период отчёта: {first} — {last}.").format(first=day(stated[0]), last=day(stated[1])))
    months = [v.period for v in head.values if v.period and not v.total]
    people = [v.name for v in head.values if v.name and not v.total] if flat.across_names(head) else []
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
