"""The named input checks of METHODS 2.8 and a few of our own: what is odd about data that can be used.

Each looks at the sales table (and the clients' cards) and gives one `Check` with count, money and up to ten examples;
count 0 means that it was looked for and not found. Nothing here changes a row.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from kbreport.tables import finding_clients, finding_dates
from kbreport.tables.checked import EXAMPLES, View, rows_check
from kbreport.tables.model import ZERO, Check, Tables
from kbreport.words import _, n_, number, percent

MANY_RETURNS, FEW_ROWS = 0.10, 30


def at_load(tables: Tables) -> list[Check]:
    """The checks that need no as-of date."""
    view = View.of(tables)
    plain = (_duplicates, _text_numbers, finding_clients.same_inn, finding_clients.same_name, finding_clients.id_two_names, finding_clients.technical_clients, finding_clients.bad_inn, finding_clients.dominant_client, _many_returns, finding_clients.no_manager, finding_clients.without_card,
             _zero_amounts, _no_cost, _few_rows, _lines_against_orders, _undated_debts, _undated_payments)
    return [check for make in plain if (check := make(view)) is not None]


def checks(tables: Tables, as_of: date | None = None) -> list[Check]:
    """All checks. `as_of` (found by the facts) says which dates lie in the future; without it only a tail after a gap of
    more than a year does."""
    view = View.of(tables)
    dated = [make(view, as_of) for make in (finding_dates.bad_dates, finding_dates.future_dates, finding_dates.empty_months, finding_dates.partial_month)]
    return [*tables.checks, *(c for c in dated if c is not None)]


def _duplicates(view: View) -> Check | None:
    """Copies are kept and named with their money, unless `drop_duplicates` has excluded them already."""
    import pyarrow.compute as pc

    from kbreport.tables.sales import duplicates

    gone = next((e for e in view.tables.ledger.excluded if e.reason == "duplicate"), None)
    if gone:
        text = n_("{n} дубль исключён, на {amount}", "{n} дублей исключено, на {amount}", gone.rows, amount=view.money(gone.amount))
        return Check("duplicate_rows", "info", view.said(text), gone.rows, gone.amount, gone.examples)
    columns = {c: view.sales[c] for c in view.sales.column_names if c != "order_id" or not view.synthetic_orders}
    mask = duplicates(columns)
    n = pc.sum(mask).as_py() or 0
    amount = pc.sum(view.sales["amount"].filter(mask)).as_py() or ZERO
    text = n_("{n} дубль: строка повторяет другую слово в слово, на {amount}; она учтена (drop_duplicates: true уберёт)",
              "{n} дублей: строки повторяют другие слово в слово, на {amount}; они учтены (drop_duplicates: true уберёт)", n, amount=view.money(amount))
    return rows_check(view, "duplicate_rows", "warn", text, mask, amount)


def _text_numbers(view: View) -> Check:
    """Amounts that are text to a machine: spaces inside, a sign of currency, brackets, a trailing minus."""
    n = view.tables.ledger.tidied_cells
    if not n:
        return view.clean("text_numbers")
    text = n_("{n} сумма записана с пробелами, знаком валюты или скобками; прочитана как число", "{n} сумм записаны с пробелами, знаком валюты или скобками; прочитаны как числа", n)
    return Check("text_numbers", "info", view.said(text), n)


def _many_returns(view: View) -> Check:
    import pyarrow.compute as pc

    amounts = view.sales["amount"]
    negative = pc.less(amounts, Decimal(0))
    back = -(pc.sum(amounts.filter(negative)).as_py() or ZERO)
    sold = pc.sum(amounts.filter(pc.invert(negative))).as_py() or ZERO
    share = float(back / sold) if sold else None
    text = _("возвраты — {share} продаж ({back})").format(share=percent(share, 1), back=view.money(back)) if sold else _("все строки — возвраты, на {back}: долей и классов не построить").format(
        back=view.money(back))
    if not back or (share is not None and share <= MANY_RETURNS):
        return view.clean("many_returns", back)
    return Check("many_returns", "warn", view.said(text), pc.sum(negative).as_py() or 0, back)


def _zero_amounts(view: View) -> Check:
    import pyarrow.compute as pc

    mask = pc.equal(view.sales["amount"], Decimal(0))
    n = pc.sum(mask).as_py() or 0
    return rows_check(view, "zero_amounts", "info", n_("{n} строка с нулевой суммой", "{n} строк с нулевой суммой", n), mask, ZERO)


def _no_cost(view: View) -> Check | None:
    if {"cost", "margin"} & set(view.sales.column_names):
        return None
    return Check("no_cost", "info", view.said(_("нет столбца «Себестоимость» (cost) и нет маржи: прибыль не считается")), 1)


def _few_rows(view: View) -> Check | None:
    import pyarrow.compute as pc

    n, clients = view.sales.num_rows, pc.count_distinct(view.sales["client_id"]).as_py() if "client_id" in view.sales.column_names else 0
    if n >= FEW_ROWS and clients != 1:
        return None
    text = n_("данных мало: {n} строка, клиентов {clients}; выводов почти не будет", "данных мало: {n} строк, клиентов {clients}; выводов почти не будет", n, clients=number(clients))
    return Check("few_rows", "warn", view.said(text), n)


def _lines_against_orders(view: View) -> Check | None:
    """Both tables given: orders are the truth about money, the lines must add up to the same. What the lines lose is said with its money."""
    lines, ledger = view.tables.frames.get("order_lines"), view.tables.lines_ledger
    if lines is None or ledger is None:
        return None
    unknown = next((e for e in ledger.excluded if e.reason == "unknown_order"), None)
    in_lines, in_orders = ledger.amount_out + (unknown.amount if unknown else ZERO), view.tables.ledger.amount_out
    lost = _ids_missing(lines["order_id"], view.sales["order_id"])
    apart = abs(in_lines - in_orders) >= Decimal("0.01") or bool(lost) or unknown is not None
    text = _("строки заказов дают {lines}, заказы — {orders}, разница {gap}; верны заказы").format(lines=view.money(in_lines), orders=view.money(in_orders), gap=view.money(in_lines - in_orders))
    if lost:
        text += "; " + n_("строк без своего заказа: {n} номер", "строк без своего заказа: {n} номеров", len(lost))
    examples = unknown.examples if unknown else tuple(lost[:EXAMPLES])
    return Check("lines_against_orders", "warn" if apart else "info", view.said(text + ledger.left_out), int(apart), in_lines - in_orders, examples)


def _undated_debts(view: View) -> Check | None:
    """A debt whose due day nobody said is neither overdue nor not: methods of debts leave it out, and here it is counted."""
    found = _without_due_date(view, "receivables", ("open_amount",))
    if found is None or not found[0]:
        return None if found is None else view.clean("undated_debts")
    text = n_("receivables: у {n} строки нет срока оплаты ({amount}); в долгах и просрочке её нет", "receivables: у {n} строк нет срока оплаты ({amount}); в долгах и просрочке их нет", found[0],
              amount=view.money(found[1]))
    return Check("undated_debts", "warn", text, *found)


def _undated_payments(view: View) -> Check | None:
    """The same of payments: without a due day nothing can be late."""
    found = _without_due_date(view, "payments", ("paid_amount", "planned_amount"))
    if found is None or not found[0]:
        return None if found is None else view.clean("undated_payments")
    text = n_("payments: у {n} строки нет срока оплаты ({amount}); задержку по ней не узнать", "payments: у {n} строк нет срока оплаты ({amount}); задержку по ним не узнать", found[0],
              amount=view.money(found[1]))
    return Check("undated_payments", "warn", text, *found)


def _without_due_date(view: View, table: str, money: tuple[str, ...]) -> tuple[int, Decimal] | None:
    """(rows without a due date, their money: of each row the first of `money` it has); None without the table."""
    frame = view.tables.frames.get(table)
    if frame is None or not len(frame):
        return None
    gone = frame[frame["due_date"].isna()] if "due_date" in frame else frame
    amounts = [gone[column].astype("float64") for column in money if column in gone]
    whole = amounts[0].fillna(amounts[-1]).sum() if amounts else 0.0
    return len(gone), Decimal(str(round(float(whole), 2)))


def _ids_missing(ids: Any, among: Any) -> list[str]:
    import pyarrow.compute as pc

    unique = pc.unique(ids)
    known = pc.unique(among)
    return sorted(unique.filter(pc.invert(pc.is_in(unique, value_set=known.combine_chunks() if hasattr(known, "combine_chunks") else known))).to_pylist())
