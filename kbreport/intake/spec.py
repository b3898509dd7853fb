"""The `inputs:` section of company.yml: which file is which table, and what the reader must not guess.

    inputs:
      orders: продажи.xlsx                        # or a list of files, or with details:
      clients: {path: клиенты.csv, encoding: cp1251, delimiter: ";", sheet: Лист1, date_order: dmy, decimal: ",",
                mapping: {client_id: Контрагент.Код}}
      duplicates: duplicates.xlsx                 # decisions about clients that may be one; this name is the default
      bad_rows: stop                              # or exclude: rows that cannot be used are left out and counted

Currency, VAT, duplicates and internal clients are general parameters (`parameters:`); `tables.spec_of` brings both together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from kbreport.errors import CompanyProblem
from kbreport.intake.schema import schemas
from kbreport.words import N_, closest

BAD_ROWS = ("stop", "exclude")
PLAIN = "none"  # a file that is no known export, whatever it looks like


@dataclass(frozen=True)
class FileSpec:
    """What is told about one file. None = decide by the file. `date_order`: dmy | mdy; `decimal`: "," | "."; `profile`: id of an
    export (`none`: a plain table); `period` of a report that does not name its own; `confirmed`: the mapping of a draft was looked at;
    `url` with `table` or `query`: a database instead of a file."""

    path: Path | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    date_order: str | None = None
    decimal: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    profile: str | None = None
    period: tuple[date, date] | None = None
    confirmed: bool = False
    url: str | None = None
    table: str | None = None
    query: str | None = None


@dataclass(frozen=True)
class InputSpec:
    """What is told about all inputs. `files`: table → its files; `bad_rows`: stop at rows that cannot be used, or
    exclude them with their count and money."""

    files: dict[str, list[FileSpec]] = field(default_factory=dict)
    currency: str | None = None
    vat: str = "unknown"
    drop_duplicates: bool = False
    bad_rows: str = "stop"
    internal_clients: tuple[str, ...] = ()
    anonymize: str = "none"  # contacts, clients, managers, all
    duplicates: Path | None = None  # the file of decisions about clients that may be one

    @classmethod
    def from_dict(cls, section: dict[str, Any] | None, base: Path | None = None) -> "InputSpec":
        """Read the section; relative paths are taken from `base`. Raises CompanyProblem on an unknown key or value."""
        section = dict(section or {})
        _known(section, [*schemas(), "bad_rows", "duplicates"], "inputs")
        bad = section.pop("bad_rows", None) or "stop"
        _one_of("inputs.bad_rows", bad, BAD_ROWS)
        told = section.pop("duplicates", None)
        decided = (base / told if base and not Path(told).is_absolute() else Path(told)) if told else None
        return cls({table: _files(table, told, base) for table, told in section.items() if told}, bad_rows=bad, duplicates=decided)

    def to_dict(self) -> dict[str, Any]:
        """The section as plain values, to be written to company.yml; only what was told."""
        files = {table: [_plain(f) for f in many] for table, many in self.files.items()}
        out: dict[str, Any] = {t: m[0] if len(m) == 1 else m for t, m in files.items()}
        out |= {"duplicates": str(self.duplicates)} if self.duplicates else {}
        return out if self.bad_rows == "stop" else {**out, "bad_rows": self.bad_rows}


def _files(table: str, told: Any, base: Path | None) -> list[FileSpec]:
    return [_file(table, one, base) for one in (told if isinstance(told, list) else [told])]


def _file(table: str, told: Any, base: Path | None) -> FileSpec:
    details = dict(told) if isinstance(told, dict) else {"path": told}
    where = f"inputs.{table}"
    _known(details, [f.name for f in fields(FileSpec)], where)
    if details.get("url") and bool(details.get("table")) == bool(details.get("query")):
        raise CompanyProblem(N_("В {where} у базы (url) нужно назвать table или query, одно из двух."), where=where)
    if not details.get("path") and not details.get("url"):
        raise CompanyProblem(N_("В {where} не назван файл (path)."), where=where)
    _one_of(where + ".date_order", details.get("date_order"), (None, "dmy", "mdy"))
    _one_of(where + ".decimal", details.get("decimal"), (None, ",", "."))
    _told_profile(details, where)
    mapping = details.get("mapping") or {}
    _known(mapping, list(schemas()[table].columns), where + ".mapping")
    if details.get("path"):
        path = Path(details["path"])
        details["path"] = base / path if base and not path.is_absolute() else path
    return FileSpec(**{**details, "mapping": {c: str(h) for c, h in mapping.items() if h}})


def _told_profile(details: dict[str, Any], where: str) -> None:
    """Checks `profile` and reads `period`: a day, a month, «2025-01..2025-03», «1 квартал 2025»."""
    if details.get("profile"):
        from kbreport.intake.profile import profiles

        _known({details["profile"]: None}, [*profiles(), PLAIN], where + ".profile")
    if details.get("period") is not None:
        from kbreport.intake.periods import told

        period = told(str(details["period"]))
        if period is None:
            raise CompanyProblem(N_("В company.yml {where} равно «{value}», а нужен период: 2025-03, 2025-01..2025-03 или день."), where=where + ".period", value=details["period"])
        details["period"] = period
    if not isinstance(details.get("confirmed", False), bool):
        _one_of(where + ".confirmed", details["confirmed"], (True, False))


def _plain(spec: FileSpec) -> Any:
    told = {f.name: getattr(spec, f.name) for f in fields(spec) if getattr(spec, f.name)}
    if spec.period:
        told["period"] = "..".join(d.isoformat() for d in spec.period)
    if spec.path:
        told["path"] = str(spec.path)
    return told["path"] if set(told) == {"path"} else told


def _known(section: dict, names: list[str], where: str) -> None:
    for name in section:
        if name not in names:
            near = closest(str(name), names)
            raise CompanyProblem(N_("В company.yml, раздел {where}: неизвестный ключ «{name}»."), remedy=N_("Возможно, «{near}».") if near else N_("Есть: {known}."), where=where,
                                 name=name, near=near, known=", ".join(names))


def _one_of(where: str, value: Any, choices: tuple) -> None:
    if value not in choices:
        raise CompanyProblem(N_("В company.yml {where} равно «{value}», а может быть: {choices}."), where=where, value=value, choices=", ".join(str(c) for c in choices if c is not None))
