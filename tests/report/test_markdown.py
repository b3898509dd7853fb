"""Markdown of the notebooks: everything they use has a rendering, nothing acts."""

import json

import pytest

from kbreport import home
from kbreport.report import markdown, typeset
from tests.report import made_up


def test_what_we_render():
    kinds = [n["n"] for n in markdown.nodes("# a\n\n" + made_up.PROSE)]
    assert kinds == ["h", "p", "ul", "ol", "quote", "grid", "rule", "code"]


def test_pictures_html_and_scripts_become_text():
    nodes = markdown.nodes("![схема](http://x/y.png) <img src=x onerror=alert(1)> [a](javascript:alert(1))\n\n<script>alert(1)</script>")
    assert markdown.plain(nodes[0]["spans"]) == "схема <img src=x onerror=alert(1)> a"
    assert all(not s.get("href") for s in nodes[0]["spans"]) and nodes[1] == {"n": "code", "t": "<script>alert(1)</script>"}


def test_unknown_nodes_raise():
    with pytest.raises(ValueError, match="no rendering"):
        markdown._block({"type": "footnotes"})


@pytest.mark.parametrize("path", sorted(home.notebooks().glob("*.ipynb")), ids=lambda p: p.name)
def test_every_markdown_cell_of_the_playbook_renders(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            assert markdown.nodes("".join(cell["source"]))


@pytest.mark.parametrize("raw, want", [("31,3 млн ₽", "31,3\u00a0млн\u00a0₽"), ("в год и на 5 %", "в\u00a0год и\u00a0на\u00a05\u00a0%"), ("Иванова А. С.", "Иванова\u00a0А.\u00a0С."), ("A — B", "A\u00a0— B"),
                                       ("**a** b ** c", "\ue000a\ue000 b ** c"), ("«*\u2060*x*\u2060*»", "«**x**»"), ("№ 5", "№\u00a05")])
def test_typography(raw, want):
    assert typeset.marked(raw, "ru") == want
