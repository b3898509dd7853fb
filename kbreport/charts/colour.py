"""Colours of the house: information, not ornament. No matplotlib here, so that a brand can be checked cheaply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

INK, TEXT2, MUTED, RULE, PANEL = "#1B2733", "#5A6673", "#6B7783", "#D5DCE3", "#F3F6F9"
NAVY, GOOD, RISK, WARN, NEUTRAL = "#16365C", "#1B7F6B", "#C23B22", "#9A5B00", "#8A96A3"
EFFORT, BAR, PALE = "#AEBAC6", "#9DB8D3", "#E4EBF2"
# letter + shape + colour; the four differ in lightness, so that grey print keeps them apart
ABCD = {"A+": "#16365C", "A": "#16365C", "B": "#3B7AB0", "C": "#E39A2D", "D": "#C3CBD3", "AB?": "#FFFFFF", "CD?": "#FFFFFF"}
ABC = {"A": "#16365C", "B": "#4A76A5", "C": "#BFD0E0", "N": "#FFFFFF"}
SEQUENCE = ("#F1F5F9", "#BFD3E6", "#6F9CC6", "#2F659C", "#16365C")

_brand: ContextVar[str] = ContextVar("brand", default=NAVY)


def main() -> str:
    """The colour of the main series: the customer's brand, else navy."""
    return _brand.get()


def use_brand(colour: str | None) -> None:
    """Draw in this brand colour from now on (None: the house colour)."""
    _brand.set(colour or NAVY)


@contextmanager
def brand(colour: str | None) -> Iterator[None]:
    """Draw in this brand colour inside the `with` block."""
    token = _brand.set(colour or NAVY)
    try:
        yield
    finally:
        _brand.reset(token)


def class_colours(classes: Sequence[str], kind: str = "abcd") -> list[str]:
    """The fixed colours of classes; an unknown letter is neutral grey."""
    known = ABC if kind == "abc" else ABCD
    return [known.get(letter, NEUTRAL) for letter in classes]


def channels(colour: str) -> tuple[float, float, float]:
    """`#RRGGBB` or `#RGB` as three fractions. Raises ValueError for anything else."""
    found = re.fullmatch(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", colour or "")
    if not found:
        raise ValueError(colour)
    digits = found[1] if len(found[1]) == 6 else "".join(2 * c for c in found[1])
    return tuple(int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4))  # type: ignore[return-value]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(colour: str, ground: str = "#FFFFFF") -> float:
    """Contrast ratio 1…21 of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def on(colour: str) -> str:
    """White or ink, whichever reads better on this ground."""
    return "#FFFFFF" if contrast(colour) >= 3.6 else INK


def shade(share: float) -> str:
    """A tint of the sequential scale for a share 0…1."""
    at = min(max(share, 0.0), 1.0) * (len(SEQUENCE) - 1)
    low = min(int(at), len(SEQUENCE) - 2)
    mixed = (a + (b - a) * (at - low) for a, b in zip(channels(SEQUENCE[low]), channels(SEQUENCE[low + 1])))
    return "#" + "".join(f"{round(c * 255):02X}" for c in mixed)
