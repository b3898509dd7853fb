"""Tables → facts, written once in Narwhals; which engine runs it is `engine.chosen`'s business.

Order (METHODS 1.4): one client and one calendar day (`order_unit = document`: one document). A return that names the
order of the same client it reverses lowers that order and is left out of its own day's order; in net sales it stays on
the day of the return. A day whose rows sum to ≤ 0 is no order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbreport.facts import engine
from kbreport.facts.parameters import Parameters

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

KEY = ["client_id", "day", "manager_id", "channel"]
TEXTS = ("client_id", "order_id", "manager_id", "channel", "linked_order_id", "category")


def sales_rows(orders: "pa.Table | None", lines: "pa.Table | None", groups: dict[str, str]) -> "pa.Table":
    """One table of sales rows: client_id, order_id, day, manager_id, channel, linked_order_id, amount_u, margin_u, n_lines.

    Orders are the truth about money where they are given; else the lines are. `groups`: client_id → group_id.
    """
    import pyarrow as pa

    source = orders if orders is not None else lines
    columns = {name: _text(source, name) for name in TEXTS if name != "category"}
    if groups:
        columns["client_id"] = _mapped(columns["client_id"], groups)
    columns["day"] = engine.day_numbers(source["order_date"])
    columns["amount_u"] = engine.units(source["amount"])
    columns["margin_u"] = _margin(source)
    columns["n_lines"] = pa.chunked_array([_line_counts(source, orders is None, lines)])
    return pa.table(columns)


def _line_counts(source: "pa.Table", are_lines: bool, lines: "pa.Table | None") -> "pa.Array":
    """How many lines stand behind each row: 1 for a line, the count of an order's lines for an order (0: not known)."""
    import numpy as np
    import pyarrow as pa

    if are_lines:
        return pa.array(np.ones(source.num_rows, dtype="int32"))
    if lines is None:
        return pa.array(np.zeros(source.num_rows, dtype="int32"))
    counts = lines["order_id"].value_counts()
    at = source["order_id"].combine_chunks().to_pandas().map(dict(zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist())))
    return pa.array(at.fillna(0).astype("int32"))


def _text(source: "pa.Table", name: str) -> "pa.ChunkedArray":
    import pyarrow as pa

    if name not in source.column_names:
        return pa.chunked_array([pa.nulls(source.num_rows, pa.string())])
    return source[name].cast(pa.string())


def _mapped(column: "pa.ChunkedArray", mapping: dict[str, str]) -> "pa.ChunkedArray":
    """Client ids replaced by the id of their group, where they have one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys, values = pa.array(list(mapping)), pa.array(list(mapping.values()))
    found = pc.index_in(column, value_set=keys)
    return pc.coalesce(pc.take(values, found), column)


def _margin(source: "pa.Table") -> "pa.ChunkedArray":
    """Margin as stated, else amount − cost; null where neither is known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "margin" in source.column_names:
        return engine.units(source["margin"])
    if "cost" in source.column_names:
        return pc.subtract(engine.units(source["amount"]), engine.units(source["cost"]))
    return pa.chunked_array([pa.nulls(source.num_rows, pa.int64())])


def until(rows: "pa.Table", last_day: int) -> "pa.Table":
    """The rows known at the end of this day: a later return must not change an order before it (METHODS 1.21)."""
    import pyarrow.compute as pc

    return rows.filter(pc.less_equal(rows["day"], last_day))


def order_days(rows: "pa.Table", parameters: Parameters, engine_name: str) -> "pd.DataFrame":
    """One row per client × day × manager × channel (× document): net sales and the amount that counts as an order.

    Columns: client_id, date, day, manager_id, channel, (document), amount, order_amount, margin, n_docs, n_lines.
    """
    import narwhals as nw

    linked = _linked(rows)
    key = KEY + (["order_id"] if parameters.order_unit == "document" else [])
    with engine.frame(rows.drop_columns(["linked_order_id"]).append_column("is_linked", linked["flag"]), engine_name) as frame:
        own = nw.when(~nw.col("is_linked")).then(nw.col("amount_u")).otherwise(0)
        grouped = frame.with_columns(order_u=own).group_by(*key).agg(
            nw.col("amount_u").sum(), nw.col("order_u").sum(), nw.col("margin_u").sum(), n_margin=nw.col("margin_u").count(),
            n_docs=nw.col("order_id").n_unique(), n_lines=nw.col("n_lines").sum(), n_rows=nw.len())
        days = engine.collected(grouped)
    return _finished(_with_reversals(days, linked["reversals"], key), key)


def _linked(rows: "pa.Table") -> dict:
    """Which rows reverse an order of the same client, and how much each reversed order loses.

    Numbers repeat between clients and years: of several orders it is the latest one up to the day of the return.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    asks = pc.fill_null(pc.and_(pc.is_valid(rows["linked_order_id"]), pc.less(rows["amount_u"], 0)), False)
    if not pc.any(asks).as_py():
        return {"flag": asks, "reversals": None}
    back = rows.filter(asks).select(["client_id", "linked_order_id", "day", "amount_u"]).to_pandas()
    back.columns = ["client_id", "order_id", "return_day", "reversed_u"]
    back["row"] = np.flatnonzero(asks.to_numpy())
    pairs = _reversed(back, _named_orders(rows, asks, back["order_id"]))
    found = pd.Series(False, index=range(rows.num_rows))
    found[pairs["row"]] = True
    return {"flag": pa.array(found), "reversals": pairs if len(pairs) else None}


def _named_orders(rows: "pa.Table", asks: "pa.ChunkedArray", names: "pd.Series") -> "pd.DataFrame":
    """Net money by order of these numbers and client, day, manager, channel; only what is there to be reversed (> 0)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    named = pc.is_in(rows["order_id"], value_set=pa.array(names.unique(), pa.string()))
    sold = rows.filter(pc.and_(pc.invert(asks), named)).select(["order_id", *KEY, "amount_u"]).to_pandas()
    sold = sold.groupby(["order_id", *KEY], dropna=False)["amount_u"].sum().reset_index()
    return sold[sold["amount_u"] > 0]


def _reversed(back: "pd.DataFrame", sold: "pd.DataFrame") -> "pd.DataFrame":
    """For each return the order it lowers: the latest up to its day, of one day the largest part."""
    pairs = back.merge(sold, on=["client_id", "order_id"])
    order = {"row": True, "day": False, "amount_u": False, "manager_id": True, "channel": True}
    pairs = pairs[pairs["day"] <= pairs["return_day"]].sort_values(list(order), ascending=list(order.values()), kind="stable")
    return pairs.drop_duplicates("row")


def _with_reversals(days: "pd.DataFrame", reversals: "pd.DataFrame | None", key: list[str]) -> "pd.DataFrame":
    if reversals is None:
        return days
    lost = reversals.groupby(key, dropna=False)["reversed_u"].sum().reset_index()
    for name in key:
        lost[name] = lost[name].astype(days[name].dtype)
    days = days.merge(lost, on=key, how="left")
    days["order_u"] = days["order_u"] + days["reversed_u"].fillna(0).astype("int64")
    return days.drop(columns="reversed_u")


def _finished(days: "pd.DataFrame", key: list[str]) -> "pd.DataFrame":
    """Units become money, day numbers become dates; a margin is known only where every row of the day has one."""
    import numpy as np
    import pandas as pd

    days["date"] = pd.to_datetime(days["day"].astype("int64"), unit="D").astype("datetime64[s]")
    days["day"] = days["day"].astype("int64")
    days["amount"] = days["amount_u"].astype("float64") / engine.SCALE
    days["order_amount"] = days["order_u"].astype("float64") / engine.SCALE
    margin = days["margin_u"].astype("float64") / engine.SCALE
    days["margin"] = np.where(days["n_margin"] == days["n_rows"], margin, np.nan)
    for name in ("n_docs", "n_lines", "n_rows"):
        days[name] = days[name].astype("int64")
    if "order_id" in days:
        days = days.rename(columns={"order_id": "document"})
    key = [k if k != "order_id" else "document" for k in key]
    names = ["client_id", "date", "day", *key[2:], "amount", "order_amount", "margin", "n_docs", "n_lines", "n_rows"]
    return days[names].sort_values(["client_id", "day", "manager_id", "channel"], na_position="first", kind="stable").reset_index(drop=True)


def category_units(lines: "pa.Table | None", orders: "pa.Table | None", last_day: int, engine_name: str) -> "pd.DataFrame | None":
    """Sums in exact units by firm × category × month up to `last_day`. None without lines or categories."""
    if lines is None or "category" not in lines.column_names:
        return None
    import narwhals as nw

    with engine.frame(_line_rows(lines, orders), engine_name) as frame:
        kept = frame.filter(nw.col("day") <= last_day)
        return engine.collected(kept.group_by("client_id", "category", "month").agg(
            nw.col("amount_u").sum(), nw.col("margin_u").sum(), nw.col("qty").sum(), n_margin=nw.col("margin_u").count(), n_rows=nw.len()))


def category_months(units: "pd.DataFrame | None", groups: dict[str, str]) -> "pd.DataFrame | None":
    """One row per client × category × month: amount, margin, qty; firms of a group are one client."""
    if units is None:
        return None
    if groups:
        key = ["client_id", "category", "month"]
        grouped = units.assign(client_id=units["client_id"].map(groups).fillna(units["client_id"])).groupby(key, sort=False, dropna=False)
        qty = grouped["qty"].sum(min_count=1)
        units = grouped[["amount_u", "margin_u", "n_margin", "n_rows"]].sum().join(qty).reset_index()
    return _category_frame(units.copy())[["client_id", "category", "month", "amount", "margin", "qty"]]


def member_categories(units: "pd.DataFrame | None", groups: dict[str, str]) -> "pd.DataFrame | None":
    """One row per firm of a group × category × month: client_id (the group), member_id, category, month, amount."""
    if units is None or not groups:
        return None
    own = _category_frame(units[units["client_id"].isin(groups)].copy())
    return own.assign(member_id=own["client_id"], client_id=own["client_id"].map(groups))[["client_id", "member_id", "category", "month", "amount"]]


def member_days(sales: "pa.Table", groups: dict[str, str], last_day: int) -> "pd.DataFrame | None":
    """One row per firm of a group × day up to `last_day`: client_id (the group), member_id, date, amount. None without groups."""
    if not groups:
        return None
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pa.table({"member_id": _text(sales, "client_id"), "day": engine.day_numbers(sales["order_date"]), "u": engine.units(sales["amount"])})
    rows = until(rows.filter(pc.is_in(rows["member_id"], value_set=pa.array(list(groups)))), last_day)
    days = rows.group_by(["member_id", "day"]).aggregate([("u", "sum")]).to_pandas()
    days["date"] = pd.to_datetime(days["day"], unit="D").astype("datetime64[s]")
    days["amount"], days["client_id"] = days["u_sum"] / engine.SCALE, days["member_id"].map(groups)
    return days[["client_id", "member_id", "date", "amount"]].sort_values(["client_id", "member_id", "date"], kind="stable").reset_index(drop=True)


def _line_rows(lines: "pa.Table", orders: "pa.Table | None") -> "pa.Table":
    """Lines with client and day; where they lack them, those of their order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if orders is not None and not {"client_id", "order_date"} <= set(lines.column_names):
        keep = lines.drop_columns([c for c in ("client_id", "order_date", "manager_id") if c in lines.column_names])
        head = orders.select(["order_id", "client_id", "order_date"]).group_by("order_id").aggregate([("client_id", "min"), ("order_date", "min")])
        head = head.rename_columns(["order_id", "client_id", "order_date"])
        lines = keep.join(head, keys="order_id", join_type="inner").combine_chunks()
    dates = lines["order_date"].cast(pa.date32())
    month = pc.add(pc.multiply(pc.year(dates), 12), pc.subtract(pc.month(dates), 1))
    qty = lines["qty"].cast(pa.float64()) if "qty" in lines.column_names else pa.chunked_array([pa.nulls(lines.num_rows, pa.float64())])
    return pa.table({"client_id": _text(lines, "client_id"), "category": _text(lines, "category"), "month": month.cast(pa.int64()), "day": engine.day_numbers(dates),
                     "amount_u": engine.units(lines["amount"]), "margin_u": _margin(lines), "qty": qty})


def _category_frame(frame: "pd.DataFrame") -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    month = frame["month"].astype("int64")
    frame["month"] = pd.to_datetime({"year": month // 12, "month": month % 12 + 1, "day": 1}).astype("datetime64[s]")
    frame["amount"] = frame["amount_u"].astype("float64") / engine.SCALE
    frame["margin"] = np.where(frame["n_margin"] == frame["n_rows"], frame["margin_u"].astype("float64") / engine.SCALE, np.nan)
    frame = frame[frame["category"].notna()]
    return frame.sort_values(["client_id", "category", "month"], kind="stable").reset_index(drop=True)


def file_days(sales: "pa.Table") -> "pd.DataFrame":
    """Rows and money of the sales table by day, for the as-of date and the reconciliation: date, n_rows, amount."""
    import pandas as pd
    import pyarrow as pa

    slim = pa.table({"day": engine.day_numbers(sales["order_date"]), "amount_u": engine.units(sales["amount"])})
    days = slim.group_by("day").aggregate([("amount_u", "sum"), ("day", "count")]).to_pandas()
    dates = pd.to_datetime(days["day"], unit="D").astype("datetime64[s]")
    out = pd.DataFrame({"date": dates, "n_rows": days["day_count"], "amount": days["amount_u_sum"] / engine.SCALE})
    return out.sort_values("date").reset_index(drop=True)
