"""Patient records through the guard: scoped, traced, one round trip each."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, cast

from cordee.access.guard import Guard
from cordee.access.record_rows import record_statement
from cordee.fhir.indexing.intervals import interval
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.landmarks import CIRCLE, TEAM
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.model.definitions import type_name
from cordee.fhir.store.listening import Listener
from cordee.fhir.store.repository import version_of
from cordee.fhir.store.scope import Scope
from cordee.fhir.store.visibility import former_sql, named, values_of, visible
from cordee.identity.principal import PATIENT, Principal
from cordee.runtime.database import Database, search_errors
from cordee.runtime.errors import AccessDenied
from cordee.runtime.queries import load_queries

_QUERIES: dict[str, LiteralString] = {
    name: cast(
        "LiteralString",
        text.replace("{seen}", visible("r", named(1))).replace(
            "{former}", former_sql("r", named(1))
        ),
    )
    for name, text in load_queries("cordee.access").items()
}
_PLANNED_BY_VALUES = frozenset({"find_patients"})
_NAMES = ("name", "family", "given")
_FAMILY_FIRST = "family"
_RECHECK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sought:
    """What a person looks for: folded words, an ISO date as precise as typed, a matricule."""

    names: tuple[str, ...] = ()
    birth_date: str | None = None
    ins: str | None = None


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One found patient as JSON, and the place of the row in the list."""

    body: bytes
    place: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trail: its number, moment, agent, AuditEvent.action, type and detail.

    `role` and `entity` say as what the agent acted, where that was kept.
    """

    n: int
    at: datetime
    agent: str
    action: str
    type: str | None
    detail: str
    role: str = ""
    entity: str = ""


class Records:
    """What a person may read of patients' records."""

    def __init__(
        self,
        database: Database,
        guard: Guard,
        keys: KeyMaker,
        registry: Registry,
        listener: Listener,
    ) -> None:
        """All parts are open."""
        self._database = database
        self._guard = guard
        self._keys = keys
        self._listener = listener
        patient = registry.of("Patient")
        self._name_numbers = [
            one.number for code in _NAMES for one in registry.rows_of("Patient", code)
        ]
        self._family = patient[_FAMILY_FIRST].number
        self._birthdate = patient["birthdate"].number

    async def open(
        self, principal: Principal, patient_id: str, reason: str
    ) -> list[tuple[str, str, bytes]]:
        """(kind, Type/id, JSON) of all rows, the patient first; [] when it is not visible.

        The last row is ("change", number, b"").
        """
        scope = await self._guard.scope(principal)
        rows = await self._run(record_statement(), *_caller(scope), patient_id, reason)
        found: list[tuple[str, str, bytes]] = []
        for row in rows:
            if row["kind"] == "change":
                found.append(("change", row["id"], b""))
                continue
            kind = type_name(row["type"])
            if not scope.may("r", kind) or scope.limits_of("r", kind):
                continue  # what is open in part is read on its own page
            version = version_of(kind, row["id"], row)
            found.append((row["kind"], f"{kind}/{row['id']}", version.whole()))
        return found

    async def find(
        self,
        principal: Principal,
        sought: Sought,
        *,
        after: tuple[str, int] | None,
        limit: int,
    ) -> list[PatientRow]:
        """Patients by birth name, after a place, at most `limit`."""
        scope = await self._guard.scope(principal)
        born: tuple[datetime | None, datetime | None] = (None, None)
        if sought.birth_date:
            born = interval(sought.birth_date)
        keys: list[int] = []
        if sought.ins:
            # With its key or without: both forms are found in records.
            keys = [
                self._keys(f"Patient.identifier={text.casefold()}")
                for text in (sought.ins, sought.ins[:13])
            ]
        rows = await self._fetch(
            "find_patients", *_caller(scope), list(sought.names), self._name_numbers,
            self._family, keys, self._birthdate, *born, *(after or (None, None)), limit,
        )  # fmt: skip
        return [
            PatientRow(version_of("Patient", row["id"], row).whole(), (row["family"], row["rid"]))
            for row in rows
        ]

    async def recent(self, principal: Principal, limit: int) -> list[bytes]:
        """Patients whose record was opened last, the last one first."""
        scope = await self._guard.scope(principal)
        rows = await self._fetch("recent_patients", *_caller(scope), limit)
        return [version_of("Patient", row["id"], row).whole() for row in rows]

    async def accesses(
        self, principal: Principal, *, before: int | None, limit: int
    ) -> tuple[list[Line], frozenset[int]]:
        """Who came to the caller's own record, the newest first, and who is in their circle now.

        Raises `AccessDenied` for anyone but a patient.
        """
        if principal.role != PATIENT or not principal.practitioner.startswith("Patient/"):
            raise AccessDenied("only the patient reads who saw their record")
        patient = self._keys(principal.practitioner)
        scope = await self._guard.scope(principal)
        rows = await self._fetch("accesses", patient, scope.agent, scope.acting, before, limit)
        circle = await self._fetch("circle", patient)
        lines = [
            Line(
                row["n"],
                row["at"],
                row["actor"],
                row["action"],
                type_name(row["type"]) if row["type"] else None,
                row["detail"],
                row["role"] or "",
                row["practitioner"] or "",
            )
            for row in rows
        ]
        return lines, frozenset(row["actor"] for row in circle)

    async def last_visit(
        self, principal: Principal, patient_id: str, before: datetime
    ) -> datetime | None:
        """When the caller last opened a record before a moment, by their own lines of the trail."""
        key = self._keys(f"Patient/{patient_id}")
        rows = await self._fetch("last_visit", principal.user, key, patient_id, before)
        return rows[0]["at"] if rows else None

    def is_in(self, circle: frozenset[int], principal: Principal) -> bool:
        """Whether a person, or their structure, is in a circle."""
        entities = (principal.structure, principal.practitioner)
        return any(
            self._keys(kind + entity) in circle
            for entity in entities
            if entity
            for kind in (TEAM, CIRCLE)
        )

    async def changes(self, principal: Principal, patient_id: str) -> AsyncIterator[int]:
        """The number of the newest write now, then at each write; ends when access ends."""
        seen = -1
        patient = self._keys(f"Patient/{patient_id}")
        with self._listener.patients.waiter(patient) as moved:
            while True:
                scope = await self._guard.scope(principal)
                rows = await self._fetch("sees_patient", *values_of(scope), patient_id)
                if not rows:
                    return
                newest = await self._newest(rows[0]["pat"], scope)
                if newest != seen:
                    seen = newest
                    yield newest
                # Rights end without a write too: they are asked again by the clock.
                await moved.wait(_RECHECK_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 -- spread

    async def _newest(self, patient: int, scope: Scope) -> int:
        rows = await self._fetch("newest_change", *values_of(scope), patient)
        return rows[0][0]

    async def _fetch(self, name: str, *values: Any) -> Any:
        return await self._run(_QUERIES[name], *values, planned=name in _PLANNED_BY_VALUES)

    async def _run(self, sql: LiteralString, *values: Any, planned: bool = False) -> Any:
        """Rows; a long statement is planned once: planning it takes longer than running it."""
        pool = self._database.search if planned else self._database.steady
        with search_errors():
            async with pool.acquire() as connection:
                return await connection.fetch(sql, *values)


def _caller(scope: Scope) -> list[Any]:
    return [*values_of(scope), scope.agent, scope.acting]
