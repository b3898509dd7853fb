"""R = N · F · Q (clients × orders per client × check): what each factor gave to the change, by three rules.

Each function takes two triples of factors (numbers or equal-length arrays) and returns three contributions that add up to
R1 − R0. `chain`: substitution in the order N, F, Q; `lmdi`: logarithmic mean, no order, needs R > 0; `shapley`: the mean over
all orders. The published oracle is REFERENCE C 5.6 (tests).
"""

from __future__ import annotations

import numpy as np

Triple = tuple[np.ndarray | float, np.ndarray | float, np.ndarray | float]
APPROACHES = ("chain", "lmdi", "shapley")


def chain(before: Triple, now: Triple) -> np.ndarray:
    n0, f0, q0 = before
    n1, f1, q1 = now
    return np.array([(n1 - n0) * f0 * q0, n1 * (f1 - f0) * q0, n1 * f1 * (q1 - q0)])


def lmdi(before: Triple, now: Triple) -> np.ndarray:
    """L · ln(x1 / x0) with L = (R1 − R0) / ln(R1 / R0), and L = R0 where R1 = R0."""
    mean = log_mean(np.prod(np.array(before, dtype="float64"), axis=0), np.prod(np.array(now, dtype="float64"), axis=0))
    return np.array([mean * np.log(np.asarray(b, dtype="float64") / np.asarray(a, dtype="float64")) for a, b in zip(before, now)])


def log_mean(r0: np.ndarray, r1: np.ndarray) -> np.ndarray:
    """The logarithmic mean of two positive numbers."""
    growth = np.log(r1 / r0)
    small = np.abs(growth) < 1e-12
    return np.where(small, r0, (r1 - r0) / np.where(small, 1.0, growth))


def shapley(before: Triple, now: Triple) -> np.ndarray:
    n0, f0, q0 = before
    n1, f1, q1 = now
    return np.array([_share(n0, n1, f0, f1, q0, q1), _share(f0, f1, n0, n1, q0, q1), _share(q0, q1, n0, n1, f0, f1)])


def _share(a0, a1, b0, b1, c0, c1):
    return (a1 - a0) * ((b0 * c0 + b1 * c1) / 3 + (b0 * c1 + b1 * c0) / 6)


def contributions(approach: str, before: Triple, now: Triple) -> np.ndarray:
    """Three rows of contributions; missing where a factor is zero in one of the periods."""
    before, now = (tuple(np.atleast_1d(np.asarray(x, dtype="float64")) for x in side) for side in (before, now))
    known = np.all([(x > 0) for side in (before, now) for x in side], axis=0)
    safe = [tuple(np.where(known, x, 1.0) for x in side) for side in (before, now)]
    return np.where(known, {"chain": chain, "lmdi": lmdi, "shapley": shapley}[approach](*safe), np.nan)


def to_kopecks(parts: np.ndarray, total: np.ndarray, scale: int = 100) -> np.ndarray:
    """`parts` (factors × columns) rounded to 1/scale so that each column adds up to its total exactly (largest remainder)."""
    raw, goal = parts * scale, np.rint(total * scale)
    low = np.floor(raw)
    left = goal - low.sum(axis=0)
    rank = np.argsort(np.argsort(-(raw - low), axis=0, kind="stable"), axis=0, kind="stable")
    return (low + (rank < left) - (rank >= len(parts) + left)) / scale
