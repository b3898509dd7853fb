"""CPU of every method on a base whose facts are ready, without charts; the baseline is reading the facts.

    python bench/methods.py FOLDER [RUNS]      FOLDER made by bench/large.py (1,000,000 lines, 6,000 clients for the budget)
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time

import kbreport as kb
from kbreport import book


def once(place: str) -> dict[str, float]:
    """CPU seconds of opening (facts cached) and of each method, in the order of the book, needs included where first met."""
    out, start = {}, time.process_time()
    base = kb.open(place)
    out["facts from the cache"] = time.process_time() - start
    for name in book.in_order(sorted(book.places())):
        if base.fed(name):
            continue
        start = time.process_time()
        base.measure(name)
        out[name] = time.process_time() - start
    return out


def main(place: str, runs: int) -> None:
    with tempfile.TemporaryDirectory() as cache:
        os.environ["KB_CACHE"] = cache
        start, cpu = time.perf_counter(), time.process_time()
        kb.open(place)
        print(f"{'lines → facts, first time':<32} cpu {time.process_time() - cpu:7.2f} s   wall {time.perf_counter() - start:.2f} s")
        from kbreport import cache as store

        store.load_result = lambda key, result: None  # measure anew every round
        rounds = [once(place) for _ in range(runs)]
    for name in rounds[0]:
        print(f"{name:<32} cpu {statistics.median(r[name] for r in rounds):7.3f} s")
    total = statistics.median(sum(v for k, v in r.items() if not k.startswith("facts")) for r in rounds)
    print(f"{'all methods':<32} cpu {total:7.3f} s   load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
