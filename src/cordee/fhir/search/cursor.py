"""Where the next page starts: the sort values of the last row, opaque to the client."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import msgspec

from cordee.runtime.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Cursor:
    """Sort values of the last row so far, as text (None for no value), and the total."""

    values: tuple[str | None, ...]
    total: int | None
    estimated: bool


_decode = msgspec.json.Decoder(tuple[tuple[str | None, ...], int | None, bool]).decode


def write_cursor(cursor: Cursor) -> str:
    """The cursor as it stands in a link."""
    text = msgspec.json.encode((cursor.values, cursor.total, cursor.estimated))
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """The cursor of a link; raises `InvalidRequest` when it was not made here."""
    try:
        padded = text + "=" * (-len(text) % 4)
        return Cursor(*_decode(base64.urlsafe_b64decode(padded)))
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise InvalidRequest("_cursor: follow the links of the page as they are") from error
