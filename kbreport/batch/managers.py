"""One monthly report per manager: facts once, a bundle and a process for each, an index for the head of sales.

    month(place, opts):  run of P → who is up to date → department → bundles → execute → put in place → run.json → index.html

Reports are made in a hidden folder beside and put in place whole by a rename, so a kill at any moment leaves whole reports and
a folder that the next run sweeps away; that run makes only what is missing. A manager who cannot be made is written down and
never stops the others.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbreport import cache, home, words
from kbreport.batch import BatchOutcome, Options, Outcome
from kbreport.batch.places import alone, folder_of, russian_slug, slugs, swapped
from kbreport.batch.record import failed_before, fingerprint_of, rows_of, run_record, unchanged, write_json
from kbreport.company import open_company, slug
from kbreport.errors import EmptyPlan, KbreportError, NotebookFailed, PlaceProblem, RunFailed, UsageProblem
from kbreport.month.report import department_for, month_run
from kbreport.words import N_, _, number

if TYPE_CHECKING:
    from kbreport.batch.child import Made
    from kbreport.month import Department

PRELOAD = ("kbreport.batch.preload",)
IN_TURN = 8  # reports of one process; each sees the bundle of the moment only
WORDS = {"ok": N_("готов"), "skipped": N_("без изменений"), "failed": N_("не сделан"), "planned": N_("будет сделан"), "refused": N_("нет клиентов"), "absent": N_("не делался")}


@dataclass
class Report:
    """One manager in the plan. `status`: planned, ok, skipped, failed, refused (no clients) or absent (not asked for)."""

    manager: str
    name: str
    folder: Path
    key: str
    status: str = "planned"
    record: dict = field(default_factory=dict)
    error: KbreportError | None = None

    def outcome(self) -> Outcome:
        return Outcome(self.status, self.folder, [self.folder / name for name in self.record.get("outputs", []) if name.startswith("report.")], self.record, self.error)


def month(place: str | Path, opts: Options) -> BatchOutcome:
    """The reports of one company; their outcomes in the order of managers, and where the index lies."""
    _check_period(opts.period)
    company = open_company(place)
    run = month_run(company, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides)
    with words.speaking(run.lang):
        folder = folder_of(run, opts)
        key = cache.key_of(fingerprint_of(run, opts), opts.names)
        if not (opts.force or opts.manager or opts.only_failed) and (old := _all_there(folder, key)):
            opts.progress(_("Без изменений: {n}").format(n=number(len(old))))
            return BatchOutcome([(r.name, r.outcome()) for r in old if r.status == "skipped"], [folder / "index.html"])
        opts.progress(_("Считаю компанию: {name}").format(name=company.name))
        found = department_for(run)
        plan = _planned(found, folder, key, opts)
        if opts.dry_run:
            return BatchOutcome([(r.name, r.outcome()) for r in plan if r.status in ("planned", "skipped")])
        with alone(folder) as work:
            return _made(found, plan, folder, key, opts, work)


def _check_period(period: str | None) -> None:
    """The list of what an audit takes would only send the reader to the next refusal."""
    from kbreport.facts.period import parse_period

    try:
        parse_period(period or "2025-12")
    except UsageProblem as bad:
        raise UsageProblem(N_("Период «{value}» не понят."), remedy=N_("Отчёты менеджеров делают за месяц или квартал, например: 2025-12, 2025-Q4."), value=period) from bad


# ------------------------------------------------------------------ the plan
def _planned(d: "Department", folder: Path, key: str, opts: Options) -> list[Report]:
    """Every manager of the staff: to be made, up to date, without clients, or not asked for. EmptyPlan when nobody is left."""
    from kbreport.run import one_manager

    only = one_manager(d.month, opts.manager) if opts.manager else None
    names = slugs(d.staff, russian_slug if opts.names == "ru" else slug)
    plan = [Report(m, name, folder / "managers" / names[m], cache.key_of(key, m)) for m, name in d.staff.items()]
    for report in plan:
        _decide(report, d, only, opts)
    if not any(r.status in ("planned", "skipped") for r in plan) and not opts.only_failed:
        raise EmptyPlan(N_("Отчёты делать не для кого: ни у одного менеджера нет клиентов и продаж за {period}."), remedy=N_("Добавьте в выгрузку столбец менеджера или запустите с --by company."),
                        period=d.whole.slug)
    return plan


def _decide(report: Report, d: "Department", only: str | None, opts: Options) -> None:
    old = unchanged(report.folder, report.key)
    if not d.busy(report.manager):
        report.status = "refused"
    elif (only and report.manager != only) or (opts.only_failed and not failed_before(report.folder)):
        report.status, report.record = ("skipped", old) if old else ("absent", {})
    elif old and not opts.force:
        report.status, report.record = "skipped", old


def _all_there(folder: Path, key: str) -> list[Report] | None:
    """The reports of the last run when nothing has changed since: same fingerprint, every file of every report still there."""
    try:
        last = json.loads((folder / "managers" / "run.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    if last.get("fingerprint") != key or last.get("status") != "ok" or not (folder / "index.html").exists():
        return None
    reports = [Report(r["manager"], r["name"], folder / "managers" / r["folder"], cache.key_of(key, r["manager"]), r["status"]) for r in last["reports"]]
    for report in reports:
        if report.status in ("ok", "skipped"):
            if not (old := unchanged(report.folder, report.key)):
                return None
            report.status, report.record = "skipped", old
    return reports if all(r.status in ("skipped", "refused") for r in reports) else None


# ------------------------------------------------------------------ making
def _made(d: "Department", plan: list[Report], folder: Path, key: str, opts: Options, work: Path) -> BatchOutcome:
    from kbreport.batch import index
    from kbreport.notebook import execute

    start = time.perf_counter()
    by_target = {}
    jobs = []
    for report in (r for r in plan if r.status == "planned"):
        try:
            job = _job(d, report, opts, work)
        except Exception as problem:  # one manager whose rows break a rule of ours must not stop the others
            _fail(report, d, problem if isinstance(problem, KbreportError) else RunFailed(N_("Не удалось собрать данные: {what}."), what=f"{type(problem).__name__}: {problem}"))
            _settle(report, work / report.folder.name, work)
            continue
        jobs.append(job)
        by_target[job.target] = report
    done = 0

    def finished(made: "Made") -> None:
        nonlocal done
        done += 1
        report = by_target[made.job.target]
        _finish(report, made, d)
        _settle(report, work / report.folder.name, work)
        opts.progress(f"[{number(done)}/{number(len(jobs))}] " + _("{name}: {status}, {seconds} с").format(name=report.name, status=_(WORDS[report.status]), seconds=words.number(made.seconds, 1)))

    from kbreport.batch.child import make

    execute(jobs, workers=opts.workers, on_done=finished, task=make, preload=PRELOAD, per_process=IN_TURN)
    record = _batch_record(d, plan, key) | {"seconds": round(time.perf_counter() - start, 2)}
    outcome = BatchOutcome([(r.name, r.outcome()) for r in plan if r.status in ("ok", "skipped", "failed")])
    try:
        outcome.indexes.append(index.write(d, plan, folder / "index.html"))
        _write_whole(folder / "managers" / "run.json", record)
    except KbreportError as problem:  # the reports are there; only the page over them is not
        outcome.outcomes.append(("index.html", problem))
    return outcome


def _job(d: "Department", report: Report, opts: Options, work: Path):
    """The bundle on disk and the job that reads it."""
    from kbreport.batch.child import MonthJob
    from kbreport.month.bundle import bundle_of

    bundle = bundle_of(d, report.manager)
    place = bundle.save(work / "bundles" / report.folder.name)
    given = {name: value for name, value in opts.overrides.items() if name not in ("period", "as_of", "internal_clients")}
    parameters = {"company": str(d.month.company.place), "period": d.whole.slug, "as_of": d.month.parameters.as_of if d.month.parameters.as_of != "auto" else "", "manager": report.manager, "lang": d.month.lang,
                  "settings": given}
    return MonthJob(home.notebooks() / "manager_month.ipynb", work / report.folder.name / "notebooks" / "manager_month.ipynb", parameters, d.month.lang, bundle=place, formats=opts.formats, meta=_heads(bundle.meta, d))


def _heads(meta: dict, d: "Department") -> dict[str, Any]:
    """What heads and feet of the pages say."""
    from kbreport import __version__, charts
    from kbreport.month.said import span

    name = words.plain(charts.short(meta["manager_name"], 60, 7.4))
    return {"title": _("Отчёт менеджера · {name}").format(name=name), "company": meta["company"], "period": span(d.whole.start, d.whole.months), "as_of": meta["as_of"], "vat": meta["vat"],
            "currency": meta["currency"], "lang": meta["lang"], "maker": meta["brand"].get("name") or "kbreport", "version": __version__, "brand": meta["brand"]}


def _finish(report: Report, made: "Made", d: "Department") -> None:
    """What the process said (or that it died) becomes a status and a run.json."""
    from kbreport.batch.child import Made

    made = made if isinstance(made, Made) else Made(**vars(made))
    report.record = _record(report, d) | {"notebooks": [{"name": "manager_month", "seconds": round(made.seconds, 2), "error": made.error}], "outputs": sorted(made.files), "calls": made.calls}
    if made.error:
        path = report.folder / "notebooks" / made.path.name if made.path else None
        _fail(report, d, NotebookFailed(N_("Тетрадь {name}, ячейка {cell}: {what}."), remedy=N_("Помеченная копия: {path}") if path else "", name="manager_month.ipynb",
                                        cell=made.cell if made.cell is not None else _("н/д"), what=f"{made.error_name}: {made.error}", path=str(path or "")), report.record)
    elif made.broken:
        _fail(report, d, RunFailed(N_("Не записаны: {what}."), what="; ".join(f"{name} — {why}" for name, why in made.broken.items())), report.record)
    else:
        report.status = "ok"
    log = made.job.folder / "run.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("\n".join([f"manager_month: {made.error_name or 'ok'} {made.seconds:.2f} s", *made.warnings]) + "\n", encoding="utf-8")
    except OSError:
        pass  # the log is an account of what is already in run.json
    report.record["seconds"] = round(made.seconds, 2)


def _fail(report: Report, d: "Department", problem: KbreportError, record: dict | None = None) -> None:
    report.status, report.error = "failed", problem
    report.record = (record or _record(report, d)) | {"status": "failed", "error": str(problem)}


def _settle(report: Report, made: Path, work: Path) -> None:
    """run.json last, then the whole folder in place. A place that cannot be written fails this report, not the batch."""
    try:
        made.mkdir(parents=True, exist_ok=True)
        write_json(made / "run.json", report.record)
        swapped(made, report.folder, work / f"old-{report.folder.name}")
    except OSError as bad:
        report.status = "failed"
        report.error = PlaceProblem(N_("Не удалось записать файл {path}: {reason}."), path=str(report.folder), reason=words.trouble(bad),
                                    remedy=N_("Закройте файл, если он открыт, и проверьте права на папку и место на диске."))
        report.record |= {"status": "failed", "error": str(report.error)}


# ------------------------------------------------------------------ records
def _record(report: Report, d: "Department") -> dict:
    """run.json of a manager: rows and money of his own clients only, no list of clients among the parameters, no examples."""
    record = run_record(d.month, "report") | {"manager": report.manager, "manager_name": report.name, "fingerprint": report.key, "seconds": 0.0, "rows": _own_rows(d, report.manager)}
    record["parameters"] |= {"internal_clients": []}
    record["inputs"] = [s | {"understood": []} for s in record["inputs"]]
    row = d.figures.loc[report.manager] if report.manager in d.figures.index else None
    return record | {"figures": {} if row is None else {name: None if words.missing(x) else round(float(x), 4) for name, x in row.items()}}


def _own_rows(d: "Department", manager: str) -> dict:
    """Rows of his clients: all up to as_of, those of P, the rest. What the file holds besides is not his to see."""
    days = d.facts.order_days
    mine = days[days["client_id"].isin(d.keeper.index[d.keeper == manager])]
    inside = d.month.period.mask(mine["date"])
    said = lambda part: {"rows": int(part["n_rows"].sum()), "amount": round(float(part["amount"].sum()), 2)}  # noqa: E731
    return {"in": said(mine), "used": said(mine[inside]), "outside_period": said(mine[~inside]), "after_as_of": {"rows": 0, "amount": 0.0}, "excluded": []}


def _batch_record(d: "Department", plan: list[Report], key: str) -> dict:
    """managers/run.json: the whole file to the kopeck, every report with its status."""
    failed = [r for r in plan if r.status == "failed"]
    reports = [{"manager": r.manager, "name": r.name, "folder": r.folder.name, "status": r.status, "seconds": r.record.get("seconds", 0.0), "error": str(r.error) if r.error else r.record.get("error")} for r in plan]
    return run_record(d.month, "batch") | {"status": "failed" if failed else "ok", "rows": rows_of(d.month), "problems": d.month.data.get("problems", []), "checks": d.month.data.get("checks", []),
                                           "reports": reports, "fingerprint": key, "error": "; ".join(f"{r.name}: {r.error}" for r in failed) or None,
                                           "sales": {"managers": round(float(d.figures.drop(index="", errors="ignore")["amount"].sum()), 2), "nobody": round(float(d.figures["amount"].get("", 0.0)), 2)}}


def _write_whole(path: Path, record: dict) -> None:
    from kbreport.report.files import write_text

    write_text(path, json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n")


__all__ = ["Report", "month"]
