"""A reader of the journal: every write once, in order, however often it is stopped."""

from __future__ import annotations

import asyncio

import httpx
import pytest

import given
from cordee.fhir.store.journal import head, publish
from cordee.fhir.store.tailing import Changed, Tail, contents
from running import Platform


async def _published(platform: Platform, after: int, number: int) -> None:
    database = platform.parts.database
    async with asyncio.timeout(20):
        while await head(database) < after + number:
            await publish(database)
            await asyncio.sleep(0.01)


async def _all(platform: Platform, tail: Tail, most: int = 500) -> list[Changed]:
    found: list[Changed] = []
    while True:
        async with tail.turn(most) as turn:
            assert turn is not None
            if not turn.changes:
                return found
            found += await contents(turn.connection, turn.changes)


async def test_what_was_written_is_read_with_what_stood_before(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    tail = Tail(platform.parts.database, "test-before")
    await tail.begin()
    start = await tail.head()
    made = (await client.post("Patient", json=given.patient())).json()
    changed = made | {"active": False}
    await client.put(f"Patient/{made['id']}", json=changed)
    await client.delete(f"Patient/{made['id']}")
    await _published(platform, start, 3)

    found = [one for one in await _all(platform, tail, most=2) if one.id == made["id"]]

    assert [(one.now is None, one.before is None) for one in found] == [
        (False, True),
        (False, False),
        (True, False),
    ]
    assert found[1].now is not None
    assert found[1].now.version == 2
    assert b'"active":false' in found[1].now.body.replace(b" ", b"")


async def test_a_turn_that_fails_is_taken_again(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    tail = Tail(platform.parts.database, "test-again")
    await tail.begin()
    start = await tail.head()
    made = (await client.post("Patient", json=given.patient())).json()
    await _published(platform, start, 1)

    with pytest.raises(RuntimeError, match="dies"):
        async with tail.turn() as turn:
            assert turn is not None
            assert turn.changes
            raise RuntimeError("the process dies here")

    assert made["id"] in [one.id for one in await _all(platform, tail)]
    assert await _all(platform, tail) == []


async def test_one_process_at_a_time_has_the_turn(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    one, other = (Tail(platform.parts.database, "test-turns") for _ in range(2))
    await one.begin()
    async with one.turn() as first:
        assert first is not None
        async with other.turn() as second:
            assert second is None
    async with other.turn() as second:
        assert second is not None
