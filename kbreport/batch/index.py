"""`index.html`: the head's page. Department figures, the plan of the day, every report with its status, filter, sort and links.

All figures come from the reports' own run.json; the line «Без менеджера» makes the sum the company's. No clock in it: the same
reports give the same page.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kbreport import __version__, page, report, words
from kbreport.month.department import NOBODY
from kbreport.month.said import delta, figure, plan_said, span, tone_of
from kbreport.words import N_, _, money, n_, number, percent, plain, signed, unit

if TYPE_CHECKING:
    from kbreport.batch.managers import Report
    from kbreport.month import Department

STATE = {"ok": ("ok", N_("✓ готов"), "good"), "skipped": ("ok", N_("✓ готов"), "good"), "failed": ("fail", N_("✗ не сделан"), "bad"), "refused": ("none", N_("— нет клиентов"), None), "absent": ("none", N_("— не делался"), None)}
TODAY = 10


def write(d: "Department", plan: "list[Report]", path: Path) -> Path:
    """The page, written whole."""
    meta = {"title": _("Отчёты менеджеров"), "company": d.month.company.name, "period": span(d.whole.start, d.whole.months), "as_of": d.as_of.isoformat(), "vat": d.facts.meta.get("vat") or "unknown",
            "currency": d.facts.currency, "lang": d.month.lang, "maker": d.month.company.brand.get("name") or "kbreport", "version": __version__, "brand": _brand(d)}
    document = report.document_from_blocks(blocks(d, plan), meta)
    return report.write_format(document, path, "html")[0]


def _brand(d: "Department") -> dict:
    from kbreport.month.bundle import _brand as of

    return of(d.month)


def blocks(d: "Department", plan: "list[Report]") -> list[dict]:
    right = "\n".join([span(d.whole.start, d.whole.months), _("данные на {day}").format(day=words.day(d.as_of))])
    head = page.masthead(_("Для руководителя отдела продаж · {company}").format(company=plain(d.month.company.name)), _title(d, plan), right=right)
    return [b for b in (head, *_failed(plan), page.kpis(_tiles(d)), _reports(d, plan), _teams(d, plan), _today(d, plan)) if b]


def _ready(plan: "list[Report]") -> "list[Report]":
    return [r for r in plan if r.status in ("ok", "skipped")]


def _title(d: "Department", plan: "list[Report]") -> str:
    """The result of the department, then how many reports there are; a report that failed comes first."""
    due = [r for r in plan if r.status in ("ok", "skipped", "failed")]
    ready = _("готово отчётов: {k} из {n}").format(k=number(len(_ready(plan))), n=number(len(due)))
    text = "; ".join([ready, _result(d)] if any(r.status == "failed" for r in due) else [_result(d), ready])
    return text[:1].upper() + text[1:]


def _result(d: "Department") -> str:
    total = d.figures[["amount", "plan"]].sum()
    if total["plan"] > 0:
        share = percent(total["amount"] / total["plan"])
        return _("план выполнен на {p}").format(p=share) if _over(d) else _("сделано {p} плана").format(p=share)
    said = _("продажи {x}").format(x=money(total["amount"], d.facts.currency))
    before = _before(d)
    return said + (f", {signed(percent(total['amount'] / before - 1))} {_against(d)}" if before is not None and before > 0 else "")


def _over(d: "Department") -> bool:
    return d.workdays[1] >= len(d.workdays[0])


def _before(d: "Department") -> float | None:
    """Sales of the period before; None where the history does not reach so far."""
    before = d.figures["amount_prev"].sum(min_count=1)
    return None if words.missing(before) else float(before)


def _against(d: "Department") -> str:
    """What a change is measured against: a month that is not over stands against the same days of the one before."""
    if d.month.period.last < d.whole.last:
        return _("к тем же дням прошлого месяца") if d.whole.months == 1 else _("к тем же дням прошлого квартала")
    return _("к прошлому месяцу") if d.whole.months == 1 else _("к прошлому кварталу")


def _failed(plan: "list[Report]") -> list[dict]:
    bad = [r for r in plan if r.status == "failed"]
    if not bad:
        return []
    text = " ".join(f"{plain(r.name)}: {plain(_why(r))}" for r in bad[:5])
    return [page.verdict("bad", n_("{n} отчёт не сделан.", "{n} отчётов не сделано.", len(bad)), text + " " + _("Исправьте и повторите: **kbreport batch … --only-failed**"))]


def _why(r: "Report") -> str:
    """What went wrong, without the path of the marked notebook: the row links to it."""
    return _(r.error.message).format(**r.error.fields) if r.error else r.record.get("error") or ""


# ------------------------------------------------------------------ the tiles
def _tiles(d: "Department") -> list[dict]:
    """What the data do not hold takes no place."""
    return [tile for tile in (_sales(d), _to_the_end(d), _margin(d), _expected(d), _bought(d), _silent(d), _debt(d)) if tile]


def _managers(d: "Department") -> pd.DataFrame:
    """Figures of those who have clients or sales, without «nobody»."""
    return d.figures.loc[[m for m in d.figures.index if m in d.staff and d.busy(m)]]


def _sales(d: "Department") -> dict:
    sales, planned, before = float(d.figures["amount"].sum()), d.figures["plan"].sum(min_count=1), _before(d)
    change, shown = delta(sales, before), figure(sales, d.facts.currency, 1)
    if not planned > 0:
        return page.kpi(_("Продажи"), **shown, **change, **({"note": _against(d)} if before is not None and before > 0 else {}))
    note = f"{change['delta']} {_against(d)}" if before is not None and before > 0 else None
    if not _over(d):  # half a month is not judged by a whole plan
        return page.kpi(_("Продажи"), **shown, delta=_("{p} плана").format(p=percent(sales / planned)), note=note)
    return page.kpi(_("Продажи"), **shown, delta=_("{p} плана").format(p=plan_said(sales / planned)), tone=tone_of(sales / planned), note=note)


def _to_the_end(d: "Department") -> dict | None:
    """Where a period in progress leads by its usual course."""
    if _over(d) or not d.elapsed > 0:
        return None
    ends, planned = float(d.figures["amount"].sum()) / d.elapsed, d.figures["plan"].sum(min_count=1)
    said = {"delta": _("{p} плана").format(p=plan_said(ends / planned)), "tone": tone_of(ends / planned)} if planned > 0 else {"delta": _("по ходу месяца")}
    return page.kpi(_("Прогноз на конец"), **figure(ends, d.facts.currency, 1), **said)


def _margin(d: "Department") -> dict | None:
    """Where every manager who sold has one. Sales of nobody without a margin stay out of both figures, and the tile says so."""
    managers = _sold(_managers(d))
    rest = _sold(d.figures.drop(index=managers.index))
    if managers.empty or managers["margin"].isna().any():
        return None
    known = pd.concat([managers, rest[rest["margin"].notna()]])
    margin, sales = float(known["margin"].sum()), float(known["amount"].sum())
    note = _("без продаж без менеджера") if rest["margin"].isna().any() else None
    return page.kpi(_("Маржа"), **figure(margin, d.facts.currency, 1), delta=_("{p} продаж").format(p=percent(margin / sales, 1)) if sales > 0 else "", note=note)


def _sold(figures: pd.DataFrame) -> pd.DataFrame:
    """Whoever has no sale in P has no margin to be missing."""
    return figures[(figures["amount"] != 0) | (figures["orders"] > 0)]


def _expected(d: "Department") -> dict | None:
    """The forecast of the coming month against its plan, where every manager has one."""
    f = _managers(d)
    if f.empty or f["next_amount"].isna().any():
        return None
    expected, planned = float(f["next_amount"].sum()), f["next_plan"]
    said = {"delta": _("плана нет")}
    if planned.notna().all() and planned.sum() > 0:
        share = expected / float(planned.sum())
        said = {"delta": _("{p} плана").format(p=plan_said(share)), "tone": tone_of(share), "note": _("план {x}").format(x=money(planned.sum(), d.facts.currency))}
    elif planned.notna().any():
        said = {"delta": _("план есть не у всех")}
    return page.kpi(_("Ждём в {month}").format(month=words.in_month(d.whole.end)), **figure(expected, d.facts.currency, 1), **said)


def _bought(d: "Department") -> dict:
    """The share is that of assigned clients; those without a manager are named apart."""
    everybody, kept = d.figures, d.figures.drop(index=NOBODY, errors="ignore")
    free = int(everybody["n_clients"].sum() - kept["n_clients"].sum())
    n, bought = int(kept["n_clients"].sum()), int(kept["n_active"].sum())
    if not n:
        return page.kpi(_("Покупали"), number(everybody["n_active"].sum()), unit=_("из {n}").format(n=number(free)), delta=_("все без менеджера"))
    note = _("без менеджера ещё {n}, покупали {k}").format(n=number(free), k=number(everybody["n_active"].sum() - bought)) if free else None
    return page.kpi(_("Покупали"), number(bought), unit=_("из {n}").format(n=number(n)), delta=_("{p} закреплённых").format(p=percent(bought / n)), note=note)


def _silent(d: "Department") -> dict:
    n, amount = int(d.figures["n_silent"].sum()), d.figures["silent_amount"].sum()
    return page.kpi(_("Молчат дольше ритма"), number(n), unit=n_("клиент", "клиентов", n), delta=_("{x} в год").format(x=money(amount, d.facts.currency)), tone="bad" if n else "good")


def _debt(d: "Department") -> dict | None:
    f = d.figures
    if not f["debt"].notna().any():
        return None
    late = float(f["overdue"].sum())
    return page.kpi(_("Долг клиентов"), **figure(float(f["debt"].sum()), d.facts.currency, 1), delta=_("просрочено {x}").format(x=money(late, d.facts.currency)), tone="bad" if late > 0 else "good")


# ------------------------------------------------------------------ the reports
def _reports(d: "Department", plan: "list[Report]") -> dict:
    figures = _columns(d)
    rows, keys = [_row(d, r, figures) for r in plan], [STATE[r.status][0] for r in plan]
    if (extra := _nobody(d, figures)) is not None:
        rows.append(extra)
        keys.append("none")
    everything = _summed(d.figures)
    total = [_("Всего"), *([""] if d.teams else []), _("{n} из {all}").format(n=number(len(_ready(plan))), all=number(sum(k != "none" for k in keys))), *[say(everything) for _col, say in figures], ""]
    count = lambda key: sum(k == key for k in keys)  # noqa: E731
    filters = [("", _("Все {n}").format(n=number(len(rows)))), ("ok", _("✓ Готовы {n}").format(n=number(count("ok")))), ("fail", _("✗ Не сделаны {n}").format(n=number(count("fail")))),
               ("none", _("— Без отчёта {n}").format(n=number(count("none"))))]
    head = [page.col(_("Менеджер"), cls="h"), *([page.col(_("Отдел"))] if d.teams else []), page.col(_("Отчёт")), *[col for col, _say in figures], page.col(_("Открыть"))]
    note = _("Порядок — по коду менеджера, это не рейтинг людей. Продажи — сделанные менеджером, клиенты — закреплённые за ним. «Молчат» — дольше своего ритма, «Их продажи» — за 12 месяцев до паузы.")
    return page.table(head, rows, title=_("Отчёты"), unit=unit(d.facts.currency, _scale(d)[1]), total=total, cards=True, id="reports", note=note, filters=[f for f in filters if not f[0] or count(f[0])], row_keys=keys)


def _columns(d: "Department") -> list[tuple[dict, Callable[[pd.Series], Any]]]:
    """(column, what it says of a row of figures): margin, debt and touches only where the data hold them. A phone folds what is second."""
    f, divisor = d.figures, _scale(d)[0]
    in_units = lambda x: page.cell(number(x / divisor) if x else "—", v=round(float(x), 2)) if not words.missing(x) else page.cell(_("н/д"))  # noqa: E731
    found = [(page.col(_("Продажи"), num=True), lambda r: in_units(r["amount"]) if r["amount"] else page.cell("0", v=0)), (page.col(_("План"), num=True), lambda r: _plan_cell(float(r["amount"]), r["plan"]))]
    if f["margin"].notna().any():
        found.append((page.col(_("Маржа"), num=True, cls="x"), lambda r: in_units(r["margin"]) if r["amount"] or r["orders"] else page.cell("—", v=0)))
    found += [(page.col(_("Покупали"), num=True), lambda r: page.cell(_("{n} из {all}").format(n=number(r["n_active"]), all=number(r["n_clients"])), v=None if words.missing(r["n_active"]) else int(r["n_active"]))),
              (page.col(_("Молчат"), num=True), lambda r: number(r["n_silent"]) if r["n_silent"] else "—"), (page.col(_("Их продажи"), num=True), lambda r: in_units(r["silent_amount"]))]
    if f["overdue"].notna().any():
        found.append((page.col(_("Просрочено"), num=True), lambda r: in_units(r["overdue"])))
    if (f["touches_norm"] > 0).any():
        found.append((page.col(_("Норма касаний"), num=True, cls="x"), _touched))
    return found


def _touched(r: pd.Series) -> dict:
    """How much of the norm of touches of his clients is done."""
    if words.missing(r["touches_norm"]) or not r["touches_norm"] > 0:
        return page.cell(_("н/д"))
    share = 0.0 if words.missing(r["covered"]) else float(r["covered"] / r["touches_norm"])
    return page.cell(percent(share), v=round(share, 4))


def _summed(figures: pd.DataFrame) -> pd.Series:
    """Several rows as one. A margin that one of them lacks is missing in the sum, never smaller."""
    out = figures.sum(min_count=1)
    out["margin"] = _sold(figures)["margin"].sum(min_count=max(len(_sold(figures)), 1))
    return out


def _scale(d: "Department") -> tuple[float, str]:
    return (1e3, "k") if d.figures["amount"].abs().max() >= 1e4 else (1.0, "")


def _row(d: "Department", r: "Report", figures: list) -> list:
    _key, word, tone = STATE[r.status]
    team = [d.teams.get(r.manager, "")] if d.teams else []
    sub = _why(r)[:200] if r.status == "failed" else None
    there = r.status in ("ok", "skipped")
    name = page.cell(r.name, sub=sub, href=f"managers/{r.folder.name}/report.html") if there and "report.html" in r.record.get("outputs", ()) else page.cell(r.name, sub=sub)
    known = d.figures.loc[r.manager] if r.manager in d.figures.index else None
    return [name, *team, page.cell(_(word).replace(" ", words.NB, 1), tone=tone), *["" if known is None else say(known) for _col, say in figures], _links(r)]


def _plan_cell(sales: float, planned) -> dict:
    if words.missing(planned) or not planned > 0:
        return page.cell(_("н/д"))
    share = sales / planned
    return page.cell(plan_said(share), tone=tone_of(share), v=round(share, 4))


def _links(r: "Report") -> dict | str:
    """The files that are there; of a failed report its marked notebook."""
    made = r.record.get("outputs", ()) if r.status in ("ok", "skipped", "failed") else ()
    shown = [(text, f"managers/{r.folder.name}/{name}") for text, name in (("HTML", "report.html"), ("PDF", "report.pdf"), ("Excel", "report.xlsx")) if name in made]
    if r.status == "failed" and (r.folder / "notebooks" / "manager_month.failed.ipynb").exists():
        shown.append((_("тетрадь с ошибкой"), f"managers/{r.folder.name}/notebooks/manager_month.failed.ipynb"))
    return page.cell(links=shown) if shown else ""


def _nobody(d: "Department", figures: list) -> list | None:
    """Sales and clients that no manager holds: without them the sum would not be the company's."""
    rest = d.figures.drop(index=list(d.staff), errors="ignore")
    if rest.empty or not (rest["amount"].abs().sum() > 0 or rest["n_clients"].sum() > 0):
        return None
    name = _("Без менеджера") if list(rest.index) == [NOBODY] else _("Без отчёта: прочие")
    return [name, *([""] if d.teams else []), "—", *[say(_summed(rest)) for _col, say in figures], ""]


def _teams(d: "Department", plan: "list[Report]") -> dict | None:
    """Figures by team where the managers have teams."""
    if len({d.teams.get(r.manager) for r in plan} - {None}) < 2:
        return None
    divisor, scale = _scale(d)
    by = d.figures.groupby(d.figures.index.map(lambda m: d.teams.get(m, _("без отдела")))).sum(min_count=1)
    rows = [[name, number(f["amount"] / divisor), _plan_cell(float(f["amount"]), f["plan"]), _("{n} из {all}").format(n=number(f["n_active"]), all=number(f["n_clients"])), number(f["n_silent"]), number(f["silent_amount"] / divisor)] for name, f in by.iterrows()]
    return page.table([page.col(_("Отдел"), cls="h"), page.col(_("Продажи"), num=True), page.col(_("План"), num=True), page.col(_("Покупали"), num=True), page.col(_("Молчат"), num=True), page.col(_("Их продажи"), num=True)], rows,
                      title=_("Отделы"), unit=unit(d.facts.currency, scale), cards=True, id="teams")


def _today(d: "Department", plan: "list[Report]") -> dict | None:
    """The plan of the day: the calls with the most money over all managers, first what may leave."""
    calls = sorted(((c["money"], r.name, c) for r in _ready(plan) for c in r.record.get("calls", ())), key=lambda x: (-x[0], x[1], x[2]["client"]))[:TODAY]
    if not calls:
        return None
    divisor, scale = (1e3, "k") if calls[0][0] >= 1e4 else (1.0, "")
    rows = [[page.cell(check=True), page.cell(c["client"], sub=c["why"]), name, page.cell(number(x / divisor), sub=c["basis"], v=x), c["step"]] for x, name, c in calls]
    return page.table([page.col("", w=6, cls="x"), page.col(_("Клиент и почему"), cls="h"), page.col(_("Менеджер")), page.col(unit(d.facts.currency, scale) or _("Сумма"), num=True), page.col(_("Следующий шаг"))], rows, title=_("План дня: с кем поговорить первым"),
                      cards=True, id="today", note=_("Первые строки списков «Позвонить» всех менеджеров, по убыванию денег."))
