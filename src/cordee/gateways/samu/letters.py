"""Letters of the overflow between centres of two installations, carried by the Hub.

A letter is codes and ids, no patient value: it goes as `customContent`, whose acknowledgement,
repetition and expiry are those of any message. A letter may come twice or never, as the protocol of
the overflow expects. The national Hub takes `customContent` on its test platform alone: between two
installations in production a Hub that both agree on carries it. Decisions 0079, 0083.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordee.care.overflow.ports import Letter
from cordee.formats.hub.envelope import Addressing, Envelope, read_time
from cordee.gateways.samu.ledger import Ledger, new_number
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest

KIND: Final = "customContent"
_MARK: Final = "cordee-overflow-1"
_LIFE: Final = timedelta(minutes=5)


class HubTransport:
    """Implements `ports.Transport` for centres that are on the Hub, else hands letters on."""

    def __init__(self, ledger: Ledger, clients: Mapping[str, str], ours: Mapping[str, str]) -> None:
        """`clients` are the clients of the Hub by centre, for all; `ours` for the centres here."""
        self._ledger = ledger
        self._clients = dict(clients)
        self._ours = dict(ours)

    def carries(self, letter: Letter) -> bool:
        """Whether a letter is for another installation."""
        return letter.recipient not in self._ours and letter.recipient in self._clients

    async def send(self, connection: Connection, letters: Sequence[Letter]) -> None:
        """Puts letters down in the ledger, in the transaction of the step that says them."""
        now = clock.now()
        for one in letters:
            sender, to = self._ours[one.sender], self._clients[one.recipient]
            told = Addressing(new_number(sender), sender, to, now, now + _LIFE)
            await self._ledger.send(connection, told, KIND, written(one))


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
