"""Who was wrong too often waits, twice as long each time: by person, by code and by address.

An attempt is counted before it is looked at, in one statement, so that many at the same moment
cannot pass together. The counts are in the database: all processes share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cordee.identity.accounts.sealing import fingerprint
from cordee.runtime.database import Database
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.identity.accounts")


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are free, how long one waits at most, how long it is remembered."""

    free: int
    longest: float
    memory: float


PERSON: Final = Limit(free=5, longest=900, memory=86_400)
_MEMORY: Final = timedelta(days=1)
CODE: Final = Limit(free=5, longest=3600, memory=86_400)
ADDRESS: Final = Limit(free=50, longest=300, memory=3600)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was counted: of whom, from where."""

    person: bytes
    address: bytes
    at: datetime


class Throttle:
    """Counts attempts."""

    def __init__(self, database: Database) -> None:
        """All processes count in `database`."""
        self._database = database

    async def count(
        self, person: str, address: str, now: datetime, limit: Limit = PERSON
    ) -> Attempt | int:
        """The attempt, to say how it ended; or the seconds to wait when it comes too early."""
        attempt = Attempt(fingerprint(f"person:{person}"), fingerprint(f"address:{address}"), now)
        for key, bound in ((attempt.address, ADDRESS), (attempt.person, limit)):
            wait = await self._count(key, bound, now)
            if wait:
                return wait
        return attempt

    async def was_right(self, attempt: Attempt) -> None:
        """Forgets what the person got wrong before; the address keeps what others got wrong."""
        async with self._database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["forget_attempts"], attempt.person, attempt.at - _MEMORY
            )
            await connection.execute(_QUERIES["give_attempt_back"], attempt.address)

    async def _count(self, key: bytes, limit: Limit, now: datetime) -> int:
        async with self._database.write.acquire() as connection:
            counted = await connection.fetchval(
                _QUERIES["count_attempt"], key, now, limit.free, limit.longest, limit.memory
            )
            if counted is not None:
                return 0
            return max(1, await connection.fetchval(_QUERIES["wait_of_attempt"], key, now) or 1)
