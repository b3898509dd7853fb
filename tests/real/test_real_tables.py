"""Published data sets: rows, clients and sums as an independent calculation gave them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from kbreport import tables

SETS = [("northwind", "northwind"), ("adventureworks_slice", "adventureworks_slice"), ("chinook", "chinook")]


@pytest.mark.parametrize("folder, reference", SETS)
def test_totals_of_the_reference(real, folder, reference):
    wanted = json.loads((real / reference / "reference.json").read_text(encoding="utf-8"))["all_lines"]["totals"]
    loaded = tables.load(real / folder)
    sales = loaded.sales.to_pandas()
    assert loaded.sales_table == "order_lines" and loaded.ledger.rows_out == wanted["n_lines"] and loaded.ledger.excluded == ()
    assert round(loaded.ledger.amount_out, 2) == Decimal(str(wanted["revenue"]))
    assert (sales["order_id"].nunique(), sales["client_id"].nunique(), sales["manager_id"].nunique()) == (wanted["orders"], wanted["clients"], wanted["managers"])
    assert (str(sales["order_date"].min()), str(sales["order_date"].max())) == (wanted["first_date"], wanted["last_date"])
    if wanted["cost"] is not None:
        assert round(float(sales["cost"].astype(float).sum()), 2) == wanted["cost"]


def test_orders_without_numbers(real):
    wanted = json.loads((real / "cdnow" / "reference.json").read_text(encoding="utf-8"))["sample"]["totals"]
    sample = tables.load(real / "cdnow" / "orders_sample_1in10.csv")
    assert (sample.sales_table, sample.ledger.rows_out, float(sample.ledger.amount_out)) == ("orders", wanted["n_lines"], wanted["revenue"])
    whole = tables.load(real / "cdnow" / "orders_full.csv")
    assert whole.ledger.rows_out == 69_659 and len(set(whole.sales["client_id"].to_pylist())) == 23_570
    assert whole.sales["client_id"].to_pylist()[0] == "00001"


def test_files_that_are_no_table_are_named_and_left_alone(real):
    assert tables.load(real / "northwind").unknown_files == ["orders_header.csv", "reference_clients.csv"]


def test_plans_with_a_column_per_measure_become_rows(real):
    plans = tables.load(real / "adventureworks_slice").frames["plans"]
    assert set(plans["metric"]) == {"amount"} and plans["period"].iloc[0] == "2017-07" and plans["plan_value"].iloc[0] == 500_000


def test_files_as_people_publish_them(real):
    found = real / "as_found"
    base = {"orders": real / "cdnow" / "orders_sample_1in10.csv"}
    loaded = tables.load({**base, "plans": found / "Targets_dollar.csv", "managers": found / "Salesperson_bom.csv", "products": found / "Product_dollar.csv", "clients": found / "Reseller_bom.csv"})
    assert loaded.frames["products"]["cost"].iloc[0] == 868.63 and loaded.frames["managers"]["name"].iloc[0] == "Stephen Jiang"
    worded = tables.load({**base, "plans": found / "Targets_longdate_tab.csv"}).frames["plans"]
    assert worded[["period", "plan_value"]].equals(loaded.frames["plans"][["period", "plan_value"]])


def test_deals_told_by_their_stage(real):
    deals = tables.load({"orders": real / "cdnow" / "orders_sample_1in10.csv", "deals": real / "crm_central" / "sales_pipeline.csv"}).frames["deals"]
    assert deals["status"].value_counts()["won"] > 1000 and set(deals["status"]) == {"won", "lost", "open"}
