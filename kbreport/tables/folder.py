"""Which file is which table: a company folder, a bare file, or what company.yml says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kbreport.errors import InputMissing, InputProblems
from kbreport.intake.container import SUFFIXES
from kbreport.intake.schema import schemas
from kbreport.intake.spec import FileSpec, InputSpec
from kbreport.words import N_, listed

BARE = "?"  # a bare file: `orders` or `order_lines`, told by its columns
IGNORED = ("company.yml", "company.yaml", "params.yaml")


def found(inputs: "Path | str | list[Path]", spec: InputSpec) -> tuple[dict[str, list[FileSpec]], list[str]]:
    """(table → files, names of files that were left alone). The table of a bare file is BARE.

    Raises InputMissing when there is nothing to read, InputProblems when two files claim one table.
    """
    paths = [Path(p) for p in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
    if len(paths) > 1 or not paths[0].is_dir():
        return ({**spec.files} if spec.files and not paths else _bare(paths, spec)), []
    return _folder(paths[0], spec)


def _bare(paths: list[Path], spec: InputSpec) -> dict[str, list[FileSpec]]:
    if len(paths) == 1:
        if not paths[0].exists():
            raise InputMissing(N_("Файла {file} нет."), remedy=N_("Проверьте имя и путь."), file=paths[0].name, path=str(paths[0]))
        told = next((f for many in spec.files.values() for f in many if f.path and f.path.name == paths[0].name), None)
        table = next((t for t, many in spec.files.items() for f in many if f is told), BARE) if told else BARE
        return {table: [replace(told or FileSpec(), path=paths[0])]}
    named: dict[str, list[FileSpec]] = {}
    for path in paths:
        named.setdefault(path.stem.lower() if path.stem.lower() in schemas() else BARE, []).append(FileSpec(path))
    return named


def _folder(folder: Path, spec: InputSpec) -> tuple[dict[str, list[FileSpec]], list[str]]:
    tables = {table: [replace(f, path=folder / f.path if f.path and not f.path.is_absolute() and not f.path.exists() else f.path) for f in many] for table, many in spec.files.items()}
    taken = {f.path.resolve() for many in tables.values() for f in many if f.path}
    left: list[str] = []
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.resolve() not in taken and _is_data(p)):
        table = _table_of(path)
        if table is None:
            left.append(path.name)
        elif table in tables and table in spec.files:
            left.append(path.name)
        elif table in tables:
            raise InputProblems(N_("Для таблицы {table} в папке два файла: {files}."), remedy=N_("Оставьте один или назовите нужный в company.yml (inputs.files)."), table=table,
                                files=listed([tables[table][0].path.name, path.name]), problems=[])
        else:
            tables[table] = [FileSpec(path)]
    if not any(t in tables for t in ("orders", "order_lines")):
        raise InputMissing(N_("В папке {folder} нет продаж: нужен файл orders или order_lines (csv, xlsx, parquet)."),
                           remedy=N_("Не узнаны: {files}. Назовите файл продаж в company.yml или выполните kbreport new.") if left else N_("Положите в неё выгрузку продаж."),
                           folder=folder.name, files=listed(left, 5))
    return tables, left


def _is_data(path: Path) -> bool:
    return not path.name.startswith((".", "~$")) and path.name not in IGNORED and (path.suffix.lower() in SUFFIXES or _table_of(path) is not None)


def _table_of(path: Path) -> str | None:
    """`orders.csv`, `Orders.XLSX`, `orders.xls.xlsx` are `orders`; only known containers count."""
    stem = path.name.lower()
    while Path(stem).suffix in SUFFIXES:
        stem = Path(stem).stem
    return stem if stem != path.name.lower() and stem in schemas() else None
