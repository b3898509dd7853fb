"""The workbook: the piece that is used after the meeting. Real numbers and dates, filters, frozen heads, printable A4.

Findings, clients, call lists, the data behind every chart by group with the reconciliation, norms: see `sheets`. Texts are
written as texts: a client called `=HYPERLINK(…)` stays a name.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from kbreport import words
from kbreport.report import findings as found
from kbreport.report import sheets, typeset
from kbreport.report.document import Document
from kbreport.report.results import Column, typed
from kbreport.words import _

if TYPE_CHECKING:
    import pandas as pd

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": False,
            "remove_timezone": True}
_MOST = 1_048_575  # rows of an Excel sheet under its head
_WIDTH = {"id": 12, "text": 30, "class": 9, "money": 15, "count": 10, "share": 10, "ratio": 10, "number": 11, "days": 9, "pp": 10, "score": 9, "setting": 12, "date": 12, "datetime": 17, "month": 10, "bool": 8}
_CODE = {"RUB": '[$₽-419]', "USD": "[$$-409]", "EUR": "[$€-2]", "KZT": "[$₸-43F]", "GBP": "[$£-809]", "BYN": "[$Br-423]", "UAH": "[$₴-422]", "CNY": "[$¥-804]"}


def number_format(kind: str, currency: str | None) -> str:
    """Excel's format of a column kind; Excel itself shows the separators of the reader's language."""
    sign = " " + _CODE.get(currency, f'"{currency}"') if currency else ""
    return {"money": f"#,##0.00{sign}", "count": "#,##0", "days": "#,##0.##", "share": "0.0%", "percent": "0%", "setting": "#,##0.####", "ratio": "0.00", "number": "#,##0.00", "pp": '+0.0%;-0.0%;0.0%',
            "score": "0.0", "date": "dd.mm.yyyy", "datetime": "dd.mm.yyyy hh:mm", "month": "@", "id": "@", "text": "@", "class": "@"}.get(kind, "General")


def bytes_of(document: Document) -> bytes:
    """The whole workbook; the same bytes for the same document."""
    import xlsxwriter

    out = io.BytesIO()
    with words.speaking(document.meta.lang):
        with xlsxwriter.Workbook(out, _OPTIONS) as book:
            _properties(book, document)
            names = sheets.fixed()
            styles = _Styles(book, document.meta.currency, {"manager_id": _managers(document)})
            _findings(book, styles, document, names["findings"])
            for sheet in (one for one in document.sheets if one.name != names["settings"]):
                {sheets.CLIENTS: _clients, sheets.LIST: _list, sheets.STACK: _stack}[sheet.kind](book, styles, document, sheet)
            _settings(book, styles, document, names["settings"])
    return out.getvalue()


def _properties(book, document: Document) -> None:
    meta = document.meta
    day = meta.as_of or datetime(2000, 1, 1)
    book.set_properties({"title": typeset.unmarked(meta.title), "subject": f"{meta.company} · {meta.period}", "author": meta.maker or "kbreport", "company": meta.brand.name or meta.company,
                         "comments": meta.foot, "created": datetime(day.year, day.month, day.day)})
    book.set_size(2400, 1400)


class _Styles:
    """Formats of a workbook, made once each; `names`: column → code → what the reader knows it by."""

    def __init__(self, book, currency: str | None, names: dict[str, dict[str, str]]):
        self._book, self._currency, self.names = book, currency, names
        self._made: dict[tuple, Any] = {}
        self.head = book.add_format({"bold": True, "font_size": 9, "font_color": "#5A6673", "text_wrap": True, "valign": "bottom", "bottom": 2, "bottom_color": "#1B2733"})
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": "#1B2733"})
        self.note = book.add_format({"font_size": 9, "font_color": "#5A6673"})
        self.part = book.add_format({"bold": True, "font_size": 11, "font_color": "#1B2733"})
        self.link = book.add_format({"font_size": 10, "font_color": "#1F5FA8", "underline": 1})
        self.wrap = self.of("text", wrap=True)

    def of(self, kind: str, *, wrap: bool = False):
        key = (kind, wrap)
        if key not in self._made:
            look = {"num_format": number_format(kind, self._currency), "font_size": 10, "valign": "top", "text_wrap": wrap}
            if kind in ("class", "bool"):
                look["align"] = "center"
            self._made[key] = self._book.add_format(look)
        return self._made[key]


def _open(book, document: Document, name: str, title: str, note: str, styles: _Styles):
    """A sheet with its title, its note and the page set up: A4, landscape, one page wide, heads repeated."""
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, typeset.clean(title), styles.title)
    sheet.write_string(1, 0, typeset.clean(note), styles.note)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.79, right=0.4, top=0.6, bottom=0.6)
    sheet.repeat_rows(3)
    head = typeset.clean(document.meta.head).replace("&", "&&")
    sheet.set_header(f"&L&8{head}&R&8{typeset.clean(document.meta.period).replace('&', '&&')}"[:255])
    sheet.set_footer(f"&L&8{typeset.clean(document.meta.foot).replace('&', '&&')}"[:240] + "&R&8&P / &N")
    return sheet


def _managers(document: Document) -> dict[str, str]:
    """Manager's code → his name, where a table of the report says it; equal names keep their codes."""
    import pandas as pd

    known = [t.frame[["manager_id", "manager_name"]] for r in document.records for t in r.tables.values() if {"manager_id", "manager_name"} <= {c.name for c in t.columns}]
    if not known:
        return {}
    people = pd.concat(known).dropna().drop_duplicates("manager_id")
    people = people[~people["manager_name"].duplicated(keep=False)]
    return dict(zip(people["manager_id"], people["manager_name"]))


HEAD = 3  # row of the column heads of a sheet with one table, 0-based


def _grid(sheet, styles: _Styles, columns: list[Column], frame: pd.DataFrame, wide: dict[str, int] | None = None, *, frozen: int = 1) -> None:
    """Heads, columns of typed cells, filter and frozen panes; `frozen` columns stay in sight."""
    _cells(sheet, styles, columns, frame, HEAD, wide or {})
    for k, column in enumerate(columns):
        sheet.set_column(k, k, (wide or {}).get(column.name) or _fit(column, frame[column.name]))
    if columns:
        sheet.autofilter(HEAD, 0, HEAD + max(len(frame), 1), len(columns) - 1)
    sheet.freeze_panes(HEAD + 1, min(frozen, len(columns) - 1))


def _cells(sheet, styles: _Styles, columns: list[Column], frame: pd.DataFrame, head: int, wide: dict[str, int]) -> None:
    named = "manager_name" in frame
    for k, column in enumerate(columns):
        sheet.write_string(head, k, typeset.clean(column.title), styles.head)
        said = column.values if named else column.values | styles.names.get(column.name, {})
        values = frame[column.name].iloc[:_MOST - head]
        if column.kind == "setting":
            for row, value in enumerate(values.tolist(), start=head + 1):
                _setting(sheet, row, k, value, styles)
        else:
            _column(sheet, head + 1, k, column.kind, values, styles.of(column.kind, wrap=column.name in wide), said)


def _fit(column: Column, values) -> float:
    longest = max(len(word) for word in column.title.split()) if column.title.split() else 6
    base = _WIDTH.get(column.kind, 12)
    if column.kind in ("text", "id"):
        lengths = [len(text) for text in values.dropna().astype("str").tolist()]
        base = min(max(10, int(np.quantile(lengths, 0.9)) + 2 if lengths else 10), 46)
    return max(base, longest + 3)


def _column(sheet, first: int, k: int, kind: str, values: pd.Series, style, said: dict[str, str]) -> None:
    """One column, cell types by kind: xlsxwriter takes cells one by one, so this is the one loop over rows of the writer."""
    known = values.notna().tolist()
    if kind in ("money", "share", "ratio", "number", "pp", "score", "count", "days"):
        cells, write = values.to_numpy("float64", na_value=np.nan).tolist(), sheet.write_number
    elif kind in ("date", "datetime"):
        cells, write = values.tolist(), sheet.write_datetime
    elif kind == "bool":
        cells, write = values.tolist(), sheet.write_boolean
    else:
        cells, write = [typeset.clean(said.get(text, text))[:32767] if there else "" for text, there in zip(values.tolist(), known)], sheet.write_string
    for row, (cell, there) in enumerate(zip(cells, known), start=first):
        if there:
            write(row, k, cell, style)


def _list(book, styles: _Styles, document: Document, plan: sheets.Sheet) -> None:
    """One table with its own filter: whom to call, what to do, when."""
    (one,) = plan.tables
    sheet = _open(book, document, plan.name, plan.title, _said_of(one, document), styles)
    _grid(sheet, styles, list(one.table.columns), one.table.frame)


def _clients(book, styles: _Styles, document: Document, plan: sheets.Sheet) -> None:
    """Every client once; the row above the heads says which method a band of columns comes from."""
    columns, bands, frame = plan.joined
    sheet = _open(book, document, plan.name, plan.title, " · ".join(s for s in (document.meta.period, document.meta.money_words) if s), styles)
    _grid(sheet, styles, columns, frame, frozen=2)
    for k, column in enumerate(columns):
        if column.name in bands:
            sheet.write_string(HEAD - 1, k, typeset.clean(bands[column.name]), styles.part)
    sheet.fit_to_pages(0, 0)  # forty columns on one page could not be read
    sheet.set_print_scale(70)
    sheet.repeat_columns(0, 1)


def _stack(book, styles: _Styles, document: Document, plan: sheets.Sheet) -> None:
    """Tables under each other, each with its own filter; the list at the top leads to them."""
    sheet = _open(book, document, plan.name, plan.title, " · ".join(s for s in (document.meta.period, document.meta.money_words) if s), styles)
    row, widths = 3 + len(plan.tables) + 1, {}
    for number, one in enumerate(plan.tables):
        columns, frame = list(one.table.columns), one.table.frame
        sheet.write_url(3 + number, 0, f"internal:'{plan.name.replace(chr(39), chr(39) * 2)}'!A{row + 1}", styles.link, typeset.clean(one.title))
        sheet.write_string(row, 0, typeset.clean(one.title), styles.part)
        sheet.write_string(row + 1, 0, typeset.clean(_said_of(one, document)), styles.note)
        _cells(sheet, styles, columns, frame, row + 2, {})
        if len(frame):
            sheet.add_table(row + 2, 0, row + 2 + len(frame), len(columns) - 1, {"style": None, "columns": _heads(columns, styles)})
        else:
            sheet.write_string(row + 3, 0, _("таких строк нет"), styles.note)
        for k, column in enumerate(columns):
            widths[k] = max(widths.get(k, 0), min(_fit(column, frame[column.name]), 30))
        row += max(len(frame), 1) + 5
    for k, width in widths.items():
        sheet.set_column(k, k, width)
    sheet.freeze_panes(3, 0)


def _heads(columns: list[Column], styles: _Styles) -> list[dict]:
    """Heads of an Excel table: Excel wants them unique whatever the case."""
    return [{"header": name, "header_format": styles.head} for name in sheets.unique((typeset.clean(c.title) for c in columns), most=255)]


def _said_of(one: sheets.Placed, document: Document) -> str:
    """Which method, period and money; and how many rows did not fit."""
    said = [" · ".join(s for s in (one.record.number, one.record.title) if s), document.meta.period, document.meta.money_words]
    if len(one.table.frame) > _MOST - HEAD:
        said.append(_("показаны первые {n} строк, все — в таблице CSV").format(n=words.number(_MOST - HEAD)))
    return " · ".join(s for s in said if s)


_LEVEL = {"risk": words.N_("риск"), "watch": words.N_("внимание"), "good": words.N_("хорошо"), "info": words.N_("справка")}


def _findings(book, styles: _Styles, document: Document, name: str) -> None:
    """First sheet: what was found, by rank, with the money and how much of it page 1 counts."""
    rows = [{"rank": f["rank"], "level": _(_LEVEL.get(f["level"], f["level"])), "text": f["text"], "money": f["money"], "counted": f["money_counted"], "section": f["section"],
             "method": f["method"], "clients": len(f["clients"]), "assumption": bool(f["assumption"])} for f in found.records_of(document.records)]
    columns = [Column("rank", "№", "count"), Column("level", _("Уровень"), "text"), Column("text", _("Что найдено"), "text"), Column("money", _("Деньги"), "money"),
               Column("counted", _("Учтено на первой странице"), "money"), Column("clients", _("Клиентов"), "count"), Column("section", _("Раздел"), "text"),
               Column("method", _("Метод"), "id"), Column("assumption", _("Оценка с допущением"), "bool")]
    sheet = _open(book, document, name, typeset.unmarked(document.meta.head), f"{document.meta.period} · {document.meta.foot}".strip(" ·"), styles)
    _grid(sheet, styles, columns, _frame(rows, columns), wide={"text": 90})


def _frame(rows: list[dict], columns: list[Column]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({c.name: typed([row[c.name] for row in rows], c.kind) for c in columns})


def _settings(book, styles: _Styles, document: Document, name: str) -> None:
    """Every norm and threshold that the numbers stand on: what it means, its source, who changed it, and the book's own figure."""
    import pandas as pd

    from kbreport.appendix import source_said, who_said

    columns = [Column("method", _("Метод"), "id"), Column("title", _("Название"), "text"), Column("name", _("Настройка"), "id"), Column("help", _("Что это"), "text"),
               Column("value", _("Значение"), "setting"), Column("default", _("По умолчанию"), "setting"), Column("source", _("Источник"), "text"), Column("book", _("В книге"), "setting"),
               Column("changed_by", _("Кто изменил"), "text")]
    rows = [{"method": r.method, "title": r.title} | s | {"source": source_said(s.get("source")), "changed_by": who_said(s.get("changed_by"))} for r in document.records for s in r.settings]
    frame = pd.DataFrame(rows, columns=[c.name for c in columns], dtype=object).drop_duplicates(["method", "name"])
    sheet = _open(book, document, name, _("Настройки и нормы"), _("норма kbreport, в книге может быть иначе"), styles)
    _grid(sheet, styles, columns, frame, wide={"help": 60})


def _setting(sheet, row: int, k: int, value: Any, styles: _Styles) -> None:
    """A setting as Excel can count with it: a number, a share in percent; what is neither stays words."""
    from kbreport.appendix import is_share, said

    if words.missing(value):
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(row, k, value, styles.of("percent" if is_share(value) else "setting"))
    else:
        sheet.write_string(row, k, typeset.clean(said(value)), styles.of("text"))
