"""Companies → reports: plan, execute notebooks, write the formats, put everything in place, remember how it went.

    audit:             open → plan notebooks → execute chapters → execute audit.ipynb → compose → write → run.json (`company`, `record`)
    batch, by manager: open → department → bundle per manager → one process each: notebook, pages → index.html (`managers`)
    batch, by company: one audit each → index.html over them (`companies`)

All files of a report are made in a hidden folder beside and renamed into place at the end: a reader never meets half a
report, a crash leaves the old one. A report whose fingerprint (inputs, parameters, code, templates, formats) is unchanged
is skipped unless `force`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Mapping, Sequence

from kbreport import words
from kbreport.batch.places import folder_of, into_place, writable
from kbreport.batch.record import failed_before, fingerprint_of, unchanged, write_json
from kbreport.company import Company, open_company
from kbreport.errors import KbreportError, PlaceProblem
from kbreport.run import narrowed, open_run
from kbreport.words import N_

FORMATS = ("html", "pdf", "xlsx")


@dataclass(frozen=True)
class Options:
    """What the command line says about a report."""

    period: str | None = None
    as_of: str | None = None
    manager: str | None = None
    lang: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    formats: tuple[str, ...] = FORMATS
    output_dir: Path | None = None
    jobs: int = 0
    force: bool = False
    dry_run: bool = False
    only_failed: bool = False
    names: str = "ascii"
    by: str = "manager"
    lang_folder: bool = False
    debug: bool = False
    progress: Callable[[str], None] = lambda text: None

    @property
    def workers(self) -> int:
        return self.jobs or int(os.environ.get("KB_JOBS", "0") or 0) or min(os.cpu_count() or 1, 4)


@dataclass
class Outcome:
    """One report: status ok | failed | skipped | refused | planned, where it lies, what run.json says."""

    status: str
    folder: Path
    files: list[Path] = field(default_factory=list)
    record: dict = field(default_factory=dict)
    error: KbreportError | None = None


# ------------------------------------------------------------------ one audit
def audit(place: str | Path | Company, **options) -> Outcome:
    """Audit one company. Raises KbreportError where nothing could be made; a failed notebook or format gives status `failed`."""
    from kbreport.batch.company import audited, plan_of, privacy_page

    opts = options.pop("opts", None) or Options(**options)
    start = time.perf_counter()
    company = place if isinstance(place, Company) else open_company(place)
    run = open_run(company, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides)
    if opts.manager:
        run = narrowed(run, opts.manager)
    with words.speaking(run.lang):
        folder = folder_of(run, opts)
        plan = plan_of(run)
        key = fingerprint_of(run, opts)
        if opts.only_failed and not failed_before(folder):
            return Outcome("skipped", folder, [p for f in opts.formats if (p := folder / f"audit.{f}").exists()])
        if opts.dry_run:
            return Outcome("planned", folder, [folder / f"audit.{f}" for f in opts.formats])
        if not opts.force and (old := unchanged(folder, key)):
            return Outcome("skipped", folder, [folder / f"audit.{f}" for f in opts.formats], old)
        writable(folder.parent)
        work = folder.with_name(f".{folder.name}.{os.getpid()}.part")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            outcome = audited(run, plan, opts, work, folder)
            outcome.record |= {"fingerprint": key, "seconds": round(time.perf_counter() - start, 2)}
            outcome.files += privacy_page(run, work, outcome.record)
            write_json(work / "run.json", outcome.record)
            into_place(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    outcome.files = [folder / p.relative_to(work) for p in outcome.files]
    return outcome


# ------------------------------------------------------------------ many
@dataclass
class BatchOutcome:
    """Reports of a batch in the order of the plan; `exit_code` follows the contract. `indexes`: every index.html written."""

    outcomes: list[tuple[str, Outcome | KbreportError]]
    indexes: list[Path] = field(default_factory=list)

    def count(self, *statuses: str) -> int:
        return sum(1 for _name, o in self.outcomes if not isinstance(o, KbreportError) and o.status in statuses)

    @property
    def errors(self) -> list[tuple[str, KbreportError | None]]:
        """(name, error) of everything that was not made."""
        return [(name, o if isinstance(o, KbreportError) else o.error) for name, o in self.outcomes if isinstance(o, KbreportError) or o.status == "failed"]

    @property
    def exit_code(self) -> int:
        """0 all made or up to date · 1 some failed · the error's own code where nothing at all could be planned · 3 an empty plan."""
        if not self.outcomes:
            return 3
        refused = [o for _name, o in self.outcomes if isinstance(o, KbreportError)]
        if len(refused) == len(self.outcomes):
            return max(o.exit_code for o in refused)
        return 1 if self.errors else 0


def batch(places: Sequence[str | Path] | str | Path, **options) -> BatchOutcome:
    """Many reports: one per manager (`by="manager"`) or one audit per company; what cannot be made never stops the others."""
    opts = options.pop("opts", None) or Options(**options)
    if opts.by == "manager":
        from kbreport.batch.managers import month

        make = month
    else:
        make = _one_audit
    done = BatchOutcome([])
    for place in [places] if isinstance(places, (str, Path)) else places:
        try:
            found = make(place, opts)
        except KbreportError as problem:
            found = BatchOutcome([(str(place), problem)])
        except OSError as trouble:  # disk full, folder gone: this company fails, the next may lie elsewhere
            found = BatchOutcome([(str(place), PlaceProblem(N_("Нельзя писать в {path}: {why}."), path=trouble.filename or str(place), why=words.trouble(trouble)))])
        done.outcomes += found.outcomes
        done.indexes += found.indexes
    if opts.by == "company":
        _index_of_companies(done, opts)
    return done


def _index_of_companies(done: BatchOutcome, opts: Options) -> None:
    """The page over the audits. Where nothing at all was made, an older page stays as it is."""
    from kbreport.batch import companies

    if opts.dry_run or all(isinstance(o, KbreportError) for _name, o in done.outcomes):
        return
    try:
        path = companies.place_of([name for name, _o in done.outcomes], opts)
        done.indexes.append(companies.write([companies.audited(name, o) for name, o in done.outcomes], path, opts.lang))
    except KbreportError as problem:  # the audits are there; only the page over them is not
        done.outcomes.append(("index.html", problem))


def _one_audit(place: str | Path, opts: Options) -> BatchOutcome:
    return BatchOutcome([(str(place), audit(place, opts=opts))])


__all__ = ["BatchOutcome", "Options", "Outcome", "audit", "batch"]


class _Callable(ModuleType):
    """`kb.batch(…)` works before and after this module is imported: importing it puts the module under the same name."""

    def __call__(self, places: Sequence[str | Path], **options) -> BatchOutcome:
        return batch(places, **options)


sys.modules[__name__].__class__ = _Callable
