"""`kbreport learn`: the trainee's notebooks in a folder, signed for JupyterLab; answers that lie there are never lost in silence."""

from __future__ import annotations

from pathlib import Path

from kbreport import playbook, words
from kbreport.learn import master


def write(folder: str | Path, chapters: list[int], *, data: str | None = None, seed: int | None = None, lang: str = "ru", force: bool = False) -> list[playbook.Written]:
    """The editions of these chapters (all that have exercises when none is named). `data`: the trainee's own company.

    Raises UsageProblem before anything is written where a notebook holds answers; every error of the data is raised here, not
    in the trainee's first cell.
    """
    place = None
    if data:
        from kbreport.learn.lesson import open_base

        open_base(data, lang)
        place = Path(data).resolve().as_posix()
    with words.speaking(lang):
        books = {Path(folder).resolve() / f"ch{n}_exercises.ipynb": master.edition(n, place, lang, seed) for n in chapters or master.chapters()}
    for book in books.values():
        book.metadata["kbreport"]["playbook"] = playbook.fingerprint(book)
    return playbook.lay(books, force=force)
