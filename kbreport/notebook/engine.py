"""papermill engine `kbreport`: runs the cells in this process, without a kernel.

Registered as the entry point `papermill.engine: kbreport`, so that `papermill --engine kbreport in.ipynb out.ipynb` works too.
What a real kernel does and this must do as well (tests name each): a trailing `;` silences a value, `display_id` updates
change the first output, output of child processes is caught, `exit()` ends the notebook, `input()` is refused, the
notebook gets `language_info`, and widgets leave their state.
"""

from __future__ import annotations

import io
import os
import platform
import sys
import tempfile
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import nbformat.v4 as v4
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

INLINE = "module://matplotlib_inline.backend_inline"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


class Outputs:
    """The outputs of the current cell, and of earlier ones by display_id."""

    def __init__(self) -> None:
        self.cell: list = []
        self.by_id: dict[str, list] = {}

    def start(self) -> list:
        self.cell = []
        return self.cell

    def show(self, data: dict, metadata: dict | None, transient: dict | None, update: bool) -> None:
        display_id = (transient or {}).get("display_id")
        if update:
            for output in self.by_id.get(display_id, ()):
                output["data"], output["metadata"] = data, metadata or {}
            return
        output = v4.new_output("display_data", data=data, metadata=metadata or {})
        self.cell.append(output)
        if display_id:
            self.by_id.setdefault(display_id, []).append(output)

    def write(self, name: str, text: str) -> None:
        if not text:
            return
        if self.cell and self.cell[-1].output_type == "stream" and self.cell[-1].name == name:
            self.cell[-1].text += text
        else:
            self.cell.append(v4.new_output("stream", name=name, text=text))


class _Publisher(DisplayPublisher):
    outputs: Any = None

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **kwargs):
        self.outputs.show(data, metadata, transient, update)

    def clear_output(self, wait=False):
        self.outputs.cell.clear()


class _Hook(DisplayHook):
    outputs: Any = None
    source = ""
    count = 0

    def quiet(self) -> bool:
        """A trailing `;` silences the value (the base class looks it up in a history that we do not keep)."""
        return self.semicolon_at_end_of_expression(self.source)

    def __call__(self, result=None):
        if result is None or self.quiet():
            return
        data, metadata = self.compute_format_data(result)
        self.update_user_ns(result)
        self.outputs.cell.append(v4.new_output("execute_result", data=data, metadata=metadata or {}, execution_count=self.count))


class _Shell(InteractiveShell):
    displayhook_class = _Hook
    display_pub_class = _Publisher

    def enable_gui(self, gui=None):
        """No event loop: nothing is shown but what lands in the notebook."""

    def ask_exit(self):
        """`exit()` and `quit()`: the engine stops after this cell."""
        self.exit_now = True

    def showtraceback(self, *args, **kwargs):
        """The error becomes an output of the cell."""

    showsyntaxerror = showtraceback

    def init_history(self):
        from IPython.core.history import HistoryManager

        self.history_manager = HistoryManager(shell=self, parent=self, enabled=False)


class _Stream(io.TextIOBase):
    def __init__(self, name: str, outputs: Outputs):
        self.name, self.outputs = name, outputs

    def write(self, text: str) -> int:
        self.outputs.write(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True


@contextmanager
def _children_heard(outputs: Outputs) -> Iterator[None]:
    """Point the file descriptors 1 and 2 at files while a cell runs: what child processes print belongs to the cell."""
    saved = [os.dup(fd) for fd in (1, 2)]
    files = [tempfile.TemporaryFile() for _ in saved]
    for fd, file in zip((1, 2), files):
        os.dup2(file.fileno(), fd)
    try:
        yield
    finally:
        for fd, keep, file, name in zip((1, 2), saved, files, ("stdout", "stderr")):
            os.dup2(keep, fd)
            os.close(keep)
            file.seek(0)
            outputs.write(name, file.read().decode("utf-8", "replace"))
            file.close()


@contextmanager
def _quiet_stdin() -> Iterator[None]:
    """`input()` must not wait for anybody."""
    before = sys.stdin
    with open(os.devnull, encoding="utf-8") as null:
        sys.stdin = null
        try:
            yield
        finally:
            sys.stdin = before


def new_shell(outputs: Outputs) -> _Shell:
    """A fresh shell: nothing of an earlier notebook is left in its namespace."""
    InteractiveShell.clear_instance()
    _Shell.clear_instance()
    os.environ["MPLBACKEND"] = INLINE  # also over a job that sets "agg": figures would be drawn and never shown
    if "matplotlib" in sys.modules:  # already imported, so the variable comes too late
        sys.modules["matplotlib"].use(INLINE)
    shell = _Shell.instance(colors="nocolor")
    if "matplotlib_inline.backend_inline" in sys.modules:  # it hooks itself to the first shell only, and sets its formats once
        configure = sys.modules["matplotlib_inline.backend_inline"].configure_inline_support
        configure.current_backend = "unset"
        configure(shell, INLINE)
    shell.display_pub.outputs = shell.displayhook.outputs = outputs
    return shell


class _InProcess:
    """Executes a notebook in this process; one fresh shell per notebook."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, log_output=False, **kwargs):
        outputs = Outputs()
        shell = new_shell(outputs)
        target = nb_man.nb.metadata.get("papermill", {}).get("output_path")
        if target and "KB_RESULTS" not in os.environ:  # called by papermill itself: long tables go beside its output
            os.environ["KB_RESULTS"] = str(Path(target).with_suffix(".results"))
        count = 0
        with _quiet_stdin():
            for index, cell in enumerate(nb_man.nb.cells):
                if cell.cell_type != "code" or not cell.source.strip():
                    continue
                count += 1
                nb_man.cell_start(cell, cell_index=index)
                error = run_cell(shell, outputs, cell, count)
                if error is not None:
                    nb_man.cell_exception(cell, cell_index=index, exception=error)
                    break
                nb_man.cell_complete(cell, cell_index=index)
                if shell.exit_now:  # exit() and quit() end a notebook without an error
                    break
        _finish(nb_man.nb)


def __getattr__(name: str) -> Any:
    """`KbreportEngine`, made when it is first asked for: papermill's `Engine` with cells run as above.

    Papermill loads its entry points while it is itself imported. Were it imported at the top of this module, whoever imports this
    module first would make papermill look for the class in a module of which half is not there yet.
    """
    if name != "KbreportEngine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from papermill.engines import Engine

    if name not in globals():  # papermill, imported just now, may have asked for it already
        globals()[name] = type(name, (_InProcess, Engine), {"__module__": __name__, "__doc__": _InProcess.__doc__})
    return globals()[name]


def run_cell(shell: _Shell, outputs: Outputs, cell, count: int) -> BaseException | None:
    """Run one cell; its outputs and number are set, its error returned."""
    cell.outputs = outputs.start()
    cell.execution_count = shell.displayhook.count = count
    shell.execution_count, shell.displayhook.source = count, cell.source
    before = sys.stdout, sys.stderr
    with _children_heard(outputs):
        sys.stdout, sys.stderr = _Stream("stdout", outputs), _Stream("stderr", outputs)
        try:
            result = shell.run_cell(cell.source, store_history=False, cell_id=cell.get("id"))
        finally:
            sys.stdout, sys.stderr = before
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        outputs.cell.append(v4.new_output("error", ename=type(error).__name__, evalue=str(error), traceback=traceback.format_exception(error)))
    return error


def _finish(nb) -> None:
    """What a kernel tells about itself, and what widgets would need to be drawn again."""
    nb.metadata["language_info"] = {"name": "python", "version": platform.python_version(), "mimetype": "text/x-python", "file_extension": ".py",
                                    "pygments_lexer": "ipython3", "nbconvert_exporter": "python", "codemirror_mode": {"name": "ipython", "version": 3}}
    widgets = sys.modules.get("ipywidgets")
    if widgets is not None:
        state = widgets.Widget.get_manager_state()
        if state["state"]:
            nb.metadata["widgets"] = {WIDGET_STATE: state}
