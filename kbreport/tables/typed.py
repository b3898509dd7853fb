"""Cells → typed columns, with every problem noted. The same for all tables; what a bad cell means for its row is decided
by the caller: the sales tables stop or exclude, the others lose the cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kbreport.intake import dates, names, numbers, values
from kbreport.intake.grid import Cells, Grid
from kbreport.intake.mapping import Mapping
from kbreport.intake.schema import Column, Schema
from kbreport.intake.spec import FileSpec
from kbreport.tables.model import Problem
from kbreport.words import _

EXAMPLES = 100  # places named one by one; the rest is one entry with its count


@dataclass
class Typed:
    """Columns of one file as Arrow arrays with nulls. `bad`: column → mask of cells that cannot be read; `empty`: column →
    mask of empty ones; `said`: what was decided; `currencies`: seen in money cells."""

    grid: Grid
    mapping: Mapping
    schema: Schema
    columns: dict[str, Any] = field(default_factory=dict)
    bad: dict[str, Any] = field(default_factory=dict)
    empty: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    currencies: list[str] = field(default_factory=list)
    decimal: str | None = None  # the sign found in the amounts
    tidied: int = 0  # amounts that were no plain numbers: spaces, signs of currency, brackets
    rounded: int = 0
    rounding: Any = 0

    def header(self, column: str) -> str:
        """The header of a column in the file; its Russian title where the file has none."""
        index = self.mapping.columns.get(column)
        return self.grid.headers[index] if index is not None else self.schema.columns[column].title

    def note(self, rule: str, column: str | None, severity: str, remedy: str, *, row: int | None = None, value: str | None = None, count: int = 1) -> None:
        self.problems.append(Problem(self.schema.name, self.grid.file, self.grid.sheet, row, column, value, rule, remedy, severity, count))

    def note_rows(self, mask: Any, rule: str, column: str, severity: str, remedy: str, *, show: bool = True) -> int:
        """One problem per marked row, the first EXAMPLES by themselves. Returns how many rows are marked."""
        import pyarrow.compute as pc

        n = pc.sum(mask).as_py() or 0
        if not n:
            return 0
        place = pc.indices_nonzero(mask).slice(0, EXAMPLES)
        rows = self.grid.rows.take(place).to_pylist()
        index = self.mapping.columns.get(column)
        texts = self.grid.cells[index].text.take(place).to_pylist() if show and index is not None else [None] * len(rows)
        for row, text in zip(rows, texts, strict=True):
            self.note(rule, self.header(column), severity, remedy, row=row, value=_short(text))
        if n > EXAMPLES:
            self.note(rule, self.header(column), severity, remedy, count=n - EXAMPLES)
        return n


def _short(text: str | None) -> str | None:
    return text if not text or len(text) <= 60 else text[:57] + "…"


def typed(grid: Grid, mapping: Mapping, schema: Schema, spec: FileSpec, strict: set[str], exact: bool) -> Typed:
    """All mapped columns of a file, typed. Problems in `strict` columns stop; `exact` keeps money as decimal128(18, 4)."""
    out = Typed(grid, mapping, schema)
    for name, index in mapping.columns.items():
        severity = "stop" if name in strict else "warn"
        _READERS[schema.columns[name].type](out, schema.columns[name], grid.cells[index], spec, severity, exact)
    for column, source in schema.from_name.items():
        if column not in out.columns and source in out.columns:
            _id_from_name(out, column, source)
    return out


def _id_from_name(out: Typed, column: str, source: str) -> None:
    import pyarrow.compute as pc

    text = out.grid.cells[out.mapping.columns[source]].text
    ids = names.ids_from(text)
    out.columns[column] = _null_where(ids, pc.equal(ids, ""))
    out.empty[column] = pc.equal(ids, "")


def _text(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    import pyarrow.compute as pc

    empty = pc.equal(cells.text, "")
    out.columns[column.name] = _null_where(cells.text, empty)
    out.empty[column.name] = empty


def _id(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    import pyarrow.compute as pc

    _text(out, column, cells, spec, severity, exact)
    spoilt = pc.match_substring_regex(cells.text, r"^\d(?:[.,]\d+)?[eE]\+\d+$")
    out.note_rows(spoilt, "scientific_id", column.name, "warn", _("Верните настоящий код: задайте столбцу текстовый формат до сохранения."))


def _number(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    _take_numbers(out, column, numbers.parse(cells, spec.decimal), severity, exact)


def _share(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    _take_numbers(out, column, values.shares(cells, spec.decimal), severity, False)


def _take_numbers(out: Typed, column: Column, found: numbers.Numbers, severity: str, exact: bool) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    is_money = exact and column.type == "money"
    out.columns[column.name] = found.values if is_money else pc.cast(found.values, pa.float64())
    out.bad[column.name], out.empty[column.name] = found.bad, found.empty
    header = out.header(column.name)
    if found.undecided:
        out.note("undecided_decimal", header, severity, _("Укажите в company.yml для этого файла decimal: \",\" или \".\"."), value=_sample(out, column))
    elif found.thousands_assumed:
        out.note("thousands_assumed", header, "warn", _("Если это дробная часть, укажите в company.yml decimal: \",\"."), value=_sample(out, column))
    elif found.mixed:
        out.note("mixed_decimals", header, "warn", _("Проверьте суммы: похоже, склеены две выгрузки."))
    out.note_rows(found.bad, "not_a_number", column.name, severity, _("Исправьте ячейку: нужно число."))
    if is_money:
        out.currencies += [c for c in found.currencies if c not in out.currencies]
        _say_money(out, column, found, header)


def _say_money(out: Typed, column: Column, found: numbers.Numbers, header: str) -> None:
    if column.name == "amount":
        signs = {",": _("дробная часть после запятой"), ".": _("дробная часть после точки"), None: _("без дробной части")}
        sign = _("дробная часть где после запятой, где после точки") if found.mixed else signs[found.decimal]
        out.said.append(_("Суммы взяты из столбца «{header}», {sign}.").format(header=header, sign=sign))
        out.rounded, out.rounding, out.decimal, out.tidied = found.rounded, found.rounding, found.decimal, found.tidied
    if found.rounded:
        out.note("rounded", header, "info", _("Разница от округления: {amount}.").format(amount=found.rounding), count=found.rounded)


def _sample(out: Typed, column: Column) -> str | None:
    import pyarrow.compute as pc

    text = out.grid.cells[out.mapping.columns[column.name]].text
    place = pc.indices_nonzero(pc.match_substring_regex(text, rf"{numbers.OPEN_COMMA}|{numbers.OPEN_POINT}")).slice(0, 1)
    return text.take(place).to_pylist()[0] if len(place) else None


def _date(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = dates.parse(cells, spec.date_order)
    days = pc.floor_temporal(found.values, unit="day") if column.type == "date" else found.values
    out.columns[column.name] = pc.cast(days, pa.date32()) if column.type == "date" and exact else days
    out.empty[column.name] = found.empty
    out.bad[column.name] = found.bad
    if found.undecided:
        out.note("undecided_dates", out.header(column.name), severity, _("Укажите в company.yml для этого файла date_order: dmy или mdy."), value=_first_bad(out, column, found.bad))
    else:
        out.note_rows(found.bad, "bad_date", column.name, severity, _("Исправьте дату в файле."))
    if column.name == "order_date" and found.kinds:
        kinds = ", ".join(_(dates.KINDS[k]) for k in found.kinds)
        out.said.append(_("Даты взяты из столбца «{header}», запись: {kinds}.").format(header=out.header(column.name), kinds=kinds))
    if len(found.kinds) > 1:
        out.note("mixed_dates", out.header(column.name), "warn", _("Проверьте, что день и месяц прочитаны верно."), value=", ".join(_(dates.KINDS[k]) for k in found.kinds))


def _first_bad(out: Typed, column: Column, bad: Any) -> str | None:
    import pyarrow.compute as pc

    place = pc.indices_nonzero(bad).slice(0, 1)
    return out.grid.cells[out.mapping.columns[column.name]].text.take(place).to_pylist()[0] if len(place) else None


def _month(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    """Months as text YYYY-MM: `2025-03`, `03.2025`, `март 2025` or any date."""
    import pyarrow.compute as pc

    text = pc.replace_substring_regex(cells.text, r"^(\d{4})[-./](\d{1,2})$", r"\1-\2-01")
    text = pc.replace_substring_regex(text, r"^(\d{1,2})[-./](\d{4})$", r"\2-\1-01")
    text = pc.replace_substring_regex(text, r"^(\pL{3,})\.?,?\s+(\d{4})(?:\s*г\.?)?$", r"1 \1 \2")
    found = dates.parse(Cells(text), spec.date_order)
    out.columns[column.name] = pc.strftime(found.values, format="%Y-%m")
    out.bad[column.name], out.empty[column.name] = found.bad, found.empty
    out.note_rows(found.bad, "bad_date", column.name, severity, _("Нужен месяц вида 2025-03."))


def _flag(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    import pyarrow.compute as pc

    out.columns[column.name], out.bad[column.name] = values.flags(cells)
    out.empty[column.name] = pc.equal(cells.text, "")
    out.note_rows(out.bad[column.name], "not_a_flag", column.name, severity, _("Нужно «да» или «нет»."))


def _code(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    import pyarrow.compute as pc

    out.columns[column.name], out.bad[column.name] = values.codes(cells, column)
    out.empty[column.name] = pc.equal(cells.text, "")
    out.note_rows(out.bad[column.name], "not_in_list", column.name, severity, _("Допустимы: {codes}.").format(codes=", ".join(column.values)))


def _time(out: Typed, column: Column, cells: Cells, spec: FileSpec, severity: str, exact: bool) -> None:
    import pyarrow.compute as pc

    out.columns[column.name], out.bad[column.name] = values.times(cells)
    out.empty[column.name] = pc.equal(cells.text, "")
    out.note_rows(out.bad[column.name], "not_a_time", column.name, severity, _("Нужно время вида 09:30."))


_READERS = {"id": _id, "text": _text, "money": _number, "number": _number, "int": _number, "share": _share, "date": _date, "datetime": _date, "month": _month, "bool": _flag,
            "code": _code, "time": _time}


def _null_where(text: Any, mask: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(mask, pa.scalar(None, pa.string()), text) if pc.any(mask).as_py() else text
