"""Files → typed tables: the books balance, all problems come at once, unknown things stay unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pyarrow as pa
import pytest

from kbreport import tables
from kbreport.errors import InputMissing, InputProblems, KbreportError
from kbreport.tables import Exclusion, InputSpec, Ledger
from tests import files


def folder(tmp_path, **contents):
    tmp_path.mkdir(exist_ok=True)
    for name, content in contents.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    return tmp_path


ORDERS = "order_id,order_date,client_id,amount\n1,2024-01-09,A,100.00\n2,2024-02-09,B,50.00\n3,2024-03-09,A,-20.00\n"


# ------------------------------------------------------------------ types
def test_the_sales_table_is_typed_exactly(tmp_path):
    loaded = tables.load(files.csv(tmp_path))
    sales = loaded.sales
    assert loaded.sales_table == "order_lines" and loaded.ledger.amount_out == D(files.MONEY)
    assert sales.schema.field("amount").type == pa.decimal128(18, 4) and sales.schema.field("cost").type == pa.decimal128(18, 4)
    assert sales.schema.field("order_date").type == pa.date32() and sales.schema.field("source_row").type == pa.int32()
    assert all(sales.schema.field(c).type == pa.string() for c in ("client_id", "client_name", "manager_id", "order_id", "category"))
    assert sales["manager_id"].to_pylist()[0] == "Иванова Анна" and sales["source_row"].to_pylist() == [2, 3, 4, 5]


def test_the_source_says_what_was_understood(tmp_path):
    source = tables.load(files.csv(tmp_path, encoding="cp1251")).sources[0]
    assert source.understood == ("Текстовый файл, кодировка Windows-1251, разделитель — точка с запятой.", "Даты взяты из столбца «Дата», запись: ДД.ММ.ГГГГ.",
                                 "Суммы взяты из столбца «Выручка», дробная часть после запятой.")
    assert source.mapping["amount"] == "Выручка" and source.unmapped == () and len(source.sha256) == 64


def test_american_file_without_any_options(tmp_path):
    loaded = tables.load(files.csv(tmp_path, 'Customer,Invoice Date,Total\n"Acme, Inc",03/31/2025,"$1,234.50"\nBeta,04/01/2025,($200.00)\n'))
    assert loaded.sales_table == "orders" and loaded.currency == "USD" and loaded.vat == "unknown"
    assert loaded.sales["amount"].to_pylist() == [D("1234.5"), D("-200")] and loaded.sales["order_date"].to_pylist()[0] == date(2025, 3, 31)
    assert loaded.sales["client_id"].to_pylist() == ["Acme, Inc", "Beta"] and loaded.sales["order_id"].to_pylist() == ["row:2", "row:3"]


def test_a_bare_file_is_lines_when_orders_repeat_or_goods_are_named(tmp_path):
    plain = "order_id,order_date,client_id,amount{}\n1,2024-01-09,A,5{}\n{},2024-01-10,A,6{}\n"
    assert tables.load(files.csv(tmp_path, plain.format("", "", 2, ""))).sales_table == "orders"
    assert tables.load(files.csv(tmp_path, plain.format("", "", 1, ""))).sales_table == "order_lines"
    assert tables.load(files.csv(tmp_path, plain.format(",sku", ",x", 2, ",y"))).sales_table == "order_lines"


def test_ids_stay_text(tmp_path):
    sales = tables.load(files.csv(tmp_path, "client_id,order_date,amount\n007,2024-01-09,5\n7,2024-01-10,5\n1001.0,2024-01-10,5\nNA,2024-01-10,5\n1-2,2024-01-10,5\n")).sales
    assert sales["client_id"].to_pylist() == ["007", "7", "1001.0", "NA", "1-2"]


def test_missing_is_null_never_zero(tmp_path):
    sales = tables.load(files.csv(tmp_path, rows=files.changed(0, "Себестоимость", ""))).sales
    assert sales["cost"].to_pylist()[0] is None and sales["cost"].null_count == 1


# ------------------------------------------------------------------ refusals: everything at once
def test_all_problems_come_at_once_with_rows_and_columns(tmp_path):
    rows = files.changed(0, "Выручка", "12 тыс.")
    rows[1][1], rows[2][2], rows[3][6] = "31.02.2024", "", ""
    rows.append(["З-9", "x"])
    with pytest.raises(InputProblems) as caught:
        tables.load(files.csv(tmp_path, rows=rows))
    said = str(caught.value)
    for piece in ("sales.csv", "строка 2, столбец «Выручка»: не число: «12 тыс.»", "строка 3, столбец «Дата»: такой даты нет: «31.02.2024»", "строка 4, столбец «Код клиента»: код не заполнен",
                  "строка 5, столбец «Выручка»: сумма не заполнена", "строка 6: полей в строке не столько, сколько в заголовке: «2 ≠ 8»", "inputs.bad_rows: exclude"):
        assert piece in said
    assert len(caught.value.fields["problems"]) == 5 and caught.value.exit_code == 3


def test_bad_rows_may_be_excluded_and_are_counted_with_their_money(tmp_path):
    rows = files.changed(0, "Выручка", "12 тыс.")
    rows[1][1], rows[2][2] = "31.02.2024", ""
    rows.append(["З-9", "x"])
    loaded = tables.load(files.csv(tmp_path, rows=rows), InputSpec(bad_rows="exclude"))
    assert [(e.reason, e.rows, e.amount, e.unreadable) for e in loaded.ledger.excluded] == [
        ("ragged", 1, D(0), 1), ("bad_amount", 1, D(0), 1), ("bad_date", 1, D("8450"), 0), ("no_client", 1, D("64210.75"), 0)]
    assert (loaded.ledger.rows_in, loaded.ledger.rows_out, loaded.ledger.amount_out) == (5, 1, D("-210.75"))
    assert all(p.severity == "warn" for p in loaded.problems) and "исключено — строка с другим числом полей: 1" in loaded.ledger.sentence


@pytest.mark.parametrize("content, message", [
    ("Номер;Дата;Сумма\n1;13.01.2024;5\n", "«Код клиента \\(client_id\\)»: нет столбца.*В файле есть: Номер, Дата, Сумма"), ("Клиент;Сумма\nА;5\n", "«Дата \\(order_date\\)»: нет столбца"),
    ("Клиент;Дата\nА;13.01.2024\n", "«Выручка \\(amount\\)»: нет столбца"), ("Клиент;Дата;Сумма\n", "нет ни одной строки данных"), ("Клиент;Дата;Сумма\nА;13.01.2024;\n", "столбец пуст целиком.*формулы"),
    ("Клиент;Дата;Сумма\nА;;5\n", "строка 2, столбец «Дата»: дата не заполнена"), (";13.01.2024;5\n", "нет столбца"), ("Клиент;Дата;Сумма\n;13.01.2024;5\nА;13.01.2024;5\n", "строка 2, столбец «Клиент»: код не заполнен"),
    ("Клиент;Дата;Сумма\nА;01/02/2024;5\nБ;03/04/2024;6\n", "столбец «Дата»: нельзя решить, где здесь день, а где месяц: «01/02/2024».*date_order"),
    ("Клиент;Дата;Сумма\nА;13.01.2024;1.250\nБ;13.01.2024;2.500\n", "столбец «Сумма»: нельзя решить, где здесь дробная часть.*«1.250».*decimal"),
    ("Клиент;Дата;Сумма\nА;13.01.2024;5 ₽\nБ;13.01.2024;$6\n", "суммы в разных валютах: «RUB, USD».*currency"),
    ("Номер заказа;Товар;Клиент;Дата;Сумма\n;x;А;13.01.2024;5\n2;x;А;13.01.2024;5\n", "строка 2, столбец «Номер заказа»: код не заполнен")])
def test_refusals_name_what_is_wrong(tmp_path, content, message):
    with pytest.raises(InputProblems, match=message):
        tables.load(files.csv(tmp_path, content))


def test_long_lists_of_problems_are_counted(tmp_path):
    rows = "".join(f"А;13.01.2024;х{i}\n" for i in range(150))
    with pytest.raises(InputProblems, match="И ещё 91 замечание") as caught:
        tables.load(files.csv(tmp_path, "Клиент;Дата;Сумма\n" + rows))
    last = caught.value.fields["problems"][-1]
    assert last.row is None and last.count == 50 and "ещё 50 строк" in last.text


def test_a_told_sign_and_order_settle_what_was_open(tmp_path):
    path = files.csv(tmp_path, "Клиент;Дата;Сумма\nА;01/02/2024;1.250\nБ;03/04/2024;2.500\n")
    loaded = tables.load(path, InputSpec.from_dict({"orders": {"path": "sales.csv", "decimal": ".", "date_order": "mdy"}}))
    assert loaded.sales["amount"].to_pylist()[0] == D("1.25") and loaded.sales["order_date"].to_pylist()[0] == date(2024, 1, 2)


def test_nothing_there(tmp_path):
    with pytest.raises(InputMissing, match="Файла нет.csv нет"):
        tables.load(tmp_path / "нет.csv")


# ------------------------------------------------------------------ warnings
@pytest.mark.parametrize("content, rule, piece", [
    ("Клиент;Дата;Сумма\nА;13.01.2024;125,300\nБ;13.01.2024;8,450\n", "thousands_assumed", "столбец «Сумма»: запятая перед тремя цифрами принята за разделитель тысяч: «125,300»"),
    ("Клиент;Дата;Сумма\nА;13.01.2024;5\nБ;2024-01-14;6\n", "mixed_dates", "столбец «Дата»: даты записаны по-разному"),
    ("Код клиента;Дата;Сумма\n1.00E+15;13.01.2024;5\n", "scientific_id", "строка 2, столбец «Код клиента»: код испорчен программой"),
    ("Клиент;Дата;Сумма\nА;13.01.2024;0.33333333\n", "rounded", "больше четырёх знаков"),
    ("Клиент;Дата;Сумма;Себестоимость\nА;13.01.2024;5;дорого\n", "not_a_number", "строка 2, столбец «Себестоимость»: не число: «дорого»"),
    ("Клиент;Дата;Сумма\nА;13.01.2024;100\nИтого;;200\n", "total_differs", "строка «Итого» не сходится с суммой строк: «200.0000 ≠ 100.0000»")])
def test_warnings_name_the_place(tmp_path, content, rule, piece):
    found = [p for p in tables.load(files.csv(tmp_path, content)).problems if p.rule == rule]
    assert found and piece in found[0].text and found[0].severity in ("warn", "info")


def test_rounding_is_kept_in_the_ledger(tmp_path):
    ledger = tables.load(files.csv(tmp_path, "Клиент;Дата;Сумма\nА;13.01.2024;0.33333333\nБ;13.01.2024;1.00005\n")).ledger
    assert ledger.rounded_cells == 2 and ledger.rounding == D("0.00001667") and ledger.amount_out == D("1.3334")


def test_the_row_of_totals_is_no_sale_and_is_compared(tmp_path):
    loaded = tables.load(files.csv(tmp_path, "Клиент;Дата;Сумма\nА;13.01.2024;100\nИтого;;100\n"))
    assert loaded.ledger.amount_in == 100 and loaded.ledger.total_rows == 1 and any("сумма сошлась" in s for s in loaded.sources[0].understood)
    bare = tables.load(files.csv(tmp_path, "Клиент;Дата;Сумма;Себестоимость\nА;13.01.2024;100;5\nИтого;;;5\n"))
    assert any("Строка 3 — итоговая, в расчёт не идёт." in s for s in bare.sources[0].understood)


# ------------------------------------------------------------------ currency and VAT
@pytest.mark.parametrize("header, cell, currency, vat", [("Сумма, руб.", "5", "RUB", "unknown"), ("Сумма с НДС", "5", None, "included"), ("Сумма без НДС, руб.", "5", "RUB", "excluded"), ("Сумма", "5 €", "EUR", "unknown"),
                                                         ("Total (USD)", "5", "USD", "unknown"), ("Net sales excl. VAT", "5", None, "excluded"), ("Сумма", "5", None, "unknown")])
def test_currency_and_vat_only_as_stated(tmp_path, header, cell, currency, vat):
    told = InputSpec.from_dict({"orders": {"path": "sales.csv", "mapping": {"amount": header}}})
    loaded = tables.load(files.csv(tmp_path, f"Клиент;Дата;{header}\nА;13.01.2024;{cell}\n"), told)
    assert (loaded.currency, loaded.vat) == (currency, vat)


def test_a_column_of_currencies(tmp_path):
    content = "Клиент;Дата;Сумма;Валюта\nА;13.01.2024;5;руб.\nБ;13.01.2024;5;{}\n"
    assert tables.load(files.csv(tmp_path, content.format("RUB"))).currency == "RUB"
    with pytest.raises(InputProblems, match="разных валютах"):
        tables.load(files.csv(tmp_path, content.format("USD")))
    assert tables.load(files.csv(tmp_path, content.format("USD")), InputSpec(currency="RUB", vat="included")).vat == "included"


# ------------------------------------------------------------------ several tables
def test_orders_are_the_truth_and_lines_are_compared(tmp_path):
    place = folder(tmp_path, orders=ORDERS, order_lines="order_id,sku,amount\n1,x,60\n1,y,40\n2,x,51\n9,z,7\n")
    loaded = tables.load(place)
    check = next(c for c in loaded.checks if c.name == "lines_against_orders")
    assert loaded.sales_table == "orders" and loaded.ledger.amount_out == 130
    assert check.severity == "warn" and check.amount == 28 and check.examples == ("5",) and "верны заказы" in check.text
    assert "исключено — строка заказа, которого нет в продажах: 1 (7,00" in check.text.replace("\u00a0", " ")


def test_m2_8_lines_of_an_unknown_order_are_counted_with_their_money(tmp_path):
    """Without client and date of their own they have no place; with both they stay, and the check names the orders."""
    lines = "order_id,sku,category,amount\n1,x,Лак,100\n2,x,Лак,50\n3,x,Лак,-20\n9,z,Лак,7\n9,z,Клей,5\n"
    loaded = tables.load(folder(tmp_path / "a", orders=ORDERS, order_lines=lines))
    ledger = loaded.lines_ledger
    assert [(e.reason, e.rows, e.amount, e.examples) for e in ledger.excluded] == [("unknown_order", 2, D(12), ("5", "6"))]
    assert (ledger.rows_in, ledger.amount_in, ledger.rows_out, ledger.amount_out) == (5, 142, 3, 130)
    assert tables.spoken(loaded)["lines_ledger"]["excluded"][0]["amount"] == 12.0 and loaded.ledger.excluded == ()
    own = "order_id,client_id,order_date,sku,amount\n1,A,2024-01-09,x,130\n9,A,2024-01-09,z,7\n"
    kept = tables.load(folder(tmp_path / "b", orders=ORDERS, order_lines=own))
    check = next(c for c in kept.checks if c.name == "lines_against_orders")
    assert kept.lines_ledger.rows_out == 2 and check.examples == ("9",) and check.amount == 7


def test_lines_of_excluded_orders_go_with_them(tmp_path):
    place = folder(tmp_path, orders=ORDERS, order_lines="order_id,sku,amount\n1,x,100\n2,x,50\n3,x,-20\n", clients="client_id,client_name,is_internal\nA,Альфа,нет\nB,Свои,да\n")
    loaded = tables.load(place)
    assert [(e.reason, e.rows, e.amount) for e in loaded.ledger.excluded] == [("internal_client", 1, D(50))]
    assert [(e.reason, e.rows, e.amount) for e in loaded.lines_ledger.excluded] == [("excluded_order", 1, D(50))]
    assert loaded.frames["order_lines"]["order_id"].to_pylist() == ["1", "3"] and next(c for c in loaded.checks if c.name == "lines_against_orders").count == 0


def test_internal_clients_by_the_settings(tmp_path):
    loaded = tables.load(folder(tmp_path, orders=ORDERS), InputSpec(internal_clients=("A",)))
    assert loaded.ledger.amount_out == 50 and loaded.ledger.excluded[0].amount == 80


def test_copies_may_be_dropped_across_files(tmp_path):
    for name in ("jan.csv", "feb.csv"):
        (tmp_path / name).write_text(ORDERS, encoding="utf-8")
    spec = InputSpec.from_dict({"orders": ["jan.csv", "feb.csv"]})
    kept = tables.load(tmp_path, spec)
    assert kept.ledger.amount_out == 260 and set(kept.sales["source_file"].to_pylist()) == {"jan.csv", "feb.csv"}
    assert next(c for c in kept.checks if c.name == "duplicate_rows").count == 3
    spec = InputSpec(files=spec.files, drop_duplicates=True)
    dropped = tables.load(tmp_path, spec)
    assert dropped.ledger.amount_out == 130 and [(e.reason, e.rows) for e in dropped.ledger.excluded] == [("duplicate", 3)]
    assert "3 дубля исключено" in next(c for c in dropped.checks if c.name == "duplicate_rows").text


def test_names_find_the_codes_of_other_tables(tmp_path):
    place = folder(tmp_path, orders="order_date,Контрагент,Менеджер,amount\n2024-01-13,ООО «Альфа»,Иванова Анна,5\n2024-01-14,Неизвестный,Петров,6\n",
                   clients="client_id,client_name\nК-1,ооо альфа\n", managers="manager_id,name\nM1,Иванова Анна\n", touches="Клиент,Менеджер,Дата\nООО Альфа,Иванова Анна,2024-01-15 10:00\n")
    loaded = tables.load(place)
    assert loaded.sales["client_id"].to_pylist() == ["К-1", "Неизвестный"] and loaded.sales["manager_id"].to_pylist() == ["M1", "Петров"]
    touch = loaded.frames["touches"].iloc[0]
    assert (touch["client_id"], touch["manager_id"], touch["touch_id"], str(touch["at"])) == ("К-1", "M1", "row:2", "2024-01-15 10:00:00")


def test_names_alone_agree_across_tables(tmp_path):
    place = folder(tmp_path, orders="Дата,Клиент,Сумма\n2024-01-13,ООО «Альфа»,5\n", touches="Клиент,Менеджер,Дата\nооо альфа,Анна,2024-01-15\n")
    loaded = tables.load(place)
    assert loaded.frames["touches"]["client_id"].tolist() == loaded.sales["client_id"].to_pylist()


def test_other_tables_lose_bad_cells_and_incomplete_rows_and_say_so(tmp_path):
    place = folder(tmp_path, orders=ORDERS, clients="client_id,is_internal,credit_limit,status_manual\nA,да,много,спит\n,нет,5,active\nB,не знаю,7,потерянный\n")
    loaded = tables.load(place)
    cards = loaded.frames["clients"]
    assert cards["client_id"].tolist() == ["A", "B"] and cards["credit_limit"].isna().tolist() == [True, False] and cards["status_manual"].isna().tolist() == [True, False]
    assert {(p.rule, p.row) for p in loaded.problems if p.table == "clients"} == {("not_a_number", 2), ("not_in_list", 2), ("empty_required", 3), ("not_a_flag", 4)}
    assert str(cards["is_internal"].dtype) == "boolean" and loaded.source("clients").n_rows == 3 and loaded.source("clients").n_used == 2


def test_a_table_without_its_columns_or_rows_is_left_out_with_a_warning(tmp_path):
    loaded = tables.load(folder(tmp_path, orders=ORDERS, potential="client_id,as_of\nA,2024-01-01\n", claims="claim_id,client_id,opened_at\n"))
    assert "potential" not in loaded.frames and {p.rule for p in loaded.problems} == {"missing_column", "no_rows"} and all(p.severity == "warn" for p in loaded.problems)


def test_ragged_rows_of_other_tables(tmp_path):
    loaded = tables.load(folder(tmp_path, orders=ORDERS, clients="client_id,client_name\nA,Альфа\nB\n"))
    assert [(p.rule, p.row) for p in loaded.problems] == [("ragged", 3)] and len(loaded.frames["clients"]) == 1


@pytest.mark.parametrize("content, expected", [
    ("manager_id,period,metric,plan_value\nM1,2025-03,margin,5\n", [("2025-03", "M1", "margin", 5)]), ("Менеджер,Месяц,План\nM1,март 2025,5\nM1,04.2025,6\n", [("2025-03", "M1", "amount", 5), ("2025-04", "M1", "amount", 6)]),
    ("manager_id,plan_month,plan_revenue,plan_margin\nM1,2025-03-01,5,\nM2,2025-03-01,6,2\n", [("2025-03", "M1", "amount", 5), ("2025-03", "M2", "amount", 6), ("2025-03", "M2", "margin", 2)]),
    ("Менеджер,Январь 2025,Февраль 2025\nM1,5,6\nM2,7,\n", [("2025-01", "M1", "amount", 5), ("2025-01", "M2", "amount", 7), ("2025-02", "M1", "amount", 6)])])
def test_plans_long_and_wide(tmp_path, content, expected):
    plans = tables.load(folder(tmp_path, orders=ORDERS, plans=content)).frames["plans"]
    assert list(plans[["period", "manager_id", "metric", "plan_value"]].itertuples(index=False, name=None)) == expected


def test_times_months_and_shares(tmp_path):
    place = folder(tmp_path, orders=ORDERS, timelog="manager_id,date,start,end,activity_code\nM1,2024-01-09,09:00,10:30,P1\nM1,2024-01-09,утром,11:00,P1\n",
                   price_requests="request_id,client_id,at,asked_discount\n1,A,2024-01-09,15%\n")
    loaded = tables.load(place)
    log = loaded.frames["timelog"]
    assert log["start"].tolist()[0] == 540 and log["end"].tolist() == [630, 660] and any(p.rule == "not_a_time" and p.row == 3 for p in loaded.problems)
    assert loaded.frames["price_requests"]["asked_discount"].tolist() == [0.15]


def test_a_month_that_is_none(tmp_path):
    loaded = tables.load(folder(tmp_path, orders=ORDERS, plans="period,manager_id,metric,plan_value\nкогда-нибудь,M1,amount,5\n2025-01,M1,amount,5\n"))
    assert any(p.rule == "bad_date" and p.row == 2 for p in loaded.problems) and len(loaded.frames["plans"]) == 1


def test_unknown_files_are_listed_once(tmp_path):
    loaded = tables.load(folder(tmp_path, orders=ORDERS, reference="a,b\n1,2\n"))
    assert loaded.unknown_files == ["reference.csv"] and set(loaded.frames) == {"orders"}
    assert [(p.file, p.severity, p.text) for p in loaded.problems] == [("reference.csv", "info", "не похоже ни на одну таблицу, не читалось")]


def test_files_may_be_named_table_by_table(tmp_path):
    folder(tmp_path, a=ORDERS, b="client_id,client_name\nA,Альфа\n")
    assert set(tables.load({"orders": tmp_path / "a.csv", "clients": tmp_path / "b.csv"}).frames) == {"orders", "clients"}


# ------------------------------------------------------------------ the ledger
def test_a_ledger_that_does_not_balance_cannot_be_made():
    with pytest.raises(KbreportError, match="Сверка не сошлась: в файле 3 строк на 10, учтено 2 на 10") as caught:
        Ledger("orders", 3, D(10), (), 2, D(10))
    assert caught.value.exit_code == 4
    assert Ledger("orders", 3, D(10), (Exclusion("duplicate", 1, D(4)),), 2, D(6)).excluded[0].text == "полный дубль другой строки"


def test_everything_as_plain_json(tmp_path):
    import json

    loaded = tables.load(folder(tmp_path, orders=ORDERS, clients="client_id,client_name\nA,Альфа\n"), InputSpec(internal_clients=("B",)))
    said = json.loads(json.dumps(tables.spoken(loaded, tables.checks(loaded, date(2024, 2, 29)))))
    assert said["ledger"]["excluded"][0]["reason"] == "internal_client" and said["ledger"]["amount_out"] == 80.0 and said["has_clients"]
    assert {s["table"] for s in said["sources"]} == {"orders", "clients"} and {c["name"] for c in said["checks"]} >= {"duplicate_rows", "future_dates"}


def test_the_section_and_the_parameters_together():
    from kbreport.facts.parameters import Parameters

    spec = tables.spec_of({"orders": "a.csv"}, Parameters(currency="RUB", vat="excluded", drop_duplicates=True, internal_clients=("A",)))
    assert (spec.currency, spec.vat, spec.drop_duplicates, spec.internal_clients) == ("RUB", "excluded", True, ("A",))
    assert tables.spec_of({}, Parameters()).currency is None and tables.spec_of({"bad_rows": "exclude"}).bad_rows == "exclude"


# ------------------------------------------------------------------ what could be misread is said
@pytest.mark.parametrize("content, rule, piece", [
    ("Клиент;Дата;Сумма\nА;13.01.2024;1234.5\nБ;13.01.2024;1234,5\n", "mixed_decimals", "где после запятой, где после точки"),
    ("Клиент;Дата;Сумма;Сумма без НДС\nА;13.01.2024;120;100\n", "rival_column", "столбец «Сумма без НДС»: подходит и этот столбец"),
    ("Клиент;Дата;Выручка;Выручка\nА;13.01.2024;120;100\n", "rival_column", "столбец «Выручка»"), ("Клиент;Дата;Сумма;Дата отгрузки\nА;13.01.2024;120;14.01.2024\n", "rival_column", "столбец «Дата отгрузки»")])
def test_choices_between_readings_are_said(tmp_path, content, rule, piece):
    found = [p for p in tables.load(files.csv(tmp_path, content)).problems if p.rule == rule]
    assert found and piece in found[0].text


def test_a_column_named_in_the_settings_has_no_rival(tmp_path):
    path = files.csv(tmp_path, "Клиент;Дата;Сумма;Сумма без НДС\nА;13.01.2024;120;100\n")
    loaded = tables.load(path, InputSpec.from_dict({"orders": {"path": "sales.csv", "mapping": {"amount": "Сумма без НДС"}}}))
    assert loaded.ledger.amount_out == 100 and loaded.vat == "excluded" and not loaded.problems


def test_a_file_without_headers_is_recognised(tmp_path):
    with pytest.raises(InputProblems, match="похоже, строки заголовков нет"):
        tables.load(files.csv(tmp_path, header=None))
