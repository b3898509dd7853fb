"""M3.10 Сезонность / Seasonal indices.

Question   Which months are strong and weak by nature, and by what must a month's plan be multiplied?
In         facts.order_days: net sales by month of all whole months of the history, not only of P
Out        main: index of each calendar month (1 = an average month), rank, number and spread of the single years' ratios;
           series: sales, trend, ratio by month; without_large: the indices without clients who make more than `large_client_share`
Formula    from `min_full` months: sales / centred 12-month mean, index = mean of a month's ratios (median from 4), Σ = 12; from
           `min_weak` months: month / mean of the last 12 (weak: the trend is in it)
Edge       fewer months → refused; a month without positive sales gets no index, two such → refused; 24–35 months hold one ratio a
           month, said; a first month that begins late is left out; large clients and `exclude_clients` do not share the index
Source     ratio to moving average [S14]; large_client_share, min_weak [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.errors import MethodRefused
from kbreport.facts.rhythm import day_number
from kbreport.facts.season import YEAR, CompanySeason, Season, SeasonRules, centred_mean, company_season
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, listed, months_long, months_short, n_, number, percent, scale_of

CLEAR = 0.05  # a month is called strong or weak when it lies further from 1 than this, and further than its years differ
NAMED = 3


class Seasonality(Method):
    number: ClassVar[str] = "M3.10"
    section: ClassVar[str] = "3.10"
    title: ClassVar[str] = N_("Сезонность")
    question: ClassVar[str] = N_("Какие месяцы сильные и слабые и на сколько умножать план месяца?")
    sale_types: ClassVar[str] = "TC"
    columns: ClassVar = {
        "main": cols("month_no index rank n_ratios spread status", month_no=("count", N_("Месяц")), index=N_("Индекс"), n_ratios=N_("Лет в индексе"), spread=("ratio", N_("Размах по годам"))),
        "series": cols("month amount trend_amount ratio", trend_amount=N_("Тренд"), ratio=N_("К тренду")),
        "without_large": cols("month_no index", month_no=("count", N_("Месяц")), index=N_("Индекс без крупных")),
    }
    titles: ClassVar = {"main": N_("Индексы сезонности"), "series": N_("Продажи и тренд по месяцам"), "without_large": N_("Без крупных клиентов")}

    min_full: int = setting(24, source="S14", help=N_("с какого числа полных месяцев считаем по скользящей средней"), ge=24)
    min_weak: int = setting(12, source="OURS", help=N_("с какого числа полных месяцев считаем хоть как-то"), ge=12)
    large_client_share: float = setting(0.20, source="OURS", help=N_("доля продаж, выше которой клиент искажает сезонность всех"), gt=0, le=1)
    exclude_clients: tuple[str, ...] = setting((), source="OURS", help=N_("клиенты со своим графиком: индекс компании к ним не применяем"))
    workday_correction: bool = setting(False, source="OURS", help=N_("считать продажи на рабочий день месяца"))

    # -------------------------------------------------------------- numbers
    def rules(self, base: Base) -> SeasonRules:
        return SeasonRules(self.min_full, self.min_weak, self.large_client_share, tuple(sorted(self.exclude_clients)), self.workday_correction, base.parameters.calendar)

    def measure(self, base: Base) -> Measured:
        found = company_season(base.facts, day_number(base.facts.as_of.date), self.rules(base))
        if found.season.approach == "none":
            raise self._too_little(found)
        tables = {"main": _main(found.season), "series": _series(found), "without_large": _without_large(found)}
        if found.season.approach == "share":
            return Measured(tables, MethodStatus.WEAK, _("полных месяцев {n}: меньше двух лет, тренд не отделён от сезона").format(n=number(len(found.amounts))))
        return Measured(tables)

    def _too_little(self, found: CompanySeason) -> MethodRefused:
        if len(found.amounts) < self.min_weak:
            return MethodRefused(N_("Для сезонности нужно не меньше {need} полных месяцев, есть {n}."), remedy=N_("Выгрузите продажи за два-три года."),
                                 need=number(self.min_weak), n=number(len(found.amounts)))
        return MethodRefused(N_("Сезонность не посчитана: месяцев без продаж — {n}."), remedy=N_("Проверьте, вся ли история попала в выгрузку."), n=number((found.amounts <= 1e-9).sum()))

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """The index is the company's; the sales beside it are those of his own clients."""
        series = _own_series(company["series"], base)
        return Measured({"main": company["main"], "series": series}, *_as_company(company["main"], len(series)))

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        main = tables["main"]
        strong, weak = _named(main)
        at = base.facts.as_of.date.month % YEAR
        coming = main["index"].iloc[at]
        text = _("Сильные месяцы: {a}; слабые: {b}").format(a=_months(strong), b=_months(weak)) if strong and weak else _headline(main)
        action = "" if pd.isna(coming) or not (strong or weak) else _("План на {month} умножать на {idx}, а не делить год на 12").format(month=months_long()[at], idx=number(coming, 2))
        return [Finding("seasonality.months", FindingLevel.INFO, text, _lead(tables, base), action=action, who=owner(base, _("руководитель отдела продаж")) if action else "",
                        fact=_plain(main["index"].max()), baseline=1.0, values={"max": _plain(main["index"].max()), "min": _plain(main["index"].min()), "next_index": _plain(coming)})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        blocks = [page.section(_headline(main), id="seasonality", kicker=kicker(self), lead=_lead(tables, base)),
                  page.cols((118, 58), (_bars(tables, base), [_index_table(main)])), *_years(tables["series"], base)]
        todo = [(f.action, f.who) for f in findings if f.action]
        quiet = main["index"].idxmin()
        if todo and base.manager is None:
            todo.append((_("Чистку базы, обучение и отпуска ставить на {month}").format(month=months_long()[quiet]), owner(base, _("руководитель отдела продаж"), 30)))
        note = self._note(tables, base)
        return blocks + ([page.action(todo)] if todo else []) + ([page.note(note)] if note else [])

    def _note(self, tables: Tables, base: Base) -> str:
        """What the index is of, who bends it, and whom it does not concern."""
        per_day = _("Индексы — на рабочий день: план месяца умножайте ещё на его рабочие дни к обычным.") if self.workday_correction else ""
        return " ".join(t for t in (per_day, self._about_large(tables, base)) if t)

    def _about_large(self, tables: Tables, base: Base) -> str:
        without = tables.get("without_large")
        if base.manager is not None or without is None or without.empty:
            return ""
        found = company_season(base.facts, day_number(base.facts.as_of.date), self.rules(base))
        names = base.card().set_index("client_id")["client_name"].reindex(found.large)
        moved = (without["index"] - tables["main"]["index"]).abs()
        if not moved.notna().any():
            return _("Крупный клиент ({list}) искажает сезонность остальных, а без него продаж не хватает, чтобы её посчитать.").format(list=listed(list(names)))
        far = int(moved.idxmax())
        return _("Доля больше {p} продаж: {list}. Без таких клиентов сильнее всего меняется {month}: {a} вместо {b}. К ним самим индекс не применяем.").format(
            p=percent(self.large_client_share), list=listed(list(names)), month=months_long()[far], a=number(without["index"][far], 2), b=number(tables["main"]["index"][far], 2))


# ------------------------------------------------------------------ numbers
def _main(season: Season) -> pd.DataFrame:
    index = pd.Series(season.index)
    status = "ok" if season.approach == "ratio" else "weak"
    return pd.DataFrame({"month_no": np.arange(1, YEAR + 1), "index": index, "rank": index.rank(ascending=False, method="first").astype("Int64"), "n_ratios": season.n_ratios,
                         "spread": season.spread, "status": np.where(index.notna(), status, "insufficient")})


def _series(found: CompanySeason) -> pd.DataFrame:
    """The trend in money, also where the indices are made of sales per working day."""
    known = np.where(found.amounts > 1e-9, found.amounts, np.nan)
    trend = known / found.season.ratio
    trend = np.where(np.isnan(trend) & ~np.isnan(found.season.trend), found.season.trend, trend)
    return pd.DataFrame({"month": found.months(), "amount": found.amounts, "trend_amount": trend, "ratio": found.season.ratio})


def _without_large(found: CompanySeason) -> pd.DataFrame:
    if found.without_large is None:
        return pd.DataFrame({"month_no": np.array([], dtype="int64"), "index": np.array([], dtype="float64")})
    return pd.DataFrame({"month_no": np.arange(1, YEAR + 1), "index": found.without_large.index})


def _own_series(series: pd.DataFrame, base: Base) -> pd.DataFrame:
    """His clients' sales of the company's months; a month without any is a true zero."""
    own = base.facts.client_months.assign(month=lambda t: t["month"].dt.strftime("%Y-%m")).groupby("month")["amount"].sum()
    amount = series["month"].map(own).fillna(0.0)
    trend = centred_mean(amount.to_numpy())
    trend = np.where(trend > 1e-9, trend, np.nan)
    return pd.DataFrame({"month": series["month"], "amount": amount, "trend_amount": trend, "ratio": amount / trend})


def _as_company(main: pd.DataFrame, n: int) -> tuple[MethodStatus, str]:
    if (main["status"] == "weak").any():
        return MethodStatus.WEAK, _("полных месяцев {n}: меньше двух лет, тренд не отделён от сезона").format(n=number(n))
    return MethodStatus.OK, ""


def _plain(x: float) -> float | None:
    return None if pd.isna(x) else round(float(x), 6)


# ------------------------------------------------------------------ words
def _named(main: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Places of the clearly strong and weak months, the extreme first: further from 1 than `CLEAR`, and than half of what its years differ."""
    away = main["index"] - 1
    clear = away.abs() > np.maximum(CLEAR, (main["spread"] / 2).fillna(0.0))
    strong, weak = away[clear & (away > 0)], away[clear & (away < 0)]
    return list(strong.sort_values(ascending=False, kind="stable").index[:NAMED]), list(weak.sort_values(kind="stable").index[:NAMED])


def _months(places: list[int]) -> str:
    return ", ".join(months_long()[p] for p in sorted(places))


def _headline(main: pd.DataFrame) -> str:
    strong, weak = _named(main)
    if not strong and not weak:
        return _("Сезонности не видно: ни один месяц не отличается от среднего твёрдо")
    if not weak:
        return _("Сильнее среднего — {a}, до {x} обычного месяца").format(a=_months(strong), x=number(main["index"][strong[0]], 2))
    low = number(main["index"][weak[0]], 2)
    if not strong:
        return _("Слабее среднего — {b}: {x} обычного месяца").format(b=_months(weak[:1]), x=low)
    return _("Сильнее всего {a}; слабее всего {b}: {x} обычного месяца").format(a=_months(strong), b=_months(weak[:1]), x=low)


def _lead(tables: Tables, base: Base) -> str:
    main, n = tables["main"], len(tables["series"])
    said = n_("Посчитано по {n} полному месяцу.", "Посчитано по {n} полным месяцам.", n)
    if base.manager is not None:
        said = n_("Индекс — всей компании, по {n} полному месяцу: у одного менеджера для него мало клиентов.", "Индекс — всей компании, по {n} полным месяцам: у одного менеджера для него мало клиентов.",
                  n)
    if (main["status"] == "weak").any():
        return said + " " + _("Это меньше двух лет: рост или спад продаж здесь выглядит как сезон.")
    if (main["n_ratios"] <= 1).all():
        return said + " " + _("Один год — не сезонность, а один год: ждите второго, прежде чем строить на этом планы.")
    if base.manager is not None:
        return said
    widest = main["spread"].max()
    return said + " " + _("Точки — отдельные годы; сильнее всего годы разошлись на {x}.").format(x=number(widest, 2))


def _bars(tables: Tables, base: Base) -> list[dict]:
    """The dots are the company's years; a manager's own are not those the index is made of."""
    main, series = tables["main"], tables["series"]
    marks = [] if base.manager is not None or (main["n_ratios"] <= 1).all() else list(zip(series["month"].str[-2:].astype(int) - 1, series["ratio"], strict=True))
    wide, phone = charts.both(lambda w: charts.season(main["index"].tolist(), months_short(), marks=marks, w=w), "seasonality-index", w=118)
    if wide is None:
        return []
    best = int(main["index"].idxmax())
    return [page.fig("seasonality-index", wide, phone=phone, w=118, headline=_("{month} — {x} обычного месяца").format(month=months_long()[best].capitalize(), x=number(main["index"][best], 2)),
                     subtitle=_("Индекс месяца; 1 — средний месяц года"), alt=_("Столбики индексов сезонности вверх и вниз от единицы"))]


def _index_table(main: pd.DataFrame) -> dict:
    rows = [[months_long()[r.month_no - 1], number(r.index_, 2), "—" if pd.isna(r.rank) else str(r.rank), number(r.spread, 2) if r.n_ratios > 1 else "—"]
            for r in main.rename(columns={"index": "index_"}).itertuples(index=False)]
    head = [page.col(_("Месяц"), cls="h"), page.col(_("Индекс"), num=True), page.col(_("Место"), num=True), page.col(_("Размах"), num=True)]
    return page.table(head, rows, title=_("Индексы"), sheet="seasonality", dense=True)


def _years(series: pd.DataFrame, base: Base) -> list[dict]:
    """The last twelve months over the twelve before: the shape of the year with one's own eyes."""
    if len(series) < 2 * YEAR:
        return []
    scale = scale_of(series["amount"], base.facts.currency)
    now, before = series["amount"].tail(YEAR) / scale.divisor, series["amount"].iloc[-2 * YEAR:-YEAR] / scale.divisor
    labels = [months_short()[int(m[-2:]) - 1] for m in series["month"].tail(YEAR)]
    names = _("последние 12 месяцев"), _("годом раньше")
    wide, phone = charts.both(lambda w: charts.line(now.tolist(), labels, name="", before=before.tolist(), before_name=names[1], unit=scale.unit, w=w, h=44), "seasonality-years")
    up = now.sum() - before.sum()
    said = _("Год выше прошлого, месяцы повторяют друг друга") if up > 0 else _("Год ниже прошлого, месяцы повторяют друг друга")
    alike = np.corrcoef(now, before)[0, 1] > 0.5 if now.std() > 0 and before.std() > 0 else False
    if not alike:
        said = _("Два последних года непохожи друг на друга")
    whose = _("Продажи по месяцам: {a} и {b}") if base.manager is None else _("Продажи клиентам менеджера по месяцам: {a} и {b}")
    return [page.fig("seasonality-years", wide, phone=phone, headline=said, subtitle=whose.format(a=names[0], b=names[1]),
                     alt=_("Линии продаж двух последних лет по месяцам"))]
