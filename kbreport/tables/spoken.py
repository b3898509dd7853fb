"""Tables to and from the words of others: parameters in, plain JSON out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from kbreport.intake.spec import InputSpec
from kbreport.tables.model import Check, Ledger, Problem, Source, Tables

PROBLEMS = 1000  # places that travel into run.json; the rest is counted


def spec_of(inputs: dict[str, Any] | None, parameters: Any = None) -> InputSpec:
    """The `inputs:` section of company.yml together with the general parameters that bear on reading."""
    spec = InputSpec.from_dict(inputs)
    if parameters is None:
        return spec
    currency = parameters.currency if parameters.currency not in ("unknown", "", None) else None
    return replace(spec, currency=currency, vat=parameters.vat, drop_duplicates=parameters.drop_duplicates, anonymize=parameters.anonymize, internal_clients=tuple(str(c) for c in parameters.internal_clients))


def spoken(tables: Tables, checks: Sequence[Check] | None = None) -> dict[str, Any]:
    """Sources, ledger, problems and checks as plain JSON values; money as numbers rounded to 0.01."""
    return {"sources": [_source(s) for s in tables.sources], "ledger": _ledger(tables.ledger),
            "lines_ledger": tables.lines_ledger and _ledger(tables.lines_ledger), "problems": [_problem(p) for p in tables.problems[:PROBLEMS]],
            "n_problems": sum(p.count for p in tables.problems), "checks": [_check(c) for c in (tables.checks if checks is None else checks)], "currency": tables.currency,
            "vat": tables.vat, "stated_period": [d.isoformat() for d in tables.stated_period] if tables.stated_period else None, "unknown_files": list(tables.unknown_files),
            "tables": sorted(tables.frames), "has_clients": "clients" in tables.frames, "privacy": tables.privacy}


def _source(source: Source) -> dict[str, Any]:
    return {**asdict(source), "understood": list(source.understood), "unmapped": list(source.unmapped)}


def _ledger(ledger: Ledger) -> dict[str, Any]:
    out = {**asdict(ledger), "amount_in": _money(ledger.amount_in), "amount_out": _money(ledger.amount_out), "rounding": float(ledger.rounding), "sentence": ledger.sentence}
    out["excluded"] = [{**asdict(e), "amount": _money(e.amount), "examples": list(e.examples), "text": e.text} for e in ledger.excluded]
    return out


def _problem(problem: Problem) -> dict[str, Any]:
    return {**asdict(problem), "text": problem.text}


def _check(check: Check) -> dict[str, Any]:
    return {**asdict(check), "amount": None if check.amount is None else _money(check.amount), "examples": list(check.examples)}


def _money(amount: Decimal) -> float:
    return float(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
