"""The contract of a method: what it declares, what it gives, and the words it may use for statuses."""

from kbreport.method.columns import CL, Column, cols
from kbreport.method.enums import BookedAs, FindingLevel, MethodStatus
from kbreport.method.method import Base, Finding, Measured, Method, Norms, Tables, kicker, setting

__all__ = ["CL", "Base", "BookedAs", "Column", "Finding", "FindingLevel", "Measured", "Method", "MethodStatus", "Norms", "Tables", "cols", "kicker", "setting"]
