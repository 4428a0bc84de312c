"""What a person answers behind the link of an invitation: read it, book, call off, be left alone.

The secret alone opens nothing but the way out. The date of birth opens the words; five wrong ones
close the link. Rules: G3.4, G3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.campaigns.campaign import Campaign
from cordee.care.campaigns.links import digest_of
from cordee.care.campaigns.register import QUERIES, Register
from cordee.care.prevention.days import CANCELLED, Day, VaccinationDays
from cordee.care.slots.publishing import FREE, Slot
from cordee.care.store import Resource, Store
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import Conflict, Deleted, NotFound, RuleBroken

GUESSES: Final = 5
_DAYS: Final = 12


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a secret leads to; `row` is the person's line of the campaign."""

    campaign: Campaign
    row: Any

    @property
    def patient(self) -> str:
        """The id of the patient."""
        return str(self.row["patient"]).removeprefix("Patient/")


@dataclass(frozen=True, slots=True)
class Offered:
    """A day with the hours at which a place is left, and the own booking there, if any."""

    day: Day
    hours: tuple[datetime, ...]
    own: datetime | None = None


class Answers:
    """Answers to the invitations of one installation."""

    def __init__(
        self, database: Database, store: Store, register: Register, days: VaccinationDays,
        principal: Principal,
    ) -> None:  # fmt: skip
        """`principal` is the platform, in whose name somebody who is not signed in acts."""
        self._database = database
        self._store = store
        self._register = register
        self._days = days
        self._principal = principal

    async def behind(self, secret: str, at: datetime) -> Invitation:
        """The invitation of a secret; raises `NotFound` once it has expired."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["behind"], digest_of(secret), at)
        if row is None:
            raise NotFound("there is no such invitation")
        return Invitation(await self._register.one(str(row["campaign"])), row)

    async def opened(self, invitation: Invitation, birth: str, at: datetime) -> Resource:
        """The person, once their date of birth (ISO) is right; raises `RuleBroken` else."""
        number = invitation.row["number"]
        async with self._database.write.acquire() as connection:
            guesses = await connection.fetchval(QUERIES["guess"], number, GUESSES)
        if guesses is None:
            raise Conflict("Ce lien est fermé : appelez votre médecin traitant.")
        try:
            patient = await self._store.read(self._principal, "Patient", invitation.patient)
        except (NotFound, Deleted) as error:
            raise NotFound("there is no such invitation") from error
        if not birth or patient.get("birthDate") != birth:
            left = GUESSES - guesses
            text = f"Cette date n’est pas la bonne. Essais restants : {left}."
            raise RuleBroken(text, expression=("naissance",))
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["opened"], number, at)
        return patient

    async def offered(self, invitation: Invitation, at: datetime) -> list[Offered]:
        """The days to come of the campaign with what is left, and the own booking."""
        days = await self._days.of_campaign(invitation.campaign.id, at, _DAYS)
        places = await self._days.places(self._principal, days)
        own = await self._own(invitation)
        return [Offered(day, _free(day, places, at), _own_hour(day, places, own)) for day in days]

    async def book(self, invitation: Invitation, told: tuple[str, datetime, str]) -> None:
        """Books a place: the id of a day, an hour, the number of the form.

        Raises `Conflict` where none is left, `RuleBroken` for who has one already.
        """
        number, hour, form = told
        if not invitation.campaign.is_open:
            raise Conflict("Cette campagne est close.")
        days = await self._days.of_campaign(invitation.campaign.id, hour, _DAYS)
        day = next((one for one in days if one.id == number), None)
        if day is None:
            raise NotFound("there is no such day")
        if invitation.row["appointment"] and await self._own(invitation):
            raise RuleBroken("Vous avez déjà un rendez-vous : annulez-le d’abord.")
        key = await self._days.book(self._principal, invitation.patient, day, hour, form)
        await self._note(invitation, hour, key)

    async def call_off(self, invitation: Invitation, at: datetime) -> None:
        """Calls the own booking off; raises `NotFound` for none."""
        key = invitation.row["appointment"]
        for day in await self._days.of_campaign(invitation.campaign.id, at, _DAYS):
            try:
                await self._days.end(
                    self._principal, day, key, CANCELLED, "Annulé par la personne, par son lien."
                )
            except NotFound:
                continue
            await self._note(invitation, at, "")
            return
        raise NotFound("there is no booking")

    async def stop(self, invitation: Invitation, at: datetime, *, for_all: bool) -> None:
        """Leaves the person alone: for this campaign, or for all."""
        row = invitation.row
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["stopped"], row["number"], at)
            if for_all:
                await connection.execute(QUERIES["refuse"], row["patient"], at, "link")

    async def _own(self, invitation: Invitation) -> Resource | None:
        key = invitation.row["appointment"]
        if not key:
            return None
        try:
            found = await self._store.read(self._principal, "Appointment", key)
        except (NotFound, Deleted):
            return None
        return found if found.get("status") != CANCELLED else None

    async def _note(self, invitation: Invitation, at: datetime, key: str) -> None:
        values = (UUID(invitation.campaign.id), invitation.row["patient"], at, key)
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["booked"], *values)


def _free(day: Day, places: list[Slot], at: datetime) -> tuple[datetime, ...]:
    found = {
        one.starts for one in places
        if one.status == FREE and one.starts > at and day.holds(one)
    }  # fmt: skip
    return tuple(sorted(found))


def _own_hour(day: Day, places: list[Slot], own: Resource | None) -> datetime | None:
    held = {str(one.get("reference", "")) for one in (own or {}).get("slot", ())}
    return next((one.starts for one in places if f"Slot/{one.id}" in held and day.holds(one)), None)
