"""Companies of chapter 4 tests: one order a year per client, and the volumes beside."""

from __future__ import annotations

import pandas as pd

from tests.base import base_of, frame, orders_of

AS_OF = {"as_of": "2025-12-31"}


def volumes(rows: dict[str, float | None], **more) -> pd.DataFrame:
    """Table `potential`: T by client, asked three months ago."""
    out = frame(client_id=list(rows), as_of=["2025-10-01"] * len(rows), purchases_total=[float("nan") if v is None else float(v) for v in rows.values()])
    for name, value in ({"period_months": 12, "source": "asked", "confidence": "high"} | more).items():
        out[name] = value
    return out


def company(sales: dict[str, float], purchases: dict[str, float | None] | None = None, *, kw_volumes: dict | None = None, **kw):
    """S by client in equal orders of November and December 2025 (and 2023, so that nobody is young), T by client."""
    rows = [(c, day, amount / 2) for c, amount in sales.items() if amount for day in ("2025-11-10", "2025-12-10")]
    rows += [(c, "2023-06-10", 10) for c in sales]
    if purchases is not None:
        kw["potential"] = volumes(purchases, **(kw_volumes or {}))
    return base_of(orders_of(*rows), parameters=AS_OF | kw.pop("parameters", {}), **kw)


def said(result) -> str:
    """All words of a result: findings and page blocks without the pictures."""
    return " ".join([f.text + f.detail + f.action + f.who + f.basis for f in result.findings] + [str(_bare(b)) for b in result.blocks])


def _bare(block):
    if isinstance(block, dict):
        return {k: _bare(v) for k, v in block.items() if k not in ("svg", "phone")}
    return [_bare(b) for b in block] if isinstance(block, (list, tuple)) else block


def russian(text: str) -> bool:
    return any("а" <= c.lower() <= "я" or c in "ёЁ" for c in text)
