"""Text → exact numbers. Which sign is the decimal one is decided for a whole column, never for a single cell.

A cell is *certain* when it can be read one way only (`1 234,5`, `1,234.50`, `0.125`), *open* when a sign stands before
exactly three digits (`125,300`: thousands or three decimals?). Open cells follow the certain ones of their column; with
none, a comma before three digits is taken for thousands and said, a point is refused: databases write three decimals so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from kbreport.intake.grid import Cells

SCALE = 4
MISSING = ("", "-", "—", "–", "н/д", "нд", "n/a", "na", "#n/a", "null", "none", "nan", "нет", "нет данных", "не указано")
_SIGN = r"^[+-]?"
_SPACED = r"(?:\d+|\d{1,3}(?: \d{3})+)"
PLAIN = rf"{_SIGN}{_SPACED}$"
POINT = rf"{_SIGN}(?:(?:{_SPACED}|\d{{1,3}}(?:,\d{{3}})+)\.\d*|\.\d+)$"
COMMA = rf"{_SIGN}(?:(?:{_SPACED}|\d{{1,3}}(?:\.\d{{3}})+),\d*|,\d+)$"
OPEN_COMMA, OPEN_POINT = rf"{_SIGN}[1-9]\d{{0,2}},\d{{3}}$", rf"{_SIGN}[1-9]\d{{0,2}}\.\d{{3}}$"
GROUPS_COMMA, GROUPS_POINT = rf"{_SIGN}\d{{1,3}}(?:,\d{{3}}){{2,}}$", rf"{_SIGN}\d{{1,3}}(?:\.\d{{3}}){{2,}}$"
POWER = rf"{_SIGN}\d+(?:[.,]\d+)?[eE][+-]?\d{{1,2}}$"
CURRENCIES = {"RUB": r"₽|руб(?:лей|ля|ль)?\.?|р\.|rub|rur", "USD": r"us\$|\$|usd", "EUR": r"€|eur", "KZT": r"₸|kzt|тг\.?|тенге", "BYN": r"byn|br", "GBP": r"£|gbp", "CNY": r"cny", "UAH": r"₴|uah|грн\.?"}
_MONEY_WORD = "|".join(CURRENCIES.values())


@dataclass
class Numbers:
    """`values`: decimal128(18, 4), null where empty or bad; `bad`: mask of cells that are no number; `empty`: mask.

    `decimal` is the sign found ("," or "."; None when no cell has one), `currencies` those seen in cells, `rounded` how
    many cells had more than four decimals and `rounding` the sum of differences, `tidied` how many cells were not plain digits
    with a sign, `mixed` true when some cells have a decimal comma and some a point, `undecided` true when the column cannot be read without being told the decimal sign.
    """

    values: Any
    bad: Any
    empty: Any
    decimal: str | None = None
    currencies: list[str] = field(default_factory=list)
    rounded: int = 0
    rounding: Decimal = Decimal(0)
    thousands_assumed: bool = False
    undecided: bool = False
    mixed: bool = False
    tidied: int = 0


def parse(cells: Cells, decimal: str | None = None) -> Numbers:
    """Numbers of one column; `decimal` is the sign when it was told."""
    import pyarrow.compute as pc

    text = cells.text
    plain = _plain_column(text) if decimal is None else None
    if plain:
        return plain
    if cells.all_native:
        return _typed(text, pc.equal(text, ""), ".", [])
    tidy, currencies = _tidied(text)
    spaced = _spaced_column(tidy, currencies, text) if decimal is None and cells.native is None else None
    if spaced:
        return spaced
    empty = pc.is_in(pc.utf8_lower(tidy), value_set=_strings(MISSING))
    judged = tidy if cells.native is None else pc.if_else(cells.native, "", tidy)
    found = _Signs.of(judged)
    sign = decimal or found.sign()
    ready = _normal(tidy, sign, found, cells.native)
    numbers = _typed(ready, empty, sign, currencies)
    numbers.tidied = (pc.sum(pc.invert(pc.or_(pc.or_(pc.match_substring_regex(text, r"^[+-]?\d+(?:[.,]\d+)?$"), empty), numbers.bad))).as_py() or 0)
    numbers.thousands_assumed = decimal is None and found.open_comma and not found.comma and not found.point and sign == "."
    numbers.undecided = decimal is None and found.undecided()
    numbers.mixed = decimal is None and found.point and found.comma
    return numbers


def _plain_column(text: Any) -> Numbers | None:
    """The quick way for the usual column: nothing but digits and one certain decimal sign (2M cells: 0.4 s, not 2)."""
    import pyarrow.compute as pc

    for sign, pattern in ((".", r"\."), (",", ",")):
        if pc.all(pc.match_substring_regex(text, rf"^(?:-?\d{{1,14}}(?:{pattern}\d{{1,4}})?)?$")).as_py():
            has_sign = pc.any(pc.match_substring_regex(text, rf"{pattern}(?:\d{{1,2}}|\d{{4}})$")).as_py()
            if not has_sign and pc.any(pc.match_substring(text, sign)).as_py():
                return None
            return _cast(text if sign == "." or not has_sign else pc.replace_substring(text, ",", "."), sign if has_sign else None)
    return None


def _spaced_column(tidy: Any, currencies: list[str], text: Any) -> Numbers | None:
    """The quick way for a tidied column whose thousands, if marked at all, are marked by spaces."""
    import pyarrow.compute as pc

    if not pc.all(pc.match_substring_regex(tidy, rf"^(?:-?{_SPACED}(?:[.,]\d{{1,4}})?)?$")).as_py():
        return None
    found = _plain_column(pc.replace_substring(tidy, " ", ""))
    if found:
        found.currencies, found.tidied = currencies, pc.sum(pc.not_equal(text, pc.replace_substring(tidy, " ", ""))).as_py() or 0
    return found


def _cast(text: Any, sign: str | None) -> Numbers:
    import pyarrow as pa
    import pyarrow.compute as pc

    empty = pc.equal(text, "")
    filled = pc.if_else(empty, pa.scalar(None, pa.string()), text) if pc.any(empty).as_py() else text
    return Numbers(pc.cast(filled, pa.decimal128(18, SCALE)), pc.and_(empty, pc.invert(empty)), empty, sign, [])


@dataclass(frozen=True)
class _Signs:
    """What a column's cells look like: certain points and commas, open ones, plain numbers above 999."""

    point: bool
    comma: bool
    open_point: bool
    open_comma: bool
    long_plain: bool

    @classmethod
    def of(cls, text: Any) -> "_Signs":
        import pyarrow.compute as pc

        def has(pattern: str, but: str | None = None) -> bool:
            hit = pc.match_substring_regex(text, pattern)
            if but:
                hit = pc.and_(hit, pc.invert(pc.match_substring_regex(text, but)))
            return bool(pc.any(hit).as_py())

        return cls(has(POINT, OPEN_POINT) or has(GROUPS_COMMA), has(COMMA, OPEN_COMMA) or has(GROUPS_POINT), has(OPEN_POINT), has(OPEN_COMMA), has(rf"{_SIGN}\d{{4,}}$"))

    def sign(self) -> str | None:
        if self.point != self.comma:
            return "." if self.point else ","
        if self.point and self.comma:
            return None
        if self.open_comma and not self.open_point:
            return "."
        return "," if self.open_point and not self.open_comma else None

    def undecided(self) -> bool:
        """True when an open cell cannot be settled by the others."""
        if self.point != self.comma:
            return False
        if self.point and self.comma:
            return self.open_point or self.open_comma
        return self.open_point or (self.open_comma and self.long_plain)


def _tidied(text: Any) -> tuple[Any, list[str]]:
    """Without odd spaces, currency signs, brackets and trailing minus; and the currencies seen. Each step only where needed:
    on millions of cells a look is cheaper than a change."""
    import pyarrow.compute as pc

    seen: list[str] = []
    if _any(text, r"[^ -~]|['`]"):
        text = pc.replace_substring_regex(text, "[\u00a0\u2000-\u200a\u202f\u205f\u3000'’ʼ`´]", " ")
        text = pc.replace_substring_regex(text, "[\u2212\u2013\u2012\u2010\u2011]", "-")
    if _any(text, r"[^-+\d.,() ]"):
        text, seen = _without_currency(text)
    if _any(text, r"[()]"):
        text = pc.replace_substring_regex(text, r"^\(\s*([^-+()]*\d[^()]*?)\s*\)$", r"-\1")
    if _any(text, r"[-+](?: |$)"):
        text = pc.replace_substring_regex(text, r"^([^-+].*\d[.,]?)\s*-$", r"-\1")
        text = pc.replace_substring_regex(text, r"^([+-])\s+", r"\1")
    return pc.utf8_trim_whitespace(text), seen


def _any(text: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(text, pattern)).as_py())


def _without_currency(text: Any) -> tuple[Any, list[str]]:
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring_regex(text, rf"(?i)\d\s*(?:{_MONEY_WORD})|(?:{_MONEY_WORD})\s*[-(]*\d")).as_py():
        return text, []
    seen = [code for code, word in CURRENCIES.items() if pc.any(pc.match_substring_regex(text, rf"(?i)(?:[\d)-]\s*(?:{word})\s*[)-]?$|^[-(]*\s*(?:{word})\s*[-(]*\d)")).as_py()]
    text = pc.replace_substring_regex(text, rf"(?i)^([-+(]*)\s*(?:{_MONEY_WORD})\s*([-+(]*[\d.,])", r"\1\2")
    return pc.replace_substring_regex(text, rf"(?i)([\d.,)-])\s*(?:{_MONEY_WORD})\s*([)-]?)$", r"\1\2"), seen


def _normal(text: Any, sign: str | None, found: _Signs, native: Any) -> Any:
    """Cells as `1234.5`; what is no number under this sign becomes "?"."""
    import pyarrow.compute as pc

    point = _stripped(text, POINT, " ,")
    comma = pc.replace_substring(_stripped(text, COMMA, " ."), ",", ".")
    plain = pc.replace_substring_regex(text, " ", "")
    as_point = pc.match_substring_regex(text, POINT)
    as_comma = pc.match_substring_regex(text, COMMA)
    if sign == ".":
        as_comma = pc.and_(as_comma, pc.invert(pc.match_substring_regex(text, OPEN_COMMA)))
    if sign == ",":
        as_point = pc.and_(as_point, pc.invert(pc.match_substring_regex(text, OPEN_POINT)))
    out = pc.if_else(pc.match_substring_regex(text, PLAIN), plain, "?")
    grouped = pc.match_substring_regex(text, rf"{GROUPS_COMMA}|{OPEN_COMMA}|{GROUPS_POINT}|{OPEN_POINT}")
    out = pc.if_else(grouped, pc.replace_substring_regex(text, "[., ]", ""), out)
    out = pc.if_else(as_point, point, out)
    out = pc.if_else(as_comma, comma, out)
    power = pc.match_substring_regex(text, POWER)
    out = pc.if_else(power, pc.replace_substring(text, ",", "."), out)
    return out if native is None else pc.if_else(native, text, out)


def _stripped(text: Any, _pattern: str, signs: str) -> Any:
    import pyarrow.compute as pc

    return pc.replace_substring_regex(text, f"[{signs}]", "")


def _typed(text: Any, empty: Any, sign: str | None, currencies: list[str]) -> Numbers:
    """Exact decimals; cells with more than four decimals are rounded half up and the difference is kept."""
    import pyarrow as pa
    import pyarrow.compute as pc

    good = pc.and_(pc.invert(empty), pc.match_substring_regex(text, r"^[+-]?(?:\d{1,14}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?$"))
    long = pc.and_(good, pc.match_substring_regex(text, r"\.\d{5,}|[eE]"))
    short = pc.if_else(pc.and_(good, pc.invert(long)), text, pa.scalar(None, pa.string()))
    values = pc.cast(pc.replace_substring_regex(short, r"^\+", ""), pa.decimal128(18, SCALE))
    numbers = Numbers(values, pc.invert(pc.or_(good, empty)), empty, sign, currencies)
    if pc.any(long).as_py():
        _round_long(numbers, text, long)
    return numbers


def _round_long(numbers: Numbers, text: Any, long: Any) -> None:
    """Unique long cells one by one in Decimal: Arrow's cast refuses them, floats would not be exact."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unique = pc.unique(text.filter(long))
    exact = [Decimal(t) for t in unique.to_pylist()]
    fits = [abs(d) < Decimal(10) ** (18 - SCALE) - 1 for d in exact]
    short = [d.quantize(Decimal(1).scaleb(-SCALE), ROUND_HALF_UP) if ok else d for d, ok in zip(exact, fits, strict=True)]
    table = pa.array([s if ok else None for s, ok in zip(short, fits, strict=True)], pa.decimal128(18, SCALE))
    place = pc.index_in(text, value_set=unique)
    place = pc.if_else(long, place, pa.scalar(None, pa.int32()))
    numbers.values = pc.coalesce(numbers.values, table.take(place.combine_chunks() if hasattr(place, "combine_chunks") else place))
    counts = {c["values"]: c["counts"] for c in pc.value_counts(text.filter(long)).to_pylist()}
    changed = [(t, e, s) for t, e, s in zip(unique.to_pylist(), exact, short, strict=True) if e != s]
    numbers.rounded = sum(counts[t] for t, _, _ in changed)
    numbers.rounding = sum(((s - e) * counts[t] for t, e, s in changed), Decimal(0))
    if not all(fits):
        numbers.bad = pc.or_(numbers.bad, pc.and_(long, pc.is_null(numbers.values)))


def _strings(words: tuple[str, ...]) -> Any:
    import pyarrow as pa

    return pa.array(words, pa.string())
