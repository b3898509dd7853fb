"""What a file is, by its first bytes; parquet; messages for what is no table."""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kbreport.errors import InputMissing, InputUnreadable
from kbreport.intake import container, reading
from tests import files


@pytest.mark.parametrize("name, raw, message", [
    ("empty.csv", b"", "Файл empty.csv пуст"), ("blank.csv", b"\xef\xbb\xbf\r\n \n", "Файл blank.csv пуст"), ("a.pdf", b"%PDF-1.7 ...", "это PDF, а не таблица"), ("a.gz", b"\x1f\x8b\x08\x00abc", "это gzip"),
    ("a.mxl", b"MOXCEL\x00\x07", "в формате 1С"), ("bad.xlsx", b"PK\x03\x04 broken", "bad.xlsx повреждён"), ("page.xls", b"<html><body><p>Error</p></body></html>", "нет ни одной таблицы: это страница HTML")])
def test_what_is_no_table_is_named(tmp_path, name, raw, message):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(InputUnreadable, match=message):
        reading.read(tmp_path / name)


def test_an_archive_a_folder_and_nothing(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "data.zip", "w") as out:
        out.writestr("sales.csv", "a")
    with pytest.raises(InputUnreadable, match="архив, а не таблица"):
        reading.read(tmp_path / "data.zip")
    with pytest.raises(InputUnreadable, match="папка, а нужен файл"):
        reading.read(tmp_path)
    with pytest.raises(InputMissing, match="Файла no.csv нет"):
        reading.read(tmp_path / "no.csv")


def test_an_old_book_that_is_damaged(tmp_path):
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    with pytest.raises(InputUnreadable, match="old.xls повреждена"):
        reading.read(tmp_path / "old.xls")


def test_parquet_keeps_decimals_dates_and_ids(tmp_path):
    table = pa.table({"client_id": ["007", None], "order_date": [date(2024, 1, 9), date(2024, 1, 10)], "amount": pa.array([Decimal("1.234"), Decimal("5")], pa.decimal128(10, 3)),
                      "at": [datetime(2024, 1, 9, 10, 0), None], "n": [1001.0, float("nan")], "flag": [True, None], "name": pa.array(["А", "Б"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "orders.parquet")
    grid = reading.read(tmp_path / "orders.parquet")
    assert [c.text.to_pylist() for c in grid.cells] == [["007", ""], ["2024-01-09", "2024-01-10"], ["1.234", "5.000"], ["2024-01-09 10:00:00", ""], ["1001", ""], ["true", ""], ["А", "Б"]]


def test_parquet_that_cannot_be_used(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(InputUnreadable, match="parquet bad.parquet повреждён"):
        reading.read(tmp_path / "bad.parquet")
    pq.write_table(pa.table({"a": [[1, 2]]}), tmp_path / "nested.parquet")
    with pytest.raises(InputUnreadable, match="вложенные столбцы"):
        reading.read(tmp_path / "nested.parquet")


def test_fingerprint_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert container.fingerprint(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_an_html_table_named_xls(tmp_path):
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in (files.HEADER, *files.ROWS))
    (tmp_path / "crm.xls").write_bytes(f'<html><meta charset="windows-1251"><body><table><tr><td>меню</td></tr></table><table border=1><tr><td colspan=8>Отчёт&nbsp;за год</td></tr>{rows}'
                                       "<tr><td>З-9</td><td>13.01.2024</td></tr><tr><td>1</td><td>2</td><td>3</td><td>4</td><td>5</td><td>6</td><td>7</td><td>8</td><td>9</td></tr></table>".encode("cp1251"))
    grid = reading.read(tmp_path / "crm.xls")
    assert grid.headers == files.HEADER and grid.rows.to_pylist() == [3, 4, 5, 6, 7] and grid.cells[6].text.to_pylist()[0] == "125300,50"
    assert [(r.row, r.fields) for r in grid.ragged] == [(8, 9)] and grid.titles == ["Отчёт за год"]


def test_a_file_that_may_not_be_opened(tmp_path, monkeypatch):
    from pathlib import Path

    (tmp_path / "a.csv").write_text("a")

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputUnreadable, match="Файл a.csv не открывается: нет прав"):
        container.sniff(tmp_path / "a.csv")
