"""Every error kbreport raises on purpose.

KbreportError                exit 4  base; anything else that escapes is a bug
├── UsageProblem             exit 2  wrong command, option, parameter or setting; the closest name is offered
├── PlaceProblem             exit 2  an output place that cannot be written
├── InputMissing             exit 3  the file or folder is not there
├── InputUnreadable          exit 3  a file that cannot be read as a table (empty, truncated, password, not a table)
├── InputProblems            exit 3  the data break the schema; carries *all* problems at once
├── CompanyProblem           exit 2  company.yml: unknown key or value
├── MethodRefused            exit 3  the data cannot feed the method
├── EmptyPlan                exit 3  nothing to report on
├── NotebookFailed           exit 1  a cell raised; the marked notebook is kept
└── RunFailed                exit 1  some reports or formats could not be made

An error carries a *message id* (a Russian source string, as all messages) and fields. `str(error)` is the sentence in
the language of the moment: the translator is handed in by `words` when that room is imported, so that this room, which
imports nothing, can stand below every other.
"""

from __future__ import annotations

from typing import Any, Callable

_translate: Callable[[str], str] = lambda text: text  # noqa: E731  `words` puts its gettext here


def translate_with(translator: Callable[[str], str]) -> None:
    """Let `translator` turn message ids into sentences of the current language."""
    global _translate
    _translate = translator


class KbreportError(Exception):
    """Base of all errors meant for the reader: a message id, its fields, an exit code.

    `remedy` is a second message id: how to mend it. `cause_hint` is for `--debug` only.
    """

    exit_code = 4

    def __init__(self, message: str, *, remedy: str = "", **fields: Any):
        super().__init__(message)
        self.message, self.remedy, self.fields = message, remedy, fields

    def __str__(self) -> str:
        parts = [_translate(self.message), _translate(self.remedy) if self.remedy else ""]
        return " ".join(part.format(**self.fields) for part in parts if part)

    def __reduce__(self):
        return _rebuild, (type(self), self.message, self.remedy, self.fields)


def _rebuild(cls: type, message: str, remedy: str, fields: dict) -> KbreportError:
    """Unpickle across process borders, where keyword-only fields would be lost."""
    return cls(message, remedy=remedy, **fields)


class UsageProblem(KbreportError):
    exit_code = 2


class PlaceProblem(KbreportError):
    exit_code = 2


class CompanyProblem(KbreportError):
    exit_code = 2


class InputMissing(KbreportError):
    exit_code = 3


class InputUnreadable(KbreportError):
    exit_code = 3


class InputProblems(KbreportError):
    """The data cannot be used. `fields["problems"]` lists every problem found, not only the first."""

    exit_code = 3


class MethodRefused(KbreportError):
    exit_code = 3


class EmptyPlan(KbreportError):
    exit_code = 3


class NotebookFailed(KbreportError):
    exit_code = 1


class RunFailed(KbreportError):
    exit_code = 1
