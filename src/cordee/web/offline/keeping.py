"""Which pages a device may keep through a cut, and when a form that waited was written.

A page that may be kept says so by headers: for how many hours, for whom; a form that may wait
bears `hors-ligne` and a number by which it is taken once. Decision 0066.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.runtime.clock import PARIS
from cordee.web.forms import Form
from cordee.web.guarding import signed_in

KEEPS: Final = "x-cordee-copie"
READER: Final = "x-cordee-qui"
NIGHT_HOURS, ROUND_HOURS = 14, 48
_OLDEST: Final = timedelta(hours=ROUND_HOURS)
Handler = Callable[[Request], Awaitable[Response]]


def kept(hours: int) -> Callable[[Handler], Handler]:
    """Let the device keep a sealed copy of what a page gives, for some hours."""

    def around(handler: Handler) -> Handler:
        @wraps(handler)
        async def give(request: Request) -> Response:
            answer = await handler(request)
            if answer.status_code == 200:  # noqa: PLR2004 -- OK
                answer.headers[KEEPS] = str(hours)
                answer.headers[READER] = mark_of(request)
            return answer

        return give

    return around


def mark_of(request: Request) -> str:
    """Give a mark of who is signed in: what waits on a device leaves under their name alone."""
    settings, user = request.app.state.settings, signed_in(request).user
    return hashlib.sha256(settings.key + user.encode()).hexdigest()[:32]


def written_at(form: Form, now: datetime) -> datetime:
    """When a form was written: as it says where it waited, at most two days ago; else now."""
    try:
        found = datetime.fromisoformat(form["ecrit-le"])
    except ValueError:
        return now
    if found.tzinfo is None or not now - _OLDEST <= found <= now:
        return now
    return found.astimezone(PARIS)
