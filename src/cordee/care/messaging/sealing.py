"""Texts of messages as they are kept: sealed, each for the place where it lies."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from cordee.runtime.envelopes import Ring, opened


class Seal:
    """Seals and opens what stands in the tables of messages."""

    def __init__(self, ring: Callable[[], Ring]) -> None:
        """`ring` gives the open keys."""
        self._ring = ring

    def text(self, words: str, thread: UUID, part: str) -> bytes:
        """Words sealed for a part of a thread."""
        return self.bytes(words.encode(), thread, part)

    def bytes(self, content: bytes, thread: UUID, part: str) -> bytes:
        """A file sealed for a part of a thread."""
        return self._ring().seal(content, place_of(thread, part))[1]


def text_of(sealed: bytes, thread: UUID, part: str) -> str:
    """The words of a part of a thread."""
    return opened(sealed, place_of(thread, part)).decode()


def bytes_of(sealed: bytes, thread: UUID, part: str) -> bytes:
    """The file of a part of a thread."""
    return opened(sealed, place_of(thread, part))


def place_of(thread: UUID, part: str) -> str:
    """What a part of a thread is bound to."""
    return f"thread/{thread}/{part}"
