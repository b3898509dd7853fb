"""The commands of DESIGN section 2, built once the language is known."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from kbreport.cli.options import batch_options, language_options, month_scope_options, overrides, report_options, scope_options
from kbreport.cli.say import Command, Group
from kbreport.words import N_, _


def build() -> Group:
    """The command group with help texts in the current language."""
    group = Group("kbreport", help=_("Аудит клиентской базы по выгрузкам отдела продаж."), context_settings={"max_content_width": 110}, no_args_is_help=True)
    group.params.append(click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help=_("Показать версию.")))
    group.params.append(click.Option(["--lang"], type=click.Choice(["ru", "en"]), expose_value=False, help=_("язык отчёта и сообщений")))
    for command in (_demo(), _new(), _inspect(), _check(), _methods(), _measure(), _audit(), _batch(), _diff(), _documents(), _playbook(), _learn(), _grade()):
        group.add_command(command)
    return group


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from kbreport import __version__

        click.echo(f"kbreport {__version__}")
        ctx.exit()


def _language(command):
    for option in reversed(language_options()):
        command = option(command)
    return command


# ------------------------------------------------------------------ commands
def _demo() -> click.Command:
    @click.command("demo", cls=Command, help=_("Сделать аудит учебной компании по-русски и по-английски и сказать, где отчёты."))
    @click.argument("folder", required=False, default="kbreport-demo", metavar=_("[ПАПКА]"))
    @click.option("--to", default="html,pdf,xlsx", metavar=_("ФОРМАТЫ"), help=_("какие файлы делать"))
    @click.option("--no-progress", is_flag=True, help=_("не показывать ход работы"))
    @_language
    def demo(**values: Any) -> int:
        from kbreport.batch import audit
        from kbreport.home import sample

        wanted = [batch_options(values | {"lang": lang, "output_dir": values["folder"]}, lang_folder=True) for lang in ("ru", "en")]
        return max([_told(audit(sample(), opts=opts)) for opts in wanted])

    return demo


def _new() -> click.Command:
    @click.command("new", cls=Command, help=_("Создать папку компании: узнать файлы, записать company.yml, сказать, что понято."))
    @click.argument("folder", metavar=_("ПАПКА"))
    @click.argument("files", nargs=-1, metavar=_("[ФАЙЛЫ…]"))
    @_language
    def new(folder: str, files: tuple[str, ...], **_values: Any) -> int:
        from kbreport.cli.data import new_company

        return new_company(folder, files)

    return new


def _inspect() -> click.Command:
    @click.command("inspect", cls=Command, help=_("Что это за файл: таблица, период, строки, клиенты, сумма, столбцы, первые замечания."))
    @click.argument("files", nargs=-1, required=True, metavar=_("ФАЙЛЫ…"))
    @_language
    def inspect(files: tuple[str, ...], **_values: Any) -> int:
        from kbreport.cli.data import inspect_files

        return inspect_files(files)

    return inspect


def _check() -> click.Command:
    @click.command("check", cls=Command, help=_("Проверить данные: сверка, замечания, можно ли верить каждому методу."))
    @click.argument("place", metavar=_("ДАННЫЕ"))
    @click.option("--json", "as_json", is_flag=True, help=_("JSON на stdout"))
    @click.option("--duplicates", is_flag=True, help=_("записать duplicates.xlsx: клиенты, которые могут быть одним, для решений"))
    @scope_options
    def check(place: str, as_json: bool, duplicates: bool, **values: Any) -> int:
        from kbreport.cli.data import check_company, write_duplicates

        if duplicates:
            write_duplicates(place, batch_options(values))
        return check_company(place, batch_options(values), as_json)

    return check


def _audit() -> click.Command:
    @click.command("audit", cls=Command, help=_("Аудит компании: отчёт в HTML, PDF и XLSX, таблицы и находки."))
    @click.argument("place", metavar=_("ДАННЫЕ"))
    @scope_options
    @report_options
    def audit(place: str, **values: Any) -> int:
        from kbreport.batch import audit as make

        outcome = make(place, opts=batch_options(values))
        return _told(outcome)

    return audit


def _batch() -> click.Command:
    @click.command("batch", cls=Command, help=_("Много отчётов сразу: месячный отчёт каждого менеджера и указатель index.html, или аудит каждой из названных компаний."))
    @click.argument("places", nargs=-1, required=True, metavar=_("ДАННЫЕ…"))
    @click.option("--by", type=click.Choice(["manager", "company"]), default="manager", help=_("отчёт на каждого менеджера (по умолчанию) или аудит на каждую компанию"))
    @month_scope_options
    @report_options
    def batch(places: tuple[str, ...], by: str, **values: Any) -> int:
        from kbreport.batch import batch as make

        done = make(places, opts=batch_options(values, by=by))
        _batch_told(done, by)
        return done.exit_code

    return batch


def _batch_told(done, by: str) -> None:
    """Where the reports lie, on stdout; what went wrong, on stderr; the count, last."""
    from kbreport.errors import KbreportError

    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
    for name, outcome in done.outcomes:
        if isinstance(outcome, KbreportError):
            click.echo(f"{name}: {outcome}", err=True)
        elif outcome.status == "planned":
            click.echo(_("будет сделан: {path}").format(path=outcome.folder))
        elif by == "company":
            _told(outcome)
        elif outcome.status == "failed":
            click.echo(f"{name}: {outcome.error or outcome.record.get('error')}", err=True)
    for path in done.indexes:
        click.echo(str(path))
    count = _("готово: {made}, пропущено: {skipped}, ошибок: {failed}").format(made=done.count("ok"), skipped=done.count("skipped"), failed=len(done.errors))
    click.echo(_("будет сделано: {planned}, ").format(planned=done.count("planned")) + count if done.count("planned") else count)


def _diff() -> click.Command:
    @click.command("diff", cls=Command, help=_("Что изменилось между двумя отчётами и почему, словами."))
    @click.argument("first", metavar=_("ОТЧЁТ"))
    @click.argument("second", metavar=_("ОТЧЁТ"))
    @click.option("--json", "as_json", is_flag=True, help=_("JSON на stdout"))
    @_language
    def diff(first: str, second: str, as_json: bool, **_values: Any) -> int:
        from kbreport.diff import diff as compare
        from kbreport.report.typeset import said

        found = compare(first, second)
        click.echo(json.dumps(found.record, ensure_ascii=False, indent=1) if as_json else "\n".join(said(text) for text in found.sentences))
        return 0

    return diff


def _documents() -> click.Command:
    @click.command("documents", cls=Command, help=_("Заполненные документы: паспорт клиента (tear_sheet) в HTML и PDF; письмо «Запрос данных» (data_request) в DOCX."))
    @click.argument("place", metavar=_("ДАННЫЕ"))
    @click.argument("ids", nargs=-1, metavar=_("[КОД…]"))
    @click.option("--client", metavar=_("КЛИЕНТ"), help=_("код или название клиента"))
    @click.option("--output-dir", type=click.Path(), metavar=_("ПАПКА"), help=_("куда класть; без него — reports рядом с данными"))
    @scope_options
    def documents(place: str, ids: tuple[str, ...], client: str | None, **values: Any) -> int:
        from kbreport.cli.data import write_documents

        return write_documents(place, ids, client, batch_options(values))

    return documents


def _learn() -> click.Command:
    @click.command("learn", cls=Command, help=_("Упражнения для слушателей: тетради с заданиями, подсказками и проверкой."))
    @click.argument("folder", metavar=_("ПАПКА"))
    @click.option("--chapter", "chapters", type=int, multiple=True, metavar="N", help=_("какой главы (можно несколько раз)"))
    @click.option("--data", metavar=_("ДАННЫЕ"), help=_("упражнения на своих данных: папка или файл"))
    @click.option("--seed", type=int, metavar="S", help=_("порядок вариантов ответа"))
    @click.option("--force", is_flag=True, help=_("переписать и те тетради, в которых есть ответы"))
    @_language
    def learn(folder: str, chapters: tuple[int, ...], data: str | None, seed: int | None, force: bool, **values: Any) -> int:
        from kbreport.cli.data import write_exercises

        return write_exercises(folder, list(chapters), data, seed, values.get("lang"), force)

    return learn


def _grade() -> click.Command:
    @click.command("grade", cls=Command, help=_("Ведомость по тетрадям слушателей: баллы, попытки, подсказки."))
    @click.argument("files", nargs=-1, metavar=_("ТЕТРАДИ…"))
    @click.option("--output", default="grades.xlsx", metavar=_("ФАЙЛ"), help=_("куда записать ведомость"))
    @_language
    def grade(files: tuple[str, ...], output: str, **values: Any) -> int:
        from kbreport.cli.data import write_grades

        return write_grades(files, output, values.get("lang"))

    return grade


def _playbook() -> click.Command:
    @click.command("playbook", cls=Command, help=_("Тетради для JupyterLab на выбранном языке, настроенные на компанию."))
    @click.argument("folder", metavar=_("ПАПКА"))
    @click.argument("place", required=False, default="sample", metavar=_("[ДАННЫЕ]"))
    @click.option("--run", "execute", is_flag=True, help=_("сразу посчитать тетради и положить рядом страницы HTML"))
    @click.option("--force", is_flag=True, help=_("переписать и те тетради, в которых есть ваши правки"))
    @click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help=_("сколько тетрадей считать сразу"))
    @click.option("--no-progress", is_flag=True, help=_("не показывать ход работы"))
    @scope_options
    def playbook(folder: str, place: str, execute: bool, **values: Any) -> int:
        from kbreport.cli.data import write_playbook

        return write_playbook(folder, place, batch_options(values), execute)

    return playbook


def _told(outcome) -> int:
    """Where the report lies, on stdout; what went wrong, on stderr."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
    if outcome.status == "skipped":
        click.echo(_("Делать нечего: отчёт уже есть или в прошлый раз не ломался."), err=True)
    if outcome.status == "planned":
        click.echo(_("Будет сделано:"), err=True)
    wanted = [p for p in outcome.files if p.parent == outcome.folder and p.suffix in (".html", ".pdf", ".xlsx")]
    for path in sorted(wanted, key=lambda p: [".html", ".pdf", ".xlsx"].index(p.suffix)):
        click.echo(str(path))
    for source in outcome.record.get("inputs", []):
        if source["table"] in ("orders", "order_lines"):  # what the money was read from must never be a guess in silence
            for line in source.get("understood") or ():
                click.echo(f"{source['file']}: {line}", err=True)
    if outcome.status == "failed":
        click.echo(str(outcome.error or outcome.record.get("error")), err=True)
        return 1
    return 0


def _methods() -> click.Command:
    @click.command("methods", cls=Command, help=_("Все методы: код, номер, название, что им нужно, хватает ли данных."))
    @click.option("--for", "place", metavar=_("ДАННЫЕ"), help=_("проверить, какие методы эти данные кормят"))
    @click.option("--json", "as_json", is_flag=True, help=_("JSON на stdout"))
    @scope_options
    def methods(place: str | None, as_json: bool, **values: Any) -> int:
        rows = _method_rows(place, values)
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
            return 0
        for row in rows:
            fed = "" if row["fed"] is None else " ✓" if row["fed"] else " — " + row["reason"]
            click.echo(f"{row['number']:<7} {row['id']:<20} {row['title']}{fed}")
        return 0

    return methods


def _method_rows(place: str | None, values: dict) -> list[dict]:
    from kbreport import book

    reasons: dict[str, str] | None = None
    if place:
        from kbreport.run import open_run

        opts = batch_options(values)
        reasons = open_run(place, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides).fed_methods()
    rows = []
    for m in book.methods():
        own = [{"name": info.alias or key, "default": info.default, "source": (info.json_schema_extra or {}).get("source")} for key, info in m.model_fields.items()]
        rows.append({"id": m.id(), "number": m.number, "section": m.section, "title": _(m.title), "inputs": list(m.inputs), "optional": list(m.optional_inputs),
                     "needs": list(m.needs), "uses": list(m.uses), "settings": own, "tables": {t: [c.name for c in cs] for t, cs in m.columns.items()},
                     "fed": None if reasons is None else not reasons[m.id()], "reason": "" if reasons is None else reasons[m.id()]})
    return rows


def _measure() -> click.Command:
    @click.command("measure", cls=Command, help=_("Один метод без тетради: таблица на экран, CSV или JSON."))
    @click.argument("method", metavar=_("МЕТОД"))
    @click.argument("place", metavar=_("ДАННЫЕ"))
    @click.option("--table", "table_name", default="main", metavar=_("ИМЯ"), help=_("которая из таблиц метода"))
    @click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help=_("вид вывода"))
    @scope_options
    def measure(method: str, place: str, table_name: str, form: str, **values: Any) -> int:
        from kbreport import book
        from kbreport.run import open_run

        method_id = book.one(method).id()
        opts = batch_options(values)
        run = open_run(place, manager=opts.manager, period=opts.period, as_of=opts.as_of, lang=opts.lang, settings=opts.overrides)
        _print_measured(run, method_id, table_name, form)
        return 0

    return measure


def _print_measured(run, method_id: str, table_name: str, form: str) -> None:
    from kbreport import words
    from kbreport.errors import MethodRefused, UsageProblem
    from kbreport.words import closest

    with words.speaking(run.lang):
        result = run.measure(method_id)
        if result.status == "refused":
            raise MethodRefused(N_("Метод {method} не посчитан: {reason}"), method=method_id, reason=result.reason)
        if table_name not in result.tables:
            near = closest(table_name, list(result.tables))
            raise UsageProblem(N_("У метода {method} нет таблицы «{name}»."), remedy=N_("Есть: {all}."), method=method_id, name=table_name, all=", ".join(result.tables), near=near)
        frame, columns = result.tables[table_name], result.columns[table_name]
        if form == "csv":
            from kbreport.report.tables import csv_bytes

            sys.stdout.buffer.write(csv_bytes(frame, columns))
            sys.stdout.buffer.flush()
        elif form == "json":
            from kbreport.report.tables import json_records, json_text

            click.echo(json_text(json_records(frame, columns)), nl=False)
        else:
            from kbreport.cli.screen import as_text

            click.echo(as_text(result, table_name))


__all__ = ["Path", "build", "overrides"]
