"""Pseudonyms of the lake: keyed digests that nobody undoes without the key, which lies elsewhere.

The key is in a folder of its own, in the custody of somebody who does not read the lake. A new key
makes another lake, loaded again from the journal. Rule: G1.1; CNIL, référentiel entrepôts, 2021.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cordee.runtime.errors import NotFound
from cordee.runtime.keys import secret

_DIGEST: Final = 15
_FILE: Final = "lake.key"
_NEXT: Final = "lake.key.next"
_LEAST: Final = 32


@dataclass(frozen=True, slots=True)
class Custody:
    """The folder that holds the key; what reads the lake never opens it."""

    folder: Path

    def key(self) -> bytes:
        """The key in force; made at first use."""
        return secret(self.folder, _FILE, size=_LEAST)

    def following(self) -> bytes:
        """The key of a rotation under way; made when there is none."""
        return secret(self.folder, _NEXT, size=_LEAST)

    def replace(self) -> None:
        """The following key takes the place of the one in force, which is destroyed."""
        following = self.folder / _NEXT
        if not following.exists():
            raise NotFound("no rotation of the key of the lake is under way")
        following.replace(self.folder / _FILE)


class Pseudonyms:
    """Pseudonyms under one key; `digest` hashes `Type/id` as the base does."""

    def __init__(self, key: bytes, digest: Callable[[str], int]) -> None:
        """`key` of 32 bytes."""
        self._key = key
        self._digest = digest
        self.of_number = lru_cache(200_000)(self._of_number)

    @property
    def era(self) -> str:
        """What tells two keys apart and says nothing of them."""
        return hashlib.blake2b(b"era", key=self._key, digest_size=6).hexdigest()

    def of(self, place: str) -> str:
        """The pseudonym of `Type/id`, 24 letters and digits: a legal FHIR id."""
        return self.of_number(self._digest(place))

    def number(self, person: int, purpose: str) -> int:
        """A keyed number of 64 bits of a person, for one purpose; `person` as the base hashes."""
        return int.from_bytes(self._bytes(person, purpose.encode())[:8])

    def _of_number(self, number: int) -> str:
        made = self._bytes(number, b"id")
        return base64.b32encode(made).decode("ascii").lower()

    def _bytes(self, number: int, purpose: bytes) -> bytes:
        given = number.to_bytes(8, signed=True)
        return hashlib.blake2b(given, key=self._key, person=purpose, digest_size=_DIGEST).digest()
