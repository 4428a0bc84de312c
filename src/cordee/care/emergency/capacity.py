"""What is free in a hospital: boxes, beds by discipline, tension; as ROR Locations, with their age.

Shape: ROR 2.4, extension `ror-healthcareservice-capacity-reception` (beds in place, beds free) on a
Location. What nobody has confirmed for four hours is shown as such. Requirement C4.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cordee.care.store import Resource, Store, Write
from cordee.care.workflow.tasks import BASE, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Issue, ResourceInvalid

KIND: Final = BASE + "capacite"
TENSION: Final = BASE + "tension-urgences"
OLD: Final = timedelta(hours=4)
UNITS: Final[Mapping[str, str]] = {
    "box": "Box",
    "sauv": "Déchocage (SAUV)",
    "uhcd": "UHCD",
    "medecine": "Médecine",
    "geriatrie": "Gériatrie aiguë",
    "chirurgie": "Chirurgie",
    "soins-continus": "Soins continus",
    "reanimation": "Réanimation",
    "pediatrie": "Pédiatrie",
    "psychiatrie": "Psychiatrie",
}
"""What can be declared, in the order of the page."""
TENSIONS: Final[Mapping[str, str]] = {
    "normal": "Normale", "tense": "Tendue", "full": "Saturée", "closed": "Accueil régulé",
}  # fmt: skip
DEPARTMENT: Final = "urgences"
_EXTENSION: Final = (
    "https://interop.esante.gouv.fr/ig/fhir/ror24/StructureDefinition/"
    "ror-healthcareservice-capacity-reception"
)
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Capacity:
    """Beds of one kind in one hospital: how many there are and how many are free, and when said."""

    structure: str
    name: str
    unit: str
    placed: int
    free: int
    at: datetime

    def is_old(self, now: datetime) -> bool:
        """Whether nobody has confirmed it for four hours."""
        return now - self.at > OLD


@dataclass(frozen=True, slots=True)
class Place:
    """One hospital: what it declares; `tension` is a code of `TENSIONS`, "" where none is said."""

    structure: str
    name: str
    units: Mapping[str, Capacity]
    tension: str = ""
    said: datetime | None = None

    def is_old(self, now: datetime) -> bool:
        """Whether its tension was not confirmed for four hours."""
        return self.said is None or now - self.said > OLD


class Capacities:
    """What hospitals say is free."""

    def __init__(self, store: Store) -> None:
        """`store` reads and writes through the guard."""
        self._store = store

    async def region(self, principal: Principal) -> list[Place]:
        """Every hospital that declares something, by name."""
        criteria = f"type={KIND}|&_count={_MOST}&_include=Location:organization"
        return read_places(await self._store.search(principal, "Location", criteria))

    async def own(self, principal: Principal) -> Place | None:
        """What the principal's hospital declares; None where it has declared nothing."""
        if not principal.structure.startswith("Organization/"):
            return None
        criteria = (
            f"organization={principal.structure}&type={KIND}|&_count=50"
            "&_include=Location:organization"
        )
        return next(
            iter(read_places(await self._store.search(principal, "Location", criteria))), None
        )

    async def declare(
        self,
        principal: Principal,
        units: Mapping[str, tuple[int, int]],
        tension: str,
        now: datetime,
    ) -> None:
        """Says what is free now: places in place and free, by unit.

        Raises `ResourceInvalid` with each unit that does not add up.
        """
        if not principal.structure.startswith("Organization/"):
            raise AccessDenied("Seul un établissement déclare ses lits.")
        check(units, tension)
        writes = [
            Write(_location(principal.structure, one, *counts, now), "PUT")
            for one, counts in units.items()
        ]
        if tension:
            writes.append(Write(_tension(principal.structure, tension), "PUT"))
        await self._store.write(principal, writes)


def check(units: Mapping[str, tuple[int, int]], tension: str) -> None:
    """Returns when it adds up; raises `ResourceInvalid` with each unit that does not."""
    problems = [
        (unit, f"{UNITS[unit]} : il ne peut pas y avoir plus de places libres que de places.")
        for unit, (placed, free) in units.items()
        if unit in UNITS and not 0 <= free <= placed
    ]
    problems += [(one, "Cette unité n’existe pas.") for one in units if one not in UNITS]
    if tension and tension not in TENSIONS:
        problems.append(("tension", "Choisissez la tension dans la liste."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])


def read_places(rows: Sequence[Resource]) -> list[Place]:
    """Hospitals with what they declare, by name."""
    names = {
        f"Organization/{one['id']}": str(one.get("name", ""))
        for one in rows
        if one["resourceType"] == "Organization"
    }
    units: dict[str, dict[str, Capacity]] = {}
    tensions: dict[str, tuple[str, datetime]] = {}
    for one in rows:
        unit, owner = _unit(one), party(one, "managingOrganization")
        if one["resourceType"] != "Location" or not unit or not owner:
            continue
        units.setdefault(owner, {})
        at = datetime.fromisoformat(str(one["meta"]["lastUpdated"])).astimezone(PARIS)
        if unit == DEPARTMENT:
            tensions[owner] = (str((one.get("operationalStatus") or {}).get("code", "")), at)
        else:
            placed, free = _counts(one)
            found = Capacity(owner, names.get(owner, ""), unit, placed, free, at)
            units[owner][unit] = found
    places = [
        Place(owner, names.get(owner, ""), known, *tensions.get(owner, ("", None)))
        for owner, known in units.items()
    ]
    return sorted(places, key=lambda one: one.name)


def _key(structure: str, unit: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"capacite/{structure}/{unit}"))


def _location(structure: str, unit: str, placed: int, free: int, now: datetime) -> dict[str, Any]:
    day = now.astimezone(PARIS).date().isoformat()
    said = [
        {"url": "placedBedNumber", "valueInteger": placed},
        {"url": "availableBedNumber", "valueInteger": free},
        {"url": "availableBedUpdateDate", "valueDate": day},
    ]
    return {
        "resourceType": "Location",
        "id": _key(structure, unit),
        "extension": [{"url": _EXTENSION, "extension": said}],
        "status": "active",
        "name": UNITS[unit],
        "mode": "kind",
        "type": [{"coding": [{"system": KIND, "code": unit, "display": UNITS[unit]}]}],
        "managingOrganization": {"reference": structure},
    }


def _tension(structure: str, tension: str) -> dict[str, Any]:
    return {
        "resourceType": "Location",
        "id": _key(structure, DEPARTMENT),
        "status": "active",
        "operationalStatus": {"system": TENSION, "code": tension, "display": TENSIONS[tension]},
        "name": "Service d’urgences",
        "mode": "instance",
        "type": [{"coding": [{"system": KIND, "code": DEPARTMENT, "display": "Urgences"}]}],
        "managingOrganization": {"reference": structure},
    }


def _unit(location: Resource) -> str:
    return next(
        (
            str(coding.get("code", ""))
            for one in location.get("type", ())
            if isinstance(one, Mapping)
            for coding in one.get("coding", ())
            if coding.get("system") == KIND
        ),
        "",
    )


def _counts(location: Resource) -> tuple[int, int]:
    said = {
        part.get("url"): int(part.get("valueInteger", 0))
        for one in location.get("extension", ())
        if one.get("url") == _EXTENSION
        for part in one.get("extension", ())
        if "valueInteger" in part
    }
    return said.get("placedBedNumber", 0), said.get("availableBedNumber", 0)
