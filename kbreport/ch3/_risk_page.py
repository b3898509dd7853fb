"""The page of M3.9: who is at risk and what he buys, whom to call first, which signals speak, whether the score was right before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kbreport import charts, page
from kbreport.ch3 import _risk_past as past
from kbreport.ch3._risk_signals import SIGNALS
from kbreport.method import Base, Tables, kicker
from kbreport.method.todo import owner
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, listed, money, n_, number, percent, scale_of

if TYPE_CHECKING:
    from kbreport.ch3.client_risk import ClientRisk

LIVE = ("active", "falling_asleep", "new")
ROWS = 8
HEADS = {"r1": N_("опоздание"), "r2": N_("падение продаж"), "r3": N_("меньше категорий"), "r4": N_("просрочка"), "r5": N_("рекламации"), "r6": N_("мало лиц"), "r7": N_("тишина"), "r8": N_("оценка")}
BAND_HEADS = {"low": N_("низкий риск"), "medium": N_("средний"), "high": N_("высокий")}


def blocks_of(method: "ClientRisk", tables: Tables, base: Base) -> list[dict]:
    main = tables["main"]
    live = main[main["state"].isin(LIVE)]
    if not live["score"].notna().any():
        title = _("Риск не посчитан: о покупающих клиентах не известен ни один сигнал") if len(live) else _("Риск не посчитан: покупающих клиентов нет")
        return [page.section(title, id="client_risk", kicker=kicker(method))]
    rival = _rival(method, tables, base)
    queue = _queue(live, rival, base)
    blocks = [page.section(_headline(live, base), id="client_risk", kicker=kicker(method), lead=_lead(live, main))]
    blocks += _field(live, method, base) + _list_table(queue, main, rival, base) + _heat(queue, method)
    blocks += _todo(queue, base) + _past_table(tables, base)
    return blocks + [page.note(" ".join(_notes(method, tables, main, rival, base)))]


def _rival(method: "ClientRisk", tables: Tables, base: Base) -> str | None:
    sorts = tables.get("backtest_auc")
    return None if sorts is None else past.better_rival(sorts, method.auc_gain, base.parameters.min_denominator)


def _queue(live: pd.DataFrame, rival: str | None, base: Base) -> pd.DataFrame:
    """Whom to call first: medium and high risk by money. Where a plain rule sorts as well, the largest of them and of those who
    fall asleep, in the order of that rule."""
    shown = live[live["band"].isin(["medium", "high"]) & (live["risk_amount"] > 0)]
    if not rival:
        return shown
    life = base.table("lifecycle").set_index("client_id")
    asleep = live[(live["state"] == "falling_asleep") & (live["s12"] > 0) & ~live["client_id"].isin(shown["client_id"])]
    both = pd.concat([shown, asleep]).sort_values(["s12", "client_id"], ascending=[False, True], kind="stable")
    both = both.assign(lateness=both["client_id"].map(life["lateness"]), days_since=both["client_id"].map(life["days_since"]))
    first = both.head(ROWS).sort_values([rival, "s12", "client_id"], ascending=[False, False, True], kind="stable")
    return pd.concat([first, both.iloc[ROWS:]])


# ------------------------------------------------------------------ words
def _headline(live: pd.DataFrame, base: Base) -> str:
    """Of those who buy; who sleeps is said in the lead."""
    high = live[(live["band"] == "high") & (live["risk_amount"] > 0)]
    if len(high):
        return n_("У {n} клиента высокий риск: под угрозой {x} в год", "У {n} клиентов высокий риск: под угрозой {x} в год", len(high), x=money(high["risk_amount"].sum(), base.facts.currency))
    middle = live[(live["band"] == "medium") & (live["risk_amount"] > 0)]
    if len(middle):
        return n_("Покупающих с высоким риском нет; средний — у {n} клиента: под угрозой {x} в год", "Покупающих с высоким риском нет; средний — у {n} клиентов: под угрозой {x} в год", len(middle),
                  x=money(middle["risk_amount"].sum(), base.facts.currency))
    return _("У всех, кто покупает, риск низкий")


def _lead(live: pd.DataFrame, main: pd.DataFrame) -> str:
    known = [_(HEADS[name]) for name in SIGNALS if live[name].notna().any()]
    said = n_("Балл сложен из {n} сигнала из восьми: {list}.", "Балл сложен из {n} сигналов из восьми: {list}.", len(known), list=", ".join(known))
    said += " " + _("Балл ставит клиентов в очередь, вероятность он не измеряет.")
    asleep = int(((main["band"] == "high") & ~main["state"].isin(LIVE)).sum())
    return said + (" " + n_("Ещё {n} клиент с высоким риском не покупает давно: его считает реактивация.", "Ещё {n} клиентов с высоким риском не покупают давно: их считает реактивация.", asleep) if asleep else "")


def _notes(method: "ClientRisk", tables: Tables, main: pd.DataFrame, rival: str | None, base: Base) -> list[str]:
    said = []
    if rival:
        sorts = tables["backtest_auc"].set_index("predictor")["auc"]
        said.append(_("На прошлых кварталах балл различал ушедших и оставшихся верно в {a} пар, {rival} — в {b}: балл не лучше простого правила, поэтому порядок списка — по правилу.").format(
            a=percent(sorts["score"]), b=percent(sorts[rival]), rival=pinned("predictor", rival)))
    if _upside_down(tables, base):
        said.append(_("В прошлом высокий риск сбывался не чаще среднего: уровням здесь верить с оговоркой."))
    if (main["risk_basis"] == "score").any():
        said.append(_("Где прошлых случаев меньше {n}, деньги под угрозой условны: балл / 100 × продажи.").format(n=number(base.parameters.min_denominator)))
    unsure = int((main["is_band_uncertain"] & main["band"].notna()).sum())
    if unsure:
        said.append(n_("Знак «?» — у {n} клиента известно меньше {p} сигналов по весу.", "Знак «?» — у {n} клиентов известно меньше {p} сигналов по весу.", unsure, p=percent(method.min_coverage)))
    lean = main[main["is_dependence"]]
    if len(lean):
        said.append(_("Зависимость при любом балле (больше {p} продаж): {list}.").format(p=percent(method.dependence_share), list=listed(list(lean["client_name"]), 3)))
    return [*said, _("Веса сигналов и границы — норма kbreport: до {low} риск низкий, выше {high} высокий.").format(low=number(method.low), high=number(method.high))]


def _upside_down(tables: Tables, base: Base) -> bool:
    """The high band lost no larger a share than the medium one, both on enough cases."""
    rates = past.rates(tables["backtest"], base.parameters.min_denominator) if "backtest" in tables else {}
    return {"medium", "high"} <= set(rates) and rates["high"] <= rates["medium"] + 1e-9


def _todo(queue: pd.DataFrame, base: Base) -> list[dict]:
    """One action per reason, the dearest reasons first."""
    first = queue.head(ROWS)
    first = first[first["top_reason"].notna()].sort_values(["risk_amount", "client_id"], ascending=[False, True], kind="stable")
    if first.empty:
        return []
    order = first.groupby("action", sort=False)["risk_amount"].sum().sort_values(ascending=False, kind="stable").index[:3]
    items = [(_("{what}: {list}").format(what=pinned("action", a), list=listed(list(first.loc[first["action"] == a, "client_name"]), 3)), owner(base, _("менеджеры клиентов"))) for a in order]
    return [page.action(items)]


# ------------------------------------------------------------------ pictures
def _field(live: pd.DataFrame, method: "ClientRisk", base: Base) -> list[dict]:
    shown = live[live["score"].notna() & (live["s12"] > 0)]
    heads = [_(BAND_HEADS[b]) for b in past.BANDS]
    wide, phone = charts.both(lambda w: charts.exposure(shown["score"].tolist(), shown["s12"].tolist(), shown["band"].tolist(), shown["client_name"].tolist(), (method.low, method.high), heads=heads,
                                                        currency=base.facts.currency, xlabel=_("балл риска"), w=w), "client_risk-field")
    if wide is None:
        return []
    high = shown[shown["band"] == "high"]
    said = _("Продажи клиентов с высоким риском — {x} за 12 месяцев").format(x=money(high["s12"].sum(), base.facts.currency)) if len(high) else _("Справа вверху, где высокий риск и большие продажи, пусто")
    return [page.fig("client_risk-field", wide, phone=phone, headline=said, subtitle=_("Клиенты, которые покупают: балл риска и продажи за 12 месяцев (шкала логарифмическая)"),
                     alt=_("Поле клиентов: чем правее, тем выше риск, чем выше, тем больше продажи"))]


def _heat(queue: pd.DataFrame, method: "ClientRisk") -> list[dict]:
    first = queue.head(ROWS)
    known = [name for name in SIGNALS if len(first) and first[name].notna().any()]
    if len(known) < 2:
        return []
    marks = [_sure(number(r.score), r.is_band_uncertain) for r in first.itertuples()]
    wide, phone = charts.both(lambda w: charts.signals(first["client_name"].tolist(), first[known].to_numpy("float64"), [_(HEADS[name]) for name in known], marks, head=_("балл"), w=w), "client_risk-signals")
    loud = first["top_reason"].dropna().mode()
    said = _("Чаще всего говорит один сигнал: {reason}").format(reason=pinned("top_reason", loud.iloc[0])) if len(loud) == 1 else _("Какие сигналы говорят у первых клиентов списка")
    return [page.fig("client_risk-signals", wide, phone=phone, headline=said, subtitle=_("Сила сигнала от 0 до 100"), alt=_("Тепловая карта: клиенты и сигналы риска"))]


# ------------------------------------------------------------------ tables
def _list_table(queue: pd.DataFrame, main: pd.DataFrame, rival: str | None, base: Base) -> list[dict]:
    first = queue.head(ROWS)
    if first.empty:
        return []
    scale = scale_of([*first["s12"], *first["risk_amount"]], base.facts.currency)
    rows = [_row(r, rival, scale, base) for r in first.itertuples()]
    extra = [page.col({"lateness": _("Опоздание, ритмов"), "days_since": _("Дней без заказа")}[rival], num=True, w=22)] if rival else []
    head = [page.col(_("Клиент"), cls="h"), *extra, page.col(_("Риск"), w=24), page.col(_("Причина и действие"), w=52), page.col(_("За 12 мес."), num=True, w=20), page.col(_("Под угрозой"), num=True, w=20)]
    title = {None: _("Кем заняться первыми: по деньгам под угрозой"), "lateness": _("Кем заняться первыми: крупнейшие по опозданию с заказом"), "days_since": _("Кем заняться первыми: крупнейшие по дням без заказа")}[rival]
    more = n_("Показаны первые {k} из {n}; все — в книге.", "Показаны первые {k} из {n}; все — в книге.", len(queue), k=number(ROWS)) if len(queue) > ROWS else None
    return [page.table(head, rows, title=title, unit=scale.unit or None, sheet="client_risk", dense=True, cards=True, note=more)]


def _row(r, rival: str | None, scale, base: Base) -> list:
    keeper = None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)
    sub = " · ".join(filter(None, [keeper, _("зависимость") if r.is_dependence else None])) or None
    band = "—" if pd.isna(r.score) else page.cell(_sure(pinned("band", r.band), r.is_band_uncertain), sub=_("балл {n}").format(n=number(r.score)), tone="bad" if r.band == "high" else None, v=r.score)
    reason = "—" if pd.isna(r.top_reason) else page.cell(pinned("top_reason", r.top_reason), sub=pinned("action", r.action))
    extra = [number(getattr(r, rival), 1 if rival == "lateness" else 0)] if rival else []
    return [page.cell(r.client_name, sub=sub), *extra, band, reason, scale.text(r.s12), scale.text(r.risk_amount)]


def _sure(text: str, uncertain: bool) -> str:
    return f"{text}?" if uncertain else text


def _past_table(tables: Tables, base: Base) -> list[dict]:
    """The bands at past quarter ends, all together; rates from the sums, never from the rows above."""
    tried = tables.get("backtest")
    if tried is None or not tried["n_cases"].sum():
        return []
    sums = tried.groupby("band")[["n_cases", "n_lost", "n_open"]].sum().reindex(list(past.BANDS)).fillna(0)
    overall, least = sums["n_lost"].sum() / sums["n_cases"].sum(), base.parameters.min_denominator
    rows = []
    for band, r in sums.iterrows():
        rate, enough = r["n_lost"] / r["n_cases"] if r["n_cases"] else None, r["n_cases"] >= least
        rows.append([pinned("band", band), _("{k} из {n}").format(k=number(r["n_lost"]), n=number(r["n_cases"])), percent(rate) if enough else "—",
                     _("{x} раза").format(x=number(rate / overall, 1)) if enough and overall else "—", number(r["n_open"]) if r["n_open"] else "—"])
    head = [page.col(_("Риск тогда"), cls="h"), page.col(_("Ушли"), num=True, w=30), page.col(_("Доля"), num=True, w=22), page.col(_("К средней доле"), num=True, w=28), page.col(_("Ещё в окне"), num=True, w=24)]
    quarters = int(tried.loc[tried["n_cases"] > 0, "origin_date"].nunique())
    return [page.table(head, rows, title=n_("Сбывался ли балл: {n} прошлый квартал", "Сбывался ли балл: {n} прошлых кварталов", quarters), sheet="client_risk.backtest", dense=True,
                       note=_("Балл посчитан на конец каждого квартала по данным, известным тогда. Ушёл — не заказал за полгода или за три своих ритма. Один клиент бывает в нескольких кварталах."))]
