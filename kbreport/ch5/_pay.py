"""What a month's pay is counted from (M5.1): plan, retention, overdue debt, discipline by manager and month; and the pay itself."""

from __future__ import annotations

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
    sales, nrr, overdue_share, discipline_share, worked (share of the month's days), tenure_months. Unknown is NaN."""
    window = _window(base, n_months)
    got = _plans.compared(base, window)
    rows = got.months.rename(columns={"sold": "sales"})[[*KEY, "plan_amount", "fact_amount", "sales"]]
    rows = rows[rows["manager_id"].notna()]
    rows["sales"] = rows["sales"].fillna(0.0)  # a plan and no sales: a true zero
    rows = rows.merge(_retention(base, window), on=KEY, how="left").merge(_overdue(base, window), on=KEY, how="left").merge(_discipline(base, window), on=KEY, how="left")
    return _employed(rows, base).sort_values(["month", "manager_id"], kind="stable").reset_index(drop=True)


def pay(rows: pd.DataFrame, s: PayScheme) -> pd.DataFrame:
    """The pay of every row under one scheme: base_amount … pay_amount, k_*, status. A coefficient without data is 1."""
    out = rows[KEY].copy()
    own = {m: p.model_dump(exclude_none=True) for m, p in s.managers.items()}
    for name in ("base", "bonus_target"):
        each = rows["manager_id"].map({m: p[name] for m, p in own.items() if name in p}).astype("float64").fillna(getattr(s, name))
        out[f"{name}_amount"] = each * rows["worked"]
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
def _window(base: Base, n_months: int) -> Period:
    """The last `n_months` whole months that end with P."""
    end = base.period.end if base.period.end.day == 1 else base.period.end.replace(day=1)
    start = max(add_months(end, -n_months), base.facts.history_start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return Period(start, end, months, slug_of(start, end) if months else "none")


def _ends(window: Period) -> list[Period]:
    """The months of the window as periods."""
    return [Period(start := add_months(window.start, i), add_months(start, 1), 1, "") for i in range(window.months)]


def _retention(base: Base, window: Period) -> pd.DataFrame:
    """NRR of the portfolio kept at the start of the 12 months that end with each month."""
    parts = []
    for month in _ends(window):
        year = Period(add_months(month.end, -12), month.end, 12, "")
        before = year.previous()
        if before.start < base.facts.history_start:
            continue
        s0, s1 = base.facts.net_sales(before), base.facts.net_sales(year)
        was = base.facts.active(before)
        gained = s1.reindex(was).where(was.isin(base.facts.active(year)), 0.0).fillna(0.0)
        keeper = base.facts.manager_at(before.last).reindex(was)
        sums = pd.DataFrame({"s0": s0.reindex(was), "s1": gained}).groupby(keeper.to_numpy(dtype=object)).sum()
        parts.append(pd.DataFrame({"manager_id": sums.index, "month": f"{month.start:%Y-%m}", "nrr": (sums["s1"] / sums["s0"]).to_numpy()}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"manager_id": [], "month": [], "nrr": []}, dtype="object").astype({"nrr": "float64"})


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
    empty = pd.DataFrame({"manager_id": [], "month": [], "overdue_share": []}, dtype="object").astype({"overdue_share": "float64"})
    debts = base.facts.others.get("receivables")
    if debts is None or debts.empty:
        return empty
    taken = pd.to_datetime(debts["snapshot_date"])
    parts = []
    for month in _ends(window):
        inside = month.mask(taken)
        if inside.any():
            last = taken[inside].max()
            share = overdue_of(debts[taken == last].assign(due_date=pd.to_datetime(debts["due_date"])), base.facts.manager_at(month.last), last)
            parts.append(pd.DataFrame({"manager_id": share.index, "month": f"{month.start:%Y-%m}", "overdue_share": share.to_numpy()}))
    return pd.concat(parts, ignore_index=True) if parts else empty


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
        return pd.DataFrame({"manager_id": [], "month": [], "discipline_share": []}, dtype="object").astype({"discipline_share": "float64"})
    return pd.concat(parts, ignore_index=True).groupby(KEY, as_index=False)["discipline_share"].min()


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
