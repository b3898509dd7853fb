"""`Facts`: the shared frames that every method reads. Each is documented here once; methods refer to this page.

order_days       one row per client × day × manager × channel (and document, where that is the order):
                 client_id str · date datetime64 · day int (days since 1970) · manager_id str|NA · channel str|NA ·
                 amount float [net sales of the day] · order_amount float [what counts as an order, METHODS 1.4] ·
                 margin float|NaN · n_docs · n_lines · n_rows int
category_months  one row per client × category × month: client_id · category · month (first day) · amount · margin · qty
file_days        one row per day of the sales table: date · n_rows · amount (the reconciliation)
clients          one row per client ever seen: client_id · client_name · the columns of METHODS 2.2 `clients`; of a group those of
                 its member with the largest S in P, named by member_id (NA for other clients)
member_days      net sales of the firms of groups, None without groups: client_id (the group) · member_id · date · amount
member_categories  the same by category: client_id · member_id · category · month · amount
member_cards     the cards of the firms of groups: client_id (the group) · member_id · the columns of `clients`
others           the remaining tables of METHODS section 2 as they came, by name

All rows are dated ≤ `as_of`, `file_days` excepted: the reconciliation is about the whole file. Money is in the reporting currency.

Known limitation (METHODS 1.21): a back-test at t0 < as_of takes `orders` dated ≤ t0 from here, and a return dated in
(t0, as_of] that names its order has already lowered it; an order fully reversed later is missing at t0. Net sales are right:
there a return stays on its own day.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from kbreport.facts.parameters import Parameters
from kbreport.facts.period import AsOf, Period

FRAMES = ("order_days", "category_months", "member_days", "member_categories", "member_cards", "file_days", "clients")


@dataclass
class Facts:
    order_days: pd.DataFrame
    file_days: pd.DataFrame
    clients: pd.DataFrame
    as_of: AsOf
    parameters: Parameters
    category_months: pd.DataFrame | None = None
    member_days: pd.DataFrame | None = None
    member_categories: pd.DataFrame | None = None
    member_cards: pd.DataFrame | None = None
    others: dict[str, pd.DataFrame] = field(default_factory=dict)
    meta: dict = field(default_factory=dict)

    # -------------------------------------------------------------- derived frames
    @cached_property
    def history_start(self) -> date:
        """The first day of the first month that has orders (METHODS 1.7)."""
        return self.order_days["date"].min().date().replace(day=1)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order of a client (positive days only): client_id, date, day, amount (of the order), n_lines."""
        return self.orders_by()

    def orders_by(self, *by: str) -> pd.DataFrame:
        """Orders counted per client and `by` (`manager_id`, `channel`): METHODS 1.4, last sentence."""
        unit = ["document"] if "document" in self.order_days else []
        keys = ["client_id", "date", "day", *unit, *by]
        grouped = self.order_days.groupby(keys, dropna=False, sort=True, observed=True)[["order_amount", "n_lines"]].sum().reset_index()
        grouped = grouped[grouped["order_amount"] > 1e-9].rename(columns={"order_amount": "amount"})
        return grouped.reset_index(drop=True)

    @cached_property
    def client_months(self) -> pd.DataFrame:
        """One row per client × month with sales: client_id, month, amount (net), n_orders."""
        days = self.order_days.assign(month=month_of(self.order_days["date"]))
        money = days.groupby(["client_id", "month"], sort=True)[["amount"]].sum()
        count = self.orders.assign(month=month_of(self.orders["date"])).groupby(["client_id", "month"]).size().rename("n_orders")
        return money.join(count).fillna({"n_orders": 0}).astype({"n_orders": "int64"}).reset_index()

    @cached_property
    def first_order(self) -> pd.Series:
        """First order date by client_id."""
        return self.orders.groupby("client_id")["date"].min()

    @cached_property
    def last_order(self) -> pd.Series:
        """Last order date by client_id."""
        return self.orders.groupby("client_id")["date"].max()

    # -------------------------------------------------------------- sums of a period
    def net_sales(self, period: Period, measure: str = "amount") -> pd.Series:
        """S(k, P) by client_id of all clients with rows in P. `measure`: amount | margin | orders."""
        if measure == "orders":
            return self.n_orders(period).astype("float64")
        inside = self.order_days[period.mask(self.order_days["date"])]
        if measure == "margin":
            return inside.groupby("client_id")["margin"].agg(lambda m: m.sum(min_count=len(m)))
        return exact_sum(inside, ["client_id"])

    def n_orders(self, period: Period) -> pd.Series:
        """Number of orders in P by client_id (clients with at least one)."""
        return self.orders[period.mask(self.orders["date"])].groupby("client_id").size()

    def active(self, period: Period) -> pd.Index:
        """Clients with positive net sales and at least one order in P (METHODS 1.6)."""
        sales, count = self.net_sales(period), self.n_orders(period)
        return sales.index[(sales > 1e-9) & (count.reindex(sales.index, fill_value=0) > 0)]

    def manager_at(self, t: date) -> pd.Series:
        """Manager of each client at the end of day `t`: the history valid then, the card, the last order (METHODS 1.14)."""
        from kbreport.facts.managers import manager_at

        return manager_at(self, t)

    @property
    def has_margin(self) -> bool:
        return bool(self.order_days["margin"].notna().all()) and len(self.order_days) > 0

    @property
    def has_managers(self) -> bool:
        return bool(self.order_days["manager_id"].notna().any()) or bool(self.clients.get("manager_id", pd.Series(dtype=object)).notna().any())

    @property
    def currency(self) -> str | None:
        return self.meta.get("currency")

    # -------------------------------------------------------------- cache
    def save(self, folder: Path, data: dict) -> None:
        """Write all frames as parquet beside meta.json and data.json (`data`); the folder appears whole or not at all."""
        part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        part.mkdir(parents=True, exist_ok=True)
        for name in FRAMES:
            frame = getattr(self, name)
            if frame is not None:
                frame.to_parquet(part / f"{name}.parquet", index=False)
        for name, frame in self.others.items():
            frame.to_parquet(part / f"table_{name}.parquet", index=False)
        head = {"as_of": self.as_of.date.isoformat(), "rule": self.as_of.rule, "tail_from": self.as_of.tail_from and self.as_of.tail_from.isoformat(),
                "parameters": self.parameters.model_dump(mode="json"), "meta": self.meta}
        (part / "meta.json").write_text(json.dumps(head, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        (part / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        try:
            part.rename(folder)
        except OSError:  # another process was first with the same content
            import shutil

            shutil.rmtree(part, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> "Facts":
        """Read what `save` wrote."""
        head = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in FRAMES if (folder / f"{name}.parquet").exists()}
        others = {path.stem.removeprefix("table_"): pd.read_parquet(path) for path in sorted(folder.glob("table_*.parquet"))}
        tail = head["tail_from"]
        return cls(**frames, others=others, meta=head["meta"], parameters=Parameters(**head["parameters"]),
                   as_of=AsOf(date.fromisoformat(head["as_of"]), head["rule"], date.fromisoformat(tail) if tail else None))

    def led(self, period: Period) -> "Facts":
        """The same facts with every group under the card, and so the manager, of its largest member in P (METHODS 1.5)."""
        if self.member_cards is None:
            return self
        from kbreport.facts.groups import led

        single = self.clients[~self.clients["client_id"].isin(self.member_cards["client_id"])]
        clients = pd.concat([single, led(self.member_cards, self.member_days, period)], ignore_index=True)
        return replace(self, clients=clients.sort_values("client_id", kind="stable").reset_index(drop=True))

    def only(self, clients: pd.Index, managers: tuple[str, ...] = ()) -> "Facts":
        """The same facts with the rows of these clients only: what a manager's bundle may hold.

        Tables of people (managers, plans, timelog …) keep only the rows of `managers`; a table that has neither column is dropped.
        """
        known = clients  # the history of managers names the firms of a group
        if self.member_cards is not None:
            known = clients.union(pd.Index(self.member_cards.loc[self.member_cards["client_id"].isin(clients), "member_id"]))

        def cut(frame: pd.DataFrame | None) -> pd.DataFrame | None:
            if frame is None:
                return None
            if "client_id" in frame:
                mine = frame["client_id"].isin(known)
                if "manager_id" in frame:  # rows about the manager himself, such as plans without a client
                    mine |= frame["client_id"].isna() & frame["manager_id"].isin(managers)
                return frame[mine].reset_index(drop=True)
            return frame[frame["manager_id"].isin(managers)].reset_index(drop=True) if "manager_id" in frame else None

        others = {name: part for name, table in self.others.items() if (part := cut(table)) is not None}
        days = cut(self.order_days)
        own_days = days.groupby("date", as_index=False).agg(n_rows=("n_rows", "sum"), amount=("amount", "sum"))
        return Facts(days, own_days, cut(self.clients), self.as_of, self.parameters, cut(self.category_months),
                     cut(self.member_days), cut(self.member_categories), cut(self.member_cards), others, dict(self.meta))


def looked_up(keys: pd.Series, dates: pd.Series) -> pd.Series:
    """The date of each key. `Series.map` forgets that an empty series holds dates; this does not."""
    return pd.Series(dates.reindex(keys).to_numpy(), index=keys.index)


def month_of(dates: pd.Series) -> pd.Series:
    """The first day of each date's month."""
    return dates.to_numpy().astype("datetime64[M]").astype("datetime64[s]")


def exact_sum(frame: pd.DataFrame, by: list[str], column: str = "amount") -> pd.Series:
    """Sums of money that do not depend on the order of rows: taken on integers of 1/10000."""
    units = (frame[column] * 10_000).round().astype("int64")
    total = units.groupby([frame[name] for name in by], sort=True).sum()
    return (total / 10_000.0).rename(column)
