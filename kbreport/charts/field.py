"""Fields of clients: sales against free volume (ABCD), risk against sales; names only where they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.ticker
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kbreport.charts.colour import ABCD, INK, MUTED, RISK, RULE, TEXT2
from kbreport.charts.draw import NARROW, area, figures, finite, house, scale_of, sheet
from kbreport.charts.fit import short
from kbreport.words import N_, _

_STRATEGY = {"A": N_("развитие"), "B": N_("удержание"), "C": N_("развитие"), "D": N_("экономия сил")}
_MARK = {"A": "o", "B": "s", "C": "^", "D": "o"}
_TINT = {"A": 0.055, "B": 0.07, "C": 0.10, "D": 0.16}
_CROWD = 150  # points; more are drawn smaller
_STEPS = 6  # sizes of points: a picture with a size for each would be twice as heavy
_NAMED = 28  # names tried; more would be a word cloud


@house
def abcd(sales: Sequence[float], free: Sequence[float], classes: Sequence[str], names: Sequence[str], cut_sales: float, cut_free: float, *,
         currency: str | None = None, notes: Mapping[str, str] | None = None, sizes: Sequence[float] | None = None, ylabel: str | None = None, w: float = 180,
         h: float | None = None) -> Figure | None:
    """Where to develop: a point per client with known free volume, quarters A–D, names of the largest A, B, C.

    Money on both axes (logarithmic; below 1/10,000 of the largest a point sits on the edge); `notes` are written in the
    corners («13 клиентов · 86,4 млн»), `sizes` (margin) set the area of the points, `ylabel` renames the upright axis. A label
    that would overlap is dropped, never drawn over another.
    """
    s, f = finite(sales), finite(free)
    known = [i for i, c in enumerate(classes) if c in _MARK or c == "A+"]
    known = [i for i in known if not np.isnan(s[i]) and not np.isnan(f[i])]
    if not known or not (np.nanmax(s[known]) > 0 or np.nanmax(f[known]) > 0):
        return None
    divisor, unit, _key = scale_of(np.r_[s[known], f[known]], currency)
    fig = sheet(w, h or (96 if w >= NARROW else 92))
    ax = area(fig, 12, 3, 10, 7)
    x, y = _limits(ax, s[known] / divisor, f[known] / divisor, cut_sales / divisor, cut_free / divisor)
    letters = ["A" if classes[i] == "A+" else classes[i] for i in known]
    _quarters(ax, cut_sales / divisor, cut_free / divisor)
    taken = _corners(ax, notes or {}, w >= NARROW, len(known) > _CROWD)
    _points(ax, x, y, letters, _areas(None if sizes is None else finite(sizes)[known], letters))
    rank = sorted(range(len(known)), key=lambda i: (-x[i] * y[i], i))
    wanted = [i for i in rank if letters[i] != "D"][:_NAMED]
    room = 40 if w >= NARROW else 26
    place(ax, list(zip(x, y)), {i: short(names[known[i]], room, 6.8) for i in wanted}, size=6.8 if w >= NARROW else 6.5, taken=taken, insist=12 if w >= NARROW else 6)
    ax.set_xlabel(", ".join(filter(None, [_("продажи"), unit])), loc="right")
    ax.annotate(", ".join(filter(None, [ylabel or _("свободный объём"), unit])), (0, 1), (-30, 5), xycoords="axes fraction", textcoords="offset points", fontsize=8, color=TEXT2)
    return fig


def _limits(ax: Axes, s: np.ndarray, f: np.ndarray, cut_s: float, cut_f: float) -> tuple[np.ndarray, np.ndarray]:
    """Log axes that hold all points and both cuts; returns the points moved onto the edge where they are ≤ 0."""
    ax.set_xscale("log")
    ax.set_yscale("log")
    crowded = len(f) > _CROWD
    return _money_axis(ax, ax.xaxis, s, cut_s, 0.6, 1.8), _money_axis(ax, ax.yaxis, f, cut_f, 0.3 if crowded else 0.6, 6 if crowded else 3.2)


def _money_axis(ax: Axes, axis, values: np.ndarray, cut: float, below: float, above: float) -> np.ndarray:
    """One log axis with room `below` and `above` its values and the cut, with few round ticks; the values, moved onto the edge where ≤ 0."""
    top = max(values.max(), cut if np.isfinite(cut) else 0, 1e-6)
    positive = values[values > top / 1e4]
    low = min(positive.min() if len(positive) else top / 10, cut if cut > 0 else top)
    low = max(low * below, top / 2e4)
    (ax.set_xlim if axis is ax.xaxis else ax.set_ylim)(low, top * above)
    steps = [m * 10.0**e for e in range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(top * above))) + 1) for m in (1, 3)]
    shown = [v for v in steps if low <= v <= top * above and any(c in "123456789" for c in figures(v))]
    shown = shown if len(shown) <= 8 else [v for v in shown if f"{v:e}"[0] == "1"]
    axis.set_major_locator(matplotlib.ticker.FixedLocator(shown))
    axis.set_minor_locator(matplotlib.ticker.NullLocator())
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda v, _pos: figures(v)))
    return np.clip(values, low * 1.12, None)


def _quarters(ax: Axes, cut_s: float, cut_f: float) -> None:
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    cut_s, cut_f = min(max(cut_s, x0), x1), min(max(cut_f, y0), y1)
    for letter, (a, b, c, d) in {"A": (cut_s, cut_f, x1, y1), "B": (cut_s, y0, x1, cut_f), "C": (x0, cut_f, cut_s, y1), "D": (x0, y0, cut_s, cut_f)}.items():
        ax.add_patch(Rectangle((a, b), c - a, d - b, facecolor=ABCD[letter], alpha=_TINT[letter], zorder=0))
    ax.axvline(cut_s, color="white", lw=2)
    ax.axhline(cut_f, color="white", lw=2)


def _corners(ax: Axes, notes: Mapping[str, str], wide: bool, crowded: bool) -> list[tuple[float, float, float, float]]:
    """Names of the quarters in the outer corners; returns the boxes they take, in points."""
    width, height = ax.figure.get_size_inches() * 72
    box, taken = ax.get_position(), []
    for letter, (right, up) in {"A": (1, 1), "B": (1, 0), "C": (0, 1), "D": (0, 0)}.items():
        text = f"{letter} · {_(_STRATEGY[letter])}" + (f"\n{notes[letter]}" if wide and notes.get(letter) else "")
        ax.annotate(text, (right, up), (-5 if right else 5, -5 if up else 5), xycoords="axes fraction", textcoords="offset points", zorder=2 if crowded else 5,
                    ha="right" if right else "left", va="top" if up else "bottom", fontsize=8, weight=600, linespacing=1.35,
                    color={"C": "#8F5A06", "D": TEXT2}.get(letter, ABCD[letter]), bbox={"fc": "white", "alpha": 0.75 if crowded or not wide else 0, "lw": 0, "pad": 1})
        lines = text.split("\n")
        wide_pt, tall_pt = max(map(len, lines)) * 4.8 + 8, 13 * len(lines) + 6
        x, y = (box.x1 if right else box.x0) * width, (box.y1 if up else box.y0) * height
        taken.append((x - wide_pt if right else x, y - tall_pt if up else y, x if right else x + wide_pt, y if up else y + tall_pt))
    return taken


def _areas(sizes: np.ndarray | None, letters: Sequence[str]) -> np.ndarray:
    """Areas of the points: by class, or by `sizes` (missing or ≤ 0: the smallest)."""
    much = 1.0 if len(letters) <= _CROWD else 0.8 if len(letters) <= 3 * _CROWD else 0.5
    plain = np.where(np.asarray(letters) == "D", 15.0, 26.0) * much
    if sizes is None or not np.nanmax(np.nan_to_num(sizes)) > 0:
        return plain
    share = np.clip(np.nan_to_num(sizes), 0, None) / np.nanmax(sizes)
    return (12 + 110 * np.ceil(share * _STEPS) / _STEPS) * much


def _points(ax: Axes, x: np.ndarray, y: np.ndarray, letters: Sequence[str], areas: np.ndarray) -> None:
    """Markers by class; where points lie closer than 0.7 mm one of them is drawn (a base may hold 50,000)."""
    letters = np.asarray(letters)
    w, h = ax.figure.get_size_inches() * 25.4
    for letter in "DBCA":
        mine = letters == letter
        cells = np.column_stack([np.log10(x[mine]) / np.ptp(np.log10(ax.get_xlim())) * w * 1.4, np.log10(y[mine]) / np.ptp(np.log10(ax.get_ylim())) * h * 1.4])
        if not len(cells):
            continue
        first = np.sort(np.unique(cells.round().astype(int), axis=0, return_index=True)[1]) if mine.sum() > _CROWD else slice(None)
        for size in np.unique(areas[mine][first]):  # largest below
            same = areas[mine][first] == size
            ax.scatter(x[mine][first][same], y[mine][first][same], s=size, marker=_MARK[letter], color=ABCD[letter],
                       edgecolor="white" if letter != "D" else MUTED, lw=0.6, zorder=(4 if letter != "D" else 3) - size / 1000)


# ------------------------------------------------------------------ risk against sales
_BANDS = {"low": ("o", "#C3CBD3"), "medium": ("s", "#E39A2D"), "high": ("^", RISK)}


@house
def exposure(scores: Sequence[float], sales: Sequence[float], bands: Sequence[str], names: Sequence[str], cuts: tuple[float, float], *, heads: Sequence[str] = ("", "", ""),
             currency: str | None = None, xlabel: str = "", w: float = 180, h: float | None = None) -> Figure | None:
    """Who may leave and what he buys: a point per client, score 0–100 across, sales upwards (logarithmic), shape and colour by band.

    `cuts` are the borders of the bands, `heads` their names. Named are the clients of the upper bands, the dearest first.
    """
    x, money = finite(scores), finite(sales)
    known = ~np.isnan(x) & (money > 0)
    if not known.any():
        return None
    x, letters, names = x[known], np.asarray(bands, dtype=object)[known], np.asarray(names, dtype=object)[known]
    divisor, unit, _key = scale_of(money[known], currency)
    fig = sheet(w, h or 64)
    ax = area(fig, 12, 3, 10, 7)
    ax.set_xlim(-2, 102)
    ax.set_yscale("log")
    y = _money_axis(ax, ax.yaxis, money[known] / divisor, 0, 0.5, 3)
    _bands_of(ax, cuts, heads)
    _exposed(ax, x, y, letters)
    wanted = [i for i in np.lexsort((np.arange(len(x)), -x * y)) if letters[i] != "low"][:_NAMED]
    size = 6.8 if w >= NARROW else 6.5
    place(ax, list(zip(x, y)), {i: short(names[i], 40 if w >= NARROW else 26, size) for i in wanted}, size=size, insist=10 if w >= NARROW else 5)
    ax.set_xticks([0, *cuts, 100])
    ax.set_xlabel(xlabel, loc="right")
    ax.annotate(unit, (0, 1), (-30, 5), xycoords="axes fraction", textcoords="offset points", fontsize=8, color=TEXT2)
    return fig


def _bands_of(ax: Axes, cuts: tuple[float, float], heads: Sequence[str]) -> None:
    """Borders between the bands, their names above."""
    edges = (-2, *cuts, 102)
    for cut in cuts:
        ax.axvline(cut, color=RULE, lw=0.8, zorder=1)
    for low, high, head in zip(edges, edges[1:], heads):
        ax.annotate(head, ((low + high) / 2, 1), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points", ha="center", va="bottom", fontsize=7.5, color=TEXT2)


def _exposed(ax: Axes, x: np.ndarray, y: np.ndarray, letters: np.ndarray) -> None:
    """Points by band; of those closer than 0.7 mm one is drawn in a crowd."""
    w, h = ax.figure.get_size_inches() * 25.4
    size = 24 if len(x) <= _CROWD else 14
    for band, (mark, colour) in _BANDS.items():
        mine = np.flatnonzero(letters == band)
        if len(x) > _CROWD and len(mine):
            cells = np.column_stack([x[mine] / 104 * w, np.log10(y[mine]) / np.ptp(np.log10(ax.get_ylim())) * h]) * 1.4
            mine = mine[np.sort(np.unique(cells.round().astype(int), axis=0, return_index=True)[1])]
        if len(mine):
            ax.scatter(x[mine], y[mine], s=size, marker=mark, color=colour, edgecolor=MUTED if band == "low" else "white", lw=0.6, zorder=3 + (band != "low"), clip_on=False)


def place(ax: Axes, points, texts: Mapping[int, str], *, size: float, taken=(), insist: int = 0) -> set[int]:
    """Greedy labels: eight positions around each point, the first free one wins, none: no label. Returns what was named.

    `texts` maps the index of a point to its label, in order of importance; `taken` are boxes in points of the page. The first
    `insist` labels may cover other points (on white), so that a crowd of 1,200 still has names; never another label.
    """
    scale = 72 / ax.figure.dpi
    dots = ax.transData.transform(np.asarray(points, float)) * scale
    width, height = ax.figure.get_size_inches() * 72
    box = ax.get_position()
    inside = (box.x0 * width + 1, box.y0 * height, box.x1 * width, box.y1 * height)
    used, named = np.asarray(list(taken), float).reshape(-1, 4), set()
    for rank, (i, text) in enumerate(texts.items()):
        room = _wide(text, size), size * 1.25, inside, used
        found = _free_place(dots[i], np.delete(dots, i, axis=0), *room)
        covers = found is None and rank < insist
        if covers:
            found = _free_place(dots[i], dots[:0], *room)
        if found is None:
            continue
        (dx, dy, ha), rect = found
        used = np.vstack([used, rect])
        named.add(i)
        ax.annotate(text, points[i], (dx, dy), textcoords="offset points", ha=ha, va="center", fontsize=size, color=INK, zorder=6,
                    bbox={"fc": "white", "alpha": 0.78, "lw": 0, "pad": 0.4} if covers else None)
    return named


def _wide(text: str, size: float) -> float:
    """Width of a label in points; capitals («ООО») are wider than the house average."""
    return size * sum(0.75 if c.isupper() else 0.58 for c in text)


_AROUND = ((4.2, 0, "left"), (-4.2, 0, "right"), (0, 7.2, "center"), (0, -7.2, "center"), (4.2, 5.7, "left"), (4.2, -5.7, "left"), (-4.2, 5.7, "right"), (-4.2, -5.7, "right"))


def _free_place(dot, others: np.ndarray, wide: float, tall: float, inside, used: np.ndarray):
    for dx, dy, ha in _AROUND:
        x = dot[0] + dx - {"right": wide, "center": wide / 2, "left": 0}[ha]
        y = dot[1] + dy - tall / 2
        r = (x, y, x + wide, y + tall)
        if r[0] < inside[0] or r[1] < inside[1] or r[2] > inside[2] or r[3] > inside[3]:
            continue
        if ((r[0] < used[:, 2]) & (r[2] > used[:, 0]) & (r[1] < used[:, 3]) & (r[3] > used[:, 1])).any():
            continue
        if ((r[0] - 3 < others[:, 0]) & (others[:, 0] < r[2] + 3) & (r[1] - 2 < others[:, 1]) & (others[:, 1] < r[3] + 2)).any():
            continue
        return (dx, dy, ha), r
    return None
