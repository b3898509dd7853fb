"""What a notebook shows of a result: formatted, coloured, escaped, never longer than fifty rows."""

from __future__ import annotations

import pytest

from kbreport import page
from kbreport.method.shown import blocks_html, rich
from tests.base import base_of, orders_of


def test_every_kind_of_block_a_method_uses_has_a_writer(training):
    kinds = {b["k"] for name, why in training.fed_methods().items() if not why for b in training.measure(name).blocks}
    from kbreport.method.shown import WRITERS

    assert kinds <= set(WRITERS)


def test_badges_tones_and_second_lines():
    html = blocks_html([page.table([page.col("Клиент"), page.col("Σ", num=True)], [[page.cell("Альфа", badge="A", kind="abc", sub="Иванова"), page.cell("−3 %", tone="bad")]], title="Кто")])
    assert "<span class='bd abc A'>A</span> Альфа<small>Иванова</small>" in html and "<td class='n'><span class='bad'>−3 %</span></td>" in html and "<h4>Кто" in html


def test_bold_is_the_only_markup():
    assert rich("**да** <b>\nнет") == "<strong>да</strong> &lt;b&gt;<br>нет"
    assert rich("*\u2060*x*\u2060*") == "**x**"


@pytest.mark.parametrize("lang, said", [("ru", "ещё 10 строк"), ("en", "10 more rows")])
def test_long_tables_end_at_fifty_rows_and_say_so(lang, said):
    orders = orders_of(*((f"К{i:02d}", f"2025-{m:02d}-10", 100 + i) for i in range(60) for m in (1, 5, 9, 12)))
    base = base_of(orders, lang=lang, parameters={"period": "2025"})
    html = base.measure("abc")._repr_mimebundle_()["text/html"]
    table = html.rpartition("<details>")[2]
    assert said in table.replace("\u00a0", " ") and table.count("<tr>") == 51


def test_a_hostile_name_stays_text():
    base = base_of(orders_of(*(("<script>alert(1)</script>", f"2025-{m:02d}-10", 100) for m in range(1, 13))), parameters={"period": "2025"})
    html = base.measure("abc")._repr_mimebundle_()["text/html"]
    assert "<script" not in html and "&lt;script&gt;" in html


def test_a_refused_method_says_why():
    base = base_of(orders_of(("A", "2025-01-10", 1), ("A", "2025-12-10", 1)))
    html = base.measure("frd")._repr_mimebundle_()["text/html"]
    assert "<div class='box'><b>" in html and "timelog" in html
