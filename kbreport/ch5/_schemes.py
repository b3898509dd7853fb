"""Pay schemes as data. A scheme lies in company.yml, everything unsaid comes from the settings of `km_pay`:

    norms:
      pay_schemes:
        current:                                # the name `current` is today's pay, any other one is tried against it
          title: Оклад и 1 % с продаж
          base: 60000
          bonus_target: 0
          sales_rate: 0.01                      # share of the manager's own net sales of the month
        new:
          base: 50000
          bonus_target: 40000
          coefficients: [plan, ret, debt, disc] # those left out do not multiply
          ret_borders: [0.9, 1.0, 1.1]
          ret_k: [0.8, 1.0, 1.1, 1.2]
          managers: {M06: {base: 70000, bonus_target: 60000}}
          extras: {M06: {2025-12: 5000}}

Every mistake of the file is said at once: the place, what was found, what is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from kbreport.errors import MethodRefused
from kbreport.words import N_, _, closest

PLACE = "norms.pay_schemes"
CURRENT = "current"
TITLES = {"current": N_("нынешняя оплата"), "new": N_("новая схема"), "settings": N_("по настройкам")}  # of schemes that bring none
COEFFICIENTS = ("plan", "ret", "debt", "disc")
STEPS = {"ret": True, "debt": True, "disc": False}  # do the borders rise?


class Person(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    base: float | None = None
    bonus_target: float | None = None


class PayScheme(BaseModel):
    """One way to pay; money per full month, shares as fractions. Field names are those of METHODS M5.1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str = ""
    base: float
    bonus_target: float
    sales_rate: float = 0.0
    coefficients: tuple[str, ...] = COEFFICIENTS
    plan_min: float
    plan_cap: float
    ret_borders: tuple[float, ...]
    ret_k: tuple[float, ...]
    debt_borders: tuple[float, ...]
    debt_k: tuple[float, ...]
    disc_borders: tuple[float, ...]
    disc_k: tuple[float, ...]
    k_max: float
    newcomer_months: int
    guaranteed_k: float
    managers: dict[str, Person] = {}
    extras: dict[str, dict[str, float]] = {}


def schemes(written: Any, defaults: Mapping[str, Any]) -> tuple[PayScheme, PayScheme | None]:
    """(the scheme to try, today's pay or None). `written` is the section of company.yml, `defaults` the method's settings.

    Raises MethodRefused naming every place that is wrong, or saying how to give a scheme when there is none.
    """
    if written is not None and not isinstance(written, Mapping):
        raise MethodRefused(N_("{place}: ожидались схемы вида «имя: {{base: …, bonus_target: …}}»."), place=PLACE)
    given = {str(name): own for name, own in (written or {}).items()}
    if defaults["base"] is not None and defaults["bonus_target"] is not None:
        given = given | {"settings": {}}
    problems: list[str] = []
    read = {name: _scheme(name, own, defaults, problems) for name, own in given.items()}
    if problems:
        raise MethodRefused(N_("Схема оплаты написана с ошибками: {all}"), all=" ".join(problems))
    tried = next((s for name, s in read.items() if name != CURRENT), None)
    now = read.get(CURRENT) or next((s for s in read.values() if s is not tried), None)
    if tried is None and now is None:
        raise MethodRefused(N_("Схема оплаты не задана."), remedy=N_("Впишите в company.yml настройки km_pay.base и km_pay.bonus_target или схемы в {place}."), place=PLACE)
    return (tried, now) if tried is not None else (now, None)


def _scheme(name: str, own: Any, defaults: Mapping[str, Any], problems: list[str]) -> PayScheme | None:
    where = f"{PLACE}.{name}"
    if not isinstance(own, Mapping):
        problems.append(_("{where}: ожидались строки вида «ключ: значение».").format(where=where))
        return None
    known = [f for f in PayScheme.model_fields if f != "name"]
    for key in own:
        if str(key) not in known:
            near = closest(str(key), known)
            problems.append(_("{where}: неизвестный ключ «{key}».").format(where=where, key=key) + (" " + _("Возможно, {near}?").format(near=near) if near else ""))
    values = {k: v for k, v in defaults.items() if k in known and v is not None} | {str(k): v for k, v in own.items() if str(k) in known}
    values["extras"] = _extras(values.get("extras") or {})
    for key in ("base", "bonus_target"):
        if key not in values:
            problems.append(_("{where}: нет ключа {key}.").format(where=where, key=key))
    if not all(key in values for key in ("base", "bonus_target")):
        return None
    try:
        scheme = PayScheme(name=name, **({"title": _(TITLES.get(name, name))} | values))
    except ValidationError as bad:
        problems += [_("{where}: значение «{value}» не подходит.").format(where=".".join([where, *map(str, e["loc"])]), value=e.get("input")) for e in bad.errors()]
        return None
    problems += _nonsense(scheme, where)
    return scheme


def _extras(written: Any) -> Any:
    """YAML reads the key 2025-12 as text but 2025-12-01 as a date: both are the month."""
    if not isinstance(written, Mapping):
        return written
    return {str(m): {str(month)[:7]: v for month, v in by.items()} if isinstance(by, Mapping) else by for m, by in written.items()}


def _nonsense(s: PayScheme, where: str) -> list[str]:
    """What has the right type and still means nothing."""
    found = []
    for name, rising in STEPS.items():
        borders, k = getattr(s, f"{name}_borders"), getattr(s, f"{name}_k")
        if len(k) != len(borders) + 1:
            found.append(_("{where}.{name}_k: границ {b}, значит, коэффициентов нужно {want}, а дано {got}.").format(where=where, name=name, b=len(borders), want=len(borders) + 1, got=len(k)))
        if list(borders) != sorted(borders, reverse=not rising):
            want = _("по возрастанию") if rising else _("по убыванию")
            found.append(_("{where}.{name}_borders: границы должны идти {want}.").format(where=where, name=name, want=want))
    for key in s.coefficients:
        if key not in COEFFICIENTS:
            found.append(_("{where}.coefficients: «{key}» не бывает, можно: {all}.").format(where=where, key=key, all=", ".join(COEFFICIENTS)))
    if s.plan_min > s.plan_cap:
        found.append(_("{where}: plan_min больше plan_cap.").format(where=where))
    for key in ("base", "bonus_target", "sales_rate", "k_max"):
        if getattr(s, key) < 0:
            found.append(_("{where}.{key}: меньше нуля не бывает.").format(where=where, key=key))
    return found
