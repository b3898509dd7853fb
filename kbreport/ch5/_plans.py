"""Plan against fact by manager, client and month: one calculation for the plan report (M5.2) and the pay (M5.1).

A month of a manager is compared only where a plan for it exists. Which lines make that plan says `facts.plans`; where they are
those of his clients, only sales to these clients count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.facts.facts import exact_sum
from kbreport.facts.plans import KEY, governing, plan_lines

if TYPE_CHECKING:
    from kbreport.facts import Period
    from kbreport.method import Base

@dataclass(frozen=True)
class Compared:
    """`months`: manager_id, month, plan_amount, fact_amount, outside_plan_amount, promise_amount, by_client.
    `lines`: manager_id, month, client_id (None: the manager's own), plan_amount, fact_amount, promise_amount, reason_code.
    `sold`: client_id, manager_id, month, amount, is_planned: every sale of the period. `unmatched`: plan lines of managers
    who stand in no sale at all: nobody can tell their zero from a gap in the export."""

    months: pd.DataFrame
    lines: pd.DataFrame
    sold: pd.DataFrame
    unmatched: pd.DataFrame


def compared(base: Base, period: Period) -> Compared:
    """Plans and sales of `period` side by side. Sales without a manager go to the keeper of the client at as_of."""
    lines = plan_lines(base.facts, period)
    sold = sales(base, period)
    known = set(sold["manager_id"].dropna()) | set(base.facts.order_days["manager_id"].dropna())
    unmatched = lines[~lines["manager_id"].isin(known)]
    lines = _with_facts(lines[lines["manager_id"].isin(known)], sold)
    months = _months(lines, sold)
    return Compared(months, lines, _marked(sold, lines), unmatched)


def sales(base: Base, period: Period) -> pd.DataFrame:
    """Net sales of the period by client, manager who sold, and month («2025-03»)."""
    days = base.facts.order_days
    inside = days[period.mask(days["date"])]
    manager = inside["manager_id"].astype("object").where(inside["manager_id"].notna(), inside["client_id"].map(base.facts.manager_at(base.facts.as_of.date)))
    inside = inside.assign(manager_id=manager.astype("object").where(manager.notna(), ""), month=inside["date"].dt.strftime("%Y-%m"))
    out = exact_sum(inside, ["client_id", "manager_id", "month"]).reset_index()
    out["manager_id"] = out["manager_id"].astype("object").where(out["manager_id"] != "", None)
    return out


def _with_facts(lines: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """`fact_amount` of each line: the client's, or all of the manager's for his own line. No sales in a planned month: a true zero."""
    own = lines["client_id"].isna()
    of_client = sold.groupby(["manager_id", "month", "client_id"])["amount"].sum()
    of_manager = sold.groupby(KEY)["amount"].sum()
    fact = np.where(own, of_manager.reindex(pd.MultiIndex.from_frame(lines[KEY])), of_client.reindex(pd.MultiIndex.from_frame(lines[[*KEY, "client_id"]])))
    return lines.assign(fact_amount=np.nan_to_num(fact.astype("float64"))).reset_index(drop=True)


def _months(lines: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """One row per manager and month with a plan or with sales."""
    out = governing(lines).assign(by_client=lambda use: use["client_id"].notna()).groupby(KEY).agg(
        plan_amount=("plan_amount", "sum"), fact_amount=("fact_amount", "sum"), by_client=("by_client", "any"))
    promised = lines[lines["promise_amount"].notna()]
    own_promise = promised[promised["client_id"].isna()].groupby(KEY)["promise_amount"].sum()
    whole = sold.groupby(KEY)["amount"].sum().rename("sold")
    out = out.join(own_promise.combine_first(promised.groupby(KEY)["promise_amount"].sum()), how="outer").join(whole, how="outer")
    out["outside_plan_amount"] = out["sold"].fillna(0.0) - out["fact_amount"].fillna(0.0)
    out["by_client"] = out["by_client"].astype("boolean").fillna(False).astype(bool)
    return out.reset_index()[[*KEY, "plan_amount", "fact_amount", "outside_plan_amount", "promise_amount", "sold", "by_client"]]


def _marked(sold: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """`is_planned`: the sale counts towards a plan of its manager and month."""
    planned = lines[lines["plan_amount"].notna()]
    own = planned[planned["client_id"].isna()]
    inside = pd.MultiIndex.from_frame(sold[KEY]).isin(pd.MultiIndex.from_frame(own[KEY]))
    inside |= pd.MultiIndex.from_frame(sold[[*KEY, "client_id"]]).isin(pd.MultiIndex.from_frame(planned.loc[planned["client_id"].notna(), [*KEY, "client_id"]]))
    return sold.assign(is_planned=inside)
