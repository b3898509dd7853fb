"""The audit end to end: files of the contract, both languages, nothing half written, hostile names, determinism."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kbreport import words
from kbreport.batch import Options, audit

pytestmark = pytest.mark.notebooks
ROOT = Path(__file__).resolve().parents[1]
HOSTILE = ["<script>alert(1)</script>", '=HYPERLINK("http://x")', "../../x", '#let x = read("/etc/passwd")', "{{ 7*7 }}", "$\\frac{1}{2}$", "**жирный**", "a\"b,c;d"]


def made(place, out, **more):
    return audit(place, opts=Options(output_dir=out, **more))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with (folder / "sales.csv").open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file)
        write.writerow(["client_name", "order_date", "amount", "manager_name", "order_id"])
        for i, name in enumerate(HOSTILE):
            for m in range(1, 13):
                write.writerow([name, f"2024-{m:02d}-{10 + i}", 1000 * (i + 1) + m, name, f"{name}-{m}"])
                write.writerow([name, f"2025-{m:02d}-{10 + i}", 900 * (i + 1) + m, name, f"{name}-{m}-b"])
    return made(folder / "sales.csv", folder / "out", lang="ru")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    out = tmp_path_factory.mktemp("sample")
    return {lang: made("sample", out / lang, lang=lang) for lang in ("ru", "en")}


def test_the_files_of_the_contract_are_there(sample):
    folder = sample["ru"].folder
    assert folder.name == "2025" and folder.parent.name == "ooo-dvinskii-promsnab"
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {"audit.html", "audit.pdf", "audit.xlsx", "findings.json", "run.json", "run.log", "tables/abc.csv", "tables/abc.by_class.csv", "notebooks/audit.ipynb",
            "notebooks/ch3_measurements.ipynb"} <= names
    assert not [n for n in names if ".part" in n or n.startswith(".")]
    assert [p.name for p in folder.parent.iterdir()] == ["2025"]
    assert (folder / "notebooks" / "ch3_measurements.results" / "abc.main.parquet").exists()  # longer than 200 rows


def test_run_json_follows_its_schema_and_money_in_is_money_out(sample):
    jsonschema = pytest.importorskip("jsonschema")
    record = json.loads((sample["ru"].folder / "run.json").read_text())
    jsonschema.validate(record, json.loads((ROOT / "docs" / "run.schema.json").read_text()))
    rows = record["rows"]
    parts = [rows["used"], rows["outside_period"], rows["after_as_of"], *rows["excluded"]]
    assert sum(p["rows"] for p in parts) == rows["in"]["rows"]
    assert round(sum(p["amount"] for p in parts), 2) == rows["in"]["amount"]
    with (sample["ru"].folder / "tables" / "abc.csv").open(encoding="utf-8") as file:
        total = sum(float(r["amount"] or 0) for r in csv.DictReader(file))
    assert round(total, 2) == rows["used"]["amount"]


def test_findings_have_the_fields_of_the_contract_and_each_rouble_is_booked_once(sample):
    findings = json.loads((sample["ru"].folder / "findings.json").read_text())
    fields = "code method section level text fact baseline gap money money_low money_high currency clients values rank assumption money_counted".split()
    assert all(list(f) == fields for f in findings) and [f["rank"] for f in findings] == list(range(1, len(findings) + 1))
    counted = [f for f in findings if f["money_counted"]]
    clients = [c["client_id"] for f in counted for c in f["clients"]]
    money = {}
    for f in counted:
        for c in f["clients"]:
            money.setdefault(c["client_id"], c["money"])
    loss = [f for f in counted if f["code"] in ("lifecycle.falling_asleep", "reactivation.sleeping", "reactivation.lost")]
    assert loss and len(clients) >= len(set(clients))
    assert sum(f["money_counted"] for f in counted) <= sum(money.values()) * 2 + 1


def test_measure_prints_the_bytes_of_the_csv(sample, capfdbinary):
    from kbreport.cli.main import run

    assert run(["measure", "abc", "sample", "--format", "csv"]) == 0
    assert capfdbinary.readouterr().out == (sample["ru"].folder / "tables" / "abc.csv").read_bytes()


def test_the_english_report_has_no_russian_word_but_names_of_the_data(sample):
    """Cyrillic in an English page may only stand inside data: client, manager, category names and file texts."""
    from kbreport.run import open_run

    run = open_run("sample", lang="en")
    data = set(re.findall(r"[А-Яа-яЁё]+", " ".join([*run.facts.clients["client_name"], *run.managers.values(), run.company.name, *run.facts.others["managers"]["team"].dropna(),
                                                  *run.facts.category_months["category"].unique(), *map(str, run.facts.others["touches"]["campaign"].dropna().unique()),
                                                  *(str(v) for c in run.facts.clients for v in run.facts.clients[c].dropna().unique()), *map(str, run.facts.order_days["channel"].dropna().unique()), *json.dumps(run.data, ensure_ascii=False).split()])))
    from openpyxl import load_workbook
    from pypdf import PdfReader

    folder = sample["en"].folder
    texts = {name: re.sub(r"@font-face.*?}|<style.*?</style>|<script.*?</script>", " ", (folder / name).read_text(encoding="utf-8"), flags=re.S) for name in ("audit.html", "findings.json")}
    texts["audit.pdf"] = " ".join(p.extract_text() for p in PdfReader(folder / "audit.pdf").pages).replace("\u00ad", "")
    texts["audit.xlsx"] = " ".join(str(c) for sheet in load_workbook(folder / "audit.xlsx", read_only=True) for row in [[sheet.title], *sheet.iter_rows(values_only=True)] for c in row if isinstance(c, str))
    for name, text in texts.items():
        strange = {w for w in re.findall(r"[А-Яа-яЁё]+", text)} - data
        strange = {w for w in strange if not any(known.startswith(w) for known in data)}  # names cut to fit a chart
        assert not strange, f"{name}: {sorted(strange)[:20]}"


def test_the_russian_report_has_no_english_sentence(sample):
    text = re.sub(r"<(style|script).*?</\1>", " ", (sample["ru"].folder / "audit.html").read_text(encoding="utf-8"), flags=re.S)
    text = re.sub(r"<[^>]+>", " ", text)
    assert not re.findall(r"\b(?:the|and|with|of sales)\b", text)


def test_hostile_names_stay_text_everywhere(hostile):
    folder = hostile.folder
    page = (folder / "audit.html").read_text(encoding="utf-8")
    assert "<script>alert(1)</script>" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page.replace("\u2060", "") and "root:" not in page and ">49<" not in page
    from openpyxl import load_workbook

    values = [c for sheet in load_workbook(folder / "audit.xlsx") for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c for c in values if c.data_type == "f"]
    texts = {str(c.value) for c in values}
    assert set(HOSTILE) <= texts
    with (folder / "tables" / "abc.csv").open(encoding="utf-8", newline="") as file:
        assert {r["client_name"] for r in csv.DictReader(file)} == set(HOSTILE)
    from pypdf import PdfReader

    words_of_pdf = "".join(p.extract_text() for p in PdfReader(folder / "audit.pdf").pages)
    squeezed = re.sub(r"\s", "", words_of_pdf)
    assert "<script>" in squeezed and "read(" in squeezed and "root:" not in squeezed
    assert not [p for p in folder.rglob("*") if ".." in p.name or "/" in p.name]
    nb = json.loads((folder / "notebooks" / "ch3_measurements.ipynb").read_text())
    html = "".join("".join(o["data"].get("text/html", "")) for c in nb["cells"] for o in c.get("outputs", []) if "data" in o)
    assert "<script>alert(1)</script>" not in html


def test_an_unchanged_report_is_skipped_and_forced_when_asked(sample):
    again = audit("sample", opts=Options(output_dir=sample["ru"].folder.parents[1], lang="ru"))
    assert again.status == "skipped"
    assert audit("sample", opts=Options(output_dir=sample["ru"].folder.parents[1], lang="ru", formats=("xlsx",), force=True)).status == "ok"
    assert (sample["ru"].folder / "audit.html").exists()


def test_a_failing_notebook_is_kept_marked_and_the_old_report_survives(tmp_path, monkeypatch):
    import nbformat

    from kbreport import home

    books = tmp_path / "notebooks"
    books.mkdir()
    for name in ("ch3_measurements", "audit"):
        (books / f"{name}.ipynb").write_bytes((home.notebooks() / f"{name}.ipynb").read_bytes())
    nb = nbformat.read(books / "ch3_measurements.ipynb", 4)
    nb.cells.append(nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(nb, books / "ch3_measurements.ipynb")
    monkeypatch.setattr(home, "notebooks", lambda: books)
    outcome = made("training", tmp_path / "out", formats=("html",))
    assert outcome.status == "failed" and "ZeroDivisionError" in str(outcome.error)
    kept = outcome.folder / "notebooks" / "ch3_measurements.failed.ipynb"
    assert "papermill-error-cell" in kept.read_text() and json.loads((outcome.folder / "run.json").read_text())["status"] == "failed"


def test_two_runs_are_byte_identical_under_another_hash_seed_and_zone(tmp_path):
    digests = []
    for seed, zone in (("1", "UTC"), ("77", "Asia/Vladivostok")):
        out = tmp_path / seed
        env = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "KB_CACHE": str(tmp_path / f"cache{seed}")}
        subprocess.run([sys.executable, "-m", "kbreport", "audit", "training", "--output-dir", str(out), "--no-progress"], check=True, env=env, cwd=ROOT, capture_output=True)
        files = sorted(p for p in out.rglob("*") if p.suffix in (".html", ".pdf", ".xlsx", ".csv") or p.name == "findings.json")
        digests.append({p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files})
    assert digests[0] == digests[1] and len(digests[0]) > 5


def test_the_spawn_path_gives_the_same_pages(tmp_path):
    env = os.environ | {"KB_START_METHOD": "spawn"}
    subprocess.run([sys.executable, "-m", "kbreport", "audit", "training", "--output-dir", str(tmp_path / "spawn"), "--to", "html", "--no-progress"], check=True, env=env, cwd=ROOT, capture_output=True)
    made("training", tmp_path / "fork", formats=("html",))
    pages = [next((tmp_path / way).rglob("audit.html")).read_bytes() for way in ("spawn", "fork")]
    assert pages[0] == pages[1]


def test_one_manager_sees_only_his_clients(tmp_path):
    from kbreport.run import open_run

    with words.speaking("ru"):
        run = open_run("sample", manager="M01")
        mine = set(run.card()["client_id"])
        others = set(run.whole.card()["client_id"]) - mine
        for name, reason in run.fed_methods().items():
            if reason:
                continue
            result = run.measure(name)
            for table in result.tables.values():
                if "client_id" in table:
                    assert not set(table["client_id"]) & others, name
            said = json.dumps([result.blocks, [f.text + f.detail for f in result.findings], [f.clients for f in result.findings]], ensure_ascii=False)
            foreign = run.whole.card().set_index("client_id").loc[sorted(others), "client_name"]
            unique = [n for n in foreign if n not in set(run.card()["client_name"])]
            assert not [n for n in unique if n in said], name


def test_the_period_of_an_earlier_run_is_not_taken_from_the_cache(tmp_path, monkeypatch):
    """The facts of both runs are the same, the periods are not: notebooks must get the one asked for now."""
    from kbreport.run import open_run

    monkeypatch.setenv("KB_CACHE", str(tmp_path / "cache"))
    assert open_run("sample", period="2024").parameters.period == "2024"
    again = open_run("sample")
    assert again.parameters.period == "12m" and again.period.slug == "2025"
    record = made("sample", tmp_path / "out", formats=("html",)).record
    assert record["parameters"]["period"] == "12m"
    shown = json.loads((tmp_path / "out" / "ooo-dvinskii-promsnab" / "2025" / "notebooks" / "ch3_measurements.ipynb").read_text())
    assert {o["data"]["application/vnd.kbreport.result+json"]["provenance"]["period"] for c in shown["cells"] for o in c.get("outputs", []) if "application/vnd.kbreport.result+json" in o.get("data", {})} == {"2025"}


def test_cached_facts_keep_the_period_that_is_asked_for(tmp_path):
    """Facts of 2024 and 2025 are the same entry of the cache; the second report must not be of the first one's period."""
    from tests.month.companies import sales

    place = sales(tmp_path / "firm", {"M1": 6}, extra=[["x", "2025-12-27", "M1X03", "M1name03", "M1", 9_999]])
    for year, total in (("2024", 252_000), ("2025", 261_999)):
        folder = made(place, tmp_path / "out", period=year, formats=("xlsx",)).folder
        with (folder / "tables" / "abc.csv").open(encoding="utf-8") as file:
            assert sum(float(r["amount"]) for r in csv.DictReader(file)) == total
