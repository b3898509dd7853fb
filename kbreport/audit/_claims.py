"""Claims of the period with their days, repeats and what became of the client; the Kaplan–Meier median."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kbreport.facts.rhythm import day_number
from kbreport.facts.states import states_at

SEVERITY = 2  # of a claim that has none (METHODS M7.20)
LEFT = ("sleeping", "lost")
EXACT_DAYS = 31  # more days than this are judged at the end of their week: each day costs a run over the whole base


def known(base: Any, repeat_days: int) -> pd.DataFrame:
    """Claims known at as_of: client_id · claim_id · opened · closed · type · severity · amount · days (to close, or open until as_of) ·
    is_open · is_repeat (the same client and type within `repeat_days` before; a type not given is a type of its own) · inside (opened in P)."""
    found, at = base.facts.others["claims"], pd.Timestamp(base.facts.as_of.date)
    take = lambda name, kind: found[name].astype(kind) if name in found else pd.Series(None, index=found.index, dtype=kind)
    out = pd.DataFrame({"client_id": found["client_id"], "claim_id": found["claim_id"], "opened": found["opened_at"].dt.normalize(), "closed": take("closed_at", "datetime64[s]").dt.normalize(),
                        "type": take("type", "object"), "severity": take("severity", "float64").fillna(SEVERITY), "amount": take("amount", "float64")})
    cards = base.facts.clients
    ours = set(cards.loc[cards["is_internal"].fillna(False).astype("bool"), "client_id"]) if "is_internal" in cards else set()
    out = out[(out["opened"] <= at) & ~out["client_id"].isin(ours | set(base.parameters.internal_clients))]
    out = out.drop_duplicates("claim_id").sort_values(["opened", "claim_id"], kind="stable").reset_index(drop=True)
    out["closed"] = out["closed"].where(out["closed"] <= at)
    out["is_open"] = out["closed"].isna()
    days = (out["closed"].fillna(at) - out["opened"]).dt.days
    out["days"] = days.where(days >= 0).astype("float64")  # closed before it was opened: nobody knows how long it took
    out["is_repeat"] = _repeats(out, repeat_days)
    return out.assign(inside=base.period.mask(out["opened"]))


def _repeats(claims: pd.DataFrame, limit: int) -> pd.Series:
    """True where the client had a claim of this type on an earlier day, at most `limit` days before."""
    days = claims.assign(type=claims["type"].fillna("")).drop_duplicates(["client_id", "type", "opened"])
    gap = days["opened"].groupby([days["client_id"], days["type"]]).diff().dt.days
    again = days[gap <= limit][["client_id", "type", "opened"]].assign(again=True)
    return claims.assign(type=claims["type"].fillna("")).merge(again, on=["client_id", "type", "opened"], how="left")["again"].fillna(False).astype("bool").to_numpy()


def median_days(days: np.ndarray, is_open: np.ndarray) -> float:
    """Kaplan–Meier: the day by which half are closed, open ones counted as long as they were seen; NaN where half never closed."""
    known = ~np.isnan(days)
    days, is_open = days[known], is_open[known]
    times = np.unique(days[~is_open])
    at_risk = (days[None, :] >= times[:, None]).sum(axis=1)
    closed = ((days[None, :] == times[:, None]) & ~is_open[None, :]).sum(axis=1)
    half = times[np.cumprod(1 - closed / at_risk) <= 0.5 + 1e-9] if len(times) else times
    return float(half[0]) if len(half) else np.nan


# ------------------------------------------------------------------ what became of the clients
def after(claims: pd.DataFrame, base: Any, after_days: int) -> tuple[pd.Series, pd.DataFrame]:
    """(state by client `after_days` after his last closing whose window is over, the two groups compared).

    The other group are clients without any claim who had ordered in the year before the same windows began, judged on the same days.
    """
    facts = base.company_facts
    today = day_number(facts.as_of.date)
    done = claims[claims["closed"].notna()]
    ends = pd.Series(_days(done["closed"]) + after_days, index=done["client_id"].to_numpy(), dtype="int64")
    ends = ends[ends <= today].groupby(level=0).max()
    if ends.nunique() > EXACT_DAYS:
        ends = np.minimum(-(-ends // 7) * 7, today)
    states, others = {}, []
    never = ~pd.Index(facts.clients["client_id"]).isin(facts.others["claims"]["client_id"].unique())
    never = set(facts.clients["client_id"][never])
    for end, who in ends.groupby(ends):
        orders, seen = states_at(facts, int(end), base.settings("lifecycle").rules(base), base.settings("abc"))
        state = pd.Series(seen.state.astype(str), index=orders.clients)
        states |= state.reindex(who.index).dropna().to_dict()
        start = int(end) - after_days
        buying = np.bincount(orders.code[(orders.day > start - 365) & (orders.day <= start)], minlength=len(orders.clients)) > 0
        mine = state[buying & orders.clients.isin(never)]
        others.append((len(who), len(mine), float(mine.isin(LEFT).mean()) if len(mine) else np.nan))
    found = pd.Series(states, dtype="object")
    return found, _compared(found, others)


def _days(dates: pd.Series) -> np.ndarray:
    return (dates - pd.Timestamp(0)).dt.days.to_numpy()


def _compared(states: pd.Series, others: list[tuple[int, int, float]]) -> pd.DataFrame:
    """One row per group; the share of those without claims is that of the same days, each weighted by its clients with claims."""
    rows = [("claims", len(states), int(states.isin(LEFT).sum()))]
    known = [(w, n, share) for w, n, share in others if n]
    if known:
        share = sum(w * s for w, _n, s in known) / sum(w for w, _n, _s in known)
        n = round(sum(n for _w, n, _s in known) / len(known))
        rows.append(("no_claims", n, round(share * n)))
    return pd.DataFrame(rows, columns=["group", "n_clients", "n_left"])
