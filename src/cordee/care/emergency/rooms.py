"""The services of an emergency department, handed to the screen as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cordee.care.documents.letters import Parties
from cordee.care.emergency.capacity import Capacities
from cordee.care.emergency.desk import Emergency, Stay
from cordee.care.emergency.following import Habit, habit
from cordee.care.store import Resource, Store
from cordee.identity.principal import Principal


@dataclass(frozen=True, slots=True)
class EmergencyRooms:
    """Stays and capacities of one installation; `store` reads through the guard."""

    stays: Emergency
    capacities: Capacities
    store: Store

    async def habit(self, principal: Principal, patient: str, now: datetime) -> Habit:
        """How often a patient (an id) came within a year, as far as the principal sees."""
        return await habit(self.store, principal, patient, now)

    async def transports(self, principal: Principal, stay: Stay) -> list[Resource]:
        """The return transports that were asked for in a stay, the newest first."""
        criteria = f"encounter=Encounter/{stay.standing.key}&_sort=-authored&_count=20"
        found = await self.store.search(principal, "ServiceRequest", criteria)
        return [one for one in found if one.get("status") == "active"]

    async def parties(self, principal: Principal, stay: Stay, number: str, at: datetime) -> Parties:
        """Who a report of a stay is of; `number` is that of the document."""
        author = await self._read(principal, principal.practitioner)
        place = await self._read(principal, principal.structure)
        return Parties(stay.patient, author, place, number, at)

    async def _read(self, principal: Principal, reference: str) -> Resource:
        kind, _, key = reference.partition("/")
        if kind not in {"Practitioner", "Organization"}:
            return {}
        return await self.store.read(principal, kind, key)
