"""Transfers as rows: each step in one transaction with its messages and what the queue becomes.

The table of `protocol` decides; here it meets the floor. Where a person was quicker than a message
(the call was answered in the same second), what the person did is told to the machine first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.overflow import protocol
from cordee.care.overflow.eligibility import MOST_HOPS, Waiting
from cordee.care.overflow.ports import Floor, Letter, Transport
from cordee.care.overflow.protocol import Act, Effect, Event, Message, Neighbour, Origin
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
RESEND: Final = timedelta(seconds=30)
RINGS_AFTER: Final = 2
ENGINE: Final = ("engine", "Moteur de délestage")
ORIGIN: Final = "origin"
_ANSWERED: Final = (Neighbour.ANSWERED, Neighbour.FINISHING)
_FINISHED: Final = (Neighbour.FINISHING, Neighbour.RETURNING, Origin.DONE, Origin.BACK)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One end of a transfer."""

    id: UUID
    centre: str
    role: str
    peer: str
    episode: UUID
    call: Waiting
    state: Origin | Neighbour
    by_voice: bool = False
    opened: datetime | None = None
    moved: datetime | None = None
    answered: datetime | None = None
    finished: datetime | None = None
    alarmed: datetime | None = None

    @property
    def is_origin(self) -> bool:
        """Whether this is the end that the call comes from."""
        return self.role == ORIGIN

    @property
    def place(self) -> tuple[UUID, str]:
        """The key of the row."""
        return (self.id, self.centre)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, for the trace."""

    user: str = ENGINE[0]
    name: str = ENGINE[1]


NOBODY: Final = Actor()


def read_transfer(row: Mapping[str, Any]) -> Transfer:
    """A transfer of its row."""
    is_origin = row["role"] == ORIGIN
    call = Waiting(
        str(row["call"]), row["since"], row["priority"], row["motive"], 0 if is_origin else 1
    )
    return Transfer(
        row["id"], row["centre"], row["role"], row["peer"], row["episode"], call,
        Origin(row["state"]) if is_origin else Neighbour(row["state"]), row["by_voice"],
        row["opened"], row["moved"], row["answered"], row["finished"], row["alarmed"],
    )  # fmt: skip


class Transfers:
    """The transfers of the centres of this installation."""

    def __init__(self, floor: Floor, transport: Transport, *, resend: timedelta = RESEND) -> None:
        """`floor` has the queues, `transport` the wires."""
        self._floor, self._transport = floor, transport
        self.resend = resend

    async def held(self, connection: Connection, transfer: UUID, centre: str) -> Transfer | None:
        """One end of a transfer, locked; None when it is not here."""
        row = await connection.fetchrow(QUERIES["transfer"], transfer, centre)
        return None if row is None else read_transfer(row)

    async def begin(self, connection: Connection, one: Transfer, at: datetime) -> Transfer | None:
        """A transfer whose row is new; None when the call is under way already."""
        call = one.call
        row = await connection.fetchrow(
            QUERIES["open_transfer"], one.id, one.centre, one.role, one.peer, one.episode,
            UUID(call.id), call.since, call.priority, call.motive, one.by_voice, at,
        )  # fmt: skip
        return None if row is None else read_transfer(row)

    async def take(
        self, connection: Connection, one: Transfer, event: Event, at: datetime,
        *, by: Actor = NOBODY,
    ) -> Transfer:  # fmt: skip
        """The transfer after an event; the caller has its row locked."""
        step = _step(one, event)
        sooner = await self._sooner(connection, one, event, step.effects)
        if sooner is not None:
            one = await self.take(connection, one, sooner, at, by=by)
            return await self.take(connection, one, event, at, by=by)
        if step.state is one.state and not step.sends:
            return one
        await self._effects(connection, one, step.effects)
        if step.state is not one.state:
            due = at + self.resend if protocol.awaited(step.state) else None
            await connection.execute(
                QUERIES["step_transfer"], *one.place, step.state.value, due, at
            )
            detail = {"what": event.value, "from": one.state.value, "to": step.state.value}
            await note(connection, one, at, by, detail)
        after = _stamped(one, step.state, at)
        await self._transport.send(connection, [letter(after, message) for message in step.sends])
        return after

    async def hear(self, connection: Connection, one: Transfer, detail: Mapping[str, Any]) -> None:
        """Keeps when the neighbour answered and finished a call, as it tells; nothing else."""
        try:
            answered = datetime.fromisoformat(detail["answered"])
            finished = datetime.fromisoformat(detail["finished"])
        except (KeyError, TypeError, ValueError):
            return
        if answered.tzinfo and finished.tzinfo and one.call.since <= answered <= finished:
            await connection.execute(QUERIES["heard_times"], *one.place, answered, finished)

    async def again(self, connection: Connection, centres: list[str], at: datetime) -> list[UUID]:
        """Sends again what is awaited for too long; the transfers for which an alarm rings now."""
        rows = await connection.fetch(QUERIES["due_transfers"], centres, at, 200)
        rings: list[UUID] = []
        for one in map(read_transfer, rows):
            message = protocol.awaited(one.state)
            if message is None:
                continue
            values = (*one.place, at + self.resend, RINGS_AFTER, at)
            if await connection.fetchval(QUERIES["sent_again"], *values):
                rings.append(one.id)
                detail = {"what": "alarm", "awaits": message.value}
                await note(connection, one, at, NOBODY, detail)
            await self._transport.send(connection, [letter(one, message)])
        return rings

    async def _sooner(
        self, connection: Connection, one: Transfer, event: Event, effects: tuple[Effect, ...]
    ) -> Act | None:
        """What a person did before the message came; None when the queue follows the machine."""
        call, where = UUID(one.call.id), one.centre
        if Effect.HIDE in effects and not await self._floor.hide(connection, where, call, one.id):
            return Act.TAKE_HERE
        if Effect.DROP in effects and not await self._floor.drop(connection, where, call, one.id):
            return Act.TAKE_HERE
        if Effect.RELEASE in effects:
            answered = one.state is Neighbour.ANSWERED or event is Act.GIVE_BACK
            done = await self._floor.release(connection, where, call, one.id, answered=answered)
            if not done:  # somebody is on the line, or the call was finished in the same second
                return Act.ANSWER if one.state is Neighbour.HELD else Act.FINISH
        return None

    async def _effects(
        self, connection: Connection, one: Transfer, effects: tuple[Effect, ...]
    ) -> None:
        call, where = UUID(one.call.id), one.centre
        if Effect.RESTORE in effects:
            await self._floor.restore(connection, where, call, one.id)
        if Effect.ENQUEUE in effects:
            moved = replace(one.call, hops=MOST_HOPS)
            await self._floor.enqueue(connection, where, one.peer, moved, one.id)
        if Effect.PART in effects:
            await self._floor.part(connection, where, call, one.id)
        if Effect.CLOSE in effects:
            await self._floor.close(connection, where, call, one.id)


def letter(one: Transfer, message: Message) -> Letter:
    """A message of one end of a transfer; an offer tells what the rules of the other end need."""
    detail: dict[str, Any] = {}
    if message is Message.OFFER:
        detail = {
            "priority": one.call.priority, "motive": one.call.motive,
            "hops": one.call.hops, "by_voice": one.by_voice,
        }  # fmt: skip
    if message is Message.DONE and one.answered and one.finished:
        detail = {"answered": one.answered.isoformat(), "finished": one.finished.isoformat()}
    return Letter(
        one.centre, one.peer, message.value, one.episode, one.id, UUID(one.call.id),
        one.call.since, detail,
    )  # fmt: skip


async def note(
    connection: Connection, one: Transfer, at: datetime, by: Actor, detail: Mapping[str, Any]
) -> None:
    """Writes a line of the legal trace; `what` in its detail says what happened."""
    told = {**detail, "call": one.call.id}
    what = str(told.pop("what"))
    await connection.execute(
        QUERIES["enter"], one.centre, one.episode, one.id, what, at, by.user, by.name,
        orjson.dumps(told).decode(),
    )  # fmt: skip


def _stamped(one: Transfer, state: Origin | Neighbour, at: datetime) -> Transfer:
    """A transfer in its next state, with the times that its row bears then."""
    answered = one.answered or (at if state in _ANSWERED else None)
    finished = one.finished or (at if state in _FINISHED else None)
    return replace(one, state=state, answered=answered, finished=finished)


def _step(one: Transfer, event: Event) -> protocol.Step[Any]:
    if isinstance(one.state, Origin):
        return protocol.origin(one.state, event)
    return protocol.neighbour(one.state, event)
