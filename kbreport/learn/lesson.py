"""A lesson in a notebook: `q = chapter(3)`, `q[3].check(answer)`, `q[3].ask()`, `hint()`, `solution()`, `q.progress()`.

What is shown carries a record (`application/vnd.kbreport.answer+json`: the answer, the outcome, attempts, hints) that stays
in the saved notebook: `kbreport grade` reads it and judges again. A record never holds the right answer.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kbreport import errors, words
from kbreport.learn import master
from kbreport.learn.judge import NOT_TRIED, NOT_YET, RIGHT, SAID, Outcome, check
from kbreport.words import N_, _, n_, number

MIME = "application/vnd.kbreport.answer+json"
SIGN = {RIGHT: "✓", NOT_YET: "✗", NOT_TRIED: "…"}
TONE = {RIGHT: "#1F7A64", NOT_YET: "#B3452F", NOT_TRIED: "#5A6673"}


@dataclass(frozen=True)
class Shown:
    """Something a cell shows: HTML, plain text, and the record that is kept."""

    html: str
    plain: str
    record: dict | None = None

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/html": self.html, "text/plain": self.plain} | ({MIME: self.record} if self.record else {})

    def __str__(self) -> str:
        return self.plain


@dataclass
class Question:
    """One task of a lesson with what the trainee has done on it."""

    task: master.Task
    lesson: "Lesson"
    attempts: int = 0
    hints_seen: int = 0
    solution_seen: bool = False
    status: str = NOT_TRIED
    answer: Any = None
    _handle: Any = field(default=None, repr=False)

    @property
    def number(self) -> int:
        return self.task.number

    @cached_property
    def expected(self) -> Any:
        """The right answer on the lesson's base; kept in memory only."""
        return master.expected(self.task, self.lesson.base)

    def check(self, answer: Any) -> Shown:
        """Judge an answer; nothing a trainee writes raises."""
        with words.speaking(self.lesson.lang):
            refused = self._refused()
            if refused:
                return refused
            outcome = check(answer, self.expected)
            if outcome.status != NOT_TRIED:
                self.attempts += 1
                self.answer = plain_of(answer)
                self.status = RIGHT if self.status == RIGHT else outcome.status
            return self._shown(outcome)

    def hint(self) -> Shown:
        """The next of three hints: idea, where to look, almost the answer."""
        with words.speaking(self.lesson.lang):
            hints = self.task.hints
            self.hints_seen = min(self.hints_seen + 1, len(hints))
            text = _("Подсказка {k} из {n}. {text}").format(k=self.hints_seen, n=len(hints), text=_(hints[self.hints_seen - 1]))
            return said(text, self._record())

    def solution(self) -> Shown:
        """The lines that compute the answer, and how a head of sales reads it."""
        with words.speaking(self.lesson.lang):
            self.solution_seen = self.solution_seen or self.status != RIGHT
            code = f"<pre>{html.escape(self.task.solution)}</pre>"
            return Shown(code + f"<p>{html.escape(_(self.task.reading))}</p>", f"{self.task.solution}\n\n{_(self.task.reading)}", self._record())

    def ask(self):
        """Fields and buttons where the notebook has widgets; elsewhere how to answer by code."""
        from kbreport.learn import widgets

        with words.speaking(self.lesson.lang):
            refused = self._refused()
            if refused or not widgets.possible(self):
                return refused or said(_("Ответьте в следующей ячейке: q[{n}].check(…).").format(n=self.number))
            from IPython.display import display

            display(widgets.form(self))
            # made while the cell runs: what a click displays afterwards belongs to no cell and is not saved, an update is
            self._handle = display(Shown("", " "), display_id=True)
            return None

    def show(self, outcome: Shown) -> None:
        """Under the fields, in place of what stood there; kept in the saved notebook."""
        self._handle.update(outcome)

    def _refused(self) -> Shown | None:
        """Own data may lack what a task needs: that is said, it is no error of the trainee."""
        try:
            self.expected
        except (errors.KbreportError, KeyError, IndexError, AttributeError) as lack:
            why = str(lack) if isinstance(lack, errors.KbreportError) else _("в этих данных нет того, о чём вопрос")
            return said(_("Это задание на этих данных не проверить: {why}.").format(why=why.rstrip(".")))
        return None

    def _shown(self, outcome: Outcome) -> Shown:
        tail = "" if outcome.status == RIGHT or self.hints_seen >= len(self.task.hints) else " " + _("Подсказка: q[{n}].hint().").format(n=self.number) if outcome.status == NOT_YET else ""
        line = f"{SIGN[outcome.status]} {outcome.text}.{tail}"
        return Shown(f'<p style="color:{TONE[outcome.status]}"><b>{html.escape(line)}</b></p>', line, self._record())

    def _record(self) -> dict:
        return {"chapter": self.lesson.chapter, "task": self.number, "status": self.status, "answer": self.answer, "attempts": self.attempts, "hints": self.hints_seen,
                "solution": self.solution_seen, "student": self.lesson.name}


class Lesson:
    """The exercises of a chapter on one base: `lesson[1]` … and `lesson.progress()`."""

    def __init__(self, chapter: int, data: str | None = None, lang: str | None = None, seed: int | None = None):
        self.chapter, self.data, self.lang, self.seed, self.name = chapter, data, lang or words.language(), seed, ""
        self.questions = [Question(task, self) for task in master.tasks(chapter)]

    @cached_property
    def base(self):
        """The training base, or the trainee's own company."""
        return open_base(self.data, self.lang)

    def open(self, **settings: Any):
        """The same base with other settings: `q.open(**{"abc.a": 0.7})`."""
        return open_base(self.data, self.lang, settings)

    def __getitem__(self, number: int) -> Question:
        if not isinstance(number, int) or not 1 <= number <= len(self.questions):
            raise errors.UsageProblem(N_("Задания {n} нет."), n=str(number), remedy=N_("В главе {chapter} задания от 1 до {last}."), chapter=self.chapter, last=len(self.questions))
        return self.questions[number - 1]

    def __len__(self) -> int:
        return len(self.questions)

    def student(self, name: str) -> Shown:
        """Who answers: the name goes into the marks."""
        self.name = str(name).strip()
        with words.speaking(self.lang):
            return said(_("Работу выполняет: {name}").format(name=self.name), {"chapter": self.chapter, "student": self.name})

    def progress(self) -> Shown:
        """How far the trainee is: a bar and what is left."""
        with words.speaking(self.lang):
            done = sum(q.status == RIGHT for q in self.questions)
            bar = "█" * done + "░" * (len(self) - done)
            left = ", ".join(str(q.number) for q in self.questions if q.status != RIGHT)
            line = f"{bar} " + n_("верно {n} задание из {all}", "верно {n} заданий из {all}", done, all=number(len(self))) + (" · " + _("осталось: {left}").format(left=left) if left else "")
            return said(line)

    def __repr__(self) -> str:
        return self.progress().plain


def said(text: str, record: dict | None = None) -> Shown:
    return Shown(f"<p>{html.escape(text)}</p>", text, record)


def open_base(data: str | None, lang: str | None = None, settings: dict | None = None):
    """The base of a lesson: the training base where no data are given."""
    from kbreport import home
    from kbreport.run import open_run

    return open_run(data or home.sample() / "training", lang=lang, settings=settings)


def plain_of(answer: Any) -> Any:
    """An answer as JSON can keep it, cut where somebody pastes a book."""
    if hasattr(answer, "columns"):
        return {"table": {str(c): [plain_of(v) for v in answer[c].head(200)] for c in answer.columns}}
    if isinstance(answer, dict):
        return {str(k): plain_of(v) for k, v in list(answer.items())[:100]}
    if isinstance(answer, (list, tuple, set)) or hasattr(answer, "tolist"):
        return [plain_of(v) for v in list(answer.tolist() if hasattr(answer, "tolist") and not isinstance(answer, (list, tuple, set)) else sorted(answer, key=str) if isinstance(answer, set) else answer)[:2000]] \
            if not hasattr(answer, "item") or getattr(answer, "size", 2) != 1 else plain_of(answer.item())
    if answer is None or isinstance(answer, (bool, int)):
        return answer
    if isinstance(answer, float):
        return answer if answer == answer and abs(answer) != float("inf") else None
    return str(answer)[:2000]


__all__ = ["MIME", "Lesson", "Question", "SAID", "Shown", "open_base", "plain_of"]
