"""Entries of a batch or transaction, read and checked before anything is done.

Rule: https://hl7.org/fhir/R4/http.html#transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.runtime.errors import InvalidRequest, VersionConflict

VERBS = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
MOST_ENTRIES = 20_000
_ETAG = re.compile(r'(?:W/)?"?([^"\s]+)"?')


class Request(msgspec.Struct):
    """Bundle.entry.request."""

    method: str
    url: str
    ifNoneMatch: str | None = None  # noqa: N815 -- the name in FHIR
    ifModifiedSince: str | None = None  # noqa: N815
    ifMatch: str | None = None  # noqa: N815
    ifNoneExist: str | None = None  # noqa: N815


class Row(msgspec.Struct):
    """Bundle.entry."""

    request: Request | None = None
    resource: msgspec.Raw = msgspec.Raw(b"")
    fullUrl: str | None = None  # noqa: N815 -- the name in FHIR


class BundleBody(msgspec.Struct):
    """What is read of a Bundle; entries keep their resources as bytes."""

    resourceType: str  # noqa: N815 -- the name in FHIR
    type: str = ""
    entry: list[Row] = []


class _Head(msgspec.Struct):
    resourceType: str = ""  # noqa: N815 -- the name in FHIR
    id: str | None = None


_decode = msgspec.json.Decoder(BundleBody).decode
head_of = msgspec.json.Decoder(_Head).decode


@dataclass(slots=True)
class Entry:
    """One checked entry: `type`, `id` and `criteria` come from its address."""

    place: int
    verb: str
    type: str
    id: str | None
    criteria: str | None
    url: str
    full_url: str | None
    resource: bytes | None
    if_match: int | None
    if_none_exist: str | None
    request: Request


def read_bundle(raw: bytes) -> BundleBody:
    """The Bundle of a POST to the base; raises `InvalidRequest`."""
    try:
        body = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the body is no Bundle: {error}") from error
    if body.resourceType != "Bundle":
        raise InvalidRequest("a Bundle is expected here")
    if len(body.entry) > MOST_ENTRIES:
        raise InvalidRequest(f"Bundle.entry: at most {MOST_ENTRIES} entries")
    return body


def checked_entry(place: int, row: Row, base: str) -> Entry:
    """One entry, understood; raises `InvalidRequest` with its FHIRPath."""
    where = f"Bundle.entry[{place}]"
    request = row.request
    if request is None:
        raise _bad(where, "request", "a request is expected")
    if request.method not in VERBS:
        raise _bad(where, "request.method", f"one of {', '.join(VERBS)} is expected")
    url = request.url.removeprefix(base).lstrip("/")
    path, _, criteria = url.partition("?")
    parts = [unquote(part) for part in path.split("/") if part]
    if "\0" in url or any("\0" in part for part in parts):
        raise _bad(where, "request.url", "no text may hold such a character")
    kind = parts[0] if parts else ""
    reading = request.method in {"GET", "HEAD"}
    if not reading and kind not in RESOURCE_TYPES:
        raise _bad(where, "request.url", "the address must start with a resource type")
    key = parts[1] if len(parts) > 1 else None
    if not reading:
        _check_shape(where, request.method, parts, bool(criteria))
    resource = bytes(row.resource) or None
    if request.method in {"POST", "PUT", "PATCH"} and resource is None:
        raise _bad(where, "resource", f"a {request.method} needs a resource")
    if_match = None
    if request.ifMatch:
        if_match = version_of_etag(request.ifMatch)
    return Entry(
        place, request.method, kind, key, criteria or None, url, row.fullUrl, resource,
        if_match, request.ifNoneExist, request,
    )  # fmt: skip


def version_of_etag(header: str) -> int:
    """Version number held by a FHIR ETag, as in `W/"3"`.

    Raises `InvalidRequest` when the header is no ETag, `VersionConflict` when no version of ours
    can have it. Rule: https://hl7.org/fhir/R4/http.html#versioning
    """
    found = _ETAG.fullmatch(header.strip())
    if found is None:
        raise InvalidRequest('If-Match: an ETag such as W/"3" is expected')
    text = found[1]
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) == 0:  # noqa: PLR2004 -- int4
        raise VersionConflict("If-Match: no version has this ETag; read the resource again")
    return int(text)


def _check_shape(where: str, verb: str, parts: list[str], conditional: bool) -> None:
    if verb == "POST":
        if len(parts) != 1 or conditional:
            raise _bad(where, "request.url", "a POST goes to a resource type")
    elif not (len(parts) == 2 or (len(parts) == 1 and conditional)):  # noqa: PLR2004 -- type, id
        raise _bad(where, "request.url", f"a {verb} goes to Type/id or Type?criteria")


def _bad(where: str, element: str, message: str) -> InvalidRequest:
    return InvalidRequest(f"{where}.{element}: {message}", expression=(f"{where}.{element}",))
