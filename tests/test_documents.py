"""A client's tear sheet: exactly one page, his figures, refused in words for a stranger."""

from __future__ import annotations

import pytest
from pypdf import PdfReader

import kbreport as kb
from kbreport.cli.main import run
from kbreport.documents import tear_sheet, write_tear_sheet
from kbreport.errors import UsageProblem


@pytest.mark.parametrize("client", ["K01", "K11", "K12"])
def test_the_tear_sheet_is_one_page(training, tmp_path, client):
    files = write_tear_sheet(training, client, tmp_path)
    assert {p.suffix for p in files} == {".html", ".pdf"}
    assert len(PdfReader(next(p for p in files if p.suffix == ".pdf")).pages) == 1


def test_its_figures_are_those_of_the_methods(training):
    sheet = tear_sheet(training, "Металлург-Сервис")
    assert sum(m for _d, m in sheet.months[-12:]) == 2_760_000 and sheet.rhythm_days == 15 and sheet.classes == [("2023", "A"), ("2024", "A")]


def test_a_stranger_is_refused_with_the_closest_name(training):
    with pytest.raises(UsageProblem, match="ТехноМаш"):
        tear_sheet(training, "ТехноМ")


def test_the_command(tmp_path, capsys):
    assert run(["documents", "training", "tear_sheet", "--client", "K04", "--output-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("tekhnomash") == 2
    assert run(["documents", "training"]) == 2 and run(["documents", "training", "poster", "--client", "K04"]) == 2


def test_python_door():
    assert kb.methods()[0].number
