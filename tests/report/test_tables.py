"""CSV, JSON records, findings, side files: exact texts, money half up, missing stays missing."""

import json
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbreport import errors, report, words
from kbreport.report import compose, findings, results, tables
from kbreport.report.results import Column
from tests.report import made_up

KINDS = [Column(k, k, k) for k in ("id", "text", "money", "share", "count", "days", "date", "bool", "month")]
FRAME = pd.DataFrame({"id": ["1", "2", None], "text": ["a,b", 'q"u', "=1+1"], "money": [1.005, -2.675, None], "share": [1 / 3, 1e-7, np.nan], "count": [1, 2, None],
                      "days": [10.5, None, 3], "date": pd.to_datetime(["2025-12-31", None, "2024-02-29"]), "bool": [True, None, False], "month": ["2025-01", None, "2025-02"]})


def test_csv_bytes():
    assert tables.csv_bytes(FRAME, KINDS).decode() == ('id,text,money,share,count,days,date,bool,month\n1,"a,b",1.01,0.333333,1,10.5,2025-12-31,true,2025-01\n'
                                                       '2,"q""u",-2.68,0,2,,,,\n,=1+1,,,,3,2024-02-29,false,2025-02\n')


def test_json_records_hold_the_same_values():
    one, two, three = tables.json_records(FRAME, KINDS)
    assert one == {"id": "1", "text": "a,b", "money": 1.01, "share": 0.333333, "count": 1, "days": 10.5, "date": "2025-12-31", "bool": True, "month": "2025-01"}
    assert two["money"] == -2.68 and two["count"] == 2 and two["days"] is None and two["bool"] is None and three["money"] is None
    json.dumps([one, two, three], allow_nan=False)


def test_an_empty_table_keeps_its_head():
    assert tables.csv_bytes(FRAME.head(0), KINDS) == b"id,text,money,share,count,days,date,bool,month\n"
    assert tables.json_records(FRAME.head(0), KINDS) == []


@given(st.lists(st.decimals(min_value=-10**10, max_value=10**10, places=4), min_size=1, max_size=20))
def test_half_up_is_that_of_the_decimal_the_reader_sees(values):
    got = tables.half_up(np.array([float(v) for v in values]), 2)
    want = [float(Decimal(repr(float(v))).quantize(Decimal("0.01"), ROUND_HALF_UP)) for v in values]
    assert got.tolist() == [w if w else 0.0 for w in want]


@pytest.mark.parametrize("name", made_up.HOSTILE)
def test_hostile_names_come_back_from_csv(name, tmp_path):
    record = results.of(made_up.abc())
    paths = tables.write_tables([record], tmp_path)
    assert [p.name for p in paths] == ["abc.csv"]
    assert name in pd.read_csv(paths[0], dtype=str, keep_default_na=False)["client_name"].tolist()


def test_findings_have_exactly_the_fields(tmp_path):
    path = findings.write_findings([results.of(made_up.abc())], tmp_path / "findings.json", "RUB")
    (found,) = json.loads(path.read_text(encoding="utf-8"))
    assert tuple(found) == findings.FIELDS
    assert found["text"] == "Потеря «**bold**» — риск" and found["money"] == 100.01 and found["currency"] == "RUB" and found["method"] == "abc"
    assert found["clients"] == [{"client_id": "K000", "money": 100.01}]


def test_the_ranked_list_of_page_one_counts():
    overview = results.of(made_up.summary() | {"provenance": {"findings": [{"code": "x", "method": "m", "section": "1", "rank": 1, "text": "t", "money": 1, "money_counted": 1}]}})
    assert [f["code"] for f in findings.records_of([overview, results.of(made_up.abc())])] == ["x"]


def side_file(tmp_path, frame):
    import hashlib

    folder = tmp_path / "ch3.results"
    folder.mkdir()
    frame.to_parquet(folder / "abc.main.parquet", index=False)
    data = made_up.abc()
    table = data["tables"]["main"]
    table |= {"file": "abc.main.parquet", "n_rows": len(frame), "rows": table["rows"][:5], "sha256": hashlib.sha256((folder / "abc.main.parquet").read_bytes()).hexdigest()}
    return data, folder


def long_frame(n=300):
    rows = made_up.table_of(n)
    return pd.DataFrame(rows["rows"], columns=[c["name"] for c in rows["columns"]])


def test_long_tables_are_read_beside_the_notebook(tmp_path):
    data, folder = side_file(tmp_path, long_frame())
    assert len(results.of(data, folder).tables["main"].frame) == 300


def test_a_changed_side_file_is_refused(tmp_path):
    data, folder = side_file(tmp_path, long_frame())
    long_frame(299).to_parquet(folder / "abc.main.parquet", index=False)
    with pytest.raises(errors.InputUnreadable, match="контрольная сумма"):
        results.of(data, folder).tables["main"].frame  # noqa: B018


@pytest.mark.parametrize("file", ("../../etc/passwd", "/etc/passwd", "none.parquet"))
def test_side_files_outside_or_absent_are_refused(tmp_path, file):
    data, folder = side_file(tmp_path, long_frame())
    data["tables"]["main"]["file"] = file
    with pytest.raises(errors.InputMissing, match="нет файла таблицы"):
        results.of(data, folder).tables["main"].frame  # noqa: B018


def test_composed_notebooks_find_their_side_files_and_follow_the_plan(tmp_path):
    data, folder = side_file(tmp_path, long_frame())
    chapter = compose.Notebook(made_up.notebook(cells=[made_up.markdown("## ABC"), made_up.markdown("Проза."), made_up.shown(made_up.migration()), made_up.shown(data)]), folder)
    audit = compose.Notebook(made_up.notebook(cells=[made_up.shown(made_up.summary()), made_up.shown(made_up.result("unheard_of", [], title="Новый метод")),
                                                     made_up.shown(made_up.result("ltv", [], status="refused", reason="нет маржи"))]), tmp_path / "audit.results")
    one = compose.composed([chapter, audit])
    assert [r.method for r in results.read(one.node, one.folder)] == ["overview", "abc", "abc_migration_qual", "unheard_of"]
    assert len(results.read(one.node, one.folder)[1].tables["main"].frame) == 300
    assert one.node.metadata["kbreport"]["company"] == made_up.META["company"]


def test_refused_methods_are_listed_with_their_reason():
    one = compose.composed([compose.Notebook(made_up.notebook(cells=[made_up.shown(made_up.abc(3)), made_up.shown(made_up.result("ltv", [], status="refused", reason="нет маржи", title="LTV"))]))])
    last = results.read(one.node)[-1]
    assert last.method == "not-measured" and last.blocks[1]["rows"] == [["LTV", "нет маржи"]]


def test_write_everything(tmp_path):
    made = report.write(made_up.notebook(), tmp_path, "audit", report.FORMATS)
    assert set(made) == {"html", "pdf", "xlsx", "tables/abc.csv", "findings"} and all(p.is_file() for p in made.values())
    assert not list(tmp_path.rglob("*.part"))


def test_unknown_format_names_the_closest(tmp_path):
    with pytest.raises(errors.UsageProblem, match="pfd.*pdf"):
        report.write(made_up.notebook(), tmp_path, "audit", ("pfd",))


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(errors.PlaceProblem, match="Не удалось записать"):
        report.write(made_up.notebook(cells=[]), tmp_path / "file" / "deep", "audit", ("html",))


def test_every_message_of_the_room_is_translated():
    from kbreport.words import _

    with words.speaking("en"):
        assert _("Цвет бренда «{colour}» не понят.").startswith("The brand colour")
