"""All tables but the sales: pandas frames. A row without a required value is left out and counted, a bad cell is emptied."""

from __future__ import annotations

from typing import Any

from kbreport.intake import values
from kbreport.intake.grid import Grid
from kbreport.intake.mapping import Mapping
from kbreport.intake.schema import Schema
from kbreport.intake.spec import FileSpec
from kbreport.tables.typed import Typed, typed
from kbreport.words import _


def build(grid: Grid, mapping: Mapping, schema: Schema, spec: FileSpec) -> tuple[Any, Typed]:
    """(frame, what was typed). Raises nothing: what cannot be used becomes a problem with severity warn."""
    import pyarrow as pa
    import pyarrow.compute as pc

    out = typed(grid, mapping, schema, spec, set(), exact=False)
    rows = pc.cast(grid.rows, pa.int32())
    if schema.serial and schema.serial not in out.columns:
        out.columns[schema.serial] = pc.binary_join_element_wise(pa.scalar("row"), pc.cast(rows, pa.string()), ":")
    _codes_from_values(out, schema)
    keep = _complete(out, schema)
    for ragged in grid.ragged:
        out.note("ragged", None, "warn", _("Исправьте строку: она не прочитана."), row=ragged.row, value=str(ragged.fields))
    table = pa.table({**{c: out.columns[c] for c in schema.columns if c in out.columns}, "source_row": rows})
    return frame_of(table.filter(keep) if keep is not None else table), out


def _codes_from_values(out: Typed, schema: Schema) -> None:
    """`status` of a deal told by its stage: «Успешно реализовано» is won; a stage that is neither won nor lost is open."""
    import pyarrow.compute as pc

    for column, source in schema.from_value.items():
        if column not in out.columns and source in out.mapping.columns:
            found, _bad = values.codes(out.grid.cells[out.mapping.columns[source]], schema.columns[column])
            out.columns[column] = pc.fill_null(found, "open")


def frame_of(table: Any) -> Any:
    """An Arrow table as pandas: texts `str`, dates datetime64[s], flags nullable booleans, numbers float64."""
    import pandas as pd
    import pyarrow as pa

    return table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get, date_as_object=False)


def _complete(out: Typed, schema: Schema) -> Any:
    """Mask of rows with all required values, or None when all rows have them."""
    import pyarrow.compute as pc

    keep = None
    for name in schema.required:
        if name not in out.columns:
            continue
        lost = pc.is_null(out.columns[name])
        empty = pc.and_(lost, out.empty[name]) if name in out.empty else lost
        out.note_rows(empty, "empty_required", name, "warn", _("Строка не использована. Заполните поле."), show=False)
        if pc.any(lost).as_py():
            keep = pc.invert(lost) if keep is None else pc.and_(keep, pc.invert(lost))
    return keep
