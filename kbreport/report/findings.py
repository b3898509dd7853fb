"""`findings.json`: every finding of a run with the fields outside tools rely on (architecture, «Result»)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kbreport.report.files import write_text
from kbreport.report.results import ResultRecord
from kbreport.report.tables import half_up, json_text
from kbreport.report.typeset import said

FIELDS = ("code", "method", "section", "level", "text", "fact", "baseline", "gap", "money", "money_low", "money_high", "currency", "clients", "values",
          "rank", "assumption", "money_counted")
_MONEY = ("money", "money_low", "money_high", "money_counted")
_DEFAULTS: dict[str, Any] = {"clients": [], "values": {}, "assumption": False, "level": "info"}


def records_of(records: Iterable[ResultRecord], currency: str | None = None) -> list[dict[str, Any]]:
    """Findings of all results in rank order (unranked ones after, in order of the methods), each with exactly `FIELDS`.

    Where page 1 ranked them and booked each client's rouble once (provenance `findings` of the overview), that list counts.
    """
    records = list(records)
    ranked = next((r.provenance["findings"] for r in records if "findings" in r.provenance), None)
    found = [_complete(f, None) for f in ranked] if ranked is not None else [_complete(f, record) for record in records for f in record.findings]
    for finding in found:
        finding["currency"] = finding["currency"] or currency
    return sorted(found, key=lambda f: (f["rank"] is None, f["rank"] or 0))


def _complete(finding: dict, record: ResultRecord | None) -> dict[str, Any]:
    whole = {name: finding.get(name, _DEFAULTS.get(name)) for name in FIELDS}
    if record is not None:
        whole |= {"method": whole["method"] or record.method, "section": whole["section"] or record.section}
    whole["text"] = said(whole["text"] or "")
    for name in _MONEY:
        whole[name] = _kopecks(whole[name])
    whole["clients"] = [_client(c) for c in whole["clients"] or ()]
    return whole


def _client(client: dict | list | tuple) -> dict[str, Any]:
    """{client_id, money}; a result may hold the pair itself."""
    name, amount = (client["client_id"], client.get("money")) if isinstance(client, dict) else client
    return {"client_id": name, "money": _kopecks(amount)}


def _kopecks(value):
    import numpy as np

    if value is None or value != value:
        return None
    return float(half_up(np.array([float(value)]), 2)[0])


def write_findings(records: Iterable[ResultRecord], path: Path, currency: str | None = None) -> Path:
    return write_text(path, json_text(records_of(records, currency)))
