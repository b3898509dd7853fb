"""ABC classes of a set of amounts: the rule of M3.2, used wherever a class is needed at another date (back-tests)."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOLERANCE = 1e-9  # METHODS section 1, point 9


def ranked(amounts: pd.Series) -> pd.Series:
    """Positive amounts, largest first; equal ones by client_id as text (METHODS 1.8)."""
    frame = amounts[amounts > TOLERANCE].rename("amount").rename_axis("client_id").reset_index()
    frame = frame.sort_values(["amount", "client_id"], ascending=[False, True], kind="stable")
    return frame.set_index("client_id")["amount"]


def cumulative(amounts: pd.Series) -> pd.Series:
    """Accumulated share of ranked amounts, each client included; the sums are exact (integers of 1/10000)."""
    exact = (amounts * 10_000).round().astype("int64")
    total = int(exact.sum())
    return exact.cumsum() / total if total else exact.astype("float64")


def classes(amounts: pd.Series, a: float, b: float, rule: str = "crossing") -> pd.Series:
    """A, B, C by client_id of `ranked(amounts)`.

    `crossing`: by the share accumulated *before* the client, so A is never empty; `strict`: including him.
    """
    top = ranked(amounts)
    if top.empty:
        return pd.Series(dtype="str", index=top.index)
    cum = cumulative(top)
    if rule == "strict":
        letters = np.select([cum <= a + TOLERANCE, cum <= b + TOLERANCE], ["A", "B"], "C")
    else:
        before = cum.shift(fill_value=0.0)
        letters = np.select([before < a - TOLERANCE, before < b - TOLERANCE], ["A", "B"], "C")
    return pd.Series(letters, index=top.index, dtype="str")


def letters(total: np.ndarray, tie: np.ndarray, a: float, b: float, rule: str = "crossing") -> np.ndarray:
    """The same classes on arrays of whole units by client code ("" = nothing positive); `tie` ranks equal amounts."""
    out = np.full(len(total), "", dtype=object)
    bought = np.flatnonzero(total > 0)
    order = bought[np.lexsort((tie[bought], -total[bought]))]
    cum = np.cumsum(total[order])
    whole = cum[-1] if len(cum) else 1.0
    share = cum / whole
    if rule == "strict":
        out[order] = np.select([share <= a + TOLERANCE, share <= b + TOLERANCE], ["A", "B"], "C")
    else:
        before = np.concatenate(([0.0], share[:-1])) if len(share) else share
        out[order] = np.select([before < a - TOLERANCE, before < b - TOLERANCE], ["A", "B"], "C")
    return out
