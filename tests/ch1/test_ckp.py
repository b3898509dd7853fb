"""M1.3 ckp: the mini base, agreement with retention, overdue debt of the opening portfolio, clients handed over."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base import base_of, frame, orders_of


def years(before: dict, now: dict, manager="M1", **kw):
    rows = [("anchor", "2021-01-10", 1, "M9")]
    rows += [(c, "2023-06-15", a, manager) for c, a in before.items()] + [(c, "2024-06-15", a, manager) for c, a in now.items()]
    return base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}, **kw)


def many(n: int, now: float):
    return {f"k{i:02d}": 100 for i in range(n)}, {f"k{i:02d}": now for i in range(n)}


def test_m1_3_mini_base(training):
    table = training.measure("ckp").table
    assert (table[["grr", "nrr"]] * 100).round(1).values.tolist() == [[92.3, 104.7], [66.7, 71.4]] and table["n_clients"].tolist() == [5, 5]
    assert table["overdue_share"].round(3).tolist() == [0.0, 0.577] and table["status"].tolist() == ["weak", "weak"]


def test_m1_3_the_same_head_count_another_product(training):
    kept = training.measure("retention").table.query("scope == 'manager_id'")
    table = training.measure("ckp").table
    assert kept["crr"].nunique() == 1 and table["nrr"].nunique() == 2 and table["nrr"].tolist() == kept["nrr"].tolist()
    assert table["nrr_minus_grr_pp"].tolist() == pytest.approx(((kept["nrr"] - kept["grr"]) * 100).tolist())


def test_m1_14_a_keeper_known_only_from_todays_card_is_warned_of():
    clients = frame(client_id=["a", "b"], manager_id=["M1", "M1"])
    history = frame(client_id=["a"], manager_id=["M1"], valid_from=["2020-01-01"], valid_to=[None])
    amounts = {"a": 100, "b": 100}
    for method in ("ckp", "retention"):
        said = lambda **kw: str(years(amounts, amounts, clients=clients, **kw).measure(method).blocks).replace("\u00a0", " ")
        assert "У 2 клиентов нет истории передачи: менеджером на 31.12.2023 считаем того" in said()
        assert "У 1 клиента нет истории передачи" in said(client_manager_history=history)
        assert "истории передачи" not in str(years(amounts, amounts).measure(method).blocks)


def test_m1_3_small_portfolios_get_no_verdict_large_ones_do():
    small = years(*many(9, 50)).measure("ckp")
    assert small.status == "weak" and not small.findings
    large = years(*many(20, 50)).measure("ckp")
    (found,) = large.findings
    row = large.table.iloc[0]
    assert large.status == "ok" and found.fact == row["nrr"] == 0.5 and found.money == 1000 and "50,0" in found.text and "50,0" in large.blocks[0]["title"]


def test_m1_3_what_is_bad_retention_is_a_setting():
    assert not years(*many(20, 95)).measure("ckp").findings and not years(*many(20, 90)).measure("ckp").findings
    assert years(*many(20, 95), settings={"ckp.nrr_bad": 0.96}).measure("ckp").findings


def test_m1_3_clients_handed_over_stay_with_who_had_them_at_the_start():
    history = frame(client_id=["k00", "k00"], manager_id=["M1", "M2"], valid_from=["2020-01-01", "2024-03-01"], valid_to=["2024-02-29", None])
    table = years(*many(3, 100), client_manager_history=history).measure("ckp").table
    assert table[["manager_id", "n_clients", "n_handed_over"]].values.tolist() == [["M1", 3, 1]]


def test_m1_3_overdue_is_of_the_opening_portfolio_credit_only_and_known_by_then():
    debts = frame(snapshot_date=["2024-12-31"] * 3 + ["2025-01-31"], client_id=["k00", "k01", "k00", "k00"], due_date=["2024-12-01", "2025-02-01", "2024-12-01", "2024-01-01"],
                  open_amount=[25.0, 75.0, 900.0, 999.0], terms=["credit", "credit", "cash", "credit"])
    assert years(*many(3, 100), receivables=debts).measure("ckp").table["overdue_share"].tolist() == [0.25]
    assert years(*many(3, 100)).measure("ckp").table["overdue_share"].isna().all()
    assert years(*many(3, 100), receivables=debts.assign(snapshot_date=pd.Timestamp("2025-06-30"))).measure("ckp").table["overdue_share"].isna().all()


def test_m1_3_a_short_history_and_missing_managers_are_said():
    short = base_of(orders_of(("a", "2024-01-15", 1, "M1"), ("a", "2024-12-15", 1, "M1")), parameters={"as_of": "2024-12-31"}).measure("ckp")
    assert short.status == "insufficient" and "истории меньше двух периодов" in short.reason and not short.findings and short.blocks
    assert base_of(orders_of(("a", "2024-01-15", 1))).measure("ckp").status == "refused"
    nobody = base_of(orders_of(("a", "2021-01-15", 1, "M1"), ("a", "2024-12-15", 1, "M1")), parameters={"as_of": "2024-12-31"}).measure("ckp")
    assert nobody.status == "insufficient" and "не было покупающих" in nobody.reason


def test_m1_3_a_manager_sees_his_row(training):
    from kbreport.run import narrowed

    result = narrowed(training, "M2").measure("ckp")
    assert result.table["manager_id"].tolist() == ["M2"] and "71,4" in result.blocks[0]["title"]


def test_m1_3_english_has_no_russian_letter():
    two = base_of(orders_of(*[(f"k{i}", f"{y}-06-15", 100 - 40 * (y == 2024 and i % 2), f"M{i % 2}") for i in range(50) for y in (2022, 2023, 2024)]), parameters={"as_of": "2024-12-31"}, lang="en").measure("ckp")
    short = base_of(orders_of(("a", "2024-01-15", 1, "M1"), ("a", "2024-12-15", 1, "M1")), parameters={"as_of": "2024-12-31"}, lang="en").measure("ckp")
    for result in (two, short, years(*many(20, 50), lang="en").measure("ckp"), years(*many(5, 50), lang="en").measure("ckp")):
        said = " ".join([result.reason] + [f.text + f.detail + f.action + f.who + f.basis for f in result.findings] + [str({k: v for k, v in b.items() if k not in ("svg", "phone")}) for b in result.blocks])
        assert not any("а" <= c.lower() <= "я" for c in said)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100)), min_size=1, max_size=12))
def test_m1_3_kept_is_never_more_than_the_product_nor_than_all(pairs):
    table = years({f"k{i}": a for i, (a, _b) in enumerate(pairs)}, {f"k{i}": b for i, (_a, b) in enumerate(pairs) if b}).measure("ckp").table
    assert (table["grr"] <= table["nrr"] + 1e-9).all() and (table["grr"] <= 1 + 1e-9).all() and table["base_amount"].sum() == sum(a for a, _b in pairs)
