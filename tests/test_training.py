"""The training base: its tables meet every aggregate of tests/data/mini, and the worked examples of the specification
come out of them by plain pandas, written here from the conventions and not from the product."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from stdnum.ru import inn

ROOT = Path(__file__).resolve().parents[1]
BASE, MINI = ROOT / "data" / "sample" / "training", ROOT / "tests" / "data" / "mini"
AS_OF = pd.Timestamp("2024-12-31")
TEXT = {"inn": str, "phone": str}
RHYTHM_CONFLICT = {"K08": 118.0}  # three orders between 18.04 and 10.12 have the median (a + b) / 2 = 118, never 60


def table(name: str, **kwargs) -> pd.DataFrame:
    return pd.read_csv(BASE / f"{name}.csv", dtype=TEXT, **kwargs)


def mini(name: str) -> pd.DataFrame:
    return pd.read_csv(MINI / f"{name}.csv", dtype=TEXT)


@pytest.fixture(scope="module")
def want() -> pd.DataFrame:
    return mini("clients").set_index("client_id")


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    frame = table("orders", parse_dates=["order_date"])
    return frame.assign(year=frame["order_date"].dt.year, month=frame["order_date"].dt.month)


@pytest.fixture(scope="module")
def days(orders) -> pd.DataFrame:
    """Orders by the convention client + day; a linked return lowers the order it reverses."""
    target = orders.set_index("order_id")
    moved = orders["linked_order_id"].map(target["order_date"])
    day = orders.assign(order_date=moved.fillna(orders["order_date"]))
    day = day.groupby(["client_id", "order_date"], as_index=False)["amount"].sum()
    return day[day["amount"] > 0].assign(year=lambda d: d["order_date"].dt.year)


@pytest.fixture(scope="module")
def sales(orders, want) -> pd.DataFrame:
    net = orders.pivot_table(index="client_id", columns="year", values="amount", aggfunc="sum", fill_value=0)
    return net.reindex(want.index)[[2023, 2024]]


@pytest.fixture(scope="module")
def counts(days, want) -> pd.DataFrame:
    n = days.groupby(["client_id", "year"]).size().unstack(fill_value=0)
    return n.reindex(want.index)[[2023, 2024]]


@pytest.fixture(scope="module")
def volumes() -> pd.Series:
    potential = table("potential")
    assert (potential["period_months"] == 12).all() and not potential["client_id"].duplicated().any()
    return potential.set_index("client_id")["purchases_total"].dropna()


# ---------------------------------------------------------------- the aggregates
def test_generator_repeats_every_byte(tmp_path):
    subprocess.run([sys.executable, ROOT / "tools" / "make_training.py", tmp_path], check=True)
    made = {path.name for path in tmp_path.iterdir()}
    assert made | {"README.md"} == {path.name for path in BASE.iterdir()}
    for name in made:
        assert (tmp_path / name).read_bytes() == (BASE / name).read_bytes(), name


@pytest.mark.parametrize("column", ["client_name", "inn", "segment", "manager_id", "contract_date", "email", "phone"])
def test_cards_equal_the_aggregate(want, column):
    cards = table("clients").set_index("client_id")[column]
    expected = want[column].where(want[column].isna(), "+7") if column == "phone" else want[column]
    pd.testing.assert_series_equal(cards, expected, check_names=False)


def test_sales_and_orders_of_both_years(sales, counts, want):
    assert (sales[2023] == want["sales_2023"]).all() and (sales[2024] == want["sales_2024"]).all()
    assert (counts[2023] == want["orders_2023"]).all() and (counts[2024] == want["orders_2024"]).all()


def test_first_and_last_orders(days, want):
    span = days.groupby("client_id")["order_date"].agg(["min", "max"])
    assert (span["min"] == pd.to_datetime(want["first_order_date"])).all()
    assert (span["max"] == pd.to_datetime(want["last_order_date"])).all()


def rhythm(day: pd.Series, at: pd.Timestamp = AS_OF) -> tuple[float, int]:
    """Median interval by M3.5 and the number of orders behind it: restart after a long gap, 24 months or all history."""
    day = day[day <= at].sort_values().reset_index(drop=True)
    gaps = day.diff().dt.days
    long = gaps > max(365, 3 * gaps.median()) if len(day) > 1 else gaps > 365
    day = day[long.cumsum() == long.sum()]
    if not gaps.median() > 180:
        day = day[day > at - pd.DateOffset(months=24)]
    return day.diff().dt.days.median(), len(day)


def test_median_interval(days, want):
    found = days.groupby("client_id")["order_date"].apply(lambda d: rhythm(d)[0])
    expected = want["median_interval_days"].astype(float).copy()
    for client, value in RHYTHM_CONFLICT.items():
        expected[client] = value
    pd.testing.assert_series_equal(found, expected, check_names=False, check_dtype=False)


def test_monthly_sales_2024(orders):
    found = orders[orders["year"] == 2024].pivot_table(index="client_id", columns="month", values="amount",
                                                       aggfunc="sum", fill_value=0)
    for row in mini("monthly_2024").itertuples(index=False):
        assert list(found.loc[row.client_id]) == list(row[1:]), row.client_id


def test_lines_add_up_and_categories(orders, want):
    lines = table("order_lines")
    assert (lines.groupby("order_id")["amount"].sum() == orders.set_index("order_id")["amount"].sort_index()).all()
    assert not lines.duplicated(["order_id", "line_no"]).any() and set(lines["sku"]) <= set(table("products")["sku"])
    year = lines.merge(orders[orders["year"] == 2024], on="order_id")
    net = year.groupby(["client_id", "category"])["amount_x"].sum()
    bought = net[net > 0].groupby("client_id").size().reindex(want.index, fill_value=0)
    assert (bought == want["category_bought"]).all()
    known = table("potential").set_index("client_id")["relevant_categories"].reindex(want.index)
    pd.testing.assert_series_equal(known, want["category_relevant"], check_names=False, check_dtype=False)
    both = known.notna()
    assert (bought[both].sum(), known.sum()) == (26, 56)


def test_volumes_people_touches(volumes, want):
    pd.testing.assert_series_equal(volumes, want["purchases_total_2024"].dropna(), check_names=False, check_dtype=False)
    people = table("people")
    assert (people.groupby("client_id").size().reindex(want.index, fill_value=0) == want["persons_known"]).all()
    decider = people.groupby("client_id")["dmu_role"].apply(lambda r: r.eq("decider").any()).reindex(want.index, fill_value=False)
    assert (decider.astype(int) == want["decider_known"]).all()
    birthday = people.groupby("client_id")["birthday"].apply(lambda b: b.notna().any()).reindex(want.index, fill_value=False)
    assert (birthday.astype(int) == want["birthday_known"]).all()
    assert (touch_facts().reindex(want.index, fill_value=0) == want["touches_2024"]).all()


def touch_facts() -> pd.Series:
    """Touches by M6.1: outgoing, not «no answer», one per client, day and channel."""
    touches = table("touches", parse_dates=["at"])
    touches = touches[(touches["direction"] == "out") & (touches["result"] != "no_answer") & (touches["at"].dt.year == 2024)]
    kept = touches.assign(day=touches["at"].dt.date).drop_duplicates(["client_id", "day", "channel"])
    assert len(kept) == len(touches) == len(table("touches"))
    return kept.groupby("client_id").size()


def test_plans_debts_answers_minutes():
    plans = table("plans")
    assert plans.groupby("manager_id")["plan_value"].sum().to_dict() == mini("plans_2024").set_index("manager_id")["plan_amount"].to_dict()
    debts = table("receivables").assign(overdue_amount=lambda d: d["open_amount"].where(d["due_date"] < d["snapshot_date"], 0))
    found = debts.groupby("client_id")[["open_amount", "overdue_amount"]].sum()
    pd.testing.assert_frame_equal(found, mini("receivables").set_index("client_id"), check_dtype=False)
    columns = ["client_id", "respondent_id", "question_code", "answer_num"]
    pd.testing.assert_frame_equal(table("survey_answers")[columns], mini("survey"))
    log = table("timelog")
    minutes = log.groupby(["manager_id", "activity_code"])["minutes"].sum()
    week = mini("timelog_week").set_index(["manager_id", "activity_code"])["minutes"]
    assert (minutes.reindex(week.index, fill_value=0) == week).all()
    assert log.groupby("date")["minutes"].sum().tolist() == [480] * 5


# ---------------------------------------------------------------- the worked examples
def before(values: pd.Series) -> pd.Series:
    ranked = values[values > 0].sort_index().sort_values(ascending=False, kind="stable")
    return (ranked.cumsum() - ranked) / ranked.sum()


def abc(values: pd.Series) -> pd.Series:
    share = before(values)
    classes = pd.Series(np.where(share < 0.8 - 1e-9, "A", np.where(share < 0.95 - 1e-9, "B", "C")), index=share.index)
    return classes.reindex(values.index).fillna("N")


def near(found: float, expected: float, places: int) -> bool:
    return abs(found - expected) <= 0.5 * 10**-places + 1e-9


def test_as_of_is_found_without_being_told(orders):
    day = orders["order_date"].drop_duplicates().sort_values()
    gaps = day[day > day.max() - pd.DateOffset(months=12)].diff().dt.days
    assert (AS_OF - day.max()).days <= min(15, max(3, gaps.quantile(0.95)))
    assert orders["order_date"].dt.to_period("M").nunique() == len(pd.period_range("2017-06", "2024-12", freq="M"))


def test_abc_and_migration(sales):
    old, new = abc(sales[2023]), abc(sales[2024])
    assert "".join(new) == "AAAABNBBCCCN"
    assert old.value_counts()[["A", "B", "C"]].tolist() == new.value_counts()[["A", "B", "C"]].tolist() == [4, 3, 3]
    moved = (old + new)[old != new]
    assert moved.to_dict() == {"K06": "BN", "K08": "NB", "K11": "NC", "K12": "CN"}
    assert near(before(sales[2024])["K05"], 0.827, 3)


def test_xyz(orders, days):
    month = orders[orders["year"] == 2024].pivot_table(index="client_id", columns="month", values="amount", aggfunc="sum",
                                                       fill_value=0).reindex(columns=range(1, 13), fill_value=0)
    v = month.std(axis=1, ddof=0) / month.mean(axis=1)
    for client, value in {"K01": 0.028, "K02": 0.447, "K05": 0.048, "K07": 1.183}.items():
        assert near(v[client], value, 3)
    slow = days.groupby("client_id")["order_date"].apply(lambda d: rhythm(d)[0]) > 30.44
    assert slow["K07"] and not slow[["K01", "K02", "K05"]].any()


def test_retention_drivers_and_check(sales, counts, want):
    old, new = sales[2023][sales[2023] > 0], sales[2024][(sales[2024] > 0) & (counts[2024] > 0)]
    kept = old.index.intersection(new.index)
    assert (len(old), len(new), len(kept)) == (10, 10, 8)
    assert (old.sum(), new.sum(), sales[2024].sum()) == (7_400_000, 7_326_000, 7_314_000)
    assert (counts[2023].sum(), counts[2024].sum()) == (123, 109)
    assert new[kept].sum() == 7_050_000 and set(new.index.difference(old.index)) == {"K08", "K11"}
    assert near(np.minimum(old[kept], new[kept]).sum() / old.sum(), 0.850, 3) and near(new[kept].sum() / old.sum(), 0.953, 3)
    for manager, grr, nrr in (("M1", 0.923, 1.047), ("M2", 0.667, 0.714)):
        base = old[want.loc[old.index, "manager_id"] == manager]
        stay = base.index.intersection(kept)
        assert len(stay) / len(base) == 0.8
        assert near(np.minimum(base[stay], new[stay]).sum() / base.sum(), grr, 3) and near(new[stay].sum() / base.sum(), nrr, 3)
    assert round(new.sum() / counts[2024].sum()) == 67_211 and round(sales[2024].sum() / counts[2024].sum()) == 67_101
    f0, f1, q0, q1 = 12.3, 10.9, 7_400_000 / 123, 7_326_000 / 109
    assert (round(10 * (f1 - f0) * q0), round(10 * f1 * (q1 - q0))) == (-842_276, 768_276)
    share = new / new.sum()
    assert near(share.max(), 0.377, 3) and near(share.nlargest(3).sum(), 0.745, 3) and near((share**2).sum(), 0.226, 3)


def test_new_clients_and_roles(sales, days, want):
    first = days.groupby("client_id")["order_date"].min()
    assert set(first.index[first >= "2024-01-01"]) == {"K08", "K11"} and not first.between("2023-01-01", "2023-12-31").any()
    positive = sales[2024].clip(lower=0)
    by = positive.groupby(want["manager_id"]).sum()
    new = positive[["K08", "K11"]].groupby(want["manager_id"]).sum() / by
    assert near(new["M1"], 0.041, 3) and near(new["M2"], 0.023, 3)


def state(day: pd.Series, at: pd.Timestamp, company: float) -> str:
    """Life-cycle state by M3.18 for a client who is not seasonal."""
    ever = day[day <= at]
    if ever.empty:
        return "potential"
    pause = (at - ever.max()).days
    if len(ever) == 1:
        return "new" if pause <= 90 else "one_time" if pause <= 365 else "lost"
    own, n = rhythm(ever, at)
    own = own if n >= 3 else company
    late = pause / own
    if pause > max(365, 3 * own) or (late > 6 and pause > 90):
        return "lost"
    return "sleeping" if late > 3 and pause > 60 else "falling_asleep" if late > 1.5 and pause > 30 else "active"


def test_states_on_the_last_day(days):
    found = days.groupby("client_id")["order_date"].apply(lambda d: state(d, AS_OF, 30.0))
    assert found[found != "active"].to_dict() == {"K04": "sleeping", "K06": "lost", "K11": "one_time", "K12": "lost"}
    pause = (AS_OF - days.groupby("client_id")["order_date"].max()).dt.days
    assert pause[["K04", "K06", "K12", "K11"]].tolist() == [91, 412, 387, 286] and near(pause["K04"] / 18, 5.06, 2)


def test_nobody_counts_as_seasonal(days):
    for client, day in days.groupby("client_id")["order_date"]:
        last = day.max()
        year = [day[(day > last - pd.DateOffset(months=m)) & (day <= last - pd.DateOffset(months=m - 12))] for m in (12, 24)]
        months = [set(part.dt.month) for part in year]
        narrow = min(map(len, year)) >= 2 and max(map(len, months)) <= 6
        assert not (narrow and len(months[0] & months[1]) >= min(map(len, months)) / 2), client


def test_history_leaves_the_default_return_rates_in_force(days):
    """Own rates need 20 cases of a state at past quarter ends; the regular history has fewer, so 0.25 and 0.1 stand."""
    ends = pd.date_range("2018-03-31", AS_OF - pd.Timedelta(days=90), freq="QE")
    states = [state(day, at, 30.0) for _, day in days.groupby("client_id")["order_date"] for at in ends]
    assert 0 < states.count("sleeping") < 20 and states.count("lost") < 20 and states.count("falling_asleep") < 20


def test_twelve_months_before_silence(orders, days, sales):
    last = days.groupby("client_id")["order_date"].max()
    s12 = {}
    for client in ("K04", "K06", "K12", "K11"):
        mine = orders[(orders["client_id"] == client) & (orders["order_date"] <= last[client])]
        s12[client] = mine.loc[mine["order_date"] > last[client] - pd.DateOffset(months=12), "amount"].sum()
    assert s12 == {"K04": 600_000, "K06": 300_000, "K12": 80_000, "K11": 36_000}
    value = [s12["K04"] * 0.25, s12["K06"] * 0.1, s12["K12"] * 0.1]
    assert value == pytest.approx([150_000, 30_000, 8_000]) and sum(value) == pytest.approx(188_000)


def test_best_twelve_months_of_unknown_volumes(orders):
    """M4.2 step 5: the ceiling of K06 is 300 000, whatever twelve months are taken."""
    for client, ceiling in {"K06": 300_000, "K11": 36_000}.items():
        mine = orders[orders["client_id"] == client].set_index("order_date")["amount"]
        ends = [mine[(mine.index > end - pd.DateOffset(months=12)) & (mine.index <= end)].sum() for end in mine.index]
        assert max(ends) == ceiling


def test_penetration_and_abcd(sales, volumes):
    known = sales[2024].clip(lower=0)[volumes.index]
    assert (known.sum(), volumes.sum()) == (7_290_000, 16_780_000) and near(known.sum() / volumes.sum(), 0.434, 3)
    assert near((known / volumes).mean(), 0.511, 3)
    free = (volumes - known).clip(lower=0)
    assert free.sum() == 9_490_000 and (volumes >= known).all()
    assert free.drop(["K04", "K12"]).sum() * 0.1 == pytest.approx(809_000)
    high_sales, high_free = before(sales[2024]) < 0.8 - 1e-9, before(free) < 0.8 - 1e-9
    classes = {}
    for client in sales.index:
        big = bool(high_sales.get(client, False))
        classes[client] = ("AB?" if big else "CD?") if client not in free else "DCBA"[2 * big + bool(high_free.get(client, False))]
    assert classes == CLASSES
    low = lambda axis, mark, value: [k for k in axis.index if 0 < axis[k] and not mark.get(k, False) and axis[k] >= 0.8 * value]  # noqa: E731
    assert low(sales[2024], high_sales, sales[2024][high_sales.index[high_sales]].min()) == ["K05"]
    assert low(free, high_free, free[high_free.index[high_free]].min()) == ["K08"]
    top = before((sales[2024] + free)[[k for k, c in classes.items() if c == "A"]])
    assert list(top.index[top < 0.5]) == ["K01"]


CLASSES = {"K01": "A", "K02": "B", "K03": "A", "K04": "A", "K05": "D", "K06": "CD?", "K07": "C", "K08": "D", "K09": "D",
           "K10": "D", "K11": "CD?", "K12": "D"}


def test_touches_by_class_and_norm():
    fact = touch_facts().reindex(CLASSES, fill_value=0)
    share = fact.groupby(pd.Series(CLASSES)).sum() / fact.sum()
    for name, value in {"A": 0.257, "B": 0.118, "C": 0.037, "D": 0.574}.items():
        assert near(share[name], value, 3)
    norm = pd.Series(CLASSES).map({"A": 24, "B": 12, "C": 18, "D": 4, "CD?": 4})
    assert (fact.sum(), norm.sum()) == (136, 130) and near(np.minimum(fact, norm).sum() / norm.sum(), 0.538, 3)
    hungry = (fact / norm)[norm > 12].nsmallest(3).index
    assert list(hungry) == ["K04", "K07", "K03"]
    over = (fact - norm).clip(lower=0)[[k for k, c in CLASSES.items() if c == "D"]]
    assert over[over > 0].to_dict() == {"K05": 26, "K08": 8, "K09": 10, "K10": 18}
    assert "duration_min" not in table("touches")  # staffing then takes the norms 40/30/30/15, as its example does
    minutes = pd.Series(CLASSES).map({"A": 40, "B": 30, "C": 30, "D": 15, "CD?": 15})
    assert (norm * minutes).sum() == 4_200


def test_annual_meeting_of_one_a_client_in_three():
    held = table("touches").query("kind == 'annual_meeting'")
    assert list(held["client_id"]) == ["K01"] and list(held["channel"]) == ["meeting"]


def test_plan_pay_and_debt(orders, want):
    net = orders[orders["year"] == 2024].groupby(["manager_id", "month"])["amount"].sum().unstack(fill_value=0)
    plan = table("plans").assign(month=lambda p: p["period"].str[5:].astype(int)).pivot(index="manager_id", columns="month", values="plan_value")
    year, december = net.sum(axis=1) / plan.sum(axis=1), net[12] / plan[12]
    assert net.sum(axis=1).tolist() == [5_778_000, 1_536_000] and near(year["M1"], 0.963, 3) and near(year["M2"], 0.853, 3)
    assert december.tolist() == pytest.approx(year.tolist(), abs=1e-12)
    debts = table("receivables").merge(want["manager_id"], left_on="client_id", right_index=True)
    late = debts["open_amount"].where(debts["due_date"] < debts["snapshot_date"], 0)
    share = late.groupby(debts["manager_id"]).sum() / debts.groupby("manager_id")["open_amount"].sum()
    assert near(late.sum() / debts["open_amount"].sum(), 0.268, 3) and share["M1"] == 0 and near(share["M2"], 0.577, 3)
    pay = [50_000 + 40_000 * december["M1"] * 1.1, 50_000 + 40_000 * december["M2"] * 0.8 * 0.7]
    assert [round(p) for p in pay] == [92_372, 69_115]


def test_nps():
    answers = table("survey_answers")
    score = lambda a: 100 * ((a >= 9).mean() - (a <= 6).mean())  # noqa: E731
    clients = answers.groupby("client_id")["answer_num"].apply(score)
    assert near(score(answers["answer_num"]), 33.3, 1) and clients.mean() == 20
    assert round(1.96 * clients.std() / math.sqrt(len(clients))) == 73


def test_working_week():
    minutes = table("timelog").groupby("activity_code")["minutes"].sum().reindex([f"P{i}" for i in range(1, 11)], fill_value=0)
    share = 100 * minutes / minutes.sum()
    norm = pd.Series([40, 15, 10, 12, 5, 5, 5, 3, 5, 0], index=share.index)
    gap = (share - norm).abs()
    assert list(share.index[(gap > 5 + 1e-9) & (gap > 0.25 * norm)]) == ["P1", "P3", "P4", "P5"]
    assert share[["P1", "P2"]].sum() == share[["P3", "P5"]].sum() == 37.5


def test_cards_filled_and_valid(want):
    cards, people = table("clients").set_index("client_id"), table("people")
    filled = cards[["inn", "segment", "contract_date", "email", "phone"]].notna()
    filled["purchases"] = cards.index.isin(table("potential").dropna(subset="purchases_total")["client_id"])
    filled["decider"] = cards.index.isin(people.loc[people["dmu_role"] == "decider", "client_id"])
    filled["birthday"] = cards.index.isin(people.dropna(subset="birthday")["client_id"])
    assert filled.sum().to_dict() == {"inn": 11, "segment": 12, "contract_date": 12, "email": 9, "phone": 11, "purchases": 10,
                                      "decider": 8, "birthday": 3}
    assert near(filled.to_numpy().mean(), 0.792, 3)
    assert list(cards.index[cards["inn"].map(lambda x: inn.is_valid(x) if isinstance(x, str) else False)]) == ["K01"]
    assert not cards["email"].dropna().str.contains(r"@.*\.").any() and (cards["phone"].dropna().str.len() < 10).all()


def test_segments_and_promotion_list(sales, counts, want):
    positive = sales[2024].clip(lower=0)
    share = positive.groupby(want["segment"]).sum() / positive.sum()
    assert {k: round(100 * v, 1) for k, v in share.items()} == {"машиностроение": 24.6, "металлургия": 58.1,
                                                               "строительство": 7.4, "торговля": 9.9}
    listed = (want["segment"] == "торговля") & abc(sales[2024]).isin(["A", "B"]) & (counts[2024] >= 12)
    assert list(want.index[listed]) == ["K05"]
