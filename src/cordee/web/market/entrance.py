"""What the pages of the place de marché stand on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from starlette.requests import Request

from cordee.care.market.service import Places
from cordee.identity.principal import Principal
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, NotFound
from cordee.web.requests.entrance import asker


def market_of(request: Request) -> Places:
    """The place de marché of this installation; raises `NotFound` where there is none."""
    found: Places | None = request.app.state.ports.market
    if found is None:
        raise NotFound("there is no such place here")
    return found


def physician(request: Request) -> Principal:
    """The physician who asks; raises `AccessDenied` for others."""
    principal: Principal = asker(request).principal
    if principal.profession != "10" or not principal.practitioner:
        raise AccessDenied("these pages are for physicians")
    return principal


def number_in(request: Request) -> UUID:
    """The number that the address names; raises `NotFound` where it is none."""
    try:
        return UUID(request.path_params["number"])
    except ValueError as error:
        raise NotFound("there is nothing at this address") from error


def moment_words(moment: datetime) -> str:
    """Give a day and an hour, as in « lundi 23 novembre, 16 h 30 »."""
    return f"{french.weekday(moment.astimezone(PARIS).date())}, {french.clock(moment)}"
