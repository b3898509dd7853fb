"""M3.8 Коэффициент удержания клиентов / Retention: CRR, GRR, NRR, churn.

Question   What part of last period's clients and money stayed?
In         facts: net sales and activity of P-1 and P; abc thresholds (class of P-1); frequency (rhythm against the period);
           clients (segment, status_manual, lost_reason: optional)
Out        main: company, managers (keepers at the start of P), classes of P-1, segments; lost; rolling: by month end;
           cohorts of the first order by month of age
Formula    CRR = |active P-1 ∩ active P| / |active P-1|; churn = 1 − CRR; GRR = Σ retained min(S P-1, S P) / Σ S P-1;
           NRR = Σ retained S P / Σ S P-1. Identity: S(P) = NRR · S(P-1) + new + returned + returns_only, asserted
Edge       clients new inside P-1 lift NRR: `*_full` without them where they hold > 10 %; naive (E − N)/S only as a control;
           a period shorter than two rhythms → insufficient; closed legal entities are counted apart, not removed
Source     book 3.8 [000:64]; naive formula [S12]; windows and borders [OURS]; intervals METHODS 1.19
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts import pareto
from kbreport.facts.facts import month_of
from kbreport.facts.intervals import jackknife_ratio, wilson
from kbreport.facts.managers import kept_by_card
from kbreport.facts.period import add_months
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.words import N_, _, listed, money, n_, number, percent, scale_of


class Retention(Method):
    number: ClassVar[str] = "M3.8"
    section: ClassVar[str] = "3.8"
    title: ClassVar[str] = N_("Удержание клиентов")
    question: ClassVar[str] = N_("Какая часть клиентов и денег прошлого периода осталась?")
    uses: ClassVar[tuple[str, ...]] = ("abc", "frequency")
    optional_inputs: ClassVar[tuple[str, ...]] = ("clients",)
    columns: ClassVar = {
        "main": cols("scope key n_prev n_retained n_lost n_new n_returned n_closed crr crr_ci_low crr_ci_high churn base_amount retained_amount grr nrr nrr_ci_low nrr_ci_high "
                     "grr_full nrr_full naive_crr status", n_prev=N_("Было клиентов"), n_retained=N_("Осталось"), n_lost=N_("Ушло"), n_new=N_("Новых"), n_returned=N_("Вернулось"),
                     n_closed=N_("Из ушедших закрылось"), crr=N_("Удержание клиентов"), crr_ci_low=("share", N_("Удержание клиентов от")), crr_ci_high=("share", N_("Удержание клиентов до")),
                     churn=N_("Отток"), base_amount=N_("Продажи им раньше"), retained_amount=N_("Продажи оставшимся"), grr=N_("Удержание денег без роста"), nrr=N_("Удержание денег"),
                     nrr_ci_low=("share", N_("Удержание денег от")), nrr_ci_high=("share", N_("Удержание денег до")), grr_full=("share", N_("Без роста, полный год")),
                     nrr_full=("share", N_("Удержание денег, полный год")), naive_crr=("share", N_("По учебнику (E − N)/S"))),
        "lost": cols(f"{CL} amount_prev last_order_date lost_reason", lost_reason=("text", N_("Причина ухода"))),
        "rolling": cols("month window_months crr grr nrr", window_months=("count", N_("Окно, месяцев")), crr=N_("Удержание клиентов"), grr=N_("Удержание денег без роста"), nrr=N_("Удержание денег")),
        "cohorts": cols("cohort_month age_months n_start n_active active_share amount is_open", cohort_month=("month", N_("Месяц первого заказа")), age_months=("count", N_("Возраст, месяцев")),
                        n_start=N_("Пришло"), n_active=N_("Покупали"), active_share=N_("Доля"), is_open=N_("Месяц неполный")),
    }
    titles: ClassVar = {"main": N_("Удержание"), "lost": N_("Ушедшие клиенты"), "rolling": N_("Удержание по месяцам"), "cohorts": N_("Когорты")}

    window_months: int = setting(12, source="OURS", help=N_("окно скользящего удержания, месяцев"), ge=1, le=36)
    rolling_t_months: int = setting(3, source="OURS", help=N_("короткое окно для частых покупок, месяцев"), ge=1, le=12)
    partial_base_share: float = setting(0.10, source="OURS", help=N_("с какой доли новичков прошлого периода показываем удержание без них"), ge=0, le=1)
    min_rhythms: float = setting(2, source="OURS", help=N_("период не короче стольких ритмов"), ge=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        clients = _clients(base)
        frames = [_scope(clients, "company", None, self, base)]
        frames += [_scope(clients, name, name, self, base) for name in ("manager_id", "class", "segment") if clients[name].notna().any()]
        main = pd.concat(frames, ignore_index=True)[[c.name for c in self.columns["main"]]]
        _identity(clients, base)
        tables = {"main": main, "lost": _lost(clients, base), "rolling": self._rolling(base), "cohorts": _cohorts(base)}
        reason = self._too_short(base)
        if base.comparison == "insufficient":
            reason = _("истории меньше двух периодов: сравнить не с чем")
        if reason:
            main["status"] = str(MethodStatus.INSUFFICIENT)
            return Measured(tables, MethodStatus.INSUFFICIENT, reason)
        return Measured(tables, MethodStatus(main.loc[0, "status"]))

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        main = company["main"]
        own = main[(main["scope"] == "manager_id") & (main["key"] == base.manager)].reset_index(drop=True)
        lost = company["lost"][company["lost"]["client_id"].isin(base.card()["client_id"])].reset_index(drop=True)
        return {"main": own, "lost": lost, "cohorts": _cohorts(base)}

    def _too_short(self, base: Base) -> str:
        if not base.has("frequency"):
            return ""
        own = base.table("frequency").query("rhythm_status == 'ok'")["median_interval_days"]
        days = (base.period.end - base.period.start).days
        if len(own) and own.median() * self.min_rhythms > days:
            return _("ритм заказов {r} дн. слишком редок для периода в {d} дн.").format(r=number(own.median()), d=number(days))
        return ""

    def _rolling(self, base: Base) -> pd.DataFrame:
        """CRR, GRR, NRR at the month ends of the last two years whose two windows lie inside the history."""
        amount, orders, months = _month_grid(base)
        rows = []
        for window in dict.fromkeys((self.window_months, self.rolling_t_months)):
            sums, counts = _windows(amount, window), _windows(orders, window)
            active = (sums > 1e-9) & (counts > 0)
            for t in range(max(2 * window - 1, len(months) - 24), len(months)):
                rows.append((months[t], window, *_rates(sums[:, t - window], sums[:, t], active[:, t - window], active[:, t])))
        return pd.DataFrame(rows, columns=["month", "window_months", "crr", "grr", "nrr"])

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        if tables["main"].empty or base.comparison == "insufficient" or tables["lost"].empty:
            return []
        row, lost = tables["main"].iloc[0], tables["lost"]
        text = n_("Ушёл {n} клиент из {all}: приносил {x} за прошлый период", "Ушли {n} клиентов из {all}: приносили {x} за прошлый период", len(lost), all=number(row["n_prev"]),
                  x=money(lost["amount_prev"].sum(), base.facts.currency))
        detail = _("Самые крупные: {list}.").format(list=listed(list(lost["client_name"]), 3))
        return [Finding("retention.lost", FindingLevel.WATCH, text, detail, fact=_plain(row["crr"]), money=round(float(lost["amount_prev"].sum()), 2), basis=_("продажи прошлого периода"),
                        clients=tuple((c, round(float(a), 2)) for c, a in zip(lost["client_id"], lost["amount_prev"])), values={"n": len(lost), "n_prev": int(row["n_prev"])})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        if main.empty or not main.iloc[0]["n_prev"]:
            return [page.section(_("Удержание не посчитано: в прошлом периоде нет клиентов"), id="retention", kicker=kicker(self))]
        row = main.iloc[0]
        if base.comparison == "insufficient":
            return [page.section(_("Удержание пока не видно: истории меньше двух периодов"), id="retention", kicker=kicker(self))]
        title = _("Удержано {crr} клиентов и {nrr} денег").format(crr=percent(row["crr"]), nrr=percent(row["nrr"], 1))
        lead = _("Из {all} клиентов прошлого периода остались {n}. Без учёта роста у оставшихся удержано {grr} денег.").format(
            all=number(row["n_prev"]), n=number(row["n_retained"]), grr=percent(row["grr"], 1))
        blocks = [page.section(title, id="retention", kicker=kicker(self), lead=lead)]
        blocks += _line(tables.get("rolling"), self) + [_scope_table(main, base)] + _lost_table(tables["lost"], base) + _notes(row, main, base)
        return blocks


# ------------------------------------------------------------------ numbers
def _clients(base: Base) -> pd.DataFrame:
    """One row per client with sales in P-1 or P: s0, s1, active before/now, kind of arrival, scopes."""
    facts, p, q = base.facts, base.period, base.previous
    s0, s1 = facts.net_sales(q), facts.net_sales(p)
    out = pd.DataFrame({"s0": s0, "s1": s1}).rename_axis("client_id")
    out["known0"], out["known1"] = out["s0"].notna(), out["s1"].notna()
    out[["s0", "s1"]] = out[["s0", "s1"]].fillna(0.0)  # no rows in the period: nothing was sold, a true zero
    out["a0"], out["a1"] = out.index.isin(facts.active(q)), out.index.isin(facts.active(p))
    first = facts.first_order.reindex(out.index)
    out["is_new"] = out["a1"] & ~out["a0"] & ~(first < pd.Timestamp(p.start))
    out["is_back"] = out["a1"] & ~out["a0"] & (first < pd.Timestamp(p.start))
    out["is_late_start"] = first >= pd.Timestamp(add_months(q.start, 1))  # new inside P-1: only part of it in the denominator
    abc = base.settings("abc")
    out["class"] = pareto.classes(s0, abc.a, abc.b, abc.rule).reindex(out.index)
    out["manager_id"] = facts.manager_at(p.start - timedelta(days=1)).reindex(out.index)
    cards = facts.clients.set_index("client_id")
    out["segment"] = cards["segment"].reindex(out.index) if "segment" in cards else None
    out["is_closed"] = (cards["status_manual"].reindex(out.index) == "closed") if "status_manual" in cards else False
    return out


def _scope(clients: pd.DataFrame, scope: str, by: str | None, method: Retention, base: Base) -> pd.DataFrame:
    groups = [(None, clients)] if by is None else list(clients.groupby(by, observed=True))
    return pd.DataFrame([{"scope": scope, "key": key} | _row(group, method, base) for key, group in groups])


def _row(c: pd.DataFrame, method: Retention, base: Base) -> dict:
    before = c[c["a0"]]
    kept = before[before["a1"]]
    n, k = len(before), len(kept)
    base_amount, kept_amount = before["s0"].sum(), kept["s1"].sum()
    low, high = wilson(k, n)
    gained = before["s1"].where(before["a1"], 0.0).to_numpy()
    nrr_low, nrr_high, _se = jackknife_ratio(gained, before["s0"].to_numpy(), base.parameters.min_jackknife)
    full = before[~before["is_late_start"]]
    partial = n and before.loc[before["is_late_start"], "s0"].sum() > method.partial_base_share * base_amount + 1e-9
    new, back = int(c["is_new"].sum()), int(c["is_back"].sum())
    return {"n_prev": n, "n_retained": k, "n_lost": n - k, "n_new": new, "n_returned": back, "n_closed": int((before["is_closed"] & ~before["a1"]).sum()),
            "crr": _ratio(k, n), "crr_ci_low": low, "crr_ci_high": high, "churn": _ratio(n - k, n), "base_amount": base_amount, "retained_amount": kept_amount,
            "grr": _ratio(kept[["s0", "s1"]].min(axis=1).sum(), base_amount), "nrr": _ratio(kept_amount, base_amount), "nrr_ci_low": nrr_low, "nrr_ci_high": nrr_high,
            "grr_full": _ratio(full.loc[full["a1"], ["s0", "s1"]].min(axis=1).sum(), full["s0"].sum()) if partial else np.nan,
            "nrr_full": _ratio(full.loc[full["a1"], "s1"].sum(), full["s0"].sum()) if partial else np.nan,
            "naive_crr": _ratio(k + back, n), "status": "ok" if n >= base.parameters.min_denominator else "weak"}


def _ratio(a: float, b: float) -> float:
    return float(a) / float(b) if b else np.nan


def _plain(x: float) -> float | None:
    return None if pd.isna(x) else round(float(x), 6)


def _identity(c: pd.DataFrame, base: Base) -> None:
    """S(P) = NRR · S(P-1) + new + returned + returns_only; clients: new + returned − lost = change of active."""
    parts = c.loc[c["a0"] & c["a1"], "s1"].sum() + c.loc[c["is_new"], "s1"].sum() + c.loc[c["is_back"], "s1"].sum() + c.loc[~c["a1"], "s1"].sum()
    whole = c["s1"].sum()
    assert abs(parts - whole) < 0.005 + 1e-9 * abs(whole), "retention: the money identity does not hold"
    change = int(c["is_new"].sum() + c["is_back"].sum() - (c["a0"] & ~c["a1"]).sum())
    assert change == int(c["a1"].sum() - c["a0"].sum()), "retention: the client identity does not hold"


def _lost(clients: pd.DataFrame, base: Base) -> pd.DataFrame:
    gone = clients[clients["a0"] & ~clients["a1"]]
    card = base.card().set_index("client_id").reindex(gone.index).reset_index()
    card["amount_prev"] = gone["s0"].to_numpy()
    card["last_order_date"] = base.facts.last_order.reindex(card["client_id"]).to_numpy()
    cards = base.facts.clients.set_index("client_id")
    card["lost_reason"] = cards["lost_reason"].reindex(card["client_id"]).to_numpy() if "lost_reason" in cards else None
    return card.sort_values(["amount_prev", "client_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _month_grid(base: Base) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(net sales, orders) as client × month arrays over all complete months, and the months."""
    facts = base.facts
    end = pd.Timestamp(facts.as_of.date)
    last = end if end.is_month_end else end - pd.offsets.MonthEnd(1)
    months = pd.period_range(facts.history_start, last, freq="M")
    cm = facts.client_months
    at = (cm["month"].to_numpy().astype("datetime64[M]") - np.datetime64(months[0].strftime("%Y-%m"), "M")).astype(int) if len(months) else np.array([], int)
    codes, clients = pd.factorize(cm["client_id"])
    amount, orders = np.zeros((len(clients), len(months))), np.zeros((len(clients), len(months)))
    use = at < len(months)
    np.add.at(amount, (codes[use], at[use]), cm["amount"].to_numpy()[use])
    np.add.at(orders, (codes[use], at[use]), cm["n_orders"].to_numpy()[use])
    return amount, orders, [m.strftime("%Y-%m") for m in months]


def _windows(grid: np.ndarray, window: int) -> np.ndarray:
    """Sums of the `window` months ending with each month (fewer at the start)."""
    total = np.cumsum(grid, axis=1)
    out = total.copy()
    out[:, window:] -= total[:, :-window]
    return out


def _rates(s0: np.ndarray, s1: np.ndarray, a0: np.ndarray, a1: np.ndarray) -> tuple[float, float, float]:
    kept = a0 & a1
    return _ratio(kept.sum(), a0.sum()), _ratio(np.minimum(s0, s1)[kept].sum(), s0[a0].sum()), _ratio(s1[kept].sum(), s0[a0].sum())


def _cohorts(base: Base) -> pd.DataFrame:
    """Cohorts of the month of the first order; those whose beginning the history may hide stay out (METHODS 1.20)."""
    facts = base.facts
    names = [c.name for c in Retention.columns["cohorts"]]
    first = month_of(facts.first_order)
    cohort = pd.Series(first, index=facts.first_order.index)
    cohort = cohort[cohort >= pd.Timestamp(add_months(base.company_facts.history_start, base.parameters.lookback))]
    cm = facts.client_months[facts.client_months["client_id"].isin(cohort.index)].copy()
    if cm.empty:
        return pd.DataFrame({n: pd.Series(dtype="object") for n in names})
    cm["cohort"] = cm["client_id"].map(cohort)
    cm["age"] = (cm["month"].to_numpy().astype("datetime64[M]") - cm["cohort"].to_numpy().astype("datetime64[M]")).astype(int)
    cm = cm[cm["age"] >= 0]
    live = cm[cm["n_orders"] > 0].groupby(["cohort", "age"])["client_id"].nunique()
    money_by = cm.groupby(["cohort", "age"])["amount"].sum()
    size = cohort.value_counts()
    as_of = pd.Timestamp(facts.as_of.date)
    rows = [(c, a) for c in sorted(size.index) for a in range((as_of.year - c.year) * 12 + as_of.month - c.month + 1)]
    out = pd.DataFrame(rows, columns=["cohort", "age_months"])
    key = pd.MultiIndex.from_frame(out)
    out["n_start"], out["n_active"] = out["cohort"].map(size).to_numpy(), live.reindex(key).fillna(0).astype("int64").to_numpy()
    out["active_share"], out["amount"] = out["n_active"] / out["n_start"], money_by.reindex(key).fillna(0.0).to_numpy()
    open_month = not as_of.is_month_end
    out["is_open"] = open_month & ((out["cohort"].dt.year * 12 + out["cohort"].dt.month + out["age_months"]) == as_of.year * 12 + as_of.month)
    out["cohort_month"] = out["cohort"].dt.strftime("%Y-%m")
    return out[names]


# ------------------------------------------------------------------ page
def _line(rolling: pd.DataFrame | None, method: Retention) -> list[dict]:
    long = rolling[rolling["window_months"] == method.window_months] if rolling is not None else pd.DataFrame()
    if len(long) < 4:
        return []
    labels = list(long["month"])
    values = (long["nrr"] * 100).tolist()
    wide, phone = charts.both(lambda w: charts.line(values, labels, name=_("деньги"), before=(long["crr"] * 100).tolist(), before_name=_("клиенты"), unit="%", w=w), "retention-line")
    last, start = long["nrr"].iloc[-1], long["nrr"].iloc[0]
    said = _("Удержание денег выросло с {a} до {b}") if last > start + 0.005 else _("Удержание денег упало с {a} до {b}") if last < start - 0.005 else _("Удержание денег держится около {b}")
    return [page.fig("retention-line", wide, phone=phone, headline=said.format(a=percent(start), b=percent(last)),
                     subtitle=_("Удержание за {n} месяцев на конец месяца, %").format(n=number(method.window_months)), alt=_("Линии удержания денег и клиентов по месяцам"))]


def _scope_table(main: pd.DataFrame, base: Base) -> dict:
    names = {"company": lambda r: _("Компания"), "manager_id": lambda r: base.manager_name(r.key), "class": lambda r: _("Класс {k} прошлого периода").format(k=r.key), "segment": lambda r: str(r.key)}
    small = base.parameters.min_denominator
    rows, scale = [], scale_of(main["base_amount"], base.facts.currency)
    for r in main[main["scope"].isin(["company", "manager_id", "class"]) & (main["n_prev"] > 0)].itertuples():
        tone = None if r.n_prev < small or pd.isna(r.nrr) else "good" if r.nrr >= 1 else "bad" if r.nrr < 0.9 else None
        rows.append([page.cell(names[r.scope](r), strong=r.scope == "company" or None), _("{k} из {n}").format(k=number(r.n_retained), n=number(r.n_prev)), percent(r.crr) if r.n_prev >= small else "—",
                     page.cell(percent(r.nrr, 1), tone=tone), percent(r.grr, 1), scale.text(r.base_amount)])
    head = [page.col(_("Разрез"), cls="h"), page.col(_("Остались"), num=True, w=26), page.col(_("Клиенты, %"), num=True, w=22), page.col(_("Деньги, %"), num=True, w=24),
            page.col(_("Без роста, %"), num=True, w=24), page.col(_("Было продаж"), num=True, w=28)]
    return page.table(head, rows, title=_("Удержание: компания, менеджеры, классы"), unit=scale.unit or None, sheet="retention", dense=True,
                      note=_("Менеджер — кто вёл клиента в начале периода. Доля клиентов при базе меньше {n} не печатается: только счёт.").format(n=number(small)))


def _lost_table(lost: pd.DataFrame, base: Base) -> list[dict]:
    if lost.empty:
        return []
    from kbreport.words import day

    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), day(r.last_order_date), money(r.amount_prev, base.facts.currency)]
            for r in lost.head(8).itertuples()]
    return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("Последний заказ"), num=True, w=34), page.col(_("Прошлый период"), num=True, w=36)], rows,
                       title=_("Кто ушёл: самые крупные"), sheet="retention.lost", dense=True, cards=True)]


def _notes(row: pd.Series, main: pd.DataFrame, base: Base) -> list[dict]:
    said = []
    if (main["scope"] == "manager_id").any() and (warning := kept_by_card(base.facts, base.period.start - timedelta(days=1), base.facts.active(base.previous))):
        said.append(warning)
    if not pd.isna(row["nrr_ci_low"]):
        said.append(_("Удержание денег {x}; с теми же клиентами и обычной удачей могло быть от {a} до {b}.").format(x=percent(row["nrr"], 1), a=percent(row["nrr_ci_low"]), b=percent(row["nrr_ci_high"])))
    if not pd.isna(row["nrr_full"]):
        said.append(_("Без клиентов, пришедших по ходу прошлого периода: {x}.").format(x=percent(row["nrr_full"], 1)))
    if not pd.isna(row["naive_crr"]) and abs(row["naive_crr"] - row["crr"]) > 0.005:
        said.append(_("Учебная формула (E − N)/S дала бы {x}: она не отличает вернувшихся от оставшихся.").format(x=percent(row["naive_crr"])))
    return [page.note(" ".join(said))] if said else []


