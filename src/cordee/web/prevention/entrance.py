"""What the pages of prevention stand on, and what their forms tell."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from cordee.care.prevention.actions import Actions
from cordee.care.prevention.days import VaccinationDays
from cordee.runtime.errors import NotFound

PATH: Final = "/prevention"
DAYS: Final = f"{PATH}/journees"


def actions_of(request: Request) -> Actions:
    """Give the board; raises `NotFound` where there is none."""
    desk: Actions | None = request.app.state.ports.prevention
    if desk is None:
        raise NotFound("there is no board of prevention here")
    return desk


def days_of(request: Request) -> VaccinationDays:
    """Give the days of vaccination; raises `NotFound` where there are none."""
    desk: VaccinationDays | None = request.app.state.ports.vaccination
    if desk is None:
        raise NotFound("there are no days of vaccination here")
    return desk
