"""M3.18 Состояние и жизненный цикл клиента в базе / Client life-cycle state.

Question   In what state is each client today?
In         facts.orders, clients (contract_date, status_manual optional), abc and frequency (whose thresholds it uses)
Out        main: one row per known client; counts; flows: previous month → this month; flat_rule: the own rhythm against a
           flat «90 days» at the last four quarter ends whose outcome is known
Formula    by lateness L = days since the last order / rhythm, worst first: lost (days > max(365, 3 rhythms), or L > 6 and
           > 90 days), sleeping (L > 3, > 60 days), falling_asleep (L > 1.5, > 30 days), else active. One order ever: new
           ≤ 90 days, one_time ≤ 365, then lost. No order: potential. status_manual = closed: closed
Edge       seasonal clients count season days only (the 365-day rule plain days); without an own rhythm that of the class or
           company, status weak; S12 before silence = net sales of the 12 months ending on the last order date
Source     [003:45,131], [004:237-241]; 1.5/3/6 and 365 are [OURS]; back-test without look-ahead (METHODS 1.21)
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import page
from kbreport.facts.facts import exact_sum, looked_up
from kbreport.facts.rhythm import Orders, day_number
from kbreport.facts.states import STATES, Silence, StateRules, orders_of, returned, states, states_at
from kbreport.method import CL, Base, BookedAs, Finding, FindingLevel, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.method import Measured
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, listed, money, n_, number, percent, scale_of

QUARTERS = 4


class Lifecycle(Method):
    number: ClassVar[str] = "M3.18"
    section: ClassVar[str] = "3.18"
    title: ClassVar[str] = N_("Состояние клиентов")
    question: ClassVar[str] = N_("В каком состоянии каждый клиент сегодня?")
    needs: ClassVar[tuple[str, ...]] = ("abc", "frequency")
    optional_inputs: ClassVar[tuple[str, ...]] = ("clients",)
    columns: ClassVar = {
        "main": cols(f"{CL} state sub_state is_returned is_seasonal is_left_censored last_order_date days_since rhythm_days rhythm_source lateness s12_before state_004 status",
                     sub_state=("text", N_("Уточнение")), is_returned=N_("Вернулся"), is_seasonal=N_("Сезонный"), is_left_censored=N_("История обрезана"), rhythm_days=N_("Ритм"),
                     rhythm_source=("text", N_("Чей ритм")), lateness=("ratio", N_("Опоздание, ритмов")), s12_before=("money", N_("Продажи за 12 мес. до паузы")),
                     state_004=("text", N_("По договору"))),
        "counts": cols("state n_clients s12_before", s12_before=("money", N_("Продажи за 12 мес. до паузы"))),
        "flows": cols("month from_state to_state n_clients", from_state=("text", N_("Было состояние")), to_state=("text", N_("Стало состояние"))),
        "flat_rule": cols("rule n_sleeping n_false_alarm n_missed amount_false_alarm amount_missed", rule=("text", N_("Правило")), n_sleeping=N_("Отмечено"),
                          n_false_alarm=N_("Ложных тревог"), n_missed=N_("Пропущено"), amount_false_alarm=("money", N_("Сумма ложных тревог")), amount_missed=("money", N_("Сумма пропущенных"))),
    }
    titles: ClassVar = {"main": N_("Состояние клиентов"), "counts": N_("Состояния"), "flows": N_("Переходы по месяцам"), "flat_rule": N_("Свой ритм и 90 дней")}

    asleep: float = setting(1.5, source="OURS", help=N_("засыпает: опоздание больше стольких ритмов"), gt=1)
    sleeping: float = setting(3, source="OURS", help=N_("спит: опоздание больше стольких ритмов"), gt=1)
    lost: float = setting(6, source="OURS", help=N_("потерян: опоздание больше стольких ритмов"), gt=1)
    lost_days: int = setting(365, source="OURS", help=N_("потерян: столько дней без заказа"), ge=30)
    lost_rhythms: float = setting(3, source="OURS", help=N_("потерян: и не меньше стольких ритмов"), ge=0)
    min_days_asleep: int = setting(30, source="OURS", help=N_("засыпает не раньше чем через столько дней"), ge=0)
    min_days_sleeping: int = setting(60, source="OURS", help=N_("спит не раньше чем через столько дней"), ge=0)
    min_days_lost: int = setting(90, source="OURS", help=N_("потерян не раньше чем через столько дней"), ge=0)
    new_days: int = setting(90, source="OURS", help=N_("после первого заказа новый столько дней"), ge=1)
    one_time_days: int = setting(365, source="OURS", help=N_("с одним заказом разовый столько дней"), ge=1)
    returned_days: int = setting(180, source="OURS", help=N_("за сколько дней отмечаем возврат"), ge=1)
    season_months: int = setting(6, source="OURS", help=N_("сезонный: покупки не больше чем в стольких месяцах года"), ge=1, le=11)
    flat_days: int = setting(90, source="OURS", help=N_("плоское правило для сравнения, дней"), ge=1)

    # -------------------------------------------------------------- numbers
    def rules(self, base: Base) -> StateRules:
        return StateRules(self.asleep, self.sleeping, self.lost, self.lost_days, self.lost_rhythms, self.min_days_asleep, self.min_days_sleeping, self.min_days_lost,
                          self.new_days, self.one_time_days, self.season_months, base.settings("frequency").rules())

    def measure(self, base: Base) -> Measured:
        card, rules = base.card(), self.rules(base)
        today = day_number(base.facts.as_of.date)
        clients, orders = pd.Index(card["client_id"]), orders_of(base.facts)
        known = base.facts.clients.set_index("client_id").reindex(clients)
        closed = (known["status_manual"] == "closed").to_numpy() if "status_manual" in known else None
        letters = base.table("abc").set_index("client_id")["class"].reindex(clients).astype("object").fillna("").to_numpy()
        seen = states(orders, today, letters, rules, closed)
        main = self._main(base, card, seen, known, returned(orders, today, self.returned_days, seen.rhythm, rules))
        tables = {"main": main, "counts": _counts(main), "flows": self._flows(base, orders, rules, closed), "flat_rule": self._flat_rule(base, orders, rules)}
        return Measured(tables, MethodStatus.OK)

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        main = company["main"][company["main"]["client_id"].isin(base.card()["client_id"])].reset_index(drop=True)
        return {"main": main, "counts": _counts(main)}

    def _main(self, base: Base, card: pd.DataFrame, seen: Silence, known: pd.DataFrame, came_back: np.ndarray) -> pd.DataFrame:
        from kbreport.facts.rhythm import dates

        main = card.copy()
        main["state"] = seen.state.astype(str)
        contract = known["contract_date"].notna().to_numpy() if "contract_date" in known else np.zeros(len(main), bool)
        main["sub_state"] = np.where((main["state"] == "potential") & contract, "contract_no_shipment", None)
        main["is_returned"], main["is_seasonal"] = came_back, seen.seasonal
        limit = pd.Timestamp(base.facts.history_start) + pd.DateOffset(months=base.parameters.lookback)
        main["is_left_censored"] = (base.facts.first_order.reindex(main["client_id"]) < limit).to_numpy()
        main["last_order_date"], main["days_since"] = dates(seen.last), np.where(seen.last >= 0, seen.days, np.nan)
        main["rhythm_days"], main["rhythm_source"] = seen.rhythm, np.where(seen.last >= 0, seen.source, None)
        main["lateness"] = seen.lateness
        main["s12_before"] = main["client_id"].map(s12_before(base.facts.order_days, base.facts.last_order))
        main["state_004"] = _state_004(base, main, known)
        main["status"] = np.where((seen.status == "ok") | (seen.last < 0), "ok", np.where(np.isnan(seen.rhythm), "insufficient", "weak"))
        return main[[c.name for c in self.columns["main"]]]

    def _flows(self, base: Base, orders: Orders, rules: StateRules, closed: np.ndarray | None) -> pd.DataFrame:
        """Clients by state at the end of the previous month and of this one, for the months of P (at most 12)."""
        ends = [e for e in _month_ends(base, 13) if e >= day_number(base.facts.history_start)]
        seen = [_marked(states_at(base.facts, e, rules, base.settings("abc"))[1].state, closed) for e in ends]
        rows = []
        for end, before, now in zip(ends[1:], seen, seen[1:]):
            pairs = pd.Series(before.astype(str)).groupby([before.astype(str), now.astype(str)]).size()
            rows += [(pd.Timestamp(end, unit="D").strftime("%Y-%m"), a, b, int(n)) for (a, b), n in pairs.items()]
        return pd.DataFrame(rows, columns=["month", "from_state", "to_state", "n_clients"])

    def _flat_rule(self, base: Base, orders: Orders, rules: StateRules) -> pd.DataFrame:
        """False alarms and misses of the own rhythm and of the flat rule at the last four quarter ends with a closed window."""
        today, cases = day_number(base.facts.as_of.date), []
        for end in _quarter_ends(base):
            seen = states_at(base.facts, end, rules, base.settings("abc"))[1]
            window = seen.rhythm + 30
            judged = np.isin(seen.state.astype(str), ["active", "falling_asleep", "sleeping"]) & (seen.status == "ok") & (end + np.nan_to_num(window, nan=np.inf) <= today)
            if judged.any():
                cases.append(_case(base, orders, end, seen, judged, window, self.flat_days))
            if len(cases) == QUARTERS:
                break
        names = [c.name for c in self.columns["flat_rule"]]
        if not cases:
            return pd.DataFrame({n: pd.Series(dtype="str" if n == "rule" else "float64") for n in names})
        whole = pd.concat(cases)
        return pd.DataFrame([_scored(whole, rule) for rule in ("own_rhythm", "flat_days")], columns=names)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        late = tables["main"][tables["main"]["state"] == "falling_asleep"].sort_values(["s12_before", "client_id"], ascending=[False, True])
        if late.empty:
            return []
        text = n_("{n} клиент засыпает: молчит дольше своего ритма", "{n} клиентов засыпают: молчат дольше своего ритма", len(late))
        low, high = late["days_since"].min(), late["days_since"].max()
        detail = _("{list}: тишина {a}–{b} дней.").format(list=listed(list(late["client_name"]), 2), a=number(low), b=number(high)) if low < high else \
            _("{list}: тишина {a} дней.").format(list=listed(list(late["client_name"]), 2), a=number(low))
        clients = tuple((c, round(float(s), 2)) for c, s in zip(late["client_id"], late["s12_before"]) if s > 0)
        return [Finding("lifecycle.falling_asleep", FindingLevel.RISK, text, detail, action=_("Позвонить засыпающим в течение недели, начиная с самых крупных"),
                        who=_("менеджеры клиентов"), fact=float(len(late)), money=round(sum(m for _c, m in clients), 2), basis=_("приносили за 12 месяцев"), clients=clients,
                        booked_as=BookedAs.RISK, values={"n": len(late)})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        counts = tables["counts"].set_index("state")["n_clients"]
        total = int(counts.sum())
        awake = int(counts.get("active", 0) + counts.get("new", 0))
        title = n_("В базе {n} клиент: покупают {a}, засыпают {b}, спят {c}, потеряны {d}", "В базе {n} клиентов: покупают {a}, засыпают {b}, спят {c}, потеряны {d}", total,
                   a=number(awake), b=number(counts.get("falling_asleep", 0)), c=number(counts.get("sleeping", 0)), d=number(counts.get("lost", 0)))
        never = counts.get("potential", 0) / total if total else 0
        lead = _("Список — это ещё не база: {e} записей не покупали ни разу.").format(e=percent(never)) if never else None
        blocks = [page.section(title, id="lifecycle", kicker=kicker(self), lead=lead), _count_table(tables["counts"], base)]
        blocks += _wake_table(tables["main"], base) + _rule_note(tables.get("flat_rule"), self)
        return blocks


# ------------------------------------------------------------------ numbers
def s12_before(order_days: pd.DataFrame, last_order: pd.Series) -> pd.Series:
    """Net sales of the 12 months ending on the last order date, by client."""
    floor = last_order - pd.DateOffset(months=12)  # once per client: calendar steps are dear
    last, floor = (looked_up(order_days["client_id"], days) for days in (last_order, floor))
    return exact_sum(order_days[(order_days["date"] <= last) & (order_days["date"] > floor)], ["client_id"])


def _state_004(base: Base, main: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    """The literal rule of [004:237-241]: active — contract and shipments in P; lost — contract, no sales; potential — no contract."""
    if "contract_date" not in known:
        return np.full(len(main), None, dtype=object)
    contract = known["contract_date"].notna().to_numpy()
    sells = main["client_id"].isin(base.facts.active(base.period)).to_numpy()
    return np.where(contract & sells, "active", np.where(contract, "lost", "potential"))


def _marked(state: np.ndarray, closed: np.ndarray | None) -> np.ndarray:
    """Closed clients are closed in every month: nobody knows since when."""
    return state if closed is None else np.where(closed, "closed", state)


def _counts(main: pd.DataFrame) -> pd.DataFrame:
    by = main.groupby("state").agg(n_clients=("client_id", "size"), s12_before=("s12_before", lambda s: s.sum(min_count=1))).reindex(list(STATES))
    by["n_clients"] = by["n_clients"].fillna(0).astype("int64")
    return by.rename_axis("state").reset_index()


def _month_ends(base: Base, n: int) -> list[int]:
    """The last `n` month ends up to as_of (as_of itself when it ends a month), oldest first."""
    end = pd.Timestamp(base.facts.as_of.date)
    last = end if end.is_month_end else end - pd.offsets.MonthEnd(1)
    return [day_number(last - pd.offsets.MonthEnd(k)) for k in range(n - 1, -1, -1)]


def _quarter_ends(base: Base) -> list[int]:
    """Quarter ends before as_of inside the history, newest first."""
    end = pd.Timestamp(base.facts.as_of.date) - pd.offsets.QuarterEnd(1)
    ends = [end - pd.offsets.QuarterEnd(k) for k in range(12)]
    first = pd.Timestamp(base.facts.history_start) + pd.DateOffset(months=base.parameters.lookback)
    return [day_number(e) for e in ends if e >= first]


def _case(base: Base, orders: Orders, end: int, seen: Silence, judged: np.ndarray, window: np.ndarray, flat_days: int) -> pd.DataFrame:
    """Clients judged at one date: flagged by either rule, ordered within one own rhythm + 30 days, and what they brought."""
    after = orders.day > end
    next_order = np.full(len(orders.clients), np.iinfo("int64").max)
    np.minimum.at(next_order, orders.code[after], orders.day[after])
    ordered = next_order <= end + np.nan_to_num(window, nan=0)
    t = pd.Timestamp(end, unit="D")
    days = base.facts.order_days
    s12 = days[(days["date"] <= t) & (days["date"] > t - pd.DateOffset(months=12))].groupby("client_id")["amount"].sum().reindex(orders.clients).fillna(0).to_numpy()
    flagged = np.isin(seen.state.astype(str), ["sleeping"])
    return pd.DataFrame({"own_rhythm": flagged, "flat_days": seen.days > flat_days, "ordered": ordered, "s12": s12})[judged]


def _scored(cases: pd.DataFrame, rule: str) -> tuple:
    false, missed = cases[rule] & cases["ordered"], ~cases[rule] & ~cases["ordered"]
    return rule, int(cases[rule].sum()), int(false.sum()), int(missed.sum()), float(cases.loc[false, "s12"].sum()), float(cases.loc[missed, "s12"].sum())


# ------------------------------------------------------------------ page
def _count_table(counts: pd.DataFrame, base: Base) -> dict:
    total, scale = counts["n_clients"].sum(), scale_of(counts["s12_before"], base.facts.currency)
    rows = [[pinned("state", r.state), number(r.n_clients), page.cell(percent(r.n_clients / total), bar=r.n_clients / total, v=r.n_clients),
             scale.text(r.s12_before) if not pd.isna(r.s12_before) else "—"] for r in counts.itertuples() if r.n_clients]
    head = [page.col(_("Состояние")), page.col(_("Клиентов"), num=True, w=22), page.col(_("Доля"), w=52), page.col(_("Продажи за 12 мес. до паузы"), num=True, w=44)]
    return page.table(head, rows, title=_("Состояние базы"), unit=scale.unit or None, sheet="lifecycle", dense=True)


def _wake_table(main: pd.DataFrame, base: Base) -> list[dict]:
    late = main[main["state"] == "falling_asleep"].sort_values(["s12_before", "client_id"], ascending=[False, True])
    if late.empty:
        return []
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), number(r.rhythm_days), number(r.days_since), number(r.lateness, 1),
             money(r.s12_before, base.facts.currency)] for r in late.head(12).itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Ритм, дн."), num=True, w=20), page.col(_("Молчит, дн."), num=True, w=22), page.col(_("Ритмов"), num=True, w=18), page.col(_("За 12 мес."), num=True, w=30)]
    return [page.table(head, rows, title=_("Засыпают: позвонить на этой неделе"), sheet="lifecycle", dense=True, cards=True),
            page.action([(_("Позвонить каждому из списка: обычный сервисный звонок, узнать причину паузы"), _("менеджеры клиентов · за неделю"))])]


def _rule_note(flat: pd.DataFrame | None, method: Lifecycle) -> list[dict]:
    if flat is None or len(flat) < 2:
        return []
    by = flat.set_index("rule")
    own, plain = by.loc["own_rhythm"], by.loc["flat_days"]
    return [page.note(_("Проверка на прошлых кварталах. Правило «{d} дней»: ложных тревог {fa} из {fn}; правило своего ритма: {oa} из {on}.").format(
        d=number(method.flat_days), fa=number(plain["n_false_alarm"]), fn=number(plain["n_sleeping"]), oa=number(own["n_false_alarm"]), on=number(own["n_sleeping"])))]
