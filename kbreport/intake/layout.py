"""Where the table starts: the header row among titles and comments; totals and blank rows among the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from kbreport.intake.grid import Grid
from kbreport.intake.mapping import key, known_words

LOOK = 40  # rows searched for the header
TOTAL = r"(?i)^\s*(?:итого|всего|общий итог|grand total|total)(?:[^\pL\d]|$)"


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


def stated_period(titles: Sequence[str]) -> tuple[date, date] | None:
    """The period that the title block names («Период: 01.01.2025 - 31.01.2025»), else None."""
    for line in titles:
        found = re.findall(r"(\d{2})\.(\d{2})\.(\d{4})", line)
        if len(found) == 2 and re.search("(?i)период|period|начало", line):
            days = [_day(*map(int, f)) for f in found]
            if all(days) and days[0] <= days[1]:
                return days[0], days[1]
    return None


def _day(d: int, m: int, y: int) -> date | None:
    try:
        return date(y, m, d)
    except ValueError:
        return None


def drop_service_rows(grid: Grid) -> Grid:
    """The grid without blank rows, totals and nameless empty columns. Totals are kept aside for the control."""
    import pyarrow.compute as pc

    useful = [i for i, h in enumerate(grid.headers) if h or not pc.all(pc.equal(grid.cells[i].text, "")).as_py()]
    grid.headers = [grid.headers[i] or f"№{i + 1}" for i in useful]
    grid.cells = [grid.cells[i] for i in useful]
    blank = _all(pc.equal(c.text, "") for c in grid.cells)
    if blank is None:
        return grid
    total = _totals(grid)
    grid.blank_rows += pc.sum(blank).as_py() or 0
    grid.totals, grid.total_cells = grid.rows.filter(_flat(total)).to_pylist(), [c.filtered(total) for c in grid.cells]
    keep = pc.invert(pc.or_(blank, total))
    if not pc.all(keep).as_py():
        grid.cells = [c.filtered(keep) for c in grid.cells]
        grid.rows = grid.rows.filter(_flat(keep))
    return grid


def _totals(grid: Grid) -> Any:
    """Mask of rows «Итого»: the word in the first filled cell, and most other text cells empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    first = grid.cells[0].text
    said = pc.match_substring_regex(first, TOTAL)
    if not pc.any(said).as_py():
        return pa.chunked_array([pa.repeat(False, grid.n_rows)])
    empties = None
    for cell in grid.cells[1:]:
        empty = pc.cast(pc.equal(cell.text, ""), pa.int32())
        empties = empty if empties is None else pc.add(empties, empty)
    if empties is None:
        return said
    return pc.and_(said, pc.greater_equal(pc.multiply(empties, 2), len(grid.cells) - 1))


def _flat(mask: Any) -> Any:
    return mask.combine_chunks() if hasattr(mask, "combine_chunks") else mask


def _all(masks: Any) -> Any:
    import pyarrow.compute as pc

    whole = None
    for mask in masks:
        whole = mask if whole is None else pc.and_(whole, mask)
    return whole
