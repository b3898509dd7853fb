"""What moved between two equal periods, and why: clients × frequency × check, the check split into own and mix.

R = N · F · Q of the clients active in each period, chain substitution as in M3.7: clients (N1−N0)·F0·Q0, frequency
N1·(F1−F0)·Q0; the rest, orders1·(Q1−Q0), is parted: `check` = what clients of both periods order for at a time, weighted with
their orders of now; `mix` = orders going to clients with larger or smaller checks, newcomers and leavers among them. `rest` is
net sales of clients who are not active (returns only). Steps are rounded to kopecks and add up to the change exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kbreport.ch3._levers import to_kopecks
from kbreport.words import N_, _, listed, money, n_, percent

STEPS = ("clients", "frequency", "check", "mix", "rest")
TITLES = {"clients": N_("Клиенты"), "frequency": N_("Частота"), "check": N_("Средний чек"), "mix": N_("Состав"), "rest": N_("Прочее")}
TOLERANCE = 1e-9
NAMED = 5


@dataclass(frozen=True)
class Moved:
    """`steps`: contribution by name; `before`, `now`: net sales of everybody; `top`: the clients that explain most."""

    before: float
    now: float
    steps: dict[str, float]
    top: pd.DataFrame
    top_share: float

    @property
    def change(self) -> float:
        return round(self.now - self.before, 2)


def moved(frame: pd.DataFrame, extra: tuple[float, float] = (0.0, 0.0)) -> Moved:
    """`frame`: client_id, client_name, amount_prev, orders_prev, amount, orders, one row per client; missing is no sale.

    `extra`: sales (before, now) of nobody in the frame, such as clients handed over: they go into `rest`.
    """
    known = frame.assign(**{name: frame[name].fillna(0.0).astype("float64") for name in ("amount_prev", "orders_prev", "amount", "orders")})
    before, now = float(known["amount_prev"].sum() + extra[0]), float(known["amount"].sum() + extra[1])
    top, share = _explain(known, now - before)
    return Moved(round(before, 2), round(now, 2), _steps(known, round(before, 2), round(now, 2)), top, share)


def _steps(known: pd.DataFrame, before: float, now: float) -> dict[str, float]:
    a = known[(known["amount_prev"] > TOLERANCE) & (known["orders_prev"] > 0)]
    b = known[(known["amount"] > TOLERANCE) & (known["orders"] > 0)]
    r0, r1 = a["amount_prev"].sum(), b["amount"].sum()
    parts = np.array([[p] for p in _parts(a, b, r0, r1)] + [[(now - r1) - (before - r0)]])
    given = to_kopecks(parts, np.array([now - before]))[:, 0]
    return {name: round(float(value), 2) + 0.0 for name, value in zip(STEPS, given)}


def _parts(a: pd.DataFrame, b: pd.DataFrame, r0: float, r1: float) -> tuple[float, float, float, float]:
    """clients, frequency, check, mix. Where one period has no buyers, the clients are the whole change."""
    if a.empty or b.empty:
        return r1 - r0, 0.0, 0.0, 0.0
    o0, o1 = a["orders_prev"].sum(), b["orders"].sum()
    f0, f1, q0, q1 = o0 / len(a), o1 / len(b), r0 / o0, r1 / o1
    both = b[b["client_id"].isin(a["client_id"])]
    own = float((both["orders"] * (both["amount"] / both["orders"] - both["amount_prev"] / both["orders_prev"])).sum())
    return (len(b) - len(a)) * f0 * q0, len(b) * (f1 - f0) * q0, own, o1 * (q1 - q0) - own


def _explain(known: pd.DataFrame, change: float) -> tuple[pd.DataFrame, float]:
    """The five clients who moved most in the direction of the total (either way where it stood still), and their share of it all."""
    out = known.assign(delta=(known["amount"] - known["amount_prev"]).round(4))
    way = np.sign(round(change, 2))
    out = out[out["delta"] * way > 0] if way else out[out["delta"] != 0]
    whole = out["delta"].abs().sum()
    out = out.assign(_size=out["delta"].abs()).sort_values(["_size", "client_id"], ascending=[False, True], kind="stable").head(NAMED)
    return out.drop(columns="_size").reset_index(drop=True), float(out["delta"].abs().sum() / whole) if whole > 0 else np.nan


# ------------------------------------------------------------------ sentences
def because(found: Moved, currency: str | None) -> str:
    """«Больше всего сдвинули: клиенты −210 тыс. ₽, чек +80 тыс. ₽.»"""
    ranked = sorted(((name, x) for name, x in found.steps.items() if abs(x) >= 0.005), key=lambda s: -abs(s[1]))[:3]
    if not ranked:
        return _("Ни один показатель не сдвинулся.")
    return _("Почему: {list}.").format(list=", ".join(f"{_(TITLES[name]).lower()} {signed_money(x, currency)}" for name, x in ranked))


def who(found: Moved, currency: str | None, most: int = NAMED) -> str:
    """«72 % изменения — 5 клиентов: «Альфа» −120 тыс. ₽, …»"""
    if found.top.empty:
        return ""
    named = [f"{listed([name])} {signed_money(x, currency)}" for name, x in zip(found.top["client_name"].head(most), found.top["delta"])]
    rest = _(" и ещё {n}").format(n=len(found.top) - len(named)) if len(named) < len(found.top) else ""
    still = abs(found.change) < 0.0005 * max(abs(found.before), 1.0)
    way = _("всех изменений") if still else _("всего прироста у клиентов") if found.change > 0 else _("всех потерь у клиентов")
    return n_("{share} {way} — {n} клиент: {list}.", "{share} {way} — {n} клиентов: {list}.", len(found.top), share=percent(found.top_share), way=way, list=", ".join(named) + rest)


def signed_money(x: float, currency: str | None) -> str:
    from kbreport.words import signed

    return signed(money(x, currency))
