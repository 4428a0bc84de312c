"""What notifications need from outside: who stands behind a name, what is open to whom, senders.

Bound in `app/notifications.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cordee.identity.principal import Principal
from cordee.runtime.errors import RuleBroken

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Around:
    """Who is around a patient now, as references.

    `attending` are the declared médecins traitants, `residences` the homes that they live in,
    `files` the DACs that follow them, `circle` all others whom the record names.
    """

    attending: tuple[str, ...] = ()
    residences: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    circle: tuple[str, ...] = ()

    @property
    def everyone(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.attending, *self.residences, *self.files, *self.circle)))


class Surroundings(Protocol):
    """Who is around patients, read by the platform for itself."""

    async def around(self, patient: str) -> Around:
        """Who is around a patient (`Patient/id`); nobody where there is no such patient."""
        ...


class People(Protocol):
    """Who has an account."""

    async def behind(self, references: Collection[str]) -> Mapping[str, Sequence[Principal]]:
        """Who may enter now, by the professional (`Practitioner/…`) or structure they are of."""
        ...

    async def named(self, users: Collection[str]) -> Mapping[str, Principal]:
        """Who may enter now, by user name."""
        ...

    async def relatives(self, patient: str) -> Sequence[Principal]:
        """Who holds a mandate of a patient now, each as what the mandate makes them."""
        ...


class Rights(Protocol):
    """What is open, asked of the guard; nothing is read and nothing given out."""

    async def opens(self, asked: Sequence[tuple[Principal, str]]) -> list[bool]:
        """Whether each person may read what a reference leads to, in one statement a type."""
        ...


class Reading(Protocol):
    """Records through the guard, for what people are told."""

    async def shown(
        self, principal: Principal, references: Collection[str]
    ) -> Mapping[str, Resource]:
        """What somebody may read of some references, traced; the others are missing."""
        ...


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a letter."""

    name: str
    media: str
    data: bytes = field(repr=False)


class Papers(Protocol):
    """The files of documents, as letters carry them."""

    async def files(
        self, principal: Principal, document: Resource, patient: Resource
    ) -> Sequence[File]:
        """The file of a document to be read, and the same with its metadata; () without any.

        `principal` is who will read it. Raises `Unavailable` when it cannot be made now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """Something to hand over once. `number` is the same each time it is tried."""

    address: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    number: str
    body: Resource | None = field(default=None, repr=False)
    files: Sequence[File] = ()


class Refused(RuleBroken):
    """It will never be taken over; `code` says why, without a word of it."""

    def __init__(self, code: str) -> None:
        """`code` is a word of `states.FAILURES`."""
        super().__init__(f"the message was refused for good ({code})")
        self.code = code


class Sender(Protocol):
    """One channel out of the house."""

    async def send(self, message: Message) -> None:
        """Returns once it was taken over.

        Raises `Refused` when it never will be, `Unavailable` or `TimedOut` when it may later.
        """
        ...


class Mailboxes(Protocol):
    """Addresses of the MSSanté."""

    async def address(self, reference: str) -> str:
        """The address of a professional or a structure, "" where none is known."""
        ...
