"""What stands before the faces: the limit of `/oauth` by address, the read-only state."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from cordee.api.oauth import OAuthApi
from cordee.api.oauth_http import OAuthAnswer, send_answer
from cordee.runtime.degraded import FLAG, ReadOnly
from cordee.runtime.limiting import Limiter
from cordee.runtime.settings import Settings

_LIMITED = frozenset({"/oauth/authorize", "/oauth/token", "/oauth/revoke", "/oauth/register"})


def read_only(settings: Settings) -> ReadOnly:
    """The read-only state of this installation, as one process knows it."""
    return ReadOnly(settings.data / FLAG, is_set=settings.read_only)


class LimitedOAuth:
    """The authorization server, which answers 429 to an address that asks too often.

    Introspection has no limit: a resource server asks for each request of many people.
    """

    def __init__(self, face: OAuthApi, per_minute: int) -> None:
        """Nobody has asked yet."""
        self._face = face
        self._limiter = Limiter(per_minute)

    def knows(self, path: str) -> bool:
        """Whether the path is one of these."""
        return self._face.knows(path)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """One request to one answer."""
        client = scope.get("client")
        wait = self._limiter.take(client[0] if client else "") if scope["path"] in _LIMITED else 0
        if not wait:
            await self._face(scope, receive, send)
            return
        told = {"error": "temporarily_unavailable", "error_description": "too many requests"}
        await send_answer(send, OAuthAnswer(429, told, [("retry-after", str(wait))]))
