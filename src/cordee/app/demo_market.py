"""Unscheduled care that effectors offer in the demonstration: slots opened in two taps."""

from __future__ import annotations

from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cordee.app.demo_work import account
from cordee.app.slots import slots
from cordee.app.wiring import Parts
from cordee.care.openings.presets import offer_of, presets
from cordee.runtime import clock

_EFFECTOR: Final = "dr.legoff"


async def begin_market(parts: Parts) -> None:
    """Opens slots, once."""
    parts.guard.forget(_EFFECTOR)
    person, desk, now = account(_EFFECTOR), slots(parts), clock.now()
    community = (await desk.memberships(person))[0]
    row = offer_of(presets(now)[-1].key, 15, now)
    number = str(uuid5(NAMESPACE_URL, "market/opened"))
    await desk.publish(person, community, person.practitioner, row, number)
