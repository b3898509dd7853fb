"""`anonymize`: names become pseudonyms before anything is computed, so that no output can hold them.

A pseudonym is made of the name and a secret key (HMAC-SHA256): the same client has the same one every month, and nobody without the
key can find the name. The key lies in the user's data folder (or where `KB_KEY` says), never beside reports; so does the list
of pseudonyms with their names. Contacts and free texts are dropped in every mode.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kbreport.errors import PlaceProblem
from kbreport.words import N_, _, trouble

MODES = {"contacts": (), "clients": ("client",), "managers": ("manager",), "all": ("client", "manager")}
CONTACTS = ("email", "phone", "contact_name", "birthday")
FREE_TEXTS = ("preferences", "comment", "occasion", "deal_name", "answer_text", "evidence", "risks", "actions", "next_step", "reason", "exchange_got", "contract", "address", "site", "loyalty_manual", "campaign", "goal_categories")
COLUMNS = {"client": ("client_id", "group_id"), "manager": ("manager_id", "agent_id", "responsible", "answered_by"),
           "document": ("order_id", "linked_order_id", "deal_id", "invoice_id", "contract_id", "payment_id", "claim_id", "request_id", "touch_id", "respondent_id", "object_id"), "outlet": ("outlet_id",)}
NAMES = {"client_name": ("client", "client_id"), "manager_name": ("manager", "manager_id"), "name": ("manager", "manager_id")}
CODES = ("inn", "kpp")  # of a firm: they go with its name
LABELS = ("source", "lost_reason", "segment", "region", "channel", "warehouse", "competitor", "competitor_main", "team")  # kept; a name inside them is replaced
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no vowels: a pseudonym spells no word


@dataclass
class Secret:
    """The key and what it was used for: kind → original → pseudonym."""

    key: bytes
    used: dict[str, dict[str, str]] = field(default_factory=dict)

    def code(self, kind: str, original: str) -> str:
        """Six signs; longer where two originals would meet."""
        known = self.used.setdefault(kind, {})
        if original not in known:
            number = int.from_bytes(hmac.new(self.key, f"{kind}\0{original}".encode(), hashlib.sha256).digest(), "big")
            signs = "".join(ALPHABET[number // len(ALPHABET) ** i % len(ALPHABET)] for i in range(12))
            taken = self._taken.setdefault(kind, set())
            size = next(n for n in range(6, 13) if signs[:n] not in taken)
            known[original] = signs[:size]
            taken.add(signs[:size])
        return known[original]

    def __post_init__(self) -> None:
        self._taken: dict[str, set[str]] = {}


def key_file() -> Path:
    """Where the key lies: `KB_KEY`, else the user's data folder."""
    if os.environ.get("KB_KEY"):
        return Path(os.environ["KB_KEY"])
    from platformdirs import user_data_dir

    return Path(user_data_dir("kbreport")) / "anonymize.key"


def secret() -> Secret:
    """The user's key; made at the first use, readable by its owner only."""
    path = key_file()
    try:
        if not path.exists():
            import secrets

            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_hex(32).encode())
        return Secret(path.read_bytes().strip())
    except OSError as why:
        raise PlaceProblem(N_("Ключ обезличивания {path} не читается и не пишется: {why}."), remedy=N_("Укажите другое место в переменной KB_KEY."), path=str(path), why=trouble(why)) from why


def fingerprint() -> str:
    """Of the key, for the cache: another key gives other pseudonyms."""
    return hashlib.sha256(secret().key).hexdigest()[:16]


def anonymized(frames: dict[str, Any], mode: str, key: Secret) -> tuple[dict[str, Any], dict[str, Any]]:
    """(tables without names, what was done). Sales tables stay Arrow, the others pandas."""
    kinds = MODES[mode]
    names = originals(frames, kinds)
    done: dict[str, Any] = {"mode": mode, "dropped": {}, "tables": sorted(set(frames) & {"people"})}
    out = {}
    for table, frame in frames.items():
        if table == "people":
            continue
        columns = list(frame.column_names if hasattr(frame, "column_names") else frame.columns)
        gone = [c for c in columns if c in CONTACTS + FREE_TEXTS or (c in CODES and "client" in kinds)]
        if gone:
            done["dropped"][table] = gone
        out[table] = _frame(frame, [c for c in columns if c not in gone], table, kinds, key, names)
    done |= {"clients": len(key.used.get("client", {})), "managers": len(key.used.get("manager", {}))}
    return out, done


def originals(frames: dict[str, Any], kinds: tuple[str, ...]) -> dict[str, str]:
    """Every original name or code of the kinds (lower case) → its kind, for texts that may hold one."""
    found: dict[str, str] = {}
    for table, frame in frames.items():
        for column in _present(frame, table, kinds):
            kind = NAMES[column][0] if column in NAMES else next(k for k, many in COLUMNS.items() if column in many)
            found |= {str(v).casefold(): kind for v in _unique(frame, column) if len(str(v)) > 3}
    return found


def _present(frame: Any, table: str, kinds: tuple[str, ...]) -> list[str]:
    columns = frame.column_names if hasattr(frame, "column_names") else list(frame.columns)
    return [c for c in columns if any(c in COLUMNS[k] for k in kinds) or (c in NAMES and NAMES[c][0] in kinds and (c != "name" or table == "managers"))]


def _unique(frame: Any, column: str) -> list[Any]:
    if hasattr(frame, "column_names"):
        import pyarrow.compute as pc

        return [v for v in pc.unique(frame[column]).to_pylist() if v]
    return [v for v in frame[column].dropna().unique().tolist() if v]


def _frame(frame: Any, keep: list[str], table: str, kinds: tuple[str, ...], key: Secret, names: dict[str, str]) -> Any:
    wanted = set(kinds) | ({"document", "outlet"} if "client" in kinds else set())
    changed = {}
    for column in keep:
        kind = next((k for k, many in COLUMNS.items() if column in many and k in wanted), None)
        if kind:
            changed[column] = _mapped(frame, column, {v: _id(kind, key.code(kind, str(v))) for v in _unique(frame, column)})
        elif column in NAMES and NAMES[column][0] in kinds and (column != "name" or table == "managers"):
            kind, source = NAMES[column]
            changed[column] = _mapped(frame, source, {v: _name(kind, key.code(kind, str(v))) for v in _unique(frame, source)})
        elif column in LABELS and names:
            changed[column] = _mapped(frame, column, {v: scrubbed(str(v), names, key) for v in _unique(frame, column)})
    if hasattr(frame, "column_names"):
        frame = frame.select(keep)
        for column, values in changed.items():
            frame = frame.set_column(frame.schema.get_field_index(column), column, values)
        return frame
    return frame[keep].assign(**changed)


def _mapped(frame: Any, column: str, told: dict[Any, str]) -> Any:
    """The column with every value replaced; empty stays empty."""
    if not hasattr(frame, "column_names"):
        return frame[column].map(told).astype("str")
    import pyarrow as pa
    import pyarrow.compute as pc

    place = pc.index_in(frame[column], value_set=pa.array(list(told), pa.string()))
    return pa.chunked_array([pa.array(list(told.values()), pa.string()).take(place.combine_chunks())])


def _id(kind: str, code: str) -> str:
    return {"client": "C-", "manager": "M-", "document": "D-", "outlet": "T-"}[kind] + code


def _name(kind: str, code: str) -> str:
    shown = f"{code[:3]}-{code[3:]}"
    return _("Клиент {code}").format(code=shown) if kind == "client" else _("Менеджер {code}").format(code=shown)


def scrubbed(text: str, names: dict[str, str], key: Secret) -> str:
    """The text with every original name inside it replaced: notes, file names, labels."""
    low = text.casefold()
    for original in sorted((n for n in names if n in low), key=len, reverse=True):
        place = low.find(original)
        while place >= 0:
            cover = "***"
            text, low = text[:place] + cover + text[place + len(original):], low[:place] + cover + low[place + len(original):]
            place = low.find(original, place + len(cover))
    return text


def spoken_without(sources: list, problems: list, names: dict[str, str], key: Secret) -> tuple[list, list]:
    """Sources and problems without names: cells are not shown, file names and remarks are scrubbed, folders are not named."""
    clean = lambda text: scrubbed(text, names, key)  # noqa: E731
    said = [replace(s, file=clean(s.file), path=clean(Path(s.path).name), understood=tuple(map(clean, s.understood)), mapping={c: clean(h) for c, h in s.mapping.items()},
                    unmapped=tuple(map(clean, s.unmapped)), sheet=clean(s.sheet) if s.sheet else s.sheet) for s in sources]
    return said, [replace(p, file=clean(p.file), value=None, column=clean(p.column) if p.column else p.column, remedy=clean(p.remedy)) for p in problems]


def remember(key: Secret, frames: dict[str, Any]) -> Path | None:
    """Add the pseudonyms with their originals to the list beside the key: only its owner can go back. None where nothing is new."""
    import csv
    import io

    path = key_file().with_suffix(".names.csv")
    named = {kind: _named(frames, kind) for kind in ("client", "manager")}
    rows = {(kind, _id(kind, code), original, named[kind].get(original, "")) for kind in named for original, code in key.used.get(kind, {}).items()}
    old = {tuple(r) for r in csv.reader(io.StringIO(path.read_text(encoding="utf-8")))} if path.exists() else set()
    if not rows - old:
        return None
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(sorted(rows | old))
    return path


def _named(frames: dict[str, Any], kind: str) -> dict[str, str]:
    name, code = ("client_name", "client_id") if kind == "client" else ("name", "manager_id")
    frame = frames.get("clients" if kind == "client" else "managers")
    return dict(zip(frame[code].astype(str), frame[name].fillna("").astype(str), strict=True)) if frame is not None and {name, code} <= set(frame.columns) else {}


def page(done: dict[str, Any]) -> str:
    """privacy.md: what was replaced, what was removed, when."""
    from datetime import datetime

    lines = ["# " + _("Обезличивание"), "", _("Сделано {when}, режим `{mode}`.").format(when=f"{datetime.now():%Y-%m-%d %H:%M}", mode=done["mode"]), "",
             "- " + _("Клиентов под псевдонимами: {n}.").format(n=done["clients"]), "- " + _("Менеджеров под псевдонимами: {n}.").format(n=done["managers"])]
    lines += ["- " + _("Таблица {table}: столбцы убраны: {columns}.").format(table=table, columns=", ".join(columns)) for table, columns in sorted(done["dropped"].items())]
    lines += ["- " + _("Таблица {table} убрана целиком.").format(table=table) for table in done["tables"]]
    lines += ["", _("Псевдоним получен из кода или названия и секретного ключа (HMAC-SHA256): один и тот же каждый месяц, без ключа имени не найти."),
              _("Ключ и список имён лежат отдельно от отчётов, в папке данных пользователя; не отправляйте их вместе с отчётом."),
              _("Название своей компании, города, сегменты и товары не скрыты: по ним знающий человек может узнать крупного клиента. Достаточно ли этого, решает юрист.")]
    return "\n".join(lines) + "\n"
