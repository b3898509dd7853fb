"""Money around the sales: monthly plans, purchase volumes of clients, debts at month ends. Kopecks in, roubles out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import lists, stories
from sample.streams import pick

END = pd.Timestamp(lists.END)
TARGETED = {"M01": 1.03, "M02": 0.89, "M03": 0.98, "M04": 0.98, "M05": 0.95, "M06": 1.02}  # usual fact / plan
REASONS = ["no_need", "price", "stock", "competitor", "payment", "postponed", "no_contact"]


def plans(orders: pd.DataFrame, touches: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Monthly plans of 2024–2025 and January 2026 per manager: amount, margin, touches, and the own promise of 2025."""
    sold = orders.assign(period=orders["order_date"].dt.strftime("%Y-%m"), margin=orders["amount"] - orders["cost"])
    sold = sold[sold["period"] >= "2024-01"].groupby(["period", "manager_id"])[["amount", "margin"]].sum() / 100
    calls = touches[(touches["direction"] == "out") & (touches["result"] != "no_answer")]
    sold["touches"] = calls.groupby([calls["at"].dt.strftime("%Y-%m"), "manager_id"]).size().rename_axis(sold.index.names)
    fact = sold.fillna(0).reset_index().melt(["period", "manager_id"], var_name="metric", value_name="fact")
    usual = fact["manager_id"].map(TARGETED).to_numpy()
    reached = np.clip(usual + 0.075 * rng.normal(size=len(fact)), 0.80, 1.15)
    fact["plan_value"] = fact["fact"] / reached
    missed = (reached < 0.90) & (fact["metric"] == "amount")
    fact["reason_code"] = np.where(missed, pick(rng, REASONS, [16, 22, 12, 20, 6, 18, 6], len(fact)), "")
    fact = _whale_was_planned(fact, orders)
    promise = fact[(fact["metric"] == "amount") & (fact["period"] >= "2025-01")].assign(metric="promise_amount", reason_code="")
    promise["plan_value"] = promise["fact"] * (0.94 + 0.16 * rng.random(len(promise)))
    following = fact[fact["period"] == "2025-01"].assign(period="2026-01", reason_code="")
    following = following[following["manager_id"] != stories.HANDOVER_FROM].assign(plan_value=following["plan_value"] * 1.08)
    table = pd.concat([fact, promise, following]).sort_values(["period", "manager_id", "metric"], kind="stable")
    step = np.where(table["metric"] == "touches", 5, np.where(table["plan_value"] < 1_000_000, 10_000, 50_000))
    table["plan_value"] = (np.maximum(1, np.round(table["plan_value"] / step)) * step).astype(int)
    table["client_id"], table["comment"] = "", ""
    return table[["period", "manager_id", "client_id", "metric", "plan_value", "reason_code", "comment"]]


def _whale_was_planned(fact: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Nobody planned that the largest client would stop: November and December plans of M06 still hold him."""
    late = (fact["manager_id"] == "M06") & fact["period"].isin(["2025-11", "2025-12"])
    monthly = stories.PLANTED[stories.WHALE]["yearly"][2024] / 12
    fact.loc[late & (fact["metric"] == "amount"), "plan_value"] += monthly
    fact.loc[late & (fact["metric"] == "margin"), "plan_value"] += monthly * 0.15
    fact.loc[late & (fact["metric"] == "amount"), "reason_code"] = "no_contact"
    return fact


def potential(people: pd.DataFrame, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What four firms of five buy a year from everybody; some figures are old, some lower than our own sales."""
    firms = people[(people["card"] != "internal") & (rng.random(len(people)) < 0.80)].reset_index(drop=True)
    n = len(firms)
    year = orders[orders["order_date"] >= "2025-01-01"].groupby("client_id")["amount"].sum() / 100
    ours = year.reindex(firms["client_id"]).fillna(0).clip(lower=0).to_numpy()
    size = np.where(ours > 0, ours, np.minimum(firms["annual"].to_numpy(dtype=float), 2_500_000) * 0.5 + 60_000)
    multiple = 1.02 + pick(rng, [0.12, 0.6, 1.6, 4.0], [34, 30, 24, 12], n).astype(float) * (0.5 + rng.random(n))
    multiple = np.where(rng.random(n) < 0.05, 0.55 + 0.3 * rng.random(n), multiple)      # understated
    multiple = np.where(firms["story"] == stories.GREW, 2.4, multiple)
    old = rng.random(n) < 0.13
    asked = np.where(old, rng.integers(370, 800, n), rng.integers(10, 330, n))
    source = pick(rng, ["asked", "tender", "technical", "analogue"], [56, 14, 16, 14], n)
    confidence = pd.Series(source).map({"asked": "high", "tender": "high", "technical": "mid", "analogue": "low"})
    table = pd.DataFrame({
        "client_id": firms["client_id"], "as_of": END - pd.to_timedelta(asked, unit="D"), "period_months": 12,
        "category": "", "purchases_total": (np.maximum(1, np.round(size * multiple / 10_000)) * 10_000).astype(int),
        "source": source, "confidence": np.where(rng.random(n) < 0.9, confidence, ""),
        "competitor_main": np.where(rng.random(n) < 0.6, pick(rng, lists.COMPETITORS, [3, 3, 2, 2, 1], n), ""),
        "relevant_categories": firms["n_categories"].to_numpy(dtype=int) + rng.integers(1, 6, n),
    })
    return table.sort_values(["client_id", "as_of"], kind="stable")


def receivables(people: pd.DataFrame, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Open invoices at the twelve month ends of 2025; every eighth client pays weeks late, the whale began to."""
    bills = orders[(orders["amount"] > 0) & (orders["order_date"] >= "2024-08-01")].reset_index(drop=True)
    known = people.set_index("client_id").loc[bills["client_id"]]
    terms = known["terms"].to_numpy(dtype=int)
    bills["due_date"] = bills["order_date"] + pd.to_timedelta(terms, unit="D")
    late = known["pays_late"].to_numpy(dtype=float)
    late = np.where((known["story"] == stories.WHALE).to_numpy() & (bills["order_date"] >= "2025-08-01").to_numpy(), 45.0, late)
    wait = rng.normal(size=len(bills)) * (2 + late / 3) + late - 3
    wait = np.where(rng.random(len(bills)) < 0.02, wait + 60, wait)
    paid = bills["due_date"] + pd.to_timedelta(np.maximum(-terms, np.round(wait)).astype(int), unit="D")
    bills["half_paid"] = rng.random(len(bills)) < 0.10
    parts = []
    for day in pd.date_range("2025-01-31", END, freq="ME"):
        open_ = bills[(bills["order_date"] <= day) & (paid > day) & (terms > 0)]
        amount = np.where(open_["half_paid"] & (open_["due_date"] < day), open_["amount"] // 2, open_["amount"])
        parts.append(pd.DataFrame({"snapshot_date": day, "client_id": open_["client_id"], "invoice_id": open_["order_id"],
                                   "due_date": open_["due_date"], "open_amount": amount, "terms": "credit"}))
    return pd.concat(parts, ignore_index=True)
