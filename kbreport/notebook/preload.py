"""What the fork server imports once, so that each forked notebook starts warm. Imports and a throw-away drawing only.

Never *run* typst, duckdb or polars here: their threads do not survive a fork, and the child would hang.
"""

from __future__ import annotations

import os
import sys
from datetime import date

os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
sys.modules.setdefault("rfc3987_syntax", None)  # builds a grammar for 1.3 s at import; nbformat does not need it

import IPython.core.magics  # noqa: E402, F401
import narwhals  # noqa: E402, F401
import numpy  # noqa: E402, F401
import pandas  # noqa: E402, F401
import papermill  # noqa: E402, F401
import pyarrow.compute  # noqa: E402, F401
import pyarrow.dataset  # noqa: E402, F401
import pyarrow.parquet  # noqa: E402, F401

import kbreport.book  # noqa: E402
import kbreport.notebook.engine  # noqa: E402, F401
import kbreport.overview  # noqa: E402, F401
import kbreport.run  # noqa: E402, F401
from kbreport import charts  # noqa: E402
from kbreport.company import slug  # noqa: E402
from kbreport.facts.workdays import workdays  # noqa: E402

# what methods import on first use: each child would import it anew (holidays alone has 300 modules)
kbreport.book.methods()
charts.svg(charts.line([1.0, 2.0, 3.0], labels=["а", "б", "в"]))
charts.svg(charts.histogram([1.0, 2.0, 3.0, 5.0]))
workdays(date(2025, 1, 1), date(2025, 1, 31))
slug("а")
