"""Machine tables: `tables/<method>.csv`. UTF-8, comma, `\\n`, ISO dates, point as decimal mark.

Money is rounded half up to 0.01 and written with two decimals, other fractions to 6 digits; a missing value is an empty
cell (null in JSON), flags are true/false. Texts are written exactly as they are: a CSV file is data, a name that looks like
a formula must come back as the same name. (The workbook guards itself: its cells are typed as text.)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbreport.report.files import write_bytes
from kbreport.report.results import Column, ResultRecord

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


def numbers(series: pd.Series, kind: str) -> pd.Series:
    """The column as it is written: money to 0.01, other fractions to 6 digits, whole counts as they are."""
    import pandas as pd

    if series.dtype == "Int64":
        return series
    return pd.Series(half_up(series.to_numpy("float64", na_value=float("nan")), 2 if kind == "money" else 6), index=series.index)


def _texts(series: pd.Series, kind: str) -> pd.Series:
    """A column as CSV texts; missing stays missing."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind in ("money", "share", "ratio", "number", "pp", "score", "count", "days"):
        values = numbers(series, kind)
        if kind == "money":
            cells = pa.array(values.to_numpy("float64", na_value=float("nan")), from_pandas=True)
            return pd.Series(pc.cast(pc.cast(cells, pa.decimal128(38, 2)), pa.string()).to_pandas(), index=series.index)
        if values.dtype == "Int64":
            return values.astype("string")
        whole = (values.dropna() % 1 == 0).all() and (values.dropna().abs() < 1e15).all() and kind in ("count", "days")
        return values.astype("Int64").astype("string") if whole else _shortest(values)
    if kind in ("date", "datetime"):
        return series.dt.strftime("%Y-%m-%d" if kind == "date" else "%Y-%m-%dT%H:%M:%S")
    if kind == "bool":
        return series.astype("boolean").map({True: "true", False: "false"}, na_action="ignore")
    return series


def _shortest(values: pd.Series) -> pd.Series:
    """0.8, 12.345, 3 — never 3.0 or 1e-06."""
    import numpy as np
    import pandas as pd

    known = values.notna()
    out = pd.Series(pd.NA, index=values.index, dtype="object")
    text = np.char.mod("%.6f", values[known].to_numpy("float64"))
    out[known] = np.char.rstrip(np.char.rstrip(text, "0"), ".")
    return out


def csv_bytes(frame: pd.DataFrame, columns: Sequence[Column]) -> bytes:
    """The frame as CSV. The same bytes as `tables/<method>.csv` (contract of `kbreport measure --format csv`)."""
    import pandas as pd

    typed = _typed(frame, columns)
    out = pd.DataFrame({c.name: _texts(typed[c.name], c.kind) for c in columns}, columns=[c.name for c in columns])
    return out.to_csv(index=False, lineterminator="\n").encode("utf-8")


def json_records(frame: pd.DataFrame, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The frame as a list of records: the same values as the CSV, as JSON numbers, booleans and null."""
    typed = _typed(frame, columns)
    by_name = {c.name: _plain(typed[c.name], c.kind) for c in columns}
    return [dict(zip(by_name, row)) for row in zip(*by_name.values())]


def _plain(series: pd.Series, kind: str) -> list:
    if kind in ("money", "share", "ratio", "number", "pp", "score", "count", "days"):
        values = numbers(series, kind)
    else:
        values = _texts(series, kind) if kind in ("date", "datetime") else series
    return values.astype(object).where(values.notna(), None).tolist()


def _typed(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    import pandas as pd

    from kbreport.report.results import typed

    return pd.DataFrame({c.name: typed(frame[c.name], c.kind) for c in columns})


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
