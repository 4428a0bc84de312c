"""Threads as their members read them.

A thread is its members' alone; one that is bound to a patient opens while the reader sees the
patient, asked of the guard each time, which traces it. For anybody else there is nothing. B1.5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.messaging.facts import (
    Line,
    Member,
    Message,
    Thread,
    file_part,
    line_of,
    member_of,
    message_of,
    part_of,
    thread_of,
    who_of,
)
from cordee.care.messaging.sealing import bytes_of, text_of
from cordee.care.record.query import plain
from cordee.care.store import Resource, Store
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Deleted, NotFound
from cordee.runtime.queries import load_queries

QUERIES = load_queries("cordee.care.messaging")
_MOST_THREADS: Final = 200
_MOST_MESSAGES: Final = 300
_MOST_SEARCHED: Final = 3000
_MOST_FOUND: Final = 50


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of a message."""

    media: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A message that holds what was looked for."""

    thread: Thread
    n: int
    at: datetime
    name: str
    words: str


class Reading:
    """What members read of threads."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` reads patients through the guard."""
        self._database = database
        self._store = store

    async def threads(
        self, principal: Principal, at: datetime, patient: str | None = None
    ) -> tuple[tuple[Line, ...], Mapping[str, Resource]]:
        """Threads of the signed-in professional, the last moved first, and their patients.

        What is listed counts as delivered. Threads of patients who are not seen are left out.
        """
        who = who_of(principal)
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(
                QUERIES["threads"], list(who.entities), who.person, patient, _MOST_THREADS
            )
            members = await _members(connection, [row["id"] for row in rows])
        seen = await self.patients(principal, {row["patient"] for row in rows} - {""})
        shown = [row for row in rows if not row["patient"] or row["patient"] in seen]
        async with self._database.write.acquire() as connection:
            await connection.execute(QUERIES["deliver"], [r["id"] for r in shown], who.person, at)
        return tuple(line_of(row, members.get(row["id"], ())) for row in shown), seen

    async def patients(
        self, principal: Principal, numbers: Iterable[str]
    ) -> Mapping[str, Resource]:
        """Patients whom the caller sees, by id, asked and traced at once."""
        wanted = sorted(numbers)
        if not wanted:
            return {}
        criteria = f"_id={','.join(wanted)}&_count={len(wanted)}"
        found = await self._store.search(principal, "Patient", criteria)
        return {str(one["id"]): one for one in found}

    async def thread(self, principal: Principal, number: UUID) -> Thread:
        """A thread of which the caller is a member; raises `NotFound` for any other."""
        thread = await self.own(principal, number)
        if thread.patient:
            try:
                await self._store.read(principal, "Patient", thread.patient)
            except Deleted as error:
                raise NotFound("there is no such thread") from error
        return thread

    async def own(self, principal: Principal, number: UUID) -> Thread:
        """The same without asking for the patient: for who asks the guard by themselves."""
        who = who_of(principal)
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["thread_of"], number, list(who.entities))
            if row is None:
                raise NotFound("there is no such thread")
            members = await _members(connection, [number])
        return thread_of(row, members.get(number, ()))

    async def messages(self, thread: Thread, after: int = 0) -> tuple[Message, ...]:
        """Messages of a thread that was opened before, in their order, after a number."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["messages"], thread.id, after, _MOST_MESSAGES)
        return tuple(message_of(row, thread.id) for row in rows)

    async def read(self, principal: Principal, thread: Thread, up_to: int, at: datetime) -> int:
        """Keeps that the caller has these on their screen; how many were new to them."""
        who = who_of(principal)
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["read_up_to"], thread.id, up_to, who.person, at)
            if rows:
                read = [row["message"] for row in rows]
                await connection.execute(QUERIES["stop_clocks"], read, at)
                # Who wrote is shown the receipt: it is one more thing that happened in the thread.
                await connection.fetchval(QUERIES["next_place"], thread.id, at)
        return len(rows)

    async def links(self, thread: Thread) -> tuple[Mapping[str, Any], ...]:
        """What the messages of a thread led to."""
        async with self._database.write.acquire() as connection:
            return tuple(dict(row) for row in await connection.fetch(QUERIES["links"], thread.id))

    async def is_muted(self, principal: Principal, thread: Thread) -> bool:
        """Whether the caller wants to hear of urgent and of mentions alone."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["mutes"], thread.id)
        return who_of(principal).person in {row["reader"] for row in rows}

    async def file(self, principal: Principal, number: UUID, message: int, place: int) -> Opened:
        """A file of a message; raises `NotFound` for what the caller does not see."""
        thread = await self.thread(principal, number)
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["file"], thread.id, message, place)
        if row is None:
            raise NotFound("there is no such file")
        part = file_part(row["key"], place)
        name = text_of(row["name"], thread.id, f"{part}/name")
        content = await asyncio.to_thread(bytes_of, row["content"], thread.id, part)
        return Opened(row["media"], name, content)

    async def search(self, principal: Principal, typed: str, at: datetime) -> tuple[Found, ...]:
        """Messages of the caller's threads that hold all the words, the newest first.

        Texts are sealed: the last ones are opened and looked through here.
        """
        words = plain(typed).split()
        if not words:
            return ()
        lines, _seen = await self.threads(principal, at)
        threads = {one.thread.id: one.thread for one in lines}
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["to_search"], list(threads), _MOST_SEARCHED)
        return await asyncio.to_thread(_matching, rows, threads, words)

    async def changes(self, numbers: Sequence[UUID]) -> Mapping[UUID, int]:
        """The number of the last thing that happened in threads."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["changes"], list(numbers))
        return {row["id"]: row["changes"] for row in rows}


async def _members(
    connection: Connection, threads: Sequence[UUID]
) -> dict[UUID, tuple[Member, ...]]:
    found: dict[UUID, list[Member]] = {}
    for row in await connection.fetch(QUERIES["members"], list(threads)):
        found.setdefault(row["thread"], []).append(member_of(row))
    return {thread: tuple(members) for thread, members in found.items()}


def _matching(
    rows: Sequence[Mapping[str, Any]], threads: Mapping[UUID, Thread], words: Sequence[str]
) -> tuple[Found, ...]:
    found: list[Found] = []
    for row in rows:
        text = text_of(row["words"], row["thread"], part_of(row["key"]))
        folded = plain(text)
        if all(word in folded for word in words):
            thread = threads[row["thread"]]
            found.append(Found(thread, row["n"], row["at"], row["name"] or "", text))
            if len(found) >= _MOST_FOUND:
                break
    return tuple(found)
