"""Validated tables → `Facts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kbreport.facts import build, engine
from kbreport.facts import groups as holdings
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
    groups = holdings.groups_of(tables.frames.get("clients"), sales) if parameters.client_grain == "group" else {}
    days = build.file_days(sales)
    stated_end = tables.stated_period[1] if tables.stated_period else None
    as_of = find_as_of(days, given=parameters.as_of, stated_end=stated_end, whole=parameters.period == "all")
    rows = build.sales_rows(orders, lines, groups)
    last_day = (pd.Timestamp(as_of.date) - pd.Timestamp(0)).days
    kept = build.order_days(build.until(rows, last_day), parameters, which)
    units = build.category_units(lines, orders, last_day, which)
    others = {name: _by_group(name, frame, groups) for name, frame in tables.frames.items() if name not in ("orders", "order_lines", "clients")}
    others = _dated_debts(others)
    meta = {"currency": parameters.currency if parameters.currency != "unknown" else tables.currency,
            "vat": parameters.vat if parameters.vat != "unknown" else tables.vat, "engine": which}
    members = build.member_days(sales, groups, last_day)
    clients, firms = _clients(_firms(tables, sales, kept, groups), members, groups)
    return Facts(kept, days, clients, as_of, parameters, build.category_months(units, groups), members, build.member_categories(units, groups), firms, others, meta)


def _dated_debts(others: dict) -> dict:
    """Debts whose due day the source does not say (an account sheet of 1С) are neither overdue nor not: shares of overdue debt are
    computed without them."""
    debts = others.get("receivables")
    if debts is None or "due_date" not in debts:
        return {name: frame for name, frame in others.items() if name != "receivables"}
    return others | {"receivables": debts[debts["due_date"].notna()]} if debts["due_date"].notna().any() else {name: frame for name, frame in others.items() if name != "receivables"}


def _by_group(name: str, frame: pd.DataFrame, groups: dict[str, str]) -> pd.DataFrame:
    """A further table under the same client ids as the sales (METHODS 1.5); `member_id` keeps the firm of the group (NA: the
    row speaks of the whole group, or of a client without one).

    The history of managers stays by firm: the manager of a group is that of its largest member, not of the latest move.
    """
    if not groups or "client_id" not in frame or name == "client_manager_history":
        return frame
    group = frame["client_id"].map(groups)
    return frame.assign(member_id=frame["client_id"].where(group.notna()), client_id=group.fillna(frame["client_id"]))


def _clients(firms: pd.DataFrame, days: pd.DataFrame | None, groups: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """(one row per client, the cards of the firms of groups); a group has the card of its largest member (`Facts.led`)."""
    if not groups:
        return firms, None
    inside = firms["client_id"].isin(groups)
    members = firms[inside].assign(member_id=firms["client_id"], client_id=firms["client_id"].map(groups)).reset_index(drop=True)
    whole = pd.concat([firms[~inside], holdings.led(members, days)], ignore_index=True)
    return whole.sort_values("client_id", kind="stable").reset_index(drop=True), members


def _firms(tables: "Tables", sales, days: pd.DataFrame, groups: dict[str, str]) -> pd.DataFrame:
    """One row per firm: the card, completed by what the sales rows say."""
    cards = tables.frames.get("clients")
    cards = cards.copy() if cards is not None else pd.DataFrame({"client_id": pd.Series(dtype="str")})
    known = pd.Index(days["client_id"].unique()).difference(pd.Index(groups.values())).union(pd.Index(groups))
    missing = known.difference(pd.Index(cards["client_id"]))
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


def _said_in_sales(sales) -> dict[str, pd.Series]:
    """The most recent name and channel of each client in the sales rows."""
    names = [name for name in ("client_name", "channel") if name in sales.column_names]
    if not names:
        return {}
    last = sales.select(["client_id", "order_date", *names]).to_pandas().sort_values("order_date", kind="stable")
    return {name: last.dropna(subset=[name]).drop_duplicates("client_id", keep="last").set_index("client_id")[name] for name in names}
