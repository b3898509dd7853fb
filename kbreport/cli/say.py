"""click in our language: usage errors as sentences, help with translated headings."""

from __future__ import annotations

import click

from kbreport.words import _, closest, n_


def usage_sentence(wrong: click.UsageError) -> str:
    """What is wrong with the command line, and the closest thing that exists."""
    text = _reason(wrong)
    path = wrong.ctx.command_path if wrong.ctx else "kbreport"
    return text + " " + _("Справка: {command} --help").format(command=path)


def _reason(wrong: click.UsageError) -> str:
    if isinstance(wrong, click.NoSuchOption):
        known = [name for p in (wrong.ctx.command.params if wrong.ctx else []) for name in p.opts]
        near = (wrong.possibilities or [None])[0] or closest(wrong.option_name, known)
        text = _("Неизвестный параметр {name}.").format(name=wrong.option_name)
        return text + (" " + _("Возможно, {near}?").format(near=near) if near else "")
    if isinstance(wrong, click.MissingParameter):
        name = wrong.param.human_readable_name if wrong.param else ""
        return _("Не хватает: {name}.").format(name=name)
    if isinstance(wrong, click.BadParameter):
        name = wrong.param.opts[-1] if wrong.param and wrong.param.opts else ""
        choices = getattr(wrong.param.type, "choices", None) if wrong.param else None
        return _("Параметр {name}: значение не подходит.").format(name=name) + (" " + _("Можно: {all}.").format(all=", ".join(map(str, choices))) if choices else f" {wrong.message}")
    if isinstance(wrong, click.BadOptionUsage):
        return _("Параметру {name} не хватает значения.").format(name=wrong.option_name)
    if isinstance(wrong, UnknownCommand):
        return str(wrong.message)
    return _("Команда не понята: {what}").format(what=wrong.message)


class UnknownCommand(click.UsageError):
    """A command that does not exist, with the closest that does."""


class Spoken:
    """Help headings in the current language."""

    def collect_usage_pieces(self, ctx):
        said = {"[OPTIONS]": _("[ПАРАМЕТРЫ]"), "COMMAND [ARGS]...": _("КОМАНДА [ДАННЫЕ]…")}
        return [said.get(piece, piece) for piece in super().collect_usage_pieces(ctx)]

    def format_usage(self, ctx, formatter):
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=_("Запуск: "))

    def format_options(self, ctx, formatter):
        rows = [record for p in self.get_params(ctx) if (record := p.get_help_record(ctx)) is not None]
        if rows:
            with formatter.section(_("Параметры")):
                formatter.write_dl(rows)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_help_option(self, ctx):
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _("Показать эту справку.")
        return option


class Command(Spoken, click.Command):
    pass


class Group(Spoken, click.Group):
    def format_commands(self, ctx, formatter):
        rows = [(name, self.commands[name].get_short_help_str(100)) for name in self.list_commands(ctx)]
        with formatter.section(_("Команды")):
            formatter.write_dl(rows)

    def list_commands(self, ctx):
        return list(self.commands)

    def resolve_command(self, ctx, args):
        if args and args[0] not in self.commands:
            near = closest(args[0], list(self.commands))
            text = _("Команды {name} нет.").format(name=args[0])
            raise UnknownCommand(text + (" " + _("Возможно, {near}?").format(near=near) if near else ""), ctx)
        return super().resolve_command(ctx, args)


MOST_PROBLEMS = 50


def problem_lines(problems) -> list[str]:
    """All problems as one aligned table: file, sheet, row, column, value, what is wrong, how to mend it. One is a sentence already."""
    problems = list(problems)
    if len(problems) < 2:
        return []
    from wcwidth import wcswidth

    from kbreport.tables.model import RULES

    head = [_("файл"), _("лист"), _("строка"), _("столбец"), _("значение"), _("что не так"), _("как исправить")]
    rows = [[p.file, p.sheet or "", "" if p.row is None else str(p.row), p.column or "", p.value or "", _(RULES[p.rule]), p.remedy] for p in problems[:MOST_PROBLEMS]]
    widths = [max(wcswidth(r[i]) for r in [head, *rows]) for i in range(len(head) - 1)]
    lines = ["  ".join([*(t + " " * (w - wcswidth(t)) for t, w in zip(r, widths)), r[-1]]).rstrip() for r in [head, *rows]]
    return lines + ([n_("и ещё {n} замечание", "и ещё {n} замечаний", len(problems) - MOST_PROBLEMS)] if len(problems) > MOST_PROBLEMS else [])
