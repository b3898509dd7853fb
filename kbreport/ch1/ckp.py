"""M1.3 ЦКП клиентского менеджера / Valuable final product of the account manager.

Question   What one number says whether the account manager has produced what he is paid for?
In         retention (scope manager_id: portfolio at the start of P); receivables, client_manager_history optional
Out        main: one row per manager
Formula    NRR of the opening portfolio, beside GRR (kept), NRR − GRR (grown) and 1 − overdue share (paid);
           overdue share = overdue / open credit debt of the portfolio in the last snapshot ≤ as_of
Edge       portfolio < min_clients → weak; handed over inside P: stays with the manager at the start, counted; no debt or no
           snapshot → NA; history shorter than two periods → insufficient
Source     book 1.5 [000:30], wording [UNSOURCED]; [S4]; the proposal is [OURS]
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts.managers import kept_by_card
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.words import N_, _, number, percent, pp, scale_of


class Ckp(Method):
    number: ClassVar[str] = "M1.3"
    section: ClassVar[str] = "1.5"
    title: ClassVar[str] = N_("ЦКП клиентского менеджера")
    question: ClassVar[str] = N_("Произвёл ли менеджер то, за что ему платят?")
    needs: ClassVar[tuple[str, ...]] = ("retention",)
    inputs: ClassVar[tuple[str, ...]] = ("orders", "manager_id")
    optional_inputs: ClassVar[tuple[str, ...]] = ("receivables", "client_manager_history")
    columns: ClassVar = {"main": cols("manager_id manager_name n_clients base_amount grr nrr nrr_minus_grr_pp overdue_share n_handed_over ci_low ci_high status", manager_name=("text", N_("Имя")),
                                      base_amount=N_("Выручка базы раньше"), grr=N_("Удержано без роста"), nrr=N_("ЦКП: удержание денег"), nrr_minus_grr_pp=N_("Развитие"), overdue_share=N_("Доля просрочки"),
                                      n_handed_over=N_("Передано клиентов"))}
    titles: ClassVar = {"main": N_("ЦКП менеджеров")}

    min_clients: int = setting(10, source="OURS", help=N_("портфель меньше — без вердикта"), ge=1)
    nrr_bad: float = setting(0.90, source="OURS", help=N_("удержание денег меньше — плохо"), gt=0, le=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        kept = base.table("retention").query("scope == 'manager_id' and n_prev > 0")
        main = kept.rename(columns={"key": "manager_id", "n_prev": "n_clients", "nrr_ci_low": "ci_low", "nrr_ci_high": "ci_high"}).reset_index(drop=True)
        main["manager_name"] = main["manager_id"].map(base.manager_name)
        main["nrr_minus_grr_pp"] = (main["nrr"] - main["grr"]) * 100
        portfolio = _opening(base)
        main["overdue_share"] = main["manager_id"].map(_overdue(portfolio, base)).astype("float64")
        now = base.facts.manager_at(base.facts.as_of.date).reindex(portfolio.index)
        moved = now.notna() & (now.astype("object") != portfolio.astype("object"))
        main["n_handed_over"] = main["manager_id"].map(moved.groupby(portfolio.to_numpy(dtype=object)).sum()).fillna(0).astype("int64")
        main["status"] = np.where(main["n_clients"] < self.min_clients, "weak", "ok")
        main = main[[c.name for c in self.columns["main"]]]
        if base.comparison == "insufficient":
            main["status"] = "insufficient"
            return Measured({"main": main}, MethodStatus.INSUFFICIENT, _("истории меньше двух периодов: прошлогодней выручки нет"))
        if main.empty:
            return Measured({"main": main}, MethodStatus.INSUFFICIENT, _("на начало периода ни у кого не было покупающих клиентов"))
        weak = bool((main["status"] == "weak").all())
        return Measured({"main": main}, MethodStatus.WEAK if weak else MethodStatus.OK, _("портфели меньше {n} клиентов: без вердикта").format(n=number(self.min_clients)) if weak else "")

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        sure = main[(main["status"] == "ok") & (main["n_clients"] >= base.parameters.min_denominator)]
        if sure.empty or sure["nrr"].min() >= self.nrr_bad - 1e-9:
            return []
        r = sure.loc[sure["nrr"].idxmin()]
        lost = float(r["base_amount"] * (1 - r["nrr"]))
        text = _("База менеджера {name} принесла {nrr} прошлогодней выручки").format(name=page.plain(r["manager_name"]), nrr=percent(r["nrr"], 1))
        detail = _("Удержано {grr}, развитие {d}").format(grr=percent(r["grr"], 1), d=pp(r["nrr_minus_grr_pp"] / 100))
        return [Finding("ckp.weakest", FindingLevel.WATCH, text, detail, action=_("Разобрать портфель по клиентам: кого удержать, кого передать"), who=_("руководитель отдела продаж"),
                        fact=round(float(r["nrr"]), 6), baseline=1.0, gap=round(float(r["nrr"]) - 1, 6), money=round(lost, 2), basis=_("прошлый период минус этот у тех же клиентов"), values={"manager_id": r["manager_id"]})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        if main.empty or base.comparison == "insufficient":
            return [page.section(_("ЦКП не посчитан: сравнивать не с чем"), id="ckp", kicker=kicker(self))]
        blocks = [page.section(_headline(main), id="ckp", kicker=kicker(self), lead=_("Удержание денег у клиентов, которых менеджер вёл на начало периода: с ростом и падением, без новых клиентов."))]
        blocks += _figure(main) + [_table(main, self.nrr_bad, base)]
        if warning := kept_by_card(base.facts, base.period.start - timedelta(days=1), base.facts.active(base.previous)):
            blocks.append(page.note(warning))
        if findings:
            blocks.append(page.action([(findings[0].action, _("руководитель отдела продаж · месяц"))]))
        return blocks


# ------------------------------------------------------------------ numbers
def _opening(base: Base) -> pd.Series:
    """Keeper at the start of P by client active in P-1."""
    owner = base.facts.manager_at(base.period.start - timedelta(days=1))
    return owner[owner.index.isin(base.facts.active(base.previous)) & owner.notna()]


def _overdue(portfolio: pd.Series, base: Base) -> pd.Series:
    """Overdue / open credit debt of each opening portfolio in the last snapshot known at as_of; NA without debt."""
    debts = base.facts.others.get("receivables")
    if debts is None or debts.empty:
        return pd.Series(dtype="float64")
    taken, as_of = pd.to_datetime(debts["snapshot_date"]), pd.Timestamp(base.facts.as_of.date)
    known = taken[taken <= as_of]
    if known.empty:
        return pd.Series(dtype="float64")
    debts = debts[taken == known.max()]
    if "terms" in debts:
        debts = debts[debts["terms"] != "cash"]
    late = debts["open_amount"].where(pd.to_datetime(debts["due_date"]) < known.max(), 0.0)
    sums = debts.assign(late=late, keeper=debts["client_id"].map(portfolio)).groupby("keeper")[["late", "open_amount"]].sum()
    return sums["late"] / sums["open_amount"].where(sums["open_amount"] > 0)


# ------------------------------------------------------------------ page
def _headline(main: pd.DataFrame) -> str:
    if len(main) == 1:
        r = main.iloc[0]
        return _("База принесла {nrr} прошлогодней выручки: удержано {grr}, развитие {d}").format(nrr=percent(r["nrr"], 1), grr=percent(r["grr"], 1), d=pp(r["nrr_minus_grr_pp"] / 100))
    return _("Базы менеджеров принесли от {a} до {b} прошлогодней выручки").format(a=percent(main["nrr"].min(), 1), b=percent(main["nrr"].max(), 1))


def _figure(main: pd.DataFrame) -> list[dict]:
    order = main.sort_values(["nrr", "manager_id"], ascending=[False, True], kind="stable")
    if len(order) < 2:
        return []
    wide, phone = charts.both(lambda w: charts.pairs(list(order["manager_name"]), order["grr"].tolist(), order["nrr"].tolist(), (_("удержано"), _("с развитием")), w=w), "ckp-pairs")
    return [page.fig("ckp-pairs", wide, phone=phone, headline=_("Сколько удержано и сколько добавлено"), subtitle=_("К выручке тех же клиентов в прошлом периоде, %"), alt=_("Пары полос по менеджерам: удержано без роста и с развитием"))]


def _table(main: pd.DataFrame, bad: float, base: Base) -> dict:
    tone = lambda r: None if r.n_clients < base.parameters.min_denominator else "good" if r.nrr >= 1 - 1e-9 else "bad" if r.nrr < bad - 1e-9 else None  # noqa: E731
    scale = scale_of(main["base_amount"], base.facts.currency)
    rows = [[page.cell(r.manager_name, sub=_("передано {n}").format(n=number(r.n_handed_over)) if r.n_handed_over else None), number(r.n_clients), scale.text(r.base_amount), percent(r.grr, 1), pp(r.nrr_minus_grr_pp / 100),
             page.cell(percent(r.nrr, 1), tone=tone(r), sub=None if pd.isna(r.ci_low) else _("от {a} до {b}").format(a=percent(r.ci_low), b=percent(r.ci_high))),
             percent(1 - r.overdue_share)] for r in main.itertuples()]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("Клиентов"), num=True, w=18), page.col(_("Выручка базы"), num=True, w=24), page.col(_("Удержано"), num=True, w=20), page.col(_("Развитие"), num=True, w=24),
            page.col(_("ЦКП"), num=True, w=26), page.col(_("Долг в срок"), num=True, w=20)]
    return page.table(head, rows, title=_("ЦКП менеджеров"), unit=scale.unit or None, sheet="ckp", dense=True,
                      note=_("Под ЦКП — каким он мог быть с теми же клиентами при обычной удаче. «Долг в срок» — доля долга без просрочки."))
