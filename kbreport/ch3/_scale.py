"""One scale of money per table: thousands where the sums are large enough, else whole units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from kbreport.words import _, missing, number, signed, unit


@dataclass(frozen=True)
class Scale:
    """`text(v)` is the figure without its unit; `unit` stands in the head of the table."""

    divisor: float
    unit: str

    def text(self, value: float | None) -> str:
        """«—» is zero, «н/д» is unknown."""
        if missing(value):
            return _("н/д")
        if not value:
            return "—"
        whole = number(value / self.divisor)
        return whole if any(c in "123456789" for c in whole) else number(value / self.divisor, 1)

    def change(self, value: float | None) -> str:
        return self.text(value) if missing(value) or not value else signed(self.text(value))


def scale_of(values: Iterable[float], currency: str | None) -> Scale:
    top = max((abs(float(v)) for v in values if not missing(v)), default=0.0)
    return Scale(1000.0, unit(currency, "k")) if top >= 100_000 else Scale(1.0, unit(currency))
