"""Heat-maps: cohorts of new clients, the calendar of silence, signals of risk."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from kbreport import words
from kbreport.charts.colour import INK, MUTED, RISK, RULE, TEXT2, on, shade
from kbreport.charts.draw import NARROW, above, area, bare, beside, finite, house, rects, say, sheet
from kbreport.charts.fit import names_room, text_mm, wrapped
from kbreport.words import _, n_

_MOST = 40
_MOST_SILENT = 24
_MOST_SIGNALS = 16


@house
def cohort(table, rows: Sequence[str], cols: Sequence[str], *, sizes: Sequence[int] | None = None, span: tuple[float, float] = (0, 1),
           fmt: Callable[[float], str] | None = None, w: float = 118, h: float | None = None) -> Figure | None:
    """A triangle of shares (0…1), darker = more; a missing cell stays white. `span` is the range of the scale, `sizes` the cohorts' sizes."""
    grid = finite(np.ravel(table)).reshape(len(rows), -1) if len(rows) else np.empty((0, 0))
    grid, rows = grid[:_MOST], list(rows)[:_MOST]
    if not grid.size or np.isnan(grid).all():
        return None
    fmt = fmt or (lambda v: words.number(v * 100))
    named = [f"{name} · {n_('{n} клиент', '{n} клиентов', sizes[i])}" for i, name in enumerate(rows)] if sizes is not None and w >= 100 else rows
    cut, left = names_room(named, w)
    fig = sheet(w, h or 6.2 * len(rows) + 12)
    ax = area(fig, left, 1, 1, 8, keep=())
    ax.set(xlim=(0, grid.shape[1]), ylim=(len(rows), 0))
    low, high = span
    cells = [q for q in np.ndindex(grid.shape) if not np.isnan(grid[q])]
    tints = [shade(0.85 * (grid[q] - low) / ((high - low) or 1)) for q in cells]
    rects(ax, [(j + 0.02, i + 0.04, 0.96, 0.92) for i, j in cells], tints)
    size = 7.5 if grid.shape[1] <= 12 or w >= NARROW else 6.5
    if (w - left) / grid.shape[1] >= 4.5:
        for (i, j), tint in zip(cells, tints):
            say(ax, j + 0.5, i + 0.53, fmt(grid[i, j]), ha="center", fontsize=size, color=on(tint))
    _frame(ax, cut, cols, w - left)
    return fig


def _frame(ax, names: Sequence[str], cols: Sequence[str], room: float) -> None:
    """Column heads above (every n-th where they would touch), names at the left."""
    widest = max((len(str(c)) for c in cols), default=1) * 1.7 + 1
    step = max(1, int(np.ceil(widest * len(cols) / room)))
    bare(ax)
    above(ax, np.arange(0, len(cols), step) + 0.5, [str(head) for head in cols[::step]], size=7.2, colour=TEXT2, pad=2)
    beside(ax, np.arange(len(names)) + 0.5, names, size=7.2, pad=2)


@house
def silence(names: Sequence[str], grid, norms: Sequence[tuple[float | None, float | None]], cols: Sequence[str], *, w: float = 180, row: float = 4.6) -> Figure | None:
    """Touches per client and month: white = none, pale = one, darker with its number = more; at the right the days of silence
    against the norm, red when over it. The first 24 clients are drawn.

    `norms`: (days silent or None = never touched, norm in days or None).
    """
    touches = np.nan_to_num(finite(np.ravel(grid)).reshape(len(names), -1)) if len(names) else np.empty((0, 0))
    touches, norms = touches[:_MOST_SILENT], list(norms)[:_MOST_SILENT]
    if not touches.size:
        return None
    cut, left = names_room(list(names)[:_MOST_SILENT], w, 7.2, most=0.3)
    right = 27 if w >= NARROW else 21
    n, k = touches.shape
    fig = sheet(w, row * n + 9)
    ax = area(fig, left, right, 1, 8, keep=())
    ax.set(xlim=(0, k), ylim=(n, 0))
    cells = list(np.ndindex(touches.shape))
    tints = [shade(min(0.15 + touches[q] * 0.2, 0.95)) if touches[q] else "white" for q in cells]
    rects(ax, [(j + 0.03, i + 0.08, 0.94, 0.84) for i, j in cells], tints, ["none" if touches[q] else RULE for q in cells], linewidths=0.5)
    for (i, j), tint in zip(cells, tints):
        if touches[i, j] > 1:
            say(ax, j + 0.5, i + 0.55, words.number(touches[i, j]), ha="center", fontsize=6.5, color=on(tint))
    _frame(ax, cut, cols, w - left - right)
    _norms(ax, norms, k, (w - left - right) / k)
    return fig


def _norms(ax, norms, k: int, cell: float) -> None:
    at, then = k + 1.5 / cell, k + 11.5 / cell
    for i, (days, limit) in enumerate(norms):
        late = not words.missing(days) and not words.missing(limit) and days > limit
        never = words.missing(days)
        text = _("не было") if never else _("{n} дн.").format(n=words.number(days))
        say(ax, at, i + 0.53, text, fontsize=7, weight=600 if late or never else 400, color=RISK if late or never else TEXT2)
        if not words.missing(limit) and not never:
            say(ax, then, i + 0.53, _("из {n}").format(n=words.number(limit)), fontsize=6.8, color=MUTED)
    say(ax, at, -0.35, _("тишина / норма"), fontsize=6.8, va="bottom")


@house
def signals(names: Sequence[str], grid, heads: Sequence[str], marks: Sequence[str], *, head: str = "", w: float = 180, row: float = 4.8) -> Figure | None:
    """Clients × signals 0…1: darker = louder with its per cent, framed white = quiet, «н/д» = not known; `marks` stand at the right under `head`."""
    cells = finite(np.ravel(grid)).reshape(len(names), -1)[:_MOST_SIGNALS] if len(names) else np.empty((0, 0))
    if not cells.size:
        return None
    n, k = cells.shape
    cut, left = names_room(list(names)[:_MOST_SIGNALS], w, 7.2, most=0.3)
    right, size = max(12.0, text_mm(head, 6.8) + 3), 6.8 if w >= NARROW else 6.5
    room = (w - left - right) / k
    split = [wrapped(h, room, size, lines=4) for h in heads]
    fig = sheet(w, row * n + 3 + 3 * max(h.count("\n") + 1 for h in split))
    ax = area(fig, left, right, 1, 2 + 3 * max(h.count("\n") + 1 for h in split), keep=())
    ax.set(xlim=(0, k), ylim=(n, 0))
    at = [q for q in np.ndindex(cells.shape) if not np.isnan(cells[q])]
    tints = [shade(0.12 + 0.83 * cells[q]) if cells[q] > 0 else "white" for q in at]
    rects(ax, [(j + 0.02, i + 0.07, 0.96, 0.86) for i, j in at], tints, ["none" if cells[q] > 0 else RULE for q in at], linewidths=0.5)
    for (i, j), tint in zip(at, tints):
        if cells[i, j] > 0:
            say(ax, j + 0.5, i + 0.53, words.number(cells[i, j] * 100), ha="center", fontsize=size, color=on(tint))
    for i, j in zip(*np.nonzero(np.isnan(cells))):
        say(ax, j + 0.5, i + 0.53, _("н/д"), ha="center", fontsize=6.5, color=MUTED)
    _frame(ax, cut, [""] * k, w - left - right)
    for j, text in enumerate(split):
        say(ax, j + 0.5, -1.6 / row, text, ha="center", va="baseline", fontsize=size, linespacing=1.15)
    for i, mark in enumerate(list(marks)[:n]):
        say(ax, k + 1.5 / room, i + 0.53, mark, fontsize=7.2, weight=600, color=INK)
    say(ax, k + 1.5 / room, -1.6 / row, head, va="baseline", fontsize=size)
    return fig
