"""Ids made here: row ids of 63 bits and resource ids, both ordered by time."""

from __future__ import annotations

import itertools
import os
import re
import secrets
import time

_EPOCH_MS = 1_577_836_800_000  # 2020-01-01, as in rid_moment() of the schema
_LOW = (1 << 62) - 1
_LEGAL = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class RowIds:
    """Row ids of one process: milliseconds since 2020, 10 bits of process, 12 of sequence."""

    def __init__(self) -> None:
        """The process part is drawn at random, so that workers need not agree."""
        self._process = secrets.randbits(10) << 12
        self._pid = os.getpid()
        self._last = 0
        self._count = itertools.count(secrets.randbits(6))

    def __call__(self) -> int:
        """A new row id, larger than all that this process gave before."""
        fresh = (int(time.time() * 1000) - _EPOCH_MS) << 22
        sequence = next(self._count) & 0xFFF
        value = fresh | self._process | sequence
        if value <= self._last:
            value = self._last + 1
        self._last = value
        return value


def new_id() -> str:
    """A UUID of version 7: ordered by time, so that the index of ids grows at its end."""
    moment = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    value = (moment << 80) | (0x7 << 76) | (chance >> 68 << 64)
    value |= (0x2 << 62) | (chance & _LOW)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_legal_id(text: str) -> bool:
    """Whether FHIR allows this id: letters, digits, `-` and `.`, at most 64."""
    return _LEGAL.fullmatch(text) is not None
