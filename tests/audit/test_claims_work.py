"""M7.20 claims: the worked example, censoring, repeats, what became of the clients, words, and what must always hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport import tables
from kbreport.audit._claims import median_days
from tests.base import base_of, frame, orders_of
from tests.ch3.said import figure_of, is_english, words_of

AS_OF = "2025-12-31"


def claims(*rows, **extra) -> pd.DataFrame:
    """(client, opened, closed or None[, type])."""
    return pd.DataFrame({"claim_id": [f"r{i}" for i in range(len(rows))], "client_id": [r[0] for r in rows], "opened_at": pd.to_datetime([r[1] for r in rows]),
                         "closed_at": pd.to_datetime([r[2] for r in rows]), "type": [r[3] if len(r) > 3 else "брак" for r in rows]} | extra)


WORKED = claims(*((c, "2025-12-01", f"2025-12-{1 + d:02d}") for c, d in zip("abcd", (2, 3, 5, 12))), ("e", "2025-12-23", None))  # METHODS M7.20


def monthly(client, first="2024-01", last="2025-12", manager="M1"):
    return [(client, f"{p}-15", 100, manager) for p in pd.period_range(first, last, freq="M").astype(str)]


def base(found, who="abcdef", gone=None, **kw):
    """Everybody buys each month; `gone`: client → the month of his last order."""
    rows = [r for i, c in enumerate(who) for r in monthly(c, last=(gone or {}).get(c, "2025-12"), manager=f"M{i % 2}")]
    return base_of(orders_of(*rows), parameters={"as_of": AS_OF, "period": "2025"} | kw.pop("parameters", {}), claims=found, **kw)


def measured(found, *args, **kw):
    return base(found, *args, **kw).measure("claims_work")


def total(result) -> pd.Series:
    return result.table.iloc[0]


def test_m7_20_worked_example():
    row = total(measured(WORKED))
    assert (row["n_claims"], row["n_open"], row["n_closed"], row["within_share"], row["median_days"]) == (5, 1, 4, 0.6, 5.0)
    assert figure_of(measured(WORKED).blocks[0]["title"]) == "В срок закрыто 3 из 5 рекламаций; повторных 0"


@pytest.mark.parametrize("opened, decided", [("2025-12-27", 4), ("2025-12-26", 4), ("2025-12-25", 5)])
def test_m7_20_an_open_claim_younger_than_the_target_is_out(opened, decided):
    """Open for 4, 5 and 6 days with a target of 5."""
    found = WORKED.assign(opened_at=WORKED["opened_at"].where(WORKED["claim_id"] != "r4", pd.Timestamp(opened)))
    assert total(measured(found))["n_decided"] == decided and total(measured(found))["n_within"] == 3


@pytest.mark.parametrize("days, still, median", [
    ([2, 3, 5, 8, 12], [0, 0, 0, 1, 0], 5), ([1, 2, 3, 4], [0] * 4, 2), ([3], [0], 3), ([3, 9], [0, 1], 3), ([3, 9, 9], [0, 1, 1], np.nan), ([5], [1], np.nan), ([1, 5, 5], [1, 0, 0], 5), ([], [], np.nan), ([0, 0, 7], [0, 0, 0], 0),
])
def test_m7_20_the_median_counts_open_claims_as_long_as_they_were_seen(days, still, median):
    assert median_days(np.array(days, "float64"), np.array(still, bool)) == pytest.approx(median, nan_ok=True)


@pytest.mark.parametrize("gap, kind, repeats", [(183, "брак", 1), (184, "брак", 0), (1, "брак", 1), (0, "брак", 0), (30, "недостача", 0)])
def test_m7_20_repeated_is_the_same_client_and_type_within_the_limit(gap, kind, repeats):
    first = pd.Timestamp("2025-03-01")
    found = claims(("a", first, first), ("a", first + pd.Timedelta(days=gap), first + pd.Timedelta(days=gap), kind), ("b", first + pd.Timedelta(days=gap), first + pd.Timedelta(days=gap), kind))
    row = total(measured(found))
    assert row["n_repeat"] == repeats and row["repeat_share"] == pytest.approx(repeats / 3)


def test_m7_20_a_repeat_may_follow_a_claim_before_the_period_and_types_not_given_are_alike():
    found = claims(("a", "2024-12-20", "2024-12-21"), ("a", "2025-01-20", "2025-01-21"))
    assert total(measured(found))["n_claims"] == 1 and total(measured(found))["n_repeat"] == 1
    assert total(measured(found.assign(type=None)))["n_repeat"] == 1 and total(measured(found.drop(columns="type")))["n_repeat"] == 1


def test_m7_20_no_closing_dates_give_counts_only():
    result = measured(WORKED.drop(columns="closed_at"))
    row = total(result)
    assert result.status == "weak" and "дат закрытия" in result.reason and row["n_claims"] == 5 and row["repeat_share"] == 0.0
    assert row[["n_open", "n_closed", "median_days", "within_share"]].isna().all() and result.tables["open"].empty and not result.findings
    assert result.blocks[0]["title"].startswith("За период 5 рекламаций") and measured(WORKED.assign(closed_at=pd.NaT)).status == "weak"


def test_m7_20_a_blank_severity_is_two():
    assert total(measured(WORKED.assign(severity=[1, 3, None, None, None])))["mean_severity"] == 2.0 and total(measured(WORKED))["mean_severity"] == 2.0


def test_m7_20_closed_before_it_was_opened_has_unknown_days():
    found = claims(("a", "2025-12-10", "2025-12-01"), ("b", "2025-12-10", "2025-12-12"))
    assert total(measured(found))[["n_claims", "n_closed", "n_decided", "n_within", "median_days"]].tolist() == [2, 2, 1, 1, 2]


def test_m7_20_what_is_closed_or_opened_after_as_of_is_not_known_yet():
    found = claims(("a", "2025-12-01", "2026-01-05"), ("b", "2026-01-02", "2026-01-03"))
    row = total(measured(found))
    assert row[["n_claims", "n_open", "n_closed"]].tolist() == [1, 1, 0] and measured(found).tables["open"]["age_days"].tolist() == [30]


def test_m7_20_money_is_known_or_missing_never_zero():
    assert total(measured(WORKED.assign(amount=[10.0, 20.0, None, None, None])))["amount"] == 30.0
    result = measured(WORKED)
    assert pd.isna(total(result)["amount"]) and result.tables["clients"]["amount"].isna().all()


def test_m7_20_rows_by_scope():
    found = WORKED.assign(type=["брак", "брак", "брак", "срок", None])
    main = measured(found).table
    assert main[["scope", "n_claims"]].values.tolist() == [["total", 5], ["type", 3], ["type", 1], ["manager_id", 3], ["manager_id", 2]]
    assert main["key"].tolist()[1:] == ["брак", "срок", "M0", "M1"] and pd.isna(main["key"].iloc[0])


def test_m7_20_our_own_firms_do_not_complain():
    cards = frame(client_id=list("abcdef"), is_internal=pd.array([True] + [False] * 5, dtype="boolean"))
    assert total(measured(WORKED, clients=cards))["n_claims"] == 4 and total(measured(WORKED, parameters={"internal_clients": ["b"]}))["n_claims"] == 4


# ------------------------------------------------------------------ what became of them
def test_m7_20_the_state_is_that_of_180_days_after_closing():
    """a stopped in March: lost by September; b buys on; c was closed in August: his window is open; d never closed."""
    found = claims(("a", "2025-03-01", "2025-03-10"), ("b", "2025-03-01", "2025-03-10"), ("c", "2025-08-01", "2025-08-10"), ("d", "2025-03-01", None))
    result = measured(found, gone={"a": "2025-03"})
    by = result.tables["clients"].set_index("client_id")
    assert by.loc[["a", "b"], "state_after"].tolist() == ["sleeping", "active"] and by.loc[["c", "d"], "state_after"].isna().all()
    assert by.at["a", "s12_amount"] == 1200.0
    (gone,) = [f for f in result.findings if f.code == "claims_work.left"]
    assert gone.clients == (("a", 1200.0),) and gone.booked_as == "none" and not gone.assumption and "Ушли после рекламации: «a»" in words_of(result)


def test_m7_20_what_happens_after_the_window_does_not_change_the_state():
    found = claims(("a", "2025-01-05", "2025-01-10"))
    state = lambda last: measured(found, gone={"a": last}).tables["clients"]["state_after"].tolist()
    assert state("2025-07") == state("2025-12") == ["active"]


def test_m7_20_the_last_closing_whose_window_is_over_counts():
    found = claims(("a", "2025-02-01", "2025-02-05"), ("a", "2025-06-01", "2025-06-20"), ("a", "2025-11-01", "2025-11-05"))
    assert measured(found, gone={"a": "2025-06"}).tables["clients"]["state_after"].tolist() == ["sleeping"]


def test_m7_20_the_others_bought_before_and_had_no_claim():
    """f has not bought for two years and is nobody's yardstick; e left as a did, without a claim."""
    found = claims(("a", "2025-03-01", "2025-03-10"), ("b", "2025-11-01", "2025-11-03"))
    after = measured(found, gone={"a": "2025-03", "e": "2025-03", "f": "2024-01"}).tables["after"].set_index("group")
    assert after.loc["claims", ["n_clients", "n_left"]].tolist() == [1, 1] and after.loc["no_claims", ["n_clients", "n_left"]].tolist() == [3, 1]
    assert after["left_share"].tolist() == [1.0, pytest.approx(1 / 3)] and (after["ci_low"] <= after["left_share"]).all()


def test_m7_20_a_difference_is_named_only_where_it_is_seen():
    few = measured(claims(("a", "2025-03-01", "2025-03-10")), gone={"a": "2025-03"})
    assert "— 0 из 5: для вывода мало." in figure_of(words_of(few))
    who = [f"k{i:02d}" for i in range(60)]
    many = measured(claims(*((c, "2025-03-01", "2025-03-10") for c in who[:25])), who, gone=dict.fromkeys(who[:20], "2025-03"))
    assert "ушли 20 из 25 клиентов с рекламацией, без рекламаций за то же время — 0 из 35: чаще." in figure_of(words_of(many))
    same = measured(claims(*((c, "2025-03-01", "2025-03-10") for c in who[:25])), who, gone=dict.fromkeys(who[20:30], "2025-03"))
    assert "5 из 25 клиентов с рекламацией, без рекламаций за то же время — 5 из 35: различие не видно." in figure_of(words_of(same))


def test_m7_20_many_days_are_judged_at_the_end_of_their_week():
    who = [f"k{i:02d}" for i in range(40)]
    days = pd.date_range("2025-02-01", periods=40)
    result = measured(claims(*((c, d, d) for c, d in zip(who, days))), [*who, "z"])
    assert result.tables["clients"]["state_after"].eq("active").all() and len(result.tables["clients"]) == 40


# ------------------------------------------------------------------ words
def test_m7_20_open_claims_older_than_the_period_are_still_open():
    result = measured(pd.concat([WORKED, claims(("f", "2024-06-01", None)).assign(claim_id="old")], ignore_index=True))
    assert result.tables["open"][["claim_id", "age_days", "is_late"]].values.tolist() == [["old", 578, True], ["r4", 8, True]] and total(result)["n_open"] == 1


def test_m7_20_overdue_claims_are_a_finding():
    (f,) = measured(WORKED.assign(amount=[1.0, 1.0, 1.0, 1.0, 500.0])).findings
    assert figure_of(f.text) == "1 рекламация открыта дольше 5 дн." and f.level == "risk" and f.money == 500.0 and f.clients == (("e", 500.0),) and "до 07.01.2026" in f.who and f.action
    (f,) = measured(WORKED).findings
    assert f.money is None and f.basis == ""


def test_m7_20_no_claims_in_the_period_is_insufficient_and_says_so():
    result = measured(claims(("a", "2024-03-01", "2024-03-02")))
    assert result.status == "insufficient" and result.blocks[0]["title"] == "Рекламаций за период нет" and result.table.empty
    assert measured(claims()).status == "insufficient"


def test_m7_20_without_the_table_it_is_refused():
    result = base_of(orders_of(("a", "2025-12-15", 1)), parameters={"as_of": AS_OF}).measure("claims_work")
    assert result.status == "refused" and "claims" in result.reason


def test_m7_20_settings_move_the_rule():
    row = lambda **own: total(measured(WORKED, settings={f"claims_work.{k}": v for k, v in own.items()}))
    assert row(target_days=3)["within_share"] == 0.4 and row(target_days=12)["n_decided"] == 4
    twice = claims(("a", "2025-03-01", "2025-03-02"), ("a", "2025-05-01", "2025-05-02"))
    assert total(measured(twice, settings={"claims_work.repeat_days": 30}))["n_repeat"] == 0
    assert measured(twice, settings={"claims_work.after_days": 300}).tables["clients"]["state_after"].tolist() == ["active"]


def test_m7_20_a_manager_sees_his_clients_only():
    found = pd.concat([WORKED, claims(("b", "2025-02-01", "2025-02-02"), ("a", "2025-02-01", "2025-02-02")).assign(claim_id=["x", "y"])], ignore_index=True)
    mine, whole = measured(found, manager="M1"), measured(found)
    assert mine.tables["clients"]["client_id"].tolist() == ["b", "d"] and total(mine)["n_claims"] == 3 and mine.table.query("scope == 'manager_id'")["key"].tolist() == ["M1"]
    assert mine.tables["after"].empty and mine.tables["clients"].set_index("client_id").at["b", "state_after"] == whole.tables["clients"].set_index("client_id").at["b", "state_after"] == "active"
    assert "«a»" not in words_of(mine) and "По менеджерам" not in words_of(mine) and "По менеджерам" in words_of(whole)


def test_m7_20_the_order_of_rows_does_not_matter():
    one, two = measured(WORKED).tables, measured(WORKED.sample(frac=1, random_state=1)).tables
    for name in one:
        pd.testing.assert_frame_equal(one[name], two[name])


CASES = {"worked": WORKED, "left": claims(("a", "2025-03-01", "2025-03-10")), "none": claims(("a", "2024-03-01", "2024-03-02")), "undated": WORKED.drop(columns="closed_at"),
         "young": claims(("a", "2025-12-30", None), ("b", "2025-12-01", "2025-11-01")), "types": WORKED.assign(type=["x", "x", "y", "y", "z"], amount=5.0)}


@pytest.mark.parametrize("case", CASES)
def test_m7_20_english_has_no_russian_letter(case):
    found = CASES[case].assign(type=CASES[case]["type"].replace("брак", "defect"))
    result = measured(found, gone={"a": "2025-03"}, lang="en")
    assert is_english(words_of(result)) and result.blocks[0]["title"]


def test_m7_20_claims_are_read_from_a_file(tmp_path):
    (tmp_path / "sales.csv").write_text("client_id,order_date,amount\nK1,2025-12-15,100\n")
    (tmp_path / "claims.csv").write_text("Номер рекламации;Клиент;Дата открытия;Дата закрытия;Тип;Тяжесть;Сумма\n1;K1;01.12.2025;05.12.2025;брак;3;100,50\n2;K1;01.12.2025;;;;\n", encoding="utf-8")
    got = tables.load({"orders": tmp_path / "sales.csv", "claims": tmp_path / "claims.csv"}).frames["claims"]
    row = total(measured(got, ["K1"]))
    assert (row["n_claims"], row["n_open"], row["amount"], row["mean_severity"]) == (2, 1, 100.5, 2.5)


# ------------------------------------------------------------------ always
@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 364), st.one_of(st.none(), st.integers(0, 60)), st.sampled_from(["x", "y"])), min_size=1, max_size=20), st.integers(0, 20))
def test_m7_20_what_always_holds(rows, more):
    opened = [pd.Timestamp("2025-01-01") + pd.Timedelta(days=d) for _c, d, _w, _t in rows]
    found = claims(*((c, o, None if w is None else o + pd.Timedelta(days=w), t) for o, (c, _d, w, t) in zip(opened, rows)), ("d", "2025-01-02", "2025-01-03", "z"))
    result = measured(found)
    main, whole = result.table, total(result)
    assert (main["n_open"] + main["n_closed"] == main["n_claims"]).all() and (main["n_within"] <= main["n_decided"]).all() and (main["n_decided"] <= main["n_claims"]).all()
    for scope in ("type", "manager_id"):
        part = main[main["scope"] == scope]
        assert part["n_claims"].sum() == whole["n_claims"] and part["n_within"].sum() == whole["n_within"]
    assert main["within_share"].dropna().between(0, 1).all() and main["repeat_share"].between(0, 1).all() and result.tables["clients"]["n_claims"].sum() == whole["n_claims"]
    longer = total(measured(found, settings={"claims_work.target_days": 5 + more}))
    assert longer["n_within"] >= whole["n_within"] and longer["median_days"] == pytest.approx(whole["median_days"], nan_ok=True)
