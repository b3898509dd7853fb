"""Column names of METHODS and what they are: title and kind. The name tells the unit (METHODS 0.3), so one list serves all.

A method declares its tables as `cols("client_id client_name amount share")`; a title of its own goes in as a keyword:
`cols("client_id v", v=N_("Коэффициент вариации"))`, a kind as `v=("ratio", N_("…"))`, another vocabulary as a third part.
"""

from __future__ import annotations

from dataclasses import dataclass

from kbreport.method.vocabulary import values_of
from kbreport.words import N_, _, day, missing, number, percent

CL = "client_id client_name manager_id"


@dataclass(frozen=True)
class Column:
    """One declared column: its name in files, its kind (format, alignment), its title (a message id); `words` names the
    vocabulary of its pinned values where that is not the column's own name (the status of a payer is not that of a method)."""

    name: str
    kind: str
    title: str
    words: str = ""

    def spoken(self) -> dict:
        """Name, kind, title and the words of its pinned values, as a record of a result carries them."""
        values = values_of(self.words or self.name)
        return {"name": self.name, "kind": self.kind, "title": _(self.title)} | ({"values": values} if values and self.kind in ("text", "class", "id") else {})


KNOWN: dict[str, tuple[str, str]] = {
    "client_id": ("id", N_("Код клиента")),
    "client_name": ("text", N_("Клиент")),
    "manager_id": ("id", N_("Менеджер")),
    "amount": ("money", N_("Сумма")),
    "share": ("share", N_("Доля")),
    "cum_share": ("share", N_("Доля с накоплением")),
    "class": ("class", N_("Класс")),
    "class_reason": ("text", N_("Почему без класса")),
    "rank": ("count", N_("Место")),
    "n_clients": ("count", N_("Клиентов")),
    "clients_share": ("share", N_("Доля клиентов")),
    "amount_share": ("share", N_("Доля суммы")),
    "amount_prev": ("money", N_("Было")),
    "amount_cur": ("money", N_("Стало")),
    "delta_amount": ("money", N_("Изменение")),
    "class_prev": ("class", N_("Класс был")),
    "class_cur": ("class", N_("Класс стал")),
    "status": ("text", N_("Статус")),
    "scope": ("text", N_("Разрез")),
    "key": ("text", N_("Значение разреза")),
    "orders": ("count", N_("Заказов")),
    "last_order_date": ("date", N_("Последний заказ")),
    "days_since": ("days", N_("Дней без заказа")),
    "month": ("month", N_("Месяц")),
    "state": ("text", N_("Состояние")),
    "reason": ("text", N_("Причина")),
    "ci_low": ("share", N_("Интервал от")),
    "ci_high": ("share", N_("Интервал до")),
}

_PREFIXES = (("n_", "count"), ("is_", "bool"), ("has_", "bool"), ("k_", "ratio"))
_SUFFIXES = (("_amount", "money"), ("_share", "share"), ("_rate", "share"), ("_pp", "pp"), ("_days", "days"), ("_hours", "number"),
             ("_minutes", "number"), ("_date", "date"), ("_at", "datetime"), ("_class", "class"), ("_id", "id"))
_WHOLE = {"s": "money", "s12": "money", "wallet": "share", "crr": "share", "grr": "share", "nrr": "share", "churn": "share",
          "coverage": "share", "fulfilment": "share", "clients": "count", "score": "score", "nps": "score", "index": "ratio", "ratio": "ratio"}


def kind_of(name: str) -> str:
    """The kind a name implies by METHODS 0.3; `number` where it implies none."""
    if name in _WHOLE:
        return _WHOLE[name]
    for prefix, kind in _PREFIXES:
        if name.startswith(prefix):
            return kind
    for suffix, kind in _SUFFIXES:
        if name.endswith(suffix):
            return kind
    return "share" if name.startswith("conv") else "number"


def cols(names: str, **own: str | tuple[str, ...]) -> tuple[Column, ...]:
    """Columns in order. Unknown names need a title (and may get a kind) among `own`."""
    return tuple(_column(name, own.get(name)) for name in names.split())


def _column(name: str, own: str | tuple[str, ...] | None) -> Column:
    if isinstance(own, tuple):
        return Column(name, *own)
    if name in KNOWN:
        kind, title = KNOWN[name]
        return Column(name, kind, own or title)
    if own is None:
        raise TypeError(f"column {name!r} has no title: add it to KNOWN or give one")
    return Column(name, kind_of(name), own)


def word(value, kind: str) -> str:
    """One cell as the reader writes it."""
    if missing(value) or str(value) == "NaT":
        return ""
    if kind in ("id", "text", "class", "month"):
        return " ".join(str(value).split())
    if kind == "date":
        return day(value)
    if kind == "bool":
        return _("да") if value else _("нет")
    if kind == "share":
        return percent(value, 1)
    if kind == "datetime":
        return str(value)[:16]
    return number(value, {"money": 2, "count": 0, "days": 1, "score": 1}.get(kind, 3))
