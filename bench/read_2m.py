"""Reading 2,000,000 order lines in cp1251 with decimal commas into typed tables: seconds (median) and peak memory.

    python bench/read_2m.py [--lines 2000000] [--runs 3]

Budget: 6 s, 1.2 GB. The baseline is pandas.read_csv of the same file with types given, which checks nothing.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = "Номер заказа;Дата;Код клиента;Клиент;Менеджер;Артикул;Категория;Количество;Сумма, руб.;Себестоимость\n"


def write(path: Path, lines: int) -> None:
    """The same bytes each time: numbers from a fixed recurrence, no random generator."""
    import numpy as np
    import pandas as pd

    i = np.arange(lines, dtype=np.int64)
    mixed = (i * 2654435761) % 4294967296
    client = mixed % 6000
    kopecks = (mixed >> 7) % 9_000_000 + 100
    day = np.datetime64("2022-01-01") + (i * 1095 // lines).astype("timedelta64[D]")
    frame = pd.DataFrame({
        "order": "З-" + pd.Series(i // 4).astype(str).str.zfill(7), "date": pd.Series(day).dt.strftime("%d.%m.%Y"), "client": "К-" + pd.Series(client).astype(str).str.zfill(5),
        "name": "ООО «Покупатель " + pd.Series(client).astype(str) + "»", "manager": "Менеджер " + pd.Series(client % 40).astype(str), "sku": "А" + pd.Series(mixed % 5000).astype(str).str.zfill(5),
        "category": "Категория " + pd.Series(mixed % 30).astype(str), "qty": mixed % 50 + 1, "amount": (pd.Series(kopecks) / 100).map("{:.2f}".format).str.replace(".", ","),
        "cost": (pd.Series(kopecks * 7 // 10) / 100).map("{:.2f}".format).str.replace(".", ",")})
    path.write_bytes(HEADER.encode("cp1251"))
    frame.to_csv(path, sep=";", header=False, index=False, mode="a", encoding="cp1251", lineterminator="\n")


def once(path: str) -> None:
    """One reading in this process: prints seconds, CPU seconds, peak MB and the control sum."""
    started, cpu = time.perf_counter(), time.process_time()
    from kbreport import tables

    loaded = tables.load(Path(path))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.perf_counter() - started, time.process_time() - cpu, peak, loaded.ledger.amount_out, loaded.ledger.rows_out)


def baseline(path: str) -> None:
    started, cpu = time.perf_counter(), time.process_time()
    import pandas as pd

    frame = pd.read_csv(path, sep=";", encoding="cp1251", decimal=",", dtype={0: str, 2: str}, parse_dates=[1], dayfirst=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.perf_counter() - started, time.process_time() - cpu, peak, round(frame.iloc[:, 8].sum(), 2), len(frame))


def measured(verb: str, path: Path, runs: int) -> list[list[float]]:
    command = [sys.executable, __file__, verb, str(path)]
    return [[float(x) for x in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()] for _ in range(runs)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", nargs="?", default="all")
    parser.add_argument("path", nargs="?")
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    if args.verb in ("once", "baseline"):
        return {"once": once, "baseline": baseline}[args.verb](args.path)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "order_lines.csv"
        write(path, args.lines)
        print(f"{args.lines:,} lines, {path.stat().st_size / 1e6:.0f} MB")
        for verb in ("once", "baseline"):
            rows = measured(verb, path, args.runs)
            wall, cpu, peak = (statistics.median(r[i] for r in rows) for i in range(3))
            print(f"{'kbreport' if verb == 'once' else 'pandas':9} wall {wall:5.2f} s   CPU {cpu:5.2f} s   peak {peak:5.0f} MB   sum {rows[0][3]:.2f}   rows {rows[0][4]:.0f}")


if __name__ == "__main__":
    main()
