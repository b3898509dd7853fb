"""95 % intervals of ratios of sums over clients (METHODS 1.19): orders of one client are not independent, so one *client* is left out."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

_Z = 1.959963984540054  # the normal quantile 0.975
_MANY = 1000


def interval(top: np.ndarray, bottom: np.ndarray, least: int) -> tuple[float, float]:
    """θ = Σ top / Σ bottom, one value each per client; θ ± t(0.975; n − 1) · SE. None below `least` clients.

    SE² = (n − 1)/n · Σ (θ without one client − their mean)².
    """
    n = len(top)
    rest = bottom.sum() - bottom
    if n < least or bottom.sum() <= 0 or (rest <= 0).any():
        return np.nan, np.nan
    without = (top.sum() - top) / rest
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    middle, reach = top.sum() / bottom.sum(), t_quantile(n - 1) * error
    return float(middle - reach), float(middle + reach)


@lru_cache
def t_quantile(df: int) -> float:
    """t(0.975; df) of Student's distribution, without scipy.

    Up to 1000 degrees of freedom the finite series of the distribution (Abramowitz and Stegun 26.7.3-4) is inverted by
    halving; above, the expansion 26.7.5 is exact to 1e-9.
    """
    if df > _MANY:
        z = _Z
        return z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, df) < 0.95 else (low, middle)
    return math.sqrt(df) * math.tan((low + high) / 2)


def _inside(angle: float, df: int) -> float:
    """P(|T| < √df · tan(angle))."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = df % 2
    k = np.arange(1, (df - 2 - odd) // 2 + 1)
    factors = (2 * k) / (2 * k + 1) if odd else (2 * k - 1) / (2 * k)
    terms = np.concatenate([[1.0], np.cumprod(factors * cosine**2)])
    if odd:
        return 2 / math.pi * (angle + (sine * cosine * terms.sum() if df > 1 else 0.0))
    return float(sine * terms.sum())
