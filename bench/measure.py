"""Whole-process figures for benchmarks: CPU of a command with all its children, wall, peak memory of the largest process."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time


def timed(command: list[str], env: dict[str, str] | None = None, cwd: str | None = None) -> dict[str, float]:
    """cpu, wall in seconds, rss in MB of one run; raises when the command fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env=os.environ | (env or {}), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": time.perf_counter() - start, "rss": after.ru_maxrss / 1024}


def median(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def say(name: str, row: dict[str, float], base: dict[str, float] | None = None) -> None:
    """One line: medians, and the ratio to the baseline of the same run."""
    ratio = f"   baseline / this: cpu {base['cpu'] / row['cpu']:.1f}x, wall {base['wall'] / row['wall']:.1f}x" if base else ""
    print(f"{name:<44} cpu {row['cpu']:7.2f} s   wall {row['wall']:7.2f} s   largest process {row['rss']:6.0f} MB{ratio}   load {os.getloadavg()[0]:.1f}")
