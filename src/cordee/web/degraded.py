"""The screen while nothing is written: records stay open, forms that would write are refused."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cordee.web.errors import error_page
from cordee.web.guarding import CONFIRM, PASSKEY, RESUME, SIGN_IN, SIGN_OUT, STEPS

READ_ONLY = 503
_READING = frozenset({"GET", "HEAD"})
# Who enters, leaves or looks for a patient writes nothing of care; who opens a record in an
# emergency has to be able to say why.
_OPEN = frozenset(
    {SIGN_IN, SIGN_OUT, PASSKEY, CONFIRM, RESUME, "/verrouiller", "/", "/identites/recherche"}
    | set(STEPS.values())
)
_RECORD = re.compile(r"/patients/[^/]+/(bris-de-glace|consultation|pourquoi)")


class Degraded:
    """Middleware behind the door: says it on each page, refuses what would write."""

    def __init__(self, app: ASGIApp, is_read_only: Callable[[], bool]) -> None:
        """Bound `app` while `is_read_only` says so."""
        self.app = app
        self._is_read_only = is_read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "http" and self._is_read_only():
            request = Request(scope, receive)
            request.state.is_read_only = True
            if not _goes_on(request.method, request.url.path):
                await error_page(request, READ_ONLY)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _goes_on(method: str, path: str) -> bool:
    return method in _READING or path in _OPEN or _RECORD.fullmatch(path) is not None
