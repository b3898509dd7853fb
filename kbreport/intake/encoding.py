"""The encoding of a text file: decided on all its bytes, and refused when two are glued together."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from kbreport.errors import InputUnreadable
from kbreport.words import N_, _

CANDIDATES = ("cp1251", "cp866", "koi8_r", "cp1252", "mac_cyrillic")
NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1251": "Windows-1251",
         "cp866": "CP866 (DOS)", "koi8_r": "KOI8-R", "cp1252": "Windows-1252", "mac_cyrillic": "Mac Cyrillic"}
_CHUNK = 1 << 19  # small enough for numpy to use the same memory again and again


def detect(path: Path) -> str:
    """Python's name of the encoding.

    Raises InputUnreadable when part of the file is UTF-8 and part is not, or no known encoding fits.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
    for bom, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(bom):
            _require_valid(path, name)
            return name
    wide = _utf16_without_bom(head)
    if wide:
        return wide
    broken = _first_not_utf8(path)
    if broken is None:
        return "utf-8"
    _refuse_mixture(path, broken)
    return _single_byte(path, broken)


def spoken(encoding: str) -> str:
    """The encoding as people call it."""
    return NAMES.get(encoding, encoding)


def _require_valid(path: Path, encoding: str) -> None:
    if encoding == "utf-8-sig" and (broken := _first_not_utf8(path)) is not None:
        _refuse_mixture(path, broken)
        raise _unknown(path, broken)


def _utf16_without_bom(head: bytes) -> str | None:
    """UTF-16 text in Latin or Cyrillic letters: every second byte is 0 or 4."""
    even, odd = head[0:4000:2], head[1:4000:2]
    for name, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(high) > 4 and sum(b in (0, 4) for b in high) > 0.85 * len(high) and sum(b in (0, 4) for b in low) < 0.5 * len(low):
            return name
    return None


def _first_not_utf8(path: Path) -> int | None:
    """Offset of the first byte that is not UTF-8; None when all is well."""
    decoder, offset = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as why:
                return max(0, offset - waiting + why.start)
            offset += len(chunk)
    return None if not decoder.getstate()[0] else max(0, offset - len(decoder.getstate()[0]))


def _refuse_mixture(path: Path, broken: int) -> None:
    """Four Cyrillic letters of UTF-8 in a row would read «Р°Р±РІ» in cp1251: no language writes so."""
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            if _utf8_cyrillic(tail + chunk):
                raise InputUnreadable(N_("В файле {file} смешаны две кодировки: часть строк в UTF-8, а с {line}-й строки — в другой."),
                                      remedy=N_("Похоже, склеены два файла: сохраните их по отдельности или в одной кодировке."), file=path.name, line=_line_at(path, broken))
            tail = chunk[-8:]


def _utf8_cyrillic(raw: bytes) -> bool:
    import numpy as np

    byte = np.frombuffer(raw, np.uint8)
    pair = ((byte[:-1] & 0xFE) == 0xD0) & ((byte[1:] & 0xC0) == 0x80)
    return len(pair) > 6 and bool((pair[:-6] & pair[2:-4] & pair[4:-2] & pair[6:]).any())


def _line_at(path: Path, offset: int) -> int:
    count, left = 1, offset
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            count, left = count + chunk.count(b"\n"), left - len(chunk)
    return count


def _single_byte(path: Path, broken: int) -> str:
    """One of the old 8-bit encodings, chosen on lines that hold bytes above 127."""
    with path.open("rb") as file:
        file.seek(max(0, broken - 4096))
        raw = file.read(1 << 18)
    sample = b"\n".join(line for line in raw.split(b"\n")[1 if broken > 4096 else 0:] if any(b > 127 for b in line))[:60_000]
    if b"\x00" in sample:
        raise _unknown(path, broken)
    scores = {name: _likeness(sample, name) for name in CANDIDATES}
    best = max(CANDIDATES, key=lambda name: scores[name])
    if scores[best] <= 0:
        raise _unknown(path, broken)
    return best


def _likeness(sample: bytes, encoding: str) -> float:
    """How much the text looks like words: letters that follow letters of their own kind and case, against odd signs."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return -1.0
    odd = len(re.findall(r"[\u2500-\u259f\u0400-\u0402\u0409-\u040f\u0452-\u045f\u0080-\u009f¤¦±µ¶·†‡‰‹›Ґґ]", text))
    words = sum(len(w) for w in re.findall(r"\b[А-ЯЁа-яёA-Z]?[а-яё]{2,}\b|\b[А-ЯЁ]{3,}\b|\b[A-Za-z]*[éèêëàâäçñóòôöúùûüíîïáãõßøåæœ][a-zéèêëàâäçñóòôöúùûüíîïáãõß]+\b", text))
    foreign = len(re.findall(r"[а-яё][А-ЯЁ]|[A-Za-z][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z]|[À-ß]{2}|[à-ÿ]{3}", text))
    common = sum(text.count(c) for c in "оеаинтсрвл")
    return words + common - 3.0 * foreign - 5.0 * odd


def _unknown(path: Path, broken: int) -> InputUnreadable:
    return InputUnreadable(N_("Кодировка файла {file} не распознана (строка {line})."), remedy=N_("Сохраните файл как «CSV UTF-8» или укажите encoding в company.yml."),
                           file=path.name, line=_line_at(path, broken))


def sentence(encoding: str, delimiter: str) -> str:
    """What was understood of a text file."""
    signs = {";": _("точка с запятой"), ",": _("запятая"), "\t": _("табуляция"), "|": _("вертикальная черта")}
    return _("Текстовый файл, кодировка {encoding}, разделитель — {delimiter}.").format(encoding=spoken(encoding), delimiter=signs.get(delimiter, f"«{delimiter}»"))
