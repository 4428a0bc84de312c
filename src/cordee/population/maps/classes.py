"""Classes of a map: four bounds of five classes, and which class a value is of; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

CLASSES: Final = 5


def breaks(values: Sequence[float], digits: int) -> tuple[float, ...]:
    """Four bounds of five classes: few at the ends, most in the middle, as told with `digits`.

    Fewer where values are equal: a class without an area is no class.
    """
    if not values:
        return ()
    ranked = sorted(values)
    places = (0.1, 0.37, 0.63, 0.9)
    found = {round(ranked[min(len(ranked) - 1, int(len(ranked) * at))], digits) for at in places}
    return tuple(sorted(one for one in found if one > round(ranked[0], digits)))


def step(value: float, bounds: Sequence[float], digits: int) -> int:
    """The class of a value, 1 to 5; the darkest is the highest, whatever classes are missing."""
    above = sum(round(value, digits) >= one for one in bounds)
    return CLASSES - len(bounds) + above
