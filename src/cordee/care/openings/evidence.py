"""What an effector opened for unscheduled care, when, and what was taken: the proof. Rule: C3.8.

Counts and moments alone, no patient: what the avenant of the convention asks to show for the bonus.
A slot that was published before moments were kept says so by an absent moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cordee.care.slots.publishing import BUSY, FREE, Slot
from cordee.care.slots.shares import DONE, MISSED

OPEN, UNTAKEN, TAKEN, WITHDRAWN = "free", "untaken", "taken", "withdrawn"
SPAN: Final = timedelta(days=92)
"""The longest quarter of a year."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One slot as it is proven; `lead` is the time between its opening and its start."""

    slot: Slot
    state: str

    @property
    def lead(self) -> timedelta | None:
        """How long before its start it was opened; None where that was not kept."""
        return self.slot.starts - self.slot.opened if self.slot.opened else None


@dataclass(frozen=True, slots=True)
class Totals:
    """What a period counts; a slot that was withdrawn counts for nothing but itself."""

    offered: int
    taken: int
    done: int
    missed: int
    withdrawn: int
    hours: float


def proofs(slots: Sequence[Slot], now: datetime) -> list[Proof]:
    """The proof of each slot, the newest first."""
    made = [Proof(one, _state(one, now)) for one in slots]
    return sorted(made, key=lambda one: one.slot.starts, reverse=True)


def totals(lines: Sequence[Proof]) -> Totals:
    """The counts of these slots, and the hours that were offered."""
    offered = [one for one in lines if one.state != WITHDRAWN]
    taken = [one.slot for one in offered if one.state == TAKEN]
    spent = sum((one.slot.ends - one.slot.starts for one in offered), timedelta())
    return Totals(
        len(offered), len(taken), sum(one.outcome == DONE for one in taken),
        sum(one.outcome == MISSED for one in taken), len(lines) - len(offered),
        spent / timedelta(hours=1),
    )  # fmt: skip


def _state(slot: Slot, now: datetime) -> str:
    if slot.status == BUSY:
        return TAKEN
    if slot.status != FREE:
        return WITHDRAWN
    return OPEN if slot.starts > now else UNTAKEN
