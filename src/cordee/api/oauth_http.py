"""How the endpoints of `/oauth` read a request and write an answer.

Rules: RFC 6749, section 5 (JSON, `no-store`, parameters at most once) and the CORS of SMART App
Launch, for applications that live in a browser.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from cordee.identity.smart.failures import OAuthError

FORM = "application/x-www-form-urlencoded"
_LARGEST = 65_536
_MOST_FIELDS = 50
CORS = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "location, etag, last-modified, www-authenticate"),
]
_PREFLIGHT = [
    ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    (
        "access-control-allow-headers",
        "authorization, dpop, content-type, accept, prefer, if-match, if-none-match, if-none-exist",
    ),
    ("access-control-max-age", "600"),
]


@dataclass(frozen=True, slots=True)
class OAuthAnswer:
    """One answer; without `content` it has no body."""

    status: int
    content: Any = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    keeps: bool = False
    """Whether it may be cached: discovery and keys, nothing else."""


async def body_of(receive: Any) -> bytes:
    """The body, at most 64 kB; raises `OAuthError`."""
    found, more = b"", True
    while more:
        message = await receive()
        found += message.get("body", b"")
        if len(found) > _LARGEST or message["type"] == "http.disconnect":
            raise OAuthError("invalid_request", "the body is too large")
        more = message.get("more_body", False)
    return found


async def form_of(headers: dict[str, str], receive: Any) -> dict[str, str]:
    """The fields of a form; raises `OAuthError` where one stands twice."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"the body must be {FORM}")
    return fields_of(await body_of(receive))


def fields_of(raw: bytes) -> dict[str, str]:
    """Fields of a form or an address, each at most once, empty ones left out."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict",
            max_num_fields=_MOST_FIELDS,
        )  # fmt: skip
    except ValueError as error:
        raise OAuthError("invalid_request", "the form cannot be read") from error
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise OAuthError("invalid_request", "a parameter stands there twice")
    if any("\0" in text for _, text in pairs):
        raise OAuthError("invalid_request", "a parameter holds a character that no text may hold")
    return {name: text for name, text in pairs if text}


def headers_of(scope: MutableMapping[str, Any]) -> dict[str, str]:
    """Headers by their lower-case names."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def refusal(error: OAuthError) -> OAuthAnswer:
    """An error as RFC 6749 has it."""
    headers = [("www-authenticate", 'Basic realm="cordee"')] if error.answers == 401 else []  # noqa: PLR2004 -- Unauthorized
    content = {"error": error.code, "error_description": error.message}
    return OAuthAnswer(error.answers, content, headers)


async def send_answer(send: Any, answer: OAuthAnswer) -> None:
    """Sends it, never to be kept unless it says so."""
    body = b"" if answer.content is None else orjson.dumps(answer.content)
    caching = [("cache-control", "no-store"), ("pragma", "no-cache")]
    if answer.keeps:
        caching = [("cache-control", "public, max-age=300")]
    headers = [*answer.headers, *caching, *CORS, ("content-length", str(len(body)))]
    headers.append(("x-content-type-options", "nosniff"))
    if body:
        headers.append(("content-type", "application/json"))
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def send_preflight(send: Any) -> None:
    """The answer to a browser that asks before it asks."""
    headers = [*CORS, *_PREFLIGHT, ("content-length", "0")]
    encoded = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": 204, "headers": encoded})
    await send({"type": "http.response.body", "body": b""})


def with_cors(send: Any) -> Any:
    """Sends with the headers that let an application in a browser read the answer."""
    extra = [(name.encode(), value.encode()) for name, value in CORS]

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *extra]
        await send(message)

    return sending
