"""Whole-process figures for benchmarks: CPU of a command with all its children, wall, peak memory of the largest process."""

from __future__ import annotations

import ctypes
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Iterator

ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of Linux


def timed(command: list[str], env: dict[str, str] | None = None, cwd: str | None = None) -> dict[str, float]:
    """cpu, wall in seconds, rss in MB of one run; raises when the command fails.

    The fork server outlives the command and is waited for by nobody: we adopt such orphans, else the notebooks would cost nothing.
    """
    ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
    start = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | (env or {}), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    all_used = [used, *_orphans()]
    return {"cpu": sum(u.ru_utime + u.ru_stime for u in all_used), "wall": wall, "rss": max(u.ru_maxrss for u in all_used) / 1024}


def _orphans() -> Iterator[resource.struct_rusage]:
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


def median(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def say(name: str, row: dict[str, float], base: dict[str, float] | None = None) -> None:
    """One line: medians, and the ratio to the baseline of the same run."""
    ratio = f"   baseline / this: cpu {base['cpu'] / row['cpu']:.1f}x, wall {base['wall'] / row['wall']:.1f}x" if base else ""
    print(f"{name:<44} cpu {row['cpu']:7.2f} s   wall {row['wall']:7.2f} s   largest process {row['rss']:6.0f} MB{ratio}   load {os.getloadavg()[0]:.1f}")
