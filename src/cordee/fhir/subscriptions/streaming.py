"""Notifications of those who hold a connection open: websocket and server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from cordee.fhir.subscriptions.definition import ACTIVE, OFF, REQUESTED
from cordee.fhir.subscriptions.delivering import AGENT
from cordee.fhir.subscriptions.engine import Subscriptions
from cordee.fhir.subscriptions.guarding import NO_RIGHT, judged
from cordee.fhir.subscriptions.keeping import QUERIES, Kept, kept
from cordee.fhir.subscriptions.notices import (
    EVENT,
    HANDSHAKE,
    HEARTBEAT,
    Event,
    Told,
    event_of,
)
from cordee.fhir.subscriptions.ports import OwnerGone
from cordee.fhir.subscriptions.registering import set_status
from cordee.runtime.clock import now

TOKEN_SECONDS: Final = 60
_LOOK_SECONDS: Final = 10.0
"""How often it is looked whether the owner still may, when nothing happens."""
_WAIT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One message; `n` is the number that a client goes on from, None when it has none."""

    body: bytes
    n: int | None = None


@dataclass(slots=True)
class Stream:
    """The notifications of one subscription, from one number on, while somebody listens."""

    engine: Subscriptions
    key: str
    after: int | None = None
    _spoken: float = 0.0
    _looked: float = 0.0
    _dropped: frozenset[int] = frozenset()

    async def frames(self, *, greets: bool) -> AsyncIterator[Frame]:
        """A handshake where it is wanted, then each event as it comes; ends with the subscription.

        An event counts as sent when the next frame is asked for.
        """
        with self.engine.watch.listening(self.key):
            async for frame in self._frames(greets=greets):
                yield frame

    async def _frames(self, *, greets: bool) -> AsyncIterator[Frame]:
        one = await self._current()
        if one is None:
            return
        if self.after is None:
            self.after = max(one.row["settled"], 0)
        if greets:
            yield Frame(await self._said(one, HANDSHAKE))
        self._spoken = self._looked = time.monotonic()
        while one is not None and one.row["status"] == ACTIVE:
            seen = self.engine.wakes.count
            events = await self._waiting(one) if await self._has_news() else []
            frame = await self._told(one, events) if events else await self._beaten(one)
            if frame is not None:
                yield frame
                self._spoken = time.monotonic()
            if events:
                await self._settle(one, events)
                one = await self._looked_at()
            else:
                one = await self._waited(one, seen)

    async def _told(self, one: Kept, events: Sequence[Event]) -> Frame | None:
        """What is said of events; None when the owner may see none of them."""
        try:
            scope = await self.engine.owners.scope(one.told)
        except OwnerGone:
            self._dropped = frozenset(each.n for each in events)
            return None
        content = one.definition.content
        told, dropped = await judged(self.engine.kernel, scope, one.definition, events, content)
        self._dropped = frozenset(each.n for each in dropped)
        if not told:
            return None
        return Frame(await self._said(one, EVENT, told), told[-1].event.n)

    async def _beaten(self, one: Kept) -> Frame | None:
        """The heartbeat, where it is due."""
        period = one.definition.heartbeat
        if not period or time.monotonic() - self._spoken < period:
            return None
        return Frame(await self._said(one, HEARTBEAT))

    async def _waited(self, one: Kept, seen: int) -> Kept | None:
        """The subscription after a word or a moment; read again when it ended, or now and then."""
        await self.engine.wakes.wait(seen, _WAIT_SECONDS)
        stands = await self.engine.watch.standing(self.key)
        has_ended = stands is None or stands.status != ACTIVE
        if has_ended or time.monotonic() - self._looked > _LOOK_SECONDS:
            return await self._looked_at()
        return one

    async def _has_news(self) -> bool:
        stands = await self.engine.watch.standing(self.key)
        return stands is not None and stands.events > (self.after or 0)

    async def _looked_at(self) -> Kept | None:
        self._looked = time.monotonic()
        return await self._current()

    async def _current(self) -> Kept | None:
        """The subscription, active, its owner still there; None when it has ended."""
        async with self.engine.kernel.database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["one"], self.key)
        if row is None or row["status"] == OFF:
            return None
        one = kept(row)
        over = one.definition.ends is not None and one.definition.ends <= now()
        try:
            await self.engine.owners.scope(one.told)
        except OwnerGone:
            over = True
        if over:
            await set_status(self.engine.kernel, AGENT, self.key, OFF, "")
            return None
        if row["status"] == REQUESTED and await set_status(
            self.engine.kernel, AGENT, self.key, ACTIVE
        ):
            return await self._current()
        return one

    async def _waiting(self, one: Kept) -> list[Event]:
        """Events after the last one that was sent here, whatever another connection was sent."""
        values = (self.key, (self.after or 0) + 1, 2**62, one.definition.at_once)
        async with self.engine.kernel.database.write.acquire() as connection:
            return [event_of(row) for row in await connection.fetch(QUERIES["events"], *values)]

    async def _settle(self, one: Kept, events: Sequence[Event]) -> None:
        """Notes what was sent, and what was not."""
        numbers = [each.n for each in events]
        states = ["dropped" if n in self._dropped else "sent" for n in numbers]
        reasons = [NO_RIGHT if n in self._dropped else "" for n in numbers]
        self.after = numbers[-1]
        async with self.engine.kernel.database.write.acquire() as connection:
            await connection.execute(QUERIES["settle_events"], self.key, numbers, states, reasons)
            if numbers[-1] > one.row["settled"]:
                values = (self.key, one.lease, one.row["settled"], numbers[-1], True)
                await connection.execute(QUERIES["advance"], *values)

    async def _said(self, one: Kept, kind: str, told: Sequence[Told] = ()) -> bytes:
        return await self.engine.voice.bundle(one, kind, told)


async def make_token(engine: Subscriptions, keys: Sequence[str]) -> tuple[str, str]:
    """A token that opens one socket for these subscriptions, once, and when it ends."""
    token, until = token_urlsafe(32), now() + timedelta(seconds=TOKEN_SECONDS)
    digest = sha256(token.encode()).digest()
    async with engine.kernel.database.write.acquire() as connection:
        await connection.execute(QUERIES["keep_token"], digest, list(keys), until)
    return token, until.isoformat(timespec="seconds")


async def take_token(engine: Subscriptions, token: str) -> list[str]:
    """The subscriptions of a token, which counts once; none for one that is not known."""
    digest = sha256(token.encode()).digest()
    async with engine.kernel.database.write.acquire() as connection:
        return list(await connection.fetchval(QUERIES["take_token"], digest) or ())
