"""What the floor asks of a switchboard, and what it hears of it: a port, bound in `app`.

The voice never goes through Cordée: it says who speaks with whom, the switchboard does it. C1.10.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

_SPACE: Final = UUID("6f0f7a52-2f1c-5d0e-9f6e-3c1f5d1c1515")


def notice_words(days: int) -> str:
    """What the announcement says before anybody speaks, with how long the recording is kept."""
    return (
        "Cet appel est enregistré. L’enregistrement sert à la prise en charge et à la preuve ; il "
        f"est gardé {days} jours, et vous pouvez demander à l’entendre."
    )


class Heard(StrEnum):
    """What a switchboard tells of a call."""

    RINGS = "rings"
    ABANDONED = "abandoned"
    NOTICE = "notice"
    """The caller has heard that the call is recorded (CPCE L32-3-1, RGPD article 13)."""
    ANSWERED = "answered"
    REFUSED = "refused"
    TRANSFERRED = "transferred"
    JOINED = "joined"
    """A third person speaks with the two others."""
    LEFT = "left"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LineEvent:
    """Something that happened to a call of the switchboard.

    `number` is the caller's, `line` the number that was dialled, `who` the position or the third
    person that it is about, `reason` why something failed; "" where nothing is to say.
    """

    kind: Heard
    call: str
    at: datetime
    number: str = ""
    line: str = ""
    who: str = ""
    reason: str = ""


class Switchboard(Protocol):
    """A switchboard; positions and third persons are addresses that it knows (`sip:7@...`).

    Each raises `Conflict` for a call that is not there or not in that state, `Unavailable` where
    who is called does not answer: the caller then stays as they were.
    """

    def events(self) -> AsyncIterator[LineEvent]:
        """What happens, in order, until the switchboard is closed."""
        ...

    async def answer(self, call: str, position: str) -> None:
        """Joins a call that rings to a position, after the notice of recording where there is."""
        ...

    async def transfer(self, call: str, position: str) -> None:
        """Gives the caller to another position; the first one is left when that has answered."""
        ...

    async def conference(self, call: str, third: str) -> None:
        """Adds a third person to the two who speak."""
        ...

    async def hang_up(self, call: str) -> None:
        """Ends a call for everybody; one that rings is refused."""
        ...


class Queue(Protocol):
    """The queue of a centre: see `care.regulation.desk.Desk`."""

    async def ring(
        self, centre: str, call: UUID, content: Mapping[str, Any], at: datetime, *, line: str = "15"
    ) -> None:
        """A call rings."""
        ...

    async def end_calls(
        self, centre: str, calls: Collection[UUID], agent: str, at: datetime
    ) -> None:
        """Calls are over."""
        ...


class Noted(Protocol):
    """What happens on the line of a call: see `care.regulation.lines.Lines`."""

    async def note(self, centre: str, call: UUID, event: LineEvent) -> None:
        """Stamps it."""
        ...


class Hearing:
    """What a switchboard tells, written in the queue of its centre."""

    def __init__(self, queue: Queue, centre: str, lines: Noted | None = None) -> None:
        """`centre` is whose switchboard it is; `lines` keeps the notice, who joined, who left."""
        self._queue = queue
        self._centre = centre
        self._lines = lines

    async def take(self, event: LineEvent) -> None:
        """Puts a call that rings in the queue; one that nobody took before it ended is missed."""
        key = key_of(self._centre, event.call)
        if event.kind is Heard.RINGS:
            content = {"number": event.number}
            line = event.line or "15"
            await self._queue.ring(self._centre, key, content, event.at, line=line)
        elif event.kind in {Heard.ENDED, Heard.ABANDONED}:
            await self._queue.end_calls(self._centre, [key], "telephony", event.at)
        elif self._lines is not None:
            await self._lines.note(self._centre, key, event)


def key_of(centre: str, call: str) -> UUID:
    """The id of a call of the switchboard in the queue of its centre: always the same."""
    return uuid5(_SPACE, f"{centre}/{call}")
