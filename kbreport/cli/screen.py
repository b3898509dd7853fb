"""A table for the terminal: formatted numbers, aligned columns, at most 60 rows."""

from __future__ import annotations

from wcwidth import wcswidth

from kbreport.method.columns import word
from kbreport.method.result import Result
from kbreport.words import n_

MOST = 60
LEFT = ("id", "text", "class", "date", "month", "bool", "datetime")


def as_text(result: Result, name: str) -> str:
    """Sentences of the method, then the table."""
    frame, columns = result.tables[name], result.columns[name]
    head = [c.spoken()["title"] for c in columns]
    shown = frame.head(MOST)
    body = [[word(value, c.kind) for value, c in zip(row, columns)] for row in shown.itertuples(index=False)]
    widths = [max((wcswidth(line[i]) for line in [head, *body]), default=0) for i in range(len(head))]
    lines = ["  ".join(_padded(text, w, c.kind in LEFT) for text, w, c in zip(line, widths, columns)).rstrip() for line in [head, *body]]
    lines.insert(1, "  ".join("─" * w for w in widths))
    said = [f"{f.text} {f.detail}".strip() for f in result.findings] if name == "main" else []
    rest = [n_("ещё {n} строка: --format csv", "ещё {n} строк: --format csv", len(frame) - MOST)] if len(frame) > MOST else []
    return "\n".join([f"{result.section} {result.title}", *([result.reason] if result.reason else []), *said, "", *lines, *rest])


def _padded(text: str, width: int, left: bool) -> str:
    pad = " " * max(0, width - wcswidth(text))
    return text + pad if left else pad + text
