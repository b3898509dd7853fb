"""The named input checks of METHODS 2.8: each is found, counted, priced, exemplified; and says nothing when there is nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from kbreport import tables, words
from tests import files

GOOD = [f"{i},2024-{i % 12 + 1:02d}-{i % 27 + 1:02d},C{i % 7},M1,{100 + i},50" for i in range(60)]


def check(tmp_path, name, *rows, header="order_id,order_date,client_id,manager_id,amount,cost", as_of=None, **others):
    (tmp_path / "orders.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    for table, content in others.items():
        (tmp_path / f"{table}.csv").write_text(content, encoding="utf-8")
    loaded = tables.load(tmp_path)
    return next((c for c in tables.checks(loaded, as_of) if c.name == name), None)


PINNED = ["duplicate_rows", "text_numbers", "bad_dates", "same_name", "empty_months", "dominant_client", "many_returns", "no_manager", "partial_month", "future_dates", "zero_amounts", "same_inn"]


@pytest.mark.parametrize("name", PINNED)
def test_good_data_pass(tmp_path, name):
    found = check(tmp_path, name, *GOOD, as_of=date(2024, 12, 31), clients="client_id,client_name,inn\n" + "".join(f"C{i},Клиент {i},770000000{i}\n" for i in range(7)))
    assert found.count == 0 and found.severity == "info" and "не найдено" in found.text


@pytest.mark.parametrize("name, rows, count, amount, severity, piece", [
    ("duplicate_rows", [GOOD[3], GOOD[4]], 2, D(207), "warn", "2 дубля: строки повторяют другие слово в слово, на 207,00; они учтены"),
    ("duplicate_rows", [GOOD[3]], 1, D(103), "warn", "1 дубль: строка повторяет другую"),
    ("text_numbers", ['99,2024-01-09,C1,M1,"1 234.5",1', "98,2024-01-09,C1,M1,(5.00),1"], 2, None, "info", "2 суммы записаны с пробелами"),
    ("bad_dates", ["99,1924-01-09,C1,M1,5,1"], 1, D(5), "warn", "похоже на ошибку в дате: 09.01.1924"), ("bad_dates", ["99,2031-06-28,C1,M1,5,1"], 1, D(5), "warn", "28.06.2031"),
    ("dominant_client", ["99,2024-01-09,БИГ,M1,50000,1"], 1, D(50000), "warn", "на клиента «БИГ» приходится 86,6"), ("many_returns", ["99,2024-01-09,C1,M1,-900,1"], 1, D(900), "warn", "возвраты — 11,6"),
    ("no_manager", ["99,2024-01-09,C9,,5,1"], 1, D(5), "warn", "в столбце «manager_id» пусто в 1 строке на 5,00: «C9»"), ("zero_amounts", ["99,2024-01-09,C1,M1,0,1"], 1, D(0), "info", "1 строка с нулевой суммой"),
    ("future_dates", ["99,2025-01-09,C1,M1,5,1"], 1, D(5), "info", "после отчётной даты 31.12.2024"), ("future_dates", ["99,2025-05-09,C1,M1,5,1"], 1, D(5), "warn", "09.05.2025")])
def test_what_is_odd_is_counted_and_priced(tmp_path, name, rows, count, amount, severity, piece):
    found = check(tmp_path, name, *GOOD, *rows, as_of=date(2024, 12, 31))
    assert (found.count, found.amount, found.severity) == (count, amount, severity) and piece in found.text.replace("\u00a0", " ") and found.text.startswith("orders.csv: ")
    assert found.examples or name in ("text_numbers", "many_returns")


def test_copies_need_the_same_goods_and_order(tmp_path):
    rows = ["1,2024-01-09,C1,M1,x,5", "1,2024-01-09,C1,M1,y,5", "2,2024-01-09,C1,M1,x,5", "1,2024-01-09,C1,M1,x,5"]
    (tmp_path / "order_lines.csv").write_text("order_id,order_date,client_id,manager_id,sku,amount\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = next(c for c in tables.load(tmp_path).checks if c.name == "duplicate_rows")
    assert found.count == 1 and found.examples == ("5",)


def test_a_hole_in_the_export_is_named(tmp_path):
    found = check(tmp_path, "empty_months", *[r for r in GOOD if "2024-05" not in r and "2024-06" not in r], as_of=date(2024, 12, 31))
    assert found.count == 2 and found.severity == "warn" and "май 2024, июнь 2024" in found.text


def test_a_first_month_that_is_only_a_part(tmp_path):
    found = check(tmp_path, "partial_month", *[f"{i},2024-{2 + i // 28:02d}-{i % 28 + 1:02d},C{i % 7},M1,5,1" for i in range(14, 80)])
    assert found.count == 1 and "первый месяц неполный: продажи начинаются" in found.text


def test_new_year_holidays_are_no_part_of_january(tmp_path):
    assert check(tmp_path, "partial_month", *[r for r in GOOD if not any(f"2024-01-{d:02d}" in r for d in range(1, 10))]).count == 0


def test_one_firm_under_several_codes(tmp_path):
    cards = "client_id,client_name,inn\nC1,ООО «Ёлка»,7700000001\nC2,Елка ООО,7700000001\nC3,Сосна,7700000003\n"
    assert check(tmp_path, "same_inn", *GOOD, clients=cards).examples == ("7700000001: C1, C2",)
    named = check(tmp_path, "same_name", *GOOD, clients=cards)
    assert named.count == 1 and named.examples == ("елка: C1, C2",) and "1 название стоит у нескольких кодов" in named.text


def test_names_of_the_sales_rows_where_there_are_no_cards(tmp_path):
    header = "order_id,order_date,client_id,client_name,amount"
    rows = [f"{i},2024-01-{i % 27 + 1:02d},{c},{n},5" for i, (c, n) in enumerate([("1", "ООО Альфа"), ("2", "АО Альфа"), ("3", "Бета"), ("3", "Гамма")] * 10)]
    assert check(tmp_path, "same_name", *rows, header=header).count == 1
    two = check(tmp_path, "id_two_names", *rows, header=header)
    assert two.count == 1 and two.examples == ("3: «Бета», «Гамма»",) and "1 код клиента стоит у разных названий" in two.text


def test_no_column_of_managers_or_cost(tmp_path):
    header, rows = "order_id,order_date,client_id,amount", [f"{i},2024-01-{i % 27 + 1:02d},C{i % 5},5" for i in range(40)]
    assert "нет столбца «Менеджер»" in check(tmp_path, "no_manager", *rows, header=header).text
    assert "нет столбца «Себестоимость»" in check(tmp_path, "no_cost", *rows, header=header).text
    assert "взяты из карточек" in check(tmp_path, "no_manager", *rows, header=header, clients="client_id,manager_id\nC1,M1\n").text


def test_returns_only_and_few_rows(tmp_path):
    assert "все строки — возвраты, на 5,00" in check(tmp_path, "many_returns", "1,2024-01-09,C1,M1,-5,1").text
    assert check(tmp_path, "dominant_client", "1,2024-01-09,C1,M1,-5,1") is None
    assert "данных мало: 1 строка, клиентов 1" in check(tmp_path, "few_rows", "1,2024-01-09,C1,M1,5,1").text


def test_clients_without_a_card_and_tails_of_ids(tmp_path):
    found = check(tmp_path, "without_card", *GOOD, clients="client_id\n" + "".join(f"C{i}\n" for i in range(6)))
    assert (found.count, found.severity, found.examples) == (1, "info", ("C6",)) and "1 клиент из продаж без карточки: «C6»" in found.text
    tails = check(tmp_path, "without_card", "1,2024-01-09,1001.0,M1,5,1", clients="client_id\n1001\n")
    assert tails.severity == "warn" and "хвостом «.0»" in tails.text


def test_the_name_of_the_file_and_english(tmp_path):
    with words.speaking("en"):
        path = files.csv(tmp_path)
        text = next(c for c in tables.load(path).checks if c.name == "few_rows").text
    assert text.startswith("sales.csv: ") and "данных" not in text


@pytest.mark.parametrize("dues, count, amount", [(("2024-01-31", "2024-02-29", "2024-03-31"), 0, None), (("", "2024-02-29", ""), 2, D("30.50")), (("", "", ""), 3, D("50.50"))])
def test_debts_without_a_due_date_are_counted_with_their_money(tmp_path, dues, count, amount):
    """They are in no sum of debts: METHODS 2.3 asks for the date, and what is left out is said."""
    rows = "".join(f"2024-06-30,C1,i{i},{money},{due}\n" for i, (money, due) in enumerate(zip(("10.25", "20", "20.25"), dues)))
    found = check(tmp_path, "undated_debts", *GOOD, receivables="snapshot_date,client_id,invoice_id,open_amount,due_date\n" + rows)
    assert (found.count, found.amount, found.severity) == (count, amount, "warn" if count else "info")
    assert check(tmp_path, "undated_payments", *GOOD) is None


def test_payments_without_a_due_date_are_counted_by_what_is_known_of_them(tmp_path):
    rows = "payment_id,client_id,due_date,paid_date,paid_amount,planned_amount\np1,C1,,2024-02-01,5,9\np2,C1,,,,7\np3,C1,2024-02-01,2024-02-01,3,3\n"
    found = check(tmp_path, "undated_payments", *GOOD, payments=rows)
    assert (found.count, found.amount, found.severity) == (2, D(12), "warn") and "payments: у 2 строк нет срока оплаты" in found.text
