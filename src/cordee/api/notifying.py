"""Operations on notifications: one's own, and their states, for software that shows them itself.

`Communication/$notifications` gives what the caller was told, `Communication/$notification-state`
says that it was read, is not read, or is acknowledged. Rule: B2.5; decision 0050.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import orjson

from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.care.notifications.communications import PREFIX, bundle, rendered
from cordee.care.notifications.desk import NotificationDesk
from cordee.care.notifications.inbox import Filter
from cordee.care.notifications.states import State
from cordee.fhir.interactions.drafting import parsed
from cordee.runtime.errors import InvalidRequest, NotFound

KIND: Final = "Communication"
_MOST: Final = 200
_PAGE: Final = 50
_SAID: Final = (State.READ, State.UNREAD, State.ACKNOWLEDGED)
Handler = Callable[[Session], Awaitable[Answer]]


async def notifications(session: Session) -> Answer:
    """`$notifications`: the newest first; `state`, `_count` and `before` bound them."""
    session.scope.need("r", KIND)
    desk, given = _desk(session), dict(session.request.query)
    states = [one for one in given.get("state", "").split(",") if one]
    if not set(states) <= {one.value for one in State}:
        raise InvalidRequest(f"state: use {', '.join(State)}")
    before = given.get("before", "").removeprefix(PREFIX)
    items = await desk.inbox.page(
        session.principal,
        Filter(states=tuple(states)),
        _number("before", before, 10**18) if before else None,
        _number("_count", given.get("_count", str(_PAGE)), _MOST),
    )
    return Answer(200, orjson.dumps(bundle(items, session.kernel.base)))


async def notification_state(session: Session) -> Answer:
    """`$notification-state`: Parameters `notification` (id) and `state`; the Communication then.

    Answers 409 where a state may not follow the present one.
    """
    session.scope.need("u", KIND)
    asked = parsed(await session.request.resource())
    given = {
        str(one.get("name", "")): next(
            (str(value) for name, value in one.items() if name.startswith("value")), ""
        )
        for one in asked.get("parameter") or ()
    }
    state = next((one for one in _SAID if one.value == given.get("state")), None)
    if state is None:
        raise InvalidRequest(f"state: use {', '.join(_SAID)}")
    text = given.get("notification", "").rpartition("/")[2].removeprefix(PREFIX)
    number = _number("notification", text, 10**18)
    inbox = _desk(session).inbox
    await inbox.set_state(session.principal, number, state, "fhir")
    item = await inbox.one(session.principal, number)
    return Answer(200, orjson.dumps(rendered(item)))


def _desk(session: Session) -> NotificationDesk:
    if session.notifications is None:
        raise NotFound("nothing is told here")
    return session.notifications


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:19]) <= most):
        raise InvalidRequest(f"{name}: use a whole number from 1 to {most}")
    return int(text)


TYPE_OPERATIONS: Final[Mapping[tuple[str, str], Mapping[str, Handler]]] = {
    (KIND, "$notifications"): {"GET": notifications},
    (KIND, "$notification-state"): {"POST": notification_state},
}
