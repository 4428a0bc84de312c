"""Noise that is always the same for the same people: record keys, and what their sum decides.

Each pseudonym has a record key, its SipHash-2-4 under a secret (Aumasson and Bernstein, 2012).
The keys of a set are added modulo 2**64; the sum decides the noise of the set's count. This is the
cell-key method of the Australian Bureau of Statistics (Fraser and Wooton, 2005; Thompson, Broadfoot
and Elazar, 2013): the same people get the same noise under every name of the query, so that asking
again teaches nothing. The noise is uniform on whole numbers between two bounds; it is a bounded
perturbation and promises no epsilon of differential privacy.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from cordee.runtime.errors import InvalidRequest

SECRET_BYTES: Final = 16
_MASK: Final = (1 << 64) - 1
_START: Final = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)


def record_keys(pseudonyms: np.ndarray, secret: bytes) -> np.ndarray:
    """The record key of each pseudonym: int64 in, uint64 of the same shape out."""
    if len(secret) != SECRET_BYTES:
        raise InvalidRequest("The secret of the noise has 16 bytes.")
    low, high = (int.from_bytes(secret[at : at + 8], "little") for at in (0, 8))
    words = np.ascontiguousarray(pseudonyms, dtype=np.int64).view(np.uint64)
    state = [
        np.full(words.shape, start ^ half, dtype=np.uint64)
        for start, half in zip(_START, (low, high, low, high), strict=True)
    ]
    for word in (words, np.full(words.shape, 8 << 56, dtype=np.uint64)):
        state[3] = state[3] ^ word
        _rounds(state, 2)
        state[0] = state[0] ^ word
    state[2] = state[2] ^ np.uint64(0xFF)
    _rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _turn(words: np.ndarray, bits: int) -> np.ndarray:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))


def _rounds(v: list[np.ndarray], count: int) -> None:
    for _ in range(count):
        v[0] = v[0] + v[1]
        v[1] = _turn(v[1], 13) ^ v[0]
        v[0] = _turn(v[0], 32)
        v[2] = v[2] + v[3]
        v[3] = _turn(v[3], 16) ^ v[2]
        v[0] = v[0] + v[3]
        v[3] = _turn(v[3], 21) ^ v[0]
        v[2] = v[2] + v[1]
        v[1] = _turn(v[1], 17) ^ v[2]
        v[2] = _turn(v[2], 32)


def cell_key(pseudonyms: np.ndarray, secret: bytes) -> int:
    """The sum of the record keys of a set, modulo 2**64."""
    return int(record_keys(pseudonyms, secret).sum(dtype=np.uint64))


def noise(key: int, width: int, secret: bytes) -> int:
    """A whole number from -width to width, decided by the sum of the record keys of a set."""
    word = (key & _MASK).to_bytes(8, "little")
    drawn = hashlib.blake2b(word, digest_size=16, key=secret, person=b"cordee-noise").digest()
    return int.from_bytes(drawn, "little") % (2 * width + 1) - width
