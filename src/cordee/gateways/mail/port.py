"""What e-mail needs from outside: something that takes a letter over, or says why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cordee.runtime.errors import RuleBroken


class MailRefused(RuleBroken):
    """The server refuses this letter for good: sending it again would not help.

    The message names no address and no word of the letter; `code` is the answer's number.
    """

    def __init__(self, code: int) -> None:
        """`code` is that of SMTP, 0 where the address itself is none."""
        super().__init__(f"the mail server refuses the letter for good (SMTP {code})")
        self.code = code


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a letter."""

    name: str
    media: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one address. `number` makes its Message-ID: the same each time it is sent."""

    to: str
    subject: str
    text: str = field(repr=False)
    number: str = ""
    attachments: Sequence[Attachment] = ()
    sender: str = ""


class Mailer(Protocol):
    """Hands letters to a server."""

    async def send(self, letter: Letter) -> None:
        """Returns once the server has taken the letter over.

        Raises `MailRefused` when it never will, `Unavailable` or `TimedOut` when it may later.
        """
        ...
