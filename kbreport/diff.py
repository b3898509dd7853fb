"""What moved between two runs, and why: read from what the runs have written, nothing is measured again.

A run is the folder of an audit, of a manager's report, of a batch (then the whole department), or its run.json. Sales are
decomposed by clients, frequency, check and mix (`month.moved`), the five clients that explain most are named. Differences in
what was asked (settings, versions, inputs) are said, because they move figures, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from kbreport import words
from kbreport.errors import InputMissing, InputUnreadable, UsageProblem
from kbreport.facts.period import parse_period
from kbreport.month.moved import Moved, because, moved, who
from kbreport.words import N_, _, listed, money, n_, number, percent, signed

ORDER = {k: i for i, k in enumerate(("N", "D", "CD?", "C", "AB?", "B", "A", "A+"))}
KINDS = {"audit": N_("аудит"), "report": N_("отчёт менеджера"), "batch": N_("отчёты отдела")}


@dataclass(frozen=True)
class Told:
    """One run as it lies on disk: its record, one row per client (client_id, client_name, amount, orders, class), total sales."""

    place: Path
    record: dict
    clients: pd.DataFrame
    total: float

    @property
    def start(self) -> date:
        return date.fromisoformat(self.record["period"]["start"])

    @property
    def last(self) -> date:
        return date.fromisoformat(self.record["period"]["end"])

    @property
    def months(self) -> int:
        return (self.last.year - self.start.year) * 12 + self.last.month - self.start.month + 1

    @property
    def days(self) -> int:
        return (self.last - self.start).days + 1

    @property
    def over(self) -> bool:
        """False where the reporting date has cut the period that was asked for: the folder's name still says all of it."""
        slug = self.record["period"]["slug"]
        return slug == "all" or ".." in slug and len(slug) > len("2024-07..2025-06") or self.last >= parse_period(slug).last

    @property
    def said(self) -> str:
        from kbreport.month.said import span

        return span(self.start, self.months) if self.months in (1, 3) and self.over else f"{words.day(self.start)}–{words.day(self.last)}"


@dataclass(frozen=True)
class Diff:
    """`sentences` for people, `record` for machines."""

    before: Told
    now: Told
    moved: Moved
    sentences: list[str] = field(default_factory=list)

    @property
    def record(self) -> dict[str, Any]:
        top = [{"client_id": r["client_id"], "client_name": r["client_name"], "before": round(r["amount_prev"], 2), "now": round(r["amount"], 2), "delta": round(r["delta"], 2)} for r in self.moved.top.to_dict("records")]
        runs = {name: {"place": str(t.place), "period": t.record["period"]["slug"], "sales": round(t.total, 2)} for name, t in (("before", self.before), ("now", self.now))}
        return runs | {"change": self.moved.change, "steps": self.moved.steps, "top_clients": top, "top_share": None if words.missing(self.moved.top_share) else round(self.moved.top_share, 6), "sentences": self.sentences}


def diff(first: str | Path, second: str | Path) -> Diff:
    """Compare two runs; the earlier period stands first whatever the order they are named in, of one period the run named first."""
    a, b = sorted((read(first), read(second)), key=lambda t: t.start)
    _comparable(a, b)
    columns = ["client_id", "client_name", "amount", "orders", "class"]
    both = a.clients[columns].merge(b.clients[columns], on="client_id", how="outer", suffixes=("_prev", ""))
    both["client_name"] = both["client_name"].where(both["client_name"].notna(), both["client_name_prev"])
    found = moved(both, (a.total - float(a.clients["amount"].sum()), b.total - float(b.clients["amount"].sum())))
    return Diff(a, b, found, _sentences(a, b, both, found))


# ------------------------------------------------------------------ reading
def read(place: str | Path) -> Told:
    """A run from its folder or its run.json. InputMissing where there is none, InputUnreadable where it holds no tables."""
    path = Path(place)
    if path.is_file():
        path = path.parent
    if (path / "managers" / "run.json").is_file() and not (path / "audit.xlsx").exists():
        path = path / "managers"
    if not (path / "run.json").is_file():
        raise InputMissing(N_("В {path} нет run.json: это не папка отчёта."), remedy=N_("Назовите папку аудита, отчёта менеджера или месяца."), path=str(place))
    try:
        record = json.loads((path / "run.json").read_text(encoding="utf-8"))
        return {"audit": _audit, "report": _report, "batch": _batch}[record["kind"]](path, record)
    except (ValueError, KeyError, FileNotFoundError) as bad:
        raise InputUnreadable(N_("Отчёт в {path} не прочитать: {what}."), remedy=N_("Сделайте его заново: --force."), path=str(path), what=getattr(bad, "filename", None) or str(bad)) from bad


def _csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"client_id": "str", "client_name": "str", "manager_id": "str", "class": "str"}, keep_default_na=False, na_values=[""])


def _audit(path: Path, record: dict) -> Told:
    """Classes and sales from abc, orders from frequency; clients without positive sales stand in abc.excluded."""
    clients = _csv(path / "tables" / "abc.csv")[["client_id", "client_name", "amount", "class"]]
    orders = _csv(path / "tables" / "frequency.csv").set_index("client_id")["orders"] if (path / "tables" / "frequency.csv").exists() else pd.Series(dtype="float64")
    return Told(path, record, clients.assign(orders=clients["client_id"].map(orders).astype("float64")), float(record["rows"]["used"]["amount"]))


def _report(path: Path, record: dict) -> Told:
    clients = _csv(path / "tables" / "manager_month.clients.csv")
    main = _csv(path / "tables" / "manager_month.csv").set_index("row")
    return Told(path, record, clients[["client_id", "client_name", "class"]].assign(amount=clients["sold_amount"], orders=clients["sold_orders"]), float(main.at["net_sales", "value"]))


def _batch(path: Path, record: dict) -> Told:
    """All reports of the department that are there; what they do not hold is a rest."""
    parts = [_report(path / r["folder"], record).clients for r in record["reports"] if r["status"] in ("ok", "skipped")]
    clients = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["client_id", "client_name", "class", "amount", "orders"])
    return Told(path.parent, record, clients, float(record["sales"]["managers"] + record["sales"]["nobody"]))


def _comparable(a: Told, b: Told) -> None:
    same = {"kind": N_("это отчёты разного рода: {a} и {b}"), "slug": N_("это отчёты разных компаний: {a} и {b}"), "manager": N_("это отчёты разных менеджеров: {a} и {b}"), "currency": N_("суммы в разных валютах: {a} и {b}")}
    for name, why in same.items():
        x, y = a.record.get(name), b.record.get(name)
        if x != y:
            said = (_(KINDS.get(x, str(x))), _(KINDS.get(y, str(y)))) if name == "kind" else (x or _("нет"), y or _("нет"))
            raise UsageProblem(N_("Сравнить нельзя: {why}."), why=_(why).format(a=said[0], b=said[1]))
    if a.months != b.months:
        raise UsageProblem(N_("Сравнить нельзя: {why}."), why=_("периоды разной длины: {a} и {b}").format(a=a.said, b=b.said))
    _equally_complete(a, b)


def _equally_complete(a: Told, b: Told) -> None:
    """Half a month against a whole one, or one period seen on two days, would show a fall that nobody has had."""
    dates = [words.day(date.fromisoformat(t.record["as_of"]["date"])) for t in (a, b)]
    if not (a.over and b.over) and a.days != b.days:
        cut = b if not b.over else a
        why = _("период {period} ещё не закончился: данные одного отчёта на {a}, другого на {b}")
        remedy = N_("Сделайте оба отчёта за закончившиеся периоды или за равное число дней: --as-of.")
        raise UsageProblem(N_("Сравнить нельзя: {why}."), remedy=remedy, why=why.format(period=cut.record["period"]["slug"], a=dates[0], b=dates[1]))
    if a.start == b.start and dates[0] != dates[1]:
        raise UsageProblem(N_("Сравнить нельзя: {why}."), remedy=N_("Сделайте оба отчёта с одной отчётной датой: --as-of."),
                           why=_("это один период с разными отчётными датами: {a} и {b}").format(a=dates[0], b=dates[1]))


# ------------------------------------------------------------------ sentences
def _sentences(a: Told, b: Told, both: pd.DataFrame, found: Moved) -> list[str]:
    currency = b.record.get("currency")
    share = f" ({signed(percent(found.now / found.before - 1, 1))})" if found.before > 0 else ""
    change = _("{before} — {x}, {now} — {y}: продажи не изменились.") if not found.change else _("{before} — {x}, {now} — {y}: продажи выросли на {d}{share}.") if found.change > 0 else _("{before} — {x}, {now} — {y}: продажи упали на {d}{share}.")
    out = [change.format(before=_first_up(a.said), x=money(found.before, currency), now=b.said, y=money(found.now, currency), d=money(abs(found.change), currency), share=share)]
    if a.start == b.start and not found.change and not _asked(a, b):
        return [*out, _("Отчёты одинаковые.")]
    if a.start == b.start:  # one period made twice: the sentence above cannot tell which of the two is meant
        out.append(_("Период один: сначала {a}, потом {b}.").format(a=words.plain(a.place), b=words.plain(b.place)))
    out += [because(found, currency), who(found, currency), _buyers(both), _crossed(both), *_asked(a, b)]
    return [text for text in out if text]


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _buyers(both: pd.DataFrame) -> str:
    """Who bought now and not before, and the other way round, with the largest named."""
    was, now = both["amount_prev"].fillna(0) > 0, both["amount"].fillna(0) > 0
    came, gone = both[now & ~was].sort_values(["amount", "client_id"], ascending=[False, True]), both[was & ~now].sort_values(["amount_prev", "client_id"], ascending=[False, True])
    out = [_("Покупателей {n}, было {k}.").format(n=number(now.sum()), k=number(was.sum()))]
    out += [_("Купили те, кто в прошлый раз не покупал: {list}.").format(list=listed(came["client_name"]))] if len(came) else []
    return " ".join(out + ([_("Не купили: {list}.").format(list=listed(gone["client_name"]))] if len(gone) else []))


def _crossed(both: pd.DataFrame) -> str:
    """Clients whose class is higher or lower than before."""
    place, was = both["class"].map(ORDER), both["class_prev"].map(ORDER)
    up, down = both[place > was], both[place < was]
    if up.empty and down.empty:
        return ""
    size = lambda frame: frame.assign(_s=frame[["amount", "amount_prev"]].max(axis=1)).sort_values(["_s", "client_id"], ascending=[False, True])["client_name"]  # noqa: E731
    parts = [n_("класс выше у {n} клиента ({list})", "класс выше у {n} клиентов ({list})", len(up), list=listed(size(up)))] if len(up) else []
    parts += [n_("ниже у {n} клиента ({list})", "ниже у {n} клиентов ({list})", len(down), list=listed(size(down)))] if len(down) else []
    return _first_up(", ".join(parts)) + "."


def _asked(a: Told, b: Told) -> list[str]:
    """Settings, program and files that differ: they move figures without any client moving."""
    out = []
    x, y = ({k: v["value"] for k, v in t.record.get("settings", {}).items()} for t in (a, b))
    changed = sorted(k for k in {*x, *y} if x.get(k) != y.get(k))
    if changed:
        out.append(_("Настройки разные: {list}.").format(list=", ".join(f"{k} {x.get(k, '—')} → {y.get(k, '—')}" for k in changed)))
    if a.record["versions"].get("kbreport") != b.record["versions"].get("kbreport"):
        out.append(_("Отчёты сделаны разными версиями kbreport: {a} и {b}.").format(a=a.record["versions"].get("kbreport"), b=b.record["versions"].get("kbreport")))
    if a.record.get("vat") != b.record.get("vat"):
        out.append(_("НДС учтён по-разному."))
    sums = [{s["file"]: s["sha256"] for s in t.record.get("inputs", [])} for t in (a, b)]
    files = sorted(name for name in {*sums[0], *sums[1]} if sums[0].get(name) != sums[1].get(name))
    if files:
        out.append(_("Файлы данных с тех пор изменились: {list}.").format(list=listed(files, 5)))
    return out
