"""Small companies for tests, without files: rows → facts → `Run`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path

import pandas as pd
import pyarrow as pa

from kbreport import words
from kbreport.company import Company
from kbreport.facts import Parameters
from kbreport.facts.open import facts_of
from kbreport.facts.period import find_period
from kbreport.run import Run, narrowed
from kbreport.tables.model import Ledger, Tables

MONEY = pa.decimal128(18, 4)
_KEYS = count()  # results of one base must never be found for another


def sales(rows: list[dict]) -> pa.Table:
    """Orders or lines as the tables room gives them; missing keys of a row are null."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in ("amount", "cost", "margin", "list_amount"):
            columns[name] = pa.array([None if v is None else Decimal(str(v)) for v in values], MONEY)
        elif name == "order_date":
            columns[name] = pa.array([date.fromisoformat(v) if isinstance(v, str) else v for v in values], pa.date32())
        elif name == "qty":
            columns[name] = pa.array(values, pa.float64())
        else:
            columns[name] = pa.array([None if v is None else str(v) for v in values], pa.string())
    if "order_id" not in columns:
        columns["order_id"] = pa.array([f"row-{i}" for i in range(len(rows))])
    return pa.table(columns)


def orders_of(*rows: tuple) -> list[dict]:
    """(client, date, amount[, manager]) as orders."""
    return [dict(zip(("client_id", "order_date", "amount", "manager_id"), row)) for row in rows]


def base_of(orders: list[dict] | None = None, *, lines: list[dict] | None = None, parameters: dict | None = None, settings: dict | None = None,
            manager: str | None = None, lang: str = "ru", **tables: pd.DataFrame) -> Run:
    """An opened run on rows in memory. `tables`: other tables of METHODS section 2 by name."""
    frames: dict = {name: frame for name, frame in tables.items()}
    if orders is not None:
        frames["orders"] = sales(orders)
    if lines is not None:
        frames["order_lines"] = sales(lines)
    which = "orders" if orders is not None else "order_lines"
    table = frames[which]
    total = sum((v for v in table["amount"].to_pylist() if v is not None), Decimal(0))
    ledger = Ledger(which, table.num_rows, total, (), table.num_rows, total)
    company = Company(Path.cwd(), "Тест", parameters=Parameters(**(parameters or {})))
    if settings:
        company = company.changed(settings)
    with words.speaking(lang):
        facts = facts_of(Tables(frames, [], ledger, [], [], None, "unknown", None), company.parameters)
        period, status, rule = find_period(company.parameters.period, facts.as_of.date, facts.history_start)
    data = {"sources": [], "problems": [], "checks": [], "has_clients": "clients" in frames, "ledger": {
        "table": which, "rows_in": table.num_rows, "amount_in": float(total), "rows_out": table.num_rows, "amount_out": float(total), "excluded": []}}
    run = Run(company, facts.led(period), data, period, status, rule, lang, f"test-{next(_KEYS)}")
    return run if manager is None else narrowed(run, manager)


def frame(**columns) -> pd.DataFrame:
    """A small table; names ending in _date, _on, _from, _to, at are dates."""
    out = pd.DataFrame(columns)
    for name in out:
        if name.endswith(("_date", "_on", "_from", "_to")) or name in ("at", "as_of", "date"):
            out[name] = pd.to_datetime(out[name])
    return out
