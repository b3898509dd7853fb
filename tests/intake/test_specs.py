"""The `inputs:` section: unknown keys are refused, naming the closest; what is read can be written back."""

from pathlib import Path

import pytest

from kbreport.errors import CompanyProblem, InputMissing, InputProblems
from kbreport.intake import folder, input_files
from kbreport.intake.spec import InputSpec
from tests import files


@pytest.mark.parametrize("section, message", [
    ({"orderz": "a.csv"}, "раздел inputs: неизвестный ключ «orderz».*Возможно, «orders»"), ({"orders": {"path": "a.csv", "encodin": "x"}}, "inputs.orders: неизвестный ключ «encodin».*«encoding»"),
    ({"orders": {"sheet": "Лист1"}}, "inputs.orders не назван файл"), ({"orders": {"path": "a", "date_order": "ymd"}}, "inputs.orders.date_order равно «ymd», а может быть: dmy, mdy"),
    ({"orders": {"path": "a", "decimal": ";"}}, "inputs.orders.decimal"), ({"orders": {"path": "a", "mapping": {"amout": "Сумма"}}}, "inputs.orders.mapping: неизвестный ключ «amout».*«amount»"),
    ({"bad_rows": "skip"}, "inputs.bad_rows равно «skip», а может быть: stop, exclude"), ({"zzzzzz": 1}, "неизвестный ключ «zzzzzz».*Есть: orders")])
def test_unknown_keys_and_values(section, message):
    with pytest.raises(CompanyProblem, match=message):
        InputSpec.from_dict(section)


def test_written_back_as_it_was_read():
    section = {"orders": "a.csv", "order_lines": ["b.csv", "c.csv"], "clients": {"path": "d.xlsx", "sheet": "Лист1", "mapping": {"client_id": "Код"}}, "bad_rows": "exclude"}
    assert InputSpec.from_dict(section).to_dict() == section


def test_paths_are_taken_from_the_folder():
    assert InputSpec.from_dict({"orders": "a.csv"}, Path("/data")).files["orders"][0].path == Path("/data/a.csv")


def test_a_folder_is_read_by_names_and_the_rest_is_left_alone(tmp_path):
    for name in ("Orders.CSV", "clients.csv", "reference.csv", "~$orders.xlsx", ".hidden.csv", "company.yml", "readme.md"):
        (tmp_path / name).write_text("a")
    (tmp_path / "reports").mkdir()
    found, left = folder.found(tmp_path, InputSpec())
    assert {t: f[0].path.name for t, f in found.items()} == {"orders": "Orders.CSV", "clients": "clients.csv"} and left == ["reference.csv"]
    assert [p.name for p in input_files(tmp_path)] == ["Orders.CSV", "clients.csv"]


def test_told_files_come_before_names(tmp_path):
    for name in ("orders.csv", "продажи.xlsx"):
        (tmp_path / name).write_text("a")
    found, left = folder.found(tmp_path, InputSpec.from_dict({"orders": "продажи.xlsx"}))
    assert found["orders"][0].path == tmp_path / "продажи.xlsx" and left == ["orders.csv"]


def test_two_files_of_one_table_and_none_at_all(tmp_path):
    with pytest.raises(InputMissing, match="нет продаж: нужен файл orders или order_lines.*Положите"):
        folder.found(tmp_path, InputSpec())
    (tmp_path / "выгрузка.csv").write_text("a")
    with pytest.raises(InputMissing, match="Не узнаны: «выгрузка.csv»"):
        folder.found(tmp_path, InputSpec())
    for name in ("orders.csv", "orders.xlsx"):
        (tmp_path / name).write_text("a")
    with pytest.raises(InputProblems, match="Для таблицы orders в папке два файла: «orders.csv», «orders.xlsx»"):
        folder.found(tmp_path, InputSpec())


def test_a_bare_file_takes_what_is_told_about_its_name(tmp_path):
    path = files.csv(tmp_path)
    told = InputSpec.from_dict({"orders": {"path": "sales.csv", "decimal": ","}})
    assert folder.found(path, told)[0]["orders"][0].decimal == ","
    with pytest.raises(InputMissing, match="Файла нет.csv нет"):
        folder.found(tmp_path / "нет.csv", InputSpec())
