"""Fuzzing of the reader: a good table in every dress, then damaged; nothing may end in a traceback or in a silent loss.

    python bench/fuzz_reader.py [--rounds 10000] [--seed 1]

Kinds of rounds, by turns:
dress    the same table in another encoding, delimiter, notation of numbers and dates, with titles, totals, blank lines,
         shuffled columns: it must be accepted with the same rows and the same money
damage   one known fault in one row: accepted with exactly the money that is left and the row named, or refused
noise    random bytes changed: accepted with every line of the file accounted for, or refused in words
book     the table as a workbook with titles, totals, numbers as text: the same rows and money
tree     a report of 1С (levels by outline, indents of any step or spaces; months in columns; numbers as text): the same money by
         client, month and goods, and the sum of «Итого»
shaken   a report with one figure changed, a row lost or bytes damaged: every difference is named, or the file is refused in words
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kbreport import tables
from kbreport.errors import KbreportError

HEADERS = {"order_id": ("Номер заказа", "order_id", "Документ", "Invoice No"), "order_date": ("Дата", "order_date", "Дата отгрузки", "Invoice Date"),
           "client_id": ("Код клиента", "client_id", "Контрагент.Код", "Customer ID"), "client_name": ("Клиент", "client_name", "Контрагент", "Customer"),
           "manager_name": ("Менеджер", "manager_name", "Ответственный", "Sales Rep"), "category": ("Категория", "category", "Товарная группа", "Product Category"),
           "amount": ("Выручка", "amount", "Сумма, руб.", "Line Total"), "cost": ("Себестоимость", "cost", "Себестоимость, руб.", "COGS")}
CYRILLIC = ("utf-8", "utf-8-sig", "utf-16", "cp1251", "cp866", "koi8_r")


@dataclass
class Dress:
    """How a table is written."""

    encoding: str
    delimiter: str
    decimal: str
    thousands: str
    unit: str
    negative: str
    dates: str
    language: int
    quote: bool
    newline: str
    titles: int
    total: bool
    blanks: bool
    trailing: bool
    columns: list[str]


def truth(rng: random.Random) -> list[dict]:
    """A small table of order lines with kopecks, returns and repeated orders."""
    rows = []
    for i in range(rng.randint(8, 30)):
        client = rng.randint(1, 6)
        amount = Decimal(rng.randint(100, 90_000_000)) / 100 * (-1 if rng.random() < 0.1 else 1)
        rows.append({"order_id": f"З-{i // 2:04d}", "order_date": date(2024, 1, 13) + timedelta(days=3 * i), "client_id": f"{client:03d}", "client_name": f"ООО «Клиент {client}»",
                     "manager_name": ("Иванова Анна", "Петров Борис")[client % 2], "category": ("Кабель", "Крепёж")[i % 2], "amount": amount.quantize(Decimal("0.01")), "cost": (amount * 7 / 10).quantize(Decimal("0.01"))})
    return rows


def dress(rng: random.Random) -> Dress:
    decimal = rng.choice([",", "."])
    delimiter = rng.choice([";", "\t", "|"] if decimal == "," else [";", "\t", "|", ","])
    thousands = rng.choice(["", " ", "\u00a0", "'"] + (["."] if decimal == "," else [","]))
    encoding = rng.choice(CYRILLIC)
    if encoding in ("cp866", "koi8_r") and thousands == "\u00a0":
        thousands = " "
    unit = rng.choice(["", "", "", " руб.", "р."] + ([" ₽"] if encoding.startswith("utf") else []))
    columns = list(HEADERS)
    rng.shuffle(columns)
    return Dress(encoding, delimiter, decimal, thousands, unit, rng.choice(["-", "-", "()", "tail"]), rng.choice(["%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y 23:59:59", "serial"]),
                 rng.randint(0, 3), rng.random() < 0.3 or thousands == delimiter, rng.choice(["\n", "\r\n"]), rng.choice([0, 0, 0, 2]), rng.random() < 0.3, rng.random() < 0.3, rng.random() < 0.2, columns)


def written(value, column: str, d: Dress) -> str:
    if column in ("amount", "cost"):
        text = f"{abs(value):,.2f}".replace(",", "\0").replace(".", d.decimal).replace("\0", d.thousands)
        signed = text if value >= 0 else {"-": "-" + text, "()": f"({text})", "tail": text + "-"}[d.negative]
        return signed + (d.unit if value >= 0 or d.negative == "-" else "")
    if column == "order_date":
        return str((value - date(1899, 12, 30)).days) if d.dates == "serial" else value.strftime(d.dates)
    return str(value) if d.encoding.startswith(("utf", "cp1251")) else str(value).replace("«", '"').replace("»", '"')


def lines_of(rows: list[dict], d: Dress) -> list[str]:
    body = [[HEADERS[c][d.language] for c in d.columns]] + [[written(row[c], c, d) for c in d.columns] for row in rows]
    if d.total:
        body.append(["Итого" if i == 0 else written(sum((r[c] for r in rows), Decimal(0)), c, d) if c in ("amount", "cost") and i else "" for i, c in enumerate(d.columns)])
    out = [d.delimiter.join(_quoted(cell, d) for cell in cells) + (d.delimiter if d.trailing else "") for cells in body]
    titles = ["Отчёт по продажам", "за полугодие"][: d.titles]
    return titles + out[:1] + ([""] if d.blanks else []) + out[1:] + ([d.delimiter * (len(d.columns) - 1)] if d.blanks else [])


def _quoted(cell: str, d: Dress) -> str:
    return '"' + cell.replace('"', '""') + '"' if d.quote or d.delimiter in cell or '"' in cell else cell


def loaded(path: Path):
    """(tables, None) or (None, the refusal in words). Any other exception is a finding."""
    try:
        found = tables.load(path)
        return found, None
    except KbreportError as why:
        if not str(why).strip() or re.search(r"\{[a-z_]+\}", str(why)):
            raise AssertionError(f"a message with holes: {why}") from why
        return None, str(why)


def dress_round(rng: random.Random, path: Path) -> str:
    rows, d = truth(rng), dress(rng)
    path.write_bytes(d.newline.join(lines_of(rows, d)).encode(d.encoding, "strict") + d.newline.encode(d.encoding.replace("utf-16", "utf-16-le").replace("-sig", "")))
    found, refusal = loaded(path)
    expect(found is not None, f"refused: {refusal}", d)
    expect(found.ledger.rows_out == len(rows), f"rows {found.ledger.rows_out} of {len(rows)}", d)
    expect(found.ledger.amount_out == sum(r["amount"] for r in rows), f"money {found.ledger.amount_out}", d)
    expect(found.sales["order_date"].to_pylist() == [r["order_date"] for r in rows], "dates", d)
    expect(sorted(set(found.sales["client_id"].to_pylist())) == sorted({r["client_id"] for r in rows}), "clients", d)
    return "accepted"


def damage_round(rng: random.Random, path: Path) -> str:
    rows, d = truth(rng), dress(rng)
    d.total = False
    lines = lines_of(rows, d)
    at = rng.randrange(len(rows))
    place = next(i for i, line in enumerate(lines) if line.startswith(_quoted(HEADERS[d.columns[0]][d.language], d))) + (2 if d.blanks else 1) + at
    fault = rng.choice(["garble", "empty_amount", "empty_client", "bad_date", "short", "copy", "glue"])
    cells = {c: written(rows[at][c], c, d) for c in d.columns}
    cells |= {"garble": {"amount": rng.choice(["см. договор", "12 тыс.", "#ССЫЛКА!", "1.2.3,4", "1,2 3"])}, "empty_amount": {"amount": ""}, "empty_client": {"client_id": ""}, "bad_date": {"order_date": "31.02.2024"}}.get(fault, {})
    line = d.delimiter.join(_quoted(cells[c], d) for c in d.columns) + (d.delimiter if d.trailing else "")
    lines[place] = {"short": d.delimiter.join(_quoted(cells[c], d) for c in d.columns[:4]), "copy": lines[place] + "\n" + lines[place], "glue": lines[place] + lines[place]}.get(fault, line)
    path.write_bytes("\n".join(lines).encode(d.encoding, "replace"))
    found, refusal = loaded(path)
    if fault == "copy":
        expect(found is not None and any(c.name == "duplicate_rows" and c.count == 1 for c in found.checks), f"a copy was not seen ({refusal})", d)
        return "accepted"
    expect(found is None, f"{fault} accepted", d)
    expect(str(place + 1) in refusal, f"{fault}: row {place + 1} not named: {refusal}", d)
    return "refused"


def noise_round(rng: random.Random, path: Path) -> str:
    rows, d = truth(rng), dress(rng)
    raw = bytearray("\n".join(lines_of(rows, d)).encode(d.encoding))
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(raw) or 1)
        kind = rng.random()
        if not raw:
            raw = bytearray(b"?")
        elif kind < 0.4:
            raw[at] = rng.randrange(256)
        elif kind < 0.6:
            del raw[at: at + rng.randint(1, 20)]
        elif kind < 0.8:
            raw[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 5)))
        else:
            raw = raw[: max(1, at)]
    path.write_bytes(bytes(raw))
    found, _refusal = loaded(path)
    if found is None:
        return "refused"
    ledger = found.ledger
    if not d.encoding.startswith("utf-16") and b'"' not in raw and b"\r" not in raw:
        lines = len(bytes(raw).split(b"\n"))
        known = ledger.rows_in + ledger.blank_rows + ledger.total_rows
        head = found.sales["source_row"][0].as_py() - 1 if ledger.rows_in else 0
        expect(known + head >= lines - 1, f"{lines} lines, only {known} rows and {head} before them", d)
    return "accepted"


def expect(good: bool, what: str, d: object) -> None:
    if not good:
        raise AssertionError(f"{what}; {d}")


def book(path: Path, rows: list[list], levels: list[int] | None = None, how: str = "outline", step: int = 1) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as out:
        sheet = out.add_worksheet("TDSheet")
        forms = {n: out.add_format({"indent": n * step}) for n in range(6)}
        for i, row in enumerate(rows):
            level = levels[i] if levels else 0
            if level and how == "outline":
                sheet.set_row(i, None, None, {"level": level})
            for j, cell in enumerate(row):
                if cell is not None:
                    text = "  " * level * step + cell if how == "spaces" and not j and isinstance(cell, str) else cell
                    sheet.write(i, j, text, forms[level] if how == "indent" and not j else None)


def book_round(rng: random.Random, path: Path) -> str:
    rows, d = truth(rng), dress(rng)
    d.encoding, d.dates = "utf-8", rng.choice(["%d.%m.%Y", "%Y-%m-%d"])
    native = rng.random() < 0.5
    cell = lambda row, c: float(row[c]) if native and c in ("amount", "cost") else row[c] if native and c == "order_date" else written(row[c], c, d)  # noqa: E731
    body = [[f"Отчёт {i}"] for i in range(d.titles)] + [[HEADERS[c][d.language] for c in d.columns]] + [[cell(row, c) for c in d.columns] for row in rows]
    book(path.with_suffix(".xlsx"), [[str(c) if hasattr(c, "isoformat") else c for c in row] for row in body])
    found, refusal = loaded(path.with_suffix(".xlsx"))
    expect(found is not None, f"refused: {refusal}", d)
    expect((found.ledger.rows_out, found.ledger.amount_out) == (len(rows), sum(r["amount"] for r in rows)), f"{found.ledger.rows_out} rows, {found.ledger.amount_out}", d)
    return "accepted"


@dataclass
class Report:
    """A report of 1С: what is in it, and how it is written."""

    sales: dict[tuple[str, str, str, int], Decimal]
    rows: list[list]
    levels: list[int]
    first: int
    months: int


def report(rng: random.Random, as_text: bool) -> Report:
    """Client → manager? → goods, one to three months in columns or one month in none."""
    months, managers = rng.choice([0, 0, 2, 3]), rng.random() < 0.5
    clients = [f"ООО «Клиент {i}»" for i in range(rng.randint(1, 7))]
    sales = {}
    for client in clients:
        for name in rng.sample(["Иванова Анна", "Петров Борис"], rng.randint(1, 2) if managers else 1):
            for goods in rng.sample(["Болт М8", "Гайка", "Кабель, 2х1.5", "Щит", "<...>"], rng.randint(1, 4)):
                for month in range(1, max(1, months) + 1):
                    if month == 1 or rng.random() < 0.7:
                        sales[client, name if managers else "", goods, month] = Decimal(rng.randint(1, 9_000_000)) / 100 * (-1 if rng.random() < 0.1 else 1)
    cells = lambda keep: [shown(sum((v for k, v in sales.items() if keep(k) and k[3] == m), Decimal(0)), as_text) for m in range(1, max(1, months) + 1)] + (  # noqa: E731
        [shown(sum((v for k, v in sales.items() if keep(k)), Decimal(0)), as_text)] if months else [])
    names = ["Январь 2025", "Февраль 2025 г.", "Март 2025"]
    head = [["Валовая прибыль предприятия"], [], ["Параметры:", f"Период: 01.01.2025 - {('31.01', '31.01', '28.02', '31.03')[months]}.2025"], []]
    head += [["Клиент", *names[:months], "Итого"], ["", *["Выручка"] * (months + 1)]] if months else [["Клиент", "Выручка"]]
    if months:
        head[-1][0] = "Менеджер" if managers else "Номенклатура"
    head += [["Менеджер"]] if managers and not months else []
    head += [["Номенклатура"]] if managers or not months else []
    rows, levels = list(head), [0] * len(head)
    for client in clients:
        rows, levels = [*rows, [client, *cells(lambda k, c=client: k[0] == c)]], [*levels, 0]
        for name in dict.fromkeys(k[1] for k in sales if k[0] == client):
            if managers:
                rows, levels = [*rows, [name, *cells(lambda k, c=client, n=name: k[:2] == (c, n))]], [*levels, 1]
            for goods in dict.fromkeys(k[2] for k in sales if k[:2] == (client, name)):
                rows, levels = [*rows, [goods, *cells(lambda k, key=(client, name, goods): k[:3] == key)]], [*levels, 1 + managers]
    rows, levels = [*rows, ["Итого", *cells(lambda k: True)]], [*levels, 0]
    return Report(sales, rows, levels, len(head), months)


def shown(value: Decimal, as_text: bool):
    if as_text:
        return f"{value:,.2f}".replace(",", "\u00a0").replace(".", ",") if value else None
    return float(value) if value else None


def tree_round(rng: random.Random, path: Path) -> str:
    made = report(rng, rng.random() < 0.4)
    path = path.with_suffix(".xlsx")
    how = rng.choice(["outline", "indent", "spaces"])
    book(path, made.rows, made.levels, how, rng.choice([1, 2, 3]) if how != "outline" else 1)
    found, refusal = loaded(path)
    expect(found is not None, f"refused: {refusal}", made)
    got: Counter = Counter()
    for row in found.sales.to_pylist():
        got[row["client_id"], row.get("manager_id") or "", row.get("product_name") or "", row["order_date"].month] += row["amount"]
    want: Counter = Counter()
    for (client, name, goods, month), value in made.sales.items():
        want[client, name, "" if goods == "<...>" else goods, month] += value
    expect({k: v for k, v in got.items() if v} == {k: v for k, v in want.items() if v}, f"{got} ≠ {want}", made)
    expect(not found.problems, f"{[p.text for p in found.problems]}", made)
    return "accepted"


def shaken_round(rng: random.Random, path: Path) -> str:
    made = report(rng, False)
    path = path.with_suffix(".xlsx")
    fault = rng.choice(["figure", "lost", "bytes"])
    last = len(made.rows) - 1
    leaves = [i for i in range(made.first, last) if i + 1 == last or made.levels[i + 1] <= made.levels[i]]
    at = rng.choice(leaves)
    if fault == "figure":
        made.rows[at][1] = (made.rows[at][1] or 0) + 100
    if fault == "lost":
        del made.rows[at], made.levels[at]
    book(path, made.rows, made.levels)
    if fault == "bytes":
        raw = bytearray(path.read_bytes())
        for _ in range(rng.randint(1, 30)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        path.write_bytes(bytes(raw[: rng.randint(1, len(raw))] if rng.random() < 0.3 else raw))
        return "accepted" if loaded(path)[0] is not None else "refused"
    found, _refusal = loaded(path)
    if found is None:
        return "refused"
    rules = {p.rule for p in found.problems}
    expect(bool(rules & {"group_differs", "total_differs"}) or found.ledger.amount_out == sum(made.sales.values()), f"{fault} went unseen", made)
    return "named"


ROUNDS = (dress_round, damage_round, noise_round, book_round, tree_round, shaken_round)


def fuzz(rounds: int, seed: int, folder: Path) -> Counter:
    """Run the rounds; raises AssertionError with the seed of the round that failed."""
    outcomes: Counter = Counter()
    for i in range(rounds):
        rng = random.Random(f"{seed}/{i}")
        kind = ROUNDS[i % len(ROUNDS)]
        path = folder / f"sales_{i % 7}.csv"
        try:
            outcomes[f"{kind.__name__}: {kind(rng, path)}"] += 1
        except Exception as why:
            raise AssertionError(f"round {i} (seed {seed}): {type(why).__name__}: {why}") from why
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = fuzz(args.rounds, args.seed, Path(folder))
    for name, count in sorted(outcomes.items()):
        print(f"{count:6}  {name}")
    print(f"{args.rounds} rounds in {time.perf_counter() - started:.0f} s, no traceback, no silent loss")


if __name__ == "__main__":
    main()
