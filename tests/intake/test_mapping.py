"""Headers find their columns, told ones first; what nobody needs is named."""

import pytest

from kbreport.errors import InputProblems
from kbreport.intake.mapping import bare, key, match
from kbreport.intake.schema import schemas


def columns(table, *headers, told=None):
    return {c: headers[i] for c, i in match(headers, schemas()[table], told).columns.items()}


@pytest.mark.parametrize("headers, expected", [
    (("Customer", "Invoice Date", "Total"), {"client_name": "Customer", "order_date": "Invoice Date", "amount": "Total"}),
    (("Контрагент.Код", "Контрагент", "Ответственный", "Сумма, руб."), {"client_id": "Контрагент.Код", "client_name": "Контрагент", "manager_name": "Ответственный", "amount": "Сумма, руб."}),
    (("client", "client_name"), {"client_id": "client", "client_name": "client_name"}), (("НОМЕР  ЗАКАЗА ", "выручка (без НДС)"), {"order_id": "НОМЕР  ЗАКАЗА ", "amount": "выручка (без НДС)"}),
    (("Код менеджера", "Менеджер"), {"manager_id": "Код менеджера", "manager_name": "Менеджер"}), (("OrderDate", "ClientID", "net_sales"), {"order_date": "OrderDate", "client_id": "ClientID", "amount": "net_sales"}),
    (("ИНН", "Код клиента"), {"client_id": "Код клиента"}), (("ИНН", "Клиент"), {"client_id": "ИНН", "client_name": "Клиент"}), (("revenue", "amount"), {"amount": "amount"})])
def test_sales_headers(headers, expected):
    assert columns("orders", *headers) == expected


@pytest.mark.parametrize("header", ["expected_close", "expected_close_date", "Expected Close Date", "Ожидаемая дата закрытия"])
def test_the_expected_close_of_a_deal_has_one_name_whatever_the_header(header):
    assert columns("deals", "deal_id", "stage", "closed_at", header)["expected_close"] == header


def test_every_own_name_is_known_in_every_table():
    for name, schema in schemas().items():
        assert columns(name, *schema.columns) == {c: c for c in schema.columns}


def test_the_first_russian_word_of_each_required_column_is_known():
    for name, schema in schemas().items():
        for column in (c for c in schema.columns.values() if c.required and c.title != c.name.capitalize()):
            found = columns(name, column.title)
            assert column.name in found or schema.from_name.get(column.name) in found or column.title in found.values(), (name, column.name, column.title)


def test_units_and_case_do_not_count():
    assert bare("Сумма с НДС, руб.") == "Сумма" and bare("Бюджет, ₽") == "Бюджет" and key("Ёлка — 5 шт.") == "елка5шт"


def test_told_headers_win_and_missing_ones_are_named():
    assert columns("orders", "Контрагент", "Сумма", "Сумма 2", told={"amount": "Сумма 2"})["amount"] == "Сумма 2"
    with pytest.raises(InputProblems, match="нет столбца «Оборот», который company.yml называет для amount.*В файле есть: Сумма"):
        match(["Сумма"], schemas()["orders"], {"amount": "Оборот"}, "a.csv")
    with pytest.raises(InputProblems, match="назван столбец sum, такого нет.*Есть: client_id"):
        match(["Сумма"], schemas()["orders"], {"sum": "Сумма"}, "a.csv")


def test_what_nobody_needs_is_named():
    assert match(["Сумма", "Погода", ""], schemas()["orders"]).unmapped == ["Погода"]
