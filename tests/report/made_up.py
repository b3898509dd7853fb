"""Executed notebooks made by hand: invented results for the tests of the writers only."""

from __future__ import annotations

import sys

import numpy as np

sys.modules.setdefault("rfc3987_syntax", None)
import nbformat.v4 as v4  # noqa: E402

from kbreport import charts, page, words  # noqa: E402
from kbreport.words import number, percent  # noqa: E402

MIME = "application/vnd.kbreport.result+json"
HOSTILE = ['<script>alert(1)</script>', '=HYPERLINK("http://x")', "../../x", '#let x = read("/etc/passwd")', "{{ 7*7 }}", r"$\frac{1}{2}$", "**bold**",
           "-2+3", "@SUM(A1)", "+7 900", "a & b < c", "'апостроф", "Қазақ ЖШС"]
COLUMNS = [{"name": "client_id", "title": "Код клиента", "kind": "id"}, {"name": "client_name", "title": "Клиент", "kind": "text"},
           {"name": "amount", "title": "Продажи", "kind": "money"}, {"name": "share", "title": "Доля", "kind": "share"}, {"name": "class", "title": "Класс", "kind": "class"},
           {"name": "last_order_date", "title": "Последний заказ", "kind": "date"}, {"name": "orders", "title": "Заказов", "kind": "count"},
           {"name": "is_late", "title": "Опаздывает", "kind": "bool"}]
META = {"title": "Аудит клиентской базы", "company": "ООО «Вектор & Ко»", "period": "2025 год", "as_of": "2025-12-31", "vat": "excluded", "currency": "RUB", "lang": "ru",
        "maker": "Клиентский консалтинг", "version": "0.1", "ledger": [{"name": "В файле", "rows": 100, "money": 12.5}, {"name": "− дубли", "rows": -1, "money": -0.1}]}


def result(method: str, blocks: list[dict], *, tables: dict | None = None, findings=(), **kw) -> dict:
    known = {"schema": 1, "method": method, "number": "", "section": "", "title": method, "status": "ok", "reason": "", "lang": "ru", "findings": list(findings),
             "blocks": blocks, "tables": tables or {}, "settings": [], "provenance": {}}
    return known | kw


def names(n: int) -> list[str]:
    return [HOSTILE[i] if i < len(HOSTILE) else f"ООО «Ромашка {i}»" for i in range(n)]


def table_of(n: int) -> dict:
    amounts = np.sort(np.random.default_rng(3).pareto(1.3, n) * 8e5 + 2e4)[::-1].round(2) if n else np.array([])
    rows = [[f"K{i:03d}", name, float(x), float(x / amounts.sum()), "ABC"[min(2, 3 * i // n)], f"2025-12-{1 + i % 28:02d}" if i % 7 else None, i + 1, bool(i % 2)]
            for i, (name, x) in enumerate(zip(names(n), amounts))]
    return {"title": "", "columns": COLUMNS, "n_rows": n, "rows": rows, "file": None, "sha256": None}


def abc(n: int = 60) -> dict:
    """A section as a method writes it: figure, table of clients with hostile names, columns, action."""
    table = table_of(n)
    wide, phone = charts.both(lambda w: charts.pareto([r[2] for r in table["rows"]], [r[4] for r in table["rows"]], currency="RUB", w=w), "abc")
    rows = [[str(i + 1), page.cell(r[1], sub="Иванова А. С."), page.cell(number(r[2] / 1e3), v=r[2]), page.cell(percent(r[3], 1), bar=r[3] * 5),
             page.cell("▲ +3 %", tone="good"), page.cell(badge=r[4], kind="abc")] for i, r in enumerate(table["rows"])]
    head = [page.col("№", w=6, cls="x"), page.col("Клиент, менеджер", cls="h"), page.col("Продажи", w=22, num=True), page.col("Доля", w=34, cls="x"),
            page.col("К 2024", w=18, num=True), page.col("ABC", w=12)]
    lost = words.listed(names(n)[:7], most=7)
    blocks = [page.section("26 клиентов дают 80 % продаж; половину — всего 7", id="abc", kicker="3.2 · ABC-анализ", lead=f"Потеря {lost} — минус треть; **и это важно**."),
              page.fig("abc", wide, phone=phone, headline="Первые 7 клиентов приносят больше остальных", subtitle="продажи 2025 года, млн ₽", alt="Кривая Парето", source="Источник: реализация"),
              page.table(head, rows, title="Таблица 3 — Крупнейшие клиенты", unit="2025 год, тыс. ₽", dense=True, sheet="abc", cards=True,
                         total=["", "Всего", number(sum(r[2] for r in table["rows"]) / 1e3), "100 %", "", ""]),
              page.cols([118, 58], [[page.para("Текст рядом с действием. " * 6)], [page.action([("Закрепить второй контакт", "РОП · до 28.02.2026")])]]),
              page.table([page.col("Файл"), page.col("Строк", num=True), page.col("Как понят"), page.col("Класс", w=12)],
                         [["client_manager_history.csv", "10 743", "Текстовый файл, кодировка UTF-8, разделитель — запятая. " * 3, page.cell(badge="A", kind="abcd")]] * 3, title="Файлы"),
              page.table([page.col(f"Показатель {i}", num=i > 0) for i in range(8)], [["Клиент", *["1 234 567"] * 6, page.cell("x", badge="B", kind="abc")]] * 4, title="Широкая"),
              page.facts([("Период", "2025 год")]), page.note("Примечание"), page.problem("Не посчитано", "нет себестоимости")]
    finding = {"code": "abc.core", "level": "risk", "text": f"Потеря {words.quoted(HOSTILE[6])} — **риск**", "money": 100.005, "clients": [["K000", 100.005]], "rank": 1}
    return result("abc", blocks, tables={"main": table}, findings=[finding], number="M3.2", section="3.2", title="ABC-анализ",
                  settings=[{"name": "a", "value": 0.8, "default": 0.8, "source": "S9", "changed_by": None}])


def summary() -> dict:
    tiles = [page.kpi("Продажи", "173,0", unit="млн ₽", delta="▲ +3,3 %", tone="good", spark=charts.svg(charts.spark([1, 2, 3, 2, 4]), "sp")), page.kpi("Клиентов", "105", note="из 108")]
    found = [page.priced("high", "Срочно", f"{words.quoted(HOSTILE[0])} молчит", "раз в 7–18 дней", "**Позвонить до 16.01.2026**", "25,2 млн ₽", "приносили за год"),
             page.priced("mid", "Важно", "48 % касаний у D", "", "Перенести", "72 ч", "времени"), page.priced("low", "Резерв", "57 млн у других", "", "", "+5,7 млн ₽", "цель")]
    return result("overview", [page.section("Продажи выросли на 3,3 %, под угрозой 31,3 млн ₽", id="summary", kicker="Резюме"), page.verdict("good", "Данным можно верить.", "Сошлось."),
                               page.kpis(tiles), page.findings("Что мы нашли", found, "**Всего 31 млн ₽.** Никто не посчитан дважды.")], title="Резюме")


def migration() -> dict:
    flow = charts.both(lambda w: charts.flow([[5e6, 1e6], [2e6, 3e6]], ["A", "B"], ["A", "B"], charts.class_colours("AB", "abc"), charts.class_colours("AB", "abc"), heads=("2024", "2025"), w=w), "flow", 118)
    return result("abc_migration_qual", [page.section("Состав другой: 22 клиента сменили класс", id="mig", kicker="3.3 · Миграция"),
                                         page.fig("flow", flow[0], phone=flow[1], w=118, headline="Вниз ушёл миллион", subtitle="млн ₽", alt="Ленты"),
                                         page.fig("none", None, headline="Пусто", subtitle="", alt="")], section="3.3", title="Миграция")


def shown(data: dict):
    return v4.new_code_cell(source=f"show('{data['method']}')", outputs=[v4.new_output("display_data", data={MIME: data, "text/plain": "…"})])


def markdown(text: str):
    return v4.new_markdown_cell(text)


PROSE = "Почему **это** важно: *закон Парето*, `abc.a`, [сайт](https://example.com), <b>тег</b>.\n\n- раз\n- два\n\n1. один\n2. два\n\n> цитата\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n---\n\n```\nкод\n```"


def notebook(n: int = 60, meta: dict | None = None, cells: list | None = None):
    node = v4.new_notebook(metadata={"kbreport": META | (meta or {})})
    node.cells = cells if cells is not None else [shown(summary()), markdown("# Глава 3"), markdown("## ABC-анализ"), markdown(PROSE), shown(abc(n)), markdown("## Миграция"), shown(migration())]
    return node
