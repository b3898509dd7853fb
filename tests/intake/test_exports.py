"""The simulated exports of data/sample/exports: every importer gives back the sample's own tables, to the kopeck."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from kbreport import intake, tables
from kbreport.intake.profile import profiles
from kbreport.intake.reading import read
from kbreport.intake.spec import FileSpec, InputSpec
from tools.exports import truth
from tools.make_exports import make

PLACE = Path(__file__).resolve().parents[2] / "data" / "sample" / "exports"
PROFILES = {  # file → (profile, table)
    "amocrm_deals.csv": ("amocrm_deals", "deals"), "amocrm_deals.xlsx": ("amocrm_deals", "deals"), "bitrix24_activities.csv": ("bitrix24_activities", "touches"),
    "bitrix24_activities.xls": ("bitrix24_activities", "touches"), "bitrix24_bi_deal.csv": ("bitrix24_bi_deal", "deals"), "bitrix24_companies.csv": ("bitrix24_companies", "clients"),
    "bitrix24_companies.xls": ("bitrix24_companies", "clients"), "bitrix24_deals.csv": ("bitrix24_deals", "deals"), "bitrix24_deals.xls": ("bitrix24_deals", "deals"),
    "hubspot_companies.csv": ("hubspot_companies", "clients"), "hubspot_deals.csv": ("hubspot_deals", "deals"), "kbreport_plan.csv": ("kbreport_plan", "plans"),
    "kbreport_sales_2025-12.csv": ("kbreport_sales", "order_lines"), "matrix_months_2025-Q4.csv": (None, "orders"), "megaplan_deals.csv": ("megaplan_deals", "deals"),
    "moysklad_documents_2025-12.csv": ("moysklad_documents", "orders"), "moysklad_profit_2025-12.xlsx": ("moysklad_profit_by_counterparty", "orders"),
    "onec_bp_osv62_2025-12.xlsx": ("onec_bp_osv62", "receivables"), "onec_bp_sales_2025-12.xlsx": ("onec_bp_sales_by_counterparty", "order_lines"),
    "onec_debts_bp_2025-12-31.xlsx": ("onec_debts_bp", "receivables"), "onec_debts_ut_2025-12-31.xlsx": ("onec_debts_ut", "receivables"), "onec_documents_2025-12.xlsx": ("onec_doc_list", "orders"),
    "onec_gross_profit_2025-12.xlsx": ("onec_ut_gross_profit", "order_lines"), "onec_gross_profit_managers_2025-12.xlsx": ("onec_ut_gross_profit", "order_lines"),
    "onec_gross_profit_months_2025-Q4.xlsx": ("onec_ut_gross_profit", "order_lines"), "onec_register_2025-12.xlsx": ("onec_register_sales", "order_lines"),
    "pipedrive_activities.csv": ("pipedrive_activities", "touches"), "pipedrive_deals.csv": ("pipedrive_deals", "deals"), "retailcrm_orders_2025-12.csv": ("retailcrm_orders", "orders"),
    "salesforce_opportunities.xlsx": ("salesforce_opportunities", "deals"), "zoho_deals.csv": ("zoho_deals", "deals")}
TOTALLED = [n for n in PROFILES if n.startswith(("onec_g", "onec_r", "onec_b", "onec_debts", "moysklad_p", "matrix"))]


def sales(name: str) -> pd.DataFrame:
    frame = tables.load(PLACE / name).sales.to_pandas()
    for column in ("amount", "cost"):
        if column in frame:
            frame[column] = frame[column].map(lambda d: int(d * 100))
    return frame


def one_spelling(names: pd.Series) -> pd.Series:
    """Files without codes know clients by name: spellings that differ in case, quotes or spaces are one client."""
    key = names.str.casefold().str.replace(r'[«»"]', " ", regex=True).str.split().str.join(" ")
    return key.map(names.groupby(key).min())


def same(left: pd.DataFrame, right: pd.DataFrame, by: list[str], what: list[str]) -> None:
    """The same groups with the same sums, whole numbers compared exactly."""
    a, b = (x.fillna(dict.fromkeys(by, "")).groupby(by)[what].sum().sort_index() for x in (left, right))
    pd.testing.assert_frame_equal(a, b, check_names=False, check_dtype=False, check_index_type=False, check_exact=True)


def read_table(name: str) -> pd.DataFrame:
    """A table other than sales, loaded beside a small sales file."""
    return tables.load({"orders": PLACE / "retailcrm_orders_2025-12.csv", PROFILES[name][1]: PLACE / name}).frames[PROFILES[name][1]]


@pytest.fixture(scope="module")
def december() -> pd.DataFrame:
    frame = truth.sales(truth.MONTH, truth.MONTH)
    return frame.assign(client_id=one_spelling(frame["client_name"]), manager_id=frame["manager"], product_name=frame["product"], order_date=pd.to_datetime(frame["order_date"]).dt.date)


def test_the_files_are_made_anew_byte_for_byte(tmp_path):
    make(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in PLACE.iterdir()} == set(PROFILES)
    assert all(p.read_bytes() == (PLACE / p.name).read_bytes() for p in tmp_path.iterdir())
    assert sum(p.stat().st_size for p in PLACE.iterdir()) < 1_500_000


def test_every_profile_has_a_simulated_file():
    assert {p for p, _t in PROFILES.values() if p} == set(profiles())


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_the_system_and_the_table_are_recognised(name):
    seen = intake.inspect(PLACE / name)
    assert (seen.profile, seen.table) == PROFILES[name] and not seen.missing and not seen.problems and seen.preview


@pytest.mark.parametrize("name", TOTALLED)
def test_the_sum_is_that_of_the_total_row(name):
    seen = intake.inspect(PLACE / name)
    assert seen.stated_total == seen.amount and any("сошлась со строкой «Итого»" in line for line in seen.lines)


def test_gross_profit_tree(december):
    found = sales("onec_gross_profit_2025-12.xlsx")
    same(found, december, ["client_id", "manager_id", "category", "sku", "product_name"], ["amount", "cost", "qty"])
    assert set(found["order_date"].astype(str)) == {"2025-12-31"}
    per_client = found.groupby("client_id")["order_id"].nunique()
    assert (per_client == 1).all()  # no documents in the report: what a client bought in the month is one purchase


def test_gross_profit_with_months_in_columns():
    lines = truth.sales(*truth.QUARTER)
    found = sales("onec_gross_profit_months_2025-Q4.xlsx").assign(month=lambda f: f["order_date"].astype(str).str[:7])
    same(found, lines.assign(client_id=one_spelling(lines["client_name"]), product_name=lines["product"], month=lines["order_date"].str[:7]), ["client_id", "product_name", "sku", "month"], ["amount", "qty"])
    assert set(found["order_date"].astype(str)) == {"2025-10-31", "2025-11-30", "2025-12-31"}


def test_gross_profit_with_managers_in_columns(december):
    same(sales("onec_gross_profit_managers_2025-12.xlsx"), december, ["client_id", "manager_id", "category"], ["amount", "qty"])


def test_register_of_documents(december):
    same(sales("onec_register_2025-12.xlsx"), december.assign(order_id=december["doc"]), ["order_id", "order_date", "client_id", "manager_id", "sku", "category"], ["amount", "cost", "qty"])


def test_accounting_sales(december):
    found = sales("onec_bp_sales_2025-12.xlsx")
    found["order_id"] = found["order_id"].str.extract(r"№ (\S+) от", expand=False)
    same(found, december, ["order_id", "order_date", "client_id", "product_name"], ["amount", "qty"])


@pytest.mark.parametrize("name, more", [("onec_documents_2025-12.xlsx", []), ("moysklad_documents_2025-12.csv", []), ("retailcrm_orders_2025-12.csv", ["cost"]), ("kbreport_sales_2025-12.csv", ["cost"])])
def test_lists_of_documents(december, name, more):
    same(sales(name), december, ["order_id", "order_date", "client_id", "manager_id"], ["amount", *more])


def test_profit_by_buyer_and_the_plain_matrix(december):
    same(sales("moysklad_profit_2025-12.xlsx"), december, ["client_id"], ["amount", "cost"])
    lines = truth.sales(*truth.QUARTER)
    found = sales("matrix_months_2025-Q4.csv").assign(month=lambda f: f["order_date"].astype(str).str[:7])
    same(found, lines.assign(client_id=one_spelling(lines["client_name"]), month=lines["order_date"].str[:7]), ["client_id", "month"], ["amount"])


@pytest.mark.parametrize("name", [n for n in PROFILES if PROFILES[n][1] == "deals"])
def test_deals(name):
    found, wanted = read_table(name), truth.deals()
    found["deal_id"] = found["deal_id"].str.removeprefix("zcrm_")
    assert found["deal_id"].tolist() == wanted["deal_id"].tolist() and found["status"].tolist() == wanted["status"].tolist()
    assert (found["amount"] * 100).round().astype("int64").tolist() == wanted["amount"].tolist()
    assert found["created_at"].dt.date.tolist() == wanted["created"].dt.date.tolist()
    assert found["manager_id"].tolist() == (wanted["manager"] if name != "bitrix24_bi_deal.csv" else wanted["manager"].map({m: str(i + 1) for i, m in enumerate(sorted(wanted["manager"].unique()))})).tolist()
    assert found["client_name"].tolist() == wanted["client_name"].tolist()
    closed = wanted["closing"].where(wanted["status"] != "open").dt.date
    assert found["closed_at"].dt.date.where(found["closed_at"].notna(), None).tolist() == closed.where(closed.notna(), None).tolist()
    if "expected_close" in found:
        still = wanted["closing"].where(wanted["status"] == "open").dt.date
        assert found["expected_close"].dt.date.where(found["expected_close"].notna(), None).tolist() == still.where(still.notna(), None).tolist()


@pytest.mark.parametrize("name", ["bitrix24_companies.csv", "bitrix24_companies.xls", "hubspot_companies.csv"])
def test_cards(name):
    found, wanted = read_table(name), truth.cards()
    for ours, theirs in {"client_id": "client_id", "client_name": "client_name", "segment": "segment", **({"inn": "inn"} if name.startswith("b") else {"region": "region"})}.items():
        assert found[ours].fillna("").str.split().str.join(" ").tolist() == wanted[theirs].str.split().str.join(" ").tolist(), ours  # a page of HTML has single spaces


@pytest.mark.parametrize("name", ["bitrix24_activities.csv", "bitrix24_activities.xls", "pipedrive_activities.csv"])
def test_touches(name):
    found, wanted = read_table(name), truth.touches()
    assert found["touch_id"].tolist() == wanted["touch_id"].tolist() and found["client_name"].str.split().str.join(" ").tolist() == wanted["client_name"].str.split().str.join(" ").tolist()
    assert found["at"].dt.strftime("%Y-%m-%d").tolist() == wanted["at"].str[:10].tolist() and found["channel"].fillna("").tolist() == wanted["channel"].tolist()


@pytest.mark.parametrize("name, by", [("onec_debts_ut_2025-12-31.xlsx", ["client_name", "invoice_id"]), ("onec_debts_bp_2025-12-31.xlsx", ["client_name", "inn", "invoice_id"]), ("onec_bp_osv62_2025-12.xlsx", ["client_name"])])
def test_debts(name, by):
    found, wanted = read_table(name), truth.debts("2025-12-31")
    found = found.assign(open_amount=(found["open_amount"] * 100).round().astype("int64"))
    if "invoice_id" in found:
        found["invoice_id"] = found["invoice_id"].str.split().str[-1]
    same(found[found["open_amount"] != 0], wanted, by, ["open_amount"])
    assert set(found["snapshot_date"].astype(str).str[:10]) == {"2025-12-31"}
    if "ut" in name:
        late = found[found["due_date"] < found["snapshot_date"]]
        assert late["open_amount"].sum() == wanted.loc[wanted["days"] > 0, "open_amount"].sum()
        assert late.set_index("invoice_id")["due_date"].dt.strftime("%Y-%m-%d").to_dict() == wanted[wanted["days"] > 0].set_index("invoice_id")["due_date"].to_dict()


def test_plans():
    found = read_table("kbreport_plan.csv")
    wanted = truth.table("plans").query("metric == 'amount' and period == '2025-12' and client_id == ''")
    assert found[["period", "manager_id", "plan_value"]].to_numpy().tolist() == [[p, m, float(v)] for p, m, v in zip(wanted["period"], wanted["manager_id"], wanted["plan_value"], strict=True)]


def test_a_folder_of_exports_becomes_a_company_that_asks_nothing(tmp_path):
    """`new` writes what was found; the next month's files under the same names are read without a question."""
    names = ["onec_register_2025-12.xlsx", "bitrix24_companies.csv", "amocrm_deals.xlsx", "bitrix24_activities.xls", "onec_debts_ut_2025-12-31.xlsx"]
    section = intake.mapping_for(PLACE / n for n in names)
    assert set(section) == {"order_lines", "clients", "deals", "touches", "receivables"}
    for name in names:
        (tmp_path / name).write_bytes((PLACE / name).read_bytes())
    spec = InputSpec.from_dict(section)
    assert InputSpec.from_dict(spec.to_dict()) == spec
    loaded = tables.load(tmp_path, spec)
    assert set(loaded.frames) == set(section) and int(loaded.ledger.amount_out * 100) == truth.sales(truth.MONTH, truth.MONTH)["amount"].sum() and loaded.unknown_files == []


def test_a_pattern_takes_every_month_and_an_overlap_is_said(tmp_path):
    for name in ("2025-11", "2025-12"):
        (tmp_path / f"прибыль {name}.xlsx").write_bytes((PLACE / "onec_gross_profit_2025-12.xlsx").read_bytes())
    spec = InputSpec.from_dict({"order_lines": {"path": "прибыль*.xlsx", "profile": "onec_ut_gross_profit"}})
    loaded = tables.load(tmp_path, spec)
    assert len(loaded.sources) == 2 and loaded.unknown_files == []
    problem = next(p for p in loaded.problems if p.rule == "periods_overlap")
    assert (problem.file, problem.value, problem.severity) == ("прибыль 2025-12.xlsx", "прибыль 2025-11.xlsx", "warn")
    from kbreport.errors import InputMissing

    with pytest.raises(InputMissing, match=r"Ни один файл не подходит под имя нет\*.xlsx"):
        tables.load(tmp_path, InputSpec.from_dict({"orders": "нет*.xlsx"}))


def test_two_months_of_one_report_are_one_table(tmp_path):
    section = intake.mapping_for([PLACE / "onec_gross_profit_2025-12.xlsx", PLACE / "onec_gross_profit_managers_2025-12.xlsx"])
    assert isinstance(section["order_lines"], list) and [s["profile"] for s in section["order_lines"]] == ["onec_ut_gross_profit"] * 2


def test_a_draft_asks_to_be_confirmed():
    seen = intake.inspect(PLACE / "moysklad_documents_2025-12.csv")
    assert seen.draft and any("Профиль черновой" in line for line in seen.lines)
    assert intake.mapping_for([PLACE / "moysklad_documents_2025-12.csv"])["orders"]["confirmed"] is False
    assert [p.rule for p in tables.load(PLACE / "moysklad_documents_2025-12.csv").problems] == ["draft_profile"]
    told = InputSpec.from_dict({"orders": {"path": str(PLACE / "moysklad_documents_2025-12.csv"), "confirmed": True}})
    assert tables.load({}, told).problems == []


def test_a_known_export_of_something_else_is_named():
    from kbreport.errors import InputProblems

    with pytest.raises(InputProblems, match="onec_bp_osv62_2025-12.xlsx — 1С:Бухгалтерия.*таблица receivables, а не продажи.*kbreport new"):
        tables.load(PLACE / "onec_bp_osv62_2025-12.xlsx")


def test_the_profile_may_be_told_or_switched_off():
    path = PLACE / "kbreport_sales_2025-12.csv"
    assert read(path, FileSpec(profile="none")).profile is None
    assert read(PLACE / "moysklad_documents_2025-12.csv", FileSpec(profile="none")).profile is None


def test_money_of_the_tree_is_exact():
    assert tables.load(PLACE / "onec_gross_profit_2025-12.xlsx").ledger.amount_out == Decimal(int(truth.sales(truth.MONTH, truth.MONTH)["amount"].sum())) / 100
