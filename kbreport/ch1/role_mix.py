"""M1.2 Чистота роли: АМ или КМ / Hunter–farmer role purity.

Question   Is each manager really doing one job?
In         facts.order_days (manager_id), first orders; managers.role, touches optional
Out        main: one row per manager with sales in P
Formula    new_share = Σ positive S(k, P, his orders) over clients new in P / the same over all his clients; ≥ hunter_share →
           hunter, ≤ farmer_share → farmer, between → mixed; touches_new_share = outgoing touches to new clients and to those
           who never bought / all his outgoing touches
Edge       history too short to tell a new client → insufficient, no shares; fewer than min_clients → counts only, weak; a
           mismatch is the opposite role (KM, KAM should farm, AM should hunt; AP and ROP have no such role)
Source     book 1.2–1.4 [000:24-28], [000:10]; the borders are [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts.facts import exact_sum, looked_up
from kbreport.facts.period import add_months
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.vocabulary import pinned
from kbreport.words import N_, _, listed, n_, number, percent, scale_of

EXPECTED = {"KM": "farmer", "KAM": "farmer", "AM": "hunter"}
DECLARED = {"KM": N_("КМ"), "AM": N_("АМ"), "AP": N_("АП"), "KAM": N_("КАМ"), "ROP": N_("РОП")}


class RoleMix(Method):
    number: ClassVar[str] = "M1.2"
    section: ClassVar[str] = "1.2"
    title: ClassVar[str] = N_("Чистота роли")
    question: ClassVar[str] = N_("Один ли вид работы у каждого менеджера?")
    inputs: ClassVar[tuple[str, ...]] = ("orders", "manager_id")
    optional_inputs: ClassVar[tuple[str, ...]] = ("managers", "touches")
    columns: ClassVar = {"main": cols("manager_id manager_name role_declared amount new_amount new_share n_new n_repeat n_returned touches_out touches_new_share role_found is_mismatch status",
                                      manager_name=("text", N_("Имя")), role_declared=("text", N_("Числится")), new_amount=N_("Новым клиентам"), new_share=N_("Доля новых"), n_new=N_("Новых клиентов"),
                                      n_repeat=N_("Постоянных"), n_returned=N_("Вернувшихся"), touches_out=("count", N_("Исходящих касаний")), touches_new_share=N_("Касаний новым"),
                                      role_found=("text", N_("Роль по продажам")), is_mismatch=N_("Не совпадает"))}
    titles: ClassVar = {"main": N_("Роли менеджеров")}

    hunter_share: float = setting(0.60, source="OURS", help=N_("с этой доли продаж новым роль активная"), gt=0, le=1)
    farmer_share: float = setting(0.20, source="OURS", help=N_("до этой доли продаж новым роль клиентская"), ge=0, lt=1)
    min_clients: int = setting(5, source="OURS", help=N_("меньше клиентов — только счёт"), ge=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        from kbreport.errors import MethodRefused

        deals = _sold(base)
        if deals.empty:
            raise MethodRefused(N_("За период нет продаж, у которых известен менеджер."))
        known = base.company_facts.history_start <= add_months(base.period.start, -base.parameters.lookback)
        main = self._main(deals, base, known)
        if not known:
            return Measured({"main": main}, MethodStatus.INSUFFICIENT, _("новизну определить нельзя: история короче {n} мес. до начала периода").format(n=number(base.parameters.lookback)))
        weak = int((main["status"] == "weak").sum())
        reason = n_("у {n} менеджера меньше {m} клиентов: только счёт", "у {n} менеджеров меньше {m} клиентов: только счёт", weak, m=number(self.min_clients)) if weak else ""
        return Measured({"main": main}, MethodStatus.WEAK if weak == len(main) else MethodStatus.OK, reason)

    def _main(self, deals: pd.DataFrame, base: Base, known: bool) -> pd.DataFrame:
        kinds = pd.crosstab(deals["manager_id"], deals["kind"]).reindex(columns=["new", "repeat", "returned"], fill_value=0)
        out = pd.DataFrame({"amount": exact_sum(deals, ["manager_id"])})
        out["new_amount"] = exact_sum(deals[deals["kind"] == "new"], ["manager_id"]).reindex(out.index).fillna(0.0)
        out["n_new"], out["n_repeat"], out["n_returned"] = kinds["new"].astype("Int64"), kinds["repeat"].astype("Int64"), kinds["returned"].astype("Int64")
        out["new_share"] = out["new_amount"] / out["amount"].where(out["amount"] > 0)
        few = kinds.sum(axis=1) < self.min_clients
        if not known:  # who is new cannot be told, so neither can who is not
            out[["new_amount", "new_share"]], out[["n_new", "n_repeat", "n_returned"]] = np.nan, pd.NA
        out["touches_out"], out["touches_new_share"] = _touches(base, out.index, known)
        share = out["new_share"]
        role = pd.Series(np.select([share >= self.hunter_share - 1e-9, share <= self.farmer_share + 1e-9, share.notna()], ["hunter", "farmer", "mixed"], ""), index=out.index)
        out["role_found"] = role.astype("object").where((role != "") & ~few, None)
        out["status"] = np.where(few, "weak", "ok") if known else "insufficient"
        staff = base.facts.others.get("managers")
        declared = staff.drop_duplicates("manager_id").set_index("manager_id")["role"] if staff is not None and "role" in staff else pd.Series(dtype="object")
        out["role_declared"] = declared.reindex(out.index).astype("object").where(lambda r: r.notna(), None)
        wanted = out["role_declared"].map(EXPECTED)
        out["is_mismatch"] = wanted.notna() & out["role_found"].isin(["hunter", "farmer"]) & (out["role_found"] != wanted)
        out = out.rename_axis("manager_id").reset_index()
        out["manager_name"] = out["manager_id"].map(base.manager_name)
        return out[[c.name for c in self.columns["main"]]]

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        return [self._mismatch(r, base) for r in tables["main"].itertuples() if r.is_mismatch]

    def _mismatch(self, r, base: Base) -> Finding:
        old = r.role_found == "farmer"
        share = 1 - r.new_share if old else r.new_share
        said = _("{name} числится {role}, но {x} продаж — постоянным клиентам") if old else _("{name} числится {role}, но {x} продаж — новым клиентам")
        text = said.format(name=page.plain(r.manager_name), role=_(DECLARED[r.role_declared]), x=percent(share))
        return Finding("role_mix.mismatch", FindingLevel.WATCH, text, _("Роль фактически {role}.").format(role=pinned("role_found", r.role_found)), action=_("Решить, чья это работа: сменить роль или состав клиентов"),
                       who=_("руководитель отдела продаж"), fact=round(float(r.new_share), 6), baseline=self.farmer_share if not old else self.hunter_share, values={"manager_id": r.manager_id, "share": float(share)})

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        judged, wrong = main[main["role_found"].notna()], main[main["is_mismatch"]]
        if main.empty or judged.empty:
            return [page.section(_("Роль по продажам не определить"), id="role_mix", kicker=kicker(self), lead=_("Нужна история хотя бы за год до периода и не меньше {n} клиентов у менеджера.").format(n=number(self.min_clients)))] \
                + ([_table(main, base)] if len(main) else [])
        mixed = int((judged["role_found"] == "mixed").sum())
        if len(wrong):
            title = n_("{n} менеджер делает не ту работу, которой числится: {list}", "{n} менеджеров делают не ту работу, которой числятся: {list}", len(wrong), list=listed(list(wrong["manager_name"]), 2))
        elif mixed:
            title = n_("Роль смешана у {n} менеджера из {all}", "Роль смешана у {n} менеджеров из {all}", mixed, all=number(len(judged)))
        else:
            title = n_("Роли чистые: у {n} менеджера продажи одного рода", "Роли чистые: у каждого из {n} менеджеров продажи одного рода", len(judged))
        lead = _("От {a} продаж новым клиентам — активный менеджер, до {b} — клиентский. Границы — kbreport.").format(a=percent(self.hunter_share), b=percent(self.farmer_share))
        blocks = [page.section(title, id="role_mix", kicker=kicker(self), lead=lead), *_figure(judged), _table(main, base)]
        if findings:
            blocks.append(page.action([(f.action, _("руководитель отдела продаж · месяц")) for f in findings[:1]]))
        return blocks


# ------------------------------------------------------------------ numbers
def _sold(base: Base) -> pd.DataFrame:
    """Positive sales of P by client and manager who sold, and the kind of the client: new, returned or repeat."""
    days, p = base.facts.order_days, base.period
    inside = days[p.mask(days["date"])]
    seller = inside["manager_id"].astype("object").where(inside["manager_id"].notna(), inside["client_id"].map(base.facts.manager_at(base.facts.as_of.date)).astype("object"))
    inside = inside.assign(manager_id=seller)
    inside = inside[inside["manager_id"].notna()]
    out = exact_sum(inside, ["client_id", "manager_id"]).reset_index()
    out = out[out["amount"] > 1e-9]
    first = looked_up(out["client_id"], base.facts.first_order)
    before = out["client_id"].isin(base.facts.active(base.previous))
    out["kind"] = np.select([first >= pd.Timestamp(p.start), ~before], ["new", "returned"], "repeat")
    return out


def _touches(base: Base, managers: pd.Index, known: bool) -> tuple[pd.Series, pd.Series]:
    """(outgoing touches, share of them to new clients and to those who never bought) by manager; NA without the table."""
    touches = base.facts.others.get("touches")
    nothing = pd.Series(pd.NA, index=managers, dtype="Int64"), pd.Series(np.nan, index=managers)
    if touches is None:
        return nothing
    out = touches[base.period.mask(touches["at"])]
    if "direction" in out:
        out = out[out["direction"].isna() | (out["direction"] != "in")]
    first = looked_up(out["client_id"], base.facts.first_order)
    fresh = first.isna() | (first >= pd.Timestamp(base.period.start))
    count = out.groupby("manager_id").size().reindex(managers, fill_value=0)
    share = fresh.groupby(out["manager_id"]).sum().reindex(managers, fill_value=0) / count.where(count > 0)
    return count.astype("Int64"), share.astype("float64") if known else nothing[1]


# ------------------------------------------------------------------ page
def _figure(judged: pd.DataFrame) -> list[dict]:
    order = judged.sort_values(["new_share", "manager_id"], ascending=[False, True], kind="stable")
    if len(order) < 2:
        return []
    colours = [charts.RISK if wrong else charts.NAVY for wrong in order["is_mismatch"]]
    wide, phone = charts.both(lambda w: charts.bars(list(order["manager_name"]), order["new_share"].tolist(), fmt=lambda x: percent(x, 1), colours=colours, w=w), "role-mix-bars")
    return [page.fig("role-mix-bars", wide, phone=phone, headline=_("Доля продаж новым клиентам"), subtitle=_("Продажи новым ко всем продажам менеджера, %; цветом — не та роль"), alt=_("Полосы доли новых клиентов по менеджерам"))]


def _table(main: pd.DataFrame, base: Base) -> dict:
    scale = scale_of(main["amount"], base.facts.currency)
    rows = [[page.cell(r.manager_name, sub=_(DECLARED[r.role_declared]) if r.role_declared in DECLARED else None), scale.text(r.amount), percent(r.new_share, 1), number(r.n_new), number(r.n_repeat), number(r.n_returned),
             percent(r.touches_new_share), page.cell(pinned("role_found", r.role_found) if isinstance(r.role_found, str) else "—", tone="warn" if r.is_mismatch else None)] for r in main.itertuples()]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("Продажи"), num=True, w=20), page.col(_("Доля новых"), num=True, w=20), page.col(_("Новых"), num=True, w=14), page.col(_("Постоянных"), num=True, w=18),
            page.col(_("Вернулись"), num=True, w=17), page.col(_("Касаний новым"), num=True, w=18), page.col(_("Роль по продажам"), w=26)]
    return page.table(head, rows, title=_("Роли менеджеров"), unit=scale.unit or None, sheet="role_mix", dense=True)
