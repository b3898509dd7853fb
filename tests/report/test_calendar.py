"""M6.1 the .ics file: parsed back by `icalendar`, the same bytes every time, hostile names stay text."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from icalendar import Calendar

from kbreport import report, words
from kbreport.report.calendar import ics_bytes
from tests.report import made_up

AS_OF = date(2025, 12, 31)
NAMES = [*made_up.HOSTILE, "a\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:x", "x\r\nDESCRIPTION:y;z,w\\n", "очень длинное имя " * 20]


def rows(names=NAMES) -> pd.DataFrame:
    n = len(names)
    return pd.DataFrame({"date": pd.to_datetime(["2026-01-12"] * n), "client_id": [f"K{i}" for i in range(n)], "client_name": names, "manager_id": ["M01"] * n, "class": ["A"] * n,
                         "occasion": (["new_year", None, "contract"] * n)[:n], "kind": (["standard", "reactivation", "mandatory"] * n)[:n]})


def test_m6_1_every_row_is_one_event_and_hostile_names_stay_text():
    parsed = Calendar.from_ical(ics_bytes(rows(), "ООО «Икс»", AS_OF))
    events = parsed.walk("VEVENT")
    assert len(events) == len(NAMES) and len({str(e["UID"]) for e in events}) == len(NAMES)
    tails = ("Новый год", "реактивация", "пролонгация договора")
    assert [str(e["SUMMARY"]) for e in events] == [f"{' '.join(n.splitlines()) if chr(13) not in n else n.replace(chr(13), ' ').replace(chr(10), ' ')}: {tails[i % 3]}" for i, n in enumerate(NAMES)]
    assert all(e["DTSTART"].dt == date(2026, 1, 12) and e["DTSTAMP"].dt == datetime(2025, 12, 31, tzinfo=UTC) and e["TRANSP"] == "TRANSPARENT" for e in events)
    assert not parsed.errors and not [x for e in events for x in e.errors]


def test_m6_1_the_same_rows_give_the_same_bytes_in_folded_crlf_lines():
    first = ics_bytes(rows(), "ООО «Икс»", AS_OF)
    assert first == ics_bytes(rows(), "ООО «Икс»", AS_OF) != ics_bytes(rows(), "Другая", AS_OF)
    lines = first.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR" and max(map(len, lines)) <= 75 and b"\n" not in b"".join(lines)


def test_m6_1_a_missing_name_or_manager_is_not_written_as_nan():
    table = rows(["Альфа"]).assign(manager_id=None, client_name=None, occasion=None)
    (event,) = Calendar.from_ical(ics_bytes(table, "X", AS_OF)).walk("VEVENT")
    assert str(event["SUMMARY"]) == "K0: плановое касание" and "nan" not in str(event["DESCRIPTION"]).lower() and "None" not in str(event["DESCRIPTION"])


def test_m6_1_the_words_follow_the_language():
    with words.speaking("en"):
        (event,) = Calendar.from_ical(ics_bytes(rows(["Alpha"]), "X", AS_OF)).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Alpha: New Year"


def calendar_record(table: pd.DataFrame) -> dict:
    kinds = {"date": "date", "client_id": "id", "client_name": "text", "manager_id": "id", "class": "class", "occasion": "text", "kind": "text"}
    return {"title": "", "columns": [{"name": n, "title": n, "kind": k} for n, k in kinds.items()], "n_rows": len(table), "file": None, "sha256": None,
            "rows": table.assign(date=table["date"].dt.strftime("%Y-%m-%d")).astype(object).where(table.notna(), None).values.tolist()}


@pytest.mark.parametrize("n", [2, 0])
def test_m6_1_the_report_writes_the_file_beside_the_tables(tmp_path, n):
    data = made_up.result("touches", [], section="6.1", tables={"calendar": calendar_record(rows(["Альфа", "Бета"]).head(n))})
    document = report.document_of(made_up.notebook(cells=[made_up.shown(data)]), made_up.META)
    written = {p.name for p in report.write_tables(document, tmp_path)}
    assert ("touches.calendar.ics" in written) == bool(n) and "touches.calendar.csv" in written
