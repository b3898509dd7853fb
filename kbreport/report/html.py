"""HTML: one file with fonts, styles and pictures inside; no request, no Jupyter style or script.

`page_of(document)` gives the text; `HtmlReport` is the same as an nbconvert exporter (`jupyter nbconvert --to kbreport_html`)
whose template `kbreport` can be extended like any other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from kbreport import home, words
from kbreport.report import results, typeset
from kbreport.report.document import Document, from_notebook

_FONTS = (("Inter", 400, "Inter-Regular"), ("Inter", 500, "Inter-Medium"), ("Inter", 600, "Inter-SemiBold"), ("Literata", 600, "Literata-SemiBold"))
_RANGE = re.compile(r"(\d[\d\u00a0,.]*–\d[\d\u00a0,.]*)")
# in tags only: what must never be inlined from a notebook somebody sent
_UNSAFE = re.compile(r"<\s*(?:script|foreignObject|iframe|style|animate|set)\b|\son\w+\s*=|javascript:|(?:href|src)\s*=\s*[\"'](?!#|data:image/)", re.I)


# ------------------------------------------------------------------ filters
def rich(text: Any) -> Markup:
    """A typeset text: bold between the switches, line breaks, number ranges that do not break; all else escaped."""
    out = []
    for k, part in enumerate(str(text if text is not None else "").split(typeset.BOLD)):
        safe = _RANGE.sub(r'<span class="nb">\1</span>', str(escape(part))).replace("\n", "<br>")
        out.append(f"<strong>{safe}</strong>" if k % 2 and safe else safe)
    return Markup("".join(out))


def inline(svg: str, alt: str = "") -> Markup:
    """A picture of ours inline (page fonts reach it); one that could act becomes an inert image."""
    if _UNSAFE.search("".join(re.findall(r"<[^>]*>", svg))):
        return Markup('<img src="data:image/svg+xml;base64,{}" alt="{}">').format(base64.b64encode(svg.encode()).decode(), alt)
    box = re.search(r'<svg[^>]*?viewBox="([^"]+)"[^>]*>', svg)
    if not box:
        return Markup("")
    keep = "".join(f' {m}' for m in re.findall(r'(?:letter-spacing|font-family|stroke-linejoin)="[^"]*"', box[0]))
    head = f'<svg viewBox="{escape(box[1])}" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"{keep} role="img" aria-label="{escape(typeset.unmarked(alt))}">'
    return Markup(head + svg[box.end():])


def spans(items: list[dict]) -> Markup:
    """Spans of markdown."""
    out = []
    for s in items:
        text = str(rich(s["t"]))
        for key, tag in (("c", "code"), ("b", "strong"), ("i", "em"), ("s", "s")):
            text = f"<{tag}>{text}</{tag}>" if s.get(key) else text
        out.append(f'<a href="{escape(s["href"])}">{text}</a>' if s.get("href") else text)
    return Markup("".join(out))


def _filters() -> dict[str, Any]:
    return {"rich": rich, "inline": inline, "spans": spans, "unmarked": typeset.unmarked}


def _globals() -> dict[str, Any]:
    return {"_": words._, "n_": words.n_}


# ------------------------------------------------------------------ assets
@lru_cache
def _asset(name: str) -> str:
    return (home.templates() / "kbreport" / name).read_text(encoding="utf-8")


@lru_cache
def _fonts() -> str:
    faces = []
    for family, weight, file in _FONTS:
        content = base64.b64encode((home.templates() / "fonts" / f"{file}.woff2").read_bytes()).decode()
        faces.append(f"@font-face{{font-family:{family};font-weight:{weight};font-display:swap;src:url(data:font/woff2;base64,{content}) format('woff2')}}")
    return "\n".join(faces)


@lru_cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(home.templates() / "kbreport")
    env = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    env.filters |= _filters()
    env.globals |= _globals()
    return env


def view(document: Document) -> dict[str, Any]:
    """What the template sees."""
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    brand = document.meta.brand.colour
    return {"meta": document.meta, "doc": document, "parts": document.parts, "toc": _contents(document), "H": "h2" if document.one_page else "h3", "lang": document.meta.lang,
            "fonts": Markup(_fonts()), "css": Markup(_asset("page.css")), "script": Markup(script), "script_hash": digest,
            "brand_css": Markup(f":root{{--brand:{brand}}}"), "said": {"filter": words._("Найти в таблице"), "shown": words._("показано строк: {n} из {all}"), "none": words._("ничего не найдено"),
                     "more": words._("Показать все строки: {n}")}}


def _contents(document: Document) -> list[dict]:
    if document.one_page:
        return []
    parts = [p for p in document.parts if p.title]
    if len(parts) < 2:
        return []
    return [{"id": p.id, "text": p.kicker or p.title, "title": typeset.unmarked(p.title), "group": p.group if i == 0 or p.group != parts[i - 1].group else ""}
            for i, p in enumerate(parts)]


def page_of(document: Document) -> str:
    """The whole report as one HTML text, in the document's language."""
    with words.speaking(document.meta.lang):
        return _environment().get_template("page.html.j2").render(view(document))


# ------------------------------------------------------------------ nbconvert
def __getattr__(name: str):
    if name != "HtmlReport":
        raise AttributeError(name)
    return _exporter()


@lru_cache
def _exporter():
    """Built on first use: importing nbconvert costs half a second that `page_of` does not need."""
    from kbreport.report.exporters import HtmlReport

    return HtmlReport


def document_of(node, resources: dict | None) -> Document:
    """The document of a notebook that nbconvert hands over; side files lie beside it."""
    about = (resources or {}).get("metadata") or {}
    name, where = about.get("name") or "", about.get("path") or ""
    folder = Path(where or ".") / f"{name}.results" if name else None
    told = node.metadata.setdefault("kbreport", {})
    told.setdefault("lang", next((data["lang"] for data in results.bundles(node) if data.get("lang")), words.language()))
    with words.speaking(told["lang"]):
        return from_notebook(node, folder)
