"""A master notebook of exercises: its tasks, and the edition a trainee gets.

`notebooks/exercises/ch<N>.ipynb` holds everything: adding a chapter takes such a notebook and nothing else. Cells say by a
tag what they are; a task begins at a cell `task` and ends where the next begins.

    task      markdown: «### Прочитай · Кто в классе A», the question; lines like «- `S` — …» are a choice
    answer    code: between the solution markers the code that sets `answer` from `base` (measured, never stored)
    hint      markdown, three times: idea, where to look, almost the answer
    reading   markdown: how a head of sales reads the answer
    own       markdown: the same «в своей компании»
    code      any other code cell a trainee sees as it is

The trainee's edition keeps prose, `own` and an answer cell without its solution; hints and readings come from here on request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbreport import errors, home
from kbreport.words import N_, _

if TYPE_CHECKING:
    from nbformat import NotebookNode

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
KINDS = ("Прочитай", "Настрой", "Реши")
_CHOICE = re.compile(r"^- `([^`]+)` — (.+)$", re.M)


@dataclass
class Task:
    """One exercise as the master has it, in the language of the notebook (texts are message ids)."""

    number: int
    text: str
    solution: str = ""
    hints: list[str] = field(default_factory=list)
    reading: str = ""

    @property
    def title(self) -> str:
        return _(self.text).splitlines()[0].lstrip("# ").strip()

    @property
    def choices(self) -> dict[str, str]:
        """Code → words, where the question offers a choice."""
        return dict(_CHOICE.findall(_(self.text)))


def chapters() -> list[int]:
    """Chapters that have exercises."""
    return sorted(int(p.stem[2:]) for p in folder().glob("ch*.ipynb"))


def folder() -> Path:
    return home.notebooks() / "exercises"


def master(chapter: int) -> "NotebookNode":
    """The master notebook of a chapter."""
    import sys

    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # 1.3 s at import, not needed
    import nbformat

    path = folder() / f"ch{chapter}.ipynb"
    if not path.is_file():
        raise errors.UsageProblem(N_("Упражнений к главе {n} нет."), n=chapter, remedy=N_("Есть упражнения к главам: {all}."), all=", ".join(map(str, chapters())))
    return nbformat.read(path, as_version=4)


def tag_of(cell: Any) -> str:
    """What a cell is: the first of our tags, or nothing."""
    return next((t for t in cell.metadata.get("tags", ()) if t in ("task", "answer", "hint", "reading", "own", "setup", "check")), "")


@cache
def tasks(chapter: int) -> tuple[Task, ...]:
    """The tasks of a chapter in their order."""
    found: list[Task] = []
    for cell in master(chapter).cells:
        tag = tag_of(cell)
        if tag == "task":
            found.append(Task(len(found) + 1, cell.source))
        elif found and tag == "answer":
            found[-1].solution = solution_of(cell.source)
        elif found and tag == "hint":
            found[-1].hints.append(cell.source)
        elif found and tag == "reading":
            found[-1].reading = cell.source
    return tuple(found)


def solution_of(source: str) -> str:
    """The lines between the markers."""
    return source.partition(BEGIN)[2].partition(END)[0].strip("\n")


def expected(task: Task, base: Any) -> Any:
    """The right answer on this base, computed by the master's own lines."""
    import pandas as pd

    import kbreport as kb

    scope: dict[str, Any] = {"base": base, "kb": kb, "pd": pd}
    exec(compile(task.solution, f"<{task.number}>", "exec"), scope)  # noqa: S102  the lines are of our own package
    return scope["answer"]


def edition(chapter: int, data: str | None = None, lang: str = "ru", seed: int | None = None) -> "NotebookNode":
    """The trainee's notebook: questions, answer cells without solutions, no hints and no readings; in the current language."""
    import nbformat.v4 as v4

    source, by_code = master(chapter), _("или ответ кодом: число, список кодов, словарь, таблица")
    node = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                                     "kbreport": {"learn": {"chapter": chapter} | ({"data": data} if data else {})}})
    number = 0
    for i, cell in enumerate(source.cells):
        tag = tag_of(cell)
        number += tag == "task"
        name = f"{tag or cell.cell_type}-{i}"
        if tag in ("hint", "reading", "check"):
            continue
        if tag == "setup":
            node.cells.append(v4.new_code_cell(_setup(chapter, data, lang, seed), id=name))
        elif tag == "answer":
            node.cells.append(v4.new_code_cell(f"q[{number}].ask()", id=f"ask-{number}"))
            node.cells.append(v4.new_code_cell(f"answer = None  # {by_code}\nq[{number}].check(answer)", id=f"answer-{number}"))
        elif cell.cell_type == "markdown":
            text = _(cell.source)
            node.cells.append(v4.new_markdown_cell(text if tag != "task" else text.replace("### ", f"### {chapter}.{number} · ", 1), id=name))
        else:
            node.cells.append(v4.new_code_cell(cell.source, id=name))
    return node


def _setup(chapter: int, data: str | None, lang: str, seed: int | None) -> str:
    more = "".join(f", {k}={v!r}" for k, v in (("data", data), ("lang", lang if lang != "ru" else None), ("seed", seed)) if v is not None)
    return f"import kbreport as kb\nfrom kbreport.learn import chapter\n\nq = chapter({chapter}{more})\nbase = q.base"
