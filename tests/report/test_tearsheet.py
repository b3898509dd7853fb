"""The tear sheet: always one A4 page, in both languages, whatever is known of the client."""

import datetime as dt
import io

import pytest

from kbreport import report, words
from kbreport.report import html, pdf, tearsheet
from tests.report.made_up import HOSTILE, META

pypdf = pytest.importorskip("pypdf")
DAY = dt.date(2025, 12, 31)
FULL = dict(  # noqa: C408
            currency="RUB", manager="Соколова М. В.", abc="A", abcd="A", about="Клиент с 2019 года", headline="Вырос на 14 %", rhythm_days=11, share_of_wallet=0.8, free=7.4e6,
            months=[(dt.date(2024 + i // 12, 1 + i % 12, 1), 1.5e6 + 9e4 * (i % 7)) for i in range(24)], order_dates=[dt.date(2025, 1, 6) + dt.timedelta(days=11 * i) for i in range(30)],
            order_amounts=[1e5 + 3e3 * i for i in range(30)], classes=[("2023", "B"), ("2024", "A"), ("2025", "A")],
            categories=[tearsheet.Category(f"Группа товаров номер {i}", 1e6 * i, 1.1e6 * i, None if i == 3 else 4e5) for i in range(9)],
            contacts=[("Решает", "директор по закупкам")] * 6, risks=[("Просроченный долг", "нет", "good")] * 9, touches=[("12.12.2025", "звонок")] * 5, next_step="Годовая встреча до 12.02.2026",
            agenda=[("10 мин", "Итоги года", "все")] * 9)
CASES = {"full": FULL, "empty": {}, "one order": {"order_dates": [DAY], "months": [(dt.date(2025, 12, 1), 500.0)]}, "refunds": FULL | {"months": [(dt.date(2025, m, 1), -1e5) for m in range(1, 13)]}}


def document(known: dict, lang: str, name: str = "Заречный хлебозавод"):
    with words.speaking(lang):
        blocks = tearsheet.blocks(tearsheet.TearSheet(name=name, as_of=DAY, **known))
    return report.document_from_blocks(blocks, META | {"lang": lang, "title": "Паспорт клиента"})


@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize("case", CASES)
def test_one_page(case, lang):
    assert len(pypdf.PdfReader(io.BytesIO(pdf.bytes_of(document(CASES[case], lang)))).pages) == 1
    assert "<h1>" in html.page_of(document(CASES[case], lang))


@pytest.mark.parametrize("name", [*HOSTILE, "Очень длинное название " * 12])
def test_any_name_keeps_one_page(name):
    reader = pypdf.PdfReader(io.BytesIO(pdf.bytes_of(document(FULL | {"manager": name}, "ru", name))))
    assert len(reader.pages) == 1 and name.split()[0] in reader.pages[0].extract_text()


def test_figures_come_from_what_is_shown():
    text = pypdf.PdfReader(io.BytesIO(pdf.bytes_of(document(FULL, "ru")))).pages[0].extract_text().replace("\u00a0", " ")
    assert "20,7" in text.replace("\n", " ") or "21," in text  # sum of the last twelve months
    assert "опоздание" not in text or "дней" in text
    assert "Ещё 4 группы" in text and "раз в 11 дней" in text and "н/д" in text
