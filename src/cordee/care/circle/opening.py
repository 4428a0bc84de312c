"""Open the circle of a person, once in the region; record what they said; close it.

Who opens sees the patient already: nobody ties themselves by opening. A second circle is refused by
the database, and whoever came second is led to the one that is there. Requirements B1.2, B1.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cordee.access.labels import kind_of
from cordee.access.purposes import Kind
from cordee.access.registers import statements
from cordee.access.registers.statements import Said, Speaker, Word
from cordee.care.circle.steps import Past, Register, Spoken, Step
from cordee.care.circle.team import Seat, closed, is_circle, new_team
from cordee.care.circle.vocabulary import CHANNELS, REASONS, SPEAKERS, WORDS, role_of_profession
from cordee.care.store import Placed, Resource, Store, Write
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import AccessDenied, CircleOpen, NotFound, RuleBroken

OPPOSED: Final = "opposed"
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """The circle of a patient; `is_new` is False when one was there, or came first."""

    circle: str
    is_new: bool


class Opening:
    """Opens and closes circles of one installation."""

    def __init__(
        self, database: Database, store: Store, register: Register, keys: KeyMaker
    ) -> None:
        """`store` writes through the guard, `register` keeps what happened."""
        self._database = database
        self._store = store
        self._register = register
        self._keys = keys

    async def history(self, patient: str) -> tuple[Past, ...]:
        """What happened to the circles of a patient, for who was shown the record before."""
        async with self._database.write.acquire() as connection:
            return await self._register.history(connection, patient)

    async def active(self, patient: str, at: datetime) -> str:
        """Id of the circle of a patient, "" where there is none; for who sees the patient."""
        async with self._database.write.acquire() as connection:
            return await self._register.active(connection, patient, at)

    async def open(
        self, principal: Principal, patient: str, why: tuple[str, str], spoken: Spoken, at: datetime
    ) -> Opened:
        """Opens the circle, or tells the one that is there; `why` is a reason and free words.

        Raises `NotFound` for who does not see the patient, `RuleBroken` for what is missing. With
        an opposition nothing is opened: see `oppose`.
        """
        need_professional(principal)
        person = await self._store.read(principal, "Patient", patient)
        reason, note = why
        if reason not in REASONS or (reason == "other" and len(note.strip()) < _SHORTEST):
            raise RuleBroken("Dites pourquoi le dossier de coordination est ouvert.")
        _check(spoken, at)
        if spoken.word == OPPOSED:
            raise RuleBroken("La personne s’oppose au partage : rien n’est ouvert.")
        if known := await self.active(patient, at):
            return Opened(known, is_new=False)

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            circle = placed[0].id
            steps = [
                Step(circle, patient, "opened", reason=reason, note=note.strip()),
                *_said(circle, patient, spoken),
            ]
            await self._register.add(connection, principal, steps, at)

        seats = _first_seats(principal, person, at)
        team = new_team(patient, principal.structure, seats, at)
        try:
            placed = await self._store.write(principal, [Write(team)], also)
        except CircleOpen:
            return Opened(await self.active(patient, at), is_new=False)
        return Opened(placed[0].id, is_new=True)

    async def say(self, principal: Principal, patient: str, spoken: Spoken, at: datetime) -> None:
        """Records a word of the person; an opposition closes all sharing, now.

        Raises `NotFound` for who does not see the patient, `RuleBroken` for what is missing.
        """
        need_professional(principal)
        await self._store.read(principal, "Patient", patient)
        _check(spoken, at)
        async with self._database.transaction() as connection:
            circle = await self._register.active(connection, patient, at)
            await self._register.add(connection, principal, _said(circle, patient, spoken), at)
            if spoken.word == OPPOSED:
                await statements.say_consent(
                    connection, patient, Word(Said.SHARING_OPPOSED),
                    Speaker(principal.user, at, f"CareTeam/{circle}" if circle else "circle"),
                    self._keys,
                )  # fmt: skip

    async def close(self, principal: Principal, patient: str, why: str, at: datetime) -> None:
        """Closes the circle with its reason; raises `NotFound` where there is none to be seen."""
        need_professional(principal)
        team = await self.circle(principal, patient, at)
        need_keeper(principal, team)
        if len(why.strip()) < _SHORTEST:
            raise RuleBroken("Dites pourquoi le cercle est fermé : la raison reste.")
        number = str(team["id"])

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            del placed
            step = Step(number, patient, "closed", note=why.strip())
            await self._register.add(connection, principal, [step], at)

        await self._store.write(principal, [Write(closed(team, at), "PUT", version_of(team))], also)

    async def circle(self, principal: Principal, patient: str, at: datetime) -> Resource:
        """The circle of a patient, for who sees it; raises `NotFound` for others."""
        number = await self.active(patient, at)
        if not number:
            raise NotFound("there is no circle here")
        team = await self._store.read(principal, "CareTeam", number)
        if not is_circle(team):
            raise NotFound("there is no circle here")
        return team


def version_of(resource: Resource) -> int:
    """The version that was read."""
    return int(resource["meta"]["versionId"])


def need_professional(principal: Principal) -> None:
    """Raises `AccessDenied` for who is no professional."""
    if kind_of(principal) is not Kind.PROFESSIONAL:
        raise AccessDenied("only professionals change a circle of care")


def keeps(principal: Principal, team: Resource) -> bool:
    """Whether somebody keeps a circle: the structure that opened it, or its médecin traitant."""
    managers = {one.get("reference", "") for one in team.get("managingOrganization") or ()}
    if principal.structure and principal.structure in managers:
        return True
    return any(
        (one.get("member") or {}).get("reference") == principal.practitioner
        and any(
            coding.get("code") == "PCP"
            for role in one.get("role") or ()
            for coding in role.get("coding") or ()
        )
        for one in team.get("participant") or ()
    )


def need_keeper(principal: Principal, team: Resource) -> None:
    """Raises `AccessDenied` for who does not keep the circle."""
    if not keeps(principal, team):
        raise AccessDenied("only the structure that keeps a circle, or the médecin traitant")


def _check(spoken: Spoken, at: datetime) -> None:
    if spoken.word not in WORDS:
        raise RuleBroken("Dites ce que la personne a répondu.")
    if spoken.channel not in CHANNELS or spoken.by not in SPEAKERS:
        raise RuleBroken("Dites qui a répondu, et par quel moyen.")
    if spoken.on > at.date():
        raise RuleBroken("La réponse ne peut pas dater de demain.")


def _said(circle: str, patient: str, spoken: Spoken) -> list[Step]:
    """The information comes first, then the word that it led to."""
    return [
        Step(circle, patient, step, channel=spoken.channel, said_by=spoken.by, said_on=spoken.on)
        for step in ("informed", spoken.word)
    ]


def _first_seats(principal: Principal, person: Resource, at: datetime) -> list[Seat]:
    """The médecin traitant and who opens, each once."""
    seats = [
        Seat(one["reference"], str(one.get("display", "")), "attending", at)
        for one in person.get("generalPractitioner") or ()
        if str(one.get("reference", "")).startswith("Practitioner/")
    ][:1]
    own = principal.practitioner
    if own and all(one.reference != own for one in seats):
        role = role_of_profession(principal.profession)
        seats.append(Seat(own, principal.name, role, at, structure=principal.structure))
    return seats
