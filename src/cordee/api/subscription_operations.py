"""Operations on Subscription: state, past events, tokens of sockets, streams, sending again.

Rule: http://hl7.org/fhir/uv/subscriptions-backport/STU1.1, operations. `$stream` and `$replay` are
ours: server-sent events, and what a person sends again once the endpoint is repaired.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import orjson

from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.api.subscribing import KIND, asking, engine_of
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.scope import Trace
from cordee.fhir.subscriptions.definition import (
    ACTIVE,
    EMPTY,
    ERROR,
    FULL,
    ID_ONLY,
    OFF,
    REQUESTED,
    SOCKET,
)
from cordee.fhir.subscriptions.guarding import judged
from cordee.fhir.subscriptions.keeping import QUERIES, Kept, again, read_kept
from cordee.fhir.subscriptions.notices import QUERY_EVENT, event_of, notice, status_bundle
from cordee.fhir.subscriptions.streaming import Stream, make_token
from cordee.runtime.errors import InvalidRequest, NotFound, RuleBroken, Unavailable

Handler = Callable[[Session], Awaitable[Answer]]
MOST_EVENTS: Final = 500
_LAST: Final = 2**62
_MOST_STREAMS: Final = 2000
_STATUSES: Final = frozenset({REQUESTED, ACTIVE, ERROR, OFF})
SOCKET_PATH: Final = "/fhir/ws"


async def status(session: Session) -> Answer:
    """`$status` of one subscription, or of those that are asked for."""
    who, engine = asking(session), engine_of(session)
    who.scope.need("r", KIND)
    if len(session.request.parts) == 3:  # noqa: PLR2004 -- with id
        found = [await _own(session)]
    else:
        given = await _parameters(session)
        wanted = set(given.get("status", ()))
        if not wanted <= _STATUSES:
            raise InvalidRequest("status: requested, active, error or off")
        ids = await engine.register.ids(who)
        asked = {one.rpartition("/")[2] for one in given.get("id", ())}
        async with session.kernel.database.write.acquire() as connection:
            kept = await read_kept(connection, [one for one in ids if not asked or one in asked])
        found = [one for one in kept if not wanted or one.row["status"] in wanted]
    return Answer(200, status_bundle([one.speaker(session.kernel.base) for one in found]))


async def events(session: Session) -> Answer:
    """`$events`: what there was from a number to another, as the caller may see it now."""
    who, one, given = asking(session), await _own(session), await _parameters(session)
    who.scope.need("r", KIND)
    since = _number(given, "eventsSinceNumber", 1)
    until = _number(given, "eventsUntilNumber", _LAST)
    content = (given.get("content") or [one.definition.content])[0]
    if content not in {EMPTY, ID_ONLY, FULL}:
        raise InvalidRequest("content: empty, id-only or full-resource")
    async with session.kernel.database.write.acquire() as connection:
        rows = await connection.fetch(QUERIES["events"], one.id, since, until, MOST_EVENTS)
    found = [event_of(row) for row in rows]
    told, _ = await judged(session.kernel, session.scope, one.definition, found, content)
    return Answer(200, notice(one.speaker(session.kernel.base), QUERY_EVENT, told, content))


async def binding_token(session: Session) -> Answer:
    """`$get-ws-binding-token`: opens a socket for subscriptions of who asks, once."""
    who, engine = asking(session), engine_of(session)
    who.scope.need("r", KIND)
    given = await _parameters(session)
    one_id = session.request.parts[1:-1]
    wanted = one_id or [one.rpartition("/")[2] for one in given.get("id", ())]
    ids = set(await engine.register.ids(who))
    keys = [one for one in wanted or sorted(ids) if one in ids]
    async with session.kernel.database.write.acquire() as connection:
        kept = await read_kept(connection, keys)
    ready = [
        one.id for one in kept if one.definition.channel == SOCKET and one.row["status"] != OFF
    ]
    if not ready or len(ready) < len(one_id):
        raise NotFound("none of these subscriptions goes to a websocket")
    token, until = await make_token(engine, ready)
    address = session.kernel.base.removesuffix("/fhir").replace("http", "ws", 1) + SOCKET_PATH
    rows: list[dict[str, Any]] = [
        {"name": "token", "valueString": token},
        {"name": "expiration", "valueDateTime": until},
        *({"name": "subscription", "valueString": key} for key in ready),
        {"name": "websocket-url", "valueUrl": address},
    ]
    return Answer(200, orjson.dumps({"resourceType": "Parameters", "parameter": rows}))


async def stream(session: Session) -> Answer:
    """`$stream`: server-sent events, from the number after Last-Event-ID where it is given."""
    who, one = asking(session), await _own(session)
    who.scope.need("r", KIND)
    if not one.definition.is_pulled or one.row["status"] == OFF:
        raise RuleBroken("this subscription is not read as a stream")
    last = session.request.headers.get("last-event-id", "").strip()
    if last and not last.isdecimal():
        raise InvalidRequest("Last-Event-ID: the number of an event is expected")
    if engine_of(session).streams >= _MOST_STREAMS:
        raise Unavailable("too many streams are open here; come back in a moment")
    source = Stream(engine_of(session), one.id, int(last) if last else None)
    return Answer(200, media="text/event-stream", chunks=_sent(source))


async def replay(session: Session) -> Answer:
    """`$replay`: what was given up is sent again, in its order; how many events that are."""
    who, one, given = asking(session), await _own(session), await _parameters(session)
    who.scope.need("u", KIND)
    first, last = _number(given, "from", 1), _number(given, "to", _LAST)
    async with session.kernel.database.transaction() as connection:
        count = await again(connection, one.id, first, last)
    line = Trace(who.scope.agent, "E", type_number(KIND), (), f"replay {one.id}", who.scope.acting)
    await session.kernel.coalescer.trace(line)
    rows = [{"name": "count", "valueInteger": count}]
    return Answer(200, orjson.dumps({"resourceType": "Parameters", "parameter": rows}))


async def _sent(source: Stream) -> AsyncIterator[bytes]:
    """Frames in the format of server-sent events; a Bundle is one line of JSON."""
    source.engine.streams += 1
    try:
        yield b"retry: 2000\n\n"
        async for frame in source.frames(greets=True):
            number = f"id: {frame.n}\n".encode() if frame.n is not None else b""
            body = b"\n".join(b"data: " + line for line in frame.body.splitlines())
            yield number + body + b"\n\n"
    finally:
        source.engine.streams -= 1


async def _own(session: Session) -> Kept:
    key = session.request.parts[1]
    found = await engine_of(session).register.owned(asking(session), key)
    if found is None:
        raise NotFound(f"{KIND}/{key}: there is nothing here")
    return found


async def _parameters(session: Session) -> dict[str, list[str]]:
    """Parameters of the address, and of a Parameters resource in the body."""
    given: dict[str, list[str]] = {}
    for name, text in session.request.query:
        given.setdefault(name, []).extend(part for part in text.split(",") if part)
    if session.request.method == "POST" and session.request.headers.get("content-length") != "0":
        raw = await session.request.body()
        body = parsed(raw) if raw.strip() else {}
        for row in body.get("parameter", ()) if isinstance(body.get("parameter", ()), list) else ():
            value = next((row[name] for name in row if name.startswith("value")), None)
            if isinstance(value, str | int):
                given.setdefault(str(row.get("name")), []).append(str(value))
    return given


def _number(given: Mapping[str, list[str]], name: str, otherwise: int) -> int:
    text = (given.get(name) or [str(otherwise)])[0]
    if not text.isdecimal() or len(text) > 19:  # noqa: PLR2004 -- 64 bits
        raise InvalidRequest(f"{name}: the number of an event is expected")
    return min(int(text), _LAST)


_READ: Final[Mapping[str, Handler]] = {"GET": status, "POST": status}
_TOKEN: Final[Mapping[str, Handler]] = {"GET": binding_token, "POST": binding_token}
TYPE_OPERATIONS: Final[Mapping[tuple[str, str], Mapping[str, Handler]]] = {
    (KIND, "$status"): _READ,
    (KIND, "$get-ws-binding-token"): _TOKEN,
}
INSTANCE_OPERATIONS: Final[Mapping[tuple[str, str], Mapping[str, Handler]]] = {
    (KIND, "$status"): _READ,
    (KIND, "$events"): {"GET": events, "POST": events},
    (KIND, "$get-ws-binding-token"): _TOKEN,
    (KIND, "$stream"): {"GET": stream},
    (KIND, "$replay"): {"POST": replay},
}
