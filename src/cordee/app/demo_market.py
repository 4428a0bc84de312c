"""Unscheduled care of the demonstration: slots that were opened, volunteers, an appeal."""

from __future__ import annotations

from datetime import time
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cordee.app.demo_work import account
from cordee.app.regulation import regulation
from cordee.app.slots import slots
from cordee.app.wiring import Parts
from cordee.care.market.appeals import Asking
from cordee.care.market.service import Places, places
from cordee.care.market.volunteers import Told
from cordee.care.openings.presets import offer_of, presets
from cordee.care.overflow.conventions import Window
from cordee.runtime import clock

_EFFECTOR: Final = "dr.legoff"
_OPERATOR: Final = "ines.lambert"
_HOURS: Final = (Window(tuple(range(7)), time(8), time(21)),)
_VOLUNTEERS: Final = (("dr.legoff", 40), ("dr.roux", 25))


async def begin_market(parts: Parts) -> None:
    """Opens slots, gives two consents, asks them for a case that waits; once."""
    parts.guard.forget(_EFFECTOR)
    await _open(parts)
    await _ask(parts, places(parts.database))


async def _open(parts: Parts) -> None:
    person, desk, now = account(_EFFECTOR), slots(parts), clock.now()
    community = (await desk.memberships(person))[0]
    row = offer_of(presets(now)[-1].key, 15, now)
    number = str(uuid5(NAMESPACE_URL, "market/opened"))
    await desk.publish(person, community, person.practitioner, row, number)


async def _ask(parts: Parts, market: Places) -> None:
    floor, ines, now = regulation(parts), account(_OPERATOR), clock.now()
    centre = await floor.desk.centres.of(ines)
    key = uuid5(NAMESPACE_URL, "market/appeal")
    wish = next(iter(await floor.osnp.wishes(ines, centre, now)), None)
    if wish is None or wish.done:
        return
    for user, radius in _VOLUNTEERS:
        told = Told("generale", wish.case.commune, radius, _HOURS)
        await market.volunteers.consent(account(user), told, now)
    await floor.osnp.take(ines, wish, "mt-absent", "", now)
    asking = Asking(wish.case.id, wish.case.commune, "generale", 24)
    await market.market.start(ines, centre, key, asking, now)
