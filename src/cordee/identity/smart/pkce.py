"""PKCE, S256 only. Rule: RFC 7636; SMART App Launch forbids `plain`."""

from __future__ import annotations

import base64
import re
import secrets
from hashlib import sha256

METHODS = ("S256",)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def is_challenge(text: str, method: str) -> bool:
    """Whether this is a challenge that is taken here."""
    return method in METHODS and _CHALLENGE.fullmatch(text) is not None


def answers(verifier: str, challenge: str) -> bool:
    """Whether the verifier is the one that the challenge was made from."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    made = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return secrets.compare_digest(made, challenge.encode())
