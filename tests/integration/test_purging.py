"""The trail is purged by whole sealed blocks, with a keyed record; anything else is found. A6.11."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import httpx
import pytest

import given
from cordee.access.purging import Purge, purge
from cordee.access.sealing import check, seal
from cordee.runtime.clock import now
from cordee.runtime.errors import Conflict
from running import Platform

KEY = b"k" * 32


@pytest.fixture
async def owner(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    """Whoever runs the command: the owner of the tables."""
    connection = await asyncpg.connect(platform.ground.place(platform.database).owner_url)
    yield connection
    await connection.close()


async def block(client: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    """Three lines in a sealed block of their own."""
    for _ in range(3):
        assert (await client.post("Patient", json=given.patient())).status_code == 201
    for _ in range(50):  # a loop of the server may hold the sealing for a moment
        await seal(connection, KEY)
        if not (await check(connection, KEY)).open:
            break
        await asyncio.sleep(0.1)


async def purged(
    connection: asyncpg.Connection, *, really: bool = True, before: datetime | None = None
) -> Purge:
    at = now()
    return await purge(connection, KEY, before=before or at, by="owner", at=at, really=really)


@pytest.mark.requirement("A6.1")
@pytest.mark.requirement("A6.11")
async def test_what_is_purged_by_rule_leaves_a_trail_that_is_proved(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    for _ in range(3):
        await block(client, owner)
    whole = await check(owner, KEY)

    tried = await purged(owner, really=False)
    untouched = await check(owner, KEY)
    done = await purged(owner)
    again = await purged(owner)
    await block(client, owner)
    after = await check(owner, KEY)
    more = await purged(owner)
    last = await check(owner, KEY)

    assert tried == done
    assert done.blocks >= 2
    assert untouched == whole
    assert again.blocks == 0
    assert after.breach is None
    assert after.lines == whole.lines - done.lines + 4  # the purge is a line of the trail
    assert more.blocks >= 1
    assert last.breach is None
    assert await owner.fetchval("SELECT count(*) FROM audit WHERE detail LIKE 'trail purge %'")


@pytest.mark.requirement("A6.11")
async def test_a_block_with_a_younger_line_stays_and_so_does_all_that_follows(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    for _ in range(2):
        await block(client, owner)

    done = await purged(owner, before=now() - timedelta(days=1))

    assert done.blocks == 0
    assert (await check(owner, KEY)).breach is None


@pytest.mark.requirement("A6.1")
@pytest.mark.requirement("A6.11")
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("DELETE FROM audit_purge", "block is missing"),
        ("UPDATE audit_purge SET lines = lines - 1", "not made here"),
        ("UPDATE audit_purge SET by = 'somebody else'", "not made here"),
        ("UPDATE audit_purge SET upto = upto + 3, seal = seal + 1", "not made here"),
        (
            "INSERT INTO audit (n, actor, action, detail) OVERRIDING SYSTEM VALUE"
            " SELECT upto, 'x', 'R', 'x' FROM audit_purge ORDER BY purge DESC LIMIT 1",
            "some are there",
        ),
        (
            "WITH s AS (DELETE FROM audit_seal WHERE seal = (SELECT min(seal) FROM audit_seal)"
            " RETURNING *) DELETE FROM audit a USING s WHERE a.n > s.after AND a.n <= s.upto",
            "block is missing",
        ),
    ],
)
async def test_a_purge_without_its_record_is_a_breach(
    client: httpx.AsyncClient, owner: asyncpg.Connection, change: str, found: str
) -> None:
    for _ in range(3):
        await block(client, owner)
    await purged(owner)
    for _ in range(2):
        await block(client, owner)
    assert (await check(owner, KEY)).breach is None
    connection = owner
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(change)

    class Here:
        """The connection without transactions of its own."""

        def transaction(self, **_: object) -> object:
            return connection.transaction()

        def __getattr__(self, name: str) -> object:
            return getattr(connection, name)

    report = await check(Here(), KEY)  # pyright: ignore[reportArgumentType] -- the same methods
    await transaction.rollback()

    assert report.breach is not None
    assert found in report.breach


@pytest.mark.requirement("A6.11")
async def test_lines_that_were_not_sent_yet_are_kept(
    client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    for _ in range(3):
        await block(client, owner)
    await owner.execute("INSERT INTO installation VALUES ('trail-sent', '{\"n\": 1}')")

    with pytest.raises(Conflict):
        await purged(owner)

    await owner.execute("DELETE FROM installation WHERE key = 'trail-sent'")


@pytest.mark.requirement("A6.11")
async def test_the_application_cannot_purge(
    client: httpx.AsyncClient, owner: asyncpg.Connection, platform: Platform
) -> None:
    for _ in range(3):
        await block(client, owner)
    async with platform.parts.database.write.acquire() as application:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await purged(application)
        for statement in ("DELETE FROM audit", "DELETE FROM audit_seal", "DELETE FROM audit_purge"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await application.execute(statement)
