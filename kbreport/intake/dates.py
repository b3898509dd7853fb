"""Text → dates. ISO, Russian dotted, worded and serial dates can be read one way only; `03/04/2025` follows the column:
one day above 12 in the column settles the order, and so does a series of first days of months; else it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kbreport.intake.grid import Cells
from kbreport.words import N_

_TIME = r"(?:(?:[T ]|,\s*)\s*(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<ap>[AaPp]\.?[Mm]\.?)?\s*(?:Z|[+-]\d{2}:?\d{2}|UTC|MSK)?)?"
ISO = rf"^(?P<y>\d{{4}})[-./](?P<m>\d{{1,2}})[-./](?P<d>\d{{1,2}}){_TIME}$"
COMPACT = r"^(?P<y>19\d{2}|20\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?P<h>)(?P<mi>)(?P<s>)(?P<ap>)$"
DOTTED = rf"^(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>\d{{4}}|\d{{2}})(?:\s*г\.?)?{_TIME}$"
SLASHED = rf"^(?P<a>\d{{1,2}})[/-](?P<b>\d{{1,2}})[/-](?P<y>\d{{4}}|\d{{2}}){_TIME}$"
DAY_WORD = rf"^(?:\pL+\.?,?\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[-\s]+(?P<w>\pL+)\.?,?[-\s]+(?P<y>\d{{4}}|\d{{2}})(?:\s*г\.?)?{_TIME}$"
WORD_DAY = rf"^(?:\pL+\.?,?\s+)?(?P<w>\pL+)\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_TIME}$"
SERIAL = r"^[2-7]\d{4}(?:[.,]\d+)?$"
MONTHS = {w: i for i, words in enumerate((
    "январь января янв january jan", "февраль февраля фев февр february feb", "март марта мар march mar", "апрель апреля апр april apr", "май мая may",
    "июнь июня июн june jun", "июль июля июл july jul", "август августа авг august aug", "сентябрь сентября сен сент september sep sept",
    "октябрь октября окт october oct", "ноябрь ноября ноя нояб november nov", "декабрь декабря дек december dec"), 1) for w in words.split()}
KINDS = {"iso": N_("ГГГГ-ММ-ДД"), "compact": N_("ГГГГММДД"), "dotted": N_("ДД.ММ.ГГГГ"), "dmy": N_("ДД/ММ/ГГГГ"), "mdy": N_("ММ/ДД/ГГГГ"), "word": N_("месяц словом"),
         "serial": N_("числа Excel"), "native": N_("даты самой книги")}


@dataclass
class Dates:
    """`values`: timestamp[s], null where empty or bad; `kinds`: the notations met; `undecided`: a slashed column whose
    order of day and month nothing settles."""

    values: Any
    bad: Any
    empty: Any
    kinds: list[str] = field(default_factory=list)
    undecided: bool = False


def parse(cells: Cells, order: str | None = None) -> Dates:
    """Dates of one column; `order` is dmy or mdy when it was told. Works on the distinct texts: days repeat."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(cells.text.combine_chunks() if hasattr(cells.text, "combine_chunks") else cells.text)
    unique = coded.dictionary
    stamps, kinds, undecided = _read(unique, order)
    empty = pc.is_in(pc.utf8_lower(unique), value_set=pa.array(["", "-", "—", "н/д", "null", "none", "nan", "nat", "n/a", "не закрыта", "не закрыт"]))
    missing = np.isnat(stamps)
    values = pa.array(stamps, mask=missing)
    bad = pa.array(missing & ~np.asarray(empty))
    place = coded.indices
    kinds = ["native" if k == "iso" and cells.all_native else k for k in kinds]
    return Dates(values.take(place), bad.take(place), pa.array(np.asarray(empty)).take(place), kinds, undecided)


def _read(unique: Any, order: str | None) -> tuple[Any, list[str], bool]:
    """Seconds-precision datetimes of distinct texts, the notations met, and whether the slashed order stays open."""
    import numpy as np

    stamps = np.full(len(unique), np.datetime64("NaT"), dtype="datetime64[s]")
    kinds: list[str] = []
    for kind, pattern in (("iso", ISO), ("compact", COMPACT), ("dotted", DOTTED), ("word", DAY_WORD), ("word", WORD_DAY)):
        found = _extract(unique, pattern)
        if found is not None:
            month = found["m"] if "m" in found else _month_numbers(found["w"])
            _put(stamps, _stamp(_years(found["y"]), month, _ints(found["d"]), found))
            kinds.append(kind)
    kinds += _serial(unique, stamps)
    slashed, undecided = _slashed(unique, stamps, order)
    return stamps, list(dict.fromkeys(kinds + slashed)), undecided


def _extract(unique: Any, pattern: str) -> dict[str, Any] | None:
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring_regex(unique, pattern)).as_py():
        return None
    found = pc.extract_regex(unique, pattern)
    names = [f.name for f in found.type]
    out = {name: pc.struct_field(found, name) for name in names}
    if "m" in out:
        out["m"] = _ints(out["m"])
    return out


def _ints(text: Any) -> Any:
    """int64, −1 where the text is empty or null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.if_else(pc.equal(pc.fill_null(text, ""), ""), "-1", pc.fill_null(text, "-1"))
    return np.asarray(pc.cast(filled, pa.int64()))


def _years(text: Any) -> Any:
    import numpy as np

    years = _ints(text)
    return np.where((years >= 0) & (years < 70), years + 2000, np.where((years >= 70) & (years < 100), years + 1900, years))


def _month_numbers(words: Any) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    place = pc.index_in(pc.utf8_lower(words), value_set=pa.array(list(MONTHS)))
    numbers = np.array([*MONTHS.values(), -1])
    return numbers[np.asarray(pc.fill_null(place, len(MONTHS)))]


def _stamp(year: Any, month: Any, day: Any, found: dict[str, Any]) -> Any:
    """Datetimes where year, month and day make a real one; else NaT."""
    import numpy as np

    ok = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    start = (np.where(ok, year, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (np.where(ok, month, 1) - 1)
    days = start.astype("datetime64[D]") + (np.where(ok, day, 1) - 1)
    ok &= days.astype("datetime64[M]") == start
    hours, minutes, seconds = (np.maximum(_ints(found[part]), 0) for part in ("h", "mi", "s"))
    hours = _half_days(hours, found["ap"])
    ok &= (hours < 24) & (minutes < 60) & (seconds < 60)
    stamp = days.astype("datetime64[s]") + (hours * 3600 + minutes * 60 + seconds)
    return np.where(ok, stamp, np.datetime64("NaT"))


def _half_days(hours: Any, marks: Any) -> Any:
    import numpy as np
    import pyarrow.compute as pc

    mark = pc.utf8_lower(pc.fill_null(marks, ""))
    after = np.asarray(pc.starts_with(mark, "p"))
    before = np.asarray(pc.starts_with(mark, "a"))
    return np.where(after & (hours < 12), hours + 12, np.where(before & (hours == 12), 0, hours))


def _put(stamps: Any, found: Any) -> None:
    import numpy as np

    fresh = np.isnat(stamps) & ~np.isnat(found)
    stamps[fresh] = found[fresh]


def _serial(unique: Any, stamps: Any) -> list[str]:
    """Excel's day numbers (45300 = 2024-01-09), between 1954 and 2119."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    hit = pc.match_substring_regex(unique, SERIAL)
    if not pc.any(hit).as_py():
        return []
    text = pc.replace_substring(pc.if_else(hit, unique, "0"), ",", ".")
    days = np.asarray(pc.cast(text, pa.float64()))
    found = np.datetime64("1899-12-30", "s") + np.round(days * 86400).astype(np.int64)
    _put(stamps, np.where(np.asarray(hit), found, np.datetime64("NaT")))
    return ["serial"]


def _slashed(unique: Any, stamps: Any, order: str | None) -> tuple[list[str], bool]:
    import numpy as np

    found = _extract(unique, SLASHED)
    if found is None:
        return [], False
    a, b = _ints(found["a"]), _ints(found["b"])
    hit = a >= 0
    if order is None:
        order = _order(a[hit], b[hit], _years(found["y"])[hit])
    if order is None:
        return ["dmy"], True
    day, month = (a, b) if order == "dmy" else (b, a)
    _put(stamps, np.where(hit, _stamp(_years(found["y"]), month, day, found), np.datetime64("NaT")))
    return [order], False


def _order(a: Any, b: Any, years: Any) -> str | None:
    """dmy or mdy by what only one of them allows; a column of first days of months tells by its constant 1."""
    first, second = bool((a > 12).any()), bool((b > 12).any())
    if first != second:
        return "dmy" if first else "mdy"
    if first:
        return None
    months = len(set(zip(years.tolist(), a.tolist(), b.tolist(), strict=True)))
    if months >= 3 and (a == 1).all() != (b == 1).all():
        return "dmy" if (a == 1).all() else "mdy"
    return None
