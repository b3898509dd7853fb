"""The halves of a manager's page, two side by side: a chart or a table each; an empty list where the data do not feed it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kbreport import charts, page, words
from kbreport.month.moved import TITLES, because, who
from kbreport.month.said import scale_of
from kbreport.words import _, money, n_, number, percent, signed, unit

if TYPE_CHECKING:
    from kbreport.month.report import Month

TALL = 36  # mm of a chart of the page
STEPS_SHOWN = ("clients", "frequency", "check", "mix", "rest")


def course(m: "Month") -> list[dict]:
    """Sales by working day against the plan; before the end of P the forecast as the tail of a band."""
    days = m.tables["days"]
    if days.empty or not days["amount"].abs().sum() > 0:
        return [page.problem(_("Продаж по дням нет"), _("За этот период у менеджера нет ни одной продажи."))]
    top = max(days["cum_amount"].abs().max(), days["cum_plan_amount"].max() if m.figures["plan"] else 0, m.forecast or 0)
    divisor, scale = (1e6, "m") if top >= 1e6 else (1e3, "k") if top >= 1e4 else (1, "")
    plan = (days["cum_plan_amount"] / divisor).tolist() if m.figures["plan"] else None
    labels = [str(d.day) for d in days["date"]]
    svg, phone = charts.both(lambda w: charts.line((days["cum_amount"] / divisor).tolist(), labels, name=_("факт"), target=plan, unit=unit(m.currency, scale), w=w, h=TALL), "course", 88)
    if m.figures["plan"] and not m.complete:
        said = _("Прогноз {x}: {p} плана").format(x=money(m.forecast, m.currency), p=percent((m.forecast or 0) / m.figures["plan"]))
    elif m.figures["plan"]:
        ahead = int((days["cum_amount"] >= days["cum_plan_amount"] - 1e-9).sum())
        said = n_("{n} рабочий день из {all} шли не ниже плана", "{n} рабочих дней из {all} шли не ниже плана", ahead, all=number(len(days)))
    else:
        said = _("Прогноз {x} по рабочим дням").format(x=money(m.forecast, m.currency)) if not m.complete else _("Как набирались продажи периода")
    return [page.fig("course", svg, phone=phone, w=88, headline=said, subtitle=_in(_("продажи с начала по рабочим дням"), m, scale) + (_("; пунктир — план") if plan else ""), alt=_("Продажи с начала периода по рабочим дням"))]


def base(m: "Month") -> list[dict]:
    """Clients by class with those who crossed in and out since the start of P."""
    rows_of = m.tables["classes"]
    divisor, scale = scale_of(rows_of["amount"].max())
    known, free = rows_of["n_in"].notna().any(), rows_of["free_amount"].notna().any()
    head = [page.col(_("Класс"), cls="h", w=12), page.col(_("Клиентов"), num=True, w=15), page.col(_("За год"), num=True, w=15), page.col(_("Молчат"), num=True, w=13)]
    head += ([page.col(_("Пришли/ушли"), num=True)] if known else []) + ([page.col(_("Свободно"), num=True, w=16)] if free else [])
    rows = [[page.cell(badge=r["class"], kind=m.meta["kind"]), number(r["n_clients"]), number(r["amount"] / divisor), number(r["n_silent"]) if r["n_silent"] else "—", *([_crossed(r)] if known else []),
             *([number(r["free_amount"] / divisor)] if free else [])] for r in rows_of.to_dict("records")]
    total = [_("Всего"), number(rows_of["n_clients"].sum()), number(rows_of["amount"].sum(min_count=1) / divisor), number(rows_of["n_silent"].sum()), *([""] if known else []), *([number(rows_of["free_amount"].sum() / divisor)] if free else [])]
    if not rows:
        return [page.problem(_("Клиентов нет"), _("За менеджером не закреплён ни один действующий клиент."))]
    return [page.table(head, rows, title=_("Моя база"), unit=_in(_("12 месяцев"), m, scale), total=total, dense=True, breakable=False)]


def _crossed(r: dict) -> str:
    said = [f"+{number(r['n_in'])}"] * bool(r["n_in"]) + [f"−{number(r['n_out'])}"] * bool(r["n_out"])
    return " / ".join(said) or "—"


def _in(text: str, m: "Month", scale: str) -> str:
    """«продажи по месяцам, тыс. ₽»; without a currency and a scale only the words."""
    return ", ".join(x for x in (text, unit(m.currency, scale)) if x)


def year(m: "Month") -> list[dict]:
    """Twelve months against the twelve before, with the plan where there is one."""
    months = m.tables["months"] if m.complete else _whole(m.tables["months"], m)
    now, before = months.tail(12), months.iloc[-24:-12]
    if len(now) < 3 or not now["amount"].abs().sum() > 0:
        return []
    top = max(now["amount"].max(), before["amount"].max() if len(before) else 0)
    divisor, scale = (1e6, "m") if top >= 1e6 else (1e3, "k") if top >= 1e4 else (1, "")
    names = words.months_short()
    labels = [names[int(x[5:]) - 1] for x in now["month"]]
    these, last = _years(now), _years(before)
    plan = (now["plan_amount"] / divisor).tolist() if now["plan_amount"].notna().sum() > 1 else None
    full = len(before) == len(now)
    svg, phone = charts.both(lambda w: charts.line((now["amount"] / divisor).tolist(), labels, name=these, before=(before["amount"] / divisor).tolist() if full else None, before_name=last, target=plan,
                                                   unit=unit(m.currency, scale), w=w, h=TALL), "year", 88)
    total, was = now["amount"].sum(), before["amount"].sum()
    x = total / was - 1 if full and was > 0 else None
    said = _("Продажи по месяцам") if x is None else _("За 12 месяцев {x} к прошлым двенадцати").format(x=signed(percent(x)))
    return [page.fig("year", svg, phone=phone, w=88, headline=said, subtitle=_in(_("продажи по месяцам"), m, scale) + (_("; пунктир — план") if plan else ""), alt=_("Продажи по месяцам"))]


def _whole(months: pd.DataFrame, m: "Month") -> pd.DataFrame:
    """Without the month in progress: half a month beside whole ones looks like a fall (METHODS 1.2)."""
    return months[months["month"] < f"{m.as_of + timedelta(days=1):%Y-%m}"]


def _years(frame: pd.DataFrame) -> str:
    years = sorted({x[:4] for x in frame["month"]})
    return years[0] if len(years) == 1 else f"{years[0][2:]}/{years[-1][2:]}" if years else ""


def changes(m: "Month") -> list[dict]:
    """The waterfall from the period before to this one, and the clients that explain it."""
    if m.moved is None or not (m.moved.before or m.moved.now):
        return []
    steps = [s for s in STEPS_SHOWN if abs(m.moved.steps[s]) >= 0.005]
    divisor, scale = scale_of(max(abs(m.moved.before), abs(m.moved.now)))
    values = [m.moved.before, *(m.moved.steps[s] for s in steps), m.moved.now]
    labels = [_("было"), *(_(TITLES[s]) for s in steps), _("стало")]
    svg, phone = charts.both(lambda w: charts.waterfall(labels, [v / divisor for v in values], fmt=lambda v: number(v), w=w, h=TALL), "moved", 88)
    x = m.moved.change
    said = _("К прошлому периоду {x}").format(x=signed(money(x, m.currency))) if x else _("К прошлому периоду без изменений")
    return [page.fig("moved", svg, phone=phone, w=88, headline=said, subtitle=_in(_("что изменило продажи"), m, scale), alt=because(m.moved, m.currency),
                     source=charts.short(who(m.moved, m.currency, 2).replace("**", ""), 200, 6.8))]


def risks(m: "Month") -> list[dict]:
    found = m.tables["risks"].head(5)
    if found.empty:
        return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("Что"))], [[_("Заметных рисков нет"), ""]], title=_("Риски"), dense=True, breakable=False)]
    divisor, scale = scale_of(found["amount"].max())
    rows = [[page.cell(charts.short(r["client_name"], 34)), page.cell(badge=r["class"], kind=m.meta["kind"]) if r["class"] else "", number(r["amount"] / divisor), page.cell(r["detail"], tone="bad")]
            for r in found.to_dict("records")]
    return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("Класс"), w=12), page.col(_("Деньги"), num=True, w=14), page.col(_("Что"), num=True, w=26)], rows, title=_("Риски"),
                       unit=_in(_("продажи до паузы, недобор, долг"), m, scale), dense=True, breakable=False)]


def has_touches(m: "Month") -> bool:
    return bool(m.kept["touches_norm"].notna().any())


def touch(m: "Month") -> list[dict]:
    """Touches of P against the norm by class."""
    if not has_touches(m):
        return []
    c = m.kept[m.kept["touches_norm"].notna()]
    by = c.assign(letter=c["class"].fillna("N")).groupby("letter")[["touches", "touches_norm"]].sum()
    by = by[by["touches_norm"] > 0].reindex([k for k in ("A+", "A", "B", "AB?", "C", "D", "CD?", "N") if k in by.index and by.at[k, "touches_norm"] > 0])
    rows = [(k, float(r.touches), float(r.touches_norm), None) for k, r in zip(by.index, by.itertuples())]
    svg, phone = charts.both(lambda w: charts.bullets(rows, w=w, row=6.2 if len(rows) < 6 else 5), "touches", 88)
    said = _("Норма касаний по клиентам: {p}").format(p=percent(m.figures["covered"] / m.figures["touches_norm"]))
    return [page.fig("touches", svg, phone=phone, w=88, headline=said, subtitle=_("касания периода по классам; черта — норма; лишние одному не закрывают нехватку другому"), alt=_("Касания по классам против нормы"))]


def movers(m: "Month") -> list[dict]:
    """Who explains the change, where there is nothing else to show beside the risks."""
    if m.moved is None or m.moved.top.empty:
        return []
    divisor, scale = scale_of(m.moved.top["delta"].abs().max())
    rows = [[page.cell(charts.short(r["client_name"], 40)), number(r["amount_prev"] / divisor), number(r["amount"] / divisor), page.cell(("▲ " if r["delta"] > 0 else "▼ ") + signed(number(r["delta"] / divisor)), tone="good" if r["delta"] > 0 else "bad")]
            for r in m.moved.top.to_dict("records")]
    return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("было"), num=True, w=15), page.col(_("стало"), num=True, w=15), page.col(_("Разница"), num=True, w=20)], rows, title=_("Кто сдвинул продажи"), unit=unit(m.currency, scale), dense=True, breakable=False)]


def deals(m: "Month") -> list[dict]:
    there = m.bundle.frames.get("deals")
    if there is None or there.empty:
        return []
    divisor, scale = scale_of(there["amount"].max())
    rows = [[r["stage"], number(r["n_deals"]), number(r["amount"] / divisor), number(r["n_old"]) if r["n_old"] else "—"] for r in there.head(4).to_dict("records")]
    return [page.table([page.col(_("Этап"), cls="h"), page.col(_("Штук"), num=True, w=12), page.col(_("Сумма"), num=True, w=18), page.col(_("Старше {n} дн.").format(n=number(m.meta["norms"]["deal_days"])), num=True, w=20)], rows, title=_("Сделки в работе"),
                       unit=unit(m.currency, scale), dense=True, breakable=False)]
