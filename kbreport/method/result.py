"""`Result`: one measured method with everything the page, the workbook and the files need; what a notebook shows.

Its MIME bundle holds `text/html` (≤ 50 rows, see `shown`), `text/plain`, and `application/vnd.kbreport.result+json` (docs/architecture.md):
at most 200 rows of each table travel inside, longer ones lie beside as parquet and are named with their sha256.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from kbreport import words
from kbreport.method.columns import Column
from kbreport.method.enums import MethodStatus
from kbreport.method.method import Finding, Tables

if TYPE_CHECKING:
    import pandas as pd

MIME = "application/vnd.kbreport.result+json"
INSIDE_ROWS = 200


@dataclass
class Result:
    method: str
    number: str
    section: str
    title: str
    status: MethodStatus
    reason: str = ""
    lang: str = "ru"
    tables: Tables = field(default_factory=dict)
    columns: dict[str, tuple[Column, ...]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    draw: Callable[[], list[dict]] = list
    settings: list[dict] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)
    side_folder: Path | None = None

    @cached_property
    def blocks(self) -> list[dict]:
        """The page of the method; drawn on first use, because who only needs tables should not pay for charts."""
        return self.draw()

    @property
    def table(self) -> "pd.DataFrame":
        """The main table."""
        return self.tables["main"]

    def record(self) -> dict:
        """The JSON of the MIME bundle; writes side files for long tables when the notebook has a place for them."""
        with words.speaking(self.lang):  # shown by whoever shows it, in the language it was measured in
            return self._record()

    def _record(self) -> dict:
        return {"schema": 1, "method": self.method, "number": self.number, "section": self.section, "title": self.title, "status": str(self.status),
                "reason": self.reason, "lang": self.lang, "findings": [asdict(f) for f in self.findings], "blocks": self.blocks,
                "tables": {name: self._table_record(name) for name in self.tables}, "settings": self.settings, "provenance": self.provenance}

    def _table_record(self, name: str) -> dict:
        frame = self.tables[name]
        head = {"title": self.titles.get(name, ""), "columns": [c.spoken() for c in self.columns.get(name, ())], "n_rows": len(frame),
                "rows": json.loads(frame.head(INSIDE_ROWS).to_json(orient="values", date_format="iso", date_unit="s", force_ascii=False, double_precision=15)), "file": None, "sha256": None}
        if len(frame) > INSIDE_ROWS:
            data = parquet_bytes(frame)
            head |= {"sha256": hashlib.sha256(data).hexdigest()}  # also without a place: whoever compares two runs sees that all rows are equal
            if self.side_folder is not None:
                head |= {"file": f"{self.method}.{name}.parquet"}
                self.side_folder.mkdir(parents=True, exist_ok=True)
                (self.side_folder / head["file"]).write_bytes(data)
        return head

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        with words.speaking(self.lang):
            return {"text/html": self._html(), "text/plain": self._plain(), MIME: self._record()}

    def _plain(self) -> str:
        lines = [f"{self.section} {self.title}: {self.status}"] + ([self.reason] if self.reason else []) + [f.text for f in self.findings]
        return "\n".join(lines)

    def _html(self) -> str:
        from kbreport.method.shown import html_of

        return html_of(self)


def parquet_bytes(frame: "pd.DataFrame") -> bytes:
    """The frame as parquet; the same frame always gives the same bytes."""
    out = io.BytesIO()
    frame.to_parquet(out, index=False, compression="zstd")
    return out.getvalue()
