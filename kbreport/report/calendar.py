"""`tables/touches.calendar.ics`: the calendar of touches as iCalendar (RFC 5545), one all-day event per touch.

Nothing in it depends on the clock: UID is a sha256 of company, client, day and occasion, DTSTAMP is the as-of date. Escaping
and folding are the `icalendar` library's, so a client called `\\nBEGIN:VEVENT` stays a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kbreport.report.files import write_bytes
from kbreport.report.results import ResultRecord
from kbreport.words import N_, _

if TYPE_CHECKING:
    import pandas as pd
    from icalendar import Event

NAME = "touches.calendar.ics"
KIND = {"reactivation": N_("реактивация"), "mandatory": N_("обязательное касание"), "standard": N_("плановое касание")}


def write_calendar(records: Iterable[ResultRecord], folder: Path, company: str, as_of: date) -> list[Path]:
    """The file beside the tables; none where no touches were planned."""
    found = [r.tables["calendar"].frame for r in records if r.method == "touches" and "calendar" in r.tables]
    if not found or found[0].empty:
        return []
    return [write_bytes(folder / NAME, ics_bytes(found[0], company, as_of))]


def ics_bytes(calendar: "pd.DataFrame", company: str, as_of: date) -> bytes:
    """The rows of the table `touches.calendar` (date, client_id, client_name, manager_id, class, occasion, kind) as iCalendar."""
    from icalendar import Calendar

    out = Calendar()
    out.add("prodid", "-//kbreport//touches//RU")
    out.add("version", "2.0")
    out.add("method", "PUBLISH")
    out.add("x-wr-calname", _("Касания: {company}").format(company=_safe(company)))
    stamp = datetime.combine(as_of, time(), UTC)
    said = calendar.astype(object).where(calendar.notna(), None)
    for row in zip(*(said[name] for name in ("date", "client_id", "client_name", "manager_id", "class", "occasion", "kind"))):
        out.add_component(_event(*row, company=company, stamp=stamp))
    return out.to_ical()


def _event(when: datetime, client: str, name: str | None, manager: str | None, letter: str | None, occasion: str | None, kind: str, *, company: str, stamp: datetime) -> "Event":
    """An all-day event that leaves the day free (TRANSPARENT)."""
    from icalendar import Event

    from kbreport.method.vocabulary import pinned

    event, first = Event(), when.date()
    event.add("uid", hashlib.sha256("|".join((company, str(client), first.isoformat(), occasion or kind)).encode()).hexdigest()[:32] + "@kbreport")
    event.add("dtstamp", stamp)
    event.add("dtstart", first)
    event.add("dtend", first + timedelta(days=1))
    what = pinned("occasion", occasion) if occasion else _(KIND.get(kind, KIND["standard"]))
    event.add("summary", f"{_safe(name or client)}: {what}")
    lines = [_("Класс {letter}").format(letter=letter) if letter else "", _("Менеджер {manager}").format(manager=_safe(manager)) if manager else "", _("Код клиента {client}").format(client=_safe(client))]
    event.add("description", "\n".join(line for line in lines if line))
    event.add("transp", "TRANSPARENT")
    return event


def _safe(text: str) -> str:
    """A foreign text without control characters: RFC 5545 allows none of them in a value."""
    return "".join(c if c.isprintable() or c == " " else " " for c in str(text))
