"""The playbook: in the chosen language, wired to a company, signed; the reader's work is never lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from kbreport import home, playbook, words
from kbreport.cli.main import run
from kbreport.errors import UsageProblem


def call(*arguments, lang="ru") -> int:
    with words.speaking(lang):
        return run([str(a) for a in arguments])


def books(folder: Path) -> dict[str, nbformat.NotebookNode]:
    return {p.stem: nbformat.read(p, 4) for p in folder.glob("*.ipynb")}


def parameters(nb) -> dict:
    values: dict = {}
    exec(next(c.source for c in nb.cells if "parameters" in c.metadata.get("tags", [])), values)
    return {k: v for k, v in values.items() if not k.startswith("__")}


@pytest.fixture(autouse=True)
def _own_signatures(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


@pytest.fixture
def company(tmp_path) -> Path:
    place = tmp_path / "моя компания"
    place.mkdir()
    (place / "orders.csv").write_text("client_id,order_date,amount,manager_id\n" + "".join(f"K{i},2025-{m:02d}-10,{100 + i},M{i % 2}\n" for i in range(9) for m in range(1, 13)))
    return place


def test_without_data_it_is_wired_to_the_sample_company_in_the_chosen_language(tmp_path, capsys):
    assert call("playbook", tmp_path / "book", "--lang", "en", lang="en") == 0
    out, err = capsys.readouterr()
    made = books(tmp_path / "book")
    assert set(made) == {p.stem for p in playbook.sources()} and "manager_month" not in made and len(out.splitlines()) == len(made) and f"jupyter lab {tmp_path / 'book'}" in err
    for name, nb in made.items():
        assert parameters(nb) == {"company": "sample", "period": "12m", "as_of": "", "manager": "", "lang": "en", "settings": {}}
        assert not [c.source for c in nb.cells if any("а" <= x.lower() <= "я" for x in c.source)], name
        assert not [c for c in nb.cells if c.get("outputs")]


def test_company_and_scope_stand_in_the_parameters_cell_with_the_comments_kept(tmp_path, company, capsys):
    assert call("playbook", tmp_path / "book", company, "--manager", "M1", "--period", "2025", "-p", "abc.a", "0.7", "-p", "vat", "excluded") == 0
    nb = books(tmp_path / "book")["ch3_measurements"]
    assert parameters(nb) == {"company": company.resolve().as_posix(), "period": "2025", "as_of": "", "manager": "M1", "lang": "ru", "settings": {"abc.a": 0.7, "vat": "excluded"}}
    cell = next(c.source for c in nb.cells if "parameters" in c.metadata.get("tags", []))
    assert all("  # " in line for line in cell.splitlines())
    assert "frd" in capsys.readouterr().err  # what these data cannot feed is said


def test_the_notebooks_are_signed(tmp_path):
    from nbformat.sign import NotebookNotary

    playbook.write(tmp_path / "book", {"company": "sample"}, "ru")
    assert all(NotebookNotary().check_signature(nb) for nb in books(tmp_path / "book").values())


def test_a_changed_notebook_stops_everything_and_is_named(tmp_path, capsys):
    folder = tmp_path / "book"
    assert call("playbook", folder) == 0
    mine = folder / "ch4_abcd.ipynb"
    mine.write_text(mine.read_text().replace("settings = {}", "settings = {'abc.a': 0.6}"))
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    capsys.readouterr()
    assert call("playbook", folder, "--lang", "en", lang="en") == 2
    out, err = capsys.readouterr()
    assert out == "" and "ch4_abcd.ipynb" in err and "--force" in err and "ch3" not in err
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert call("playbook", folder, "--lang", "en", "--force", lang="en") == 0
    assert parameters(books(folder)["ch4_abcd"])["settings"] == {}


def test_a_foreign_file_of_the_same_name_is_the_readers(tmp_path):
    (tmp_path / "audit.ipynb").write_text("not a notebook")
    with pytest.raises(UsageProblem, match="audit.ipynb"):
        playbook.write(tmp_path, {}, "ru")
    assert [p.name for p in tmp_path.iterdir()] == ["audit.ipynb"]


def test_outputs_are_kept_when_nothing_changed_and_another_language_replaces(tmp_path, capsys):
    folder = tmp_path / "book"
    assert call("playbook", folder) == 0
    path = folder / "ch1_role.ipynb"
    nb = nbformat.read(path, 4)
    nb.cells[1].outputs = [nbformat.v4.new_output("stream", text="hello")]
    nbformat.write(nb, path)
    capsys.readouterr()
    assert call("playbook", folder) == 0
    assert capsys.readouterr().out.count("(без изменений)") == len(books(folder)) and "hello" in path.read_text()
    assert call("playbook", folder, "--lang", "en", lang="en") == 0
    assert "hello" not in path.read_text() and parameters(books(folder)["ch1_role"])["lang"] == "en"


@pytest.mark.parametrize("arguments, code, said", [
    (["{tmp}/book", "nowhere"], 3, "nowhere"),
    (["{tmp}/book", "--manager", "M99"], 2, "M99"),
    (["{tmp}/book", "-p", "abc.aa", "1"], 2, "abc.a"),
    (["{tmp}/file/book"], 2, "file"),
    ([], 2, "ПАПКА"),
])
def test_wrong_calls_write_nothing(arguments, code, said, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert call("playbook", *(a.format(tmp=tmp_path) for a in arguments)) == code
    assert said in capsys.readouterr().err and not (tmp_path / "book").exists()


def test_the_programs_own_notebooks_are_safe_even_from_force():
    with pytest.raises(UsageProblem, match="исходные"):
        playbook.write(home.notebooks(), {}, "ru", force=True)


@pytest.mark.notebooks
def test_a_setting_changed_in_the_cell_moves_the_result(tmp_path):
    from kbreport.notebook import Job, execute

    playbook.write(tmp_path / "book", {"company": "training", "period": "2024"}, "ru")
    source, shares = tmp_path / "book" / "ch3_measurements.ipynb", []
    for value in ("{}", "{'abc.a': 0.4}"):
        source.write_text(source.read_text().replace("settings = {}", f"settings = {value}"))
        (ran,) = execute([Job(source, tmp_path / "out.ipynb", {})])
        assert ran.error is None
        shown = [o["data"] for c in nbformat.read(ran.path, 4).cells if c.get("id") == "abc" for o in c.outputs]
        rows = shown[0]["application/vnd.kbreport.result+json"]["tables"]["by_class"]["rows"]
        shares.append(json.dumps(rows))
    assert shares[0] != shares[1]


@pytest.mark.notebooks
def test_run_leaves_executed_signed_notebooks_and_pages_beside(tmp_path, capsys):
    from nbformat.sign import NotebookNotary

    folder = tmp_path / "book"
    assert call("playbook", folder, "training", "--period", "2024", "--lang", "en", "--run", "--no-progress", lang="en") == 0
    made = books(folder)
    assert all(NotebookNotary().check_signature(nb) for nb in made.values())
    assert all(c.execution_count for nb in made.values() for c in nb.cells if c.cell_type == "code")
    assert {p.stem for p in folder.glob("*.html")} == set(made) and capsys.readouterr().out.count(".html") == len(made)
    page = (folder / "ch3_measurements.html").read_text(encoding="utf-8")
    order = [page.index(text) for text in ("3.2 ABC analysis", "<strong>Question.</strong>", "base.measure(&#34;abc&#34;)")]
    assert order[0] < order[2] and "<svg" in page and "http://" not in page.replace("http://www.w3.org", "")
    assert call("playbook", folder, "training", "--period", "2024", "--lang", "en", lang="en") == 0  # only run: nothing of the reader's is there
    assert capsys.readouterr().out.count("(unchanged)") == len(made)


@pytest.mark.notebooks
def test_a_notebook_that_fails_is_named_and_left_as_it_was(tmp_path):
    from kbreport.errors import NotebookFailed

    playbook.write(tmp_path, {"company": "nowhere"}, "ru")
    before = (tmp_path / "ch1_role.ipynb").read_bytes()
    with pytest.raises(NotebookFailed, match="ch1_role.ipynb"):
        playbook.run([tmp_path / "ch1_role.ipynb"], "ru")
    assert (tmp_path / "ch1_role.ipynb").read_bytes() == before and (tmp_path / "ch1_role.failed.ipynb").exists()


@pytest.mark.parametrize("source", sorted(home.notebooks().glob("ch*.ipynb")), ids=lambda p: p.stem)
def test_every_measure_is_one_line_after_question_why_how_how_to_read_and_what_to_do(source):
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(source.read_text(encoding="utf-8"))["cells"]}
    measured = [name for name, text in cells.items() if text.startswith("base.measure(")]
    assert measured
    for name in measured:
        prose = cells[f"{name}-text"] + cells[f"{name}-more"]
        assert cells[name] == f'base.measure("{name}")' and prose.startswith("## ")
        assert [w for w in ("Вопрос", "Зачем", "Как считаем", "Как читать", "Что делать") if f"**{w}.**" not in prose] == [], name
