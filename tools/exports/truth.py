"""What the simulated exports say: slices of data/sample, and deals, which the sample itself does not have."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
MONTH, QUARTER = "2025-12", ("2025-10", "2025-12")
STAGES = {"won": "Успешно реализовано", "lost": "Закрыто и не реализовано", "open": "Согласование КП"}


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False)


def sales(first: str, last: str) -> pd.DataFrame:
    """Lines of the documents of these months with names, money in kopecks."""
    orders = table("orders")[["order_id", "order_date", "client_id", "manager_id"]]
    lines = table("order_lines").merge(orders, on="order_id").merge(table("clients")[["client_id", "client_name", "inn"]], on="client_id")
    lines = lines.merge(table("managers")[["manager_id", "name"]].rename(columns={"name": "manager"}), on="manager_id").merge(table("products")[["sku", "name"]].rename(columns={"name": "product"}), on="sku")
    month = lines["order_date"].str[:7]
    lines = lines[(month >= first) & (month <= last)].copy()
    for column in ("amount", "cost"):
        lines[column] = kopecks(lines[column])
    lines["qty"] = lines["qty"].astype(float)
    lines["doc"] = ["Возврат товаров от клиента" if n.startswith("R") else "Реализация товаров и услуг" for n in lines["order_id"]]
    lines["doc"] = lines["doc"] + " " + lines["order_id"] + " от " + pd.to_datetime(lines["order_date"]).dt.strftime("%d.%m.%Y") + " 12:00:00"
    return lines.sort_values(["client_name", "order_date", "order_id", "line_no"], kind="stable").reset_index(drop=True)


def kopecks(texts: pd.Series) -> pd.Series:
    """`-1234.50` → −123450, exactly."""
    parts = texts.str.extract(r"^(-?)(\d+)(?:\.(\d{1,2}))?$").fillna("")
    return (parts[1] + parts[2].str.ljust(2, "0")).astype("int64") * parts[0].map({"-": -1, "": 1})


def debts(day: str) -> pd.DataFrame:
    """Open invoices of a snapshot."""
    frame = table("receivables")
    frame = frame[frame["snapshot_date"] == day].merge(table("clients")[["client_id", "client_name", "inn", "manager_id"]], on="client_id")
    frame = frame.merge(table("managers")[["manager_id", "name"]].rename(columns={"name": "manager"}), on="manager_id")
    frame["open_amount"] = kopecks(frame["open_amount"])
    late = (pd.Timestamp(day) - pd.to_datetime(frame["due_date"])).dt.days
    frame["days"] = late.clip(lower=0)
    return frame.sort_values(["client_name", "invoice_id"], kind="stable").reset_index(drop=True)


def deals() -> pd.DataFrame:
    """150 deals of November and December: won ones are real orders, the others are drawn by a hash, so that nothing is random."""
    orders = table("orders")
    orders = orders[(orders["order_date"] >= "2025-11-01") & ~orders["order_id"].str.startswith("R") & ~orders["amount"].str.startswith("-")]
    orders = orders.merge(table("clients")[["client_id", "client_name"]], on="client_id").merge(table("managers")[["manager_id", "name"]].rename(columns={"name": "manager"}), on="manager_id")
    draw = pd.Series([int(hashlib.sha256(i.encode()).hexdigest()[:8], 16) for i in orders["order_id"]], index=orders.index)
    orders = orders.assign(draw=draw).sort_values("draw").head(150).sort_values("order_id").reset_index(drop=True)
    status = (orders["draw"] % 5).map({0: "lost", 1: "open"}).fillna("won")
    created = pd.to_datetime(orders["order_date"]) - pd.to_timedelta(orders["draw"] % 20 + 1, unit="D")
    closing = pd.to_datetime(orders["order_date"]).where(status != "open", pd.to_datetime(orders["order_date"]) + pd.Timedelta(days=40))
    return pd.DataFrame({"deal_id": [str(4000 + i) for i in range(len(orders))], "deal_name": "Поставка " + orders["order_id"], "client_id": orders["client_id"], "client_name": orders["client_name"],
                         "manager": orders["manager"], "stage": status.map(STAGES), "status": status, "amount": kopecks(orders["amount"]), "created": created, "closing": closing,
                         "phone": ["+7 8182 00-00-" + f"{i % 100:02d}" for i in range(len(orders))], "contact": "Контакт " + orders["order_id"]})


def touches() -> pd.DataFrame:
    frame = table("touches")
    frame = frame[frame["at"].str.startswith(MONTH)].merge(table("clients")[["client_id", "client_name"]], on="client_id")
    frame = frame.merge(table("managers")[["manager_id", "name"]].rename(columns={"name": "manager"}), on="manager_id")
    return frame.sort_values("touch_id").head(200).reset_index(drop=True)


def cards() -> pd.DataFrame:
    return table("clients").merge(table("managers")[["manager_id", "name"]].rename(columns={"name": "manager"}), on="manager_id", how="left").fillna("")
