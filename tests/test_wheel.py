"""The wheel: built, installed away from the checkout, it finds notebooks, templates, fonts, sample and catalogues.

It is installed into a fresh environment that sees the libraries of this one, and runs from another directory with nothing on
PATH (no pandoc, no compiler) and every connection refused.
"""

from __future__ import annotations

import os
import site
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel
ROOT = Path(__file__).resolve().parents[1]
OFFLINE = """import sys
def refuse(event, args):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and not isinstance(args[1], (str, bytes)) and not str(args[1][0]).startswith("127.")):
        raise OSError(f"the test is offline: {event} {args[1:]}")
sys.addaudithook(refuse)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A new environment with the wheel; a .pth lends it our libraries (but not our editable install: its own .pth is not read)."""
    place = tmp_path_factory.mktemp("elsewhere") / "env"
    venv.create(place, with_pip=False)
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    inside = Path(subprocess.run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True).stdout.strip())
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *(p for p in site.getsitepackages() if Path(p).is_dir())}
    (inside / "lent.pth").write_text("\n".join(sorted(lent)) + "\n")
    (inside / "offline.py").write_text(OFFLINE)
    (inside / "offline.pth").write_text("import offline\n")
    done = subprocess.run([sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet", "--ignore-installed", str(wheel)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def call(installed, tmp_path):
    """Run a program of that environment from an empty directory."""
    empty = tmp_path / "nothing"
    empty.mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KB_", "JUPYTER"))}
    env |= {"PATH": str(empty), "KB_CACHE": str(tmp_path / "cache"), "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"), "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter")}  # nbconvert's own templates are lent too

    def run(program: str, *arguments: object) -> str:
        script = installed / ("Scripts" if os.name == "nt" else "bin") / program
        done = subprocess.run([str(script), *map(str, arguments)], capture_output=True, text=True, cwd=empty, env=env)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run


def test_it_holds_everything_a_report_needs(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for part in ("kbreport/_home/notebooks/audit.ipynb", "kbreport/_home/templates/audit.yml", "kbreport/_home/templates/fonts/Inter-Regular.otf", "kbreport/_home/data/sample/orders.csv",
                 "kbreport/_home/data/sample/training/orders.csv", "kbreport/locale/en/LC_MESSAGES/overview.po", "kbreport/intake/schema.yml", "kbreport/charts/house.mplstyle"):
        assert part in names, part
    assert [n for n in names if n.endswith("share/jupyter/nbconvert/templates/kbreport/index.html.j2")]
    assert not [n for n in names if n.startswith(("tests/", "bench/", "tools/")) or n.endswith(".pyc")]


def test_the_environment_is_offline_and_has_its_own_kbreport(call, installed):
    where = call("python", "-c", "import kbreport, kbreport.home as h; print(kbreport.__file__, h.home())")
    assert str(installed) in where and str(ROOT) not in where
    told = call("python", "-c", "import socket\ntry: socket.create_connection(('example.com', 80))\nexcept OSError as e: print(e)")
    assert "the test is offline" in told
    assert call("python", "-c", "import shutil; print([shutil.which(p) for p in ('pandoc', 'gcc', 'cc', 'chromium')])").strip() == "[None, None, None, None]"


def test_it_audits_the_sample_in_both_languages(call, tmp_path):
    call("kbreport", "demo", tmp_path / "demo", "--no-progress")
    made = {p.relative_to(tmp_path / "demo").as_posix() for p in (tmp_path / "demo").rglob("audit.*") if p.suffix != ".ipynb"}
    company = "ooo-dvinskii-promsnab"
    assert made == {f"{company}/{lang}2025/audit.{form}" for lang in ("", "en/") for form in ("html", "pdf", "xlsx")}
    english = (tmp_path / "demo" / company / "en" / "2025" / "audit.html").read_text(encoding="utf-8")
    assert "Client base audit" in english
    assert "font/woff2" in english and (tmp_path / "demo" / company / "2025" / "audit.pdf").read_bytes().count(b"/FontFile") >= 2


def test_its_playbook_papermill_engine_and_nbconvert_template(call, tmp_path):
    call("kbreport", "playbook", tmp_path / "book", "training", "--lang", "en", "--run", "--no-progress")
    assert len(list((tmp_path / "book").glob("*.html"))) == len(list((ROOT / "notebooks").glob("*.ipynb"))) - 1  # a manager's month is no chapter
    source, out = tmp_path / "book" / "ch1_role.ipynb", tmp_path / "out.ipynb"
    call("python", "-m", "papermill", source, out, "--engine", "kbreport", "-k", "python3", "--no-progress-bar")
    call("python", "-m", "nbconvert", "--to", "html", "--template", "kbreport", out, "--output-dir", tmp_path)
    assert "Question." in (tmp_path / "out.html").read_text(encoding="utf-8")
