"""What a month's pay is counted from (M5.1): plan, retention, overdue debt, discipline by manager and month; and the pay itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.ch5 import _plans
from kbreport.ch5._schemes import PayScheme
from kbreport.facts.period import Period, add_months, slug_of

if TYPE_CHECKING:
    from kbreport.method import Base

KEY = ["manager_id", "month"]
SHARE = {"plan": "plan_fulfilment", "ret": "nrr", "debt": "overdue_share", "disc": "discipline_share"}  # what each coefficient is read from


def facts_of_pay(base: Base, n_months: int) -> pd.DataFrame:
    """One row per manager and month of the last `n_months` of P's end, for managers employed in it: plan_amount, fact_amount,
    sales, nrr, overdue_share, discipline_share, worked and held (shares of the month's days: employed, with clients in hand),
    tenure_months. Unknown is NaN."""
    window = window_of(base, n_months)
    got = _plans.compared(base, window)
    rows = got.months.rename(columns={"sold": "sales"})[[*KEY, "plan_amount", "fact_amount", "sales"]]
    rows = rows[rows["manager_id"].notna()]
    rows["sales"] = rows["sales"].fillna(0.0)  # a plan and no sales: a true zero
    for part in (_retention, _overdue, _discipline, _held):
        rows = rows.merge(part(base, window), on=KEY, how="left")
    rows["held"] = rows["held"].fillna(1.0)
    return _employed(rows, base).sort_values(["month", "manager_id"], kind="stable").reset_index(drop=True)


def pay(rows: pd.DataFrame, s: PayScheme) -> pd.DataFrame:
    """The pay of every row under one scheme: base_amount … pay_amount, k_*, status. A coefficient without data is 1."""
    out = rows[KEY].copy()
    own = {m: p.model_dump(exclude_none=True) for m, p in s.managers.items()}
    for name, days in (("base", rows["worked"]), ("bonus_target", np.minimum(rows["worked"], rows.get("held", 1.0)))):  # a portfolio handed over: its bonus by days
        each = rows["manager_id"].map({m: p[name] for m, p in own.items() if name in p}).astype("float64").fillna(getattr(s, name))
        out[f"{name}_amount"] = each * days
    out["plan_fulfilment"] = (rows["fact_amount"] / rows["plan_amount"].where(rows["plan_amount"] > 0)).astype("float64")
    out["k_plan"] = np.where(out["plan_fulfilment"].isna(), np.nan, np.where(out["plan_fulfilment"] < s.plan_min - 1e-9, 0.0, out["plan_fulfilment"].clip(lower=0, upper=s.plan_cap)))
    out["nrr"], out["overdue_share"], out["discipline_share"] = rows["nrr"], rows["overdue_share"], rows["discipline_share"]
    out["k_ret"], out["k_debt"], out["k_disc"] = _k_ret(rows["nrr"], s), stepped(rows["overdue_share"], s.debt_borders, s.debt_k), _k_disc(rows["discipline_share"], s)
    used = [k for k in s.coefficients if k != "plan"]
    gaps = out[[SHARE[k] for k in used]].isna().any(axis=1)
    out[["k_ret", "k_debt", "k_disc"]] = out[["k_ret", "k_debt", "k_disc"]].fillna(1.0)  # marked by the empty share and the status
    total = out[[f"k_{k}" for k in used]].prod(axis=1) * (out["k_plan"] if "plan" in s.coefficients else 1.0)
    newcomer = rows["tenure_months"] < s.newcomer_months
    out["k_total"] = total.clip(lower=0, upper=s.k_max).mask(newcomer, s.guaranteed_k)
    fixed = {(m, month): v for m, by in s.extras.items() for month, v in by.items()}
    out["extras_amount"] = pd.MultiIndex.from_frame(rows[KEY]).map(fixed).astype("float64").fillna(0.0) + s.sales_rate * rows["sales"]
    out["pay_amount"] = out["base_amount"] + (out["bonus_target_amount"] * out["k_total"]).fillna(0.0) + out["extras_amount"]
    out["status"] = np.select([newcomer, out["k_total"].isna(), gaps], ["ok", "insufficient", "weak"], "ok")
    return out


def stepped(x: pd.Series, borders: tuple[float, ...], k: tuple[float, ...]) -> pd.Series:
    """k[0] up to and including the first border, k[1] up to the second …; NaN stays NaN."""
    at = np.searchsorted(np.asarray(borders) + 1e-9, x.to_numpy(dtype="float64"), side="left")
    return pd.Series(np.where(x.isna(), np.nan, np.asarray(k)[np.minimum(at, len(k) - 1)]), index=x.index)


def _k_ret(nrr: pd.Series, s: PayScheme) -> pd.Series:
    """Intervals of M5.1: < b1, [b1; b2), [b2; b3], > b3: the last border belongs to the interval below it."""
    edges = np.asarray(s.ret_borders, dtype="float64") - 1e-9
    if len(edges):
        edges[-1] += 2e-9
    at = (nrr.to_numpy(dtype="float64")[:, None] >= edges[None, :-1]).sum(axis=1) + (nrr.to_numpy(dtype="float64") > edges[-1]) if len(edges) else np.zeros(len(nrr), int)
    return pd.Series(np.where(nrr.isna(), np.nan, np.asarray(s.ret_k)[at]), index=nrr.index)


def _k_disc(share: pd.Series, s: PayScheme) -> pd.Series:
    """From the first border up k[0], from the second up k[1] …"""
    at = (share.to_numpy(dtype="float64")[:, None] < np.asarray(s.disc_borders)[None, :] - 1e-9).sum(axis=1)
    return pd.Series(np.where(share.isna(), np.nan, np.asarray(s.disc_k)[at]), index=share.index)


# ------------------------------------------------------------------ what it is counted from
def window_of(base: Base, n_months: int) -> Period:
    """The last `n_months` whole months that end with P."""
    end = base.period.end if base.period.end.day == 1 else base.period.end.replace(day=1)
    start = max(add_months(end, -n_months), base.facts.history_start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return Period(start, end, months, slug_of(start, end) if months else "none")


def ends_of(window: Period) -> list[Period]:
    """The months of the window as periods."""
    return [Period(start := add_months(window.start, i), add_months(start, 1), 1, "") for i in range(window.months)]


def _retention(base: Base, window: Period) -> pd.DataFrame:
    """NRR of the portfolio kept at the start of the 12 months that end with each month."""
    return _nrr_of(base, {f"{month.start:%Y-%m}": Period(add_months(month.end, -12), month.end, 12, "") for month in ends_of(window)})


def next_nrr(base: Base, window: Period) -> pd.DataFrame:
    """NRR of the 12 months that begin after each month, where they are over at as_of."""
    known = base.facts.as_of.date + timedelta(days=1)
    return _nrr_of(base, {f"{month.start:%Y-%m}": Period(month.end, end, 12, "") for month in ends_of(window) if (end := add_months(month.end, 12)) <= known})


def _nrr_of(base: Base, years: dict[str, Period]) -> pd.DataFrame:
    """manager_id, month, nrr of the year given for each month; years whose year before the history does not cover are left out."""
    parts = []
    for month, year in years.items():
        before = year.previous()
        if before.start < base.facts.history_start:
            continue
        s0, s1 = base.facts.net_sales(before), base.facts.net_sales(year)
        was = base.facts.active(before)
        gained = s1.reindex(was).where(was.isin(base.facts.active(year)), 0.0).fillna(0.0)
        keeper = base.facts.manager_at(before.last).reindex(was)
        sums = pd.DataFrame({"s0": s0.reindex(was), "s1": gained}).groupby(keeper.to_numpy(dtype=object)).sum()
        parts.append(pd.DataFrame({"manager_id": sums.index, "month": month, "nrr": (sums["s1"] / sums["s0"]).to_numpy()}))
    return pd.concat(parts, ignore_index=True) if parts else _no_rows("nrr")


def _no_rows(name: str) -> pd.DataFrame:
    return pd.DataFrame({"manager_id": [], "month": [], name: []}, dtype="object").astype({name: "float64"})


def overdue_of(debts: pd.DataFrame, keeper: pd.Series, at: pd.Timestamp) -> pd.Series:
    """Overdue share of the open credit debt of each keeper's clients on a day. Who has no open debt has no share: 0 / 0 is
    unknown (METHODS 1.10), as it is where there is no snapshot at all; an honest zero is open debt with nothing overdue."""
    if "terms" in debts:
        debts = debts[debts["terms"] != "cash"]
    debts = debts.assign(keeper=debts["client_id"].map(keeper), late=debts["open_amount"].where(debts["due_date"] < at, 0.0))
    sums = debts.groupby("keeper")[["open_amount", "late"]].sum()
    return sums["late"] / sums["open_amount"].where(sums["open_amount"] > 0)


def _overdue(base: Base, window: Period) -> pd.DataFrame:
    """From the last snapshot of each month; a month without one is unknown."""
    debts = base.facts.others.get("receivables")
    if debts is None or debts.empty:
        return _no_rows("overdue_share")
    taken = pd.to_datetime(debts["snapshot_date"])
    parts = []
    for month in ends_of(window):
        inside = month.mask(taken)
        if inside.any():
            last = taken[inside].max()
            share = overdue_of(debts[taken == last].assign(due_date=pd.to_datetime(debts["due_date"])), base.facts.manager_at(month.last), last)
            parts.append(pd.DataFrame({"manager_id": share.index, "month": f"{month.start:%Y-%m}", "overdue_share": share.to_numpy()}))
    return pd.concat(parts, ignore_index=True) if parts else _no_rows("overdue_share")


def _discipline(base: Base, window: Period) -> pd.DataFrame:
    """min(reports on time, capped touch coverage) of what is known; coverage is known for the reporting period only."""
    parts = []
    if base.has("daily_report"):
        parts.append(base.table("daily_report", "discipline")[["manager_id", "month", "on_time_share"]].rename(columns={"on_time_share": "discipline_share"}))
    if base.has("touches") and window.months:
        total = base.table("touches", "total")
        last = f"{add_months(window.end, -1):%Y-%m}"
        parts.append(pd.DataFrame({"manager_id": total["manager_id"], "month": last, "discipline_share": total["coverage"]}).dropna(subset=["manager_id"]))
    if not parts:
        return _no_rows("discipline_share")
    return pd.concat(parts, ignore_index=True).groupby(KEY, as_index=False)["discipline_share"].min()


def _held(base: Base, window: Period) -> pd.DataFrame:
    """Share of each month's days on which a manager kept at least one client, from client_manager_history.

    Left out are managers who have a client without a history: nobody can tell when they were empty-handed. Before a client's first
    record nothing is known either, so it counts from the beginning: only a handing over takes days away.
    """
    history = base.facts.others.get("client_manager_history")
    if history is None or history.empty or not window.months:
        return _no_rows("held")
    first = ~history.sort_values("valid_from", kind="stable").duplicated("client_id")
    start, size = pd.Timestamp(window.start), (window.end - window.start).days
    until = history["valid_to"] if "valid_to" in history else pd.Series(pd.NaT, index=history.index)
    since = (pd.to_datetime(history["valid_from"]) - start).dt.days.mask(first.reindex(history.index), 0).clip(0, size)
    after = ((pd.to_datetime(until) - start).dt.days + 1).fillna(size).clip(0, size)
    who, names = pd.factorize(history["manager_id"], sort=True)
    steps = np.zeros((len(names), size + 1), dtype="int64")
    np.add.at(steps, (who, since.astype("int64")), 1)
    np.add.at(steps, (who, np.maximum(since, after).astype("int64")), -1)
    kept = steps.cumsum(axis=1)[:, :size] > 0
    months = ends_of(window)
    share = np.add.reduceat(kept, [(m.start - window.start).days for m in months], axis=1) / [(m.end - m.start).days for m in months]
    out = pd.DataFrame({"manager_id": np.repeat(np.asarray(names, dtype=object), len(months)), "month": [f"{m.start:%Y-%m}" for m in months] * len(names), "held": share.ravel()})
    return out[~out["manager_id"].isin(_without_history(base, history["client_id"]))]


def _without_history(base: Base, known: pd.Series) -> set[str]:
    """Managers who keep or have served a client that the history does not tell of."""
    card, days = base.card(), base.facts.order_days
    return set(card.loc[~card["client_id"].isin(known), "manager_id"].dropna()) | set(days.loc[~days["client_id"].isin(known), "manager_id"].dropna())


def _employed(rows: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Days worked in the month and months since hiring; who was fired before or hired after the month is left out."""
    month = pd.PeriodIndex(rows["month"], freq="M")
    start, end = month.to_timestamp().to_numpy(), (month + 1).to_timestamp().to_numpy() - np.timedelta64(1, "D")
    staff = base.facts.others.get("managers")
    dates = {}
    for name in ("hired", "fired"):
        known = staff.drop_duplicates("manager_id").set_index("manager_id")[name] if staff is not None and name in staff else pd.Series(dtype="datetime64[s]")
        dates[name] = pd.to_datetime(known.reindex(rows["manager_id"])).to_numpy().astype("datetime64[D]")
    first = np.fmax(start.astype("datetime64[D]"), dates["hired"])
    last = np.fmin(end.astype("datetime64[D]"), dates["fired"])
    worked = (last - first).astype("int64") + 1
    rows = rows.assign(worked=np.clip(worked, 0, None) / ((end - start).astype("timedelta64[D]").astype("int64") + 1),
                       tenure_months=np.where(np.isnat(dates["hired"]), np.nan, (end.astype("datetime64[D]") - dates["hired"]).astype("int64") / 30.4375))
    return rows[rows["worked"] > 0]
