"""M3.9 Оценка рисков клиента / Client risk score.

Question   Which clients are we about to lose, and what would it cost?
In         orders by month, lifecycle (state, lateness); where there are such tables: categories of lines, receivables, claims,
           people, touches (by M6.1), survey_answers; seasonality for the three months against the three before
Out        main: one row per client in the states active, falling_asleep, new, sleeping, one_time; bands; backtest: each band at
           past quarter ends; backtest_auc: how well the score sorts beside lateness and days since the last order
Formula    signals r1 … r8 from 0 to 1 (`_risk_signals`); score = 100 × Σ w·s / Σ w over the available ones; coverage = Σ w
           available / Σ w; bands < 30, 30–60, > 60. Money at risk = p × S of 12 months; p = loss rate of the band at past quarter
           ends (≥ 20 cases; lost: no order within max(180 days, 3 rhythms)), else score / 100 («условно»)
Edge       coverage < 40 % → band with «?»; fewer than 3 orders → r1, r2 not available; no signal → no score. Lateness is that of
           M3.18 (season days of seasonal clients); a seasonal client's sales are compared with his own year only. Where the score
           sorts no better than lateness or days since (AUC + 0.02), the page says so and follows the rival. Less than 24 months of
           history → no back-test. Sales that are net returns put no money at risk. > 10 % of sales: dependence, whatever the score
Source     book 3.9 [000:66], content [UNSOURCED]; signals after B2B health scores [S13]; weights and borders [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport.ch3 import _risk_past as past
from kbreport.ch3._risk_page import blocks_of
from kbreport.ch3._risk_signals import SIGNALS, Moment, Months, signals
from kbreport.facts.period import Period, add_months
from kbreport.facts.rhythm import day_number
from kbreport.facts.states import orders_of, states_at
from kbreport.method import CL, Base, BookedAs, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, setting
from kbreport.method.todo import owner
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, listed, money, n_

LIVE = ("active", "falling_asleep", "new")  # whose money stands on page 1 (METHODS 1.23)
SCORED = (*LIVE, "sleeping", "one_time")
TOLERANCE = 1e-9
ACTION = {"r1": "call_today", "r2": "ask_decline", "r3": "return_category", "r4": "agree_payment", "r5": "close_claim", "r6": "meet_decider", "r7": "touch_now", "r8": "ask_score"}


class ClientRisk(Method):
    number: ClassVar[str] = "M3.9"
    section: ClassVar[str] = "3.9"
    title: ClassVar[str] = N_("Риски клиентов")
    question: ClassVar[str] = N_("Кого мы вот-вот потеряем и сколько это стоит?")
    needs: ClassVar[tuple[str, ...]] = ("abc", "frequency", "lifecycle")
    uses: ClassVar[tuple[str, ...]] = ("touches", "seasonality")
    optional_inputs: ClassVar[tuple[str, ...]] = ("category", "receivables", "claims", "people", "touches", "survey_answers")
    columns: ClassVar = {
        "main": cols(f"{CL} state r1 r2 r3 r4 r5 r6 r7 r8 score coverage band is_band_uncertain top_reason s12 p_loss risk_basis risk_amount is_dependence action",
                     r1=N_("Опоздание с заказом"), r2=N_("Падение продаж"), r3=N_("Меньше категорий"), r4=N_("Просрочка оплаты"), r5=N_("Рекламации"), r6=N_("Мало контактных лиц"),
                     r7=N_("Тишина"), r8=N_("Оценка в опросе"), score=N_("Балл риска"), coverage=N_("Доля известных сигналов"), band=("text", N_("Риск")), is_band_uncertain=N_("Риск под вопросом"),
                     top_reason=("text", N_("Главная причина")), s12=N_("Продажи за 12 мес."), p_loss=("share", N_("Вероятность ухода")), risk_basis=("text", N_("Откуда вероятность")),
                     risk_amount=N_("Под угрозой"), is_dependence=N_("Зависимость"), action=("text", N_("Действие"))),
        "bands": cols("band n_clients s12 risk_amount", band=("text", N_("Риск")), s12=N_("Продажи за 12 мес."), risk_amount=N_("Под угрозой")),
        "backtest": cols("origin_date band n_cases n_lost n_open loss_rate ci_low ci_high lift", origin_date=N_("На дату"), band=("text", N_("Риск")), n_cases=N_("Случаев"), n_lost=N_("Ушло"),
                         n_open=N_("Ещё в окне"), loss_rate=N_("Доля ушедших"), lift=("ratio", N_("Во сколько раз чаще среднего"))),
        "backtest_auc": cols("predictor n_cases auc", predictor=("text", N_("По чему сортируем")), n_cases=N_("Случаев"), auc=("share", N_("Доля верных пар"))),
    }
    titles: ClassVar = {"main": N_("Риски клиентов"), "bands": N_("Клиенты по уровню риска"), "backtest": N_("Проверка балла на прошлых кварталах"), "backtest_auc": N_("Балл и простые правила")}

    w_r1: float = setting(25, source="OURS", help=N_("вес сигнала: опоздание с заказом"), ge=0)
    w_r2: float = setting(20, source="OURS", help=N_("вес сигнала: падение продаж"), ge=0)
    w_r3: float = setting(10, source="OURS", help=N_("вес сигнала: меньше категорий"), ge=0)
    w_r4: float = setting(15, source="OURS", help=N_("вес сигнала: просрочка оплаты"), ge=0)
    w_r5: float = setting(10, source="OURS", help=N_("вес сигнала: рекламации"), ge=0)
    w_r6: float = setting(10, source="OURS", help=N_("вес сигнала: мало контактных лиц"), ge=0)
    w_r7: float = setting(10, source="OURS", help=N_("вес сигнала: тишина"), ge=0)
    w_r8: float = setting(10, source="OURS", help=N_("вес сигнала: оценка в опросе"), ge=0)
    low: float = setting(30, source="OURS", help=N_("балл, ниже которого риск низкий"), ge=0, le=100)
    high: float = setting(60, source="OURS", help=N_("балл, выше которого риск высокий"), ge=0, le=100)
    min_coverage: float = setting(0.40, source="OURS", help=N_("при меньшей доле известных сигналов уровень риска под вопросом"), ge=0, le=1)
    dependence_share: float = setting(0.10, source="OURS", help=N_("доля клиента в продажах, выше которой мы от него зависим"), gt=0, le=1)
    outcome_days: int = setting(180, source="OURS", help=N_("ушёл: столько дней без заказа (и не меньше трёх ритмов)"), ge=30)
    auc_gain: float = setting(0.02, source="OURS", help=N_("насколько балл должен превзойти простое правило, чтобы заменить его"), ge=0, le=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        months = Months.of(base.facts, orders_of(base.facts).clients)
        main = self._clients(base, self.scored(signals(_today(base, months))))
        cases = self._past(base, months)
        tables = {"backtest": past.empty(self.columns["backtest"]), "backtest_auc": past.empty(self.columns["backtest_auc"])} if cases is None else \
            {"backtest": past.by_band(cases), "backtest_auc": past.sorting(cases)}
        main = self._priced(main, past.rates(tables["backtest"], base.parameters.min_denominator), base)
        tables = {"main": main, "bands": _bands(main)} | tables
        if not main["score"].notna().any():
            return Measured(tables, MethodStatus.INSUFFICIENT, _("нет клиентов, о которых известен хотя бы один сигнал"))
        return Measured(tables)

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        """His clients with the probabilities of the company; the back-test counts other managers' clients and stays there."""
        main = company["main"][company["main"]["client_id"].isin(base.card()["client_id"])].reset_index(drop=True)
        return {"main": main, "bands": _bands(main)}

    @property
    def weights(self) -> np.ndarray:
        return np.array([getattr(self, f"w_{name}") for name in SIGNALS], "float64")

    def scored(self, values: pd.DataFrame) -> pd.DataFrame:
        """r1 … r8, score, coverage, band and the signal that weighs most (none where nothing is wrong)."""
        s, w = values[list(SIGNALS)].to_numpy("float64"), self.weights
        known, points = ~np.isnan(s), np.nan_to_num(s) * w
        weight, total = (known * w).sum(axis=1), w.sum()
        out = values[list(SIGNALS)].copy()
        out["score"] = 100 * points.sum(axis=1) / np.where(weight > 0, weight, np.nan)
        out["coverage"] = weight / total if total > 0 else np.nan
        score = out["score"].to_numpy()
        out["band"] = np.select([np.isnan(score), score < self.low - TOLERANCE, score > self.high + TOLERANCE], [None, "low", "high"], "medium")
        out["is_band_uncertain"] = ~(out["coverage"] >= self.min_coverage - TOLERANCE)
        out["top_reason"] = np.where(points.max(axis=1) > 0, np.array(SIGNALS, dtype=object)[points.argmax(axis=1)], None)
        return out

    def _clients(self, base: Base, scored: pd.DataFrame) -> pd.DataFrame:
        main = base.card()
        main["state"] = main["client_id"].map(base.table("lifecycle").set_index("client_id")["state"])
        main = main[main["state"].isin(SCORED)].reset_index(drop=True)
        return main.join(scored, on="client_id")

    def _priced(self, main: pd.DataFrame, rates: dict[str, float], base: Base) -> pd.DataFrame:
        """Money at risk and its order: the loss rate of the band, or the score itself where the past knows too few cases."""
        sales = _last_year(base)
        main["s12"] = main["client_id"].map(sales).astype("float64").fillna(0.0)  # no rows in the year: nothing was sold, a true zero
        own = main["band"].map(rates).astype("float64")
        main["p_loss"] = own.where(own.notna(), main["score"] / 100)
        main["risk_basis"] = np.select([own.notna(), main["score"].notna()], ["backtest", "score"], None)
        main["risk_amount"] = (main["p_loss"] * main["s12"].clip(lower=0)).round(2)
        main["is_dependence"] = main["s12"] > self.dependence_share * max(sales.sum(), 0.0) + TOLERANCE
        main["action"] = main["top_reason"].map(ACTION).astype("object").where(main["top_reason"].notna(), None)
        main = main.sort_values(["risk_amount", "client_id"], ascending=[False, True], kind="stable", na_position="last").reset_index(drop=True)
        return main[[c.name for c in self.columns["main"]]]

    def _past(self, base: Base, months: Months) -> pd.DataFrame | None:
        """Every active or drowsy client at past quarter ends with the score of that day; None where there is no history for it."""
        facts, today = base.facts, day_number(base.facts.as_of.date)
        ends = past.quarter_ends(facts.history_start, facts.as_of.date, base.parameters.lookback)
        touched = base.settings("touches").silence_at(base, ends) if ends and base.has("touches") else {}
        rules, abc = base.settings("lifecycle").rules(base), base.settings("abc")

        def one(end: int) -> pd.DataFrame:
            orders, seen = states_at(facts, end, rules, abc)
            known = self.scored(signals(Moment(facts, months, orders, end, seen.lateness, seen.seasonal, touched=touched.get(end), is_today=False)))
            return past.judged(orders, seen, end, today, self.outcome_days, known["score"].to_numpy(), known["band"].to_numpy())

        return past.tried(ends, one)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        high = main[(main["band"] == "high") & main["state"].isin(LIVE) & (main["risk_amount"] > 0)]
        if high.empty:
            return []
        first, total = high.iloc[0], float(high["risk_amount"].sum())
        text = n_("У {n} клиента высокий риск: под угрозой {x} в год", "У {n} клиентов высокий риск: под угрозой {x} в год", len(high), x=money(total, base.facts.currency))
        detail = _("{list}. Главная причина у {name}: {reason}.").format(list=listed(list(high["client_name"]), 3), name=listed([first["client_name"]]), reason=pinned("top_reason", first["top_reason"]))
        ours = bool((high["risk_basis"] == "score").any())
        basis = _("условно: балл риска × продажи за 12 месяцев") if ours else _("доля ушедших в прошлом × продажи за 12 месяцев")
        return [Finding("client_risk.high", FindingLevel.RISK, text, detail, fact=float(len(high)), action=_("{what}: {name} — первым, дальше по списку").format(
            what=pinned("action", first["action"]), name=listed([first["client_name"]])), who=owner(base, _("менеджеры клиентов")), money=round(total, 2), basis=basis, booked_as=BookedAs.RISK, assumption=ours,
            clients=tuple((c, round(float(a), 2)) for c, a in zip(high["client_id"], high["risk_amount"])), values={"n": len(high), "p": round(float(first["p_loss"]), 6)})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        return blocks_of(self, tables, base)


# ------------------------------------------------------------------ numbers
def _today(base: Base, months: Months) -> Moment:
    """The as-of date: lateness as M3.18 has it, the silence of M6.1, the season of M3.10."""
    orders = orders_of(base.facts)
    life = base.table("lifecycle").set_index("client_id").reindex(orders.clients)
    touched = base.table("touches").set_index("client_id")[["silence_days", "max_silence_days"]] if base.has("touches") else None
    season, own = _season(base, orders.clients)
    return Moment(base.facts, months, orders, day_number(base.facts.as_of.date), life["lateness"].to_numpy("float64", na_value=np.nan), life["is_seasonal"].to_numpy(bool), season, own, touched)


def _season(base: Base, clients: pd.Index) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(index by month, clients it does not fit: those on their own schedule, those whose own sales bend it); None without M3.10."""
    if not base.has("seasonality"):
        return None, None
    index = base.table("seasonality").set_index("month_no")["index"].reindex(range(1, 13)).to_numpy("float64", na_value=np.nan)
    if not (index > 0).all():  # a month without an index would be compared raw with a corrected one
        return None, None
    rules, sales = base.settings("seasonality"), _last_year(base)
    large = sales.index[sales > rules.large_client_share * sales.sum() + TOLERANCE]
    return index, np.asarray(clients.isin(large.union(pd.Index(list(rules.exclude_clients), dtype="object"))))


def _last_year(base: Base) -> pd.Series:
    """Net sales by client of the 12 months that end with the as-of date."""
    end = pd.Timestamp(base.facts.as_of.date) + pd.Timedelta(days=1)
    return base.facts.net_sales(Period(add_months(end.date(), -12), end.date(), 12, ""))


def _bands(main: pd.DataFrame) -> pd.DataFrame:
    by = main.groupby("band").agg(n_clients=("client_id", "size"), s12=("s12", "sum"), risk_amount=("risk_amount", "sum")).reindex(list(past.BANDS))
    return by.fillna(0).astype({"n_clients": "int64"}).round(2).rename_axis("band").reset_index()
