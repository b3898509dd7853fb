"""Products: the price list of 2023, its yearly rise, unit costs by category margin. All money in kopecks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample import lists
from sample.streams import pick

PRICE_RISE = {2023: 1.00, 2024: 1.08, 2025: 1.165}   # the list is rewritten every January
COST_RISE = {2023: 1.00, 2024: 1.085, 2025: 1.185}   # suppliers rise faster: margin thins out


def goods(rng: np.random.Generator) -> pd.DataFrame:
    """Hidden price list: sku, category, base price and cost in kopecks; the products table is its open part."""
    parts = [_category(rng, *row) for row in lists.CATEGORIES]
    return pd.concat(parts, ignore_index=True)


def _category(rng: np.random.Generator, name: str, code: str, n: int, median: float, margin: float, weight: float,
              season: str) -> pd.DataFrame:
    price = np.round(median * np.exp(0.7 * rng.normal(size=n)) / 5) * 5 + 5
    own = np.clip(margin + 0.03 * rng.normal(size=n), 0.08, 0.45)
    kinds = lists.GOODS[code]
    sizes = rng.permutation(np.arange(10, 10 + 2 * n, 2))[:n]
    names = [f"{kinds[i % len(kinds)]} {code}-{size}" for i, size in enumerate(sizes)]
    launched = np.where(rng.random(n) < 0.2, "2024-02-12", "2021-01-11")
    return pd.DataFrame({
        "sku": [f"{code}-{i:03d}" for i in range(1, n + 1)], "name": names, "category": name,
        "brand": pick(rng, lists.BRANDS, [1] * len(lists.BRANDS), n),
        "is_mml": np.where(np.arange(n) < max(3, n // 8), "true", "false"),
        "launched_on": lists.NEW_CATEGORY_DATE if name == lists.NEW_CATEGORY else launched,
        "price": (price * 100).astype(np.int64), "cost": np.round(price * 100 * (1 - own)).astype(np.int64),
    })


def products(price_list: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The open part of the price list."""
    return price_list[["sku", "name", "category", "brand", "is_mml", "launched_on"]]
