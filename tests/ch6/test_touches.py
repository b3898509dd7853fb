"""M6.1 touches: norms, capped coverage, silence, who is hungry and overfed, the calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbreport import book, words
from kbreport.ch6 import touches
from kbreport.facts.period import Period, parse_period
from kbreport.method.enums import FindingLevel
from tests.base import base_of, frame, orders_of

MINI = {"K01": "A", "K02": "B", "K03": "A", "K04": "A", "K05": "D", "K06": "CD?", "K07": "C", "K08": "D", "K09": "D", "K10": "D", "K11": "CD?", "K12": "D"}


def monthly(client, first="2023-01", last="2024-12", amount=100, manager="M1"):
    return [(client, f"{p}-15", amount, manager) for p in pd.period_range(first, last, freq="M").astype(str)]


def log(*rows, **more) -> pd.DataFrame:
    """(client, at[, channel, direction, result]) as the table `touches`."""
    filled = [(*r, *("call", "out", "reached")[max(len(r) - 2, 0):]) for r in rows]
    client, at, channel, direction, result = zip(*filled)
    return frame(client_id=list(client), at=list(at), channel=list(channel), direction=list(direction), result=list(result), manager_id=["M1"] * len(rows), **more)


def measured(orders, table, lang="ru", **more):
    parameters = {"as_of": "2024-12-31", "sale_type": "T"} | more.pop("parameters", {})
    return base_of(orders_of(*orders), touches=table, parameters=parameters, lang=lang, **more).measure("touches")


def row(result, client="a"):
    return result.table.set_index("client_id").loc[client]


@pytest.fixture
def mini(training, monkeypatch):
    """The training base with the ABCD classes of METHODS M4.3 (tests/test_training.py holds them to the tables)."""
    monkeypatch.setattr(touches, "classes", lambda base: pd.Series(MINI))
    return touches.Touches().measure(training).tables


# ------------------------------------------------------------------ the training base
def test_m6_1_mini_base_raw_and_capped(mini):
    main = mini["main"]
    assert (main["fact"].sum(), main["norm"].sum()) == (136, 130)
    assert round(136 / 130, 3) == 1.046 and round(np.minimum(main["fact"], main["norm"]).sum() / 130, 3) == 0.538
    total = mini["total"]
    assert (total["norm"].sum(), total["fact"].sum()) == (130, 136) and (total["coverage"] * total["norm"]).sum() == pytest.approx(70)


def test_m6_1_mini_base_hungry_and_overfed(mini):
    by = mini["main"].set_index("client_id")
    assert by.loc[["K03", "K04", "K07"], ["fact", "norm", "feed"]].values.tolist() == [[9, 24.0, "hungry"], [6, 24.0, "hungry"], [5, 18.0, "hungry"]]
    assert by.loc[["K05", "K10"], ["fact", "norm", "feed"]].values.tolist() == [[30, 4.0, "overfed"], [22, 4.0, "overfed"]]
    assert touches.hungriest(mini["main"])["client_id"].tolist() == ["K04", "K07", "K03"]
    over = by[(by["class"] == "D") & (by["feed"] == "overfed")]
    assert (over["fact"] - over["norm"]).to_dict() == {"K05": 26, "K08": 8, "K09": 10, "K10": 18}
    assert by.at["K01", "feed"] == "fed" and by.at["K12", "fact"] == 0


def test_m6_1_mini_base_silence_limits(mini):
    limits = mini["main"].set_index("class")["max_silence_days"].groupby(level=0).first()
    assert {c: int(words.rounded(limits[c])) for c in "ABCD"} == {"A": 23, "B": 46, "C": 30, "D": 137}


def test_m6_1_mini_base_touches_to_move(mini):
    """M1: surplus 4 + 8 + 10, lack 15 + 4; M2: surplus 26 + 18, lack 18 + 13 + 3 + 3."""
    assert mini["total"].set_index("manager_id")["n_move"].to_dict() == {"M1": 19, "M2": 37}


def test_m6_1_mini_base_sentence_and_page_equal_the_table(mini, training):
    method = touches.Touches()
    found = {f.code: f for f in method.findings(mini, training)}
    f = found["touches.coverage"]
    assert f.text == "Касаний 136 при норме 130, но нужным клиентам — только 53,8\u00a0%" and f.level == FindingLevel.WATCH
    assert f.detail == "Перенести 56 касаний с «Опт-Торг», «Кит» и ещё 3 на «ТехноМаш», «СтройГрад» и ещё 1."
    assert f.money == 600_000 + 300_000 + 1_200_000 == sum(m for _c, m in f.clients)
    blocks = method.page(mini, [f], training)
    assert blocks[0]["title"].endswith("53,8\u00a0%") and "104,6\u00a0%" in blocks[0]["lead"]
    n = int((mini["main"]["is_silent"] & mini["main"]["class"].isin(touches.CARED)).sum())
    assert found["touches.silent"].values == {"n": n}


@pytest.mark.skipif("abcd" not in book.places(), reason="ABCD (M4.3) is not in the book yet")
def test_m6_1_mini_base_by_the_measured_abcd(training):
    main = training.measure("touches").table
    assert main.set_index("client_id")["class"].to_dict() == MINI and main["norm"].sum() == 130


def test_m6_1_without_abcd_the_classes_are_a_b_d(training, monkeypatch):
    monkeypatch.setattr(touches, "by_abcd", lambda base: False)
    main = touches.Touches().measure(training).tables["main"]
    abc = training.measure("abc").table.set_index("client_id")["class"]
    assert main.set_index("client_id")["class"].to_dict() == {c: {"A": "A", "B": "B"}.get(k, "D") for c, k in abc.items()}


def test_m6_1_a_leap_year_changes_nothing():
    """2024 has 366 days and the norm is 24 all the same; a quarter asks a quarter of it."""
    table = log(("a", "2024-12-02"))
    assert row(measured(monthly("a"), table, parameters={"period": "2024"}))["norm"] == 24
    assert row(measured(monthly("a"), table, parameters={"period": "2024-Q4"}))["norm"] == 6


# ------------------------------------------------------------------ what counts
@pytest.mark.parametrize("rows, fact, fact_in", [
    ([("a", "2024-05-06 10:00"), ("a", "2024-05-06 15:00")], 1, 0),  # one per client-day-channel
    ([("a", "2024-05-06 10:00"), ("a", "2024-05-06 15:00", "email")], 2, 0),
    ([("a", "2024-05-06", "call", "in"), ("a", "2024-05-07")], 1, 1),
    ([("a", "2024-05-06", "call", "out", "no_answer"), ("a", "2024-05-07")], 1, 0),
    ([("a", "2024-05-06", "call", None, None)], 1, 0),  # a blank direction is ours, a blank result is done
    ([("a", "2024-05-06", "email", "out", "sent")], 1, 0),
    ([("a", "2023-05-06"), ("a", "2024-05-07"), ("a", "2025-01-05")], 1, 0),  # before P and after as_of
])
def test_m6_1_what_counts(rows, fact, fact_in):
    got = row(measured(monthly("a"), log(*rows)))
    assert (got["fact"], got["fact_in"]) == (fact, fact_in)


def test_m6_1_all_directions_count_where_asked():
    table = log(("a", "2024-05-06", "call", "in"), ("a", "2024-05-07"), ("a", "2024-05-08", "call", "in"))
    assert row(measured(monthly("a"), table, settings={"touches.count": "all"}))["fact"] == 3
    assert measured(monthly("a"), table).tables["total"]["own_initiative_share"].tolist() == [pytest.approx(1 / 3)]


def test_m6_1_a_mass_mailing_weighs_nothing_and_reaches_nobody():
    table = log(("a", "2024-05-06", "email"), ("a", "2024-12-20", "email"), campaign=[None, "новинки"], kind=["standard", "standard"])
    result = measured(monthly("a"), table)
    assert row(result)["fact"] == 1 and result.tables["total"]["mass_touches"].tolist() == [1] and row(result)["last_reached_date"] == pd.Timestamp("2024-05-06")


def test_m6_1_a_call_of_a_reactivation_wave_is_no_mass_mailing():
    table = log(("a", "2024-05-06", "email"), campaign=["волна"], kind=["reactivation"])
    assert row(measured(monthly("a"), table))["fact"] == 1


def test_m6_1_the_mix_adds_up_to_the_facts():
    table = log(("a", "2024-05-06"), ("a", "2024-05-07", "email"), ("b", "2024-05-07", None), kind=["standard", None, "deal"])
    result = measured(monthly("a") + monthly("b"), table)
    assert result.tables["mix"]["n_touches"].sum() == result.table["fact"].sum() == 3 and result.tables["mix"]["share"].sum() == pytest.approx(1)


# ------------------------------------------------------------------ silence
def test_m6_1_silence_counts_reached_touches_of_either_direction():
    table = log(("a", "2024-12-01", "call", "in"), ("a", "2024-12-10", "call", "out", "no_answer"), ("a", "2024-12-20", "email", "out", "sent"), ("b", "2024-12-30"))
    got = row(measured(monthly("a") + monthly("b"), table))
    assert got["silence_days"] == 30 and got["is_silent"]


def test_m6_1_silence_is_compared_unrounded():
    """The limit of A is 22.8 days: 22 is not silent, 23 is, although both print near 23."""
    quiet = lambda day: row(measured(monthly("a"), log(("a", day))))["is_silent"]
    assert not quiet("2024-12-09") and quiet("2024-12-08")


def test_m6_1_never_reached_has_no_days_and_is_silent_only_when_the_records_can_tell():
    orders = monthly("a", amount=1000) + monthly("b") + [("young", "2024-12-28", 500, "M1")]
    result = measured(orders, log(("a", "2024-01-09"), ("a", "2024-12-30")))
    old, young = row(result, "b"), row(result, "young")
    assert pd.isna(old["silence_days"]) and pd.isna(old["last_reached_date"]) and old["is_silent"] and old["fact"] == 0
    assert pd.isna(young["silence_days"]) and not young["is_silent"]


# ------------------------------------------------------------------ clients, types, classes
def test_m6_1_closed_and_internal_clients_are_out():
    clients = frame(client_id=["a", "shut", "own"], status_manual=[None, "closed", None], is_internal=[False, None, True])
    result = measured(monthly("a") + monthly("shut") + monthly("own"), log(("a", "2024-12-02"), ("shut", "2024-12-02")), clients=clients)
    assert result.table["client_id"].tolist() == ["a"] and set(result.tables["calendar"]["client_id"]) == {"a"}


@pytest.mark.parametrize("kind, norm, limit", [("T", 24, 22.8125), ("C", 18, 1.5 * 365 / 18), ("S", 18, 1.5 * 365 / 18)])
def test_m6_1_the_norm_follows_the_type_of_sale(kind, norm, limit):
    got = row(measured(monthly("a"), log(("a", "2024-12-02")), parameters={"sale_type": kind}))
    assert got["norm"] == norm and got["max_silence_days"] == pytest.approx(limit)


def test_m6_1_an_unknown_type_follows_the_rhythm():
    table = log(("a", "2024-12-02"))
    slow = [("a", d, 100, "M1") for d in ("2023-01-10", "2023-04-10", "2023-07-10", "2023-10-10", "2024-01-10", "2024-04-10", "2024-07-10", "2024-10-10", "2024-12-30")]
    norm = lambda orders: row(base_of(orders_of(*orders), touches=table, parameters={"as_of": "2024-12-31"}).measure("touches"))["norm"]
    if "sale_type" not in book.places():
        assert (norm(monthly("a")), norm(slow)) == (24, 18)


@pytest.mark.skipif("sale_type" in book.places(), reason="the borders are those of M1.1")
def test_m6_1_the_borders_of_the_rhythm_are_settings():
    norm = lambda **own: row(base_of(orders_of(*monthly("a")), touches=log(("a", "2024-12-02")), parameters={"as_of": "2024-12-31"}, settings=own).measure("touches"))["norm"]
    assert norm() == 24 and norm(**{"touches.rhythm_t_days": 20}) == 18


def test_m6_1_class_by_month_weighs_the_months():
    """`b` overtook `a` in 2024: by month he is A only from the month after it shows."""
    orders = monthly("a", "2022-01", "2023-12", 1000) + monthly("a", "2024-01", "2024-12", 10) + monthly("b", "2022-01", "2023-12", 10) + monthly("b", "2024-01", "2024-12", 1000)
    table = log(("a", "2024-12-02"))
    end, month = measured(orders, table), measured(orders, table, settings={"touches.class_at": "month"})
    assert (row(end, "a")["norm"], row(end, "b")["norm"]) == (4, 24)
    assert 4 < row(month, "a")["norm"] < 24 and 4 < row(month, "b")["norm"] < 24
    assert row(month, "a")["class"] == "D"


@pytest.mark.skipif("abcd" not in book.places(), reason="ABCD (M4.3) is not in the book yet")
def test_m6_1_class_by_month_is_of_abcd_where_a_potential_is_known():
    """The volume of `b` is learnt on 1 July: at seven month starts he is CD? (as D, 4 a year), at five he is C (18 a year)."""
    potential = frame(client_id=["b"], as_of=["2024-07-01"], period_months=[12], purchases_total=[900_000.0], source=["asked"])
    result = measured(monthly("a", amount=1000) + monthly("b", amount=10), log(("a", "2024-12-02")), potential=potential, settings={"touches.class_at": "month"})
    assert row(result, "b")["class"] == "C" and row(result, "b")["norm"] == pytest.approx((7 * 4 + 5 * 18) / 12)
    assert row(result, "a")["class"] == "AB?" and row(result, "a")["norm"] == 24


@pytest.mark.skipif("abcd" not in book.places(), reason="ABCD (M4.3) is not in the book yet")
def test_m6_1_class_by_month_before_the_first_sale_is_d():
    potential = frame(client_id=["a"], as_of=["2024-01-01"], period_months=[12], purchases_total=[900_000.0], source=["asked"])
    result = measured(monthly("a", "2024-05", "2024-12"), log(("a", "2024-12-02")), potential=potential, parameters={"period": "2024"}, settings={"touches.class_at": "month"})
    assert row(result)["norm"] == pytest.approx((5 * 4 + 7 * 24) / 12)


@pytest.mark.parametrize("period, months", [(parse_period("2024"), 12), (parse_period("2024-Q1"), 3), (parse_period("2024-02"), 1),
                                            (Period(parse_period("2024").start, pd.Timestamp("2024-07-01").date(), 12, "2024"), 6),
                                            (Period(parse_period("2024").start, pd.Timestamp("2024-07-16").date(), 12, "2024"), 6 + 15 / 31)])
def test_m6_1_months_of_a_cut_period(period, months):
    assert touches.months_of(period) == pytest.approx(months)


# ------------------------------------------------------------------ status
def test_m6_1_without_touches_it_is_refused():
    result = base_of(orders_of(*monthly("a"))).measure("touches")
    assert result.status == "refused" and "touches" in result.reason and not result.tables


def test_m6_1_a_period_without_any_touch_is_refused_not_zero():
    result = measured(monthly("a"), log(("a", "2023-05-06")))
    assert result.status == "refused" and result.reason == "Касания не посчитаны: за 01.01.2024–31.12.2024 в таблице касаний нет ни одной записи."


def test_m6_1_records_that_begin_inside_the_period_make_it_weak():
    result = measured(monthly("a"), log(("a", "2024-08-05")))
    assert (result.status, result.reason) == ("weak", "касания записаны только с 05.08.2024, а норма взята за весь период")
    assert measured(monthly("a"), log(("a", "2024-01-31"))).status == "ok"


def test_m6_1_touches_without_a_client_or_of_strangers_are_counted_by_reason():
    table = log(("a", "2024-05-06"), ("stranger", "2024-05-06"), (None, "2024-05-07"), (None, "2024-05-07"), (None, "2023-05-07"), ("stranger", "2025-05-06"))
    result = measured(monthly("a"), table)
    assert result.table["client_id"].tolist() == ["a"] and result.tables["total"]["fact"].tolist() == [1] and result.status == "weak"
    assert result.reason == "касания записаны только с 06.05.2024, а норма взята за весь период; не в счёте: 2 касания без клиента, 1 касание неизвестного клиента"
    assert "Не в счёте: 2 касания без клиента, 1 касание неизвестного клиента." in str(result.blocks)
    assert "Not counted: 2 touches without a client, 1 touch of an unknown client." in str(measured(monthly("a"), table, lang="en").blocks)
    his = base_of(orders_of(*monthly("a")), touches=table, parameters={"as_of": "2024-12-31"}, manager="M1").measure("touches")
    assert "Не в счёте: 2 касания без клиента." in str(his.blocks)  # his own calls; the stranger may be anybody's


def test_m6_1_an_internal_client_is_no_stranger():
    table = log(("a", "2024-01-06"), ("own", "2024-05-06"))
    assert measured(monthly("a"), table, parameters={"internal_clients": ("own",)}).reason == "" != measured(monthly("a"), table).reason


def test_m6_1_a_log_of_strangers_only_is_refused_not_zero():
    result = measured(monthly("a"), log(("stranger", "2024-05-06"), (None, "2024-05-07")))
    assert result.status == "refused" and "1 касание без клиента, 1 касание неизвестного клиента, других записей нет" in result.reason and "коды клиентов" in result.reason


def test_m6_1_few_touches_give_no_verdict():
    (f, *_rest) = measured(monthly("a"), log(("a", "2024-12-20")), parameters={"period": "2024-Q4"}).findings
    assert f.level == FindingLevel.INFO


def test_m6_1_a_fed_base_is_good_and_asks_for_nothing():
    table = log(*(("a", f"2024-{m:02d}-{d:02d}") for m in range(1, 13) for d in (3, 17)))
    (f,) = [f for f in measured(monthly("a"), table).findings if f.code == "touches.coverage"]
    assert f.level == FindingLevel.GOOD and not f.action and not f.detail and f.text == "Касаний 24 при норме 24: норма клиентов покрыта на 100,0\u00a0%"


def test_m6_1_one_touch_to_move_has_its_own_plural():
    orders = monthly("a", amount=1000) + monthly("b", amount=1)
    table = log(*(("a", f"2024-{m:02d}-03") for m in range(1, 13)), *(("b", f"2024-{m:02d}-03") for m in range(1, 6)), ("a", "2024-12-20"))
    (f,) = [f for f in measured(orders, table).findings if f.code == "touches.coverage"]
    assert f.detail == "Перенести 1 касание с «b» на «a»."


# ------------------------------------------------------------------ calendar
def test_m6_1_the_next_touch_is_one_interval_later_on_a_working_day():
    """2024-12-20 + 365/24 = 4 January 2025, which is a holiday: the first working day of 2025 is the 9th."""
    got = row(measured(monthly("a"), log(("a", "2024-12-20"))))
    assert got["next_touch_date"] == pd.Timestamp("2025-01-09")
    monday_to_friday = measured(monthly("a"), log(("a", "2024-12-20")), parameters={"calendar": "none"})
    assert row(monday_to_friday)["next_touch_date"] == pd.Timestamp("2025-01-06")


def test_m6_1_a_new_client_is_touched_twice_as_often():
    orders = monthly("old", amount=1000) + [("young", "2024-12-02", 300_000, "M1"), ("young", "2024-12-16", 300_000, "M1")]
    result = measured(orders, log(("old", "2024-12-30"), ("young", "2024-12-30")))
    days = result.tables["calendar"].groupby("client_id")["date"].apply(lambda d: d.diff().dt.days.median())
    assert result.table.set_index("client_id").at["young", "norm"] == 24  # the norm stays whole
    assert days["young"] < 10


def test_m6_1_an_occasion_nearby_takes_the_place_of_the_plain_touch():
    """A D client touched on 2024-12-05 is due on 6 March 2025; the greeting of 8 March falls on Friday the 7th."""
    orders = monthly("a", amount=10_000) + [("d", f"{p}-15", 1, "M1") for p in ("2023-02", "2023-08", "2024-02", "2024-08")]
    result = measured(orders, log(("a", "2024-12-20"), ("d", "2024-12-05")))
    got = row(result, "d")
    assert (got["class"], got["next_touch_date"], got["occasion"]) == ("D", pd.Timestamp("2025-03-07"), "womens_day")


def test_m6_1_the_contract_is_a_mandatory_occasion():
    clients = frame(client_id=["a"], contract_until=pd.to_datetime(["2025-03-20"]))
    calendar = measured(monthly("a"), log(("a", "2024-12-30")), clients=clients).tables["calendar"]
    (hit,) = calendar[calendar["occasion"] == "contract"].to_dict("records")
    assert hit["kind"] == "mandatory" and hit["date"] == pd.Timestamp("2025-01-20")


def test_m6_1_who_sleeps_is_touched_by_the_reactivation_script():
    orders = monthly("a", amount=1000) + monthly("gone", "2023-01", "2023-09")
    calendar = measured(orders, log(("a", "2024-12-30"))).tables["calendar"]
    assert set(calendar.loc[calendar["client_id"] == "gone", "kind"]) == {"reactivation"}


def test_m6_1_a_full_day_moves_the_lower_classes():
    orders = [r for i in range(12) for r in monthly(f"a{i:02d}", amount=1000)] + [r for i in range(12) for r in monthly(f"d{i:02d}", amount=1)]
    result = measured(orders, log(("a00", "2024-01-09")))
    calendar = result.tables["calendar"]
    per_day = calendar.groupby(["manager_id", "date"]).size()
    assert per_day.max() == touches.DAILY
    first = calendar.drop_duplicates("client_id").groupby("class")["date"].max()
    assert first["A"] <= first["D"] and calendar["date"].min() == pd.Timestamp("2025-01-09")


def test_m6_1_the_calendar_starts_after_as_of_and_a_later_touch_has_its_date():
    orders = monthly("a", amount=10_000) + monthly("d", amount=1)
    result = measured(orders, log(("a", "2024-12-20"), ("d", "2024-12-31")), parameters={"sale_type": "S"})
    assert (result.tables["calendar"]["date"] > pd.Timestamp("2024-12-31")).all()
    assert row(result, "d")["next_touch_date"] == pd.Timestamp("2025-07-02")  # 2 a year: beyond the quarter, still told


def test_m6_1_an_unknown_calendar_is_said():
    from kbreport.errors import UsageProblem

    with pytest.raises(UsageProblem, match="Производственного календаря «XX» нет"):
        measured(monthly("a"), log(("a", "2024-12-20")), parameters={"calendar": "XX"})


# ------------------------------------------------------------------ one manager, both languages, always
def test_m6_1_a_manager_sees_his_clients_with_the_classes_of_the_company():
    orders = monthly("big", amount=1000, manager="M1") + monthly("small", amount=1, manager="M2")
    his = base_of(orders_of(*orders), touches=log(("big", "2024-12-02"), ("small", "2024-12-03")), parameters={"as_of": "2024-12-31", "sale_type": "T"}, manager="M2").measure("touches")
    assert his.table[["client_id", "class", "norm"]].values.tolist() == [["small", "D", 4.0]]
    assert his.tables["total"]["manager_id"].tolist() == ["M2"] and set(his.tables["calendar"]["client_id"]) == {"small"} and set(his.tables["mix"]["manager_id"]) == {"M2"}
    assert not [b for b in his.blocks if b["k"] == "table" and b.get("sheet") == "touches.total"]  # no ranking against colleagues


def test_m6_1_english_says_the_same_without_cyrillic():
    orders = monthly("a", amount=1000) + monthly("b", amount=1)
    table = log(*(("b", f"2024-{m:02d}-03") for m in range(1, 13)), ("a", "2024-12-02"))
    result = measured(orders, table, lang="en")
    import json
    import re

    assert result.findings[0].text.startswith("Touches: 13 against a norm of 28")
    assert not re.search("[А-Яа-я]", json.dumps([result.blocks, [f.text + f.detail + f.action + f.who + f.basis for f in result.findings]], ensure_ascii=False))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 365), st.sampled_from(["call", "email"]), st.sampled_from(["out", "in", None]), st.sampled_from(["reached", "no_answer", None])), min_size=1, max_size=40))
def test_m6_1_coverage_never_exceeds_one_nor_the_raw_sum(rows):
    """And moving a touch from the overfed to the hungry never needs more than either side has."""
    orders = [r for i, c in enumerate("abcd") for r in monthly(c, "2024-01", "2024-12", 10 ** i)]
    table = log(*((c, str(pd.Timestamp("2023-12-31") + pd.Timedelta(days=d)), ch, di, re) for c, d, ch, di, re in rows))
    result = measured(orders, table)
    if result.status == "refused":
        return
    total, main = result.tables["total"], result.table
    assert (total["coverage"] <= np.minimum(1, total["raw_fulfilment"]) + 1e-9).all()
    assert total["fact"].sum() == main["fact"].sum() == result.tables["mix"]["n_touches"].sum()
    assert (total["n_move"] <= (main["fact"] - main["norm"]).clip(lower=0).sum()).all() and (total["n_move"] >= 0).all()
    assert main["fulfilment"].equals(main["fact"] / main["norm"]) and main["client_id"].is_unique


def test_m6_1_sample_m02_and_m05_feed_the_small():
    """The planted story: M02 and M05 leave the large under their norm and give the small more than twice theirs; M01 does not."""
    import kbreport as kb

    result = kb.open("sample").measure("touches")
    main = result.table.assign(side=result.table["class"].map(lambda c: "small" if c in ("D", "CD?") else "large" if c in ("A+", "A", "AB?") else "other"))
    sums = main.groupby(["manager_id", "side"])[["fact", "norm"]].sum()
    part = (sums["fact"] / sums["norm"]).unstack()
    assert (part.loc[["M02", "M05"], "large"] < 0.8).all() and (part.loc[["M02", "M05"], "small"] > 2).all() and part.at["M01", "large"] > 0.8
    moved = result.tables["total"].set_index("manager_id")["n_move"].sort_values(ascending=False)
    assert moved.index[0] == "M05" and moved["M02"] > moved["M01"]


def test_m6_1_the_base_panel_shows_the_capped_coverage(training):
    main = training.measure("touches").table
    row = training.measure("base_panel").table.set_index("row").loc["touch_coverage"]
    assert row["value"] == pytest.approx(np.minimum(main["fact"], main["norm"]).sum() / main["norm"].sum()) and row["status"] == "ok"


# ------------------------------------------------------------------ for back-tests
def test_m6_1_the_silence_of_a_past_day_is_what_that_day_would_have_said():
    """Classes, the type of sale and the touches of then: the same run made at that day says the same."""
    rows = [*monthly("a"), *monthly("b", amount=10), *monthly("c", first="2024-03", amount=900)]
    calls = [("a", "2023-11-05"), ("a", "2024-06-20"), ("b", "2024-02-01", "call", "out", "no_answer"), ("c", "2024-05-05"), ("c", "2024-12-01"), ("b", "2024-12-01")]
    base = base_of(orders_of(*rows), touches=log(*calls), parameters={"as_of": "2024-12-31"})
    end = (pd.Timestamp("2024-06-30") - pd.Timestamp(0)).days
    past = base.settings("touches").silence_at(base, [end - 700, end])
    then = base_of(orders_of(*(r for r in rows if r[1] <= "2024-06-30")), touches=log(*(c for c in calls if c[1] <= "2024-06-30")), parameters={"as_of": "2024-06-30"}).measure("touches")
    assert list(past) == [end], "before the first record nothing is known"
    pd.testing.assert_frame_equal(past[end].reset_index(), then.table[["client_id", "silence_days", "max_silence_days"]], check_dtype=False)
    assert past[end].loc["a", "silence_days"] == 10 and np.isnan(past[end].loc["b", "silence_days"])
