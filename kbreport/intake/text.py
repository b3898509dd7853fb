"""Text files: where the table starts, what divides its fields; reading with Arrow, every cell as text, no row lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbreport.errors import InputUnreadable
from kbreport.intake import encoding as enc
from kbreport.intake.grid import Cells, Grid, Ragged
from kbreport.intake.layout import above_header, header_row, stated_period
from kbreport.intake.mapping import key, known_words
from kbreport.intake.spec import FileSpec
from kbreport.words import N_

DELIMITERS = (";", ",", "\t", "|")
_SAMPLE = 1 << 18
COLUMNS = 16_384  # as many as a sheet of Excel has
_NBSP = {"utf8": (b"\xc2\xa0", b"\xe2\x80"), "cp866": (b"\xff",), "koi8_r": (b"\x9a",), "mac_cyrillic": (b"\xca",)}  # no-break and thin spaces as bytes


@dataclass(frozen=True)
class Dialect:
    """How a text file is written. `skip`: physical lines before the first data line; `header_row`: 1-based line of the header."""

    encoding: str
    delimiter: str
    headers: list[str]
    width: int
    header_row: int
    skip: int
    titles: list[str]


def read(path: Path, spec: FileSpec | None = None) -> Grid:
    """The table of a text file, all cells as text.

    Raises InputUnreadable when encoding or dialect cannot be told.
    """
    spec = spec or FileSpec()
    dialect = sniff(path, spec)
    source, codec = _source(path, dialect.encoding)
    quotes, spaces, control = _scan(source, codec, dialect.delimiter)
    columns, ragged = _arrow(source, codec, dialect, path, quotes)
    return _grid(path, dialect, columns, ragged, quotes, spaces, control)


def sniff(path: Path, spec: FileSpec) -> Dialect:
    """Encoding, delimiter and header of a text file, from its bytes and its first lines."""
    encoding = spec.encoding or enc.detect(path)
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            sample = file.read(_SAMPLE)
    except (UnicodeDecodeError, LookupError) as why:
        raise InputUnreadable(N_("Файл {file} не читается в кодировке {encoding}."), remedy=N_("Исправьте encoding в company.yml или уберите его."), file=path.name,
                              encoding=encoding) from why
    told = tuple(spec.mapping.values())
    choices = (spec.delimiter,) if spec.delimiter else DELIMITERS
    best = max((_try(sample, d, told) for d in choices), key=lambda t: t[0])
    _score, delimiter, records, lines, head = best
    if max(map(len, records), default=0) > COLUMNS:
        raise InputUnreadable(N_("В файле {file} строка из {n} полей: это не таблица."), remedy=N_("Проверьте концы строк и разделитель."), file=path.name, n=max(map(len, records)))
    return _dialect(encoding, delimiter, records, lines, head)


def _try(sample: str, delimiter: str, told: tuple[str, ...]) -> tuple[tuple, str, list[list[str]], list[int], int]:
    """The first records read with this delimiter, and how well that goes: known headers, then agreement of widths."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    records, lines = [], []
    try:
        for record in reader:
            records.append([c.strip().lstrip("\ufeff") for c in record])
            lines.append(reader.line_num)
            if len(records) >= 200:
                break
    except csv.Error:
        pass
    head = header_row(records, told)
    keys = {key(c) for c in (records[head] if records else [])}
    widths = [len(r) for r in records[head:] if any(r)]
    same = sum(w == widths[0] for w in widths) / len(widths) if widths else 0
    many = min(len(widths and records[head] or []), 60)
    score = (len(keys & known_words()) + len(keys & {key(t) for t in told}), same if many > 1 else 0, many, -DELIMITERS.index(delimiter) if delimiter in DELIMITERS else 0)
    return score, delimiter, records, lines, head


def _dialect(encoding: str, delimiter: str, records: list[list[str]], lines: list[int], head: int) -> Dialect:
    header = records[head] if records else [""]
    start = (lines[head - 1] if head else 0) + 1
    titles = [" ".join(c for c in r if c) for r in records[:head] if any(r)]
    body = [len(r) for r in records[head + 1:] if any(r)]
    width = max([len(header), *body[:1]]) if body and _common(body) > len(header) else len(header)
    width = _common(body) if body and _common(body) > len(header) else width
    return Dialect(encoding, delimiter, header + [""] * (width - len(header)), width, start, lines[head] if lines else 0, titles)


def _common(widths: list[int]) -> int:
    return max(sorted(set(widths)), key=widths.count)


def _source(path: Path, encoding: str) -> tuple[Any, str]:
    """What Arrow reads: the file itself, or its bytes as UTF-8 where Arrow's line splitter would not cope."""
    import pyarrow as pa

    with path.open("rb") as file:
        head = file.read(1 << 16)
    lone_returns = b"\r" in head and b"\n" not in head
    if encoding.startswith("utf-16") or lone_returns:
        return pa.py_buffer(_recoded(path, encoding, lone_returns)), "utf8"
    return path, {"utf-8": "utf8", "utf-8-sig": "utf8"}.get(encoding, encoding)


def _recoded(path: Path, encoding: str, lone_returns: bool) -> bytes:
    try:
        text = path.read_bytes().decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as why:
        raise InputUnreadable(N_("Кодировка файла {file} нарушена: он начат как {encoding}, но дальше не читается."), remedy=N_("Сохраните файл как «CSV UTF-8»."),
                              file=path.name, encoding=enc.spoken(encoding)) from why
    return (text.replace("\r", "\n") if lone_returns else text).encode("utf-8")


def _arrow(source: Any, codec: str, dialect: Dialect, path: Path, quotes: bool) -> tuple[list[Any], list[Ragged]]:
    """The columns as strings and the rows whose width is wrong. Threads cannot number such rows, so a file that has any
    is read again without them."""
    table, strange = _arrow_once(source, codec, dialect, path, quotes, threads=True)
    if strange:
        table, strange = _arrow_once(source, codec, dialect, path, quotes, threads=False)
    return table.columns, [Ragged(number, fields, text) for number, fields, text in strange]


def _arrow_once(source: Any, codec: str, dialect: Dialect, path: Path, quotes: bool, threads: bool) -> tuple[Any, list]:
    import pyarrow as pa
    from pyarrow import csv as pacsv

    strange: list[tuple[int, int, str]] = []

    def keep(row) -> str:
        strange.append((row.number or 0, row.actual_columns, row.text))
        return "skip"

    names = [f"f{i}" for i in range(dialect.width)]
    options = {"read_options": pacsv.ReadOptions(encoding=codec, column_names=names, skip_rows=dialect.skip, use_threads=threads),
                   "parse_options": pacsv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=quotes, ignore_empty_lines=False, invalid_row_handler=keep),
                   "convert_options": pacsv.ConvertOptions(column_types={n: pa.string() for n in names}, strings_can_be_null=False)}
    try:
        return pacsv.read_csv(pa.BufferReader(source) if isinstance(source, pa.Buffer) else str(source), **options), strange
    except pa.ArrowInvalid as why:
        if "Empty CSV file" in str(why) or "Could not skip" in str(why):  # nothing after the header
            return pa.table({n: pa.array([], pa.string()) for n in names}), []
        raise InputUnreadable(N_("Файл {file} не читается как таблица с разделителем «{delimiter}»."), remedy=N_("Проверьте кавычки: возможно, одна не закрыта."),
                              file=path.name, delimiter=dialect.delimiter, detail=str(why)) from why
    except UnicodeDecodeError as why:
        raise InputUnreadable(N_("Кодировка файла {file} нарушена: он начат как {encoding}, но дальше не читается."), remedy=N_("Сохраните файл как «CSV UTF-8»."),
                              file=path.name, encoding=enc.spoken(dialect.encoding)) from why


def _scan(source: Any, codec: str, delimiter: str) -> tuple[bool, str, bool]:
    """Whether there are quotes (a field may then hold a line break: the slower splitter is needed), and which trimming the
    cells need: `none` (no space stands at the edge of a field), `plain` spaces or `wide` ones (NBSP and its kin), and whether there are control characters, which no workbook or page may hold."""
    import numpy as np

    marks = _NBSP.get(codec, (b"\xa0",))
    edge = np.zeros(256, dtype=bool)
    edge[[10, 13, 34, ord(delimiter)]] = True
    quotes = wide = plain = control = False
    tail = b"\n"
    for chunk in _chunks(source):
        chunk = tail + chunk
        quotes = quotes or b'"' in chunk
        wide = wide or any(mark in chunk for mark in marks)
        raw = np.frombuffer(chunk, np.uint8)
        plain = plain or _space_at_edge(raw, edge, delimiter)
        control = control or bool((raw < 9).any())
        tail = chunk[-2:]
    return quotes, "wide" if wide else "plain" if plain or tail.endswith(b" ") else "none", control


def _space_at_edge(raw: Any, edge: Any, delimiter: str) -> bool:
    import numpy as np

    spaces = raw == 32 if delimiter == "\t" else (raw == 32) | (raw == 9)
    place = np.flatnonzero(spaces[1:-1]) + 1
    return bool((edge[raw[place - 1]] | edge[raw[place + 1]]).any())


def _chunks(source: Any) -> Iterator[bytes]:
    import pyarrow as pa

    if isinstance(source, pa.Buffer):
        yield source.to_pybytes()
        return
    with source.open("rb") as file:
        while chunk := file.read(1 << 19):
            yield chunk


def _grid(path: Path, dialect: Dialect, columns: list[Any], ragged: list[Ragged], quotes: bool, spaces: str, control: bool) -> Grid:
    """Row numbers: records in their order, shifted by skipped rows before them and by line breaks inside fields."""
    import numpy as np
    import pyarrow as pa

    from kbreport.intake.layout import drop_service_rows

    first = dialect.skip + 1
    odd = np.array([r.row - dialect.skip for r in ragged], dtype=np.int64)  # 1-based records after the skipped lines
    numbers = np.arange(1, len(columns[0]) + len(ragged) + 1, dtype=np.int64)
    lines = np.delete(numbers, odd - 1) if len(odd) else numbers
    breaks = _breaks(columns) if quotes else None
    if breaks is not None:
        _refuse_swallowed(path, dialect, columns, first)
    rows = lines + (first - 1) + (np.concatenate([[0], np.cumsum(breaks)[:-1]]) if breaks is not None and len(breaks) else 0)
    shift = _shift_at(odd, lines, breaks)
    widths = [Ragged(int(r.row + s), r.fields, r.text) for r, s in zip(ragged, shift, strict=True)]
    cells = [Cells(_trimmed(columns.pop(0), spaces, control)) for _i in range(len(columns))]  # popped: two copies of a large file would not fit
    grid = Grid(path.name, list(dialect.headers), cells, pa.array(rows.astype(np.int32)), header_row=dialect.header_row, width=dialect.width,
                ragged=[r for r in widths if r.text.strip(dialect.delimiter + ' "\t\r\n')], titles=dialect.titles, notes=[enc.sentence(dialect.encoding, dialect.delimiter)])
    grid.blank_rows = len(widths) - len(grid.ragged)
    grid.notes += above_header(dialect.titles)
    grid.stated_period = stated_period(dialect.titles)
    return drop_service_rows(grid)


def _shift_at(odd: Any, lines: Any, breaks: Any) -> list[int]:
    import numpy as np

    if breaks is None or not len(odd):
        return [0] * len(odd)
    before = np.searchsorted(lines, odd)
    total = np.concatenate([[0], np.cumsum(breaks)])
    return [int(total[b]) for b in before]


def _breaks(columns: list[Any]) -> Any:
    """Line breaks inside the fields of each row, or None when there are none anywhere."""
    import numpy as np
    import pyarrow.compute as pc

    total = None
    for column in columns:
        if pc.any(pc.match_substring(column, "\n")).as_py():
            counts = pc.count_substring(column, "\n").to_numpy()
            total = counts.astype(np.int64) if total is None else total + counts
    return total


def _refuse_swallowed(path: Path, dialect: Dialect, columns: list[Any], first: int) -> None:
    """A quote that is never closed swallows whole rows into one field: their money would vanish without a word."""
    import pyarrow.compute as pc

    for column in columns:
        many = pc.greater_equal(pc.count_substring(column, dialect.delimiter), max(2, dialect.width - 2))
        hit = pc.indices_nonzero(pc.and_(pc.match_substring(column, "\n"), many))
        if len(hit):
            raise InputUnreadable(N_("В файле {file} около строки {line} не закрыта кавычка: следующие строки попали внутрь одного поля."), remedy=N_("Закройте или уберите кавычку."),
                                  file=path.name, line=hit[0].as_py() + first)


def _trimmed(column: Any, spaces: str, control: bool) -> Any:
    import pyarrow.compute as pc

    if control:
        column = pc.replace_substring_regex(column, r"[\x00-\x08]", "")
    if spaces == "none":
        return column
    return pc.utf8_trim_whitespace(column) if spaces == "wide" else pc.ascii_trim_whitespace(column)
