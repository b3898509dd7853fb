"""The budgets of the project that can be measured today: medians, and ratios to a baseline run beside them.

    python bench/budgets.py ROW… [--runs 3]      rows: start report functions large growth page facts (default: all but facts)

start      `kbreport --help`, `kbreport measure abc sample`      against `python -c pass` and `import pandas`
report     audit of the sample: cold, facts known, unchanged      against each other
functions  a chapter as a notebook in a forked child              against the same methods called there as functions
large      audit of 1,000,000 lines, 6,000 clients                against the audit of the sample
growth     audit of 250,000, 500,000, 1,000,000 lines             against the half
page       size of audit.html with 500 clients
facts      10,000,000 lines → facts                               against hand-written DuckDB SQL for the same frames

CPU is that of a command and all its children. Wall depends on the load, which every line names.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from large import main as make_large
from measure import median, say, timed

KB = [sys.executable, "-m", "kbreport"]


def repeated(command: list[str], runs: int, env: dict[str, str] | None = None) -> dict[str, float]:
    return median([timed(command, env) for _ in range(runs)])


def start(runs: int, folder: Path) -> None:
    env = {"KB_CACHE": str(folder / "cache")}
    bare = repeated([sys.executable, "-c", "pass"], runs)
    say("python -c pass", bare)
    say("kbreport --help", repeated([*KB, "--help"], runs), bare)
    pandas = repeated([sys.executable, "-c", "import pandas"], runs)
    say("import pandas", pandas)
    say("kbreport measure abc sample, first time", timed([*KB, "measure", "abc", "sample"], env), pandas)
    say("kbreport measure abc sample, again", repeated([*KB, "measure", "abc", "sample"], runs, env), pandas)


def audit(place: object, out: Path, cache: Path, *options: str) -> dict[str, float]:
    return timed([*KB, "audit", str(place), "--output-dir", str(out), "--no-progress", *options], {"KB_CACHE": str(cache)})


def report(runs: int, folder: Path) -> None:
    cold = median([audit("sample", folder / f"out{i}", folder / f"cold{i}") for i in range(runs)])
    say("audit of the sample, cold", cold)
    say("facts and tables known, --force", median([audit("sample", folder / "out0", folder / "cold0", "--force") for _ in range(runs)]), cold)
    say("unchanged", median([audit("sample", folder / "out0", folder / "cold0") for _ in range(runs)]), cold)


def large(runs: int, folder: Path) -> None:
    make_large(str(folder / "1m"), "1000000", "6000")
    base = audit("sample", folder / "out", folder / "c0")
    say("audit of the sample, cold", base)
    rows = [audit(folder / "1m", folder / f"out{i}", folder / f"c1{i}") for i in range(runs)]
    say("audit of 1,000,000 lines, 6,000 clients", median(rows), base)
    size = next((folder / "out0").rglob("audit.html")).stat().st_size
    print(f"  audit.html {size / 1e6:.2f} MB")


def growth(runs: int, folder: Path) -> None:
    before = None
    for n in (250_000, 500_000, 1_000_000):
        make_large(str(folder / str(n)), str(n), "6000")
        row = median([audit(folder / str(n), folder / f"out{n}{i}", folder / f"c{n}{i}") for i in range(runs)])
        say(f"audit of {n:,} lines", row, before)
        before = row


def page(runs: int, folder: Path) -> None:
    make_large(str(folder / "c500"), "60000", "500")
    say("audit, 60,000 lines, 500 clients", audit(folder / "c500", folder / "out", folder / "cache"))
    print(f"  audit.html {next((folder / 'out').rglob('audit.html')).stat().st_size / 1e6:.2f} MB (budget 3, stretch 1.5)")


# ------------------------------------------------------------------ in a warm process
def functions(runs: int, folder: Path) -> None:
    """Both ways in children forked from one warm process, by turns; facts are known to both, results to none."""
    os.environ["KB_CACHE"] = str(folder / "cache")
    import kbreport as kb
    import kbreport.notebook.preload  # noqa: F401
    from kbreport import cache, home

    kb.open("sample")
    cache.load_result = lambda key, result: None  # measure anew every round
    source = home.notebooks() / "ch3_measurements.ipynb"
    called, executed = _by_turns({"functions": lambda: _called(source), "notebook": lambda: _executed(source, folder)}, max(runs, 5)).values()
    say("chapter 3 of the sample as functions", called)
    say("chapter 3 of the sample as a notebook", executed, called)
    print(f"  notebook / functions: {executed['cpu'] / called['cpu']:.2f} (budget 1.25, stretch 1.1)")


def _called(source: Path) -> None:
    import kbreport as kb
    from kbreport.notebook import methods_in

    base = kb.open("sample")
    for name in methods_in(source):
        json.dumps(base.measure(name)._repr_mimebundle_(), default=str)


def _executed(source: Path, folder: Path) -> None:
    from kbreport.notebook.execute import Job, run_job

    ran = run_job(Job(source, folder / f"{os.getpid()}.ipynb", {"company": "sample"}))
    assert ran.error is None, ran.error


def _by_turns(ways: dict, runs: int) -> dict[str, dict[str, float]]:
    rows: dict[str, list] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            began = time.perf_counter()
            if (child := os.fork()) == 0:
                try:
                    way()
                    os._exit(0)
                except BaseException as why:
                    print(why, file=sys.stderr)
                    os._exit(1)
            _pid, status, used = os.wait4(child, 0)
            assert status == 0, name
            rows[name].append({"cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - began, "rss": used.ru_maxrss / 1024})
    return {name: median(table) for name, table in rows.items()}


# ------------------------------------------------------------------ facts
SQL = {"order_days": """select client_id, day, manager_id, channel, sum(amount_u) amount_u, sum(case when not is_linked then amount_u else 0 end) order_u, sum(margin_u) margin_u,
                          count(margin_u) n_margin, count(distinct order_id) n_docs, sum(n_lines) n_lines, count(*) n_rows from rows group by all""",
       "category_months": """select client_id, category, month, sum(amount_u) amount_u, sum(margin_u) margin_u, sum(qty) qty, count(margin_u) n_margin, count(*) n_rows
                          from lines where day <= 30000 group by all"""}


def facts(runs: int, folder: Path, n: int = 10_000_000) -> None:
    make_large(str(folder / "10m"), str(n), "20000")
    table = {}
    for way in ("sql", "kbreport"):
        outs = [json.loads(subprocess.run([sys.executable, __file__, f"_{way}", str(folder / "10m" / "order_lines.parquet")], capture_output=True, text=True, check=True).stdout) for _ in range(runs)]
        assert len({o["check"] for o in outs}) == 1
        table[way] = median([{k: v for k, v in o.items() if k != "check"} for o in outs]) | {"check": outs[0]["check"]}
    assert table["sql"]["check"] == table["kbreport"]["check"], table
    say(f"{n:,} lines: hand-written DuckDB SQL", table["sql"])
    say(f"{n:,} lines: kbreport", table["kbreport"], table["sql"])
    print(f"  kbreport / SQL: CPU {table['kbreport']['cpu'] / table['sql']['cpu']:.2f} (budget 1.25)")


def _facts_once(way: str, path: str) -> None:
    """One way in this process, from Arrow rows in memory to two pandas frames: seconds, peak, and a control sum."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from kbreport.facts import build, engine
    from kbreport.facts.parameters import Parameters

    lines = pq.read_table(path)
    for name in ("amount", "cost"):
        lines = lines.set_column(lines.column_names.index(name), name, lines[name].cast(pa.decimal128(18, 4)))
    rows = build.sales_rows(None, lines, {}, "client")
    began, cpu = time.perf_counter(), time.process_time()
    if way == "kbreport":
        days = build.order_days(rows, Parameters(), "duckdb")
        months = build.category_months(lines, None, 30_000, {}, "client", "duckdb")
        check = f"{len(days)} {days['amount'].sum():.2f} {len(months)} {months['amount'].sum():.2f}"
    else:
        import duckdb

        con = duckdb.connect(config={"memory_limit": engine.MEMORY_LIMIT, "threads": os.cpu_count() or 2})
        con.execute("set preserve_insertion_order=false")
        con.register("rows", rows.append_column("is_linked", pa.nulls(rows.num_rows, pa.bool_()).fill_null(False)))
        days = con.execute(SQL["order_days"]).df()
        con.register("lines", build._line_rows(lines, None, {}, "client"))
        months = con.execute(SQL["category_months"]).df()
        con.close()
        check = f"{len(days)} {days['amount_u'].sum() / engine.SCALE:.2f} {len(months)} {months['amount_u'].sum() / engine.SCALE:.2f}"
    print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - began, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "check": check}))


ROWS = {"start": start, "report": report, "functions": functions, "large": large, "growth": growth, "page": page, "facts": facts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], default=[name for name in ROWS if name != "facts"])
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    for name in args.rows:
        print(f"# {name}")
        with tempfile.TemporaryDirectory() as folder:
            ROWS[name](args.runs, Path(folder))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("_sql", "_kbreport"):
        _facts_once(sys.argv[1][1:], sys.argv[2])
    else:
        main()
