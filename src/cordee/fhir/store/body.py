"""The JSON of a resource, kept byte for byte behind its identity.

What is stored starts right after `{"resourceType":…,"id":…,"meta":{"versionId":…,"lastUpdated":…`,
so a version is served by joining two byte strings, and nothing that a client sent is parsed again.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from cordee.runtime.clock import instant
from cordee.runtime.errors import InvalidRequest

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_SERVER_META = ("versionId", "lastUpdated", "_versionId", "_lastUpdated")


def members_of(resource: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Top-level members of a JSON object, each value as its own bytes.

    Raises `InvalidRequest` when the text is no JSON object.
    """
    try:
        return _members(resource)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the body is no JSON object: {_reason(error)}") from error


def stored_body(resource: bytes | msgspec.Raw) -> bytes:
    """What is kept of a resource: all but its type, id, version and time of update."""
    members = members_of(resource)
    meta = members.pop("meta", None)
    members.pop("resourceType", None)
    members.pop("id", None)
    parts: list[bytes] = []
    if meta is not None:
        kept = members_of(meta)
        for name in _SERVER_META:
            kept.pop(name, None)
        for name, value in kept.items():
            parts += (b',"', name.encode(), b'":', bytes(value))
    parts.append(b"}")
    for name, value in members.items():
        parts += (b',"', name.encode(), b'":', bytes(value))
    parts.append(b"}")
    return b"".join(parts)


def rendered(resource_type: str, resource_id: str, version: int, updated: datetime) -> bytes:
    """The bytes that go before a stored body."""
    return (
        f'{{"resourceType":"{resource_type}","id":"{resource_id}","meta":'
        f'{{"versionId":"{version}","lastUpdated":"{instant(updated)}"'
    ).encode()


def with_id(resource: bytes, resource_id: str | None) -> bytes:
    """The same resource under another id (or none), other bytes untouched."""
    members = members_of(resource)
    members.pop("id", None)
    kind = bytes(members.pop("resourceType", msgspec.Raw(b'""')))
    parts = [b'{"resourceType":', kind]
    if resource_id is not None:
        parts += (b',"id":"', resource_id.encode(), b'"')
    for name, value in members.items():
        parts += (b',"', name.encode(), b'":', bytes(value))
    parts.append(b"}")
    return b"".join(parts)


def _reason(error: Exception) -> str:
    text = str(error)
    return (
        text.split(" - at", maxsplit=1)[0] if " - at" in text else "check quotes, commas and braces"
    )
