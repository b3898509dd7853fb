"""Which required columns a file lacks: said for all files at once, before anything is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kbreport.intake.grid import Grid
from kbreport.intake.mapping import Mapping
from kbreport.intake.schema import SALES, schemas
from kbreport.intake.spec import FileSpec
from kbreport.tables.model import Problem
from kbreport.tables.plans import month_headers
from kbreport.words import _


@dataclass
class OneFile:
    """One file on its way to a table: what was told, what was read, what its columns are."""

    table: str
    spec: FileSpec
    grid: Grid
    mapping: Mapping
    sha256: str

    @property
    def decisive(self) -> str:
        """stop for a sales file: without it there is no report; warn for all others."""
        return "stop" if self.table in SALES else "warn"


def lacking(files: list[OneFile]) -> list[Problem]:
    """Missing required columns and files without rows."""
    with_orders = any(f.table == "orders" for f in files)
    found = []
    for file in files:
        missing = _missing(file, with_orders)
        found += [_missing_column(file, column) for column in missing]
        if not missing and not file.grid.n_rows and not file.grid.ragged:
            found.append(Problem(file.table, file.grid.file, file.grid.sheet, None, None, None, "no_rows", _("Выгрузите файл заново."), file.decisive))
    return found


def _missing(file: OneFile, with_orders: bool) -> list[str]:
    schema, have = schemas()[file.table], set(file.mapping.columns)
    have |= {column for column, source in {**schema.from_name, **schema.from_value}.items() if source in have} | {schema.serial}
    if file.table == "plans":
        have |= {"metric"} | ({"plan_value"} if file.mapping.metrics else set()) | ({"plan_value", "period"} if month_headers(file.mapping.unmapped) else set())
    required = [*schema.required]
    if file.table == "order_lines" and not with_orders:
        required += ["client_id", "order_date"]
    missing = [c for c in required if c not in have]
    if schema.one_of and not any(have >= set(group) for group in schema.one_of):
        missing.append(schema.one_of[0][0])
    return missing


def _missing_column(file: OneFile, column: str) -> Problem:
    headers = ", ".join(h for h in file.grid.headers if h)
    if any(re.fullmatch(r"[-\d.,:/\s]*\d[-\d.,:/\s]*", h) for h in file.grid.headers):
        headers = _("похоже, строки заголовков нет, первая строка — данные: {headers}").format(headers=headers)
    remedy = _("Добавьте столбец или назовите его в company.yml (mapping). В файле есть: {headers}.").format(headers=headers)
    title = f"{schemas()[file.table].columns[column].title} ({column})"
    return Problem(file.table, file.grid.file, file.grid.sheet, None, title, None, "missing_column", remedy, file.decisive)
