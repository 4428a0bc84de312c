"""Reads of one moment become one statement, single creates and traces one commit each.

Nothing is answered before it is durable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from cordee.fhir.store.draft import Draft
from cordee.fhir.store.repository import Repository, Version, Written
from cordee.fhir.store.scope import Scope, Trace
from cordee.runtime.batching import Batches

_MOST_READS = 256
_MOST_WRITES = 128
_MOST_TRACES = 512


@dataclass(slots=True)
class _Create:
    draft: Draft
    needs: list[tuple[str, str]]
    trace: Trace


class Coalescer:
    """Gathers the reads, creates and traces of one event loop."""

    def __init__(self, repository: Repository) -> None:
        """Nothing is started before the first call."""
        self._repository = repository
        self._reads: dict[str, Batches[tuple[str, Scope], Version | None]] = {}
        self._creates = Batches(self._write_together, most=_MOST_WRITES)
        self._traces = Batches(self._trace_together, most=_MOST_TRACES)

    async def read(self, resource_type: str, resource_id: str, scope: Scope) -> Version | None:
        """Newest version as the caller may see it; audited when it returns."""
        batches = self._reads.get(resource_type)
        if batches is None:

            async def run(wanted: list[tuple[str, Scope]]) -> Sequence[Version | None]:
                return await self._repository.read_many(resource_type, wanted)

            batches = self._reads[resource_type] = Batches(run, most=_MOST_READS)
        return await batches.add((resource_id, scope))

    async def create(self, draft: Draft, needs: list[tuple[str, str]], trace: Trace) -> Written:
        """Writes one new resource; shares its commit with others of the same moment."""
        return await self._creates.add(_Create(draft, needs, trace))

    async def trace(self, trace: Trace, connection: asyncpg.Connection | None = None) -> None:
        """Writes to the audit trail what was read; it is there, durably, when this returns.

        With a connection, the line belongs to its transaction.
        """
        if connection is not None:
            await self._repository.trace([trace], connection=connection)
        else:
            await self._traces.add(trace)

    async def _write_together(self, batch: list[_Create]) -> Sequence[Written]:
        return await self._repository.write(
            [one.draft for one in batch],
            needs=sorted({need for one in batch for need in one.needs}),
            traces=[one.trace for one in batch],
        )

    async def _trace_together(self, batch: list[Trace]) -> Sequence[None]:
        await self._repository.trace(batch)
        return [None] * len(batch)
