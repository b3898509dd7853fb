"""Which file is which table: a company folder, a bare file, or what company.yml says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kbreport.errors import InputMissing, InputProblems
from kbreport.intake.container import SUFFIXES
from kbreport.intake.schema import SALES, schemas
from kbreport.intake.spec import FileSpec, InputSpec
from kbreport.words import N_, listed

BARE = "?"  # a bare file: `orders` or `order_lines`, told by its columns
DECISIONS = "duplicates.xlsx"
IGNORED = (DECISIONS, "company.yml", "company.yaml", "params.yaml")


def found(inputs: "Path | str | list[Path]", spec: InputSpec) -> tuple[dict[str, list[FileSpec]], list[str]]:
    """(table → files, names of files that were left alone). The table of a bare file is BARE.

    Raises InputMissing when there is nothing to read, InputProblems when two files claim one table.
    """
    tables, left = _found(inputs, spec)
    return {table: with_copies(many, inputs) for table, many in tables.items()}, left


def with_copies(files: list[FileSpec], inputs: "Path | str | list[Path] | dict | None" = None) -> list[FileSpec]:
    """The files; those that are tables of a database with the path of their copy."""
    if not any(f.url for f in files):
        return files
    from kbreport.intake.database import copied

    folder = Path(inputs) if isinstance(inputs, (str, Path)) else None
    return [copied(f, folder if folder and folder.is_dir() else None) for f in files]


def _found(inputs: "Path | str | list[Path]", spec: InputSpec) -> tuple[dict[str, list[FileSpec]], list[str]]:
    paths = [Path(p) for p in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
    if len(paths) == 1 and paths[0].is_dir():
        return _folder(paths[0], spec)
    return _bare(paths, spec), []


def _bare(paths: list[Path], spec: InputSpec) -> dict[str, list[FileSpec]]:
    """Files given by name: what company.yml tells about a file of that name holds; a table's own name names the table."""
    tables: dict[str, list[FileSpec]] = {}
    told = {f.path.name: (table, f) for table, many in spec.files.items() for f in many if f.path}
    for path in paths:
        if not path.exists():
            raise InputMissing(N_("Файла {file} нет."), remedy=N_("Проверьте имя и путь."), file=path.name, path=str(path))
        table, details = told.get(path.name, (None, FileSpec()))
        named = _table_of(path) if len(paths) > 1 or _table_of(path) in SALES else None
        tables.setdefault(table or named or BARE, []).append(replace(details, path=path))
    return tables


def _folder(folder: Path, spec: InputSpec) -> tuple[dict[str, list[FileSpec]], list[str]]:
    tables = {table: [one for f in many for one in _all_named(replace(f, path=folder / f.path if f.path else None))] for table, many in spec.files.items()}
    taken = {f.path.resolve() for many in tables.values() for f in many if f.path}
    left: list[str] = []
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.resolve() not in taken and _is_data(p)):
        table = _table_of(path)
        if table is None or table in spec.files:
            left.append(path.name)
        elif table in tables:
            raise InputProblems(N_("Для таблицы {table} в папке два файла: {files}."), remedy=N_("Оставьте один или назовите нужный в company.yml (inputs)."), table=table,
                                files=listed([tables[table][0].path.name, path.name]), problems=[])
        else:
            tables[table] = [FileSpec(path)]
    if not any(t in tables for t in SALES):
        raise _no_sales(folder, left)
    return tables, left


def _all_named(spec: FileSpec) -> list[FileSpec]:
    """`продажи*.xlsx` is every file of that name, in order: next month's file needs no new line in company.yml."""
    if spec.path is None or not any(sign in spec.path.name for sign in "*?"):
        return [spec]
    found = sorted(p for p in spec.path.parent.glob(spec.path.name) if p.is_file() and not p.name.startswith((".", "~$")))
    if not found:
        raise InputMissing(N_("Ни один файл не подходит под имя {file} из company.yml."), remedy=N_("Проверьте имя и путь."), file=spec.path.name)
    return [replace(spec, path=p) for p in found]


def _no_sales(folder: Path, left: list[str]) -> InputMissing:
    remedy = N_("Не узнаны: {files}. Назовите файл продаж в company.yml или выполните kbreport new.") if left else N_("Положите в неё выгрузку продаж.")
    return InputMissing(N_("В папке {folder} нет продаж: нужен файл orders или order_lines (csv, xlsx, parquet)."), remedy=remedy, folder=folder.name, files=listed(left, 5))


def _is_data(path: Path) -> bool:
    return not path.name.startswith((".", "~$")) and path.name not in IGNORED and (path.suffix.lower() in SUFFIXES or _table_of(path) is not None)


def _table_of(path: Path) -> str | None:
    """`orders.csv`, `Orders.XLSX`, `orders.xls.xlsx` are `orders`; only known containers count."""
    stem = path.name.lower()
    while Path(stem).suffix in SUFFIXES:
        stem = Path(stem).stem
    return stem if stem != path.name.lower() and stem in schemas() else None


def data_files(place: Path, spec: InputSpec) -> list[Path]:
    """Every file that `load` would read for this company, in the order of reading."""
    decided = decisions_file(place, spec)
    return [f.path for many in found(place, spec)[0].values() for f in many if f.path] + ([decided] if decided else [])


def decisions_file(place: "Path | str | list | dict", spec: InputSpec) -> Path | None:
    """The file of decisions about clients that may be one: the one named in company.yml, else `duplicates.xlsx` of the folder."""
    folder = Path(place) if isinstance(place, (str, Path)) else None
    if spec.duplicates:
        path = spec.duplicates if spec.duplicates.is_absolute() or folder is None else (folder if folder.is_dir() else folder.parent) / spec.duplicates
        if not path.exists():
            raise InputMissing(N_("Файла {file} нет."), remedy=N_("Проверьте имя и путь."), file=path.name, path=str(path))
        return path
    return folder / DECISIONS if folder and folder.is_dir() and (folder / DECISIONS).exists() else None
