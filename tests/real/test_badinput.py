"""The corpus of spoilt inputs: each is accepted with the right values, warned about, or refused, naming what its manifest says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kbreport import tables
from kbreport.errors import InputMissing, InputProblems, InputUnreadable

PLACE = Path(os.environ.get("KBREPORT_REAL_DATA", "/nowhere")) / "badinput"
ENTRIES = json.loads((PLACE / "manifest.json").read_text(encoding="utf-8"))["entries"] if (PLACE / "manifest.json").exists() else []


def values_of(loaded: tables.Tables) -> dict:
    """The figures of the manifest, from the typed sales table."""
    frame = loaded.sales.to_pandas()
    frame["amount"] = frame["amount"].astype(float)
    by = lambda key: frame.groupby(key)["amount"].sum().round(2).to_dict()  # noqa: E731
    return {"rows": len(frame), "orders": frame["order_id"].nunique(), "clients": frame["client_id"].nunique(), "revenue": float(loaded.ledger.amount_out),
            "cost": round(float(frame["cost"].astype(float).sum()), 2) if "cost" in frame else None, "by_client": by("client_id"),
            "by_manager": by(frame["manager_id"].fillna("")), "by_month": by(frame["order_date"].map(lambda d: f"{d:%Y-%m}"))}


@pytest.mark.skipif(not ENTRIES, reason="KBREPORT_REAL_DATA does not name a folder of real data sets")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e["file"])
def test_as_the_manifest_says(entry):
    expect = entry["expect"]
    try:
        loaded = tables.load(PLACE / entry["file"])
    except (InputMissing, InputUnreadable, InputProblems) as refusal:
        assert expect in ("error", "accept_or_error"), refusal
        assert all(name in str(refusal) for name in entry["names"] if expect == "error" or name == entry["file"]), refusal
        return
    assert expect != "error", "accepted"
    if entry["values"]:
        assert values_of(loaded) == entry["values"]
    said = " ".join([f"{p.file} {p.text}" for p in loaded.problems] + [c.text for c in tables.checks(loaded) if c.count])
    if expect == "accept_warn":
        assert all(name in said for name in entry["names"])


@pytest.mark.skipif(not ENTRIES, reason="KBREPORT_REAL_DATA does not name a folder of real data sets")
def test_copies_are_counted_with_their_money_and_may_be_dropped():
    path = PLACE / "f07_exact_duplicates.csv"
    kept = next(c for c in tables.load(path).checks if c.name == "duplicate_rows")
    assert (kept.count, float(kept.amount)) == (3, 46399.98)
    dropped = tables.load(path, tables.InputSpec(drop_duplicates=True)).ledger
    assert (dropped.rows_in, dropped.rows_out, float(dropped.amount_out)) == (27, 24, 1278630.01)


@pytest.mark.skipif(not ENTRIES, reason="KBREPORT_REAL_DATA does not name a folder of real data sets")
def test_a_mapping_in_the_settings_reads_headers_of_1c():
    told = {"order_lines": {"path": "e14_1c_headers.csv", "mapping": {"amount": "Сумма, руб.", "client_id": "Контрагент.Код"}}}
    assert float(tables.load(PLACE / "e14_1c_headers.csv", tables.InputSpec.from_dict(told)).ledger.amount_out) == 1278630.01
