"""Looks at what is due after stays, and asks who has to act; mends by itself what comes late.

What is due is a row, taken under a lease: exact after a restart, done once by one process. What is
asked or marked is written with the row's new state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from cordee.care.notifications.outbox import Event, tell
from cordee.care.passages.arrivals import Stay
from cordee.care.ruptures.rules import (
    CALL,
    FLAGGED,
    LETTER,
    NURSE,
    VISIT,
    again_criteria,
    attended_criteria,
    is_again,
    letter_criteria,
    moment_of,
    planner_criteria,
    prescription_criteria,
    vigils,
    visit_criteria,
)
from cordee.care.store import Placed, Resource, Store, Write
from cordee.care.workflow.tasks import (
    BASE,
    Asked,
    Wanted,
    machine_of,
    moved_task,
    new_task,
    state_of,
)
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database, is_outage
from cordee.runtime.errors import (
    Conflict,
    Deleted,
    NotFound,
    ProductError,
    Unavailable,
    VersionConflict,
)
from cordee.runtime.looping import turning
from cordee.runtime.queries import load_queries

AGENT: Final = "ruptures"
CODES: Final = BASE + "rupture"
QUERIES: Final = load_queries("cordee.care.ruptures")
_AT_ONCE: Final = 20
_IDLE_SECONDS: Final = 2.0
_LEASE: Final = timedelta(minutes=1)
_AGAIN: Final = timedelta(hours=6)
_LONGEST: Final = timedelta(days=7)
_PARTIES: Final = ("Organization/", "Practitioner/")
Row = Mapping[str, Any]


class Ruptures:
    """The watch of one installation, in the name of the platform."""

    def __init__(self, database: Database, store: Store, principal: Principal) -> None:
        """`principal` is the platform itself."""
        self._database = database
        self._store = store
        self._principal = principal

    async def note(self, connection: Connection, stays: Sequence[Stay]) -> None:
        """Puts down what these stays give to look at, in the caller's transaction."""
        now = clock.now()
        rows = [
            (one.rule, one.focus, one.patient, one.place, one.starts, one.ends, one.due)
            for stay in stays
            for one in vigils(stay, now)
        ]
        await connection.executemany(QUERIES["watch"], rows)

    async def run(self) -> None:
        """Looks until cancelled; a database that is away is waited for."""

        async def turn() -> bool:
            return await self.look() == _AT_ONCE

        await turning(turn, "ruptures_not_looked_at", _IDLE_SECONDS)

    async def look(self) -> int:
        """Looks at what is due; how many."""
        now = clock.now()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["due"], now, _AT_ONCE)
            numbers = [row["n"] for row in rows]
            await connection.execute(QUERIES["lease"], numbers, now + _LEASE)
        for row in rows:
            try:
                await self._one(row, now)
            except Unavailable:
                raise
            except (Conflict, VersionConflict):
                continue  # it was written meanwhile: once more when the lease is over
            except ProductError as error:
                structlog.get_logger().warning("vigil_left", rule=row["rule"], slug=error.slug)
                await self._decide(row, "left", now)
            except Exception as error:  # its lease ends by itself; the others do not wait for it
                if is_outage(error):
                    raise
                kind = type(error).__name__
                structlog.get_logger().error("vigil_fell", rule=row["rule"], kind=kind)
        return len(rows)

    async def _one(self, row: Row, now: datetime) -> None:
        is_rupture = await self._is_rupture(row)
        if row["state"] == "raised":
            await self._recheck(row, now, is_rupture=is_rupture)
        elif not is_rupture:
            await self._decide(row, "clear", now)
        elif row["rule"] in FLAGGED:
            await self._flag(row, now)
        else:
            await self._ask(row, now)

    async def _is_rupture(self, row: Row) -> bool:
        patient, starts = row["patient"], row["starts"]
        if row["rule"] == LETTER:
            return not await self._found("DocumentReference", letter_criteria(patient, starts))
        if row["rule"] == NURSE:
            prescribed = await self._found("ServiceRequest", prescription_criteria(patient, starts))
            visits = visit_criteria(patient, row["ends"])
            return bool(prescribed) and not await self._found("Encounter", visits)
        if row["rule"] in {CALL, VISIT}:
            return await self._is_left_alone(row)
        former = await self._found("Encounter", again_criteria(row["rule"], patient, starts))
        ends = [
            moment_of(_end(one))
            for one in former
            if f"Encounter/{one['id']}" != row["focus"] and "T" in _end(one)
        ]
        return any(is_again(row["rule"], starts, one) for one in ends if one is not None)

    async def _is_left_alone(self, row: Row) -> bool:
        """Whether nobody called, or no médecin traitant came, after a planned discharge."""
        rows = await self._found("Task", planner_criteria(row["focus"]))
        planner = next((one for one in rows if one["resourceType"] == "Task"), None)
        if planner is None:
            return False
        if row["rule"] == CALL:
            return state_of(planner) == "left"
        doctor = _attending(rows)
        if not doctor:
            return True
        searches = attended_criteria(row["patient"], doctor, row["ends"])
        return not any([await self._found(*one) for one in searches.items()])

    async def _found(self, kind: str, criteria: str) -> list[Resource]:
        return await self._store.search(self._principal, kind, criteria)

    async def _ask(self, row: Row, now: datetime) -> None:
        """Asks the structure that discharged, or the nurse who was prescribed."""
        owner = row["place"]
        if row["rule"] == NURSE:
            criteria = prescription_criteria(row["patient"], row["starts"])
            performers = [
                str(one.get("reference", ""))
                for request in await self._found("ServiceRequest", criteria)
                for one in request.get("performer", ())
            ]
            known = [
                one for one in performers if one.startswith(("Organization/", "Practitioner/"))
            ]
            owner = next(iter(known), owner)
        elif row["rule"] == VISIT:
            owner = _attending(await self._found("Task", planner_criteria(row["focus"]))) or owner
        asked = Asked(
            "rupture", row["patient"], owner, row["place"], focus=row["focus"],
            facts={"rule": row["rule"]},
        )  # fmt: skip

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            task = placed[0].id
            await self._put(connection, row, ("raised", task), (now, now + _AGAIN))
            await tell(connection, _event(row, now, f"Task/{task}", (owner, row["place"])))

        await self._store.write(self._principal, [Write(new_task(asked, now))], also)

    async def _flag(self, row: Row, now: datetime) -> None:
        label = FLAGGED[row["rule"]]
        flag = {
            "resourceType": "Flag",
            "status": "active",
            "code": {
                "coding": [{"system": CODES, "code": row["rule"], "display": label}],
                "text": label,
            },
            "subject": {"reference": row["patient"]},
            "encounter": {"reference": row["focus"]},
            "period": {"start": clock.instant(row["starts"])},
        }

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            await self._put(connection, row, ("left", ""), (now, now))
            await tell(connection, _event(row, now, placed[0].reference, ()))

        await self._store.write(self._principal, [Write(flag)], also)

    async def _recheck(self, row: Row, now: datetime, *, is_rupture: bool) -> None:
        """What was missing has come, is still missing, or is no more looked for."""
        try:
            task = await self._store.read(self._principal, "Task", row["task"])
        except (NotFound, Deleted):
            await self._decide(row, "left", now)
            return
        machine = machine_of(task)
        if machine is None or machine.is_final(state_of(task)):
            await self._decide(row, "left", now)
        elif not is_rupture:
            moved = moved_task(task, machine, Wanted("mend"), now)
            version = int(task["meta"]["versionId"])

            async def also(connection: Connection, _: Sequence[Placed]) -> None:
                await self._put(connection, row, ("mended", row["task"]), (now, now))

            await self._store.write(self._principal, [Write(moved, "PUT", version)], also)
        elif now - row["starts"] > _LONGEST + timedelta(days=30):
            await self._decide(row, "left", now)
        else:
            async with self._database.transaction() as connection:
                await self._put(connection, row, ("raised", row["task"]), (now, now + _AGAIN))

    async def _decide(self, row: Row, state: str, now: datetime) -> None:
        async with self._database.transaction() as connection:
            await self._put(connection, row, (state, row["task"]), (now, now))

    async def _put(
        self,
        connection: Connection,
        row: Row,
        become: tuple[str, str],
        when: tuple[datetime, datetime],
    ) -> None:
        values = (row["n"], *become, *when, row["state"])
        await connection.fetchval(QUERIES["decide"], *values)


def _event(row: Row, now: datetime, focus: str, to: tuple[str, ...]) -> Event:
    return Event(
        "rupture", now, f"vigil:{row['n']}", patient=row["patient"], place=row["place"],
        focus=focus, to=to, detail={"rule": row["rule"]},
    )  # fmt: skip


def _attending(rows: Sequence[Resource]) -> str:
    """The médecin traitant of the patient among these rows; "" where none is known."""
    given = [
        str(one.get("reference", ""))
        for row in rows
        if row["resourceType"] == "Patient"
        for one in row.get("generalPractitioner") or ()
    ]
    return next((one for one in given if one.startswith("Practitioner/")), "")


def _end(encounter: Resource) -> str:
    return str((encounter.get("period") or {}).get("end", ""))
