"""Jobs → executed notebooks, one process each: forked from a warm server, or spawned workers that are reused.

Each process runs papermill with our engine and writes once, at the end or after a failure; a failed notebook stays as
`<name>.failed.ipynb` with the cell marked. `KB_START_METHOD=spawn` takes the path of machines without fork.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import re
import sys
import time
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

TIMEOUT = 900.0  # seconds for one notebook


@dataclass(frozen=True)
class Job:
    """One notebook to run: source, target (written whole or not at all), parameters, language."""

    source: Path
    target: Path
    parameters: dict[str, Any]
    lang: str = "ru"


@dataclass
class Ran:
    """How a job ended. `error` is None when all cells ran."""

    job: Job
    seconds: float = 0.0
    error: str | None = None
    error_name: str | None = None
    cell: int | None = None
    path: Path | None = None
    warnings: list[str] = field(default_factory=list)


Task = Callable[[Job], Ran]


def methods_in(source: Path) -> list[str]:
    """Ids of the methods that a notebook shows, in order: `base.measure("…")` cells."""
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return re.findall(r'^base\.measure\("([a-z_0-9]+)"\)', code, flags=re.M)


def execute(jobs: Iterable[Job], *, workers: int = 1, on_done: Callable[[Ran], None] = lambda ran: None, timeout: float = TIMEOUT, task: "Task | None" = None, preload: Sequence[str] = ()) -> list[Ran]:
    """Run all jobs, `workers` at a time; one that fails, hangs or dies never stops the others. Results in the order of jobs.

    `task`: what to do with a job in its process (a module-level function), `run_job` unless given; `preload`: modules the
    fork server imports for it. `on_done` is called as jobs end, in whatever order.
    """
    jobs = list(jobs)
    method = os.environ.get("KB_START_METHOD") or ("forkserver" if "forkserver" in mp.get_all_start_methods() else "spawn")
    count = max(1, min(workers, len(jobs) or 1))
    if method != "forkserver":
        return _pooled(jobs, count, on_done, timeout, method, task or run_job)
    mp.get_context(method).set_forkserver_preload(["kbreport.notebook.preload", *preload])
    return _forked(jobs, count, on_done, timeout, method, task or run_job)


def _forked(jobs: list[Job], workers: int, on_done: Callable[[Ran], None], timeout: float, method: str, task: "Task") -> list[Ran]:
    context = mp.get_context(method)
    waiting, running, done = list(enumerate(jobs)), {}, {}
    while waiting or running:
        while waiting and len(running) < workers:
            index, job = waiting.pop(0)
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_child, args=(task, job, theirs), name=f"kbreport {job.source.stem}")
            process.start()
            theirs.close()
            running[ours] = (index, job, process, time.monotonic())
        for ours in wait(list(running), timeout=0.2) or _late(running, timeout):
            index, job, process, start = running.pop(ours)
            done[index] = _collected(ours, process, job, time.monotonic() - start, timeout)
            on_done(done[index])
    return [done[i] for i in range(len(jobs))]


def _late(running: dict, timeout: float) -> list:
    return [pipe for pipe, (_, _, _, start) in running.items() if time.monotonic() - start > timeout]


def _collected(pipe, process, job: Job, seconds: float, timeout: float) -> Ran:
    """What the child sent; or that it was too slow, or died without a word."""
    try:
        ran = pipe.recv() if pipe.poll() else None
    except EOFError:
        ran = None
    pipe.close()
    if ran is None and process.is_alive() and seconds > timeout:
        process.kill()
        ran = Ran(job, seconds, f"{job.source.name}: > {timeout:.0f} s", "Timeout")
    process.join()
    return ran or Ran(job, seconds, f"{job.source.name}: exit code {process.exitcode}", "ProcessDied")


def _child(task: "Task", job: Job, pipe) -> None:
    warm = "kbreport.notebook.preload" in sys.modules  # a preload that failed is swallowed by the server: notice it here
    ran = _tried(task, job)
    if not warm:
        ran.warnings.append("fork server without preload")
    pipe.send(ran)
    pipe.close()


def _tried(task: "Task", job: Job) -> Ran:
    """The task's own account; what escapes it is an account, too: a dying process tells nobody why."""
    try:
        return task(job)
    except Exception as problem:  # the border of the process
        return Ran(job, 0.0, str(problem), type(problem).__name__)


def _pooled(jobs: list[Job], workers: int, on_done: Callable[[Ran], None], timeout: float, method: str, task: "Task") -> list[Ran]:
    """Workers that are reused. A job that kills its worker breaks the pool: who was not done runs again, each in a pool of his own."""
    done: list[Ran | None] = [None] * len(jobs)
    with ProcessPoolExecutor(workers, mp_context=mp.get_context(method)) as pool:
        for i, future in enumerate([pool.submit(_tried, task, job) for job in jobs]):
            try:
                done[i] = future.result(timeout=timeout)
                on_done(done[i])
            except (BrokenExecutor, TimeoutError):
                continue
    for i, job in enumerate(jobs):
        if done[i] is None:
            done[i] = _alone(job, timeout, method, task)
            on_done(done[i])
    return [ran for ran in done if ran is not None]


def _alone(job: Job, timeout: float, method: str, task: "Task") -> Ran:
    start = time.monotonic()
    with ProcessPoolExecutor(1, mp_context=mp.get_context(method)) as pool:
        try:
            return pool.submit(_tried, task, job).result(timeout=timeout)
        except BrokenExecutor:
            return Ran(job, time.monotonic() - start, f"{job.source.name}: worker died", "ProcessDied")
        except TimeoutError:
            for process in (pool._processes or {}).values():
                process.kill()
            return Ran(job, time.monotonic() - start, f"{job.source.name}: > {timeout:.0f} s", "Timeout")


def run_job(job: Job) -> Ran:
    """Execute one notebook here, in this process."""
    sys.modules.setdefault("rfc3987_syntax", None)
    import logging

    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from kbreport import words
    from kbreport.notebook import engine
    from kbreport.notebook.translate import translated

    papermill.engines.papermill_engines.register("kbreport", engine.KbreportEngine)
    logging.getLogger("papermill").setLevel(logging.ERROR)
    start = time.perf_counter()
    with words.speaking(job.lang):
        nb = translated(nbformat.read(job.source, as_version=4))
    job.target.parent.mkdir(parents=True, exist_ok=True)
    part = job.target.with_name(job.target.stem + ".part.ipynb")
    ran = Ran(job, path=job.target)
    os.environ["KB_RESULTS"] = str(job.target.with_suffix(".results"))  # where `Result` puts tables too long for the notebook
    try:
        papermill.execute_notebook(nb, str(part), parameters=job.parameters, engine_name="kbreport", kernel_name="python3", language="python",
                                   progress_bar=False, request_save_on_cell_execute=False)
    except PapermillExecutionError as failed:
        ran.error, ran.error_name, ran.cell = str(failed.evalue), failed.ename, failed.exec_count
        ran.path = job.target.with_name(job.target.stem + ".failed.ipynb")
    _settle(part, ran.path)
    ran.seconds = time.perf_counter() - start
    return ran


def _settle(part: Path, target: Path) -> None:
    """Take papermill's clock out of the record (equal runs give equal notebooks) and put it in place.

    Plain JSON in the form nbformat writes: it has just been validated, and doing so again costs more than a chart.
    """
    nb = json.loads(part.read_text(encoding="utf-8"))
    nb["metadata"].pop("papermill", None)
    for cell in nb["cells"]:
        cell["metadata"].pop("papermill", None)
        if "injected-parameters" in cell["metadata"].get("tags", ()):  # papermill gives it a random id
            cell["id"] = "injected-parameters"
    part.write_text(json.dumps(nb, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": ")) + "\n", encoding="utf-8")
    os.replace(part, target)
