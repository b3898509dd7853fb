"""The tiles at the top of a manager's page: sales, plan, base, debts, touches. What the data do not hold takes no place."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kbreport import page
from kbreport.month.said import coming, delta, figure, plan_said, tone_of
from kbreport.words import _, day, money, n_, number, percent, signed

if TYPE_CHECKING:
    from kbreport.month.report import Month

APART = 0.1  # growth of the manager and of his clients this far apart is worth a word


def tiles(m: "Month") -> list[dict]:
    """Two rows of at most five; what the data do not hold takes no place."""
    shown = [t for t in (_sales(m), _to_plan(m), _margin(m), _before(m), _check(m), _bought(m), _came(m), _silent(m), _debt(m), _touches(m)) if t]
    if len(shown) % 2:  # two rows of one width
        shown.insert(5, _orders(m))
    half = len(shown) // 2
    return [page.kpis(shown[:half]), page.gap(2), page.kpis(shown[half:])]


def _sales(m: "Month") -> dict:
    f = m.figures
    said = _of_plan(m, f["amount"], f["plan"]) if f["plan"] else {"delta": _("плана нет")}
    return page.kpi(_("Продажи"), **figure(f["amount"], m.currency), **said)


def _of_plan(m: "Month", fact: float, plan: float) -> dict:
    """A whole period is judged; of one in progress it is said how much of its usual sales are in by now."""
    if m.complete:
        return {"delta": _("{p} плана").format(p=plan_said(fact / plan)), "tone": tone_of(fact / plan)}
    return {"delta": _("{p} плана").format(p=percent(fact / plan))} | ({"note": _("обычно к этому дню {p}").format(p=percent(m.meta["elapsed"]))} if m.meta["elapsed"] else {})


def _to_plan(m: "Month") -> dict | None:
    """Before the end of P the forecast, after it the distance to the plan."""
    f = m.figures
    if not m.complete:
        said = {"delta": _("{p} плана").format(p=plan_said(m.forecast / f["plan"])), "tone": tone_of(m.forecast / f["plan"])} if f["plan"] and m.forecast is not None else {"delta": _("по ходу месяца")}
        return page.kpi(_("Прогноз на конец"), **figure(m.forecast, m.currency), **said)
    if not f["plan"]:
        return page.kpi(_("Ждём дальше"), **figure(m.expected, m.currency), delta=coming(m)) if m.expected else None
    gap = f["amount"] - f["plan"]
    shown = figure(gap, m.currency)
    return page.kpi(_("До плана"), signed(shown["value"]), unit=shown.get("unit", ""), delta=_("план {x}").format(x=money(f["plan"], m.currency)))


def _margin(m: "Month") -> dict | None:
    f = m.figures
    if f["margin"] is None:
        return None
    share = f["margin"] / f["amount"] if f["amount"] > 0 else None
    planned = _of_plan(m, f["margin"], f["margin_plan"]) if f["margin_plan"] else {"delta": _("{p} продаж").format(p=percent(share, 1)) if share is not None else "", "tone": "bad" if f["margin"] < 0 else "neutral"}
    return page.kpi(_("Маржа"), **figure(f["margin"], m.currency), **planned)


def _before(m: "Month") -> dict:
    """Against the period before; of one in progress against as many days of it."""
    f = m.figures
    now, before = f["amount"], f["amount_prev"]
    title = _("К прошлому периоду") if m.complete else _("К тем же дням прошлого")
    ago = delta(now, f["amount_year_ago"])
    year = _("к году назад {x}").format(x=signed(percent(now / f["amount_year_ago"] - 1))) if f["amount_year_ago"] else ""
    if before is None or not before > 0:
        return page.kpi(title, _("н/д"), delta=year or ago["delta"])
    return page.kpi(title, signed(number((now / before - 1) * 100, 1)), unit="%", delta=year, tone="neutral", **_same_clients(f))


def _same_clients(f: dict) -> dict:
    """A portfolio handed over makes growth that is none: what the clients of today bought then, where it tells another story."""
    now, ago, own, own_ago = f["kept_amount"], f["kept_amount_year_ago"], f["amount"], f["amount_year_ago"]
    if not (now and ago and own_ago and ago > 0 and own_ago > 0) or abs(now / ago - own / own_ago) < APART:
        return {}
    return {"note": _("те же клиенты {x}").format(x=signed(percent(now / ago - 1)))}


def _check(m: "Month") -> dict:
    f = m.figures
    others = m.meta["others"].get("check")
    return page.kpi(_("Средний заказ"), **figure(f["check"], m.currency, 2), **delta(f["check"], f["check_prev"]), **({"note": _("у остальных {x}").format(x=money(others, m.currency))} if others else {}))


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
    return page.kpi(_("Молчат дольше ритма"), number(n), unit=n_("клиент", "клиентов", n), delta=_("{x} в год").format(x=money(f["silent_amount"], m.currency)) if n else _("таких нет"), tone="bad" if n else "good")


def _debt(m: "Month") -> dict | None:
    f = m.figures
    if f["debt"] is None:
        return None
    late = _("просрочено {x}").format(x=money(f["overdue"], m.currency)) if f["overdue"] else _("просрочки нет")
    taken = m.meta["debts_of"]
    dated = {"note": _("на {day}").format(day=day(date.fromisoformat(taken)))} if taken and taken != m.meta["as_of"] else {}
    return page.kpi(_("Долг клиентов"), **figure(f["debt"], m.currency), delta=late, tone="bad" if f["overdue"] else "good", **dated)


def _touches(m: "Month") -> dict | None:
    f = m.figures
    if f["touches"] is None or not f["touches_norm"]:
        return None
    share = f["covered"] / f["touches_norm"]
    whole = _("всего {n}, план {plan}").format(n=number(f["touches"]), plan=number(f["touches_plan"])) if f["touches_plan"] else _("всего касаний {n}").format(n=number(f["touches"]))
    return page.kpi(_("Нужные касания"), number(f["covered"]), unit=_("из {n}").format(n=number(f["touches_norm"])), delta=_("норма закрыта на {p}").format(p=percent(share)), tone=tone_of(share), note=whole)
