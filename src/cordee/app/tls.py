"""TLS of the server itself, and what browsers are told behind HTTPS.

Rule: ANSSI, Recommandations de sécurité relatives à TLS: 1.2 and 1.3, forward secrecy, AEAD only.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from cordee.runtime.errors import InvalidRequest
from cordee.runtime.settings import Tls

HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def tls_context(tls: Tls) -> ssl.SSLContext:
    """The server's side of TLS; raises `InvalidRequest` when certificate and key do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidRequest(
            "CORDEE_TLS_CERT and CORDEE_TLS_KEY: no certificate and key that fit each other"
        ) from error
    return context


def with_hsts(send: Send) -> Send:
    """The same, which tells browsers to come by HTTPS only (RFC 6797)."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), HSTS]
        await send(message)

    return sending
