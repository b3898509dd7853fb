"""PDF through Typst: A4, tagged (PDF/UA-1), fonts of ours inside, the same bytes every time.

The content goes in as JSON and pictures as bytes, so nothing has to be escaped and the template can open no file.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from kbreport import errors, home, words
from kbreport.report import typeset
from kbreport.report.document import Document
from kbreport.words import N_, _

UNKNOWN = "□"
# blocks of letters our fonts and Typst's own fallbacks hold; single holes are found by the compiler (see `bytes_of`)
_OUTSIDE = re.compile("[^\u0009-\u05ff\u0600-\u06ff\u1e00-\u2bff\ue000]")
_MISSING = re.compile(r"the text `\"(.+?)\"` could not be displayed", re.S)
_NO_DATE = date(2000, 1, 1)


def bytes_of(document: Document) -> bytes:
    """The whole report as PDF. A letter that no font of ours holds becomes □; the workbook keeps the name as it is.

    Raises RunFailed when Typst refuses the page.
    """
    with words.speaking(document.meta.lang):
        payload = json.dumps(_payload(document), ensure_ascii=False, sort_keys=True)
    return _compiled(_OUTSIDE.sub(UNKNOWN, payload), document)


def _compiled(payload: str, document: Document) -> bytes:
    import typst

    templates = home.templates()
    day = document.meta.as_of or _NO_DATE
    for _attempt in range(40):
        try:
            return typst.compile(str(templates / "kbreport_pdf" / "report.typ"), root=str(templates / "kbreport_pdf"), font_paths=[str(templates / "fonts")],
                                 ignore_system_fonts=True, sys_inputs={"doc": payload}, pdf_standards=["ua-1"], timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC))
        except typst.TypstError as refusal:
            holes = {c for text in _MISSING.findall(refusal.message) for c in _unescaped(text)}
            if not holes:
                raise errors.RunFailed(N_("PDF не собран: {reason}."), reason=refusal.message.rstrip("."), remedy=N_("HTML и книга Excel не зависят от PDF.")) from refusal
            payload = payload.translate({ord(c): UNKNOWN for c in holes})
    raise errors.RunFailed(N_("PDF не собран: {reason}."), reason=_("слишком много знаков, которых нет в шрифтах"), remedy=N_("HTML и книга Excel не зависят от PDF."))


def _unescaped(text: str) -> str:
    """Typst writes rare characters as `\\u{1f600}`."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), text)


# ------------------------------------------------------------------ content
def _payload(document: Document) -> dict[str, Any]:
    meta = document.meta
    parts = [{"id": p.id, "title": p.title, "kicker": p.kicker, "blocks": _broken(p.blocks)} for p in document.parts]
    return {"meta": {"title": typeset.unmarked(meta.title), "author": meta.maker or "kbreport", "head": meta.head, "period": meta.period, "foot": meta.foot, "lang": meta.lang,
                     "brand": meta.brand.colour, "logo": _logo(meta.brand.logo), "maker": meta.brand.name or meta.maker, "company": meta.company, "kicker": meta.kicker,
                     "as_of": words.day(meta.as_of) if meta.as_of else "", "one_page": document.one_page, "words": _words(meta.lang)}, "parts": parts}


def _words(lang: str) -> dict[str, str]:
    with words.speaking(lang):
        return {"contents": _("Содержание"), "page": _("Стр. {n} из {all}"), "how": _("Как это посчитано и как читать")}


@lru_cache
def _logo(uri: str) -> dict | None:
    """A data: URI as what Typst takes: a format and bytes (as text for SVG)."""
    if not uri:
        return None
    head, _comma, body = uri.partition(",")
    content = base64.b64decode(body)
    return {"format": "svg", "text": content.decode("utf-8")} if "svg" in head else {"format": "png", "bytes": list(content)}


def _broken(value: Any, key: str | None = None) -> Any:
    """Long unbroken words (addresses, codes) get places to break in, so that no cell runs over its neighbour."""
    if isinstance(value, dict):
        return {k: v if k in ("svg", "phone", "spark", "href") else _broken(v, k) for k, v in value.items() if k != "phone"}
    if isinstance(value, list):
        return [_broken(v, key) for v in value]
    if isinstance(value, str) and key not in ("k", "id", "kind", "badge"):
        return re.sub(r"[^\s\u00a0\u2060]{25,}", lambda m: "\u200b".join(m[0][i:i + 12] for i in range(0, len(m[0]), 12)), value)
    return value


def __getattr__(name: str):
    if name != "PdfReport":
        raise AttributeError(name)
    from kbreport.report.exporters import PdfReport

    return PdfReport
