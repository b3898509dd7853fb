"""May this period be compared with the one before (METHODS 1.2), and how the page says that it may not."""

from __future__ import annotations

from typing import Any

from kbreport import page
from kbreport.method import MethodStatus
from kbreport.words import _, day


def comparison(base: Any) -> tuple[MethodStatus, str]:
    """ok, or insufficient with the sentence why: the history does not cover the whole previous period."""
    if base.comparison == "ok":
        return MethodStatus.OK, ""
    reason = _("сравнить не с чем: история начинается {first}, а предыдущий период — {previous}")
    return MethodStatus.INSUFFICIENT, reason.format(first=day(base.company_facts.history_start), previous=base.previous)


def covered(base: Any) -> bool:
    """True when the history reaches into the previous period, and that period ends before this one begins.

    Otherwise nothing is known about it, and no table may say «bought nothing» of a client.
    """
    return base.company_facts.history_start < base.previous.end <= base.period.start


def withheld(base: Any, kicker: str, id: str) -> list[dict]:  # noqa: A002
    """The page of a comparison that cannot be made."""
    reason = comparison(base)[1]
    return [page.section(_("Сравнить периоды пока не с чем"), id=id, kicker=kicker),
            page.problem(_("Нужен ещё один период истории"), reason[:1].upper() + reason[1:] + ".")]
