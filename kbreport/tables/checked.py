"""What the input checks share: a view of the sales table and the making of a `Check`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kbreport.tables.model import Check, Tables
from kbreport.words import money

EXAMPLES = 10


@dataclass(frozen=True)
class View:
    """The sales table with what the sentences need: its file's name and currency."""

    tables: Tables
    sales: Any
    file: str
    synthetic_orders: bool

    @classmethod
    def of(cls, tables: Tables) -> "View":
        sources = [s for s in tables.sources if s.table == tables.sales_table]
        return cls(tables, tables.sales, ", ".join(s.file for s in sources), all("order_id" not in s.mapping for s in sources))

    def money(self, amount: Decimal | float) -> str:
        return money(float(amount), self.tables.currency, scale="", digits=2)

    def said(self, text: str) -> str:
        """The sentence with the name of the file before it."""
        return f"{self.file}: {text}."

    def header(self, column: str, otherwise: str) -> str:
        """The column's header in the file."""
        return next((s.mapping[column] for s in self.tables.sources if s.table == self.tables.sales_table and column in s.mapping), otherwise)


def rows_check(view: View, name: str, severity: str, text: str, mask: Any, amount: Decimal | None) -> Check:
    """A check on marked rows: examples are row numbers of the file; without any it is an info with count 0."""
    import pyarrow.compute as pc

    n = pc.sum(mask).as_py() or 0
    rows = view.sales["source_row"].filter(mask).slice(0, EXAMPLES).to_pylist() if n else []
    return Check(name, severity if n else "info", view.said(text), n, amount, tuple(str(r) for r in rows))
