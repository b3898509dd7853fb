"""Open deals of a month and what they are worth: P(stage) from the company's own closed deals, timing, sure ones (METHODS M5.6, parts 2 and 3).

Deals have no past here: expected dates and amounts are those of today, so a forecast of an earlier month must do without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kbreport.facts import Facts, Period

WANTED = ("client_id", "status", "stage", "amount", "expected_close")


@dataclass(frozen=True)
class DealRules:
    """`stages`: stage → P in the order of the funnel; where it is empty, the order is not known and P is that of the deal itself."""

    stages: dict[str, float]
    sure_p: float = 0.9
    min_closed: int = 20


@dataclass(frozen=True)
class OpenDeals:
    """`month`: one row per open deal expected in it (deal_id, client_id, client_name, manager_id, stage, amount, probability, weighted_amount,
    is_sure). The rest is what could not be counted: deals with a date already past, without a date, without any P."""

    month: pd.DataFrame
    overdue: pd.DataFrame
    n_undated: int = 0
    n_without_p: int = 0


def open_deals(facts: "Facts", coming: "Period", rules: DealRules) -> OpenDeals | None:
    """None where the data hold no deals with a client, a status and a date."""
    deals = facts.others.get("deals")
    if deals is None or not set(WANTED) <= set(deals):
        return None
    as_of = pd.Timestamp(facts.as_of.date)
    known = deals[~(deals["created_at"] > as_of)] if "created_at" in deals else deals
    known = known.assign(is_closed=_closed(known, as_of))
    still = known[~known["is_closed"] & (known["amount"] > 0)].reset_index(drop=True)
    timing = _timing(known, rules)
    still["probability_told"] = pd.to_numeric(still["probability"]) if "probability" in still else np.nan
    still["is_sure"] = (still["probability_told"] >= rules.sure_p - 1e-9) | (still["stage"].map(rules.stages) >= rules.sure_p - 1e-9)
    still["probability"] = _p(still, known, facts.others.get("deal_stage_log"), as_of, rules).where(~still["is_sure"], rules.sure_p)
    inside = coming.mask(still["expected_close"])
    month = still[inside & still["probability"].notna()].copy()
    month["weighted_amount"] = (month["amount"] * month["probability"] * np.where(month["is_sure"], 1.0, timing)).round(2)
    for name in ("client_name", "manager_id"):
        if name not in month:
            month[name] = None
    overdue = still[still["expected_close"] <= as_of]
    return OpenDeals(month, overdue, int(still["expected_close"].isna().sum()), int((inside & still["probability"].isna()).sum()))


def _closed(deals: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Won or lost by then: a deal closed later was open on that day."""
    done = deals["status"].isin(["won", "lost"])
    return done & ~(deals["closed_at"] > as_of) if "closed_at" in deals else done


def _timing(deals: pd.DataFrame, rules: DealRules) -> float:
    """Share of won deals that closed in the month they were expected in; 1 under `min_closed` such deals."""
    if "closed_at" not in deals:
        return 1.0
    won = deals[deals["is_closed"] & (deals["status"] == "won") & deals["closed_at"].notna() & deals["expected_close"].notna()]
    if len(won) < rules.min_closed:
        return 1.0
    same = won["closed_at"].dt.to_period("M") == won["expected_close"].dt.to_period("M")
    return float(same.mean())


def _p(still: pd.DataFrame, known: pd.DataFrame, log: pd.DataFrame | None, as_of: pd.Timestamp, rules: DealRules) -> pd.Series:
    """P of each open deal: own history of its stage, then the table of the settings, then what the deal itself says."""
    own = own_p(known[known["is_closed"]], log, as_of, rules)
    found = still["stage"].map(own).astype("float64")
    found = found.where(found.notna(), still["stage"].map(rules.stages).astype("float64"))
    return found.where(found.notna(), still["probability_told"].astype("float64"))


def own_p(closed: pd.DataFrame, log: pd.DataFrame | None, as_of: pd.Timestamp, rules: DealRules) -> dict[str, float]:
    """won / closed among closed deals that reached the stage, by stage with at least `min_closed` of them.

    A deal reached a stage that its log names; with the order of stages known, every stage up to its furthest (won: all of them).
    Without log and order nobody knows how far a lost deal had come.
    """
    reached = closed[["deal_id", "stage", "status"]]
    if log is not None and "entered_at" in log:
        past = log[log["entered_at"] < as_of + pd.Timedelta(days=1)]
        reached = pd.concat([reached, past[["deal_id", "stage"]].merge(closed[["deal_id", "status"]], on="deal_id")])
    elif not rules.stages:
        return {}
    if rules.stages:
        reached = _up_to_furthest(reached, list(rules.stages))
    count = reached.drop_duplicates(["deal_id", "stage"]).assign(won=lambda d: d["status"] == "won").groupby("stage")["won"].agg(["mean", "size"])
    return count.loc[count["size"] >= rules.min_closed, "mean"].to_dict()


def _up_to_furthest(reached: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    place = reached["stage"].map({stage: i for i, stage in enumerate(order)}).fillna(-1)
    place = place.where(reached["status"] != "won", len(order) - 1)
    far = reached.assign(place=place).groupby("deal_id").agg(place=("place", "max"), status=("status", "first"))
    return pd.concat([far[far["place"] >= i].assign(stage=stage) for i, stage in enumerate(order)]).reset_index()
