"""`/oidc/deconnexion/{provider}`: a provider says that a session there has ended.

Rule: OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from cordee.api.oauth_http import OAuthAnswer, form_of, headers_of, refusal, send_answer
from cordee.identity.federation.leaving import Leaving
from cordee.identity.smart.failures import OAuthError
from cordee.runtime.errors import ProductError

PREFIX: Final = "/oidc/deconnexion/"


class BackChannel:
    """ASGI application of the logout tokens of providers."""

    def __init__(self, leaving: Leaving) -> None:
        """`leaving` ends sessions."""
        self._leaving = leaving

    def knows(self, path: str) -> bool:
        """Whether the path is one of these."""
        return path.startswith(PREFIX)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """One logout token to 200, or 400 with the reason."""
        if scope["method"] != "POST":
            await send_answer(send, OAuthAnswer(405, {"error": "invalid_request"}))
            return
        await send_answer(send, await self._answer(scope, receive))

    async def _answer(self, scope: MutableMapping[str, Any], receive: Any) -> OAuthAnswer:
        try:
            form = await form_of(headers_of(scope), receive)
            name = scope["path"].removeprefix(PREFIX)
            ended = await self._leaving.obey(name, form.get("logout_token", ""))
        except OAuthError as error:
            return refusal(error)
        except ProductError as error:
            return refusal(OAuthError("invalid_request", error.message))
        structlog.get_logger().info("sessions_ended_by_provider", provider=name, count=ended)
        return OAuthAnswer(200)
