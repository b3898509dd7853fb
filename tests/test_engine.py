"""The in-process engine does what a real kernel does (DESIGN, "Execution"). Each difference has its test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat.v4 as v4
import papermill
import pytest
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from kbreport.notebook.engine import WIDGET_STATE, KbreportEngine

pytestmark = pytest.mark.notebooks


def run(*cells: str, **parameters):
    papermill_engines.register("kbreport", KbreportEngine)
    nb = v4.new_notebook(cells=[v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]}), *(v4.new_code_cell(c) for c in cells)])
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return papermill.execute_notebook(nb, None, parameters=parameters or None, engine_name="kbreport", kernel_name="python3", language="python", progress_bar=False)


def outputs(nb, index=-1):
    return [cell for cell in nb.cells if cell.cell_type == "code"][index].outputs


def test_the_last_value_is_shown_and_a_parameter_reaches_the_cells():
    assert outputs(run("x + 1", x=41))[0].data["text/plain"] == "42"


def test_a_trailing_semicolon_silences_the_value():
    assert outputs(run("x;")) == []


def test_updating_a_display_id_changes_the_first_output():
    nb = run("from IPython.display import display\nh = display('one', display_id='k')", "h.update('two')")
    assert outputs(nb, -2)[0].data["text/plain"] == "'two'"
    assert outputs(nb, -1) == []


def test_output_of_a_child_process_belongs_to_the_cell():
    (out,) = outputs(run("import subprocess; subprocess.run(['echo', 'child']);"))
    assert (out.name, out.text) == ("stdout", "child\n")


def test_exit_ends_the_notebook_without_an_error():
    nb = run("exit()", "y = 'not reached'\ny")
    assert nb.cells[-1].execution_count is None


def test_sys_exit_zero_is_no_error_and_another_code_is():
    run("import sys; sys.exit(0)")
    with pytest.raises(PapermillExecutionError):
        run("import sys; sys.exit(3)")


def test_input_does_not_wait_for_anybody():
    with pytest.raises(PapermillExecutionError) as failed:
        run("input('name? ')")
    assert failed.value.ename == "EOFError"


def test_the_notebook_says_its_language():
    assert run("x").metadata.language_info["name"] == "python"


def test_widgets_leave_their_state():
    pytest.importorskip("ipywidgets")
    state = run("import ipywidgets; ipywidgets.IntSlider(7)").metadata["widgets"][WIDGET_STATE]["state"]
    assert any(w["model_name"] == "IntSliderModel" for w in state.values())


def test_streams_await_and_warnings_work():
    nb = run("import asyncio\nawait asyncio.sleep(0)\nprint('out')\nimport sys; print('err', file=sys.stderr)")
    assert [(o.name, o.text) for o in outputs(nb)] == [("stdout", "out\n"), ("stderr", "err\n")]


def test_pyplot_figures_of_a_reader_are_shown_in_every_notebook_of_a_process(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")  # as many scheduled jobs set it
    for _ in range(2):
        assert any("image/png" in o.get("data", {}) for o in outputs(run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")))


def test_an_error_names_the_cell_and_stops():
    with pytest.raises(PapermillExecutionError) as failed:
        run("1/0", "x")
    assert (failed.value.ename, failed.value.exec_count) == ("ZeroDivisionError", 2)


def test_notebooks_do_not_see_each_other():
    run("secret = 1")
    with pytest.raises(PapermillExecutionError):
        run("secret")


@pytest.mark.parametrize("code", ["from kbreport.notebook import engine", "from kbreport.notebook.engine import KbreportEngine", "from kbreport.notebook import engine; import papermill",
                                  "import papermill; from kbreport.notebook import engine"])
def test_it_may_be_imported_before_papermill_or_after(code):
    """Papermill looks its engines up while it is imported; whoever comes first, it gets the one class there is."""
    asked = ("; from kbreport.notebook import engine; from papermill.engines import Engine, papermill_engines as known"
             "; assert issubclass(engine.KbreportEngine, Engine) and known._engines.get('kbreport', engine.KbreportEngine) is engine.KbreportEngine")
    done = subprocess.run([sys.executable, "-c", code + asked], capture_output=True, text=True, cwd=Path(__file__).resolve().parents[1])
    assert done.returncode == 0, done.stderr
