"""The switchboard against real SIP peers (SIPp): answer, notice, transfer, conference, hang up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cordee.app.regulation import regulation
from cordee.care.regulation.telephony import Heard, Hearing, LineEvent, key_of
from cordee.gateways.telephony.sip import SipSwitchboard
from cordee.runtime import clock
from cordee.runtime.errors import Conflict, Unavailable
from phones import HOST, Phones, free_port
from running import Platform


class Desk:
    """A switchboard that listens, and what it told."""

    def __init__(self, board: SipSwitchboard, port: int) -> None:
        self.board, self.port = board, port
        self.told = board.events()

    async def next(self) -> LineEvent:
        async with asyncio.timeout(10):
            return await anext(self.told)


@pytest.fixture
async def phones(tmp_path: Path) -> AsyncIterator[Phones]:
    made = Phones(tmp_path)
    yield made
    await made.stop()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def desk_on(stack: AsyncExitStack, **settings: str) -> Desk:
    board = SipSwitchboard(HOST, 0, ring_seconds=5, **settings)
    port = await board.open()
    stack.push_async_callback(board.close)
    return Desk(board, port)


@pytest.mark.requirement("C1.10")
async def test_a_call_rings_is_answered_and_hung_up(phones: Phones, stack: AsyncExitStack) -> None:
    desk = await desk_on(stack)
    position = await phones.phone()
    await phones.caller(desk.port)
    rings = await desk.next()
    assert (rings.kind, rings.number, rings.line) == (Heard.RINGS, "0300001402", "15")
    await desk.board.answer(rings.call, position)
    answered = await desk.next()
    assert (answered.kind, answered.who) == (Heard.ANSWERED, position)
    with pytest.raises(Conflict):
        await desk.board.answer(rings.call, position)
    await desk.board.hang_up(rings.call)
    assert (await desk.next()).kind is Heard.ENDED
    assert set(await phones.done()) == {0}
    with pytest.raises(Conflict):
        await desk.board.hang_up(rings.call)


@pytest.mark.requirement("C1.10")
async def test_the_caller_hears_the_notice_then_is_moved(
    phones: Phones, stack: AsyncExitStack
) -> None:
    desk = await desk_on(stack, notice=await phones.phone("notice"))
    first, second = await phones.phone(), await phones.phone()
    await phones.caller(desk.port)
    call = (await desk.next()).call
    await desk.board.answer(call, first)
    assert [(await desk.next()).kind for _ in range(2)] == [Heard.NOTICE, Heard.ANSWERED]
    await desk.board.transfer(call, second)
    moved = await desk.next()
    assert (moved.kind, moved.who) == (Heard.TRANSFERRED, second)
    await desk.board.hang_up(call)
    assert set(await phones.done()) == {0}


@pytest.mark.requirement("C1.10")
async def test_three_speak_on_the_bridge(phones: Phones, stack: AsyncExitStack) -> None:
    desk = await desk_on(stack, bridge=await phones.phone(times=3))
    position, third = await phones.phone(), await phones.phone()
    await phones.caller(desk.port)
    call = (await desk.next()).call
    await desk.board.answer(call, position)
    assert (await desk.next()).kind is Heard.ANSWERED
    await desk.board.conference(call, third)
    joined = await desk.next()
    assert (joined.kind, joined.who) == (Heard.JOINED, third)
    await desk.board.hang_up(call)
    assert set(await phones.done()) == {0}


@pytest.mark.requirement("C1.10")
async def test_a_position_that_is_away_leaves_the_caller_where_they_were(
    phones: Phones, stack: AsyncExitStack
) -> None:
    desk = await desk_on(stack)
    position = await phones.phone()
    await phones.caller(desk.port)
    call = (await desk.next()).call
    with pytest.raises(Unavailable):
        await desk.board.answer(call, f"sip:{HOST}:{free_port()}")
    refused = await desk.next()
    assert (refused.kind, refused.reason) == (Heard.REFUSED, "503")
    with pytest.raises(Unavailable):
        await desk.board.conference(call, position)
    await desk.board.answer(call, position)
    assert (await desk.next()).kind is Heard.ANSWERED
    with pytest.raises(Unavailable):
        await desk.board.transfer(call, f"sip:{HOST}:{free_port()}")
    assert (await desk.next()).kind is Heard.REFUSED
    await desk.board.hang_up(call)
    assert set(await phones.done()) == {0}


@pytest.mark.requirement("C1.10")
async def test_a_caller_who_gives_up_is_told_to_the_queue(
    phones: Phones, stack: AsyncExitStack, platform: Platform
) -> None:
    desk, floor = await desk_on(stack), regulation(platform.parts).desk
    now = clock.now()
    async with platform.parts.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO regulation_centre (id, name, hub, department)"
            " VALUES ('samu-a', 'SAMU A', 'fr.health.samu960', '960')"
        )
    centre = (await floor.centres.all())["samu-a"]
    hearing = Hearing(floor, centre.id)
    await phones.caller(desk.port, "impatient")
    rings = await desk.next()
    await hearing.take(rings)
    gone = await desk.next()
    assert gone.kind is Heard.ABANDONED
    (waiting,) = (await floor.view(centre, now)).calls
    assert waiting.id == key_of(centre.id, rings.call)
    await hearing.take(gone)
    view = await floor.view(centre, now)
    assert not view.calls
    assert [one.ids for one in view.missed] == [(str(waiting.id),)]
    assert set(await phones.done()) == {0}
