"""Shares and rates with their intervals; pure.

A share of few cases, or near 0 or 1, has the exact interval of Clopper and Pearson, else Wilson's;
a rate of events the exact interval of Poisson (chi-squared, Garwood 1936).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from cordee.runtime.errors import InvalidRequest

LEVEL: Final = 0.95
_FEW: Final = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure between two bounds, and how the bounds were found."""

    value: float
    low: float
    high: float
    method: str


def share(cases: int, people: int, level: float = LEVEL) -> Estimate:
    """The share of people who are cases; raises `InvalidRequest` for impossible counts."""
    if not 0 <= cases <= people or people == 0:
        raise InvalidRequest(f"{cases} cases among {people} people")
    few = min(cases, people - cases) < _FEW
    method = "beta" if few else "wilson"
    bounds: Any = proportion_confint(cases, people, 1 - level, method)
    low, high = map(float, bounds)
    return Estimate(cases / people, low, high, "exact" if few else "wilson")


def events(count: float, exposure: float, level: float = LEVEL) -> Estimate:
    """Events for one person; raises `InvalidRequest` for impossible counts."""
    if count < 0 or exposure <= 0:
        raise InvalidRequest(f"{count} events for {exposure} people")
    low, high = poisson_bounds(count, level)
    return Estimate(count / exposure, low / exposure, high / exposure, "poisson")


def poisson_bounds(count: float, level: float = LEVEL) -> tuple[float, float]:
    """The exact bounds of a count of events."""
    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count > 0 else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * count + 2)) / 2


def estimate(cases: int, people: int, *, is_share: bool) -> Estimate:
    """A share where each is counted once, else a rate of events."""
    return share(cases, people) if is_share else events(cases, people)
