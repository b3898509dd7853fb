"""Every shape: sizes 0, 1, 12, 1,200, two languages, both widths; text stays inside, SVG is the same in every process."""

import datetime as dt
import re

import numpy as np
import pytest

from kbreport import charts, words

SIZES = (0, 1, 12, 1200)
HOSTILE = ['<script>alert(1)</script>', r"$\frac{1}{2}$", '<a id="i0" href="#i1">', "**bold**", "中文 😀", "Қазақ", "x" * 300, "a\nb\tc", ""]


def base(n: int) -> dict:
    """A deterministic base of n clients, largest first."""
    rng = np.random.default_rng(7)
    sales = np.sort(rng.pareto(1.2, n) * 1e6)[::-1]
    letters = [("A", "B", "C")[min(2, 3 * i // max(n, 1))] for i in range(n)]
    names = [HOSTILE[i] if i < len(HOSTILE) else f"ООО «Клиент с длинным названием {i}»" for i in range(n)]
    return {"n": n, "sales": sales, "letters": letters, "names": names, "rng": rng}


def moves(b):
    m = np.array([[50, 3, 1, 1], [4, 20, 3, 1], [1, 3, 10, 4], [2, 1, 1, 0]]) * 1e6 * (b["n"] > 0)
    return m


def dates(b):
    return [dt.date(2025, 1, 5) + dt.timedelta(days=15 * i) for i in range(min(b["n"], 18))]


def months(n):
    return words.months_short()[:n]


SHAPES = {
    "pareto": lambda b, w: charts.pareto(b["sales"], b["letters"], currency="RUB", w=w),
    "skyline": lambda b, w: charts.skyline(b["sales"], b["letters"]),
    "flow": lambda b, w: charts.flow(moves(b), ["A · 28", "B", "C", "не было · 7"], ["A", "B", "C", "ушли · 7"], charts.class_colours("ABCN", "abc"),
                                     charts.class_colours("ABCN", "abc"), heads=("2024", "2025"), good=[(1, 0)], bad=[(0, 1)], w=min(w, 118)),
    "matrix": lambda b, w: charts.matrix(moves(b) / 1e6, moves(b), ["A", "B", "C", "не было"], ["A", "B", "C", "ушёл"], heads=("2024", "2025")),
    "abcd": lambda b, w: charts.abcd(b["sales"], b["sales"][::-1], (list("ABCD") * b["n"])[:b["n"]], b["names"], 3e5, 3e5, currency="RUB", notes={"A": "13 · 86,4 млн"}, w=w),
    "bars": lambda b, w: charts.bars(b["names"], b["sales"] / 1e6 - 0.5, fmt=lambda v: words.number(v, 1), w=min(w, 88)),
    "bullets": lambda b, w: charts.bullets([(name, v, v * 1.1, None) for name, v in list(zip(b["names"], b["sales"]))[:9]], w=min(w, 88)),
    "pairs": lambda b, w: charts.pairs(b["names"][:6], np.linspace(0.1, 0.5, min(b["n"], 6)), np.linspace(0.5, 0.1, min(b["n"], 6)), ("доля касаний", "доля продаж")),
    "funnel": lambda b, w: charts.funnel(b["names"][:5], b["sales"][:5]),
    "cohort": lambda b, w: charts.cohort(np.where(np.add.outer(np.arange(min(b["n"], 8)), np.arange(8)) < 8, 0.5, np.nan), b["names"][:8], list(range(8)),
                                         sizes=[20] * min(b["n"], 8), w=min(w, 118)),
    "silence": lambda b, w: charts.silence(b["names"], b["rng"].poisson(1, (b["n"], 12)), [(None if i % 5 == 0 else 30 * i % 70, 23) for i in range(b["n"])], months(12), w=w),
    "exposure": lambda b, w: charts.exposure(np.linspace(0, 100, b["n"]), b["sales"], (["low", "medium", "high"] * b["n"])[:b["n"]], b["names"], (30, 60), heads=("low", "medium", "high"),
                                             currency="RUB", w=w),
    "signals": lambda b, w: charts.signals(b["names"], np.where(b["rng"].random((b["n"], 8)) < 0.2, np.nan, b["rng"].random((b["n"], 8)).round(1)),
                                           ["late order", "sales", "fewer categories", "debt", "complaints", "one contact", "silence", "NPS"], ["69"] * b["n"], head="score", w=w),
    "line": lambda b, w: charts.line(b["sales"][:12] / 1e6, months(min(b["n"], 12)), name="2025", before=b["sales"][:12] / 1.1e6, before_name="2024", target=1.0, unit="млн ₽", w=w),
    "season": lambda b, w: charts.season(np.linspace(0.5, 1.5, min(b["n"], 12)), months(min(b["n"], 12)), marks=[(0, 0.4), (0, 0.7), (1, None)], w=w),
    "fan": lambda b, w: charts.fan(b["sales"][:12] / 1e6, [*months(min(b["n"], 12)), "+1"], 1.5, past=b["sales"][:12] / 1.1e6, low=1.1, high=1.9, plan=1.7, names=("2025", "then"),
                                   unit="млн ₽", w=w),
    "spark": lambda b, w: charts.spark(b["sales"][:12]),
    "panels": lambda b, w: charts.panels([(name, "12,3", "▲ +3 %", "good", b["sales"][:12], None) for name in b["names"][:6]], ends=("янв", "дек"), w=w),
    "waterfall": lambda b, w: charts.waterfall([], []) if not b["n"] else charts.waterfall(["2024", "клиенты", "частота", "средний заказ", "2025"], [100e6, -3e6, 8e6, 4e6, 109e6], w=w,
                                                                                          fmt=lambda v: words.number(v / 1e6, 1)),
    "rhythm": lambda b, w: charts.rhythm(dates(b), dt.date(2025, 12, 31), 15, amounts=b["sales"][:len(dates(b))], w=w),
    "rhythm_row": lambda b, w: charts.rhythm_row(dates(b), dt.date(2025, 12, 31), 15),
    "lorenz": lambda b, w: charts.lorenz(b["sales"], w=min(w, 88)),
    "histogram": lambda b, w: charts.histogram(b["sales"] / 1e6, unit="млн ₽", w=w),
    "strip": lambda b, w: charts.strip(b["letters"], b["sales"] / 1e6, unit="млн ₽", w=w),
}
NEED_MORE_THAN_ONE = {"lorenz": 2, "histogram": 3}


@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize("w", (180, 88))
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_draws_or_says_there_is_nothing(shape, n, w, lang):
    with words.speaking(lang):
        figure = SHAPES[shape](base(n), w)
        if n < NEED_MORE_THAN_ONE.get(shape, 1):
            assert figure is None
            return
        text = charts.svg(figure, shape)
    assert text.startswith("<svg ") and text.endswith("</svg>")
    assert len(text) < 220_000
    assert "<script" not in text
    if lang == "en":
        ours = re.sub(r"ООО «Клиент[^<]*|не было[^<]*|ушл?и?ё?л?[^<]*|доля (касаний|продаж)|янв|дек|тыс\.|млн|клиенты|частота|средний( заказ)?|заказ|Қазақ", "", text)
        assert not re.search("[а-яё]{3}", ours), re.findall("[^<>]*[а-яё]{3}[^<>]*", ours)


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize("w", (180, 88))
@pytest.mark.parametrize("n", (12, 1200))
@pytest.mark.parametrize("shape", SHAPES)
def test_no_text_leaves_the_figure(shape, n, w, lang):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    with words.speaking(lang):
        figure = SHAPES[shape](base(n), w)
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        box, slack = figure.bbox, figure.dpi / 25.4 * 0.9  # 0.9 mm: the tracking of −0.012 em is not measured here
        hidden = {label for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for tick in axis.get_major_ticks() for label in (tick.label1, tick.label2)
                  if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())}
        for text in set(figure.findobj(Text)) - hidden:
            if text.get_visible() and text.get_text().strip():
                at = text.get_window_extent(renderer)
                assert at.x0 >= -slack and at.x1 <= box.x1 + slack and at.y0 >= -slack and at.y1 <= box.y1 + slack, (text.get_text(), at)


def test_svg_is_the_same_in_other_processes():
    import os
    import subprocess
    import sys

    code = ("from kbreport import charts; import numpy as np; s=np.arange(30,0,-1.0)*1e5;"
            "print(charts.svg(charts.pareto(s,['A']*10+['B']*10+['C']*10,currency='RUB'),'p'));print(charts.svg(charts.strip(['A','B']*15,s),'s'))")
    runs = {subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed, "TZ": tz}, capture_output=True, text=True, check=True).stdout
            for seed, tz in (("1", "UTC"), ("42", "Asia/Vladivostok"))}
    assert len(runs) == 1


def test_ids_do_not_clash_and_names_are_not_ids():
    figure = charts.bars(['<a id="x" href="#i0">', "12.3456"], [1, 2])
    one, two = charts.svg(figure, "one"), charts.svg(figure, "two")
    assert not set(re.findall(r' id="([^"]+)"', re.sub(r">[^<]*<", "><", one))) & set(re.findall(r' id="([^"]+)"', re.sub(r">[^<]*<", "><", two)))
    assert '&lt;a id="x" href="#i0"&gt;' in one and "12.3456" in one


def test_dollars_are_not_mathematics():
    text = charts.svg(charts.bars([r"$\frac{1}{2}$", "a$b$c_d"], [1, 2]))
    assert r"$\frac{1}{2}$" in text and "a$b$c_d" in text


def test_brand_changes_the_main_series_but_never_the_classes():
    with charts.brand("#7A1F3D"):
        assert "#7a1f3d" in charts.svg(charts.bars(["a"], [1]))
        assert "#16365c" in charts.svg(charts.pareto([3, 1], ["A", "B"]))
    assert "#7a1f3d" not in charts.svg(charts.bars(["a"], [1]))


def test_waterfall_refuses_steps_that_do_not_add_up():
    with pytest.raises(ValueError, match="steps end"):
        charts.waterfall(["a", "b", "c"], [10, 5, 16])


def test_waterfall_of_falling_and_negative_levels():
    assert charts.waterfall(["a", "b", "c"], [10, -25, -15]) is not None
    assert charts.waterfall(["a", "b", "c"], [0, 0, 0]) is not None


def test_missing_values_are_said_not_drawn_as_zero():
    text = charts.svg(charts.bars(["a", "b"], [None, 2]))
    assert "н/д" in text
    assert "н/д" in charts.svg(charts.bullets([("a", None, 5, None), ("b", 3, None, None)]))
    assert charts.line([None, None], ["a", "b"]) is None
    assert charts.line([1, None, 3], list("abc")) is not None


def test_both_widths_and_nothing():
    wide, phone = charts.both(lambda w: charts.spark([1, 2, 3], w=w), "s")
    assert 'width="510' in wide and 'width="249' in phone
    assert charts.both(lambda w: charts.spark([], w=w), "s") == (None, None)
    narrow, none = charts.both(lambda w: charts.spark([1, 2], w=w), "s", 60)
    assert narrow and none is None


def test_classes_stay_apart_in_grey():
    """A lightness step of at least 10 between neighbours of both scales."""
    from kbreport.charts.colour import luminance

    def lightness(colour):
        y = luminance(colour)
        return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y

    for kind, letters in (("abcd", "ABCD"), ("abc", "ABCN")):
        steps = sorted(lightness(c) for c in charts.class_colours(letters, kind))
        assert all(b - a >= 10 for a, b in zip(steps, steps[1:]))


def test_importing_the_room_does_not_load_matplotlib():
    import subprocess
    import sys

    code = "import sys; from kbreport import charts; charts.brand; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_style_does_not_leak():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    charts.svg(charts.pareto([3, 2, 1], list("ABC")))
    assert dict(mpl.rcParams) == before


def test_cutting_a_name_needs_no_drawing_engine():
    import subprocess
    import sys

    code = "import sys; from kbreport import charts; print(charts.short('ООО «Длинное название, очень»', 20), 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == ["ООО", "«Длинное…", "False"]
