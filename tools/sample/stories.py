"""Planted facts of the sample. Each has a handle (`story`), so that the tables and the README can name its client.

`yearly` fixes net purchases of a year in roubles (before returns); the noise of single orders stays, their sum is scaled.
"""

from __future__ import annotations

WHALE, GREW, LOSS, GIANT, SEASONAL = "whale", "grew_and_fell", "big_and_poor", "new_giant", "seasonal"

PLANTED = {
    # The largest client of all: bought every two weeks, narrowed his basket, last order on 20 October 2025.
    WHALE: dict(manager="M06", rhythm=14, noise=0.12, first="2023-01-16", last="2025-10-20", segment="машиностроение",
                yearly={2023: 41_000_000, 2024: 46_500_000, 2025: 34_500_000}, categories=9, discount=0.09),
    # Comes in 2025 with projects that lift the border of class A for everybody.
    GIANT: dict(manager="M06", rhythm=21, noise=0.25, first="2025-01-22", last="", segment="строительство",
                yearly={2025: 49_000_000}, categories=8, discount=0.10),
    # +10 % in 2025, yet class A in 2024 and class B in 2025: classes are relative.
    GREW: dict(manager="M01", rhythm=14, noise=0.10, first="2023-01-19", last="", segment="деревообработка",
               yearly={2023: 2_250_000, 2024: 2_500_000, 2025: 2_632_000}, categories=6, discount=0.05),
    # Among the ten largest, and sold below cost: discounts of a third have eaten the margin.
    LOSS: dict(manager="M05", rhythm=14, noise=0.18, first="2023-02-02", last="", segment="торговля",
               yearly={2023: 8_600_000, 2024: 11_800_000, 2025: 13_900_000}, categories=5, discount=0.33),
    # Buys from May to September only: silent in winter, not lost.
    SEASONAL: dict(manager="M01", rhythm=14, noise=0.20, first="2023-05-11", last="", segment="строительство",
                   yearly={2023: 2_100_000, 2024: 2_300_000, 2025: 2_500_000}, categories=5, discount=0.05,
                   months=(5, 6, 7, 8, 9)),
}
HANDOVER_FROM, HANDOVER_TO, HANDOVER_DATE = "M04", "M05", "2025-07-01"
HANDOVER_LEAK = 14       # clients of the leaver who place their last order within three months of the hand-over
KEEPER = "M02"           # the count of his clients stands still, the money leaves
KEEPER_STAY, KEEPER_SWAP = 30, 5   # 30 stay all three years; 5 small ones replace 5 leavers every January
KEEPER_FADE = 0.70       # yearly factor of what his staying clients buy
NEVER_BOUGHT = 13        # known firms without an order, four of them with a contract
RETURNERS = 9            # silent for months, back in the summer of 2025 after the reactivation wave
WAVE_DATE = "2025-06-02"
SPELLINGS = [  # (kind, how the second card of the same firm is written)
    ("inn", "форма в конце"), ("inn", "без кавычек"), ("name", "другие кавычки"), ("name", "пробелы и регистр"),
]
