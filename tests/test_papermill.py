"""Plain papermill, with and without our engine, leaves the results that kbreport leaves; nbconvert makes the page of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from kbreport.batch import Options, audit

pytestmark = pytest.mark.notebooks
ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "ch3_measurements.ipynb"
MIME = "application/vnd.kbreport.result+json"
ENV = {"PYTHONPATH": str(ROOT)}  # the kernel is to run this checkout


def results(path: Path) -> list[dict]:
    return [o["data"][MIME] for c in nbformat.read(path, 4).cells for o in c.get("outputs", ()) if MIME in o.get("data", {})]


def papermill(out: Path, *options: str, **env: str) -> list[dict]:
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), str(out), "-p", "company", "sample", "-k", "python3", "--no-progress-bar", *options]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | ENV | env, cwd=out.parent)
    assert done.returncode == 0, done.stderr[-2000:]
    return results(out)


def ours(folder: Path, manager: str | None = None) -> list[dict]:
    made = audit("sample", opts=Options(output_dir=folder, formats=("html",), manager=manager, lang="ru"))
    return results(made.folder / "notebooks" / NOTEBOOK.name)


@pytest.mark.parametrize("engine", [(), ("--engine", "kbreport")], ids=["plain", "engine"])
def test_a_managers_results_are_those_of_kbreport(tmp_path, engine):
    assert papermill(tmp_path / "out.ipynb", "-p", "manager", "M01", *engine) == ours(tmp_path / "ours", "M01") != []


def test_a_companys_results_too_with_tables_too_long_for_the_notebook(tmp_path):
    """A plain kernel does not know where its notebook will lie: without KB_RESULTS long tables have their checksum, but no file beside."""
    wanted = ours(tmp_path / "ours")
    assert papermill(tmp_path / "engine.ipynb", "--engine", "kbreport") == wanted and (tmp_path / "engine.results" / "abc.main.parquet").exists()
    assert papermill(tmp_path / "plain.ipynb", KB_RESULTS=str(tmp_path / "plain.results")) == wanted and (tmp_path / "plain.results" / "abc.main.parquet").exists()


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("papermill") / "out.ipynb"
    assert not [t for r in papermill(path, "-p", "manager", "M01", "-p", "lang", "en", "--engine", "kbreport") for t in r["tables"].values() if t["file"]]
    return path


@pytest.mark.parametrize("to", ["html", "kbreport_html"])
def test_nbconvert_makes_the_page_with_our_template(executed, tmp_path, to):
    data = tmp_path / "share"  # where an install puts the template, see shared-data in pyproject.toml
    shutil.copytree(ROOT / "templates" / "nbconvert", data / "nbconvert" / "templates")
    done = subprocess.run([sys.executable, "-m", "nbconvert", "--to", to, "--template", "kbreport", str(executed), "--output-dir", str(tmp_path)],
                          capture_output=True, text=True, env=os.environ | ENV | {"JUPYTER_PATH": str(data)}, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert page.count("<svg") > 5 and page.count("<table") > 5 and 'lang="en"' in page and 'id="abc"' in page
    assert not re.findall(r"""(?:src|href)=["']https?://""", page) and "mathjax" not in page.lower() and "jp-Cell" not in page


def test_the_checksum_of_a_long_table_is_kept_without_a_place_for_it(tmp_path):
    import kbreport as kb

    record = kb.open("sample", lang="ru").measure("abc").record()["tables"]["main"]
    assert record["file"] is None and len(record["sha256"]) == 64 and len(json.dumps(record["rows"])) > 1000
