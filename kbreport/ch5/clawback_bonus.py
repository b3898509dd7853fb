"""M5.1b Бонус за подключение с возвратом / Activation bonus with claw-back.

Question   What would an advance bonus for new clients cost, and how many of them hold the volume they began with?
In         facts.order_days, first orders; managers.team, clients.segment or channel (mult_by_type), lifecycle optional
Out        main: one row per new client whose five months touch P, largest bonus first; total; teams (no persons)
Formula    month j of life = days 30j … 30j + 29 from the first order (month_rule = calendar: calendar months); bonus = mult ×
           month 0; earned if months 1…4 ≥ tol × month 0; returned if a closed one is below; at_risk until then.
           Cost ratio = Σ earned bonus / Σ five months' sales over finished clients (all four months closed)
Edge       299 after 300 returns all: near misses (≥ near_miss) are marked; larger purchases before do not cover a weak month;
           returns lower their month; a client handed over stays with who brought him; month 0 not above zero → no bonus;
           newness unknown (history shorter than lookback before the first order) → left out and said
Source     [004:19-27]: 2 per 1, four months, 40 % of a held client, about 25 % on average; near miss and life30 are [OURS]
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts.facts import looked_up
from kbreport.facts.intervals import wilson
from kbreport.facts.period import add_months
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, day, n_, number, percent, scale_of

FOLLOWING = ("m1_amount", "m2_amount", "m3_amount", "m4_amount")
OVERLOADED = 0.40  # below this success the first deal is loaded too full [004]


class ClawbackBonus(Method):
    number: ClassVar[str] = "M5.1b"
    section: ClassVar[str] = "5.1.2"
    title: ClassVar[str] = N_("Бонус за подключение с возвратом")
    question: ClassVar[str] = N_("Во что обходится подключение новых клиентов и сколько их удерживается?")
    uses: ClassVar[tuple[str, ...]] = ("lifecycle",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("managers", "clients")
    sale_types: ClassVar[str] = "TC"
    columns: ClassVar = {
        "main": cols("client_id client_name agent_id first_date m0_amount m1_amount m2_amount m3_amount m4_amount n_closed bonus_amount sales5_amount bonus_share min_ratio is_near_miss status",
                     agent_id=("id", N_("Кто привёл")), first_date=N_("Первый заказ"), m0_amount=N_("Месяц 0"), m1_amount=N_("Месяц 1"), m2_amount=N_("Месяц 2"), m3_amount=N_("Месяц 3"),
                     m4_amount=N_("Месяц 4"), n_closed=N_("Закрыто месяцев"), bonus_amount=N_("Бонус"), sales5_amount=N_("Продажи за 5 месяцев"), bonus_share=N_("Бонус к продажам"),
                     min_ratio=("ratio", N_("Худший месяц к первому")), is_near_miss=N_("Чуть не хватило")),
        "total": cols("n_started n_finished n_earned success_rate ci_low ci_high earned_amount sales5_amount cost_ratio", n_started=N_("Подключено"), n_finished=N_("Срок прошёл"),
                      n_earned=N_("Удержано"), success_rate=N_("Доля удержанных"), earned_amount=N_("Удержанные бонусы"), sales5_amount=N_("Продажи за 5 месяцев"),
                      cost_ratio=("share", N_("Цена подключения"))),
        "teams": cols("team n_started n_active_now n_earned", team=("text", N_("Команда")), n_started=N_("Подключено"), n_active_now=N_("Покупают сейчас"), n_earned=N_("Удержано")),
    }
    titles: ClassVar = {"main": N_("Подключённые клиенты"), "total": N_("Цена подключения"), "teams": N_("Команды продавцов")}

    mult: float = setting(2, source="004:19", help=N_("бонус на рубль продаж первого месяца"), gt=0)
    months: Literal[4] = setting(4, source="004:23", help=N_("сколько следующих месяцев держать объём"))
    tol: float = setting(1.0, source="004:23", help=N_("какая доля первого месяца засчитывается"), gt=0, le=1)
    near_miss: float = setting(0.95, source="OURS", help=N_("от какой доли недостача считается небольшой"), gt=0, le=1)
    month_rule: Literal["life30", "calendar"] = setting("life30", source="OURS", help=N_("месяц жизни: 30 дней (life30) или календарный (calendar)"))
    mult_by_type: dict[str, float] = setting({}, source="004:11", help=N_("свой множитель для сегмента или канала клиента"))
    cost_norm: float = setting(0.25, source="004:25", help=N_("обычная цена подключения в доле продаж"), gt=0)
    cost_max: float = setting(0.40, source="004:25", help=N_("цена, когда удержались все"), gt=0)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        first, n_unknown = self._starts(base)
        main = self._main(first, base) if len(first) else _nobody()
        tables = {"main": main, "total": _total(main), "teams": _teams(main, base)}
        unknown = n_("у {n} клиента новизну определить нельзя: история короче", "у {n} клиентов новизну определить нельзя: история короче", n_unknown) if n_unknown else ""
        if main.empty:
            return Measured(tables, MethodStatus.INSUFFICIENT, unknown or _("новых клиентов за это время не было"))
        finished = int(tables["total"]["n_finished"].iloc[0])
        small = "" if finished >= base.parameters.min_denominator else n_("срок прошёл только у {n} подключения", "срок прошёл только у {n} подключений", finished)
        return Measured(tables, MethodStatus.OK if not small else MethodStatus.WEAK, "; ".join(part for part in (small, unknown) if part))

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        """Clients he brought; those kept by others now stay in his sums without their names."""
        main = company["main"][company["main"]["agent_id"] == base.manager].reset_index(drop=True)
        other = ~main["client_id"].isin(base.card()["client_id"])
        main["client_id"] = main["client_id"].astype("object").mask(other, None)
        main["client_name"] = main["client_name"].astype("object").mask(other, _("переданный клиент"))
        return {"main": main, "total": _total(main)}

    def _starts(self, base: Base) -> tuple[pd.Series, int]:
        """First order date of new clients whose five months touch P, and how many have a first order that may be none."""
        first = base.facts.first_order
        first = first[(first >= self._earliest(base)) & (first < pd.Timestamp(base.period.end))]
        known = first >= pd.Timestamp(add_months(base.company_facts.history_start, base.parameters.lookback))
        return first[known], int((~known).sum())

    def _earliest(self, base: Base) -> pd.Timestamp:
        """The first day of a first order whose last month still reaches into P, by the rule that counts the months."""
        if self.month_rule == "calendar":
            return pd.Timestamp(add_months(base.period.start.replace(day=1), -self.months))
        return pd.Timestamp(base.period.start) - pd.Timedelta(days=30 * (self.months + 1) - 1)

    def _main(self, first: pd.Series, base: Base) -> pd.DataFrame:
        grid, closed = self._grid(first, base)
        out = base.card().set_index("client_id").reindex(first.index).rename_axis("client_id").reset_index()[["client_id", "client_name"]]
        out["agent_id"], out["first_date"] = _agents(first, base), first.to_numpy()
        for j in range(self.months + 1):
            out[f"m{j}_amount"] = grid[:, j]
        out["n_closed"] = closed[:, 1:].sum(axis=1).astype("int64")
        bar = grid[:, 0]
        out["bonus_amount"] = np.clip(bar, 0, None) * self._mult(out["client_id"], base)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(closed[:, 1:] & (bar > 1e-9)[:, None], grid[:, 1:] / bar[:, None], np.nan)
        low = pd.DataFrame(ratio).min(axis=1).to_numpy()
        finished = closed.all(axis=1)
        # the first month must be over before the bar stands: until then nothing has failed
        failed = closed[:, 0] & ((low < self.tol - 1e-9) | (bar <= 1e-9))
        out["min_ratio"], out["status"] = low, np.select([failed, finished], ["returned", "earned"], "at_risk")
        out["sales5_amount"] = np.where(finished, np.nansum(grid, axis=1), np.nan)
        paid = out["bonus_amount"].where(out["status"] == "earned", 0.0)
        out["bonus_share"] = (paid / out["sales5_amount"].where(out["sales5_amount"] > 0)).where(finished)
        out["is_near_miss"] = (out["status"] == "returned") & (low >= self.near_miss - 1e-9)
        return out.sort_values(["bonus_amount", "client_id"], ascending=[False, True], kind="stable")[[c.name for c in self.columns["main"]]].reset_index(drop=True)

    def _grid(self, first: pd.Series, base: Base) -> tuple[np.ndarray, np.ndarray]:
        """(net sales by client × month of life, NaN where the month has not begun; True where it is over)."""
        as_of, width = pd.Timestamp(base.facts.as_of.date), self.months + 1
        days = base.facts.order_days[base.facts.order_days["client_id"].isin(first.index)]
        start = looked_up(days["client_id"], first)
        if self.month_rule == "life30":
            month = ((days["date"] - start).dt.days // 30).to_numpy()
            begins = first.to_numpy()[:, None] + np.arange(width) * np.timedelta64(30, "D")
            ends = begins + np.timedelta64(29, "D")
        else:
            month = ((days["date"].dt.year - start.dt.year) * 12 + days["date"].dt.month - start.dt.month).to_numpy()
            months = first.to_numpy().astype("datetime64[M]")[:, None] + np.arange(width)
            begins, ends = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        inside = (month >= 0) & (month < width)
        code = first.index.get_indexer(days["client_id"])[inside]
        units = np.zeros((len(first), width), dtype="int64")
        np.add.at(units, (code, month[inside]), (days["amount"].to_numpy()[inside] * 10_000).round().astype("int64"))
        return np.where(begins <= as_of.to_datetime64(), units / 10_000.0, np.nan), ends <= as_of.to_datetime64()

    def _mult(self, clients: pd.Series, base: Base) -> np.ndarray:
        """The multiplier of each client: of his segment, else of his channel, else the common one."""
        mult = pd.Series(np.nan, index=clients.index)
        cards = base.facts.clients.set_index("client_id")
        for name in ("segment", "channel"):
            if name in cards and self.mult_by_type:
                mult = mult.fillna(clients.map(cards[name]).map(self.mult_by_type).astype("float64"))
        return mult.fillna(self.mult).to_numpy()

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        row = tables["total"].iloc[0]
        if row["n_finished"] < base.parameters.min_denominator or pd.isna(row["cost_ratio"]):
            return []
        text = _("Бонус за подключение стоил бы {x} продаж; удержалось {k} из {n} подключений").format(x=percent(row["cost_ratio"], 1), k=number(row["n_earned"]), n=number(row["n_finished"]))
        detail = _("Обычная цена {norm}, предел {most}.").format(norm=percent(self.cost_norm), most=percent(self.cost_max))
        if row["success_rate"] < OVERLOADED - 1e-9:
            detail = _("Первую отгрузку перегружают: дальше клиент столько не берёт.") + " " + detail
        return [Finding("clawback_bonus.cost", FindingLevel.INFO, text, detail, action=_("Платить за подключение авансом на пять месяцев, а не за первую отгрузку"), who=_("руководитель отдела продаж"),
                        fact=round(float(row["cost_ratio"]), 6), baseline=self.cost_norm, gap=round(float(row["cost_ratio"]) - self.cost_norm, 6),
                        values={"n_finished": int(row["n_finished"]), "n_earned": int(row["n_earned"])})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main, row = tables["main"], tables["total"].iloc[0]
        if main.empty:
            return [page.section(_("Новых клиентов нет: бонус платить не за что"), id="clawback_bonus", kicker=kicker(self))]
        n = int(row["n_finished"])
        if not n:
            title = n_("Подключён {n} клиент, пять месяцев ещё не прошли ни у кого", "Подключены {n} клиентов, пять месяцев ещё не прошли ни у кого", len(main))
        else:
            title = n_("Из {n} подключения удержалось {k}", "Из {n} подключений удержалось {k}", n, k=number(row["n_earned"]))
            if n >= base.parameters.min_denominator and not pd.isna(row["cost_ratio"]):
                title += _(", цена — {x} продаж").format(x=percent(row["cost_ratio"], 1))
        lead = _("Бонус — продажи первого месяца × {m}, авансом: объём держат ещё {k} месяца, один ниже — возвращается весь. Это расчёт по правилу, а не выплаты.").format(
            m=number(self.mult, 0 if self.mult == round(self.mult) else 1), k=number(self.months))
        blocks = [page.section(title, id="clawback_bonus", kicker=kicker(self), lead=lead)]
        return blocks + _lanes(main) + [_client_table(main, base)] + _team_table(tables.get("teams")) + self._near(main) + _empty_months(main) + [page.note(
            _("Объясняйте бонус как аванс, а не штраф. Удержания из зарплаты ограничены законом: безопаснее отложенная выплата, нужна проверка юриста."))]

    def _near(self, main: pd.DataFrame) -> list[dict]:
        n = int(main["is_near_miss"].sum())
        if not n:
            return []
        what = n_("Решить о допуске: у {n} подключения не хватило меньше {p}", "Решить о допуске: у {n} подключений не хватило меньше {p}", n, p=percent(1 - self.near_miss))
        return [page.action([(what, _("руководитель отдела продаж · до следующего расчёта"))])]


# ------------------------------------------------------------------ numbers
def _nobody() -> pd.DataFrame:
    kinds = {"money": "float64", "share": "float64", "ratio": "float64", "count": "int64", "bool": "bool", "date": "datetime64[s]"}
    return pd.DataFrame({c.name: pd.Series(dtype=kinds.get(c.kind, "object")) for c in ClawbackBonus.columns["main"]})


def _agents(first: pd.Series, base: Base) -> np.ndarray:
    """Who sold the first order (larger amount, then id); without a manager there, today's keeper."""
    days = base.facts.order_days
    firsts = days[(looked_up(days["client_id"], first) == days["date"]) & days["manager_id"].notna()]
    firsts = firsts.sort_values(["client_id", "order_amount", "manager_id"], ascending=[True, False, True], kind="stable").drop_duplicates("client_id")
    agent = firsts.set_index("client_id")["manager_id"].astype("object").reindex(first.index)
    keeper = base.card().set_index("client_id")["manager_id"].astype("object").reindex(first.index)
    return agent.where(agent.notna(), keeper.where(keeper.notna(), None)).to_numpy()


def _total(main: pd.DataFrame) -> pd.DataFrame:
    """Finished clients only, whatever their status: an early failure whose months still run would bias the ratio."""
    done = main[main["sales5_amount"].notna()]
    earned = done[done["status"] == "earned"]
    n, k = len(done), len(earned)
    low, high = wilson(k, n)
    sales, cost = float(done["sales5_amount"].sum()), float(earned["bonus_amount"].sum())
    row = (len(main), n, k, k / n if n else np.nan, low, high, cost if n else np.nan, sales if n else np.nan, cost / sales if sales > 0 else np.nan)
    return pd.DataFrame([row], columns=[c.name for c in ClawbackBonus.columns["total"]])


def _teams(main: pd.DataFrame, base: Base) -> pd.DataFrame:
    managers = base.facts.others.get("managers")
    names = [c.name for c in ClawbackBonus.columns["teams"]]
    if managers is None or "team" not in managers or main.empty:
        return pd.DataFrame({name: pd.Series(dtype="str" if name == "team" else "int64") for name in names})
    team = main["agent_id"].map(managers.set_index("manager_id")["team"])
    state = main["client_id"].map(base.table("lifecycle").set_index("client_id")["state"]) if base.has("lifecycle") else pd.Series("", index=main.index)
    rows = main.assign(team=team, now=state.isin(["active", "new"]), ok=main["status"] == "earned")
    return rows.groupby("team").agg(n_started=("client_id", "size"), n_active_now=("now", "sum"), n_earned=("ok", "sum")).reset_index()[names]


# ------------------------------------------------------------------ page
def _lanes(main: pd.DataFrame) -> list[dict]:
    """Five months of each client against his first."""
    some = main[(main["m0_amount"] > 0) & (main["n_closed"] > 0)].head(16)
    if len(some) < 2:
        return []
    ratio = some[["m0_amount", *FOLLOWING]].div(some["m0_amount"], axis=0).to_numpy(copy=True)
    ratio[:, 1:][np.arange(4)[None, :] >= some["n_closed"].to_numpy()[:, None]] = np.nan
    heads = [_("месяц {n}").format(n=j) for j in range(5)]
    wide, phone = charts.both(lambda w: charts.cohort(ratio.clip(max=9.99), list(some["client_name"]), heads, span=(0, 1.5), w=w), "clawback-lanes")
    return [page.fig("clawback-lanes", wide, phone=phone, headline=_("Кто держит объём первого месяца"),
                     subtitle=_("Продажи месяца к первому, %; белое — месяц не кончился"), alt=_("Строка на клиента: пять месяцев жизни против первого"))]


def _client_table(main: pd.DataFrame, base: Base) -> dict:
    tone = {"earned": "good", "returned": "bad"}
    scale = scale_of([*main["m0_amount"].head(15), *main["bonus_amount"].head(15)], base.facts.currency)
    rows = [[page.cell(r.client_name, sub=base.manager_name(r.agent_id) if isinstance(r.agent_id, str) else None), day(r.first_date), scale.text(r.m0_amount), scale.text(r.bonus_amount),
             percent(r.min_ratio), percent(r.bonus_share, 1), page.cell(pinned("status", r.status), tone=tone.get(r.status), sub=_("чуть не хватило") if r.is_near_miss else None)] for r in main.head(15).itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Первый заказ"), num=True, w=24), page.col(_("Месяц 0"), num=True, w=18), page.col(_("Бонус"), num=True, w=18),
            page.col(_("Худший месяц"), num=True, w=22), page.col(_("К продажам"), num=True, w=20), page.col(_("Бонус удержан?"), w=28)]
    rest = n_("Показаны первые {k} из {n}; все — в книге.", "Показаны первые {k} из {n}; все — в книге.", len(main), k=number(15)) if len(main) > 15 else None
    return page.table(head, rows, title=_("Подключённые клиенты"), unit=scale.unit or None, sheet="clawback_bonus", dense=True, cards=True, note=rest)


def _team_table(teams: pd.DataFrame | None) -> list[dict]:
    if teams is None or len(teams) < 2:
        return []
    head = [page.col(_("Команда"), cls="h"), page.col(_("Подключено"), num=True, w=26), page.col(_("Покупают сейчас"), num=True, w=30), page.col(_("Удержано"), num=True, w=24)]
    return [page.table(head, [[r.team, number(r.n_started), number(r.n_active_now), number(r.n_earned)] for r in teams.itertuples()], title=_("Команды продавцов"), sheet="clawback_bonus.teams", dense=True)]


def _empty_months(main: pd.DataFrame) -> list[dict]:
    """Clients who buy less often than monthly fail any monthly bar: the rule, not the seller, is wrong for them."""
    done = main[main["sales5_amount"].notna()]
    n = int((done[list(FOLLOWING)] <= 1e-9).any(axis=1).sum())
    if not len(done) or 2 * n <= len(done):
        return []
    return [page.note(n_("Из {all} подключений {n} прожило хотя бы месяц без покупок: клиентам с редкими заказами нужна планка за квартал, а не за месяц.",
                         "Из {all} подключений {n} прожили хотя бы месяц без покупок: клиентам с редкими заказами нужна планка за квартал, а не за месяц.", n, all=number(len(done))))]
