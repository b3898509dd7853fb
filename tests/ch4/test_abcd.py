"""M4.3 abcd: worked examples, cuts, marks, unknown volumes, and what must always hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport import charts
from kbreport.method.enums import BookedAs
from tests.base import base_of, frame, orders_of
from tests.ch4.companies import AS_OF, company, russian, said, volumes

EIGHT = ({"c1": 400, "c2": 300, "c3": 150, "c4": 50, "c5": 40, "c6": 30, "c7": 20, "c8": 10},
         {"c1": 1000, "c2": 320, "c3": 500, "c4": 450, "c5": 60, "c6": 330, "c7": 25, "c8": None})


def classes(result):
    return dict(zip(result.table["client_id"], result.table["class"]))


def by_id(result):
    return result.table.set_index("client_id")


# ------------------------------------------------------------------ examples
def test_m4_3_worked_example():
    result = company(*EIGHT).measure("abcd")
    assert classes(result) == {"c1": "A", "c2": "B", "c3": "A", "c4": "C", "c5": "D", "c6": "C", "c7": "D", "c8": "CD?"}
    table = by_id(result)
    assert table["sales_cum_prev"].round(3).tolist()[:4] == [0, 0.4, 0.7, 0.85]
    assert table.loc[["c1", "c4", "c3", "c6"], "free_cum_prev"].round(3).tolist() == [0, 0.354, 0.59, 0.796]


def test_m4_3_mini_base(training):
    result = training.measure("abcd")
    assert classes(result) == {"K01": "A", "K02": "B", "K03": "A", "K04": "A", "K05": "D", "K06": "CD?", "K07": "C", "K08": "D", "K09": "D", "K10": "D", "K11": "CD?", "K12": "D"}
    table = by_id(result)
    assert table.index[table["is_borderline_potential"]].tolist() == ["K08"] and table.index[table["is_borderline_sales"]].tolist() == ["K05"]
    assert table.index[table["is_a_plus_candidate"]].tolist() == ["K01"]


def test_m4_3_mini_base_touches_by_class(training):
    by = training.measure("abcd").tables["by_class"].set_index("class")["touches"]
    assert by["D"] == 78 and by.sum() == 136


def test_m4_3_free_and_total_axis_differ_for_a_saturated_client():
    cuts = {"abcd.cut": "absolute", "abcd.sales_cut": 300, "abcd.potential_cut": 300}
    sales, purchases = {"k": 700, "m": 100}, {"k": 720, "m": 120}
    assert classes(company(sales, purchases, settings=cuts).measure("abcd"))["k"] == "B"
    assert classes(company(sales, purchases, settings=cuts | {"abcd.potential_axis": "total"}).measure("abcd"))["k"] == "A"


def test_m4_3_absolute_cut_is_high_from_the_border_on_and_needs_both():
    cuts = {"abcd.cut": "absolute", "abcd.sales_cut": 100, "abcd.potential_cut": 50}
    assert classes(company({"a": 100, "b": 99}, {"a": 150, "b": 148}, settings=cuts).measure("abcd")) == {"a": "A", "b": "D"}
    refused = company({"a": 100}, {"a": 150}, settings={"abcd.cut": "absolute", "abcd.sales_cut": 100}).measure("abcd")
    assert refused.status == "refused" and "границы не заданы" in refused.reason


def test_m4_3_median_cut_is_of_the_positive_values():
    result = company({"a": 10, "b": 20, "c": 30, "d": 0}, {"a": 11, "b": 40, "c": 32, "d": 0}, settings={"abcd.cut": "median"}).measure("abcd")
    assert classes(result) == {"a": "D", "b": "A", "c": "A", "d": "D"}


# ------------------------------------------------------------------ unknown volumes
def test_m4_3_without_the_table_everything_is_asked_and_nothing_developed():
    result = company({"a": 100, "b": 10, "c": 0}).measure("abcd")
    assert classes(result) == {"a": "AB?", "b": "CD?", "c": "CD?"} and result.table["free_amount"].isna().all()
    assert result.status == "weak" and result.blocks[0]["title"].startswith("Сначала выяснить объёмы")
    assert "У кого выяснить первым" in said(result) and [f.code for f in result.findings] == ["abcd.unknown"] and set(result.table["strategy"]) == {"find_volume"}


@pytest.mark.parametrize("known, headline", [(61, False), (59, True)])
def test_m4_3_over_forty_percent_unknown_the_headline_is_to_ask(known, headline):
    result = company({"a": known, "b": 100 - known}, {"a": 500}).measure("abcd")
    assert result.blocks[0]["title"].startswith("Сначала выяснить") == headline
    assert ("abcd.develop" in {f.code for f in result.findings}) != headline


def test_m4_3_no_free_volume_at_all_leaves_b_and_d():
    result = company({"a": 100, "b": 10}, {"a": 100, "b": 10}).measure("abcd")
    assert classes(result) == {"a": "B", "b": "D"} and "свободного объёма нет" in result.blocks[0]["title"]
    assert result.table["free_cum_prev"].isna().all()


def test_m4_3_returns_with_a_known_volume_are_low_sales():
    rows = orders_of(("a", "2025-12-10", 100), ("a", "2023-06-10", 1), ("b", "2023-06-10", 50), ("b", "2025-12-10", -20))
    result = base_of(rows, potential=volumes({"a": 150, "b": 900}), parameters=AS_OF).measure("abcd")
    assert classes(result) == {"a": "B", "b": "C"} and by_id(result).loc["b", "free_amount"] == 900 and by_id(result).loc["b", "state"] == "lost"


def test_m4_3_thousands_stop_the_matrix():
    sales = {f"K{i}": 100_000 * (i + 1) for i in range(6)}
    result = company(sales, {c: s / 1000 * 2 for c, s in sales.items()}).measure("abcd")
    assert "единицы" in result.blocks[0]["title"] and "в тысячах: у 6 из 6" in said(result) and not result.findings


def test_m4_3_a_mostly_understated_base_is_asked_again():
    result = company({"a": 1000, "b": 10}, {"a": 900, "b": 50}).measure("abcd")
    assert result.blocks[0]["title"].startswith("Сначала переспросить объёмы") and classes(result)["a"] == "B"


def test_m4_3_an_old_volume_counts_and_is_marked():
    result = company({"a": 100}, {"a": 300}, kw_volumes={"as_of": pd.Timestamp("2024-01-01")}).measure("abcd")
    assert result.table[["class", "potential_status"]].values.tolist() == [["A", "stale"]]


# ------------------------------------------------------------------ young, A+, closed
def newcomer(first, n, volume=1200):
    """Bought 100 in `n` orders since `first`; an old client sells 1000 and is saturated."""
    days = pd.date_range(first, "2025-12-20", periods=n).strftime("%Y-%m-%d")
    rows = [("new", d, 100 / n) for d in days] + [("old", d, 500) for d in ("2023-06-10", "2025-02-10", "2025-12-10")]
    return by_id(base_of(orders_of(*rows), potential=volumes({"new": volume, "old": 1000}), parameters=AS_OF).measure("abcd")).loc["new"]


def test_m4_3_a_young_client_is_brought_to_a_year():
    row = newcomer("2025-09-22", 4)  # 100 days of life
    assert row["is_young"] and row["year_amount"] == pytest.approx(365) and row["free_amount"] == pytest.approx(1200 - 365) and row["amount"] == pytest.approx(100)


@pytest.mark.parametrize("first, n", [("2025-09-22", 2), ("2025-10-20", 5)])
def test_m4_3_too_young_stays_as_he_is(first, n):
    row = newcomer(first, n)
    assert row["is_young"] and row["year_amount"] == pytest.approx(100)


def test_m4_3_a_saturated_newcomer_is_not_developed():
    row = newcomer("2025-09-22", 4, volume=365)
    assert row["free_amount"] == pytest.approx(0) and row["class"] in "BD"


def test_m4_3_a_plus_is_by_hand_and_the_candidate_keeps_a():
    sales, purchases = {"a": 100, "b": 90, "c": 1}, {"a": 900, "b": 800, "c": 2}
    assert classes(company(sales, purchases).measure("abcd")) == {"a": "A", "b": "A", "c": "D"}
    assert classes(company(sales, purchases, settings={"abcd.a_plus": "auto"}).measure("abcd"))["a"] == "A+"
    marked = frame(client_id=["a", "b", "c"], is_strategic=[False, True, True])
    result = company(sales, purchases, clients=marked).measure("abcd")
    assert classes(result) == {"a": "A", "b": "A+", "c": "D"}, "only a client of class A is A+"
    assert "1 кандидат в A+" in said(result)


def test_m4_3_a_closed_firm_has_no_strategy_and_no_money():
    result = company({"a": 100, "b": 50}, {"a": 900, "b": 900}, clients=frame(client_id=["a"], status_manual=["closed"])).measure("abcd")
    assert pd.isna(by_id(result).loc["a", "strategy"])
    (develop,) = [f for f in result.findings if f.code == "abcd.develop"]
    assert [c for c, _m in develop.clients] == ["b"]


# ------------------------------------------------------------------ migration
def test_m4_3_migration_knows_nothing_that_was_learned_later():
    rows = [(c, f"{y}-{m:02d}-10", 100) for c in ("a", "b") for y in (2023, 2024, 2025) for m in range(1, 13)] + [("late", "2025-11-10", 5)]
    potential = frame(client_id=["a", "a", "b"], as_of=["2024-06-01", "2025-06-01", "2025-06-01"], purchases_total=[5000.0, 1200.0, 5000.0], period_months=12, source="asked")
    moved = base_of(orders_of(*rows), potential=potential, parameters=AS_OF).measure("abcd").tables["migration"]
    assert moved.astype(object).where(moved.notna(), None)[["from_class", "to_class", "n_clients"]].values.tolist() == [["A", "B", 1], ["AB?", "A", 1], [None, "CD?", 1]]


def test_m4_3_one_year_of_history_has_no_migration():
    rows = [("a", f"2025-{m:02d}-10", 100) for m in range(1, 13)]
    assert "migration" not in base_of(orders_of(*rows), potential=volumes({"a": 5000}), parameters=AS_OF).measure("abcd").tables


# ------------------------------------------------------------------ money and words
def test_m4_3_growth_leaves_out_who_belongs_to_reactivation(training):
    """K04 sleeps: his 900 000 are booked by reactivation, not here."""
    (develop,) = [f for f in training.measure("abcd").findings if f.code == "abcd.develop"]
    assert develop.booked_as == BookedAs.GROWTH and develop.money == 7_140_000 == sum(m for _c, m in develop.clients)
    assert {c for c, _m in develop.clients} == {"K01", "K03", "K07"} and develop.values == {"n": 3}


def test_m4_3_figures_of_the_headline_equal_the_table(training):
    result = training.measure("abcd")
    table = result.table
    mine = table[table["class"].isin(["A", "A+", "C"]) & table["state"].isin(["active", "falling_asleep", "new"])]
    assert result.blocks[0]["title"].startswith(f"{len(mine)} клиент") and "7,1" in result.blocks[0]["title"] and round(mine["free_amount"].sum() / 1e6, 1) == 7.1


def test_m4_3_a_manager_sees_his_clients_with_the_classes_of_the_company():
    rows = [(c, d, 50, m) for c, m in (("a", "M1"), ("b", "M2"), ("c", "M1")) for d in ("2023-06-10", "2025-12-10")] + [("b", "2025-12-11", 9000, "M2")]
    mine = base_of(orders_of(*rows), potential=volumes({"a": 60, "b": 9100, "c": 5000}), manager="M1", parameters=AS_OF).measure("abcd")
    assert classes(mine) == {"a": "D", "c": "C"} and "migration" not in mine.tables
    assert mine.tables["by_class"]["n_clients"].sum() == 2 and mine.tables["by_class"]["amount"].sum() == 100


@pytest.mark.parametrize("kw", [{}, {"settings": {"abcd.potential_axis": "total", "abcd.cut": "median"}}])
def test_m4_3_english_has_no_russian_letter(kw):
    for sales, purchases in (EIGHT, ({"a": 100}, None), ({"a": 1000, "b": 10}, {"a": 900, "b": 50}), ({"a": 100, "b": 10}, {"a": 100, "b": 10})):
        result = company(sales, purchases, lang="en", **kw).measure("abcd")
        assert not russian(said(result) + result.reason)


# ------------------------------------------------------------------ the map
def boxes(figure):
    """Boxes of the names on the map, in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    (ax,) = figure.axes
    return [t.get_window_extent(renderer) for t in ax.texts if t.get_fontsize() < 7 and t.get_text()]


@pytest.mark.parametrize("n", [12, 90, 1200])
@pytest.mark.parametrize("w", [180, 88])
@pytest.mark.parametrize("sized", [False, True])
def test_m4_3_names_of_the_map_never_overlap(n, w, sized):
    rng = np.random.default_rng(7)
    sales, free = np.exp(rng.normal(12, 1.6, n)), np.exp(rng.normal(12, 1.6, n))
    letters = np.select([(sales > 4e5) & (free > 4e5), sales > 4e5, free > 4e5], ["A", "B", "C"], "D").tolist()
    figure = charts.abcd(sales, free, letters, [f"ООО «Северная компания {i}»" for i in range(n)], 4e5, 4e5, sizes=sales if sized else None, notes=dict.fromkeys("ABCD", "13 клиентов · 86,4 млн"), w=w)
    found = boxes(figure)
    named = sum(letter != "D" for letter in letters)
    assert min(named, 4) <= len(found) + (n == 12) and len(found) <= 28
    shrunk = [(b.x0 + 1, b.y0 + 1, b.x1 - 1, b.y1 - 1) for b in found]
    for i, a in enumerate(shrunk):
        assert not [b for b in shrunk[i + 1:] if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]


# ------------------------------------------------------------------ always
BASES = st.lists(st.tuples(st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 10**7))), min_size=1, max_size=14)


def of(pairs, **kw):
    ids = [f"K{i:02d}" for i in range(len(pairs))]
    return company({c: s for c, (s, _t) in zip(ids, pairs)}, {c: t for c, (_s, t) in zip(ids, pairs) if t is not None} or {"nobody": 1}, **kw).measure("abcd")


@settings(max_examples=10, deadline=None)
@given(BASES, st.sampled_from(["pareto", "median"]))
def test_m4_3_classes_partition_and_an_unknown_volume_is_never_b_or_d(pairs, cut):
    table = of(pairs, settings={"abcd.cut": cut}).table
    unknown = pd.Series([t is None for _s, t in pairs])
    assert len(table) == len(pairs) and (table["class"].isin(["AB?", "CD?"]) == unknown).all()
    assert table.loc[unknown, ["free_amount", "wallet", "free_cum_prev"]].isna().all(axis=None)
    assert (table["strategy"] == "find_volume").eq(unknown).all()


@settings(max_examples=10, deadline=None)
@given(BASES)
def test_m4_3_a_saturated_client_is_never_developed(pairs):
    table = of(pairs).table
    full = table["free_amount"].eq(0)
    assert not (table.loc[full, "strategy"] == "develop").any() and set(table.loc[full, "class"]) <= {"B", "D"}
    assert table.loc[table["strategy"] == "develop", "free_amount"].gt(0).all()


@settings(max_examples=6, deadline=None)
@given(BASES, st.integers(2, 1000))
def test_m4_3_the_unit_of_money_does_not_matter(pairs, factor):
    scaled = [(s * factor, None if t is None else t * factor) for s, t in pairs]
    assert of(pairs).table["class"].tolist() == of(scaled).table["class"].tolist()


@settings(max_examples=6, deadline=None)
@given(BASES)
def test_m4_3_sums_by_class_are_the_money_of_the_clients(pairs):
    result = of(pairs)
    by = result.tables["by_class"]
    assert by["n_clients"].sum() == len(pairs) and by["amount"].sum() == pytest.approx(sum(s for s, _t in pairs))
    assert by["free_amount"].sum() == pytest.approx(result.table["free_amount"].sum())


@pytest.mark.parametrize("sales", [{"a": 5}, {"a": 0}, {"a": 0, "b": 0}])
@pytest.mark.parametrize("purchases", [None, {"a": 0}, {"a": 5}, {"a": None}])
def test_m4_3_tiny_bases_do_not_crash(sales, purchases):
    result = company(sales, purchases).measure("abcd")
    assert len(result.table) == len(sales) and result.blocks


@pytest.mark.parametrize("low, marked", [(80, True), (79.99, False), (0, False)])
def test_m4_3_a_low_client_at_exactly_the_border_share_is_marked(low, marked):
    """High: 700 and 100 (cum_prev 0 and at most 87.5 % < 88 %); the border is 0.8 × 100 on either axis."""
    from kbreport.ch4._classes import Rules, classified

    values = [700.0, 100.0, float(low), 0.0]
    clients = pd.DataFrame({"client_id": list("abcd"), "year_amount": values, "purchases_amount": values, "free_amount": values})
    out = classified(clients, Rules(share=0.88), pd.Series([False] * 4))
    assert out["is_borderline_sales"].tolist() == out["is_borderline_potential"].tolist() == [False, False, marked, False]
