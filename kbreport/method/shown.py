"""A result as a notebook shows it: the blocks of its page as HTML with a style of its own, then the table of the method.

For reading in JupyterLab, where the files of the report (Jinja, Typst) do not reach. Colours sit in a `<style>` element, which
JupyterLab keeps in a trusted notebook only: `kbreport playbook` signs what it writes. Every text is escaped; `**` means bold.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Callable

from kbreport.method.columns import word
from kbreport.words import n_

if TYPE_CHECKING:
    from kbreport.method.result import Result

ROWS = 50
JOINER = "\u2060"  # parts the stars of a client called `**x**`, see `words.plain`
STYLE = """<style>
.kbr{background:#fff;color:#1B2733;padding:4px 12px 12px;max-width:1000px;line-height:1.45}
.kbr h3{font-size:1.35em;line-height:1.25;margin:.7em 0 .3em}.kbr h4{font-size:1em;margin:1.2em 0 .3em}
.kbr .dim,.kbr small{color:#56626F;font-size:.87em}.kbr td small{display:block}
.kbr svg{display:block;width:100%;height:auto}.kbr figure{margin:1em 0}.kbr figcaption b{display:block}
.kbr table{border-collapse:collapse;width:100%;table-layout:auto;font-size:.92em;margin:.3em 0}
.kbr table th,.kbr table td{text-align:left!important;padding:.3em .6em;border:0;border-bottom:1px solid #D5DCE3;background:#fff;white-space:normal;vertical-align:top;max-width:none}
.kbr table th{font-weight:500;color:#56626F;border-bottom:2px solid #1B2733}.kbr table .n{text-align:right!important}.kbr tfoot td{font-weight:600}
.kbr .cols{display:grid;gap:24px}.kbr .act{border-left:4px solid #16365C;background:#F3F6F9;padding:.5em 1em;margin:1em 0}
.kbr .box{background:#F3F6F9;padding:.5em 1em;margin:1em 0}.kbr .good{color:#1B7F6B;font-weight:600}.kbr .bad{color:#C23B22;font-weight:600}.kbr .warn{color:#8F5200;font-weight:600}
.kbr .bd{display:inline-block;min-width:1.3em;padding:0 .35em;border-radius:1em;text-align:center;font-weight:600;font-size:.85em;background:#C3CBD3;color:#1B2733}
.kbr .bd.abc{border-radius:3px}.kbr .bd.A{background:#16365C;color:#fff}.kbr .bd.B{background:#3B7AB0;color:#fff}.kbr .bd.C{background:#E39A2D}
.kbr .bd.abc.B{background:#4A76A5}.kbr .bd.abc.C{background:#BFD0E0}.kbr .bar{display:inline-block;height:.5em;background:#9DB8D3;margin-right:.5em}
.kbr .kpis{display:flex;flex-wrap:wrap;gap:24px}.kbr .kpis b{display:block;font-size:1.5em}.kbr details{margin:1em 0}.kbr summary{cursor:pointer;color:#16365C}
</style>"""


def html_of(result: "Result") -> str:
    """The page of a result: headline, charts, tables, what to do; folded below, the first rows of its main table."""
    page = blocks_html(result.blocks)
    if not result.blocks and result.reason:
        page = _problem({"title": result.title, "text": result.reason})
    said = "".join(f"<p>{rich(f.text)} <span class='dim'>{rich(f.detail)}</span></p>" for f in result.findings if rich(f.text) not in page)
    return f"{STYLE}<div class='kbr'>{page}{said}{_main(result)}</div>"


def rich(text: Any) -> str:
    """A text of a page: bold between `**`, line breaks, all else escaped."""
    parts = str(text or "").split("**")
    out = [f"<strong>{escape(p)}</strong>" if i % 2 and p else escape(p) for i, p in enumerate(parts)]
    return "".join(out).replace(JOINER, "").replace("\n", "<br>")


def blocks_html(blocks: list[dict]) -> str:
    return "\n".join(WRITERS[b["k"]](b) for b in blocks if b["k"] in WRITERS)


def _main(result: "Result") -> str:
    frame = result.tables.get("main")
    if frame is None or not len(frame):
        return ""
    columns = result.columns.get("main", ())
    spoken = [c.spoken() for c in columns]
    head = "".join(f"<th>{escape(c['title'])}</th>" for c in spoken)
    rows = "".join("<tr>" + "".join(f"<td>{escape(_said(v, c))}</td>" for v, c in zip(row, spoken)) + "</tr>" for row in frame.head(ROWS).itertuples(index=False))
    title = n_("Таблица метода: {n} строка", "Таблица метода: {n} строк", len(frame))
    return f"<details><summary>{title}</summary><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{_rest(len(frame))}</details>"


def _said(value: Any, column: dict) -> str:
    """A value of the method's vocabulary as a word of the reader (`asleep` is «спит»), a number as he writes it."""
    return column.get("values", {}).get(value) or word(value, column["kind"])


def _rest(n: int) -> str:
    if n <= ROWS:
        return ""
    more = n_("ещё {n} строка", "ещё {n} строк", n - ROWS)
    return f"<p class='dim'>{more}</p>"


# ------------------------------------------------------------------ blocks
def _section(b: dict) -> str:
    kicker = f"<p class='dim'>{rich(b['kicker'])}</p>" if b.get("kicker") else ""
    return f"{kicker}<h3>{rich(b['title'])}</h3>" + (f"<p>{rich(b['lead'])}</p>" if b.get("lead") else "")


def _fig(b: dict) -> str:
    if not b.get("svg"):
        return ""
    return (f"<figure style='max-width:{int(b['w'] * 5)}px'><figcaption><b>{rich(b['headline'])}</b><span class='dim'>{rich(b['subtitle'])}</span></figcaption>"
            f"{b['svg'][b['svg'].index('<svg'):]}" + (f"<p class='dim'>{rich(b['source'])}</p>" if b.get("source") else "") + "</figure>")


def _table(b: dict) -> str:
    title = f"<h4>{rich(b['title'])} <span class='dim'>{rich(b.get('unit'))}</span></h4>" if b.get("title") else ""
    head = "".join(f"<th class='{_side(c)}'>{rich(c['title'])}</th>" for c in b["cols"])
    body = "".join(_row(row, b["cols"]) for row in b["rows"][:ROWS])
    foot = f"<tfoot>{_row(b['total'], b['cols'])}</tfoot>" if b.get("total") else ""
    note = f"<p class='dim'>{rich(b['note'])}</p>" if b.get("note") else ""
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>{_rest(len(b['rows']))}{note}"


def _row(cells: list, cols: list[dict]) -> str:
    return "<tr>" + "".join(f"<td class='{_side(c)}'>{_cell(x)}</td>" for x, c in zip(cells, cols)) + "</tr>"


def _side(col: dict) -> str:
    return "n" if col.get("num") else ""


def _cell(c: Any) -> str:
    """Text without markup, or `page.cell`: badge, bar, tone, second line."""
    if c is None:
        return "—"
    if not isinstance(c, dict):
        return escape(str(c)).replace(JOINER, "")
    text = escape(str(c.get("t") or "")).replace(JOINER, "")
    if c.get("tone") or c.get("strong"):
        text = f"<span class='{escape(str(c.get('tone') or 'strong'))}'>{text}</span>"
    if c.get("strong"):
        text = f"<strong>{text}</strong>"
    if c.get("badge"):
        letter = escape(str(c["badge"]))
        text = f"<span class='bd {escape(str(c.get('kind') or 'abcd'))} {letter[:1]}'>{letter}</span> {text}"
    if c.get("bar") is not None:
        text = f"<span class='bar' style='width:{max(0, min(1, c['bar'])) * 5:.2f}em'></span>{text}"
    if c.get("svg"):
        text = f"<div style='max-width:180px'>{c['svg'][c['svg'].index('<svg'):]}</div>{text}"
    if c.get("check"):
        text = "☐ " + text
    return text + (f"<small>{escape(str(c['sub'])).replace(JOINER, '')}</small>" if c.get("sub") else "")


def _cols(b: dict) -> str:
    widths = " ".join(f"minmax(0,{w or 1}fr)" for w in b["w"])
    return f"<div class='cols' style='grid-template-columns:{widths}'>" + "".join(f"<div>{blocks_html(p)}</div>" for p in b["parts"]) + "</div>"


def _action(b: dict) -> str:
    items = "".join(f"<li>{rich(i['what'])} <small>{rich(i['who'])}</small></li>" for i in b["items"])
    return f"<div class='act'><b>{rich(b['title'])}</b><ul>{items}</ul></div>"


def _facts(b: dict) -> str:
    return "<table>" + "".join(f"<tr><td class='dim'>{rich(a)}</td><td>{rich(t)}</td></tr>" for a, t in b["items"]) + "</table>"


def _kpis(b: dict) -> str:
    items = [f"<div><span class='dim'>{rich(k['label'])}</span><b>{rich(k['value'])} <small>{rich(k.get('unit'))}</small></b><span class='{escape(k.get('tone', ''))}'>{rich(k.get('delta'))}</span></div>"
             for k in b["items"]]
    return f"<div class='kpis'>{''.join(items)}</div>"


def _findings(b: dict) -> str:
    rows = [[f["word"], {"t": f["text"], "strong": True, "sub": f"{f['detail']} {f['action']}".strip()}, {"t": f["money"], "strong": True, "sub": f["basis"]}] for f in b["items"]]
    plain = [[{**c, "t": c["t"].replace("**", ""), "sub": c["sub"].replace("**", "")} if isinstance(c, dict) else c for c in row] for row in rows]
    return _table({"title": b["title"], "cols": [{"title": ""}, {"title": ""}, {"title": "", "num": True}], "rows": plain, "note": b.get("foot")})


def _problem(b: dict) -> str:
    return f"<div class='box'><b>{rich(b['title'])}</b><p>{rich(b['text'])}</p></div>"


def _verdict(b: dict) -> str:
    return f"<p class='box'><span class='{escape(b['tone'])}'>{escape(b['sign'])}</span> <b>{rich(b['title'])}</b> {rich(b['text'])}</p>"


WRITERS: dict[str, Callable[[dict], str]] = {
    "section": _section, "fig": _fig, "table": _table, "cols": _cols, "action": _action, "facts": _facts, "kpis": _kpis, "findings": _findings, "problem": _problem, "verdict": _verdict,
    "note": lambda b: f"<p class='dim'>{rich(b['text'])}</p>", "para": lambda b: f"<p>{rich(b['text'])}</p>", "h3": lambda b: f"<h4>{rich(b['text'])}</h4>",
}

__all__ = ["blocks_html", "html_of", "rich"]
