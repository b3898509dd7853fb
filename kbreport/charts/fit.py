"""How much room a text takes and how much of it fits: no drawing engine is needed to know (Inter, tracking −0.012 em, a little generous)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

LABEL = 7.5  # points, of a label
SQUEEZE = 1.25
_EM = 0.3528 * 0.57  # mm per point of size of a letter of usual width


def text_mm(text: str, size: float = LABEL) -> float:
    """Width of a text in millimetres."""
    return max((len(line) for line in str(text).split("\n")), default=0) * size * _EM


def short(text: str, room: float, size: float = LABEL) -> str:
    """The text, cut with … to fit `room` millimetres; line breaks become spaces."""
    flat = re.sub(r"\s*[\r\n\t\x00-\x1f]+\s*", " ", str(text)).strip()
    most = max(4, int(room / (size * _EM)))
    return flat if len(flat) <= most else flat[: most - 1].rstrip(" ,.;«(\"") + "…"


def names_room(names: Sequence[str], w: float, size: float = LABEL, most: float = 0.42) -> tuple[list[str], float]:
    """Names cut to at most `most` of the width, and the left margin they need."""
    cut = [short(name, w * most - 3, size) for name in names]
    return cut, min(w * most, max((text_mm(name, size) for name in cut), default=0) + 3)


def wrapped(text: str, room: float, size: float = LABEL, lines: int = 3) -> str:
    """A label in up to `lines` lines of `room` millimetres."""
    most = max(4, int(room / (size * _EM)))
    longest = max((len(word) for word in str(text).split()), default=0)
    most = longest if most < longest <= most * SQUEEZE else most  # the width is a generous guess: a word just over it is not broken
    parts = textwrap.wrap(str(text), most, break_on_hyphens=True, max_lines=lines, placeholder="…") if "\n" not in str(text) else str(text).split("\n")
    return "\n".join(parts)
