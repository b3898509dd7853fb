"""CPU time and size of every chart shape at page width: `python bench/charts.py [runs]`. Budget: 60 ms each.

Medians of `runs` (default 9) after one warm-up; garbage collection is off while a shape is timed.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
BUDGET = 60.0


def timed(make, runs: int) -> tuple[float, int]:
    from kbreport import charts

    text = charts.svg(make(), "warm")
    gc.collect()
    gc.disable()
    spent = []
    for _run in range(runs):
        start = time.process_time()
        charts.svg(make(), "x")
        spent.append((time.process_time() - start) * 1000)
    gc.enable()
    return statistics.median(spent), len(text)


def main(runs: int = 9) -> int:
    from tests.charts.test_shapes import SHAPES, base

    over = 0
    print(f"{'shape':<12}{'clients':>8}{'ms CPU':>9}{'kB':>6}   load {os.getloadavg()[0]:.1f}")
    for n in (90, 1200):
        for name, make in SHAPES.items():
            data = base(n)
            ms, size = timed(lambda make=make, data=data: make(data, 180), runs)
            over += ms > BUDGET
            print(f"{name:<12}{n:>8}{ms:>9.0f}{size / 1000:>6.0f}{'   over the budget' if ms > BUDGET else ''}")
    return over


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
