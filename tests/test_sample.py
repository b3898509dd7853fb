"""The bundled sample company: the same bytes every time, money that adds up, and every planted story in the tables."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from stdnum.ru import inn

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample"
TABLES = ["orders", "order_lines", "products", "clients", "managers", "client_manager_history", "plans", "potential",
          "touches", "receivables", "timelog"]


def table(name: str, **kwargs) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype={"inn": str, "phone": str}, **kwargs)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    frame = table("orders", parse_dates=["order_date"])
    frame["year"] = frame["order_date"].dt.year
    return frame


@pytest.fixture(scope="module")
def clients() -> pd.DataFrame:
    return table("clients", parse_dates=["contract_date", "contract_until", "first_contact_date"])


@pytest.fixture(scope="module")
def sales(orders, clients) -> pd.DataFrame:
    """Net sales client × year without the internal firm."""
    inside = set(clients.loc[clients["is_internal"], "client_id"])
    return orders[~orders["client_id"].isin(inside)].pivot_table(
        index="client_id", columns="year", values="amount", aggfunc="sum", fill_value=0)


def abc(amounts: pd.Series) -> pd.Series:
    ranked = amounts[amounts > 0].sort_values(ascending=False, kind="stable")
    before = (ranked.cumsum() - ranked) / ranked.sum()
    return pd.Series(np.where(before < 0.8 - 1e-9, "A", np.where(before < 0.95 - 1e-9, "B", "C")), index=ranked.index)


# ---------------------------------------------------------------- the files
def test_generator_repeats_every_byte(tmp_path):
    subprocess.run([sys.executable, ROOT / "tools" / "make_sample.py", tmp_path], check=True)
    for path in sorted(tmp_path.iterdir()):
        assert path.read_bytes() == (SAMPLE / path.name).read_bytes(), f"{path.name} differs from the committed one"


def test_checksums_cover_all_tables():
    lines = (SAMPLE / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert set(sums) == {f"{name}.csv" for name in TABLES} | {"company.yml"}
    for name, digest in sums.items():
        assert hashlib.sha256((SAMPLE / name).read_bytes()).hexdigest() == digest, name


def test_streams_are_named_and_independent():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from sample.streams import stream
    finally:
        sys.path.pop(0)
    first = stream("orders").random(5)
    stream("a table added later").random(100)
    assert (stream("orders").random(5) == first).all()
    assert (stream("touches").random(5) != first).any()


def test_size_and_shape(orders):
    assert sum(p.stat().st_size for p in SAMPLE.iterdir() if p.is_file()) <= 4.5e6
    assert 10_000 <= len(orders) <= 14_000 and 25_000 <= len(table("order_lines")) <= 35_000
    assert orders["order_date"].min() >= pd.Timestamp("2023-01-01")
    assert orders["order_date"].max() <= pd.Timestamp("2025-12-31")
    assert orders["order_date"].dt.to_period("M").nunique() == 36
    assert 12 <= table("products")["category"].nunique() <= 20


def test_last_month_counts_as_complete(orders):
    days = np.sort(orders["order_date"].unique())
    gap = pd.Series(days[days > np.datetime64("2024-12-31")]).diff().dt.days.quantile(0.95)
    left = (pd.Timestamp("2025-12-31") - pd.Timestamp(days[-1])).days
    assert left <= min(15, max(3, gap))


# ---------------------------------------------------------------- money and keys
def test_lines_add_up_to_orders_to_the_kopeck(orders):
    lines = table("order_lines")
    for column in ("amount", "cost"):
        kopecks = (lines[column] * 100).round().astype("int64").groupby(lines["order_id"]).sum()
        head = (orders.set_index("order_id")[column] * 100).round().astype("int64")
        assert (kopecks.sort_index() == head.sort_index()).all()
    assert not lines.duplicated(["order_id", "line_no"]).any() and not lines.duplicated(["order_id", "sku"]).any()


@pytest.mark.parametrize("name, key", [
    ("orders", ["order_id"]), ("products", ["sku"]), ("clients", ["client_id"]), ("managers", ["manager_id"]),
    ("touches", ["touch_id"]), ("plans", ["period", "manager_id", "metric"]), ("potential", ["client_id"]),
    ("receivables", ["snapshot_date", "invoice_id"]), ("client_manager_history", ["client_id", "valid_from"]),
    ("timelog", ["manager_id", "date", "start"])])
def test_keys_are_unique(name, key):
    assert not table(name).duplicated(key).any()


def test_references_hold(orders, clients):
    known = set(clients["client_id"])
    for name in ("orders", "touches", "potential", "receivables", "client_manager_history", "timelog"):
        assert set(table(name)["client_id"].dropna()) <= known, name
    assert set(table("order_lines")["sku"]) <= set(table("products")["sku"])
    assert set(orders["manager_id"]) == set(table("managers")["manager_id"])


def test_inns_have_valid_check_digits(clients):
    filled = clients["inn"].dropna()
    assert filled.map(inn.is_valid).all() and 0.8 < len(filled) / len(clients) < 0.95
    assert filled.str.startswith("98").all()


def test_returns(orders):
    back = orders[orders["amount"] < 0]
    assert 0.01 < -back["amount"].sum() / orders.loc[orders["amount"] > 0, "amount"].sum() < 0.03
    linked = back.dropna(subset="linked_order_id").merge(orders, left_on="linked_order_id", right_on="order_id")
    assert 0.5 < len(linked) / len(back) < 0.8
    assert (linked["client_id_x"] == linked["client_id_y"]).all() and (linked["order_date_x"] > linked["order_date_y"]).all()
    assert (linked["amount_x"] + linked["amount_y"] >= 0).all()


def test_margins_by_category_are_believable():
    lines = table("order_lines")
    sums = lines.groupby("category")[["amount", "cost"]].sum()
    margin = 1 - sums["cost"] / sums["amount"]
    assert margin.between(0.08, 0.35).all() and margin.max() - margin.min() > 0.15


def test_pareto_is_realistic(sales):
    for year in (2023, 2024, 2025):
        assert 0.15 < (abc(sales[year]) == "A").mean() < 0.22


# ---------------------------------------------------------------- the stories
def named(*ids: str) -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert all(re.search(rf"\b{i}\b", text) for i in ids), ids


def test_readme_tells_the_figures_of_the_tables(orders, sales, clients):
    text = " ".join((SAMPLE / "README.md").read_text(encoding="utf-8").split())
    def millions(x: float) -> str:
        return f"{x / 1e6:.1f}"
    year = orders.groupby(["manager_id", "year"])["amount"].sum()
    assert "sales go " + " → ".join(millions(year["M02", y]) for y in (2023, 2024, 2025)) + " million" in text
    assert f"largest client of 2024: {millions(sales[2024].max())} million" in text
    whole = [f"{round(sales.loc['C093', y]):,}".replace(",", " ") for y in (2024, 2025)]
    assert " → ".join(whole) in text
    losing = orders[(orders["client_id"] == "C041") & (orders["year"] == 2025)]
    margin = 1 - losing["cost"].sum() / losing["amount"].sum()
    assert f"{millions(losing['amount'].sum())} million in 2025, margin −{-100 * margin:.1f} %" in text
    history = table("client_manager_history")
    moved = history.loc[(history["manager_id"] == "M05") & (history["valid_from"] == "2025-07-01"), "client_id"]
    quarter = orders[orders["client_id"].isin(moved)].groupby(orders["order_date"].dt.to_period("Q"))
    now, ago = (quarter.get_group(pd.Period(q)) for q in ("2025Q4", "2024Q4"))
    buyers = [frame.loc[frame["amount"] > 0, "client_id"].nunique() for frame in (now, ago)]
    assert (f"{millions(now['amount'].sum())} million and {buyers[0]} clients against "
            f"{millions(ago['amount'].sum())} million and {buyers[1]} a year ago") in text
    assert len(table("products")) == 388 and "388 products" in text


def test_whale_goes_quiet(orders, sales):
    whale = sales[2024].idxmax()
    named(whale)
    days = orders.loc[(orders["client_id"] == whale) & (orders["amount"] > 0), "order_date"].drop_duplicates().sort_values()
    rhythm, silent = days.diff().dt.days.median(), (pd.Timestamp("2025-12-31") - days.max()).days
    assert sales.loc[whale, 2024] / sales[2024].sum() > 0.10
    assert 3 < silent / rhythm < 6 and silent > 60
    lines = table("order_lines").merge(orders[orders["client_id"] == whale], on="order_id")
    before, after = lines["order_date"] < "2025-06-01", lines["order_date"] >= "2025-06-01"
    assert lines[after]["category"].nunique() <= 0.6 * lines[before]["category"].nunique()


def test_a_manager_keeps_the_count_and_loses_money(orders):
    net = orders.groupby(["manager_id", "year", "client_id"])["amount"].sum()
    count = net[net > 0].groupby(["manager_id", "year"]).size().unstack()
    money = net.groupby(["manager_id", "year"]).sum().unstack()
    keepers = count.index[(count.nunique(axis=1) == 1) & (money.pct_change(axis=1).iloc[:, 1:] < -0.15).all(axis=1)]
    assert list(keepers) == ["M02"]
    named("M02")


def test_client_grew_and_fell_a_class(sales, clients):
    groups = clients.set_index("client_id")["group_id"]
    by_group = sales.groupby(groups.reindex(sales.index).fillna(pd.Series(sales.index, sales.index))).sum()
    fell = [set(), set()]
    for found, frame in zip(fell, (sales, by_group)):
        classes = pd.DataFrame({year: abc(frame[year]) for year in (2024, 2025)})
        growth = frame[2025] / frame[2024] - 1
        found.update(frame.index[(classes[2024] == "A") & (classes[2025] == "B") & growth.between(0.09, 0.11)])
    both = fell[0] & fell[1]
    assert len(both) == 1
    named(*both)


def test_handover_leaks(orders):
    history = table("client_manager_history", parse_dates=["valid_from", "valid_to"])
    moved = history[(history["manager_id"] == "M05") & (history["valid_from"] == "2025-07-01")]["client_id"]
    assert len(moved) > 30
    mine = orders[orders["client_id"].isin(moved)]
    assert set(mine.loc[mine["order_date"] < "2025-07-01", "manager_id"]) == {"M04"}
    assert set(mine.loc[mine["order_date"] >= "2025-07-01", "manager_id"]) == {"M05"}
    last = mine[mine["amount"] > 0].groupby("client_id")["order_date"].max()
    assert last.between("2025-06-20", "2025-09-30").sum() >= 12
    quarter = mine.groupby(mine["order_date"].dt.to_period("Q"))["amount"].sum()
    assert quarter["2025Q4"] < 0.75 * quarter["2024Q4"]
    assert set(table("clients").loc[lambda c: c["client_id"].isin(moved), "manager_id"]) == {"M05"}


def test_seasonality(orders, sales):
    month = orders.groupby(orders["order_date"].dt.month)["amount"].sum()
    index = month / month.mean()
    assert index.idxmin() == 1 and index[1] < 0.65 and index[[5, 6, 10]].min() > 1.1
    bought = orders[orders["amount"] > 0].groupby("client_id")["order_date"].agg(
        months=lambda d: frozenset(d.dt.month), years=lambda d: d.dt.year.nunique(), n="size")
    summer = bought[bought["months"].map(lambda m: m <= {5, 6, 7, 8, 9}) & (bought["years"] == 3) & (bought["n"] > 12)]
    assert len(summer) == 1
    named(*summer.index)


def test_duplicates(clients):
    twins = clients[clients["inn"].duplicated(keep=False) & clients["inn"].notna()]
    assert len(twins) == 4 and twins["inn"].nunique() == 2
    plain = clients["client_name"].str.lower().str.replace(r"\b(ооо|ао)\b|[«»\",]", "", regex=True).str.split().str.join(" ")
    same = clients[plain.duplicated(keep=False)]
    assert len(same) == 8
    named(*twins["client_id"], *same["client_id"])


def test_big_client_below_cost(orders, sales):
    year = orders[orders["year"] == 2025].groupby("client_id")[["amount", "cost"]].sum()
    top = year.loc[sales[2025].nlargest(15).index]
    losing = top.index[top["cost"] > top["amount"]]
    assert len(losing) == 1
    named(*losing)


def test_internal_never_and_marks(orders, clients):
    assert clients["is_internal"].sum() == 1
    named(*clients.loc[clients["is_internal"], "client_id"])
    assert (~clients["client_id"].isin(orders["client_id"])).sum() == 13
    assert {"closed", "lost", "active"} == set(clients["status_manual"].dropna())


def test_touch_habits(sales, clients):
    touches = table("touches", parse_dates=["at"])
    cared = touches[(touches["at"] >= "2025-01-01") & (touches["direction"] == "out") & (touches["result"] != "no_answer")]
    per = pd.DataFrame({"class": abc(sales[2025])}).join(clients.set_index("client_id")["manager_id"])
    per["n"] = cared.groupby("client_id").size().reindex(per.index).fillna(0)
    mean = per.groupby(["manager_id", "class"])["n"].mean().unstack()
    assert (mean.loc[["M02", "M05"], "A"] < 12).all() and (mean.loc[["M02", "M05"], "C"] > mean.loc[["M02", "M05"], "A"]).all()
    assert mean.loc["M01", "A"] > 3 * mean.loc["M01", "C"]
    assert (per["class"] != "A").mul(per["n"]).sum() > per["n"].sum() / 2  # overfed small, hungry large


def test_reactivation_wave_brings_some_back(orders):
    touches = table("touches", parse_dates=["at"])
    first = touches[touches["kind"] == "reactivation"].groupby("client_id")["at"].min().dt.normalize()
    after = orders[orders["amount"] > 0].merge(first.rename("called"), on="client_id")
    wait = (after["order_date"] - after["called"]).dt.days
    assert len(first) > 30 and after.loc[wait.between(1, 90), "client_id"].nunique() >= 9
    assert not wait.between(-120, -5).any()


def test_plans_potential_receivables_timelog(orders, sales):
    plans = table("plans")
    fact = orders.groupby([orders["order_date"].dt.strftime("%Y-%m"), "manager_id"])["amount"].sum()
    plan = plans[(plans["metric"] == "amount") & (plans["period"] < "2026-01")].set_index(["period", "manager_id"])["plan_value"]
    ratio = (fact.reindex(plan.index) / plan).rename("ratio").reset_index()
    usual = ratio[(ratio["manager_id"] != "M06") | (ratio["period"] < "2025-11")]["ratio"]
    assert usual.between(0.76, 1.17).all() and ratio.loc[ratio["manager_id"] == "M06", "ratio"].min() < 0.80
    potential = table("potential", parse_dates=["as_of"])
    total = potential.set_index("client_id")["purchases_total"]
    assert 0.75 < len(potential) / 250 < 0.87 and (total < sales[2025].reindex(total.index)).sum() >= 5
    assert (potential["as_of"] < "2024-12-31").sum() >= 15
    debts = table("receivables")
    overdue = debts["open_amount"].where(debts["due_date"] < debts["snapshot_date"], 0)
    share = overdue.groupby(debts["snapshot_date"]).sum() / debts.groupby("snapshot_date")["open_amount"].sum()
    assert len(share) == 12 and share.between(0.02, 0.35).all()
    log = table("timelog")
    assert (log.groupby(["manager_id", "date"])["minutes"].sum().between(420, 480)).all()
    assert log.groupby("manager_id")["date"].nunique().eq(10).all()
