"""Headers of a file → columns of a table, by the words of `schema.yml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from kbreport.errors import InputProblems
from kbreport.intake.schema import Schema, schemas
from kbreport.words import N_

_UNIT = re.compile(r"(?i)[\s,(]*(?:в\s+)?(?:₽|руб(?:лей|ля)?\.?|р\.|rub|usd|eur|kzt|byn|тенге|\$|€|с\s+ндс|без\s+ндс|вкл\.?\s+ндс|incl\.?\s+vat|excl\.?\s+vat|%|шт\.?)[\s)]*$")


@dataclass(frozen=True)
class Mapping:
    """`columns`: column → index of the header. `unmapped`: headers nobody needs. `metrics`: metric → index (wide plans).
    `rivals`: column → other headers that are words of it too, and of no other column that was found."""

    columns: dict[str, int]
    unmapped: list[str]
    metrics: dict[str, int]
    rivals: dict[str, list[str]] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def key(header: str) -> str:
    """A header without case, spaces, ё and punctuation: «НОМЕР  заказа» → `номерзаказа`."""
    return re.sub(r"[\W_]+", "", header.casefold().replace("ё", "е"))


def bare(header: str) -> str:
    """A header without its unit: «Сумма, руб.» → «Сумма»."""
    previous, text = "", header.strip()
    while text != previous:
        previous, text = text, _UNIT.sub("", text)
    return text


@lru_cache
def known_words() -> frozenset[str]:
    """Keys of every alias of every table."""
    words = set()
    for schema in schemas().values():
        for column in schema.columns.values():
            words |= {key(column.name), *map(key, column.aliases)}
        words |= {key(w) for many in schema.metrics.values() for w in many}
    return frozenset(words)


def match(headers: Sequence[str], schema: Schema, told: dict[str, str] | None = None, file: str = "", preset: dict[str, int] | None = None) -> Mapping:
    """Give each column the header that names it best. `told` (column → header, from company.yml) comes first, then `preset`
    (column → index, from the profile of the export).

    Raises InputProblems when a told header or column does not exist.
    """
    taken = _told(headers, schema, told or {}, file)
    taken |= {c: i for c, i in (preset or {}).items() if c in schema.columns and c not in taken and i not in taken.values()}
    for _rank, index, column in sorted(_candidates(headers, schema)):
        if column not in taken and index not in taken.values() and not (preset and _other_name(headers[index], column, preset)):
            taken[column] = index
    metrics = {} if "plan_value" in taken else _metrics(headers, schema, set(taken.values()))
    used = {*taken.values(), *metrics.values()}
    rivals: dict[str, list[str]] = {}
    for _rank, index, column in sorted(_candidates(headers, schema)):
        if index not in used and column not in (told or {}) and headers[index] not in rivals.get(column, ()):
            rivals.setdefault(column, []).append(headers[index])
    return Mapping(taken, [h for i, h in enumerate(headers) if i not in used and h], metrics, rivals)


def _other_name(header: str, column: str, preset: dict[str, int]) -> bool:
    """In an export that names the client, another name (контрагент beside партнер) is no code of it."""
    return column.endswith("_id") and column.replace("_id", "_name") in preset and not re.search(r"(?i)код|\bid\b|key|code|\bno\b|number|номер|табельный", header)


def _candidates(headers: Sequence[str], schema: Schema):
    """(rank, header index, column) for every header that is a word of a column; an exact name ranks first, a header
    that matches only without its unit ranks after those that match whole."""
    ranks = _ranks(schema)
    for i, header in enumerate(headers):
        for penalty, text in ((0, header), (1000, bare(header))):
            for column, rank in ranks.get(key(text), {}).items():
                yield rank + penalty, i, column


@lru_cache
def _ranks_of(name: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for column in schemas()[name].columns.values():
        for rank, word in enumerate([column.name, *column.aliases]):
            found.setdefault(key(word), {}).setdefault(column.name, rank)
    return found


def _ranks(schema: Schema) -> dict[str, dict[str, int]]:
    return _ranks_of(schema.name)


def _metrics(headers: Sequence[str], schema: Schema, used: set[int]) -> dict[str, int]:
    words = {key(w): metric for metric, many in schema.metrics.items() for w in many}
    found: dict[str, int] = {}
    for i, header in enumerate(headers):
        metric = words.get(key(header)) or words.get(key(bare(header)))
        if metric and i not in used:
            found.setdefault(metric, i)
    return found


def _told(headers: Sequence[str], schema: Schema, told: dict[str, str], file: str) -> dict[str, int]:
    taken = {}
    places = {key(h): i for i, h in reversed(list(enumerate(headers)))}
    for column, header in told.items():
        if column not in schema.columns:
            raise InputProblems(N_("В company.yml для таблицы {table} назван столбец {column}, такого нет."), remedy=N_("Есть: {known}."),
                                table=schema.name, column=column, known=", ".join(schema.columns), problems=[])
        exact = next((i for i, h in enumerate(headers) if h == header), places.get(key(str(header))))
        if exact is None:
            raise InputProblems(N_("В файле {file} нет столбца «{header}», который company.yml называет для {column}."),
                                remedy=N_("В файле есть: {known}."), file=file, header=header, column=column, known=", ".join(h for h in headers if h), problems=[])
        taken[column] = exact
    return taken
