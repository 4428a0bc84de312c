"""Overflow in the demonstration: two conventions, a night that is over, one that is asked."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import orjson

from cordee.app.demo_work import account
from cordee.app.overflow import engine_of
from cordee.app.wiring import Parts
from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.engine import alone
from cordee.care.overflow.pooling import Rosters
from cordee.care.overflow.register import Conventions, key_of, standing
from cordee.care.overflow.roster import Roster, Slot, monday
from cordee.care.overflow.transfers import QUERIES, Actor
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection

A, B, C = "samu-a", "samu-b", "samu-c"
_ROY: Final = Actor("dr.roy", "Dr Sofia Roy")
_AUBRY: Final = Actor("dr.aubry", "Dr Pauline Aubry")
_LARBI: Final = Actor("dr.larbi", "Dr Omar Larbi")
_NIGHT_CALLS: Final = 7
_HOURS: Final = ((A, B, 3), (B, A, 7), (A, B, 11), (B, A, 4), (A, B, 6), (B, A, 5))
_EPISODE: Final = """
INSERT INTO overflow_episode (id, centre, origin, neighbour, convention, version, state, heard,
  proposed_at, automatic, ended_by, opened, closed, presented)
VALUES ($1, $2, $3, $4, $5, 1, 'closed', 'closed', $6, false, $3, $6, $7, $8) ON CONFLICT DO NOTHING
"""
_TRANSFER: Final = """
INSERT INTO overflow_transfer (id, centre, role, peer, episode, call, state, since, priority,
  motive, opened, moved, answered, finished)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'P3', 'M06.02', $9, $9, $10, $11) ON CONFLICT DO NOTHING
"""


async def begin_overflow(parts: Parts) -> None:
    """Makes them once; what runs is begun anew by each start."""
    register, at = Conventions(parts.database), clock.now()
    if not await register.entries():
        for other, who in ((B, _AUBRY), (C, _LARBI)):
            await register.propose((A, other), Terms(), 0, _ROY, at)
            await register.sign(key_of(A, other), 1, A, _ROY, at)
            await register.sign(key_of(A, other), 1, other, who, at)
        async with parts.database.transaction() as connection:
            await _night(connection, at)
            for number, (origin, neighbour, hours) in enumerate(_HOURS):
                began = at - timedelta(days=30 * (len(_HOURS) - number) - 3)
                await _closed(connection, origin, neighbour, began, [timedelta(hours=hours)])
        await _pool(Rosters(parts.database), at)
    engine = engine_of(parts)
    async with alone(parts.database, A) as connection:
        known = [one for one in await standing(connection, A, at) if one.other(A) == B]
        for one in known:
            await engine.propose(connection, A, one, at, _ROY)


async def _pool(rosters: Rosters, at: datetime) -> None:
    """The nights of this week: A and B in turn, but for one evening that nobody has taken yet."""
    week = monday(at.astimezone(PARIS).date())
    turns = [
        (n, user, f"samu-{letter}")
        for n, (user, letter) in enumerate((("dr.roy", "a"), ("dr.aubry", "b")) * 3)
    ]
    slots = tuple(
        Slot(n, time(20), time(8), user, account(user).name, centre) for n, user, centre in turns
    )
    roster = Roster((A, B), week, 0, time(20), time(8), slots)
    await rosters.propose(account("dr.roy"), roster, 0, at)
    await rosters.sign(account("dr.aubry"), roster.pool, (week, 1), at)


async def _night(connection: Connection, at: datetime) -> None:
    """Last night, 02:12 to 06:00: as SC1 tells it."""
    began = at - timedelta(hours=12)
    spans = [timedelta(minutes=4 + n % 3) for n in range(_NIGHT_CALLS)]
    await _closed(connection, A, B, began, spans)


async def _closed(
    connection: Connection, origin: str, neighbour: str, began: datetime, spans: list[timedelta]
) -> None:
    """An episode that has ended, with its calls and its trace at both ends."""
    key = uuid5(NAMESPACE_URL, f"overflow/{origin}/{neighbour}/{began.isoformat()}")
    ended = began + timedelta(hours=4)
    for centre in (origin, neighbour):
        values = (key, centre, origin, neighbour, key_of(origin, neighbour), began, ended)
        await connection.execute(_EPISODE, *values, len(spans) * 6)
        await _told(connection, centre, (key, None, "episode"), began, {"to": "active"})
    for number, span in enumerate(spans):
        moved = began + timedelta(minutes=1 + 9 * number)
        await _moved(connection, (origin, neighbour), key, moved, span)
    for centre in (origin, neighbour):
        await _told(connection, centre, (key, None, "episode"), ended, {"to": "closed"})


async def _moved(
    connection: Connection, ends: tuple[str, str], episode: UUID, moved: datetime, span: timedelta
) -> None:
    transfer, call = uuid4(), uuid4()
    since, answered = moved - timedelta(seconds=150), moved + timedelta(seconds=40)
    sides = (("origin", "done", "offer-it"), ("neighbour", "finished", "answer"))
    for centre, peer, (role, state, what) in zip(ends, reversed(ends), sides, strict=True):
        await connection.execute(
            _TRANSFER, transfer, centre, role, peer, episode, call, state, since, moved, answered,
            answered + span,
        )  # fmt: skip
        await _told(connection, centre, (episode, transfer, what), moved, {"call": str(call)})


async def _told(
    connection: Connection, centre: str, told: tuple[UUID, UUID | None, str], at: datetime,
    detail: dict[str, str],
) -> None:  # fmt: skip
    by = _AUBRY if told[2] == "answer" else _ROY
    await connection.execute(
        QUERIES["enter"], centre, *told, at, by.user, by.name,
        orjson.dumps(detail).decode(),
    )  # fmt: skip
