"""The services of homes behind the pages, and what several of these pages share."""

from __future__ import annotations

from typing import TypeVar

from starlette.requests import Request

from cordee.care.homes.desk import HomeDesk
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    VersionConflict,
)

REFUSED = (ResourceInvalid, RuleBroken, Conflict, AccessDenied, VersionConflict)
"""What a form is given back for, with a sentence."""
_T = TypeVar("_T")


def home_desk(request: Request) -> HomeDesk:
    """The services of homes; raises `NotFound` where there are none."""
    found: HomeDesk | None = request.app.state.ports.homes
    if found is None:
        raise NotFound("no home works here")
    return found
