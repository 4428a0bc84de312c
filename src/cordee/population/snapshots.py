"""Versions of an indicator, proposals of siting: kept as told, never changed. Rules: G2.5, G2.9."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from cordee.identity.principal import Principal
from cordee.population.callers import KEEPING, VERSIONS, need
from cordee.runtime.database import Database
from cordee.runtime.errors import InvalidRequest, NotFound

INDICATOR, SITING = "indicator", "siting"
_LONGEST: Final = 500
_PAGE: Final = 100
_KEEP: Final = """
INSERT INTO population_snapshot (kind, made_by, indicator, note, body, digest)
VALUES ($1, $2, $3, $4, $5::jsonb, $6) RETURNING number
"""
_COLUMNS: Final = "number, at, made_by, indicator, note, body::text AS body, digest"
_ONE: Final = f"SELECT {_COLUMNS} FROM population_snapshot WHERE kind = $1 AND number = $2"  # noqa: S608
_BEFORE: Final = (
    f"SELECT {_COLUMNS} FROM population_snapshot"  # noqa: S608 -- names of ours
    " WHERE kind = $1 AND number < $2 AND indicator = $3 ORDER BY number DESC LIMIT 1"
)
_LIST: Final = (
    f"SELECT {_COLUMNS} FROM population_snapshot"  # noqa: S608 -- names of ours
    " WHERE kind = $1 ORDER BY number DESC LIMIT $2"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A version or a proposal: what it says (`body`), who made it when, a digest to know it by."""

    number: int
    at: datetime
    by: str
    indicator: str
    note: str
    body: Mapping[str, Any]
    digest: str


class Snapshots:
    """What an installation keeps of one kind; for who steers the region."""

    def __init__(self, database: Database, kind: str = INDICATOR) -> None:
        """Nothing is read yet."""
        self._database = database
        self._kind = kind

    async def keep(
        self, principal: Principal, indicator: str, note: str, body: Mapping[str, Any]
    ) -> int:
        """Keeps what is told, its number; raises `InvalidRequest` for a note that is too long."""
        need(principal, KEEPING)
        if len(note) > _LONGEST:
            raise InvalidRequest(f"a note has at most {_LONGEST} letters")
        told = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
        digest = hashlib.sha256(told.encode()).hexdigest()
        async with self._database.write.acquire() as connection:
            told_by = (self._kind, principal.name, indicator, note.strip(), told, digest)
            return int(await connection.fetchval(_KEEP, *told_by) or 0)

    async def get(self, principal: Principal, number: int) -> tuple[Snapshot, Snapshot | None]:
        """One and the one before it of the same indicator; raises `NotFound`."""
        need(principal, VERSIONS)
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(_ONE, self._kind, number)
            if row is None:
                raise NotFound(f"there is no {self._kind} {number}")
            before = await connection.fetchrow(_BEFORE, self._kind, number, row["indicator"])
        return _snapshot(row), None if before is None else _snapshot(before)

    async def latest(self, principal: Principal) -> list[Snapshot]:
        """The newest of them."""
        need(principal, VERSIONS)
        async with self._database.write.acquire() as connection:
            return [_snapshot(row) for row in await connection.fetch(_LIST, self._kind, _PAGE)]


def _snapshot(row: Any) -> Snapshot:
    return Snapshot(
        row["number"], row["at"], row["made_by"], row["indicator"], row["note"],
        orjson.loads(row["body"]), row["digest"],
    )  # fmt: skip
