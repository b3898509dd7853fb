"""Arrow tables → a Narwhals frame on pandas (small inputs), DuckDB (large) or PySpark (asked for) → pandas.

Sums of money are taken on integers of 1/10000 of a unit (`units`): exact in every engine, whatever the order of rows.
`KB_ENGINE=pandas|duckdb|pyspark` overrides the choice by size.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator

import numpy as np

from kbreport.errors import UsageProblem
from kbreport.words import N_

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd
    import pyarrow as pa

LARGE_ROWS = 3_000_000  # measured: pandas is the cheaper engine below, DuckDB the leaner one above
MEMORY_LIMIT = os.environ.get("KB_MEMORY", "2GB")
SCALE = 10_000
ENGINES = ("pandas", "duckdb", "pyspark")


def chosen(n_rows: int) -> str:
    """The engine for a table of this size."""
    asked = os.environ.get("KB_ENGINE", "")
    if asked and asked not in ENGINES:
        raise UsageProblem(N_("KB_ENGINE={value}: такого движка нет."), remedy=N_("Есть: pandas, duckdb, pyspark."), value=asked)
    return asked or ("duckdb" if n_rows > LARGE_ROWS else "pandas")


def units(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """decimal128(18, 4) → int64 of 1/10000: the low half of the 128 bits is the value itself, nothing is converted."""
    import pyarrow as pa

    def of(chunk):
        data = np.frombuffer(chunk.buffers()[1], dtype="<i8")[::2][chunk.offset : chunk.offset + len(chunk)]
        valid = np.asarray(chunk.is_valid().to_numpy(zero_copy_only=False))
        return pa.array(data, mask=~valid)

    return pa.chunked_array([of(chunk) for chunk in column.chunks], type=pa.int64())


def day_numbers(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """date32 → days since 1970: one integer column serves every engine's date differences."""
    import pyarrow as pa

    return column.cast(pa.date32()).cast(pa.int32())


@contextmanager
def frame(table: "pa.Table", engine: str) -> Iterator["nw.LazyFrame"]:
    """The table as a lazy Narwhals frame of the engine; a DuckDB connection is closed at the end."""
    import narwhals as nw

    if engine == "pandas":
        yield nw.from_native(_to_pandas(table)).lazy()
    elif engine == "duckdb":
        import duckdb

        connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": os.cpu_count() or 2})
        try:
            connection.execute("set preserve_insertion_order=false")
            yield nw.from_native(connection.from_arrow(table))
        finally:
            connection.close()
    else:
        yield nw.from_native(_spark(table))


def _to_pandas(table: "pa.Table") -> "pd.DataFrame":
    """Repeated texts become categories: grouping by them is several times faster than by strings."""
    import pyarrow as pa

    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            table = table.set_column(i, field.name, table.column(i).dictionary_encode())
    return table.to_pandas(types_mapper={pa.int64(): _nullable_int()}.get)


def _nullable_int():
    import pandas as pd

    return pd.Int64Dtype()


def _spark(table: "pa.Table"):
    """A local or configured Spark session; pyspark is not among our dependencies, so its absence is explained."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as missing:
        raise UsageProblem(N_("Для KB_ENGINE=pyspark нужен пакет pyspark."), remedy=N_("Поставьте его: pip install pyspark.")) from missing
    session = SparkSession.builder.getOrCreate()
    return session.createDataFrame(table.to_pandas())


def _whole(table: "pa.Table") -> "pa.Table":
    """DuckDB sums integers into decimal(38, 0), which pandas would hold as Python objects: a third of the time of the facts."""
    import pyarrow as pa

    for i, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            table = table.set_column(i, field.name, table.column(i).cast(pa.int64()))
    return table


def _as_str(kind: "pa.DataType"):
    """Texts straight into pandas' `str`: through Python objects they cost as much as the query itself."""
    import pandas as pd
    import pyarrow as pa

    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return pd.StringDtype(na_value=np.nan) if is_text else None


def collected(lazy: "nw.LazyFrame") -> "pd.DataFrame":
    """The result as pandas with plain `str`, integer and float columns; rows in no promised order."""
    import pandas as pd
    import pyarrow as pa

    result = lazy.collect("pandas") if lazy.implementation.is_pandas() else lazy.collect("pyarrow")
    native = result.to_native()
    if isinstance(native, pa.Table):
        native = _whole(native).to_pandas(types_mapper=_as_str)
    for name in native.columns:
        if isinstance(native[name].dtype, pd.CategoricalDtype) or native[name].dtype == object:
            native[name] = native[name].astype("str").where(native[name].notna(), None).astype("str")
    return native.reset_index(drop=True)
