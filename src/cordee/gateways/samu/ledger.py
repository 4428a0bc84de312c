"""The ledger of what is sent to and received from the Hub: durable, sealed, each message once.

Rule: C2.7 (acknowledged or sent again after 30 seconds, then an alarm; expired and dead-lettered
messages are seen; duplicates are ignored); decision 0079.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import uuid4

import structlog

from cordee.formats.hub import kinds
from cordee.formats.hub.envelope import Addressing, Envelope, make, read, write
from cordee.gateways.samu.errors import FELL, FROM_RECIPIENT, NAMES, code_of, meaning_of, words_of
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database, is_outage
from cordee.runtime.envelopes import Ring, opened
from cordee.runtime.errors import InvalidRequest, NotFound, ProductError, Unavailable
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.gateways.samu")
AGAIN: Final = timedelta(seconds=30)
"""After this long without an acknowledgement a message is sent again, then an alarm is raised."""
LIFE: Final = timedelta(hours=1)
"""How long a message is of use where its sender does not say."""
TO_REPAIR: Final = ("late", "refused", "expired", "dead")
_DISTRIBUTIONS: Final = ("Report", "Update", "Cancel", "Ack", "Error")
_UNANSWERED: Final = frozenset({"Ack", "Error"})
_LATER: Final = timedelta(seconds=5)
_MOST: Final = 50
_LONGEST_REASON: Final = 500
_log = structlog.get_logger("cordee.hub")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._:-]{1,200}")


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is to be published now."""

    n: int
    client: str
    peer: str
    distribution: str
    expires: datetime
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the page of the Hub shows it: without its content."""

    n: int
    direction: str
    client: str
    peer: str
    number: str
    kind: str
    distribution: str
    state: str
    code: int
    reason: str
    tries: int
    due: datetime | None
    expires: datetime
    made: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """How many messages of a client are in a state, and since when the oldest."""

    client: str
    direction: str
    state: str
    number: int
    oldest: datetime


class Ledger:
    """The table of messages of this installation."""

    def __init__(self, database: Database, ring: Callable[[], Ring]) -> None:
        """`ring` gives the keys that seal the messages."""
        self.database = database
        self._ring = ring

    async def send(
        self, connection: Connection, told: Addressing, name: str, body: dict[str, Any]
    ) -> Envelope:
        """Puts a message down to be sent, in the caller's transaction; once by its number."""
        envelope = make(told, name, body)
        await self._put(connection, envelope, "out", told.sender, told.recipient)
        return envelope

    async def receive(self, client: str, envelope: Envelope, reason: str) -> bool:
        """Keeps a message that came, and its acknowledgement to be sent; whether it is new.

        `reason` says why it is refused; empty for a valid one. Both are on the disk at the return.
        """
        now = clock.now()
        async with self.database.transaction() as connection:
            row = await self._put(
                connection, envelope, "in", client, envelope.sender or "?",
                state="refused" if reason else "received", reason=reason,
            )  # fmt: skip
            if row is None:
                await connection.execute(
                    QUERIES["answer_again"], client, envelope.sender, envelope.number, now
                )
                return False
            if not reason and not _is_unanswered(envelope):
                await self._acknowledge(connection, client, envelope)
            return True

    async def lease(self, client: str) -> list[Due]:
        """What is to be published now, with the time at which it is sent again put down."""
        now = clock.now()
        async with self.database.transaction() as connection:
            rows = await connection.fetch(QUERIES["lease"], client, now, now + AGAIN, _MOST)
        return [
            Due(
                row["n"], row["client"], row["peer"], row["distribution"], row["expires"],
                opened(row["content"], _place("out", row["client"], row["number"])),
            )
            for row in sorted(rows, key=itemgetter("n"))
        ]  # fmt: skip

    async def published(self, due: Due) -> None:
        """The broker has it; an acknowledgement and an error are done with that."""
        if due.distribution in _UNANSWERED:
            await self._say("settle", due.n, clock.now())

    async def not_published(self, due: Due) -> None:
        """The broker does not have it: it is tried again in some seconds."""
        now = clock.now()
        await self._say("give_back", due.n, now + _LATER, now)

    async def overdue(self, client: str) -> list[tuple[int, str]]:
        """Raises the alarm for what nobody acknowledged: rows and their new states."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(QUERIES["overdue"], client, clock.now())
        return [(row["n"], row["state"]) for row in rows]

    async def acknowledged(self, client: str, envelope: Envelope) -> None:
        """The recipient has a message of ours."""
        number = str(envelope.body.get("distributionID", ""))
        if not is_plain(number):
            return
        await self._say("acknowledge", client, envelope.sender, number, clock.now())

    async def failed(self, client: str, envelope: Envelope) -> None:
        """The Hub says what became of a message of ours."""
        code, number = _error_of(envelope)
        state, words = meaning_of(code)
        if not is_plain(number):
            return
        await self._say("fail", client, number, state, code, words, clock.now())

    async def refused_by(
        self, connection: Connection, client: str, envelope: Envelope
    ) -> tuple[Envelope, str] | None:
        """Marks a message of ours that its recipient refuses after all; it, and why in words.

        None where there is no such message of ours to this sender: nobody else may refuse it.
        """
        code, number = _error_of(envelope)
        if code not in FROM_RECIPIENT or not is_plain(number):
            return None
        _state, words = meaning_of(code)
        values = (client, envelope.sender, number, code, words, clock.now())
        row = await connection.fetchrow(QUERIES["refuse"], *values)
        if row is None:
            return None
        return read(opened(row["content"], _place("out", client, number))), words

    async def figures(self, since: datetime) -> Sequence[Figure]:
        """How many messages are in which state."""
        async with self.database.steady.acquire() as connection:
            return [
                Figure(**dict(row)) for row in await connection.fetch(QUERIES["figures"], since)
            ]

    async def listed(
        self, states: Sequence[str], *, before: int | None = None, most: int = _MOST
    ) -> Sequence[Line]:
        """Messages in these states, the newest first."""
        async with self.database.steady.acquire() as connection:
            rows = await connection.fetch(QUERIES["listed"], list(states), before, most)
        return [Line(**dict(row)) for row in rows]

    async def again(self, n: int, recipient: str = "") -> str:
        """Sends a message that failed once more; its number.

        One that is merely late keeps its number, so that its recipient takes it once; any other
        has a new one. Raises `NotFound` for one that is not there to be repaired.
        """
        now = clock.now()
        async with self.database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["repairable"], n)
            if row is None:
                raise NotFound("hub message")
            if row["state"] == "late" and row["expires"] > now and recipient in ("", row["peer"]):
                await connection.execute(QUERIES["once_more"], n, now)
                return str(row["number"])
            former = read(opened(row["content"], _place("out", row["client"], row["number"])))
            told = Addressing(
                new_number(row["client"]), row["client"], recipient or row["peer"], now, now + LIFE,
                former.kind, former.is_exercise,
            )  # fmt: skip
            await self.send(connection, told, row["kind"], former.body)
            await connection.execute(QUERIES["replaced"], n, now)
        return told.number

    async def take_up(
        self,
        clients: Sequence[str],
        take: Callable[[Connection, str, Envelope], Awaitable[str]],
    ) -> bool:
        """Gives the oldest message that came to `take`, in one transaction; whether there was one.

        `take` returns why it refuses the message, or an empty text. What it raises undoes what it
        wrote and refuses the message, unless the database is away: no message blocks the others.
        """
        async with self.database.transaction() as connection:
            row = await connection.fetchrow(QUERIES["received"], list(clients))
            if row is None:
                return False
            envelope = read(opened(row["content"], _place("in", row["client"], row["number"])))
            why = await _taken(connection, lambda: take(connection, row["client"], envelope))
            state = "refused" if why else "taken"
            await connection.execute(
                QUERIES["take"], row["n"], state, why[:_LONGEST_REASON], clock.now()
            )
            if why and not _is_unanswered(envelope):
                await self._refuse(connection, row["client"], envelope, why)
        return True

    async def _refuse(
        self, connection: Connection, client: str, envelope: Envelope, why: str
    ) -> None:
        """Tells the sender why what we had acknowledged is refused. Its content stays here."""
        now, code = clock.now(), code_of(why)
        told = Addressing(
            new_number(client), client, envelope.sender, now, now + LIFE, "Error",
            envelope.is_exercise,
        )  # fmt: skip
        body = {
            "errorCode": {"statusCode": code, "statusString": NAMES[code]},
            "errorCause": why[:_LONGEST_REASON],
            "referencedDistributionID": envelope.number,
        }
        answer = make(told, kinds.ERROR, body)
        await self._put(connection, answer, "out", client, envelope.sender, about=envelope.number)

    async def _acknowledge(self, connection: Connection, client: str, envelope: Envelope) -> None:
        now = clock.now()
        told = Addressing(
            new_number(client), client, envelope.sender, now, now + LIFE, "Ack",
            envelope.is_exercise,
        )  # fmt: skip
        body = {"distributionID": envelope.number, "step": "RECU"}
        answer = make(told, kinds.REFERENCE, body)
        await self._put(connection, answer, "out", client, envelope.sender, about=envelope.number)

    async def _put(  # noqa: PLR0913 -- the columns of one row
        self, connection: Connection, envelope: Envelope, direction: str, client: str, peer: str,
        *, state: str = "waiting", reason: str = "", about: str = "",
    ) -> int | None:  # fmt: skip
        now = clock.now()
        number = envelope.number if is_plain(envelope.number) else f"?_{uuid4()}"
        peer = peer if is_plain(peer) else "?"
        kind = envelope.message_kind
        key, sealed = self._ring().seal(write(envelope), _place(direction, client, number))
        return await connection.fetchval(
            QUERIES["put"], direction, client, peer, number, kind.name if kind else "",
            envelope.kind if envelope.kind in _DISTRIBUTIONS else "Report", about, state,
            reason[:_LONGEST_REASON], now if direction == "out" else None, _expiry(envelope, now),
            now, key, sealed,
        )  # fmt: skip

    async def _say(self, name: str, *values: object) -> None:
        async with self.database.write.acquire() as connection:
            await connection.execute(QUERIES[name], *values)


def is_plain(text: str) -> bool:
    """Whether a text can be the number of a message or the name of a client."""
    return _PLAIN.fullmatch(text) is not None


def new_number(client: str) -> str:
    """A new `distributionID` of a client."""
    return f"{client}_{uuid4()}"


async def _taken(connection: Connection, take: Callable[[], Awaitable[str]]) -> str:
    """Why a message is refused, in a savepoint of its own; an outage is the caller's."""
    try:
        async with connection.transaction():
            return await take()
    except Unavailable:
        raise
    except ProductError as error:
        return error.message
    except Exception as error:
        if is_outage(error):
            raise
        _log.error("hub_message_fell", kind=type(error).__name__)
        return words_of(FELL)


def _error_of(envelope: Envelope) -> tuple[int, str]:
    """The code of an RS-ERROR, and the message that it is about."""
    code = (envelope.body.get("errorCode") or {}).get("statusCode", 0)
    number = str(envelope.body.get("referencedDistributionID", ""))
    return int(code) if isinstance(code, int | float) else 0, number


def _is_unanswered(envelope: Envelope) -> bool:
    """An acknowledgement or an error, whatever its sender calls its distribution: no loops."""
    return envelope.kind in _UNANSWERED or envelope.is_a(kinds.ERROR)


def _expiry(envelope: Envelope, now: datetime) -> datetime:
    try:
        return envelope.expires
    except InvalidRequest:
        return now


def place_of(message: Mapping[str, Any]) -> str:
    """What the content of a row of `hub_message` is bound to."""
    return _place(message["direction"], message["client"], message["number"])


def _place(direction: str, client: str, number: str) -> str:
    return f"hub {direction} {client} {number}"
