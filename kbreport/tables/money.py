"""Currency and VAT as the files themselves state them. What they do not state stays unknown."""

from __future__ import annotations

import re

from kbreport.intake.numbers import CURRENCIES
from kbreport.tables.typed import Typed


def currency_of(sales: list[Typed]) -> list[str]:
    """ISO codes named by a currency column, by money cells or by the header of the amount; empty = unknown."""
    seen: list[str] = []
    for typed in sales:
        for code in [*_column(typed), *typed.currencies, *in_header(typed.header("amount"))]:
            if code not in seen:
                seen.append(code)
    return seen


def _column(typed: Typed) -> list[str]:
    import pyarrow.compute as pc

    if "currency" not in typed.columns:
        return []
    return [iso(v) for v in sorted(v for v in pc.unique(typed.columns["currency"]).to_pylist() if v)]


def iso(word: str) -> str:
    """`руб.` → RUB, `usd` → USD; an unknown word stays as it is."""
    return next((code for code, words in CURRENCIES.items() if re.fullmatch(f"(?i)(?:{words})", word.strip())), word.strip().upper())


def in_header(header: str) -> list[str]:
    """Currencies named by a header: «Сумма, руб.» → RUB."""
    return [code for code, words in CURRENCIES.items() if re.search(rf"(?i)(?:^|[\s,(])(?:{words})(?:$|[\s),])", header)]


def vat_of(headers: list[str]) -> str:
    """included | excluded when the header of the amount says so, else unknown."""
    for header in headers:
        if re.search(r"(?i)без\s+ндс|excl\w*\.?\s+vat|ex\.?\s+vat|net of vat", header):
            return "excluded"
        if re.search(r"(?i)(?:с|вкл\w*\.?)\s+ндс|incl\w*\.?\s+vat|with vat", header):
            return "included"
    return "unknown"
