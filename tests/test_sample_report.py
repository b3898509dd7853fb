"""docs/sample shows what the code makes today: the same pages with the same words, small enough to read on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

from kbreport.batch import Options, audit

pytestmark = pytest.mark.notebooks
PLACE = Path(__file__).resolve().parents[1] / "docs" / "sample"


def texts(path: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(path).pages]


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_shown_pdf_is_the_one_made_today(lang, tmp_path):
    """Words are compared page by page: the bytes are equal on one machine (test_audit), the last bits of a curve may not be on another."""
    made = audit("sample", opts=Options(output_dir=tmp_path, lang=lang, formats=("pdf",)))
    assert made.status == "ok"
    shown, now = texts(PLACE / f"audit_{lang}.pdf"), texts(made.folder / "audit.pdf")
    assert len(shown) == len(now)
    differ = [i for i, (a, b) in enumerate(zip(shown, now), 1) if a != b]
    assert not differ, f"pages {differ}: run python tools/sample_report.py"


def test_the_shown_files_are_small_and_whole():
    assert all((PLACE / f"audit_{lang}.pdf").stat().st_size <= 3 * 2**19 for lang in ("ru", "en"))
    assert {p.name for p in PLACE.glob("*.png")} == {"summary.png", "abc.png", "retention.png"}
