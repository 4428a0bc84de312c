"""Too many requests of the screen: sign-in by address, searches of identity by person."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cordee.runtime.limiting import Limiter, Rates
from cordee.web.errors import error_page
from cordee.web.guarding import CONFIRM, PASSKEY, PROVIDER, RESUME, RETURN, SIGN_IN, STEPS
from cordee.web.ports import Account

_POSTED = frozenset({SIGN_IN, PASSKEY, CONFIRM, RESUME, *STEPS.values()})
_STARTED = frozenset({PROVIDER, RETURN, PASSKEY})  # each makes a challenge or asks a provider
_IDENTITY = "/identites/recherche"


class Turns:
    """Middleware behind the door: who asks too often gets a page that says when to come back."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        """Limit `app`; nobody has asked yet."""
        self.app = app
        self._entry, self._identity = Limiter(rates.entry), Limiter(rates.identity)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        wait = 0
        if scope["type"] == "http":
            request = Request(scope, receive)
            wait = self._wait(request)
            if wait:
                answer = error_page(request, 429)
                answer.headers["retry-after"] = str(wait)
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _wait(self, request: Request) -> int:
        path, is_post = request.url.path, request.method == "POST"
        if (path in _POSTED and is_post) or path in _STARTED:
            return self._entry.take(request.client.host if request.client else "")
        account = cast("Account | None", request.state.account)
        if path == _IDENTITY and is_post and account is not None:
            return self._identity.take(account.user)
        return 0
