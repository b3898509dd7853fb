"""The tidy input tables of METHODS section 2, typed and validated, and the books of rows and money.

`load(inputs, spec)` reads a company folder, a bare file or a mapping table → file. What cannot be used is excluded with a
reason and its money, or stops the reading with *all* problems at once. `checks(tables, as_of)` are the named input checks
of METHODS 2.8; `spoken(tables, checks)` says everything as plain JSON, for run.json, the data page and `check`.
"""

from __future__ import annotations

from kbreport.intake.spec import FileSpec, InputSpec
from kbreport.tables.checking import checks
from kbreport.tables.loading import load
from kbreport.tables.model import Check, Exclusion, Ledger, Problem, Source, Tables
from kbreport.tables.spoken import spec_of, spoken

__all__ = ["load", "checks", "spoken", "spec_of", "Tables", "Source", "Ledger", "Exclusion", "Problem", "Check", "InputSpec", "FileSpec"]
