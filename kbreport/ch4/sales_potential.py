"""M4.1 Анализ продаж и потенциала / Sales–potential analysis.

Question   How much of what our clients buy could still be ours?
In         facts.net_sales of the 12 months ending with P, table potential (latest rows ≤ as_of), abc, lifecycle;
           clients.segment and order lines with categories optional
Out        main: one row per client; total: known, unknown, understated, pool; pareto of the free volume;
           cost_of_not_knowing: clients without a volume in the order to ask them
Formula    free = max(0, T − max(0, S)), wallet = max(0, S) / T; pool = Σ free × k(confidence) of clients not closed or lost.
           Volumes known by category: S of the same categories (`covered_amount`)
Edge       T below S → understated: free 0, out of the group ratios; T unknown → never zero, a line of its own; older than
           a year → stale: counted and marked; volumes that look like thousands are said and status weak, never rescaled
Source     book 4.1 [000:82], wallet [S15]; weights 1 / 0.7 / 0.4 and 20 interviews [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch4 import _volume
from kbreport.facts.potential import KNOWN
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, listed, money, n_, number, percent, scale_of

TWO_THIRDS = 2 / 3


class SalesPotential(Method):
    number: ClassVar[str] = "M4.1"
    section: ClassVar[str] = "4.1"
    title: ClassVar[str] = N_("Продажи и потенциал")
    question: ClassVar[str] = N_("Сколько из того, что покупают наши клиенты, ещё может стать нашим?")
    needs: ClassVar[tuple[str, ...]] = ("abc", "lifecycle")
    uses: ClassVar[tuple[str, ...]] = ("penetration",)
    inputs: ClassVar[tuple[str, ...]] = ("orders", "potential")
    optional_inputs: ClassVar[tuple[str, ...]] = ("clients", "order_lines")
    columns: ClassVar = {
        "main": cols(f"{CL} amount purchases_amount wallet free_amount confidence source age_days potential_status pool_amount covered_amount", amount=N_("Продажи за год"),
                     purchases_amount=N_("Объём закупки"), wallet=N_("Наша доля"), free_amount=N_("Свободный объём"), confidence=("text", N_("Уверенность")),
                     source=("text", N_("Источник")), age_days=N_("Возраст оценки"), potential_status=("text", N_("Объём закупки: статус")), pool_amount=N_("Запас роста"),
                     covered_amount=N_("Продажи в тех же категориях")),
        "total": cols("row n_clients amount free_amount amount_share", row=("text", N_("Группа")), amount=N_("Продажи за год"), free_amount=N_("Свободный объём")),
        "pareto": cols(f"{CL} free_amount cum_share", free_amount=N_("Свободный объём")),
        "cost_of_not_knowing": cols(f"{CL} amount abc_class segment priority", amount=N_("Продажи за год"), abc_class=N_("Класс ABC"), segment=("text", N_("Сегмент")),
                                    priority=("count", N_("Очередь"))),
    }
    titles: ClassVar = {"main": N_("Продажи и объём закупки клиентов"), "total": N_("Что известно об объёмах"), "pareto": N_("Свободный объём по убыванию"),
                        "cost_of_not_knowing": N_("Объём не выяснен")}

    k_high: float = setting(1.0, source="OURS", help=N_("какую долю свободного объёма берём при высокой уверенности"), ge=0, le=1)
    k_mid: float = setting(0.7, source="OURS", help=N_("при средней уверенности"), ge=0, le=1)
    k_low: float = setting(0.4, source="OURS", help=N_("при низкой уверенности"), ge=0, le=1)
    interviews: int = setting(20, source="OURS", help=N_("у скольких клиентов выяснить объём в первую очередь"), ge=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        window = _volume.year(base)
        main = _volume.measured(base, window)
        main["pool_amount"] = self._pool(main, base)
        main = main[[c.name for c in self.columns["main"]]]
        status, reason = MethodStatus.OK, ""
        if window.months < 12:
            status, reason = MethodStatus.WEAK, _("истории меньше 12 месяцев: взята вся")
        if n := _volume.in_thousands(main):
            status, reason = MethodStatus.WEAK, _volume.thousands_line(n, len(_volume.with_volume(main)))
        return Measured(self._tables(main, _ask(main, base)), status, reason)

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        mine = base.card()["client_id"]
        main = company["main"][company["main"]["client_id"].isin(mine)].reset_index(drop=True)
        ask = company["cost_of_not_knowing"]
        ask = ask[ask["client_id"].isin(mine)].reset_index(drop=True)
        ask["priority"] = np.arange(1, len(ask) + 1)
        return self._tables(main, ask)

    def _pool(self, main: pd.DataFrame, base: Base) -> pd.Series:
        """What may be hoped for: free volume by confidence; 0 of clients closed or lost, missing where the volume is."""
        state = main["client_id"].map(base.table("lifecycle").set_index("client_id")["state"])
        k = main["confidence"].map({"high": self.k_high, "mid": self.k_mid, "low": self.k_low}).astype("float64")
        return (main["free_amount"] * k).where(~state.isin(_volume.GONE), main["free_amount"] * 0)

    def _tables(self, main: pd.DataFrame, ask: pd.DataFrame) -> Tables:
        free = main[main["free_amount"] > 0].sort_values(["free_amount", "client_id"], ascending=[False, True], kind="stable")
        pareto = free[["client_id", "client_name", "manager_id", "free_amount"]].reset_index(drop=True)
        pareto["cum_share"] = pareto["free_amount"].cumsum() / pareto["free_amount"].sum()
        return {"main": main, "total": _total(main), "pareto": pareto, "cost_of_not_knowing": ask}

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        found = [_free(tables, base), self._unknown(tables, base), _understated(tables["main"], base)]
        return [f for f in found if f]

    def _unknown(self, tables: Tables, base: Base) -> Finding | None:
        ask, row = tables["cost_of_not_knowing"], _row(tables["total"], "unknown")
        buying = ask[ask["amount"] > 0]
        if buying.empty:
            return None
        first = buying.head(self.interviews)
        text = n_("У {n} покупающего клиента объём закупки не выяснен: он даёт {s} продаж", "У {n} покупающих клиентов объём закупки не выяснен: они дают {s} продаж", len(buying),
                  s=percent(row["amount_share"], 1))
        detail = _("Первые: {list}.").format(list=listed(list(first["client_name"])))
        if len(buying) > len(first):
            detail += " " + n_("{n} ответ откроет {x} этих продаж.", "{n} ответов откроют {x} этих продаж.", len(first), x=percent(first["amount"].sum() / buying["amount"].sum()))
        return Finding("sales_potential.unknown", FindingLevel.WATCH, text, detail, fact=float(len(buying)), money=round(float(buying["amount"].sum()), 2), basis=_("продажи клиентов с неизвестным объёмом"),
                       clients=_pairs(buying, "amount"), action=n_("Выяснить объём закупки у {n} клиента по списку", "Выяснить объём закупки у {n} клиентов по списку", len(first)),
                       who=_("менеджеры клиентов"), values={"n": len(buying), "amount_share": float(row["amount_share"])})

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        blocks = [page.section(_headline(tables, base), id="sales_potential", kicker=kicker(self), lead=_lead(tables))]
        blocks += _volume.warnings(main, base, _volume.year(base))
        blocks.append(page.cols((88, 88), ([_total_table(tables["total"], base)], [self._ask_table(tables, base)])))
        blocks += _free_table(tables, base)
        ask = tables["cost_of_not_knowing"]
        if len(ask):
            blocks.append(page.action([(n_("Спросить {n} клиента, сколько он покупает всего за год и у кого, и записать дату ответа",
                                           "Спросить {n} клиентов, сколько они покупают всего за год и у кого, и записать дату ответа", min(len(ask), self.interviews)), _("менеджеры клиентов · две недели"))]))
        return [b for b in blocks if b]

    def _ask_table(self, tables: Tables, base: Base) -> dict | None:
        ask = tables["cost_of_not_knowing"]
        if ask.empty:
            return page.note(_("Объём закупки известен у всех клиентов."))
        shown = ask.head(min(self.interviews, 6))
        scale = scale_of(shown["amount"], base.facts.currency)
        rows = [[page.cell(r.client_name, sub=_manager(r.manager_id, base)), page.cell(badge=r.abc_class, kind="abc"), scale.text(r.amount)] for r in shown.itertuples()]
        note = n_("В списке {n} клиент, все — в книге.", "В списке {n} клиентов, все — в книге.", len(ask)) if len(ask) > len(shown) else None
        return page.table([page.col(_("Клиент"), cls="h"), page.col("ABC", w=12), page.col(_("Продажи"), num=True, w=22)], rows, title=_("У кого выяснить первым"),
                          unit=scale.unit or None, sheet="sales_potential.cost_of_not_knowing", dense=True, note=note)


# ------------------------------------------------------------------ numbers
def _total(main: pd.DataFrame) -> pd.DataFrame:
    """Known, unknown and understated add up to all net sales; the pool is a part of the known."""
    status, everything = main["potential_status"], main["amount"].sum()
    parts = {"known": status.isin(KNOWN), "unknown": status == "missing", "understated": status == "understated", "pool": main["pool_amount"] > 0}
    rows = []
    for row, mask in parts.items():
        free = main.loc[mask, "pool_amount" if row == "pool" else "free_amount"].sum(min_count=1 if row == "unknown" else 0)
        amount = main.loc[mask, "amount"].sum()
        rows.append((row, int(mask.sum()), amount, free, amount / everything if everything > 0 else np.nan))
    return pd.DataFrame(rows, columns=["row", "n_clients", "amount", "free_amount", "amount_share"])


def _ask(main: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Clients without a volume: largest sales first, then the segment that buys most (median T), then the id. Closed firms are not asked."""
    state = main["client_id"].map(base.table("lifecycle").set_index("client_id")["state"])
    known = base.facts.clients.set_index("client_id")
    segment = main["client_id"].map(known["segment"]) if "segment" in known else pd.Series(None, index=main.index, dtype="object")
    usual = main["purchases_amount"].where(main["potential_status"].isin(KNOWN)).groupby(segment).median()
    ask = main.assign(segment=segment, usual=segment.map(usual), abc_class=main["client_id"].map(base.table("abc").set_index("client_id")["class"]))
    ask = ask[(ask["potential_status"] == "missing") & (state != "closed")].sort_values(["amount", "usual", "client_id"], ascending=[False, False, True], na_position="last", kind="stable")
    ask["priority"] = np.arange(1, len(ask) + 1)
    return ask[["client_id", "client_name", "manager_id", "amount", "abc_class", "segment", "priority"]].reset_index(drop=True)


def _row(total: pd.DataFrame, name: str) -> pd.Series:
    return total.set_index("row").loc[name]


def _first(pareto: pd.DataFrame) -> int:
    """The fewest clients that hold two thirds of the free volume."""
    return int((pareto["cum_share"] < TWO_THIRDS - 1e-9).sum()) + 1 if len(pareto) else 0


def _pairs(frame: pd.DataFrame, column: str) -> tuple[tuple[str, float], ...]:
    return tuple((c, round(float(v), 2)) for c, v in zip(frame["client_id"], frame[column]))


# ------------------------------------------------------------------ words
def _free(tables: Tables, base: Base) -> Finding | None:
    """Context, not booked: `abcd` books the free volume of those worth developing."""
    known, pareto = _row(tables["total"], "known"), tables["pareto"]
    if pareto.empty or _volume.in_thousands(tables["main"]):
        return None
    sales = tables["main"]["amount"].sum()
    text = _("Свободный объём у клиентов, чей объём известен, — {f}").format(f=money(known["free_amount"], base.facts.currency))
    text += _(", это {r} годовых продаж").format(r=percent(known["free_amount"] / sales)) if sales > 0 else ""
    first = _first(pareto)
    detail = n_("Две трети — у {n} клиента: {list}.", "Две трети — у {n} клиентов: {list}.", first, list=listed(list(pareto.head(first)["client_name"])))
    return Finding("sales_potential.free", FindingLevel.INFO, text, detail, fact=float(known["free_amount"]), money=round(float(known["free_amount"]), 2), basis=_("покупают у других за год"),
                   clients=_pairs(pareto, "free_amount"), values={"n": first, "n_known": int(known["n_clients"])})


def _understated(main: pd.DataFrame, base: Base) -> Finding | None:
    low = main[main["potential_status"] == "understated"].sort_values(["amount", "client_id"], ascending=[False, True])
    if low.empty:
        return None
    if n := _volume.in_thousands(main):
        text, action = _volume.thousands_line(n, len(_volume.with_volume(main))), _("Проверить единицы и повторить расчёт")
    else:
        text = n_("У {n} клиента объём закупки занижен: меньше того, что продали мы", "У {n} клиентов объём закупки занижен: меньше того, что продали мы", len(low))
        action = _("Спросить объём закупки заново")
    return Finding("sales_potential.understated", FindingLevel.WATCH, text, listed(list(low["client_name"])) + ".", action=action, who=_("менеджеры клиентов"), fact=float(len(low)),
                   money=round(float(low["amount"].sum()), 2), basis=_("продажи клиентов с заниженным объёмом"), clients=_pairs(low, "amount"), values={"n": len(low)})


def _headline(tables: Tables, base: Base) -> str:
    main, known = tables["main"], _row(tables["total"], "known")
    if _volume.in_thousands(main):
        return _("Объёмы закупки меньше продаж: сначала проверить единицы")
    if not known["n_clients"]:
        return _("Объём закупки не выяснен ни у одного клиента")
    free = known["free_amount"]
    if not free > 0:
        return n_("У {n} клиента с известным объёмом свободного нет: всё покупает у нас", "У {n} клиентов с известным объёмом свободного нет: всё покупают у нас", int(known["n_clients"]))
    first = _first(tables["pareto"])
    return n_("Клиенты покупают у других ещё {f} в год; две трети — у {n} клиента", "Клиенты покупают у других ещё {f} в год; две трети — у {n} клиентов", first, f=money(free, base.facts.currency))


def _lead(tables: Tables) -> str | None:
    main = tables["main"]
    known = main[main["potential_status"].isin(KNOWN)]
    if not known["purchases_amount"].sum() > 0:
        return None
    share = known["covered_amount"].clip(lower=0).sum() / known["purchases_amount"].sum()
    return n_("Объём закупки известен у {n} клиента из {m}: мы занимаем в нём {w}. Свободный объём — то, что клиент покупает у других.",
              "Объём закупки известен у {n} клиентов из {m}: мы занимаем в нём {w}. Свободный объём — то, что клиенты покупают у других.", len(known), m=number(len(main)), w=percent(share, 1))


# ------------------------------------------------------------------ page
def _manager(manager_id: str, base: Base) -> str | None:
    return None if pd.isna(manager_id) else base.manager_name(manager_id)


def _total_table(total: pd.DataFrame, base: Base) -> dict:
    said = {"known": _("известен"), "unknown": _("не выяснен"), "understated": _("занижен"), "pool": _("из известных: запас роста")}
    scale = scale_of([*total["amount"], *total["free_amount"]], base.facts.currency)
    rows = [[said[r.row], number(r.n_clients), scale.text(r.amount), percent(r.amount_share), scale.text(r.free_amount)] for r in total.itertuples()]
    head = [page.col(_("Объём закупки")), page.col(_("Клиентов"), num=True, w=16), page.col(_("Продажи"), num=True, w=17), page.col("%", num=True, w=12), page.col(_("Свободно"), num=True, w=19)]
    return page.table(head, rows, title=_("Что известно об объёмах"), unit=scale.unit or None, sheet="sales_potential.total", dense=True,
                      note=_("Запас роста — свободный объём, умноженный на уверенность в оценке; без закрытых и потерянных клиентов."))


def _free_table(tables: Tables, base: Base) -> list[dict]:
    pareto = tables["pareto"]
    if pareto.empty:
        return []
    top = tables["main"].set_index("client_id").loc[pareto["client_id"].head(5)]
    wide, phone = charts.both(lambda w: charts.bars(pareto["client_name"].tolist(), pareto["free_amount"].tolist(), fmt=lambda v: money(v, base.facts.currency), most=8, w=w), "sales-potential")
    first = _first(pareto)
    scale = scale_of([*top["amount"], *top["free_amount"]], base.facts.currency)
    rows = [[page.cell(r.client_name, sub=_manager(r.manager_id, base)), scale.text(r.amount), scale.text(r.purchases_amount), page.cell(percent(r.wallet), bar=min(1.0, r.wallet), v=r.wallet),
             scale.text(r.free_amount), page.cell(pinned("source", r.source), sub=_("{n} дн. назад").format(n=number(r.age_days)))] for r in top.itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Продажи"), num=True, w=20), page.col(_("Закупка"), num=True, w=20), page.col(_("Наша доля"), w=40), page.col(_("Свободно"), num=True, w=20), page.col(_("Откуда"), w=30)]
    return [page.fig("sales-potential", wide, phone=phone, headline=n_("Две трети свободного объёма — у {n} клиента", "Две трети свободного объёма — у {n} клиентов", first),
                     subtitle=_("Свободный объём за год по клиентам"), alt=_("Столбцы свободного объёма по убыванию: первый {name}, {x}").format(name=pareto["client_name"].iloc[0], x=money(pareto["free_amount"].iloc[0], base.facts.currency))),
            page.table(head, rows, title=_("Крупнейший свободный объём"), unit=scale.unit or None, sheet="sales_potential", dense=True, cards=True)]
