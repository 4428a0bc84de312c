"""The parts that every interaction works with, made once for a process."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

import asyncpg

from cordee.fhir.indexing.extract import Extractor
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.parameters import Registry
from cordee.fhir.interactions.terminology import StoredTerminology
from cordee.fhir.search.frequencies import Frequencies
from cordee.fhir.search.run import Searcher
from cordee.fhir.store.coalescer import Coalescer
from cordee.fhir.store.draft import Draft
from cordee.fhir.store.journal import Publisher
from cordee.fhir.store.repository import Repository
from cordee.fhir.store.scope import Scope
from cordee.runtime.database import Database
from cordee.runtime.leasing import Lender

Admission = Callable[[Scope, Sequence[Draft], asyncpg.Connection | None], Awaitable[None]]


class Governor(Protocol):
    """A rule that is asked of writes, in their transaction."""

    def __call__(
        self,
        scope: Scope,
        drafts: Sequence[Draft],
        connection: asyncpg.Connection,
        *,
        adopts: bool = False,
    ) -> Awaitable[None]:
        """Raises to refuse; `adopts` for an import, which brings what was begun elsewhere."""
        ...


@dataclass(slots=True)
class Kernel:
    """The FHIR kernel of one process; `base` is the address that full URLs begin with.

    `admission` is asked before a person writes; it raises to refuse. So is `reserved`, but not of
    what a desk of the platform writes in a person's name. `governor` is asked of every
    write of the types `governed`, in its transaction, and may note there what follows from it.
    """

    database: Database
    base: str
    enforce_references: bool
    keys: KeyMaker
    registry: Registry
    extractor: Extractor
    repository: Repository
    coalescer: Coalescer
    frequencies: Frequencies
    searcher: Searcher
    publisher: Publisher
    admission: Admission | None = None
    reserved: Admission | None = None
    governed: frozenset[str] = frozenset()
    governor: Governor | None = None

    def within(self, connection: asyncpg.Connection) -> Kernel:
        """The same kernel inside a transaction: it sees the writes, one statement at a time."""
        pool = cast("Lender", _One(connection))
        database = Database(pool, pool, pool)
        repository = replace(self.repository, database=database)
        coalescer = Coalescer(repository)
        return replace(
            self,
            database=database,
            repository=repository,
            coalescer=coalescer,
            searcher=replace(
                self.searcher,
                database=database,
                tracing=coalescer.trace,
                terminology=StoredTerminology(database, self.keys),
            ),
        )


class _One:
    """A pool of one connection, which belongs to the transaction and not to who asks."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        yield self._connection


def make_kernel(
    database: Database, secret: bytes, *, base: str, enforce_references: bool = True
) -> Kernel:
    """A kernel on an open database; `secret` is the installation's index key."""
    keys = KeyMaker(secret)
    registry = Registry.r4()
    repository = Repository(database)
    coalescer = Coalescer(repository)
    frequencies = Frequencies()
    terminology = StoredTerminology(database, keys)
    return Kernel(
        database=database,
        base=base,
        enforce_references=enforce_references,
        keys=keys,
        registry=registry,
        extractor=Extractor(registry, keys),
        repository=repository,
        coalescer=coalescer,
        frequencies=frequencies,
        searcher=Searcher(
            database, registry, keys, frequencies, terminology, (base,), coalescer.trace
        ),
        publisher=Publisher(database),
    )
