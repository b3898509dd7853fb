"""Who does it and by when: every action of a page names an owner and a date (METHODS 3.8a)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kbreport.words import _, day


def owner(base: Any, who: str, days: int = 14) -> str:
    """`менеджеры клиентов · до 14.01.2026`; days are counted from the as-of date, never from today."""
    return _("{who} · до {date}").format(who=who, date=day(base.facts.as_of.date + timedelta(days=days)))
