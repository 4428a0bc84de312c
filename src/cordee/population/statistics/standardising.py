"""Direct and indirect standardisation on age and sex; pure.

Direct: weights of a reference population, interval by gamma (Fay and Feuer 1997). Indirect:
observed for expected (SMR), exact interval of Poisson on the observed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import gamma

from cordee.population.statistics.rates import LEVEL, Estimate, poisson_bounds
from cordee.runtime.errors import InvalidRequest

Stratum = tuple[str, int]
"""Sex and first age of a band."""


@dataclass(frozen=True, slots=True)
class Count:
    """Cases among people of a stratum."""

    cases: float
    people: float


Strata = Mapping[Stratum, Count]


def total(strata: Strata) -> Count:
    """All strata together."""
    return Count(
        sum(one.cases for one in strata.values()), sum(one.people for one in strata.values())
    )


def added(several: Iterable[Strata]) -> dict[Stratum, Count]:
    """Strata of several areas together."""
    found: dict[Stratum, Count] = {}
    for strata in several:
        for key, one in strata.items():
            before = found.get(key, Count(0, 0))
            found[key] = Count(before.cases + one.cases, before.people + one.people)
    return found


def direct(strata: Strata, weights: Mapping[Stratum, float], level: float = LEVEL) -> Estimate:
    """The rate that an area would have with the ages and sexes of the reference.

    Strata without people here are left out of the weights. Raises `InvalidRequest` where nothing
    is left.
    """
    shared = [(one, weights.get(key, 0.0)) for key, one in strata.items() if one.people > 0]
    whole = sum(weight for _, weight in shared)
    if whole <= 0:
        raise InvalidRequest("no stratum has both people and a weight")
    parts = [(one.cases, weight / whole / one.people) for one, weight in shared]
    value = sum(cases * part for cases, part in parts)
    low, high = _gamma(parts, value, level)
    return Estimate(value, low, high, "gamma")


def expected(strata: Strata, reference: Strata) -> float:
    """Cases that an area would have at the rates of the reference."""
    return sum(
        one.people * known.cases / known.people
        for key, one in strata.items()
        if (known := reference.get(key)) is not None and known.people > 0
    )


def indirect(strata: Strata, reference: Strata, level: float = LEVEL) -> Estimate:
    """Observed for expected, 1 where they are equal; raises `InvalidRequest` for 0 expected."""
    wanted, observed = expected(strata, reference), total(strata).cases
    if wanted <= 0:
        raise InvalidRequest("nothing is expected: the ratio has no sense")
    low, high = poisson_bounds(observed, level)
    return Estimate(observed / wanted, low / wanted, high / wanted, "poisson")


def _gamma(parts: Sequence[tuple[float, float]], value: float, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    variance = sum(cases * part**2 for cases, part in parts)
    largest = max(part for _, part in parts)
    low = 0.0
    if value > 0:
        low = float(gamma.ppf(tail, value**2 / variance, scale=variance / value))
    upper_value, upper_variance = value + largest, variance + largest**2
    high = float(
        gamma.ppf(1 - tail, upper_value**2 / upper_variance, scale=upper_variance / upper_value)
    )
    return low, high
