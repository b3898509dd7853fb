"""The loop a user would write against ours, on the same notebook: papermill CLI + nbconvert html + PDF by a browser.

    python bench/naive.py [RUNS]        medians of RUNS interleaved rounds (default 3), ratios within the run

The browser prints the HTML that nbconvert made (`--to webpdf` does the same through a browser of its own download, which
an offline machine cannot have). Ours makes the executed notebooks, HTML, PDF, XLSX, CSV and findings of the whole audit.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from measure import median, say, timed

from kbreport import home

BIN = Path(sys.executable).parent


def naive(folder: Path) -> dict[str, float]:
    """One chapter notebook the usual way."""
    out = folder / "naive.ipynb"
    steps = [timed([str(BIN / "papermill"), str(home.notebooks() / "ch3_measurements.ipynb"), str(out), "-p", "company", "sample", "--no-progress-bar", "-k", "python3"]),
             timed([sys.executable, "-m", "nbconvert", "--to", "html", "--no-input", str(out), "--log-level", "ERROR"])]
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser:
        steps.append(timed([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'naive.pdf'}", str(out.with_suffix(".html"))]))
    return {"cpu": sum(s["cpu"] for s in steps), "wall": sum(s["wall"] for s in steps), "rss": max(s["rss"] for s in steps)}


def ours(folder: Path, cache: Path) -> dict[str, float]:
    return timed([sys.executable, "-m", "kbreport", "audit", "sample", "--output-dir", str(folder / "ours"), "--force", "--no-progress"], {"KB_CACHE": str(cache)})


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cold = ours(folder, folder / "cold")
        rounds = [(naive(folder), ours(folder, folder / "cold")) for _ in range(runs)]
        base = median([a for a, _ in rounds])
        say("loop: papermill, nbconvert html, browser pdf", base)
        say("kbreport audit, facts cached", median([b for _, b in rounds]), base)
        say("kbreport audit, cold (one run)", cold, base)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
