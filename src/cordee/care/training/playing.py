"""A night as it plays: its clock goes on, the calls that are due ring in the real queue. C1.13.

The clock is in the database and moves by the turns that somebody takes: while no process plays,
it stands. A call is marked after it rang, and a call that rings twice is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.regulation.centres import Centre
from cordee.care.regulation.desk import Desk
from cordee.care.regulation.motives import YES
from cordee.care.regulation.queue import Parameters
from cordee.care.regulation.states import Move
from cordee.care.training import night
from cordee.care.training.nights import PHYSICIANS, QUERIES, end_night
from cordee.care.training.scenarios import FALSE_CALL
from cordee.identity.principal import Principal
from cordee.runtime.database import Database

MACHINE: Final = Principal("formation", "ARM de formation", "system", "", "", ())
"""Who takes the calls where physicians train alone."""
_AT_ONCE: Final = 50
_LONGEST: Final = timedelta(hours=24)


class Player:
    """Plays the nights of all centres of an installation."""

    def __init__(self, database: Database, desk: Desk) -> None:
        """`desk` is the floor on which the calls ring."""
        self._database = database
        self._desk = desk

    async def turn(self, at: datetime) -> bool:
        """Moves the clocks, rings what is due; whether more of it waits."""
        async with self._database.transaction() as connection:
            for row in await connection.fetch(QUERIES["stale"], at - _LONGEST):
                await end_night(connection, row["id"], at)
            running = await connection.fetch(QUERIES["advance"], at)
        more = False
        for row in running:
            more = await self._ring(row, at) or more
        return more

    async def _ring(self, row: Mapping[str, Any], at: datetime) -> bool:
        async with self._database.write.acquire() as connection:
            due = await connection.fetch(QUERIES["due"], row["id"], row["elapsed"], _AT_ONCE)
        for one in due:
            told = night.from_data(orjson.loads(one["content"]))
            await self._desk.ring(row["centre"], one["call"], {"number": told.number}, at)
            if row["roles"] == PHYSICIANS:
                await self._sort(row["centre"], one["call"], told, at)
            async with self._database.write.acquire() as connection:
                await connection.execute(QUERIES["rung"], row["id"], one["n"], at)
        return len(due) == _AT_ONCE

    async def _sort(self, centre: str, call: UUID, told: night.Told, at: datetime) -> None:
        """Takes a call, tells its case as it should be and passes it on; again, it is one."""
        floor = Centre(centre, centre, "fr.health.formation", "", Parameters(), is_training=True)
        key = await self._desk.answer(MACHINE, floor, call, at)
        case, _stamps = await self._desk.case(MACHINE, floor, key)
        if case.motive:
            return
        answers = dict.fromkeys(told.flags, YES)
        full = replace(
            case, priority=told.priority, motive=told.motive, commune=told.commune,
            told=replace(case.told, said=told.says, age=told.age, answers=answers),
        )  # fmt: skip
        if told.decision == FALSE_CALL:
            await self._desk.save(MACHINE, full, at, Move.FALSE_CALL)
        else:
            await self._desk.save(MACHINE, full, at, Move.QUALIFY, Move.FORWARD)
        await self._desk.end_calls(centre, [call], MACHINE.user, at)
