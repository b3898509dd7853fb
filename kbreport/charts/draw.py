"""Canvas of a chart: figures and axes in millimetres, house style, and the SVG text that both writers embed.

No pyplot, no layout engine, no tight bounding box: nothing is measured and nothing is drawn twice. The style holds inside
the shapes only, a notebook's own charts keep their look.
"""

from __future__ import annotations

import io
import logging
import re
import textwrap
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from matplotlib.transforms import ScaledTranslation

from kbreport import home, words
from kbreport.charts.colour import INK, MUTED, TEXT2
from kbreport.charts.fit import LABEL

NB = words.NB
NARROW = 120  # mm; below, a figure is for a half column or a phone: fewer and smaller labels
TICK = "#3C4856"  # figures and names at an axis


@lru_cache
def _house() -> dict:
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # DejaVu, the fallback for rare glyphs, has no 600
    for font in sorted((home.templates() / "fonts").glob("Inter-*.otf")):
        font_manager.fontManager.addfont(font)
    return dict(mpl.rc_params_from_file(Path(__file__).with_name("house.mplstyle"), use_default_template=False))


def house(shape: Callable) -> Callable:
    """Draw inside the house style. Math text is off: a client named `$\\frac{1}{2}$` stays a name."""

    @wraps(shape)
    def drawn(*args, **kwargs):
        with mpl.rc_context(_house()):
            return shape(*args, **kwargs)

    return drawn


def sheet(w: float, h: float) -> Figure:
    """A figure of w × h millimetres."""
    fig = Figure(figsize=(w / 25.4, h / 25.4))
    FigureCanvasSVG(fig)
    return fig


def area(fig: Figure, left=2.0, right=2.0, bottom=7.0, top=3.0, keep: Sequence[str] = ("left", "bottom")) -> Axes:
    """Axes given by margins in millimetres; `keep` names the spines that stay."""
    w, h = fig.get_size_inches() * 25.4
    ax = fig.add_axes((left / w, bottom / h, max(w - left - right, 1) / w, max(h - bottom - top, 1) / h))
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)
    return ax


def finite(values) -> np.ndarray:
    """A float array; missing values are NaN."""
    return np.asarray([np.nan if words.missing(v) else float(v) for v in values], dtype=float)


def scale_of(values, currency: str | None) -> tuple[float, str, str]:
    """(divisor, `млн ₽`, the scale's key) that suits the largest value."""
    top = np.nanmax(np.abs(values)) if len(values) and not np.isnan(values).all() else 0
    key, divisor = ("m", 1e6) if top >= 1e6 else ("k", 1e3) if top >= 1e4 else ("", 1.0)
    return divisor, words.unit(currency, key), key


def figures(value: float) -> str:
    """An axis figure: as many decimals as its size needs."""
    size = abs(value)
    return words.number(value, 0 if size >= 8 or value == int(value) else 1 if size >= 0.1 else 2)


def ticks(ax: Axes, which: str = "y", most: int = 4) -> None:
    """A value axis of matplotlib's own, where its limits are still to come; where they are set, `levels` costs a tenth."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_locator(mpl.ticker.MaxNLocator(most, min_n_ticks=2))
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda v, _: figures(v)))


def bare(ax: Axes) -> None:
    """No axes at all. A tick of matplotlib is two lines and two texts, and an axis that is not seen makes none."""
    ax.xaxis.set_visible(False)
    ax.yaxis.set_visible(False)


def beside(ax: Axes, at, names: Sequence[str], *, size: float = LABEL, colour: str = INK, pad: float = 4) -> None:
    """Names at the left of a bare plot, `pad` points from it."""
    where = ax.get_yaxis_transform() + ScaledTranslation(-pad / 72, 0, ax.figure.dpi_scale_trans)
    for y, name in zip(at, names):
        say(ax, 0, y, name, ha="right", va="center_baseline", fontsize=size, color=colour, transform=where)


def below(ax: Axes, at, names: Sequence[str], *, size: float = LABEL, colour: str = TICK, pad: float = 4, ha: str = "center") -> None:
    """Names under a bare plot; an empty one leaves its place."""
    where = ax.get_xaxis_transform() + ScaledTranslation(0, -pad / 72, ax.figure.dpi_scale_trans)
    for x, name in zip(at, names):
        if name:
            say(ax, x, 0, name, ha=ha, va="top", fontsize=size, color=colour, transform=where)


def above(ax: Axes, at, names: Sequence[str], *, size: float = LABEL, colour: str = TICK, pad: float = 4) -> None:
    """Heads over a bare plot; an empty one leaves its place."""
    where = ax.get_xaxis_transform() + ScaledTranslation(0, pad / 72, ax.figure.dpi_scale_trans)
    for x, name in zip(at, names):
        if name:
            say(ax, x, 1, name, ha="center", va="bottom", fontsize=size, color=colour, transform=where)


def levels(ax: Axes, most: int = 4) -> None:
    """Figures at the left of a bare plot and a pale line through each; the limits of y are those of now."""
    low, high = sorted(ax.get_ylim())
    marks = [v for v in mpl.ticker.MaxNLocator(most, min_n_ticks=2).tick_values(low, high) if low <= v <= high]
    lines = LineCollection([[(0, v), (1, v)] for v in marks], colors=mpl.rcParams["grid.color"], linewidths=mpl.rcParams["grid.linewidth"], transform=ax.get_yaxis_transform(), zorder=0.5)
    ax.add_collection(lines, autolim=False)
    beside(ax, marks, [figures(v) for v in marks], colour=TICK)


def rects(ax: Axes, boxes, colours, edges=None, **kw) -> None:
    """Many rectangles (x, y, w, h): one path per colour (and edge), many times cheaper than as many patches."""
    groups: dict[tuple, list] = {}
    for box, *look in zip(boxes, colours, edges or ["none"] * len(colours)):
        groups.setdefault(tuple(look), []).append(box)
    paths = [_boxes(np.asarray(group, "float64")) for group in groups.values()]
    ax.add_collection(PathCollection(paths, facecolors=[face for face, _e in groups], edgecolors=[edge for _f, edge in groups], **({"linewidths": 0} | kw)), autolim=False)


def _boxes(boxes: np.ndarray) -> Outline:
    """One path of all boxes, (n, 4) of x, y, w, h."""
    x, y, w, h = boxes.T
    corners = np.stack([np.stack([x, y], 1), np.stack([x + w, y], 1), np.stack([x + w, y + h], 1), np.stack([x, y + h], 1), np.stack([x, y], 1)], 1)
    return Outline(corners.reshape(-1, 2), np.tile([Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY], len(boxes)))


def say(ax: Axes, x: float, y: float, text: str, **kw):
    """A label at its object, in data coordinates. A text of the figure, not of the axes: it needs no clip path, a quarter of its cost."""
    return ax.figure.text(x, y, text, **({"fontsize": LABEL, "color": TEXT2, "va": "center", "transform": ax.transData} | kw))


def unit_above(ax: Axes, text: str) -> None:
    """The unit of y: above the axis, horizontal, never rotated."""
    ax.annotate(text, (0, 1), (-4, 5), xycoords="axes fraction", textcoords="offset points", fontsize=LABEL, color=TEXT2, va="bottom", ha="left")


# ------------------------------------------------------------------ to SVG
_META = {"Date": None, "Creator": None, "Format": None, "Type": None}


def svg(fig: Figure, prefix: str = "") -> str:
    """SVG text without prologue and metadata; texts stay texts (our fonts), `prefix` keeps ids unique in one page.

    Deterministic: the same figure gives the same text in every process.
    """
    out = io.StringIO()
    with mpl.rc_context(_house()), warnings.catch_warnings():
        # only the width of such a letter is guessed; the page draws it with a font that has it
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        fig.savefig(out, format="svg", metadata=_META)
    text = out.getvalue()
    text = text[text.index("<svg"):].replace("<svg ", f"<svg {_ROOT} ", 1)
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</defs>", "", text, flags=re.S)
    text = _lean(text, re.sub(r"[^\w-]", "-", prefix) + "-" if prefix else "i")
    return re.sub(r"\n\s*", "\n", re.sub(r"\s*<g/>", "", text)).strip()


# the family, the tracking and the joins once, at the root, instead of in every text
_FAMILY = "font-family: 'Inter', 'DejaVu Sans'; "
_ROOT = """letter-spacing="-0.09" font-family="Inter, 'DejaVu Sans', sans-serif" stroke-linejoin="round\""""


def _lean(text: str, prefix: str) -> str:
    """Ids in order of appearance, unique per figure, unused ones gone; coordinates to 1/100 pt.

    Only inside tags: the name of a client may look like an id or a number.
    """
    used = dict.fromkeys(ref for tag in re.findall(r"<[^>]*>", text) for ref in re.findall(r'(?:href="#|url\(#)([\w-]+)', tag))
    new = {old: f"{prefix}{n}" for n, old in enumerate(used)}

    def mend(found: re.Match) -> str:
        tag = found[0].replace(_FAMILY, "")
        tag = re.sub(r' transform="rotate\(-?0 [^"]*"', "", re.sub(r"(\.\d\d)\d+", r"\1", tag))
        if "#" not in tag and " id=" not in tag:
            return tag
        tag = re.sub(r' id="([\w.-]+)"', lambda m: f' id="{new[m[1]]}"' if m[1] in new else "", tag)
        return re.sub(r'(href="#|url\(#)([\w-]+)', lambda m: m[1] + new[m[2]], tag)

    return re.sub(r"<[^>]*>", mend, text)


def both(make: Callable[[float], Figure | None], id: str, w: float = 180) -> tuple[str | None, str | None]:
    """A chart drawn twice: at its page width and anew at 88 mm for a phone. (None, None) when there is nothing to draw.

    `make(width)` returns the figure; `id` is the block's id and prefixes the ids inside.
    """
    wide = make(w)
    if wide is None:
        return None, None
    if w <= 88:
        return svg(wide, id), None
    phone = make(88)
    return svg(wide, id), svg(phone, id + "-p") if phone is not None else None


@house
def standalone(fig: Figure, headline: str, subtitle: str, source: str = "") -> Figure:
    """The same chart for a notebook or a slide: conclusion, unit and period drawn above, source below."""
    w, h = fig.get_size_inches() * 25.4
    lines = textwrap.wrap(headline, int((w - 4) / (11 * 0.3528 * 0.57)))
    up, down = 5.2 * len(lines) + 7.5, 6.0
    whole = h + up + down
    fig.set_size_inches(w / 25.4, whole / 25.4)
    for ax in fig.axes:
        box = ax.get_position()
        ax.set_position((box.x0, (box.y0 * h + down) / whole, box.width, box.height * h / whole))
    fig.text(2 / w, 1 - 1 / whole, "\n".join(lines), va="top", fontsize=11, weight=600, linespacing=1.25, color=INK)
    fig.text(2 / w, 1 - (2.2 + 5.2 * len(lines)) / whole, subtitle, va="top", fontsize=8, color=TEXT2)
    fig.text(2 / w, 1.2 / whole, source, fontsize=6.5, color=MUTED)
    return fig
