"""Norms carry their sources and the book's own figures; the glossary holds the same terms in both languages."""

from __future__ import annotations

from dataclasses import replace

import yaml

from kbreport.appendix import appendix, norms_of, said, source_said
from kbreport.home import templates
from tests.base import base_of, orders_of


def base(**norms):
    run = base_of(orders_of(("a", "2025-12-15", 5)), parameters={"as_of": "2025-12-31"}, settings={"abc.a": 0.7})
    run.company = replace(run.company, norms=norms)
    return run


def test_every_setting_of_a_measured_method_is_listed_with_its_source():
    norms = {f"{n['method']}.{n['setting']}": n for n in norms_of(base())}
    assert norms["abc.a"]["value"] == "70\u00a0%" and norms["abc.a"]["default"] == "80\u00a0%" and norms["abc.a"]["changed_by"]
    assert norms["abc.a"]["source"] == source_said("S9") and all(n["source"] for n in norms.values())


def test_the_books_own_figure_is_read_back_from_company_yml():
    norms = {f"{n['method']}.{n['setting']}": n for n in norms_of(base(**{"abc.a": 0.75}))}
    assert norms["abc.a"]["book"] == "75\u00a0%" and norms["abc.b"]["book"] == ""


def test_values_are_said_as_people_write_them():
    assert [said(v) for v in (None, True, 0.8, 1.5, 90, (0.2, 0.4), (0.9, 1.0, 1.1), "crossing")] == ["", "да", "80\u00a0%", "1,50", "90", "20\u00a0%–40\u00a0%", "0,90 / 1 / 1,10", "crossing"]


def test_the_glossary_is_the_same_in_both_languages():
    terms = yaml.safe_load((templates() / "glossary.yml").read_text(encoding="utf-8"))
    assert len(terms["ru"]) == len(terms["en"])
    assert not any("а" <= c.lower() <= "я" for c in str(terms["en"]))


def test_the_appendix_is_two_sections():
    assert [b["id"] for b in appendix(base()).blocks if b["k"] == "section"] == ["norms", "glossary"]


def test_every_norm_stands_once_under_its_method_and_no_table_is_cut():
    from kbreport.report.document import MOST_ROWS

    run = base()
    tables = [b for b in appendix(run).blocks if b["k"] == "table"]
    said_rows = [row[0]["t"] for table in tables for row in table["rows"] if row[2]]
    assert sorted(said_rows) == sorted(n["help"] for n in norms_of(run)) and all(len(t["rows"]) <= MOST_ROWS for t in tables)
