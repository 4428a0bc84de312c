"""Notifications bound to the rest: what is read off the journal, and the loops of a process."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import orjson
import structlog

from cordee.access.seeing import Seeing
from cordee.app.campaigns import Inviting
from cordee.app.papers import KernelPapers
from cordee.app.people import DemoPeople, LocalPeople
from cordee.app.store import KernelStore, system
from cordee.app.surroundings import (
    AGENT,
    DirectoryMailboxes,
    KernelReading,
    KernelSurroundings,
)
from cordee.app.texting import Texting
from cordee.app.ways import open_ways
from cordee.app.wiring import Parts
from cordee.care.notifications.declaring import INS_SYSTEMS, declared, is_declared, matricule_of
from cordee.care.notifications.delivering import Delivering, Ways
from cordee.care.notifications.deriving import Written, derive, subject_of
from cordee.care.notifications.desk import NotificationDesk
from cordee.care.notifications.escalating import Escalating
from cordee.care.notifications.following import Followings
from cordee.care.notifications.inbox import Inbox
from cordee.care.notifications.latency import Latency
from cordee.care.notifications.notify import Notifier
from cordee.care.notifications.outbox import tell
from cordee.care.notifications.phoning import Phoning
from cordee.care.notifications.ports import Resource
from cordee.care.notifications.spreading import Spreading
from cordee.fhir.store.repository import Version
from cordee.fhir.store.tailing import Changed, Tail, Turn, contents
from cordee.runtime.database import AWAY, is_outage
from cordee.runtime.looping import Loop, kept

CONSUMER: Final = "notifications"
_LOOK_SECONDS: Final = 1.0
_log = structlog.get_logger()
_MATRICULE: Final = re.compile(r"[0-9AB]{13,15}")
_TYPES: Final = frozenset(
    {
        "Appointment", "CommunicationRequest", "DiagnosticReport", "DocumentReference",
        "Encounter", "Flag", "Observation", "Patient",
    }
)  # fmt: skip


class Deriving:
    """Reads events off the journal, each write once, whatever process dies."""

    def __init__(self, parts: Parts, store: KernelStore) -> None:
        """A new installation begins at the present end of its journal."""
        self._tail = Tail(parts.database, CONSUMER)
        self._keys = parts.kernel.keys
        self._store = store

    async def begin(self) -> None:
        """Makes the mark, so that what is written from here on is told."""
        await self._tail.begin()

    async def derive_due(self) -> int:
        """Tells what the next writes tell, in the transaction that moves the mark; how many."""
        async with self._tail.turn() as turn:
            if turn is None or not turn.changes:
                return 0
            for changed in await contents(turn.connection, turn.changes):
                if changed.type in _TYPES:
                    await self._tell(turn, changed)
            return len(turn.changes)

    async def _tell(self, turn: Turn, changed: Changed) -> None:
        written = Written(
            changed.type, changed.id, _body(changed.now), _body(changed.before),
            changed.change.updated,
        )  # fmt: skip
        events = derive(written)
        if is_declared(written.now):
            patient = await self._subject(written.now or {})
            event = declared(written, patient, self._keys)
            events += [event] if event is not None else []
        for event in events:
            try:
                await tell(turn.connection, event)
            except ValueError:  # said before anything is written: the others are told all the same
                _log.warning(
                    "event_not_told", kind=event.kind, type=changed.type, n=changed.change.n
                )

    async def _subject(self, resource: Resource) -> str:
        """The patient of a declared event: by matricule, or by a reference of ours."""
        direct = subject_of(resource)
        if direct:
            return direct
        matricule = matricule_of(resource)
        if not _MATRICULE.fullmatch(matricule):
            return ""
        tokens = [f"{one}|{text}" for one in INS_SYSTEMS for text in {matricule, matricule[:13]}]
        criteria = urlencode({"identifier": ",".join(tokens), "_count": 2})
        found = await self._store.search(system(AGENT), "Patient", criteria)
        return f"Patient/{found[0]['id']}" if len(found) == 1 else ""


def make_people(parts: Parts) -> LocalPeople:
    """Who has an account in this installation."""
    return DemoPeople(parts.database) if parts.settings.demo else LocalPeople(parts.database)


def make_spreading(parts: Parts) -> Spreading:
    """Takes events out of the outbox."""
    store = KernelStore(parts.kernel, parts.guard)
    notifier = Notifier(
        make_people(parts),
        KernelSurroundings(store),
        Seeing(parts.database, parts.guard),
        DirectoryMailboxes(store),
    )
    return Spreading(parts.database, notifier, parts.kernel.keys)


def make_desk(parts: Parts) -> NotificationDesk:
    """What the screens and /fhir show of notifications."""
    store, people = KernelStore(parts.kernel, parts.guard), make_people(parts)
    reading = KernelReading(store)
    return NotificationDesk(
        inbox=Inbox(parts.database, reading, parts.kernel.keys, parts.listener.inboxes),
        followings=make_followings(parts, people),
        phoning=Phoning(parts.database, reading),
        latency=Latency(parts.database),
        people=people,
        reading=reading,
    )


def make_followings(parts: Parts, people: LocalPeople) -> Followings:
    """Subscriptions, and where people are reached."""
    ring = parts.kernel.repository.ring
    if ring is None:
        raise AssertionError("the keys that seal are opened first")
    return Followings(parts.database, people, Seeing(parts.database, parts.guard), ring)


def make_delivering(parts: Parts, ways: Ways) -> Delivering:
    """What leaves the house."""
    store, people = KernelStore(parts.kernel, parts.guard), make_people(parts)
    followings = make_followings(parts, people)
    knowing = (people, KernelReading(store), KernelPapers(parts.kernel, parts.guard))
    return Delivering(parts.database, ways, followings, DirectoryMailboxes(store), knowing)


@contextlib.asynccontextmanager
async def telling(parts: Parts) -> AsyncIterator[None]:
    """The loops of every serving process: they share the work and none waits for another."""
    site = parts.kernel.base.removesuffix("/fhir")
    async with open_ways(parts.settings, site) as ways:
        delivering = make_delivering(parts, ways)
        escalating = Escalating(parts.database, make_people(parts))
        loops: list[Loop] = [
            partial(derive_events, parts),
            partial(spread_events, parts),
            partial(_each_second, delivering.send_due, "notifications_not_sent"),
            partial(_each_second, Texting(parts, ways).send_due, "texts_not_sent"),
            partial(_each_second, Inviting(parts, ways).send_due, "invitations_not_sent"),
            partial(_each_second, escalating.tick, "clocks_not_moved"),
        ]
        tasks = [asyncio.create_task(kept(loop)) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _each_second(work: Callable[[], Any], failed: str) -> None:
    """Looks at durable clocks until cancelled: what came due while nobody ran is done at once."""
    while True:
        await _until_empty(work, failed)
        await asyncio.sleep(_LOOK_SECONDS)


async def derive_events(parts: Parts) -> None:
    """Reads the journal until cancelled, at each of its moves."""
    deriving = Deriving(parts, KernelStore(parts.kernel, parts.guard))
    moved = parts.listener.numbers()
    waiting: asyncio.Task[int] | None = None
    while True:
        await _until_empty(deriving.derive_due, "events_not_derived")
        waiting = waiting or asyncio.ensure_future(_next(moved))
        done, _ = await asyncio.wait({waiting}, timeout=_LOOK_SECONDS)
        waiting = None if done else waiting


async def spread_events(parts: Parts) -> None:
    """Tells of events until cancelled, as soon as they are there."""
    spreading, listener = make_spreading(parts), parts.listener
    with listener.events.waiter(0) as came:
        while True:
            await _until_empty(spreading.spread_due, "events_not_spread")
            await came.wait(_LOOK_SECONDS)


async def _until_empty(work: Callable[[], Any], failed: str) -> None:
    """Works while there is something; a database that is away is waited for."""
    try:
        while await work():
            pass
    except AWAY as error:
        if not is_outage(error):
            structlog.get_logger().warning(failed, reason=type(error).__name__)
        await asyncio.sleep(_LOOK_SECONDS)


async def _next(numbers: Any) -> int:
    return await anext(numbers)


def _body(version: Version | None) -> Resource | None:
    return orjson.loads(version.whole()) if version is not None else None
