"""A reader of the journal that goes on where it stopped, whatever process dies meanwhile.

What a turn makes and how far it has come are one transaction: each published write is seen once, in
commit order, by one process at a time. What goes out of the base from there is sent at least once.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from cordee.fhir.model.definitions import type_name
from cordee.fhir.store.journal import Change
from cordee.fhir.store.repository import Version, version_of
from cordee.runtime.database import Connection, Database

_BEGIN: Final = """
INSERT INTO journal_reader (name, n) SELECT $1, CASE WHEN $2 THEN 0 ELSE n END FROM journal_head
ON CONFLICT (name) DO NOTHING
"""
# A lock that takes no transaction number: a turn under way holds nobody's publishing back.
_TURN: Final = """
SELECT r.n FROM (
  SELECT pg_try_advisory_xact_lock(hashtextextended('journal_reader ' || $1, 0)) AS got OFFSET 0) l
JOIN journal_reader r ON r.name = $1 WHERE l.got
"""
_CHANGES: Final = """
SELECT n, type, method, ver, rid, upd, pat FROM journal_pub WHERE n > $1 ORDER BY n LIMIT $2
"""
_MOVED: Final = "UPDATE journal_reader SET n = $2, at = clock_timestamp() WHERE name = $1"
# The written version and the one before it; each is the present row, or one of the history.
_CONTENTS: Final = """
SELECT w.i, w.ver < w.wanted AS is_before, r.id, v.ver, v.upd, v.lab, v.method, v.dict, v.body
FROM unnest($1::int2[], $2::int8[], $3::int4[]) WITH ORDINALITY c(type, rid, wanted, i)
CROSS JOIN LATERAL (VALUES (c.wanted), (c.wanted - 1)) x(ver)
CROSS JOIN LATERAL (SELECT c.i, x.ver, c.wanted) w
JOIN LATERAL (
  SELECT o.id FROM resource o WHERE o.type = c.type AND o.rid = c.rid OFFSET 0) r ON true
JOIN LATERAL (
  SELECT o.ver, o.upd, o.lab, o.method, o.dict, o.body FROM resource o
  WHERE o.type = c.type AND o.rid = c.rid AND o.ver = x.ver
  UNION ALL
  SELECT h.ver, h.upd, h.lab, h.method, h.dict, h.body FROM history h
  WHERE h.rid = c.rid AND h.ver = x.ver
  LIMIT 1) v ON true
ORDER BY w.i
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """What there is to do: changes in commit order, and the open transaction to do it in.

    `mark` is the number that was dealt with before.
    """

    connection: Connection
    changes: list[Change]
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """A change with what it made and what was there before; None where nothing was, or is now."""

    change: Change
    type: str
    id: str
    now: Version | None
    before: Version | None


class Tail:
    """The turns of one reader of the journal; its mark is shared by all processes."""

    def __init__(self, database: Database, consumer: str, *, from_start: bool = False) -> None:
        """A name that is new starts at the present end of the journal, or at its beginning."""
        self._database = database
        self._consumer = consumer
        self._from_start = from_start
        self._is_known = False

    @contextlib.asynccontextmanager
    async def turn(self, most: int = 500) -> AsyncIterator[Turn | None]:
        """The next changes; None while another process has the turn.

        The mark moves when the block ends; when it raises, all of the turn is undone.
        """
        if not self._is_known:
            await self.begin()
        async with self._database.transaction() as connection:
            mark = await connection.fetchval(_TURN, self._consumer)
            if mark is None:
                yield None
                return
            rows = await connection.fetch(_CHANGES, mark, most)
            yield Turn(connection, [Change(*row) for row in rows], mark)
            if rows:
                await connection.execute(_MOVED, self._consumer, rows[-1]["n"])

    async def begin(self) -> None:
        """Makes the mark of a new name."""
        async with self._database.write.acquire() as connection:
            await connection.execute(_BEGIN, self._consumer, self._from_start)
        self._is_known = True

    async def head(self) -> int:
        """The number of the last change that was dealt with; 0 before the first turn."""
        sql = "SELECT n FROM journal_reader WHERE name = $1"
        async with self._database.write.acquire() as connection:
            return await connection.fetchval(sql, self._consumer) or 0


async def contents(connection: Connection, changes: Sequence[Change]) -> list[Changed]:
    """What the changes made and what stood before, in their order, by one statement.

    A change whose resource was destroyed since is left out. Sealed bodies are opened.
    """
    values = (
        [one.type for one in changes],
        [one.rid for one in changes],
        [one.version for one in changes],
    )
    found: dict[int, dict[bool, Version]] = {}
    for row in await connection.fetch(_CONTENTS, *values):
        kind = type_name(changes[row["i"] - 1].type)
        version = version_of(kind, row["id"], row)
        found.setdefault(row["i"] - 1, {})[row["is_before"]] = version
    return [_changed(changes[place], both) for place, both in sorted(found.items())]


def _changed(change: Change, both: dict[bool, Version]) -> Changed:
    one = next(iter(both.values()))  # they share type and id
    return Changed(change, one.type, one.id, *_standing(both))


def _standing(both: dict[bool, Version]) -> tuple[Version | None, Version | None]:
    now, before = both.get(False), both.get(True)
    return (
        None if now is None or now.deleted else now,
        None if before is None or before.deleted else before,
    )
