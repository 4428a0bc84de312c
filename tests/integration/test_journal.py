"""The journal: every write once, in commit order, without a gap."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx

import given
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.journal import Change, changes_after, head, publish
from running import Platform

WRITERS = 16


async def published(platform: Platform, after: int, number: int) -> list[Change]:
    """All changes after a number, once that many are there."""
    database = platform.parts.database
    async with asyncio.timeout(20):
        while await head(database) < after + number:
            await asyncio.sleep(0.02)
            await publish(database)
    changes: list[Change] = []
    while page := await changes_after(database, changes[-1].n if changes else after):
        changes += page
    return changes


async def settled(platform: Platform) -> None:
    """Waits until nothing is left to publish."""
    async with asyncio.timeout(20), platform.parts.database.search.acquire() as connection:
        while await connection.fetchval("SELECT count(*) FROM journal"):
            await publish(platform.parts.database)
            await asyncio.sleep(0.02)


async def test_sixteen_writers_leave_no_gap(client: httpx.AsyncClient, platform: Platform) -> None:
    await settled(platform)
    before = await head(platform.parts.database)

    async def write(number: int) -> list[tuple[str, int]]:
        done: list[tuple[str, int]] = []
        for turn in range(10):
            if turn % 5 == 4:
                entries = [given.entry("POST", "Patient", given.patient()) for _ in range(3)]
                answer = await client.post("", json=given.bundle("transaction", *entries))
                assert answer.status_code == 200
                done += [("batch", number)] * 3
            else:
                answer = await client.post("Patient", json=given.patient())
                assert answer.status_code == 201
                done.append(("one", number))
        return done

    written = [one for part in await asyncio.gather(*map(write, range(WRITERS))) for one in part]
    changes = await published(platform, before, len(written))

    assert [change.n for change in changes] == list(range(before + 1, before + 1 + len(written)))
    assert len({(change.rid, change.version) for change in changes}) == len(written)


async def test_long_transaction_is_not_overtaken(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    database = platform.parts.database
    await settled(platform)
    before = await head(database)
    slow = await asyncpg.connect(platform.ground.superuser(platform.database))

    try:
        async with slow.transaction():
            await slow.execute(
                "INSERT INTO journal (type, method, ver, rid, upd) VALUES ($1, 1, 1, -7, now())",
                type_number("Basic"),
            )
            for _ in range(5):
                assert (await client.post("Patient", json=given.patient())).status_code == 201
            await publish(database)
            seen_meanwhile = await changes_after(database, before)
        changes = await published(platform, before, 6)
    finally:
        await slow.close()

    # The slow one took its number first: what began later waits for it.
    assert seen_meanwhile == []
    assert [change.n for change in changes] == list(range(before + 1, before + 7))
    assert changes[0].rid == -7


async def test_rolled_back_writes_leave_no_gap(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await settled(platform)
    before = await head(platform.parts.database)

    await client.post("Patient", json=given.patient())
    for _ in range(3):
        await client.post(
            "",
            json=given.bundle(
                "transaction",
                given.entry("POST", "Patient", given.patient()),
                given.entry("GET", "Patient/nobody"),
            ),
        )
    await client.post("Patient", json=given.patient())
    changes = await published(platform, before, 2)

    assert [change.n for change in changes] == [before + 1, before + 2]


async def test_versions_of_a_resource_are_published_in_their_order(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await settled(platform)
    before = await head(platform.parts.database)
    await client.put("Patient/journal", json=given.patient(id="journal"))

    await asyncio.gather(
        *(client.put("Patient/journal", json=given.patient(id="journal")) for _ in range(15))
    )
    await client.delete("Patient/journal")
    changes = await published(platform, before, 17)

    assert [change.version for change in changes] == list(range(1, 18))
    moments = [change.updated for change in changes]
    assert moments == sorted(set(moments))


async def test_a_listener_hears_of_each_write(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    numbers = platform.parts.listener.numbers()
    waiting = asyncio.ensure_future(anext(numbers))
    await asyncio.sleep(0.1)

    await client.post("Patient", json=given.patient())

    async with asyncio.timeout(5):
        assert await waiting > 0


async def test_changes_of_one_patient_can_be_followed(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await settled(platform)
    before = await head(platform.parts.database)
    await client.put("Patient/followed", json=given.patient(id="followed"))
    await client.post("Patient", json=given.patient())
    await client.post("Observation", json=given.observation("Patient/followed"))
    await published(platform, before, 3)

    key = platform.parts.kernel.keys("Patient/followed")
    changes = await changes_after(platform.parts.database, before, patient=key)

    assert [change.type for change in changes] == [
        type_number("Patient"), type_number("Observation"),
    ]  # fmt: skip
