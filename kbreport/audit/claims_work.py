"""M7.20 Работа с рекламациями / Complaint handling.

Question   Do we mend what broke, and does the client stay?
In         claims, orders; clients (manager), lifecycle (states, yearly sales) optional
Out        main: claims opened in P by scope (total, type, manager at as_of): open, closed, median days, share in time, repeats, money;
           clients: claims of each, his state 180 days after closing; open: all claims not closed yet, the oldest first; after: left
           among clients with and without claims
Formula    days = closing − opening, an open claim is censored at as_of (Kaplan–Meier median). Share in time = closed within the target
           / (closed + open longer than the target). Repeated = the same client and type opened within 183 days before. Left = state
           sleeping or lost (M3.18); the others are clients without claims who bought in the year before, on the same days
Edge       an open claim younger than the target is in no share; no closing date at all → only counts; blank severity → 2; a client
           whose 180 days are not over has no state_after; closed before opened: days unknown; more than 31 days to judge: each at the end of its week
Source     [001:7], [002:35]; thresholds [OURS]
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from kbreport import charts, page
from kbreport.audit import _claims
from kbreport.facts.intervals import newcombe, wilson
from kbreport.method import CL, Base, Finding, FindingLevel, Measured, Method, MethodStatus, Tables, cols, kicker, setting
from kbreport.method.todo import owner
from kbreport.words import N_, _, day, listed, missing, money, n_, number, scale_of

SHOWN = 12


class ClaimsWork(Method):
    number: ClassVar[str] = "M7.20"
    section: ClassVar[str] = "7.20"
    title: ClassVar[str] = N_("Работа с рекламациями")
    question: ClassVar[str] = N_("Исправляем ли мы то, что сломалось, и остаётся ли клиент?")
    needs: ClassVar[tuple[str, ...]] = ("lifecycle",)
    inputs: ClassVar[tuple[str, ...]] = ("claims",)
    columns: ClassVar = {
        "main": cols("scope key n_claims n_open n_closed median_days within_share repeat_share amount n_decided n_within n_repeat mean_severity", n_claims=N_("Рекламаций"), n_open=N_("Открыто"),
                     n_closed=N_("Закрыто"), median_days=N_("Половина закрыта за"), within_share=N_("Доля в срок"), repeat_share=N_("Доля повторных"), n_decided=N_("Срок уже ясен"),
                     n_within=N_("Закрыто в срок"), n_repeat=N_("Повторных"), mean_severity=("number", N_("Средняя тяжесть"))),
        "clients": cols(f"{CL} n_claims n_open n_repeat state_after amount s12_amount", n_claims=N_("Рекламаций"), n_open=N_("Открыто"), n_repeat=N_("Повторных"),
                        state_after=("text", N_("Состояние после"), "state"), s12_amount=N_("Продажи за 12 мес. до паузы")),
        "open": cols(f"{CL} claim_id opened_date age_days type amount is_late", claim_id=N_("Рекламация"), opened_date=N_("Открыта"), age_days=N_("Дней открыта"), type=("text", N_("Тип")),
                     is_late=N_("Дольше срока")),
        "after": cols("group n_clients n_left left_share ci_low ci_high", group=("text", N_("Клиенты"), "claim_group"), n_left=N_("Ушли"), left_share=N_("Доля ушедших")),
    }
    titles: ClassVar = {"main": N_("Рекламации за период"), "clients": N_("Клиенты с рекламациями"), "open": N_("Открытые рекламации"), "after": N_("Ушли после закрытия")}

    target_days: int = setting(5, source="OURS", help=N_("за сколько дней рекламация должна быть закрыта"), ge=0)
    repeat_days: int = setting(183, source="OURS", help=N_("через сколько дней такая же рекламация уже не повтор"), ge=1)
    after_days: int = setting(180, source="OURS", help=N_("через сколько дней после закрытия смотрим, остался ли клиент"), ge=1)

    # -------------------------------------------------------------- numbers
    def measure(self, base: Base) -> Measured:
        claims = _claims.known(base, self.repeat_days)
        states, groups = _claims.after(claims[claims["inside"]], base, self.after_days)
        return self._measured(claims, states, groups, base)

    def measure_manager(self, base: Base, company: Tables) -> Measured:
        """The same of his clients: his claims make the total and the types. How those without claims fare is the company's to know."""
        claims = _claims.known(base, self.repeat_days)
        states = company["clients"].set_index("client_id")["state_after"].dropna()
        return self._measured(claims, states, pd.DataFrame({"group": [], "n_clients": [], "n_left": []}), base)

    def _measured(self, claims: pd.DataFrame, states: pd.Series, groups: pd.DataFrame, base: Base) -> Measured:
        card = base.card().set_index("client_id")
        claims = claims.assign(manager_id=claims["client_id"].map(card["manager_id"]), late=claims["is_open"] & (claims["days"] > self.target_days))
        inside = claims[claims["inside"]]
        tables = {"main": self._by_scope(inside, base), "clients": self._clients(inside, states, base), "open": self._open(claims, base), "after": _with_shares(groups)}
        if inside.empty:
            return Measured(tables, MethodStatus.INSUFFICIENT, _("за период рекламаций нет"))
        if not _dated(base):
            return Measured(tables, MethodStatus.WEAK, _("дат закрытия в таблице claims нет: посчитано только число рекламаций"))
        return Measured(tables)

    def _by_scope(self, claims: pd.DataFrame, base: Base) -> pd.DataFrame:
        parts = [("total", None, claims)] if len(claims) else []
        for scope, column in (("type", "type"), ("manager_id", "manager_id")):
            groups = [(scope, key, part) for key, part in claims.groupby(column, sort=True, dropna=True)]
            parts += sorted(groups, key=lambda g: -len(g[2]))
        rows = [(scope, key, *self._figures(part, _dated(base))) for scope, key, part in parts]
        out = pd.DataFrame(rows, columns=[c.name for c in self.columns["main"]])
        return out.astype({"key": "object"} | dict.fromkeys(["n_claims", "n_open", "n_closed", "n_decided", "n_within", "n_repeat"], "Int64") |
                          dict.fromkeys(["median_days", "within_share", "repeat_share", "amount", "mean_severity"], "float64"))

    def _figures(self, part: pd.DataFrame, dated: bool) -> tuple:
        n, repeat = len(part), int(part["is_repeat"].sum())
        told = (part["amount"].sum(min_count=1), repeat, part["severity"].mean())
        if not dated:
            return (n, pd.NA, pd.NA, np.nan, np.nan, repeat / n, told[0], pd.NA, pd.NA, *told[1:])
        closed = part[~part["is_open"] & part["days"].notna()]
        within, decided = int((closed["days"] <= self.target_days).sum()), len(closed) + int(part["late"].sum())
        n_open = int(part["is_open"].sum())
        return (n, n_open, n - n_open, _claims.median_days(part["days"].to_numpy(), part["is_open"].to_numpy()), within / decided if decided else np.nan, repeat / n, told[0],
                decided, within, *told[1:])

    def _clients(self, claims: pd.DataFrame, states: pd.Series, base: Base) -> pd.DataFrame:
        by = claims.groupby("client_id")
        out = by.agg(n_claims=("claim_id", "size"), n_open=("is_open", "sum"), n_repeat=("is_repeat", "sum")).join(by["amount"].sum(min_count=1))
        out["state_after"] = states.reindex(out.index).astype("object")
        out["s12_amount"] = base.table("lifecycle").set_index("client_id")["s12_before"].reindex(out.index)
        if not _dated(base):
            out["n_open"] = pd.NA
        out = _named(out.reset_index(), base, [c.name for c in self.columns["clients"]]).astype(dict.fromkeys(["n_claims", "n_open", "n_repeat"], "Int64"))
        return out.sort_values(["n_claims", "s12_amount", "client_id"], ascending=[False, False, True], kind="stable").reset_index(drop=True)

    def _open(self, claims: pd.DataFrame, base: Base) -> pd.DataFrame:
        out = claims[claims["is_open"]] if _dated(base) else claims[:0]
        out = out.drop(columns="manager_id").rename(columns={"opened": "opened_date", "days": "age_days", "late": "is_late"})
        return _named(out, base, [c.name for c in self.columns["open"]]).sort_values(["opened_date", "claim_id"], kind="stable").reset_index(drop=True)

    # -------------------------------------------------------------- words
    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        late, left = tables["open"][tables["open"]["is_late"]], _left(tables)
        return ([self._overdue(late, base)] if len(late) else []) + ([self._gone(left, tables, base)] if len(left) else [])

    def _overdue(self, late: pd.DataFrame, base: Base) -> Finding:
        by = late.groupby("client_id")["amount"].sum(min_count=1)
        clients = tuple((c, round(float(m), 2)) for c, m in by.items() if m > 0)
        text = n_("{n} рекламация открыта дольше {d} дн.", "{n} рекламаций открыты дольше {d} дн.", len(late), d=number(self.target_days))
        detail = _("Первые: {list}. Самой старой {a} дн.").format(list=listed(list(late.drop_duplicates("client_id")["client_name"])), a=number(late["age_days"].max()))
        return Finding("claims_work.overdue", FindingLevel.RISK, text, detail, action=_("Закрыть просроченные рекламации: каждой назвать ответственного и дату, клиенту — срок"),
                       who=owner(base, _("руководитель отдела продаж"), 7), fact=float(len(late)), baseline=float(self.target_days), money=round(sum(m for _c, m in clients), 2) if clients else None,
                       basis=_("сумма этих рекламаций") if clients else "", clients=clients, values={"n": len(late)})

    def _gone(self, left: pd.DataFrame, tables: Tables, base: Base) -> Finding:
        """Their money is context: a client who sleeps or is lost is booked in the reactivation (METHODS 1.23)."""
        x = float(left["s12_amount"].sum())
        clients = tuple((c, round(float(m), 2)) for c, m in zip(left["client_id"], left["s12_amount"]) if m > 0)
        text = n_("{n} клиент ушёл после рекламации: приносил {x} в год", "{n} клиентов ушли после рекламации: приносили {x} в год", len(left), x=money(x, base.facts.currency))
        return Finding("claims_work.left", FindingLevel.WATCH, text, (_("{list}.").format(list=listed(list(left["client_name"]))) + " " + self._against(tables, base)).strip(),
                       action=_("Позвонить ушедшим после рекламации: извиниться, узнать, что осталось неисправленным, предложить исправить"), who=owner(base, _("руководитель отдела продаж")),
                       fact=float(len(left)), money=round(sum(m for _c, m in clients), 2), basis=_("приносили за 12 месяцев до паузы"), clients=clients, values={"n": len(left), "amount": x})

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        main = tables["main"]
        if main.empty:
            return [page.section(_("Рекламаций за период нет"), id="claims_work", kicker=kicker(self),
                                 lead=_("Если клиенты всё же жалуются, их жалобы не записывают: заведите журнал рекламаций."))]
        total = main.iloc[0]
        blocks = [page.section(_headline(total), id="claims_work", kicker=kicker(self), lead=self._lead(total, tables, base) or None)]
        beside = [_figure(main), _manager_table(main, base)]
        blocks += [page.cols((88, 88), beside)] if all(beside) else [b for part in beside for b in part]
        blocks += _open_table(tables["open"], base)
        blocks += [page.action([(f.action, f.who) for f in findings])] if findings else []
        return blocks + [page.note(self._note(total, tables, base))]

    def _lead(self, total: pd.Series, tables: Tables, base: Base) -> str:
        said = []
        if not missing(total["median_days"]):
            said.append(_("Половина закрыта за {d} дн. при сроке {t}.").format(d=number(total["median_days"]), t=number(self.target_days)))
        if not missing(total["n_open"]):
            said.append(n_("Открыта сейчас {n}, дольше срока {k}.", "Открыто сейчас {n}, дольше срока {k}.", len(tables["open"]), k=number(tables["open"]["is_late"].sum())))
        left = _left(tables)
        if len(left):
            said.append(_("Ушли после рекламации: {list}, {x} в год.").format(list=listed(list(left["client_name"])), x=money(left["s12_amount"].sum(), base.facts.currency)))
        return " ".join([*said, self._against(tables, base)]).strip()

    def _against(self, tables: Tables, base: Base) -> str:
        """Who left after a claim against who left without one; a difference is named only where its interval leaves zero out and both groups are large enough."""
        by = tables["after"].set_index("group")
        if len(by) < 2 or not by.loc["claims", "n_clients"]:
            return ""
        (k1, n1), (k2, n2) = ((int(by.loc[g, "n_left"]), int(by.loc[g, "n_clients"])) for g in ("claims", "no_claims"))
        low, high = newcombe(k1, n1, k2, n2)
        small = min(n1, n2) < base.parameters.min_denominator
        seen = _("для вывода мало") if small else _("чаще") if low > 0 else _("реже") if high < 0 else _("различие не видно")
        return _("Через {d} дн. после закрытия ушли {k} из {n} клиентов с рекламацией, без рекламаций за то же время — {k2} из {n2}: {seen}.").format(
            d=number(self.after_days), k=number(k1), n=number(n1), k2=number(k2), n2=number(n2), seen=seen)

    def _note(self, total: pd.Series, tables: Tables, base: Base) -> str:
        said = [_("Срок {t} дн. — норма kbreport. Открытые моложе срока не считаются ни успехом, ни неудачей.").format(t=number(self.target_days))]
        if not _dated(base):
            said = [_("В таблице claims нет дат закрытия (closed_at): ни срока, ни открытых рекламаций не узнать.")]
        said.append(_("Повторная — такая же рекламация того же клиента в течение {d} дн.").format(d=number(self.repeat_days)))
        first = base.facts.others["claims"]["opened_at"].min() if len(base.facts.others["claims"]) else pd.NaT
        if pd.notna(first) and (pd.Timestamp(base.period.start) - first).days < self.repeat_days:
            said.append(_("Рекламации записаны с {date}: повторы в начале периода видны не все.").format(date=day(first)))
        return " ".join(said)


# ------------------------------------------------------------------ numbers
def _dated(base: Base) -> bool:
    """False where no claim has a closing date: nobody writes them down, so nothing is known of open ones either."""
    table = base.company_facts.others["claims"]
    return "closed_at" in table and bool(table["closed_at"].notna().any())


def _named(rows: pd.DataFrame, base: Base, names: list[str]) -> pd.DataFrame:
    out = rows.merge(base.card(), on="client_id", how="left")
    out["client_name"] = out["client_name"].fillna(out["client_id"])
    return out[names]


def _with_shares(groups: pd.DataFrame) -> pd.DataFrame:
    limits = [wilson(k, n) for k, n in zip(groups["n_left"], groups["n_clients"])]
    share = groups["n_left"].astype("float64") / groups["n_clients"].astype("float64").where(groups["n_clients"] > 0)
    return groups.assign(left_share=share, ci_low=[a for a, _b in limits], ci_high=[b for _a, b in limits]).astype({"n_clients": "Int64", "n_left": "Int64"})


def _left(tables: Tables) -> pd.DataFrame:
    mine = tables["clients"][tables["clients"]["state_after"].isin(_claims.LEFT)]
    return mine.sort_values(["s12_amount", "client_id"], ascending=[False, True], kind="stable")


# ------------------------------------------------------------------ words
def _headline(total: pd.Series) -> str:
    if missing(total["n_open"]):
        return n_("За период {n} рекламация; когда закрыта, не записано", "За период {n} рекламаций; когда закрыты, не записано", int(total["n_claims"]))
    if not total["n_decided"]:
        return n_("За период {n} рекламация, срок ещё не вышел", "За период {n} рекламаций, срок ещё не вышел", int(total["n_claims"]))
    return n_("В срок закрыта {n} из {m} рекламаций; повторных {r}", "В срок закрыто {n} из {m} рекламаций; повторных {r}", int(total["n_within"]), m=number(total["n_decided"]), r=number(total["n_repeat"]))


def _in_time(r) -> str:
    return "—" if missing(r.n_decided) or not r.n_decided else _("{k} из {n}").format(k=number(r.n_within), n=number(r.n_decided))


def _figure(main: pd.DataFrame) -> list[dict]:
    types = main[main["scope"] == "type"].head(8)
    if len(types) < 2:
        return []
    labels = [f"{number(r.n_claims)}" + ("" if missing(r.n_decided) or not r.n_decided else _(" · в срок {k} из {n}").format(k=number(r.n_within), n=number(r.n_decided))) for r in types.itertuples()]
    wide, phone = charts.both(lambda w: charts.bars(types["key"].tolist(), types["n_claims"].astype("float64").tolist(), labels=labels, w=w), "claims-types", w=88)
    return [page.fig("claims-types", wide, phone=phone, w=88, headline=_("На что жалуются чаще"), subtitle=_("Рекламаций за период по типам"), alt=_("Полосы: число рекламаций по типам"))]


def _manager_table(main: pd.DataFrame, base: Base) -> list[dict]:
    by = main[main["scope"] == "manager_id"]
    if base.manager or len(by) < 2:
        return []
    rows = [[base.manager_name(r.key), number(r.n_claims), "—" if missing(r.n_open) or not r.n_open else number(r.n_open), _in_time(r)] for r in by.itertuples()]
    return [page.table([page.col(_("Менеджер"), cls="h"), page.col(_("Всего"), num=True, w=14), page.col(_("Открыто"), num=True, w=16), page.col(_("В срок"), num=True, w=20)], rows,
                       title=_("По менеджерам клиентов"), sheet="claims_work", dense=True)]


def _open_table(rows_of: pd.DataFrame, base: Base) -> list[dict]:
    if rows_of.empty:
        return []
    top = rows_of.head(SHOWN)
    scale = scale_of(top["amount"].dropna(), base.facts.currency)
    rows = [[page.cell(r.client_name, sub=None if pd.isna(r.manager_id) else base.manager_name(r.manager_id)), str(r.claim_id), "—" if missing(r.type) else str(r.type), day(r.opened_date),
             page.cell(number(r.age_days), tone="bad" if r.is_late else None), scale.text(r.amount)] for r in top.itertuples()]
    head = [page.col(_("Клиент"), cls="h"), page.col(_("Рекламация"), w=26), page.col(_("Тип"), w=34), page.col(_("Открыта"), w=22), page.col(_("Дней"), num=True, w=14), page.col(_("Сумма"), num=True, w=20)]
    note = n_("Показаны первые {k} из {n}; все — в книге.", "Показаны первые {k} из {n}; все — в книге.", len(rows_of), k=number(SHOWN)) if len(rows_of) > SHOWN else None
    return [page.table(head, rows, title=_("Ещё не закрыты"), unit=scale.unit or None, sheet="claims_work.open", dense=True, cards=True, note=note)]
