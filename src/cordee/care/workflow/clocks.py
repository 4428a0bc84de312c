"""What is due: told to who has to act, or done by the platform; exact after a restart.

A clock is a row, made with the state that it belongs to and ended with it. A process takes those
that are due under a lease; another takes them over when it dies. What is told is told in the
transaction that ends the clock, what is moved ends it in the transaction of the move: once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from cordee.care.store import Placed, Store, Write
from cordee.care.workflow.courses import LOSE, QUERIES
from cordee.care.workflow.machines import Clock, Machine, machines
from cordee.care.workflow.tasks import Wanted, moved_task, state_of
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database, is_outage
from cordee.runtime.errors import Conflict, ProductError, Unavailable, VersionConflict
from cordee.runtime.looping import turning

AGENT: Final = "workflow"
_AT_ONCE: Final = 20
_IDLE_SECONDS: Final = 1.0
_LEASE: Final = timedelta(minutes=1)
_BREATH: Final = timedelta(seconds=1)
_PATIENCE: Final = 30
"""Tries of a move that finds another writer there each time."""


@dataclass(frozen=True, slots=True)
class Late:
    """A clock that has rung: of which Task, patient and machine, since when, and whom to tell."""

    number: int
    task: str
    patient: str
    machine: Machine
    clock: Clock
    due: datetime
    to: tuple[str, ...]


Tell = Callable[[Connection, Late], Awaitable[None]]
"""Tells somebody, in the transaction of the connection."""


class Clocks:
    """The loop of one process; several share the work."""

    def __init__(self, database: Database, store: Store, principal: Principal, tell: Tell) -> None:
        """`principal` is the platform itself, who makes moves through `store`."""
        self._database = database
        self._store = store
        self._principal = principal
        self._tell = tell

    async def run(self) -> None:
        """Rings until cancelled; a database that is away is waited for."""

        async def turn() -> bool:
            return await self.ring_due() == _AT_ONCE

        await turning(turn, "clocks_stopped", _IDLE_SECONDS)

    async def ring_due(self) -> int:
        """Rings the clocks whose time has come; how many."""
        now = clock.now()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["due"], now, _AT_ONCE)
            numbers = [row["n"] for row in rows]
            await connection.execute(QUERIES["lease"], numbers, now + _LEASE)
        for row in rows:
            try:
                await self._ring(row, now)
            except Unavailable:
                raise
            except Exception as error:  # its lease ends by itself; the others do not wait for it
                if is_outage(error):
                    raise
                kind = type(error).__name__
                structlog.get_logger().error("clock_fell", machine=row["machine"], kind=kind)
        return len(rows)

    async def _ring(self, row: Mapping[str, Any], now: datetime) -> None:
        machine = machines()[row["machine"]]
        if row["name"] == LOSE:
            await self._move(row, machine.loses, now)
            return
        state = machine.states[row["state"]]
        declared = next((one for one in state.clocks if one.name == row["name"]), None)
        if declared is None:  # the machine has changed since
            await self._end(row, "unknown", now)
        elif declared.move:
            await self._move(row, declared.move, now)
        else:
            await self._say(row, machine, declared, now)

    async def _say(
        self, row: Mapping[str, Any], machine: Machine, declared: Clock, now: datetime
    ) -> None:
        to = tuple(dict.fromkeys(row[one] for one in declared.tell))
        late = Late(row["n"], row["task"], row["patient"], machine, declared, row["due"], to)
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["rang"], row["n"], now, "told") is not None:
                await self._tell(connection, late)

    async def _move(self, row: Mapping[str, Any], move: str, now: datetime) -> None:
        async def also(connection: Connection, _: Sequence[Placed]) -> None:
            # The move has ended the other clocks of the state, this one among them.
            await connection.execute(QUERIES["rang"], row["n"], now, "moved")

        try:
            task = await self._store.read(self._principal, "Task", row["task"])
            if state_of(task) != row["state"]:
                await self._end(row, "left", now)
                return
            moved = moved_task(task, machines()[row["machine"]], Wanted(move), now)
            write = Write(moved, "PUT", int(task["meta"]["versionId"]))
            await self._store.write(self._principal, [write], also)
        except Unavailable:
            raise
        except ProductError as error:
            # Words were written meanwhile, or another writer was there at the same moment.
            if isinstance(error, (VersionConflict, Conflict)) and row["tries"] < _PATIENCE:
                await self._end(row, "", now)
                return
            structlog.get_logger().info("clock_not_moved", machine=row["machine"], slug=error.slug)
            await self._end(row, "refused", now)

    async def _end(self, row: Mapping[str, Any], outcome: str, now: datetime) -> None:
        """Ends a clock; without an outcome it rings again in a moment."""
        async with self._database.transaction() as connection:
            if outcome:
                await connection.execute(QUERIES["rang"], row["n"], now, outcome)
            else:
                await connection.execute(QUERIES["again"], row["n"], now + _BREATH)
