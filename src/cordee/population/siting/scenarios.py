"""Scenarios of siting side by side: who is within reach, what each adds to today; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cordee.population.areas.geography import Commune
from cordee.population.siting.covering import Plan, best, reached
from cordee.population.siting.distances import Matrix, minutes
from cordee.population.siting.scenes import Scenario
from cordee.runtime.errors import InvalidRequest

REACH_MINUTES: Final = 30.0
FEWEST, MOST = 1, 5
MOST_SITES: Final = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario reaches within the minutes: people, cases, the cases that it adds to today.

    `minutes` is the mean way of a case to the nearest team or site; `within` the communes that
    its own sites reach.
    """

    scenario: Scenario
    people: int
    cases: int
    gain: int
    share: float
    minutes: float
    within: tuple[str, ...]


class Siting:
    """Communes with their cases, and the teams in place."""

    def __init__(
        self, communes: Sequence[Commune], cases: Mapping[str, float], teams: Sequence[str],
        radius: float = REACH_MINUTES,
    ) -> None:  # fmt: skip
        """`cases` and `teams` by codes of communes; `radius` in minutes.

        Raises `InvalidRequest` for a radius that reaches nothing or everything.
        """
        if not 5 <= radius <= 120:  # noqa: PLR2004 -- minutes
            raise InvalidRequest("the reach is from 5 to 120 minutes")
        self._communes = tuple(communes)
        self._codes = {one.code: at for at, one in enumerate(self._communes)}
        self._cases = np.array([cases.get(one.code, 0.0) for one in self._communes])
        self._people = np.array([one.people for one in self._communes], float)
        self._minutes: Matrix = minutes(self._communes, self._communes)
        self._reach: NDArray[np.bool_] = self._minutes <= radius
        self._teams = [self._codes[one] for one in teams if one in self._codes]
        nobody = np.zeros(len(self._communes), bool)
        self._present = reached(self._reach, self._teams, nobody)

    def present(self) -> Outcome:
        """What the teams in place reach today."""
        return self._outcome(Scenario("", ()))

    def outcomes(self, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """Scenarios side by side; raises `InvalidRequest` for too many, or an unknown commune."""
        if not FEWEST <= len(scenarios) <= MOST:
            raise InvalidRequest(f"compare {FEWEST} to {MOST} scenarios")
        return [self._outcome(one) for one in scenarios]

    def proposed(self, name: str, count: int, among: Sequence[str] = ()) -> tuple[Scenario, Plan]:
        """The best `count` sites among communes, all of them where none is named."""
        if not 1 <= count <= MOST_SITES:
            raise InvalidRequest(f"choose 1 to {MOST_SITES} sites")
        places = [self._place(one) for one in among] or list(range(len(self._communes)))
        plan = best(self._reach[:, places], self._cases, count, self._present)
        return Scenario(name, tuple(self._communes[places[at]].code for at in plan.sites)), plan

    def _outcome(self, scenario: Scenario) -> Outcome:
        sites = [self._place(one) for one in scenario.sites]
        within = reached(self._reach, sites, self._present)
        added = within & ~self._present
        every = self._cases.sum()
        nearest = self._minutes[:, [*self._teams, *sites]]
        mean = 0.0
        if nearest.shape[1] and every:
            mean = float((nearest.min(axis=1) * self._cases).sum() / every)
        own = reached(self._reach, sites, np.zeros(len(within), bool))
        share = float(self._cases[within].sum() / every) if every else 0.0
        reaches = tuple(self._communes[at].code for at in np.flatnonzero(own))
        people = round(self._people[within].sum())
        cases, gain = (round(self._cases[some].sum()) for some in (within, added))
        return Outcome(scenario, people, cases, gain, share, mean, reaches)

    def _place(self, code: str) -> int:
        if code not in self._codes:
            raise InvalidRequest(f"{code} is no commune of the region")
        return self._codes[code]
