"""What the process of one manager's report may see: rows of his clients, his own sales, and aggregates over at least five others.

A bundle is a folder: `meta.json` and one parquet file per frame. Nothing else of the company reaches the report, so nothing
else can leak into it: not by a title, a side file or a metadata field.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kbreport.words import missing

if TYPE_CHECKING:
    from kbreport.month.department import Department


@dataclass(frozen=True)
class Bundle:
    """`clients`: his, one row each · `orders`: their order dates · `days`, `months`: his own sales · `deals`: his open deals by stage."""

    meta: dict[str, Any]
    frames: dict[str, pd.DataFrame]

    def save(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in self.frames.items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
        (folder / "meta.json").write_text(json.dumps(self.meta, ensure_ascii=False, sort_keys=True, default=str), encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: Path) -> "Bundle":
        frames = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
        return cls(json.loads((folder / "meta.json").read_text(encoding="utf-8")), frames)


def bundle_of(d: "Department", manager: str) -> Bundle:
    """One manager's rows of the department's frames, and what may be said of the others."""
    clients = d.clients[(d.clients["manager_id"] == manager).fillna(False)].reset_index(drop=True)
    frames = {"clients": clients.drop(columns="is_returned"), "orders": d.orders[d.orders["client_id"].isin(clients["client_id"])].reset_index(drop=True)}
    frames["days"] = _of(d.days, manager, "date amount")
    plans = d.plan_months[d.plan_months["manager_id"] == manager].set_index("month")["plan_amount"]
    frames["months"] = _of(d.months, manager, "month amount").assign(plan_amount=lambda t: t["month"].map(plans).astype("float64"))
    if d.deals is not None:
        frames["deals"] = _of(d.deals, manager, "stage n_deals amount n_old")
    return Bundle(_meta(d, manager), frames)


def _of(frame: pd.DataFrame, manager: str, names: str) -> pd.DataFrame:
    return frame.loc[frame["manager_id"] == manager, names.split()].reset_index(drop=True)


def _meta(d: "Department", manager: str) -> dict[str, Any]:
    from kbreport.month.clients import kind_of
    from kbreport.month.department import coming

    run, whole = d.month, d.whole
    days, passed = d.workdays
    row = d.figures.loc[manager] if manager in d.figures.index else d.figures.reindex([manager]).iloc[0]
    return {"manager": manager, "manager_name": run.manager_name(manager), "company": run.company.name, "lang": run.lang, "brand": _brand(run), "currency": run.facts.currency,
            "vat": run.facts.meta.get("vat") or "unknown", "as_of": d.as_of.isoformat(), "as_of_rule": run.facts.as_of.rule,
            "period": {"start": whole.start.isoformat(), "end": whole.end.isoformat(), "months": whole.months, "slug": whole.slug, "status": run.period_status, "rule": run.period_rule},
            "previous": d.month.previous.start.isoformat(), "history_start": d.facts.history_start.isoformat(), "year_rule": d.year.period_rule, "year_status": d.year.period_status,
            "coming": [coming(whole).start.isoformat(), coming(whole).end.isoformat()], "workdays": [x.isoformat() for x in days], "workdays_passed": passed, "kind": kind_of(d),
            "lookback_ok": _lookback(d), "figures": {name: _plain(value) for name, value in row.items()}, "others": d.others(manager), "norms": d.norms.model_dump(), "settings": run.company.spoken_settings("manager_month"), "has": _has(d), "elapsed": _plain(d.elapsed), "next": d.trust,
            "debts_of": d.debts_of.date().isoformat() if d.debts_of is not None else None, "provenance": run.provenance() | {"manager": manager}}


def _brand(run) -> dict:
    brand = dict(run.company.brand)
    return brand | ({"logo": str(run.company.folder / brand["logo"])} if brand.get("logo") else {})


def _lookback(d: "Department") -> bool:
    """Is the history long enough before P to call a first order new (METHODS 1.7)?"""
    from kbreport.facts.period import add_months

    return add_months(d.month.period.start, -d.month.parameters.lookback) >= d.facts.history_start


def _has(d: "Department") -> dict[str, bool]:
    """Which tables the company has: what the page says it could not show."""
    others = d.facts.others
    return {"plans": bool(d.figures["plan"].notna().any()), "margin": bool(d.figures["margin"].notna().any()), "debts": bool(d.clients["debt"].notna().any()),
            "touches": bool(d.clients["touches"].notna().any()), "potential": "potential" in others, "deals": d.deals is not None}


def _plain(value):
    return None if missing(value) else float(value)
