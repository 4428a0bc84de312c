"""Calls of one moment shared: what many ask for at once is done by one statement.

Each caller waits for its own answer. While one batch is on its way the next one gathers, so the
batch grows with the load and costs nothing at rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from cordee.runtime.errors import ProductError

Item = TypeVar("Item")
Result = TypeVar("Result")
_IN_FLIGHT = 3  # Two wait for the disk while one is read into: more only makes them smaller.


class Batches(Generic[Item, Result]):
    """Gathers the items of one event loop; `run` gives one result an item, in their order."""

    def __init__(
        self, run: Callable[[list[Item]], Awaitable[Sequence[Result]]], *, most: int
    ) -> None:
        """`most` items go together. Nothing is started before the first item."""
        self._run = run
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._in_flight = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, item: Item) -> Result:
        """The result of this item, or its error."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, answer))
        if self._in_flight < _IN_FLIGHT:
            self._in_flight += 1
            task = loop.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _drain(self) -> None:
        try:
            await asyncio.sleep(0)  # let the other requests of this turn join
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._do(batch)
        finally:
            self._in_flight -= 1

    async def _do(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._run([item for item, _ in batch])
        except ProductError as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            for one in batch:  # one bad item must not fail its neighbours
                await self._do([one])
            return
        except Exception as error:
            _fail(batch, error)
            return
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)


def _fail(batch: list[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
