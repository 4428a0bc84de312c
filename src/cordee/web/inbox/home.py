"""What the home page says of the inbox: the newest that is not read."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from cordee.care.notifications.inbox import Filter
from cordee.care.notifications.states import OPEN
from cordee.runtime.errors import ProductError
from cordee.web.guarding import signed_in
from cordee.web.inbox.words import Told, told

_NEWEST: Final = 5
_FILTER: Final = Filter(states=tuple(one.value for one in OPEN))
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToRead:
    """The newest notifications that are not read, and how many there are."""

    rows: tuple[Told, ...] = ()
    count: int = 0
    failed: bool = False


async def to_read(request: Request) -> ToRead | None:
    """What is new for who is signed in; None where nothing is told here."""
    desk = request.app.state.ports.notifications
    if desk is None:
        return None
    principal = signed_in(request).principal
    try:
        items = await desk.inbox.page(principal, _FILTER, most=_NEWEST)
        count = await desk.inbox.unread(principal.user)
    except ProductError as error:
        _log.warning("inbox_failed slug=%s", error.slug)
        return ToRead(failed=True)
    today = request.app.state.settings.clock().date()
    return ToRead(tuple(told(one, today) for one in items), count)
