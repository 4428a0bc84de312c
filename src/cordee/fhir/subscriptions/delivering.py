"""Deliveries to those who are called: in order for each subscription, at least once, by turns.

A task for each subscription that is due, under a bound; failing ones share half of it, so that they
slow nobody else. A lease says which process is at it: when that process dies, another goes on where
it stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions.calling import Failed
from cordee.fhir.subscriptions.definition import ACTIVE, ERROR, OFF, REQUESTED, TOPIC
from cordee.fhir.subscriptions.guarding import NO_RIGHT, judged
from cordee.fhir.subscriptions.keeping import QUERIES, Kept, Row, kept
from cordee.fhir.subscriptions.notices import (
    EVENT,
    HANDSHAKE,
    HEARTBEAT,
    Event,
    Told,
    event_of,
)
from cordee.fhir.subscriptions.outcomes import Patience
from cordee.fhir.subscriptions.ports import OwnerGone, Owners
from cordee.fhir.subscriptions.registering import set_status
from cordee.fhir.subscriptions.speaking import Voice
from cordee.fhir.subscriptions.waking import Wakes
from cordee.runtime.clock import now
from cordee.runtime.database import AWAY, is_outage

AGENT: Final = Scope("abonnements", None, {"*": "cruds"})
"""Who changes the status of a subscription in its history."""
_IDLE_SECONDS: Final = 1.0
_MARGIN: Final = timedelta(seconds=10)
_BATCHES: Final = 50
"""Messages to one subscriber before the others have their turn."""
_log = structlog.get_logger()


@dataclass(slots=True)
class Deliverer:
    """The deliveries of one process; `most` at once."""

    kernel: Kernel
    owners: Owners
    voice: Voice
    wakes: Wakes
    patience: Patience = field(default_factory=Patience)
    most: int = 32
    margin: timedelta = _MARGIN
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _leases: dict[str, datetime] = field(default_factory=dict)
    _failing: int = 0

    async def run(self) -> None:
        """Delivers until cancelled; a database that is away is waited for."""
        try:
            while True:
                seen = self.wakes.count
                try:
                    await self.step()
                except AWAY as error:
                    if not is_outage(error):
                        _log.exception("subscriptions_not_due", kind=type(error).__name__)
                await self.wakes.wait(seen, _IDLE_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._hand_back()

    async def step(self) -> int:
        """Takes what is due, as far as there is room; how many subscriptions that were."""
        room = self.most - len(self._tasks)
        if room <= 0:
            return 0
        failing = max(0, min(room, self.most // 2 - self._failing))
        async with self.kernel.database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["lease"], self.margin, room, failing)
        for row in rows:
            self._failing += row["tries"] > 0
            task = asyncio.create_task(self._serve(row))
            self._tasks.add(task)
            task.add_done_callback(self._done)
            task.add_done_callback(lambda _, was=row["tries"] > 0: self._count_down(was))
        return len(rows)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.wakes.tell()

    def _count_down(self, was_failing: bool) -> None:
        self._failing -= was_failing

    async def _serve(self, row: Row) -> None:
        """All that there is to do for one subscription, for now."""
        try:
            one = kept(row)
            current: Kept | None = one
            self._leases[one.id] = one.row["leased"]
            for _ in range(_BATCHES):
                if current is None or not await self._turn(current):
                    break
                current = await self._extended(current)
            if current is not None:
                await self._release(current)
            self._leases.pop(one.id, None)
        except AWAY as error:
            if not is_outage(error):
                _log.exception("subscription_not_served", kind=type(error).__name__)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Its lease ends by itself: it is tried again then, and nobody else waits for it.
            _log.exception("subscription_failed", subscription=row["id"], kind=type(error).__name__)

    async def _turn(self, one: Kept) -> bool:
        """One step of one subscription; whether there may be more to do at once."""
        moment = now()
        if one.definition.ends is not None and one.definition.ends <= moment:
            await self._end(one, "")
            return False
        try:
            scope = await self.owners.scope(one.told)
        except OwnerGone:
            await self._end(one, "owner-gone")
            return False
        if one.row["status"] == REQUESTED:
            return await self._greet(one)
        if one.row["status"] != ACTIVE or one.definition.is_pulled:
            return False
        events = await self._waiting(one)
        if events:
            return await self._tell(one, scope, events)
        return await self._beat(one, moment)

    async def _greet(self, one: Kept) -> bool:
        """The handshake; any error of it ends in `error`. Rule: backport, channels."""
        if one.definition.form == TOPIC and not one.definition.is_pulled:
            try:
                await self.voice.say(one, HANDSHAKE)
            except Failed as failed:
                await set_status(self.kernel, AGENT, one.id, ERROR, f"handshake: {failed.reason}")
                return False
        await self._advance(one, one.row["settled"], heard=True)
        await set_status(self.kernel, AGENT, one.id, ACTIVE)
        return True

    async def _beat(self, one: Kept, moment: datetime) -> bool:
        """The heartbeat, where one was asked for and is due."""
        period = one.definition.heartbeat
        spoken = one.row["spoken"] or one.row["made"]
        if not period or moment - spoken < timedelta(seconds=period):
            return False
        try:
            await self.voice.say(one, HEARTBEAT)
        except Failed as failed:
            await self._failed(one, failed, ())
            return False
        await self._advance(one, one.row["settled"], heard=True)
        return False

    async def _tell(self, one: Kept, scope: Scope, events: Sequence[Event]) -> bool:
        told, dropped = await judged(
            self.kernel, scope, one.definition, events, one.definition.content
        )
        if told:
            try:
                await self.voice.say(one, EVENT, told)
            except Failed as failed:
                await self._settle(one, (), dropped)
                return await self._failed(one, failed, told)
        await self._settle(one, told, dropped)
        await self._advance(one, events[-1].n, heard=bool(told))
        return True

    async def _failed(self, one: Kept, failed: Failed, told: Sequence[Told]) -> bool:
        """Later again, or given up: then a person sends it again, and the owner is told so."""
        row = one.row
        async with self.kernel.database.write.acquire() as connection:
            if not self.patience.is_over(failed, row["tries"], row["failing"], now()):
                pause = self.patience.pause(row["tries"])
                await connection.execute(QUERIES["fail"], one.id, one.lease, pause)
                return False
            numbers = [each.event.n for each in told]
            await connection.execute(QUERIES["give_up"], one.id, failed.reason, numbers)
        _log.warning("subscription_given_up", subscription=one.id, reason=failed.reason)
        status = OFF if failed.is_gone else ERROR
        await set_status(self.kernel, AGENT, one.id, status, failed.reason)
        return False

    async def _end(self, one: Kept, reason: str) -> None:
        await set_status(self.kernel, AGENT, one.id, OFF, reason)

    async def _waiting(self, one: Kept) -> list[Event]:
        values = (one.id, one.definition.at_once)
        async with self.kernel.database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["waiting"], *values)
        if not rows and one.row["events"] > one.row["settled"]:
            # What is left was settled before: by a replay, or given up.
            await self._advance(one, one.row["events"], heard=False)
        return [event_of(row) for row in rows]

    async def _settle(self, one: Kept, told: Sequence[Told], dropped: Sequence[Event]) -> None:
        rows = [(each.event.n, "sent", "") for each in told]
        rows += [(each.n, "dropped", NO_RIGHT) for each in dropped]
        if rows:
            async with self.kernel.database.write.acquire() as connection:
                await connection.execute(
                    QUERIES["settle_events"], one.id, *map(list, zip(*rows, strict=True))
                )

    async def _advance(self, one: Kept, upto: int, *, heard: bool) -> None:
        values = (one.id, one.lease, one.row["settled"], upto, heard)
        async with self.kernel.database.write.acquire() as connection:
            await connection.execute(QUERIES["advance"], *values)

    async def _extended(self, one: Kept) -> Kept | None:
        """The subscription as it stands now, still ours; None when another process has it."""
        async with self.kernel.database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["extend"], one.id, one.lease, self.margin)
        if row:
            self._leases[one.id] = row["leased"]
        return kept(row) if row else None

    async def _hand_back(self) -> None:
        """What this process was at is free for others, where the base can still be told."""
        if not self._leases:
            return
        with contextlib.suppress(*AWAY):
            async with self.kernel.database.write.acquire() as connection:
                columns = (list(self._leases), list(self._leases.values()))
                await connection.execute(QUERIES["hand_back"], *columns)

    async def _release(self, one: Kept) -> None:
        async with self.kernel.database.write.acquire() as connection:
            await connection.execute(QUERIES["release"], one.id, one.lease)
