"""What somebody was told, as they may read it now; its states, with their history.

The text is never stored: each time, what an event is about is read anew through the guard in the
name of who looks. What was closed since is shown as closed, without its kind nor its patient.
Rules: B2.5, B2.9.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import orjson

from cordee.care.notifications.notify import BARE
from cordee.care.notifications.ports import Reading, Resource
from cordee.care.notifications.spreading import QUERIES, announce, reader_key
from cordee.care.notifications.states import State, check_step, former
from cordee.identity.principal import Principal
from cordee.runtime.batching import Batches
from cordee.runtime.database import Database
from cordee.runtime.errors import NotFound

PAGE: Final = 30
_MOST_TOGETHER: Final = 500
_LOOK_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which notifications: none of it speaks of a patient."""

    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    urgent: bool | None = None
    since: datetime | None = None

    @property
    def tells_kind(self) -> bool:
        """Whether being listed would tell of what sort something is."""
        return bool(self.kinds) or self.urgent is not None


@dataclass(frozen=True, slots=True)
class Item:
    """One notification as its reader may see it now; `is_closed`: nothing of it is theirs any more.

    `patient`, `focus`, `place` are empty where the reader may not read them, or there is none.
    """

    n: int
    event: int
    kind: str
    at: datetime
    made: datetime
    changed: datetime
    state: State
    rule: str
    urgent: bool
    is_closed: bool
    patient_reference: str = ""
    focus_reference: str = ""
    place_reference: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    patient: Resource = field(default_factory=dict)
    focus: Resource = field(default_factory=dict)
    place: Resource = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One state that a notification was in."""

    at: datetime
    state: State
    by: str
    via: str
    code: str


@dataclass(frozen=True, slots=True)
class Link:
    """One reader of the chain of an event: who, how, how far; `is_relay` after it was not read."""

    reader: str
    channel: str
    rule: str
    state: State
    made: datetime
    changed: datetime
    is_relay: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Who was told of an event; the clock: when it is due, "" or why it stopped."""

    links: tuple[Link, ...]
    due: datetime | None = None
    stopped: str = ""


class Waiter(Protocol):
    """Wakes when something came."""

    async def wait(self, seconds: float) -> bool:
        """Whether it came within some seconds."""
        ...


class Announcements(Protocol):
    """Says when an inbox moves."""

    def waiter(self, *numbers: int) -> AbstractContextManager[Waiter]:
        """A waiter for the numbers of some inboxes."""
        ...


class Inbox:
    """The inboxes of one installation."""

    def __init__(
        self,
        database: Database,
        reading: Reading,
        keys: Callable[[str], int],
        announcements: Announcements,
    ) -> None:
        """`keys` hashes user names, as `Spreading` does."""
        self._database = database
        self._reading = reading
        self._keys = keys
        self._announcements = announcements
        self._counts: Batches[str, int] = Batches(self._count_many, most=_MOST_TOGETHER)
        self._shown: Batches[str, None] = Batches(self._shown_live, most=_MOST_TOGETHER)

    async def page(
        self, principal: Principal, wanted: Filter, before: int | None = None, most: int = PAGE
    ) -> list[Item]:
        """What somebody was told, the newest first; what is closed is left out under a filter."""
        values = (
            principal.user, list(wanted.states) or None, list(wanted.kinds) or None, wanted.urgent,
            wanted.since, before, most,
        )  # fmt: skip
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["inbox"], *values)
        items = await self._items(principal, rows)
        return [one for one in items if not (one.is_closed and wanted.tells_kind)]

    async def one(self, principal: Principal, number: int) -> Item:
        """One notification of somebody; raises `NotFound` for another's."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["one_of_inbox"], principal.user, number)
        if not rows:
            raise NotFound("there is no such notification")
        return (await self._items(principal, rows))[0]

    async def steps(self, item: Item) -> list[Step]:
        """Each state that it was in."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["steps_of"], item.n)
        return [
            Step(row["at"], State(row["state"]), row["by"], row["via"], row["code"]) for row in rows
        ]

    async def chain(self, item: Item) -> Chain:
        """Who was told of the same event; nobody where it is closed to who asks."""
        if item.is_closed:
            return Chain(())
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["chain_of"], item.event)
            ticking = await connection.fetchrow(QUERIES["clock_of"], item.event)
        links = tuple(
            Link(
                row["reader"], row["channel"], row["rule"], State(row["state"]), row["made"],
                row["changed"], row["event"] != item.event,
            )
            for row in rows
        )  # fmt: skip
        if ticking is None:
            return Chain(links)
        return Chain(links, ticking["due"], ticking["stopped"])

    async def unread(self, user: str) -> int:
        """How many are not read."""
        return await self._counts.add(user)

    async def open(self, principal: Principal, number: int) -> Item:
        """One notification that its reader opens: it is read from now on, unless accused."""
        item = await self.one(principal, number)
        if await self._set(principal, [number], State.READ, "screen"):
            item = await self.one(principal, number)
        return item

    async def set_state(
        self, principal: Principal, number: int, state: State, via: str = "screen"
    ) -> None:
        """Moves one of somebody's notifications; raises `NotFound`, or `Conflict` as `states`."""
        item = await self.one(principal, number)
        if item.state is state:
            return
        check_step(item.state.value, state)
        await self._set(principal, [number], state, via)

    async def read_all(self, principal: Principal, wanted: Filter, upto: int) -> None:
        """All that a filter shows, up to the newest one that was on the page, is read."""
        values = (principal.user, list(wanted.kinds) or None, wanted.urgent, upto, principal.user)
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["read_all"], *values)
            await announce(connection, self._keys, {principal.user})

    async def counts(self, user: str) -> AsyncIterator[int]:
        """How many are not read: now, then whenever the inbox moves.

        What the screen has been told of counts as delivered once the caller comes back for more.
        """
        with self._announcements.waiter(self.number_of(user)) as moved:
            known = -1
            came = True
            while True:
                count = await self.unread(user)
                if came or count != known:
                    known = count
                    yield count
                    await self._shown.add(user)
                came = await moved.wait(_LOOK_SECONDS)

    def number_of(self, user: str) -> int:
        """The number by which the inbox of somebody is announced."""
        return self._keys(reader_key(user))

    async def _set(
        self, principal: Principal, numbers: Sequence[int], state: State, via: str
    ) -> bool:
        values = (
            principal.user, list(numbers), state.value, list(former(state)), principal.user, via,
        )  # fmt: skip
        async with self._database.transaction() as connection:
            moved = await connection.fetch(QUERIES["set_state"], *values)
            if moved:
                await announce(connection, self._keys, {principal.user})
        return bool(moved)

    async def _items(self, principal: Principal, rows: Sequence[Any]) -> list[Item]:
        wanted = {row[name] for row in rows for name in ("patient", "focus", "place")} - {""}
        shown = await self._reading.shown(principal, wanted) if wanted else {}
        return [_item(row, shown) for row in rows]

    async def _count_many(self, users: list[str]) -> Sequence[int]:
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["unread_counts"], _each(users))
        counts = {row["reader"]: row["count"] for row in rows}
        return [counts[one] for one in users]

    async def _shown_live(self, users: list[str]) -> Sequence[None]:
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["delivered_live"], _each(users), "live")
        return [None] * len(users)


def _each(users: Collection[str]) -> list[str]:
    return list(dict.fromkeys(users))


def _item(row: Any, shown: Mapping[str, Resource]) -> Item:
    about = row["focus"] or row["patient"]
    is_open = not about or about in shown
    known = row["kind"] in BARE
    return Item(
        n=row["n"], event=row["event"], kind=row["kind"] if is_open or known else "", at=row["at"],
        made=row["made"], changed=row["changed"], state=State(row["state"]), rule=row["rule"],
        urgent=row["urgent"] and (is_open or known), is_closed=not is_open and not known,
        patient_reference=row["patient"] if row["patient"] in shown and is_open else "",
        focus_reference=row["focus"] if is_open else "",
        place_reference=row["place"] if is_open else "",
        detail=orjson.loads(row["detail"]) if is_open or known else {},
        patient=shown.get(row["patient"], {}) if is_open else {},
        focus=shown.get(row["focus"], {}),
        place=shown.get(row["place"], {}) if is_open else {},
    )  # fmt: skip
