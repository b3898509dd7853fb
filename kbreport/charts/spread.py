"""Shapes of a distribution: Lorenz curve, histogram, strip of groups. The statistical ones are drawn by seaborn in our style."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from kbreport import words
from kbreport.charts.colour import INK, MUTED, PALE, TEXT2, main
from kbreport.charts.draw import NARROW, area, figures, finite, house, say, sheet, ticks, unit_above
from kbreport.charts.fit import LABEL, names_room
from kbreport.words import _


@house
def lorenz(values: Sequence[float], *, mark: float = 0.2, w: float = 88, h: float | None = None) -> Figure | None:
    """Concentration: share of sales against share of clients, largest first; `mark` is the labelled share of clients.

    Values ≤ 0 are left out; under two clients there is no curve.
    """
    v = np.sort(finite(values))[::-1]
    v = v[v > 0]
    if len(v) < 2:
        return None
    share = np.r_[0, np.cumsum(v)] / v.sum()
    at = np.linspace(0, 1, len(share))
    keep = np.unique(np.linspace(0, len(share) - 1, min(len(share), 250)).round().astype(int))
    fig = sheet(w, h or 62)
    ax = area(fig, 11, 4, 9, 5)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    ax.fill_between(at[keep], at[keep], share[keep], color=PALE, lw=0)
    ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9, dashes=(4, 2))
    ax.plot(at[keep], share[keep], color=main(), lw=2)
    y = float(np.interp(mark, at, share))
    ax.plot([mark, mark, 0], [0, y, y], color=MUTED, lw=0.7, dashes=(3, 2))
    ax.plot(mark, y, "o", color=INK, ms=4, zorder=5)
    text = _("{clients} клиентов дают {share} продаж").format(clients=words.percent(mark), share=words.percent(y))
    ax.annotate(text, (mark, y), (6, -12), textcoords="offset points", fontsize=LABEL, weight=600, bbox={"fc": "white", "alpha": 0.8, "lw": 0, "pad": 1})
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(_fifths())
        axis.set_major_formatter(lambda x, _pos: words.percent(x))
    ax.set_xlabel(_("доля клиентов, от крупных к мелким"), loc="right")
    unit_above(ax, _("доля продаж"))
    return fig


def _fifths():
    from matplotlib.ticker import FixedLocator

    return FixedLocator([0, 0.2, 0.4, 0.6, 0.8, 1])


@house
def histogram(values: Sequence[float], *, unit: str = "", median: bool = True, fmt: Callable[[float], str] = figures, bins: int | None = None,
              counted: str | None = None, w: float = 88, h: float | None = None) -> Figure | None:
    """How a measure is spread over clients; the median is marked. Under three values there is no shape.

    The top percent is gathered in the last bar when it would squeeze the rest (marked «≥»).
    """
    v = finite(values)
    v = v[~np.isnan(v)]
    if len(v) < 3:
        return None
    import seaborn

    cap = _cap(v)
    fig = sheet(w, h or 48)
    ax = area(fig, 10, 4, 9, 7, keep=("bottom",))
    ax.yaxis.grid(True)
    count = bins or int(np.clip(np.ceil(np.log2(len(v))) + 4, 5, 24))
    seaborn.histplot(x=np.minimum(v, cap), bins=count, ax=ax, color=main(), alpha=1, edgecolor="white", linewidth=0.6)
    ax.set(ylabel="", xlabel="")
    ticks(ax)
    ticks(ax, "x", 6 if w >= NARROW else 4)
    unit_above(ax, _("клиентов") if counted is None else counted)
    tail = "; " + _("последний столбик — от {limit} и больше").format(limit=fmt(cap)) if cap < v.max() else ""
    ax.set_xlabel(unit + (tail if w >= NARROW else ""), loc="right")
    if median:
        _median(ax, float(np.median(v)), fmt)
    return fig


def _cap(v: np.ndarray) -> float:
    top = float(np.quantile(v, 0.99))
    return top if len(v) >= 50 and v.max() > 2 * top > 0 else float(v.max())


def _median(ax, value: float, fmt) -> None:
    x0, x1 = ax.get_xlim()
    ax.plot([value, value], [0, ax.get_ylim()[1]], color=INK, lw=1, dashes=(3, 2))
    right = (value - x0) / ((x1 - x0) or 1) > 0.55
    ax.annotate(_("медиана {value}").format(value=fmt(value)), (value, 1), (-4 if right else 4, -6), xycoords=("data", "axes fraction"), textcoords="offset points",
                fontsize=LABEL, weight=600, ha="right" if right else "left", bbox={"fc": "white", "alpha": 0.8, "lw": 0, "pad": 1})


@house
def strip(groups: Sequence[str], values: Sequence[float], *, order: Sequence[str] | None = None, unit: str = "", fmt: Callable[[float], str] = figures,
          most: int = 250, w: float = 88, row: float = 11) -> Figure | None:
    """A point per client in each group, the group's median as a bar with its value.

    Groups larger than `most` are drawn by evenly spaced quantiles (the median is of all).
    """
    v = finite(values)
    known = [g for g, x in zip(groups, v) if not np.isnan(x)]
    v = v[~np.isnan(v)]
    names = list(order) if order is not None else list(dict.fromkeys(known))
    if not len(v) or not names:
        return None
    by = {name: np.sort(v[[g == name for g in known]]) for name in names}
    cut, left = names_room(names, w)
    fig = sheet(w, row * len(names) + 12)
    ax = area(fig, left, 4, 9, 3, keep=("bottom",))
    _scatter(ax, by, most)
    for i, name in enumerate(names):
        if len(by[name]):
            middle = float(np.median(by[name]))
            ax.plot([middle, middle], [i - 0.34, i + 0.34], color=INK, lw=1.8, zorder=5)
            say(ax, middle, i - 0.36, fmt(middle), ha="center", va="bottom", weight=600, color=INK, zorder=6)
    ax.set(ylim=(len(names) - 0.4, -0.75), ylabel="")
    ax.set_yticks(range(len(names)), cut)
    ticks(ax, "x", 6 if w >= NARROW else 4)
    ax.tick_params(axis="y", labelcolor=INK)
    ax.set_xlabel(unit, loc="right", color=TEXT2)
    return fig


def _scatter(ax, by: dict[str, np.ndarray], most: int) -> None:
    import seaborn

    thin = {k: x if len(x) <= most else x[np.linspace(0, len(x) - 1, most).round().astype(int)] for k, x in by.items()}
    rows = np.concatenate([np.full(len(x), i) for i, x in enumerate(thin.values())])
    # jitter without chance: the same points stand at the same places in every run
    shift = np.concatenate([((np.arange(len(x)) * 0.618) % 1 - 0.5) * 0.46 for x in thin.values()])
    seaborn.scatterplot(x=np.concatenate(list(thin.values())), y=rows + shift, ax=ax, s=13, color=main(), alpha=0.55, linewidth=0, legend=False)
