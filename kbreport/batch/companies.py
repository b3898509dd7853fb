"""`index.html` over companies: every audit of `batch --by company` with its status, links and headline, and where to begin in each.

Read from what the audits have written (run.json, findings.json, the headline of their first page), never measured again; a company
that could not be audited stands there with its reason. No clock in it: the same audits give the same page.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from kbreport import __version__, page, report, words
from kbreport.batch.index import STATE
from kbreport.errors import KbreportError, PlaceProblem
from kbreport.words import N_, NB, _, money, n_, number, plain

if TYPE_CHECKING:
    from kbreport.batch import Options, Outcome

FORMATS = {"HTML": "audit.html", "PDF": "audit.pdf", "Excel": "audit.xlsx"}
ALARMS = ("risk", "watch")


@dataclass(frozen=True)
class Audited:
    """One company of the batch. `status` as in the index of managers; `folder` None: nothing was made."""

    name: str
    status: str
    folder: Path | None = None
    record: dict = field(default_factory=dict)
    findings: list[dict] = field(default_factory=list)
    headline: str = ""
    why: str = ""

    @property
    def ready(self) -> bool:
        return self.status in ("ok", "skipped")

    @property
    def sales(self) -> float | None:
        return self.record.get("rows", {}).get("used", {}).get("amount") if self.ready else None

    @property
    def alarms(self) -> list[dict]:
        return [f for f in self.findings if f["level"] in ALARMS]


# ------------------------------------------------------------------ where it lies, what it reads
def place_of(places: "list[str | Path]", opts: "Options") -> Path:
    """<output-dir>/index.html; without --output-dir in `reports` beside the data, of several companies in the folder that holds them all."""
    if opts.output_dir:
        return Path(opts.output_dir).resolve() / "index.html"
    try:
        return Path(os.path.commonpath([_folder(place) for place in places])) / "reports" / "index.html"
    except ValueError as apart:  # several drives hold nothing in common
        raise PlaceProblem(N_("Указатель index.html положить некуда: компании лежат на разных дисках."), remedy=N_("Укажите место: --output-dir ПАПКА.")) from apart


def _folder(place: "str | Path") -> Path:
    from kbreport.company import open_company

    try:
        return open_company(place).folder
    except KbreportError:
        path = Path(place).resolve()
        return path if path.is_dir() else path.parent


def audited(place: str, outcome: "Outcome | KbreportError") -> Audited:
    """What the page says of one company."""
    if isinstance(outcome, KbreportError):
        return Audited(Path(place).resolve().name, "failed", why=str(outcome))
    record = _json(outcome.folder / "run.json") or {}  # as written: a fresh audit and a skipped one say the same
    status = outcome.status if record else "absent"
    name, why = record.get("company") or Path(place).resolve().name, record.get("error") or "" if status == "failed" else ""
    if status not in ("ok", "skipped"):
        return Audited(name, status, outcome.folder, record, why=why)
    return Audited(name, status, outcome.folder, record, _json(outcome.folder / "findings.json") or [], _headline(outcome.folder))


def _json(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _headline(folder: Path) -> str:
    """The conclusion on the first page of the audit, from its notebook; nothing where there is none."""
    book = _json(folder / "notebooks" / "audit.ipynb") or {}
    shown = (out.get("data", {}).get("application/vnd.kbreport.result+json") for cell in book.get("cells", ()) for out in cell.get("outputs", ()))
    blocks = (block for data in shown if data and data.get("method") == "overview" for block in data.get("blocks", ()))
    return next((block["title"] for block in blocks if block["k"] == "section"), "")


# ------------------------------------------------------------------ the page
def write(found: list[Audited], path: Path, lang: str | None) -> Path:
    """The page, written whole, in the language asked for, else in that of the audits."""
    said = {one.record["lang"] for one in found if one.record.get("lang")}
    with words.speaking(lang or (said.pop() if len(said) == 1 else words.language())):
        vats = {one.record.get("vat") or "unknown" for one in found if one.ready}
        meta = {"title": _("Аудиты компаний"), "vat": vats.pop() if len(vats) == 1 else _("НДС учтён по-разному"), "currency": _currencies(found), "lang": words.language(), "maker": "kbreport", "version": __version__}
        return report.write_format(report.document_from_blocks(blocks(found, path.parent), meta), path, "html")[0]


def blocks(found: list[Audited], home: Path) -> list[dict]:
    head = page.masthead(_("Аудит клиентской базы"), _title(found), right=n_("{n} компания", "{n} компаний", len(found)))
    return [b for b in (head, *_failed(found), page.kpis(_tiles(found)), _table(found, home), _first(found)) if b]


def _title(found: list[Audited]) -> str:
    """The sum of the companies where it can be made, then how many audits there are; one that failed comes first."""
    ready = _("готово аудитов: {k} из {n}").format(k=number(sum(one.ready for one in found)), n=number(len(found)))
    total = _total(found)
    sales = [_("продажи {x}").format(x=money(total, _currency(found) or None))] if total is not None else []
    text = "; ".join([ready, *sales] if any(one.status == "failed" for one in found) else [*sales, ready])
    return text[:1].upper() + text[1:]


def _currency(found: list[Audited]) -> str | None | bool:
    """The one currency of all audits; False where they have several, or where what several do not state may differ."""
    said = [one.record.get("currency") for one in found if one.ready]
    return said[0] if len(set(said)) == 1 and (said[0] or len(said) == 1) else False


def _currencies(found: list[Audited]) -> str | None:
    """For the foot of the page; None where no audit states one."""
    return ", ".join(sorted({one.record["currency"] for one in found if one.ready and one.record.get("currency")})) or None


def _total(found: list[Audited]) -> float | None:
    sales = [one.sales for one in found if one.sales is not None]
    return sum(sales) if sales and _currency(found) is not False else None


def _failed(found: list[Audited]) -> list[dict]:
    bad = [one for one in found if one.status == "failed"]
    if not bad:
        return []
    text = " ".join(f"**{plain(one.name)}**: {plain(one.why)}" for one in bad[:5])
    return [page.verdict("bad", n_("{n} аудит не сделан.", "{n} аудитов не сделано.", len(bad)), text)]


def _tiles(found: list[Audited]) -> list[dict]:
    ready, total = sum(one.ready for one in found), _total(found)
    tiles = [page.kpi(_("Аудиты"), number(ready), unit=_("из {n}").format(n=number(len(found))), delta=_("готовы") if ready == len(found) else _("не все готовы"), tone="good" if ready == len(found) else "bad")]
    if total is not None:
        from kbreport.month.said import figure

        tiles.append(page.kpi(_("Продажи"), **figure(total, _currency(found) or None, 1), delta=_("за периоды аудитов")))
    return [*tiles, page.kpi(_("Тревожных находок"), number(sum(len(one.alarms) for one in found)), delta=_("риск и внимание"))]


def _table(found: list[Audited], home: Path) -> dict:
    head = [page.col(_("Компания"), cls="h"), page.col(_("Аудит")), page.col(_("Период")), page.col(_("Продажи"), num=True), page.col(_("Тревожных находок"), num=True), page.col(_("Открыть"))]
    return page.table(head, [_row(one, home) for one in found], title=_("Компании"), cards=True, id="reports")


def _row(one: Audited, home: Path) -> list:
    _key, word, tone = STATE[one.status]
    links = _links(one, home)
    name = page.cell(one.name, sub=one.headline or one.why[:300] or None, href=dict(links).get("HTML"))
    sales = page.cell(money(one.sales, one.record.get("currency")), v=round(one.sales, 2)) if one.sales is not None else ""
    alarms = number(len(one.alarms)) if one.ready else ""
    return [name, page.cell(_(word).replace(" ", NB, 1), tone=tone), _period(one), sales, alarms, page.cell(links=links) if links else ""]


def _period(one: Audited) -> str:
    period = one.record.get("period")
    return f"{words.day(_date(period['start']))}–{words.day(_date(period['end']))}" if period else ""


def _date(text: str):
    from datetime import date

    return date.fromisoformat(text)


def _links(one: Audited, home: Path) -> list[tuple[str, str]]:
    """The files that are there; of a failed audit its marked notebooks."""
    if one.folder is None:
        return []
    there = [(text, one.folder / name) for text, name in FORMATS.items() if name in one.record.get("outputs", ()) and (one.folder / name).exists()]
    if one.status == "failed":
        there += [(_("тетрадь с ошибкой"), path) for path in sorted((one.folder / "notebooks").glob("*.failed.ipynb"))]
    return [(text, _address(path, home)) for text, path in there]


def _address(path: Path, home: Path) -> str:
    try:
        return quote(Path(os.path.relpath(path, home)).as_posix())
    except ValueError:  # another drive
        return path.as_uri()


def _first(found: list[Audited]) -> dict | None:
    """Where to begin: the dearest alarm of each company, in the order the companies were named: their currencies may differ."""
    top = [(one, next((f for f in one.alarms if f["money"] and not f["assumption"]), None)) for one in found]
    rows = [[page.cell(one.name), f["text"].replace("**", ""), page.cell(money(f["money"], one.record.get("currency")), v=f["money"])] for one, f in top if f]
    if not rows:
        return None
    return page.table([page.col(_("Компания"), cls="h"), page.col(_("Что найдено")), page.col(_("Деньги"), num=True)], rows, title=_("С чего начать"), cards=True, id="first")
