"""What a file really is, told by its first bytes: the extension lies often (an HTML table named .xls, a zip named .csv)."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

from kbreport.errors import InputMissing, InputUnreadable
from kbreport.intake import guard
from kbreport.words import N_, trouble

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet", ".pq")
_DIRECTORY = 64 << 20  # bytes of an old container in which its directory is looked for
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def sniff(path: Path) -> str:
    """`text`, `book` (any workbook calamine reads), `html` or `parquet`.

    Raises InputMissing when there is no such file, InputUnreadable when it is empty, a folder or of a foreign kind.
    """
    if not path.exists():
        raise InputMissing(N_("Файла {file} нет."), remedy=N_("Проверьте имя и путь."), file=path.name, path=str(path))
    if path.is_dir():
        raise InputUnreadable(N_("{file} — папка, а нужен файл с данными."), file=path.name)
    head = _head(path)
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise InputUnreadable(N_("Файл {file} пуст: в нём нет ни одной строки."), remedy=N_("Выгрузите его заново."), file=path.name)
    if head.startswith(b"PK"):
        return _zip_kind(path)
    if head.startswith(_OLE):
        return _ole_kind(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        raise InputUnreadable(N_("Файл {file} — таблица XML 2003 года, её читает только Excel."), remedy=N_("Откройте его в Excel и сохраните как XLSX."), file=path.name)
    if _is_html(head):
        return "html"
    _refuse_foreign(path, head)
    return "text"


def fingerprint(path: Path) -> str:
    """sha256 of the file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as why:
        raise InputUnreadable(N_("Файл {file} не открывается: {why}."), remedy=N_("Закройте его в других программах и проверьте права."),
                              file=path.name, why=trouble(why)) from why


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            guard.check(path, archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError, struct.error) as why:
        raise InputUnreadable(N_("Файл {file} повреждён: книга Excel обрывается на середине."), remedy=N_("Скачайте или выгрузите его заново."),
                              file=path.name) from why
    if any(n.startswith("xl/") for n in names) or "content.xml" in names:
        return "book"
    if any(n.startswith(("word/", "ppt/")) for n in names):
        raise InputUnreadable(N_("Файл {file} — это {kind}, а не таблица."), remedy=N_("Сохраните данные как CSV или XLSX."), file=path.name, kind="Word" if any(n.startswith("word/") for n in names) else "PowerPoint")
    raise InputUnreadable(N_("Файл {file} — архив, а не таблица."), remedy=N_("Распакуйте его и дайте файл из архива."), file=path.name)


def _ole_kind(path: Path) -> str:
    """Old Excel and encrypted new Excel are the same container; its directory names the streams."""
    with path.open("rb") as file:
        raw = file.read(_DIRECTORY)
    if "EncryptedPackage".encode("utf-16-le") in raw:
        raise InputUnreadable(N_("Файл {file} защищён паролем."), remedy=N_("Снимите пароль и сохраните файл заново."), file=path.name)
    if "WordDocument".encode("utf-16-le") in raw:
        raise InputUnreadable(N_("Файл {file} — это {kind}, а не таблица."), remedy=N_("Сохраните данные как CSV или XLSX."), file=path.name, kind="Word")
    return "book"


def _is_html(head: bytes) -> bool:
    start = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<body")) or (start.startswith(b"<") and b"<table" in start)


def _refuse_foreign(path: Path, head: bytes) -> None:
    known = {b"%PDF": "PDF", b"\x1f\x8b": "gzip", b"Rar!": "RAR", b"7z\xbc\xaf": "7z", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"{\\rtf": "RTF", b"SQLite": "SQLite"}
    kind = next((name for magic, name in known.items() if head.startswith(magic)), None)
    if kind:
        raise InputUnreadable(N_("Файл {file} — это {kind}, а не таблица."), remedy=N_("Сохраните данные как CSV или XLSX."), file=path.name, kind=kind)
    if head.startswith(b"MOXCEL"):
        raise InputUnreadable(N_("Файл {file} сохранён в формате 1С (.mxl), его читает только 1С."), remedy=N_("Откройте его в 1С и сохраните как XLSX."), file=path.name)
