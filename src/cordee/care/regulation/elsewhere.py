"""Vehicles of other centres in a case, read from its stamps: of a Cordée, or of any SAMU; pure.

RS-RI names vehicles with their states, RS-SR says a later one; either may come first, and twice. Of
each vehicle the state that was true last stands. Rule: C2.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cordee.care.regulation.cases import Stamp

_INFO, _STATUS = "hub-rs-ri", "hub-rs-sr"
_FOLLOWED: Final = "elsewhere:vehicle:"
_ACCEPTED: Final = "request:accepted"
_GIVEN: Final = "DECLENCHE"
_KINDS: Final = {
    "AASC": "association de sécurité civile",
    "AUTREVEC": "autre moyen",
    "FSI": "forces de l’ordre",
    "LIB": "professionnel libéral",
    "SIS": "sapeurs-pompiers",
    "TSU": "ambulance",
}
"""Families of vehicles of RS-RI, before the dot of their type."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A vehicle of another centre: `centre` is an id of ours, or a client of the Hub."""

    key: str
    name: str
    kind: str
    centre: str
    status: str
    at: datetime | None

    @property
    def family(self) -> str:
        """Its kind in words: a code that is a word stands as it is."""
        return _KINDS.get(self.kind.partition(".")[0], self.kind.partition(".")[0])


def vehicles_elsewhere(stamps: Sequence[Stamp], home: str) -> list[Elsewhere]:
    """The vehicles that other centres sent, in the order in which they were heard of.

    `home` is the centre of another installation that gives what it was asked for; empty where there
    is none, since the missions of a centre of this one are read as they are.
    """
    found: dict[str, Elsewhere] = {}
    for one in (each for stamp in stamps for each in _said(stamp, home)):
        known = found.get(one.key)
        if known is None:
            found[one.key] = one
            continue
        named = replace(
            known, name=known.name or one.name, kind=known.kind or one.kind,
            centre=known.centre or one.centre,
        )  # fmt: skip
        is_later = one.at is not None and (known.at is None or one.at >= known.at)
        found[one.key] = replace(named, status=one.status, at=one.at) if is_later else named
    return [replace(one, name=one.name or one.key) for one in found.values()]


def _said(stamp: Stamp, home: str) -> Iterator[Elsewhere]:
    content = stamp.content
    if stamp.kind == _ACCEPTED and home:
        name, kind = str(content.get("name", "")), str(content.get("kind", ""))
        yield Elsewhere(f"{home}/{name}", name, kind, home, _GIVEN, stamp.told)
    elif stamp.kind.startswith(_FOLLOWED) and home:
        name, centre = str(content.get("name", "")), str(content.get("centre", ""))
        status = stamp.kind.removeprefix(_FOLLOWED)
        kind = str(content.get("kind", ""))
        yield Elsewhere(f"{centre}/{name}", name, kind, centre, status, stamp.told)
    elif stamp.kind == _INFO:
        sender = str(content.get("from", ""))
        for each in _list(_body(content).get("resource")):
            yield from _resource(each, sender)
    elif stamp.kind == _STATUS:
        body, sender = _body(content), str(content.get("from", ""))
        status, at = _state(body.get("state"))
        yield Elsewhere(str(body.get("resourceId", "")), "", "", sender, status, at)


def _resource(said: Mapping[str, Any], sender: str) -> Iterator[Elsewhere]:
    key, kind = str(said.get("resourceId", "")), str(said.get("vehicleType", ""))
    name, centre = str(said.get("name", "")), str(said.get("orgId", "") or sender)
    states = [_state(one) for one in _list(said.get("state"))] or [("", None)]
    for status, at in states:
        yield Elsewhere(key, name, kind, centre, status, at)


def _state(said: Any) -> tuple[str, datetime | None]:
    if not isinstance(said, Mapping):
        return "", None
    try:
        at = datetime.fromisoformat(str(said.get("datetime")))
    except ValueError:
        return str(said.get("status", "")), None
    return str(said.get("status", "")), at if at.tzinfo else None


def _body(content: Mapping[str, Any]) -> Mapping[str, Any]:
    found = content.get("body")
    return found if isinstance(found, Mapping) else {}


def _list(said: Any) -> list[Mapping[str, Any]]:
    return [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
