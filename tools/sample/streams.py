"""A random stream per table, so that a table added later changes no byte of the tables made before it."""

from __future__ import annotations

import hashlib

import numpy as np

SEED = 20230101


def stream(name: str) -> np.random.Generator:
    """Generator that depends on the table's name and the fixed seed only."""
    digest = hashlib.sha256(f"{SEED}:{name}".encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "big") for i in range(0, 32, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def pick(rng: np.random.Generator, values: list, weights: list[float], size: int) -> np.ndarray:
    """`size` draws from `values` with the given weights, by the inverse of the cumulative share."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    places = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(values, dtype=object)[np.minimum(places, len(values) - 1)]
