"""The notebooks as a playbook: in the reader's language, wired to a company, signed, ready for JupyterLab.

    translate and fill the parameters → look whether anything of the reader's would be lost → write beside and rename → sign

Every notebook carries the fingerprint of its cells as they were written. What still has it is ours and may be replaced; what
has not is the reader's work and stays, unless `force`. Outputs do not count: a notebook that was only run is left as it is.
Signed, because JupyterLab strips styles and pictures from the outputs of a notebook that it does not trust.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping

from kbreport import home, words
from kbreport.errors import NotebookFailed, PlaceProblem, UsageProblem
from kbreport.words import N_, _

if TYPE_CHECKING:
    from nbformat import NotebookNode

BUNDLED = ("sample", "training")


@dataclass(frozen=True)
class Written:
    """One notebook of the playbook; `fresh` is False when it was there already and had nothing to change."""

    path: Path
    fresh: bool


def write(folder: str | Path, parameters: Mapping[str, Any], lang: str, *, force: bool = False) -> list[Written]:
    """Write all notebooks into `folder`. Raises UsageProblem, before anything is written, where the reader's work would be lost."""
    place = Path(folder).resolve()
    if place == home.notebooks().resolve():
        raise UsageProblem(N_("{path} — исходные тетради самой программы."), remedy=N_("Назовите другую папку."), path=str(folder))
    with words.speaking(lang):
        books = {place / source.name: _book(source, dict(parameters) | {"lang": lang}, lang) for source in sources()}
    return lay(books, force=force)


def sources() -> list[Path]:
    """The chapters and the audit; a manager's month is made by `batch`, from his rows only."""
    return [path for path in sorted(home.notebooks().glob("*.ipynb")) if path.stem != "manager_month"]


def lay(books: Mapping[Path, "NotebookNode"], *, force: bool = False) -> list[Written]:
    """Write these notebooks and sign them. Raises UsageProblem, before anything is written, where the reader's work would be lost."""
    for place in {path.parent for path in books}:
        _made(place)
    kept = {path for path, nb in books.items() if _same(path, nb)}
    changed = [path.name for path in books if path not in kept and path.exists() and not _ours(path)]
    if changed and not force:
        raise UsageProblem(N_("В этих тетрадях есть ваши правки: {names}."), remedy=N_("Назовите другую папку или добавьте --force: правки пропадут."), names=", ".join(changed))
    for path, nb in books.items():
        if path not in kept:
            _put(path, nb)
    sign(list(books))
    return [Written(path, path not in kept) for path in books]


def run(paths: list[Path], lang: str, *, workers: int = 1, progress: Callable[[str], None] = lambda text: None) -> list[Path]:
    """Execute the notebooks where they lie, sign them with their outputs and write an HTML page beside each. Raises NotebookFailed.

    One that fails is kept as it was, and its marked copy lies beside as `*.failed.ipynb`.
    """
    from kbreport import report
    from kbreport.notebook import Job, execute

    said = lambda ran: progress(_("Тетрадь {name}: {seconds} с").format(name=ran.job.source.stem, seconds=words.number(ran.seconds, 1)))
    jobs = [Job(path, path, {}, lang) for path in paths]
    chapters, whole = [[j for j in jobs if (j.source.stem == "audit") is last] for last in (False, True)]  # the audit finds the chapters' numbers in the cache
    ran = execute(chapters, workers=workers, on_done=said) + execute(whole, on_done=said)
    good = [r.job.source for r in ran if not r.error]
    sign(good)
    pages = [page for path in good for page in report.write_format(report.document_of(path), path.with_suffix(".html"), "html")]
    for one in ran:
        if one.error:
            raise NotebookFailed(N_("Тетрадь {name}, ячейка {cell}: {what}."), remedy=N_("Помеченная копия: {path}"), name=one.job.source.name, cell=one.cell,
                                 what=f"{one.error_name}: {one.error}", path=str(one.path or ""))
    return pages


def company_word(place: str | Path) -> str:
    """What the parameters cell says of the company: a bundled name as it is, else the whole path, for the kernel starts elsewhere."""
    bundled = str(place) in BUNDLED and not Path(place).exists()
    return str(place) if bundled else Path(place).resolve().as_posix()


def sign(paths: list[Path]) -> None:
    """Make JupyterLab of this user trust the notebooks, outputs included."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # nbformat would build its grammar for 1.3 s
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    for path in paths:
        notary.sign(nbformat.read(path, as_version=4))
    notary.store.close()


# ------------------------------------------------------------------ one notebook
def _book(source: Path, parameters: Mapping[str, Any], lang: str) -> "NotebookNode":
    """The notebook in the current language with its parameters filled in."""
    import nbformat

    from kbreport.notebook.translate import translated

    nb = translated(nbformat.read(source, as_version=4))
    for cell in nb.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join(_filled(line, parameters) for line in cell.source.splitlines())
    nb.metadata["kbreport"] = {"lang": lang, "playbook": fingerprint(nb)}
    return nb


def _filled(line: str, parameters: Mapping[str, Any]) -> str:
    """`period = "12m"  # …` with the value asked for; a parameter that was not named keeps its default."""
    name = line.partition("=")[0].strip()
    value = parameters.get(name)
    if value in (None, "", {}):
        return line
    comment = line.partition("#")[2]
    return f"{name} = {_python(value)}" + (f"  #{comment}" if comment else "")


def _python(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def fingerprint(nb: "NotebookNode") -> str:
    """Of what a reader writes: kinds and sources of the cells. Outputs, counts and metadata do not count."""
    cells = [(cell.cell_type, cell.source) for cell in nb.cells]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


# ------------------------------------------------------------------ what lies there
def _read(path: Path) -> "NotebookNode | None":
    """The notebook that lies there; None when it is none."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError):  # whatever it is, it is not ours
        return None


def _same(path: Path, nb: "NotebookNode") -> bool:
    there = _read(path) if path.is_file() else None
    return there is not None and fingerprint(there) == fingerprint(nb)


def _ours(path: Path) -> bool:
    """True when the cells are as we wrote them once, perhaps in another language or for another company."""
    there = _read(path) if path.is_file() else None
    return there is not None and (there.metadata.get("kbreport") or {}).get("playbook") == fingerprint(there)


def _made(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as bad:
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Укажите другую папку."), path=str(place), why=words.trouble(bad)) from bad


def _put(path: Path, nb: "NotebookNode") -> None:
    """Whole or not at all."""
    import nbformat

    from kbreport.report.files import write_text

    write_text(path, nbformat.writes(nb) + "\n")
