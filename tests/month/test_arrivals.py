"""Parts of other chapters stand on the manager's page where their methods measured something, and leave no trace where they did not."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from kbreport import home, words
from kbreport.month.bundle import bundle_of
from kbreport.month.report import Month, department_of
from tests.month.companies import sales


@pytest.fixture(autouse=True)
def russian():
    with words.speaking("ru"):
        yield


@pytest.fixture(scope="module")
def sample():
    with words.speaking("ru"):
        return department_of("sample")


def test_the_risk_of_a_client_is_that_of_the_method(sample):
    risk = sample.year.measure("client_risk").table.set_index("client_id")
    clients = sample.clients.set_index("client_id")
    assert clients["score"].notna().sum() == risk["score"].notna().sum() > 100
    pd.testing.assert_series_equal(clients.loc[risk.index, "risk_amount"], risk["risk_amount"].astype("float64"), check_names=False)
    assert clients.loc[risk.index, "band"].tolist() == risk["band"].tolist()


def test_how_a_client_pays_is_that_of_the_method(sample):
    payers = sample.year.measure("late_payers").table.set_index("client_id")["status"]
    assert (payers == "chronic").sum() > 5 and sample.clients.set_index("client_id")["pay_status"].reindex(payers.index).tolist() == payers.tolist()


def test_the_next_month_is_the_forecast_and_its_plan(sample):
    main = sample.year.measure("forecast").table
    said = main[(main["part"] == "total") & main["manager_id"].notna()].set_index("manager_id")
    for manager in sample.staff:
        month = Month(bundle_of(sample, manager))
        row = month.tables["main"].set_index("row").loc["expected"]
        assert row["value"] == pytest.approx(said.at[manager, "amount"]) and row["plan"] == said.at[manager, "plan_amount"]
        assert f"ждём {words.money(row['value'], 'RUB')}" in json.dumps(month.first_page().blocks, ensure_ascii=False)


def test_a_quarter_waits_by_rhythm(tmp_path):
    """The forecast is for a month: of a quarter it says nothing, the sum over rhythms stands in its place."""
    month = Month(bundle_of(department_of(sales(tmp_path, {"M1": 6}), period="2025-Q4"), "M1"))
    assert month.figures["next_amount"] is None and month.expected == month.figures["expected_amount"] > 0


def overdue(folder: Path, client: str, days: int = 40) -> None:
    """Six month-end snapshots in which the client is overdue."""
    with (folder / "receivables.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["snapshot_date", "client_id", "invoice_id", "open_amount", "due_date"])
        for at in pd.date_range("2025-07-31", periods=6, freq="ME"):
            write.writerow([at.date(), client, f"i{at.month}", 5000, (at - pd.Timedelta(days=days)).date()])


def test_a_bare_export_has_risks_and_no_payers_and_receivables_bring_them(tmp_path):
    bare = Month(bundle_of(department_of(sales(tmp_path / "bare", {"M1": 8})), "M1"))
    assert bare.clients["score"].notna().any() and bare.clients["pay_status"].isna().all()
    fed = sales(tmp_path / "fed", {"M1": 8})
    overdue(fed, "M1X03")
    month = Month(bundle_of(department_of(fed), "M1"))
    assert month.clients.set_index("client_id")["pay_status"].dropna().to_dict() == {"M1X03": "chronic"}
    (row,) = month.tables["risks"].query("reason == 'overdue'").to_dict("records")
    assert row["client_id"] == "M1X03" and row["detail"] == "долг +40 дн., опять"


def test_a_slipping_client_is_on_the_list_with_his_score(tmp_path):
    """Sales of the last quarter fall to a fifth while the orders keep coming: he is there as «falling», with a score beside."""
    place = sales(tmp_path, {"M1": 10}, extra=[[f"s{m}", f"{m}-05", "Z1", "Сдающий", "M1", 50_000 if m < "2025-10" else 10_000] for m in map(str, pd.period_range("2024-01", "2025-12", freq="M"))])
    month = Month(bundle_of(department_of(place), "M1"))
    client = month.clients.set_index("client_id").loc["Z1"]
    assert client["score"] > 30 and client["top_reason"] == "r2" and month.calls.set_index("client_id").at["Z1", "reason"] == "falling"


@pytest.mark.parametrize("gone", ["client_risk", "late_payers", "forecast", "frequency", "touches", "sales_potential"])
def test_a_method_that_is_not_there_leaves_its_columns_missing_and_the_pages_whole(monkeypatch, gone):
    rooms = sys.modules["kbreport.month.department"]  # the package has a function of this name
    known = rooms._known
    monkeypatch.setattr(rooms, "_known", lambda name: name != gone and known(name))
    d = department_of("sample")
    month = Month(bundle_of(d, "M01"))
    assert month.first_page().blocks and month.call_list().blocks
    columns = {"client_risk": ["score", "band", "risk_amount"], "late_payers": ["pay_status", "mean_delay_days"], "frequency": ["rhythm_days"], "touches": ["touches"], "sales_potential": ["free_amount"]}
    assert all(month.clients[name].isna().all() for name in columns.get(gone, []))
    if gone == "forecast":
        assert month.figures["next_amount"] is None and month.expected


def test_touches_are_held_against_their_plan_and_the_norm_of_the_clients(sample):
    month = Month(bundle_of(sample, "M01"))
    planned = pd.read_csv(home.sample() / "plans.csv").query("period == '2025-12' and manager_id == 'M01' and metric == 'touches'")["plan_value"].sum()
    main = month.tables["main"].set_index("row")
    assert main.at["touches", "plan"] == planned == 50 and f"план {words.number(planned)}" in json.dumps(month.first_page().blocks, ensure_ascii=False)
