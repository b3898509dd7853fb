"""Sheets of the workbook: which there are, and what each is called. Pages link to them by method, table or title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from kbreport.report.results import ResultRecord, TableRecord
from kbreport.words import _

_BAD = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = {"history"}  # Excel keeps this name for itself


@dataclass(frozen=True)
class Sheet:
    """A table as a sheet. `keys` are the names pages may use for it."""

    name: str
    title: str
    table: TableRecord
    record: ResultRecord
    keys: frozenset[str] = field(default_factory=frozenset)


def names(wanted: Iterable[str]) -> list[str]:
    """Sheet names Excel accepts: ≤ 31 characters, none of `[]:*?/\\`, unique regardless of case, no leading apostrophe."""
    out: list[str] = []
    taken = set(_RESERVED)
    for text in wanted:
        stem = re.sub(r"\s+", " ", _BAD.sub(" ", text)).strip(" '") or _("Лист")
        name, n = _cut(stem, 31), 2
        while name.lower() in taken:
            name, n = f"{_cut(stem, 31 - len(str(n)) - 1)} {n}", n + 1
        taken.add(name.lower())
        out.append(name)
    return out


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" -–—,.") + "…"


def fixed() -> dict[str, str]:
    """Names of the sheets every workbook has."""
    return {"findings": _("Итоги"), "ledger": _("Сверка"), "settings": _("Настройки")}


def of(records: Iterable[ResultRecord], ledger=()) -> list[Sheet]:
    """One sheet per table of every result, in order; the names leave room for the fixed sheets."""
    pairs = [(record, table) for record in records for table in record.tables.values()]
    wanted = [_title(record, table) for record, table in pairs]
    found = names([*fixed().values(), *wanted])[len(fixed()):]
    return [Sheet(name, title, table, record, frozenset({f"{record.method}.{table.name}", table.title, title, name} | ({record.method, record.title} if table.name == "main" else set())))
            for name, title, (record, table) in zip(found, wanted, pairs)]


def _title(record: ResultRecord, table: TableRecord) -> str:
    if table.title:
        return table.title
    return record.title if table.name == "main" else f"{record.title} — {table.name}"


def find(plan: list[Sheet], key: str | None) -> Sheet | None:
    """The sheet a page means by `abc`, `abc.classes` or a title."""
    return next((sheet for sheet in plan if key and key in sheet.keys), None)
