"""Whole-process figures for benchmarks: CPU of a command with all its children, wall, peak memory of the largest process."""

from __future__ import annotations

import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time


def timed(command: list[str], env: dict[str, str] | None = None, cwd: str | None = None) -> dict[str, float]:
    """cpu, wall in seconds, rss in MB of one run; raises when the command fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    _adopt()
    subprocess.run(command, check=True, env=os.environ | (env or {}), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    _bury()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": wall, "rss": after.ru_maxrss / 1024}


def _adopt() -> None:
    """Orphans become children of ours (Linux): the fork server outlives its parent, and its children are most of the work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _bury() -> None:
    """Wait for the orphans, so that their time is counted."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def median(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def say(name: str, row: dict[str, float], base: dict[str, float] | None = None) -> None:
    """One line: medians, and the ratio to the baseline of the same run."""
    ratio = f"   baseline / this: cpu {base['cpu'] / row['cpu']:.1f}x, wall {base['wall'] / row['wall']:.1f}x" if base else ""
    print(f"{name:<44} cpu {row['cpu']:7.2f} s   wall {row['wall']:7.2f} s   largest process {row['rss']:6.0f} MB{ratio}   load {os.getloadavg()[0]:.1f}")
