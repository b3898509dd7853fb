"""Results read back from executed notebooks: findings, page blocks, tables with their columns. Nothing is computed again.

A table longer than 200 rows lies in a parquet file of `<notebook>.results/`; its sha256 is checked before it is believed.
Frames are built only when asked for: the pages need blocks, only the workbook and the CSV files need all rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbreport import errors
from kbreport.words import N_

if TYPE_CHECKING:
    import pandas as pd

MIME = "application/vnd.kbreport.result+json"
NUMBERS = ("money", "share", "ratio", "number", "pp", "score")
WHOLE = ("count", "days")


@dataclass(frozen=True)
class Column:
    name: str
    title: str
    kind: str
    values: dict[str, str] = field(default_factory=dict)  # words of the pinned codes, for people; files keep the codes


@dataclass(frozen=True)
class TableRecord:
    """One table of a result. `frame` has exactly `columns`, typed by kind (missing is NA, never zero)."""

    name: str
    title: str
    columns: tuple[Column, ...]
    n_rows: int
    rows: list[list[Any]] = field(repr=False, default_factory=list)
    file: str | None = None
    sha256: str | None = None
    folder: Path | None = None

    @cached_property
    def frame(self) -> pd.DataFrame:
        import pandas as pd

        if self.file:
            raw = _parquet(self._path(), self.sha256)
        else:
            names = [c.name for c in self.columns]
            raw = dict(zip(names, zip(*self.rows))) if self.rows else dict.fromkeys(names, ())
        return pd.DataFrame({c.name: typed(raw[c.name], c.kind) for c in self.columns})

    def _path(self) -> Path:
        """The side file: beside the notebook or one folder up (composed notebooks); never outside."""
        for base in (self.folder, self.folder.parent) if self.folder else ():
            path = (base / self.file).resolve()
            if path.is_relative_to(self.folder.parent.resolve()) and path.is_file():
                return path
        raise errors.InputMissing(N_("Рядом с блокнотом нет файла таблицы {file}."), file=self.file,
                                  remedy=N_("Папку .results переносят вместе с блокнотом; иначе повторите запуск."))


@dataclass(frozen=True)
class ResultRecord:
    """What one method left in a notebook. `status`: ok, weak, insufficient, refused, not_applicable."""

    method: str
    number: str
    section: str
    title: str
    status: str
    reason: str
    lang: str
    findings: list[dict]
    blocks: list[dict]
    tables: dict[str, TableRecord]
    settings: list[dict]
    provenance: dict[str, Any]


def of(data: dict, folder: Path | None = None) -> ResultRecord:
    """A record from the result's JSON; `folder` is where its side files lie."""
    tables = {name: TableRecord(name=name, title=table.get("title") or "", n_rows=table.get("n_rows", len(table.get("rows") or ())), rows=table.get("rows") or [],
                                columns=tuple(Column(c["name"], c.get("title") or c["name"], c.get("kind", "text"), c.get("values") or {}) for c in table["columns"]),
                                file=table.get("file"), sha256=table.get("sha256"), folder=folder)
              for name, table in (data.get("tables") or {}).items()}
    return ResultRecord(method=data["method"], number=data.get("number") or "", section=data.get("section") or "", title=data.get("title") or data["method"],
                        status=data.get("status") or "ok", reason=data.get("reason") or "", lang=data.get("lang") or "ru", findings=list(data.get("findings") or ()),
                        blocks=list(data.get("blocks") or ()), tables=tables, settings=list(data.get("settings") or ()), provenance=dict(data.get("provenance") or {}))


def bundles(node) -> Iterator[dict]:
    """The JSON of every result of a notebook node, in order of the cells; of a result shown twice the last wins its first place."""
    found: dict[str, dict] = {}
    for cell in node.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {}).get(MIME)
            if data:
                found[data["method"]] = data
    yield from found.values()


def read(node, folder: Path | None = None) -> list[ResultRecord]:
    """All results of an executed notebook."""
    return [of(data, folder) for data in bundles(node)]


def _parquet(path: Path, sha256: str | None) -> pd.DataFrame:
    import io

    import pyarrow.parquet as pq

    content = path.read_bytes()
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise errors.InputUnreadable(N_("Таблица {file} изменилась после расчёта: контрольная сумма не та."), file=path.name,
                                     remedy=N_("Повторите запуск: отчёт собирается только из того, что посчитано."))
    return pq.read_table(io.BytesIO(content)).to_pandas()


def typed(values: pd.Series | Sequence, kind: str) -> pd.Series:
    """A column by its kind: numbers float64, counts whole where they are, dates datetime64, flags boolean, the rest text.

    What is typed already passes quickly: a report has hundreds of short columns, and pandas asks its price for each of them.
    """
    import numpy as np
    import pandas as pd

    if kind in (*NUMBERS, *WHOLE):
        numbers = values.to_numpy("float64", na_value=np.nan) if isinstance(values, pd.Series) else np.array(values, dtype="float64")
        whole = kind in WHOLE and (numbers[~np.isnan(numbers)] % 1 == 0).all()
        return pd.Series(numbers).astype("Int64") if whole else pd.Series(numbers)
    values = values.reset_index(drop=True) if isinstance(values, pd.Series) else pd.Series(values, dtype="object")
    if kind in ("date", "datetime"):
        return pd.to_datetime(values).astype("datetime64[s]")
    if kind == "bool":
        return values.astype("boolean")
    if values.dtype == "str":
        return values
    if kind == "month" and pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m")
    known = values.notna()
    return pd.Series([str(v) if there else None for v, there in zip(values.tolist(), known.tolist())], dtype="str")
