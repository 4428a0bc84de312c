"""Calls that ring in the demonstration, as a switchboard would let them; who waits gives up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from cordee.app.regulation import regulation
from cordee.care.regulation.service import Regulation
from cordee.runtime import clock
from cordee.runtime.looping import turning

if TYPE_CHECKING:
    from cordee.app.wiring import Parts

_TURN_SECONDS: Final = 8.0
_MOST_WAITING: Final = 8
_PATIENCE: Final = timedelta(minutes=4)
_NUMBERS: Final = 40


async def keep_ringing(parts: Parts) -> None:
    """Lets calls ring at two centres for as long as the process runs; who waits gives up."""
    floor = regulation(parts)
    await turning(lambda: _turn(floor), "demo_calls_stopped", _TURN_SECONDS)


async def _turn(floor: Regulation) -> None:
    now = clock.now()
    for centre in ("samu-a", "samu-b"):
        place = (await floor.desk.centres.all()).get(centre)
        if place is None:
            return
        view = await floor.desk.view(place, now)
        waits = [one for one in view.calls if one.state == "waiting"]
        tired = [one.id for one in waits if now - one.since > _PATIENCE]
        tired += [one.id for one in view.all_missed if now - one.since > 4 * _PATIENCE]
        if tired:
            await floor.desk.end_calls(centre, tired, "telephony", now)
        if len(waits) < _MOST_WAITING:
            call = uuid4()
            number = f"06000000{call.int % _NUMBERS:02d}"
            await floor.desk.ring(centre, call, {"number": number}, now)
        await asyncio.sleep(_TURN_SECONDS / 4)
