"""95 % intervals of METHODS section 1, point 19: Wilson for a proportion, Newcombe for a difference, jackknife over clients.

Student's t without scipy: the Cornish–Fisher expansion (Abramowitz & Stegun 26.7.5), good to 1e-4 from 7 degrees of freedom.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

Z = 1.959963984540054


def wilson(k: float, n: float) -> tuple[float, float]:
    """Interval of the proportion k/n; NaN for n = 0."""
    if not n > 0:
        return np.nan, np.nan
    p, z2 = k / n, Z * Z
    centre, half = p + z2 / (2 * n), Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, (centre - half) / (1 + z2 / n)), min(1.0, (centre + half) / (1 + z2 / n))


def newcombe(k1: float, n1: float, k2: float, n2: float) -> tuple[float, float]:
    """Interval of k1/n1 − k2/n2 from the two Wilson intervals (hybrid score)."""
    (l1, u1), (l2, u2) = wilson(k1, n1), wilson(k2, n2)
    if np.isnan(l1) or np.isnan(l2):
        return np.nan, np.nan
    p1, p2 = k1 / n1, k2 / n2
    d = p1 - p2
    return d - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2), d + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)


def student(df: int) -> float:
    """The 97.5 % point of Student's t."""
    g = [(Z**3 + Z) / 4, (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96, (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
         (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92160]
    return Z + sum(c / df ** (i + 1) for i, c in enumerate(g))


def jackknife_ratio(numerator: np.ndarray, denominator: np.ndarray, min_n: int = 8) -> tuple[float, float, float]:
    """(low, high, standard error) of Σ numerator / Σ denominator, deleting one client at a time; NaN below `min_n` clients."""
    n = len(numerator)
    up, down = float(np.sum(numerator)), float(np.sum(denominator))
    if n < min_n or down == 0:
        return np.nan, np.nan, np.nan
    rest = down - denominator
    if np.any(rest == 0):
        return np.nan, np.nan, np.nan
    without = (up - numerator) / rest
    error = sqrt((n - 1) / n * float(np.sum((without - without.mean()) ** 2)))
    half = student(n - 1) * error
    return up / down - half, up / down + half, error
