"""Index of all methods, found by walking the chapter packages: a new method is listed nowhere by hand.

An id is a module's stem. Looking one up imports that module alone; a number («M3.2») or a section («3.2») needs them all.
"""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from pathlib import Path

from kbreport.errors import UsageProblem
from kbreport.method import Method, Norms
from kbreport.words import N_, closest

ROOMS = ("ch1", "ch2", "ch3", "ch4", "ch5", "ch6", "accounts", "audit", "trade", "lenses")
REPORTS = {"manager_month": "kbreport.month.norms"}  # reports with norms of their own: name → module
_HERE = Path(__file__).resolve().parent


@lru_cache
def places() -> dict[str, str]:
    """Room by method id, from the file names alone."""
    return {path.stem: room for room in ROOMS for path in sorted((_HERE / room).glob("*.py")) if not path.stem.startswith("_")}


@lru_cache
def load(method_id: str) -> type[Method]:
    """The class of one method: the only subclass of Method that its module defines."""
    return _only(f"kbreport.{places()[method_id]}.{method_id}", Method)


@lru_cache
def norms(name: str) -> type[Norms]:
    """The settings that go by this name: of a method, or of a report."""
    return _only(REPORTS[name], Norms) if name in REPORTS else load(name)


def configurable() -> list[str]:
    """Every name that may stand before the dot of a setting."""
    return sorted([*places(), *REPORTS])


def _only(name: str, kind: type) -> type:
    module = importlib.import_module(name)
    classes = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, kind) and c.__module__ == module.__name__]
    if len(classes) != 1:
        raise TypeError(f"{module.__name__} must define exactly one {kind.__name__}, it defines {len(classes)}")
    return classes[0]


def methods() -> list[type[Method]]:
    """All methods in the order of their numbers."""
    return sorted((load(name) for name in places()), key=lambda m: natural(m.number))


def natural(number: str) -> tuple:
    """M3.10 after M3.9: the digits compare as numbers."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"\d+|\D+", number))


def find(key: str) -> list[type[Method]]:
    """Methods with this id, number («M3.2») or section («3.2», which several may share)."""
    if key in places():
        return [load(key)]
    found = [m for m in methods() if key in (m.number, m.section)]
    if found:
        return found
    near = closest(key, list(places()))
    remedy = N_("Возможно, {near}? Все методы: kbreport methods.") if near else N_("Все методы: kbreport methods.")
    raise UsageProblem(N_("Метода «{key}» нет."), remedy=remedy, key=key, near=near)


def one(key: str) -> type[Method]:
    """Exactly one method; a section shared by several is ambiguous."""
    found = find(key)
    if len(found) > 1:
        raise UsageProblem(N_("«{key}» — это {n} метода: {ids}."), remedy=N_("Назовите один."), key=key, n=len(found), ids=", ".join(m.id() for m in found))
    return found[0]


def in_order(wanted: list[str]) -> list[str]:
    """The wanted methods and what they need, each after its needs. A cycle is a mistake of ours and stops the start."""
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise TypeError(f"methods need each other in a circle: {' → '.join((*path, name))}")
        if name in done or name not in places():
            return
        method = load(name)
        for need in (*method.needs, *method.uses):
            visit(need, (*path, name))
        done.append(name)

    for name in wanted:
        visit(name, ())
    return done
