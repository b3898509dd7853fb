"""Exercises for trainees: `from kbreport.learn import chapter; q = chapter(3)`; the judge, the lesson, the marks."""

from __future__ import annotations

from kbreport.learn.judge import TOLERANCE, Outcome, check, number_of


def chapter(number: int, data: str | None = None, lang: str | None = None, seed: int | None = None):
    """The exercises of a chapter, on the training base or on one's own data (a folder, a company.yml or a file); `seed` mixes the choices."""
    from kbreport.learn.lesson import Lesson

    return Lesson(number, data, lang, seed)


__all__ = ["TOLERANCE", "Outcome", "chapter", "check", "number_of"]
