"""Clients that may be one: found and suggested, joined only by a decision, the same every month."""

from __future__ import annotations

from decimal import Decimal

import openpyxl
import pytest

from kbreport import tables
from kbreport.cli.main import run
from kbreport.errors import CompanyProblem, InputUnreadable
from kbreport.tables import duplicates
from kbreport.tables.model import Check

CARDS = ("client_id;client_name;inn\nK1;ООО «Ромашка»;7707083893\nK2;Ромашка ООО;\nK3;Лютик;7707083893\nK4;ИП Иванов А. А.;\nK5;ИП Иванова А. А.;\nK6;Сталь;7707083890\nK7;Сталь Плюс;7707083890\n"
         "K8;Розничный покупатель;\n")
SALES = "order_id;client_id;order_date;amount\n" + "".join(f"{i};K{i};2024-01-{10 + i};{100 * i},10\n" for i in range(1, 9))


@pytest.fixture
def company(tmp_path):
    (tmp_path / "clients.csv").write_text(CARDS, encoding="utf-8")
    (tmp_path / "orders.csv").write_text(SALES, encoding="utf-8")
    return tmp_path


def decide(path, **words):
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        pair = "".join(sorted((row[3].value, row[7].value)))
        row[0].value = words.get(pair, row[0].value)
    book.save(path)


def check(loaded, name: str) -> Check:
    return next(c for c in loaded.checks if c.name == name)


def test_pairs_by_inn_with_check_digit_then_name_then_likeness(company):
    found = duplicates.found(duplicates.clients_of(tables.load(company)))
    assert [(p.reason, p.keep, p.drop) for p in found] == [("inn", "K3", "K1"), ("name", "K2", "K1"), ("like", "K5", "K4")]  # 7707083890 has a wrong check digit and joins nobody
    assert check(tables.load(company), "bad_inn").examples == ("K6: 7707083890", "K7: 7707083890")


@pytest.mark.parametrize("a, b", [('ООО "Ромашка Плюс"', "Плюс Ромашка, ООО"), ("АО Ёлка", "елка"), ("Общество с ограниченной ответственностью «Вектор»", "Вектор ООО")])
def test_names_that_are_one(a, b):
    assert duplicates.normal(a) == duplicates.normal(b)


def test_nothing_is_joined_without_a_decision(company, capsys):
    before = tables.load(company)
    assert run(["check", str(company), "--duplicates"]) == 0
    assert "Похоже на дубли: 3 пары, без решения 3" in capsys.readouterr().err
    after = tables.load(company)
    assert after.sales.equals(before.sales) and after.unknown_files == [] and check(after, "joined_clients").count == 0


def test_a_decision_is_applied_every_time_and_money_stays(company):
    duplicates.write(company / "duplicates.xlsx", tables.load(company))
    decide(company / "duplicates.xlsx", K1K3="объединить", K1K2="Объединить", K4K5="разные")
    loaded = tables.load(company)
    ids = loaded.sales["client_id"].to_pylist()
    assert ids.count("K3") + ids.count("K2") == 3 and "K1" not in ids and {"K4", "K5"} <= set(ids)
    assert loaded.ledger.amount_out == Decimal("3600.80") == sum(loaded.sales["amount"].to_pylist())
    assert "K1" not in set(loaded.frames["clients"]["client_id"]) and "объединён" in check(loaded, "joined_clients").text
    assert duplicates.write(company / "duplicates.xlsx", loaded)[1] == 0  # decisions made are kept, nothing new to ask


def test_chains_end_at_one_code_and_circles_are_refused(company):
    path = company / "duplicates.xlsx"
    duplicates._save(path, [["да", "", 100, "K1", "", "", 0, "K2", "", "", 0], ["+", "", 100, "K2", "", "", 0, "K3", "", "", 0]])
    assert duplicates.decisions(path) == {"K2": "K1", "K3": "K1"}
    duplicates._save(path, [["да", "", 100, "K1", "", "", 0, "K2", "", "", 0], ["да", "", 100, "K2", "", "", 0, "K1", "", "", 0]])
    with pytest.raises(CompanyProblem, match="duplicates.xlsx: решения ходят по кругу"):
        tables.load(company)
    duplicates._save(path, [["может быть", "", 100, "K1", "", "", 0, "K2", "", "", 0]])
    with pytest.raises(CompanyProblem, match="duplicates.xlsx, строка 2: решение «может быть» не понято.*объединить, разные, пусто"):
        tables.load(company)


def test_another_file_is_refused_and_one_may_be_named(company):
    (company / "duplicates.xlsx").write_text("a;b\n")
    with pytest.raises(InputUnreadable, match="Файл решений duplicates.xlsx — не книга Excel"):
        tables.load(company)
    (company / "duplicates.xlsx").unlink()
    duplicates._save(company / "решения.xlsx", [["объединить", "", 100, "K3", "", "", 0, "K1", "", "", 0]])
    spec = tables.InputSpec.from_dict({"duplicates": "решения.xlsx"})
    assert "K1" not in tables.load(company, spec).sales["client_id"].to_pylist() and tables.InputSpec.from_dict(spec.to_dict()) == spec
    book = openpyxl.load_workbook(company / "решения.xlsx")
    book.active["A1"] = "Иное"
    book.save(company / "решения.xlsx")
    with pytest.raises(InputUnreadable, match="В файле решений решения.xlsx другие столбцы"):
        tables.load(company, spec)


def test_technical_clients_are_named_with_their_money(company):
    found = check(tables.load(company), "technical_clients")
    assert (found.count, found.amount, found.examples, found.severity) == (1, Decimal("800.10"), ("K8",), "warn") and "internal_clients" in found.text


def test_the_sample_company(tmp_path):
    found = duplicates.found(duplicates.clients_of(tables.load("data/sample")))
    assert {("inn", "C004", "C206"), ("inn", "C021", "C207")} <= {(p.reason, *sorted((p.keep, p.drop))) for p in found}
    assert {("C046", "C208"), ("C148", "C209")} <= {tuple(sorted((p.keep, p.drop))) for p in found if p.reason == "name"}
