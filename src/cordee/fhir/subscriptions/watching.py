"""How the subscriptions stand that somebody listens to: one query for all of them at each word."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from cordee.fhir.subscriptions.keeping import QUERIES
from cordee.fhir.subscriptions.waking import Wakes
from cordee.runtime.database import Database


@dataclass(frozen=True, slots=True)
class Standing:
    """Number of the newest event, and the status."""

    events: int
    status: str


@dataclass(slots=True)
class Watch:
    """The subscriptions with open streams in this process."""

    database: Database
    wakes: Wakes
    _listened: Counter[str] = field(default_factory=Counter)
    _known: dict[str, Standing] = field(default_factory=dict)
    _asked: frozenset[str] = frozenset()
    _at: int = -1
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @contextlib.contextmanager
    def listening(self, key: str) -> Iterator[None]:
        """Looks after a subscription while the block runs."""
        self._listened[key] += 1
        try:
            yield
        finally:
            self._listened[key] -= 1
            if not self._listened[key]:
                del self._listened[key]

    async def standing(self, key: str) -> Standing | None:
        """How it stands, not older than the last word; None when it is gone."""
        async with self._turn:  # who comes meanwhile finds the answer
            if self._at != self.wakes.count or key not in self._asked:
                await self._look()
        return self._known.get(key)

    async def _look(self) -> None:
        count, keys = self.wakes.count, frozenset(self._listened)
        async with self.database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["watched"], list(keys))
        self._known = {row["id"]: Standing(row["events"], row["status"]) for row in rows}
        self._at, self._asked = count, keys
