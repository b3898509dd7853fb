"""Plans, long or wide: a column per measure (`plan_revenue`, `план касаний`) or per month (`2025-03`, «март 2025») becomes rows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from kbreport.intake.dates import MONTHS
from kbreport.intake.grid import Cells, Grid
from kbreport.intake.mapping import Mapping
from kbreport.intake.schema import schemas
from kbreport.intake.spec import FileSpec
from kbreport.tables import others
from kbreport.tables.typed import Typed


def build(grid: Grid, mapping: Mapping, spec: FileSpec) -> tuple[Any, Typed]:
    """(frame, what was typed). A wide table is melted first, so that problems keep the rows of the file."""
    months = month_headers(mapping.unmapped) if "period" not in mapping.columns else []
    if mapping.metrics:
        grid, mapping = melted(grid, mapping, mapping.metrics, "metric")
    elif months:
        grid, mapping = melted(grid, mapping, {m: grid.headers.index(m) for m in months}, "period")
    if "metric" not in mapping.columns:
        grid, mapping = _with_metric(grid, mapping, "amount")
    return others.build(grid, mapping, schemas()["plans"], spec)


def month_headers(headers: list[str]) -> list[str]:
    """Headers that are months; fewer than two are no matrix."""
    words = "|".join(sorted(MONTHS, key=len, reverse=True))
    month = rf"(?i)\s*(?:(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])(?:[-./]0?1)?|(?:0?[1-9]|1[0-2])[-./](?:19|20)\d\d|(?:{words})\.?,?\s*(?:19|20)\d\d(?:\s*г\.?)?)\s*"
    found = [h for h in headers if re.fullmatch(month, h)]
    return found if len(found) > 1 else []


def melted(grid: Grid, mapping: Mapping, wide: dict[str, int], key: str) -> tuple[Grid, Mapping]:
    """One block of rows per measure or month; empty cells are no plan and are left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = list(mapping.columns.values())
    blocks, rows = [], []
    for metric, index in wide.items():
        filled = pc.not_equal(grid.cells[index].text, "")
        values = grid.cells[index].text.filter(filled)
        name = pa.chunked_array([pa.repeat(pa.scalar(metric), len(values))])
        blocks.append([*(grid.cells[i].text.filter(filled) for i in kept), name, values])
        rows.append(grid.rows.filter(filled.combine_chunks()))
    cells = [Cells(pa.chunked_array([c for column in columns for c in column.chunks], pa.string())) for columns in zip(*blocks, strict=True)]
    value_header = ", ".join(grid.headers[i] for i in wide.values())
    long = replace(grid, headers=[*(grid.headers[i] for i in kept), key, value_header], cells=cells, rows=pa.concat_arrays(rows))
    columns = {column: kept.index(i) for column, i in mapping.columns.items()}
    unmapped = [h for h in mapping.unmapped if h not in wide]
    return long, Mapping({**columns, key: len(kept), "plan_value": len(kept) + 1}, unmapped, {})


def _with_metric(grid: Grid, mapping: Mapping, metric: str) -> tuple[Grid, Mapping]:
    import pyarrow as pa

    name = Cells(pa.chunked_array([pa.repeat(pa.scalar(metric), grid.n_rows)]))
    return replace(grid, headers=[*grid.headers, "metric"], cells=[*grid.cells, name]), Mapping({**mapping.columns, "metric": len(grid.headers)}, mapping.unmapped, {})
