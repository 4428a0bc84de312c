"""Maximal covering: the sites that bring most cases within reach, proven best by HiGHS (in scipy).

Church and ReVelle, The maximal covering location problem, Papers of the Regional Science
Association 32 (1974). Cases that a team in place already reaches count for no site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity

from cordee.runtime.errors import InvalidRequest, Unavailable

_SECONDS: Final = 10.0
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen sites by their places, the cases that they add, each site's own share in turn.

    `gap` is how far the best might still be, 0 when it is proven.
    """

    sites: tuple[int, ...]
    gain: float
    steps: tuple[float, ...]
    gap: float


def best(
    reach: NDArray[np.bool_], cases: NDArray[np.float64], count: int, present: NDArray[np.bool_]
) -> Plan:
    """The `count` sites that add most cases.

    `reach` has a row a place and a column a candidate, `present` says which places are reached now.
    Raises `InvalidRequest` for no candidate or no site to choose.
    """
    candidates = reach.shape[1]
    if count < 1 or candidates == 0:
        raise InvalidRequest("choose at least one site, among at least one candidate")
    open_cases = np.where(present, 0.0, cases)
    useful = np.flatnonzero((open_cases > 0) & reach.any(axis=1))
    if not len(useful):
        return Plan((), 0.0, (), 0.0)
    chosen, gap = _solved(reach[useful], open_cases[useful], min(count, candidates))
    ordered, steps = _in_turn(reach, open_cases, chosen)
    return Plan(tuple(ordered), float(sum(steps)), tuple(steps), gap)


def reached(
    reach: NDArray[np.bool_], sites: Sequence[int], present: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which places are reached by teams in place or by sites."""
    return present | reach[:, list(sites)].any(axis=1)


def _solved(
    reach: NDArray[np.bool_], cases: NDArray[np.float64], count: int
) -> tuple[list[int], float]:
    """The chosen candidates and the gap; a place counts where a chosen one reaches it."""
    places, candidates = reach.shape
    covered = hstack([-csr_array(reach.astype(float)), identity(places)], format="csr")
    number = np.concatenate([np.ones(candidates), np.zeros(places)])[None, :]
    found = milp(
        np.concatenate([np.zeros(candidates), -cases]),
        integrality=np.concatenate([np.ones(candidates), np.zeros(places)]),
        bounds=Bounds(0.0, 1.0),
        constraints=[LinearConstraint(covered, -np.inf, 0.0), LinearConstraint(number, 0.0, count)],
        options={"time_limit": _SECONDS},
    )
    if found.x is None:
        raise Unavailable("the solver found no plan")
    chosen = [int(one) for one in np.flatnonzero(found.x[:candidates] > _HALF)]
    return chosen, max(0.0, float(found.mip_gap or 0.0))


def _in_turn(
    reach: NDArray[np.bool_], cases: NDArray[np.float64], chosen: Sequence[int]
) -> tuple[list[int], list[float]]:
    """The chosen sites, the one that adds most first, and what each adds to those before it."""
    left, open_cases = list(chosen), cases.copy()
    ordered, steps = [], []
    while left:
        gains = [float(open_cases[reach[:, one]].sum()) for one in left]
        at = int(np.argmax(gains))
        one = left.pop(at)
        ordered.append(one)
        steps.append(gains[at])
        open_cases[reach[:, one]] = 0.0
    return ordered, steps
