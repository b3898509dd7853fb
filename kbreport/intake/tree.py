"""The hierarchy of a report: which row stands under which, what each level is, whether groups are the sums of their rows.

The numbers of levels differ from file to file (indents 0/2/4 or 0/3/6/9); their order does not. Where a file keeps no levels
(old .xls), they are found again from the sums: a group is the sum of the rows below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kbreport.intake.profile import Level

WRAPPER = r"(?i)^по (?:менеджерам|клиентам|партн[её]рам|номенклатуре|товарам|документам|договорам|видам номенклатуры)$"
ENOUGH = 200_000  # steps of the search by sums


def ranks(outline: Any, indent: Any, spaces: Any) -> Any:
    """Depth of every row, 0 = outermost, by whatever tells most levels apart: outline, indent of the cell, leading spaces."""
    import numpy as np

    best = max((outline, indent, spaces), key=lambda values: len(np.unique(values)))
    return np.searchsorted(np.unique(best), best)


def ancestors(rank: Any) -> list[Any]:
    """For each depth the index of the row that every row stands under (itself at its own depth), −1 where none."""
    import numpy as np

    place, out = np.arange(len(rank)), []
    for depth in range(int(rank.max()) + 1 if len(rank) else 0):
        mine = np.maximum.accumulate(np.where(rank == depth, place, -1))
        for above in out:  # a new row of an outer level ends the inner ones
            mine = np.where(mine > above, mine, -1)
        out.append(np.where(rank >= depth, mine, -1))
    return out


def leaves(rank: Any) -> Any:
    """Mask of rows with nothing under them."""
    import numpy as np

    return np.append(rank[1:] <= rank[:-1], True) if len(rank) else np.array([], dtype=bool)


def ends(rank: Any) -> Any:
    """Index after the last row under each row."""
    import numpy as np

    out = np.full(len(rank), len(rank))
    place = np.arange(len(rank))
    for depth in range(int(rank.max()) + 1 if len(rank) else 0):
        stops = np.append(place[rank <= depth], len(rank))
        mine = place[rank == depth]
        out[mine] = stops[np.searchsorted(stops, mine, side="right")]
    return out


def without(rank: Any, out_of: Any) -> Any:
    """Mask of rows that remain when those of `out_of` go with all that stands under them."""
    import numpy as np

    change = np.zeros(len(rank) + 1, dtype=np.int64)
    np.add.at(change, np.flatnonzero(out_of), 1)
    np.add.at(change, ends(rank)[out_of], -1)
    return np.cumsum(change)[:-1] == 0


def parallel(rank: Any, wrapper: Any, figures: Any) -> Any:
    """Mask of «По менеджерам» rows that tell the same money a second time: beside them stand rows that add up to the group alone."""
    import numpy as np

    twice = np.zeros(len(rank), dtype=bool)
    over, end = ancestors(rank), ends(rank)
    for i in np.flatnonzero(wrapper):
        parent = over[rank[i] - 1][i] if rank[i] else -1
        if parent < 0:
            continue
        children = np.arange(parent + 1, end[parent])
        children = children[(rank[children] == rank[i]) & ~wrapper[children]]
        twice[i] = len(children) > 0 and abs(figures[children].sum() - figures[parent]) < 100 and figures[parent] != 0
    return twice


def by_sums(figures: Any, depth: int) -> Any:
    """Depths of rows without levels, or None: every row of a full tree of `depth` levels is a leaf or the sum of its children.

    `figures`: integers, one column per measure. A group ends at the first row by which its children add up to it; a search without end gives up.
    """
    import numpy as np

    rows = [tuple(row) for row in figures.tolist()]
    out, steps = [0] * len(rows), [0]

    def close(i: int, level: int) -> int | None:
        """Where the row of this level that starts at `i` ends: at the first row by which its children add up to it."""
        steps[0] += 1
        if i >= len(rows) or steps[0] > ENOUGH:
            return None
        out[i] = level
        place, left = i + 1, rows[i]
        while level < depth - 1:
            after = close(place, level + 1)
            if after is None:
                return None
            left = tuple(a - b for a, b in zip(left, rows[place], strict=True))
            place = after
            if not any(left):
                break
        return place

    place: int | None = 0
    while place is not None and place < len(rows):
        place = close(place, 0)
    return np.array(out, dtype=np.int32) if place is not None else None


def roles(texts: Any, rank: Any, present: Sequence[Level], every: Sequence[Level]) -> tuple[Any, list[str]]:
    """(field of every row, names of fields; index −1 = none). Levels named in the header are given to the depths in order; rows
    that fit the pattern of a level are of that level; more depths than names are folders of goods where goods are named.

    Raises LookupError when names and depths do not fit together.
    """
    import numpy as np
    import pyarrow.compute as pc

    fields = [level.field for level in every] + ([] if any(x.field == "category" for x in every) else ["category"])
    role = np.full(len(rank), -1)
    free = np.ones(len(rank), dtype=bool)
    pivot = next(i for i, x in enumerate(every) if x.field == "client_name")
    for level in (x for x in every if x.pattern and x.above):
        hit = np.asarray(pc.match_substring_regex(texts, level.pattern)) & (rank <= pivot)
        role[hit], free[hit] = fields.index(level.field), False
    rest = [x for x in present if not (x.pattern and x.above)] or [x for x in every if not x.optional and not x.above]
    depths = np.unique(rank[free])
    goods = rest[-1].field == "product_name"
    if len(depths) < len(rest):
        rest = _fewer(texts, rank, free, depths, rest)
    head = rest[:-1] if goods and len(depths) > len(rest) else rest
    if len(depths) != len(rest) and not (goods and len(depths) > len(rest)):
        rest = _more(texts, rank, free, depths, rest, every)
        head = rest
    for depth, level in zip(depths, head, strict=False):
        role[free & (rank == depth)] = fields.index(level.field)
    if goods and len(depths) > len(head):
        inner = free & (rank >= depths[len(head)])
        role[inner] = np.where(leaves(rank)[inner], fields.index("product_name"), fields.index("category"))
    outermost = rank[role == fields.index("client_name")].min() if (role == fields.index("client_name")).any() else 0
    for level in (x for x in every if x.pattern and not x.above):
        hit = np.asarray(pc.match_substring_regex(texts, level.pattern)) & free & (rank > outermost)
        if level.field != "contract":  # «договор» may begin the name of a product: only the depth says which it is
            role[hit] = fields.index(level.field)
    return role, fields


def _fewer(texts: Any, rank: Any, free: Any, depths: Any, rest: list[Level]) -> list[Level]:
    """The header names more levels than the rows have: those that no row fits by pattern go; else it cannot be told."""
    import numpy as np
    import pyarrow.compute as pc

    kept = [x for x in rest if not (x.pattern and x.optional) or np.asarray(pc.match_substring_regex(texts, x.pattern))[free].any()]
    if len(kept) != len(depths):
        raise LookupError(len(depths), len(rest))
    return kept


def _more(texts: Any, rank: Any, free: Any, depths: Any, rest: list[Level], every: Sequence[Level]) -> list[Level]:
    """The rows have more levels than the header names: inner ones are told by their patterns; else it cannot be told."""
    import numpy as np
    import pyarrow.compute as pc

    out = list(rest)
    for depth in depths[len(rest):]:
        rows = free & (rank == depth)
        fits = [x for x in every if x.pattern and not x.above and x not in out and np.asarray(pc.match_substring_regex(texts, x.pattern))[rows].mean() > 0.6]
        if not fits:
            raise LookupError(len(depths), len(rest))
        out.append(fits[0])
    return out


def column(field: int, role: Any, over: list[Any], outermost: bool = False) -> Any:
    """Index of the row that names this field for every row: itself or one it stands under; −1 where none."""
    import numpy as np

    out = np.full(len(role), -1)
    for rows in (reversed(over) if outermost else over):
        hit = (rows >= 0) & (role[np.maximum(rows, 0)] == field)
        out = np.where(hit, rows, out)
    return out
