"""M5.1 Оплата клиентского менеджера / Pay model and coefficients, and its replay over the last twelve months.

Question   How much has each manager earned under the scheme, and who gains or loses against today's pay?
In         plans, facts.order_days (12 + 24 months); receivables, managers (hired, fired), client_manager_history,
           price_requests, daily_report, touches optional;
           the scheme: settings base and bonus_target, or company.yml `norms.pay_schemes` (see ch5/_schemes.py)
Out        main: a row per manager for the last whole month of P; simulation: 12 months under two schemes; fund: month ×
           scheme; gaming: signs that pay is being played for
Formula    pay = base + bonus_target × K_plan × K_ret × K_debt × K_disc + extras; K_plan = 0 below plan_min, else the
           fulfilment up to plan_cap; K_ret by NRR of the opening portfolio over 12 months; product within 0…k_max;
           extras = fixed sums of the scheme + sales_rate × own sales of the month
Edge       no plan → K_plan NA, base + extras, insufficient; any other K without data = 1, row weak; newcomer → guaranteed_k;
           part of a month worked → base and target by days; portfolio handed over (client_manager_history) → target by the
           days with clients in hand, the plan stays as it was set; a bad scheme → refused, every mistake named; correlation of
           pay with the NRR of the next 12 months: from 8 managers, empty until those months are over (P ends a year before as_of);
           the sign late_discount needs price_requests with given_discount, list prices do not reach the facts
Source     book 5.1 [000:104-106], values [UNSOURCED]; [S19]; rotation [004:117]; coefficients [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch5 import _pay
from kbreport.ch5._schemes import PayScheme, schemes
from kbreport.facts.facts import exact_sum, looked_up
from kbreport.facts.intervals import Z
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, money, month, n_, number, percent, scale_of, unit

MONTHS = 12
FEWEST = 8  # managers for a correlation of pay with next year's retention (M5.1)
LAST_DAYS = 3  # «end of the month» for the shifting sign [OURS]
FACTORS = {"plan": N_("план"), "ret": N_("удержание"), "debt": N_("просрочка"), "disc": N_("дисциплина")}


class KmPay(Method):
    number: ClassVar[str] = "M5.1"
    section: ClassVar[str] = "5.1.1"
    title: ClassVar[str] = N_("Оплата клиентского менеджера")
    question: ClassVar[str] = N_("Сколько заработал каждый менеджер и за что платит схема?")
    inputs: ClassVar[tuple[str, ...]] = ("orders", "plans", "manager_id")
    uses: ClassVar[tuple[str, ...]] = ("plan_report", "daily_report", "touches")
    optional_inputs: ClassVar[tuple[str, ...]] = ("receivables", "managers", "client_manager_history", "price_requests")
    columns: ClassVar = {
        "main": cols("manager_id manager_name month base_amount bonus_target_amount plan_fulfilment k_plan nrr k_ret overdue_share k_debt discipline_share k_disc k_total extras_amount pay_amount status",
                     manager_name=("text", N_("Имя")), base_amount=N_("Оклад"), bonus_target_amount=N_("Цель бонуса"), plan_fulfilment=("share", N_("Выполнение плана")), k_plan=N_("K плана"),
                     nrr=N_("Удержание денег"), k_ret=N_("K удержания"), overdue_share=N_("Доля просрочки"), k_debt=N_("K долга"), discipline_share=N_("Дисциплина"), k_disc=N_("K дисциплины"),
                     k_total=N_("K итог"), extras_amount=N_("Доплаты"), pay_amount=N_("Оплата")),
        "simulation": cols("month manager_id pay_amount pay_current_amount diff_amount", pay_amount=N_("Оплата по схеме"), pay_current_amount=N_("Нынешняя оплата"), diff_amount=N_("Разница")),
        "fund": cols("month scheme fund_amount margin fund_share spearman_next_nrr n_managers ci_low ci_high", scheme=("text", N_("Схема")), fund_amount=N_("Фонд оплаты"), margin=("money", N_("Маржа")),
                     fund_share=N_("Фонд к марже"), spearman_next_nrr=("ratio", N_("Связь с удержанием следующего года")), n_managers=N_("Менеджеров"),
                     ci_low=("ratio", N_("Связь от")), ci_high=("ratio", N_("Связь до"))),
        "gaming": cols("manager_id month sign value norm", sign=("text", N_("Признак")), value=("ratio", N_("Значение")), norm=("ratio", N_("У компании"))),
    }
    titles: ClassVar = {"main": N_("Оплата за месяц"), "simulation": N_("Двенадцать месяцев по двум схемам"), "fund": N_("Фонд оплаты"), "gaming": N_("Признаки игры с показателями")}

    base: float | None = setting(None, source="company", help=N_("оклад за полный месяц"), ge=0)
    bonus_target: float | None = setting(None, source="company", help=N_("бонус за месяц, когда все коэффициенты равны 1"), ge=0)
    plan_min: float = setting(0.7, source="OURS", help=N_("ниже этого выполнения плана бонуса нет"), ge=0)
    plan_cap: float = setting(1.2, source="OURS", help=N_("выше этого выполнение плана не засчитывается"), gt=0)
    ret_borders: tuple[float, ...] = setting((0.9, 1.0, 1.1), source="OURS", help=N_("границы удержания денег"))
    ret_k: tuple[float, ...] = setting((0.8, 1.0, 1.1, 1.2), source="OURS", help=N_("коэффициенты удержания"))
    debt_borders: tuple[float, ...] = setting((0.05, 0.15), source="OURS", help=N_("границы доли просрочки"))
    debt_k: tuple[float, ...] = setting((1.0, 0.9, 0.7), source="OURS", help=N_("коэффициенты долга"))
    disc_borders: tuple[float, ...] = setting((0.95, 0.80), source="OURS", help=N_("границы дисциплины, от лучшей"))
    disc_k: tuple[float, ...] = setting((1.0, 0.9, 0.8), source="OURS", help=N_("коэффициенты дисциплины"))
    k_max: float = setting(1.6, source="OURS", help=N_("предел произведения коэффициентов"), gt=0)
    newcomer_months: int = setting(3, source="OURS", help=N_("сколько месяцев новичку гарантирован бонус"), ge=0)
    guaranteed_k: float = setting(1.0, source="OURS", help=N_("коэффициент новичка"), ge=0)
    rotation_months: int = setting(3, source="004:117", help=N_("раз во сколько месяцев менять показатели"), ge=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        tried, now = schemes(base.company.norms.get("pay_schemes"), self.model_dump())
        rows = _pay.facts_of_pay(base, MONTHS)
        if rows.empty:
            from kbreport.errors import MethodRefused

            raise MethodRefused(N_("Оплату считать не за что: в периоде нет ни одного полного месяца с продажами менеджеров."))
        paid, before = _pay.pay(rows, tried), _pay.pay(rows, now) if now else None
        last = paid[paid["month"] == rows["month"].max()]
        main = last.assign(manager_name=last["manager_id"].map(base.manager_name))[[c.name for c in self.columns["main"]]].reset_index(drop=True)
        tables = {"main": main, "simulation": _simulation(paid, before), "fund": _fund(paid, before, tried, now, base), "gaming": _gaming(rows, base)}
        return Measured(tables, *self._status(main, base))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """His rows of main, simulation and gaming; the fund is the company's."""
        tables = {name: company[name][company[name]["manager_id"] == base.manager].reset_index(drop=True) for name in ("main", "simulation", "gaming")}
        return Measured(tables, *self._status(tables["main"], base))

    def _status(self, main: pd.DataFrame, base: Base) -> tuple[MethodStatus, str]:
        if apart := _apart(base):
            return MethodStatus.INSUFFICIENT, apart
        without = int((main["status"] == "insufficient").sum())
        if without:
            return MethodStatus.WEAK, n_("у {n} менеджера нет плана: бонус не посчитан", "у {n} менеджеров нет плана: бонус не посчитан", without)
        missing = [_(FACTORS[k]) for k in ("ret", "debt", "disc") if main[_pay.SHARE[k]].isna().any()]
        return (MethodStatus.WEAK, _("нет данных для части коэффициентов, они равны 1: {list}").format(list=", ".join(missing))) if missing else (MethodStatus.OK, "")

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        if main.empty or _apart(base):
            return []
        return [self._his(main.iloc[0], base)] if base.manager is not None else self._replayed(tables, base)

    def _his(self, r: pd.Series, base: Base) -> Finding:
        lost = _lost_to_debt(r, self.k_max)
        text = _("За месяц {pay}").format(pay=money(r["pay_amount"], base.facts.currency, digits=0, scale=""))
        detail = _("Потеряно из-за просрочки {x}; без неё было бы {y}.").format(x=money(lost, base.facts.currency, scale=""), y=money(r["pay_amount"] + lost, base.facts.currency, scale="")) if lost > 0.5 else ""
        return Finding("km_pay.month", FindingLevel.INFO, text, detail, fact=round(float(r["pay_amount"]), 2), values={"lost_to_debt": round(lost, 2)})

    def _replayed(self, tables: Tables, base: Base) -> list[Finding]:
        sim = tables["simulation"]
        if sim["pay_current_amount"].isna().all():
            return []
        by = sim.groupby("manager_id")["diff_amount"].sum()
        diff, months = float(by.sum()), sim["month"].nunique()
        text = _("По новой схеме фонд оплаты за {n} мес. был бы {x}").format(n=number(months), x=_more_or_less(diff, base))
        detail = _("Выиграли бы {a}, потеряли бы {b} из {n} менеджеров.").format(a=number((by > 0.5).sum()), b=number((by < -0.5).sum()), n=number(len(by)))
        return [Finding("km_pay.replay", FindingLevel.INFO, text, detail, action=_("До запуска показать каждому его двенадцать месяцев по обеим схемам"), who=_("руководитель отдела продаж"),
                        fact=round(float(sim["pay_amount"].sum()), 2), baseline=round(float(sim["pay_current_amount"].sum()), 2), gap=round(diff, 2))]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        if main.empty:
            return [page.section(_("Оплата за месяц не посчитана: в нём нет работавших менеджеров"), id="km_pay", kicker=kicker(self))]
        if apart := _apart(base):
            return [page.section(_("Оплату по этому плану считать нельзя"), id="km_pay", kicker=kicker(self)), page.problem(_("Что не так"), f"{apart[0].upper()}{apart[1:]}.")]
        fund, fixed = main["pay_amount"].sum(), main["base_amount"].sum()
        when = month(pd.Timestamp(main["month"].iloc[0]))
        title = _("За {month} по схеме — {x}, из них оклады {y}").format(month=when, x=money(fund, base.facts.currency), y=money(fixed, base.facts.currency)) \
            if base.manager is None else _("За {month} — {x}").format(month=when, x=money(fund, base.facts.currency, scale=""))
        lead = _("Оплата = оклад + цель бонуса × план × удержание × долг × дисциплина. Коэффициенты — норма kbreport, схему задаёт компания.")
        blocks = [page.section(title, id="km_pay", kicker=kicker(self), lead=lead), *_waterfall(main, base), _pay_table(main, base), *_replay_table(tables["simulation"], base)]
        blocks += _fund_note(tables.get("fund"), base) + _gaming_note(tables["gaming"], base)
        blocks.append(page.action([(_("Раз в {n} мес. менять один показатель схемы, чтобы не работали только на него").format(n=number(self.rotation_months)), _("руководитель отдела продаж · ежеквартально"))]))
        return blocks


# ------------------------------------------------------------------ numbers
def _apart(base: Base) -> str:
    """Why plan and sales cannot be of the same thing (the plan report says); empty where they can."""
    if not base.has("plan_report"):
        return ""
    report = base.measure("plan_report")
    return report.reason if report.status == MethodStatus.INSUFFICIENT else ""


def _simulation(paid: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    out = paid[["month", "manager_id", "pay_amount"]].copy()
    out["pay_current_amount"] = before["pay_amount"] if before is not None else np.nan
    out["diff_amount"] = out["pay_amount"] - out["pay_current_amount"]
    return out.reset_index(drop=True)


def _fund(paid: pd.DataFrame, before: pd.DataFrame | None, tried: PayScheme, now: PayScheme | None, base: Base) -> pd.DataFrame:
    """Pay of all by month and scheme against the company's margin of the month (NA where any margin is unknown)."""
    days = base.facts.order_days
    by_month = days["date"].dt.strftime("%Y-%m")
    known = days["margin"].notna().groupby(by_month).all()
    margin = exact_sum(days.assign(month=by_month, margin=days["margin"].fillna(0.0)), ["month"], "margin").where(known)
    coming, parts = _pay.next_nrr(base, _pay.window_of(base, MONTHS)), []
    for scheme, pay in ((tried, paid), (now, before)):
        if scheme is not None:
            sums = pay.groupby("month").agg(fund_amount=("pay_amount", "sum"), n_managers=("manager_id", "size")).reset_index()
            parts.append(sums.merge(_links(pay, coming), on="month", how="left").assign(scheme=scheme.title))
    out = pd.concat(parts, ignore_index=True)
    out["margin"] = out["month"].map(margin)
    out["fund_share"] = out["fund_amount"] / out["margin"].where(out["margin"] > 0)
    return out[[c.name for c in KmPay.columns["fund"]]].sort_values(["month"], kind="stable").reset_index(drop=True)


def _links(pay: pd.DataFrame, coming: pd.DataFrame) -> pd.DataFrame:
    """Spearman correlation of a month's pay with the NRR of the next 12 months, with its interval, where enough managers have both.

    The NRR of the same months would be circular: K_ret is in the pay.
    """
    both = pay[[*_pay.KEY, "pay_amount"]].merge(coming, on=_pay.KEY).dropna()
    ranks = both.groupby("month")[["pay_amount", "nrr"]].rank().assign(month=both["month"])
    rho = ranks.groupby("month")[["pay_amount", "nrr"]].corr()["nrr"].xs("pay_amount", level=1) if len(both) else pd.Series(dtype="float64")
    n = both.groupby("month").size().reindex(rho.index)
    rho = rho.where(n >= FEWEST)
    half = Z * np.sqrt((1 + rho**2 / 2) / (n - 3))  # Fisher's z with the variance of Bonett and Wright
    z = np.arctanh(rho.clip(-1 + 1e-12, 1 - 1e-12))
    return pd.DataFrame({"month": rho.index.astype("object"), "spearman_next_nrr": rho.to_numpy(), "ci_low": np.tanh(z - half).to_numpy(), "ci_high": np.tanh(z + half).to_numpy()})


def _gaming(rows: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Signs by manager and month beside the company's own value of the same month."""
    days = base.facts.order_days.assign(month=base.facts.order_days["date"].dt.strftime("%Y-%m"))
    days = days[days["month"].isin(rows["month"]) & days["manager_id"].notna() & (days["order_amount"] > 0)]
    late = days["amount"].where(days["date"] > days["date"] + pd.offsets.MonthEnd(0) - pd.Timedelta(days=LAST_DAYS), 0.0)
    work = days.assign(late=late, n=1)
    parts = [_sign(work, "month_end_shift", "late", "amount"), _sign(work, "split_orders", "n_docs", "n"), _hoarding(rows, base), _late_discount(base)]
    out = pd.concat([p for p in parts if len(p)], ignore_index=True)
    return out.merge(rows[_pay.KEY], on=_pay.KEY)[[c.name for c in KmPay.columns["gaming"]]].sort_values(["sign", "month", "manager_id"], kind="stable").reset_index(drop=True)


def _sign(work: pd.DataFrame, sign: str, up: str, down: str) -> pd.DataFrame:
    own, whole = work.groupby(_pay.KEY)[[up, down]].sum(), work.groupby("month")[[up, down]].sum()
    out = (own[up] / own[down].where(own[down] > 0)).rename("value").reset_index().assign(sign=sign)
    out["norm"] = out["month"].map(whole[up] / whole[down].where(whole[down] > 0))
    return out


def _hoarding(rows: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Share of a manager's clients who ordered before and not in the last 12 months: names held, not worked."""
    card, last = base.card(), base.facts.last_order
    card = card[card["client_id"].isin(last.index) & card["manager_id"].notna()]
    idle = looked_up(card["client_id"], last) <= pd.Timestamp(base.facts.as_of.date) - pd.DateOffset(months=12)
    value = idle.groupby(card["manager_id"]).mean()
    return pd.DataFrame({"manager_id": value.index.astype("object"), "value": value.to_numpy(), "month": rows["month"].max(), "sign": "hoarding", "norm": float(idle.mean()) if len(idle) else np.nan})


def _late_discount(base: Base) -> pd.DataFrame:
    """Mean discount given in the last days of the month, by the keeper at its end. From price_requests: discounts against the
    list price do not stand in the facts."""
    asked = base.facts.others.get("price_requests")
    if asked is None or "given_discount" not in asked:
        return pd.DataFrame()
    given = asked[asked["given_discount"].notna()].assign(date=lambda d: pd.to_datetime(d["at"]).dt.normalize(), n=1)
    given = given[given["date"] > given["date"] + pd.offsets.MonthEnd(0) - pd.Timedelta(days=LAST_DAYS)]
    months = [given[m.mask(given["date"])].assign(month=f"{m.start:%Y-%m}", manager_id=lambda d, m=m: d["client_id"].map(base.facts.manager_at(m.last))) for m in _pay.ends_of(_pay.window_of(base, MONTHS))]
    work = pd.concat(months, ignore_index=True) if months else given
    return _sign(work, "late_discount", "given_discount", "n") if len(work) else pd.DataFrame()


def _lost_to_debt(r: pd.Series, k_max: float) -> float:
    """What the pay lost because K_debt is below 1 (the cap of the product counts)."""
    if not 0 < r["k_debt"] < 1 or pd.isna(r["k_total"]) or pd.isna(r["k_plan"]):
        return 0.0
    whole = r["k_plan"] * r["k_ret"] * r["k_disc"]
    if abs(min(whole * r["k_debt"], k_max) - r["k_total"]) > 1e-9:
        return 0.0  # the scheme pays without some coefficient, or this is a newcomer
    return float(r["bonus_target_amount"] * (min(whole, k_max) - r["k_total"]))


# ------------------------------------------------------------------ page
def _more_or_less(diff: float, base: Base) -> str:
    if abs(diff) < 0.5:
        return _("тем же")
    said = _("больше на {x}") if diff > 0 else _("меньше на {x}")
    return said.format(x=money(abs(diff), base.facts.currency))


def _waterfall(main: pd.DataFrame, base: Base) -> list[dict]:
    """One manager's pay step by step: his own, for the company the largest that has a bonus."""
    full = main[main["k_total"].notna() & (main["bonus_target_amount"] > 0)]
    if full.empty:
        return []
    r = full.sort_values(["pay_amount", "manager_id"], ascending=[False, True], kind="stable").iloc[0]
    factors = [(k, float(r[f"k_{k}"])) for k in FACTORS if not pd.isna(r[f"k_{k}"])]
    level, steps = 1.0, []
    for k, factor in factors:
        steps.append((_(FACTORS[k]), float(r["bonus_target_amount"]) * level * (factor - 1)))
        level *= factor
    steps.append((_("предел и гарантии"), float(r["bonus_target_amount"]) * (float(r["k_total"]) - level)))
    steps.append((_("доплаты"), float(r["extras_amount"])))
    steps = [(name, v) for name, v in steps if abs(v) > 0.005]
    labels = [_("оклад"), _("цель бонуса"), *(name for name, _v in steps), _("оплата")]
    values = [float(r["base_amount"]), float(r["bonus_target_amount"]), *(v for _name, v in steps), float(r["pay_amount"])]
    wide, phone = charts.both(lambda w: charts.waterfall(labels, values, w=w), "km-pay-waterfall")
    head = _("Как сложилась оплата: {name}").format(name=r["manager_name"])
    return [page.fig("km-pay-waterfall", wide, phone=phone, headline=head, subtitle=_("Оклад, цель бонуса и вклад каждого коэффициента, {unit}").format(unit=unit(base.facts.currency) or _("единицы валюты")),
                     alt=_("Столбцы: от оклада и цели бонуса к оплате через коэффициенты"))]


def _pay_table(main: pd.DataFrame, base: Base) -> dict:
    rows = [[r.manager_name, number(r.base_amount), page.cell(number(r.k_plan, 2), sub=percent(r.plan_fulfilment, 1)), page.cell(number(r.k_ret, 2), sub=percent(r.nrr, 1)),
             page.cell(number(r.k_debt, 2), sub=percent(r.overdue_share, 1)), page.cell(number(r.k_disc, 2), sub=percent(r.discipline_share)), number(r.k_total, 3), page.cell(number(r.pay_amount), strong=True)] for r in main.itertuples()]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("Оклад"), num=True, w=18), page.col(_("K плана"), num=True, w=20), page.col(_("K удержания"), num=True, w=22), page.col(_("K долга"), num=True, w=20),
            page.col(_("K дисциплины"), num=True, w=24), page.col(_("K итог"), num=True, w=16), page.col(_("Оплата"), num=True, w=22)]
    return page.table(head, rows, title=_("Оплата за месяц"), unit=unit(base.facts.currency), sheet="km_pay", dense=True, note=_("Под коэффициентом — доля, из которой он получен. Коэффициент без данных считается равным 1, кроме плана: без плана нет бонуса."))


def _replay_table(sim: pd.DataFrame, base: Base) -> list[dict]:
    if sim.empty or sim["pay_current_amount"].isna().all():
        return []
    by = sim.groupby("manager_id")[["pay_amount", "pay_current_amount", "diff_amount"]].sum().sort_values("diff_amount", ascending=False, kind="stable")
    scale = scale_of(by["pay_amount"], base.facts.currency)
    rows = [[base.manager_name(m), scale.text(r.pay_current_amount), scale.text(r.pay_amount), page.cell(scale.change(r.diff_amount), v=r.diff_amount)] for m, r in zip(by.index, by.itertuples(), strict=False)]
    whole = by.sum()
    total = [_("Всего"), scale.text(whole["pay_current_amount"]), scale.text(whole["pay_amount"]), scale.change(whole["diff_amount"])]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("Нынешняя оплата"), num=True, w=34), page.col(_("По схеме"), num=True, w=30), page.col(_("Разница"), num=True, w=26)]
    title = n_("{n} месяц по двум схемам", "{n} месяцев по двум схемам", sim["month"].nunique())
    return [page.table(head, rows, total=total if len(rows) > 1 else None, title=title, unit=scale.unit or None, sheet="km_pay.simulation", dense=True)]


def _fund_note(fund: pd.DataFrame | None, base: Base) -> list[dict]:
    if fund is None or fund.empty:
        return []
    by = fund.dropna(subset=["margin"]).groupby("scheme", sort=False)[["fund_amount", "margin"]].sum()
    said = "; ".join(f"{page.plain(name)} — {percent(r.fund_amount / r.margin, 1)}" for name, r in zip(by.index, by.itertuples(), strict=False) if r.margin > 0)
    shares = [_("Фонд оплаты к марже: {said}.").format(said=said)] if said else []
    return [page.note(" ".join([*shares, _next_year(fund, base)]))]


def _next_year(fund: pd.DataFrame, base: Base) -> str:
    """Does higher pay go before higher retention? The last month that can tell, else why none can."""
    known = fund[fund["spearman_next_nrr"].notna()]
    if len(known):
        last = known[known["month"] == known["month"].max()]
        said = "; ".join(_("{scheme} — {r} (от {a} до {b})").format(scheme=page.plain(r.scheme), r=number(r.spearman_next_nrr, 2), a=number(r.ci_low, 2), b=number(r.ci_high, 2)) for r in last.itertuples())
        return _("Связь оплаты за {month} с удержанием следующих 12 месяцев: {said}.").format(month=month(pd.Timestamp(last["month"].iloc[0])), said=said)
    over = pd.Period(fund["month"].min(), freq="M") + MONTHS <= pd.Period(base.facts.as_of.date, freq="M")
    return n_("Связь оплаты с удержанием следующего года не считаем: в месяце меньше {n} менеджера с известным удержанием.",
              "Связь оплаты с удержанием следующего года не считаем: в месяце меньше {n} менеджеров с известным удержанием.", FEWEST) \
        if over else _("Ведёт ли высокая оплата к удержанию в следующем году, видно будет только через год.")


def _gaming_note(gaming: pd.DataFrame, base: Base) -> list[dict]:
    """Managers whose mean sign stands clearly above the company's (half as much again)."""
    by = gaming.groupby(["sign", "manager_id"])[["value", "norm"]].mean().reset_index()
    seen = by[(by["value"] > 1.5 * by["norm"]) & (by["norm"] > 0)]
    if seen.empty:
        return []
    said = "; ".join(_("{sign}: {name} {a} при {b} у компании").format(sign=pinned("sign", r.sign), name=page.plain(base.manager_name(r.manager_id)), a=_sign_value(r.sign, r.value), b=_sign_value(r.sign, r.norm))
                     for r in seen.itertuples())
    return [page.note(_("Проверить, не работа ли это на показатель: {said}.").format(said=said))]


def _sign_value(sign: str, x: float) -> str:
    return number(x, 1) if sign == "split_orders" else percent(x)
