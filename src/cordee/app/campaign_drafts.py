"""Campaigns that an indicator drafts past its threshold: ideas to be read. Rule: G3.8.

It runs in the process that feeds the lake, after what it published. Nothing is sent: a draft waits
for who steers, for territories, then for each médecin traitant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from cordee.app.campaigns import RegionPlaces, Territories
from cordee.care.campaigns.campaign import CAPITALISED, DROPPED, FEWEST, Told
from cordee.care.campaigns.kits import Kit, Trigger
from cordee.care.campaigns.register import DRAFTING, Draft, Register
from cordee.identity.principal import STEERING, Principal
from cordee.population.asking import RATIO, Question
from cordee.population.desk import Desk
from cordee.population.home import Home
from cordee.population.reading import Row
from cordee.runtime.clock import today
from cordee.runtime.database import Database
from cordee.runtime.errors import InvalidRequest, NotFound

_READER = Principal(DRAFTING, DRAFTING, "system", "", "", (), functions=frozenset({STEERING}))
_AHEAD, _LENGTH = timedelta(days=60), timedelta(days=180)
_BASIS = (
    "Mission d’intérêt public (RGPD, art. 6.1.e) ; information par le médecin traitant, "
    "opposition à tout moment."
)


async def draft_due(database: Database, home: Home, at: datetime) -> int:
    """Drafts what indicators ask for, once a kit and a year; how many ideas were made.

    A kit of which a campaign is under way is left alone.
    """
    register = Register(database, Territories(RegionPlaces(home.folder)))
    busy = {one.kit.code for one in await register.all() if one.state not in {CAPITALISED, DROPPED}}
    kits = [one for one in (await register.kits()).values() if one.trigger is not None]
    waiting = [one for one in kits if one.code not in busy]
    if not waiting:
        return 0
    found = await asyncio.to_thread(_drafts, home, waiting, tuple(register.territories))
    return sum([await register.draft(one, str(uuid4()), at) for one in found])


def passing(rows: Iterable[Row], trigger: Trigger) -> list[Row]:
    """The told areas whose whole interval lies beyond the ratio of a trigger."""
    told = ((one, one.figure) for one in rows)
    return [
        one
        for one, figure in told
        if figure is not None
        and (figure.low > trigger.ratio if trigger.ratio > 1 else figure.high < trigger.ratio)
    ]


def _drafts(home: Home, kits: Iterable[Kit], everywhere: tuple[str, ...]) -> list[Draft]:
    desk, found = Desk(home, today), list[Draft]()
    for kit in kits:
        trigger = kit.trigger
        assert trigger is not None  # noqa: S101 -- those without were left out
        try:
            answer = desk.answer(_READER, Question(trigger.indicator, trigger.level, RATIO))
        except (NotFound, InvalidRequest):
            continue
        rows = passing(answer.reading.rows, trigger)
        if rows:
            why = {
                "indicator": trigger.indicator, "title": answer.indicator.title,
                "version": answer.version, "until": answer.end.isoformat(),
                "areas": [", ".join(one.names) for one in rows],
            }  # fmt: skip
            alert = f"{kit.code}:{answer.end.year}"
            found.append(Draft(kit, alert, why, _told(kit, rows, everywhere)))
    return found


def _told(kit: Kit, rows: Iterable[Row], everywhere: tuple[str, ...]) -> Told:
    """An idea for the départements of these areas; for all, where that would be one alone."""
    near = tuple(sorted({code for one in rows for code in one.departements}))
    day: date = today() + _AHEAD
    told = Told(
        kit.title, kit.objective, "À désigner", _BASIS, ("sms", "letter"), day, day + _LENGTH, 0,
        near,
    )  # fmt: skip
    return told if len(near) >= FEWEST else replace(told, territories=everywhere)
