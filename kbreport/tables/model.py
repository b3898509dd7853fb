"""What `tables.load` gives: typed tables, where they come from, the ledger of rows and money, problems and checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from kbreport.errors import KbreportError
from kbreport.words import N_, _, money, n_, number, quoted

ZERO = Decimal(0)

RULES = {  # code → what is wrong with the cell or row, in words
    "not_a_number": N_("не число"), "empty_amount": N_("сумма не заполнена"), "bad_date": N_("такой даты нет"), "empty_date": N_("дата не заполнена"),
    "empty_id": N_("код не заполнен"), "ragged": N_("полей в строке не столько, сколько в заголовке"), "missing_column": N_("нет столбца"),
    "empty_required": N_("обязательное поле не заполнено"), "undecided_decimal": N_("нельзя решить, где здесь дробная часть, а где тысячи"),
    "undecided_dates": N_("нельзя решить, где здесь день, а где месяц"), "not_a_flag": N_("не да и не нет"), "not_in_list": N_("значения нет в списке допустимых"),
    "not_a_time": N_("не время суток"), "thousands_assumed": N_("запятая перед тремя цифрами принята за разделитель тысяч"), "mixed_decimals": N_("дробная часть где после запятой, где после точки; каждая сумма прочитана однозначно"), "unknown_file": N_("не похоже ни на одну таблицу, не читалось"), "rival_column": N_("подходит и этот столбец, взят другой"), "mixed_dates": N_("даты записаны по-разному, каждая прочитана однозначно"),
    "mixed_currency": N_("суммы в разных валютах"), "rounded": N_("больше четырёх знаков после запятой, округлено"), "scientific_id": N_("код испорчен программой: записан как число со степенью"),
    "total_differs": N_("строка «Итого» не сходится с суммой строк"),
    "group_differs": N_("сумма группы не сходится с её строками"), "periods_overlap": N_("период отчёта пересекается с периодом другого файла"), "draft_profile": N_("выгрузка прочитана по черновому профилю, сопоставление столбцов не подтверждено"),
    "empty_column": N_("столбец пуст целиком"), "no_rows": N_("в файле нет ни одной строки данных, только заголовок"),
}
REASONS = {  # code → why a row of the sales table is not used
    "ragged": N_("строка с другим числом полей"), "bad_amount": N_("сумма не читается"), "empty_amount": N_("сумма не заполнена"), "bad_date": N_("дата не читается"),
    "empty_date": N_("дата не заполнена"), "no_client": N_("нет кода клиента"), "no_order": N_("нет номера заказа"), "duplicate": N_("полный дубль другой строки"),
    "internal_client": N_("внутренний клиент"), "excluded_order": N_("строка исключённого заказа"), "unknown_order": N_("строка заказа, которого нет в продажах"),
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the inputs. `rule` is a code of RULES, `severity` stop | warn | info, `count` the number of
    such places when the entry stands for several (`row` is then None)."""

    table: str
    file: str
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    rule: str
    remedy: str
    severity: str
    count: int = 1

    @property
    def place(self) -> str:
        """«строка 6, столбец «Выручка»»; empty for a problem of the whole file."""
        parts = [_("строка {row}").format(row=self.row)] if self.row is not None else []
        if self.row is None and self.count > 1:
            parts.append(n_("ещё {n} строка", "ещё {n} строк", self.count))
        if self.column:
            parts.append(_("столбец «{column}»").format(column=self.column))
        return ", ".join(parts)

    @property
    def text(self) -> str:
        """The problem in one line."""
        what = _(RULES[self.rule]) + (": " + quoted(self.value) if self.value else "")
        return _("{place}: {what}").format(place=self.place, what=what) if self.place else what


@dataclass(frozen=True)
class Exclusion:
    """Rows of the sales table that are not used. `amount` sums what could be read; `unreadable` rows had no readable amount."""

    reason: str
    rows: int
    amount: Decimal
    unreadable: int = 0
    examples: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return _(REASONS[self.reason])


@dataclass(frozen=True)
class Ledger:
    """Rows and money of the sales table, over the whole file: what came in is what goes out plus what is excluded.

    Blank rows and totals are not data: they are counted apart. `rounding`: what rounding to four decimals added;
    `tidied_cells`: amounts that had spaces, signs of currency or brackets.
    """

    table: str
    rows_in: int
    amount_in: Decimal
    excluded: tuple[Exclusion, ...]
    rows_out: int
    amount_out: Decimal
    blank_rows: int = 0
    total_rows: int = 0
    rounded_cells: int = 0
    rounding: Decimal = ZERO
    tidied_cells: int = 0

    def __post_init__(self) -> None:
        rows = self.rows_out + sum(e.rows for e in self.excluded)
        amount = self.amount_out + sum((e.amount for e in self.excluded), ZERO)
        if rows != self.rows_in or amount != self.amount_in:
            raise KbreportError(N_("Сверка не сошлась: в файле {rows_in} строк на {amount_in}, учтено {rows} на {amount}."), remedy=N_("Это ошибка программы: сообщите о ней."),
                                rows_in=self.rows_in, amount_in=self.amount_in, rows=rows, amount=amount)

    @property
    def sentence(self) -> str:
        """The reconciliation in one sentence."""
        used = _("Строк {rows_in} на {amount_in}; использовано {rows_out} на {amount_out}").format(
            rows_in=number(self.rows_in), amount_in=money(float(self.amount_in), scale="", digits=2), rows_out=number(self.rows_out),
            amount_out=money(float(self.amount_out), scale="", digits=2))
        return used + self.left_out + "."

    @property
    def left_out(self) -> str:
        """What is excluded, each reason with rows and money, to stand after a sentence; empty when nothing is."""
        out = "; ".join(f"{e.text}: {number(e.rows)} ({money(float(e.amount), scale='', digits=2)})" for e in self.excluded)
        return _("; исключено — {out}").format(out=out) if out else ""


@dataclass(frozen=True)
class Source:
    """A file that was read. `understood`: sentences; `mapping`: column → header; `unmapped`: headers nobody needs."""

    file: str
    path: str
    sheet: str | None
    sha256: str
    table: str
    n_rows: int
    n_used: int
    understood: tuple[str, ...]
    mapping: dict[str, str]
    unmapped: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A named input check (METHODS 2.8). `severity` stop | warn | info | ok; `text` says it with the file's name."""

    name: str
    severity: str
    text: str
    count: int = 0
    amount: Decimal | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """Typed tables of METHODS section 2. `orders` and `order_lines` are Arrow tables with decimal money and `source_row`;
    the rest are pandas frames. `sales` names the table that holds the money: `orders` if given, else `order_lines`.
    `ledger` is of that table; `lines_ledger` of the order lines beside `orders`."""

    frames: dict[str, Any]
    sources: list[Source]
    ledger: Ledger
    problems: list[Problem]
    checks: list[Check]
    currency: str | None
    vat: str
    stated_period: tuple[date, date] | None
    unknown_files: list[str] = field(default_factory=list)
    lines_ledger: Ledger | None = None
    privacy: dict[str, Any] | None = None

    @property
    def sales_table(self) -> str:
        return self.ledger.table

    @property
    def sales(self) -> Any:
        """The Arrow table that holds the money."""
        return self.frames[self.ledger.table]

    def source(self, table: str) -> Source | None:
        return next((s for s in self.sources if s.table == table), None)
