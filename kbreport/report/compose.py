"""Several executed notebooks → one composed notebook, in the order of `templates/audit.yml`.

A section is the result of a method with its prose: the markdown cells between its heading and its show cell. Methods the
plan does not name come before its last group; absent ones are skipped; refused ones are listed with their reasons.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kbreport import home, page, words
from kbreport.report import markdown, results
from kbreport.words import _

SKIPPED = ("refused", "not_applicable")


@dataclass(frozen=True)
class Notebook:
    """An executed notebook node and the folder of its side files (`<notebook>.results`)."""

    node: Any
    folder: Path | None = None


@dataclass(frozen=True)
class Section:
    method: str
    prose: list[Any]
    output: Any
    status: str


def load(one) -> Notebook:
    """From a path, a node or a Notebook."""
    if isinstance(one, Notebook):
        return one
    if isinstance(one, (str, Path)):
        import sys

        sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # 1.3 s at import, not needed
        import nbformat

        path = Path(one)
        return Notebook(nbformat.read(path, as_version=4), path.parent / f"{path.stem}.results")
    return Notebook(one)


@cache
def plan_of(path: Path | None = None) -> dict:
    """The plan of report and workbook: {groups: [{title: {ru, en}, methods: […], sheet}], workbook: {clients, lists, settings, sheets}}."""
    import yaml

    return yaml.safe_load((path or home.templates() / "audit.yml").read_text(encoding="utf-8"))


def sections(notebook: Notebook) -> list[Section]:
    """Results of a notebook with the prose before each."""
    out, prose = [], []
    for cell in notebook.node.cells:
        if cell.cell_type == "markdown":
            found = markdown.heading(cell.source)
            prose = [] if found and found[0] <= 1 else [cell] if found and found[0] == 2 else [*prose, cell]
            continue
        for output in cell.get("outputs", ()):
            data = output.get("data", {}).get(results.MIME)
            if data:
                out.append(Section(data["method"], prose, _pinned(output, notebook.folder), data.get("status") or "ok"))
                prose = []
    return out


def _pinned(output, folder: Path | None):
    """The output, its side files named from the folder above, where the composed notebook looks."""
    output = copy.deepcopy(output)
    for table in (output["data"][results.MIME].get("tables") or {}).values():
        if table.get("file") and folder is not None and "/" not in table["file"]:
            table["file"] = f"{folder.name}/{table['file']}"
    return output


def composed(notebooks: Iterable[Notebook], plan: Path | None = None) -> Notebook:
    """One notebook node in the order of the plan. Metadata are those of the last notebook that has them (the audit's own)."""
    import nbformat.v4 as v4

    given = list(notebooks)
    meta: dict[str, Any] = {}
    for one in given:
        meta |= dict(one.node.metadata.get("kbreport") or {})
    found = {s.method: s for one in given for s in sections(one)}
    node = v4.new_notebook(metadata={"kbreport": meta})
    with words.speaking(meta.get("lang") or words.language()):
        shown = {m: s for m, s in found.items() if s.status not in SKIPPED}
        refused = [s for s in found.values() if s.status in SKIPPED]
        for method, section, group in _ordered(shown, plan_of(plan)["groups"]):
            node.cells += [*section.prose, v4.new_code_cell(source=f'show("{method}")', outputs=[section.output], id=f"show-{method.replace('_', '-')}"[:60],
                                                            metadata={"kbreport_group": group})]
        node.cells += _not_measured(refused, shown, v4)
    folders = [one.folder for one in given if one.folder is not None]
    return Notebook(node, folders[0].parent / "audit.results" if folders else None)


def _ordered(shown: dict[str, Section], groups: list[dict]) -> list[tuple[str, Section, str]]:
    """(method, section, heading of its group) in the order of the plan; what no group names stands before the last group."""
    at = {m: i for i, group in enumerate(groups) for m in group["methods"]}
    heads = [(group.get("title") or {}).get(words.language()) or (group.get("title") or {}).get("ru") or "" for group in groups]
    place = {m: i for i, m in enumerate(m for group in groups for m in group["methods"])}
    rest = len(groups) - 1.5
    order = sorted(shown, key=lambda m: (at.get(m, rest), place.get(m, 0)))
    return [(m, shown[m], heads[at[m]] if m in at else _("Другие замеры")) for m in order]


def _not_measured(refused: list[Section], shown: dict[str, Section], v4) -> list:
    """A table of what could not be measured and why, unless the audit's own notebook says it."""
    if not refused or "overview" in shown or any(_has_table(s, "not-measured") for s in shown.values()):
        return []
    data = [s.output["data"][results.MIME] for s in refused]
    rows = [[d.get("title") or d["method"], d.get("reason") or _("н/д")] for d in data]
    blocks = [page.section(_("Что не посчитано и что для этого нужно"), id="not-measured", kicker=_("Приложение")),
              page.table([page.col(_("Замер"), w=60, cls="h"), page.col(_("Почему нет и что прислать"))], rows, id="not-measured", dense=True, cards=True)]
    result = {"schema": 1, "method": "not-measured", "title": _("Не посчитано"), "status": "ok", "lang": words.language(), "findings": [], "blocks": blocks, "tables": {}}
    return [v4.new_code_cell(source="", outputs=[v4.new_output("display_data", data={results.MIME: result})], id="not-measured")]


def _has_table(section: Section, id: str) -> bool:
    return any(b.get("id") == id for b in section.output["data"][results.MIME].get("blocks") or ())
