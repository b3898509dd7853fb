"""Options that many commands share, and how they become `batch.Options`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Callable

import click

from kbreport.errors import InputMissing, UsageProblem
from kbreport.words import N_, _


def scope_options(command: Callable) -> Callable:
    """Period, as-of date, parameters, language: what every measuring command understands."""
    return _scope(command, _("2025-12 | 2025-Q4 | 2025 | 2024-07..2025-06 | all; без него — 12 месяцев"))


def month_scope_options(command: Callable) -> Callable:
    """The same where the period is the reporting month or quarter."""
    return _scope(command, _("2025-12 | 2025-Q4; без него — последний полный месяц (с --by company — как у audit)"))


def _scope(command: Callable, period: str) -> Callable:
    for option in reversed((
        click.option("-p", "--parameters", "pairs", nargs=2, multiple=True, metavar=_("ИМЯ ЗНАЧЕНИЕ"), help=_("параметр или настройка метода: -p abc.a 0.7")),
        click.option("-f", "--parameters-file", "--parameters_file", "file", type=click.Path(), metavar=_("ФАЙЛ"), help=_("параметры из файла YAML")),
        click.option("-y", "--parameters-yaml", "inline", metavar="YAML", help=_("параметры строкой YAML")),
        click.option("--period", metavar=_("ПЕРИОД"), help=period),
        click.option("--as-of", metavar=_("ДАТА"), help=_("отчётная дата, например 2025-12-31")),
        click.option("--manager", metavar=_("КОД"), help=_("только клиенты этого менеджера (код или имя)")),
        click.option("--anonymize", type=click.Choice(["clients", "contacts", "managers", "all"]), help=_("псевдонимы вместо имён: клиентов, менеджеров, всех; контакты убираются всегда")),
        *language_options(),
    )):
        command = option(command)
    return command


def language_options() -> tuple:
    return (click.option("--lang", type=click.Choice(["ru", "en"]), help=_("язык отчёта и сообщений")),
            click.option("--debug", is_flag=True, help=_("при ошибке показать, где она возникла")))


def report_options(command: Callable) -> Callable:
    """Formats, place, jobs: what every report-making command understands."""
    for option in reversed((
        click.option("--to", default="html,pdf,xlsx", metavar=_("ФОРМАТЫ"), help=_("какие файлы делать; без него — html,pdf,xlsx")),
        click.option("--output-dir", type=click.Path(), metavar=_("ПАПКА"), help=_("куда класть; без него — reports рядом с данными")),
        click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help=_("сколько тетрадей считать сразу")),
        click.option("--names", type=click.Choice(["ascii", "ru"]), default="ascii", help=_("имена папок латиницей или кириллицей")),
        click.option("--force", is_flag=True, help=_("переделать, даже если ничего не изменилось")),
        click.option("--only-failed", is_flag=True, help=_("переделать только то, что в прошлый раз не вышло")),
        click.option("--resume", is_flag=True, help=_("доделать недостающее (так и без этого параметра)")),
        click.option("--dry-run", is_flag=True, help=_("только показать, что будет сделано")),
        click.option("--no-progress", is_flag=True, help=_("не показывать ход работы")),
    )):
        command = option(command)
    return command


def overrides(values: dict[str, Any]) -> dict[str, Any]:
    """-f, then -y, then -p: the later wins. Values are read as YAML, so `0.7` is a number and `[1, 2]` a list."""
    import yaml

    out: dict[str, Any] = {}
    if values.get("file"):
        path = Path(values["file"])
        if not path.is_file():
            raise InputMissing(N_("Нет файла параметров: {path}."), path=str(path))
        from kbreport.company import read_yaml

        out |= read_yaml(path)
    for text in (values.get("inline"),):
        if text:
            try:
                data = yaml.safe_load(text)
            except yaml.YAMLError as bad:
                raise UsageProblem(N_("Строка параметров — не YAML: {text}"), text=text) from bad
            if not isinstance(data, dict):
                raise UsageProblem(N_("Строка параметров — не YAML: {text}"), text=text)
            out |= data
    for name, value in values.get("pairs") or ():
        try:
            out[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            out[name] = value
    return _dotted(out)


def _dotted(data: dict, prefix: str = "") -> dict:
    """`{abc: {a: 0.7}}` of a file is `abc.a`."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            flat |= _dotted(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def formats(text: str) -> tuple[str, ...]:
    known = ("html", "pdf", "xlsx")
    asked = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in asked:
        if name not in known:
            raise UsageProblem(N_("Формата «{name}» нет."), remedy=N_("Можно: html, pdf, xlsx."), name=name)
    if not asked:
        raise UsageProblem(N_("Не назван ни один формат."), remedy=N_("Можно: html, pdf, xlsx."))
    return asked


def batch_options(values: dict[str, Any], **more):
    """Parsed options as `batch.Options`."""
    from kbreport.batch import Options

    given = overrides(values) | ({"anonymize": values["anonymize"]} if values.get("anonymize") else {})
    period = values.get("period") or _text(given.pop("period", None))
    as_of = values.get("as_of") or _text(given.pop("as_of", None))
    place = values.get("output_dir")
    return Options(period=period, as_of=as_of, manager=values.get("manager"), lang=chosen_lang(values), overrides=given, formats=formats(values.get("to") or "html,pdf,xlsx"),
                   output_dir=Path(place) if place else None, jobs=values.get("jobs") or 0, force=bool(values.get("force")), dry_run=bool(values.get("dry_run")), only_failed=bool(values.get("only_failed")),
                   names=values.get("names") or "ascii", debug=bool(values.get("debug")), progress=progress(values), **more)


def chosen_lang(values: dict[str, Any]) -> str | None:
    """`--lang`, else KB_LANG; None lets company.yml decide."""
    return values.get("lang") or (os.environ["KB_LANG"] if os.environ.get("KB_LANG") in ("ru", "en") else None)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def progress(values: dict[str, Any]) -> Callable[[str], None]:
    """Lines on stderr; on a terminal they replace each other."""
    if values.get("no_progress"):
        return lambda text: None
    terminal = sys.stderr.isatty()

    def say(text: str) -> None:
        print(("\r\033[K" if terminal else "") + text, end="" if terminal else "\n", file=sys.stderr, flush=True)

    return say
