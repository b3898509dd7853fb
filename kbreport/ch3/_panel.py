"""Values of the base panel (3.1): which rows there are, and where each takes its two numbers from.

A source function returns `{row: Got}`; `Got.now` and `Got.before` are Series by key: "" is the company, else a manager_id.
What has no data is not returned; the reason stands in `reasons`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from kbreport.ch3._activity import Activity, activity, activity_of, ratio, totals, turnover
from kbreport.ch3._compare import covered
from kbreport.errors import UsageProblem
from kbreport.facts import pareto
from kbreport.facts.facts import exact_sum, looked_up, month_of
from kbreport.facts.period import Period, add_months
from kbreport.facts.plans import KEY, governing, months_of, plan_lines
from kbreport.method import MethodStatus
from kbreport.words import N_, _


@dataclass(frozen=True)
class Row:
    """`unit`: money, share, clients, orders, ratio, score · `way`: +1 more is better, −1 less is better, 0 neither."""

    name: str
    group: str
    unit: str
    way: int
    table: str
    method: str
    title: str


ROWS = (
    Row("net_sales", "client", "money", 1, "orders", "driver_tree", N_("Продажи")),
    Row("existing_share", "client", "share", 1, "orders", "base_panel", N_("Доля продаж постоянным клиентам")),
    Row("active_clients", "client", "clients", 1, "orders", "driver_tree", N_("Активных клиентов")),
    Row("new_clients", "client", "clients", 1, "orders", "driver_tree", N_("Новых клиентов")),
    Row("lost_clients", "client", "clients", -1, "orders", "driver_tree", N_("Ушедших клиентов")),
    Row("returned_clients", "client", "clients", 1, "orders", "driver_tree", N_("Вернувшихся клиентов")),
    Row("crr", "client", "share", 1, "orders", "retention", N_("Удержание клиентов (CRR)")),
    Row("grr", "client", "share", 1, "orders", "retention", N_("Удержание денег без роста (GRR)")),
    Row("nrr", "client", "share", 1, "orders", "retention", N_("Удержание денег (NRR)")),
    Row("orders", "client", "orders", 0, "orders", "driver_tree", N_("Заказов")),
    Row("frequency", "client", "ratio", 1, "orders", "driver_tree", N_("Заказов на клиента")),
    Row("avg_check", "client", "money", 1, "orders", "avg_check", N_("Средний чек")),
    Row("a_share", "client", "share", 0, "orders", "abc", N_("Доля класса A в продажах")),
    Row("top1_share", "client", "share", 0, "orders", "concentration", N_("Доля первого клиента")),
    Row("top5_share", "client", "share", 0, "orders", "concentration", N_("Доля первых пяти")),
    Row("n_at_risk", "client", "clients", -1, "orders", "client_risk", N_("Клиентов с высоким риском")),
    Row("risk_amount", "client", "money", -1, "orders", "client_risk", N_("Деньги под высоким риском")),
    Row("n_sleeping", "client", "clients", -1, "orders", "lifecycle", N_("Спящих клиентов")),
    Row("sleeping_amount", "client", "money", -1, "orders", "lifecycle", N_("Покупали спящие за год до паузы")),
    Row("wallet", "client", "share", 1, "potential", "penetration", N_("Пенетрация: наша доля в закупках")),
    Row("order_conversion", "client", "share", 1, "deals", "order_conversion", N_("Конверсия повторных запросов")),
    Row("nps", "client", "score", 1, "survey_answers", "nps", N_("NPS по клиентам")),
    Row("overdue_share", "client", "share", -1, "receivables", "late_payers", N_("Доля просрочки в долге")),
    Row("touch_coverage", "contact", "share", 1, "touches", "touches", N_("Касания против нормы")),
    Row("plan_fulfilment", "contact", "share", 1, "plans", "plan_report", N_("Выполнение плана")),
)
NAMES = [row.name for row in ROWS]
COMPARED = ("new_clients", "lost_clients", "returned_clients", "crr", "grr", "nrr")  # rows that are themselves a comparison


@dataclass(frozen=True)
class Got:
    """`n`: how many observations a rate stands on (None: it is no rate)."""

    now: pd.Series
    before: pd.Series | None = None
    n: pd.Series | None = None


def collected(base: Any) -> tuple[dict[str, Got], dict[str, str]]:
    """(values by row, the reason by row that has none)."""
    sold = _Sold(base)
    found = _own(base, sold) | _abc(base) | _retention(base) | _risk(base) | _sleeping(base) | _rates(base) | _overdue(base) | _coverage(base) | _plan(base)
    return found, {row.name: _why(base, row) for row in ROWS if row.name not in found}


def _why(base: Any, row: Row) -> str:
    """What the row needs: the table that is not there, else what its method says."""
    if row.table != "orders" and row.table not in base.facts.others:
        return _("нужна таблица {table}").format(table=row.table)
    if row.name == "overdue_share":
        return _("в таблице receivables нет снимка долга до конца периода")
    try:
        reason = base.measure(row.method).reason
    except UsageProblem:  # a method that this installation does not have
        reason = ""
    return reason or _("нужен метод {method}").format(method=row.method)


# ------------------------------------------------------------------ from the orders
class _Sold:
    """Activity of P, P-1 and P-2, of the company and by manager, each grouped once. None where the history does not cover it."""

    def __init__(self, base: Any):
        earlier = base.previous.previous()
        self.now = self._of(base, base.period)
        self.before = self._of(base, base.previous) if covered(base) else None
        self.ago = self._of(base, earlier) if self.before and base.company_facts.history_start <= earlier.start else None

    @staticmethod
    def _of(base: Any, period: Period) -> list[Activity]:
        return [activity(base.facts, period, key) for key in (None, *(["manager_id"] if base.facts.has_managers else []))]


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The company's row, then the managers'; rows without a manager are the company's only."""
    return pd.concat([parts[0], *(part[part.index != ""] for part in parts[1:])])


def _own(base: Any, sold: _Sold) -> dict[str, Got]:
    now, before = sold.now, sold.before
    a, b = _joined([totals(x) for x in now]).reindex(_keys(now, before)), _joined([totals(x) for x in before]) if before else None
    a = a.fillna({"clients": 0, "orders": 0, "amount": 0.0, "all_amount": 0.0})
    if b is not None:
        b = b.reindex(a.index).fillna({"clients": 0, "orders": 0, "amount": 0.0, "all_amount": 0.0})
    out = {name: Got(_column(a, name), None if b is None else _column(b, name), a[n] if n else None)
           for name, n in (("net_sales", None), ("active_clients", None), ("orders", None), ("frequency", "clients"), ("avg_check", "orders"))}
    money = [_positive(base, period, part) if part else None for period, part in ((base.period, now), (base.previous, before))]
    out["existing_share"] = Got(_old_share(base, base.period, money[0]), _old_share(base, base.previous, money[1]), a["clients"])
    for k in (1, 5):
        out[f"top{k}_share"] = Got(_top(money[0], k), _top(money[1], k), a["clients"])
    return out | (_turnover(base, sold) if before else {name: Got(pd.Series(dtype="float64")) for name in COMPARED[:3]})


def _keys(now: list[Activity], before: list[Activity] | None) -> pd.Index:
    found = {key for found in (*now, *(before or [])) for key in found.clients["key"].unique()} - {""}
    return pd.Index(["", *sorted(found)], name="key")


def _column(sums: pd.DataFrame, name: str) -> pd.Series:
    if name == "frequency":
        return ratio(sums["orders"], sums["clients"])
    if name == "avg_check":
        return ratio(sums["amount"], sums["orders"])
    return sums[{"net_sales": "all_amount", "active_clients": "clients", "orders": "orders"}[name]].astype("float64")


def knows_new(base: Any, period: Period) -> bool:
    """True when the history is long enough before the period to call a client new (METHODS 1.7)."""
    return base.company_facts.history_start <= add_months(period.start, -base.parameters.lookback)


def _turnover(base: Any, sold: _Sold) -> dict[str, Got]:
    """New, lost, returned of P, and of P-1 where the history covers the period before it."""
    first = base.facts.first_order
    cur = _kinds([turnover(x, y, first, base.period.start) for x, y in zip(sold.before, sold.now)])
    prev = _kinds([turnover(x, y, first, base.previous.start) for x, y in zip(sold.ago, sold.before)]) if sold.ago else None
    out = {f"{kind}_clients": Got(cur[kind], None if prev is None else prev[kind]) for kind in ("new", "lost", "returned")}
    if not knows_new(base, base.period):
        out["new_clients"] = Got(pd.Series(dtype="float64"))
    elif prev is not None and not knows_new(base, base.previous):
        out["new_clients"] = Got(cur["new"])
    return out


def _kinds(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return _joined([part.pivot(index="key", columns="kind", values="n_clients").astype("float64") for part in parts])


def _positive(base: Any, period: Period, parts: list[Activity]) -> pd.DataFrame:
    """key, client_id, amount by the measure of the company (amount | margin), positive ones; "" and every manager."""
    if base.parameters.measure == "amount":
        out = pd.concat([parts[0].clients, *(part.clients[part.clients["key"] != ""] for part in parts[1:])], ignore_index=True)[["key", "client_id", "amount"]]
        return out[out["amount"] > pareto.TOLERANCE]
    days = base.facts.order_days[period.mask(base.facts.order_days["date"])]
    if days["margin"].isna().any():
        return pd.DataFrame({"key": pd.Series(dtype="str"), "client_id": pd.Series(dtype="str"), "amount": pd.Series(dtype="float64")})
    rows = pd.concat([days.assign(key=""), days[days["manager_id"].notna()].assign(key=lambda d: d["manager_id"])])
    out = exact_sum(rows, ["key", "client_id"], "margin").rename("amount").reset_index()
    return out[out["amount"] > pareto.TOLERANCE]


def _old_share(base: Any, period: Period, sold: pd.DataFrame | None) -> pd.Series:
    """Share of positive sales to clients who are not new in the period; missing where newness cannot be told."""
    if sold is None or not knows_new(base, period):
        return pd.Series(dtype="float64")
    old = ~(looked_up(sold["client_id"], base.facts.first_order) >= pd.Timestamp(period.start))
    return sold["amount"].where(old, 0.0).groupby(sold["key"]).sum() / sold.groupby("key")["amount"].sum()


def _top(sold: pd.DataFrame | None, k: int) -> pd.Series | None:
    if sold is None:
        return None
    first = sold.sort_values("amount", ascending=False, kind="stable").groupby("key").head(k)
    return first.groupby("key")["amount"].sum() / sold.groupby("key")["amount"].sum()


def _abc(base: Any) -> dict[str, Got]:
    """Share of class A: the company's in both periods; a manager's among his own clients (the company's classes)."""
    if not base.has("abc"):
        return {}
    main = base.table("abc").query("`class` != 'N'")
    rows = pd.concat([main.assign(key=""), main.assign(key=main["manager_id"]).dropna(subset=["key"])])
    now = rows["amount"].where(rows["class"] == "A", 0.0).groupby(rows["key"]).sum() / rows.groupby("key")["amount"].sum()
    return {"a_share": Got(now, _a_before(base), rows.groupby("key").size())}


def _a_before(base: Any) -> pd.Series | None:
    abc = base.settings("abc")
    amounts = base.facts.net_sales(base.previous, abc.measure_by or base.parameters.measure)
    if not covered(base) or amounts.isna().any() or not (amounts > pareto.TOLERANCE).any():
        return None
    ranks = pareto.ranked(amounts)
    letters = pareto.classes(amounts, abc.a, abc.b, abc.rule)
    return pd.Series({"": float(ranks[letters == "A"].sum() / ranks.sum())})


# ------------------------------------------------------------------ from other methods
def _scoped(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column of a table with `scope` and `key`, by our keys."""
    part = frame[frame["scope"].isin(["company", "manager_id"])]
    keys = part["key"].astype(object).where(part["scope"] == "manager_id", "")
    return pd.Series(part[column].astype("float64").to_numpy(), index=keys)


def _retention(base: Any) -> dict[str, Got]:
    if not base.has("retention"):
        return {}
    main, rolling = base.table("retention"), base.table("retention", "rolling")
    last = pd.Timestamp(base.previous.last).strftime("%Y-%m")
    past = rolling[(rolling["month"] == last) & (rolling["window_months"] == base.period.months)]
    n = _scoped(main, "n_prev")
    return {name: Got(_scoped(main, name), pd.Series({"": float(past[name].iloc[0])}) if len(past) else None, n) for name in ("crr", "grr", "nrr")}


def _kept(frame: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Sums over clients: of the company and by the manager who keeps them."""
    known = frame["manager_id"].notna()
    by = values[known].groupby(frame.loc[known, "manager_id"]).sum()
    return pd.concat([pd.Series({"": float(values.sum())}), by.astype("float64")])


def _risk(base: Any) -> dict[str, Got]:
    if not base.has("client_risk"):
        return {}
    main = base.table("client_risk")
    high = main["band"] == "high"
    return {"n_at_risk": Got(_kept(main, high.astype("float64"))), "risk_amount": Got(_kept(main, main["risk_amount"].where(high, 0.0).fillna(0.0)))}


def _sleeping(base: Any) -> dict[str, Got]:
    if not base.has("lifecycle"):
        return {}
    main = base.table("lifecycle")
    asleep = main["state"] == "sleeping"
    return {"n_sleeping": Got(_kept(main, asleep.astype("float64"))), "sleeping_amount": Got(_kept(main, main["s12_before"].where(asleep, 0.0).fillna(0.0)))}


def _rates(base: Any) -> dict[str, Got]:
    """Rates that stand ready in the `scope`, `key` tables of their methods."""
    out = {}
    if base.has("penetration"):
        total = base.table("penetration", "total")
        out["wallet"] = Got(_scoped(total, "wallet"), None, _scoped(total, "n_known"))
    if base.has("order_conversion"):
        total = base.table("order_conversion", "total")
        out["order_conversion"] = Got(pd.Series({"": float(total["conv_total"].iloc[0])}), None, pd.Series({"": float(total["n_requests"].iloc[0])}))
    if base.has("nps"):
        main = base.table("nps")
        out["nps"] = Got(_scoped(main, "nps_client"), None, _scoped(main, "n_clients"))
    return {name: got for name, got in out.items() if len(got.now)}


def _coverage(base: Any) -> dict[str, Got]:
    """Touches against norm: what is over the norm of one client does not feed another."""
    if not base.has("touches"):
        return {}
    main = base.table("touches")
    main = main[main["norm"].notna()]
    done, norm = (_kept(main, main[columns].astype("float64").min(axis=1)) for columns in (["fact", "norm"], ["norm"]))
    return {"touch_coverage": Got(ratio(done, norm))}


# ------------------------------------------------------------------ from the tables of the company
def _overdue(base: Any) -> dict[str, Got]:
    """Overdue / open credit debt at the last snapshot of each period."""
    debts = base.facts.others.get("receivables")
    if debts is None:
        return {}
    debts = debts[debts["terms"].fillna("credit") == "credit"] if "terms" in debts else debts
    now, before = (_overdue_at(debts, period, base) for period in (base.period, base.previous))
    return {"overdue_share": Got(now, before)} if now is not None else {}


def _overdue_at(debts: pd.DataFrame, period: Period, base: Any) -> pd.Series | None:
    past = debts[debts["snapshot_date"] < pd.Timestamp(period.end)]
    if past.empty:
        return None
    last = past[past["snapshot_date"] == past["snapshot_date"].max()]
    last = last.assign(manager_id=last["client_id"].map(base.card().set_index("client_id")["manager_id"]))
    late = last["open_amount"].where(last["due_date"] < last["snapshot_date"], 0.0)
    return ratio(_kept(last, late), _kept(last, last["open_amount"]))


def planned(base: Any, metric: str = "amount") -> pd.Series | None:
    """Plan of the period by manager, and "" of all; None where nobody's plan covers it.

    A sum that leaves months out is no target for the sales of all months: a manager's plan counts where he has one in every
    month of the period, the company's where every month is planned and nobody sells in a month that is not planned for him.
    """
    if base.facts.others.get("plans") is None or (metric == "amount" and not _comparable(base)):
        return None
    months = months_of(base.period)
    days = base.facts.order_days[base.facts.order_days["manager_id"].notna()]
    lines = governing(plan_lines(base.facts, base.period, metric))
    lines = lines[lines["manager_id"].isin(days["manager_id"])]  # a plan of somebody who sells nowhere is a wrong code, not a zero
    by = lines.groupby(KEY)["plan_amount"].sum().unstack().reindex(columns=months)
    sold = days[base.period.mask(days["date"])].assign(month=lambda d: d["date"].dt.strftime("%Y-%m"))
    out = by.dropna().sum(axis=1)
    if by.notna().any().all() and pd.MultiIndex.from_frame(sold[KEY]).isin(pd.MultiIndex.from_frame(lines[KEY])).all():
        out[""] = by.sum().sum()
    return out if len(out) else None


def _comparable(base: Any) -> bool:
    """False where the plan-report is missing, or finds that plan and sales cannot be of the same thing."""
    return base.has("plan_report") and base.measure("plan_report").status != MethodStatus.INSUFFICIENT


def _plan(base: Any) -> dict[str, Got]:
    """Fulfilment as the plan-report says it: months with a plan only."""
    if not _comparable(base):
        return {}
    total = base.table("plan_report", "total")
    keys = total["manager_id"].astype(object).where(total["manager_id"].notna(), "")
    return {"plan_fulfilment": Got(pd.Series(total["fulfilment"].to_numpy("float64"), index=keys))}


# ------------------------------------------------------------------ by months
def monthly(base: Any, key: str | None = None) -> pd.DataFrame:
    """key, month, amount, active_clients, orders, frequency, avg_check of the 12 complete months that end with P."""
    end = base.period.end if base.period.end.day == 1 else base.period.end.replace(day=1)
    starts = [m for i in range(-12, 0) if (m := add_months(end, i)) >= base.company_facts.history_start]
    if not starts:
        return pd.DataFrame(columns=["key", "month", "amount", "active_clients", "orders", "frequency", "avg_check"])
    window = Period(starts[0], end, len(starts), "")
    found = activity_by_month(base, window, key)
    keys = pd.Index([""]) if key is None else pd.Index(sorted(found["key"].unique())).difference([""])
    full = pd.MultiIndex.from_product([keys, pd.to_datetime(starts).astype("datetime64[s]")], names=["key", "month"])
    out = found.set_index(["key", "month"]).reindex(full).fillna(0.0).reset_index()
    out["month"] = out["month"].dt.strftime("%Y-%m")
    out["frequency"], out["avg_check"] = ratio(out["orders"], out["active_clients"]), ratio(out["active_amount"], out["orders"])
    return out.astype({"active_clients": "int64", "orders": "int64"})[["key", "month", "amount", "active_clients", "orders", "frequency", "avg_check"]]


def activity_by_month(base: Any, window: Period, key: str | None) -> pd.DataFrame:
    """key, month and sums of a month's clients; active in a month: positive net sales and an order in that month."""
    days = base.facts.order_days[window.mask(base.facts.order_days["date"])]
    texts = pd.Series("", index=days.index, dtype="str") if key is None else days[key].astype("str").where(days[key].notna(), "")
    who, names = pd.factorize(texts, sort=True)
    month, starts = pd.factorize(month_of(days["date"]), sort=True)
    pairs = pd.MultiIndex.from_product([names, starts], names=["key", "month"])
    sums = totals(activity_of(days, who * len(starts) + month, pd.Index([str(i) for i in range(len(pairs))])))
    at = pairs[sums.index.astype("int64")]
    return pd.DataFrame({"key": at.get_level_values(0), "month": at.get_level_values(1), "amount": sums["all_amount"].to_numpy(), "active_clients": sums["clients"].to_numpy("float64"),
                         "orders": sums["orders"].to_numpy("float64"), "active_amount": sums["amount"].to_numpy()})
