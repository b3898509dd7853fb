"""The two pages of a manager's month as blocks: the page (plan first) and the list «Позвонить». Numbers come from the tables.

The page has room for so much and no more: what the data do not feed is left out, its place goes to what they do feed, and a line on
the list page says what is missing. No league table of people, no pay.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kbreport import charts, page, words
from kbreport.month.calls import REASONS, basis
from kbreport.month.moved import TITLES, because, who
from kbreport.words import N_, _, listed, money, n_, number, percent, plain, signed, unit

if TYPE_CHECKING:
    from kbreport.month.report import Month

TALL = 36  # mm of a chart of the page
STEPS_SHOWN = ("clients", "frequency", "check", "mix", "rest")
MISSING = {"plans": N_("план: нет таблицы plans"), "margin": N_("маржа: нет себестоимости"), "debts": N_("долги: нет таблицы receivables"), "touches": N_("касания: нет таблицы touches"),
           "potential": N_("свободный объём и классы ABCD: нет таблицы potential"), "deals": N_("сделки: нет таблицы deals")}


# ------------------------------------------------------------------ the page
def first_page(m: "Month") -> list[dict]:
    out = [_head(m), *_tiles(m), page.gap(1), *_pair(_course(m), _base(m)), *_pair(_year(m), _changes(m)), *_pair(_risks(m), _touch(m) or _deals(m) or _movers(m))]
    return out + [page.cols((112, 64), [[page.writing(_next_title(m), _plan_lines(m))], [page.gap(14), page.signs([_("Менеджер, дата"), _("РОП, дата")])]])]


def _pair(left: list[dict], right: list[dict]) -> list[dict]:
    """Two halves side by side; one alone keeps its half, so that nothing on the page changes its size."""
    there = [x for x in (left, right) if x]
    return [page.cols((88, 88), there if len(there) == 2 else [there[0], []])] if there else []


def span(start: date, months: int) -> str:
    """«декабрь 2025», «IV кв. 2025»."""
    if months == 1:
        return words.month(start)
    return _("{q} кв. {year}").format(q=("I", "II", "III", "IV")[(start.month - 1) // 3], year=start.year)


def _coming(m: "Month") -> str:
    return span(date.fromisoformat(m.meta["coming"][0]), m.meta["period"]["months"])


def period_said(m: "Month") -> str:
    return span(m.start, m.meta["period"]["months"])


def _name(m: "Month") -> str:
    return plain(charts.short(m.meta["manager_name"], 62, 8))


def _head(m: "Month") -> dict:
    passed, all_days = m.meta["workdays_passed"], len(m.meta["workdays"])
    right = "\n".join([period_said(m), _("рабочих дней {n} из {all}").format(n=number(passed), all=number(all_days)), _("данные на {day}").format(day=words.day(m.as_of))])
    return page.masthead(_("Отчёт менеджера · {name}").format(name=_name(m)), headline(m), right=right)


def headline(m: "Month") -> str:
    """The conclusion: plan, and what moved most since the period before."""
    f = m.figures
    if not f["amount"] and not f["orders"]:
        return _("В этом месяце продаж не было: {n} в портфеле ждут звонка").format(n=n_("{n} клиент", "{n} клиентов", int(f["n_clients"] or 0)))
    if f["plan"]:
        done = (m.forecast if not m.complete and m.forecast is not None else f["amount"]) / f["plan"]
        said = _("План выполнен на {p}") if m.complete else _("Идём на {p} плана")
        return said.format(p=percent(done)) + _reason(m)
    if m.moved is not None and m.moved.before > 0:
        x = m.moved.now / m.moved.before - 1
        said = _("Продажи выросли на {x}") if x > 0.0005 else _("Продажи упали на {x}") if x < -0.0005 else _("Продажи не изменились")
        return said.format(x=percent(abs(x))) + _reason(m)
    return _("Продажи {x}: сравнить пока не с чем").format(x=money(f["amount"], m.currency))


def _reason(m: "Month") -> str:
    """The step that gave most and the one that took most, where they are worth a word."""
    if m.moved is None or not m.moved.before > 0:
        return ""
    ranked = sorted(((x, _(TITLES[name]).lower()) for name, x in m.moved.steps.items() if abs(x) >= 0.01 * m.moved.before), reverse=True)
    shown = [ranked[0], ranked[-1]] if len(ranked) > 1 and ranked[0][0] * ranked[-1][0] < 0 else sorted(ranked, key=lambda s: -abs(s[0]))[:1]
    return ": " + ", ".join(f"{name} {signed(money(x, m.currency))}" for x, name in shown) if shown else ""


# ------------------------------------------------------------------ tiles
def _tiles(m: "Month") -> list[dict]:
    """Two rows of at most five; what the data do not hold takes no place."""
    tiles = [t for t in (_sales(m), _to_plan(m), _margin(m), _before(m), _check(m), _bought(m), _came(m), _silent(m), _debt(m), _touches(m)) if t]
    if len(tiles) % 2:  # two rows of one width
        tiles.insert(5, _orders(m))
    half = len(tiles) // 2
    return [page.kpis(tiles[:half]), page.gap(2), page.kpis(tiles[half:])]


def _figure(value: float | None, currency: str | None, digits: int = 2) -> dict[str, str]:
    if value is None:
        return {"value": _("н/д")}
    scale, divisor, k = ("m", 1e6, digits) if abs(value) >= 1e6 else ("k", 1e3, 0) if abs(value) >= 1e4 else ("", 1, 0)
    return {"value": number(value / divisor, k), "unit": unit(currency, scale)}


def tone_of(share: float) -> str:
    return "good" if share >= 1 else "warn" if share >= 0.95 else "bad"


def plan_said(share: float) -> str:
    """«▲ 114 %»; what is short of the plan never reads as 100 %."""
    digits = 1 if share < 1 and round(share * 100) >= 100 else 0
    return f"{'▲' if share >= 1 else '▼'} {percent(min(share, 0.999) if digits else share, digits)}"


def delta(now: float | None, before: float | None) -> dict:
    """Arrow, sign, tone of a change; nothing to compare with is said."""
    if now is None or before is None or not before > 0:
        return {"delta": _("сравнить не с чем")}
    x = now / before - 1
    if abs(x) < 0.005:
        return {"delta": "≈ " + percent(0)}
    return {"delta": ("▲ " if x > 0 else "▼ ") + signed(percent(x)), "tone": "good" if x > 0 else "bad"}


def _sales(m: "Month") -> dict:
    f = m.figures
    share = f["amount"] / f["plan"] if f["plan"] else None
    said = {"delta": _("{p} плана").format(p=plan_said(share)), "tone": tone_of(share)} if share is not None else {"delta": _("плана нет")}
    return page.kpi(_("Продажи"), **_figure(f["amount"], m.currency), **said)


def _to_plan(m: "Month") -> dict | None:
    """Before the end of P the forecast, after it the distance to the plan."""
    f = m.figures
    if not m.complete:
        said = delta(m.forecast, f["plan"]) if f["plan"] else {"delta": _("по рабочим дням")}
        return page.kpi(_("Прогноз на конец"), **_figure(m.forecast, m.currency), **said | ({"note": _("по рабочим дням")} if f["plan"] else {}))
    if not f["plan"]:
        return page.kpi(_("Ждём дальше"), **_figure(m.expected, m.currency), delta=_coming(m)) if m.expected else None
    gap = f["amount"] - f["plan"]
    shown = _figure(gap, m.currency)
    return page.kpi(_("До плана"), signed(shown["value"]), unit=shown.get("unit", ""), delta=_("план {x}").format(x=money(f["plan"], m.currency)))


def _margin(m: "Month") -> dict | None:
    f = m.figures
    if f["margin"] is None:
        return None
    share = f["margin"] / f["amount"] if f["amount"] > 0 else None
    planned = {"delta": _("{p} плана").format(p=plan_said(f["margin"] / f["margin_plan"])), "tone": tone_of(f["margin"] / f["margin_plan"])} if f["margin_plan"] else {
        "delta": _("{p} продаж").format(p=percent(share, 1)) if share is not None else ""}
    return page.kpi(_("Маржа"), **_figure(f["margin"], m.currency), **planned)


def _before(m: "Month") -> dict:
    f = m.figures
    now, before = f["amount"], f["amount_prev"]
    ago = delta(now, f["amount_year_ago"])
    year = _("к году назад {x}").format(x=signed(percent(now / f["amount_year_ago"] - 1))) if f["amount_year_ago"] else ""
    if before is None or not before > 0:
        return page.kpi(_("К прошлому периоду"), _("н/д"), delta=year or ago["delta"])
    x = now / before - 1
    return page.kpi(_("К прошлому периоду"), signed(number(x * 100, 1)), unit="%", delta=year, tone="neutral")


def _check(m: "Month") -> dict:
    f = m.figures
    others = m.meta["others"].get("check")
    return page.kpi(_("Средний заказ"), **_figure(f["check"], m.currency, 2), **delta(f["check"], f["check_prev"]), **({"note": _("у остальных {x}").format(x=money(others, m.currency))} if others else {}))


def _orders(m: "Month") -> dict:
    return page.kpi(_("Заказов"), number(m.figures["orders"]), **delta(m.figures["orders"], m.figures["orders_prev"]))


def _bought(m: "Month") -> dict:
    f = m.figures
    moved = int(f["n_active"] - f["n_active_prev"]) if m.compared and f["n_active"] is not None else None
    said = {"delta": _("без изменений") if not moved else ("▲ " if moved > 0 else "▼ ") + _("{n} к прошлому").format(n=signed(number(moved))), "tone": "neutral" if not moved else "good" if moved > 0 else "bad"} if moved is not None else {
        "delta": _("сравнить не с чем")}
    return page.kpi(_("Покупали"), number(f["n_active"] or 0), unit=_("из {n}").format(n=number(f["n_clients"] or 0)), **said)


def _came(m: "Month") -> dict | None:
    """New / returned / not back, which add up to the change of the buyers."""
    f = m.figures
    if not m.compared:
        return None
    new = number(f["n_new"] or 0) if m.meta["lookback_ok"] else _("н/д")
    return page.kpi(_("Новые · вернулись · нет"), f"{new} · {number(f['n_returned'] or 0)} · {number(f['n_lost'] or 0)}", delta=_("покупали в прошлый раз: {n}").format(n=number(f["n_active_prev"] or 0)))


def _silent(m: "Month") -> dict:
    f = m.figures
    n = int(f["n_silent"] or 0)
    return page.kpi(_("Молчат дольше ритма"), number(n), unit=_("клиентов") if n != 1 else _("клиент"), delta=_("{x} в год").format(x=money(f["silent_amount"], m.currency)) if n else _("таких нет"), tone="bad" if n else "good")


def _debt(m: "Month") -> dict | None:
    f = m.figures
    if f["debt"] is None:
        return None
    late = _("просрочено {x}").format(x=money(f["overdue"], m.currency)) if f["overdue"] else _("просрочки нет")
    return page.kpi(_("Долг клиентов"), **_figure(f["debt"], m.currency), delta=late, tone="bad" if f["overdue"] else "good")


def _touches(m: "Month") -> dict | None:
    f = m.figures
    if f["touches"] is None or not f["touches_norm"]:
        return None
    share = f["covered"] / f["touches_norm"]
    return page.kpi(_("Касания"), number(f["touches"]), unit=_("из {n}").format(n=number(f["touches_norm"])), delta=_("норма клиентов: {p}").format(p=percent(share)), tone=tone_of(share))


# ------------------------------------------------------------------ halves
def _course(m: "Month") -> list[dict]:
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


def _base(m: "Month") -> list[dict]:
    """Clients by class with those who crossed in and out since the start of P."""
    rows_of = m.tables["classes"]
    divisor, scale = _scale(rows_of["amount"].max())
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


def _scale(top: float | None) -> tuple[float, str]:
    return (1e3, "k") if top is not None and top == top and abs(top) >= 1e4 else (1.0, "")


def _year(m: "Month") -> list[dict]:
    """Twelve months against the twelve before, with the plan where there is one."""
    months = m.tables["months"]
    now, before = months.tail(12), months.iloc[-24:-12]
    if len(now) < 3 or not now["amount"].abs().sum() > 0:
        return []
    top = max(now["amount"].max(), before["amount"].max() if len(before) else 0)
    divisor, scale = (1e6, "m") if top >= 1e6 else (1e3, "k") if top >= 1e4 else (1, "")
    names = words.months_short()
    labels = [names[int(x[5:]) - 1] for x in now["month"]]
    year, last = _years(now), _years(before)
    plan = (now["plan_amount"] / divisor).tolist() if now["plan_amount"].notna().sum() > 1 else None
    full = len(before) == len(now)
    svg, phone = charts.both(lambda w: charts.line((now["amount"] / divisor).tolist(), labels, name=year, before=(before["amount"] / divisor).tolist() if full else None, before_name=last, target=plan,
                                                   unit=unit(m.currency, scale), w=w, h=TALL), "year", 88)
    total, was = now["amount"].sum(), before["amount"].sum()
    x = total / was - 1 if full and was > 0 else None
    said = _("Продажи по месяцам") if x is None else _("За 12 месяцев {x} к прошлым двенадцати").format(x=signed(percent(x)))
    return [page.fig("year", svg, phone=phone, w=88, headline=said, subtitle=_in(_("продажи по месяцам"), m, scale) + (_("; пунктир — план") if plan else ""), alt=_("Продажи по месяцам"))]


def _years(frame: pd.DataFrame) -> str:
    years = sorted({x[:4] for x in frame["month"]})
    return years[0] if len(years) == 1 else f"{years[0][2:]}/{years[-1][2:]}" if years else ""


def _changes(m: "Month") -> list[dict]:
    """The waterfall from the period before to this one, and the clients that explain it."""
    if m.moved is None or not (m.moved.before or m.moved.now):
        return []
    steps = [s for s in STEPS_SHOWN if abs(m.moved.steps[s]) >= 0.005]
    divisor, scale = _scale(max(abs(m.moved.before), abs(m.moved.now)))
    values = [m.moved.before, *(m.moved.steps[s] for s in steps), m.moved.now]
    labels = [_("было"), *(_(TITLES[s]) for s in steps), _("стало")]
    svg, phone = charts.both(lambda w: charts.waterfall(labels, [v / divisor for v in values], fmt=lambda v: number(v), w=w, h=TALL), "moved", 88)
    x = m.moved.change
    said = _("К прошлому периоду {x}").format(x=signed(money(x, m.currency))) if x else _("К прошлому периоду без изменений")
    return [page.fig("moved", svg, phone=phone, w=88, headline=said, subtitle=_in(_("что изменило продажи"), m, scale), alt=because(m.moved, m.currency),
                     source=charts.short(who(m.moved, m.currency, 2).replace("**", ""), 200, 6.8))]


def _risks(m: "Month") -> list[dict]:
    found = m.tables["risks"].head(5)
    if found.empty:
        return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("Что"))], [[_("Заметных рисков нет"), ""]], title=_("Риски"), dense=True, breakable=False)]
    divisor, scale = _scale(found["amount"].max())
    rows = [[page.cell(charts.short(r["client_name"], 36)), page.cell(badge=r["class"], kind=m.meta["kind"]) if r["class"] else "", number(r["amount"] / divisor), page.cell(("▼ " if r["reason"] == "falling" else "! ") + r["detail"], tone="bad")]
            for r in found.to_dict("records")]
    return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("Класс"), w=12), page.col(_("Недобор или долг"), num=True, w=18), page.col(_("Что"), num=True, w=22)], rows, title=_("Риски"),
                       unit=_in(_("квартал к году назад, просрочка") if m.meta["has"]["debts"] else _("квартал к году назад"), m, scale), dense=True, breakable=False)]


def _has_touches(m: "Month") -> bool:
    return bool(m.kept["touches_norm"].notna().any())


def _touch(m: "Month") -> list[dict]:
    """Touches of P against the norm by class."""
    if not _has_touches(m):
        return []
    c = m.kept[m.kept["touches_norm"].notna()]
    by = c.assign(letter=c["class"].fillna("N").replace({"A+": "A", "AB?": "A", "CD?": "D"})).groupby("letter")[["touches", "touches_norm"]].sum()
    by = by.reindex([k for k in ("A", "B", "C", "D", "N") if k in by.index])
    rows = [(f"{k} · {number(r.touches)}", float(r.touches), float(r.touches_norm), None) for k, r in zip(by.index, by.itertuples())]
    svg, phone = charts.both(lambda w: charts.bullets(rows, w=w, row=6.2), "touches", 88)
    said = _("Норма касаний по клиентам: {p}").format(p=percent(m.figures["covered"] / m.figures["touches_norm"]))
    return [page.fig("touches", svg, phone=phone, w=88, headline=said, subtitle=_("касания периода по классам; черта — норма; лишние одному не закрывают нехватку другому"), alt=_("Касания по классам против нормы"))]


def _movers(m: "Month") -> list[dict]:
    """Who explains the change, where there is nothing else to show beside the risks."""
    if m.moved is None or m.moved.top.empty:
        return []
    divisor, scale = _scale(m.moved.top["delta"].abs().max())
    rows = [[page.cell(charts.short(r["client_name"], 40)), number(r["amount_prev"] / divisor), number(r["amount"] / divisor), page.cell(("▲ " if r["delta"] > 0 else "▼ ") + signed(number(r["delta"] / divisor)), tone="good" if r["delta"] > 0 else "bad")]
            for r in m.moved.top.to_dict("records")]
    return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("было"), num=True, w=15), page.col(_("стало"), num=True, w=15), page.col(_("Разница"), num=True, w=20)], rows, title=_("Кто сдвинул продажи"), unit=unit(m.currency, scale), dense=True, breakable=False)]


def _deals(m: "Month") -> list[dict]:
    deals = m.bundle.frames.get("deals")
    if deals is None or deals.empty:
        return []
    divisor, scale = _scale(deals["amount"].max())
    rows = [[r["stage"], number(r["n_deals"]), number(r["amount"] / divisor), number(r["n_old"]) if r["n_old"] else "—"] for r in deals.head(4).to_dict("records")]
    return [page.table([page.col(_("Этап"), cls="h"), page.col(_("Штук"), num=True, w=12), page.col(_("Сумма"), num=True, w=18), page.col(_("Старше {n} дн.").format(n=number(m.meta["norms"]["deal_days"])), num=True, w=20)], rows, title=_("Сделки в работе"),
                       unit=unit(m.currency, scale), dense=True, breakable=False)]


def _next_title(m: "Month") -> str:
    """«План на январь 2026: 5,8 млн ₽, ждём 6,8 млн ₽», as far as either is known."""
    plan, waited = m.figures["next_plan"], m.expected
    said = [money(plan, m.currency)] * bool(plan) + [_("ждём {x}").format(x=money(waited, m.currency))] * bool(waited)
    return _("План на {month}").format(month=_coming(m)) + (": " + ", ".join(said) if said else "")


def _plan_lines(m: "Month") -> list[str]:
    """Two lines the data dictate, two for the pen."""
    first = m.calls.head(2)
    said = [f"{i}.  {listed([charts.short(r['client_name'], 44)])}: {r['next_step']}" for i, r in enumerate(first.to_dict("records"), 1)]
    return said + [f"{i}." for i in range(len(said) + 1, 4)]


# ------------------------------------------------------------------ the list
def call_list(m: "Month") -> list[dict]:
    calls = m.calls
    total = float(calls["stake_amount"].sum())
    title = n_("{n} звонок на {month}: {x} на кону", "{n} звонков на {month}: {x} на кону", len(calls), month=_coming(m), x=money(total, m.currency)) if len(calls) else _("Звонить некому: все заказывают в своём ритме")
    head = page.masthead(_("Список «Позвонить» · {name}").format(name=_name(m)), title, sub=_("По убыванию денег. Начните с первого; отметьте сделанное, впишите результат.") if len(calls) else None,
                         right="\n".join([_coming(m), _("данные на {day}").format(day=words.day(m.as_of))]))
    return [page.newpage(), head, *([_call_table(m, calls), _how()] if len(calls) else []), *(_deals(m) if _has_touches(m) else []), *_notes(m)]


def _call_table(m: "Month", calls: pd.DataFrame) -> dict:
    divisor, scale = _scale(calls["stake_amount"].max())
    dates = {k: g.tolist() for k, g in m.bundle.frames["orders"].groupby("client_id")["date"]}
    pace = m.clients.set_index("client_id")["rhythm_days"]
    rows = [[page.cell(check=True), page.cell(charts.short(r["client_name"], 46, 8.5), badge=r["class"] or "—", kind=m.meta["kind"], sub=r["why"], strong=True), _strip(r, dates, pace, m), page.cell(number(r["stake_amount"] / divisor), strong=True, sub=r["basis"], v=r["stake_amount"]),
             words.day(r["last_touch_date"]) if not pd.isna(r["last_touch_date"]) else "—" if m.meta["has"]["touches"] else _("н/д"), r["next_step"], ""] for r in calls.to_dict("records")]
    head = [page.col("", w=6, cls="x"), page.col(_("Клиент и почему"), cls="h"), page.col(_("Заказы за 9 месяцев"), w=38), page.col(unit(m.currency, scale) or _("Сумма"), num=True, w=22), page.col(_("Касание"), w=18),
            page.col(_("Следующий шаг"), w=28), page.col(_("Результат"), w=16, cls="x", pen=True)]
    used = [reason for reason in REASONS if (calls["reason"] == reason).any()]
    note = _("Точка — заказ, красная черта — опоздание против обычного ритма клиента. Деньги: {list}.").format(list="; ".join(basis(r, m.meta["norms"]) for r in used))
    return page.table(head, rows, id="calls", cards=True, note=note, caption=None, breakable=False)


def _strip(r: dict, dates: dict, pace: pd.Series, m: "Month") -> dict | str:
    mark = charts.rhythm_mark(dates.get(r["client_id"], []), m.as_of, pace.get(r["client_id"]), w=36, h=7)
    if mark is None:
        return _("заказов нет")
    return page.cell(svg=mark, alt=_("Заказы за 9 месяцев"), w=36)


def _how() -> dict:
    return page.action([(_("Начните с истории клиента: «Вы брали у нас каждые две недели, с ноября — тишина. Что изменилось?» Скидку первым не предлагать."), ""),
                        (_("Причину впишите одним словом: цена · наличие · конкурент · нет потребности · оплата · сменился закупщик."), "")], title=_("Как звонить"))


def _notes(m: "Month") -> list[dict]:
    """What is not on the page and why; which rule gave the dates."""
    gone = [_(said) for name, said in MISSING.items() if not m.meta["has"][name] and name != "deals"]
    lines = [_("Не посчитано — {list}.").format(list="; ".join(gone))] if gone else []
    if m.meta["year_status"] != "ok":
        lines.append(_("Классы и ритм: {rule}.").format(rule=m.meta["year_rule"]))
    if not m.meta["lookback_ok"]:
        lines.append(_("Новых не отличить от старых: история короче 12 месяцев до начала периода."))
    lines.append(_("Продажи — сделанные менеджером, клиенты — закреплённые за ним на {day}.").format(day=words.day(m.as_of)))
    return [page.note(" ".join(lines))]
