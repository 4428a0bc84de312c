"""Engines killed at random under load, over wires that lose and repeat: no call is lost or twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from cordee.care.overflow import episodes
from cordee.care.overflow.conventions import Terms
from cordee.care.overflow.engine import QUERIES, alone
from cordee.care.overflow.register import Conventions, key_of
from cordee.care.overflow.transfers import Actor
from cordee.runtime.clock import now
from cordee.runtime.database import Database, open_database
from overflowing import TABLE, A, B, engine
from running import Ground

PROGRAM = Path(__file__).parent.parent / "overflowing.py"
DOCTOR = Actor("dr.roy", "Dr Sofia Roy")
OWNED = "('waiting', 'answered', 'finished')"
TWICE = f"""
SELECT call FROM floor_call WHERE state IN {OWNED} GROUP BY call HAVING count(*) > 1
"""
UNSEEN = f"""
SELECT call FROM floor_call c WHERE NOT EXISTS (
  SELECT FROM floor_call o WHERE o.call = c.call AND o.state IN {OWNED})
AND NOT EXISTS (
  SELECT FROM overflow_transfer t WHERE t.call = c.call
  AND (t.role = 'origin' AND t.state IN ('granted', 'recalling')
    OR t.role = 'neighbour' AND t.state IN ('returning', 'finishing')))
"""
AGED = "SELECT call FROM floor_call GROUP BY call HAVING count(DISTINCT since) > 1"


async def check(connection: asyncpg.Connection) -> None:
    """What holds at every moment, as one snapshot sees it."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        assert not await connection.fetch(TWICE), "a call is in two queues"
        assert not await connection.fetch(UNSEEN), "a call is nowhere"
        assert not await connection.fetch(AGED), "a call lost its true waiting time"


def start(url: str, seed: int) -> subprocess.Popen[bytes]:
    """A process with both centres, and the people in them."""
    return subprocess.Popen([sys.executable, str(PROGRAM), url, str(seed)])


async def settle(database: Database) -> None:
    """Stops the episodes, then turns over quiet wires until nothing is under way."""
    quiet = engine(database, seconds=1.0)
    for centre in (A, B):
        async with alone(database, centre) as connection:
            for row in await connection.fetch(QUERIES["running_episodes"], [centre], 100):
                run = await quiet.episodes.held(connection, row["id"], centre)
                assert run is not None
                ended = episodes.stop(run.episode, centre)
                await quiet.episodes.become(connection, run, ended, now(), DOCTOR)
    end = time.monotonic() + 120
    query = (
        "SELECT count(*) FROM overflow_transfer WHERE state IN ('offered', 'granted', "
        "'recalling', 'accepted', 'returning', 'finishing')"
    )
    while time.monotonic() < end:
        await quiet.turn()
        async with database.write.acquire() as connection:
            if await connection.fetchval(query) == 0:
                return
    async with database.write.acquire() as connection:
        query = "SELECT centre, state, count(*) FROM overflow_transfer GROUP BY 1, 2"
        found = [tuple(row) for row in await connection.fetch(query)]
    raise AssertionError(f"transfers do not come to rest: {found}")


async def play(ground: Ground, seconds: float) -> dict[str, int]:
    """Kills two processes in turn for some time; what became of the transfers."""
    name = await ground.new_database()
    place = ground.place(name)
    owner = await asyncpg.connect(place.owner_url)
    await owner.execute(TABLE)
    database = await open_database(place.url, role="cordee_app", write_size=3, search_size=1)
    register, terms = Conventions(database), Terms(share=50, automatic=frozenset({A, B}))
    await register.propose((A, B), terms, 0, DOCTOR, now())
    for centre in (A, B):
        await register.sign(key_of(A, B), 1, centre, DOCTOR, now())
    chance = random.Random(15)
    running = [start(place.url, seed) for seed in (1, 2)]
    try:
        end, seed = time.monotonic() + seconds, 3
        while time.monotonic() < end:
            pause = time.monotonic() + chance.uniform(0.3, 1.2)
            while time.monotonic() < pause:
                await check(owner)
            which = chance.randrange(2)
            running[which].kill()
            running[which].wait()
            running[which], seed = start(place.url, seed), seed + 1
    finally:
        for one in running:
            one.kill()
            one.wait()
    try:
        await settle(database)
        await check(owner)
        rows = await owner.fetch("SELECT state, count(*) AS n FROM overflow_transfer GROUP BY 1")
        return {row["state"]: row["n"] for row in rows}
    finally:
        await database.close()
        await owner.close()
        with suppress(asyncpg.PostgresError):
            await ground.drop(name)


@pytest.mark.requirement("C2.7", "C2.8")
async def test_each_call_is_in_one_queue_with_its_true_waiting_time_when_engines_die(
    ground: Ground,
) -> None:
    became = await play(ground, 12)

    assert became.get("back", 0) > 0, became
    assert became.get("away", 0) + became.get("done", 0) > 0, became


@pytest.mark.soak
@pytest.mark.requirement("C2.7", "C2.8")
async def test_ten_minutes_of_dying_engines_lose_no_call(ground: Ground) -> None:
    became = await play(ground, 600)

    assert sum(became.values()) > 1000, became
