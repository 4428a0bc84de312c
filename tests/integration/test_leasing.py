"""Connections lent and given back: never more than allowed, none lent in an unknown state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from cordee.runtime.database import AWAY
from cordee.runtime.leasing import Lender
from running import Ground


@pytest.fixture
async def lender(ground: Ground) -> AsyncIterator[Lender]:
    """At most two connections to the cluster of the tests."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(ground.superuser("postgres"))

    made = Lender(connect, most=2)
    yield made
    await made.close()


async def backend(connection: asyncpg.Connection) -> int:
    return await connection.fetchval("SELECT pg_backend_pid()")


async def test_no_more_are_open_than_allowed_and_all_are_served(lender: Lender) -> None:
    async def one() -> int:
        async with lender.acquire() as connection:
            await connection.execute("SELECT pg_sleep(0.005)")
            return await backend(connection)

    used = await asyncio.gather(*(one() for _ in range(20)))

    assert len(used) == 20
    assert len(set(used)) == 2
    assert lender.size == 2


async def test_a_failed_statement_leaves_its_connection_in_use(lender: Lender) -> None:
    async with lender.acquire() as connection:
        first = await backend(connection)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with lender.acquire() as connection:
            await connection.execute("SELECT 1 / 0")

    async with lender.acquire() as connection:
        assert await backend(connection) == first


async def test_a_statement_that_was_cut_off_ends_its_connection(lender: Lender) -> None:
    async def slow() -> None:
        async with lender.acquire() as connection:
            await connection.execute("SELECT pg_sleep(30)")

    task = asyncio.create_task(slow())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert lender.size == 0
    async with lender.acquire() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_transaction_that_was_left_open_is_not_lent_on(lender: Lender) -> None:
    async with lender.acquire() as connection:
        await connection.execute("BEGIN")
        first = await backend(connection)

    async with lender.acquire() as connection:
        assert await backend(connection) != first
        assert not connection.is_in_transaction()


async def test_a_connection_that_the_server_ended_is_replaced(lender: Lender) -> None:
    async with lender.acquire() as connection, lender.acquire() as other:
        await other.execute("SELECT pg_terminate_backend($1)", await backend(connection))
        with pytest.raises(AWAY):
            await connection.execute("SELECT 1")

    async with lender.acquire() as connection, lender.acquire() as other:
        assert await backend(connection) != await backend(other)


async def test_who_stops_waiting_gives_the_turn_to_the_next(lender: Lender) -> None:
    async def waits() -> int:
        async with lender.acquire() as connection:
            return await backend(connection)

    async with lender.acquire(), lender.acquire():
        gone = asyncio.create_task(waits())
        stays = asyncio.create_task(waits())
        await asyncio.sleep(0.01)
        gone.cancel()

    async with asyncio.timeout(5):
        assert await stays > 0


async def test_a_connection_that_cannot_be_made_does_not_count() -> None:
    async def connect() -> asyncpg.Connection:
        raise OSError("away")

    lender = Lender(connect, most=1)

    for _ in range(3):
        with pytest.raises(OSError, match="away"):
            async with lender.acquire():
                pass
    assert lender.size == 0
