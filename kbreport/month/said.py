"""How both pages of a manager's month, and the page of the head of sales, say a period, a figure, a share of the plan, a change."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from kbreport import charts, words
from kbreport.words import _, number, percent, plain, signed, unit

if TYPE_CHECKING:
    from kbreport.month.report import Month


def span(start: date, months: int) -> str:
    """«декабрь 2025», «IV кв. 2025»."""
    if months == 1:
        return words.month(start)
    return _("{q} кв. {year}").format(q=("I", "II", "III", "IV")[(start.month - 1) // 3], year=start.year)


def coming(m: "Month") -> str:
    return span(date.fromisoformat(m.meta["coming"][0]), m.meta["period"]["months"])


def period_said(m: "Month") -> str:
    return span(m.start, m.meta["period"]["months"])


def last_day(m: "Month") -> str:
    """The last day of P: how long calls and hopes of a period in progress reach."""
    return words.day(date.fromisoformat(m.meta["period"]["end"]) - timedelta(days=1))


def manager_said(m: "Month") -> str:
    return plain(charts.short(m.meta["manager_name"], 62, 8))


def figure(value: float | None, currency: str | None, digits: int = 2) -> dict[str, str]:
    if value is None:
        return {"value": _("н/д")}
    scale, divisor, k = ("m", 1e6, digits) if abs(value) >= 1e6 else ("k", 1e3, 0) if abs(value) >= 1e4 else ("", 1, 0)
    return {"value": number(value / divisor, k), "unit": unit(currency, scale)}


def scale_of(top: float | None) -> tuple[float, str]:
    return (1e3, "k") if top is not None and top == top and abs(top) >= 1e4 else (1.0, "")


def tone_of(share: float) -> str:
    return "good" if share >= 1 else "warn" if share >= 0.95 else "bad"


def plan_said(share: float) -> str:
    """«▲ 114 %»; what is short of the plan never reads as 100 %."""
    digits = 1 if share < 1 and round(share * 100) >= 100 else 0
    return f"{'▲' if share >= 1 else '▼'} {percent(min(share, 0.999) if digits else share, digits)}"


def delta(now: float | None, before: float | None) -> dict:
    """Arrow, sign, tone of a change; nothing to compare with is said."""
    if now is None or before is None or not before > 0:
        return {"delta": _("сравнить не с чем")}
    x = now / before - 1
    if abs(x) < 0.005:
        return {"delta": "≈ " + percent(0)}
    return {"delta": ("▲ " if x > 0 else "▼ ") + signed(percent(x)), "tone": "good" if x > 0 else "bad"}
