"""What the fork server imports for manager reports beside `notebook.preload`: the writers and the month. Nothing is run here."""

from __future__ import annotations

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import jinja2  # noqa: E402, F401
import typst  # noqa: E402, F401  imported only: its threads would not survive the fork
import xlsxwriter  # noqa: E402, F401

import kbreport.batch.child  # noqa: E402, F401
import kbreport.month  # noqa: E402, F401
import kbreport.month.pages  # noqa: E402, F401
import kbreport.report.calendar  # noqa: E402, F401
import kbreport.report.document  # noqa: E402, F401
import kbreport.report.findings  # noqa: E402, F401
import kbreport.report.html  # noqa: E402
import kbreport.report.pdf  # noqa: E402, F401
import kbreport.report.tables  # noqa: E402, F401
import kbreport.report.xlsx  # noqa: E402, F401
from kbreport import words  # noqa: E402

for lang in words.LANGS:  # catalogues and the page template are read once, not once per report
    with words.speaking(lang):
        words.number(1)
        words._catalogue(lang)
kbreport.report.html._fonts()
kbreport.report.html._environment().get_template("page.html.j2")
