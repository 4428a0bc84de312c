"""Where vendors declare appointments (INT_R03): an ASGI application behind mutual TLS. Rule: C3.7.

`POST Appointment` answers 201, `PUT Appointment?identifier=` 200 (201 where it makes one), 400 for
what is no JSON, 422 for what the profile refuses, 403 without a certificate that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from cordee.gateways.sas.appointments import Ledger, Taken

PREFIX: Final = "/sas/fhir/Appointment"
_LARGEST: Final = 65_536
Certificate = Callable[[str, Iterable[tuple[bytes, bytes]]], str]
"""Thumbprint of the certificate of a caller, from their machine and headers; "" for none."""


class Receiver:
    """ASGI application of declared appointments."""

    def __init__(
        self, ledger: Ledger, certificate: Certificate, vendors: Mapping[str, str]
    ) -> None:
        """`vendors` are names by the thumbprint of their certificate (SHA-256, base64url)."""
        self._ledger = ledger
        self._certificate = certificate
        self._vendors = vendors

    def knows(self, path: str) -> bool:
        """Whether the path is one of these."""
        return path == PREFIX

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """One message to its answer."""
        peer = (scope.get("client") or ("", 0))[0]
        vendor = self._vendors.get(self._certificate(peer, scope["headers"]), "")
        if not vendor:
            await _say(send, 403, "certificate: this one is not known here")
        elif scope["method"] not in {"POST", "PUT"}:
            await _say(send, 405, "method: POST or PUT is expected")
        else:
            await self._take(vendor, scope, receive, send)

    async def _take(
        self, vendor: str, scope: MutableMapping[str, Any], receive: Any, send: Any
    ) -> None:
        asked = parse_qs(scope["query_string"].decode("ascii", "replace"))
        key = (asked.get("identifier") or [""])[0]
        is_put = scope["method"] == "PUT"
        body = await _body(receive)
        if body is None:
            await _say(send, 413, "body: 64 KiB at most")
        elif is_put and "|" not in key:
            await _say(send, 400, "identifier: give system|value in the address")
        else:
            taken = await self._ledger.take(vendor, body, key if is_put else "")
            await _say(send, _status(taken, is_put=is_put), taken.reason)


def _status(taken: Taken, *, is_put: bool) -> int:
    if taken.state == "dead":
        return 400 if taken.reason.startswith("body") else 422
    return 201 if taken.is_new or not is_put else 200


async def _body(receive: Any) -> bytes | None:
    """The body of a request; None for one that is too large."""
    found = b""
    while True:
        part = await receive()
        found += part.get("body", b"")
        if len(found) > _LARGEST:
            return None
        if not part.get("more_body"):
            return found


async def _say(send: Any, status: int, words: str) -> None:
    body = b""
    if words:
        issue = {"severity": "error", "code": "invalid", "diagnostics": words}
        body = orjson.dumps({"resourceType": "OperationOutcome", "issue": [issue]})
    headers = [(b"content-type", b"application/fhir+json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
