"""A professional who calls the SAMU from a record: who it is about goes with the call. SC1, C1.6.

The call waits from the moment of the button. When the telephone then rings from the same number,
the two are one; where it does not ring, somebody calls that number back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cordee.care.regulation.centres import Centre
from cordee.care.regulation.desk import Desk
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.ringing import Named
from cordee.care.regulation.sealing import plain_number
from cordee.care.store import Resource, Store
from cordee.identity.ins.vocabulary import INSEE_CODE, extension
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import Deleted, Issue, NotFound, ResourceInvalid

MOST: Final = 500
_SHORTEST: Final = 6


@dataclass(frozen=True, slots=True)
class Place:
    """From where somebody calls: the structure, its number, INSEE code, town, street, its SAMU."""

    name: str
    number: str
    commune: str
    town: str
    address: str
    centre: Centre | None


@dataclass(frozen=True, slots=True)
class Told:
    """What is said: what happens, and the number at which whoever calls is reached."""

    said: str
    number: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What becomes of a call: `waiting`, `answered`..., since when, whether it is elsewhere now."""

    state: str
    since: datetime
    answered: datetime | None


class ProfessionalCalls:
    """Calls of professionals of an installation."""

    def __init__(self, database: Database, store: Store, desk: Desk) -> None:
        """`store` reads through the guard; `desk` is the floor of all centres."""
        self._database, self._store, self._desk = database, store, desk

    async def place(self, principal: Principal) -> Place:
        """From where somebody calls; without a structure or an address no centre is known."""
        kind, _, key = principal.structure.partition("/")
        try:
            found = await self._store.read(principal, kind, key) if key else {}
        except (NotFound, Deleted):
            found = {}
        address: Resource = next(iter(found.get("address", ())), {})
        commune = _insee(address)
        lines, town = ", ".join(address.get("line", ())), str(address.get("city", ""))
        centres = (await self._desk.centres.all()).values()
        centre = next((one for one in centres if serves(one, commune)), None)
        return Place(str(found.get("name", "")), _phone(found), commune, town, lines, centre)

    async def call(
        self, principal: Principal, patient: str, call: UUID, told: Told, at: datetime
    ) -> Centre:
        """Puts a call in the queue of the SAMU of the place, with the person; twice, it is one.

        Raises `NotFound` for a patient who is not seen, `ResourceInvalid` with what is missing.
        """
        await self._store.read(principal, "Patient", patient)
        place = await self.place(principal)
        if place.centre is None:
            words = "Aucun SAMU n’est connu pour l’adresse de votre structure : composez le 15."
            raise ResourceInvalid([Issue("error", "invalid", words, ("sas",))])
        if len(plain_number(told.number)) < _SHORTEST:
            words = "Donnez le numéro où vous joindre."
            raise ResourceInvalid([Issue("error", "invalid", words, ("appel",))])
        if len(told.said) > MOST:
            raise ResourceInvalid([Issue("error", "invalid", f"{MOST} signes au plus.", ("dit",))])
        content = {
            "number": told.number, "name": f"{place.name}, {principal.name}", "said": told.said,
            "commune": f"{place.town} ({place.commune})", "address": place.address,
        }  # fmt: skip
        named = Named(principal.user, patient)
        await self._desk.ring_from_record(place.centre.id, call, content, named, at)
        return place.centre

    async def standing(self, principal: Principal, call: UUID) -> Standing:
        """What becomes of a call, for who made it alone; raises `NotFound`."""
        centre = (await self.place(principal)).centre
        values = (call, principal.user, centre.id if centre else "")
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["own_call"], *values)
        if row is None:
            raise NotFound("there is no such call")
        return Standing(row["state"], row["since"], row["answered"])


def serves(centre: Centre, commune: str) -> bool:
    """Whether a commune (INSEE code) is of the département of a centre (three signs, 035, 02A)."""
    department = centre.department.removeprefix("0")
    return bool(commune) and commune.startswith(department)


def _insee(address: Resource) -> str:
    return str(extension(address, INSEE_CODE).get("valueCoding", {}).get("code", ""))


def _phone(found: Resource) -> str:
    numbers = (one for one in found.get("telecom", ()) if one.get("system") == "phone")
    return str(next(numbers, {}).get("value", ""))
