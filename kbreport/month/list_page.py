"""The list «Позвонить» of a manager's month as blocks: calls by money, how to call, what is not on the page and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kbreport import charts, page, words
from kbreport.method.vocabulary import pinned
from kbreport.month.calls import REASONS, basis
from kbreport.month.halves import deals, has_touches
from kbreport.month.said import coming, last_day, manager_said, period_said, scale_of
from kbreport.words import N_, _, money, n_, number, percent, unit

if TYPE_CHECKING:
    from kbreport.month.report import Month

CLASSES = {"abcd": N_("Классы: A (A+ — крупнейшие) много берёт и может больше, B берёт у нас почти всё, C берёт мало, а может много, D мало и берёт, и может; AB? и CD? — объём закупки не выяснен; N — продаж за год нет."),
           "abc": N_("Классы: A — немногие, кто вместе даёт основную часть продаж, B — следующие за ними, C — остальные, N — продаж за год нет.")}
MISSING = {"plans": N_("план: нет таблицы plans"), "margin": N_("маржа: нет себестоимости"), "debts": N_("долги: нет таблицы receivables"), "touches": N_("касания: нет таблицы touches"),
           "potential": N_("свободный объём и классы ABCD: нет таблицы potential"), "deals": N_("сделки: нет таблицы deals")}


def call_list(m: "Month") -> list[dict]:
    calls = m.calls
    total = float(calls["stake_amount"].sum())
    when = _("на {month}").format(month=coming(m)) if m.complete else _("до {day}").format(day=last_day(m))
    title = n_("{n} звонок {when}: {x} на кону", "{n} звонков {when}: {x} на кону", len(calls), when=when, x=money(total, m.currency)) if len(calls) else _("Звонить некому: все заказывают в своём ритме")
    head = page.masthead(_("Список «Позвонить» · {name}").format(name=manager_said(m)), title, sub=_("По убыванию денег. Начните с первого; отметьте сделанное, впишите результат.") if len(calls) else None,
                         right="\n".join([coming(m) if m.complete else period_said(m), _("данные на {day}").format(day=words.day(m.as_of))]))
    return [page.newpage(), head, *([_call_table(m, calls), _how()] if len(calls) else []), *(deals(m) if has_touches(m) else []), *_notes(m)]


def _call_table(m: "Month", calls: pd.DataFrame) -> dict:
    divisor, scale = scale_of(calls["stake_amount"].max())
    dates = {k: g.tolist() for k, g in m.bundle.frames["orders"].groupby("client_id")["date"]}
    pace = m.clients.set_index("client_id")["rhythm_days"]
    rows = [[page.cell(check=True), page.cell(charts.short(r["client_name"], 42, 8.5), badge=r["class"] or "—", kind=m.meta["kind"], sub=r["why"], strong=True), _strip(r, dates, pace, m), page.cell(number(r["stake_amount"] / divisor), strong=True, sub=r["basis"], v=r["stake_amount"]),
             words.day(r["last_touch_date"]) if not pd.isna(r["last_touch_date"]) else "—" if m.meta["has"]["touches"] else _("н/д"), r["next_step"], ""] for r in calls.to_dict("records")]
    head = [page.col("", w=6, cls="x"), page.col(_("Клиент и почему"), cls="h"), page.col(_("Заказы за 9 месяцев"), w=34), page.col(unit(m.currency, scale) or _("Сумма"), num=True, w=20), page.col(_("Касание"), w=18),
            page.col(_("Следующий шаг"), w=30), page.col(_("Результат"), w=24, cls="x", pen=True)]
    used = [reason for reason in REASONS if (calls["reason"] == reason).any()]
    note = _("Точка — заказ, красная черта — опоздание против обычного ритма клиента. Деньги: {list}.").format(list="; ".join(basis(r, m.meta["norms"]) for r in used))
    return page.table(head, rows, id="calls", cards=True, note=note, caption=None, breakable=False)


def _strip(r: dict, dates: dict, pace: pd.Series, m: "Month") -> dict | str:
    mark = charts.rhythm_mark(dates.get(r["client_id"], []), m.as_of, pace.get(r["client_id"]), w=32, h=7)
    if mark is None:
        return _("заказов нет")
    return page.cell(svg=mark, alt=_("Заказы за 9 месяцев"), w=32)


def _how() -> dict:
    return page.action([(_("Начните с истории клиента: «Вы брали у нас регулярно, а теперь — тишина. Что изменилось?» Скидку первым не предлагать."), ""),
                        (_("Причину впишите одним словом: цена · наличие · конкурент · нет потребности · оплата · сменился закупщик."), "")], title=_("Как звонить"))


def _forecast_said(m: "Month") -> str:
    """By which rule the next month is forecast and how it erred."""
    found = m.meta["next"]
    rule = pinned("model", found["model"])
    if found["wape"] is None or found["status"] != "ok":
        return _("Прогноз следующего месяца ({rule}) не проверен: мало прошлых месяцев.").format(rule=rule)
    said = _("Прогноз следующего месяца — {rule}, прежние ошибались в среднем на {w}.").format(rule=rule, w=percent(found["wape"]))
    return said + (" " + _("Он точнее суммы по ритму клиентов, поэтому с ней не сходится.") if found["model"] == "naive" else "")


def _notes(m: "Month") -> list[dict]:
    """What is not on the page and why; which rule gave the dates."""
    gone = [_(said) for name, said in MISSING.items() if not m.meta["has"][name] and name != "deals"]
    lines = [_("Не посчитано — {list}.").format(list="; ".join(gone))] if gone else []
    if m.meta["year_status"] != "ok":
        lines.append(_("Классы и ритм: {rule}.").format(rule=m.meta["year_rule"]))
    if not m.meta["lookback_ok"]:
        lines.append(_("Новых не отличить от старых: история короче 12 месяцев до начала периода."))
    if m.meta["next"]:
        lines.append(_forecast_said(m))
    if m.moved is not None:
        lines.append(_("Средний чек — на сколько больше или меньше берут за раз те же клиенты; состав — сдвиг заказов к клиентам с крупным или мелким чеком; прочее — возвраты и продажи чужим клиентам."))
    classes = CLASSES[m.meta["kind"]]
    lines.append(_(classes))
    lines.append(_("Продажи — сделанные менеджером, клиенты — закреплённые за ним на {day}.").format(day=words.day(m.as_of)))
    return [page.note(" ".join(lines))]
