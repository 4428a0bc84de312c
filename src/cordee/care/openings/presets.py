"""What an effector opens with one press: a few slots soon, or a row from an hour. Rule: C3.8.

A preset is worked out again when it is pressed: a page that stayed open offers no past moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from cordee.care.slots.publishing import Offer
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import RuleBroken

MINUTES: Final = (10, 15, 20, 30)
"""How long a slot may be, in minutes; the second is proposed."""
SOON: Final = ((1, 30), (1, 60), (2, 60))
"""How many slots, in how many minutes."""
ROW: Final = 3
_STEP: Final = 5
_FIRST, _LAST = 8, 20
_HOURS: Final = 3
_SOON: Final = re.compile(r"([1-9])-dans-(\d{2,3})")
_FROM: Final = re.compile(r"([1-9])-a-(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})")
_GONE: Final = "Choisissez un des boutons : celui-ci n’est plus proposé."


@dataclass(frozen=True, slots=True)
class Preset:
    """One button: what it sends, how many slots, when the first begins; `minutes` where soon."""

    key: str
    count: int
    starts: datetime
    minutes: int = 0


def presets(now: datetime) -> list[Preset]:
    """The buttons at a moment: some slots soon, then rows from full hours of the day's hours."""
    soon = [
        Preset(f"{count}-dans-{minutes}", count, in_minutes(now, minutes), minutes)
        for count, minutes in SOON
    ]
    return soon + [
        Preset(f"{ROW}-a-{start:%Y-%m-%dT%H:%M}", ROW, start) for start in next_hours(now)
    ]


def in_minutes(now: datetime, minutes: int) -> datetime:
    """The moment in so many minutes, at the next five of the clock."""
    at = now + timedelta(minutes=minutes)
    late = timedelta(minutes=at.minute % _STEP, seconds=at.second, microseconds=at.microsecond)
    return at - late + timedelta(minutes=_STEP) if late else at


def next_hours(now: datetime) -> list[datetime]:
    """The next three full hours between 8 h and 20 h of Paris, from an hour ahead."""
    local = (now + timedelta(hours=1)).astimezone(PARIS)
    day, hour, found = local.date(), local.hour + bool(local.minute or local.second), []
    while len(found) < _HOURS:
        if hour > _LAST:
            day, hour = day + timedelta(days=1), _FIRST
        hour = max(hour, _FIRST)
        found.append(datetime.combine(day, time(hour), PARIS))
        hour += 1
    return found


def offer_of(key: str, minutes: int, now: datetime) -> Offer:
    """What a button offers, of the length chosen; raises `RuleBroken` for a button of no page."""
    if minutes not in MINUTES:
        raise RuleBroken("Choisissez une durée de la liste.", expression=("duree",))
    if soon := _SOON.fullmatch(key):
        if (int(soon[1]), int(soon[2])) not in SOON:
            raise RuleBroken(_GONE, expression=("creneau",))
        return Offer(in_minutes(now, int(soon[2])), minutes, int(soon[1]))
    if row := _FROM.fullmatch(key):
        try:
            return Offer(datetime.fromisoformat(row[2]).replace(tzinfo=PARIS), minutes, int(row[1]))
        except ValueError as error:
            raise RuleBroken(_GONE, expression=("creneau",)) from error
    raise RuleBroken(_GONE, expression=("creneau",))
