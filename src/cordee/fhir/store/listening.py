"""What the database announces, heard once a process and handed on in memory to who waits for it.

A thousand open screens cost the database one read for each move of the journal, not a thousand:
which patients were written of is read once, and wakes those who look at them. Decision 0051.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Final

import asyncpg

from cordee.fhir.store.journal import CHANNEL

INBOX: Final = "cordee_inbox"
EVENT: Final = "cordee_event"
_IDLE_SECONDS: Final = 1.0
_MOST: Final = 20_000
_WRITTEN: Final = """
SELECT DISTINCT pat FROM journal_pub WHERE n > $1 AND n <= $2 AND pat IS NOT NULL
"""


class Waiter:
    """Somebody who waits for one of some numbers; what came before the wait is not lost."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._came = asyncio.Event()

    def wake(self) -> None:
        """Says that it came."""
        self._came.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it came within some seconds; forgets it then."""
        if not self._came.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._came.wait()
        came = self._came.is_set()
        self._came.clear()
        return came


class Waits:
    """Who waits for which number."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._waiting: dict[int, set[Waiter]] = {}

    @property
    def count(self) -> int:
        """How many numbers are waited for."""
        return len(self._waiting)

    @contextlib.contextmanager
    def waiter(self, *numbers: int) -> Iterator[Waiter]:
        """A waiter for these numbers, from here to the end of the block."""
        one = Waiter()
        for number in numbers:
            self._waiting.setdefault(number, set()).add(one)
        try:
            yield one
        finally:
            for number in numbers:
                held = self._waiting.get(number, set())
                held.discard(one)
                if not held:
                    self._waiting.pop(number, None)

    def wake(self, numbers: Iterable[int]) -> None:
        """Wakes who waits for one of these."""
        for number in numbers:
            for one in self._waiting.get(number, ()):
                one.wake()

    def wake_all(self) -> None:
        """Wakes everybody: something may have been missed."""
        self.wake(tuple(self._waiting))


class Listener:
    """One LISTEN connection a process.

    `patients` wakes by the hash of a patient of whom something was written, `inboxes` by the number
    of somebody's inbox, `events` (number 0) when there is something to tell.
    """

    def __init__(self, url: str, role: str | None) -> None:
        """Connects when `run` starts."""
        self._url = url
        self._role = role
        self._moved = asyncio.Condition()
        self._heard = asyncio.Event()
        self._told = 0
        self.newest = 0
        self.patients = Waits()
        self.inboxes = Waits()
        self.events = Waits()

    async def run(self) -> None:
        """Listens until cancelled; connects again when the database comes back."""
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen()
            await asyncio.sleep(_IDLE_SECONDS)

    def numbers(self) -> AsyncIterator[int]:
        """The newest number each time it moves, from this call on."""
        return self._numbers(self.newest)

    async def _numbers(self, seen: int) -> AsyncIterator[int]:
        while True:
            async with self._moved:
                while self.newest <= seen:
                    await self._moved.wait()
                seen = self.newest
            yield seen

    async def _listen(self) -> None:
        settings = {"application_name": "cordee listener"} | (
            {"role": self._role} if self._role else {}
        )
        connection = await asyncpg.connect(self._url, server_settings=settings)
        connection.add_termination_listener(lambda _: self._heard.set())
        try:
            await connection.add_listener(CHANNEL, self._hear_journal)
            await connection.add_listener(INBOX, self._hear_inbox)
            await connection.add_listener(EVENT, self._hear_event)
            self._told = await connection.fetchval("SELECT n FROM journal_head")
            await self._move(connection)
            # What was announced while nobody listened is looked for once.
            for waits in (self.patients, self.inboxes, self.events):
                waits.wake_all()
            while not connection.is_closed():
                await self._heard.wait()
                self._heard.clear()
                await self._move(connection)
        finally:
            await connection.close(timeout=2)

    def _hear_journal(self, _: object, __: int, ___: str, payload: object) -> None:
        self._told = max(self._told, int(str(payload)))
        self._heard.set()

    def _hear_inbox(self, _: object, __: int, ___: str, payload: object) -> None:
        self.inboxes.wake((int(str(payload)),))

    def _hear_event(self, _: object, __: int, ___: str, ____: object) -> None:
        self.events.wake((0,))

    async def _move(self, connection: asyncpg.Connection) -> None:
        """Takes up all that was published since: one read, however many wait."""
        n = self._told
        if n <= self.newest:
            return
        if n - self.newest > _MOST or not self.newest:
            self.patients.wake_all()
        elif self.patients.count:
            rows = await connection.fetch(_WRITTEN, self.newest, n)
            self.patients.wake(row["pat"] for row in rows)
        async with self._moved:
            self.newest = n
            self._moved.notify_all()
