"""`batch --by company`: one index over the audits, with what could not be made and why; where it lies; the same twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kbreport.batch import Options, batch, companies
from kbreport.cli.main import run as cli
from kbreport.errors import InputMissing
from tests import chromium
from tests.month.companies import sales

pytestmark = pytest.mark.notebooks


def shown(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A good company, one without a single sale, another good one; audited into one folder."""
    place = tmp_path_factory.mktemp("companies")
    sales(place / "alfa", {"M1": 8})
    sales(place / "gamma", {"M1": 6}, extra=[["x", "2025-12-27", "M1X03", "M1name03", "M1", 9_999]])
    (place / "empty").mkdir()
    (place / "empty" / "orders.csv").write_text("client_id,order_date,amount\n")
    places = [str(place / name) for name in ("alfa", "empty", "gamma")]
    return place, batch(places, opts=Options(by="company", output_dir=place / "out", formats=("html", "xlsx"), lang="ru"))


def test_the_good_ones_are_linked_and_the_bad_one_stands_there_with_its_reason(made):
    place, done = made
    assert done.exit_code == 1 and done.indexes == [(place / "out").resolve() / "index.html"]
    page = shown(done.indexes[0])
    links = re.findall(r'href="([^"#]+)"', page)
    assert len(links) == 6 and all((place / "out" / x).is_file() for x in links)  # the name, HTML and Excel of two
    assert all(name in page for name in ("alfa", "empty", "gamma")) and "✗ не сделан" in page and "1 аудит не сделан." in page
    reason = str(next(o for name, o in done.outcomes if name.endswith("empty"))).replace("\u00a0", " ")
    assert reason.split(".")[0] in page
    assert "Готово аудитов: 2 из 3<" in page and "01.01.2025–31.12.2025" in page
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page


def test_the_headline_of_each_audit_is_read_from_it(made):
    place, done = made
    one = companies.audited(*done.outcomes[0])
    assert one.headline and one.headline.replace("\u00a0", " ").split(";")[0] in shown(done.indexes[0]) and one.sales == 36_000 * 12
    text = shown(Path(done.outcomes[0][1].folder) / "audit.html")
    assert one.headline.replace("\u00a0", " ") in text


def test_a_second_run_says_the_same_and_dry_run_writes_nothing(made):
    place, done = made
    before = done.indexes[0].read_bytes()
    places = [name for name, _o in done.outcomes]
    again = batch(places, opts=Options(by="company", output_dir=place / "out", formats=("html", "xlsx"), lang="ru"))
    assert [getattr(o, "status", "refused") for _n, o in again.outcomes] == ["skipped", "refused", "skipped"] and again.indexes[0].read_bytes() == before
    assert batch(places, opts=Options(by="company", output_dir=place / "dry", dry_run=True)).indexes == [] and not (place / "dry").exists()


def test_one_company_has_its_index_too_and_the_command_names_it(made, capsys):
    place, _done = made
    assert cli(["batch", "--by", "company", str(place / "alfa"), "--output-dir", str(place / "out"), "--to", "html,xlsx", "--no-progress", "--lang", "ru"]) == 0
    out = capsys.readouterr().out
    assert str(place / "out" / "index.html") in out and "Готово аудитов" not in shown(place / "out" / "index.html") and "готово аудитов: 1 из 1" in shown(place / "out" / "index.html")


def test_where_nothing_could_be_made_no_page_replaces_the_old_one(made):
    place, _done = made
    done = batch([str(place / "empty"), str(place / "nowhere")], opts=Options(by="company", output_dir=place / "none"))
    assert done.exit_code == 3 and done.indexes == [] and not (place / "none").exists()


def test_without_a_place_the_index_lies_in_the_folder_that_holds_all(made):
    place, _done = made
    here = place.resolve()
    assert companies.place_of([place / "alfa"], Options()) == here / "alfa" / "reports" / "index.html"
    assert companies.place_of([place / "alfa" / "orders.csv"], Options()) == here / "alfa" / "reports" / "index.html"
    assert companies.place_of([place / "alfa", place / "nowhere"], Options()) == here / "reports" / "index.html"


def test_sales_are_added_where_the_audits_state_one_currency():
    audits = [companies.Audited(name, "ok", None, {"currency": currency, "rows": {"used": {"amount": 100.0}}}) for name, currency in (("a", "RUB"), ("b", "RUB"), ("c", None))]
    assert companies._total(audits[:2]) == 200 and companies._total(audits) is None and companies._total([audits[2]] * 2) is None and companies._total(audits[2:]) == 100
    assert companies._title(audits[:2]).replace("\u00a0", " ") == "Продажи 200 ₽; готово аудитов: 2 из 2"


def test_different_currencies_are_not_added_and_hostile_names_stay_names(tmp_path):
    one = companies.Audited("<script>alert(1)</script>", "ok", tmp_path, {"currency": "RUB", "lang": "ru", "rows": {"used": {"amount": 100.0}}, "period": {"start": "2025-01-01", "end": "2025-12-31"}})
    two = companies.Audited("**B**", "ok", tmp_path, {"currency": "USD", "lang": "ru", "rows": {"used": {"amount": 5.0}}, "period": {"start": "2025-01-01", "end": "2025-12-31"}})
    bad = companies.audited("nowhere", InputMissing("Нет такого файла или папки: {path}.", path="nowhere"))
    page = shown(companies.write([one, two, bad], tmp_path / "index.html", "ru"))
    assert "<script>alert" not in page and "100 ₽" in page and "5 $" in page and "105" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S) and "Нет такого файла или папки: nowhere." in page


@pytest.mark.browser
def test_a_phone_shows_it_without_a_scroll_bar(made):
    for browser in chromium.running():
        page = browser.new_page(viewport={"width": 390, "height": 900})
        page.goto(made[1].indexes[0].as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length") == 0
