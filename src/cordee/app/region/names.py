"""Full names of invented people: first names of their years, surnames of the region."""

from __future__ import annotations

from bisect import bisect
from random import Random
from typing import Final

from cordee.app.region.chance import Weighted
from cordee.app.region.first_names import FIRST_YEARS, MEN, WOMEN
from cordee.app.region.surnames import (
    BRETON,
    COUNTRY,
    DERIVED,
    ELSEWHERE,
    IBERIAN,
    MAGHREBI,
    PARTICLES,
    SOUTH,
)

FAMILIES: Final = Weighted(
    (COUNTRY, DERIVED, BRETON, SOUTH, IBERIAN, MAGHREBI, ELSEWHERE, PARTICLES),
    (56, 16, 5, 4, 6, 7, 4.5, 1.5),
)
DOUBLE_NAME: Final = 0.02
COMMON_FIRST: Final = 1.5
SECOND_NAME: Final = 0.85
THIRD_NAME: Final = 0.45


def surname(rng: Random) -> str:
    """A surname; two joined by a hyphen once in fifty."""
    family = _surname(rng)
    if rng.random() < DOUBLE_NAME and " " not in family and "-" not in family:
        other = _surname(rng)
        if " " not in other and other != family:
            return f"{family}-{other}"
    return family


def given_names(rng: Random, female: bool, year: int) -> tuple[str, ...]:
    """First names of someone born that year: one to three, without doubles."""
    period = bisect(FIRST_YEARS, year) - 1
    table = WOMEN if female else MEN
    names = [_one(rng, table[period])]
    if rng.random() < SECOND_NAME:
        names.append(_one(rng, table[max(0, period - 1)]))
        if rng.random() < THIRD_NAME:
            names.append(_one(rng, table[max(0, period - 2)]))
    return tuple(dict.fromkeys(names))


def _surname(rng: Random) -> str:
    return _one(rng, FAMILIES.draw(rng))


def _one(rng: Random, names: tuple[str, ...]) -> str:
    return names[int(rng.random() ** COMMON_FIRST * len(names))]
