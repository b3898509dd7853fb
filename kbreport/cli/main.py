"""The border: language, options, errors into sentences, exit codes. Heavy rooms are imported inside the commands.

Commands are built after the language is known, because their help texts are messages too.
Exit codes: 0 made or up to date · 1 some reports failed · 2 wrong usage · 3 data unusable · 4 internal.
"""

from __future__ import annotations

import os
import sys
from typing import Sequence

from kbreport import words
from kbreport.errors import KbreportError
from kbreport.words import _


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _utf8_streams()
    words.speak(_language(arguments))
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """The exit code of a command; every expected trouble becomes one sentence on stderr."""
    import click

    from kbreport.cli.commands import build
    from kbreport.cli.say import problem_lines, usage_sentence

    debug = "--debug" in arguments
    try:
        return build().main(arguments, prog_name="kbreport", standalone_mode=False) or 0
    except KbreportError as problem:
        if debug:
            raise
        _say(str(problem))
        for line in problem_lines(problem.fields.get("problems") or ()):
            _say(line)
        return problem.exit_code
    except click.UsageError as wrong:
        _say(usage_sentence(wrong))
        return 2
    except click.exceptions.Exit as left:
        return left.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say(_("Прервано. Готовые отчёты целы, недоделанных нет."))
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as trouble:
        if debug:
            raise
        _say(_("Не удалось: {what}: {why}.").format(what=trouble.filename or "", why=words.trouble(trouble)))
        return 2
    except Exception as bug:  # the outermost border: a bug of ours must still end in a sentence
        if debug:
            raise
        _say(_("Внутренняя ошибка: {name}: {text}. Повторите с --debug и пришлите нам вывод.").format(name=type(bug).__name__, text=bug))
        return 4


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _language(arguments: Sequence[str]) -> str:
    """`--lang`, else KB_LANG (which `words` has read), else Russian; company.yml is asked later, when it is open."""
    for i, word in enumerate(arguments):
        given = word.partition("=")[2] if word.startswith("--lang=") else arguments[i + 1] if word == "--lang" and i + 1 < len(arguments) else ""
        if given in words.LANGS:
            return given
    return words.language()


def _utf8_streams() -> None:
    """Windows consoles and cron have other encodings; a Russian sentence must not end in a UnicodeEncodeError."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
