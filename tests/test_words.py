"""Words: plurals, numbers, money, dates; catalogues complete in both languages."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kbreport import words
from kbreport.words import Scale, scale_of

ROOT = Path(__file__).resolve().parents[1]
NB = words.NB


def test_catalogues_are_complete_and_fresh():
    done = subprocess.run([sys.executable, "tools/messages.py", "check"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_no_message_has_two_translations():
    from babel.messages.pofile import read_po

    seen: dict = {}
    for po in sorted((ROOT / "kbreport" / "locale" / "en" / "LC_MESSAGES").glob("*.po")):
        with po.open("rb") as file:
            for m in read_po(file):
                if m.id:
                    assert seen.setdefault(m.id, m.string) == m.string, f"{po.name}: {m.id}"


def test_translations_keep_the_placeholders():
    import re

    from babel.messages.pofile import read_po

    holes = lambda text: sorted(set(re.findall(r"(?<!{){(\w+)}", text)))
    for po in (ROOT / "kbreport" / "locale").rglob("*.po"):
        with po.open("rb") as file:
            for m in read_po(file, locale=po.parts[-3]):
                if not m.id or po.stem == "notebooks":
                    continue
                ids, strings = (m.id, m.string) if isinstance(m.id, tuple) else ((m.id,), (m.string,))
                known = {h for text in ids for h in holes(text)}
                for text in strings:
                    assert set(holes(text)) <= known, f"{po.name}: {text}"


@pytest.mark.parametrize("n, text", [(1, "1 клиент"), (2, "2 клиента"), (5, "5 клиентов"), (11, "11 клиентов"), (21, "21 клиент"), (1234, f"1{NB}234 клиента")])
def test_russian_plurals(n, text):
    assert words.n_("{n} клиент", "{n} клиентов", n) == text


@pytest.mark.parametrize("x, digits, text", [(1234.5, 1, f"1{NB}234,5"), (-0.04, 1, "0,0"), (2.5, 0, "3"), (-2.5, 0, "−3"), (0.125, 2, "0,13"), (None, 0, "н/д"), (float("nan"), 0, "н/д"), (float("inf"), 0, "н/д")])
def test_numbers(x, digits, text):
    assert words.number(x, digits) == text


def test_money_chooses_its_scale_and_says_no_sign_without_a_currency():
    assert words.money(31_300_000, "RUB") == f"31,3{NB}млн{NB}₽"
    assert words.money(124_400, "RUB") == f"124{NB}тыс.{NB}₽"
    assert words.money(950, None) == "950"
    with words.speaking("en"):
        assert words.money(31_300_000, "USD").replace(NB, " ") in ("31.3 m $", "31.3m $", "$31.3m", "31.3 m $")


def test_percent_and_points():
    assert words.percent(0.1234, 1) == f"12,3{NB}%" and words.pp(-0.006) == f"−0,6{NB}п. п."


def test_dates_in_two_languages():
    d = date(2025, 12, 1)
    assert words.day(d) == "01.12.2025" and words.month(d) == "декабрь 2025" and words.day(None) == "н/д"
    with words.speaking("en"):
        assert words.day(d) == "1 Dec 2025" and words.month(d) == "December 2025"


def test_names_are_listed_quoted_and_harmless():
    assert words.listed(["Альфа", "ООО «Бета»", "В", "Г"], 2) == "«Альфа», ООО «Бета» и ещё 2"
    assert "**" not in words.quoted("**x**")


def test_compiled_and_raw_catalogues_say_the_same(tmp_path):
    from kbreport.words import _read

    po = ROOT / "kbreport" / "locale" / "en" / "LC_MESSAGES" / "overview.po"
    raw = tmp_path / "overview.po"
    raw.write_bytes(po.read_bytes())
    assert _read(raw).gettext("Сверка") == "Reconciliation"


def test_a_table_has_the_scale_in_which_its_usual_figure_has_two_digits():
    assert scale_of([900, 4_000, 20_000, None], "RUB").unit == "₽" and scale_of([11_000, 90_000, 15], "RUB").unit == "тыс.\u00a0₽"
    assert scale_of([3, 5, 12_000_000], None).unit == "тыс." and scale_of([0, 0], None) == Scale(1.0, "") and scale_of([], None).divisor == 1
    thousand = Scale(1000.0, "")
    assert [thousand.text(v) for v in (1_499, 0, None, 40, 12_345_678)] == ["1", "—", "н/д", "0,0", "12\u00a0346"]
    assert [thousand.change(v) for v in (2_000, -2_000, 0)] == ["+2", "−2", "—"]


def test_what_the_system_says_is_said_in_our_language():
    import errno

    with words.speaking("ru"):
        assert words.trouble(OSError(errno.ENOSPC, "No space left on device")) == "на диске нет места"
        assert words.trouble(FileNotFoundError(errno.ENOENT, "No such file")) == "нет такого файла или папки"
        assert words.trouble(OSError(errno.EPIPE, "Broken pipe")) == "Broken pipe" and words.trouble(OSError("odd")) == "odd"
