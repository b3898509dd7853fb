"""M3.6 Средний чек / Average order value.

Question   How large is an order, and does the average tell the truth about it?
In         order days of P; class of `abc`; manager_id and channel of the orders optional (a channel missing: the client's);
           numbers of lines optional
Out        main: check, median, interval by company, class, manager, channel; large_orders: single orders above large_order_share
Formula    check = Σ S of active clients / their orders; median of order amounts (net of linked returns); check_all_returns takes
           all net sales in; interval: delete-one-client jackknife; lines_per_order × avg_line_amount = check
Edge       no orders → missing, insufficient; a return that reverses an order of another period stays in its own, said in a note;
           under min_denominator orders → weak; a manager's client is active *with him*; fewer than min_jackknife clients → no interval
Source     book 3.6 [000:60]; large_order_share [OURS]; order = client + day [004:205]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch3._activity import Activity, activity, ratio, totals
from kbreport.facts.intervals import jackknife_ratio
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, day, listed, money, n_, number, percent, unit

SCOPES = ("company", "class", "manager_id", "channel")
NEAR = 0.05  # the average is called usual while it is this near to the median


class AvgCheck(Method):
    number: ClassVar[str] = "M3.6"
    section: ClassVar[str] = "3.6"
    title: ClassVar[str] = N_("Средний чек")
    question: ClassVar[str] = N_("Какой у нас заказ, и не обманывает ли среднее?")
    needs: ClassVar[tuple[str, ...]] = ("abc",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("manager_id", "order_lines")
    columns: ClassVar = {
        "main": cols("scope key orders amount avg_check median_check ci_low ci_high check_all_returns lines_per_order avg_line_amount status moved_returns_amount",
                     avg_check=("money", N_("Средний чек")), median_check=("money", N_("Медиана чека")), ci_low=("money", N_("Интервал от")), ci_high=("money", N_("Интервал до")),
                     check_all_returns=("money", N_("Чек со всеми возвратами")), lines_per_order=("number", N_("Строк в заказе")), avg_line_amount=N_("Средняя строка"),
                     moved_returns_amount=N_("Возвраты по заказам других периодов")),
        "large_orders": cols(f"{CL} order_date amount share check_without", order_date=N_("Дата заказа"), check_without=("money", N_("Чек без него"))),
    }
    titles: ClassVar = {"main": N_("Средний чек"), "large_orders": N_("Крупные заказы")}

    large_order_share: float = setting(0.20, source="OURS", help=N_("доля продаж, выше которой один заказ показывается отдельно"), gt=0, lt=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        whole = activity(base.facts, base.period)
        parts = [("company", whole), ("class", _by_class(whole, base))]
        parts += [("manager_id", activity(base.facts, base.period, "manager_id"))] if base.facts.order_days["manager_id"].notna().any() else []
        sold_by = activity(base.facts, base.period, "channel")
        parts += [("channel", sold_by)] if (sold_by.clients["key"] != "").any() else []
        main = pd.concat([self._scope(name, found, base) for name, found in parts], ignore_index=True)
        tables = {"main": main, "large_orders": self._large(whole, base.card())}
        if not main["orders"].iloc[0]:
            return Measured(tables, MethodStatus.INSUFFICIENT, _("за период нет заказов"))
        return Measured(tables)

    def _scope(self, scope: str, found: Activity, base: Base) -> pd.DataFrame:
        """One row per key of the scope; the company always has its row."""
        sums = totals(found)
        sums = sums if scope != "company" else sums.reindex([""]).fillna({"clients": 0, "orders": 0, "amount": 0.0, "all_amount": 0.0, "moved_returns": 0.0})
        least, few = base.parameters.min_jackknife, base.parameters.min_denominator
        limits = {key: jackknife_ratio(part["amount"].to_numpy(), part["orders"].to_numpy(), least) for key, part in found.active.groupby("key")}
        out = pd.DataFrame({"scope": scope, "key": sums.index, "orders": sums["orders"].astype("int64"), "amount": sums["amount"], "avg_check": ratio(sums["amount"], sums["orders"]),
                            "median_check": found.orders.groupby("key")["amount"].median().reindex(sums.index)}, index=sums.index)
        out["ci_low"], out["ci_high"] = ([limits.get(key, (np.nan, np.nan))[i] for key in sums.index] for i in (0, 1))
        out["check_all_returns"] = ratio(sums["all_amount"], sums["orders"])
        out["lines_per_order"], out["avg_line_amount"] = ratio(sums["lines"], sums["orders"]), ratio(sums["amount"], sums["lines"])
        out["status"] = np.select([out["orders"] == 0, out["orders"] < few], ["insufficient", "weak"], "ok").astype(object)
        out["moved_returns_amount"] = sums["moved_returns"]
        out["key"] = out["key"].where(out["key"] != "", None)
        return out[[c.name for c in self.columns["main"]]].reset_index(drop=True)

    def _large(self, whole: Activity, card: pd.DataFrame) -> pd.DataFrame:
        sums = totals(whole)
        amount, orders = (float(sums["amount"].sum()), int(sums["orders"].sum()))
        found = whole.orders[whole.orders["amount"] > (self.large_order_share + 1e-9) * amount] if amount > 0 else whole.orders.iloc[:0]
        found = found.sort_values(["amount", "client_id", "date"], ascending=[False, True, True], kind="stable").merge(card, on="client_id", how="left")
        found = found.assign(order_date=found["date"], share=found["amount"] / amount if amount else np.nan)
        found["check_without"] = (amount - found["amount"]) / (orders - 1) if orders > 1 else np.nan
        return found[[c.name for c in self.columns["large_orders"]]]

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        row = _own_row(tables["main"], base)
        if row is None:
            return []
        large = tables["large_orders"]
        gap = row["avg_check"] - row["median_check"]
        detail = n_("Разрыв {r} — чек держится на {n} крупном заказе.", "Разрыв {r} — чек держится на {n} крупных заказах.", len(large), r=_sum(gap, base)) if len(large) and gap > 0 else ""
        level = Finding("avg_check.level", FindingLevel.INFO, _said(base).format(x=_sum(row["avg_check"], base), m=_sum(row["median_check"], base)), detail,
                        fact=float(row["avg_check"]), baseline=float(row["median_check"]), gap=float(gap), values={"orders": int(row["orders"]), "n_large": len(large)})
        return [level, *_large_findings(large, base)]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        row, large = _own_row(tables["main"], base), tables["large_orders"]
        if row is None:
            return [page.section(_("За период нет заказов: средний чек не посчитан"), id="avg_check", kicker=kicker(self))]
        blocks = [page.section(_headline(row, large, base), id="avg_check", kicker=kicker(self), lead=_lead(row, base))]
        blocks += [*_chart(base), *_scopes(tables["main"], base), *_large_table(large, base), *_notes(row, base)]
        todo = [(f.action, f.who) for f in findings if f.action]
        return blocks + [page.action(todo or [_usual_action(row, base)])]


# ------------------------------------------------------------------ numbers
def _by_class(whole: Activity, base: Base) -> Activity:
    """The company's orders by the ABC class of their client."""
    letters = base.table("abc").set_index("client_id")["class"]
    return Activity(*(frame.assign(key=frame["client_id"].map(letters).fillna("N")) for frame in (whole.clients, whole.orders)))


def _own_row(main: pd.DataFrame, base: Base) -> pd.Series | None:
    """The row the page is about: the company's, or this manager's; None without orders."""
    rows = main[(main["scope"] == ("company" if base.manager is None else "manager_id")) & (main["orders"] > 0)]
    return None if rows.empty else rows.iloc[0]


# ------------------------------------------------------------------ words
def _sum(value: float, base: Base) -> str:
    """A check is said to the unit: `67 211 ₽`; kopecks only where it is small."""
    return money(value, base.facts.currency, "", 0 if abs(value) >= 100 else 2)


def _figure(value: float) -> str:
    return number(value, 0 if not abs(value) < 100 else 2)


def _is_deal(base: Base) -> bool:
    return base.parameters.sale_type == "S"


def _said(base: Base) -> str:
    return _("Средняя сделка {x}, медиана {m}") if _is_deal(base) else _("Средний чек {x}, медиана {m}")


def _large_findings(large: pd.DataFrame, base: Base) -> list[Finding]:
    if large.empty:
        return []
    first = large.iloc[0]
    text = n_("{n} заказ больше {share} продаж: {name}, {date}, {x}", "{n} заказов больше {share} продаж каждый; крупнейший — {name}, {date}, {x}", len(large),
              share=percent(base.settings("avg_check").large_order_share), name=listed([first["client_name"]]), date=day(first["order_date"]), x=money(first["amount"], base.facts.currency))
    detail = _("Без него чек {w}.").format(w=_sum(first["check_without"], base)) if not pd.isna(first["check_without"]) else ""
    by = large.groupby("client_id", sort=False)["amount"].sum()
    return [Finding("avg_check.large", FindingLevel.WATCH, text, detail, action=_("Планировать крупные заказы отдельной строкой, повторение не закладывать без договора"),
                    who=owner(base, _("руководитель отдела продаж"), 30), fact=float(first["share"]), money=round(float(large["amount"].sum()), 2), basis=_("сумма крупных заказов за период"),
                    clients=tuple((c, round(float(v), 2)) for c, v in by.items()), values={"n": len(large), "check_without": float(first["check_without"])})]


def _headline(row: pd.Series, large: pd.DataFrame, base: Base) -> str:
    x, m = _sum(row["avg_check"], base), _sum(row["median_check"], base)
    if len(large) and not pd.isna(large["check_without"].iloc[0]):
        return _("Средний чек {x} держится на крупных заказах: без самого крупного он {w}").format(x=x, w=_sum(large["check_without"].iloc[0], base))
    far = row["avg_check"] / row["median_check"] - 1
    if far > NEAR:
        return _("Средний чек {x}, но половина заказов не больше {m}").format(x=x, m=m)
    if far < -NEAR:
        return _("Средний чек {x}, но половина заказов не меньше {m}").format(x=x, m=m)
    return _("Средний чек {x}; обычный заказ почти такой же — {m}").format(x=x, m=m)


def _lead(row: pd.Series, base: Base) -> str:
    said = n_("{n} заказ активных клиентов на {x}.", "{n} заказов активных клиентов на {x}.", int(row["orders"]), x=money(row["amount"], base.facts.currency))
    if not pd.isna(row["ci_low"]):
        said += " " + _("При обычной удаче тех же клиентов чек был бы от {low} до {high}.").format(low=_sum(row["ci_low"], base), high=_sum(row["ci_high"], base))
    return said


def _chart(base: Base) -> list[dict]:
    """How the orders are spread; of a manager, the orders of his clients."""
    amounts = activity(base.facts, base.period).orders["amount"]
    if len(amounts) < 8:
        return []
    wide, phone = charts.both(lambda w: charts.histogram(amounts.tolist(), unit=_("сумма заказа"), counted=_("заказов"), w=w), "avg-check", w=180)
    return [page.fig("avg-check", wide, phone=phone, headline=_("Половина заказов меньше {m}").format(m=_sum(float(amounts.median()), base)),
                     subtitle=_("Заказы по сумме, {period}").format(period=base.period), alt=_("Столбики: сколько заказов какой суммы; отмечена медиана"))]


def _scopes(main: pd.DataFrame, base: Base) -> list[dict]:
    titles = {"company": (_("Всего"), ""), "class": (_("По классам"), _("Класс")), "manager_id": (_("По менеджерам"), _("Менеджер")), "channel": (_("По каналам"), _("Канал"))}
    made = [_scope_table(main[main["scope"] == name], name, *titles[name], base) for name in SCOPES[1:]]
    made = [t for t in made if t]
    return [page.cols((88, 88), ([made[0]], [made[1]])), *made[2:]] if len(made) > 1 else made


def _scope_table(part: pd.DataFrame, scope: str, title: str, head: str, base: Base) -> dict | None:
    """Keys in the order of the classes, else by id; a check that stands on few orders is marked."""
    part = part[part["orders"] > 0]
    if part.empty:
        return None
    rows = [[_name(r, base), number(r.orders) if r.orders else "—", _figure(r.avg_check), _figure(r.median_check)] for r in part.head(12).itertuples()]
    columns = [page.col(head, cls="h"), page.col(_("Заказов"), num=True), page.col(_("Чек"), num=True), page.col(_("Медиана"), num=True)]
    rest = len(part) - 12
    return page.table(columns, rows, title=title, unit=unit(base.facts.currency) or None, sheet="avg_check", dense=True,
                      note=n_("ещё {n} строка — в книге", "ещё {n} строк — в книге", rest) if rest > 0 else None)


def _name(row, base: Base) -> dict:
    few = _("мало заказов") if row.status == "weak" else None
    if row.scope == "class":
        return page.cell(badge=row.key, kind="abc", sub=few)
    if pd.isna(row.key):
        return page.cell(_("не указан"), sub=few)
    return page.cell(base.manager_name(row.key) if row.scope == "manager_id" else str(row.key), sub=few)


def _large_table(large: pd.DataFrame, base: Base) -> list[dict]:
    if large.empty:
        return []
    rows = [[page.cell(r.client_name), day(r.order_date), money(r.amount, base.facts.currency), percent(r.share, 1), _sum(r.check_without, base) if not pd.isna(r.check_without) else percent(None)]
            for r in large.itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Дата"), w=22), page.col(_("Сумма"), num=True, w=28), page.col(_("Доля продаж"), num=True, w=24), page.col(_("Чек без него"), num=True, w=28)]
    return [page.table(head, rows, title=_("Крупные заказы"), sheet="avg_check.large_orders", dense=True)]


def _notes(row: pd.Series, base: Base) -> list[dict]:
    said = []
    if abs(row["check_all_returns"] - row["avg_check"]) > 0.005:
        said.append(_("Со всеми возвратами чек {x}: разница — клиенты, у которых возвратов больше покупок.").format(x=_sum(row["check_all_returns"], base)))
    if row["moved_returns_amount"] < -0.005:
        said.append(_("Возвраты по заказам других периодов стоят в периоде возврата: {x}.").format(x=money(row["moved_returns_amount"], base.facts.currency)))
    if row["status"] == "weak":
        said.append(n_("Всего {n} заказ: среднее может сдвинуть каждый.", "Всего {n} заказов: среднее может сдвинуть каждый.", int(row["orders"])))
    if not pd.isna(row["lines_per_order"]):
        said.append(_("В заказе {n} строки по {x}.").format(n=number(row["lines_per_order"], 1), x=_sum(row["avg_line_amount"], base)))
    return [page.note(" ".join(said))] if said else []


def _usual_action(row: pd.Series, base: Base) -> tuple[str, str]:
    what = _("Найти клиентов A и B, чей обычный заказ меньше {m}, и предложить каждому ещё одну позицию")
    return what.format(m=_sum(row["median_check"], base)), owner(base, _("менеджеры клиентов"), 30)
