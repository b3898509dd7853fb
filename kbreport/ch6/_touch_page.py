"""The page of M6.1: fact against norm by class and manager, who is hungry and overfed, who sits in silence, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts.pareto import TOLERANCE
from kbreport.method import Base, Tables, kicker
from kbreport.method.vocabulary import pinned
from kbreport.words import _, day, n_, number, percent

if TYPE_CHECKING:
    from kbreport.ch6.touches import Touches

ORDER = ("A+", "A", "AB?", "C", "B", "D", "CD?")  # who is served first on a full day
CARED = ("A+", "A", "AB?", "C")  # the large and those to develop: whose hunger and silence are worth a name
SHOWN, SILENT, AHEAD = 8, 16, 10


def hungriest(main: pd.DataFrame) -> pd.DataFrame:
    """The underfed who matter, the emptiest first."""
    return main[(main["feed"] == "hungry") & main["class"].isin(CARED)].sort_values(["fulfilment", "norm", "client_id"], ascending=[True, False, True], kind="stable")


def fattest(main: pd.DataFrame) -> pd.DataFrame:
    """The overfed, the largest surplus first."""
    over = main[main["feed"] == "overfed"]
    return over.assign(surplus=over["fact"] - over["norm"]).sort_values(["surplus", "client_id"], ascending=[False, True], kind="stable")


def by_class(main: pd.DataFrame) -> pd.DataFrame:
    """Per class in the order of care: n_clients, norm, fact, coverage, n_hungry, n_overfed."""
    parts = main.assign(capped=np.minimum(main["fact"], main["norm"]), hungry=main["feed"] == "hungry", overfed=main["feed"] == "overfed")
    out = parts.groupby("class").agg(n_clients=("client_id", "size"), norm=("norm", "sum"), fact=("fact", "sum"), capped=("capped", "sum"), n_hungry=("hungry", "sum"), n_overfed=("overfed", "sum"))
    out = out.reindex([c for c in ORDER if c in out.index])
    return out.assign(coverage=out["capped"] / out["norm"])


def blocks_of(method: "Touches", tables: Tables, base: Base, counted: pd.DataFrame, abcd: bool, lost: str) -> list[dict]:
    """All blocks; `counted`: the touches that count (client_id, at), `abcd`: whether classes are those of ABCD, `lost`: rows that count for nobody."""
    main = tables["main"]
    if main.empty or not main["norm"].sum() > 0:
        return [page.section(_("Касаться некого: клиентов с нормой касаний нет"), id="touches", kicker=kicker(method))]
    parts = by_class(main)
    blocks = [page.section(_headline(main, method), id="touches", kicker=kicker(method), lead=_lead(main, method, abcd))]
    blocks.append(page.cols((88, 88), (_chart(parts), [_class_table(parts)])))
    if base.manager is None:
        blocks.append(_manager_table(tables, base))
    blocks.append(page.cols((88, 88), ([_feed_table(hungriest(main), _("Недокормлены"), _("Важных недокормленных нет"))], [_feed_table(fattest(main), _("Перекормлены"), _("Перекормленных нет"))])))
    blocks.append(_action(tables))
    return blocks + _silence(main, counted, base) + _calendar(tables["calendar"], base) + _notes(tables, lost)


def _headline(main: pd.DataFrame, method: "Touches") -> str:
    norm, fact = main["norm"].sum(), main["fact"].sum()
    covered = percent(np.minimum(main["fact"], main["norm"]).sum() / norm, 1)
    if fact >= method.hungry * norm and np.minimum(main["fact"], main["norm"]).sum() < method.hungry * norm:
        return _("Касаний {fact} при норме {norm}, но норма клиентов покрыта лишь на {cov}").format(fact=number(fact), norm=number(norm), cov=covered)
    return _("Касаний {fact} при норме {norm}: норма клиентов покрыта на {cov}").format(fact=number(fact), norm=number(norm), cov=covered)


def _lead(main: pd.DataFrame, method: "Touches", abcd: bool) -> str:
    raw = percent(main["fact"].sum() / main["norm"].sum(), 1)
    classes = _("Классы ABCD.") if abcd else _("Потенциал неизвестен, поэтому классы — по ABC: A, B и остальные как D.")
    counted = _("Считаем исходящие касания, на которые ответили") if method.count == "out" else _("Считаем все касания, на которые ответили")
    return _("По сумме норма выполнена на {raw}, но лишнее у одних не кормит других: покрытие считает у каждого клиента не больше его нормы. {counted}. {classes}").format(
        raw=raw, counted=counted, classes=classes)


def _chart(parts: pd.DataFrame) -> list[dict]:
    names = list(parts.index)
    make = lambda w: charts.pairs(names, parts["norm"].tolist(), parts["fact"].tolist(), (_("норма"), _("касаний")), colours=charts.class_colours([c.rstrip("?") for c in names]), fmt=number, w=w)
    wide, phone = charts.both(make, "touches-classes", 88)
    worst, best = parts["coverage"].idxmin(), (parts["fact"] / parts["norm"]).idxmax()
    alt = _("Норма и касания по классам: {list}").format(list="; ".join(f"{c}: {number(n)} / {number(f)}" for c, n, f in zip(names, parts["norm"], parts["fact"])))
    return [page.fig("touches-classes", wide, phone=phone, w=88, headline=_("Меньше всего покрыт класс {worst}, больше всего касаний сверх нормы у {best}").format(worst=worst, best=best)
                     if parts.at[best, "fact"] > parts.at[best, "norm"] else _("Меньше всего покрыт класс {worst}").format(worst=worst),
                     subtitle=_("Норма и касания за период, штук"), alt=alt)]


def _class_table(parts: pd.DataFrame) -> dict:
    rows = [[page.cell(badge=r.Index, kind="abcd"), number(r.n_clients), percent(r.coverage), number(r.n_hungry), number(r.n_overfed)] for r in parts.itertuples()]
    head = [page.col(_("Класс"), w=14), page.col(_("Клиентов"), num=True, w=18), page.col(_("Покрытие"), num=True, w=20), page.col(_("Мало"), num=True, w=16), page.col(_("Лишку"), num=True, w=16)]
    return page.table(head, rows, title=_("Классы"), sheet="touches", dense=True, note=_("Мало — клиентов ниже нормы, лишку — клиентов выше неё."))


def _manager_table(tables: Tables, base: Base) -> dict:
    """One row per manager, by touches to move; the middle columns show where his touches go."""
    main = tables["main"]
    per = main.assign(high=main["class"].isin(["A+", "A", "AB?"]), low=main["class"].isin(["D", "CD?"]))
    mean = lambda mark: per[per[mark]].groupby("manager_id", dropna=False)[["fact", "norm"]].mean()
    high, low = mean("high"), mean("low")
    said = lambda table, who: _("{a} из {b}").format(a=number(table.at[who, "fact"]), b=number(table.at[who, "norm"])) if who in table.index else "—"
    total = tables["total"].sort_values(["n_move", "manager_id"], ascending=[False, True], kind="stable")
    rows = [[_("без менеджера") if pd.isna(r.manager_id) else base.manager_name(r.manager_id), number(r.fact), number(r.norm), percent(r.raw_fulfilment), percent(r.coverage), said(high, r.manager_id),
             said(low, r.manager_id), percent(r.own_initiative_share), number(r.n_move)] for r in total.itertuples()]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("Касаний"), num=True, w=17), page.col(_("Норма"), num=True, w=15), page.col(_("По сумме"), num=True, w=18), page.col(_("Покрытие"), num=True, w=18),
            page.col(_("На клиента A"), num=True, w=21), page.col(_("На клиента D"), num=True, w=21), page.col(_("Своя инициатива"), num=True, w=20), page.col(_("Перенести"), num=True, w=18)]
    return page.table(head, rows, title=_("Кому отдают касания"), sheet="touches.total", dense=True, cards=True, note=_("На клиента A и D — в среднем касаний из нормы. Перенести — сколько касаний перевести с перекормленных на недокормленных своего портфеля."))


def _feed_table(rows: pd.DataFrame, title: str, none: str) -> dict:
    if rows.empty:
        return page.note(none)
    lines = [[page.cell(r.client_name), page.cell(badge=r._4 if hasattr(r, "_4") else r[4], kind="abcd"), _("{a} из {b}").format(a=number(r.fact), b=number(r.norm)), percent(r.fulfilment)]
             for r in rows.head(SHOWN).itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Класс"), w=13), page.col(_("Касаний"), num=True, w=20), page.col(_("От нормы"), num=True, w=18)]
    more = len(rows) - SHOWN
    return page.table(head, lines, title=title, sheet="touches", dense=True, cards=True, note=n_("И ещё {n} клиент — в книге.", "И ещё {n} клиентов — в книге.", more) if more > 0 else None)


def _action(tables: Tables) -> dict:
    n = int(tables["total"]["n_move"].sum())
    what = n_("Перенести {n} касание с перекормленных на недокормленных, начать с классов A и C", "Перенести {n} касаний с перекормленных на недокормленных, начать с классов A и C", n) \
        if n else _("Держать ритм касаний по календарю, начать с классов A и C")
    return page.action([(what, _("менеджеры клиентов · за квартал")), (_("Загрузить файл touches.calendar.ics в рабочий календарь"), _("менеджеры клиентов · на этой неделе"))])


# ------------------------------------------------------------------ silence and calendar
def _silence(main: pd.DataFrame, counted: pd.DataFrame, base: Base) -> list[dict]:
    """The silent who matter: touches by month of the last year, days of silence against the limit."""
    sales = base.table("abc").set_index("client_id")["amount"]
    quiet = main[main["is_silent"] & main["class"].isin(CARED)]
    if quiet.empty:
        return [page.note(_("Клиентов A и C, с которыми молчат дольше предела, нет."))]
    quiet = quiet.assign(s=quiet["client_id"].map(sales)).sort_values(["s", "client_id"], ascending=[False, True], kind="stable").head(SILENT)
    months = pd.period_range(end=pd.Period(base.facts.as_of.date, freq="M"), periods=12)
    grid = counted.assign(m=counted["at"].dt.to_period("M")).groupby(["client_id", "m"]).size().unstack().reindex(index=quiet["client_id"], columns=months).fillna(0).to_numpy()
    from kbreport.words import months_short

    short = [months_short()[m.month - 1] for m in months]
    # whole days: 23 days against a limit of 22.8 must not read «23 of 23»
    norms = [(None if pd.isna(d) else float(d), float(np.floor(limit + TOLERANCE))) for d, limit in zip(quiet["silence_days"], quiet["max_silence_days"])]
    wide, phone = charts.both(lambda w: charts.silence(list(quiet["client_name"]), grid, norms, short, w=w), "touches-silence")
    n = int((main["is_silent"] & main["class"].isin(CARED)).sum())
    return [page.fig("touches-silence", wide, phone=phone, headline=n_("С {n} важным клиентом молчат дольше предела", "С {n} важными клиентами молчат дольше предела", n),
                     subtitle=_("Касаний по месяцам; справа — дней тишины и предел в полных днях. Крупнейшие {n}").format(n=number(len(quiet))),
                     alt=_("Клетки касаний по клиентам и месяцам, справа дни тишины"))]


def _calendar(calendar: pd.DataFrame, base: Base) -> list[dict]:
    if calendar.empty:
        return []
    first = calendar.assign(place=calendar["class"].map({c: i for i, c in enumerate(ORDER)})).sort_values(["date", "place", "client_id"], kind="stable").head(AHEAD)
    rows = [[day(when), page.cell(name, sub=None if pd.isna(who) else base.manager_name(who)), page.cell(badge=letter, kind="abcd"), _said(occasion, kind)]
            for when, name, who, letter, occasion, kind in zip(first["date"], first["client_name"], first["manager_id"], first["class"], first["occasion"], first["kind"])]
    head = [page.col(_("День"), w=24), page.col(_("Клиент"), cls="h"), page.col(_("Класс"), w=13), page.col(_("Повод"), w=56)]
    note = n_("В календаре на квартал {n} касание; все — в книге и в файле touches.calendar.ics.", "В календаре на квартал {n} касаний; все — в книге и в файле touches.calendar.ics.", len(calendar))
    return [page.table(head, rows, title=_("Ближайшие касания"), sheet="touches.calendar", dense=True, cards=True, note=note)]


def _said(occasion: object, kind: str) -> str:
    if isinstance(occasion, str):
        return pinned("occasion", occasion)
    return _("вернуть: по сценарию реактивации") if kind == "reactivation" else _("плановое касание, повод — на выбор")


def _notes(tables: Tables, lost: str) -> list[dict]:
    total, main = tables["total"], tables["main"]
    said = [_("Не в счёте: {lost}.").format(lost=lost)] if lost else []
    if mass := int(total["mass_touches"].sum()):
        said.append(_("Массовых рассылок {n}: в норму они не идут.").format(n=number(mass)))
    if crowded := int(main["next_touch_date"].isna().sum()):
        said.append(n_("{n} клиенту не хватило места в днях менеджера на квартал.", "{n} клиентам не хватило места в днях менеджера на квартал.", crowded))
    said.append(_("Нормы касаний — нормы kbreport; свои впишите в company.yml (settings: touches.t_a и другие)."))
    return [page.note(" ".join(said))]
