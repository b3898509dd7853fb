"""The brand: colours that can be read, logos that cannot act."""

import pytest

from kbreport import errors
from kbreport.charts import contrast
from kbreport.report.brand import Brand

PNG = (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d"
       b"\x00\x00\x00\x00IEND\xaeB`\x82")


def test_contrast():
    assert round(contrast("#000000"), 1) == 21 and round(contrast("#777"), 2) == 4.48


@pytest.mark.parametrize("colour", ("#ABCDEF", "#777777"))
def test_pale_colours_are_refused_with_the_figure(colour):
    with pytest.raises(errors.CompanyProblem, match="слишком бледный.*не меньше 7"):
        Brand.of({"colour": colour})


@pytest.mark.parametrize("colour", ("red", "#12", "16365C", "#16365C;}</style>", 5))
def test_what_is_no_colour(colour):
    with pytest.raises(errors.CompanyProblem, match="не понят"):
        Brand.of({"colour": colour})


def test_png_and_svg_beside_the_company(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    assert Brand.of({"logo": "a.png", "folder": str(tmp_path)}).logo.startswith("data:image/png;base64,")
    assert Brand.of({"logo": Brand.of({"logo": "a.png", "folder": str(tmp_path)}).logo}).logo.startswith("data:image/png;base64,")


@pytest.mark.parametrize("svg", ('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', '<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "<svg",
                                 '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://x/y.png"/></svg>', '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "<html></html>"))
def test_logos_that_could_act_are_refused(tmp_path, svg):
    (tmp_path / "a.svg").write_text(svg, encoding="utf-8")
    with pytest.raises(errors.CompanyProblem, match="не подходит"):
        Brand.of({"logo": "a.svg", "folder": str(tmp_path)})


def test_absent_broken_and_huge_logos(tmp_path):
    with pytest.raises(errors.CompanyProblem, match="не найден"):
        Brand.of({"logo": "no.png", "folder": str(tmp_path)})
    (tmp_path / "half.png").write_bytes(PNG[:30])
    with pytest.raises(errors.CompanyProblem, match="не подходит"):
        Brand.of({"logo": "half.png", "folder": str(tmp_path)})
    (tmp_path / "big.png").write_bytes(PNG + b"\0" * 600_000)
    with pytest.raises(errors.CompanyProblem, match="больше 500 КБ"):
        Brand.of({"logo": "big.png", "folder": str(tmp_path)})
