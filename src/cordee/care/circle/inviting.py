"""Members of a circle: found in the directory, invited, in once they accept, out when they leave.

Who is invited sees nothing before they accept; then the platform writes them in, since they could
not write themselves. Whom the person has blocked is not invited. Requirements B1.3, B1.9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from cordee.access.registers import statements
from cordee.care.circle.finding import human_name, known_names, works_at
from cordee.care.circle.opening import (
    Opening,
    keeps,
    need_keeper,
    need_professional,
    version_of,
)
from cordee.care.circle.steps import Past, Register, Step
from cordee.care.circle.team import Seat, ended, is_over, members_of, with_seat
from cordee.care.circle.vocabulary import ACCESSES, CONTACT, OF_RELATIVES, RECORD, ROLES
from cordee.care.store import Placed, Resource, Store, Write
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, NotFound, RuleBroken, VersionConflict

_TRIES: Final = 4
_SHORTEST: Final = 5
_PROFESSIONAL: Final = ("Practitioner/", "Organization/")
Change = Callable[[Resource], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Offer:
    """Who is asked to come: reference and words, as what, from when until when, with what right.

    The words of who is in the directory, or in the record, are replaced by theirs.
    """

    reference: str
    display: str
    role: str
    starts: datetime
    ends: datetime | None = None
    access: str = RECORD
    structure: str = ""
    structure_display: str = ""


class Inviting:
    """Members of the circles of one installation."""

    def __init__(
        self, database: Database, store: Store, register: Register, opening: Opening,
        platform: Principal,
    ) -> None:  # fmt: skip
        """`platform` writes who accepted into the circle."""
        self._database = database
        self._store = store
        self._register = register
        self._opening = opening
        self._platform = platform

    async def invite(self, principal: Principal, patient: str, offer: Offer, at: datetime) -> UUID:
        """An invitation, which waits thirty days for its answer.

        Raises `NotFound` for who does not see the circle, `RuleBroken` for whom it cannot be.
        """
        need_professional(principal)
        team = await self._opening.circle(principal, patient, at)
        _check(offer, at)
        if not offer.reference.startswith(_PROFESSIONAL) or offer.role in OF_RELATIVES:
            raise RuleBroken("Choisissez un professionnel ou une structure de l’annuaire.")
        offer = await self._named(principal, offer)
        if any(
            one.reference == offer.reference and not is_over(one, at) for one in members_of(team)
        ):
            raise RuleBroken("Cette personne, ou cette structure, est déjà dans le cercle.")
        number = uuid4()
        async with self._database.transaction() as connection:
            await self._need_unblocked(connection, patient, offer, at)
            waiting = await self._register.waiting_for(connection, [offer.reference], at)
            if any(one.step.patient == patient for one in waiting):
                raise RuleBroken("Une invitation attend déjà sa réponse.")
            step = Step(
                str(team["id"]), patient, "invited", offer.reference, offer.reference, offer.role,
                offer.access, offer.starts, offer.ends, number,
                note=f"{offer.display}\n{offer.structure}\n{offer.structure_display}",
            )  # fmt: skip
            await self._register.add(connection, principal, [step], at)
        return number

    async def _named(self, principal: Principal, offer: Offer) -> Offer:
        """An offer in the words of the directory; raises `RuleBroken` for whom it does not know."""
        references = [one for one in (offer.reference, offer.structure) if one]
        names = await known_names(self._store, principal, references)
        is_known = all(one in names for one in references)
        if offer.structure and is_known:
            is_known = await works_at(self._store, principal, offer.reference, offer.structure)
        if not is_known:
            raise RuleBroken("Choisissez un professionnel ou une structure de l’annuaire.")
        return replace(
            offer,
            display=names[offer.reference],
            structure_display=names.get(offer.structure, ""),
        )

    async def waiting(self, principal: Principal, at: datetime) -> tuple[Past, ...]:
        """Invitations that the signed-in professional, or their structure, has not answered."""
        need_professional(principal)
        async with self._database.write.acquire() as connection:
            return await self._register.waiting_for(connection, _own(principal), at)

    async def hint(self, patient: str) -> str:
        """Who an invitation is about, for who may answer it: initials and year of birth alone."""
        person = await self._store.read(self._platform, "Patient", patient)
        name: dict[str, Any] = next(iter(person.get("name") or ()), {})
        given = next(iter(name.get("given") or ()), "")
        letters = [f"{one[0].upper()}." for one in (given, str(name.get("family", ""))) if one]
        return ", ".join((" ".join(letters), str(person.get("birthDate", ""))[:4])).strip(", ")

    async def accept(self, principal: Principal, number: UUID, at: datetime) -> str:
        """The signed-in professional comes into the circle; id of the patient.

        Raises `NotFound` for any number that is not theirs to answer, or was answered.
        """
        past = await self._own(principal, number, at)
        step = past.step
        display, structure, words = (*step.note.split("\n"), "", "")[:3]
        starts = max(at, step.starts or at)
        if step.ends is not None and step.ends <= starts:
            raise RuleBroken("La période proposée est passée : demandez une nouvelle invitation.")
        seat = Seat(
            step.subject, display, step.role, starts, step.ends, step.access or RECORD,
            structure, words,
        )  # fmt: skip

        async def said(connection: Connection) -> None:
            await self._need_unblocked(connection, step.patient, _offer(seat), at)
            answer = replace(step, step="accepted", starts=starts, note="")
            await self._register.add(connection, principal, [answer], at)

        await self._change(step.patient, step.circle, lambda team: with_seat(team, seat), said)
        return step.patient

    async def decline(self, principal: Principal, number: UUID, why: str, at: datetime) -> None:
        """The signed-in professional does not come; raises as `accept`."""
        past = await self._own(principal, number, at)
        step = replace(past.step, step="declined", note=why.strip())
        async with self._database.transaction() as connection:
            await self._register.add(connection, principal, [step], at)

    async def withdraw(
        self, principal: Principal, patient: str, number: UUID, at: datetime
    ) -> None:
        """An invitation that was not answered is taken back; raises `NotFound` for others."""
        need_professional(principal)
        team = await self._opening.circle(principal, patient, at)
        async with self._database.transaction() as connection:
            past = await self._register.invitation(connection, number, at)
            if past is None or past.step.patient != patient:
                raise NotFound("there is no such invitation")
            if past.by != principal.user:
                need_keeper(principal, team)
            step = replace(past.step, step="withdrawn", note="")
            await self._register.add(connection, principal, [step], at)

    async def add_relative(
        self, principal: Principal, patient: str, offer: Offer, at: datetime
    ) -> None:
        """Somebody around the patient is named in the circle; their rights are their mandate's.

        Raises `RuleBroken` for who is no RelatedPerson of this record.
        """
        need_professional(principal)
        team = await self._opening.circle(principal, patient, at)
        _check(offer, at)
        kind, _, key = offer.reference.partition("/")
        if kind != "RelatedPerson" or offer.role not in OF_RELATIVES:
            raise RuleBroken("Choisissez une personne de l’entourage.")
        related = await self._store.read(principal, kind, key)
        if (related.get("patient") or {}).get("reference") != f"Patient/{patient}":
            raise RuleBroken("Choisissez une personne de l’entourage.")
        if any(
            one.reference == offer.reference and not is_over(one, at) for one in members_of(team)
        ):
            raise RuleBroken("Cette personne est déjà dans le cercle.")
        name = human_name(related) or ROLES[offer.role].label
        seat = Seat(offer.reference, name, offer.role, offer.starts, offer.ends, CONTACT)
        step = _step(team, patient, "added", seat)
        await self._rewrite(principal, patient, step, lambda one: with_seat(one, seat), at)

    async def add_contact(
        self, principal: Principal, patient: str, offer: Offer, phone: str, at: datetime
    ) -> None:
        """Somebody who is not in the record yet, with the number to call, and no account.

        Rule: `cds-fr-related-person` asks for a name and a telephone.
        """
        need_professional(principal)
        await self._opening.circle(principal, patient, at)
        if len(offer.display.strip()) < 2 or not phone.strip():  # noqa: PLR2004 -- a name
            raise RuleBroken("Donnez le nom et le téléphone de la personne.")
        given, _, family = offer.display.strip().rpartition(" ")
        related: dict[str, Any] = {
            "resourceType": "RelatedPerson",
            "active": True,
            "patient": {"reference": f"Patient/{patient}"},
            "relationship": [ROLES[offer.role].concept],
            "name": [{"family": family} | ({"given": [given]} if given else {})],
            "telecom": [{"system": "phone", "value": phone.strip()}],
        }
        placed = await self._store.write(principal, [Write(related)])
        known = replace(offer, reference=placed[0].reference, display=offer.display.strip())
        await self.add_relative(principal, patient, known, at)

    async def leave(self, principal: Principal, patient: str, at: datetime) -> None:
        """The signed-in professional is no more in the circle; raises `NotFound` where not."""
        need_professional(principal)
        await self._end(principal, patient, principal.practitioner, ("left", "", at), at)

    async def exclude(
        self, principal: Principal, patient: str, reference: str, why: str, at: datetime
    ) -> None:
        """A member is out from now on, with the reason that stays.

        Raises `AccessDenied` for who does not keep the circle.
        """
        need_professional(principal)
        if len(why.strip()) < _SHORTEST:
            raise RuleBroken("Dites pourquoi : la raison reste avec l’histoire du cercle.")
        await self._end(principal, patient, reference, ("excluded", why.strip(), at), at)

    async def end_at(
        self, principal: Principal, patient: str, reference: str, ends: datetime, at: datetime
    ) -> None:
        """A member is in until a moment to come, when their access ends by itself."""
        need_professional(principal)
        if ends <= at:
            raise RuleBroken("Choisissez une date à venir.")
        await self._end(principal, patient, reference, ("changed", "", ends), at)

    async def _end(
        self,
        principal: Principal,
        patient: str,
        reference: str,
        what: tuple[str, str, datetime],
        at: datetime,
    ) -> None:
        step, why, ends = what
        team = await self._opening.circle(principal, patient, at)
        member = next(
            (
                one
                for one in members_of(team)
                if one.reference == reference and not is_over(one, at)
            ),
            None,
        )
        if member is None:
            raise NotFound("there is no such member")
        if reference != principal.practitioner and not keeps(principal, team):
            raise AccessDenied("only who keeps the circle ends the place of another")
        kept = Step(
            str(team["id"]), patient, step, reference, reference, ends=ends, access=member.access,
            note=why,
        )  # fmt: skip
        await self._rewrite(principal, patient, kept, lambda one: ended(one, reference, ends), at)

    async def _rewrite(
        self, principal: Principal, patient: str, step: Step, change: Change, at: datetime
    ) -> None:
        """A change that a member makes in their own name."""

        async def said(connection: Connection) -> None:
            await self._register.add(connection, principal, [step], at)

        await self._change(patient, step.circle, change, said, principal)

    async def _change(
        self,
        patient: str,
        circle: str,
        change: Change,
        said: Callable[[Connection], Any],
        principal: Principal | None = None,
    ) -> None:
        """Writes the circle anew; somebody else who wrote meanwhile is written upon, not over."""
        who = principal or self._platform

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            del placed
            await said(connection)

        for left in reversed(range(_TRIES)):
            team = await self._store.read(who, "CareTeam", circle)
            if (team.get("subject") or {}).get("reference") != f"Patient/{patient}":
                raise NotFound("there is no such circle")
            if team.get("status") != "active":
                raise RuleBroken("Ce cercle est fermé.")
            write = Write(change(team), "PUT", version_of(team))
            try:
                await self._store.write(who, [write], also)
            except VersionConflict:
                if not left:
                    raise
                continue
            return

    async def _own(self, principal: Principal, number: UUID, at: datetime) -> Past:
        need_professional(principal)
        async with self._database.write.acquire() as connection:
            past = await self._register.invitation(connection, number, at)
        if past is None or past.step.person not in _own(principal):
            raise NotFound("there is no such invitation")
        return past

    async def _need_unblocked(
        self, connection: Connection, patient: str, offer: Offer, at: datetime
    ) -> None:
        consent = await statements.consent_at(connection, patient, at)
        if consent.opposes_sharing or consent.blocked & {offer.reference, offer.structure}:
            raise RuleBroken("La personne n’ouvre pas son dossier à ce professionnel.")


def _own(principal: Principal) -> frozenset[str]:
    return frozenset({principal.practitioner, principal.structure}) - {""}


def _offer(seat: Seat) -> Offer:
    return Offer(seat.reference, seat.display, seat.role, seat.starts, structure=seat.structure)


def _step(team: Resource, patient: str, what: str, seat: Seat) -> Step:
    return Step(
        str(team["id"]), patient, what, seat.reference, seat.reference, seat.role, seat.access,
        seat.starts, seat.ends,
    )  # fmt: skip


def _check(offer: Offer, at: datetime) -> None:
    if offer.role not in ROLES:
        raise RuleBroken("Choisissez un rôle.")
    if offer.access not in ACCESSES:
        raise RuleBroken("Choisissez ce qui est ouvert.")
    if offer.ends is not None and (offer.ends <= offer.starts or offer.ends <= at):
        raise RuleBroken("La fin vient après le début, et après aujourd’hui.")
