"""The same indicator by group: deprivation, where people live, sex, age; pure.

Ratio and difference with their intervals; the slope and the relative index of inequality over
ordered groups (Mackenbach and Kunst 1997), by weighted least squares of statsmodels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.api as sm

from cordee.population.statistics.rates import Estimate, estimate
from cordee.population.statistics.standardising import Count
from cordee.runtime.errors import InvalidRequest

_Z: float = 1.959964


@dataclass(frozen=True, slots=True)
class Equity:
    """Each group's figure, the last against the first, and over all of them where ordered."""

    groups: Mapping[str, Estimate]
    ratio: Estimate | None
    slope: Estimate | None


def equity(groups: Mapping[str, Count], *, is_share: bool, is_ordered: bool) -> Equity:
    """Groups in their order, the one to compare with first."""
    told = {
        name: estimate(int(one.cases), int(one.people), is_share=is_share)
        for name, one in groups.items()
        if one.people > 0
    }
    some = [one for one in groups.values() if one.people > 0]
    slope = _slope(some) if is_ordered and len(some) > 2 else None  # noqa: PLR2004 -- a line
    return Equity(told, ratio(some[-1], some[0]) if len(some) > 1 else None, slope)


def ratio(one: Count, other: Count) -> Estimate | None:
    """A rate for another, with the interval of its logarithm; None without cases on both sides."""
    if not (one.cases and other.cases and one.people and other.people):
        return None
    value = (one.cases / one.people) / (other.cases / other.people)
    error = (
        math.sqrt(1 / one.cases - 1 / one.people + 1 / other.cases - 1 / other.people)
        if one.cases <= one.people and other.cases <= other.people
        else math.sqrt(1 / one.cases + 1 / other.cases)
    )
    return Estimate(value, value * math.exp(-_Z * error), value * math.exp(_Z * error), "log")


def _slope(groups: Sequence[Count]) -> Estimate:
    """What lies between the worst and the best placed person, on the line through the groups."""
    people = np.array([one.people for one in groups], float)
    if people.sum() <= 0:
        raise InvalidRequest("nobody lives there")
    shares = people / people.sum()
    ranks = np.cumsum(shares) - shares / 2
    rates = np.array([one.cases for one in groups], float) / people
    weights: Any = people
    found = sm.WLS(rates, sm.add_constant(ranks), weights=weights).fit()
    low, high = found.conf_int()[1]
    return Estimate(float(found.params[1]), float(low), float(high), "wls")
