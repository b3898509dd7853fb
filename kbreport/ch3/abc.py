"""M3.2 ABC-анализ / ABC (Pareto) classification.

Question   Which few clients make most of the money?
In         facts.net_sales of P by client (measure amount | margin | orders); touches optional (share of work by class)
Out        main: one row per client, ranked, class N last; by_class; excluded (class N); sensitivity of the borders
Formula    clients with S > 0 ranked; class by the share accumulated *before* the client: < a → A, < b → B, else C
           (`rule = strict`: by the share including him: ≤ a, ≤ b). S ≤ 0 → N, outside the shares.
Edge       one client above a → A holds one; equal amounts at a border are said; under `min_clients` → status weak;
           margins must be known for every row of P, else refused
Source     book 3.2 [000:52]; Pareto [003:127], [004:103]; 80/95 [S9]; the crossing rule is [OURS]
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch3._amounts import known_amounts
from kbreport.facts import pareto
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.words import N_, _, listed, n_, number, percent, scale_of

VARIANTS = ((0.70, 0.90), (0.80, 0.95), (0.80, 0.90))  # borders other people use; shown beside ours


class Abc(Method):
    number: ClassVar[str] = "M3.2"
    section: ClassVar[str] = "3.2"
    title: ClassVar[str] = N_("ABC-анализ")
    question: ClassVar[str] = N_("Какие немногие клиенты дают большую часть денег?")
    optional_inputs: ClassVar[tuple[str, ...]] = ("touches",)
    columns: ClassVar = {
        "main": cols(f"{CL} amount share cum_share class rank"),
        "by_class": cols("class n_clients clients_share amount amount_share touches_share", touches_share=N_("Доля касаний")),
        "excluded": cols(f"{CL} amount class_reason"),
        "sensitivity": cols("a b rule n_a n_b n_c n_changed stable_a_share", a=("share", N_("Граница A")), b=("share", N_("Граница B")),
                            rule=("text", N_("Правило")), n_a=N_("Клиентов A"), n_b=N_("Клиентов B"), n_c=N_("Клиентов C"),
                            n_changed=N_("Сменили бы класс"), stable_a_share=N_("Остались бы в A")),
    }
    titles: ClassVar = {"main": N_("Клиенты по классам"), "by_class": N_("Классы"), "excluded": N_("Без класса"), "sensitivity": N_("Чувствительность границ")}

    a: float = setting(0.80, source="S9", help=N_("доля с накоплением, до которой клиент в классе A"), gt=0, lt=1)
    b: float = setting(0.95, source="S9", help=N_("доля с накоплением, до которой клиент в классе B"), gt=0, le=1)
    rule: Literal["crossing", "strict"] = setting("crossing", source="OURS", help=N_("клиент на границе: в старший класс (crossing) или в младший (strict)"))
    measure_by: Literal["amount", "margin", "orders"] | None = setting(None, source="OURS", help=N_("что делим: продажи, маржу или заказы"), alias="measure")
    min_clients: int = setting(5, source="OURS", help=N_("меньше клиентов — без выводов"), ge=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        what = self.measure_by or base.parameters.measure
        amounts = known_amounts(base.facts, base.period, what)
        main = self._main(base.card(), amounts)
        ranks = pareto.ranked(amounts)
        tables = {"main": main, "by_class": _by_class(main, base), "excluded": _excluded(main, amounts, what), "sensitivity": self._sensitivity(ranks)}
        weak = len(ranks) < self.min_clients
        reason = n_("только {n} клиент с продажами", "только {n} клиентов с продажами", len(ranks)) if weak else ""
        return Measured(tables, MethodStatus.WEAK if weak else MethodStatus.OK, reason)

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        """His clients with the classes of the whole company; sums by class are his own."""
        mine = company["main"][company["main"]["client_id"].isin(base.card()["client_id"])].reset_index(drop=True)
        excluded = company["excluded"][company["excluded"]["client_id"].isin(mine["client_id"])].reset_index(drop=True)
        return {"main": mine, "by_class": _by_class(mine, base), "excluded": excluded}

    def _main(self, card: pd.DataFrame, amounts: pd.Series) -> pd.DataFrame:
        ranks = pareto.ranked(amounts)
        order = ranks.index.append(pd.Index(sorted(set(card["client_id"]) - set(ranks.index)), dtype="str"))
        main = card.set_index("client_id").reindex(order).rename_axis("client_id").reset_index()
        main["amount"] = main["client_id"].map(amounts)
        cum = pareto.cumulative(ranks)
        main["share"] = main["client_id"].map(ranks / ranks.sum()) if len(ranks) else np.nan
        main["cum_share"] = main["client_id"].map(cum)
        main["class"] = main["client_id"].map(pareto.classes(amounts, self.a, self.b, self.rule)).astype("object").fillna("N").astype("str")
        main["rank"] = main["client_id"].map(pd.Series(np.arange(1, len(ranks) + 1), index=ranks.index)).astype("Int64")
        return main

    def _sensitivity(self, ranks: pd.Series) -> pd.DataFrame:
        ours = pareto.classes(ranks, self.a, self.b, self.rule)
        variants = dict.fromkeys([(self.a, self.b, self.rule), *((a, b, self.rule) for a, b in VARIANTS),
                                  (self.a, self.b, "strict" if self.rule == "crossing" else "crossing")])
        return pd.DataFrame([self._variant(ranks, ours, *v) for v in variants], columns=[c.name for c in self.columns["sensitivity"]])

    def _variant(self, ranks: pd.Series, ours: pd.Series, a: float, b: float, rule: str) -> tuple:
        other = pareto.classes(ranks, a, b, rule)
        count = other.value_counts()
        in_a = ours.index[ours == "A"]
        stable = (other.reindex(in_a) == "A").mean() if len(in_a) else np.nan
        return a, b, rule, *(int(count.get(k, 0)) for k in "ABC"), int((other != ours).sum()), stable

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        top = main[main["class"] == "A"]
        found = []
        if len(top) and base.manager is None and (main["class"] != "N").sum() >= self.min_clients:
            found.append(_core(top, main, base, self.measure_by or base.parameters.measure))
        found += [f for f in (self._tie(main, base), _losses(tables["excluded"], base)) if f]
        return found

    def _tie(self, main: pd.DataFrame, base: Base) -> Finding | None:
        """Equal amounts on both sides of a border: the cut between them is arbitrary and must be said."""
        ranks = main[main["class"] != "N"]
        last, first = ranks["class"].to_numpy()[:-1], ranks["class"].to_numpy()[1:]
        split = np.flatnonzero((last != first) & np.isclose(ranks["amount"].to_numpy()[:-1], ranks["amount"].to_numpy()[1:], rtol=0, atol=1e-9))
        if not len(split) or base.manager is not None:
            return None
        n = int(ranks["amount"].isin(ranks["amount"].to_numpy()[split]).sum())
        text = n_("Одинаковые суммы на границе классов: {n} клиент. Класс между ними условный.",
                  "Одинаковые суммы на границе классов: {n} клиентов. Класс между ними условный.", n)
        return Finding("abc.tie", FindingLevel.INFO, text, values={"n": n})

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        ranks = main[main["class"] != "N"]
        if ranks.empty:
            return [page.section(_("За период нет клиентов с продажами"), id="abc", kicker=kicker(self))]
        top = ranks[ranks["class"] == "A"]
        blocks = [page.section(_headline(ranks, top, base), id="abc", kicker=kicker(self), lead=_lead(self, base))]
        blocks += _pareto(ranks, base)
        blocks.append(page.cols((88, 88), ([_class_table(tables["by_class"], base)], [_top_table(top, base)])))
        blocks.append(_sensitivity_note(tables.get("sensitivity"), self))
        return [b for b in blocks if b]


# ------------------------------------------------------------------ numbers
def _by_class(main: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Count and money by class A, B, C, N; shares are of the clients and the money with a class."""
    group = main.groupby("class", observed=True)["amount"]
    out = pd.DataFrame({"n_clients": group.size(), "amount": group.sum(min_count=1)}).reindex(list("ABCN"))
    out["n_clients"] = out["n_clients"].fillna(0).astype("int64")
    ranked_clients, money_sum = out.loc[list("ABC"), "n_clients"].sum(), out.loc[list("ABC"), "amount"].sum()
    out["clients_share"] = out["n_clients"] / ranked_clients if ranked_clients else np.nan
    out["amount_share"] = out["amount"] / money_sum if money_sum else np.nan
    out.loc["N", ["clients_share", "amount_share"]] = np.nan
    out["touches_share"] = _touches_share(main, base)
    return out.rename_axis("class").reset_index()[["class", "n_clients", "clients_share", "amount", "amount_share", "touches_share"]]


def _touches_share(main: pd.DataFrame, base: Base) -> pd.Series | float:
    touches = base.facts.others.get("touches")
    if touches is None:
        return np.nan
    inside = touches[base.period.mask(touches["at"]) & (touches.get("direction", "out") != "in")]
    by = inside["client_id"].map(main.set_index("client_id")["class"]).value_counts()
    return by / by.sum() if by.sum() else np.nan


def _excluded(main: pd.DataFrame, amounts: pd.Series, what: str) -> pd.DataFrame:
    out = main.loc[main["class"] == "N", ["client_id", "client_name", "manager_id", "amount"]].reset_index(drop=True)
    net = "loss" if what == "margin" else "net_return"
    out["class_reason"] = np.where(out["amount"].isna(), "no_sales", net)
    return out


# ------------------------------------------------------------------ words
def _core(top: pd.DataFrame, main: pd.DataFrame, base: Base, what: str) -> Finding:
    first = top.iloc[0]
    share, amount = top["share"].sum(), top["amount"].sum()
    text = n_("{n} клиент ({p}) даёт {s} продаж", "{n} клиентов ({p}) дают {s} продаж", len(top),
              p=percent(len(top) / (main["class"] != "N").sum()), s=percent(share))
    detail = _("Потеря первого из них, {name}, — минус {x} выручки.").format(name=listed([first["client_name"]]), x=percent(first["share"], 1))
    is_money = what != "orders"
    clients = tuple((c, round(float(v), 2)) for c, v in zip(top["client_id"], top["amount"])) if is_money else ()
    return Finding("abc.core", FindingLevel.INFO, text, detail, fact=round(float(share), 6), money=round(float(amount), 2) if is_money else None,
                   basis=_("продажи класса A за период"), clients=clients,
                   action=_("Назначить второго ответственного за каждого клиента A"), who=_("руководитель отдела продаж"),
                   values={"n": len(top), "share": float(share), "first_share": float(first["share"])})


def _losses(excluded: pd.DataFrame, base: Base) -> Finding | None:
    loss = excluded[excluded["class_reason"] == "loss"]
    if loss.empty:
        return None
    text = n_("{n} клиент убыточен: {names}", "{n} клиентов убыточны: {names}", len(loss), names=listed(list(loss["client_name"])))
    return Finding("abc.loss", FindingLevel.RISK, text, money=round(float(-loss["amount"].sum()), 2), basis=_("отрицательная маржа за период"),
                   clients=tuple((c, round(float(-v), 2)) for c, v in zip(loss["client_id"], loss["amount"])), values={"n": len(loss)})


def _headline(ranks: pd.DataFrame, top: pd.DataFrame, base: Base) -> str:
    share = ranks["share"] / ranks["share"].sum()
    half = int((share.sort_values(ascending=False).cumsum().to_numpy() < 0.5 - pareto.TOLERANCE).sum()) + 1
    if base.manager is not None:
        return n_("{n} клиент с продажами: класс A даёт {s} продаж", "{n} клиентов с продажами: класс A даёт {s} продаж", len(ranks),
                  s=percent(share[ranks["class"] == "A"].sum()))
    if top.empty:
        return _("В классе A никого: по строгому правилу первый клиент перешёл границу")
    if half < len(top):
        return n_("{n} клиент даёт {s} продаж; половину — всего {half}", "{n} клиентов дают {s} продаж; половину — всего {half}", len(top),
                  s=percent(top["share"].sum()), half=number(half))
    return n_("{n} клиент даёт {s} продаж", "{n} клиентов дают {s} продаж", len(top), s=percent(top["share"].sum()))


def _lead(method: Abc, base: Base) -> str:
    what = {"amount": _("сумме продаж"), "margin": _("марже"), "orders": _("числу заказов")}[method.measure_by or base.parameters.measure]
    return _("Классы по {what}: A — первые {a}, B — до {b}, C — остальные. Клиент на границе относится к старшему классу.").format(
        what=what, a=percent(method.a), b=percent(method.b)) if method.rule == "crossing" else \
        _("Классы по {what}: A — до {a}, B — до {b}, C — остальные. Строгое правило: клиент, перешедший границу, — в младшем классе.").format(
        what=what, a=percent(method.a), b=percent(method.b))


def _pareto(ranks: pd.DataFrame, base: Base) -> list[dict]:
    if len(ranks) < 3:
        return []
    wide, phone = charts.both(lambda w: charts.pareto(ranks["amount"].tolist(), ranks["class"].tolist(), currency=base.facts.currency, w=w), "abc-pareto")
    top = int((ranks["class"] == "A").sum())
    return [page.fig("abc-pareto", wide, phone=phone,
                     headline=n_("Вклад первых: {n} клиент из {all}", "Вклад первых: {n} клиентов из {all}", top, all=number(len(ranks))),
                     subtitle=_("Продажи по клиентам, {period}").format(period=base.period),
                     alt=_("Столбцы продаж по убыванию и кривая доли с накоплением: A {a}, B {b}").format(
                         a=percent(ranks.loc[ranks["class"] == "A", "share"].sum()), b=percent(ranks.loc[ranks["class"] == "B", "share"].sum())))]


def _class_table(by_class: pd.DataFrame, base: Base) -> dict:
    with_touches = by_class["touches_share"].notna().any()
    head = [page.col(_("Класс"), w=14), page.col(_("Клиентов"), num=True), page.col(_("% клиентов"), num=True),
            page.col(_("Продажи"), num=True), page.col(_("% продаж"), num=True)] + ([page.col(_("% касаний"), num=True)] if with_touches else [])
    rows, scale = [], scale_of(by_class["amount"], base.facts.currency)
    for row in by_class[by_class["n_clients"] > 0].itertuples(index=False):
        name = getattr(row, "_0", None) or row[0]
        line = [page.cell(badge=name, kind="abc"), number(row.n_clients), percent(row.clients_share) if name != "N" else "—",
                scale.text(row.amount) if not pd.isna(row.amount) else "—", percent(row.amount_share) if name != "N" else "—"]
        rows.append(line + ([percent(row.touches_share)] if with_touches else []))
    return page.table(head, rows, title=_("Классы"), unit=scale.unit or None, sheet="abc.by_class", dense=True)


def _top_table(top: pd.DataFrame, base: Base) -> dict:
    scale = scale_of(top["amount"].head(8), base.facts.currency)
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), scale.text(r.amount), percent(r.share, 1)] for r in top.head(8).itertuples()]
    note = n_("ещё {n} клиент — в книге", "ещё {n} клиентов — в книге", len(top) - 8) if len(top) > 8 else None
    return page.table([page.col(_("Клиент"), cls="h"), page.col(_("Продажи"), num=True, w=20), page.col(_("Доля"), num=True, w=16)], rows,
                      title=_("Класс A: кого терять нельзя"), unit=scale.unit or None, sheet="abc", dense=True, note=note)


def _sensitivity_note(sensitivity: pd.DataFrame | None, method: Abc) -> dict | None:
    if sensitivity is None or len(sensitivity) < 2:
        return None
    other = sensitivity.iloc[1]
    return page.note(_("Границы — норма kbreport, в книге может быть иначе. При границах {a} / {b} класс сменили бы {n}; в A остались бы {s}.").format(
        a=percent(other["a"]), b=percent(other["b"]), n=n_("{n} клиент", "{n} клиентов", int(other["n_changed"])), s=percent(other["stable_a_share"])))
