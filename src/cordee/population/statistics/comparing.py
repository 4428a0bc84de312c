"""Before and after, here and in control territories: by how much more it changed here; pure.

A Poisson regression with an interaction (difference in differences on rates), errors clustered by
area where there are enough areas, never smaller than those of the counts. It does not prove a
cause: the page says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import statsmodels.api as sm

from cordee.population.statistics.rates import Estimate
from cordee.runtime.errors import InvalidRequest

_CLUSTERS: Final = 6
_SIDES: Final = 4
_Z: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Observed:
    """An area before or after, acted upon or a control."""

    area: str
    acted: bool
    after: bool
    cases: int
    people: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Rates here and in the controls, before and after; `ratio` 1 says: changed as the controls."""

    here: tuple[float, float]
    controls: tuple[float, float]
    ratio: Estimate
    areas: int
    few_areas: bool


def compared(observed: Sequence[Observed]) -> Compared:
    """Raises `InvalidRequest` unless each side has people and cases before and after."""
    sides = {
        (acted, after): _rate([one for one in observed if (one.acted, one.after) == (acted, after)])
        for acted in (True, False)
        for after in (False, True)
    }
    areas = len({one.area for one in observed if one.acted})
    total = len({one.area for one in observed})
    return Compared(
        (sides[True, False], sides[True, True]), (sides[False, False], sides[False, True]),
        _interaction(observed, total), areas, total < _CLUSTERS,
    )  # fmt: skip


def _rate(some: Sequence[Observed]) -> float:
    people, cases = sum(one.people for one in some), sum(one.cases for one in some)
    if people <= 0 or cases <= 0:
        raise InvalidRequest("a side has nobody, or no case, before or after")
    return cases / people


def _interaction(observed: Sequence[Observed], total: int) -> Estimate:
    if len(observed) <= _SIDES:
        return _of_four(observed)
    design = np.array(
        [(1.0, one.acted, one.after, one.acted and one.after) for one in observed], float
    )
    model = sm.GLM(
        [one.cases for one in observed], design, family=sm.families.Poisson(),
        exposure=np.array([one.people for one in observed], float),
    )  # fmt: skip
    told: dict[str, Any] = {"cov_type": "HC1"}
    if total >= _CLUSTERS:
        names = sorted({one.area for one in observed})
        groups = np.array([names.index(one.area) for one in observed])
        told = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    # One area alone on a side is fitted exactly and adds nothing to a robust error: never narrower
    # than the counts themselves allow.
    fits = (model.fit(**told), model.fit())
    found = max(fits, key=lambda one: float(np.nan_to_num(one.bse[3])))
    low, high = found.conf_int()[3]
    value, low, high = (float(np.exp(one)) for one in (found.params[3], low, high))
    return Estimate(value, low, high, "poisson")


def _of_four(observed: Sequence[Observed]) -> Estimate:
    """One count a side: the model is saturated, its interval that of four Poisson counts."""
    signs = [1 if one.acted == one.after else -1 for one in observed]
    told = sum(
        sign * math.log(one.cases / one.people) for sign, one in zip(signs, observed, strict=True)
    )
    error = _Z * math.sqrt(sum(1 / one.cases for one in observed))
    return Estimate(math.exp(told), math.exp(told - error), math.exp(told + error), "poisson")
