"""Working days: official holidays, moved days, Monday to Friday without a calendar."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from kbreport import words
from kbreport.errors import UsageProblem
from kbreport.facts.workdays import last_workday_before, next_workday, workdays


def test_the_russian_year_2024_has_248_working_days_with_its_working_saturdays():
    days = workdays(date(2024, 1, 1), date(2024, 12, 31))
    assert len(days) == 248 and pd.Timestamp("2024-04-27") in days and pd.Timestamp("2024-04-29") not in days and days[0] == pd.Timestamp("2024-01-09")


@pytest.mark.parametrize("year, n", [(2023, 247), (2025, 247)])
def test_other_years(year, n):
    assert len(workdays(date(year, 1, 1), date(year, 12, 31))) == n


def test_without_a_calendar_monday_to_friday():
    assert len(workdays(date(2024, 1, 1), date(2024, 1, 7), "none")) == 5


def test_the_next_and_the_last_before():
    days = workdays(date(2024, 12, 20), date(2025, 1, 31))
    asked = pd.Series(pd.to_datetime(["2025-01-04", "2025-01-10", None, "2025-03-01"]))
    assert [words.day(d) for d in next_workday(asked, days)] == ["09.01.2025", "10.01.2025", "н/д", "н/д"]
    assert last_workday_before(date(2025, 1, 1), days) == pd.Timestamp("2024-12-28") and last_workday_before(date(2024, 12, 20), days) is None


def test_an_unknown_country_is_said_with_a_remedy():
    with pytest.raises(UsageProblem) as problem:
        workdays(date(2024, 1, 1), date(2024, 1, 7), "XX")
    assert str(problem.value) == "Производственного календаря «XX» нет. Можно: код страны (RU, BY, KZ …) или none — понедельник–пятница."
