"""M4.3 ABCD-анализ / Sales × potential matrix.

Question   Whom to develop, whom to keep, on whom to spare effort?
In         sales and volumes of M4.1 (12 months ending with P), lifecycle (state), clients.is_strategic; touches optional.
           Without the table potential every client is AB? or CD?
Out        main: one row per client; by_class; migration: class a year before → class now
Formula    high on an axis = clients that make the first 80 % of it (share accumulated before the client < 0.80); sales high
           and free volume high → A, sales only → B, free only → C, neither → D. Cuts: pareto, median, absolute
Edge       potential unknown → AB? / CD?, never B or D; free = 0 everywhere → only B and D; a low value ≥ 0.8 of the smallest
           high one is borderline; young clients: S brought to a year if ≥ 90 days and ≥ 3 orders; A+ is confirmed by hand,
           candidates = first half of S + free of class A; over 40 % of sales unknown → the headline is «find the volumes»
Source     book 4.3–4.6 [000:86-92]; call grid [S18]; the free axis, all cuts and marks [OURS]
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from kbreport.ch4 import _abcd_page, _volume
from kbreport.ch4._classes import CLASSES, STRATEGY, Rules, classified, young
from kbreport.facts.period import Period
from kbreport.facts.potential import volumes, year_to
from kbreport.method import CL, Base, Finding, Measured, Method, MethodStatus, Tables, cols, setting
from kbreport.words import N_, _


class Abcd(Method):
    number: ClassVar[str] = "M4.3"
    section: ClassVar[str] = "4.3"
    title: ClassVar[str] = N_("ABCD-анализ")
    question: ClassVar[str] = N_("Кого развивать, кого удерживать, на ком экономить силы?")
    needs: ClassVar[tuple[str, ...]] = ("lifecycle",)
    uses: ClassVar[tuple[str, ...]] = ("penetration",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("potential", "clients", "touches", "order_lines")
    columns: ClassVar = {
        "main": cols(f"{CL} amount purchases_amount free_amount wallet sales_cum_prev free_cum_prev class is_a_plus_candidate is_borderline_sales is_borderline_potential is_young "
                     "strategy state potential_status year_amount", amount=N_("Продажи за год"), purchases_amount=N_("Объём закупки"), free_amount=N_("Свободный объём"),
                     wallet=N_("Наша доля"), sales_cum_prev=("share", N_("Продажи: накоплено до клиента")), free_cum_prev=("share", N_("Объём: накоплено до клиента")),
                     is_a_plus_candidate=N_("Кандидат в A+"), is_borderline_sales=N_("На границе по продажам"), is_borderline_potential=N_("На границе по объёму"), is_young=N_("Молодой"),
                     strategy=("text", N_("Стратегия")), potential_status=("text", N_("Объём закупки: статус")), year_amount=N_("Продажи в пересчёте на год")),
        "by_class": cols("class n_clients amount free_amount touches", amount=N_("Продажи за год"), free_amount=N_("Свободный объём"), touches=("count", N_("Касаний"))),
        "migration": cols("from_class to_class n_clients amount", from_class=N_("Класс был"), to_class=N_("Класс стал"), amount=N_("Продажи за год")),
    }
    titles: ClassVar = {"main": N_("Клиенты по классам ABCD"), "by_class": N_("Классы ABCD"), "migration": N_("Переходы между классами")}

    cut: Literal["pareto", "median", "absolute"] = setting("pareto", source="OURS", help=N_("как делим оси: первые 80 %, медиана или суммы в деньгах"))
    share: float = setting(0.80, source="OURS", help=N_("доля оси, которую дают высокие клиенты"), gt=0, lt=1)
    potential_axis: Literal["free", "total"] = setting("free", source="OURS", help=N_("ось потенциала: свободный или полный объём закупки"))
    sales_cut: float | None = setting(None, source="OURS", help=N_("граница продаж в деньгах, для absolute"), ge=0)
    potential_cut: float | None = setting(None, source="OURS", help=N_("граница объёма в деньгах, для absolute"), ge=0)
    a_plus: Literal["manual", "auto"] = setting("manual", source="OURS", help=N_("A+ подтверждается вручную или по расчёту"))
    a_plus_share: float = setting(0.50, source="OURS", help=N_("кандидаты в A+: первая такая доля продаж и свободного объёма класса A"), gt=0, le=1)
    borderline: float = setting(0.80, source="OURS", help=N_("пограничный: не меньше такой доли от наименьшего высокого"), gt=0, le=1)
    young_days: int = setting(183, source="OURS", help=N_("молодой: первый заказ не раньше стольких дней назад"), ge=0)
    unknown_max: float = setting(0.40, source="OURS", help=N_("больше такой доли продаж без объёма — сначала выяснить"), ge=0, le=1)

    # -------------------------------------------------------------- numbers
    def rules(self) -> Rules:
        return Rules(self.cut, self.share, self.potential_axis, self.sales_cut, self.potential_cut, self.a_plus, self.a_plus_share, self.borderline, self.young_days)

    def measure(self, base: Base) -> Measured:
        self._check_cuts()
        window = _volume.year(base)
        main = self.at(base, window, base.facts.as_of.date)
        main["state"] = main["client_id"].map(base.table("lifecycle").set_index("client_id")["state"])
        main["strategy"] = main["class"].map(STRATEGY).astype("object").mask(main["state"] == "closed", None)
        main = main[[c.name for c in self.columns["main"]]]
        tables = {"main": main, "by_class": _by_class(main, base)} | self._migration(base, main, window)
        status, reason = MethodStatus.OK, ""
        if window.months < 12:
            status, reason = MethodStatus.WEAK, _("истории меньше 12 месяцев: взята вся")
        if _volume.unknown_share(main) > self.unknown_max + 1e-9:
            status, reason = MethodStatus.WEAK, _("сначала выяснить объёмы закупки")
        return Measured(tables, status, reason)

    def _check_cuts(self) -> None:
        from kbreport.errors import MethodRefused

        if self.cut == "absolute" and (self.sales_cut is None or self.potential_cut is None):
            raise MethodRefused(N_("ABCD с границами в деньгах не посчитан: границы не заданы."), remedy=N_("Задайте abcd.sales_cut и abcd.potential_cut."))

    def at(self, base: Base, window: Period, as_of) -> pd.DataFrame:
        """Classes as of a day: sales of the window, volumes and orders known then (METHODS 1.21). CL and the columns of the rule."""
        known = volumes(base.facts, window, as_of, _volume.stale_days(base))
        frame = young(base.card().join(known, on="client_id"), base.facts, window, as_of, self.rules())
        return classified(frame, self.rules(), _strategic(frame["client_id"], base))

    def measure_manager(self, base: Base, company: Tables) -> Tables:
        """His clients with the classes of the company; sums by class are his own."""
        mine = company["main"][company["main"]["client_id"].isin(base.card()["client_id"])].reset_index(drop=True)
        return {"main": mine, "by_class": _by_class(mine, base)}

    def _migration(self, base: Base, main: pd.DataFrame, window: Period) -> Tables:
        """Class at the end of the year before → class now; nobody's volume of today is known then. Not without two years."""
        before = year_to(window.start, base.facts) if window.start > base.facts.history_start else None
        if before is None or before.months < 12:
            return {}
        t0 = before.last
        old = self.at(base, before, t0).set_index("client_id")
        first = base.facts.first_order.reindex(old.index)
        there = (first <= pd.Timestamp(t0)) | (old["potential_status"] != "missing")
        pairs = main.assign(from_class=main["client_id"].map(old["class"].where(there)).astype("object"), to_class=main["class"])
        out = pairs.groupby(["from_class", "to_class"], dropna=False).agg(n_clients=("client_id", "size"), amount=("amount", "sum")).reset_index()
        order = {name: i for i, name in enumerate(CLASSES)}
        out = out.sort_values(["from_class", "to_class"], key=lambda s: s.map(order).fillna(len(order)), kind="stable").reset_index(drop=True)
        return {"migration": out[[c.name for c in self.columns["migration"]]]}

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        return _abcd_page.findings(self, tables, base)

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        return _abcd_page.blocks(self, tables, base)


def _strategic(clients: pd.Series, base: Base) -> pd.Series:
    known = base.facts.clients
    if "is_strategic" not in known:
        return pd.Series(False, index=clients.index)
    return clients.map(known.set_index("client_id")["is_strategic"]).eq(True)


def _by_class(main: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Clients, money and touches of P by class, all seven classes; free volume of AB? and CD? is unknown, not zero."""
    group = main.groupby("class")
    out = pd.DataFrame({"n_clients": group.size(), "amount": group["amount"].sum(), "free_amount": group["free_amount"].sum(min_count=1)}).reindex(list(CLASSES))
    out["n_clients"] = out["n_clients"].fillna(0).astype("int64")
    out["amount"] = out["amount"].fillna(0.0)
    out["touches"] = _touches(main, base)
    return out.rename_axis("class").reset_index()


def _touches(main: pd.DataFrame, base: Base) -> pd.Series | float:
    """Our touches (outgoing or blank) of P by class, as M3.2 counts them; NaN without the table."""
    touches = base.facts.others.get("touches")
    if touches is None:
        return np.nan
    inside = touches[base.period.mask(touches["at"]) & (touches.get("direction", pd.Series("out", index=touches.index)) != "in")]
    return inside["client_id"].map(main.set_index("client_id")["class"]).value_counts().reindex(list(CLASSES), fill_value=0)

