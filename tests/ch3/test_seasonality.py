"""M3.10 seasonality: the quarters of METHODS, short histories, holes, large clients, and what must always hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport.facts.season import seasonal
from tests.base import base_of, orders_of
from tests.ch3.said import figure_of, is_english, words_of

QUARTERS = [80, 105, 132, 115, 96, 125, 156, 135, 112, 145, 180, 155]
SHAPE = [0.5, 0.7, 1.0, 1.1, 1.2, 1.2, 1.0, 1.0, 1.1, 1.3, 0.9, 1.0]


def months(n, start="2023-01"):
    return [str(m) for m in pd.period_range(start, periods=n, freq="M")]


def sold(n, client="a", manager="M1", level=1000.0, growth=1.0, shape=SHAPE, start="2023-01"):
    return [(client, f"{m}-02", round(level * growth**i * shape[int(m[-2:]) - 1], 2), manager) for i, m in enumerate(months(n, start))]


def crowd(n, k=6, **kw):
    """k equal clients, so that none of them is large."""
    return [row for i in range(k) for row in sold(n, f"K{i}", f"M{i % 2}", **kw)]


def measured(rows, as_of, **kw):
    return base_of(orders_of(*rows), parameters={"as_of": as_of} | kw.pop("parameters", {}), **kw).measure("seasonality")


# ------------------------------------------------------------------ the formula
def test_m3_10_quarters_of_methods():
    got = seasonal(np.array(QUARTERS, float), 0, min_full=8, min_weak=4, length=4)
    assert got.index.round(4).tolist() == [0.7999, 0.9962, 1.1999, 1.0040] and got.index.sum() == pytest.approx(4)
    assert got.trend[2:10].tolist() == [110, 114.5, 120, 125.5, 130, 134.5, 140, 145.5] and np.isnan(got.trend[[0, 1, 10, 11]]).all()
    assert got.ratio[2:10].round(4).tolist() == [1.2, 1.0044, 0.8, 0.9960, 1.2, 1.0037, 0.8, 0.9966] and got.n_ratios.tolist() == [2, 2, 2, 2]


def test_m3_10_the_simple_method_lets_the_trend_leak():
    by_year = np.array(QUARTERS, float).reshape(3, 4)
    each = [seasonal(year, 0, min_full=8, min_weak=4, length=4).index for year in by_year]
    assert np.mean(each, axis=0).round(3).tolist() == [0.749, 0.976, 1.219, 1.056]
    got = seasonal(by_year[-1], 0, min_full=8, min_weak=4, length=4)
    assert got.approach == "share" and got.index.tolist() == pytest.approx((by_year[-1] / by_year[-1].mean()).tolist()) and got.index[3] > 1.0040


def test_m3_10_a_median_from_four_ratios_is_not_moved_by_one_odd_year():
    values = np.tile([80.0, 100, 120, 100], 6)
    values[14] = 500  # the strong quarter of one year
    assert seasonal(values, 0, 8, 4, 4).n_ratios.tolist() == [5, 5, 5, 5] and seasonal(values, 0, 8, 4, 4).index[0] == pytest.approx(0.8, abs=0.03)


# ------------------------------------------------------------------ of a company
def test_m3_10_a_steady_year_gives_back_its_shape():
    result = measured(crowd(36), "2025-12-31")
    shape = np.array(SHAPE) / np.mean(SHAPE)
    assert result.status == "ok" and result.table["index"].tolist() == pytest.approx(shape.tolist(), abs=1e-6)
    assert result.table["month_no"].tolist() == list(range(1, 13)) and result.table["n_ratios"].tolist() == [2] * 12
    assert result.table.set_index("rank").loc[[1, 12], "month_no"].tolist() == [10, 1] and result.table["spread"].max() < 1e-9
    assert result.tables["series"][["month", "amount"]].iloc[0].tolist() == ["2023-01", 3000] and len(result.tables["series"]) == 36


def test_m3_10_two_years_hold_one_ratio_and_say_so():
    result = measured(crowd(24), "2024-12-31")
    assert result.status == "ok" and result.table["n_ratios"].tolist() == [1] * 12 and result.table["spread"].isna().all()
    assert "Один год — не сезонность, а один год" in words_of(result)


def test_m3_10_under_two_years_shares_only_and_weak():
    result = measured(crowd(18), "2024-06-30")
    assert result.status == "weak" and set(result.table["status"]) == {"weak"} and "тренд не отделён" in result.reason
    last = np.array([row[2] for row in sold(18)][-12:])
    assert result.table["index"].iloc[5] == pytest.approx(last[-1] / last.mean()) and result.table["index"].sum() == pytest.approx(12)


@pytest.mark.parametrize("n, as_of", [(11, "2023-11-30"), (12, "2023-12-15")])
def test_m3_10_under_a_year_of_whole_months_is_refused(n, as_of):
    result = measured(crowd(n), as_of)
    assert result.status == "refused" and "не меньше 12 полных месяцев, есть 11" in result.reason and not result.tables


def test_m3_10_a_month_that_is_not_over_and_a_late_first_month_are_left_out():
    late = [(c, d, a, m) for c, d, a, m in crowd(38) if d != "2023-01-02"] + [("K0", "2023-01-28", 5, "M0")]
    result = measured(late, "2026-02-15")
    assert result.tables["series"]["month"].iloc[[0, -1]].tolist() == ["2023-02", "2026-01"]
    by_months = [(c, (pd.Timestamp(d) + pd.offsets.MonthEnd(0)).strftime("%Y-%m-%d"), a, m) for c, d, a, m in crowd(24)]
    assert measured(by_months, "2024-12-31").tables["series"]["month"].iloc[0] == "2023-01"


def test_m3_10_one_month_without_sales_is_missing_not_zero():
    rows = [r for r in crowd(24) if not r[1].startswith("2024-05")]
    main = measured(rows, "2024-12-31").table
    assert pd.isna(main["index"].iloc[4]) and main["status"].iloc[4] == "insufficient" and pd.isna(main["rank"].iloc[4]) and main["index"].sum() == pytest.approx(11)
    three = [r for r in crowd(36) if not r[1].startswith("2024-05")]
    assert measured(three, "2025-12-31").table["n_ratios"].iloc[4] == 1  # the other year still speaks


def test_m3_10_two_such_months_refuse():
    rows = [r for r in crowd(36) if not r[1].startswith(("2024-05", "2024-07"))]
    result = measured(rows, "2025-12-31")
    assert result.status == "refused" and "месяцев без продаж — 2" in result.reason
    negative = crowd(36) + [("K0", "2024-05-20", -99_000, "M0"), ("K0", "2024-07-20", -99_000, "M0")]
    assert measured(negative, "2025-12-31").status == "refused"


def test_m3_10_a_new_large_client_is_shown_apart():
    rows = crowd(36) + [("big", f"{m}-03", 4000.0, "M1") for m in months(18, "2024-07")]
    result = measured(rows, "2025-12-31")
    without = result.tables["without_large"]
    assert without["index"].tolist() == pytest.approx((np.array(SHAPE) / np.mean(SHAPE)).tolist(), abs=1e-6)
    assert (result.table["index"] - without["index"]).abs().max() > 0.05 and "«big»" in words_of(result)
    assert measured(crowd(36), "2025-12-31").tables["without_large"].empty


def test_m3_10_a_company_of_large_clients_only_does_not_crash():
    result = measured(sold(36), "2025-12-31")
    assert result.status == "ok" and result.tables["without_large"]["index"].isna().all() and "не хватает, чтобы её посчитать" in words_of(result)


def test_m3_10_all_months_count_whatever_the_period():
    whole, month = measured(crowd(36), "2025-12-31"), measured(crowd(36), "2025-12-31", parameters={"period": "2025-12"})
    assert whole.table.equals(month.table)


def test_m3_10_sales_per_working_day():
    flat = [(c, d, round(100.0 * len(pd.bdate_range(d[:8] + "01", periods=1)) * n, 2), m) for (c, d, _a, m), n in
            ((r, len(pd.bdate_range(pd.Timestamp(r[1]).replace(day=1), pd.Timestamp(r[1]) + pd.offsets.MonthEnd(0)))) for r in crowd(36))]
    plain = measured(flat, "2025-12-31", parameters={"calendar": "none"})
    per_day = measured(flat, "2025-12-31", parameters={"calendar": "none"}, settings={"seasonality.workday_correction": True})
    assert np.ptp(plain.table["index"]) > 0.05 and np.ptp(per_day.table["index"]) < 1e-6
    assert "на рабочий день" in words_of(per_day) and "на рабочий день" not in words_of(plain)


# ------------------------------------------------------------------ words
def test_m3_10_names_the_months_and_the_next_plan():
    result = measured(crowd(36), "2025-12-31")
    (f,) = result.findings
    assert f.text == "Сильные месяцы: май, июнь, октябрь; слабые: январь, февраль, ноябрь" and f.level == "info" and f.money is None
    assert f.action == "План на январь умножать на 0,50, а не делить год на 12" and f.values["next_index"] == pytest.approx(result.table["index"].iloc[0], abs=1e-6)
    assert figure_of(result.blocks[0]["title"]) == "Сильнее всего май, июнь, октябрь; слабее всего январь: 0,50 обычного месяца"
    assert "на январь" in words_of(result).split("Чистку базы")[1]


def test_m3_10_a_month_its_years_disagree_about_is_not_called_strong():
    rows = crowd(36, shape=[1.0] * 12) + [("K0", "2024-03-05", 2500.0, "M0"), ("K1", "2025-03-05", -2000.0, "M1")]
    result = measured(rows, "2025-12-31")
    assert "март" not in result.blocks[0]["title"] and result.table["spread"].iloc[2] > 0.3


def test_m3_10_a_flat_year_has_no_season_and_no_advice():
    result = measured(crowd(36, shape=[1.0] * 12), "2025-12-31")
    assert "Сезонности не видно" in result.blocks[0]["title"] and not result.findings[0].action and not any(b["k"] == "action" for b in result.blocks)


def test_m3_10_a_manager_sees_the_companys_index_and_his_own_sales():
    rows = crowd(36) + [("big", f"{m}-03", 4000.0, "M1") for m in months(18, "2024-07")]
    mine, whole = measured(rows, "2025-12-31", manager="M0"), measured(rows, "2025-12-31")
    assert mine.table["index"].tolist() == whole.table["index"].tolist() and set(mine.tables) == {"main", "series"}
    assert mine.tables["series"]["amount"].iloc[0] == 3 * 500 and "big" not in words_of(mine)
    assert "Индекс — всей компании" in words_of(mine) and "Чистку базы" not in words_of(mine)


@pytest.mark.parametrize("rows, as_of", [(crowd(36), "2025-12-31"), (crowd(24), "2024-12-31"), (crowd(13), "2024-01-31"), (crowd(3), "2023-03-31"), (sold(36), "2025-12-31"),
                                         (crowd(36, shape=[1.0] * 12), "2025-12-31"), (crowd(36, growth=0.98), "2025-12-31"), (crowd(36)[1:], "2025-11-30")])
def test_m3_10_english_has_no_russian_letter(rows, as_of):
    assert is_english(words_of(measured(rows, as_of, lang="en")))


def test_m3_10_the_sample_has_its_weak_january():
    import kbreport as kb

    result = kb.open("sample").measure("seasonality")
    assert result.table.set_index("rank").loc[12, "month_no"] == 1 and result.table["index"].iloc[0] < 0.65 and result.table["n_ratios"].tolist() == [2] * 12


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 100_000), min_size=24, max_size=60), st.integers(0, 11), st.integers(2, 50))
def test_m3_10_indices_add_up_and_do_not_know_the_scale(amounts, first, factor):
    got, more = seasonal(np.array(amounts, float), first), seasonal(np.array(amounts, float) * factor, first)
    assert got.index.sum() == pytest.approx(12) and (got.index > 0).all() and got.index == pytest.approx(more.index)
    assert got.n_ratios.sum() == len(amounts) - 12 and (np.nan_to_num(got.spread) >= 0).all()


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(48)))
def test_m3_10_the_order_of_rows_does_not_matter(order):
    rows = crowd(24, k=2)
    assert measured([rows[i] for i in order], "2024-12-31").table.equals(measured(rows, "2024-12-31").table)
