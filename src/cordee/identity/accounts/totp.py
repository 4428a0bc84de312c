"""Time-based one-time codes (RFC 6238): SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

PERIOD = 30
DIGITS = 6
_SECRET_SIZE = 20  # RFC 4226, section 4: 160 bits
_DRIFT = 1


def new_secret() -> bytes:
    """A random secret."""
    return secrets.token_bytes(_SECRET_SIZE)


def code_of(secret: bytes, step: int) -> str:
    """The code of one step of time (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0xF
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def step_of(secret: bytes, code: str, moment: float) -> int | None:
    """The step of time that this code belongs to, one before or after included; None when wrong."""
    now = int(moment) // PERIOD
    found = None
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()):
            found = step
    return found


def text_of(secret: bytes) -> str:
    """The secret in base32, in groups of four, to type where a camera cannot be used."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def address_of(secret: bytes, login: str, issuer: str) -> str:
    """The `otpauth:` address that applications read from a QR code."""
    label = quote(f"{issuer}:{login}")
    plain = text_of(secret).replace(" ", "")
    return f"otpauth://totp/{label}?" + urlencode({"secret": plain, "issuer": issuer})
