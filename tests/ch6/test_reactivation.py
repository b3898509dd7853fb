"""M6.3 reactivation: order of the list, own probabilities, waves and their effect."""

from __future__ import annotations

import pandas as pd
import pytest

from kbreport.ch6.reactivation import _past_cases
from kbreport.method.enums import BookedAs
from tests.base import base_of, frame, orders_of


def monthly(client, first, last, amount=100):
    return [(client, f"{p}-15", amount) for p in pd.period_range(first, last, freq="M").astype(str)]


def test_m6_3_mini_base_list_and_values(training):
    result = training.measure("reactivation")
    assert result.table[["client_id", "state", "value_amount"]].values.tolist() == [["K04", "sleeping", 150_000.0], ["K06", "lost", 30_000.0], ["K12", "lost", 8_000.0]]
    assert result.tables["one_time"][["client_id", "amount"]].values.tolist() == [["K11", 36_000.0]]


def test_m6_3_the_action_follows_the_state():
    rows = [*monthly("ok", "2023-01", "2024-12"), *monthly("drowsy", "2023-01", "2024-10"), *monthly("asleep", "2023-01", "2024-08"), *monthly("gone", "2023-01", "2023-08")]
    table = base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}).measure("reactivation").table.set_index("client_id")
    assert table["action"].to_dict() == {"drowsy": "service_call", "asleep": "script", "gone": "win_back"}


def test_m6_3_a_closed_client_is_not_called():
    clients = frame(client_id=["gone"], status_manual=["closed"])
    base = base_of(orders_of(*monthly("ok", "2023-01", "2024-12"), *monthly("gone", "2023-01", "2023-08")), clients=clients, parameters={"as_of": "2024-12-31"})
    assert base.measure("reactivation").table.empty


def wave(n_called: int, n_reached: int, n_back: int, as_of="2024-12-31", day="2024-06-03"):
    """Clients who slept; some called, some reached, some of those ordered again."""
    ids = [f"c{i:03d}" for i in range(n_called)]
    rows = [r for c in ids for r in monthly(c, "2022-01", "2023-12")] + [(c, "2024-07-01", 50) for c in ids[:n_back]] + monthly("ok", "2022-01", "2024-12")
    touches = frame(client_id=ids, at=[f"{day} 10:00"] * n_called, kind=["reactivation"] * n_called, campaign=["W"] * n_called, result=["reached" if i < n_reached else "no_answer" for i in range(n_called)])
    return base_of(orders_of(*rows), touches=touches, parameters={"as_of": as_of}).measure("reactivation")


def test_m6_3_worked_example_three_denominators():
    (row,) = wave(40, 25, 12).tables["waves"].to_dict("records")
    assert (row["n_list"], row["n_reached"], row["n_returned"], row["conv_list"], row["conv_reached"], row["returned_amount"]) == (40, 25, 12, 0.3, 0.48, 600.0)


def test_m6_3_an_open_window_is_in_no_rate():
    (row,) = wave(4, 4, 2, as_of="2024-07-31").tables["waves"].to_dict("records")
    assert row["n_in_window"] == 4 and row["n_returned"] == 0 and pd.isna(row["conv_list"])


def test_m6_3_an_open_window_is_in_window_even_if_he_has_ordered():
    table = wave(4, 3, 2, as_of="2024-07-31").tables["touches"]
    assert table["outcome"].tolist() == ["in_window"] * 4 and table["order_date"].notna().sum() == 2
    assert wave(4, 3, 2).tables["touches"]["outcome"].tolist() == ["returned", "returned", "not_returned", "not_reached"]


def test_m6_3_an_order_before_the_call_is_no_success():
    touches = frame(client_id=["a"], at=["2024-06-03 10:00"], kind=["reactivation"], campaign=["W"], result=["reached"])
    result = base_of(orders_of(*monthly("a", "2022-01", "2023-12"), ("a", "2024-06-03", 5), *monthly("ok", "2022-01", "2024-12")), touches=touches, parameters={"as_of": "2024-12-31"}).measure("reactivation")
    assert result.tables["touches"]["outcome"].tolist() == ["not_returned"]


def test_m6_3_own_share_replaces_the_norm_with_twenty_cases():
    sleepers = [r for i in range(30) for r in monthly(f"s{i}", "2021-01", "2022-08")]
    result = base_of(orders_of(*sleepers, *monthly("ok", "2021-01", "2024-12")), parameters={"as_of": "2024-12-31"}).measure("reactivation")
    assert result.table.query("state == 'lost'")["p_return"].unique().tolist() == [0.0]
    (lost,) = [f for f in result.findings if f.code == "reactivation.lost"]
    assert not lost.assumption


def test_m6_3_own_share_leaves_quarter_ends_whose_window_is_open():
    """Quarter ends of 2022-03 … 2024-06 are over on 30 November 2024; that of September has 29 days to go and is no failure."""
    base = base_of(orders_of(*monthly("gone", "2021-01", "2022-08"), *monthly("ok", "2021-01", "2024-11")), parameters={"as_of": "2024-11-30"})
    assert len(_past_cases(base, 90, 12)) == 10 * 2 and len(_past_cases(base, 61, 12)) == 11 * 2 and len(_past_cases(base, 90, 4)) == 4 * 2


def test_m6_3_how_many_quarters_make_the_own_share_is_a_setting():
    """Thirty came back in spring 2023 after a year of silence: the last four quarter ends do not remember it."""
    rows = [r for i in range(30) for r in [*monthly(f"s{i}", "2021-01", "2022-02"), (f"s{i}", "2023-04-15", 5)]]
    p = lambda **own: base_of(orders_of(*rows, *monthly("ok", "2021-01", "2024-12")), parameters={"as_of": "2024-12-31"}, settings=own).measure("reactivation").table.query("state == 'lost'")["p_return"].iloc[0]
    assert p() > 0 and p(**{"reactivation.past_quarters": 4}) == 0


def test_m6_3_money_on_our_own_probability_is_an_assumption(training):
    found = {f.code: f for f in training.measure("reactivation").findings}
    assert found["reactivation.lost"].assumption and found["reactivation.lost"].booked_as == BookedAs.WINBACK and found["reactivation.lost"].money == 38_000
    assert not found["reactivation.sleeping"].assumption and found["reactivation.sleeping"].clients == (("K04", 600_000.0),)


@pytest.mark.parametrize("extra, who, reason", [
    ({"managers": frame(manager_id=["M1"], name=["Иванов"], fired=pd.to_datetime(["2024-03-01"]))}, "head", "manager_left"),
    ({"claims": frame(client_id=["gone"], opened_at=pd.to_datetime(["2024-06-01"]), closed_at=pd.to_datetime([None]))}, "head", "open_claim"),
    ({"touches": frame(client_id=["gone"], at=["2024-12-01"], result=["reached"])}, "same_km", "recent_contact"),
    ({"touches": frame(client_id=["gone"], at=["2024-12-01"], result=["no_answer"])}, "head", "lost"),
])
def test_m6_3_who_calls(extra, who, reason):
    rows = [(*r, "M1") for r in (*monthly("gone", "2023-01", "2023-08"), *monthly("ok", "2023-01", "2024-12"))]
    row = base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}, **extra).measure("reactivation").table.set_index("client_id").loc["gone"]
    assert (row["who"], row["reason"]) == (who, reason)


def test_m6_3_after_two_years_he_is_a_new_client():
    rows = [*monthly("gone", "2020-01", "2022-06"), *monthly("ok", "2020-01", "2024-12")]
    assert base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}).measure("reactivation").table["who"].tolist() == ["am"]


def test_m6_3_the_hold_out_counts_only_if_none_of_it_was_called():
    called, drawn = drawn_of(60)
    (row,) = effect(called, called[:12] + drawn[:2], 60).to_dict("records")
    assert (round(row["net_pp"], 1), round(row["ci_low"], 1), round(row["ci_high"], 1), row["is_visible"]) == (20.0, -3.4, 37.0, False)
    assert effect(called + drawn[:1], called[:12] + drawn[:2], 60).empty


def test_m6_3_closed_clients_are_in_neither_arm_of_a_wave():
    """Twelve more slept then and are marked as closed now: nobody called the first six, the others were called and cannot return."""
    called, drawn = drawn_of(60)
    shut = [f"x{i}" for i in range(12)]
    tables = waves_of(called + shut[6:], called[:12] + drawn[:2], [*called, *drawn, *shut], clients=frame(client_id=shut, status_manual=["closed"] * 12))
    assert tables["waves"].set_index("group")["n_list"].to_dict() == {"list": 40, "hold_out": 20} and round(tables["effect"]["net_pp"].iloc[0], 1) == 20.0
    assert not set(tables["touches"]["client_id"]) & set(shut)


def drawn_of(n: int) -> tuple[list[str], list[str]]:
    """(the rest, the first third by hash) of a list of n clients of wave W."""
    import hashlib

    ids = [f"c{i:03d}" for i in range(n)]
    drawn = sorted(ids, key=lambda c: hashlib.sha256(f"test|W|{c}".encode()).hexdigest())[: n // 3]
    return [c for c in ids if c not in drawn], drawn


def waves_of(people, back, everybody, **kw):
    rows = [r for c in everybody for r in monthly(c, "2022-01", "2023-12")] + [(c, "2024-07-01", 50) for c in back] + monthly("ok", "2022-01", "2024-12")
    touches = frame(client_id=people, at=["2024-06-03 10:00"] * len(people), kind=["reactivation"] * len(people), campaign=["W"] * len(people), result=["reached"] * len(people))
    return base_of(orders_of(*rows), touches=touches, parameters={"as_of": "2024-12-31"}, **kw).measure("reactivation").tables


def effect(people, back, n):
    return waves_of(people, back, [f"c{i:03d}" for i in range(n)])["effect"]
