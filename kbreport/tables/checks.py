"""The named input checks of METHODS 2.8."""

from __future__ import annotations

from kbreport.tables.model import Check, Tables


def at_load(tables: Tables) -> list[Check]:
    """The checks that need no as-of date."""
    return []
