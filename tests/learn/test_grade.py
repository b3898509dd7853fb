"""Marks: right answers are counted again from the notebook, its code is not run, hostile files are said."""

from __future__ import annotations

import io
import json
import time

import nbformat
import openpyxl
import pytest

from kbreport import words
from kbreport.cli.main import run
from kbreport.learn import chapter, grade, master
from kbreport.learn.lesson import MIME


@pytest.fixture(scope="module")
def four():
    return chapter(4, lang="ru")


def notebook(path, records, *, n=4, **more):
    """An edition with these records in its outputs, as JupyterLab saves them."""
    node = master.edition(n)
    node.metadata["kbreport"]["learn"] |= more
    for record in records:
        cell = nbformat.v4.new_code_cell("raise SystemExit('a trainee’s code is not run')")
        cell.outputs = [nbformat.v4.new_output("display_data", data={MIME: record, "text/plain": "x"})]
        node.cells.append(cell)
    nbformat.write(node, path)
    return path


def record(task, answer, **kw):
    return {"chapter": 4, "task": task, "status": "right", "answer": answer, "attempts": 2, "hints": 1, "solution": False, "student": "Иванова"} | kw


def marks(path):
    return {m.task: m for m in grade.graded(path).marks}


def test_answers_are_judged_again_and_a_status_in_the_file_is_not_believed(tmp_path, four):
    path = notebook(tmp_path / "a.ipynb", [record(7, ["K06", "K11"]), record(8, "K06"), record(2, four[2].expected), record(1, "9 490 000 ₽"), record(4, None, status="not_tried")])
    found = marks(path)
    assert {k: m.status for k, m in found.items()} == {1: "right", 2: "right", 3: "not_tried", 4: "not_tried", 5: "not_tried", 6: "not_tried", 7: "right", 8: "not_yet"}
    work = grade.graded(path)
    assert work.student == "Иванова" and work.chapter == 4 and sum(m.points for m in work.marks) == 3 and found[7].attempts == 2 and found[7].hints == 1


def test_the_best_answer_counts_and_an_opened_solution_earns_nothing(tmp_path):
    found = marks(notebook(tmp_path / "a.ipynb", [record(8, "k11", hints=2), record(8, None, attempts=0), record(8, "K01", attempts=3), record(7, ["K06", "K11"], solution=True)]))
    assert found[8].points == 1 and (found[8].attempts, found[8].hints) == (3, 2) and found[7].status == "right" and found[7].points == 0


def test_a_table_as_an_answer_survives_the_file(tmp_path, four):
    q = four[7]
    kept = q.check(q.lesson.base.measure("sales_potential").table.query("potential_status == 'missing'")[["client_id"]]).record
    assert kept["answer"] == {"table": {"client_id": ["K06", "K11"]}}
    assert grade._table(kept["answer"])["client_id"].tolist() == ["K06", "K11"]


def test_own_data_that_are_not_here_are_unchecked(tmp_path):
    found = marks(notebook(tmp_path / "a.ipynb", [record(7, ["K06"])], data=str(tmp_path / "nowhere")))
    assert found[7].status == "unchecked" and found[7].points == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 5}', '{"cells": [], "metadata": 7}', '{"cells": [], "metadata": {"kbreport": {"learn": {"chapter": "x"}}}}', "[" * 5000])
def test_a_file_that_is_none_of_ours_is_said(tmp_path, text):
    path = tmp_path / "x.ipynb"
    path.write_text(text, encoding="utf-8")
    work = grade.graded(path)
    assert "kbreport learn" in work.problem and not work.marks


def test_records_of_a_hostile_notebook_do_no_harm(tmp_path):
    bad = [record(7, {"table": 5}), record("x", 1), record(99, 1), record(8, {"table": {"a": [[]]}}, attempts=-5, hints="many"), 5, None, record(2, [["deep"]] * 50)]
    path = notebook(tmp_path / "a.ipynb", [])
    node = json.loads(path.read_text(encoding="utf-8"))
    node["cells"] += [{"outputs": [{"data": {MIME: r}}, 7, {"data": 3}]} for r in bad] + [5]
    path.write_text(json.dumps(node), encoding="utf-8")
    found = marks(path)
    assert {m.status for m in found.values()} <= {"not_yet", "not_tried"} and found[8].attempts == 0 and found[8].hints == 0


def test_a_missing_file_is_said(tmp_path):
    assert "no.ipynb" in grade.graded(tmp_path / "no.ipynb").problem


@pytest.mark.parametrize("lang, name", [("ru", "Ведомость"), ("en", "Marks")])
def test_the_workbook_holds_totals_and_tasks_and_no_formula(tmp_path, lang, name):
    path = notebook(tmp_path / "a.ipynb", [record(8, "K11", student='=HYPERLINK("x")')])
    with words.speaking(lang):
        out = grade.write([grade.graded(path), grade.graded(tmp_path / "none.ipynb")], tmp_path / "marks.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(out.read_bytes()))
    sheet = book[name]
    head = [c.value for c in sheet[1]]
    assert dict(zip(head, [c.value for c in sheet[2]]))[head[3]] == 1 and sheet["B2"].value == '=HYPERLINK("x")' and sheet["B2"].data_type == "s"
    assert book.worksheets[1].max_row == 9 and sheet.auto_filter.ref and sheet.freeze_panes


def test_thirty_notebooks_are_graded_in_seconds(tmp_path):
    files = [notebook(tmp_path / f"{i}.ipynb", [record(k, "K11") for k in range(1, 9)]) for i in range(30)]
    start = time.process_time()
    assert sum(sum(m.points for m in grade.graded(f).marks) for f in files) == 30
    assert time.process_time() - start < 20  # the promise of the command, an order of magnitude above what it takes


# ------------------------------------------------------------------ commands
def test_learn_writes_editions_and_keeps_answers(tmp_path, capsys):
    assert run(["learn", str(tmp_path), "--chapter", "3", "--seed", "5"]) == 0
    path = tmp_path / "ch3_exercises.ipynb"
    node = nbformat.read(path, as_version=4)
    assert "q = chapter(3, seed=5)" in "\n".join(c.source for c in node.cells) and "jupyter lab" in capsys.readouterr().err
    next(c for c in node.cells if c.id == "answer-1").source = "answer = 5"
    nbformat.write(node, path)
    assert run(["learn", str(tmp_path), "--chapter", "3"]) == 2 and "ch3_exercises.ipynb" in capsys.readouterr().err
    assert run(["learn", str(tmp_path), "--force"]) == 0 and (tmp_path / "ch4_exercises.ipynb").exists() and "answer = 5" not in path.read_text(encoding="utf-8")


def test_learn_refuses_a_chapter_without_exercises_and_data_that_are_not_there(tmp_path, capsys):
    assert run(["learn", str(tmp_path), "--chapter", "9"]) == 2 and "3, 4" in capsys.readouterr().err
    assert run(["learn", str(tmp_path), "--data", str(tmp_path / "nowhere.xlsx")]) == 3 and not list(tmp_path.glob("*.ipynb"))


def test_learn_on_own_data_names_the_place(tmp_path):
    own = tmp_path / "мои продажи.csv"
    own.write_text("client_id,order_date,amount\n" + "".join(f"c{i % 9},2025-{1 + i % 12:02d}-15,{100 * i + 100}\n" for i in range(60)), encoding="utf-8")
    assert run(["learn", str(tmp_path / "out"), "--chapter", "3", "--data", str(own), "--lang", "en"]) == 0
    node = nbformat.read(tmp_path / "out" / "ch3_exercises.ipynb", as_version=4)
    assert own.as_posix() in node.cells[2].source and node.metadata["kbreport"]["learn"]["data"] == own.as_posix() and "Who is in which class" in node.cells[8].source + node.cells[7].source


def test_grade_writes_the_marks_and_says_what_it_could_not_read(tmp_path, capsys):
    good, bad = notebook(tmp_path / "a.ipynb", [record(8, "K11")]), tmp_path / "b.ipynb"
    bad.write_text("нет", encoding="utf-8")
    out = tmp_path / "marks.xlsx"
    assert run(["grade", str(good), "--output", str(out)]) == 0 and "Иванова · глава 4: 1 из 8" in capsys.readouterr().out and out.exists()
    assert run(["grade", str(good), str(bad), "--output", str(out)]) == 1 and run(["grade"]) == 2
