"""M5.6 Прогноз продаж / Sales forecast and its accuracy.

Question   How much will the month after as_of bring, is the plan met by it, and how far may the figure be trusted?
In         facts.order_days; rules of abc, frequency, lifecycle, seasonality; deals, deal_stage_log, plans optional
Out        main: company (empty manager_id) and managers × part base | deals | sure | total; clients: the base flow by client; deals:
           open deals expected in the month; pacing: where the month of as_of goes; accuracy: the back-test by month; accuracy_total
Formula    base = Σ days of the month / rhythm × net sales per order of 12 months × seasonal index × survival of the state; deals = Σ
           amount × P(stage) × timing; sure = Σ amount × sure_p. A client counts once, by the largest of his three. low = max(sure,
           low_base × base), high: deals of P ≥ high_p in full; fan: 10–90 % of own past errors. WAPE = Σ|f − a| / Σ a, bias = (Σf − Σa) / Σa
Edge       the back-test knows nothing after the eve of its month, so it is without deals; WAPE not below the naive rule's → the naive
           number is the total (never below what is sure), managers in proportion; under 12 months no season; under `min_months` back-tests weak; under 3 whole
           months insufficient; plan and forecast more than plan_report.max_ratio times apart are not compared
Source     book 5.2.4 [000:116]; P by stage [S20]; survival, scenarios, thresholds [OURS]; back-test without look-ahead (METHODS 1.21)
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport.ch5 import _forecast_page as shown
from kbreport.ch5._backtest import COLUMNS, NAIVE_MONTHS, accuracy, backtest, fan, naive_at
from kbreport.ch5._deals import DealRules, OpenDeals, open_deals
from kbreport.ch5._flow import FlowRules, flow_at
from kbreport.ch5._pacing import pacing
from kbreport.facts.period import Period, add_months, month_end, slug_of
from kbreport.facts.plans import governing, plan_lines
from kbreport.facts.rhythm import day_number
from kbreport.facts.season import company_season, month_number
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, setting
from kbreport.words import N_, _, money, number

PARTS = ("base", "deals", "sure")
LOST_P = 0.0


class Forecast(Method):
    number: ClassVar[str] = "M5.6"
    section: ClassVar[str] = "5.2.4"
    title: ClassVar[str] = N_("Прогноз продаж")
    question: ClassVar[str] = N_("Сколько принесёт следующий месяц, хватит ли этого на план и можно ли прогнозу верить?")
    needs: ClassVar[tuple[str, ...]] = ("abc", "frequency", "lifecycle")
    uses: ClassVar[tuple[str, ...]] = ("seasonality",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("deals", "deal_stage_log", "plans")
    columns: ClassVar = {
        "main": cols("month manager_id part amount low_amount high_amount plan_amount gap_amount model status fan_low_amount fan_high_amount", part=("text", N_("Часть")), low_amount=N_("Осторожно"),
                     high_amount=N_("Смело"), plan_amount=N_("План"), gap_amount=N_("До плана"), model=("text", N_("Чем посчитано")), fan_low_amount=N_("По ошибкам от"),
                     fan_high_amount=N_("По ошибкам до")),
        "clients": cols(f"{CL} expected_orders mean_order_amount index survival amount", expected_orders=("number", N_("Ждём заказов")), mean_order_amount=N_("Средний заказ"),
                        index=N_("Индекс месяца"), survival=("share", N_("Вероятность"))),
        "deals": cols(f"deal_id {CL} stage amount probability weighted_amount", deal_id=N_("Сделка"), stage=("text", N_("Этап")), probability=("share", N_("Вероятность")),
                      weighted_amount=N_("С учётом вероятности")),
        "pacing": cols("month fact_amount elapsed_share run_amount", fact_amount=N_("Продано"), elapsed_share=N_("Прошло месяца"), run_amount=N_("К концу месяца")),
        "accuracy": cols("month forecast_amount naive_amount actual_amount", forecast_amount=N_("Наш прогноз"), naive_amount=N_("Простое правило"), actual_amount=N_("Факт")),
        "accuracy_total": cols("model n_months wape bias", model=("text", N_("Чем посчитано")), n_months=N_("Месяцев"), wape=("share", N_("Средняя ошибка")), bias=("share", N_("Смещение"))),
    }
    titles: ClassVar = {"main": N_("Прогноз"), "clients": N_("Ждём по ритму"), "deals": N_("Сделки месяца"), "pacing": N_("Ход месяца"), "accuracy": N_("Прогноз и факт по месяцам"),
                        "accuracy_total": N_("Точность прогноза")}

    sure_p: float = setting(0.9, source="OURS", help=N_("вероятность верных сделок и с какой вероятности сделка верная"), gt=0, le=1)
    survival_asleep: float = setting(0.6, source="OURS", help=N_("вероятность заказа засыпающего"), ge=0, le=1)
    survival_sleeping: float = setting(0.2, source="OURS", help=N_("вероятность заказа спящего"), ge=0, le=1)
    survival_one_time: float = setting(0.1, source="OURS", help=N_("вероятность заказа разового"), ge=0, le=1)
    low_base: float = setting(0.8, source="OURS", help=N_("какая часть ожидаемых заказов остаётся в осторожном прогнозе"), ge=0, le=1)
    high_p: float = setting(0.5, source="OURS", help=N_("с какой вероятности сделка входит в смелый прогноз целиком"), ge=0, le=1)
    min_closed: int = setting(20, source="OURS", help=N_("сколько закрытых сделок или своих случаев заменяют норму"), ge=1)
    min_months: int = setting(6, source="OURS", help=N_("сколько месяцев нужно, чтобы судить о точности"), ge=2)
    origins: int = setting(12, source="OURS", help=N_("за сколько последних месяцев проверяем точность"), ge=2, le=36)
    stages: dict[str, float] = setting({}, source="OURS", help=N_("этапы воронки по порядку и вероятность сделки на каждом"))

    # -------------------------------------------------------------- numbers
    def coming(self, base: Base) -> Period:
        """The calendar month after that of as_of."""
        start = month_end(base.facts.as_of.date) + timedelta(days=1)
        end = add_months(start, 1)
        return Period(start, end, 1, slug_of(start, end))

    def rules(self, base: Base) -> FlowRules:
        survival = {"active": 1.0, "new": 1.0, "falling_asleep": self.survival_asleep, "sleeping": self.survival_sleeping, "one_time": self.survival_one_time, "lost": LOST_P}
        return FlowRules(base.settings("lifecycle").rules(base), base.settings("seasonality").rules(base), base.settings("abc"), survival, self.min_closed, lookback=base.parameters.lookback)

    def measure(self, base: Base) -> Measured:
        facts, rules, coming = base.facts, self.rules(base), self.coming(base)
        until, month = day_number(facts.as_of.date), month_number(day_number(coming.start))
        clients = _clients(flow_at(facts, until, month, rules, _closed(facts)), base)
        deals = open_deals(facts, coming, DealRules(self.stages, self.sure_p, self.min_closed))
        past = backtest(facts, until, rules, self.origins)
        tested = _accuracy_table(past)
        parts = self._parts(clients, deals, base)
        plans = _plans(base, coming)
        main = self._main(parts, plans.index)
        model = _model(tested, self.min_months)
        if model == "naive":
            _take_naive(main, naive_at(facts, until, month, rules))
        _with_fan(main, past, model, self.min_months)
        _with_plan(main, plans, base.settings("plan_report").max_ratio)
        status, reason = self._status(len(company_season(facts, until, rules.season).amounts), past, main)
        main["model"], main["status"], main["month"] = model, str(status), coming.slug
        tables = {"main": main[[c.name for c in self.columns["main"]]], "clients": clients, "deals": _deal_table(deals, base),
                  "pacing": self._pacing(base), "accuracy": past, "accuracy_total": tested}
        return Measured(tables, status, reason)

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """His rows; the accuracy is that of the company's forecast, without its money; the course of the month is that of his clients."""
        tables = {name: company[name][company[name]["manager_id"] == base.manager].reset_index(drop=True) for name in ("main", "clients", "deals")}
        tables |= {"pacing": self._pacing(base), "accuracy_total": company["accuracy_total"]}
        if tables["main"].empty:
            return Measured(tables, MethodStatus.INSUFFICIENT, _("у менеджера нет клиентов, от которых можно ждать заказа"))
        return Measured(tables, MethodStatus(tables["main"]["status"].iloc[0]))

    def _status(self, n_months: int, past: pd.DataFrame, main: pd.DataFrame) -> tuple[MethodStatus, str]:
        if n_months < NAIVE_MONTHS or not main.loc[main["part"] == "total", "amount"].iloc[0] > 0:
            return MethodStatus.INSUFFICIENT, _("полных месяцев продаж {n}: прогнозировать не по чему").format(n=number(n_months))
        if len(past) < self.min_months:
            return MethodStatus.WEAK, _("точность не проверена: месяцев для проверки {n} из {need} нужных").format(n=number(len(past)), need=number(self.min_months))
        return MethodStatus.OK, ""

    def _parts(self, clients: pd.DataFrame, deals: OpenDeals | None, base: Base) -> pd.DataFrame:
        """One row per client who is expected to bring something: manager_id, part, amount, low_amount, high_amount."""
        flow = clients.set_index("client_id")["amount"].rename("base")
        worth = _by_client(deals, self.high_p) if deals is not None else pd.DataFrame(columns=["deals", "sure", "more", "manager_id"], dtype="float64")
        out = pd.concat([flow, worth], axis=1).fillna(dict.fromkeys((*PARTS, "more"), 0.0))
        out["part"] = np.select([(out["sure"] > 0) & (out["sure"] >= out[["base", "deals"]].max(axis=1)), (out["deals"] > 0) & (out["deals"] >= out["base"])], ["sure", "deals"], "base")
        out["amount"] = out[list(PARTS)].max(axis=1)
        out["low_amount"] = np.maximum(out["sure"], self.low_base * out["base"]).round(2)
        out["high_amount"] = np.maximum(out["amount"], out["deals"] + out["sure"] + out["more"]).where(out["more"] > 0, out["amount"]).round(2)
        keeper = base.card().set_index("client_id")["manager_id"].reindex(out.index)
        out["manager_id"] = keeper.astype("object").where(keeper.notna(), out["manager_id"])
        return out[out["amount"] > 0]

    def _main(self, parts: pd.DataFrame, planned: pd.Index) -> pd.DataFrame:
        """Company first (manager_id empty), then managers with an expectation or a plan; each with its parts and their total."""
        sums = ["amount", "low_amount", "high_amount"]
        owners = [None, *sorted(set(parts["manager_id"].dropna()) | set(planned))]
        blocks = []
        for who in owners:
            own = parts if who is None else parts[parts["manager_id"] == who]
            by = own.groupby("part")[sums].sum().reindex(list(PARTS), fill_value=0.0)
            blocks.append(pd.concat([by, by.sum().to_frame("total").T]).rename_axis("part").reset_index().assign(manager_id=who))
        main = pd.concat(blocks, ignore_index=True)
        main["manager_id"] = main["manager_id"].astype("object").where(main["manager_id"].notna(), None)
        main[sums] = main[sums].astype("float64").round(2)
        return main.assign(plan_amount=np.nan, gap_amount=np.nan)

    def _pacing(self, base: Base) -> pd.DataFrame:
        sold, share, run = pacing(base.facts, base.parameters.calendar, self.min_months)
        return pd.DataFrame({"month": [base.facts.as_of.date.strftime("%Y-%m")], "fact_amount": [sold], "elapsed_share": [share], "run_amount": [run]})

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        row = shown.total(tables)
        if row is None or row["status"] == str(MethodStatus.INSUFFICIENT):
            return []
        when, x = shown.when(row), money(row["amount"], base.facts.currency)
        values = {"amount": float(row["amount"]), "low": shown.plain(row["low_amount"]), "high": shown.plain(row["high_amount"])}
        if pd.isna(row["gap_amount"]):
            return [Finding("forecast.month", FindingLevel.INFO, _("Прогноз на {month} — {x}").format(month=when, x=x), shown.trust(tables), fact=float(row["amount"]), values=values)]
        plan, gap = float(row["plan_amount"]), float(row["gap_amount"])
        if gap <= shown.NEAR * plan:
            text = _("Прогноз на {month} — {x}: план {y} должен выйти").format(month=when, x=x, y=money(plan, base.facts.currency))
            return [Finding("forecast.plan", FindingLevel.GOOD, text, shown.trust(tables), fact=float(row["amount"]), baseline=plan, gap=-gap, values=values)]
        text = _("Прогноз на {month} — {x}: до плана не хватает {gap}").format(month=when, x=x, gap=money(gap, base.facts.currency))
        return [Finding("forecast.gap", FindingLevel.WATCH, text, shown.trust(tables), action=shown.what_to_do(gap, base), who=shown.by_month_end(row, base), fact=float(row["amount"]), baseline=plan,
                        gap=-gap, money=round(gap, 2), basis=_("план минус прогноз"), assumption=True, values=values)]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        return shown.blocks(self, tables, base)


# ------------------------------------------------------------------ numbers
def _clients(flow: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Clients with a known rhythm and order, the largest expectation first."""
    out = base.card().merge(flow.rename_axis("client_id").reset_index(), on="client_id")
    out = out[out["amount"].notna()].sort_values(["amount", "client_id"], ascending=[False, True], kind="stable")
    return out[[c.name for c in Forecast.columns["clients"]]].reset_index(drop=True)


def _closed(facts) -> np.ndarray | None:
    known = facts.clients
    return (known["status_manual"] == "closed").to_numpy() if "status_manual" in known else None


def _by_client(deals: OpenDeals, high_p: float) -> pd.DataFrame:
    """Weighted deals and sure deals of each client, and what likely ones would bring beyond their P; the manager of the first deal.

    A deal without a client is a client of its own: nobody else's need can be the same.
    """
    month = deals.month.assign(client_id=deals.month["client_id"].where(deals.month["client_id"].notna(), "deal " + deals.month["deal_id"].astype(str)))
    likely = month["probability"] >= high_p - 1e-9
    month = month.assign(deals=month["weighted_amount"].where(~month["is_sure"], 0.0), sure=month["weighted_amount"].where(month["is_sure"], 0.0),
                         more=(month["amount"] * (1 - month["probability"])).where(likely, 0.0))
    by = month.sort_values("deal_id", kind="stable").groupby("client_id")
    return by[["deals", "sure", "more"]].sum().round(2).join(by["manager_id"].first())


def _deal_table(deals: OpenDeals | None, base: Base) -> pd.DataFrame:
    names = [c.name for c in Forecast.columns["deals"]]
    if deals is None:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in names})
    card = base.card().set_index("client_id")
    out = deals.month.copy()
    for name in ("client_name", "manager_id"):
        known = out["client_id"].map(card[name]).astype("object")
        out[name] = known.where(known.notna(), out[name])
    out["client_name"] = out["client_name"].astype("object").where(out["client_name"].notna(), out["client_id"])
    return out.sort_values(["weighted_amount", "deal_id"], ascending=[False, True], kind="stable")[names].reset_index(drop=True)


def _accuracy_table(past: pd.DataFrame) -> pd.DataFrame:
    """Both models over the same months: those that the naive rule can forecast too."""
    both = past[past["naive_amount"].notna() & past["forecast_amount"].notna()]
    rows = [(model, *accuracy(both[name], both["actual_amount"])) for model, name in (("own", COLUMNS[1]), ("naive", COLUMNS[2]))]
    return pd.DataFrame(rows, columns=["model", "n_months", "wape", "bias"])


def _model(tested: pd.DataFrame, least: int) -> str:
    """Ours unless enough months show that the naive rule errs no more."""
    wape = tested.set_index("model")["wape"]
    enough = tested["n_months"].min() >= least and wape.notna().all()
    return "naive" if enough and wape["own"] >= wape["naive"] - 1e-9 else "own"


def _take_naive(main: pd.DataFrame, naive: float) -> None:
    """The total of the company becomes the rival's number, managers' totals keep their share of it; the parts stay as they were counted.

    What is sure is more than a rule that knows no deals can tell: the total does not fall below it.
    """
    total = main["part"] == "total"
    naive = max(naive, float(main.loc[(main["part"] == "sure") & main["manager_id"].isna(), "amount"].iloc[0]))
    ours = main.loc[total, "amount"].iloc[0]
    factor = naive / ours if ours > 0 else np.nan
    for name in ("amount", "low_amount", "high_amount"):
        main.loc[total, name] = (main.loc[total, name] * factor).round(2)
    main.loc[main.index[total][0], "amount"] = round(naive, 2)


def _with_fan(main: pd.DataFrame, past: pd.DataFrame, model: str, least: int) -> None:
    """Own past errors are those of the whole: one manager's would be wider, so his rows have none."""
    main["fan_low_amount"], main["fan_high_amount"] = np.nan, np.nan
    top = main.index[main["part"] == "total"][0]
    forecast = past["naive_amount"] if model == "naive" else past["forecast_amount"]
    main.loc[top, ["fan_low_amount", "fan_high_amount"]] = fan(main.loc[top, "amount"], forecast, past["actual_amount"], least)


def _plans(base: Base, coming: Period) -> pd.Series:
    """Plan of the month by manager who stands in a sale: nobody can tell what the others' would be compared with."""
    if "plans" not in base.facts.others:
        return pd.Series(dtype="float64")
    lines = governing(plan_lines(base.facts, coming))
    known = set(base.facts.order_days["manager_id"].dropna()) | set(base.card()["manager_id"].dropna())
    return lines[lines["manager_id"].isin(known)].groupby("manager_id")["plan_amount"].sum()


def _with_plan(main: pd.DataFrame, plans: pd.Series, max_ratio: float) -> None:
    """Plan and gap on total rows; the company's cover the managers who have a plan. Sums many times apart are not of the same thing."""
    total = (main["part"] == "total").to_numpy()
    mine = main["manager_id"].map(plans).astype("float64")
    main.loc[total, "plan_amount"], main.loc[total, "gap_amount"] = mine, mine - main["amount"]
    planned = main[total & mine.notna().to_numpy()]
    top = main.index[total][0]
    plan, amount = planned["plan_amount"].sum(min_count=1), planned["amount"].sum()
    comparable = plan > 0 and amount > 0 and max(plan / amount, amount / plan) <= max_ratio + 1e-9
    main.loc[top, ["plan_amount", "gap_amount"]] = (plan, round(plan - amount, 2)) if comparable else (np.nan, np.nan)
    if not comparable:
        main.loc[total, ["plan_amount", "gap_amount"]] = np.nan
    main["gap_amount"] = main["gap_amount"].round(2)
