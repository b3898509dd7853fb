"""The company's month: everything a manager's report needs, computed once for all managers.

`department(run)` takes a run whose period is the reporting month or quarter P. Classes, rhythm, states and norms come from the
12 months ending with P (METHODS 1.2). Sales belong to the manager who made them (METHODS 1.14; without one, to the keeper of the
client at as_of), clients to their keeper at as_of. The sum over managers and «nobody» is the company's net sales, to the kopeck.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport import cache, words
from kbreport.ch3._activity import activity_of, totals
from kbreport.facts.facts import exact_sum
from kbreport.facts.period import Period, add_months, find_period, slug_of
from kbreport.facts.plans import governing, plan_lines
from kbreport.method import MethodStatus
from kbreport.month import clients as portfolio

if TYPE_CHECKING:
    from kbreport.run import Run

OF_YEAR = ("abc", "frequency", "lifecycle", "sales_potential", "abcd", "retention", "client_risk", "late_payers", "seasonality", "forecast", "sale_type", "zhir")
FEW = 5  # an aggregate over fewer other clients could be read back
MONTHS = 25  # of the course of the year, with the year before
NOBODY = ""


@dataclass
class Department:
    """`month`, `year`: the runs of P and of the 12 months ending with it. Frames are keyed by manager_id ("" = nobody)."""

    month: "Run"
    year: "Run"

    @property
    def facts(self):
        return self.month.facts

    @cached_property
    def whole(self) -> Period:
        """P to its calendar end; `month.period` is cut at as_of."""
        p = self.month.period
        end = add_months(p.start, p.months)
        return Period(p.start, end, p.months, p.slug)

    @cached_property
    def norms(self):
        """The settings of the report, as the company has them."""
        return self.month.settings("manager_month")

    @cached_property
    def keeper(self) -> pd.Series:
        card = self.month.card()
        return card.set_index("client_id")["manager_id"].astype("object")

    @cached_property
    def clients(self) -> pd.DataFrame:
        """One row per client of the company with all that a call list says of him (see `clients`)."""
        return portfolio.table(self)

    @cached_property
    def sold(self) -> pd.DataFrame:
        """Order days with the manager who made the sale."""
        days = self.facts.order_days
        seller = days["manager_id"].astype("object")
        seller = seller.where(seller.notna(), days["client_id"].map(self.keeper))
        return days.assign(manager_id=seller.where(seller.notna(), NOBODY).astype("str"))

    def sold_in(self, period: Period):
        """Activity by manager of the sale (see ch3._activity)."""
        inside = self.sold[period.mask(self.sold["date"])]
        return activity_of(inside, *pd.factorize(inside["manager_id"], sort=True))

    @cached_property
    def now(self):
        return self.sold_in(self.month.period)

    @cached_property
    def before(self):
        return self.sold_in(self.month.previous)

    # -------------------------------------------------------------- figures
    @cached_property
    def figures(self) -> pd.DataFrame:
        """One row per manager who sold or keeps clients: sales, plan, margin, orders, check and who bought."""
        a, b, c = (totals(x) for x in (self.before, self.now, self.sold_in(self.month.period.year_before())))
        kept = self.clients[~self.clients["is_closed"]]
        ids = sorted({*a.index, *b.index, *kept["manager_id"].dropna()} - {NOBODY}) + ([NOBODY] if NOBODY in {*a.index, *b.index} or kept["manager_id"].isna().any() else [])
        out = pd.DataFrame(index=pd.Index(ids, name="manager_id"))
        for name, t in (("", b), ("_prev", a), ("_year_ago", c)):
            out["amount" + name] = t["all_amount"].reindex(out.index)
            out["orders" + name] = t["orders"].reindex(out.index)
            out["check" + name] = (t["amount"] / t["orders"].where(t["orders"] > 0)).reindex(out.index)
        covered = {"_prev": self.month.previous.start, "_year_ago": self.month.period.year_before().start}
        for name in ("amount", "orders"):
            out[name] = out[name].fillna(0.0)
            for tail, start in covered.items():  # before the history starts nothing is known; inside it, no sale is a true zero
                out[name + tail] = out[name + tail].fillna(0.0) if start >= self.facts.history_start else np.nan
        out = out.join(self._margin()).join(self._plan()).join(self._next())
        return out.join(portfolio.counts(self.clients))

    def _margin(self) -> pd.DataFrame:
        """Margin of P and P-1, missing where a row has none."""
        parts = {}
        for name, period in (("margin", self.month.period), ("margin_prev", self.month.previous)):
            inside = self.sold[period.mask(self.sold["date"])]
            parts[name] = inside.groupby("manager_id")["margin"].agg(lambda m: m.sum(min_count=len(m)))
        return pd.DataFrame(parts)

    def _plan(self) -> pd.DataFrame:
        out = pd.DataFrame({"plan": self.plan_months[self.plan_months["month"].isin(_months(self.whole))].groupby("manager_id")["plan_amount"].sum(min_count=1),
                            "margin_plan": self._plans("margin").groupby("manager_id")["plan_amount"].sum(min_count=1),
                            "touches_plan": self._plans("touches").groupby("manager_id")["plan_amount"].sum(min_count=1)})
        return out.astype("float64")

    def _next(self) -> pd.DataFrame:
        """The period after P: what is forecast by manager (its month only), and the plan where it has every month of it."""
        after = coming(self.whole)
        main = table(self.year, "forecast")
        said = main[(main["part"] == "total") & (main["month"] == after.slug)] if main is not None else pd.DataFrame(columns=["manager_id", "amount"])
        return pd.DataFrame({"next_amount": said.dropna(subset=["manager_id"]).set_index("manager_id")["amount"].astype("float64"),
                             "next_plan": self._plans("amount", after).groupby("manager_id")["plan_amount"].sum(min_count=after.months)}).astype("float64")

    @cached_property
    def plan_months(self) -> pd.DataFrame:
        """manager_id, month, plan_amount over the months of the course, those of P among them."""
        start = add_months(self.whole.end, -MONTHS)
        return self._plans("amount", Period(start, self.whole.end, MONTHS, slug_of(start, self.whole.end)))

    def _plans(self, metric: str, period: Period | None = None) -> pd.DataFrame:
        if "plans" not in self.facts.others:
            return pd.DataFrame({"manager_id": pd.Series(dtype="str"), "month": pd.Series(dtype="str"), "plan_amount": pd.Series(dtype="float64")})
        lines = governing(plan_lines(self.facts, period or self.whole, metric))
        return lines.groupby(["manager_id", "month"])["plan_amount"].sum().astype("float64").reset_index()

    # -------------------------------------------------------------- courses
    @cached_property
    def days(self) -> pd.DataFrame:
        """manager_id, date, amount of P."""
        inside = self.sold[self.month.period.mask(self.sold["date"])]
        return exact_sum(inside, ["manager_id", "date"]).reset_index()

    @cached_property
    def months(self) -> pd.DataFrame:
        """manager_id, month (first day), amount of the 25 months ending with P; a month of the history without sales is 0."""
        start = max(add_months(self.whole.end, -MONTHS), self.facts.history_start)
        inside = self.sold[self.sold["date"] >= pd.Timestamp(start)]
        sums = exact_sum(inside.assign(month=inside["date"].dt.strftime("%Y-%m")), ["manager_id", "month"]).unstack("month")
        every = [m.strftime("%Y-%m") for m in pd.date_range(start.replace(day=1), self.whole.last, freq="MS")]
        long = sums.reindex(columns=every).fillna(0.0).stack().rename("amount").reset_index()
        return long

    @cached_property
    def orders(self) -> pd.DataFrame:
        """client_id and date of the orders of the last nine months: the dots of the call list."""
        orders = self.facts.orders
        return orders.loc[orders["date"] > pd.Timestamp(self.as_of) - pd.Timedelta(days=270), ["client_id", "date"]]

    @cached_property
    def deals(self) -> pd.DataFrame | None:
        """Open deals by manager and stage, counted; None without deals."""
        deals = self.facts.others.get("deals")
        if deals is None or not {"manager_id", "stage", "status"} <= set(deals):
            return None
        now = pd.Timestamp(self.as_of)
        there = deals[(deals["status"] == "open") & ~(deals["created_at"] > now + pd.Timedelta(days=1))]
        old = (now - there["created_at"]).dt.days > self.norms.deal_days
        amount = there["amount"].astype("float64") if "amount" in there else pd.Series(np.nan, index=there.index)
        return there.assign(old=old, amount=amount).groupby(["manager_id", "stage"], sort=False).agg(n_deals=("stage", "size"), amount=("amount", lambda v: v.sum(min_count=1)), n_old=("old", "sum")).reset_index()

    @cached_property
    def debts_of(self) -> pd.Timestamp | None:
        """The day of the last snapshot of debts known at as_of."""
        debts, at = self.facts.others.get("receivables"), pd.Timestamp(self.as_of)
        known = debts.loc[debts["snapshot_date"] <= at, "snapshot_date"] if debts is not None else pd.Series(dtype="datetime64[s]")
        return known.max() if len(known) else None

    @cached_property
    def elapsed(self) -> float:
        """Share of P's sales usually made by as_of: by the course of past months (M5.6) for a month, by working days else."""
        days, passed = self.workdays
        pacing = table(self.year, "forecast", "pacing")
        mine = pacing.loc[pacing["month"] == self.whole.slug, "elapsed_share"] if pacing is not None else pd.Series(dtype="float64")
        return float(mine.iloc[0]) if len(mine) and mine.iloc[0] > 0 else passed / len(days) if days else np.nan

    @cached_property
    def trust(self) -> dict[str, object]:
        """How the next month is forecast and how it erred before: model, wape, status; empty without a forecast."""
        main, past = table(self.year, "forecast"), table(self.year, "forecast", "accuracy_total")
        if main is None or main.empty or main["month"].iloc[0] != coming(self.whole).slug:
            return {}
        model = main["model"].iloc[0]
        wape = past.loc[past["model"] == model, "wape"] if past is not None else []
        return {"model": model, "status": main["status"].iloc[0], "wape": float(wape.iloc[0]) if len(wape) and pd.notna(wape.iloc[0]) else None}

    # -------------------------------------------------------------- the whole
    @property
    def as_of(self) -> date:
        return self.facts.as_of.date

    @cached_property
    def workdays(self) -> tuple[list[date], int]:
        """(working days of P, how many of them have passed)."""
        from kbreport.facts.workdays import workdays

        days = workdays(self.whole.start, self.whole.last, self.month.parameters.calendar)
        return [d.date() for d in days], int((days <= pd.Timestamp(self.as_of)).sum())

    @cached_property
    def staff(self) -> dict[str, str]:
        """Managers to report on or to name: id → name. Who left before P and has neither clients nor sales is no staff."""
        names = self.month.managers
        table = self.facts.others.get("managers")
        here = {m for m in self.figures.index if m != NOBODY and self.busy(m)}
        if table is not None:
            gone = pd.to_datetime(table["fired"]) if "fired" in table else pd.Series(pd.NaT, index=table.index)
            hired = pd.to_datetime(table["hired"]) if "hired" in table else pd.Series(pd.NaT, index=table.index)
            there = ~(gone < pd.Timestamp(self.whole.start)) & ~(hired > pd.Timestamp(self.as_of))
            here |= set(table.loc[there, "manager_id"])
        return {m: names.get(m, m) for m in sorted(here)}

    def busy(self, manager: str) -> bool:
        """Has clients, or has sold in P: there is something to report."""
        return manager in self.figures.index and bool(self.figures.at[manager, "n_clients"] > 0 or self.figures.at[manager, "amount"] != 0 or self.figures.at[manager, "orders"] > 0)

    @cached_property
    def teams(self) -> dict[str, str]:
        table = self.facts.others.get("managers")
        if table is None or "team" not in table:
            return {}
        known = table.dropna(subset=["team"])
        return dict(zip(known["manager_id"], known["team"]))

    def others(self, manager: str) -> dict[str, float]:
        """Averages over everybody else's buyers, to compare with; nothing where they are fewer than five."""
        mine = self.now.clients["key"] == manager
        buyers = self.now.clients[~mine & self.now.clients["is_active"]]
        if buyers["client_id"].nunique() < FEW or not buyers["orders"].sum() > 0:
            return {}
        return {"check": float(buyers["amount"].sum() / buyers["orders"].sum())}


# ------------------------------------------------------------------ opening
def department(run: "Run") -> Department:
    """The department of a run whose period is the reporting month or quarter."""
    year = _of_year(run)
    month = replace(run, key=cache.key_of(run.key, "month", str(year.period)), _results={})
    for name in OF_YEAR:
        if _known(name):
            month._results[name] = year.measure(name)
    return Department(month, year)


def _known(name: str) -> bool:
    from kbreport import book

    return name in book.places()


def _of_year(run: "Run") -> "Run":
    with words.speaking(run.lang):
        period, status, rule = find_period("12m", run.facts.as_of.date, run.facts.history_start)
    return replace(run, period=period, period_status=status, period_rule=rule, _results={})


def table(run: "Run", method: str, name: str = "main") -> pd.DataFrame | None:
    """A table of a method; None where the method is not there yet, not fed or refused."""
    if not _known(method):
        return None
    result = run.measure(method)
    return result.tables.get(name) if result.status != MethodStatus.REFUSED else None


def _months(period: Period) -> list[str]:
    return [m.strftime("%Y-%m") for m in pd.date_range(period.start, period.last, freq="MS")]


def coming(whole: Period) -> Period:
    """The month (quarter) after P."""
    end = add_months(whole.end, whole.months)
    return Period(whole.end, end, whole.months, slug_of(whole.end, end))


def quarter(end: date) -> Period:
    """The three months before a day."""
    start = add_months(end, -3)
    return Period(start, end, 3, slug_of(start, end))
