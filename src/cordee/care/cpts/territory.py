"""A CPTS as the directory knows it, and the indicators of its year. Rules: B6.1, B6.7.

Its territory is the coverage of its service (HealthcareService of type `cpts`), its members those
who have a PractitionerRole there, its missions the services that it provides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.care.caseload.desk import person_name
from cordee.care.cpts.rotation import QUERIES
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import party
from cordee.identity.principal import Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound

_KIND: Final = "cpts"
_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Community:
    """A CPTS: its communes, members (name and profession), missions and project."""

    reference: str
    name: str
    phone: str
    communes: tuple[str, ...]
    members: tuple[tuple[str, str], ...]
    missions: tuple[str, ...]
    project: str


@dataclass(frozen=True, slots=True)
class Indicators:
    """The searches for a physician in twelve months; `median` until one was found."""

    asked: int
    waiting: int
    found: int
    median: timedelta | None


class Communities:
    """The CPTS of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads the directory through the guard."""
        self._database = database
        self._store = store

    async def all(self, principal: Principal) -> list[tuple[str, str]]:
        """Every CPTS: the id of its structure and its name, in order; at most 200."""
        query = f"service-type={_KIND}&active=true&_sort=name&_count=200"
        rows = await self._store.search(principal, "HealthcareService", query)
        return [
            (party(one, "providedBy").removeprefix("Organization/"), str(one.get("name", "")))
            for one in rows
        ]

    async def one(self, principal: Principal, key: str) -> Community:
        """The CPTS of a structure (bare id); raises `NotFound`."""
        place = f"Organization/{key}"
        services = await self._store.search(
            principal, "HealthcareService",
            f"organization={place}&active=true&_count=50&_include=HealthcareService:coverage-area",
        )  # fmt: skip
        known = {f"{one['resourceType']}/{one['id']}": one for one in services}
        own = next((one for one in services if _is_cpts(one)), None)
        if own is None:
            raise NotFound("there is no such community")
        roles = await self._store.search(
            principal, "PractitionerRole",
            f"organization={place}&active=true&_count=200&_include=PractitionerRole:practitioner",
        )  # fmt: skip
        areas = [
            known.get(str(one.get("reference", "")), {}) for one in own.get("coverageArea", ())
        ]
        return Community(
            place,
            str(own.get("name", "")),
            next((str(one.get("value", "")) for one in own.get("telecom", ())), ""),
            tuple(sorted(str(one.get("name", "")) for one in areas if one)),
            _members(roles),
            tuple(
                str(one.get("name", ""))
                for one in services
                if one["resourceType"] == "HealthcareService" and not _is_cpts(one)
            ),
            str(own.get("extraDetails", "")),
        )

    async def indicators(self, place: str, at: datetime) -> Indicators:
        """The indicators of a CPTS in the twelve months before a moment: counts of its own."""
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["figures"], place, at - _YEAR)
        assert row is not None  # noqa: S101 -- a count has one row
        middle = None if row["median"] is None else timedelta(seconds=float(row["median"]))
        return Indicators(row["asked"], row["waiting"], row["found"], middle)


def _members(roles: Sequence[Resource]) -> tuple[tuple[str, str], ...]:
    names = {
        f"Practitioner/{one['id']}": person_name(one)
        for one in roles
        if one["resourceType"] == "Practitioner"
    }
    found: dict[str, tuple[str, str]] = {}
    for one in roles:
        who = party(one, "practitioner") if one["resourceType"] == "PractitionerRole" else ""
        if who in names:
            found.setdefault(who, (names[who], _profession(one)))
    return tuple(sorted(found.values(), key=lambda one: (one[1], one[0].casefold())))


def _profession(role: Resource) -> str:
    displays = [
        str(coding.get("display", ""))
        for concept in role.get("code", ())
        for coding in concept.get("coding", ())
    ]
    return next((one for one in displays if one), "")


def _is_cpts(service: Mapping[str, Any]) -> bool:
    return any(
        coding.get("code") == _KIND
        for concept in service.get("type", ())
        if isinstance(concept, Mapping)
        for coding in concept.get("coding", ())
    )
