"""The ledger of answered counts: what each person has been told, and of whom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cordee.population.disclosure.bands import Band


@dataclass(frozen=True, slots=True)
class Entry:
    """One answered count: the words of the cohort, its pseudonyms and the band that was told.

    `members`: sorted int64, each once; a store keeps them as bytes (8 a person).
    """

    definition: str
    members: np.ndarray
    band: Band


class Ledger(Protocol):
    """Where entries are kept, by person; a real one stands in a database."""

    async def settle(self, person: str, decide: Callable[[Sequence[Entry]], Entry | None]) -> None:
        """Calls `decide` with what the person was told, and keeps the entry that it returns.

        Nobody else may read or write the entries of this person in between: two questions sent at
        once would each be judged without the other.
        """
        ...


class MemoryLedger:
    """A ledger that lasts as long as the process: for tests and for one worker."""

    def __init__(self) -> None:
        """An empty ledger."""
        self._entries: dict[str, list[Entry]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def settle(self, person: str, decide: Callable[[Sequence[Entry]], Entry | None]) -> None:
        """See `Ledger.settle`."""
        async with self._locks.setdefault(person, asyncio.Lock()):
            entries = self._entries.setdefault(person, [])
            entry = decide(tuple(entries))
            if entry is not None:
                entries.append(entry)
