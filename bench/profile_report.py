"""Where the time of one report goes: CPU of every stage in one warm process, then of the notebooks by kind of work.

    python bench/profile_report.py [PLACE] [--top 15]
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

KINDS = (("matplotlib", "drawing"), ("PIL", "drawing"), ("kbreport/charts", "drawing"), ("papermill", "papermill, nbformat, IPython"), ("nbformat", "papermill, nbformat, IPython"),
         ("jsonschema", "papermill, nbformat, IPython"), ("IPython", "papermill, nbformat, IPython"), ("pandas", "pandas, numpy, pyarrow"), ("numpy", "pandas, numpy, pyarrow"),
         ("pyarrow", "pandas, numpy, pyarrow"), ("kbreport", "kbreport itself"), ("json", "json"))


@contextmanager
def stage(name: str, spent: dict[str, float]):
    start = time.process_time()
    yield
    spent[name] = spent.get(name, 0) + time.process_time() - start


def stages(place: str, folder: Path, spent: dict[str, float], profile: cProfile.Profile) -> None:
    import kbreport.notebook.preload  # noqa: F401
    from kbreport import home, report
    from kbreport.batch.company import plan_of, report_meta
    from kbreport.batch.record import audit_record
    from kbreport.notebook.execute import Job, run_job
    from kbreport.run import open_run

    with stage("lines → facts", spent):
        run = open_run(place)
    plan = [path for path, _ids in plan_of(run)] + [home.notebooks() / "audit.ipynb"]
    ran = []
    for path in plan:
        with stage(f"notebook {path.stem}", spent):
            profile.enable()
            ran.append(run_job(Job(path, folder / path.name, {"company": place})))
            profile.disable()
    with stage("run.json", spent):
        audit_record(run, ran)
    with stage("document", spent):
        document = report.document_of([r.path for r in ran], report_meta(run), workbook="audit.xlsx", plan=home.templates() / "audit.yml")
    for form in ("html", "pdf", "xlsx"):
        with stage(form, spent):
            report.write_format(document, folder / f"audit.{form}", form)
    with stage("csv, findings", spent):
        report.write_tables(document, folder / "tables")
        report.write_findings(document, folder / "findings.json")


def kinds(profile: cProfile.Profile) -> dict[str, float]:
    """Own time of functions by the library they stand in; built-ins count where they are called from most."""
    out: dict[str, float] = defaultdict(float)
    for (file, _line, _name), (_cc, _n, own, _cum, callers) in pstats.Stats(profile).stats.items():
        where = file if file != "~" else max(callers, key=lambda c: callers[c][2], default=("",))[0]
        out[next((kind for part, kind in KINDS if part in where.split("site-packages")[-1]), "other")] += own
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", nargs="?", default="sample")
    parser.add_argument("--top", type=int, default=15)
    args = parser.parse_args()
    spent: dict[str, float] = {}
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as name:
        os.environ["KB_CACHE"] = f"{name}/cache"
        stages(args.place, Path(name), spent, profile)
    for what, seconds in sorted(spent.items(), key=lambda kv: -kv[1]):
        print(f"{what:<32} {seconds:6.2f} s CPU  {seconds / sum(spent.values()):4.0%}")
    print(f"{'all (notebooks under the profiler)':<32} {sum(spent.values()):6.2f} s CPU   load {os.getloadavg()[0]:.1f}\n")
    whole = sum(kinds(profile).values())
    for what, seconds in sorted(kinds(profile).items(), key=lambda kv: -kv[1]):
        print(f"  {what:<30} {seconds / whole:4.0%} of the notebooks")
    print()
    pstats.Stats(profile).strip_dirs().sort_stats("cumulative").print_stats(r"^(?!.*(built-in|<frozen|threading|asyncio|papermill|interactiveshell|engines|execute)).*$", args.top)


if __name__ == "__main__":
    main()
