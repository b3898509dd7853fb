"""M3.3b Качественная миграция по ABC / ABC migration, composition and money.

Question   Who moved between the classes, which way and with how much money, even if the numbers stood still?
In         as abc_migration_qty, plus the first order of each client (entry_kind); lifecycle optional (who still buys)
Out        main: every client with a class in P-1 or P, the largest fall first; flows: money by direction; renewal of classes
Formula    direction by A > B > C: up, down, stay; left = class → N, entered = N → class. renewal = 1 − stayed / n_prev.
           entry_kind: returned (first order before P) · new (first order in P) · unknown (history does not reach before P-1,
           or is shorter than `lookback`)
Edge       a lower class with higher sales is marked (classes are relative); insufficient and refused as abc_migration_qty
Source     book 3.3 [000:54] names the two migrations; this reading is [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch3 import _migration
from kbreport.ch3._compare import comparison, withheld
from kbreport.facts.facts import exact_sum, looked_up
from kbreport.facts.period import add_months
from kbreport.method import CL, Base, BookedAs, Finding, FindingLevel, Measured, Method, Tables, cols, kicker
from kbreport.method.todo import owner
from kbreport.words import N_, _, Scale, listed, money, n_, number, percent, scale_of

DIRECTIONS = ("up", "down", "stay", "left", "entered")
AWAKE = ("active", "falling_asleep", "new")  # states whose loss is a risk; the others are booked by reactivation (METHODS 1.23)
SHOWN = 8


class AbcMigrationQual(Method):
    number: ClassVar[str] = "M3.3b"
    section: ClassVar[str] = "3.3"
    title: ClassVar[str] = N_("Качественная миграция по ABC")
    question: ClassVar[str] = N_("Кто сменил класс и с какими деньгами?")
    needs: ClassVar[tuple[str, ...]] = ("abc", "abc_migration_qty")
    uses: ClassVar[tuple[str, ...]] = ("lifecycle",)
    columns: ClassVar = {
        "main": cols(f"{CL} amount_prev amount_cur delta_amount class_prev class_cur class_cur_fixed direction entry_kind is_lower_class_higher_sales",
                     class_cur_fixed=("class", N_("Класс при прежних границах")), direction=("text", N_("Куда")), entry_kind=("text", N_("Кто пришёл")),
                     is_lower_class_higher_sales=N_("Класс ниже, продажи выше")),
        "flows": cols("direction n_clients amount_prev amount_cur delta_amount", direction=("text", N_("Куда"))),
        "renewal": cols("class n_prev n_stayed renewal_share", n_prev=N_("Клиентов было"), n_stayed=N_("Остались в классе"), renewal_share=N_("Обновление")),
    }
    titles: ClassVar = {"main": N_("Кто сменил класс"), "flows": N_("Деньги по направлениям"), "renewal": N_("Обновление классов")}

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        return Measured(_tables(self._main(base)), *comparison(base))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """His clients with the classes of the whole company; flows and renewal are his own."""
        main = company["main"]
        return Measured(_tables(main[main["client_id"].isin(base.card()["client_id"])].reset_index(drop=True)), *comparison(base))

    def _main(self, base: Base) -> pd.DataFrame:
        main = _migration.moves(base).merge(base.card(), on="client_id", how="left")
        main["delta_amount"] = (main["amount_cur"] - main["amount_prev"]).round(4)
        main["direction"] = _direction(main)
        main["entry_kind"] = _entry_kind(main, base)
        main["is_lower_class_higher_sales"] = (main["direction"] == "down") & (main["delta_amount"] > 0)
        main = main.sort_values(["delta_amount", "amount_prev", "client_id"], ascending=[True, False, True], kind="stable")
        return main[[c.name for c in self.columns["main"]]].reset_index(drop=True)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        if base.comparison != "ok" or main.empty:
            return []
        awake = _awake(base)
        below = _below_old_cut(main, awake, base)
        found = [_turnover(main, tables["flows"], base), _fell(main, awake, base), _inside_a(main, base, ask=below is None), below, _relative(main)]
        return [f for f in found if f]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        if base.comparison != "ok":
            return withheld(base, kicker(self), self.id())
        main = tables["main"]
        if main.empty:
            return [page.section(_("Ни в этом периоде, ни в прошлом нет клиентов с продажами"), id=self.id(), kicker=kicker(self))]
        scale = scale_of([*main["amount_prev"], *main["amount_cur"]], base.facts.currency)
        blocks = [page.section(_headline(tables, base), id=self.id(), kicker=kicker(self), lead=_lead(findings))]
        blocks += _flow(main, base)
        blocks.append(page.cols((88, 88), ([_flows_table(tables["flows"], scale)], [_renewal_table(tables["renewal"])])))
        blocks += [_list(main, base, scale), *_relative_note(main)]
        todo = [(f.action, f.who) for f in findings if f.action]
        return [b for b in blocks if b] + ([page.action(todo)] if todo else [])


# ------------------------------------------------------------------ numbers
def _direction(main: pd.DataFrame) -> np.ndarray:
    rank = {"A": 0, "B": 1, "C": 2, "N": 3}
    before, now = main["class_prev"].map(rank), main["class_cur"].map(rank)
    return np.select([before == 3, now == 3, now < before, now > before], ["entered", "left", "up", "down"], "stay").astype(object)


def _entry_kind(main: pd.DataFrame, base: Base) -> pd.Series:
    """How those who come from N came: a known fact, or `unknown` where the history is too short to tell (METHODS 1.7)."""
    facts, period = base.company_facts, base.period
    first = looked_up(main["client_id"], facts.first_order)
    told = facts.history_start < base.previous.start and facts.history_start <= add_months(period.start, -base.parameters.lookback)
    kind = np.where(first < pd.Timestamp(period.start), "returned", "new" if told else "unknown")
    kind = pd.Series(kind, index=main.index).where(first.notna(), "unknown")
    return kind.where(main["direction"] == "entered", None).astype("str").where(main["direction"] == "entered", None)


def _tables(main: pd.DataFrame) -> Tables:
    return {"main": main, "flows": _flows(main), "renewal": _renewal(main)}


def _flows(main: pd.DataFrame) -> pd.DataFrame:
    out = pd.DataFrame({"n_clients": main.groupby("direction").size()}, index=pd.Index(DIRECTIONS, name="direction"))
    for column in ("amount_prev", "amount_cur", "delta_amount"):
        out[column] = exact_sum(main, ["direction"], column).reindex(out.index)
    out = out.fillna(0).astype({"n_clients": "int64"}).reset_index()
    return out if len(main) else out.iloc[:0]


def _renewal(main: pd.DataFrame) -> pd.DataFrame:
    """renewal = 1 − |class in both periods| / |class in P-1|; missing for a class that was empty."""
    before = main["class_prev"].value_counts().reindex(list("ABC")).fillna(0).astype("int64")
    stayed = main.loc[main["class_prev"] == main["class_cur"], "class_prev"].value_counts().reindex(list("ABC")).fillna(0).astype("int64")
    out = pd.DataFrame({"n_prev": before, "n_stayed": stayed})
    out["renewal_share"] = (1 - out["n_stayed"] / out["n_prev"]).where(out["n_prev"] > 0)
    out = out.rename_axis("class").reset_index()
    return out if len(main) else out.iloc[:0]


def _awake(base: Base) -> set[str] | None:
    """Clients who are neither asleep nor gone today; None where the life cycle is not measured."""
    if not base.has("lifecycle"):
        return None
    states = base.table("lifecycle")
    return set(states.loc[states["state"].isin(AWAKE), "client_id"])


# ------------------------------------------------------------------ words
def _counts_stood(main: pd.DataFrame) -> bool:
    before, now = (main[name].value_counts().reindex(list("ABC")).fillna(0) for name in ("class_prev", "class_cur"))
    return bool((before == now).all())


def _moved(main: pd.DataFrame, direction: str) -> pd.DataFrame:
    return main[main["direction"] == direction]


def _pairs(part: pd.DataFrame, column: str) -> tuple[tuple[str, float], ...]:
    return tuple((c, round(float(abs(v)), 2)) for c, v in zip(part["client_id"], part[column]))


def _turnover(main: pd.DataFrame, flows: pd.DataFrame, base: Base) -> Finding | None:
    """Who left and who came, with their money; no verdict where the classes of P-1 held fewer than 20 clients."""
    left, entered, changed = _moved(main, "left"), _moved(main, "entered"), main["class_prev"] != main["class_cur"]
    if not changed.any():
        return None
    by = flows.set_index("direction")
    said = _gone(left, by.at["left", "amount_prev"], base) + _came(entered, by.at["entered", "amount_cur"], base)
    said = said or [n_("класс сменил {n} клиент", "класс сменили {n} клиентов", int(changed.sum()))]
    opening = _("Число клиентов в классах не изменилось, но состав — да: {said}") if _counts_stood(main) else _("Состав классов изменился: {said}")
    small = (main["class_prev"] != "N").sum() < base.parameters.min_denominator
    ask = _("Спросить, почему перестали покупать: {names}").format(names=listed(list(left["client_name"]))) if len(left) else ""
    return Finding("abc_migration_qual.turnover", FindingLevel.WATCH if len(left) and not small else FindingLevel.INFO, opening.format(said=", ".join(said)),
                   action=ask, who=owner(base, _("менеджеры клиентов")) if ask else "", money=round(float(by.at["left", "amount_prev"]), 2) if len(left) else None,
                   basis=_("покупки ушедших за прошлый период") if len(left) else "", clients=_pairs(left, "amount_prev"), fact=float(by.at["entered", "amount_cur"]),
                   baseline=float(by.at["left", "amount_prev"]), gap=round(float(by.at["entered", "amount_cur"] - by.at["left", "amount_prev"]), 4),
                   values={"n_left": len(left), "n_entered": len(entered), "n_changed": int(changed.sum())})


def _gone(left: pd.DataFrame, amount: float, base: Base) -> list[str]:
    names = listed(list(left.sort_values("amount_prev", ascending=False, kind="stable")["client_name"]))
    said = _("ушёл {names} (−{x})") if len(left) == 1 else _("ушли {names} (−{x})")
    return [said.format(names=names, x=money(amount, base.facts.currency))] if len(left) else []


def _came(entered: pd.DataFrame, amount: float, base: Base) -> list[str]:
    names = listed(list(entered.sort_values("amount_cur", ascending=False, kind="stable")["client_name"]))
    said = _("пришёл {names} (+{x})") if len(entered) == 1 else _("пришли {names} (+{x})")
    return [said.format(names=names, x=money(amount, base.facts.currency))] if len(entered) else []


def _loss(code: str, part: pd.DataFrame, awake: set[str] | None, text: str, action: str, base: Base) -> Finding:
    """A fall of clients who still buy: money is what they bought less; those asleep are named but booked by reactivation."""
    booked = part if awake is None else part[part["client_id"].isin(awake)]
    total = round(float(-booked["delta_amount"].sum()), 2)
    return Finding(code, FindingLevel.WATCH, text, action=action, who=owner(base, _("менеджеры клиентов")), money=total if len(booked) else None,
                   basis=_("на столько меньше купили, чем в прошлом периоде") if len(booked) else "", clients=_pairs(booked, "delta_amount"),
                   booked_as=BookedAs.RISK if len(booked) else BookedAs.NONE,
                   values={"n": len(part), "n_booked": len(booked), "deepest_share": float((part["delta_amount"] / part["amount_prev"]).min())})


def _fell(main: pd.DataFrame, awake: set[str] | None, base: Base) -> Finding | None:
    part = main[(main["direction"] == "down") & (main["delta_amount"] < 0)]
    if part.empty:
        return None
    names = listed(list(part["client_name"]))
    text = n_("{n} клиент опустился в классе и купил меньше: {names}", "{n} клиентов опустились в классе и купили меньше: {names}", len(part), names=names)
    return _loss("abc_migration_qual.fell", part, awake, text, _("Выяснить, что изменилось у {names}").format(names=names), base)


def _inside_a(main: pd.DataFrame, base: Base, ask: bool) -> Finding | None:
    """Those who stayed in A and bought less: the class hides it. Context only: sales of a client go up and down by themselves."""
    part = main[(main["class_prev"] == "A") & (main["class_cur"] == "A") & (main["delta_amount"] < 0)]
    if part.empty:
        return None
    fall = (part["delta_amount"] / part["amount_prev"]).sort_values(kind="stable")
    deepest = listed([part.loc[fall.index[0], "client_name"]])
    text = n_("Внутри A просел {n} клиент: {name}, на {z}", "Внутри A просели {n} клиентов, глубже всех {name} — на {z}", len(part), name=deepest, z=percent(-fall.iloc[0]))
    action = _("Разобрать падение с {name}: что берёт у других и почему").format(name=deepest) if ask else ""
    return Finding("abc_migration_qual.inside_a", FindingLevel.INFO, text, action=action, who=owner(base, _("менеджеры клиентов")) if ask else "", money=round(float(-part["delta_amount"].sum()), 2), basis=_("на столько меньше купили, чем в прошлом периоде"),
                   clients=_pairs(part, "delta_amount"), values={"n": len(part), "deepest_share": float(fall.iloc[0])})


def _below_old_cut(main: pd.DataFrame, awake: set[str] | None, base: Base) -> Finding | None:
    """Still A, but only because the cut came down: by the cuts of P-1 they have lost the class."""
    part = main[(main["class_prev"] == "A") & (main["class_cur"] == "A") & (main["class_cur_fixed"] != "A") & (main["delta_amount"] < 0)]
    if part.empty:
        return None
    names = listed(list(part["client_name"]))
    text = n_("{n} клиент остался в A только потому, что граница опустилась: {names}", "{n} клиентов остались в A только потому, что граница опустилась: {names}", len(part), names=names)
    return _loss("abc_migration_qual.below_old_cut", part, awake, text, _("Выяснить, что изменилось у {names}").format(names=names), base)


def _relative(main: pd.DataFrame) -> Finding | None:
    part = main[main["is_lower_class_higher_sales"]]
    if part.empty:
        return None
    text = n_("{n} клиент опустился в классе, хотя купил больше: {names}", "{n} клиентов опустились в классе, хотя купили больше: {names}", len(part), names=listed(list(part["client_name"])))
    return Finding("abc_migration_qual.relative", FindingLevel.INFO, text, _("Класс относителен: его границы подняли другие клиенты."), values={"n": len(part)})


def _headline(tables: Tables, base: Base) -> str:
    main, by = tables["main"], tables["flows"].set_index("direction")
    changed, n_left, n_in = int((main["class_prev"] != main["class_cur"]).sum()), int(by.at["left", "n_clients"]), int(by.at["entered", "n_clients"])
    if not changed:
        return n_("Состав классов не изменился: {n} клиент на своём месте", "Состав классов не изменился: {n} клиентов на своих местах", len(main))
    inner = changed - n_left - n_in
    said = [n_("класс сменил {n} клиент", "класс сменили {n} клиентов", inner)] if inner else []
    said += [n_("ушёл {n} (−{x})", "ушли {n} (−{x})", n_left, x=money(by.at["left", "amount_prev"], base.facts.currency))] if n_left else []
    said += [n_("пришёл {n} (+{x})", "пришли {n} (+{x})", n_in, x=money(by.at["entered", "amount_cur"], base.facts.currency))] if n_in else []
    opening = _("Число клиентов в классах то же, состав другой: {said}") if _counts_stood(main) else _("Состав классов изменился: {said}")
    return opening.format(said=", ".join(said))


def _lead(findings: list[Finding]) -> str | None:
    said = [f.text + "." for f in findings if f.code in ("abc_migration_qual.inside_a", "abc_migration_qual.fell")]
    return " ".join(said) or None


def _flow(main: pd.DataFrame, base: Base) -> list[dict]:
    """Ribbons: the width is what the clients bought before, of those who came what they buy now."""
    width = main["amount_cur"].where(main["direction"] == "entered", main["amount_prev"])
    grid = main.assign(width=width).pivot_table(index="class_prev", columns="class_cur", values="width", aggfunc="sum").reindex(index=list("ABCN"), columns=list("ABCN")).fillna(0)
    scale = scale_of(grid.to_numpy().ravel(), base.facts.currency)
    counts = [main[name].value_counts() for name in ("class_prev", "class_cur")]
    labels = [[_band(c, int(count.get(c, 0)), side) for c in "ABCN"] for side, count in enumerate(counts)]
    better = [(i, j) for i in range(4) for j in range(3) if j < i]
    worse = [(i, j) for i in range(3) for j in range(4) if j > i]
    tints = charts.class_colours("ABCN", "abc")
    wide, phone = charts.both(lambda w: charts.flow(grid.to_numpy(), *labels, tints, tints, heads=(_("было"), _("стало")), fmt=scale.text, good=better, bad=worse, w=w), "abc-flow", w=180)
    moved = int((main["class_prev"] != main["class_cur"]).sum())
    subtitle = _("Ширина ленты — прежние продажи клиентов, у пришедших — нынешние; {previous} → {period}").format(previous=base.previous, period=base.period)
    return [page.fig("abc-flow", wide, phone=phone, headline=n_("Не на своём месте — {n} клиент из {all}", "Не на своём месте — {n} клиентов из {all}", moved, all=number(len(main))),
                     subtitle=subtitle + (f", {scale.unit}" if scale.unit else ""), alt=_("Ленты между классами двух периодов: вверх и пришедшие зелёные, вниз и ушедшие красные"))]


def _band(letter: str, n: int, side: int) -> str:
    count = n_("{n} клиент", "{n} клиентов", n)
    return f"{letter} · {count}" if letter != "N" else (_("ушли · {count}") if side else _("пришли · {count}")).format(count=count)


def _names() -> dict[str, str]:
    return {"up": _("вверх"), "down": _("вниз"), "stay": _("на месте"), "left": _("ушли"), "entered": _("пришли")}


def _flows_table(flows: pd.DataFrame, scale: Scale) -> dict:
    names = _names()
    rows = [[names[r.direction], number(r.n_clients) if r.n_clients else "—", scale.text(r.amount_prev), scale.text(r.amount_cur), scale.change(r.delta_amount)] for r in flows.itertuples()]
    total = [_("Всего"), number(flows["n_clients"].sum()), *(scale.text(round(flows[c].sum(), 4)) for c in ("amount_prev", "amount_cur")), scale.change(round(flows["delta_amount"].sum(), 4))]
    head = [page.col(_("Куда"), cls="h"), page.col(_("Клиентов"), num=True), page.col(_("Было"), num=True), page.col(_("Стало"), num=True), page.col(_("±"), num=True)]
    return page.table(head, rows, total=total, title=_("Деньги по направлениям"), unit=scale.unit or None, sheet="abc_migration_qual.flows", dense=True)


def _renewal_table(renewal: pd.DataFrame) -> dict:
    rows = [[page.cell(badge=r[1], kind="abc"), number(r.n_prev) if r.n_prev else "—", number(r.n_stayed) if r.n_stayed else "—", _renewed(r)] for r in renewal.itertuples()]
    head = [page.col(_("Класс"), w=14), page.col(_("Было"), num=True), page.col(_("Остались"), num=True), page.col(_("Обновление"), num=True)]
    return page.table(head, rows, title=_("Обновление классов"), sheet="abc_migration_qual.renewal", dense=True, note=_("Доля прежнего состава, которой в классе больше нет"))


def _renewed(row) -> str:
    """The share only from 20 clients on, else counts (METHODS 1.16)."""
    if not row.n_prev:
        return percent(None)
    return percent(row.renewal_share) if row.n_prev >= 20 else _("{n} из {all}").format(n=number(row.n_prev - row.n_stayed), all=number(row.n_prev))


def _list(main: pd.DataFrame, base: Base, scale: Scale) -> dict:
    """The largest moves of money: who left, came or changed class, and falls inside A."""
    moved = main[(main["class_prev"] != main["class_cur"]) | ((main["class_prev"] == "A") & (main["delta_amount"] < 0))]
    top = moved.reindex(moved["delta_amount"].abs().sort_values(ascending=False, kind="stable").index).head(SHOWN)
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), page.cell(badge=r.class_prev, kind="abc"),
             page.cell(badge=r.class_cur, kind="abc"), scale.text(r.amount_prev), scale.text(r.amount_cur), page.cell(scale.change(r.delta_amount), tone=_tone(r.delta_amount))] for r in top.itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Был"), w=12), page.col(_("Стал"), w=12), page.col(_("Было"), num=True, w=22), page.col(_("Стало"), num=True, w=22), page.col(_("±"), num=True, w=22)]
    rest = len(moved) - len(top)
    note = n_("ещё {n} клиент — в книге", "ещё {n} клиентов — в книге", rest) if rest > 0 else None
    return page.table(head, rows, title=_("Кто двигался: от самых крупных сумм"), unit=scale.unit or None, sheet="abc_migration_qual", cards=True, note=note) if rows else {}


def _tone(delta: float) -> str | None:
    return "good" if delta > 0 else "bad" if delta < 0 else None


def _relative_note(main: pd.DataFrame) -> list[dict]:
    found = _relative(main)
    return [page.note(f"{found.text}. {found.detail}")] if found else []
