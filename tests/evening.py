"""A heat-wave evening under a screen of tests: centres, conventions, an engine whose clock is moved."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from cordee.app.demo_regulation import make_centres
from cordee.app.overflow import engine_of
from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.engine import Engine
from cordee.care.overflow.register import Conventions, key_of
from cordee.care.overflow.transfers import Actor
from cordee.runtime import clock
from regulated import floor
from trusted import Person, Screen

A, B, C = "samu-a", "samu-b", "samu-c"
OVERFLOW = "/regulation/delestage"
_SEATS = """
INSERT INTO regulation_position (centre, agent, name, role, seen)
SELECT $1, 'poste-' || n, 'Poste', 'ARM', now() + interval '1 hour' FROM generate_series(1, $2) n
"""
_TAKEN = """
UPDATE regulation_call SET state = 'answered', answered = now(), agent = $3
WHERE centre = $1 AND id = $2
"""


class Evening:
    """The centres of an evening; time goes on when it is told to."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.engine: Engine = engine_of(screen.platform.parts)
        self.engine.centres = [A, B, C]
        self.engine.rhythm = replace(self.engine.rhythm, clock=self.clock)
        self._ahead = timedelta()

    def clock(self) -> datetime:
        """The hour of the evening."""
        return clock.now() + self._ahead

    async def begin(self, seats: Iterable[tuple[str, int]]) -> None:
        """The four centres of the demonstration, and how many sit at each."""
        await make_centres(self.screen.platform.parts)
        for centre, count in seats:
            await self.screen.rows(_SEATS, centre, count)

    async def agree(self, other: str, terms: Terms) -> None:
        """A convention of A with another centre, signed by both."""
        register = Conventions(self.screen.platform.parts.database)
        await register.propose((A, other), terms, 0, Actor(), clock.now())
        for centre in (A, other):
            await register.sign(key_of(A, other), 1, centre, Actor(), clock.now())

    async def turns(self, count: int = 10) -> None:
        """What the engine does in some seconds."""
        for _turn in range(count):
            await self.engine.turn()

    async def later(self, seconds: float) -> None:
        """Time goes on, and the engine with it."""
        self._ahead += timedelta(seconds=seconds)
        await self.turns()

    async def ring(self, centre: str, waits: Iterable[float]) -> list[UUID]:
        """Calls that have waited so many seconds."""
        made = []
        for wait in waits:
            made.append(uuid4())
            number = f"06{made[-1].int % 10**8:08d}"
            since = self.clock() - timedelta(seconds=wait)
            await floor(self.screen).desk.ring(centre, made[-1], {"number": number}, since)
        return made

    async def work(self, centre: str, calls: Iterable[UUID]) -> None:
        """Each seat of a centre is on one of these calls."""
        for number, call in enumerate(calls, 1):
            await self.screen.rows(_TAKEN, centre, call, f"poste-{number}")

    async def count(self, centre: str, state: str = "waiting") -> int:
        """How many calls of a centre are in a state."""
        query = "SELECT count(*) AS n FROM regulation_call WHERE centre = $1 AND state = $2"
        (row,) = await self.screen.rows(query, centre, state)
        return int(row["n"])


async def opened_at(person: Person, field: str = "episode") -> str:
    """The episode that the page of overflow of somebody's centre is about."""
    found = re.search(rf'name="{field}" value="([^"]+)"', (await person.get(OVERFLOW)).text)
    assert found
    return found[1]
