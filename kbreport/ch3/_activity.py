"""Orders and money of the clients active in a period (METHODS 1.6), by company, manager or channel.

`Activity.clients` has one row per key × client with rows in the period, `Activity.orders` one row per order of an active
client. The key of the company is "". A manager or channel that is not known is "" too: callers show it as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kbreport.facts.facts import exact_sum, looked_up

if TYPE_CHECKING:
    from kbreport.facts import Facts, Period

TOLERANCE = 1e-9
SCALE = 10_000
KINDS = ("new", "returned", "lost")


@dataclass(frozen=True)
class Activity:
    """clients: key, client_id, amount [net sales], moved_returns, orders, is_active · orders: key, client_id, date, amount, n_lines.

    moved_returns: returns of the period that reverse orders of another one (they lower the sales here, the order there).
    """

    clients: pd.DataFrame
    orders: pd.DataFrame

    @property
    def active(self) -> pd.DataFrame:
        return self.clients[self.clients["is_active"]]


def activity(facts: "Facts", period: "Period", key: str | None = None) -> Activity:
    """`key`: None (company), `manager_id` (of the order) or `channel` (of the order, else of the client).

    Several methods look at the same two periods: each is grouped once per facts. Do not write into the frames.
    """
    memo = facts.__dict__.setdefault("_activity", {})
    if (at := (period.start, period.end, key)) not in memo:
        days = facts.order_days[period.mask(facts.order_days["date"])]
        memo[at] = activity_of(days, *pd.factorize(_keys(days, facts, key), sort=True))
    return memo[at]


def activity_of(days: pd.DataFrame, codes: np.ndarray, keys: pd.Index) -> Activity:
    """The same for any key of the order days: `keys[codes]` is the key of each row."""
    coded, clients_of = _coded(days, codes)
    names = {"key": np.asarray(keys, dtype=object), "client_id": clients_of}
    orders = _orders(coded)
    clients = (coded.groupby(["key", "client_id"], sort=True)[["amount", "own"]].sum() / SCALE).reset_index()
    count = orders.groupby(["key", "client_id"]).size().rename("orders").reset_index()
    clients = clients.merge(count, on=["key", "client_id"], how="left").fillna({"orders": 0}).astype({"orders": "int64"})
    clients["moved_returns"] = (clients["amount"] - clients["own"]).round(4)
    clients["is_active"] = (clients["amount"] > TOLERANCE) & (clients["orders"] > 0)
    orders = orders.merge(clients.loc[clients["is_active"], ["key", "client_id"]], on=["key", "client_id"], how="inner")
    orders["date"] = pd.to_datetime(orders["day"], unit="D").astype("datetime64[s]")
    orders["amount"] = orders["own"] / SCALE
    return Activity(_named(clients, names)[["key", "client_id", "amount", "moved_returns", "orders", "is_active"]],
                    _named(orders, names)[["key", "client_id", "date", "amount", "n_lines"]])


def _coded(days: pd.DataFrame, codes: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Texts as numbers in the order of the texts (grouping by numbers is several times faster), money as 1/10000 (exact)."""
    client, names = pd.factorize(days["client_id"], sort=True)
    coded = pd.DataFrame({"key": codes, "client_id": client, "day": days["day"].to_numpy(), "n_lines": days["n_lines"].to_numpy()})
    if "document" in days:
        coded["document"] = pd.factorize(days["document"], use_na_sentinel=False)[0]
    for name, column in (("amount", "amount"), ("own", "order_amount")):
        coded[name] = np.rint(days[column].to_numpy() * SCALE).astype("int64")
    return coded, np.asarray(names, dtype=object)


def _named(frame: pd.DataFrame, names: dict[str, np.ndarray]) -> pd.DataFrame:
    return frame.assign(**{name: pd.Series(texts[frame[name].to_numpy()], index=frame.index, dtype="str") for name, texts in names.items()})


def _keys(days: pd.DataFrame, facts: "Facts", key: str | None) -> pd.Series:
    if key is None:
        return pd.Series("", index=days.index, dtype="str")
    named = days[key]
    if key == "channel" and "channel" in facts.clients:
        named = named.where(named.notna(), days["client_id"].map(facts.clients.set_index("client_id")["channel"]))
    return named.astype("str").where(named.notna(), "")


def _orders(coded: pd.DataFrame) -> pd.DataFrame:
    """Orders per client, key and day (or document): METHODS 1.4."""
    by = ["key", "client_id", "day", *(["document"] if "document" in coded else [])]
    grouped = coded.groupby(by, sort=True)[["own", "n_lines"]].sum().reset_index()
    return grouped[grouped["own"] > 0].reset_index(drop=True)


def totals(found: Activity) -> pd.DataFrame:
    """By key: clients, orders, amount and moved_returns of the active, all_amount [everybody's net sales], lines (NaN: not known of all)."""
    out = pd.DataFrame({"all_amount": exact_sum(found.clients, ["key"])})
    active = found.active
    out["clients"] = active.groupby("key").size()
    out["orders"] = active.groupby("key")["orders"].sum()
    out["amount"] = exact_sum(active, ["key"])
    out["moved_returns"] = exact_sum(active, ["key"], "moved_returns")
    lines = found.orders.groupby("key")["n_lines"]
    out["lines"] = lines.sum().where(lines.min() > 0)
    zero = {"clients": 0, "orders": 0, "amount": 0.0, "moved_returns": 0.0}
    return out.fillna(zero).astype({"clients": "int64", "orders": "int64"})[["clients", "orders", "amount", "moved_returns", "all_amount", "lines"]].rename_axis("key")


def turnover(before: Activity, now: Activity, first_order: pd.Series, start: date) -> pd.DataFrame:
    """key × kind (new, returned, lost): n_clients, amount (of the lost: what they bought before). n_new + n_returned − n_lost
    is the change of active clients (METHODS 1.7); `new` includes those whose newness the history is too short to prove."""
    pair = before.active[["key", "client_id", "amount"]].merge(now.active[["key", "client_id", "amount"]], on=["key", "client_id"], how="outer", suffixes=("_prev", "_cur"))
    came, left = pair["amount_prev"].isna(), pair["amount_cur"].isna()
    known = looked_up(pair["client_id"], first_order) < pd.Timestamp(start)
    pair["kind"] = np.select([left, came & known, came], ["lost", "returned", "new"], "kept")
    pair["amount"] = pair["amount_prev"].where(left, pair["amount_cur"])
    keys = pd.Index(sorted(set(before.clients["key"]) | set(now.clients["key"]) or {""}))
    full = pd.MultiIndex.from_product([keys, KINDS], names=["key", "kind"])
    out = pd.DataFrame({"n_clients": pair.groupby(["key", "kind"]).size(), "amount": exact_sum(pair, ["key", "kind"])}).reindex(full)
    return out.fillna(0).astype({"n_clients": "int64"}).reset_index()


def ratio(top: pd.Series | float, bottom: pd.Series | float):
    """Division where zero gives a missing value, never 0 and never ∞ (METHODS 1.10)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.where(np.asarray(bottom, dtype="float64") != 0, np.asarray(top, dtype="float64") / np.asarray(bottom, dtype="float64"), np.nan)
    return pd.Series(out, index=bottom.index) if isinstance(bottom, pd.Series) else float(out)
