"""Opens a company for a period and scope, and measures methods, each once.

`Run` is what notebooks call `base`: `base.measure("abc")` gives a `Result`; needs are measured first and handed over as
tables. Facts and company results are cached as parquet under a fingerprint of inputs, parameters and code, so that a
second report computes nothing again, and a chapter notebook finds what another has measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Mapping

import pandas as pd

from kbreport import book, cache, words
from kbreport.company import Company, open_company
from kbreport.errors import KbreportError, MethodRefused, UsageProblem
from kbreport.facts import Facts, Period
from kbreport.facts.period import find_period
from kbreport.method import Measured, Method, MethodStatus, Tables
from kbreport.method.result import Result
from kbreport.words import N_, _, closest

NEEDS = {  # what an input of a method is called when it is missing
    "orders": words.N_("таблица продаж (orders)"), "order_lines": words.N_("строки заказов (order_lines)"), "margin": words.N_("маржа или себестоимость"),
    "manager_id": words.N_("менеджер в продажах или карточках"), "category": words.N_("категории товаров"),
    "potential": words.N_("объём закупки клиентов (potential)"),
}


@dataclass
class Run:
    """One company, one period, one scope. Implements `method.Base`."""

    company: Company
    facts: Facts
    data: dict
    period: Period
    period_status: str
    period_rule: str
    lang: str
    key: str
    manager: str | None = None
    whole: "Run | None" = None
    side_folder: Path | None = None
    _results: dict[str, Result] = field(default_factory=dict)

    # -------------------------------------------------------------- what methods see
    @property
    def parameters(self):
        return self.facts.parameters

    @cached_property
    def previous(self) -> Period:
        return self.period.previous()

    @property
    def company_facts(self) -> Facts:
        """Facts of the whole company: only for norms and classes, never for rows that are shown."""
        return self.whole.facts if self.whole else self.facts

    @cached_property
    def comparison(self) -> str:
        """Status of every comparison with P-1: insufficient where the history does not cover it (METHODS 1.2)."""
        return "ok" if self.previous.start >= self.company_facts.history_start else "insufficient"

    def card(self) -> pd.DataFrame:
        """CL: client_id, client_name, manager_id (at as_of), one row per client of the scope."""
        return self._card.copy()

    @cached_property
    def _card(self) -> pd.DataFrame:
        if self.whole:
            card = self.whole._card
            return card[card["manager_id"] == self.manager].reset_index(drop=True)
        owner = self.facts.manager_at(self.facts.as_of.date)
        card = self.facts.clients[["client_id", "client_name"]].copy()
        card["manager_id"] = card["client_id"].map(owner)
        return card

    @cached_property
    def managers(self) -> dict[str, str]:
        """Name by manager_id; an id without a name is its own name."""
        ids = set(self.facts.order_days["manager_id"].dropna().unique()) | set(self._card["manager_id"].dropna().unique())
        names = dict.fromkeys(sorted(ids))
        table = self.facts.others.get("managers")
        if table is not None and "name" in table:
            names |= dict(zip(table["manager_id"], table["name"].where(table["name"].notna(), None)))
        return {key: name or key for key, name in names.items()}

    def manager_name(self, manager_id: str) -> str:
        return self.managers.get(manager_id, manager_id)

    def table(self, method: str, name: str = "main") -> pd.DataFrame:
        """A table of a method this one needs; MethodRefused when that method has none."""
        result = self.measure(method)
        if name not in result.tables:
            raise MethodRefused(N_("Нужен метод {method}: {reason}"), method=method, reason=result.reason or _("нет данных"))
        return result.tables[name].copy()

    def has(self, method: str) -> bool:
        """True when an optional method has tables to offer."""
        return method in book.places() and bool(self.measure(method).tables)

    def settings(self, method: str) -> Method:
        return self.company.norms_of(method)

    # -------------------------------------------------------------- measuring
    def measure(self, key: str) -> Result:
        """The result of one method (id, «M3.2» or a section that only it has), measured at most once."""
        method_id = key if key in book.places() else book.one(key).id()
        if method_id not in self._results:
            for name in book.in_order([method_id]):
                if name not in self._results:
                    self._results[name] = self._measured(name)
        return self._results[method_id]

    def fed(self, method_id: str) -> str:
        """Empty when the data can feed the method, else the reason why not."""
        method = book.load(method_id)
        missing = [name for name in method.inputs if not self._there(name)]
        if missing:
            return _("нет данных: {what}").format(what=", ".join(_(NEEDS[name]) if name in NEEDS else name for name in missing))
        for need in method.needs:
            if need not in book.places():
                return _("нужен метод {method}").format(method=need)
            if reason := self.fed(need):
                return reason
        return ""

    def _there(self, name: str) -> bool:
        facts = self.company_facts
        answers = {"orders": True, "margin": facts.has_margin, "manager_id": facts.has_managers, "category": facts.category_months is not None,
                   "order_lines": facts.category_months is not None or bool((facts.order_days["n_lines"] > 0).any()), "clients": self.data.get("has_clients", False)}
        return answers[name] if name in answers else name in facts.others

    def _measured(self, method_id: str) -> Result:
        method = self.company.norms_of(method_id)
        result = self._blank(method)
        with words.speaking(self.lang):
            reason = self.fed(method_id)
        if reason:
            return self._refused(result, reason)
        found = None if self.whole else cache.load_result(self._result_key(method), result)
        if found is None:
            try:
                measured = self._numbers(method)
            except MethodRefused as refused:
                with words.speaking(self.lang):
                    return self._refused(result, str(refused))
            result.tables, result.status, result.reason = measured.tables, measured.status, measured.reason
            _check_columns(method, result.tables)
            if not self.whole:
                cache.save_result(self._result_key(method), result)
        self._speak(method, result)
        return result

    def _speak(self, method: Method, result: Result) -> None:
        """Tables → sentences now, the page when somebody looks at it. In the language of the run, so it is not cached."""
        with words.speaking(self.lang):
            result.findings = method.findings(result.tables, self)
        result.draw = lambda: self._drawn(method, result)

    def _drawn(self, method: Method, result: Result) -> list[dict]:
        with words.speaking(self.lang):
            return method.page(result.tables, result.findings, self)

    def _numbers(self, method: Method) -> Measured:
        with words.speaking(self.lang):
            if self.whole:
                company = self.whole.measure(method.id())
                if company.status == MethodStatus.REFUSED:
                    raise MethodRefused("{reason}", reason=company.reason)
                got = method.measure_manager(self, {name: frame.copy() for name, frame in company.tables.items()})
                return got if isinstance(got, Measured) else Measured(got, company.status, company.reason)
            got = method.measure(self)
        return got if isinstance(got, Measured) else Measured(got)

    def _blank(self, method: Method) -> Result:
        with words.speaking(self.lang):
            return Result(method.id(), method.number, method.section, _(method.title), MethodStatus.OK, lang=self.lang, columns=dict(method.columns),
                          titles={k: _(v) for k, v in method.titles.items()}, settings=self.company.spoken_settings(method.id()),
                          provenance=self.provenance(), side_folder=self.side_folder)

    def _refused(self, result: Result, reason: str) -> Result:
        result.status, result.reason = MethodStatus.REFUSED, reason
        return result

    def _result_key(self, method: Method) -> str:
        used = [self.company.norms_of(name).model_dump(mode="json") for name in book.in_order([method.id()])]
        room = book.places()[method.id()]  # a method may read the settings of its chapter without needing their tables
        near = {name: s.value for name, s in self.company.settings.items() if book.places().get(name.partition(".")[0]) == room}
        return cache.key_of(self.key, self.lang, self.period.slug, str(self.period.end), method.id(), used, near, self.company.norms)

    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: company, period, as-of, files with sha256."""
        return {"company": self.company.name, "period": self.period.slug, "start": self.period.start.isoformat(), "end": self.period.last.isoformat(),
                "as_of": self.facts.as_of.date.isoformat(), "manager": self.manager, "currency": self.facts.currency, "vat": self.facts.meta.get("vat"),
                "inputs": [{k: source[k] for k in ("file", "sha256")} for source in self.data.get("sources", [])]}

    def fed_methods(self) -> dict[str, str]:
        """Every method in the order of the book: id → reason why not («» = it can be measured)."""
        return {m.id(): self.fed(m.id()) for m in book.methods()}


# ------------------------------------------------------------------ opening
def open_run(place: str | Path | Company, *, manager: str | None = None, period: str | None = None, as_of: str | None = None,
             lang: str | None = None, settings: Mapping[str, Any] | None = None, side_folder: Path | None = None) -> Run:
    """Open a company for a period and a scope. Facts come from the cache where inputs, parameters and code are the same."""
    company = place if isinstance(place, Company) else open_company(place)
    overrides = dict(settings or {}) | ({"period": period} if period else {}) | ({"as_of": as_of} if as_of else {})
    if overrides:
        company = company.changed(overrides)
    lang = lang or (None if "KB_LANG" in _environ() else company.lang) or words.language()
    with words.speaking(lang):
        facts, data, key = cache.facts_of(company)
        found, status, rule = find_period(company.parameters.period, facts.as_of.date, facts.history_start)
        place = side_folder or (Path(_environ()["KB_RESULTS"]) if _environ().get("KB_RESULTS") else None)
        run = Run(company, facts.led(found), data, found, status, rule, lang, key, side_folder=place)
        return run if not manager else narrowed(run, manager)


def _environ() -> Mapping[str, str]:
    import os

    return os.environ


def narrowed(run: Run, manager: str) -> Run:
    """The run of one manager (id or name): rows of his clients only, classes and norms of the whole company."""
    found = one_manager(run, manager)
    mine = run._card.loc[run._card["manager_id"] == found, "client_id"]
    facts = run.facts.only(pd.Index(mine), (found,))
    return Run(run.company, facts, _without_names(run.data), run.period, run.period_status, run.period_rule, run.lang, run.key, found, run, run.side_folder)


def one_manager(run: Run, manager: str) -> str:
    """The id of a manager named by id or name; UsageProblem names the closest."""
    ids = [key for key, name in run.managers.items() if manager in (key, name)]
    if not ids:
        near = closest(manager, [*run.managers, *run.managers.values()])
        raise UsageProblem(N_("Менеджера «{manager}» в данных нет."), remedy=N_("Возможно, {near}?") if near else "", manager=manager, near=near)
    return ids[0]


def _without_names(data: dict) -> dict:
    """What a manager's report may say of the files: counts and money. Examples and problem cells could name other managers' clients."""
    safe = dict(data) | {"checks": [], "problems": [], "n_problems": 0}
    for name in ("ledger", "lines_ledger"):
        if safe.get(name):
            safe[name] = dict(data[name]) | {"excluded": [dict(e) | {"examples": []} for e in data[name]["excluded"]]}
    return safe


def _check_columns(method: Method, tables: Tables) -> None:
    """Declared columns come first and in order; a mismatch is a bug of the method, not of the data."""
    for name, columns in method.columns.items():
        declared = [c.name for c in columns]
        if name in tables and list(tables[name].columns) != declared:
            raise AssertionError(f"{method.id()}.{name}: declared {declared}, returned {list(tables[name].columns)}")


__all__ = ["KbreportError", "Run", "narrowed", "open_run"]
