"""M7.19 late payers: the worked example, payments and snapshots, what is left out, money, words, and what must always hold."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport import tables
from kbreport.errors import UsageProblem
from tests.base import base_of, frame, orders_of
from tests.ch3.said import figure_of, is_english, words_of

AS_OF = "2025-12-31"
WORKED = [0, 10, 12, 3, 9, 0]  # METHODS M7.19


def bills(client="a", delays=WORKED, amount=100.0, first="2025-01-10", **extra) -> pd.DataFrame:
    """One paid bill a month, paid so many days after the due date."""
    due = pd.date_range(f"{first[:7]}-01", periods=len(delays), freq="MS") + pd.Timedelta(days=9)
    return pd.DataFrame({"payment_id": [f"{client}-{i}" for i in range(len(delays))], "client_id": client, "invoice_id": [f"{client}{i}" for i in range(len(delays))], "due_date": due,
                         "paid_date": due + pd.to_timedelta(delays, unit="D"), "paid_amount": amount} | extra)


def unpaid(client, due, amount, **extra) -> pd.DataFrame:
    return frame(payment_id=[f"{client}-open"], client_id=[client], invoice_id=[f"{client}-open"], due_date=[due], planned_amount=[amount]).assign(paid_date=pd.NaT, **extra)


def debts(*rows) -> pd.DataFrame:
    """(snapshot, client, due, open amount[, invoice])."""
    named = [(*row, f"{row[1]}/{row[2]}") if len(row) == 4 else row for row in rows]
    return frame(snapshot_date=[r[0] for r in named], client_id=[r[1] for r in named], due_date=[r[2] for r in named], open_amount=[float(r[3]) for r in named], invoice_id=[r[4] for r in named])


def ends(n, client="a", late=(), amount=100.0) -> list[tuple]:
    """Month-end snapshots up to December 2025: overdue by ten days in the months of `late`, else due ten days later."""
    days = pd.date_range(end=AS_OF, periods=n, freq="ME")
    return [(f"{d:%Y-%m-%d}", client, f"{d + pd.Timedelta(days=-10 if d.month in late else 10):%Y-%m-%d}", amount) for d in days]


def base(who="abc", manager=None, **kw):
    rows = orders_of(*((c, "2025-12-15", 1000, f"M{i % 2}") for i, c in enumerate(who)))
    return base_of(rows, parameters={"as_of": AS_OF, "period": "2025"} | kw.pop("parameters", {}), manager=manager, **kw)


def measured(who="abc", **kw):
    return base(who, **kw).measure("late_payers")


def only(result) -> pd.Series:
    (row,) = result.table.to_dict("records")
    return pd.Series(row)


# ------------------------------------------------------------------ payments
def test_m7_19_worked_example():
    row = only(measured(payments=bills()))
    assert (row["n_invoices"], row["n_late"], row["status"], row["basis"]) == (6, 3, "chronic", "payments")
    assert row["mean_delay_days"] == pytest.approx(34 / 6) and row["weighted_delay_days"] == pytest.approx(34 / 6)


@pytest.mark.parametrize("delays, status", [
    ([0, 10, 12, 3, 7, 0], "late"), ([7] * 6, "ok"), ([0] * 6, "ok"), ([-5] * 6, "ok"), ([8, 8, 8, 0, 0, 0, 0, 0, 0], "ok"), ([0, 0, 0, 8, 0, 8, 8, 0, 0], "chronic"),
    ([0, 0, 0, 0, 0, 8], "late"), ([8, 8, 8], "chronic"), ([60, 60], "late"), ([60], "late"), ([0], "ok"), ([0, 0, 46], "chronic"), ([0, 0, 45], "late"),
])
def test_m7_19_the_rule_looks_at_the_last_six_known_invoices(delays, status):
    assert only(measured(payments=bills(delays=delays)))["status"] == status


def test_m7_19_the_mean_is_weighted_by_money():
    payments = pd.concat([bills(delays=[0] * 5, amount=1.0), unpaid("a", "2025-12-01", 1000.0)])
    row = only(measured(payments=payments))
    assert (row["n_late"], row["status"]) == (1, "chronic") and row["weighted_delay_days"] == pytest.approx(30_000 / 1005) and row["mean_delay_days"] == 5.0


def test_m7_19_open_overdue_invoices_count_to_as_of_and_others_are_not_known_yet():
    payments = pd.concat([bills(delays=[0, 0]), unpaid("a", "2025-12-11", 50.0), unpaid("a", "2026-01-20", 70.0, payment_id="later", invoice_id="later")])
    row = only(measured(payments=payments))
    assert (row["n_invoices"], row["n_late"], row["overdue_amount"], row["max_overdue_days"], row["status"]) == (3, 1, 50.0, 20, "late")


def test_m7_19_partial_payments_go_by_money_and_the_last_one_makes_the_delay():
    parts = frame(payment_id=["1", "2"], client_id=["a", "a"], invoice_id=["i", "i"], due_date=["2025-11-01"] * 2, paid_date=["2025-11-01", "2025-11-21"], paid_amount=[75.0, 25.0])
    row = only(measured(payments=parts))
    assert (row["n_invoices"], row["mean_delay_days"], row["weighted_delay_days"]) == (1, 20.0, 5.0)


@pytest.mark.parametrize("second, left", [({"planned_amount": None, "paid": 40.0}, 0), ({"planned_amount": 100.0, "paid": 40.0}, 0), ({"planned_amount": 40.0, "paid": None}, 40), (None, 40)])
def test_m7_19_a_part_paid_is_not_open_twice(second, left):
    rows = [{"payment_id": "1", "planned_amount": 100.0, "paid_date": "2025-12-01", "paid_amount": 60.0}]
    if second:
        rows.append({"payment_id": "2", "planned_amount": second["planned_amount"], "paid_date": "2025-12-11" if second["paid"] else None, "paid_amount": second["paid"]})
    payments = pd.DataFrame(rows).assign(client_id="a", invoice_id="i", due_date=pd.Timestamp("2025-12-01"), paid_date=lambda d: pd.to_datetime(d["paid_date"]))
    assert only(measured(payments=payments))["overdue_amount"] == left


def test_m7_19_what_is_paid_after_as_of_was_open():
    late = bills(delays=[0, 0, 0]).assign(paid_date=lambda d: d["paid_date"].where(d.index < 2, pd.Timestamp("2026-02-01")))
    row = only(measured(payments=late))
    assert (row["overdue_amount"], row["n_late"]) == (100.0, 1)


def test_m7_19_an_unknown_amount_is_never_zero():
    payments = pd.concat([bills(delays=[0, 0]), unpaid("a", "2025-11-01", None)])
    row = only(measured(payments=payments, settings={"late_payers.money_rate": 0.2}))
    assert row["n_late"] == 1 and pd.isna(row["overdue_amount"]) and pd.isna(row["weighted_delay_days"]) and pd.isna(row["money_cost_amount"])


def test_m7_19_a_payment_without_due_date_or_without_its_day_is_not_judged():
    payments = pd.concat([bills(delays=[0, 0]), bills("a", [99], due_date=pd.NaT, payment_id="x", invoice_id="x"), bills("a", [99], paid_date=pd.NaT, payment_id="y", invoice_id="y")])
    row = only(measured(payments=payments))
    assert (row["n_invoices"], row["status"], row["overdue_amount"]) == (2, "ok", 0.0)


def test_m7_19_several_due_dates_of_one_invoice_are_several_bills():
    payments = bills(delays=[0, 10, 10, 10]).assign(invoice_id="contract")
    assert only(measured(payments=payments))[["n_invoices", "n_late", "status"]].tolist() == [4, 3, "chronic"]


def test_m7_19_an_invoice_without_number_is_known_by_its_order_deal_or_payment():
    parts = frame(payment_id=["1", "2", "3"], client_id=["a"] * 3, due_date=["2025-11-01"] * 3, paid_date=["2025-11-05"] * 3, paid_amount=[1.0] * 3).assign(order_id=["o", "o", None])
    assert only(measured(payments=parts))["n_invoices"] == 2


def test_m7_19_who_has_no_open_invoice_and_none_due_within_a_year_is_not_listed():
    old = bills("b", [30] * 4, first="2023-01-01")
    assert measured(payments=pd.concat([bills(), old])).table["client_id"].tolist() == ["a"]
    still = pd.concat([bills(), old, unpaid("b", "2023-06-01", 10.0)])
    assert measured(payments=still).table.set_index("client_id").at["b", "status"] == "chronic"


def test_m7_19_a_fresh_snapshot_says_what_is_open():
    """The payments table holds paid rows only, as most exports do; a part was paid after the snapshot, one invoice has no number."""
    shot = debts(("2025-12-20", "a", "2025-11-21", 100, "n1"), ("2025-12-20", "a", "2025-12-26", 30, None), ("2025-12-20", "a", "2026-01-15", 500, "n2"), ("2025-12-20", "b", "2025-10-01", 7, "n3"))
    part = frame(payment_id=["p"], client_id=["a"], invoice_id=["n1"], due_date=["2025-11-21"], paid_date=["2025-12-25"], paid_amount=[40.0])
    table = measured(payments=pd.concat([bills(delays=[0, 0]), part]), receivables=shot).table.set_index("client_id")
    assert table.loc["a", ["n_invoices", "n_late", "overdue_amount", "max_overdue_days", "basis"]].tolist() == [4, 1, 90.0, 40, "payments"]
    assert table.at["b", "basis"] == "receivables" and pd.isna(table.at["b", "status"])


def test_m7_19_an_old_snapshot_does_not():
    shot = debts(("2025-10-31", "a", "2025-10-01", 100))
    assert only(measured(payments=bills(delays=[0, 0, 0]), receivables=shot))["overdue_amount"] == 0.0


# ------------------------------------------------------------------ snapshots
@pytest.mark.parametrize("late, status", [((), "ok"), ((12,), "late"), ((11, 12), "late"), ((7, 9, 12), "chronic"), ((5, 6, 12), "late"), ((7, 8, 9, 10, 11, 12), "chronic")])
def test_m7_19_snapshots_alone_three_of_the_last_six(late, status):
    row = only(measured(receivables=debts(*ends(8, late=late))))
    assert (row["status"], row["n_snapshots"], row["basis"]) == (status, 6, "receivables") and row["n_overdue_snapshots"] == sum(m > 6 for m in late)
    assert pd.isna(row["mean_delay_days"]) and pd.isna(row["weighted_delay_days"]) and row["overdue_amount"] == (100.0 if 12 in late else 0.0)


def test_m7_19_a_snapshot_without_the_client_is_one_without_debt():
    rows = ends(6, "a", (8, 9, 10))[:4] + ends(6, "b")
    table = measured(receivables=debts(*rows)).table.set_index("client_id")
    assert table["status"].to_dict() == {"a": "chronic", "b": "ok"} and table.at["a", "overdue_amount"] == 0.0 and pd.isna(table.at["a", "max_overdue_days"])


@pytest.mark.parametrize("n", [1, 2])
def test_m7_19_too_few_snapshots_are_insufficient_with_a_plain_reason(n):
    result = measured(receivables=debts(*ends(n, late=(11, 12))))
    assert result.status == "insufficient" and f"снимков долга по месяцам — {n}, а для правила нужно хотя бы 3" in figure_of(result.reason)
    row = only(result)
    assert pd.isna(row["status"]) and row["overdue_amount"] == 100.0 and not result.findings
    assert result.blocks[0]["title"] == "Кто задерживает постоянно, по этим данным не сказать" and "Что просрочено сейчас" in words_of(result)


def test_m7_19_three_snapshots_are_enough():
    assert measured(receivables=debts(*ends(3, late=(10, 11, 12)))).status == "ok"


def test_m7_19_daily_snapshots_count_once_a_month():
    daily = [(f"2025-12-{d:02d}", "a", "2025-12-20", 100) for d in range(22, 32)]
    result = measured(receivables=debts(*ends(6, late=()), *daily))
    assert only(result)["n_overdue_snapshots"] == 1 and only(result)["status"] == "late"


def test_m7_19_snapshots_after_as_of_are_not_looked_at():
    later = [("2026-01-31", "a", "2026-01-01", 100), ("2026-02-28", "a", "2026-01-01", 100)]
    assert only(measured(receivables=debts(*ends(6, late=(12,)), *later)))["status"] == "late"


def test_m7_19_invoices_seen_in_snapshots_need_their_numbers():
    rows = [("2025-10-31", "a", "2025-10-25", 5, "i"), ("2025-11-30", "a", "2025-10-25", 5, "i"), ("2025-12-31", "a", "2026-01-10", 5, "j")]
    assert only(measured(receivables=debts(*rows)))[["n_invoices", "n_late"]].tolist() == [2, 1]
    assert pd.isna(only(measured(receivables=debts(*rows).drop(columns="invoice_id")))["n_invoices"])


# ------------------------------------------------------------------ what is left out
def claim(opened, closed=None, client="a") -> pd.DataFrame:
    return pd.DataFrame({"claim_id": ["r"], "client_id": [client], "opened_at": [pd.Timestamp(opened)], "closed_at": [pd.Timestamp(closed) if closed else pd.NaT]})


@pytest.mark.parametrize("life, n, disputed", [(("2025-02-01",), 3, 3), (("2025-02-01", "2025-02-15"), 5, 1), (("2025-04-11", "2025-04-12"), 5, 1), (("2024-01-01", "2024-02-01"), 6, 0), (("2025-12-01",), 6, 0)])
def test_m7_19_invoices_that_were_late_while_a_claim_was_open_are_out(life, n, disputed):
    """Delays 0, 10, 12, 3, 9, 0 from January to June: the late ones of February, March, April and May may be disputed."""
    row = only(measured(payments=bills(delays=[0, 10, 12, 0, 9, 0]) if disputed == 3 else bills(), claims=claim(*life)))
    assert (row["n_invoices"], row["n_disputed"]) == (n, disputed)


def test_m7_19_a_claim_of_another_client_changes_nothing_and_one_opened_after_as_of_neither():
    assert only(measured(payments=bills(), claims=claim("2025-01-01", client="b")))["status"] == "chronic"
    row = only(measured(payments=pd.concat([bills(delays=[0]), unpaid("a", "2025-12-01", 5.0)]), claims=claim("2026-01-05")))
    assert row["overdue_amount"] == 5.0


def test_m7_19_a_snapshot_taken_during_a_claim_is_disputed_too():
    row = only(measured(receivables=debts(*ends(6, late=(7, 9, 12))), claims=claim("2025-12-01")))
    assert (row["n_overdue_snapshots"], row["status"], row["overdue_amount"], row["n_disputed"]) == (2, "late", 0.0, 1)


def test_m7_19_prepaid_rows_and_prepaying_clients_are_out():
    cards = frame(client_id=["a", "b", "c"], payment_terms_days=[30, 0, 0])
    rows = pd.concat([bills("a"), bills("b"), bills("c", terms="credit"), bills("a", [50] * 3, terms="cash", payment_id="z", invoice_id="z")])
    table = measured(payments=rows, clients=cards).table.set_index("client_id")
    assert table["n_invoices"].to_dict() == {"a": 6, "c": 6}
    shots = debts(*ends(6, late=(10, 11, 12))).assign(terms="cash")
    result = measured(receivables=shots)
    assert result.status == "insufficient" and "нет счетов с отсрочкой" in result.reason and result.blocks[0]["title"] == "Счетов с отсрочкой нет: задерживать нечего"


def test_m7_19_our_own_firms_owe_nothing():
    cards = frame(client_id=["a", "b"], is_internal=pd.array([True, False], dtype="boolean"))
    assert measured(payments=pd.concat([bills("a"), bills("b")]), clients=cards).table["client_id"].tolist() == ["b"]
    assert measured(payments=pd.concat([bills("a"), bills("b")]), parameters={"internal_clients": ["b"]}).table["client_id"].tolist() == ["a"]


def test_m7_19_neither_payments_nor_debts_is_refused():
    result = measured()
    assert result.status == "refused" and "payments" in result.reason and "receivables" in result.reason and not result.tables


# ------------------------------------------------------------------ money
def test_m7_19_cost_of_money_is_amount_times_delay_times_rate():
    row = only(measured(payments=bills(amount=36_500.0), settings={"late_payers.money_rate": 0.2}))
    assert row["money_cost_amount"] == pytest.approx(36_500 * 34 / 365 * 0.2) and row["mean_overdue_amount"] == pytest.approx(36_500 * 34 / 365)


def test_m7_19_cost_counts_the_days_inside_the_period_only():
    """Due on 2 December 2024, paid on 10 January 2025: ten days of the delay lie in 2025."""
    early = frame(payment_id=["e"], client_id=["a"], invoice_id=["e"], due_date=["2024-12-02"], paid_date=["2025-01-10"], paid_amount=[365.0])
    row = only(measured(payments=pd.concat([early, bills(delays=[0])]), settings={"late_payers.money_rate": 0.1}))
    assert row["money_cost_amount"] == pytest.approx(365 * 10 / 365 * 0.1) and row["mean_delay_days"] == 39 / 2


def test_m7_19_cost_of_snapshots_stands_a_month_for_each():
    row = only(measured(receivables=debts(*ends(6, late=(9, 12), amount=365.0)), settings={"late_payers.money_rate": 0.1}))
    assert row["money_cost_amount"] == pytest.approx(0.1 * (30 + 31)) and row["mean_overdue_amount"] == pytest.approx(365 * 61 / 184)


def test_m7_19_no_rate_no_cost_and_the_page_says_so():
    result = measured(payments=bills())
    assert result.table["money_cost_amount"].isna().all() and "ставка не задана" in words_of(result)
    assert "ставка не задана" not in words_of(measured(payments=bills(), settings={"late_payers.money_rate": 0.0}))


def test_m7_19_settings_move_the_rule():
    status = lambda **own: only(measured(payments=bills(), settings={f"late_payers.{k}": v for k, v in own.items()}))["status"]
    assert status(late_days=9) == "late" and status(late_of_last=4) == "late" and status(last_n=2) == "late" and status(late_of_last=4, mean_days=5) == "chronic"
    with pytest.raises(UsageProblem, match="money_rate"):
        measured(payments=bills(), settings={"late_payers.money_rate": -1})


# ------------------------------------------------------------------ words
def many():
    return pd.concat([bills("a"), bills("b", [20] * 6, 300.0), bills("c", [0] * 6), unpaid("b", "2025-12-01", 3000.0)])


def test_m7_19_the_finding_names_its_clients_and_their_overdue_money():
    result = measured(payments=many(), settings={"late_payers.money_rate": 0.365})
    (f,) = result.findings
    table = result.table.set_index("client_id")
    assert figure_of(f.text) == "2 клиента системно платят позже срока, в среднем на 24 дн." and f.money == 3000.0 and f.clients == (("b", 3000.0),) and f.booked_as == "none" and f.level == "watch"
    assert f.values["cost"] == pytest.approx(table.loc[["a", "b"], "money_cost_amount"].sum()) and "до 14.01.2026" in f.who and f.action and not f.assumption
    assert figure_of(result.blocks[0]["title"]) == "2 клиента системно платят позже срока, в среднем на 24 дн.; просрочено 3 000"


def test_m7_19_nothing_overdue_now_is_no_money_in_the_finding():
    (f,) = measured(payments=bills()).findings
    assert f.money is None and f.basis == "" and f.clients == ()


def test_m7_19_a_base_that_pays_has_no_finding_but_a_page():
    result = measured(payments=pd.concat([bills("a", [0] * 6), bills("b", [0, 0, 9])]))
    assert not result.findings and result.blocks[0]["title"] == "Постоянно оплату не задерживает никто" and "У кого были задержки" in words_of(result)


def test_m7_19_disputed_invoices_are_told():
    assert "Не учтён 1 счёт: его просрочка пришлась на открытую рекламацию." in figure_of(words_of(measured(payments=bills(), claims=claim("2025-02-01", "2025-02-15"))))


def test_m7_19_the_worst_stand_first_and_the_order_of_rows_does_not_matter():
    tables_of = lambda payments: measured(payments=payments, receivables=debts(*ends(6, "d", (10, 11, 12)), (AS_OF, "b", "2025-12-01", 3000)), clients=frame(client_id=list("abcd"))).tables
    one, two = tables_of(many()), tables_of(many().sample(frac=1, random_state=3))
    assert one["main"]["client_id"].tolist() == ["b", "d", "a", "c"] and one["main"]["status"].tolist() == ["chronic"] * 3 + ["ok"]
    for name in one:
        pd.testing.assert_frame_equal(one[name], two[name])


def test_m7_19_a_manager_sees_his_clients_only():
    everybody = dict(payments=pd.concat([many(), bills("d")]), settings={"late_payers.money_rate": 0.1})
    whole, mine = measured("abcd", **everybody), measured("abcd", manager="M1", **everybody)
    assert mine.table["client_id"].tolist() == ["b", "d"] and set(mine.tables["last"]["client_id"]) == {"b", "d"}
    pd.testing.assert_frame_equal(mine.table, whole.table[whole.table["manager_id"] == "M1"].reset_index(drop=True))
    text = words_of(mine)
    assert "«a»" not in text and "«c»" not in text and "У кого эти клиенты" not in text and "У кого эти клиенты" in words_of(whole)


def test_m7_19_firms_of_a_group_pay_as_one_client():
    cards = frame(client_id=["a", "b"], group_id=["G", "G"])
    assert measured("ab", payments=pd.concat([bills("a", [9, 9]), bills("b", [9, 9])]), clients=cards).table["status"].tolist() == ["chronic"]


def test_m7_19_a_debtor_without_sales_or_card_keeps_his_code_as_name():
    row = measured("a", payments=bills("zz")).table.iloc[0]
    assert row["client_name"] == "zz" and pd.isna(row["manager_id"])


CASES = {"payments": dict(payments=many(), settings={"late_payers.money_rate": 0.1}), "snapshots": dict(receivables=debts(*ends(6, "a", (10, 11, 12)), *ends(6, "b"))), "none late": dict(payments=bills(delays=[0] * 4)),
         "one snapshot": dict(receivables=debts(*ends(1, late=(12,)))), "one, nothing late": dict(receivables=debts(*ends(1))), "both": dict(payments=many(), receivables=debts(*ends(6, "d", (10, 11, 12)))),
         "claim": dict(payments=bills(), claims=claim("2025-02-01", "2025-02-15")), "nothing": {}, "prepaid": dict(payments=bills(terms="cash"))}


@pytest.mark.parametrize("case", CASES)
def test_m7_19_english_has_no_russian_letter(case):
    assert is_english(words_of(measured("abcd", lang="en", **CASES[case])))


@pytest.mark.parametrize("case", CASES)
def test_m7_19_every_page_has_its_headline(case):
    result = measured("abcd", **CASES[case])
    assert result.status == "refused" or result.blocks[0]["k"] == "section" and result.blocks[0]["title"]


def test_m7_19_base_panel_takes_overdue_debt_as_before():
    """The panel computes the share itself from the last snapshot; this method may not change it."""
    run = base("a", receivables=debts(("2025-12-31", "a", "2025-12-01", 30), ("2025-12-31", "a", "2026-01-20", 70)))
    panel = run.measure("base_panel").table.set_index("row")
    assert panel.at["overdue_share", "value"] == 0.3 and panel.at["overdue_share", "method"] == "late_payers"
    assert only(run.measure("late_payers"))["overdue_amount"] == 30.0


# ------------------------------------------------------------------ from files
@pytest.mark.parametrize("head", ["Номер платежа;Клиент;Номер счета;Срок оплаты;Дата оплаты;Сумма оплаты;Условия", "payment_id;client_id;invoice_id;due_date;paid_date;paid_amount;terms"])
def test_m7_19_payments_are_read_from_a_file_in_both_languages(tmp_path, head):
    (tmp_path / "sales.csv").write_text("client_id,order_date,amount\nK1,2025-12-15,100\nK2,2025-12-16,50\n")
    (tmp_path / "pay.csv").write_text(head + "\n1;K1;S1;01.10.2025;11.10.2025;100,50;отсрочка\n2;K1;S2;01.11.2025;01.11.2025;20;предоплата\n3;K1;S3;не дата;01.11.2025;20;отсрочка\n", encoding="utf-8")
    found = tables.load({"orders": tmp_path / "sales.csv", "payments": tmp_path / "pay.csv"})
    got = found.frames["payments"]
    assert got["terms"].tolist() == ["credit", "cash", "credit"] and got["paid_amount"].tolist() == [100.5, 20.0, 20.0] and got["due_date"].isna().tolist() == [False, False, True]
    assert [p.value for p in found.problems if p.table == "payments"] == ["не дата"]
    row = only(measured(["K1"], payments=got))
    assert (row["n_invoices"], row["mean_delay_days"]) == (1, 10.0)


# ------------------------------------------------------------------ always
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 400), st.integers(-20, 90), st.integers(1, 10_000)), min_size=1, max_size=25), st.integers(1, 5))
def test_m7_19_what_always_holds(rows, more):
    """Whatever the payments: counts fit, ranks hold, and nobody looks worse for paying earlier."""
    due = [pd.Timestamp("2024-12-01") + pd.Timedelta(days=d) for _c, d, _w, _a in rows]
    paid = [d + pd.Timedelta(days=w) for d, (_c, _d, w, _a) in zip(due, rows)]
    payments = pd.DataFrame({"payment_id": range(len(rows)), "client_id": [r[0] for r in rows], "invoice_id": range(len(rows)), "due_date": due, "paid_date": paid,
                             "paid_amount": [float(r[3]) for r in rows]}).astype({"payment_id": "str", "invoice_id": "str"})
    own = {"late_payers.money_rate": 0.1}
    table = measured(payments=payments, settings=own).table
    assert ((table["n_late"] >= 0) & (table["n_late"] <= table["n_invoices"]) & (table["n_invoices"] <= 6)).all()
    assert ((table["status"] == "chronic") <= (table["n_invoices"] >= 3)).all() and ((table["status"] == "ok") <= (table["n_late"] == 0)).all()
    assert (table["money_cost_amount"] >= -1e-9).all() and (table["overdue_amount"] >= 0).all() and (table["weighted_delay_days"].dropna() >= 0).all()
    sooner = measured(payments=payments.assign(paid_date=payments["paid_date"] - pd.Timedelta(days=more)), settings=own).table.set_index("client_id")
    both = table.set_index("client_id").join(sooner.add_suffix("_sooner"), how="inner")
    assert (both["money_cost_amount_sooner"] <= both["money_cost_amount"] + 1e-6).all()
    scaled = measured(payments=payments.assign(paid_amount=payments["paid_amount"] * more), settings=own).table
    assert scaled["status"].tolist() == table["status"].tolist() and scaled["client_id"].tolist() == table["client_id"].tolist()


def test_m7_19_the_status_of_a_payer_speaks_its_own_words():
    """`ok` of a method is «посчитано», of a payer «вовремя»."""
    result = measured(payments=bills())
    assert {c.name: c.spoken().get("values", {}) for c in result.columns["main"]}["status"] == {"chronic": "всегда задерживает", "late": "бывает позже", "ok": "вовремя"}


@pytest.mark.parametrize("name, status", [("M0", "insufficient"), ("M1", "insufficient")])
def test_m7_19_too_few_snapshots_are_too_few_for_a_manager(name, status):
    result = measured(receivables=debts(*ends(1, late=(12,))), manager=name)
    assert result.status == status and result.blocks[0]["k"] == "section" and len(result.table) == (1 if name == "M0" else 0)
