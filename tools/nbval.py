"""`pytest --nbval-lax` over every notebook in both languages; exercises as masters and as the trainee gets them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from kbreport import home, words
from kbreport.learn import master
from kbreport.notebook.translate import translated


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        for lang in words.LANGS:
            for source in sorted(home.notebooks().glob("*.ipynb")):
                with words.speaking(lang):
                    nb = translated(nbformat.read(source, as_version=4))
                nbformat.write(nb, Path(folder) / f"{source.stem}_{lang}.ipynb")
            for chapter in master.chapters():
                with words.speaking(lang):
                    nbformat.write(master.edition(chapter, lang=lang), Path(folder) / f"exercises_{chapter}_{lang}.ipynb")
                    nbformat.write(translated(master.master(chapter)), Path(folder) / f"master_{chapter}_{lang}.ipynb")
        codes = []
        for lang in words.LANGS:
            env = os.environ | {"KB_LANG": lang}
            files = sorted(str(p) for p in Path(folder).glob(f"*_{lang}.ipynb"))
            codes.append(subprocess.run([sys.executable, "-m", "pytest", "-q", "--nbval-lax", "-p", "no:cacheprovider", *files], env=env, cwd=folder).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
