"""Words and numbers of a report: gettext with plurals, money, percents, dates. The only room that formats numbers.

Message source strings are Russian; `locale/<lang>/LC_MESSAGES/<room>.po` translate them (`ru` holds only plurals). The
language is a context variable: `speak("en")` for a process, `with speaking("en")` for a stretch. Numbers are formatted by
Babel; every space inside a formatted number is U+00A0 (never U+202F, which the fonts of mail programs lack).

Rounding is half away from zero and happens here only (METHODS section 1, point 9).
"""

from __future__ import annotations

import errno
import gettext
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Iterable, Iterator, Sequence

from kbreport import errors

LANGS = ("ru", "en")
NB = "\u00a0"
MINUS = "\u2212"
_LOCALE = Path(__file__).resolve().parent / "locale"
_lang: ContextVar[str] = ContextVar("lang", default=os.environ.get("KB_LANG") if os.environ.get("KB_LANG") in LANGS else "ru")
SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸", "BYN": "Br", "GBP": "£", "CNY": "¥", "UAH": "₴"}


# ------------------------------------------------------------------ language
def speak(lang: str) -> None:
    """Use this language from now on."""
    _lang.set(lang)


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Use this language inside the `with` block."""
    token = _lang.set(lang)
    try:
        yield
    finally:
        _lang.reset(token)


def language() -> str:
    return _lang.get()


def _(text: str) -> str:
    """The sentence in the current language."""
    return _catalogue(_lang.get()).gettext(text) if text else ""


def n_(one: str, many: str, n: int, **fields) -> str:
    """The sentence for `n` things; `{n}` is the number itself, written with separators."""
    return _catalogue(_lang.get()).ngettext(one, many, abs(int(n))).format(n=number(n), **fields)


def N_(text: str) -> str:
    """Marks a message that is translated later (titles at class level)."""
    return text


@lru_cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    """All rooms' catalogues of one language as one: a compiled `.mo` where it is fresh, else the `.po` itself."""
    whole: gettext.NullTranslations | None = None
    for po in sorted((_LOCALE / lang / "LC_MESSAGES").glob("*.po")):
        part = _read(po)
        if whole is None:
            whole = part
        else:
            whole._catalog.update({k: v for k, v in part._catalog.items() if k != ""})
    return whole or gettext.NullTranslations()


def _read(po: Path) -> gettext.GNUTranslations:
    mo = po.with_suffix(".mo")
    if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
        with mo.open("rb") as file:
            return gettext.GNUTranslations(file)
    import io

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with po.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


errors.translate_with(_)


# ------------------------------------------------------------------ the system's own words
_NO_RIGHTS = N_("нет прав")
_TROUBLE = {"EACCES": _NO_RIGHTS, "EPERM": _NO_RIGHTS, "EROFS": N_("диск только для чтения"), "ENOSPC": N_("на диске нет места"), "EDQUOT": N_("исчерпана квота на диске"), "EFBIG": N_("файл больше, чем здесь разрешено"),
            "ENOTDIR": N_("на этом пути стоит файл, а не папка"), "EEXIST": N_("на этом месте уже стоит файл"), "EISDIR": N_("это папка, а не файл"), "ENOENT": N_("нет такого файла или папки"),
            "ENAMETOOLONG": N_("слишком длинное имя"), "EBUSY": N_("занято другой программой"), "ETXTBSY": N_("занято другой программой"), "EIO": N_("ошибка чтения или записи диска"), "EMFILE": N_("открыто слишком много файлов")}


def trouble(problem: OSError) -> str:
    """Why the system refused, in our language; what we have no words for stays as the system says it."""
    known = _TROUBLE.get(errno.errorcode.get(problem.errno or 0, ""))
    return _(known) if known else problem.strerror or str(problem) or type(problem).__name__


# ------------------------------------------------------------------ numbers
def missing(x) -> bool:
    """True for None, NaN, pandas' NA, and infinities (nothing a reader could use)."""
    return x is None or str(x) in ("nan", "<NA>", "NaT", "inf", "-inf")


def rounded(x: float, digits: int = 0) -> Decimal:
    """Half away from zero, on the decimal the reader sees (0.125 → 0.13), not on the binary one."""
    return Decimal(repr(float(x))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def number(x, digits: int = 0) -> str:
    """`1 234,5`; «н/д» for a missing value."""
    if missing(x):
        return _("н/д")
    value = rounded(x, digits)
    whole, dot, part = f"{abs(value):,.{digits}f}".partition(".")
    ru = _lang.get() == "ru"
    text = whole.replace(",", NB if ru else ",") + ((("," if ru else ".") + part) if dot else "")
    return (MINUS if value < 0 else "") + text


def percent(share, digits: int = 0) -> str:
    """A fraction as `12,3 %` (`12.3%` in English)."""
    if missing(share):
        return _("н/д")
    return number(float(share) * 100, digits) + (NB + "%" if _lang.get() == "ru" else "%")


def pp(share_difference, digits: int = 1) -> str:
    """A difference of fractions in percentage points, with its sign."""
    if missing(share_difference):
        return _("н/д")
    return signed(number(float(share_difference) * 100, digits)) + NB + _("п. п.")


def signed(text: str) -> str:
    """A plus before what has no minus; a zero stays bare."""
    return text if text.startswith(MINUS) or not any(c in "123456789" for c in text) else "+" + text


def unit(currency: str | None, scale: str = "") -> str:
    """The unit of a column: `тыс. ₽`, `₽`; without a currency only the scale («тыс.»)."""
    words = {"": "", "k": _("тыс."), "m": _("млн")}[scale]
    return NB.join(part for part in (words, SIGNS.get(currency or "", currency or "")) if part)


def money(x, currency: str | None = None, scale: str | None = None, digits: int | None = None) -> str:
    """`31,3 млн ₽`, `124 тыс. ₽`, `950 ₽`: the scale fits the size unless given (`""`, `"k"`, `"m"`)."""
    if missing(x):
        return _("н/д")
    if scale is None:
        scale = "m" if abs(x) >= 1e6 else "k" if abs(x) >= 1e4 else ""
    shown = number(x / {"": 1, "k": 1e3, "m": 1e6}[scale], {"": 0, "k": 0, "m": 1}[scale] if digits is None else digits)
    tail = unit(currency, scale)
    return shown + (NB + tail if tail else "")


@dataclass(frozen=True)
class Scale:
    """One scale of money for a whole table: `text(v)` is the figure without its unit, `unit` stands in the head."""

    divisor: float
    unit: str

    def text(self, value: float | None) -> str:
        """«—» is zero, «н/д» is unknown."""
        if missing(value):
            return _("н/д")
        if not value:
            return "—"
        whole = number(value / self.divisor)
        return whole if any(c in "123456789" for c in whole) else number(value / self.divisor, 1)

    def change(self, value: float | None) -> str:
        return self.text(value) if missing(value) or not value else signed(self.text(value))


def scale_of(values: Iterable[float], currency: str | None) -> Scale:
    """Thousands where the usual figure of the table still has two digits then, or the largest would not fit; else whole units."""
    from statistics import median

    sizes = [abs(float(v)) for v in values if not missing(v) and v]
    thousands = sizes and (median(sizes) >= 10_000 or max(sizes) >= 10_000_000)
    return Scale(1000.0, unit(currency, "k")) if thousands else Scale(1.0, unit(currency))


# ------------------------------------------------------------------ dates
def day(d) -> str:
    """`31.12.2025`; `31 Dec 2025` in English. «н/д» for a missing date."""
    if missing(d) or str(d) == "NaT":
        return _("н/д")
    d = _plain(d)
    return d.strftime("%d.%m.%Y") if _lang.get() == "ru" else f"{d.day} {_months('abbreviated')[d.month - 1]} {d.year}"


def month(d) -> str:
    """`декабрь 2025`."""
    d = _plain(d)
    return f"{_months('wide')[d.month - 1]} {d.year}"


def in_month(d) -> str:
    """«январе» of «в январе»; `January` in English."""
    name = _months("wide")[_plain(d).month - 1]
    return name.rstrip("ьй") + "е" if _lang.get() == "ru" else name


def months_short() -> list[str]:
    """`янв фев …`, for axes."""
    return "янв фев мар апр май июн июл авг сен окт ноя дек".split() if _lang.get() == "ru" else _months("abbreviated")


def months_long() -> list[str]:
    """`январь февраль …`, for sentences."""
    return _months("wide")


@lru_cache
def _month_names(lang: str, width: str) -> tuple[str, ...]:
    from babel.dates import get_month_names

    names = get_month_names(width, "stand-alone", locale=lang)
    return tuple(names[i] for i in range(1, 13))


def _months(width: str) -> list[str]:
    return list(_month_names(_lang.get(), width))


def _plain(d) -> date:
    if hasattr(d, "astype") and not hasattr(d, "strftime"):  # numpy datetime64
        return d.astype("datetime64[D]").astype(object)
    return d.date() if hasattr(d, "date") else d


# ------------------------------------------------------------------ lists
def listed(names: Sequence[str], most: int = 3) -> str:
    """`«Альфа», «Бета» и ещё 4`."""
    shown = [quoted(name) for name in list(names)[:most]]
    rest = len(names) - len(shown)
    if rest > 0:
        return _("{names} и ещё {n}").format(names=", ".join(shown), n=number(rest))
    return ", ".join(shown)


def plain(text: str) -> str:
    """A foreign text (a client's name) made safe inside a page text, where `**` means bold: an invisible U+2060 parts the stars.

    The writers of the report take it out again, so the reader sees the name as it is.
    """
    return str(text).replace("**", "*\u2060*").replace("**", "*\u2060*")


def quoted(name: str) -> str:
    """A name in the quotes of the language, unless it carries quotes of its own. Safe in page texts (see `plain`)."""
    name = plain(name)
    if any(q in name for q in "«»\"“”„"):
        return name
    return f"«{name}»" if _lang.get() == "ru" else f"“{name}”"


def closest(word: str, choices: Sequence[str]) -> str | None:
    """The choice most like `word`, for «возможно, …»; None when nothing is near."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return found[0] if found else None
