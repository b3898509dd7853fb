"""Shapes that rank or compare: bars, bullets, paired shares, funnel. The value stands at the bar, so there is no axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from kbreport import words
from kbreport.charts.colour import BAR, EFFORT, GOOD, INK, MUTED, NEUTRAL, PALE, RISK, TEXT2, WARN, main, on
from kbreport.charts.draw import NB, area, bare, beside, finite, house, rects, say, sheet
from kbreport.charts.fit import LABEL, names_room, short, text_mm
from kbreport.words import n_

_MOST = 30


@house
def bars(names: Sequence[str], values: Sequence[float], *, labels: Sequence[str] | None = None, colours: Sequence[str] | str | None = None,
         fmt: Callable[[float], str] = words.number, most: int = _MOST, w: float = 88, h: float | None = None) -> Figure | None:
    """Horizontal bars in the order given, the value at the end. Negative bars go left; a missing value is «н/д».

    More than `most` rows are cut, and the last line says how many stay outside.
    """
    whole = finite(values)
    if not len(whole):
        return None
    v, rest = whole[:most], len(whole) - most
    shown = [str(t) for t in labels[:most]] if labels is not None else [fmt(x) for x in v]
    tints = [colours] * len(v) if isinstance(colours, str) else list(colours[:most]) if colours is not None else [main()] * len(v)
    cut, left = names_room(names[:most], w)
    fig = sheet(w, h or 5.6 * (len(v) + (rest > 0)) + 4)
    ax = area(fig, left, 1, 1, 1, keep=())
    bare(ax)
    _span(ax, v, shown, w - left - 1)
    ax.set(ylim=(len(v) - 0.45 + (rest > 0), -0.55))
    rects(ax, [(min(x, 0), i - 0.31, abs(x), 0.62) for i, x in enumerate(np.nan_to_num(v))], tints)
    _ends(ax, v, shown)
    beside(ax, range(len(v)), cut, pad=3)
    ax.plot([0, 0], [-0.5, len(v) - 0.5], color=MUTED, lw=0.7, clip_on=False)
    if rest > 0:
        say(ax, 0, len(v), "  " + n_("и ещё {n} строка", "и ещё {n} строк", rest), color=MUTED)
    return fig


def _span(ax, v: np.ndarray, shown: Sequence[str], room: float) -> None:
    """x limits that leave room for the labels at both ends; nothing else is known of the labels than their length."""
    high, low = max(np.nanmax(np.r_[v, 0]), 0), min(np.nanmin(np.r_[v, 0]), 0)
    up = max((text_mm(t) for t, x in zip(shown, v) if not x < 0), default=0) + 2.5
    down = max((text_mm(t) for t, x in zip(shown, v) if x < 0), default=0) + (2.5 if low < 0 else 0)
    per = ((high - low) or 1) / max(room - up - down, 4)
    ax.set_xlim(low - down * per, high + up * per)


def _ends(ax, v: np.ndarray, shown: Sequence[str]) -> None:
    step = np.ptp(ax.get_xlim()) * 0.012
    for i, (x, text) in enumerate(zip(v, shown)):
        missing = np.isnan(x)
        ax.text(step if missing else x + (step if x >= 0 else -step), i, text, va="center", ha="left" if missing or x >= 0 else "right", fontsize=LABEL,
                weight=400 if missing else 600, color=TEXT2 if missing else INK)


@house
def bullets(rows: Sequence[tuple[str, float, float | None, float | None]], *, labels: Sequence[str] | None = None, verdict: bool = True,
            w: float = 88, row: float = 8.2) -> Figure | None:
    """Plan and fact. Rows: (name, fact, plan, forecast or None); the plan is a dark tick, the forecast a pale bar.

    At the right the share of the plan with its arrow; without a plan «н/д». `verdict=False` leaves the colour out (small bases).
    """
    if not rows:
        return None
    cut, left = names_room([r[0] for r in rows], w)
    table = np.array([finite(r[1:4]) for r in rows])
    most = max(np.nanmax(np.nan_to_num(table)), 0)
    fig = sheet(w, row * len(rows) + 5)
    ax = area(fig, left, 17, 1, 4, keep=())
    bare(ax)
    ax.set(xlim=(min(np.nanmin(np.nan_to_num(table)), 0), (most or 1) * 1.04), ylim=(len(rows) - 0.4, -0.6))
    for i, (fact, plan, forecast) in enumerate(np.nan_to_num(table)):
        rects(ax, [(0, i - 0.31, plan, 0.62), (0, i - 0.15, forecast, 0.3), (0, i - 0.15, fact, 0.3)], [PALE, BAR, main()])
        if plan:
            ax.plot([plan, plan], [i - 0.36, i + 0.36], color=INK, lw=1.6, solid_capstyle="butt")
        text, colour = _share(fact, table[i, 1], np.isnan(table[i, 0])) if labels is None else (labels[i], INK)
        say(ax, ax.get_xlim()[1] * 1.02, i, text, weight=600, color=colour if verdict else INK)
    beside(ax, range(len(rows)), cut)
    return fig


def _share(fact: float, plan: float, unknown: bool) -> tuple[str, str]:
    """Fulfilment of a plan: done ▲, close (95 % and more), missed ▼."""
    if unknown or not plan > 0:
        return words.number(None), TEXT2
    share = fact / plan
    return f"{'▲' if share >= 1 else '▼'}{NB}{words.percent(share)}", GOOD if share >= 1 else WARN if share >= 0.95 else RISK


@house
def pairs(names: Sequence[str], first: Sequence[float], second: Sequence[float], heads: tuple[str, str], *, colours: Sequence[str] | None = None,
          fmt: Callable[[float], str] = words.percent, w: float = 88, row: float = 9) -> Figure | None:
    """Two shares per row: effort (grey) against result (colour)."""
    a, b = finite(first), finite(second)
    if not len(a):
        return None
    cut, left = names_room(names, w)
    tints = list(colours) if colours is not None else [main()] * len(a)
    top = max(np.nanmax(np.nan_to_num(np.r_[a, b])), 0) or 1
    fig = sheet(w, row * len(a) + 6)
    ax = area(fig, left, 2, 1, 6, keep=())
    bare(ax)
    shown = [(fmt(x), fmt(y)) for x, y in zip(a, b)]
    room = max(text_mm(t) for two in shown for t in two) + 3
    ax.set(xlim=(0, top * (w - left - 2) / max(w - left - 2 - room, 5)), ylim=(len(a) - 0.5, -0.5))
    low = np.clip(np.nan_to_num(np.c_[a, b]), 0, None)
    rects(ax, [(0, i - 0.36, low[i, 0], 0.33) for i in range(len(a))], [EFFORT] * len(a))
    rects(ax, [(0, i + 0.03, low[i, 1], 0.33) for i in range(len(a))], tints)
    for i, (one, two) in enumerate(shown):
        say(ax, low[i, 0] + top * 0.015, i - 0.19, one)
        say(ax, low[i, 1] + top * 0.015, i + 0.19, two, weight=600, color=INK)
    beside(ax, range(len(a)), cut)
    _legend(ax, heads, w - left - 2)
    return fig


def _legend(ax, heads: tuple[str, str], room: float) -> None:
    """Two heads above the bars: ■ grey, ■ colour."""
    first = short("■ " + heads[0], room / 2, 7.2)
    at = min((text_mm(first, 7.2) + 3) / room, 0.6)
    for x, text, colour, weight in ((0, first, NEUTRAL, 400), (at, short("■ " + heads[1], room * (1 - at), 7.2), main(), 600)):
        ax.annotate(text, (x, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", fontsize=7.2, color=colour if weight == 600 else TEXT2, weight=weight, va="bottom")


@house
def funnel(names: Sequence[str], values: Sequence[float], *, fmt: Callable[[float], str] = words.number, w: float = 88, row: float = 9) -> Figure | None:
    """Steps of a funnel: centred bars, the count inside or beside, between two steps the share that went on."""
    v = finite(values)
    if not len(v) or not np.nanmax(np.nan_to_num(v)) > 0:
        return None
    cut, left = names_room(names, w)
    width = np.clip(np.nan_to_num(v), 0, None)
    top = width.max()
    fig = sheet(w, row * len(v) + 2)
    ax = area(fig, left, 16, 1, 1, keep=())
    bare(ax)
    ax.set(xlim=(-top / 2, top / 2), ylim=(len(v) - 0.45, -0.55))
    rects(ax, [(-x / 2, i - 0.32, x, 0.64) for i, x in enumerate(width)], [main()] * len(v))
    for i, x in enumerate(v):
        inside = width[i] / top * (w - left - 16) > text_mm(fmt(x)) + 2
        ax.text(0 if inside else width[i] / 2 + top * 0.015, i, fmt(x), ha="center" if inside else "left", va="center", fontsize=LABEL, weight=600, color=on(main()) if inside else INK)
        if i and width[i - 1] > 0 and not np.isnan(x):
            say(ax, top / 2 * 1.03, i - 0.5, f"↓{NB}{words.percent(x / width[i - 1])}", fontsize=LABEL)
    beside(ax, range(len(v)), cut, pad=3)
    return fig
