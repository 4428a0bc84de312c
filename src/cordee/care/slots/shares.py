"""What became of the slots of each member, as counts: no patient is read for them. Rule: B6.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cordee.care.slots.publishing import BUSY, Slot

DONE: Final = "fulfilled"
MISSED: Final = "noshow"


@dataclass(frozen=True, slots=True)
class Share:
    """What became of the slots of one member in four weeks."""

    name: str
    published: int
    taken: int
    done: int
    missed: int


def shares_of(slots: Sequence[Slot]) -> list[Share]:
    """Counts by member, by name."""
    members = {one.member: one.name for one in slots if one.is_open}
    made: list[Share] = []
    for member, name in members.items():
        own = [one for one in slots if one.member == member and one.is_open]
        outcomes = [one.outcome for one in own if one.status == BUSY]
        made.append(
            Share(name, len(own), len(outcomes), outcomes.count(DONE), outcomes.count(MISSED))
        )
    return sorted(made, key=lambda one: one.name.casefold())
