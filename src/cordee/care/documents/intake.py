"""The one door for documents: handed in, replaced, withdrawn. Rules: A3.8; decision 0044.

A document that comes again under its number changes nothing; another one under that number is
refused. What goes to the DMP is ordered in the transaction that writes the document.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from cordee.access.labels import kind_of
from cordee.access.purposes import Kind
from cordee.care.documents.lots import lot, stands_on_consent, withdrawal
from cordee.care.documents.metadata import Submission, check
from cordee.care.documents.ports import REASONS, Kept, Resource, Scanner, Shelf
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.ins.statuses import Status
from cordee.identity.patients.light import is_light
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, Conflict, Deleted, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

QUERIES = load_queries("cordee.care.documents")
PUBLISH, REPLACE, WITHDRAW = "publish", "replace", "withdraw"
SCREEN, FHIR, MSSANTE = "screen", "fhir", "mssante"
"""Doors: where a document came in."""
_SHORTEST_REASON: Final = 5


def new_number() -> str:
    """A number for a document: an OID under 2.25, which is a UUID."""
    return f"urn:oid:2.25.{uuid4().int}"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a document: its id; `is_new` is False when it had come before."""

    document: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Order:
    """An act on a document that the DMP is to be told."""

    number: str
    document: str
    patient: str
    act: str
    type: str
    replaced: str = ""


class Intake:
    """Takes documents in for one installation."""

    def __init__(self, database: Database, shelf: Shelf, scanner: Scanner | None) -> None:
        """`shelf` writes through the guard; without `scanner` nothing is looked at."""
        self._database = database
        self._shelf = shelf
        self._scanner = scanner

    async def patient(self, principal: Principal, patient: str) -> Resource | None:
        """The Patient, for who sees it; None for others."""
        try:
            return await self._shelf.patient(principal, patient)
        except (NotFound, Deleted):
            return None

    async def deposit(
        self,
        principal: Principal,
        patient: str,
        submission: Submission,
        *,
        to_dmp: bool,
        door: str = SCREEN,
    ) -> Received:
        """A new document of a patient.

        Raises `ResourceInvalid` with each problem, `NotFound` for a patient who is not seen,
        `Conflict` for a number that is another document's, and what the scanner raises.
        """
        return await self._receive(principal, patient, submission, ("", "", to_dmp, door))

    async def replace(
        self,
        principal: Principal,
        document: str,
        submission: Submission,
        *,
        to_dmp: bool = False,
        door: str = SCREEN,
    ) -> Received:
        """A new version of a document, which is superseded; raises what `deposit` raises.

        Raises `RuleBroken` for a document that was replaced or withdrawn before. A document that
        is in the DMP, or on its way, is replaced there too.
        """
        former = await self._shelf.document(principal, document)
        need_writer(principal, former)
        number = number_of(former)
        if number == submission.unique_id:
            raise RuleBroken("La nouvelle version porte un autre numéro que l’ancienne.")
        patient = patient_of(former)
        known = await self._known(submission)
        if known:
            return known
        need_current(former)
        goes = to_dmp or await self._is_ordered(number)
        return await self._receive(principal, patient, submission, (document, number, goes, door))

    async def withdraw(self, principal: Principal, document: str, reason: str) -> None:
        """Takes a document out of use, and out of the DMP where it is; the reason is kept.

        Raises `RuleBroken` without a reason or for a document that is no more in use, and
        `AccessDenied` for who neither wrote it nor is of the structure that keeps it.
        """
        if len(reason.strip()) < _SHORTEST_REASON:
            raise RuleBroken("Dites pourquoi : la raison reste avec le document.")
        former = await self._shelf.document(principal, document)
        need_writer(principal, former)
        need_current(former)
        number, patient = number_of(former), patient_of(former)

        async def also(connection: Connection, kept: Kept) -> None:
            await _step(connection, kept, document, ("withdrawn", "", reason.strip()))
            why = ("withdrawn", REASONS["withdrawn"])
            if await connection.fetch(
                QUERIES["drop_unsent"], number, clock.now(), principal.user, *why
            ):
                return
            if await connection.fetchval(QUERIES["is_ordered"], number):
                order = _Order(number, document, patient, WITHDRAW, type_of(former))
                await _order(connection, kept, principal, order)

        gone = former if stands_on_consent(former) else None
        await self._shelf.keep(principal, withdrawal(document), also, gone)

    async def _receive(
        self,
        principal: Principal,
        patient: str,
        submission: Submission,
        how: tuple[str, str, bool, str],
    ) -> Received:
        former, replaced, to_dmp, door = how
        _need_professional(principal)
        person = await self._shelf.patient(principal, patient)
        status = read_identity(person).status
        to_dmp = to_dmp and not is_light(person)  # B7.8: no deposit, so none that is refused
        await asyncio.to_thread(check, submission, clock.now())
        if self._scanner is not None:
            await self._scanner.check(submission.content.data)
        known = await self._known(submission)
        if known:
            return known

        async def also(connection: Connection, kept: Kept) -> None:
            await enter(connection, kept, submission, (patient, principal, door, status))
            if former:
                await supersede(connection, kept, former)
            if to_dmp:
                place = (submission.unique_id, kept.document, patient)
                target = await _to_replace(connection, kept, replaced)
                act = REPLACE if target else PUBLISH
                order = _Order(*place, act, submission.type, target)
                await _order(connection, kept, principal, order)

        made = lot(submission, patient, status, former)
        try:
            kept = await self._shelf.keep(principal, made, also)
        except _Again:
            known = await self._known(submission)
            if known is None:
                raise
            return known
        return Received(kept.document, is_new=True)

    async def _known(self, submission: Submission) -> Received | None:
        """The document that came in before under this number; raises `Conflict` for another one."""
        async with self._database.write.acquire() as connection:
            return await known_entry(connection, submission)

    async def _is_ordered(self, number: str) -> bool:
        async with self._database.write.acquire() as connection:
            return bool(await connection.fetchval(QUERIES["is_ordered"], number))


class _Again(Conflict):
    """The same number came in at the same moment."""


def digest(submission: Submission) -> bytes:
    """SHA-256 of the content of a submission."""
    return hashlib.sha256(submission.content.data).digest()


def number_of(document: Resource) -> str:
    """The number of a document; its address here where it bears none."""
    given = (document.get("masterIdentifier") or {}).get("value", "")
    return str(given) or f"DocumentReference/{document['id']}"


def patient_of(document: Resource) -> str:
    """The id of the patient of a document."""
    reference = (document.get("subject") or {}).get("reference", "")
    return str(reference).removeprefix("Patient/")


def type_of(document: Resource) -> str:
    """The first code of the type of a document."""
    found = (one.get("code", "") for one in (document.get("type") or {}).get("coding", ()))
    return next(found, "")


def _need_professional(principal: Principal) -> None:
    if kind_of(principal) is not Kind.PROFESSIONAL and not principal.is_system:
        raise AccessDenied("only professionals hand in documents here")


def need_writer(principal: Principal, document: Resource) -> None:
    """Raises `AccessDenied` but for its author, and for somebody of the structure that keeps it."""
    authors = {one.get("reference", "") for one in document.get("author", ())}
    keeper = (document.get("custodian") or {}).get("reference", "")
    own = {principal.practitioner, principal.structure} - {""}
    if not principal.is_system and not own & {*authors, keeper}:
        raise AccessDenied("only its author or their structure changes a document")


async def known_entry(connection: Connection, submission: Submission) -> Received | None:
    """The document that came in before under this number; raises `Conflict` for another one."""
    row = await connection.fetchrow(QUERIES["entry_of"], submission.unique_id)
    if row is None:
        return None
    if row["digest"] != digest(submission):
        raise Conflict("Ce numéro est celui d’un autre document : donnez-en un nouveau.")
    return Received(row["document"], is_new=False)


async def supersede(connection: Connection, kept: Kept, former: str) -> None:
    """Keeps that a document was replaced; raises `Conflict` when it was before."""
    await _step(connection, kept, former, ("replaced", kept.document, ""))


def need_current(document: Resource) -> None:
    """Raises `RuleBroken` for a document that was replaced or withdrawn."""
    if document.get("status") != "current":
        raise RuleBroken("Ce document a déjà été remplacé ou retiré.")


async def enter(
    connection: Connection,
    kept: Kept,
    submission: Submission,
    where: tuple[str, Principal, str, Status],
) -> None:
    """Keeps that a document came in: patient, by whom, by which door, status of the identity.

    Raises `Conflict` when its number came in at the same moment.
    """
    patient, principal, door, status = where
    values: tuple[Any, ...] = (
        submission.unique_id, kept.document, patient, clock.now(), kept.agent, kept.acting,
        principal.structure or submission.structure, door, submission.type, status,
        digest(submission),
    )  # fmt: skip
    if await connection.fetchval(QUERIES["enter"], *values) is None:
        raise _Again("Ce document arrive deux fois au même moment.")


async def _step(
    connection: Connection, kept: Kept, document: str, said: tuple[str, str, str]
) -> None:
    step, other, reason = said
    values = (document, clock.now(), kept.agent, kept.acting, step, other, reason)
    if await connection.fetchval(QUERIES["step"], *values) is None:
        raise Conflict("Ce document a déjà été remplacé ou retiré.")


async def _to_replace(connection: Connection, kept: Kept, number: str) -> str:
    """What a new version replaces in the DMP: not what was refused, or never sent.

    It replaces what that one would have replaced, "" for nothing.
    """
    if not number:
        return ""
    why = ("replaced", REASONS["replaced"])
    dropped = await connection.fetch(QUERIES["drop_unsent"], number, clock.now(), kept.agent, *why)
    return str(dropped[0]["replaced"]) if dropped else number


async def _order(connection: Connection, kept: Kept, principal: Principal, order: _Order) -> None:
    await connection.fetchval(
        QUERIES["order_deposit"], order.number, order.document, order.patient, order.act,
        order.replaced, order.type, principal.structure, clock.now(), principal.user, kept.acting,
    )  # fmt: skip
