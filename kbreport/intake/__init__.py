"""From a file as people have it to text cells with row numbers and a mapping of its columns.

    container   what a file really is, by its first bytes; fingerprint
    text        encoding, delimiter, where the table starts in a text file; reads it with Arrow
    sheets      xlsx, xls, ods, xlsb through calamine; chooses the sheet
    columnar    parquet
    markup      HTML tables named .xls
    profile     known exports (profiles/*.yml): recognised by titles and headers
    report      reports of 1С → flat grids (heads: stacked header; tree: hierarchy; levels: outline of xlsx; periods: dates in words)
    dressing    flat exports of known systems → our columns: stages, closing days, rows that count
    layout      the header row, service rows (titles, blank, totals)
    schema      the tables of METHODS section 2: columns, types, words people use for them (schema.yml)
    mapping     headers of a file → columns of a table
    numbers     text → exact decimals; which sign is the decimal one is decided per column
    dates       text → dates; the order of day and month is decided per column
    values      text → flags, shares, codes, times
    database    tables of a database by SQLAlchemy URL
    spec        the `inputs:` section of company.yml
    folder      which file of a company folder is which table
    inspecting  what a file is, said in words, before anything is computed

Everything here speaks of *cells*: typing into tables and refusing is the business of `tables`.
"""

from __future__ import annotations

__all__ = ["input_files", "inspect", "inspect_database", "is_url", "mapping_for"]


def inspect(path, spec=None):
    """What a file holds: see `kbreport.intake.inspect.inspect`."""
    from kbreport.intake.inspecting import inspect as look

    return look(path, spec)


def inspect_database(url, folder=None):
    """Every table of a database and what it is: see `kbreport.intake.inspecting.inspect_database`."""
    from kbreport.intake.inspecting import inspect_database as look

    return look(url, folder)


def is_url(name):
    """True for the address of a database."""
    from kbreport.intake.database import is_url as looks

    return looks(str(name))


def mapping_for(files):
    """The `inputs:` section of company.yml for these files: see `kbreport.intake.inspecting.mapping_for`."""
    from kbreport.intake.inspecting import mapping_for as make

    return make(files)


def input_files(place, inputs=None):
    """Every data file of a company folder or a bare file, in the order of reading; `inputs` is the section of company.yml."""
    from pathlib import Path

    from kbreport.intake.folder import data_files
    from kbreport.intake.spec import InputSpec

    return data_files(Path(place), InputSpec.from_dict(inputs))
