"""The HTML file: parses, holds everything, asks for nothing, and a hostile name stays a name."""

import re
from html.parser import HTMLParser

import pytest

from kbreport import page, report, words
from kbreport.report import document, html
from tests.report import made_up

VOID = {"meta", "br", "hr", "img", "input", "link", "path", "use", "rect", "circle", "line"}


class Tree(HTMLParser):
    """Tags must close in order; texts are collected."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.texts, self.tags, self.ids = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [v for k, v in attrs if k == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [v for k, v in attrs if k == "id"]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
            self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.texts.append(data)


def parsed(text: str) -> Tree:
    tree = Tree()
    tree.feed(text)
    tree.close()
    assert not tree.open
    return tree


@pytest.fixture(scope="module")
def audit() -> str:
    with words.speaking("ru"):
        return html.page_of(report.document_of(made_up.notebook(), workbook="audit.xlsx"))


def test_tags_close_and_ids_are_unique(audit):
    tree = parsed(audit)
    assert len(tree.ids) == len(set(tree.ids))
    assert [t for t, _a in tree.tags].count("h1") == 1
    assert [t for t, _a in tree.tags].count("h2") == 3


@pytest.mark.parametrize("name", made_up.HOSTILE)
def test_hostile_names_come_out_as_text(audit, name):
    tree = parsed(audit)
    whole = "".join(tree.texts).replace("\u00a0", " ")
    assert name in whole
    assert [t for t, _a in tree.tags].count("script") == 1


def test_stars_of_a_name_do_not_switch_bold(audit):
    lead = re.search(r'<p class="lead">(.*?)</p>', audit)[1]
    assert "«**bold**»" in lead and "<strong>и" in lead.replace("\u00a0", " ")
    assert lead.count("<strong>") == 1


def test_nothing_is_fetched_and_no_jupyter_is_inside(audit):
    without_names = re.sub(r'xmlns(:\w+)?="[^"]+"', "", audit)
    for tag, attrs in parsed(audit).tags:
        for key in ("src", "href", "xlink:href", "action"):
            value = attrs.get(key) or ""
            assert not re.match(r"(https?:)?//", value) or tag == "a", (tag, value)
    assert "url(http" not in without_names and "@import" not in audit
    assert "jupyter" not in audit.lower() and "mathjax" not in audit.lower() and "require.js" not in audit.lower()


def test_contents_lead_to_the_sections(audit):
    tree = parsed(audit)
    targets = {a["href"][1:] for t, a in tree.tags if t == "a" and a.get("href", "").startswith("#")}
    assert {"main", "summary", "abc", "mig"} <= targets <= set(tree.ids)


def test_language_and_strings_follow_the_report():
    with words.speaking("ru"):
        text = html.page_of(report.document_of(made_up.notebook(meta={"lang": "en"})))
    assert '<html lang="en">' in text and "Skip to the report" in text and "Page" not in parsed(text).texts[:3]
    assert "Перейти" not in text


def test_a_long_table_is_capped_and_names_its_sheet():
    text = html.page_of(report.document_of(made_up.notebook(n=1200), workbook="audit.xlsx"))
    body = re.search(r'<table class="cards.*?</table>', text, re.S)[0]
    assert body.count("<tr>") == 1 + 50 + 1
    more = re.search(r'<p class="note more">(.*?)</p>', text)[1].replace("\u00a0", " ")
    assert "Ещё 1 150 строк" in more and "лист «Клиенты»" in more and 'href="audit.xlsx"' in more


def test_columns_that_say_nothing_are_left_out_unless_they_wait_for_the_pen():
    table = page.table([page.col("Клиент"), page.col("Доля"), page.col("Класс"), page.col("Пометки", pen=True), page.col("Сумма")],
                       [["а", "н/д", page.cell(badge="A", kind="abc"), "", "1"], ["б", "", "", "", ""]], total=["Всего", "", "", "", "1"])
    (ready,) = document._typeset(document.Part("x", "", "", [table]), "ru", [], None).blocks
    assert [c["title"] for c in ready["cols"]] == ["Клиент", "Класс", "Пометки", "Сумма"] and len(ready["rows"][0]) == len(ready["total"]) == 4


def test_in_an_audit_empty_sections_become_lines_of_the_data_page():
    data = made_up.result("overview", [page.section("Данные", id="data")])
    empty = made_up.result("retention", [page.section("Удержание не видно", id="r"), page.problem("Нет", "истории")], title="Удержание", section="3.8", status="insufficient", reason="мало истории")
    full = made_up.result("abc", [page.section("Классы"), page.facts([("Период", "год")])], status="insufficient")
    whole = report.document_of(made_up.notebook(cells=[made_up.shown(d) for d in (data, empty, full)]))
    assert [p.id for p in whole.parts if p.title] == ["data", "abc"]
    (table,) = [b for p in whole.parts if p.id == "data" for b in p.blocks if b["k"] == "table"]
    assert table["rows"] == [["3.8 Удержание", "мало истории"]] and [r.method for r in whole.records] == ["overview", "retention", "abc"]
    alone = report.document_of(made_up.notebook(cells=[made_up.shown(empty)]))
    assert any(p.id == "r" for p in alone.parts)


def test_a_section_names_each_place_of_its_data_once():
    table = made_up.table_of(3)
    page_tables = [page.table([page.col("Клиент")], [["x"]], sheet="abc") for _ in range(3)]
    whole = page.table([page.col("Класс")], [["A"], ["B"], ["C"]], sheet="abc.all")
    data = made_up.result("abc", [page.section("Раз"), page.cols([88, 88], [page_tables[:1], page_tables[1:2]]), whole, page_tables[2], page.section("Два"), whole], tables={"main": table, "all": table})
    parts = report.document_of(made_up.notebook(cells=[made_up.shown(data)]), workbook="audit.xlsx").parts
    said = [[b["more"] for b in document._tables(part.blocks)] for part in parts if part.title]
    assert [[bool(m) for m in part] for part in said] == [[False, False, False, True], [True]]
    assert said[0][3].startswith("Весь список") and said[1][0].startswith("Данные")


def test_a_figure_without_a_picture_is_left_out(audit):
    assert "Пусто" not in audit


def test_prose_of_the_section_stands_after_its_conclusion(audit):
    section = re.search(r'<section id="abc".*?</section>', audit, re.S)[0]
    assert section.index("<h2>") < section.index("<figure>") < section.index("<details")
    assert "&lt;b&gt;" in section and "<em>закон" in section and '<a href="https://example.com">' in section


def test_pictures_from_elsewhere_are_inert():
    svg = '<svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    out = str(html.inline(svg, "a<b"))
    assert out.startswith('<img src="data:image/svg+xml;base64,') and "<script" not in out and 'alt="a&lt;b"' in out
    assert str(html.inline('<svg viewBox="0 0 1 1"><text>javascript: onload="x" &lt;script&gt;</text></svg>')).startswith("<svg")


def test_masthead_reports_have_no_cover_and_no_contents():
    result = made_up.result("month", [page.masthead("Отчёт менеджера · Петров Д. И.", "План выполнен на 98 %", right="декабрь 2025"), page.writing("План", ["1.", ""]),
                                      page.agenda("Повестка", [("10 мин", "Итоги", "все")]), page.signs(["Менеджер, дата", "РОП, дата"])])
    text = html.page_of(report.document_of(made_up.notebook(cells=[made_up.shown(result)])))
    assert 'class="toc"' not in text and 'class="cover"' not in text and "<h1>План" in text


def test_the_same_text_in_other_processes():
    import os
    import subprocess
    import sys

    code = ("from tests.report import made_up; from kbreport import report; from kbreport.report import html, xlsx, pdf; import hashlib;"
            "d=report.document_of(made_up.notebook());print([hashlib.sha256(x).hexdigest() for x in (html.page_of(d).encode(), xlsx.bytes_of(d), pdf.bytes_of(d))])")
    runs = {subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed, "TZ": tz}, capture_output=True, text=True, check=True).stdout
            for seed, tz in (("1", "UTC"), ("7", "America/New_York"))}
    assert len(runs) == 1 and len(next(iter(runs))) > 190


def test_the_nbconvert_exporter_writes_the_same_page(tmp_path):
    import nbformat

    path = tmp_path / "audit.ipynb"
    nbformat.write(made_up.notebook(), path)
    text, resources = html.HtmlReport().from_filename(str(path))
    assert text.strip() == html.page_of(report.document_of(path)).strip()
    assert resources["output_extension"] == ".html"
