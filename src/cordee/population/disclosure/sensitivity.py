"""Which figures are sensitive by themselves: too few people, or one structure behind most of them.

Three rules. Threshold: fewer than k cases, fewer than k people who are no cases (the complement
is a group like any other), fewer than k people. Dominance, (n,k) rule with n = 1: one structure
brings more than a share of the cases. p%: what the others bring beyond the two largest is less
than p% of the largest, so that the second could work out the first (Hundepool et al., Statistical
Disclosure Control, 2012, 4.2.2; Eurostat handbook of 2024 on the same rules).
"""

from __future__ import annotations

import math

import numpy as np

from cordee.population.disclosure.cells import Rules


def small(n: np.ndarray, d: np.ndarray | None, k: int) -> np.ndarray:
    """Booleans: the figures under the threshold; nobody at all is under it too."""
    found = n < k
    return found if d is None else found | (d - n < k) | (d < k)


def margin(parts: dict[str, int], n: int, rules: Rules) -> int:
    """How far a dominated figure must be able to stray, 0 for a figure that is not dominated.

    `parts`: cases of each structure; `n`: all cases, those of no structure included. The margin is
    k people, and p% of the largest part if that is more.
    """
    if not parts or not n:
        return 0
    largest, second = [*sorted(parts.values(), reverse=True), 0][:2]
    dominated = largest > rules.dominant * n
    guessable = n - largest - second < rules.p_percent * largest
    return max(rules.k, math.ceil(rules.p_percent * largest)) if dominated or guessable else 0


def needs(counts: np.ndarray, k: int) -> np.ndarray:
    """What each class has to be able to reach: k above itself if it is under k, else nothing."""
    return np.where(counts < k, counts + k, 0)
