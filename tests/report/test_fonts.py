"""The fonts we ship hold what a report writes, and carry their licence."""

import pytest

from kbreport import home

MUST = "₽№−ё«»▲▼✓✗→—…≥≤≈×·≠±§°€$£₸₴%“”’\u00a0" + "".join(chr(c) for c in range(0x410, 0x450))
FONTS = home.templates() / "fonts"


@pytest.mark.parametrize("name", ("Inter-Regular", "Inter-Medium", "Inter-SemiBold"))
@pytest.mark.parametrize("end", ("otf", "woff2"))
def test_inter_has_every_sign(name, end):
    from fontTools.ttLib import TTFont

    have = TTFont(FONTS / f"{name}.{end}").getBestCmap()
    assert not [c for c in MUST if ord(c) not in have]


def test_literata_has_the_letters_of_headlines():
    from fontTools.ttLib import TTFont

    have = TTFont(FONTS / "Literata-SemiBold.ttf").getBestCmap()
    assert not [c for c in MUST if ord(c) not in have and c not in "▲▼✓✗→≥≤≈≠₸₴"]


def test_licences_lie_beside():
    for family in ("Inter", "Literata"):
        assert "SIL OPEN FONT LICENSE" in (FONTS / f"OFL-{family}.txt").read_text(encoding="utf-8")
