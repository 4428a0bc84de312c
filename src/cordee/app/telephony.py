"""The switchboards of the centres: opened as each centre sets, heard, and asked from the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

import structlog

from cordee.app.regulation import box_of, regulation
from cordee.care.regulation.centres import Centre, Centres
from cordee.care.regulation.lines import AGENT, Asked, Lines
from cordee.care.regulation.queue import Telephony
from cordee.care.regulation.telephony import Heard, Hearing, Switchboard, key_of
from cordee.gateways.telephony.simulated import SimulatedSwitchboard
from cordee.gateways.telephony.sip import SipSwitchboard
from cordee.runtime.clock import now
from cordee.runtime.database import AWAY, is_outage
from cordee.runtime.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

_LOOK_SECONDS: Final = 0.1
_TURN_SECONDS: Final = 5.0
_WATCH_SECONDS: Final = 2.0
_LEAVE_SECONDS: Final = 5.0
_REFUSALS: Final = 5
_GONE: Final = "Cet appel n’est plus au standard : rappelez ce numéro."
_DOWN: Final = "Le standard a refusé : l’appelant reste comme il était."


class Opened(Switchboard, Protocol):
    """A switchboard that is closed at the end."""

    async def close(self) -> None:
        """Stops listening."""
        ...


class Line:
    """The switchboard of one centre at work: what it tells is written, what is asked is done."""

    def __init__(self, parts: Parts, centre: Centre, board: Opened) -> None:
        """`board` is open."""
        self._centre, self._board = centre, board
        self._lines = Lines(parts.database, box_of(parts))
        self._desk, self._database = regulation(parts).desk, parts.database
        self._hearing = Hearing(self._desk, centre.id, self._lines)
        self._calls: dict[UUID, str] = {}
        self._ringing: set[UUID] = set()
        self._work: set[asyncio.Task[None]] = set()
        posts = centre.parameters.telephony.posts
        self._names = {address: name for name, address in posts.items()}

    async def run(self) -> None:
        """Works until cancelled, then closes the switchboard."""
        try:
            await _insist(self._forget)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear())
                group.create_task(self._obey())
                group.create_task(self._watch())
        finally:
            await self._board.close()
            await self._leave()

    async def _leave(self) -> None:
        """Lets the acts under way say how they ended; a base that is away holds nobody up."""
        if self._work:
            _done, late = await asyncio.wait(self._work, timeout=_LEAVE_SECONDS)
            for task in late:
                task.cancel()

    async def _forget(self) -> None:
        """Calls that rang at a switchboard held before are to be called back."""
        async with self._database.write.acquire() as connection:
            known = await self._desk.floor.waiting(connection, self._centre.id)
        lost = [one.id for one in known if not one.is_answered and not one.hops]
        await self._desk.end_calls(self._centre.id, lost, AGENT, now())

    async def _hear(self) -> None:
        async for event in self._board.events():
            key = key_of(self._centre.id, event.call)
            if event.kind is Heard.RINGS:
                self._calls[key] = event.call
                self._ringing.add(key)
            elif event.kind in {Heard.ENDED, Heard.ABANDONED}:
                self._calls.pop(key, None)
                self._ringing.discard(key)
            elif event.kind is Heard.ANSWERED:
                self._ringing.discard(key)
            told = replace(event, who=self._names.get(event.who, event.who))
            await _insist(partial(self._hearing.take, told))

    async def _watch(self) -> None:
        """Puts back what is taken in the queue and still rings: the page that took it was cut."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self._ringing:
                await _insist(partial(self._put_back, set(self._ringing)))

    async def _put_back(self, ringing: Collection[UUID]) -> None:
        for call, agent in await self._lines.left(self._centre.id, ringing, now()):
            if call in self._ringing:  # nobody took it meanwhile
                await self._lines.let_ring(self._centre.id, call, agent)

    async def _obey(self) -> None:
        while True:
            for asked in await self._taken():
                task = asyncio.create_task(self._do(asked))
                self._work.add(task)
                task.add_done_callback(self._work.discard)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _taken(self) -> list[Asked]:
        """What is asked; nothing while the database is away: the callers on the line stay."""
        try:
            return await self._lines.take(self._centre.id)
        except (*AWAY, Unavailable) as error:
            structlog.get_logger().warning("telephony_not_read", kind=type(error).__name__)
            await asyncio.sleep(_LOOK_SECONDS * 10)
            return []

    async def _do(self, asked: Asked) -> None:
        """Does an act, and writes how it ended, again until the database has it."""
        try:
            failure = await self._failure(asked)
        except Exception as error:  # who took the call must not stay on a line that is not theirs
            structlog.get_logger().error("telephony_act_fell", kind=type(error).__name__)
            failure = _DOWN
        if failure and asked.kind == "answer":
            await _insist(partial(self._lines.let_ring, self._centre.id, asked.call, asked.agent))
            if failure == _GONE:
                ended = partial(self._desk.end_calls, self._centre.id, [asked.call], AGENT)
                await _insist(partial(ended, now()))
        await _insist(partial(self._lines.settle, asked.id, failure))

    async def _failure(self, asked: Asked) -> str:
        """Why an act was not done, "" where it was."""
        call = self._calls.get(asked.call)
        if call is None:
            return "" if asked.kind == "hang-up" else _GONE
        if asked.name and asked.who:
            self._names.setdefault(asked.who, asked.name)
        try:
            match asked.kind:
                case "answer":
                    await self._board.answer(call, asked.who)
                case "transfer":
                    await self._board.transfer(call, asked.who)
                case "conference":
                    await self._board.conference(call, asked.who)
                case _:
                    await self._board.hang_up(call)
        except (Conflict, Unavailable) as error:
            return error.message
        except (OSError, ValueError, TimeoutError) as error:
            structlog.get_logger().warning("telephony_act_failed", kind=type(error).__name__)
            return _DOWN
        return ""


async def keep_telephony(parts: Parts) -> None:
    """Holds the switchboards of all centres; one whose settings change is opened anew."""
    running: dict[str, tuple[Telephony, asyncio.Task[None]]] = {}
    centres = regulation(parts).desk.centres
    try:
        while True:
            known = await _known(centres)
            for centre in known.values():
                wanted = centre.parameters.telephony
                former, task = running.get(centre.id, (None, None))
                if task is not None and (former != wanted or task.done()):
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                    running.pop(centre.id)
                if wanted.kind and centre.id not in running:
                    running[centre.id] = (wanted, asyncio.create_task(_serve(parts, centre)))
            await asyncio.sleep(_TURN_SECONDS)
    finally:
        for _wanted, task in running.values():
            task.cancel()
        await asyncio.gather(*(task for _wanted, task in running.values()), return_exceptions=True)


async def _known(centres: Centres) -> Mapping[str, Centre]:
    """The centres; none while the database is away: what is open stays open."""
    try:
        return await centres.all()
    except (*AWAY, Unavailable) as error:
        structlog.get_logger().warning("telephony_not_read", kind=type(error).__name__)
        return {}


async def _insist(work: Callable[[], Awaitable[object]]) -> None:
    """Does what writes, again until the database has it: what was told is never lost.

    What the database refuses for itself is left after five times: it must not hold up the next.
    """
    tries = 0
    while True:
        try:
            await work()
        except (*AWAY, Unavailable) as error:
            tries += not (isinstance(error, Unavailable) or is_outage(error))
            kind = type(error).__name__
            structlog.get_logger().warning("telephony_not_written", kind=kind)
            if tries >= _REFUSALS:
                structlog.get_logger().error("telephony_left", kind=kind)
                return
            await asyncio.sleep(_LOOK_SECONDS * 10)
        else:
            return


async def _serve(parts: Parts, centre: Centre) -> None:
    try:
        board = await open_switchboard(centre.parameters.telephony, is_demo=parts.settings.demo)
        if board is not None:
            await Line(parts, centre, board).run()
    except (OSError, *AWAY, ExceptionGroup) as error:
        log = structlog.get_logger()
        log.warning("telephony_stopped", centre=centre.id, kind=type(error).__name__)


async def open_switchboard(asked: Telephony, *, is_demo: bool) -> Opened | None:
    """The switchboard of a centre, listening; None for a simulated one that is no demonstration."""
    if asked.kind == "simulated":
        if not is_demo:
            return None
        simulated = SimulatedSwitchboard(hourly=asked.hourly)
        await simulated.open()
        return simulated
    board = SipSwitchboard(asked.host, asked.port, notice=asked.notice, bridge=asked.bridge)
    await board.open()
    return board
