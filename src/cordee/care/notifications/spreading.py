"""Events taken out of the outbox, each once: decided, then written down and announced together.

A process takes events under a lease and decides without a transaction open; each is written in its
own. Who dies in the middle leaves the event to another when the lease ends. Decision 0051.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import structlog

from cordee.care.notifications.digests import next_digest
from cordee.care.notifications.kinds import kind_of
from cordee.care.notifications.notify import Decided, Line, Notifier, Told, Wish
from cordee.care.notifications.outbox import Event, tell
from cordee.care.notifications.ports import Around
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database, is_outage
from cordee.runtime.queries import load_queries

QUERIES = load_queries("cordee.care.notifications")
PATIENCE: Final = timedelta(hours=2)
"""How long an urgent event may stay unread before somebody else is told. Rule: B2.12."""
MOST: Final = 20
_LEASE: Final = timedelta(seconds=10)
SCREEN: Final = "screen"


class Spreading:
    """Takes events and tells of them."""

    def __init__(self, database: Database, notifier: Notifier, keys: Callable[[str], int]) -> None:
        """`keys` hashes user names into the numbers by which inboxes are announced."""
        self._database = database
        self._notifier = notifier
        self._keys = keys

    async def spread_due(self) -> int:
        """Tells of what waits, at most some events; how many."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["take_events"], MOST, _LEASE)
        events = [told_of(row, row["n"]) for row in rows]
        decided = await asyncio.gather(
            *(self._decide(one) for one in events), return_exceptions=True
        )
        for event, one in zip(events, decided, strict=True):
            if isinstance(one, BaseException):
                _left(event, one)
            else:
                await self._tell(event, one)
        return len(rows)

    async def _tell(self, event: Told, decided: Decided) -> None:
        """Writes what was decided of an event, unless another process has."""
        try:
            async with self._database.transaction() as connection:
                if await connection.fetchval(QUERIES["spread"], event.n) is not None:
                    await self._write(connection, event, decided)
        except Exception as error:  # the others do not wait for it
            _left(event, error)

    async def _decide(self, event: Told) -> Decided:
        around = await self._notifier.around(event)
        behind = await self._notifier.people(event, around)
        wishes = await self._wishes(event, around, behind)
        return await self._notifier.decide(event, around, behind, wishes)

    async def _wishes(self, event: Told, around: Around, behind: Any) -> Sequence[Wish]:
        people = {one.user for group in behind.values() for one in group}
        structures = [one for one in {*behind, *around.everyone} if one.startswith("Organization/")]
        values = (
            list(people), structures, event.patient, event.place, event.kind, clock.now()
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["followings_for"], *values)
        return [
            Wish(
                row["n"], row["person"], row["structure"], row["patient"], row["place"],
                row["channel"], row["wanted"], row["at_once"],
            )
            for row in rows
        ]  # fmt: skip

    async def _write(self, connection: Connection, event: Told, decided: Decided) -> None:
        now = clock.now()
        lines = decided.lines
        if lines:
            rows = await connection.fetch(
                QUERIES["notify"], [event.n] * len(lines), [one.reader for one in lines],
                [one.structure for one in lines], [one.channel for one in lines],
                [one.rule for one in lines], [one.bare for one in lines],
                [_due(one, event, now) for one in lines],
            )  # fmt: skip
            readers = {row["reader"] for row in rows if row["channel"] == SCREEN}
            await announce(connection, self._keys, readers)
            if event.urgent and not kind_of(event.kind).addressed:
                await connection.execute(QUERIES["wind"], [event.n], now + PATIENCE)
        for call in decided.calls:
            await order_call(connection, event, call.structure, call.callee, call.why)


def _left(event: Told, error: BaseException) -> None:
    """An event that cannot be told now is tried again when its lease ends; an outage is raised."""
    if not isinstance(error, Exception) or is_outage(error):
        raise error
    kind = type(error).__name__
    structlog.get_logger().error("event_not_told", number=event.n, kind=kind)


async def announce(connection: Connection, keys: Callable[[str], int], readers: set[str]) -> None:
    """Says whose inbox has moved, once the transaction is over, without a name."""
    if readers:
        numbers = [keys(reader_key(one)) for one in sorted(readers)]
        await connection.execute(QUERIES["announce"], numbers)


def reader_key(user: str) -> str:
    """The text whose hash stands for somebody's inbox."""
    return f"inbox {user}"


async def order_call(
    connection: Connection, event: Told, structure: str, callee: str, why: str
) -> None:
    """Gives a structure the task to telephone, once, and tells its people."""
    values = (event.n, structure, event.patient, callee, why)
    number = await connection.fetchval(QUERIES["order_call"], *values)
    if number is not None and structure:
        await tell(
            connection,
            Event(
                "to-phone", clock.now(), f"phone-call/{number}", event.patient,
                place=structure, to=(structure,), detail={"call": str(number)},
            ),
        )  # fmt: skip


def _due(line: Line, event: Told, now: datetime) -> datetime | None:
    """When a line leaves: never for a screen, at once for what is urgent, else with the digest."""
    if line.channel == SCREEN:
        return None
    is_digested = line.channel in {"email", "sms"} and not event.urgent and not line.at_once
    return next_digest(now) if is_digested else now


def told_of(row: Any, number: int) -> Told:
    """The event of a row of the outbox, under its number."""
    return Told(
        n=number, kind=row["kind"], at=row["at"], patient=row["patient"], place=row["place"],
        focus=row["focus"], urgent=row["urgent"], to=tuple(row["recipients"]),
        detail=orjson.loads(row["detail"]),
    )  # fmt: skip
