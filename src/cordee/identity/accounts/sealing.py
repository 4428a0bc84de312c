"""Secrets that must be read again are sealed with a key that is not in the database."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cordee.runtime.errors import Unavailable
from cordee.runtime.keys import secret

KEY = "account.key"
_NONCE = 12


class Sealer:
    """Seals TOTP secrets and digests recovery codes of one installation."""

    def __init__(self, keys: Path) -> None:
        """`keys` is the folder of keys; the key is made at the first use."""
        root = secret(keys, KEY)
        self._box = AESGCM(hmac.digest(root, b"seal", "sha256"))
        self._digest_key = hmac.digest(root, b"digest", "sha256")

    def seal(self, plain: bytes, owner: int) -> bytes:
        """The sealed bytes, of use to this account only."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._box.encrypt(nonce, plain, str(owner).encode())

    def open(self, sealed: bytes, owner: int) -> bytes:
        """What was sealed; raises `Unavailable` when the key is another one."""
        try:
            return self._box.decrypt(sealed[:_NONCE], sealed[_NONCE:], str(owner).encode())
        except InvalidTag as error:
            raise Unavailable(
                "account.key is not the key that sealed this; put the former one back, or run "
                "`cordee account reset`"
            ) from error

    def digest(self, code: str, owner: int) -> bytes:
        """What is stored of a recovery code."""
        return hmac.digest(self._digest_key, f"{owner}:{code}".encode(), "sha256")


def fingerprint(text: str) -> bytes:
    """SHA-256 of what is random already (a session) or only counted (a name, an address)."""
    return sha256(text.encode()).digest()
