"""Names → ids across tables: where one table knows clients by code and another only by name, the name finds its code."""

from __future__ import annotations

from typing import Any

from kbreport.intake import names
from kbreport.tables.typed import Typed

PAIRS = (("client_id", "client_name"), ("manager_id", "manager_name"), ("manager_id", "name"))


def resolve(frames: dict[str, Any], typed: dict[str, Typed]) -> None:
    """Replace ids that were made of names by the code that the same name has elsewhere, if it is the only one."""
    for column in ("client_id", "manager_id"):
        nameless = [table for table, one in typed.items() if column in one.columns and column not in one.mapping.columns]
        known = _codes(column, frames, typed) if nameless else {}
        for table in nameless if known else ():
            frames[table] = _replaced(frames[table], column, known)


def _codes(column: str, frames: dict[str, Any], typed: dict[str, Typed]) -> dict[str, str]:
    """Key of a name → its code, from tables that have both; names with two codes are left out."""
    import pyarrow as pa

    pairs = [(c, n) for c, n in PAIRS if c == column]
    found: dict[str, set[str]] = {}
    for table, one in typed.items():
        for code, name in pairs:
            if code in one.mapping.columns and name in one.mapping.columns:
                both = pa.table({"name": _texts(frames[table], name), "code": _texts(frames[table], code)}).group_by(["name", "code"]).aggregate([])
                both = both.append_column("key", names.key(both["name"]))
                for row in both.to_pylist():  # one row per client, not per line
                    if row["key"] and row["code"]:
                        found.setdefault(row["key"], set()).add(row["code"])
    return {key: codes.copy().pop() for key, codes in found.items() if len(codes) == 1}


def _texts(frame: Any, column: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = frame[column] if isinstance(frame, pa.Table) else pa.chunked_array([pa.array(frame[column], pa.string())])
    return pc.fill_null(values, "")


def _replaced(frame: Any, column: str, known: dict[str, str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = _texts(frame, column)
    place = pc.index_in(names.key(texts), value_set=pa.array(list(known)))
    codes = pa.array(list(known.values())).take(place.combine_chunks())
    ids = pc.coalesce(codes, pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts))
    if isinstance(frame, pa.Table):
        return frame.set_column(frame.schema.get_field_index(column), column, ids)
    return frame.assign(**{column: ids.to_pandas()})
