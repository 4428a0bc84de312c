"""Notices as a service: what the signed-in person was told and has not read.

A professional reads the name of the patient only while the decision opens the record to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cordee.access.explaining import Explaining
from cordee.access.identifying import identity_of
from cordee.access.registers import notices
from cordee.access.registers.notices import Told
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import PATIENT, Principal
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice with the Patient that it is about, None where it is one's own or closed."""

    told: Told
    patient: dict[str, object] | None


class Noticing:
    """Notices of one installation."""

    def __init__(self, database: Database, explaining: Explaining, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._explaining = explaining
        self._keys = keys

    async def unread(self, principal: Principal, at: datetime) -> tuple[Shown, ...]:
        """What this person has not read, the newest first."""
        if not principal.practitioner:
            return ()
        async with self._database.write.acquire() as connection:
            told = await notices.unread(connection, _names(principal))
        if principal.role == PATIENT:
            return tuple(Shown(one, None) for one in told)
        return tuple([Shown(one, await self._patient(principal, one, at)) for one in told])

    async def read(self, principal: Principal, number: int, at: datetime) -> None:
        """Marks one of this person's notices as read."""
        async with self._database.write.acquire() as connection:
            await notices.read(connection, number, _names(principal), principal.user, at)

    async def _patient(
        self, principal: Principal, told: Told, at: datetime
    ) -> dict[str, object] | None:
        explained = await self._explaining.record(principal, told.patient, at)
        if not explained.decision.permitted:
            return None
        async with self._database.write.acquire() as connection:
            return await identity_of(connection, self._keys, principal, told.patient)


def _names(principal: Principal) -> list[str]:
    """Under which names somebody is told: as who they are in the circles, and by their login."""
    return [principal.practitioner, f"user/{principal.user}"]
