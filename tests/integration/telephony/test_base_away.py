"""The base is cut under a switchboard: what was told is told again, no line stays with nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from cordee.app import telephony
from cordee.app.telephony import Line, keep_telephony
from cordee.care.regulation.queue import Parameters, Telephony
from cordee.gateways.telephony.simulated import SimulatedSwitchboard
from cordee.runtime.clock import now
from cordee.runtime.database import AWAY
from cordee.runtime.errors import Unavailable
from regulated import floor
from running import Ground
from trusted import Screen, screen_on, who

POSTS = {"Poste 1": "sip:1@simulated"}
TOLD = Telephony("simulated", posts=POSTS)


@pytest.fixture
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await screen.rows(
            "INSERT INTO regulation_centre (id, name, hub, department, parameters)"
            " VALUES ('samu-a', 'SAMU A', 'fr.health.samu960', '960', $1)",
            msgspec.json.encode(Parameters(telephony=TOLD)).decode(),
        )
        yield screen


@contextlib.asynccontextmanager
async def cut(screen: Screen) -> AsyncIterator[None]:
    """The base of a screen is away: no connection stands, none is let in."""
    platform = screen.platform
    owner = await asyncpg.connect(platform.ground.superuser("postgres"))
    name = platform.database
    try:
        await owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        try:
            yield
        finally:
            await owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    finally:
        await owner.close()


class Slow(SimulatedSwitchboard):
    """A telephone that rings until a test lets it be refused."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def answer(self, call: str, position: str) -> None:
        self.asked.set()
        await self.go.wait()
        raise Unavailable("Ce poste ne répond pas : l’appelant reste en ligne.")


@contextlib.asynccontextmanager
async def served(screen: Screen, board: SimulatedSwitchboard) -> AsyncIterator[None]:
    centre = (await floor(screen).desk.centres.all())["samu-a"]
    task = asyncio.create_task(Line(screen.platform.parts, centre, board).run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def states(screen: Screen) -> list[tuple[str, str]]:
    """The calls of the floor in their order, with who is on them; none while the base is away."""
    try:
        rows = await screen.rows("SELECT state, agent FROM regulation_call ORDER BY since")
    except (Unavailable, *AWAY):
        return []
    return [(row["state"], row["agent"]) for row in rows]


async def until(screen: Screen, wanted: list[tuple[str, str]]) -> None:
    async with asyncio.timeout(15):
        while await states(screen) != wanted:
            await asyncio.sleep(0.05)


async def taken(screen: Screen) -> UUID:
    """The only call, taken in the queue by an agent: what a page does first."""
    desk, karim = floor(screen).desk, who("karim.saidi")
    (row,) = await screen.rows("SELECT id FROM regulation_call")
    await desk.answer(karim, await desk.centres.of(karim), row["id"], now())
    return row["id"]


@pytest.mark.requirement("C1.10")
async def test_what_was_told_while_the_base_was_away_is_written_after(screen: Screen) -> None:
    board = SimulatedSwitchboard()
    async with served(screen, board):
        first = board.ring("0600000041")
        await until(screen, [("waiting", "")])
        await board.answer(first, POSTS["Poste 1"])
        await taken(screen)
        async with cut(screen):
            await board.hang_up(first)
            board.ring("0600000042")
            await asyncio.sleep(0)
        await until(screen, [("ended", "karim.saidi"), ("waiting", "")])


@pytest.mark.requirement("C1.10")
async def test_a_telephone_refused_while_the_base_was_away_leaves_nobody_on_the_line(
    screen: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    board = Slow()
    async with served(screen, board), AsyncExitStack() as stack:
        board.ring("0600000043")
        await until(screen, [("waiting", "")])
        call = await taken(screen)
        asking = stack.push_async_callback
        page = asyncio.create_task(ask(screen, call))
        asking(gathered, page)
        async with asyncio.timeout(5):
            await board.asked.wait()
        async with cut(screen):
            board.go.set()
            await asyncio.sleep(0)
            assert await states(screen) == []
        await until(screen, [("waiting", "")])

        async def done() -> bool:
            rows = await screen.rows("SELECT done, failure FROM regulation_act")
            return all(row["done"] is not None and row["failure"] for row in rows)

        async with asyncio.timeout(10):
            while not await done():
                await asyncio.sleep(0.05)


async def ask(screen: Screen, call: UUID) -> Any:
    """What a page asks once it has taken a call; it may be cut."""
    lines, karim = floor(screen).lines, who("karim.saidi")
    centre = await floor(screen).desk.centres.of(karim)
    asked = telephony.Asked(UUID(int=7), call, "answer", who=POSTS["Poste 1"], name="Poste 1")
    return await lines.ask(karim, centre, asked)


async def gathered(task: asyncio.Task[Any]) -> None:
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.requirement("C1.10")
async def test_a_page_cut_between_the_queue_and_the_switchboard_gives_the_call_back(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telephony, "_WATCH_SECONDS", 0.05)
    board = SimulatedSwitchboard()
    async with served(screen, board):
        board.ring("0600000044")
        await until(screen, [("waiting", "")])
        await taken(screen)
        await asyncio.sleep(0.3)
        assert await states(screen) == [("answered", "karim.saidi")]  # their page may still ask
        await screen.rows("UPDATE regulation_call SET answered = answered - interval '11 seconds'")
        await until(screen, [("waiting", "")])


@pytest.mark.requirement("C1.10")
async def test_switchboards_stay_open_while_the_base_is_away(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telephony, "_TURN_SECONDS", 0.05)
    monkeypatch.setattr("cordee.care.regulation.centres._FRESH_SECONDS", 0.0)
    task = asyncio.create_task(keep_telephony(screen.platform.parts))
    try:
        await until(screen, [("waiting", "")])
        async with cut(screen):
            await asyncio.sleep(0.4)
            assert not task.done()
        await until(screen, [("waiting", "")])  # not one to call back: it was never reopened
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
