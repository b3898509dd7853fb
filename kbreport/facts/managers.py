"""Who answers for a client on a given day (METHODS section 1, point 14)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kbreport.words import day, n_

if TYPE_CHECKING:
    from kbreport.facts.facts import Facts


def manager_at(facts: "Facts", t: date) -> pd.Series:
    """manager_id by client_id at the end of day `t`; NA where nobody is known.

    First that exists: `client_manager_history` valid at t · `clients.manager_id` · manager of the last order ≤ t (same
    day: the larger amount, then the smaller id).
    """
    known = pd.Series(index=facts.clients["client_id"], dtype="object", name="manager_id")
    for source in (_by_history(facts, t), _by_card(facts), _by_last_order(facts, t)):
        known = known.where(known.notna(), source.reindex(known.index))
    return known.astype("str").where(known.notna(), None).astype("str")


def kept_by_card(facts: "Facts", t: date, clients: pd.Index) -> str:
    """The warning of METHODS 1.14: for how many of these clients the keeper of a past day is only today's card; empty for none."""
    if t >= facts.as_of.date:
        return ""
    told = _by_history(facts, t)
    card = _by_card(facts)
    n = int((card.index.isin(clients) & ~card.index.isin(told[told.notna()].index)).sum())
    if not n:
        return ""
    return n_("У {n} клиента нет истории передачи: менеджером на {day} считаем того, кто стоит в карточке сегодня.",
              "У {n} клиентов нет истории передачи: менеджером на {day} считаем того, кто стоит в карточке сегодня.", n, day=day(t))


def _by_history(facts: "Facts", t: date) -> pd.Series:
    history = facts.others.get("client_manager_history")
    if history is None or history.empty:
        return pd.Series(dtype="object")
    at = pd.Timestamp(t)
    until = history["valid_to"] if "valid_to" in history else pd.Series(pd.NaT, index=history.index)
    valid = history[(history["valid_from"] <= at) & (until.isna() | (until >= at))]
    valid = valid.sort_values(["client_id", "valid_from", "manager_id"]).drop_duplicates("client_id", keep="last").set_index("client_id")["manager_id"]
    return _of_leads(valid, facts.clients)


def _of_leads(by_firm: pd.Series, clients: pd.DataFrame) -> pd.Series:
    """The history is kept by firm: of a group that of its largest member counts (METHODS 1.5), else a row of the group itself."""
    if "member_id" not in clients:
        return by_firm
    lead = clients["member_id"].where(clients["member_id"].notna(), clients["client_id"])
    own = pd.Series(by_firm.reindex(lead).to_numpy(), index=clients["client_id"])
    return own.where(own.notna(), by_firm.reindex(own.index))


def _by_card(facts: "Facts") -> pd.Series:
    if "manager_id" not in facts.clients:
        return pd.Series(dtype="object")
    return facts.clients.dropna(subset=["manager_id"]).set_index("client_id")["manager_id"]


def _by_last_order(facts: "Facts", t: date) -> pd.Series:
    days = facts.order_days
    days = days[(days["date"] <= pd.Timestamp(t)) & days["manager_id"].notna() & (days["order_amount"] > 0)]
    last = days.sort_values(["client_id", "day", "order_amount", "manager_id"], ascending=[True, True, True, False], kind="stable")
    return last.drop_duplicates("client_id", keep="last").set_index("client_id")["manager_id"]
