"""A made-up company of any size for benchmarks: order_lines.parquet with repeating clients, seasons and returns; deterministic.

    python bench/large.py FOLDER LINES CLIENTS [YEARS]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def lines(n: int, clients: int, years: int = 3, seed: int = 7) -> pa.Table:
    """`n` lines of orders of 1–6 lines; sizes of clients are lognormal, days are working days."""
    rng = np.random.default_rng(seed)
    n_orders = n // 3
    weight = rng.lognormal(0, 1.2, clients)
    client = rng.choice(clients, n_orders, p=weight / weight.sum())
    days = np.arange(np.datetime64(f"{2026 - years}-01-01"), np.datetime64("2026-01-01"))
    days = days[np.is_busday(days)]
    date = days[rng.integers(0, len(days), n_orders)]
    of = np.sort(rng.integers(0, n_orders, n))
    amount = np.round(rng.lognormal(7, 1, n) * np.where(rng.random(n) < 0.02, -1, 1), 2)
    ids = np.char.add("K", np.char.zfill(np.arange(clients).astype(str), 6))
    managers = np.array([f"M{i:02d}" for i in range(40)])
    category = np.array([f"Группа {i:02d}" for i in range(20)])
    return pa.table({"order_id": pa.array(of.astype(str)), "order_date": pa.array(date[of].astype("datetime64[D]")), "client_id": pa.array(ids[client[of]]),
                     "manager_id": pa.array(managers[client[of] % 40]), "category": pa.array(category[rng.integers(0, 20, n)]), "qty": pa.array(rng.integers(1, 50, n).astype("float64")),
                     "amount": pa.array(amount), "cost": pa.array(np.round(amount * 0.78, 2))})


def main(folder: str, n: str, clients: str, years: str = "3") -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    pq.write_table(lines(int(n), int(clients), int(years)), Path(folder) / "order_lines.parquet")


if __name__ == "__main__":
    main(*sys.argv[1:])
