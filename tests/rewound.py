"""One installation for all tests of a module, whose base is empty again before each of them.

A database and an application of a test's own cost half a second, and every connection and every
statement begins cold. Here the rows go, and the installation stays. Numbers begin at one again,
except the journal's: what the installation's loops remember of it stays true.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import asyncpg
import pytest

from cordee.app.asgi import make_application
from running import Ground, Platform, platform_on
from trusted import Screen, screen_of

# What a migrated base has; the head of the audit's chain begins again with its first line.
_KEPT: Final = (
    "schema_version", "data_key", "journal_head", "journal_reader", "identity_progress",
    "audit_head", "retention_scope",
)  # fmt: skip
_WRITTEN: Final = """SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname <> ALL ($1) AND pg_relation_size(oid) > 0"""

_BEGIN_AGAIN: Final = """SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL AND sequencename NOT LIKE 'journal%'"""

_NEW_READERS: Final = "DELETE FROM journal_reader WHERE name <> ALL ($1)"


class Rewinder:
    """Empties the base of a platform that has just been opened."""

    def __init__(
        self, connection: asyncpg.Connection, head: asyncpg.Record, readers: list[str]
    ) -> None:
        """`head` is the audit's before its first line; `readers` read the journal from then on."""
        self._connection = connection
        self._head = head
        self._readers = readers

    @classmethod
    async def begin(cls, connection: asyncpg.Connection) -> Rewinder:
        """Of the base that a superuser's connection leads to; no trigger and no key holds it."""
        await connection.execute("SET session_replication_role = replica")
        head = await connection.fetchrow("SELECT * FROM audit_head")
        readers = await connection.fetch("SELECT name FROM journal_reader")
        return cls(connection, head, [one["name"] for one in readers])

    async def rewind(self) -> None:
        """Removes every row that came since the beginning, and begins the numbers again."""
        async with self._connection.transaction():
            written = await self._connection.fetch(_WRITTEN, _KEPT)
            statements = [f"DELETE FROM {name}" for (name,) in written]
            await self._connection.execute("; ".join([*statements, "DELETE FROM audit_head"]))
            await self._connection.execute(_BEGIN_AGAIN)
            await self._connection.execute(_NEW_READERS, self._readers)
            columns = ", ".join(self._head.keys())
            places = ", ".join(f"${n}" for n in range(1, len(self._head) + 1))
            await self._connection.execute(
                f"INSERT INTO audit_head ({columns}) VALUES ({places})", *self._head.values()
            )


@dataclass(frozen=True, slots=True)
class Standing:
    """An installation that stays for many tests."""

    platform: Platform
    rewinder: Rewinder

    async def bare(self) -> Platform:
        """The platform as it was when it was opened."""
        await self.rewinder.rewind()
        self.platform.parts.guard.forget()
        self.platform.parts.smart.bearers.forget()
        return self.platform


@contextlib.asynccontextmanager
async def standing_on(ground: Ground, **settings: str) -> AsyncIterator[Standing]:
    """An installation with these settings."""
    async with platform_on(ground, **settings) as platform:
        # One for all clients: each application that is made checks an RSA key for 40 ms.
        platform.application = make_application(platform.parts, None)
        connection = await asyncpg.connect(ground.superuser(platform.database))
        try:
            yield Standing(platform, await Rewinder.begin(connection))
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def standing(ground: Ground) -> AsyncIterator[Standing]:
    """The installation of the module, in demo mode."""
    async with standing_on(ground, mode="demo") as one:
        yield one


@pytest.fixture
async def bare_screen(standing: Standing) -> AsyncIterator[Screen]:
    """What `screen_on` gives, with neither patients nor traces, on the module's installation."""
    async with screen_of(await standing.bare()) as screen:
        yield screen


@pytest.fixture(scope="module")
async def standing_pair(ground: Ground) -> AsyncIterator[tuple[Standing, Standing]]:
    """Two installations of the module, which are no demonstrations."""
    async with standing_on(ground) as one, standing_on(ground) as other:
        yield one, other
