"""environment.yml, pyproject.toml, constraints and README say the same; nothing of a workplace is in the project."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWNERS = {"jupyterlab", "papermill", "pandas", "seaborn", "nbconvert", "jinja2", "pytest", "nbval"}


def wanted() -> dict[str, str]:
    extras = PROJECT["optional-dependencies"]
    return {re.split(r"[<>=]", d)[0]: d for d in [*PROJECT["dependencies"], *extras["lab"], *extras["dev"]]}


def test_conda_environment_equals_pyproject():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(d["pip"] for d in listed if isinstance(d, dict))
    conda = {re.split(r"[<>=]", d)[0]: d for d in [*(d for d in listed if isinstance(d, str)), *pip] if not d.startswith("-")}
    python = conda.pop("python")
    conda.pop("pip", None)
    assert python == "python" + PROJECT["requires-python"]
    assert conda == wanted()


def test_every_package_of_the_owner_is_covered_and_the_core_is_without_jupyterlab():
    assert OWNERS <= set(wanted())
    assert not {"jupyterlab", "pytest"} & {re.split(r"[<>=]", d)[0] for d in PROJECT["dependencies"]}


def test_constraints_hold_names_and_versions_only():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line) for line in lines)


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_readme_shows_both_commands_with_and_without_make_and_conda(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for line in ("make demo", "make test", "python3 -m venv", "-m pytest -q", "kbreport demo demo", "conda env create -f environment.yml", "compileall"):
        assert line in text, line
    first_screen = "\n".join(text.splitlines()[:16])
    assert re.search(r"formulas are ours|Формулы — наши", first_screen)


def test_nothing_of_the_workplace_is_in_the_project():
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    names = [n for n in tracked.stdout.splitlines() if Path(n).suffix in (".py", ".md", ".yml", ".toml", ".ipynb", ".txt", ".j2", ".json", "") and (ROOT / n).is_file()]
    bad = re.compile(r"/wo" + r"rk/|farm-(?:be" + r"nch|stu" + r"dio)|https?://[^ \"']*/(?:simple|packages)/")
    found = [n for n in names if bad.search((ROOT / n).read_text(encoding="utf-8", errors="ignore"))]
    assert not found


def test_notebooks_hold_no_outputs():
    import json

    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
        assert not any(c["outputs"] or c["execution_count"] for c in cells), path.name
        assert sum("parameters" in c["metadata"].get("tags", []) for c in cells) == 1


def test_every_notebook_has_the_same_parameters():
    import json

    cells = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells |= {"".join(c["source"]) for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if "parameters" in c["metadata"].get("tags", [])}
    assert len(cells) == 2  # the chapters' and the month's, whose default is another period
    for cell in cells:
        names = [line.split("=")[0].strip() for line in cell.splitlines()]
        assert names == ["company", "period", "as_of", "manager", "lang", "settings"]
