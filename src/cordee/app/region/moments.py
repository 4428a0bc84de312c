"""Days as numbers and as FHIR texts, with the Paris offset of the season."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

LAST_OF_MARCH: Final = (3, 31)
LAST_OF_OCTOBER: Final = (10, 31)
MINUTES_AN_HOUR: Final = 60
DAYS_A_YEAR: Final = 365.25


@lru_cache(maxsize=40_000)
def day_text(day: int) -> str:
    """FHIR date of a day number (`date.toordinal`)."""
    return date.fromordinal(day).isoformat()


@lru_cache(maxsize=40_000)
def _offset(day: int) -> str:
    year = date.fromordinal(day).year
    return (
        "+02:00"
        if _last_sunday(year, LAST_OF_MARCH) <= day < _last_sunday(year, LAST_OF_OCTOBER)
        else "+01:00"
    )


@lru_cache(maxsize=512)
def _last_sunday(year: int, end: tuple[int, int]) -> int:
    last = date(year, *end)
    return last.toordinal() - last.isoweekday() % 7


def moment_text(day: int, minute: int) -> str:
    """FHIR dateTime in Paris time of a minute (from midnight) of a day."""
    hours, minutes = divmod(minute, MINUTES_AN_HOUR)
    return f"{day_text(day)}T{hours:02d}:{minutes:02d}:00{_offset(day)}"


def french_day(day: int) -> str:
    """The day as French letters write it, `24/11/2026`."""
    year, month, number = day_text(day).split("-")
    return f"{number}/{month}/{year}"


def age_on(day: int, born: int) -> int:
    """Full years between two day numbers."""
    then, now = date.fromordinal(born), date.fromordinal(day)
    return now.year - then.year - ((now.month, now.day) < (then.month, then.day))


def years_before(day: int, years: float) -> int:
    """The day number that lies some years before another."""
    return day - int(years * DAYS_A_YEAR)
