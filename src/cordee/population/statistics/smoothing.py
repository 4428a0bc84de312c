"""Empirical-Bayes smoothing: an area of few people borrows from all; pure.

Marshall, Mapping disease and mortality rates using empirical Bayes estimators, Applied Statistics
40 (1991), the global estimator, by moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cordee.population.statistics.standardising import Count
from cordee.runtime.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A smoothed rate; `own` is the weight of the area's own rate, from 0 to 1."""

    value: float
    own: float


def smoothed(areas: Mapping[str, Count]) -> dict[str, Smoothed]:
    """The smoothed rate of each area. `people` may be expected cases: then these are ratios.

    Raises `InvalidRequest` where there is nobody.
    """
    people = sum(one.people for one in areas.values())
    if people <= 0:
        raise InvalidRequest("nobody lives there")
    mean = sum(one.cases for one in areas.values()) / people
    spread = sum(
        one.people * (one.cases / one.people - mean) ** 2 for one in areas.values() if one.people
    )
    between = max(0.0, spread / people - mean / (people / len(areas)))
    return {area: _one(one, mean, between) for area, one in areas.items()}


def _one(one: Count, mean: float, between: float) -> Smoothed:
    if one.people <= 0:
        return Smoothed(mean, 0.0)
    within = mean / one.people
    own = between / (between + within) if between + within > 0 else 0.0
    return Smoothed(mean + own * (one.cases / one.people - mean), own)
