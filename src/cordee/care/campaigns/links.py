"""The secret of an invitation, made of a key and the number of its row: none is kept. Rule: G3.4.

The same key says which of two wordings a person gets: nobody chooses, and nobody can guess.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from cordee.care.campaigns.kits import VARIANTS


class Links:
    """The links of one installation."""

    def __init__(self, key: bytes) -> None:
        """`key` has 32 bytes."""
        self._key = key

    def secret(self, number: UUID) -> str:
        """What stands in the link of an invitation: 24 bytes as letters."""
        return base64.urlsafe_b64encode(self._mac(b"link", number.bytes)[:24]).decode()

    def digest(self, number: UUID) -> str:
        """What is kept to recognise the link."""
        return digest_of(self.secret(number))

    def variant(self, campaign: str, patient: str) -> str:
        """The wording that a person gets in a campaign, A or B, one in two."""
        drawn = self._mac(b"variant", f"{campaign}|{patient}".encode())[0]
        return VARIANTS[drawn & 1]

    def _mac(self, purpose: bytes, told: bytes) -> bytes:
        return hmac.new(self._key, purpose + b"\0" + told, hashlib.sha256).digest()


def digest_of(secret: str) -> str:
    """What is kept of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
