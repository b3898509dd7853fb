"""The clients table and the hand-over history, written from the profiles as a company's CRM would hold them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import lists, stories
from sample.streams import pick

TRANSLIT = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
                    "a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch - y - e yu ya".replace("-", "").split(" ")))
COLUMNS = ["client_id", "client_name", "inn", "group_id", "is_internal", "segment", "channel", "region", "manager_id",
           "contract_date", "contract_until", "status_manual", "lost_reason", "source", "email", "phone", "credit_limit",
           "payment_terms_days", "preferences", "first_contact_date", "is_strategic"]


def clients(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Cards of all firms; contact fields filled only partly, as in life."""
    n = len(people)
    card = pd.DataFrame({"client_id": people["client_id"], "client_name": people["firm"]})
    card["inn"] = _blank(rng, _inns(rng, people), 0.90, keep=people["card"] == "inn")
    card["group_id"] = _groups(people)
    card["is_internal"] = np.where(people["card"] == "internal", "true", "false")
    card["segment"] = _blank(rng, people["segment"], 0.94)
    card["channel"] = _blank(rng, people["channel"], 0.97)
    card["region"] = _blank(rng, people["region"], 0.98)
    card["manager_id"] = people["manager"].replace({stories.HANDOVER_FROM: stories.HANDOVER_TO})
    card["manager_id"] = card["manager_id"].where(~card["client_id"].isin(moved_early(people)), "M01")
    card = _contracts(rng, people, card)
    card = _status(rng, people, card)
    card["source"] = _blank(rng, pick(rng, lists.SOURCES, lists.SOURCE_WEIGHTS, n), 0.85)
    card["email"] = _blank(rng, [f"zakaz@{_latin(firm)}.example" for firm in people["firm"]], 0.78)
    card["phone"] = _blank(rng, [f"+7 8172 00-{a:02d}-{b:02d}" for a, b in rng.integers(0, 100, (n, 2))], 0.88)
    terms = people["terms"].to_numpy()
    limit = np.where(terms > 0, np.maximum(100_000, np.round(people["annual"] * terms / 365 * 1.6, -5)), 0).astype(int)
    card["credit_limit"] = _blank(rng, limit, 0.80)
    card["payment_terms_days"] = people["terms"]
    card["preferences"] = _blank(rng, pick(rng, ["доставка до обеда", "звонить после 10:00", "счёт в ЭДО",
                                                 "самовывоз", "заявки по четвергам"], [1, 1, 2, 1, 1], n), 0.30)
    card["first_contact_date"] = people["first_contact"]
    card["is_strategic"] = np.where(people["story"].isin([stories.WHALE, stories.GIANT]), "true", "false")
    return card[COLUMNS]


def history(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Who led the client from when to when; the hand-over of July 2025 and three moves from the hunter to a farmer."""
    start = people["first_contact"].where(people["first_contact"] > "2021-03-22", pd.Timestamp("2021-03-22"))
    table = pd.DataFrame({"client_id": people["client_id"], "manager_id": people["manager"], "valid_from": start,
                          "valid_to": pd.NaT})
    moves = [(people["manager"] == stories.HANDOVER_FROM, stories.HANDOVER_DATE, stories.HANDOVER_TO),
             (people["client_id"].isin(moved_early(people)), "2024-07-01", "M01")]
    parts = [table]
    for mask, day, to in moves:
        table.loc[mask, "valid_to"] = pd.Timestamp(day) - pd.Timedelta(days=1)
        parts.append(pd.DataFrame({"client_id": people.loc[mask, "client_id"], "manager_id": to,
                                   "valid_from": pd.Timestamp(day), "valid_to": pd.NaT}))
    return pd.concat(parts).sort_values(["client_id", "valid_from"], kind="stable")


def managers() -> pd.DataFrame:
    """Six client managers; one left on 30 June 2025."""
    names = ["manager_id", "name", "role", "team", "hired", "fired", "fte", "skill_level", "planned_hours_day"]
    return pd.DataFrame(lists.MANAGERS, columns=names)


def moved_early(people: pd.DataFrame) -> list[str]:
    """Three steady buyers of the hunter, given to a farmer on 1 July 2024."""
    steady = people[(people["manager"] == "M03") & (people["card"] == "main") & (people["story"] == "")
                    & (people["first"] < "2023-12-01") & (people["last"] == pd.Timestamp(lists.END)) & (people["rhythm"] > 0)]
    return sorted(steady["client_id"])[:3]


def check_digit(digits: list[int], weights: list[int]) -> int:
    """Control digit of a Russian INN (weights of the Federal Tax Service)."""
    return sum(d * w for d, w in zip(digits, weights)) % 11 % 10


def _inn(number: int, person: bool) -> str:
    body = [9, 8] + [int(c) for c in f"{number:0{8 if person else 7}d}"]
    if person:
        body.append(check_digit(body, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]))
        return "".join(map(str, body + [check_digit(body, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8])]))
    return "".join(map(str, body + [check_digit(body, [2, 4, 10, 3, 5, 9, 4, 6, 8])]))


def _inns(rng: np.random.Generator, people: pd.DataFrame) -> list[str]:
    numbers = rng.permutation(9_000_000)[: len(people)] + 1_000_000
    made = [_inn(int(number), firm.startswith("ИП")) for number, firm in zip(numbers, people["firm"])]
    by_firm = dict(zip(people["firm"], made))
    return [by_firm[twin] if card == "inn" else "" if card == "name" else inn
            for inn, twin, card in zip(made, people["twin_of"], people["card"])]


def _groups(people: pd.DataFrame) -> np.ndarray:
    """Two holdings: three sawmills of M01 and two builders of M05, ordinary buyers."""
    group = np.full(len(people), "", dtype=object)
    for name, manager, segment, n in (("G01", "M01", "деревообработка", 3), ("G02", "M05", "строительство", 2)):
        fits = (people["manager"] == manager) & (people["segment"] == segment) & (people["story"] == "")
        group[people.index[fits & (people["card"] == "main") & (people["twin_of"] == "")][:n]] = name
    return group


def _blank(rng: np.random.Generator, values, filled: float, keep=None) -> np.ndarray:
    """Keep about `filled` of the values, blank the others; `keep` rows and their twins' values stay whole."""
    values = np.asarray(values, dtype=object)
    whole = np.isin(values.astype(str), values[np.asarray(keep)].astype(str)) if keep is not None else False
    return np.where((rng.random(len(values)) < filled) | whole, values, "")


def _latin(firm: str) -> str:
    core = firm.split("«")[-1].rstrip("»").lower()
    return "".join(TRANSLIT.get(c, c if c.isalnum() else "") for c in core)


def _contracts(rng: np.random.Generator, people: pd.DataFrame, card: pd.DataFrame) -> pd.DataFrame:
    n = len(people)
    signed = people["first"].where(people["first"] > "2023-04-05", people["first_contact"] + pd.Timedelta(days=20))
    signed = signed - pd.to_timedelta(rng.integers(1, 12, n), unit="D")
    has = np.where(people["card"] == "never", rng.random(n) < 0.3, rng.random(n) < 0.84)
    card["contract_date"] = signed.where(has)
    until = pd.to_datetime(pick(rng, ["2025-03-31", "2025-09-30", "2025-12-31", "2026-02-28", "2026-06-30", "2026-12-31"],
                                [4, 5, 18, 12, 16, 20], n))
    card["contract_until"] = pd.Series(until).where(has & (rng.random(n) < 0.72))
    return card


def _status(rng: np.random.Generator, people: pd.DataFrame, card: pd.DataFrame) -> pd.DataFrame:
    """A few manual marks: firms that closed, leavers with a reason; nobody marks everybody."""
    gone = (people["last"] < "2025-04-01") & (people["card"] == "main")
    marked = gone & (rng.random(len(people)) < 0.45)
    closed = marked & (rng.random(len(people)) < 0.22)
    card["status_manual"] = np.where(closed, "closed", np.where(marked, "lost", ""))
    reasons = pick(rng, lists.LOST_REASONS, [30, 28, 12, 0, 18, 12], len(people))
    card["lost_reason"] = np.where(closed, "closed", np.where(marked, reasons, ""))
    active = (card["status_manual"] == "") & (rng.random(len(people)) < 0.25) & (people["card"] == "main")
    card["status_manual"] = card["status_manual"].mask(active, "active")
    return card
