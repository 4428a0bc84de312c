"""Dates of every precision as intervals [low, high).

Rule: https://hl7.org/fhir/R4/search.html#date. A value without zone is in Europe/Paris.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cordee.runtime.errors import InvalidRequest

MIN = datetime(1, 1, 1, tzinfo=UTC)
MAX = datetime(9999, 12, 31, tzinfo=UTC)
Interval = tuple[datetime, datetime]

_PARIS = ZoneInfo("Europe/Paris")
_TEXT = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)
_TICK = timedelta(microseconds=1)
_MICROSECONDS = 6


@lru_cache(maxsize=32768)
def interval(text: str) -> Interval:
    """Lower bound and exclusive upper bound of a date, dateTime or instant, in UTC.

    `2024` is the whole year, `2024-03-05T10:00` one minute. Bounds stay within MIN and MAX.
    Raises `InvalidRequest` when `text` is no such value.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise InvalidRequest("A date is expected, as 2024, 2024-03, 2024-03-05 or 2024-03-05T10:00")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        start = datetime(  # noqa: DTZ001 - its zone comes last
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0)
        )
    except ValueError as error:
        raise InvalidRequest(f"No such day or time: {error}") from error
    if second is not None:
        if int(second) > 60:  # noqa: PLR2004 - 60 is a leap second
            raise InvalidRequest("No such time: the seconds go to 59")
        micro = int((fraction or "")[:_MICROSECONDS].ljust(_MICROSECONDS, "0"))
        start = _moved(start, timedelta(seconds=int(second), microseconds=micro))
    end = _end(start, (month, day, hour, second, fraction))
    return _clamped(_utc(start, zone), _utc(end, zone))


def covering(intervals: list[Interval]) -> Interval | None:
    """Smallest interval around all; None when there is none."""
    if not intervals:
        return None
    return min(low for low, _ in intervals), max(high for _, high in intervals)


def _end(start: datetime, written: tuple[str | None, ...]) -> datetime:
    """First moment after `start` at the precision of the parts that were written."""
    month, day, hour, second, fraction = written
    if month is None:
        return _replaced(start, start.year + 1, 1)
    if day is None:
        return _replaced(start, start.year + start.month // 12, start.month % 12 + 1)
    if hour is None:
        return _moved(start, timedelta(days=1))
    if second is None:
        return _moved(start, timedelta(minutes=1))
    if not fraction:
        return _moved(start, timedelta(seconds=1))
    return _moved(start, _TICK * 10 ** max(_MICROSECONDS - len(fraction), 0))


def _replaced(start: datetime, year: int, month: int) -> datetime:
    return datetime.max if year > MAX.year else start.replace(year=year, month=month)  # noqa: DTZ901 - clamped


def _moved(start: datetime, step: timedelta) -> datetime:
    try:
        return start + step
    except OverflowError:
        return datetime.max  # noqa: DTZ901 - clamped


def _utc(moment: datetime, zone: str | None) -> datetime:
    try:
        if zone is None:
            return moment.replace(tzinfo=_PARIS).astimezone(UTC)
        if zone == "Z":
            return moment.replace(tzinfo=UTC)
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        return (moment + offset if zone[0] == "-" else moment - offset).replace(tzinfo=UTC)
    except OverflowError:
        return MIN if moment.year == 1 else MAX


def _clamped(low: datetime, high: datetime) -> Interval:
    low = min(max(low, MIN), MAX - _TICK)
    return low, max(min(high, MAX), low + _TICK)
