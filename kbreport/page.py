"""Blocks of a page as plain JSON: what methods say, and what the two writers (HTML, Typst) draw. See docs/page.md.

A block is a dict with the key `k` (its kind). Texts know only `**bold**` and line breaks; nothing else in them is markup, so a
client called `<script>` or `#eval("…")` stays a name. A name goes into a text through `words.quoted`, `words.listed` or
`plain`, which keep its own stars from toggling bold; cells of tables know no markup at all (use `strong=True`). Numbers in blocks are already words (`words` formats them); the raw
numbers travel in the tables of the result.

`fig` carries its picture as SVG text, drawn at final size; `phone` is the same chart drawn anew, 88 mm wide.
"""

from __future__ import annotations

from typing import Any, Sequence

from kbreport.words import plain  # noqa: F401  for names inside texts

Block = dict[str, Any]
KINDS = ("section", "verdict", "kpis", "findings", "fig", "table", "action", "facts", "note", "para", "prose", "h3", "masthead",
         "agenda", "writing", "signs", "cols", "cover", "contents", "break", "gap", "problem")


def _block(k: str, **fields) -> Block:
    return {"k": k} | {name: value for name, value in fields.items() if value is not None}


def section(title: str, *, id: str | None = None, kicker: str | None = None, lead: str | None = None, newpage: bool = True) -> Block:
    """A page headline: `title` is the conclusion; the kicker («3.2 · ABC-анализ») says what was measured."""
    return _block("section", id=id, kicker=kicker, title=title, lead=lead, newpage=newpage)


def hollow(blocks: Sequence[Block]) -> bool:
    """A page that has nothing to show: a headline, why it is empty, how it would be read."""
    return all(b["k"] in ("section", "problem", "note", "para", "prose", "gap", "break") for b in blocks if b)


def verdict(tone: str, title: str, text: str) -> Block:
    """One line about the data. `tone`: good (✓ можно верить), warn (! с оговоркой), bad (✗ нельзя)."""
    return _block("verdict", tone=tone, sign={"good": "✓", "warn": "!", "bad": "✗"}[tone], title=title, text=text)


def kpi(label: str, value: str, *, unit: str = "", delta: str = "", tone: str = "neutral", note: str | None = None, spark: str | None = None) -> dict:
    """One figure of page 1. `delta` is written («▲ +3,3 %»), `tone` good|bad|neutral, `spark` an SVG text."""
    return {k: v for k, v in dict(label=label, value=value, unit=unit, delta=delta, tone=tone, note=note, spark=spark).items() if v is not None}


def kpis(items: Sequence[dict]) -> Block:
    return _block("kpis", items=list(items))


def priced(level: str, word: str, text: str, detail: str, action: str, money: str, basis: str) -> dict:
    """One finding of page 1. `level`: high (Срочно), mid (Важно), low (Резерв); `basis` says what money it is."""
    return dict(level=level, word=word, text=text, detail=detail, action=action, money=money, basis=basis)


def findings(title: str, items: Sequence[dict], foot: str) -> Block:
    return _block("findings", title=title, items=list(items), foot=foot)


def fig(id: str, svg: str | None, *, headline: str, subtitle: str, alt: str, source: str | None = None, w: float = 180, phone: str | None = None) -> Block:
    """A chart: headline = what to see, subtitle = what is drawn, unit, period. Without a picture (`svg` None) the writers skip it."""
    return _block("fig", id=id, svg=svg, phone=phone, w=w, headline=headline, subtitle=subtitle, alt=alt, source=source)


def col(title: str, *, w: float | None = None, num: bool = False, cls: str | None = None, pen: bool = False) -> dict:
    """A column of a page table. `w` in mm (0 = fits its text, None = shares what is left), `num` right-aligned,
    `cls` "h" = the name of a card on a phone, "x" = hidden on a phone, `pen`: to be filled by hand, so it stays when empty."""
    return {k: v for k, v in dict(title=title, w=w, num=num or None, cls=cls, pen=pen or None).items() if v is not None}


def cell(t: str = "", *, sub: str | None = None, tone: str | None = None, strong: bool | None = None, badge: str | None = None,
         kind: str | None = None, bar: float | None = None, check: bool | None = None, href: str | None = None, v: Any = None,
         svg: str | None = None, alt: str | None = None, w: float | None = None, links: Sequence[tuple[str, str]] | None = None, group: bool | None = None) -> dict:
    """A cell: text (no markup), second line, tone good|bad|warn, class badge (`kind` abc|abcd), in-cell bar 0…1, box to
    tick, small picture (`svg` drawn at `w` mm, `alt` says it in words), `links` (text, address) one after another, `group`: first
    cell of a row that heads those below. `v` is the sortable raw value of the screen table."""
    return {k: x for k, x in dict(t=t, sub=sub, tone=tone, strong=strong, badge=badge, kind=kind, bar=bar, check=check, href=href, v=v, svg=svg,
                                  alt=alt, w=w, links=[{"t": t_, "href": h} for t_, h in links] if links else None, group=group).items() if x is not None}


def table(cols: Sequence[dict], rows: Sequence[Sequence], *, title: str | None = None, unit: str | None = None, total: Sequence | None = None,
          note: str | None = None, sheet: str | None = None, dense: bool | None = None, cards: bool | None = None, id: str | None = None,
          breakable: bool | None = None, caption: str | None = None, filters: Sequence[tuple[str, str]] | None = None, row_keys: Sequence[str] | None = None) -> Block:
    """A table of a page. Rows hold strings or `cell(…)`; `sheet` names the workbook sheet with all rows (the section links to it).

    `filters`: buttons (key, text) of the screen that show only the rows of this key (`row_keys`, one per row); the key "" shows all.
    """
    return _block("table", title=title, unit=unit, cols=list(cols), rows=[list(r) for r in rows], total=list(total) if total is not None else None,
                  note=note, sheet=sheet, dense=dense, cards=cards, id=id, breakable=breakable, caption=caption,
                  filters=[{"key": k, "text": t} for k, t in filters] if filters else None, row_keys=list(row_keys) if row_keys is not None else None)


def action(items: Sequence[tuple[str, str]], *, title: str | None = None) -> Block:
    """«Что делать»: (verb + object + limit, who · by when)."""
    from kbreport.words import _

    return _block("action", title=title or _("Что делать"), items=[{"what": what, "who": who} for what, who in items])


def facts(items: Sequence[tuple[str, str]], *, lw: float = 40) -> Block:
    return _block("facts", lw=lw, items=[list(i) for i in items])


def note(text: str) -> Block:
    return _block("note", text=text)


def para(text: str, *, wide: bool = False) -> Block:
    return _block("para", text=text, wide=wide)


def prose(text: str) -> Block:
    """Markdown of a notebook cell, as text: paragraphs, lists and emphasis; both writers render it themselves."""
    return _block("prose", text=text)


def h3(text: str) -> Block:
    return _block("h3", text=text)


def cols(widths: Sequence[float], parts: Sequence[Sequence[Block]]) -> Block:
    """Blocks side by side; widths in mm (88+88, 118+58, 74+102, 96+80)."""
    return _block("cols", w=list(widths), parts=[list(p) for p in parts])


def problem(title: str, text: str) -> Block:
    """A grey box: what could not be measured here and what it would need."""
    return _block("problem", title=title, text=text)


def masthead(kicker: str, title: str, *, right: str = "", sub: str | None = None, badge: str | None = None) -> Block:
    """Head of a one-page report (a manager's month, a client): no cover, no contents."""
    return _block("masthead", kicker=kicker, title=title, right=right, sub=sub, badge=badge)


def cover(title: str, company: str, period: str, *, kicker: str, svg: str | None = None, alt: str = "", caption: str = "", foot: str = "") -> Block:
    """The cover: `svg` is the customer's own base, 210 mm wide (`charts.skyline`)."""
    return _block("cover", title=title, company=company, period=period, kicker=kicker, svg=svg, alt=alt, caption=caption, foot=foot)


def agenda(title: str, items: Sequence[tuple[str, str, str]]) -> Block:
    """Points of a meeting: (minutes, point, who)."""
    return _block("agenda", title=title, items=[list(i) for i in items])


def writing(title: str, items: Sequence[str]) -> Block:
    """Lines for the pen; an item may be empty."""
    return _block("writing", title=title, items=list(items))


def signs(items: Sequence[str]) -> Block:
    return _block("signs", items=list(items))


def gap(mm: float) -> Block:
    return _block("gap", mm=mm)


def newpage() -> Block:
    return _block("break")
