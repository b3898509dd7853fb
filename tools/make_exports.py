"""Writes data/sample/exports: the sample company's truth as the files of 1С, Bitrix24, amoCRM and the rest.

    python tools/make_exports.py [FOLDER]

The same bytes every time. tests/intake/test_exports.py reads every file back and compares it with the truth to the kopeck.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.exports import onec, truth, web


def make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    onec.make(folder)
    web.make(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else truth.SAMPLE / "exports")
