"""A serving process keeps its indexes short, its statistics young and its tables visible."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
import structlog

import given
from cordee.app import housekeeping, wiring
from cordee.app.housekeeping import Housekeeper, Rhythm, settle
from cordee.fhir.store.journal import publish
from cordee.runtime.postgres.cluster import APPLICATION
from running import Ground, Platform, platform_on

QUICK = Rhythm(
    seconds=0.05, thorough_seconds=0, analyze_least=40, analyze_share=0.2,
    vacuum_least=20, vacuum_share=0,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
async def looking(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's look at the pages."""
    connection = await asyncpg.connect(platform.ground.superuser(platform.database))
    await connection.execute("CREATE EXTENSION pageinspect")
    yield connection
    await connection.close()


@pytest.fixture
def keeper(platform: Platform) -> Housekeeper:
    return Housekeeper(platform.parts.place.url, APPLICATION, b"key", QUICK)


async def write(client: httpx.AsyncClient, count: int) -> None:
    entries = [given.entry("POST", "Patient", given.patient()) for _ in range(count)]
    answer = await client.post("", json=given.bundle("transaction", *entries))
    assert answer.status_code == 200


async def published(platform: Platform, connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(20):
        while await connection.fetchval("SELECT count(*) FROM journal"):
            await publish(platform.parts.database)
            await asyncio.sleep(0.02)


async def pending(connection: asyncpg.Connection) -> int:
    """Pages on the waiting list of the key index of patients."""
    return await connection.fetchval(
        "SELECT n_pending_pages FROM gin_metapage_info(get_raw_page('r_patient_idx_idx', 0))"
    )


async def test_waiting_lists_are_emptied_after_writes(
    client: httpx.AsyncClient, platform: Platform, looking: asyncpg.Connection, keeper: Housekeeper
) -> None:
    await write(client, 30)
    await published(platform, looking)
    assert await pending(looking) > 0

    async with keeper.leading() as connection:
        assert connection is not None
        await keeper.round(connection)

    assert await pending(looking) == 0
    found = await client.get("Patient", params={"family": "Exemple", "_summary": "count"})
    assert found.json()["total"] >= 30


async def test_statistics_of_all_resources_are_taken_when_many_have_changed(
    client: httpx.AsyncClient, platform: Platform, looking: asyncpg.Connection, keeper: Housekeeper
) -> None:
    whole = "SELECT count(*) FROM pg_stats WHERE tablename = 'resource' AND inherited"
    await write(client, 60)
    await published(platform, looking)

    async with keeper.leading() as connection:
        assert connection is not None
        first = await keeper.refresh_statistics(connection)
        again = await keeper.refresh_statistics(connection)
        await write(client, 10)
        await published(platform, looking)
        little = await keeper.refresh_statistics(connection)
        await write(client, 60)
        await published(platform, looking)
        much = await keeper.refresh_statistics(connection)

    assert (first, again, little, much) == (True, False, False, True)
    assert await looking.fetchval(whole) > 10


async def test_side_tables_become_visible(
    client: httpx.AsyncClient, platform: Platform, looking: asyncpg.Connection, keeper: Housekeeper
) -> None:
    visible = "SELECT relallvisible FROM pg_class WHERE relname = 'sp_str'"
    await write(client, 60)
    await looking.execute("SELECT pg_stat_force_next_flush()")
    before = await looking.fetchval(visible)

    async with keeper.leading() as connection, asyncio.timeout(20):
        assert connection is not None
        # Statistics of other sessions arrive a moment later, of one table before another.
        while "sp_str" not in await keeper.refresh_visibility(connection):
            await asyncio.sleep(0.1)

    assert before == 0
    assert await looking.fetchval(visible) > 0


async def test_one_leads_at_a_time(platform: Platform, keeper: Housekeeper) -> None:
    other = Housekeeper(platform.parts.place.url, APPLICATION, b"key", QUICK)

    async with keeper.leading() as mine, other.leading() as theirs:
        assert mine is not None
        assert theirs is None
    async with other.leading() as theirs:
        assert theirs is not None


async def test_the_lead_passes_on_and_outages_are_waited_for(
    client: httpx.AsyncClient, platform: Platform, looking: asyncpg.Connection
) -> None:
    keepers = [Housekeeper(platform.parts.place.url, APPLICATION, b"key", QUICK) for _ in range(2)]
    tasks = [asyncio.create_task(one.run()) for one in keepers]
    leader = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    try:
        async with asyncio.timeout(20):
            while (first := await looking.fetchval(leader)) is None:
                await asyncio.sleep(0.02)
            await looking.execute("SELECT pg_terminate_backend($1)", first)
            while (await looking.fetchval(leader)) in {None, first}:
                await asyncio.sleep(0.02)
            await write(client, 30)
            while await pending(looking):
                await publish(platform.parts.database)
                await asyncio.sleep(0.02)
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def failures(said: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What failed, among what the keeper said: it may have done other work of the base before."""
    return [one for one in said if one["event"] == "housekeeping_failed"]


async def test_what_fails_is_said_and_tried_again(
    client: httpx.AsyncClient,
    platform: Platform,
    looking: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(housekeeping._LEAVES_ROOM, "lock_timeout", "20ms")
    await write(client, 30)
    await published(platform, looking)
    always = replace(
        QUICK, analyze_least=1, analyze_share=0
    )  # statistics are due, whatever is there
    keeper = Housekeeper(platform.parts.place.url, APPLICATION, b"key", always)

    with structlog.testing.capture_logs() as said:
        task = None
        try:
            async with looking.transaction(), asyncio.timeout(20):
                await looking.execute("LOCK TABLE r_patient IN ACCESS EXCLUSIVE MODE")
                task = asyncio.create_task(keeper.run())
                while not failures(said):
                    await asyncio.sleep(0.02)
            async with asyncio.timeout(20):
                while await pending(looking):
                    await asyncio.sleep(0.02)
        finally:  # The lead is given back, whatever happened: others need it.
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    assert "lock timeout" in failures(said)[0]["reason"]


async def test_a_serving_process_keeps_house(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        wiring,
        "Housekeeper",
        lambda url, role, key, keys: Housekeeper(url, role, key, replace(QUICK, seconds=0.1), keys),
    )
    async with platform_on(ground) as platform:
        looking = await asyncpg.connect(ground.superuser(platform.database))
        await looking.execute("CREATE EXTENSION pageinspect")
        async with wiring.background(platform.parts, leads=True):
            client = await platform.client()
            await write(client, 60)
            marked = "SELECT (value ->> 'analyzed')::int FROM installation WHERE key = $1"
            async with asyncio.timeout(20):
                while (await looking.fetchval(marked, "housekeeping") or 0) < 60:
                    await asyncio.sleep(0.05)
                while await pending(looking):
                    await asyncio.sleep(0.05)
        await looking.close()


async def test_after_an_import_nothing_is_left_to_do(
    client: httpx.AsyncClient, platform: Platform, looking: asyncpg.Connection, keeper: Housekeeper
) -> None:
    await write(client, 100)

    await settle(platform.parts.place.owner_url)

    async with keeper.leading() as connection:
        assert connection is not None
        assert not await keeper.refresh_statistics(connection)
    assert await looking.fetchval("SELECT count(*) FROM journal") == 0
    assert await pending(looking) == 0


@pytest.mark.parametrize(
    "statement", ["VACUUM audit", "ANALYZE journal_pub", "SELECT gin_clean_pending_list('x')"]
)
async def test_the_application_keeps_no_other_house(platform: Platform, statement: str) -> None:
    connection = await asyncpg.connect(platform.parts.place.url)
    warnings: list[str] = []
    connection.add_log_listener(lambda _, message: warnings.append(str(message)))

    if "gin" in statement:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.replace("x", "r_patient_idx_idx"))
    else:
        await connection.execute(statement)
        await asyncio.sleep(0)
        assert any("permission denied" in text for text in warnings)

    await connection.close()
