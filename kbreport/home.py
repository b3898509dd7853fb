"""Where `notebooks/`, `templates/` and `data/sample/` lie: in the checkout, or inside the installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def home() -> Path:
    """The folder that holds `notebooks`, `templates` and `data`: `kbreport/_home` in a wheel, else the checkout.

    The checkout wins, because an editable install may leave a stale copy of `_home` in site-packages.
    """
    checkout = _PACKAGE.parent
    return checkout if (checkout / "notebooks").is_dir() else _PACKAGE / "_home"


def notebooks() -> Path:
    return home() / "notebooks"


def templates() -> Path:
    return home() / "templates"


def sample() -> Path:
    return home() / "data" / "sample"
