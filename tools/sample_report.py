"""docs/sample/: the audit of the sample company as PDF in both languages and three page images for the README.

    python tools/sample_report.py          (make sample-report)

The PDF is made by `kbreport audit`; the images need pdftoppm (poppler).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from kbreport.batch import Options, audit

OUT = Path(__file__).resolve().parents[1] / "docs" / "sample"
PAGES = {"summary": "Что мы нашли", "abc": "3.2 · ABC-анализ", "retention": "Удержание: компания, менеджеры"}


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for lang in ("ru", "en"):
            outcome = audit("sample", opts=Options(output_dir=Path(folder) / lang, lang=lang, formats=("pdf",)))
            if outcome.status != "ok":
                print(outcome.error or outcome.record.get("error"), file=sys.stderr)
                return 1
            shutil.copyfile(outcome.folder / "audit.pdf", OUT / f"audit_{lang}.pdf")
    for name, number in zip(PAGES, page_numbers()):
        subprocess.run(["pdftoppm", "-r", "70", "-f", str(number), "-l", str(number), "-singlefile", "-png", str(OUT / "audit_ru.pdf"), str(OUT / name)], check=True, stderr=subprocess.DEVNULL)
    return 0


def page_numbers() -> list[int]:
    """Where the pages of the README stand in the Russian PDF: the first page after the contents that names each section."""
    from pypdf import PdfReader

    texts = ["".join(page.extract_text().split()) for page in PdfReader(OUT / "audit_ru.pdf").pages]
    wanted = {name: "".join(title.split()) for name, title in PAGES.items()}
    return [next(i for i, text in enumerate(texts, 1) if i > 1 and title in text and "Содержание" not in text) for title in wanted.values()]


if __name__ == "__main__":
    sys.exit(main())
