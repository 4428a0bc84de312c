"""A call that moves between two floors: in one queue, at its true wait, once. C2.4, C2.8."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from cordee.care.regulation.floor import QUERIES, Floor, Transfer
from cordee.care.regulation.sealing import Box
from running import Platform

NOW = datetime(2026, 11, 23, 2, 10, tzinfo=UTC)
A, B = "samu-a", "samu-b"


def box_of(platform: Platform) -> Box:
    ring = platform.parts.kernel.repository.ring
    assert ring is not None
    return Box(ring, b"k" * 32)


@pytest.fixture(scope="module", autouse=True)
async def centres(platform: Platform) -> None:
    async with platform.parts.database.transaction() as connection:
        for key, name, code in ((A, "SAMU A", "960"), (B, "SAMU B", "961")):
            await connection.execute(
                "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $2, $3, $4)",
                key, name, f"fr.health.samu{code}", code,
            )  # fmt: skip


async def ring(platform: Platform, since: datetime = NOW, number: str = "0600000041") -> UUID:
    box, call = box_of(platform), uuid4()
    key, sealed = box.seal("call", str(call), {"number": number})
    async with platform.parts.database.transaction() as connection:
        await connection.execute(
            QUERIES["ring"], A, call, since, "15", "", box.digest(number), sealed, key
        )
    return call


async def queues(platform: Platform, call: UUID) -> list[str]:
    async with platform.parts.database.write.acquire() as connection:
        rows = await connection.fetch(
            "SELECT centre FROM regulation_call WHERE id = $1 AND state = 'waiting'", call
        )
    return [row["centre"] for row in rows]


@pytest.mark.requirement("C2.8")
async def test_a_call_moves_with_its_true_wait_and_comes_back_to_it(platform: Platform) -> None:
    floor, call = Floor(box_of(platform)), await ring(platform)
    out = Transfer(uuid4(), call, B, NOW + timedelta(seconds=50))
    there = Transfer(out.id, call, A, NOW + timedelta(seconds=51))

    async with platform.parts.database.transaction() as connection:
        parcel = await floor.hand_over(connection, A, out)
        assert parcel is not None
        assert parcel == await floor.hand_over(connection, A, out)
        assert parcel.content == {"number": "0600000041"}
    assert await queues(platform, call) == []

    async with platform.parts.database.transaction() as connection:
        assert await floor.receive(connection, B, there, parcel)
        assert await floor.receive(connection, B, there, parcel)
        assert await floor.confirm(connection, A, out)
        assert not await floor.confirm(connection, A, out)
        (waits,) = [one for one in await floor.waiting(connection, B) if one.id == call]
    assert (waits.since, waits.hops, waits.home) == (NOW, 1, A)
    assert await queues(platform, call) == [B]

    async with platform.parts.database.transaction() as connection:
        assert await floor.hand_over(connection, B, Transfer(uuid4(), call, A, NOW)) is None
        assert await floor.give_back(connection, B, there)
        assert not await floor.give_back(connection, B, there)
        assert await floor.take_back(connection, A, out)
        assert not await floor.take_back(connection, A, out)
    assert await queues(platform, call) == [A]


@pytest.mark.requirement("C2.4")
async def test_a_vital_call_leaves_by_voice_alone(platform: Platform) -> None:
    floor, call = Floor(box_of(platform)), await ring(platform)
    async with platform.parts.database.transaction() as connection:
        await connection.execute(QUERIES["label_call"], A, call, "P0", "M03.08", "")
        out = Transfer(uuid4(), call, B, NOW)
        assert await floor.hand_over(connection, A, out) is None
        assert await floor.hand_over(connection, A, out, with_p0=True) is not None


@pytest.mark.requirement("C2.1")
async def test_the_load_of_a_centre_counts_who_waits(platform: Platform) -> None:
    floor = Floor(box_of(platform))
    async with platform.parts.database.transaction() as connection:
        before = await floor.load(connection, A, NOW)
    for ago in (10, 20, 300):
        await ring(platform, NOW - timedelta(seconds=ago))
    async with platform.parts.database.transaction() as connection:
        after = await floor.load(connection, A, NOW)
    assert after.waiting == before.waiting + 3
    assert after.p90_seconds == 300


@pytest.mark.requirement("C1.5")
async def test_a_stamp_is_added_to_and_never_changed(platform: Platform) -> None:
    floor, call = Floor(box_of(platform)), await ring(platform)
    async with platform.parts.database.transaction() as connection:
        await floor.hand_over(connection, A, Transfer(uuid4(), call, B, NOW))
    name = platform.parts.place.owner_url
    owner = await asyncpg.connect(name)
    try:
        for statement in (
            "UPDATE regulation_event SET told = now() WHERE call = $1",
            "DELETE FROM regulation_event WHERE call = $1",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await owner.execute(statement, call)
    finally:
        await owner.close()
    async with platform.parts.database.write.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM regulation_event WHERE call = $1", call)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE regulation_call SET since = now() WHERE id = $1", call)
