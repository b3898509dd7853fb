"""The wheel: built, installed away from the checkout, it finds notebooks, templates, fonts, sample and catalogues."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


def test_it_holds_everything_a_report_needs(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for part in ("kbreport/_home/notebooks/audit.ipynb", "kbreport/_home/templates/audit.yml", "kbreport/_home/templates/fonts/Inter-Regular.otf", "kbreport/_home/data/sample/orders.csv",
                 "kbreport/_home/data/sample/training/orders.csv", "kbreport/locale/en/LC_MESSAGES/overview.po", "kbreport/intake/schema.yml", "kbreport/charts/house.mplstyle"):
        assert part in names, part
    assert not [n for n in names if n.startswith(("tests/", "bench/", "tools/")) or n.endswith(".pyc")]


def test_it_works_from_another_directory_without_the_checkout(wheel, tmp_path):
    """Unpacked beside the libraries of this environment, with the checkout out of sight."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": str(site), "KB_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    where = subprocess.run([sys.executable, "-P", "-c", "import kbreport; print(kbreport.__file__)"], capture_output=True, text=True, cwd=tmp_path, env=env).stdout
    assert str(site) in where
    done = subprocess.run([sys.executable, "-P", "-m", "kbreport", "audit", "training", "--output-dir", str(tmp_path / "out"), "--lang", "en", "--no-progress"],
                          capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").rglob("audit.*")} >= {"audit.html", "audit.pdf", "audit.xlsx"}
