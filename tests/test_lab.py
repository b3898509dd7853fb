"""The playbook in a real JupyterLab in Chromium: run all, charts and tables visible, colours kept, one language."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from kbreport import playbook
from kbreport.cli.main import run
from tests import chromium

pytest.importorskip("jupyterlab")
pytestmark = [pytest.mark.browser, pytest.mark.notebooks]
ROOT = Path(__file__).resolve().parents[1]
TOKEN = "test"
CLASS_A = "rgb(22, 54, 92)"


@pytest.fixture(scope="module")
def browser():
    yield from chromium.running()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Folders of Jupyter for this test alone: signatures, settings, workspaces."""
    place = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(place / name))
        settings = place / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
        settings.parent.mkdir(parents=True)
        settings.write_text('{"windowingMode": "none"}')  # all cells are in the page, so that the test need not scroll to each
        yield place


@pytest.fixture(scope="module")
def books(home) -> Path:
    """Playbooks of the training company: ru and en to run, and one that was executed."""
    folder = home / "books"
    for name, lang in (("ru", "ru"), ("en", "en"), ("changed", "ru")):
        assert run(["playbook", str(folder / name), "training", "--period", "2024", "--lang", lang]) == 0
    assert run(["playbook", str(folder / "done"), "training", "--period", "2024", "--lang", "en", "--run", "--no-progress"]) == 0
    return folder


@pytest.fixture(scope="module")
def lab(books):
    """Address of a JupyterLab server on the playbooks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={books}", "--allow-root",
               "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (books / "server.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": str(ROOT)})  # the kernels run this checkout
        try:
            _answers(f"http://127.0.0.1:{port}/api?token={TOKEN}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def _answers(url: str, server: subprocess.Popen) -> None:
    for _ in range(240):
        assert server.poll() is None, "JupyterLab did not start"
        try:
            urllib.request.urlopen(url)
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("JupyterLab does not answer")


@pytest.fixture
def opened(browser, lab):
    pages = []

    def at(path: str):
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        pages.append(page)
        page.goto(f"{lab}/lab/tree/{path}?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)
        _status(page, "Idle")
        return page

    yield at
    for page in pages:
        page.close()


def _status(page, word: str) -> None:
    page.wait_for_function(f"() => /\\| {word}/.test(document.body.innerText)", timeout=180_000)


def run_all(page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator("[data-command='runmenu:run-all']").click()
    _status(page, "Busy")


def saved(page, path: Path) -> nbformat.NotebookNode:
    """The notebook as JupyterLab writes it down once all cells have run."""
    for _ in range(90):
        page.keyboard.press("Control+s")
        nb = _read(path)
        if nb and all(c.execution_count for c in nb.cells if c.cell_type == "code"):
            return nb
        page.wait_for_timeout(1000)
    raise AssertionError("not all cells ran")


def _read(path: Path) -> nbformat.NotebookNode | None:
    """None while the server is writing it."""
    try:
        return nbformat.read(path, 4)
    except ValueError:
        return None


def shown(page, selector: str):
    """The first such element of an output, scrolled to; it has a size."""
    one = page.locator(f".jp-OutputArea-output .kbr {selector}").first
    one.scroll_into_view_if_needed(timeout=20_000)
    box = one.bounding_box()
    assert box and box["width"] > 10 and box["height"] > 10, selector
    return one


def colour(one) -> str:
    return one.evaluate("e => getComputedStyle(e).backgroundColor")


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_run_all_shows_charts_and_tables_in_colour_and_in_the_language(opened, books, lang):
    path = books / lang / "ch3_measurements.ipynb"
    page = opened(f"{lang}/ch3_measurements.ipynb")
    assert page.locator("[title*='Notebook trusted']").count() == 1
    run_all(page)
    nb = saved(page, path)
    assert not [o for c in nb.cells for o in c.get("outputs", ()) if o.output_type == "error"]
    assert shown(page, "figure svg").bounding_box()["width"] > 300
    shown(page, "table")
    assert colour(shown(page, ".bd.A")) == CLASS_A
    text = " ".join(page.locator(".jp-Notebook").all_inner_texts())
    assert ("Question." in text) == (lang == "en") and ("Вопрос." in text) == (lang == "ru")


def test_a_changed_setting_moves_what_is_shown(opened, books):
    path = books / "changed" / "ch3_measurements.ipynb"
    path.write_text(path.read_text().replace("settings = {}", "settings = {'abc.a': 0.4}"))
    page = opened("changed/ch3_measurements.ipynb")
    run_all(page)
    assert _classes(saved(page, path)) != _classes(nbformat.read(books / "done" / "ch3_measurements.ipynb", 4))


def _classes(nb: nbformat.NotebookNode) -> str:
    cell = next(c for c in nb.cells if c.get("id") == "abc")
    (data,) = [o["data"]["application/vnd.kbreport.result+json"] for o in cell.outputs]
    return json.dumps(data["tables"]["by_class"]["rows"])


def test_colours_of_an_executed_notebook_are_kept_because_it_is_signed(opened, books):
    page = opened("done/ch3_measurements.ipynb")
    assert colour(shown(page, ".bd.A")) == CLASS_A
    other = books / "done" / "unsigned.ipynb"
    shutil.copy(books / "done" / "ch3_measurements.ipynb", other)
    other.write_text(re.sub("Question", "Query", other.read_text(), count=1))  # another text has another signature
    page = opened("done/unsigned.ipynb")
    badge = page.locator(".jp-OutputArea-output .bd").first
    assert not badge.count() or colour(badge) != CLASS_A
    playbook.sign([other])
    page = opened("done/unsigned.ipynb")
    assert colour(shown(page, ".bd.A")) == CLASS_A
