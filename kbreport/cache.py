"""Facts and results on disk, keyed by a fingerprint of inputs + parameters + code: a second report computes nothing again.

The place is the user's cache folder (`KB_CACHE` overrides it; `KB_CACHE=off` switches the cache off). Entries appear whole
by a rename, are readable by their owner only, and the oldest are dropped beyond `KEEP`. Nothing here needs pandera,
duckdb or nbformat: the cached path stays light (a test looks at sys.modules).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kbreport import words
from kbreport.company import Company
from kbreport.facts.facts import Facts
from kbreport.method.enums import MethodStatus
from kbreport.method.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

KEEP = 12
KEEP_RESULTS = 1500
_PACKAGE = Path(__file__).resolve().parent


def root() -> Path | None:
    """The cache folder, or None when it is off or cannot be written."""
    asked = os.environ.get("KB_CACHE", "")
    if asked == "off":
        return None
    if not asked:
        from platformdirs import user_cache_dir

        asked = user_cache_dir("kbreport")
    place = Path(asked)
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return place if os.access(place, os.W_OK) else None


# ------------------------------------------------------------------ keys
def key_of(*parts: Any) -> str:
    """A stable hash of JSON-able parts."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()[:32]


@lru_cache
def code_key() -> str:
    """Hash of the package's own source: new code never reads old numbers."""
    digest = hashlib.sha256()
    for path in sorted(p for p in _PACKAGE.rglob("*") if p.suffix in (".py", ".yml") and "_home" not in p.parts):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def file_key(path: Path) -> str:
    """sha256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _facts_key(company: Company, files: "Iterable[Path]") -> str:
    parameters = company.parameters.model_dump(mode="json")
    parameters["period"] = "all" if parameters["period"] == "all" else ""  # the only period the facts depend on
    named = [(path.name, file_key(path)) for path in files]
    if company.parameters.anonymize != "none":
        from kbreport.tables import privacy

        named.append(("key", privacy.fingerprint()))
    return key_of(named, company.inputs, parameters, code_key(), words.language(), os.environ.get("KB_ENGINE", ""))


# ------------------------------------------------------------------ facts
def facts_of(company: Company) -> tuple[Facts, dict, str]:
    """(facts, data: sources, ledger, problems and checks as plain JSON, the key)."""
    from kbreport.intake import input_files

    key = _facts_key(company, input_files(company.place, company.inputs))
    place = root()
    entry = place / "facts" / key if place else None
    if entry and (entry / "meta.json").exists():
        facts = Facts.load(entry)
        facts.parameters = company.parameters  # those saved are of whoever filled the cache: with another period, the notebooks would report it
        os.utime(entry)
        return facts, json.loads((entry / "data.json").read_text(encoding="utf-8")), key
    facts, data = _made(company)
    if entry:
        entry.parent.mkdir(parents=True, exist_ok=True)
        facts.save(entry, data)
        _prune(place / "facts", KEEP)
    return facts, data, key


def _made(company: Company) -> tuple[Facts, dict]:
    from kbreport import tables
    from kbreport.facts.open import facts_of as build

    loaded = tables.load(company.place, tables.spec_of(company.inputs, company.parameters))
    hidden = {"internal_clients": ()} if loaded.privacy else {}  # codes of clients would stand in run.json
    facts = build(loaded, company.parameters.model_copy(update=hidden))
    return facts, tables.spoken(loaded, tables.checks(loaded, facts.as_of.date))


def _prune(folder: Path, keep: int) -> None:
    """Drop the oldest whole entries; another process may be doing the same, so what has gone has gone."""
    found = []
    for entry in folder.iterdir():
        if entry.suffix != ".part":
            try:
                found.append((entry.stat().st_mtime, entry))
            except FileNotFoundError:
                continue
    for _time, old in sorted(found, reverse=True)[keep:]:
        shutil.rmtree(old, ignore_errors=True)


# ------------------------------------------------------------------ results
def save_result(key: str, result: Result) -> None:
    """Tables of a company result; sentences are made anew each time."""
    place = root()
    if place is None:
        return
    entry = place / "results" / key
    part = entry.with_name(f"{key}.{os.getpid()}.part")
    part.mkdir(parents=True, exist_ok=True)
    for name, frame in result.tables.items():
        frame.to_parquet(part / f"{name}.parquet", index=False)
    (part / "meta.json").write_text(json.dumps({"status": str(result.status), "reason": result.reason, "tables": list(result.tables)}, ensure_ascii=False), encoding="utf-8")
    try:
        part.rename(entry)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
    _prune(place / "results", KEEP_RESULTS)


def load_result(key: str, result: Result) -> Result | None:
    """Fill `result` from the cache; None when it is not there."""
    place = root()
    entry = place / "results" / key if place else None
    if entry is None or not (entry / "meta.json").exists():
        return None
    meta = json.loads((entry / "meta.json").read_text(encoding="utf-8"))
    result.tables = {name: pd.read_parquet(entry / f"{name}.parquet") for name in meta["tables"]}
    result.status, result.reason = MethodStatus(meta["status"]), meta["reason"]
    return result
