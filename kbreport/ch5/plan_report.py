"""M5.2 План-отчёт по продажам / Sales plan-report.

Question   Is the plan met, where is the shortfall, what stood behind it, and what is planned next?
In         plans (amount, promise_amount, reason_code; by manager or by manager and client), facts.order_days; deals,
           frequency, lifecycle, abc and forecast optional
Out        main: one row per client and manager who sold or planned, «вне плана» at the end of each manager; total: company
           (empty manager_id) and managers; months: manager × month
Formula    fulfilment = Σ fact / Σ plan over months that have a plan; promise accuracy = max(0, 1 − Σ|fact − promise| / Σ promise)
           over promised months, promise > 0; expected = days of the coming month / rhythm × mean order of 12 months × survival
Edge       plan 0 → fulfilment NA; sales outside any plan are a row of their own; plans after as_of are not compared; a manager
           who stands in no sale is not a zero: his plan is left out and said; plan and sales more than `max_ratio` times
           apart → insufficient: the two cover different things; a deviation over `reason_dev` without a reason is counted
Source     book 5.2.1 [000:110]; form [UNSOURCED]; 10 % is [OURS]
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch5 import _plans
from kbreport.facts.period import Period, add_months, slug_of
from kbreport.facts.plans import plan_lines
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, listed, money, n_, number, percent, scale_of

SURVIVAL = {"active": 1.0, "new": 1.0, "falling_asleep": 0.6, "sleeping": 0.2, "one_time": 0.1, "lost": 0.0}  # [OURS], as M5.6
SURE = 0.9  # a deal as good as invoiced [OURS], as M5.6


class PlanReport(Method):
    number: ClassVar[str] = "M5.2"
    section: ClassVar[str] = "5.2.1"
    title: ClassVar[str] = N_("План-отчёт по продажам")
    question: ClassVar[str] = N_("Выполнен ли план, где недобор и почему?")
    inputs: ClassVar[tuple[str, ...]] = ("orders", "plans")
    uses: ClassVar[tuple[str, ...]] = ("abc", "frequency", "lifecycle", "forecast")
    optional_inputs: ClassVar[tuple[str, ...]] = ("deals", "managers")
    columns: ClassVar = {
        "main": cols(f"{CL} class plan_amount fact_amount dev_amount fulfilment expected_amount sure_amount promise_amount accuracy reason_code action next_plan_amount",
                     plan_amount=N_("План"), fact_amount=N_("Факт"), dev_amount=N_("Отклонение"), fulfilment=N_("Выполнение"), expected_amount=N_("Ждём по ритму"),
                     sure_amount=N_("Верные сделки"), promise_amount=N_("Обещание"), accuracy=("share", N_("Точность обещания")), reason_code=("text", N_("Причина")),
                     action=("text", N_("Действие")), next_plan_amount=N_("Следующий план")),
        "total": cols("manager_id plan_amount fact_amount fulfilment outside_plan_amount accuracy missing_reasons", plan_amount=N_("План"), fact_amount=N_("Факт"),
                      fulfilment=N_("Выполнение"), outside_plan_amount=N_("Вне плана"), accuracy=("share", N_("Точность обещания")), missing_reasons=("count", N_("Без причины"))),
        "months": cols("manager_id month plan_amount fact_amount dev_amount fulfilment outside_plan_amount promise_amount reason_code", plan_amount=N_("План"), fact_amount=N_("Факт"),
                       dev_amount=N_("Отклонение"), fulfilment=N_("Выполнение"), outside_plan_amount=N_("Вне плана"), promise_amount=N_("Обещание"), reason_code=("text", N_("Причина"))),
    }
    titles: ClassVar = {"main": N_("План-отчёт по клиентам"), "total": N_("План и факт"), "months": N_("План и факт по месяцам")}

    reason_dev: float = setting(0.10, source="OURS", help=N_("при каком отклонении от плана нужна причина"), gt=0, le=1)
    max_ratio: float = setting(3, source="OURS", help=N_("во сколько раз план и продажи могут расходиться, чтобы их сравнивать"), gt=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        got = _plans.compared(base, base.period)
        if got.lines["plan_amount"].notna().sum() == 0:
            return self._nothing(got, base)
        tables = {"main": self._main(got, base), "total": self._total(got), "months": _month_table(got)}
        _adds_up(tables, got)
        row = tables["total"].iloc[0]
        reason = "; ".join(said for said in (self._apart(row), _unmatched(got, base)) if said)
        status = MethodStatus.INSUFFICIENT if self._apart(row) else MethodStatus.WEAK if reason else MethodStatus.OK
        return Measured(tables, status, reason)

    def _nothing(self, got: _plans.Compared, base: Base) -> Measured:
        from kbreport.errors import MethodRefused

        if len(got.unmatched):
            raise MethodRefused(N_("План не с чем сравнить: менеджеров из плана ({list}) нет в продажах."), remedy=N_("Проверьте коды менеджеров в планах и в продажах."),
                                list=listed(sorted(got.unmatched["manager_id"].unique())))
        raise MethodRefused(N_("На период {period} плана продаж нет."), remedy=N_("Добавьте в планы строки amount за эти месяцы или смените период."), period=str(base.period))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """His own sums and his own status; sales to clients whom he has handed over since are one row without names."""
        main = company["main"][company["main"]["manager_id"] == base.manager]
        other = main["client_id"].notna() & ~main["client_id"].isin(base.card()["client_id"])
        kept = main[~other]
        if other.any():
            gone = main[other]
            row = {name: gone[name].sum(min_count=1) for name in ("plan_amount", "fact_amount", "dev_amount", "next_plan_amount")}
            kept = pd.concat([kept, pd.DataFrame([{"client_name": _("переданные клиенты"), "manager_id": base.manager} | row])], ignore_index=True)[list(main.columns)]
        tables = {"main": kept.reset_index(drop=True)} | {name: company[name][company[name]["manager_id"] == base.manager].reset_index(drop=True) for name in ("total", "months")}
        apart = self._apart(tables["total"].iloc[0]) if len(tables["total"]) else ""
        return Measured(tables, MethodStatus.INSUFFICIENT if apart else MethodStatus.OK, apart)

    def _main(self, got: _plans.Compared, base: Base) -> pd.DataFrame:
        keys = ["client_id", "manager_id"]
        lines = got.lines[got.lines["client_id"].notna()]
        planned = lines.groupby(keys).agg(plan_amount=("plan_amount", lambda v: v.sum(min_count=1)), promise_amount=("promise_amount", lambda v: v.sum(min_count=1)))
        planned["accuracy"], planned["reason_code"] = _accuracy(lines, keys), _main_reason(lines, keys)
        by_client = set(got.months.loc[got.months["by_client"], "manager_id"])
        sold = got.sold.assign(manager_id=got.sold["manager_id"].fillna(""))
        collapsed = sold["manager_id"].isin(by_client) & ~sold["is_planned"]
        main = sold[~collapsed].groupby(keys)["amount"].sum().rename("fact_amount").to_frame().join(planned, how="outer").reset_index()
        coming = self._coming(base)
        main = _with_next(main, base, coming)
        main["fact_amount"] = main["fact_amount"].fillna(0.0)  # planned and never bought: a true zero
        main = pd.concat([main, _outside(sold[collapsed])], ignore_index=True)
        main["dev_amount"] = main["fact_amount"] - main["plan_amount"]
        main["fulfilment"] = _ratio(main["fact_amount"], main["plan_amount"])
        return self._dressed(main, base, coming)

    def _dressed(self, main: pd.DataFrame, base: Base, coming: Period) -> pd.DataFrame:
        """Names, classes, expectation, what to do; largest shortfall first, then sales, «вне плана» last."""
        card = base.card().set_index("client_id")
        main["manager_id"] = main["manager_id"].astype("object").where(main["manager_id"].astype("object") != "", None)
        main["client_name"] = main["client_id"].map(card["client_name"]).astype("object").where(main["client_id"].notna(), _("вне плана"))
        main["class"] = main["client_id"].map(base.table("abc").set_index("client_id")["class"]) if base.has("abc") else None
        keeper = main["client_id"].map(card["manager_id"]).astype("object") == main["manager_id"]
        main["expected_amount"] = main["client_id"].map(expected_sales(base, coming)).where(keeper)
        main["sure_amount"] = main["client_id"].map(_sure(base, coming)).where(keeper)
        main["action"] = self._action(main)
        main["_order"] = main["dev_amount"].where(main["dev_amount"] < 0, 0.0)
        main["_last"] = main["client_id"].isna()
        main = main.sort_values(["_last", "_order", "fact_amount", "client_id"], ascending=[True, True, False, True], kind="stable", na_position="last")
        return main[[c.name for c in self.columns["main"]]].reset_index(drop=True)

    def _action(self, main: pd.DataFrame) -> np.ndarray:
        missed = (main["dev_amount"] < -self.reason_dev * main["plan_amount"] - 1e-9) & (main["plan_amount"] > 0)
        return np.select([missed & main["reason_code"].isna(), missed, main["client_id"].isna() & (main["fact_amount"] > 0)],
                         [_("назвать причину"), _("договориться о заказе"), _("дать план")], "").astype(object)

    def _coming(self, base: Base) -> Period:
        """The next window: a month or quarter after such a report, the next month after a longer one."""
        months = base.period.months if base.period.months <= 3 else 1
        start = base.period.end
        end = add_months(start, months)
        return Period(start, end, months, slug_of(start, end))

    def _total(self, got: _plans.Compared) -> pd.DataFrame:
        months = got.months.assign(n_missing=got.months.set_index(_plans.KEY).index.map(self._missing(got.lines)).fillna(0) if len(got.lines) else 0)
        by = months.groupby("manager_id", dropna=False)
        each = by.agg(plan_amount=("plan_amount", lambda v: v.sum(min_count=1)), fact_amount=("fact_amount", lambda v: v.sum(min_count=1)),
                      outside_plan_amount=("outside_plan_amount", "sum"), missing_reasons=("n_missing", "sum"))
        each["accuracy"] = _accuracy(months.assign(fact_amount=months["sold"].fillna(0.0)), ["manager_id"])
        each = each.reset_index()
        nobody = got.sold.loc[got.sold["manager_id"].isna(), "amount"].sum()
        whole = {"manager_id": None, "plan_amount": each["plan_amount"].sum(min_count=1), "fact_amount": each["fact_amount"].sum(min_count=1),
                 "outside_plan_amount": each["outside_plan_amount"].sum() + nobody, "missing_reasons": each["missing_reasons"].sum(),
                 "accuracy": _accuracy(months.assign(fact_amount=months["sold"].fillna(0.0), one=1), ["one"]).get(1, np.nan)}
        out = pd.concat([pd.DataFrame([whole]), each.sort_values("manager_id")], ignore_index=True)
        out["fulfilment"], out["missing_reasons"] = _ratio(out["fact_amount"], out["plan_amount"]), out["missing_reasons"].astype("int64")
        return out[[c.name for c in self.columns["total"]]]

    def _missing(self, lines: pd.DataFrame) -> pd.Series:
        """Plan lines whose deviation wants a reason and has none, by manager and month."""
        off = (lines["fact_amount"] - lines["plan_amount"]).abs() > self.reason_dev * lines["plan_amount"] + 1e-9
        return (off & (lines["plan_amount"] > 0) & lines["reason_code"].isna()).groupby([lines[k] for k in _plans.KEY]).sum()

    def _apart(self, row: pd.Series) -> str:
        """Plan and sales that cannot be of the same thing are not divided on the page."""
        plan, fact = row["plan_amount"], row["fact_amount"]
        if not plan > 0 or not fact > 0:
            return ""
        if plan / fact > self.max_ratio + 1e-9:
            return _("план в {x} раза больше продаж: похоже, они на разный круг клиентов или в разных единицах").format(x=number(plan / fact, 1))
        if fact / plan > self.max_ratio + 1e-9:
            return _("продажи в {x} раза больше плана: похоже, они на разный круг клиентов или в разных единицах").format(x=number(fact / plan, 1))
        return ""

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        row = _row(tables, base)
        if row is None or pd.isna(row["fulfilment"]):
            return []
        if self._apart(row):
            text = _("План и продажи не сопоставимы: {why}").format(why=self._apart(row))
            return [Finding("plan_report.apart", FindingLevel.WATCH, text, action=_("Сверить, на какой круг клиентов и в каких единицах поставлен план"), who=_("руководитель отдела продаж"),
                            fact=float(row["fact_amount"]), baseline=float(row["plan_amount"]))]
        missed = row["plan_amount"] - row["fact_amount"]
        if missed <= 0.005:
            return [Finding("plan_report.done", FindingLevel.GOOD, _("План выполнен на {p}").format(p=percent(row["fulfilment"], 1)), fact=float(row["fulfilment"]), baseline=1.0)]
        text = _("План выполнен на {p}: недобор {x}").format(p=percent(row["fulfilment"], 1), x=money(missed, base.facts.currency))
        return [Finding("plan_report.gap", FindingLevel.WATCH, text, self._where(tables, base), action=_("Разобрать недобор: по каждой строке причина и следующий шаг"), who=_("руководитель отдела продаж"),
                        fact=round(float(row["fulfilment"]), 6), baseline=1.0, gap=round(float(row["fulfilment"]) - 1, 6), money=round(float(missed), 2), basis=_("план минус факт"),
                        values={"fulfilment": float(row["fulfilment"]), "missing_reasons": int(row["missing_reasons"])})]

    def _where(self, tables: Tables, base: Base) -> str:
        """Who holds 80 % of the shortfall (clients where they have plans, else managers, else months) and the first reason."""
        names, what = _short(tables, base)
        said = [_("{p} недобора — {list}.").format(p=percent(0.8), list=listed(names)) if what == "most" else _("Недобор — {list}.").format(list=listed(names))] if names else []
        by_reason = _reasons(tables)
        if len(by_reason):
            said.append(_("Причина № 1: {reason}.").format(reason=pinned("reason_code", by_reason.index[0])))
        return " ".join(said)

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        row = _row(tables, base)
        if row is None or pd.isna(row["fulfilment"]):
            return [page.section(_("План не с чем сравнить: его сумма за период не больше нуля"), id="plan_report", kicker=kicker(self))]
        if apart := self._apart(row):
            sums = _("План {a}, продажи {b}.").format(a=money(row["plan_amount"], base.facts.currency), b=money(row["fact_amount"], base.facts.currency))
            return [page.section(_("План и продажи не сопоставимы: выполнение не считаем"), id="plan_report", kicker=kicker(self)),
                    page.problem(_("Что не так"), f"{sums} {apart[0].upper()}{apart[1:]}."), _total_table(tables["total"], base, shares=False)]
        gap = row["fact_amount"] - row["plan_amount"]
        said = _("недобор {x}") if gap < -0.005 else _("сверх плана {x}")
        title = _("План выполнен на {p}: {said}").format(p=percent(row["fulfilment"], 1), said=said.format(x=money(abs(gap), base.facts.currency)))
        blocks = [page.section(title, id="plan_report", kicker=kicker(self), lead=self._where(tables, base) or None)]
        blocks += _figure(tables, base) + [_total_table(tables["total"], base), *_month_list(tables, base), *_reason_note(tables, base)]
        n = int(row["missing_reasons"])
        if n:
            what = n_("Назвать причину по {n} строке плана с отклонением больше {p}", "Назвать причину по {n} строкам плана с отклонением больше {p}", n, p=percent(self.reason_dev))
            blocks.append(page.action([(what, _("менеджеры · до следующей планёрки"))]))
        return blocks


# ------------------------------------------------------------------ numbers
def _ratio(a: pd.Series, b: pd.Series) -> pd.Series:
    """a / b; NA where the plan is absent or not positive."""
    return (a / b.where(b > 0)).astype("float64")


def _accuracy(lines: pd.DataFrame, keys: list[str]) -> pd.Series:
    """max(0, 1 − Σ|fact − promise| / Σ promise) over lines with a promise above zero."""
    told = lines[lines["promise_amount"] > 0]
    miss = (told["fact_amount"] - told["promise_amount"]).abs().groupby([told[k] for k in keys]).sum()
    return (1 - miss / told.groupby(keys)["promise_amount"].sum()).clip(lower=0)


def _main_reason(lines: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The reason of the largest shortfall."""
    told = lines[lines["reason_code"].notna()].assign(dev=lines["fact_amount"] - lines["plan_amount"])
    return told.sort_values(["dev", "month"], kind="stable").drop_duplicates(keys).set_index(keys)["reason_code"]


def _outside(sold: pd.DataFrame) -> pd.DataFrame:
    """One row per manager for sales to clients or months without a plan."""
    rest = sold.groupby("manager_id")["amount"].sum().reset_index()
    return pd.DataFrame({"client_id": None, "manager_id": rest["manager_id"], "fact_amount": rest["amount"]})


def _with_next(main: pd.DataFrame, base: Base, coming: Period) -> pd.DataFrame:
    later = plan_lines(base.facts, coming)
    later = later[later["client_id"].notna()].groupby(["client_id", "manager_id"])["plan_amount"].sum(min_count=1).rename("next_plan_amount")
    return main.merge(later.reset_index(), on=["client_id", "manager_id"], how="outer")


def expected_sales(base: Base, coming: Period) -> pd.Series:
    """Sales expected by rhythm in the coming window, by client: the forecast's where it has them, else without season."""
    if coming.months == 1 and base.has("forecast") and base.table("forecast")["month"].eq(coming.slug).any():  # it is for the month after as_of, not for any other
        return base.table("forecast", "clients").set_index("client_id")["amount"]
    if not (base.has("frequency") and base.has("lifecycle")):
        return pd.Series(dtype="float64")
    rhythm = base.table("frequency").set_index("client_id")["rhythm_days"]
    alive = base.table("lifecycle").set_index("client_id")["state"].map(SURVIVAL)
    orders = base.facts.orders
    last_year = orders[orders["date"] > pd.Timestamp(base.facts.as_of.date) - pd.DateOffset(months=12)]
    mean = last_year.groupby("client_id")["amount"].mean()
    return ((coming.end - coming.start).days / rhythm * mean * alive).replace([np.inf, -np.inf], np.nan)


def _sure(base: Base, coming: Period) -> pd.Series:
    deals = base.facts.others.get("deals")
    if deals is None or not {"probability", "expected_close", "amount"} <= set(deals):
        return pd.Series(dtype="float64")
    sure = deals[(deals["status"] == "open") & (deals["probability"] >= SURE - 1e-9) & coming.mask(deals["expected_close"])]
    return sure.groupby("client_id")["amount"].sum()


def _month_table(got: _plans.Compared) -> pd.DataFrame:
    months = got.months.copy()
    months["dev_amount"], months["fulfilment"] = months["fact_amount"] - months["plan_amount"], _ratio(months["fact_amount"], months["plan_amount"])
    months["reason_code"] = months.set_index(_plans.KEY).index.map(_main_reason(got.lines, _plans.KEY)) if got.lines["reason_code"].notna().any() else None
    return months[[c.name for c in PlanReport.columns["months"]]].sort_values(_plans.KEY).reset_index(drop=True)


def _adds_up(tables: Tables, got: _plans.Compared) -> None:
    """All sales of the period stand in `main` once, and in `total` as fact or outside."""
    whole, row = got.sold["amount"].sum(), tables["total"].iloc[0]
    assert abs(tables["main"]["fact_amount"].sum() - whole) < 0.005 + 1e-9 * abs(whole), "plan_report: main does not add up to the sales"
    assert abs(np.nansum([row["fact_amount"], row["outside_plan_amount"]]) - whole) < 0.005 + 1e-9 * abs(whole), "plan_report: total does not add up to the sales"


def _unmatched(got: _plans.Compared, base: Base) -> str:
    """Plans that nothing stands against: managers without a single sale, months after the reporting date."""
    said = []
    if len(got.unmatched):
        names = [base.manager_name(m) for m in sorted(got.unmatched["manager_id"].unique())]
        said.append(_("не сравнивали план на {x}: в продажах нет менеджеров {list}").format(x=money(got.unmatched["plan_amount"].sum(), base.facts.currency), list=listed(names)))
    later = base.period.end > base.facts.as_of.date + timedelta(days=1)
    if later:
        said.append(_("период кончается позже отчётной даты: последние месяцы плана ещё идут"))
    return "; ".join(said)


# ------------------------------------------------------------------ words
def _row(tables: Tables, base: Base) -> pd.Series | None:
    total = tables["total"]
    return None if total.empty else total.iloc[0]


def _short(tables: Tables, base: Base) -> tuple[list[str], str]:
    """Names behind the shortfall and whether they are «most» (80 % of it) or all of it."""
    lines = tables["main"][tables["main"]["dev_amount"] < -0.005]
    if len(lines):
        names, short = lines["client_name"], -lines["dev_amount"]
    elif base.manager is None:
        rest = tables["total"].iloc[1:]
        rest = rest[rest["fact_amount"] - rest["plan_amount"] < -0.005]
        names, short = rest["manager_id"].map(base.manager_name), rest["plan_amount"] - rest["fact_amount"]
    else:
        return [], ""
    ranked = short.sort_values(ascending=False, kind="stable")
    if ranked.empty:
        return [], ""
    before = (ranked.cumsum() - ranked) / ranked.sum()
    most = ranked[before < 0.8 - 1e-9]
    return [str(names[i]) for i in most.index], "most" if len(most) < len(ranked) else "all"


def _reasons(tables: Tables) -> pd.Series:
    """Shortfall by reason, largest first."""
    lines = tables["main"][tables["main"]["reason_code"].notna() & (tables["main"]["dev_amount"] < 0)]
    if lines.empty:
        lines = tables["months"][tables["months"]["reason_code"].notna() & (tables["months"]["dev_amount"] < 0)]
    return (-lines.groupby("reason_code")["dev_amount"].sum()).sort_values(ascending=False, kind="stable")


# ------------------------------------------------------------------ page
def _figure(tables: Tables, base: Base) -> list[dict]:
    rows = tables["total"].iloc[1:] if base.manager is None else tables["total"]
    rows = rows[rows["plan_amount"] > 0]
    if len(rows) < 2:
        return []
    data = [(base.manager_name(r.manager_id), r.fact_amount, r.plan_amount, None) for r in rows.itertuples()]
    wide, phone = charts.both(lambda w: charts.bullets(data, w=w), "plan-report-bullets")
    done = int((rows["fulfilment"] >= 1 - 1e-9).sum())
    return [page.fig("plan-report-bullets", wide, phone=phone, headline=n_("План выполнил {n} менеджер из {all}", "План выполнили {n} менеджеров из {all}", done, all=number(len(rows))),
                     subtitle=_("Факт и план продаж по менеджерам, {period}: чёрточка — план").format(period=base.period), alt=_("Полосы факта с отметкой плана по менеджерам"))]


def _total_table(total: pd.DataFrame, base: Base, shares: bool = True) -> dict:
    scale = scale_of([*total["plan_amount"], *total["fact_amount"]], base.facts.currency)

    def line(r) -> list:
        tone = None if not shares or pd.isna(r.fulfilment) else "good" if r.fulfilment >= 1 else "bad" if r.fulfilment < 0.9 else None
        name = _("Компания") if r.manager_id is None or pd.isna(r.manager_id) else base.manager_name(r.manager_id)
        return [name, scale.text(r.plan_amount), scale.text(r.fact_amount), page.cell(percent(r.fulfilment, 1), tone=tone) if shares else "—", scale.text(r.outside_plan_amount),
                percent(r.accuracy), number(r.missing_reasons)]

    lines = [line(r) for r in total.itertuples()]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("План"), num=True, w=22), page.col(_("Факт"), num=True, w=22), page.col(_("Выполнение"), num=True, w=24),
            page.col(_("Вне плана"), num=True, w=22), page.col(_("Точность обещания"), num=True, w=26), page.col(_("Без причины"), num=True, w=22)]
    own = base.manager is not None
    return page.table(head, lines if own else lines[1:], total=None if own else lines[0], title=_("План и факт"), unit=scale.unit or None, sheet="plan_report.total", dense=True,
                      note=_("Сравниваются только месяцы с планом; продажи без плана стоят отдельно. «Без причины» — строки плана с большим отклонением без кода причины."))


def _month_list(tables: Tables, base: Base) -> list[dict]:
    """His own months; for the company the largest misses."""
    months = tables["months"][tables["months"]["dev_amount"] < -0.005].sort_values(["dev_amount", "month", "manager_id"], kind="stable").head(8)
    if months.empty:
        return []
    scale = scale_of([*months["plan_amount"], *months["fact_amount"]], base.facts.currency)
    rows = [[r.month, base.manager_name(r.manager_id), scale.text(r.plan_amount), scale.text(r.fact_amount), percent(r.fulfilment),
             pinned("reason_code", r.reason_code) if isinstance(r.reason_code, str) else page.cell(_("не названа"), tone="warn")] for r in months.itertuples()]
    head = [page.col(_("Месяц"), w=18, cls="h"), page.col(_("Менеджер")), page.col(_("План"), num=True, w=20), page.col(_("Факт"), num=True, w=20), page.col(_("Выполнение"), num=True, w=22),
            page.col(_("Причина"), w=32)]
    return [page.table(head, rows, title=_("Самые большие недоборы по месяцам"), unit=scale.unit or None, sheet="plan_report.months", dense=True)]


def _reason_note(tables: Tables, base: Base) -> list[dict]:
    by_reason = _reasons(tables)
    if by_reason.empty:
        return []
    said = "; ".join(f"{pinned('reason_code', code)} — {money(x, base.facts.currency)}" for code, x in by_reason.items())
    return [page.note(_("Недобор по названным причинам: {said}.").format(said=said))]
