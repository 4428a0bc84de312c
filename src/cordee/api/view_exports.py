"""`ViewDefinition/$export`: views over the lake into files, asked for now and fetched later.

The kick-off answers 202 with where to ask; there 202 while it runs, then 200 with the files; DELETE
cancels. What is asked is a line of the trail with the text of each view, and each file is one with
its rows before it is sent. Rules: G1.6, G1.7; SQL on FHIR v2, $export; Bulk Data Access.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any, Final

import orjson

from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.api.viewing import (
    KIND,
    MEDIA,
    Handler,
    desk_of,
    format_of,
    may_query_lake,
    parameters,
    resource_of,
    run,
    sent,
    text_of,
    told_of,
    trace,
    value_of,
)
from cordee.fhir.model.outcome import outcome
from cordee.runtime.clock import instant
from cordee.runtime.errors import InvalidRequest, Issue, NotFound, NotSupported

EXPORT: Final = "$export"
_FORMATS: Final = ("ndjson", "csv", "parquet")
_KNOWN: Final = frozenset({"view", "viewResource", "_format", "clientTrackingId"})
_PARTS: Final = frozenset({"name", "viewResource"})
_MOST_VIEWS: Final = 50
_LONGEST_NAME: Final = 200


async def begin(session: Session) -> Answer:
    """POST ViewDefinition/$export: 202 with the address of its state."""
    given = await parameters(session, _KNOWN)
    may_query_lake(session)
    views = [_view(one) for one in given.get("view", ())]
    views += [("", resource_of(one)) for one in given.get("viewResource", ())]
    if not 0 < len(views) <= _MOST_VIEWS:
        raise InvalidRequest(f"view: 1 to {_MOST_VIEWS} are expected, each with a viewResource")
    named = [(name or str(view.get("name") or f"view{at}"), view)
             for at, (name, view) in enumerate(views, 1)]  # fmt: skip
    kind, tracking = format_of(session, given, _FORMATS), value_of(given, "clientTrackingId")
    lines = [f"export asked, {told_of(view)}: {text_of(view)}" for _, view in named]
    key = await desk_of(session).begin(session.principal.user, named, kind, tracking)
    for line in lines:
        await trace(session, line)
    address = _address(session, key)
    told = [_told("exportId", "String", key), _told("status", "Code", "accepted"),
            _told("location", "Uri", address), _told("cancelUrl", "Uri", address)]  # fmt: skip
    return Answer(202, _parameters(told), [("content-location", address)])


async def state(session: Session) -> Answer:
    """GET of an export: 202 while it runs, 200 with its files, 500 where it failed."""
    one = await _export(session)
    address = _address(session, one.key)
    told = [_told("exportId", "String", one.key), _told("location", "Uri", address),
            _told("cancelUrl", "Uri", address), _told("_format", "Code", one.asked.format),
            _told("exportStartTime", "Instant", instant(one.started))]  # fmt: skip
    if one.asked.tracking:
        told.append(_told("clientTrackingId", "String", one.asked.tracking))
    if one.ended is None:
        told.append(_told("status", "Code", "in-progress"))
        headers = [("retry-after", "2"), ("x-progress", "in progress")]
        return Answer(202, _parameters(told), headers)
    if one.error:
        issue = Issue("error", "processing", one.error)
        return Answer(500, orjson.dumps(outcome([issue])))
    told += [_told("status", "Code", "completed"),
             _told("exportEndTime", "Instant", instant(one.ended))]  # fmt: skip
    for made in one.outputs:
        parts = [_told("name", "String", made.name),
                 _told("location", "Uri", f"{address}/{made.file}")]  # fmt: skip
        told.append({"name": "output", "part": parts})
    headers = [("expires", format_datetime(one.until, usegmt=True))]
    return Answer(200, _parameters(told), headers)


async def fetch(session: Session) -> Answer:
    """GET of a file of an export."""
    one = await _export(session)
    place, made = next(
        (
            (at, made)
            for at, made in enumerate(one.outputs)
            if made.file == session.request.parts[3]
        ),
        (0, None),
    )
    if made is None:
        raise NotFound("there is no such file")
    file = await desk_of(session).ask("open", one, made)
    try:
        view = one.asked.views[place].definition
        told = f"export fetched, {told_of(view)}, {made.rows} rows: {text_of(view)}"
        await trace(session, told)
    except BaseException:
        file.close()
        raise
    return Answer(200, media=MEDIA[one.asked.format], chunks=sent(file))


async def cancel(session: Session) -> Answer:
    """DELETE of an export: it stops, and its files are gone."""
    may_query_lake(session)
    await desk_of(session).ask("cancel", session.request.parts[2], session.principal.user)
    issue = Issue("information", "informational", "the export is cancelled; its files are gone")
    return Answer(202, orjson.dumps(outcome([issue])))


def routes(parts: list[str]) -> Mapping[str, Handler] | None:
    """Handlers below ViewDefinition; None where there is nothing."""
    match parts[1:]:
        case ["$run" | "$viewdefinition-run"]:
            return {"POST": run}
        case ["$export" | "$viewdefinition-export"]:
            return {"POST": begin}
        case ["$export", _]:
            return {"GET": state, "DELETE": cancel}
        case ["$export", _, _]:
            return {"GET": fetch}
        case _:
            return None


def _view(parameter: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name and the definition of a `view`; raises `InvalidRequest` or `NotSupported`."""
    rows = parameter.get("part")
    parts = {one.get("name"): one for one in rows or () if isinstance(one, dict)}
    for name in sorted(map(str, parts.keys() - _PARTS)):
        raise NotSupported(f"view.{name}: this parameter is not supported here")
    if "viewResource" not in parts:
        raise InvalidRequest("view: its ViewDefinition is expected as viewResource")
    name = str(parts.get("name", {}).get("valueString", ""))
    return name[:_LONGEST_NAME], resource_of(parts["viewResource"])


async def _export(session: Session) -> Any:
    """The export that the address names, if it is the caller's."""
    may_query_lake(session)
    key = session.request.parts[2]
    return await desk_of(session).ask("find", key, session.principal.user)


def _address(session: Session, key: str) -> str:
    return f"{session.kernel.base}/{KIND}/{EXPORT}/{key}"


def _told(name: str, kind: str, value: str) -> dict[str, Any]:
    return {"name": name, f"value{kind}": value}


def _parameters(rows: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"resourceType": "Parameters", "parameter": rows})
