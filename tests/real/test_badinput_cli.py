"""The spoilt inputs of manifest.json through the command line: exit code, words, values, and nothing written on refusal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kbreport.cli.main import run

PLACE = os.environ.get("KBREPORT_REAL_DATA")
MANIFEST = json.loads((Path(PLACE) / "badinput" / "manifest.json").read_text(encoding="utf-8"))["entries"] if PLACE else []
pytestmark = pytest.mark.skipif(not PLACE, reason="KBREPORT_REAL_DATA does not name a folder of real data sets")
PER_MANIFEST = [pytest.param(e, id=e["file"]) for e in MANIFEST if e["group"][:1] != "d" or e["file"][:3] in ("d09", "d14", "d19")]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").casefold()


@pytest.mark.parametrize("entry", PER_MANIFEST)
def test_check_behaves_as_the_manifest_says(entry, real, capsys):
    code = run(["check", str(real / "badinput" / entry["file"])])
    out, err = capsys.readouterr()
    said = plain(out + err)
    assert "traceback" not in said
    if entry["expect"] == "error" or (entry["expect"] == "accept_or_error" and code):
        assert code == 3 and err.strip()
        missing = [n for n in entry["names"] if plain(n) not in said]
        assert not missing
        return
    assert code == 0
    if entry["values"] and entry["values"].get("revenue") is not None and entry["expect"] != "accept_warn":
        assert f"{entry['values']['revenue']:,.2f}".replace(",", " ").replace(".", ",").replace("-", "−") in plain(out)
    if entry["expect"] == "accept_warn":
        assert not [n for n in entry["names"] if plain(n) not in said]


@pytest.mark.parametrize("name", ["e01_empty.csv", "e04_header_only.csv", "e07_no_client.csv", "a13_mixed_encoding.csv", "i07_zero.xlsx", "b11_text_in_number.csv", "no_such_file.csv"])
def test_a_refused_file_leaves_nothing_behind(name, real, tmp_path, capsys):
    assert run(["audit", str(real / "badinput" / name), "--output-dir", str(tmp_path / "out"), "--no-progress"]) == 3
    assert name in capsys.readouterr().err and not (tmp_path / "out").exists()


@pytest.mark.notebooks
@pytest.mark.parametrize("name", ["h01_html_formula_clients.csv", "f04_all_returns.csv", "f01_one_row.csv", "g11_words_as_ids.csv"])
def test_an_odd_but_usable_file_becomes_a_report_whose_books_balance(name, real, tmp_path, capsys):
    assert run(["audit", str(real / "badinput" / name), "--output-dir", str(tmp_path), "--no-progress", "--to", "html,xlsx"]) == 0
    record = json.loads(next(tmp_path.rglob("run.json")).read_text(encoding="utf-8"))
    entry = next(e for e in MANIFEST if e["file"] == name)
    assert record["rows"]["in"]["amount"] == pytest.approx(entry["values"]["revenue"], abs=0.005)
