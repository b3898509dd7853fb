"""Purchase volumes as chapter 4 needs them: which window, how old is too old, and what to say about bad volumes."""

from __future__ import annotations

import pandas as pd

from kbreport import page
from kbreport.facts.period import Period
from kbreport.facts.potential import STALE_DAYS, unreadable, volumes, year_to
from kbreport.method import Base
from kbreport.words import _, n_

GAIN_STATES = ("active", "falling_asleep", "new")  # whose free volume is booked as gain (METHODS 1.23); the rest is reactivation
GONE = ("closed", "lost")
THOUSAND = 1000
FEW = 3  # fewer understated volumes are single mistakes, not a wrong unit


def year(base: Base) -> Period:
    """Sales and purchases are compared over the 12 months ending with P, whatever P is (METHODS 1.2)."""
    return year_to(base.period.end, base.company_facts)


def stale_days(base: Base) -> int:
    return base.settings("penetration").stale_days if base.has("penetration") else STALE_DAYS


def measured(base: Base, window: Period) -> pd.DataFrame:
    """CL with the volumes of the window: one row per client of the scope."""
    known = volumes(base.facts, window, base.facts.as_of.date, stale_days(base))
    return base.card().join(known, on="client_id")


def unknown_share(frame: pd.DataFrame) -> float:
    """Share of sales whose client's volume is unknown; by count where nothing was sold."""
    missing, sales = frame["potential_status"] == "missing", frame["amount"].clip(lower=0)
    if sales.sum() > 0:
        return float(sales[missing].sum() / sales.sum())
    return float(missing.mean()) if len(frame) else 0.0


def in_thousands(frame: pd.DataFrame) -> int:
    """How many volumes look as if written in thousands: below our sales, but not when multiplied by 1000. 0 unless most do.

    Nothing is ever rescaled by guess: the reader is told.
    """
    bought = with_volume(frame)
    low = (bought["potential_status"] == "understated") & (bought["purchases_amount"] > 0) & (bought["purchases_amount"] * THOUSAND >= bought["amount"])
    return int(low.sum()) if low.sum() >= FEW and low.mean() >= 0.5 else 0


def with_volume(frame: pd.DataFrame) -> pd.DataFrame:
    """Clients who bought from us and whose volume is known."""
    return frame[frame["purchases_amount"].notna() & (frame["amount"] > 0)]


def thousands_line(n: int, n_known: int) -> str:
    return _("Похоже, объёмы записаны в тысячах: у {n} из {m} клиентов с продажами объём меньше наших продаж. Проверьте единицы в таблице potential.").format(n=n, m=n_known)


def warnings(frame: pd.DataFrame, base: Base, window: Period) -> list[dict]:
    """One clear line for each kind of bad volume, as page blocks."""
    out = []
    if n := in_thousands(frame):
        out.append(page.verdict("bad", _("Объёмам верить нельзя."), thousands_line(n, len(with_volume(frame)))))
    if window.months < 12:
        out.append(page.verdict("warn", _("Истории меньше года."), n_("Объёмы и продажи взяты за {n} месяц.", "Объёмы и продажи взяты за {n} месяцев.", window.months)))
    lines = [text for text in (_understated(frame), _stale(frame, base), *_unread(base)) if text]
    return out + ([page.note(" ".join(lines))] if lines else [])


def _understated(frame: pd.DataFrame) -> str:
    n = int((frame["potential_status"] == "understated").sum())
    return n_("Объём занижен у {n} клиента: он меньше наших продаж, свободного не считаем, спросите заново.",
              "Объём занижен у {n} клиентов: он меньше наших продаж, свободного не считаем, спросите заново.", n) if n else ""


def _stale(frame: pd.DataFrame, base: Base) -> str:
    n = int((frame["potential_status"] == "stale").sum())
    return n_("У {n} клиента объём старше {d} дней: он в расчёте, но его пора обновить.",
              "У {n} клиентов объём старше {d} дней: он в расчёте, но его пора обновить.", n, d=stale_days(base)) if n else ""


def _unread(base: Base) -> list[str]:
    bad = unreadable(base.facts)
    said = {
        "volume": n_("Без объёма или с объёмом меньше нуля {n} строка: объём не выяснен.", "Без объёма или с объёмом меньше нуля {n} строк: объём не выяснен.", bad["volume"]),
        "period": n_("Без числа месяцев {n} строка: годовой объём не посчитать.", "Без числа месяцев {n} строк: годовой объём не посчитать.", bad["period"]),
        "later": n_("Позже отчётной даты {n} строка: в расчёт не взята.", "Позже отчётной даты {n} строк: в расчёт не взяты.", bad["later"]),
        "client": n_("О клиентах, которых нет в базе, {n} строка.", "О клиентах, которых нет в базе, {n} строк.", bad["client"]),
    }
    return [text for name, text in said.items() if bad[name]]
