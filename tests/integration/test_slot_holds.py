"""Slots held for three minutes and booked once, by 64 at once on the real PostgreSQL. C3.3, C3.5."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from cordee.care.unscheduled.holds import HOLD, Chosen, hold, missed, move, of_case, taken
from cordee.runtime import clock
from cordee.runtime.errors import Conflict, RuleBroken
from running import Ground, Platform

CASE = uuid4()


@pytest.fixture(autouse=True, scope="module")
async def centre(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.ground.superuser(platform.database))
    await connection.execute(
        "INSERT INTO regulation_centre (id, name, hub, department)"
        " VALUES ('samu-a', 'SAMU A', 'fr.health.samuA', '056')"
    )
    await connection.close()


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    true = clock.now

    def forward(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: true() + by)

    return forward


def chosen(slot: str, starts: datetime | None = None) -> Chosen:
    return Chosen("un", slot, starts or clock.now() + timedelta(hours=2), "samu-a", CASE)


async def holding(platform: Platform, slot: str, by: str, key: UUID | None = None) -> UUID:
    key = key or uuid4()
    async with platform.parts.database.transaction() as connection:
        await hold(connection, key, chosen(slot), by)
    return key


async def moving(platform: Platform, key: UUID, gesture: str, by: str) -> None:
    async with platform.parts.database.transaction() as connection:
        await move(connection, key, "samu-a", gesture, by)


@pytest.mark.requirement("C3.3")
async def test_of_64_who_book_one_slot_at_once_one_has_it(
    ground: Ground, platform: Platform
) -> None:
    url = ground.place(platform.database).url
    connections = [
        await asyncpg.connect(url, server_settings={"role": "cordee_app"}) for _ in range(16)
    ]
    free: asyncio.Queue[Any] = asyncio.Queue()
    for one in connections:
        free.put_nowait(one)

    async def book(who: int) -> bool:
        connection, key = await free.get(), uuid4()
        try:
            async with connection.transaction():
                await hold(connection, key, chosen("course"), f"regulateur-{who}")
            async with connection.transaction():
                await move(connection, key, "samu-a", "book", f"regulateur-{who}")
        except Conflict:
            return False
        finally:
            free.put_nowait(connection)
        return True

    won = await asyncio.gather(*(book(who) for who in range(64)))

    assert sum(won) == 1
    live = await connections[0].fetchval(
        "SELECT count(*) FROM slot_hold WHERE slot = 'course' AND state = 'booked'"
    )
    assert live == 1
    for one in connections:
        await one.close()


@pytest.mark.requirement("C3.3")
async def test_the_base_itself_refuses_a_second_booking(platform: Platform) -> None:
    await moving(platform, await holding(platform, "deux", "anne"), "book", "anne")

    with pytest.raises(asyncpg.UniqueViolationError, match="slot_hold_once"):
        async with platform.parts.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO slot_hold SELECT $1, vendor, slot, starts, centre, \"case\", 'bob', held,"
                " until, 'booked', changed FROM slot_hold WHERE slot = 'deux'",
                uuid4(),
            )


@pytest.mark.requirement("C3.3")
async def test_a_hold_lapses_after_three_minutes_and_is_the_next_ones(
    platform: Platform, ahead: Callable[[timedelta], None]
) -> None:
    first = await holding(platform, "trois", "anne")
    ahead(HOLD - timedelta(seconds=5))
    with pytest.raises(Conflict):
        await holding(platform, "trois", "bob")
    ahead(HOLD + timedelta(seconds=1))
    second = await holding(platform, "trois", "bob")

    with pytest.raises(Conflict, match="trois minutes"):
        await moving(platform, first, "book", "anne")
    await moving(platform, second, "book", "bob")


@pytest.mark.requirement("C3.3")
async def test_a_form_sent_twice_holds_once_and_nobody_books_for_another(
    platform: Platform,
) -> None:
    key = await holding(platform, "quatre", "anne")
    assert await holding(platform, "quatre", "anne", key) == key

    with pytest.raises(Conflict):
        await moving(platform, key, "book", "bob")
    with pytest.raises(Conflict):
        await holding(platform, "quatre", "bob", key)
    await moving(platform, key, "release", "anne")
    await holding(platform, "quatre", "bob")


async def test_a_slot_that_has_begun_is_not_held(platform: Platform) -> None:
    with pytest.raises(RuleBroken):
        async with platform.parts.database.transaction() as connection:
            await hold(connection, uuid4(), chosen("cinq", clock.now()), "anne")


@pytest.mark.requirement("C3.5")
async def test_what_becomes_of_it_is_in_the_case_and_who_missed_it_in_a_list(
    platform: Platform,
) -> None:
    key = await holding(platform, "six", "anne")
    await moving(platform, key, "book", "anne")
    await moving(platform, key, "miss", "osnp")

    async with platform.parts.database.transaction() as connection:
        states = {one.id: one.state for one in await of_case(connection, "samu-a", CASE)}
        absent = await missed(connection, "samu-a", clock.now() - timedelta(days=1))
        busy = await taken(connection, [("un", "six"), ("un", "libre"), ("deux", "six")])
    assert states[key] == "noshow"
    assert [one.id for one in absent] == [key]
    assert busy == {("un", "six")}
    with pytest.raises(Conflict):
        await moving(platform, key, "cancel", "anne")
