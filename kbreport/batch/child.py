"""One manager's report in a process of its own: bundle → executed notebook → pages, tables, findings."""

from __future__ import annotations

import gc
import os
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kbreport.errors import KbreportError
from kbreport.notebook import Job, Ran, run_job


@dataclass(frozen=True)
class MonthJob(Job):
    """`bundle`: all the process may read of the company; `meta`: what heads and feet of the pages say."""

    bundle: Path = Path()
    formats: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.target.parent.parent


@dataclass
class Made(Ran):
    """`files` made, relative to the folder; `broken`: format → why; `calls`: the first rows of the call list for the index."""

    files: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    calls: list[dict] = field(default_factory=list)


def make(job: MonthJob) -> Made:
    """Run the notebook on the bundle and write every format; a format that fails does not stop the others."""
    start = time.perf_counter()
    gc.disable()  # a process that lives a second needs no collector, and one would copy the pages it shares with the server
    os.environ["KB_BUNDLE"] = str(job.bundle)
    try:
        made = Made(**vars(run_job(job)))
    finally:
        os.environ.pop("KB_BUNDLE", None)
    if made.error is None:
        _write(job, made)
    made.seconds = time.perf_counter() - start
    return made


def _write(job: MonthJob, made: Made) -> None:
    import nbformat.v4

    from kbreport import report
    from kbreport.report.compose import Notebook

    node = nbformat.v4.reads(made.path.read_text(encoding="utf-8"))  # as nbformat.read, without validating what was just written
    document = report.document_of(Notebook(node, made.path.with_suffix(".results")), job.meta, workbook="report.xlsx" if "xlsx" in job.formats else None)
    steps = {name: lambda name=name: report.write_format(document, job.folder / f"report.{name}", name) for name in job.formats}
    steps |= {"tables": lambda: report.write_tables(document, job.folder / "tables"), "findings": lambda: report.write_findings(document, job.folder / "findings.json")}
    for name, step in steps.items():
        try:
            made.files += [path.relative_to(job.folder).as_posix() for path in step()]
        except Exception as problem:  # the border: one bad format must not take the others with it
            made.broken[name] = str(problem) if isinstance(problem, KbreportError) else f"{type(problem).__name__}: {problem}"
            made.warnings.append(traceback.format_exc())
    made.calls = _first_calls(document)


def _first_calls(document, most: int = 3) -> list[dict]:
    """For the plan of the day: who, why, how much."""
    table = next((r.tables["main"].frame for r in document.records if r.method == "call_list"), None)
    if table is None:
        return []
    return [{"client": r["client_name"], "why": r["why"], "money": round(float(r["stake_amount"]), 2), "basis": r["basis"], "step": r["next_step"]} for r in table.head(most).to_dict("records")]
