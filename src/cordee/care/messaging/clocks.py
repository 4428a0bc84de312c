"""The clock of messages that expect an answer.

Unread in time, a substitute is told, then who coordinates. The moment stands in the database: after
a restart it is the same. Requirement B1.6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from cordee.care.circle.steps import Register
from cordee.care.circle.team import is_circle
from cordee.care.circle.vocabulary import ROLES
from cordee.care.messaging.absences import absent
from cordee.care.messaging.reading import QUERIES
from cordee.care.notifications.outbox import Event, tell
from cordee.care.store import Store
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import AWAY, Connection, Database, is_outage
from cordee.runtime.errors import ProductError

SECONDS: Final = 2.0
_COORDINATOR: Final = ROLES["coordinator"].label


class Clocks:
    """Turns the clocks of messages; several processes at once do no harm."""

    def __init__(
        self, database: Database, store: Store, register: Register, platform: Principal
    ) -> None:
        """`platform` reads the circle, to know who coordinates."""
        self._database = database
        self._store = store
        self._register = register
        self._platform = platform

    async def run(self) -> None:
        """Looks every two seconds until cancelled; a database that is away is waited for."""
        log = structlog.get_logger("cordee.messages")
        while True:
            try:
                while await self.turn(clock.now()):
                    pass
            except ProductError as error:
                log.warning("message_clock_failed", reason=error.slug)
            except AWAY as error:
                if not is_outage(error):
                    log.warning("message_clock_failed", reason=type(error).__name__)
            await asyncio.sleep(SECONDS)

    async def turn(self, at: datetime) -> bool:
        """Turns the clock that is due first; False when none is, or others are at all of them."""
        async with self._database.write.acquire() as connection:
            first = await connection.fetchrow(QUERIES["due_clock"], at)
        if first is None:
            return False
        # Asked before, with no connection held: who waits for one must not hold another.
        coordinators = await self._coordinators(first, at)
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                QUERIES["lock_clock"], at, first["message"], first["stage"]
            )
            if row is None:  # another process turned it
                return True
            stage, to = await self._next(connection, row, coordinators, at)
            due = at + timedelta(hours=row["hours"])
            await connection.execute(QUERIES["turn_clock"], row["message"], stage, due, at)
            await _escalate(connection, row, stage, to, at)
        return True

    async def _next(
        self,
        connection: Connection,
        row: Mapping[str, Any],
        coordinators: tuple[str, ...],
        at: datetime,
    ) -> tuple[str, tuple[str, ...]]:
        """The stage that a message comes to, and who is told."""
        if row["stage"] == "waiting":
            substitutes = await self._substitutes(connection, row, at)
            if substitutes:
                return "substitute", substitutes
        return "coordinator", coordinators

    async def _substitutes(
        self, connection: Connection, row: Mapping[str, Any], at: datetime
    ) -> tuple[str, ...]:
        members = await connection.fetch(QUERIES["members"], [row["thread"]])
        people = [one["member"] for one in members if one["until"] is None]
        away = await absent(connection, [one for one in people if one != row["author"]], at)
        found = {
            one.substitute: one.substitute_name for one in away.values()
            if one.substitute and one.substitute != row["author"]
        }  # fmt: skip
        if found:
            # They are in the thread from now on; what they see of the patient is the guard's word.
            await connection.execute(
                QUERIES["add_members"], row["thread"], list(found), list(found.values()),
                [True] * len(found), at, self._platform.user,
            )  # fmt: skip
            await connection.fetchval(QUERIES["next_place"], row["thread"], at)
        return tuple(found)

    async def _coordinators(self, row: Mapping[str, Any], at: datetime) -> tuple[str, ...]:
        """Who coordinates the circle; without one, who opened the thread."""
        if not row["patient"]:
            return (row["made_by"],)
        async with self._database.write.acquire() as connection:
            number = await self._register.active(connection, row["patient"], at)
        if number:
            team = await self._store.read(self._platform, "CareTeam", number)
            if is_circle(team) and (found := _coordinating(team)):
                return found
        return (row["made_by"],)


def _coordinating(team: Mapping[str, Any]) -> tuple[str, ...]:
    """Members whose role is to coordinate, else the structure that keeps the circle."""
    named = [
        str(one["member"]["reference"])
        for one in team.get("participant") or ()
        if any(role.get("text") == _COORDINATOR for role in one.get("role") or ())
        and not (one.get("period") or {}).get("end")
    ]
    keepers = [str(one.get("reference", "")) for one in team.get("managingOrganization") or ()]
    return tuple(one for one in named or keepers if one)


async def _escalate(
    connection: Connection, row: Mapping[str, Any], stage: str, to: tuple[str, ...], at: datetime
) -> None:
    patient = f"Patient/{row['patient']}" if row["patient"] else ""
    event = Event(
        "escalation", at, f"message/{row['message']}/{stage}", patient, urgent=True,
        to=(*to, row["author"]), detail={"thread": str(row["thread"]), "stage": stage},
    )  # fmt: skip
    await tell(connection, event)
