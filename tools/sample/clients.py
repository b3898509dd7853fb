"""Hidden profiles of buyers, and the tables a company would know of them: clients, client_manager_history.

A profile says who the buyer is (segment, size), how he buys (rhythm, noise, drift) and when his life here begins and ends.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import lists, stories
from sample.streams import pick

START, END = pd.Timestamp(lists.START), pd.Timestamp(lists.END)
# Per manager: median yearly roubles, its log-sigma, yearly drift, share of buyers who came after the start, yearly loss.
CEILING = 40_000_000
HABITS = {
    "M01": (420_000, 1.75, 1.15, 0.15, 0.04),
    "M02": (700_000, 1.35, stories.KEEPER_FADE, 0.00, 0.00),
    "M03": (280_000, 1.65, 1.02, 0.78, 0.22),
    "M04": (480_000, 1.70, 1.06, 0.12, 0.04),
    "M05": (340_000, 1.75, 0.98, 0.20, 0.10),
    "M06": (3_400_000, 1.30, 1.12, 0.20, 0.05),
}


def profiles(rng: np.random.Generator) -> pd.DataFrame:
    """One row per card: buyers of six managers, planted ones, never-buyers, the internal firm, duplicate cards."""
    parts = [_portfolio(rng, manager, n) for manager, n in lists.PORTFOLIOS.items()]
    parts += [_planted(rng), _never(rng), _internal()]
    people = pd.concat(parts, ignore_index=True)
    people = _leak(rng, _returners(rng, people))
    people["firm"] = _firms(rng, people)
    people = pd.concat([people, _second_cards(rng, people)], ignore_index=True)
    people["first_contact"] = _first_contact(rng, people)
    people = people.sort_values(["first_contact", "firm", "card"], kind="stable").reset_index(drop=True)
    people["client_id"] = [f"C{i:03d}" for i in range(1, len(people) + 1)]
    return people


def _portfolio(rng: np.random.Generator, manager: str, n: int) -> pd.DataFrame:
    median, sigma, drift, new_share, loss = HABITS[manager]
    rhythm = pick(rng, lists.RHYTHMS, lists.RHYTHM_WEIGHTS[manager], n).astype(int)
    size = median * np.exp(sigma * rng.normal(size=n)) * (30 / np.where(rhythm == 0, 60, rhythm)) ** 0.35
    first = START + pd.to_timedelta((rng.random(n) * np.where(rhythm == 0, 60, rhythm)).astype(int) + 9, unit="D")
    size = CEILING * -np.expm1(-size / CEILING)  # nobody but the whale is larger than that
    late = rng.random(n) < new_share
    first = first.where(~late, START + pd.to_timedelta((rng.random(n) * 1040 + 40).astype(int), unit="D"))
    frame = pd.DataFrame({
        "manager": manager, "rhythm": rhythm, "annual": size, "drift": drift * np.exp(0.10 * rng.normal(size=n)),
        "noise": 0.10 + 0.40 * rng.random(n), "first": first, "last": END,
        "discount": np.round(0.02 + 0.11 * rng.random(n), 3), "n_categories": rng.integers(2, 8, n),
        "story": "", "card": "main", "twin_of": "", "months": "",
    })
    frame = _background(rng, frame)
    life = -np.log(1 - rng.random(n)) * 365 / max(loss, 1e-9)
    frame["last"] = np.minimum(frame["last"], frame["first"] + pd.to_timedelta(np.minimum(life, 4000).astype(int), unit="D"))
    if manager == "M03":  # hunters bring many who try once or twice
        tried = (rng.random(n) < 0.38) & late
        frame.loc[tried, "last"] = frame["first"] + pd.to_timedelta(rng.integers(0, 50, n), unit="D")
    return _keeper(rng, frame) if manager == stories.KEEPER else frame


def _background(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    n = len(frame)
    frame["segment"] = pick(rng, lists.SEGMENTS, lists.SEGMENT_WEIGHTS, n)
    frame["channel"] = pick(rng, lists.CHANNELS, lists.CHANNEL_WEIGHTS, n)
    frame["region"] = pick(rng, lists.REGIONS, lists.REGION_WEIGHTS, n)
    frame["terms"] = pick(rng, [0, 14, 30, 45, 60], [18, 22, 36, 16, 8], n).astype(int)
    frame["pays_late"] = np.where(rng.random(n) < 0.13, 25.0, 2.0)
    return frame


def _keeper(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """30 stay, 5 leave in December 2023 and 5 in December 2024, each five replaced by small newcomers in January."""
    stay, swap = stories.KEEPER_STAY, stories.KEEPER_SWAP
    old_1, old_2 = slice(stay, stay + swap - 1), slice(stay + swap, stay + 2 * swap - 1)
    new_1, new_2 = slice(stay + 2 * swap, stay + 3 * swap - 1), slice(stay + 3 * swap, stay + 4 * swap - 1)
    frame.loc[old_1, "last"], frame.loc[old_2, "last"] = pd.Timestamp("2023-12-15"), pd.Timestamp("2024-12-13")
    frame.loc[new_1, "first"], frame.loc[new_2, "first"] = pd.Timestamp("2024-01-15"), pd.Timestamp("2025-01-15")
    newcomers = slice(stay + 2 * swap, None)
    frame.loc[newcomers, "annual"] = 90_000 + 120_000 * rng.random(2 * swap)
    frame.loc[newcomers, ["rhythm", "drift"]] = [30, 1.0]
    return frame


def _planted(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for story, facts in stories.PLANTED.items():
        rows.append({
            "manager": facts["manager"], "rhythm": facts["rhythm"], "annual": 1.0, "drift": 1.0, "noise": facts["noise"],
            "first": pd.Timestamp(facts["first"]), "last": pd.Timestamp(facts["last"] or lists.END),
            "discount": facts["discount"], "n_categories": facts["categories"], "story": story, "card": "main",
            "twin_of": "", "months": "|".join(map(str, facts.get("months", ()))),
        })
    frame = _background(rng, pd.DataFrame(rows))
    frame["segment"] = [facts["segment"] for facts in stories.PLANTED.values()]
    frame["channel"], frame["terms"], frame["pays_late"] = "прямые продажи", 30, 2.0
    return frame


def _never(rng: np.random.Generator) -> pd.DataFrame:
    frame = _portfolio(rng, "M03", stories.NEVER_BOUGHT)
    frame["card"], frame["manager"] = "never", pick(rng, ["M03", "M05"], [9, 4], len(frame))
    frame["first"] = START + pd.to_timedelta(rng.integers(200, 1000, len(frame)), unit="D")
    return frame


def _internal() -> pd.DataFrame:
    return pd.DataFrame([{
        "manager": "M05", "rhythm": 30, "annual": 3_600_000.0, "drift": 1.0, "noise": 0.15, "first": pd.Timestamp("2023-01-25"),
        "last": END, "discount": 0.22, "n_categories": 6, "story": "", "card": "internal", "twin_of": "", "months": "",
        "segment": "торговля", "channel": "прямые продажи", "region": "Вологодская область", "terms": 0, "pays_late": 0.0,
    }])


def _returners(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Nine ordinary buyers fall silent in the winter of 2024/25 and come back after the wave of June 2025."""
    able = people["manager"].isin(["M01", "M05", "M03"]) & people["rhythm"].between(14, 45) & (people["story"] == "")
    able &= (people["card"] == "main") & (people["first"] < "2024-03-01") & (people["last"] == END)
    chosen = people.index[able][np.argsort(rng.random(int(able.sum())))[: stories.RETURNERS]]
    people["pause_from"], people["pause_to"] = pd.NaT, pd.NaT
    pauses = pd.Timestamp("2024-11-20") + pd.to_timedelta(rng.integers(0, 60, len(chosen)), unit="D")
    back = pd.Timestamp(stories.WAVE_DATE) + pd.to_timedelta(rng.integers(9, 70, len(chosen)), unit="D")
    people.loc[chosen, "pause_from"], people.loc[chosen, "pause_to"] = pauses, back
    people.loc[chosen, "story"] = "returner"
    return people


def _leak(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """After the hand-over fourteen clients of the leaver place a last order within three months, the others buy less."""
    mine = people.index[(people["manager"] == stories.HANDOVER_FROM) & (people["last"] == END) & (people["rhythm"] <= 45)]
    gone = mine[np.argsort(rng.random(len(mine)))[: stories.HANDOVER_LEAK]]
    days = pd.to_timedelta(rng.integers(2, 85, len(gone)), unit="D")
    people.loc[gone, "last"] = pd.Timestamp(stories.HANDOVER_DATE) + days
    people.loc[gone, "story"] = "leaked"
    return people


def _firms(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    """Unique invented names: a northern river and a trade, or a sole trader."""
    names, used = [], set()
    for segment, card, story in zip(people["segment"], people["card"], people["story"]):
        while True:
            stem, trade = lists.STEMS[rng.integers(len(lists.STEMS))], lists.TRADES[segment][rng.integers(6)]
            form = rng.random()
            person = f"{lists.SURNAMES[rng.integers(len(lists.SURNAMES))]} {lists.INITIALS[rng.integers(8)]}"
            name = f"ИП {person}" if form < 0.13 and story not in stories.PLANTED else f"{'АО' if form > 0.93 else 'ООО'} «{stem}{trade}»"
            if name.split("«")[-1] not in used:
                break
        used.add(name.split("«")[-1])
        names.append("ООО «Двинский Промснаб — Розница»" if card == "internal" else name)
    return np.asarray(names, dtype=object)


def _second_cards(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Four firms with a second card: two share the INN, two only the name in another spelling."""
    able = people.index[(people["card"] == "main") & (people["story"] == "") & (people["rhythm"].between(7, 30))
                        & people["firm"].str.startswith("ООО") & (people["first"] < "2023-06-01") & (people["last"] == END)
                        & people["manager"].isin(["M01", "M05"])]
    chosen = able[np.argsort(rng.random(len(able)))[: len(stories.SPELLINGS)]]
    second = people.loc[chosen].copy()
    second["twin_of"], second["card"] = second["firm"], [kind for kind, _ in stories.SPELLINGS]
    second["firm"] = [_spell(firm, how) for firm, (_, how) in zip(second["firm"], stories.SPELLINGS)]
    second["first"] = pd.Timestamp("2024-05-20")
    return second


def _spell(firm: str, how: str) -> str:
    core = firm.split("«")[1].rstrip("»")
    return {"форма в конце": f"{core}, ООО", "без кавычек": f"ООО {core}", "другие кавычки": f'ООО "{core}"',
            "пробелы и регистр": f"ооо  «{core.upper()}»"}[how]


def _first_contact(rng: np.random.Generator, people: pd.DataFrame) -> pd.Series:
    n = len(people)
    before = np.where(people["first"] < "2023-04-05", rng.integers(200, 2600, n), rng.integers(3, 75, n))
    return people["first"] - pd.to_timedelta(before, unit="D")
