"""Free slots around a commune: our own and those of vendors, in 48 hours. C3.1, C3.2, C3.9."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from cordee.care.market.equity import LATELY, NOTHING, Candidate, Past, turn
from cordee.care.slots.desk import Slots
from cordee.care.slots.publishing import FREE
from cordee.care.store import Resource, Store
from cordee.care.unscheduled import holds
from cordee.care.unscheduled.holds import OWN
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.database import Database

HORIZON: Final = timedelta(hours=48)
RADII: Final = (10, 20, 30, 50, 100)
MOST: Final = 100
_NUMBERS: Final = "urn:oid:1.2.250.1.71.4.2.1"
_INSEE: Final = "insee-code"
_EARTH: Final = 6371.0
_OVERSEAS: Final = ("97", "98")


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune: INSEE code, name, postal code, degrees."""

    code: str
    name: str
    postal: str
    longitude: float
    latitude: float

    @property
    def department(self) -> str:
        """Its département: "56", "2A", "974"."""
        return self.code[:3] if self.code.startswith(_OVERSEAS) else self.code[:2]


@dataclass(frozen=True, slots=True)
class Told:
    """A slot as a vendor tells it; `number` is the RPPS of its professional."""

    vendor: str
    slot: str
    starts: datetime
    ends: datetime
    number: str
    name: str
    address: str
    postal: str
    city: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendors said together; `missing` did not answer, `as_of` is the oldest answer."""

    slots: Sequence[Told] = ()
    missing: Sequence[str] = ()
    as_of: datetime | None = None


class Vendors(Protocol):
    """The vendors of slots of this installation; never fails."""

    async def free(self, numbers: Sequence[str], start: datetime, end: datetime) -> Answer:
        """The free slots of professionals (RPPS) that begin between two moments."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A slot that may be held; `away` is its département where it is not that of the case.

    `km` is None where its place is not known. `had` is what this professional had
    of the floor lately.
    """

    vendor: str
    slot: str
    starts: datetime
    ends: datetime
    name: str
    place: str
    specialty: str
    km: float | None = None
    away: str = ""
    had: Past = NOTHING


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found, in the order of `_turn`; `specialties` are all there were.

    `farther` is how many more there are beyond the radius.
    """

    offers: Sequence[Offer]
    specialties: Sequence[str]
    missing: Sequence[str]
    as_of: datetime
    farther: int = 0


@dataclass(slots=True)
class _Book:
    """Who the professionals are: their number, specialty and commune by reference."""

    numbers: dict[str, str] = field(default_factory=dict)
    specialties: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)


class Search:
    """The search of one installation."""

    def __init__(self, database: Database, slots: Slots, store: Store, vendors: Vendors) -> None:
        """`store` reads the directory for who asks; `vendors` answer for others."""
        self._database = database
        self._slots = slots
        self._store = store
        self._vendors = vendors

    async def around(
        self, principal: Principal, commune: str, at: datetime, radius: int, specialty: str = ""
    ) -> Listing:
        """What is free in 48 hours within `radius` km; what has no known place stands last."""
        end = at + HORIZON
        communities = await self._slots.communities(principal)
        seats = [one.structure for one in communities]
        own, members, communes = await asyncio.gather(
            self._slots.between(principal, communities, at, end),
            self._members(principal, seats),
            self._communes(),
        )
        free = [one for one in own if one.status == FREE and one.starts > at]
        book = await self._known(principal, {*members, *(one.member for one in free)}, seats)
        answer = await self._vendors.free(sorted(set(book.numbers.values())), at, end)
        whose = {number: key for key, number in book.numbers.items()}
        offers = [
            Offer(
                OWN, one.id, one.starts, one.ends, one.name,
                _place(book.places.get(one.member), communes),
                book.specialties.get(one.member, ""),
            )
            for one in free
        ]  # fmt: skip
        codes = {(OWN, one.id): book.places.get(one.member, ("", ""))[0] for one in free}
        for one in answer.slots:
            words = ", ".join(each for each in (one.address, f"{one.postal} {one.city}") if each)
            member = book.specialties.get(whose.get(one.number, ""), "")
            offers.append(
                Offer(one.vendor, one.slot, one.starts, one.ends, one.name, words, member)
            )
            codes[one.vendor, one.slot] = _code(one, communes)
        async with self._database.transaction() as connection:
            taken = await holds.taken(connection, [(one.vendor, one.slot) for one in offers])
            had = await holds.served(connection, [one.name for one in offers], at - LATELY)
        here = communes.get(commune)
        placed = [
            _placed(one, here, communes.get(codes[one.vendor, one.slot]))
            for one in offers
            if (one.vendor, one.slot) not in taken
        ]
        wanted = [one for one in placed if specialty in {"", one.specialty}]
        kept = [one for one in wanted if one.km is None or one.km <= radius]
        farther = len(wanted) - len(kept)
        kept = [replace(one, had=had.get(one.name, Past())) for one in kept]
        kept.sort(key=lambda one: _turn(one, at))
        known = sorted({one.specialty for one in placed} - {""})
        return Listing(kept[:MOST], known, answer.missing, answer.as_of or at, farther)

    async def _members(self, principal: Principal, structures: Sequence[str]) -> set[str]:
        if not structures:
            return set()
        query = f"organization={','.join(structures)}&active=true&_count=200"
        rows = await self._store.search(principal, "PractitionerRole", query)
        return {party(one, "practitioner") for one in rows} - {""}

    async def _known(
        self, principal: Principal, people: Iterable[str], seats: Sequence[str]
    ) -> _Book:
        """The book of some professionals: one search; where they work, before a CPTS's seat."""
        found, wanted = _Book(), sorted(one for one in people if one)
        if not wanted:
            return found
        rows = await self._store.search(
            principal, "PractitionerRole",
            f"practitioner={','.join(wanted)}&active=true&_count=500"
            "&_include=PractitionerRole:practitioner&_include=PractitionerRole:organization",
        )  # fmt: skip
        houses = {
            f"Organization/{one['id']}": _house(one)
            for one in rows
            if one["resourceType"] == "Organization"
        }
        for one in sorted(rows, key=lambda one: party(one, "organization") in seats):
            if one["resourceType"] == "Practitioner":
                number = _number(one)
                if number:
                    found.numbers[f"Practitioner/{one['id']}"] = number
            elif one["resourceType"] == "PractitionerRole":
                key, house = party(one, "practitioner"), houses.get(party(one, "organization"))
                words = _specialty(one)
                if words:
                    found.specialties.setdefault(key, words)
                if house is not None:
                    found.places.setdefault(key, house)
        return found

    async def _communes(self) -> Mapping[str, Commune]:
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(holds.QUERIES["communes"])
        return {row["code"]: Commune(**dict(row)) for row in rows}


def distance(one: Commune, other: Commune) -> float:
    """Kilometres as the crow flies between two communes."""
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = math.sin((south - north) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(half))


def _turn(offer: Offer, at: datetime) -> tuple[Any, ...]:
    """By the rule of equity, then by hour, distance and name."""
    km = math.inf if offer.km is None else offer.km
    candidate = Candidate(offer.name, offer.starts - at, km)
    return turn(candidate, offer.had), offer.starts, km, offer.name


def _placed(offer: Offer, here: Commune | None, there: Commune | None) -> Offer:
    """The offer with its distance and its département, where both places are known."""
    if here is None or there is None:
        return offer
    away = "" if here.department == there.department else there.department
    return Offer(
        offer.vendor, offer.slot, offer.starts, offer.ends, offer.name, offer.place,
        offer.specialty, distance(here, there), away,
    )  # fmt: skip


def _place(house: tuple[str, str] | None, communes: Mapping[str, Commune]) -> str:
    if house is None:
        return ""
    code, name = house
    commune = communes.get(code)
    return ", ".join(one for one in (name, commune.name if commune else "") if one)


def _code(told: Told, communes: Mapping[str, Commune]) -> str:
    """The INSEE code of a vendor's address: by its name, else the first of its postal code."""
    same = [one for one in communes.values() if one.postal == told.postal]
    named = next((one for one in same if one.name.casefold() == told.city.casefold()), None)
    return (named or next(iter(same), None) or Commune("", "", "", 0, 0)).code


def _house(house: Resource) -> tuple[str, str]:
    """The INSEE code of a structure and its name with its street."""
    address: Mapping[str, Any] = next(iter(house.get("address", ())), {})
    code = next(
        (
            str((one.get("valueCoding") or {}).get("code", ""))
            for one in address.get("extension", ())
            if str(one.get("url", "")).endswith(_INSEE)
        ),
        "",
    )
    return code, ", ".join((str(house.get("name", "")), *map(str, address.get("line", ()))))


def _number(person: Resource) -> str:
    held = person.get("identifier", ())
    return next((str(one["value"]) for one in held if one.get("system") == _NUMBERS), "")


def _specialty(role: Resource) -> str:
    for concept in role.get("specialty", ()):
        for coding in concept.get("coding", ()):
            if coding.get("display"):
                return str(coding["display"])
    return ""
