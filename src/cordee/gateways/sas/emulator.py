"""A vendor of slots on the SAS guide, for development, demonstrations and tests; it fails as told.

A bare ASGI application: searches of the individual and of the CPTS flow, and of SOS Médecins. It
refuses more numbers than the guide allows. Rule: C3.7; SAS 1.2.0.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

import orjson

from cordee.gateways.sas.aggregator import MOST_NUMBERS, MOST_STRUCTURES

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Json = dict[str, Any]


class Failure(StrEnum):
    """How a vendor fails until it is told otherwise."""

    AWAY = "away"
    HANG = "hang"
    GARBLE = "garble"
    REFUSE = "refuse"


@dataclass(slots=True)
class Emulator:
    """An emulated vendor that answers with `resources`, those that a search asks for."""

    resources: list[Json] = field(default_factory=list)
    failure: Failure | None = None
    calls: list[dict[str, list[str]]] = field(default_factory=list)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        asked = parse_qs(scope["query_string"].decode())
        self.calls.append(asked)
        if self.failure is Failure.HANG:
            await asyncio.sleep(30)
        status, body = self._reply(scope["path"].strip("/"), asked)
        headers = [(b"content-type", b"application/fhir+json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _reply(self, path: str, asked: dict[str, list[str]]) -> tuple[int, bytes]:
        if self.failure is Failure.AWAY:
            return 503, b"{}"
        if self.failure is Failure.REFUSE:
            return 403, b"{}"
        if self.failure is Failure.GARBLE:
            return 200, b"<html>maintenance</html>"
        numbers = _listed(asked, "schedule.actor:Practitioner.identifier")
        structures = _listed(asked, "actor:Location.organization.identifier")
        if path.rpartition("/")[2] not in ("Slot", "Schedule") or not (numbers or structures):
            return 400, b"{}"
        if len(numbers) > MOST_NUMBERS or len(structures) > MOST_STRUCTURES:
            return 400, b"{}"
        kept = self._of(numbers, {one.rpartition("|")[2] for one in structures}, _window(asked))
        entries = [{"fullUrl": f"urn:x:{one['id']}", "resource": one} for one in kept]
        found = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        return 200, orjson.dumps(found | {"total": len(entries)})

    def _of(
        self, numbers: Iterable[str], structures: set[str], window: tuple[datetime, datetime]
    ) -> list[Json]:
        """The slots of these people or structures in the window, with all that they refer to."""
        known = {f"{one['resourceType']}/{one['id']}": one for one in self.resources}
        wanted = {one.rpartition("|")[2] for one in numbers} | structures
        kept: dict[str, Json] = {}
        for slot in (one for one in self.resources if one["resourceType"] == "Slot"):
            begins = datetime.fromisoformat(slot["start"])
            around = _reach(f"Slot/{slot['id']}", known)
            held = {
                identifier.get("value")
                for one in around.values()
                if one["resourceType"] in ("Practitioner", "Organization")
                for identifier in one.get("identifier", ())
            }
            if slot["status"] == "free" and window[0] <= begins <= window[1] and held & wanted:
                kept |= around
        return list(kept.values())


def _reach(start: str, known: dict[str, Json]) -> dict[str, Json]:
    """A resource and all that it refers to, near and far."""
    found: dict[str, Json] = {}
    waiting = [start]
    while waiting:
        place = waiting.pop()
        if place in known and place not in found:
            found[place] = known[place]
            waiting += _references(known[place])
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [one for held in value.values() for one in _references(held)]
    return [one for held in value for one in _references(held)] if isinstance(value, list) else []


def _listed(asked: dict[str, list[str]], name: str) -> list[str]:
    return [one for text in asked.get(name, ()) for one in text.split(",") if one]


def _window(asked: dict[str, list[str]]) -> tuple[datetime, datetime]:
    held = asked.get("start") or asked.get("_has:Slot:schedule:start") or []
    bounds = {one[:2]: datetime.fromisoformat(one[2:]) for one in held}
    return bounds["ge"], bounds["le"]
