"""What a patient chooses about their own record: said, kept, in force at once.

Each word is a row of the registers; a mask is also a label on the resource, written in the same
transaction. Rule: A3.5, A6.3; the médecin traitant cannot be blocked (S69).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cordee.access.acting import keep_acting
from cordee.access.consulting import own_record
from cordee.access.explaining import Explaining
from cordee.access.facts import Consent
from cordee.access.labelling import Change, relabel
from cordee.access.matrix import Matrix, in_force
from cordee.access.registers import matrices, notices, statements
from cordee.access.registers.statements import Line, Said, Shown, Speaker, Visibility, Word
from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound, RuleBroken


@dataclass(frozen=True, slots=True)
class State:
    """What holds now: the patient's word, the switches, what is said of documents, the matrix."""

    consent: Consent
    said: frozenset[str]
    visibilities: Mapping[str, Visibility]
    attending: tuple[str, ...]
    matrix: Matrix | None


class Choosing:
    """The choices of patients of one installation."""

    def __init__(self, database: Database, explaining: Explaining, kernel: Kernel) -> None:
        """`kernel` writes the labels."""
        self._database = database
        self._explaining = explaining
        self._kernel = kernel

    async def state(self, principal: Principal, at: datetime) -> State:
        """What holds of the signed-in patient's record; raises `AccessDenied` for anyone else."""
        patient = own_record(principal)
        async with self._database.write.acquire() as connection:
            return State(
                await statements.consent_at(connection, patient, at),
                await statements.switches_at(connection, patient, at),
                await statements.visibilities_at(connection, patient, at),
                await notices.attending(connection, patient),
                in_force(await matrices.versions(connection), at),
            )

    async def history(self, principal: Principal) -> tuple[Line, ...]:
        """All that was said of the signed-in patient's record, the newest first."""
        patient = own_record(principal)
        async with self._database.write.acquire() as connection:
            return await statements.history(connection, patient)

    async def say(self, principal: Principal, what: Said, *, holds: bool, at: datetime) -> None:
        """Keeps the signed-in patient's word on the whole record."""
        await self._say(principal, Word(what, holds), at)

    async def block(self, principal: Principal, who: str, *, holds: bool, at: datetime) -> None:
        """Keeps a practitioner or a structure out, or lets them in again.

        Raises `RuleBroken` for the médecin traitant, and for what is neither.
        """
        kind, _, number = who.partition("/")
        if kind not in {"Practitioner", "Organization"} or not number:
            raise RuleBroken("Choisissez une personne ou une structure.")
        async with self._database.write.acquire() as connection:
            attending = await notices.attending(connection, own_record(principal))
        if holds and who in attending:
            raise RuleBroken("Le médecin traitant ne peut pas être bloqué. Vous pouvez en changer.")
        await self._say(principal, Word(Said.BLOCKED, holds, who), at)

    async def mask(
        self, principal: Principal, reference: str, *, holds: bool, at: datetime
    ) -> None:
        """Hides an element from every professional but its author, or shows it again.

        Raises `NotFound` for what is not in the signed-in patient's record.
        """
        patient = own_record(principal)
        explained = await self._explaining.resource(principal, patient, reference, at)
        if explained is None or not explained.decision.permitted:
            raise NotFound("there is no such element in this record")
        speaker = Speaker(principal.user, at)
        async with self._database.transaction() as connection:
            acting = await keep_acting(connection, self._kernel.keys, principal)
            change = Change(patient, reference, Shown.MASKED, holds, principal.user, acting)
            for one in await relabel(self._kernel, connection, change):
                say = statements.mark if holds else statements.unmark
                await say(connection, patient, one, Shown.MASKED, speaker)

    async def _say(self, principal: Principal, word: Word, at: datetime) -> None:
        patient, speaker = own_record(principal), Speaker(principal.user, at)
        async with self._database.transaction() as connection:
            await statements.say_consent(connection, patient, word, speaker, self._kernel.keys)
