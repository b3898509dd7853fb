"""A notebook of the playbook as a page: in the order it is taught. Prose, the cell, what the cell showed, the next.

A report puts the conclusion first and folds the method away; who learns reads the question before the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from kbreport import page
from kbreport.report import document, markdown, results
from kbreport.words import _


def is_lesson(node) -> bool:
    return bool((node.metadata.get("kbreport") or {}).get("playbook"))


def meta_of(meta: document.Meta, records: list[results.ResultRecord]) -> document.Meta:
    """Company, period, currency of what was measured; the notebook itself says only its language."""
    known = next((r.provenance for r in records if r.provenance), {})
    as_of = known.get("as_of")
    return replace(meta, company=known.get("company") or "", period=known.get("period") or "", as_of=date.fromisoformat(as_of) if as_of else None,
                   currency=known.get("currency"), vat=known.get("vat") or "unknown", confidential=False)


def parts_of(node, meta: document.Meta, records: list[results.ResultRecord]) -> list[document.Part]:
    """Parts begin at the headings of the notebook; headlines of results stand under them."""
    by_method = {r.method: r for r in records}
    parts = [document.Part("", "", "", [page.cover(meta.title, meta.company, meta.period, kicker=_("Тетрадь для обучения"))])]
    for cell in node.cells:
        if cell.cell_type == "markdown":
            document._flush(parts, document._unfold(markdown.nodes(cell.source)))
        elif cell.cell_type == "code":
            parts[-1].blocks.append({"k": "prose", "nodes": [{"n": "code", "t": cell.source}]})
            for output in cell.get("outputs", ()):
                parts[-1].blocks.extend(_shown(output, by_method))
    return parts


def _shown(output, by_method: dict[str, results.ResultRecord]) -> Iterator[dict]:
    for block in document._output(output):
        if block["k"] != "result":
            yield block
            continue
        record = by_method[block["result"]["method"]]
        if record.reason and not record.blocks:
            yield page.problem(record.title, record.reason)
        for inner in record.blocks:
            yield from _under(inner)


def _under(block: dict) -> Iterator[dict]:
    """A headline of a result is smaller here: the heading of the notebook stands above it."""
    if block["k"] != "section":
        yield block
        return
    yield page.h3(block["title"])
    if block.get("lead"):
        yield page.para(block["lead"])
