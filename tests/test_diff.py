"""`kbreport diff`: two months of a manager, of a department, two audits; what cannot be compared is refused with its reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kbreport.batch import Options, audit, batch
from kbreport.cli.main import run as cli
from kbreport.diff import diff
from kbreport.errors import InputMissing, InputUnreadable, UsageProblem
from tests.month.companies import sales

pytestmark = pytest.mark.notebooks


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """In December M1's K0 buys 50 000 more, his K1 nothing, a newcomer appears."""
    place = tmp_path_factory.mktemp("diff")
    extra = [["big", "2025-12-19", "M1X00", "M1name00", "M1", 50_000], ["ret", "2025-12-20", "M1X01", "M1name01", "M1", -2_000], ["new", "2025-12-21", "NEW", "Новичок", "M1", 7_000]]
    sales(place / "firm", {"M1": 6, "M2": 6}, extra=extra)
    for period in ("2025-11", "2025-12"):
        assert batch(place / "firm", opts=Options(output_dir=place / "out", period=period, formats=("xlsx",))).exit_code == 0
    return place / "out" / "firm"


def text(found) -> str:
    return "\n".join(found.sentences).replace("\u00a0", " ")


def test_two_months_of_a_manager_in_sentences(runs):
    found = diff(runs / "2025-11" / "managers" / "m1", runs / "2025-12" / "managers" / "m1" / "run.json")
    assert found.moved.before == 21_000 and found.moved.now == 21_000 + 50_000 - 2_000 + 7_000
    assert sum(found.moved.steps.values()) == pytest.approx(found.moved.change) == 55_000
    said = text(found)
    assert "Ноябрь 2025 — 21 тыс., декабрь 2025 — 76 тыс.: продажи выросли на 55 тыс. (+261,9 %)." in said
    assert "2 клиента: «M1name00» +50 тыс., «Новичок» +7 000." in said and "Купили те, кто в прошлый раз не покупал: «Новичок»." in said and "Не купили: «M1name01»." in said


def test_the_order_of_the_two_does_not_matter(runs):
    a, b = runs / "2025-11", runs / "2025-12"
    assert diff(a, b).record == diff(b, a).record
    assert diff(a, b).moved.change == 55_000 and diff(a, b).record["before"]["sales"] == 42_000


def test_the_same_run_twice(runs):
    assert text(diff(runs / "2025-12", runs / "2025-12")).endswith("Отчёты одинаковые.")


def test_json_and_exit_code(runs, capsys):
    assert cli(["diff", str(runs / "2025-11"), str(runs / "2025-12"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["change"] == 55_000.0 and len(record["top_clients"]) <= 5 and set(record["steps"]) == {"clients", "frequency", "check", "mix", "rest"}


def test_two_audits_add_up(tmp_path):
    place = sales(tmp_path / "firm", {"M1": 8}, extra=[["x", "2025-12-27", "M1X03", "M1name03", "M1", 9_999]])
    made = [audit(place, opts=Options(output_dir=tmp_path / "out", period=p, formats=("html",), lang="ru")).folder for p in ("2024", "2025")]
    found = diff(*made)
    assert found.moved.change == 9_999 and found.moved.steps["check"] + found.moved.steps["frequency"] + found.moved.steps["mix"] == pytest.approx(9_999)


def test_what_cannot_be_compared_is_refused(runs, tmp_path):
    one, two = runs / "2025-11" / "managers" / "m1", runs / "2025-12" / "managers" / "m2"
    for a, b, why in ((one, two, "разных менеджеров"), (one, runs / "2025-12", "разного рода")):
        with pytest.raises(UsageProblem, match=why):
            diff(a, b)
    other = shutil.copytree(two, tmp_path / "other")
    record = json.loads((other / "run.json").read_text())
    for change, why in (({"slug": "x"}, "разных компаний"), ({"currency": "USD"}, "разных валютах"), ({"period": record["period"] | {"start": "2025-10-01"}}, "разной длины")):
        (other / "run.json").write_text(json.dumps(record | change))
        with pytest.raises(UsageProblem, match=why):
            diff(two, other)


def until(place: Path, to: Path, last: str, as_of: str | None = None) -> Path:
    """The same report as if its data had ended on that day."""
    record = json.loads((shutil.copytree(place, to) / "run.json").read_text())
    (to / "run.json").write_text(json.dumps(record | {"period": record["period"] | {"end": last}, "as_of": record["as_of"] | {"date": as_of or last}}))
    return to


def test_a_month_that_is_not_over_is_refused_in_either_order(runs, tmp_path):
    whole, before = runs / "2025-12" / "managers" / "m1", runs / "2025-11" / "managers" / "m1"
    half = until(whole, tmp_path / "half", "2025-12-15")
    for a, b in ((half, whole), (whole, half), (before, half)):
        with pytest.raises(UsageProblem, match=r"период 2025-12 ещё не закончился: .* 15\.12\.2025.*--as-of"):
            diff(a, b)


def test_equally_long_beginnings_of_two_months_are_compared_and_named_by_their_days(runs, tmp_path):
    a, b = (until(runs / month / "managers" / "m1", tmp_path / month, f"{month}-20") for month in ("2025-11", "2025-12"))
    assert text(diff(b, a)).startswith("01.11.2025–20.11.2025 — 21 тыс., 01.12.2025–20.12.2025 — 76 тыс.")


def test_one_period_on_two_reporting_dates_is_refused(runs, tmp_path):
    whole = runs / "2025-12" / "managers" / "m1"
    with pytest.raises(UsageProblem, match=r"разными отчётными датами: 31\.12\.2025 и 31\.01\.2026.*--as-of"):
        diff(whole, until(whole, tmp_path / "later", "2025-12-31", "2026-01-31"))


def test_of_one_period_made_twice_the_first_named_is_the_base_and_said_so(runs, tmp_path):
    one = runs / "2025-12" / "managers" / "m1"
    other = shutil.copytree(one, tmp_path / "other")
    record = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps(record | {"vat": "included"}))
    assert f"Период один: сначала {one}, потом {other}." in text(diff(one, other)) and f"сначала {other}, потом {one}." in text(diff(other, one))


def test_a_folder_that_is_no_run(tmp_path, runs):
    with pytest.raises(InputMissing, match="нет run.json"):
        diff(tmp_path, runs / "2025-12")
    broken = shutil.copytree(runs / "2025-12" / "managers" / "m1", tmp_path / "broken")
    (broken / "tables" / "manager_month.csv").unlink()
    with pytest.raises(InputUnreadable, match="не прочитать"):
        diff(broken, broken)


def test_other_settings_are_said(runs, tmp_path):
    other = shutil.copytree(runs / "2025-12" / "managers" / "m1", tmp_path / "other")
    record = json.loads((other / "run.json").read_text())
    (other / "run.json").write_text(json.dumps(record | {"settings": {"abc.a": {"value": 0.7}}, "versions": record["versions"] | {"kbreport": "9"}, "vat": "included", "inputs": []}))
    said = text(diff(runs / "2025-12" / "managers" / "m1", other))
    assert "Настройки разные: abc.a — → 0.7." in said and "разными версиями" in said and "НДС учтён по-разному." in said and "Файлы данных с тех пор изменились" in said


@pytest.mark.parametrize(("slug", "last", "over"), [("2025-12", "2025-12-31", True), ("2025-12", "2025-12-30", False), ("2025-Q4", "2025-12-15", False), ("2025", "2025-12-31", True), ("2024-07..2025-06", "2025-06-29", False),
                                                    ("2024-12-16..2025-12-15", "2025-12-15", True), ("all", "2025-12-15", True)])
def test_the_folders_name_says_whether_a_period_is_over(slug, last, over):
    """A window counted back from the reporting date is over whatever the day."""
    import pandas as pd

    from kbreport.diff import Told

    assert Told(Path(), {"period": {"slug": slug, "start": "2024-01-01", "end": last}}, pd.DataFrame(), 0.0).over is over
