"""Shapes about classes: Pareto curve, ribbons and matrix of migration, the base as a skyline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Curve
from matplotlib.transforms import ScaledTranslation

from kbreport import words
from kbreport.charts.colour import ABC, EFFORT, GOOD, INK, MUTED, NEUTRAL, RISK, TEXT2, on, shade
from kbreport.charts.draw import NARROW, NB, TICK, above, area, bare, beside, figures, finite, house, rects, say, scale_of, sheet, ticks, unit_above
from kbreport.charts.fit import short, text_mm
from kbreport.words import _, n_

_MOST = 300  # bars; a base of 50,000 clients is drawn as 300 averages, the curve through the same points


def _ordered(sales, classes) -> tuple[np.ndarray, list[str]]:
    """Clients with sales above zero, largest first; the class goes with its client."""
    values, letters = finite(sales), [str(c) for c in classes]
    order = [i for i in np.argsort(-values, kind="stable") if values[i] > 0]
    return values[order], [letters[i] for i in order]


def _binned(values: np.ndarray, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(left edges and the last right one, mean heights, classes) of at most 300 bars."""
    n = len(values)
    edges = np.unique(np.linspace(0, n, min(n, _MOST) + 1).round().astype(int))
    sums = np.add.reduceat(values, edges[:-1])
    return edges, sums / np.diff(edges), [classes[i] for i in edges[:-1]]


@house
def pareto(sales: Sequence[float], classes: Sequence[str], *, currency: str | None = None, w: float = 180, h: float | None = None) -> Figure | None:
    """ABC curve: clients in descending order coloured by class, the cumulative share with the borders of A and B.

    `sales` in money, `classes` A, B, C (N and sales ≤ 0 are left out).
    """
    values, letters = _ordered(sales, classes)
    if not len(values):
        return None
    divisor, unit, _key = scale_of(values, currency)
    edges, heights, tints = _binned(values / divisor, letters)
    cumulative = np.r_[0, np.cumsum(values)] / values.sum()
    fig = sheet(w, h or (68 if w >= NARROW else 64))
    ax = area(fig, 10, 14, 9, 17 if w >= NARROW else 15)
    top, n = heights.max() * 1.02, len(values)
    ax.set(xlim=(0, n), ylim=(0, top))
    gap = 0.09 if n <= 200 and w >= NARROW else 0
    rects(ax, [(x + gap, 0, width - 2 * gap, v) for x, width, v in zip(edges, np.diff(edges), heights)], [ABC.get(c, NEUTRAL) for c in tints])
    ax.plot(edges, cumulative[edges] * top / 1.02, color=INK, lw=1.4, zorder=4)
    unit_above(ax, unit)
    ticks(ax)
    _borders(ax, letters, cumulative, top, w)
    say(ax, n * 1.008, top / 1.02, words.percent(1), weight=600, color=INK)
    ax.xaxis.set_major_locator(_whole_steps(w))
    ax.xaxis.set_major_formatter(lambda v, _pos: words.number(v))
    ax.set_xlabel(_("клиенты по убыванию продаж"), loc="right")
    return fig


def _whole_steps(w: float):
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(7 if w >= NARROW else 4, integer=True)


def _borders(ax, letters: Sequence[str], cumulative: np.ndarray, top: float, w: float) -> None:
    """Borders of the classes on the curve; above the bars what each class is: clients and share of sales, pushed apart."""
    n, wide = len(letters), w >= NARROW
    room = n / (w - 24)  # clients per millimetre
    first, free = 0, 8 * room  # the unit of the axis stands first
    for letter in "ABC":
        count = sum(c == letter for c in letters)
        if not count:
            continue
        last = first + count
        at = cumulative[last] * top / 1.02
        if last < n:
            ax.plot([last, last], [0, top], color=MUTED, lw=0.7, dashes=(3, 2))
            ax.plot(last, at, "o", color=INK, ms=4, zorder=5)
            ax.annotate(words.percent(cumulative[last]), (last, at), (4, -9), textcoords="offset points", fontsize=8, weight=600, zorder=6)
        lines = [n_("{n} клиент", "{n} клиентов", count), _("{share} продаж").format(share=words.percent(cumulative[last] - cumulative[first]))]
        half = max(text_mm(line, _size(wide)) for line in lines) / 2 * room
        x = min(max((first + last) / 2, free + half), n - half)
        free = x + half + 2 * room
        _name_class(ax, x, letter, lines, wide)
        first = last


def _size(wide: bool) -> float:
    return 7.5 if wide else 6.8


def _name_class(ax, x: float, letter: str, lines: list[str], wide: bool) -> None:
    """Letter, clients and share in the band above the axes, where no bar can stand behind them."""
    colour = ABC[letter] if letter != "C" else "#6F8FAE"
    above = ax.get_xaxis_transform() + ScaledTranslation(0, 2.2 / 25.4, ax.figure.dpi_scale_trans)
    say(ax, x, 1, "\n".join(lines), ha="center", va="bottom", fontsize=_size(wide), linespacing=1.35, transform=above)
    say(ax, x, 1, letter, ha="center", va="bottom", fontsize=13 if wide else 10, weight=600, color=colour,
        transform=above + ScaledTranslation(0, (7.6 if wide else 6.8) / 25.4, ax.figure.dpi_scale_trans))


# ------------------------------------------------------------------ migration
def _stack(totals: np.ndarray, gap: float) -> tuple[list[tuple[float, float]], float]:
    """Bands of one side, from the top; and the height of the whole."""
    starts, y = [], 0.0
    for total in totals:
        starts.append((y, y + total))
        y += total + (gap if total > 0 else 0)
    return starts, max(y - gap, 0)


@house
def flow(matrix, labels0: Sequence[str], labels1: Sequence[str], colours0: Sequence[str], colours1: Sequence[str], *,
         heads: tuple[str, str], fmt: Callable[[float], str] = words.number, w: float = 118, h: float | None = None,
         good: Sequence[tuple[int, int]] = (), bad: Sequence[tuple[int, int]] = ()) -> Figure | None:
    """Ribbons between the classes of two periods; the width is money (negative cells are not drawn).

    `matrix[i][j]` moved from class i to class j; `good` and `bad` are the cells to stress.
    """
    money = np.nan_to_num(np.atleast_2d(finite(np.ravel(matrix)).reshape(np.shape(matrix))))
    money = np.clip(money, 0, None)
    if money.sum() <= 0:
        return None
    gap = money.sum() * 0.06
    left, height0 = _stack(money.sum(1), gap)
    right, height1 = _stack(money.sum(0), gap)
    tall = max(height0, height1)
    fig = sheet(w, h or (72 if w >= NARROW - 10 else 78))
    side = min(w * 0.3, max(text_mm(t, _size(True)) for t in [*labels0, *labels1, fmt(money.sum())]) + 5)
    ax = area(fig, side, side, 2, 8, keep=())
    bare(ax)
    ax.set(xlim=(0, 1), ylim=(tall, 0))
    shift0, shift1 = (tall - height0) / 2, (tall - height1) / 2
    _ribbons(ax, money, [a + shift0 for a, b in left], [a + shift1 for a, b in right], good, bad)
    for bands, shift, labels, colours, at in ((left, shift0, labels0, colours0, 0), (right, shift1, labels1, colours1, 1)):
        _bands(ax, bands, shift, [short(t, side - 3) for t in labels], colours, at, fmt, tall)
    for x, text, ha in ((0, heads[0], "left"), (1, heads[1], "right")):
        ax.annotate(text, (x, 1), (0, 6), xycoords="axes fraction", textcoords="offset points", ha=ha, fontsize=8.5, weight=600)
    return fig


def _ribbons(ax, money: np.ndarray, at0: list[float], at1: list[float], good, bad) -> None:
    x0, x1 = 0.045, 0.955
    for i, j in np.ndindex(money.shape):
        v = money[i, j]
        if v <= 0:
            continue
        a, b = at0[i], at1[j]
        at0[i], at1[j] = a + v, b + v
        verts = [(x0, a), (0.5, a), (0.5, b), (x1, b), (x1, b + v), (0.5, b + v), (0.5, a + v), (x0, a + v), (x0, a)]
        colour = RISK if (i, j) in bad else GOOD if (i, j) in good else EFFORT
        ax.add_patch(PathPatch(Curve(verts, [1, 4, 4, 4, 2, 4, 4, 4, 79]), facecolor=colour, lw=0,
                               alpha=0.38 if colour == EFFORT else 0.62, zorder=2 if colour == EFFORT else 3))


def _bands(ax, bands, shift: float, labels, colours, at: int, fmt, tall: float) -> None:
    for (a, b), label, colour in zip(bands, labels, colours):
        if b <= a:
            continue
        ax.add_patch(Rectangle((at * 0.955, a + shift), 0.045, b - a, facecolor=colour, edgecolor=MUTED if colour.upper() == "#FFFFFF" else "none", lw=0.7, zorder=4))
        small = (b - a) < tall * 0.09
        ax.text(1.025 if at else -0.025, (a + b) / 2 + shift, label if small else f"{label}\n{fmt(b - a)}", ha="left" if at else "right", va="center", fontsize=7.2, linespacing=1.25)


@house
def matrix(counts, money, rows: Sequence[str], cols: Sequence[str], *, heads: tuple[str, str], w: float = 60, h: float | None = None,
           fmt: Callable[[float], str] | None = None) -> Figure | None:
    """Who moved where: counts with money under them; the diagonal («stayed») is outlined. Rows: before, columns: after."""
    count = np.nan_to_num(finite(np.ravel(counts))).reshape(np.shape(counts))
    if not count.size or count.sum() <= 0:
        return None
    value = finite(np.ravel(money)).reshape(np.shape(counts))
    divisor = scale_of(value.ravel(), None)[0]
    fmt = fmt or (lambda v: figures(v / divisor))
    fig = sheet(w, h or 11 * len(rows) + 20)
    left = max(text_mm(t, 8) for t in rows) + 3
    ax = area(fig, min(left, w * 0.35), 1, 2, 13, keep=())
    bare(ax)
    ax.set(xlim=(0, len(cols)), ylim=(len(rows), 0))
    for i, j in np.ndindex(count.shape):
        _square(ax, i, j, count[i, j], value[i, j], count.max(), fmt)
    above(ax, np.arange(len(cols)) + 0.5, cols, size=8, pad=3)
    beside(ax, np.arange(len(rows)) + 0.5, [short(t, w * 0.35 - 3, 8) for t in rows], size=8, colour=TICK, pad=3)
    fig.text(0.5 / w, 1 - 1 / fig.get_figheight() / 25.4, f"{heads[0]}{NB}↓{NB}{NB}{heads[1]}{NB}→", fontsize=7.5, weight=600, va="top", ha="left")
    return fig


def _square(ax, i: int, j: int, count: float, money: float, most: float, fmt) -> None:
    colour = shade(0.08 + 0.82 * count / most) if count else "#FAFBFC"
    ax.add_patch(Rectangle((j + 0.03, i + 0.03), 0.94, 0.94, facecolor=colour, edgecolor=INK if i == j and count else "none", lw=0.9 if i == j and count else 0))
    if not count:
        ax.text(j + 0.5, i + 0.5, "—", ha="center", va="center", color=MUTED)
        return
    ink = on(colour)
    ax.text(j + 0.5, i + 0.42, words.number(count), ha="center", va="center", fontsize=10, weight=600, color=ink)
    ax.text(j + 0.5, i + 0.76, fmt(money) if not np.isnan(money) else _("н/д"), ha="center", va="center", fontsize=6.5, color=ink if ink == "#FFFFFF" else TEXT2)


@house
def skyline(sales: Sequence[float], classes: Sequence[str], *, w: float = 210, h: float = 92, margins: tuple[float, float] = (20, 10)) -> Figure | None:
    """The customer's own base as the picture of a cover: one bar per client, true scale, no words."""
    values, letters = _ordered(sales, classes)
    if not len(values):
        return None
    edges, heights, tints = _binned(values, letters)
    n = len(values)
    fig = sheet(w, h)
    ax = area(fig, 0, 0, 0, 0, keep=())
    per = n / (w - sum(margins))
    gap = 0.14 if n <= 200 else 0
    bare(ax)
    ax.set(xlim=(-margins[0] * per, n + margins[1] * per), ylim=(0, heights.max() * 1.02))
    rects(ax, [(x + gap, 0, width - 2 * gap, v) for x, width, v in zip(edges, np.diff(edges), heights)], [ABC.get(c, NEUTRAL) for c in tints])
    return fig
