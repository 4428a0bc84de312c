"""Who may open the pages of crisis cells, and what their forms tell."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from cordee.care.crisis.cells import Crises
from cordee.runtime.errors import NotFound
from cordee.web.ports import Account
from cordee.web.requests.entrance import asker

PATH: Final = "/crise"
_LONGEST: Final = 6


def member(request: Request) -> Account:
    """Give the account of a professional; raises `AccessDenied` for others."""
    return asker(request)


def crises_of(request: Request) -> Crises:
    """Give the service of crisis cells; raises `NotFound` where there is none."""
    desk: Crises | None = request.app.state.ports.crises
    if desk is None:
        raise NotFound("there are no crisis cells here")
    return desk


def count(text: str) -> int | None:
    """A count that was typed; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST else None


def version(text: str) -> int:
    """The version that a form has seen; 0 where it has seen none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST * 3 else 0
