"""Statuses of identities in the base: proofs, attributes, answers of the INSi; each step is kept.

Rules: A1.2, A1.3, A1.4; the steps themselves are those of `identity/ins/statuses`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.ins.insi.lookup import look_up, retrieval
from cordee.identity.ins.insi.ports import Found, InsTeleservice
from cordee.identity.ins.proofs import Proof, accepted_proof
from cordee.identity.ins.statuses import (
    UNTRUSTED,
    Attribute,
    Identity,
    Retrieval,
    fallen,
    with_attribute,
    with_proof,
    with_retrieval,
    with_retrieval_and_proof,
    without_attribute,
)
from cordee.identity.patients.creating import is_sensitive
from cordee.identity.patients.files import (
    QUERIES,
    File,
    Files,
    need_cell,
    need_professional,
)
from cordee.identity.patients.light import is_light
from cordee.identity.patients.scans import scan_place
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.envelopes import Ring
from cordee.runtime.errors import RuleBroken
from cordee.runtime.scanning import Scanner

LARGEST_SCAN = 5 * 1024 * 1024
MEDIA = ("application/pdf", "image/jpeg", "image/png")
Step = Callable[[Identity], Identity]


@dataclass(frozen=True, slots=True)
class Picture:
    """The scan of a document, kept only when there is a reason, until its purge."""

    media: str
    content: bytes


class Qualifying:
    """Moves identities from status to status."""

    def __init__(
        self,
        kernel: Kernel,
        insi: InsTeleservice | None = None,
        scanner: Scanner | None = None,
    ) -> None:
        """Without `insi` no identity can be retrieved here; `scanner` looks at pictures."""
        self._scanner = scanner
        self._kernel = kernel
        self._files = Files(kernel)
        self._insi = insi

    async def prove(
        self, principal: Principal, patient: str, proof: Proof, picture: Picture | None = None
    ) -> File:
        """PROV to VALI or RECUP to QUAL, by a document that was seen.

        Raises `RuleBroken` for a document that proves nothing or a step that is not foreseen, and
        what the scanner raises for a picture.
        """
        need_professional(principal)
        if picture and self._scanner is not None:
            await self._scanner.check(picture.content)
        today = clock.today()
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            after = with_proof(file.identity, proof, today=today)
            await keep_proof(connection, patient, proof, picture, self._kernel.repository.ring)
            return await self._moved(connection, file, after, ("proof", proof.kind, principal.user))

    async def qualify(
        self,
        principal: Principal,
        patient: str,
        proof: Proof,
        accepted: frozenset[str] = frozenset(),
    ) -> File:
        """PROV straight to QUAL: the INSi answers 00 and a document is seen, in one act.

        Raises `RuleBroken` when the INSi does not say one person, and what the INSi raises.
        """
        need_professional(principal)
        async with self._kernel.database.write.acquire() as connection:
            before = await self._files.get(connection, patient)
        answer = await self._answer(before.identity, principal.user)
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            after = with_retrieval_and_proof(
                file.identity, answer, proof, today=clock.today(), accepted=accepted
            )
            await keep_proof(connection, patient, proof, None, None)
            return await self._moved(
                connection, file, after, ("insi 00 and proof", proof.kind, principal.user)
            )

    async def accept(self, principal: Principal, patient: str, accepted: frozenset[str]) -> File:
        """The answer of the INSi taken over, once each trait that differs was read and agreed."""
        need_professional(principal)
        async with self._kernel.database.write.acquire() as connection:
            before = await self._files.get(connection, patient)
        answer = await self._answer(before.identity, principal.user)
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            after = with_retrieval(file.identity, answer, accepted=accepted)
            return await self._moved(
                connection, file, after, ("insi 00", ", ".join(sorted(accepted)), principal.user)
            )

    async def doubt(self, principal: Principal, patient: str, note: str) -> File:
        """Any status back to PROV, with the reason of the doubt."""
        need_professional(principal)
        return await self.move(patient, fallen, ("doubt", _said(note), principal.user))

    async def mark(
        self, principal: Principal, patient: str, attribute: Attribute, note: str
    ) -> File:
        """The identity with an attribute more; a doubtful or fictive one falls to PROV."""
        need_professional(principal)
        how = (f"with {attribute}", _said(note), principal.user)
        return await self.move(patient, lambda one: with_attribute(one, attribute), how)

    async def unmark(
        self, principal: Principal, patient: str, attribute: Attribute, note: str
    ) -> File:
        """The identity without an attribute: a decision of the cell."""
        need_cell(principal)
        if attribute in UNTRUSTED:
            await self._check_alias(patient)
        how = (f"without {attribute}", _said(note), principal.user)
        return await self.move(patient, lambda one: without_attribute(one, attribute), how)

    async def move(self, patient: str, step: Step, how: tuple[str, str, str]) -> File:
        """One step of an identity, kept with how it came, its note and who did it."""
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            return await self._moved(connection, file, step(file.identity), how)

    async def _moved(
        self, connection: Connection, file: File, after: Identity, how: tuple[str, str, str]
    ) -> File:
        if after == file.identity:
            return file
        way, note, by = how
        await connection.execute(
            QUERIES["step"], file.id, file.identity.status, after.status, way, note, by
        )
        return await self._files.identify(connection, file, after, by)

    async def _answer(self, identity: Identity, user: str) -> Retrieval:
        if self._insi is None:
            raise RuleBroken("L’INSi n’est pas relié à cette installation.")
        answer = await look_up(self._insi, identity, user=user)
        if not isinstance(answer, Found):
            raise RuleBroken("L’INSi n’a pas répondu une seule identité (00).")
        return retrieval(answer, on=clock.today())

    async def _check_alias(self, patient: str) -> None:
        async with self._kernel.database.write.acquire() as connection:
            file = await self._files.get(connection, patient)
        if is_sensitive(file.patient) or is_light(file.patient):
            raise RuleBroken("Ce dossier est tenu sous alias ; son identité reste fictive.")


async def keep_proof(
    connection: Connection,
    patient: str,
    proof: Proof,
    picture: Picture | None,
    ring: Ring | None,
) -> None:
    """Keeps that a document was seen; its picture only with a date of purge, sealed by `ring`.

    Raises `RuleBroken` for a picture without it, too large, or of another kind.
    """
    accepted_proof(proof, today=clock.today())
    purge = proof.scan.purge_on if proof.scan else None
    if (picture is None) != (purge is None):
        raise RuleBroken("Une image se garde avec sa date de purge, et jamais sans.")
    if picture and (picture.media not in MEDIA or len(picture.content) > LARGEST_SCAN):
        raise RuleBroken("L’image est un PDF, un JPEG ou un PNG de 5 Mo au plus.")
    number = await connection.fetchval(
        QUERIES["prove"], patient, proof.kind, proof.checked_on, proof.checked_by,
        proof.situation, proof.parent_document, proof.has_vitale_photo, purge,
    )  # fmt: skip
    if number is None:
        raise AssertionError("an insertion returns its number")
    if picture:
        sealed = 0, picture.content
        if ring is not None:
            await ring.refresh(connection)
            sealed = await asyncio.to_thread(ring.seal, picture.content, scan_place(number))
        await connection.execute(QUERIES["keep_scan"], number, purge, picture.media, *sealed)


def _said(note: str) -> str:
    if not note.strip():
        raise RuleBroken("Dites pourquoi : la raison reste avec le dossier.")
    return note.strip()
