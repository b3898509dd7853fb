"""Processes of the batch: a few jobs in turn, and whatever happens to one of them is the end of that one only."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from kbreport.notebook import Job, Ran
from kbreport.notebook.execute import execute

pytestmark = pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="no fork here")


def pid_of(job: Job) -> Ran:
    """A task that says which process did it; or does what the parameters say."""
    kind = job.parameters.get("kind")
    if kind == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "hang":
        time.sleep(60)
    if kind == "raise":
        raise ValueError("so it is")
    return Ran(job, warnings=[str(os.getpid())])


def jobs(*kinds: str) -> list[Job]:
    return [Job(Path(f"{i}.ipynb"), Path("out"), {"kind": kind}) for i, kind in enumerate(kinds)]


def pids(ran: list[Ran]) -> list[str]:
    return [r.warnings[0] for r in ran]


def children() -> set[int]:
    return {p.pid for p in multiprocessing.active_children()}


def test_a_process_takes_so_many_jobs_and_a_fresh_one_follows():
    made = pids(execute(jobs(*[""] * 5), task=pid_of, per_process=2))
    assert made[0] == made[1] and made[2] == made[3] and len(set(made)) == 3
    assert len(set(pids(execute(jobs("", "", ""), task=pid_of)))) == 3, "one each unless asked for more"


def test_results_come_in_the_order_of_jobs():
    seen: list[int] = []
    ran = execute(jobs(*[""] * 7), workers=2, task=pid_of, per_process=3, on_done=lambda r: seen.append(int(r.job.source.stem)))
    assert [r.job.source.stem for r in ran] == list("0123456") and sorted(seen) == list(range(7))


def test_who_dies_takes_nobody_along():
    ran = execute(jobs("", "die", "", ""), task=pid_of, per_process=4)
    assert [r.error_name for r in ran] == [None, "ProcessDied", None, None] and "-9" in ran[1].error
    assert ran[0].warnings[0] != ran[2].warnings[0] == ran[3].warnings[0]


def test_who_raises_leaves_his_process_to_the_next():
    ran = execute(jobs("", "raise", ""), task=pid_of, per_process=3)
    assert [r.error_name for r in ran] == [None, "ValueError", None] and ran[0].warnings[0] == ran[2].warnings[0]


def test_who_hangs_is_stopped_and_the_rest_are_made():
    start = time.monotonic()
    ran = execute(jobs("hang", "", ""), task=pid_of, per_process=3, timeout=4)
    assert [r.error_name for r in ran] == ["Timeout", None, None] and time.monotonic() - start < 30


def test_a_listener_that_raises_leaves_no_process_behind():
    before = children()

    def fails(ran: Ran) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        execute(jobs("", "hang", "", ""), workers=2, task=pid_of, per_process=4, on_done=fails)
    assert children() <= before
