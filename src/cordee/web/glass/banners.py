"""The banner of a record that is open for a while only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from cordee.web.glass.words import time_left
from cordee.web.guarding import reader


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Why it is open, until when, how long still; `is_glass`: the glass was broken."""

    is_glass: bool
    ends: datetime
    left: str


async def exceptional(request: Request, patient: str) -> Exceptional | None:
    """Give the banner of a record; None for who is in the circle."""
    trust = request.app.state.ports.trust
    if trust is None:
        return None
    principal, now = reader(request).principal, request.app.state.settings.clock()
    running = await trust.glasses.running(principal, patient, now)
    if running is not None:
        return Exceptional(True, running.grant.last, time_left(running.grant.last, now))
    ends = await trust.consulting.running(principal, patient, now)
    return Exceptional(False, ends, time_left(ends, now)) if ends else None
