"""`ViewDefinition/$run`: a view of SQL on FHIR v2 over the lake, or over resources given with it.

Over the lake: for systems that the region has registered, whose scope names ViewDefinition or all
types; each run is a line of the trail, with the text of the view, before a row is sent. Persons
read figures (`/population`), never rows. Rules: G1.6, G1.7; SQL on FHIR v2, operations.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

import orjson

from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.store.scope import Trace
from cordee.identity.principal import Principal
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound

KIND: Final = "ViewDefinition"
PATHS: Final = (f"{KIND}/$run", f"{KIND}/$viewdefinition-run")
_DEFAULT: Final = 10_000
_LONGEST: Final = 4000
_MEDIA: Final = {"ndjson": "application/x-ndjson", "json": "application/json", "csv": "text/csv"}
Handler = Callable[[Session], Awaitable[Answer]]


class Views(Protocol):
    """Runs views beside the loop."""

    async def ask(self, what: str, principal: Principal, *told: Any) -> Any:
        """What a method of the desk answers."""
        ...


async def run(session: Session) -> Answer:
    """POST ViewDefinition/$run."""
    told = _told(await session.request.resource(), session.request.query)
    if session.views is None:
        raise NotFound("no view is run here")
    given = told["resources"]
    if not given:
        _may_query(session)
    found = await session.views.ask(
        "run_view", session.principal, told["view"], given, told["limit"]
    )
    if not given:
        await _trace(session, told["view"], len(found.rows))
    body = _BODIES[told["format"]](found.columns, found.rows)
    return Answer(200, body, media=_MEDIA[told["format"]])


def _may_query(session: Session) -> None:
    """Raises `AccessDenied` for everybody but a system with a scope for views."""
    if not session.principal.is_system:
        raise AccessDenied("rows of the lake are for registered systems; persons read figures")
    session.scope.need("r", KIND)


async def _trace(session: Session, view: Mapping[str, Any], rows: int) -> None:
    text = orjson.dumps(view).decode()[:_LONGEST]
    detail = f"view of the lake, {rows} rows: {text}"
    scope = session.scope
    await session.kernel.coalescer.trace(Trace(scope.agent, "E", None, (), detail, scope.acting))


def _told(raw: bytes, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The view, the resources, the format and the limit; raises `InvalidRequest`."""
    body = parsed(raw)
    if body.get("resourceType") == KIND:
        body = {"parameter": [{"name": "viewResource", "resource": body}]}
    given: dict[str, list[Any]] = {}
    for one in body.get("parameter", ()):
        value = one.get(
            "resource", next((v for k, v in one.items() if k.startswith("value")), None)
        )
        given.setdefault(one.get("name", ""), []).append(value)
    asked = dict(query)
    views = given.get("viewResource", [])
    if len(views) != 1 or not isinstance(views[0], dict):
        raise InvalidRequest("viewResource: one ViewDefinition is expected")
    wanted = str((given.get("_format") or [asked.get("_format", "ndjson")])[0])
    if wanted not in _MEDIA:
        raise InvalidRequest(f"_format: one of {', '.join(_MEDIA)}")
    return {
        "view": views[0], "resources": given.get("resource", []), "format": wanted,
        "limit": _number((given.get("_limit") or [asked.get("_limit", _DEFAULT)])[0]),
    }  # fmt: skip


def _number(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()) or len(text) > 9:  # noqa: PLR2004 -- an int4
        raise InvalidRequest("_limit: a whole number is expected")
    return int(text)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _ndjson(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    return b"".join(
        orjson.dumps(one, default=_plain, option=orjson.OPT_APPEND_NEWLINE)
        for one in _lines(columns, rows)
    )


def _json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    return orjson.dumps(_lines(columns, rows), default=_plain)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


_BODIES: Final = {"ndjson": _ndjson, "json": _json, "csv": _csv}
ROUTES: Final[Mapping[str, Mapping[str, Handler]]] = {one: {"POST": run} for one in PATHS}
