"""What the input checks share: a view of the sales table and the making of a `Check`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kbreport.tables.model import Check, Tables
from kbreport.words import N_, _, money

EXAMPLES = 10
TITLES = {"duplicate_rows": N_("Полные дубли строк"), "text_numbers": N_("Суммы, записанные текстом"), "bad_dates": N_("Даты с ошибкой"), "same_inn": N_("Один ИНН у нескольких клиентов"),
          "same_name": N_("Одно название у нескольких клиентов"), "empty_months": N_("Месяцы без продаж"), "dominant_client": N_("Клиент с половиной продаж"),
          "many_returns": N_("Возвраты больше десятой части продаж"), "no_manager": N_("Строки без менеджера"), "partial_month": N_("Неполный первый месяц"),
          "future_dates": N_("Продажи после отчётной даты"), "zero_amounts": N_("Нулевые суммы"), "id_two_names": N_("Один код у разных названий"),
          "without_card": N_("Клиенты без карточки"), "technical_clients": N_("Технические клиенты"), "bad_inn": N_("ИНН с ошибкой"), "joined_clients": N_("Объединённые клиенты"),
          "undated_debts": N_("Долги без срока оплаты"), "undated_payments": N_("Оплаты без срока")}


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

    def clean(self, name: str, amount: Decimal | None = None) -> Check:
        """The check that found nothing."""
        return Check(name, "info", self.said(_("{what}: не найдено").format(what=_(TITLES[name]))), 0, amount)

    def header(self, column: str, otherwise: str) -> str:
        """The column's header in the file."""
        return next((s.mapping[column] for s in self.tables.sources if s.table == self.tables.sales_table and column in s.mapping), otherwise)


def rows_check(view: View, name: str, severity: str, text: str, mask: Any, amount: Decimal | None) -> Check:
    """A check on marked rows: examples are row numbers of the file; without any it is an info with count 0."""
    import pyarrow.compute as pc

    n = pc.sum(mask).as_py() or 0
    if not n:
        return view.clean(name, amount)
    rows = view.sales["source_row"].filter(mask).slice(0, EXAMPLES).to_pylist()
    return Check(name, severity, view.said(text), n, amount, tuple(str(r) for r in rows))
