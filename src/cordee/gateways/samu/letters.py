"""Letters of the overflow between centres of two installations, carried by the Hub.

A letter goes as `customContent`, whose acknowledgement, repetition and expiry are those of any
message. It is codes and ids, save the one that gives the right to answer: that bears the call and
its case as RS-EDA, so that nobody is ever given a right without what it is about. A letter may come
twice or never, as the protocol of the overflow expects. The national Hub takes `customContent` on
its test platform alone: between two installations in production a Hub that both agree on carries
it. Decisions 0079, 0083, 0090.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.care.overflow.agreeing import CONVENTION
from cordee.care.overflow.ports import Letter
from cordee.care.overflow.protocol import Message
from cordee.care.regulation.floor import Floor
from cordee.formats.hub.envelope import Addressing, Envelope, read_time
from cordee.gateways.samu.ledger import Ledger, new_number
from cordee.gateways.samu.parcels import packed
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest

KIND: Final = "customContent"
_MARK: Final = "cordee-overflow-1"
_LIFE: Final = timedelta(minutes=5)
_LONG_LIFE: Final = timedelta(days=2)
"""How long a letter of a convention waits for a centre that is away."""


class HubTransport:
    """Letters to centres of other installations."""

    def __init__(self, ledger: Ledger, floor: Floor) -> None:
        """`ledger` sends; `floor` knows the call that a letter hands over."""
        self._ledger, self._floor = ledger, floor

    async def send(
        self, connection: Connection, letters: Sequence[Letter], clients: Mapping[str, str]
    ) -> None:
        """Puts letters down in the ledger, in the transaction of the step that says them.

        `clients` are the clients of the Hub by centre.
        """
        now = clock.now()
        for one in letters:
            sender, to = clients[one.sender], clients[one.recipient]
            life = _LONG_LIFE if one.kind == CONVENTION else _LIFE
            told = Addressing(new_number(sender), sender, to, now, now + life)
            body = written(one)
            if one.kind == Message.GRANT and one.call is not None:
                parcel = await self._floor.parcel(connection, one.sender, one.call)
                body |= {"parcel": packed(parcel, sender) if parcel else None}
            await self._ledger.send(connection, told, KIND, body)


def written(letter: Letter) -> dict[str, Any]:
    """A letter as the content of a message."""
    return {
        "form": _MARK,
        "sender": letter.sender,
        "recipient": letter.recipient,
        "kind": letter.kind,
        "episode": str(letter.episode),
        "transfer": str(letter.transfer) if letter.transfer else None,
        "call": str(letter.call) if letter.call else None,
        "since": letter.since.isoformat() if letter.since else None,
        "detail": dict(letter.detail),
    }


def is_letter(envelope: Envelope) -> bool:
    """Whether a message carries a letter."""
    return envelope.body.get("form") == _MARK


def letter_of(envelope: Envelope, centres: Mapping[str, str]) -> Letter:
    """The letter of a message; `centres` are the centres by their clients of the Hub.

    Raises `InvalidRequest` for what is none, and for one that says another sender than the Hub.
    """
    body = envelope.body
    try:
        letter = Letter(
            sender=str(body["sender"]), recipient=str(body["recipient"]), kind=str(body["kind"]),
            episode=UUID(str(body["episode"])), transfer=_key(body.get("transfer")),
            call=_key(body.get("call")), since=_moment(body.get("since")),
            detail=dict(body.get("detail") or {}),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRequest("this is not a letter of the overflow") from error
    ends = (centres.get(envelope.sender), centres.get(envelope.recipient))
    if ends != (letter.sender, letter.recipient):
        raise InvalidRequest("the letter says other centres than its envelope")
    return letter


def _key(said: Any) -> UUID | None:
    return UUID(str(said)) if said else None


def _moment(said: Any) -> datetime | None:
    return read_time(str(said)) if said else None
