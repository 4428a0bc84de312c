"""The dice of the fictional region: the same seed and place always give the same draws."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def dice(seed: int, place: str) -> Random:
    """A generator of draws for one place of the region, such as `person:12`."""
    return Random(f"{seed}:{place}")  # noqa: S311 - invented people, nothing secret


class Weighted(Generic[T]):
    """A choice among values of unequal weight."""

    __slots__ = ("_limits", "_values")

    def __init__(self, values: Sequence[T], weights: Sequence[float]) -> None:
        self._values = tuple(values)
        self._limits = list(accumulate(weights))

    def draw(self, rng: Random) -> T:
        """One value, drawn in proportion to its weight."""
        place = bisect(self._limits, rng.random() * self._limits[-1])
        return self._values[min(place, len(self._values) - 1)]
