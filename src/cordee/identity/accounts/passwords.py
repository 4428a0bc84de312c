"""Passwords: argon2id with the parameters of RFC 9106, a floor on their strength."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 256
_FEWEST_DIFFERENT = 5
_AT_ONCE = 2  # each takes 64 MiB while it runs
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read for something else


class Passwords:
    """Hashes and verifies, a few at a time, beside the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` has the parameters of RFC 9106, section 4, second choice, unless given."""
        self._hasher = hasher or _usual()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._nobody = _of_nobody(self._hasher)

    async def hash(self, password: str) -> bytes:
        """The text to store."""
        async with self._gate:
            return (await asyncio.to_thread(self._hasher.hash, _plain(password))).encode()

    async def verify(self, stored: bytes | None, password: str) -> bool:
        """Whether it is the password; without a stored one False, after the same work."""
        text = self._nobody if stored is None else stored.decode()
        async with self._gate:
            is_right = await asyncio.to_thread(self._matches, text, _plain(password[:LONGEST]))
        return is_right and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


@cache
def _usual() -> PasswordHasher:
    return PasswordHasher()


@cache
def _of_nobody(hasher: PasswordHasher) -> str:
    """The hash that stands for an account which is not there, of a password nobody knows."""
    return hasher.hash(secrets.token_urlsafe())


def is_weak(password: str, login: str) -> bool:
    """Whether a new password is too short, too long, made of few letters, or holds the login."""
    folded = _plain(password).casefold()
    return (
        not SHORTEST <= len(folded) <= LONGEST
        or len(set(folded)) < _FEWEST_DIFFERENT
        or login.casefold() in folded
    )


def random_password() -> str:
    """A password to hand over once: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def _plain(password: str) -> str:
    """The same letters typed on two keyboards are the same password."""
    return unicodedata.normalize("NFKC", password)
