"""POST to the base: a batch does each entry for itself, a transaction all or none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, MutableMapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from cordee.api import http
from cordee.api.http import Answer, Request
from cordee.api.session import Session
from cordee.fhir.interactions.entries import Entry, checked_entry, read_bundle
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.transaction import Answer as Result
from cordee.fhir.interactions.transaction import transaction
from cordee.fhir.model.outcome import outcome
from cordee.fhir.search.bundle import bundle
from cordee.runtime.clock import instant
from cordee.runtime.errors import InvalidRequest, NotSupported, ProductError

_AT_ONCE = 16
_TURNS = (("DELETE",), ("POST",), ("PUT",), ("PATCH",), ("GET", "HEAD"))
_VERBS = {verb for turn in _TURNS for verb in turn}


async def run_bundle(session: Session, raw: bytes) -> bytes:
    """The response Bundle, entries in the order of the request."""
    body = read_bundle(raw)
    match body.type:
        case "batch":
            entries = await _batch(session, raw)
            return bundle("batch-response", None, [], entries)
        case "transaction":
            _refuse_subscriptions(session, body.entry)
            results = await transaction(session.kernel, session.scope, raw, partial(_read, session))
            entries = [_entry(session, result) for result in results]
            return bundle("transaction-response", None, [], entries)
        case _:
            raise InvalidRequest(
                "Bundle.type: batch or transaction is expected here", expression=("Bundle.type",)
            )


async def _batch(session: Session, raw: bytes) -> list[bytes]:
    rows = read_bundle(raw).entry
    answers: list[bytes] = [b""] * len(rows)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(place: int) -> None:
        async with gate:
            answers[place] = await _alone(session, place, rows[place])

    verbs = [row.request.method if row.request else "GET" for row in rows]
    for wanted in _TURNS:
        async with asyncio.TaskGroup() as group:
            for place, verb in enumerate(verbs):
                if verb in wanted or (verb not in _VERBS and wanted == _TURNS[-1]):
                    group.create_task(one(place))
    return answers


async def _alone(session: Session, place: int, row: Any) -> bytes:
    try:
        entry = checked_entry(place, row, session.kernel.base)
        answer = await _perform(session, entry)
    except ProductError as error:
        answer = http.failure(error)
    return _answer_entry(answer)


async def _perform(session: Session, entry: Entry) -> Answer:
    path, _, query = entry.url.partition("?")
    headers = {name: value for name, value in _headers(entry).items() if value}
    headers["content-type"] = http.JSON
    if entry.verb == "PATCH":
        return await _patch(session, entry, headers)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": entry.resource or b"", "more_body": False}

    request = Request(
        entry.verb,
        [unquote(part) for part in path.split("/") if part],
        parse_qsl(query, keep_blank_values=True),
        headers,
        receive,
        session.request.prefer,
    )
    inner = replace(session, request=request)
    answer = await session.route(inner)(inner)
    return replace(answer, body=b"") if entry.verb == "HEAD" else answer


async def _patch(session: Session, entry: Entry, headers: dict[str, str]) -> Answer:
    """A PATCH entry is done as a transaction of its own, as its patch stands in a resource."""
    if _is_subscription(session, entry.url):
        raise NotSupported("Subscription: patch it by itself")
    request = {"method": "PATCH", "url": entry.url, "ifMatch": headers.get("if-match")}
    whole = (
        b'{"resourceType":"Bundle","type":"transaction","entry":[{"request":'
        + orjson.dumps(request)
        + b',"resource":'
        + (entry.resource or b"{}")
        + b"}]}"
    )
    results = await transaction(session.kernel, session.scope, whole, partial(_read, session))
    version = results[0].version
    body = version.json() if version is not None else b""
    return Answer(200, body, http.version_headers(version) if version else [])


def _refuse_subscriptions(session: Session, rows: Iterable[Any]) -> None:
    """A subscription is kept with its owner, which is done for one at a time."""
    for row in rows:
        request = row.request
        if (
            request
            and request.method not in {"GET", "HEAD"}
            and _is_subscription(session, request.url)
        ):
            raise NotSupported("Subscription: write it by itself, or in a batch")


def _is_subscription(session: Session, url: str) -> bool:
    """Whether an address means a Subscription, as entries are understood (`checked_entry`)."""
    path = url.removeprefix(session.kernel.base).partition("?")[0]
    return unquote(path.strip("/").partition("/")[0]) == "Subscription"


def _headers(entry: Entry) -> dict[str, str | None]:
    request = entry.request
    return {
        "if-match": request.ifMatch,
        "if-none-match": request.ifNoneMatch,
        "if-modified-since": request.ifModifiedSince,
        "if-none-exist": request.ifNoneExist,
    }


async def _read(session: Session, entry: Entry, kernel: Kernel) -> bytes:
    """Answer of a GET inside a transaction, by the same handlers as alone."""
    return _answer_entry(await _perform(replace(session, kernel=kernel), entry))


def _entry(session: Session, result: Result) -> bytes:
    if result.read is not None:
        return result.read
    version = result.version
    response: dict[str, Any] = {"status": _status(result.status)}
    if version is not None:
        response["etag"] = f'W/"{version.version}"'
        response["lastModified"] = instant(version.updated)
        if not version.deleted:
            place = f"{version.type}/{version.id}/_history/{version.version}"
            response["location"] = f"{session.kernel.base}/{place}"
    wanted = session.request.prefer.get("return", "minimal")
    if result.warnings and wanted == "OperationOutcome":
        response["outcome"] = outcome(result.warnings)
    parts = [b'"response":' + orjson.dumps(response)]
    if version is not None and not version.deleted:
        if wanted == "representation":
            parts.insert(0, b'"resource":' + version.json())
        full_url = f"{session.kernel.base}/{version.type}/{version.id}"
        parts.insert(0, f'"fullUrl":"{full_url}"'.encode())
    return b"{" + b",".join(parts) + b"}"


def _answer_entry(answer: Answer) -> bytes:
    response: dict[str, Any] = {"status": _status(answer.status)}
    for name, value in answer.headers:
        if name == "etag":
            response["etag"] = value
        elif name == "location":
            response["location"] = value
        elif name == "last-modified":
            response["lastModified"] = instant(parsedate_to_datetime(value))
    failed = answer.status >= HTTPStatus.BAD_REQUEST
    parts: list[bytes] = []
    if answer.body and failed:
        response["outcome"] = orjson.loads(answer.body)
    elif answer.body:
        parts.append(b'"resource":' + answer.body)
    parts.append(b'"response":' + orjson.dumps(response))
    return b"{" + b",".join(parts) + b"}"


def _status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"
