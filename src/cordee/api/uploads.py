"""The files inside of a request: Binary, attachments, whatever the interaction and the type."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Iterator
from typing import Any

import orjson

from cordee.runtime.scanning import Scanner

_NAMES = frozenset({"data", "valueBase64Binary"})
_OFF_LOOP_FROM = 1 << 20


async def check_uploads(scanner: Scanner, raw: bytes) -> None:
    """Returns when nothing is wrong with any file in a body; raises what `Scanner.check` raises."""
    if len(raw) >= _OFF_LOOP_FROM:
        files = await asyncio.to_thread(files_of, raw)
    else:
        files = files_of(raw)
    for content in files:
        await scanner.check(content)


def files_of(raw: bytes) -> list[bytes]:
    """The files in a resource, Bundle, Parameters or JSON Patch; [] for what is no JSON."""
    if raw.lstrip()[:1] not in {b"{", b"["}:
        return []
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return []  # refused by who reads it
    return [file for text in _texts(found) if (file := _decoded(text))]


def _texts(value: Any) -> Iterator[str]:
    """Strings that may be files, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            # An operation of JSON Patch may carry the file alone.
            is_file = str(one.get("path", "")).endswith("/data")
            for name, inner in one.items():
                if isinstance(inner, (dict, list)):
                    waiting.append(inner)
                elif isinstance(inner, str) and (name in _NAMES or (is_file and name == "value")):
                    yield inner


def _decoded(text: str) -> bytes:
    """Bytes of base64, white space inside left out; as the text is, when it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
