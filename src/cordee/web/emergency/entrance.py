"""What the pages of an emergency department ask for first."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request

from cordee.care.emergency.desk import Stay
from cordee.care.emergency.rooms import EmergencyRooms
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    Unavailable,
    VersionConflict,
)
from cordee.web.passages.sending import caregiver

REFUSED: Final = (
    ResourceInvalid, RuleBroken, AccessDenied, Conflict, VersionConflict, Unavailable,
)  # fmt: skip
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


def rooms_of(request: Request) -> EmergencyRooms:
    """The services; raises `NotFound` where there are none."""
    rooms: EmergencyRooms | None = request.app.state.ports.emergency
    if rooms is None:
        raise NotFound("there is no emergency department here")
    return rooms


async def stay_of(request: Request) -> Stay:
    """The stay of the address, which names the person too; raises `NotFound` for any other."""
    principal, key = caregiver(request).principal, request.path_params["number"]
    if not _ID.fullmatch(key):
        raise NotFound("there is nothing at this address")
    stay = await rooms_of(request).stays.one(principal, key)
    if stay.standing.patient != f"Patient/{request.path_params['patient_id']}":
        raise NotFound("there is nothing at this address")
    return stay
