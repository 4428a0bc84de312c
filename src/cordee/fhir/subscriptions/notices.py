"""What a subscriber is sent: a history Bundle that begins with the status of the subscription.

Rule: http://hl7.org/fhir/uv/subscriptions-backport/STU1.1, notifications in R4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import orjson

from cordee.fhir.model.definitions import type_name
from cordee.fhir.store.repository import METHODS, Version
from cordee.fhir.subscriptions import canonicals
from cordee.fhir.subscriptions.definition import EMPTY, FULL
from cordee.runtime.clock import instant, now

HANDSHAKE, HEARTBEAT, EVENT = "handshake", "heartbeat", "event-notification"
QUERY_STATUS, QUERY_EVENT = "query-status", "query-event"
_DELETE: Final = "DELETE"
_ANSWERS: Final = {"POST": "201", "PUT": "200", "PATCH": "200", "DELETE": "204"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one subscription, by what it is about."""

    n: int
    type: str
    focus: str
    version: int
    method: str
    at: datetime

    @property
    def reference(self) -> str:
        """What it is about."""
        return f"{self.type}/{self.focus}"


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is told: `version` is what the owner may see of its focus now."""

    event: Event
    version: Version | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """A subscription, for what is said of it; `base` is the address of the server."""

    id: str
    base: str
    status: str
    topic: str
    events: int
    error: str = ""

    @property
    def address(self) -> str:
        """The whole address of the Subscription."""
        return f"{self.base}/Subscription/{self.id}"


def event_of(row: Mapping[str, Any]) -> Event:
    """A row of `subscription_event`."""
    method = METHODS[row["method"]] or "PUT"
    return Event(row["n"], type_name(row["type"]), row["focus"], row["version"], method, row["at"])


def notice(speaker: Speaker, kind: str, told: Sequence[Told] = (), content: str = EMPTY) -> bytes:
    """The Bundle of a notification, as JSON."""
    entries: list[dict[str, Any]] = [
        {
            "fullUrl": f"urn:uuid:{uuid4()}",
            "resource": status(speaker, kind, told, content),
            "request": {"method": "GET", "url": f"{speaker.address}/$status"},
            "response": {"status": "200"},
        }
    ]
    bodies: list[bytes] = []
    mark = uuid4().hex
    if content != EMPTY:
        for one in told:
            entries.append(_entry(speaker, one))
            if content == FULL and one.version is not None and not one.version.deleted:
                # The stored bytes stand in for a mark: they are sent as they are kept.
                entries[-1]["resource"] = f"{mark}{len(bodies)}"
                bodies.append(one.version.json())
    whole = orjson.dumps(
        {
            "resourceType": "Bundle",
            "id": str(uuid4()),
            "meta": {"profile": [canonicals.NOTIFICATION]},
            "type": "history",
            "timestamp": instant(now()),
            "entry": entries,
        }
    )
    for place, body in enumerate(bodies):
        whole = whole.replace(f'"{mark}{place}"'.encode(), body, 1)
    return whole


def status(
    speaker: Speaker, kind: str, told: Sequence[Told] = (), content: str = EMPTY
) -> dict[str, Any]:
    """The SubscriptionStatus as Parameters; an empty notification names neither topic nor focus."""
    rows: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": speaker.address}}
    ]
    if speaker.topic and (content != EMPTY or kind == QUERY_STATUS):
        rows.append({"name": "topic", "valueCanonical": speaker.topic})
    rows += [
        {"name": "status", "valueCode": speaker.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(speaker.events)},
    ]
    rows += [_event(speaker, one, content) for one in told]
    if speaker.error:
        rows.append({"name": "error", "valueCodeableConcept": {"text": speaker.error}})
    return {
        "resourceType": "Parameters",
        "id": str(uuid4()),
        "meta": {"profile": [canonicals.STATUS]},
        "parameter": rows,
    }


def status_bundle(speakers: Sequence[Speaker]) -> bytes:
    """The answer of `$status`: one status for each subscription."""
    entries = [
        {
            "fullUrl": f"urn:uuid:{uuid4()}",
            "resource": status(one, QUERY_STATUS),
            "search": {"mode": "match"},
        }
        for one in speakers
    ]
    made: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "type": "searchset",
        "timestamp": instant(now()),
        "total": len(entries),
    }
    return orjson.dumps(made | ({"entry": entries} if entries else {}))


def _event(speaker: Speaker, one: Told, content: str) -> dict[str, Any]:
    part: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(one.event.n)},
        {"name": "timestamp", "valueInstant": instant(one.event.at)},
    ]
    if content != EMPTY:
        reference = f"{speaker.base}/{one.event.reference}"
        part.append({"name": "focus", "valueReference": {"reference": reference}})
    return {"name": "notification-event", "part": part}


def _entry(speaker: Speaker, one: Told) -> dict[str, Any]:
    """The entry of a focus, as a history says it: what was done to it."""
    event = one.event
    is_gone = event.method == _DELETE or one.version is None or one.version.deleted
    method = _DELETE if is_gone else event.method
    url = event.type if method == "POST" else event.reference
    response: dict[str, Any] = {"status": _ANSWERS[method]}
    if one.version is not None and not is_gone:
        response["etag"] = f'W/"{one.version.version}"'
        response["lastModified"] = instant(one.version.updated)
    return {
        "fullUrl": f"{speaker.base}/{event.reference}",
        "request": {"method": "PUT" if method == "PATCH" else method, "url": url},
        "response": response,
    }
