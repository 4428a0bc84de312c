"""The EDXL-DE envelope of the Hub Santé as JSON: read, written back without loss, and made anew.

A message is kept as the JSON that it is; what is read of it is read when asked. Rule: format of the
messages of the Hub Santé (point to point: one recipient by envelope).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from cordee.formats.hub.kinds import BY_KEY, BY_NAME, Kind
from cordee.runtime.errors import InvalidRequest

Json = dict[str, Any]
SCHEME: Final = "hubex"
LANGUAGE: Final = "fr-FR"
LONGEST: Final = 1 << 20
"""Bytes of the longest message that is read."""
_PARIS: Final = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One envelope: `document` is the whole of it as it was read, or as it will be written."""

    document: Json = field(repr=False)

    @property
    def number(self) -> str:
        """The `distributionID`, the same however often it is sent; empty without one."""
        return _text(self.document, "distributionID")

    @property
    def sender(self) -> str:
        """The identifier of the sender, such as `fr.health.samu750`."""
        return _text(self.document, "senderID")

    @property
    def recipient(self) -> str:
        """The identifier of the one recipient."""
        return _text(_part(_part(self.document, "descriptor"), "explicitAddress"),
                     "explicitAddressValue")  # fmt: skip

    @property
    def kind(self) -> str:
        """Report, Update, Cancel, Ack or Error: it decides of the queue."""
        return _text(self.document, "distributionKind")

    @property
    def is_exercise(self) -> bool:
        """Whether it is of an exercise."""
        return _text(self.document, "distributionStatus") == "Exercise"

    @property
    def sent(self) -> datetime:
        """When it was sent; raises `InvalidRequest`."""
        return _moment(self.document, "dateTimeSent")

    @property
    def expires(self) -> datetime:
        """From when on nobody is to act on it; raises `InvalidRequest`."""
        return _moment(self.document, "dateTimeExpires")

    @property
    def message(self) -> Json:
        """What the first content carries: RC-DE header and body side by side."""
        for content in self.document.get("content") or ():
            embedded = _part(_part(content, "jsonContent"), "embeddedJsonContent")
            return _part(embedded, "message")
        return {}

    @property
    def message_kind(self) -> Kind | None:
        """The kind of the message; None where no key or more than one is known."""
        known = [BY_KEY[key] for key in self.message if key in BY_KEY]
        return known[0] if len(known) == 1 else None

    def is_a(self, name: str) -> bool:
        """Whether it holds a message of a kind, as `RS-ERROR`."""
        return self.message_kind is not None and self.message_kind.name == name

    @property
    def body(self) -> Json:
        """The body of the message; empty where its kind is not known."""
        kind = self.message_kind
        return _part(self.message, kind.key) if kind else {}


@dataclass(frozen=True, slots=True)
class Addressing:
    """Who sends to whom under which number, from when until when."""

    number: str
    sender: str
    recipient: str
    sent: datetime
    expires: datetime
    kind: str = "Report"
    is_exercise: bool = False


def read(data: bytes) -> Envelope:
    """The envelope that these bytes are; raises `InvalidRequest` for what is no JSON object."""
    if len(data) > LONGEST:
        raise InvalidRequest("the message is longer than what the Hub carries")
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("the message is not JSON") from error
    if not isinstance(found, dict):
        raise InvalidRequest("the message is not a JSON object")
    return Envelope(found)


def write(envelope: Envelope) -> bytes:
    """The envelope as JSON, its parts in the order in which they were read."""
    return orjson.dumps(envelope.document)


def make(told: Addressing, name: str, body: Mapping[str, Any]) -> Envelope:
    """A new envelope around one body of this kind, with the RC-DE header where it needs one."""
    kind = BY_NAME[name]
    status = "Exercise" if told.is_exercise else "Actual"
    header: Json = {}
    if kind.is_headed:
        header = {
            "messageId": told.number,
            "sender": {"name": told.sender, "URI": f"{SCHEME}:{told.sender}"},
            "sentAt": hub_time(told.sent),
            "kind": told.kind,
            "status": status,
            "recipient": [{"name": told.recipient, "URI": f"{SCHEME}:{told.recipient}"}],
        }
    address = {"explicitAddressScheme": SCHEME, "explicitAddressValue": told.recipient}
    message = header | {kind.key: dict(body)}
    return Envelope({
        "distributionID": told.number,
        "senderID": told.sender,
        "dateTimeSent": hub_time(told.sent),
        "dateTimeExpires": hub_time(told.expires),
        "distributionStatus": status,
        "distributionKind": told.kind,
        "descriptor": {"language": LANGUAGE, "explicitAddress": address},
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": message}}}],
    })  # fmt: skip


def hub_time(moment: datetime) -> str:
    """A moment as the Hub writes it: seconds and offset, never `Z`."""
    return moment.astimezone(_PARIS).isoformat(timespec="seconds")


def read_time(text: str) -> datetime:
    """The moment that the Hub wrote; raises `InvalidRequest` for what is none or has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest("a time of the message is none") from error
    if moment.tzinfo is None:
        raise InvalidRequest("a time of the message has no offset")
    return moment


def _moment(document: Json, name: str) -> datetime:
    return read_time(_text(document, name))


def _text(document: Json, name: str) -> str:
    found = document.get(name, "")
    return found if isinstance(found, str) else ""


def _part(document: Any, name: str) -> Json:
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}
