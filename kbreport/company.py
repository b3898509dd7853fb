"""`company.yml`: what a company is called, where its files lie, its parameters, settings, norms and brand.

    name: ООО «Северный Снаб»
    inputs: {orders: sales.csv}            # written by `kbreport new`; see docs/company.md
    parameters: {currency: RUB, vat: excluded}
    settings: {abc.a: 0.75, abc: {b: {value: 0.9, source: "книга, с. 61", changed_by: "Иванова"}}}
    norms: {…}                             # figures of the book, entered by its owner
    brand: {name: …, logo: logo.png, colour: "#16365C", colour2: "#3B7AB0", footer: …}

A folder without company.yml, or a bare data file, is a company too. Unknown keys are refused, naming the closest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Mapping

from pydantic import ValidationError

from kbreport import book
from kbreport.errors import CompanyProblem, InputMissing, UsageProblem
from kbreport.facts.parameters import Parameters
from kbreport.method import Norms
from kbreport.words import LANGS, N_, _, closest

COMMAND_LINE = "command line"  # who changed a setting, as run.json keeps it
SECTIONS = ("name", "lang", "inputs", "parameters", "settings", "norms", "brand")
BRAND = ("name", "logo", "colour", "colour2", "footer")
RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(1, 10)), *(f"lpt{i}" for i in range(1, 10))}


@dataclass(frozen=True)
class Setting:
    """A value that differs from the default, and who says so."""

    value: Any
    source: str | None = None
    changed_by: str | None = None


@dataclass(frozen=True)
class Company:
    """`place`: the folder or the data file. `settings`: dotted name → Setting."""

    place: Path
    name: str
    inputs: dict[str, Any] = field(default_factory=dict)
    parameters: Parameters = field(default_factory=Parameters)
    settings: dict[str, Setting] = field(default_factory=dict)
    norms: dict[str, Any] = field(default_factory=dict)
    brand: dict[str, Any] = field(default_factory=dict)
    lang: str | None = None

    @property
    def slug(self) -> str:
        return slug(self.name)

    @property
    def folder(self) -> Path:
        return self.place if self.place.is_dir() else self.place.parent

    def norms_of(self, name: str) -> Norms:
        """A method, or the norms of a report, with this company's settings."""
        prefix = name + "."
        own = {key.removeprefix(prefix): s.value for key, s in self.settings.items() if key.startswith(prefix)}
        return _built(book.norms(name), own)

    def spoken_settings(self, owner: str) -> list[dict]:
        """Every setting of a method or report with default, source and who changed it, for the appendix and run.json."""
        norms, rows = self.norms_of(owner), []
        for key, info in type(norms).model_fields.items():
            name = info.alias or key
            mine = self.settings.get(f"{owner}.{name}")
            source = (mine.source if mine else None) or (info.json_schema_extra or {}).get("source")
            rows.append({"name": name, "value": getattr(norms, key), "default": info.default, "source": source, "help": _(info.description) if info.description else "",
                         "changed_by": mine.changed_by if mine else None, "book": self.norms.get(f"{owner}.{name}")})
        return rows

    def changed(self, overrides: Mapping[str, Any], who: str = COMMAND_LINE) -> "Company":
        """This company with parameters (`vat`) and settings (`abc.a`) of the command line."""
        parameters, settings = {}, dict(self.settings)
        for name, value in overrides.items():
            if "." in name:
                check_setting(name)
                settings[name] = Setting(value, changed_by=who)
            else:
                parameters[name] = value
        company = replace(self, parameters=_parameters(self.parameters, parameters), settings=settings)
        for name in settings:
            company.norms_of(name.partition(".")[0])  # refuses a bad value now, not in the middle of a run
        return company


# ------------------------------------------------------------------ opening
def open_company(place: str | Path) -> Company:
    """A company folder, a `company.yml`, or a data file."""
    path = _bundled(place) or Path(place)
    if not path.exists():
        raise InputMissing(N_("Нет такого файла или папки: {path}."), remedy=N_("Проверьте имя и путь."), path=str(place))
    if path.name in ("company.yml", "company.yaml"):
        path = path.parent
    path = path.resolve()
    if path.is_dir() and (written := _written(path)):
        return _from_yaml(path, written)
    return Company(path, path.name if path.is_dir() else path.stem)


def _bundled(place: str | Path) -> Path | None:
    """The names `sample` and `training` mean the bundled companies, unless such a file lies here."""
    from kbreport.home import sample

    known = {"sample": sample(), "training": sample() / "training"}
    return known.get(str(place)) if not Path(place).exists() else None


def _written(folder: Path) -> Path | None:
    return next((folder / name for name in ("company.yml", "company.yaml") if (folder / name).is_file()), None)


def _from_yaml(folder: Path, file: Path) -> Company:
    data = read_yaml(file)
    _refuse_unknown(data, SECTIONS, file, "")
    for name in ("inputs", "parameters", "settings", "norms", "brand"):
        if not isinstance(data.get(name) or {}, Mapping):
            raise CompanyProblem(N_("{file}: в разделе {name} ожидались строки вида «ключ: значение»."), file=file.name, name=name)
    if data.get("lang") not in (None, *LANGS):
        raise CompanyProblem(N_("{file}: язык «{lang}» не поддерживается."), remedy=N_("Можно: ru, en."), file=file.name, lang=data["lang"])
    brand = data.get("brand") or {}
    _refuse_unknown(brand, BRAND, file, "brand.")
    company = Company(folder, str(data.get("name") or folder.name), dict(data.get("inputs") or {}), _parameters(Parameters(), data.get("parameters") or {}, file),
                      norms=dict(data.get("norms") or {}), brand=dict(brand), lang=data.get("lang"))
    settings = {}
    for name, value in _flat(data.get("settings") or {}).items():
        check_setting(name, file)
        settings[name] = _setting(value, name, file)
    company = replace(company, settings=settings)
    for name in settings:
        try:
            company.norms_of(name.partition(".")[0])
        except UsageProblem as bad:
            raise CompanyProblem("{file}: {text}", file=file.name, text=str(bad)) from bad
    return company


def read_yaml(file: Path) -> dict:
    """A YAML mapping, safely; a syntax error names the line."""
    import yaml

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as bad:
        mark = getattr(bad, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise CompanyProblem(N_("{file}, строка {line}: это не YAML."), remedy=N_("Проверьте отступы, двоеточия и кавычки."), file=file.name, line=line) from bad
    if not isinstance(data, dict | None):
        raise CompanyProblem(N_("{file}: ожидались строки вида «ключ: значение»."), file=file.name)
    return data or {}


def _refuse_unknown(data: Mapping, known: tuple[str, ...], file: Path, prefix: str) -> None:
    for key in data:
        if key not in known:
            near = closest(str(key), known)
            remedy = N_("Возможно, {near}?") if near else N_("Можно: {all}.")
            raise CompanyProblem(N_("{file}: неизвестный ключ «{key}»."), remedy=remedy, file=file.name, key=prefix + str(key), near=prefix + (near or ""), all=", ".join(known))


def _flat(settings: Mapping, prefix: str = "") -> dict[str, Any]:
    """`{abc: {a: 0.7}}` and `{abc.a: 0.7}` are the same; a mapping with `value` is a setting, not a level."""
    out: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and "value" not in value and "." not in name:
            out |= _flat(value, name + ".")
        else:
            out[name] = value
    return out


def _setting(value: Any, name: str, file: Path) -> Setting:
    if isinstance(value, Mapping):
        _refuse_unknown(value, ("value", "source", "changed_by"), file, f"settings.{name}.")
        if "value" not in value:
            raise CompanyProblem(N_("{file}: у настройки {name} нет value."), file=file.name, name=name)
        return Setting(value["value"], value.get("source"), value.get("changed_by"))
    return Setting(value)


# ------------------------------------------------------------------ checking
def check_setting(dotted: str, file: Path | None = None) -> None:
    """UsageProblem (CompanyProblem for a file) when neither a method nor a report has this setting; names the closest."""
    owner, _dot, name = dotted.partition(".")
    known = {f"{owner}.{s}" for s in _names(book.norms(owner))} if owner in book.configurable() else set()
    if dotted in known:
        return
    choices = sorted(known) or book.configurable()
    near = closest(dotted if known else owner, choices)
    error = CompanyProblem if file else UsageProblem
    remedy = N_("Возможно, {near}?") if near else N_("Все настройки: kbreport methods --json.")
    where = f"{file.name}: " if file else ""
    raise error(N_("{where}неизвестная настройка «{name}»."), remedy=remedy, where=where, name=dotted, near=near)


def _names(norms: type[Norms]) -> list[str]:
    return [info.alias or key for key, info in norms.model_fields.items()]


def _built(norms: type[Norms], values: dict[str, Any]) -> Norms:
    try:
        return norms(**values)
    except ValidationError as bad:
        first = bad.errors()[0]
        name = f"{norms.id()}.{first['loc'][0]}" if first["loc"] else norms.id()
        raise UsageProblem(N_("Настройка {name} = {value}: {why}."), name=name, value=first.get("input"), why=_why(first)) from bad


def _parameters(start: Parameters, values: Mapping[str, Any], file: Path | None = None) -> Parameters:
    error = CompanyProblem if file else UsageProblem
    where = f"{file.name}: " if file else ""
    known = list(Parameters.model_fields)
    for name in values:
        if name not in known:
            near = closest(name, known)
            remedy = N_("Возможно, {near}?") if near else N_("Можно: {all}.")
            raise error(N_("{where}неизвестный параметр «{name}»."), remedy=remedy, where=where, name=name, near=near, all=", ".join(known))
    plain = {name: value.get("value") if isinstance(value, Mapping) else value for name, value in values.items()}
    if "as_of" in plain:
        plain["as_of"] = str(plain["as_of"])
    if "period" in plain:
        plain["period"] = str(plain["period"])
    try:
        return Parameters(**(start.model_dump() | plain))
    except ValidationError as bad:
        first = bad.errors()[0]
        raise error(N_("{where}параметр {name} = {value}: {why}."), where=where, name=first["loc"][0], value=first.get("input"), why=_why(first)) from bad


def _why(error: dict) -> str:
    """pydantic's reason as a sentence of ours."""
    kind, ctx = error["type"], error.get("ctx", {})
    bounds = {"greater_than": _("нужно больше {gt}"), "greater_than_equal": _("нужно не меньше {ge}"), "less_than": _("нужно меньше {lt}"),
              "less_than_equal": _("нужно не больше {le}"), "literal_error": _("можно: {expected}")}
    if kind in bounds:
        return bounds[kind].format(**ctx)
    if "bool" in kind:
        return _("нужно true или false")
    if any(word in kind for word in ("int", "float", "decimal")):
        return _("нужно число")
    return _("значение не подходит")


# ------------------------------------------------------------------ names of folders
def slug(name: str, most: int = 60) -> str:
    """A safe folder name: ASCII, ≤ 60 characters, never empty, no reserved Windows name."""
    from slugify import slugify

    text = slugify(name, max_length=most) or "company"
    text = re.sub(r"[^a-z0-9._-]", "-", text)
    return text + "_" if text in RESERVED else text
