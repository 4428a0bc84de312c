"""What one server does now and then: indexes, statistics, visibility, seals of the audit trail.

Beside the publishing of the journal in `wiring.background`. Of several servers on one database one
leads, by an advisory lock that ends with its connection; the others look every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog

from cordee.access.sealing import seal
from cordee.fhir.indexing.keys import KeyMaker
from cordee.governance.retention.keeping import apply_rules, due
from cordee.runtime.clock import now
from cordee.runtime.database import AWAY, Connection, is_outage, single_connection
from cordee.runtime.errors import Unavailable

SIDE_TABLES = ("sp_sort", "sp_date", "sp_qty", "sp_str", "sp_place", "care_circle")
_LOCK = 0x636F7265  # not that of migrations
_MARK = "housekeeping"
_KNOWS_ONLY = 18
_LEAVES_ROOM = {"vacuum_cost_delay": "2ms", "lock_timeout": "2s"}
_CHANGES = """
SELECT h.n - coalesce((i.value ->> 'analyzed')::int8, 0) AS changes, h.n AS head,
  (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::int8 FROM pg_inherits p
   JOIN pg_class c ON c.oid = p.inhrelid WHERE p.inhparent = 'resource'::regclass) AS rows
FROM journal_head h LEFT JOIN installation i ON i.key = $1
"""
_REMEMBER = """
INSERT INTO installation (key, value) VALUES ($1, jsonb_build_object('analyzed', $2::int8))
ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
_UNSEEN = """
SELECT s.relname FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.relname = ANY ($1) AND s.schemaname = 'public'
  AND s.n_ins_since_vacuum + s.n_dead_tup > $2 + $3 * greatest(c.reltuples, 0)
ORDER BY s.relname
"""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, and from how much on: `least` and, beyond it, a share of what is there."""

    seconds: float = 10.0
    thorough_seconds: float = 60.0
    analyze_least: int = 1000
    analyze_share: float = 0.2
    vacuum_least: int = 20_000
    vacuum_share: float = 0.05


@dataclass(slots=True)
class Housekeeper:
    """The loop of one process on one database; `url` and `role` are the application's.

    `key` seals the audit trail, `keys` hash as the index does.
    """

    url: str
    role: str
    key: bytes
    rhythm: Rhythm = field(default_factory=Rhythm)
    keys: KeyMaker | None = None
    _seen: int | None = None
    _thorough: float = 0.0

    async def run(self) -> None:
        """Keeps house until cancelled; a database that is away is waited for."""
        while True:
            try:
                async with self.leading() as connection:
                    while connection is not None:
                        await self.round(connection)
                        await asyncio.sleep(self.rhythm.seconds)
            except (Unavailable, *AWAY) as error:
                if not isinstance(error, Unavailable) and not is_outage(error):
                    structlog.get_logger().warning("housekeeping_failed", reason=str(error))
            await asyncio.sleep(self.rhythm.seconds)

    @contextlib.asynccontextmanager
    async def leading(self) -> AsyncIterator[Connection | None]:
        """A connection that holds the lead, None while somebody else does."""
        async with single_connection(self.url, role=self.role, **_LEAVES_ROOM) as connection:
            leads = await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK)
            yield connection if leads else None

    async def round(self, connection: Connection) -> None:
        """One look: the waiting lists after writes, from time to time the rest."""
        await seal(connection, self.key)
        head = await connection.fetchval("SELECT n FROM journal_head")
        if head != self._seen:
            await connection.fetchval("SELECT clean_pending_keys()")
            self._seen = head
        if time.monotonic() - self._thorough >= self.rhythm.thorough_seconds:
            await self.refresh_statistics(connection)
            await self.refresh_visibility(connection)
            await self.forget(connection)
            self._thorough = time.monotonic()

    async def forget(self, connection: Connection) -> int:
        """Destroys by the rules of retention what is over, once an hour; how many rows."""
        started, at = time.monotonic(), now()
        if not await due(connection, at):
            return 0
        gone = await apply_rules(connection, self.keys, at)
        if gone:
            _log("forgotten", started, rows=gone)
        return gone

    async def refresh_statistics(self, connection: Connection) -> bool:
        """Takes the statistics of all resources together when many have changed; whether it did."""
        state = (await connection.fetch(_CHANGES, _MARK))[0]
        due = self.rhythm.analyze_least + self.rhythm.analyze_share * state["rows"]
        if state["changes"] < due:
            return False
        started = time.monotonic()
        # Not in a transaction: the journal would wait for it.
        await connection.execute(_analyze(connection))
        await connection.execute(_REMEMBER, _MARK, state["head"])
        _log("statistics_taken", started, changes=state["changes"])
        return True

    async def refresh_visibility(self, connection: Connection) -> list[str]:
        """Vacuums the side tables that autovacuum has not come to yet; their names."""
        rhythm = self.rhythm
        rows = await connection.fetch(
            _UNSEEN, SIDE_TABLES, rhythm.vacuum_least, rhythm.vacuum_share
        )
        names = [row["relname"] for row in rows]
        for name in names:
            started = time.monotonic()
            await connection.execute(f"VACUUM (ANALYZE, SKIP_LOCKED) {name}")
            _log("table_vacuumed", started, table=name)
        return names


async def settle(owner_url: str) -> None:
    """The same at once for all that came in, as the owner: after an import, a region, a restore."""
    async with single_connection(owner_url) as connection:
        while await connection.fetchval("SELECT publish_journal(5000)"):
            pass
        for table in ("resource", *SIDE_TABLES):
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        head = await connection.fetchval("SELECT n FROM journal_head")
        await connection.execute(_REMEMBER, _MARK, head)


def _analyze(connection: Connection) -> str:
    # The partitions are autovacuum's work; an older server cannot leave them out.
    only = "ONLY " if connection.get_server_version().major >= _KNOWS_ONLY else ""
    return f"ANALYZE {only}resource"


def _log(event: str, started: float, **facts: object) -> None:
    seconds = round(time.monotonic() - started, 2)
    structlog.get_logger().info(event, seconds=seconds, **facts)
