"""One row per client with all that a manager's month says of him: class, rhythm, money now and before, debt, touches, next step.

What the data do not hold is missing, never zero. Methods are asked by name (`TAKEN`): what one of them has measured stands in its
columns, what it has not stays missing, and the page gives the place to something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.ch5.plan_report import expected_sales
from kbreport.facts.facts import looked_up

if TYPE_CHECKING:
    from kbreport.month.department import Department

SILENT = ("falling_asleep", "sleeping")
TAKEN = {  # method → {our column: its column}
    "lifecycle": {"state": "state", "days_since": "days_since", "s12_before": "s12_before", "is_returned": "is_returned"},
    "frequency": {"rhythm_days": "rhythm_days", "rhythm_status": "rhythm_status", "lateness": "lateness", "last_order_date": "last_order_date", "expected_next_date": "expected_next_date"},
    "sales_potential": {"free_amount": "free_amount", "wallet": "wallet", "potential_status": "potential_status"},
    "client_risk": {"score": "score", "band": "band", "top_reason": "top_reason", "risk_amount": "risk_amount", "risk_basis": "risk_basis", "risk_action": "action", "is_band_uncertain": "is_band_uncertain"},
    "late_payers": {"pay_status": "status", "mean_delay_days": "mean_delay_days"},
}
NUMBERS = ("days_since", "s12_before", "rhythm_days", "lateness", "free_amount", "wallet", "score", "risk_amount", "mean_delay_days")
WORDS = ("state", "rhythm_status", "band", "top_reason", "risk_basis", "risk_action", "pay_status", "potential_status")


def table(d: "Department") -> pd.DataFrame:
    """CL, class, class_prev, state …: see the columns of `report.COLUMNS["clients"]`."""
    from kbreport.month.department import table as of

    out = d.month.card()
    for method, names in TAKEN.items():
        frame = of(d.year, method)
        for name, its in names.items():
            out[name] = out["client_id"].map(frame.set_index("client_id")[its]) if frame is not None else None
    out = _typed(out)
    _classes(out, d)
    _sales(out, d)
    _debts(out, d)
    _touched(out, d)
    out["expected_amount"] = out["client_id"].map(_expected(d)).astype("float64")
    out["is_closed"] = (out["state"] == "closed") | _internal(out, d)
    return out


def _typed(out: pd.DataFrame) -> pd.DataFrame:
    for name in NUMBERS:
        out[name] = pd.to_numeric(out[name], errors="coerce").astype("float64")
    for name in ("last_order_date", "expected_next_date"):
        out[name] = pd.to_datetime(out[name]).astype("datetime64[s]")
    for name in WORDS:
        out[name] = out[name].astype("object").where(out[name].notna(), None)
    for name in ("is_returned", "is_band_uncertain"):
        out[name] = out[name].eq(True)
    return out


def _internal(out: pd.DataFrame, d: "Department") -> pd.Series:
    cards = d.facts.clients
    marked = set(cards.loc[cards["is_internal"].fillna(False).astype(bool), "client_id"]) if "is_internal" in cards else set()
    return out["client_id"].isin(marked | set(d.month.parameters.internal_clients))


def _classes(out: pd.DataFrame, d: "Department") -> None:
    """ABCD where a potential is known, else ABC; the class before is the one known on the eve of P."""
    from kbreport.month.department import table as of

    kind = kind_of(d)
    frame = of(d.year, kind)
    out["class"] = out["client_id"].map(frame.set_index("client_id")["class"]).astype("object") if frame is not None else None
    out["class_prev"] = out["client_id"].map(_class_before(d, kind)).astype("object")
    known = out["client_id"].map(d.facts.first_order) < pd.Timestamp(d.month.period.start)
    out["class_prev"] = out["class_prev"].where(known & out["class_prev"].notna() & (out["class_prev"] != ""), None)


def kind_of(d: "Department") -> str:
    from kbreport.ch6.touches import by_abcd

    return "abcd" if by_abcd(d.year) else "abc"


def _class_before(d: "Department", kind: str) -> pd.Series:
    """Nothing where the year before P is not whole: half a history makes other classes."""
    from datetime import timedelta

    from kbreport.facts.period import add_months
    from kbreport.facts.potential import year_to
    from kbreport.facts.rhythm import day_number
    from kbreport.facts.states import classes_at

    start = d.month.period.start
    if add_months(start, -12) < d.facts.history_start:
        return pd.Series(dtype="object")
    if kind == "abcd":
        return d.year.settings("abcd").at(d.year, year_to(start, d.facts), start - timedelta(days=1)).set_index("client_id")["class"]
    abc = d.year.settings("abc")
    letters = classes_at(d.facts, day_number(start) - 1, abc.a, abc.b, abc.rule)
    return pd.Series(letters, index=d.facts.clients["client_id"]).replace("", "N")


def _sales(out: pd.DataFrame, d: "Department") -> None:
    """Net sales and orders of P, P-1, the last quarter and the same a year ago, the last 12 months; who is new, returned, gone."""
    from kbreport.month.department import quarter

    p, q, facts = d.month.period, d.month.previous, d.facts
    last = quarter(p.end)
    windows = {"amount": p, "amount_prev": q, "amount_year_ago": p.year_before(), "s12": d.year.period, "quarter_amount": last, "quarter_year_ago": last.year_before()}
    for name, window in windows.items():
        known = window.start >= facts.history_start
        out[name] = out["client_id"].map(facts.net_sales(window)).fillna(0.0) if known else np.nan
    for name, window in (("orders", p), ("orders_prev", q)):
        out[name] = out["client_id"].map(facts.n_orders(window)).fillna(0.0) if window.start >= facts.history_start else np.nan
    year = facts.orders[d.year.period.mask(facts.orders["date"])]
    out["mean_order"] = out["client_id"].map(year.groupby("client_id")["amount"].mean()).astype("float64")
    out["is_active"] = out["client_id"].isin(facts.active(p))
    was = out["client_id"].isin(facts.active(q))
    first = looked_up(out["client_id"], facts.first_order)
    out["is_new"] = out["is_active"] & (first >= pd.Timestamp(p.start))
    out["is_back"] = out["is_active"] & ~was & (first < pd.Timestamp(p.start))
    out["is_gone"] = was & ~out["is_active"]
    _sold_by_keeper(out, d)


def _sold_by_keeper(out: pd.DataFrame, d: "Department") -> None:
    """What the client's keeper sold him in P and P-1: the part of the client's sales that stands in his keeper's figures."""
    for tail, found in (("", d.now), ("_prev", d.before)):
        own = found.clients.set_index(["key", "client_id"])
        key = pd.MultiIndex.from_arrays([out["manager_id"].astype("object").fillna(""), out["client_id"]])
        for name in ("amount", "orders"):
            out[f"sold_{name}{tail}"] = own[name].reindex(key).fillna(0.0).to_numpy(dtype="float64")


def _debts(out: pd.DataFrame, d: "Department") -> None:
    """Open credit debt and its overdue part in the last snapshot known at as_of; a client without an open invoice owes 0."""
    for name in ("debt", "overdue", "overdue_days"):
        out[name] = np.nan
    taken = d.debts_of
    if taken is None:
        return
    debts = d.facts.others["receivables"]
    last = debts[debts["snapshot_date"] == taken]
    last = last[last["terms"].fillna("credit") != "cash"] if "terms" in last else last
    late = last["due_date"] < taken
    last = last.assign(late=last["open_amount"].where(late, 0.0), days=(taken - last["due_date"]).dt.days.where(late & (last["open_amount"] > 0), 0))
    sums = last.groupby("client_id").agg(debt=("open_amount", "sum"), overdue=("late", "sum"), overdue_days=("days", "max"))
    for name in sums:
        out[name] = out["client_id"].map(sums[name]).fillna(0.0).astype("float64")


def _touched(out: pd.DataFrame, d: "Department") -> None:
    """Touches of P against the norm, the last touch, the next step written down."""
    from kbreport.month.department import table as of

    main = of(d.month, "touches")
    for name, column in (("touches", "fact"), ("touches_norm", "norm")):
        out[name] = out["client_id"].map(main.set_index("client_id")[column]).astype("float64") if main is not None else np.nan
    log, end = d.facts.others.get("touches"), pd.Timestamp(d.as_of) + pd.Timedelta(days=1)
    seen = log[log["at"] < end] if log is not None else None
    out["last_touch_date"] = _day_of(out, seen.groupby("client_id")["at"].max().dt.normalize() if seen is not None else None)
    steps = seen[seen["next_step_date"] >= end] if seen is not None and "next_step_date" in seen else None
    out["next_step_date"] = _day_of(out, steps.groupby("client_id")["next_step_date"].min() if steps is not None else None)


def _day_of(out: pd.DataFrame, days: pd.Series | None) -> pd.Series:
    """A day by client; without any it is missing, and still a day."""
    if days is None or days.empty:
        return pd.Series(pd.NaT, index=out.index, dtype="datetime64[s]")
    return pd.to_datetime(out["client_id"].map(days)).astype("datetime64[s]")


def _expected(d: "Department") -> pd.Series:
    from kbreport.month.department import coming

    return expected_sales(d.month, coming(d.whole))


def counts(clients: pd.DataFrame) -> pd.DataFrame:
    """By keeper ("" = nobody): clients, who bought, came, returned, stayed away, is silent; money of the silent; debts, touches."""
    kept = clients[~clients["is_closed"]].assign(manager_id=lambda t: t["manager_id"].astype("object").fillna(""))
    silent = kept["state"].isin(SILENT)
    kept = kept.assign(n_clients=1, silent=silent, silent_amount=kept["s12_before"].where(silent, 0.0), was_active=kept["is_gone"] | (kept["is_active"] & ~kept["is_new"] & ~kept["is_back"]),
                       covered=np.fmin(kept["touches"], kept["touches_norm"]))
    by = kept.groupby("manager_id")
    whole = by[["n_clients", "is_active", "was_active", "is_new", "is_back", "is_gone", "silent", "silent_amount"]].sum()
    money = by[["debt", "overdue", "touches", "touches_norm", "covered", "expected_amount", "amount", "amount_year_ago"]].sum(min_count=1).rename(columns={"amount": "kept_amount", "amount_year_ago": "kept_amount_year_ago"})
    return whole.rename(columns={"is_active": "n_active", "was_active": "n_active_prev", "is_new": "n_new", "is_back": "n_returned", "is_gone": "n_lost", "silent": "n_silent"}).join(money)
