"""Who may open the pages of messages, and what their addresses name."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request

from cordee.care.messaging.desk import MessageDesk
from cordee.care.messaging.facts import who_of
from cordee.runtime.errors import NotFound
from cordee.web.guarding import reader
from cordee.web.ports import Account

PATH = "/messagerie"


def desk_of(request: Request) -> MessageDesk:
    """Give the services of messages; raises `NotFound` where there are none."""
    desk: MessageDesk | None = request.app.state.ports.messages
    if desk is None:
        raise NotFound("there are no messages here")
    return desk


def writer(request: Request) -> Account:
    """Give the account of a professional who writes; raises `AccessDenied` for others."""
    account = reader(request)
    who_of(account.principal)
    return account


def thread_number(request: Request) -> UUID:
    """Give the thread of the address; raises `NotFound` for what cannot be one."""
    return number_of(request.path_params["thread"])


def number_of(text: str) -> UUID:
    """Give the number that a text is; raises `NotFound` for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is nothing at this address") from error


def whole(text: str) -> int:
    """Give a whole number; raises `NotFound` for what is none."""
    if not text.isascii() or not text.isdecimal() or len(text) > 15:  # noqa: PLR2004 -- an int8
        raise NotFound("there is nothing at this address")
    return int(text)
