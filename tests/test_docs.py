"""The documents name what exists: commands and options, keys of company.yml, columns of tables. Nothing less, nothing more."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml

from kbreport import book
from kbreport.cli.commands import build
from kbreport.company import BRAND, SECTIONS, open_company
from kbreport.facts.parameters import Parameters
from kbreport.home import sample
from kbreport.intake.spec import FileSpec
from kbreport.report.brand import Brand

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = build().commands
SHARED = ("Scope options", "Report options", "Language options")


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, flags=re.M | re.S)
    assert found, f"no section «{heading}»"
    return found[1]


def told(name: str) -> str:
    """What docs/commands.md says of a command: its section and the shared sections it links to."""
    text = doc("commands.md")
    own = section(text, f"kbreport {name}")
    return own + "".join(section(text, s) for s in SHARED if f"(#{s.lower().replace(' ', '-')})" in own)


def names(text: str) -> set[str]:
    """Options that head a row of a table of options."""
    rows = re.findall(r"^\| (`-.*?) \|", text, flags=re.M)
    return {word for row in rows for word in re.findall(r"(?<![\w-])--?[a-z][\w-]*", row)}


# ------------------------------------------------------------------ commands.md
def test_every_command_has_a_section_and_no_other_does():
    assert re.findall(r"^## kbreport (\S+)", doc("commands.md"), flags=re.M) == list(COMMANDS)
    assert re.findall(r"^\| \[`kbreport (\S+?)`\]", doc("commands.md"), flags=re.M) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_those_of_the_command(name):
    options = [p for p in COMMANDS[name].params if isinstance(p, click.Option)]
    assert {word for p in options for word in (*p.opts, *p.secondary_opts)} | {"--help"} == names(told(name))


@pytest.mark.parametrize("name", COMMANDS)
def test_choices_of_an_option_are_named(name):
    for option in COMMANDS[name].params:
        for choice in getattr(option.type, "choices", ()):
            assert f"`{choice}`" in told(name), (option.name, choice)


def test_options_of_the_program_itself():
    assert all(f"kbreport {word}" in doc("commands.md") for p in build().params for word in p.opts)


def test_environment_variables_and_exit_codes():
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "kbreport").rglob("*.py"))
    used = set(re.findall(r"""["'](KB_[A-Z_]+)["']""", code))
    assert used == set(re.findall(r"^\| `(KB_[A-Z_]+)` \|", section(doc("commands.md"), "Environment"), flags=re.M))
    from kbreport import errors

    codes = {str(e.exit_code) for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.KbreportError)}
    assert codes | {"0"} <= set(re.findall(r"^\| (\d+) \|", section(doc("commands.md"), "Exit codes"), flags=re.M))


# ------------------------------------------------------------------ settings.md, errors.md
def test_every_setting_has_a_line_with_its_default():
    for method in [*book.methods(), *map(book.norms, book.REPORTS)]:
        for key, info in method.model_fields.items():
            assert f"| `{method.id()}.{info.alias or key}` | " in section(doc("settings.md"), method.id()), f"{method.id()}.{key}: run python tools/reference.py"


def test_every_error_class_and_exit_code_has_its_errors():
    from kbreport import errors

    text = doc("errors.md")
    for name, cls in vars(errors).items():
        if isinstance(cls, type) and issubclass(cls, errors.KbreportError) and cls is not errors.KbreportError:
            assert re.search(rf"^\| .*\b{name} \|", section(text, f"Exit code {cls.exit_code}"), flags=re.M), name


def test_every_raised_message_is_found_in_errors_md_in_both_languages():
    """Independently of the tool: the first argument of every `raise …(N_("…"))` of the package."""
    text = doc("errors.md")
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "kbreport").rglob("*.py"))
    found = re.findall(r'raise \w+\(N_\("([^"]+)"\)', code)
    assert len(found) > 80 and not [m for m in found if m.replace("|", "\\|") not in text]
    english = [row.split(" | ")[1] for row in re.findall(r"^\| \w.*$", text, flags=re.M) if row.count(" | ") == 3]
    assert len(english) > 80 and not [e for e in english if re.search("[А-Яа-я]", e)]


def test_settings_and_errors_are_fresh():
    check = subprocess.run([sys.executable, ROOT / "tools" / "reference.py", "check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


# ------------------------------------------------------------------ architecture.md
def test_the_architecture_has_one_picture_with_every_room_and_a_glossary():
    from tests.test_rooms import ORDER

    text = doc("architecture.md")
    assert re.findall(r"!\[.*?\]\((.*?)\)", text) == ["architecture.svg"]
    picture = doc("architecture.svg")
    assert [room for room in ORDER if not re.search(rf">[^<]*\b{room}\b[^<]*<", picture)] == []
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", section(text, "Glossary"), flags=re.M)
    assert 12 <= len(words) <= 30 and words == sorted(words, key=str.casefold)


# ------------------------------------------------------------------ company.md
def test_every_general_parameter_with_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", section(doc("company.md"), "parameters"), flags=re.M))
    defaults = {name: info.default for name, info in Parameters.model_fields.items()}
    assert rows == {name: "[]" if value == () else str(value).lower() if isinstance(value, bool) else str(value) for name, value in defaults.items()}


def test_a_parameter_said_to_be_unused_is_unused():
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "kbreport").rglob("*.py"))
    unused = re.findall(r"^\| `(\w+)` .*\(not used yet", doc("company.md"), flags=re.M)
    assert not [name for name in unused if re.search(rf"\bparameters\.{name}\b", code)], "take «not used yet» out of docs/company.md"


def test_sections_and_keys():
    text = doc("company.md")
    assert tuple(re.findall(r"^\| `(\w+)` \|", text.partition("## inputs")[0], flags=re.M)) == SECTIONS
    assert all(f"`{key}`" in section(text, "brand") for key in BRAND)
    assert all(f"`{f.name}`" in section(text, "inputs") for f in fields(FileSpec))
    assert len(text.splitlines()) <= 120


def test_the_full_example_opens(tmp_path):
    """Every section is used, every value is accepted, and the sales can be read."""
    from kbreport.run import open_run

    example = re.search(r"```yaml\n(.*?)```", doc("company.md"), flags=re.S)[1]
    (tmp_path / "company.yml").write_text(example, encoding="utf-8")
    for name in ("orders", "clients"):
        shutil.copy(sample() / "training" / f"{name}.csv", tmp_path)
    assert tuple(yaml.safe_load(example)) == SECTIONS
    company = open_company(tmp_path)
    assert company.settings["abc.a"].value == 0.75 and company.settings["abc.b"].source == "the book, p. 61"
    assert Brand.of(company.brand).footer == "Для служебного пользования"
    assert open_run(company).measure("abc").status != "refused"


# ------------------------------------------------------------------ columns.md
def test_every_column_of_every_method():
    text = doc("columns.md")
    for method in book.methods():
        rows = re.findall(r"^\| (\w+) \| `(\w+)` \| (\w+) \|", section(text, method.id()), flags=re.M)
        declared = [(table, c.name, c.kind) for table, columns in method.columns.items() for c in columns]
        assert rows == declared, f"{method.id()}: run python tools/columns.py"


def test_columns_are_fresh():
    check = subprocess.run([sys.executable, ROOT / "tools" / "columns.py", "check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr.splitlines()[-1]


# ------------------------------------------------------------------ playbook
@pytest.mark.parametrize("readme, lang", [("README.md", "en"), ("README.ru.md", "ru")])
def test_the_first_chapter_of_the_playbook_is_linked_and_says_what_the_notebook_says(readme, lang):
    import json

    from kbreport import words
    from kbreport.report.typeset import plain

    name = f"docs/playbook/ch1_role_{lang}.html"
    assert f"]({name})" in (ROOT / readme).read_text(encoding="utf-8") and "make playbook" in (ROOT / readme).read_text(encoding="utf-8")
    page = (ROOT / name).read_text(encoding="utf-8")
    bare = lambda text: re.sub(r"[\W_]+", "", text)
    shown = bare(re.sub(r"<[^>]+>", "", page).replace("&#39;", "").replace("&#34;", "").replace("&amp;", ""))
    with words.speaking(lang):
        for cell in json.loads((ROOT / "notebooks" / "ch1_role.ipynb").read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for line in words._("".join(cell["source"])).splitlines():
                    assert bare(plain(line, lang)) in shown, f"{line}: run make playbook"
    assert f'<html lang="{lang}">' in page and "<svg" in page and len(page) < 400_000
