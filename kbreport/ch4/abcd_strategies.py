"""M4.5 Стратегии развития, удержания и экономии сил / Strategy card per class.

Question   What do we do with this client this year?
In         abcd (class, volumes, state); order lines with categories, clients.segment, client_risk, touches: optional
Out        main: one row per client, closed firms left out: aim, measure of success, goal in money, tool, date of review
Formula    strategy by class. Goal: A, C goal_share of the free volume; B the sales to be kept; D and unknown none. Category:
           the one most clients of the segment buy (of the base where it has fewer than 5 buyers) and this client does not.
           Reviews at month ends divisible by `review_months`; the next one after as_of is the date
Edge       class changed since the last review → the strategy of that review stays and is said, unless the volume was or is
           unknown; AB? / CD? → find the volume, no goal; sleeping and lost A, C → reactivation first
Source     book 4.4–4.6 [000:88-92], [000:10]; contents of the cards, review and goal share (as M7.9) [OURS]
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import page
from kbreport.ch4 import _volume
from kbreport.ch4._classes import CLASSES, STRATEGY
from kbreport.facts.facts import looked_up
from kbreport.facts.period import add_months, month_end
from kbreport.facts.potential import year_to
from kbreport.method import CL, Base, Finding, FindingLevel, Method, Tables, cols, kicker, setting
from kbreport.words import N_, _, day, listed, money, n_, number, percent, quoted

AIM = {"A+": "take_free_volume", "A": "take_free_volume", "B": "lose_nothing", "C": "break_in", "D": "same_money_fewer_hours", "AB?": "find_volume", "CD?": "find_volume"}
MEASURE = {"take_free_volume": "wallet_and_sales", "lose_nothing": "grr", "break_in": "first_categories", "same_money_fewer_hours": "minutes_per_1000", "find_volume": "volume_known"}
TOOL = {"A+": "annual_meeting", "A": "individual_plan", "B": "risk_watch", "C": "test_order", "D": "mass_touches", "AB?": "volume_interview", "CD?": "volume_interview"}
SAID_TOOL = {"annual_meeting": N_("годовая встреча и индивидуальный план"), "individual_plan": N_("индивидуальный план, матрица контактов"), "risk_watch": N_("контроль риска, второй контакт"),
             "test_order": N_("пробный заказ и правильное КП"), "mass_touches": N_("портал, администратор продаж, минимальный заказ"), "volume_interview": N_("выяснить объём закупки"),
             "reactivation": N_("сначала вернуть: реактивация")}
ASLEEP = ("sleeping", "lost", "one_time")
NEARLY_ALL = 0.8  # a smaller share of purchases is not «no room to grow», whatever the class says
CARDS = 5  # of a class on the page
MIN_SEGMENT = 5  # buyers; fewer say nothing of a segment


class AbcdStrategies(Method):
    number: ClassVar[str] = "M4.5"
    section: ClassVar[str] = "4.4–4.6"
    title: ClassVar[str] = N_("Стратегии по классам ABCD")
    question: ClassVar[str] = N_("Что делать с этим клиентом в этом году?")
    needs: ClassVar[tuple[str, ...]] = ("abcd",)
    uses: ClassVar[tuple[str, ...]] = ("penetration", "client_risk")
    optional_inputs: ClassVar[tuple[str, ...]] = ("potential", "clients", "order_lines", "touches")
    columns: ClassVar = {
        "main": cols(f"{CL} class strategy aim measure goal_amount tool review_date category class_at_review state amount purchases_amount free_amount wallet risk_score",
                     strategy=("text", N_("Стратегия")), aim=("text", N_("Цель")), measure=("text", N_("Мера успеха")), goal_amount=N_("Цель года"), tool=("text", N_("Способ")),
                     review_date=N_("Пересмотр"), category=("text", N_("Первая категория")), class_at_review=("class", N_("Класс при пересмотре")), amount=N_("Продажи за год"),
                     purchases_amount=N_("Объём закупки"), free_amount=N_("Свободный объём"), wallet=N_("Наша доля"), risk_score=("score", N_("Риск"))),
    }
    titles: ClassVar = {"main": N_("Стратегии клиентов")}

    review_months: int = setting(3, source="OURS", help=N_("пересмотр раз в столько месяцев"), ge=1, le=12)
    goal_share: float = setting(0.10, source="OURS", help=N_("доля свободного объёма, которую ставим целью года"), gt=0, le=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Tables:
        known = base.table("abcd")
        known = known[known["state"] != "closed"].reset_index(drop=True)
        known["class_at_review"] = self._class_at_review(known, base)
        held = known["class_at_review"]
        known["strategy"], known["aim"] = held.map(STRATEGY), held.map(AIM)
        known["measure"] = known["aim"].map(MEASURE)
        known["tool"] = held.map(TOOL).mask((known["strategy"] == "develop") & known["state"].isin(ASLEEP), "reactivation")
        known["goal_amount"] = np.select([known["strategy"] == "develop", known["strategy"] == "retain"], [known["free_amount"] * self.goal_share, known["amount"]], np.nan)
        known["review_date"] = pd.Timestamp(next_review(base.facts.as_of.date, self.review_months))
        known["category"] = _first_category(known, base)
        known["risk_score"] = known["client_id"].map(base.table("client_risk").set_index("client_id")["score"]) if base.has("client_risk") else np.nan
        order = {name: i for i, name in enumerate(CLASSES)}
        known = known.assign(place=known["class"].map(order)).sort_values(["place", "goal_amount", "amount", "client_id"], ascending=[True, False, False, True], kind="stable")
        return {"main": known[[c.name for c in self.columns["main"]]].reset_index(drop=True)}

    def _class_at_review(self, known: pd.DataFrame, base: Base) -> pd.Series:
        """The class whose strategy is in force: that of the last review; the present one where either is unknown."""
        as_of, t0 = base.facts.as_of.date, last_review(base.facts.as_of.date, self.review_months)
        if t0 == as_of or t0 < base.facts.history_start:
            return known["class"]
        then = base.settings("abcd").at(base, year_to(t0 + timedelta(days=1), base.facts), t0).set_index("client_id")["class"]
        before = known["client_id"].map(then)
        first = looked_up(known["client_id"], base.facts.first_order)
        keep = before.isin(list(STRATEGY)) & ~before.isin(["AB?", "CD?"]) & ~known["class"].isin(["AB?", "CD?"]) & (first <= pd.Timestamp(t0))
        return known["class"].where(~keep, before)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        return [f for f in (self._goal(main, base), _keep(main, base)) if f]

    def _goal(self, main: pd.DataFrame, base: Base) -> Finding | None:
        """Our own share of the free volume: an assumption, and not booked beside abcd's."""
        grow = _growing(main)
        if grow.empty:
            return None
        goal = float(grow["goal_amount"].sum())
        text = n_("Цель года по {n} клиенту A и C — +{x}", "Цель года по {n} клиентам A и C — +{x}", len(grow), x=money(goal, base.facts.currency))
        return Finding("abcd_strategies.goal", FindingLevel.INFO, text, _("Это {p} их свободного объёма.").format(p=percent(self.goal_share)), fact=goal, money=round(goal, 2),
                       basis=_("цель: доля свободного объёма"), clients=tuple((c, round(float(v), 2)) for c, v in zip(grow["client_id"], grow["goal_amount"])), values={"n": len(grow)}, assumption=True,
                       action=_("Поставить цель года каждому клиенту A и C"), who=_("руководитель отдела продаж"))

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        grow, keep = _growing(main), main[main["strategy"] == "retain"]
        review = day(main["review_date"].iloc[0]) if len(main) else _("н/д")
        lead = _("Цель A и C — {p} свободного объёма, B — не потерять продажи. Следующий пересмотр: {day}.").format(p=percent(self.goal_share), day=review)
        blocks = [page.section(_headline(grow, keep, main, base), id="abcd_strategies", kicker=kicker(self), lead=lead)]
        blocks += _cards(_("A: взять свободный объём"), grow[grow["class_at_review"] != "C"], _said_a, base) + _cards(_("C: выиграть первые категории"), grow[grow["class_at_review"] == "C"], _said_c, base)
        blocks += _cards(_("B: не потерять"), keep, _said_b, base) + _economy(main, base) + _remarks(main)
        if len(grow) or len(keep):
            blocks.append(page.action([(_("Записать цель и первый шаг в план каждого клиента A, B и C; D — в общий список"), _("менеджеры клиентов · до {day}").format(day=review))]))
        return blocks


# ------------------------------------------------------------------ dates of review
def last_review(as_of: date, months: int) -> date:
    """The latest month end ≤ as_of whose month number is divisible by `months` (3: quarter ends)."""
    end = month_end(as_of) if as_of == month_end(as_of) else month_end(add_months(as_of.replace(day=1), -1))
    return month_end(add_months(end.replace(day=1), -((end.year * 12 + end.month) % months)))


def next_review(as_of: date, months: int) -> date:
    return month_end(add_months(last_review(as_of, months).replace(day=1), months))


# ------------------------------------------------------------------ categories
def _first_category(known: pd.DataFrame, base: Base) -> pd.Series:
    """For clients to develop: what their segment buys most and they do not. NA without order lines, or where nothing is missing."""
    months = base.facts.category_months
    out = pd.Series(None, index=known.index, dtype="object")
    if months is None:
        return out
    inside = months[_volume.year(base).mask(months["month"]) & (months["amount"] > 0)]
    bought = inside.assign(yes=True).pivot_table(index="client_id", columns="category", values="yes", aggfunc="any", fill_value=False).astype("float64")
    want = known["strategy"] == "develop"
    if bought.empty or not want.any():
        return out
    rates = _rates(bought, known["client_id"][want], base)
    has = bought.reindex(known["client_id"][want], fill_value=0.0).to_numpy()
    open_ = np.where(has > 0, -1.0, rates)
    best = open_.argmax(axis=1)
    names = bought.columns.to_numpy()[best].astype(object)
    names[open_[np.arange(len(best)), best] <= 0] = None
    out[want] = names
    return out


def _rates(bought: pd.DataFrame, clients: pd.Series, base: Base) -> np.ndarray:
    """Share of buyers per category in the segment of each client; of the whole base where the segment is unknown or small."""
    card = base.facts.clients.set_index("client_id")
    everyone = bought.mean().to_numpy()
    if "segment" not in card:
        return np.tile(everyone, (len(clients), 1))
    by = bought.groupby(card["segment"].reindex(bought.index))
    rates = by.mean()[by.size() >= MIN_SEGMENT].reindex(card["segment"].reindex(clients).to_numpy()).to_numpy()
    return np.where(np.isnan(rates), everyone, rates)


# ------------------------------------------------------------------ words
def _growing(main: pd.DataFrame) -> pd.DataFrame:
    return main[(main["strategy"] == "develop") & main["state"].isin(_volume.GAIN_STATES) & (main["goal_amount"] > 0)].sort_values(["goal_amount", "client_id"], ascending=[False, True], kind="stable")


def _keep(main: pd.DataFrame, base: Base) -> Finding | None:
    keep = main[(main["strategy"] == "retain") & (main["amount"] > 0)]
    if keep.empty:
        return None
    text = n_("У {n} клиента B свободного объёма мало: задача — не потерять {x}", "У {n} клиентов B свободного объёма мало: задача — не потерять {x}", len(keep), x=money(keep["amount"].sum(), base.facts.currency))
    return Finding("abcd_strategies.keep", FindingLevel.INFO, text, listed(list(keep["client_name"])) + ".", fact=float(len(keep)), money=round(float(keep["amount"].sum()), 2), basis=_("продажи класса B за год"),
                   clients=tuple((c, round(float(v), 2)) for c, v in zip(keep["client_id"], keep["amount"])), values={"n": len(keep)}, action=_("Назначить второй контакт каждому клиенту B"), who=_("менеджеры клиентов"))


def _headline(grow: pd.DataFrame, keep: pd.DataFrame, main: pd.DataFrame, base: Base) -> str:
    if len(grow):
        return n_("{n} клиента развиваем на {x} в год, удерживаем {b}", "{n} клиентов развиваем на {x} в год, удерживаем {b}", len(grow), x=money(grow["goal_amount"].sum(), base.facts.currency), b=number(len(keep)))
    ask = int((main["strategy"] == "find_volume").sum())
    if ask:
        return n_("Стратегии ждут объёмов: не выяснен у {n} клиента", "Стратегии ждут объёмов: не выяснены у {n} клиентов", ask)
    return n_("Развивать некого, удерживаем {n} клиента", "Развивать некого, удерживаем {n} клиентов", len(keep))


def _said_a(r, base: Base) -> str:
    text = _("Свободно {free}, наша доля {w}. Цель года +{goal}").format(free=money(r.free_amount, base.facts.currency), w=percent(r.wallet), goal=money(r.goal_amount, base.facts.currency))
    return text + (": " + quoted(r.category) if isinstance(r.category, str) else "") + "."


def _said_c(r, base: Base) -> str:
    text = _("Покупает у нас {s} из {t}.").format(s=money(max(r.amount, 0.0), base.facts.currency), t=money(r.purchases_amount, base.facts.currency))
    return text + (" " + _("Первая цель — {category}.").format(category=quoted(r.category)) if isinstance(r.category, str) else "")


def _said_b(r, base: Base) -> str:
    sales = money(r.amount, base.facts.currency)
    if r.wallet > 1 or pd.isna(r.wallet):
        text = _("Объём занижен: переспросить. Задача — не потерять {s}").format(s=sales)
    elif r.wallet >= NEARLY_ALL:
        text = _("Берём {w} закупки, расти некуда. Задача — не потерять {s}").format(w=percent(r.wallet), s=sales)
    else:
        text = _("Берём {w} закупки, свободно {free}. Задача — не потерять {s}").format(w=percent(r.wallet), free=money(r.free_amount, base.facts.currency), s=sales)
    return text + (_(": риск {score}").format(score=number(r.risk_score)) if not pd.isna(r.risk_score) else "") + "."


# ------------------------------------------------------------------ page
def _cards(title: str, rows: pd.DataFrame, say, base: Base) -> list[dict]:
    if rows.empty:
        return []
    shown = rows.sort_values(["goal_amount", "client_id"], ascending=[False, True], kind="stable").head(CARDS)
    body = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), page.cell(badge=r.letter, kind="abcd"), say(r, base), _(SAID_TOOL[r.tool])]
            for r in shown.rename(columns={"class": "letter"}).itertuples()]
    head = [page.col(_("Клиент"), cls="h", w=44), page.col(_("Класс"), w=13), page.col(_("Цель")), page.col(_("Способ"), w=44)]
    return [page.table(head, body, title=title, sheet="abcd_strategies", dense=True, cards=True,
                       note=n_("Показаны первые {k} из {n}; все — в книге.", "Показаны первые {k} из {n}; все — в книге.", len(rows), k=number(CARDS)) if len(rows) > CARDS else None)]


def _economy(main: pd.DataFrame, base: Base) -> list[dict]:
    """One line for all of D."""
    d = main[main["strategy"] == "economise"]
    if d.empty:
        return []
    sales = main["amount"].sum()
    by = base.table("abcd", "by_class").set_index("class")
    share = d["amount"].sum() / sales if sales > 0 else np.nan
    touched = by.loc["D", "touches"] / by["touches"].sum() if by["touches"].sum() > 0 else np.nan
    said = n_("**D: экономия сил.** {n} клиент даёт {s} продаж", "**D: экономия сил.** {n} клиентов дают {s} продаж", len(d), s=percent(share))
    said += _("; на класс D уходит {h} касаний").format(h=percent(touched)) if not pd.isna(touched) else ""
    tool = SAID_TOOL[TOOL["D"]]
    return [page.para(said + ". " + _("Перевести на: {tool}.").format(tool=_(tool)), wide=True)]


def _remarks(main: pd.DataFrame) -> list[dict]:
    lines = []
    changed = int((main["class_at_review"] != main["class"]).sum())
    if changed:
        lines.append(n_("{n} клиент сменил класс после последнего пересмотра: до следующего держим прежнюю стратегию.",
                        "{n} клиентов сменили класс после последнего пересмотра: до следующего держим прежнюю стратегию.", changed))
    away = int((main["tool"] == "reactivation").sum())
    if away:
        lines.append(n_("{n} клиент A и C спит, потерян или разовый: сначала вернуть.", "{n} клиентов A и C спят, потеряны или разовые: сначала вернуть.", away))
    ask = int((main["strategy"] == "find_volume").sum())
    if ask:
        lines.append(n_("У {n} клиента стратегия одна: выяснить объём закупки.", "У {n} клиентов стратегия одна: выяснить объём закупки.", ask))
    return [page.note(" ".join(lines))] if lines else []
