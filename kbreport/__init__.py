"""kbreport: an audit of a B2B client base from sales exports. Data flows one way through these rooms:

    errors home words charts page │ intake → tables → facts │ method → ch1…ch6, accounts, audit, trade, lenses
    → book → company │ run → month → notebook → report → batch → diff │ documents playbook learn cli

`import kbreport as kb`; `base = kb.open("company")`; `base.measure("abc")`; `kb.audit("company")`.
Names are imported on first use, so that `kbreport --help` and the cached path stay light.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["open", "audit", "batch", "methods", "first_page", "last_pages", "manager_month", "__version__"]


def open(company, *, manager=None, period=None, as_of=None, lang=None, settings=None):  # noqa: A001
    """Open a company (folder, company.yml or data file) for a period; returns `kbreport.run.Run`."""
    from kbreport.run import open_run

    return open_run(company, manager=manager, period=period, as_of=as_of, lang=lang, settings=settings)


def audit(company, **options):
    """Make the company audit; returns `kbreport.batch.Outcome`."""
    from kbreport.batch import audit as make

    return make(company, **options)


def batch(companies, **options):
    """Make many reports; returns `kbreport.batch.BatchOutcome`."""
    from kbreport.batch import batch as make

    return make(companies, **options)


def first_page(base):
    """Page 1 and the data page from everything that `base` has measured."""
    from kbreport.overview import overview as make

    return make(base)


def last_pages(base):
    """The appendix: norms with their sources, and the glossary."""
    from kbreport.appendix import appendix

    return appendix(base)


def manager_month(company, *, manager="", period=None, as_of=None, lang=None, settings=None):
    """A manager's month: `.first_page()`, `.call_list()`; see `kbreport.month`."""
    from kbreport.month.report import open_month

    return open_month(company, manager=manager, period=period, as_of=as_of, lang=lang, settings=settings)


def methods():
    """All methods of the book, in the order of their numbers."""
    from kbreport.book import methods as all_methods

    return all_methods()
