"""One company's audit in the folder where it is made: notebooks chosen and executed, formats written, what run.json says.

    plan_of: notebooks the data can feed → audited: chapters side by side, audit.ipynb, html pdf xlsx tables findings, record
"""

from __future__ import annotations

import os
import shutil
import traceback
from functools import partial
from pathlib import Path

from kbreport import __version__, cache, home, words
from kbreport.batch import Options, Outcome
from kbreport.batch.record import audit_record
from kbreport.errors import EmptyPlan, KbreportError, NotebookFailed
from kbreport.notebook import Job, Ran, execute, methods_in
from kbreport.run import Run
from kbreport.words import N_, _

CHAPTERS = ("ch1_role", "ch2_working_time", "ch3_measurements", "ch4_abcd", "ch5_motivation", "ch6_touches", "key_accounts", "audit_base", "trade_akb")


def plan_of(run: Run) -> list[tuple[Path, list[str]]]:
    """Chapter notebooks that show at least one method the data can feed. EmptyPlan when there is none."""
    found = [home.notebooks() / f"{name}.ipynb" for name in CHAPTERS]
    plan = [(path, methods_in(path)) for path in found if path.exists()]
    plan = [(path, ids) for path, ids in plan if any(not run.fed(m) for m in ids)]
    if not plan:
        raise EmptyPlan(N_("По этим данным нельзя посчитать ни одного метода."), remedy=N_("Посмотрите, чего не хватает: kbreport methods --for {place}."), place=str(run.company.place))
    return plan


def audited(run: Run, plan: list[tuple[Path, list[str]]], opts: Options, work: Path, folder: Path) -> Outcome:
    """Everything of the report in `work`, run.json apart: notebooks, formats, log; `record` is what run.json will say."""
    from kbreport import report

    ran = _notebooks(run, [path for path, _ids in plan], opts, work)
    failed = [r for r in ran if r.error]
    record = audit_record(run, ran)
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


def privacy_page(run: Run, work: Path, record: dict) -> list[Path]:
    """privacy.md beside an anonymised report."""
    if not run.data.get("privacy"):
        return []
    from kbreport.tables import privacy

    (work / "privacy.md").write_text(privacy.page(run.data["privacy"]), encoding="utf-8")
    record["outputs"] = sorted([*record.get("outputs", []), "privacy.md"])
    return [work / "privacy.md"]
