"""Databases by SQLAlchemy URL: SQLite and, where a server can be had, PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest

from kbreport import intake, tables
from kbreport.cli.main import run
from kbreport.errors import CompanyProblem, InputMissing, InputUnreadable
from kbreport.intake.database import is_url, shown
from kbreport.intake.spec import InputSpec

sqlalchemy = pytest.importorskip("sqlalchemy")
ROWS = [("З-1", "2024-01-09", "К-1", "ООО «Альфа»", "125300.50"), ("З-2", "2024-02-15", "К-2", "АО «Бета»", "-210.75"), ("З-3", "2024-03-20", "К-1", "ООО «Альфа»", "0.10")]


def fill(engine) -> None:
    """A sales table with exact decimals, a table of cards, and one that is nothing of ours."""
    meta = sqlalchemy.MetaData()
    text = sqlalchemy.String(50)
    sales = sqlalchemy.Table("sales_docs", meta, *(sqlalchemy.Column(n, t) for n, t in (("order_no", text), ("order_date", sqlalchemy.Date), ("customer_id", text), ("customer_name", text), ("amount", sqlalchemy.Numeric(14, 2)))))
    cards = sqlalchemy.Table("clients", meta, *(sqlalchemy.Column(n, text) for n in ("client_id", "client_name", "inn", "region")))
    sqlalchemy.Table("log", meta, sqlalchemy.Column("x", sqlalchemy.Integer))
    meta.create_all(engine)
    import datetime

    with engine.begin() as link:
        link.execute(sales.insert(), [{"order_no": a, "order_date": datetime.date.fromisoformat(b), "customer_id": c, "customer_name": d, "amount": Decimal(e)} for a, b, c, d, e in ROWS])
        link.execute(cards.insert(), [{"client_id": "К-1", "client_name": "ООО «Альфа»", "inn": "0274012345", "region": "Уфа"}])


def _other_user(place: Path) -> dict:
    """The server refuses to be run by root: another user then owns its folder."""
    if not hasattr(os, "getuid") or os.getuid():
        return {}
    import pwd

    known = {p.pw_name: p for p in pwd.getpwall()}
    person = known.get("postgres") or known.get("nobody")
    os.chown(place, person.pw_uid, person.pw_gid)
    return {"user": person.pw_uid, "group": person.pw_gid}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """KBREPORT_POSTGRES_URL, else a server of our own where its programs are installed."""
    pytest.importorskip("psycopg")
    if os.environ.get("KBREPORT_POSTGRES_URL"):
        yield os.environ["KBREPORT_POSTGRES_URL"]
        return
    if not shutil.which("initdb") or not shutil.which("pg_ctl"):
        pytest.skip("no PostgreSQL here: neither KBREPORT_POSTGRES_URL nor initdb and pg_ctl")
    place = Path(tempfile.mkdtemp(prefix="pg"))
    who = _other_user(place)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = subprocess.run(["initdb", "-D", str(place / "data"), "-U", "kb", "-A", "trust", "-E", "UTF8", "--no-sync"], capture_output=True, text=True, cwd=place, **who)
    started = made.returncode == 0 and subprocess.run(["pg_ctl", "-D", str(place / "data"), "-w", "-l", str(place / "log"), "-o", f"-p {port} -k {place} -c fsync=off", "start"], capture_output=True, cwd=place, **who).returncode == 0
    if not started:
        pytest.skip(f"PostgreSQL does not start: {made.stderr.strip()[-200:]}")
    yield f"postgresql+psycopg://kb:geheim@127.0.0.1:{port}/postgres"
    subprocess.run(["pg_ctl", "-D", str(place / "data"), "-m", "immediate", "stop"], capture_output=True, cwd=place, **who)
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    address = f"sqlite:///{tmp_path / 'base.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    engine = sqlalchemy.create_engine(address)
    meta = sqlalchemy.MetaData()
    meta.reflect(engine)
    meta.drop_all(engine)
    fill(engine)
    engine.dispose()
    return address


def test_inspect_and_new(url, tmp_path, capsys):
    assert run(["inspect", url]) == 0
    said = capsys.readouterr().out
    assert "таблиц 3" in said and "Таблица: orders, 3 строки" in said and "Таблица: clients, 1 строка" in said and "Не узнаны таблицы: log" in said and "geheim" not in said
    assert run(["new", str(tmp_path / "co"), url]) == 0 and run(["check", str(tmp_path / "co")]) == 0
    capsys.readouterr()
    from kbreport.company import open_company

    loaded = tables.load(tmp_path / "co", InputSpec.from_dict(open_company(tmp_path / "co").inputs))
    assert loaded.ledger.amount_out == Decimal("125089.85") and loaded.frames["clients"]["inn"].tolist() == ["0274012345"]
    assert [str(d) for d in loaded.sales["order_date"].to_pylist()] == [r[1] for r in ROWS]


def test_a_query_and_new_rows_are_seen(url, tmp_path):
    spec = InputSpec.from_dict({"orders": {"url": url, "query": "select customer_id as client_id, order_date, amount from sales_docs where amount > 1"}})
    assert tables.load({}, spec).ledger.amount_out == Decimal("125300.50")
    assert InputSpec.from_dict(spec.to_dict()) == spec
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as link:
        link.execute(sqlalchemy.text("insert into sales_docs (order_no, order_date, customer_id, customer_name, amount) values ('n', '2024-04-01', 'К-9', 'Новый', 5.05)"))
    engine.dispose()
    assert tables.load({}, spec).ledger.amount_out == Decimal("125305.55")


def test_what_is_wrong_is_said(url, tmp_path):
    with pytest.raises(InputUnreadable, match="В базе нет таблицы «sales_doc».*«sales_docs»"):
        tables.load({}, InputSpec.from_dict({"orders": {"url": url, "table": "sales_doc"}}))
    with pytest.raises(InputUnreadable, match="не отвечает") as bad:
        tables.load({}, InputSpec.from_dict({"orders": {"url": url, "query": "select nothing from nowhere"}}))
    assert "geheim" not in str(bad.value)


def test_messages_without_a_database(tmp_path, monkeypatch, capsys):
    with pytest.raises(CompanyProblem, match="нужно назвать table или query"):
        InputSpec.from_dict({"orders": {"url": "sqlite:///a.db"}})
    with pytest.raises(InputMissing, match="Файла no.db нет"):
        intake.inspect_database(f"sqlite:///{tmp_path / 'no.db'}")
    assert not (tmp_path / "no.db").exists()
    with pytest.raises(InputUnreadable, match="переменная KB_NO_SUCH, а её нет"):
        intake.inspect_database("postgresql+psycopg://u:${KB_NO_SUCH}@h/b")
    with pytest.raises(InputUnreadable, match="Адрес базы nosuch://u:\\*\\*\\*@h/b не понят"):
        intake.inspect_database("nosuch://u:secret@h/b")
    (tmp_path / "bad.db").write_bytes(b"no database at all, just text" * 100)
    assert run(["inspect", f"sqlite:///{tmp_path / 'bad.db'}"]) == 3 and "не отвечает" in capsys.readouterr().err
    assert is_url("sqlite:///a.db") and not is_url("C:\\a.db") and not is_url("orders.csv") and shown("pg://u:pw@h/b") == "pg://u:***@h/b"


def test_sqlite_of_the_company_folder_with_loose_types(tmp_path):
    with sqlite3.connect(tmp_path / "base.db") as link:
        link.execute("create table s (client_id, order_date, amount)")
        link.executemany("insert into s values (?, ?, ?)", [("007", "2024-01-13", "10,5"), (8, "2024-01-14", 7), (None, None, None)])
    found = tables.load(tmp_path, InputSpec.from_dict({"orders": {"url": "sqlite:///base.db", "table": "s"}}))
    assert found.sales["client_id"].to_pylist() == ["007", "8"] and found.ledger.amount_out == Decimal("17.5")


def test_without_the_package(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "sqlalchemy":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    from kbreport.intake.database import _engine

    with pytest.raises(InputUnreadable, match="нужен пакет sqlalchemy"):
        _engine("sqlite:///a.db", None)
