"""Consent for one consultation as a service: asked, told by a code or answered in the account.

Rule: A3.3. Like a broken glass it is offered only for a patient whom the professional found by an
identity search; to others there is nobody here.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from cordee.access.acting import keep_acting
from cordee.access.explaining import Explaining
from cordee.access.labels import kind_of
from cordee.access.purposes import Kind
from cordee.access.registers import consultations
from cordee.access.registers.consultations import Asked, Asker
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import PATIENT, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

_DIGITS = 6


class Consulting:
    """Consents for one consultation of one installation."""

    def __init__(self, database: Database, explaining: Explaining, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._explaining = explaining
        self._keys = keys

    async def ask(self, principal: Principal, patient: str, session: str, at: datetime) -> UUID:
        """The number of a request that the patient may answer in their account.

        Raises `NotFound` for who did not find the patient, `AccessDenied` for who is blocked.
        """
        await self._need(principal, patient, at)
        async with self._database.write.acquire() as connection:
            known = await consultations.last_asked(connection, principal.user, patient)
            if known and known.accepted is None and known.ends > at:
                return known.id
            return await consultations.ask(connection, _asker(principal, patient, session), at)

    async def show_code(
        self, principal: Principal, patient: str, session: str, code: str, at: datetime
    ) -> UUID:
        """The number of a consent that the patient gave by telling their code.

        Raises `RuleBroken` for a wrong code or too many tries, and what `ask` raises.
        """
        await self._need(principal, patient, at)
        asker = _asker(principal, patient, session)
        plain = "".join(code.split())
        async with self._database.write.acquire() as connection:
            known = await consultations.known_code(connection, self._keys, asker, plain, at)
        if known is None:
            raise RuleBroken("Ce code n’est pas le bon, ou il a expiré.")
        async with self._database.transaction() as connection:
            number = await consultations.ask(connection, asker, at)
            await consultations.answer(
                connection, self._keys, number, principal.user, accepted=True, at=at, code=known,
                acting=await keep_acting(connection, self._keys, principal),
            )  # fmt: skip
        return number

    async def make_code(self, principal: Principal, at: datetime) -> tuple[str, datetime]:
        """A code that the signed-in patient may tell once, and until when."""
        patient = own_record(principal)
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        async with self._database.write.acquire() as connection:
            return code, await consultations.make_code(connection, self._keys, patient, code, at)

    async def waiting(self, principal: Principal, at: datetime) -> tuple[Asked, ...]:
        """What the signed-in patient is asked now."""
        patient = own_record(principal)
        async with self._database.write.acquire() as connection:
            return await consultations.waiting_for(connection, patient, at)

    async def answer(
        self, principal: Principal, number: UUID, *, accepted: bool, at: datetime
    ) -> None:
        """Keeps the signed-in patient's answer; raises `NotFound` for what they are not asked."""
        patient = own_record(principal)
        async with self._database.transaction() as connection:
            asked = await consultations.waiting_for(connection, patient, at)
            if number not in {one.id for one in asked}:
                raise NotFound("nobody asks this now")
            await consultations.answer(
                connection, self._keys, number, principal.user, accepted=accepted, at=at,
                acting=await keep_acting(connection, self._keys, principal),
            )  # fmt: skip

    async def last(self, principal: Principal, patient: str) -> Asked | None:
        """The newest request of a professional about a patient."""
        async with self._database.write.acquire() as connection:
            return await consultations.last_asked(connection, principal.user, patient)

    async def running(self, principal: Principal, patient: str, at: datetime) -> datetime | None:
        """Until when a consent of the patient opens the record to a professional, None if none."""
        async with self._database.write.acquire() as connection:
            spans = await consultations.open_spans(connection, principal.user, patient, at)
        return max((end for _, end in spans if end > at), default=None)

    async def close(self, principal: Principal, patient: str, at: datetime) -> None:
        """Ends the newest consent of a patient; raises `NotFound` where there is none."""
        async with self._database.transaction() as connection:
            known = await consultations.last_asked(connection, principal.user, patient)
            if known is None:
                raise NotFound("no such consent")
            await consultations.close_consultation(connection, known.id, principal.user, at)

    async def _need(self, principal: Principal, patient: str, at: datetime) -> None:
        professional = kind_of(principal) is Kind.PROFESSIONAL and bool(principal.practitioner)
        if not professional or not await self._explaining.found(principal, patient):
            raise NotFound("there is no such patient")
        explained = await self._explaining.record(principal, patient, at)
        consent = explained.request.consent
        blocked = {principal.practitioner, principal.structure} & consent.blocked
        if consent.opposes_sharing or blocked:
            raise AccessDenied("Cette personne n’ouvre pas son dossier au partage.")


def own_record(principal: Principal) -> str:
    """The bare id of the signed-in patient's record; raises `AccessDenied` for anyone else."""
    kind, _, number = principal.practitioner.partition("/")
    if principal.role != PATIENT or kind != "Patient" or not number:
        raise AccessDenied("only the patient says this")
    return number


def _asker(principal: Principal, patient: str, session: str) -> Asker:
    return Asker(principal.user, principal.practitioner, principal.structure, session, patient)
