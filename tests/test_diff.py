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
