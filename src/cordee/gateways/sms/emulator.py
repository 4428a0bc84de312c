"""A gateway of texts in this process, for the demonstration and tests: it keeps what it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson

NOBODY: Final = "0600000000"
"""A number that no operator knows: refused for good."""
_MOST: Final = 1000


@dataclass(slots=True)
class SmsEmulator:
    """Takes texts over once for each reference; `answers` are status codes to give first."""

    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        """What a client speaks to instead of a network."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.answers:
            return httpx.Response(self.answers.pop(0))
        body = orjson.loads(request.content)
        if body["to"] == NOBODY:
            return httpx.Response(422)
        if len(self.texts) >= _MOST:
            self.texts.clear()
        self.texts.setdefault(body["reference"], (body["to"], body["text"]))
        return httpx.Response(202)
