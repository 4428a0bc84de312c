"""The safety net of an advice: an SMS that says nothing, a page behind its secret. C1.7, 0088.

The text bears a link and until when it opens. The page shows our own words for the motive, never
those of the physician, who may have named somebody.
"""

from __future__ import annotations

import hashlib
import secrets
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Protocol
from uuid import UUID

from cordee.care.regulation.cases import Case
from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.sealing import Box, plain_number
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import NotFound, ProductError, RuleBroken, Unavailable

PATH: Final = "/lire/"
KEPT: Final = timedelta(days=3)
MOST_TEXTS: Final = 5
"""Texts of one case at most: each is a telephone that rings beside somebody who is ill."""
_TRIED: Final = timedelta(minutes=30)
_LEASE: Final = timedelta(minutes=2)
_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_MOBILE: Final = ("06", "07")
_LENGTH: Final = 10


class Teller(Protocol):
    """What hands a text over to a telephone number."""

    async def tell(self, number: str, words: str, reference: str) -> None:
        """Hands over once for a reference; raises `RuleBroken` for good, `Unavailable` for now."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a case: `waiting`, `sent`, `refused` or `landline`; `opened` when it was read."""

    id: UUID
    state: str
    asked: datetime
    expires: datetime
    opened: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """What a text leads to: `net`, the words of a motive, or `appointment`; sealed."""

    asked: datetime
    expires: datetime
    content: Mapping[str, Any]
    kind: str = "net"


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that somebody reads who holds its secret; `case` is whose it is."""

    kind: str
    centre: str
    case: UUID
    content: Mapping[str, Any]


@lru_cache(maxsize=1)
def _nets() -> Mapping[str, Sequence[str]]:
    text = files("cordee.care.regulation").joinpath("safety_net.toml").read_text(encoding="utf-8")
    return {row["motive"]: tuple(row["words"]) for row in tomllib.loads(text)["net"]}


def net_of(motive: str) -> Sequence[str]:
    """When to call again, for a motive: its own words, those of its family, or the common ones."""
    nets = _nets()
    return nets.get(motive) or nets.get(motive[:3]) or nets[""]


def is_mobile(number: str) -> bool:
    """Whether a French number takes texts."""
    plain = plain_number(number)
    return len(plain) == _LENGTH and plain.startswith(_MOBILE)


def words_of(link: str, expires: datetime) -> str:
    """The SMS: who writes, where to read, until when. Nothing of health."""
    local = expires.astimezone(PARIS)
    until = f"{local:%d/%m} à {french.clock(local)}"
    return f"SAMU : un message est à lire ici jusqu’au {until} : {link} Ne répondez pas à ce SMS."


async def order(
    connection: Connection, box: Box, case: Case, of: tuple[UUID, str], at: datetime
) -> None:
    """Orders a text in the caller's transaction; `of` is its id and who asks; again, it is one.

    A case that has its most gets no further one: its page says so.
    """
    await order_message(connection, box, case, of, Message(at, at + KEPT, {"motive": case.motive}))


async def order_message(
    connection: Connection, box: Box, case: Case, of: tuple[UUID, str], message: Message
) -> None:
    """Orders the text of a message in the caller's transaction; of one id, it is one."""
    key, agent = of
    secret = secrets.token_urlsafe(24)
    state = "waiting" if is_mobile(case.told.number) else "landline"
    content = {"secret": secret, "number": case.told.number, **message.content}
    data_key, sealed = box.seal("text", str(key), content)
    await connection.execute(
        QUERIES["order_text"], key, case.centre, case.id, _digest(secret), state, message.asked,
        agent, message.expires, sealed, data_key, MOST_TEXTS,
        message.kind,
    )  # fmt: skip


class SafetyNet:
    """The texts of all centres of an installation."""

    def __init__(self, database: Database, box: Box) -> None:
        """`box` opens them."""
        self._database = database
        self._box = box

    async def again(self, case: Case, key: UUID, agent: str, at: datetime) -> None:
        """Sends the safety net of a case once more.

        Raises `RuleBroken` where none was decided, or where the case has its most.
        """
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["hold_case"], case.centre, case.id)
            rows = await connection.fetch(QUERIES["texts"], case.centre, case.id)
            known = [row for row in rows if row["kind"] == "net"]
            if not known:
                raise RuleBroken("Aucun conseil n’a été décidé ici.", expression=("consigne",))
            if len(known) >= MOST_TEXTS and all(row["id"] != key for row in known):
                words = f"{MOST_TEXTS} SMS au plus par dossier : dites la consigne de vive voix."
                raise RuleBroken(words, expression=("consigne",))
            await order(connection, self._box, case, (key, agent), at)

    async def of_case(self, case: Case) -> list[Text]:
        """The texts of a case, the newest first; 20 at most."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["texts"], case.centre, case.id)
        return [
            Text(row["id"], row["state"], row["asked"], row["expires"], row["opened"])
            for row in rows
            if row["kind"] == "net"
        ]

    async def read(self, secret: str, at: datetime) -> Opened:
        """The message behind a secret, noted as read; raises `NotFound` once it has expired."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["open_text"], _digest(secret), at)
        if row is None:
            raise NotFound("there is no such message")
        told = self._box.open("text", str(row["id"]), row["content"])
        return Opened(row["kind"], row["centre"], row["case"], told)

    async def of_appointments(
        self, centre: str, cases: Collection[UUID]
    ) -> Mapping[UUID, tuple[str, datetime | None]]:
        """How the text of the appointment of each case stands, and when it was opened."""
        async with self._database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["appointment_texts"], centre, list(cases))
        return {row["case"]: (row["state"], row["opened"]) for row in rows}

    async def send_due(self, teller: Teller | None, site: str, at: datetime) -> bool:
        """Hands one text over under a lease, in no transaction; whether there was one.

        One that is not taken waits, longer each time, and holds up no other. After half an hour, or
        where nothing here can send, it is not delivered.
        """
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["lease_text"], at, at + _LEASE)
        if row is None:
            return False
        state = await self._sent(row, teller, site)
        key = (row["id"], row["tries"])
        async with self._database.write.acquire() as connection:
            if state == "waiting" and at - row["asked"] < _TRIED:
                pause = min(_LONGEST_PAUSE, _PAUSE * 2 ** min(row["tries"], 10))
                await connection.execute(QUERIES["later_text"], *key, at + pause)
            else:
                state = "refused" if state == "waiting" else state
                await connection.execute(QUERIES["settle_text"], *key, state, at)
        return True

    async def _sent(self, row: Mapping[str, Any], teller: Teller | None, site: str) -> str:
        if teller is None:
            return "refused"
        told = self._box.open("text", str(row["id"]), row["content"])
        words = words_of(f"{site}{PATH}{told['secret']}", row["expires"])
        try:
            await teller.tell(plain_number(str(told["number"])), words, str(row["id"]))
        except Unavailable:
            return "waiting"
        except RuleBroken:
            return "refused"
        except ProductError:
            return "waiting"
        return "sent"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
