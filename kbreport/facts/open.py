"""Validated tables → `Facts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kbreport.facts import build, engine
from kbreport.facts.facts import Facts
from kbreport.facts.parameters import Parameters
from kbreport.facts.period import find_as_of

if TYPE_CHECKING:
    from kbreport.tables import Tables

CARD = ("client_name", "manager_id", "channel")  # what sales rows can tell about a client without a card


def facts_of(tables: "Tables", parameters: Parameters) -> Facts:
    """The shared frames of a company, all rows dated ≤ as_of. Which engine runs depends on the size (`engine.chosen`)."""
    orders, lines = tables.frames.get("orders"), tables.frames.get("order_lines")
    sales = orders if orders is not None else lines
    which = engine.chosen((lines if lines is not None else sales).num_rows)
    groups = _groups(tables.frames.get("clients")) if parameters.client_grain == "group" else {}
    days = build.file_days(sales)
    stated_end = tables.stated_period[1] if tables.stated_period else None
    as_of = find_as_of(days, given=parameters.as_of, stated_end=stated_end, whole=parameters.period == "all")
    rows = build.sales_rows(orders, lines, groups)
    last_day = (pd.Timestamp(as_of.date) - pd.Timestamp(0)).days
    kept = build.order_days(build.until(rows, last_day), parameters, which)
    units = build.category_units(lines, orders, last_day, which)
    others = {name: _by_group(name, frame, groups) for name, frame in tables.frames.items() if name not in ("orders", "order_lines", "clients")}
    meta = {"currency": parameters.currency if parameters.currency != "unknown" else tables.currency,
            "vat": parameters.vat if parameters.vat != "unknown" else tables.vat, "engine": which}
    return Facts(kept, days, _clients(tables, sales, kept, groups), as_of, parameters, build.category_months(units, groups),
                 build.member_days(sales, groups, last_day), build.member_categories(units, groups), others, meta)


def _groups(clients: pd.DataFrame | None) -> dict[str, str]:
    if clients is None or "group_id" not in clients:
        return {}
    held = clients.dropna(subset=["group_id"])
    return dict(zip(held["client_id"], held["group_id"]))


def _by_group(name: str, frame: pd.DataFrame, groups: dict[str, str]) -> pd.DataFrame:
    """A further table under the same client ids as the sales (METHODS 1.5); `member_id` keeps the firm of the group (NA: the
    row speaks of the whole group, or of a client without one).

    The history of managers stays by firm: the manager of a group is that of its largest member, not of the latest move.
    """
    if not groups or "client_id" not in frame or name == "client_manager_history":
        return frame
    group = frame["client_id"].map(groups)
    return frame.assign(member_id=frame["client_id"].where(group.notna()), client_id=group.fillna(frame["client_id"]))


def _clients(tables: "Tables", sales, days: pd.DataFrame, groups: dict[str, str]) -> pd.DataFrame:
    """One row per client: the card, completed by what the sales rows say; a group takes the card of its largest member."""
    cards = tables.frames.get("clients")
    cards = cards.copy() if cards is not None else pd.DataFrame({"client_id": pd.Series(dtype="str")})
    if groups:
        cards = _group_cards(cards, sales, groups)
    missing = pd.Index(days["client_id"].unique()).difference(pd.Index(cards["client_id"]))
    if len(missing):
        cards = pd.concat([cards, pd.DataFrame({"client_id": missing})], ignore_index=True)
    said = _said_in_sales(sales)
    for name in CARD:
        spoken = cards["client_id"].map(said[name]) if name in said else None
        if name not in cards:
            cards[name] = spoken if spoken is not None and name != "manager_id" else None
        elif spoken is not None and name != "manager_id":  # the manager of a sale is not the keeper of the card
            cards[name] = cards[name].where(cards[name].notna(), spoken)
    cards["client_name"] = cards["client_name"].where(cards["client_name"].notna(), cards["client_id"])
    for name in ("client_id", "client_name", "manager_id", "channel"):
        cards[name] = cards[name].astype("str").where(cards[name].notna(), None).astype("str")
    return cards.sort_values("client_id", kind="stable").reset_index(drop=True)


def _group_cards(cards: pd.DataFrame, sales, groups: dict[str, str]) -> pd.DataFrame:
    import pyarrow as pa

    amount = pa.table({"client_id": sales["client_id"], "u": engine.units(sales["amount"])}).group_by("client_id").aggregate([("u", "sum")]).to_pandas()
    size = cards["client_id"].map(amount.set_index("client_id")["u_sum"]).fillna(0)
    cards = cards.assign(_size=size, client_id=cards["client_id"].map(groups).fillna(cards["client_id"]), _member=cards["client_id"])
    cards = cards.sort_values(["client_id", "_size", "_member"], ascending=[True, False, True], kind="stable").drop_duplicates("client_id")
    return cards.drop(columns=["_size", "_member"])


def _said_in_sales(sales) -> dict[str, pd.Series]:
    """The most recent name and channel of each client in the sales rows."""
    names = [name for name in ("client_name", "channel") if name in sales.column_names]
    if not names:
        return {}
    last = sales.select(["client_id", "order_date", *names]).to_pandas().sort_values("order_date", kind="stable")
    return {name: last.dropna(subset=[name]).drop_duplicates("client_id", keep="last").set_index("client_id")[name] for name in names}
