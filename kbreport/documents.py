"""Templates filled from a run: the client's tear sheet (one A4 page for a visit); and the letter «Запрос данных», which needs no data.

A document reads what methods measured and facts of one client; it computes nothing that a method owns.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kbreport import words
from kbreport.batch.company import report_meta
from kbreport.company import slug
from kbreport.errors import UsageProblem
from kbreport.method.vocabulary import pinned
from kbreport.run import Run
from kbreport.words import N_, _, closest, n_, number, percent

if TYPE_CHECKING:
    from kbreport.report.tearsheet import TearSheet

DOCUMENTS = {"tear_sheet": N_("Паспорт клиента: одна страница к визиту или годовой встрече"), "data_request": N_("Запрос данных: письмо клиенту в первый день, с путями по меню систем")}


def client_of(run: Run, wanted: str) -> str:
    """The id of the client with this id or name; UsageProblem names the closest."""
    card = run.card()
    hit = card[(card["client_id"] == wanted) | (card["client_name"] == wanted)]
    if hit.empty:
        near = closest(wanted, [*card["client_id"], *card["client_name"]])
        raise UsageProblem(N_("Клиента «{client}» в данных нет."), remedy=N_("Возможно, {near}?") if near else "", client=wanted, near=near)
    return str(hit["client_id"].iloc[0])


def tear_sheet(run: Run, wanted: str) -> "TearSheet":
    """What the page of one client says, in the language of the run."""
    from kbreport.report.tearsheet import TearSheet

    client = client_of(run, wanted)
    card = run.card().set_index("client_id").loc[client]
    orders = run.facts.orders[run.facts.orders["client_id"] == client]
    rhythm, life = _row(run, "frequency", client), _row(run, "lifecycle", client)
    manager = run.manager_name(card["manager_id"]) if pd.notna(card["manager_id"]) else ""
    return TearSheet(name=card["client_name"], as_of=run.facts.as_of.date, currency=run.facts.currency, manager=manager, abc=_class(run, client, run), about=_about(run, client),
                     headline=_headline(life), months=_months(run, client), order_dates=[d.date() for d in orders["date"]], order_amounts=orders["amount"].tolist(),
                     rhythm_days=_number(rhythm, "rhythm_days"), classes=_classes(run, client), categories=_categories(run, client), risks=_risks(run, client, life), touches=_touches(run, client))


def write_tear_sheet(run: Run, wanted: str, folder: Path) -> list[Path]:
    """`<client-slug>.html` and `.pdf` in `folder`."""
    from kbreport import report
    from kbreport.report import tearsheet

    with words.speaking(run.lang):
        sheet = tear_sheet(run, wanted)
        meta = report_meta(run) | {"title": _("Паспорт клиента"), "ledger": []}
        document = report.document_from_blocks(tearsheet.blocks(sheet), meta)
        folder.mkdir(parents=True, exist_ok=True)
        return [p for name in ("html", "pdf") for p in report.write_format(document, folder / f"{slug(sheet.name)}.{name}", name)]


# ------------------------------------------------------------------ the letter
def write_data_request(name: str, folder: Path) -> list[Path]:
    """`data_request.<lang>.docx` and `.md` in both languages: what to export, from which menu, and what not to send."""
    import yaml

    from kbreport.home import templates

    letters = yaml.safe_load((templates() / "data_request.yml").read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    out = []
    for lang, letter in letters.items():
        _docx(letter, name, lang, folder / f"data_request.{lang}.docx")
        (folder / f"data_request.{lang}.md").write_text(_markdown(letter, name), encoding="utf-8")
        out += [folder / f"data_request.{lang}.docx", folder / f"data_request.{lang}.md"]
    return out


def _docx(letter: dict, name: str, lang: str, path: Path) -> None:
    """A Word file with real headings, lists and a table, so that it can be edited before it is sent."""
    from datetime import datetime

    import docx

    page = docx.Document()
    page.core_properties.title, page.core_properties.language = letter["title"], lang
    page.core_properties.author, page.core_properties.created = "kbreport", datetime(2026, 1, 1)
    page.core_properties.modified = datetime(2026, 1, 1)
    page.add_heading(letter["title"], 0)
    for block in letter["blocks"]:
        (kind, what), = block.items()
        if kind == "h":
            page.add_heading(what, 2)
        elif kind == "p":
            page.add_paragraph(what.format(company=name))
        elif kind == "table":
            _table(page, what)
        else:
            for line in what:
                page.add_paragraph(line, style="List Number" if kind == "steps" else "List Bullet")
            if kind == "steps":
                _restarted(page, len(what))
    page.save(str(path))


def _table(page, what: dict) -> None:
    table = page.add_table(rows=1, cols=len(what["head"]), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, what["head"], strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    for row in what["rows"]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _restarted(page, n: int) -> None:
    """Every list of steps counts from one: a numbering of its own, made from that of the style."""
    numbering = page.part.numbering_part.numbering_definitions._numbering
    style = page.styles["List Number"].element.pPr.numPr.numId.val
    abstract = next(x for x in numbering.num_lst if x.numId == style).abstractNumId.val
    num = numbering.add_num(abstract)
    num.add_lvlOverride(ilvl=0).add_startOverride(1)
    for paragraph in page.paragraphs[-n:]:
        pr = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        pr.get_or_add_numId().val = num.numId
        pr.get_or_add_ilvl().val = 0


def _markdown(letter: dict, name: str) -> str:
    lines = ["# " + letter["title"]]
    for block in letter["blocks"]:
        (kind, what), = block.items()
        if kind in ("h", "p"):
            lines += ["", "## " + what if kind == "h" else what.format(company=name)]
        elif kind == "table":
            lines += ["", "| " + " | ".join(what["head"]) + " |", "|" + "---|" * len(what["head"]), *("| " + " | ".join(row) + " |" for row in what["rows"])]
        else:
            lines += ["", *(f"{i}. {line}" if kind == "steps" else f"- {line}" for i, line in enumerate(what, 1))]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------ parts
def _row(run: Run, method: str, client: str) -> pd.Series | None:
    result = run.measure(method)
    if "main" not in result.tables:
        return None
    mine = result.table[result.table["client_id"] == client]
    return mine.iloc[0] if len(mine) else None


def _number(row: pd.Series | None, name: str) -> float | None:
    return None if row is None or pd.isna(row[name]) else float(row[name])


def _class(run: Run, client: str, of: Run) -> str | None:
    row = _row(of, "abc", client)
    return None if row is None else str(row["class"])


def _about(run: Run, client: str) -> str:
    first = run.facts.first_order.get(client)
    parts = [_("первый заказ: {month}").format(month=words.month(first))] if first is not None else []
    known = run.facts.clients.set_index("client_id").loc[client]
    parts += [str(known[name]) for name in ("segment", "region") if name in known and pd.notna(known[name])]
    return " · ".join(parts)


def _headline(life: pd.Series | None) -> str:
    """The conclusion of the page: how he buys against his own rhythm."""
    if life is None or pd.isna(life["days_since"]):
        return ""
    days, late = int(life["days_since"]), life["lateness"]
    if life["state"] in ("sleeping", "lost", "falling_asleep") and pd.notna(late):
        return n_("Молчит {n} день: это {k} его ритма", "Молчит {n} дней: это {k} его ритма", days, k=number(late, 1))
    return n_("Покупает в своём ритме: последний заказ {n} день назад", "Покупает в своём ритме: последний заказ {n} дней назад", days)


def _months(run: Run, client: str) -> list:
    months = run.facts.client_months
    mine = months[months["client_id"] == client].set_index("month")["amount"]
    last = pd.Timestamp(run.facts.as_of.date).to_period("M")
    span = pd.period_range(last - 23, last, freq="M")
    return [(p.to_timestamp().date(), float(mine.get(p.to_timestamp(), 0.0))) for p in span if p.to_timestamp() >= pd.Timestamp(run.facts.history_start)]


def _classes(run: Run, client: str) -> list[tuple[str, str]]:
    """Class of the period before and of this one, by the company's borders."""
    from kbreport.facts import pareto

    abc = run.settings("abc")
    out = []
    for period in (run.previous, run.period):
        letters = pareto.classes(run.company_facts.net_sales(period), abc.a, abc.b, abc.rule)
        out.append((period.slug, str(letters.get(client, "N"))))
    return out


def _categories(run: Run, client: str) -> list:
    from kbreport.report.tearsheet import Category

    frame = run.facts.category_months
    if frame is None:
        return []
    mine = frame[frame["client_id"] == client]
    now, before = (mine[p.mask(mine["month"])].groupby("category")["amount"].sum() for p in (run.period, run.previous))
    names = now.add(before, fill_value=0).abs().sort_values(ascending=False).index
    return [Category(str(c), float(before.get(c, 0.0)), float(now.get(c, 0.0))) for c in names]


def _risks(run: Run, client: str, life: pd.Series | None) -> list[tuple[str, str, str | None]]:
    out = []
    if life is not None:
        tone = {"active": "good", "new": "good"}.get(life["state"], "bad" if life["state"] in ("sleeping", "lost") else "warn")
        out.append((_("Состояние"), pinned("state", life["state"]), tone))
    share = run.facts.net_sales(run.period).get(client, 0.0) / run.company_facts.net_sales(run.period).sum()
    out.append((_("Доля в продажах компании"), percent(share, 1), "warn" if share > 0.1 else None))
    return out


def _touches(run: Run, client: str) -> list[tuple[str, str]]:
    touches = run.facts.others.get("touches")
    if touches is None:
        return []
    mine = touches[(touches["client_id"] == client) & (touches["at"] <= pd.Timestamp(run.facts.as_of.date) + pd.Timedelta(days=1))].sort_values("at").tail(4)
    return [(words.day(r.at), pinned("channel", r.channel)) for r in mine.itertuples()]
