"""Small companies for the tests of the month: every client and manager is planted on purpose."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

HEAD = ["order_id", "order_date", "client_id", "client_name", "manager_id", "amount"]


def sales(folder: Path, managers: dict[str, int], *, start: str = "2024-01", end: str = "2025-12", skip: tuple[str, ...] = (), extra: list[list] | None = None, mark: str = "name") -> Path:
    """orders.csv: each manager's clients buy once a month, the i-th for 1000·(i+1), on day 18 + i % 10. `skip`: months «2025-12»."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(HEAD)
        for manager, n in managers.items():
            for i in range(n):
                for month in pd.period_range(start, end, freq="M"):
                    if str(month) not in skip:
                        write.writerow([f"{manager}-{i}-{month}", f"{month}-{18 + i % 10:02d}", f"{manager}X{i:02d}", f"{manager}{mark}{i:02d}", manager, 1000 * (i + 1)])
        write.writerows(extra or [])
    return folder


def people(folder: Path, rows: list[tuple[str, str]]) -> Path:
    with (folder / "managers.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("manager_id", "name"), *rows])
    return folder
