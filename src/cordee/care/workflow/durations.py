"""How long something may take, in the time of offices or of the clock, and when it is then due.

Working hours are Monday to Friday, 9 to 18 h in Paris, but on public holidays (article L3133-1 of
the Code du travail).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

import holidays

from cordee.runtime.clock import PARIS

OPENS, CLOSES = time(9), time(18)
_FORM: Final = re.compile(r"([1-9]\d*) (working )?(minute|hour|day)s?")
_WEEKEND: Final = 5


@dataclass(frozen=True, slots=True)
class Duration:
    """So many minutes, hours or days; `working` counts the time of offices only."""

    count: int
    unit: str
    working: bool

    def due(self, start: datetime) -> datetime:
        """When this has passed after a moment, in UTC."""
        if not self.working:
            # Days are those of the calendar: at the same hour, whatever summer time does.
            if self.unit == "day":
                local = start.astimezone(PARIS) + timedelta(days=self.count)
                return local.astimezone(UTC)
            return start.astimezone(UTC) + timedelta(**{f"{self.unit}s": self.count})
        if self.unit == "day":
            return _after_days(start, self.count)
        left = timedelta(**{f"{self.unit}s": self.count})
        return _after_hours(start, left)


@cache
def parse_duration(text: str) -> Duration:
    """A duration such as `24 working hours`; raises `ValueError` for another form."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"a duration is written as 24 working hours, 5 days or 30 minutes: {text}")
    return Duration(int(found[1]), found[3], found[2] is not None)


@cache
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("FR")


def is_working_day(day: date) -> bool:
    """Whether offices are open on a day."""
    return day.weekday() < _WEEKEND and day not in _holidays()


def _next_opening(moment: datetime) -> datetime:
    """The moment itself within office hours, else the next opening; in Paris."""
    local = moment.astimezone(PARIS)
    if is_working_day(local.date()) and local.time() < CLOSES:
        return max(local, _at(local.date(), OPENS))
    return _at(_next_working_day(local.date()), OPENS)


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def _after_hours(start: datetime, left: timedelta) -> datetime:
    here = _next_opening(start)
    while (today := _at(here.date(), CLOSES) - here) < left:
        left -= today
        here = _at(_next_working_day(here.date()), OPENS)
    return (here + left).astimezone(UTC)


def _after_days(start: datetime, count: int) -> datetime:
    """The same hour so many working days later; from a day off, of the next working day."""
    here = _next_opening(start)
    day = here.date()
    for _ in range(count):
        day = _next_working_day(day)
    return _at(day, here.time()).astimezone(UTC)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, PARIS)
