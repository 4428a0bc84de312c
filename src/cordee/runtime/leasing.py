"""Connections lent and given back without a task, a timer or a round trip.

The driver's own pool spends on each loan what a small search costs in all (decision 0013).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType

import asyncpg


class Lender:
    """At most `most` connections; the one given back last is lent first."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], *, most: int) -> None:
        """`connect` opens one connection; the first is opened by the first loan."""
        self._connect = connect
        self._most = most
        self._free: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._lent: set[asyncpg.Connection] = set()
        self._opening = 0

    @property
    def size(self) -> int:
        """How many connections are open."""
        return len(self._free) + len(self._lent)

    def acquire(self) -> Loan:
        """A connection for an `async with` block, alone in it."""
        return Loan(self)

    async def close(self) -> None:
        """Closes what is free, ends what is still lent."""
        free, self._free = self._free, []
        for connection in free:
            await connection.close(timeout=2)
        for connection in list(self._lent):
            connection.terminate()

    async def lend(self) -> asyncpg.Connection:
        """A free connection, a new one, or the next that comes back."""
        while True:
            while self._free:
                connection = self._free.pop()
                if not connection.is_closed():
                    self._lent.add(connection)
                    return connection
            if len(self._lent) + self._opening < self._most:
                return await self._open()
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()  # the turn was given already: it goes to the next
                raise

    def give_back(self, connection: asyncpg.Connection, *, broken: bool) -> None:
        """Ends a loan; a connection whose state is not known is not lent again."""
        self._lent.discard(connection)
        if connection.is_closed():
            pass
        elif broken or connection.is_in_transaction():
            connection.terminate()
        else:
            self._free.append(connection)
        self._wake()

    async def _open(self) -> asyncpg.Connection:
        self._opening += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._opening -= 1
            self._wake()
            raise
        self._opening -= 1
        self._lent.add(connection)
        return connection

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class Loan:
    """One connection for the time of an `async with` block."""

    __slots__ = ("_connection", "_lender")

    def __init__(self, lender: Lender) -> None:
        """Nothing is lent before the block is entered."""
        self._lender = lender
        self._connection: asyncpg.Connection | None = None

    async def __aenter__(self) -> asyncpg.Connection:
        """Waits for a connection."""
        self._connection = await self._lender.lend()
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Gives it back; a statement that was cut off in the middle ends its connection."""
        if self._connection is not None:
            broken = isinstance(error, TimeoutError) or not isinstance(error, Exception | None)
            self._lender.give_back(self._connection, broken=broken)
            self._connection = None
