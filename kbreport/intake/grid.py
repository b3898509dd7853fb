"""A table as it stands in a file: text cells in columns, each row with its number in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Cells:
    """One column. `text`: Arrow strings, trimmed, "" = empty. `native`: mask of cells that the file held as numbers or
    dates rather than as text, written here as `1234.5` and `2024-01-31`; None when all are text, and `all_native` when none is."""

    text: "pa.ChunkedArray"
    native: "pa.ChunkedArray | None" = None
    all_native: bool = False

    def filtered(self, mask: "pa.ChunkedArray") -> "Cells":
        """The cells that the mask marks."""
        return Cells(self.text.filter(mask), None if self.native is None else self.native.filter(mask), self.all_native)


@dataclass(frozen=True)
class Ragged:
    """A row whose number of fields differs from the header's."""

    row: int
    fields: int
    text: str


@dataclass(frozen=True)
class Doubt:
    """A place of a report that does not add up or cannot be read; `rule` is a code of `tables.model.RULES`."""

    row: int
    header: str
    value: str
    rule: str


@dataclass
class Grid:
    """The table of a file. `rows` (int32, one per data row) are 1-based lines of the file or rows of the sheet."""

    file: str
    headers: list[str]
    cells: list[Cells]
    rows: "pa.Array"
    sheet: str | None = None
    header_row: int = 1
    width: int = 0  # fields expected in a row
    ragged: list[Ragged] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)  # what stood above the header
    totals: list[int] = field(default_factory=list)  # rows «Итого», kept out of the data
    total_cells: list[Cells] = field(default_factory=list)  # their cells, column by column
    blank_rows: int = 0
    notes: list[str] = field(default_factory=list)  # sentences: encoding, delimiter, sheet …
    stated_period: tuple[date, date] | None = None
    profile: str | None = None  # id of the recognised export
    preset: dict[str, int] = field(default_factory=dict)  # column → index, as the profile says
    doubts: list[Doubt] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)  # headers of a report that became no column
    spent: list[str] = field(default_factory=list)  # headers whose cells went into other columns

    @property
    def n_rows(self) -> int:
        return len(self.rows)
