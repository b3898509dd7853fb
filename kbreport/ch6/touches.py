"""M6.1 Система постоянных касаний / Touch programme: norms, gaps, calendar.

Question   Do the clients who matter get the care their class asks for, and who is to be touched next?
In         touches (required); classes: abcd where a potential is known, else abc; frequency (expected order), lifecycle
           (closed clients, who sleeps); sale_type and zhir optional (type of sale, daily limit)
Out        main: one row per client; total: one row per manager (of the client at as_of); mix: channels and kinds;
           calendar: touches of the next quarter on working days
Formula    fact = outgoing (or blank) answered touches in P, one per client-day-channel; norm in P = yearly norm × months / 12;
           capped coverage = Σ min(fact, norm) / Σ norm; feed by fact / norm: hungry < 0.8, overfed > 1.2; silent: days since
           the last reached touch of either direction > 1.5 × 365 / norm; n_move = min(Σ surplus of the overfed, Σ lack of
           the hungry) of each manager. Next touch = last reached + 365 / norm
Edge       without potential A, B, C of ABC count as A, B, D, and so do clients without a class; AB? as A, CD? as D. A mass
           mailing (e-mail, messenger or web touch of a named campaign) weighs 0. Who was never reached is silent once the
           records, or his own history, are longer than his limit. New clients: spacing halved. Records that begin inside
           P → weak; none in P → refused. `class_at = month` takes the class known at each month start. Closed and internal clients are out
Source     book 6.1 [000:138-146], occasions [004:299], [001:7]; all norms [OURS]
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from kbreport.ch6 import _schedule as schedule
from kbreport.ch6._touch_page import CARED, ORDER, blocks_of, fattest, hungriest
from kbreport.errors import MethodRefused
from kbreport.facts.pareto import TOLERANCE
from kbreport.facts.period import Period, add_months
from kbreport.facts.potential import year_to
from kbreport.facts.rhythm import dates, day_number
from kbreport.facts.states import classes_at, states_at
from kbreport.facts.workdays import next_workday, workdays
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, setting
from kbreport.words import N_, _, day, listed, n_, number, percent

OF_ABC = {"A": "A", "B": "B"}  # everyone else is cared for as D
MASS = ("email", "messenger", "web")
DAILY = 8  # reached calls a day, the norm of M5.4; `zhir.norm_reached` where that method is there
GONE = ("sleeping", "lost")
LATE_START_DAYS = 31  # records that begin later than this inside P cannot show the whole of it


class Touches(Method):
    number: ClassVar[str] = "M6.1"
    section: ClassVar[str] = "6.1"
    title: ClassVar[str] = N_("Система касаний")
    question: ClassVar[str] = N_("Получают ли важные клиенты свою норму касаний и кого коснуться следующим?")
    needs: ClassVar[tuple[str, ...]] = ("abc", "frequency", "lifecycle")
    uses: ClassVar[tuple[str, ...]] = ("abcd", "sale_type", "zhir")
    inputs: ClassVar[tuple[str, ...]] = ("orders", "touches")
    optional_inputs: ClassVar[tuple[str, ...]] = ("clients", "potential")
    columns: ClassVar = {
        "main": cols(f"{CL} class norm fact fact_in fulfilment feed last_reached_date silence_days max_silence_days is_silent next_touch_date occasion", norm=N_("Норма"),
                     fact=("count", N_("Касаний")), fact_in=("count", N_("Обращений клиента")), fulfilment=N_("Выполнение"), feed=("text", N_("Накормлен ли")), last_reached_date=N_("Последний контакт"),
                     silence_days=N_("Тишина, дн."), max_silence_days=N_("Предел тишины, дн."), is_silent=N_("Молчим дольше предела"), next_touch_date=N_("Следующее касание"),
                     occasion=("text", N_("Повод"))),
        "total": cols("manager_id norm fact raw_fulfilment coverage own_initiative_share mass_touches n_move", norm=N_("Норма"), fact=("count", N_("Касаний")),
                      raw_fulfilment=("share", N_("Выполнение по сумме")), coverage=N_("Покрытие нормы"), own_initiative_share=N_("Доля своей инициативы"),
                      mass_touches=("count", N_("Массовых рассылок")), n_move=N_("Перенести касаний")),
        "mix": cols("manager_id channel kind n_touches share", channel=("text", N_("Канал")), kind=("text", N_("Вид")), n_touches=N_("Касаний")),
        "calendar": cols(f"date {CL} class occasion kind", date=("date", N_("Дата")), occasion=("text", N_("Повод")), kind=("text", N_("Вид"))),
    }
    titles: ClassVar = {"main": N_("Касания клиентов"), "total": N_("Касания по менеджерам"), "mix": N_("Каналы и виды касаний"), "calendar": N_("Календарь касаний")}

    t_a_plus: int = setting(36, source="OURS", help=N_("касаний в год, транзакционные продажи: A+"), ge=1)
    t_a: int = setting(24, source="OURS", help=N_("касаний в год, транзакционные продажи: A"), ge=1)
    t_c: int = setting(18, source="OURS", help=N_("касаний в год, транзакционные продажи: C"), ge=1)
    t_b: int = setting(12, source="OURS", help=N_("касаний в год, транзакционные продажи: B"), ge=1)
    t_d: int = setting(4, source="OURS", help=N_("касаний в год, транзакционные продажи: D"), ge=1)
    cs_a_plus: int = setting(24, source="OURS", help=N_("касаний в год, консультационные и стратегические продажи: A+"), ge=1)
    cs_a: int = setting(18, source="OURS", help=N_("касаний в год, консультационные и стратегические продажи: A"), ge=1)
    cs_c: int = setting(18, source="OURS", help=N_("касаний в год, консультационные и стратегические продажи: C"), ge=1)
    cs_b: int = setting(12, source="OURS", help=N_("касаний в год, консультационные и стратегические продажи: B"), ge=1)
    cs_d: int = setting(2, source="OURS", help=N_("касаний в год, консультационные и стратегические продажи: D"), ge=1)
    silence_factor: float = setting(1.5, source="OURS", help=N_("тишина длиннее стольких интервалов нормы — слишком долго"), gt=0)
    new_factor: float = setting(2, source="OURS", help=N_("во сколько раз чаще касаемся нового клиента"), ge=1)
    new_days: int = setting(90, source="OURS", help=N_("после первого заказа клиент новый столько дней"), ge=0)
    rhythm_t_days: int = setting(45, source="OURS", help=N_("ритм заказов не длиннее — продажи транзакционные (пока тип не определён, M1.1)"), ge=1)
    rhythm_c_days: int = setting(180, source="OURS", help=N_("ритм заказов не длиннее — продажи консультационные (пока тип не определён, M1.1)"), ge=1)
    hungry: float = setting(0.8, source="OURS", help=N_("меньше этой доли нормы — недокормлен"), gt=0, le=1)
    overfed: float = setting(1.2, source="OURS", help=N_("больше этой доли нормы — перекормлен"), ge=1)
    count: Literal["out", "all"] = setting("out", source="OURS", help=N_("что считаем: исходящие (out) или все (all)"))
    class_at: Literal["end", "month"] = setting("end", source="OURS", help=N_("класс на отчётную дату (end) или на начало каждого месяца (month)"))

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        seen = seen_touches(base)
        lost = uncounted(base)
        if not base.period.mask(seen["at"]).any():
            if lost:
                raise MethodRefused(N_("Касания не посчитаны: за {period} {lost}, других записей нет."), remedy=N_("Проверьте коды клиентов в таблице касаний и в продажах."),
                                    period=str(base.period), lost=said_uncounted(lost))
            raise MethodRefused(N_("Касания не посчитаны: за {period} в таблице касаний нет ни одной записи."), period=str(base.period))
        main = self._clients(base)
        inside = seen[base.period.mask(seen["at"]) & seen["client_id"].isin(main["client_id"])]
        main = self._fed(main, inside, base)
        main = self._silence(main, seen, base)
        calendar, main = self._calendar(main, base)
        owner = main.set_index("client_id")["manager_id"]
        tables = {"main": main[[c.name for c in self.columns["main"]]], "total": self._total(main, inside, owner), "mix": _mix(self._counted(inside), owner), "calendar": calendar}
        started = seen["at"].min().date()
        late = (started - base.period.start).days > LATE_START_DAYS
        reason = [_("касания записаны только с {date}, а норма взята за весь период").format(date=day(started))] if late else []
        reason += [_("не в счёте: {lost}").format(lost=said_uncounted(lost))] if lost else []
        return Measured(tables, MethodStatus.WEAK if late else MethodStatus.OK, "; ".join(reason))

    def _clients(self, base: Base) -> pd.DataFrame:
        """CL, class, yearly norm, norm in P and the state of every client who is neither closed nor internal."""
        main = base.card()
        known = base.facts.clients.set_index("client_id").reindex(main["client_id"])
        main["state"] = main["client_id"].map(base.table("lifecycle").set_index("client_id")["state"])
        internal = (known["is_internal"].fillna(False).astype("bool") if "is_internal" in known else pd.Series(False, index=known.index)).to_numpy()
        main = main[(main["state"] != "closed").to_numpy() & ~internal].reset_index(drop=True)
        types = sale_types(main["client_id"], base)
        main["class"] = main["client_id"].map(classes(base)).fillna("D").astype("str")
        main["yearly"] = self._norms(main["class"], types)
        months = months_of(base.period)
        main["norm"] = self._monthly_norm(main, types, base) if self.class_at == "month" else main["yearly"] * months / 12
        return main

    def _norms(self, letters: pd.Series, types: pd.Series) -> pd.Series:
        """Touches a year by class and type of sale."""
        own = {"A+": "a_plus", "A": "a", "AB?": "a", "C": "c", "B": "b", "D": "d", "CD?": "d"}
        t, cs = (letters.map({letter: getattr(self, f"{kind}_{name}") for letter, name in own.items()}).astype("float64") for kind in ("t", "cs"))
        return t.where(types == "T", cs)

    def _monthly_norm(self, main: pd.DataFrame, types: pd.Series, base: Base) -> pd.Series:
        """Σ norm / 12 over the months of P, each with the class known at its start: of ABCD, or of ABC where no potential is known."""
        total = pd.Series(0.0, index=main.index)
        for month in pd.date_range(base.period.start, base.period.last, freq="MS"):
            letters = main["client_id"].map(classes_before(base, month)).fillna("D").astype("str")
            total += self._norms(letters, types) / 12
        return total

    def _counted(self, inside: pd.DataFrame) -> pd.DataFrame:
        """Touches that count as ours: answered, no mass mailing, one per client-day-channel."""
        kept = inside[~inside["is_mass"] & inside["is_answered"] & (inside["is_out"] | (self.count == "all"))]
        return kept.drop_duplicates(["client_id", "day", "channel"])

    def _fed(self, main: pd.DataFrame, inside: pd.DataFrame, base: Base) -> pd.DataFrame:
        incoming = inside[~inside["is_out"] & inside["is_answered"]].drop_duplicates(["client_id", "day", "channel"])
        for name, rows in (("fact", self._counted(inside)), ("fact_in", incoming)):
            main[name] = main["client_id"].map(rows.groupby("client_id").size()).fillna(0).astype("int64")
        main["fulfilment"] = main["fact"] / main["norm"].where(main["norm"] > 0)
        known = main["fulfilment"].notna()
        main["feed"] = np.select([~known, main["fulfilment"] < self.hungry - TOLERANCE, main["fulfilment"] > self.overfed + TOLERANCE], [None, "hungry", "overfed"], "fed")
        return main

    def _silence(self, main: pd.DataFrame, seen: pd.DataFrame, base: Base) -> pd.DataFrame:
        """Days since the last reached touch; who was never reached is silent as long as we can know: since the records or he began."""
        as_of = pd.Timestamp(base.facts.as_of.date)
        last = _of(main, seen[seen["is_reached"]].groupby("client_id")["day"].max())
        main["last_reached_date"] = last.astype("datetime64[s]")
        main["silence_days"] = (as_of - last).dt.days
        main["max_silence_days"] = self.silence_factor * 365 / main["yearly"]
        begun = _of(main, base.facts.first_order).fillna(pd.Timestamp(0)).clip(lower=seen["day"].min())
        quiet = main["silence_days"].fillna((as_of - begun).dt.days)
        main["is_silent"] = quiet > main["max_silence_days"] + TOLERANCE
        return main

    def silence_at(self, base: Base, ends: list[int]) -> dict[int, pd.DataFrame]:
        """Days since the last reached touch and their limit by client_id at the end of past days, from what was known then
        (METHODS 1.21): for back-tests. A day before the first record has no entry."""
        seen, clients, out = seen_touches(base), base.facts.clients["client_id"], {}
        for end in ends:
            t = pd.Timestamp(end, unit="D")
            known = seen[seen["day"] <= t]
            if known.empty:
                continue
            letters = clients.map(classes_before(base, t + pd.Timedelta(days=1))).fillna("D").astype("str")
            yearly = self._norms(letters, pd.Series(_type_at(base, end), index=clients.index))
            last = known[known["is_reached"]].groupby("client_id")["day"].max().reindex(clients)
            out[end] = pd.DataFrame({"silence_days": (t - last).dt.days.to_numpy(), "max_silence_days": (self.silence_factor * 365 / yearly).to_numpy()}, index=pd.Index(clients))
        return out

    # -------------------------------------------------------------- calendar
    def _calendar(self, main: pd.DataFrame, base: Base) -> tuple[pd.DataFrame, pd.DataFrame]:
        as_of = base.facts.as_of.date
        first, last = as_of + timedelta(days=1), as_of + timedelta(days=schedule.HORIZON_DAYS)
        ahead = workdays(as_of - timedelta(days=14), last + timedelta(days=750), base.parameters.calendar)
        inside = ahead[(ahead >= pd.Timestamp(first)) & (ahead <= pd.Timestamp(last))]
        clients = self._due(main, base, first)
        occasions = schedule.occasions_of(_cards(main, base), _expected(main, base), _since(main, base), as_of, ahead, base.parameters.calendar)
        plan = schedule.planned(clients, occasions, schedule.day_numbers(inside), _daily_limit(base))
        calendar = main.iloc[plan["client"]][["client_id", "client_name", "manager_id", "class", "state"]].reset_index(drop=True)
        calendar.insert(0, "date", dates(plan["day"].to_numpy()))
        calendar["occasion"] = np.where(plan["code"] >= 0, np.array(schedule.CODES, dtype=object)[plan["code"]], None)
        calendar["kind"] = np.select([calendar["occasion"] == "contract", calendar["state"].isin(GONE)], ["mandatory", "reactivation"], "standard")
        main = _next(main, calendar, clients.due, day_number(last), ahead)
        order = calendar.sort_values(["date", "manager_id", "client_id"], kind="stable").reset_index(drop=True)
        return order[[c.name for c in self.columns["calendar"]]], main

    def _due(self, main: pd.DataFrame, base: Base, first) -> schedule.Clients:
        """Due day by client: last reached touch + 365 / norm (halved for the new), not before tomorrow; tomorrow for the never reached."""
        as_of = pd.Timestamp(base.facts.as_of.date)
        young = (as_of - _of(main, base.facts.first_order)).dt.days < self.new_days
        spacing = (365 / main["yearly"] / np.where(young, self.new_factor, 1)).to_numpy()
        last = (main["last_reached_date"] - pd.Timestamp(0)).dt.days.to_numpy("float64", na_value=np.nan)
        due = np.fmax(np.floor(last + spacing + 0.5), day_number(first)).astype("int64")
        manager = pd.factorize(main["manager_id"], sort=True)[0]
        return schedule.Clients(manager, main["class"].map({c: i for i, c in enumerate(ORDER)}).to_numpy("int64"), spacing, due)

    # -------------------------------------------------------------- by manager
    def _total(self, main: pd.DataFrame, inside: pd.DataFrame, owner: pd.Series) -> pd.DataFrame:
        gap = main["fact"] - main["norm"]
        parts = main.assign(capped=np.minimum(main["fact"], main["norm"]), surplus=gap.where(main["feed"] == "overfed", 0.0), lack=(-gap).where(main["feed"] == "hungry", 0.0))
        out = parts.groupby("manager_id", dropna=False, sort=True)[["norm", "fact", "capped", "surplus", "lack"]].sum().reset_index()
        norm = out["norm"].where(out["norm"] > 0)
        out["raw_fulfilment"], out["coverage"] = out["fact"] / norm, out["capped"] / norm
        answered = inside[inside["is_answered"] & ~inside["is_mass"]].drop_duplicates(["client_id", "day", "channel", "is_out"])
        keyed = lambda rows: _count_by(rows["client_id"].map(owner), out["manager_id"])
        both = keyed(answered)
        out["own_initiative_share"] = keyed(answered[answered["is_out"]]) / both.where(both > 0)
        out["mass_touches"] = keyed(inside[inside["is_mass"]])
        out["n_move"] = np.floor(np.minimum(out["surplus"], out["lack"]) + TOLERANCE).astype("int64")
        return out[[c.name for c in self.columns["total"]]]

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        sales = base.table("abc").set_index("client_id")["amount"]
        return [f for f in (self._coverage(tables, sales), self._silent(tables["main"], sales)) if f]

    def _coverage(self, tables: Tables, sales: pd.Series) -> Finding | None:
        main = tables["main"]
        norm, fact = main["norm"].sum(), int(main["fact"].sum())
        if not norm > 0:
            return None
        covered = float(np.minimum(main["fact"], main["norm"]).sum() / norm)
        low, few = covered < self.hungry - TOLERANCE, norm < 20
        said = _("Касаний {fact} при норме {norm}, но нужным клиентам — только {cov}") if low and fact >= self.hungry * norm else _("Касаний {fact} при норме {norm}: норма клиентов покрыта на {cov}")
        starved = hungriest(main)
        level = FindingLevel.INFO if few else FindingLevel.WATCH if low else FindingLevel.GOOD
        return Finding("touches.coverage", level, said.format(fact=number(fact), norm=number(norm), cov=percent(covered, 1)), _moved(tables), fact=covered, baseline=1.0, gap=covered - 1,
                       action=_("Перенести касания с перекормленных на недокормленных, начать с классов A и C") if low else "", who=_("менеджеры клиентов") if low else "",
                       **(_money(starved, sales, _("продажи недокормленных клиентов за период")) if low else {}), values={"fact": fact, "norm": float(norm), "coverage": covered})

    def _silent(self, main: pd.DataFrame, sales: pd.Series) -> Finding | None:
        quiet = main[main["is_silent"] & main["class"].isin(CARED)]
        if quiet.empty:
            return None
        quiet = quiet.assign(s=quiet["client_id"].map(sales)).sort_values(["s", "client_id"], ascending=[False, True], kind="stable")
        here = ", ".join(c for c in ORDER if (quiet["class"] == c).any())
        text = n_("С {n} важным клиентом ({classes}) не говорили дольше предела", "С {n} важными клиентами ({classes}) не говорили дольше предела", len(quiet), classes=here)
        detail = _("Крупнейшие: {list}.").format(list=listed(list(quiet["client_name"]), 3))
        return Finding("touches.silent", FindingLevel.WATCH, text, detail, fact=float(len(quiet)), action=_("Позвонить каждому из списка, начиная с крупнейших"), who=_("менеджеры клиентов"),
                       **_money(quiet, sales, _("их продажи за период")), values={"n": len(quiet)})

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        return blocks_of(self, tables, base, self._counted(seen_touches(base)), by_abcd(base), said_uncounted(uncounted(base)))


# ------------------------------------------------------------------ touches
def seen_touches(base: Base) -> pd.DataFrame:
    """Touches of our clients up to as_of: client_id, at, day, channel, kind, and the marks is_out, is_answered, is_reached, is_mass.

    A blank direction is ours, a blank result is taken for reached: a log without these columns notes what was done.
    """
    touches = base.facts.others["touches"]
    ours = touches["client_id"].isin(base.facts.clients["client_id"])
    seen = touches[(touches["at"] < pd.Timestamp(base.facts.as_of.date) + pd.Timedelta(days=1)) & ours].sort_values(["at", "client_id"], kind="stable")
    column = lambda name: seen[name].astype("object") if name in seen else pd.Series(None, index=seen.index, dtype="object")
    out = seen[["client_id", "at"]].assign(day=seen["at"].dt.normalize(), channel=column("channel"), kind=column("kind"))
    result = column("result")
    out["is_out"], out["is_answered"] = (column("direction") != "in"), (result != "no_answer")
    out["is_mass"] = out["channel"].isin(MASS) & column("campaign").notna() & (out["kind"] != "reactivation") & out["is_out"]
    out["is_reached"] = (result.isna() | (result == "reached")) & ~out["is_mass"]
    return out


def uncounted(base: Base) -> dict[str, int]:
    """Rows of P that belong to nobody's norm, by reason, each counted once: `no_client` (none written), `unknown` (not in the base,
    and no internal client, whom the base leaves out on purpose)."""
    touches = base.facts.others["touches"]
    inside = touches.loc[base.period.mask(touches["at"]), "client_id"]
    unknown = inside.notna() & ~inside.isin([*base.facts.clients["client_id"], *base.parameters.internal_clients])
    return {name: n for name, n in (("no_client", int(inside.isna().sum())), ("unknown", int(unknown.sum()))) if n}


def said_uncounted(lost: dict[str, int]) -> str:
    """«3 касания без клиента, 2 касания неизвестных клиентов»; empty where every row has its client."""
    said = {"no_client": lambda n: n_("{n} касание без клиента", "{n} касаний без клиента", n), "unknown": lambda n: n_("{n} касание неизвестного клиента", "{n} касаний неизвестных клиентов", n)}
    return ", ".join(said[name](n) for name, n in lost.items())


def _mix(counted: pd.DataFrame, owner: pd.Series) -> pd.DataFrame:
    mix = counted.assign(manager_id=counted["client_id"].map(owner)).groupby(["manager_id", "channel", "kind"], dropna=False, sort=True).size().rename("n_touches").reset_index()
    mix["share"] = mix["n_touches"] / mix.groupby("manager_id", dropna=False)["n_touches"].transform("sum")
    return mix


def _count_by(managers: pd.Series, index: pd.Series) -> pd.Series:
    """Rows per manager in the order of `index`; clients without a manager have their own line."""
    count = managers.astype("object").fillna("").value_counts()
    return index.astype("object").fillna("").map(count).fillna(0).astype("int64")


# ------------------------------------------------------------------ classes and types
def by_abcd(base: Base) -> bool:
    """ABCD needs a potential: without one every client would be «unknown»."""
    return base.company_facts.others.get("potential") is not None and base.has("abcd")


def classes(base: Base) -> pd.Series:
    """Class of care by client_id: ABCD, or ABC with A, B → A, B and everyone else D."""
    if by_abcd(base):
        return base.table("abcd").set_index("client_id")["class"]
    return base.table("abc").set_index("client_id")["class"].map(OF_ABC).fillna("D")


def classes_before(base: Base, day: pd.Timestamp) -> pd.Series:
    """`classes` as they were known on the eve of a day (METHODS 1.21): a volume learnt later does not make yesterday's class."""
    eve = (day - pd.Timedelta(days=1)).date()
    if by_abcd(base) and base.facts.history_start <= eve:
        return base.settings("abcd").at(base, year_to(day.date(), base.facts), eve).set_index("client_id")["class"]
    abc = base.settings("abc")
    letters = classes_at(base.facts, day_number(day) - 1, abc.a, abc.b, abc.rule)
    return pd.Series(letters, index=base.facts.clients["client_id"]).map(OF_ABC).fillna("D")


def sale_types(clients: pd.Series, base: Base) -> pd.Series:
    """T, C or S by client: the parameter, else M1.1 (by segment where the portfolio is mixed), else the rhythm of orders alone."""
    given = base.parameters.sale_type
    if given != "auto":
        return pd.Series(given, index=clients.index)
    if not base.has("sale_type"):
        return pd.Series(_by_rhythm(base), index=clients.index)
    said = base.table("sale_type")
    verdict = said[(said["scope"] == "company") & (said["indicator"] == "verdict")]["vote"].dropna()
    whole = verdict.iloc[0] if len(verdict) else _by_rhythm(base)
    parts = base.measure("sale_type").tables.get("by_segment")
    if parts is None or "segment" not in base.facts.clients or not parts["is_mixed"].fillna(False).astype("bool").any():
        return pd.Series(whole, index=clients.index)
    segment = clients.map(base.facts.clients.set_index("client_id")["segment"])
    return segment.map(parts.set_index("segment")["sale_type"]).fillna(whole)


def _by_rhythm(base: Base, rhythm: float | None = None) -> str:
    """Indicator 2 of M1.1 by the median rhythm of repeat clients. The borders are those of M1.1 where that method is there."""
    borders = base.settings("sale_type" if base.has("sale_type") else "touches")
    rhythm = base.table("frequency")["median_interval_days"].median() if rhythm is None else rhythm
    return "T" if not rhythm > borders.rhythm_t_days + TOLERANCE else "C" if rhythm <= borders.rhythm_c_days + TOLERANCE else "S"


def _type_at(base: Base, end: int) -> str:
    """The type of sale at the end of a past day: the parameter, else the rhythms known then. What M1.1 says today knows too much."""
    if base.parameters.sale_type != "auto":
        return base.parameters.sale_type
    seen = states_at(base.facts, end, base.settings("lifecycle").rules(base), base.settings("abc"))[1]
    return _by_rhythm(base, float(pd.Series(seen.rhythm[seen.source == "own"]).median()))


def months_of(period: Period) -> float:
    """Months of P for the norm; a period cut by as_of counts its days of the last month."""
    if add_months(period.start, period.months) == period.end:
        return float(period.months)
    whole = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
    whole -= add_months(period.start, whole) > period.end
    begun = add_months(period.start, whole)
    return whole + (period.end - begun).days / (add_months(period.start, whole + 1) - begun).days


# ------------------------------------------------------------------ what the calendar stands on
def _of(main: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Values by client_id in the order of `main`; unlike `map` it keeps the type of an empty series."""
    return pd.Series(values.reindex(main["client_id"]).to_numpy(), index=main.index)


def _cards(main: pd.DataFrame, base: Base) -> pd.DataFrame:
    """The cards in the order of `main`, by position."""
    return base.facts.clients.set_index("client_id").reindex(main["client_id"]).reset_index()


def _expected(main: pd.DataFrame, base: Base) -> pd.Series:
    return _of(main, base.table("frequency").set_index("client_id")["expected_next_date"])


def _since(main: pd.DataFrame, base: Base) -> pd.Series:
    """The day the cooperation began: contract or first contact, else the first order if the history shows that it is the first."""
    cards, first = _cards(main, base), _of(main, base.facts.first_order)
    first = first.where(first >= pd.Timestamp(base.facts.history_start) + pd.DateOffset(months=base.parameters.lookback))
    written = [pd.to_datetime(cards[name]) for name in ("contract_date", "first_contact_date") if name in cards]
    return pd.to_datetime(pd.concat(written, axis=1).min(axis=1).fillna(first) if written else first)


def _daily_limit(base: Base) -> int:
    return int(base.settings("zhir").norm_reached) if base.has("zhir") else DAILY


def _next(main: pd.DataFrame, calendar: pd.DataFrame, due: np.ndarray, last: int, working: pd.DatetimeIndex) -> pd.DataFrame:
    """Next touch of each client: the first in the calendar; a due day beyond it, rolled to a working day; empty where the days are full."""
    first = calendar.drop_duplicates("client_id").set_index("client_id")
    later = next_workday(pd.Series(dates(due), index=main.index), working).where(due > last)
    main["next_touch_date"] = _of(main, first["date"]).fillna(later).astype("datetime64[s]")
    main["occasion"] = _of(main, first["occasion"]).astype("object")
    return main


# ------------------------------------------------------------------ words
def _moved(tables: Tables) -> str:
    """«Перенести n касаний с … на …»; empty where there is nothing to move."""
    n, over, under = int(tables["total"]["n_move"].sum()), fattest(tables["main"]), hungriest(tables["main"])
    if not n or over.empty or under.empty:
        return ""
    return n_("Перенести {n} касание с {overfed} на {hungry}.", "Перенести {n} касаний с {overfed} на {hungry}.", n, overfed=listed(list(over["client_name"]), 2),
              hungry=listed(list(under["client_name"]), 2))


def _money(rows: pd.DataFrame, sales: pd.Series, basis: str) -> dict:
    """Money of a finding: what these clients bought; only context, it is never booked as a loss."""
    held = [(c, round(float(sales[c]), 2)) for c in rows["client_id"] if c in sales.index and sales[c] > 0]
    return {"money": round(sum(m for _c, m in held), 2), "basis": basis, "clients": tuple(held)} if held else {}
