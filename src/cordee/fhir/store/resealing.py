"""Bodies that wait to be sealed, or to be sealed by the newest data key: counted, sealed, checked.

The owner of the tables runs it: the application may not change what happened. What is waiting says
so itself, by its `dict`, so that a run that was broken off goes on where it stopped. Rows that
somebody writes are left alone; they come in the next round.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

import structlog

from cordee.fhir.model.definitions import RESOURCE_TYPES, type_name, type_number
from cordee.fhir.store.sealing import (
    ATTACHING_TYPES,
    SEALED_LABELS,
    SEALED_TYPES,
    opened_body,
    place_of,
)
from cordee.runtime.database import Connection
from cordee.runtime.envelopes import KeyMissing, Ring, SealBroken

_MOST_ROWS, _MOST_BYTES = 500, 8 * 1024 * 1024
_NEWEST = 50
_log = structlog.get_logger("cordee.resealing")


def _numbers(names: Iterable[str]) -> str:
    return ", ".join(str(type_number(one)) for one in sorted(names))


def _due(alias: str, labels: str) -> str:
    """Condition on a row that waits: in clear, `sealing.to_seal` in SQL. $1 newest key."""
    text = f"convert_from({alias}.body, 'UTF8')"
    within = "|".join(sorted(SEALED_TYPES))
    return f"""{alias}.dict <> $1::int2 AND CASE
  WHEN {alias}.dict <> 0 THEN true
  WHEN {alias}.body = '\\x7d7d'::bytea THEN false
  WHEN {alias}.type IN ({_numbers(SEALED_TYPES)}) OR {labels} & {SEALED_LABELS} <> 0 THEN true
  WHEN {alias}.type IN ({_numbers(ATTACHING_TYPES)})
    AND position('"data"'::bytea IN {alias}.body) > 0
    AND {text} ~ '"data"\\s*:\\s*"' THEN true
  WHEN position('"contained"'::bytea IN {alias}.body) > 0
    AND {text} ~ '"resourceType"\\s*:\\s*"({within})"' THEN true
  WHEN {labels} & 24576 = 24576 THEN EXISTS (
    SELECT FROM contained k JOIN resource c ON c.type = k.within_type AND c.rid = k.within
    WHERE k.rid = {alias}.rid AND c.dict <> 0)
  ELSE false END"""


_PRESENT: Final = _due("r", "r.lab")
_FORMER: Final = _due("h", "(h.lab | r.lab)")
_JOINED: Final = "history h JOIN resource r ON r.type = h.type AND r.rid = h.rid"
_TYPES: Final = """
SELECT t FROM unnest($1::int2[]) t WHERE EXISTS (SELECT FROM resource r WHERE r.type = t) ORDER BY t
"""
_SIZES: Final = f"""
SELECT r.rid, octet_length(r.body) AS size FROM resource r
WHERE r.type = $2::int2 AND r.rid > $3 AND {_PRESENT} ORDER BY r.rid LIMIT {_MOST_ROWS}
"""
_ROWS: Final = f"""
SELECT r.type, r.rid, r.id, r.ver, r.dict, r.body FROM resource r
WHERE r.type = $2::int2 AND r.rid = ANY ($3::int8[]) AND {_PRESENT}
ORDER BY r.rid FOR UPDATE SKIP LOCKED
"""
_SET: Final = """
UPDATE resource r SET dict = $1::int2, body = n.body
FROM unnest($2::int8[], $3::int4[], $4::bytea[]) n(rid, ver, body)
WHERE r.type = $5::int2 AND r.rid = n.rid AND r.ver = n.ver
"""
_FORMER_SIZES: Final = f"""
SELECT h.rid, h.ver, octet_length(h.body) AS size FROM {_JOINED}
WHERE (h.rid, h.ver) > ($2::int8, $3::int4) AND {_FORMER}
ORDER BY h.rid, h.ver LIMIT {_MOST_ROWS}
"""
_FORMER_ROWS: Final = f"""
SELECT h.type, h.rid, r.id, h.ver, h.dict, h.body
FROM unnest($2::int8[], $3::int4[]) n(rid, ver)
JOIN history h ON h.rid = n.rid AND h.ver = n.ver
JOIN resource r ON r.type = h.type AND r.rid = h.rid
WHERE {_FORMER} ORDER BY h.rid, h.ver FOR UPDATE OF h SKIP LOCKED
"""
_FORMER_SET: Final = """
UPDATE history h SET dict = $1::int2, body = n.body
FROM unnest($2::int8[], $3::int4[], $4::bytea[]) n(rid, ver, body)
WHERE h.rid = n.rid AND h.ver = n.ver
"""
_COUNTS: Final = """
SELECT dict, false AS former, count(*) AS n FROM resource WHERE dict <> 0 GROUP BY dict
UNION ALL SELECT dict, true, count(*) FROM history WHERE dict <> 0 GROUP BY dict
"""
_CLEAR: Final = f"""
SELECT (SELECT count(*) FROM resource r WHERE r.dict = 0 AND {_PRESENT})
  + (SELECT count(*) FROM {_JOINED} WHERE h.dict = 0 AND {_FORMER})
"""
_WAITING: Final = f"""
SELECT (SELECT count(*) FROM resource r WHERE {_PRESENT})
  + (SELECT count(*) FROM {_JOINED} WHERE {_FORMER})
"""
_ALL: Final = (
    "SELECT type, id, ver, dict, body FROM resource WHERE dict <> 0",
    f"SELECT h.type, r.id, h.ver, h.dict, h.body FROM {_JOINED} WHERE h.dict <> 0",
)
_SAMPLE: Final = f"""
SELECT r.type, r.id, r.ver, r.dict, r.body FROM unnest($1::int2[]) t CROSS JOIN LATERAL (
  SELECT * FROM resource o WHERE o.type = t ORDER BY o.rid DESC LIMIT {_NEWEST}) r
WHERE r.dict <> 0
"""
Connect = Callable[[], AbstractAsyncContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many present and former bodies a data key seals."""

    key: int
    present: int
    former: int


@dataclass(slots=True)
class Opened:
    """What a check found: how many open, and places (type/id/version) of those that do not."""

    whole: int
    broken: list[str]


async def count_sealed(connection: Connection) -> list[Counted]:
    """Bodies by data key; reads both tables through."""
    found: dict[int, list[int]] = {}
    for row in await connection.fetch(_COUNTS):
        found.setdefault(row["dict"], [0, 0])[row["former"]] += row["n"]
    return [Counted(key, *found[key]) for key in sorted(found)]


async def count_clear(connection: Connection) -> int:
    """Bodies in clear that are to be sealed."""
    return await connection.fetchval(_CLEAR, -1) or 0


async def count_waiting(connection: Connection, newest: int) -> int:
    """Bodies in clear, or under a former data key, that are to be sealed by the newest."""
    return await connection.fetchval(_WAITING, newest) or 0


async def check_sealed(connection: Connection, *, whole: bool) -> Opened:
    """Opens all sealed bodies, or the newest of each type that is always sealed."""
    result = Opened(0, [])
    async with connection.transaction(readonly=True):
        if not whole:
            rows = await connection.fetch(_SAMPLE, [type_number(one) for one in SEALED_TYPES])
            for row in rows:
                _try(row, result)
        else:
            for statement in _ALL:
                async for row in connection.cursor(statement, prefetch=100):
                    _try(row, result)
    return result


def _try(row: Any, result: Opened) -> None:
    place = type_name(row["type"]), row["id"], row["ver"]
    try:
        opened_body(place, row["dict"], row["body"])
    except (SealBroken, KeyMissing):
        result.broken.append(place_of(*place))
    else:
        result.whole += 1


class Resealer:
    """One run: bodies that wait are sealed by the newest data key, table by table."""

    def __init__(self, connection: Connection, ring: Ring, step: Callable[[int], None]) -> None:
        """`step` is told how many are done after each transaction."""
        self._connection = connection
        self._ring = ring
        self._step = step
        self.broken: set[str] = set()
        """Places of what does not open; it stays as it is."""

    async def run(self) -> int:
        """Goes over both tables; how many were sealed. Another round may find more."""
        done = 0
        async for one in self._rounds():
            done += one
            self._step(one)
        return done

    async def _rounds(self) -> AsyncIterator[int]:
        types = [type_number(one) for one in sorted(RESOURCE_TYPES)]
        for row in await self._connection.fetch(_TYPES, types):
            after = 0
            while rids := await self._sizes(_SIZES, row["t"], after):
                after = rids[-1][0]
                yield await self._present(row["t"], [one[0] for one in rids])
        last = (0, -1)
        while keys := await self._sizes(_FORMER_SIZES, *last):
            last = (keys[-1][0], keys[-1][1])
            yield await self._former([one[0] for one in keys], [one[1] for one in keys])

    async def _sizes(self, statement: Any, *values: int) -> list[tuple[int, int]]:
        """Keys of the next rows that wait, as many as are held in memory at once."""
        found: list[tuple[int, int]] = []
        total = 0
        for row in await self._connection.fetch(statement, self._newest, *values):
            total += row["size"]
            if found and total > _MOST_BYTES:
                break
            found.append((row[0], row[1]))
        return found

    @property
    def _newest(self) -> int:
        return self._ring.current.number

    async def _present(self, number: int, rids: Sequence[int]) -> int:
        async with self._connection.transaction():
            # What a resource contains stays as it is: see drop_contained().
            await self._connection.execute("SET LOCAL cordee.reseals = 'on'")
            rows = await self._connection.fetch(_ROWS, self._newest, number, list(rids))
            made = self._sealed(rows)
            await self._connection.execute(_SET, self._newest, *made, number)
        return len(made[0])

    async def _former(self, rids: Sequence[int], versions: Sequence[int]) -> int:
        async with self._connection.transaction():
            rows = await self._connection.fetch(
                _FORMER_ROWS, self._newest, list(rids), list(versions)
            )
            made = self._sealed(rows)
            await self._connection.execute(_FORMER_SET, self._newest, *made)
        return len(made[0])

    def _sealed(self, rows: Sequence[Any]) -> tuple[list[int], list[int], list[bytes]]:
        made: tuple[list[int], list[int], list[bytes]] = ([], [], [])
        for row in rows:
            place = type_name(row["type"]), row["id"], row["ver"]
            try:
                plain = opened_body(place, row["dict"], row["body"])
            except (SealBroken, KeyMissing):
                self.broken.add(place_of(*place))
                continue
            _, body = self._ring.seal(plain, place_of(*place))
            made[0].append(row["rid"])
            made[1].append(row["ver"])
            made[2].append(body)
        return made
