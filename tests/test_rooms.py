"""The layout keeps its promises: imports go one way, methods are found where the book says, declared is returned."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kbreport import book, home
from kbreport.notebook.execute import methods_in

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "kbreport"
ORDER = ("errors home words charts page intake tables facts method ch1 ch2 ch3 ch4 ch5 ch6 accounts audit trade lenses book company cache run verdict overview appendix "
         "month notebook report batch diff documents playbook learn cli").split()
CHAPTERS = {"ch1", "ch2", "ch3", "ch4", "ch5", "ch6", "accounts", "audit", "trade", "lenses"}
ONLY = {"matplotlib": {"charts"}, "seaborn": {"charts"}, "papermill": {"notebook"}, "nbconvert": {"report"}}
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or p.stem not in ("__init__", "__main__"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path):
    """(module, is a type-only import) of every import in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {id(n) for block in ast.walk(tree) if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test) for n in ast.walk(block)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in typing_only
            if node.module == "kbreport":
                yield from ((f"kbreport.{a.name}", id(node) in typing_only) for a in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.name, id(node) in typing_only) for a in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_go_one_way(path):
    me = room_of(path)
    assert me in ORDER, f"{me} is no room of the architecture"
    for module, typing_only in imported(path):
        top, _, rest = module.partition(".")
        if top in ONLY:
            assert me in ONLY[top], f"only {ONLY[top]} may import {top}"
        other = rest.partition(".")[0]
        if top != "kbreport" or not other or other == me or typing_only or other == "__version__":
            continue
        assert ORDER.index(other) < ORDER.index(me), f"{me} must not import {other}"
        assert not (me in CHAPTERS and other in CHAPTERS), f"chapters do not import each other: {me} → {other}"


@pytest.mark.parametrize("method_id", sorted(book.places()))
def test_every_method_has_a_test_and_one_notebook_cell(method_id):
    room = book.places()[method_id]
    assert (ROOT / "tests" / room / f"test_{method_id}.py").exists()
    shown = [name for nb in sorted(home.notebooks().glob("*.ipynb")) if nb.stem not in ("audit", "manager_month") for name in methods_in(nb)]
    assert shown.count(method_id) == 1


def test_method_numbers_are_unique_and_every_cell_names_a_method():
    numbers = [m.number for m in book.methods()]
    assert len(numbers) == len(set(numbers))
    for nb in home.notebooks().glob("*.ipynb"):
        assert set(methods_in(nb)) <= set(book.places())


def test_methods_stand_in_an_order_without_circles():
    order = book.in_order(sorted(book.places()))
    for name in order:
        needed = [n for n in (*book.load(name).needs, *book.load(name).uses) if n in book.places()]
        assert all(order.index(n) < order.index(name) for n in needed)


@pytest.mark.parametrize("method_id", sorted(book.places()))
def test_the_docstring_of_a_method_answers_six_questions(method_id):
    text = sys.modules[book.load(method_id).__module__].__doc__ or ""
    for label in ("Question", "In ", "Out", "Formula", "Edge", "Source"):
        assert re.search(rf"^{label}", text, flags=re.M), f"{method_id}: {label} is missing"


def test_help_imports_nothing_heavy():
    code = "import sys; from kbreport.cli.main import run; run(['--help']); print(sorted({m.split('.')[0] for m in sys.modules} & {'pandas','numpy','pyarrow','matplotlib','nbformat','duckdb','pandera','pydantic'}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT).stdout
    assert out.strip().endswith("[]")


def test_the_cached_path_stays_light(tmp_path):
    """Second `measure` of the same company: neither the validation nor the notebook machinery is imported."""
    (tmp_path / "sales.csv").write_text("client_id,order_date,amount\n" + "".join(f"K{i},2025-{m:02d}-10,{100 + i}\n" for i in range(9) for m in range(1, 13)))
    code = ("import sys; from kbreport.cli.main import run; run(['measure', 'abc', sys.argv[1], '--format', 'csv']);"
            "print(sorted({m.split('.')[0] for m in sys.modules} & {'pandera','duckdb','nbformat','papermill','nbconvert','seaborn','typst'}), file=sys.stderr)")
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "sales.csv")], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr.strip().endswith("[]")
