"""Where reports lie: the folder of an audit, folders of managers, one batch at a time; what is made is put in place by renames."""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Iterator

from kbreport import words
from kbreport.company import slug
from kbreport.errors import PlaceProblem
from kbreport.run import Run
from kbreport.words import N_

if TYPE_CHECKING:
    from kbreport.batch import Options

OURS = {"report.html", "report.pdf", "report.xlsx", "tables", "findings.json", "run.json", "run.log", "notebooks"}
LOCK = ".batch.lock"
WORK = ".batch-"
LONGEST = 60


# ------------------------------------------------------------------ an audit
def folder_of(run: Run, opts: "Options") -> Path:
    """<out>/<company-slug>/<period>; in the demo a language folder stands between."""
    out = Path(opts.output_dir).resolve() if opts.output_dir else run.company.folder / "reports"
    name = run.company.slug if opts.names == "ascii" else russian_slug(run.company.name)
    base = out / name / "en" if opts.lang_folder and run.lang == "en" else out / name
    folder = base / run.period.slug
    return folder / "managers" / slug(run.manager_name(run.manager)) if run.manager else folder


def russian_slug(name: str) -> str:
    from slugify import slugify

    return slugify(name, allow_unicode=True, max_length=60) or "company"


def writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as bad:
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Укажите другое место: --output-dir ПАПКА."), path=str(folder), why=words.trouble(bad)) from bad
    if not os.access(folder, os.W_OK):
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Укажите другое место: --output-dir ПАПКА."), path=str(folder), why=words.trouble(PermissionError(errno.EACCES, "")))


def into_place(work: Path, folder: Path) -> None:
    """Move the finished files over the old ones, each by a rename; then drop what the new report no longer has."""
    new = {p.relative_to(work) for p in work.rglob("*") if p.is_file()}
    for path in sorted(new, key=lambda p: (p.name == "run.json", p.as_posix())):  # run.json last: it says that all is there
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(work / path, folder / path)
    for room in ("tables", "notebooks"):
        for old in sorted((folder / room).rglob("*")) if (folder / room).exists() else []:
            if old.is_file() and old.relative_to(folder) not in new:
                old.unlink()


# ------------------------------------------------------------------ managers
def slugs(staff: dict[str, str], make=slug) -> dict[str, str]:
    """Folder of each manager: the slug of his name; two equal ones both get their id behind. At most 60 characters.

    Names are compared without case, because folders are on half of the world's machines.
    """
    plain = {m: make(name) if any(c.isalnum() for c in name) else make(m) for m, name in staff.items()}
    twice = Counter(s.lower() for s in plain.values())
    found = {m: s if twice[s.lower()] == 1 else _behind(s, slug(m)) for m, s in plain.items()}
    taken: set[str] = set()
    for m in sorted(found):  # ids that make one slug («а/1», «а-1») still differ by a number
        name, n = found[m], 2
        while found[m].lower() in taken:
            found[m], n = _behind(name, str(n)), n + 1
        taken.add(found[m].lower())
    return found


def _behind(text: str, tail: str) -> str:
    tail = tail[: LONGEST // 2].strip("-")
    return f"{text[: LONGEST - len(tail) - 1].strip('-')}-{tail}"


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """The only batch of this folder, with a place to work in; PlaceProblem when another one is at it or nothing can be written.

    The lock dies with its process, so a killed batch blocks nobody; what it left half made is swept away here.
    """
    _made(folder)
    path = folder / LOCK
    handle = _locked(path)
    try:
        for left in folder.glob(WORK + "*"):
            shutil.rmtree(left, ignore_errors=True)
        work = folder / f"{WORK}{os.getpid()}"
        work.mkdir()
        yield work
    finally:
        shutil.rmtree(folder / f"{WORK}{os.getpid()}", ignore_errors=True)
        path.unlink(missing_ok=True)
        handle.close()


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f"{WORK}{os.getpid()}.probe"
        probe.touch()
        probe.unlink()
    except OSError as bad:
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Укажите другое место: --output-dir ПАПКА."), path=str(folder), why=words.trouble(bad)) from bad


def _locked(path: Path):
    """The open lock file. A file that was unlinked between opening and locking is not the lock any more: try again."""
    for _attempt in range(20):
        handle = path.open("a+")
        try:
            _lock(handle)
        except OSError as taken:
            handle.close()
            raise PlaceProblem(N_("В папке {path} уже работает другой запуск kbreport batch."), remedy=N_("Дождитесь его конца или назовите другую папку: --output-dir."), path=str(path.parent)) from taken
        try:
            if os.fstat(handle.fileno()).st_ino == path.stat().st_ino:
                return handle
        except FileNotFoundError:
            pass
        handle.close()
    raise PlaceProblem(N_("В папке {path} уже работает другой запуск kbreport batch."), remedy=N_("Дождитесь его конца или назовите другую папку: --output-dir."), path=str(path.parent))


def _lock(handle) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def swapped(made: Path, folder: Path, aside: Path) -> None:
    """Put a finished report in place: the old folder steps aside, the new one takes its name; notes of a reader move along."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        os.rename(folder, aside)
    try:
        os.rename(made, folder)
    except OSError:
        if aside.exists():
            os.rename(aside, folder)
        raise
    if aside.exists():
        for other in (p for p in aside.iterdir() if p.name not in OURS):
            os.replace(other, folder / other.name)
        shutil.rmtree(aside, ignore_errors=True)
