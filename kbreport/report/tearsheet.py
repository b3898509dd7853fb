"""A client's tear sheet: one A4 page for a visit or an annual meeting, built from plain values.

24 months of sales, the rhythm of the last year, the path of the class, categories, debts and risk, what comes next, lines
for the pen. Nothing is computed here but sums of what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from kbreport import charts, page, words
from kbreport.words import _, n_, number, percent, plain, unit


@dataclass(frozen=True)
class Category:
    """A group of goods: money last year, this year, free volume (None = unknown)."""

    name: str
    before: float
    now: float
    free: float | None = None


@dataclass(frozen=True)
class TearSheet:
    """What the page says. Unknown values are None and are printed as «н/д» or left out."""

    name: str
    as_of: date
    currency: str | None = None
    manager: str = ""
    abc: str | None = None
    abcd: str | None = None
    about: str = ""  # «Клиент с 2019 года · договор до 30.06.2026»
    headline: str = ""
    months: Sequence[tuple[date, float]] = ()  # first day of the month, sales; up to 24, in order
    order_dates: Sequence[date] = ()
    order_amounts: Sequence[float] = ()
    rhythm_days: float | None = None
    share_of_wallet: float | None = None
    free: float | None = None
    classes: Sequence[tuple[str, str]] = ()  # («2024», «B»), in order
    categories: Sequence[Category] = ()
    contacts: Sequence[tuple[str, str]] = ()  # (role, who)
    risks: Sequence[tuple[str, str, str | None]] = ()  # (what, said, tone good|warn|bad)
    touches: Sequence[tuple[str, str]] = ()  # (date, what): the last ones
    next_step: str = ""
    agenda: Sequence[tuple[str, str, str]] = field(default_factory=tuple)


def blocks(sheet: TearSheet) -> list[dict]:
    """The page as blocks, in the language of the moment. Fits one A4 page: lists are cut, names shortened."""
    out = [_head(sheet)]
    if sheet.headline:
        out.append(page.para(f"**{sheet.headline}**", wide=True))
    out += [page.kpis(_tiles(sheet)), page.gap(2), _year(sheet)]
    out += [b for b in (_pulse(sheet), _categories(sheet)) if b]
    left, right = [b for b in (_risks(sheet),) if b], [b for b in (_agenda(sheet),) if b]
    if left or right:
        out.append(page.cols((88, 88), (left, right)))
    return [*out, page.writing(_("Договорились"), ["1.", "2."]), page.signs([_("Менеджер, дата"), _("Руководитель, дата")])]


def _head(s: TearSheet) -> dict:
    sub = " · ".join(x for x in (s.about, _("менеджер {name}").format(name=plain(charts.short(s.manager, 40))) if s.manager else "") if x)
    return page.masthead(_("Паспорт клиента"), plain(charts.short(s.name, 110, 13)), badge=s.abcd, sub=charts.short(sub, 150, 9.4) if sub else None, right=_("данные на {day}").format(day=words.day(s.as_of)))


def _years(s: TearSheet) -> tuple[list, list]:
    """(the last 12 months, the 12 before)."""
    return list(s.months[-12:]), list(s.months[-24:-12])


def change(now: float, before: float) -> dict:
    """Arrow, sign and words of a change; what rounds to zero has neither."""
    if not before > 0:
        return {"t": _("новое") if now > 0 else "—"}
    x = now / before - 1
    if abs(x) < 0.005:
        return {"t": "≈ " + percent(0)}
    return {"t": ("▲ " if x > 0 else "▼ ") + words.signed(percent(x)), "tone": "good" if x > 0 else "bad"}


def _tiles(s: TearSheet) -> list[dict]:
    now, before = _years(s)
    total, earlier = sum(v for _d, v in now), sum(v for _d, v in before)
    moved = change(total, earlier) if before else {"t": ""}
    orders = sum(1 for d in s.order_dates if 0 <= (s.as_of - d).days < 365)
    wallet = percent(s.share_of_wallet) if s.share_of_wallet is not None else _("н/д")
    late = _overdue(s)
    pace = n_("раз в {n} день", "раз в {n} дней", round(s.rhythm_days)) if s.rhythm_days else _("ритма нет")
    return [page.kpi(_("Продажи за 12 месяцев"), **_split(total, s.currency), delta=moved["t"], tone=moved.get("tone", "neutral")),
            page.kpi(_("Наша доля в закупке"), wallet),
            page.kpi(_("Свободный объём"), **_split(s.free, s.currency)),
            page.kpi(_("Заказов за год"), number(orders), delta=pace),
            page.kpi(_("Последний заказ"), words.day(max(s.order_dates)) if s.order_dates else _("н/д"), delta=late or "", tone="bad" if late else "neutral")]


def _split(value: float | None, currency: str | None) -> dict[str, str]:
    """Figure and unit of a tile."""
    if value is None:
        return {"value": _("н/д")}
    scale, divisor, digits = ("m", 1e6, 1) if abs(value) >= 1e6 else ("k", 1e3, 0) if abs(value) >= 1e4 else ("", 1, 0)
    return {"value": number(value / divisor, digits), "unit": unit(currency, scale)}


def _overdue(s: TearSheet) -> str:
    if not s.order_dates or not s.rhythm_days:
        return ""
    late = (s.as_of - max(s.order_dates)).days - s.rhythm_days
    return n_("опоздание {n} день", "опоздание {n} дней", round(late)) if late >= 1 else ""


def _year(s: TearSheet) -> dict:
    """24 months as two lines; beside them who decides and the path of the class."""
    now, before = _years(s)
    divisor, scale = (1e6, "m") if max((abs(v) for _d, v in s.months), default=0) >= 1e6 else (1e3, "k")
    names = words.months_short()
    svg, phone = charts.both(lambda w: charts.line([v / divisor for _d, v in now], [names[d.month - 1] for d, _v in now], name=_said_year(now), unit=unit(s.currency, scale), w=w,
                                                   before=[v / divisor for _d, v in before] if len(before) == len(now) else None, before_name=_said_year(before), h=42), "months", 106)
    above = sum(a > b for (_d, a), (_e, b) in zip(now, before))
    said = n_("{n} месяц из 12 выше прошлого года", "{n} месяцев из 12 выше прошлого года", above) if len(before) == 12 else _("Продажи по месяцам")
    left = page.fig("months", svg, phone=phone, w=106, headline=said, subtitle=_("продажи по месяцам"), alt=_("Продажи клиенту по месяцам"))
    path = " → ".join(f"{when}: {letter}" for when, letter in s.classes[-5:])
    items = [*((plain(a), plain(b)) for a, b in s.contacts[:4]), *([(_("Класс ABC"), path)] if path else []), *((plain(a), plain(b)) for a, b in s.touches[:2])]
    right = [page.facts(items, lw=24)] if items else []
    return page.cols((106, 70), ([left], right + ([page.action([(s.next_step, plain(charts.short(s.manager, 55)))], title=_("Следующее касание"))] if s.next_step else [])))


def _said_year(months: Sequence[tuple[date, float]]) -> str:
    return str(months[-1][0].year) if months else ""


def _pulse(s: TearSheet) -> dict | None:
    amounts = list(s.order_amounts) if len(s.order_amounts) == len(s.order_dates) else None
    svg, phone = charts.both(lambda w: charts.rhythm(s.order_dates, s.as_of, s.rhythm_days, amounts=amounts, w=w, h=17), "rhythm")
    if svg is None:
        return None
    late = _overdue(s)
    said = _("Ритм: {late}").format(late=late) if late else _("Ритм ровный: опоздания нет") if s.rhythm_days else _("Заказы за год")
    return page.fig("rhythm", svg, phone=phone, headline=said, subtitle=_("каждая точка — заказ, площадь — сумма"), alt=_("Лента заказов за год"))


def _categories(s: TearSheet) -> dict | None:
    """What he takes and what he could take; at most six lines, the rest together."""
    if not s.categories:
        return None
    ranked = sorted(s.categories, key=lambda c: (-c.now, c.name))
    shown, rest = (ranked, []) if len(ranked) <= 6 else (ranked[:5], ranked[5:])
    free = None if any(c.free is None for c in rest) else sum(c.free for c in rest)  # type: ignore[misc]
    lines = [*shown, *([Category(n_("Ещё {n} группа", "Ещё {n} групп", len(rest)), sum(c.before for c in rest), sum(c.now for c in rest), free)] if rest else [])]
    whole = Category(_("Всего"), sum(c.before for c in ranked), sum(c.now for c in ranked), None if any(c.free is None for c in ranked) else sum(c.free for c in ranked))  # type: ignore[misc]
    now, before = _years(s)
    head = [page.col(_("Группа"), cls="h"), page.col(_said_year(before) or _("было"), w=20, num=True), page.col(_said_year(now) or _("стало"), w=20, num=True),
            page.col(_("Изменение"), w=23, num=True), page.col(_("Наша доля в закупке"), w=44), page.col(_("Свободно"), w=22, num=True)]
    return page.table(head, [_row(c) for c in lines], total=_row(whole), title=_("Что берёт и что может взять"), unit=unit(s.currency, "k"), dense=True)


def _row(c: Category) -> list:
    """One line in thousands; zero is «—», unknown «н/д»."""
    thousand = lambda v: _("н/д") if v is None else number(v / 1e3) if round(v / 1e3) else "—"
    all_of_it = c.now + c.free if c.free is not None else None
    share = page.cell(percent(c.now / all_of_it), bar=c.now / all_of_it) if all_of_it and all_of_it > 0 else page.cell(_("н/д"))
    return [page.cell(charts.short(c.name, 46, 8)), thousand(c.before), thousand(c.now), change(c.now, c.before), share, thousand(c.free)]


def _risks(s: TearSheet) -> dict | None:
    if not s.risks:
        return None
    rows = [[what, page.cell(said, tone=tone)] for what, said, tone in s.risks[:5]]
    return page.table([page.col(_("Риск")), page.col(_("Как сейчас"), w=44)], rows, title=_("Деньги и риски"), dense=True, breakable=False)


def _agenda(s: TearSheet) -> dict | None:
    return page.agenda(_("Повестка"), [(a, plain(b), plain(c)) for a, b, c in s.agenda[:5]]) if s.agenda else None


