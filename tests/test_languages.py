"""A reader of English meets no Russian word but names of the data, and the other way round: reports, notebooks, help texts.

Data are known by their words: clients, managers, cities, files. In Russian, Latin words may also be names that are typed
(methods, settings, columns, commands, files) and the terms of TERMS.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest

from kbreport import book, playbook, words
from kbreport.batch import Options, audit
from kbreport.cli.commands import build
from kbreport.company import SECTIONS
from kbreport.facts.parameters import Parameters
from kbreport.run import open_run

ROOT = Path(__file__).resolve().parents[1]
CYRILLIC, LATIN = re.compile(r"[А-Яа-яЁё]+"), re.compile(r"\b[A-Za-z][A-Za-z']+\b")
TERMS = """ABC ABCD XYZ HHI CRR GRR NRR LMDI RFM CRM ERP KPI SWOT IDIC Excel XLSX PDF HTML JSON YAML CSV JupyterLab Jupyter kbreport OURS ID UTF INN KAM
    NPS B2B RUB USD EUR DOCX contacts penetration""".split()  # contacts: a value of --anonymize; penetration: a method of the book that is not built yet
TYPED = re.compile(r"`[^`]*`|\b[\w-]+(?:[._/][\w-]+)+\b|\b\w+_\w+\b|--?[a-z][\w-]*|\{\w*\}|https?://\S+")  # code, dotted and underscored names, options


@cache
def data_words() -> frozenset[str]:
    run = open_run("sample", lang="en")
    frames = [run.facts.clients, run.facts.order_days, run.facts.category_months, *run.facts.others.values()]
    texts = [str(v) for frame in frames if frame is not None for c in frame if not frame[c].dtype.kind == "f" for v in frame[c].dropna().unique()]
    texts += [run.company.name, *run.managers.values(), json.dumps(run.data, ensure_ascii=False), json.dumps(run.company.brand, ensure_ascii=False), (ROOT / "data" / "sample" / "company.yml").read_text(encoding="utf-8")]
    return frozenset(w for text in texts for w in re.findall(r"[^\W\d_]+", text))


@cache
def typed_words() -> frozenset[str]:
    """What a user types: methods, settings, parameters, columns, commands, tables, notebooks."""
    names = [m.id() for m in book.methods()] + [k for m in book.methods() for k in m.model_fields] + list(Parameters.model_fields) + list(build().commands)
    names += [c.name for m in book.methods() for cs in m.columns.values() for c in cs] + [t for m in book.methods() for t in (*m.columns, *m.inputs, *m.optional_inputs)]
    names += [str(i.default) for m in book.methods() for i in m.model_fields.values()] + [c for m in book.methods() for i in m.model_fields.values() for c in re.findall(r"'(\w+)'", str(i.annotation))]
    names += [*SECTIONS, "lang", "company"]
    return frozenset(w for name in names for w in (name, *name.split("_")))


def strange(text: str, lang: str) -> set[str]:
    """Words of the other language that no data hold. Names may be cut to fit a chart."""
    known = data_words()
    if lang == "en":
        return {w for w in CYRILLIC.findall(text) if w not in known and not any(k.startswith(w) for k in known)}
    text = TYPED.sub(" ", text)
    return {w for w in LATIN.findall(text) if len(w) > 2 and w not in known and w not in TERMS and w not in typed_words()}


def visible(html: str) -> str:
    html = re.sub(r"<(style|script|pre|code)\b.*?</\1>", " ", html, flags=re.S)
    spoken = " ".join(re.findall(r'(?:alt|aria-label|title)="([^"]*)"', html))
    return re.sub(r"&\w+;|&#\d+;", " ", re.sub(r"<[^>]+>", " ", html) + " " + spoken)


@pytest.fixture(scope="module", params=words.LANGS)
def made(request, tmp_path_factory):
    """(language, folder of an audit, folder of an executed playbook)."""
    lang, place = request.param, tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(place / "jupyter"))
        outcome = audit("sample", opts=Options(output_dir=place / "out", lang=lang))
        playbook.run([b.path for b in playbook.write(place / "book", {"company": "sample"}, lang)], lang, workers=2)
    return lang, outcome.folder, place / "book"


@pytest.mark.notebooks
def test_the_report_speaks_one_language(made):
    from openpyxl import load_workbook
    from pypdf import PdfReader

    lang, folder, _book = made
    texts = {"audit.html": visible((folder / "audit.html").read_text(encoding="utf-8")), "audit.pdf": " ".join(p.extract_text() for p in PdfReader(folder / "audit.pdf").pages).replace("\u00ad", "")}
    texts["audit.xlsx"] = " ".join(str(c) for sheet in load_workbook(folder / "audit.xlsx", read_only=True) for row in [[sheet.title], *sheet.iter_rows(values_only=True)] for c in row if isinstance(c, str))
    texts["findings.json"] = " ".join(f["text"] for f in json.loads((folder / "findings.json").read_text(encoding="utf-8")))
    if lang == "ru":  # hyphenation and letter pairs cut Latin words in the text of a PDF; codes of statuses stand in the workbook
        texts = {name: texts[name] for name in ("audit.html", "findings.json")}
    assert {name: sorted(found)[:20] for name, text in texts.items() if (found := strange(text, lang))} == {}


@pytest.mark.notebooks
def test_the_playbook_speaks_one_language(made):
    lang, _folder, folder = made
    found = {}
    for path in sorted(folder.glob("*.ipynb")):
        nb = nbformat.read(path, 4)
        said = [c.source for c in nb.cells if c.cell_type == "markdown"] + [c.source.partition("#")[2] for c in nb.cells if c.cell_type == "code"]
        said += [visible(_without_table("".join(o["data"].get("text/html", "")))) for c in nb.cells for o in c.get("outputs", ()) if "data" in o]
        said += [visible(path.with_suffix(".html").read_text(encoding="utf-8"))]
        if words_found := strange("\n".join(said), lang):
            found[path.name] = sorted(words_found)[:20]
    assert found == {}


def _without_table(html: str) -> str:
    """The folded table of a method holds codes (`ok`, `own`), the same in both languages."""
    return re.sub(r"<details>.*?</details>", " ", html, flags=re.S)


@pytest.mark.parametrize("lang", words.LANGS)
def test_the_help_of_every_command_speaks_one_language(lang):
    with words.speaking(lang):
        code = f"from kbreport import words; words.speak('{lang}'); from kbreport.cli.main import run\nfor c in {['', *build().commands]!r}: run([c, '--help'] if c else ['--help'])"
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT).stdout
    assert len(text) > 3000
    plain = re.sub(r"\b(?:ru|en|all|ascii|company|table|csv|json|html|pdf|xlsx|reports|sample|training|stdout|jupyter|lab|tear_sheet|yml)\b", " ", text)
    assert not strange(plain, lang)
