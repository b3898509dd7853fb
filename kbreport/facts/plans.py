"""Plans as every chapter reads them: lines of a period, and which of them is the plan of a manager's month.

A line without a client is the manager's own plan and governs his month: it already holds his clients. Without such a line the
month's plan is the sum of its client lines. This is decided for each manager and month apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kbreport.facts.facts import Facts
    from kbreport.facts.period import Period

KEY = ["manager_id", "month"]


def plan_lines(facts: "Facts", period: "Period", metric: str = "amount") -> pd.DataFrame:
    """Plan lines of the months of `period`: manager_id, month, client_id, plan_amount, promise_amount, reason_code."""
    plans = facts.others["plans"]
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


def governing(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines that make the plan of each manager's month: his own where he has one, else those of his clients."""
    planned = lines[lines["plan_amount"].notna()]
    own = planned["client_id"].isna()
    has_own = pd.MultiIndex.from_frame(planned.loc[own, KEY])
    return planned[own | ~pd.MultiIndex.from_frame(planned[KEY]).isin(has_own)]


def months_of(period: "Period") -> list[str]:
    return pd.period_range(period.start, period.last, freq="M").astype(str).tolist()
