"""Profiles: what the exports of known systems look like (`profiles/*.yml`), and which of them a file is.

    id, title (ru, en), table   `sales` is orders or order_lines, as the columns say
    conf        A seen in code that reads real files, B documented by the vendor, C a draft: the user is asked to confirm
    layout      flat (one header row) | report (1С: title block, stacked header, tree and/or matrix)
    detect      title: words of the title block; header_all: every one is a header; header_any: at least one; header_some: a
                bonus each; header_need: [words, how many of them]; header_none: none of them
    columns     our column → its headers here; a header of stacked rows is «upper/lower»
    ignored     headers that are known and not needed
    levels      of a tree from the outside in: field, labels in the header, pattern of its rows, side columns, `above` when it
                may stand above the client
    across      what may stand in columns (month, date, manager_name)
    status      value of the closed list → words of a stage (`успешн*` is a beginning)
    closing     headers of a day that is expected while a deal is open and real afterwards
    only        rows that count: those with one of the values under the first of the headers that is there
    first_of    columns whose cells join several values with `;`: the first is taken
    one_row_of_many  {id, sum}: several rows of one id become one, its sums added
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from kbreport.intake.mapping import bare, key
from kbreport.words import language

LOOK = 25  # rows in which a title or a header may stand
TITLE, HEADER = 3, 1  # points


@dataclass(frozen=True)
class Level:
    """One level of a tree."""

    field: str
    labels: tuple[str, ...]
    pattern: str | None = None
    side: dict[str, tuple[str, ...]] = field(default_factory=dict)
    optional: bool = False
    above: bool = False


@dataclass(frozen=True)
class Profile:
    id: str
    titles: dict[str, str]
    table: str
    conf: str
    layout: str
    detect: dict[str, Any]
    columns: dict[str, tuple[str, ...]]
    ignored: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    across: tuple[str, ...] = ()
    status: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closing: tuple[str, ...] = ()
    only: dict[str, Any] | None = None
    first_of: tuple[str, ...] = ()
    one_row_of_many: dict[str, str] | None = None

    @property
    def title(self) -> str:
        """The name of the export in the language of the moment."""
        return self.titles.get(language(), self.titles["ru"])

    @property
    def draft(self) -> bool:
        """True when its headers come from no real file: the user must confirm the mapping."""
        return self.conf == "C"


@lru_cache
def profiles() -> dict[str, Profile]:
    """All profiles by id, in the order of the files."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Profile] = {}
    for path in sorted((Path(__file__).parent / "profiles").glob("*.yml")):
        for body in yaml.load(path.read_text(encoding="utf-8"), Loader=loader):
            found[body["id"]] = _profile(body)
    return found


def _profile(body: dict[str, Any]) -> Profile:
    levels = tuple(Level(x["field"], _words(x["labels"]), x.get("pattern"), {c: _words(w) for c, w in x.get("side", {}).items()}, bool(x.get("optional")), bool(x.get("above")))
                   for x in body.get("levels", ()))
    return Profile(body["id"], body["title"], body["table"], body["conf"], body["layout"], body["detect"], {c: _words(w) for c, w in body["columns"].items()}, _words(body.get("ignored", ())),
                   levels, tuple(body.get("across", ())), {v: _words(w) for v, w in body.get("status", {}).items()}, _words(body.get("closing", ())), body.get("only"),
                   tuple(body.get("first_of", ())), body.get("one_row_of_many"))


def _words(many: Any) -> tuple[str, ...]:
    return tuple(str(w) for w in many)


def recognised(rows: Sequence[Sequence[str]]) -> Profile | None:
    """The profile that the first rows (titles and headers, as text) fit best; None when none does."""
    texts = [[c.strip() for c in row if c.strip()] for row in rows[:LOOK]]
    titles = [_plain(" ".join(row)) for row in texts]
    headers = {k for row in texts for c in row for k in (key(c), key(bare(c)))}
    scored = [(score, -i, profile) for i, profile in enumerate(profiles().values()) if (score := _score(profile, titles, headers))]
    return max(scored, key=lambda s: s[:2])[2] if scored else None


def _score(profile: Profile, titles: Sequence[str], headers: set[str]) -> int:
    """0 = out. Titles weigh most; a profile that has neither a title nor a required header is not told by bonuses alone."""
    d = profile.detect
    named = any(_plain(w) in t for w in d.get("title", ()) for t in titles)
    everything = [key(w) in headers for w in d.get("header_all", ())]
    some = sum(key(w) in headers for w in (*d.get("header_any", ()), *d.get("header_some", ())))
    need = d.get("header_need")
    if not all(everything) or any(key(w) in headers for w in d.get("header_none", ())) or (d.get("header_any") and not any(key(w) in headers for w in d["header_any"])):
        return 0
    if need and sum(key(w) in headers for w in need[0]) < need[1]:
        return 0
    if d.get("title") and not named and (profile.layout == "report" or not everything):
        return 0
    return TITLE * named + 2 * HEADER * sum(everything) + HEADER * some + HEADER


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold().replace("ё", "е")).strip()


def preset(profile: Profile, headers: Sequence[str]) -> dict[str, int]:
    """Our column → index of its header, as the profile says; the first of several equal headers counts."""
    places: dict[str, int] = {}
    for i, header in reversed(list(enumerate(headers))):
        places[key(bare(header))] = i
    for i, header in reversed(list(enumerate(headers))):
        places[key(header)] = i
    found: dict[str, int] = {}
    for column, words in profile.columns.items():
        place = next((places[key(w)] for w in words if key(w) in places and places[key(w)] not in found.values()), None)
        if place is not None:
            found[column] = place
    return found
