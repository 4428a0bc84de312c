"""`ViewDefinition/$run`: a view of SQL on FHIR v2 over the lake, or over resources given with it.

Over the lake: for systems that the region has registered, whose scope names ViewDefinition or all
types; each run is a line of the trail, with the text of the view, before a row is sent. Persons
read figures (`/population`), never rows. Rules: G1.6, G1.7; SQL on FHIR v2, operations.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, BinaryIO, Final, Protocol

import orjson

from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.store.scope import Trace
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound, NotSupported, TooCostly

KIND: Final = "ViewDefinition"
MEDIA: Final[Mapping[str, str]] = {
    "ndjson": "application/x-ndjson", "json": "application/json", "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
MOST_ROWS: Final = 1_000_000
_DEFAULT: Final = 10_000
_LONGEST: Final = 65_536
_LONGEST_NAME: Final = 200
_CHUNK: Final = 262_144
_WRITTEN: Final = {
    "application/x-ndjson": "ndjson", "application/ndjson": "ndjson",
    "application/fhir+ndjson": "ndjson", "application/json": "json", "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
}  # fmt: skip
_KNOWN: Final = frozenset({"viewResource", "resource", "_format", "_limit"})
Handler = Callable[[Session], Awaitable[Answer]]
Given = dict[str, list[Mapping[str, Any]]]


class Views(Protocol):
    """Runs views beside the loop: `app.views_port`."""

    async def run(self, *told: Any) -> Any:
        """The file and the number of rows of a view: definition, resources, format, limit."""
        ...

    async def ask(self, what: str, *told: Any) -> Any:
        """What a method of the desk of views answers."""
        ...

    async def begin(self, *told: Any) -> str:
        """The key of an export that begins: owner, views by name, format, text of theirs."""
        ...


async def run(session: Session) -> Answer:
    """POST ViewDefinition/$run."""
    given = await parameters(session, _KNOWN)
    [*views] = given.get("viewResource", ())
    if len(views) != 1:
        raise InvalidRequest("viewResource: one ViewDefinition is expected")
    view, kind = resource_of(views[0]), format_of(session, given, ("ndjson", "json", "csv"))
    resources = [resource_of(one) for one in given.get("resource", ())]
    if resources:
        _need_type(session, view)
        told = await desk_of(session).run(view, resources, kind, _limit(given))
    else:
        may_query_lake(session)
        text = text_of(view)
        told = await desk_of(session).run(view, None, kind, _limit(given))
        try:
            await trace(session, f"{told_of(view)}, {told.rows} rows: {text}")
        except BaseException:
            told.file.close()
            raise
    return Answer(200, media=MEDIA[kind], chunks=sent(told.file))


def may_query_lake(session: Session) -> None:
    """Raises `AccessDenied` for all but a system with a whole right of reading on views.

    `system/ViewDefinition.rs` or `system/*.rs` and wider; a right that a search restricts opens
    nothing, for a row of the lake meets no search.
    """
    if not session.principal.is_system:
        raise AccessDenied("rows of the lake are for registered systems; persons read figures")
    session.scope.need("r", KIND)
    if session.scope.limits_of("r", KIND):
        raise AccessDenied("a scope with a search opens no row of the lake")


def desk_of(session: Session) -> Views:
    """Who runs views; raises `NotFound` where nobody does."""
    if session.views is None:
        raise NotFound("no view is run here")
    return session.views


def text_of(view: Mapping[str, Any]) -> str:
    """The whole text of a view for the trail; raises `TooCostly` for one that is too long."""
    text = orjson.dumps(view, default=str).decode()
    if len(text) > _LONGEST:
        raise TooCostly(f"a view over the lake has at most {_LONGEST} characters: all are kept")
    return text


def told_of(view: Mapping[str, Any]) -> str:
    """A view by its name and its resource type, as a line of the trail names it."""
    name, kind = (
        "".join(filter(str.isprintable, str(view.get(one) or "")))[:_LONGEST_NAME]
        for one in ("name", "resource")
    )
    return f"view {name or 'without a name'} of {kind} over the lake"


async def trace(session: Session, detail: str) -> None:
    """A line of the trail; it is there when this returns."""
    scope = session.scope
    await session.kernel.coalescer.trace(Trace(scope.agent, "E", None, (), detail, scope.acting))


async def sent(file: BinaryIO) -> AsyncIterator[bytes]:
    """A file, piece by piece, then closed."""
    try:
        while piece := await asyncio.to_thread(file.read, _CHUNK):
            yield piece
    finally:
        file.close()


async def parameters(session: Session, known: frozenset[str]) -> Given:
    """What the address and, of a POST, a Parameters resource say, by name.

    A ViewDefinition alone stands for `viewResource`. Raises `NotSupported` for what would be left
    aside: nobody shall take a filter that is not applied for one that is.
    """
    body: Mapping[str, Any] = {"resourceType": "Parameters"}
    if session.request.method == "POST":
        body = parsed(await session.request.resource())
    if body.get("resourceType") == KIND:
        rows = [{"name": "viewResource", "resource": body}]
    else:
        rows = body.get("parameter", [])
    is_told = body.get("resourceType") in {KIND, "Parameters"} and isinstance(rows, list)
    if not is_told:
        raise InvalidRequest("a Parameters resource is expected", expression=("Parameters",))
    given: Given = {}
    for one in rows:
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise InvalidRequest("a Parameters resource is expected", expression=("Parameters",))
        given.setdefault(one["name"], []).append(one)
    for name, text in session.request.query:
        given.setdefault(name, []).append({"name": name, "valueString": text})
    for name in sorted(set(given) - known):
        raise NotSupported(f"{name}: this parameter is not supported here")
    return given


def resource_of(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """The resource of a parameter; raises `InvalidRequest`."""
    found = parameter.get("resource")
    if not isinstance(found, dict):
        raise InvalidRequest(f"{parameter.get('name')}: a resource is expected")
    return found


def value_of(given: Given, name: str) -> str:
    """The value of a parameter as a text, empty where it is not given."""
    first = (given.get(name) or [{}])[0]
    return str(next((text for key, text in first.items() if key.startswith("value")), ""))


def format_of(session: Session, given: Given, formats: Sequence[str]) -> str:
    """The format that is asked for, by `_format` or by Accept; the first one otherwise."""
    wanted = value_of(given, "_format")
    if not wanted:
        accepted = session.request.headers.get("accept", "").partition(",")[0].partition(";")[0]
        asked = _WRITTEN.get(accepted.strip().lower(), "")
        return asked if asked in formats else formats[0]
    asked = _WRITTEN.get(wanted.lower(), wanted)
    if asked not in formats:
        raise InvalidRequest(f"_format: one of {', '.join(formats)}")
    return asked


def _need_type(session: Session, view: Mapping[str, Any]) -> None:
    kind = view.get("resource")
    if isinstance(kind, str) and kind in RESOURCE_TYPES:
        session.scope.need("r", kind)


def _limit(given: Given) -> int:
    text = value_of(given, "_limit") or str(_DEFAULT)
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ROWS))
    if not is_number or not 0 < int(text) <= MOST_ROWS:
        raise InvalidRequest(f"_limit: a whole number from 1 to {MOST_ROWS} is expected")
    return int(text)
