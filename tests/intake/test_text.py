"""Text files: any encoding and delimiter, every line with its number, nothing swallowed."""

import itertools

import pytest

from kbreport.errors import InputUnreadable
from kbreport.intake import encoding, text
from kbreport.intake.spec import FileSpec
from tests import files


@pytest.mark.parametrize("codec, delimiter", list(itertools.product(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "koi8_r"], [";", ",", "\t", "|"])))
def test_any_encoding_and_delimiter(tmp_path, codec, delimiter):
    rows = [[c.replace(",", ".").replace("«", "").replace("»", "") for c in r] for r in files.ROWS]
    grid = text.read(files.csv(tmp_path, files.text(rows, delimiter=delimiter), encoding=codec))
    assert grid.headers == files.HEADER and grid.rows.to_pylist() == [2, 3, 4, 5]
    assert grid.cells[4].text.to_pylist() == [r[4] for r in files.ROWS]
    assert encoding.spoken(codec if codec != "utf-8-sig" else "utf-8") in grid.notes[0]


def test_western_names_in_cp1252_are_not_taken_for_cyrillic(tmp_path):
    path = files.csv(tmp_path, "Customer,Invoice Date,Total\nLuís Gonçalves,2024-01-09,5.00\nFrançois Büchner Säge,2024-01-10,6.00\n", encoding="cp1252")
    assert text.read(path).cells[0].text.to_pylist()[0] == "Luís Gonçalves"


def test_two_encodings_glued_together_are_refused_with_the_line(tmp_path):
    path = tmp_path / "glued.csv"
    path.write_bytes(files.text(files.ROWS[:2]).encode() + files.text(files.ROWS[2:], header=None).encode("cp1251"))
    with pytest.raises(InputUnreadable, match="glued.csv смешаны две кодировки.*с 4-й строки"):
        text.read(path)


def test_an_encoding_that_does_not_fit_is_refused(tmp_path):
    path = files.csv(tmp_path, encoding="cp1251")
    with pytest.raises(InputUnreadable, match="не читается в кодировке utf-8"):
        text.read(path, FileSpec(encoding="utf-8"))
    with pytest.raises(InputUnreadable, match="не читается в кодировке abc"):
        text.read(path, FileSpec(encoding="abc"))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "noise.csv"
    path.write_bytes(bytes(range(128, 256)) * 50 + b"\n" + bytes([0x98, 0x81, 0x8d]) * 20)
    with pytest.raises(InputUnreadable, match="Кодировка файла noise.csv не распознана"):
        text.read(path)


def test_utf16_that_breaks_off_is_refused(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_bytes(files.text().encode("utf-16") + b"\x00\xd8")
    with pytest.raises(InputUnreadable, match="Кодировка файла broken.csv нарушена|не читается в кодировке"):
        text.read(path)


def test_titles_comments_blank_lines_and_a_trailing_delimiter(tmp_path):
    body = files.text().replace("\n", ";\n")
    grid = text.read(files.csv(tmp_path, "\n# выгрузка\nПериод: 01.01.2024 - 31.03.2024\n" + body + ";;;;;;;;\n\n"))
    assert grid.rows.to_pylist() == [5, 6, 7, 8] and grid.blank_rows == 2 and grid.headers == files.HEADER
    assert [str(d) for d in grid.stated_period] == ["2024-01-01", "2024-03-31"] and "2" in grid.notes[1]


def test_the_line_of_excel_that_names_the_delimiter_is_no_header(tmp_path):
    assert text.read(files.csv(tmp_path, "sep=;\n" + files.text())).headers == files.HEADER


def test_old_mac_line_ends(tmp_path):
    assert text.read(files.csv(tmp_path, files.text().replace("\n", "\r"))).n_rows == 4


def test_rows_keep_their_lines_when_fields_hold_line_breaks_and_blanks(tmp_path):
    rows = [list(r) for r in files.ROWS]
    rows[0][3] = '"ООО ""Альфа"",\nфилиал; Тверь"'
    lines = files.text(rows).splitlines(keepends=True)
    lines.insert(4, "\n")
    lines.insert(5, "только;три;поля\n")
    grid = text.read(files.csv(tmp_path, "".join(lines)))
    assert grid.cells[3].text.to_pylist()[0] == 'ООО "Альфа",\nфилиал; Тверь'
    assert grid.rows.to_pylist() == [2, 4, 7, 8] and [(r.row, r.fields) for r in grid.ragged] == [(6, 3)]


def test_a_quote_that_is_never_closed_is_refused_with_its_line(tmp_path):
    rows = files.changed(1, "Клиент", '"ООО Альфа')
    rows[3][3] = 'АО" Гамма'
    with pytest.raises(InputUnreadable, match="около строки 3 не закрыта кавычка"):
        text.read(files.csv(tmp_path, rows=rows))


def test_spaces_at_the_edges_of_cells_go(tmp_path):
    rows = files.changed(0, "Код клиента", "  К-1 ")
    rows[1][2] = "К-1\u00a0"
    assert text.read(files.csv(tmp_path, rows=rows)).cells[2].text.to_pylist()[:2] == ["К-1", "К-1"]


def test_rows_wider_than_the_header_widen_it_when_most_are(tmp_path):
    body = [files.HEADER, *[[*r, "примечание"] for r in files.ROWS]]
    grid = text.read(files.csv(tmp_path, "".join(";".join(r) + "\n" for r in body)))
    assert grid.n_rows == 4 and grid.headers[-1] == "№9" and not grid.ragged


def test_a_header_with_line_breaks_inside(tmp_path):
    header = ['"Номер\nзаказа"', "Дата", "Код клиента", "Клиент", "Менеджер", "Категория", '"Выручка,\nруб."', "Себестоимость"]
    grid = text.read(files.csv(tmp_path, header=header))
    assert grid.rows.to_pylist() == [4, 5, 6, 7] and [" ".join(h.split()) for h in grid.headers][0] == "Номер заказа" and grid.cells[2].text.to_pylist()[0] == "К-1"


def test_a_header_without_rows_or_even_a_line_end(tmp_path):
    assert text.read(files.csv(tmp_path, "Клиент;Дата;Сумма")).n_rows == 0


def test_control_characters_go(tmp_path):
    rows = files.changed(1, "Категория", "Креп\x00ёж\x07")
    assert text.read(files.csv(tmp_path, rows=rows)).cells[5].text.to_pylist()[1] == "Крепёж"


def test_headers_repeated_inside_and_totals_in_any_column_are_no_data(tmp_path):
    rows = [*files.ROWS[:2], files.HEADER, *files.ROWS[2:], ["", "", "", "Итого", "", "", "197750,50", ""]]
    grid = text.read(files.csv(tmp_path, rows=rows))
    assert grid.rows.to_pylist() == [2, 3, 5, 6] and grid.totals == [7] and grid.blank_rows == 1


def test_row_numbers_hold_in_a_file_of_many_blocks(tmp_path):
    rows = [[f"З-{i}", "09.01.2024", "К-1", '"строка\nдва"' if i % 5000 == 7 else "А", "М", "К", "1,50", "1,00"] for i in range(60_000)]
    lines = files.text(rows).split("\n")
    lines.insert(30_000, "плохая;строка")
    grid = text.read(files.csv(tmp_path, "\n".join(lines)))
    place = grid.cells[0].text.to_pylist().index("З-59999")
    assert lines[grid.rows.to_pylist()[place] - 1].startswith("З-59999;") and [(r.row, r.fields) for r in grid.ragged] == [(30_001, 2)]


def test_what_the_splitter_cannot_read_is_said(tmp_path, monkeypatch):
    import pyarrow
    import pyarrow.csv

    def refuse(*args, **kwargs):
        raise pyarrow.ArrowInvalid("CSV parser got out of sync")

    monkeypatch.setattr(pyarrow.csv, "read_csv", refuse)
    with pytest.raises(InputUnreadable, match="не читается как таблица с разделителем «;»"):
        text.read(files.csv(tmp_path))
