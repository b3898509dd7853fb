# ruff: noqa: F401  names are fetched on first use (see `__getattr__`)
"""House charts: one look, about twenty shapes. The only room that imports matplotlib and seaborn.

A shape takes plain numbers and ready words and returns a `Figure` drawn at its final size in millimetres, or None when
there is nothing to draw. Headline, subtitle and source are text of the page, never of the picture.

    wide, phone = charts.both(lambda w: charts.pareto(sales, classes, currency="RUB", w=w), "abc")
    block = page.fig("abc", wide, phone=phone, headline=…, subtitle=…, alt=…)

`charts.brand("#7A1F3D")` (a context manager) and `charts.use_brand("#7A1F3D")` change the main colour; class colours never
follow the brand. Names are imported on first use: `from kbreport import charts` alone does not load matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_WHERE = {
    "colour": ("ABC", "ABCD", "BAR", "EFFORT", "GOOD", "INK", "MUTED", "NAVY", "NEUTRAL", "PANEL", "RISK", "RULE", "TEXT2", "WARN", "brand",
               "main", "use_brand", "class_colours", "contrast"),
    "draw": ("both", "svg", "standalone"),
    "fit": ("short",),
    "classes": ("pareto", "flow", "matrix", "skyline"),
    "field": ("abcd", "exposure"),
    "ranked": ("bars", "bullets", "pairs", "funnel"),
    "grids": ("cohort", "signals", "silence"),
    "course": ("fan", "line", "panels", "season", "spark", "waterfall"),
    "pulse": ("rhythm", "rhythm_mark", "rhythm_row"),
    "spread": ("lorenz", "histogram", "strip"),
}
_HOME = {name: module for module, names in _WHERE.items() for name in names}
__all__ = sorted(_HOME)

if TYPE_CHECKING:  # for editors and type checkers
    from kbreport.charts.classes import flow, matrix, pareto, skyline
    from kbreport.charts.colour import ABC, ABCD, BAR, EFFORT, GOOD, INK, MUTED, NAVY, NEUTRAL, PANEL, RISK, RULE, TEXT2, WARN, brand, class_colours, contrast, main, use_brand
    from kbreport.charts.course import fan, line, panels, season, spark, waterfall
    from kbreport.charts.draw import both, standalone, svg
    from kbreport.charts.fit import short
    from kbreport.charts.field import abcd, exposure
    from kbreport.charts.grids import cohort, signals, silence
    from kbreport.charts.pulse import rhythm, rhythm_mark, rhythm_row
    from kbreport.charts.ranked import bars, bullets, funnel, pairs
    from kbreport.charts.spread import histogram, lorenz, strip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
