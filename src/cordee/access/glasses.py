"""Breaking the glass as a service: who may, the grant with its notices, its end, its review.

Rule: A3.4. A patient is offered to whoever may break the glass only after they found them by an
identity search; to all others there is nobody here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cordee.access import glass
from cordee.access.acting import keep_acting
from cordee.access.decision import Decision
from cordee.access.explaining import Explained, Explaining
from cordee.access.facts import GLASS_ROLES
from cordee.access.glass import Breaker, Grant
from cordee.access.identifying import identity_of
from cordee.access.registers import grants, notices
from cordee.access.registers.grants import Kept
from cordee.access.registers.notices import Notice, What
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import DPO, Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.registers")
_QUEUE = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that is closed to somebody who may know that it is there: why, and whose it is.

    `patient` is the Patient as JSON, of which identity traits alone may be shown.
    """

    explained: Explained
    patient: dict[str, object]


class Glasses:
    """Broken glasses of one installation."""

    def __init__(self, database: Database, explaining: Explaining, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._explaining = explaining
        self._keys = keys

    async def refused(self, principal: Principal, patient: str, at: datetime) -> Refused | None:
        """Why a record (bare id) is closed; None where the person may not know that it exists."""
        if not (GLASS_ROLES & principal.functions):
            return None
        explained = await self._explaining.record(principal, patient, at)
        if explained.decision.permitted or not explained.decision.told:
            return None
        body = await self.traits(principal, patient)
        return Refused(explained, body) if body else None

    async def trace_refusal(self, principal: Principal, patient: str, decision: Decision) -> None:
        """Leaves the line of a record that was refused, with its reason."""
        async with self._database.write.acquire() as connection:
            acting = await keep_acting(connection, self._keys, principal)
            await connection.execute(
                _QUERIES["trace_refusal"], principal.user, self._keys(f"Patient/{patient}"),
                decision.code, decision.rule, str(decision.version), acting,
            )  # fmt: skip

    async def traits(self, principal: Principal, patient: str) -> dict[str, object] | None:
        """The Patient, for who found them by an identity search within the hour; traced."""
        if not await self._explaining.found(principal, patient):
            return None
        async with self._database.write.acquire() as connection:
            return await identity_of(connection, self._keys, principal, patient)

    async def open(
        self, principal: Principal, patient: str, said: tuple[str, str], at: datetime
    ) -> UUID:
        """The number of a grant of four hours; `said` is the category and the motive.

        The patient and their médecin traitant are told in the same transaction. Raises `NotFound`
        for who may not know of the patient, and what `access.glass.break_glass` raises.
        """
        refused = await self.refused(principal, patient, at)
        if refused is None:
            raise NotFound("there is no such patient")
        consent = refused.explained.request.consent
        if not refused.explained.decision.offers_glass and not consent.opposes_emergency:
            raise AccessDenied("Cette personne vous a fermé l’accès à son dossier.")
        breaker = Breaker(
            principal.user, refused.explained.request.actor.role, principal.practitioner,
            principal.structure, patient, by_delegation=bool(principal.delegated_by),
        )  # fmt: skip
        category, motive = said
        grant = glass.break_glass(
            breaker, category, motive, opposed=consent.opposes_emergency, at=at
        )
        async with self._database.transaction() as connection:
            acting = await keep_acting(connection, self._keys, principal)
            number = await grants.open_glass(connection, grant, self._keys, acting)
            await _tell(connection, What.GLASS_OPENED, patient, number, at)
        return number

    async def running(self, principal: Principal, patient: str, at: datetime) -> Kept | None:
        """The grant of this person that opens the record now, the longest one first."""
        if not (GLASS_ROLES & principal.functions):
            return None
        async with self._database.write.acquire() as connection:
            found = await grants.running_kept(connection, patient, principal.user, at)
        return max(found, key=lambda one: one.grant.last, default=None)

    async def close(self, principal: Principal, patient: str, at: datetime) -> int:
        """Ends all grants of this person for this patient now; how many."""
        async with self._database.transaction() as connection:
            found = await grants.running_kept(connection, patient, principal.user, at)
            for kept in found:
                await grants.close_glass(connection, kept.id, principal.user, at)
        return len(found)

    async def queue(self, principal: Principal) -> tuple[Kept, ...]:
        """What waits for a review, the first due first; raises `AccessDenied` but for the DPO."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            return await grants.review_queue(connection, _QUEUE)

    async def reviewed(self, principal: Principal) -> tuple[grants.Reviewed, ...]:
        """What was reviewed last, the newest first; for the DPO."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            return await grants.reviewed(connection, _QUEUE)

    async def review(
        self, principal: Principal, number: UUID, *, justified: bool, note: str, at: datetime
    ) -> Grant:
        """The grant with the DPO's word on it; the patient is told in the same transaction."""
        need(principal, DPO)
        async with self._database.transaction() as connection:
            grant = await grants.review_glass(
                connection, number, principal.user, justified=justified, at=at, note=note
            )
            await _tell(connection, What.GLASS_REVIEWED, grant.breaker.patient, number, at)
        return grant


def need(principal: Principal, function: str) -> None:
    """Raises `AccessDenied` for who does not have a function."""
    if function not in principal.functions:
        raise AccessDenied("this page is for another function")


async def _tell(
    connection: Connection, what: What, patient: str, number: UUID, at: datetime
) -> None:
    told = [f"Patient/{patient}"]
    if what is What.GLASS_OPENED:
        told += await notices.attending(connection, patient)
    for recipient in told:
        await notices.tell(connection, Notice(recipient, what, patient, str(number)), at)
