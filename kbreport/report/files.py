"""Files appear whole or not at all: written beside, then renamed."""

from __future__ import annotations

import os
from pathlib import Path

from kbreport import errors
from kbreport.words import N_, trouble


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data` to `path` in one step, folders made as needed. Raises PlaceProblem when the place cannot be written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError as problem:
        beside.unlink(missing_ok=True) if beside.parent.is_dir() else None
        raise errors.PlaceProblem(N_("Не удалось записать файл {path}: {reason}."), path=str(path), reason=trouble(problem),
                                  remedy=N_("Закройте файл, если он открыт, и проверьте права на папку и место на диске.")) from problem
    return path


def write_text(path: Path, text: str) -> Path:
    return write_bytes(path, text.encode("utf-8"))
