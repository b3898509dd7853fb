"""Text → flags, shares, codes of closed lists, times of day. Nulls where empty; a mask of what cannot be read."""

from __future__ import annotations

from typing import Any

from kbreport.intake.grid import Cells
from kbreport.intake.numbers import Numbers
from kbreport.intake.numbers import parse as parse_numbers
from kbreport.intake.schema import Column

TRUE = ("true", "1", "да", "yes", "y", "t", "истина", "+", "✓", "v", "x", "есть", "1.0")
FALSE = ("false", "0", "нет", "no", "n", "f", "ложь", "-", "", "0.0")


def flags(cells: Cells) -> tuple[Any, Any]:
    """(booleans, bad mask); an empty cell is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    low = pc.utf8_lower(cells.text)
    yes, no = (pc.is_in(low, value_set=pa.array(words)) for words in (TRUE, FALSE))
    empty = pc.equal(low, "")
    known = pc.and_(pc.or_(yes, no), pc.invert(empty))
    return pc.if_else(known, yes, pa.scalar(None, pa.bool_())), pc.invert(pc.or_(known, empty))


def shares(cells: Cells, decimal: str | None = None) -> Numbers:
    """Fractions: `15 %` is 0.15, and so is 15 in a column that has values above 1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    percent = pc.match_substring(cells.text, "%")
    text = pc.utf8_trim_whitespace(pc.replace_substring(cells.text, "%", ""))
    numbers = parse_numbers(Cells(text, cells.native, cells.all_native), decimal)
    values = pc.cast(numbers.values, pa.float64())
    above = pc.fill_null(pc.greater(values, 1.0), False)
    whole = pc.any(above).as_py() and not pc.any(percent).as_py()
    scale = pc.if_else(percent, 0.01, 0.01 if whole else 1.0)
    numbers.values = pc.multiply(values, scale)
    return numbers


def codes(cells: Cells, column: Column) -> tuple[Any, Any]:
    """(values of the closed list, bad mask): any spelling of `schema.yml`, whatever the case."""
    import pyarrow as pa
    import pyarrow.compute as pc

    spellings = {spelling.casefold(): value for value, many in column.values.items() for spelling in (value, *many)}
    place = pc.index_in(pc.utf8_lower(cells.text), value_set=pa.array(list(spellings)))
    values = pa.array(list(spellings.values())).take(place)
    return values, pc.and_(pc.is_null(place), pc.not_equal(cells.text, ""))


def times(cells: Cells) -> tuple[Any, Any]:
    """(minutes after midnight as int, bad mask) of `09:30`, `9:30:00`, `2025-01-31T09:30`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.extract_regex(cells.text, r"(?:^|[T ])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::[0-5]\d)?$")
    hour, minute = (pc.cast(pc.struct_field(found, part), pa.int64()) for part in ("h", "m"))
    values = pc.add(pc.multiply(hour, 60), minute)
    return values, pc.and_(pc.is_null(values), pc.not_equal(cells.text, ""))
