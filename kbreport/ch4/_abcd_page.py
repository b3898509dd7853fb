"""Words and page of M4.3: the matrix, the classes, whom to develop first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch4 import _volume
from kbreport.method import Base, BookedAs, Finding, FindingLevel, Tables, kicker
from kbreport.method.vocabulary import pinned
from kbreport.words import _, listed, money, n_, number, percent, scale_of

if TYPE_CHECKING:
    from kbreport.ch4.abcd import Abcd

DEVELOP = ("A+", "A", "C")


# ------------------------------------------------------------------ findings
def findings(method: "Abcd", tables: Tables, base: Base) -> list[Finding]:
    main = tables["main"]
    if trouble(method, main):
        return [f for f in (_find_volumes(main, base), _a_plus(main)) if f] if not _volume.in_thousands(main) else []
    return [f for f in (_develop(main, base), _borderline(main), _a_plus(main)) if f]


def trouble(method: "Abcd", main: pd.DataFrame) -> str:
    """Why the matrix must not be acted on yet: `thousands`, `unknown`, `understated`; empty when it may be."""
    if _volume.in_thousands(main):
        return "thousands"
    if _volume.unknown_share(main) > method.unknown_max + 1e-9:
        return "unknown"
    return "understated" if _understated_share(main) > method.unknown_max + 1e-9 else ""


def _understated_share(main: pd.DataFrame) -> float:
    sales = main["amount"].clip(lower=0)
    return float(sales[main["potential_status"] == "understated"].sum() / sales.sum()) if sales.sum() > 0 else 0.0


def growing(main: pd.DataFrame) -> pd.DataFrame:
    """A and C clients with free volume whose state books it as gain; the rest of them are in reactivation. Largest first."""
    ours = main[main["class"].isin(DEVELOP) & main["state"].isin(_volume.GAIN_STATES) & (main["free_amount"] > 0)]
    return ours.sort_values(["free_amount", "client_id"], ascending=[False, True], kind="stable")


def _develop(main: pd.DataFrame, base: Base) -> Finding | None:
    ours = growing(main)
    if ours.empty:
        return None
    free = float(ours["free_amount"].sum())
    text = n_("{n} клиент A и C покупает у других ещё {x} в год", "{n} клиентов A и C покупают у других ещё {x} в год", len(ours), x=money(free, base.facts.currency))
    top = ours.head(3)
    detail = listed(list(ours["client_name"])) + "." if len(ours) <= 3 else \
        _("{list} — {x} из этого.").format(list=", ".join(listed([c]) for c in top["client_name"]), x=percent(top["free_amount"].sum() / free))
    return Finding("abcd.develop", FindingLevel.GOOD, text, detail, action=_("Составить план развития для каждого клиента A и C, первому — с самым большим свободным объёмом"),
                   who=_("менеджеры клиентов"), fact=free, money=round(free, 2), basis=_("свободный объём за год"), clients=tuple((c, round(float(v), 2)) for c, v in zip(ours["client_id"], ours["free_amount"])),
                   booked_as=BookedAs.GROWTH, values={"n": len(ours)})


def _find_volumes(main: pd.DataFrame, base: Base) -> Finding | None:
    missing = main[(main["potential_status"] == "missing") & (main["amount"] > 0)].sort_values(["amount", "client_id"], ascending=[False, True])
    if missing.empty:
        return None
    text = _("Матрица ABCD пока неполная: объём закупки неизвестен у клиентов, дающих {s} продаж").format(s=percent(_volume.unknown_share(main)))
    return Finding("abcd.unknown", FindingLevel.WATCH, text, _("Первые: {list}.").format(list=listed(list(missing["client_name"]))), action=_("Сначала выяснить объёмы закупки у крупнейших, потом делить базу на классы"),
                   who=_("менеджеры клиентов"), fact=_volume.unknown_share(main), money=round(float(missing["amount"].sum()), 2), basis=_("продажи клиентов с неизвестным объёмом"),
                   clients=tuple((c, round(float(v), 2)) for c, v in zip(missing["client_id"], missing["amount"])), values={"n": len(missing)})


def _borderline(main: pd.DataFrame) -> Finding | None:
    near = main[main["is_borderline_sales"] | main["is_borderline_potential"]]
    if near.empty:
        return None
    text = n_("{n} клиент стоит у границы класса: решает консультант", "{n} клиентов стоят у границы класса: решает консультант", len(near))
    return Finding("abcd.borderline", FindingLevel.INFO, text, listed(list(near["client_name"])) + ".", fact=float(len(near)), values={"n": len(near)})


def _a_plus(main: pd.DataFrame) -> Finding | None:
    waiting = main[main["is_a_plus_candidate"] & (main["class"] == "A")]
    if waiting.empty:
        return None
    text = n_("{n} кандидат в A+: {list}", "{n} кандидатов в A+: {list}", len(waiting), list=listed(list(waiting["client_name"])))
    return Finding("abcd.a_plus", FindingLevel.INFO, text, _("До подтверждения остаётся в классе A и при его нормах."), action=_("Подтвердить A+ в карточке (is_strategic) или оставить A"),
                   who=_("руководитель отдела продаж"), fact=float(len(waiting)), values={"n": len(waiting)})


# ------------------------------------------------------------------ page
def blocks(method: "Abcd", tables: Tables, base: Base) -> list[dict]:
    main = tables["main"]
    out = [page.section(_headline(method, main, base), id="abcd", kicker=kicker(method), lead=_lead(method))]
    out += _volume.warnings(main, base, _volume.year(base))
    out += _map(method, main, tables["by_class"], base)
    out.append(page.cols((88, 88), ([_class_table(tables["by_class"], base)], (_ask(main, base) if trouble(method, main) == "unknown" else _marks(main, base)) + _moved(tables, base))))
    out += _first_table(main, base)
    if len(growing(main)) and not trouble(method, main):
        out.append(page.action([(_("Назначить цель года и первый шаг каждому клиенту A и C"), _("менеджеры клиентов · за месяц")),
                                (_("Решить о пограничных клиентах и кандидатах в A+"), _("руководитель отдела продаж · две недели"))]))
    elif (main["potential_status"] == "missing").any():
        out.append(page.action([(_("Выяснить объём закупки у крупнейших клиентов AB?"), _("менеджеры клиентов · две недели"))]))
    return out


def _headline(method: "Abcd", main: pd.DataFrame, base: Base) -> str:
    why, ours = trouble(method, main), growing(main)
    if why == "thousands":
        return _("Объёмы закупки меньше продаж: сначала проверить единицы")
    if why == "unknown":
        return _("Сначала выяснить объёмы: они неизвестны у клиентов, дающих {s} продаж").format(s=percent(_volume.unknown_share(main)))
    if why == "understated":
        return _("Сначала переспросить объёмы: у клиентов, дающих {s} продаж, они меньше наших продаж").format(s=percent(_understated_share(main)))
    if ours.empty:
        return _("Среди покупающих клиентов свободного объёма нет: база работает на удержание")
    return n_("{n} клиент A и C покупает у других ещё {x} в год", "{n} клиентов A и C покупают у других ещё {x} в год", len(ours), x=money(ours["free_amount"].sum(), base.facts.currency))


def _lead(method: "Abcd") -> str:
    axis = _("свободный объём") if method.potential_axis == "free" else _("полный объём закупки")
    rule = {"pareto": _("высокие — те, кто вместе дают первые {s}").format(s=percent(method.share)), "median": _("высокие — не ниже медианы"),
            "absolute": _("границы заданы в деньгах: {a} и {b}").format(a=money(method.sales_cut), b=money(method.potential_cut))}[method.cut]
    return _("Оси: продажи за год и {axis}; {rule}. A и C развиваем, B удерживаем, на D экономим силы.").format(axis=axis, rule=rule)


def _map(method: "Abcd", main: pd.DataFrame, by_class: pd.DataFrame, base: Base) -> list[dict]:
    axis = main["free_amount"] if method.potential_axis == "free" else main["purchases_amount"]
    shown = main[axis.notna()]
    if shown.empty:
        return []
    axis, letters = axis[axis.notna()], shown["class"].replace({"A+": "A"})
    cuts = _cut(shown["year_amount"], letters.isin(["A", "B"])), _cut(axis, letters.isin(["A", "C"]))
    sums = by_class.assign(letter=by_class["class"].replace({"A+": "A"})).groupby("letter")[["n_clients", "amount"]].sum()
    notes = {k: n_("{n} клиент · {x}", "{n} клиентов · {x}", int(sums.loc[k, "n_clients"]), x=money(sums.loc[k, "amount"], base.facts.currency)) for k in "ABCD"}
    margin = _margin(shown, base)
    wide, phone = charts.both(lambda w: charts.abcd(shown["year_amount"].tolist(), axis.tolist(), shown["class"].tolist(), shown["client_name"].tolist(), *cuts, currency=base.facts.currency, notes=notes,
                                                    sizes=margin, ylabel=None if method.potential_axis == "free" else _("объём закупки"), w=w), "abcd-map")
    outside = int((main["potential_status"] == "missing").sum())
    subtitle = _("Продажи и объём за год, логарифмические оси") + (_("; площадь точки — маржа") if margin is not None else "")
    return [page.fig("abcd-map", wide, phone=phone, headline=_("Справа — кто много покупает у нас, выше — у кого есть что взять"),
                     subtitle=subtitle + (n_("; без {n} клиента с неизвестным объёмом", "; без {n} клиентов с неизвестным объёмом", outside) if outside else ""),
                     alt=_("Матрица ABCD: ") + "; ".join(f"{k} — {notes[k]}" for k in "ABCD"))]


def _cut(values: pd.Series, high: pd.Series) -> float:
    """A line between the smallest high and the largest low value (their geometric middle); beyond all where one side is empty."""
    low_top, high_low = values[~high].max(), values[high].min()
    if pd.isna(high_low):
        return float(max(values.max(), 1e-6)) * 1.5
    if pd.isna(low_top) or low_top <= 0:
        return float(high_low) * 0.7
    return float(np.sqrt(low_top * high_low)) if low_top < high_low else float(high_low)


def _margin(shown: pd.DataFrame, base: Base) -> list[float] | None:
    if not base.facts.has_margin:
        return None
    return base.facts.net_sales(_volume.year(base), "margin").reindex(shown["client_id"]).tolist()


def _class_table(by_class: pd.DataFrame, base: Base) -> dict:
    some = by_class[by_class["n_clients"] > 0]
    touched = some["touches"].notna().any()
    scale = scale_of([*some["amount"], *some["free_amount"]], base.facts.currency)
    rows = [[page.cell(badge=r[0], kind="abcd"), number(r[1]), scale.text(r[2]), scale.text(r[3])] + ([number(r[4])] if touched else []) for r in some.itertuples(index=False, name=None)]
    head = [page.col(_("Класс"), w=16), page.col(_("Клиентов"), num=True), page.col(_("Продажи"), num=True), page.col(_("Свободно"), num=True)] + ([page.col(_("Касаний"), num=True)] if touched else [])
    return page.table(head, rows, title=_("Классы ABCD"), unit=scale.unit or None, sheet="abcd.by_class", dense=True,
                      note=_("AB? и CD? — объём закупки не выяснен.") if some["class"].isin(["AB?", "CD?"]).any() else None)


def _marks(main: pd.DataFrame, base: Base) -> list[dict]:
    """Who stands near a border, and who may become A+."""
    near = main[main["is_borderline_sales"] | main["is_borderline_potential"] | (main["is_a_plus_candidate"] & (main["class"] == "A"))]
    if near.empty:
        return []
    near = near.assign(why=np.select([near["is_a_plus_candidate"] & (near["class"] == "A"), near["is_borderline_sales"] & near["is_borderline_potential"], near["is_borderline_sales"]],
                                     [_("кандидат в A+"), _("обе границы"), _("граница продаж")], _("граница объёма")))
    near = near.sort_values(["amount", "client_id"], ascending=[False, True], kind="stable")
    scale = scale_of([*near["amount"].head(7), *near["free_amount"].head(7)], base.facts.currency)
    rows = [[page.cell(r.client_name, sub=r.why), page.cell(badge=r.letter, kind="abcd"), scale.text(r.amount), scale.text(r.free_amount)]
            for r in near.rename(columns={"class": "letter"}).head(7).itertuples()]
    return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("Класс"), w=12), page.col(_("Продажи"), num=True, w=16), page.col(_("Свободно"), num=True, w=17)], rows,
                       title=_("Решает консультант"), unit=scale.unit or None, sheet="abcd", dense=True,
                       note=n_("Всего {n} клиент, все — в книге.", "Всего {n} клиентов, все — в книге.", len(near)) if len(near) > 7 else None)]


def _ask(main: pd.DataFrame, base: Base) -> list[dict]:
    """The largest clients without a volume, where there is nothing to decide yet."""
    missing = main[(main["potential_status"] == "missing") & (main["amount"] > 0)].sort_values(["amount", "client_id"], ascending=[False, True], kind="stable")
    if missing.empty:
        return []
    scale = scale_of(missing["amount"].head(8), base.facts.currency)
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), page.cell(badge=r.letter, kind="abcd"), scale.text(r.amount)]
            for r in missing.rename(columns={"class": "letter"}).head(8).itertuples()]
    return [page.table([page.col(_("Клиент"), cls="h"), page.col(_("Класс"), w=12), page.col(_("Продажи"), num=True, w=20)], rows, title=_("У кого выяснить первым"),
                       unit=scale.unit or None, sheet="abcd", dense=True,
                       note=n_("Всего {n} клиент, все — в книге.", "Всего {n} клиентов, все — в книге.", len(missing)) if len(missing) > 8 else None)]


def _moved(tables: Tables, base: Base) -> list[dict]:
    moved = tables.get("migration")
    if moved is None:
        return []
    both = moved[moved["from_class"].isin(list("ABCD") + ["A+"]) & moved["to_class"].isin(list("ABCD") + ["A+"])]
    changed = both[both["from_class"] != both["to_class"]]
    if both.empty:
        return []
    return [page.note(n_("За год класс сменил {n} клиент из {m}, чей объём известен на обе даты.", "За год класс сменили {n} клиентов из {m}, чей объём известен на обе даты.",
                         int(changed["n_clients"].sum()), m=number(both["n_clients"].sum())))]


def _first_table(main: pd.DataFrame, base: Base) -> list[dict]:
    ours = growing(main)
    if ours.empty:
        return []
    scale = scale_of([*ours["amount"].head(7), *ours["free_amount"].head(7)], base.facts.currency)
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), page.cell(badge=r.letter, kind="abcd"), scale.text(r.amount), scale.text(r.purchases_amount),
             page.cell(percent(r.wallet), bar=min(1.0, r.wallet) if not pd.isna(r.wallet) else None, v=None if pd.isna(r.wallet) else r.wallet), scale.text(r.free_amount), pinned("state", r.state)]
            for r in ours.rename(columns={"class": "letter"}).head(7).itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Класс"), w=14), page.col(_("Продажи"), num=True, w=19), page.col(_("Закупка"), num=True, w=19), page.col(_("Наша доля"), w=32),
            page.col(_("Свободно"), num=True, w=19), page.col(_("Состояние"), w=22)]
    out = [page.table(head, rows, title=_("Кого развивать первым"), unit=scale.unit or None, sheet="abcd", dense=True, cards=True,
                      note=n_("Показаны первые {k} из {n}; все — в книге.", "Показаны первые {k} из {n}; все — в книге.", len(ours), k=number(7)) if len(ours) > 7 else None)]
    away = main[main["class"].isin(DEVELOP) & ~main["state"].isin((*_volume.GAIN_STATES, "closed", "potential"))]
    if len(away):
        out.append(page.note(n_("Ещё {n} клиент A и C не в списке: спит, потерян или разовый. Его деньги посчитаны в реактивации.",
                                "Ещё {n} клиентов A и C не в списке: спят, потеряны или разовые. Их деньги посчитаны в реактивации.", len(away))))
    return out
