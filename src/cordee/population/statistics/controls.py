"""Control territories that resemble those where something was done; pure.

The same quintile of deprivation and the same kind of place first, then one of the two, then any;
among them the nearest level before. Rule: G2.11.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cordee.population.areas.geography import Commune

MOST: Final = 4
ENOUGH: Final = 2
BOTH, DEPRIVATION, PLACE, LEVEL = "quintile-ruralite", "quintile", "ruralite", "niveau"
"""How alike the controls are, the closest first."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An area: its quintile of deprivation (0 unknown), whether most live in the country."""

    quintile: int
    rural: bool | None


def profile(communes: Sequence[Commune]) -> Profile:
    """The mean quintile of the people of some communes, rounded, and where most of them live."""
    ranked = [one for one in communes if one.quintile]
    people = sum(one.people for one in ranked)
    mean = sum(one.quintile * one.people for one in ranked) / people if people else 0.0
    placed = [one for one in communes if one.rural is not None]
    country = sum(one.people for one in placed if one.rural)
    rural = 2 * country > sum(one.people for one in placed) if placed else None
    return Profile(math.floor(mean + 0.5), rural)


def proposed(
    here: Profile, rate: float, candidates: Sequence[tuple[str, Profile, float]]
) -> tuple[tuple[str, ...], str]:
    """The codes of at most four controls and how alike they are, of (code, profile, rate before).

    Two controls are wanted before a looser rule is tried; rates are above 0.
    """
    rules: tuple[tuple[str, Callable[[Profile], bool]], ...] = (
        (BOTH, lambda one: one == here),
        (DEPRIVATION, lambda one: one.quintile == here.quintile),
        (PLACE, lambda one: one.rural == here.rural),
        (LEVEL, lambda _one: True),
    )
    for name, is_alike in rules:
        alike = [one for one in candidates if is_alike(one[1])]
        if len(alike) >= ENOUGH or name == LEVEL:
            alike.sort(key=lambda one: (abs(math.log(one[2] / rate)), one[0]))
            return tuple(code for code, _, _ in alike[:MOST]), name
    return (), LEVEL
