"""What managers did: touches of two years and a work-day study of two weeks. Their habits are the stories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import lists, stories
from sample.streams import pick

FIRST_DAY, END = pd.Timestamp("2024-01-09"), pd.Timestamp(lists.END)
# Touches a year per manager and class by sales (A, B, C, no sales): who feeds whom.
FEEDING = {"M01": (28, 15, 7, 3), "M02": (8, 13, 19, 4), "M03": (13, 10, 8, 9), "M04": (25, 14, 6, 2),
           "M05": (8, 9, 21, 4), "M06": (38, 16, 6, 2)}
OUTGOING = {"M01": 0.78, "M02": 0.52, "M03": 0.86, "M04": 0.70, "M05": 0.58, "M06": 0.80}
NEXT_STEP = {"M01": 0.62, "M02": 0.12, "M03": 0.48, "M04": 0.40, "M05": 0.22, "M06": 0.70}
CHANNELS = ["call", "email", "messenger", "meeting", "visit", "gift"]
OCCASIONS = {"mandatory": ["заказ подтверждён", "отгрузка", "оплата", "просрочка оплаты", "пролонгация договора"],
             "standard": ["поступление товара", "новинки", "изменение цен", "день рождения", "23 февраля", "8 марта",
                          "Новый год", "напоминание о заказе", "отзыв после поставки"],
             "deal": ["запрос цены", "уточнение заявки", "согласование КП"], "claim": ["рекламация"],
             "price": ["просьба о скидке"]}
# Shares of P1 … P10 in the working week of each manager (METHODS M2.1), in per cent.
WEEKS = {"M01": (34, 15, 12, 13, 6, 5, 6, 3, 4, 2), "M02": (14, 28, 22, 3, 12, 6, 8, 0, 1, 6),
         "M03": (44, 8, 10, 9, 3, 7, 6, 4, 8, 1), "M05": (18, 21, 25, 4, 13, 6, 6, 1, 2, 4),
         "M06": (30, 10, 9, 18, 7, 6, 7, 2, 10, 1)}
STUDY_DAYS = pd.bdate_range("2025-11-10", "2025-11-21")


def touches(people: pd.DataFrame, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Contacts of 2024–2025, with the reactivation wave of June 2025 and the yearly meetings."""
    plan = _rates(people, orders)
    n = rng.poisson(plan["rate"].to_numpy())
    rows = plan.loc[plan.index.repeat(n)].reset_index(drop=True)
    days = pd.bdate_range(FIRST_DAY, END)
    span = ((rows["until"] - rows["since"]).dt.days + 1).to_numpy()
    day = rows["since"] + pd.to_timedelta((rng.random(len(rows)) * span).astype(int), unit="D")
    place = np.minimum(days.searchsorted(day), len(days) - 1)
    rows["at"] = days[place] + pd.to_timedelta(_clock(rng, len(rows)), unit="m")
    rows = _details(rng, rows)
    rows = pd.concat([rows, _wave(rng, people, orders), _meetings(rng, plan)], ignore_index=True)
    rows = rows[(rows["at"].dt.month != 1) | (rows["at"].dt.day > 8)]
    rows = rows.sort_values(["at", "client_id"], kind="stable").reset_index(drop=True)
    rows["touch_id"] = [f"T{i:05d}" for i in range(1, len(rows) + 1)]
    return rows[["touch_id", "client_id", "manager_id", "at", "channel", "direction", "kind", "occasion", "duration_min",
                 "result", "next_step_date", "campaign"]]


def _clock(rng: np.random.Generator, n: int) -> np.ndarray:
    """Minutes since midnight between 9:00 and 17:55, no lunch."""
    minutes = (rng.random(n) * 96).astype(int) * 5 + 9 * 60
    return np.where(minutes >= 13 * 60, minutes + 60, minutes)


def _rates(people: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Expected touches per client, manager and stretch of time; a client without orders for long is soon forgotten."""
    plan = people.loc[people["card"] != "internal", ["client_id", "manager", "first_contact", "last", "first"]].copy()
    plan["class_no"] = _classes(orders).reindex(plan["client_id"]).fillna(3).astype(int).to_numpy()
    plan["since"] = np.maximum(plan["first_contact"], FIRST_DAY)
    plan["until"] = np.minimum(plan["last"] + pd.Timedelta(days=75), END)
    plan["until"] = plan["until"].where(plan["class_no"] < 3, END)
    early = plan["manager"] == stories.HANDOVER_FROM
    border = pd.Timestamp(stories.HANDOVER_DATE)
    after = plan[early].assign(manager=stories.HANDOVER_TO, since=np.maximum(plan.loc[early, "since"], border))
    plan.loc[early, "until"] = np.minimum(plan.loc[early, "until"], border - pd.Timedelta(days=1))
    plan = pd.concat([plan, after], ignore_index=True)
    plan = plan[plan["until"] > plan["since"]].rename(columns={"manager": "manager_id"}).reset_index(drop=True)
    a_year = [FEEDING[m][c] for m, c in zip(plan["manager_id"], plan["class_no"])]
    plan["out_share"] = plan["manager_id"].map(OUTGOING)
    plan["rate"] = np.asarray(a_year) / plan["out_share"] * ((plan["until"] - plan["since"]).dt.days / 365)
    return plan


def _classes(orders: pd.DataFrame) -> pd.Series:
    """0, 1, 2 for A, B, C by the sales of two years: what a manager feels, not what the report will say."""
    sold = orders[orders["order_date"] >= "2024-01-01"].groupby("client_id")["amount"].sum().sort_values(ascending=False)
    before = (sold.cumsum() - sold) / sold.sum()
    return pd.Series(np.where(before < 0.8, 0, np.where(before < 0.95, 1, 2)), index=sold.index)


def _details(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    n = len(rows)
    rows["direction"] = np.where(rng.random(n) < rows["out_share"], "out", "in")
    rows["channel"] = pick(rng, CHANNELS, [56, 17, 14, 7, 5, 1], n)
    rows["channel"] = rows["channel"].where(rows["direction"] == "out", pick(rng, ["call", "email", "messenger"], [5, 3, 3], n))
    rows["kind"] = pick(rng, list(OCCASIONS), [18, 50, 26, 3, 3], n)
    rows["kind"] = rows["kind"].where(rows["direction"] == "out", pick(rng, ["deal", "mandatory", "claim"], [70, 22, 8], n))
    choice = rng.random(n)
    rows["occasion"] = [OCCASIONS[kind][int(c * len(OCCASIONS[kind]))] for kind, c in zip(rows["kind"], choice)]
    said = rng.random(n)
    rows["result"] = np.where(rows["channel"].isin(["email", "messenger", "gift"]) & (said < 0.45), "sent", "reached")
    missed = (rows["channel"] == "call") & (rows["direction"] == "out") & (said < 0.24)
    rows["result"] = rows["result"].mask(missed, "no_answer")
    minutes = rows["channel"].map({"call": 8, "email": 6, "messenger": 4, "meeting": 55, "visit": 80, "gift": 10})
    rows["duration_min"] = np.where(missed, 1, np.round(minutes * (0.5 + rng.random(n)))).astype(int)
    step = rng.random(n) < rows["manager_id"].map(NEXT_STEP)
    rows["next_step_date"] = (rows["at"].dt.normalize() + pd.to_timedelta(rng.integers(3, 31, n), unit="D")).where(
        step & (rows["result"] == "reached"))
    rows["campaign"] = ""
    return rows


def _wave(rng: np.random.Generator, people: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One reactivation call, sometimes a second, to everybody silent for 120–600 days on 2 June 2025."""
    day = pd.Timestamp(stories.WAVE_DATE)
    last = orders[(orders["order_date"] < day) & (orders["amount"] > 0)].groupby("client_id")["order_date"].max()
    silent = last[(day - last).dt.days.between(120, 600)].index
    rows = people.loc[people["client_id"].isin(silent) & (people["card"] != "internal"), ["client_id", "manager"]]
    rows = rows.rename(columns={"manager": "manager_id"}).reset_index(drop=True)
    back = people.set_index("client_id")["story"].loc[rows["client_id"]].eq("returner").to_numpy()
    rows["at"] = day + pd.to_timedelta(rng.integers(0, 4, len(rows)) * 1440 + _clock(rng, len(rows)), unit="m")
    rows["result"] = np.where((rng.random(len(rows)) < 0.55) | back, "reached", "no_answer")
    rows["channel"], rows["direction"], rows["kind"] = "call", "out", "reactivation"
    rows["occasion"], rows["campaign"] = "возвращение клиента", "реактивация 2025-06"
    rows["duration_min"] = np.where(rows["result"] == "reached", 11, 1)
    return rows


def _meetings(rng: np.random.Generator, plan: pd.DataFrame) -> pd.DataFrame:
    """Yearly meetings with big clients: the key-account manager keeps them, others rarely do."""
    share = plan["manager_id"].map({"M06": 0.8, "M01": 0.45, "M03": 0.1}).fillna(0.05)
    rows = plan.loc[(plan["class_no"] == 0) & (rng.random(len(plan)) < share), ["client_id", "manager_id", "until"]].copy()
    day = pd.Timestamp("2025-02-03") + pd.to_timedelta(rng.integers(0, 250, len(rows)), unit="D")
    day = day - pd.to_timedelta(np.where(day.dayofweek >= 5, 3, 0), unit="D")
    rows["at"] = day + pd.to_timedelta(rng.integers(10, 16, len(rows)) * 60, unit="m")
    rows = rows[rows["at"] < rows["until"]].drop(columns="until")
    return rows.assign(channel="meeting", direction="out", kind="annual_meeting", occasion="годовая встреча",
                       duration_min=90, result="reached", campaign="")


def timelog(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Two working weeks of November 2025, five managers, quarter-hour grid, lunch not logged."""
    mine = people["manager"].replace({stories.HANDOVER_FROM: stories.HANDOVER_TO})
    served = {m: people.loc[(mine == m) & people["card"].isin(["main"]), "client_id"].to_numpy() for m in WEEKS}
    parts = [_study_day(rng, m, day, served[m]) for m in WEEKS for day in STUDY_DAYS]
    return pd.concat(parts, ignore_index=True)


def _study_day(rng: np.random.Generator, manager: str, day: pd.Timestamp, served: np.ndarray) -> pd.DataFrame:
    quarters = np.minimum(rng.integers(1, 6, 32), 4)
    quarters = quarters[: np.searchsorted(np.cumsum(quarters), 32) + 1]
    quarters[-1] -= quarters.sum() - 32
    begin = np.concatenate([[0], np.cumsum(quarters)[:-1]])
    codes = pick(rng, [f"P{i}" for i in range(1, 11)], list(WEEKS[manager]), len(quarters))
    start = 540 + 15 * begin + np.where(begin >= 16, 60, 0)
    stop = 540 + 15 * (begin + quarters) + np.where(begin + quarters > 16, 60, 0)
    over_lunch = (begin < 16) & (begin + quarters > 16)
    stop = np.where(over_lunch, 780, stop)  # the block ends where lunch begins; its rest is not logged
    with_client = np.isin(codes, ["P1", "P2", "P5"]) & (rng.random(len(codes)) < 0.7)
    client = served[(rng.random(len(codes)) ** 1.6 * len(served)).astype(int)]
    clock = lambda m: [f"{x // 60:02d}:{x % 60:02d}" for x in m]  # noqa: E731
    return pd.DataFrame({"manager_id": manager, "date": day, "start": clock(start), "end": clock(stop),
                         "minutes": stop - start, "activity_code": codes,
                         "client_id": np.where(with_client, client, ""), "comment": "", "method": "self"})
