"""What both readings of ABC migration (3.3) count on: each client's class in P-1, in P, and in P by the cuts of P-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kbreport.ch3._amounts import known_amounts
from kbreport.ch3._compare import covered
from kbreport.errors import MethodRefused
from kbreport.facts import pareto
from kbreport.facts.period import add_months
from kbreport.words import N_

if TYPE_CHECKING:
    from kbreport.facts import Period

CLASSES = ("A", "B", "C", "N")
COLUMNS = ["client_id", "amount_prev", "amount_cur", "class_prev", "class_cur", "class_cur_fixed"]


@dataclass(frozen=True)
class Borders:
    """a, b, rule are those of `abc`; price_index lifts the cuts of P-1."""

    a: float
    b: float
    rule: str
    price_index: float


def borders(base: Any) -> Borders:
    abc = base.settings("abc")
    return Borders(abc.a, abc.b, abc.rule, base.settings("abc_migration_qty").price_index)


def moves(base: Any) -> pd.DataFrame:
    """One row per client of the company with a class in P-1 or P, by client_id (columns: `COLUMNS`).

    Classes are the company's whatever the scope. No rows where nothing is known of P-1. MethodRefused for periods of
    different length.
    """
    if not covered(base):
        return pd.DataFrame({name: pd.Series(dtype="float64" if name.startswith("amount") else "str") for name in COLUMNS})
    if not same_length(base.period, base.previous):
        raise MethodRefused(N_("Миграция не посчитана: периоды разной длины, {period} и {previous}."), remedy=N_("Задайте целый месяц, квартал или год."),
                            period=str(base.period), previous=str(base.previous))
    what = base.parameters.measure
    return classified(*(known_amounts(base.company_facts, p, what) for p in (base.previous, base.period)), borders(base))


def same_length(period: "Period", previous: "Period") -> bool:
    """One period is the other moved by whole months (a day lost at the end of a short month does not matter)."""
    shift = (period.start.year - previous.start.year) * 12 + period.start.month - previous.start.month
    ends_meet = add_months(previous.end, shift) == period.end or add_months(period.end, -shift) == previous.end
    return period.months == previous.months and add_months(previous.start, shift) == period.start and ends_meet


def classified(before: pd.Series, now: pd.Series, rule: Borders) -> pd.DataFrame:
    """Amounts by client_id of two periods → `COLUMNS`; a client without rows in a period sold nothing in it."""
    clients = before.index.union(now.index)
    out = pd.DataFrame({"client_id": clients.astype("str"), "amount_prev": before.reindex(clients).fillna(0.0).to_numpy(), "amount_cur": now.reindex(clients).fillna(0.0).to_numpy()})
    for name, amounts in (("class_prev", before), ("class_cur", now)):
        letters = pareto.classes(amounts, rule.a, rule.b, rule.rule).astype(object).reindex(clients)
        out[name] = letters.where(letters.notna(), "N").astype("str").to_numpy()
    out["class_cur_fixed"] = _by_cuts(out, rule.price_index)
    return out[(out["class_prev"] != "N") | (out["class_cur"] != "N")].reset_index(drop=True)[COLUMNS]


def _by_cuts(out: pd.DataFrame, price_index: float) -> np.ndarray:
    """A and B from the smallest amount of that class in P-1 on; an empty class takes the cut of the class above."""
    smallest = out.groupby("class_prev")["amount_prev"].min() * price_index
    a = smallest.get("A", np.inf)
    b = smallest.get("B", a)
    now = out["amount_cur"]
    return np.select([now <= pareto.TOLERANCE, now >= a - pareto.TOLERANCE, now >= b - pareto.TOLERANCE], ["N", "A", "B"], "C")


def squared(rows: pd.DataFrame, to: str) -> pd.DataFrame:
    """Counts and money of every pair of classes but N → N, zeros included: from_class, to_class, n_clients, amount_prev, amount_cur."""
    at = [rows[name].map({c: i for i, c in enumerate(CLASSES)}).to_numpy(dtype="int64") for name in ("class_prev", to)]
    cell = at[0] * 4 + at[1]
    out = pd.DataFrame({"from_class": np.repeat(CLASSES, 4), "to_class": np.tile(CLASSES, 4), "n_clients": np.bincount(cell, minlength=16)})
    for column in ("amount_prev", "amount_cur"):  # whole numbers of 1/10000 stay exact in a double up to 9·10¹¹
        out[column] = np.bincount(cell, weights=(rows[column] * 10_000).round(), minlength=16) / 10_000
    return out.iloc[:-1]
