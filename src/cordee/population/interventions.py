"""What changed where something was done, beside control territories; from told counts alone.

Periods of a year at least, before the action and after it, which do not overlap. They end with
quarters, so that whoever asks is told of the same few (each is one more publication, see decision
0117); the quarter of an action that does not begin it is in none. An area counts where it is told
by itself, or with neighbours that are all on its side, before and after: nothing is worked out of
what is not told. Rule: G2.11.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

from cordee.population.areas.geography import Geography
from cordee.population.asking import Action
from cordee.population.reading import Row
from cordee.population.statistics.comparing import Compared, Observed, compared
from cordee.population.statistics.controls import profile, proposed
from cordee.runtime.errors import InvalidRequest

YEAR: Final = 12
QUARTER: Final = 3
BEFORE, AFTER = 3, 2
"""How many periods are shown on each side of the action, at most."""
_FIRST_YEAR: Final = 2000
Units = Mapping[frozenset[str], Row]


@dataclass(frozen=True, slots=True)
class Moments:
    """Last days of the periods, the oldest first; `next` is when the first one after will end.

    `months` is how far back a period looks.
    """

    before: tuple[date, ...]
    after: tuple[date, ...]
    next: date | None
    months: int


@dataclass(frozen=True, slots=True)
class Side:
    """Told counts of one side in a period, and those of each of its areas."""

    cases: int
    people: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A period of the curve: a side is None where one of its areas is not told then."""

    end: date
    is_after: bool
    here: Side | None
    controls: Side | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What changed from the last period before to one after."""

    end: date
    compared: Compared


@dataclass(frozen=True, slots=True)
class Followed:
    """The answer: the curve, an effect for each period after, who is on each side, who is not told.

    `alike` says how the controls were proposed; empty where they were chosen. `since` is the first
    month that the source tells whole, None where it is not known: a period that begins earlier
    lacks events.
    """

    moments: Moments
    points: tuple[Point, ...]
    effects: tuple[Effect, ...]
    acted: tuple[str, ...]
    controls: tuple[str, ...]
    untold: tuple[str, ...]
    alike: str
    since: date | None

    def is_partial(self, end: date) -> bool:
        """Whether the period that ends on a day begins before the source is whole."""
        if self.since is None:
            return False
        return _end(end, -self.moments.months) + timedelta(days=1) < self.since


def moments(months: int, day: date, last: date) -> Moments:
    """The periods around a day, `months` long or a year if that is longer.

    `last` is the last day that is published. Raises `InvalidRequest` for an action to come, or of
    another age.
    """
    if day > last or day.year < _FIRST_YEAR:
        raise InvalidRequest("the action begins in a published month")
    long = max(months, YEAR)
    quarter = _end(day, -((day.month - 1) % QUARTER) - 1)
    start = quarter if quarter + timedelta(days=1) == day else _end(quarter, QUARTER)
    before = [_end(quarter, -long * at) for at in range(BEFORE)]
    after = [_end(start, long * at) for at in range(1, AFTER + 1)]
    known = tuple(one for one in after if one <= last)
    return Moments(tuple(reversed(before)), known, None if known else after[0], months)


def followed(
    asked: Action, geography: Geography, when: Moments,
    rows_at: Callable[[date], Sequence[Row]], since: date | None = None,
) -> Followed:  # fmt: skip
    """What changed from before an action to after it.

    `rows_at` gives the published rows of the level for the period of a last day, `since` is the
    first month that the source tells whole. Raises `InvalidRequest` for areas that are not of the
    level, or that are on both sides.
    """
    members = geography.members(asked.level)
    _checked(asked, members)
    base = rows_at(when.before[-1])
    controls, alike = asked.controls, ""
    if not controls:
        controls, alike = _proposed(asked, geography, base)
    needed = [base, *(rows_at(one) for one in when.after[:1])]
    here, there = (
        _told(frozenset(side), [_units(one, side) for one in needed])
        for side in (asked.acted, controls)
    )
    days = [(one, False) for one in when.before] + [(one, True) for one in when.after]
    points = tuple(
        Point(end, after, _side(here, rows_at(end)), _side(there, rows_at(end)))
        for end, after in days
    )
    covered = frozenset[str]().union(*here, *there)
    untold = tuple(one for one in (*asked.acted, *controls) if one not in covered)
    effects = _effects(points, when) if here and there else ()
    return Followed(when, points, effects, asked.acted, controls, untold, alike, since)


def _checked(asked: Action, members: Mapping[str, object]) -> None:
    if not asked.acted:
        raise InvalidRequest("say where something was done")
    for one in (*asked.acted, *asked.controls):
        if one not in members:
            raise InvalidRequest(f"{one} is no area of the level {asked.level}")
    if set(asked.acted) & set(asked.controls):
        raise InvalidRequest("an area where something was done is no control")


def _proposed(
    asked: Action, geography: Geography, rows: Sequence[Row]
) -> tuple[tuple[str, ...], str]:
    """Controls among the areas that are told by themselves before, nearest to the told acted."""
    members = geography.members(asked.level)
    acted = list(_units(rows, asked.acted).values())
    people, cases = sum(one.people or 0 for one in acted), sum(one.cases or 0 for one in acted)
    if not people or not cases:
        return (), ""
    candidates = [
        (row.code, profile(members[row.code]), row.cases / row.people)
        for row in rows
        if row.cases and row.people and len(row.members) == 1 and row.code not in asked.acted
    ]
    here = profile([one for code in asked.acted for one in members[code]])
    return proposed(here, cases / people, candidates)


def _units(rows: Sequence[Row], side: Sequence[str]) -> Units:
    """The told rows whose areas are all on a side."""
    return {
        frozenset(one.members): one
        for one in rows
        if one.cases is not None and one.people and set(one.members) <= set(side)
    }


def _told(side: frozenset[str], each: Sequence[Units]) -> tuple[frozenset[str], ...]:
    """What is told alike in all periods that are needed."""
    shared = frozenset.intersection(*(frozenset(one) for one in each))
    return tuple(sorted((one for one in shared if one <= side), key=sorted))


def _side(units: Sequence[frozenset[str]], rows: Sequence[Row]) -> Side | None:
    known = {frozenset(one.members): one for one in rows if one.cases is not None and one.people}
    if not units or not set(units) <= set(known):
        return None
    some = tuple(known[one] for one in units)
    return Side(sum(one.cases or 0 for one in some), sum(one.people or 0 for one in some), some)


def _effects(points: Sequence[Point], when: Moments) -> tuple[Effect, ...]:
    first = next(one for one in points if one.end == when.before[-1])
    found = []
    for point in points:
        if point.is_after and point.here and point.controls and first.here and first.controls:
            observed = [*_observed(first), *_observed(point)]
            found.append(Effect(point.end, compared(observed)))
    return tuple(found)


def _observed(point: Point) -> list[Observed]:
    return [
        Observed("+".join(sorted(row.members)), acted, point.is_after, row.cases or 0,
                 row.people or 0)
        for acted, side in ((True, point.here), (False, point.controls))
        if side is not None
        for row in side.rows
    ]  # fmt: skip


def whole_since(months: Mapping[date, int]) -> date | None:
    """The first month with half as many events as most months have; None without events."""
    if not months:
        return None
    usual = median(months.values())
    return min(month for month, count in months.items() if 2 * count >= usual)


def _end(day: date, months: int) -> date:
    """The last day of the month that lies some months after that of a day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def month_end(day: date) -> bool:
    """Whether a day is the last one of its month."""
    return (day + timedelta(days=1)).day == 1
