"""AuditEvent: lines of the trail and events that others feed in, for those who may read them.

A line of the trail is an AuditEvent that is made when it is asked for (`line-` and its number);
what others send (ITI-20) is kept as it came, and never changed. A search asks for a bound of dates
(ITI-81) and gives the lines first, then what was fed in. Rule: national guide TDE 2.0.0.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from cordee.access.trail.events import EVENT_TYPE, SUBTYPES, audit_event
from cordee.access.trail.reading import MOST, Sought, trail
from cordee.api import interacting, searching
from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.fhir.indexing.intervals import interval
from cordee.fhir.model.definitions import RESOURCE_TYPES, type_number
from cordee.fhir.search.bundle import bundle, entry_base, search_bundle
from cordee.fhir.search.clauses.clause import UnknownParameter
from cordee.runtime.errors import InvalidRequest, MethodNotAllowed, NotFound

KIND: Final = "AuditEvent"
LINE: Final = "line-"
Handler = Callable[[Session], Awaitable[Answer]]
_DEFAULT: Final = 50
_FED: Final = "fed"
_SHAPING: Final = frozenset({"_count", "_cursor", "_format", "_pretty", "_sort", "_total"})


async def read(session: Session) -> Answer:
    """GET AuditEvent/id: a line of the trail, or what was fed in under this id."""
    key = session.request.parts[1]
    if not key.startswith(LINE):
        return await interacting.read(session)
    session.scope.need("r", KIND)
    number = key.removeprefix(LINE)
    found = []
    if number.isdecimal() and len(number) < 19:  # noqa: PLR2004 -- digits of an int8
        sought = Sought(number=int(number))
        found = await trail(session.kernel.database, session.scope, sought, 1)
    if not found:
        raise NotFound(f"there is no {KIND}/{key}")
    return Answer(200, orjson.dumps(audit_event(found[0], session.kernel.base)))


async def search(session: Session) -> Answer:
    """GET AuditEvent?date=…: ITI-81."""
    return await _search(session, list(session.request.query))


async def change(session: Session) -> Answer:
    """PUT, PATCH or DELETE of an event: there is none."""
    raise MethodNotAllowed(
        f"{session.request.method}: what was traced is neither changed nor removed"
    )


async def search_by_form(session: Session) -> Answer:
    """POST AuditEvent/_search."""
    pairs = [*session.request.query, *await searching.form_of(session)]
    return await _search(session, pairs)


async def _search(session: Session, pairs: list[tuple[str, str]]) -> Answer:
    session.scope.need("s", KIND)
    if not any(name in {"date", "_id"} for name, text in pairs if text):
        raise InvalidRequest(
            "AuditEvent: give a bound of dates, such as date=ge2026-11-01 (ITI-81)"
        )
    cursor = dict(pairs).get("_cursor", "")
    if cursor.startswith(_FED):
        return await _fed(session, pairs, cursor.removeprefix(_FED))
    count = _count(dict(pairs).get("_count"))
    sought = _sought(session, pairs, cursor)
    if sought is None:
        return await _fed(session, pairs, "")
    lines = await trail(session.kernel.database, session.scope, sought, count + 1)
    base = session.kernel.base
    entries = [
        orjson.dumps(
            {
                "fullUrl": f"{base}/{KIND}/{LINE}{line.n}",
                "resource": audit_event(line, base),
                "search": {"mode": "match"},
            }
        )
        for line in lines[:count]
    ]
    rest = [pair for pair in pairs if pair[0] != "_cursor"]
    following = f"{lines[count - 1].n}" if len(lines) > count else _FED
    links = [
        ("self", f"{base}/{KIND}?{urlencode(pairs)}"),
        ("next", f"{base}/{KIND}?{urlencode([*rest, ('_cursor', following)])}"),
    ]
    if following == _FED and not await _is_fed(session):
        links.pop()
    return Answer(200, bundle("searchset", None, links, entries))


async def _is_fed(session: Session) -> bool:
    """Whether others feed this trail at all: else there is no further page."""
    query = searching.query_of(session, KIND, [("_count", "1"), ("_total", "none")])
    found = await session.kernel.searcher.search(query, session.scope)
    return bool(found.matches)


async def _fed(session: Session, pairs: list[tuple[str, str]], cursor: str) -> Answer:
    renamed = {"period-start": "date"}
    own = [(renamed.get(name, name), text) for name, text in pairs if name != "_cursor"]
    if cursor:
        own.append(("_cursor", cursor))
    query = searching.query_of(session, KIND, own)
    base = session.kernel.base
    found = await session.kernel.searcher.search(query, session.scope, base=entry_base(query, base))
    return Answer(200, search_bundle(found, query, base, KIND, mark=_FED))


def _sought(session: Session, pairs: list[tuple[str, str]], cursor: str) -> Sought | None:
    """What of the trail is asked for; None when no line can meet it."""
    known: dict[str, Any] = {"before": int(cursor)} if cursor.isdecimal() else {}
    for name, text in pairs:
        if name in _SHAPING or not text:
            continue
        met = _criterion(session, name.partition(":")[0], text, known)
        if not met:
            return None
    return Sought(**known)


def _criterion(  # noqa: C901, PLR0911, PLR0912 -- one case a parameter
    session: Session, name: str, text: str, known: dict[str, Any]
) -> bool:
    """Adds one criterion to what is known; False when no line of the trail can meet it."""
    keys = session.kernel.keys
    match name:
        case "date" | "period-start":
            _bound(text, known)
        case "_id":
            number = text.removeprefix(LINE)
            if not (text.startswith(LINE) and number.isdecimal()):
                return False
            known["number"] = int(number)
        case "patient":
            known["patient"] = keys(f"Patient/{text.removeprefix('Patient/')}")
        case "agent":
            known["practitioner"] = text if "/" in text else f"Practitioner/{text}"
        case "altid":
            known["agent"] = text
        case "agent-name":
            known["name"] = text
        case "agent-role":
            known["role"] = text.rpartition("|")[2]
        case "action":
            known["actions"] = tuple(one.rpartition("|")[2] for one in text.split(","))
        case "outcome":
            refused = text.rpartition("|")[2] == "4"
            if refused:
                known["begins"] = ("refused ",)
            return refused or text.rpartition("|")[2] == "0"
        case "type":
            return text in {"rest", f"{EVENT_TYPE}|rest"}
        case "subtype":
            return _subtype(text.rpartition("|")[2], known)
        case "entity":
            kind, _, key = text.partition("/")
            if kind not in RESOURCE_TYPES or not key:
                return False
            known["type"], known["ends"] = type_number(kind), f" {key}"
        case _:
            known_here = session.kernel.registry.of(KIND)
            if name not in known_here and not name.startswith("_"):
                raise UnknownParameter(f"AuditEvent: there is no parameter {name}")
            return False
    return True


def _subtype(code: str, known: dict[str, Any]) -> bool:
    for name, actions, begins in SUBTYPES:
        if name == code:
            known["actions"], known["begins"] = actions, begins
            return True
    return False


def _bound(text: str, known: dict[str, Any]) -> None:
    prefix = text[:2] if text[:2].isalpha() else "eq"
    low, high = interval(text.removeprefix(prefix) if text[:2].isalpha() else text)
    lows: Mapping[str, datetime] = {"ge": low, "gt": high, "sa": high, "eq": low}
    highs: Mapping[str, datetime] = {"le": high, "lt": low, "eb": low, "eq": high}
    if prefix not in {*lows, *highs}:
        raise InvalidRequest(f"date: the prefix {prefix!r} is not known here")
    if prefix in lows:
        known["low"] = max(known.get("low", lows[prefix]), lows[prefix])
    if prefix in highs:
        known["high"] = min(known.get("high", highs[prefix]), highs[prefix])


def _count(text: str | None) -> int:
    if text is None:
        return _DEFAULT
    if not text.isdecimal() or int(text) < 1:
        raise InvalidRequest("_count: use a positive whole number")
    return min(int(text), MOST)


TYPE_ROUTES: Final[Mapping[str, Handler]] = {"GET": search, "POST": interacting.create}
BELOW_TYPE: Final[Mapping[str, Mapping[str, Handler]]] = {"_search": {"POST": search_by_form}}
INSTANCE_ROUTES: Final[Mapping[str, Handler]] = {
    "GET": read, "PUT": interacting.update, "PATCH": change, "DELETE": change,
}  # fmt: skip
