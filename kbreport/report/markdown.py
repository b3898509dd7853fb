"""Markdown of notebook cells → JSON nodes that both writers draw. No HTML comes through, no picture is fetched.

Block nodes: `{"n": "p"|"h"|"ul"|"ol"|"quote"|"code"|"rule"|"grid", …}`; spans: `{"t": text, "b", "i", "c": true, "href": …}`.
Raw HTML and pictures are shown as the text they are. A kind of node we do not know raises ValueError: it must not vanish.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Node = dict[str, Any]


@lru_cache
def _parser():
    import mistune

    return mistune.create_markdown(renderer=None, plugins=["table", "strikethrough", "url"])


def nodes(text: str) -> list[Node]:
    """The block nodes of a markdown text."""
    tokens, _state = _parser().parse(text)
    return [node for token in tokens for node in _block(token)]


def heading(text: str) -> tuple[int, str] | None:
    """(level, plain text) when the cell begins with a heading, else None."""
    first = next(iter(nodes(text)), None)
    return (first["level"], plain(first["spans"])) if first and first["n"] == "h" else None


def plain(spans: list[Node]) -> str:
    return "".join(s["t"] for s in spans)


def _block(token: dict) -> list[Node]:
    kind = token["type"]
    if kind == "blank_line":
        return []
    if kind in ("paragraph", "block_text"):
        return [{"n": "p", "spans": _spans(token["children"])}]
    if kind == "heading":
        return [{"n": "h", "level": token["attrs"]["level"], "spans": _spans(token["children"])}]
    if kind == "list":
        ordered = token["attrs"].get("ordered")
        items = [[n for child in item["children"] for n in _block(child)] for item in token["children"]]
        return [{"n": "ol" if ordered else "ul", "start": token["attrs"].get("start", 1), "items": items}]
    if kind == "block_quote":
        return [{"n": "quote", "nodes": [n for child in token["children"] for n in _block(child)]}]
    if kind in ("block_code", "block_html"):
        return [{"n": "code", "t": token["raw"].strip("\n")}]
    if kind == "thematic_break":
        return [{"n": "rule"}]
    if kind == "table":
        return [_grid(token)]
    raise ValueError(f"markdown node {kind!r} has no rendering")


def _grid(token: dict) -> Node:
    head, rows = [], []
    for part in token["children"]:
        if part["type"] == "table_head":
            head = part["children"]
        else:
            rows += [row["children"] for row in part["children"]]
    return {"n": "grid", "num": [c["attrs"].get("align") == "right" for c in head], "head": [_spans(c["children"]) for c in head],
            "rows": [[_spans(c["children"]) for c in row] for row in rows]}


_STYLE = {"strong": "b", "emphasis": "i", "strikethrough": "s"}


def _spans(children: list[dict], **style) -> list[Node]:
    out: list[Node] = []
    for child in children:
        kind = child["type"]
        if kind in ("text", "inline_html"):
            out.append({"t": child["raw"], **style})
        elif kind == "codespan":
            out.append({"t": child["raw"], **style, "c": True})
        elif kind in ("softbreak", "linebreak"):
            out.append({"t": " " if kind == "softbreak" else "\n", **style})
        elif kind in _STYLE:
            out += _spans(child["children"], **(style | {_STYLE[kind]: True}))
        elif kind == "link":
            out += _spans(child["children"], **(style | {"href": _safe(child["attrs"]["url"])}))
        elif kind == "image":
            out.append({"t": plain(_spans(child["children"])) or child["attrs"]["url"], **style})
        else:
            raise ValueError(f"markdown span {kind!r} has no rendering")
    return out


def _safe(url: str) -> str | None:
    """Links lead to the web, to mail or inside the report; anything else (javascript:, file:) is text only."""
    return url if url.lower().startswith(("https://", "http://", "mailto:", "#")) else None
