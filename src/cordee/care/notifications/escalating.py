"""The clock of urgent events: unread for two hours, the relay is told; then somebody calls.

Each step is a row with its moment: a process that starts again goes on to the second. What is read
meanwhile, by anybody who was told, stops it. Rule: B2.12.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from cordee.care.notifications import rules
from cordee.care.notifications.notify import Told
from cordee.care.notifications.outbox import Event, tell
from cordee.care.notifications.ports import People
from cordee.care.notifications.spreading import PATIENCE, QUERIES, order_call, told_of
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database

_MOST: Final = 20


class Escalating:
    """The clocks of one installation."""

    def __init__(self, database: Database, people: People) -> None:
        """`people` stand in where a structure named no relay."""
        self._database = database
        self._people = people

    async def tick(self, now: datetime | None = None) -> int:
        """Takes the next step of each event whose time has come; how many."""
        now = now or clock.now()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["due_clocks"], now, _MOST)
            for row in rows:
                await self._step(connection, row, now)
        return len(rows)

    async def _step(self, connection: Connection, row: Any, now: datetime) -> None:
        event = told_of(row, row["n"])
        if row["is_read"]:
            await self._stop(connection, event, row["step"], "read")
            return
        told = await connection.fetch(QUERIES["told_of"], event.n)
        relays = await self._relays(connection, told) if row["step"] == 0 else []
        if relays:
            await tell(
                connection,
                Event(
                    "escalation", now, f"event/{event.n}/relay", event.patient,
                    place=event.place, focus=event.focus, to=tuple(relays),
                    detail={"event": str(event.n), "kind": event.kind},
                ),
            )  # fmt: skip
            values = (event.n, now + PATIENCE, 1, "relayed")
            await connection.execute(QUERIES["move_clock"], *values)
            return
        callee = next((one["reader"] for one in told if one["rule"] == rules.ATTENDING), "")
        await order_call(connection, event, event.sender, callee, "unread")
        await self._stop(connection, event, 2, "telephone")

    async def _relays(self, connection: Connection, told: Sequence[Any]) -> list[str]:
        """Who is named to take over in the structures that were told, else their other people."""
        readers = {one["reader"] for one in told}
        structures = sorted({one["structure"] for one in told} - {""})
        if not structures:
            return []
        rows = await connection.fetch(QUERIES["relays_of"], structures)
        named = [row["person"] for row in rows if row["person"] not in readers]
        if named:
            return list(dict.fromkeys(named))
        behind = await self._people.behind(structures)
        others = [one.user for people in behind.values() for one in people]
        return [one for one in dict.fromkeys(others) if one not in readers]

    async def _stop(self, connection: Connection, event: Told, step: int, why: str) -> None:
        await connection.execute(QUERIES["move_clock"], event.n, None, step, why)
