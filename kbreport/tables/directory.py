"""One client, one id in all tables: where one table knows clients by code and another only by name, the name finds its code;
where all know only names, one spelling stands for all."""

from __future__ import annotations

from typing import Any

from kbreport.intake import names
from kbreport.tables.typed import Typed

PAIRS = (("client_id", "client_name"), ("manager_id", "manager_name"), ("manager_id", "name"))


def resolve(frames: dict[str, Any], typed: dict[str, Typed]) -> None:
    """Replace ids that were made of names: by the code that the same name has elsewhere if it is the only one, else by the
    spelling that sorts first in all tables."""
    for column in ("client_id", "manager_id"):
        nameless = [table for table, one in typed.items() if column in one.columns and column not in one.mapping.columns and table in frames]
        known = {**_spellings(column, nameless, frames), **_codes(column, frames, typed)} if nameless else {}
        for table in nameless if known else ():
            frames[table] = _replaced(frames[table], column, known)


def _spellings(column: str, tables: list[str], frames: dict[str, Any]) -> dict[str, str]:
    """Key of a name → its first spelling among the ids made of names."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(tables) < 2:
        return {}
    unique = pa.concat_arrays([pc.unique(_texts(frames[t], column)) for t in tables])
    first = pa.table({"key": names.key(unique), "name": unique}).group_by("key").aggregate([("name", "min")])
    return {key: name for key, name in zip(first["key"].to_pylist(), first["name_min"].to_pylist(), strict=True) if key}


def _codes(column: str, frames: dict[str, Any], typed: dict[str, Typed]) -> dict[str, str]:
    """Key of a name → its code, from tables that have both; names with two codes are left out."""
    found: dict[str, set[str]] = {}
    for table, one in typed.items():
        for code, name in PAIRS:
            if code == column and table in frames and {code, name} <= set(one.mapping.columns):
                for key, value in _known_pairs(frames[table], code, name):
                    found.setdefault(key, set()).add(value)
    return {key: codes.copy().pop() for key, codes in found.items() if len(codes) == 1}


def _known_pairs(frame: Any, code: str, name: str) -> list[tuple[str, str]]:
    """(key of the name, code), once each: as many as clients, not as rows."""
    import pyarrow as pa

    both = pa.table({"name": _texts(frame, name), "code": _texts(frame, code)}).group_by(["name", "code"]).aggregate([])
    pairs = zip(names.key(both["name"]).to_pylist(), both["code"].to_pylist(), strict=True)
    return [(key, value) for key, value in pairs if key and value]


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
    codes = pa.chunked_array([pa.array(list(known.values()), pa.string()).take(place.combine_chunks())])
    ids = pc.coalesce(codes, pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts))
    if isinstance(frame, pa.Table):
        return frame.set_column(frame.schema.get_field_index(column), column, ids)
    return frame.assign(**{column: ids.to_pandas().to_numpy()}).astype({column: "str"})
