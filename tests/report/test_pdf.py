"""The PDF: A4, tagged, searchable, the same bytes; a hostile name is printed as it is."""

import io
import re

import pytest

from kbreport import charts, page, report, words
from kbreport.report import pdf
from tests.report import made_up

pypdf = pytest.importorskip("pypdf")


def opened(node) -> "pypdf.PdfReader":
    return pypdf.PdfReader(io.BytesIO(pdf.bytes_of(report.document_of(node, workbook="audit.xlsx"))))


def text_of(reader) -> str:
    """All text, the line breaks of the layout and the invisible break marks taken out."""
    return re.sub(r"\s+", " ", " ".join(p.extract_text() for p in reader.pages).replace("\u200b", ""))


@pytest.fixture(scope="module")
def audit():
    with words.speaking("ru"):
        return opened(made_up.notebook())


def test_pages_are_a4_and_numbered(audit):
    assert 4 <= len(audit.pages) <= 7
    for p in audit.pages:
        assert (round(float(p.mediabox.width)), round(float(p.mediabox.height))) == (595, 842)
    assert f"Стр. 2 из {len(audit.pages)}" in audit.pages[1].extract_text().replace("\u00a0", " ")


def test_tagged_titled_and_in_its_language(audit):
    root = audit.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "ru"
    assert audit.metadata.title == "Аудит клиентской базы"
    assert "pdfuaid" in root["/Metadata"].get_data().decode("utf-8", "ignore")


def test_bookmarks_are_the_conclusions(audit):
    titles = [item.title.replace("\u00a0", " ") for item in audit.outline if not isinstance(item, list)]
    assert titles == ["Продажи выросли на 3,3 %, под угрозой 31,3 млн ₽", "26 клиентов дают 80 % продаж; половину — всего 7", "Состав другой: 22 клиента сменили класс"]


def test_contents_name_the_pages(audit):
    contents = next(p.extract_text() for p in audit.pages if "Содержание" in p.extract_text())
    at = next(i for i, p in enumerate(audit.pages, 1) if "Вниз ушёл миллион" in p.extract_text().replace("\u00a0", " "))
    assert re.search(rf"Состав другой[^\n]*\n?{at}\b", contents.replace("\u00a0", " "))


@pytest.mark.parametrize("name", made_up.HOSTILE)
def test_hostile_names_come_out_as_text(audit, name):
    assert re.sub(r"\s+", " ", name) in text_of(audit)


def test_fonts_are_ours_and_inside(audit):
    fonts = {str(f["/BaseFont"]) for p in audit.pages for f in (x.get_object() for x in p["/Resources"].get("/Font", {}).values())}
    assert fonts and all(re.search("Inter|Literata|DejaVu|Libertinus", f) for f in fonts)
    assert any("Inter" in f for f in fonts) and any("Literata" in f for f in fonts)


def test_the_head_of_a_long_table_repeats(audit):
    heads = [p for p in audit.pages if "Клиент, менеджер" in p.extract_text().replace("\u00a0", " ")]
    assert len(heads) >= 2


def test_letters_no_font_holds_become_a_box():
    result = made_up.result("abc", [page.section("Клиент 中文 😀 растёт", id="x"), page.table([page.col("Имя")], [["株式会社 \x07"], ["Ελλάς"], ["\ue000\u2603\u16a0"]])])
    said = text_of(opened(made_up.notebook(cells=[made_up.shown(result)])))
    assert "Клиент □□ □ растёт" in said.replace("\u00a0", " ") and "□□□□" in said and "Ελλάς" in said


def test_english_page():
    said = text_of(opened(made_up.notebook(meta={"lang": "en", "title": "Audit"})))
    assert "Page 2 of" in said and "Contents" in said and "Стр." not in said


def test_brand_logo_and_colour(tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 4"><rect width="10" height="4" fill="#7A1F3D"/></svg>', encoding="utf-8")
    node = made_up.notebook(meta={"brand": {"name": "Бренд", "logo": str(logo), "colour": "#7A1F3D", "footer": "Тел. 1"}})
    assert "Тел. 1" in text_of(opened(node))


def test_a_wide_table_stays_on_the_page():
    cols = [page.col(f"Показатель {i}", w=40, num=i > 0) for i in range(14)]
    rows = [["Оченьдлинноеназваниебезпробелов" * 3, *["1 234 567"] * 13] for _ in range(5)]
    reader = opened(made_up.notebook(cells=[made_up.shown(made_up.result("wide", [page.section("Широкая", id="w"), page.table(cols, rows)]))]))
    right = []
    reader.pages[0].extract_text(visitor_text=lambda text, cm, tm, font, size: right.append(tm[4] * cm[0] + cm[4]) if text.strip() else None)
    assert max(right) < 595


def test_a_report_without_headlines_is_still_a_pdf():
    assert len(opened(made_up.notebook(cells=[made_up.markdown("Просто текст.")])).pages) == 1
    assert len(opened(made_up.notebook(cells=[])).pages) == 1


def test_exporter(tmp_path):
    import nbformat

    path = tmp_path / "audit.ipynb"
    nbformat.write(made_up.notebook(), path)
    content, resources = pdf.PdfReport().from_filename(str(path))
    assert content == pdf.bytes_of(report.document_of(path)) and resources["output_extension"] == ".pdf"


def test_every_block_kind_is_drawn():
    every = [page.section("Всё", id="all"), page.h3("Подзаголовок"), page.para("Абзац", wide=True), page.prose("Текст *к*"), page.gap(3), page.newpage(), page.note("n"),
             page.table([page.col("a"), page.col("b", num=True)], [[page.cell("x", check=True), page.cell("1", bar=0.5)],
                                                                  [page.cell(svg=charts.svg(charts.spark([1, 2]), "c"), alt="линия", w=30), page.cell(badge="AB?", kind="abcd")],
                                                                  [page.cell("y", href="https://example.com"), None]], total=["Всего", "1"], caption="подпись", note="п", unit="₽"),
             page.writing("План", ["1.", ""]), page.signs(["A", "B"]), page.agenda("Повестка", [("10", "x", "y")]), page.problem("p", "q")]
    assert "подпись" in text_of(opened(made_up.notebook(cells=[made_up.shown(made_up.result("all", every))])))


def long_report():
    """Thirty sections of different heights, composed as the audit is."""
    from kbreport.report import compose

    cells = []
    for k in range(30):
        rows = [[f"Клиент {i}", str(i)] for i in range(3 + 5 * k % 17)]
        svg, phone = charts.both(lambda w, k=k: charts.line([1 + (k * i) % 5 for i in range(12)], words.months_short(), w=w), f"f{k}")
        blocks = [page.section(f"Вывод раздела {k}: одно предложение с числом и оговоркой, довольно длинное", id=f"s{k}", kicker=f"3.{k}")]
        blocks += [page.fig(f"f{k}", svg, phone=phone, headline=f"Рисунок {k}", subtitle="млн", alt="линия")] if k % 3 else []
        blocks += [page.h3(f"Подзаголовок {k}"), page.table([page.col("Клиент"), page.col("Число", num=True)], rows, title=f"Таблица {k}")]
        cells += [made_up.markdown(f"## Раздел {k}"), made_up.markdown("Пояснение. " * (5 * (k % 5))), made_up.shown(made_up.result(f"m{k}", blocks, title=f"Раздел {k}"))]
    return compose.composed([compose.Notebook(made_up.notebook(cells=cells))]).node


def test_no_heading_hangs_at_the_foot_and_no_page_is_half_empty():
    reader = opened(long_report())
    short = 0
    for p in reader.pages[2:-1]:
        lines = []
        p.extract_text(visitor_text=lambda text, cm, tm, font, size: lines.append((tm[5] * cm[3] + cm[5], text.strip())) if text.strip() else None)  # noqa: B023
        body = sorted((round(y), t) for y, t in lines if 60 < y < 790)
        assert not body[0][1].startswith(("Вывод раздела", "Подзаголовок", "Таблица", "Рисунок")), body[:2]
        short += body[0][0] > 60 + 729 * 0.55
    assert short == 0


def test_thirty_sections_cost_little():
    import time

    document = report.document_of(long_report())
    start = time.process_time()
    pdf.bytes_of(document)
    assert time.process_time() - start < 5
