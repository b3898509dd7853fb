"""Page 1 and the data page: what everything measured says together.

Findings are ranked by money and **each client's rouble is booked once** (METHODS 1.23): on the loss side `reactivation`
and `risk` share one ledger, on the gain side `growth` and `potential` another; the two are never added. Within a ledger the
finding that ranks first counts a client whole, a later one counts only clients not yet booked. Money that rests on a
probability of our own ([OURS]) is an assumption: shown, ranked after, never in the total.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Iterable

from kbreport import page, words
from kbreport.method import BookedAs, Finding, FindingLevel, MethodStatus, cols
from kbreport.method.result import Result
from kbreport.words import N_, _, money, n_, number, percent, pp, signed, unit

if TYPE_CHECKING:
    from kbreport.run import Run

TOP = 7
CONTEXT = 4  # findings that are only context fill page 1 up to here
LOSS, GAIN = "loss", "gain"
SIDE = {BookedAs.REACTIVATION: LOSS, BookedAs.RISK: LOSS, BookedAs.WINBACK: LOSS, BookedAs.GROWTH: GAIN, BookedAs.POTENTIAL: GAIN}


@dataclass(frozen=True)
class Booked:
    """A finding in its place on page 1."""

    finding: Finding
    method: str
    section: str
    rank: int
    money_counted: float


# ------------------------------------------------------------------ booking
def booked(results: Iterable[Result]) -> list[Booked]:
    """All findings ranked by money, each rouble of a client counted once per side."""
    claims = [(f, r.method, r.section) for r in results for f in r.findings]
    claims.sort(key=lambda c: _order(c[0], c[1]))
    taken: dict[str, set[str]] = {LOSS: set(), GAIN: set()}
    return [Booked(f, method, section, i, _counted(f, taken)) for i, (f, method, section) in enumerate(claims, 1)]


def _order(f: Finding, method: str) -> tuple:
    """Booked money first, then assumptions, then findings whose money is only context, then those without."""
    place = 0 if f.booked_as in SIDE and not f.assumption else 1 if f.booked_as in SIDE else 2
    return place, -(f.money or 0.0), method, f.code, f.text


def _counted(f: Finding, taken: dict[str, set[str]]) -> float:
    if f.assumption or f.booked_as not in SIDE:
        return 0.0
    ledger = taken[SIDE[f.booked_as]]
    fresh = {client: amount for client, amount in f.clients if client not in ledger}
    ledger.update(fresh)
    return round(sum(fresh.values()), 2)


def plain(value):
    """JSON knows no NaN: a missing number is null, also inside `values`."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def findings_json(all_booked: list[Booked], currency: str | None) -> list[dict]:
    """The records of findings.json (DESIGN section 3)."""
    out = []
    for b in all_booked:
        f = b.finding
        out.append(plain({"code": f.code, "method": b.method, "section": b.section, "level": str(f.level), "text": f.text, "fact": f.fact, "baseline": f.baseline,
                    "gap": f.gap, "money": f.money, "money_low": f.money_low, "money_high": f.money_high, "currency": currency,
                    "clients": [{"client_id": c, "money": m} for c, m in f.clients], "values": f.values, "rank": b.rank,
                    "assumption": f.assumption, "money_counted": b.money_counted}))
    return out


# ------------------------------------------------------------------ the page
def overview(run: "Run") -> Result:
    """Page 1, the data page, the list of what was not computed; its tables feed the workbook and findings.json."""
    with words.speaking(run.lang):
        return _overview(run)


def _overview(run: "Run") -> Result:
    fed = run.fed_methods()
    results = {name: run.measure(name) for name, reason in fed.items() if not reason}
    results = {name: r for name, r in results.items() if r.status != MethodStatus.REFUSED}
    refused = {name: reason for name, reason in fed.items() if reason} | {n: run.measure(n).reason for n, why in fed.items() if not why and n not in results}
    ranked = booked(results.values())
    result = Result("overview", "", "", _("Резюме"), MethodStatus.OK, lang=run.lang, provenance=run.provenance(), side_folder=run.side_folder)
    result.provenance |= {"findings": findings_json(ranked, run.facts.currency), "refused": refused, "methods": list(results),
                          "status": {name: str(r.status) for name, r in results.items()}, "data": run.data, "period_rule": run.period_rule,
                          "as_of_rule": run.facts.as_of.rule}
    result.tables, result.columns = _data_tables(run), DATA_COLUMNS
    result.titles = {name: _(title) for name, title in DATA_TITLES.items()}

    def draw() -> list[dict]:
        with words.speaking(run.lang):
            return _first_page(run, results, ranked) + data_page(run, refused)

    result.draw = draw
    return result


def _first_page(run: "Run", results: dict[str, Result], ranked: list[Booked]) -> list[dict]:
    top = _worth_page_one(ranked)
    blocks = [page.section(_title(run, ranked), id="summary", kicker=_("Резюме для собственника")), data_verdict(run), page.kpis(_kpis(run, results))]
    if top:
        blocks.append(page.findings(_("Что мы нашли — по убыванию денег"), [_priced(b, run) for b in top], _foot(run, ranked)))
    decisions = [b for b in top if b.finding.action][:3]
    if decisions:
        blocks.append(_decisions(decisions))
    return blocks


def _worth_page_one(ranked: list[Booked]) -> list[Booked]:
    """At most seven findings; one that speaks mostly of clients already named above says nothing new to an owner."""
    top: list[Booked] = []
    named: set[str] = set()
    for b in ranked:
        f = b.finding
        if not (f.level in (FindingLevel.RISK, FindingLevel.WATCH) or f.booked_as in SIDE or f.money):
            continue
        ours = {c for c, _money in f.clients}
        if f.booked_as not in SIDE and ours and len(ours & named) >= 0.5 * len(ours):
            continue
        if f.booked_as not in SIDE and f.level == FindingLevel.INFO and len(top) >= CONTEXT:
            continue
        top.append(b)
        if f.booked_as in SIDE:
            named |= ours
    return top[:TOP]


AT_RISK = (BookedAs.RISK, BookedAs.REACTIVATION)


def _at_risk(ranked: list[Booked]) -> float:
    """Counted money of clients who are slipping away; what lost ones may bring back is another sum."""
    return sum(b.money_counted for b in ranked if b.finding.booked_as in AT_RISK)


def _title(run: "Run", ranked: list[Booked]) -> str:
    now = float(run.facts.net_sales(run.period).sum())
    before = float(run.facts.net_sales(run.previous).sum())
    at_risk = _at_risk(ranked)
    currency = run.facts.currency
    if run.comparison == "insufficient" or before <= 0:
        if at_risk:
            return _("Продажи {now}; под угрозой {risk} в год").format(now=money(now, currency), risk=money(at_risk, currency))
        return _("Продажи {now}: сравнить пока не с чем").format(now=money(now, currency))
    change = now / before - 1
    said = _("Продажи выросли на {x}") if change > 0.0005 else _("Продажи упали на {x}") if change < -0.0005 else _("Продажи не изменились")
    said = said.format(x=percent(abs(change), 1))
    if not at_risk:
        return _("{sales}: {now} за период").format(sales=said, now=money(now, currency))
    joint = _("{sales}, но под угрозой {risk} в год") if change > 0.0005 else _("{sales}; под угрозой ещё {risk} в год")
    return joint.format(sales=said, risk=money(at_risk, currency))


def data_verdict(run: "Run") -> dict:
    """One line: may the data be believed? Grounds are the ledger and the input checks."""
    ledger, checks = run.data.get("ledger", {}), run.data.get("checks", [])
    warned = [c for c in checks if c.get("severity") == "warn" and c.get("count")]
    stopped = [c for c in checks if c.get("severity") == "stop" and c.get("count")]
    said = _("{used} строк из {all} в расчёте, расхождение 0,00.").format(used=number(ledger.get("rows_out", 0)), all=number(ledger.get("rows_in", 0)))
    if stopped:
        return page.verdict("bad", _("Данным верить нельзя."), said + " " + "; ".join(_ground(c) for c in stopped[:2]))
    if warned or run.period_status != "ok":
        grounds = ([run.period_rule] if run.period_status != "ok" else []) + [_ground(c) for c in warned[:3]]
        return page.verdict("warn", _("Данным можно верить с оговоркой."), said + " " + _("Оговорки: {list}").format(list="; ".join(g.rstrip(".") for g in grounds) + "."))
    return page.verdict("good", _("Данным можно верить."), said)


def _ground(check: dict) -> str:
    """What a check found, without the file and the examples that the data page lists."""
    parts = check["text"].split(": ")
    return parts[1] if len(parts) > 1 else check["text"]


def _kpis(run: "Run", results: dict[str, Result]) -> list[dict]:
    """Five figures: sales, active clients, retention of clients and of money, average order (or what the data allow)."""
    facts, p, q = run.facts, run.period, run.previous
    now, before = float(facts.net_sales(p).sum()), float(facts.net_sales(q).sum())
    active, active_before = len(facts.active(p)), len(facts.active(q))
    orders, orders_before = int(facts.n_orders(p).sum()), int(facts.n_orders(q).sum())
    compared = run.comparison == "ok"
    items = [_tile(_("Продажи за период"), now, before, run, compared), _count_tile(_("Активных клиентов"), active, active_before, compared)]
    if "retention" in results and compared:
        items += _retention_tiles(results["retention"])
    else:
        items.append(_count_tile(_("Заказов"), orders, orders_before, compared))
    check, check_before = now / orders if orders else None, before / orders_before if orders_before else None
    items.append(_tile(_("Средний заказ"), check, check_before, run, compared))
    if "abc" in results and len(items) < 5:
        by_class = results["abc"].tables["by_class"].set_index("class")
        items.append(page.kpi(_("Клиентов класса A"), number(by_class.loc["A", "n_clients"]), delta=_("{s} продаж").format(s=percent(by_class.loc["A", "amount_share"]))))
    return items


def _tile(label: str, now: float | None, before: float | None, run: "Run", compared: bool) -> dict:
    if now is None:
        return page.kpi(label, _("н/д"))
    scale, divisor, digits = ("m", 1e6, 1) if abs(now) >= 1e6 else ("k", 1e3, 1) if abs(now) >= 1e4 else ("", 1, 0)
    return page.kpi(label, number(now / divisor, digits), unit=unit(run.facts.currency, scale), **_change(now, before, compared))


def _change(now: float, before: float | None, compared: bool) -> dict:
    if not compared or not before or before <= 0:
        return {"delta": _("сравнить не с чем"), "tone": "neutral"}
    x = now / before - 1
    if abs(x) < 0.0005:
        return {"delta": "≈ " + percent(0), "tone": "neutral"}
    return {"delta": ("▲ " if x > 0 else "▼ ") + signed(percent(x, 1)), "tone": "good" if x > 0 else "bad"}


def _count_tile(label: str, now: int, before: int, compared: bool) -> dict:
    if not compared:
        return page.kpi(label, number(now), delta=_("сравнить не с чем"))
    if now == before:
        return page.kpi(label, number(now), delta=_("без изменений"))
    return page.kpi(label, number(now), delta=("▲ " if now > before else "▼ ") + signed(number(now - before)), tone="good" if now > before else "bad")


def _retention_tiles(result: Result) -> list[dict]:
    row = result.table[result.table["scope"] == "company"].iloc[0]
    clients = page.kpi(_("Удержание клиентов"), percent(row["crr"], 1), delta=n_("{n} ушёл из {all}", "{n} ушли из {all}", int(row["n_lost"]), all=number(row["n_prev"])))
    tone = "good" if row["nrr"] >= 1 else "bad"
    kept = page.kpi(_("Удержание денег"), percent(row["nrr"], 1), delta=("▲ " if row["nrr"] >= 1 else "▼ ") + pp(row["nrr"] - 1), tone=tone)
    return [clients, kept]


def _priced(b: Booked, run: "Run") -> dict:
    f = b.finding
    level, word = {FindingLevel.RISK: ("high", _("Срочно")), FindingLevel.WATCH: ("mid", _("Важно"))}.get(f.level, ("low", _("Резерв")))
    if SIDE.get(f.booked_as) is None and f.level == FindingLevel.INFO:
        word = _("К сведению")
    shown = money(f.money, run.facts.currency) if f.money is not None else ""
    return page.priced(level, word, f.text, f.detail, f.action, ("+" if SIDE.get(f.booked_as) == GAIN else "") + shown, f.basis)


def _foot(run: "Run", ranked: list[Booked]) -> str:
    total, sales = _at_risk(ranked), float(run.facts.net_sales(run.period).sum())
    if not total:
        return _("Деньги в находках — для масштаба, не потери: складывать их нельзя.")
    share = percent(total / sales) if sales > 0 else _("н/д")
    return _("**Под угрозой всего {total} в год — {share} продаж.** Рубль каждого клиента посчитан один раз.").format(total=money(total, run.facts.currency), share=share)


def _decisions(top: list[Booked]) -> dict:
    rows = [[str(i), b.finding.action, b.finding.who or "—", b.finding.text] for i, b in enumerate(top, 1)]
    head = [page.col("№", w=6, cls="x"), page.col(_("Решение"), cls="h"), page.col(_("Кто отвечает"), w=36), page.col(_("Основание"), w=62)]
    return page.table(head, rows, title=n_("{n} решение, которое нужно от собственника", "{n} решений, которые нужны от собственника", len(rows)), dense=True, cards=True)


# ------------------------------------------------------------------ the data page
DATA_COLUMNS = {
    "problems": cols("file sheet row column value rule remedy", file=("text", N_("Файл")), sheet=("text", N_("Лист")), row=("count", N_("Строка")), column=("text", N_("Столбец")),
                     value=("text", N_("Значение")), rule=("text", N_("Что не так")), remedy=("text", N_("Как исправить"))),
    "checks": cols("name severity count text", name=("id", N_("Проверка")), severity=("text", N_("Важность")), count=("count", N_("Найдено")), text=("text", N_("Что найдено"))),
    "methods": cols("method title verdict reason bias", method=("id", N_("Метод")), title=("text", N_("Название")), verdict=("text", N_("Вердикт")), reason=("text", N_("Почему нет")),
                    bias=("text", N_("Куда смещено"))),
}
DATA_TITLES = {"problems": N_("Замечания к данным"), "checks": N_("Проверки данных"), "methods": N_("Можно ли верить методам")}


def _data_tables(run: "Run") -> dict:
    """What the workbook says about the data: every problem with its place and remedy, the checks, the verdict per method."""
    import pandas as pd

    from kbreport.verdict import data_verdicts

    frames = {"problems": [p | {"rule": p["text"]} for p in run.data.get("problems", [])], "checks": run.data.get("checks", []),
              "methods": [v | {"method": v["id"]} for v in data_verdicts(run)]}
    return {name: pd.DataFrame(rows, columns=[c.name for c in DATA_COLUMNS[name]], dtype=object) for name, rows in frames.items()}


def _problem_table(run: "Run") -> list[dict]:
    problems = run.data.get("problems", [])
    if not problems:
        return []
    rows = [[p["file"], "" if p["row"] is None else number(p["row"]), p["column"] or "", p["value"] or "", p["text"], p["remedy"]] for p in problems[:8]]
    head = [page.col(_("Файл"), cls="h", w=30), page.col(_("Строка"), num=True, w=14), page.col(_("Столбец"), w=26), page.col(_("Значение"), w=24), page.col(_("Что не так")), page.col(_("Как исправить"))]
    note = n_("и ещё {n} замечание — в книге", "и ещё {n} замечаний — в книге", len(problems) - 8) if len(problems) > 8 else None
    return [page.table(head, rows, title=_("Замечания к строкам и столбцам"), dense=True, sheet="overview.problems", note=note)]


def data_page(run: "Run", refused: dict[str, str]) -> list[dict]:
    """Reconciliation to the kopeck, what was checked, what was not computed and what it would need."""
    from kbreport import book

    reconciliation = reconciled(run)
    blocks = [page.section(_("Данные и сверка: {n} строк файла, каждая учтена").format(n=number(run.data["ledger"]["rows_in"])), id="data", kicker=_("Данные и сверка")),
              page.facts(_facts(run)), _reconciliation_table(reconciliation, run)]
    checks = [c for c in run.data.get("checks", []) if c.get("count")]
    if checks:
        blocks.append(page.table([page.col(_("Проверка"), cls="h"), page.col(_("Найдено"), num=True, w=20)],
                                 [[page.cell(c["text"], tone={"stop": "bad", "warn": "warn"}.get(c["severity"])), number(c["count"])] for c in checks], title=_("Что заметили проверки"), dense=True))
    blocks += _problem_table(run)
    sources = [[s["file"], s["table"], number(s["n_rows"]), " ".join(s.get("understood", []))] for s in run.data.get("sources", [])]
    blocks.append(page.table([page.col(_("Файл"), cls="h", w=40), page.col(_("Таблица"), w=26), page.col(_("Строк"), num=True, w=16), page.col(_("Как понят"))], sources, title=_("Файлы"), dense=True))
    if refused:  # the document adds sections that would say nothing but why they are empty
        rows = [[page.cell(f"{book.load(name).section} {_(book.load(name).title)}"), reason] for name, reason in refused.items()]
        blocks.append(page.table([page.col(_("Замер"), w=70, cls="h"), page.col(_("Чего не хватает"))], rows, title=_("Не посчитано и что для этого нужно"), id="not-measured", dense=True))
    return blocks


def reconciled(run: "Run") -> list[dict]:
    """Every row of the sales table in one line each: in the file, excluded by reason, before P, after as_of, in P."""
    import pandas as pd

    facts, ledger = run.company_facts, run.data["ledger"]
    days = facts.file_days
    after = days["date"] > pd.Timestamp(facts.as_of.date)
    inside = run.period.mask(days["date"]) & ~after
    lines = [("file", ledger["rows_in"], ledger["amount_in"])]
    lines += [(e["reason"], -e["rows"], 0.0 - e["amount"]) for e in ledger["excluded"]]
    for name, mask in (("after_as_of", after), ("outside", ~after & ~inside)):
        lines.append((name, -int(days.loc[mask, "n_rows"].sum()), 0.0 - round(float(days.loc[mask, "amount"].sum()), 2)))
    lines.append(("used", int(days.loc[inside, "n_rows"].sum()), round(float(days.loc[inside, "amount"].sum()), 2)))
    return [{"line": name, "rows": rows, "amount": round(float(amount), 2)} for name, rows, amount in lines]


def reconciliation_titles(run: "Run") -> dict[str, str]:
    """What the lines of `reconciled` are called."""
    after, outside = _("− после отчётной даты {date}").format(date=_day(run)), _("− вне периода {period}").format(period=run.period)
    titles = {"file": _("В файле"), "after_as_of": after, "outside": outside, "used": _("В периоде отчёта")}
    return titles | {e["reason"]: "− " + e["text"] for e in run.data["ledger"]["excluded"]}


def _reconciliation_table(lines: list[dict], run: "Run") -> dict:
    titles = reconciliation_titles(run)
    rows = [[titles[x["line"]], number(x["rows"]), number(x["amount"], 2)] for x in lines]
    return page.table([page.col(_("Строки продаж"), cls="h"), page.col(_("Строк"), num=True, w=24), page.col(_("Сумма"), num=True, w=44)], rows[:-1], total=rows[-1],
                      title=_("Сверка"), unit=unit(run.facts.currency) or _("валюта не указана"), sheet="ledger")


def _day(run: "Run") -> str:
    from kbreport.words import day

    return day(run.facts.as_of.date)


def _facts(run: "Run") -> list[tuple[str, str]]:
    vat = {"included": _("суммы с НДС"), "excluded": _("суммы без НДС")}.get(run.facts.meta.get("vat") or "", _("НДС: не указано"))
    unit_of_order = _("клиент и день") if run.parameters.order_unit == "client_day" else _("документ")
    return [(_("Период"), f"{run.period} — {run.period_rule}"), (_("Отчётная дата"), f"{_day(run)} — {run.facts.as_of.rule}"), (_("Заказ"), unit_of_order),
            (_("НДС"), vat), (_("Валюта"), run.facts.currency or _("валюта не указана"))]


__all__ = ["Booked", "booked", "data_page", "data_verdict", "findings_json", "overview", "reconciled"]
