"""Parquet files: typed already, written here as text cells so that they pass the same checks as any file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kbreport.errors import InputUnreadable
from kbreport.intake.grid import Cells, Grid
from kbreport.intake.layout import drop_service_rows
from kbreport.words import N_, _


def read(path: Path) -> Grid:
    """The table of a parquet file. Raises InputUnreadable when it is damaged or nested."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as why:
        raise InputUnreadable(N_("Файл parquet {file} повреждён и не читается."), remedy=N_("Сделайте его заново."), file=path.name) from why
    if any(pa.types.is_nested(field.type) for field in table.schema):
        raise InputUnreadable(N_("В файле {file} есть вложенные столбцы; нужна простая таблица."), file=path.name)
    rows = pa.array(np.arange(1, table.num_rows + 1, dtype=np.int32))
    grid = Grid(path.name, list(table.column_names), [_cells(c) for c in table.columns], rows, header_row=0, width=table.num_columns, notes=[_("Файл parquet.")])
    return drop_service_rows(grid)


def _cells(column: Any) -> Cells:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return Cells(pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), "")))
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
        text = pc.if_else(whole, pc.cast(pc.cast(pc.if_else(whole, column, 0.0), pa.int64()), pa.string()), pc.cast(column, pa.string()))
    elif pa.types.is_timestamp(kind):
        text = pc.strftime(column, format="%Y-%m-%d %H:%M:%S") if kind.tz is None else pc.strftime(pc.local_timestamp(column), format="%Y-%m-%d %H:%M:%S")
        text = pc.replace_substring_regex(text, r"\.\d+$", "")
    else:
        text = pc.cast(column, pa.string())
    return Cells(pc.fill_null(text, ""), None, True)
