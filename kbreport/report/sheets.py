"""Sheets of the workbook: which there are, what each is called, which tables stand on it. The plan is `templates/audit.yml`.

A reader opens six to twelve sheets, not one per table: call lists and work lists have a sheet of their own, tables of one
row per client are joined into one sheet of clients, the others stand under each other on the sheet of their group. Pages
link to a table by method, `method.table` or title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from kbreport import words
from kbreport.report import results
from kbreport.report.results import Column, ResultRecord, TableRecord
from kbreport.words import _

if TYPE_CHECKING:
    import pandas as pd

_BAD = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = {"history"}  # Excel keeps this name for itself
CLIENT = ("client_id", "client_name", "manager_id")
CLIENTS, LIST, STACK = "clients", "list", "stack"


@dataclass(frozen=True)
class Placed:
    """A table with the result it belongs to. `title` is unique on its sheet."""

    title: str
    table: TableRecord
    record: ResultRecord

    @property
    def keys(self) -> set[str]:
        named = {f"{self.record.method}.{self.table.name}", self.title, self.table.title}
        return named | ({self.record.method, self.record.title} if self.table.name == "main" else set())


@dataclass(frozen=True)
class Sheet:
    """A sheet of tables. `kind`: clients (joined, one row per client), list (one table), stack (under each other)."""

    name: str
    title: str
    kind: str
    tables: list[Placed] = field(default_factory=list)

    @cached_property
    def joined(self) -> tuple[list[Column], dict[str, str], pd.DataFrame]:
        """(columns, heading of the band that begins at a column, frame) of the sheet of clients."""
        return _joined(self.tables)


# ------------------------------------------------------------------ the plan
def of(records: Iterable[ResultRecord], plan: dict, ledger: Iterable[dict] = ()) -> list[Sheet]:
    """The sheets after the findings. `plan`: `groups` and `workbook` of `templates/audit.yml`; `ledger`: rows and money of the input."""
    book = plan.get("workbook") or {}
    placed = [*_ledger(ledger), *(Placed(_title(record, table), table, record) for record in records for table in record.tables.values())]
    clients = [p for p in _wanted(placed, book.get("clients")) if any(c.name == CLIENT[0] for c in p.table.columns)]
    lists, norms = _wanted(placed, book.get("lists")), _wanted(placed, book.get("settings"))
    alone = {id(p) for p in (*clients, *lists, *norms)}
    drafts = [(_("Клиенты"), CLIENTS, clients)] if clients else []
    drafts += [(p.title, LIST, [p]) for p in lists] + _stacks([p for p in placed if id(p) not in alone], plan)
    found = names([*fixed().values(), *(title for title, _k, _t in drafts)])[len(fixed()):]
    made = [Sheet(name, title, kind, tables) for name, (title, kind, tables) in zip(found, drafts)]
    return made + [Sheet(fixed()["settings"], p.title, LIST, [p]) for p in norms[:1]]


def _stacks(placed: list[Placed], plan: dict) -> list[tuple[str, str, list[Placed]]]:
    """(title, kind, tables) of the sheets of the groups, in the order of the plan."""
    titles = {key: title.get(words.language()) or title.get("ru") or "" for key, title in ((plan.get("workbook") or {}).get("sheets") or {}).items()}
    sheet_of = {method: group.get("sheet") for group in plan.get("groups", ()) for method in group["methods"]}
    stacks: dict[str, list[Placed]] = {}
    for one in placed:
        stacks.setdefault(sheet_of.get(one.record.method) or "", []).append(one)
    return [(titles.get(key) or _("Другие таблицы"), STACK, _distinct(stacks[key])) for key in sorted(stacks, key=[*titles, *stacks].index)]


def _ledger(rows: Iterable[dict]) -> list[Placed]:
    """Rows and money of the sales table (in, excluded by reason, used) as a table like the others."""
    rows = list(rows)
    columns = (Column("name", _("Показатель"), "text"), Column("rows", _("Строк"), "count"), Column("money", _("Сумма"), "money"))
    table = TableRecord("main", _("Сверка с выгрузкой"), columns, len(rows), [[row.get(c.name) for c in columns] for row in rows])
    return [Placed(table.title, table, results.of({"method": "ledger", "title": table.title}))] if rows else []


def _wanted(placed: list[Placed], keys) -> list[Placed]:
    """Tables the plan names (`abc`, `frequency.expected`), in its order."""
    return [p for key in keys or () for p in placed if f"{p.record.method}.{p.table.name}" == (key if "." in key else f"{key}.main")]


def _distinct(tables: list[Placed]) -> list[Placed]:
    """Equal titles on one sheet name their method."""
    titles = [p.title for p in tables]
    return [Placed(f"{p.title} — {p.record.title}", p.table, p.record) if titles.count(p.title) > 1 else p for p in tables]


def _title(record: ResultRecord, table: TableRecord) -> str:
    if table.title:
        return table.title
    return record.title if table.name == "main" else f"{record.title} — {table.name}"


# ------------------------------------------------------------------ names
def names(wanted: Iterable[str]) -> list[str]:
    """Sheet names Excel accepts: ≤ 31 characters, none of `[]:*?/\\`, unique regardless of case, no leading apostrophe."""
    return unique((re.sub(r"\s+", " ", _BAD.sub(" ", text)).strip(" '") or _("Лист") for text in wanted), most=31, taken=_RESERVED)


def unique(wanted: Iterable[str], most: int, taken: Iterable[str] = ()) -> list[str]:
    """Texts cut to `most` characters, a number at the end of those that stand there already, whatever the case."""
    out: list[str] = []
    seen = set(taken)
    for text in wanted:
        name, n = _cut(text, most), 2
        while name.lower() in seen:
            name, n = f"{_cut(text, most - len(str(n)) - 1)} {n}", n + 1
        seen.add(name.lower())
        out.append(name)
    return out


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" -–—,.") + "…"


def fixed() -> dict[str, str]:
    """Names of the sheets every workbook has."""
    return {"findings": _("Итоги"), "settings": _("Настройки")}


def find(plan: list[Sheet], key: str | None) -> tuple[Sheet, Placed] | None:
    """Sheet and table a page means by `abc`, `abc.classes` or a title."""
    return next(((sheet, one) for sheet in plan for one in sheet.tables if key and key in one.keys), None)


def place(sheet: Sheet, one: Placed) -> str:
    """Where a table is, in words."""
    if sheet.kind == STACK:
        return _("книга Excel, лист «{sheet}», таблица «{table}»").format(sheet=sheet.name, table=one.title)
    return _("книга Excel, лист «{sheet}»").format(sheet=sheet.name)


# ------------------------------------------------------------------ the sheet of clients
def _joined(tables: list[Placed]) -> tuple[list[Column], dict[str, str], pd.DataFrame]:
    """Every client once: who he is, then one band of columns per method; what a column of this name said before is not said again."""
    import pandas as pd

    for one in tables:
        if one.table.frame["client_id"].isna().any() or one.table.frame["client_id"].duplicated().any():
            raise ValueError(f"{one.record.method}.{one.table.name} has not one row per client: it is a list in audit.yml")
    who = pd.concat([p.table.frame[[c for c in CLIENT if c in p.table.frame]] for p in tables], ignore_index=True)
    who = who.groupby("client_id", sort=False).first().reset_index()
    known = {c.name: c for p in reversed(tables) for c in p.table.columns}
    columns, bands, said = [known[c] for c in who], {}, {}
    for one in tables:
        there = who["client_id"].isin(one.table.frame["client_id"])
        frame = one.table.frame.set_index("client_id").reindex(who["client_id"]).reset_index(drop=True)
        for column in (c for c in one.table.columns if c.name not in CLIENT):
            name = f"{one.record.method}.{column.name}"
            if _said_before(name, frame[column.name], there, said):
                continue
            bands.setdefault(one.record.title, name)
            taken = {c.title for c in columns}
            columns.append(Column(name, f"{column.title} ({one.record.title})" if column.title in taken else column.title, column.kind, column.values))
    frame = pd.concat([who, pd.DataFrame({name: values for name, (values, _there) in said.items()})], axis=1)
    return columns, {name: title for title, name in bands.items()}, frame


def _said_before(name: str, values: pd.Series, there: pd.Series, said: dict[str, tuple[pd.Series, pd.Series]]) -> bool:
    """Keep a column, unless one of the same name says the same of every client both know: that one is filled up."""
    for seen, (known, of) in said.items():
        both = there & of
        if seen.rpartition(".")[2] == name.rpartition(".")[2] and both.any() and known[both].equals(values[both]):
            said[seen] = (known.where(of, values), of | there)
            return True
    said[name] = (values, there)
    return False
