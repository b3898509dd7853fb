"""Marks: what the notebooks of trainees hold, judged again, as one workbook.

A trainee's notebook is data: its code is not run. The records in its outputs say what was answered, with how many attempts
and hints; whether it is right is computed here, once per chapter and base. A task whose solution was opened before it was
right earns no point.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbreport import errors, words
from kbreport.learn import master
from kbreport.learn.judge import NOT_TRIED, NOT_YET, RIGHT, SAID, check
from kbreport.learn.lesson import MIME, open_base
from kbreport.report.files import write_bytes
from kbreport.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

UNCHECKED = "unchecked"
WORDS = SAID | {UNCHECKED: N_("не проверено: нет данных слушателя")}
_MOST = 20_000_000  # bytes of a notebook of answers


@dataclass(frozen=True)
class Mark:
    """One task of one trainee. `status`: right, not_yet, not_tried, unchecked."""

    task: int
    title: str
    status: str
    attempts: int
    hints: int
    solution: bool

    @property
    def points(self) -> int:
        return int(self.status == RIGHT and not self.solution)


@dataclass(frozen=True)
class Work:
    """One notebook: whose it is, its chapter, its marks; `problem` says why it could not be graded."""

    file: str
    student: str = ""
    chapter: int | None = None
    marks: list[Mark] = field(default_factory=list)
    problem: str = ""


def graded(path: Path) -> Work:
    """The work in one notebook; a file that is none of ours is said, never raised."""
    try:
        node = _read(path)
        chapter, data = _about(node)
        tasks = master.tasks(chapter)
    except errors.KbreportError as problem:
        return Work(path.name, problem=str(problem))
    records = list(_records(node))
    student = next((str(r["student"]) for r in reversed(records) if r.get("student")), "")
    of_task: dict[int, list[dict]] = {}
    for record in records:
        if record.get("chapter") == chapter and isinstance(record.get("task"), int):
            of_task.setdefault(record["task"], []).append(record)
    return Work(path.name, student, chapter, [_mark(task, of_task.get(task.number, []), chapter, data) for task in tasks])


def _read(path: Path) -> dict:
    try:
        if path.stat().st_size > _MOST:
            raise errors.InputUnreadable(N_("Файл {file} слишком велик для тетради с ответами."), file=path.name, remedy=N_("Пришлите тетрадь, которую создала команда kbreport learn."))
        node = json.loads(path.read_text(encoding="utf-8"))
    except OSError as bad:
        raise errors.InputMissing(N_("Не прочитан файл {file}: {why}."), file=path.name, why=words.trouble(bad), remedy=N_("Проверьте имя и путь.")) from bad
    except (ValueError, RecursionError) as bad:
        raise _foreign(path.name) from bad
    if not isinstance(node, dict) or not isinstance(node.get("cells"), list):
        raise _foreign(path.name)
    return node | {"name": path.name}


def _foreign(name: str) -> errors.InputUnreadable:
    return errors.InputUnreadable(N_("Файл {file} — не тетрадь с упражнениями."), file=name, remedy=N_("Пришлите тетрадь, которую создала команда kbreport learn."))


def _about(node: dict) -> tuple[int, str | None]:
    """(chapter, place of own data) from the notebook's metadata."""
    meta = node.get("metadata")
    learn = (meta.get("kbreport") or {}).get("learn") if isinstance(meta, dict) and isinstance(meta.get("kbreport"), dict) else None
    if not isinstance(learn, dict) or not isinstance(learn.get("chapter"), int):
        raise _foreign(node["name"])
    return learn["chapter"], learn.get("data") if isinstance(learn.get("data"), str) else None


def _records(node: dict) -> Iterator[dict]:
    """What `check`, `ask`, `hint` and `solution` left in the outputs, in order of the cells."""
    for cell in node["cells"]:
        for output in cell.get("outputs") or () if isinstance(cell, dict) else ():
            data = output.get("data") if isinstance(output, dict) else None
            record = data.get(MIME) if isinstance(data, dict) else None
            if isinstance(record, dict):
                yield record


def _mark(task: master.Task, records: list[dict], chapter: int, data: str | None) -> Mark:
    """The best of the answers that stand in the notebook: fields, the cell below them, an earlier session."""
    answers = [_table(r["answer"]) for r in records if r.get("answer") is not None]
    right = _expected(chapter, task.number, data) if answers else None
    outcomes = {check(answer, right[0]).status for answer in answers} if right else {UNCHECKED} if answers else {NOT_TRIED}
    status = next(s for s in (RIGHT, NOT_YET, NOT_TRIED, UNCHECKED) if s in outcomes)
    most = {key: max((_count(r.get(key)) for r in records), default=0) for key in ("attempts", "hints")}
    return Mark(task.number, task.title, status, most["attempts"], most["hints"], any(bool(r.get("solution")) for r in records))


def _table(answer: Any) -> Any:
    """A table that was kept as columns is a table again."""
    if isinstance(answer, dict) and list(answer) == ["table"] and isinstance(answer["table"], dict):
        import pandas as pd

        return pd.DataFrame({str(k): pd.Series(v, dtype=object) for k, v in answer["table"].items() if isinstance(v, list)})
    return answer


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10_000 else 0


@cache
def _expected(chapter: int, number: int, data: str | None) -> tuple[Any] | None:
    """The right answer, once for all works on the same base; None where the trainee's own data are not here or cannot feed the task."""
    try:
        return (master.expected(master.tasks(chapter)[number - 1], _base(data)),)
    except (errors.KbreportError, KeyError, IndexError, AttributeError):
        return None


@cache
def _base(data: str | None):
    return open_base(data)


# ------------------------------------------------------------------ the workbook
def tables(works: Iterable[Work]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(one row per work, one row per task) with heads in the current language."""
    import pandas as pd

    works = list(works)
    total = [{_("Файл"): w.file, _("Слушатель"): w.student, _("Глава"): w.chapter, _("Баллы"): sum(m.points for m in w.marks), _("Из"): len(w.marks), _("Верно"): sum(m.status == RIGHT for m in w.marks),
              _("Попыток"): sum(m.attempts for m in w.marks), _("Подсказок"): sum(m.hints for m in w.marks), _("Замечание"): w.problem} for w in works]
    each = [{_("Файл"): w.file, _("Слушатель"): w.student, _("Глава"): w.chapter, _("Задание"): m.task, _("О чём"): m.title, _("Итог"): _(WORDS[m.status]), _("Баллы"): m.points,
             _("Попыток"): m.attempts, _("Подсказок"): m.hints, _("Смотрел решение"): _("да") if m.solution else ""} for w in works for m in w.marks]
    heads = [_("Файл"), _("Слушатель"), _("Глава"), _("Задание"), _("О чём"), _("Итог"), _("Баллы"), _("Попыток"), _("Подсказок"), _("Смотрел решение")]
    return pd.DataFrame(total), pd.DataFrame(each, columns=heads)


def write(works: Iterable[Work], path: Path) -> Path:
    """Both tables as a workbook with filters; texts stay texts, whatever a trainee called himself."""
    import pandas as pd

    total, each = tables(works)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with pd.ExcelWriter(out, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
        for name, frame in ((_("Ведомость"), total), (_("Задания"), each)):
            frame.to_excel(book, sheet_name=name, index=False)
            sheet = book.sheets[name]
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))
            for k, head in enumerate(frame.columns):
                widest = max([len(str(head)), *frame[head].astype(str).str.len()])
                sheet.set_column(k, k, min(widest + 2, 50))
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
    return write_bytes(path, out.getvalue())


def said(works: list[Work]) -> list[str]:
    """One line per work for the screen."""
    return [f"{w.file}: {w.problem}" if w.problem else f"{w.file}: {w.student or '—'} · " + _("глава {n}: {k} из {all}").format(n=words.number(w.chapter), k=words.number(sum(m.points for m in w.marks)), all=words.number(len(w.marks)))
            for w in works]
