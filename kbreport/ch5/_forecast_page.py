"""The page of the sales forecast: the figure and its range, how far to trust it, plan, parts, deals, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.facts.period import add_months, month_end
from kbreport.method import kicker
from kbreport.method.vocabulary import pinned
from kbreport.words import _, day, money, month, months_short, n_, number, percent, scale_of, signed

if TYPE_CHECKING:
    from kbreport.ch5.forecast import Forecast
    from kbreport.method import Base, Tables

NEAR = 0.005  # a gap smaller than this part of the plan is none
SLIGHT = 0.02  # a bias smaller than this is not worth a sentence
SHOWN_MONTHS, SHOWN_DEALS = 12, 8


# ------------------------------------------------------------------ what the tables say
def total(tables: "Tables") -> pd.Series | None:
    """The total of the company, or of the one manager."""
    rows = tables["main"][tables["main"]["part"] == "total"] if "main" in tables else pd.DataFrame()
    return None if rows.empty else rows.iloc[0]


def when(row: pd.Series) -> str:
    return month(pd.Timestamp(row["month"] + "-01"))


def plain(x: float) -> float | None:
    return None if pd.isna(x) else round(float(x), 2)


def span(row: pd.Series) -> tuple[float, float]:
    """The range said with the figure: by own past errors where there are enough of them, else the scenarios."""
    return (row["fan_low_amount"], row["fan_high_amount"]) if pd.notna(row["fan_low_amount"]) else (row["low_amount"], row["high_amount"])


def tested(tables: "Tables") -> pd.DataFrame:
    return tables["accuracy_total"].set_index("model")


def trust(tables: "Tables") -> str:
    """How past forecasts of the model that is printed have erred, and why it is not ours where it is not."""
    row, past = total(tables), tested(tables)
    model = past.loc[row["model"]]
    if row["status"] == "weak" or pd.isna(model["wape"]):
        return _("Точность не проверена: мало прошлых месяцев.")
    if row["model"] == "naive":
        return _("Свой расчёт ошибался на {a}, простое правило — на {b}: поэтому печатаем простое правило.").format(
            a=percent(past.loc["own", "wape"]), b=percent(model["wape"]))
    said = n_("Прошлый {n} прогноз ошибся на {w}, простое правило — на {b}.", "Прошлые {n} прогнозов ошибались в среднем на {w}, простое правило — на {b}.", int(model["n_months"]),
              w=percent(model["wape"]), b=percent(past.loc["naive", "wape"]))
    if abs(model["bias"]) < SLIGHT:
        return said
    side = _("Вместе они завысили продажи на {x}.") if model["bias"] > 0 else _("Вместе они занизили продажи на {x}.")
    return said + " " + side.format(x=percent(abs(model["bias"])))


def what_to_do(gap: float, base: "Base") -> str:
    return _("Найти ещё {x} до конца месяца: ожидаемые заказы по ритму и засыпающие клиенты, начиная с крупных").format(x=money(gap, base.facts.currency))


def by_month_end(row: pd.Series, base: "Base") -> str:
    who = _("менеджеры клиентов") if base.manager is None else base.manager_name(base.manager)
    return _("{who} · до {date}").format(who=who, date=day(month_end(pd.Timestamp(row["month"] + "-01").date())))


# ------------------------------------------------------------------ the page
def blocks(method: "Forecast", tables: "Tables", base: "Base") -> list[dict]:
    row = total(tables)
    head = {"id": "forecast", "kicker": kicker(method)}
    if row is None:
        return [page.section(_("Прогноза нет: не от кого ждать заказа"), **head)]
    if row["status"] == "insufficient":
        return [page.section(_("Прогноза нет: истории мало"), **head),
                page.problem(_("Чего не хватает"), _("Для прогноза нужны хотя бы три полных месяца продаж и клиенты, которые заказывали не один раз."))]
    out = [page.section(_headline(row, base), lead=trust(tables), **head), *_figure(tables, row, base)]
    out += _tables(tables, row, base) + _deals(tables, base)
    out.append(page.action(_todo(tables, row, base)))
    return out + [page.note(" ".join(_notes(method, tables, row, base)))]


def _headline(row: pd.Series, base: "Base") -> str:
    low, high = span(row)
    currency = base.facts.currency
    x = money(row["amount"], currency)
    if pd.notna(low) and high - low > 0.005 * row["amount"]:
        x = _("{x} (от {a} до {b})").format(x=x, a=money(low, currency), b=money(high, currency))
    gap, plan = row["gap_amount"], row["plan_amount"]
    if pd.isna(gap):
        return _("Прогноз на {month} — {x}").format(month=when(row), x=x)
    if gap > NEAR * plan:
        return _("Прогноз на {month} — {x}: до плана не хватает {gap}").format(month=when(row), x=x, gap=money(gap, currency))
    if gap > -NEAR * plan:
        return _("Прогноз на {month} — {x}: план {y} должен выйти").format(month=when(row), x=x, y=money(plan, currency))
    return _("Прогноз на {month} — {x}: выше плана на {y}").format(month=when(row), x=x, y=money(-gap, currency))


def _facts_by_month(base: "Base") -> tuple[list[pd.Timestamp], list[float]]:
    """Sales of the last whole months of the scope, a month without any is a true zero; a month in progress has none yet."""
    as_of = base.facts.as_of.date
    over = as_of == month_end(as_of)
    first = as_of.replace(day=1)
    start = max(add_months(first, -SHOWN_MONTHS + over), base.facts.history_start)
    months = list(pd.date_range(start, first, freq="MS"))
    sums = base.facts.client_months.groupby("month")["amount"].sum()
    sold = sums.reindex(months).fillna(0.0).tolist()
    return months, sold if over else [*sold[:-1], np.nan]


def _figure(tables: "Tables", row: pd.Series, base: "Base") -> list[dict]:
    months, sold = _facts_by_month(base)
    known = [v for v in sold if not np.isnan(v)]
    if len(known) < 2:
        return []
    scale = scale_of([*sold, row["amount"]], base.facts.currency)
    labels = [months_short()[m.month - 1] for m in months] + [months_short()[pd.Timestamp(row["month"] + "-01").month - 1]]
    past = None
    if len(tables.get("accuracy", ())):
        name = "naive_amount" if row["model"] == "naive" else "forecast_amount"
        past = tables["accuracy"].set_index("month")[name].reindex([m.strftime("%Y-%m") for m in months]) / scale.divisor
    low, high = span(row)
    of = lambda v: None if pd.isna(v) else v / scale.divisor
    names = _("факт"), _("прогноз, сделанный накануне месяца")
    wide, phone = charts.both(lambda w: charts.fan([v / scale.divisor for v in sold], labels, of(row["amount"]), past=past, low=of(low), high=of(high), plan=of(row["plan_amount"]), names=names,
                                                   unit=scale.unit, w=w), "forecast-fan")
    if wide is None:
        return []
    said = _("{month} ждём выше последнего полного месяца") if row["amount"] > known[-1] else _("{month} ждём ниже последнего полного месяца")
    return [page.fig("forecast-fan", wide, phone=phone, headline=said.format(month=when(row).capitalize()), subtitle=_("Продажи по месяцам; полоса у прогноза — обычный размах прошлых ошибок") if pd.notna(row["fan_low_amount"]) else
                     _("Продажи по месяцам; полоса у прогноза — от осторожного до смелого"),
                     alt=_("Линия продаж по месяцам, прошлые прогнозы и веер следующего месяца"))]


def _tables(tables: "Tables", row: pd.Series, base: "Base") -> list[dict]:
    """What the figure is made of, and whose it is."""
    main = tables["main"]
    own = main["manager_id"].isna() if base.manager is None else main["manager_id"] == base.manager
    parts = main[own]
    scale = scale_of([*parts["amount"], *parts["high_amount"]], base.facts.currency)
    lines = [[pinned("part", r.part), scale.text(r.low_amount), scale.text(r.amount), scale.text(r.high_amount)] for r in parts.itertuples() if r.part != "total" and r.high_amount > 0]
    last = parts[parts["part"] == "total"].iloc[0]
    mine = last["model"] == "own"
    made = [_("Всего"), *(scale.text(last[n]) for n in ("low_amount", "amount", "high_amount"))] if mine else [_("Печатаем: простое правило"), "", scale.text(last["amount"]), ""]
    head = [page.col(_("Часть"), cls="h"), page.col(_("Осторожно"), num=True, w=18), page.col(_("Ждём"), num=True, w=15), page.col(_("Смело"), num=True, w=15)]
    first = page.table(head, lines, total=made, title=_("Из чего сложился") if mine else _("Свой расчёт по частям"), unit=scale.unit or None, sheet="forecast", dense=True)
    people = main[main["manager_id"].notna() & (main["part"] == "total")]
    if base.manager is not None or len(people) < 2:
        return [page.cols((88, 88), ([first], _accuracy_facts(tables)))]
    return [page.cols((74, 102), ([first], [_people(people, base)]))]


def _people(people: pd.DataFrame, base: "Base") -> dict:
    scale = scale_of([*people["amount"], *people["plan_amount"]], base.facts.currency)
    planned = people["plan_amount"].notna().any()
    shown = people.sort_values(["amount", "manager_id"], ascending=[False, True], kind="stable").head(12)
    rows = [[base.manager_name(r.manager_id), scale.text(r.amount), *([scale.text(r.plan_amount), _gap(r.gap_amount, r.plan_amount, scale)] if planned else [])] for r in shown.itertuples()]
    head = [page.col(_("Менеджер"), cls="h"), page.col(_("Прогноз"), num=True, w=18)] + ([page.col(_("План"), num=True, w=16), page.col(_("До плана"), num=True, w=18)] if planned else [])
    return page.table(head, rows, title=_("Чей он"), unit=scale.unit or None, sheet="forecast", dense=True)


def _gap(gap: float, plan: float, scale) -> dict | str:
    """What is missing to the plan; a plan that is met has a mark."""
    if pd.isna(gap):
        return "—"
    return page.cell(scale.text(gap), tone="bad" if gap > 0.1 * plan else None) if gap > NEAR * plan else page.cell("✓", tone="good")


def _accuracy_facts(tables: "Tables") -> list[dict]:
    past = tested(tables)
    if past["wape"].isna().all():
        return []
    items = [(pinned("model", name), _("ошибка {w}, смещение {b}").format(w=percent(r["wape"]), b=signed(percent(r["bias"])))) for name, r in past.iterrows()]
    return [page.h3(_("Точность прогнозов компании")), page.facts(items, lw=36)]


def _deals(tables: "Tables", base: "Base") -> list[dict]:
    deals = tables.get("deals")
    if deals is None or deals.empty:
        return []
    shown = deals.head(SHOWN_DEALS)
    scale = scale_of(shown["amount"], base.facts.currency)
    rows = [[page.cell(str(r.client_name), sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), str(r.stage), scale.text(r.amount), percent(r.probability), scale.text(r.weighted_amount)]
            for r in shown.itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Этап"), w=36), page.col(_("Сумма"), num=True, w=24), page.col(_("Вероятность"), num=True, w=24), page.col(_("С её учётом"), num=True, w=26)]
    return [page.table(head, rows, title=_("Сделки месяца: {n}").format(n=number(len(deals))), unit=scale.unit or None, sheet="forecast.deals", dense=True, cards=True)]


def _todo(tables: "Tables", row: pd.Series, base: "Base") -> list[tuple[str, str]]:
    gap = row["gap_amount"]
    who = by_month_end(row, base)
    if pd.notna(gap) and gap > NEAR * row["plan_amount"]:
        return [(what_to_do(gap, base), who)]
    return [(_("Сверить прогноз с обещаниями менеджеров и позвонить тем, чей заказ в нём крупнее всех"), who)]


def _notes(method: "Forecast", tables: "Tables", row: pd.Series, base: "Base") -> list[str]:
    said = [
        _("Клиент считается один раз: по ритму или по сделке, что больше. Смело — сделки с вероятностью от {p} целиком; осторожно — только верные сделки и {low} ожидаемых заказов.").format(
        p=percent(method.high_p), low=percent(method.low_base))]
    if pd.notna(row["fan_low_amount"]):
        said.append(_("Промежуток в заголовке — по своим прошлым ошибкам: восемь месяцев из десяти."))
    if len(tested(tables)) and tested(tables)["wape"].notna().any():
        said.append(_("Простое правило: тот же месяц год назад с поправкой на рост за год; без двух лет истории — среднее трёх последних месяцев."))
    return said + _about_plan(row, base) + _about_deals(method, tables, row, base) + _about_pace(tables, base)


def _about_plan(row: pd.Series, base: "Base") -> list[str]:
    if pd.notna(row["plan_amount"]) or "plans" not in base.facts.others:
        return []
    return [_("Плана на этот месяц нет или он на другой круг клиентов: с ним не сравниваем.")]


def _about_deals(method: "Forecast", tables: "Tables", row: pd.Series, base: "Base") -> list[str]:
    """What the funnel holds beyond the figure, and which deals could not be counted."""
    from kbreport.ch5._deals import DealRules, open_deals

    found = open_deals(base.facts, method.coming(base), DealRules(method.stages, method.sure_p, method.min_closed))
    if found is None:
        return [_("Сделок в данных нет: в расчёте только заказы по ритму.")]
    said, gap = [_("Проверка прошлых месяцев — без сделок: какими они были тогда, данные не помнят.")], row["gap_amount"]
    rest = found.month["amount"].sum() - found.month["weighted_amount"].sum()
    if pd.notna(gap) and gap > 0:
        said.append((_("В сделках месяца сверх посчитанного ещё {x}: разрыв в воронке есть.") if rest >= gap else _("В сделках месяца сверх посчитанного только {x}: разрыва в воронке нет.")).format(
            x=money(rest, base.facts.currency)))
    if len(found.overdue):
        said.append(n_("{n} открытая сделка на {x} просрочена: дата прошла, в прогноз не вошла.", "{n} открытых сделок на {x} просрочены: даты прошли, в прогноз не вошли.", len(found.overdue),
                       x=money(found.overdue["amount"].sum(), base.facts.currency)))
    if found.n_undated + found.n_without_p:
        said.append(_("Без даты: {a}, без вероятности: {b} — тоже не вошли.").format(a=number(found.n_undated), b=number(found.n_without_p)))
    return said


def _about_pace(tables: "Tables", base: "Base") -> list[str]:
    pace = tables["pacing"].iloc[0]
    if pd.isna(pace["elapsed_share"]) or pace["elapsed_share"] >= 1 or not np.isfinite(pace["run_amount"]):
        return []
    return [_("{month} идёт к {x}: продано {y}, обычно к этому дню бывает {p} месяца.").format(month=month(base.facts.as_of.date).capitalize(), x=money(pace["run_amount"], base.facts.currency),
                                                                                       y=money(pace["fact_amount"], base.facts.currency), p=percent(pace["elapsed_share"]))]


__all__: list[Any] = ["blocks", "by_month_end", "plain", "total", "trust", "what_to_do", "when"]
