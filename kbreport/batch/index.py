"""`index.html`: the head's page. Department figures, the plan of the day, every report with its status, filter, sort and links.

All figures come from the reports' own run.json; the line «Без менеджера» makes the sum the company's. No clock in it: the same
reports give the same page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kbreport import __version__, page, report, words
from kbreport.month.department import NOBODY
from kbreport.month.said import delta, figure, plan_said, span, tone_of
from kbreport.words import N_, _, money, n_, number, percent, plain, unit

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
    due = [r for r in plan if r.status in ("ok", "skipped", "failed")]
    said = n_("{k} отчёт из {n} готов", "{k} отчётов из {n} готовы", len(due), k=number(len(_ready(plan))))
    total = d.figures[["amount", "plan"]].sum()
    if total["plan"] > 0:
        return said + _("; план выполнен на {p}").format(p=percent(total["amount"] / total["plan"])) if d.workdays[1] >= len(d.workdays[0]) else said + _("; сделано {p} плана").format(p=percent(total["amount"] / total["plan"]))
    return said + _("; продажи {x}").format(x=money(total["amount"], d.facts.currency))


def _failed(plan: "list[Report]") -> list[dict]:
    bad = [r for r in plan if r.status == "failed"]
    if not bad:
        return []
    text = " ".join(f"{plain(r.name)}: {plain(_why(r))}" for r in bad[:5])
    return [page.verdict("bad", n_("{n} отчёт не сделан.", "{n} отчётов не сделано.", len(bad)), text + " " + _("Исправьте и повторите: **kbreport batch … --only-failed**"))]


def _why(r: "Report") -> str:
    """What went wrong, without the path of the marked notebook: the row links to it."""
    return _(r.error.message).format(**r.error.fields) if r.error else r.record.get("error") or ""


def _tiles(d: "Department") -> list[dict]:
    f, currency = d.figures, d.facts.currency
    sales, planned, before = float(f["amount"].sum()), f["plan"].sum(min_count=1), f["amount_prev"].sum(min_count=1)
    said = {"delta": _("{p} плана").format(p=plan_said(sales / planned)), "tone": tone_of(sales / planned)} if planned > 0 else delta(sales, None if words.missing(before) else float(before))
    kept, bought, silent = int(f["n_clients"].sum()), int(f["n_active"].sum()), int(f["n_silent"].sum())
    tiles = [page.kpi(_("Продажи"), **figure(sales, currency, 1), **said)]
    passed, all_days = d.workdays[1], len(d.workdays[0])
    if passed < all_days and passed:
        tiles.append(page.kpi(_("Прогноз на конец"), **figure(sales / passed * all_days, currency, 1), delta=_("по рабочим дням")))
    if f["margin"].notna().all():
        tiles.append(page.kpi(_("Маржа"), **figure(float(f["margin"].sum()), currency, 1), delta=_("{p} продаж").format(p=percent(f["margin"].sum() / sales, 1)) if sales > 0 else ""))
    tiles.append(page.kpi(_("Покупали"), number(bought), unit=_("из {n}").format(n=number(kept)), delta=_("{p} закреплённых").format(p=percent(bought / kept)) if kept else ""))
    tiles.append(page.kpi(_("Молчат дольше ритма"), number(silent), unit=n_("клиент", "клиентов", silent), delta=_("{x} в год").format(x=money(f["silent_amount"].sum(), currency)), tone="bad" if silent else "good"))
    if f["debt"].notna().any():
        tiles.append(page.kpi(_("Долг клиентов"), **figure(float(f["debt"].sum()), currency, 1), delta=_("просрочено {x}").format(x=money(f["overdue"].sum(), currency)), tone="bad" if f["overdue"].sum() > 0 else "good"))
    return tiles


# ------------------------------------------------------------------ the reports
def _reports(d: "Department", plan: "list[Report]") -> dict:
    divisor, scale = _scale(d)
    rows, keys = [_row(d, r, divisor) for r in plan], [STATE[r.status][0] for r in plan]
    if (extra := _nobody(d, divisor)) is not None:
        rows.append(extra)
        keys.append("none")
    f = d.figures
    total = [_("Всего"), *([""] if d.teams else []), _("{n} из {all}").format(n=number(len(_ready(plan))), all=number(sum(k != "none" for k in keys))), number(f["amount"].sum() / divisor),
             _plan_cell(float(f["amount"].sum()), f["plan"].sum(min_count=1)), _("{n} из {all}").format(n=number(f["n_active"].sum()), all=number(f["n_clients"].sum())), number(f["n_silent"].sum()), number(f["silent_amount"].sum() / divisor), ""]
    count = lambda key: sum(k == key for k in keys)  # noqa: E731
    filters = [("", _("Все {n}").format(n=number(len(rows)))), ("ok", _("✓ Готовы {n}").format(n=number(count("ok")))), ("fail", _("✗ Не сделаны {n}").format(n=number(count("fail")))),
               ("none", _("— Без отчёта {n}").format(n=number(count("none"))))]
    head = [page.col(_("Менеджер"), cls="h"), *([page.col(_("Отдел"))] if d.teams else []), page.col(_("Отчёт")), page.col(", ".join(x for x in (_("Продажи"), unit(d.facts.currency, scale)) if x), num=True), page.col(_("План"), num=True), page.col(_("Покупали"), num=True), page.col(_("Молчат"), num=True),
            page.col(", ".join(x for x in (_("На кону"), unit(d.facts.currency, scale)) if x), num=True), page.col(_("Открыть"))]
    note = _("Порядок — по коду менеджера, это не рейтинг людей. Продажи — сделанные менеджером, клиенты — закреплённые за ним. «На кону» — продажи за 12 месяцев до паузы тем, кто молчит дольше своего ритма.")
    return page.table(head, rows, title=_("Отчёты"), total=total, cards=True, id="reports", note=note, filters=[f for f in filters if not f[0] or count(f[0])], row_keys=keys)


def _scale(d: "Department") -> tuple[float, str]:
    return (1e3, "k") if d.figures["amount"].abs().max() >= 1e4 else (1.0, "")


def _row(d: "Department", r: "Report", divisor: float) -> list:
    key, word, tone = STATE[r.status]
    team = [d.teams.get(r.manager, "")] if d.teams else []
    sub = _why(r)[:200] if r.status == "failed" else None
    known = r.manager in d.figures.index
    f = d.figures.loc[r.manager] if known else None
    there = r.status in ("ok", "skipped")
    name = page.cell(r.name, sub=sub, href=f"managers/{r.folder.name}/report.html") if there and "report.html" in r.record.get("outputs", ()) else page.cell(r.name, sub=sub)
    if f is None:
        return [name, *team, page.cell(_(word), tone=tone), *[_("н/д")] * 5, ""]
    return [name, *team, page.cell(_(word), tone=tone), page.cell(number(f["amount"] / divisor), v=round(float(f["amount"]), 2)), _plan_cell(float(f["amount"]), f["plan"]),
            page.cell(_("{n} из {all}").format(n=number(f["n_active"]), all=number(f["n_clients"])), v=int(f["n_active"] or 0) if not words.missing(f["n_active"]) else None),
            number(f["n_silent"]) if f["n_silent"] else "—", page.cell(number(f["silent_amount"] / divisor) if f["silent_amount"] else "—", v=round(float(f["silent_amount"] or 0), 2) if not words.missing(f["silent_amount"]) else None), _links(r)]


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


def _nobody(d: "Department", divisor: float) -> list | None:
    """Sales and clients that no manager holds: without them the sum would not be the company's."""
    rest = d.figures.drop(index=list(d.staff), errors="ignore")
    if rest.empty or not (rest["amount"].abs().sum() > 0 or rest["n_clients"].sum() > 0):
        return None
    name = _("Без менеджера") if list(rest.index) == [NOBODY] else _("Без отчёта: прочие")
    return [name, *([""] if d.teams else []), "—", number(rest["amount"].sum() / divisor), _plan_cell(float(rest["amount"].sum()), rest["plan"].sum(min_count=1)), _("{n} из {all}").format(n=number(rest["n_active"].sum()), all=number(rest["n_clients"].sum())),
            number(rest["n_silent"].sum()) if rest["n_silent"].sum() else "—", number(rest["silent_amount"].sum() / divisor) if rest["silent_amount"].sum() else "—", ""]


def _teams(d: "Department", plan: "list[Report]") -> dict | None:
    """Figures by team where the managers have teams."""
    if len({d.teams.get(r.manager) for r in plan} - {None}) < 2:
        return None
    divisor, scale = _scale(d)
    by = d.figures.groupby(d.figures.index.map(lambda m: d.teams.get(m, _("без отдела")))).sum(min_count=1)
    rows = [[name, number(f["amount"] / divisor), _plan_cell(float(f["amount"]), f["plan"]), _("{n} из {all}").format(n=number(f["n_active"]), all=number(f["n_clients"])), number(f["n_silent"]), number(f["silent_amount"] / divisor)] for name, f in by.iterrows()]
    return page.table([page.col(_("Отдел"), cls="h"), page.col(_("Продажи"), num=True), page.col(_("План"), num=True), page.col(_("Покупали"), num=True), page.col(_("Молчат"), num=True), page.col(_("На кону"), num=True)], rows,
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
