"""Plan against fact by manager, client and month: one calculation for the plan report (M5.2) and the pay (M5.1).

A month of a manager is compared only where a plan for it exists. Plan lines without a client are the manager's own plan and
govern the month; without such a line the month's plan is the sum of its client lines and only sales to those clients count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.facts.facts import exact_sum

if TYPE_CHECKING:
    from kbreport.facts import Period
    from kbreport.method import Base

KEY = ["manager_id", "month"]


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
    lines = plan_lines(base, period)
    sold = sales(base, period)
    known = set(sold["manager_id"].dropna()) | set(base.facts.order_days["manager_id"].dropna())
    unmatched = lines[~lines["manager_id"].isin(known)]
    lines = _with_facts(lines[lines["manager_id"].isin(known)], sold)
    months = _months(lines, sold)
    return Compared(months, lines, _marked(sold, lines), unmatched)


def plan_lines(base: Base, period: Period, metric: str = "amount") -> pd.DataFrame:
    """Plan lines of the months of `period`: manager_id, month, client_id, plan_amount, promise_amount, reason_code."""
    plans = base.facts.others["plans"]
    inside = plans[plans["period"].isin(months_of(period)) & plans["metric"].isin([metric, "promise_amount"])].copy()
    for name in ("client_id", "reason_code"):
        if name not in inside:
            inside[name] = None
    inside["client_id"] = inside["client_id"].astype("object").where(inside["client_id"].notna(), "")
    inside["value_of"] = np.where(inside["metric"] == metric, "plan_amount", "promise_amount")
    keys = ["manager_id", "period", "client_id"]
    wide = inside.groupby([*keys, "value_of"])["plan_value"].sum(min_count=1).unstack("value_of").reindex(columns=["plan_amount", "promise_amount"])
    wide["reason_code"] = inside[inside["metric"] == metric].groupby(keys)["reason_code"].first()
    out = wide.reset_index().rename(columns={"period": "month"})
    out["reason_code"] = out["reason_code"].astype("object").where(out["reason_code"].notna(), None)
    out["client_id"] = out["client_id"].astype("object").where(out["client_id"] != "", None)
    return out[["manager_id", "month", "client_id", "plan_amount", "promise_amount", "reason_code"]]


def sales(base: Base, period: Period) -> pd.DataFrame:
    """Net sales of the period by client, manager who sold, and month («2025-03»)."""
    days = base.facts.order_days
    inside = days[period.mask(days["date"])]
    manager = inside["manager_id"].astype("object").where(inside["manager_id"].notna(), inside["client_id"].map(base.facts.manager_at(base.facts.as_of.date)))
    inside = inside.assign(manager_id=manager.astype("object").where(manager.notna(), ""), month=inside["date"].dt.strftime("%Y-%m"))
    out = exact_sum(inside, ["client_id", "manager_id", "month"]).reset_index()
    out["manager_id"] = out["manager_id"].astype("object").where(out["manager_id"] != "", None)
    return out


def months_of(period: Period) -> list[str]:
    return pd.period_range(period.start, period.last, freq="M").astype(str).tolist()


def _with_facts(lines: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """`fact_amount` of each line: the client's, or all of the manager's for his own line. No sales in a planned month: a true zero."""
    own = lines["client_id"].isna()
    of_client = sold.groupby(["manager_id", "month", "client_id"])["amount"].sum()
    of_manager = sold.groupby(KEY)["amount"].sum()
    fact = np.where(own, of_manager.reindex(pd.MultiIndex.from_frame(lines[KEY])), of_client.reindex(pd.MultiIndex.from_frame(lines[[*KEY, "client_id"]])))
    return lines.assign(fact_amount=np.nan_to_num(fact.astype("float64"))).reset_index(drop=True)


def _months(lines: pd.DataFrame, sold: pd.DataFrame) -> pd.DataFrame:
    """One row per manager and month with a plan or with sales."""
    planned = lines[lines["plan_amount"].notna()]
    has_own = planned[planned["client_id"].isna()].groupby(KEY).size().index
    use = planned[planned["client_id"].isna() | ~pd.MultiIndex.from_frame(planned[KEY]).isin(has_own)]
    out = use.groupby(KEY).agg(plan_amount=("plan_amount", "sum"), fact_amount=("fact_amount", "sum"))
    out["by_client"] = ~out.index.isin(has_own)
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
