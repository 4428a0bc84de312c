"""What threads, messages and their receipts are, as rows say it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.messaging.sealing import text_of
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied

LONGEST: Final = 4000
"""Characters of a message."""
HOURS: Final = (1, 2, 4, 24)
"""Delays within which an answer may be asked for."""


@dataclass(frozen=True, slots=True)
class Who:
    """As whom somebody reads and writes: themselves, and the structure where they work."""

    person: str
    entities: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody, or a structure, in a thread."""

    reference: str
    name: str
    outside: bool
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread with its members; `changes` is the number of the last thing written in it."""

    id: UUID
    patient: str
    subject: str
    made: datetime
    made_by: str
    changes: int
    moved: datetime
    members: tuple[Member, ...] = ()

    @property
    def present(self) -> tuple[Member, ...]:
        """Members who have not left."""
        return tuple(one for one in self.members if one.until is None)


@dataclass(frozen=True, slots=True)
class Line:
    """A thread in a list: its last words, how many are unread, whether one expects an answer."""

    thread: Thread
    unread: int
    urgent: bool
    muted: bool
    at: datetime | None
    author: str
    words: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message, without its content."""

    place: int
    media: str
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message with one reader."""

    reader: str
    delivered: datetime
    read: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message; its words and files are empty once it was taken back."""

    n: int
    place: int
    at: datetime
    author: str
    name: str
    role: str
    words: str
    files: tuple[File, ...]
    receipts: tuple[Receipt, ...]
    mentions: tuple[str, ...]
    withdrawn: datetime | None
    hours: int | None
    due: datetime | None
    stage: str


def part_of(key: UUID) -> str:
    """The part of a thread that the words of a message are sealed for."""
    return f"message/{key}"


def file_part(key: UUID, place: int) -> str:
    """The part of a thread that a file is sealed for."""
    return f"file/{key}/{place}"


def who_of(principal: Principal) -> Who:
    """As whom a professional reads; raises `AccessDenied` for anybody else."""
    if not principal.practitioner.startswith("Practitioner/") or principal.is_system:
        raise AccessDenied("only professionals write to each other here")
    entities = tuple(one for one in (principal.practitioner, principal.structure) if one)
    return Who(principal.practitioner, entities, principal.name)


def thread_of(row: Mapping[str, Any], members: tuple[Member, ...] = ()) -> Thread:
    """A row of `thread`."""
    return Thread(
        row["id"], row["patient"], text_of(row["subject"], row["id"], "subject"), row["made"],
        row["made_by"], row["changes"], row["moved"], members,
    )  # fmt: skip


def member_of(row: Mapping[str, Any]) -> Member:
    """A row of `thread_member`."""
    return Member(row["member"], row["name"], row["outside"], row["until"])


def line_of(row: Mapping[str, Any], members: tuple[Member, ...]) -> Line:
    """A row of the list of threads."""
    kept = row["words"]
    words = (
        "" if kept is None or row["withdrawn"] else text_of(kept, row["id"], part_of(row["key"]))
    )
    return Line(
        thread_of(row, members), row["unread"], row["urgent"], row["muted"], row["at"],
        row["author"] or "", words,
    )  # fmt: skip


def message_of(row: Mapping[str, Any], thread: UUID) -> Message:
    """A row of `message` with what hangs on it."""
    gone = row["withdrawn"]
    files = orjson.loads(row["files"] or "[]") if gone is None else []
    receipts = orjson.loads(row["receipts"] or "[]")
    return Message(
        row["n"], row["place"], row["at"], row["author"], row["name"] or "", row["role"] or "",
        "" if gone else text_of(row["words"], thread, part_of(row["key"])),
        tuple(_file(one, thread, row["key"]) for one in files),
        tuple(
            Receipt(one["reader"], _moment(one["delivered"]), _moment(one["read"]))
            for one in receipts
        ),
        tuple(row["mentions"]), gone, row["hours"], row["due"], row["stage"] or "",
    )  # fmt: skip


def _file(one: Mapping[str, Any], thread: UUID, key: UUID) -> File:
    name = text_of(base64.b64decode(one["name"]), thread, f"{file_part(key, one['place'])}/name")
    return File(one["place"], one["media"], one["size"], name)


def _moment(text: str | None) -> Any:
    return datetime.fromisoformat(text) if text else None
