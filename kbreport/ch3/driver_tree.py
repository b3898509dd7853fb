"""M3.7 Взаимоотношения показателей / KPI driver tree and factor analysis.

Question   Which lever moved revenue: the number of clients, their frequency or the check?
In         order days of P-1 and P; manager_id of the orders, numbers of lines and margins optional
Out        main: contributions by company and manager, three approaches; clients_split: new, returned, lost; top_clients: who
           explains top_share of the gross change; levels: the check as lines × line, margin as sales × rate; manager_split
Formula    R = N · F · Q of active clients (`_levers`); returns_only = net sales of everybody else, so the table ends in Δ of all
           net sales. Contributions are rounded to kopecks by largest remainder and add up exactly
Edge       a factor is zero in a period → contributions missing, only the split is told; LMDI of R0 = R1 → L = R0; by manager N
           counts clients active *with him* (it does not add up, money does); history does not cover P-1 → insufficient;
           «new» includes clients whose newness the history is too short to prove
Source     book 3.7 [000:62]; chain substitution is the Russian textbook's; LMDI, Shapley: REFERENCE C 5.6; top_share [OURS]
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch3 import _levers
from kbreport.ch3._activity import Activity, activity, ratio, totals, turnover
from kbreport.ch3._compare import comparison, covered, withheld
from kbreport.facts.facts import exact_sum
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, Scale, listed, missing, money, n_, number, percent, scale_of, signed

FACTORS = ("clients", "frequency", "check")


class DriverTree(Method):
    number: ClassVar[str] = "M3.7"
    section: ClassVar[str] = "3.7"
    title: ClassVar[str] = N_("Взаимоотношения показателей")
    question: ClassVar[str] = N_("Что сдвинуло продажи: число клиентов, частота или чек?")
    optional_inputs: ClassVar[tuple[str, ...]] = ("manager_id", "order_lines", "margin")
    columns: ClassVar = {
        "main": cols("scope key approach factor value_prev value_cur contribution_amount contribution_share", approach=("text", N_("Способ")), factor=("text", N_("Показатель")),
                     value_prev=("number", N_("Было")), value_cur=("number", N_("Стало")), contribution_amount=N_("Вклад"), contribution_share=N_("Вклад, доля изменения")),
        "clients_split": cols("kind n_clients amount", kind=("text", N_("Клиенты"))),
        "top_clients": cols(f"{CL} amount_prev amount_cur delta_amount cum_share_of_change", cum_share_of_change=("share", N_("Доля изменения с накоплением"))),
        "levels": cols("level factor value_prev value_cur contribution_amount", level=("text", N_("Уровень")), factor=("text", N_("Показатель")), value_prev=("number", N_("Было")),
                       value_cur=("number", N_("Стало")), contribution_amount=N_("Вклад")),
        "manager_split": cols("manager_id kind n_clients amount", kind=("text", N_("Клиенты"))),
    }
    titles: ClassVar = {"main": N_("Вклады показателей"), "clients_split": N_("Клиенты: новые, вернувшиеся, ушедшие"), "top_clients": N_("Кто объясняет изменение"),
                        "levels": N_("Чек и маржа глубже"), "manager_split": N_("Новые и ушедшие по менеджерам")}

    approach: Literal["chain", "lmdi", "shapley"] = setting("chain", source="000:62", help=N_("способ, по которому говорит страница: цепные подстановки, LMDI или Шепли"))
    top_share: float = setting(0.80, source="OURS", help=N_("какую долю изменения должны объяснить названные клиенты"), gt=0, le=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        if not covered(base):
            return Measured({name: pd.DataFrame(columns=[c.name for c in columns]) for name, columns in self.columns.items()}, *comparison(base))
        before, now = (activity(base.facts, period) for period in (base.previous, base.period))
        trees = [_tree("company", before, now)]
        by = [activity(base.facts, period, "manager_id") for period in (base.previous, base.period)]
        if base.facts.has_managers:
            trees.append(_tree("manager_id", *by))
        tables = {"main": pd.concat(trees, ignore_index=True), "clients_split": _split(before, now, base).drop(columns="key"),
                  "top_clients": self._top(before, now, base), "levels": self._levels(before, now, trees[0], base), "manager_split": _manager_split(*by, base)}
        return Measured(tables, *comparison(base))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """What he sold: his row of the tree, clients new and lost *with him*, and of his present clients those who moved his sales."""
        if company["main"].empty:
            return Measured({name: company[name] for name in ("main", "clients_split", "top_clients")}, *comparison(base))
        main, split = company["main"], company["manager_split"]
        mine = [activity(base.facts, period, "manager_id") for period in (base.previous, base.period)]
        his = [Activity(*(frame[frame["key"] == base.manager] for frame in (found.clients, found.orders))) for found in mine]
        tables = {"main": main[(main["scope"] == "manager_id") & (main["key"] == base.manager)].reset_index(drop=True),
                  "clients_split": split.loc[split["manager_id"] == base.manager, ["kind", "n_clients", "amount"]].reset_index(drop=True), "top_clients": self._top(*his, base)}
        return Measured(tables, *comparison(base))

    def _top(self, before: Activity, now: Activity, base: Base) -> pd.DataFrame:
        """Clients whose change goes the way of the total, largest first, until top_share of the gross change that way is told."""
        names = [c.name for c in self.columns["top_clients"]]
        out = pd.DataFrame({"amount_prev": exact_sum(before.clients, ["client_id"]), "amount_cur": exact_sum(now.clients, ["client_id"])}).fillna(0.0).rename_axis("client_id")
        out["delta_amount"] = (out["amount_cur"] - out["amount_prev"]).round(4)
        way = np.sign(round(out["delta_amount"].sum(), 4))
        out = out[out["delta_amount"] * way > 0].reset_index()
        out["size"] = out[["amount_prev", "amount_cur"]].max(axis=1)
        out = out.sort_values(["delta_amount", "size", "client_id"], ascending=[way < 0, False, True], kind="stable")
        out["cum_share_of_change"] = out["delta_amount"].cumsum() / out["delta_amount"].sum()
        told = out["cum_share_of_change"].shift(fill_value=0.0) < self.top_share - 1e-9
        return out[told].merge(base.card(), on="client_id", how="left")[names].reset_index(drop=True)

    def _levels(self, before: Activity, now: Activity, tree: pd.DataFrame, base: Base) -> pd.DataFrame:
        rows = [*self._check_level(before, now, tree), *_margin_level(base)]
        return pd.DataFrame(rows, columns=[c.name for c in self.columns["levels"]])

    def _check_level(self, before: Activity, now: Activity, tree: pd.DataFrame) -> list[tuple]:
        """Q = lines per order × average line: the check's own contribution, split by the same approach."""
        a, b = (totals(found) for found in (before, now))
        if a.empty or b.empty or not a["lines"].iloc[0] > 0 or not b["lines"].iloc[0] > 0:
            return []
        (l0, p0), (l1, p1) = ((float((s["lines"] / s["orders"]).iloc[0]), float((s["amount"] / s["lines"]).iloc[0])) for s in (a, b))
        given = tree.loc[(tree["approach"] == self.approach) & (tree["factor"] == "check"), "contribution_amount"].iloc[0]
        lines = round(_lines_part(self.approach, (float(a["orders"].iloc[0]), l0, p0), (float(b["orders"].iloc[0]), l1, p1), given), 2)
        return [("check", "lines_per_order", l0, l1, lines), ("check", "line_amount", p0, p1, round(given - lines, 2))]

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        tree = _own(tables["main"], self.approach, base)
        if base.comparison != "ok" or tree is None:
            return []
        return [f for f in (_changed(tree, base), _explained(tables["top_clients"], tree, base)) if f]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        if base.comparison != "ok":
            return withheld(base, kicker(self), self.id())
        tree = _own(tables["main"], self.approach, base)
        if tree is None:
            return [page.section(_("Ни в этом периоде, ни в прошлом продаж нет"), id=self.id(), kicker=kicker(self))]
        scale = scale_of([tree.at["total", "value_prev"], tree.at["total", "value_cur"]], base.facts.currency)
        blocks = [page.section(_headline(tree, base), id=self.id(), kicker=kicker(self), lead=_split_said(tables["clients_split"], base))]
        blocks += _waterfall(tree, scale, base)
        blocks.append(page.cols((96, 80), ([_tree_table(tree, scale, base)], [_top_table(tables["top_clients"], scale, base)])))
        blocks += [*_managers(tables["main"], self.approach, scale, base), *_level_note(tables.get("levels")), _approach_note(tables["main"], self.approach, scale, base)]
        return [b for b in blocks if b] + [page.action([_action(tree, tables["top_clients"], base)])]


# ------------------------------------------------------------------ numbers
def _factors(sums: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    return sums["clients"].astype("float64"), ratio(sums["orders"], sums["clients"]), ratio(sums["amount"], sums["orders"])


def _tree(scope: str, before: Activity, now: Activity) -> pd.DataFrame:
    """The tree of every key in the three approaches, long."""
    a, b = totals(before), totals(now)
    keys = a.index.union(b.index) if scope != "company" else pd.Index([""])
    a, b = (x.reindex(keys).fillna({name: 0 for name in ("clients", "orders", "amount", "all_amount")}) for x in (a, b))
    v0, v1 = (np.array([x.to_numpy(dtype="float64") for x in _factors(s)]) for s in (a, b))
    rest0, rest1 = (s["all_amount"] - s["amount"] for s in (a, b))
    whole = (b["all_amount"] - a["all_amount"]).to_numpy()
    active, rest = (b["amount"] - a["amount"]).to_numpy(), (rest1 - rest0).to_numpy()
    scale = 100 if np.allclose(np.rint(whole * 100), whole * 100, atol=1e-4) and np.allclose(np.rint(active * 100), active * 100, atol=1e-4) else 10_000
    parts = []
    for approach in _levers.APPROACHES:
        given = _levers.to_kopecks(_levers.contributions(approach, tuple(np.nan_to_num(v0)), tuple(np.nan_to_num(v1))), active, scale)
        parts += [_rows(scope, keys, approach, factor, v0[i], v1[i], given[i]) for i, factor in enumerate(FACTORS)]
        parts.append(_rows(scope, keys, approach, "returns_only", rest0.to_numpy().round(4), rest1.to_numpy().round(4), rest.round(4)))
        parts.append(_rows(scope, keys, approach, "total", a["all_amount"].to_numpy(), b["all_amount"].to_numpy(), whole.round(4)))
    out = pd.concat(parts, ignore_index=True)
    total = out.groupby(["key", "approach"], sort=False)["contribution_amount"].transform("last")
    out["contribution_share"] = (out["contribution_amount"] / total).where(total.abs() > 1e-9) + 0.0  # no −0
    out = out.sort_values("key", kind="stable").reset_index(drop=True)
    out["key"] = out["key"].where(out["key"] != "", None)
    return out


def _rows(scope: str, keys: pd.Index, approach: str, factor: str, v0: np.ndarray, v1: np.ndarray, given: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"scope": scope, "key": keys.astype(object), "approach": approach, "factor": factor, "value_prev": v0, "value_cur": v1, "contribution_amount": given})


def _split(before: Activity, now: Activity, base: Base) -> pd.DataFrame:
    return turnover(before, now, base.facts.first_order, base.period.start)


def _lines_part(approach: str, before: tuple[float, float, float], now: tuple[float, float, float], given: float) -> float:
    """What of the check's contribution came from lines per order; (orders, lines per order, average line) of both periods."""
    (orders0, l0, p0), (orders1, l1, p1) = before, now
    if approach == "chain":
        return orders1 * (l1 - l0) * p0
    if approach == "lmdi":
        return float(_levers.log_mean(np.array(orders0 * l0 * p0), np.array(orders1 * l1 * p1))) * np.log(l1 / l0)
    change = l1 * p1 - l0 * p0
    weight = given / change if change else (orders0 + orders1) / 2
    return weight * (l1 - l0) * (p0 + p1) / 2


def _manager_split(before: Activity, now: Activity, base: Base) -> pd.DataFrame:
    out = _split(before, now, base).rename(columns={"key": "manager_id"})
    return out[out["manager_id"] != ""].reset_index(drop=True)


def _margin_level(base: Base) -> list[tuple]:
    """Margin = sales × rate, by chain substitution; nothing where the margin of a row is not known."""
    days = base.facts.order_days
    parts = [days.loc[period.mask(days["date"]), ["amount", "margin"]] for period in (base.previous, base.period)]
    if any(part["margin"].isna().any() or not part["amount"].sum() > 0 for part in parts):
        return []
    (r0, m0), (r1, m1) = ([round(float(part[name].sum()), 4) for name in ("amount", "margin")] for part in parts)
    rate0, rate1 = m0 / r0, m1 / r1
    by_sales = round((r1 - r0) * rate0, 2)
    return [("margin", "sales", r0, r1, by_sales), ("margin", "margin_rate", rate0, rate1, round(round(m1 - m0, 2) - by_sales, 2))]


def _own(main: pd.DataFrame, approach: str, base: Base) -> pd.DataFrame | None:
    """The tree the page is about, by factor; None where there are no sales at all."""
    rows = main[(main["scope"] == ("company" if base.manager is None else "manager_id")) & (main["approach"] == approach)].set_index("factor")
    return None if rows.empty or not rows.loc["total", ["value_prev", "value_cur"]].any() else rows


# ------------------------------------------------------------------ words
def _names() -> dict[str, str]:
    return {"clients": _("число клиентов"), "frequency": _("частота"), "check": _("средний чек"), "returns_only": _("возвраты без покупок"), "total": _("продажи")}


def _delta(value: float, base: Base) -> str:
    return signed(money(value, base.facts.currency))


def _ordered(tree: pd.DataFrame) -> pd.Series:
    """Contributions of the three factors, the largest by size first."""
    given = tree.loc[list(FACTORS), "contribution_amount"]
    return given.reindex(given.abs().sort_values(ascending=False, kind="stable").index)


def _changed(tree: pd.DataFrame, base: Base) -> Finding:
    total = tree.loc["total"]
    delta, given = float(total["contribution_amount"]), _ordered(tree)
    if given.isna().any():
        text = _("Выручка изменилась на {d}: на показатели не раскладывается, в одном из периодов не было активных клиентов").format(d=_delta(delta, base))
        return Finding("driver_tree.change", FindingLevel.INFO, text, fact=float(total["value_cur"]), baseline=float(total["value_prev"]), gap=delta)
    parts = {name: _delta(tree.at[name, "contribution_amount"], base) for name in FACTORS}
    text = _("Выручка изменилась на {d}: клиенты {a}, частота {b}, чек {c}").format(d=_delta(delta, base), a=parts["clients"], b=parts["frequency"], c=parts["check"])
    small = tree.loc["clients", ["value_prev", "value_cur"]].min() < base.parameters.min_denominator
    level = FindingLevel.INFO if small or delta == 0 else FindingLevel.WATCH if delta < 0 else FindingLevel.GOOD
    detail = _("Главный рычаг — {max}; с него и начинать.").format(max=_names()[given.index[0]])
    return Finding("driver_tree.change", level, text, detail, fact=float(total["value_cur"]), baseline=float(total["value_prev"]), gap=delta,
                   values={name: float(tree.at[name, "contribution_amount"]) for name in (*FACTORS, "returns_only")})


def _explained(top: pd.DataFrame, tree: pd.DataFrame, base: Base) -> Finding | None:
    """Who explains most of the change; the money is context (their state decides elsewhere whether it can be won back)."""
    delta = float(tree.at["total", "contribution_amount"])
    if top.empty or not delta:
        return None
    names, share = listed(list(top["client_name"])), percent(top["cum_share_of_change"].iloc[-1])
    if delta < 0:
        text = n_("{n} клиент даёт {p} снижения: {names}", "{n} клиентов дают {p} снижения: {names}", len(top), p=share, names=names)
    else:
        text = n_("{n} клиент даёт {p} прироста: {names}", "{n} клиентов дают {p} прироста: {names}", len(top), p=share, names=names)
    pairs = tuple((c, round(float(abs(v)), 2)) for c, v in zip(top["client_id"], top["delta_amount"]))
    what, who = _action(tree, top, base)
    return Finding("driver_tree.top", FindingLevel.INFO, text, action=what, who=who, money=round(sum(v for _c, v in pairs), 2), clients=pairs,
                   basis=_("на столько меньше купили, чем в прошлом периоде") if delta < 0 else _("на столько больше купили, чем в прошлом периоде"),
                   values={"n": len(top), "share": float(top["cum_share_of_change"].iloc[-1])})


def _headline(tree: pd.DataFrame, base: Base) -> str:
    delta, given = float(tree.at["total", "contribution_amount"]), _ordered(tree)
    rate = delta / tree.at["total", "value_prev"] if tree.at["total", "value_prev"] > 0 else np.nan
    size = money(abs(delta), base.facts.currency) + (f" ({signed(percent(rate, 1))})" if not np.isnan(rate) else "")
    said = _("Продажи не изменились") if not delta else (_("Продажи выросли на {x}") if delta > 0 else _("Продажи снизились на {x}")).format(x=size)
    if given.isna().any() or not given.abs().max():
        return said
    first, second = given.index[0], given.index[1]
    lever = _("{name} {x}").format(name=_names()[first], x=_delta(given[first], base))
    if given[first] * given[second] < 0:
        lever = _("{one}, навстречу {name} {x}").format(one=lever, name=_names()[second], x=_delta(given[second], base))
    return f"{said}: {lever}"


def _split_said(split: pd.DataFrame, base: Base) -> str | None:
    by = split.set_index("kind")
    if by.empty or not by["n_clients"].any():
        return _("Состав активных клиентов не изменился.")
    said = [n_("{n} новый клиент ({x})", "{n} новых клиентов ({x})", int(by.at["new", "n_clients"]), x=_delta(by.at["new", "amount"], base)) if by.at["new", "n_clients"] else "",
            n_("{n} вернувшийся ({x})", "{n} вернувшихся ({x})", int(by.at["returned", "n_clients"]), x=_delta(by.at["returned", "amount"], base)) if by.at["returned", "n_clients"] else "",
            n_("{n} ушедший ({x})", "{n} ушедших ({x})", int(by.at["lost", "n_clients"]), x=_delta(-by.at["lost", "amount"], base)) if by.at["lost", "n_clients"] else ""]
    return _("Состав активных клиентов: {said}.").format(said=", ".join(s for s in said if s))


def _waterfall(tree: pd.DataFrame, scale: Scale, base: Base) -> list[dict]:
    given = tree.loc[list(FACTORS), "contribution_amount"]
    if given.isna().any():
        return []
    names, rest = _names(), float(tree.at["returns_only", "contribution_amount"])
    steps = [(names[name].capitalize(), given[name]) for name in FACTORS] + ([(names["returns_only"].capitalize(), rest)] if abs(rest) > 0.005 else [])
    labels = [_("Было"), *(name for name, _v in steps), _("Стало")]
    values = [tree.at["total", "value_prev"], *(v for _n, v in steps), tree.at["total", "value_cur"]]
    wide, phone = charts.both(lambda w: charts.waterfall(labels, values, fmt=lambda v: number(v / scale.divisor), w=w), "driver-waterfall")
    subtitle = _("Вклад показателей в изменение продаж, {previous} → {period}").format(previous=base.previous, period=base.period)
    return [page.fig("driver-waterfall", wide, phone=phone, headline=_("Сильнее всего — {name}").format(name=names[_ordered(tree).index[0]]), subtitle=subtitle + (f", {scale.unit}" if scale.unit else ""),
                     alt=_("Ступени от прошлых продаж к нынешним: {steps}").format(steps=", ".join(f"{name} {scale.change(v)}" for name, v in steps)))]


def _value(factor: str, value: float, scale: Scale, base: Base) -> str:
    if missing(value):
        return percent(None)
    if factor == "clients":
        return number(value) if value else "—"
    if factor == "frequency":
        return number(value, 2)
    return number(value, 0 if abs(value) >= 100 else 2) if factor == "check" else scale.text(value)


def _tree_table(tree: pd.DataFrame, scale: Scale, base: Base) -> dict:
    titles = {"clients": _("Активных клиентов"), "frequency": _("Заказов на клиента"), "check": _("Средний чек, {unit}").format(unit=scale_of([], base.facts.currency).unit or _("за заказ")), "returns_only": _("Возвраты без покупок")}
    shown = [f for f in titles if f != "returns_only" or abs(tree.at[f, "value_prev"]) + abs(tree.at[f, "value_cur"]) > 0.005]
    rows = [[titles[f], _value(f, tree.at[f, "value_prev"], scale, base), _value(f, tree.at[f, "value_cur"], scale, base), scale.change(tree.at[f, "contribution_amount"])] for f in shown]
    total = [_("Продажи"), *(scale.text(tree.at["total", name]) for name in ("value_prev", "value_cur")), scale.change(tree.at["total", "contribution_amount"])]
    head = [page.col(_("Показатель"), cls="h"), page.col(_("Было"), num=True), page.col(_("Стало"), num=True), page.col(_("Вклад"), num=True)]
    return page.table(head, rows, total=total, title=_("Дерево показателей"), unit=scale.unit or None, sheet="driver_tree", dense=True)


def _top_table(top: pd.DataFrame, scale: Scale, base: Base) -> dict:
    rows = [[page.cell(r.client_name, sub=None if missing(r.manager_id) or base.manager else base.manager_name(r.manager_id)), scale.change(r.delta_amount), percent(r.cum_share_of_change)] for r in top.head(7).itertuples()]
    rest = len(top) - 7
    head = [page.col(_("Клиент"), cls="h"), page.col(_("±"), num=True, w=18), page.col(_("Накоплено"), num=True, w=20)]
    return page.table(head, rows, title=_("Кто объясняет изменение"), unit=scale.unit or None, sheet="driver_tree.top_clients", dense=True,
                      note=n_("ещё {n} клиент — в книге", "ещё {n} клиентов — в книге", rest) if rest > 0 else None)


def _managers(main: pd.DataFrame, approach: str, scale: Scale, base: Base) -> list[dict]:
    part = main[(main["scope"] == "manager_id") & (main["approach"] == approach)]
    if base.manager is not None or part["key"].nunique(dropna=False) < 2:
        return []
    wide = part.assign(key=part["key"].fillna("")).pivot(index="key", columns="factor", values="contribution_amount")
    rows = [[base.manager_name(key) if key else _("не указан"), *(scale.change(r[f]) for f in (*FACTORS, "returns_only", "total"))] for key, r in wide.iterrows()]
    head = [page.col(_("Менеджер"), cls="h"), *(page.col(t, num=True) for t in (_("Клиенты"), _("Частота"), _("Чек"), _("Возвраты"), _("Всего")))]
    return [page.table(head, rows[:20], title=_("Вклады по менеджерам"), unit=scale.unit or None, sheet="driver_tree", dense=True, note=_("Клиенты считаются у того, кто продал; деньги складываются, число клиентов — нет"))]


def _level_note(levels: pd.DataFrame | None) -> list[dict]:
    if levels is None or levels.empty:
        return []
    by, said = levels.set_index("factor"), []
    if "lines_per_order" in by.index:
        a, b = by.loc["lines_per_order"], by.loc["line_amount"]
        said.append(_("Чек глубже: строк в заказе {l0} → {l1} ({x}), средняя строка {p0} → {p1} ({y}).").format(l0=number(a["value_prev"], 2), l1=number(a["value_cur"], 2), x=signed(money(a["contribution_amount"])),
                                                                                                 p0=number(b["value_prev"]), p1=number(b["value_cur"]), y=signed(money(b["contribution_amount"]))))
    if "margin_rate" in by.index:
        a, b = by.loc["sales"], by.loc["margin_rate"]
        said.append(_("Маржа: от продаж {x}, от нормы маржи {r0} → {r1} — {y}.").format(x=signed(money(a["contribution_amount"])), r0=percent(b["value_prev"], 1), r1=percent(b["value_cur"], 1), y=signed(money(b["contribution_amount"]))))
    return [page.note(" ".join(said))]


def _approach_note(main: pd.DataFrame, approach: str, scale: Scale, base: Base) -> dict:
    titles = {"chain": _("цепные подстановки"), "lmdi": "LMDI", "shapley": _("Шепли")}
    said = []
    for other in (a for a in _levers.APPROACHES if a != approach):
        tree = _own(main, other, base)
        said.append(f"{titles[other]} " + " / ".join(scale.change(tree.at[f, "contribution_amount"]) for f in FACTORS))
    return page.note(_("Способ: {name}. Другие способы (клиенты / частота / чек): {others}.").format(name=titles[approach], others="; ".join(said)))


def _action(tree: pd.DataFrame, top: pd.DataFrame, base: Base) -> tuple[str, str]:
    names = listed(list(top["client_name"])) if len(top) else ""
    if tree.at["total", "contribution_amount"] < 0 and names:
        return _("Разобрать снижение по клиентам: {names}").format(names=names), owner(base, _("менеджеры клиентов"))
    if names:
        return _("Проверить, что прирост повторится: {names}").format(names=names), owner(base, _("менеджеры клиентов"), 30)
    return _("Выбрать один рычаг на следующий период и поставить по нему цель"), owner(base, _("руководитель отдела продаж"), 30)
