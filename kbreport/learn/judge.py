"""Answers of a trainee against computed ones: right, not yet (what is off, never the answer), not tried.

Exercises arrive with their notebooks; what stands here is the judge they share: tolerant of rounding (0.5 %), of order, of
`80%` for 0.8, of `1 234,5`. Expected values are computed by methods, never stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kbreport.words import N_, _

TOLERANCE = 0.005
RIGHT, NOT_YET, NOT_TRIED = "right", "not_yet", "not_tried"
SAID = {RIGHT: N_("Верно"), NOT_YET: N_("Пока нет"), NOT_TRIED: N_("Ещё не заполнено")}


@dataclass(frozen=True)
class Outcome:
    """`status` right | not_yet | not_tried; `where` names the key or column that differs first, never its value."""

    status: str
    where: str = ""

    @property
    def text(self) -> str:
        return _(SAID[self.status]) + (f": {self.where}" if self.where else "")


def check(answer: Any, expected: Any) -> Outcome:
    """Judge an answer: a number, a text, a list (order does not matter), a dict (of any of these) or a table.

    Whatever a trainee writes gets an outcome; what cannot be read is «not yet», never an error.
    """
    if hasattr(answer, "tolist") and not hasattr(answer, "columns"):
        answer = answer.tolist()  # a series, an array, a number of a table
    if answer is None or (isinstance(answer, (str, list, tuple, set, dict)) and (not len(answer) or not any(_filled(v) for v in (answer.values() if isinstance(answer, dict) else [answer])))):
        return Outcome(NOT_TRIED)
    if hasattr(expected, "columns"):
        return _table(answer, expected)
    if isinstance(expected, dict):
        return _mapping(answer, expected)
    if isinstance(expected, (list, tuple, set)):
        return _many(answer, list(expected))
    return Outcome(RIGHT) if _same(answer, expected) else Outcome(NOT_YET)


def _filled(value: Any) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def number_of(text: Any) -> float | None:
    """`80%` is 0.8, `1 234,5` is 1234.5; None for what is no number."""
    if isinstance(text, bool):
        return None
    if isinstance(text, (int, float)):
        return float(text) if abs(text) < 1e300 else None
    bare = re.sub(r"[\s\u00a0\u202f₽$]", "", str(text)).replace("−", "-").replace(",", ".")
    percent = bare.endswith("%")
    try:
        value = float(bare.rstrip("%"))
    except ValueError:
        return None
    return value / 100 if percent else value


def _same(answer: Any, expected: Any) -> bool:
    wanted = number_of(expected)
    if wanted is None:
        return _word(answer) == _word(expected)
    given = number_of(answer)
    return given is not None and any(abs(x - wanted) <= max(abs(wanted) * TOLERANCE, 1e-9) for x in (given, given / 100 if 0 < abs(wanted) <= 2 else given))  # «82,7» where per cent were asked


def _word(text: Any) -> str:
    return " ".join(str(text).casefold().replace("ё", "е").split())


def _many(answer: Any, expected: list) -> Outcome:
    if not isinstance(answer, (list, tuple, set)):
        answer = re.split(r"[;,\n]", str(answer))
    given = {_word(a) for a in answer if _word(a)}
    wanted = {_word(e) for e in expected}
    if given == wanted:
        return Outcome(RIGHT)
    return Outcome(NOT_YET, _("есть лишние") if given - wanted else _("не все"))


def _mapping(answer: Any, expected: dict) -> Outcome:
    if not isinstance(answer, dict):
        return Outcome(NOT_YET, _("нужны пары «ключ — значение»"))
    given = {_word(k): v for k, v in answer.items()}
    for key, value in expected.items():
        if check(given.get(_word(key)), value).status != RIGHT and not _both_empty(given.get(_word(key)), value):
            return Outcome(NOT_YET, str(key))
    return Outcome(RIGHT)


def _both_empty(answer: Any, expected: Any) -> bool:
    """An empty line is the right answer where nobody belongs."""
    return isinstance(expected, (list, tuple, set)) and not expected and (answer is None or not len(answer) or _word(answer) in ("-", "—", "нет", "никто", "no", "none", "nobody"))


def _table(answer: Any, expected: Any) -> Outcome:
    if not hasattr(answer, "columns"):
        return Outcome(NOT_YET, _("нужна таблица"))
    for name in expected.columns:
        if name not in answer.columns:
            return Outcome(NOT_YET, str(name))
    if len(answer) != len(expected):
        return Outcome(NOT_YET, _("число строк"))
    by = [c for c in expected.columns if expected[c].map(number_of).isna().any()] or [expected.columns[0]]
    left, right = (frame.sort_values(by, kind="stable").reset_index(drop=True) for frame in (answer[list(expected.columns)], expected))
    for name in expected.columns:
        if not all(_same(a, e) for a, e in zip(left[name], right[name])):
            return Outcome(NOT_YET, str(name))
    return Outcome(RIGHT)
