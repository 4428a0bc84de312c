"""What overflow needs of the floor of a centre, and of the wires between centres."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from cordee.care.overflow.eligibility import Waiting
from cordee.care.overflow.quality import Followed
from cordee.care.overflow.saturation import Load
from cordee.runtime.database import Connection


class Standing(StrEnum):
    """What a centre does with a call of its own or one that it holds for another."""

    WAITING = "waiting"
    ANSWERED = "answered"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message between two centres: of an episode, or of a transfer when `transfer` is set.

    It may come twice, late, out of order or never. No patient value is in it: the case itself goes
    with the adapter (in one base it is there already, over the Hub as an RS-EDA before the voice).
    """

    sender: str
    recipient: str
    kind: str
    episode: UUID
    transfer: UUID | None = None
    call: UUID | None = None
    since: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class Floor(Protocol):
    """The queue of calls of the centres of this installation, in the caller's transaction.

    Each act answers whether it was done: False says that a person was quicker.
    """

    async def load(self, connection: Connection, centre: str) -> Load:
        """How full a centre is now."""
        ...

    async def waiting(self, connection: Connection, centre: str) -> Sequence[Waiting]:
        """The calls that nobody has answered, and those that wait for a regulator."""
        ...

    async def presented(self, connection: Connection, centre: str, since: datetime) -> int:
        """How many calls that were not P0 waited at a moment or came after it."""
        ...

    async def followed(
        self, connection: Connection, centre: str, period: tuple[datetime, datetime],
        moved: Collection[UUID],
    ) -> Sequence[Followed]:  # fmt: skip
        """Calls that rang at a centre in a period and were no P0, and the moved ones whenever."""
        ...

    async def standing(
        self, connection: Connection, centre: str, calls: Collection[UUID]
    ) -> Mapping[UUID, Standing]:
        """What a centre does with calls; those that it does not have are left out."""
        ...

    async def hide(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> bool:
        """Takes a call out of what may be answered; it stays on top, listed as under way."""
        ...

    async def restore(
        self, connection: Connection, centre: str, call: UUID, transfer: UUID
    ) -> bool:
        """Puts a call back on top, with its true time of waiting, having changed centre once."""
        ...

    async def drop(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> bool:
        """Takes out a call that was taken back by voice and that the neighbour had answered."""
        ...

    async def enqueue(
        self, connection: Connection, centre: str, origin: str, call: Waiting, transfer: UUID
    ) -> bool:
        """Makes a call of another centre answerable here, with the time since which it waits."""
        ...

    async def release(
        self, connection: Connection, centre: str, call: UUID, transfer: UUID, *, answered: bool
    ) -> bool:
        """Takes a call of another centre out of the queue; with `answered` one on the line too."""
        ...

    async def part(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> None:
        """Ends the line of a call that the neighbour is known to have."""
        ...

    async def close(self, connection: Connection, centre: str, call: UUID, transfer: UUID) -> None:
        """Notes that the neighbour has finished a call."""
        ...


class Transport(Protocol):
    """The wires: at least once, in no order. Two adapters: a queue in the base, and the Hub."""

    async def send(self, connection: Connection, letters: Sequence[Letter]) -> None:
        """Hands letters over in the transaction of the step that says them."""
        ...


class Wires(Transport, Protocol):
    """Wires that are asked for what came in; the others call `Engine.receive` themselves."""

    async def away(self) -> Collection[str]:
        """The centres of other installations that the wires reach."""
        ...

    async def collect(self, connection: Connection, centre: str, most: int) -> Sequence[Letter]:
        """The next letters for a centre; they are there again when the transaction fails."""
        ...
