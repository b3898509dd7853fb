"""M3.1 Обязательные замеры / Mandatory KPI panel.

Question   What is the state of the base, on one page?
In         order days of P, P-1 (P-2 for turnover of P-1); whatever other methods measured: abc, retention, client_risk, lifecycle,
           penetration, order_conversion, nps, touches, plan_report (fulfilment); tables receivables and plans (targets)
Out        main: one row per measure (`_panel.ROWS`) with both periods, change, target, verdict, status; by_manager: the same;
           monthly: five measures of the 12 months that end with P
Formula    change = value / value_prev − 1. Verdict with a target: good if reached, watch within watch_gap of it, bad beyond; without:
           change in the good direction ≥ good_change good, ≤ bad_change bad, else watch; rows without a direction: na
Edge       a row whose source is absent stays, refused, and says what it needs; base of P-1 under min_denominator clients → verdicts only
           against a target; P-1 not covered by the history → insufficient; newness that cannot be told → insufficient, never new;
           a plan is the target only where it covers all months and all sales it stands beside; fulfilment: months with a plan
Source     book 3.1 [000:50]; groups [001:18]; which rows and the verdict rule [OURS]; existing_mark [000:10]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from pydantic import field_validator

from kbreport import charts, page
from kbreport.ch3 import _panel
from kbreport.ch3._compare import comparison
from kbreport.ch3._panel import COMPARED, NAMES, ROWS, Got, Row
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, missing, money, n_, number, percent, pp, signed

BY_NAME = {row.name: row for row in ROWS}
LEVERS = ("nrr", "active_clients", "frequency", "avg_check")
ONE = ("plan_fulfilment", "touch_coverage")  # measured against a norm: the target is the whole of it
_COLUMNS = "row group title unit value value_prev change target verdict source_table method status reason"
_TITLES = {"row": ("text", N_("Замер")), "group": ("text", N_("Группа")), "title": ("text", N_("Название")), "unit": ("text", N_("Единица")), "value": ("number", N_("Стало")),
           "value_prev": ("number", N_("Было")), "change": ("share", N_("Изменение")), "target": ("number", N_("Цель")), "verdict": ("text", N_("Оценка")),
           "source_table": ("text", N_("Таблица")), "method": ("text", N_("Метод"))}
_MONTHLY = "month amount active_clients orders frequency avg_check"
_MONTH_TITLES = {"active_clients": ("count", N_("Активных клиентов")), "frequency": ("number", N_("Заказов на клиента")), "avg_check": ("money", N_("Средний чек"))}


class BasePanel(Method):
    number: ClassVar[str] = "M3.1"
    section: ClassVar[str] = "3.1"
    title: ClassVar[str] = N_("Обязательные замеры")
    question: ClassVar[str] = N_("В каком состоянии база — на одной странице?")
    uses: ClassVar[tuple[str, ...]] = ("abc", "avg_check", "concentration", "driver_tree", "retention", "client_risk", "lifecycle", "penetration", "order_conversion", "nps", "touches", "plan_report")
    optional_inputs: ClassVar[tuple[str, ...]] = ("manager_id", "receivables", "plans", "touches", "potential", "deals", "survey_answers")
    columns: ClassVar = {"main": cols(_COLUMNS, **_TITLES), "monthly": cols(_MONTHLY, **_MONTH_TITLES), "by_manager": cols(f"manager_id {_COLUMNS}", **_TITLES),
                         "monthly_by_manager": cols(f"manager_id {_MONTHLY}", **_MONTH_TITLES)}
    titles: ClassVar = {"main": N_("Обязательные замеры"), "monthly": N_("По месяцам"), "by_manager": N_("Замеры по менеджерам"), "monthly_by_manager": N_("По месяцам и менеджерам")}

    good_change: float = setting(0.03, source="OURS", help=N_("изменение к лучшему, с которого оценка хорошая"), ge=0)
    bad_change: float = setting(-0.05, source="OURS", help=N_("изменение к худшему, с которого оценка плохая"), le=0)
    watch_gap: float = setting(0.10, source="OURS", help=N_("насколько можно не дойти до цели, чтобы оценка была «внимание»"), ge=0, lt=1)
    existing_mark: float = setting(0.80, source="000:10", help=N_("отметка книги: доля постоянных клиентов"), ge=0, le=1)
    targets: dict[str, float] = setting({}, source="OURS", help=N_("цели компании по замерам, например {\"nrr\": 1.0}"))

    @field_validator("targets")
    @classmethod
    def _known_rows(cls, targets: dict[str, float]) -> dict[str, float]:
        if unknown := set(targets) - set(NAMES):
            raise ValueError(f"no such rows: {sorted(unknown)}")
        return targets

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        found, reasons = _panel.collected(base)
        long = self._verdicts(_long(found, reasons, self._targets(base), base), base)
        by_manager = long[long["key"] != ""].rename(columns={"key": "manager_id"})
        months, theirs = _panel.monthly(base), _panel.monthly(base, "manager_id").rename(columns={"key": "manager_id"})
        tables = {"main": long.loc[long["key"] == "", _COLUMNS.split()], "monthly": months[_MONTHLY.split()], "by_manager": by_manager[["manager_id", *_COLUMNS.split()]],
                  "monthly_by_manager": theirs[["manager_id", *_MONTHLY.split()]]}
        return Measured({name: frame.reset_index(drop=True) for name, frame in tables.items()}, *comparison(base))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """His own rows take the place of the company's; no row of a colleague."""
        mine = {name: company[name][company[name]["manager_id"] == base.manager].drop(columns="manager_id").reset_index(drop=True) for name in ("by_manager", "monthly_by_manager")}
        return Measured({"main": mine["by_manager"], "monthly": mine["monthly_by_manager"]}, *comparison(base))

    def _targets(self, base: Base) -> dict[str, pd.Series]:
        """By row and key: the company's own, the plan, the norm, the mark of the book."""
        out = {"existing_share": self.existing_mark} | dict.fromkeys(ONE, 1.0)
        out = {name: pd.Series({"": value}) for name, value in out.items()}
        for row, metric in (("net_sales", "amount"), ("orders", "orders"), ("new_clients", "new_clients")):
            if (plan := _panel.planned(base, metric)) is not None:
                out[row] = plan
        return out | {name: pd.Series({"": value}) for name, value in self.targets.items()}

    def _verdicts(self, long: pd.DataFrame, base: Base) -> pd.DataFrame:
        way, value, target = long["row"].map({r.name: r.way for r in ROWS}), long["value"], long["target"]
        small = long["key"].map(long[long["row"] == "active_clients"].set_index("key")["value_prev"]).fillna(0) < base.parameters.min_denominator
        moved = long["change"] * way
        far, gap = (value - target) * way, self.watch_gap * target.abs()
        judged = moved.notna() & ~small & (way != 0) & (base.comparison == "ok")
        aimed = value.notna() & target.notna() & (way != 0)
        tiny = 1e-9
        long["verdict"] = np.select([aimed & (far >= -tiny), aimed & (far >= -gap - tiny), aimed, judged & (moved >= self.good_change - tiny), judged & (moved <= self.bad_change + tiny), judged],
                                    ["good", "watch", "bad", "good", "bad", "watch"], "na").astype(object)
        return long

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"].set_index("row")
        if base.comparison != "ok" or main.empty or missing(main.at["net_sales", "change"]):
            return []
        lever = _lever(main)
        bad = [r.title for r in main.itertuples() if r.verdict == "bad"]
        detail = _("Хуже, чем было или чем цель: {list}.").format(list=", ".join(_lower(t) for t in bad)) if bad else ""
        level = FindingLevel.WATCH if bad else FindingLevel.INFO
        return [Finding("base_panel.state", level, _headline(main, base), detail, fact=float(main.at["net_sales", "value"]), baseline=float(main.at["net_sales", "value_prev"]),
                        gap=round(float(main.at["net_sales", "value"] - main.at["net_sales", "value_prev"]), 4),
                        values={"sales_change": float(main.at["net_sales", "change"])} | ({"lever": lever[0], "lever_change": lever[1]} if lever else {}))]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"].set_index("row", drop=False)
        if main.empty:
            return [page.section(_("За период нет продаж: замерять нечего"), id="base_panel", kicker=kicker(self))]
        reason = comparison(base)[1]
        lead = (reason[:1].upper() + reason[1:] + ".") if reason else findings[0].detail if findings and findings[0].detail else None
        blocks = [page.section(_headline(main, base), id="base_panel", kicker=kicker(self), lead=lead), *_panels(tables["monthly"], main, base), _table(main, tables["monthly"], base)]
        return [*blocks, *_managers(tables.get("by_manager"), base), *_absent(main, base), page.note(_small(main, base)), page.action([_action(main, base)])]


# ------------------------------------------------------------------ numbers
def _long(found: dict[str, Got], reasons: dict[str, str], targets: dict[str, pd.Series], base: Base) -> pd.DataFrame:
    """Every row for every key: the company first, then the managers."""
    keys = pd.Index(dict.fromkeys(["", *sorted({k for got in found.values() for k in got.now.index if k}), *sorted(base.managers)]), name="key")
    now, before, count, target = (pd.DataFrame({name: of(name) for name in NAMES}, index=keys, dtype="float64") for of in (
        lambda n: _series(found[n].now if n in found else None, keys), lambda n: _series(found[n].before if n in found else None, keys),
        lambda n: _series(found[n].n if n in found else None, keys), lambda n: _series(targets.get(n), keys)))
    long = now.rename_axis(columns="row").stack(future_stack=True).rename("value").reset_index()
    for name, wide in (("value_prev", before), ("n", count), ("target", _shared(target))):
        long[name] = wide.stack(future_stack=True).to_numpy()
    long["change"] = (long["value"] / long["value_prev"] - 1).where(long["value_prev"] > 1e-9)
    specs = pd.DataFrame([(r.name, r.group, _(r.title), r.unit, r.table, r.method) for r in ROWS], columns=["row", "group", "title", "unit", "source_table", "method"])
    long = long.merge(specs, on="row", how="left")
    long["reason"] = long["row"].map(reasons).astype(object)
    long["status"] = _status(long, base)
    return long


def _series(values: pd.Series | None, keys: pd.Index) -> pd.Series:
    return pd.Series(np.nan, index=keys) if values is None or values.empty else values.astype("float64").reindex(keys)


def _shared(target: pd.DataFrame) -> pd.DataFrame:
    """Norms and the mark of the book hold for every manager; a plan and the company's own targets do not."""
    for name in (*ONE, "existing_share"):
        target[name] = target[name].fillna(target.at["", name])
    return target


def _status(long: pd.DataFrame, base: Base) -> np.ndarray:
    absent = long["reason"].notna()
    compared = long["row"].isin(COMPARED) | long["value_prev"].notna()
    untold = long["value"].isna() | (compared & (base.comparison != "ok"))
    weak = long["n"] < base.parameters.min_denominator
    return np.select([absent, untold, weak], ["refused", "insufficient", "weak"], "ok").astype(object)


def _lever(main: pd.DataFrame) -> tuple[str, float] | None:
    """The largest change among NRR (against 1), active clients, frequency, check."""
    moved = {name: main.at[name, "value"] - 1 if name == "nrr" else main.at[name, "change"] for name in LEVERS}
    known = {name: float(x) for name, x in moved.items() if not missing(x)}
    return max(known.items(), key=lambda item: abs(item[1])) if known else None


# ------------------------------------------------------------------ words
def _lower(title: str) -> str:
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _headline(main: pd.DataFrame, base: Base) -> str:
    """The title of the report: what sales did, and which measure moved most."""
    change, lever = main.at["net_sales", "change"], _lever(main)
    if base.comparison != "ok" or missing(change) or lever is None:
        return n_("Продажи {x}: {n} активный клиент", "Продажи {x}: {n} активных клиентов", int(main.at["active_clients", "value"]), x=money(main.at["net_sales", "value"], base.facts.currency))
    still = abs(change) < base.settings("base_panel").good_change
    said = _("Выручка почти не изменилась ({g})").format(g=signed(percent(change, 1))) if still else \
        (_("Выручка выросла на {g}") if change > 0 else _("Выручка упала на {g}")).format(g=percent(abs(change), 1))
    name, x = lever
    if abs(x) < 0.0005:
        return said
    against = still or (change > 0) != (x > 0)
    joint = _("{sales}, но {lever}") if against else _("{sales}: {lever}")
    return joint.format(sales=said, lever=_lever_said(name, x, main, against))


def _lever_said(name: str, x: float, main: pd.DataFrame, against: bool) -> str:
    orders = main.at["orders", "change"]
    if against and name == "avg_check" and x > 0 and not missing(orders) and orders < 0:
        return _("база держится на росте среднего чека: заказов стало меньше на {o}").format(o=percent(-orders))
    up = {"avg_check": N_("средний чек вырос на {x}"), "frequency": N_("заказов на клиента стало больше на {x}"), "active_clients": N_("активных клиентов стало больше на {x}"),
          "nrr": N_("прежние клиенты купили на {x} больше")}
    down = {"avg_check": N_("средний чек упал на {x}"), "frequency": N_("заказов на клиента стало меньше на {x}"), "active_clients": N_("активных клиентов стало меньше на {x}"),
            "nrr": N_("прежние клиенты купили на {x} меньше")}
    return _((up if x > 0 else down)[name]).format(x=percent(abs(x), 1))


def _figure(row: Row, value: float, base: Base) -> str:
    if missing(value):
        return percent(None)
    if row.unit == "money":
        return money(value, base.facts.currency, "" if row.name == "avg_check" else None, (0 if abs(value) >= 100 else 2) if row.name == "avg_check" else None)
    if row.unit == "share":
        return percent(value, 1)
    return number(value, 2) if row.unit == "ratio" else (number(value) if value or row.unit == "score" else "—")


def _untold(names, base: Base) -> np.ndarray:
    """Measures made of two periods, where the history covers one: the table keeps their numbers, the page does not say them."""
    return np.isin(names, COMPARED) & (base.comparison == "insufficient")


def _earlier(row: Row, r, base: Base) -> tuple[str, str]:
    """(before, change) as the page says them: a period the history does not cover is not compared, the table keeps its numbers."""
    if base.comparison == "insufficient" or missing(r.value_prev):
        return "", ""
    return _figure(row, r.value_prev, base), _moved(row, r)


def _moved(row: Row, r) -> str:
    """The change as it is read: points for shares, per cent for sums, pieces for counts."""
    if missing(r.value) or missing(r.value_prev):
        return ""
    gap = r.value - r.value_prev
    if row.unit == "share":
        return pp(gap) if round(gap * 100, 1) else "≈ 0"
    if row.unit in ("clients", "score"):
        return signed(number(gap)) if gap else "—"
    return signed(percent(r.change, 1)) if not missing(r.change) and round(r.change * 100, 1) else "≈ 0"


def _table(main: pd.DataFrame, monthly: pd.DataFrame, base: Base) -> dict:
    """One line per measure that has a value; what could not be counted is told apart below."""
    shown = main[main["value"].notna() & ~_untold(main["row"], base)]
    sparks = _sparks(monthly)
    tones = {"good": ("✓", "good"), "watch": ("!", "warn"), "bad": ("✗", "bad"), "na": ("", None)}
    rows = []
    for r in shown.itertuples():
        row, (sign, tone) = BY_NAME[r.row], tones[r.verdict]
        rows.append([page.cell(r.title), sparks.get(r.row, ""), _figure(row, r.value, base), *_earlier(row, r, base),
                     "" if missing(r.target) else _figure(row, r.target, base), page.cell(sign, tone=tone)])
    head = [page.col(_("Замер"), cls="h"), page.col(_("12 месяцев"), w=34, cls="x"), page.col(_("Стало"), num=True, w=26), page.col(_("Было"), num=True, w=26), page.col(_("±"), num=True, w=22),
            page.col(_("Цель"), num=True, w=22), page.col("", w=8)]
    return page.table(head, rows, title=_("Обязательные замеры"), sheet="base_panel", dense=True)


def _sparks(monthly: pd.DataFrame) -> dict[str, dict]:
    """Little lines of the measures that have a course by months."""
    out = {}
    if len(monthly) < 3:
        return out
    for name, column in (("net_sales", "amount"), ("active_clients", "active_clients"), ("orders", "orders"), ("frequency", "frequency"), ("avg_check", "avg_check")):
        figure = charts.spark(monthly[column].tolist(), w=30, h=4.5)
        if figure is not None:
            out[name] = page.cell(svg=charts.svg(figure, f"panel-{name}"), alt=_("по месяцам"), w=30)
    return out


def _panels(monthly: pd.DataFrame, main: pd.DataFrame, base: Base) -> list[dict]:
    """Four small multiples: sales, active clients, frequency, check by month."""
    if len(monthly) < 3:
        return []
    series = []
    for name, column in (("net_sales", "amount"), ("active_clients", "active_clients"), ("frequency", "frequency"), ("avg_check", "avg_check")):
        r, row = main.loc[name], BY_NAME[name]
        tone = "neutral" if r["verdict"] in ("na", "watch") else r["verdict"]
        series.append((r["title"], _figure(row, r["value"], base), _earlier(row, r, base)[1], tone, monthly[column].tolist(), None))
    ends = tuple(_month(m) for m in (monthly["month"].iloc[0], monthly["month"].iloc[-1]))
    wide, phone = charts.both(lambda w: charts.panels(series, ends=ends, w=w, cols=4 if w > 120 else 1), "panel-months")
    return [page.fig("panel-months", wide, phone=phone, headline=_("Как шёл год: четыре главных замера по месяцам"), subtitle=_("Крупно — за период {period}; линия — месяцы с {first} по {last}").format(
        period=base.period, first=ends[0], last=ends[1]), alt=_("Четыре линии по месяцам: продажи, активные клиенты, заказы на клиента, средний чек"))]


def _month(text: str) -> str:
    from kbreport.words import months_short

    return f"{months_short()[int(text[5:]) - 1]} {text[:4]}"


def _managers(by: pd.DataFrame | None, base: Base) -> list[dict]:
    if by is None or by["manager_id"].nunique() < 2:
        return []
    wide = by.pivot(index="manager_id", columns="row", values="value")
    wide = wide[wide["net_sales"].notna()]
    shown = [name for name in ("net_sales", "active_clients", "frequency", "avg_check", "nrr", "n_sleeping") if wide[name].notna().any() and not _untold([name], base).all()]
    rows = [[base.manager_name(str(key)), *(_figure(BY_NAME[name], r[name], base) for name in shown)] for key, r in wide.head(20).iterrows()]
    head = [page.col(_("Менеджер"), cls="h"), *(page.col(_(BY_NAME[name].title), num=True) for name in shown)]
    return [page.table(head, rows, title=_("По менеджерам"), sheet="base_panel.by_manager", dense=True, note=_("Продажи и заказы — кто продал; удержание — чьи клиенты были в начале периода; состояния — чьи они сейчас"))]


def _absent(main: pd.DataFrame, base: Base) -> list[dict]:
    """Rows without a value, each with what it needs."""
    rows = main[main["value"].isna() | _untold(main["row"], base)]
    if rows.empty:
        return []
    short = _("не хватает истории")
    said = "; ".join(f"{_lower(r.title)} — {short if missing(r.reason) or not missing(r.value) else r.reason}" for r in rows.itertuples())
    return [page.problem(_("Не посчитано, и что для этого нужно"), said + ".")]


def _small(main: pd.DataFrame, base: Base) -> str:
    mark = base.settings("base_panel").existing_mark
    said = _("Отметка книги: {p} приносят постоянные клиенты.").format(p=percent(mark))
    before = main.at["active_clients", "value_prev"]
    if missing(before) or before >= base.parameters.min_denominator:
        return said
    return said + " " + n_("В прошлом периоде был {n} активный клиент: оценки только там, где есть цель.", "В прошлом периоде было {n} активных клиентов: оценки только там, где есть цель.", int(before))


def _action(main: pd.DataFrame, base: Base) -> tuple[str, str]:
    bad = [_lower(r.title) for r in main.itertuples() if r.verdict == "bad"]
    if bad:
        return _("Разобрать на планёрке: {list}").format(list=", ".join(bad[:3])), owner(base, _("руководитель отдела продаж"))
    return _("Поставить цели по трём замерам и внести их в настройку base_panel.targets"), owner(base, _("руководитель отдела продаж"), 30)
