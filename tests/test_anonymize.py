"""--anonymize: stable keyed pseudonyms, the key elsewhere, and no original name in any byte of any output."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from pathlib import Path

import pytest

from kbreport import tables
from kbreport.cli.main import run
from kbreport.tables import privacy

CLIENTS = {f"KX{i:02d}QZ": f"ООО «Щукозавр{i:02d}»" for i in range(1, 9)}
MANAGERS = {"MGRQ1": "Жужелицын Фома", "MGRQ2": "Мухобойцева Ия"}
CONTACTS = ["zhmyh@example.test", "+7 999 555-01-23", "Контактыч Пётр"]


def company(folder: Path) -> Path:
    place = folder / "фирма"
    place.mkdir()
    codes, managers = list(CLIENTS), list(MANAGERS)
    orders = [f"D{n}QZX;{codes[n % 8]};{2024 + n // 24}-{n // 2 % 12 + 1:02d}-{10 + n % 15};{1000 + 37 * n},50;{managers[n % 2]}" for n in range(48)]
    (place / "orders.csv").write_text("order_id;client_id;order_date;amount;manager_id\n" + "\n".join(orders) + "\n", encoding="utf-8")
    cards = [f"{c};{n};770708389{i};{managers[i % 2]};{CONTACTS[0]};{CONTACTS[1]};{CONTACTS[2]};рекомендация {CLIENTS[codes[0]]};знакомый {n}" for i, (c, n) in enumerate(CLIENTS.items())]
    (place / "clients.csv").write_text("client_id;client_name;inn;manager_id;email;phone;contact_name;source;comment\n" + "\n".join(cards) + "\n", encoding="utf-8")
    (place / "managers.csv").write_text("manager_id;name\n" + "\n".join(f"{k};{v}" for k, v in MANAGERS.items()) + "\n", encoding="utf-8")
    (place / "people.csv").write_text(f"person_id;client_id;name\n1;{codes[0]};{CONTACTS[2]}\n", encoding="utf-8")
    (place / "company.yml").write_text(f"name: Своя фирма\nparameters: {{internal_clients: [{codes[7]}]}}\n", encoding="utf-8")
    return place


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_KEY", str(tmp_path / "secret" / "a.key"))
    return company(tmp_path)


def bytes_of(folder: Path):
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield path.name, path.name.encode() + path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield from ((f"{path.name}/{n}", book.read(n)) for n in book.namelist())
        if path.suffix == ".pdf":
            from pypdf import PdfReader

            reader = PdfReader(path)
            yield path.name, ("\n".join(p.extract_text() for p in reader.pages) + str(reader.metadata)).encode()


def written(folder: Path, words) -> set[str]:
    """Which of the words stand anywhere in the files, however they are written."""
    forms = {w: {w.encode(), json.dumps(w)[1:-1].encode(), "".join(f"&#{ord(c)};" for c in w).encode(), w.encode("utf-16-le")} for w in words}
    return {w for _name, raw in bytes_of(folder) for w, many in forms.items() if any(f in raw for f in many)}


def words(kind: str) -> list[str]:
    of_clients = [*CLIENTS, *(re.search(r"Щукозавр\d\d", n).group() for n in CLIENTS.values()), *(f"770708389{i}" for i in range(8)), "D7QZX"]
    of_managers = [*MANAGERS, "Жужелицын", "Мухобойцева"]
    return {"clients": of_clients, "managers": of_managers, "contacts": CONTACTS}[kind]


@pytest.mark.notebooks
def test_no_name_in_any_byte_of_any_output(place, tmp_path):
    assert run(["audit", str(place), "--anonymize", "all", "--output-dir", str(tmp_path / "out"), "--no-progress"]) == 0
    assert written(tmp_path / "out", words("clients") + words("managers") + words("contacts")) == set()
    text = next((tmp_path / "out").rglob("privacy.md")).read_text(encoding="utf-8")
    assert "режим `all`" in text and "Клиентов под псевдонимами: 8." in text and "email, phone, contact_name" in text and "Таблица people убрана целиком." in text
    assert not list((tmp_path / "out").rglob("*.key")) and re.search(r"Клиент [2-9B-Z]{3}-[2-9B-Z]{3}", next((tmp_path / "out").rglob("audit.html")).read_text(encoding="utf-8"))


@pytest.mark.parametrize("mode, gone, kept", [("clients", ["clients", "contacts"], "managers"), ("managers", ["managers", "contacts"], "clients"), ("contacts", ["contacts"], "clients")])
def test_modes(place, mode, gone, kept):
    loaded = tables.load(place, tables.InputSpec(anonymize=mode))
    text = "\n".join([*(str(f.to_pandas() if hasattr(f, "to_pandas") else f.to_csv()) for f in loaded.frames.values()), json.dumps(tables.spoken(loaded, tables.checks(loaded)), ensure_ascii=False, default=str)])
    for kind in gone:
        assert [w for w in words(kind) if w in text] == []
    assert any(w in text for w in words(kept))


def test_pseudonyms_are_stable_and_belong_to_the_key(place, tmp_path, monkeypatch):
    spec = tables.InputSpec(anonymize="all")
    first, again = (tables.load(place, spec).sales for _i in range(2))
    assert first.equals(again) and len(set(first["client_id"].to_pylist())) == 8
    cards = tables.load(place, spec).frames["clients"]
    assert set(cards["client_id"]) == set(first["client_id"].to_pylist())  # one code in all tables
    monkeypatch.setenv("KB_KEY", str(tmp_path / "other.key"))
    assert not set(first["client_id"].to_pylist()) & set(tables.load(place, spec).sales["client_id"].to_pylist())


def test_money_does_not_change(place):
    plain, hidden = tables.load(place), tables.load(place, tables.InputSpec(anonymize="all"))
    assert hidden.ledger == plain.ledger
    assert sorted(hidden.sales["amount"].to_pylist()) == sorted(plain.sales["amount"].to_pylist())


def test_the_key_is_private_and_the_way_back_lies_beside_it(place):
    tables.load(place, tables.InputSpec(anonymize="all"))
    key = privacy.key_file()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and stat.S_IMODE(key.with_suffix(".names.csv").stat().st_mode) == 0o600
    assert "Щукозавр01" in key.with_suffix(".names.csv").read_text(encoding="utf-8")


def test_a_key_that_cannot_be_kept(place, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KB_KEY", str(tmp_path / "file" / "a.key"))
    assert run(["check", str(place), "--anonymize", "all"]) == 2 and "Ключ обезличивания" in capsys.readouterr().err


def test_cells_of_problems_are_not_quoted(place):
    with (place / "clients.csv").open("a", encoding="utf-8") as file:
        file.write("KX99QZ;ООО «Щукозавр99»;;MGRQ1;;;;;\n;Щукозавр безкодов;;;;;;;\n")
    loaded = tables.load(place, tables.InputSpec(anonymize="clients"))
    assert loaded.problems and all(p.value is None for p in loaded.problems)


def test_check_speaks_in_pseudonyms(place, capsys):
    assert run(["check", str(place), "--anonymize", "all"]) == 0
    out, err = capsys.readouterr()
    assert not [w for w in words("clients") + words("managers") if w in out + err]
