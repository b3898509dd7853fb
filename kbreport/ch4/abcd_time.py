"""M4.7 Распределение времени по ABCD / Effort allocation by class.

Question   On whom does the time go, and what does it bring?
In         abcd (classes; A+ counts as A); timelog of P with client_id, else touches of P with duration_min; amount and margin of P
Out        main: one row per class, unknown classes their own; unassigned: hours without a client, by manager
Formula    share = hours of the class / all hours with a client; gap = share − target; release = hours of D above target × all
           hours; return per hour = margin (sales where margin is not known) / hours: an average, not the next hour's.
           A log of some days meets the money of all P: the page then says only how many times more than D
Edge       time without a client is left out and shown; a touch without duration takes the median of its channel, then of all;
           no duration anywhere: shares are of touches, hours are unknown; overlapping intervals: the later one is clipped
Source     book 4.7 [000:94]; targets 40/30/22/8 % [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.errors import MethodRefused
from kbreport.facts import timelog
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.words import N_, _, n_, number, percent, pp, unit

ORDER = ("A", "B", "C", "D", "AB?", "CD?")


class AbcdTime(Method):
    number: ClassVar[str] = "M4.7"
    section: ClassVar[str] = "4.7"
    title: ClassVar[str] = N_("Время по классам ABCD")
    question: ClassVar[str] = N_("На кого уходит время и что оно приносит?")
    needs: ClassVar[tuple[str, ...]] = ("abcd",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("timelog", "touches", "margin")
    columns: ClassVar = {
        "main": cols("class hours share target_share gap_pp release_hours amount margin return_per_hour basis n_records", hours=("number", N_("Часов")), share=N_("Доля времени"),
                     target_share=N_("Цель"), gap_pp=N_("Разница с целью"), release_hours=N_("Освободить часов"), amount=N_("Продажи"), margin=("money", N_("Маржа")),
                     return_per_hour=("money", N_("Отдача на час")), basis=("text", N_("Откуда время")), n_records=N_("Записей")),
        "unassigned": cols("manager_id hours", hours=("number", N_("Часов"))),
    }
    titles: ClassVar = {"main": N_("Время и деньги по классам"), "unassigned": N_("Время без клиента")}

    target_a: float = setting(0.40, source="OURS", help=N_("цель: доля времени на A"), ge=0, le=1)
    target_c: float = setting(0.30, source="OURS", help=N_("цель: доля времени на C"), ge=0, le=1)
    target_b: float = setting(0.22, source="OURS", help=N_("цель: доля времени на B"), ge=0, le=1)
    target_d: float = setting(0.08, source="OURS", help=N_("цель: доля времени на D"), ge=0, le=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        return self._measured(base, base.table("abcd"))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """His time and his clients' money, classes of the company."""
        return self._measured(base, base.table("abcd"), basis=company["main"]["basis"].iloc[0] if len(company["main"]) else None)

    def _measured(self, base: Base, abcd: pd.DataFrame, basis: str | None = None) -> Measured:
        spent, basis = _spent(base, basis)
        letters = abcd.set_index("client_id")["class"].replace({"A+": "A"})
        spent["class"] = spent["client_id"].map(letters)
        assigned = spent[spent["class"].notna()]
        if assigned.empty:
            raise MethodRefused(N_("Время по классам не посчитано: за период нет ни фотографии рабочего дня с клиентами, ни касаний."), remedy=N_("Нужна таблица timelog со столбцом client_id или touches."))
        main = self._main(assigned, basis, letters, base)
        away = spent[spent["class"].isna() & (spent["hours"] > 0)]
        unassigned = away.groupby("manager_id", dropna=False)["hours"].sum().reset_index()
        weak = len(assigned) < base.parameters.min_denominator
        reason = n_("только {n} запись о времени с клиентом", "только {n} записей о времени с клиентом", len(assigned)) if weak else ""
        return Measured({"main": main, "unassigned": unassigned}, MethodStatus.WEAK if weak else MethodStatus.OK, reason)

    def _main(self, assigned: pd.DataFrame, basis: str, letters: pd.Series, base: Base) -> pd.DataFrame:
        rows = [c for c in ORDER if c in set(letters) or c in "ABCD"]
        group = assigned.groupby("class")
        out = pd.DataFrame({"hours": group["hours"].sum(min_count=1), "n_records": group.size()}).reindex(rows)
        timed = assigned["hours"].notna().all()
        out["n_records"] = out["n_records"].fillna(0).astype("int64")
        out["hours"] = out["hours"].fillna(0.0) if timed else np.nan
        weight = out["hours"] if timed else out["n_records"].astype("float64")
        out["share"] = weight / weight.sum() if weight.sum() > 0 else np.nan
        out["target_share"] = pd.Series({"A": self.target_a, "B": self.target_b, "C": self.target_c, "D": self.target_d}).reindex(rows)
        out["gap_pp"] = (out["share"] - out["target_share"]) * 100
        out["release_hours"] = (out["hours"] - self.target_d * out["hours"].sum()).clip(lower=0).where(out.index == "D")
        out["amount"] = _money(base, letters, "amount").reindex(rows).fillna(0.0)
        out["margin"] = _money(base, letters, "margin").reindex(rows) if base.facts.has_margin else np.nan
        out["return_per_hour"] = (out["margin"] if base.facts.has_margin else out["amount"]) / out["hours"].where(out["hours"] > 0)
        out["basis"] = basis
        return out.rename_axis("class").reset_index()[[c.name for c in self.columns["main"]]]

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        d = _row(tables["main"], "D")
        if pd.isna(d["share"]) or d["gap_pp"] <= 0 or _few(tables["main"], base):
            return []
        part, share = _result(tables["main"])
        text = _("На клиентов D уходит {x} времени, они дают {y} {what}") if d["hours"] > 0 else _("На клиентов D уходит {x} касаний, они дают {y} {what}")
        detail = _free_line(tables["main"], self)
        return [Finding("abcd_time.d", FindingLevel.WATCH, text.format(x=percent(d["share"]), y=percent(share["D"]), what=part), detail, action=_("Перевести D на портал, администратора продаж и минимальный заказ; время отдать A и C"),
                        who=_("руководитель отдела продаж"), fact=float(d["share"]), baseline=self.target_d, gap=float(d["share"]) - self.target_d, values={"share": float(d["share"]), "result_share": float(share["D"])})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        blocks = [page.section(_headline(main, base), id="abcd_time", kicker=kicker(self), lead=_lead(main))]
        blocks.append(page.cols((88, 88), (_chart(main), [_table(main, base)])))
        blocks += _notes(tables, base)
        if findings:
            blocks.append(page.action([(findings[0].action, _("руководитель отдела продаж · с начала следующего месяца"))]))
        return blocks


# ------------------------------------------------------------------ numbers
def _spent(base: Base, basis: str | None = None) -> tuple[pd.DataFrame, str]:
    """(rows of effort: client_id, manager_id, hours; basis). The time log where clients are named in it, else touches."""
    logged, touched = _logged(base), _touched(base)
    named = int(logged["client_id"].notna().sum())
    if basis == "timelog" or basis is None and named and (named >= base.parameters.min_denominator or touched.empty):
        return logged, "timelog"
    return touched, "touches"


def _logged(base: Base) -> pd.DataFrame:
    log = base.facts.others.get("timelog")
    if log is None or "client_id" not in log:
        return pd.DataFrame({"client_id": pd.Series(dtype="str"), "manager_id": pd.Series(dtype="str"), "hours": pd.Series(dtype="float64")})
    rows = timelog.read(log, base.period, base.settings("frd").max_day_hours).rows
    return rows.assign(hours=rows["minutes"] / 60)[["client_id", "manager_id", "hours"]]


def _touched(base: Base) -> pd.DataFrame:
    """Touches of P, incoming and unanswered ones too: they take time. Hours are NaN where no touch has a duration."""
    touches = base.facts.others.get("touches")
    if touches is None:
        return pd.DataFrame({"client_id": pd.Series(dtype="str"), "manager_id": pd.Series(dtype="str"), "hours": pd.Series(dtype="float64")})
    touches = touches[base.period.mask(touches["at"])]
    minutes = touches["duration_min"].astype("float64") if "duration_min" in touches else pd.Series(np.nan, index=touches.index)
    minutes = minutes.where(minutes >= 0)
    if "channel" in touches:
        minutes = minutes.fillna(minutes.groupby(touches["channel"]).transform("median"))
    return touches[["client_id", "manager_id"]].assign(hours=minutes.fillna(minutes.median()) / 60).reset_index(drop=True)


def _money(base: Base, letters: pd.Series, measure: str) -> pd.Series:
    sums = base.facts.net_sales(base.period, measure)
    return sums.groupby(letters.reindex(sums.index)).sum(min_count=1)


# ------------------------------------------------------------------ words
def _row(main: pd.DataFrame, letter: str) -> pd.Series:
    return main.set_index("class").loc[letter]


def _few(main: pd.DataFrame, base: Base) -> bool:
    return int(main["n_records"].sum()) < base.parameters.min_denominator


def _result(main: pd.DataFrame) -> tuple[str, pd.Series]:
    """(what is shared, share by class): margin where it is known, else sales."""
    known = main["margin"].notna().any()
    money = main.set_index("class")["margin" if known else "amount"].fillna(0.0)
    return (_("маржи") if known else _("продаж")), money / money.sum() if money.sum() > 0 else money * np.nan


def _free_line(main: pd.DataFrame, method: AbcdTime) -> str:
    d = _row(main, "D")
    if d["hours"] > 0:
        mean = main["hours"].sum() / main["n_records"].sum() if main["basis"].iloc[0] == "touches" else np.nan
        line = _("До цели {t} можно освободить {h} ч").format(t=percent(method.target_d), h=number(d["release_hours"], 1))
        return line + (_(" — это {n} касаний A и C.").format(n=number(int(d["release_hours"] / mean))) if mean > 0 else ".")
    spare = int(main["n_records"].sum() * (d["share"] - method.target_d))
    return n_("До цели {t} можно перенести на A и C {n} касание.", "До цели {t} можно перенести на A и C {n} касаний.", spare, t=percent(method.target_d))


def _headline(main: pd.DataFrame, base: Base) -> str:
    d = _row(main, "D")
    if _few(main, base):
        return n_("О времени с клиентами {n} запись: судить о распределении рано", "О времени с клиентами {n} записей: судить о распределении рано", int(main["n_records"].sum()))
    part, share = _result(main)
    what = _("времени") if main["hours"].notna().any() else _("касаний")
    if pd.isna(share["D"]):
        return _("{x} {of} достаётся клиентам D").format(x=percent(d["share"]), of=what)
    return _("{x} {of} достаётся клиентам D, они дают {y} {what}").format(x=percent(d["share"]), of=what, y=percent(share["D"]), what=part)


def _lead(main: pd.DataFrame) -> str:
    source = {"timelog": _("По фотографии рабочего дня с указанием клиента."), "touches": _("По касаниям за период.")}[main["basis"].iloc[0]]
    return source + " " + _("Отдача на час — среднее, а не то, что принёс бы ещё один час.")


def _notes(tables: Tables, base: Base) -> list[dict]:
    lines, main = [], tables["main"]
    if main["hours"].isna().all():
        lines.append(_("Длительность касаний не записана: доли посчитаны по их числу, часы неизвестны."))
    hours = tables["unassigned"]["hours"].sum() if "unassigned" in tables else 0
    if hours > 0:
        lines.append(_("Без клиента записано ещё {h} ч: в доли не входит.").format(h=number(hours, 1)))
    unknown = main[main["class"].isin(["AB?", "CD?"]) & (main["share"] > 0)]
    if len(unknown):
        lines.append(_("На клиентов с неизвестным объёмом уходит {x}: для них цели нет.").format(x=percent(unknown["share"].sum())))
    return [page.note(" ".join(lines))] if lines else []


# ------------------------------------------------------------------ page
def _chart(main: pd.DataFrame) -> list[dict]:
    part, share = _result(main)
    heads = (_("время") if main["hours"].notna().any() else _("касания"), part)
    if share.isna().all() or main["share"].isna().all():
        return []
    wide, phone = charts.both(lambda w: charts.pairs(main["class"].tolist(), main["share"].tolist(), share.tolist(), heads, w=min(w, 88)), "abcd-time", w=88)
    return [page.fig("abcd-time", wide, phone=phone, w=88, headline=_("Где времени больше, чем денег"), subtitle=_("Доли по классам, %"),
                     alt="; ".join(f"{c}: {percent(a)} / {percent(b)}" for c, a, b in zip(main["class"], main["share"], share)))]


def _table(main: pd.DataFrame, base: Base) -> dict:
    timed = main["hours"].notna().any()
    back = _returns(main)
    rows = [[page.cell(badge=r.letter, kind="abcd"), number(r.hours, 1) if timed else number(r.n_records), percent(r.share), percent(r.target_share) if not pd.isna(r.target_share) else "—",
             pp(r.gap_pp / 100) if not pd.isna(r.gap_pp) else "—", *([said] if timed else [])] for r, said in zip(main.rename(columns={"class": "letter"}).itertuples(), back)]
    head = [page.col(_("Класс"), w=14), page.col(_("Часов") if timed else _("Касаний"), num=True), page.col("%", num=True, w=12), page.col(_("Цель"), num=True, w=12), page.col(_("Разница"), num=True, w=20)]
    logged = main["basis"].iloc[0] == "timelog"
    head += [page.col(_("Отдача к D") if logged else _("Отдача часа"), num=True, w=18)] if timed else []
    return page.table(head, rows, title=_("Время и цель"), unit=None if logged or not timed else unit(base.facts.currency) or None, sheet="abcd_time", dense=True,
                      note=_("Цели — норма kbreport: порядок следует из стратегий — развивать, удерживать, экономить."))


def _returns(main: pd.DataFrame) -> list[str]:
    """What an hour brought. A log covers some days and the money the whole period, so there only the ratio to D is said."""
    values = main["return_per_hour"]
    if main["basis"].iloc[0] != "timelog":
        return [number(v) for v in values]
    d = _row(main, "D")["return_per_hour"]
    return [_("{k} раза").format(k=number(v / d, 1)) if d > 0 and not pd.isna(v) else _("н/д") for v in values]
