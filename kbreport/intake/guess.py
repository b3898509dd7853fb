"""Which table a file is, by its columns."""

from __future__ import annotations

from kbreport.intake.grid import Grid
from kbreport.intake.mapping import match
from kbreport.intake.profile import profiles
from kbreport.intake.schema import SALES, schemas
from kbreport.intake.spec import FileSpec

BARE_COLUMNS = ("client_id", "order_date", "amount")  # what a bare sales file must have


def sales_kind(grid: Grid, spec: FileSpec | None = None) -> str:
    """A bare file is `order_lines` when an order number repeats or it has goods; else `orders`."""
    import pyarrow.compute as pc

    schema = schemas()["order_lines"]
    told = {c: h for c, h in (spec.mapping if spec else {}).items() if c in schema.columns}
    lines = match(grid.headers, schema, told, grid.file, grid.preset)
    if "order_id" not in lines.columns:
        return "orders"
    if any(goods in lines.columns for goods in schema.goods):
        return "order_lines"
    ids = grid.cells[lines.columns["order_id"]].text
    return "order_lines" if pc.count_distinct(ids).as_py() < len(ids) else "orders"


def table_of(grid: Grid) -> str | None:
    """The table whose required columns are all there, which names most columns and at least half of the file's; sales need only
    their required ones and win a draw. None: no table fits."""
    if grid.profile and (table := profiles()[grid.profile].table) != "sales":
        required = set(schemas()[table].required)
        return table if _columns(grid, table) >= required else None
    best: tuple[int, bool, str] | None = None
    for name in schemas():
        found = _columns(grid, name)
        required = set(BARE_COLUMNS) if name in SALES else set(schemas()[name].required)
        if found >= required and (name in SALES or 2 * len(found) >= len(grid.headers)) and (best is None or (len(found), name in SALES) > best[:2]):
            best = (len(found), name in SALES, name)
    if best is None:
        return None
    return sales_kind(grid) if best[1] else best[2]


def _columns(grid: Grid, name: str) -> set[str]:
    schema, mapping = schemas()[name], match(grid.headers, schemas()[name], preset=grid.preset)
    found = set(mapping.columns) | {c for c, source in schema.from_name.items() if source in mapping.columns}
    if mapping.metrics:
        found.add("plan_value")
    if "plan_value" in found:
        found.add("metric")
    found |= {column for column, source in schema.from_value.items() if source in found}
    return found | ({schema.serial} if schema.serial else set())
