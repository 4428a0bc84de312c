"""Who is around a patient, what people may read, where letters go: from the record, guarded."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from cordee.app.store import KernelStore, system
from cordee.care.notifications.ports import Around, Resource
from cordee.directory.vocabulary import ADELI, IDNPS, RPPS
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied, Deleted, NotFound, TooWeak

AGENT: Final = "notifications"
"""Under which name the platform reads for itself what it decides by."""
_HOMES: Final = frozenset(
    {"ehpad", "500", "501", "502", "202", "255", "382", "395", "437", "448", "449"}
)
"""Kinds of structures where people live: categories of FINESS, and the demonstration's own."""
_CLOSED: Final = (NotFound, Deleted, AccessDenied, TooWeak)
_NATIONAL: Final = frozenset({RPPS, IDNPS, ADELI})
"""What names one professional of the country; another identifier may be somebody else's."""
_NUMBER: Final = re.compile(r"[0-9A-Za-z]{8,20}")


class KernelSurroundings:
    """Who is around a patient, from the record; see `ports.Surroundings`."""

    def __init__(self, store: KernelStore) -> None:
        """It reads under a name of the platform's own, traced."""
        self._store = store
        self._own = system(AGENT)

    async def around(self, patient: str) -> Around:
        """Declared doctors, homes, active files and circles, in two round trips."""
        key = patient.partition("/")[2]
        try:
            person, teams, files = await asyncio.gather(
                self._store.read(self._own, "Patient", key),
                self._store.search(
                    self._own, "CareTeam", f"patient={patient}&status=active&_count=50"
                ),
                self._store.search(
                    self._own, "EpisodeOfCare", f"patient={patient}&status=active&_count=50"
                ),
            )
        except (NotFound, Deleted):
            return Around()
        keepers = _references(person.get("managingOrganization"))
        managed = [one for row in files for one in _references(row.get("managingOrganization"))]
        homes = await self._homes([*keepers, *managed])
        circle = [
            one
            for team in teams
            for one in (
                *_references(*(team.get("managingOrganization") or ())),
                *_references(*(who.get("member") for who in team.get("participant") or ())),
            )
        ]
        return Around(
            attending=tuple(
                one
                for one in _references(*(person.get("generalPractitioner") or ()))
                if one.startswith("Practitioner/")
            ),
            residences=tuple(one for one in dict.fromkeys([*keepers, *managed]) if one in homes),
            files=tuple(one for one in dict.fromkeys(managed) if one not in homes),
            circle=tuple(dict.fromkeys([*keepers, *circle])),
        )

    async def _homes(self, references: Sequence[str]) -> set[str]:
        wanted = [one for one in dict.fromkeys(references) if one.startswith("Organization/")]
        read = await asyncio.gather(*(self._kinds(one) for one in wanted))
        return {name for name, kinds in zip(wanted, read, strict=True) if kinds & _HOMES}

    async def _kinds(self, reference: str) -> set[str]:
        try:
            found = await self._store.read(self._own, *reference.split("/", 1))
        except (NotFound, Deleted):
            return set()
        return {
            str(coding.get("code", ""))
            for concept in found.get("type") or ()
            for coding in concept.get("coding") or ()
        }


class KernelReading:
    """What people may read of what they are told of; see `ports.Reading`."""

    def __init__(self, store: KernelStore) -> None:
        """Reads of one moment become one statement a type."""
        self._store = store

    async def shown(
        self, principal: Principal, references: Collection[str]
    ) -> Mapping[str, Resource]:
        """By reference; what is closed, or no more, is missing."""
        wanted = [one for one in dict.fromkeys(references) if "/" in one]
        read = await asyncio.gather(*(self._one(principal, one) for one in wanted))
        return {name: one for name, one in zip(wanted, read, strict=True) if one is not None}

    async def _one(self, principal: Principal, reference: str) -> Resource | None:
        try:
            return await self._store.read(principal, *reference.split("/", 1))
        except _CLOSED:
            return None


class DirectoryMailboxes:
    """Addresses of the MSSanté, from the directory; see `ports.Mailboxes`."""

    def __init__(self, store: KernelStore) -> None:
        """The directory is of no patient."""
        self._store = store
        self._own = system(AGENT)

    async def address(self, reference: str) -> str:
        """The Endpoint that bears the national number of a professional, or is of a structure."""
        kind, _, key = reference.partition("/")
        if kind == "Organization":
            criteria = f"organization={reference}&connection-type=secure-email&_sort=_id&_count=1"
        elif kind == "Practitioner":
            try:
                person = await self._store.read(self._own, kind, key)
            except (NotFound, Deleted):
                return ""
            numbers = [
                f"{one['system']}|{one['value']}"
                for one in person.get("identifier") or ()
                if one.get("system") in _NATIONAL and _NUMBER.fullmatch(str(one.get("value", "")))
            ]
            if not numbers:
                return ""
            criteria = f"identifier={','.join(numbers)}&connection-type=secure-email"
            criteria += "&_sort=_id&_count=1"
        else:
            return ""
        found = await self._store.search(self._own, "Endpoint", f"{criteria}&status=active")
        return str(found[0].get("address", "")).removeprefix("mailto:") if found else ""


def _references(*values: Any) -> list[str]:
    found = [str((one or {}).get("reference", "")) for one in values]
    return [one for one in found if one]
