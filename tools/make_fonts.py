"""Subsets the two families to what a Russian report needs (about 50 kB each) and checks the glyphs.

    apt-get download fonts-inter && dpkg -x fonts-inter_*.deb src
    npm install @fontsource/literata        # node_modules beside this file
    python make_fonts.py src/usr/share/fonts/opentype/inter node_modules/@fontsource/literata/files
"""
import sys
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont

OUT = Path(__file__).resolve().parents[1] / "templates" / "fonts"
UNICODES = ("U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+0394,U+03A3,U+0400-045F,U+0490-0491,U+2009,U+200B,U+2010-2015,U+2018-201E,U+2020-2022,"
            "U+2026,U+202F,U+2030,U+2032-2033,U+2039-203A,U+20AC,U+20B4,U+20B8,U+20BD,U+2116,U+2122,U+2150-2154,U+215B-215E,U+2190-2199,U+2202,"
            "U+2211,U+2212,U+2215,U+221E,U+2248,U+2260,U+2264-2265,U+25A0-25A1,U+25B2-25B3,U+25B6,U+25BC-25BD,U+25C6,U+25CB,U+25CF,U+2605-2606,U+2713,U+2717")
MUST = "₽№−ё«»▲▼✓✗→—…≥≤≈×·\u00a0\u202f"
FEATURES = "kern,mark,mkmk,ccmp,locl,tnum,lnum,pnum,case,frac,liga"


def cut(src: Path, name: str) -> None:
    for flavor in (None, "woff2"):
        dst = OUT / f"{name}.{flavor or src.suffix[1:]}"
        subset.main([str(src), f"--unicodes={UNICODES}", f"--layout-features={FEATURES}", f"--output-file={dst}", "--name-IDs=*", "--notdef-outline", "--no-recalc-timestamp"]
                    + (["--flavor=woff2"] if flavor else []))


if __name__ == "__main__":
    inter, literata = map(Path, sys.argv[1:3])
    for w in ("Regular", "Medium", "SemiBold"):
        cut(inter / f"Inter-{w}.otf", f"Inter-{w}")
    with tempfile.TemporaryDirectory() as tmp:  # the npm package is cut by script: join the parts first
        parts = []
        for k in ("latin", "latin-ext", "cyrillic", "cyrillic-ext"):
            f = TTFont(literata / f"literata-{k}-600-normal.woff2")
            f.flavor = None
            parts.append(f"{tmp}/{k}.ttf")
            f.save(parts[-1])
        whole = Path(tmp) / "Literata-SemiBold.ttf"
        Merger().merge(parts).save(whole)
        cut(whole, "Literata-SemiBold")
    have = TTFont(OUT / "Inter-Regular.otf").getBestCmap()
    missing = [c for c in MUST if ord(c) not in have]
    assert not missing, f"Inter lacks {missing}"
