"""Incidents: declared, counted, told to the authority and to the patients, closed. Rule: A6.5.

The 72 hours run from the moment at which the breach was found: article 33 of the RGPD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

import orjson

from cordee.access.acting import keep_acting
from cordee.access.glasses import need
from cordee.access.incidents.reaching import QUERIES, Reach, Window, reach
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.store.repository import version_of
from cordee.identity.principal import DPO, Principal
from cordee.runtime.constraints import table_rules
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, RuleBroken

NOTIFY_WITHIN: Final = timedelta(hours=72)
_MOST: Final = 200
_AGENTS: Final = 300


class Done(StrEnum):
    """What was done about an incident."""

    NOTIFIED = "notified"
    TOLD = "told"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Said:
    """What the DPO declares."""

    agent: str
    starts: datetime
    ends: datetime
    found: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How many patients were readable and read, and how long it took to know."""

    scope: int
    at: datetime
    readable: int
    read: int
    whole: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; `steps` hold moment, person and words by what was done."""

    id: UUID
    declared: datetime
    declared_by: str
    said: Said
    counted: Counted | None
    steps: Mapping[str, tuple[datetime, str, str]]

    @property
    def due(self) -> datetime:
        """Until when the authority is told."""
        return self.said.found + NOTIFY_WITHIN


@dataclass(frozen=True, slots=True)
class Concerned:
    """A patient of a count: how they were readable, and how often they were read."""

    patient: str
    ways: tuple[str, ...]
    lines: int
    first: datetime | None
    last: datetime | None
    body: Mapping[str, Any] | None


class Incidents:
    """The incidents of one installation; all of it is the DPO's."""

    def __init__(self, database: Database, keys: KeyMaker) -> None:
        """`keys` hashes entities as the index does."""
        self._database = database
        self._keys = keys

    async def all(self, principal: Principal) -> tuple[Incident, ...]:
        """All incidents, the newest first; raises `AccessDenied` but for the DPO."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["incidents"], _MOST, None)
        return tuple(_incident(row) for row in rows)

    async def one(self, principal: Principal, number: UUID) -> Incident:
        """One incident; raises `NotFound`."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["incidents"], 1, number)
        if not rows:
            raise NotFound("no such incident")
        return _incident(rows[0])

    async def agents(self, principal: Principal) -> dict[str, str]:
        """Accounts that acted, with their names, the last ones first."""
        need(principal, DPO)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["agents"], _AGENTS)
        return {row["agent"]: row["name"] for row in rows}

    async def declare(self, principal: Principal, said: Said, at: datetime) -> UUID:
        """The number of a new incident; raises `RuleBroken` for what does not hold together."""
        need(principal, DPO)
        reasons = {
            "": "Dites en 10 caractères au moins ce qui s’est passé.",
            "incident_has_a_length": "La fin vient après le début.",
            "incident_is_past": "Le début vient avant la découverte, elle-même avant maintenant.",
        }
        with table_rules(reasons):
            async with self._database.write.acquire() as connection:
                number = await connection.fetchval(
                    QUERIES["declare"], at, principal.user, said.found, said.agent, said.starts,
                    said.ends, said.what,
                )  # fmt: skip
        return cast("UUID", number)

    async def count(self, principal: Principal, number: UUID, at: datetime) -> int:
        """Counts whom the account could read and did read, and keeps the answer; its number."""
        incident = await self.one(principal, number)
        said = incident.said
        async with self._database.transaction() as connection:
            began = await connection.fetchval("SELECT clock_timestamp()")
            acting = await keep_acting(connection, self._keys, principal)
            await connection.execute("SET LOCAL work_mem = '128MB'")
            found = await reach(connection, self._keys, Window(said.agent, said.starts, said.ends))
            scope = await connection.fetchval(
                QUERIES["keep_scope"], number, at, principal.user, acting, said.agent, said.starts,
                said.ends, *_columns(found), found.everything, began,
            )  # fmt: skip
        return cast("int", scope)

    async def step(
        self, principal: Principal, number: UUID, done: Done, words: str, at: datetime
    ) -> None:
        """Keeps that something was done; raises `RuleBroken` the second time, or without words."""
        await self.one(principal, number)
        reasons = {
            "": "Écrivez ce qui a été fait, en 10 caractères au moins.",
            "step_once": "C’est déjà fait.",
        }
        with table_rules(reasons):
            async with self._database.write.acquire() as connection:
                await connection.execute(QUERIES["step"], number, at, principal.user, done, words)

    async def people(
        self, principal: Principal, number: UUID, *, skip: int, most: int, read_only: bool
    ) -> tuple[Concerned, ...]:
        """Patients of the last count, those who were read first; traced. `RuleBroken` before it."""
        incident = await self.one(principal, number)
        if incident.counted is None:
            raise RuleBroken("Comptez d’abord les patients concernés.")
        async with self._database.transaction() as connection:
            return await self._people(connection, principal, incident, (skip, most, read_only))

    async def _people(
        self,
        connection: Connection,
        principal: Principal,
        incident: Incident,
        part: tuple[int, int, bool],
    ) -> tuple[Concerned, ...]:
        skip, most, read_only = part
        assert incident.counted is not None  # noqa: S101 -- asked by the caller
        rows = await connection.fetch(
            QUERIES["people"], incident.counted.scope, most, skip, read_only, principal.user,
            await keep_acting(connection, self._keys, principal), f"breach people {incident.id}",
        )  # fmt: skip
        return tuple(
            Concerned(
                row["patient"], tuple(row["ways"]), row["lines"], row["first"], row["last"],
                orjson.loads(version_of("Patient", row["id"], row).json()) if row["id"] else None,
            )
            for row in rows
        )  # fmt: skip


def _columns(found: Reach) -> tuple[list[int], list[str]]:
    ways = {patient: ",".join(sorted(one)) for patient, one in found.ways.items() if one}
    return list(ways), list(ways.values())


def _incident(row: Mapping[str, Any]) -> Incident:
    said = Said(row["agent"], row["starts"], row["ends"], row["found"], row["what"])
    counted = None
    if row["scope"] is not None:
        counted = Counted(
            row["scope"], row["counted"], row["readable"], row["read"], row["whole"], row["seconds"]
        )
    steps = {
        kind: (datetime.fromisoformat(at), by, words)
        for kind, (at, by, words) in orjson.loads(row["steps"] or b"{}").items()
    }
    return Incident(row["id"], row["declared"], row["declared_by"], said, counted, steps)
