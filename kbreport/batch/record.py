"""run.json of a report (docs/run.schema.json): what was asked, of what, with which versions, how it went; and whether it still holds."""

from __future__ import annotations

import json
import platform
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from kbreport import __version__, cache, home
from kbreport.notebook import Ran, methods_in
from kbreport.run import Run

if TYPE_CHECKING:
    from kbreport.batch import Options


def audit_record(run: Run, ran: Sequence[Ran]) -> dict:
    """run.json of an audit, before outputs and seconds are known."""
    fed = run.fed_methods()
    shown = [m for r in ran for m in methods_in(r.job.source)]
    results = {m: run.measure(m) for m in shown if m in fed and not fed[m]}
    measured = {m: r for m, r in results.items() if r.status != "refused"}
    refused = {m: why for m, why in fed.items() if why} | {m: r.reason for m, r in results.items() if r.status == "refused"}
    return run_record(run, "audit") | {
        "rows": rows_of(run), "problems": run.data.get("problems", []), "checks": run.data.get("checks", []),
        "methods": {"run": [{"id": m, "status": str(r.status), "reason": r.reason} for m, r in measured.items()], "refused": [{"id": m, "reason": why} for m, why in refused.items()]},
        "notebooks": [{"name": r.job.source.stem, "seconds": round(r.seconds, 2), "error": r.error} for r in ran]}


def run_record(run: Run, kind: str) -> dict:
    """What every run.json says: what was asked, of what, with which versions."""
    return {"schema": 1, "kind": kind, "status": "ok", "company": run.company.name, "slug": run.company.slug, "lang": run.lang, "manager": run.manager,
            "period": {"slug": run.period.slug, "start": run.period.start, "end": run.period.last, "status": run.period_status, "rule": run.period_rule},
            "as_of": {"date": run.facts.as_of.date, "rule": run.facts.as_of.rule},
            "versions": {"kbreport": __version__, "python": platform.python_version()} | _versions(),
            "parameters": run.parameters.model_dump(mode="json"),
            "settings": {name: {"value": s.value, "source": s.source, "changed_by": s.changed_by} for name, s in run.company.settings.items()},
            "inputs": [{k: s.get(k) for k in ("file", "sheet", "table", "sha256", "n_rows", "understood")} for s in run.data.get("sources", [])],
            "currency": run.facts.currency, "vat": run.facts.meta.get("vat"), "rows": {}, "problems": [], "checks": [], "methods": {"run": [], "refused": []},
            "notebooks": [], "outputs": [], "error": None}


def rows_of(run: Run) -> dict:
    """Rows and money of the whole file: in, used, outside the period, after as_of, excluded by reason."""
    from kbreport.overview import reconciled

    lines = reconciled(run)
    money = {x["line"]: {"rows": abs(x["rows"]), "amount": x["amount"] if x["line"] in ("file", "used") else -x["amount"]} for x in lines}
    return {"in": money["file"], "used": money["used"], "outside_period": money["outside"], "after_as_of": money["after_as_of"],
            "excluded": [{"reason": x["line"]} | money[x["line"]] for x in lines if x["line"] not in ("file", "used", "outside", "after_as_of")]}


@lru_cache  # of a process they do not change, and forty reports ask
def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("pandas", "pyarrow", "narwhals", "papermill", "nbconvert", "matplotlib", "typst", "xlsxwriter")}


def write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")


# ------------------------------------------------------------------ does the old report still hold
def fingerprint_of(run: Run, opts: "Options") -> str:
    settings = {name: s.value for name, s in run.company.settings.items()}
    return cache.key_of(run.key, run.period.slug, str(run.period.end), run.manager, run.lang, settings, run.company.brand, run.company.name, run.company.norms, opts.formats, _home_key())


def _home_key() -> str:
    parts = [p for room in (home.notebooks(), home.templates()) for p in sorted(room.rglob("*")) if p.is_file() and "checkpoints" not in str(p)]
    return cache.key_of([(p.name, cache.file_key(p)) for p in parts])


def unchanged(folder: Path, key: str) -> dict | None:
    """The old run.json when it is ok, carries this fingerprint, and all its files are still there."""
    path = folder / "run.json"
    try:
        old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError:
        return None
    whole = all((folder / name).exists() for name in old.get("outputs", []))
    return old if old.get("status") == "ok" and old.get("fingerprint") == key and whole else None


def failed_before(folder: Path) -> bool:
    """True when the last run of this report failed (`--only-failed` makes nothing else)."""
    try:
        return json.loads((folder / "run.json").read_text(encoding="utf-8")).get("status") == "failed"
    except (FileNotFoundError, ValueError):
        return False
