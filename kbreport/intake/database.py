"""Tables of a database by SQLAlchemy URL: read once into a parquet copy in the cache folder, then read like any file.

`sqlite:///base.db` (relative to the company folder), `postgresql+psycopg://user:${DB_PASSWORD}@host/base`. Passwords belong into
environment variables: `${NAME}` is filled in, and nothing that is written or said shows the password.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbreport.errors import InputMissing, InputUnreadable
from kbreport.intake.spec import FileSpec
from kbreport.words import N_, closest, listed

URL = re.compile(r"^[a-z][a-z0-9_]*(?:\+[a-z0-9_]+)?://")


def is_url(name: str) -> bool:
    """True for `sqlite:///base.db` and its kin, false for paths (also `C:\\base.db`)."""
    return bool(URL.match(name))


def copied(spec: FileSpec, folder: Path | None = None) -> FileSpec:
    """The spec with the path of the parquet copy of its table or query."""
    if not spec.url:
        return spec
    engine = _engine(spec.url, folder)
    name = spec.table or "query"
    try:
        frame = _read(engine, spec)
    finally:
        engine.dispose()
    import pyarrow.parquet as pq

    place = _place() / hashlib.sha256(f"{engine.url!r}|{spec.table}|{spec.query}".encode()).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place / f"{name}@{Path(engine.url.database or 'base').stem}.parquet"
    part = path.with_suffix(f".{os.getpid()}.part")
    pq.write_table(frame, part)
    os.replace(part, path)
    return replace(spec, path=path)


def table_names(url: str, folder: Path | None = None) -> list[str]:
    """Tables and views of a database, sorted."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    engine = _engine(url, folder)
    try:
        look = inspect(engine)
        return sorted([*look.get_table_names(), *look.get_view_names()])
    except (SQLAlchemyError, OSError) as why:
        raise _unreachable(engine, why) from why
    finally:
        engine.dispose()


def shown(url: str) -> str:
    """The URL without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def _place() -> Path:
    """Copies lie in the cache folder, which only its owner may read; a temporary one where the cache is off."""
    asked = os.environ.get("KB_CACHE", "")
    if asked == "off":
        return Path(tempfile.gettempdir()) / f"kbreport-{os.getuid() if hasattr(os, 'getuid') else 'db'}"
    if not asked:
        from platformdirs import user_cache_dir

        asked = user_cache_dir("kbreport")
    return Path(asked) / "databases"


def _engine(url: str, folder: Path | None) -> Any:
    filled = os.path.expandvars(url)
    if missing := re.search(r"\$\{?(\w+)\}?", filled):
        raise InputUnreadable(N_("В адресе базы названа переменная {name}, а её нет."), remedy=N_("Задайте её перед запуском."), name=missing.group(1))
    try:
        import sqlalchemy
    except ImportError as why:
        raise InputUnreadable(N_("Чтобы читать базы данных, нужен пакет sqlalchemy."), remedy="pip install 'kbreport[db]'") from why
    try:
        address = sqlalchemy.make_url(filled)
        if address.get_backend_name() == "sqlite":
            address = _sqlite(address, folder)
        return sqlalchemy.create_engine(address)
    except ImportError as why:
        raise InputUnreadable(N_("Для базы {url} не установлен драйвер: {why}."), remedy="pip install 'kbreport[db]'", url=shown(url), why=str(why)) from why
    except sqlalchemy.exc.SQLAlchemyError as why:
        raise InputUnreadable(N_("Адрес базы {url} не понят."), remedy=N_("Пример: sqlite:///base.db или postgresql+psycopg://user@host/base."), url=shown(url)) from why


def _sqlite(address: Any, folder: Path | None) -> Any:
    """A relative path is taken from the company folder; a file that is not there must not be made, and nothing is written to it."""
    path = Path(address.database or "")
    path = path if path.is_absolute() or folder is None else folder / path
    if not path.is_file():
        raise InputMissing(N_("Файла {file} нет."), remedy=N_("Проверьте имя и путь."), file=path.name, path=str(path))
    return address.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})


def _read(engine: Any, spec: FileSpec) -> Any:
    import pyarrow as pa
    import sqlalchemy

    try:
        with engine.connect() as link:
            if spec.query:
                statement: Any = sqlalchemy.text(spec.query)
            else:
                statement = sqlalchemy.select(_table(link, spec.table or ""))
            found = link.execute(statement)
            names = list(found.keys())
            rows = found.fetchall()
    except sqlalchemy.exc.SQLAlchemyError as why:
        raise _unreachable(engine, why) from why
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table({name: _column(values) for name, values in zip(names, columns, strict=True)})


def _table(link: Any, name: str) -> Any:
    import sqlalchemy

    look = sqlalchemy.inspect(link)
    known = sorted([*look.get_table_names(), *look.get_view_names()])
    schema, _dot, bare = name.rpartition(".")
    if not schema and name not in known:
        near = closest(name, known)
        raise InputUnreadable(N_("В базе нет таблицы «{name}»."), remedy=N_("Возможно, «{near}».") if near else N_("Есть: {known}."), name=name, near=near, known=listed(known, 20))
    return sqlalchemy.Table(bare, sqlalchemy.MetaData(), schema=schema or None, autoload_with=link)


def _column(values: tuple) -> Any:
    import pyarrow as pa

    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # sqlite keeps any type in any column
        array = None
    plain = array is not None and not pa.types.is_nested(array.type) and not pa.types.is_binary(array.type) and not pa.types.is_null(array.type)
    return array if plain else pa.array([None if v is None else str(v) for v in values], pa.string())


def _unreachable(engine: Any, why: Exception) -> InputUnreadable:
    reason = str(getattr(why, "orig", None) or why).strip().splitlines()[0]
    return InputUnreadable(N_("База {url} не отвечает: {why}."), remedy=N_("Проверьте адрес, пользователя и пароль."), url=engine.url.render_as_string(hide_password=True), why=reason)
