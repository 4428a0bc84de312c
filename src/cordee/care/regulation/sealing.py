"""What the floor keeps of people is sealed; a keyed digest finds the same caller again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from cordee.runtime.envelopes import Ring, opened

Content = Mapping[str, Any]


class Row(Protocol):
    """A row of the database, read by name."""

    def __getitem__(self, name: str) -> Any:
        """Tell the value of a column."""
        ...


class Box:
    """Seals and opens the contents of calls, cases and stamps."""

    def __init__(self, ring: Ring, key: bytes) -> None:
        """`key` makes the digests of numbers."""
        self._ring = ring
        self._key = key

    def seal(self, kind: str, key: str, content: Content) -> tuple[int, bytes]:
        """Number of the data key, and the content sealed for its place."""
        return self._ring.seal(orjson.dumps(content), place_of(kind, key))

    def open(self, kind: str, key: str, sealed: bytes) -> dict[str, Any]:
        """What was sealed for a place."""
        found: dict[str, Any] = orjson.loads(opened(sealed, place_of(kind, key)))
        return found

    def digest(self, number: str) -> bytes:
        """The digest of a number of telephone, the same however it is written; b"" for none."""
        plain = plain_number(number)
        return hmac.digest(self._key, plain.encode(), hashlib.sha256) if plain else b""


def place_of(kind: str, key: str) -> str:
    """What the content of a call, a case, a stamp, an act, a text or a parcel is bound to."""
    return f"regulation/{kind}/{key}"


def plain_number(number: str) -> str:
    """Digits alone, a French number without its prefix of the country."""
    digits = "".join(one for one in number if one.isdigit())
    for prefix in ("0033", "33"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 9:
            return "0" + digits.removeprefix(prefix)
    return digits


def hidden_number(number: str) -> str:
    """A number as a list shows it: its two ends, `06 ·· ·· ·· 41`."""
    plain = plain_number(number)
    return f"{plain[:2]} ·· ·· ·· {plain[-2:]}" if len(plain) >= 6 else "masqué"  # noqa: PLR2004 -- two ends and a middle
