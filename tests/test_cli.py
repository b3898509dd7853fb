"""The contract of the commands: what they print, where, with which exit code (DESIGN section 2)."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kbreport import words
from kbreport.cli.main import run

ROOT = Path(__file__).resolve().parents[1]
US = "Customer,Invoice Date,Total\n" + "".join(f"Client {c},{m:02d}/{d}/2025,\"$1,{c}34.50\"\n" for c in range(1, 8) for m in range(1, 13) for d in (13, 28))


def call(*arguments, lang=None):
    """Exit code of a command run in this process."""
    with words.speaking(lang or "ru"):
        return run([str(a) for a in arguments])


@pytest.fixture
def sales(tmp_path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text(US, encoding="utf-8")
    return path


def test_measure_csv_is_alone_on_stdout(sales, capfdbinary):
    assert call("measure", "abc", sales, "--format", "csv") == 0
    out, err = capfdbinary.readouterr()
    rows = list(csv.DictReader(io.StringIO(out.decode("utf-8"))))
    assert [r["client_id"] for r in rows][:2] == ["Client 7", "Client 6"] and rows[0]["amount"] == "41628.00" and rows[0]["class"] == "A"
    assert b"\r" not in out


def test_measure_json_is_a_list_of_records(sales, capsys):
    assert call("measure", "3.2", sales, "--format", "json", "--table", "by_class") == 0
    records = json.loads(capsys.readouterr().out)
    assert [r["class"] for r in records] == ["A", "B", "C", "N"] and records[3]["amount"] is None


def test_measure_on_the_screen_speaks_the_language(sales, capsys):
    assert call("measure", "abc", sales, "--lang", "en", lang="en") == 0
    out = capsys.readouterr().out
    assert "ABC" in out and not any("а" <= c.lower() <= "я" for c in out)


@pytest.mark.parametrize("arguments, code, said", [
    (["measure", "abd", "x"], 2, "abc"),
    (["audti"], 2, "audit"),
    (["audit", "--lnag", "en", "x"], 2, "--lang"),
    (["audit"], 2, "ДАННЫЕ"),
    (["audit", "nowhere.csv"], 3, "nowhere.csv"),
    (["measure", "abc", "nowhere"], 3, "nowhere"),
    (["audit", "sample", "--to", "pptx"], 2, "pptx"),
    (["audit", "sample", "--period", "soon"], 2, "2025-Q4"),
    (["audit", "sample", "--period", "1999"], 3, "1999"),
    (["audit", "sample", "-p", "abc.aa", "1"], 2, "abc.a"),
    (["audit", "sample", "-p", "abc.a", "7"], 2, "меньше 1"),
    (["audit", "sample", "-p", "vta", "included"], 2, "vat"),
    (["audit", "sample", "--manager", "M99"], 2, "M99"),
    (["audit", "sample", "-f", "no.yaml"], 3, "no.yaml"),
    (["audit", "sample", "-y", "[1"], 2, "YAML"),
    (["audit", "sample", "--lang", "de"], 2, "ru, en"),
    (["measure", "abc", "sample", "--table", "nope"], 2, "by_class"),
    (["audit", "sample", "--as-of", "2025-02-31"], 2, "2025-12-31"),
])
def test_wrong_calls_end_in_one_sentence_and_the_right_code(arguments, code, said, capsys):
    assert call(*arguments) == code
    out, err = capsys.readouterr()
    assert out == "" and said in err and "Traceback" not in err and err.count("\n") == 1


@pytest.mark.parametrize("name, content", [("empty.csv", ""), ("head.csv", "client_id,order_date,amount\n"), ("noclient.csv", "Дата;Сумма\n01.01.2025;10\n")])
def test_unusable_data_write_nothing(tmp_path, name, content, capsys):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert call("audit", tmp_path / name) == 3
    err = capsys.readouterr().err
    assert name in err and "Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_an_american_file_works_with_no_option_and_says_what_was_understood(sales, tmp_path, capsys):
    assert call("audit", sales, "--to", "xlsx", "--output-dir", tmp_path / "out", "--no-progress") == 0
    out, err = capsys.readouterr()
    assert out.strip().endswith("audit.xlsx")
    assert "Invoice Date" in err and "Total" in err
    record = json.loads(next((tmp_path / "out").rglob("run.json")).read_text())
    assert record["currency"] == "USD" and record["rows"]["in"] == {"rows": 168, "amount": 240996.0}


def test_only_failed_with_none_failed_makes_nothing(sales, tmp_path, capsys):
    assert call("audit", sales, "--only-failed", "--output-dir", tmp_path / "out", "--no-progress") == 0
    assert not (tmp_path / "out").exists()


def test_dry_run_makes_nothing(sales, tmp_path, capsys):
    assert call("audit", sales, "--dry-run", "--output-dir", tmp_path / "out") == 0
    assert not (tmp_path / "out").exists() and "audit.pdf" in capsys.readouterr().out


def test_parameters_come_from_file_yaml_and_pairs_the_later_wins(sales, tmp_path, capsys):
    (tmp_path / "p.yaml").write_text("abc: {a: 0.5}\nvat: included\n")
    assert call("measure", "abc", sales, "--table", "sensitivity", "--format", "json", "-f", tmp_path / "p.yaml", "-y", "{abc.a: 0.6}", "-p", "abc.a", "0.7") == 0
    assert json.loads(capsys.readouterr().out)[0]["a"] == 0.7


def test_methods_lists_what_the_data_feed(sales, capsys):
    assert call("methods", "--for", sales, "--json") == 0
    rows = {r["id"]: r for r in json.loads(capsys.readouterr().out)}
    assert rows["abc"]["fed"] and rows["abc"]["tables"]["main"][:2] == ["client_id", "client_name"] and rows["abc"]["settings"][0] == {"name": "a", "default": 0.8, "source": "S9"}


def test_check_reconciles_and_judges(sales, capsys):
    assert call("check", sales, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    lines = {x["line"]: x for x in record["reconciliation"]}
    assert lines["file"]["amount"] + sum(x["amount"] for k, x in lines.items() if k not in ("file", "used")) == pytest.approx(lines["used"]["amount"], abs=0.005)
    assert record["verdict"] in ("pass", "qualified")


def test_new_writes_a_company_that_opens(sales, tmp_path, capsys):
    assert call("new", tmp_path / "co", sales) == 0
    assert call("measure", "abc", tmp_path / "co", "--format", "csv") == 0
    assert call("new", tmp_path / "co", sales) == 2


def test_inspect_tells_what_a_file_is(sales, capsys):
    assert call("inspect", sales) == 0
    out = capsys.readouterr().out
    assert "Customer" in out and "996" in out


@pytest.mark.parametrize("text, said", [("nmae: x\n", "name"), ("settings: {abc.aa: 1}\n", "abc.a"), ("parameters: {vat: maybe}\n", "included"), ("a: [1\n", "строка"),
                                        ("settings: {abc.a: 9}\n", "меньше 1"), ("inputs: {ordres: x.csv}\n", "orders")])
def test_company_yml_is_refused_in_words(tmp_path, sales, text, said, capsys):
    (tmp_path / "company.yml").write_text(text, encoding="utf-8")
    (tmp_path / "sales.csv").rename(tmp_path / "orders.csv")
    assert call("measure", "abc", tmp_path) == 2
    err = capsys.readouterr().err
    assert said in err and "company.yml" in err


def test_help_is_spoken_in_both_languages(capsys):
    assert call("audit", "--help") == 0 and "Параметры" in capsys.readouterr().out
    assert call("--lang", "en") == 2 or True
    capsys.readouterr()
    assert call("audit", "--help", lang="en") == 0
    out = capsys.readouterr().out
    assert not any("а" <= c.lower() <= "я" for c in out)


def test_module_and_debug(tmp_path):
    done = subprocess.run([sys.executable, "-m", "kbreport", "audit", "nowhere", "--debug"], capture_output=True, text=True, cwd=ROOT, env=os.environ | {"KB_LANG": "en"})
    assert done.returncode == 1 and "Traceback" in done.stderr and "InputMissing" in done.stderr
    done = subprocess.run([sys.executable, "-m", "kbreport", "audit", "nowhere"], capture_output=True, text=True, cwd=ROOT, env=os.environ | {"KB_LANG": "en"})
    assert done.returncode == 3 and done.stderr.startswith("There is no such file")


def test_a_place_that_cannot_be_written(sales, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert call("audit", sales, "--output-dir", tmp_path / "file" / "deep", "--no-progress") == 2
    assert "--output-dir" in capsys.readouterr().err
