"""The innermost rows of a report as flat columns: labels of their groups, one stretch per month or manager of a matrix, days, due days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kbreport.intake import heads, names, numbers, tree
from kbreport.intake.body import FIGURES, Body, first_text, ten_thousandths
from kbreport.intake.grid import Cells
from kbreport.intake.profile import Profile
from kbreport.words import N_

PLACEHOLDERS = r"(?i)^(?:<.*>|-|—|н/д|без договора|без менеджера|не указан[оа]?)$"
DOC_DAY = r" от (?P<d>\d{2})\.(?P<m>\d{2})\.(?P<y>\d{4})"
# Names of columns that the report has no header for; they stand in company.yml too, so they are the same in every language.
TITLES = {"client_name": N_("Клиент"), "manager_name": N_("Менеджер"), "category": N_("Группа товаров"), "product_name": N_("Номенклатура"), "order_id": N_("Документ"), "sku": N_("Артикул"), "inn": N_("ИНН"),
          "contract": N_("Договор"), "invoice_id": N_("Документ расчётов"), "currency": N_("Валюта"), "account": N_("Счёт"), "order_date": N_("Дата"), "snapshot_date": N_("Дата среза"), "due_date": N_("Срок оплаты")}


def labels_of(body: Body, head: heads.Head, role: Any, fields: list[str]) -> dict[str, Any]:
    """Field → its text for every row (of the row itself or the group it stands in); side columns beside."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    over = tree.ancestors(body.rank)
    place = {level.field: j for level, j in head.levels}
    out: dict[str, Any] = {}
    for i, name in enumerate(fields):
        index = tree.column(i, role, over, outermost=name == "category")
        if name == "account" or not (index >= 0).any():
            continue
        own = body.texts[place[name]] if name in place else body.texts[0]
        own = pc.if_else(pc.equal(own, ""), first_text(body), own)
        out[name] = _taken(own, index)
        for column, j in head.sides.get(name, {}).items():
            out[column] = _taken(body.texts[j], index)
    for name in out:
        text = pc.replace_substring_regex(out[name], r"[\s,]+$", "")
        out[name] = pc.if_else(pc.match_substring_regex(text, PLACEHOLDERS), "", text)
    return {name: pa.array(np.asarray(text), pa.string()) for name, text in out.items()}


def _taken(texts: Any, index: Any) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(texts.take(pa.array(np.where(index >= 0, index, 0), mask=index < 0)), "")


def blocks_of(head: heads.Head) -> list[tuple[Any, str | None, dict[str, heads.Value]]]:
    """(period, name, column → value) for each month or manager over the figures; one block when there is no matrix."""
    out: dict[Any, dict[str, heads.Value]] = {}
    for v in head.values:
        if not v.total:
            out.setdefault((v.period, v.name if across_names(head) else None), {}).setdefault(v.column, v)
    days = [p for p, _n in out if p]
    whole = all(p[0] == p[1] and p[0].day == 1 for p in days) and bool(days)  # `01.02.25` over every pair: months named by their first day
    return [((_month_end(p) if whole else p[1]) if p else None, name, values) for (p, name), values in out.items()]


def across_names(head: heads.Head) -> bool:
    return sum(v.name is not None and v.period is None for v in head.values) > 1 and "manager_name" in head.profile.across


def _month_end(period: tuple[date, date]) -> date:
    return (period[0].replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def melted(head: heads.Head, body: Body, leaf: Any, labels: dict[str, Any], blocks: list, profile: Profile, when: date | None) -> tuple[dict[str, tuple[str, Cells]], Any, int]:
    """Column → (header, cells) with one stretch of rows per block; the rows of the sheet; how many empty amounts are zeros."""
    import numpy as np
    import pyarrow as pa

    money = "open_amount" if profile.table == "receivables" else "amount"
    parts: dict[str, list[Any]] = {}
    rows, emptied, found = [], 0, dict.fromkeys([*labels, *(c for _p, _n, vs in blocks for c in vs)])
    day_column = "snapshot_date" if profile.table == "receivables" else "order_date"
    for period, name, values in blocks:
        some = np.logical_or.reduce([body.filled[v.index] for v in values.values()])
        keep = leaf & some
        place = pa.array(np.flatnonzero(keep))
        for column in found:
            text = labels[column].take(place) if column in labels else values[column] and body.cells[values[column].index].text.take(place) if column in values else pa.array([""] * len(place), pa.string())
            if column == money:
                lost = ~(body.filled[values[column].index][keep] if column in values else np.zeros(len(place), dtype=bool))
                text, emptied = _zeros(text, lost), emptied + int(lost.sum())
            parts.setdefault(column, []).append(text)
        parts.setdefault(day_column, []).append(_days(labels.get("order_id"), place, period or when, day_column))
        if name is not None:
            parts.setdefault("manager_name", []).append(pa.array([name] * len(place), pa.string()))
        rows.append(pa.array(body.rows[keep].astype(np.int32)))
    headers = _headers(head, blocks)
    joined = {c: pa.chunked_array([x.combine_chunks() if isinstance(x, pa.ChunkedArray) else x for x in many]) for c, many in parts.items()}
    columns = {c: (headers.get(c) or TITLES.get(c, c), Cells(text, None, _native(body, c, blocks))) for c, text in joined.items()}
    all_rows = pa.concat_arrays(rows)
    if {"product_name", "category"} & set(columns) and "order_id" not in columns:
        columns["order_id"] = ("Номер покупки", Cells(_numbered(columns[day_column][1].text, columns["client_name"][1].text)))
    if profile.table == "receivables":
        columns, all_rows = _split_overdue(columns, all_rows)
    return columns, all_rows, emptied


def _native(body: Body, column: str, blocks: list) -> bool:
    """True when every cell of this measure came as a number of the book: no sign of decimals needs to be guessed."""
    used = [vs[column].index for _p, _n, vs in blocks if column in vs]
    return bool(used) and all(body.cells[j].all_native for j in used)


def _zeros(text: Any, lost: Any) -> Any:
    """A row that has other figures but no money stands with nothing in the report's own sums: there an empty cell is a zero."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pa.array(lost), "0", text)


def _days(documents: Any, place: Any, when: date | None, column: str) -> Any:
    """The day of each row: the document's own where it names one, else that of the month or period."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pa.array([when.isoformat() if when else ""] * len(place), pa.string())
    if documents is None or column != "order_date":
        return plain
    found = pc.extract_regex(documents.take(place), DOC_DAY)
    own = pc.binary_join_element_wise(*[pc.struct_field(found, part) for part in ("y", "m", "d")], "-")
    return pc.coalesce(own, plain)


def _headers(head: heads.Head, blocks: list) -> dict[str, str]:
    """Header of each column as the file says it; in a matrix the lowest part, which all blocks share."""
    out = {level.field: TITLES.get(level.field) for level, _j in head.levels}
    for _period, _name, values in blocks:
        for column, v in values.items():
            text = v.header if len(blocks) == 1 else v.header.split(" / ")[-1]
            out.setdefault(column, text if len(blocks) == 1 or v.period is None or len(v.header.split(" / ")) > 1 else None)
    return {c: h for c, h in out.items() if h}


def _numbered(days: Any, clients: Any) -> Any:
    """A number for every client and day: what one client bought in a period without documents counts as one purchase."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(names.ids_from(clients)).indices
    return pa.chunked_array([pc.binary_join_element_wise(days.combine_chunks(), pc.cast(pc.add(coded, 1), pa.string()), "/")])


def _split_overdue(columns: dict[str, tuple[str, Cells]], rows: Any) -> tuple[dict[str, tuple[str, Cells]], Any]:
    """Due days: `days_overdue` before the snapshot for what is overdue. A debt that is partly overdue becomes two rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if "overdue_amount" not in columns and "days_overdue" not in columns:
        return columns, rows
    texts = {c: cells.text.combine_chunks() for c, (_h, cells) in columns.items()}
    debt = ten_thousandths(numbers.parse(Cells(pa.chunked_array([texts["open_amount"]]), None, columns["open_amount"][1].all_native)).values)
    days = ten_thousandths(numbers.parse(Cells(pa.chunked_array([texts["days_overdue"]]))).values) // FIGURES if "days_overdue" in texts else np.zeros(len(debt), dtype=np.int64)
    late = ten_thousandths(numbers.parse(Cells(pa.chunked_array([texts["overdue_amount"]]), None, columns["overdue_amount"][1].all_native)).values) if "overdue_amount" in texts else np.where(days > 0, debt, 0)
    partly = (late > 0) & (late < debt)
    place = np.concatenate([np.arange(len(debt)), np.flatnonzero(partly)])
    amount = np.concatenate([np.where(partly, late, debt), (debt - late)[partly]])
    overdue = np.concatenate([late > 0, np.zeros(int(partly.sum()), dtype=bool)])
    order = np.argsort(place, kind="stable")
    shot = np.array(texts["snapshot_date"].to_pylist(), dtype="datetime64[D]")
    due = np.where(overdue, shot[place] - np.maximum(days[place], 1), shot[place])
    out = {c: (h, Cells(pa.chunked_array([texts[c].take(pa.array(place[order]))]), None, cells.all_native)) for c, (h, cells) in columns.items()}
    out["open_amount"] = (columns["open_amount"][0], Cells(_written(amount[order]), None, True))
    if "overdue_amount" in out:
        out["overdue_amount"] = (columns["overdue_amount"][0], Cells(_written(np.where(overdue, amount, 0)[order]), None, True))
    out["due_date"] = (TITLES["due_date"], Cells(pa.chunked_array([pc.cast(pa.array(due[order]), pa.string())])))
    return out, rows.take(pa.array(place[order]))


def _written(amounts: Any) -> Any:
    """Whole ten-thousandths as text: 12500 → `1.2500`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    sign = pa.array(np.where(amounts < 0, "-", ""))
    whole, part = pc.cast(pa.array(np.abs(amounts) // FIGURES), pa.string()), pc.utf8_lpad(pc.cast(pa.array(np.abs(amounts) % FIGURES), pa.string()), 4, "0")
    return pa.chunked_array([pc.binary_join_element_wise(pc.binary_join_element_wise(sign, whole, ""), part, ".")])
