"""M2.1 ФРД, фотография рабочего дня / Work-day study.

Question   Where do the manager's hours go, and how many of them could be handed to an administrator?
In         timelog (start and end or minutes, activity_code, method); managers (planned_hours_day, fte) optional
Out        main: manager × activity with share and norm; indices: one row per manager; by_day
Formula    share = minutes of the code / logged minutes; active P1, client facing P1 + P2, prepared + P4, delegable P3 + P5,
           loss P10; returned hours a week = (0.7·P3 + 0.5·P5) / 60 × 5 / observed days; coverage = logged / scheduled minutes
Edge       fewer than min_days days or coverage below min_coverage → insufficient; overlaps: the later entry is cut and
           counted; a day over max_day_hours is an error and left out; self-logged and observed days are not mixed;
           unknown code → P?, said above unknown_warn; days off (calendar) have no schedule; entries without length counted
Source     book 2.1 [000:38]; codes, limits and delegable shares are [OURS]; АП and ВКК from [B]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts import timelog
from kbreport.facts.timelog import CODES
from kbreport.facts.workdays import workdays
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.words import N_, _, n_, number, percent

WEEK_DAYS = 5


class Frd(Method):
    number: ClassVar[str] = "M2.1"
    section: ClassVar[str] = "2.1"
    title: ClassVar[str] = N_("Фотография рабочего дня")
    question: ClassVar[str] = N_("Куда уходят часы менеджера?")
    inputs: ClassVar[tuple[str, ...]] = ("timelog",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("managers",)
    columns: ClassVar = {
        "main": cols("manager_id manager_name activity_code activity_group minutes share norm_share dev_pp", manager_name=("text", N_("Имя")), activity_code=("text", N_("Вид работ")),
                     activity_group=("text", N_("Группа работ")), minutes=N_("Минут"), norm_share=N_("Норма"), dev_pp=N_("Отклонение")),
        "indices": cols("manager_id observed_days logged_minutes scheduled_minutes coverage active_share client_facing_share prepared_client_share delegable_share loss_share returned_hours_week "
                        "n_overlaps unknown_share status", observed_days=("count", N_("Дней записано")), logged_minutes=N_("Минут записано"), scheduled_minutes=N_("Минут по графику"),
                        coverage=N_("Покрытие"), active_share=N_("Исходящие касания"), client_facing_share=N_("С клиентами"), prepared_client_share=N_("С клиентами и подготовка"),
                        delegable_share=N_("Можно передать"), loss_share=N_("Простои"), returned_hours_week=("number", N_("Вернётся часов в неделю")), n_overlaps=N_("Пересечений"),
                        unknown_share=N_("Код не из списка")),
        "by_day": cols("manager_id date activity_code minutes", date=("date", N_("День")), activity_code=("text", N_("Вид работ")), minutes=N_("Минут")),
    }
    titles: ClassVar = {"main": N_("Время по видам работ"), "indices": N_("Показатели дня"), "by_day": N_("Время по дням")}

    min_days: int = setting(5, source="OURS", help=N_("меньше дней записано — без выводов"), ge=1)
    study_days: int = setting(10, source="OURS", help=N_("сколько рабочих дней длится исследование"), ge=1)
    min_coverage: float = setting(0.80, source="OURS", help=N_("меньшее покрытие графика — без выводов"), gt=0, le=1)
    max_day_hours: float = setting(12, source="OURS", help=N_("длиннее день — ошибка записи"), gt=0, le=24)
    unknown_warn: float = setting(0.05, source="OURS", help=N_("с какой доли неизвестных кодов предупреждать"), ge=0, le=1)
    delegate_p3: float = setting(0.70, source="OURS", help=N_("какую часть документов возьмёт администратор"), ge=0, le=1)
    delegate_p5: float = setting(0.50, source="OURS", help=N_("какую часть отгрузок, долгов и рекламаций возьмёт администратор"), ge=0, le=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        from kbreport.errors import MethodRefused

        log = timelog.read(base.facts.others["timelog"], base.period, self.max_day_hours)
        if log.rows.empty:
            raise MethodRefused(N_("За период {period} нет ни одного пригодного дня в журнале времени."), remedy=N_("Снимите фотографию хотя бы за {n} рабочих дней."), period=str(base.period), n=self.min_days)
        main = _main(log.rows, base)
        indices = self._indices(log, main, base)
        by_day = log.rows.groupby(["manager_id", "date", "activity_code"], as_index=False)["minutes"].sum()
        tables = {"main": main, "indices": indices, "by_day": by_day}
        return Measured(tables, *self._status(log, indices, base))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """His own day and his own status: nobody else's name in the reason."""
        tables = {name: frame[frame["manager_id"] == base.manager].reset_index(drop=True) for name, frame in company.items()}
        said = self._thin(tables["indices"], base) or ([] if len(tables["indices"]) else [_("в журнале времени нет его дней")])
        return Measured(tables, MethodStatus.INSUFFICIENT if said else MethodStatus.OK, "; ".join(said))

    def _thin(self, indices: pd.DataFrame, base: Base) -> list[str]:
        short = indices[indices["status"] == "insufficient"]
        return [_("{name}: {d} дн. из {need}, покрытие {c}").format(name=base.manager_name(r.manager_id), d=number(r.observed_days), need=number(self.min_days), c=percent(r.coverage)) for r in short.itertuples()]

    def _indices(self, log: timelog.Log, main: pd.DataFrame, base: Base) -> pd.DataFrame:
        share = main.pivot(index="manager_id", columns="activity_code", values="share").reindex(columns=list(CODES)).fillna(0.0)
        minutes = main.pivot(index="manager_id", columns="activity_code", values="minutes").reindex(columns=list(CODES)).fillna(0.0)
        days = log.rows.drop_duplicates(["manager_id", "date"])
        out = pd.DataFrame({"observed_days": days.groupby("manager_id").size(), "logged_minutes": minutes.sum(axis=1), "scheduled_minutes": _scheduled(days, base)})
        out["coverage"] = out["logged_minutes"] / out["scheduled_minutes"].where(out["scheduled_minutes"] > 0)
        out["active_share"], out["client_facing_share"] = share["P1"], share[["P1", "P2"]].sum(axis=1)
        out["prepared_client_share"], out["delegable_share"], out["loss_share"] = share[["P1", "P2", "P4"]].sum(axis=1), share[["P3", "P5"]].sum(axis=1), share["P10"]
        out["returned_hours_week"] = (self.delegate_p3 * minutes["P3"] + self.delegate_p5 * minutes["P5"]) / 60 * WEEK_DAYS / out["observed_days"]
        out["n_overlaps"] = log.overlaps.reindex(out.index).fillna(0).astype("int64")
        out["unknown_share"] = share["P?"]
        enough = (out["observed_days"] >= self.min_days) & (out["coverage"] >= self.min_coverage - 1e-9)  # an unknown coverage proves nothing
        out["status"] = np.where(enough, "ok", "insufficient")
        return out.rename_axis("manager_id").reset_index()[[c.name for c in self.columns["indices"]]]

    def _status(self, log: timelog.Log, indices: pd.DataFrame, base: Base) -> tuple[MethodStatus, str]:
        said = self._thin(indices, base)
        if len(said) == len(indices):
            return MethodStatus.INSUFFICIENT, "; ".join([*said[:3], *_flaws(log, indices, self)])
        return (MethodStatus.WEAK if said else MethodStatus.OK), "; ".join([*said[:3], *_flaws(log, indices, self)])

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        good = _good(tables)
        if good.empty:
            return []
        s = _sums(good)
        text = _("На исходящие касания уходит {a} времени, на документы и сопровождение — {d}").format(a=percent(s["active"]), d=percent(s["delegable"]))
        detail = n_("Администратор продаж вернёт до {h} ч в неделю {n} менеджеру.", "Администратор продаж вернёт до {h} ч в неделю {n} менеджерам вместе.", len(good), h=number(s["returned"], 1))
        return [Finding("frd.delegable", FindingLevel.WATCH, text, detail, action=_("Передать администратору продаж документы и часть сопровождения отгрузок"), who=_("руководитель отдела продаж"),
                        fact=round(s["active"], 6), values={"active": s["active"], "delegable": s["delegable"], "returned_hours_week": s["returned"]})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        good, indices = _good(tables), tables["indices"]
        if good.empty:
            return [page.section(_("Фотография дня слишком короткая для выводов"), id="frd", kicker=kicker(self), lead=_("Нужно не меньше {n} дней с записью {p} рабочего времени.").format(
                n=number(self.min_days), p=percent(self.min_coverage))), _index_table(indices, base)]
        s = _sums(good)
        title = _("Клиентам достаётся {c} рабочего времени, документам и сопровождению — {d}").format(c=percent(s["client"]), d=percent(s["delegable"]))
        lead = _("Исходящие касания занимают {a}. Администратор продаж вернул бы до {h} ч в неделю.").format(a=percent(s["active"]), h=number(s["returned"], 1))
        blocks = [page.section(title, id="frd", kicker=kicker(self), lead=lead), *_shares(tables["main"], good), _index_table(indices, base)]
        blocks.append(page.action([(_("Передать администратору {a} работы с документами и {b} сопровождения; через месяц снять фотографию снова").format(
            a=percent(self.delegate_p3), b=percent(self.delegate_p5)), _("руководитель отдела продаж · месяц"))]))
        return blocks


# ------------------------------------------------------------------ numbers
def _main(rows: pd.DataFrame, base: Base) -> pd.DataFrame:
    """Every manager with every code of the list (not done is a true zero of an observed day), `P?` only where it was met."""
    sums = rows.groupby(["manager_id", "activity_code"])["minutes"].sum()
    keys = pd.MultiIndex.from_product([sorted(rows["manager_id"].unique()), [c for c in CODES if c != "P?"]], names=["manager_id", "activity_code"])
    met = sums.index[sums.index.get_level_values("activity_code") == "P?"]
    out = sums.reindex(keys.append(met)).fillna(0.0).rename("minutes").reset_index()
    out["manager_name"] = out["manager_id"].map(base.manager_name)
    out["activity_group"] = out["activity_code"].map({code: group for code, (_name, group) in CODES.items()})
    out["share"] = out["minutes"] / out.groupby("manager_id")["minutes"].transform("sum").where(lambda t: t > 0)
    out["norm_share"] = out["activity_code"].map(base.settings("time_norm").norms()).astype("float64")
    out["dev_pp"] = (out["share"] - out["norm_share"]) * 100
    out["_at"] = out["activity_code"].map({code: i for i, code in enumerate(CODES)})
    return out.sort_values(["manager_id", "_at"], kind="stable")[[c.name for c in Frd.columns["main"]]].reset_index(drop=True)


def _scheduled(days: pd.DataFrame, base: Base) -> pd.Series:
    """Minutes of the working days among the observed ones: planned_hours_day or workday_hours, × fte × 60."""
    working = days[days["date"].isin(workdays(days["date"].min().date(), days["date"].max().date(), base.parameters.calendar))]
    count = working.groupby("manager_id").size().reindex(sorted(days["manager_id"].unique()), fill_value=0)
    staff = base.facts.others.get("managers")
    card = staff.drop_duplicates("manager_id").set_index("manager_id").reindex(count.index) if staff is not None else pd.DataFrame(index=count.index)
    hours = card["planned_hours_day"].astype("float64") if "planned_hours_day" in card else pd.Series(np.nan, index=count.index)
    fte = card["fte"].astype("float64") if "fte" in card else pd.Series(np.nan, index=count.index)
    return count * hours.fillna(base.parameters.workday_hours) * fte.fillna(1.0) * 60


def _flaws(log: timelog.Log, indices: pd.DataFrame, method: Frd) -> list[str]:
    """One line for everything that was cut, left out or not understood."""
    said = []
    overlaps, long_days, other = int(indices["n_overlaps"].sum()), int(log.long_days.sum()), int(log.other_method.sum())
    if overlaps:
        said.append(n_("{n} пересечение записей обрезано", "{n} пересечений записей обрезаны", overlaps))
    if long_days:
        said.append(n_("{n} день длиннее {h} ч не вошёл: ошибка записи", "{n} дней длиннее {h} ч не вошли: ошибка записи", long_days, h=number(method.max_day_hours)))
    if other:
        said.append(n_("{n} день записан другим способом и не смешан", "{n} дней записаны другим способом и не смешаны", other))
    if log.no_length:
        said.append(n_("{n} запись без длительности", "{n} записей без длительности", log.no_length))
    unknown = indices["unknown_share"] * indices["logged_minutes"]
    if unknown.sum() > method.unknown_warn * indices["logged_minutes"].sum() + 1e-9:
        said.append(_("{p} времени записано под кодом не из списка P1–P10").format(p=percent(unknown.sum() / indices["logged_minutes"].sum())))
    return said


def _good(tables: Tables) -> pd.DataFrame:
    return tables["indices"][tables["indices"]["status"] == "ok"]


def _sums(good: pd.DataFrame) -> dict[str, float]:
    """Shares of all good managers: Σ minutes / Σ minutes."""
    weight = good["logged_minutes"]
    share = lambda name: float((good[name] * weight).sum() / weight.sum())  # noqa: E731
    return {"active": share("active_share"), "client": share("client_facing_share"), "delegable": share("delegable_share"), "returned": float(good["returned_hours_week"].sum())}


# ------------------------------------------------------------------ page
def _shares(main: pd.DataFrame, good: pd.DataFrame) -> list[dict]:
    mine = main[main["manager_id"].isin(good["manager_id"])]
    by = mine.groupby("activity_code", sort=False).agg(minutes=("minutes", "sum"), norm=("norm_share", "first"))
    by["share"] = by["minutes"] / by["minutes"].sum()
    by = by[by["norm"].notna() | (by["minutes"] > 0)]
    names = [_(CODES[code][0]) for code in by.index]
    wide, phone = charts.both(lambda w: charts.pairs(names, by["norm"].tolist(), by["share"].tolist(), (_("норма"), _("факт")), w=w, row=7), "frd-shares")
    most = by["share"].idxmax()
    return [page.fig("frd-shares", wide, phone=phone, headline=_("Больше всего времени — {name}, {p}").format(name=_(CODES[most][0]), p=percent(by["share"].max())),
                     subtitle=_("Доля записанного времени по видам работ, %; норма kbreport"), alt=_("Пары полос по видам работ: норма и факт"))]


def _index_table(indices: pd.DataFrame, base: Base) -> dict:
    def shown(x: float, ok: bool) -> str:
        return percent(x) if ok else "—"

    rows = [[base.manager_name(r.manager_id), number(r.observed_days), page.cell(percent(r.coverage), tone=None if r.status == "ok" else "warn"), shown(r.active_share, ok := r.status == "ok"),
             shown(r.client_facing_share, ok), shown(r.delegable_share, ok), shown(r.loss_share, ok), number(r.returned_hours_week, 1) if ok else "—"] for r in indices.itertuples()]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("Дней"), num=True, w=14), page.col(_("Покрытие"), num=True, w=20), page.col(_("Исходящие касания"), num=True, w=24), page.col(_("С клиентами"), num=True, w=22),
            page.col(_("Можно передать"), num=True, w=24), page.col(_("Простои"), num=True, w=18), page.col(_("Вернётся, ч/нед."), num=True, w=24)]
    return page.table(head, rows, title=_("День каждого менеджера"), sheet="frd.indices", dense=True, note=_("Покрытие — записанное время к графику рабочих дней. Где его мало, доли не печатаются: они в книге."))
