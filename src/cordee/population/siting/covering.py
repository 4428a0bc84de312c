"""Maximal covering: the sites that bring most cases within reach, proven best by HiGHS.

Church and ReVelle, The maximal covering location problem, Papers of the Regional Science
Association 32 (1974). Cases that a team in place already reaches count for no site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np
from numpy.typing import NDArray

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
    model = _model(reach[useful], open_cases[useful], min(count, candidates))
    model.run()
    if model.getModelStatus() not in {
        highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit,
    }:  # fmt: skip
        raise Unavailable("the solver found no plan")
    values = np.array(model.getSolution().col_value)[:candidates]
    chosen = [int(one) for one in np.flatnonzero(values > _HALF)]
    gap = float(model.getInfo().mip_gap)
    ordered, steps = _in_turn(reach, open_cases, chosen)
    return Plan(tuple(ordered), float(sum(steps)), tuple(steps), max(0.0, gap))


def reached(
    reach: NDArray[np.bool_], sites: Sequence[int], present: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which places are reached by teams in place or by sites."""
    return present | reach[:, list(sites)].any(axis=1)


def _model(reach: NDArray[np.bool_], cases: NDArray[np.float64], count: int) -> highspy.Highs:
    places, candidates = reach.shape
    model = highspy.Highs()
    model.silent()
    model.setOptionValue("time_limit", _SECONDS)
    model.setOptionValue("threads", 1)
    costs = np.concatenate([np.zeros(candidates), cases])
    for cost in costs:
        model.addVar(0.0, 1.0)
        model.changeColCost(model.getNumCol() - 1, float(cost))
    for one in range(candidates):
        model.changeColIntegrality(one, highspy.HighsVarType.kInteger)
    model.addRow(0.0, float(count), candidates, np.arange(candidates), np.ones(candidates))
    for place in range(places):
        near = np.flatnonzero(reach[place])
        columns = np.concatenate([near, [candidates + place]]).astype(np.int32)
        weights = np.concatenate([np.ones(len(near)), [-1.0]])
        model.addRow(0.0, highspy.kHighsInf, len(columns), columns, weights)
    model.changeObjectiveSense(highspy.ObjSense.kMaximize)
    return model


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
