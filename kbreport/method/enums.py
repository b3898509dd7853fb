"""Pinned values (METHODS 0.4 and DESIGN section 4): one vocabulary for tables, JSON and parameters."""

from __future__ import annotations

from enum import StrEnum


class MethodStatus(StrEnum):
    """Status of a method or row. `weak` and `insufficient` keep their numbers; `refused` has none."""

    OK = "ok"
    WEAK = "weak"
    INSUFFICIENT = "insufficient"
    REFUSED = "refused"
    NOT_APPLICABLE = "not_applicable"


class FindingLevel(StrEnum):
    RISK = "risk"
    WATCH = "watch"
    GOOD = "good"
    INFO = "info"


class DataVerdict(StrEnum):
    """May a method be believed on these data?"""

    PASS = "pass"
    QUALIFIED = "qualified"
    REFUSED = "refused"


class BookedAs(StrEnum):
    """Kind of a finding's money (METHODS 1.23): a client's rouble is booked once within a kind.

    The states of a client decide which kind he may be booked in; `risk` (loss side) and `growth` (gain side) are never
    added together. `winback` is what lost clients may bring back: the same ledger as `risk`, a total of its own.
    """

    NONE = "none"
    REACTIVATION = "reactivation"
    RISK = "risk"
    WINBACK = "winback"
    GROWTH = "growth"
    POTENTIAL = "potential"
