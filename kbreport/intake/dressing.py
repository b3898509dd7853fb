"""A flat table of a known system → columns as our tables want them: what a stage means, which day is real, which rows count.

The profile says what to do; every row that goes is counted in a note. A plain table with months in its columns is melted here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kbreport.intake import numbers, periods
from kbreport.intake.grid import Cells, Grid
from kbreport.intake.mapping import bare, key, match
from kbreport.intake.profile import Profile, preset, profiles, recognised
from kbreport.intake.schema import SALES, schemas
from kbreport.intake.spec import PLAIN, FileSpec
from kbreport.words import _, n_

FOOTER = r"(?i)^[\"\s]*(?:confidential information|copyright\b|©|отч[её]т сформирован|сформировано )"
ID_AND_NAME = r"^\[(?P<id>[^\]]+)\]\s+(?P<name>\S.*)$"


def dressed(grid: Grid, spec: FileSpec, tables: Sequence[str]) -> Grid:
    """The grid with what its profile says; unchanged when it is no known export."""
    if grid.profile or spec.profile == PLAIN:
        return grid
    grid = _without_footer(grid)
    profile = profiles()[spec.profile] if spec.profile else recognised([[t] for t in grid.titles] + [grid.headers])
    if profile is None or profile.layout != "flat" or not _wanted(profile, tables):
        return _melted(grid, tables) if profile is None and not spec.mapping else grid
    grid.profile, grid.preset = profile.id, preset(profile, grid.headers)
    for step in (_only, _one_row_of_many, _ids_beside_names, _first_of, _status, _closing):
        grid = step(grid, profile)
    _say_twins(grid)
    return grid


def _wanted(profile: Profile, tables: Sequence[str]) -> bool:
    """A table told by the name of the file is believed; a bare file may be any."""
    return profile.table in tables or (profile.table == "sales" and any(t in tables for t in SALES)) or set(tables) == set(SALES)


def _filtered(grid: Grid, mask: Any) -> Grid:
    grid.cells = [c.filtered(mask) for c in grid.cells]
    grid.rows = grid.rows.filter(mask.combine_chunks() if hasattr(mask, "combine_chunks") else mask)
    return grid


def _without_footer(grid: Grid) -> Grid:
    """«Confidential Information …», «Copyright …» under the table of a formatted report."""
    import pyarrow.compute as pc

    before = len(grid.ragged)
    grid.ragged = [r for r in grid.ragged if not re.match(FOOTER, r.text)]
    gone = before - len(grid.ragged)
    if grid.cells and grid.n_rows:
        hit = pc.match_substring_regex(grid.cells[0].text, FOOTER)
        if pc.any(hit).as_py():
            gone += pc.sum(hit).as_py()
            grid = _filtered(grid, pc.invert(hit))
    if gone:
        grid.notes.append(n_("{n} строка подписи под таблицей пропущена.", "{n} строк подписи под таблицей пропущены.", gone))
    return grid


def _column(grid: Grid, name: str, header: str, text: Any) -> None:
    """Add or replace the column of our table."""
    grid.headers = [*grid.headers, header]
    grid.cells = [*grid.cells, Cells(text)]
    grid.preset = {**grid.preset, name: len(grid.cells) - 1}


def _only(grid: Grid, profile: Profile) -> Grid:
    """Rows that are done; what is only planned is no touch."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = {key(h): i for i, h in reversed(list(enumerate(grid.headers)))}
    place = next((places[key(h)] for h in (profile.only or {}).get("headers", ()) if key(h) in places), None)
    if place is None:
        return grid
    done = pc.is_in(pc.utf8_lower(grid.cells[place].text), value_set=pa.array([str(v).casefold() for v in profile.only["values"]]))
    gone = len(done) - (pc.sum(done).as_py() or 0)
    if gone:
        grid.notes.append(n_("{n} строка не выполнена (столбец «{header}»): это план, а не касание; не использована.", "{n} строк не выполнены (столбец «{header}»): это план, а не касания; не использованы.", gone, header=grid.headers[place]))
        grid = _filtered(grid, done)
    grid.spent.append(grid.headers[place])
    return grid


def _one_row_of_many(grid: Grid, profile: Profile) -> Grid:
    """A deal exported with a row per product becomes one row again; its sums are added, nothing is dropped."""
    import pyarrow as pa
    import pyarrow.compute as pc

    told = profile.one_row_of_many
    if not told or not {told["id"], told["sum"]} <= set(grid.preset):
        return grid
    ids, money = grid.cells[grid.preset[told["id"]]].text, grid.cells[grid.preset[told["sum"]]]
    found = numbers.parse(money)
    if pc.count_distinct(ids).as_py() == len(ids) or found.undecided or pc.any(found.bad).as_py():
        return grid
    each = pa.table({"id": ids, "row": pa.array(range(len(ids))), "sum": found.values}).group_by("id", use_threads=False).aggregate([("row", "min"), ("sum", "sum")]).sort_by("row_min")
    before, place = grid.n_rows, each["row_min"].combine_chunks()
    grid.cells = [Cells(c.text.take(place), None if c.native is None else c.native.take(place), c.all_native) for c in grid.cells]
    grid.rows = grid.rows.take(place)
    grid.cells[grid.preset[told["sum"]]] = Cells(pc.fill_null(pc.cast(each["sum_sum"], pa.string()), ""), None, True)
    grid.notes.append(_("Выгружено по строке на товар: {rows} строк сложены в {deals} сделок.").format(rows=before, deals=grid.n_rows))
    return grid


def _ids_beside_names(grid: Grid, profile: Profile) -> Grid:
    """`[12] ООО «Ромашка»`: a code and a name in one cell."""
    import pyarrow.compute as pc

    for name, place in list(grid.preset.items()):
        text = grid.cells[place].text
        filled = pc.sum(pc.not_equal(text, "")).as_py() or 0
        if not filled or 2 * (pc.sum(pc.match_substring_regex(text, ID_AND_NAME)).as_py() or 0) < filled:
            continue
        found = pc.extract_regex(text, ID_AND_NAME)
        wanted = "id" if name.endswith("_id") else "name"
        grid.cells[place] = Cells(pc.coalesce(pc.struct_field(found, wanted), text))
        code = name.replace("_name", "_id")
        if wanted == "name" and code != name and code not in grid.preset and code in schemas()[profile.table].columns:
            _column(grid, code, f"{grid.headers[place]} [id]", pc.fill_null(pc.struct_field(found, "id"), ""))
    return grid


def _first_of(grid: Grid, profile: Profile) -> Grid:
    import pyarrow.compute as pc

    for name in (c for c in profile.first_of if c in grid.preset):
        place = grid.preset[name]
        text = grid.cells[place].text
        many = pc.sum(pc.match_substring(text, ";")).as_py() or 0
        if many:
            grid.cells[place] = Cells(pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r";.*$", "")))
            grid.notes.append(n_("В столбце «{header}» у {n} строки несколько значений через «;», взято первое.", "В столбце «{header}» у {n} строк несколько значений через «;», взято первое.", many, header=grid.headers[place]))
    return grid


def _status(grid: Grid, profile: Profile) -> Grid:
    """won, lost or open by the words of the stage; a stage that is neither won nor lost is open, and this is said."""
    import pyarrow as pa
    import pyarrow.compute as pc

    source = grid.preset.get("status", grid.preset.get("stage"))
    if not profile.status or source is None:
        return grid
    text = pc.utf8_lower(pc.replace_substring(grid.cells[source].text, "ё", "е"))
    unique = pc.unique(text)
    words = {status: "|".join(_pattern(w) for w in many) for status, many in profile.status.items()}
    meaning = [next((s for s, pattern in words.items() if re.fullmatch(pattern, u)), "open") for u in unique.to_pylist()]
    values = pa.array(meaning).take(pc.index_in(text, value_set=unique).combine_chunks())
    if "status" in grid.preset:
        grid.spent.append(grid.headers[source])
    _column(grid, "status", "status", pa.chunked_array([values]))
    counts = {s: sum(m == s for m in values.to_pylist()) for s in ("won", "lost", "open")}
    grid.notes.append(_("Сделки по столбцу «{header}»: выиграно {won}, проиграно {lost}, открыто {open}.").format(header=grid.headers[source], **counts))
    return grid


def _pattern(word: str) -> str:
    return re.escape(word.casefold().replace("ё", "е")).replace(r"\*", ".*")


def _closing(grid: Grid, profile: Profile) -> Grid:
    """One day of closing: expected while the deal is open, real afterwards."""
    import pyarrow.compute as pc

    places = {key(h): i for i, h in reversed(list(enumerate(grid.headers)))}
    place = next((places[key(h)] for h in profile.closing if key(h) in places), None)
    if place is None or "status" not in grid.preset:
        return grid
    still_open = pc.equal(grid.cells[grid.preset["status"]].text, "open")
    text, header = grid.cells[place].text, grid.headers[place]
    _column(grid, "expected_close", f"{header} (open)", pc.if_else(still_open, text, ""))
    _column(grid, "closed_at", f"{header} (closed)", pc.if_else(still_open, "", text))
    grid.spent.append(header)
    return grid


def _say_twins(grid: Grid) -> None:
    twins = [grid.headers[i] for i in grid.preset.values() if grid.headers.count(grid.headers[i]) > 1]
    if twins:
        grid.notes.append(_("Столбцы с одинаковым названием, взят первый: {headers}.").format(headers=", ".join(dict.fromkeys(twins))))


# ------------------------------------------------------------------ months in columns
def _melted(grid: Grid, tables: Sequence[str]) -> Grid:
    """Client × months → a row per client and month; empty cells are no sales. A column «Итого» must be the sum of the months."""
    import pyarrow as pa
    import pyarrow.compute as pc

    months = {i: p for i, h in enumerate(grid.headers) if (p := periods.header(h)) is not None}
    found = match(grid.headers, schemas()["orders"]).columns
    planned = any("план" in key(t) or "plan" in key(t) for t in (*grid.headers, *grid.titles, grid.file))
    if len(months) < 2 or planned or "orders" not in tables or not {"client_id", "client_name"} & set(found) or "order_date" in found:
        return grid
    total = next((i for i, h in enumerate(grid.headers) if key(bare(h)) in ("итого", "всего", "total")), None)
    kept = [i for i in range(len(grid.headers)) if i not in months and i != total]
    parts: list[list[Any]] = [[] for _i in range(len(kept) + 2)]
    rows, native = [], all(grid.cells[i].all_native for i in months)
    for i, period in months.items():
        filled = pc.not_equal(grid.cells[i].text, "")
        place = pc.indices_nonzero(filled)
        for part, j in zip(parts, kept, strict=False):
            part.append(grid.cells[j].text.take(place))
        parts[-2].append(pa.chunked_array([pa.array([period[1].isoformat()] * len(place), pa.string())]))
        parts[-1].append(grid.cells[i].text.take(place))
        rows.append(grid.rows.take(place))
    texts = [pa.chunked_array([c for column in part for c in column.chunks], pa.string()) for part in parts]
    totals = _month_totals(grid, list(months), len(kept))
    grid.headers = [*(grid.headers[j] for j in kept), "Дата", "Выручка"]
    grid.cells = [*(Cells(t) for t in texts[:-1]), Cells(texts[-1], None, native)]
    grid.rows, grid.width = pa.concat_arrays(rows), len(grid.headers)
    grid.total_cells = totals
    grid.preset = {"order_date": len(kept), "amount": len(kept) + 1}
    grid.notes.append(_("По столбцам стоят месяцы: каждая клетка стала строкой на последний день месяца, пустые клетки — нет продаж."))
    return grid


def _month_totals(grid: Grid, months: list[int], empty: int) -> list[Cells]:
    """The row «Итого» of the months, added up."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not grid.totals:
        return []
    sums = [pc.sum(numbers.parse(Cells(grid.total_cells[i].text.slice(len(grid.totals) - 1), None, grid.total_cells[i].all_native)).values).as_py() for i in months]
    told = sum((s for s in sums if s is not None), start=type(next((s for s in sums if s is not None), 0))(0)) if any(s is not None for s in sums) else None
    grid.totals = grid.totals[-1:]
    blank = Cells(pa.chunked_array([pa.array([""])]))
    return [*[blank] * (empty + 1), Cells(pa.chunked_array([pa.array([str(told) if told is not None else ""])]), None, True)]
