"""FHIR over HTTP: what a request says, how an answer is written, errors as OperationOutcome."""

from __future__ import annotations

import asyncio
import codecs
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from cordee.api.streaming import stream
from cordee.api.uploads import check_uploads
from cordee.fhir.model.outcome import outcome, outcome_of
from cordee.fhir.model.xml import json_to_xml, xml_to_json
from cordee.fhir.store.repository import Version
from cordee.identity.smart.failures import Unproved
from cordee.identity.smart.proving import ALGORITHMS
from cordee.runtime.errors import (
    InvalidRequest,
    Issue,
    MethodNotAllowed,
    NotAcceptable,
    ProductError,
    Throttled,
    TooCostly,
    TooWeak,
    UnsupportedMedia,
)
from cordee.runtime.scanning import Scanner

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
JSON, XML = "application/fhir+json", "application/fhir+xml"
LARGEST = 256 * 1024 * 1024
_FORMATS = {
    "json": JSON, "xml": XML, JSON: JSON, XML: XML,
    "application/json": JSON, "application/xml": XML, "text/json": JSON, "text/xml": XML,
    "application/json+fhir": JSON, "application/xml+fhir": XML,
    "*/*": JSON, "application/*": JSON, "text/html": JSON,
}  # fmt: skip
_COMPRESSED_FROM = 2048
_OFF_LOOP_FROM = 65536


class WrongMethod(MethodNotAllowed):
    """The path exists for other methods, which are named (RFC 9110, 15.5.6)."""

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        """`allowed` are the methods of the path."""
        super().__init__(f"{method} is not possible at this address")
        self.allowed = sorted(allowed)


@dataclass(slots=True)
class Request:
    """One request, its path relative to the FHIR base and split at slashes."""

    method: str
    parts: list[str]
    query: list[tuple[str, str]]
    headers: dict[str, str]
    receive: Receive
    prefer: dict[str, str] = field(default_factory=dict)
    format: str = JSON
    scanner: Scanner | None = None

    async def body(self) -> bytes:
        """The whole body, unzipped, its files looked at; `InvalidRequest` when it is too large."""
        return await self._looked_at(await self._received())

    async def _looked_at(self, raw: bytes) -> bytes:
        if self.scanner is not None:
            await check_uploads(self.scanner, raw)
        return raw

    async def _received(self) -> bytes:
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise InvalidRequest("the client went away")
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > LARGEST:
                raise InvalidRequest(f"the body is larger than {LARGEST} bytes")
            more = message.get("more_body", False)
        raw = b"".join(chunks)
        match self.headers.get("content-encoding", "identity").strip().lower():
            case "identity" | "":
                return raw
            case "gzip" | "x-gzip":
                return _unzipped(raw)
            case _:
                raise UnsupportedMedia("Content-Encoding: gzip or nothing is expected")

    async def resource(self) -> bytes:
        """The body as FHIR JSON, whatever its format."""
        media = self.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        kind = _FORMATS.get(media)
        if kind is None or "*" in media or media == "text/html":
            raise UnsupportedMedia(f"the body must be {JSON} or {XML}")
        raw = (await self._received()).removeprefix(codecs.BOM_UTF8)
        if not raw.strip():
            raise InvalidRequest("a resource is expected in the body")
        if kind == XML:
            raw = await asyncio.to_thread(xml_to_json, raw)
        return await self._looked_at(raw)


@dataclass(slots=True)
class Answer:
    """One answer; the body is FHIR JSON unless `media` says otherwise."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    media: str | None = None
    chunks: AsyncIterator[bytes] | None = None
    """What is sent bit by bit, for as long as the client listens, instead of a body."""


def read_request(scope: MutableMapping[str, Any], receive: Receive, prefix: str) -> Request:
    """What an ASGI scope says; format and preferences are checked in `negotiate`."""
    path: str = scope["path"]
    parts = [unquote(part) for part in path[len(prefix) :].split("/") if part]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Request(scope["method"], parts, query, headers, receive)


def negotiate(request: Request) -> None:
    """Sets format and preferences; raises `NotAcceptable` or `InvalidRequest`."""
    if any("\0" in part for part in request.parts):
        raise InvalidRequest("the address holds a character that no text may hold")
    wanted = next((value for name, value in request.query if name == "_format"), None)
    if request.parts[:1] == ["ViewDefinition"]:
        request.format = JSON  # of what is said about rows; `viewing` reads that of the rows
    elif wanted is not None:
        kind = _FORMATS.get(wanted.partition(";")[0].replace(" ", "+").lower())
        if kind is None:
            raise NotAcceptable("_format: json or xml is expected")
        request.format = kind
    elif request.parts[-1:] != ["$stream"]:
        request.format = _accepted(request.headers.get("accept", "*/*"))
    for part in request.headers.get("prefer", "").replace(",", ";").split(";"):
        name, _, value = part.strip().partition("=")
        if name:
            request.prefer[name.lower()] = value.strip('"')


def version_headers(version: Version) -> list[tuple[str, str]]:
    """ETag and Last-Modified of a version."""
    return [
        ("etag", f'W/"{version.version}"'),
        ("last-modified", format_datetime(version.updated, usegmt=True)),
    ]


def failure(error: ProductError) -> Answer:
    """An error as an answer."""
    headers = []
    if isinstance(error, WrongMethod):
        headers.append(("allow", ", ".join(error.allowed)))
    if error.status == 401:  # noqa: PLR2004 -- Unauthorized
        headers += _challenges(error)
    if isinstance(error, Throttled):
        headers.append(("retry-after", str(error.seconds)))
    if isinstance(error, TooWeak):  # RFC 9470
        headers.append(
            ("www-authenticate", 'Bearer error="insufficient_user_authentication", acr_values="2"')
        )
    return Answer(error.status, orjson.dumps(outcome_of(error)), headers)


def _challenges(error: ProductError) -> list[tuple[str, str]]:
    """How a token is to be shown (RFC 6750, 3; RFC 9449, 7.1)."""
    said = ""
    if isinstance(error, Unproved):
        said = f' error="{error.code}", error_description="{error.message}",'
    return [
        ("www-authenticate", 'Bearer realm="cordee"'),
        ("www-authenticate", f'DPoP{said} algs="{" ".join(ALGORITHMS)}"'),
    ]


def unexpected() -> Answer:
    """A bug as an answer: nothing of it is shown."""
    issue = Issue("fatal", "exception", "something went wrong here; it was written to the log")
    return Answer(500, orjson.dumps(outcome([issue])))


async def reply(request: Request, answer: Answer, send: Send) -> None:
    """Sends an answer in the format that the client asked for, zipped where it pays."""
    if answer.chunks is not None and request.method != "HEAD":
        await stream(request.receive, send, answer.media or JSON, answer.chunks)
        return
    body = answer.body
    media = answer.media or request.format
    if body and answer.media is None and request.format == XML:
        body = await asyncio.to_thread(json_to_xml, body)
    headers = [*answer.headers]
    if body:
        charset = "" if answer.media else "; charset=utf-8"
        headers.append(("content-type", media + charset))
    if len(body) >= _COMPRESSED_FROM and _zips(request.headers.get("accept-encoding", "")):
        body = await _zipped(body)
        headers += [("content-encoding", "gzip"), ("vary", "accept-encoding")]
    headers.append(("content-length", str(len(body))))
    headers.append(("cache-control", "no-store"))
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        }
    )
    shown = b"" if request.method == "HEAD" else body
    await send({"type": "http.response.body", "body": shown})


def _accepted(header: str) -> str:
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                quality = _quality(parameter[2:])
        kind = _FORMATS.get(media.lower())
        if kind is not None and quality > 0:
            ranked.append((-quality, place, kind))
    if not ranked:
        raise NotAcceptable(f"{JSON} or {XML} can be sent")
    return min(ranked)[2]


def _zips(header: str) -> bool:
    for part in header.split(","):
        coding, _, weight = part.strip().partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            return _quality(weight.strip().removeprefix("q=") or "1") > 0
    return False


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _unzipped(raw: bytes) -> bytes:
    engine = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = engine.decompress(raw, LARGEST)
    except zlib.error as error:
        raise InvalidRequest("the body is not gzip, though Content-Encoding says so") from error
    if engine.unconsumed_tail:
        raise TooCostly(f"the unzipped body is larger than {LARGEST} bytes")
    return plain


async def _zipped(body: bytes) -> bytes:
    if len(body) >= _OFF_LOOP_FROM:
        return await asyncio.to_thread(gzip.compress, body, 1)
    return gzip.compress(body, 1)
