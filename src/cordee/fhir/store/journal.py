"""The journal in commit order, without a gap: one leader publishes, everybody reads."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from cordee.runtime.database import Database

CHANNEL = "cordee_journal"
_PAGE = 1000
_PAUSE_SECONDS = 0.02
_IDLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """One published write; `n` has no gap."""

    n: int
    type: int
    method: int
    version: int
    rid: int
    updated: datetime
    patient: int | None


async def publish(database: Database) -> int:
    """Publishes what no older transaction can overtake any more; how many writes that were."""
    async with database.write.acquire() as connection:
        given = await connection.fetchval("SELECT publish_journal($1)", _PAGE)
    return given or 0


async def head(database: Database) -> int:
    """Number of the newest published write, 0 when there is none."""
    async with database.write.acquire() as connection:
        return await connection.fetchval("SELECT n FROM journal_head") or 0


async def changes_after(
    database: Database, n: int, *, patient: int | None = None, most: int = _PAGE
) -> list[Change]:
    """Published writes after number `n`, oldest first, of one patient when given."""
    sql = (
        "SELECT n, type, method, ver, rid, upd, pat FROM journal_pub "
        "WHERE n > $1 AND ($3::int8 IS NULL OR pat = $3) ORDER BY n LIMIT $2"
    )
    async with database.search.acquire() as connection:
        rows = await connection.fetch(sql, n, most, patient)
    return [Change(*row) for row in rows]


class Publisher:
    """The leader's loop: wakes on a write of this process, and now and then for the others'."""

    def __init__(self, database: Database) -> None:
        """`wake` may be called from the write path; it costs nothing."""
        self._database = database
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Says that something was written."""
        self._wake.set()

    async def run(self) -> None:
        """Publishes until cancelled; a database that is away is waited for."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                while await publish(self._database):  # noqa: ASYNC110 -- a breath between pages
                    await asyncio.sleep(_PAUSE_SECONDS)
