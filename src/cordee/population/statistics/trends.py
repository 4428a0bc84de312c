"""Weekly counts: a CUSUM that says when they rose, and a trend with its interval; pure.

CUSUM of Poisson counts: Lucas, Counted data CUSUMs, Technometrics 27 (1985). Trend: a Poisson
regression of statsmodels with robust errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import statsmodels.api as sm

from cordee.population.statistics.rates import Estimate
from cordee.runtime.errors import InvalidRequest

RISE: Final = 1.5
"""The rise that is looked for: half as much again."""
DECISION: Final = 5.0
"""A false alarm once in some hundred weeks, for counts of ten or so."""
_LEAST: Final = 8


@dataclass(frozen=True, slots=True)
class Watched:
    """The sums by week and the place of the week at which they passed `decision`; None if none did.

    `since` is the place of the week at which the sum began to grow.
    """

    sums: tuple[float, ...]
    baseline: float
    reference: float
    decision: float
    crossed: int | None
    since: int | None


def cusum(
    counts: Sequence[int], baseline: Sequence[int], rise: float = RISE, decision: float = DECISION
) -> Watched:
    """Watches counts against the mean of weeks before; `InvalidRequest` for too few weeks."""
    if len(baseline) < _LEAST:
        raise InvalidRequest(f"a baseline has {_LEAST} weeks or more")
    mean = max(sum(baseline) / len(baseline), 0.5)
    raised = mean * rise
    reference = (raised - mean) / math.log(raised / mean)
    limit = decision * max(1.0, math.sqrt(mean) / math.sqrt(10))
    sums, total, crossed, since, began = list[float](), 0.0, None, None, 0
    for place, count in enumerate(counts):
        if total == 0.0:
            began = place
        total = max(0.0, total + count - reference)
        sums.append(total)
        if crossed is None and total > limit:
            crossed, since = place, began
    return Watched(tuple(sums), mean, reference, limit, crossed, since)


def trend(counts: Sequence[int], exposure: Sequence[float]) -> Estimate:
    """By how much the rate is multiplied from one period to the next, with its interval."""
    if len(counts) < _LEAST or min(exposure) <= 0:
        raise InvalidRequest(f"a trend needs {_LEAST} periods, each with people")
    steps = sm.add_constant(np.arange(len(counts), dtype=float))
    model = sm.GLM(counts, steps, family=sm.families.Poisson(), exposure=np.asarray(exposure))
    found = model.fit(cov_type="HC1")
    low, high = found.conf_int()[1]
    value, low, high = (float(np.exp(one)) for one in (found.params[1], low, high))
    return Estimate(value, low, high, "poisson")
