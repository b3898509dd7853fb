"""`Month`: what the notebook `manager_month` holds. Bundle → tables → two results: the page and the call list.

    month = kb.manager_month(company, period=…, manager=…)
    month.first_page()      plan and fact, base, what changed and why, risks, plan of the next month
    month.call_list()       whom to call

In a batch the process gets nothing but a bundle (`KB_BUNDLE`); elsewhere the bundle is made from the company first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from kbreport import words
from kbreport.errors import EmptyPlan, UsageProblem
from kbreport.method import BookedAs, Finding, FindingLevel, MethodStatus, cols
from kbreport.method.result import Result
from kbreport.month import calls as list_of
from kbreport.month.bundle import Bundle, bundle_of
from kbreport.month.department import Department, department
from kbreport.month.moved import STEPS, TITLES, Moved, moved
from kbreport.words import N_, _, money, n_, number, percent, signed

PAGE, LIST = "manager_month", "call_list"
SECTION = {PAGE: "5.2.1", LIST: "6.3"}  # of the book: plan report, winning clients back
FIGURES = {  # row → (title, kind); `value`, `value_prev`, `plan` of each
    "net_sales": (N_("Продажи"), "money"), "margin": (N_("Маржа"), "money"), "orders": (N_("Заказы"), "count"), "avg_check": (N_("Средний заказ"), "money"),
    "clients": (N_("Клиентов в портфеле"), "count"), "active_clients": (N_("Покупали"), "count"), "new_clients": (N_("Новые"), "count"), "returned_clients": (N_("Вернулись"), "count"),
    "lost_clients": (N_("Покупали в прошлом периоде, в этом нет"), "count"), "n_silent": (N_("Молчат дольше ритма"), "count"), "silent_amount": (N_("Их продажи за 12 мес. до паузы"), "money"),
    "debt": (N_("Долг"), "money"), "overdue": (N_("Просрочено"), "money"), "touches": (N_("Касания"), "count"), "touch_coverage": (N_("Покрытие нормы касаний"), "share"),
    "forecast": (N_("Прогноз на конец периода"), "money"), "expected": (N_("Ждём в следующем периоде"), "money"), "year_ago": (N_("Продажи того же периода год назад"), "money"),
}
_FLAG = {"is_active": N_("Покупал"), "is_new": N_("Новый"), "is_back": N_("Вернулся"), "is_gone": N_("Не купил, покупал раньше")}
COLUMNS = {
    "main": cols("row title unit value value_prev plan", row=("id", N_("Показатель")), title=("text", N_("Название")), unit=("text", N_("Единица")), value=("number", N_("Значение")),
                 value_prev=("number", N_("Прошлый период")), plan=("number", N_("План"))),
    "clients": cols("client_id client_name manager_id class class_prev state amount amount_prev orders orders_prev sold_amount sold_amount_prev sold_orders sold_orders_prev is_active is_new is_back is_gone s12 "
                    "quarter_amount quarter_year_ago rhythm_days days_since lateness last_order_date expected_next_date expected_amount free_amount debt overdue overdue_days touches touches_norm "
                    "last_touch_date next_step_date score band top_reason risk_amount pay_status mean_delay_days", amount=N_("Продажи периода"), amount_prev=N_("Продажи прошлого периода"), orders_prev=("count", N_("Заказов в прошлом периоде")),
                    sold_amount=N_("Продал этот менеджер"), sold_amount_prev=N_("Продал в прошлом периоде"), sold_orders=("count", N_("Его заказов")), sold_orders_prev=("count", N_("Его заказов в прошлом периоде")),
                    s12=N_("Продажи за 12 мес."), quarter_amount=N_("Продажи за 3 мес."), quarter_year_ago=("money", N_("Те же 3 мес. год назад")), rhythm_days=N_("Ритм"),
                    lateness=("ratio", N_("Опоздание, ритмов")), expected_next_date=N_("Ждём заказ"), expected_amount=N_("Ждём по ритму клиента"), free_amount=N_("Свободный объём"),
                    debt=("money", N_("Долг")), overdue=("money", N_("Просрочено")), overdue_days=N_("Просрочка, дн."), touches=("count", N_("Касаний")), touches_norm=("number", N_("Норма касаний")),
                    last_touch_date=N_("Последнее касание"), next_step_date=N_("Следующий шаг"), score=("score", N_("Балл риска")), band=("text", N_("Риск")), top_reason=("text", N_("Главная причина риска")),
                    risk_amount=("money", N_("Деньги под риском")), pay_status=("text", N_("Как платит")), mean_delay_days=("days", N_("Средняя задержка оплаты, дн.")), **_FLAG),
    "days": cols("date amount plan_amount cum_amount cum_plan_amount", date=("date", N_("Рабочий день")), amount=N_("Продажи"), plan_amount=N_("План"), cum_amount=N_("Продажи с начала"),
                 cum_plan_amount=N_("План с начала")),
    "months": cols("month amount plan_amount", plan_amount=N_("План")),
    "classes": cols("class n_clients amount period_amount n_silent free_amount n_in n_out", amount=N_("Продажи за 12 мес."), period_amount=N_("Продажи периода"), n_silent=N_("Молчат"),
                    free_amount=N_("Свободный объём"), n_in=N_("Пришли из других классов"), n_out=N_("Ушли в другие классы")),
    "moved": cols("step title contribution_amount", step=("id", N_("Код")), title=("text", N_("Показатель")), contribution_amount=N_("Вклад")),
    "moved_clients": cols("client_id client_name amount_prev amount delta_amount"),
    "risks": cols("client_id client_name class reason amount detail", amount=N_("Сумма"), detail=("text", N_("Что случилось"))),
}
TABLE_TITLES = {"main": N_("Показатели месяца"), "clients": N_("Клиенты менеджера"), "days": N_("План и факт по рабочим дням"), "months": N_("Продажи по месяцам"), "classes": N_("База по классам"),
                "moved": N_("Что изменилось и почему"), "moved_clients": N_("Кто объясняет изменение"), "risks": N_("Риски")}
CALLS = {"main": cols("rank client_id client_name manager_id class state reason why stake_amount basis last_touch_date next_step next_step_date", why=("text", N_("Почему")),
                      stake_amount=N_("На кону"), basis=("text", N_("Что это за деньги")), last_touch_date=N_("Последнее касание"), next_step=("text", N_("Следующий шаг")),
                      next_step_date=N_("Обещанный день"))}


RISKY = "client_id client_name class state quarter_amount quarter_year_ago overdue overdue_days pay_status band is_band_uncertain score risk_amount s12_before days_since".split()


@dataclass
class Month:
    """One manager's month. Everything here comes from the bundle."""

    bundle: Bundle
    side_folder: Path | None = None

    @property
    def meta(self) -> dict:
        return self.bundle.meta

    @property
    def figures(self) -> dict:
        return self.meta["figures"]

    @property
    def currency(self) -> str | None:
        return self.meta["currency"]

    @cached_property
    def clients(self) -> pd.DataFrame:
        return self.bundle.frames["clients"]

    @cached_property
    def kept(self) -> pd.DataFrame:
        """Clients who are neither closed nor internal."""
        return self.clients[~self.clients["is_closed"]].reset_index(drop=True)

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.meta["as_of"])

    @property
    def start(self) -> date:
        return date.fromisoformat(self.meta["period"]["start"])

    @property
    def complete(self) -> bool:
        return self.meta["workdays_passed"] >= len(self.meta["workdays"])

    @property
    def compared(self) -> bool:
        """P-1 is covered by the history."""
        return self.meta["previous"] >= self.meta["history_start"]

    @cached_property
    def forecast(self) -> float | None:
        """Sales at the end of P at the pace of the working days passed; the fact where P is over."""
        if self.complete:
            return self.figures["amount"]
        return self.figures["amount"] / self.meta["elapsed"] if self.meta["elapsed"] else None

    @property
    def expected(self) -> float | None:
        """Sales of the period after P: the forecast, or the sum over his clients' rhythms where there is none."""
        return self.figures["expected_amount"] if self.figures["next_amount"] is None else self.figures["next_amount"]

    # -------------------------------------------------------------- tables
    @cached_property
    def moved(self) -> Moved | None:
        """Sales of this period against the one before; None where the history does not hold it."""
        if not self.compared:
            return None
        frame = self.clients[["client_id", "client_name"]].assign(amount_prev=self.clients["sold_amount_prev"], orders_prev=self.clients["sold_orders_prev"], amount=self.clients["sold_amount"],
                                                                  orders=self.clients["sold_orders"])
        f = self.figures
        return moved(frame, ((f["amount_prev"] or 0.0) - float(frame["amount_prev"].sum()), (f["amount"] or 0.0) - float(frame["amount"].sum())))

    @cached_property
    def calls(self) -> pd.DataFrame:
        return list_of.calls(self.bundle)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables of the page, columns as declared."""
        found = {"main": self._main(), "clients": self.clients, "days": self._days(), "months": self.bundle.frames["months"], "classes": self._classes(), "risks": self._risks()}
        if self.moved is not None:
            found["moved"] = pd.DataFrame({"step": STEPS, "title": [_(TITLES[s]) for s in STEPS], "contribution_amount": [self.moved.steps[s] for s in STEPS]})
            found["moved_clients"] = self.moved.top.rename(columns={"delta": "delta_amount"})
        return {name: frame[[c.name for c in COLUMNS[name]]].reset_index(drop=True) for name, frame in found.items()}

    def _main(self) -> pd.DataFrame:
        f = self.figures
        share = lambda a, b: None if a is None or not b else a / b  # noqa: E731
        rows = {"net_sales": (f["amount"], f["amount_prev"], f["plan"]), "margin": (f["margin"], f["margin_prev"], f["margin_plan"]), "orders": (f["orders"], f["orders_prev"], None),
                "avg_check": (f["check"], f["check_prev"], None), "clients": (f["n_clients"], None, None), "active_clients": (f["n_active"], f["n_active_prev"] if self.compared else None, None),
                "new_clients": (f["n_new"] if self.meta["lookback_ok"] else None, None, None), "returned_clients": (f["n_returned"] if self.compared else None, None, None),
                "lost_clients": (f["n_lost"] if self.compared else None, None, None), "n_silent": (f["n_silent"], None, None), "silent_amount": (f["silent_amount"], None, None),
                "debt": (f["debt"], None, None), "overdue": (f["overdue"], None, None), "touches": (f["touches"], None, f["touches_norm"] if f["touches_plan"] is None else f["touches_plan"]),
                "touch_coverage": (share(f["covered"], f["touches_norm"]), None, None), "forecast": (self.forecast, None, f["plan"]), "expected": (self.expected, None, f["next_plan"]),
                "year_ago": (f["amount_year_ago"], None, None)}
        frame = pd.DataFrame([[name, _(FIGURES[name][0]), FIGURES[name][1], *values] for name, values in rows.items()], columns=[c.name for c in COLUMNS["main"]])
        return frame.astype({"value": "float64", "value_prev": "float64", "plan": "float64"})

    def _days(self) -> pd.DataFrame:
        """One row per working day of P; sales of a free day stand on the working day after it (the last one takes the rest)."""
        days = pd.to_datetime(pd.Series(self.meta["workdays"], dtype="str")).astype("datetime64[s]")
        found = self.bundle.frames["days"]
        place = np.minimum(days.searchsorted(found["date"]), max(len(days) - 1, 0))
        out = pd.DataFrame({"date": days, "amount": pd.Series(found["amount"].to_numpy(), dtype="float64").groupby(place).sum().reindex(range(len(days))).fillna(0.0).to_numpy() if len(days) else []})
        future = out["date"] > pd.Timestamp(self.as_of)
        late = out.loc[future, "amount"].sum()
        out.loc[future, "amount"] = np.nan
        if late and (~future).any():
            out.loc[out.index[~future][-1], "amount"] += late
        plan = self.figures["plan"]
        out["plan_amount"] = plan / len(out) if plan is not None and len(out) else np.nan
        return out.assign(cum_amount=out["amount"].cumsum(), cum_plan_amount=out["plan_amount"].cumsum())

    def _classes(self) -> pd.DataFrame:
        c = self.kept[["class", "class_prev", "s12", "amount", "free_amount"]].assign(letter=self.kept["class"].fillna("N"), n_silent=self.kept["state"].isin(["falling_asleep", "sleeping"]))
        order = {k: i for i, k in enumerate(("A+", "A", "B", "AB?", "C", "D", "CD?", "N"))}
        by = c.groupby("letter")
        out = by[["s12", "amount", "free_amount"]].sum(min_count=1).rename(columns={"s12": "amount", "amount": "period_amount"})
        out["n_clients"], out["n_silent"] = by.size(), by["n_silent"].sum()
        crossed = c[c["class_prev"].notna() & (c["class_prev"].fillna("") != c["letter"])]
        known = c["class_prev"].notna().any()
        out["n_in"] = crossed.groupby("letter").size().reindex(out.index).fillna(0) if known else np.nan
        out["n_out"] = crossed.groupby("class_prev").size().reindex(out.index).fillna(0) if known else np.nan
        return out.rename_axis("class").reset_index().sort_values("class", key=lambda s: s.map(order).fillna(9), kind="stable")

    def _risks(self) -> pd.DataFrame:
        """Who is silent, who lost most against the same quarter a year ago, the largest overdue debts, and who else has a high risk score."""
        c, norms = self.kept[RISKY], self.meta["norms"]
        gap = c["quarter_year_ago"] - c["quarter_amount"]
        silent = c.assign(amount=c["s12_before"], reason="silent")[c["state"].isin(["falling_asleep", "sleeping"]) & (c["s12_before"] > 0)]
        falling = c.assign(amount=gap, reason="falling")[(gap > 0) & (c["quarter_amount"] <= (1 - norms["fall_share"]) * c["quarter_year_ago"]) & c["state"].isin(list_of.HERE) & ~c["client_id"].isin(silent["client_id"])]
        late = c.assign(amount=c["overdue"], reason="overdue")[(c["overdue"] > 0) & (c["overdue_days"] > norms["late_days"])]
        named = {*silent["client_id"], *falling["client_id"], *late["client_id"]}
        scored = c.assign(amount=c["risk_amount"], reason="risk")[list_of.sure_high(c) & (c["risk_amount"] > 0) & c["state"].isin(list_of.HERE) & ~c["client_id"].isin(named)]
        largest = lambda frame: frame.sort_values(["amount", "client_id"], ascending=[False, True]).head(5)  # noqa: E731
        out = pd.concat([largest(silent), largest(falling), largest(late), largest(scored)], ignore_index=True).sort_values(["amount", "client_id", "reason"], ascending=[False, True, True], kind="stable").head(8)
        out["detail"] = [_detail(r) for r in out.to_dict("records")]
        return out

    # -------------------------------------------------------------- results
    def first_page(self) -> Result:
        """The page: its tables, findings and blocks."""
        from kbreport.month.first_page import first_page

        with words.speaking(self.meta["lang"]):
            result = self._blank(PAGE, _("Отчёт менеджера"), COLUMNS, {k: _(v) for k, v in TABLE_TITLES.items()})
            result.tables, result.findings = self.tables, self._findings()
        result.draw = lambda: self._drawn(first_page)
        return result

    def call_list(self) -> Result:
        """The list page."""
        from kbreport.month.list_page import call_list

        with words.speaking(self.meta["lang"]):
            result = self._blank(LIST, _("Позвонить"), CALLS, {"main": _("Позвонить")})
            result.tables, result.findings = {"main": self.calls[[c.name for c in CALLS["main"]]]}, self._to_call()
        result.draw = lambda: self._drawn(call_list)
        return result

    def _drawn(self, make) -> list[dict]:
        with words.speaking(self.meta["lang"]):
            return make(self)

    def _blank(self, name: str, title: str, columns: dict, titles: dict) -> Result:
        return Result(name, "", SECTION[name], title, MethodStatus.OK, lang=self.meta["lang"], columns=columns, titles=titles, settings=self.meta["settings"] if name == PAGE else [], provenance=self.meta["provenance"], side_folder=self.side_folder)

    def _findings(self) -> list[Finding]:
        f, out = self.figures, []
        if f["plan"]:
            done, gap = f["amount"] / f["plan"], f["plan"] - f["amount"]
            level = FindingLevel.GOOD if gap <= 0.005 else FindingLevel.WATCH
            text = _("План выполнен на {p}").format(p=percent(done, 1)) + ("" if gap <= 0.005 else _(": недобор {x}").format(x=money(gap, self.currency)))
            out.append(Finding("manager_month.plan", level, text, fact=round(done, 6), baseline=1.0, gap=round(done - 1, 6), money=round(max(gap, 0.0), 2), basis=_("план минус факт")))
        if f["overdue"]:
            late = self.kept[self.kept["overdue"] > 0].sort_values(["overdue", "client_id"], ascending=[False, True])
            out.append(Finding("manager_month.overdue", FindingLevel.WATCH, _("Просрочено {x}").format(x=money(f["overdue"], self.currency)), money=round(f["overdue"], 2), basis=_("просроченный долг"),
                               clients=tuple(zip(late["client_id"], late["overdue"].round(2)))))
        return out

    def _to_call(self) -> list[Finding]:
        """Money on the list by reason; each client stands in one of them."""
        out = []
        kinds = {"silent": (FindingLevel.RISK, BookedAs.REACTIVATION), "overdue": (FindingLevel.WATCH, BookedAs.NONE), "falling": (FindingLevel.WATCH, BookedAs.RISK), "risk": (FindingLevel.WATCH, BookedAs.RISK),
                 "free": (FindingLevel.INFO, BookedAs.GROWTH), "due": (FindingLevel.INFO, BookedAs.NONE)}
        for reason, (level, booked) in kinds.items():
            mine = self.calls[self.calls["reason"] == reason]
            if len(mine):
                text = n_("Позвонить {n} клиенту: {x} ({basis})", "Позвонить {n} клиентам: {x} ({basis})", len(mine), x=money(mine["stake_amount"].sum(), self.currency), basis=mine["basis"].iloc[0])
                out.append(Finding(f"call_list.{reason}", level, text, money=round(float(mine["stake_amount"].sum()), 2), basis=mine["basis"].iloc[0], booked_as=booked, assumption=reason in ("free", "risk"),
                                   clients=tuple(zip(mine["client_id"], mine["stake_amount"]))))
        return out


def _detail(r: dict) -> str:
    """What it is and how far it has gone: days of silence, the fall, days overdue (and whether that is a habit), the score."""
    if r["reason"] == "silent":
        return n_("молчит {n} день", "молчит {n} дней", int(r["days_since"]))
    if r["reason"] == "falling":
        return _("квартал {x}").format(x=signed(percent(r["quarter_amount"] / r["quarter_year_ago"] - 1)))
    if r["reason"] == "risk":
        return _("риск {n} из 100").format(n=number(r["score"]))
    late = _("долг +{n} дн.").format(n=number(r["overdue_days"]))
    return _("{late}, опять").format(late=late) if r["pay_status"] == "chronic" else late


# ------------------------------------------------------------------ opening
def open_month(company, *, manager: str = "", period: str | None = None, as_of: str | None = None, lang: str | None = None, settings=None) -> Month:
    """The month of a manager: from the bundle of a batch where there is one, else from the company."""
    side = Path(os.environ["KB_RESULTS"]) if os.environ.get("KB_RESULTS") else None
    if os.environ.get("KB_BUNDLE"):
        return Month(Bundle.load(Path(os.environ["KB_BUNDLE"])), side)
    found = department_of(company, period=period, as_of=as_of, lang=lang, settings=settings)
    return Month(bundle_of(found, chosen(found, manager)), side)


def department_of(company, *, period: str | None = None, as_of: str | None = None, lang: str | None = None, settings=None) -> Department:
    """The department of a company for a month or quarter; without one, the last complete month."""
    return department_for(month_run(company, period=period, as_of=as_of, lang=lang, settings=settings))


def department_for(run) -> Department:
    """The department of a run of P. EmptyPlan where nobody sold anything in P: a hole of the export would look like churn."""
    with words.speaking(run.lang):
        days = run.facts.order_days
        if not run.period.mask(days["date"]).any():
            raise EmptyPlan(N_("За {period} в выгрузке нет ни одной продажи."), remedy=N_("Пришлите полную выгрузку или назовите другой период: --period."), period=run.period.slug)
        return department(run)


def month_run(company, *, period: str | None = None, as_of: str | None = None, lang: str | None = None, settings=None):
    """The run of P. The reporting date is the last day of P, or the last day with sales where P is not over in the data."""
    from kbreport.run import open_run

    given = dict(settings or {})
    period, as_of = period or given.pop("period", None), as_of or given.pop("as_of", None)
    run = open_run(company, as_of=as_of or None, lang=lang or None, settings=given)
    with words.speaking(run.lang):
        if run.facts.order_days.empty:
            raise EmptyPlan(N_("До {day} в выгрузке нет ни одной продажи."), remedy=N_("Назовите другую отчётную дату: --as-of."), day=words.day(run.facts.as_of.date))
        asked = _asked(period or _configured(run), run.facts.as_of.date, run.facts.history_start)
        last = min(asked.last, run.facts.as_of.date) if as_of or asked.last <= run.facts.as_of.date else _last_sale(run, asked)
        if last != run.facts.as_of.date:
            run = open_run(company, as_of=last.isoformat(), lang=lang or None, settings=given)
        return open_run_for(run, asked.slug)


def _configured(run) -> str | None:
    """A month or quarter named in company.yml; a longer period there is that of the audit."""
    from kbreport.facts.period import parse_period

    spec = run.parameters.period
    return spec if spec not in ("12m", "all") and parse_period(spec).months in (1, 3) else None


def _asked(period: str | None, as_of: date, history_start: date):
    """The period named, else the last complete month; the month in hand where the data hold no complete one."""
    from kbreport.facts.period import add_months, parse_period

    if not period:
        first = as_of.replace(day=1)
        return parse_period(f"{first if _is_end(as_of) or first <= history_start else add_months(first, -1):%Y-%m}")
    asked = parse_period(period)
    if asked.months not in (1, 3):
        raise UsageProblem(N_("Отчёт менеджера бывает за месяц или квартал, а не за {period}."), remedy=N_("Например: --period 2025-12 или --period 2025-Q4."), period=period)
    return asked


def open_run_for(run, slug: str):
    """The same facts for the period P."""
    from dataclasses import replace

    from kbreport.facts.period import find_period

    period, status, rule = find_period(slug, run.facts.as_of.date, run.facts.history_start)
    return replace(run, period=period, period_status=status, period_rule=rule, _results={})


def _is_end(day: date) -> bool:
    from kbreport.facts.period import month_end

    return day == month_end(day)


def _last_sale(run, asked) -> date:
    """The last day with sales inside P, from the whole file; the reporting date found where there is none."""
    days = run.facts.file_days
    inside = days[asked.mask(days["date"])]
    return inside["date"].max().date() if len(inside) else run.facts.as_of.date


def chosen(found: Department, manager: str) -> str:
    """The manager's id from an id or a name; the first one where none is named."""
    from kbreport.run import one_manager

    if not manager:
        return next(m for m in found.staff if found.busy(m)) if found.staff else _nobody()
    return one_manager(found.month, manager)


def _nobody() -> str:
    raise EmptyPlan(N_("В данных нет менеджеров: отчёт менеджера сделать не для кого."), remedy=N_("Добавьте в выгрузку столбец менеджера или запустите: kbreport batch … --by company."))
