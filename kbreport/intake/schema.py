"""The input tables of METHODS section 2 as data: read from `schema.yml`, once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

SALES = ("orders", "order_lines")


@dataclass(frozen=True)
class Column:
    """One column of a table: its type (id text date datetime month money number int share bool time code) and words."""

    name: str
    type: str
    required: bool
    aliases: tuple[str, ...]
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The Russian word most people have in the header: «Код клиента»."""
        russian = next((a for a in self.aliases if re.search("[а-яё]", a)), self.name)
        return russian[0].upper() + russian[1:]


@dataclass(frozen=True)
class Schema:
    """One table: its columns, and how columns may be made from others."""

    name: str
    columns: dict[str, Column]
    from_name: dict[str, str] = field(default_factory=dict)  # id column → the name column it may be made from
    from_value: dict[str, str] = field(default_factory=dict)  # a code that may be told by the values of another column
    goods: tuple[str, ...] = ()
    serial: str | None = None  # an id that may be numbered by rows
    metrics: dict[str, tuple[str, ...]] = field(default_factory=dict)
    one_of: tuple[tuple[str, ...], ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns.values() if c.required)


@lru_cache
def schemas() -> dict[str, Schema]:
    """All tables by name, in the order of METHODS section 2."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (Path(__file__).parent / "schema.yml").read_text(encoding="utf-8")
    book = yaml.load(text, Loader=loader)
    return {name: _schema(name, body, book["aliases"]) for name, body in book["tables"].items()}


def _schema(name: str, body: dict, shared: dict[str, list[str]]) -> Schema:
    own, values = body.get("aliases", {}), body.get("values", {})
    columns = {}
    for column, kind in body["columns"].items():
        words = tuple(dict.fromkeys(str(a) for a in [*own.get(column, ()), *shared.get(column, ())]))
        columns[column] = Column(column, kind.rstrip("!"), kind.endswith("!"), words,
                                 {str(v): tuple(str(s) for s in spellings) for v, spellings in values.get(column, {}).items()})
    return Schema(name, columns, body.get("from_name", {}), body.get("from_value", {}), tuple(body.get("goods", ())), body.get("serial"),
                  {m: tuple(words) for m, words in body.get("metrics", {}).items()}, tuple(tuple(g) for g in body.get("one_of", ())))
