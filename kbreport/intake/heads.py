"""The stacked header of a report: which column is which measure, under which month or manager, and which levels the tree has.

    Клиент        |          | Январь 2025       |         | Итого      |
    Менеджер      |          | Количество        | Выручка | Количество | Выручка
    Номенклатура  | Артикул  |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from kbreport.intake import periods
from kbreport.intake.mapping import bare, key
from kbreport.intake.profile import Level, Profile

LOOK = 40
TOTAL = r"(?i)^\s*(?:итого|всего|общий итог|grand total|total)(?![^\W\d_])"


@dataclass(frozen=True)
class Value:
    """A column of figures: our column, and what stands above it. `total` columns repeat the others."""

    index: int
    column: str
    header: str
    period: tuple[date, date] | None = None
    name: str | None = None
    total: bool = False


@dataclass
class Head:
    """Rows first…last are the header. `levels` in the order of the stack with the index of their text; `sides` of a level."""

    first: int
    last: int
    values: list[Value]
    levels: list[tuple[Level, int]]
    sides: dict[str, dict[str, int]]
    profile: Profile
    unknown: list[str] = field(default_factory=list)
    assumed: str | None = None  # the measure that no header names


def found(rows: Sequence[Sequence[str]], profile: Profile) -> Head | None:
    """The header among the first rows, or None when there is none of this kind."""
    start = _first_data(rows, profile)
    if start is None:
        return None
    first = _first(rows, start, profile)
    if first is None:
        return None
    stack = [list(r) for r in rows[first:start]]
    edge = _edge(stack, profile)
    if edge is None:
        return None
    values, unknown, assumed = _values(_filled(stack, edge), edge, profile)
    if not values:
        return None
    levels, sides = _levels(stack, edge, profile)
    return Head(first, start - 1, values, levels, sides, profile, unknown, assumed)


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"[-−+(]?\s*\d[\d\s\u00a0\u202f.,]*\)?\s*(?:₽|руб\.?|р\.|%)?", text)) and periods.header(text) is None


def _first_data(rows: Sequence[Sequence[str]], profile: Profile) -> int | None:
    """The first row with a text on the left and a figure on the right, after a row that has a word of the header."""
    seen = False
    for i, row in enumerate(rows[:LOOK]):
        if seen and any(row[:3]) and any(_number(c) for c in row[1:] if c):
            return i
        seen = seen or (sum(bool(c) for c in row) > 1 and any(_is_head(c, profile) for c in row[1:]))
    return None


def _is_head(text: str, profile: Profile) -> bool:
    if not text:
        return False
    return periods.header(text) is not None or any(k in _measures(profile) or k in _groups(profile) for k in (key(text), key(bare(text))))


def _measures(profile: Profile) -> dict[str, str]:
    """Key of a header → our column («» = known and not needed); «upper/lower» as one key."""
    out = {key(w): "" for w in profile.ignored}
    for column, words in reversed(list(profile.columns.items())):
        out |= {key(w): column for w in words}
    return out


def _groups(profile: Profile) -> set[str]:
    return {key(w.split("/")[0]) for words in (*profile.columns.values(), profile.ignored) for w in words if "/" in w}


def _first(rows: Sequence[Sequence[str]], start: int, profile: Profile) -> int | None:
    """The topmost row of the block just above the data that holds a word of the header right of the first column."""
    first = None
    for i in range(start - 1, -1, -1):
        if not any(rows[i]):
            break
        names = [c for c in rows[i][1:] if c and ":" not in c]
        above = first == i + 1 and "manager_name" in profile.across and len(names) > 1  # managers over their pairs of figures
        if above or any(_is_head(c, profile) or re.search(TOTAL, c) for c in rows[i][1:] if c):
            first = i
    return first


def _edge(stack: list[list[str]], profile: Profile) -> int | None:
    """Index of the first column of figures."""
    places = [i for row in stack for i, c in enumerate(row) if i and _is_head(c, profile)]
    return min(places) if places else None


def _filled(stack: list[list[str]], edge: int) -> list[list[str]]:
    """Merged cells: a text of an upper row stands for the empty cells right of it, as long as a lower row is filled there."""
    out = [list(row) for row in stack]
    for i, row in enumerate(out[:-1]):
        for j in range(max(edge, 1) + 1, len(row)):
            lower = any(out[k][j] for k in range(i + 1, len(out)))
            if not row[j] and lower and row[j - 1] and not any(stack[k][j] for k in range(i)):
                row[j] = row[j - 1]
    return out


def _values(stack: list[list[str]], edge: int, profile: Profile) -> tuple[list[Value], list[str], str | None]:
    measures, found_values, plain = _measures(profile), [], []
    for j in range(edge, max(map(len, stack))):
        texts = list(dict.fromkeys(row[j] for row in stack if j < len(row) and row[j]))
        if not texts:
            continue
        at, column = _measure(texts, measures)
        rest = [t for i, t in enumerate(texts) if i not in at]
        if column == "":
            continue
        period = next((p for t in rest if (p := periods.header(t))), None)
        total = any(re.search(TOTAL, t) for t in rest)
        name = next((t for t in rest if periods.header(t) is None and not re.search(TOTAL, t)), None)
        (plain if column is None else found_values).append(Value(j, column or "amount", " / ".join(texts), period, name, total))
    assumed = None
    if not any(v.column == "amount" or v.column == "open_amount" for v in found_values) and sum(v.period is not None for v in plain) > 1:  # months over figures whose measure nobody names
        assumed = next((c for c in ("amount", "open_amount") if c in profile.columns), None)
        found_values += [v for v in plain if v.period or v.total]
        plain = [v for v in plain if not (v.period or v.total)]
    values = _settled(found_values, profile)
    rivals = [v.header for v in found_values if v.index not in {x.index for x in values}]
    return values, [v.header for v in plain] + rivals, assumed


def _measure(texts: list[str], measures: dict[str, str]) -> tuple[set[int], str | None]:
    """(indexes of the texts that name the measure, our column); None when none does."""
    whole = key("/".join(texts))
    if whole in measures:
        return set(range(len(texts))), measures[whole]
    for i in reversed(range(len(texts))):
        for k in (key(texts[i]), key(bare(texts[i]))):
            if k in measures:
                return {i}, measures[k]
    return set(), None


def _settled(values: list[Value], profile: Profile) -> list[Value]:
    """A matrix where at least two columns of one measure have a month or a name; else each measure once, the better word first."""
    across = any(sum(v.column == c and (v.period is not None or (v.name is not None and "manager_name" in profile.across)) and not v.total for v in values) > 1 for c in {v.column for v in values})
    if across and profile.across:
        return _one_of_each(values, profile)
    out: dict[str, Value] = {}
    for v in sorted(values, key=lambda v: (_rank(v, profile), v.index)):
        out.setdefault(v.column, Value(v.index, v.column, v.header))
    return sorted(out.values(), key=lambda v: v.index)


def _one_of_each(values: list[Value], profile: Profile) -> list[Value]:
    """In a matrix too: one column of each measure under each month or manager, the better word first (выручка before выручка без НДС)."""
    out: dict[tuple, Value] = {}
    for v in sorted(values, key=lambda v: (_rank(v, profile), v.index)):
        out.setdefault((v.column, v.period, v.name, v.total), v)
    return sorted(out.values(), key=lambda v: v.index)


def _rank(value: Value, profile: Profile) -> int:
    words = [key(w) for w in profile.columns.get(value.column, ())]
    return next((words.index(k) for t in value.header.split(" / ") for k in (key(t), key(bare(t))) if k in words), len(words))


def _levels(stack: list[list[str]], edge: int, profile: Profile) -> tuple[list[tuple[Level, int]], dict[str, dict[str, int]]]:
    """Levels named left of the figures, from the top of the stack down, and the side columns of each."""
    levels: list[tuple[Level, int]] = []
    sides: dict[str, dict[str, int]] = {}
    for row in stack:
        mine = []
        for j, text in ((j, c) for j, c in enumerate(row[:edge]) if c):
            for part in _parts(text, profile):
                level = next((x for x in profile.levels if key(part) in map(key, x.labels) and x.field not in [y.field for y, _j in levels]), None)
                if level:
                    levels.append((level, j))
                    mine.append(level)
        for j, text in ((j, c) for j, c in enumerate(row[:edge]) if c):
            for level in profile.levels:
                for column, words in level.side.items():
                    if key(text) in map(key, words) and (level in mine or any(level is x for x, _j in levels)):
                        sides.setdefault(level.field, {})[column] = j
    return levels, sides


def _parts(text: str, profile: Profile) -> list[str]:
    """«Клиент / Менеджер / Номенклатура» in one cell is three levels, if each part is the name of one."""
    known = {key(w) for level in profile.levels for w in (*level.labels, *(s for many in level.side.values() for s in many))}
    if key(text) in known:
        return [text]
    parts = [p.strip() for p in re.split(r"\s*[/\n]\s*|\s{3,}", text) if p.strip()]
    return parts if len(parts) > 1 and all(key(p) in known for p in parts) else [text]
