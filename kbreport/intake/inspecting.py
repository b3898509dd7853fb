"""What a file is, said before anything is computed: table, period, rows, clients, sum, columns, first problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from kbreport.intake import dates, numbers
from kbreport.intake.grid import Grid
from kbreport.intake.guess import table_of
from kbreport.intake.mapping import Mapping, bare, match
from kbreport.intake.profile import profiles
from kbreport.intake.reading import read
from kbreport.intake.schema import schemas
from kbreport.intake.spec import FileSpec
from kbreport.words import N_, _, day, money, n_, number, quoted

SUGGEST, PROBLEMS = 75, 5
PREVIEW, COLUMNS, WIDE, FEW = 5, 8, 28, 3
FIGURES = {"orders": ("amount", "order_date"), "order_lines": ("amount", "order_date"), "deals": ("amount", "created_at"), "receivables": ("open_amount", "snapshot_date"), "touches": ("", "at"),
           "clients": ("", "first_contact_date"), "payments": ("paid_amount", "paid_date")}
DOUBTS = {"not_a_number": N_("не число"), "group_differs": N_("сумма группы не сходится с её строками")}


@dataclass(frozen=True)
class Inspection:
    """`table`: None when no table fits. `suggestions`: unmapped header → (column, how alike 0…100): a hint, never assumed.

    `stated_total` is the sum of the file's own row «Итого»; `problems` name rows of the file.
    """

    file: str
    sheet: str | None
    system: str
    table: str | None
    rows: int
    period: tuple[date, date] | None = None
    clients: int | None = None
    amount: Decimal | None = None
    stated_total: Decimal | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    suggestions: dict[str, tuple[str, int]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()
    profile: str | None = None
    draft: bool = False
    preview: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The inspection in words, one line each."""
        out = [_("{file}: {system}").format(file=self.file, system=self.system), *self.understood]
        out.append(_("Таблица: {table}, {rows}").format(table=self.table or _("не узнана"), rows=n_("{n} строка", "{n} строк", self.rows)))
        if self.period:
            out.append(_("Период: {first} — {last}").format(first=day(self.period[0]), last=day(self.period[1])))
        if self.clients is not None:
            out.append(_("Клиентов: {n}").format(n=number(self.clients)))
        out += self._sums() + [f"  {column} ← {quoted(header)}" for column, header in self.mapping.items()]
        plain = [h for h in self.unmapped if h not in self.suggestions]
        if len(plain) > FEW:
            out.append(_("Не использованы столбцы: {headers}").format(headers=", ".join(quoted(h) for h in plain)))
        out += [_("Не использован столбец {header}").format(header=quoted(h)) + self._hint(h) for h in self.unmapped if len(plain) <= FEW or h not in plain]
        out += [_("Не хватает столбца: {column}").format(column=c) for c in self.missing]
        if self.draft:
            out.append(_("Профиль черновой: заголовки этой системы не проверены на настоящих файлах. Сверьте столбцы выше; если всё верно, впишите в company.yml confirmed: true."))
        if self.preview:
            out += [_("Первые строки:"), *(f"  {line}" for line in self.preview)]
        return out + list(self.problems)

    def _sums(self) -> list[str]:
        if self.amount is None:
            return []
        said = _("Сумма: {amount}").format(amount=money(float(self.amount), scale="", digits=2))
        if self.stated_total is None:
            return [said]
        gap = abs(self.stated_total - self.amount)
        same = gap < Decimal("0.01")
        if not same and gap <= 1:
            return [said + "; " + _("со строкой «Итого» расходится на {gap}: похоже на округление").format(gap=money(float(gap), scale="", digits=2))]
        return [said + "; " + (_("сошлась со строкой «Итого»") if same else _("в строке «Итого» — {total}, не сошлась").format(total=money(float(self.stated_total), scale="", digits=2)))]

    def _hint(self, header: str) -> str:
        if header not in self.suggestions:
            return ""
        return " " + _("(похож на {column}, {score} из 100)").format(column=self.suggestions[header][0], score=self.suggestions[header][1])


def inspect(path: "Path | str", spec: FileSpec | None = None) -> Inspection:
    """Look at one file. Raises InputMissing or InputUnreadable when it cannot be read at all."""
    spec = spec or FileSpec()
    grid = read(Path(path), spec, tuple(schemas()))
    table = table_of(grid)
    schema = schemas()[table or "orders"]
    mapping = match(grid.headers, schema, {c: h for c, h in spec.mapping.items() if c in schema.columns}, grid.file, grid.preset)
    told = _figures(grid, mapping, table or "orders", spec)
    return Inspection(grid.file, grid.sheet, _system(grid), table, grid.n_rows + len(grid.ragged), mapping={c: grid.headers[i] for c, i in {**mapping.columns, **mapping.metrics}.items()},
                      unmapped=tuple(_unmapped(grid, mapping)), suggestions=suggestions(mapping, table or "orders"), missing=() if table else _missing(mapping, grid), understood=tuple(grid.notes), profile=grid.profile,
                      draft=bool(grid.profile and profiles()[grid.profile].draft and not spec.confirmed), preview=_preview(grid, mapping), **told)


def inspect_database(url: str, folder: Path | None = None) -> list[tuple[str, Inspection | None]]:
    """(table of the database, what it is or None) for every table that can be read; nothing of the database is changed."""
    from kbreport.errors import InputUnreadable
    from kbreport.intake.database import copied, table_names

    out: list[tuple[str, Inspection | None]] = []
    for name in table_names(url, folder):
        try:
            seen: Inspection | None = inspect(copied(FileSpec(url=url, table=name), folder).path)
        except InputUnreadable:
            seen = None
        out.append((name, seen if seen and seen.table else None))
    return out


def _of_database(url: str) -> list[tuple[dict[str, Any], Inspection]]:
    return [({"url": url, "table": name}, seen) for name, seen in inspect_database(url) if seen]


def mapping_for(files: "Iterable[Path | str]") -> dict[str, Any]:
    """The `inputs:` section of company.yml for these files: table → path and the mapping found. Files that are no table
    are left out; several files of one table become a list."""
    section: dict[str, list[dict[str, Any]]] = {}
    from kbreport.intake.database import is_url

    found = [pair for name in files for pair in (_of_database(str(name)) if is_url(str(name)) else [({"path": Path(name).name}, inspect(name))])]
    for source, seen in found:
        if seen.table:
            details = {**source, "mapping": dict(seen.mapping)}
            plain = {c: h for c, h in details["mapping"].items() if c in schemas()[seen.table].columns}
            section.setdefault(seen.table, []).append({**details, "mapping": plain, **({"sheet": seen.sheet} if seen.sheet else {}), **({"profile": seen.profile} if seen.profile else {}), **({"confirmed": False} if seen.draft else {})})
    return {table: many[0] if len(many) == 1 else many for table, many in section.items()}


def suggestions(mapping: Mapping, table: str) -> dict[str, tuple[str, int]]:
    """For each unmapped header the free column whose words it is most like."""
    from rapidfuzz import fuzz, process, utils

    words = {alias: column.name for column in schemas()[table].columns.values() if column.name not in mapping.columns for alias in (column.name, *column.aliases)}
    found = {}
    for header in mapping.unmapped:
        best = process.extractOne(bare(header), list(words), scorer=fuzz.token_sort_ratio, processor=utils.default_process, score_cutoff=SUGGEST)
        if best:
            found[header] = (words[best[0]], round(best[1]))
    return found


def _figures(grid: Grid, mapping: Mapping, table: str, spec: FileSpec) -> dict[str, Any]:
    """Period, clients, sum and problems, as far as the columns of the file allow."""
    out: dict[str, Any] = {"problems": [_("Строка {row}, столбец {header}: {what}: {value}.").format(row=d.row, header=quoted(d.header), what=_(DOUBTS[d.rule]), value=quoted(d.value)) for d in grid.doubts]}
    amount, when = FIGURES.get(table, ("amount", "order_date"))
    if amount in mapping.columns:
        cells = grid.cells[mapping.columns[amount]]
        found = numbers.parse(cells, spec.decimal)
        out["amount"] = _sum(found.values)
        out["stated_total"] = _stated(grid, mapping, amount, spec.decimal or found.decimal)
        out["problems"] += _rows(grid, mapping, amount, found.bad, _("не число"))
        if found.undecided:
            out["problems"].append(_("Столбец {header}: нельзя решить, где дробная часть, а где тысячи; укажите decimal.").format(header=quoted(grid.headers[mapping.columns[amount]])))
    if when in mapping.columns:
        days = dates.parse(grid.cells[mapping.columns[when]], spec.date_order)
        out["period"] = _first_last(days.values)
        out["problems"] += [] if days.undecided else _rows(grid, mapping, when, days.bad, _("такой даты нет"))
        if days.undecided:
            out["problems"].append(_("Столбец {header}: нельзя решить, где день, а где месяц; укажите date_order.").format(header=quoted(grid.headers[mapping.columns[when]])))
    client = next((c for c in ("client_id", "client_name") if c in mapping.columns), None)
    if client:
        out["clients"] = _distinct(grid.cells[mapping.columns[client]].text)
    out["problems"] += [_("Строка {row}: полей {fields}, а в заголовке {width}.").format(row=r.row, fields=r.fields, width=grid.width) for r in grid.ragged[:PROBLEMS]]
    out["problems"] = tuple(out["problems"][:PROBLEMS])
    return out


def _rows(grid: Grid, mapping: Mapping, column: str, bad: Any, what: str) -> list[str]:
    import pyarrow.compute as pc

    place = pc.indices_nonzero(bad).slice(0, PROBLEMS)
    index = mapping.columns[column]
    texts = grid.cells[index].text.take(place).to_pylist()
    return [_("Строка {row}, столбец {header}: {what}: {value}.").format(row=row, header=quoted(grid.headers[index]), what=what, value=quoted(text))
            for row, text in zip(grid.rows.take(place).to_pylist(), texts, strict=True)]


def _stated(grid: Grid, mapping: Mapping, amount: str, decimal: str | None) -> Decimal | None:
    import pyarrow.compute as pc

    if not grid.totals:
        return None
    values = pc.drop_null(numbers.parse(grid.total_cells[mapping.columns[amount]], decimal).values)
    return values[len(values) - 1].as_py() if len(values) else None


def _sum(values: Any) -> Decimal:
    import pyarrow.compute as pc

    return pc.sum(values).as_py() or Decimal(0)


def _first_last(values: Any) -> tuple[date, date] | None:
    import pyarrow.compute as pc

    ends = pc.min_max(values).as_py()
    return (ends["min"].date(), ends["max"].date()) if ends["min"] is not None else None


def _distinct(text: Any) -> int:
    import pyarrow.compute as pc

    return pc.count_distinct(text.filter(pc.not_equal(text, ""))).as_py()


def _unmapped(grid: Grid, mapping: Mapping) -> list[str]:
    """Headers that nobody needs; those that became other columns are not among them."""
    return [h for h in dict.fromkeys([*mapping.unmapped, *grid.extra]) if h not in grid.spent]


def _preview(grid: Grid, mapping: Mapping) -> tuple[str, ...]:
    """The first rows of the columns that are used, as an aligned table."""
    from wcwidth import wcswidth

    picked = {**mapping.columns, **mapping.metrics}
    if not picked or not grid.n_rows:
        return ()
    texts = [[_short(grid.headers[i]), *(_short(t) for t in grid.cells[i].text.slice(0, PREVIEW).to_pylist())] for i in list(picked.values())[:COLUMNS]]
    widths = [max(wcswidth(t) for t in column) for column in texts]
    return tuple("  ".join(t + " " * (w - wcswidth(t)) for t, w in zip(row, widths, strict=True)).rstrip() for row in zip(*texts, strict=True))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= WIDE else flat[: WIDE - 1] + "…"


def _missing(mapping: Mapping, grid: Grid) -> tuple[str, ...]:
    name = profiles()[grid.profile].table if grid.profile else "orders"
    schema = schemas()["orders" if name == "sales" else name]
    have = set(mapping.columns) | {c for c, source in {**schema.from_name, **schema.from_value}.items() if source in mapping.columns} | {schema.serial}
    return tuple(f"{schema.columns[c].title} ({c})" for c in schema.required if c not in have)


def _system(grid: Grid) -> str:
    """Who wrote the file, by signs that only it leaves."""
    if grid.profile and not grid.profile.startswith("kbreport_"):
        return profiles()[grid.profile].title
    if grid.sheet == "TDSheet" or any(t.startswith(("Параметры:", "Отбор:")) for t in grid.titles):
        return _("отчёт 1С")
    return _("книга Excel") if grid.sheet else _("файл данных")
