"""Follow threads as they are written: one look at the database for all who watch in a process.

A thread counts what happens in it, under its lock: who has seen a number misses nothing before it,
and who comes back after a cut says the last number they saw. Requirement B1.5: two seconds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from cordee.care.messaging.facts import Thread
from cordee.care.messaging.reading import Reading
from cordee.identity.principal import Principal
from cordee.runtime.database import AWAY
from cordee.runtime.errors import ProductError

SECONDS: Final = 0.5


class Pulse:
    """Numbers of the threads that somebody of this process watches."""

    def __init__(self, reading: Reading) -> None:
        """Nothing is asked while nobody watches."""
        self._reading = reading
        self._watched: Counter[UUID] = Counter()
        self._numbers: dict[UUID, int] = {}
        self._moved = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None

    async def follow(self, principal: Principal, thread: Thread, seen: int) -> AsyncIterator[int]:
        """The number of a thread whenever it moves past what was seen.

        Ends when the caller is no more in the thread, or sees the patient no more.
        """
        number = thread.id
        self._watched[number] += 1
        try:
            while True:
                newest = (await self._reading.changes([number])).get(number, 0)
                if newest > seen:
                    try:
                        await self._reading.thread(principal, number)
                    except ProductError:
                        return
                    seen = newest
                    yield seen
                await self._past(number, seen)
        finally:
            self._watched[number] -= 1
            if not self._watched[number]:
                del self._watched[number]
                self._numbers.pop(number, None)

    async def _past(self, number: UUID, seen: int) -> None:
        if self._looking is None or self._looking.done():
            self._start()
        async with self._moved:
            await self._moved.wait_for(lambda: self._numbers.get(number, 0) > seen)

    def _start(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._watched:
            try:
                found = await self._reading.changes(list(self._watched))
            except (ProductError, *AWAY):
                found = {}
            async with self._moved:
                self._numbers.update(found)
                self._moved.notify_all()
            await asyncio.sleep(SECONDS)
