"""The register of conventions: proposed in versions, signed by both ends, read by all. C2.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from cordee.care.overflow.agreeing import told
from cordee.care.overflow.conventions import (
    Convention,
    Terms,
    as_data,
    check,
    from_data,
    in_force,
)
from cordee.care.overflow.ports import Letter, Wires
from cordee.care.overflow.transfers import Actor
from cordee.care.overflow.wires import BaseTransport
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, NotFound
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of a convention as the register has it."""

    convention: Convention
    proposed: datetime
    proposed_name: str
    simulation: Mapping[str, Any] | None


class Conventions:
    """The register of one installation."""

    def __init__(self, database: Database, wires: Wires | None = None) -> None:
        """`database` holds it, `wires` tell other installations; nothing is about a patient."""
        self._database = database
        self._wires = wires or BaseTransport()

    async def away(self) -> list[str]:
        """The centres of other installations with which a convention can be agreed."""
        return sorted(await self._wires.away())

    async def entries(self, centre: str | None = None) -> list[Entry]:
        """All versions of a centre, or of all; by convention, the newest first; at most 200."""
        async with self._database.steady.acquire() as connection:
            return await entries(connection, centre)

    async def propose(
        self, ends: tuple[str, str], terms: Terms, seen: int, by: Actor, at: datetime
    ) -> int:
        """The number of a new version that the first centre proposes; `seen` was the last one.

        Raises `ResourceInvalid` for wrong terms, `Conflict` when somebody was quicker.
        """
        first, second = sorted(ends)
        check(terms, ends)
        key, said = key_of(first, second), orjson.dumps(as_data(terms)).decode()
        values = (key, seen + 1, first, second, said, at, by.user, by.name)
        async with self._database.transaction() as connection:
            newest = max((e.convention.version for e in await entries(connection, first)
                          if e.convention.id == key), default=0)  # fmt: skip
            made = await connection.fetchval(QUERIES["propose_convention"], *values)
            if newest != seen or made is None:
                raise Conflict("Une autre version vient d’être proposée : relisez-la d’abord.")
            await self._tell(connection, told(ends, seen + 1, terms, by.name, signs=False))
        return seen + 1

    async def sign(
        self, key: str, version: int, centre: str, by: Actor, at: datetime
    ) -> Convention:
        """The convention once a centre has signed it; raises `NotFound` for who is no party.

        A version that a newer one has replaced is not signed any more: `Conflict`.
        """
        async with self._database.transaction() as connection:
            known = [e.convention for e in await entries(connection, centre)]
            of_key = [one for one in known if one.id == key]
            if not any(one.version == version for one in of_key):
                raise NotFound("there is no such convention")
            if any(one.version > version for one in of_key):
                raise Conflict("Une version plus récente existe : signez celle-là.")
            await connection.execute(QUERIES["sign"], key, version, centre, at, by.user, by.name)
            known = [e.convention for e in await entries(connection, centre)]
            agreed = next(one for one in known if (one.id, one.version) == (key, version))
            ends = (centre, agreed.other(centre))
            await self._tell(connection, told(ends, version, agreed.terms, by.name, signs=True))
        return agreed

    async def _tell(self, connection: Connection, letter: Letter) -> None:
        if letter.recipient in await self._wires.away():
            await self._wires.send(connection, [letter])

    async def join(self, key: str, version: int, run: Mapping[str, Any]) -> None:
        """Joins a run of the simulator to a version; raises `NotFound` when there is none."""
        async with self._database.write.acquire() as connection:
            said = orjson.dumps(run).decode()
            if await connection.fetchval(QUERIES["join_simulation"], key, version, said) is None:
                raise NotFound("there is no such convention")


async def entries(connection: Connection, centre: str | None) -> list[Entry]:
    """The register as a transaction sees it."""
    return [_entry(row) for row in await connection.fetch(QUERIES["conventions"], centre, MOST)]


async def standing(connection: Connection, centre: str, at: datetime) -> list[Convention]:
    """The conventions that a centre can call upon at a moment."""
    known = [one.convention for one in await entries(connection, centre)]
    return in_force(known, centre, at)


def key_of(first: str, second: str) -> str:
    """The id of the convention between two centres, the same whoever asks."""
    return "--".join(sorted(one.removeprefix("Organization/") for one in (first, second)))


def _entry(row: Mapping[str, Any]) -> Entry:
    convention = Convention(
        row["id"], row["version"], row["first"], row["second"],
        from_data(orjson.loads(row["terms"])), orjson.loads(row["signed"]),
    )  # fmt: skip
    run = orjson.loads(row["simulation"]) if row["simulation"] else None
    return Entry(convention, row["proposed"], row["proposed_name"], run)
