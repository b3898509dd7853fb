"""What the fork server imports for manager reports beside `notebook.preload`: the writers and the month, walked through once.

Never *run* typst here: its threads do not survive a fork, and the child would hang.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import jinja2  # noqa: E402, F401
import typst  # noqa: E402, F401  imported only: its threads would not survive the fork
import xlsxwriter  # noqa: E402, F401

import kbreport.notebook.preload  # noqa: E402, F401  first: it says with what to draw before anything can draw
import kbreport.batch.child  # noqa: E402, F401
import kbreport.month  # noqa: E402, F401
import kbreport.month.first_page  # noqa: E402, F401
import kbreport.month.list_page  # noqa: E402, F401
import kbreport.report.calendar  # noqa: E402, F401
import kbreport.report.document  # noqa: E402, F401
import kbreport.report.findings  # noqa: E402, F401
import kbreport.report.html  # noqa: E402
import kbreport.report.pdf  # noqa: E402, F401
import kbreport.report.tables  # noqa: E402, F401
import kbreport.report.xlsx  # noqa: E402, F401
from kbreport import words  # noqa: E402


def warm() -> None:
    """Walk the whole way once on three invented clients, typst apart: what is first used here is ready in every child.

    Then take everything out of the garbage collector's sight: a collection in a child would touch, and so copy, every page.
    """
    import gc
    import tempfile
    from pathlib import Path

    import nbformat.v4 as v4

    from kbreport import report
    from kbreport.month.report import Month
    from kbreport.notebook import engine

    for lang in words.LANGS:
        with words.speaking(lang):
            words.number(1)
            words._catalogue(lang)
    month = Month(invented())
    node = v4.new_notebook(cells=[v4.new_code_cell("", outputs=[v4.new_output("display_data", data=r._repr_mimebundle_())]) for r in (month.first_page(), month.call_list())])
    document = report.document_of(node, {"title": "-", "lang": "ru", "as_of": "2025-12-31"}, workbook="r.xlsx")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("html", "xlsx"):
            report.write_format(document, Path(folder) / f"r.{name}", name)
        report.write_tables(document, Path(folder) / "tables")
        report.write_findings(document, Path(folder) / "findings.json")
    outputs = engine.Outputs()
    engine.run_cell(engine.new_shell(outputs), outputs, v4.new_code_cell("1;"), 1)
    gc.collect()
    gc.freeze()


def invented():
    """A bundle of three clients that nobody has, with something of everything."""
    import pandas as pd

    from kbreport.month.bundle import Bundle
    from kbreport.month.norms import MonthNorms
    from kbreport.month.report import COLUMNS

    kinds = {"id": "K", "text": "К", "class": "A", "date": pd.Timestamp("2025-12-20"), "bool": True}
    clients = pd.DataFrame({c.name: [kinds.get(c.kind, 10.0)] * 3 for c in COLUMNS["clients"]})
    clients = clients.assign(client_id=["K1", "K2", "K3"], state="falling_asleep", rhythm_status="ok", s12_before=50_000.0, mean_order=10.0, wallet=0.2, score=1.0, risk_action=None, is_band_uncertain=False, risk_basis=None, is_closed=False, quarter_amount=5.0, class_prev="B")
    figures = dict.fromkeys("amount orders check amount_prev orders_prev check_prev amount_year_ago margin margin_prev margin_plan plan n_clients n_active n_active_prev n_new n_returned n_lost n_silent silent_amount debt overdue touches "
                            "touches_norm covered expected_amount touches_plan next_amount next_plan kept_amount kept_amount_year_ago".split(), 10.0)
    days = [f"2025-12-{d:02d}" for d in range(1, 24)]
    meta = {"manager": "M", "manager_name": "М", "company": "-", "lang": "ru", "brand": {}, "currency": "RUB", "vat": "excluded", "as_of": "2025-12-31", "period": {"start": "2025-12-01", "months": 1}, "previous": "2025-11-01",
            "history_start": "2024-01-01", "year_rule": "", "year_status": "ok", "coming": ["2026-01-01"], "workdays": days, "workdays_passed": 23, "kind": "abcd", "lookback_ok": True, "elapsed": 1.0, "next": {}, "debts_of": "2025-12-31", "figures": figures, "others": {},
            "has": dict.fromkeys(("plans", "margin", "debts", "touches", "potential", "deals"), True), "norms": MonthNorms().model_dump(), "settings": [], "provenance": {}}
    frames = {"clients": clients, "orders": pd.DataFrame({"client_id": ["K1", "K2"], "date": pd.to_datetime(["2025-10-01", "2025-11-01"])}), "days": pd.DataFrame({"date": pd.to_datetime(["2025-12-02"]), "amount": [10.0]}),
              "months": pd.DataFrame({"month": [f"{y}-{m:02d}" for y in (2024, 2025) for m in range(1, 13)], "amount": 10.0, "plan_amount": 11.0})}
    return Bundle(meta, frames)


try:
    warm()
except Exception as problem:  # the server must live: without the walk each child only pays for it himself
    print(f"kbreport.batch.preload: {problem!r}", file=sys.stderr)
