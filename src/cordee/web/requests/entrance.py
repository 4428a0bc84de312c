"""Who may open the pages of requests, and what their addresses name."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request as HttpRequest

from cordee.care.requests.desk import Requests
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.guarding import reader
from cordee.web.ports import Account

_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


def requests_of(request: HttpRequest) -> Requests:
    """The service of requests; raises `NotFound` where there is none."""
    desk: Requests | None = request.app.state.ports.requests
    if desk is None:
        raise NotFound("nobody is asked for anything here")
    return desk


def asker(request: HttpRequest) -> Account:
    """The account, when it may ask; raises `AccessDenied` for others."""
    account = reader(request)
    principal = account.principal
    if account.is_patient or not (principal.structure or principal.practitioner):
        raise AccessDenied("only professionals make requests here")
    return account


def number_of(request: HttpRequest) -> str:
    """The number that the address names; raises `NotFound` when it can be none."""
    number = request.path_params["number"]
    if not _ID.fullmatch(number):
        raise NotFound("there is nothing at this address")
    return number
