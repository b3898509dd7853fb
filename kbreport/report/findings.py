"""`findings.json`: every finding of a run with the fields outside tools rely on (architecture, «Result»)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable

from kbreport.report.files import write_text
from kbreport.report.results import ResultRecord
from kbreport.report.tables import half_up, json_text

FIELDS = ("code", "method", "section", "level", "text", "fact", "baseline", "gap", "money", "money_low", "money_high", "currency", "clients", "values",
          "rank", "assumption", "money_counted")
_MONEY = ("money", "money_low", "money_high", "money_counted")
_DEFAULTS: dict[str, Any] = {"clients": [], "values": {}, "assumption": False, "level": "info"}


def records_of(records: Iterable[ResultRecord]) -> list[dict[str, Any]]:
    """Findings of all results in rank order (unranked ones after, in order of the methods), each with exactly `FIELDS`.

    Where the overview has ranked and booked them all, its list is the list.
    """
    records = list(records)
    ranked = next((r for r in records if "findings" in r.provenance), None)
    if ranked is not None:
        return [_complete(finding, ranked) for finding in ranked.provenance["findings"]]
    found = [_complete(finding, record) for record in records for finding in record.findings]
    return sorted(found, key=lambda f: (f["rank"] is None, f["rank"] or 0))


def _complete(finding: dict, record: ResultRecord) -> dict[str, Any]:
    whole = {name: finding.get(name, _DEFAULTS.get(name)) for name in FIELDS}
    whole["method"] = whole["method"] or record.method
    whole["section"] = whole["section"] or record.section
    whole["text"] = (whole["text"] or "").replace("\u2060", "").replace("**", "")
    for name in _MONEY:
        whole[name] = _kopecks(whole[name])
    whole["clients"] = [{"client_id": c["client_id"], "money": _kopecks(c.get("money"))} for c in whole["clients"] or ()]
    return whole


def _kopecks(value):
    import numpy as np

    if value is None or value != value:
        return None
    return float(half_up(np.array([float(value)]), 2)[0])


def write_findings(records: Iterable[ResultRecord], path: Path) -> Path:
    return write_text(path, json_text(records_of(records)))
