"""Lessons of chapters 3 and 4: the master is all right, the trainee's edition all untried, nothing wrong raises or tells the answer."""

from __future__ import annotations

import json
import re

import nbformat
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport import errors, words
from kbreport.learn import chapter, check, master
from kbreport.learn.lesson import MIME

LESSONS = {n: chapter(n, lang="ru") for n in master.chapters()}
TASKS = [(n, k) for n, lesson in LESSONS.items() for k in range(1, len(lesson) + 1)]


def lesson(n=3, **kw):
    fresh = chapter(n, lang=kw.pop("lang", "ru"), **kw)
    fresh.__dict__["base"] = LESSONS[n].base
    return fresh


def test_chapters_three_and_four_have_eight_to_ten_tasks():
    assert master.chapters() == [3, 4] and all(8 <= len(x) <= 10 for x in LESSONS.values())


def test_m6_answers_of_the_methods_page():
    three, four = ({q.number: q.expected for q in LESSONS[n].questions} for n in (3, 4))
    assert three[1] == {"A": ["K01", "K02", "K03", "K04"], "B": ["K05", "K07", "K08"], "C": ["K09", "K10", "K11"], "N": ["K06", "K12"]}
    assert three[2] == pytest.approx(0.827, abs=5e-4) and sorted(three[3]) == ["K06", "K08", "K11", "K12"]
    assert three[4] == pytest.approx({"CRR": 0.8, "GRR": 0.85, "NRR": 0.953}, abs=5e-4)
    assert three[5] == pytest.approx({"clients": 0, "frequency": -842_276, "check": 768_276}, abs=1)
    assert three[7] == {"sleeping": ["K04"], "lost": ["K06", "K12"]} and three[8] == pytest.approx(0.434, abs=5e-4)
    assert three[10] == pytest.approx({"top1": 0.377, "top3": 0.745, "HHI": 0.226}, abs=5e-4)
    assert four[1] == 9_490_000 and four[2]["A"] == ["K01", "K03", "K04"] and four[2]["D"] == ["K05", "K08", "K09", "K10", "K12"]
    assert four[3] == {"sales": ["K05"], "volume": ["K08"]} and four[4] == pytest.approx(78 / 136) and sorted(four[7]) == ["K06", "K11"] and four[8] == "K11"


def test_adjusted_settings_move_the_answer():
    assert LESSONS[3][6].expected == ["K01", "K02", "K03"] != LESSONS[3][1].expected["A"] and LESSONS[4][5].expected == ["K02"]


@pytest.mark.parametrize("n, k", TASKS)
def test_the_master_answer_is_right_and_has_hints_reading_and_a_half_of_its_own(n, k):
    q = lesson(n)[k]
    assert q.check(q.expected).plain.startswith("✓") and len(q.task.hints) == 3 and q.task.reading and q.task.title.split(" · ")[0] in master.KINDS
    tags = [master.tag_of(c) for c in master.master(n).cells]
    assert tags.count("own") == tags.count("task") == len(LESSONS[n])


def wrong_answers(expected):
    yield from ("чушь", 10 ** 400, float("nan"), float("inf"), object(), pd.DataFrame({"x": [1]}), {"z": 1}, ["K99"], b"\x00", {"A": object()}, [[1, [2]]], "=1+1", pd.Series([1.0]))
    if isinstance(expected, dict):
        yield {k: "K99" for k in expected}


def said_of(q, shown) -> str:
    return shown.plain + shown.html + json.dumps({k: v for k, v in shown.record.items() if k != "answer"}, ensure_ascii=False)


@pytest.mark.parametrize("n, k", TASKS)
def test_a_wrong_answer_never_raises_and_never_tells_the_right_one(n, k):
    q = lesson(n)[k]
    secrets = re.findall(r"K\d\d|\d{3,}|develop", json.dumps(q.expected, default=str))
    for answer in wrong_answers(q.expected):
        shown = q.check(answer)
        assert shown.plain[0] in "✗…" and not any(s in said_of(q, shown) for s in secrets)
        json.dumps(shown.record)
    assert q.status != "right"


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6))
def test_whatever_is_answered_gets_an_outcome(answer):
    for expected in (0.8, "K11", ["K01"], {"A": ["K01"], "B": 0.5}, pd.DataFrame({"a": ["x"], "b": [1.0]})):
        assert check(answer, expected).status in ("right", "not_yet", "not_tried")


def test_hints_climb_and_are_counted_and_the_solution_shows_code_and_reading():
    q = lesson(3)[1]
    first, second = q.hint(), q.hint()
    assert "1 из 3" in first.plain and "2 из 3" in second.plain and q.hint().plain == q.hint().plain and q.hints_seen == 3
    assert "groupby" in q.solution().plain and q.task.reading in q.solution().plain and q.solution().record["solution"] is True


def test_a_solution_opened_after_the_right_answer_costs_nothing():
    q = lesson(4)[8]
    q.check("K11")
    assert q.solution().record["solution"] is False


def test_progress_and_the_name():
    three = lesson(3)
    three[2].check("82,7")
    assert "верно 1 задание из 10" in three.progress().plain and "осталось: 1, 3" in three.progress().plain
    three.student("Иванова")
    assert three[2].check("82,7%").record["student"] == "Иванова"
    with pytest.raises(errors.UsageProblem, match="от 1 до 10"):
        three[11]


def test_percent_may_be_written_without_its_sign():
    assert check("82,7", 0.8272).status == "right" and check("0.827", 0.8272).status == "right" and check("82,7", 82.72).status == "right" and check("0,5", 50).status == "not_yet"


def test_own_data_that_cannot_feed_a_task_are_said(tmp_path):
    (tmp_path / "orders.csv").write_text("client_id,order_date,amount\n" + "".join(f"c{i},2025-{1 + i % 12:02d}-15,{100 * i + 100}\n" for i in range(40)), encoding="utf-8")
    four = chapter(4, data=str(tmp_path), lang="ru")
    assert "не проверить" in four[1].check(5).plain and four[1].attempts == 0
    three = chapter(3, data=str(tmp_path), lang="ru")
    assert three[1].check(three[1].expected).plain.startswith("✓")


# ------------------------------------------------------------------ the trainee's edition
@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("n", [3, 4])
def test_the_edition_holds_no_solution_no_hint_no_reading_and_one_language(n, lang):
    with words.speaking(lang):
        node = master.edition(n, lang=lang)
        tasks = [(_.solution, words._(_.reading), [words._(h) for h in _.hints]) for _ in master.tasks(n)]
    nbformat.validate(node)
    text = "\n".join(c.source for c in node.cells)
    assert "SOLUTION" not in text and not any(part in text for solution, reading, hints in tasks for part in (solution, reading, *hints))
    assert text.count(".check(answer)") == text.count(".ask()") == len(tasks) and (lang == "ru" or not re.search("[а-яё]", text, re.I))


@pytest.mark.parametrize("n", [3, 4])
def test_the_edition_runs_untried_without_an_exception(n):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    for cell in master.edition(n).cells:
        if cell.cell_type == "code":
            assert shell.run_cell(cell.source).success, cell.source
    assert {q.status for q in shell.user_ns["q"].questions} == {"not_tried"}


def test_the_record_travels_with_what_is_shown():
    shown = lesson(4)[7].check(["K06", "K11"])
    bundle = shown._repr_mimebundle_()
    assert bundle[MIME] == {"chapter": 4, "task": 7, "status": "right", "answer": ["K06", "K11"], "attempts": 1, "hints": 0, "solution": False, "student": ""} and set(bundle) == {MIME, "text/html", "text/plain"}


def test_a_chapter_without_exercises_is_said():
    with pytest.raises(errors.UsageProblem, match="3, 4"):
        chapter(9)
