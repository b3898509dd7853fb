"""Order days, amounts, lines and returns. Money is integer kopecks until it is written.

A buyer orders every `rhythm` days, give or take; his order is worth a share of his year, moved by drift, season and
noise. Lines are whole pieces at list price less his discount, so an order's amount is whatever its lines add up to.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import lists, stories
from sample.cards import moved_early
from sample.goods import COST_RISE, PRICE_RISE
from sample.streams import pick

START, END = pd.Timestamp(lists.START), pd.Timestamp(lists.END)
YEARLY = [0.62, 0.80, 0.98, 1.06, 1.08, 1.04, 0.90, 0.97, 1.15, 1.26, 1.14, 1.00]       # January … December
SUMMER = [0.45, 0.60, 0.85, 1.10, 1.35, 1.45, 1.35, 1.30, 1.20, 1.00, 0.75, 0.60]       # builders
LEAN = {"Крепёж", "Расходные материалы", "Средства защиты", "Герметики и клеи"}          # always cheap enough to add


def order_days(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """client_id, order_date, wanted amount (kopecks): what every buyer means to spend and when."""
    buyers = people[~people["card"].isin(["never", "inn", "name"])]
    return pd.concat([_one_buyer(rng, buyer) for buyer in buyers.itertuples()], ignore_index=True)


def _one_buyer(rng: np.random.Generator, buyer) -> pd.DataFrame:
    days = _project_days(rng, buyer) if buyer.rhythm == 0 else _rhythm_days(rng, buyer)
    days = _working(days[(days >= buyer.first) & (days <= buyer.last)], buyer.last)
    if buyer.months:
        days = days[days.month.isin([int(m) for m in buyer.months.split("|")])]
    if pd.notna(buyer.pause_from):
        days = days[(days < buyer.pause_from) | (days >= buyer.pause_to)]
    if buyer.story == stories.WHALE:
        days = days.union([buyer.last])
    years = ((days - pd.Timestamp("2023-07-01")).days / 365.25).to_numpy()
    season = np.asarray(SUMMER if buyer.segment == "строительство" else YEARLY)[days.month - 1]
    share = (buyer.rhythm or 45) / 365
    noise = np.exp(buyer.noise * rng.normal(size=len(days)) - buyer.noise**2 / 2)
    after = np.where((buyer.manager == stories.HANDOVER_FROM) & (days >= stories.HANDOVER_DATE), 0.75, 1.0)
    wanted = buyer.annual * share * (1.09 * buyer.drift) ** years * season * noise * after
    wanted = _to_yearly(wanted, days, stories.PLANTED.get(buyer.story, {}).get("yearly"))
    return pd.DataFrame({"client_id": buyer.client_id, "order_date": days, "wanted": np.round(wanted * 100)})


def _rhythm_days(rng: np.random.Generator, buyer) -> pd.DatetimeIndex:
    n = int(1150 / buyer.rhythm * 1.5) + 4
    gaps = buyer.rhythm * np.exp((0.12 + 0.5 * buyer.noise) * rng.normal(size=n))
    return pd.DatetimeIndex(buyer.first + pd.to_timedelta(np.concatenate([[0], np.cumsum(gaps)]).astype(int), unit="D"))


def _project_days(rng: np.random.Generator, buyer) -> pd.DatetimeIndex:
    starts = np.sort(rng.random(int(rng.integers(3, 7)))) * 1020
    days = [start + np.concatenate([[0], np.cumsum(rng.integers(8, 26, int(rng.integers(2, 7))))]) for start in starts]
    return pd.DatetimeIndex(buyer.first + pd.to_timedelta(np.sort(np.concatenate(days)).astype(int), unit="D"))


def _working(days: pd.DatetimeIndex, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Weekends move to Monday, the New Year holidays to the 9th; two orders of one day become one."""
    days = days + pd.to_timedelta(np.where(days.dayofweek >= 5, 7 - days.dayofweek, 0), unit="D")
    rest = (days.month == 1) & (days.day <= 8)
    days = days + pd.to_timedelta(np.where(rest, 9 - days.day, 0), unit="D")
    days = days + pd.to_timedelta(np.where(days.dayofweek >= 5, 7 - days.dayofweek, 0), unit="D")
    return days[(days <= min(last, END))].unique()


def _to_yearly(wanted: np.ndarray, days: pd.DatetimeIndex, yearly: dict[int, int] | None) -> np.ndarray:
    """Scale the orders of each year to the planted sum."""
    for year, total in (yearly or {}).items():
        inside = days.year == year
        wanted = np.where(inside, wanted * total / wanted[inside].sum(), wanted)
    return wanted


def order_lines(days: pd.DataFrame, people: pd.DataFrame, price_list: pd.DataFrame,
                rng: np.random.Generator) -> pd.DataFrame:
    """All sold lines with order number, sku, quantity, kopecks; sorted by day and client."""
    orders = days.sort_values(["order_date", "client_id"], kind="stable").reset_index(drop=True)
    buyer = people.set_index("client_id").loc[orders["client_id"]].reset_index()
    baskets = _baskets(rng, people)
    n_lines = np.minimum(1 + rng.poisson(1.1 + 0.22 * buyer["n_categories"].to_numpy(dtype=float)), 9)
    lines = orders.loc[orders.index.repeat(n_lines)].assign(order=np.repeat(orders.index, n_lines)).reset_index(drop=True)
    lines["part"] = rng.gamma(1.6, size=len(lines)) + 0.15
    lines["part"] = lines["part"] / lines.groupby("order")["part"].transform("sum") * lines["wanted"]
    lines["good"] = _choose_goods(rng, lines, baskets, price_list, _narrowing(people))
    lines["good"] = _affordable(rng, lines, price_list)
    whole = lines.groupby(["order", "good"])["part"].transform("sum")
    lines = lines.assign(part=whole).drop_duplicates(["order", "good"]).reset_index(drop=True)
    return _priced(rng, lines, people, price_list)


def _baskets(rng: np.random.Generator, people: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Per client: his categories, their cumulative weights, the place in the list where his favourites start."""
    names = [row[0] for row in lists.CATEGORIES]
    weight = np.array([row[5] for row in lists.CATEGORIES], dtype=float)
    baskets = {}
    for client, n in zip(people["client_id"], people["n_categories"]):
        keys = rng.random(len(names)) ** (1 / weight)
        mine = np.argsort(-keys)[: int(n)]
        mine = np.union1d(mine, [names.index("Крепёж")]) if rng.random() < 0.5 else np.sort(mine)
        own = weight[mine] * np.exp(0.5 * rng.normal(size=len(mine)))
        baskets[client] = pd.DataFrame({"category": [names[i] for i in mine], "weight": own, "start": rng.random(len(mine))})
    return baskets


def _narrowing(people: pd.DataFrame) -> str:
    return people.loc[people["story"] == stories.WHALE, "client_id"].item()


def _choose_goods(rng: np.random.Generator, lines: pd.DataFrame, baskets: dict, price_list: pd.DataFrame,
                  narrowing: str) -> np.ndarray:
    """Row number in the price list per line; favourites come first, the new category only after its launch."""
    first = price_list.groupby("category", sort=False).apply(lambda part: (part.index[0], len(part)), include_groups=False)
    good = np.zeros(len(lines), dtype=int)
    u, v = rng.random(len(lines)), rng.random(len(lines))
    for client, rows in lines.groupby("client_id", sort=True).indices.items():
        basket = baskets[client]
        weight = np.tile(basket["weight"].to_numpy(), (len(rows), 1))
        dates = lines["order_date"].to_numpy()[rows]
        weight[np.ix_(dates < np.datetime64(lists.NEW_CATEGORY_DATE), basket["category"] == lists.NEW_CATEGORY)] = 0
        if client == narrowing:  # the whale narrows his basket in the summer before he goes
            weight[np.ix_(dates >= np.datetime64("2025-06-01"), np.arange(len(basket)) >= 4)] = 0
        edges = np.cumsum(weight + 1e-9, axis=1)
        place = (u[rows, None] * edges[:, -1:] > edges).sum(axis=1)
        start, size = np.array([first[c] for c in basket["category"]]).T
        rank = (v[rows] ** 2.2 * size[place] + basket["start"].to_numpy()[place] * size[place]).astype(int)
        good[rows] = start[place] + rank % size[place]
    return good


def _affordable(rng: np.random.Generator, lines: pd.DataFrame, price_list: pd.DataFrame) -> np.ndarray:
    """A line too small for one piece becomes a line of cheap goods."""
    cheap = price_list.index[price_list["category"].isin(LEAN) & (price_list["price"] < 90_000)].to_numpy()
    price = price_list["price"].to_numpy()[lines["good"]]
    other = cheap[(rng.random(len(lines)) * len(cheap)).astype(int)]
    return np.where(price * 1.1 > lines["part"] * 1.6, other, lines["good"])


def _priced(rng: np.random.Generator, lines: pd.DataFrame, people: pd.DataFrame, price_list: pd.DataFrame) -> pd.DataFrame:
    year = lines["order_date"].dt.year
    goods = price_list.iloc[lines["good"]].reset_index(drop=True)
    lines["sku"], lines["category"] = goods["sku"], goods["category"]
    lines["list_price"] = (np.round(goods["price"] * year.map(PRICE_RISE) / 50) * 50).astype(np.int64)
    unit_cost = np.round(goods["cost"] * year.map(COST_RISE)).astype(np.int64)
    own = people.set_index("client_id")["discount"].loc[lines["client_id"]].to_numpy()
    off = np.clip(np.round(own * 200 + rng.normal(size=len(lines)) * 2), 0, 70).astype(np.int64) * 5  # per mille, by 0.5 %
    lines["qty"] = np.maximum(1, np.round(lines["part"] / (lines["list_price"] * (1 - off / 1000)))).astype(np.int64)
    lines["amount"] = (lines["qty"] * lines["list_price"] * (1000 - off) + 500) // 1000
    lines["cost"] = lines["qty"] * unit_cost
    return lines[["order", "client_id", "order_date", "sku", "category", "qty", "amount", "list_price", "cost"]]


def returns(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Goods that came back 3–30 days later: part of a line's pieces at the price they were sold for."""
    back = lines[rng.random(len(lines)) < 0.032].reset_index(drop=True)
    share = np.where(rng.random(len(back)) < 0.55, 1.0, rng.random(len(back)))
    qty = np.maximum(1, np.floor(back["qty"] * share)).astype(np.int64)
    day = back["order_date"] + pd.to_timedelta(back["order"].mod(26) + 4, unit="D")
    day = day + pd.to_timedelta(np.where(day.dt.dayofweek >= 5, 7 - day.dt.dayofweek, 0), unit="D")
    rest = (day.dt.month == 1) & (day.dt.day <= 8)
    day = day + pd.to_timedelta(np.where(rest, 12 - day.dt.day, 0), unit="D")
    back["amount"] = -((2 * back["amount"] * qty + back["qty"]) // (2 * back["qty"]))
    back["cost"] = -(back["cost"] // back["qty"] * qty)
    back["qty"], back["order_date"] = -qty, day
    back["is_linked"] = (back["order"] * 7919 % 100) < 65
    return back[back["order_date"] <= END].reset_index(drop=True)


def documents(lines: pd.DataFrame, back: pd.DataFrame, people: pd.DataFrame,
              rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two published tables: orders with their sums, lines with numbers. Returns are documents with minus."""
    heads = lines.groupby("order", sort=True).agg(client_id=("client_id", "first"), order_date=("order_date", "first"),
                                                  amount=("amount", "sum"), cost=("cost", "sum")).reset_index()
    heads["order_id"] = [f"S{i:06d}" for i in range(1, len(heads) + 1)]
    heads["client_id"] = _to_second_cards(rng, heads, people)
    heads["manager_id"] = _sellers(heads, people)
    heads = _places(rng, heads, people)
    heads["linked_order_id"] = ""
    minus = back.groupby("order", sort=True).agg(order_date=("order_date", "first"), amount=("amount", "sum"),
                                                 cost=("cost", "sum"), is_linked=("is_linked", "first")).reset_index()
    minus = minus.merge(heads[["order", "order_id", "client_id", "channel", "warehouse"]], on="order")
    minus["linked_order_id"] = minus["order_id"].where(minus["is_linked"], "")
    minus["order_id"] = "R" + minus["order_id"].str[1:]
    minus["manager_id"] = _sellers(minus, people)
    columns = ["order_id", "order_date", "client_id", "manager_id", "amount", "cost", "channel", "warehouse",
               "linked_order_id"]
    orders = pd.concat([heads[columns], minus[columns]]).sort_values(["order_date", "order_id"], kind="stable")
    sold = lines.assign(order_id=heads.set_index("order")["order_id"].loc[lines["order"]].to_numpy())
    gone = back.assign(order_id=minus.set_index("order")["order_id"].loc[back["order"]].to_numpy())
    return orders, _numbered(pd.concat([sold, gone], ignore_index=True), orders)


def _numbered(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    place = pd.Series(np.arange(len(orders)), index=orders["order_id"])
    lines = lines.assign(place=place.loc[lines["order_id"]].to_numpy()).sort_values("place", kind="stable")
    lines["line_no"] = lines.groupby("place").cumcount() + 1
    return lines[["order_id", "line_no", "sku", "category", "qty", "amount", "list_price", "cost"]]


def _to_second_cards(rng: np.random.Generator, heads: pd.DataFrame, people: pd.DataFrame) -> pd.Series:
    """From May 2024 on a third of the orders of a doubled firm is booked on its second card."""
    main = people[people["twin_of"] == ""].set_index("firm")["client_id"]
    twins = {main[twin]: client for twin, client in zip(people["twin_of"], people["client_id"]) if twin}
    moved = (rng.random(len(heads)) < 0.35) & (heads["order_date"] >= "2024-05-20") & heads["client_id"].isin(twins)
    return heads["client_id"].mask(moved, heads["client_id"].map(twins))


def _sellers(heads: pd.DataFrame, people: pd.DataFrame) -> pd.Series:
    seller = heads["client_id"].map(people.set_index("client_id")["manager"])
    late = (seller == stories.HANDOVER_FROM) & (heads["order_date"] >= stories.HANDOVER_DATE)
    moved = heads["client_id"].isin(moved_early(people)) & (heads["order_date"] >= "2024-07-01")
    return seller.mask(late, stories.HANDOVER_TO).mask(moved, "M01")


def _places(rng: np.random.Generator, heads: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    known = people.set_index("client_id").loc[heads["client_id"]]
    near = known["region"].map({"Архангельская область": "Архангельск", "Мурманская область": "Архангельск",
                                "Ленинградская область": "Череповец"}).fillna("Вологда").to_numpy()
    other = pick(rng, lists.WAREHOUSES, [5, 3, 2], len(heads))
    heads["warehouse"] = np.where(rng.random(len(heads)) < 0.12, other, near)
    heads["channel"] = np.where(rng.random(len(heads)) < 0.10, "интернет-заказ", known["channel"].to_numpy())
    return heads
