"""Handlers of the interactions on resources, their history, and Bundles."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import orjson

from cordee.api.bundles import run_bundle
from cordee.api.http import Answer, version_headers
from cordee.api.publishing import opened_binary, published_alone, published_lot
from cordee.api.searching import conditional_criteria
from cordee.api.session import Session
from cordee.care.documents.received import is_lot, is_simplified
from cordee.fhir.interactions import history as histories
from cordee.fhir.interactions import read as reading
from cordee.fhir.interactions import write as writing
from cordee.fhir.interactions.entries import version_of_etag
from cordee.fhir.interactions.patching import change_of
from cordee.fhir.interactions.write import Outcome
from cordee.fhir.model.outcome import outcome
from cordee.fhir.search.bundle import shown
from cordee.fhir.search.query import read_query
from cordee.fhir.store.repository import Version
from cordee.runtime.errors import Issue, NotFound

_SHOWING = ("_summary", "_elements", "_format", "_pretty")


async def read(session: Session) -> Answer:
    """GET Type/id, with If-None-Match and If-Modified-Since."""
    kind, key = session.request.parts[:2]
    if kind == "Binary" and session.scope.actors is not None:
        version = await opened_binary(session, key)
    else:
        version = await reading.read(session.kernel, session.scope, kind, key)
    if _is_known(session, version):
        return Answer(304, headers=version_headers(version))
    return _shown(session, version)


async def vread(session: Session) -> Answer:
    """GET Type/id/_history/n."""
    kind, key, _, number = session.request.parts
    version = await reading.vread(session.kernel, session.scope, kind, key, number)
    return _shown(session, version)


async def create(session: Session) -> Answer:
    """POST Type, with If-None-Exist."""
    request = session.request
    raw = await request.resource()
    if is_simplified(raw) and request.parts[0] == "DocumentReference":
        session.scope.need("c", "DocumentReference")
        published = await published_alone(session, raw)
        if published is not None:
            return written(session, published)
    made = await writing.create(
        session.kernel,
        session.scope,
        request.parts[0],
        raw,
        criteria=request.headers.get("if-none-exist"),
    )
    return written(session, made)


async def update(session: Session) -> Answer:
    """PUT Type/id, with If-Match."""
    request = session.request
    raw = await request.resource()
    made = await writing.update(
        session.kernel,
        session.scope,
        request.parts[0],
        request.parts[1],
        raw,
        if_match=_if_match(session),
    )
    return written(session, made)


async def conditional_update(session: Session) -> Answer:
    """PUT Type?criteria."""
    raw = await session.request.resource()
    made = await writing.conditional_update(
        session.kernel,
        session.scope,
        session.request.parts[0],
        conditional_criteria(session),
        raw,
        if_match=_if_match(session),
    )
    return written(session, made)


async def patch(session: Session) -> Answer:
    """PATCH Type/id: JSON Patch, XML Patch or FHIRPath Patch."""
    kind, key = session.request.parts[:2]
    return await _patch(session, kind, key)


async def conditional_patch(session: Session) -> Answer:
    """PATCH Type?criteria."""
    kind = session.request.parts[0]
    criteria = conditional_criteria(session)
    key = await writing.conditional_id(session.kernel, session.scope, kind, criteria)
    if key is None:
        raise NotFound(f"{kind}: nothing meets these criteria")
    return await _patch(session, kind, key)


async def delete(session: Session) -> Answer:
    """DELETE Type/id: what is gone stays gone, also when it never was."""
    kind, key = session.request.parts[:2]
    return await _delete(session, kind, key)


async def conditional_delete(session: Session) -> Answer:
    """DELETE Type?criteria: none or one match."""
    kind = session.request.parts[0]
    criteria = conditional_criteria(session)
    key = await writing.conditional_id(session.kernel, session.scope, kind, criteria)
    return Answer(204) if key is None else await _delete(session, kind, key)


async def instance_history(session: Session) -> Answer:
    """GET Type/id/_history."""
    kind, key = session.request.parts[:2]
    return await _history(session, kind, key)


async def type_history(session: Session) -> Answer:
    """GET Type/_history."""
    return await _history(session, session.request.parts[0], None)


async def system_history(session: Session) -> Answer:
    """GET _history."""
    return await _history(session, None, None)


async def bundle(session: Session) -> Answer:
    """POST of a batch or a transaction to the base."""
    raw = await session.request.resource()
    answer = await published_lot(session, raw) if is_lot(raw) else None
    return Answer(200, answer or await run_bundle(session, raw))


def written(session: Session, made: Outcome) -> Answer:
    """201 or 200 with Location and ETag; the body is what `Prefer: return=` asks for."""
    version = made.version
    headers = version_headers(version)
    if made.created or made.unchanged:
        place = f"{session.kernel.base}/{version.type}/{version.id}/_history/{version.version}"
        headers.append(("location", place))
    status = 201 if made.created else 200
    wanted = session.request.prefer.get("return", "representation")
    if wanted == "minimal":
        return Answer(status, headers=headers)
    if wanted == "OperationOutcome":
        return Answer(status, orjson.dumps(outcome(made.warnings)), headers)
    return Answer(status, version.json(), headers)


async def _patch(session: Session, kind: str, key: str) -> Answer:
    request = session.request
    change = change_of(request.headers.get("content-type", ""), await request.body())
    made = await writing.patch(
        session.kernel, session.scope, kind, key, change, if_match=_if_match(session)
    )
    return written(session, made)


async def _delete(session: Session, kind: str, key: str) -> Answer:
    gone = await writing.delete(
        session.kernel, session.scope, kind, key, if_match=_if_match(session)
    )
    if session.request.prefer.get("return") == "OperationOutcome":
        said = "the resource was deleted" if gone else "there was nothing to delete"
        issue = Issue("information", "informational", said)
        return Answer(200, orjson.dumps(outcome([issue])))
    return Answer(204, headers=version_headers(gone)[:1] if gone else [])


async def _history(session: Session, kind: str | None, key: str | None) -> Answer:
    body = await histories.history_bundle(
        session.kernel, session.scope, kind, key, session.request.query
    )
    return Answer(200, body)


def _shown(session: Session, version: Version) -> Answer:
    pairs = [pair for pair in session.request.query if pair[0] in _SHOWING]
    body = version.json()
    if any(name in {"_summary", "_elements"} for name, _ in pairs):
        body = shown(version, read_query(version.type, pairs))
    return Answer(200, body, version_headers(version))


def _is_known(session: Session, version: Version) -> bool:
    headers = session.request.headers
    tags = headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or any(
            tag.strip().removeprefix("W/").strip('"') == str(version.version)
            for tag in tags.split(",")
        )
    since = _http_date(headers.get("if-modified-since", ""))
    return since is not None and version.updated.replace(microsecond=0) <= since


def _http_date(text: str) -> datetime | None:
    """The moment of an HTTP date; what is none is left aside (RFC 9110, 13.1.3)."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _if_match(session: Session) -> int | None:
    header = session.request.headers.get("if-match")
    return version_of_etag(header) if header is not None else None
