"""Shapes of time: line with band, plan and last year; fan of a forecast; seasonal bars; panels; sparklines; waterfall of the levers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kbreport import words
from kbreport.charts.colour import BAR, GOOD, INK, MUTED, PALE, RISK, TEXT2, WARN, main
from kbreport.charts.draw import NARROW, NB, area, bare, below, figures, finite, house, levels, rects, sheet, unit_above
from kbreport.charts.fit import LABEL, short, text_mm, wrapped
from kbreport.words import _


@house
def line(values: Sequence[float], labels: Sequence[str], *, name: str = "", before: Sequence[float] | None = None, before_name: str = "",
         target: Sequence[float] | float | None = None, target_name: str | None = None, low: Sequence[float] | None = None, high: Sequence[float] | None = None,
         unit: str = "", fmt: Callable[[float], str] = figures, w: float = 180, h: float | None = None) -> Figure | None:
    """The course of a measure: this year (brand), last year (grey), plan (dashed amber), band `low`…`high`.

    Values are in the unit shown. Missing values break the line. The last known point is marked and labelled.
    """
    y = finite(values)
    if not len(y) or np.isnan(y).all():
        return None
    x = np.arange(len(y))
    series = _series(y, before, target, name, before_name, _("план") if target_name is None else target_name, fmt)
    right = min(w * 0.3, max(text_mm(t, 8 if k == 0 else LABEL) for k, (_v, t, _s) in enumerate(series)) + 4)
    fig = sheet(w, h or (52 if w >= NARROW else 46))
    ax = area(fig, 10, right, 7, 7, keep=())
    bare(ax)
    if low is not None and high is not None:
        ax.fill_between(x[:len(finite(low))], finite(low), finite(high), color=PALE, lw=0)
    for v, _text, kind in reversed(series):
        ax.plot(x[:len(v)], v, **kind)
    last = int(np.flatnonzero(~np.isnan(y))[-1])
    ax.plot(last, y[last], "o", color=main())
    _reach(ax, [v for v, _t, _k in series] + [finite(z) for z in (low, high) if z is not None], len(y))
    _ends(ax, series, len(y), h or (52 if w >= NARROW else 46))
    step = max(1, int(np.ceil(len(y) * (max(len(str(t)) for t in labels) * 1.6 + 1.5) / (w - right - 10)))) if len(labels) else 1
    below(ax, x[::step], [str(t) for t in labels[::step]])
    levels(ax)
    unit_above(ax, unit)
    return fig


def _series(y, before, target, name, before_name, target_name, fmt):
    """[(values, label at the end, look)]: this year first."""
    last = y[~np.isnan(y)][-1]
    out = [(y, f"{name}{NB}{NB}{fmt(last)}".strip(NB), {"color": main(), "lw": 2})]
    if before is not None and not np.isnan(finite(before)).all():
        out.append((finite(before)[:len(y)], before_name, {"color": MUTED, "lw": 1.2}))
    if target is not None:
        plan = finite(np.broadcast_to(np.asarray(target, float), len(y)))
        out.append((plan, target_name, {"color": WARN, "lw": 1.1, "dashes": (4, 2)}))
    return out


def _reach(ax, series, n: int) -> None:
    """From zero where zero is near, else close to the values: a line may leave zero out, a bar may not."""
    every = np.concatenate(series)
    lo, hi = np.nanmin(every), np.nanmax(every)
    reach = (hi - lo) or abs(hi) or 1
    ax.set_xlim(-0.3, max(n - 0.9, 0.3))
    bottom = 0 if 0 <= lo < reach * 0.9 else lo - reach * 0.08
    ax.set_ylim(bottom, hi + reach * 0.07 if hi != bottom else bottom + 1)


def _ends(ax, series, n: int, h: float) -> None:
    """Labels at the ends of the lines, pushed apart so that none covers another."""
    lo, hi = ax.get_ylim()
    gap = (hi - lo) * 3.6 / (h - 14)
    wanted = sorted((float(v[~np.isnan(v)][-1]), k) for k, (v, _t, _s) in enumerate(series))
    at, floor = {}, lo - gap
    for y, k in wanted:
        at[k] = floor = max(y, floor + gap)
    over = max(0.0, max(at.values()) - hi)
    for k, (_v, text, look) in enumerate(series):
        ax.text(n - 0.85 if n > 1 else 0.35, at[k] - over, text, va="center", fontsize=8 if k == 0 else LABEL, weight=600 if k == 0 else 400, color=look["color"] if k != 1 or look["color"] != MUTED else TEXT2)


@house
def spark(values: Sequence[float], *, w: float = 33, h: float = 8) -> Figure | None:
    """A line of the size of a word, the last point marked."""
    y = finite(values)
    if not len(y) or np.isnan(y).all():
        return None
    fig = sheet(w, h)
    ax = area(fig, 0.6, 1.2, 1, 1, keep=())
    bare(ax)
    _thin(ax, y, None, 1.3, 3)
    return fig


def _thin(ax, y: np.ndarray, before: np.ndarray | None, lw: float, ms: float) -> None:
    if before is not None:
        ax.plot(before, color="#B4BEC8", lw=1.1)
    ax.plot(y, color=main(), lw=lw)
    known = np.flatnonzero(~np.isnan(y))
    if len(known):
        ax.plot(known[-1], y[known[-1]], "o", color=main(), ms=ms)
    every = np.concatenate([y, before if before is not None else y])
    lo, hi = (np.nanmin(every), np.nanmax(every)) if not np.isnan(every).all() else (0, 1)
    reach = (hi - lo) or abs(hi) or 1
    ax.set(xlim=(-0.02 * len(y) - 0.05, len(y) - 1 + 0.02 * len(y) + 0.05), ylim=(lo - reach * 0.15, hi + reach * 0.12))


@house
def panels(series: Sequence[tuple[str, str, str, str, Sequence[float], Sequence[float] | None]], *, ends: tuple[str, str] = ("", ""), w: float = 180,
           cols: int | None = None, row: float = 27) -> Figure | None:
    """Small multiples. series: (name, value text, delta text, good|bad|neutral, this year, last year or None); `ends` label the first and last month."""
    if not series:
        return None
    cols = cols or (3 if w >= NARROW else 1)
    lines = -(-len(series) // cols)
    fig = sheet(w, lines * row)
    cell = w / cols
    for i, one in enumerate(series):
        r, c = divmod(i, cols)
        ax = area(fig, c * cell + 2, w - (c + 1) * cell + 5, (lines - r - 1) * row + 6, r * row + 11, keep=("bottom",))
        _panel(fig, ax, one, ends, c * cell + 2, cell - 7, r * row, w, lines * row)
    return fig


def _panel(fig, ax, one, ends, left: float, room: float, top: float, w: float, tall: float) -> None:
    name, value, delta, tone, now, before = one
    y = finite(now)
    bare(ax)
    _thin(ax, y, finite(before) if before is not None else None, 1.6, 3.4)
    if len(y) > 1:
        for at, end, ha in zip((0, len(y) - 1), ends, ("left", "right")):
            below(ax, [at], [end], size=6.5, colour=MUTED, pad=2, ha=ha)
    colour = {"good": GOOD, "bad": RISK}.get(tone, TEXT2)
    fig.text(left / w, 1 - (top + 1.2) / tall, short(name, room), fontsize=LABEL, color=TEXT2, va="top")
    fig.text(left / w, 1 - (top + 4.8) / tall, value, fontsize=11, weight=600, va="top")
    fig.text((left + room) / w, 1 - (top + 5.6) / tall, delta, fontsize=LABEL, color=colour, ha="right", va="top", weight=600)


@house
def waterfall(labels: Sequence[str], values: Sequence[float], *, totals: Sequence[int] = (0, -1), fmt: Callable[[float], str] = figures,
              w: float = 180, h: float | None = None) -> Figure | None:
    """Which lever moved the total. `totals` are levels, the others are steps; falling steps are hatched.

    Raises ValueError when the steps do not add up to the next level: a picture must not hide a hole.
    """
    v = finite(values)
    if not len(v) or np.isnan(v).any():
        return None
    n = len(v)
    levels = {t % n for t in totals}
    start, end = _steps(v, levels)
    fig = sheet(w, h or (56 if w >= NARROW else 50))
    room = (w - 4) / n
    names = [wrapped(t, room - 1, 7.2 if w >= NARROW else 6.6) for t in labels]
    ax = area(fig, 2, 2, 3.5 + 3.1 * max(t.count("\n") + 1 for t in names), 6, keep=("bottom",))
    base, top, bottom = _ground(v, start, end, levels)
    span = (top - bottom) or 1
    bare(ax)
    ax.set(xlim=(-0.55, n - 0.45), ylim=(bottom - (0 if bottom == base else span * 0.1), top + span * 0.02))
    for i in range(n):
        _step(ax, i, v[i], start[i], end[i], i in levels, base, span, fmt, w)
        if i < n - 1:
            ax.plot([i + 0.31, i + 0.69], [end[i]] * 2, color=MUTED, lw=0.7)
    below(ax, range(n), names, size=7.2 if w >= NARROW else 6.6)
    return fig


def _steps(v: np.ndarray, levels: set[int]) -> tuple[np.ndarray, np.ndarray]:
    start, end, run = np.zeros(len(v)), np.zeros(len(v)), 0.0
    for i, x in enumerate(v):
        if i in levels:
            if i and abs(run - x) > max(1e-6 * np.abs(v).max(), 0.011):
                raise ValueError(f"steps end at {run}, the level says {x}")
            run = x
        else:
            start[i], run = run, run + x
        end[i] = run
    return start, end


def _ground(v, start, end, levels) -> tuple[float, float, float]:
    """(base of the level bars, top, bottom): zero, or above it with a visible break where the steps would vanish."""
    moves = [i for i in range(len(v)) if i not in levels]
    lows = np.minimum(start, end)
    low = min([lows[i] for i in moves] + [v[i] for i in levels])
    high = max(max(end), max(start), 0)
    base = max(0.0, low - (high - low) * 0.9) if low > 0 else 0.0
    return base, high, min(base, low)


def _step(ax, i: int, value: float, start: float, end: float, level: bool, base: float, span: float, fmt, w: float) -> None:
    up = value >= 0
    low, high = (min(base, value), max(base, value)) if level else (min(start, end), max(start, end))
    colour = main() if level else GOOD if up else RISK
    ax.add_patch(Rectangle((i - 0.31, low), 0.62, high - low, facecolor=colour, hatch=None if level or up else "////", edgecolor="white" if not (level or up) else "none", lw=0))
    if level and base > 0:
        ax.plot([i - 0.36, i + 0.36], [base + span * 0.06, base + span * 0.085], color="white", lw=2.4)
    text = fmt(value) if level else words.signed(fmt(value))
    ax.text(i, high + span * 0.02, text, ha="center", va="bottom", fontsize=9 if w >= NARROW else 7.5, weight=600, color=INK if level else colour)


@house
def season(index: Sequence[float], labels: Sequence[str], *, marks: Sequence[tuple[int, float]] = (), w: float = 118, h: float | None = None) -> Figure | None:
    """Seasonal indices as bars up and down from 1; `marks` are the single years behind them, (place, ratio). A missing index has no bar."""
    v = finite(index)
    if not len(v) or np.isnan(v).all():
        return None
    fig = sheet(w, h or 52)
    ax = area(fig, 2, 2, 7, 3, keep=())
    dots = np.array([(p, r) for p, r in marks if not words.missing(r)], dtype="float64").reshape(-1, 2)
    every = np.r_[v[~np.isnan(v)], dots[:, 1], 1.0]
    low, high = every.min(), every.max()
    reach = (high - low) or 1.0
    bare(ax)
    ax.set(xlim=(-0.6, len(v) - 0.4), ylim=(low - reach * 0.16, high + reach * 0.16))
    there = np.flatnonzero(~np.isnan(v))
    rects(ax, [(i - 0.34, min(v[i], 1), 0.68, abs(v[i] - 1)) for i in there], [main() if v[i] >= 1 else BAR for i in there])
    ax.plot([-0.5, len(v) - 0.5], [1, 1], color=MUTED, lw=0.7)
    if len(dots):
        ax.plot(dots[:, 0], dots[:, 1], "o", ms=3, mfc="white", mec=INK, mew=0.7, ls="none")
    for i in there:
        ends = [v[i], *dots[dots[:, 0] == i, 1], 1.0]
        up = v[i] >= 1
        ax.text(i, (max(ends) + reach * 0.03) if up else (min(ends) - reach * 0.03), words.number(v[i], 2), ha="center", va="bottom" if up else "top",
                fontsize=LABEL if w >= 100 else 6.6, weight=600)
    below(ax, range(len(v)), [str(t) for t in labels], size=LABEL if w >= 100 else 6.6)
    return fig


@house
def fan(fact: Sequence[float], labels: Sequence[str], point: float, *, past: Sequence[float] | None = None, low: float | None = None, high: float | None = None,
        plan: float | None = None, names: tuple[str, str] = ("", ""), unit: str = "", fmt: Callable[[float], str] = figures, w: float = 180, h: float | None = None) -> Figure | None:
    """Fact by month, what was forecast for these months, and the next month as a fan `low`…`high` around its point.

    `labels` name the months of `fact` and the next one; `names`: of the fact and of the past forecasts.
    """
    y = finite(fact)
    if not len(y) or np.isnan(y).all() or words.missing(point):
        return None
    n, lo, hi, mark = len(y), *finite([low, high, plan])
    last = int(np.flatnonzero(~np.isnan(y))[-1])  # the month in progress has no fact yet
    said = [(fmt(point), INK)] + ([] if np.isnan(lo + hi) else [(f"{fmt(lo)}–{fmt(hi)}", TEXT2)]) + ([] if np.isnan(mark) else [(_("план {x}").format(x=fmt(mark)), WARN)])
    right = min(w * 0.3, max(text_mm(text, 8 if k == 0 else LABEL) for k, (text, _c) in enumerate(said)) + 4)
    fig = sheet(w, h or (56 if w >= NARROW else 50))
    ax = area(fig, 10, right, 7, 12, keep=())
    bare(ax)
    if not np.isnan(lo + hi):
        ax.fill_between([last, n], [y[last], lo], [y[last], hi], color=PALE, lw=0)
        ax.plot([n, n], [lo, hi], color=main(), lw=1)
    then = finite(past) if past is not None else np.full(n, np.nan)
    ax.plot(range(n), then, color=MUTED, lw=1.2, dashes=(2, 1.5))
    ax.plot(range(n), y, color=main(), lw=2)
    ax.plot([last, n], [y[last], point], color=main(), lw=1.1, dashes=(3, 2))
    ax.plot(n, point, "o", color=main())
    if not np.isnan(mark):
        ax.plot([n - 0.3, n + 0.3], [mark, mark], color=WARN, lw=1.8)
    _reach(ax, [y, then, finite([point, lo, hi, mark])], n + 1)
    _beside(ax, said, point, n)
    _keys(fig, names if not np.isnan(then).all() else names[:1])
    step = max(1, int(np.ceil((n + 1) * (max(len(str(t)) for t in labels) * 1.6 + 1.5) / (w - right - 10))))
    below(ax, range(n + 1), [str(t) if (n - i) % step == 0 else "" for i, t in enumerate(labels)])
    levels(ax)
    unit_above(ax, unit)
    return fig


def _beside(ax, said: Sequence[tuple[str, str]], point: float, n: int) -> None:
    """The point, its range and the plan right of the fan, one under another."""
    lo, hi = ax.get_ylim()
    line = (hi - lo) * 3.8 / (ax.figure.get_size_inches()[1] * 25.4 - 19)
    top = min(max(point + line * (len(said) - 1) / 2, lo + line * len(said)), hi)
    for k, (text, colour) in enumerate(said):
        ax.text(n + 0.4, top - k * line, text, va="center", fontsize=8 if k == 0 else LABEL, weight=600 if k == 0 else 400, color=colour)


def _keys(fig: Figure, names: Sequence[str]) -> None:
    """What the two lines are, each in its colour, above the picture."""
    w, h = fig.get_size_inches() * 25.4
    left = 2.0
    for name, colour, mark in zip(names, (main(), MUTED), ("—", "- -"), strict=False):  # one name where there is one line
        text = f"{mark}{NB}{name}"
        fig.text(left / w, 1 - 1.5 / h, text, fontsize=LABEL, color=colour, va="top")
        left += text_mm(text) + 5
