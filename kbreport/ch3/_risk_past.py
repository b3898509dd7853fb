"""The score of M3.9 at past quarter ends and what became of it: loss rates by band, and how well it sorts beside naive rivals.

METHODS 1.21: states, rhythms, classes and signals are those of the day asked about; no seasonal index is used there (one
computed later would know too much). METHODS 1.20: a client whose window is not over is counted and stands in no rate.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
import pandas as pd

from kbreport.facts.intervals import wilson
from kbreport.facts.rhythm import Orders, day_number
from kbreport.facts.states import Silence

BANDS = ("low", "medium", "high")
POPULATION = ("active", "falling_asleep")  # who is lost already would flatter any score
QUARTERS = 12  # three years: older behaviour is another company
MONTHS_NEEDED = 24
RHYTHMS = 3
RIVALS = ("lateness", "days_since")


def quarter_ends(history_start, as_of, lookback: int) -> list[int]:
    """Quarter ends a score may be tried at, oldest first: after the first `lookback` months, before as_of, the last three years."""
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    start = pd.Timestamp(history_start)
    if start + pd.DateOffset(months=MONTHS_NEEDED) > end:
        return []
    days = pd.date_range(start + pd.DateOffset(months=lookback), pd.Timestamp(as_of) - pd.Timedelta(days=1), freq="QE")
    return [day_number(d) for d in days[-QUARTERS:]]


def outcomes(orders: Orders, seen: Silence, end: int, today: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """(window still open, no order in it) by client: the window is (end, end + max(days, 3 rhythms of that day)]."""
    window = np.fmax(float(days), RHYTHMS * seen.rhythm)
    after = orders.day > end
    following = np.full(len(orders.clients), np.inf)
    np.minimum.at(following, orders.code[after], orders.day[after])
    return end + window > today + 1e-9, following > end + window + 1e-9


def judged(orders: Orders, seen: Silence, end: int, today: int, days: int, score: np.ndarray, band: np.ndarray) -> pd.DataFrame:
    """One row per client of the population at `end` who has a score."""
    is_open, is_lost = outcomes(orders, seen, end, today, days)
    cases = pd.DataFrame({"origin_date": pd.Timestamp(end, unit="D").as_unit("s"), "band": band, "score": score, "lateness": seen.lateness, "days_since": seen.days.astype("float64"),
                          "is_open": is_open, "is_lost": is_lost & ~is_open})
    return cases[np.isin(seen.state.astype(str), POPULATION) & ~np.isnan(score)]


def by_band(cases: pd.DataFrame) -> pd.DataFrame:
    """Loss rate of each band at each quarter end, with its interval and lift."""
    closed = cases.assign(n_cases=~cases["is_open"], n_lost=cases["is_lost"], n_open=cases["is_open"], place=cases["band"].map({b: i for i, b in enumerate(BANDS)}))
    out = closed.groupby(["origin_date", "place"])[["n_cases", "n_lost", "n_open"]].sum().astype("int64").reset_index()
    out["band"] = out["place"].map(dict(enumerate(BANDS)))
    out["loss_rate"] = out["n_lost"] / out["n_cases"].where(out["n_cases"] > 0)
    out[["ci_low", "ci_high"]] = [wilson(k, n) for k, n in zip(out["n_lost"], out["n_cases"])]
    whole = out.groupby("origin_date")[["n_lost", "n_cases"]].transform("sum")
    overall = whole["n_lost"] / whole["n_cases"].where(whole["n_cases"] > 0)
    out["lift"] = out["loss_rate"] / overall.where(overall > 0)
    return out[["origin_date", "band", "n_cases", "n_lost", "n_open", "loss_rate", "ci_low", "ci_high", "lift"]]


def rates(backtest: pd.DataFrame, least: int) -> dict[str, float]:
    """Loss rate by band over all quarter ends together, where it stands on enough cases."""
    sums = backtest.groupby("band")[["n_cases", "n_lost"]].sum()
    return {str(b): float(r.n_lost / r.n_cases) for b, r in sums.iterrows() if r.n_cases >= least}


def sorting(cases: pd.DataFrame) -> pd.DataFrame:
    """AUC of the score and of its rivals on the same cases."""
    closed = cases[~cases["is_open"] & cases["lateness"].notna()]
    lost = closed["is_lost"].to_numpy(bool)
    return pd.DataFrame([(name, len(closed), auc(closed[name].to_numpy("float64"), lost)) for name in ("score", *RIVALS)], columns=["predictor", "n_cases", "auc"])


def auc(values: np.ndarray, lost: np.ndarray) -> float:
    """How often a lost client stands above a kept one (ties count half); NaN without both kinds."""
    n1, n0 = int(lost.sum()), int((~lost).sum())
    if not n1 or not n0:
        return np.nan
    ranks = pd.Series(np.round(values, 9)).rank().to_numpy()
    return float((ranks[lost].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def better_rival(table: pd.DataFrame, gain: float, least: int) -> str | None:
    """The naive rule that the score does not beat by more than `gain`; None where it does, or where too few cases can tell."""
    known = table.set_index("predictor")
    if known.empty or known["auc"].isna().any() or known.at["score", "n_cases"] < least:
        return None
    rival = max(RIVALS, key=lambda name: known.at[name, "auc"])
    return rival if known.at["score", "auc"] <= known.at[rival, "auc"] + gain + 1e-9 else None


def empty(columns) -> pd.DataFrame:
    return pd.DataFrame({c.name: pd.Series(dtype={"date": "datetime64[s]", "text": "object", "count": "int64"}.get(c.kind, "float64")) for c in columns})


def tried(ends: list[int], one: Callable[[int], pd.DataFrame]) -> pd.DataFrame | None:
    """The cases of all quarter ends; None where there is none."""
    parts = [cases for end in ends if len(cases := one(end))]
    return pd.concat(parts, ignore_index=True) if parts else None
