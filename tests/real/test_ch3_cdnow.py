"""CDNOW master (Fader and Hardie; 69,659 rows, 23,570 customers): quarter table, migration and decomposition of REFERENCE C 5.3, 5.6."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kbreport.ch3 import _levers
from kbreport.company import open_company
from kbreport.run import open_run

# quarter: customers, orders, revenue, orders per customer, check, median; order = customer-day, zero-dollar rows count there as orders
QUARTERS = {"1997-Q2": (5376, 9473, 359_153.66, 1.7621, 37.9134, 39.68), "1997-Q3": (4263, 7293, 292_395.37, 1.7108, 40.0926, 41.71),
            "1997-Q4": (4221, 7412, 300_806.76, 1.7560, 40.5838, 41.97), "1998-Q1": (3817, 6608, 262_823.89, 1.7312, 39.7736, 40.86), "1998-Q2": (3317, 5664, 213_330.48, 1.7076, 37.6643, 37.97)}
OVERLAP = {"1997-Q2": (5376, 18194, 0), "1997-Q3": (2289, 3087, 1974), "1997-Q4": (2063, 2200, 2158), "1998-Q1": (1954, 2267, 1863), "1998-Q2": (1760, 2057, 1557)}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    import os
    from pathlib import Path

    place = Path(os.environ.get("KBREPORT_REAL_DATA", "")) / "cdnow" / "orders_full.csv"
    if not place.is_file():
        pytest.skip("KBREPORT_REAL_DATA does not name a folder of real data sets")
    folder = tmp_path_factory.mktemp("cdnow")
    rows = pd.read_csv(place, dtype=str).rename(columns={"revenue": "amount"})
    rows.assign(order_id=np.arange(len(rows))).to_csv(folder / "orders.csv", index=False)
    return open_company(folder / "orders.csv")


def opened(company, period: str, **settings):
    return open_run(company, period=period, as_of="1998-06-30", settings=settings)


@pytest.fixture(scope="module")
def days(company):
    rows = pd.read_csv(company.place, dtype={"client_id": str}, parse_dates=["order_date"])
    return rows.groupby(["client_id", "order_date"])["amount"].sum().reset_index()


def in_quarter(days: pd.DataFrame, quarter: str) -> pd.DataFrame:
    return days[days["order_date"].dt.to_period("Q").astype(str) == quarter.replace("-", "")]


@pytest.mark.parametrize("quarter", sorted(QUARTERS))
def test_reference_5_3_quarter_table(company, days, quarter):
    """Ours leaves zero-dollar days out (no order), so the published counts are met with them and ours without them."""
    customers, orders, revenue, frequency, check, _median = QUARTERS[quarter]
    inside = in_quarter(days, quarter)
    assert (inside["client_id"].nunique(), len(inside), round(inside["amount"].sum(), 2)) == (customers, orders, revenue)
    free = inside[inside["amount"] <= 0]
    paid_customers = inside.loc[inside["amount"] > 0, "client_id"].nunique()
    run = opened(company, quarter)
    main = run.measure("base_panel").table.set_index("row")["value"]
    assert (main["active_clients"], main["orders"], main["net_sales"]) == (paid_customers, orders - len(free), revenue)
    assert abs(main["frequency"] - frequency) < 0.01 and abs(main["avg_check"] - check) < 0.15
    row = run.measure("avg_check").table.iloc[0]
    assert row["avg_check"] == main["avg_check"] and row["amount"] == revenue


@pytest.mark.parametrize("quarter", sorted(OVERLAP))
def test_reference_5_3_overlap_of_quarters(company, days, quarter):
    """both / lost / gained; a client whose only days cost nothing is not active with us."""
    both, lost, gained = OVERLAP[quarter]
    before = (pd.Period(quarter.replace("-", ""), freq="Q") - 1).strftime("%YQ%q")
    a, b = (set(in_quarter(days, q)["client_id"]) for q in (before, quarter))
    assert (len(a & b), len(a - b), len(b - a)) == (both, lost, gained)
    pa, pb = (set(part.loc[part["amount"] > 0, "client_id"]) for part in (in_quarter(days, q) for q in (before, quarter)))
    split = opened(company, quarter).measure("driver_tree").tables["clients_split"].set_index("kind")["n_clients"]
    assert split["lost"] == len(pa - pb) and split["new"] + split["returned"] == len(pb - pa)


def test_reference_5_3_abc_migration_97h2_98h1(company):
    """Equal amounts stand on three of the four borders (66.95, 26.98, 59.46), and the published table does not say how it orders
    them: its sums are met exactly, its cells to the few tied clients, and an independent count by our order cell by cell."""
    run = opened(company, "1998-01..1998-06")
    matrix = run.measure("abc_migration_qty").tables["matrix"].query("base == 'floating'").pivot(index="from_class", columns="to_class", values="n_clients")
    got = matrix.loc[list("ABCN"), list("ABCN")].fillna(0).astype(int).to_numpy()
    want = np.array([[1171, 377, 219, 829], [344, 410, 239, 1040], [166, 265, 272, 1089], [499, 704, 708, 0]])
    assert got.sum(0).tolist() == want.sum(0).tolist() and got.sum(1).tolist() == want.sum(1).tolist() and np.abs(got - want).max() <= 4
    letters = [_classes(company, *half) for half in (("1997-07-01", "1997-12-31"), ("1998-01-01", "1998-06-30"))]
    clients = letters[0].index.union(letters[1].index)
    ours = pd.crosstab(*(x.reindex(clients).fillna("N").to_numpy() for x in letters)).reindex(index=list("ABCN"), columns=list("ABCN")).fillna(0).astype(int)
    assert got.tolist() == ours.to_numpy().tolist()
    qual = run.measure("abc_migration_qual")
    assert qual.tables["flows"].set_index("direction").at["left", "n_clients"] == 829 + 1040 + 1089
    assert set(qual.table["entry_kind"].dropna()) == {"returned"}  # everybody bought first in 1997 Q1


def _classes(company, first: str, last: str) -> pd.Series:
    """A, B, C by plain pandas: share before the client < 0.80 / 0.95, equal amounts by client_id."""
    rows = pd.read_csv(company.place, dtype={"client_id": str}, parse_dates=["order_date"])
    cents = (rows[rows["order_date"].between(first, last)].groupby("client_id")["amount"].sum() * 100).round().astype("int64").rename("cents").reset_index()
    cents = cents[cents["cents"] > 0].sort_values(["cents", "client_id"], ascending=[False, True])
    before = (cents["cents"].cumsum() - cents["cents"]) / cents["cents"].sum()
    return pd.Series(np.select([before < 0.80, before < 0.95], ["A", "B"], "C"), index=cents["client_id"])


def test_reference_5_6_factor_decomposition(company):
    """Rows as orders, January–June 1997 → 1998: Shapley and LMDI of the published factors."""
    rows = pd.read_csv(company.place, dtype={"client_id": str}, parse_dates=["order_date"])
    half = rows[rows["order_date"].dt.month <= 6]
    n, orders, money = (half.groupby(half["order_date"].dt.year)[name].agg(how) for name, how in (("client_id", "nunique"), ("amount", "size"), ("amount", "sum")))
    before, now = ((n[y], orders[y] / n[y], money[y] / orders[y]) for y in (1997, 1998))
    assert (n[1997], n[1998], round(money[1997], 2), round(money[1998], 2)) == (23570, 5374, 1_430_959.13, 476_154.37)
    assert np.allclose(before[1:], (1.7619007, 34.457694), rtol=1e-7) and np.allclose(now[1:], (2.3738370, 37.324949), rtol=1e-7)
    change = np.array([-954_804.76])
    shapley = _levers.to_kopecks(_levers.contributions("shapley", before, now), change).ravel()
    lmdi = _levers.to_kopecks(_levers.contributions("lmdi", before, now), change).ravel()
    assert np.allclose(shapley, (-1_353_141.19, 315_190.93, 83_145.50), atol=0.011) and np.allclose(lmdi, (-1_282_841.88, 258_680.42, 69_356.70), atol=0.011)
    assert round(shapley.sum(), 2) == round(lmdi.sum(), 2) == -954_804.76


def test_cdnow_concentration_of_the_whole_history(company):
    total = opened(company, "all").measure("concentration")
    assert total.tables["total"].iloc[0]["amount"] == 2_500_315.63 and total.table["n_clients"].tolist() == [1, 3, 5, 10]
