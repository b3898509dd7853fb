"""The rows of a report below its header, as columns of texts and of exact figures, and the level each of them stands on.

Blank rows, remarks and «Итого» go; blocks that repeat the money of their group go; where the file keeps no levels they are
found from the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from kbreport.errors import InputUnreadable
from kbreport.intake import heads, numbers, tree
from kbreport.intake.grid import Cells, Doubt
from kbreport.intake.layout import TOTAL
from kbreport.words import N_, _, n_

FIGURES = 10_000  # money is counted in ten-thousandths, as whole numbers


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


# ------------------------------------------------------------------ rows
def body_of(rows: Sequence[Sequence[Any]], texts: list[list[str]], head: heads.Head, levels: tuple[Any, Any] | None) -> Body:
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
        exact = ten_thousandths(found.values)
        body.cells[v.index] = columns[v.index].filtered(pa.array(keep))
        body.figures[v.index], body.filled[v.index] = exact[keep], filled[v.index][keep]
        for i, stated in sums.items():
            if filled[v.index][i]:
                stated[v.index] = int(exact[i])
        bad = np.flatnonzero(np.asarray(found.bad) & keep)
        body.doubts += [Doubt(int(i) + start + 1, v.header, columns[v.index].text[int(i)].as_py(), "not_a_number") for i in bad[:5]]
    body.totals = [(i + start + 1, stated) for i, stated in sums.items()]


def ten_thousandths(values: Any) -> Any:
    """decimal128(18, 4) as whole ten-thousandths; 0 where null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    flat = pc.fill_null(flat, Decimal(0))
    return np.frombuffer(flat.buffers()[1], dtype="<i8")[flat.offset * 2:(flat.offset + len(flat)) * 2:2].copy() if len(flat) else np.array([], dtype=np.int64)


# ------------------------------------------------------------------ levels
def levelled(body: Body, head: heads.Head, present: list, path: Path) -> None:
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


def without_doubles(body: Body, head: heads.Head) -> bool:
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


def roles(body: Body, head: heads.Head, present: list, path: Path, doubled: bool) -> tuple[Any, list[str]]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    profile_levels = head.profile.levels
    text = first_text(body)
    wrapper = np.asarray(pc.match_substring_regex(text, tree.WRAPPER))
    rank = np.where(wrapper, -1, body.rank)
    named = [x for x in present if not (doubled and x.field == "manager_name")]
    _unused, dense = np.unique(rank[~wrapper], return_inverse=True)
    full = np.zeros(len(rank), dtype=np.int64)
    full[~wrapper] = dense
    try:
        inner, fields = tree.roles(text.filter(pa.array(~wrapper)), full[~wrapper], named, profile_levels)
    except LookupError as why:
        rows, labels = why.args
        raise InputUnreadable(N_("В отчёте {file} уровней в строках — {rows}, а названо в заголовке — {labels}: нельзя сказать, где клиент, а где менеджер или товар."),
                              remedy=N_("Выгрузите отчёт с отметкой «Выводить заголовки» или оставьте в нём одну группировку по клиентам."), file=path.name, rows=rows, labels=labels) from why
    role = np.full(len(rank), -1)
    role[~wrapper] = inner
    return role, fields


def first_text(body: Body) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.coalesce(*[pc.if_else(pc.equal(c, ""), pa.scalar(None, pa.string()), c) for c in body.texts], pa.scalar(""))
