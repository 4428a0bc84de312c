"""Overflow bound to the floor, to the wires of the base, and to a process that plays evenings."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cordee.app.regulation import box_of
from cordee.app.roads import Shelf, roads
from cordee.care.overflow.desk import OverflowDesk
from cordee.care.overflow.eligibility import Waiting
from cordee.care.overflow.engine import Engine
from cordee.care.overflow.ports import Standing
from cordee.care.overflow.quality import AGAIN, Followed
from cordee.care.overflow.saturation import Load
from cordee.care.regulation.centres import Centres
from cordee.care.regulation.floor import Floor, Transfer
from cordee.care.simulation.desk import Simulations
from cordee.care.simulation.hypotheses import Hypotheses
from cordee.care.simulation.results import Evenings, one
from cordee.runtime.clock import now
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict
from cordee.runtime.looping import turning

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

_IDLE_SECONDS: Final = 1.0
_PRESENTED: Final = """
SELECT count(*) FROM regulation_call WHERE centre = $1 AND home = $1 AND priority <> 'P0'
AND since > $2::timestamptz - interval '12 hours'
AND coalesce(answered, ended, 'infinity') >= $2
"""
_STANDING: Final = """
SELECT id, state, priority <> '' AND home = centre AS is_sorted
FROM regulation_call WHERE centre = $1 AND id = ANY ($2::uuid[])
"""
_FOLLOWED: Final = """
SELECT id, extract(epoch FROM answered - since)::float8 AS seconds, EXISTS (
  SELECT FROM regulation_call r WHERE r.centre = $1 AND r.home = $1 AND r.digest = q.digest
    AND r.id <> q.id AND r.since > coalesce(q.ended, q.since) AND r.since <= q.since + $5::interval
) AS again
FROM regulation_call q WHERE centre = $1 AND home = $1 AND priority <> 'P0'
  AND (since BETWEEN $2 AND $3 OR id = ANY ($4::uuid[])) LIMIT 20000
"""
_BY_VOICE: Final = "SELECT by_voice FROM overflow_transfer WHERE id = $1 AND centre = $2"
_RELEASE: Final = """
UPDATE regulation_call SET state = 'gone', ended = $4
WHERE centre = $1 AND id = $2 AND transfer = $3 AND state = 'answered' RETURNING id
"""
_RELEASE_CASE: Final = """
UPDATE regulation_case SET state = 'transferred', transfer = $3, version = version + 1
WHERE centre = $1 AND call = $2 AND closed IS NULL
"""


class RegulationFloor:
    """See `care.overflow.ports.Floor`: the queues of `care.regulation`."""

    def __init__(self, floor: Floor, shelf: Shelf) -> None:
        """`floor` moves the calls; on `shelf` lie those that came from another installation."""
        self._floor, self._shelf = floor, shelf

    async def load(self, connection: Connection, centre: str) -> Load:
        """How full a centre is now."""
        told = await self._floor.load(connection, centre, now())
        return Load(told.waiting, told.p90_seconds, told.positions, told.at_work, told.p0)

    async def waiting(self, connection: Connection, centre: str) -> Sequence[Waiting]:
        """Calls that nobody has answered, and those that were sorted and wait for a regulator."""
        return [
            Waiting(str(call.id), call.since, call.priority, call.motive, call.hops)
            for call in await self._floor.waiting(connection, centre)
            if not call.is_answered or call.priority
        ]

    async def presented(self, connection: Connection, centre: str, since: object) -> int:
        """Calls of a centre that were no P0 and waited at a moment, or came after it."""
        return int(await connection.fetchval(_PRESENTED, centre, since) or 0)

    async def followed(
        self, connection: Connection, centre: str, period: tuple[datetime, datetime],
        moved: Collection[UUID],
    ) -> Sequence[Followed]:  # fmt: skip
        """Calls of a period with their wait here, and whether the same number rang anew."""
        rows = await connection.fetch(_FOLLOWED, centre, *period, list(moved), AGAIN)
        return [Followed(row["id"], row["seconds"], row["again"]) for row in rows]

    async def standing(
        self, connection: Connection, centre: str, calls: Collection[UUID]
    ) -> Mapping[UUID, Standing]:
        """What a centre does with calls."""
        rows = await connection.fetch(_STANDING, centre, list(calls))
        found = {row["id"]: _standing(row["state"], is_sorted=row["is_sorted"]) for row in rows}
        return {key: value for key, value in found.items() if value is not None}

    async def hide(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> bool:
        """Begins to leave; a P0 by voice alone, even one that became so after it was offered."""
        with_p0 = bool(await connection.fetchval(_BY_VOICE, transfer, centre))
        try:
            async with connection.transaction():
                moving = _transfer(call, transfer)
                left = await self._floor.hand_over(connection, centre, moving, with_p0=with_p0)
        except Conflict:
            return False
        return left is not None

    async def restore(
        self, connection: Connection, centre: str, call: UUID, transfer: UUID
    ) -> bool:
        """Back at its true place."""
        return await self._floor.take_back(connection, centre, _transfer(call, transfer))

    async def drop(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> bool:
        """Ends the line that was taken back by voice, unless somebody answers it."""
        return await self._floor.give_back(connection, centre, _transfer(call, transfer))

    async def enqueue(
        self, connection: Connection, centre: str, origin: str, call: Waiting, transfer: UUID
    ) -> bool:
        """The call with its case, in the queue of another centre."""
        key = UUID(call.id)
        parcel = await self._floor.parcel(connection, origin, key)
        parcel = parcel or await self._shelf.take(connection, centre, key)
        if parcel is None:
            return False
        moving = Transfer(transfer, parcel.id, origin, now())
        return await self._floor.receive(connection, centre, moving, parcel)

    async def release(
        self, connection: Connection, centre: str, call: UUID, transfer: UUID, *, answered: bool
    ) -> bool:
        """Ends the line of a call that goes home."""
        if await self._floor.give_back(connection, centre, _transfer(call, transfer)):
            return True
        if not answered:
            return False
        values = (centre, call, transfer)
        if await connection.fetchval(_RELEASE, *values, now()) is None:
            return False
        await connection.execute(_RELEASE_CASE, *values)
        return True

    async def part(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> None:
        """Ends the line of a call that the other centre has."""
        await self._floor.confirm(connection, centre, _transfer(call, transfer))

    async def close(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> None:
        """The same, when the end is heard of before the beginning."""
        await self._floor.confirm(connection, centre, _transfer(call, transfer))


def overflow_desk(parts: Parts) -> OverflowDesk:
    """Overflow for the people of this process."""
    engine = engine_of(parts)
    return OverflowDesk(parts.database, engine, engine.floor)


class OverflowLoop:
    """The engine's loop; the process that leads runs it."""

    def __init__(self, parts: Parts) -> None:
        """Nothing runs before `run`."""
        self._engine, self._centres = engine_of(parts), Centres(parts.database)

    async def run(self) -> None:
        """Turns until cancelled; a database that is away is waited for."""
        await turning(self.turn, "overflow_stopped", _IDLE_SECONDS)

    async def turn(self) -> bool:
        """What is due at each centre of this installation."""
        self._engine.centres = sorted(await self._centres.all())
        return await self._engine.turn() if self._engine.centres else False


class SimulationLoop:
    """Plays the evenings that were asked for, in a process beside: never on the event loop."""

    def __init__(self, database: Database) -> None:
        """No process is started before the first question."""
        self._simulations = Simulations(database)
        self._pool: ProcessPoolExecutor | None = None

    async def run(self) -> None:
        """Plays until cancelled."""
        try:
            await turning(self.turn, "simulation_stopped", _IDLE_SECONDS)
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)

    async def turn(self) -> bool:
        """Plays one question; whether there was one."""
        return await self._simulations.play_next(self._play)

    async def _play(self, asked: Hypotheses, seed: int) -> Evenings:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(one, asked, seed))


def engine_of(parts: Parts) -> Engine:
    """The engine of this installation; whose centres it works for is said by its loop."""
    box = box_of(parts)
    return Engine(parts.database, RegulationFloor(Floor(box), Shelf(box)), roads(parts), [])


def _transfer(call: UUID, transfer: UUID) -> Transfer:
    return Transfer(transfer, call, "", now())


def _standing(state: str, *, is_sorted: bool) -> Standing | None:
    """A call that was sorted at its own centre waits for a regulator: it may still move."""
    if state in {"leaving", "gone"}:
        return None
    if state == "waiting" or (state == "answered" and is_sorted):
        return Standing.WAITING
    return Standing.ANSWERED if state == "answered" else Standing.FINISHED
