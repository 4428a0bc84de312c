"""How common a key is: the planner's own statistics, held in memory.

The shape of a search is chosen here and not by the planner, which assumes that a key is spread
evenly over time (docs/decisions/0003).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import asyncpg

from cordee.runtime.database import Database

_REFRESH_SECONDS = 60
_SQL = """
SELECT s.tablename, greatest(c.reltuples, 0)::int8, s.most_common_elems::text::int8[],
  s.most_common_elem_freqs
FROM pg_stats s JOIN pg_class c ON c.oid = to_regclass(s.tablename)
WHERE s.attname = 'idx' AND s.tablename LIKE 'r\\_%' AND s.schemaname = 'public'
"""


class Frequencies:
    """Estimated rows of a key in a partition; unlisted keys are rare."""

    def __init__(self) -> None:
        """Empty until loaded: then every key counts as rare."""
        self._rows: dict[str, int] = {}
        self._shares: dict[tuple[str, int], float] = {}

    async def load(self, database: Database) -> None:
        """Reads the statistics once."""
        async with database.search.acquire() as connection:
            records = await connection.fetch(_SQL)
        for table, rows, keys, shares in records:
            self._rows[table] = rows
            for key, share in zip(keys or (), shares or (), strict=False):
                self._shares[table, key] = share

    async def keep_fresh(self, database: Database) -> None:
        """Reads them again and again until cancelled."""
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self.load(database)
            await asyncio.sleep(_REFRESH_SECONDS)

    def known(self) -> dict[str, int]:
        """Estimated rows by partition."""
        return dict(self._rows)

    def estimate(self, table: str, alternatives: Sequence[Sequence[int]]) -> int:
        """Estimated rows that have, for each group, one of its keys."""
        rows = self._rows.get(table, 0)
        share = 1.0
        for keys in alternatives:
            share *= min(1.0, sum(self._shares.get((table, key), 0.0) for key in keys))
        return int(rows * share)
