"""Clients that may be one: found by INN, by name, by likeness; joined only by a decision in `duplicates.xlsx`.

The file lies in the company folder (or where `inputs.duplicates` says) and is applied at every reading: a row with the decision
«объединить» gives the second code the first. `write` keeps the decisions made and adds new pairs; nothing is ever joined by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbreport.errors import CompanyProblem, InputUnreadable, PlaceProblem
from kbreport.words import N_, _

LIKE, BLOCK = 92, 1000
FORMS = {"ооо", "ао", "пао", "зао", "оао", "нао", "ип", "чп", "тоо", "оооо", "llc", "ltd", "inc", "gmbh", "corp", "общество", "с", "ограниченной", "ответственностью", "индивидуальный", "предприниматель"}
MERGE, APART = ("объединить", "merge", "да", "yes", "+", "1"), ("разные", "different", "нет", "no", "-", "0")
HEADERS = ("Решение", "Основание", "Похожесть", "Код 1 (остаётся)", "Название 1", "ИНН 1", "Продажи 1", "Код 2 (уходит)", "Название 2", "ИНН 2", "Продажи 2")
REASONS = {"inn": N_("один ИНН"), "name": N_("одно название"), "like": N_("похожее название")}


@dataclass(frozen=True)
class Pair:
    """Two clients that may be one. `keep` has the larger sales."""

    reason: str
    score: int
    keep: str
    drop: str


def normal(name: str) -> str:
    """A name without legal form, quotes, ё, case and order of words: «ООО "Ромашка Плюс"» and «Плюс Ромашка, ООО» are one key."""
    words = re.findall(r"[^\W_]+", name.casefold().replace("ё", "е"))
    return " ".join(sorted(w for w in words if w not in FORMS))


def clients_of(tables: Any) -> Any:
    """One row per client of cards and sales: client_id, client_name, inn, amount."""
    import pandas as pd
    import pyarrow.compute as pc

    sales = tables.sales.group_by("client_id").aggregate([("amount", "sum")]).to_pandas().rename(columns={"amount_sum": "amount"}) if "client_id" in tables.sales.column_names else pd.DataFrame({"client_id": [], "amount": []})
    cards = tables.frames.get("clients")
    cards = cards[[c for c in ("client_id", "client_name", "inn") if c in cards]].drop_duplicates("client_id") if cards is not None else pd.DataFrame({"client_id": pd.Series(dtype="str")})
    frame = cards.merge(sales, on="client_id", how="outer")
    if "client_name" in tables.sales.column_names and "client_id" in tables.sales.column_names:
        named = tables.sales.select(["client_id", "client_name"]).filter(pc.is_valid(tables.sales["client_name"])).to_pandas().drop_duplicates("client_id", keep="last").set_index("client_id")["client_name"]
        frame["client_name"] = (frame["client_name"] if "client_name" in frame else frame["client_id"].map(named)).fillna(frame["client_id"].map(named))
    for column in ("client_name", "inn"):
        frame[column] = frame[column].astype("str").where(frame[column].notna(), "") if column in frame else ""
    frame["client_name"] = frame["client_name"].where(frame["client_name"] != "", frame["client_id"])
    return frame.assign(amount=frame["amount"].astype("float64").fillna(0.0)).dropna(subset=["client_id"]).sort_values("client_id", kind="stable").reset_index(drop=True)


def found(clients: Any) -> list[Pair]:
    """Pairs by INN with a right check digit, then by normalised name, then by likeness; each pair once, by its best reason."""
    from stdnum.ru import inn

    pairs: dict[tuple[str, str], Pair] = {}
    valid = clients.assign(key=[i if inn.is_valid(i) else "" for i in clients["inn"]])
    named = clients.assign(key=[normal(n) for n in clients["client_name"]])
    for reason, frame in (("inn", valid), ("name", named)):
        for _key, group in frame[frame["key"] != ""].groupby("key", sort=True):
            if len(group) > 1:
                _join(pairs, reason, 100, group)
    _alike(pairs, named)
    return sorted(pairs.values(), key=lambda p: (list(REASONS).index(p.reason), -p.score, p.keep, p.drop))


def _join(pairs: dict, reason: str, score: int, group: Any) -> None:
    ordered = group.sort_values(["amount", "client_id"], ascending=[False, True])["client_id"].tolist()
    for other in ordered[1:]:
        pairs.setdefault(tuple(sorted((ordered[0], other))), Pair(reason, score, ordered[0], other))


def _alike(pairs: dict, named: Any) -> None:
    """Names that differ by a letter or two. «Иванов» and «Иванова» are alike and may be two people: that is why a person decides."""
    import numpy as np
    from rapidfuzz import fuzz, process

    single = named[named["key"].str.len() >= 4].drop_duplicates("key").reset_index(drop=True)
    keys = single["key"].tolist()
    for start in range(0, len(keys), BLOCK):
        scores = process.cdist(keys[start:start + BLOCK], keys, scorer=fuzz.ratio, score_cutoff=LIKE, dtype=np.uint8)
        for i, j in np.argwhere(np.triu(scores, start + 1)):
            _join(pairs, "like", int(scores[i, j]), single.iloc[[start + i, j]])


# ------------------------------------------------------------------ the file
def write(path: Path, tables: Any) -> tuple[int, int]:
    """Write the pairs, keeping decisions that stand in the file. Returns (pairs, pairs without a decision)."""
    clients = clients_of(tables)
    made = _rows(path) if path.exists() else []
    known = {tuple(sorted((r[3], r[7]))) for r in made}
    info = clients.set_index("client_id")
    fresh = [[None, _(REASONS[p.reason]), p.score, *_told(info, p.keep), *_told(info, p.drop)] for p in found(clients) if tuple(sorted((p.keep, p.drop))) not in known]
    rows = [*made, *fresh]
    _save(path, rows)
    return len(rows), sum(not str(r[0] or "").strip() for r in rows)


def _told(info: Any, client: str) -> list:
    row = info.loc[client]
    return [client, row["client_name"], row["inn"], round(float(row["amount"]), 2)]


def _save(path: Path, rows: list[list]) -> None:
    import xlsxwriter

    try:
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            sheet = book.add_worksheet("Дубли")
            sheet.write_row(0, 0, HEADERS, book.add_format({"bold": True}))
            for i, row in enumerate(rows, 1):
                for j, cell in enumerate(row):
                    if cell is not None and cell != "":
                        sheet.write(i, j, cell) if isinstance(cell, (int, float)) else sheet.write_string(i, j, str(cell))
            sheet.data_validation(1, 0, max(len(rows), 1), 0, {"validate": "list", "source": [MERGE[0], APART[0]]})
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, max(len(rows), 1), len(HEADERS) - 1)
            sheet.set_column(0, 10, 18)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as why:
        raise PlaceProblem(N_("Нельзя писать в {path}: {why}."), remedy=N_("Закройте файл в Excel или укажите другую папку."), path=str(path), why=str(why)) from why


def _rows(path: Path) -> list[list]:
    """The rows of a decision file, codes as text."""
    from kbreport.intake.container import sniff

    if sniff(path) != "book":
        raise InputUnreadable(N_("Файл решений {file} — не книга Excel."), remedy=N_("Сделайте его заново: kbreport check ПАПКА --duplicates."), file=path.name)
    import python_calamine as calamine

    from kbreport.intake.sheets import cells_of

    rows = calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    if not rows or [str(c).strip() for c in rows[0][: len(HEADERS)]] != list(HEADERS):
        raise InputUnreadable(N_("В файле решений {file} другие столбцы."), remedy=N_("Сделайте его заново: kbreport check ПАПКА --duplicates."), file=path.name)
    columns = [cells_of(list(c)).text.to_pylist() for c in zip(*rows[1:], strict=True)] if len(rows) > 1 else []
    return [list(r[: len(HEADERS)]) for r in zip(*columns, strict=True) if r[3] and r[7]] if columns else []


def decisions(path: Path) -> dict[str, str]:
    """code that goes → code that stays, over chains. Raises CompanyProblem for a word that is no decision or a circle."""
    direct: dict[str, str] = {}
    for i, row in enumerate(_rows(path), 2):
        word = row[0].strip().casefold()
        if word and word not in MERGE and word not in APART:
            raise CompanyProblem(N_("{file}, строка {row}: решение «{word}» не понято."), remedy=N_("Можно: объединить, разные, пусто."), file=path.name, row=i, word=row[0])
        if word in MERGE and row[3] != row[7]:
            direct[row[7]] = row[3]
    out = {}
    for start in direct:
        seen, place = {start}, direct[start]
        while place in direct:
            if place in seen:
                raise CompanyProblem(N_("{file}: решения ходят по кругу: {codes}."), remedy=N_("Оставьте один код, к которому присоединяются остальные."), file=path.name, codes=", ".join(sorted(seen)))
            seen.add(place)
            place = direct[place]
        out[start] = place
    return out


def applied(frames: dict[str, Any], joined: dict[str, str]) -> dict[str, int]:
    """Give the joined clients one code in every table; of the cards only that of the code that stays remains. Returns table → rows changed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    changed: dict[str, int] = {}
    old, new = pa.array(list(joined), pa.string()), pa.array(list(joined.values()), pa.string())
    for table, frame in frames.items():
        for column in ("client_id", "group_id"):
            if isinstance(frame, pa.Table) and column in frame.column_names:
                place = pc.index_in(frame[column], value_set=old)
                changed[table] = changed.get(table, 0) + len(place) - place.null_count
                frame = frame.set_column(frame.schema.get_field_index(column), column, pc.coalesce(pa.chunked_array([new.take(place.combine_chunks())]), frame[column]))
            elif not isinstance(frame, pa.Table) and column in frame:
                hit = frame[column].isin(list(joined))
                changed[table] = changed.get(table, 0) + int(hit.sum())
                if table == "clients" and column == "client_id":
                    there = set(frame[column])
                    frame = frame[~(hit & frame[column].map(joined).isin(there))]
                frame = frame.assign(**{column: frame[column].map(joined).fillna(frame[column])})
        frames[table] = frame
    return {t: n for t, n in changed.items() if n}
