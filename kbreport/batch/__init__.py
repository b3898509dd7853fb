"""Companies → reports: plan, execute notebooks, write the formats, put everything in place, remember how it went.

    audit:             open → plan notebooks → execute chapters → execute audit.ipynb → compose → write → run.json
    batch, by manager: open → department → bundle per manager → one process each: notebook, pages → index.html (`managers`)
    batch, by company: one audit each

All files of a report are made in a hidden folder beside and renamed into place at the end: a reader never meets half a
report, a crash leaves the old one. A report whose fingerprint (inputs, parameters, code, templates, formats) is unchanged
is skipped unless `force`.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
import traceback
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Mapping, Sequence

from kbreport import __version__, cache, home, words
from kbreport.company import Company, open_company, slug
from kbreport.errors import EmptyPlan, KbreportError, NotebookFailed, PlaceProblem
from kbreport.notebook import Job, Ran, execute, methods_in
from kbreport.run import Run, narrowed, open_run
from kbreport.words import N_, _

FORMATS = ("html", "pdf", "xlsx")
CHAPTERS = ("ch1_role", "ch2_working_time", "ch3_measurements", "ch4_abcd", "ch5_motivation", "ch6_touches", "key_accounts", "audit_base", "trade_akb")


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
    opts = options.pop("opts", None) or Options(**options)
    start = time.perf_counter()
    company = place if isinstance(place, Company) else open_company(place)
    run = open_run(company, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides)
    if opts.manager:
        run = narrowed(run, opts.manager)
    with words.speaking(run.lang):
        folder = _folder(run, opts)
        plan = _plan(run)
        key = _fingerprint(run, opts)
        if opts.only_failed and not _failed_before(folder):
            return Outcome("skipped", folder, [p for f in opts.formats if (p := folder / f"audit.{f}").exists()])
        if opts.dry_run:
            return Outcome("planned", folder, [folder / f"audit.{f}" for f in opts.formats])
        if not opts.force and (old := _unchanged(folder, key)):
            return Outcome("skipped", folder, [folder / f"audit.{f}" for f in opts.formats], old)
        _writable(folder.parent)
        work = folder.with_name(f".{folder.name}.{os.getpid()}.part")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            outcome = _made(run, plan, opts, work, folder)
            outcome.record |= {"fingerprint": key, "seconds": round(time.perf_counter() - start, 2)}
            outcome.files += _privacy(run, work, outcome.record)
            _write_json(work / "run.json", outcome.record)
            _into_place(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    outcome.files = [folder / p.relative_to(work) for p in outcome.files]
    return outcome


def _privacy(run: Run, work: Path, record: dict) -> list[Path]:
    """privacy.md beside an anonymised report."""
    if not run.data.get("privacy"):
        return []
    from kbreport.tables import privacy

    (work / "privacy.md").write_text(privacy.page(run.data["privacy"]), encoding="utf-8")
    record["outputs"] = sorted([*record.get("outputs", []), "privacy.md"])
    return [work / "privacy.md"]


def _plan(run: Run) -> list[tuple[Path, list[str]]]:
    """Chapter notebooks that show at least one method the data can feed. EmptyPlan when there is none."""
    found = [home.notebooks() / f"{name}.ipynb" for name in CHAPTERS]
    plan = [(path, methods_in(path)) for path in found if path.exists()]
    plan = [(path, ids) for path, ids in plan if any(not run.fed(m) for m in ids)]
    if not plan:
        raise EmptyPlan(N_("По этим данным нельзя посчитать ни одного метода."), remedy=N_("Посмотрите, чего не хватает: kbreport methods --for {place}."), place=str(run.company.place))
    return plan


def _made(run: Run, plan: list[tuple[Path, list[str]]], opts: Options, work: Path, folder: Path) -> Outcome:
    from kbreport import report

    ran = _notebooks(run, [path for path, _ids in plan], opts, work)
    failed = [r for r in ran if r.error]
    record = _record(run, opts, ran)
    log = [f"{r.job.source.stem}: {r.error_name or 'ok'} {r.seconds:.2f} s" + (f" — {r.error}" if r.error else "") for r in ran]
    files: list[Path] = []
    status, error = ("failed" if failed else "ok"), None
    if not (ran[-1].error):
        opts.progress(_("Пишу {formats}").format(formats=", ".join(opts.formats)))
        made, broken = _reports(report, run, [r for r in ran if not r.error], opts, work)
        files += made
        log += [f"{name}: {why}" for name, why in broken.items()]
        record["outputs"] = sorted(p.relative_to(work).as_posix() for p in made)
        if broken:
            status = "failed"
            record["error"] = "; ".join(f"{name}: {why}" for name, why in broken.items())
    if failed:
        first = failed[0]
        error = NotebookFailed(N_("Тетрадь {name}, ячейка {cell}: {what}."), remedy=N_("Помеченная копия: {path}"), name=first.job.source.name, cell=first.cell,
                               what=f"{first.error_name}: {first.error}", path=str(folder / "notebooks" / first.path.name) if first.path else "")
        record["error"] = str(error)
    record["status"] = status
    with (work / "run.log").open("a", encoding="utf-8") as file:
        file.write("\n".join(log) + "\n")
    return Outcome(status, folder, files, record, error)


def _notebooks(run: Run, chapters: list[Path], opts: Options, work: Path) -> list[Ran]:
    """Chapters first, side by side; then audit.ipynb, which finds their numbers in the cache."""
    place = str(run.company.place)
    parameters = {"company": place, "period": run.parameters.period, "as_of": run.parameters.as_of if run.parameters.as_of != "auto" else "",
                  "manager": run.manager or "", "lang": run.lang, "settings": _all_overrides(opts)}
    jobs = [Job(path, work / "notebooks" / path.name, parameters, run.lang) for path in chapters]
    last = Job(home.notebooks() / "audit.ipynb", work / "notebooks" / "audit.ipynb", parameters, run.lang)
    done = lambda ran: opts.progress(_("Тетрадь {name}: {seconds} с").format(name=ran.job.source.stem, seconds=words.number(ran.seconds, 1)))
    with _cache_for_children():
        ran = execute(jobs, workers=opts.workers, on_done=done)
        return ran + execute([last], on_done=done)


def _all_overrides(opts: Options) -> dict:
    return {name: value for name, value in opts.overrides.items() if name not in ("period", "as_of")}


class _cache_for_children:
    """Notebooks hand numbers to each other through the cache; where it is off, a temporary one lives for this run."""

    def __enter__(self):
        import tempfile

        self.before = os.environ.get("KB_CACHE")
        self.temporary = None if cache.root() else tempfile.mkdtemp(prefix="kbreport-")
        if self.temporary:
            os.environ["KB_CACHE"] = self.temporary

    def __exit__(self, *_exc):
        if self.temporary:
            shutil.rmtree(self.temporary, ignore_errors=True)
            if self.before is None:
                os.environ.pop("KB_CACHE", None)
            else:
                os.environ["KB_CACHE"] = self.before


def _reports(report, run: Run, ran: list[Ran], opts: Options, work: Path) -> tuple[list[Path], dict[str, str]]:
    """html, pdf, xlsx, tables, findings. A format that fails is reported and does not stop the others."""
    document = report.document_of([r.path for r in ran if r.path], report_meta(run), workbook="audit.xlsx" if "xlsx" in opts.formats else None, plan=home.templates() / "audit.yml")
    jobs = {name: partial(report.write_format, document, work / f"audit.{name}", name) for name in opts.formats}
    jobs |= {"tables": partial(report.write_tables, document, work / "tables"), "findings": partial(report.write_findings, document, work / "findings.json")}
    made, broken = [], {}
    for name, job in jobs.items():
        try:
            made += job()
        except Exception as problem:  # the border: one bad format must not take the others with it
            if opts.debug:
                raise
            broken[name] = str(problem) if isinstance(problem, KbreportError) else f"{type(problem).__name__}: {problem}"
            with (work / "run.log").open("a", encoding="utf-8") as log:
                log.write(traceback.format_exc())
    return made, broken


def report_meta(run: Run) -> dict:
    """What covers, heads and feet say, and the lines of the reconciliation sheet."""
    from kbreport.overview import reconciled, reconciliation_titles

    brand = dict(run.company.brand)
    if brand.get("logo"):
        brand["logo"] = str(run.company.folder / brand["logo"])
    titles = reconciliation_titles(run)
    ledger = [{"name": titles[x["line"]], "rows": x["rows"], "money": x["amount"]} for x in reconciled(run)]
    return {"title": _("Аудит клиентской базы"), "company": run.company.name, "period": str(run.period), "as_of": run.facts.as_of.date.isoformat(),
            "vat": run.facts.meta.get("vat") or "unknown", "currency": run.facts.currency, "lang": run.lang, "maker": run.company.brand.get("name") or "kbreport",
            "version": __version__, "brand": brand, "ledger": ledger}


# ------------------------------------------------------------------ places
def _folder(run: Run, opts: Options) -> Path:
    """<out>/<company-slug>/<period>; in the demo a language folder stands between."""
    out = Path(opts.output_dir).resolve() if opts.output_dir else run.company.folder / "reports"
    name = run.company.slug if opts.names == "ascii" else _russian_slug(run.company.name)
    base = out / name / "en" if opts.lang_folder and run.lang == "en" else out / name
    folder = base / run.period.slug
    return folder / "managers" / slug(run.manager_name(run.manager)) if run.manager else folder


def _russian_slug(name: str) -> str:
    from slugify import slugify

    return slugify(name, allow_unicode=True, max_length=60) or "company"


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as bad:
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Укажите другое место: --output-dir ПАПКА."), path=str(folder), why=bad.strerror) from bad
    if not os.access(folder, os.W_OK):
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Укажите другое место: --output-dir ПАПКА."), path=str(folder), why=_("нет прав"))


def _into_place(work: Path, folder: Path) -> None:
    """Move the finished files over the old ones, each by a rename; then drop what the new report no longer has."""
    new = {p.relative_to(work) for p in work.rglob("*") if p.is_file()}
    for path in sorted(new, key=lambda p: (p.name == "run.json", p.as_posix())):  # run.json last: it says that all is there
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(work / path, folder / path)
    for room in ("tables", "notebooks"):
        for old in sorted((folder / room).rglob("*")) if (folder / room).exists() else []:
            if old.is_file() and old.relative_to(folder) not in new:
                old.unlink()


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")


# ------------------------------------------------------------------ the record
def _fingerprint(run: Run, opts: Options) -> str:
    settings = {name: s.value for name, s in run.company.settings.items()}
    return cache.key_of(run.key, run.period.slug, str(run.period.end), run.manager, run.lang, settings, run.company.brand, run.company.name, run.company.norms, opts.formats, _home_key())


def _home_key() -> str:
    parts = [p for room in (home.notebooks(), home.templates()) for p in sorted(room.rglob("*")) if p.is_file() and "checkpoints" not in str(p)]
    return cache.key_of([(p.name, cache.file_key(p)) for p in parts])


def _unchanged(folder: Path, key: str) -> dict | None:
    """The old run.json when it is ok, carries this fingerprint, and all its files are still there."""
    path = folder / "run.json"
    try:
        old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError:
        return None
    whole = all((folder / name).exists() for name in old.get("outputs", []))
    return old if old.get("status") == "ok" and old.get("fingerprint") == key and whole else None


def _failed_before(folder: Path) -> bool:
    """True when the last run of this report failed (`--only-failed` makes nothing else)."""
    try:
        return json.loads((folder / "run.json").read_text(encoding="utf-8")).get("status") == "failed"
    except (FileNotFoundError, ValueError):
        return False


def _record(run: Run, opts: Options, ran: Sequence[Ran]) -> dict:
    """run.json (docs/run.schema.json), before outputs and seconds are known."""
    fed = run.fed_methods()
    shown = [m for r in ran for m in methods_in(r.job.source)]
    results = {m: run.measure(m) for m in shown if m in fed and not fed[m]}
    measured = {m: r for m, r in results.items() if r.status != "refused"}
    refused = {m: why for m, why in fed.items() if why} | {m: r.reason for m, r in results.items() if r.status == "refused"}
    return run_record(run, "audit") | {
        "rows": rows_of(run), "problems": run.data.get("problems", []), "checks": run.data.get("checks", []),
        "methods": {"run": [{"id": m, "status": str(r.status), "reason": r.reason} for m, r in measured.items()], "refused": [{"id": m, "reason": why} for m, why in refused.items()]},
        "notebooks": [{"name": r.job.source.stem, "seconds": round(r.seconds, 2), "error": r.error} for r in ran]}


def run_record(run: Run, kind: str) -> dict:
    """What every run.json says: what was asked, of what, with which versions."""
    return {"schema": 1, "kind": kind, "status": "ok", "company": run.company.name, "slug": run.company.slug, "lang": run.lang, "manager": run.manager,
            "period": {"slug": run.period.slug, "start": run.period.start, "end": run.period.last, "status": run.period_status, "rule": run.period_rule},
            "as_of": {"date": run.facts.as_of.date, "rule": run.facts.as_of.rule},
            "versions": {"kbreport": __version__, "python": platform.python_version()} | _versions(),
            "parameters": run.parameters.model_dump(mode="json"),
            "settings": {name: {"value": s.value, "source": s.source, "changed_by": s.changed_by} for name, s in run.company.settings.items()},
            "inputs": [{k: s.get(k) for k in ("file", "sheet", "table", "sha256", "n_rows", "understood")} for s in run.data.get("sources", [])],
            "currency": run.facts.currency, "vat": run.facts.meta.get("vat"), "rows": {}, "problems": [], "checks": [], "methods": {"run": [], "refused": []},
            "notebooks": [], "outputs": [], "error": None}


def rows_of(run: Run) -> dict:
    """Rows and money of the whole file: in, used, outside the period, after as_of, excluded by reason."""
    from kbreport.overview import reconciled

    lines = reconciled(run)
    money = {x["line"]: {"rows": abs(x["rows"]), "amount": x["amount"] if x["line"] in ("file", "used") else -x["amount"]} for x in lines}
    return {"in": money["file"], "used": money["used"], "outside_period": money["outside"], "after_as_of": money["after_as_of"],
            "excluded": [{"reason": x["line"]} | money[x["line"]] for x in lines if x["line"] not in ("file", "used", "outside", "after_as_of")]}


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("pandas", "pyarrow", "narwhals", "papermill", "nbconvert", "matplotlib", "typst", "xlsxwriter")}


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
            found = BatchOutcome([(str(place), PlaceProblem(N_("Нельзя писать в {path}: {why}."), path=trouble.filename or str(place), why=trouble.strerror or str(trouble)))])
        done.outcomes += found.outcomes
        done.indexes += found.indexes
    return done


def _one_audit(place: str | Path, opts: Options) -> BatchOutcome:
    return BatchOutcome([(str(place), audit(place, opts=opts))])


__all__ = ["BatchOutcome", "Options", "Outcome", "audit", "batch", "report_meta"]


class _Callable(ModuleType):
    """`kb.batch(…)` works before and after this module is imported: importing it puts the module under the same name."""

    def __call__(self, places: Sequence[str | Path], **options) -> BatchOutcome:
        return batch(places, **options)


sys.modules[__name__].__class__ = _Callable
