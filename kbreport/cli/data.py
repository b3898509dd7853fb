"""`new`, `inspect`, `check`: what the files are, whether they hold, what can be measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from kbreport.errors import InputMissing, KbreportError, PlaceProblem, UsageProblem
from kbreport.words import N_, _, money, n_, number, trouble

SHOWN = 12


# ------------------------------------------------------------------ inspect
def inspect_files(files: tuple[str, ...]) -> int:
    """Say of each file what it is; 3 when one of them cannot be used."""
    from kbreport.intake import inspect, is_url

    worst = 0
    for i, name in enumerate(files):
        if i:
            click.echo("")
        try:
            if is_url(name):
                worst = max(worst, _inspected_database(name))
                continue
            found = inspect(Path(name))
        except KbreportError as problem:
            click.echo(f"{'' if is_url(name) else Path(name).name + ': '}{problem}", err=True)
            worst = 3
            continue
        for line in found.lines:
            click.echo(line)
        worst = max(worst, 0 if found.table and not found.missing else 3)
    return worst


def _inspected_database(url: str) -> int:
    """Say of each table of a database what it is; 3 when none of them is known."""
    from kbreport.intake import inspect_database
    from kbreport.intake.database import shown

    found = inspect_database(url)
    click.echo(_("База {url}: таблиц {n}").format(url=shown(url), n=number(len(found))))
    for line in (line for _name, seen in found if seen for line in seen.lines):
        click.echo(line)
    others = [name for name, seen in found if not seen]
    if others:
        click.echo(_("Не узнаны таблицы: {names}").format(names=", ".join(others)))
    return 0 if any(seen for _name, seen in found) else 3


# ------------------------------------------------------------------ new
def new_company(folder: str, files: tuple[str, ...]) -> int:
    """Make a company folder: copy the files in, recognise them, write company.yml, say what was understood."""
    place = Path(folder)
    if (place / "company.yml").exists():
        raise UsageProblem(N_("В папке {path} уже есть company.yml."), remedy=N_("Назовите другую папку или правьте этот файл."), path=str(place))
    from kbreport.intake import inspect, is_url, mapping_for

    urls, files = [f for f in files if is_url(f)], tuple(f for f in files if not is_url(f))
    for name in files:
        if not Path(name).is_file():
            raise InputMissing(N_("Нет такого файла или папки: {path}."), remedy=N_("Проверьте имя и путь."), path=name)
    copied = _copied(place, files, bool(urls))
    section = mapping_for([*copied, *urls]) if copied or urls else {}
    (place / "company.yml").write_text(_yaml(place, section), encoding="utf-8")
    for path in copied:
        for line in inspect(path).lines:
            click.echo(line)
    for url in urls:
        _inspected_database(url)
    click.echo(_("Записано: {path}").format(path=place / "company.yml"))
    click.echo(_("Дальше: kbreport check {path}").format(path=place))
    return 0


def _copied(place: Path, files: tuple[str, ...], only_these: bool = False) -> list[Path]:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as bad:
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Укажите другую папку."), path=str(place), why=trouble(bad)) from bad
    out = []
    for name in files:
        target = place / Path(name).name
        if target.resolve() != Path(name).resolve():
            shutil.copyfile(name, target)
        out.append(target)
    return out if out or only_these else sorted(p for p in place.iterdir() if p.is_file() and p.suffix.lower() in (".csv", ".xlsx", ".xls", ".ods", ".parquet", ".txt"))


def _yaml(place: Path, section: dict[str, Any]) -> str:
    """company.yml with the mapping found and the questions a file cannot answer as comments."""
    import yaml

    head = {"name": place.resolve().name} | ({"inputs": section} if section else {})
    body = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=120)
    notes = [_("Название компании стоит на обложке отчёта."), _("Валюта и НДС не угадываются: впишите их сюда."), "parameters:", "  currency: RUB", "  vat: excluded"]
    return body + "\n" + "\n".join(f"# {line}" for line in notes) + "\n"


# ------------------------------------------------------------------ duplicates
def write_duplicates(place: str, opts) -> None:
    """duplicates.xlsx beside the data: pairs of clients for a person to decide; decisions made before are kept."""
    from kbreport import tables, words
    from kbreport.company import open_company
    from kbreport.intake.folder import DECISIONS, decisions_file
    from kbreport.tables import duplicates

    company = open_company(place)
    with words.speaking(opts.lang or company.lang or words.language()):
        spec = tables.spec_of(company.inputs, company.parameters)
        path = decisions_file(company.place, spec) or company.folder / DECISIONS
        pairs, waiting = duplicates.write(path, tables.load(company.place, spec))
        click.echo(n_("Похоже на дубли: {n} пара, без решения {waiting}: {path}", "Похоже на дубли: {n} пар, без решения {waiting}: {path}", pairs, waiting=waiting, path=path), err=True)
        click.echo(_("Впишите решение в первый столбец: объединить или разные. Пока решения нет, клиенты считаются порознь."), err=True)


# ------------------------------------------------------------------ check
def check_company(place: str, opts, as_json: bool) -> int:
    """Validate everything: reconciliation, problems, input checks, data verdict per method. 0 pass or qualified, 3 refused."""
    from kbreport import words
    from kbreport.overview import reconciled, reconciliation_titles
    from kbreport.run import open_run
    from kbreport.verdict import data_verdicts

    run = open_run(place, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides)
    with words.speaking(run.lang):
        verdicts = data_verdicts(run)
        titles = reconciliation_titles(run)
        record = {"company": run.company.name, "period": run.period.slug, "period_rule": run.period_rule, "as_of": run.facts.as_of.date.isoformat(), "as_of_rule": run.facts.as_of.rule,
                  "reconciliation": [{"line": x["line"], "title": titles[x["line"]], "rows": x["rows"], "amount": x["amount"]} for x in reconciled(run)],
                  "sources": run.data["sources"], "problems": run.data["problems"], "checks": run.data["checks"], "methods": verdicts,
                  "verdict": _worst([v["verdict"] for v in verdicts])}
        if as_json:
            click.echo(json.dumps(record, ensure_ascii=False, indent=1, default=str))
        else:
            _print_check(record, run.facts.currency)
    return 3 if record["verdict"] == "refused" else 0


def _worst(verdicts: list[str]) -> str:
    """The company's verdict: refused only when no method can be measured."""
    if not verdicts or all(v == "refused" for v in verdicts):
        return "refused"
    return "qualified" if any(v != "pass" for v in verdicts) else "pass"


def _print_check(record: dict, currency: str | None) -> None:
    click.echo(_("{company}: период {period} ({rule}), отчётная дата {day} ({why})").format(
        company=record["company"], period=record["period"], rule=record["period_rule"], day=record["as_of"], why=record["as_of_rule"]))
    for source in record["sources"]:
        click.echo(f"  {source['file']} → {source['table']}: " + n_("{n} строка", "{n} строк", source["n_rows"]))
        for line in source["understood"]:
            click.echo(f"    {line}")
    click.echo(_("Сверка:"))
    for line in record["reconciliation"]:
        click.echo(f"  {line['title']}: {number(line['rows'])} · {money(line['amount'], currency, scale='', digits=2)}")
    _print_problems(record)
    click.echo(_("Можно ли верить методам:"))
    signs = {"pass": "✓", "qualified": "!", "refused": "✗"}
    for v in record["methods"]:
        click.echo(f"  {signs[v['verdict']]} {v['section']} {v['title']}" + (f" — {v['reason']}" if v["reason"] else "") + (f" ({v['bias']})" if v["bias"] else ""))


def _print_problems(record: dict) -> None:
    """All problems at once as one table: file, sheet, row, column, value, rule, remedy."""
    noted = [c for c in record["checks"] if c["count"]]
    if noted:
        click.echo(_("Замечено:"))
        for c in noted:
            click.echo(f"  {({'stop': '✗', 'warn': '!'}).get(c['severity'], '·')} {c['text']}")
    problems = record["problems"]
    if problems:
        click.echo(n_("{n} замечание к строкам и столбцам:", "{n} замечаний к строкам и столбцам:", len(problems)))
        for p in problems[:SHOWN]:
            click.echo(f"  {p['file']}: {p['text']} {p['remedy']}")
        if len(problems) > SHOWN:
            click.echo("  " + n_("и ещё {n}: kbreport check --json", "и ещё {n}: kbreport check --json", len(problems) - SHOWN))


# ------------------------------------------------------------------ documents
def write_documents(place: str, ids: tuple[str, ...], client: str | None, opts) -> int:
    """Write the asked documents and print where they lie."""
    from kbreport import documents
    from kbreport.run import narrowed, open_run
    from kbreport.words import closest

    for name in ids:
        if name not in documents.DOCUMENTS:
            near = closest(name, list(documents.DOCUMENTS))
            raise UsageProblem(N_("Документа «{name}» нет."), remedy=N_("Есть: {all}."), name=name, near=near, all=", ".join(documents.DOCUMENTS))
    if "data_request" in ids:
        from kbreport.company import open_company

        company = open_company(place)
        base = Path(opts.output_dir) if opts.output_dir else company.folder / "reports"
        for path in documents.write_data_request(company.name, base / company.slug):
            click.echo(str(path))
        if set(ids) == {"data_request"}:
            return 0
    if not client:
        raise UsageProblem(N_("Для паспорта клиента назовите клиента: --client КОД."))
    run = open_run(place, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides)
    run = narrowed(run, opts.manager) if opts.manager else run
    base = Path(opts.output_dir) if opts.output_dir else run.company.folder / "reports"
    for path in documents.write_tear_sheet(run, client, base / run.company.slug / run.period.slug / "clients"):
        click.echo(str(path))
    return 0


# ------------------------------------------------------------------ playbook
def write_playbook(folder: str, place: str, opts, execute: bool = False) -> int:
    """Write the notebooks (and run them), say where they lie, what these data cannot feed, and how to open them."""
    from kbreport import playbook, words
    from kbreport.run import narrowed, open_run

    run = open_run(place, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides)
    if opts.manager:
        narrowed(run, opts.manager)  # refuses an unknown name now, not in the reader's first cell
    parameters = {"company": playbook.company_word(place), "period": opts.period, "as_of": opts.as_of, "manager": opts.manager, "settings": dict(opts.overrides)}
    with words.speaking(run.lang):
        books = playbook.write(folder, parameters, run.lang, force=opts.force)
        pages = playbook.run([b.path for b in books], run.lang, workers=opts.workers, progress=opts.progress) if execute else []
        for book in books:
            click.echo(str(book.path) + ("" if book.fresh or execute else " " + _("(без изменений)")))
        for path in pages:
            click.echo(str(path))
        poor = [name for name, reason in run.fed_methods().items() if reason]
        if poor:
            click.echo(_("Для этих методов данных не хватает, их тетради скажут, чего: {names}.").format(names=", ".join(poor)), err=True)
        click.echo(_how_to_open(folder), err=True)
    return 0


def _how_to_open(folder: str) -> str:
    from importlib.util import find_spec

    text = _("Открыть: jupyter lab {path}").format(path=folder)
    return text if find_spec("jupyterlab") else text + " " + _("(сначала поставьте его: pip install jupyterlab)")


# ------------------------------------------------------------------ exercises
def write_exercises(folder: str, chapters: list[int], data: str | None, seed: int | None, lang: str | None, force: bool) -> int:
    """Write the trainee's notebooks and say where they lie and how to open them."""
    from kbreport import words
    from kbreport.learn import folder as exercises

    spoken = lang or words.language()
    with words.speaking(spoken):
        for book in exercises.write(folder, chapters, data=data, seed=seed, lang=spoken, force=force):
            click.echo(str(book.path) + ("" if book.fresh else " " + _("(без изменений)")))
        click.echo(_how_to_open(folder), err=True)
    return 0


def write_grades(files: tuple[str, ...], output: str, lang: str | None) -> int:
    """One workbook of marks; 1 when a file could not be graded."""
    from kbreport import words
    from kbreport.learn import grade

    if not files:
        raise UsageProblem(N_("Тетради не названы."), remedy=N_("Назовите файлы .ipynb."))
    with words.speaking(lang or words.language()):
        works = [grade.graded(Path(name)) for name in files]
        for line in grade.said(works):
            click.echo(line)
        click.echo(_("Ведомость: {path}").format(path=grade.write(works, Path(output))))
    return 1 if any(w.problem for w in works) else 0
