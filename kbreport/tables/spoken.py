"""Tables' origin as plain JSON, with sentences in the current language: what run.json, `check` and the data page show."""

from __future__ import annotations

from datetime import date
from typing import Any

from kbreport.tables.model import Check, Problem, Source, Tables


def spoken(tables: Tables, as_of: date) -> dict[str, Any]:
    """sources, ledger, problems, checks, unknown_files, has_clients."""
    ledger = tables.ledger
    excluded = [{"reason": e.reason, "text": e.text, "rows": e.rows, "amount": float(e.amount), "unreadable": e.unreadable, "examples": list(e.examples)} for e in ledger.excluded]
    return {"sources": [_source(s) for s in tables.sources],
            "ledger": {"table": ledger.table, "rows_in": ledger.rows_in, "amount_in": float(ledger.amount_in), "rows_out": ledger.rows_out,
                       "amount_out": float(ledger.amount_out), "excluded": excluded, "blank_rows": ledger.blank_rows, "total_rows": ledger.total_rows,
                       "rounded_cells": ledger.rounded_cells, "rounding": float(ledger.rounding)},
            "problems": [_problem(p) for p in tables.problems], "checks": [_check(c) for c in _checks(tables, as_of)],
            "unknown_files": list(tables.unknown_files), "has_clients": "clients" in tables.frames, "currency": tables.currency, "vat": tables.vat}


def _checks(tables: Tables, as_of: date) -> list[Check]:
    from kbreport.tables import checks

    dated = getattr(checks, "at_date", None)
    return [*tables.checks, *(dated(tables, as_of) if dated else [])]


def _source(s: Source) -> dict:
    return {"file": s.file, "sheet": s.sheet, "sha256": s.sha256, "table": s.table, "n_rows": s.n_rows, "n_used": s.n_used, "understood": list(s.understood),
            "mapping": s.mapping, "unmapped": list(s.unmapped)}


def _problem(p: Problem) -> dict:
    return {"table": p.table, "file": p.file, "sheet": p.sheet, "row": p.row, "column": p.column, "value": p.value, "rule": p.rule, "text": p.text,
            "remedy": p.remedy, "severity": p.severity, "count": p.count}


def _check(c: Check) -> dict:
    return {"name": c.name, "severity": c.severity, "text": c.text, "count": c.count, "amount": float(c.amount) if c.amount is not None else None, "examples": list(c.examples)}
