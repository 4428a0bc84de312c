"""Two centres with queues of their own, for the engine of overflow; and an engine to be killed.

`python overflowing.py URL SEED` runs both centres and the people in them until it is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from cordee.care.overflow.eligibility import Waiting
from cordee.care.overflow.engine import Engine, Rhythm, alone
from cordee.care.overflow.ports import Letter, Standing
from cordee.care.overflow.protocol import Act
from cordee.care.overflow.quality import Followed
from cordee.care.overflow.saturation import Load, Thresholds
from cordee.care.overflow.transfers import read_transfer
from cordee.care.overflow.wires import BaseTransport
from cordee.runtime.clock import now
from cordee.runtime.database import Connection, Database, open_database

A, B = "samu-a", "samu-b"
TABLE = """
CREATE TABLE floor_call (
  centre text NOT NULL, call uuid NOT NULL, since timestamptz NOT NULL, priority text NOT NULL,
  state text NOT NULL, hops int NOT NULL DEFAULT 0, PRIMARY KEY (centre, call));
GRANT SELECT, INSERT, UPDATE ON floor_call TO cordee_app;
"""
SEATS = {A: 2, B: 500}


class TableFloor:
    """The queues of centres, one line for each centre and call. Implements `ports.Floor`."""

    async def load(self, connection: Connection, centre: str) -> Load:
        query = (
            "SELECT count(*) FILTER (WHERE state = 'waiting'), "
            "count(*) FILTER (WHERE state = 'answered') FROM floor_call WHERE centre = $1"
        )
        waiting, busy = await connection.fetchrow(query, centre)
        return Load(waiting, 60.0 * min(waiting, 10), SEATS.get(centre, 5), busy)

    async def waiting(self, connection: Connection, centre: str) -> Sequence[Waiting]:
        rows = await connection.fetch(
            "SELECT * FROM floor_call WHERE centre = $1 AND state = 'waiting'", centre
        )
        return [
            Waiting(str(row["call"]), row["since"], row["priority"], "", row["hops"])
            for row in rows
        ]

    async def presented(self, connection: Connection, centre: str, since: datetime) -> int:
        query = "SELECT count(*) FROM floor_call WHERE centre = $1 AND priority <> 'P0'"
        return int(await connection.fetchval(query, centre) or 0)

    async def followed(
        self, connection: Connection, centre: str, period: tuple[datetime, datetime],
        moved: Collection[UUID],
    ) -> Sequence[Followed]:  # fmt: skip
        return []  # this queue keeps no times

    async def standing(
        self, connection: Connection, centre: str, calls: Collection[UUID]
    ) -> Mapping[UUID, Standing]:
        rows = await connection.fetch(
            "SELECT call, state FROM floor_call WHERE centre = $1 AND call = ANY ($2::uuid[]) "
            "AND state IN ('waiting', 'answered', 'finished')",
            centre, list(calls),
        )  # fmt: skip
        return {row["call"]: Standing(row["state"]) for row in rows}

    async def hide(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> bool:
        return await self._set(connection, centre, call, ("waiting",), "under-way")

    async def restore(
        self, connection: Connection, centre: str, call: UUID, transfer: UUID
    ) -> bool:
        query = (
            "UPDATE floor_call SET state = 'waiting', hops = 1 WHERE centre = $1 AND call = $2 "
            "AND state = 'under-way' RETURNING call"
        )
        return await connection.fetchval(query, centre, call) is not None

    async def drop(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> bool:
        return await self._set(connection, centre, call, ("waiting",), "under-way")

    async def enqueue(
        self, connection: Connection, centre: str, origin: str, call: Waiting, transfer: UUID
    ) -> bool:
        await connection.execute(
            "INSERT INTO floor_call VALUES ($1, $2, $3, $4, 'waiting', $5)",
            centre, UUID(call.id), call.since, call.priority, call.hops,
        )  # fmt: skip
        return True

    async def release(
        self, connection: Connection, centre: str, call: UUID, transfer: UUID, *, answered: bool
    ) -> bool:
        states = ("waiting", "answered") if answered else ("waiting",)
        return await self._set(connection, centre, call, states, "released")

    async def part(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> None:
        """The line stays as it is: under way."""

    async def close(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> None:
        await self._set(connection, centre, call, ("under-way",), "closed")

    async def _set(
        self, connection: Connection, centre: str, call: UUID, states: Sequence[str], state: str
    ) -> bool:
        query = (
            "UPDATE floor_call SET state = $4 WHERE centre = $1 AND call = $2 "
            "AND state = ANY ($3::text[]) RETURNING call"
        )
        return await connection.fetchval(query, centre, call, list(states), state) is not None


class UnruledTransport(BaseTransport):
    """Wires that lose, repeat and reorder letters as a seed says."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    async def collect(self, connection: Connection, centre: str, most: int) -> list[Letter]:
        letters = await super().collect(connection, centre, most)
        again = [one for one in letters if self._random.random() < 0.15]
        await self.send(connection, again)
        kept = [one for one in letters if self._random.random() > 0.15]
        self._random.shuffle(kept)
        return kept


def rhythm(seconds: float) -> Rhythm:
    """A rhythm for tests: what takes half a minute takes `seconds`."""
    some = timedelta(seconds=seconds)
    return Rhythm(watch=some, resend=some, thresholds=Thresholds(hold=timedelta(0)))


def engine(database: Database, *, seed: int | None = None, seconds: float = 0.4) -> Engine:
    """The engine of both centres; with a seed its wires are unruly."""
    wires = BaseTransport() if seed is None else UnruledTransport(seed)
    return Engine(database, TableFloor(), wires, [A, B], rhythm(seconds))


async def people(database: Database, seed: int) -> None:
    """Callers who ring at A, people at both centres who answer, finish, recall and hand back."""
    chance = random.Random(seed)
    query = (
        "UPDATE floor_call SET state = $3 WHERE (centre, call) IN (SELECT centre, call FROM "
        "floor_call WHERE centre = $1 AND state = $2 ORDER BY since LIMIT 1 "
        "FOR UPDATE SKIP LOCKED)"
    )
    while True:
        async with database.write.acquire() as connection:
            if chance.random() < 0.6:
                priority = chance.choice(["", "", "P2", "P3", "P0"])
                values = (A, uuid4(), now() - timedelta(seconds=chance.randint(0, 600)), priority)
                await connection.execute(
                    "INSERT INTO floor_call VALUES ($1, $2, $3, $4, 'waiting')", *values
                )
            centre = chance.choice([A, B, B])
            move = chance.choice([("waiting", "answered"), ("answered", "finished")])
            await connection.execute(query, centre, *move)
        await asyncio.sleep(0.01)


async def _work(url: str, seed: int) -> None:
    database = await open_database(url, role="cordee_app", write_size=6, search_size=1)
    running = engine(database, seed=seed)
    await asyncio.gather(_turning(running), people(database, seed), _changing(running, seed))


async def _turning(running: Engine) -> None:
    while True:
        with contextlib.suppress(asyncpg.PostgresError):  # two engines met: one takes its turn anew
            await running.turn()
        await asyncio.sleep(0.01)


async def _changing(running: Engine, seed: int) -> None:
    """People who ask calls back and hand calls back, without looking at what the other end does."""
    chance = random.Random(seed + 1)
    while True:
        centre, act = chance.choice([(A, Act.ASK_BACK), (B, Act.GIVE_BACK)])
        async with alone(running.database, centre) as connection:
            row = await connection.fetchrow(
                "SELECT * FROM overflow_transfer WHERE centre = $1 AND state IN "
                "('granted', 'away', 'held', 'answered') ORDER BY random() LIMIT 1 FOR UPDATE",
                centre,
            )
            if row is not None:
                await running.transfers.take(connection, read_transfer(row), act, now())
        await asyncio.sleep(chance.random() * 0.2)


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], int(sys.argv[2])))
