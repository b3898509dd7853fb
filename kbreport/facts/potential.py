"""What clients buy in all, from every supplier: table `potential` against our sales (METHODS M3.11 a, M4.1).

Both sides cover the same months, the same goods and the same firms: of a group only the members whose volume is known count
on either side, unless a row speaks of the whole group (its client_id is the group's). An unknown volume stays unknown: it is never zero, and its free
volume is missing too. A volume below our own sales is `understated`: the ratio is shown, free volume is 0.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.facts.facts import exact_sum
from kbreport.facts.pareto import TOLERANCE
from kbreport.facts.period import Period, add_months, slug_of

if TYPE_CHECKING:
    from kbreport.facts.facts import Facts

STALE_DAYS = 365  # [OURS] M3.11; `penetration.stale_days` where that method is there
TRUST = {"asked": "high", "tender": "high", "technical": "mid", "analogue": "low", "ceiling": "low"}  # the ladder of M4.2
LADDER = {source: rank for rank, source in enumerate(reversed(TRUST))}
LEVELS = ("low", "mid", "high")
KNOWN = ("ok", "stale")  # statuses that count in group ratios
COLUMNS = ["amount", "purchases_amount", "covered_amount", "wallet", "free_amount", "confidence", "source", "age_days", "potential_status"]


def year_to(end: date, facts: "Facts") -> Period:
    """The 12 months before day `end` (exclusive); as many complete months as the history holds where it is shorter."""
    start = add_months(end, -12)
    first = facts.history_start
    if start >= first:
        return Period(start, end, 12, slug_of(start, end))
    months = max(1, (end.year - first.year) * 12 + end.month - first.month)
    return Period(first, end, months, slug_of(first, end))


def volumes(facts: "Facts", window: Period, as_of: date, stale_days: int = STALE_DAYS) -> pd.DataFrame:
    """One row per client of `facts.clients` (index client_id): the columns `COLUMNS`.

    amount           S of the window, 0 for a client without rows
    purchases_amount T of the window's months (latest rows dated ≤ as_of); NaN = unknown
    covered_amount   S of what T speaks of: all of S, or the categories and the members of a group with a known T
    wallet           max(0, covered) / T; NaN where T is unknown or zero
    free_amount      max(0, T − max(0, covered)); 0 where understated, NaN where unknown
    potential_status ok | stale (older than `stale_days`) | understated (T below covered) | missing
    """
    clients = pd.Index(facts.clients["client_id"], name="client_id")
    out = pd.DataFrame(index=clients)
    out["amount"] = facts.net_sales(window).reindex(clients).fillna(0.0)
    known = _known(facts, window, as_of).reindex(clients)
    out["purchases_amount"] = known["purchases_amount"]
    out["covered_amount"] = known["covered_amount"]
    ours, total = out["covered_amount"].clip(lower=0), out["purchases_amount"]
    out["wallet"] = (ours / total).where(total > TOLERANCE)
    out["free_amount"] = (total - ours).clip(lower=0)
    out["confidence"], out["source"], out["age_days"] = known["confidence"], known["source"], known["age_days"]
    conditions = [total.isna(), total < ours - TOLERANCE, out["age_days"] > stale_days]
    out["potential_status"] = np.select(conditions, ["missing", "understated", "stale"], "ok")
    return out[COLUMNS]


def unreadable(facts: "Facts") -> dict[str, int]:
    """Rows of `potential` that say nothing, by reason, each counted once: `volume` (none, or below zero), `period` (no months),
    `later` (dated after as_of), `client` (not in the base)."""
    rows = facts.others.get("potential")
    if rows is None:
        return dict.fromkeys(("volume", "period", "later", "client"), 0)
    tests = [~(rows["purchases_total"] >= 0), ~(rows["period_months"] > 0), ~(rows["as_of"] <= pd.Timestamp(facts.as_of.date)), ~rows["client_id"].isin(facts.clients["client_id"])]
    reason = np.select(tests, ["volume", "period", "later", "client"], "")
    return {name: int((reason == name).sum()) for name in ("volume", "period", "later", "client")}


# ------------------------------------------------------------------ the latest rows
UNIT = ["client_id", "member_id"]  # whose volume a row tells: a client, or one firm of a group


def _known(facts: "Facts", window: Period, as_of: date) -> pd.DataFrame:
    """By client: T, S of what T speaks of, source, confidence, age of the oldest part."""
    rows = _readable(facts.others.get("potential"), window, as_of)
    whole = rows[rows["category"].isna()].drop_duplicates(UNIT, keep="last")
    parts = rows[rows["category"].notna() & ~_units(rows).isin(_units(whole))].drop_duplicates([*UNIT, "category"], keep="last")
    if facts.category_months is None:  # S by category is not known, so neither is what is left of T
        parts = parts.iloc[:0]
    chosen = pd.concat([whole, parts])
    told = chosen.loc[chosen["member_id"] == "", "client_id"]  # of the whole group: its members are in it already
    chosen = chosen[(chosen["member_id"] == "") | ~chosen["client_id"].isin(told)]
    out = _gathered(chosen)
    out["covered_amount"] = _covered(chosen, facts, window).reindex(out.index)
    return out


def _units(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[UNIT].astype("object"))


def _readable(rows: pd.DataFrame | None, window: Period, as_of: date) -> pd.DataFrame:
    """Rows with a volume, dated ≤ as_of, oldest first (of one day: the less trusted first); `yearly` = T of the window's months."""
    names = ["client_id", "member_id", "category", "as_of", "yearly", "source", "confidence", "age_days"]
    if rows is None or rows.empty:
        return pd.DataFrame({n: pd.Series(dtype="float64" if n in ("yearly", "age_days") else "object") for n in names})
    rows = rows[(rows["purchases_total"] >= 0) & (rows["period_months"] > 0) & (rows["as_of"] <= pd.Timestamp(as_of))].copy()
    rows["yearly"] = rows["purchases_total"] * window.months / rows["period_months"]
    rows["member_id"] = rows["member_id"].astype("object").where(rows["member_id"].notna(), "") if "member_id" in rows else ""
    category = rows["category"] if "category" in rows else pd.Series(None, index=rows.index, dtype="object")
    category = category.astype("object").where(category.notna(), None).map(lambda c: c.strip().casefold() or None, na_action="ignore")
    rows["category"] = category.where(category.notna(), None)
    own = rows["confidence"] if "confidence" in rows else pd.Series(None, index=rows.index, dtype="object")
    rows["confidence"] = own.astype("object").where(own.notna(), rows["source"].map(TRUST))
    rows["age_days"] = (pd.Timestamp(as_of) - rows["as_of"]).dt.days.astype("float64")
    rows["rank"] = rows["source"].map(LADDER).fillna(-1)
    order = ["client_id", "member_id", "as_of", "rank", "yearly"]
    return rows.sort_values(order, ascending=[True, True, True, True, False], kind="stable")[names]


def _gathered(chosen: pd.DataFrame) -> pd.DataFrame:
    """Members of a group and categories of a client added up; source and confidence are those of the weakest part."""
    level = chosen["confidence"].map({name: i for i, name in enumerate(LEVELS)}).fillna(0)
    weakest = chosen.assign(level=level).sort_values(["client_id", "level", "source"], kind="stable").drop_duplicates("client_id").set_index("client_id")
    group = chosen.groupby("client_id", sort=True)
    out = pd.DataFrame({"purchases_amount": group["yearly"].sum(), "age_days": group["age_days"].max()})
    out["source"], out["confidence"] = weakest["source"].reindex(out.index), weakest["confidence"].reindex(out.index)
    return out


def _covered(chosen: pd.DataFrame, facts: "Facts", window: Period) -> pd.Series:
    """Our sales of the window to those whose volume is known, in the categories it is known of; nothing bought from us is 0."""
    whole, parts = chosen[chosen["category"].isna()], chosen[chosen["category"].notna()]
    sold = [whole[UNIT].merge(_sold(facts.order_days, facts.member_days, "date", window), on=UNIT)]
    if len(parts):
        ours = _sold(facts.category_months, facts.member_categories, "month", window)
        ours["category"] = ours["category"].str.strip().str.casefold()
        sold.append(parts[[*UNIT, "category"]].merge(ours, on=[*UNIT, "category"]))
    return exact_sum(pd.concat(sold), ["client_id"]).reindex(pd.Index(chosen["client_id"].unique()), fill_value=0.0)


def _sold(clients: pd.DataFrame, members: pd.DataFrame | None, dated: str, window: Period) -> pd.DataFrame:
    """Sales of the window by client (member_id "") and by firm of a group, one under the other."""
    frames = [clients.assign(member_id=""), members]
    inside = [f[window.mask(f[dated])] for f in frames if f is not None]
    return pd.concat([f[[*UNIT, *(["category"] if "category" in f else []), "amount"]] for f in inside], ignore_index=True)
