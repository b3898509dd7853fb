"""The tidy input tables of METHODS section 2, typed and validated, and the books of rows and money.

`load(inputs, spec)` reads a company folder, a bare file or a mapping table → file. What cannot be used is excluded with a
reason and its money, or stops the reading with *all* problems at once.
"""

from __future__ import annotations

from kbreport.intake.spec import FileSpec, InputSpec
from kbreport.tables.loading import load
from kbreport.tables.model import Check, Exclusion, Ledger, Problem, Source, Tables

__all__ = ["load", "Tables", "Source", "Ledger", "Exclusion", "Problem", "Check", "InputSpec", "FileSpec"]
