"""The engine of overflow on a real base: from the proposal to the last call handed back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.engine import Engine, Rhythm, alone
from cordee.care.overflow.episodes import stop
from cordee.care.overflow.ports import Letter
from cordee.care.overflow.protocol import Act
from cordee.care.overflow.register import Conventions, key_of
from cordee.care.overflow.transfers import Actor
from cordee.care.overflow.wires import BaseTransport
from cordee.runtime.database import Connection, Database, open_database
from cordee.runtime.errors import Conflict, NotFound
from overflowing import SEATS, TABLE, A, B, TableFloor
from running import Ground

START = datetime(2026, 11, 23, 1, 11, tzinfo=UTC)
ROY, PETIT = Actor("dr.roy", "Dr Sofia Roy"), Actor("dr.petit", "Dr Jean Petit")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Region:
    """Two centres, their base, their engine, a clock."""

    def __init__(self, database: Database, owner: str) -> None:
        self.database, self.owner, self.clock = database, owner, Clock()
        wires = BaseTransport()
        self.engine = Engine(database, TableFloor(), wires, [A, B], Rhythm(clock=self.clock))
        self.conventions = Conventions(database)

    async def run(self, turns: int = 6) -> None:
        """Turns at one moment, so that letters come and are answered."""
        for _turn in range(turns):
            await self.engine.turn()

    async def agree(self, **terms: Any) -> None:
        """A convention that both ends have signed."""
        agreed = replace(Terms(automatic=frozenset({A, B})), **terms)
        number = await self.conventions.propose((A, B), agreed, 0, ROY, self.clock())
        for centre, who in ((A, ROY), (B, PETIT)):
            await self.conventions.sign(key_of(A, B), number, centre, who, self.clock())

    async def ring(self, count: int, priority: str = "") -> list[UUID]:
        """Calls that wait at A, one more second each."""
        made = [uuid4() for _n in range(count)]
        async with self.database.write.acquire() as connection:
            for n, call in enumerate(made):
                since = self.clock() - timedelta(seconds=n)
                await connection.execute(
                    "INSERT INTO floor_call VALUES ($1, $2, $3, $4, 'waiting')",
                    A, call, since, priority,
                )  # fmt: skip
        return made

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Rows as the owner sees them."""
        connection = await asyncpg.connect(self.owner)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    async def states(self, centre: str) -> dict[str, int]:
        """How many calls of a centre are in which state."""
        query = "SELECT state, count(*) AS n FROM floor_call WHERE centre = $1 GROUP BY 1"
        return {row["state"]: row["n"] for row in await self.fetch(query, centre)}

    async def episodes(self) -> list[str]:
        """The state of the newest episode, at A then at B."""
        query = "SELECT state FROM overflow_episode ORDER BY proposed_at DESC, centre LIMIT 2"
        return [row["state"] for row in await self.fetch(query)]


@pytest.fixture
async def region(ground: Ground) -> AsyncIterator[Region]:
    """Two centres on a fresh base."""
    name = await ground.new_database()
    place = ground.place(name)
    owner = await asyncpg.connect(place.owner_url)
    await owner.execute(TABLE)
    await owner.close()
    database = await open_database(place.url, role="cordee_app", write_size=4, search_size=1)
    try:
        yield Region(database, place.owner_url)
    finally:
        await database.close()
        await ground.drop(name)


async def saturate(region: Region, **terms: object) -> list[UUID]:
    """An episode that runs: A is full for five minutes, both ends agreed to be asked so."""
    await region.agree(**terms)
    calls = await region.ring(20)
    await region.run(1)
    region.clock.on(301)
    await region.run(8)
    return calls


@pytest.mark.requirement("C2.1", "C2.2", "C2.3")
async def test_a_full_centre_proposes_and_hands_over_its_quota_of_those_waiting_longest(
    region: Region,
) -> None:
    calls = await saturate(region)

    assert await region.episodes() == ["active", "active"]
    assert await region.states(A) == {"waiting": 16, "under-way": 4}
    assert await region.states(B) == {"waiting": 4}
    there = await region.fetch("SELECT call, since, hops FROM floor_call WHERE centre = $1", B)
    assert {row["call"] for row in there} == set(calls[-4:])
    assert {row["since"] for row in there} == {START - timedelta(seconds=n) for n in range(16, 20)}
    assert {row["hops"] for row in there} == {1}


@pytest.mark.requirement("C2.3")
async def test_nothing_opens_by_itself_when_one_end_wants_to_be_asked(region: Region) -> None:
    await saturate(region, automatic=frozenset({A}))

    assert await region.episodes() == []
    assert await region.states(A) == {"waiting": 20}


@pytest.mark.requirement("C2.4")
async def test_the_quota_stops_alone_when_the_neighbour_fills(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    await saturate(region)
    monkeypatch.setitem(SEATS, B, 1)
    region.clock.on(11)
    await region.run(2)

    await region.ring(50)
    await region.run()

    assert (await region.states(B))["waiting"] == 4


@pytest.mark.requirement("C2.3", "C2.9")
@pytest.mark.parametrize("end", [A, B])
async def test_each_end_stops_it_and_it_closes_when_the_last_call_is_settled(
    region: Region, end: str
) -> None:
    await saturate(region)
    async with alone(region.database, end) as connection:
        (row,) = await region.fetch("SELECT id FROM overflow_episode WHERE centre = $1", end)
        run = await region.engine.episodes.held(connection, row["id"], end)
        assert run is not None
        wanted = stop(run.episode, end)
        await region.engine.episodes.become(connection, run, wanted, region.clock(), ROY)
    await region.run()
    assert await region.episodes() == ["ending", "ending"]

    await give_back(region)
    await region.run()

    assert await region.episodes() == ["closed", "closed"]
    assert await region.states(A) == {"waiting": 20}
    assert await region.states(B) == {"released": 4}


async def give_back(region: Region) -> None:
    """B hands back all that nobody has answered."""
    async with alone(region.database, B) as connection:
        for row in await region.fetch("SELECT id FROM overflow_transfer WHERE centre = $1", B):
            one = await region.engine.transfers.held(connection, row["id"], B)
            assert one is not None
            await region.engine.transfers.take(
                connection, one, Act.GIVE_BACK, region.clock(), by=PETIT
            )


@pytest.mark.requirement("C2.4", "C2.8")
async def test_what_came_back_has_its_true_waiting_time_and_does_not_leave_again(
    region: Region,
) -> None:
    calls = await saturate(region)
    await give_back(region)
    await region.run()

    region.clock.on(60)
    await region.run()

    back = await region.fetch(
        "SELECT call, since FROM floor_call WHERE hops = 1 AND centre = $1", A
    )
    assert {row["call"] for row in back} == set(calls[-4:])
    assert min(row["since"] for row in back) == START - timedelta(seconds=19)
    there = await region.fetch(
        "SELECT call FROM floor_call WHERE centre = $1 AND state <> 'released'", B
    )
    assert not {row["call"] for row in there} & set(calls[-4:])


@pytest.mark.requirement("C2.7")
async def test_what_is_not_answered_is_sent_again_after_thirty_seconds_then_rings(
    region: Region,
) -> None:
    await region.agree()
    await region.ring(20)
    await region.run(1)
    region.clock.on(301)
    wires = region.engine._wires
    region.engine._wires = Cut()
    await region.run(2)
    counts = [await letters(region)]

    for seconds in (29, 2, 30):
        await lose(region)
        region.clock.on(seconds)
        await region.run(1)
        counts.append(await letters(region))
    region.clock.on(31)
    await region.run(1)
    counts.append(await letters(region))

    assert counts == [1, 0, 1, 1, 1]  # sent again when lost; not laid down beside the same one
    region.engine._wires = wires
    await region.run(10)
    assert (await region.states(B))["waiting"] == 4
    query = "SELECT count(*) FROM overflow_entry WHERE what = 'alarm'"
    assert [row["count"] for row in await region.fetch(query)] == [0]


async def lose(region: Region) -> None:
    """What is on the wires is lost."""
    async with region.database.write.acquire() as connection:
        await connection.execute("DELETE FROM overflow_message")


class Cut(BaseTransport):
    """Wires from which nothing comes out; what was sent stays in them."""

    async def collect(self, connection: Connection, centre: str, most: int) -> list[Letter]:
        return []


async def letters(region: Region) -> int:
    """How many letters are on the wires."""
    return len(await region.fetch("SELECT 1 FROM overflow_message"))


@pytest.mark.requirement("C2.7", "C2.8")
async def test_a_call_whose_neighbour_is_silent_stays_in_sight_and_an_alarm_rings(
    region: Region,
) -> None:
    await region.agree()
    await region.ring(20)
    await region.run(1)
    region.clock.on(301)
    while (await region.states(A)).get("under-way", 0) < 4:
        await region.engine.turn()
    held = await region.fetch("SELECT id FROM overflow_transfer WHERE centre = $1", B)
    async with region.database.write.acquire() as connection:
        await connection.execute("DELETE FROM overflow_message")
    region.engine.centres = [A]  # the neighbour is silent

    for _turn in range(3):
        region.clock.on(31)
        await region.run(1)

    query = "SELECT state, alarmed, since FROM overflow_transfer WHERE centre = $1"
    mine = await region.fetch(query, A)
    assert len(held) == len(mine) == 4
    assert {row["state"] for row in mine} == {"granted"}
    assert all(row["alarmed"] for row in mine)
    assert (await region.states(A))["under-way"] == 4


@pytest.mark.requirement("C2.10")
async def test_the_trace_says_who_and_under_which_convention_and_cannot_be_changed(
    region: Region,
) -> None:
    await saturate(region)

    entries = await region.fetch("SELECT what, done_by, detail FROM overflow_entry ORDER BY n")

    assert {row["what"] for row in entries} >= {"episode", "offer-it", "accept", "grant"}
    assert '"convention": "samu-a--samu-b"' in entries[0]["detail"]
    for statement in ("UPDATE overflow_entry SET what = 'x'", "DELETE FROM overflow_entry"):
        with pytest.raises(asyncpg.RaiseError):
            await region.fetch(statement)


@pytest.mark.requirement("C2.2")
async def test_a_version_is_signed_by_its_parties_until_a_newer_one_replaces_it(
    region: Region,
) -> None:
    await region.agree()
    key, at = key_of(A, B), region.clock()

    assert await region.conventions.propose((B, A), Terms(share=10), 1, PETIT, at) == 2
    with pytest.raises(Conflict):
        await region.conventions.propose((A, B), Terms(share=30), 1, ROY, at)
    with pytest.raises(Conflict):
        await region.conventions.sign(key, 1, A, ROY, at)
    with pytest.raises(NotFound):
        await region.conventions.sign(key, 2, "samu-c", ROY, at)
    half = await region.conventions.sign(key, 2, A, ROY, at)
    assert not half.is_signed
    entries = await region.conventions.entries(B)
    assert [one.convention.version for one in entries] == [2, 1]
