"""The audit trail is sealed: what is changed or taken out afterwards is found. Requirement A6.1."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

import given
from cordee.access.sealing import KEY as NAME
from cordee.access.sealing import Report, check, seal
from cordee.runtime.postgres.cluster import Cluster
from running import Platform, Server, forget_sockets, run

KEY = b"k" * 32


@pytest.fixture
async def application(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    """What a serving process is."""
    async with platform.parts.database.write.acquire() as connection:
        yield connection


@pytest.fixture
async def owner(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who may do anything to the database."""
    connection = await asyncpg.connect(platform.ground.superuser(platform.database))
    yield connection
    await connection.close()


async def sealed(connection: asyncpg.Connection) -> Report:
    """The trail after the rounds that a line takes."""
    for _ in range(3):
        await seal(connection, KEY)
    report = await check(connection, KEY)
    assert report.breach is None
    return report


async def traced(client: httpx.AsyncClient, count: int = 5) -> None:
    for _ in range(count):
        answer = await client.post("Patient", json=given.patient())
        assert answer.status_code == 201


@pytest.mark.requirement("A6.1")
async def test_lines_are_sealed_and_the_trail_is_whole(
    client: httpx.AsyncClient, application: asyncpg.Connection
) -> None:
    await traced(client)

    first = await sealed(application)
    await traced(client)
    second = await check(application, KEY)
    third = await sealed(application)

    assert first.lines >= 5
    assert first.open == 0
    assert second.open == 5
    assert third.lines == first.lines + 5
    assert third.blocks > first.blocks


@pytest.mark.requirement("A6.1")
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE audit SET detail = 'nothing' WHERE n = $1", "a line was changed"),
        ("UPDATE audit SET actor = 'another' WHERE n = $1", "a line was changed"),
        ("UPDATE audit SET at = at + interval '1 hour' WHERE n = $1", "a line was changed"),
        ("DELETE FROM audit WHERE n = $1", "are there"),
        ("DELETE FROM audit_seal WHERE after < $1", "a block is missing"),
        ("UPDATE audit_seal SET lines = lines - 1 WHERE after < $1", "not made here"),
        ("UPDATE audit_seal SET digest = 'x' WHERE after < $1", "not made here"),
    ],
)
async def test_what_the_owner_of_the_database_does_is_found(
    client: httpx.AsyncClient,
    application: asyncpg.Connection,
    owner: asyncpg.Connection,
    change: str,
    found: str,
) -> None:
    await traced(client)
    await sealed(application)
    line = await owner.fetchval("SELECT min(n) FROM audit")
    transaction = owner.transaction()
    await transaction.start()

    await owner.execute(change, line)
    nested = owner.transaction()
    await nested.start()
    report = await _inside(owner)
    await nested.rollback()

    await transaction.rollback()
    assert report is not None
    assert found in report


async def _inside(connection: asyncpg.Connection) -> str | None:
    """What a check says within the transaction that changed something."""

    class Here:
        """The connection without transactions of its own."""

        def transaction(self, **_: object) -> object:
            return connection.transaction()

        def __getattr__(self, name: str) -> object:
            return getattr(connection, name)

    report = await check(Here(), KEY)  # pyright: ignore[reportArgumentType] -- the same methods
    return report.breach


@pytest.mark.requirement("A6.1")
async def test_a_seal_under_another_key_is_no_seal(
    client: httpx.AsyncClient, application: asyncpg.Connection
) -> None:
    await traced(client)
    await sealed(application)

    report = await check(application, b"another key")

    assert report.breach is not None
    assert "not made here" in report.breach


@pytest.mark.requirement("A6.1")
async def test_the_application_can_neither_change_nor_remove_lines_and_seals(
    client: httpx.AsyncClient, application: asyncpg.Connection
) -> None:
    await traced(client, 1)
    await sealed(application)
    for table in ("audit", "audit_seal"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {_column(table)}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await application.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(f"TRUNCATE {table}")


def _column(table: str) -> str:
    return "actor = 'x'" if table == "audit" else "lines = 0"


async def test_a_line_of_an_open_transaction_is_waited_for(
    client: httpx.AsyncClient, application: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await sealed(application)
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("INSERT INTO audit (actor, action, detail) VALUES ('slow', 'R', 'late')")
    await traced(client, 3)

    for _ in range(5):
        await seal(application, KEY)
    meanwhile = await check(application, KEY)
    await transaction.commit()
    after = await sealed(application)

    assert meanwhile.breach is None
    assert meanwhile.open == 3
    assert after.open == 0
    assert await owner.fetchval("SELECT count(*) FROM audit WHERE actor = 'slow'") == 1


async def test_a_rolled_back_line_leaves_a_number_and_no_breach(
    client: httpx.AsyncClient, application: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("INSERT INTO audit (actor, action, detail) VALUES ('gone', 'R', 'x')")
    await transaction.rollback()
    await traced(client, 2)

    report = await sealed(application)

    assert report.open == 0


@pytest.mark.requirement("A6.1")
async def test_the_command_says_that_the_trail_is_whole_and_where_it_is_not(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    try:
        with server.client() as writer:
            for _ in range(4):
                writer.post("Patient", json=given.patient())
        owner = await asyncpg.connect(Cluster(server.data).addresses().superuser)
        async with asyncio.timeout(60):  # a transaction of the server's own loops holds lines back
            while not await seal(owner, (server.settings.keys / NAME).read_bytes()):
                await asyncio.sleep(0.1)
        whole = run("check", "audit", data=server.data)
        await owner.execute("DELETE FROM audit WHERE n = (SELECT min(n) + 1 FROM audit)")
        broken = run("check", "audit", data=server.data)
        await owner.close()
    finally:
        server.stop()
        forget_sockets(server.data)

    assert whole.returncode == 0, whole.stderr
    assert "whole" in whole.stdout
    assert broken.returncode == 1
    assert "lines were sealed" in broken.stderr
