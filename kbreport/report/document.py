"""What both page writers draw: meta, parts (a headline and its blocks), sheets of the workbook.

A document comes from an executed notebook: markdown cells are prose, each result gives its own blocks, in order of the
cells. Texts are typeset here once (`typeset`), tables are capped, links to the workbook get their sheet's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from kbreport import page, words
from kbreport.report import compose, front, markdown, results, sheets, typeset
from kbreport.report.brand import Brand
from kbreport.words import _, n_

MOST_ROWS = 50  # of a page table; the workbook has them all


@dataclass(frozen=True)
class Meta:
    """From the notebook's metadata key `kbreport`. `currency` None and `vat` unknown are said, not guessed.

    `vat` is included, excluded or unknown, or the sentence itself.
    """

    title: str = ""
    company: str = ""
    period: str = ""
    as_of: date | None = None
    vat: str = "unknown"
    currency: str | None = None
    lang: str = "ru"
    kicker: str = ""
    maker: str = ""
    version: str = ""
    confidential: bool = True
    brand: Brand = field(default_factory=Brand)
    ledger: tuple[dict, ...] = ()

    @staticmethod
    def of(raw: dict[str, Any]) -> Meta:
        known = {k: raw[k] for k in ("title", "company", "period", "vat", "currency", "lang", "kicker", "maker", "version", "confidential") if raw.get(k) is not None}
        as_of = raw.get("as_of")
        return Meta(**known, as_of=date.fromisoformat(str(as_of)[:10]) if as_of else None, brand=Brand.of(raw.get("brand") or {}),
                    ledger=tuple(raw.get("ledger") or ()))

    @property
    def money_words(self) -> str:
        """«суммы без НДС», «НДС: не указано»; and «валюта не указана» where it is unknown."""
        vat = {"excluded": _("суммы без НДС"), "included": _("суммы с НДС")}.get(self.vat) or (self.vat if self.vat not in ("", "unknown") else _("НДС: не указано"))
        return vat if self.currency else f"{vat} · {_('валюта не указана')}"

    @property
    def foot(self) -> str:
        parts = [_("Данные на {day}").format(day=words.day(self.as_of)) if self.as_of else "", self.money_words, self.brand.footer,
                 _("конфиденциально") if self.confidential else ""]
        return " · ".join(p for p in parts if p)

    @property
    def head(self) -> str:
        return " · ".join(p for p in (self.title, self.company) if p)


@dataclass(frozen=True)
class Part:
    """One headline with its blocks; the first part of a document may have no headline (cover, masthead)."""

    id: str
    title: str
    kicker: str
    blocks: list[dict]
    group: str = ""  # heading of the contents it stands under
    method: str = ""  # whose result it shows


@dataclass(frozen=True)
class Document:
    meta: Meta
    parts: list[Part]
    records: list[results.ResultRecord]
    sheets: list[sheets.Sheet]
    workbook: str | None = None  # file name the pages link to

    @property
    def one_page(self) -> bool:
        """A manager's month or a client's sheet: a masthead instead of cover and contents."""
        return any(b["k"] == "masthead" for part in self.parts[:1] for b in part.blocks)


def from_notebook(node, folder: Path | None = None, *, workbook: str | None = None) -> Document:
    """The document of an executed notebook node; `folder` holds its side files, `workbook` is the file name of the workbook.

    Speaks the notebook's language only for what is called inside: wrap in `words.speaking(meta.lang)`.
    """
    meta = Meta.of(dict(node.metadata.get("kbreport") or {}))
    records = results.read(node, folder)
    title = meta.title or next((text for level, text in _headings(node) if level == 1), "") or _("Отчёт")
    meta = replace(meta, title=title)
    from kbreport.report import lesson

    taught = lesson.is_lesson(node)
    meta = lesson.meta_of(meta, records) if taught else meta
    plan = sheets.of(records, compose.plan_of(), meta.ledger)
    raw = [p for p in (lesson.parts_of(node, meta, records) if taught else _gathered(_parts(list(_stream(node)), records), records)) if p.blocks or p.title]
    parts = [_typeset(part, meta.lang, plan, workbook) for part in (raw if taught else front.with_front(raw, meta, records))]
    return Document(meta, parts, records, plan, workbook)


def from_blocks(blocks: list[dict], raw: dict[str, Any], *, workbook: str | None = None) -> Document:
    """A document of ready blocks (a tear sheet, an index); parts begin at `section` blocks."""
    meta = Meta.of(raw)
    record = results.of({"method": "page", "title": meta.title, "blocks": blocks, "tables": {}})
    parts = [Part("", "", "", [])]
    _append(parts, record, [], "")
    ready = [_typeset(p, meta.lang, [], workbook) for p in front.with_front([p for p in parts if p.blocks], meta, [])]
    return Document(meta, ready, [], [], workbook)


def _headings(node) -> Iterator[tuple[int, str]]:
    for cell in node.cells:
        if cell.cell_type == "markdown":
            found = markdown.heading(cell.source)
            if found:
                yield found


# ------------------------------------------------------------------ cells → blocks
def _stream(node) -> Iterator[dict]:
    """Blocks in reading order: prose nodes, results' blocks, other outputs."""
    for cell in node.cells:
        if "report-skip" in cell.metadata.get("tags", ()):
            continue
        if cell.cell_type == "markdown":
            yield {"k": "prose", "nodes": markdown.nodes(cell.source), "source": cell.source}
        elif cell.cell_type == "code":
            for output in cell.get("outputs", ()):
                yield from ({"group": cell.metadata.get("kbreport_group", ""), **block} for block in _output(output))


def _output(output) -> Iterator[dict]:
    data = output.get("data", {})
    if results.MIME in data:
        yield {"k": "result", "result": data[results.MIME]}
    elif output.output_type == "error":
        yield page.problem(_("Ячейка не выполнена"), f"{output.ename}: {words.plain(output.evalue)}")
    elif "image/svg+xml" in data:
        text = data["image/svg+xml"]
        yield page.fig("", "".join(text), headline="", subtitle="", alt="".join(data.get("text/plain", "")))
    elif output.output_type == "execute_result" and "text/plain" in data:
        yield {"k": "prose", "nodes": [{"n": "code", "t": "".join(data["text/plain"])}]}


def _parts(stream: list[dict], records: Iterable[results.ResultRecord]) -> list[Part]:
    """Parts begin at `section` blocks and at markdown headings of level 2; the prose before a result goes to the end of its section."""
    by_method = {r.method: r for r in records}
    parts, pending, shown = [Part("", "", "", [])], [], set()
    for block in stream:
        if block["k"] == "prose":
            pending += _unfold(block["nodes"])
            continue
        group = block.pop("group")
        if block["k"] != "result":
            parts[-1].blocks.extend(_flush(parts, pending) + [block])
            continue
        record = by_method[block["result"]["method"]]
        if record.method in shown:
            continue
        shown.add(record.method)
        _append(parts, record, pending, group)
    parts[-1].blocks.extend(_flush(parts, pending))
    return parts


def _gathered(parts: list[Part], records: Iterable[results.ResultRecord]) -> list[Part]:
    """In an audit, sections with nothing to show become lines of «Не посчитано» on the data page: an owner does not turn pages for them."""
    home = next((p for p in parts if p.id == "data"), None)
    empty = {r.method: r for r in records if r.blocks and r.status == "insufficient" and page.hollow(r.blocks)}
    if home is None or not empty:
        return parts
    rows = [[" ".join(x for x in (r.section, r.title) if x), r.reason or next((b["title"] for b in r.blocks if b["k"] == "section"), "")] for r in empty.values()]
    table = next((b for b in home.blocks if b.get("id") == "not-measured"), None)
    if table is None:
        home.blocks.append(page.table([page.col(_("Замер"), w=70, cls="h"), page.col(_("Чего не хватает"))], rows, title=_("Не посчитано и что для этого нужно"), dense=True, id="not-measured"))
    else:
        home.blocks[home.blocks.index(table)] = table | {"rows": [*table["rows"], *rows]}
    return [p for p in parts if p.method not in empty]


def _unfold(nodes: list[dict]) -> list[dict]:
    """Headings of level 1 name the document, level 2 begins a part, deeper ones stay in the prose."""
    out: list[dict] = []
    for node in nodes:
        if node["n"] == "h" and node["level"] <= 2:
            if node["level"] == 2:
                out.append({"k": "heading", "text": markdown.plain(node["spans"])})
        elif out and out[-1]["k"] == "prose":
            out[-1]["nodes"].append(node)
        else:
            out.append({"k": "prose", "nodes": [node]})
    return out


def _flush(parts: list[Part], pending: list[dict]) -> list[dict]:
    """Prose that no result claims: its headings begin parts of their own."""
    for block in pending[:]:
        if block["k"] == "heading":
            anchor = _slug(block["text"], parts)
            parts.append(Part(anchor, block["text"], "", [page.section(block["text"]) | {"anchor": anchor}]))
        else:
            parts[-1].blocks.append(block)
    pending.clear()
    return []


def _append(parts: list[Part], record: results.ResultRecord, pending: list[dict], group: str) -> None:
    """A result under its own headline; without one, under the heading of the notebook or its title."""
    last = max((i for i, b in enumerate(pending) if b["k"] == "heading"), default=None)
    heading = pending[last]["text"] if last is not None else None
    prose = [b for b in (pending[last + 1:] if last is not None else pending) if b["k"] == "prose"]
    before = pending[:last] if last is not None else []
    _flush(parts, before)
    pending.clear()
    blocks = [b for b in record.blocks if b.get("k") != "fig" or b.get("svg")]
    if any(b["k"] in ("masthead", "cover") for b in blocks) and len(parts) == 1 and (not parts[0].blocks or any(b["k"] == "masthead" for b in parts[0].blocks)):
        parts[0].blocks.extend([b for b in blocks if b["k"] != "prose"])  # a page with a head of its own has no room for how it was made
        return
    if not any(b["k"] == "section" for b in blocks):
        kicker = " · ".join(x for x in (record.section, record.title) if x)
        blocks = [page.section(heading or record.title, id=record.method, kicker=kicker if heading else record.section)] + blocks
    start = len(parts)
    for block in blocks:
        if block["k"] == "section":
            anchor = _slug(block.get("id") or record.method, parts)
            parts.append(Part(anchor, block["title"], block.get("kicker") or "", [block | {"anchor": anchor}], group, record.method))
        else:
            parts[-1].blocks.append(block)
    parts[start].blocks.extend({**b, "aside": True} for b in prose)  # how it was computed: after the conclusion, not before


def _slug(text: str, parts: list[Part]) -> str:
    """An anchor of ASCII letters, unique in the document."""
    from slugify import slugify

    stem = slugify(text, max_length=40) or "part"
    taken = {p.id for p in parts}
    return next(s for s in (stem, *(f"{stem}-{i}" for i in range(2, len(parts) + 3))) if s not in taken)


# ------------------------------------------------------------------ blocks → ready to draw
def _typeset(part: Part, lang: str, plan: list[sheets.Sheet], workbook: str | None) -> Part:
    links = _links(part.blocks, plan)
    blocks = [_ready(block, lang, links, workbook) for block in part.blocks]
    return Part(part.id, typeset.marked(part.title, lang), typeset.marked(part.kicker, lang), [b for b in blocks if b], typeset.marked(part.group, lang))


def _links(blocks: list[dict], plan: list[sheets.Sheet]) -> dict[int, tuple[sheets.Sheet, sheets.Placed]]:
    """id of a table block → the place of its data that it names: each place once in a section, under the last table of it.

    A table that shows all its rows names its place only where the section would name none.
    """
    pairs = [(block, found) for block in _tables(blocks) if (found := sheets.find(plan, block.get("sheet")))]
    last = {id(found[1]): (block, found) for block, found in pairs}
    longer = {id(found[1]) for block, found in pairs if _longer(block, found)}
    named = [pair for key, pair in last.items() if key in longer] or list(last.values())[-1:]
    return {id(block): found for block, found in named}


def _longer(block: dict, found: tuple[sheets.Sheet, sheets.Placed]) -> bool:
    """The workbook has rows the page does not show."""
    return found[1].table.n_rows > min(len(block["rows"]), MOST_ROWS)


def _tables(blocks: list[dict]) -> Iterator[dict]:
    for block in blocks:
        if block["k"] == "cols":
            for side in block["parts"]:
                yield from _tables(side)
        elif block["k"] == "table":
            yield block


def _ready(block: dict, lang: str, links: dict, workbook: str | None) -> dict | None:
    kind = block.get("k")
    if kind not in page.KINDS:
        raise ValueError(f"unknown block {kind!r}")
    if kind == "fig" and not block.get("svg"):
        return None
    if kind == "prose" and "nodes" not in block:
        block = {"k": "prose", "nodes": markdown.nodes(block["text"])}
    if kind == "prose":
        return {"k": "prose", "nodes": _prose(block["nodes"], lang), "aside": bool(block.get("aside"))}
    if kind == "cols":
        parts = [[b for b in (_ready(b, lang, links, workbook) for b in part) if b] for part in block["parts"]]
        return {"k": "cols", "w": block["w"], "parts": parts} if any(parts) else None
    if kind == "table":
        block = _phone(_told(_capped(block, links.get(id(block)), workbook)))
    return typeset.texts(block, lang)


def _prose(value: Any, lang: str) -> Any:
    """Spans of markdown are plain text already."""
    if isinstance(value, dict):
        return {k: (typeset.clean(v) if value.get("c") or value.get("n") == "code" else typeset.plain(v, lang)) if k == "t" else _prose(v, lang) if k != "href" else v
                for k, v in value.items()}
    return [_prose(v, lang) for v in value] if isinstance(value, list) else value


def _capped(block: dict, found: tuple[sheets.Sheet, sheets.Placed] | None, workbook: str | None) -> dict:
    """At most 50 rows on a page, and where the data are."""
    rest = len(block["rows"]) - MOST_ROWS
    said = [n_("ещё {n} строка", "ещё {n} строк", rest)] if rest > 0 else []
    if found:
        said.append((_("весь список — {place}") if _longer(block, found) else _("данные — {place}")).format(place=sheets.place(*found)))
    return block | {"rows": block["rows"][:MOST_ROWS], "sheet": found[0].name if found else None, "more": "; ".join(said)[:1].upper() + "; ".join(said)[1:],
                    "book": workbook if found else None}


def _told(block: dict) -> dict:
    """Without the columns that say nothing in any row: no reader should study «н/д» eight times."""
    lines = [*block["rows"], *([block["total"]] if block.get("total") else [])]
    kept = [i for i, c in enumerate(block["cols"]) if i == 0 or c.get("pen") or not lines or any(_says(line[i]) for line in lines)]
    if len(kept) == len(block["cols"]) or len(kept) < 2:
        return block
    take = lambda line: [line[i] for i in kept]  # noqa: E731
    return block | {"cols": take(block["cols"]), "rows": [take(row) for row in block["rows"]]} | ({"total": take(block["total"])} if block.get("total") else {})


def _says(cell: Any) -> bool:
    more = isinstance(cell, dict) and any(cell.get(k) not in (None, "") for k in ("badge", "bar", "svg", "check", "sub", "links"))
    return more or _text(cell) not in ("", _("н/д"))


_LONG = 40  # characters of a cell that a phone cannot hold beside three others


def _phone(block: dict) -> dict:
    """Tables with long texts become cards on a phone, unless their author decided; the first shown column names the card."""
    cols = block["cols"]
    long = any(len(_text(c)) > _LONG for row in block["rows"] for c in row[1:])
    if "cards" in block or len(cols) < 3 or not long:
        return block
    named = any(c.get("cls") == "h" for c in cols)
    first = next((i for i, c in enumerate(cols) if c.get("cls") != "x"), 0)
    return block | {"cards": True, "cols": [c | {"cls": "h"} if i == first and not named else c for i, c in enumerate(cols)]}


def _text(cell: Any) -> str:
    return str(cell.get("t") or "") if isinstance(cell, dict) else str(cell or "")
