"""M6.3 Реактивация «спящих» клиентов / Reactivation.

Question   Who sleeps, in what order to call, who calls, did it work?
In         lifecycle (states, S12 before silence); touches (kind `reactivation`, campaign = wave), claims, managers.fired,
           clients.lost_reason, sales_potential: all optional
Out        main: falling asleep, sleeping and lost clients by value; one_time apart; waves, effect, touches of past campaigns
Formula    value = S12 before silence × P(return). P by state = own share of clients in that state at past quarter ends who
           ordered within 90 days (≥ 20 cases), else 0.4 / 0.25 / 0.1. Success = an order in (touch day, touch day + 90]
           after the wave's first touch; open windows leave every rate. Net effect = conversion of the list − of a hold-out
Edge       closed clients are left out, of lists and waves alike; a hold-out (drawn by sha256, one third of 50–149, one fifth
           from 150) counts only if none of it was called; lists under 50 have none
Source     book 6.3 [000:150-156], [004:303-315]; time rule and weights [OURS]; marks: 60 % [000:10], 20–40 % [S25]
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import page
from kbreport.facts.intervals import newcombe
from kbreport.facts.rhythm import day_number
from kbreport.facts.states import states_at
from kbreport.method import CL, Base, BookedAs, Finding, FindingLevel, Method, Tables, cols, kicker, setting
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, listed, money, n_, number, percent, pp, scale_of

CALLED = ("falling_asleep", "sleeping", "lost")
ACTION = {"falling_asleep": "service_call", "sleeping": "script", "lost": "win_back"}
CONFLICT = ("relations", "debt", "returns")


class Reactivation(Method):
    number: ClassVar[str] = "M6.3"
    section: ClassVar[str] = "6.3"
    title: ClassVar[str] = N_("Реактивация")
    question: ClassVar[str] = N_("Кто спит, в каком порядке звонить, кому звонить и помогло ли это?")
    needs: ClassVar[tuple[str, ...]] = ("lifecycle",)
    uses: ClassVar[tuple[str, ...]] = ("sales_potential",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("touches", "claims", "managers")
    sale_types: ClassVar[str] = "TC"
    columns: ClassVar = {
        "main": cols(f"{CL} state days_since lateness s12_before p_return value_amount free_amount action who reason rank", lateness=("ratio", N_("Опоздание, ритмов")),
                     s12_before=("money", N_("Продажи за 12 мес. до паузы")), p_return=("share", N_("Вероятность возврата")), value_amount=N_("Ожидаемый возврат"),
                     free_amount=N_("Свободный объём"), action=("text", N_("Действие")), who=("text", N_("Кто звонит")), reason=("text", N_("Почему он"))),
        "one_time": cols("client_id client_name manager_id days_since amount"),
        "waves": cols("wave group n_list n_attempted n_reached n_in_window n_returned conv_list conv_attempted conv_reached returned_amount", wave=("text", N_("Волна")),
                      group=("text", N_("Группа")), n_list=N_("В списке"), n_attempted=N_("Звонили"), n_reached=N_("Дозвонились"), n_in_window=N_("Ещё в окне"), n_returned=N_("Вернулись"),
                      conv_list=N_("От списка"), conv_attempted=N_("От звонков"), conv_reached=N_("От дозвонов"), returned_amount=N_("Принесли")),
        "effect": cols("wave net_pp ci_low ci_high is_visible", wave=("text", N_("Волна")), net_pp=N_("Эффект, п. п."), ci_low=("pp", N_("Интервал от")), ci_high=("pp", N_("Интервал до")),
                       is_visible=N_("Виден")),
        "touches": cols(f"wave {CL} first_touch_at order_date amount outcome", wave=("text", N_("Волна")), first_touch_at=N_("Первое касание"), order_date=N_("Заказ"),
                        outcome=("text", N_("Исход"))),
    }
    titles: ClassVar = {"main": N_("Кого возвращать"), "one_time": N_("Разовые клиенты"), "waves": N_("Волны реактивации"), "effect": N_("Эффект волн"), "touches": N_("Касания волн")}

    window_days: int = setting(90, source="OURS", help=N_("окно, в котором заказ — успех"), ge=7)
    p_asleep: float = setting(0.4, source="OURS", help=N_("вероятность заказа засыпающего"), ge=0, le=1)
    p_sleeping: float = setting(0.25, source="OURS", help=N_("вероятность возврата спящего"), ge=0, le=1)
    p_lost: float = setting(0.1, source="OURS", help=N_("вероятность возврата потерянного"), ge=0, le=1)
    min_cases: int = setting(20, source="OURS", help=N_("сколько своих случаев заменяют норму"), ge=5)
    past_quarters: int = setting(12, source="OURS", help=N_("по скольким последним кварталам считаем свою долю"), ge=1, le=40)
    holdout_min: int = setting(50, source="OURS", help=N_("с какого списка откладываем контрольную группу"), ge=10)
    holdout_small: float = setting(0.333, source="OURS", help=N_("контрольная доля короткого списка"), gt=0, lt=1)
    holdout_large: float = setting(0.20, source="OURS", help=N_("контрольная доля длинного списка"), gt=0, lt=1)
    large_list: int = setting(150, source="OURS", help=N_("с какого числа список длинный"), ge=50)
    book_mark: float = setting(0.60, source="000:10", help=N_("отметка книги: конверсия реактивации"), gt=0, le=1)
    outside_mark: tuple[float, float] = setting((0.20, 0.40), source="S25", help=N_("отметка других источников"))
    am_after_days: int = setting(730, source="OURS", help=N_("после стольких дней — как новый клиент"), ge=365)
    same_km_days: int = setting(90, source="OURS", help=N_("был контакт за столько дней — звонит тот же"), ge=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Tables:
        life = base.table("lifecycle")
        own = self._own_shares(base)
        called = life[life["state"].isin(CALLED)].copy()
        defaults = {"falling_asleep": self.p_asleep, "sleeping": self.p_sleeping, "lost": self.p_lost}
        called["p_return"] = called["state"].map(defaults | own).astype("float64")
        called["value_amount"] = called["s12_before"] * called["p_return"]
        called["free_amount"] = _free(called["client_id"], base)
        called["action"] = called["state"].map(ACTION)
        called[["who", "reason"]] = self._who(called, base)
        called = called.sort_values(["value_amount", "client_id"], ascending=[False, True], kind="stable").reset_index(drop=True)
        called["rank"] = np.arange(1, len(called) + 1)
        once = life[life["state"] == "one_time"].rename(columns={"s12_before": "amount"}).sort_values(["amount", "client_id"], ascending=[False, True], kind="stable")
        waves = self._waves(base)
        return {"main": called[[c.name for c in self.columns["main"]]], "one_time": once[[c.name for c in self.columns["one_time"]]].reset_index(drop=True)} | waves

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        mine = base.card()["client_id"]
        out = {name: company[name][company[name]["client_id"].isin(mine)].reset_index(drop=True) for name in ("main", "one_time", "touches") if name in company}
        out["main"]["rank"] = np.arange(1, len(out["main"]) + 1)
        return out

    def _own_shares(self, base: Base) -> dict[str, float]:
        """P by state from the company's own past: quarter ends whose window is closed, states as known then."""
        cases = _past_cases(base, self.window_days, self.past_quarters)
        shares = {}
        for state in CALLED:
            mine = cases[cases["state"] == state]
            if len(mine) >= self.min_cases:
                shares[state] = float(mine["ordered"].mean())
        return shares

    def _who(self, called: pd.DataFrame, base: Base) -> pd.DataFrame:
        """Who should call and why, the first rule that fits."""
        as_of, facts = pd.Timestamp(base.facts.as_of.date), base.facts
        contact = _days_since_contact(called["client_id"], facts, as_of)
        claim, conflict, left = _open_claim(called["client_id"], facts, as_of), _conflict(called["client_id"], facts), _left(called["manager_id"], facts, as_of)
        lost = (called["state"] == "lost").to_numpy()
        old = (called["days_since"] > self.am_after_days).to_numpy()
        recent = (contact <= self.same_km_days).to_numpy()
        unknown = contact.isna().all()
        conditions = [old, claim, conflict, left, recent, lost]
        who = np.select(conditions, ["am", np.where(lost, "head", "other_km"), "head", np.where(lost, "head", "other_km"), "same_km", "head"], "same_km" if unknown else np.where(
            (called["state"] == "falling_asleep").to_numpy(), "same_km", "other_km"))
        reason = np.select(conditions, ["over_two_years", "open_claim", "conflict", "manager_left", "recent_contact", "lost"], "contact_unknown" if unknown else "no_recent_contact")
        return pd.DataFrame({"who": who, "reason": reason}, index=called.index)

    # -------------------------------------------------------------- past waves
    def _waves(self, base: Base) -> Tables:
        touched = _wave_touches(base.facts, self.window_days)
        if touched is None:
            return {}
        card = base.card().set_index("client_id")
        detail = touched["detail"].join(card[["client_name", "manager_id"]], on="client_id")
        rows, effects = [], []
        for wave, group in touched["detail"].groupby("wave"):
            rows.append(_rates(wave, "list", group))
            control = self._hold_out(wave, group, base)
            if control is not None:
                rows.append(_rates(wave, "hold_out", control))
                effects.append(_effect(wave, group, control))
        return {"waves": pd.DataFrame(rows, columns=[c.name for c in self.columns["waves"]]),
                "effect": pd.DataFrame(effects, columns=[c.name for c in self.columns["effect"]]),
                "touches": detail[[c.name for c in self.columns["touches"]]].sort_values(["wave", "client_id"], kind="stable").reset_index(drop=True)}

    def _hold_out(self, wave: str, called: pd.DataFrame, base: Base) -> pd.DataFrame | None:
        """Clients of the wave's list that chance left uncalled: the first ones by sha256, if none of them was called. Closed clients are on no list."""
        start = called["first_touch_at"].min().normalize()
        eve = day_number(start) - 1
        orders, seen = states_at(base.facts, eve, base.settings("lifecycle").rules(base), base.settings("abc"))
        asleep = set(orders.clients[np.isin(seen.state.astype(str), CALLED)]) - _closed(base.facts)
        whole = sorted(asleep | set(called["client_id"]), key=lambda c: hashlib.sha256(f"{base.company.slug}|{wave}|{c}".encode()).hexdigest())
        if len(whole) < self.holdout_min:
            return None
        share = self.holdout_large if len(whole) >= self.large_list else self.holdout_small
        drawn = whole[: round(len(whole) * share)]
        if set(drawn) & set(called["client_id"]):
            return None
        return _outcomes(pd.DataFrame({"wave": wave, "client_id": drawn, "first_touch_at": start, "is_reached": False}), base.facts, self.window_days)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        sleeping, lost = main[main["state"] == "sleeping"], main[main["state"] == "lost"]
        found = []
        if len(sleeping):
            found.append(self._sleeping(sleeping))
        if len(lost):
            found.append(self._lost(lost, base))
        return found

    def _sleeping(self, sleeping: pd.DataFrame) -> Finding:
        s12 = sleeping.sort_values(["s12_before", "client_id"], ascending=[False, True])
        text = n_("{n} клиент спит: молчит втрое дольше своего ритма", "{n} клиентов спят: молчат втрое дольше своего ритма", len(s12))
        detail = _("{list}. Без заказа от {a} до {b} дней.").format(list=listed(list(s12["client_name"]), 2), a=number(s12["days_since"].min()), b=number(s12["days_since"].max()))
        clients = tuple((c, round(float(m), 2)) for c, m in zip(s12["client_id"], s12["s12_before"]) if m > 0)
        return Finding("reactivation.sleeping", FindingLevel.RISK, text, detail, action=_("Вернуть спящих: звонок по сценарию в порядке списка, крупнейшим — руководитель лично"),
                       who=_("руководитель отдела продаж"), fact=float(len(s12)), money=round(sum(m for _c, m in clients), 2), basis=_("приносили за 12 месяцев до паузы"), clients=clients,
                       booked_as=BookedAs.REACTIVATION, values={"n": len(s12)})

    def _lost(self, lost: pd.DataFrame, base: Base) -> Finding:
        ours = bool(np.isclose(lost["p_return"].iloc[0], self.p_lost))
        before, value = float(lost["s12_before"].sum()), float(lost["value_amount"].sum())
        text = n_("{n} клиент потерян: приносил {x} в год", "{n} клиентов потеряны: приносили {x} в год", len(lost), x=money(before, base.facts.currency))
        detail = _("Первые: {list}. Если вернётся {p}, это {y} в год.").format(list=listed(list(lost["client_name"]), 3), p=percent(lost["p_return"].iloc[0]), y=money(value, base.facts.currency))
        return Finding("reactivation.lost", FindingLevel.WATCH, text, detail, action=_("Предложить потерянным вернуться: список по ожидаемым деньгам, с участием руководителя"),
                       who=_("руководитель отдела продаж"), fact=before, money=round(value, 2), basis=_("ожидаемый возврат: продажи × вероятность"), booked_as=BookedAs.WINBACK, assumption=ours,
                       clients=tuple((c, round(float(m), 2)) for c, m in zip(lost["client_id"], lost["value_amount"]) if m > 0), values={"n": len(lost), "p": float(lost["p_return"].iloc[0])})

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        gone = main[main["state"].isin(["sleeping", "lost"])]
        if main.empty:
            return [page.section(_("Возвращать некого: никто не спит и не потерян"), id="reactivation", kicker=kicker(self))]
        title = n_("Спит и потерян {n} клиент, приносивший {x} в год", "Спят и потеряны {n} клиентов, приносивших {x} в год", len(gone), x=money(gone["s12_before"].sum(), base.facts.currency)) \
            if len(gone) else n_("Спящих нет, засыпает {n} клиент", "Спящих нет, засыпают {n} клиентов", len(main))
        lead = _("Порядок — по ожидаемым деньгам: продажи до паузы × вероятность возврата. Засыпающим звонят первыми, но их деньги посчитаны в риске.")
        blocks = [page.section(title, id="reactivation", kicker=kicker(self), lead=lead), _list_table(main, base)]
        blocks.append(page.action([(_("Звонить по списку сверху вниз, результат и дату следующего шага — в CRM"), _("исполнитель из столбца «Кто» · две недели"))]))
        return blocks + _wave_table(tables, self) + self._p_note(main)

    def _p_note(self, main: pd.DataFrame) -> list[dict]:
        shares = main.drop_duplicates("state").set_index("state")["p_return"]
        said = "; ".join(f"{pinned('state', s)} — {percent(shares[s])}" for s in CALLED if s in shares)
        return [page.note(_("Вероятность заказа за {d} дней: {said}. Своя доля, если прошлых случаев не меньше {m}, иначе норма kbreport.").format(
            d=number(self.window_days), said=said, m=number(self.min_cases)))]


# ------------------------------------------------------------------ numbers
def _free(clients: pd.Series, base: Base) -> pd.Series | float:
    """Free purchase volume where `sales_potential` knows it."""
    if not base.has("sales_potential"):
        return np.nan
    return clients.map(base.table("sales_potential").set_index("client_id")["free_amount"])


def _past_cases(base: Base, window: int, quarters: int) -> pd.DataFrame:
    """(state at a past quarter end, ordered within the window) of every client at the last `quarters` ends whose window is over.

    Nothing later than the quarter end decides the state.
    """
    facts, rules, abc = base.facts, base.settings("lifecycle").rules(base), base.settings("abc")
    today, first = day_number(facts.as_of.date), pd.Timestamp(facts.history_start) + pd.DateOffset(months=base.parameters.lookback)
    cases = []
    for t in pd.date_range(first, pd.Timestamp(facts.as_of.date), freq="QE")[::-1]:
        end = day_number(t)
        if end + window > today or len(cases) >= quarters:
            continue
        orders, seen = states_at(facts, end, rules, abc)
        after = (orders.day > end) & (orders.day <= end + window)
        ordered = np.bincount(orders.code[after], minlength=len(orders.clients)) > 0
        cases.append(pd.DataFrame({"state": seen.state.astype(str), "ordered": ordered}))
    return pd.concat(cases) if cases else pd.DataFrame({"state": pd.Series(dtype="str"), "ordered": pd.Series(dtype="bool")})


def _days_since_contact(clients: pd.Series, facts, as_of: pd.Timestamp) -> pd.Series:
    """Days since the last touch that was not unanswered; NaN where none is known."""
    touches = facts.others.get("touches")
    if touches is None or touches.empty:
        return pd.Series(np.nan, index=clients.index)
    live = touches[touches["at"] < as_of + pd.Timedelta(days=1)]
    if "result" in live:
        live = live[live["result"] != "no_answer"]
    last = pd.to_datetime(live.groupby("client_id")["at"].max()).reindex(clients)
    return pd.Series((as_of - last).dt.days.to_numpy(), index=clients.index)


def _open_claim(clients: pd.Series, facts, as_of: pd.Timestamp) -> np.ndarray:
    claims = facts.others.get("claims")
    if claims is None:
        return np.zeros(len(clients), bool)
    closed = claims["closed_at"] if "closed_at" in claims else pd.Series(pd.NaT, index=claims.index)
    still = claims[(claims["opened_at"] <= as_of) & (closed.isna() | (closed > as_of))]
    return clients.isin(still["client_id"]).to_numpy()


def _conflict(clients: pd.Series, facts) -> np.ndarray:
    if "lost_reason" not in facts.clients:
        return np.zeros(len(clients), bool)
    return clients.map(facts.clients.set_index("client_id")["lost_reason"]).isin(CONFLICT).to_numpy()


def _left(managers: pd.Series, facts, as_of: pd.Timestamp) -> np.ndarray:
    table = facts.others.get("managers")
    if table is None or "fired" not in table:
        return np.zeros(len(managers), bool)
    gone = table.loc[table["fired"].notna() & (table["fired"] <= as_of), "manager_id"]
    return managers.isin(gone).to_numpy()


def _closed(facts) -> set[str]:
    """Clients marked as closed. Nobody knows since when (as in M3.18), so they leave both arms of every wave: who cannot return proves nothing."""
    known = facts.clients
    return set(known.loc[known["status_manual"] == "closed", "client_id"]) if "status_manual" in known else set()


def _wave_touches(facts, window: int) -> dict | None:
    """Clients of each reactivation wave with their first touch and what came of it; None without such touches."""
    touches = facts.others.get("touches")
    if touches is None or "kind" not in touches:
        return None
    as_of = pd.Timestamp(facts.as_of.date) + pd.Timedelta(days=1)
    mine = touches[(touches["kind"] == "reactivation") & (touches["at"] < as_of) & ~touches["client_id"].isin(_closed(facts))].copy()
    if mine.empty:
        return None
    campaign = mine["campaign"] if "campaign" in mine else pd.Series(None, index=mine.index, dtype=object)
    mine["wave"] = campaign.where(campaign.notna(), mine["at"].dt.strftime("%Y-%m")).astype("str")
    mine["is_reached"] = mine["result"] == "reached" if "result" in mine else True
    first = mine.sort_values("at", kind="stable").groupby(["wave", "client_id"], as_index=False).agg(first_touch_at=("at", "min"), is_reached=("is_reached", "any"))
    return {"detail": _outcomes(first, facts, window)}


def _outcomes(cases: pd.DataFrame, facts, window: int) -> pd.DataFrame:
    """The first order in (touch day, touch day + window]; an open window is `in_window` whatever has come of it so far."""
    day = cases["first_touch_at"].dt.normalize()
    orders = facts.orders[["client_id", "date", "amount"]].rename(columns={"date": "order_date"})
    joined = cases.assign(day=day).reset_index().merge(orders, on="client_id", how="left")
    hit = joined[(joined["order_date"] > joined["day"]) & (joined["order_date"] <= joined["day"] + pd.Timedelta(days=window))]
    first = hit.sort_values("order_date", kind="stable").drop_duplicates("index").set_index("index")
    out = cases.copy()
    out["order_date"], out["amount"] = first["order_date"].reindex(out.index), first["amount"].reindex(out.index)
    is_open = day + pd.Timedelta(days=window) > pd.Timestamp(facts.as_of.date)
    out["outcome"] = np.select([is_open, out["order_date"].notna(), ~out["is_reached"]], ["in_window", "returned", "not_reached"], "not_returned")
    out["is_open"] = is_open
    return out


def _rates(wave: str, group: str, cases: pd.DataFrame) -> tuple:
    """One row of `waves`; a case whose window is open is in no rate, whatever came of it."""
    closed = cases[~cases["is_open"]]
    back, reached = closed["outcome"] == "returned", closed["is_reached"]
    n, r = len(closed), int(reached.sum())
    called = group == "list"
    share = lambda k, d: k / d if d else np.nan
    return (wave, group, len(cases), len(cases) if called else 0, int(cases["is_reached"].sum()), int(cases["is_open"].sum()), int(back.sum()), share(back.sum(), n),
            share(back.sum(), n) if called else np.nan, share((back & reached).sum(), r) if called else np.nan, float(closed.loc[back, "amount"].sum()))


def _effect(wave: str, called: pd.DataFrame, control: pd.DataFrame) -> tuple:
    a, b = called[~called["is_open"]], control[~control["is_open"]]
    k1, k2 = int((a["outcome"] == "returned").sum()), int((b["outcome"] == "returned").sum())
    low, high = newcombe(k1, len(a), k2, len(b))
    net = k1 / len(a) - k2 / len(b) if len(a) and len(b) else np.nan
    return wave, net * 100, low * 100, high * 100, bool(low > 0 or high < 0)


# ------------------------------------------------------------------ page
def _list_table(main: pd.DataFrame, base: Base) -> dict:
    scale = scale_of([*main["s12_before"].head(15), *main["value_amount"].head(15)], base.facts.currency)
    rows = [[str(r.rank), page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), pinned("state", r.state), number(r.days_since), scale.text(r.s12_before),
             scale.text(r.value_amount), page.cell(pinned("action", r.action), sub=pinned("who", r.who))] for r in main.head(15).itertuples()]
    head = [page.col("№", w=8, cls="x"), page.col(_("Клиент"), cls="h"), page.col(_("Состояние"), w=22), page.col(_("Молчит, дн."), num=True, w=18), page.col(_("До паузы"), num=True, w=20),
            page.col(_("Ждём возврата"), num=True, w=22), page.col(_("Действие и кто"), w=44)]
    return page.table(head, rows, title=_("Кому звонить: по ожидаемым деньгам"), unit=scale.unit or None, sheet="reactivation", dense=True, cards=True,
                      note=n_("Показаны первые {k} из {n}; все — в книге.", "Показаны первые {k} из {n}; все — в книге.", len(main), k=number(15)) if len(main) > 15 else None)


def _wave_table(tables: Tables, method: Reactivation) -> list[dict]:
    waves = tables.get("waves")
    if waves is None or waves.empty:
        return []
    rows = [[page.cell(r.wave, sub=_("контрольная группа") if r.group == "hold_out" else None), number(r.n_list), number(r.n_reached), number(r.n_returned), percent(r.conv_list), percent(r.conv_reached)]
            for r in waves.itertuples()]
    head = [page.col(_("Волна"), cls="h"), page.col(_("В списке"), num=True, w=20), page.col(_("Дозвонились"), num=True, w=24), page.col(_("Вернулись"), num=True, w=22),
            page.col(_("От списка"), num=True, w=22), page.col(_("От дозвонов"), num=True, w=24)]
    out = [page.table(head, rows, title=_("Прошлые волны"), sheet="reactivation.waves", dense=True,
                      note=_("Отметка книги {book} — знаменатель в ней неизвестен; другие источники: {a}–{b} от списка.").format(
                          book=percent(method.book_mark), a=percent(method.outside_mark[0]), b=percent(method.outside_mark[1])))]
    effect = tables.get("effect")
    if effect is not None and len(effect):
        e = effect.iloc[-1]
        seen = _("виден") if e["is_visible"] else _("выше шума пока не виден")
        out.append(page.note(_("Чистый эффект волны {wave}: {net}, интервал {a} … {b}: {seen}.").format(wave=e["wave"], net=pp(e["net_pp"] / 100), a=number(e["ci_low"], 1), b=number(e["ci_high"], 1), seen=seen)))
    return out
