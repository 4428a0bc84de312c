"""The people of a synthetic region, drawn: where, which sex, which age; arrays of one length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cordee.population.areas.geography import Commune
from cordee.population.synthesis.rates import PYRAMID, Floats

_BAND: Final = 5
_WITHOUT: Final = 0.085
_SAME_DOCTOR: Final = 1100


@dataclass(frozen=True, slots=True)
class People:
    """One value a person: place of the commune among the communes, woman or not, age in years."""

    communes: Sequence[Commune]
    where: NDArray[np.int64]
    woman: NDArray[np.bool_]
    age: Floats
    quintile: Floats
    weight: Floats

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.where)

    def risk(self, base: Floats, sexes: tuple[float, float], slope: float) -> Floats:
        """A risk by age, weighed by sex (women, men) and by each quintile off the middle."""
        by_sex = np.where(self.woman, sexes[0], sexes[1])
        return base * by_sex * (1.0 + slope * (self.quintile - 3.0))


def drawn(
    communes: Sequence[Commune], count: int, weights: Mapping[str, float], rng: Any
) -> People:
    """People of communes by their numbers; `weights` multiply local illnesses by EPCI."""
    sizes = np.array([one.people for one in communes], float)
    where = rng.choice(len(communes), count, p=sizes / sizes.sum())
    shares = np.array(PYRAMID)
    band = rng.choice(len(shares), count, p=shares / shares.sum())
    age = band * _BAND + rng.random(count) * _BAND
    woman = rng.random(count) < np.interp(age, (0, 60, 80, 100), (0.49, 0.51, 0.58, 0.75))
    quintile = np.array([one.quintile or 3 for one in communes], float)[where]
    weight = np.array([weights.get(one.epci, 1.0) for one in communes])[where]
    return People(communes, where, woman, age, quintile, weight)


def doctors(people: People, rng: Any) -> NDArray[np.int64]:
    """A number of the médecin traitant of each, -1 for nobody: rarer where life is harder."""
    without = (people.age < 16) | (  # noqa: PLR2004 -- the age of a médecin traitant
        rng.random(people.count) < _WITHOUT * (1.0 + 0.25 * (people.quintile - 3.0))
    )
    number = people.where * 40 + (rng.random(people.count) * 40).astype(int) % _SAME_DOCTOR
    return np.where(without, -1, number)
