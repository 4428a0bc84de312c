"""An external application is notified: POST of a CommunicationRequest (flow 4), over HTTPS.

It goes to hosts that the operator named and to no other, whatever address somebody wrote; answers
are not followed elsewhere. Rule: guide Notification d'évènements 3.0.0, flow 4; decision 0050.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import httpx
import orjson

from cordee.care.notifications.ports import Message, Refused
from cordee.runtime.errors import TimedOut, Unavailable

_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSALS_FROM: Final = 300


class ApplicationsOverFhir:
    """A `Sender` of flow 4; holds one HTTP client, to be closed."""

    def __init__(
        self, hosts: Collection[str], *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`hosts` are `name` or `name:port`; `transport` is a test's."""
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._hosts = frozenset(hosts)
        self._client = httpx.AsyncClient(timeout=15.0, transport=transport, follow_redirects=False)

    async def send(self, message: Message) -> None:
        """Posts a CommunicationRequest; see `care.notifications.ports.Sender`."""
        parts = urlsplit(message.address)
        if parts.scheme != "https" or parts.netloc not in self._hosts or message.body is None:
            raise Refused("not-allowed")
        address = message.address.rstrip("/")
        address = address.removesuffix("/CommunicationRequest") + "/CommunicationRequest"
        headers = {"content-type": "application/fhir+json", "x-request-id": message.number}
        try:
            answer = await self._client.post(
                address, content=orjson.dumps(message.body), headers=headers
            )
        except httpx.TimeoutException as error:
            raise TimedOut("the application did not answer in time") from error
        except httpx.HTTPError as error:
            raise Unavailable("the application cannot be reached") from error
        if answer.status_code in _LATER:
            raise Unavailable(f"the application does not take it now ({answer.status_code})")
        if answer.status_code >= _REFUSALS_FROM:
            raise Refused("refused")

    async def close(self) -> None:
        """Closes the client."""
        await self._client.aclose()
