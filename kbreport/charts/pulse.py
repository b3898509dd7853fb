"""The rhythm of one client: a dot per order, lateness in red after the day the next order was due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from matplotlib.figure import Figure

from kbreport import words
from kbreport.charts.colour import RISK, RULE, main
from kbreport.charts.draw import NARROW, area, bare, below, finite, house, sheet
from kbreport.charts.fit import LABEL, text_mm
from kbreport.words import n_


def _day(value) -> int:
    return np.datetime64(value, "D").astype(int)


def _inside(dates, amounts, first: int, last: int) -> tuple[np.ndarray, np.ndarray | None]:
    days = np.array([_day(d) for d in dates], dtype=float)
    sums = finite(amounts) if amounts is not None else None
    keep = (days >= first) & (days <= last)
    return days[keep], sums[keep] if sums is not None else None


def _due(dates, as_of: int, rhythm: float | None) -> float | None:
    """The day the next order was due, when that day is past."""
    before = [_day(d) for d in dates if _day(d) <= as_of]
    if words.missing(rhythm) or not before or max(before) + rhythm >= as_of:
        return None
    return max(before) + float(rhythm)  # type: ignore[arg-type]


@house
def rhythm(dates: Sequence, as_of: date, rhythm_days: float | None, *, amounts: Sequence[float] | None = None, months: int = 12, w: float = 180, h: float = 19) -> Figure | None:
    """Orders of one client on a time axis of `months`; area of a dot = amount; the red stretch is lateness against his own rhythm."""
    last = _day(as_of)
    starts = _months_before(as_of, months)
    first = _day(starts[0])
    days, sums = _inside(dates, amounts, first, last)
    if not len(list(dates)):
        return None
    fig = sheet(w, h)
    ax = area(fig, 3, 3, 6, 5, keep=("bottom",))
    bare(ax)
    ax.set(ylim=(-1, 1.35), xlim=(first - 4, last + 6))
    _late(ax, _due(dates, last, rhythm_days), first, last, w)
    ax.plot([first, last], [0, 0], color=RULE, lw=1, zorder=1)
    positive = np.clip(np.nan_to_num(sums), 0, None) if sums is not None else None
    size = 16.0 if positive is None or not len(positive) or positive.max() <= 0 else np.sqrt(positive / positive.max()) * 34 + 4
    ax.scatter(days, np.zeros(len(days)), s=size, color=main(), lw=0, zorder=3)
    step = 1 if w >= NARROW and months <= 12 else 2 if months <= 12 else 3
    names = words.months_short()
    below(ax, [_day(d) for d in starts[::step]], [names[d.month - 1] for d in starts[::step]], size=7, ha="left")
    return fig


def _months_before(as_of: date, months: int) -> list[date]:
    end = np.datetime64(as_of, "M")
    return [(end - k).astype("datetime64[D]").astype(object) for k in range(months - 1, -1, -1)]


def _late(ax, due: float | None, first: int, last: int, w: float) -> None:
    if due is None:
        return
    start = max(due, first)
    ax.axvspan(start, last, ymin=0.2, ymax=0.66, color=RISK, alpha=0.13, lw=0)
    ax.plot([start, last], [0, 0], color=RISK, lw=1.6, zorder=2)
    if due >= first:
        ax.plot([due, due], [-0.55, 0.55], color=RISK, lw=1)
    text = n_("опоздание {n} день", "опоздание {n} дней", int(last - due))
    half = text_mm(text) / 2 * (last - first + 10) / (w - 6)
    ax.text(min((start + last) / 2, last + 6 - half), 0.92, text, ha="center", va="bottom", fontsize=LABEL, weight=600, color=RISK)


@house
def rhythm_row(dates: Sequence, as_of: date, rhythm_days: float | None, *, days: int = 270, w: float = 46, h: float = 8) -> Figure | None:
    """The same for a row of a call list: no words, the gap in red."""
    last = _day(as_of)
    first = _day(as_of - timedelta(days=days))
    if not len(list(dates)):
        return None
    inside, _sums = _inside(dates, None, first, last)
    fig = sheet(w, h)
    ax = area(fig, 0.5, 0.5, 0.5, 0.5, keep=())
    bare(ax)
    ax.set(xlim=(first - 3, last + 5), ylim=(-1, 1))
    ax.plot([first, last], [0, 0], color=RULE, lw=0.8, zorder=1)
    due = _due(dates, last, rhythm_days)
    if due is not None:
        ax.plot([max(due, first), last], [0, 0], color=RISK, lw=3.2, alpha=0.85, zorder=2, solid_capstyle="butt")
    ax.scatter(inside, np.zeros(len(inside)), s=9, color=main(), lw=0, zorder=3)
    return fig


_PT = 72 / 25.4


def rhythm_mark(dates: Sequence, as_of: date, rhythm_days: float | None, *, days: int = 270, w: float = 46, h: float = 8) -> str | None:
    """`rhythm_row` as SVG text, written by hand: three shapes need no drawing engine, and a call list has ten of them."""
    last, first = _day(as_of), _day(as_of - timedelta(days=days))
    if not len(list(dates)):
        return None
    inside, _sums = _inside(dates, None, first, last)
    at = lambda day: round((0.5 + (day - first + 3) / (days + 8) * (w - 1)) * _PT, 2)  # noqa: E731
    y = round(h / 2 * _PT, 2)
    due = _due(dates, last, rhythm_days)
    parts = [f'<path d="M{at(first)} {y}H{at(last)}" stroke="{RULE}" stroke-width=".8"/>']
    if due is not None:
        parts.append(f'<path d="M{at(max(due, first))} {y}H{at(last)}" stroke="{RISK}" stroke-opacity=".85" stroke-width="3.2"/>')
    parts += [f'<circle cx="{at(day)}" cy="{y}" r="1.5" fill="{main()}"/>' for day in inside]
    box = f"{round(w * _PT, 2)} {round(h * _PT, 2)}"
    wide, tall = box.split()
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}pt" height="{tall}pt" viewBox="0 0 {box}" fill="none">' + "".join(parts) + "</svg>"
