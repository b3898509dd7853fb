"""Every manager's report, unattended: files, statuses, exit codes, resume, one batch per folder, defined outcomes of bad days."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from kbreport.batch import Options, batch
from kbreport.batch.places import LONGEST, alone, slugs, swapped
from kbreport.cli.main import run as cli
from kbreport.errors import EmptyPlan, PlaceProblem
from tests.month.companies import people, sales

pytestmark = pytest.mark.notebooks
ROOT = Path(__file__).resolve().parents[1]
FILES = {"report.html", "report.pdf", "report.xlsx", "findings.json", "run.json", "run.log"}


def made(place, out, **more):
    return batch(place, opts=Options(output_dir=out, **more))


def folder_of(out: Path, company: str = "firm") -> Path:
    return out / company / "2025-12"


def shown(path: Path) -> str:
    """The page as it is read: no-break spaces are spaces."""
    return path.read_text(encoding="utf-8").replace("\u00a0", " ")


def statuses(done) -> dict[str, str]:
    return {name: getattr(o, "status", type(o).__name__) for name, o in done.outcomes}


@pytest.fixture(scope="module")
def firm(tmp_path_factory) -> Path:
    place = sales(tmp_path_factory.mktemp("data") / "firm", {"M1": 6, "M2": 7})
    return people(place, [("M1", "Анна Кольцова"), ("M2", "Пётр Лобанов"), ("M3", "Без Клиентов")])


@pytest.fixture(scope="module")
def done(firm, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return made(firm, out), out


# ------------------------------------------------------------------ the usual day
def test_the_files_of_the_contract(done):
    outcome, out = done
    folder = folder_of(out)
    assert statuses(outcome) == {"Анна Кольцова": "ok", "Пётр Лобанов": "ok"} and outcome.exit_code == 0
    assert {p.name for p in folder.iterdir()} == {"managers", "index.html"}
    assert {p.name for p in (folder / "managers").iterdir()} == {"anna-koltsova", "petr-lobanov", "run.json"}
    one = folder / "managers" / "anna-koltsova"
    assert {p.name for p in one.iterdir() if p.is_file()} == FILES
    assert {"manager_month.csv", "manager_month.clients.csv", "call_list.csv"} <= {p.name for p in (one / "tables").iterdir()}
    assert [p.name for p in (one / "notebooks").iterdir()] == ["manager_month.ipynb"]


def test_every_run_json_follows_the_schema(done):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "run.schema.json").read_text())
    for path in sorted(folder_of(done[1]).rglob("run.json")):
        jsonschema.validate(json.loads(path.read_text()), schema)
    whole = json.loads((folder_of(done[1]) / "managers" / "run.json").read_text())
    assert whole["rows"]["in"]["rows"] == 13 * 24 and whole["sales"] == {"managers": 49000.0, "nobody": 0.0} and whole["rows"]["used"]["amount"] == 49000.0
    assert {r["name"]: r["status"] for r in whole["reports"]} == {"Анна Кольцова": "ok", "Пётр Лобанов": "ok", "Без Клиентов": "refused"}


def test_findings_tables_and_workbook_say_the_same(done):
    import openpyxl

    one = folder_of(done[1]) / "managers" / "anna-koltsova"
    rows = {r["row"]: r for r in csv.DictReader((one / "tables" / "manager_month.csv").open(encoding="utf-8"))}
    assert float(rows["net_sales"]["value"]) == 21000.0 and rows["debt"]["value"] == ""
    book = openpyxl.load_workbook(one / "report.xlsx")
    assert book.sheetnames[:3] == ["Итоги", "Позвонить", "Клиенты менеджера"]
    assert isinstance(json.loads((one / "findings.json").read_text()), list)


def test_the_index_names_everybody_and_links_only_to_files_that_are_there(done):
    import re

    folder = folder_of(done[1])
    page = shown(folder / "index.html")
    assert all(name in page for name in ("Анна Кольцова", "Пётр Лобанов", "Без Клиентов", "нет клиентов"))
    links = [x for x in re.findall(r'href="([^"#]+)"', page)]
    assert len(links) == 8 and all((folder / x).is_file() for x in links)
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page


def test_a_second_run_makes_nothing_and_force_makes_all(firm, done):
    outcome, out = done
    before = {p: p.stat().st_mtime_ns for p in folder_of(out).rglob("*") if p.is_file()}
    again = made(firm, out)
    assert set(statuses(again).values()) == {"skipped"} and again.exit_code == 0
    assert before == {p: p.stat().st_mtime_ns for p in folder_of(out).rglob("*") if p.is_file()}


def test_a_changed_setting_or_input_makes_anew(firm, tmp_path):
    place = shutil.copytree(firm, tmp_path / "firm")
    made(place, tmp_path / "out")
    assert set(statuses(made(place, tmp_path / "out", overrides={"abc.a": 0.7})).values()) == {"ok"}
    with (place / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("new,2025-12-28,M1X00,M1name00,M1,5\n")
    assert set(statuses(made(place, tmp_path / "out")).values()) == {"ok"}
    assert set(statuses(made(place, tmp_path / "out", force=True)).values()) == {"ok"}


def test_a_lost_file_is_made_again_and_only_that_report(firm, tmp_path):
    made(firm, tmp_path)
    (folder_of(tmp_path) / "managers" / "anna-koltsova" / "report.pdf").unlink()
    assert statuses(made(firm, tmp_path)) == {"Анна Кольцова": "ok", "Пётр Лобанов": "skipped"}


def test_dry_run_writes_nothing(firm, tmp_path, capsys):
    assert cli(["batch", str(firm), "--dry-run", "--output-dir", str(tmp_path / "out"), "--no-progress"]) == 0
    said = capsys.readouterr().out
    assert said.count("будет сделан:") == 2 and "будет сделано: 2" in said and not (tmp_path / "out").exists()


def test_progress_and_the_last_line(firm, tmp_path, capsys):
    assert cli(["batch", str(firm), "--output-dir", str(tmp_path / "out"), "-j", "1"]) == 0
    out, err = capsys.readouterr()
    assert "[1/2]" in err and "[2/2]" in err and out.splitlines()[-1] == "готово: 2, пропущено: 0, ошибок: 0"
    assert out.splitlines()[0] == str(folder_of(tmp_path / "out") / "index.html")


def test_one_manager_by_name(firm, tmp_path):
    assert statuses(made(firm, tmp_path, manager="Пётр Лобанов")) == {"Пётр Лобанов": "ok"}
    assert "не делался" in shown(folder_of(tmp_path) / "index.html")


def test_many_companies_one_of_them_broken(firm, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "orders.csv").write_text("client_id,order_date,amount\n")
    other = sales(tmp_path / "other", {"M9": 5})
    code = cli(["batch", str(tmp_path / "empty"), str(firm), str(other), "--output-dir", str(tmp_path / "out"), "--no-progress"])
    out, err = capsys.readouterr()
    assert code == 1 and out.count("index.html") == 2 and "empty" in err and "готово: 3, пропущено: 0, ошибок: 1" in out


# ------------------------------------------------------------------ bad days
def broken(monkeypatch, manager: str) -> None:
    """The bundle of one manager loses its clients on the way."""
    from kbreport.month.bundle import Bundle

    save = Bundle.save

    def lossy(self, folder):
        place = save(self, folder)
        if self.meta["manager"] == manager:
            (place / "clients.parquet").unlink()
        return place

    monkeypatch.setattr(Bundle, "save", lossy)


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_bad_manager_stops_nobody_and_only_failed_mends_him(firm, tmp_path, monkeypatch, capsys, method):
    monkeypatch.setenv("KB_START_METHOD", method)
    with monkeypatch.context() as bad:
        broken(bad, "M1")
        code = cli(["batch", str(firm), "--output-dir", str(tmp_path), "--no-progress"])
    out, err = capsys.readouterr()
    folder = folder_of(tmp_path)
    assert code == 1 and "готово: 1, пропущено: 0, ошибок: 1" in out and "Тетрадь manager_month.ipynb, ячейка" in err
    one = folder / "managers" / "anna-koltsova"
    assert {p.name for p in one.iterdir()} == {"notebooks", "run.json", "run.log"} and [p.name for p in (one / "notebooks").iterdir()] == ["manager_month.failed.ipynb"]
    assert "An Exception was encountered" in (one / "notebooks" / "manager_month.failed.ipynb").read_text(encoding="utf-8")
    assert json.loads((one / "run.json").read_text())["status"] == "failed"
    page = shown(folder / "index.html")
    assert "не сделан" in page and "manager_month.failed.ipynb" in page and "--only-failed" in page and str(tmp_path) not in page
    assert cli(["batch", str(firm), "--output-dir", str(tmp_path), "--no-progress", "--only-failed"]) == 0
    assert "готово: 1, пропущено: 1, ошибок: 0" in capsys.readouterr().out
    assert (one / "report.pdf").exists() and not (one / "notebooks" / "manager_month.failed.ipynb").exists()
    assert cli(["batch", str(firm), "--output-dir", str(tmp_path), "--no-progress", "--only-failed"]) == 0


def test_a_manager_whose_bundle_cannot_be_made_stops_nobody(firm, tmp_path, monkeypatch):
    from kbreport.month import bundle

    make = bundle.bundle_of
    monkeypatch.setattr(bundle, "bundle_of", lambda d, m: make(d, m) if m != "M1" else 1 / 0)
    done = made(firm, tmp_path)
    assert statuses(done) == {"Анна Кольцова": "failed", "Пётр Лобанов": "ok"} and done.exit_code == 1
    assert "ZeroDivisionError" in (folder_of(tmp_path) / "index.html").read_text(encoding="utf-8")


def test_a_killed_batch_leaves_whole_reports_and_the_next_run_makes_the_missing(firm, tmp_path):
    """kill -9 as soon as the first report stands in its place."""
    command = [sys.executable, "-m", "kbreport", "batch", str(firm), "--output-dir", str(tmp_path), "-j", "1", "--no-progress"]
    running = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folder = folder_of(tmp_path)
    deadline = time.monotonic() + 120
    while running.poll() is None and not list((folder / "managers").glob("*/run.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    whole = list((folder / "managers").glob("*/run.json"))
    assert whole and all({p.name for p in path.parent.iterdir() if p.is_file()} == FILES for path in whole)
    done = made(firm, tmp_path)
    assert done.exit_code == 0 and list(statuses(done).values()).count("skipped") == len(whole) and list(statuses(done).values()).count("ok") == 2 - len(whole)
    assert {p.name for p in folder.iterdir()} == {"managers", "index.html"}  # what the dead one left is swept away


def test_the_second_batch_on_a_folder_says_so_and_stops(firm, tmp_path, capsys):
    with alone(folder_of(tmp_path)):
        assert cli(["batch", str(firm), "--output-dir", str(tmp_path), "--no-progress"]) == 2
    assert "уже работает другой запуск kbreport batch" in capsys.readouterr().err
    assert made(firm, tmp_path).exit_code == 0


def test_a_place_that_cannot_be_written(firm, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli(["batch", str(firm), "--output-dir", str(tmp_path / "file"), "--no-progress"]) == 2
    said = capsys.readouterr().err
    assert "Нельзя писать в" in said and "на этом пути стоит файл, а не папка" in said and "Not a directory" not in said


def test_help_and_refusal_of_a_period_name_what_batch_takes(firm, tmp_path, capsys):
    assert cli(["batch", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "без него — последний полный месяц" in said and "12 месяцев" not in said
    for period in ("2025-13", "all"):
        assert cli(["batch", str(firm), "--period", period, "--output-dir", str(tmp_path), "--no-progress"]) == 2
        said = capsys.readouterr().err
        assert "2025-12, 2025-Q4." in said and "all" not in said.replace("«all»", "") and "2024-07" not in said


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(firm, tmp_path, capsys):
    tmp_path.chmod(0o500)
    assert cli(["batch", str(firm), "--output-dir", str(tmp_path / "out"), "--no-progress"]) == 2
    tmp_path.chmod(0o700)


def test_a_full_disk_fails_the_report_and_keeps_the_old_one(firm, tmp_path):
    """No file may grow beyond 40 kB: HTML and PDF do not fit, the batch goes on, says it and leaves no half file."""
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)); from kbreport.cli.main import main; main(sys.argv[1:])"
    ran = subprocess.run([sys.executable, "-c", limited, "batch", str(firm), "--output-dir", str(tmp_path), "--no-progress"], cwd=ROOT, capture_output=True, text=True, env=os.environ | {"KB_LANG": "ru"})
    assert ran.returncode == 1, ran.stderr
    assert "report.html" in ran.stderr and "готово: 0, пропущено: 0, ошибок: 2" in ran.stdout or "Не удалось записать" in ran.stderr
    assert not [p for p in tmp_path.rglob("*.part")] and not [p for p in tmp_path.rglob("report.html")]


def test_a_disk_that_is_full_when_the_report_is_put_in_place(firm, tmp_path, monkeypatch):
    from kbreport.batch import managers

    made(firm, tmp_path)
    old = (folder_of(tmp_path) / "managers" / "anna-koltsova" / "report.html").read_bytes()

    def full(new, folder, aside):
        if folder.name == "anna-koltsova":
            raise OSError(28, "No space left on device")
        swapped(new, folder, aside)

    monkeypatch.setattr(managers, "swapped", full)
    done = made(firm, tmp_path, force=True)
    assert statuses(done) == {"Анна Кольцова": "failed", "Пётр Лобанов": "ok"} and "на диске нет места" in str(done.errors[0][1])
    assert (folder_of(tmp_path) / "managers" / "anna-koltsova" / "report.html").read_bytes() == old


def test_without_managers_there_is_nobody_to_report_on(tmp_path, capsys):
    (tmp_path / "sales.csv").write_text("client_id,order_date,amount\n" + "".join(f"K{i},2025-{m:02d}-28,{100 + i}\n" for i in range(9) for m in range(1, 13)))
    assert cli(["batch", str(tmp_path / "sales.csv"), "--output-dir", str(tmp_path / "out"), "--no-progress"]) == 3
    assert "--by company" in capsys.readouterr().err


def test_a_month_without_sales_in_the_company_and_one_of_a_manager(tmp_path):
    place = sales(tmp_path / "firm", {"M1": 6}, extra=[[f"o{i}{m}", f"2025-{m:02d}-20", f"Q{i}", f"Тихий {i}", "M2", 900] for i in range(5) for m in range(1, 12)])
    done = made(place, tmp_path / "out")
    assert statuses(done) == {"M1": "ok", "M2": "ok"}
    quiet = {r["row"]: r["value"] for r in csv.DictReader((folder_of(tmp_path / "out") / "managers" / "m2" / "tables" / "manager_month.csv").open(encoding="utf-8"))}
    assert float(quiet["net_sales"]) == 0.0 and float(quiet["clients"]) == 5 and float(quiet["lost_clients"]) == 5
    [(_, refused)] = made(sales(tmp_path / "hole", {"M1": 6}, skip=("2025-11",)), tmp_path / "out", period="2025-11").outcomes
    assert isinstance(refused, EmptyPlan)


# ------------------------------------------------------------------ names of folders
def test_equal_names_get_their_ids_and_long_ones_fit():
    long = "Я" * 300
    found = slugs({"M1": "Иван Петров", "M2": "Иван Петров", "M3": long, "M4": long, "M5": "…", "а/1": "Анна", "а-1": "анна", "x": "con"})
    assert found["M1"] == "ivan-petrov-m1" and found["M2"] == "ivan-petrov-m2" and found["M5"] == "m5" and found["x"] == "con_"
    assert len({name.lower() for name in found.values()}) == len(found) and max(map(len, found.values())) <= LONGEST


def test_hostile_and_endless_names_make_whole_reports(tmp_path):
    place = people(sales(tmp_path / "firm", {"M1": 5, "M2": 5, "M3": 5, "M4": 5}), [("M1", "И" * 300), ("M2", "../../x"), ("M3", "<script>alert(1)</script>"), ("M4", "=HYPERLINK(1)")])
    done = made(place, tmp_path / "out", jobs=2)
    assert done.exit_code == 0 and done.count("ok") == 4
    assert all(o.folder.parent == folder_of(tmp_path / "out") / "managers" and len(o.folder.name) <= 60 for _n, o in done.outcomes)
    assert "<script>alert" not in (folder_of(tmp_path / "out") / "index.html").read_text(encoding="utf-8")


def test_notes_of_a_reader_survive_a_new_report(tmp_path):
    new, old, aside = tmp_path / "new", tmp_path / "old", tmp_path / "aside"
    for place, text in ((new, "new"), (old, "old")):
        place.mkdir()
        (place / "report.html").write_text(text)
    (old / "my notes.txt").write_text("!")
    swapped(new, old, aside)
    assert (old / "report.html").read_text() == "new" and (old / "my notes.txt").exists() and not aside.exists()


# ------------------------------------------------------------------ privacy, determinism
@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Two managers; every name, id, mail and phone of theirs a marker; a client handed over in the middle of the year."""
    place = sales(tmp_path_factory.mktemp("planted") / "firm", {"OWNM": 12, "THEIRM": 12}, extra=[[f"h{m}", f"2025-{m:02d}-27", "THEIRMX99", "THEIRMname99", "OWNM", 70_000] for m in range(1, 7)] + [["z", "2025-12-27", "THEIRMX99", "THEIRMname99", "OWNM", 5]])
    with (place / "clients.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["client_id", "client_name", "manager_id", "email", "phone", "inn"])
        for m in ("OWNM", "THEIRM"):
            write.writerows([f"{m}X{i:02d}", f"{m}name{i:02d}", m, f"{m}mail{i}@x.example", f"{m}phone{i}", ""] for i in [*range(12), *([99] if m == "THEIRM" else [])])
    with (place / "touches.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["touch_id", "client_id", "manager_id", "at", "channel", "direction", "result", "occasion"])
        write.writerows([f"T{m}{i}", f"{m}X{i % 12:02d}", m, f"2025-{i % 12 + 1:02d}-10T10:00", "call", "out", "reached", f"{m}occasion"] for m in ("OWNM", "THEIRM") for i in range(40))
    return place


def everything(path: Path) -> str:
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    if path.suffix == ".pdf":
        import re
        import zlib

        from pypdf import PdfReader

        raw = path.read_bytes()
        streams = []
        for found in re.finditer(rb"stream\r?\n(.*?)endstream", raw, flags=re.S):
            try:
                streams.append(zlib.decompress(found[1]).decode("latin-1"))
            except zlib.error:
                continue
        return "".join([*(page.extract_text() for page in PdfReader(path).pages), *streams, raw.decode("latin-1")]).replace("\n", "")
    if path.suffix == ".parquet":
        import pandas as pd

        return pd.read_parquet(path).to_csv()
    return path.read_bytes().decode("utf-8", "ignore")


def test_no_byte_of_a_managers_files_names_anothers_client(planted, tmp_path):
    done = made(planted, tmp_path)
    assert done.exit_code == 0
    folders = {o.record["manager"]: o.folder for _n, o in done.outcomes}
    for own, other in (("OWNM", "THEIRM"), ("THEIRM", "OWNM")):
        files = [p for p in folders[own].rglob("*") if p.is_file()]
        assert {".html", ".pdf", ".xlsx", ".csv", ".json", ".ipynb"} <= {p.suffix for p in files}
        assert any(f"{own}name01" in everything(p) for p in files)
        marks = [other + kind for kind in ("name", "X", "mail", "phone", "occasion")]
        assert [(p.name, m) for p in files for m in marks if m in everything(p)] == []


def test_the_bundle_holds_his_rows_only(planted, tmp_path):
    from kbreport.month.bundle import bundle_of
    from kbreport.month.report import department_of

    place = bundle_of(department_of(planted), "OWNM").save(tmp_path / "bundle")
    assert not [p.name for p in place.iterdir() if "THEIRM" in everything(p)]


def test_of_fewer_than_five_others_nothing_is_said(tmp_path):
    place = sales(tmp_path / "firm", {"M1": 6, "M2": 4}, extra=[["s", "2025-12-27", "M2X00", "M2name00", "M2", 123_456.78]])
    done = made(place, tmp_path / "out")
    one = next(o.folder for _n, o in done.outcomes if o.record["manager"] == "M1")
    words = ("123456", "123 456", "123\u00a0456", "133456", "133\u00a0456", "154456", "154\u00a0456")  # theirs alone, theirs in all, the company
    assert [(p.name, w) for p in one.rglob("*") if p.is_file() for w in words if w in everything(p)] == []


def digest(folder: Path) -> dict[str, str]:
    """Every file but the clock: seconds of run.json and run.log."""
    out = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "run.log"):
        data = path.read_bytes()
        if path.name == "run.json":
            record = json.loads(data)
            for one in (record, *record["notebooks"], *record.get("reports", [])):
                one.pop("seconds", None)
            data = json.dumps(record, sort_keys=True).encode()
        out[path.relative_to(folder).as_posix()] = hashlib.sha256(data).hexdigest()
    return out


def test_serial_parallel_and_spawned_are_byte_identical(firm, tmp_path):
    ways = {"serial": (["-j", "1"], {}), "two": (["-j", "2"], {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}), "spawn": (["-j", "2"], {"KB_START_METHOD": "spawn"})}
    for name, (more, env) in ways.items():
        subprocess.run([sys.executable, "-m", "kbreport", "batch", str(firm), "--output-dir", str(tmp_path / name), "--no-progress", *more], cwd=ROOT, check=True, env=os.environ | env, capture_output=True)
    one, two, spawn = (digest(tmp_path / name) for name in ways)
    assert len(one) > 20 and one == two == spawn


def test_the_notebook_runs_by_itself_and_says_the_same(firm, done, tmp_path):
    """The same notebook by plain papermill, on the company instead of a bundle: the same results."""
    from kbreport.notebook import Job, run_job
    from kbreport.report import results

    import nbformat

    ran = run_job(Job(ROOT / "notebooks" / "manager_month.ipynb", tmp_path / "m.ipynb", {"company": str(firm), "period": "2025-12", "as_of": "", "manager": "M1", "lang": "ru", "settings": {}}))
    assert ran.error is None
    read = lambda path: [(r.method, r.findings, r.blocks, {n: t.rows for n, t in r.tables.items()}) for r in results.read(nbformat.read(path, as_version=4))]  # noqa: E731
    assert read(tmp_path / "m.ipynb") == read(folder_of(done[1]) / "managers" / "anna-koltsova" / "notebooks" / "manager_month.ipynb")


def test_the_lock_is_free_again(tmp_path):
    with alone(tmp_path / "x") as work:
        assert work.is_dir()
        with pytest.raises(PlaceProblem), alone(tmp_path / "x"):
            pass
    with alone(tmp_path / "x"):
        pass
    assert not list((tmp_path / "x").iterdir())


@pytest.mark.browser
@pytest.mark.parametrize("width", (1400, 390))
def test_the_index_on_a_screen_and_a_phone(firm, tmp_path, monkeypatch, width):
    """Nothing hangs out, no request, no complaint; the buttons and the search show the rows they say; heads sort."""
    sync_api = pytest.importorskip("playwright.sync_api")
    from tests.chromium import CHROMIUM

    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    with monkeypatch.context() as bad:
        broken(bad, "M1")
        made(firm, tmp_path)
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = running.new_page(viewport={"width": width, "height": 900})
        said, asked = [], []
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("request", lambda r: asked.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        page.goto((folder_of(tmp_path) / "index.html").as_uri())
        rows = lambda: page.evaluate("[...document.querySelectorAll('#t-reports tbody tr')].filter(r => !r.hidden).length")  # noqa: E731
        assert page.evaluate("document.documentElement.scrollWidth") <= width and rows() == 3
        page.click("#t-reports .chips button[data-f=fail]")
        assert rows() == 1 and page.get_attribute("#t-reports .chips button[data-f=fail]", "aria-pressed") == "true"
        page.click("#t-reports .chips button[data-f='']")
        page.fill("#t-reports input[type=search]", "лобанов")
        assert rows() == 1 and said == [] and asked == []
        running.close()
