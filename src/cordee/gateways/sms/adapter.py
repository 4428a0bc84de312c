"""A generic SMS gateway over HTTPS: one POST a text, with a number that makes it count once.

The body is `{"to", "text", "reference"}` under a bearer token, as most operators take it; 2xx is
taken over, 429 and 5xx may be later, all else is refused for good.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Final

import httpx

from cordee.care.notifications.ports import Message, Refused
from cordee.runtime.errors import TimedOut, Unavailable

_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_OURS: Final = frozenset({401, 403, 407})
_REFUSALS_FROM: Final = 300


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """Where texts are handed over; `transport` is the emulator's."""

    url: str
    token: str = field(default="", repr=False)
    seconds: float = 15.0
    transport: httpx.AsyncBaseTransport | None = None


class SmsOverHttp:
    """A `Sender` of texts; holds one HTTP client, to be closed."""

    def __init__(self, gateway: SmsGateway) -> None:
        """No call is made yet."""
        for name in ("httpx", "httpcore"):  # they tell each address at INFO
            logging.getLogger(name).setLevel(logging.WARNING)
        headers = {"authorization": f"Bearer {gateway.token}"} if gateway.token else {}
        self._url = gateway.url
        self._client = httpx.AsyncClient(
            headers=headers, timeout=gateway.seconds, transport=gateway.transport
        )

    async def send(self, message: Message) -> None:
        """Hands a text over; see `care.notifications.ports.Sender`."""
        body = {"to": message.address, "text": message.text, "reference": message.number}
        try:
            answer = await self._client.post(self._url, json=body)
        except httpx.TimeoutException as error:
            raise TimedOut("the SMS gateway did not answer in time") from error
        except httpx.HTTPError as error:
            raise Unavailable("the SMS gateway cannot be reached") from error
        if answer.status_code in _LATER or answer.status_code in _OURS:
            raise Unavailable(f"the SMS gateway does not take the text now ({answer.status_code})")
        if answer.status_code >= _REFUSALS_FROM:
            raise Refused("refused")

    async def close(self) -> None:
        """Closes the client."""
        await self._client.aclose()
