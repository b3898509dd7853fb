"""A group of companies as one client (METHODS 1.5): which firms make it up, and whose card it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kbreport.facts.facts import exact_sum

if TYPE_CHECKING:
    import pyarrow as pa

    from kbreport.facts.period import Period


def groups_of(cards: pd.DataFrame | None, sales: "pa.Table") -> dict[str, str]:
    """group_id by client_id. A firm that gives the group its id is a member, though its own group_id may be blank."""
    if cards is None or "group_id" not in cards:
        return {}
    import pyarrow.compute as pc

    held = cards.dropna(subset=["group_id"])
    groups = dict(zip(held["client_id"], held["group_id"]))
    firms = set(cards["client_id"]) | set(pc.unique(sales["client_id"]).to_pylist())
    return {head: head for head in set(groups.values()) & firms} | groups


def led(firms: pd.DataFrame, days: pd.DataFrame, period: "Period | None" = None) -> pd.DataFrame:
    """One row per group: the card of the member with the largest S in P, then in the whole history, then by id.

    `firms`: cards by member (client_id = the group); `days`: `Facts.member_days`; `period` None: the whole history.
    """
    whole = exact_sum(days, ["member_id"])
    recent = exact_sum(days[period.mask(days["date"])], ["member_id"]) if period else whole
    ranked = firms.assign(_recent=firms["member_id"].map(recent).fillna(0.0), _whole=firms["member_id"].map(whole).fillna(0.0))
    order = {"client_id": True, "_recent": False, "_whole": False, "member_id": True}
    ranked = ranked.sort_values(list(order), ascending=list(order.values()), kind="stable")
    return ranked.drop_duplicates("client_id").drop(columns=["_recent", "_whole"])
