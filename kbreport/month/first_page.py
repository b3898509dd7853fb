"""The page of a manager's month as blocks, plan first: head, tiles, halves, the plan of the next month. Numbers come from the tables.

The page has room for so much and no more: what the data do not feed is left out, its place goes to what they do feed, and a line on
the list page says what is missing. No league table of people, no pay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbreport import charts, page, words
from kbreport.month.halves import base, changes, course, deals, movers, risks, touch, year
from kbreport.month.moved import TITLES
from kbreport.month.said import coming, last_day, manager_said, period_said
from kbreport.month.tiles import tiles
from kbreport.words import _, listed, money, n_, number, percent, signed

if TYPE_CHECKING:
    from kbreport.month.report import Month


def first_page(m: "Month") -> list[dict]:
    out = [_head(m), *tiles(m), page.gap(1), *_pair(course(m), base(m)), *_pair(year(m), changes(m)), *_pair(risks(m), touch(m) or deals(m) or movers(m))]
    return out + [page.cols((112, 64), [[page.writing(_next_title(m), _plan_lines(m))], [page.gap(14), page.signs([_("Менеджер, дата"), _("РОП, дата")])]])]


def _pair(left: list[dict], right: list[dict]) -> list[dict]:
    """Two halves side by side; one alone keeps its half, so that nothing on the page changes its size."""
    there = [x for x in (left, right) if x]
    return [page.cols((88, 88), there if len(there) == 2 else [there[0], []])] if there else []


def _head(m: "Month") -> dict:
    passed, all_days = m.meta["workdays_passed"], len(m.meta["workdays"])
    right = "\n".join([period_said(m), _("рабочих дней {n} из {all}").format(n=number(passed), all=number(all_days)), _("данные на {day}").format(day=words.day(m.as_of))])
    return page.masthead(_("Отчёт менеджера · {name}").format(name=manager_said(m)), _headline(m), right=right)


def _headline(m: "Month") -> str:
    """The conclusion: plan, and what moved most since the period before."""
    f = m.figures
    if not f["amount"] and not f["orders"]:
        said = _("В этом месяце продаж не было: {n} в портфеле ждут звонка") if m.meta["period"]["months"] == 1 else _("В этом квартале продаж не было: {n} в портфеле ждут звонка")
        return said.format(n=n_("{n} клиент", "{n} клиентов", int(f["n_clients"] or 0)))
    if f["plan"]:
        done = (m.forecast if not m.complete and m.forecast is not None else f["amount"]) / f["plan"]
        said = _("План выполнен на {p}") if m.complete else _("Идём на {p} плана")
        why = _reason(m)
        return said.format(p=percent(done)) + (_("; к прошлому периоду {list}").format(list=why) if why else "")
    if m.moved is not None and m.moved.before > 0:
        x = m.moved.now / m.moved.before - 1
        said = _("Продажи выросли на {x}") if x > 0.0005 else _("Продажи упали на {x}") if x < -0.0005 else _("Продажи не изменились")
        why = _reason(m)
        return said.format(x=percent(abs(x))) + (f": {why}" if why else "")
    return _("Продажи {x}: сравнить пока не с чем").format(x=money(f["amount"], m.currency))


def _reason(m: "Month") -> str:
    """The step that gave most and the one that took most, where they are worth a word."""
    if m.moved is None or not m.moved.before > 0:
        return ""
    ranked = sorted(((x, _(TITLES[name]).lower()) for name, x in m.moved.steps.items() if abs(x) >= 0.01 * m.moved.before), reverse=True)
    shown = [ranked[0], ranked[-1]] if len(ranked) > 1 and ranked[0][0] * ranked[-1][0] < 0 else sorted(ranked, key=lambda s: -abs(s[0]))[:1]
    return ", ".join(f"{name} {signed(money(x, m.currency))}" for x, name in shown)


def _next_title(m: "Month") -> str:
    """«План на январь 2026: 5,8 млн ₽, ждём 6,8 млн ₽», as far as either is known; of a period in progress what is still to come."""
    if not m.complete:
        return _to_the_end(m)
    plan, waited = m.figures["next_plan"], m.expected
    said = [money(plan, m.currency)] * bool(plan) + [_waited(m).format(x=money(waited, m.currency))] * bool(waited)
    if plan and waited and waited < plan:
        said.append(_("не хватает {x}").format(x=money(plan - waited, m.currency)))
    return _("План на {month}").format(month=coming(m)) + (": " + ", ".join(said) if said else "")


def _waited(m: "Month") -> str:
    """How far the figure may be trusted: a tested forecast, an untested one, or no more than the sum of rhythms."""
    if m.figures["next_amount"] is None:
        return _("по ритму клиентов {x}")
    return _("ждём {x}") if m.meta["next"].get("status") == "ok" else _("ждём примерно {x}")


def _to_the_end(m: "Month") -> str:
    left = (m.figures["plan"] or 0) - m.figures["amount"]
    return _("До {day}").format(day=last_day(m)) + (": " + _("до плана {x}").format(x=money(left, m.currency)) if left > 0 else "")


def _plan_lines(m: "Month") -> list[str]:
    """Two lines the data dictate, two for the pen."""
    first = m.calls.head(2)
    said = [f"{i}.  {listed([charts.short(r['client_name'], 44)])}: {r['next_step']}" for i, r in enumerate(first.to_dict("records"), 1)]
    return said + [f"{i}." for i in range(len(said) + 1, 4)]
