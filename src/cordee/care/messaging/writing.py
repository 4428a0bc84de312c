"""Start a thread, write in it, take back, bring somebody in, leave.

A message bears a key of its sender's: the same key is the same message, however often it comes.
Whoever writes takes the next number of the thread under its lock: the database orders. B1.5.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from cordee.access.acting import keep_acting
from cordee.care.documents.ports import Scanner
from cordee.care.messaging.absences import absent
from cordee.care.messaging.choosing import chosen
from cordee.care.messaging.facts import (
    HOURS,
    LONGEST,
    Member,
    Thread,
    Who,
    file_part,
    part_of,
    who_of,
)
from cordee.care.messaging.reading import QUERIES, Reading
from cordee.care.messaging.sealing import Seal
from cordee.care.notifications.outbox import Event, tell
from cordee.care.store import Placed, Store, Write
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, RuleBroken

MEDIA: Final = frozenset({"application/pdf", "image/jpeg", "image/png"})
LARGEST: Final = 10 * 1024 * 1024
MOST_FILES: Final = 3
MOST_MEMBERS: Final = 50
_LONGEST_SUBJECT: Final = 120
_CIVILITY: Final = re.compile(r"^(?:(?:dr|pr|mme|mlle|mr|m)\.? )+")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that came with a message; `media` is what its bytes are, not what was said."""

    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be written: its key, words, files, and within how many hours an answer."""

    key: UUID
    words: str
    files: Sequence[Sent] = field(default_factory=tuple)
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where a message went; `is_new` is False when it had come before."""

    n: int
    place: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Means:
    """What writing needs: `scanner` looks at files, where there is one."""

    database: Database
    store: Store
    seal: Seal
    keys: KeyMaker
    scanner: Scanner | None


class Writing:
    """What members write in threads."""

    def __init__(self, means: Means, reading: Reading) -> None:
        """`reading` says who is in a thread."""
        self._database = means.database
        self._store = means.store
        self._reading = reading
        self._seal = means.seal
        self._keys = means.keys
        self._scanner = means.scanner

    async def start(
        self,
        principal: Principal,
        number: UUID,
        about: tuple[str, str],
        members: Sequence[str],
        at: datetime,
    ) -> UUID:
        """A new thread under this number, about a patient ("" for none) and a subject.

        `members` are references; the directory says their names.

        Raises `NotFound` for a patient who is not seen, `RuleBroken` for what is missing.
        """
        who = who_of(principal)
        patient, subject = about[0], about[1].strip()
        if not 1 <= len(subject) <= _LONGEST_SUBJECT:
            raise RuleBroken(f"Donnez un objet, de {_LONGEST_SUBJECT} caractères au plus.")
        others = [one for one in dict.fromkeys(members) if one != who.person]
        if not others:
            raise RuleBroken("Choisissez au moins une personne ou une structure.")
        if len(others) >= MOST_MEMBERS:
            raise RuleBroken(f"Un fil compte {MOST_MEMBERS} membres au plus.")
        if patient:
            await self._store.read(principal, "Patient", patient)
        people = await chosen(self._store, principal, patient, others, at)
        async with self._database.transaction() as connection:
            acting = await keep_acting(connection, self._keys, principal)
            sealed = self._seal.text(subject, number, "subject")
            made = await connection.fetchval(
                QUERIES["add_thread"], number, patient, sealed, at, who.person, principal.user,
                acting,
            )  # fmt: skip
            if made is not None:
                everybody = [Member(who.person, who.name, False), *people]
                await _add(connection, number, everybody, at, principal.user)
        if made is None:  # it came twice: the first one counts, where it is the caller's
            await self._reading.thread(principal, number)
        return number

    async def write(
        self, principal: Principal, number: UUID, draft: Draft, at: datetime
    ) -> Written:
        """Writes a message, once for its key.

        Raises `NotFound` for who is not in the thread or does not see its patient, `RuleBroken`
        for what cannot be sent, and what the scanner raises.
        """
        thread = await self._reading.thread(principal, number)
        who = who_of(principal)
        _check(draft)
        if self._scanner is not None:
            for one in draft.files:
                await self._scanner.check(one.content)
        sealed = await asyncio.to_thread(self._sealed, number, draft)
        async with self._database.transaction() as connection:
            place: Any = await connection.fetchval(QUERIES["next_place"], number, at)
            known = await connection.fetchrow(
                QUERIES["known_message"], number, who.person, draft.key
            )
            if known is not None:
                return Written(known["n"], known["place"], is_new=False)
            acting = await keep_acting(connection, self._keys, principal)
            mentions = mentioned(draft.words, thread.present)
            n: Any = await connection.fetchval(
                QUERIES["add_message"], number, place, draft.key, at, who.person, principal.user,
                acting, self._seal.text(draft.words.strip(), number, part_of(draft.key)),
                mentions, draft.hours,
            )  # fmt: skip
            for i, (one, name, content) in enumerate(sealed, 1):
                await connection.execute(
                    QUERIES["add_file"], n, i, one.media, len(one.content), name, content
                )
            if draft.hours is not None:
                due = at + timedelta(hours=draft.hours)
                await connection.execute(QUERIES["add_clock"], n, due)
            await _tell(connection, thread, who, (n, draft, mentions), at)
        return Written(n, place, is_new=True)

    async def withdraw(
        self, principal: Principal, number: UUID, message: int, at: datetime
    ) -> None:
        """Takes back a message of the caller's own: "retiré" stands in its place, with who, when.

        Raises `NotFound` for a message that is not theirs.
        """
        thread = await self._reading.thread(principal, number)
        who = who_of(principal)
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["one_message"], thread.id, message)
            if row is None or row["author"] != who.person:
                raise NotFound("there is no such message of yours")
            acting = await keep_acting(connection, self._keys, principal)
            gone = await connection.fetchval(
                QUERIES["withdraw"], message, at, principal.user, acting
            )
            if gone is not None:
                await connection.execute(QUERIES["stop_clocks"], [message], at)
                await connection.fetchval(QUERIES["next_place"], thread.id, at)

    async def add_members(
        self, principal: Principal, number: UUID, members: Sequence[str], at: datetime
    ) -> None:
        """Brings people, by reference, into a thread; they read it from its beginning."""
        thread = await self._reading.thread(principal, number)
        if not members or len(thread.present) + len(members) > MOST_MEMBERS:
            raise RuleBroken(
                f"Choisissez qui vient ; un fil compte {MOST_MEMBERS} membres au plus."
            )
        people = await chosen(self._store, principal, thread.patient, members, at)
        async with self._database.transaction() as connection:
            await _add(connection, thread.id, people, at, principal.user)
            await connection.fetchval(QUERIES["next_place"], thread.id, at)

    async def leave(self, principal: Principal, number: UUID, at: datetime) -> None:
        """The caller is no more in a thread; what they wrote stays."""
        thread = await self._reading.own(principal, number)
        person = who_of(principal).person
        async with self._database.transaction() as connection:
            if await connection.fetchval(QUERIES["end_member"], thread.id, person, at) is None:
                raise RuleBroken("C’est votre structure qui est dans ce fil, pas vous seul.")
            await connection.fetchval(QUERIES["next_place"], thread.id, at)

    async def mute(self, principal: Principal, number: UUID, *, holds: bool) -> None:
        """From now on the caller hears of urgent messages and of mentions alone, or of all."""
        thread = await self._reading.own(principal, number)
        query = QUERIES["mute" if holds else "unmute"]
        async with self._database.write.acquire() as connection:
            await connection.execute(query, thread.id, who_of(principal).person)

    async def make_task(
        self,
        principal: Principal,
        number: UUID,
        message: int,
        what: tuple[str, str, datetime | None],
        at: datetime,
    ) -> str:
        """A task from a message: words, who it is for, until when; its reference.

        Raises `RuleBroken` in a free thread, and for an owner who is not in the thread.
        """
        thread = await self._reading.thread(principal, number)
        words, owner, due = what
        if not thread.patient:
            raise RuleBroken("Une tâche concerne un patient : ce fil est libre.")
        if not words.strip():
            raise RuleBroken("Dites ce qu’il y a à faire.")
        if owner not in {one.reference for one in thread.present}:
            raise RuleBroken("Choisissez quelqu’un du fil.")
        async with self._database.write.acquire() as connection:
            if await connection.fetchrow(QUERIES["one_message"], thread.id, message) is None:
                raise NotFound("there is no such message")
        task = {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "code": {"text": "Demande née d’un message"},
            "description": words.strip(),
            "for": {"reference": f"Patient/{thread.patient}"},
            "authoredOn": at.isoformat(timespec="milliseconds"),
            "requester": {"reference": principal.practitioner},
            "owner": {"reference": owner},
        }
        if due is not None:
            task["restriction"] = {"period": {"end": due.isoformat(timespec="milliseconds")}}

        async def also(connection: Connection, placed: Sequence[Placed]) -> None:
            await self._link(connection, thread, (message, "task", placed[0].reference), principal,
                             at)  # fmt: skip

        return (await self._store.write(principal, [Write(task)], also))[0].reference

    async def note_link(
        self, principal: Principal, thread: Thread, kind: str, reference: str, at: datetime
    ) -> None:
        """Keeps that a thread went into the record as a document."""
        async with self._database.transaction() as connection:
            await self._link(connection, thread, (None, kind, reference), principal, at)

    async def _link(
        self,
        connection: Connection,
        thread: Thread,
        link: tuple[int | None, str, str],
        principal: Principal,
        at: datetime,
    ) -> None:
        await connection.execute(QUERIES["link"], thread.id, *link, at, principal.user)
        await connection.fetchval(QUERIES["next_place"], thread.id, at)

    def _sealed(self, number: UUID, draft: Draft) -> list[tuple[Sent, bytes, bytes]]:
        """Files with their sealed names and contents: ten megabytes would hold up everybody."""
        found: list[tuple[Sent, bytes, bytes]] = []
        for i, one in enumerate(draft.files, 1):
            part = file_part(draft.key, i)
            name = self._seal.text(one.name, number, f"{part}/name")
            found.append((one, name, self._seal.bytes(one.content, number, part)))
        return found


def mentioned(words: str, members: Sequence[Member]) -> list[str]:
    """References of the members whom a text names after an @, by their whole name or first name."""
    folded = words.casefold()
    found: list[str] = []
    for one in members:
        name = _CIVILITY.sub("", one.name.casefold()).strip()
        first = name.partition(" ")[0]
        if name and (f"@{name}" in folded or f"@{first}" in folded.split()):
            found.append(one.reference)
    return found


def new_key() -> UUID:
    """A key for a message that is not written yet."""
    return uuid4()


def _check(draft: Draft) -> None:
    if not draft.words.strip() and not draft.files:
        raise RuleBroken("Écrivez un message, ou joignez un fichier.")
    if len(draft.words) > LONGEST:
        raise RuleBroken(f"Un message compte {LONGEST} caractères au plus.")
    if draft.hours is not None and draft.hours not in HOURS:
        raise RuleBroken("Choisissez un délai de la liste.")
    if len(draft.files) > MOST_FILES:
        raise RuleBroken(f"Joignez {MOST_FILES} fichiers au plus.")
    for one in draft.files:
        if one.media not in MEDIA:
            raise RuleBroken("Joignez une photo (JPEG, PNG) ou un PDF.")
        if not 0 < len(one.content) <= LARGEST:
            raise RuleBroken("Un fichier fait 10 Mo au plus, et n’est pas vide.")


async def _add(
    connection: Connection, number: UUID, members: Sequence[Member], at: datetime, agent: str
) -> None:
    await connection.execute(
        QUERIES["add_members"], number, [one.reference for one in members],
        [one.name for one in members], [one.outside for one in members], at, agent,
    )  # fmt: skip


async def _tell(
    connection: Connection,
    thread: Thread,
    who: Who,
    what: tuple[int, Draft, list[str]],
    at: datetime,
) -> None:
    """Who is told: all others, but who muted the thread; substitutes of who is away if it hurries.

    Nothing of the message leaves: who is told reads it in the thread.
    """
    n, draft, mentions = what
    others = [one.reference for one in thread.present if one.reference != who.person]
    muted = {row["reader"] for row in await connection.fetch(QUERIES["mutes"], thread.id)}
    urgent = draft.hours is not None
    to = [one for one in others if urgent or one in mentions or one not in muted]
    if urgent:
        away = await absent(connection, others, at)
        to += [one.substitute for one in away.values() if one.substitute]
    if to:
        patient = f"Patient/{thread.patient}" if thread.patient else ""
        event = Event(
            "message", at, f"message/{n}", patient, urgent=urgent, to=tuple(dict.fromkeys(to)),
            detail={"thread": str(thread.id)},
        )  # fmt: skip
        await tell(connection, event)
