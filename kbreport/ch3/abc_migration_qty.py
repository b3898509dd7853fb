"""M3.3a Количественная миграция по ABC / ABC migration, counts.

Question   How did the number of clients in each class change?
In         facts.net_sales of P-1 and P by client (measure amount | margin); a, b, rule of `abc`
Out        main: class counts of both periods by base (floating, fixed); matrix: every pair of classes with counts and money
Formula    classes of M3.2 in each period; N = no positive net sales in it; clients N in both are left out.
           floating: each period by its own cuts; fixed: money cuts of P-1 × price_index applied to P (A-cut = smallest
           amount of class A in P-1; an empty class takes the cut of the class above)
Edge       history does not cover P-1 → insufficient (nothing of P-1 known: no rows); periods of different length → refused
Source     book 3.3 [000:54] names the two migrations; what they count is [OURS]; price_index [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from kbreport import charts, page
from kbreport.ch3 import _migration
from kbreport.ch3._compare import comparison, withheld
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, n_, number, percent, scale_of, signed

FLOATING, FIXED = "floating", "fixed"


class AbcMigrationQty(Method):
    number: ClassVar[str] = "M3.3a"
    section: ClassVar[str] = "3.3"
    title: ClassVar[str] = N_("Количественная миграция по ABC")
    question: ClassVar[str] = N_("Как изменилось число клиентов в классах?")
    needs: ClassVar[tuple[str, ...]] = ("abc",)
    columns: ClassVar = {
        "main": cols("base class n_prev n_cur delta delta_share", base=("text", N_("Границы")), n_prev=N_("Клиентов было"), n_cur=N_("Клиентов стало"),
                     delta=("count", N_("Изменение")), delta_share=N_("Изменение, доля")),
        "matrix": cols("base from_class to_class n_clients amount_prev amount_cur", base=("text", N_("Границы")), from_class=N_("Из класса"), to_class=N_("В класс")),
    }
    titles: ClassVar = {"main": N_("Клиентов в классах было и стало"), "matrix": N_("Переходы между классами")}

    price_index: float = setting(1.0, source="OURS", help=N_("рост цен между периодами: на него умножаются постоянные границы"), gt=0)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        return Measured(_tables(_migration.moves(base)), *comparison(base))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """Counts of his clients; their classes are those of the whole company."""
        rows = _migration.moves(base)
        return Measured(_tables(rows[rows["client_id"].isin(base.card()["client_id"])]), *comparison(base))

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        if base.comparison != "ok" or tables["main"].empty:
            return []
        counts = _counts(tables["main"], FLOATING)
        fixed = _counts(tables["main"], FIXED)
        said = "; ".join(f"{letter} {number(counts.at[letter, 'n_prev'])} → {number(counts.at[letter, 'n_cur'])}" for letter in "ABC")
        detail = _("При границах прошлого периода: {said}.").format(said="; ".join(f"{c} {number(fixed.at[c, 'n_cur'])}" for c in "ABC"))
        a = counts.loc["A"]
        return [Finding("abc_migration_qty.counts", FindingLevel.INFO, _("Клиентов в классах: {said}").format(said=said), detail, fact=float(a["n_cur"]),
                        baseline=float(a["n_prev"]), gap=float(a["delta"]), values={c: [int(counts.at[c, "n_prev"]), int(counts.at[c, "n_cur"])] for c in "ABC"})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        if base.comparison != "ok":
            return withheld(base, kicker(self), self.id())
        if tables["main"].empty:
            return [page.section(_("Ни в этом периоде, ни в прошлом нет клиентов с продажами"), id=self.id(), kicker=kicker(self))]
        counts = _counts(tables["main"], FLOATING)
        blocks = [page.section(_headline(counts), id=self.id(), kicker=kicker(self), lead=_lead(base)),
                  page.cols((96, 80), ([_counts_table(tables["main"])], _matrix(tables["matrix"], base)))]
        return blocks + [page.note(_fixed_note(tables["main"], self)), _action(counts, base)]


# ------------------------------------------------------------------ numbers
def _tables(rows: pd.DataFrame) -> Tables:
    """Both tables for both bases; no rows at all where nobody has a class."""
    matrices = {FLOATING: _migration.squared(rows, "class_cur"), FIXED: _migration.squared(rows, "class_cur_fixed")}
    matrix = pd.concat([frame.assign(base=name) for name, frame in matrices.items()], ignore_index=True)
    main = pd.concat([_class_counts(frame).assign(base=name) for name, frame in matrices.items()], ignore_index=True)
    if rows.empty:
        main, matrix = main.iloc[:0], matrix.iloc[:0]
    return {"main": main[["base", "class", "n_prev", "n_cur", "delta", "delta_share"]],
            "matrix": matrix[["base", "from_class", "to_class", "n_clients", "amount_prev", "amount_cur"]]}


def _class_counts(matrix: pd.DataFrame) -> pd.DataFrame:
    """N counts the clients who came (before) and who left (now); clients N in both periods are not in the matrix."""
    out = pd.DataFrame({"n_prev": matrix.groupby("from_class")["n_clients"].sum(), "n_cur": matrix.groupby("to_class")["n_clients"].sum()})
    out["delta"] = out["n_cur"] - out["n_prev"]
    out["delta_share"] = (out["delta"] / out["n_prev"]).where(out["n_prev"] > 0)
    return out.reindex(list(_migration.CLASSES)).rename_axis("class").reset_index()


def _counts(main: pd.DataFrame, base: str) -> pd.DataFrame:
    return main[main["base"] == base].set_index("class")


# ------------------------------------------------------------------ words
def _headline(counts: pd.DataFrame) -> str:
    moved = counts.loc[list("ABC"), "delta"]
    if not moved.any():
        return _("Число клиентов в классах не изменилось: A {a}, B {b}, C {c}").format(**{c.lower(): number(counts.at[c, "n_cur"]) for c in "ABC"})
    letter = "A" if moved["A"] else str(moved.abs().idxmax())
    total = int(counts.loc[list("ABC"), "n_cur"].sum()), int(counts.loc[list("ABC"), "n_prev"].sum())
    first = _more_or_less(letter, int(moved[letter]), int(counts.at[letter, "n_prev"]), int(counts.at[letter, "n_cur"]))
    if total[0] == total[1]:
        return _("{first}, всего с продажами столько же: {n}").format(first=first, n=number(total[0]))
    return _("{first}; всего с продажами {n} вместо {before}").format(first=first, n=number(total[0]), before=number(total[1]))


def _more_or_less(letter: str, delta: int, before: int, now: int) -> str:
    fields = {"letter": letter, "now": number(now), "before": number(before)}
    if delta > 0:
        return n_("В классе {letter} на {n} клиента больше: {now} вместо {before}", "В классе {letter} на {n} клиентов больше: {now} вместо {before}", delta, **fields)
    return n_("В классе {letter} на {n} клиента меньше: {now} вместо {before}", "В классе {letter} на {n} клиентов меньше: {now} вместо {before}", -delta, **fields)


def _lead(base: Base) -> str:
    said = _("Классы каждого периода — по его собственным продажам: было {previous}, стало {period}.").format(previous=base.previous, period=base.period)
    return said if base.manager is None else said + " " + _("Классы всей компании, клиенты — этого менеджера.")


def _counts_table(main: pd.DataFrame) -> dict:
    """Percents only where a class held at least 20 clients (METHODS 1.16); else the counts speak for themselves."""
    floating, fixed = _counts(main, FLOATING), _counts(main, FIXED)
    large = bool((floating["n_prev"] >= 20).any())
    rows = []
    for c, row in zip(floating.index, floating.itertuples()):
        share = (signed(percent(row.delta_share)) if row.delta else "—") if row.n_prev >= 20 else ""
        rows.append([page.cell(badge=c, kind="abc"), number(row.n_prev), number(row.n_cur), _signed(row.delta), *([share] if large else []), number(fixed.at[c, "n_cur"])])
    head = [page.col(_("Класс"), cls="h"), page.col(_("Было"), num=True), page.col(_("Стало"), num=True), page.col(_("±"), num=True), *([page.col("%", num=True)] if large else []),
            page.col(_("При прежних границах"), num=True, cls="x")]
    return page.table(head, rows, title=_("Клиентов в классах"), sheet="abc_migration_qty", dense=True, note=_("N — без продаж: пришли оттуда и ушли туда"))


def _signed(delta: int) -> str:
    return signed(number(delta)) if delta else "—"


def _matrix(matrix: pd.DataFrame, base: Base) -> list[dict]:
    part = matrix[matrix["base"] == FLOATING]
    grid = {name: part.pivot(index="from_class", columns="to_class", values=name).reindex(index=list("ABCN"), columns=list("ABCN")) for name in ("n_clients", "amount_prev", "amount_cur")}
    money = grid["amount_prev"].where(grid["amount_prev"].index.to_series().ne("N"), grid["amount_cur"])
    scale = scale_of(money.to_numpy().ravel(), base.facts.currency)
    named = [*"ABC", _("без класса")]
    wide, phone = charts.both(lambda w: charts.matrix(grid["n_clients"].fillna(0).to_numpy(), money.to_numpy(), named, named, heads=(_("было"), _("стало")), fmt=scale.text, w=w), "abc-moves", w=80)
    stayed = int(sum(grid["n_clients"].at[c, c] for c in "ABC"))
    subtitle = _("Клиентов и их прежние продажи (у пришедших — нынешние), {unit}").format(unit=scale.unit) if scale.unit else _("Клиентов и их прежние продажи (у пришедших — нынешние)")
    return [page.fig("abc-moves", wide, phone=phone, w=80, headline=n_("На месте остался {n} клиент", "На месте остались {n} клиентов", stayed), subtitle=subtitle,
                     alt=_("Таблица переходов: строки — прежний класс, столбцы — нынешний, на диагонали оставшиеся"))]


def _fixed_note(main: pd.DataFrame, method: AbcMigrationQty) -> str:
    fixed = _counts(main, FIXED)
    said = ", ".join(f"{c} {number(fixed.at[c, 'n_cur'])}" for c in "ABC")
    note = _("Классы относительны: если вырос один, другой может опуститься, не потеряв ни рубля. При денежных границах прошлого периода было бы {said}.").format(said=said)
    return note if method.price_index == 1 else note + " " + _("Границы умножены на рост цен {x}.").format(x=number(method.price_index, 2))


def _action(counts: pd.DataFrame, base: Base) -> dict:
    left = int(counts.at["N", "n_cur"])
    if left:
        what = n_("Выяснить, почему ушёл {n} клиент: список — в качественной миграции", "Выяснить, почему ушли {n} клиентов: список — в качественной миграции", left)
    else:
        what = _("Посмотреть, кто сменил класс: число не говорит, кто именно")
    return page.action([(what, owner(base, _("руководитель отдела продаж")))])
