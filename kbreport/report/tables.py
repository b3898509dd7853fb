"""Machine tables: `tables/<method>.csv`. UTF-8, comma, `\\n`, ISO dates, point as decimal mark.

Money is rounded half up to 0.01 and written with two decimals, other fractions to 6 digits; a missing value is an empty
cell (null in JSON), flags are true/false. Texts are written exactly as they are: a CSV file is data, a name that looks like
a formula must come back as the same name. (The workbook guards itself: its cells are typed as text.)
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbreport.report.files import write_bytes
from kbreport.report.results import Column, ResultRecord, typed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_ULPS = 4 * 2.220446049250313e-16  # a decimal tie such as 1.005 lies up to a few units in the last place below itself


def half_up(values: np.ndarray, digits: int) -> np.ndarray:
    """Half away from zero on the decimal the reader sees (0.125 → 0.13, 1.005 → 1.01), whole columns at once."""
    import numpy as np

    scaled = np.abs(values) * 10.0**digits
    rounded = np.floor(scaled * (1 + _ULPS) + 0.5) / 10.0**digits
    return np.where(rounded == 0, 0.0, np.copysign(rounded, values)) if len(values) else values


def _numbers(series: pd.Series, kind: str) -> np.ndarray:
    """The column as it is written: money to 0.01, other fractions to 6 digits; missing is NaN."""
    return half_up(series.to_numpy("float64", na_value=float("nan")), 2 if kind == "money" else 6)


def _texts(series: pd.Series, kind: str) -> list[str | None]:
    """A typed column as CSV texts; missing is None."""
    if kind in ("money", "share", "ratio", "number", "pp", "score", "count", "days"):
        if series.dtype == "Int64":
            return series.astype("string").to_numpy(dtype="object", na_value=None).tolist()
        values = _numbers(series, kind)
        return _kopecks(values) if kind == "money" else _shortest(values)
    if kind in ("date", "datetime"):
        series = series.dt.strftime("%Y-%m-%d" if kind == "date" else "%Y-%m-%dT%H:%M:%S")
    elif kind == "bool":
        series = series.map({True: "true", False: "false"}, na_action="ignore")
    return _objects(series)


def _objects(series: pd.Series) -> list:
    """Values as Python objects, missing as None."""
    return series.to_numpy(dtype="object", na_value=None).tolist()


def _kopecks(values: np.ndarray) -> list[str | None]:
    """Two decimals, exactly."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cast(pc.cast(pa.array(values, from_pandas=True), pa.decimal128(38, 2)), pa.string()).to_pylist()


def _shortest(values: np.ndarray) -> list[str | None]:
    """0.8, 12.345, 3 — never 3.0 or 1e-06."""
    import numpy as np

    out = np.full(len(values), None, dtype="object")
    known = ~np.isnan(values)
    if known.any():
        out[known] = np.char.rstrip(np.char.rstrip(np.char.mod("%.6f", values[known]), "0"), ".")
    return out.tolist()


def csv_bytes(frame: pd.DataFrame, columns: Sequence[Column]) -> bytes:
    """The frame as CSV. The same bytes as `tables/<method>.csv` (contract of `kbreport measure --format csv`)."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow([c.name for c in columns])
    write.writerows(zip(*(_texts(typed(frame[c.name], c.kind), c.kind) for c in columns)))
    return out.getvalue().encode("utf-8")


def json_records(frame: pd.DataFrame, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The frame as a list of records: the same values as the CSV, as JSON numbers, booleans and null."""
    by_name = {c.name: _plain(typed(frame[c.name], c.kind), c.kind) for c in columns}
    return [dict(zip(by_name, row)) for row in zip(*by_name.values())]


def _plain(series: pd.Series, kind: str) -> list:
    if kind in ("date", "datetime"):
        return _texts(series, kind)
    if series.dtype == "float64":
        return [None if x != x else x for x in _numbers(series, kind).tolist()]
    return _objects(series)


def write_tables(records: Iterable[ResultRecord], folder: Path) -> list[Path]:
    """`<method>.csv` for the table `main`, `<method>.<table>.csv` for the others; refused methods leave none.

    Records without a section (the overview) are no methods: their tables stand in run.json and in the workbook.
    """
    written = []
    for record in (r for r in records if r.section):
        for name, table in record.tables.items():
            stem = record.method if name == "main" else f"{record.method}.{name}"
            written.append(write_bytes(folder / f"{stem}.csv", csv_bytes(table.frame, table.columns)))
    return written


def json_text(value: Any) -> str:
    """JSON for people and diffs: Cyrillic as it is, one indent, a line end at the end."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
