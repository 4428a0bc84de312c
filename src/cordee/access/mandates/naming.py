"""Mandates as a service: named, recorded, taken, changed, ended; who acts under which now.

A patient names carers and trusted persons; so does a representative with the power to manage. A
professional who reaches the patient, or the identity cell, records representatives from a proof.
Whoever holds a mandate took it with an account of their own, by a code. Rule: A3.3, B1.3, E1.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from cordee.access.acting import keep_acting
from cordee.access.explaining import Explaining
from cordee.access.facts import Power, Relation
from cordee.access.identifying import identity_of
from cordee.access.labels import kind_of
from cordee.access.mandates import register
from cordee.access.mandates.kinds import (
    NAMED,
    Mandate,
    MandateKind,
    most_powers,
    natural_end,
    role_of,
)
from cordee.access.mandates.parts import EVERYTHING, every_part
from cordee.access.mandates.persons import write_related
from cordee.access.mandates.register import By, Event
from cordee.access.purposes import Kind
from cordee.access.registers import notices
from cordee.access.registers.notices import Notice, What
from cordee.fhir.interactions.kernel import Kernel
from cordee.identity.principal import IDENTITY, PATIENT, Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken

WRONG_CODE: Final = "Ce code n’est pas le bon, ou il a expiré."
LISTED: Final = "mandate list"
"""What the trail says of a name in a list of those somebody acts for."""
_LONGEST: Final = 200
_AROUND: Final = frozenset({Kind.CARER, Kind.REPRESENTATIVE})


@dataclass(frozen=True, slots=True)
class Offer:
    """What is given: to whom, as what, which parts and powers, from when until when."""

    kind: MandateKind
    name: str
    bond: str
    parts: frozenset[str]
    powers: frozenset[Power]
    starts: datetime
    ends: datetime | None = None
    proof: str = ""
    proof_on: date | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A mandate with the code that the person takes it by, shown once, and until when."""

    mandate: Mandate
    code: str
    ends: datetime


class Naming:
    """Mandates of one installation."""

    def __init__(self, database: Database, explaining: Explaining, kernel: Kernel) -> None:
        """`kernel` writes the RelatedPerson of each mandate."""
        self._database = database
        self._explaining = explaining
        self._kernel = kernel

    async def around(self, principal: Principal, patient: str, at: datetime) -> tuple[Mandate, ...]:
        """Mandates about a patient, for who decides of them; a recorder reads no carers.

        Raises `NotFound` for others.
        """
        is_manager = await self._manages(principal, patient, at)
        if not is_manager:
            await self.need_recorder(principal, patient, at)
        async with self._database.write.acquire() as connection:
            found = await register.of_patient(connection, patient, at)
        return tuple(one for one in found if is_manager or one.kind is not MandateKind.CARER)

    async def history(self, principal: Principal, patient: str, at: datetime) -> tuple[Event, ...]:
        """What was given, taken and ended, for who decides of it; raises `NotFound` for others."""
        if not await self._manages(principal, patient, at):
            raise NotFound("there is no such patient")
        async with self._database.write.acquire() as connection:
            return await register.history(connection, patient)

    async def give(self, principal: Principal, patient: str, offer: Offer, at: datetime) -> Given:
        """Keeps a new mandate and its code.

        Raises `NotFound` for who may not, `RuleBroken` for what such a mandate cannot hold.
        """
        own = await self._need_giver(principal, patient, offer.kind, at)
        number = uuid4()
        async with self._database.transaction() as connection:
            person = await register.patient_of(connection, self._kernel.keys, patient)
            if person is None:
                raise NotFound("there is no such patient")
            natural = natural_end(offer.kind, person)
            _check(offer, natural, at)
            _check_within(offer, own)
            ends = _first(offer.ends, natural, own.end if own else None)
            mandate = Mandate(
                number, patient, offer.kind, offer.name.strip(), offer.bond.strip(),
                f"mandat-{number}", at, principal.user, offer.parts, offer.powers, offer.starts,
                ends, offer.proof, offer.proof_on,
            )  # fmt: skip
            by = await self._by(connection, principal, at)
            await register.add(connection, mandate)
            await write_related(self._kernel, connection, mandate, by)
            code, until = await register.invite(connection, patient, number, principal.user, at)
        return Given(mandate, code, until)

    async def invite_again(self, principal: Principal, number: UUID, at: datetime) -> Given:
        """A new code for a mandate that still waits; raises what `give` raises."""
        mandate = await self._one(number, at)
        await self._need_giver(principal, mandate.patient, mandate.kind, at)
        if not mandate.waits(at):
            raise RuleBroken("Cette personne a déjà accepté, ou le mandat est terminé.")
        async with self._database.transaction() as connection:
            by = await self._by(connection, principal, at)
            code, until = await register.invite(
                connection, mandate.patient, number, principal.user, at
            )
            await register.trace_invited(connection, self._kernel.keys, mandate, by)
        return Given(mandate, code, until)

    async def change(self, principal: Principal, number: UUID, offer: Offer, at: datetime) -> None:
        """What a mandate opens from now on; its kind, person and proof stay."""
        mandate = await self._one(number, at)
        own = await self._need_giver(principal, mandate.patient, mandate.kind, at)
        if mandate.ended is not None:
            raise RuleBroken("Ce mandat est terminé.")
        _check_within(offer, own)
        said = replace(
            mandate, parts=offer.parts, powers=offer.powers, starts=offer.starts,
            ends=_first(offer.ends, own.end if own else None),
        )  # fmt: skip
        async with self._database.transaction() as connection:
            person = await register.patient_of(connection, self._kernel.keys, mandate.patient)
            natural = natural_end(mandate.kind, person or {})
            _check(replace(offer, kind=mandate.kind, name=mandate.name, proof=mandate.proof,
                           proof_on=mandate.proof_on), natural, at)  # fmt: skip
            by = await self._by(connection, principal, at)
            await register.extend(connection, said, principal.user, at)
            await write_related(self._kernel, connection, said, by)

    async def end(self, principal: Principal, number: UUID, at: datetime) -> None:
        """Ends a mandate at once: withdrawn, given back, or recorded as over.

        A patient does not end a legal representation; who recorded it, or the cell, does.
        """
        mandate = await self._one(number, at)
        why = await self._why_ended(principal, mandate, at)
        async with self._database.transaction() as connection:
            by = await self._by(connection, principal, at)
            await register.end(connection, self._kernel.keys, mandate, by, why)
            over = replace(mandate, ended=at)
            await write_related(self._kernel, connection, over, by)
            if mandate.agent and mandate.agent != principal.user:
                await notices.tell(
                    connection,
                    Notice(
                        f"user/{mandate.agent}", What.MANDATE_ENDED, mandate.patient, str(number)
                    ),
                    at,
                )

    async def offered(self, code: str, at: datetime) -> Mandate | None:
        """The mandate that a code is for; None for any other code."""
        async with self._database.write.acquire() as connection:
            invited = await register.invitation(connection, code, at)
            if invited is None or invited.mandate is None:
                return None
            mandate = await register.one(connection, invited.mandate, at)
        return mandate if mandate is not None and mandate.waits(at) else None

    async def take(self, principal: Principal, code: str, at: datetime) -> Mandate:
        """The signed-in person takes the mandate of a code; raises `RuleBroken`."""
        async with self._database.transaction() as connection:
            return await self.take_within(connection, principal, code, at)

    async def take_within(
        self, connection: Connection, principal: Principal, code: str, at: datetime
    ) -> Mandate:
        """The same in the transaction of the connection."""
        if kind_of(principal) not in {*_AROUND, Kind.PATIENT}:
            raise RuleBroken("Un compte professionnel n’accepte pas de mandat : ouvrez le vôtre.")
        invited = await register.invitation(connection, code, at)
        if invited is None or invited.mandate is None:
            raise RuleBroken(WRONG_CODE)
        mandate = await register.one(connection, invited.mandate, at)
        if mandate is None or not mandate.waits(at):
            raise RuleBroken(WRONG_CODE)
        if principal.practitioner == f"Patient/{mandate.patient}":
            raise RuleBroken("C’est votre propre dossier : donnez ce code à votre proche.")
        if not await register.use(connection, invited, principal.user, at):
            raise RuleBroken(WRONG_CODE)
        by = await self._by(connection, principal, at)
        await register.accept(connection, self._kernel.keys, mandate, by)
        told = Notice(
            f"Patient/{mandate.patient}", What.MANDATE_TAKEN, mandate.patient, str(mandate.id)
        )
        await notices.tell(connection, told, at)
        return replace(mandate, agent=principal.user, accepted=at)

    async def held(self, principal: Principal, at: datetime) -> tuple[Mandate, ...]:
        """What the signed-in person holds and may act under now."""
        async with self._database.write.acquire() as connection:
            found = await register.of_agent(connection, principal.user, at)
            return tuple([one for one in found if await self._lives(connection, one, at)])

    async def acting(
        self, principal: Principal, number: UUID, at: datetime
    ) -> tuple[Principal, Mandate]:
        """The signed-in person as who acts under a mandate; raises `NotFound` where none lives."""
        async with self._database.write.acquire() as connection:
            mandate = await register.one(connection, number, at)
            if (
                mandate is None
                or mandate.agent != principal.user
                or not await self._lives(connection, mandate, at)
            ):
                raise NotFound("there is no such mandate")
        return acting_as(principal, mandate), mandate

    async def name_of(self, principal: Principal, patient: str, why: str = LISTED) -> str:
        """The name of a patient for who passed before, traced; "" where there is none."""
        async with self._database.write.acquire() as connection:
            person = await identity_of(connection, self._kernel.keys, principal, patient, why)
        names: list[dict[str, Any]] = (person or {}).get("name", [])
        official = next((one for one in names if one.get("use") == "official"), None)
        name = official or next(iter(names), {})
        return " ".join((*name.get("given", ())[:1], str(name.get("family", "")).upper())).strip()

    async def need_recorder(self, principal: Principal, patient: str, at: datetime) -> None:
        """Passes who controls the papers: the cell, or a professional who reaches the patient.

        Raises `AccessDenied` for others, `NotFound` where they do not reach the patient.
        """
        if kind_of(principal) is not Kind.PROFESSIONAL:
            raise AccessDenied("only professionals record legal representatives")
        if IDENTITY in principal.functions:
            return
        explained = await self._explaining.record(principal, patient, at)
        if not explained.decision.permitted and not explained.request.found_by_identity:
            raise NotFound("there is no such patient")

    async def _lives(self, connection: Connection, mandate: Mandate, at: datetime) -> bool:
        patient = await register.patient_of(connection, self._kernel.keys, mandate.patient)
        relation = mandate.relation(patient) if patient is not None else None
        return relation is not None and relation.lives(at)

    async def _by(self, connection: Connection, principal: Principal, at: datetime) -> By:
        acting = await keep_acting(connection, self._kernel.keys, principal)
        return By(principal.user, at, acting)

    async def _one(self, number: UUID, at: datetime) -> Mandate:
        async with self._database.write.acquire() as connection:
            mandate = await register.one(connection, number, at)
        if mandate is None:
            raise NotFound("there is no such mandate")
        return mandate

    async def _why_ended(self, principal: Principal, mandate: Mandate, at: datetime) -> str:
        if mandate.agent == principal.user:
            return "given-back"
        if mandate.is_named and await self._manages(principal, mandate.patient, at):
            return "withdrawn"
        if mandate.is_named:
            raise NotFound("there is no such mandate")
        await self.need_recorder(principal, mandate.patient, at)
        return "recorded"

    async def _need_giver(
        self, principal: Principal, patient: str, kind: MandateKind, at: datetime
    ) -> Relation | None:
        """What bounds what the giver gives: their own tie, None for the patient or a recorder."""
        if kind not in NAMED:
            await self.need_recorder(principal, patient, at)
            return None
        if kind_of(principal) is Kind.REPRESENTATIVE:
            own = await self._managing(principal, patient, at)
            if own is not None:
                return own
        elif await self._manages(principal, patient, at):
            return None
        raise NotFound("there is no such patient")

    async def _manages(self, principal: Principal, patient: str, at: datetime) -> bool:
        """The patient, or a representative with that power: who names those around them."""
        if kind_of(principal) is Kind.PATIENT:
            return principal.role == PATIENT and principal.practitioner == f"Patient/{patient}"
        return await self._managing(principal, patient, at) is not None

    async def _managing(self, principal: Principal, patient: str, at: datetime) -> Relation | None:
        """The tie by which a representative names those around the patient."""
        if kind_of(principal) is not Kind.REPRESENTATIVE:
            return None
        explained = await self._explaining.record(principal, patient, at)
        held = explained.request.relations if explained.decision.permitted else ()
        return next((one for one in held if Power.MANAGE in one.powers and one.lives(at)), None)


def acting_as(principal: Principal, mandate: Mandate) -> Principal:
    """Somebody as who acts under a mandate of theirs."""
    return replace(
        principal, role=role_of(mandate.kind), practitioner=f"RelatedPerson/{mandate.related}"
    )


def _first(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


def _check_within(offer: Offer, own: Relation | None) -> None:
    """Nobody gives more than they hold: neither parts nor powers, nor (see `give`) days."""
    if own is None:
        return
    if EVERYTHING not in own.categories and not offer.parts <= own.categories:
        raise RuleBroken("Vous ne pouvez pas ouvrir plus que ce qui vous est ouvert.")
    if not offer.powers <= own.powers:
        raise RuleBroken("Vous ne pouvez pas donner un pouvoir que vous n’avez pas.")
    if own.end is not None and offer.starts >= own.end:
        raise RuleBroken("Cet accès commencerait après la fin de votre mandat.")


def _check(offer: Offer, natural: datetime | None, at: datetime) -> None:
    if not 1 < len(offer.name.strip()) <= _LONGEST:
        raise RuleBroken("Donnez le nom de la personne.")
    if not offer.parts or not offer.parts <= {EVERYTHING, *every_part()}:
        raise RuleBroken("Choisissez ce que cette personne verra.")
    if not offer.powers or not offer.powers <= most_powers(offer.kind):
        raise RuleBroken("Ce pouvoir ne peut pas être donné à cette personne.")
    if offer.ends is not None and offer.ends <= max(offer.starts, at):
        raise RuleBroken("La fin vient après le début, et après aujourd’hui.")
    if (offer.kind in NAMED) == bool(offer.proof) or bool(offer.proof) == (offer.proof_on is None):
        raise RuleBroken("Un représentant légal est enregistré avec sa preuve et sa date.")
    if offer.proof_on is not None and offer.proof_on > at.date():
        raise RuleBroken("La date de la preuve est à venir.")
    if natural is not None and natural <= at:
        raise RuleBroken(
            "Cette personne est majeure ou décédée, ou sa date de naissance n’est pas complète."
        )
