"""Front matter of a long report: the cover with the customer's own base as its picture, and the contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kbreport import page, words
from kbreport.words import _, n_

if TYPE_CHECKING:
    from kbreport.report.document import Meta, Part
    from kbreport.report.results import ResultRecord

LEAST = 3  # headlines that make contents worth a page


def with_front(parts: list[Part], meta: Meta, records: Sequence[ResultRecord]) -> list[Part]:
    """The parts with a cover before and the contents after the first page; short reports and mastheads stay as they are."""
    titled = [p for p in parts if p.title]
    if len(titled) < LEAST or any(b["k"] in ("masthead", "cover") for p in parts[:1] for b in p.blocks):
        return parts
    first = parts.index(titled[0]) + 1
    items = [{"id": p.id, "title": p.title, "kicker": p.kicker, "group": p.group} for p in titled]
    untitled = replace(titled[0], id="", title="", kicker="", group="")
    cover = replace(untitled, blocks=[cover_of(meta, records)])
    return [cover, *parts[:first], replace(untitled, blocks=[{"k": "contents", "title": _("Содержание"), "items": items}]), *parts[first:]]


def cover_of(meta: Meta, records: Sequence[ResultRecord]) -> dict:
    """Cover from the meta; its picture: one bar per client of the ABC analysis, true scale."""
    base = next((r for r in records if r.method == "abc" and "main" in r.tables), None)
    art, flat, caption = _art(base) if base else (None, None, "")
    when = " · ".join(x for x in (meta.period, _("данные на {day}").format(day=words.day(meta.as_of)) if meta.as_of else "") if x)
    foot = " · ".join(x for x in (meta.maker, meta.money_words, _("для внутреннего пользования") if meta.confidential else "") if x)
    return page.cover(meta.title, meta.company, when, kicker=meta.kicker or _("Отчёт для собственника"), svg=art, alt=_("Каждый столбик — один клиент, по убыванию продаж") if art else "",
                      caption=caption, foot=foot) | ({"phone": flat} if flat else {})


def _art(record: ResultRecord) -> tuple[str | None, str | None, str]:
    """(SVG of the cover, flat SVG for the screen, caption) from the table of classes: its first money column and its class."""
    from kbreport import charts

    table = record.tables["main"]
    money = next((c.name for c in table.columns if c.kind == "money"), None)
    letter = next((c.name for c in table.columns if c.kind == "class" or c.name == "class"), None)
    if not money or not letter:
        return None, None, ""
    sales, classes = table.frame[money], table.frame[letter].fillna("N")
    figure = charts.skyline(sales.tolist(), classes.tolist())
    flat = charts.skyline(sales.tolist(), classes.tolist(), w=180, h=26, margins=(0, 0))
    active = sales[sales > 0]
    top = sales[(classes == "A") & (sales > 0)]
    if figure is None or not len(top):
        return None, None, ""
    who = n_("Ваша база: {n} клиент по убыванию продаж.", "Ваша база: {n} клиентов по убыванию продаж.", len(active))
    share = n_("Тёмный столбик слева даёт {share} продаж.", "Тёмные {n} слева дают {share} продаж.", len(top), share=words.percent(top.sum() / active.sum()))
    return charts.svg(figure, "cover"), charts.svg(flat, "cover-flat"), f"{who} {share}"
