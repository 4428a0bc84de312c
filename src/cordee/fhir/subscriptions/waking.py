"""What tells the tasks of a process that there are new events, in whatever process they came up."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import asyncpg

from cordee.fhir.subscriptions.keeping import CHANNEL

_AGAIN_SECONDS: Final = 1.0


class Wakes:
    """One LISTEN connection a process; everybody who waits is woken by each word."""

    def __init__(self, url: str, role: str | None) -> None:
        """Connects when `run` starts; until then, and while it is away, waiting ends by time."""
        self._url = url
        self._role = role
        self._count = 0
        self._moved = asyncio.Event()

    @property
    def count(self) -> int:
        """How often it was told so far: what comes after is not missed."""
        return self._count

    def tell(self) -> None:
        """Wakes all that wait in this process."""
        self._count += 1
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def wait(self, seen: int, seconds: float) -> None:
        """Returns when it was told more often than `seen`, or after some seconds."""
        if self._count != seen:
            return
        moved = self._moved
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await moved.wait()

    async def run(self) -> None:
        """Listens until cancelled; connects again when the database comes back."""
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listen(self) -> None:
        settings = {"application_name": "cordee subscriptions"} | (
            {"role": self._role} if self._role else {}
        )
        connection = await asyncpg.connect(self._url, server_settings=settings)
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _: closed.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_: self.tell())
            self.tell()  # what was said before was not heard
            await closed.wait()
        finally:
            await connection.close(timeout=2)
