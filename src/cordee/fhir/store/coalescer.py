"""Reads of one moment become one statement, single creates become one commit.

Each caller waits for its own answer; nothing is answered before it is durable. While one batch is
on its way the next one gathers, so the batch grows with the load and costs nothing at rest.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from cordee.fhir.store.draft import Draft
from cordee.fhir.store.repository import Repository, Version, Written
from cordee.fhir.store.scope import Scope, Trace
from cordee.runtime.errors import ProductError

_MOST_READS = 256
_MOST_WRITES = 128
_IN_FLIGHT = 2


@dataclass(slots=True)
class _Create:
    draft: Draft
    needs: list[tuple[str, str]]
    trace: Trace
    answer: asyncio.Future[Written]


@dataclass(slots=True)
class _Read:
    id: str
    scope: Scope
    answer: asyncio.Future[Version | None]


class Coalescer:
    """Gathers the reads and creates of one event loop."""

    def __init__(self, repository: Repository) -> None:
        """Nothing is started before the first call."""
        self._repository = repository
        self._reads: defaultdict[str, list[_Read]] = defaultdict(list)
        self._reading: defaultdict[str, int] = defaultdict(int)
        self._creates: list[_Create] = []
        self._writing = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, resource_type: str, resource_id: str, scope: Scope) -> Version | None:
        """Newest version as the caller may see it; audited when it returns."""
        answer: asyncio.Future[Version | None] = asyncio.get_running_loop().create_future()
        self._reads[resource_type].append(_Read(resource_id, scope, answer))
        if self._reading[resource_type] < _IN_FLIGHT:
            self._reading[resource_type] += 1
            self._start(self._drain_reads(resource_type))
        return await answer

    async def create(self, draft: Draft, needs: list[tuple[str, str]], trace: Trace) -> Written:
        """Writes one new resource; shares its commit with others of the same moment."""
        answer: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._creates.append(_Create(draft, needs, trace, answer))
        if self._writing < _IN_FLIGHT:
            self._writing += 1
            self._start(self._drain_creates())
        return await answer

    def _start(self, work: object) -> None:
        task = asyncio.get_running_loop().create_task(work)  # pyright: ignore[reportArgumentType] -- a coroutine
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain_reads(self, resource_type: str) -> None:
        try:
            await asyncio.sleep(0)  # let the other requests of this turn join
            while queue := self._reads[resource_type]:
                batch, self._reads[resource_type] = queue[:_MOST_READS], queue[_MOST_READS:]
                await self._read_batch(resource_type, batch)
        finally:
            self._reading[resource_type] -= 1

    async def _read_batch(self, resource_type: str, batch: list[_Read]) -> None:
        try:
            found = await self._repository.read_many(
                resource_type, [(one.id, one.scope) for one in batch]
            )
        except Exception as error:
            for one in batch:
                _fail(one.answer, error)
            return
        for one, version in zip(batch, found, strict=True):
            if not one.answer.done():
                one.answer.set_result(version)

    async def _drain_creates(self) -> None:
        try:
            await asyncio.sleep(0)
            while self._creates:
                batch, self._creates = self._creates[:_MOST_WRITES], self._creates[_MOST_WRITES:]
                await self._write_batch(batch)
        finally:
            self._writing -= 1

    async def _write_batch(self, batch: list[_Create]) -> None:
        try:
            written = await self._repository.write(
                [one.draft for one in batch],
                needs=sorted({need for one in batch for need in one.needs}),
                traces=[one.trace for one in batch],
            )
        except ProductError as error:
            if len(batch) == 1:
                _fail(batch[0].answer, error)
                return
            for one in batch:  # one bad create must not fail its neighbours
                await self._write_batch([one])
            return
        except Exception as error:
            for one in batch:
                _fail(one.answer, error)
            return
        for one, result in zip(batch, written, strict=True):
            if not one.answer.done():
                one.answer.set_result(result)


def _fail(
    answer: asyncio.Future[Version | None] | asyncio.Future[Written], error: Exception
) -> None:
    if not answer.done():
        answer.set_exception(error)
