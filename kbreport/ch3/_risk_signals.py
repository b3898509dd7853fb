"""The eight signals of M3.9 as they were known at the end of a day, 0 (quiet) … 1 (alarm), NaN = not available.

One code for today and for the dates of a back-test (METHODS 1.21): nothing dated after `end` is looked at, and a table that
has no row by then switches its signal off. Contact persons bear no dates, so they speak today only. All arrays are by
client code, in the order of `facts.clients`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kbreport.facts import Facts
    from kbreport.facts.rhythm import Orders

SIGNALS = ("r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8")
MIN_ORDERS = 3  # before the third order neither a rhythm nor a course of sales is his own
QUARTER, HALF, YEAR = 3, 6, 12  # months
CLAIM_DAYS = 183


@dataclass(frozen=True)
class Months:
    """Sums by client and month, and by client, category and month, prepared once for all dates: exact units of 1/10000."""

    n: int
    first: int
    code: np.ndarray
    month: np.ndarray
    units: np.ndarray
    orders: np.ndarray
    owner: np.ndarray | None = None  # client of each (client, category)
    pair: np.ndarray | None = None
    pair_month: np.ndarray | None = None
    pair_units: np.ndarray | None = None

    @classmethod
    def of(cls, facts: "Facts", clients: pd.Index) -> "Months":
        cm = facts.client_months
        sums = clients.get_indexer(cm["client_id"]), month_no(cm["month"]), _units(cm["amount"]), cm["n_orders"].to_numpy()
        first = int(month_no(pd.Series([pd.Timestamp(facts.history_start)]))[0])
        by = facts.category_months
        if by is None or by["category"].isna().all():
            return cls(len(clients), first, *sums)
        by = by[by["category"].notna()]
        category, names = pd.factorize(by["category"])
        pairs, owner = pd.factorize(clients.get_indexer(by["client_id"]) * len(names) + category)
        return cls(len(clients), first, *sums, np.asarray(owner) // len(names), pairs, month_no(by["month"]), _units(by["amount"]))

    def sales(self, start: int, months: int, index: np.ndarray | None = None) -> np.ndarray:
        """Net sales of the months [start, start + months) by client; each month over its seasonal `index` where one is given."""
        inside = (self.month >= start) & (self.month < start + months)
        units = self.units[inside] if index is None else self.units[inside] / index[self.month[inside] % 12]
        return np.bincount(self.code[inside], weights=units, minlength=self.n) / 10_000

    def active(self, start: int, months: int) -> np.ndarray:
        """Net sales > 0 and an order in these months (METHODS 1.6)."""
        inside = (self.month >= start) & (self.month < start + months)
        return (self.sales(start, months) > 1e-9) & (np.bincount(self.code[inside], weights=self.orders[inside], minlength=self.n) > 0)

    def categories(self, start: int, months: int) -> np.ndarray:
        """How many categories each client bought (net amount > 0) in these months."""
        inside = (self.pair_month >= start) & (self.pair_month < start + months)
        total = np.bincount(self.pair[inside], weights=self.pair_units[inside], minlength=len(self.owner))
        return np.bincount(self.owner[total > 0.5], minlength=self.n)


@dataclass(frozen=True)
class Moment:
    """What is known at the end of the day `end`: who is how late (in rhythms), who buys in a season of his own, how silent we are."""

    facts: "Facts"
    months: Months
    orders: "Orders"
    end: int
    lateness: np.ndarray
    seasonal: np.ndarray
    season: np.ndarray | None = None  # index by month − 1; None: no correction
    own_season: np.ndarray | None = None  # clients whom the company's index does not fit
    touched: pd.DataFrame | None = None  # client_id → silence_days, max_silence_days
    is_today: bool = True

    @property
    def clients(self) -> pd.Index:
        return self.orders.clients

    @property
    def t(self) -> pd.Timestamp:
        return pd.Timestamp(self.end, unit="D")

    def table(self, name: str, date: str) -> pd.DataFrame | None:
        """The rows of another table dated by then; None where there is none."""
        frame = self.facts.others.get(name)
        if frame is None or date not in frame:
            return None
        known = frame[frame[date] < self.t + pd.Timedelta(days=1)]
        return known if len(known) else None


def signals(m: Moment) -> pd.DataFrame:
    """r1 … r8 by client_id."""
    few = np.bincount(m.orders.until(m.end).code, minlength=len(m.clients)) < MIN_ORDERS
    late, less = linear(m.lateness, 1.0, 3.0), linear(change_of_sales(m), 0.0, -0.5)
    values = (np.where(few, np.nan, late), np.where(few, np.nan, less), linear(narrowing(m), 1.0, 0.5), linear(overdue(m), 0.0, 0.5), claims(m), contacts(m), silence(m), nps(m))
    return pd.DataFrame(dict(zip(SIGNALS, values)), index=m.clients)


def linear(x: np.ndarray, zero: float, one: float) -> np.ndarray:
    """0 at `zero` and before it, 1 at `one` and beyond, straight between; a missing value stays missing."""
    return np.clip((np.asarray(x, "float64") - zero) / (one - zero), 0.0, 1.0) + 0.0  # no −0


# ------------------------------------------------------------------ what he buys
def change_of_sales(m: Moment) -> np.ndarray:
    """S of the last three complete months against the same months a year ago, else against the three before (season taken out).

    Who buys in his own months only (M3.18) is compared with his own year alone: between seasons he has not bought less.
    """
    last = months_until(m.end) - QUARTER
    out = np.full(len(m.clients), np.nan)
    if last < m.months.first:
        return out
    if last - QUARTER >= m.months.first:
        plain, smooth = ((m.months.sales(last, QUARTER, index), m.months.sales(last - QUARTER, QUARTER, index)) for index in (None, m.season))
        own = np.zeros(len(out), bool) if m.own_season is None else m.own_season
        now, before = np.where(own, plain, smooth)
        out = np.where(m.seasonal, np.nan, _change(now, before))
    if last - YEAR >= m.months.first:
        year = _change(m.months.sales(last, QUARTER), m.months.sales(last - YEAR, QUARTER))
        out = np.where(np.isnan(year), out, year)
    return out


def _change(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """now / before − 1; missing where nothing was sold before (or more came back)."""
    return now / np.where(before > 1e-9, before, np.nan) - 1


def narrowing(m: Moment) -> np.ndarray:
    """Categories of the last six complete months / of the same months a year ago (who was not active then: of the six before)."""
    last = months_until(m.end) - HALF
    out = np.full(len(m.clients), np.nan)
    if m.months.pair is None or last < m.months.first:
        return out
    now = m.months.categories(last, HALF)
    before = m.months.categories(last - HALF, HALF) if last - HALF >= m.months.first else np.zeros(len(out))
    before = np.where(m.seasonal, 0, before)
    if last - YEAR >= m.months.first:
        year = m.months.categories(last - YEAR, HALF)
        before = np.where(m.months.active(last - YEAR, HALF) & (year > 0), year, before)
    return now / np.where(before > 0, before, np.nan)


# ------------------------------------------------------------------ what he owes and complains of
def overdue(m: Moment) -> np.ndarray:
    """Overdue share of the credit debt in the last snapshot; who owes nothing has 0."""
    debts = m.table("receivables", "snapshot_date")
    if debts is None or "due_date" not in debts:
        return np.full(len(m.clients), np.nan)
    taken = debts["snapshot_date"].max()
    last = debts[debts["snapshot_date"] == taken]
    last = last[last["terms"].fillna("credit") != "cash"] if "terms" in last else last
    late = last["open_amount"].where(last["due_date"] < taken, 0.0)
    debt, due = (_by_client(m, last["client_id"], values) for values in (last["open_amount"], late))
    return np.where(debt > 1e-9, due / np.where(debt > 1e-9, debt, 1.0), 0.0)


def claims(m: Moment) -> np.ndarray:
    """0 no claim, 0.5 one, 1 two or more or a severe one: of those open on the day or opened in the 183 days before."""
    known = m.table("claims", "opened_at")
    if known is None:
        return np.full(len(m.clients), np.nan)
    closed = known["closed_at"] if "closed_at" in known else pd.Series(pd.NaT, index=known.index)
    fresh = known[closed.isna() | (closed > m.t) | (known["opened_at"] > m.t - pd.Timedelta(days=CLAIM_DAYS))]
    count = _by_client(m, fresh["client_id"])
    severe = _by_client(m, fresh.loc[fresh["severity"] == 3, "client_id"]) if "severity" in fresh else np.zeros(len(count))
    return np.where((count >= 2) | (severe > 0), 1.0, np.where(count == 1, 0.5, 0.0))


# ------------------------------------------------------------------ who knows whom
def contacts(m: Moment) -> np.ndarray:
    """1 where we know at most one person or no decider, 0.5 two persons, 0 three; where nobody's role is written, persons alone count."""
    people = m.facts.others.get("people")
    if people is None or people.empty or not m.is_today:
        return np.full(len(m.clients), np.nan)
    here = people[people["is_active"].fillna(True).astype(bool)] if "is_active" in people else people
    if "person_id" in here:
        here = here.drop_duplicates(["client_id", "person_id"])
    count = _by_client(m, here["client_id"])
    decided = np.ones(len(count), bool)
    if "dmu_role" in people and people["dmu_role"].notna().any():
        decides = here["dmu_role"].fillna("").str.split("|").map(lambda roles: "decider" in [r.strip() for r in roles])
        decided = _by_client(m, here.loc[decides, "client_id"]) > 0
    return np.where((count <= 1) | ~decided, 1.0, np.where(count == 2, 0.5, 0.0))


def silence(m: Moment) -> np.ndarray:
    """Days since the last reached touch against the limit of his class (M6.1); 1 where he was never reached."""
    if m.touched is None:
        return np.full(len(m.clients), np.nan)
    own = m.touched.reindex(m.clients)
    days, limit = own["silence_days"].to_numpy("float64", na_value=np.nan), own["max_silence_days"].to_numpy("float64", na_value=np.nan)
    return np.where(np.isnan(limit), np.nan, np.where(np.isnan(days), 1.0, linear(days / limit, 1.0, 2.0)))


def nps(m: Moment) -> np.ndarray:
    """The lowest answer of the client in his last wave of the last 12 months: 1 up to 6, 0.5 for 7 and 8, 0 from 9."""
    known = m.table("survey_answers", "survey_date")
    if known is None:
        return np.full(len(m.clients), np.nan)
    asked = known[(known["question_code"] == "NPS") & known["answer_num"].notna() & (known["survey_date"] >= m.t - pd.DateOffset(months=YEAR))]
    last = asked.sort_values(["survey_date", "survey_id"], kind="stable").drop_duplicates("client_id", keep="last").set_index("client_id")["survey_id"]
    wave = asked[asked["survey_id"] == asked["client_id"].map(last)]
    low = wave.groupby("client_id")["answer_num"].min().reindex(m.clients).to_numpy("float64", na_value=np.nan)
    return np.select([np.isnan(low), low < 7 - 1e-9, low < 9 - 1e-9], [np.nan, 1.0, 0.5], 0.0)


# ------------------------------------------------------------------ small parts
def month_no(days: pd.Series) -> np.ndarray:
    """Months since January 1970."""
    return days.to_numpy().astype("datetime64[M]").astype("int64")


def months_until(end: int) -> int:
    """The month after the last one that is complete at the end of this day."""
    return int(np.datetime64(end + 1, "D").astype("datetime64[M]").astype("int64"))


def _units(amounts: pd.Series) -> np.ndarray:
    return (amounts * 10_000).round().to_numpy("float64")


def _by_client(m: Moment, ids: pd.Series, values: pd.Series | None = None) -> np.ndarray:
    """Rows, or sums of `values` (exact to 1/10000), by client code; rows of unknown clients are left out."""
    code = m.clients.get_indexer(ids)
    known = code >= 0
    if values is None:
        return np.bincount(code[known], minlength=len(m.clients))
    return np.bincount(code[known], weights=_units(values.fillna(0.0))[known], minlength=len(m.clients)) / 10_000
