"""A manager's month: one page and a call list, from his own clients and aggregates of the company.

    department (company, once) → bundle (one manager's rows, on disk) → Month (tables, pages) → notebook manager_month.ipynb

The bundle is all that the process of a report ever sees; `batch` writes one per manager.
"""

from kbreport.month.bundle import Bundle
from kbreport.month.department import Department, department
from kbreport.month.report import Month, open_month

__all__ = ["Bundle", "Department", "Month", "department", "open_month"]
