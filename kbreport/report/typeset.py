"""Typography of page texts, done once for both writers: no-break spaces, bold marks, forbidden characters.

After `texts()` a text holds no markup but U+E000, which switches bold on and off, and line breaks.
"""

from __future__ import annotations

import re
from typing import Any

from kbreport import words

NB = words.NB
BOLD = "\ue000"
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.S)
# what XML, Typst and Excel cannot hold, and our own mark
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000\ufffe\uffff\ud800-\udfff]")
# keys whose values are machine words, pictures or numbers, not sentences
_MACHINE = {"k", "id", "anchor", "svg", "phone", "spark", "cls", "kind", "badge", "tone", "level", "href", "img", "v", "w", "lw", "bar", "n", "book", "sheet", "check", "num", "group", "pen", "mm", "row_keys", "key"}
_PLAIN_KEYS = {"t", "sub"}  # of cells: no markup at all

_ANY = [(re.compile(r"(?<=\d) (?=%|₽|\$|€)"), NB), (re.compile(r"(?<=№) (?=\S)"), NB), (re.compile(r" (—|–)(?= )"), NB + r"\1")]
_SMALL = "в|на|с|со|к|ко|и|о|об|у|а|из|за|по|не|от|до|но|ни|для|без|при|под|над|его|их|как|что|это"
_RUSSIAN = [
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), NB),
    (re.compile(r"(?<=\d) (?=млн|тыс\.|млрд|п\. п\.|дн|клиент|заказ|мин|ч\b|г\.|кв\.|мм)"), NB),
    (re.compile(r"(?<=млн|лрд|ыс\.) (?=₽)"), NB),
    (re.compile(r"\b(ИП|ООО|АО|ПАО) (?=\S)"), r"\1" + NB),
    (re.compile(r"(?<=[А-ЯЁ]\.) (?=[А-ЯЁ]\.)|(?<=[а-яё]) (?=[А-ЯЁ]\.)"), NB),
    (re.compile(rf"(?i)(?<![а-яёa-z-])({_SMALL}) (?=\S)"), r"\1" + NB),
]


def clean(text: str) -> str:
    """Without characters that no writer can hold."""
    return _FORBIDDEN.sub("", text)


def bind(text: str, lang: str) -> str:
    """No-break spaces where a typesetter puts them; the words stay the same."""
    for pattern, by in _ANY + (_RUSSIAN if lang == "ru" else []):
        text = pattern.sub(by, text)
    return text


def marked(text: str, lang: str) -> str:
    """A sentence of the page: `**bold**` becomes the switch, parted stars of a name become stars again."""
    text = _BOLD.sub(BOLD + r"\1" + BOLD, clean(text))
    return bind(text.replace("*\u2060", "*"), lang)


def plain(text: str, lang: str) -> str:
    """A cell: the text itself, never markup."""
    return bind(clean(text).replace("*\u2060", "*"), lang)


def texts(value: Any, lang: str, key: str | None = None) -> Any:
    """All sentences of a block, its parts and items, ready to draw; machine words and pictures as they are."""
    if isinstance(value, str):
        return plain(value, lang) if key in _PLAIN_KEYS else marked(value, lang)
    if isinstance(value, dict):
        return {k: v if k in _MACHINE else texts(v, lang, k) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [texts(v, lang, "t" if key in ("rows", "total") else key) for v in value] if key != "rows" else [texts(v, lang, "total") for v in value]
    return value


def said(text: str) -> str:
    """A sentence for files: without marks of bold, a name's own stars kept."""
    return _BOLD.sub(r"\1", text).replace("*\u2060", "*")


def unmarked(text: str) -> str:
    """For a title bar or metadata: no switches, no line breaks."""
    return re.sub(r"\s+", " ", said(text).replace(BOLD, "")).strip()
