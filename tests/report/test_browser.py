"""In a browser: no error, no request, nothing serious for axe, keyboard sort and filter, paper of A4."""

import io

import pytest

from kbreport import report
from kbreport.report import html
from tests import chromium
from tests.report import made_up

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    yield from chromium.running()


@pytest.fixture(scope="module", params=("ru", "en"))
def file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "audit.html"
    path.write_text(html.page_of(report.document_of(made_up.notebook(meta={"lang": request.param}), workbook="audit.xlsx")), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, file):
    """Opens the page at a width; at the end nothing may have been said on the console or asked of the network."""
    pages = []

    def at(width: int):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield at
    for page in pages:
        assert page.said == [] and page.asked == []
        page.close()


@pytest.mark.parametrize("width", (1400, 390))
def test_nothing_hangs_out_and_axe_finds_nothing_serious(opened, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], v["impact"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []
    page.said.clear()  # axe is injected past the page's own rules, which the browser reports


def cells(page, k):
    return page.evaluate(f"[...document.querySelectorAll('#abc table[data-sort] tbody tr:not([hidden])')].map(r => r.cells[{k}].textContent.trim())")


def test_sorting_by_keyboard(opened):
    page = opened(1400)
    head = page.locator("#abc table[data-sort] th button.sort", has_text="Продажи").first
    head.focus()
    page.keyboard.press("Enter")
    assert page.locator("#abc th[aria-sort=descending]").count() == 1
    page.keyboard.press("Space")
    values = page.evaluate("[...document.querySelectorAll('#abc table[data-sort] tbody tr')].map(r => +r.cells[2].dataset.v)")
    assert page.locator("#abc th[aria-sort=ascending]").count() == 1 and values == sorted(values)


def test_filter_by_keyboard(opened):
    page = opened(1400)
    field = page.locator("#abc input[type=search]").first
    field.focus()
    page.keyboard.type("ромашка 2")
    assert all("Ромашка 2" in name.replace("\u00a0", " ") for name in cells(page, 1)) and len(cells(page, 1)) == 10
    assert "10" in page.locator("#abc [role=status]").first.text_content()
    field.fill("<script>")
    assert len(cells(page, 1)) == 1
    field.fill("нет такого")
    assert cells(page, 1) == []


def test_skip_link_and_contents(opened):
    page = opened(1400)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("nav.toc a[href='#mig']").click()
    page.locator("nav.toc a[href='#mig'][aria-current]").wait_for(timeout=4000)


def test_lists_become_cards_on_a_phone(opened):
    page = opened(390)
    assert page.evaluate("getComputedStyle(document.querySelector('table.cards tbody tr')).display") == "block"
    assert page.evaluate("getComputedStyle(document.querySelector('figure .only-wide')).display") == "none"
    sizes = page.evaluate("[...document.querySelectorAll('figure .only-phone svg text')].map(t => t.getBoundingClientRect().height).filter(h => h > 0)")
    assert sizes and min(sizes) >= 8


def test_the_page_works_without_scripts(browser, file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("#abc tbody tr").count() >= 50 and page.locator("button.sort").count() == 0
    context.close()


def test_print_gives_a4_pages_with_everything(opened):
    import pypdf

    page = opened(1400)
    paper = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert {(round(float(p.mediabox.width)), round(float(p.mediabox.height))) for p in paper.pages} <= {(595, 842), (594, 842), (596, 842), (595, 841), (594, 841)}
    text = " ".join(p.extract_text() for p in paper.pages).replace("\u00a0", " ")
    assert "Состав другой" in text and "закон Парето" in text and len(paper.pages) < 12
