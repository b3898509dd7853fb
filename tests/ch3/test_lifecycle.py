"""M3.18 lifecycle: the states of the training base, the floors, seasons, who came back."""

from __future__ import annotations

import pandas as pd
import pytest

from kbreport.method.enums import BookedAs
from tests.base import base_of, frame, orders_of


def monthly(client, first, last, amount=100, day="15"):
    return [(client, f"{p}-{day}", amount) for p in pd.period_range(first, last, freq="M").astype(str)]


def state(base, client="a"):
    return base.measure("lifecycle").table.set_index("client_id").loc[client]


def test_m3_18_mini_base_states(training):
    table = training.measure("lifecycle").table.set_index("client_id")
    assert table["state"].to_dict() == {"K01": "active", "K02": "active", "K03": "active", "K04": "sleeping", "K05": "active", "K06": "lost", "K07": "active", "K08": "active",
                                        "K09": "active", "K10": "active", "K11": "one_time", "K12": "lost"}
    assert round(table.loc["K04", "lateness"], 2) == 5.06 and table.loc["K12", "days_since"] == 387 and round(table.loc["K12", "lateness"], 1) == 4.3
    assert table.loc[["K04", "K06", "K12"], "s12_before"].tolist() == [600_000, 300_000, 80_000]


@pytest.mark.parametrize("as_of, expected", [("2024-07-31", "active"), ("2024-08-31", "falling_asleep"), ("2024-09-30", "sleeping"), ("2024-11-30", "sleeping"), ("2024-12-31", "lost")])
def test_m3_18_a_monthly_buyer_falls_asleep_step_by_step(as_of, expected):
    assert state(base_of(orders_of(*monthly("a", "2023-01", "2024-06")), parameters={"as_of": as_of}))["state"] == expected


def test_m3_18_the_floors_keep_a_frequent_buyer_awake_after_a_holiday():
    weekly = [("a", str(d.date()), 10) for d in pd.date_range("2024-01-01", "2024-11-30", freq="4D")]
    assert state(base_of(orders_of(*weekly), parameters={"as_of": "2024-12-27"}))["state"] == "active"


@pytest.mark.parametrize("as_of, expected", [("2024-08-31", "new"), ("2024-12-31", "one_time"), ("2025-12-31", "lost")])
def test_m3_18_one_order_ever(as_of, expected):
    rows = orders_of(("a", "2024-07-01", 10), *monthly("b", "2023-01", "2025-12"))
    assert state(base_of(rows, parameters={"as_of": as_of}))["state"] == expected


@pytest.mark.parametrize("as_of, expected", [("2024-09-29", "new"), ("2024-09-30", "one_time"), ("2025-07-01", "one_time"), ("2025-07-02", "lost")])
def test_m3_18_one_order_exactly_90_and_365_days_ago_keeps_the_milder_state(as_of, expected):
    rows = orders_of(("a", "2024-07-01", 10), *monthly("b", "2023-01", "2025-12"))
    assert state(base_of(rows, parameters={"as_of": as_of}))["state"] == expected


@pytest.mark.parametrize("silence, expected", [(90, "sleeping"), (91, "lost")])
def test_m3_18_six_rhythms_are_lost_only_after_more_than_90_days(silence, expected):
    last = pd.Timestamp("2024-06-30")
    every_ten = [("a", str((last - pd.Timedelta(days=10 * k)).date()), 10) for k in range(20)]
    as_of = str((last + pd.Timedelta(days=silence)).date())
    assert state(base_of(orders_of(*every_ten), parameters={"as_of": as_of}))["state"] == expected


@pytest.mark.parametrize("silence, expected", [(365, "sleeping"), (366, "lost")])
def test_m3_18_a_year_of_silence_is_lost_only_when_it_is_over(silence, expected):
    """Every 100 days: L = 3.65, and 3 rhythms are less than a year, so the 365 days alone decide."""
    last = pd.Timestamp("2024-06-30")
    rare = [("a", str((last - pd.Timedelta(days=100 * k)).date()), 10) for k in range(6)]
    as_of = str((last + pd.Timedelta(days=silence)).date())
    assert state(base_of(orders_of(*rare), parameters={"as_of": as_of}))["state"] == expected


def test_m3_18_never_bought_is_potential_and_a_contract_is_said():
    clients = frame(client_id=["a", "b", "c"], contract_date=["2020-01-01", "2024-01-01", None])
    base = base_of(orders_of(*monthly("a", "2023-01", "2024-12")), clients=clients)
    assert (state(base, "b")["state"], state(base, "b")["sub_state"], state(base, "b")["state_004"]) == ("potential", "contract_no_shipment", "lost")
    assert (state(base, "c")["state"], state(base, "c")["state_004"], state(base, "a")["state_004"]) == ("potential", "potential", "active")


def test_m3_18_closed_by_hand_wins():
    clients = frame(client_id=["a"], status_manual=["closed"])
    assert state(base_of(orders_of(*monthly("a", "2023-01", "2024-12")), clients=clients))["state"] == "closed"


def test_m3_18_a_seasonal_client_does_not_sleep_in_winter():
    summer = [("s", f"{y}-{m:02d}-10", 100) for y in (2022, 2023, 2024) for m in range(5, 10)]
    base = base_of(orders_of(*summer, *monthly("b", "2022-01", "2025-02")), parameters={"as_of": "2025-02-28"})
    r = state(base, "s")
    assert r["is_seasonal"] and r["state"] == "active" and r["days_since"] == 171


def test_m3_18_a_seasonal_client_who_missed_his_season_is_missed():
    summer = [("s", f"{y}-{m:02d}-10", 100) for y in (2022, 2023, 2024) for m in range(5, 10)]
    base = base_of(orders_of(*summer, *monthly("b", "2022-01", "2025-08")), parameters={"as_of": "2025-08-31"})
    assert state(base, "s")["state"] == "sleeping"


def test_m3_18_who_came_back_is_marked():
    rows = orders_of(*monthly("a", "2023-01", "2023-12"), ("a", "2024-11-15", 100), *monthly("b", "2023-01", "2024-12"))
    base = base_of(rows, parameters={"as_of": "2024-12-31"})
    assert state(base, "a")["is_returned"] and not state(base, "b")["is_returned"]


def test_m3_18_a_seasonal_client_does_not_come_back_every_spring():
    summers = lambda *years: [("s", f"{y}-{m:02d}-10", 100) for y in years for m in range(5, 10)]
    back = lambda *years: state(base_of(orders_of(*summers(*years), *monthly("b", "2021-01", "2024-08")), parameters={"as_of": "2024-08-31"}), "s")["is_returned"]
    assert not back(2022, 2023, 2024), "by the season he never stopped"
    assert back(2021, 2022, 2024), "a season missed is a return"
    assert back(2023, 2024), "one season known: nothing says yet that winter is no silence"


def test_m3_18_states_partition_clients_and_flows_start_where_the_month_before_ended():
    rows = orders_of(*monthly("a", "2023-01", "2024-06"), *monthly("b", "2023-01", "2024-12"), ("c", "2024-05-01", 5), ("d", "2023-01-05", 5))
    result = base_of(rows, parameters={"as_of": "2024-12-31"}).measure("lifecycle")
    assert result.tables["counts"]["n_clients"].sum() == len(result.table) == 4
    flows = result.tables["flows"]
    assert (flows.groupby("month")["n_clients"].sum() == 4).all()
    months = sorted(flows["month"].unique())
    for before, now in zip(months, months[1:]):
        ended = flows[flows["month"] == before].groupby("to_state")["n_clients"].sum()
        started = flows[flows["month"] == now].groupby("from_state")["n_clients"].sum()
        assert ended.to_dict() == started.to_dict()


def test_m3_18_flows_do_not_look_ahead():
    """The states of a past month are the same whether or not the later orders are known."""
    rows = [*monthly("a", "2022-01", "2024-06"), *monthly("b", "2022-01", "2024-12"), ("a", "2024-12-20", 100)]
    late = base_of(orders_of(*rows), parameters={"as_of": "2024-12-31"}).measure("lifecycle").tables["flows"]
    early = base_of(orders_of(*rows), parameters={"as_of": "2024-09-30"}).measure("lifecycle").tables["flows"]
    month = lambda f: f[f["month"] == "2024-09"][["from_state", "to_state", "n_clients"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(month(late), month(early))


def test_m3_18_falling_asleep_is_booked_as_risk_with_what_they_brought():
    base = base_of(orders_of(*monthly("a", "2023-01", "2024-06"), *monthly("b", "2023-01", "2024-08")), parameters={"as_of": "2024-08-31"})
    (found,) = base.measure("lifecycle").findings
    assert found.booked_as == BookedAs.RISK and found.clients == (("a", 1200.0),) and found.money == 1200.0


@pytest.mark.parametrize("rows", [[("a", "2025-12-15", -5)], [("a", "2025-12-15", 5)], [("a", "2025-12-15", 0), ("b", "2025-12-16", 0)], [(f"c{i}", "2025-12-15", -1) for i in range(12)]])
@pytest.mark.parametrize("method", ["abc", "frequency", "retention", "lifecycle", "reactivation"])
def test_m3_tiny_bases_and_all_returns_do_not_crash(rows, method):
    result = base_of(orders_of(*rows), parameters={"as_of": "2025-12-31"}).measure(method)
    assert result.status != "refused" and result.blocks[0]["k"] == "section"
