"""Fields to answer with the mouse: a choice, a line, a line per key; and a way without widgets."""

from __future__ import annotations

import html
from random import Random
from typing import TYPE_CHECKING, Any

from kbreport.words import N_, _

if TYPE_CHECKING:
    from kbreport.learn.lesson import Question


KEYS = {"clients": N_("число клиентов"), "frequency": N_("частота"), "check": N_("средний чек"), "sleeping": N_("спят"), "lost": N_("потеряны"), "sales": N_("граница продаж"),
        "volume": N_("граница объёма"), "top1": N_("первый клиент"), "top3": N_("первые три")}  # keys of answers as people read them; others (A, CRR) as they are


def possible(question: "Question") -> bool:
    """A live kernel with widgets can show fields; a cell run by papermill or a test cannot be clicked, a table cannot be typed."""
    from importlib.util import find_spec

    return find_spec("ipywidgets") is not None and not hasattr(question.expected, "columns") and _live()


def form(question: "Question"):
    """The fields of a question with buttons «Проверить» and «Подсказка»."""
    import ipywidgets as w

    fields = _fields(question, w)
    check, hint = w.Button(description=_("Проверить"), button_style="primary"), w.Button(description=_("Подсказка"))
    check.on_click(lambda _button: question.show(question.check(_answer(fields))))
    hint.on_click(lambda _button: question.show(question.hint()))
    return w.VBox([*fields.values(), w.HBox([check, hint])])


def _fields(question: "Question", w) -> dict[str, Any]:
    if question.task.choices:
        options = [(text, code) for code, text in question.task.choices.items()]
        if question.lesson.seed is not None:
            Random(f"{question.lesson.seed}-{question.number}").shuffle(options)
        return {"": w.RadioButtons(options=options, value=None, layout={"width": "max-content"})}
    if isinstance(question.expected, dict):
        return {str(key): w.Text(description=html.escape(_(KEYS[key]) if key in KEYS else str(key)), placeholder=_hint_of(value), style={"description_width": "initial"}) for key, value in question.expected.items()}
    return {"": w.Text(placeholder=_hint_of(question.expected), layout={"width": "60%"})}


def _hint_of(value: Any) -> str:
    return _("коды через запятую") if isinstance(value, (list, tuple, set)) else _("ответ")


def _answer(fields: dict[str, Any]) -> Any:
    return fields[""].value if list(fields) == [""] else {key: field.value for key, field in fields.items()}


def _live() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None
