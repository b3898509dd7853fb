"""Jobs → executed notebooks, each in a process forked from a warm server (which may take a few in turn), or in spawned workers.

Each process runs papermill with our engine and writes once, at the end or after a failure; a failed notebook stays as
`<name>.failed.ipynb` with the cell marked. `KB_START_METHOD=spawn` takes the path of machines without fork.
"""

from __future__ import annotations

import gc
import json
import multiprocessing as mp
import os
import re
import sys
import time
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

TIMEOUT = 900.0  # seconds for one notebook
SWEEP = 4  # jobs of a process between two collections of its garbage
GONE = ("Timeout", "ProcessDied")


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


def execute(jobs: Iterable[Job], *, workers: int = 1, on_done: Callable[[Ran], None] = lambda ran: None, timeout: float = TIMEOUT, task: "Task | None" = None, preload: Sequence[str] = (),
            per_process: int = 1) -> list[Ran]:
    """Run all jobs, `workers` at a time; one that fails, hangs or dies never stops the others. Results in the order of jobs.

    `task`: what to do with a job in its process (a module-level function), `run_job` unless given; `preload`: modules the
    fork server imports for it; `per_process`: how many jobs a forked process takes before a fresh one follows it (the first
    pays for the pages it copies, short jobs are worth sharing that). `on_done` is called as jobs end, in whatever order.
    """
    jobs = list(jobs)
    method = os.environ.get("KB_START_METHOD") or ("forkserver" if "forkserver" in mp.get_all_start_methods() else "spawn")
    count = max(1, min(workers, len(jobs) or 1))
    if method != "forkserver":
        return _pooled(jobs, count, on_done, timeout, method, task or run_job)
    mp.get_context(method).set_forkserver_preload(["kbreport.notebook.preload", *preload])
    return _forked(jobs, count, on_done, timeout, lambda: _Worker(mp.get_context(method), task or run_job), per_process)


class _Worker:
    """A forked process and the pipe to it; one job at a time."""

    def __init__(self, context, task: "Task") -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(task, theirs), name="kbreport worker")
        self.process.start()
        theirs.close()
        self.made = 0

    def begin(self, index: int, job: Job) -> None:
        self.index, self.job, self.start = index, job, time.monotonic()
        try:
            self.pipe.send(job)
        except (BrokenPipeError, ConnectionResetError):
            pass  # dead before it began: `collected` says so

    def seconds(self) -> float:
        return time.monotonic() - self.start

    def collected(self, timeout: float) -> Ran:
        """What the process sent; or that it was too slow, or died without a word."""
        self.made += 1
        try:
            ran = self.pipe.recv() if self.pipe.poll() else None
        except (EOFError, ConnectionResetError):
            ran = None
        if ran is None and self.process.is_alive() and self.seconds() > timeout:
            self.process.kill()
            ran = Ran(self.job, self.seconds(), f"{self.job.source.name}: > {timeout:.0f} s", "Timeout")
        if ran is None:
            self.process.join()
            ran = Ran(self.job, self.seconds(), f"{self.job.source.name}: exit code {self.process.exitcode}", "ProcessDied")
        return ran

    def end(self) -> None:
        self.pipe.close()  # the process sees the end of its jobs
        self.process.join()


def _forked(jobs: list[Job], workers: int, on_done: Callable[[Ran], None], timeout: float, new: Callable[[], _Worker], per_process: int) -> list[Ran]:
    waiting, idle, busy, done = list(enumerate(jobs)), [], [], {}
    try:
        while waiting or busy:
            while waiting and len(busy) < workers:
                worker = idle.pop() if idle else new()
                busy.append(worker)
                worker.begin(*waiting.pop(0))
            ready = wait([w.pipe for w in busy], timeout=0.2)
            for worker in [w for w in busy if w.pipe in ready or w.seconds() > timeout]:
                ran = done[worker.index] = worker.collected(timeout)
                busy.remove(worker)
                if waiting and ran.error_name not in GONE and worker.made < per_process:
                    idle.append(worker)
                else:
                    worker.end()
                on_done(ran)
    finally:  # also when whoever listens raises: nobody is left waiting for a job
        for worker in busy:
            worker.process.kill()
        for worker in idle + busy:
            worker.end()
    return [done[i] for i in range(len(jobs))]


def _serve(task: "Task", pipe) -> None:
    """Jobs from the pipe until it is closed."""
    warm = "kbreport.notebook.preload" in sys.modules  # a preload that failed is swallowed by the server: notice it here
    for made in count(1):
        try:
            job = pipe.recv()
        except EOFError:
            return
        ran = _tried(task, job)
        if not warm:
            ran.warnings.append("fork server without preload")
        pipe.send(ran)
        if made % SWEEP == 0:  # figures and shells hang together in circles
            gc.collect()


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
    """Take papermill's clock out of the record (equal runs give equal notebooks) and put it in place."""
    nb = json.loads(part.read_text(encoding="utf-8"))
    nb["metadata"].pop("papermill", None)
    for cell in nb["cells"]:
        cell["metadata"].pop("papermill", None)
        if "injected-parameters" in cell["metadata"].get("tags", ()):  # papermill gives it a random id
            cell["id"] = "injected-parameters"
    part.write_text(_text(nb), encoding="utf-8")
    os.replace(part, target)


def _text(nb: dict) -> str:
    """One line per cell. With an indent json leaves its fast encoder, which costs more than a chart; who opens the notebook gets nbformat's form."""
    line = partial(json.dumps, ensure_ascii=False, sort_keys=True)
    rest = line({key: value for key, value in nb.items() if key != "cells"})
    return '{"cells": [\n' + ",\n".join(map(line, nb["cells"])) + "\n], " + rest[1:] + "\n"
