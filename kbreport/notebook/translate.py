"""A notebook in the chosen language: markdown cells and comments of the parameters cell go through the catalogues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbreport.words import _

if TYPE_CHECKING:
    from nbformat import NotebookNode


def translated(nb: "NotebookNode") -> "NotebookNode":
    """The same notebook with its prose in the current language; code is untouched."""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = _(cell.source)
        elif "parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join(_commented(line) for line in cell.source.splitlines())
    return nb


def _commented(line: str) -> str:
    code, mark, comment = line.partition("#")
    return f"{code}# {_(comment.strip())}" if mark else line
