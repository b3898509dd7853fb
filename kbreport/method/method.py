"""The contract of a method: settings are fields, the verbs are pure.

    class Abc(Method):
        number, section, title, question = "M3.2", "3.2", N_("ABC-анализ"), N_("…")
        columns = {"main": cols("client_id …"), "by_class": cols("…")}
        a: float = setting(0.80, source="S9", help=N_("…"), gt=0, le=1)

        def measure(self, base) -> dict[str, DataFrame] | Measured      facts → tables
        def findings(self, tables, base) -> list[Finding]               tables → sentences with money
        def page(self, tables, findings, base) -> list[Block]           tables → page blocks (headline, chart, action)

`needs` are ids of methods whose tables it builds on (measured before it, refused with it), `uses` optional ones.
`inputs` are the tables of METHODS section 2 without which it cannot run, `columns_needed` columns of the facts.
For one manager `measure_manager` narrows the company's tables to his clients: classes stay those of the company.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from kbreport.method.columns import Column
from kbreport.method.enums import BookedAs, FindingLevel, MethodStatus

if TYPE_CHECKING:
    import pandas as pd

    from kbreport.facts import Facts, Parameters, Period

Tables = dict[str, "pd.DataFrame"]


def setting(default: Any, *, source: str, help: str = "", **bounds: Any) -> Any:  # noqa: A002
    """A setting of a method: default, bounds, and where the number comes from (METHODS 0.1)."""
    return Field(default, description=help, json_schema_extra={"source": source}, **bounds)


@dataclass(frozen=True)
class Measured:
    """What `measure` gives when it has more to say than tables."""

    tables: Tables
    status: MethodStatus = MethodStatus.OK
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim with its evidence. Money is that of the clients listed; `fact`, `baseline`, `gap` are the numbers compared.

    `booked_as` says which kind of money it is (METHODS 1.23): within a kind a client's rouble is counted once, in the
    finding that stands first. `values`: the few raw numbers of the sentence. `action`, `who`: what to do.
    `assumption`: the money rests on a probability of our own and stays out of the total of page 1.
    """

    code: str
    level: FindingLevel
    text: str
    detail: str = ""
    action: str = ""
    who: str = ""
    fact: float | None = None
    baseline: float | None = None
    gap: float | None = None
    money: float | None = None
    money_low: float | None = None
    money_high: float | None = None
    basis: str = ""
    clients: tuple[tuple[str, float], ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    booked_as: BookedAs = BookedAs.NONE
    assumption: bool = False


class Base(Protocol):
    """What a method sees of a run: facts of the company (or of one manager), period, parameters, tables of its needs."""

    facts: "Facts"
    period: "Period"
    previous: "Period"
    parameters: "Parameters"
    manager: str | None

    def table(self, method: str, name: str = "main") -> "pd.DataFrame": ...
    def has(self, method: str) -> bool: ...
    def settings(self, method: str) -> "Method": ...
    def card(self) -> "pd.DataFrame": ...


class Norms(BaseModel):
    """Settings that a company may change under one name: those of a method, or of a report made of several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[str]

    @classmethod
    def id(cls) -> str:
        return cls.__module__.rpartition(".")[2]


class Method(Norms):
    """Base of all methods. Subclasses live one per file; the id is the module's stem."""

    number: ClassVar[str]
    section: ClassVar[str]
    question: ClassVar[str]
    columns: ClassVar[dict[str, tuple[Column, ...]]]
    titles: ClassVar[dict[str, str]] = {}
    needs: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()
    inputs: ClassVar[tuple[str, ...]] = ("orders",)
    optional_inputs: ClassVar[tuple[str, ...]] = ()
    sale_types: ClassVar[str] = "TCS"

    def measure(self, base: Base) -> Tables | Measured:
        """Facts → the declared tables. Formats nothing."""
        raise NotImplementedError

    def measure_manager(self, base: Base, company: Tables) -> Tables | Measured:
        """The company's tables as one manager may see them: rows of his clients, rows about himself.

        A table without client or manager column is dropped here unless the method says how to recompute it.
        """
        return {name: part for name, frame in company.items() if (part := _his(frame, base)) is not None}

    def findings(self, tables: Tables, base: Base) -> list[Finding]:
        """Tables → claims. Sees no facts, so what the report says can be checked from what it prints."""
        return []

    def page(self, tables: Tables, findings: list[Finding], base: Base) -> list[dict]:
        """Tables → page blocks, the first of which is the section with its headline."""
        return []


def _his(frame: "pd.DataFrame", base: Base) -> "pd.DataFrame | None":
    if "client_id" in frame:
        return frame[frame["client_id"].isin(base.card()["client_id"])].reset_index(drop=True)
    if "manager_id" in frame:
        return frame[frame["manager_id"] == base.manager].reset_index(drop=True)
    if "scope" in frame and "key" in frame:
        return frame[(frame["scope"] == "manager_id") & (frame["key"] == base.manager)].reset_index(drop=True)
    return None


def kicker(method: Method) -> str:
    """`3.2 · ABC-анализ`, the line above a section's headline."""
    from kbreport.words import _

    return f"{method.section} · {_(method.title)}"


__all__ = ["Base", "Column", "Finding", "Measured", "Method", "MethodStatus", "Norms", "Tables", "kicker", "setting"]
