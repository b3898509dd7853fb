"""Page 1: each rouble booked once, ranks, the verdict, the reconciliation (METHODS section 1, point 23)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.method import BookedAs, Finding, FindingLevel
from kbreport.method.result import Result
from kbreport.overview import booked, findings_json, overview, reconciled
from tests.base import base_of, orders_of

KINDS = [BookedAs.RISK, BookedAs.REACTIVATION, BookedAs.WINBACK, BookedAs.GROWTH, BookedAs.NONE]
LOSS = KINDS[:3]


def result(*findings):
    r = Result("m", "M0", "0", "t", "ok")
    r.findings = list(findings)
    return r


def finding(code, kind, clients, assumption=False):
    return Finding(code, FindingLevel.RISK, code, money=sum(m for _, m in clients), clients=tuple(clients), booked_as=kind, assumption=assumption)


def test_a_client_is_counted_in_the_finding_that_ranks_first():
    big, small = finding("big", BookedAs.RISK, [("a", 100.0), ("b", 50.0)]), finding("small", BookedAs.REACTIVATION, [("b", 60.0), ("c", 5.0)])
    counted = {b.finding.code: b.money_counted for b in booked([result(small, big)])}
    assert counted == {"big": 150.0, "small": 5.0}


def test_loss_and_gain_are_two_ledgers_and_assumptions_stay_out():
    found = booked([result(finding("loss", BookedAs.RISK, [("a", 10.0)]), finding("gain", BookedAs.GROWTH, [("a", 7.0)]), finding("maybe", BookedAs.WINBACK, [("z", 99.0)], True))])
    assert {b.finding.code: b.money_counted for b in found} == {"loss": 10.0, "gain": 7.0, "maybe": 0.0}
    assert [b.finding.code for b in found] == ["loss", "gain", "maybe"]


CLAIMS = st.lists(st.tuples(st.sampled_from(KINDS), st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 1000)), max_size=6, unique_by=lambda c: c[0]), st.booleans()), max_size=8)


@settings(max_examples=60, deadline=None)
@given(CLAIMS)
def test_no_rouble_is_booked_twice_on_any_set_of_findings(claims):
    findings = [finding(f"f{i}", kind, [(c, float(m)) for c, m in clients], maybe) for i, (kind, clients, maybe) in enumerate(claims)]
    ranked = booked([result(*findings)])
    for side in (LOSS, [BookedAs.GROWTH]):
        mine = [b for b in ranked if b.finding.booked_as in side]
        most: dict[str, float] = {}
        for b in mine:
            for client, money in b.finding.clients:
                most[client] = max(most.get(client, 0.0), money)
        assert sum(b.money_counted for b in mine) <= sum(most.values()) + 1e-6
    assert all(b.money_counted == 0 for b in ranked if b.finding.booked_as == BookedAs.NONE or b.finding.assumption)
    assert [r["rank"] for r in findings_json(ranked, None)] == list(range(1, len(ranked) + 1))


def monthly(client, first, last, amount=100):
    import pandas as pd

    return [(client, f"{p}-15", amount) for p in pd.period_range(first, last, freq="M").astype(str)]


def test_the_headline_names_the_money_that_the_findings_count():
    base = base_of(orders_of(*monthly("a", "2022-01", "2024-10", 5000), *(r for i in range(6) for r in monthly(f"b{i}", "2022-01", "2024-12"))), parameters={"as_of": "2024-12-31", "currency": "RUB"})
    page = overview(base)
    counted = sum(f["money_counted"] for f in page.provenance["findings"])
    assert counted == 60_000.0 and "60" in page.blocks[0]["title"].replace("\u00a0", " ")


def test_the_reconciliation_covers_the_whole_file():
    base = base_of(orders_of(*monthly("a", "2022-01", "2025-03")), parameters={"as_of": "2024-12-31"})
    lines = {x["line"]: x for x in reconciled(base)}
    assert lines["file"]["rows"] == 39 and lines["used"]["rows"] == 12 and lines["after_as_of"]["rows"] == -3 and lines["outside"]["rows"] == -24
    assert sum(x["amount"] for k, x in lines.items() if k not in ("used",)) == lines["used"]["amount"]


def test_a_short_history_compares_with_nothing():
    page = overview(base_of(orders_of(*monthly("a", "2024-06", "2024-12"))))
    assert "сравнить" in page.blocks[0]["title"] or "под угрозой" in page.blocks[0]["title"]
    tiles = next(b for b in page.blocks if b["k"] == "kpis")["items"]
    assert all("▲" not in t.get("delta", "") and "▼" not in t.get("delta", "") for t in tiles)
