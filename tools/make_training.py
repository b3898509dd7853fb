"""Write the training base: real tables of twelve clients whose sums meet the aggregates of tests/data/mini exactly.

    python tools/make_training.py [FOLDER]     FOLDER defaults to data/sample/training

Nothing is random. 2023 and 2024 are laid out order by order so that counts, sums, first and last dates and the median
interval of each client come out; the years before are filled at the client's own rhythm, because a hole there would
look like clients who had left. What could not be met, and why, stands in data/sample/training/README.md.
"""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
MINI = ROOT / "tests" / "data" / "mini"
D = date.fromisoformat
AS_OF = D("2024-12-31")
COMPANY = ("name: Учебная база «Двенадцать клиентов»\nparameters:\n  currency: RUB\n  vat: excluded\n"
           "  as_of: 2024-12-31\n  sale_type: T\n")
MANAGERS = [("M1", "Орлова Вера Павловна", "KM", "2018-01-15", "1.0", 8), ("M2", "Сомов Глеб Ильич", "KM", "2017-05-02", "1.0", 8)]
CATEGORIES = ["Металлопрокат", "Крепёж", "Инструмент", "Сварка", "Подшипники", "Смазки", "Спецодежда", "Кабель"]


def _steps(start: str, gaps: list[int]) -> list[date]:
    """A date and the dates that follow it after each gap in days."""
    days = [D(start)]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    return days


# Order days of 2023 and 2024. The comment gives what the gaps are chosen for.
DAYS = {
    "K01": _steps("2023-01-15", [15] * 47),                                    # two orders every month, 15 days
    "K02": _steps("2023-01-15", [30] * 17 + [87] + [30] * 3),                  # none in July and August 2024
    "K03": _steps("2023-01-16", [38] * 7 + [37] * 2 + [30] * 12),              # 10 orders, then 12
    "K04": _steps("2023-01-16", [12] * 15 + [18] * 4 + [119] + [23] * 11),     # silent in Q4 2023: S12 = the year 2024
    "K05": _steps("2023-01-19", [14] * 25 + [13, 14, 14] * 8 + [13, 14]),      # 27 orders fit into 2024
    "K06": _steps("2023-01-19", [60] * 5),
    "K07": _steps("2023-02-23", [80] * 5 + [84, 80, 80]),                       # January, March, June, September, November
    "K08": _steps("2024-04-18", [118] * 2),                                    # 60 days cannot be: see README
    "K09": _steps("2023-01-17", [30] * 11 + [37] + [41] * 8),                  # 12 orders, then 9
    "K10": _steps("2023-01-27", [62] + [60] * 3 + [76] + [60] * 6),            # odd months, then even: not seasonal
    "K11": [D("2024-03-20")],
    "K12": _steps("2023-03-15", [90] * 3),
}
PINNED_LAST = {"K03": 50_000, "K08": 40_000, "K09": 11_500, "K10": 10_000}  # December of M1 = 96.3 % of its plan
EVEN = {"K02", "K06", "K07", "K10"}                # all orders of a year are alike
LAST_BEFORE_2023 = {"K06": "2022-10-25", "K12": "2022-11-05"}  # else the rhythm before; these keep S12 and the best year
CATEGORIES_BEFORE = {"K06": 3, "K12": 2}           # bought nothing in 2024; the others keep their number
RETURN = ("K12", "2024-01-17", -12_000)
PATTERN = (1.00, 0.92, 1.08, 0.97, 1.03)


def read(name: str) -> pd.DataFrame:
    """One aggregate file of tests/data/mini, ids as text."""
    return pd.read_csv(MINI / f"{name}.csv", dtype={"inn": str}, keep_default_na=True)


def order_days(clients: pd.DataFrame) -> pd.DataFrame:
    """client_id, order_date, amount (whole roubles) of every purchase from 2017 on."""
    monthly = read("monthly_2024").set_index("client_id")
    rows = []
    for c in clients.itertuples():
        days = _off_weekends(DAYS[c.client_id], D(c.first_order_date), D(c.last_order_date))
        rows += _before(c, days[0])
        for year, total in ((2023, c.sales_2023), (2024, c.sales_2024)):
            inside = [day for day in days if day.year == year]
            if year == 2024 and c.client_id in monthly.index:
                rows += _by_month(c.client_id, inside, monthly.loc[c.client_id])
            elif inside:
                rows += _by_year(c.client_id, inside, int(total), year)
    return pd.DataFrame(rows, columns=["client_id", "order_date", "amount"])


def _off_weekends(days: list[date], first: date, last: date) -> list[date]:
    """Move weekend orders to Friday or Monday where month, first and last day and the median interval stay."""
    days = list(days)
    wanted = _median(days)
    for i, day in enumerate(days):
        if day.weekday() < 5 or day in (first, last):
            continue
        moved = day + timedelta(days=-1 if day.weekday() == 5 else 1)
        tried = days[:i] + [moved] + days[i + 1 :]
        if moved.month == day.month and _median(tried) == wanted:
            days = tried
    return days


def _median(days: list[date]) -> float | None:
    return median((b - a).days for a, b in zip(days, days[1:])) if len(days) > 1 else None


def _before(c, start: date) -> list[tuple]:
    """Orders from the first one ever to 2022, evenly at the client's rhythm, a little smaller every year back."""
    first = D(c.first_order_date)
    if first.year >= 2023:
        return []
    step = c.median_interval_days
    last = min(start - timedelta(days=int(step)), D(LAST_BEFORE_2023.get(c.client_id, "2022-12-29")))
    n = max(1, round((last - first).days / step))
    days = [first + timedelta(days=round((last - first).days * i / n)) for i in range(n + 1)]
    usual = c.sales_2023 / c.orders_2023 * (0.76 if c.client_id == "K06" else 1)
    return [(c.client_id, day, round(usual * 0.94 ** (2023 - day.year) * PATTERN[i % 5] / 100) * 100)
            for i, day in enumerate(days)]


def _by_month(client: str, days: list[date], sums: pd.Series) -> list[tuple]:
    rows = []
    for month in range(1, 13):
        inside = [day for day in days if day.month == month]
        total = int(sums[f"m{month:02d}"])
        assert bool(inside) == (total > 0), f"{client}: month {month}"
        rows += list(zip([client] * len(inside), inside, _split(total, len(inside), 1000)))
    return rows


def _by_year(client: str, days: list[date], total: int, year: int) -> list[tuple]:
    pinned = PINNED_LAST.get(client) if year == 2024 else None
    amounts = _split(total - (pinned or 0), len(days) - (pinned is not None), 500, even=client in EVEN)
    return list(zip([client] * len(days), days, amounts + ([pinned] if pinned is not None else [])))


def _split(total: int, n: int, unit: int, even: bool = False) -> list[int]:
    """`n` amounts near each other, multiples of `unit` but for the last, that add up to `total`."""
    weights = [1.0 if even else PATTERN[i % 5] for i in range(n)]
    parts = [round(total * w / sum(weights) / unit) * unit for w in weights]
    return parts[:-1] + [total - sum(parts[:-1])] if n else []


def sales(clients: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """orders and order_lines; the return of K12 is a document of its own, linked to his last order."""
    orders = order_days(clients).sort_values(["order_date", "client_id"], kind="stable").reset_index(drop=True)
    orders["order_id"] = [f"Z{i:04d}" for i in range(1, len(orders) + 1)]
    orders["linked_order_id"] = ""
    client, day, amount = RETURN
    source = orders[orders["client_id"] == client].iloc[-1]
    back = {"client_id": client, "order_date": D(day), "amount": amount, "order_id": "R0001",
            "linked_order_id": source["order_id"]}
    lines = pd.concat([_lines(c, orders[orders["client_id"] == c.client_id]) for c in clients.itertuples()])
    sold = lines[lines["order_id"] == source["order_id"]].iloc[0]
    lines = pd.concat([lines, pd.DataFrame([{**sold, "order_id": "R0001", "line_no": 1, "qty": -3, "amount": amount}])])
    orders = pd.concat([orders, pd.DataFrame([back])]).sort_values(["order_date", "order_id"], kind="stable")
    orders["manager_id"] = orders["client_id"].map(clients.set_index("client_id")["manager_id"])
    place = pd.Series(range(len(orders)), index=orders["order_id"])
    lines = lines.assign(place=place.loc[lines["order_id"]].to_numpy()).sort_values(["place", "line_no"], kind="stable")
    return (orders[["order_id", "order_date", "client_id", "manager_id", "amount", "linked_order_id"]],
            lines[["order_id", "line_no", "sku", "category", "qty", "amount"]])


def _lines(c, orders: pd.DataFrame) -> pd.DataFrame:
    """One to three lines an order, going round the client's categories."""
    number = int(c.client_id[1:])
    n = int(c.category_bought) or CATEGORIES_BEFORE[c.client_id]
    own = [(number * 3 + j) % len(CATEGORIES) for j in range(n)]
    rows = []
    for i, (order, amount) in enumerate(zip(orders["order_id"], orders["amount"])):
        kinds = list(dict.fromkeys(own[(i + j) % n] for j in range(1 + i % 3)))
        for line, (kind, part) in enumerate(zip(kinds, _split(int(amount), len(kinds), 100)), start=1):
            good = 1 + (i + number) % 4
            rows.append((order, line, f"{kind + 1:02d}-{good:02d}", CATEGORIES[kind], max(1, round(part / 4000)), part))
    return pd.DataFrame(rows, columns=["order_id", "line_no", "sku", "category", "qty", "amount"])


def touches(clients: pd.DataFrame) -> pd.DataFrame:
    """As many outgoing contacts of 2024 as the aggregate says, spread over the year, one a day; one yearly meeting."""
    rows = []
    for c in clients.itertuples():
        start = max(D("2024-01-10"), D(c.contract_date) + timedelta(days=3))
        span, n = (D("2024-12-20") - start).days, int(c.touches_2024)
        for i in range(n):
            day = start + timedelta(days=round(span * (i + 0.5) / n))
            day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
            meeting = c.client_id == "K01" and i == n // 2
            channel = "meeting" if meeting else ("call", "call", "email", "call", "messenger")[(i + int(c.client_id[1:])) % 5]
            rows.append((c.client_id, c.manager_id, datetime(day.year, day.month, day.day, 9 + i % 3 * 2, 15 * (i % 4)),
                         channel, "out", "annual_meeting" if meeting else "standard",
                         "годовая встреча" if meeting else "", "sent" if channel == "email" else "reached"))
    names = ["client_id", "manager_id", "at", "channel", "direction", "kind", "occasion", "result"]
    table = pd.DataFrame(rows, columns=names).sort_values(["at", "client_id"], kind="stable").reset_index(drop=True)
    table.insert(0, "touch_id", [f"T{i:03d}" for i in range(1, len(table) + 1)])
    table["at"] = table["at"].dt.strftime("%Y-%m-%dT%H:%M")
    return table


def people(clients: pd.DataFrame) -> pd.DataFrame:
    """Contact persons: the first is the decider where one is known, and his birthday where it is known."""
    first = ["Белов А. К.", "Гусева Н. Д.", "Котов И. С.", "Лисина О. В."]
    rows = [(f"{c.client_id}-{j + 1}", c.client_id, first[j], "decider" if j == 0 and c.decider_known else "buyer",
             "1978-05-14" if j == 0 and c.birthday_known else "", "true")
            for c in clients.itertuples() for j in range(int(c.persons_known))]
    return pd.DataFrame(rows, columns=["person_id", "client_id", "name", "dmu_role", "birthday", "is_active"])


def plans() -> pd.DataFrame:
    """Monthly plans; December is set so that its fulfilment equals that of the year (96.3 and 85.3 %)."""
    months = [f"2024-{m:02d}" for m in range(1, 13)]
    values = {"M1": [500_000] * 12, "M2": [157_500] * 10 + [159_375, 65_625]}
    totals = read("plans_2024").set_index("manager_id")["plan_amount"]
    assert all(sum(v) == totals[m] for m, v in values.items())
    return pd.DataFrame([(p, m, "amount", v) for m in values for p, v in zip(months, values[m])],
                        columns=["period", "manager_id", "metric", "plan_value"])


def potential(clients: pd.DataFrame) -> pd.DataFrame:
    """Purchase volumes asked in autumn 2024. K06 was asked and did not say: only the relevant categories are known."""
    known = clients[clients["category_relevant"].notna()].reset_index(drop=True)
    volume = known["purchases_total_2024"].astype("Int64")
    return pd.DataFrame({"client_id": known["client_id"], "as_of": "2024-10-15", "period_months": 12,
                         "purchases_total": volume, "source": "asked", "confidence": "high",
                         "relevant_categories": known["category_relevant"].astype(int)})


def receivables() -> pd.DataFrame:
    """Debts on 31 December 2024: the overdue part and the rest of each client are two invoices."""
    rows = []
    for r in read("receivables").itertuples():
        for part, due in ((r.overdue_amount, "2024-11-29"), (r.open_amount - r.overdue_amount, "2025-01-31")):
            if part:
                rows.append((AS_OF, r.client_id, f"СЧ-{r.client_id[1:]}-{len(rows) + 1}", due, part, "credit"))
    return pd.DataFrame(rows, columns=["snapshot_date", "client_id", "invoice_id", "due_date", "open_amount", "terms"])


def survey_answers() -> pd.DataFrame:
    """One wave of November 2024."""
    answers = read("survey")
    answers.insert(0, "survey_date", "2024-11-12")
    answers.insert(0, "survey_id", "NPS-2024")
    return answers


def timelog() -> pd.DataFrame:
    """Five full days of M1, minutes by code; days are alike but for a trip on Tuesday."""
    week = {"P1": (90, 120, 90, 90, 90), "P2": (90, 60, 90, 90, 90), "P3": (120,) * 5, "P4": (30, 30, 0, 30, 30),
            "P5": (60,) * 5, "P6": (30, 0, 30, 30, 30), "P7": (30, 30, 60, 30, 30), "P9": (0, 60, 0, 0, 0),
            "P10": (30, 0, 30, 30, 30)}
    rows = [("M1", D("2024-11-18") + timedelta(days=i), minutes[i], code, "observer")
            for i in range(5) for code, minutes in week.items() if minutes[i]]
    return pd.DataFrame(rows, columns=["manager_id", "date", "minutes", "activity_code", "method"])


def build() -> dict[str, pd.DataFrame]:
    """All tables by name."""
    base = read("clients")
    orders, lines = sales(base)
    cards = base[["client_id", "client_name", "inn", "segment", "manager_id", "contract_date", "email", "phone"]].copy()
    cards["phone"] = cards["phone"].where(cards["phone"].isna(), "+7")  # read as a number
    goods = sorted({(f"{k + 1:02d}-{g:02d}", f"{name} {g}", name) for k, name in enumerate(CATEGORIES) for g in range(1, 5)})
    history = base[["client_id", "manager_id"]].assign(valid_from=base["contract_date"], valid_to="")
    return {"orders": orders, "order_lines": lines, "clients": cards,
            "products": pd.DataFrame(goods, columns=["sku", "name", "category"]),
            "managers": pd.DataFrame(MANAGERS, columns=["manager_id", "name", "role", "hired", "fte", "planned_hours_day"]),
            "client_manager_history": history, "people": people(base), "touches": touches(base), "plans": plans(),
            "potential": potential(base), "receivables": receivables(), "survey_answers": survey_answers(),
            "timelog": timelog()}


def write(folder: Path) -> None:
    """Write the CSV files and company.yml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in build().items():
        (folder / f"{name}.csv").write_bytes(table.to_csv(index=False, lineterminator="\n").encode("utf-8"))
    (folder / "company.yml").write_text(COMPANY, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "sample" / "training")
