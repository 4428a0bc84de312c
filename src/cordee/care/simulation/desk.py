"""Questions to the simulator, kept as rows: played one at a time beside the event loop. C2.11."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.simulation import hypotheses, results
from cordee.care.simulation.hypotheses import Hypotheses
from cordee.care.simulation.results import Evenings, Results, together
from cordee.identity.principal import REGULATION, STEERING, Principal
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.simulation")
Player = Callable[[Hypotheses, int], Awaitable[Evenings]]
"""Plays the evenings of one seed somewhere else than on the event loop."""


@dataclass(frozen=True, slots=True)
class Run:
    """A question, how far it is, and its answer."""

    id: UUID
    asked: Hypotheses
    asked_at: datetime
    total: int
    done: int
    result: Results | None
    failed: str


class Simulations:
    """The questions of one installation; each centre sees its own, steering those of the region."""

    def __init__(self, database: Database) -> None:
        """`database` holds them; nothing in them is about a person."""
        self._database = database

    async def ask(
        self, principal: Principal, number: UUID, asked: Hypotheses, at: datetime
    ) -> None:
        """Lays a question down; raises `ResourceInvalid` with each problem of a wrong one."""
        centre = asker(principal)
        hypotheses.check(asked)
        said = orjson.dumps(hypotheses.as_data(asked)).decode()
        values = (number, said, at, principal.user, centre, asked.runs)
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["ask"], *values)

    async def run(self, principal: Principal, number: str) -> Run:
        """One question; raises `NotFound` for another centre's."""
        try:
            key = UUID(number)
        except ValueError as error:
            raise NotFound("there is no such simulation") from error
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(QUERIES["run"], key, asker(principal))
        if row is None:
            raise NotFound("there is no such simulation")
        return _run(row)

    async def last(self, principal: Principal) -> UUID | None:
        """The newest question of who asks."""
        async with self._database.steady.acquire() as connection:
            found: UUID | None = await connection.fetchval(QUERIES["last_run"], asker(principal))
        return found

    async def play_next(self, player: Player) -> bool:
        """Plays the oldest question that has no answer; whether there was one.

        A process that dies leaves it as it was: by its seeds it gives the same answer again.
        """
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["next_run"])
        if row is None:
            return False
        try:
            asked = hypotheses.from_data(orjson.loads(row["asked"]))
        except (KeyError, TypeError, ValueError):
            await self._say("fail", row["id"], "unreadable")
            return True
        found: list[Evenings] = []
        for seed in range(asked.runs):
            found.append(await player(asked, seed))
            await self._say("advance", row["id"], len(found))
        answer = orjson.dumps(results.as_data(together(asked, found))).decode()
        await self._say("settle", row["id"], answer)
        return True

    async def _say(self, query: str, run: UUID, value: object) -> None:
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES[query], run, value)


def asker(principal: Principal) -> str:
    """The centre for which somebody asks, empty for who steers the region.

    Raises `AccessDenied` for all others.
    """
    if STEERING in principal.functions:
        return ""
    if REGULATION not in principal.functions:
        raise AccessDenied("Le simulateur est ouvert aux SAMU et à l’ARS.")
    return principal.structure.removeprefix("Organization/")


def _run(row: Mapping[str, Any]) -> Run:
    asked = hypotheses.from_data(orjson.loads(row["asked"]))
    result = results.from_data(orjson.loads(row["result"])) if row["result"] else None
    return Run(row["id"], asked, row["asked_at"], row["total"], row["done"], result, row["failed"])
