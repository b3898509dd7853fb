"""Plans, long or wide: a column per measure (`plan_revenue`, `план касаний`) becomes rows with that metric."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kbreport.intake.grid import Cells, Grid
from kbreport.intake.mapping import Mapping
from kbreport.intake.schema import schemas
from kbreport.intake.spec import FileSpec
from kbreport.tables import others
from kbreport.tables.typed import Typed


def build(grid: Grid, mapping: Mapping, spec: FileSpec) -> tuple[Any, Typed]:
    """(frame, what was typed). A wide table is melted first, so that problems keep the rows of the file."""
    if mapping.metrics:
        grid, mapping = melted(grid, mapping)
    elif "metric" not in mapping.columns and "plan_value" in mapping.columns:
        grid, mapping = _with_metric(grid, mapping, "amount")
    return others.build(grid, mapping, schemas()["plans"], spec)


def melted(grid: Grid, mapping: Mapping) -> tuple[Grid, Mapping]:
    """One block of rows per measure; empty cells of a measure are no plan and are left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = list(mapping.columns.values())
    blocks, rows = [], []
    for metric, index in mapping.metrics.items():
        filled = pc.not_equal(grid.cells[index].text, "")
        values = grid.cells[index].text.filter(filled)
        name = pa.chunked_array([pa.repeat(pa.scalar(metric), len(values))])
        blocks.append([*(grid.cells[i].text.filter(filled) for i in kept), name, values])
        rows.append(grid.rows.filter(filled.combine_chunks()))
    cells = [Cells(pa.chunked_array([c for column in columns for c in column.chunks], pa.string())) for columns in zip(*blocks)]
    value_header = ", ".join(grid.headers[i] for i in mapping.metrics.values())
    wide = replace(grid, headers=[*(grid.headers[i] for i in kept), "metric", value_header], cells=cells, rows=pa.concat_arrays(rows))
    columns = {column: kept.index(i) for column, i in mapping.columns.items()}
    return wide, Mapping({**columns, "metric": len(kept), "plan_value": len(kept) + 1}, mapping.unmapped, {})


def _with_metric(grid: Grid, mapping: Mapping, metric: str) -> tuple[Grid, Mapping]:
    import pyarrow as pa

    name = Cells(pa.chunked_array([pa.repeat(pa.scalar(metric), grid.n_rows)]))
    return replace(grid, headers=[*grid.headers, "metric"], cells=[*grid.cells, name]), Mapping({**mapping.columns, "metric": len(grid.headers)}, mapping.unmapped, {})
