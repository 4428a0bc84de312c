"""Slots of unscheduled care bound to the kernel, by a door that opens them to their handlers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cordee.access.guard import Guard
from cordee.app.store import KernelStore
from cordee.care.slots.desk import Slots
from cordee.fhir.store.scope import Scope
from cordee.identity.principal import Principal

if TYPE_CHECKING:
    from cordee.app.wiring import Parts


class SlotDoor:
    """What the guard says of somebody, with the types that it closes to persons: decision 0069."""

    def __init__(self, guard: Guard) -> None:
        """`guard` bounds all else."""
        self._guard = guard

    async def scope(self, principal: Principal) -> Scope:
        """The scope of this person, who reads and writes Slot and Schedule by these handlers."""
        scope = await self._guard.scope(principal)
        opened = {"Slot": "crus", "Schedule": "crus"}
        return replace(scope, only={**scope.only, **opened})


def slots(parts: Parts) -> Slots:
    """The slots of this process."""
    door = KernelStore(parts.kernel, SlotDoor(parts.guard))
    return Slots(parts.database, KernelStore(parts.kernel, parts.guard), door)
