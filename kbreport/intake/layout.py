"""Where the table starts: the header row among titles and comments; totals and blank rows among the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from kbreport.intake import periods
from kbreport.intake.grid import Grid
from kbreport.intake.mapping import key, known_words
from kbreport.words import _, n_

LOOK = 40  # rows searched for the header
TOTAL = r"(?i)^\s*(?:итого|всего|общий итог|grand total|total)(?:[^\pL\d]|$)"

WHOLE_TOTAL = r"(?i)^\s*(?:итого|всего|общий итог|grand total)\s*:?\s*$"


def header_row(rows: Sequence[Sequence[str]], wanted: Sequence[str] = ()) -> int:
    """Index of the header among the first rows: the row with most known words; else the first row with any text.

    `wanted` are headers named in company.yml: they count first.
    """
    named = {key(w) for w in wanted}
    best, best_score = None, (0, 0)
    for i, row in enumerate(rows[:LOOK]):
        keys = [key(c) for c in row if c.strip()]
        score = (sum(k in named for k in keys), sum(k in known_words() for k in keys))
        enough = score[0] >= max(1, len(named) // 2) or score[1] >= 2 or (score[1] == 1 and len(keys) == 1)
        if enough and score > best_score:
            best, best_score = i, score
    if best is None:
        best = next((i for i, row in enumerate(rows) if any(c.strip() for c in row)), 0)
    return best


def above_header(titles: Sequence[str]) -> list[str]:
    """The remark about what stood above the header, if anything did."""
    return [n_("Над заголовком стоит {n} строка, она пропущена.", "Над заголовком стоит {n} строк, они пропущены.", len(titles)), *above_told(titles)] if titles else []


def above_told(titles: Sequence[str]) -> list[str]:
    """Filters of the report: what it leaves out must be seen."""
    told = [re.sub(r"(?i)^.*?отбор:?\s*", "", t).strip() for t in titles if re.search(r"(?i)(?:^|\s)отбор:", t)]
    return [_("Отчёт выгружен с отбором: {filters}.").format(filters="; ".join(t for t in told if t))] if any(told) else []


def stated_period(titles: Sequence[str]) -> tuple[date, date] | None:
    """The period that the title block names («Период: 01.01.2025 - 31.01.2025», «за 1 квартал 2025 г.»), else None."""
    return periods.of_lines([t for t in titles if re.search("(?i)период|period|начало", t)])


def drop_service_rows(grid: Grid) -> Grid:
    """The grid without blank rows, totals and nameless empty columns. Totals are kept aside for the control."""
    import pyarrow.compute as pc

    useful = [i for i, h in enumerate(grid.headers) if h or not pc.all(pc.equal(grid.cells[i].text, "")).as_py()]
    grid.headers = [grid.headers[i] or f"№{i + 1}" for i in useful]
    grid.cells = [grid.cells[i] for i in useful]
    if not grid.cells:
        return grid
    blank = pc.or_(_all(pc.equal(c.text, "") for c in grid.cells), _headers_again(grid))
    total = _totals(grid)
    grid.blank_rows += pc.sum(blank).as_py() or 0
    grid.totals, grid.total_cells = grid.rows.filter(_flat(total)).to_pylist(), [c.filtered(total) for c in grid.cells]
    keep = pc.invert(pc.or_(blank, total))
    if not pc.all(keep).as_py():
        grid.cells = [c.filtered(keep) for c in grid.cells]
        grid.rows = grid.rows.filter(_flat(keep))
    return grid


def _totals(grid: Grid) -> Any:
    """Mask of rows «Итого»: at least half of the cells are empty and one of the others starts with the word."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    empties = np.zeros(grid.n_rows, dtype=np.int32)
    for cell in grid.cells:
        empties += np.asarray(pc.equal(cell.text, ""))
    place = pa.array(np.flatnonzero(2 * empties >= len(grid.cells) - 1))
    mask = np.zeros(grid.n_rows, dtype=bool)
    for cell in grid.cells if len(place) else ():
        mask[np.asarray(place)] |= np.asarray(pc.match_substring_regex(cell.text.take(place), TOTAL))
    return pa.chunked_array([pa.array(mask | _named_totals(grid))])


def _named_totals(grid: Grid) -> Any:
    """Mask of rows that say nothing but «Итого» on the left and are filled to the right: a table of clients and figures has no
    empty cells in its total. An English «Total» may be a firm: it counts in the last row only."""
    import numpy as np
    import pyarrow.compute as pc

    first = grid.cells[0].text
    mask = np.asarray(pc.match_substring_regex(first, WHOLE_TOTAL)).copy()
    last = len(mask) - 1
    if last >= 0 and re.fullmatch(r"(?i)\s*total\s*:?", first[last].as_py()):
        mask[last] = True
    return mask


def _headers_again(grid: Grid) -> Any:
    """Mask of rows that repeat the header, as pages of a report or glued files do."""
    import pyarrow.compute as pc

    same = None
    for header, cell in zip(grid.headers, grid.cells, strict=True):
        equal = pc.equal(cell.text, header)
        same = equal if same is None else pc.and_(same, equal)
        if not pc.any(same).as_py():
            break
    return same


def _flat(mask: Any) -> Any:
    return mask.combine_chunks() if hasattr(mask, "combine_chunks") else mask


def _all(masks: Any) -> Any:
    import pyarrow.compute as pc

    whole = None
    for mask in masks:
        whole = mask if whole is None else pc.and_(whole, mask)
    return whole
