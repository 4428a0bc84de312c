"""How many events are not read, for the bar on top of every page: before it is made."""

from __future__ import annotations

import logging
import time
from typing import Any, Final, cast

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cordee.runtime.errors import ProductError
from cordee.web.ports import Account, WebPorts

_SECONDS: Final = 5.0
_MOST: Final = 10_000
_log = logging.getLogger(__name__)


class Bell:
    """Middleware: sets `state.unread`, None for who is not signed in.

    A count is known for some seconds; an open page hears of the next one by its stream.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Count before `app` answers."""
        self.app = app
        self._known: dict[str, tuple[float, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            request = Request(scope)
            request.state.unread = await self._count(request)
        await self.app(scope, receive, send)

    async def _count(self, request: Request) -> int | None:
        account = cast("Account | None", getattr(request.state, "account", None))
        desk: Any = cast("WebPorts", request.app.state.ports).notifications
        if account is None or desk is None or not _is_page(request):
            return None
        user = account.principal.user
        known = self._known.get(user)
        is_own = request.url.path.startswith("/evenements-recus")
        if known is not None and known[0] > time.monotonic() and not is_own:
            return known[1]
        try:
            count = await desk.inbox.unread(user)
        except (ProductError, OSError) as error:
            _log.warning("unread_not_counted kind=%s", type(error).__name__)
            return 0
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[user] = (time.monotonic() + _SECONDS, count)
        return count


def _is_page(request: Request) -> bool:
    """Whether a whole page is asked for, not a fragment, a stream or a file."""
    return (
        "hx-request" not in request.headers
        and "text/event-stream" not in request.headers.get("accept", "")
        and not request.url.path.endswith((".csv", ".pdf", ".ics"))
    )
