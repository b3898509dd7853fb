"""The appendix of the audit: every norm with its source and room for the book's own figure, and the glossary.

A norm is a setting of a method that was measured. What the owner of the book entered in company.yml (`norms: {abc.a: 0.8}`)
stands beside ours; the column is empty until then. Terms of the glossary are content: `templates/glossary.yml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kbreport import book, page
from kbreport.company import COMMAND_LINE
from kbreport.home import templates
from kbreport.method import MethodStatus, cols
from kbreport.method.result import Result
from kbreport.words import N_, _, missing, n_, number, percent

if TYPE_CHECKING:
    from kbreport.run import Run

MOST_ROWS = 50  # of a page table
COLUMNS = cols("method setting help value default source book changed_by", method=("id", N_("Метод")), setting=("id", N_("Настройка")), help=("text", N_("Что это")),
               value=("text", N_("Значение")), default=("text", N_("По умолчанию")), source=("text", N_("Источник")), book=("text", N_("В книге")), changed_by=("text", N_("Кто изменил")))


def appendix(run: "Run") -> Result:
    """Norms of the measured methods and the glossary, as one result of two sections."""
    import pandas as pd

    from kbreport import words

    with words.speaking(run.lang):
        norms = norms_of(run)
        result = Result("appendix", "", "", _("Приложение"), MethodStatus.OK, lang=run.lang, columns={"norms": COLUMNS}, titles={"norms": _("Нормы и источники")}, side_folder=run.side_folder)
        result.tables = {"norms": pd.DataFrame(norms, columns=[c.name for c in COLUMNS], dtype=object)}

    def draw() -> list[dict]:
        with words.speaking(run.lang):
            return _norm_pages(norms, run) + _glossary(run.lang)

    result.draw = draw
    return result


def norms_of(run: "Run") -> list[dict[str, Any]]:
    """One record per setting of every method the data feed, in the order of the book."""
    out = []
    for method in book.methods():
        if run.fed(method.id()):
            continue
        for s in run.company.spoken_settings(method.id()):
            dotted = f"{method.id()}.{s['name']}"
            out.append({"method": method.id(), "setting": s["name"], "help": s["help"] or s["name"], "value": said(s["value"]), "default": said(s["default"]),
                        "source": source_said(s["source"]), "book": said(run.company.norms.get(dotted)), "changed_by": who_said(s["changed_by"])})
    return out


def said(value: Any) -> str:
    """A setting as the reader writes it."""
    if value is None or missing(value):
        return ""
    if isinstance(value, bool):
        return _("да") if value else _("нет")
    if isinstance(value, float):
        return percent(value) if is_share(value) else number(value, 0 if value == int(value) else 2)
    if isinstance(value, (list, tuple)):
        shares = all(isinstance(v, (int, float)) and v <= 1 for v in value)
        return ("–" if len(value) == 2 else " / ").join(said(v) if shares or not isinstance(v, float) else number(v, 0 if v == int(v) else 2) for v in value)
    return number(value) if isinstance(value, int) else str(value)


def is_share(value: Any) -> bool:
    """Settings carry no kind: a fraction of at most two digits is read as percent."""
    return isinstance(value, float) and 0 < abs(value) < 1 and round(value, 2) == value


def who_said(who: str | None) -> str:
    """Who changed a setting; run.json keeps the code."""
    return _("командная строка") if who == COMMAND_LINE else who or ""


def source_said(tag: str | None) -> str:
    """A provenance tag (METHODS 0.1) in words."""
    if not tag:
        return ""
    if tag == "OURS":
        return _("норма kbreport")
    if tag == "UNSOURCED":
        return _("источник не найден, наше предложение")
    if tag.startswith("000"):
        return _("оглавление книги ({tag})").format(tag=tag)
    if tag[:3] in ("001", "002", "003", "004"):
        return _("учебные материалы ({tag})").format(tag=tag)
    return _("внешний источник ({tag})").format(tag=tag)


def _norm_pages(norms: list[dict], run: "Run") -> list[dict]:
    entered = sum(bool(n["book"]) for n in norms)
    lead = _("Формулы и пороги — наши там, где книга известна нам только по оглавлению. Впишите цифры книги в столбец «В книге» и в раздел norms файла company.yml: в следующем отчёте они встанут рядом.")
    title = n_("Откуда взяты нормы: {n} порог, из книги вписано {k}", "Откуда взяты нормы: {n} порогов, из книги вписано {k}", len(norms), k=number(entered))
    blocks = [page.section(title, id="norms", kicker=_("Приложение · Нормы и источники"), lead=lead)]
    head = [page.col(_("Порог"), cls="h"), page.col(_("Значение"), num=True, w=24), page.col(_("Источник"), w=46), page.col(_("В книге"), num=True, w=22, pen=True)]
    for chapter, lines in _chapters(norms):
        blocks.append(page.table(head, lines, title=_("Глава {n}").format(n=chapter), dense=True, sheet="appendix.norms"))
    return blocks


def _chapters(norms: list[dict]) -> list[tuple[str, list[list]]]:
    """(chapter, its rows): under the name of each method its thresholds; a long chapter in several tables."""
    rows: dict[str, list[list]] = {}
    for method in dict.fromkeys(n["method"] for n in norms):
        kind = book.load(method)
        lines = rows.setdefault(kind.section.split(".")[0], [])
        lines.append([page.cell(f"{kind.section} {_(kind.title)}", strong=True, group=True), "", "", ""])
        lines += [[page.cell(n["help"], sub=_("изменено: {who}").format(who=n["changed_by"]) if n["changed_by"] else None), n["value"] or "—", n["source"], n["book"]]
                  for n in norms if n["method"] == method]
    return [(chapter, lines[i:i + MOST_ROWS]) for chapter, lines in rows.items() for i in range(0, len(lines), MOST_ROWS)]


def _glossary(lang: str) -> list[dict]:
    import yaml

    terms = yaml.safe_load((templates() / "glossary.yml").read_text(encoding="utf-8"))[lang]
    return [page.section(_("Слова, которыми написан отчёт"), id="glossary", kicker=_("Приложение · Словарь")), page.facts(list(terms.items()), lw=42)]
