"""A manager's report holds no other manager's client: no name and no id in any byte, unzipped and decompressed."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from kbreport.batch import Options, audit

pytestmark = pytest.mark.notebooks


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    """Two managers, twelve clients each, every name and id a marker of its own; some lost, some falling, a dominant stranger."""
    folder = tmp_path_factory.mktemp("planted")
    with (folder / "order_lines.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["order_id", "order_date", "client_id", "client_name", "manager_id", "category", "qty", "amount", "cost"])
        for manager in ("OWNM", "THEIRM"):
            for i in range(12):
                for month in pd.period_range("2023-01", "2025-12" if i % 4 else "2025-05", freq="M"):
                    amount = (900 if manager == "THEIRM" and not i else 10) * (i + 3) * (1 if month.year < 2025 or i % 3 else 0.5)
                    write.writerow([f"{manager}{i}{month}", f"{month}-1{i % 9}", f"{manager}X{i:02d}", f"{manager}name{i:02d}", manager, f"cat{i % 3}", 1, amount, amount * 0.8])
    with (folder / "clients.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["client_id", "client_name", "manager_id", "inn"])
        for manager in ("OWNM", "THEIRM"):
            write.writerows([f"{manager}X{i:02d}", f"{manager}name{i:02d}", manager, "7707083893" if i < 2 else ""] for i in range(12))
    return folder


def bytes_of(path: Path) -> str:
    """Everything a curious reader could find in a file."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        reader = PdfReader(path)
        return "\n".join([*(page.extract_text() for page in reader.pages), str(reader.metadata), path.read_bytes().decode("latin-1")]).replace("\n", "")
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    return path.read_bytes().decode("utf-8", "ignore")


def test_no_byte_of_a_managers_report_names_anothers_client(company, tmp_path):
    outcome = audit(company, opts=Options(output_dir=tmp_path, manager="OWNM"))
    assert outcome.status == "ok", outcome.record.get("error")
    files = [p for p in outcome.folder.rglob("*") if p.is_file()]
    assert {".html", ".pdf", ".xlsx", ".csv", ".json", ".ipynb"} <= {p.suffix for p in files}
    assert any("OWNMname01" in bytes_of(p) for p in files)
    leaks = [p.relative_to(outcome.folder).as_posix() for p in files if "THEIRMname" in bytes_of(p) or "THEIRMX" in bytes_of(p)]
    assert not leaks


def test_the_facts_of_a_manager_hold_his_rows_only(company):
    import kbreport as kb

    run = kb.open(company, manager="OWNM")
    for frame in (run.facts.order_days, run.facts.category_months, run.facts.clients, *run.facts.others.values()):
        assert "client_id" not in frame or frame["client_id"].str.startswith("OWNM").all()
