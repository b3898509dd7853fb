"""M7.19 Список клиентов, постоянно задерживающих оплату / Chronic late payers.

Question   Who always pays after the due date, how much is overdue now, and what does waiting for it cost?
In         payments or receivables (one is enough, payments win by client); claims, clients.payment_terms_days optional
Out        main: clients who buy on credit, the worst first: late ones of the last invoices (or snapshots of debt), delay, overdue,
           cost of money, status chronic | late | ok; last: the last invoices, or month-end snapshots, of each
Formula    payments: delay = max(0, last payment − due date); chronic where ≥ 3 of the last 6 invoices are > 7 days late, or the
           delay weighted by money > 15 days. Receivables alone: chronic where overdue > 0 in ≥ 3 of the last 6 snapshots. Cost of
           money = Σ amount × days of delay within P / 365 × rate; of a snapshot: overdue × days of its month / 365 × rate
Edge       open overdue invoices count with their delay to as_of; partial payments by money; under 3 known invoices nobody is chronic;
           invoices that were late while a claim of the client was open, and prepaid ones, are out; who has neither an open invoice
           nor one due within a year is not listed; several snapshots in a month count once; fewer snapshots than the rule needs →
           insufficient; snapshots tell no delay of a paid invoice, so the mean delays are NA; no rate → no cost
Source     [004:69]; thresholds [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.audit import _debts
from kbreport.errors import MethodRefused
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, day, listed, missing, money, months_short, n_, number, scale_of

TOLERANCE = 1e-9
STATUSES = ("chronic", "late", "ok")
SHOWN = 12


class LatePayers(Method):
    number: ClassVar[str] = "M7.19"
    section: ClassVar[str] = "7.19"
    title: ClassVar[str] = N_("Постоянные задержки оплаты")
    question: ClassVar[str] = N_("Кто постоянно платит позже срока и сколько это стоит?")
    optional_inputs: ClassVar[tuple[str, ...]] = ("payments", "receivables", "claims", "clients")
    columns: ClassVar = {
        "main": cols(f"{CL} n_invoices n_late mean_delay_days weighted_delay_days overdue_amount money_cost_amount status n_snapshots n_overdue_snapshots max_overdue_days mean_overdue_amount n_disputed basis",
                     n_invoices=N_("Счетов"), n_late=N_("Из них поздно"), mean_delay_days=N_("Средняя задержка"), weighted_delay_days=N_("Задержка по деньгам"),
                     overdue_amount=N_("Просрочено"), money_cost_amount=N_("Стоимость денег"), status=("text", N_("Как платит"), "pay_status"), n_snapshots=N_("Снимков долга"),
                     n_overdue_snapshots=N_("Снимков с просрочкой"), max_overdue_days=N_("Старшая просрочка"), mean_overdue_amount=N_("В среднем просрочено"), n_disputed=N_("Спорных счетов"), basis=("text", N_("Откуда известно"))),
        "last": cols(f"{CL} place mark_date invoice_id delay_days amount overdue_share", place=("count", N_("Место с конца")), mark_date=N_("Срок оплаты или снимок"), invoice_id=N_("Номер счёта"),
                     delay_days=N_("Задержка"), overdue_share=N_("Просрочка в долге")),
    }
    titles: ClassVar = {"main": N_("Кто задерживает оплату"), "last": N_("Последние счета и снимки долга")}

    late_days: int = setting(7, source="OURS", help=N_("с какой задержки счёт оплачен поздно, дней (больше)"), ge=0)
    late_of_last: int = setting(3, source="OURS", help=N_("сколько поздних из последних — уже постоянно"), ge=1)
    last_n: int = setting(6, source="OURS", help=N_("сколько последних счетов или снимков смотрим"), ge=1)
    mean_days: float = setting(15, source="OURS", help=N_("средняя задержка по деньгам, с которой клиент платит поздно постоянно, дней (больше)"), ge=0)
    money_rate: float | None = setting(None, source="company", help=N_("стоимость денег в год, доля: 0.2 — двадцать процентов"), ge=0, le=10)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        others, at = base.facts.others, pd.Timestamp(base.facts.as_of.date)
        payments, debts = (_debts.on_credit(others.get(name), base) for name in ("payments", "receivables"))
        if payments is None and debts is None:
            raise MethodRefused(N_("нет данных: {what}"), what=_("оплаты (payments) или снимки долга (receivables)"))
        shots = self._of_snapshots(debts, others.get("claims"), at, base)
        if payments is not None:
            bills = self._of_payments(payments, debts, others.get("claims"), at, base)
            shots = [part[~part["client_id"].isin(bills[0]["client_id"].unique())] for part in shots]
            shots = [pd.concat([b, s] if len(b) and len(s) else [b if len(b) else s], ignore_index=True) for b, s in zip(bills, shots)]
        main, last = (self._shaped(name, part, base) for name, part in zip(("main", "last"), shots))
        status, reason = self._status(main)
        return Measured({"main": main, "last": last}, status, reason)

    def _status(self, main: pd.DataFrame) -> tuple[MethodStatus, str]:
        if main.empty:
            return MethodStatus.INSUFFICIENT, _("нет счетов с отсрочкой, срок которых известен и прошёл")
        if main["status"].notna().any():
            return MethodStatus.OK, ""
        return MethodStatus.INSUFFICIENT, _("снимков долга по месяцам — {n}, а для правила нужно хотя бы {k}").format(n=number(int(main["n_snapshots"].max())), k=number(self.late_of_last))

    def _of_payments(self, payments: pd.DataFrame, debts: pd.DataFrame | None, claims: pd.DataFrame | None, at: pd.Timestamp, base: Base) -> list[pd.DataFrame]:
        """(one row per client, his last invoices) of the clients whose payments are known."""
        found = _debts.pieces(payments, debts, at)
        argued = _debts.bill_marks(found, _debts.disputed(found, claims))
        fair = found[~argued].reset_index(drop=True)
        bills = _debts.bills(fair)
        last = bills[bills["position"] <= self.last_n]
        out = _judged(last, self.late_days)
        many = out["n_late"] >= self.late_of_last
        heavy = out["weighted_delay_days"] > self.mean_days + TOLERANCE
        enough = out["n_invoices"] >= self.late_of_last
        out["status"] = np.select([enough & (many | heavy), out["n_late"] > 0], STATUSES[:2], STATUSES[2])
        still = fair[fair["is_open"] & (fair["delay"] > 0)]
        out["overdue_amount"] = _known_sum(still).reindex(out.index, fill_value=0.0)
        out["max_overdue_days"] = still.groupby("client_id")["delay"].max().reindex(out.index)
        out["waited"] = _known_sum(fair.assign(amount=fair["amount"] * _days_within(fair, base.period))).reindex(out.index, fill_value=0.0)
        out["mean_overdue_amount"] = out["waited"] / (base.period.end - base.period.start).days
        out["n_disputed"] = found[argued].drop_duplicates("bill").groupby("client_id").size().reindex(out.index, fill_value=0)
        recent = bills.groupby("client_id")["due"].max() >= at - pd.DateOffset(months=12)
        out = out[recent.reindex(out.index) | out.index.isin(fair.loc[fair["is_open"], "client_id"])].assign(basis="payments").reset_index()
        last = last.rename(columns={"position": "place", "due": "mark_date", "invoice": "invoice_id", "delay": "delay_days"})
        return [out, last[last["client_id"].isin(out["client_id"])]]

    def _of_snapshots(self, debts: pd.DataFrame | None, claims: pd.DataFrame | None, at: pd.Timestamp, base: Base) -> list[pd.DataFrame]:
        """(one row per client with debt in the last snapshots, his debt in each of them)."""
        whole = _debts.snapshots(debts, at)
        argued = _debts.disputed(whole, claims)
        days = sorted(whole["day"].unique())[-self.last_n:]
        shots = whole[whole["day"].isin(days) & ~argued]
        grid = shots.groupby(["client_id", "day"])[["amount", "late"]].sum()
        late = grid["late"].unstack().reindex(columns=days).fillna(0.0)
        out = pd.DataFrame({"n_snapshots": len(days), "n_overdue_snapshots": (late > _debts.PENNY).sum(axis=1)}, index=late.index)
        out["n_invoices"], out["n_late"] = _seen(shots, self.late_days)
        now = shots[shots["day"] == days[-1]] if days else shots
        out["overdue_amount"] = late[days[-1]] if days else 0.0
        out["max_overdue_days"] = now[(now["late"] > _debts.PENNY)].groupby("client_id")["days"].max().reindex(out.index)
        inside = base.period.mask(whole["day"])
        months = whole.loc[inside, "day"].drop_duplicates().dt.days_in_month.sum()
        stood = whole[inside & ~argued]
        out["waited"] = _known_sum(stood.assign(amount=stood["late"] * stood["day"].dt.days_in_month)).reindex(out.index, fill_value=0.0 if months else np.nan)
        out["mean_overdue_amount"] = out["waited"] / months if months else np.nan
        out["n_disputed"] = whole[whole["day"].isin(days) & argued].drop_duplicates(["client_id", "invoice", "due"]).groupby("client_id").size().reindex(out.index, fill_value=0)
        over = out["n_overdue_snapshots"]
        status = pd.Series(np.select([over >= self.late_of_last, over > 0], STATUSES[:2], STATUSES[2]), index=out.index, dtype="object")
        out["status"] = status if len(days) >= self.late_of_last else None
        return [out.assign(basis="receivables", mean_delay_days=np.nan, weighted_delay_days=np.nan).reset_index(), _by_snapshot(grid, days)]

    def _shaped(self, name: str, part: pd.DataFrame, base: Base) -> pd.DataFrame:
        """Declared columns, the name and manager of each client, the worst first."""
        part = part.merge(base.card(), on="client_id", how="left")
        if name == "main":
            part["money_cost_amount"] = part["waited"] / 365 * self.money_rate if self.money_rate is not None else np.nan
        out = part.reindex(columns=[c.name for c in self.columns[name]])
        out["client_name"] = out["client_name"].fillna(out["client_id"])
        counts = [c.name for c in self.columns[name] if c.kind == "count"] + (["max_overdue_days"] if name == "main" else [])
        out = out.astype(dict.fromkeys(counts, "Int64"))
        if name == "last":
            return out.sort_values(["client_id", "place"], kind="stable").reset_index(drop=True)
        order = out["status"].map({s: i for i, s in enumerate(STATUSES)})
        return out.assign(_order=order).sort_values(["_order", "mean_overdue_amount", "overdue_amount", "client_id"], ascending=[True, False, False, True], kind="stable").drop(columns="_order").reset_index(drop=True)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        chronic = _chronic(tables)
        if chronic.empty:
            return []
        overdue, cost = _known(chronic["overdue_amount"]), _known(chronic["money_cost_amount"])
        wait = _group_delay(tables, chronic)
        clients = tuple((c, round(float(m), 2)) for c, m in zip(chronic["client_id"], chronic["overdue_amount"]) if m > 0)
        return [Finding("late_payers.chronic", FindingLevel.WATCH, _sentence(len(chronic), wait), self._detail(chronic, overdue, cost, base),
                        action=_("Согласовать с каждым из списка срок погашения; кто его не выдержит — на предоплату, пока не погасит"), who=owner(base, _("менеджеры клиентов")),
                        fact=float(len(chronic)), money=round(sum(m for _c, m in clients), 2) if clients else None, basis=_("просрочено сейчас") if clients else "", clients=clients,
                        values={"n": len(chronic), "overdue": overdue, "delay_days": wait, "cost": cost})]

    def _detail(self, chronic: pd.DataFrame, overdue: float, cost: float, base: Base) -> str:
        said = [_("Первые: {list}.").format(list=listed(list(chronic["client_name"]), 3))]
        if overdue > 0:
            said.append(_("Просрочено сейчас {x}.").format(x=money(overdue, base.facts.currency)))
        if not missing(cost):
            said.append(_("Деньги в ожидании стоили {x} за период.").format(x=money(cost, base.facts.currency)))
        return " ".join(said)

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        if main.empty:
            return [page.section(_("Счетов с отсрочкой нет: задерживать нечего"), id="late_payers", kicker=kicker(self))]
        if main["status"].isna().all():
            return self._withheld(main, base)
        chronic = _chronic(tables)
        blocks = [page.section(_headline(tables, chronic, base), id="late_payers", kicker=kicker(self), lead=self._lead(main, base))]
        beside = [_figure(tables, chronic), _manager_table(main, base)]
        blocks += [page.cols((88, 88), beside)] if all(beside) else [b for part in beside for b in part]
        blocks += _client_table(chronic if len(chronic) else main[main["status"] == "late"], base, bool(len(chronic)))
        blocks += [page.action([(f.action, f.who) for f in findings])] if findings else []
        return blocks + [page.note(self._note(main, base))]

    def _withheld(self, main: pd.DataFrame, base: Base) -> list[dict]:
        """Too few snapshots to call anybody a late payer; what is overdue in the last one is known all the same."""
        over = main[main["overdue_amount"] > 0]
        reason = self._status(main)[1]
        title = _("Кто задерживает постоянно, по этим данным не сказать")
        lead = _("Не хватает истории: {reason}. Ниже — только то, что просрочено сейчас.") if len(over) else _("Не хватает истории: {reason}. Просрочки сейчас нет.")
        blocks = [page.section(title, id="late_payers", kicker=kicker(self), lead=lead.format(reason=reason)), *_client_table(over, base, False)]
        return [*blocks, page.action([(_("Сохранять ведомость долгов в конце каждого месяца: через {n} мес. правило заработает").format(n=number(self.late_of_last - int(main["n_snapshots"].max()))),
                                       owner(base, _("бухгалтерия"), 31))])]

    def _lead(self, main: pd.DataFrame, base: Base) -> str:
        said = n_("С отсрочкой покупает {n} клиент; иногда задерживают {k}, вовремя платят {ok}.", "С отсрочкой покупают {n} клиентов; иногда задерживают {k}, вовремя платят {ok}.",
                  len(main), k=number((main["status"] == "late").sum()), ok=number((main["status"] == "ok").sum()))
        rules = {"payments": _("Постоянно — это {k} из {n} последних счетов позже срока больше чем на {d} дн. или средняя задержка по деньгам больше {m} дн.").format(
            k=number(self.late_of_last), n=number(self.last_n), d=number(self.late_days), m=number(self.mean_days)),
            "receivables": _("Постоянно — это просрочка хотя бы в {k} из {n} последних снимков долга.").format(k=number(self.late_of_last), n=number(self.last_n))}
        overdue = _known(main["overdue_amount"])
        total = [_("Всего у них просрочено {x}.").format(x=money(overdue, base.facts.currency))] if overdue > 0 else []
        return " ".join([said, *total, *(rule for basis, rule in rules.items() if (main["basis"] == basis).any())])

    def _note(self, main: pd.DataFrame, base: Base) -> str:
        said = [_("Пороги — норма kbreport.")]
        if (main["basis"] == "receivables").any():
            said.append(_("Снимки не говорят, на сколько дней опоздал оплаченный счёт: средняя задержка известна только по таблице оплат (payments)."))
        if self.money_rate is None:
            said.append(_("Стоимость денег не посчитана: ставка не задана (настройка late_payers.money_rate)."))
        if argued := int(main["n_disputed"].sum()):
            said.append(n_("Не учтён {n} счёт: его просрочка пришлась на открытую рекламацию.", "Не учтено {n} счетов: их просрочка пришлась на открытую рекламацию.", argued))
        said.append(_("Та же просрочка входит в оценку риска клиента (3.9) и в коэффициент долга в оплате менеджера (5.1)."))
        return " ".join(said)


# ------------------------------------------------------------------ numbers
def _judged(last: pd.DataFrame, late_days: int) -> pd.DataFrame:
    """Counts and delays of the last invoices by client."""
    by = last.assign(is_late=last["delay"] > late_days).groupby("client_id")
    out = by.agg(n_invoices=("delay", "size"), n_late=("is_late", "sum"), mean_delay_days=("delay", "mean"), amount=("amount", "sum"), weight=("weight", "sum"), known=("weight", "count"))
    out["weighted_delay_days"] = (out["weight"] / out["amount"].where(out["amount"] > 0)).where(out["known"] == out["n_invoices"])
    return out.drop(columns=["amount", "weight", "known"])


def _known_sum(rows: pd.DataFrame) -> pd.Series:
    """Σ amount by client; unknown where a part is unknown."""
    by = rows["amount"].groupby(rows["client_id"])
    return by.sum().mask(rows["amount"].isna().groupby(rows["client_id"]).any())


def _days_within(found: pd.DataFrame, period) -> pd.Series:
    """Days of each delay that lie inside the period: the days after the due date up to the payment."""
    first, last = pd.Timestamp(period.start) - pd.Timedelta(days=1), pd.Timestamp(period.last)
    return (found["day"].clip(upper=last) - found["due"].clip(lower=first)).dt.days.clip(lower=0)


def _seen(shots: pd.DataFrame, late_days: int) -> tuple[pd.Series, pd.Series]:
    """(invoices seen open, those of them seen overdue by more than `late_days`) by client; unknown where one has no number."""
    named = shots["invoice"].notna().groupby(shots["client_id"]).all()
    worst = shots.assign(invoice=shots["invoice"].fillna("")).groupby(["client_id", "invoice"])["days"].max()
    by = worst.groupby("client_id")
    return by.size().where(named), (worst > late_days).groupby("client_id").sum().where(named)


def _by_snapshot(grid: pd.DataFrame, days: list) -> pd.DataFrame:
    """Client × snapshot: overdue money and its share of the debt, NA where he owed nothing."""
    clients = grid.index.get_level_values(0).unique()
    full = grid.reindex(pd.MultiIndex.from_product([clients, days], names=["client_id", "mark_date"])).reset_index()
    places = {d: len(days) - i for i, d in enumerate(days)}
    full["overdue_share"] = full["late"] / full["amount"].where(full["amount"] > 0)
    return full.assign(place=full["mark_date"].map(places), amount=full["late"].fillna(0.0), invoice_id=None, delay_days=np.nan).drop(columns="late")


def _known(values: pd.Series) -> float:
    """A sum with an unknown part is unknown."""
    return float(values.sum()) if len(values) and values.notna().all() else np.nan


def _chronic(tables: Tables) -> pd.DataFrame:
    return tables["main"][tables["main"]["status"] == "chronic"]


def _group_delay(tables: Tables, chronic: pd.DataFrame) -> float:
    """Mean delay of these clients weighted by money; unknown where that of one is."""
    money_of = tables["last"].groupby("client_id")["amount"].sum().reindex(chronic["client_id"]).to_numpy()
    wait = chronic["weighted_delay_days"].to_numpy(dtype="float64")
    return float((money_of * wait).sum() / money_of.sum()) if len(chronic) and money_of.sum() > 0 else np.nan


# ------------------------------------------------------------------ words
def _sentence(n: int, wait: float) -> str:
    if missing(wait):
        return n_("{n} клиент системно задерживает оплату", "{n} клиентов системно задерживают оплату", n)
    return n_("{n} клиент системно платит позже срока, в среднем на {d} дн.", "{n} клиентов системно платят позже срока, в среднем на {d} дн.", n, d=number(wait))


def _headline(tables: Tables, chronic: pd.DataFrame, base: Base) -> str:
    if chronic.empty:
        return _("Постоянно оплату не задерживает никто")
    said, overdue = _sentence(len(chronic), _group_delay(tables, chronic)), _known(chronic["overdue_amount"])
    if not overdue > 0:
        return said
    return _("{said}; просрочено {x}").format(said=said, x=money(overdue, base.facts.currency))


def _figure(tables: Tables, chronic: pd.DataFrame) -> list[dict]:
    """The last invoices (days late) or snapshots (share of the debt that is overdue) of the worst, one row each."""
    if chronic.empty:
        return []
    basis = chronic["basis"].mode().iloc[0]
    who = chronic[chronic["basis"] == basis].head(SHOWN)
    field = "delay_days" if basis == "payments" else "overdue_share"
    mine = tables["last"][tables["last"]["client_id"].isin(who["client_id"])]
    grid = mine.pivot(index="client_id", columns="place", values=field).reindex(who["client_id"])
    grid = grid[sorted(grid.columns, reverse=True)].astype("float64")
    top = max(float(np.nanmax(grid.to_numpy())), 1.0) if basis == "payments" else 1.0
    heads = [str(k) for k in grid.columns] if basis == "payments" else _month_heads(mine, grid.columns)
    said = lambda v: "—" if v <= 0 else number(v) if basis == "payments" else number(v * 100)
    wide, phone = charts.both(lambda w: charts.cohort(grid.to_numpy(), list(who["client_name"]), heads, span=(0, top), fmt=said, w=w), "late-payers-grid", w=88)
    headline, subtitle = (_("Чем темнее, тем дольше ждали"), _("Дней после срока; счета от старшего к последнему")) if basis == "payments" else \
        (_("Чем темнее, тем больше долга просрочено"), _("Просрочено, % долга клиента, {period}; пусто — долга не было").format(period=_span(mine)))
    return [page.fig("late-payers-grid", wide, phone=phone, w=88, headline=headline, subtitle=subtitle, alt=_("Сетка: клиенты по строкам, последние счета или снимки долга по столбцам"))]


def _month_heads(mine: pd.DataFrame, places: pd.Index) -> list[str]:
    days = mine.drop_duplicates("place").set_index("place")["mark_date"]
    return [months_short()[pd.Timestamp(days[k]).month - 1] for k in places]


def _span(mine: pd.DataFrame) -> str:
    return f"{day(mine['mark_date'].min())} – {day(mine['mark_date'].max())}"


def _manager_table(main: pd.DataFrame, base: Base) -> list[dict]:
    """How many of each manager's clients pay late, where there is more than one manager."""
    chronic = main["status"] == "chronic"
    by = main.assign(is_chronic=chronic, owed=main["overdue_amount"].where(chronic, 0.0)).groupby("manager_id").agg(n=("client_id", "size"), k=("is_chronic", "sum"), overdue=("owed", "sum"))
    if base.manager or len(by) < 2 or not by["k"].sum():
        return []
    by = by[by["k"] > 0].reset_index().sort_values(["k", "overdue", "manager_id"], ascending=[False, False, True], kind="stable")
    scale = scale_of(by["overdue"], base.facts.currency)
    rows = [[base.manager_name(r.manager_id), _("{k} из {n}").format(k=number(r.k), n=number(r.n)), scale.text(r.overdue)] for r in by.itertuples()]
    return [page.table([page.col(_("Менеджер"), cls="h"), page.col(_("Задерживают"), num=True, w=24), page.col(_("Просрочено"), num=True, w=24)], rows, title=_("У кого эти клиенты"),
                       unit=scale.unit or None, sheet="late_payers", dense=True)]


def _client_table(rows_of: pd.DataFrame, base: Base, chronic: bool) -> list[dict]:
    if rows_of.empty:
        return []
    top = rows_of.head(SHOWN)
    costs, waits = top["money_cost_amount"].notna().any(), top["weighted_delay_days"].notna().any()
    scale = scale_of([*top["overdue_amount"].dropna(), *top["mean_overdue_amount"].dropna()], base.facts.currency)
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Поздно"), w=25), *([page.col(_("Задержка, дн."), num=True, w=19)] if waits else []), page.col(_("Просрочено в среднем"), num=True, w=21),
            page.col(_("Просрочено сейчас"), num=True, w=21), page.col(_("Самая старая, дн."), num=True, w=20), *([page.col(_("Стоимость денег"), num=True, w=20)] if costs else [])]
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), _evidence(r), *([number(r.weighted_delay_days, 1)] if waits else []),
             scale.text(r.mean_overdue_amount), scale.text(r.overdue_amount), "—" if pd.isna(r.max_overdue_days) else number(r.max_overdue_days), *([scale.text(r.money_cost_amount)] if costs else [])] for r in top.itertuples()]
    note = n_("Показаны первые {k} из {n}; все — в книге.", "Показаны первые {k} из {n}; все — в книге.", len(rows_of), k=number(SHOWN)) if len(rows_of) > SHOWN else None
    title = _("Кто задерживает постоянно") if chronic else _("У кого были задержки") if rows_of["status"].notna().any() else _("Что просрочено сейчас")
    return [page.table(head, rows, title=title, unit=scale.unit or None, sheet="late_payers", dense=True, cards=True, note=note)]


def _evidence(r) -> str:
    if r.basis == "payments":
        return _("{k} из {n} счетов").format(k=number(r.n_late), n=number(r.n_invoices))
    return _("{k} из {n} снимков").format(k=number(r.n_overdue_snapshots), n=number(r.n_snapshots))
