"""The overflow as a floor shows it: one statement, remembered two seconds for a process. C2.1."""

from __future__ import annotations

import time
from typing import Final

from cordee.care.regulation.strip import Strip
from cordee.runtime.database import Database

_FRESH_SECONDS: Final = 2.0
_STRIP: Final = """
WITH running AS (
  SELECT id, neighbour, state FROM overflow_episode
  WHERE centre = $1 AND state IN ('proposed', 'accepted', 'active', 'ending')
), calls AS (
  SELECT role FROM overflow_transfer t JOIN running r ON r.id = t.episode
  WHERE t.centre = $1 AND t.moved IS NOT NULL AND t.finished IS NULL
)
SELECT (SELECT colour FROM overflow_watch WHERE centre = $1) AS colour,
  coalesce((SELECT level FROM overflow_watch WHERE centre = $1), 0) AS index,
  (SELECT count(*) FROM calls WHERE role = 'origin')::int AS moved,
  (SELECT count(*) FROM calls WHERE role = 'neighbour')::int AS received,
  (SELECT count(*) FROM running WHERE state = 'proposed' AND neighbour = $1)::int AS proposals,
  (SELECT count(*) FROM running WHERE state = 'proposed' AND neighbour <> $1)::int AS asked,
  (SELECT count(*) FROM running WHERE state IN ('active', 'ending'))::int AS running
"""


class OverflowStrip:
    """See `care.regulation.strip.Overflow`."""

    def __init__(self, database: Database) -> None:
        """`database` holds the overflow; nothing in this is about a patient."""
        self._database = database
        self._known: dict[str, tuple[float, Strip]] = {}

    async def strip(self, centre: str) -> Strip:
        """What runs at a centre."""
        read, known = self._known.get(centre, (-_FRESH_SECONDS, Strip()))
        if time.monotonic() - read < _FRESH_SECONDS:
            return known
        async with self._database.steady.acquire() as connection:
            row = await connection.fetchrow(_STRIP, centre)
        found = Strip() if row is None else Strip(**dict(row))
        self._known[centre] = (time.monotonic(), found)
        return found
