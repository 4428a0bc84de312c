"""What the application tells somebody: that something happened, never a word of health.

Written in the transaction of what happened, shown where the person is signed in. Rule: A3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.access.registers")


class What(StrEnum):
    """What happened."""

    GLASS_OPENED = "glass-opened"
    GLASS_REVIEWED = "glass-reviewed"
    CONTEST_ANSWERED = "contest-answered"
    DEFERRAL_SOON = "deferral-soon"
    DEFERRAL_ENDED = "deferral-ended"
    MANDATE_TAKEN = "mandate-taken"
    MANDATE_ENDED = "mandate-ended"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: `recipient` is Patient/id, Practitioner/id or a login; `about` says which row."""

    recipient: str
    what: What
    patient: str
    about: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notice under its number; `words` are the motive of a glass, where it is about one."""

    n: int
    at: datetime
    what: str
    patient: str
    about: str
    words: str
    who: str
    structure: str
    justified: bool | None


async def tell(connection: Connection, notice: Notice, at: datetime) -> None:
    """Keeps a notice; the same one twice is told once."""
    await connection.execute(
        _QUERIES["tell"], at, notice.recipient, notice.what, notice.patient, notice.about
    )


async def unread(connection: Connection, recipients: list[str], most: int = 20) -> tuple[Told, ...]:
    """What somebody has not read yet, the newest first."""
    rows = await connection.fetch(_QUERIES["unread"], recipients, most)
    return tuple(Told(**dict(row)) for row in rows)


async def read(
    connection: Connection, number: int, recipients: list[str], by: str, at: datetime
) -> None:
    """Marks a notice of these recipients as read; another's stays."""
    await connection.execute(_QUERIES["read_notice"], number, recipients, by, at)


async def attending(connection: Connection, patient: str) -> tuple[str, ...]:
    """References of the médecin traitant of a patient (bare id); () when none is named."""
    rows = await connection.fetch(_QUERIES["attending"], patient)
    return tuple(row["reference"] for row in rows)
