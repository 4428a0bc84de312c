"""Who can be asked in the region, and how they have answered in the last twelve months. B4.6.

What a service says of itself comes from the directory (HealthcareService); how it has answered is
counted from the steps of requests, by structure, and names no person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from cordee.care.circle.territory import county_of
from cordee.care.requests.offers import KINDS
from cordee.care.store import Resource, Store
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.resources")
LABELS: Final[Mapping[str, str]] = {
    "smr": "Soins médicaux et de réadaptation", "had": "Hospitalisation à domicile",
    "ehpad": "EHPAD", "repit": "Accueil de répit", "usld": "Soins de longue durée",
    "ssiad": "Soins infirmiers à domicile", "saad": "Aide à domicile",
    "etp": "Éducation thérapeutique", "cmp": "Soins psychiques", "pmi": "PMI",
    "social": "Service social", "depistage": "Dépistage", "tele-expertise": "Avis spécialisé",
    "coordination": "Appui à la coordination", "cpts": "CPTS",
    "urgences": "Urgences", "smur": "SMUR",
    "sas": "Service d’accès aux soins", "unv": "Unité neurovasculaire", "rcp": "RCP",
    "soins-non-programmes": "Soins non programmés", "chimiotherapie": "Chimiothérapie",
    "maternite-1": "Maternité de niveau 1", "maternite-3": "Maternité de niveau 3",
    "neonatologie": "Néonatologie",
}  # fmt: skip
MOST: Final = 200
_YEAR, _PATIENCE = timedelta(days=365), timedelta(days=7)
_ACCEPTS: Final = frozenset({"accepted", "in-progress", "completed"})
_INCLUDED: Final = (
    "&_include=HealthcareService:organization&_include=HealthcareService:location"
    "&_include=HealthcareService:coverage-area"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: a kind, a département, a commune, words of the name; "" for any."""

    kind: str = ""
    county: str = ""
    town: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """How a structure has answered in twelve months; `median` is the time of its first answer."""

    asked: int = 0
    accepted: int = 0
    refused: int = 0
    silent: int = 0
    median: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One service: `machine` is the request that asks it, "" where none does."""

    key: str
    owner: str
    name: str
    structure: str
    kind: str
    county: str
    town: str
    phone: str
    covers: tuple[str, ...]
    hours: tuple[Mapping[str, Any], ...]
    closed: str
    machine: str
    answers: Answers = Answers()


class Resources:
    """The resources of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads the directory through the guard."""
        self._database = database
        self._store = store

    async def find(self, principal: Principal, wanted: Wanted, at: datetime) -> list[Found]:
        """Services that meet what is looked for, by name, with their answers; at most 200."""
        rows = await self._store.search(principal, "HealthcareService", _criteria(wanted))
        known = {f"{one['resourceType']}/{one['id']}": one for one in rows}
        found = [_found(one, known) for one in rows if one["resourceType"] == "HealthcareService"]
        kept = [one for one in found if _meets(one, wanted)]
        answers = await self.answers([one.owner for one in kept], at)
        return sorted(
            (replace(one, answers=answers.get(one.owner, Answers())) for one in kept),
            key=lambda one: one.name.casefold(),
        )

    async def answers(self, owners: Sequence[str], at: datetime) -> Mapping[str, Answers]:
        """How structures have answered in the twelve months before a moment."""
        if not owners:
            return {}
        accepts, refuses = answering_states()
        values = (
            list(KINDS), at - _YEAR, list(dict.fromkeys(owners)), list(accepts), list(refuses),
            at - _PATIENCE,
        )  # fmt: skip
        async with self._database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["records"], *values)
        return {
            row["owner"]: Answers(
                row["asked"], row["accepted"], row["refused"], row["silent"],
                None if row["median"] is None else timedelta(seconds=float(row["median"])),
            )
            for row in rows
        }  # fmt: skip


@cache
def answering_states() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States of requests, as `machine/state`, that accept, and those that refuse."""
    accepts: list[str] = []
    refuses: list[str] = []
    for code in KINDS:
        for name, state in machines()[code].states.items():
            if state.status in _ACCEPTS:
                accepts.append(f"{code}/{name}")
            elif state.status == "rejected":
                refuses.append(f"{code}/{name}")
    return tuple(accepts), tuple(refuses)


def machine_for(kind: str) -> str:
    """The request that asks a service of a kind; "" where none does."""
    return next((code for code, kinds in KINDS.items() if kind in kinds), "")


def _criteria(wanted: Wanted) -> str:
    asked = {"active": "true", "_count": str(MOST), "_sort": "name"}
    if wanted.kind:
        asked["service-type"] = wanted.kind
    if wanted.words:
        asked["name:contains"] = wanted.words
    if wanted.town:
        asked["location.address-city"] = wanted.town
    return urlencode(asked) + _INCLUDED


def _meets(found: Found, wanted: Wanted) -> bool:
    return not wanted.county or wanted.county in {found.county, *found.covers}


def _found(service: Resource, known: Mapping[str, Resource]) -> Found:
    owner = party(service, "providedBy")
    places = [known.get(str(one.get("reference", "")), {}) for one in service.get("location", ())]
    place: Resource = next(iter(places), {})
    address: Mapping[str, Any] = place.get("address") or {}
    structure = known.get(owner, {})
    codes = [
        str(coding.get("code", ""))
        for one in service.get("type", ())
        for coding in one.get("coding", ())
    ]
    kind = next((one for one in codes if one in LABELS), next(iter(codes), ""))
    areas = [
        known.get(str(one.get("reference", "")), {}) for one in service.get("coverageArea", ())
    ]
    return Found(
        key=str(service["id"]),
        owner=owner,
        name=str(service.get("name", "")),
        structure=str(structure.get("name", "")),
        kind=kind,
        county=str(address.get("district", "")) or county_of(structure),
        town=str(address.get("city", "")),
        phone=next((str(one.get("value", "")) for one in service.get("telecom", ())), ""),
        covers=tuple(
            dict.fromkeys(
                str((one.get("address") or {}).get("district", "")) for one in areas if one
            )
        ),
        hours=tuple(service.get("availableTime", ())),
        closed=str(service.get("availabilityExceptions", "")),
        machine=machine_for(kind),
    )  # fmt: skip
