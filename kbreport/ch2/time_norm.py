"""M2.2 Эффективное распределение времени КМ / Target time budget.

Question   What takes more of a manager's time than it should, what less, and how many hours is that?
In         frd (shares by activity, coverage)
Out        main: manager × activity with deviation from the norm
Formula    deviation = share − norm; hours a week = deviation × logged hours of a five-day week; flagged if |deviation| is more
           than flag_pp points and more than flag_rel of the norm, both strictly (norm 0: only the first)
Edge       norms that do not add up to 100 ± 0.1 % → refused with the sum; managers whose log is too thin keep their rows but
           get no verdict; time under an unknown code has no norm
Source     book 2.2 [000:40], percentages [UNSOURCED]; all norms and flags are [OURS]; benchmarks [S7]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts.timelog import CODES
from kbreport.errors import MethodRefused
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.words import N_, _, n_, number, percent, pp, signed

WEEK_DAYS = 5
ALLOWED = 0.001


class TimeNorm(Method):
    number: ClassVar[str] = "M2.2"
    section: ClassVar[str] = "2.2"
    title: ClassVar[str] = N_("Бюджет времени")
    question: ClassVar[str] = N_("На что уходит больше времени, чем должно, и на что меньше?")
    needs: ClassVar[tuple[str, ...]] = ("frd",)
    inputs: ClassVar[tuple[str, ...]] = ("timelog",)
    columns: ClassVar = {"main": cols("manager_id activity_code share norm_share dev_pp dev_of_norm dev_hours_week is_flagged", activity_code=("text", N_("Вид работ")), norm_share=N_("Норма"),
                                      dev_pp=N_("Отклонение"), dev_of_norm=("ratio", N_("К норме")), dev_hours_week=("number", N_("Часов в неделю")), is_flagged=N_("Отмечено"))}
    titles: ClassVar = {"main": N_("Время против нормы")}

    p1: float = setting(0.40, source="OURS", help=N_("норма: исходящие касания"), ge=0, le=1)
    p2: float = setting(0.15, source="OURS", help=N_("норма: входящие запросы"), ge=0, le=1)
    p3: float = setting(0.10, source="OURS", help=N_("норма: документы"), ge=0, le=1)
    p4: float = setting(0.12, source="OURS", help=N_("норма: подготовка"), ge=0, le=1)
    p5: float = setting(0.05, source="OURS", help=N_("норма: отгрузки, долги, рекламации"), ge=0, le=1)
    p6: float = setting(0.05, source="OURS", help=N_("норма: отчётность и CRM"), ge=0, le=1)
    p7: float = setting(0.05, source="OURS", help=N_("норма: внутренние встречи"), ge=0, le=1)
    p8: float = setting(0.03, source="OURS", help=N_("норма: обучение"), ge=0, le=1)
    p9: float = setting(0.05, source="OURS", help=N_("норма: дорога"), ge=0, le=1)
    p10: float = setting(0.00, source="OURS", help=N_("норма: простои"), ge=0, le=1)
    flag_pp: float = setting(5, source="OURS", help=N_("отклонение больше стольких пунктов отмечается"), ge=0)
    flag_rel: float = setting(0.25, source="OURS", help=N_("и больше такой части нормы"), ge=0)

    def norms(self) -> dict[str, float]:
        """Norm by activity code."""
        return {f"P{i}": getattr(self, f"p{i}") for i in range(1, 11)}

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        total = sum(self.norms().values())
        if abs(total - 1) > ALLOWED + 1e-9:
            raise MethodRefused(N_("Нормы времени в сумме дают {total}, а должны 100 %."), remedy=N_("Поправьте time_norm.p1 … time_norm.p10."), total=percent(total, 1))
        main = base.table("frd")[["manager_id", "activity_code", "share", "norm_share", "dev_pp"]]
        indices = base.table("frd", "indices").set_index("manager_id")
        week = (indices["logged_minutes"] / indices["observed_days"] * WEEK_DAYS / 60).reindex(main["manager_id"]).to_numpy()
        main["dev_of_norm"] = main["dev_pp"] / 100 / main["norm_share"].where(main["norm_share"] > 0)
        main["dev_hours_week"] = main["dev_pp"] / 100 * week
        far = main["dev_pp"].abs() > self.flag_pp + 1e-9
        main["is_flagged"] = far & ((main["dev_of_norm"].abs() > self.flag_rel + 1e-9) | (main["norm_share"] == 0))
        good = int((indices["status"] == "ok").sum())
        if good:
            return Measured({"main": main}, MethodStatus.OK if good == len(indices) else MethodStatus.WEAK, "" if good == len(indices) else base.measure("frd").reason)
        return Measured({"main": main}, MethodStatus.INSUFFICIENT, base.measure("frd").reason)

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        main = company["main"][company["main"]["manager_id"] == base.manager].reset_index(drop=True)
        study = base.measure("frd")
        return Measured({"main": main}, study.status, study.reason)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        by = _by_code(tables["main"], base)
        if by.empty or not by["n_flagged"].sum():
            return []
        worst = by[by["n_flagged"] > 0]["hours"].abs().idxmax()
        r = by.loc[worst]
        text = _("Главный разрыв времени: {name}, {h} ч в неделю к норме").format(name=_(CODES[worst][0]), h=signed(number(r["hours"], 1)))
        detail = n_("Отмечено у {k} из {n} менеджера.", "Отмечено у {k} из {n} менеджеров.", int(r["n"]), k=number(r["n_flagged"]))
        return [Finding("time_norm.gap", FindingLevel.WATCH, text, detail, action=_("Договориться, за счёт чего вернуть часы: что передать, что прекратить"), who=_("руководитель отдела продаж"),
                        gap=round(float(r["hours"]), 6), values={"code": worst, "n_flagged": int(r["n_flagged"])})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        by = _by_code(tables["main"], base)
        if by.empty:
            return [page.section(_("С нормой не сравнить: времени записано слишком мало"), id="time_norm", kicker=kicker(self))]
        title = findings[0].text if findings else _("Время близко к норме: больших расхождений нет")
        lead = _("Отмечено то, что дальше {a} от нормы и больше её четверти. Нормы — kbreport, в книге может быть иначе.") if abs(self.flag_rel - 0.25) < 1e-9 else \
            _("Отмечено то, что дальше {a} от нормы и больше {b} её. Нормы — kbreport, в книге может быть иначе.")
        blocks = [page.section(title, id="time_norm", kicker=kicker(self), lead=lead.format(a=pp(self.flag_pp / 100, 0).lstrip("+"), b=percent(self.flag_rel)))]
        blocks += _figure(by) + [_table(tables["main"], by, base)]
        blocks.append(page.note(_("Для сравнения: продавцы в опросах тратят на разговоры с клиентами 34–41 % времени. Это не норма.")))
        if findings:
            blocks.append(page.action([(findings[0].action, _("руководитель отдела продаж · две недели"))]))
        return blocks


def _by_code(main: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Per activity, over managers with enough log: hours a week off the norm (sum), how many are flagged, of how many."""
    indices = base.table("frd", "indices")
    good = indices.loc[indices["status"] == "ok", "manager_id"]
    mine = main[main["manager_id"].isin(good) & main["norm_share"].notna()]
    return mine.groupby("activity_code", sort=False).agg(hours=("dev_hours_week", "sum"), n_flagged=("is_flagged", "sum"), n=("manager_id", "size"), norm=("norm_share", "first"))


def _figure(by: pd.DataFrame) -> list[dict]:
    names = [_(CODES[code][0]) for code in by.index]
    colours = np.where(by["n_flagged"] > 0, charts.RISK, charts.NEUTRAL).tolist()
    wide, phone = charts.both(lambda w: charts.bars(names, by["hours"].tolist(), fmt=lambda x: signed(number(x, 1)), colours=colours, w=w), "time-norm-bars")
    return [page.fig("time-norm-bars", wide, phone=phone, headline=_("Куда ушли часы и где их не хватает"), subtitle=_("Часов в неделю к норме, все менеджеры вместе; цветом — отмеченные"),
                     alt=_("Полосы отклонений от нормы по видам работ"))]


def _table(main: pd.DataFrame, by: pd.DataFrame, base: Base) -> dict:
    """Deviation of each manager in points, flagged ones in colour; managers with a thin log are left to the workbook."""
    managers = [m for m in main["manager_id"].unique() if m in set(base.table("frd", "indices").query("status == 'ok'")["manager_id"])][:5]
    cells = main.set_index(["activity_code", "manager_id"])

    def one(code: str, manager: str) -> dict:
        r = cells.loc[(code, manager)]
        return page.cell(pp(r["dev_pp"] / 100), tone="warn" if r["is_flagged"] else None, v=float(r["dev_pp"]))

    rows = [[_(CODES[code][0]), percent(by.loc[code, "norm"]), *(one(code, m) for m in managers)] for code in by.index]
    head = [page.col(_("Вид работ"), cls="h"), page.col(_("Норма"), num=True, w=16), *(page.col(base.manager_name(m), num=True, w=24) for m in managers)]
    return page.table(head, rows, title=_("Отклонение от нормы по менеджерам"), sheet="time_norm", dense=True)
