"""M3.17 Концентрация базы / Revenue concentration.

Question   How much of the company hangs on a few clients?
In         facts.net_sales of P by client (measure amount | margin); margin optional (months of margin)
Out        main: share of the first 1, 3, 5, 10 clients; total: HHI, number of equal clients it stands for, clients for 50 % and
           80 %, months of margin (without margins: of sales) that the first client is worth, dependence high | normal
Formula    shares of Σ positive S; HHI = Σ share²; equal_clients = 1 / HHI; months = 12 × the first client's share of the margin;
           high where top-1 > top1_high or HHI > hhi_high
Edge       fewer clients than k: the row counts those there are; no client with sales → insufficient; a group of companies is one
           client (client_grain); margins of the whole ≤ 0 → months of sales; measure margin, unknown of a client → refused
Source     Pareto [003:127], [004:93,271]; bands [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.ch3._amounts import known_amounts
from kbreport.facts import pareto
from kbreport.method import Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, listed, n_, number, percent, scale_of

FIRST = (1, 3, 5, 10)


class Concentration(Method):
    number: ClassVar[str] = "M3.17"
    section: ClassVar[str] = "3.17"
    title: ClassVar[str] = N_("Концентрация базы")
    question: ClassVar[str] = N_("Насколько компания зависит от нескольких клиентов?")
    columns: ClassVar = {
        "main": cols("k n_clients amount amount_share", k=("count", N_("Первые"))),
        "total": cols("n_clients amount hhi equal_clients n_for_50 n_for_80 top1_share months_of_margin dependence top1_client_id top1_client_name months_basis",
                      hhi=("ratio", N_("Индекс концентрации HHI")), equal_clients=("number", N_("Равных клиентов")), n_for_50=N_("Клиентов на половину продаж"),
                      n_for_80=N_("Клиентов на 80 % продаж"), top1_share=N_("Доля первого"), months_of_margin=("number", N_("Месяцев маржи")),
                      dependence=("text", N_("Зависимость")), top1_client_id=N_("Код первого клиента"), top1_client_name=("text", N_("Первый клиент")),
                      months_basis=("text", N_("Месяцев чего"))),
    }
    titles: ClassVar = {"main": N_("Доля первых клиентов"), "total": N_("Концентрация")}

    top1_high: float = setting(0.25, source="OURS", help=N_("доля первого клиента, выше которой зависимость высокая"), gt=0, le=1)
    hhi_high: float = setting(0.18, source="OURS", help=N_("индекс HHI, выше которого зависимость высокая"), gt=0, le=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        ranks = pareto.ranked(known_amounts(base.facts, base.period, base.parameters.measure))
        tables = {"main": _firsts(ranks), "total": self._total(ranks, base)}
        if ranks.empty:
            return Measured(tables, MethodStatus.INSUFFICIENT, _("за период нет клиентов с продажами"))
        return Measured(tables)

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """The same of his own clients: how much of his portfolio hangs on a few."""
        return self.measure(base)

    def _total(self, ranks: pd.Series, base: Base) -> pd.DataFrame:
        share = ranks / ranks.sum()
        cum = pareto.cumulative(ranks).to_numpy()
        hhi = float((share**2).sum()) if len(ranks) else np.nan
        top = float(share.iloc[0]) if len(ranks) else np.nan
        months, basis = _months(ranks, base)
        high = top > self.top1_high + pareto.TOLERANCE or hhi > self.hhi_high + pareto.TOLERANCE
        names = base.card().set_index("client_id")["client_name"]
        row = {"n_clients": len(ranks), "amount": float(ranks.sum()), "hhi": hhi, "equal_clients": 1 / hhi if hhi else np.nan, "n_for_50": _needed(cum, 0.5), "n_for_80": _needed(cum, 0.8),
               "top1_share": top, "months_of_margin": months, "dependence": None if ranks.empty else "high" if high else "normal",
               "top1_client_id": ranks.index[0] if len(ranks) else None, "top1_client_name": names.get(ranks.index[0]) if len(ranks) else None, "months_basis": basis}
        return pd.DataFrame([row], columns=[c.name for c in self.columns["total"]]).astype({"n_for_50": "Int64", "n_for_80": "Int64"})

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        total = tables["total"].iloc[0]
        if not total["n_clients"]:
            return []
        who = listed([total["top1_client_name"]])
        text = _("{name} — {x} {what}").format(name=who, x=percent(total["top1_share"], 1), what=_what(base))
        high = total["dependence"] == "high"
        small = total["n_clients"] < base.parameters.min_denominator
        level = FindingLevel.INFO if not high else FindingLevel.WATCH if small else FindingLevel.RISK
        amount = round(float(total["top1_share"] * total["amount"]), 2)
        return [Finding("concentration.first", level, text, _worth(total), fact=float(total["top1_share"]), baseline=self.top1_high, gap=float(total["top1_share"] - self.top1_high),
                        action=_("Назначить второго ответственного за {name} и довести долю остальных").format(name=who) if high else "",
                        who=owner(base, _("руководитель отдела продаж"), 30) if high else "", money=amount, basis=_("его покупки за период"),
                        clients=((str(total["top1_client_id"]), amount),),
                        values={"top1_share": float(total["top1_share"]), "months": float(total["months_of_margin"]), "hhi": float(total["hhi"])})]

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        total = tables["total"].iloc[0]
        if not total["n_clients"]:
            return [page.section(_("За период нет клиентов с продажами"), id="concentration", kicker=kicker(self))]
        blocks = [page.section(_headline(total, base), id="concentration", kicker=kicker(self), lead=_worth(total) or None),
                  page.cols((88, 88), (_curve(base), [_first_table(tables["main"], base), page.facts(_facts(total), lw=52)])), page.note(self._note(total, base))]
        todo = [(f.action, f.who) for f in findings if f.action]
        return blocks + ([page.action(todo)] if todo else [])

    def _note(self, total: pd.Series, base: Base) -> str:
        said = _("Зависимость считаем высокой, если первый клиент больше {top} продаж или HHI выше {hhi} (норма kbreport).").format(top=percent(self.top1_high), hhi=number(self.hhi_high, 2))
        if total["n_clients"] >= base.parameters.min_denominator:
            return said
        return said + " " + n_("Здесь всего {n} клиент: доли крупны уже поэтому.", "Здесь всего {n} клиентов: доли крупны уже поэтому.", int(total["n_clients"]))


# ------------------------------------------------------------------ numbers
def _firsts(ranks: pd.Series) -> pd.DataFrame:
    cum = pareto.cumulative(ranks).to_numpy()
    money_of = (ranks * 10_000).round().astype("int64").cumsum().to_numpy() / 10_000.0
    taken = [min(k, len(ranks)) for k in FIRST]
    return pd.DataFrame({"k": FIRST, "n_clients": taken, "amount": [money_of[n - 1] if n else 0.0 for n in taken], "amount_share": [cum[n - 1] if n else np.nan for n in taken]})


def shares(ranks: pd.Series) -> pd.Series:
    """Share of the first k clients by k, of ranked positive amounts (base_panel asks for other periods)."""
    return _firsts(ranks).set_index("k")["amount_share"]


def _needed(cum: np.ndarray, share: float) -> int | None:
    """How many of the largest clients reach this share."""
    return int((cum < share - pareto.TOLERANCE).sum()) + 1 if len(cum) else None


def _months(ranks: pd.Series, base: Base) -> tuple[float, str | None]:
    """12 × the first client's share of the margin of the whole; of positive sales where margins are not known of all."""
    if ranks.empty:
        return np.nan, None
    days = base.facts.order_days[base.period.mask(base.facts.order_days["date"])]
    whole = float(days["margin"].sum())
    if days["margin"].notna().all() and whole > 0:
        return 12 * float(days.loc[days["client_id"] == ranks.index[0], "margin"].sum()) / whole, "margin"
    return 12 * float(ranks.iloc[0] / ranks.sum()), "amount"


# ------------------------------------------------------------------ words
def _what(base: Base) -> str:
    return _("маржи") if base.parameters.measure == "margin" else _("выручки")


def _worth(total: pd.Series) -> str:
    if not total["months_of_margin"] > 0:
        return ""
    said = _("Его уход равен {k} мес. маржи компании.") if total["months_basis"] == "margin" else _("Его уход равен {k} мес. выручки компании.")
    return said.format(k=number(total["months_of_margin"], 1))


def _headline(total: pd.Series, base: Base) -> str:
    name, share, half = listed([total["top1_client_name"]]), percent(total["top1_share"], 1), int(total["n_for_50"])
    if total["n_clients"] == 1:
        return _("Все продажи — один клиент: {name}").format(name=name)
    if half == 1:
        return _("{name} — {x} {what}, больше половины").format(name=name, x=share, what=_what(base)) if total["top1_share"] > 0.5 + pareto.TOLERANCE else \
            _("{name} — ровно половина {what}").format(name=name, what=_what(base))
    if total["top1_share"] > 0.1:
        return n_("{name} — {x} {what}; половину дают {n} клиент", "{name} — {x} {what}; половину дают {n} клиентов", half, name=name, x=share, what=_what(base))
    return n_("Половину {what} даёт {n} клиент, крупнейший — {x}", "Половину {what} дают {n} клиентов, крупнейший — {x}", half, what=_what(base), x=share)


def _curve(base: Base) -> list[dict]:
    ranks = pareto.ranked(known_amounts(base.facts, base.period, base.parameters.measure))
    wide, phone = charts.both(lambda w: charts.lorenz(ranks.tolist(), w=w), "concentration-lorenz", w=88)
    if wide is None:
        return []
    n = _needed(pareto.cumulative(ranks).to_numpy(), 0.8)
    return [page.fig("concentration-lorenz", wide, phone=phone, w=88, headline=n_("80 % продаж — {n} клиент из {all}", "80 % продаж — {n} клиентов из {all}", n, all=number(len(ranks))),
                     subtitle=_("Доля продаж против доли клиентов, {period}").format(period=base.period), alt=_("Кривая Лоренца: чем дальше от диагонали, тем меньше клиентов держат продажи"))]


def _first_table(main: pd.DataFrame, base: Base) -> dict:
    scale = scale_of(main["amount"], base.facts.currency)
    rows = [[n_("первый {n}", "первые {n}", int(r.k)), scale.text(r.amount), percent(r.amount_share, 1)] for r in main.itertuples() if r.n_clients == r.k]
    return page.table([page.col(_("Клиенты"), cls="h"), page.col(_("Продажи"), num=True), page.col(_("Доля"), num=True)], rows, title=_("Сколько дают первые"), unit=scale.unit or None,
                      sheet="concentration", dense=True)


def _facts(total: pd.Series) -> list[tuple[str, str]]:
    return [(_("Клиентов с продажами"), number(total["n_clients"])), (_("HHI"), number(total["hhi"], 3)), (_("Как если бы равных было"), number(total["equal_clients"], 1)),
            (_("На половину продаж"), number(total["n_for_50"])), (_("На 80 % продаж"), number(total["n_for_80"]))]
