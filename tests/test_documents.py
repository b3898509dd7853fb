"""A client's tear sheet: exactly one page, his figures, refused in words for a stranger."""

from __future__ import annotations

from pathlib import Path

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


def test_the_letter_that_asks_for_data(tmp_path, capsys):
    import docx

    (tmp_path / "фирма").mkdir()
    assert run(["documents", str(tmp_path / "фирма"), "data_request", "--output-dir", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.split()
    assert sorted(Path(p).name for p in said) == ["data_request.en.docx", "data_request.en.md", "data_request.ru.docx", "data_request.ru.md"]
    for lang, wanted in (("ru", ("Запрос данных", "Битрикс24", "amoCRM", "1С: Бухгалтерия 3.0", "152-ФЗ", "Компания: фирма")), ("en", ("Data request", "Bitrix24", "amoCRM", "1C: Accounting", "Company: фирма"))):
        path = next(p for p in said if p.endswith(f".{lang}.docx"))
        page = docx.Document(path)
        text = "\n".join([p.text for p in page.paragraphs] + [c.text for t in page.tables for r in t.rows for c in r.cells])
        markdown = Path(path.replace(".docx", ".md")).read_text(encoding="utf-8")
        assert all(w in text and w in markdown for w in wanted)
        assert any(p.style.name.startswith("Heading") for p in page.paragraphs) and len(page.tables) == 1 and page.core_properties.language == lang


def test_the_letter_says_the_same_in_both_languages():
    import yaml

    from kbreport.home import templates

    letters = yaml.safe_load((templates() / "data_request.yml").read_text(encoding="utf-8"))
    shape = {lang: [(k, len(v) if isinstance(v, list) else None) for b in letter["blocks"] for k, v in b.items()] for lang, letter in letters.items()}
    assert shape["ru"] == shape["en"]
