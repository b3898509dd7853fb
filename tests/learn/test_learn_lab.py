"""A trainee in a real JupyterLab in Chromium: opens chapter 3, answers with the fields, sees hints, saves; the file is graded."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from kbreport.cli.main import run
from kbreport.learn import chapter, grade
from kbreport.learn.lesson import MIME
from tests.test_lab import browser, home, lab, opened, run_all, saved  # noqa: F401  fixtures

pytest.importorskip("jupyterlab")
pytestmark = [pytest.mark.browser, pytest.mark.notebooks]


@pytest.fixture(scope="module")
def books(home) -> Path:  # noqa: F811
    folder = home / "exercises"
    assert run(["learn", str(folder), "--chapter", "3"]) == 0
    return folder


def field(page, k: int):
    """The output of the cell `q[k].ask()`."""
    cell = page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=f"q[{k}].ask()"))
    cell.scroll_into_view_if_needed()
    return cell


def test_a_trainee_answers_with_fields_sees_hints_saves_and_is_graded(opened, books):  # noqa: F811
    path = books / "ch3_exercises.ipynb"
    page = opened("ch3_exercises.ipynb")
    run_all(page)
    saved(page, path)
    second = field(page, 2)
    second.locator("input[type=text]").fill("50 %")
    second.get_by_role("button", name="Проверить").click()
    second.get_by_text("Пока нет").first.wait_for(timeout=30_000)
    second.get_by_role("button", name="Подсказка").click()
    second.get_by_text("Подсказка 1 из 3").first.wait_for(timeout=30_000)
    second.locator("input[type=text]").fill("82,7 %")
    second.get_by_role("button", name="Проверить").click()
    second.get_by_text("Верно").first.wait_for(timeout=30_000)
    seventh = field(page, 7)
    for box, text in zip(seventh.locator("input[type=text]").all(), ("K04", "k12; K06")):
        box.fill(text)
    seventh.get_by_role("button", name="Проверить").click()
    seventh.get_by_text("Верно").first.wait_for(timeout=30_000)
    page.keyboard.press("Control+s")
    page.wait_for_timeout(3000)
    node = nbformat.read(path, as_version=4)
    kept = [o["data"][MIME] for c in node.cells for o in c.get("outputs", ()) if MIME in o.get("data", {})]
    assert {r["task"] for r in kept if r.get("status") == "right"} == {2, 7}
    work = grade.graded(path)
    assert {m.task for m in work.marks if m.points} == {2, 7} and next(m for m in work.marks if m.task == 2).attempts == 2 and next(m for m in work.marks if m.task == 2).hints == 1
    assert chapter(3, lang="ru")[3].expected and "K06" not in "".join(str(r) for r in kept if r.get("task") == 3)
