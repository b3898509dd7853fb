"""Forty managers' monthly reports against the loop a user would write, on the same notebook, in the same run; and where the time goes.

    python bench/batch.py [ROUNDS [MANAGERS]]     medians of ROUNDS interleaved rounds (default 3), 40 managers

The company is the sample one eight times over, under other names (240 … 2,000 clients, 5 busy managers each). The loop: papermill
on `manager_month.ipynb` in a kernel, `nbconvert --to html`, a browser that prints that HTML (what `--to webpdf` does). It makes
no workbook, tables or findings; ours makes them. Facts and results of the company are cached for both. The floor is
measured in one warm process on one bundle, stage by stage.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from measure import median, say, timed

from kbreport import home

BIN = Path(sys.executable).parent
KEYS = ("client_id", "manager_id", "order_id", "touch_id", "invoice_id", "group_id", "linked_order_id")
LOOP = 2  # managers of the loop per round; it costs the same each


def company(folder: Path, copies: int) -> Path:
    """`copies` of the sample company in one folder, ids told apart by a suffix."""
    folder.mkdir()
    for name in ("orders", "clients", "managers", "plans", "potential", "receivables", "touches", "client_manager_history"):
        table = pd.read_csv(home.sample() / f"{name}.csv", dtype="str", keep_default_na=False)
        keys = [k for k in KEYS if k in table]
        parts = [table.assign(**{k: table[k].where(table[k] == "", table[k] + f"-{i}") for k in keys}, **({"name": table["name"] + f" {i}"} if name == "managers" else {})) for i in range(copies)]
        pd.concat(parts).to_csv(folder / f"{name}.csv", index=False)
    (folder / "company.yml").write_text("name: Forty\nparameters: {currency: RUB, vat: excluded}\n")
    return folder


def loop(place: Path, folder: Path, managers: list[str], env: dict[str, str]) -> dict[str, float]:
    """The usual way; figures per report."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    steps = []
    for manager in managers:
        out = folder / f"{manager}.ipynb"
        steps.append(timed([str(BIN / "papermill"), str(home.notebooks() / "manager_month.ipynb"), str(out), "-p", "company", str(place), "-p", "manager", manager, "--no-progress-bar", "-k", "python3"], env))
        steps.append(timed([sys.executable, "-m", "nbconvert", "--to", "html", "--no-input", str(out), "--log-level", "ERROR"], env))
        if browser:
            steps.append(timed([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'naive.pdf'}", str(out.with_suffix(".html"))]))
    return {"cpu": sum(s["cpu"] for s in steps) / len(managers), "wall": sum(s["wall"] for s in steps) / len(managers), "rss": max(s["rss"] for s in steps)}


def ours(place: Path, folder: Path, n: int, env: dict[str, str], *more: str) -> dict[str, float]:
    got = timed([sys.executable, "-m", "kbreport", "batch", str(place), "--output-dir", str(folder), "--no-progress", "-j", "2", *more], env)
    return {"cpu": got["cpu"] / n, "wall": got["wall"] / n, "rss": got["rss"]}


def floor(place: Path, folder: Path) -> dict[str, float]:
    """CPU seconds of each stage of one report in this warm process, medians of 7, and of the company once."""
    import nbformat.v4 as v4

    from kbreport import report
    from kbreport.batch import managers
    from kbreport.batch.child import MonthJob
    from kbreport.month.bundle import Bundle, bundle_of
    from kbreport.month.report import Month, department_of
    from kbreport.notebook import run_job

    found: dict[str, list[float]] = {}

    def clock(name: str, work):
        start = time.process_time()
        out = work()
        found.setdefault(name, []).append(time.process_time() - start)
        return out

    department_of(place)
    d = clock("company: department", lambda: department_of(place))
    who = next(m for m in d.staff if d.busy(m))
    clock("company: first bundle", lambda: bundle_of(d, who))
    for _ in range(7):
        saved = clock("bundle, to disk", lambda: bundle_of(d, who).save(folder / "bundle"))
        month = Month(clock("bundle, from disk", lambda: Bundle.load(saved)))
        clock("tables", lambda: (month.tables, month.calls))
        results = [month.first_page(), month.call_list()]
        clock("drawing (5 charts twice, 10 strips)", lambda: [r.blocks for r in results])
        node = v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[v4.new_output("display_data", data=clock("results as JSON and HTML", r._repr_mimebundle_))]) for r in results])
        document = clock("document", lambda: report.document_of(node, managers._heads(month.meta, d), workbook="report.xlsx"))
        for name in ("html", "pdf", "xlsx"):
            clock({"html": "HTML", "pdf": "PDF by Typst", "xlsx": "XLSX"}[name], lambda name=name: report.write_format(document, folder / f"r.{name}", name))
        clock("CSV and findings", lambda: (report.write_tables(document, folder / "t"), report.write_findings(document, folder / "f.json")))
        os.environ["KB_BUNDLE"] = str(saved)
        clock("notebook whole (papermill, bundle, tables, drawing)", lambda: run_job(MonthJob(home.notebooks() / "manager_month.ipynb", folder / "nb" / "m.ipynb", {"company": "x"}, "ru")))
        del os.environ["KB_BUNDLE"]
    return {name: statistics.median(times) for name, times in found.items()}


def main(rounds: int, wanted: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = max(1, round(wanted / 5))
        place, env = company(folder / "company", copies), {"KB_CACHE": str(folder / "cache")}
        n = copies * 5
        cold = ours(place, folder / "out", n, env)
        say(f"ours, {n} managers, nothing cached (one run)", cold)
        pairs = []
        for i in range(rounds):
            pairs.append((loop(place, folder, [f"M0{1 + (LOOP * i + k) % 3}-{k}" for k in range(LOOP)], env), ours(place, folder / "out", n, env, "--force")))
        base, best = median([a for a, _ in pairs]), median([b for _, b in pairs])
        say("loop per report: papermill, html, browser pdf", base)
        say("ours per report: notebook, html, pdf, xlsx, csv", best, base)
        print(f"{'':44} {60 / best['wall']:.0f} reports per minute")
        ratios = [a["cpu"] / b["cpu"] for a, b in pairs], [a["wall"] / b["wall"] for a, b in pairs]
        print(f"{'':44} ratios within a round: cpu {', '.join(f'{x:.1f}' for x in ratios[0])}; wall {', '.join(f'{x:.1f}' for x in ratios[1])}")
        again = [timed([sys.executable, "-m", "kbreport", "batch", str(place), "--output-dir", str(folder / "out"), "--no-progress"], env) for _ in range(max(rounds, 3))]
        say(f"second run, nothing changed, {n} managers", median(again))
        os.environ["KB_CACHE"] = env["KB_CACHE"]
        print("\nfloor, CPU ms per report in one warm process:")
        for stage, seconds in floor(place, folder).items():
            print(f"  {stage:<52} {seconds * 1000:7.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, int(sys.argv[2]) if len(sys.argv) > 2 else 40)
